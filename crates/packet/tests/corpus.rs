//! Every pcap and pcapng file of the corpus: as many packets as capinfos counts, and nothing worse than an error.

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};

use plaintap_packet::file::Reader;

use support::{corpus, count};

/// Files whose count differs from that of capinfos 4.0.17, with the count here and the reason.
const DIFFERENT: &[(&str, u64, &str)] = &[
    (
        "modified-format.pcap",
        1,
        "capinfos takes the 24-byte record headers for 16-byte ones and finds nothing",
    ),
    ("clusterfuzz-testcase-minimized-FuzzTarget-5643903448645632", 1, "capinfos counts the cut last packet"),
    ("crash-81dba690a3f67ee41a41390a625db732fa1413a1", 11, "capinfos counts the cut last packet"),
    (
        "shb-option-too-long.pcapng",
        0,
        "the section header's two lengths differ; capinfos does not compare them",
    ),
];

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
        let (got, end) = count(File::open(corpus.join(path)).expect("a file of the corpus"));
        let known = DIFFERENT.iter().find(|(name, ..)| path.ends_with(name));
        if got != known.map_or(expected, |(_, count, _)| *count) {
            different.push(format!("{path} ({format}): capinfos {expected}, here {got}, {end:?}"));
        }
    }
    println!("{compared} files compared");
    assert!(compared > 900, "only {compared} files");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

#[test]
fn link_types_of_the_corpus_have_names() {
    let Some(corpus) = corpus() else { return };
    let table = fs::read_to_string(corpus.join("captures.tsv")).expect("captures.tsv");
    let mut unnamed = BTreeSet::new();
    for line in table.lines().skip(1) {
        let path = corpus.join(line.split('\t').next().unwrap_or_default());
        let Ok(mut reader) = Reader::new(File::open(path).expect("a file of the corpus")) else { continue };
        while let Ok(Some(_)) = reader.next_record() {}
        unnamed.extend(
            reader.interfaces().iter().map(|i| i.link_type).filter(|t| t.name().is_none()).map(|t| t.0),
        );
    }
    // What a damaged file says, and a number that the registry does not have.
    let known = BTreeSet::from([8224]);
    assert_eq!(unnamed, known);
}
