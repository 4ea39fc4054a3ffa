//! ARCNET, ANSI/ATA 878.1, as Linux and the BSDs capture it (LINKTYPE_ARCNET_LINUX, LINKTYPE_ARCNET_BSD).

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    SRC: U8 at(0..1), "arcnet.src", "Source", hex;
    DST: U8 at(1..2), "arcnet.dst", "Dest", hex;
    OFFSET: Bytes at(2..4), "arcnet.offset", "Offset";
    PROTOCOL_ID: U8 at(4..5), "arcnet.protID", "Protocol ID", hex, names(PROTOCOLS);
    SPLIT_FLAG: U8 walk, "arcnet.split_flag", "Split Flag";
    SEQUENCE: U16 walk, "arcnet.sequence", "Sequence";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::ARCNET_LINUX)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| put!(out, "0x{:02x} → 0x{:02x}", view.bytes.u8(0), view.bytes.u8(1))),
    ..Protocol::new("arcnet", "ARCNET", "ARCNET")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(5)?;
    let next = match b.u8(4) {
        IP_1051 | IP => id::ip,
        ARP_1051 | ARP => id::arp,
        IPV6 => id::ipv6,
        _ => id::data,
    };
    Ok(Step::next(header_length(b), next))
}

/// RFC 1051 has no split flag and no sequence number; RFC 1201 §1.1 has.
const IP_1051: u8 = 0xf0;
const ARP_1051: u8 = 0xf1;
const IP: u8 = 0xd4;
const ARP: u8 = 0xd5;
const IPV6: u8 = 0xc4;
/// The split flag of a frame whose real one follows (RFC 1201 §2.1): between 253 and 256 bytes ARCNET cannot send.
const EXCEPTION: u8 = 0xff;

const PROTOCOLS: crate::field::ValueNames = &[
    (0xc4, "RFC 2497 IPv6"),
    (0xcd, "BACnet"),
    (0xd4, "RFC 1201 IP"),
    (0xd5, "RFC 1201 ARP"),
    (0xd6, "RFC 1201 RARP"),
    (0xf0, "RFC 1051 IP"),
    (0xf1, "RFC 1051 ARP"),
];

fn has_sequence(b: Bytes<'_>) -> bool {
    matches!(b.u8(4), IP | ARP | 0xd6 | IPV6)
}

fn header_length(b: Bytes<'_>) -> usize {
    match (has_sequence(b), b.u8(5)) {
        (true, EXCEPTION) => 12,
        (true, _) => 8,
        (false, _) => 5,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    if has_sequence(b) {
        let mut r = Reader::new(b.0, if b.u8(5) == EXCEPTION { 9 } else { 5 });
        put_number(&mut r, 1, SPLIT_FLAG, out)?;
        put_number(&mut r, 2, SEQUENCE, out)?;
    }
    Ok(())
}
