//! IP Authentication Header, RFC 4302.

use super::prelude::*;

fields! {
    NEXT_HEADER: U8 at(0..1), "ah.next_header", "Next header", names(names::IP_PROTOCOLS);
    LENGTH: U8 at(1..2), "ah.length", "Length";
    RESERVED: Bytes at(2..4), "ah.reserved", "Reserved";
    SPI: U32 at(4..8), "ah.spi", "AH SPI", hex;
    SEQUENCE: U32 at(8..12), "ah.sequence", "AH Sequence";
    ICV: Bytes rest(12), "ah.icv", "AH ICV";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(51)],
    fields: FIELDS,
    info: Some(|view, out| put!(out, "AH (SPI=0x{:08x})", view.bytes.u32(4))),
    ..Protocol::new("ah", "Authentication Header", "AH")
};

/// The length counts words, less two (RFC 4302 §2.2).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(12)?;
    let header = (usize::from(b.u8(1)) * 4 + 8).max(12);
    b.need(header)?;
    Ok(Step::next(header, claimed::ip_protocol(b.u8(0))))
}
