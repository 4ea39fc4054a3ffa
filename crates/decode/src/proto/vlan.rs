//! IEEE 802.1Q virtual LAN tags.

use super::prelude::*;

fields! {
    PRIORITY: U16 bits(0..2, 0xe000), "vlan.priority", "Priority";
    DEI: Bool bits(0..2, 0x1000), "vlan.dei", "DEI";
    ID: U16 bits(0..2, 0x0fff), "vlan.id", "ID";
    ETYPE: U16 at(2..4), "vlan.etype", "Type", hex, names(names::ETHER_TYPES), when(is_type);
    LEN: U16 at(2..4), "vlan.len", "Length", when(is_length);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x8100), Claim::EtherType(0x9100)],
    fields: FIELDS,
    summary: Some(|view, out| {
        let tag = view.bytes.u16(0);
        put!(out, ", PRI: {}, DEI: {}, ID: {}", tag >> 13, tag >> 12 & 1, tag & 0xfff);
    }),
    ..Protocol::new("vlan", "802.1Q Virtual LAN", "VLAN")
};

#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    let number = b.u16(2);
    if number >= 0x600 {
        return Ok(Step::next(4, claimed::ether_type(number)));
    }
    Ok(Step { end: 4 + u32::from(number), ..Step::next(4, super::eth::length_payload(b, 4)) })
}

fn is_type(view: &View<'_>) -> bool {
    view.bytes.u16(2) >= 0x600
}

fn is_length(view: &View<'_>) -> bool {
    view.bytes.u16(2) < 0x600
}
