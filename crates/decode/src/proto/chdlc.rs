//! Cisco HDLC: an address, a control byte and an Ethernet type (RFC 1547 §4.3.1).

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    ADDRESS: U8 at(0..1), "chdlc.address", "Address", hex, names(&[(0x0f, "Unicast"), (0x8f, "Multicast")]);
    CONTROL: U8 at(1..2), "chdlc.control", "Control", hex;
    PROTOCOL_NUMBER: U16 at(2..4), "chdlc.protocol", "Protocol", hex, names(names::ETHER_TYPES);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::C_HDLC)],
    fields: FIELDS,
    info: Some(|view, out| put!(out, "Cisco HDLC, protocol 0x{:04x}", view.bytes.u16(2))),
    ..Protocol::new("chdlc", "Cisco HDLC", "CHDLC")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::next(4, claimed::ether_type(b.u16(2))))
}
