//! Libraries and programs for aarch64, which cannot run here: the same versions are built for x86-64, with their structures laid
//! out alike, so what is found must be the same but for the registers.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

#[path = "../../../xtask/src/stacks/bench/packages.rs"]
#[allow(dead_code, reason = "other kinds of packages are for others")]
mod packages;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use common::{address, directory, hook, locate_ok, skip, without_sections};
use packages::Source;
use plaintap_locate::{Expression, Field, HookKind, Length, Machine, ObjectFunction, Report, Stack};

/// Registers of arguments of x86-64 and aarch64.
const ARGUMENTS: [(&str, &str); 6] =
    [("rdi", "x0"), ("rsi", "x1"), ("rdx", "x2"), ("rcx", "x3"), ("r8", "x4"), ("r9", "x5")];

/// A text about x86-64 as it is about aarch64.
fn translated(text: &str) -> String {
    let text = text.replace("*(rsp+0x10)", "x7");
    ARGUMENTS.iter().fold(text, |text, (from, to)| text.replace(from, to))
}

fn fetch(source: Source) -> Option<PathBuf> {
    source
        .fetch(&directory("..").join("stacks-packages"))
        .map_err(|reason| skip(&format!("{source:?} ({reason:#})")))
        .ok()
}

/// What is found in a file of Debian's package for aarch64, and in that of this system.
fn both(package: &'static str, file: &str) -> Option<[Report; 2]> {
    let native = Path::new("/usr/lib/x86_64-linux-gnu").join(file);
    let Ok(native) = std::fs::read(&native) else {
        skip(&native.display().to_string());
        return None;
    };
    let foreign = fetch(Source::AptForAarch64(package))?.join("usr/lib/aarch64-linux-gnu").join(file);
    let reports = [native, std::fs::read(foreign).unwrap()].map(|file| locate_ok(&without_sections(&file)));
    assert_eq!(reports.each_ref().map(|report| report.machine), [Machine::X86_64, Machine::Aarch64]);
    Some(reports)
}

/// The fields of a report's hooks, and where they stand.
fn read(report: &Report) -> Vec<(HookKind, String)> {
    let text = |field: &Field| field.to_string();
    let hooks = report
        .hooks
        .iter()
        .map(|hook| (hook.kind, [&hook.label, &hook.client_random, &hook.secret].map(text).join(", ")));
    hooks.collect()
}

#[test]
fn gnutls_is_read_alike() {
    let Some([native, foreign]) = both("libgnutls30", "libgnutls.so.30") else { return };
    let expected: Vec<_> = read(&native).iter().map(|(kind, text)| (*kind, translated(text))).collect();
    assert_eq!(expected.len(), 2);
    assert_eq!(read(&foreign), expected);
}

#[test]
fn nss_is_read_alike() {
    let Some([native, foreign]) = both("libnss3", "libssl3.so") else { return };
    let expected: Vec<_> = read(&native).iter().map(|(kind, text)| (*kind, translated(text))).collect();
    assert_eq!(expected.len(), 1);
    assert_eq!(read(&foreign), expected);

    let Some([native, foreign]) = both("libnss3", "libsoftokn3.so") else { return };
    let read = |report: &Report| -> BTreeSet<(&str, String)> {
        report.objects.iter().map(|hook| (hook.function.name(), hook.reads.to_string())).collect()
    };
    let expected: BTreeSet<_> =
        read(&native).into_iter().map(|(name, text)| (name, translated(&text))).collect();
    assert_eq!(expected.len(), ObjectFunction::ALL.len());
    assert_eq!(read(&foreign), expected);
}

/// The register that a field starts from, and whether that may be one that calls keep.
fn lasts(expression: &Expression) -> bool {
    // The compiler puts what it needs again behind a call into x19 to x28, or on the stack (x29, sp).
    let name = Expression::register(expression.register).to_string();
    name == "sp" || name.trim_start_matches('x').parse::<u8>().is_ok_and(|number| (19..=29).contains(&number))
}

/// rustls is linked into each program, optimised together with it, so the registers are not the same.
#[test]
fn rustls_is_asked_in_the_same_places() {
    for (uv, file) in [("uv", "bin/uv"), ("uv==0.1.45", "bin/uv")] {
        let fetched = [Source::Pip(uv), Source::PipForAarch64(uv)].map(fetch);
        let [Some(native), Some(foreign)] = fetched else { return };
        let reports = [native, foreign].map(|folder| std::fs::read(folder.join(file)).unwrap());
        let [native, foreign] = reports.map(|file| locate_ok(&without_sections(&file)));
        assert_eq!(foreign.machine, Machine::Aarch64);
        let labels = |report: &Report| -> BTreeSet<String> {
            let asked = report.hooks.iter().filter(|hook| hook.kind == HookKind::RustlsWillLog);
            asked
                .map(|hook| match &hook.label {
                    Field::Constant(label) => (*label).to_owned(),
                    _ => "any".to_owned(),
                })
                .collect()
        };
        assert_eq!(labels(&foreign), labels(&native), "{uv}: {foreign:?}");
        for hook in foreign.hooks.iter().filter(|hook| hook.kind == HookKind::RustlsWillLog) {
            assert_eq!(hook.stack, Stack::Rustls);
            for field in [&hook.client_random, &hook.secret] {
                assert!(matches!(field, Field::Memory { address, .. } if lasts(address)), "{uv}: {hook:?}");
            }
            assert!(
                matches!(&hook.secret, Field::Memory { length: Length::Value(length), .. } if lasts(length)),
                "{uv}: {hook:?}"
            );
        }
        let calls =
            |report: &Report| report.hooks.iter().filter(|hook| hook.kind == HookKind::RustlsLog).count();
        assert_eq!(calls(&foreign), calls(&native), "{uv}");
        for hook in foreign.hooks.iter().filter(|hook| hook.kind == HookKind::RustlsLog) {
            let fields = [&hook.label, &hook.client_random, &hook.secret].map(address);
            assert_eq!(fields, ["CLIENT_RANDOM", "x3", "x5"], "{uv}");
        }
    }
}

/// The wheels of one version for two machines.
#[test]
fn openssl_and_boringssl_are_read_alike() {
    for requirement in ["grpcio", "cryptography"] {
        let fetched = [Source::Pip(requirement), Source::PipForAarch64(requirement)].map(fetch);
        let [Some(native), Some(foreign)] = fetched else { return };
        let [native, foreign] =
            [native, foreign].map(|folder| locate_ok(&without_sections(&library(&folder))));
        assert_eq!((native.machine, foreign.machine), (Machine::X86_64, Machine::Aarch64));
        let [native, foreign] = [&native, &foreign].map(|report| hook(report, HookKind::SslLogSecret));
        assert_eq!([&foreign.label, &foreign.secret].map(address), ["x1", "x2"]);
        assert_eq!(address(&foreign.client_random), translated(&address(&native.client_random)));
    }
}

/// The library in a package, its largest.
fn library(folder: &Path) -> Vec<u8> {
    let output =
        std::process::Command::new("find").arg(folder).args(["-name", "*.so", "-size", "+1M"]).output();
    let files = String::from_utf8(output.unwrap().stdout).unwrap();
    let largest =
        files.lines().max_by_key(|file| std::fs::metadata(file).map_or(0, |metadata| metadata.len()));
    std::fs::read(largest.unwrap()).unwrap()
}
