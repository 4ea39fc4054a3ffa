//! Every construct of the display filter language on one packet that is made here: TCP in IPv4 in IPv4 in Ethernet.

use plaintap_decode::{Decoder, Options, ProcessInfo};
use plaintap_filter::DisplayFilter;
use plaintap_packet::{Direction, LinkType, Nanos, Packet};
use proptest::prelude::*;

const TRUE: &[&str] = &[
    "",
    "tcp",
    "tcp.port",
    "not udp",
    "tcp and !arp",
    "tcp && (udp || ip)",
    "udp or tcp xor udp",
    "tcp ^^ udp",
    // Daily life.
    "!(tcp.port == 22) and not arp",
    "tcp.port==1883 and ip.addr==192.168.1.100",
    // Two ports: any, all.
    "tcp.port == 1883",
    "tcp.port eq 40000",
    "tcp.port != 80",
    "tcp.port !== 1883",
    "tcp.port ~= 1883",
    "tcp.port any_ne 1883",
    "all tcp.port > 1000",
    "any tcp.port === 1883",
    "tcp.srcport < tcp.dstport",
    "tcp.srcport < tcp.dstport <= 40000",
    "udp.port == 1 or not udp.port != 1",
    // Numbers and names.
    "ip.ttl == 0x40 && ip.ttl == 0100 && ip.ttl == 0b1000000 && ip.ttl == '@' && ip.ttl == '\\x40'",
    "ip.proto == \"TCP\" and ip.proto == Tcp",
    "tcp.flags.syn == True and tcp.flags.ack == 0 and tcp.flags.syn == \"Set\"",
    "tcp.dstport - 38117 == tcp.srcport",
    "tcp.srcport == {tcp.dstport - 30000 + 1} / 5 - 117",
    "-tcp.srcport == -1883",
    "tcp.srcport % 10 == 3",
    "tcp.flags & 0x02",
    "tcp.flags & 2 == 2",
    // Addresses.
    "ip.src == 10.0.0.0/8",
    "ip.src in {192.168.1.1 .. 192.168.1.9}",
    "ip.dst > 10.0.0.1",
    "eth.src == 00:11:22:33:44:55 && eth.src == 0011.2233.4455 && eth.src == 00-11-22-33-44-55",
    "ip.src & 255.0.0.0 == 10.0.0.0",
    // Slices.
    "eth.src[0:3] == 00:11:22",
    "eth.src[1-2] == 11:22 and eth.src[-2:] == 44:55 and eth.src[:2] == 0011",
    "eth.src[0,2-3,5:] == 00:22:33:55",
    "eth.src[-2] == 0x44",
    "ip.src[0] == 0a",
    "eth.dst[0] & 1 == 1",
    "eth.src[0:6][1] == 11",
    "frame[6:6] == eth.src",
    "not frame[1000]",
    // Layers.
    "ip.src#1 == 10.0.0.1 && ip.src#2 == 192.168.1.5",
    "ip.ttl#[2] == 63 and ip.ttl#[-1] == 63 and ip.ttl#[1-2] == 64",
    "not ip#3 and ip#2",
    "ip#2[0] == 45",
    // Raw bytes.
    "@tcp.srcport == 07:5b",
    "@ip.src#2 == c0a80105",
    // Search.
    "tcp.payload contains \"hello\"",
    "tcp.payload contains 68:65:6c",
    "frame contains 'z' or frame contains \"\\xff\\x00\"",
    "tcp.payload matches \"HELLO\\\\s+w\"",
    "tcp.payload ~ r\"^he.*\\x00$\"",
    "not tcp.payload matches \"(?-i)HELLO\"",
    "proc.name == \"mosquitto\" and proc.name contains mosq and proc.pid == 4242",
    // Sets.
    "tcp.port in {80, 1880..1890}",
    "tcp.port not in {80, 443}",
    "all tcp.port in {1883, 40000}",
    "proc.name in {\"a\"..\"n\"}",
    "tcp.srcport in {tcp.dstport, 1883}",
    // Functions.
    "len(tcp.payload) == 13",
    "count(ip.addr) == 4",
    "upper(proc.name) == \"MOSQUITTO\" and lower(proc.name) matches \"^mosq\"",
    "string(ip.src) contains \"192\" and string(tcp.srcport) == \"1883\"",
    "string(eth.src) == \"00:11:22:33:44:55\"",
    "max(tcp.port) == 40000 and min(tcp.port, 80) == 80",
    "abs(tcp.srcport - tcp.dstport) == 38117",
    // Times.
    "frame.time >= \"2010-06-01 12:00:00 UTC\" and frame.time < \"Jun 1, 2010 12:00:01 UTC\"",
    "frame.time_epoch == 1275393600.25",
    "frame.time_relative == 0 and frame.time_delta + 1.5 == 1.5",
    ".tcp and tcp contains :68656c",
];

const FALSE: &[&str] = &[
    "not tcp",
    "tcp.port == 22",
    "tcp.port != 1883",
    "tcp.port === 1883",
    "all tcp.port == 1883",
    "udp.port != 1",
    "all tcp.port in {1883}",
    "tcp.port not in {1883}",
    "tcp.port in {1890..1880}",
    "tcp.srcport - tcp.srcport",
    "tcp.srcport / 0 == 1",
    "ip.addr#2 == 10.0.0.0/8",
    "ip.src#[3:]",
    "tcp.flags & 0x10",
    "eth.src[4:3]",
    "count(udp) == 0",
    "tcp xor ip",
    "tcp.payload contains \"HELLO\"",
    "ip.ttl - 65 > 0",
];

#[test]
fn filters_mean_what_the_manual_says() {
    let data = frame();
    let mut decoder = decoder();
    let decoded = decoder.decode(&packet(&data), 1);
    for (filters, expected) in [(TRUE, true), (FALSE, false)] {
        for text in filters {
            let filter =
                DisplayFilter::compile(text).unwrap_or_else(|e| panic!("{e}\n{}", e.underline(text)));
            assert_eq!(filter.matches(&decoded), expected, "{text}");
            let again = DisplayFilter::compile(&filter.to_string()).unwrap();
            assert_eq!(again.matches(&decoded), expected, "{text} as {again}");
        }
    }
}

#[test]
fn a_filter_may_be_asked_from_any_thread() {
    fn shared<T: Send + Sync>() {}
    shared::<DisplayFilter>();
}

#[test]
fn errors_underline_what_is_wrong() {
    let text = "ip and tcp.dstprt == 1";
    let error = DisplayFilter::compile(text).unwrap_err();
    assert_eq!(error.underline(text), "ip and tcp.dstprt == 1\n       ^^^^^^^^^^");
    assert!(
        error.to_string().starts_with("column 8: tcp.dstprt is neither a field nor a protocol"),
        "{error}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_compiles_or_errors(text in "\\PC{0,80}") {
        let _ = DisplayFilter::compile(&text);
    }

    /// Pieces of real filters in any order, on damaged packets: no panic, and one spelling means the same.
    #[test]
    fn what_compiles_runs_on_any_bytes(
        pieces in prop::collection::vec(prop::sample::select(PIECES), 1..8),
        keep in 0_usize..100,
        damage in prop::collection::vec((0_usize..100, any::<u8>()), 0..4),
    ) {
        let text = pieces.join(" ");
        if let Ok(filter) = DisplayFilter::compile(&text) {
            let mut data = frame();
            data.truncate(keep);
            for (at, byte) in damage {
                if let Some(to) = data.get_mut(at) {
                    *to = byte;
                }
            }
            let mut decoder = decoder();
            let decoded = decoder.decode(&packet(&data), 1);
            let again = DisplayFilter::compile(&filter.to_string()).unwrap();
            prop_assert_eq!(filter.matches(&decoded), again.matches(&decoded), "{}", again);
        }
    }
}

const PIECES: &[&str] = &[
    "tcp",
    "ip.src",
    "tcp.port",
    "eth.src",
    "tcp.payload",
    "frame",
    "proc.name",
    "ip.ttl",
    "frame.time_delta",
    "80",
    "10.0.0.0/8",
    "00:11",
    "\"a\"",
    "'a'",
    "1.5",
    "==",
    "!=",
    "===",
    "<",
    ">=",
    "contains",
    "matches",
    "in {1, 2..9}",
    "not in {80}",
    "and",
    "or",
    "xor",
    "not",
    "(",
    ")",
    "+ 1",
    "- 1",
    "* 2",
    "/ 0",
    "% 0",
    "& 1",
    "[0:2]",
    "[-1]",
    "[1-2,4:]",
    "[90:]",
    "#1",
    "#[-1]",
    "@",
    "any",
    "all",
    "{",
    "}",
    "-",
    "tcp.port == 80",
    "len(ip.src) > 1",
    "max(ip.src) == 10.0.0.1",
    "string(ip.src) contains \"1\"",
    "upper(proc.name) == \"A\"",
    "abs(-tcp.port) > 1",
    "count(tcp.port) == 2",
    "eth.src[0] & 1",
    "tcp.payload[0:2] == frame[0:2]",
];

fn decoder() -> Decoder {
    let mut decoder = Decoder::new(Options::default());
    decoder.set_process(0, ProcessInfo { pid: 4242, name: "mosquitto".into(), ..ProcessInfo::default() });
    decoder
}

fn packet(data: &[u8]) -> Packet<'_> {
    Packet {
        data,
        // 2010-06-01 12:00:00.25 UTC.
        time: Nanos(1_275_393_600_250_000_000),
        original_length: data.len() as u32,
        link_type: LinkType::ETHERNET,
        interface: 0,
        direction: Direction::Outbound,
        process: Some(0),
    }
}

fn frame() -> Vec<u8> {
    let payload = b"hello world\xff\0";
    let tcp_length = 20 + payload.len() as u8;
    let mut frame = vec![0xff; 6];
    frame.extend([0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x08, 0x00]);
    frame.extend(ip_header(40 + tcp_length, 64, 4, [10, 0, 0, 1], [10, 0, 0, 2]));
    frame.extend(ip_header(20 + tcp_length, 63, 6, [192, 168, 1, 5], [192, 168, 1, 100]));
    frame.extend([0x07, 0x5b, 0x9c, 0x40, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, 0x02, 0x20, 0, 0, 0, 0, 0]);
    frame.extend(payload);
    frame
}

fn ip_header(length: u8, ttl: u8, protocol: u8, source: [u8; 4], destination: [u8; 4]) -> Vec<u8> {
    let mut header = vec![0x45, 0, 0, length, 0, 1, 0, 0, ttl, protocol, 0, 0];
    header.extend(source);
    header.extend(destination);
    header
}
