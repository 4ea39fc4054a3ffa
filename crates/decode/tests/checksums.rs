//! The status of checksums against tshark that verifies them all, over captures of the corpus.

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use plaintap_decode::{FieldRef, Options, registry};
use support::compare::compare_with;
use support::corpus;

const FIELDS: &[&str] = &[
    "ip.checksum.status",
    "tcp.checksum.status",
    "udp.checksum.status",
    "icmp.checksum.status",
    "icmpv6.checksum.status",
    "igmp.checksum.status",
    "sctp.checksum.status",
];

const PREFERENCES: &[&str] = &[
    "ip.check_checksum:TRUE",
    "tcp.check_checksum:TRUE",
    "udp.check_checksum:TRUE",
    "sctp.checksum:CRC 32c",
];

const CAPTURES: &[&str] = &[
    "arkime/tests/pcap/ospf.pcap",
    "arkime/tests/pcap/gtp-iphone.pcap",
    "nDPI/tests/cfgs/default/pcap/wa_voice.pcap",
    "nDPI/tests/cfgs/default/pcap/kerberos.pcap",
    "pcap4j/pcap4j-packettest/src/test/resources/IpV6ExtRoutingPacketTest.pcap",
];

#[test]
fn checksums_are_judged_as_tshark_does() {
    if Command::new("tshark").arg("-v").output().is_err() {
        println!("skipped: tshark is not installed");
        return;
    }
    let Some(directory) = corpus("captures") else { return };
    let fields: Vec<FieldRef> = FIELDS.iter().filter_map(|name| registry::field(name)).collect();
    let mut table = BTreeMap::new();
    for capture in CAPTURES {
        let options = Options { verify_checksums: true, ..Options::default() };
        let path = directory.join(capture);
        assert!(
            compare_with(options, PREFERENCES, &path, &fields, &mut table, |_| true),
            "{capture}: packets"
        );
    }
    for (name, count) in &table {
        println!("{:5}/{:<5} {name} {}", count.equal, count.total, count.example);
        assert_eq!(count.equal, count.total, "{name}: {}", count.example);
    }
    assert!(table.len() >= 4, "only {} fields occurred", table.len());
}
