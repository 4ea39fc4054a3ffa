//! Which packets match: as with libpcap, on every pair of a capture and an expression where its two versions agree.

mod capture_support;

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::path::Path;

use capture_support::{corpus, names, unpacked};
use plaintap_filter::capture::vm::batch::{Frame, MOST_PACKETS, Machine};
use plaintap_filter::capture::{self, Options, link_type_name, vm};
use plaintap_packet::LinkType;
use plaintap_packet::file::{Reader, Record};
use serde_json::Value;

/// How many packets of a capture the expected results look at.
const PACKETS: usize = 3000;

/// Expressions that are answered otherwise, with the reason. docs/differences.md has them too.
const DIFFERENT: &[(&str, &str)] = &[(
    "inbound and outbound",
    "no packet matches on Juniper's link types: that is an error here, as it is in libpcap elsewhere",
)];

struct Capture {
    link_type: LinkType,
    big_endian: bool,
    packets: Vec<(Vec<u8>, u32)>,
}

fn read(path: &Path) -> Option<Capture> {
    let mut magic = [0; 4];
    std::io::Read::read_exact(&mut File::open(path).ok()?, &mut magic).ok()?;
    let mut reader = Reader::new(File::open(path).ok()?).ok()?;
    let mut packets = Vec::new();
    while packets.len() < PACKETS {
        match reader.next_record() {
            Ok(Some(Record::Packet(packet, _))) => {
                packets.push((packet.data.to_vec(), packet.original_length));
            }
            Ok(Some(_)) => {}
            _ => break,
        }
    }
    let link_type = reader.interfaces().first()?.link_type;
    Some(Capture { link_type, big_endian: magic[0] == 0xa1, packets })
}

#[test]
fn matches_what_libpcap_matches() {
    let Some(corpus) = corpus() else { return };
    let names = names();
    let old = unpacked(&corpus.join("filters/pcap_filter_matches.libpcap-1.10.3.jsonl.xz"));
    let new = unpacked(&corpus.join("filters/pcap_filter_matches.libpcap-head.jsonl.xz"));
    let parse = |line: &str| -> Value { serde_json::from_str(line).expect("JSON") };
    let new: HashMap<String, Value> = new
        .lines()
        .map(parse)
        .map(|case| (case["cap"].as_str().unwrap_or_default().to_owned(), case))
        .collect();
    let (mut pairs, mut undecided, mut same, mut different) =
        (0, 0, 0, BTreeMap::<String, Vec<String>>::new());
    for case in old.lines().map(parse) {
        let name = case["cap"].as_str().unwrap_or_default();
        let (Some(results), Some(others)) =
            (case["r"].as_object(), new.get(name).and_then(|case| case["r"].as_object()))
        else {
            continue;
        };
        let mut capture = read(&corpus.join("captures").join(name)).expect("a capture");
        // libpcap goes no further than the first interface of another kind.
        capture.packets.truncate(
            case["packets"].as_u64().and_then(|packets| packets.try_into().ok()).unwrap_or(PACKETS),
        );
        let options = Options { big_endian: capture.big_endian, ..Options::file(capture.link_type, &names) };
        for (expression, expected) in results {
            pairs += 1;
            let matching = |value: &Value| {
                value["m"].as_array().map(|list| list.iter().filter_map(Value::as_u64).collect::<Vec<_>>())
            };
            let (expected, other) = (matching(expected), others.get(expression).and_then(matching));
            if expected != other {
                undecided += 1;
                continue;
            }
            let result = capture::compile(expression, &options);
            let got = result.as_ref().ok().map(|program| {
                let hit = |(number, (data, length)): (u64, &(Vec<u8>, u32))| {
                    (vm::run(program, data, *length) != 0).then_some(number)
                };
                let one_by_one = (1u64..).zip(&capture.packets).filter_map(hit).collect::<Vec<_>>();
                assert_eq!(in_batches(program, &capture.packets), one_by_one, "{expression:?} in {name}");
                one_by_one
            });
            if got == expected {
                same += 1;
            } else {
                let link = link_type_name(capture.link_type).unwrap_or("other");
                let both = format!("{name} ({link}): expected {expected:?}, got {got:?} {:?}", result.err());
                different.entry(expression.clone()).or_default().push(both.chars().take(300).collect());
            }
        }
    }
    println!("{same} of {pairs} pairs as libpcap, {undecided} where its versions differ");
    let report = different
        .iter()
        .filter(|(expression, _)| !DIFFERENT.iter().any(|(known, _)| known == expression))
        .map(|(expression, cases)| format!("{expression:?} in {} captures: {}", cases.len(), cases[0]))
        .collect::<Vec<_>>();
    assert!(pairs > 47_000, "only {pairs} pairs");
    assert!(report.is_empty(), "{} expressions differ:\n{}", report.len(), report.join("\n"));
}

/// The numbers of the packets that match, by the machine for many packets.
fn in_batches(program: &capture::Program, packets: &[(Vec<u8>, u32)]) -> Vec<u64> {
    let frames: Vec<Frame<'_>> = packets
        .iter()
        .map(|(data, original_length)| Frame { data, original_length: *original_length })
        .collect();
    let mut machine = Machine::default();
    let mut numbers = Vec::new();
    for (batch, first) in frames.chunks(MOST_PACKETS).zip((1..).step_by(MOST_PACKETS)) {
        let matching = machine.select(program, batch, u64::MAX);
        numbers.extend((0..batch.len() as u64).filter(|j| matching >> j & 1 == 1).map(|j| first + j));
    }
    numbers
}
