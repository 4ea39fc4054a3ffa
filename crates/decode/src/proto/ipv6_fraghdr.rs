//! The fragment header of IPv6, RFC 8200 §4.5.

use super::prelude::*;
use crate::flow::walk::fragment_detail;

fields! {
    NXT: U8 at(0..1), "ipv6.fraghdr.nxt", "Next header", names(names::IP_PROTOCOLS);
    RESERVED: U8 at(1..2), "ipv6.fraghdr.reserved_octet", "Reserved octet", hex;
    OFFSET: U16 bits(2..4, 0xfff8), "ipv6.fraghdr.offset", "Offset";
    RESERVED_BITS: U16 bits(2..4, 0x0006), "ipv6.fraghdr.reserved_bits", "Reserved bits";
    MORE: Bool bits(2..4, 0x0001), "ipv6.fraghdr.more", "More Fragments";
    IDENT: U32 at(4..8), "ipv6.fraghdr.ident", "Identification", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(44)],
    fields: FIELDS,
    info: Some(|view, out| {
        let b = view.bytes;
        let more = if b.u16(2) & 1 != 0 { "y" } else { "n" };
        put!(
            out,
            "IPv6 fragment (off={} more={more} ident=0x{:08x} nxt={})",
            b.u16(2) & 0xfff8,
            b.u32(4),
            b.u8(0)
        );
    }),
    ..Protocol::new("ipv6.fraghdr", "Fragment Header for IPv6", "IPv6")
};

/// The first and only fragment is a whole datagram (an "atomic fragment", RFC 6946).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let (offset, more) = (b.u16(2) & 0xfff8, b.u16(2) & 1 != 0);
    let next = claimed::ip_protocol(b.u8(0));
    if offset == 0 && !more {
        return Ok(Step::next(8, next));
    }
    Ok(Step { detail: fragment_detail(offset, more, next), ..Step::next(8, ProtocolId::FRAGMENT) })
}
