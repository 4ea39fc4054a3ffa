//! Internet Control Message Protocol, RFC 792.

use super::prelude::*;
use crate::checksum;

fields! {
    TYPE: U8 at(0..1), "icmp.type", "Type", names(TYPES);
    CODE: U8 at(1..2), "icmp.code", "Code";
    CHECKSUM: U16 at(2..4), "icmp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "icmp.checksum.status", "Checksum Status", names(checksum::STATUS);
    IDENT: U16 at(4..6), "icmp.ident", "Identifier", when(is_query);
    SEQ: U16 at(6..8), "icmp.seq", "Sequence Number", when(is_query);
    SEQ_LE: U16 meta(sequence_le), "icmp.seq_le", "Sequence Number (LE)";
    MTU: U16 at(6..8), "icmp.mtu", "MTU of next hop", when(|v| v.bytes.u16(0) == 0x0304);
    REDIR_GW: Ip4 at(4..8), "icmp.redir_gw", "Gateway Address", when(|v| v.bytes.u8(0) == 5);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(1)],
    fields: FIELDS,
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

/// Windows writes the sequence number in little-endian; both readings are shown.
fn sequence_le(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if is_query(view) && view.header().len() >= 8 {
        out(Value::Unsigned(view.bytes.u16(6).swap_bytes().into()));
    }
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
