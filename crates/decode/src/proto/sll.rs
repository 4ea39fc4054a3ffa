//! Linux cooked capture, versions 1 and 2 (LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2): what `-i any` gives.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    PKTTYPE: U16 meta(|v, out| v.put_number(out, 0..2, 10..11)), "sll.pkttype", "Packet type", names(PACKET_TYPES);
    HATYPE: U16 meta(|v, out| v.put_number(out, 2..4, 8..10)), "sll.hatype", "Link-layer address type",
        names(names::HARDWARE_TYPES);
    HALEN: U16 meta(|v, out| v.put_number(out, 4..6, 11..12)), "sll.halen", "Link-layer address length";
    SRC_ETH: Mac meta(source), "sll.src.eth", "Source";
    SRC_IP4: Ip4 meta(source_ip4), "sll.src.ipv4", "Source";
    SRC_OTHER: Bytes meta(source_other), "sll.src.other", "Source";
    UNUSED: Bytes meta(unused), "sll.unused", "Unused";
    ETYPE: U16 meta(|v, out| v.put_number(out, 14..16, 0..2)), "sll.etype", "Protocol", hex,
        names(names::ETHER_TYPES);
    IFINDEX: U32 at(4..8), "sll.ifindex", "Interface index", when(is_version_2);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::LINUX_SLL), Claim::LinkType(LinkType::LINUX_SLL2)],
    fields: FIELDS,
    ..Protocol::new("sll", "Linux cooked-mode capture", "SLL")
};

/// The versions differ in the packet's link type, which the bytes do not show: version 2 begins with the Ethernet type
/// and a reserved zero, version 1 with the packet type (0 to 4) and the hardware type.
#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(16)?;
    if b.u16(0) > 4 && b.u16(2) == 0 {
        b.need(20)?;
        return Ok(Step { detail: 2, ..Step::next(20, claimed::ether_type(b.u16(0))) });
    }
    Ok(Step { detail: 1, ..Step::next(16, claimed::ether_type(b.u16(14))) })
}

pub(super) fn hardware_type(layer: &crate::Layer, header: Bytes<'_>) -> u16 {
    header.u16(if layer.detail == 2 { 8 } else { 2 })
}

/// The hardware type of GRE tunnels over IPv4 (linux/if_arp.h).
pub(super) const ARPHRD_IPGRE: u16 = 778;

const PACKET_TYPES: crate::field::ValueNames = &[
    (0, "Unicast to us"),
    (1, "Broadcast"),
    (2, "Multicast"),
    (3, "Unicast to another host"),
    (4, "Sent by us"),
];

fn is_version_2(view: &View<'_>) -> bool {
    view.layer.detail == 2
}

/// The bytes of the address, at most 8, and those behind it up to 8.
fn address<'a>(view: &View<'a>) -> (&'a [u8], &'a [u8]) {
    let (length, at) = if is_version_2(view) {
        (usize::from(view.bytes.u8(11)), 12)
    } else {
        (usize::from(view.bytes.u16(4)), 6)
    };
    let length = length.min(8);
    (view.header().clamped(at, at + length), view.header().clamped(at + length, at + 8))
}

/// Ethernet's 6 bytes.
fn source(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Ok(address) = address(view).0.try_into() {
        out(Value::Mac(address));
    }
}

fn source_ip4(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if let Ok(address) = address(view).0.try_into() {
        out(Value::Ip4(address));
    }
}

fn source_other(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let bytes = address(view).0;
    if !matches!(bytes.len(), 0 | 4 | 6) {
        out(Value::Bytes(bytes));
    }
}

fn unused(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let bytes = address(view).1;
    if !bytes.is_empty() {
        out(Value::Bytes(bytes));
    }
}

impl View<'_> {
    /// A number that lies elsewhere in each version.
    fn put_number(
        &self,
        out: &mut dyn FnMut(Value<'_>),
        version_1: std::ops::Range<usize>,
        version_2: std::ops::Range<usize>,
    ) {
        let range = if is_version_2(self) { version_2 } else { version_1 };
        if let Some(number) = self.header().number(range.start, range.end) {
            out(Value::Unsigned(number));
        }
    }
}
