//! Logical link control, IEEE 802.2, with the Subnetwork Access Protocol (SNAP, IEEE 802 §9.4, RFC 1042).

use super::prelude::*;

fields! {
    DSAP: U8 at(0..1), "llc.dsap", "DSAP", hex, names(SAPS);
    DSAP_SAP: U8 bits(0..1, 0xfe), "llc.dsap.sap", "SAP";
    DSAP_IG: Bool bits(0..1, 0x01), "llc.dsap.ig", "IG Bit";
    SSAP: U8 at(1..2), "llc.ssap", "SSAP", hex, names(SAPS);
    SSAP_SAP: U8 bits(1..2, 0xfe), "llc.ssap.sap", "SAP";
    SSAP_CR: Bool bits(1..2, 0x01), "llc.ssap.cr", "CR Bit";
    CONTROL: U16 meta(control), "llc.control", "Control", hex;
    FTYPE: U8 bits(2..3, 0x03), "llc.control.ftype", "Frame type", hex, when(|v| is_unnumbered(v.bytes));
    U_COMMAND: U8 bits(2..3, 0xec), "llc.control.u_modifier_cmd", "Command", hex,
        when(|v| is_unnumbered(v.bytes) && !is_response(v));
    U_RESPONSE: U8 bits(2..3, 0xec), "llc.control.u_modifier_resp", "Response", hex,
        when(|v| is_unnumbered(v.bytes) && is_response(v));
    POLL: Bool bits(2..3, 0x10), "llc.control.p", "Poll",
        when(|v| is_unnumbered(v.bytes) && !is_response(v) && v.bytes.u8(2) & 0x10 != 0);
    FINAL: Bool bits(2..3, 0x10), "llc.control.f", "Final",
        when(|v| is_unnumbered(v.bytes) && is_response(v) && v.bytes.u8(2) & 0x10 != 0);
    N_R: U16 bits(3..4, 0xfe), "llc.control.n_r", "N(R)", when(|v| !is_unnumbered(v.bytes));
    N_S: U16 bits(2..3, 0xfe), "llc.control.n_s", "N(S)", when(|v| v.bytes.u8(2) & 1 == 0);
    OUI: U24 at(3..6), "llc.oui", "Organization Code", names(OUIS), when(is_snap);
    TYPE: U16 at(6..8), "llc.type", "Type", hex, names(names::ETHER_TYPES), when(|v| announces_type(v.bytes));
    CISCO_PID: U16 at(6..8), "llc.cisco_pid", "PID", hex, names(CISCO_PIDS),
        when(|v| is_snap(v) && oui(v.bytes) == OUI_CISCO);
    PID: U16 at(6..8), "llc.pid", "Protocol ID", hex, when(|v| is_snap(v) && oui(v.bytes) == OUI_802_1);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    info: Some(info),
    summary: Some(|view, out| {
        put!(out, ", DSAP: 0x{:02x}, SSAP: 0x{:02x}", view.bytes.u8(0), view.bytes.u8(1));
    }),
    ..Protocol::new("llc", "Logical-Link Control", "LLC")
};

#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(3)?;
    if !is_unnumbered(b) {
        b.need(4)?;
        return Ok(Step::next(4, if b.u8(2) & 1 == 0 { id::data } else { ProtocolId::NONE }));
    }
    if b.u16(0) == SNAP_SAPS {
        b.need(8)?;
        return Ok(Step::next(8, snap_payload(oui(b), b.u16(6))));
    }
    let next = match b.u8(0) & 0xfe {
        SAP_IP => id::ip,
        SAP_SPANNING_TREE => id::stp,
        _ if is_basic_xid(b) => ProtocolId::NONE,
        _ => id::data,
    };
    Ok(Step::next(3, next))
}

/// An exchange of identification in the format of IEEE 802.2 §5.4.1.1.2: types and window, no payload.
fn is_basic_xid(b: Bytes<'_>) -> bool {
    b.u8(2) & 0xef == XID && b.u8(3) == 0x81
}

/// The control field of XID, without its P/F bit.
const XID: u8 = 0xaf;

const SAP_IP: u8 = 0x06;
const SAP_SPANNING_TREE: u8 = 0x42;
/// Both service access points are SNAP.
const SNAP_SAPS: u16 = 0xaaaa;

const OUI_ETHERNET: u64 = 0x00_0000;
const OUI_CISCO: u64 = 0x00_000c;
/// Bridge tunnel encapsulation (IEEE 802.1H): AppleTalk and IPX, with Ethernet types.
const OUI_BRIDGE_TUNNEL: u64 = 0x00_00f8;
const OUI_802_1: u64 = 0x00_80c2;

/// Who follows a SNAP header of this organization and protocol.
fn snap_payload(oui: u64, pid: u16) -> ProtocolId {
    match (oui, pid) {
        (OUI_ETHERNET | OUI_BRIDGE_TUNNEL, _) => claimed::ether_type(pid),
        (OUI_CISCO, 0x2000) => id::cdp,
        (OUI_CISCO, 0x010b | 0x010d) => id::stp,
        // Bridged Ethernet without its checksum, and bridged PDUs (RFC 2684 §5.2).
        (OUI_802_1, 0x0007) => id::eth,
        (OUI_802_1, 0x000e) => id::stp,
        _ => id::data,
    }
}

const SAPS: crate::field::ValueNames = &[
    (0x00, "NULL LSAP"),
    (0x06, "TCP/IP"),
    (0x42, "Spanning Tree BPDU"),
    (0xaa, "SNAP"),
    (0xe0, "NetWare"),
    (0xf0, "NetBIOS"),
    (0xfe, "ISO Network Layer"),
    (0xff, "Global LSAP"),
];

const OUIS: crate::field::ValueNames = &[
    (OUI_ETHERNET, "Officially Xerox, but"),
    (OUI_CISCO, "Cisco Systems, Inc"),
    (OUI_BRIDGE_TUNNEL, "Cisco Systems, Inc"),
    (OUI_802_1, "IEEE 802.1 Working Group"),
];

const CISCO_PIDS: crate::field::ValueNames = &[
    (0x0104, "Port Aggregation Protocol"),
    (0x010b, "PVSTP+"),
    (0x010d, "VLAN Bridge"),
    (0x0111, "Unidirectional Link Detection"),
    (0x2000, "CDP"),
    (0x2003, "VLAN Trunking Protocol"),
    (0x2004, "Dynamic Trunk Protocol"),
];

/// Unnumbered control fields are one byte, the others two (IEEE 802.2 §5.2).
fn is_unnumbered(b: Bytes<'_>) -> bool {
    b.u8(2) & 3 == 3
}

/// The lowest bit of the source says whether the frame is a response (IEEE 802.2 §3.3.1.2).
fn is_response(view: &View<'_>) -> bool {
    view.bytes.u8(1) & 1 != 0
}

fn is_snap(view: &View<'_>) -> bool {
    is_unnumbered(view.bytes) && view.bytes.u16(0) == SNAP_SAPS
}

fn oui(b: Bytes<'_>) -> u64 {
    b.number(3, 6).unwrap_or(u64::MAX)
}

/// Whether an Ethernet type says what follows.
pub(super) fn announces_type(b: Bytes<'_>) -> bool {
    is_unnumbered(b) && b.u16(0) == SNAP_SAPS && matches!(oui(b), OUI_ETHERNET | OUI_BRIDGE_TUNNEL)
}

fn control(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let b = view.header();
    if b.len() < 3 {
        return;
    }
    let number = if is_unnumbered(b) { b.u8(2).into() } else { b.u16(2).swap_bytes() };
    out(Value::Unsigned(number.into()));
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let command = b.u8(1) & 1 == 0;
    let name = match (b.u8(2) & 3, b.u8(2) & 0xec) {
        (3, 0x00) => "U, func=UI",
        (3, 0xac) => "U, func=XID",
        (3, 0xe0) => "U, func=TEST",
        (3, 0x6c) => "U, func=SABME",
        (3, 0x40) => "U, func=DISC",
        (3, 0x60) => "U, func=UA",
        (3, 0x0c) => "U, func=DM",
        (3, 0x84) => "U, func=FRMR",
        (3, _) => "U, func=Unknown",
        (1, _) => {
            ["S, func=RR", "S, func=RNR", "S, func=REJ", "S, func=Unknown"][usize::from(b.u8(2) >> 2 & 3)]
        }
        _ => "I",
    };
    out.push_str(name);
    if b.u8(2) & 3 != 3 {
        put!(out, ", N(R)={}", b.u8(3) >> 1);
        if b.u8(2) & 1 == 0 {
            put!(out, ", N(S)={}", b.u8(2) >> 1);
        }
    }
    let sap = |number: u8, out: &mut String| {
        match crate::field::value_name(SAPS, (number & 0xfe).into()) {
            Some(name) => out.push_str(name),
            None => put!(out, "0x{:02x}", number & 0xfe),
        };
    };
    out.push_str("; DSAP ");
    sap(b.u8(0), out);
    out.push_str(if b.u8(0) & 1 == 0 { " Individual, SSAP " } else { " Group, SSAP " });
    sap(b.u8(1), out);
    out.push_str(if command { " Command" } else { " Response" });
}
