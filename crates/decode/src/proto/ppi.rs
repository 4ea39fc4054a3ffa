//! Per-Packet Information (CACE Technologies, version 1.0.10): what the capturing machine said about a frame. Numbers are
//! little-endian.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "ppi.version", "Version";
    FLAGS: U8 at(1..2), "ppi.flags", "Flags", hex;
    FLAGS_ALIGNMENT: Bool bits(1..2, 0x01), "ppi.flags.alignment", "Alignment";
    LENGTH: U16 walk, "ppi.length", "Header length";
    DLT: U32 walk, "ppi.dlt", "DLT";
    FIELD_TYPE: U16 walk, "ppi.field_type", "Field type";
    FIELD_LENGTH: U16 walk, "ppi.field_len", "Field length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::PPI)],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("ppi", "PPI version 0", "PPI")
};

/// The link type of the frame stands in the header.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(HEADER)?;
    let length = usize::from(b.u16(2).swap_bytes()).max(HEADER);
    b.need(length)?;
    let next = match u16::try_from(b.u32(4).swap_bytes()) {
        Ok(number) if number != LinkType::PPI.0 => claimed::link_type(LinkType(number)),
        _ => id::data,
    };
    Ok(Step::next(length, next))
}

const HEADER: usize = 8;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 2);
    put_little(&mut r, 2, LENGTH, out)?;
    put_little(&mut r, 4, DLT, out)?;
    while r.left() >= 4 {
        put_little(&mut r, 2, FIELD_TYPE, out)?;
        let length = put_little(&mut r, 2, FIELD_LENGTH, out)?;
        r.take(length as usize)?;
    }
    Ok(())
}
