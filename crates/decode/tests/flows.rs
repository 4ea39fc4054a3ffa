//! What several packets say together: order, loss, repetition, fragments, decryption. The packets are made here, byte by
//! byte, so that each test shows what it is about.

use plaintap_decode::{
    Decoded, Decoder, Decryptor, Options, Outcome, PacketNumber, QuicPacket, Side, Tree, Unreadable, id,
    registry, text,
};
use plaintap_packet::{BufferId, Direction, LinkType, Nanos, Packet};

const CLIENT: u16 = 40_000;
const SERVER: u16 = 8080;

const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
const FIN: u8 = 0x11;
const RST: u8 = 0x04;

/// An IPv4 packet with a TCP segment from port `from` to port `to`.
fn tcp(from: u16, to: u16, sequence: u32, acknowledgment: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = Vec::new();
    segment.extend(from.to_be_bytes());
    segment.extend(to.to_be_bytes());
    segment.extend(sequence.to_be_bytes());
    segment.extend(acknowledgment.to_be_bytes());
    segment.extend([0x50, flags, 4, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    ip4(6, 0, from < to, &segment)
}

fn ip4(protocol: u8, fragment: u16, forward: bool, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 7]);
    packet.extend(fragment.to_be_bytes());
    packet.extend([64, protocol, 0, 0]);
    packet.extend(if forward { [10, 0, 0, 1, 10, 0, 0, 2] } else { [10, 0, 0, 2, 10, 0, 0, 1] });
    packet.extend(payload);
    packet
}

fn request(sequence: u32, payload: &[u8]) -> Vec<u8> {
    tcp(CLIENT, SERVER, sequence, 1, ACK, payload)
}

/// What a test looks at: label, info line and the fields asked for, of each packet.
fn run(decoder: &mut Decoder, packets: &[Vec<u8>], fields: &[&str]) -> Vec<String> {
    packets
        .iter()
        .enumerate()
        .map(|(i, data)| {
            let packet = whole(data, i as i64);
            describe(&decoder.decode(&packet, i as u64 + 1), fields)
        })
        .collect()
}

fn whole(data: &[u8], time: i64) -> Packet<'_> {
    Packet {
        data,
        time: Nanos(time),
        original_length: data.len() as u32,
        link_type: LinkType::RAW,
        interface: 0,
        direction: Direction::Unknown,
        process: None,
    }
}

fn describe(decoded: &Decoded<'_>, fields: &[&str]) -> String {
    let mut line = decoded.protocol_label().to_string();
    for name in fields {
        let field = registry::field(name).expect("the field is in the registry");
        let mut separator = ' ';
        decoded.values(field, &mut |_, value| {
            line.push(separator);
            text::write_value(field.field(), &value, &mut line);
            separator = ',';
        });
    }
    line
}

fn decoder() -> Decoder {
    Decoder::new(Options::default())
}

const GET: &[u8] = b"GET /a HTTP/1.1\r\nHost: h\r\n\r\n";

#[test]
fn a_request_in_pieces_is_whole_in_the_packet_that_completes_it() {
    let packets = [request(100, &GET[..7]), request(107, &GET[7..20]), request(120, &GET[20..])];
    let lines = run(&mut decoder(), &packets, &["http.request.uri", "http.host", "frame.protocols"]);
    assert_eq!(lines, ["TCP raw:ip:tcp", "TCP raw:ip:tcp", "HTTP /a h raw:ip:tcp:http"]);
}

#[test]
fn disorder_is_put_in_order() {
    let packets = [
        tcp(CLIENT, SERVER, 99, 0, SYN, b""),
        request(120, &GET[20..]),
        request(107, &GET[7..20]),
        request(100, &GET[..7]),
    ];
    let lines = run(&mut decoder(), &packets, &["http.request.uri", "http.host"]);
    assert_eq!(lines, ["TCP", "TCP", "TCP", "HTTP /a h"]);
}

#[test]
fn what_is_sent_again_is_delivered_once() {
    let mut decoder = decoder();
    let twice = [&GET[20..], GET].concat();
    let packets = [
        request(100, GET),
        request(100, GET),
        // The end again, with a new request behind it.
        request(120, &twice),
    ];
    assert_eq!(run(&mut decoder, &packets, &["http.request.uri"]), ["HTTP /a", "TCP", "HTTP /a"]);
    assert_eq!(decoder.counters().bytes_repeated, (GET.len() + GET.len() - 20) as u64);
}

#[test]
fn sequence_numbers_wrap_around() {
    let start = u32::MAX - 9;
    let packets = [
        tcp(CLIENT, SERVER, start.wrapping_sub(1), 0, SYN, b""),
        request(start.wrapping_add(20), &GET[20..]),
        request(start, &GET[..20]),
    ];
    let lines = run(&mut decoder(), &packets, &["tcp.seq", "tcp.nxtseq", "http.host"]);
    assert_eq!(lines, ["TCP 0 1", "TCP 21 29", "HTTP 1 21 h"]);
}

#[test]
fn a_gap_is_given_up_when_the_receiver_has_the_bytes() {
    let mut decoder = decoder();
    let packets = [
        request(100, GET),
        // 500 bytes were lost to the capture, not to the receiver.
        tcp(SERVER, CLIENT, 1, 100 + GET.len() as u32 + 500, ACK, b""),
        request(100 + GET.len() as u32 + 500, GET),
    ];
    assert_eq!(run(&mut decoder, &packets, &["http.host"]), ["HTTP h", "TCP", "HTTP h"]);
    assert_eq!(decoder.counters().gaps, 1);
}

#[test]
fn a_gap_is_given_up_when_too_much_waits_behind_it() {
    let mut decoder = decoder();
    let mut packets = vec![request(100, GET)];
    let segment = vec![b'x'; 1000];
    for i in 0..600 {
        packets.push(request(10_000 + i * 1000, &segment));
    }
    packets.push(request(10_000 + 600_000, GET));
    let lines = run(&mut decoder, &packets, &["http.host"]);
    assert_eq!(decoder.counters().gaps, 1);
    assert_eq!(lines.last().map(String::as_str), Some("HTTP h"));
}

/// The sender has received what we have not: this capture loses packets, and will not see the missing one again.
#[test]
fn a_gap_is_given_up_when_bytes_of_both_directions_are_missing() {
    let mut decoder = decoder();
    let packets = [
        tcp(CLIENT, SERVER, 100, 1, ACK, GET),
        tcp(SERVER, CLIENT, 1, 129, ACK, b"HTTP/1.1 204 No\r\n\r\n"),
        tcp(CLIENT, SERVER, 700, 900, ACK, GET),
    ];
    assert_eq!(run(&mut decoder, &packets, &["http.host"]), ["HTTP h", "HTTP", "HTTP h"]);
    assert_eq!(decoder.counters().gaps, 1);
}

#[test]
fn a_gap_waits_while_only_this_direction_lacks_bytes() {
    let mut decoder = decoder();
    let packets = [
        tcp(CLIENT, SERVER, 99, 0, SYN, b""),
        tcp(SERVER, CLIENT, 0, 100, SYN | ACK, b""),
        tcp(CLIENT, SERVER, 107, 1, ACK, &GET[7..]),
        tcp(CLIENT, SERVER, 100, 1, ACK, &GET[..7]),
    ];
    assert_eq!(run(&mut decoder, &packets, &["http.host"]), ["TCP", "TCP", "TCP", "HTTP h"]);
    assert_eq!(decoder.counters().gaps, 0);
}

/// Nobody will send what is missing any more, whichever side gives up.
#[test]
fn gaps_of_both_directions_are_given_up_when_the_connection_is_reset() {
    const OK: &[u8] = b"HTTP/1.1 204 No\r\n\r\n";
    let (behind, ok) = (600, 1 + OK.len() as u32 + 200);
    for reset in [tcp(SERVER, CLIENT, 1, 100, RST, b""), tcp(CLIENT, SERVER, 100, 1, RST, b"")] {
        let mut decoder = decoder();
        let packets = [
            tcp(CLIENT, SERVER, 99, 0, SYN, b""),
            tcp(SERVER, CLIENT, 0, 100, SYN | ACK, b""),
            tcp(CLIENT, SERVER, behind, 1, ACK, GET),
            tcp(SERVER, CLIENT, 1, 100, ACK, OK),
            tcp(SERVER, CLIENT, ok, 100, ACK, OK),
            reset,
        ];
        let lines = run(&mut decoder, &packets, &["http.host", "http.response.code"]);
        assert_eq!(lines, ["TCP", "TCP", "TCP", "HTTP 204", "TCP", "HTTP h 204"]);
        let counters = decoder.counters();
        assert_eq!((counters.gaps, counters.bytes_waiting), (2, 0));
    }
}

#[test]
fn what_still_waits_behind_a_gap_is_counted() {
    let mut decoder = decoder();
    let packets = [tcp(CLIENT, SERVER, 99, 0, SYN, b""), request(107, &GET[7..])];
    assert_eq!(run(&mut decoder, &packets, &["http.host"]), ["TCP", "TCP"]);
    assert_eq!(decoder.counters().bytes_waiting, GET.len() as u64 - 7);
    assert_eq!(run(&mut decoder, &[request(100, &GET[..7])], &["http.host"]), ["HTTP h"]);
    assert_eq!(decoder.counters().bytes_waiting, 0);
}

/// RFC 1122 §4.2.3.6: the byte of a keep-alive is none of the stream.
#[test]
fn the_byte_of_a_keep_alive_is_data() {
    let end = 100 + GET.len() as u32;
    let packets = [
        tcp(CLIENT, SERVER, 99, 0, SYN, b""),
        tcp(SERVER, CLIENT, 0, 100, SYN | ACK, b""),
        request(100, GET),
        tcp(SERVER, CLIENT, 1, end, ACK, b""),
        request(end - 1, b"\0"),
    ];
    let lines = run(&mut decoder(), &packets, &["frame.protocols", "data.data"]);
    assert_eq!(lines[2..], ["HTTP raw:ip:tcp:http", "TCP raw:ip:tcp", "TCP raw:ip:tcp:data 00"]);
}

/// Wireshark names the protocol of a stream each time that it gets bytes: those of a PDU that it waited for, and those
/// behind it; where it did not know how long it had to wait, it got all of the segment together.
#[test]
fn a_protocol_is_named_for_each_time_that_it_gets_bytes() {
    let record = [&[23, 3, 3, 0, 40][..], &[7; 40]].concat();
    let two = [&record[..], &record].concat();
    let parts = [&two[..20], &two[20..60], &two[60..]];
    let packets =
        [request(100, parts[0]), request(120, parts[1]), request(160, parts[2]), request(190, &two)];
    assert_eq!(
        run(&mut decoder(), &packets, &["frame.protocols"]),
        [
            "TCP raw:ip:tcp:tls",
            "TLSv1.2 raw:ip:tcp:tls:tls",
            "TLSv1.2 raw:ip:tcp:tls",
            "TLSv1.2 raw:ip:tcp:tls"
        ]
    );
    let two = [GET, GET].concat();
    let packets = [request(100, &two[..7]), request(107, &two[7..])];
    let lines = run(&mut decoder(), &packets, &["http.host", "frame.protocols"]);
    assert_eq!(lines, ["TCP raw:ip:tcp", "HTTP h,h raw:ip:tcp:http"]);
}

/// Nothing can acknowledge what is missing when the other direction is not in the capture.
#[test]
fn a_gap_of_one_direction_alone_is_given_up_soon() {
    let mut decoder = decoder();
    let mut packets = vec![request(100, GET)];
    let behind = 1000;
    packets.extend((0..40).map(|i| request(behind + i * GET.len() as u32, GET)));
    let lines = run(&mut decoder, &packets, &["http.host"]);
    assert_eq!(lines.iter().filter(|line| line.starts_with("HTTP h")).count(), 1 + 8);
    assert_eq!(lines[33], "HTTP h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h,h");
    assert_eq!(decoder.counters().gaps, 1);
}

/// The length of the PDU in front says where the next one begins, in the middle of a segment.
#[test]
fn a_gap_inside_of_a_pdu_is_passed_over() {
    let mut decoder = decoder();
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n";
    let body = 1 + head.len() as u32;
    let next = [&[b'x'; 30][..], b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"].concat();
    let packets = [
        tcp(SERVER, CLIENT, 1, 100, ACK, head),
        // 20 bytes of the body, 50 that were lost to the capture, 30 and another response.
        tcp(SERVER, CLIENT, body, 100, ACK, &[b'x'; 20]),
        tcp(CLIENT, SERVER, 100, body + 70, ACK, b""),
        tcp(SERVER, CLIENT, body + 70, 100, ACK, &next),
    ];
    let lines = run(&mut decoder, &packets, &["http.response.code", "http.content_length"]);
    assert_eq!(lines, ["TCP", "TCP", "TCP", "HTTP 200,404 100,0"]);
    let counters = decoder.counters();
    assert_eq!((counters.gaps, counters.pdus_cut), (1, 1));
}

/// BGP's messages begin with a marker: they are found in the middle of a segment, behind what is none.
#[test]
fn messages_with_a_marker_are_found_behind_what_is_none() {
    let keepalive = [&[0xff; 16][..], &[0, 19, 4]].concat();
    let damaged = [&[0xff; 16][..], &[0, 3, 4]].concat();
    let bytes = [b"rest of a message", &keepalive[..], &damaged, &keepalive].concat();
    let lines = run(&mut decoder(), &[tcp(CLIENT, 179, 1, 1, ACK, &bytes)], &["bgp.type", "frame.protocols"]);
    assert_eq!(lines, ["BGP 4,4 raw:ip:tcp:data:bgp:data"]);
}

#[test]
fn ports_used_again_are_another_stream() {
    let packets = [
        tcp(CLIENT, SERVER, 10, 0, SYN, b""),
        tcp(SERVER, CLIENT, 70, 11, SYN | ACK, b""),
        tcp(CLIENT, SERVER, 11, 71, RST, b""),
        tcp(CLIENT, SERVER, 5000, 0, SYN, b""),
        request(5001, GET),
        tcp(CLIENT + 1, SERVER, 1, 1, ACK, b""),
    ];
    let lines = run(&mut decoder(), &packets, &["tcp.stream", "tcp.seq"]);
    assert_eq!(lines, ["TCP 0 0", "TCP 0 0", "TCP 0 1", "TCP 1 0", "HTTP 1 1", "TCP 2 1"]);
}

#[test]
fn a_response_may_end_with_the_connection() {
    let packets = [
        tcp(SERVER, CLIENT, 1, 1, ACK, b"HTTP/1.0 200 OK\r\n\r\nhel"),
        tcp(SERVER, CLIENT, 23, 1, ACK, b"lo"),
        tcp(SERVER, CLIENT, 25, 1, FIN, b""),
    ];
    let lines = run(&mut decoder(), &packets, &["http.response.code", "http.file_data"]);
    assert_eq!(lines, ["TCP", "TCP", "HTTP 200 hello"]);
}

#[test]
fn bytes_beyond_the_snapshot_length_are_a_gap_of_known_length() {
    let mut decoder = decoder();
    let response = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n".as_slice(), &[b'x'; 100]].concat();
    let first = tcp(SERVER, CLIENT, 1, 1, ACK, &response);
    let second = tcp(
        SERVER,
        CLIENT,
        1 + response.len() as u32,
        1,
        ACK,
        b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
    );
    let cut = Packet { original_length: first.len() as u32, ..whole(&first[..90], 0) };
    let fields = ["http.response.code", "tcp.len"];
    assert_eq!(describe(&decoder.decode(&cut, 1), &fields), format!("HTTP 200 {}", response.len()));
    assert_eq!(describe(&decoder.decode(&whole(&second, 1), 2), &fields), "HTTP 404 38");
}

#[test]
fn fragments_in_any_order_make_the_datagram() {
    let mut dns = vec![0x30, 0x39, 0, 53, 0, 37, 0, 0];
    dns.extend(b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03www\x03lan\x00\x00\x01\x00\x01");
    dns.resize(37, 0);
    let packets = [
        ip4(17, 0x0003, true, &dns[24..]),
        ip4(17, 0x2000, true, &dns[..8]),
        ip4(17, 0x2001, true, &dns[8..24]),
    ];
    let mut decoder = decoder();
    let lines = run(&mut decoder, &packets, &["dns.qry.name", "udp.stream", "frame.protocols"]);
    assert_eq!(lines, ["IPv4 raw:ip:data", "IPv4 raw:ip:data", "DNS www.lan 0 raw:ip:udp:dns"]);

    let six = |offset: u16, payload: &[u8]| {
        let mut packet = vec![0x60, 0, 0, 0];
        packet.extend((8 + payload.len() as u16).to_be_bytes());
        packet.extend([44, 64]);
        packet.extend([0xfd; 32]);
        packet.extend([17, 0]);
        packet.extend(offset.to_be_bytes());
        packet.extend([0, 0, 0, 1]);
        packet.extend(payload);
        packet
    };
    let packets = [six(1, &dns[..16]), six(16, &dns[16..])];
    let lines = run(&mut decoder, &packets, &["dns.qry.name", "frame.protocols"]);
    assert_eq!(lines, ["IPv6 raw:ipv6:ipv6.fraghdr:data", "DNS www.lan raw:ipv6:ipv6.fraghdr:udp:dns"]);
}

/// "Decrypts" by inverting every byte.
struct Inverting;

impl Decryptor for Inverting {
    fn record(&mut self, _: u32, _: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        if record[0] != 23 {
            return Outcome::Clear;
        }
        plain.extend(record[5..].iter().map(|b| !b));
        Outcome::Decrypted(23)
    }

    fn gap(&mut self, _: u32, _: Side) {}

    fn end(&mut self, _: u32) {}

    fn dtls_record(&mut self, _: u32, _: Side, _: &[u8], _: &mut Vec<u8>) -> Outcome {
        Outcome::Clear
    }

    fn dtls_handshake(&mut self, _: u32, _: Side, _: u8, _: &[u8]) {}

    fn dtls_end(&mut self, _: u32) {}

    fn quic_packet(&mut self, _: QuicPacket<'_>, _: &mut Vec<u8>) -> Result<PacketNumber, Unreadable> {
        Err(Unreadable::NoSecret)
    }

    fn quic_handshake(&mut self, _: u32, _: bool, _: &[u8]) {}

    fn quic_end(&mut self, _: u32) {}
}

fn record(content: &[u8]) -> Vec<u8> {
    let mut record = vec![23, 3, 3];
    record.extend((content.len() as u16).to_be_bytes());
    record.extend(content.iter().map(|b| !b));
    record
}

#[test]
fn decrypted_data_is_decoded_in_its_own_buffer() {
    let mut decoder = Decoder::new(Options { decryptor: Some(Box::new(Inverting)), ..Options::default() });
    let first = tcp(CLIENT, 443, 100, 1, ACK, &record(&GET[..10]));
    let second = tcp(CLIENT, 443, 115, 1, ACK, &record(&GET[10..]));
    assert_eq!(describe(&decoder.decode(&whole(&first, 0), 1), &["http.host"]), "TLSv1.2");
    let packet = whole(&second, 1);
    let decoded = decoder.decode(&packet, 2);
    let fields = ["http.request.full_uri", "frame.protocols"];
    assert_eq!(describe(&decoded, &fields), "HTTP https://h/a raw:ip:tcp:tls:http");
    let mut info = String::new();
    decoded.info(&mut info);
    assert_eq!(info, "GET /a HTTP/1.1");

    let names: Vec<&str> =
        (0..decoded.buffer_count()).map(|b| decoded.buffer_name(BufferId(b as u16))).collect();
    assert_eq!(names, ["Frame", "Decrypted TLS", "Reassembled TLS"]);
    assert_eq!(decoded.buffer(BufferId(2)), GET);
    let mut uri = Vec::new();
    let field = registry::field("http.request.uri").expect("the field is in the registry");
    decoded.values(field, &mut |span, _| uri.push((span.buffer, decoded.bytes(span).to_vec())));
    assert_eq!(uri, [(BufferId(2), b"/a".to_vec())]);
}

#[test]
fn many_pdus_in_one_packet_are_all_shown_up_to_the_limit() {
    let mut decoder = decoder();
    let alert = [21, 3, 3, 0, 2, 1, 0];
    let packet = tcp(CLIENT, 443, 1, 1, ACK, &alert.repeat(300));
    let decoded = decoder.decode(&whole(&packet, 0), 1);
    assert_eq!(decoded.layers().iter().filter(|layer| layer.protocol == id::tls).count(), 300);
    let packet = tcp(CLIENT, 443, 2101, 1, ACK, &alert.repeat(2000));
    decoder.decode(&whole(&packet, 0), 2);
    assert!(decoder.counters().layers_dropped > 900);
}

#[test]
fn the_tree_has_lines_with_their_bytes() {
    let mut decoder = decoder();
    let packet = tcp(CLIENT, SERVER, 9, 0, SYN, b"");
    let decoded = decoder.decode(&whole(&packet, 0), 1);
    let mut tree = Tree::default();
    decoded.tree(&mut tree);
    let shown: Vec<String> = tree
        .lines()
        .iter()
        .filter(|line| line.depth == 0 || tree.text(line).contains("Port") || tree.text(line).contains("Syn"))
        .map(|line| {
            format!(
                "{}{} @{}+{}",
                " ".repeat(line.depth.into()),
                tree.text(line),
                line.span.offset,
                line.span.length
            )
        })
        .collect();
    let expected = [
        "Frame 1: 40 bytes on wire (320 bits), 40 bytes captured (320 bits) @0+40",
        "Raw packet data @0+0",
        "Internet Protocol Version 4, Src: 10.0.0.2, Dst: 10.0.0.1 @0+20",
        "Transmission Control Protocol, Src Port: 40000, Dst Port: 8080, Seq: 0, Ack: 0, Len: 0 @20+20",
        " Source Port: 40000 @20+2",
        " Destination Port: 8080 @22+2",
        "  .... .... .... ..1. = Syn: Set @32+2",
    ];
    assert_eq!(shown.len(), expected.len(), "{shown:#?}");
    for (ours, expected) in shown.iter().zip(expected) {
        assert_eq!(ours, expected);
    }
}
