//! Link layers, tunnels and routing protocols, field by field, against what tshark prints for public captures.
//!
//! By default every fourth capture that holds one of them is compared; PLAINTAP_COMPARE_ALL=1 takes all, and
//! PLAINTAP_COMPARE=NAME,NAME all that hold these protocols.

mod support;

use std::collections::BTreeMap;
use std::process::Command;

use plaintap_decode::{FieldRef, registry};
use support::compare::compare;
use support::corpus;

const PROTOCOLS: &[&str] = &[
    "llc", "stp", "lldp", "cdp", "igmp", "gre", "vxlan", "geneve", "gtp", "gtpv2", "mpls", "pppoe", "pppoes",
    "pppoed", "ppp", "chdlc", "l2tp", "udplite", "sctp", "esp", "ah", "udpencap", "isakmp", "vrrp", "ospf",
    "bgp", "wg", "wlan", "radiotap", "nflog", "pktap", "ipcomp", "dvmrp", "juniper",
];

/// The least part of the occurrences of a field that must be equal: these captures hold hostile packets too.
const LEAST: f64 = 0.97;

/// Larger captures say the same again and again.
const MOST_PACKETS: u32 = 600;

/// Fields that differ for a reason, and are only reported.
const KNOWN: &[(&str, &str)] = &[
    ("bgp.update.path_attribute.mp_unreach_nlri", "tshark shows an empty list of labelled routes"),
    ("wlan.ht.mcsset", "tshark says it in two lines"),
    ("bgp.large_communities", "tshark shows no text"),
    ("ospf.lsa_sa", "extended prefixes are not taken apart"),
    ("ospf.prefix_length", "the same"),
    ("ospf.tlv.range_size", "the same"),
    ("ospf.tlv.sid_label", "the same"),
    ("ospf.tlv_length", "the same"),
    ("ospf.v3.address_prefix.ipv4", "the same"),
    ("llc.cisco_pid", "tshark takes some frames for inter-switch link"),
    ("lldp.time_to_live", "tshark stops at a time to live that comes again"),
    ("lldp.tlv.len", "the same"),
    ("lldp.tlv.type", "the same"),
    ("ospf.instance_id", "tshark's link LSA has this field too"),
    ("ospf.v3.options", "tshark's LSAs have this field too"),
];

/// Captures of link types that are not decoded (frame relay, ARCNET, PPI), or in which WireGuard runs on other
/// ports than its own, and 802.11 frames of protocol version 1.
const OTHER: &[&str] =
    &["OSPFv3_multipoint", "arcnet", "PPI", "protonvpn", "tunnelbear", "tailscale", "oobr"];

#[test]
fn fields_are_equal_to_tsharks() {
    let Some(root) = corpus("") else { return };
    let list = std::fs::read_to_string(root.join("captures.tsv"));
    let (Ok(list), Ok(_)) = (list, Command::new("tshark").arg("-v").output()) else {
        println!("skipped: tshark or captures.tsv is not there");
        return;
    };
    let only = std::env::var("PLAINTAP_COMPARE").unwrap_or_default();
    let all = std::env::var_os("PLAINTAP_COMPARE_ALL").is_some() || !only.is_empty();
    let protocols: Vec<&str> = match only.as_str() {
        "" => PROTOCOLS.to_vec(),
        names => names.split(',').collect(),
    };
    let fields: Vec<FieldRef> =
        registry::all().filter(|f| !f.is_protocol() && protocols.contains(&f.protocol().name())).collect();
    // Columns of the list: 0 the file, 9 the number of packets, 10 that of malformed ones, 11 the protocols.
    let rows = list.lines().map(|line| line.split('\t').collect::<Vec<_>>()).filter(|row| {
        let fuzzed = ["fuzz", "crash", "overflow"].iter().chain(OTHER).any(|part| row[0].contains(part));
        let small =
            row.get(9).and_then(|count| count.parse().ok()).is_some_and(|count: u32| count <= MOST_PACKETS);
        row.len() == 12
            && row[10] == "0"
            && !fuzzed
            && small
            && row[11].split(' ').any(|name| protocols.contains(&name))
    });
    let mut table = BTreeMap::new();
    for row in rows.step_by(if all { 1 } else { 4 }) {
        compare(&root.join(row[0]), &fields, &mut table, |_| true);
    }
    let mut bad = Vec::new();
    for (name, count) in &table {
        let ratio = count.equal as f64 / count.total as f64;
        println!("{ratio:7.4} {:7}/{:<7} {name} {}", count.equal, count.total, count.example);
        if ratio < LEAST && !KNOWN.iter().any(|(known, _)| known == name) {
            bad.push(format!("{name} {ratio:.4}: {}", count.example));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}
