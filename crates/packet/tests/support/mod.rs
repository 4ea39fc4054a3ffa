//! What the tests share: the corpus, and reading a file to its end.
#![allow(dead_code, reason = "each test binary uses its part")]

use std::io::Read;
use std::path::{Path, PathBuf};

use plaintap_packet::file::{MAX_BLOCK, Reader, Record};

/// The corpus's folder; says so where it is missing.
pub(crate) fn corpus() -> Option<PathBuf> {
    let path = match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    };
    if path.join("captures.tsv").exists() {
        return Some(path);
    }
    println!("skipped: corpus not found at {}", path.display());
    None
}

/// The packets of a file, and whether it was read to its end.
pub(crate) fn count(stream: impl Read) -> (u64, Result<(), String>) {
    let mut packets = 0;
    let mut reader = match Reader::new(stream) {
        Ok(reader) => reader,
        Err(e) => return (0, Err(e.to_string())),
    };
    loop {
        match reader.next_record() {
            Ok(Some(Record::Packet(packet, options))) => {
                assert!(packet.data.len() <= MAX_BLOCK);
                options.comments().for_each(drop);
                packets += 1;
            }
            Ok(Some(Record::Names(names))) => names.hosts().for_each(drop),
            Ok(Some(_)) => {}
            Ok(None) => return (packets, Ok(())),
            Err(e) => return (packets, Err(e.to_string())),
        }
    }
}
