//! Address Resolution Protocol, RFC 826.

use super::prelude::*;

fields! {
    HW_TYPE: U16 at(0..2), "arp.hw.type", "Hardware type", names(names::HARDWARE_TYPES);
    PROTO_TYPE: U16 at(2..4), "arp.proto.type", "Protocol type", hex, names(names::ETHER_TYPES);
    HW_SIZE: U8 at(4..5), "arp.hw.size", "Hardware size";
    PROTO_SIZE: U8 at(5..6), "arp.proto.size", "Protocol size";
    OPCODE: U16 at(6..8), "arp.opcode", "Opcode", names(OPCODES);
    SRC_HW_MAC: Mac at(8..14), "arp.src.hw_mac", "Sender MAC address", when(is_ethernet);
    SRC_IP: Ip4 at(14..18), "arp.src.proto_ipv4", "Sender IP address", when(is_both);
    DST_HW_MAC: Mac at(18..24), "arp.dst.hw_mac", "Target MAC address", when(is_both);
    DST_IP: Ip4 at(24..28), "arp.dst.proto_ipv4", "Target IP address", when(is_both);
    GRATUITOUS: Bool meta(gratuitous), "arp.isgratuitous", "Is gratuitous";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x0806)],
    fields: FIELDS,
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

fn is_ethernet(view: &View<'_>) -> bool {
    view.bytes.u8(4) == 6 && matches!(view.bytes.u16(0), 1 | 6)
}

fn is_both(view: &View<'_>) -> bool {
    is_ethernet(view) && view.bytes.u8(5) == 4 && view.bytes.u16(2) == 0x0800
}

/// Asks or tells for the sender's own address (RFC 5227 §3).
fn gratuitous(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let b = view.header();
    if is_both(view) && matches!(b.u16(6), 1 | 2) && b.array::<4>(14) == b.array::<4>(24) {
        out(Value::Bool(true));
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let (Some(sender), Some(target), Some(mac)) = (b.array(14), b.array(24), b.array(8)) else { return };
    if !is_both(view) {
        return;
    }
    let (sender, target) = (crate::Address::Ip4(sender), crate::Address::Ip4(target));
    match b.u16(6) {
        1 if sender == target => put!(out, "ARP Announcement for {sender}"),
        1 => put!(out, "Who has {target}? Tell {sender}"),
        2 => put!(out, "{sender} is at {}", crate::Address::Mac(mac)),
        opcode => put!(out, "ARP operation {opcode}"),
    }
}
