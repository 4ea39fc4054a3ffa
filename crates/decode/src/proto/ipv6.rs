//! Internet Protocol version 6, RFC 8200. The extension headers are protocols of their own.

use super::fragment;
use super::prelude::*;
use crate::Address;
use crate::decoded::host;

fields! {
    VERSION: U8 bits(0..1, 0xf0), "ipv6.version", "Version";
    TCLASS: U32 bits(0..4, 0x0ff0_0000), "ipv6.tclass", "Traffic Class", hex;
    DSCP: U32 bits(0..4, 0x0fc0_0000), "ipv6.tclass.dscp", "Differentiated Services Codepoint", names(names::DSCP);
    ECN: U32 bits(0..4, 0x0030_0000), "ipv6.tclass.ecn", "Explicit Congestion Notification", names(names::ECN);
    FLOW: U24 bits(0..4, 0x000f_ffff), "ipv6.flow", "Flow Label", hex;
    PLEN: U16 at(4..6), "ipv6.plen", "Payload Length";
    NXT: U8 at(6..7), "ipv6.nxt", "Next Header", names(names::IP_PROTOCOLS);
    HLIM: U8 at(7..8), "ipv6.hlim", "Hop Limit";
    SRC: Ip6 at(8..24), "ipv6.src", "Source Address";
    SRC_HOST: Text meta(|v, out| host(v, v.header().array(8).map(Address::Ip6), out)), "ipv6.src_host", "Source Host", hidden;
    DST_HOST: Text meta(|v, out| host(v, v.header().array(24).map(Address::Ip6), out)), "ipv6.dst_host", "Destination Host", hidden;
    DST: Ip6 at(24..40), "ipv6.dst", "Destination Address";
    FRAGMENTS: None meta(|v, out| if v.reassembled().is_some() { out(Value::Present) }),
        "ipv6.fragments", "IPv6 Fragments";
    FRAGMENT: FrameNumber meta(fragment::frames), "ipv6.fragment", "IPv6 Fragment";
    FRAGMENT_COUNT: U32 meta(fragment::count), "ipv6.fragment.count", "Fragment count";
    REASSEMBLED_LENGTH: U32 meta(fragment::length), "ipv6.reassembled.length", "Reassembled IPv6 length";
    REASSEMBLED_DATA: Bytes meta(fragment::data), "ipv6.reassembled.data", "Reassembled IPv6 data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x86dd), Claim::IpProtocol(41)],
    fields: FIELDS,
    aliases: &[
        Alias { name: "ipv6.addr", label: "Source or Destination Address", fields: &[SRC, DST] },
        Alias { name: "ipv6.host", label: "Source or Destination Host", fields: &[SRC_HOST, DST_HOST] },
    ],
    info: Some(|view, out| {
        let next = view.bytes.u8(6);
        let name = crate::field::value_name(names::IP_PROTOCOLS, next.into()).unwrap_or("Unknown");
        put!(out, "{name} ({next})");
    }),
    summary: Some(append_ends),
    ..Protocol::new("ipv6", "Internet Protocol Version 6", "IPv6")
};

/// A payload length of 0 is a jumbogram (RFC 2675 §4) or an offloaded segment: all bytes count. Of another version
/// nothing but its first byte can be told.
#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(40)?;
    if b.u8(0) >> 4 != 6 {
        return Ok(Step::next(1, ProtocolId::NONE));
    }
    // No length is a jumbogram's (RFC 2675), or a segment's that the network card cuts up; otherwise there is no payload.
    let end = match (b.u16(4), b.u8(6)) {
        (0, HOP_BY_HOP | TCP) => Step::ALL,
        (length, _) => 40 + u32::from(length),
    };
    Ok(Step { header: 40, end, next: claimed::ip_protocol(b.u8(6)), detail: 0 })
}

const HOP_BY_HOP: u8 = 0;
const TCP: u8 = 6;

/// The length and the next header of an extension header of the common form (RFC 8200 §4).
#[inline]
pub(super) fn extension(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let length = 8 + usize::from(b.u8(1)) * 8;
    b.need(length)?;
    Ok(Step::next(length, claimed::ip_protocol(b.u8(0))))
}

/// The length of an extension header in bytes, as the walk and the fields see it.
pub(super) fn extension_length(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if view.header().len() >= 2 {
        out(Value::Unsigned(8 + u64::from(view.bytes.u8(1)) * 8));
    }
}
