//! Internet Protocol version 6, RFC 8200. The extension headers are protocols of their own.

use plaintap_packet::LinkType;

use super::fragment;
use super::prelude::*;
use crate::Address;
use crate::view::host;

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
    SRC_SLAAC_MAC: Mac meta(|v, out| stateless(v, 8, out)), "ipv6.src_slaac_mac", "Source SLAAC MAC", hidden;
    DST_SLAAC_MAC: Mac meta(|v, out| stateless(v, 24, out)), "ipv6.dst_slaac_mac", "Destination SLAAC MAC", hidden;
    SRC_6TO4_GW: Ip4 meta(|v, out| if let Some((gateway, _)) = six_to_four(v, 8) { out(gateway) }),
        "ipv6.src_6to4_gw_ipv4", "Source 6to4 Gateway IPv4", hidden;
    SRC_6TO4_SLA: U16 meta(|v, out| if let Some((_, sla)) = six_to_four(v, 8) { out(sla) }),
        "ipv6.src_6to4_sla_id", "Source 6to4 SLA ID", hidden;
    DST_6TO4_GW: Ip4 meta(|v, out| if let Some((gateway, _)) = six_to_four(v, 24) { out(gateway) }),
        "ipv6.dst_6to4_gw_ipv4", "Destination 6to4 Gateway IPv4", hidden;
    DST_6TO4_SLA: U16 meta(|v, out| if let Some((_, sla)) = six_to_four(v, 24) { out(sla) }),
        "ipv6.dst_6to4_sla_id", "Destination 6to4 SLA ID", hidden;
    OPT: None walk, "ipv6.opt", "IPv6 Option";
    OPT_TYPE: U8 walk, "ipv6.opt.type", "Type", hex, names(OPTIONS);
    OPT_ACTION: U8 walk, "ipv6.opt.type.action", "Action", names(ACTIONS);
    OPT_CHANGE: Bool walk, "ipv6.opt.type.change", "May Change";
    OPT_REST: U8 walk, "ipv6.opt.type.rest", "Low-Order Bits", hex;
    OPT_LENGTH: U8 walk, "ipv6.opt.length", "Length";
    OPT_PAD1: None walk, "ipv6.opt.pad1", "Pad1";
    OPT_PADN: Bytes walk, "ipv6.opt.padn", "PadN";
    OPT_ROUTER_ALERT: U16 walk, "ipv6.opt.router_alert", "Router Alert", names(ALERTS);
    OPT_TUNNEL_LIMIT: U8 walk, "ipv6.opt.tel", "Tunnel Encapsulation Limit";
    OPT_JUMBO: U32 walk, "ipv6.opt.jumbo", "Payload Length";
    OPT_HOME_ADDRESS: Ip6 walk, "ipv6.opt.mipv6.home_address", "MIPv6 Home Address";
    OPT_UNKNOWN: Bytes walk, "ipv6.opt.unknown", "Unknown Option Payload";
    FRAGMENTS: None meta(|v, out| if v.reassembled().is_some() { out(Value::Present) }),
        "ipv6.fragments", "IPv6 Fragments";
    FRAGMENT: FrameNumber meta(fragment::frames), "ipv6.fragment", "IPv6 Fragment";
    FRAGMENT_COUNT: U32 meta(fragment::count), "ipv6.fragment.count", "Fragment count";
    REASSEMBLED_LENGTH: U32 meta(fragment::length), "ipv6.reassembled.length", "Reassembled IPv6 length";
    REASSEMBLED_DATA: Bytes meta(fragment::data), "ipv6.reassembled.data", "Reassembled IPv6 data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x86dd), Claim::IpProtocol(41), Claim::LinkType(LinkType::IPV6)],
    fields: FIELDS,
    aliases: &[
        Alias { name: "ipv6.addr", label: "Source or Destination Address", fields: &[SRC, DST] },
        Alias { name: "ipv6.host", label: "Source or Destination Host", fields: &[SRC_HOST, DST_HOST] },
        Alias { name: "ipv6.slaac_mac", label: "SLAAC MAC", fields: &[SRC_SLAAC_MAC, DST_SLAAC_MAC] },
        Alias { name: "ipv6.6to4_gw_ipv4", label: "6to4 Gateway IPv4", fields: &[SRC_6TO4_GW, DST_6TO4_GW] },
        Alias { name: "ipv6.6to4_sla_id", label: "6to4 SLA ID", fields: &[SRC_6TO4_SLA, DST_6TO4_SLA] },
    ],
    walk: Some(walk),
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

/// The address that made an interface identifier (RFC 4291 §A): ff:fe in its middle, and a bit turned over.
fn stateless(view: &View<'_>, at: usize, out: &mut dyn FnMut(Value<'_>)) {
    if let Some([a, b, c, 0xff, 0xfe, d, e, f]) = view.header().array(at + 8)
        && view.bytes.u8(at) != 0xff
    {
        out(Value::Mac([a ^ 2, b, c, d, e, f]));
    }
}

/// What a 6to4 address holds (RFC 3056 §2): the router's IPv4 address and the number of the site's network.
fn six_to_four<'a>(view: &View<'_>, at: usize) -> Option<(Value<'a>, Value<'a>)> {
    let b = view.header();
    if b.len() < 40 || b.u16(at) != 0x2002 {
        return None;
    }
    Some((Value::Ip4(b.array(at + 2)?), Value::Unsigned(b.u16(at + 6).into())))
}

/// RFC 8200 §4.2, and the registry of IANA.
const OPTIONS: crate::field::ValueNames = &[
    (0x00, "Pad1"),
    (0x01, "PadN"),
    (0x04, "Tunnel Encapsulation Limit"),
    (0x05, "Router Alert"),
    (0x07, "CALIPSO"),
    (0x26, "Quick-Start"),
    (0x63, "RPL Option"),
    (0x6d, "MPL Option"),
    (0xc2, "Jumbo Payload"),
    (0xc9, "Home Address"),
];

/// RFC 8200 §4.2.
const ACTIONS: crate::field::ValueNames = &[
    (0, "Skip and continue"),
    (1, "Discard"),
    (2, "Discard and send ICMP Parameter Problem"),
    (3, "Discard, and if not multicast, send ICMP Parameter Problem"),
];

/// RFC 2711 §2.1.
const ALERTS: crate::field::ValueNames = &[(0, "MLD"), (1, "RSVP"), (2, "Active Network")];

/// The options of the extension headers behind the header.
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const ROUTING: u8 = 43;
    const DESTINATION_OPTIONS: u8 = 60;
    let mut r = Reader::new(view.bytes.0, 40);
    let mut next = view.bytes.u8(6);
    while matches!(next, HOP_BY_HOP | ROUTING | DESTINATION_OPTIONS) {
        let number = next;
        next = r.u8()?;
        let length = 6 + usize::from(r.u8()?) * 8;
        let mut body = r.sub(length)?;
        while number != ROUTING && body.left() > 0 {
            option(&mut body, out)?;
        }
    }
    Ok(())
}

fn option(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    out.put(OPT, at..at + 1, Value::Present);
    let kind = put_number(r, 1, OPT_TYPE, out)?;
    put_parts(r, 1, kind, &[(OPT_ACTION, 0xc0)], out);
    put_flags(r, 1, kind, &[(OPT_CHANGE, 0x20)], out);
    put_parts(r, 1, kind, &[(OPT_REST, 0x1f)], out);
    if kind == 0 {
        out.put(OPT_PAD1, at..at + 1, Value::Present);
        return Ok(());
    }
    let length = put_number(r, 1, OPT_LENGTH, out)? as usize;
    let mut body = r.sub(length)?;
    match kind {
        1 => put_bytes(&mut body, length, OPT_PADN, out),
        0x04 => put_number(&mut body, 1, OPT_TUNNEL_LIMIT, out).map(drop),
        0x05 => put_number(&mut body, 2, OPT_ROUTER_ALERT, out).map(drop),
        0xc2 => put_number(&mut body, 4, OPT_JUMBO, out).map(drop),
        0xc9 => put_ip6(&mut body, OPT_HOME_ADDRESS, out),
        _ => put_rest(&mut body, OPT_UNKNOWN, out),
    }
}
