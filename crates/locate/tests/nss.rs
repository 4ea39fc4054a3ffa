//! NSS without its key log: libssl3, which passes handles, and softoken, which gives the values. What the system has, and a
//! model of both in the ways that compilers compile it.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{address, directory, hook, linker, locate_ok, run, skip, symbol, without_sections};
use iced_x86::{Decoder, DecoderOptions, FlowControl};
use plaintap_locate::{Field, HookKind, ObjectFunction, ObjectReads, Report, Stack};

const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

/// The places of a function and how they are read.
fn objects(report: &Report, function: ObjectFunction) -> Vec<(u64, String)> {
    let hooks = report.objects.iter().filter(|hook| hook.function == function);
    hooks.map(|hook| (hook.file_offset, hook.reads.to_string())).collect()
}

/// An empty function of the system's libssl3 is the hook, and all of softoken's are the beginnings of functions.
#[test]
fn system_libraries_are_two_halves() {
    let files = ["libssl3.so", "libsoftokn3.so"].map(|name| std::fs::read(Path::new(LIBRARIES).join(name)));
    let [Ok(ssl), Ok(softoken)] = files else { return skip("libssl3 and libsoftokn3") };
    let report = locate_ok(&without_sections(&ssl));
    let record = hook(&report, HookKind::NssRecordKeyLog);
    assert_eq!((record.stack, report.objects.len()), (Stack::Nss, 0));
    assert_eq!(address(&record.label), "rsi");
    let code = &ssl[record.file_offset as usize..];
    let first = Decoder::new(64, code, DecoderOptions::NONE).decode();
    match &record.secret {
        Field::ObjectValue { handle } => {
            assert_eq!(first.flow_control(), FlowControl::Return);
            assert_eq!(handle.to_string(), "rdx+0x8");
        }
        // Built with the log.
        other => assert_eq!(other.to_string(), "(*(rdx+0x10)) bytes at *(rdx+0x8)"),
    }

    let report = locate_ok(&without_sections(&softoken));
    assert_eq!(report.hooks, []);
    assert!(report.missing.iter().all(|(stack, _)| *stack != Stack::Nss), "{report:?}");
    let handle = |function| objects(&report, function).remove(0).1;
    assert_eq!(handle(ObjectFunction::CreateObject), "handle will be at rcx");
    assert_eq!(handle(ObjectFunction::UnwrapKey), "handle will be at *(rsp+0x10)");
    assert_eq!(handle(ObjectFunction::DeriveKey), "handle will be at r9");
    let setters = objects(&report, ObjectFunction::AddAttribute);
    assert!(!setters.is_empty());
    for (_, reads) in setters {
        assert_eq!(reads, "if rsi is 0x11 (CKA_VALUE): (rcx) bytes at rdx");
    }
}

/// Compiles `tests/data/nss.c`; `None` if the compiler is not there.
fn compile(name: &str, compiler: &str, options: &[&str]) -> Option<Vec<u8>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nss.c");
    let library = directory("nss").join(name);
    let mut command = Command::new(compiler);
    if !run(command.args(["-w", "-shared", "-fPIC"]).args(options).arg("-o").arg(&library).arg(source)) {
        skip(compiler);
        return None;
    }
    Some(std::fs::read(library).unwrap())
}

/// The compilers to try, the first six registers of arguments, and where the eighth argument is.
fn builds() -> Vec<(&'static str, Vec<String>, [&'static str; 6], &'static str)> {
    let x86_64 = ["rdi", "rsi", "rdx", "rcx", "r8", "r9"];
    let native = [
        ("gcc", vec!["-O2"]),
        ("gcc", vec!["-O3", "-fcf-protection=full", "-fno-plt"]),
        ("gcc", vec!["-O2", "-Wl,-Bsymbolic"]),
        ("clang", vec!["-O2"]),
        ("clang", vec!["-Os"]),
    ];
    let owned = |options: &[&str]| options.iter().map(|&option| option.to_owned()).collect::<Vec<_>>();
    let mut builds: Vec<_> =
        native.iter().map(|(compiler, options)| (*compiler, owned(options), x86_64, "*(rsp+0x10)")).collect();
    let Some(linker) = linker() else {
        skip("ld.lld of the Rust toolchain");
        return builds;
    };
    let linker = format!("--ld-path={linker}");
    for options in [&["-O2"][..], &["-O2", "-mbranch-protection=standard"], &["-Os"]] {
        let target = ["--target=aarch64-linux-gnu", "-nostdlib", &linker];
        let aarch64 = ["x0", "x1", "x2", "x3", "x4", "x5"];
        builds.push(("clang", owned(&[&target, options].concat()), aarch64, "x7"));
    }
    builds
}

#[test]
fn empty_log_function_and_client_random_are_found() {
    for (i, (compiler, options, arguments, _)) in builds().iter().enumerate() {
        for offset in [0x40, 0x600] {
            let place = format!("-DOFFSET={offset}");
            let options: Vec<&str> = options.iter().map(String::as_str).chain([place.as_str()]).collect();
            let Some(file) = compile(&format!("ssl-{i}-{offset}"), compiler, &options) else { continue };
            let report = locate_ok(&without_sections(&file));
            let hook = hook(&report, HookKind::NssRecordKeyLog);
            assert_eq!(Some(hook.file_offset), symbol(&file, "ssl3_RecordKeyLog"), "{compiler} {options:?}");
            let [ss, label, key, ..] = arguments;
            assert_eq!(address(&hook.label), *label);
            let random = format!("{ss}+{:#x}", offset + 32);
            assert_eq!(address(&hook.client_random), random, "{compiler} {options:?}");
            let handle = format!("value of the object whose handle is at {key}+0x8");
            assert_eq!(hook.secret.to_string(), handle, "{compiler} {options:?}");
        }
    }
}

#[test]
fn functions_that_make_objects_are_found() {
    for (i, (compiler, options, arguments, eighth)) in builds().iter().enumerate() {
        for inlined in [false, true] {
            let mut options: Vec<&str> = options.iter().map(String::as_str).collect();
            options.extend(["-DSOFTOKEN", if inlined { "-DINLINED" } else { "-UINLINED" }]);
            let Some(file) = compile(&format!("softoken-{i}-{inlined}"), compiler, &options) else {
                continue;
            };
            let report = locate_ok(&without_sections(&file));
            let place = |name| symbol(&file, name).unwrap();
            for (function, name, handle) in [
                (ObjectFunction::CreateObject, "NSC_CreateObject", arguments[3]),
                (ObjectFunction::UnwrapKey, "NSC_UnwrapKey", eighth),
                (ObjectFunction::DeriveKey, "NSC_DeriveKey", arguments[5]),
            ] {
                let expected = (place(name), format!("handle will be at {handle}"));
                assert_eq!(objects(&report, function), [expected], "{compiler} {options:?}");
            }
            let [_, kind, value, length, ..] = arguments;
            let mut setters = objects(&report, ObjectFunction::AddAttribute);
            setters.sort();
            let names = ["sftk_AddAttributeType", "sftk_forceAttribute"];
            let mut expected: Vec<u64> = names.into_iter().map(place).collect();
            expected.sort_unstable();
            let found: Vec<u64> = setters.iter().map(|(place, _)| *place).collect();
            assert_eq!(found, expected, "{compiler} {options:?}");
            for (_, reads) in setters {
                assert_eq!(reads, format!("if {kind} is 0x11 (CKA_VALUE): ({length}) bytes at {value}"));
            }
        }
    }
    assert_eq!(ObjectReads::CKA_VALUE, 0x11);
}
