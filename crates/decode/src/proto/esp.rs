//! IP Encapsulating Security Payload, RFC 4303: the part that is not encrypted.

use super::prelude::*;

fields! {
    SPI: U32 at(0..4), "esp.spi", "ESP SPI", hex;
    SEQUENCE: U32 at(4..8), "esp.sequence", "ESP Sequence";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(50)],
    fields: FIELDS,
    info: Some(|view, out| put!(out, "ESP (SPI=0x{:08x})", view.bytes.u32(0))),
    ..Protocol::new("esp", "Encapsulating Security Payload", "ESP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    Ok(Step::next(8, ProtocolId::NONE))
}
