//! Go's TLS functions in programs built by every `go` at hand: the one on PATH, and those of `PLAINTAP_GO`, a list of
//! commands with colons between.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{address, directory, hook, locate_ok, run, skip, symbol, without_sections};
use plaintap_locate::{Evidence, HookKind, Machine, NotFound, Stack};

const PROGRAM: &str = r#"package main

import "crypto/tls"

func main() {
	_, err := tls.Dial("tcp", "127.0.0.1:1", &tls.Config{})
	println(err.Error(), answer())
}
"#;
const PURE: &str = "package main\n\nfunc answer() int { return 42 }\n";
const CGO: &str = "package main\n\n// int answer(void) { return 42; }\nimport \"C\"\n\nfunc answer() int { return int(C.answer()) }\n";
const EMPTY: &str = "package main\n\nfunc main() {}\n";

const FUNCTIONS: [(HookKind, &str); 2] = [
    (HookKind::GoWriteKeyLog, "crypto/tls.(*Config).writeKeyLog"),
    (HookKind::GoKeysFromMasterSecret, "crypto/tls.keysFromMasterSecret"),
];

fn compilers() -> Vec<String> {
    let listed = std::env::var("PLAINTAP_GO").unwrap_or_default();
    let names = std::iter::once("go").chain(listed.split(':').filter(|name| !name.is_empty()));
    names.filter(|name| Command::new(name).arg("version").output().is_ok()).map(str::to_string).collect()
}

/// "go1.22.5" of "go version go1.22.5 linux/amd64".
fn version(go: &str) -> String {
    let output = Command::new(go).arg("version").output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').nth(2).unwrap().to_owned()
}

/// Writes the sources and builds them; nothing is fetched.
fn build(
    go: &str,
    directory: &Path,
    sources: &[&str],
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> Vec<u8> {
    let program = directory.join("program");
    let files: Vec<_> = (0..sources.len()).map(|i| directory.join(format!("source{i}.go"))).collect();
    for (file, source) in files.iter().zip(sources) {
        std::fs::write(file, source).unwrap();
    }
    let mut command = Command::new(go);
    command.current_dir(directory).env("GO111MODULE", "off").env("GOTOOLCHAIN", "local");
    command
        .envs(environment.iter().copied())
        .arg("build")
        .args(arguments)
        .arg("-o")
        .arg(&program)
        .args(files);
    assert!(run(&mut command));
    std::fs::read(program).unwrap()
}

#[test]
fn functions_are_where_the_symbol_table_says() {
    let compilers = compilers();
    if compilers.is_empty() {
        return skip("go");
    }
    let has_gcc = Command::new("gcc").arg("--version").output().is_ok();
    let directory = directory("go");
    for go in &compilers {
        let mut builds = vec![
            (PURE, &["-buildmode=exe"][..], &[("CGO_ENABLED", "0")][..], ["rdi", "r8"]),
            (PURE, &["-buildmode=pie"], &[("CGO_ENABLED", "0")], ["rdi", "r8"]),
            (PURE, &["-buildmode=exe"], &[("GOARCH", "arm64")], ["x3", "x5"]),
        ];
        if has_gcc {
            builds.push((CGO, &["-buildmode=exe", "-ldflags=-linkmode=external"], &[], ["rdi", "r8"]));
            builds.push((CGO, &["-buildmode=pie", "-ldflags=-linkmode=external"], &[], ["rdi", "r8"]));
        } else {
            skip("gcc");
        }
        for (source, arguments, environment, randoms) in builds {
            let case = format!("{go} {arguments:?} {environment:?}");
            let file = build(go, &directory, &[PROGRAM, source], arguments, environment);
            let report = locate_ok(&without_sections(&file));
            assert!(report.evidence.contains(&Evidence::GoVersion(version(go))), "{case}: {report:?}");
            for ((kind, name), random) in FUNCTIONS.into_iter().zip(randoms) {
                let hook = hook(&report, kind);
                assert_eq!(Some(hook.file_offset), symbol(&file, name), "{case} {name}");
                assert_eq!(address(&hook.client_random), random, "{case} {name}");
            }
            assert!(report.hooks.iter().all(|hook| hook.stack == Stack::Go), "{case}: {report:?}");
        }
    }
}

#[test]
fn stripped_programs_have_the_same_functions() {
    let Some(go) = compilers().pop() else { return skip("go") };
    let directory = directory("go-stripped");
    let [plain, stripped] = [&[][..], &["-ldflags=-s -w"]]
        .map(|arguments| build(&go, &directory, &[PROGRAM, PURE], arguments, &[("CGO_ENABLED", "0")]));
    assert_eq!(symbol(&stripped, FUNCTIONS[0].1), None);
    let report = locate_ok(&stripped);
    for (kind, name) in FUNCTIONS {
        assert_eq!(Some(hook(&report, kind).file_offset), symbol(&plain, name), "{name}");
    }
}

#[test]
fn program_without_tls_says_so() {
    let Some(go) = compilers().pop() else { return skip("go") };
    let file = build(&go, &directory("go-empty"), &[EMPTY], &[], &[]);
    let report = locate_ok(&file);
    assert_eq!((report.machine, report.hooks.len()), (Machine::X86_64, 0));
    assert!(
        matches!(report.missing[0], (Stack::Go, NotFound::NoTlsFunctions { functions: 500.. })),
        "{report:?}"
    );
}
