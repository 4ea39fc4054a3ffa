//! Virtual eXtensible Local Area Network, RFC 7348, with the group policy extension.

use super::prelude::*;

fields! {
    FLAGS: U16 at(0..2), "vxlan.flags", "Flags", hex;
    FLAG_G: Bool bits(0..2, 0x8000), "vxlan.flag_g", "GBP Extension";
    FLAG_I: Bool bits(0..2, 0x0800), "vxlan.flag_i", "VXLAN Network ID (VNI)";
    FLAG_D: Bool bits(0..2, 0x0040), "vxlan.flag_d", "Don't Learn";
    FLAG_A: Bool bits(0..2, 0x0008), "vxlan.flag_a", "Policy Applied";
    FLAGS_RESERVED: U16 bits(0..2, 0x77b7), "vxlan.flags_reserved", "Reserved(R)", hex;
    GBP: U16 at(2..4), "vxlan.gbp", "Group Policy ID";
    VNI: U24 at(4..7), "vxlan.vni", "VXLAN Network Identifier (VNI)";
    RESERVED: U8 at(7..8), "vxlan.reserved8", "Reserved";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    // The registered port, and the one that Linux uses by default.
    claims: &[Claim::UdpPort(4789), Claim::UdpPort(8472)],
    fields: FIELDS,
    summary: Some(|view, out| put!(out, ", VNI: {}", view.bytes.number(4, 7).unwrap_or(0))),
    ..Protocol::new("vxlan", "Virtual eXtensible Local Area Network", "VXLAN")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    Ok(Step::next(8, id::eth))
}
