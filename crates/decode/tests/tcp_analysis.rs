//! The analysis of TCP against tshark, in captures of the corpus with losses, repetitions, windows and keep-alives.

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use plaintap_decode::{FieldRef, registry};
use support::compare::compare;
use support::corpus;

/// The least part of the occurrences of a field that must be equal.
const LEAST: f64 = 0.98;

const CAPTURES: &[&str] = &[
    "arkime/tests/pcap/wireshark-retrans.pcap",
    "arkime/tests/pcap/imap.pcap",
    "arkime/tests/pcap/ospf.pcap",
    "arkime/tests/pcap/single-packets.pcap",
    "arkime/tests/pcap/gtp-iphone.pcap",
    "gopacket/pcapgo/tests/le/test301.pcapng",
    "gopacket/pcap/test_loopback.pcap",
    "nDPI/tests/cfgs/default/pcap/anyconnect-vpn.pcap",
    "nDPI/tests/cfgs/default/pcap/ftp-start-tls.pcap",
    "nDPI/tests/cfgs/default/pcap/jabber.pcap",
    "nDPI/tests/cfgs/default/pcap/kerberos.pcap",
    "nDPI/tests/cfgs/default/pcap/long_tls_certificate.pcap",
    "nDPI/tests/cfgs/default/pcap/nest_log_sink.pcap",
    "nDPI/tests/cfgs/default/pcap/s7comm-plus.pcap",
    "nDPI/tests/cfgs/default/pcap/tls_multiple_synack_different_seq.pcapng",
    "nDPI/tests/cfgs/default/pcap/wa_voice.pcap",
    "nDPI/tests/cfgs/default/pcap/weibo.pcap",
];

#[test]
fn analysis_is_equal_to_tsharks() {
    if Command::new("tshark").arg("-v").output().is_err() {
        println!("skipped: tshark is not installed");
        return;
    }
    let Some(directory) = corpus("captures") else { return };
    let fields: Vec<FieldRef> = registry::all()
        .filter(|f| f.name().starts_with("tcp.analysis.") || f.name() == "tcp.completeness")
        .collect();
    let mut table = BTreeMap::new();
    for capture in CAPTURES {
        assert!(compare(&directory.join(capture), &fields, &mut table, |_| true), "{capture}: other packets");
    }
    let mut bad = Vec::new();
    for (name, count) in &table {
        let ratio = count.equal as f64 / count.total as f64;
        println!("{ratio:7.4} {:5}/{:<5} {name} {}", count.equal, count.total, count.example);
        if ratio < LEAST {
            bad.push(format!("{name} {ratio:.4}: {}", count.example));
        }
    }
    assert!(table.len() > 18, "only {} fields occurred", table.len());
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
