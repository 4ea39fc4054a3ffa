//! NetBIOS datagram service over UDP, RFC 1002 §4.4.

use super::prelude::*;
use super::{nbns, smb};

fields! {
    TYPE: U8 at(0..1), "nbdgm.type", "Message Type", names(TYPES);
    FLAGS: U8 at(1..2), "nbdgm.flags", "Flags", hex;
    NEXT: Bool bits(1..2, 0x01), "nbdgm.next", "More fragments follow";
    FIRST: Bool bits(1..2, 0x02), "nbdgm.first", "This is first fragment";
    NODE_TYPE: U8 bits(1..2, 0x0c), "nbdgm.node_type", "Node Type", names(NODE_TYPES);
    DGRAM_ID: U16 at(2..4), "nbdgm.dgram_id", "Datagram ID", hex;
    SRC_IP: Ip4 at(4..8), "nbdgm.src.ip", "Source IP";
    SRC_PORT: U16 at(8..10), "nbdgm.src.port", "Source Port";
    DGRAM_LEN: U16 at(10..12), "nbdgm.dgram_len", "Datagram length", when(is_datagram);
    PKT_OFFSET: U16 at(12..14), "nbdgm.pkt_offset", "Packet offset", when(is_datagram);
    SOURCE_NAME: Text walk, "nbdgm.source_name", "Source name";
    DESTINATION_NAME: Text walk, "nbdgm.destination_name", "Destination name";
    ERROR_CODE: U8 walk, "nbdgm.error_code", "Error code", hex, names(ERRORS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(138)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("nbdgm", "NetBIOS Datagram Service", "NBDS")
};

const ERROR: u8 = 0x13;
/// What a datagram has in front of its names.
const FIXED: usize = 14;

const TYPES: crate::field::ValueNames = &[
    (16, "Direct_unique datagram"),
    (17, "Direct_group datagram"),
    (18, "Broadcast datagram"),
    (19, "Datagram error"),
    (20, "Datagram query request"),
    (21, "Datagram positive query response"),
    (22, "Datagram negative query response"),
];

const NODE_TYPES: crate::field::ValueNames = &[(0, "B node"), (1, "P node"), (2, "M node"), (3, "NBDD")];

const ERRORS: crate::field::ValueNames = &[
    (0x82, "Destination name not present"),
    (0x83, "Invalid source name format"),
    (0x84, "Invalid destination name format"),
];

/// The names end the header; only the first piece of a datagram begins with a message.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(10)?;
    if !carries_data(b.u8(0)) {
        return Ok(Step::last(b));
    }
    b.need(FIXED)?;
    let mut r = Reader::new(b.0, FIXED);
    for _ in 0..2 {
        pass_name(&mut r)?;
    }
    let next = match b.u8(1) & 2 {
        0 => id::data,
        _ => smb::dialect(Bytes(&b.0[r.at()..])),
    };
    Ok(Step::next(r.at(), next))
}

fn pass_name(r: &mut Reader<'_>) -> Result<(), Short> {
    loop {
        match r.u8()? {
            0 => return Ok(()),
            0xc0.. => return r.take(1).map(drop),
            length => r.take(usize::from(length & 0x3f))?,
        };
    }
}

fn carries_data(kind: u8) -> bool {
    matches!(kind, 16..=18)
}

fn is_datagram(view: &View<'_>) -> bool {
    carries_data(view.bytes.u8(0))
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 10);
    match view.bytes.u8(0) {
        ERROR => put_number(&mut r, 1, ERROR_CODE, out).map(drop),
        kind if carries_data(kind) => {
            r.skip_to(FIXED)?;
            nbns::put_name(&mut r, SOURCE_NAME, out)?;
            nbns::put_name(&mut r, DESTINATION_NAME, out)
        }
        _ => nbns::put_name(&mut r, DESTINATION_NAME, out),
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let kind = view.bytes.u8(0);
    out.push_str(crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown message"));
}
