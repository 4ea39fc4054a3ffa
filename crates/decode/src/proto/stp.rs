//! The spanning tree protocols of bridges: STP, RSTP and MSTP (IEEE 802.1Q §14).

use super::prelude::*;

fields! {
    PROTOCOL_ID: U16 at(0..2), "stp.protocol", "Protocol Identifier", hex, names(&[(0, "Spanning Tree Protocol")]);
    VERSION: U8 at(2..3), "stp.version", "Protocol Version Identifier", names(VERSIONS);
    TYPE: U8 at(3..4), "stp.type", "BPDU Type", hex, names(TYPES);
    FLAGS: U8 at(4..5), "stp.flags", "BPDU flags", hex;
    ROOT_PRIO: U16 meta(|v, out| priority(v, 5, out)), "stp.root.prio", "Root Bridge Priority";
    ROOT_EXT: U16 bits(5..7, 0x0fff), "stp.root.ext", "Root Bridge System ID Extension";
    ROOT_HW: Mac at(7..13), "stp.root.hw", "Root Bridge System ID";
    ROOT_COST: U32 at(13..17), "stp.root.cost", "Root Path Cost";
    BRIDGE_PRIO: U16 meta(|v, out| priority(v, 17, out)), "stp.bridge.prio", "Bridge Priority";
    BRIDGE_EXT: U16 bits(17..19, 0x0fff), "stp.bridge.ext", "Bridge System ID Extension";
    BRIDGE_HW: Mac at(19..25), "stp.bridge.hw", "Bridge System ID";
    PORT: U16 at(25..27), "stp.port", "Port identifier", hex;
    MSG_AGE: Double meta(|v, out| timer(v, 27, out)), "stp.msg_age", "Message Age";
    MAX_AGE: Double meta(|v, out| timer(v, 29, out)), "stp.max_age", "Max Age";
    HELLO: Double meta(|v, out| timer(v, 31, out)), "stp.hello", "Hello Time";
    FORWARD: Double meta(|v, out| timer(v, 33, out)), "stp.forward", "Forward Delay";
    VERSION_1_LENGTH: U8 at(35..36), "stp.version_1_length", "Version 1 Length", when(is_rapid);
    TC_ACK: Bool walk, "stp.flags.tcack", "Topology Change Acknowledgment";
    AGREEMENT: Bool walk, "stp.flags.agreement", "Agreement";
    FORWARDING: Bool walk, "stp.flags.forwarding", "Forwarding";
    LEARNING: Bool walk, "stp.flags.learning", "Learning";
    PORT_ROLE: U8 walk, "stp.flags.port_role", "Port Role", names(ROLES);
    PROPOSAL: Bool walk, "stp.flags.proposal", "Proposal";
    TC: Bool walk, "stp.flags.tc", "Topology Change";
    VERSION_3_LENGTH: U16 at(36..38), "mstp.version_3_length", "Version 3 Length", when(is_multiple);
    CONFIG_FORMAT: U8 walk, "mstp.config_format_selector", "MST Config ID format selector";
    CONFIG_NAME: Text walk, "mstp.config_name", "MST Config name";
    CONFIG_REVISION: U16 walk, "mstp.config_revision_level", "MST Config revision";
    CONFIG_DIGEST: Bytes walk, "mstp.config_digest", "MST Config digest";
    CIST_COST: U32 walk, "mstp.cist_internal_root_path_cost", "CIST Internal Root Path Cost";
    CIST_PRIO: U16 walk, "mstp.cist_bridge.prio", "CIST Bridge Priority";
    CIST_EXT: U16 walk, "mstp.cist_bridge.ext", "CIST Bridge Identifier System ID Extension";
    CIST_HW: Mac walk, "mstp.cist_bridge.hw", "CIST Bridge Identifier System ID";
    CIST_HOPS: U8 walk, "mstp.cist_remaining_hops", "CIST Remaining hops";
    MSTI_FLAGS: U8 walk, "mstp.msti.flags", "MSTI flags", hex;
    MSTI_PRIORITY: U8 walk, "mstp.msti.priority", "Priority", hex;
    MSTI_ID: U16 walk, "mstp.msti.msti_id", "MSTID";
    MSTI_HW: Mac walk, "mstp.msti.root.hw", "Regional Root";
    MSTI_COST: U32 walk, "mstp.msti.root_cost", "Internal root path cost";
    MSTI_BRIDGE_PRIORITY: U8 walk, "mstp.msti.bridge_priority", "Bridge Identifier Priority";
    MSTI_PORT_PRIORITY: U8 walk, "mstp.msti.port_priority", "Port identifier priority";
    MSTI_HOPS: U8 walk, "mstp.msti.remaining_hops", "Remaining hops";
    VERSION_4_LENGTH: U16 walk, "mstp.version_4_length", "Version 4 Length";
    AGREEMENT_NUMBER: U8 walk, "mstp.agree_flags.agreement_num", "Agreement Number";
    DISAGREEMENT_NUMBER: U8 walk, "mstp.agree_flags.dagreement_num", "Disagreement Number";
    AGREEMENT_VALID: Bool walk, "mstp.agree_flags.agreement_valid", "Agreement Valid Flag";
    RESTRICTED_ROLE: Bool walk, "mstp.agree_flags.rest_role", "Restricted Role";
    AGREEMENT_DIGEST: Bytes walk, "mstp.agreement_digest", "Agreement Digest";
    PVST_TYPE: U16 walk, "stp.pvst.tlvtype", "Type", hex;
    PVST_LENGTH: U16 walk, "stp.pvst.tlvlen", "Length";
    ORIGINATING_VLAN: U16 walk, "stp.pvst.origvlan", "Originating VLAN";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("stp", "Spanning Tree Protocol", "STP")
};

/// A topology change notification ends behind its type; configuration and rapid BPDUs hold 35 and more bytes.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    let length = match b.u8(3) {
        TYPE_CONFIGURATION | TYPE_RAPID if has_vlan(b) => ORIGINATING_VLAN_AT + 6,
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
const VERSION_SHORTEST_PATH: u8 = 4;

const VERSIONS: crate::field::ValueNames = &[
    (0, "Spanning Tree"),
    (2, "Rapid Spanning Tree"),
    (3, "Multiple Spanning Tree"),
    (4, "Shortest Path Tree"),
];

const TYPES: crate::field::ValueNames = &[
    (0x00, "Configuration"),
    (0x02, "Rapid/Multiple Spanning Tree"),
    (0x80, "Topology Change Notification"),
];

const ROLES: crate::field::ValueNames =
    &[(0, "Unknown"), (1, "Alternate or Backup"), (2, "Root"), (3, "Designated")];

fn is_rapid(view: &View<'_>) -> bool {
    view.bytes.u8(3) == TYPE_RAPID
}

/// Behind the BPDUs of Cisco's per-VLAN trees stands the VLAN, as a type of 0, a length of 2 and its number. Those of
/// version 0 have a byte of padding in front of it.
const ORIGINATING_VLAN_AT: usize = 36;

fn has_vlan(b: Bytes<'_>) -> bool {
    b.u8(2) < VERSION_MULTIPLE
        && b.len() >= ORIGINATING_VLAN_AT + 6
        && b.number(ORIGINATING_VLAN_AT, ORIGINATING_VLAN_AT + 4) == Some(2)
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

/// Times count 1/256 s (IEEE 802.1Q §14.2.8).
fn timer(view: &View<'_>, at: usize, out: &mut dyn FnMut(Value<'_>)) {
    if view.header().len() >= 35 {
        out(Value::Float(f64::from(view.bytes.u16(at)) / 256.0));
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    if !matches!(b.u8(3), TYPE_CONFIGURATION | TYPE_RAPID) {
        return Ok(());
    }
    put_tree_flags(b, 4, is_rapid(view), out);
    if has_vlan(b) {
        let mut r = Reader::new(b.0, ORIGINATING_VLAN_AT);
        put_number(&mut r, 2, PVST_TYPE, out)?;
        put_number(&mut r, 2, PVST_LENGTH, out)?;
        return put_number(&mut r, 2, ORIGINATING_VLAN, out).map(drop);
    }
    if !is_multiple(view) {
        return Ok(());
    }
    let mut r = Reader::new(b.0, 38);
    put_configuration(&mut r, out)?;
    put_number(&mut r, 4, CIST_COST, out)?;
    let bridge = r.u16()?;
    put_parts(&r, 2, bridge.into(), &[(CIST_EXT, 0x0fff)], out);
    out.put(CIST_PRIO, r.at() - 2..r.at(), Value::Unsigned((bridge & 0xf000).into()));
    put_mac(&mut r, CIST_HW, out)?;
    put_number(&mut r, 1, CIST_HOPS, out)?;
    // The length counts from the format selector on: 64 bytes, and 16 for each further tree (IEEE 802.1Q §14.4).
    let trees = usize::from(b.u16(36)).saturating_sub(64) / 16;
    for _ in 0..trees {
        let mut tree = r.sub(16)?;
        let at = tree.at();
        out.open(at..at + 16, format_args!("MSTID {}", b.u16(at + 1) & 0xfff));
        put_number(&mut tree, 1, MSTI_FLAGS, out)?;
        put_tree_flags(b, at, true, out);
        let root = tree.u16()?.into();
        put_parts(&tree, 2, root, &[(MSTI_PRIORITY, 0xf000), (MSTI_ID, 0x0fff)], out);
        put_mac(&mut tree, MSTI_HW, out)?;
        put_number(&mut tree, 4, MSTI_COST, out)?;
        // The upper halves of the two bytes (IEEE 802.1Q §14.4.1).
        for field in [MSTI_BRIDGE_PRIORITY, MSTI_PORT_PRIORITY] {
            let byte = tree.u8()?.into();
            put_parts(&tree, 1, byte, &[(field, 0xf0)], out);
        }
        put_number(&mut tree, 1, MSTI_HOPS, out)?;
        out.close();
    }
    if b.u8(2) >= VERSION_SHORTEST_PATH && r.left() >= 2 {
        put_number(&mut r, 2, VERSION_4_LENGTH, out)?;
        put_configuration(&mut r, out)?;
        agreement(&mut r, out)?;
    }
    Ok(())
}

/// What the bridges of shortest path trees agree on (IEEE 802.1Q §28.12.2): flags, and a digest with reserved bytes in
/// front.
fn agreement(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let flags = r.u8()?.into();
    put_parts(r, 1, flags, &[(AGREEMENT_NUMBER, 0x03), (DISAGREEMENT_NUMBER, 0x0c)], out);
    put_flags(r, 1, flags, &[(AGREEMENT_VALID, 0x10), (RESTRICTED_ROLE, 0x20)], out);
    r.take(13)?;
    put_bytes(r, 20, AGREEMENT_DIGEST, out)
}

/// The identifier of a configuration (IEEE 802.1Q §13.8); behind the trees stands that of the shortest path trees.
fn put_configuration(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, CONFIG_FORMAT, out)?;
    let at = r.at();
    let name = without_padding(r.take(32)?);
    out.put(CONFIG_NAME, at..at + 32, Value::Text(name));
    put_number(r, 2, CONFIG_REVISION, out)?;
    put_bytes(r, 16, CONFIG_DIGEST, out)
}

/// The flags of one tree; plain STP knows only the first and the last.
fn put_tree_flags(b: Bytes<'_>, at: usize, rapid: bool, out: &mut dyn FieldSink) {
    let flags = b.u8(at);
    let mut flag = |field, mask| out.put(field, at..at + 1, Value::Bool(flags & mask != 0));
    flag(TC_ACK, 0x80);
    if rapid {
        flag(AGREEMENT, 0x40);
        flag(FORWARDING, 0x20);
        flag(LEARNING, 0x10);
        flag(PROPOSAL, 0x02);
    }
    flag(TC, 0x01);
    if rapid {
        out.put(PORT_ROLE, at..at + 1, Value::Unsigned((flags >> 2 & 3).into()));
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
