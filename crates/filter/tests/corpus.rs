//! Display filters against tshark 4.0.17: which it accepts, and which frames of one capture match. Two tables hold its
//! answers: the corpus's, and `data/tshark-4.0.17.tsv` (filter, accepted, frames) for what that leaves out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};

use plaintap_decode::{Decoder, Options};
use plaintap_filter::DisplayFilter;
use plaintap_filter::display::Problem;
use plaintap_packet::file::{Reader, Record};

/// Filters that differ from tshark 4.0.17 on purpose, in the order of their reasons.
const DIFFERENT: &[&str] = &[
    // Of Wireshark 4.2.
    "tcp xor udp",
    "tcp.port == 80 xor udp",
    "@tcp",
    "@tcp.port == 00:50",
    "@http.host contains 77:77:77",
    // References to a selected packet are not supported.
    "tcp.srcport == ${tcp.dstport}",
    // A name of a value without its explanation is enough.
    "dns.qry.type == \"A\"",
    // In the manual, but 4.0.17 takes it for two characters.
    "ip.ttl == '\\n'",
    // Integers of all widths compare.
    "max(tcp.port, ip.ttl) > 1",
    // Numbers do not wrap.
    "frame.len > -5",
    // A slice that is not all there does not exist, as the manual says; in 4.0.17 it is sometimes empty.
    "frame[60:4] != 00:00:00:00",
    // A protocol is its header and payload, as for "contains"; in 4.0.17 len and slices see the header alone.
    "len(udp) == 8",
    "udp[8:4] == 00:00:00:00",
    "tcp == frame[34:]",
];

/// Frames of the capture that are no packets, but custom blocks that tshark 4.0 numbers.
const NO_PACKETS: [u64; 2] = [263, 267];

#[test]
fn filters_accept_and_match_what_tshark_does() {
    let corpus = corpus().join("filters");
    let Ok(table) = std::fs::read_to_string(corpus.join("display_filter.tsv")) else {
        println!("skipped: corpus not found at {}", corpus.display());
        return;
    };
    let more = include_str!("data/tshark-4.0.17.tsv");
    let rows = table.lines().skip(1).filter_map(Row::of_corpus).chain(more.lines().filter_map(Row::of_data));

    let mut differences = BTreeMap::new();
    let (mut unknown, mut filters, mut refused) = (BTreeSet::new(), Vec::new(), 0);
    let mut count = 0;
    for row in rows {
        count += 1;
        match (DisplayFilter::compile(row.text), row.accepted) {
            (Ok(filter), true) => filters.push(Filter { row, filter, found: BTreeSet::new() }),
            (Err(_), false) => refused += 1,
            (Ok(_), false) => {
                differences.insert(row.text, "accepted".to_owned());
            }
            (Err(error), true) => {
                if let Problem::UnknownName { name, .. } = error.problem {
                    unknown.insert(name);
                } else {
                    differences.insert(row.text, error.to_string());
                }
            }
        }
    }
    run(&corpus.join("dfmix-open.pcapng"), &mut filters);
    let elsewhere = decoded_otherwise(&filters);
    for Filter { row, found, .. } in &filters {
        let only_in = |a: &BTreeSet<u64>, b| {
            a.difference(b).filter(|f| !elsewhere.contains(f)).take(8).copied().collect::<Vec<_>>()
        };
        let (extra, missing) = (only_in(found, &row.frames), only_in(&row.frames, found));
        if !extra.is_empty() || !missing.is_empty() {
            differences.insert(row.text, format!("too many {extra:?}, missing {missing:?}"));
        }
    }
    println!(
        "{count} filters: {} match and {refused} are refused like tshark, {} differ; not decoded: {unknown:?}; compared \
         on {} frames, {} others have other layers than with tshark: {elsewhere:?}",
        filters.iter().filter(|filter| !differences.contains_key(filter.row.text)).count(),
        differences.len(),
        1034 - elsewhere.len(),
        elsewhere.len(),
    );
    for (filter, difference) in &differences {
        println!("{filter}: {difference}");
    }
    assert!(filters.len() > 380 && elsewhere.len() < 40, "{} filters, {elsewhere:?}", filters.len());
    differences.retain(|filter, _| !DIFFERENT.contains(filter));
    assert!(differences.is_empty(), "unexpected differences: {differences:#?}");
}

/// What tshark says of a filter.
struct Row<'a> {
    text: &'a str,
    accepted: bool,
    frames: BTreeSet<u64>,
    /// It asks only which layers are there.
    presence: bool,
}

/// A filter that both accept, and the frames that match ours.
struct Filter<'a> {
    row: Row<'a>,
    filter: DisplayFilter,
    found: BTreeSet<u64>,
}

impl<'a> Row<'a> {
    /// Columns: id, category, semantics, filter, accepted, error, frames, capture.
    fn of_corpus(line: &'a str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [_, category, _, text, accepted, _, frames, ..] = columns[..] else { return None };
        let presence =
            category == "exist" || ["dns or http", "ip.src#2", "count(ip.addr) > 2"].contains(&text);
        Some(Self { presence, ..Self::new(text, accepted, frames) })
    }

    fn of_data(line: &'a str) -> Option<Self> {
        let columns: Vec<&str> = line.split('\t').collect();
        let [text, accepted, frames] = columns[..] else { return None };
        Some(Self::new(text, accepted, frames))
    }

    fn new(text: &'a str, accepted: &str, frames: &str) -> Self {
        let number = |text: &str| text.parse::<u64>().ok();
        let range = |item: &str| {
            let (first, last) = item.split_once('-').unwrap_or((item, item));
            Some(number(first)?..=number(last)?)
        };
        let frames =
            frames.split(' ').filter_map(range).flatten().filter(|frame| !NO_PACKETS.contains(frame));
        Self { text, accepted: accepted == "yes", frames: frames.collect(), presence: false }
    }
}

/// Frames in which tshark finds other layers than our decoder does: tunnels that we do not look into, say. They are the
/// decoder's matter, and tell nothing about filters.
fn decoded_otherwise(filters: &[Filter<'_>]) -> BTreeSet<u64> {
    let presence = filters.iter().filter(|filter| filter.row.presence);
    presence.flat_map(|filter| &filter.found ^ &filter.row.frames).collect()
}

/// Decodes the capture once and asks every filter for each packet.
fn run(capture: &Path, filters: &mut [Filter<'_>]) {
    let mut reader = Reader::new(File::open(capture).expect("the capture is there")).expect("a capture file");
    let mut decoder = Decoder::new(Options::default());
    let mut number = 0;
    while let Some(record) = reader.next_record().expect("a sound file") {
        let Record::Packet(packet, _) = record else { continue };
        number += 1;
        while NO_PACKETS.contains(&number) {
            number += 1;
        }
        let decoded = decoder.decode(&packet, number);
        for filter in filters.iter_mut() {
            if filter.filter.matches(&decoded) {
                filter.found.insert(number);
            }
        }
    }
    assert_eq!(number, 1036);
}

fn corpus() -> PathBuf {
    match std::env::var_os("PLAINTAP_CORPUS") {
        Some(path) => path.into(),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"),
    }
}
