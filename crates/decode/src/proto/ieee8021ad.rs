//! IEEE 802.1ad provider tags: the outer of two VLAN tags.

use super::prelude::*;

fields! {
    PRIORITY: U16 bits(0..2, 0xe000), "ieee8021ad.priority", "Priority";
    DEI: U16 bits(0..2, 0x1000), "ieee8021ad.dei", "DEI";
    ID: U16 bits(0..2, 0x0fff), "ieee8021ad.id", "ID";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x88a8)],
    fields: FIELDS,
    summary: Some(|view, out| put!(out, ", ID: {}", view.bytes.u16(0) & 0xfff)),
    ..Protocol::new("ieee8021ad", "IEEE 802.1ad", "802.1AD")
};

#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::next(4, claimed::ether_type(b.u16(2))))
}
