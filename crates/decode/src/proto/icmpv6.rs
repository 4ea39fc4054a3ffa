//! ICMP for IPv6, RFC 4443, and neighbor discovery, RFC 4861.

use super::prelude::*;
use crate::checksum;

fields! {
    TYPE: U8 at(0..1), "icmpv6.type", "Type", names(TYPES);
    CODE: U8 at(1..2), "icmpv6.code", "Code";
    CHECKSUM: U16 at(2..4), "icmpv6.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "icmpv6.checksum.status", "Checksum Status", names(checksum::STATUS);
    IDENTIFIER: U16 at(4..6), "icmpv6.echo.identifier", "Identifier", hex, when(is_echo);
    SEQUENCE: U16 at(6..8), "icmpv6.echo.sequence_number", "Sequence", when(is_echo);
    MTU: U32 at(4..8), "icmpv6.mtu", "MTU", when(|v| v.bytes.u8(0) == 2);
    POINTER: U32 at(4..8), "icmpv6.pointer", "Pointer", when(|v| v.bytes.u8(0) == 4);
    HOP_LIMIT: U8 at(4..5), "icmpv6.nd.ra.cur_hop_limit", "Cur hop limit", when(is_router_advertisement);
    RA_FLAG: U8 at(5..6), "icmpv6.nd.ra.flag", "Flags", hex, when(is_router_advertisement);
    RA_FLAG_M: Bool bits(5..6, 0x80), "icmpv6.nd.ra.flag.m", "Managed address configuration",
        when(is_router_advertisement);
    RA_FLAG_O: Bool bits(5..6, 0x40), "icmpv6.nd.ra.flag.o", "Other configuration", when(is_router_advertisement);
    LIFETIME: U16 at(6..8), "icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", when(is_router_advertisement);
    REACHABLE: U32 at(8..12), "icmpv6.nd.ra.reachable_time", "Reachable time (ms)", when(is_router_advertisement);
    RETRANS: U32 at(12..16), "icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", when(is_router_advertisement);
    NS_TARGET: Ip6 at(8..24), "icmpv6.nd.ns.target_address", "Target Address", when(|v| v.bytes.u8(0) == 135);
    NA_FLAG: U32 at(4..8), "icmpv6.nd.na.flag", "Flags", hex, when(is_advertisement);
    NA_FLAG_R: Bool bits(4..8, 0x8000_0000), "icmpv6.nd.na.flag.r", "Router", when(is_advertisement);
    NA_FLAG_S: Bool bits(4..8, 0x4000_0000), "icmpv6.nd.na.flag.s", "Solicited", when(is_advertisement);
    NA_FLAG_O: Bool bits(4..8, 0x2000_0000), "icmpv6.nd.na.flag.o", "Override", when(is_advertisement);
    NA_TARGET: Ip6 at(8..24), "icmpv6.nd.na.target_address", "Target Address", when(is_advertisement);
    RD_TARGET: Ip6 at(8..24), "icmpv6.nd.rd.target_address", "Target Address", when(|v| v.bytes.u8(0) == 137);
    RD_DESTINATION: Ip6 at(24..40), "icmpv6.rd.na.destination_address", "Destination Address",
        when(|v| v.bytes.u8(0) == 137);
    OPT_TYPE: U8 walk, "icmpv6.opt.type", "Type", names(OPTIONS);
    OPT_LENGTH: U8 walk, "icmpv6.opt.length", "Length";
    OPT_LINKADDR: Bytes walk, "icmpv6.opt.linkaddr", "Link-layer address", colons;
    OPT_PREFIX_LENGTH: U8 walk, "icmpv6.opt.prefix.length", "Prefix Length";
    OPT_PREFIX: Ip6 walk, "icmpv6.opt.prefix", "Prefix";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(58)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("icmpv6", "Internet Control Message Protocol v6", "ICMPv6")
};

/// Errors quote the packet they are about; neighbor discovery is all header.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    match b.u8(0) {
        1..=4 => {
            b.need(8)?;
            Ok(Step::next(8, id::ipv6))
        }
        128 | 129 => {
            b.need(8)?;
            Ok(Step::next(8, id::data))
        }
        _ => Ok(Step::last(b)),
    }
}

const TYPES: crate::field::ValueNames = &[
    (1, "Destination Unreachable"),
    (2, "Packet Too Big"),
    (3, "Time Exceeded"),
    (4, "Parameter Problem"),
    (128, "Echo (ping) request"),
    (129, "Echo (ping) reply"),
    (130, "Multicast Listener Query"),
    (131, "Multicast Listener Report"),
    (132, "Multicast Listener Done"),
    (133, "Router Solicitation"),
    (134, "Router Advertisement"),
    (135, "Neighbor Solicitation"),
    (136, "Neighbor Advertisement"),
    (137, "Redirect"),
    (143, "Multicast Listener Report Message v2"),
];

const OPTIONS: crate::field::ValueNames = &[
    (1, "Source link-layer address"),
    (2, "Target link-layer address"),
    (3, "Prefix information"),
    (4, "Redirected header"),
    (5, "MTU"),
    (25, "Recursive DNS Server"),
    (31, "DNS Search List Option"),
];

fn is_echo(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 128 | 129)
}

fn is_router_advertisement(view: &View<'_>) -> bool {
    view.bytes.u8(0) == 134
}

fn is_advertisement(view: &View<'_>) -> bool {
    view.bytes.u8(0) == 136
}

/// The options of neighbor discovery (RFC 4861 §4.6); lengths count 8 bytes.
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let start = match view.bytes.u8(0) {
        133 => 8,
        134 => 16,
        135 | 136 => 24,
        137 => 40,
        _ => return Ok(()),
    };
    let mut r = Reader::new(view.bytes.0, start);
    while r.left() > 0 {
        let at = r.at();
        let (kind, length) = (r.u8()?, r.u8()?);
        if length == 0 {
            return Err(Short::new(1, 0));
        }
        let body = r.take(usize::from(length) * 8 - 2)?;
        let name = crate::field::value_name(OPTIONS, kind.into()).unwrap_or("Unknown");
        out.open(at..r.at(), format_args!("ICMPv6 Option ({name})"));
        out.put(OPT_TYPE, at..at + 1, Value::Unsigned(kind.into()));
        out.put(OPT_LENGTH, at + 1..at + 2, Value::Unsigned(length.into()));
        match kind {
            1 | 2 => out.put(OPT_LINKADDR, at + 2..r.at(), Value::Bytes(body)),
            3 => {
                out.put(OPT_PREFIX_LENGTH, at + 2..at + 3, Value::Unsigned(Bytes(body).u8(0).into()));
                if let Some(prefix) = Bytes(body).array(14) {
                    out.put(OPT_PREFIX, at + 16..at + 32, Value::Ip6(prefix));
                }
            }
            _ => {}
        }
        out.close();
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    out.push_str(crate::field::value_name(TYPES, b.u8(0).into()).unwrap_or("Unknown ICMPv6 type"));
    match b.u8(0) {
        128 | 129 => put!(out, " id=0x{:04x}, seq={}", b.u16(4), b.u16(6)),
        135 => {
            if let Some(target) = b.array(8) {
                put!(out, " for {}", crate::Address::Ip6(target));
            }
        }
        136 => {
            if let Some(target) = b.array(8) {
                put!(out, " {}", crate::Address::Ip6(target));
            }
        }
        _ => {}
    }
}
