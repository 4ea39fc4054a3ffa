# The two commands to know: `make demo` and `make test`. On Debian and Ubuntu they install what is missing.

.PHONY: demo test check build bench

demo: ## A TLS server on loopback, curl and a stripped Go program captured, the packets printed decrypted
	scripts/prerequisites.sh demo
	scripts/demo.sh

test: ## All tests; the last line is their count. Most need root
	scripts/prerequisites.sh test
	cargo xtask test

check: ## Format, lints, documentation, crate arrows
	scripts/prerequisites.sh build
	cargo xtask check

build: ## The static release binary
	scripts/prerequisites.sh build
	cargo xtask dist

bench: ## The figures of BENCHMARKS.md
	scripts/prerequisites.sh test
	bench/run.py
