//! Every field of the registry against what tshark prints for the same captures, without keys.
//!
//! By default every eighth capture of the corpus is compared; PLAINTAP_COMPARE_ALL=1 takes all.

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use plaintap_decode::{FieldRef, registry};
use support::compare::compare;
use support::{captures, corpus};

/// The least part of the occurrences of a field that must be equal.
const LEAST: f64 = 0.995;

/// Fields that differ for a reason, and are only reported.
const KNOWN: &[(&str, &str)] = &[
    ("data.data", "HTTP bodies of unknown type are data for tshark"),
    ("data.len", "the same"),
    ("frame.interface_id", "tshark shows none for pcap files"),
    ("frame.protocols", "tshark goes on into HTTP bodies: json, data-text-lines, ..."),
    ("http.file_data", "tshark 4.0 takes text for ASCII, and ends it at a zero byte"),
    ("http2.data.data", "tshark shows a body in the frame that ends it"),
    ("http2.settings.id", "tshark reads the HTTP2-Settings header too"),
    ("http2.length", "tshark takes an HTTP body for HTTP/2"),
    ("http2.magic", "the same"),
    ("http2.stream", "the same"),
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
    // JA4 came with Wireshark 4.2; an older tshark refuses names that it does not know.
    let known = |f: &FieldRef| f.protocol().name() != "proc" && !f.name().contains(".handshake.ja4");
    let fields: Vec<FieldRef> = registry::all().filter(|f| !f.is_protocol() && known(f)).collect();
    let mut table = BTreeMap::new();
    for path in paths.iter().step_by(if all { 1 } else { 8 }) {
        let complete = compare(path, &fields, &mut table, |_| true);
        assert!(complete, "{}: not as many packets as tshark has", path.display());
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
