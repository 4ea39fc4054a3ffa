//! PPP over Ethernet, RFC 2516: the header that discovery and session share.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    VERSION: U8 bits(0..1, 0xf0), "pppoe.version", "Version";
    TYPE: U8 bits(0..1, 0x0f), "pppoe.type", "Type";
    CODE: U8 at(1..2), "pppoe.code", "Code", hex, names(CODES);
    SESSION_ID: U16 at(2..4), "pppoe.session_id", "Session ID", hex;
    PAYLOAD_LENGTH: U16 at(4..6), "pppoe.payload_length", "Payload Length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x8863), Claim::EtherType(0x8864), Claim::LinkType(LinkType::PPP_ETHER)],
    fields: FIELDS,
    info: Some(|view, out| {
        let code = view.bytes.u8(1);
        put!(out, "{}", crate::field::value_name(CODES, code.into()).unwrap_or("Unknown code"));
        if code == SESSION {
            put!(out, ", Session ID: 0x{:04x}", view.bytes.u16(2));
        }
    }),
    column_of: Some(|view| if view.bytes.u8(1) == SESSION { "PPPoES" } else { "PPPoED" }),
    ..Protocol::new("pppoe", "PPP over Ethernet", "PPPoE")
};

/// A code of 0 is session data, all others discovery (RFC 2516 §5 and §6).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(6)?;
    let next = if b.u8(1) == SESSION { id::pppoes } else { id::pppoed };
    Ok(Step { end: 6 + u32::from(b.u16(4)), ..Step::next(6, next) })
}

const SESSION: u8 = 0;

const CODES: crate::field::ValueNames = &[
    (0x00, "Session Data"),
    (0x07, "Active Discovery Offer (PADO)"),
    (0x09, "Active Discovery Initiation (PADI)"),
    (0x0a, "Active Discovery Session-Grant (PADG)"),
    (0x0b, "Active Discovery Session-Credit Response (PADC)"),
    (0x0c, "Active Discovery Quality (PADQ)"),
    (0x19, "Active Discovery Request (PADR)"),
    (0x65, "Active Discovery Session-confirmation (PADS)"),
    (0xa7, "Active Discovery Terminate (PADT)"),
];
