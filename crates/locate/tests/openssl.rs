//! OpenSSL's key log function in the system's library, and in small programs compiled in many ways.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::path::Path;
use std::process::Command;

use common::{address, directory, hook, linker, locate_ok, run, skip, symbol, without_sections};
use iced_x86::{Decoder, DecoderOptions, Mnemonic};
use plaintap_locate::{Evidence, Field, HookKind, Length, NotFound, Stack};

const LIBRARIES: &str = "/usr/lib/x86_64-linux-gnu";

#[test]
fn system_openssl_agrees_with_its_exported_accessor() {
    let Ok(file) = std::fs::read(format!("{LIBRARIES}/libssl.so.3")) else { return skip("libssl.so.3") };
    let report = locate_ok(&without_sections(&file));
    let hook = hook(&report, HookKind::SslLogSecret);
    // SSL_get_client_random(ssl, out, size) copies from the address that the hook reads at.
    let accessor = symbol(&file, "SSL_get_client_random").unwrap() as usize;
    let random = Decoder::with_ip(64, &file[accessor..], 0, DecoderOptions::NONE)
        .into_iter()
        .take(20)
        .find(|i| i.mnemonic() == Mnemonic::Lea && i.memory_base() == iced_x86::Register::RDI)
        .map(|i| format!("rdi+{:#x}", i.memory_displacement64()));
    assert_eq!(Some(address(&hook.client_random)), random);
    assert_eq!((address(&hook.label), address(&hook.secret)), ("rsi".into(), "rdx".into()));
    assert_eq!(report.hooks.len(), 1);
    assert_eq!(report.missing[0], (Stack::Go, NotFound::NoFunctionTable));
}

/// The compilers to try, with every way in which calls and strings are reached.
const BUILDS: [(&str, &[&str]); 10] = [
    ("gcc", &["-O2", "-shared", "-fPIC"]),
    ("gcc", &["-O2", "-shared", "-fPIC", "-fcf-protection=full", "-Wl,-z,ibtplt"]),
    ("gcc", &["-O2", "-shared", "-fPIC", "-fno-plt"]),
    ("gcc", &["-O2", "-shared", "-fPIC", "-Wl,-Bsymbolic"]),
    ("gcc", &["-O3", "-pie", "-fPIE"]),
    ("gcc", &["-O2", "-no-pie", "-fno-pie"]),
    ("gcc", &["-Os", "-no-pie", "-fno-pie", "-static"]),
    // The strings are in the segment of the code.
    ("gcc", &["-O2", "-shared", "-fPIC", "-Wl,-z,noseparate-code"]),
    ("clang", &["-O2", "-shared", "-fPIC"]),
    ("clang", &["-O3", "-no-pie", "-fno-pie"]),
];

/// Compiles `tests/data/keylog.c`; `None` if the compiler is not there.
fn compile(name: &str, compiler: &str, options: &[&str]) -> Option<Vec<u8>> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/keylog.c");
    let program = directory("keylog").join(name);
    let mut command = Command::new(compiler);
    if !run(command.args(options).arg("-o").arg(&program).arg(source)) {
        skip(compiler);
        return None;
    }
    Some(std::fs::read(program).unwrap())
}

#[test]
fn client_random_is_learned_from_the_code() {
    for (outer, offset) in [(0xa8, 0xb8), (0x30, 0x30), (0x400, 0x128)] {
        let places = [format!("-DOUTER={outer}"), format!("-DOFFSET={offset}")];
        for (i, (compiler, options)) in BUILDS.iter().enumerate() {
            let options = [&[places[0].as_str(), &places[1]], *options].concat();
            let Some(file) = compile(&format!("plain-{outer}-{i}"), compiler, &options) else { continue };
            let report = locate_ok(&without_sections(&file));
            assert!(!report.hooks.is_empty(), "{compiler} {options:?}: {report:?}");
            let hook = hook(&report, HookKind::SslLogSecret);
            assert_eq!(Some(hook.file_offset), symbol(&file, "ssl_log_secret"), "{compiler} {options:?}");
            let expected = format!("*(rdi+{outer:#x})+{offset:#x}");
            assert_eq!(address(&hook.client_random), expected, "{compiler} {options:?}");
        }
    }
}

#[test]
fn a_symbol_tells_as_much_as_the_votes() {
    let options = ["-DOUTER=8", "-DOFFSET=0x160", "-O2", "-shared", "-fPIC"];
    let Some(file) = compile("symbol", "gcc", &options) else { return };
    let function = symbol(&file, "ssl_log_secret").unwrap();
    let named = locate_ok(&file);
    assert!(named.evidence.contains(&Evidence::Symbol { name: "ssl_log_secret", function }), "{named:?}");
    assert_eq!(named.hooks, locate_ok(&without_sections(&file)).hooks);
    // Too few labels for a vote.
    let mut file = file;
    for label in [&b"_TRAFFIC_SECRET_0"[..], b"EARLY_TRAFFIC_SECRET", b"EXPORTER_SECRET", b"CLIENT_RANDOM"] {
        while let Some(at) = memchr::memmem::find(&file, label) {
            file[at] = b'X';
        }
    }
    assert_eq!(locate_ok(&without_sections(&file)).hooks, []);
    assert_eq!(locate_ok(&file).hooks, named.hooks);
}

#[test]
fn inlined_log_function_leaves_its_callee() {
    // GCC drops the argument that is always 32 where it may.
    for (i, (keep, name, secret)) in
        [("noipa", "nss_keylog_int", "r8"), ("noinline", "nss_keylog_int.constprop.0", "rcx")]
            .into_iter()
            .enumerate()
    {
        let keep = format!("-DKEEP={keep}");
        let options = ["-DINLINED", &keep, "-DOUTER=8", "-DOFFSET=0x160", "-O2", "-shared", "-fPIC"];
        let Some(file) = compile(&format!("inlined-{i}"), "gcc", &options) else { return };
        let report = locate_ok(&without_sections(&file));
        assert!(!report.hooks.is_empty(), "{options:?}: {report:?}");
        let hook = hook(&report, HookKind::NssKeylogInt);
        assert_eq!(Some(hook.file_offset), symbol(&file, name), "{options:?}");
        let fields = [&hook.label, &hook.client_random, &hook.secret].map(address);
        assert_eq!(fields, ["rdi", "rdx", secret], "{options:?}");
        assert!(matches!(hook.secret, Field::Memory { length: Length::Value(_), .. }));
    }
}

#[test]
fn client_random_is_learned_from_aarch64_code() {
    let Some(linker) = linker() else { return skip("ld.lld of the Rust toolchain") };
    let linker = format!("--ld-path={linker}");
    let target = ["--target=aarch64-linux-gnu", "-nostdlib", &linker];
    let builds: [&[&str]; 5] = [
        &["-O2", "-shared", "-fPIC"],
        &["-O2", "-shared", "-fPIC", "-mbranch-protection=standard"],
        &["-O3", "-shared", "-fPIC", "-Wl,-Bsymbolic"],
        &["-Os", "-shared", "-fPIC"],
        &["-O2", "-no-pie", "-fno-pie", "-Wl,-e,application_keys", "-Wl,--unresolved-symbols=ignore-all"],
    ];
    for (outer, offset) in [(0xa8, 0xb8), (0x30, 0x30), (0x400, 0x128)] {
        let places = [format!("-DOUTER={outer}"), format!("-DOFFSET={offset}")];
        for (i, options) in builds.into_iter().enumerate() {
            let options = [&target[..], &[places[0].as_str(), &places[1]], options].concat();
            let Some(file) = compile(&format!("aarch64-{outer}-{i}"), "clang", &options) else { return };
            let report = locate_ok(&without_sections(&file));
            assert!(!report.hooks.is_empty(), "{options:?}: {report:?}");
            let hook = hook(&report, HookKind::SslLogSecret);
            assert_eq!(Some(hook.file_offset), symbol(&file, "ssl_log_secret"), "{options:?}");
            let expected = ["x1".to_owned(), format!("*(x0+{outer:#x})+{offset:#x}"), "x2".to_owned()];
            assert_eq!(
                [&hook.label, &hook.client_random, &hook.secret].map(address),
                expected,
                "{options:?}"
            );
        }
    }
}
