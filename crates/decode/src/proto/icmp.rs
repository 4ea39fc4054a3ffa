//! Internet Control Message Protocol, RFC 792.

use super::prelude::*;
use crate::checksum;
use crate::exchanges::{self, Exchange, Turn};

fields! {
    TYPE: U8 at(0..1), "icmp.type", "Type", names(TYPES);
    CODE: U8 at(1..2), "icmp.code", "Code";
    CHECKSUM: U16 at(2..4), "icmp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "icmp.checksum.status", "Checksum Status", names(checksum::STATUS);
    IDENT: U16 at(4..6), "icmp.ident", "Identifier", when(is_query);
    IDENT_LE: U16 meta(identifier_le), "icmp.ident_le", "Identifier (LE)";
    SEQ: U16 at(6..8), "icmp.seq", "Sequence Number", when(is_query);
    SEQ_LE: U16 meta(sequence_le), "icmp.seq_le", "Sequence Number (LE)";
    RESP_TO: FrameNumber exchange(exchanges::request_frame), "icmp.resp_to", "Request frame";
    RESPTIME: Double exchange(exchanges::elapsed_milliseconds), "icmp.resptime", "Response time";
    MTU: U16 at(6..8), "icmp.mtu", "MTU of next hop", when(|v| v.bytes.u16(0) == 0x0304);
    UNUSED: Bytes walk, "icmp.unused", "Unused";
    LENGTH: U8 walk, "icmp.length", "Length";
    ORIGINAL_LENGTH: U8 walk, "icmp.length.original_datagram", "Length of original datagram";
    POINTER: U32 at(4..5), "icmp.pointer", "Pointer", when(|v| v.bytes.u8(0) == 12);
    NUM_ADDRS: U8 at(4..5), "icmp.num_addrs", "Number of addresses", when(is_router_advertisement);
    ADDR_ENTRY_SIZE: U8 at(5..6), "icmp.addr_entry_size", "Address entry size", when(is_router_advertisement);
    LIFETIME: U16 at(6..8), "icmp.lifetime", "Lifetime", when(is_router_advertisement);
    ROUTER_ADDRESS: Ip4 walk, "icmp.router_address", "Router address";
    PREF_LEVEL: I32 walk, "icmp.pref_level", "Preference level";
    EXT: None walk, "icmp.ext", "ICMP Extensions";
    EXT_VERSION: U8 walk, "icmp.ext.version", "Version";
    EXT_RES: U16 walk, "icmp.ext.res", "Reserved", hex;
    EXT_CHECKSUM: U16 walk, "icmp.ext.checksum", "Checksum", hex;
    EXT_LENGTH: U16 walk, "icmp.ext.length", "Length";
    EXT_CLASS: U8 walk, "icmp.ext.class", "Class", names(CLASSES);
    EXT_CTYPE: U8 walk, "icmp.ext.ctype", "C-Type";
    EXT_DATA: Bytes walk, "icmp.ext.data", "Data";
    MPLS_LABEL: U24 walk, "icmp.mpls.label", "Label";
    MPLS_EXP: U24 walk, "icmp.mpls.exp", "Experimental";
    MPLS_S: Bool walk, "icmp.mpls.s", "Stack bit";
    MPLS_TTL: U8 walk, "icmp.mpls.ttl", "Time to live";
    INT_ROLE: U8 walk, "icmp.int_info.role", "Interface Role", names(ROLES);
    INT_RESERVED: U8 walk, "icmp.int_info.reserved", "Reserved";
    INT_IFINDEX: Bool walk, "icmp.int_info.ifindex", "ifIndex";
    INT_IPADDR: Bool walk, "icmp.int_info.ipaddr", "IP Address";
    INT_NAME_PRESENT: Bool walk, "icmp.int_info.name_present", "Interface Name";
    INT_MTU_PRESENT: Bool walk, "icmp.int_info.mtu_present", "MTU";
    INT_INDEX: U32 walk, "icmp.int_info.index", "Interface Index";
    INT_AFI: U16 walk, "icmp.int_info.afi", "Address Family Identifier", names(&[(1, "IPv4"), (2, "IPv6")]);
    INT_IPV4: Ip4 walk, "icmp.int_info.ipv4", "Source";
    INT_IPV6: Ip6 walk, "icmp.int_info.ipv6", "Source";
    INT_NAME_LENGTH: U8 walk, "icmp.int_info.name_length", "Name Length";
    INT_NAME: Text walk, "icmp.int_info.name", "Name";
    REDIR_GW: Ip4 at(4..8), "icmp.redir_gw", "Gateway Address", when(|v| v.bytes.u8(0) == 5);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(1)],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    ..Protocol::new("icmp", "Internet Control Message Protocol", "ICMP")
};

/// Errors quote the packet they are about.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let next = if matches!(b.u8(0), 3 | 4 | 5 | 11 | 12) { id::ip } else { id::data };
    Ok(Step::next(8, next))
}

const TYPES: crate::field::ValueNames = &[
    (0, "Echo (ping) reply"),
    (3, "Destination unreachable"),
    (4, "Source quench (flow control)"),
    (5, "Redirect"),
    (8, "Echo (ping) request"),
    (9, "Router advertisement"),
    (10, "Router solicitation"),
    (11, "Time-to-live exceeded"),
    (12, "Parameter problem"),
    (13, "Timestamp request"),
    (14, "Timestamp reply"),
    (17, "Address mask request"),
    (18, "Address mask reply"),
];

const UNREACHABLE: crate::field::ValueNames = &[
    (0, "Network unreachable"),
    (1, "Host unreachable"),
    (2, "Protocol unreachable"),
    (3, "Port unreachable"),
    (4, "Fragmentation needed"),
    (5, "Source route failed"),
    (6, "Destination network unknown"),
    (7, "Destination host unknown"),
    (9, "Network administratively prohibited"),
    (10, "Host administratively prohibited"),
    (11, "Network unreachable for TOS"),
    (12, "Host unreachable for TOS"),
    (13, "Communication administratively filtered"),
];

/// Messages with an identifier and a sequence number.
fn is_query(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 0 | 8 | 13..=18)
}

fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    echo_turns(view, [ECHO_REQUEST, ECHO_REPLY], out);
}

/// A reply has the identifier, the sequence number and the data of its request (RFC 792, RFC 4443 §4.2): their checksums differ by
/// the type.
pub(super) fn echo_turns(view: &View<'_>, [request, reply]: [u16; 2], out: &mut dyn FnMut(Turn)) {
    let (kind, checksum) = (view.bytes.u16(0), view.bytes.u16(2));
    let id = u64::from(view.bytes.u32(4)) << 16 | u64::from(checksum::without_number(checksum, kind));
    if kind == request {
        out(Turn::Request(id));
    } else if kind == reply {
        out(Turn::Response(id));
    }
}

/// Type and code.
const ECHO_REQUEST: u16 = 0x0800;
const ECHO_REPLY: u16 = 0;

/// Windows writes the sequence number in little-endian; both readings are shown.
fn sequence_le(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if is_query(view) && view.header().len() >= 8 {
        out(Value::Unsigned(view.bytes.u16(6).swap_bytes().into()));
    }
}

fn identifier_le(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if is_query(view) && view.header().len() >= 8 {
        out(Value::Unsigned(view.bytes.u16(4).swap_bytes().into()));
    }
}

fn is_router_advertisement(view: &View<'_>) -> bool {
    view.bytes.u8(0) == 9
}

/// Objects of extensions (RFC 4884 §7, registry of IANA).
const CLASSES: crate::field::ValueNames = &[
    (1, "MPLS Label Stack Class"),
    (2, "Interface Information Object"),
    (3, "Interface Identification Object"),
    (5, "Extended Information"),
];

/// RFC 5837 §4.1.
const ROLES: crate::field::ValueNames = &[
    (0, "IP interface upon which datagram arrived"),
    (1, "Sub-IP component of IP interface upon which datagram arrived"),
    (2, "IP interface through which datagram would have been forwarded"),
    (3, "IP next-hop to which datagram would have been forwarded"),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.bytes.0, 4);
    match view.bytes.u8(0) {
        3 | 11 | 12 => error(view, &mut r, out),
        // RFC 1256 §3.
        9 => {
            let (count, size) = (r.u8()?, usize::from(r.u8()?));
            r.skip_to(8)?;
            for _ in 0..count {
                let mut entry = r.sub(size * 4)?;
                put_ip4(&mut entry, ROUTER_ADDRESS, out)?;
                let at = entry.at();
                let level = entry.number(4)? as u32;
                out.put(PREF_LEVEL, at..at + 4, Value::Signed(level.cast_signed().into()));
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Errors may say how long the datagram is that they quote, in words of 4 bytes, and have extensions behind it (RFC 4884
/// §4). Without that, extensions are looked for behind 128 bytes (§5.5).
fn error(view: &View<'_>, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const QUOTED: usize = 128;
    let length = usize::from(view.bytes.u8(5)) * 4;
    let pointer = view.bytes.u8(0) == 12;
    if length > 0 {
        let at = r.at();
        if !pointer {
            put_bytes(r, 1, UNUSED, out)?;
        }
        out.put(LENGTH, at + 1..at + 2, Value::Unsigned(view.bytes.u8(5).into()));
        out.put(ORIGINAL_LENGTH, at + 1..at + 2, Value::Unsigned((length as u64).min(255)));
    } else if !pointer {
        let unused = if view.bytes.u16(0) == 0x0304 { 2 } else { 4 };
        put_bytes(r, unused, UNUSED, out)?;
    }
    let extensions = 8 + if length > 0 { length } else { QUOTED };
    let b = view.bytes;
    // The version (RFC 4884 §7).
    if b.len() < extensions + 8 || b.u8(extensions) >> 4 != 2 {
        return Ok(());
    }
    r.skip_to(extensions)?;
    out.open(extensions..b.len(), format_args!("ICMP Multi-Part Extensions"));
    out.put(EXT, extensions..b.len(), Value::Present);
    let first = r.u16()?.into();
    put_parts(r, 2, first, &[(EXT_VERSION, 0xf000), (EXT_RES, 0x0fff)], out);
    put_number(r, 2, EXT_CHECKSUM, out)?;
    let done = objects(r, out);
    out.close();
    done
}

/// RFC 4884 §8.
fn objects(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() >= 4 {
        let length = put_number(r, 2, EXT_LENGTH, out)? as usize;
        let class = put_number(r, 1, EXT_CLASS, out)?;
        let kind = put_number(r, 1, EXT_CTYPE, out)?;
        let mut body = r.sub(length.saturating_sub(4))?;
        match (class, kind) {
            // RFC 4950 §3.
            (1, 1) => {
                while body.left() >= 4 {
                    let entry = body.number(3)?;
                    put_parts(&body, 3, entry, &[(MPLS_LABEL, 0xff_fff0), (MPLS_EXP, 0xe)], out);
                    put_flags(&body, 3, entry, &[(MPLS_S, 1)], out);
                    put_number(&mut body, 1, MPLS_TTL, out)?;
                }
            }
            (2, _) => interface(kind, &mut body, out)?,
            _ => put_rest(&mut body, EXT_DATA, out)?,
        }
    }
    Ok(())
}

/// RFC 5837 §4: the type says what follows.
fn interface(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_parts(r, 1, kind, &[(INT_ROLE, 0xc0), (INT_RESERVED, 0x30)], out);
    let present = [(INT_IFINDEX, 8), (INT_IPADDR, 4), (INT_NAME_PRESENT, 2), (INT_MTU_PRESENT, 1)];
    put_flags(r, 1, kind, &present, out);
    if kind & 8 != 0 {
        put_number(r, 4, INT_INDEX, out)?;
    }
    if kind & 4 != 0 {
        let family = put_number(r, 2, INT_AFI, out)?;
        r.take(2)?;
        match family {
            1 => put_ip4(r, INT_IPV4, out)?,
            2 => put_ip6(r, INT_IPV6, out)?,
            _ => return Ok(()),
        }
    }
    if kind & 2 != 0 {
        let length = put_number(r, 1, INT_NAME_LENGTH, out)? as usize;
        let at = r.at();
        let name = without_padding(r.take(length.saturating_sub(1))?);
        out.put(INT_NAME, at..at + name.len(), Value::Text(name));
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let (kind, code) = (b.u8(0), b.u8(1));
    out.push_str(crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown ICMP type"));
    match kind {
        3 => put!(out, " ({})", crate::field::value_name(UNREACHABLE, code.into()).unwrap_or("Unknown code")),
        0 | 8 => put!(
            out,
            "  id=0x{:04x}, seq={}/{}, ttl={}",
            b.u16(4),
            b.u16(6),
            b.u16(6).swap_bytes(),
            time_to_live(view)
        ),
        11 if code == 0 => out.push_str(" (Time to live exceeded in transit)"),
        11 => out.push_str(" (Fragment reassembly time exceeded)"),
        _ => {}
    }
}

fn time_to_live(view: &View<'_>) -> u8 {
    let below = view.below().iter().rev().find(|layer| layer.protocol == id::ip);
    below.map_or(0, |layer| view.decoded.view(*layer).bytes.u8(8))
}
