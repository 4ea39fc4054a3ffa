//! Which expressions are accepted: as by libpcap's own tests, on every row where two versions of libpcap agree with them;
//! and how many instructions they take, against libpcap's optimizer.

mod capture_support;

use std::collections::HashMap;
use std::fs::{self, File};
use std::net::Ipv4Addr;
use std::path::Path;

use capture_support::{corpus, names, unpacked};
use plaintap_filter::capture::{self, Names, Options, Source, link_type_by_name, vm};
use plaintap_packet::LinkType;
use plaintap_packet::file::{Reader, Record};

/// Captures whose rows are decided otherwise, with the reason. docs/differences.md has them too.
const DIFFERENT: &[(&str, &str)] = &[
    ("brcm-tag.pcap", "link types with a switch's tag (DSA) have no filters but on bytes and the length"),
    ("brcm-tag-stp.pcap", "as brcm-tag.pcap"),
    (
        "ipv6_ext_headers.pcap",
        "a hundred extension headers; 'protochain' looks at six, so that the kernel can run it",
    ),
];

fn is_different(row: &Row<'_>) -> bool {
    DIFFERENT.iter().any(|(savefile, _)| *savefile == row.savefile)
}

struct Row<'a> {
    source: &'a str,
    link_type: &'a str,
    expression: String,
    accepted: bool,
    big_endian: bool,
    netmask: Option<Ipv4Addr>,
    savefile: &'a str,
    results: &'a str,
}

/// The rows where both versions answer as libpcap's tests expect.
fn rows(table: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for line in table.lines().skip(1) {
        let columns: Vec<&str> = line.split('\t').collect();
        let &[_, source, link_type, expression, expected, _, needs, netmask, old, new, ..] =
            columns.as_slice()
        else {
            continue;
        };
        let accepted = match (expected, old, new) {
            ("accept", "ok", "ok") => true,
            ("reject", "err", "err") => false,
            _ => continue,
        };
        rows.push(Row {
            source,
            link_type,
            // A line's end is written as in C, before tabs; elsewhere a backslash makes a name of a keyword.
            expression: expression
                .replace("\\n\\t", "\n\\t")
                .replace("\\t\\t", "\t\t")
                .replace("\\t0x", "\t0x"),
            accepted,
            big_endian: needs.contains("big-endian"),
            netmask: netmask.parse().ok(),
            savefile: columns.get(12).copied().unwrap_or_default(),
            results: columns.get(13).copied().unwrap_or_default(),
        });
    }
    rows
}

#[test]
fn accepts_and_rejects_what_libpcap_does() {
    let Some(corpus) = corpus() else { return };
    let table = fs::read_to_string(corpus.join("filters/pcap_filter.tsv")).expect("pcap_filter.tsv");
    let names = names();
    let (mut same, mut different) = (0, Vec::new());
    let rows = rows(&table);
    for row in &rows {
        // The applied rows are for the link type of their capture.
        let live = row.savefile.is_empty();
        let link_type = match live {
            true => link_type_by_name(row.link_type).unwrap_or(LinkType(u16::MAX)),
            false => {
                savefile(&corpus, row).map_or(LinkType::ETHERNET, |reader| reader.interfaces()[0].link_type)
            }
        };
        let mut options = Options {
            source: if live { Source::Live } else { Source::File },
            ..Options::file(link_type, &names)
        };
        options.big_endian = row.big_endian;
        options.netmask = row.netmask;
        let result = capture::compile(&row.expression, &options);
        if result.is_ok() == row.accepted {
            same += 1;
        } else if !is_different(row) {
            different.push(format!(
                "{} {} {:?}: {:?}",
                row.source,
                row.link_type,
                row.expression,
                result.err()
            ));
        }
    }
    println!("{same} of {} rows as libpcap", rows.len());
    assert!(rows.len() > 2500, "only {} rows", rows.len());
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// The capture that a row applies its expression to, if the corpus has it.
fn savefile(corpus: &Path, row: &Row<'_>) -> Option<Reader<File>> {
    let file = File::open(corpus.join("captures/libpcap/tests/filter").join(row.savefile)).ok()?;
    let mut reader = Reader::new(file).expect("a capture");
    // A pcapng file has its interfaces in front of its first packet.
    while reader.interfaces().is_empty() && reader.next_record().is_ok_and(|record| record.is_some()) {}
    Some(reader)
}

/// libpcap's tests apply expressions to captures and know what the program returns for each packet.
#[test]
fn applied_programs_return_what_libpcaps_tests_expect() {
    let Some(corpus) = corpus() else { return };
    let table = fs::read_to_string(corpus.join("filters/pcap_filter.tsv")).expect("pcap_filter.tsv");
    let names = names();
    let (mut applied, mut different) = (0, Vec::new());
    for row in rows(&table).iter().filter(|row| !row.savefile.is_empty() && !is_different(row)) {
        let Some(mut reader) = savefile(&corpus, row) else { continue };
        let options =
            Options { netmask: row.netmask, ..Options::file(reader.interfaces()[0].link_type, &names) };
        let program = capture::compile(&row.expression, &options).expect("an accepted expression");
        let mut results = Vec::new();
        while let Ok(Some(record)) = reader.next_record() {
            if let Record::Packet(packet, _) = record {
                results.push(vm::run(&program, packet.data, packet.original_length) != 0);
            }
        }
        let expected: Vec<bool> = row.results.split_ascii_whitespace().map(|result| result != "0").collect();
        if results == expected {
            applied += 1;
        } else {
            different.push(format!(
                "{} on {}: expected {expected:?}, got {results:?}",
                row.expression, row.savefile
            ));
        }
    }
    println!("{applied} applied");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
    assert!(applied >= 40, "only {applied} applied");
}

#[test]
fn programs_are_no_longer_than_libpcaps() {
    let Some(corpus) = corpus() else { return };
    let names = names();
    let (mut ours, mut theirs, mut ratios, mut longer) = (0, 0, Vec::new(), Vec::new());
    for line in unpacked(&corpus.join("filters/libpcap_bytecode.jsonl.xz")).lines() {
        let case: serde_json::Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| case[key].as_str().unwrap_or_default().to_owned();
        let listing = if case["opt"].is_string() { text("opt") } else { text("optunopt") };
        let count = listing.lines().filter(|line| line.trim_start().starts_with('(')).count();
        let Some(link_type) = link_type_by_name(&text("DLT")) else { continue };
        for expression in case["aliases"].as_array().into_iter().flatten().filter_map(|alias| alias.as_str())
        {
            let mut options = Options { source: Source::Live, ..Options::file(link_type, &names) };
            options.netmask = case["netmask"].as_str().and_then(|netmask| netmask.parse().ok());
            let Ok(program) = capture::compile(expression, &options) else { continue };
            let length = program.instructions().len();
            if count == 0 {
                continue;
            }
            ours += length;
            theirs += count;
            ratios.push(length as f64 / count as f64);
            if length > count {
                longer.push(format!("{length:4} {count:4} {} {expression:?}", text("DLT")));
            }
        }
    }
    let average = ratios.iter().sum::<f64>() / ratios.len() as f64;
    println!(
        "{} programs: {ours} instructions, libpcap {theirs}; average ratio {average:.3}; {} longer",
        ratios.len(),
        longer.len()
    );
    println!("{}", longer.join("\n"));
    assert!(ratios.len() > 400, "only {} programs", ratios.len());
    assert!(average <= 1.0 && ours <= theirs, "average ratio {average:.3}");
}

#[test]
fn names_that_are_nowhere_are_errors() {
    let empty = Names::default();
    let options = Options::file(LinkType::ETHERNET, &empty);
    let expected: HashMap<&str, &str> = HashMap::from([
        ("host nowhere", "column 6: unknown host 'nowhere'"),
        ("tcp and port nosuch", "column 14: unknown port 'nosuch'"),
        ("ether proto \\nosuch", "column 13: unknown EtherType 'nosuch'"),
        ("ip proto nosuch", "column 10: unknown IP protocol 'nosuch'"),
        ("vlan 4096", "column 1: VLAN id 4096 is greater than 4095"),
        ("ip and ip6", "expression rejects all packets"),
        ("wlan type data", "column 1: 'type' and 'subtype' is not supported on link type EN10MB"),
    ]);
    for (expression, message) in expected {
        assert_eq!(capture::compile(expression, &options).unwrap_err().to_string(), message);
    }
}
