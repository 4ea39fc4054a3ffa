//! What decides on the protocol of a conversation: its content on any port, what others announced, and the user.

use plaintap_decode::{DecodeAs, Decoder, Options, Selector, id, registry, text};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};

/// An IPv4 packet between 10.0.0.1 and 10.0.0.2; `forward` is from the first one.
fn ip4(protocol: u8, forward: bool, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 7, 0, 0, 64, protocol, 0, 0]);
    packet.extend(if forward { [10, 0, 0, 1, 10, 0, 0, 2] } else { [10, 0, 0, 2, 10, 0, 0, 1] });
    packet.extend(payload);
    packet
}

fn udp(from: u16, to: u16, payload: &[u8]) -> Vec<u8> {
    let mut datagram = [from, to, 8 + payload.len() as u16, 0].map(u16::to_be_bytes).concat();
    datagram.extend(payload);
    ip4(17, from < to, &datagram)
}

fn tcp(from: u16, to: u16, sequence: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let mut segment = [from, to].map(u16::to_be_bytes).concat();
    segment.extend(sequence.to_be_bytes());
    segment.extend([0, 0, 0, 1, 0x50, flags, 4, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    ip4(6, from < to, &segment)
}

/// One value of each packet, empty where it has none.
fn values(options: Options, packets: &[Vec<u8>], field: &str) -> Vec<String> {
    let field = registry::field(field).expect("the field is in the registry");
    let mut decoder = Decoder::new(options);
    let mut values = Vec::new();
    for (number, data) in packets.iter().enumerate() {
        let packet = Packet {
            data,
            time: Nanos(number as i64),
            original_length: data.len() as u32,
            link_type: LinkType::RAW,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        let mut value_text = String::new();
        decoder.decode(&packet, number as u64 + 1).values(field, &mut |_, value| {
            text::write_value(field.field(), &value, &mut value_text);
        });
        values.push(value_text);
    }
    values
}

fn protocols(options: Options, packets: &[Vec<u8>]) -> Vec<String> {
    values(options, packets, "frame.protocols")
}

fn decode_as(selector: Selector, number: u32, protocol: registry::ProtocolId) -> Options {
    let rule = DecodeAs { selector, numbers: number..=number, protocol };
    Options { decode_as: vec![rule], ..Options::default() }
}

const QUERY: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x03lan\0\0\x01\0\x01";

#[test]
fn dns_is_known_by_its_content() {
    let damaged = &QUERY[..QUERY.len() - 1];
    let in_stream = [&[0, QUERY.len() as u8], QUERY].concat();
    let packets = [udp(1111, 2222, QUERY), udp(1112, 2222, damaged), tcp(1113, 2222, 1, 0x18, &in_stream)];
    assert_eq!(
        protocols(Options::default(), &packets),
        ["raw:ip:udp:dns", "raw:ip:udp:data", "raw:ip:tcp:dns"]
    );
}

/// RFC 8489 has methods of eight bits; WhatsApp's calls have others, with attributes of their own.
#[test]
fn stun_is_known_by_its_methods() {
    let message = |kind: u8| [&[kind, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    let packets = [udp(1111, 2222, &message(0)), udp(1112, 2222, &message(8)), udp(1113, 3478, &message(8))];
    assert_eq!(
        protocols(Options::default(), &packets),
        ["raw:ip:udp:stun", "raw:ip:udp:data", "raw:ip:udp:data"]
    );
}

/// What a port promises is not there unless the bytes are such a message.
#[test]
fn snmp_and_kerberos_are_known_by_their_first_byte() {
    let packets = [udp(161, 2222, b"\x30\x03\x02\x01\x00"), udp(161, 2223, b"text"), udp(88, 2222, b"text")];
    assert_eq!(
        protocols(Options::default(), &packets),
        ["raw:ip:udp:snmp", "raw:ip:udp:data", "raw:ip:udp:data"]
    );
}

/// The NATS protocol begins with a command that is also a method of HTTP.
#[test]
fn http_connects_to_a_host() {
    let packets = [
        tcp(1111, 4222, 1, 0x18, b"CONNECT {\"verbose\":false}\r\n"),
        tcp(1112, 4222, 1, 0x18, b"CONNECT a:443 HTTP/1.1\r\n\r\n"),
    ];
    assert_eq!(protocols(Options::default(), &packets), ["raw:ip:tcp:data", "raw:ip:tcp:http"]);
}

/// Wireshark asks HTTP first when it has switched to another protocol; records in a datagram come together.
#[test]
fn layers_are_named_as_they_are_called() {
    let switch = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\n";
    let record = [&[22, 0xfe, 0xfd][..], &[0; 8], &[0, 12], &[7; 12]].concat();
    let query = [0x11, 0, 0, 0, 0, 0, 0, 0];
    let packets = [
        tcp(80, 1111, 1, 0x18, switch),
        tcp(80, 1111, 1 + switch.len() as u32, 0x18, b"\x81\x02hi"),
        udp(1111, 2222, &[&record[..], &record].concat()),
        ip4(2, true, &query),
        ip4(2, true, &[0x55, 0, 0, 0, 0, 0, 0, 0]),
    ];
    assert_eq!(
        protocols(Options::default(), &packets),
        [
            "raw:ip:tcp:http",
            "raw:ip:tcp:http:websocket:data-text-lines",
            "raw:ip:udp:dtls",
            "raw:ip:igmp:igmp",
            "raw:ip:igmp"
        ]
    );
}

#[test]
fn a_conversation_stays_what_its_first_datagram_was() {
    let (mut handshake, mut transport) = ([0; 148], [0; 33]);
    (handshake[0], transport[0]) = (1, 4);
    let packets = [
        udp(1111, 2222, &transport),
        udp(1111, 2222, &handshake),
        udp(2222, 1111, &transport),
        udp(2223, 1111, &transport),
    ];
    let found = protocols(Options::default(), &packets);
    assert_eq!(found, ["raw:ip:udp:data", "raw:ip:udp:wg", "raw:ip:udp:wg", "raw:ip:udp:data"]);
}

#[test]
fn what_was_announced_is_expected_once_a_connection_begins() {
    let control = b"227 Entering Passive Mode (10,0,0,2,195,80)\r\n";
    let data = b"GET / HTTP/1.1\r\n\r\n";
    let packets = [tcp(21, 40_000, 1, 0x18, control), tcp(40_001, 50_000, 1, 0x18, data)];
    let found = protocols(Options::default(), &packets);
    assert_eq!(found, ["raw:ip:tcp:ftp", "raw:ip:tcp:ftp-data"]);
    assert_eq!(protocols(Options::default(), &packets[1..]), ["raw:ip:tcp:http"]);
}

/// A call that goes on as a fax: its port is no longer one of RTP.
#[test]
fn what_was_announced_may_be_over() {
    let sip = |media: &str| {
        let sdp = format!("v=0\r\nc=IN IP4 10.0.0.2\r\nm={media}\r\n");
        let head = "INVITE sip:a@b SIP/2.0\r\nContent-Type: application/sdp\r\nContent-Length: ";
        udp(5060, 5061, format!("{head}{}\r\n\r\n{sdp}", sdp.len()).as_bytes())
    };
    let media = udp(4000, 6000, &[&[0x80, 8, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7][..], &[0xd5; 20]].concat());
    let packets = [
        sip("audio 6000 RTP/AVP 8"),
        media.clone(),
        sip("image 6000 udptl t38"),
        media.clone(),
        sip("audio 6000 RTP/AVP 8"),
        media,
    ];
    let found = values(Options::default(), &packets, "rtp.ssrc");
    assert_eq!(found, ["", "0x00000007", "", "", "", "0x00000007"]);
}

#[test]
fn tftp_goes_on_between_other_ports() {
    let request = b"\0\x01file\0octet\0";
    let packets =
        [udp(1111, 69, request), udp(1000, 1111, b"\0\x03\0\x01data"), udp(1111, 1000, b"\0\x04\0\x01")];
    let found = protocols(Options::default(), &packets);
    assert!(found.iter().all(|protocols| protocols.starts_with("raw:ip:udp:tftp")), "{found:?}");
    assert_eq!(protocols(Options::default(), &packets[1..]), ["raw:ip:udp:data", "raw:ip:udp:data"]);
}

#[test]
fn the_user_knows_better() {
    let http = tcp(40_001, 50_000, 1, 0x18, b"GET / HTTP/1.1\r\n\r\n");
    let as_data = decode_as(Selector::TcpPort, 50_000, id::data);
    assert_eq!(protocols(as_data, std::slice::from_ref(&http)), ["raw:ip:tcp:data"]);

    let stun_port = udp(3478, 5000, b"hello");
    assert_eq!(protocols(Options::default(), std::slice::from_ref(&stun_port)), ["raw:ip:udp:data"]);
    let syslog = decode_as(Selector::UdpPort, 5000, id::syslog);
    assert_eq!(protocols(syslog, &[stun_port]), ["raw:ip:udp:syslog"]);

    let inner = &udp(1111, 2222, QUERY)[20..];
    let packets = [ip4(253, true, inner)];
    assert_eq!(protocols(Options::default(), &packets), ["raw:ip:data"]);
    assert_eq!(protocols(decode_as(Selector::IpProtocol, 253, id::udp), &packets), ["raw:ip:udp:dns"]);
}

#[test]
fn checksums_are_verified_when_asked_for() {
    let mut packet = udp(1111, 2222, b"odd");
    let status = |packet: &Vec<u8>, verify_checksums| {
        let options = Options { verify_checksums, ..Options::default() };
        values(options, std::slice::from_ref(packet), "udp.checksum.status").concat()
    };
    assert_eq!(status(&packet, true), "3", "a zero says that there is none");
    // The pseudo header's sum, as a sender leaves it to its network card: 0a00 0001 0a00 0002 0011 000b.
    packet[26..28].copy_from_slice(&[0x14, 0x1f]);
    assert_eq!((status(&packet, false), status(&packet, true)), ("2".into(), "0".into()));
    let mut info = String::new();
    let mut decoder = Decoder::new(Options { verify_checksums: true, ..Options::default() });
    let whole = Packet {
        data: &packet,
        time: Nanos(0),
        original_length: packet.len() as u32,
        link_type: LinkType::RAW,
        interface: 0,
        direction: Direction::Unknown,
        process: None,
    };
    decoder.decode(&whole, 1).info(&mut info);
    assert!(info.contains("[checksum 0x141f wrong, should be 0x"), "{info}");
    assert!(info.contains("; probably checksum offload at the sender]"), "{info}");
    // With the ports, the length and the text added: 141f 0457 08ae 000b 6f64 6400.
    let sum: u32 = [0x141f_u32, 0x0457, 0x08ae, 0x000b, 0x6f64, 0x6400].iter().sum();
    let checksum = !((sum & 0xffff) + (sum >> 16)) as u16;
    packet[26..28].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(status(&packet, true), "1");
}

#[test]
fn whole_messages_of_sctp_are_handed_on() {
    let chunk = |kind: u8, flags: u8, payload: &[u8]| {
        let mut chunk = vec![kind, flags, 0, 16 + payload.len() as u8];
        chunk.extend([0; 12]);
        chunk.extend(payload);
        chunk.resize(chunk.len().next_multiple_of(4), 0);
        chunk
    };
    let header = [&[0x13, 0x88, 0x13, 0x89][..], &[0; 8]].concat();
    let packet = |chunks: &[Vec<u8>]| ip4(132, true, &[&header[..], &chunks.concat()].concat());
    let packets = [
        packet(&[chunk(0, 3, b"<14>m"), chunk(0, 3, b"<14>n")]),
        packet(&[chunk(0, 2, b"<14>the first part"), chunk(3, 3, b"no data")]),
    ];
    let messages = |options| values(options, &packets, "syslog.msg");
    assert_eq!(protocols(Options::default(), &packets), ["raw:ip:sctp:data:data", "raw:ip:sctp"]);
    assert_eq!(messages(decode_as(Selector::SctpPort, 5000, id::syslog)), ["mn", ""]);
    assert_eq!(messages(decode_as(Selector::SctpPayload, 0, id::syslog)), ["mn", ""]);
}
