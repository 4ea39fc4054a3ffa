//! DNS messages that are meant to hurt.

use plaintap_decode::{Decoder, Options, registry, text};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};

/// The values of a field in a DNS message over UDP.
fn values(message: &[u8], field: &str) -> Vec<String> {
    let mut data = vec![0x45, 0, 0, 0, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
    data.extend([0x30, 0x39, 0, 53, 0, 0, 0, 0]);
    data.extend(message);
    let packet = Packet {
        data: &data,
        time: Nanos(0),
        original_length: data.len() as u32,
        link_type: LinkType::RAW,
        interface: 0,
        direction: Direction::Unknown,
        process: None,
    };
    let mut decoder = Decoder::new(Options::default());
    let decoded = decoder.decode(&packet, 1);
    let field = registry::field(field).expect("the field is in the registry");
    let mut found = Vec::new();
    decoded.values(field, &mut |_, value| {
        let mut out = String::new();
        text::write_value(field.field(), &value, &mut out);
        found.push(out);
    });
    found
}

fn message(questions: u8, answers: u8, rest: &[u8]) -> Vec<u8> {
    [&[0, 1, 0x81, 0x80, 0, questions, 0, answers, 0, 0, 0, 0], rest].concat()
}

#[test]
fn compressed_names_are_followed_backwards() {
    // A question for a.bc, and an answer that points to it: an alias x.bc.
    let rest =
        b"\x01a\x02bc\x00\x00\x01\x00\x01\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x05\x00\x04\x01x\xc0\x0e";
    let message = message(1, 1, rest);
    assert_eq!(values(&message, "dns.qry.name"), ["a.bc"]);
    assert_eq!(values(&message, "dns.resp.name"), ["a.bc"]);
    assert_eq!(values(&message, "dns.cname"), ["x.bc"]);
    assert_eq!(values(&message, "dns.resp.ttl"), ["5"]);
}

#[test]
fn names_that_lead_in_circles_end_the_walk() {
    assert!(values(&message(1, 0, b"\xc0\x0c\x00\x01\x00\x01"), "dns.qry.name").is_empty());
    assert!(values(&message(1, 0, b"\x01a\xc0\x0c\x00\x01\x00\x01"), "dns.qry.name").is_empty());
    assert!(values(&message(1, 0, b"\xc0\xff\x00\x01\x00\x01"), "dns.qry.name").is_empty());
}

#[test]
fn damaged_data_of_a_record_does_not_hide_the_next() {
    let broken = b"\x00\x00\x01\x00\x01\x00\x00\x00\x05\x00\x02\x0a\x00";
    let sound = b"\x00\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x0a\x00\x00\x07";
    assert_eq!(values(&message(0, 2, &[&broken[..], sound].concat()), "dns.a"), ["10.0.0.7"]);
}

#[test]
fn counts_without_records_cost_nothing() {
    assert!(values(&message(255, 255, b""), "dns.resp.name").is_empty());
}
