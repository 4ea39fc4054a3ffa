//! The Lightweight User Datagram Protocol, RFC 3828: UDP whose checksum may cover only a part.

use super::prelude::*;

fields! {
    COVERAGE: U16 at(4..6), "udp.checksum_coverage", "Checksum coverage";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(136)],
    fields: FIELDS,
    info: Some(|view, out| {
        put!(out, "{} → {} Len={}", view.bytes.u16(0), view.bytes.u16(2), view.payload_length());
    }),
    summary: Some(|view, out| {
        put!(out, ", Src Port: {}, Dst Port: {}", view.bytes.u16(0), view.bytes.u16(2));
    }),
    ..Protocol::new("udplite", "Lightweight User Datagram Protocol", "UDP-Lite")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    Ok(Step::next(8, claimed::udp_ports(b.u16(0), b.u16(2))))
}
