//! Address Resolution Protocol, RFC 826, and the reverse one, RFC 903.

use super::prelude::*;

fields! {
    HW_TYPE: U16 at(0..2), "arp.hw.type", "Hardware type", names(names::HARDWARE_TYPES);
    PROTO_TYPE: U16 at(2..4), "arp.proto.type", "Protocol type", hex, names(names::ETHER_TYPES);
    HW_SIZE: U8 at(4..5), "arp.hw.size", "Hardware size";
    PROTO_SIZE: U8 at(5..6), "arp.proto.size", "Protocol size";
    OPCODE: U16 at(6..8), "arp.opcode", "Opcode", names(OPCODES);
    SRC_HW: Bytes walk, "arp.src.hw", "Sender hardware address";
    SRC_HW_MAC: Mac walk, "arp.src.hw_mac", "Sender MAC address";
    SRC_PROTO: Bytes walk, "arp.src.proto", "Sender protocol address";
    SRC_IP: Ip4 walk, "arp.src.proto_ipv4", "Sender IP address";
    DST_HW: Bytes walk, "arp.dst.hw", "Target hardware address";
    DST_HW_MAC: Mac walk, "arp.dst.hw_mac", "Target MAC address";
    DST_PROTO: Bytes walk, "arp.dst.proto", "Target protocol address";
    DST_IP: Ip4 walk, "arp.dst.proto_ipv4", "Target IP address";
    GRATUITOUS: Bool meta(gratuitous), "arp.isgratuitous", "Is gratuitous";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x0806), Claim::EtherType(0x8035)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    summary: Some(|view, out| {
        if let Some(name) = crate::field::value_name(OPCODES, view.bytes.u16(6).into()) {
            put!(out, " ({name})");
        }
    }),
    ..Protocol::new("arp", "Address Resolution Protocol", "ARP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let length = 8 + 2 * (usize::from(b.u8(4)) + usize::from(b.u8(5)));
    b.need(length)?;
    Ok(Step { header: length as u32, end: length as u32, next: ProtocolId::NONE, detail: 0 })
}

const OPCODES: crate::field::ValueNames = &[
    (1, "request"),
    (2, "reply"),
    (3, "reverse request"),
    (4, "reverse reply"),
    (8, "inverse request"),
    (9, "inverse reply"),
];

fn is_ethernet(b: Bytes<'_>) -> bool {
    b.u8(4) == 6 && matches!(b.u16(0), 1 | 6)
}

fn is_ip4(b: Bytes<'_>) -> bool {
    b.u8(5) == 4 && b.u16(2) == 0x0800
}

/// The IPv4 addresses of sender and target.
fn ip4_ends(b: Bytes<'_>) -> Option<([u8; 4], [u8; 4])> {
    let hardware = usize::from(b.u8(4));
    let addresses = || Some((b.array(8 + hardware)?, b.array(12 + 2 * hardware)?));
    if is_ip4(b) { addresses() } else { None }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    b.need(8)?;
    let mut r = Reader::new(b.0, 8);
    for (hardware, mac, protocol, ip) in
        [(SRC_HW, SRC_HW_MAC, SRC_PROTO, SRC_IP), (DST_HW, DST_HW_MAC, DST_PROTO, DST_IP)]
    {
        match usize::from(b.u8(4)) {
            0 => {}
            _ if is_ethernet(b) => put_mac(&mut r, mac, out)?,
            length => put_bytes(&mut r, length, hardware, out)?,
        }
        match usize::from(b.u8(5)) {
            0 => {}
            _ if is_ip4(b) => put_ip4(&mut r, ip, out)?,
            length => put_bytes(&mut r, length, protocol, out)?,
        }
    }
    Ok(())
}

/// Asks or tells for the sender's own address (RFC 5227 §3).
fn gratuitous(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let b = view.header();
    let is_own = ip4_ends(b).is_some_and(|(sender, target)| sender == target);
    if is_ethernet(b) && is_own && matches!(b.u16(6), 1 | 2) {
        out(Value::Bool(true));
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let Some((sender, target)) = ip4_ends(b) else { return };
    let (sender, target) = (crate::Address::Ip4(sender), crate::Address::Ip4(target));
    match b.u16(6) {
        1 if sender == target => put!(out, "ARP Announcement for {sender}"),
        1 => put!(out, "Who has {target}? Tell {sender}"),
        2 => {
            put!(out, "{sender} is at ");
            match b.array(8) {
                Some(mac) if is_ethernet(b) => put!(out, "{}", crate::Address::Mac(mac)),
                _ => append_hex(b, out),
            }
        }
        opcode => put!(out, "ARP operation {opcode}"),
    }
}

/// The sender's hardware address, whatever its length.
fn append_hex(b: Bytes<'_>, out: &mut String) {
    for byte in b.0.get(8..8 + usize::from(b.u8(4))).unwrap_or_default() {
        put!(out, "{byte:02x}");
    }
}
