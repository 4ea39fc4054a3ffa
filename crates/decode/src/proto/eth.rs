//! Ethernet II and IEEE 802.3.

use plaintap_packet::LinkType;

use super::prelude::*;
use crate::Address;
use crate::view::host;

fields! {
    DST: Mac at(0..6), "eth.dst", "Destination";
    DST_RESOLVED: Text meta(|v, out| host(v, v.header().array(0).map(Address::Mac), out)), "eth.dst_resolved",
        "Destination (resolved)", hidden;
    DST_OUI: U24 at(0..3), "eth.dst.oui", "Destination OUI", hidden;
    DST_LG: Bool bits(0..3, 0x02_0000), "eth.dst.lg", "LG bit";
    DST_IG: Bool bits(0..3, 0x01_0000), "eth.dst.ig", "IG bit";
    SRC: Mac at(6..12), "eth.src", "Source";
    SRC_RESOLVED: Text meta(|v, out| host(v, v.header().array(6).map(Address::Mac), out)), "eth.src_resolved",
        "Source (resolved)", hidden;
    SRC_OUI: U24 at(6..9), "eth.src.oui", "Source OUI", hidden;
    SRC_LG: Bool bits(6..9, 0x02_0000), "eth.src.lg", "LG bit";
    SRC_IG: Bool bits(6..9, 0x01_0000), "eth.src.ig", "IG bit";
    TYPE: U16 at(12..14), "eth.type", "Type", hex, names(names::ETHER_TYPES), when(is_type);
    LEN: U16 at(12..14), "eth.len", "Length", when(is_length);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::ETHERNET)],
    fields: FIELDS,
    aliases: &[
        Alias { name: "eth.addr", label: "Address", fields: &[DST, SRC] },
        Alias {
            name: "eth.addr_resolved",
            label: "Address (resolved)",
            fields: &[DST_RESOLVED, SRC_RESOLVED],
        },
        Alias { name: "eth.addr.oui", label: "Address OUI", fields: &[DST_OUI, SRC_OUI] },
        Alias { name: "eth.lg", label: "LG bit", fields: &[DST_LG, SRC_LG] },
        Alias { name: "eth.ig", label: "IG bit", fields: &[DST_IG, SRC_IG] },
    ],
    info: Some(|_, out| out.push_str("Ethernet II")),
    summary: Some(append_ends),
    ..Protocol::new("eth", "Ethernet II", "Ethernet")
};

/// Types from 0x600 on are Ethernet II; smaller numbers are lengths (IEEE 802.3 §3.2.6).
#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(14)?;
    let number = b.u16(12);
    if number >= 0x600 {
        return Ok(Step::next(14, claimed::ether_type(number)));
    }
    Ok(Step { end: 14 + u32::from(number), ..Step::next(14, length_payload(b, 14)) })
}

/// What follows a length: LLC, but for Novell's "raw" IPX, which begins with a checksum of all ones.
#[inline]
pub(super) fn length_payload(b: Bytes<'_>, at: usize) -> ProtocolId {
    if b.u16(at) == 0xffff { id::data } else { id::llc }
}

fn is_type(view: &View<'_>) -> bool {
    view.bytes.u16(12) >= 0x600
}

fn is_length(view: &View<'_>) -> bool {
    view.bytes.u16(12) < 0x600
}
