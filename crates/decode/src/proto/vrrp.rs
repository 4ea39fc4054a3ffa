//! The Virtual Router Redundancy Protocol: version 2 (RFC 3768) and 3 (RFC 5798).

use super::prelude::*;
use crate::checksum;

fields! {
    TYPEVER: U8 at(0..1), "vrrp.typever", "VRRP message version and type";
    VERSION: U8 bits(0..1, 0xf0), "vrrp.version", "VRRP protocol version";
    TYPE: U8 bits(0..1, 0x0f), "vrrp.type", "VRRP packet type", names(&[(1, "Advertisement")]);
    VIRT_RTR_ID: U8 at(1..2), "vrrp.virt_rtr_id", "Virtual Rtr ID";
    PRIO: U8 at(2..3), "vrrp.prio", "Priority", names(PRIORITIES);
    ADDR_COUNT: U8 at(3..4), "vrrp.addr_count", "Addr Count";
    AUTH_TYPE: U8 at(4..5), "vrrp.auth_type", "Auth Type", names(AUTHENTICATIONS), when(|v| !is_version_3(v.bytes));
    RESERVED: U8 bits(4..5, 0xf0), "vrrp.reserved_mbz", "Reserved", when(|v| is_version_3(v.bytes));
    SHORT_ADVER_INT: U16 bits(4..6, 0x0fff), "vrrp.short_adver_int", "Adver Int", when(|v| is_version_3(v.bytes));
    ADVER_INT: U8 at(5..6), "vrrp.adver_int", "Adver Int", when(|v| !is_version_3(v.bytes));
    CHECKSUM: U16 at(6..8), "vrrp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "vrrp.checksum.status", "Checksum Status", names(checksum::STATUS);
    IP_ADDR: Ip4 walk, "vrrp.ip_addr", "IP Address";
    IPV6_ADDR: Ip6 walk, "vrrp.ipv6_addr", "IPv6 Address";
    AUTH_STRING: Text walk, "vrrp.auth_string", "Authentication String";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(112)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| {
        put!(out, "Announcement (v{})", view.bytes.u8(0) >> 4);
    }),
    ..Protocol::new("vrrp", "Virtual Router Redundancy Protocol", "VRRP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    Ok(Step::last(b))
}

const PRIORITIES: crate::field::ValueNames = &[
    (0, "Current Master has stopped participating in VRRP"),
    (100, "Default priority for a backup VRRP router"),
    (255, "This VRRP router owns the virtual router's IP address(es)"),
];

const AUTHENTICATIONS: crate::field::ValueNames = &[
    (0, "No Authentication"),
    (1, "Simple Text Authentication [RFC 2338] / Reserved [RFC 3768]"),
    (2, "IP Authentication Header [RFC 2338] / Reserved [RFC 3768]"),
];

fn is_version_3(b: Bytes<'_>) -> bool {
    b.u8(0) >> 4 == 3
}

/// The addresses are those of the IP version below (RFC 5798 §5.2.9).
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.bytes;
    let over_ip6 = view.below().iter().rev().find_map(|layer| match layer.protocol {
        id::ip => Some(false),
        id::ipv6 => Some(true),
        _ => None,
    });
    let mut r = Reader::new(b.0, 8);
    for _ in 0..b.u8(3) {
        match over_ip6 {
            Some(true) => put_ip6(&mut r, IPV6_ADDR, out)?,
            _ => put_ip4(&mut r, IP_ADDR, out)?,
        }
    }
    if !is_version_3(b) && b.u8(4) == 1 && r.left() >= 8 {
        let at = r.at();
        let text = without_padding(r.take(8)?);
        out.put(AUTH_STRING, at..at + 8, Value::Text(text));
    }
    Ok(())
}
