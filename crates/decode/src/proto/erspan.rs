//! Encapsulated Remote Switch Packet Analysis, types II and III (draft-foschiano-erspan): mirrored frames inside of GRE.

use super::prelude::*;

fields! {
    VERSION: U16 bits(0..2, 0xf000), "erspan.version", "Version", names(VERSIONS);
    VLAN: U16 bits(0..2, 0x0fff), "erspan.vlan", "Vlan";
    COS: U16 bits(2..4, 0xe000), "erspan.cos", "COS";
    ENCAP: U16 bits(2..4, 0x1800), "erspan.encap", "Encap", when(is_type_2);
    BSO: U16 bits(2..4, 0x1800), "erspan.bso", "Bad/Short/Oversized", when(is_type_3);
    TRUNCATED: U16 bits(2..4, 0x0400), "erspan.truncated", "Truncated";
    SPAN_ID: U16 bits(2..4, 0x03ff), "erspan.spanid", "SpanID";
    INDEX: U32 bits(4..8, 0x000f_ffff), "erspan.index", "Index", when(is_type_2);
    TIMESTAMP: U32 at(4..8), "erspan.timestamp", "Timestamp", when(is_type_3);
    SGT: U16 at(8..10), "erspan.sgt", "Security Group Tag", when(is_type_3);
    P: U16 bits(10..12, 0x8000), "erspan.p", "Has Ethernet PDU", when(is_type_3);
    FT: U16 bits(10..12, 0x7c00), "erspan.ft", "Frame Type", when(is_type_3);
    HW: U16 bits(10..12, 0x03f0), "erspan.hw", "Hardware ID", when(is_type_3);
    DIRECTION: Bool bits(10..12, 0x0008), "erspan.direction", "Direction", when(is_type_3);
    GRA: U16 bits(10..12, 0x0006), "erspan.gra", "Timestamp granularity", when(is_type_3);
    O: U16 bits(10..12, 0x0001), "erspan.o", "Optional Sub headers", when(is_type_3);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x88be), Claim::EtherType(0x22eb)],
    fields: FIELDS,
    ..Protocol::new("erspan", "Encapsulated Remote Switch Packet ANalysis", "ERSPAN")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let header = match b.u8(0) >> 4 {
        TYPE_2 => 8,
        TYPE_3 => {
            b.need(12)?;
            // The platform's own header follows.
            if b.u16(10) & 1 != 0 { 20 } else { 12 }
        }
        _ => return Ok(Step::next(8, id::data)),
    };
    b.need(header)?;
    let frame_type = if header == 8 { 0 } else { b.u16(10) >> 10 & 0x1f };
    let next = match frame_type {
        0 => id::eth,
        2 => id::ip,
        _ => id::data,
    };
    Ok(Step::next(header, next))
}

/// The version field counts from 0 (draft-foschiano-erspan, section 4).
const TYPE_2: u8 = 1;
const TYPE_3: u8 = 2;

const VERSIONS: crate::field::ValueNames = &[(1, "Type II"), (2, "Type III")];

fn is_type_2(view: &View<'_>) -> bool {
    view.bytes.u8(0) >> 4 == TYPE_2
}

fn is_type_3(view: &View<'_>) -> bool {
    view.bytes.u8(0) >> 4 == TYPE_3
}
