//! Every pcap and pcapng file of the corpus: as many packets as capinfos counts, and nothing worse than an error.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use plaintap_packet::file::{Reader, Record};

fn corpus() -> Option<PathBuf> {
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

/// Files whose count differs from that of capinfos 4.0.17, with the count here and the reason.
const DIFFERENT: &[(&str, u64, &str)] = &[
    ("modified-format.pcap", 1, "capinfos takes the 24-byte record headers for 16-byte ones and finds nothing"),
    ("clusterfuzz-testcase-minimized-FuzzTarget-5643903448645632", 1, "capinfos counts the cut last packet"),
    ("crash-81dba690a3f67ee41a41390a625db732fa1413a1", 11, "capinfos counts the cut last packet"),
    ("shb-option-too-long.pcapng", 0, "the section header's two lengths differ; capinfos does not compare them"),
];

/// The packets of a file, and whether it was read to its end.
fn count(path: &Path) -> (u64, Result<(), String>) {
    let mut packets = 0;
    let file = File::open(path).expect("a file of the corpus");
    let mut reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(e) => return (0, Err(e.to_string())),
    };
    loop {
        match reader.next_record() {
            Ok(Some(Record::Packet(packet, _))) => {
                assert!(packet.data.len() <= plaintap_packet::file::MAX_BLOCK);
                packets += 1;
            }
            Ok(Some(_)) => {}
            Ok(None) => return (packets, Ok(())),
            Err(e) => return (packets, Err(e.to_string())),
        }
    }
}

#[test]
fn packet_counts_are_those_of_capinfos() {
    let Some(corpus) = corpus() else { return };
    let table = fs::read_to_string(corpus.join("captures.tsv")).expect("captures.tsv");
    let (mut compared, mut different) = (0, Vec::new());
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let (path, format, packets) = (columns[0], columns[7], columns[9]);
        let Ok(expected) = packets.parse::<u64>() else { continue };
        if !format.starts_with("pcap") {
            continue;
        }
        compared += 1;
        let (got, end) = count(&corpus.join(path));
        let known = DIFFERENT.iter().find(|(name, ..)| path.ends_with(name));
        if got != known.map_or(expected, |(_, count, _)| *count) {
            different.push(format!("{path} ({format}): capinfos {expected}, here {got}, {end:?}"));
        }
    }
    println!("{compared} files compared");
    assert!(compared > 900, "only {compared} files");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}
