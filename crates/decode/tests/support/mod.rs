//! Captures for tests.
#![allow(dead_code, reason = "each test binary uses its part")]

pub(crate) mod compare;

use std::fs::File;
use std::path::{Path, PathBuf};

use plaintap_decode::{Decoded, Decoder};
use plaintap_packet::file::{Reader, Record};

/// The corpus of captures; None, with the reason printed, when there is none.
pub(crate) fn corpus(part: &str) -> Option<PathBuf> {
    let root = match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => PathBuf::from(path),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    };
    let path = root.join(part);
    if path.is_dir() {
        return Some(path);
    }
    println!("skipped: corpus not found at {}", path.display());
    None
}

/// The captures in a directory, sorted.
pub(crate) fn captures(directory: &Path) -> Vec<PathBuf> {
    let is_capture = |path: &PathBuf| path.extension().is_some_and(|e| e == "pcap" || e == "pcapng");
    let entries = std::fs::read_dir(directory).expect("the corpus can be read");
    let mut paths: Vec<PathBuf> =
        entries.filter_map(|e| e.ok().map(|e| e.path())).filter(is_capture).collect();
    paths.sort();
    paths
}

/// Decodes the packets of a capture.
pub(crate) fn decode_file(path: &Path, decoder: &mut Decoder, mut each: impl FnMut(&Decoded<'_>)) {
    let file = File::open(path).expect("the capture can be opened");
    let mut reader = Reader::new(file).expect("the capture has a header");
    let mut number = 0;
    while let Ok(Some(record)) = reader.next_record() {
        if let Record::Packet(packet, options) = record {
            number += 1;
            let comments: Vec<&[u8]> = options.comments().collect();
            each(&decoder.decode_with_comments(&packet, number, &comments));
        }
    }
}
