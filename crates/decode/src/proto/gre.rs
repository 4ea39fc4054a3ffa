//! Generic Routing Encapsulation, RFC 2784 and RFC 2890, the older RFC 1701, and version 1 of PPTP, RFC 2637.

use super::prelude::*;

fields! {
    FLAGS: U16 at(0..2), "gre.flags_and_version", "Flags and Version", hex;
    C: Bool bits(0..2, 0x8000), "gre.flags.checksum", "Checksum Bit";
    R: Bool bits(0..2, 0x4000), "gre.flags.routing", "Routing Bit";
    K: Bool bits(0..2, 0x2000), "gre.flags.key", "Key Bit";
    S: Bool bits(0..2, 0x1000), "gre.flags.sequence_number", "Sequence Number Bit";
    STRICT: Bool bits(0..2, 0x0800), "gre.flags.strict_source_route", "Strict Source Route Bit";
    RECURSION: U16 bits(0..2, 0x0700), "gre.flags.recursion_control", "Recursion control";
    ACK: Bool bits(0..2, 0x0080), "gre.flags.ack", "Acknowledgment", when(|v| is_enhanced(v.bytes));
    RESERVED: U16 bits(0..2, 0x00f8), "gre.flags.reserved", "Flags (Reserved)";
    VERSION: U16 bits(0..2, 0x0007), "gre.flags.version", "Version", names(&[(0, "GRE"), (1, "Enhanced GRE")]);
    PROTO: U16 at(2..4), "gre.proto", "Protocol Type", hex, names(TYPES);
    CHECKSUM: U16 walk, "gre.checksum", "Checksum", hex;
    OFFSET: U16 walk, "gre.offset", "Offset";
    KEY: U32 walk, "gre.key", "Key", hex;
    PAYLOAD_LENGTH: U16 walk, "gre.key.payload_length", "Payload Length";
    CALL_ID: U16 walk, "gre.key.call_id", "Call ID";
    SEQUENCE: U32 walk, "gre.sequence_number", "Sequence Number";
    ACK_NUMBER: U32 walk, "gre.ack_number", "Acknowledgment Number";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(47)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| put!(out, "Encapsulated {}", type_name(view.bytes.u16(2)))),
    summary: Some(|view, out| put!(out, " ({})", type_name(view.bytes.u16(2)))),
    ..Protocol::new("gre", "Generic Routing Encapsulation", "GRE")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    let flags = b.u16(0);
    let word = |set: u16| if flags & set != 0 { 4 } else { 0 };
    // The checksum and the offset come together, for either flag (RFC 1701).
    let mut header =
        4 + word(CHECKSUM_PRESENT | ROUTING_PRESENT) + word(KEY_PRESENT) + word(SEQUENCE_PRESENT);
    if is_enhanced(b) {
        header += word(ACK_PRESENT);
    }
    if flags & ROUTING_PRESENT != 0 {
        header = routing_end(b, header)?;
    }
    b.need(header)?;
    let next = match b.u16(2) {
        TRANSPARENT_ETHERNET => id::eth,
        // Type I has neither a header of its own nor a sequence number (draft-foschiano-erspan, section 4.1).
        ERSPAN if flags & SEQUENCE_PRESENT == 0 => id::eth,
        PPP => id::ppp,
        other => claimed::ether_type(other),
    };
    Ok(Step::next(header, next))
}

const CHECKSUM_PRESENT: u16 = 0x8000;
const ROUTING_PRESENT: u16 = 0x4000;
const KEY_PRESENT: u16 = 0x2000;
const SEQUENCE_PRESENT: u16 = 0x1000;
const ACK_PRESENT: u16 = 0x0080;

/// Bridged Ethernet frames (IANA Ethernet types).
pub(super) const TRANSPARENT_ETHERNET: u16 = 0x6558;
const PPP: u16 = 0x880b;
const ERSPAN: u16 = 0x88be;

const TYPES: crate::field::ValueNames = &[
    (0x0000, "Possible GRE keepalive packet"),
    (0x0800, "IP"),
    (0x22eb, "ERSPAN III"),
    (0x6558, "Transparent Ethernet bridging"),
    (0x86dd, "IPv6"),
    (0x880b, "PPP"),
    (0x8847, "MPLS label switched packet"),
    (0x8848, "MPLS multicast"),
    (0x88be, "ERSPAN"),
];

fn type_name(number: u16) -> &'static str {
    crate::field::value_name(TYPES, number.into()).unwrap_or("unknown protocol")
}

fn is_enhanced(b: Bytes<'_>) -> bool {
    b.u16(0) & 7 == 1
}

/// Routing entries follow each other up to an empty one (RFC 1701): 2 bytes family, offset, length.
fn routing_end(b: Bytes<'_>, start: usize) -> Result<usize, Short> {
    let mut at = start;
    loop {
        b.need(at + 4)?;
        let (family, length) = (b.u16(at), usize::from(b.u8(at + 3)));
        at += 4 + length;
        if family == 0 && length == 0 {
            return Ok(at);
        }
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let flags = b.u16(0);
    let mut r = Reader::new(b.0, 4);
    if flags & (CHECKSUM_PRESENT | ROUTING_PRESENT) != 0 {
        put_number(&mut r, 2, CHECKSUM, out)?;
        put_number(&mut r, 2, OFFSET, out)?;
    }
    if flags & KEY_PRESENT != 0 {
        if is_enhanced(b) && b.u16(2) == PPP {
            put_number(&mut r, 2, PAYLOAD_LENGTH, out)?;
            put_number(&mut r, 2, CALL_ID, out)?;
        } else {
            put_number(&mut r, 4, KEY, out)?;
        }
    }
    if flags & SEQUENCE_PRESENT != 0 {
        put_number(&mut r, 4, SEQUENCE, out)?;
    }
    if is_enhanced(b) && flags & ACK_PRESENT != 0 {
        put_number(&mut r, 4, ACK_NUMBER, out)?;
    }
    Ok(())
}
