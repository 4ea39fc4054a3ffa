//! Damaged and hostile files: no panic, no long loop.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use common::{directory, locate_ok, run};
use plaintap_locate::locate;
use proptest::prelude::*;

/// Real files with the places in them that the search depends on: headers, hooks, the Go function table.
static FILES: LazyLock<Vec<(Vec<u8>, Vec<usize>)>> = LazyLock::new(|| {
    let mut files = Vec::new();
    files.extend(std::fs::read("/usr/lib/x86_64-linux-gnu/libssl.so.3"));
    let directory = directory("damaged");
    let (source, program) = (directory.join("main.go"), directory.join("program"));
    std::fs::write(
        &source,
        "package main\n\nimport \"crypto/tls\"\n\nfunc main() { tls.Dial(\"\", \"\", nil) }\n",
    )
    .unwrap();
    let mut go = Command::new("go");
    go.env("GO111MODULE", "off")
        .args(["build", "-buildmode=pie", "-ldflags=-s -w", "-o"])
        .arg(&program)
        .arg(&source);
    if run(&mut go) {
        files.extend(std::fs::read(program));
    }
    files.extend(std::fs::read(std::env::current_exe().unwrap()));
    if files.len() < 3 {
        println!("skipped: libssl.so.3 or go not found");
    }
    files.into_iter().map(|file| (places(&file), file)).map(|(places, file)| (file, places)).collect()
});

fn places(file: &[u8]) -> Vec<usize> {
    let hooks = locate_ok(file).hooks.into_iter().map(|hook| hook.file_offset as usize);
    let tables = memchr::memmem::find_iter(file, b"\xff\xff\xff\0\0\x01\x08").map(|at| at.saturating_sub(1));
    let word = |at: usize| u64::from_le_bytes(file[at..at + 8].try_into().unwrap()) as usize;
    // Contents of the dynamic table and the .eh_frame_hdr, by their program headers.
    let headers = (0..usize::from(file[56])).map(|i| word(64 + i * 56 + 8));
    hooks.chain(tables.take(4)).chain(headers).chain([0, 64]).collect()
}

fn damage() -> impl Strategy<Value = Vec<(prop::sample::Index, usize, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), 0..512_usize, any::<u8>()), 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes(bytes in prop::collection::vec(any::<u8>(), 0..4096), elf in any::<bool>()) {
        let mut file = bytes;
        if elf && file.len() >= 64 {
            file[..20].copy_from_slice(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0");
            file[32..40].copy_from_slice(&64_u64.to_le_bytes());
            file[54..58].copy_from_slice(&[56, 0, 2, 0]);
        }
        let _ = locate(&file);
    }

    #[test]
    fn mutated_files(which in any::<prop::sample::Index>(), damage in damage()) {
        let (file, places) = &FILES[which.index(FILES.len())];
        let mut file = file.clone();
        for (place, distance, byte) in damage {
            let at = (place.get(places) + distance) % file.len();
            file[at] = byte;
        }
        let _ = locate(&file);
    }

    #[test]
    fn truncated_files(which in any::<prop::sample::Index>(), end in any::<prop::sample::Index>()) {
        let file = &FILES[which.index(FILES.len())].0;
        let end = end.index(file.len());
        // With the segments cut too, so that the search goes on to the damage.
        let mut cut = file[..end].to_vec();
        for header in (64..end.saturating_sub(56)).step_by(56).take(usize::from(file[56])) {
            let offset = u64::from_le_bytes(cut[header + 8..header + 16].try_into().unwrap());
            let size = u64::from_le_bytes(cut[header + 32..header + 40].try_into().unwrap());
            let rest = (end as u64).saturating_sub(offset).min(size);
            cut[header + 8..header + 16].copy_from_slice(&offset.min(end as u64).to_le_bytes());
            cut[header + 32..header + 40].copy_from_slice(&rest.to_le_bytes());
        }
        let _ = locate(&cut);
        let _ = locate(&file[..end]);
    }
}

/// One segment of `unit` again and again.
fn repeated(unit: &[u8], flags: u8) -> Vec<u8> {
    const SIZE: usize = 4 << 20;
    let mut file = b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x3e\0".to_vec();
    file.resize(120, 0);
    file[32] = 64;
    file[54] = 56;
    file[56] = 1;
    file[64..72].copy_from_slice(&[1, 0, 0, 0, flags, 0, 0, 0]);
    file[96..104].copy_from_slice(&((SIZE + 120) as u64).to_le_bytes());
    file.extend(unit.iter().cycle().take(SIZE));
    file
}

#[test]
fn hostile_files_take_no_long_time() {
    const LONGEST: Duration = Duration::from_secs(20);
    let labels = b"X_HANDSHAKE_TRAFFIC_SECRET\0CLIENT_RANDOM\0EXPORTER_SECRET\0EARLY_EXPORTER_SECRET\0";
    let table = b"\xf1\xff\xff\xff\0\0\x01\x08\x40\0\0\0\0\0\0\0".repeat(5);
    let code = b"\x48\x8d\x35\0\0\0\0\xe8\0\0\0\0CLIENT_RANDOM\0X_HANDSHAKE_TRAFFIC_SECRET\0\xbe\x93\0\0\0";
    for unit in [&labels[..], &table, code, &[0; 8], &[0xff; 8]] {
        let file = repeated(unit, 7);
        let start = Instant::now();
        let report = locate_ok(&file);
        assert!(start.elapsed() < LONGEST, "{:?} for {unit:?}", start.elapsed());
        assert_eq!(report.hooks, []);
    }
}
