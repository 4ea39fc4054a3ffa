//! Every field of the registry against what tshark prints for the same captures, without keys.
//!
//! By default every eighth capture of the corpus is compared; PLAINTAP_COMPARE_ALL=1 takes all.

mod support;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use plaintap_decode::{Decoder, FieldRef, Options, Selection, registry, text};
use support::{captures, corpus, decode_file};

/// The least part of the occurrences of a field that must be equal.
const LEAST: f64 = 0.995;

/// Fields that differ for a reason, and are only reported.
const KNOWN: &[(&str, &str)] = &[
    ("data.data", "HTTP bodies of unknown type are data for tshark"),
    ("data.len", "the same"),
    ("frame.interface_id", "tshark shows none for pcap files"),
    ("frame.protocols", "tshark goes on into HTTP bodies: json, data-text-lines, ..."),
    ("http.file_data", "tshark 4.0 takes text for ASCII, and decompresses"),
    ("http2.data.data", "tshark shows a body in the frame that ends it"),
    ("http2.settings.id", "tshark reads the HTTP2-Settings header too"),
    ("http2.length", "tshark takes an HTTP body for HTTP/2"),
    ("http2.magic", "the same"),
    ("ip.version", "tshark's IPv6 has this field too"),
    ("tls.alert_message.desc", "tshark reads records that the NULL cipher leaves clear"),
    ("tls.alert_message.level", "the same"),
    ("tls.handshake.verify_data", "the same"),
    ("tls.app_data_proto", "tshark names it by the port"),
];

#[test]
fn fields_are_equal_to_tsharks() {
    if Command::new("tshark").arg("-v").output().is_err() {
        println!("skipped: tshark is not installed");
        return;
    }
    let all = std::env::var_os("PLAINTAP_COMPARE_ALL").is_some();
    let mut paths = Vec::new();
    for part in ["tls", "stacks"] {
        let Some(directory) = corpus(part) else { return };
        paths.extend(captures(&directory));
    }
    // Captures with secrets inside are decrypted by tshark, and by us only with a decryptor. QUIC and DTLS share field
    // names with TLS, and are not decoded here.
    // Of records cut by the snapshot length tshark shows some headers and not others.
    let other = [".dsb.", "quic-", "dtls", "snaplen"];
    paths.retain(|path| !other.iter().any(|part| path.to_string_lossy().contains(part)));
    let fields: Vec<FieldRef> =
        registry::all().filter(|f| !f.is_protocol() && f.protocol().name() != "proc").collect();
    let mut table = BTreeMap::new();
    for path in paths.iter().step_by(if all { 1 } else { 8 }) {
        compare(path, &fields, &mut table);
    }
    let mut bad = Vec::new();
    for (name, count) in &table {
        let ratio = count.equal as f64 / count.total as f64;
        println!("{ratio:7.4} {:7}/{:<7} {name} {}", count.equal, count.total, count.example);
        if ratio < LEAST && !KNOWN.iter().any(|(known, _)| known == name) {
            bad.push(format!("{name} {ratio:.4}: {}", count.example));
        }
    }
    assert!(table.len() > 50, "only {} fields were seen", table.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[derive(Default)]
struct Count {
    equal: usize,
    total: usize,
    example: String,
}

fn compare(path: &Path, fields: &[FieldRef], table: &mut BTreeMap<&'static str, Count>) {
    let expected = tshark(path, fields);
    let selection = Selection::new(fields);
    let mut decoder = Decoder::new(Options::default());
    let mut rows = expected.lines();
    let mut columns = vec![String::new(); fields.len()];
    decode_file(path, &mut decoder, |decoded| {
        columns.iter_mut().for_each(String::clear);
        decoded.select(&selection, &mut |column, _, value| {
            let out = &mut columns[column];
            if !out.is_empty() {
                out.push('\x1e');
            }
            text::write_value(fields[column].field(), &value, out);
        });
        let Some(row) = rows.next() else { panic!("{}: tshark has fewer packets", path.display()) };
        for ((field, ours), theirs) in fields.iter().zip(&columns).zip(row.split('\x1f')) {
            if ours.is_empty() && theirs.is_empty() {
                continue;
            }
            // tshark finds HTTP/2 by port only, and misses it where content shows it.
            if theirs.is_empty() && field.protocol().name() == "http2" {
                continue;
            }
            let count = table.entry(field.name()).or_default();
            count.total += 1;
            if ours == theirs {
                count.equal += 1;
            } else if count.example.is_empty() {
                let short = |s: &str| s.replace('\x1e', ",").chars().take(60).collect::<String>();
                let file = path.file_name().unwrap_or_default().to_string_lossy();
                count.example = format!(
                    "{file}#{}: ours {:?}, theirs {:?}",
                    decoded.number(),
                    short(ours),
                    short(theirs)
                );
            }
        }
    });
    assert_eq!(rows.next(), None, "{}: tshark has more packets", path.display());
}

/// The fields of all packets as tshark prints them, without the user's settings.
fn tshark(path: &Path, fields: &[FieldRef]) -> String {
    let mut command = Command::new("tshark");
    command.args(["-n", "-T", "fields", "-E", "separator=\x1f", "-E", "aggregator=\x1e", "-r"]).arg(path);
    for field in fields {
        command.args(["-e", field.name()]);
    }
    command.env("TZ", "UTC").env("LC_ALL", "C.UTF-8").env("WIRESHARK_CONFIG_DIR", "/nonexistent");
    let output = command.output().expect("tshark runs");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
