# The two commands to know: `make demo` and `make test`. On Debian and Ubuntu they install what is missing.

.PHONY: demo test compare fields check build bench

demo: ## A TLS server on loopback, curl and a stripped Go program captured, the packets printed decrypted
	scripts/prerequisites.sh demo
	scripts/demo.sh

test: ## All tests; the last line is their count. Most need root
	scripts/prerequisites.sh test
	cargo xtask test

compare: ## Every field of the corpus of captures against tshark; PLAINTAP_COMPARE=FIELD lists its differences
	cargo test -p plaintap --test oracle -- --nocapture

fields: ## docs/fields.md: the fields that tshark shows, and those here; PLAINTAP_COMPARE=PROTOCOL,… prints each of these
	UPDATE=1 cargo run -p plaintap-crypt --example fields

check: ## Format, lints, documentation, crate arrows
	scripts/prerequisites.sh check
	cargo xtask check

build: ## The static release binary
	scripts/prerequisites.sh build
	cargo xtask dist

bench: ## The figures of BENCHMARKS.md
	scripts/prerequisites.sh test
	bench/run.py
