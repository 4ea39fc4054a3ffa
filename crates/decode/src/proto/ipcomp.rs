//! IP Payload Compression, RFC 3173: what lies behind the header is inflated when it is DEFLATE (RFC 2394).

use super::prelude::*;

fields! {
    NEXT_HEADER: U8 at(0..1), "ipcomp.next_header", "Next Header", hex, names(names::IP_PROTOCOLS);
    FLAGS: U8 at(1..2), "ipcomp.flags", "IPComp Flags", hex;
    CPI: U16 at(2..4), "ipcomp.cpi", "IPComp CPI", hex, names(ALGORITHMS);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(108)],
    fields: FIELDS,
    info: Some(|view, out| put!(out, "IP Payload Compression (CPI=0x{:04x})", view.bytes.u16(2))),
    ..Protocol::new("ipcomp", "IP Payload Compression", "IPComp")
};

/// Numbers below 64 are algorithms, the others are agreed on between two hosts (RFC 3173 §3.3).
const ALGORITHMS: crate::field::ValueNames = &[(1, "OUI"), (2, "DEFLATE"), (3, "LZS"), (4, "LZJH")];

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    Ok(Step::next(4, ProtocolId::COMPRESSED))
}
