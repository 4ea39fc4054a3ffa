//! Any text: no panic, the printed tree parses to the same tree, and time in proportion to the length.

use std::time::{Duration, Instant};

use plaintap_filter::capture::{self, Ancillary, Error, Names, Options, ebpf, link_type_by_name, parse, vm};
use plaintap_packet::LinkType;
use proptest::prelude::*;

const LINK_TYPES: &[&str] = &[
    "EN10MB",
    "LINUX_SLL",
    "LINUX_SLL2",
    "RAW",
    "NULL",
    "PPP",
    "IEEE802_11",
    "IEEE802_11_RADIO",
    "SUNATM",
    "MTP2",
];

/// Words of the language, most of them where they belong.
fn word() -> impl Strategy<Value = String> {
    let words = "and and or or not ( ) host net port portrange src dst tcp udp ip ip6 arp ether proto protochain vlan mpls pppoes \
        geneve vxlan len [ ] : = != > < & | + - * / << >> 1 2 4 80 0x0800 255 4294967295 10.0.0.1 10.0.0.0/8 fe80::1 \
        00:11:22:33:44:55 \\tcp broadcast multicast inbound llc wlan type data subtype dir tcp[13] ip[0] ether[12:2] icmp6[0] less \
        greater 25-53 mask 255.0.0.0 localhost smtp lane vpi sio $0e";
    proptest::sample::select(words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
}

fn names() -> Names {
    Names::default()
        .with_hosts("127.0.0.1 localhost\n::1 localhost\n")
        .with_services("smtp 25/tcp\n")
        .with_protocols("tcp 6\n")
}

fn check(text: &str) {
    let names = names();
    if let Ok(Some(tree)) = parse(text) {
        assert_eq!(parse(&tree.to_string()).as_ref(), Ok(&Some(tree)), "{text:?}");
    }
    for link_type in LINK_TYPES.iter().filter_map(|name| link_type_by_name(name)) {
        for options in [Options::file(link_type, &names), Options::live(link_type, &names)] {
            if let Ok(program) = capture::compile(text, &options) {
                assert!(capture::Program::new(program.instructions().to_vec()).is_ok(), "{text:?}");
                assert!(ebpf::translate(&program).is_ok(), "{text:?}");
                vm::run_with(&program, &[0x45; 60], 60, &Ancillary::default());
                vm::run(&program, &[], 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn any_words(words in proptest::collection::vec(word(), 0..14)) {
        check(&words.join(" "));
    }

    #[test]
    fn any_text(text in "\\PC{0,40}") {
        check(&text);
    }

    #[test]
    fn any_ascii(text in "[ -~]{0,60}") {
        check(&text);
    }
}

/// The optimizer may not change what a program answers: compared with the comparison itself.
#[test]
fn relations_are_computed_as_written() {
    let names = names();
    let options = Options::file(LinkType::ETHERNET, &names);
    let packet: Vec<u8> = (0..64).map(|i: u8| i.wrapping_mul(37).wrapping_add(11)).collect();
    let at = |i: usize| u32::from(packet[i]);
    for i in 0..32 {
        let word = u32::from_be_bytes([packet[i], packet[i + 1], packet[i + 2], packet[i + 3]]);
        let cases = [
            (format!("ether[{i}:4] = {word}"), true),
            (format!("ether[{i}:4] & 0xff = {}", word & 0xff), true),
            (format!("ether[{i}:4] >> 8 & 0xffff = {}", word >> 8 & 0xffff), true),
            (format!("(ether[{i}] + 7) * 4 - 3 = {}", (at(i) + 7) * 4 - 3), true),
            (format!("{} > ether[{i}]", at(i)), false),
            (format!("{} >= ether[{i}]", at(i)), true),
            (format!("ether[{i}] <= {}", at(i)), true),
            (format!("ether[{i}] < {}", at(i)), false),
            (format!("-ether[{i}] = {}", at(i).wrapping_neg()), true),
            (format!("ether[ether[{i}] & 15] = {}", at(packet[i] as usize & 15)), true),
            (format!("ether[{i}] ^ 255 = {}", at(i) ^ 255), true),
            (format!("ether[{i}] - ether[{}] = {}", i + 1, at(i).wrapping_sub(at(i + 1))), true),
            (
                format!(
                    "(ether[{i}] + 1) * (ether[{}] + 2) % 7 = {}",
                    i + 1,
                    (at(i) + 1) * (at(i + 1) + 2) % 7
                ),
                true,
            ),
            (format!("ether[{i}] & 0x80 = 0x80"), at(i) & 0x80 != 0),
            (format!("not ether[{i}] = {} and not ether[{i}] = 256", at(i)), false),
            (format!("len - ether[{i}] = {}", 64u32.wrapping_sub(at(i))), true),
        ];
        for (expression, expected) in cases {
            let matched = match capture::compile(&expression, &options) {
                Ok(program) => vm::run(&program, &packet, 64) != 0,
                Err(Error::RejectsAll) => false,
                Err(error) => panic!("{expression}: {error}"),
            };
            assert_eq!(matched, expected, "{expression}");
        }
    }
}

#[test]
fn jumps_over_more_than_255_instructions_arrive() {
    let names = names();
    let options = Options::file(LinkType::RAW, &names);
    let hosts: Vec<String> = (0..2000u32).map(|i| format!("host 10.{}.{}.1", i / 200, i % 200)).collect();
    let program = capture::compile(&format!("{} and udp", hosts.join(" or ")), &options).unwrap();
    assert!(program.instructions().len() > 2000);
    let packet = |source: [u8; 4], protocol: u8| {
        let mut packet = [0; 28];
        packet[0] = 0x45;
        packet[9] = protocol;
        packet[12..16].copy_from_slice(&source);
        vm::run(&program, &packet, 28) != 0
    };
    for i in [0u8, 1, 7, 9] {
        assert!(packet([10, i, i, 1], 17));
        assert!(!packet([10, i, i, 1], 6));
        assert!(!packet([10, i, i, 2], 17));
    }
}

/// The kernel keeps the outer tag beside the packet, or leaves it in: either way `vlan` and what stands behind it holds.
#[test]
fn a_tag_may_stand_beside_the_packet() {
    let names = names();
    let options = Options::live(LinkType::ETHERNET, &names);
    let ip = [&[0x45][..], &[0; 8], &[17], &[0; 10], &[0, 53, 0, 53, 0, 8, 0, 0]].concat();
    let untagged = [&[0; 12][..], &[0x08, 0x00], &ip].concat();
    let tagged = [&[0; 12][..], &[0x81, 0x00, 0x20, 100, 0x08, 0x00], &ip].concat();
    let beside = Ancillary { vlan_tag: Some(0x2000 | 100), ..Ancillary::default() };
    for (expression, expected) in [
        ("vlan", [true, true, false]),
        ("vlan 100 and udp port 53", [true, true, false]),
        ("vlan 99", [false, false, false]),
        ("vlan and udp port 54", [false, false, false]),
        ("udp port 53", [true, false, true]),
    ] {
        let program = capture::compile(expression, &options).unwrap();
        let hit = |packet: &[u8], known: &Ancillary| {
            vm::run_with(&program, packet, packet.len() as u32, known) != 0
        };
        let none = Ancillary::default();
        assert_eq!(
            [hit(&untagged, &beside), hit(&tagged, &none), hit(&untagged, &none)],
            expected,
            "{expression}"
        );
    }
}

#[test]
fn time_is_in_proportion_to_the_length() {
    let names = names();
    let options = Options::file(LinkType::ETHERNET, &names);
    let compile = |count: u32| {
        let text = (0..count)
            .map(|i| format!("host 10.{}.{}.{}", i >> 16, i >> 8 & 255, i & 255))
            .collect::<Vec<_>>()
            .join(" or ");
        let start = Instant::now();
        capture::compile(&text, &options).unwrap();
        start.elapsed()
    };
    // The best of three, since other work on the machine can only make it slower.
    let best = |count| (0..3).map(|_| compile(count)).min().unwrap_or(Duration::MAX);
    let (small, large) = (best(500), best(4000));
    println!("500 hosts {small:?}, 4000 hosts {large:?}");
    assert!(large < small * 8 * 4, "500 hosts {small:?}, 4000 hosts {large:?}");
    let many = "ip or ".repeat(150_000) + "ip";
    assert!(
        capture::compile(&many, &options).is_ok()
            || matches!(capture::compile(&many, &options), Err(Error::TooLarge { .. }))
    );
}
