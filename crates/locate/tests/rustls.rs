//! rustls in programs: `uv` of PyPI, `rustup` and `deno` on PATH, and those of `PLAINTAP_RUSTLS`, a list of files with colons
//! between.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

#[path = "../../../xtask/src/stacks/bench/packages.rs"]
#[allow(dead_code, reason = "other kinds of packages are for others")]
mod packages;

use std::path::PathBuf;

use common::{address, directory, locate_ok, skip, without_sections};
use iced_x86::{Decoder, DecoderOptions, FlowControl};
use packages::Source;
use plaintap_locate::{Field, Hook, HookKind, Length, Stack};

const LABELS: [&str; 6] = [
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
];

/// Two releases of uv, with rustls 0.23 and 0.22.
const UV: [&str; 2] = ["uv", "uv==0.1.45"];

fn programs() -> Vec<PathBuf> {
    let packages = directory("..").join("stacks-packages");
    let fetched = UV.into_iter().filter_map(|uv| match Source::Pip(uv).fetch(&packages) {
        Ok(folder) => Some(folder.join("bin/uv")),
        Err(reason) => {
            skip(&format!("{uv} ({reason:#})"));
            None
        }
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path)
        .flat_map(|folder| ["rustup", "deno"].map(|program| folder.join(program)));
    let listed = std::env::var_os("PLAINTAP_RUSTLS").unwrap_or_default();
    let listed: Vec<PathBuf> = std::env::split_paths(&listed).collect();
    let mut found: Vec<PathBuf> =
        fetched.chain(on_path).chain(listed).filter(|file| file.is_file()).collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn every_secret_passes_a_hook() {
    let mut searched = 0;
    for program in programs() {
        let file = std::fs::read(&program).unwrap();
        let rustls = memchr::memmem::find(&file, b"EXPORTER_SECRETres ").is_some()
            || memchr::memmem::find(&file, b"tls13 ").is_some();
        if !file.starts_with(b"\x7fELF") || !rustls {
            continue;
        }
        searched += 1;
        let name = program.display();
        let report = locate_ok(&without_sections(&file));
        let hooks: Vec<&Hook> = report.hooks.iter().filter(|hook| hook.stack == Stack::Rustls).collect();
        let (asked, called): (Vec<&Hook>, Vec<&Hook>) =
            hooks.into_iter().partition(|hook| hook.kind == HookKind::RustlsWillLog);

        // Either one place for all labels, or one for each.
        let constant = |label| asked.iter().any(|hook| hook.label == Field::Constant(label));
        let any = asked.iter().any(|hook| matches!(hook.label, Field::Memory { .. }));
        let missing: Vec<_> = LABELS.into_iter().filter(|label| !any && !constant(label)).collect();
        assert_eq!(missing, [""; 0], "{name}: {asked:?}");
        for hook in &asked {
            assert!(follows_indirect_call(&file, hook.file_offset), "{name}: {hook:?}");
            assert!(
                matches!(hook.secret, Field::Memory { length: Length::Value(_), .. }),
                "{name}: {hook:?}"
            );
        }

        assert!(!called.is_empty(), "{name}: {report:?}");
        for hook in called {
            let fields = [&hook.label, &hook.client_random, &hook.secret].map(address);
            assert_eq!(fields, ["CLIENT_RANDOM", "rcx", "r9"], "{name}");
            assert_eq!(flow(&file, hook.file_offset), FlowControl::IndirectCall, "{name}: {hook:?}");
        }
    }
    if searched == 0 {
        skip("a program with rustls");
    }
}

fn flow(file: &[u8], offset: u64) -> FlowControl {
    Decoder::new(64, &file[offset as usize..], DecoderOptions::NONE).decode().flow_control()
}

/// Whether one of the ways to write `call reg` or `call [mem]` ends at an offset.
fn follows_indirect_call(file: &[u8], offset: u64) -> bool {
    (2..=8).any(|length| {
        let mut decoder = Decoder::new(64, &file[offset as usize - length..], DecoderOptions::NONE);
        let instruction = decoder.decode();
        instruction.len() == length && instruction.flow_control() == FlowControl::IndirectCall
    })
}
