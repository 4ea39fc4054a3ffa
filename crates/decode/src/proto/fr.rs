//! Frame Relay (ITU-T Q.922 Annex A) with the encapsulations of RFC 2427 and Cisco's, an Ethernet type.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    FIRST: U8 at(0..1), "fr.first_addr_octet", "First address octet", hex;
    UPPER_DLCI: U8 bits(0..1, 0xfc), "fr.upper_dlci", "Upper DLCI", hex;
    CR: Bool bits(0..1, 0x02), "fr.cr", "CR";
    FECN: Bool bits(1..2, 0x08), "fr.fecn", "FECN";
    BECN: Bool bits(1..2, 0x04), "fr.becn", "BECN";
    DE: Bool bits(1..2, 0x02), "fr.de", "DE";
    DLCI: U32 walk, "fr.dlci", "DLCI";
    TYPE: U16 walk, "fr.chdlctype", "Type", hex, names(names::ETHER_TYPES);
    CONTROL: U8 walk, "fr.control", "Control Field", hex;
    NLPID: U8 walk, "fr.nlpid", "NLPID", hex, names(NLPIDS);
    SNAP_OUI: U24 walk, "fr.snap.oui", "Organization Code";
    SNAP_PID: U16 walk, "fr.snap.pid", "Protocol ID", hex;
    SNAP_TYPE: U16 walk, "fr.snaptype", "Type", hex, names(names::ETHER_TYPES);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::FRELAY)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| {
        if view.bytes.len() >= 2 {
            put!(out, "DLCI {}", address(view.bytes).0);
        }
    }),
    ..Protocol::new("fr", "Frame Relay", "FR")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    let (_, at) = address(b);
    b.need(at + 2)?;
    if b.u8(at) != UNNUMBERED_INFORMATION {
        return Ok(Step::next(at + 2, claimed::ether_type(b.u16(at))));
    }
    let at = nlpid_at(b, at);
    let (header, next) = match b.u8(at) {
        NLPID_SNAP => {
            b.need(at + 6)?;
            let next = match (b.number(at + 1, at + 4), b.u16(at + 4)) {
                (Some(0), kind) => claimed::ether_type(kind),
                // Bridged Ethernet, with and without its checksum (RFC 2427 §4.1).
                (Some(OUI_IEEE_802_1), BRIDGED_WITH_FCS | BRIDGED) => id::eth,
                _ => id::data,
            };
            (at + 6, next)
        }
        0xcc => (at + 1, id::ip),
        0x8e => (at + 1, id::ipv6),
        0xcf => (at + 1, id::ppp),
        _ => (at + 1, id::data),
    };
    Ok(Step::next(header, next))
}

/// Unnumbered information, the only control field that RFC 2427 §3 has for data.
const UNNUMBERED_INFORMATION: u8 = 0x03;
const NLPID_SNAP: u8 = 0x80;
const OUI_IEEE_802_1: u64 = 0x0080c2;
const BRIDGED_WITH_FCS: u16 = 0x0001;
const BRIDGED: u16 = 0x0007;

/// Network layer protocol identifiers (RFC 2427 Appendix B).
const NLPIDS: crate::field::ValueNames = &[
    (0x08, "Q.933"),
    (0x80, "SNAP"),
    (0x81, "CLNP"),
    (0x82, "ESIS"),
    (0x83, "ISIS"),
    (0x8e, "IPv6"),
    (0xb0, "FRF.9"),
    (0xb1, "FRF.12"),
    (0xcc, "IP"),
    (0xcf, "PPP"),
];

/// The connection identifier and where the address ends: 2, 3 or 4 bytes, the last one odd (Q.922 §3.3.2).
fn address(b: Bytes<'_>) -> (u32, usize) {
    let mut dlci = u32::from(b.u8(0) >> 2) << 4 | u32::from(b.u8(1) >> 4);
    let mut at = 2;
    while at < 4 && at < b.len() && b.u8(at - 1) & 1 == 0 {
        let last = b.u8(at) & 1 != 0;
        dlci = if last { dlci << 6 | u32::from(b.u8(at) >> 2) } else { dlci << 7 | u32::from(b.u8(at) >> 1) };
        at += 1;
    }
    (dlci, at)
}

/// A byte of padding may stand before the identifier (RFC 2427 §3).
fn nlpid_at(b: Bytes<'_>, control: usize) -> usize {
    if b.u8(control + 1) == 0 { control + 2 } else { control + 1 }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let (dlci, at) = address(b);
    b.need(at)?;
    out.put(DLCI, 0..at, Value::Unsigned(dlci.into()));
    let mut r = Reader::new(b.0, at);
    if b.u8(at) != UNNUMBERED_INFORMATION {
        return put_number(&mut r, 2, TYPE, out).map(drop);
    }
    put_number(&mut r, 1, CONTROL, out)?;
    let mut r = Reader::new(b.0, nlpid_at(b, at));
    if put_number(&mut r, 1, NLPID, out)? == u64::from(NLPID_SNAP) {
        let oui = put_number(&mut r, 3, SNAP_OUI, out)?;
        put_number(&mut r, 2, if oui == 0 { SNAP_TYPE } else { SNAP_PID }, out)?;
    }
    Ok(())
}
