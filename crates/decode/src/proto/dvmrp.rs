//! The Distance Vector Multicast Routing Protocol: version 1 (RFC 1075), and version 3 (draft-ietf-idmr-dvmrp-v3), whose
//! questions between routers mrinfo uses. Its messages are those of IGMP with type 0x13.

use super::prelude::*;
use crate::checksum;

fields! {
    VERSION: U8 meta(|v, out| out(Value::Unsigned(version(v.bytes).into()))), "dvmrp.version", "DVMRP Version";
    TYPE: U8 at(0..1), "dvmrp.type", "Type", hex, names(&[(0x13, "DVMRP")]);
    V1_CODE: U8 at(1..2), "dvmrp.v1.code", "Code", hex, names(CODES_1), when(|v| version(v.bytes) == 1);
    V3_CODE: U8 at(1..2), "dvmrp.v3.code", "Code", hex, names(CODES_3), when(|v| version(v.bytes) == 3);
    CHECKSUM: U16 at(2..4), "dvmrp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "dvmrp.checksum.status", "Checksum Status", names(checksum::STATUS);
    RESERVED: U16 at(4..6), "dvmrp.reserved", "Reserved", hex, when(|v| version(v.bytes) == 3);
    CAPABILITIES: U8 at(5..6), "dvmrp.capabilities", "Capabilities", hex, when(has_capabilities);
    CAP_NETMASK: Bool bits(5..6, 0x20), "dvmrp.cap.netmask", "Netmask", when(has_capabilities);
    CAP_SNMP: Bool bits(5..6, 0x10), "dvmrp.cap.snmp", "SNMP", when(has_capabilities);
    CAP_MTRACE: Bool bits(5..6, 0x08), "dvmrp.cap.mtrace", "Mtrace", when(has_capabilities);
    CAP_GENID: Bool bits(5..6, 0x04), "dvmrp.cap.genid", "Genid", when(has_capabilities);
    CAP_PRUNE: Bool bits(5..6, 0x02), "dvmrp.cap.prune", "Prune", when(has_capabilities);
    CAP_LEAF: Bool bits(5..6, 0x01), "dvmrp.cap.leaf", "Leaf", when(has_capabilities);
    MIN_VER: U8 at(6..7), "dvmrp.min_ver", "Minor Version", hex, when(|v| version(v.bytes) == 3);
    MAJ_VER: U8 at(7..8), "dvmrp.maj_ver", "Major Version", hex, when(|v| version(v.bytes) == 3);
    GENID: U32 walk, "dvmrp.genid", "Generation ID";
    NEIGHBOR: Ip4 walk, "dvmrp.neighbor", "Neighbor Addr";
    NETMASK: Ip4 walk, "dvmrp.netmask", "Netmask";
    METRIC: U8 walk, "dvmrp.metric", "Metric";
    SADDR: Ip4 walk, "dvmrp.saddr", "Source Addr";
    MADDR: Ip4 walk, "dvmrp.maddr", "Multicast Addr";
    LIFETIME: U32 walk, "dvmrp.lifetime", "Prune lifetime";
    LOCAL: Ip4 walk, "dvmrp.local", "Local Addr";
    THRESHOLD: U8 walk, "dvmrp.threshold", "Threshold";
    TUNNEL: Bool walk, "dvmrp.flag.tunnel", "Tunnel";
    SRCROUTE: Bool walk, "dvmrp.flag.srcroute", "Source Route";
    DOWN: Bool walk, "dvmrp.flag.down", "Down";
    DISABLED: Bool walk, "dvmrp.flag.disabled", "Disabled";
    QUERIER: Bool walk, "dvmrp.flag.querier", "Querier";
    LEAF: Bool walk, "dvmrp.flag.leaf", "Leaf";
    NCOUNT: U8 walk, "dvmrp.ncount", "Neighbor Count";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Flow],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("dvmrp", "Distance Vector Multicast Routing Protocol", "DVMRP")
};

/// The messages of version 3 (its §3.2 and appendix B); those below [`NEIGHBORS_2`] but for graft and prune are asked by
/// mrinfo.
const PROBE: u8 = 1;
const ASK_NEIGHBORS_2: u8 = 5;
const NEIGHBORS_2: u8 = 6;
const PRUNE: u8 = 7;
const GRAFT: u8 = 8;
const GRAFT_ACK: u8 = 9;

const CODES_1: crate::field::ValueNames =
    &[(1, "Response"), (2, "Request"), (3, "Non-membership report"), (4, "Non-membership cancellation")];

const CODES_3: crate::field::ValueNames = &[
    (1, "Probe"),
    (2, "Report"),
    (3, "Ask Neighbors"),
    (4, "Neighbors"),
    (5, "Ask Neighbors 2"),
    (6, "Neighbors 2"),
    (7, "Prune"),
    (8, "Graft"),
    (9, "Graft ACK"),
];

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    Ok(Step::last(b))
}

/// Version 1 has four codes, and commands from the fifth byte on, where version 3 has a zero (RFC 1075 §3).
fn version(b: Bytes<'_>) -> u8 {
    if (1..=4).contains(&b.u8(1)) && !(b.u8(4) == 0 && b.u8(7) >= 3) { 1 } else { 3 }
}

fn has_capabilities(view: &View<'_>) -> bool {
    version(view.bytes) == 3 && matches!(view.bytes.u8(1), PROBE | NEIGHBORS_2)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let mut r = Reader::new(b.0, 8);
    if version(b) != 3 {
        return Ok(());
    }
    match b.u8(1) {
        PROBE => {
            put_number(&mut r, 4, GENID, out)?;
            while r.left() > 0 {
                put_ip4(&mut r, NEIGHBOR, out)?;
            }
        }
        NEIGHBORS_2 => {
            while r.left() > 0 {
                interface(&mut r, out)?;
            }
        }
        PRUNE => {
            put_ip4(&mut r, SADDR, out)?;
            put_ip4(&mut r, MADDR, out)?;
            put_number(&mut r, 4, LIFETIME, out)?;
            if r.left() >= 4 {
                put_ip4(&mut r, NETMASK, out)?;
            }
        }
        GRAFT | GRAFT_ACK => {
            put_ip4(&mut r, SADDR, out)?;
            put_ip4(&mut r, MADDR, out)?;
            if r.left() >= 4 {
                put_ip4(&mut r, NETMASK, out)?;
            }
        }
        _ => {}
    }
    Ok(())
}

/// One interface of a router, and the neighbors there.
fn interface(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, LOCAL, out)?;
    put_number(r, 1, METRIC, out)?;
    put_number(r, 1, THRESHOLD, out)?;
    let at = r.at();
    let flags = r.u8()?;
    for (field, bit) in
        [(TUNNEL, 0x01), (SRCROUTE, 0x02), (DOWN, 0x10), (DISABLED, 0x20), (QUERIER, 0x40), (LEAF, 0x80)]
    {
        out.put(field, at..at + 1, Value::Bool(flags & bit != 0));
    }
    let count = put_number(r, 1, NCOUNT, out)?;
    for _ in 0..count {
        put_ip4(r, NEIGHBOR, out)?;
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let (version, code) = (version(b), b.u8(1));
    let codes = if version == 1 { CODES_1 } else { CODES_3 };
    put!(out, "V{version} {}", crate::field::value_name(codes, code.into()).unwrap_or("Unknown"));
    if code == ASK_NEIGHBORS_2 || code == NEIGHBORS_2 {
        put!(out, ", version {}.{}", b.u8(7), b.u8(6));
    }
}
