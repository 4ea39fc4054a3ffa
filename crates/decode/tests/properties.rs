//! Any bytes, of any link type, in any order: no panic, and every span inside its buffer.

use plaintap_decode::{
    Decoded, Decoder, Decryptor, Options, Outcome, PacketNumber, ProcessInfo, QuicPacket, Side, Tree,
    Unreadable, registry,
};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};
use proptest::prelude::*;

/// Says anything about any record, and "decrypts" some to their own bytes.
struct Fickle(u8);

impl Decryptor for Fickle {
    fn record(&mut self, _: u32, _: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        self.0 = self.0.wrapping_mul(31).wrapping_add(record.len() as u8);
        match self.0 & 3 {
            0 => Outcome::Encrypted(Unreadable::NoSecret),
            1 => Outcome::Clear,
            _ => {
                plain.extend_from_slice(&record[5..]);
                Outcome::Decrypted(20 + self.0 % 5)
            }
        }
    }

    fn gap(&mut self, _: u32, _: Side) {}

    fn end(&mut self, _: u32) {}

    fn dtls_record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        self.record(stream, side, record, plain)
    }

    fn dtls_handshake(&mut self, _: u32, _: Side, _: u8, _: &[u8]) {}

    fn dtls_end(&mut self, _: u32) {}

    fn quic_packet(
        &mut self,
        packet: QuicPacket<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<PacketNumber, Unreadable> {
        self.0 = self.0.wrapping_mul(31).wrapping_add(packet.bytes.len() as u8);
        plain.extend_from_slice(packet.bytes);
        if self.0 & 3 == 0 { Err(Unreadable::NoSecret) } else { Ok(PacketNumber(self.0.into())) }
    }

    fn quic_handshake(&mut self, _: u32, _: bool, _: &[u8]) {}

    fn quic_end(&mut self, _: u32) {}
}

/// Link types with and without a decoder.
fn link_type() -> impl Strategy<Value = LinkType> {
    prop::sample::select(vec![
        0_u16, 1, 9, 51, 101, 104, 105, 108, 113, 127, 228, 229, 239, 258, 276, 147, 65_535,
    ])
    .prop_map(LinkType)
}

/// Bytes that often look like something: a sound beginning, then anything.
fn bytes() -> impl Strategy<Value = (LinkType, Vec<u8>)> {
    let anything = prop::collection::vec(any::<u8>(), 0..200);
    let tail = prop::collection::vec(any::<u8>(), 0..120);
    prop_oneof![
        1 => (link_type(), anything),
        4 => (prop::sample::select(openings()), tail, any::<prop::sample::Index>(), any::<u8>()).prop_map(
            |(mut packet, tail, place, byte)| {
                packet.extend(tail);
                // One damaged byte somewhere.
                let at = place.index(packet.len());
                packet[at] = byte;
                (LinkType::RAW, packet)
            }
        ),
    ]
}

/// IPv4 and IPv6 in front of TCP with something to reassemble, UDP with DNS, ICMP with a quotation, fragments.
fn openings() -> Vec<Vec<u8>> {
    let ip = |protocol: u8, fragment: u16| {
        let mut p = vec![0x45, 0, 0, 0, 0, 7];
        p.extend(fragment.to_be_bytes());
        p.extend([64, protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2]);
        p
    };
    let tcp = |sequence: u32, flags: u8, payload: &[u8]| {
        let mut p = ip(6, 0);
        p.extend([0x01, 0xbb, 0x90, 0x00]);
        p.extend(sequence.to_be_bytes());
        p.extend([0, 0, 0, 9, 0x50, flags, 1, 0, 0, 0, 0, 0]);
        p.extend(payload);
        p
    };
    let udp = |port: u16, payload: &[u8]| {
        let mut p = ip(17, 0);
        p.extend(port.to_be_bytes());
        p.extend([0x30, 0x39, 0, 0, 0, 0]);
        p.extend(payload);
        p
    };
    let mut v6 = vec![0x60, 0, 0, 0, 0, 0, 0, 64];
    v6.extend([0xfd; 32]);
    v6.extend([44, 0, 0, 0, 60, 0, 0, 1, 0, 0, 0, 9]);
    let mut quoted = ip(1, 0);
    quoted.extend([3, 1, 0, 0, 0, 0, 0, 0]);
    quoted.extend(tcp(1, 0x10, b""));
    let mut list = vec![
        tcp(1, 0x02, b""),
        tcp(2, 0x18, b"\x16\x03\x03\x00\x40\x02\x00\x00\x3c"),
        tcp(2, 0x18, b"\x17\x03\x03\x00\x30"),
        tcp(70, 0x18, b"GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"),
        tcp(40, 0x18, b"HTTP/1.1 200 OK\r\nContent-Length: 300\r\n\r\n"),
        tcp(300, 0x18, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x06\x04\x00\x00\x00\x00\x00"),
        tcp(u32::MAX - 20, 0x11, b"x"),
        udp(53, b"\x00\x01\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00\x01a\xc0\x0c"),
        udp(443, b"\xc0\0\0\0\x01\x02ab\0\0\x40\x20\0\x06\0\x14\x02\0\0\x40\x03\x03"),
        udp(443, b"\xe3\x6b\x33\x43\xcf\x02ab\0\0\x40\x20\0\0\0\0\x06\x10\x08\x0b"),
        udp(443, b"\x50\x01\x02\x03\x04\x06\0\x10\x0b\0\0\x30"),
        udp(4433, b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x14\x0b\0\0\x30\0\x01\0\0\0\0\0\x08"),
        udp(4433, b"\x16\xfe\xfd\0\0\0\0\0\0\0\0\0\x20\x01\0\0\x14\0\0\0\0\0\0\0\x14\xfe\xfd"),
        udp(5353, b"\x00\x01\x81\x80\x00\x01\x00\x02\x00\x00\x00\x00\x03www\x00\x00\x01\x80\x01"),
        ip(17, 0x2000),
        ip(17, 0x0003),
        v6,
        quoted,
        tcp(400, 0x18, &[&[0xff; 16][..], &[0, 60, 2, 0, 0, 0, 37]].concat()),
    ];
    // Tunnels, routing and IPsec, each with whatever comes.
    list.extend([2, 4, 41, 47, 50, 51, 89, 112, 132, 136, 137].map(|protocol| ip(protocol, 0)));
    list.extend([500, 1701, 2152, 4500, 4789, 6081, 51820].map(|port| udp(port, b"")));
    list
}

fn check(decoded: &Decoded<'_>, tree: &mut Tree, text: &mut String) {
    let check_span = |span: plaintap_packet::Span| {
        let buffer = decoded.buffer(span.buffer);
        assert!(span.end() as usize <= buffer.len(), "{span:?} is outside a buffer of {}", buffer.len());
    };
    for layer in decoded.layers() {
        let buffer = decoded.buffer(layer.buffer);
        assert!(layer.offset <= layer.end && layer.end as usize <= buffer.len(), "{layer:?}");
        assert!(layer.offset + layer.header <= layer.end, "{layer:?}");
    }
    for field in registry::all() {
        decoded.values(field, &mut |span, value| {
            check_span(span);
            assert!(field.kind().holds(&value), "{} gave {value:?}", field.name());
        });
    }
    decoded.tree(tree);
    for line in tree.lines() {
        check_span(line.span);
        text.push_str(tree.text(line));
    }
    text.clear();
    decoded.info(text);
    assert!(!text.contains('\n'), "{text:?}");
    decoded.protocol_label();
    decoded.addresses();
}

/// Bytes that fuzzing found to be trouble for a protocol, in hexadecimal.
const FOUND: &[(&str, &str)] = &[
    // The end of a suboption at the very beginning.
    ("telnet", "fff0ffb9ffcab9ffca017e18f0"),
    // A time long before 1601.
    (
        "smb2",
        "fe534d42400001000000000005007f0009000000000000000800000000000000000000000100002610b0fa6500000000292a\
         8082a0600f3f04fb7828bbab53c6590000000100000080d99b0c227add0100960f227add0180d99b0c227add010000000007\
         000000001000000000000000100000000000001000000000000000ff3e681b040e80222a042d491c0d1e400000000000ca96\
         0f227add0180d99b0c227add010000000007000000001000000000000000100000000000001000000000000000ff3e681b04\
         0e80222a042d491c0d1e4000000000000000000000000000000000",
    ),
];

#[test]
fn what_fuzzing_found_decodes() {
    for (name, hex) in FOUND {
        let digits = hex.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).expect("hex digits"));
        let bytes: Vec<u8> = digits.map(|pair| u8::from_str_radix(pair, 16).expect("a byte")).collect();
        let mut decoder = Decoder::new(Options::default());
        let protocol = registry::protocol(name).expect("a protocol");
        let packet = Packet {
            data: &bytes,
            time: Nanos(0),
            original_length: bytes.len() as u32,
            link_type: LinkType::RAW,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        check(&decoder.decode_protocol(protocol, &packet, 1), &mut Tree::default(), &mut String::new());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn any_packets_decode(
        packets in prop::collection::vec((bytes(), 0_u32..40, any::<bool>()), 1..12),
        flows: bool,
        reassemble: bool,
        decrypt: bool,
    ) {
        let decryptor: Option<Box<dyn Decryptor>> = if decrypt { Some(Box::new(Fickle(7))) } else { None };
        let mut decoder = Decoder::new(Options { decryptor, flows, reassemble, exchanges: true, ..Options::default() });
        decoder.set_process(0, ProcessInfo { pid: 1, name: "a".into(), uid: None });
        let (mut tree, mut text) = (Tree::default(), String::new());
        for (number, ((link_type, data), missing, owned)) in packets.iter().enumerate() {
            let packet = Packet {
                data,
                time: Nanos(number as i64),
                original_length: data.len() as u32 + missing,
                link_type: *link_type,
                interface: 0,
                direction: Direction::Unknown,
                process: owned.then_some(0),
            };
            check(&decoder.decode(&packet, number as u64 + 1), &mut tree, &mut text);
        }
    }
}
