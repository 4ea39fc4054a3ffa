//! The spanning tree protocols of bridges: STP, RSTP and MSTP (IEEE 802.1Q §14).

use super::prelude::*;

fields! {
    PROTOCOL_ID: U16 at(0..2), "stp.protocol", "Protocol Identifier", hex, names(&[(0, "Spanning Tree Protocol")]);
    VERSION: U8 at(2..3), "stp.version", "Protocol Version Identifier", names(VERSIONS);
    TYPE: U8 at(3..4), "stp.type", "BPDU Type", hex, names(TYPES);
    FLAGS: U8 at(4..5), "stp.flags", "BPDU flags", hex;
    TC_ACK: Bool bits(4..5, 0x80), "stp.flags.tcack", "Topology Change Acknowledgment";
    AGREEMENT: Bool bits(4..5, 0x40), "stp.flags.agreement", "Agreement", when(is_rapid);
    FORWARDING: Bool bits(4..5, 0x20), "stp.flags.forwarding", "Forwarding", when(is_rapid);
    LEARNING: Bool bits(4..5, 0x10), "stp.flags.learning", "Learning", when(is_rapid);
    PORT_ROLE: U8 bits(4..5, 0x0c), "stp.flags.port_role", "Port Role", names(ROLES), when(is_rapid);
    PROPOSAL: Bool bits(4..5, 0x02), "stp.flags.proposal", "Proposal", when(is_rapid);
    TC: Bool bits(4..5, 0x01), "stp.flags.tc", "Topology Change";
    ROOT_PRIO: U16 meta(|v, out| priority(v, 5, out)), "stp.root.prio", "Root Bridge Priority";
    ROOT_EXT: U16 bits(5..7, 0x0fff), "stp.root.ext", "Root Bridge System ID Extension";
    ROOT_HW: Mac at(7..13), "stp.root.hw", "Root Bridge System ID";
    ROOT_COST: U32 at(13..17), "stp.root.cost", "Root Path Cost";
    BRIDGE_PRIO: U16 meta(|v, out| priority(v, 17, out)), "stp.bridge.prio", "Bridge Priority";
    BRIDGE_EXT: U16 bits(17..19, 0x0fff), "stp.bridge.ext", "Bridge System ID Extension";
    BRIDGE_HW: Mac at(19..25), "stp.bridge.hw", "Bridge System ID";
    PORT: U16 at(25..27), "stp.port", "Port identifier", hex;
    VERSION_1_LENGTH: U8 at(35..36), "stp.version_1_length", "Version 1 Length", when(is_rapid);
    VERSION_3_LENGTH: U16 at(36..38), "mstp.version_3_length", "Version 3 Length", when(is_multiple);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    info: Some(info),
    ..Protocol::new("stp", "Spanning Tree Protocol", "STP")
};

/// A topology change notification ends behind its type; configuration and rapid BPDUs hold 35 and more bytes.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    let length = match b.u8(3) {
        TYPE_CONFIGURATION => 35,
        TYPE_RAPID if b.u8(2) >= VERSION_MULTIPLE => b.len().max(38),
        TYPE_RAPID => 36,
        _ => 4,
    };
    b.need(length)?;
    Ok(Step::next(length, ProtocolId::NONE))
}

const TYPE_CONFIGURATION: u8 = 0x00;
const TYPE_RAPID: u8 = 0x02;
const VERSION_MULTIPLE: u8 = 3;

const VERSIONS: crate::field::ValueNames = &[
    (0, "Spanning Tree"),
    (2, "Rapid Spanning Tree"),
    (3, "Multiple Spanning Tree"),
    (4, "Shortest Path Tree"),
];

const TYPES: crate::field::ValueNames =
    &[(0x00, "Configuration"), (0x02, "Rapid/Multiple Spanning Tree"), (0x80, "Topology Change Notification")];

const ROLES: crate::field::ValueNames =
    &[(0, "Unknown"), (1, "Alternate or Backup"), (2, "Root"), (3, "Designated")];

fn is_rapid(view: &View<'_>) -> bool {
    view.bytes.u8(3) == TYPE_RAPID
}

fn is_multiple(view: &View<'_>) -> bool {
    is_rapid(view) && view.bytes.u8(2) >= VERSION_MULTIPLE
}

/// The priority of a bridge is a multiple of 4096; the bits below number the tree (IEEE 802.1Q §14.2.5).
fn priority(view: &View<'_>, at: usize, out: &mut dyn FnMut(Value<'_>)) {
    if let Some(number) = view.header().number(at, at + 2) {
        out(Value::Unsigned(number & 0xf000));
    }
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let name = match (b.u8(3), b.u8(2)) {
        (TYPE_CONFIGURATION, _) => "Conf.",
        (TYPE_RAPID, 4) => "SPT.",
        (TYPE_RAPID, VERSION_MULTIPLE) => "MST.",
        (TYPE_RAPID, _) => "RST.",
        (0x80, _) => return out.push_str("Topology Change Notification"),
        _ => return out.push_str("Unknown BPDU type"),
    };
    out.push_str(name);
    if b.u8(4) & 1 != 0 {
        out.push_str(" TC +");
    }
    if let Some(root) = b.array(7) {
        put!(
            out,
            " Root = {}/{}/{}  Cost = {}  Port = 0x{:04x}",
            b.u16(5) & 0xf000,
            b.u16(5) & 0xfff,
            crate::Address::Mac(root),
            b.u32(13),
            b.u16(25)
        );
    }
}
