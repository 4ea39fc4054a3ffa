//! Display filters against tshark 4.0.17: which it accepts, and which frames of one capture match.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use plaintap_decode::{Decoder, Options};
use plaintap_filter::DisplayFilter;
use plaintap_filter::display::Problem;
use plaintap_packet::file::{Reader, Record};

/// Rows that are to differ, each with its reason.
const DIFFERENT: &[(&str, &str)] = &[
];

#[test]
fn filters_accept_and_match_what_tshark_does() {
    let corpus = corpus().join("filters");
    let Ok(table) = std::fs::read_to_string(corpus.join("display_filter.tsv")) else {
        println!("skipped: corpus not found at {}", corpus.display());
        return;
    };
    let rows: Vec<Row<'_>> = table.lines().skip(1).filter_map(Row::parse).collect();
    assert!(rows.len() > 200, "{} rows", rows.len());

    let mut differences = BTreeMap::new();
    let mut unknown = Vec::new();
    let mut filters = Vec::new();
    let mut refused = 0;
    for row in &rows {
        match (DisplayFilter::compile(row.filter), row.accepted) {
            (Ok(filter), true) => filters.push((row, filter, Vec::new())),
            (Err(error), true) => match error.problem {
                Problem::UnknownName { name, .. } => unknown.push(name),
                _ => {
                    differences.insert(row.id, format!("{}: {error}", row.filter));
                }
            },
            (Ok(_), false) => {
                differences.insert(row.id, format!("{}: accepted", row.filter));
            }
            (Err(_), false) => refused += 1,
        }
    }
    run(&corpus.join("dfmix-open.pcapng"), &mut filters);
    for (row, _, found) in &filters {
        if *found != row.frames {
            let extra: Vec<_> = found.iter().filter(|f| !row.frames.contains(f)).take(8).collect();
            let missing: Vec<_> = row.frames.iter().filter(|f| !found.contains(f)).take(8).collect();
            let text = format!("{}: too many {extra:?}, missing {missing:?}", row.filter);
            differences.insert(row.id, text);
        }
    }
    println!(
        "{} rows: {} matched alike, {refused} refused alike, {} name what is not decoded ({}), {} differ",
        rows.len(),
        filters.len() - filters.iter().filter(|(row, ..)| differences.contains_key(row.id)).count(),
        unknown.len(),
        unknown.join(", "),
        differences.len()
    );
    for (id, difference) in &differences {
        println!("{id} {difference}");
    }
    differences.retain(|id, _| !DIFFERENT.iter().any(|(known, _)| known == id));
    assert!(differences.is_empty(), "{} unexpected differences: {differences:#?}", differences.len());
}

/// One line of the table.
struct Row<'a> {
    id: &'a str,
    filter: &'a str,
    accepted: bool,
    frames: Vec<u64>,
}

impl<'a> Row<'a> {
    fn parse(line: &'a str) -> Option<Self> {
        let mut columns = line.split('\t');
        let (id, filter) = (columns.next()?, columns.nth(2)?);
        let accepted = columns.next()? == "yes";
        let frames = columns.nth(1)?.split(' ').filter_map(|frame| frame.parse().ok());
        // Two custom blocks that tshark 4.0 numbers as frames; no packets.
        let frames = frames.filter(|frame| ![263, 267].contains(frame)).collect();
        Some(Self { id, filter, accepted, frames })
    }
}

/// Decodes the capture once and asks every filter for each packet.
fn run(capture: &Path, filters: &mut [(&Row<'_>, DisplayFilter, Vec<u64>)]) {
    let mut reader = Reader::new(File::open(capture).unwrap()).unwrap();
    let mut decoder = Decoder::new(Options::default());
    let mut number = 0;
    while let Some(record) = reader.next_record().unwrap() {
        let Record::Packet(packet, _) = record else { continue };
        number += 1;
        while [263, 267].contains(&number) {
            number += 1;
        }
        let decoded = decoder.decode(&packet, number);
        for (_, filter, found) in filters.iter_mut() {
            if filter.matches(&decoded) {
                found.push(number);
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
