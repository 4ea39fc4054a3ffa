//! Open Shortest Path First: version 2 (RFC 2328) and 3 (RFC 5340).

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "ospf.version", "Version";
    MSG: U8 at(1..2), "ospf.msg", "Message Type", names(MESSAGES);
    PACKET_LENGTH: U16 at(2..4), "ospf.packet_length", "Packet Length";
    SRCROUTER: Ip4 at(4..8), "ospf.srcrouter", "Source OSPF Router";
    AREA_ID: Ip4 at(8..12), "ospf.area_id", "Area ID";
    CHECKSUM: U16 at(12..14), "ospf.checksum", "Checksum", hex;
    AUTH_TYPE: U16 at(14..16), "ospf.auth.type", "Auth Type", names(AUTHENTICATIONS), when(is_version_2);
    INSTANCE_ID: U8 at(14..15), "ospf.instance_id", "Instance ID", when(|v| !is_version_2(v));
    AUTH_NONE: Bytes at(16..24), "ospf.auth.none", "Auth Data (none)",
        when(|v| is_version_2(v) && v.bytes.u16(14) == 0);
    AUTH_KEY_ID: U8 at(18..19), "ospf.auth.crypt.key_id", "Auth Crypt Key id", when(is_cryptographic);
    AUTH_DATA_LENGTH: U8 at(19..20), "ospf.auth.crypt.data_length", "Auth Crypt Data Length", when(is_cryptographic);
    AUTH_SEQUENCE: U32 at(20..24), "ospf.auth.crypt.seq_nbr", "Auth Crypt Sequence Number", when(is_cryptographic);
    HELLO_INTERFACE: U32 walk, "ospf.hello.interface_id", "Interface ID";
    HELLO_MASK: Ip4 walk, "ospf.hello.network_mask", "Network Mask";
    HELLO_INTERVAL: U32 walk, "ospf.hello.hello_interval", "Hello Interval [sec]";
    OPTIONS_V2: U8 walk, "ospf.v2.options", "Options", hex;
    OPTION_V2_DN: Bool walk, "ospf.v2.options.dn", "DN";
    OPTION_V2_O: Bool walk, "ospf.v2.options.o", "O";
    OPTION_V2_DC: Bool walk, "ospf.v2.options.dc", "(DC) Demand Circuits";
    OPTION_V2_L: Bool walk, "ospf.v2.options.l", "(L) LLS Data block";
    OPTION_V2_N: Bool walk, "ospf.v2.options.n", "(N) NSSA";
    OPTION_V2_MC: Bool walk, "ospf.v2.options.mc", "(MC) Multicast";
    OPTION_V2_E: Bool walk, "ospf.v2.options.e", "(E) External Routing";
    OPTION_V2_MT: Bool walk, "ospf.v2.options.mt", "(MT) Multi-Topology Routing";
    OPTIONS_V3: U24 walk, "ospf.v3.options", "Options", hex;
    OPTION_V3_AT: Bool walk, "ospf.v3.options.at", "AT";
    OPTION_V3_L: Bool walk, "ospf.v3.options.l", "L";
    OPTION_V3_AF: Bool walk, "ospf.v3.options.af", "AF";
    OPTION_V3_DC: Bool walk, "ospf.v3.options.dc", "DC";
    OPTION_V3_R: Bool walk, "ospf.v3.options.r", "R";
    OPTION_V3_N: Bool walk, "ospf.v3.options.n", "N";
    OPTION_V3_MC: Bool walk, "ospf.v3.options.mc", "MC";
    OPTION_V3_E: Bool walk, "ospf.v3.options.e", "E";
    OPTION_V3_V6: Bool walk, "ospf.v3.options.v6", "V6";
    ROUTER_PRIORITY: U8 walk, "ospf.hello.router_priority", "Router Priority";
    DEAD_INTERVAL: U32 walk, "ospf.hello.router_dead_interval", "Router Dead Interval [sec]";
    DESIGNATED: Ip4 walk, "ospf.hello.designated_router", "Designated Router";
    BACKUP: Ip4 walk, "ospf.hello.backup_designated_router", "Backup Designated Router";
    NEIGHBOR: Ip4 walk, "ospf.hello.active_neighbor", "Active Neighbor";
    DB_MTU: U16 walk, "ospf.db.interface_mtu", "Interface MTU";
    DBD: U8 walk, "ospf.dbd", "DB Description", hex;
    DB_SEQUENCE: U32 walk, "ospf.db.dd_sequence", "DD Sequence";
    DBD_R: Bool walk, "ospf.dbd.r", "(R) OOBResync";
    DBD_I: Bool walk, "ospf.dbd.i", "(I) Init";
    DBD_M: Bool walk, "ospf.dbd.m", "(M) More";
    DBD_MS: Bool walk, "ospf.dbd.ms", "(MS) Master";
    LSAS: U32 walk, "ospf.ls.number_of_lsas", "Number of LSAs";
    LSA_AGE: U16 walk, "ospf.lsa.age", "LS Age (seconds)";
    LSA_DONOTAGE: U16 walk, "ospf.lsa.donotage", "Do Not Age Flag";
    LSA_DO_NOT_AGE: Bool walk, "ospf.v3.lsa.do_not_age", "Do Not Age";
    LSA_TYPE: U8 walk, "ospf.lsa", "LS Type", names(LSA_TYPES);
    LSA_V3_TYPE: U16 walk, "ospf.v3.lsa", "LS Type", hex;
    LSA_V3_U: Bool walk, "ospf.v3.lsa.u", "LSA Handling";
    LSA_V3_S12: U16 walk, "ospf.v3.lsa.s12", "Flooding Scope", hex;
    LSA_V3_FC: U16 walk, "ospf.v3.lsa.fc", "Function Code", names(LSA_V3_TYPES);
    LINK_STATE_ID: Ip4 walk, "ospf.link_state_id", "Link State ID";
    LSA_ID: Ip4 walk, "ospf.lsa.id", "Link State ID";
    ADVROUTER: Ip4 walk, "ospf.advrouter", "Advertising Router";
    LSA_SEQNUM: U32 walk, "ospf.lsa.seqnum", "Sequence Number", hex;
    LSA_CHKSUM: U16 walk, "ospf.lsa.chksum", "Checksum", hex;
    LSA_LENGTH: U16 walk, "ospf.lsa.length", "Length";
    LINKS: U16 walk, "ospf.lsa.number_of_links", "Number of Links";
    LINKID: Ip4 walk, "ospf.lsa.router.linkid", "Link ID";
    LINKDATA: Ip4 walk, "ospf.lsa.router.linkdata", "Link Data";
    LINKTYPE: U8 walk, "ospf.lsa.router.linktype", "Link Type", names(LINK_TYPES);
    NUMMETRICS: U8 walk, "ospf.lsa.router.nummetrics", "Number of Metrics";
    METRIC0: U16 walk, "ospf.lsa.router.metric0", "0 Metric";
    NETMASK: Ip4 walk, "ospf.lsa.network.netmask", "Netmask";
    ATTACHED_V3: Ip4 walk, "ospf.v3.lsa.attached_router", "Attached Router";
    ATTACHED: Ip4 walk, "ospf.lsa.network.attchrtr", "Attached Router";
    LINK_V3_TYPE: U8 walk, "ospf.v3.lsa.type", "Type", names(LINK_TYPES);
    INTERFACE_ID: U32 walk, "ospf.v3.lsa.interface_id", "Interface ID";
    NEIGHBOR_INTERFACE_ID: U32 walk, "ospf.v3.lsa.neighbor_interface_id", "Neighbor Interface ID";
    NEIGHBOR_ROUTER_ID: Ip4 walk, "ospf.v3.lsa.neighbor_router_id", "Neighbor Router ID";
    METRIC: U32 walk, "ospf.metric", "Metric";
    PREFIX_LENGTH: U8 walk, "ospf.prefix_length", "PrefixLength";
    PREFIX_OPTIONS: U8 walk, "ospf.v3.prefix.options", "PrefixOptions", hex;
    ADDRESS_PREFIX: Ip6 walk, "ospf.v3.address_prefix.ipv6", "Address Prefix";
    PREFIXES: U32 walk, "ospf.v3.lsa.num_prefixes", "# prefixes";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(89)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| {
        let message = view.bytes.u8(1);
        match crate::field::value_name(MESSAGES, message.into()) {
            Some(name) => out.push_str(name),
            None => put!(out, "Unknown ({message})"),
        }
    }),
    ..Protocol::new("ospf", "Open Shortest Path First", "OSPF")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(header_length(b))?;
    Ok(Step::last(b))
}

const HELLO: u8 = 1;
const DATABASE_DESCRIPTION: u8 = 2;
const REQUEST: u8 = 3;
const UPDATE: u8 = 4;
const ACKNOWLEDGE: u8 = 5;

const MESSAGES: crate::field::ValueNames =
    &[(1, "Hello Packet"), (2, "DB Description"), (3, "LS Request"), (4, "LS Update"), (5, "LS Acknowledge")];

const AUTHENTICATIONS: crate::field::ValueNames =
    &[(0, "Null"), (1, "Simple password"), (2, "Cryptographic")];

const LSA_TYPES: crate::field::ValueNames = &[
    (1, "Router-LSA"),
    (2, "Network-LSA"),
    (3, "Summary-LSA (IP network)"),
    (4, "Summary-LSA (ASBR)"),
    (5, "AS-External-LSA (ASBR)"),
    (6, "Group Membership LSA"),
    (7, "NSSA AS-External-LSA"),
    (9, "Opaque LSA, Link-local scope"),
    (10, "Opaque LSA, Area-local scope"),
    (11, "Opaque LSA, AS-local scope"),
];

const LSA_V3_TYPES: crate::field::ValueNames = &[
    (1, "Router-LSA"),
    (2, "Network-LSA"),
    (3, "Inter-Area-Prefix-LSA"),
    (4, "Inter-Area-Router-LSA"),
    (5, "AS-External-LSA"),
    (7, "NSSA-LSA"),
    (8, "Link-LSA"),
    (9, "Intra-Area-Prefix-LSA"),
];

const LINK_TYPES: crate::field::ValueNames = &[
    (1, "Point-to-point connection to another router"),
    (2, "Connection to a transit network"),
    (3, "Connection to a stub network"),
    (4, "Virtual link"),
];

/// Version 3 leaves authentication to IPv6 (RFC 5340 §A.3.1).
fn header_length(b: Bytes<'_>) -> usize {
    if b.u8(0) == 3 { 16 } else { 24 }
}

fn is_version_2(view: &View<'_>) -> bool {
    view.bytes.u8(0) == 2
}

fn is_cryptographic(view: &View<'_>) -> bool {
    is_version_2(view) && view.bytes.u16(14) == 2
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.bytes;
    // The authentication data stands behind the packet, and is not counted by its length (RFC 2328 §D.4.3).
    let whole = &b.0[..usize::from(b.u16(2)).clamp(header_length(b).min(b.len()), b.len())];
    let mut r = Reader::new(whole, header_length(b));
    match (b.u8(0), b.u8(1)) {
        (2, HELLO) => {
            put_ip4(&mut r, HELLO_MASK, out)?;
            put_number(&mut r, 2, HELLO_INTERVAL, out)?;
            options_v2(&mut r, out)?;
            put_number(&mut r, 1, ROUTER_PRIORITY, out)?;
            put_number(&mut r, 4, DEAD_INTERVAL, out)?;
            routers(&mut r, out)
        }
        (3, HELLO) => {
            put_number(&mut r, 4, HELLO_INTERFACE, out)?;
            put_number(&mut r, 1, ROUTER_PRIORITY, out)?;
            options_v3(&mut r, out)?;
            put_number(&mut r, 2, HELLO_INTERVAL, out)?;
            put_number(&mut r, 2, DEAD_INTERVAL, out)?;
            routers(&mut r, out)
        }
        (2, DATABASE_DESCRIPTION) => {
            put_number(&mut r, 2, DB_MTU, out)?;
            options_v2(&mut r, out)?;
            description(&mut r, out)?;
            advertisements(&mut r, 2, false, out)
        }
        (3, DATABASE_DESCRIPTION) => {
            r.take(1)?;
            options_v3(&mut r, out)?;
            put_number(&mut r, 2, DB_MTU, out)?;
            r.take(1)?;
            description(&mut r, out)?;
            advertisements(&mut r, 3, false, out)
        }
        (version @ (2 | 3), REQUEST) => requests(&mut r, version, out),
        (version @ (2 | 3), ACKNOWLEDGE) => advertisements(&mut r, version, false, out),
        (version @ (2 | 3), UPDATE) => {
            put_number(&mut r, 4, LSAS, out)?;
            advertisements(&mut r, version, true, out)
        }
        _ => Ok(()),
    }
}

fn options_v2(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const FLAGS: &[(FieldIndex, u64)] = &[
        (OPTION_V2_DN, 0x80),
        (OPTION_V2_O, 0x40),
        (OPTION_V2_DC, 0x20),
        (OPTION_V2_L, 0x10),
        (OPTION_V2_N, 0x08),
        (OPTION_V2_MC, 0x04),
        (OPTION_V2_E, 0x02),
        (OPTION_V2_MT, 0x01),
    ];
    let options = put_number(r, 1, OPTIONS_V2, out)?;
    put_flags(r, 1, options, FLAGS, out);
    Ok(())
}

fn options_v3(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    const FLAGS: &[(FieldIndex, u64)] = &[
        (OPTION_V3_AT, 0x400),
        (OPTION_V3_L, 0x200),
        (OPTION_V3_AF, 0x100),
        (OPTION_V3_DC, 0x20),
        (OPTION_V3_R, 0x10),
        (OPTION_V3_N, 0x08),
        (OPTION_V3_MC, 0x04),
        (OPTION_V3_E, 0x02),
        (OPTION_V3_V6, 0x01),
    ];
    let options = put_number(r, 3, OPTIONS_V3, out)?;
    put_flags(r, 3, options, FLAGS, out);
    Ok(())
}

fn description(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let flags = put_number(r, 1, DBD, out)?;
    put_flags(r, 1, flags, &[(DBD_R, 8), (DBD_I, 4), (DBD_M, 2), (DBD_MS, 1)], out);
    put_number(r, 4, DB_SEQUENCE, out).map(drop)
}

/// RFC 2328 §A.3.4, RFC 5340 §A.3.4.
fn requests(r: &mut Reader<'_>, version: u8, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() >= 12 {
        if version == 2 {
            put_number(r, 4, LSA_TYPE, out)?;
        } else {
            r.take(2)?;
            type_v3(r, out)?;
        }
        put_ip4(r, LINK_STATE_ID, out)?;
        put_ip4(r, ADVROUTER, out)?;
    }
    Ok(())
}

/// Link state advertisements (RFC 2328 §A.4, RFC 5340 §A.4), with their bodies or without.
fn advertisements(
    r: &mut Reader<'_>,
    version: u8,
    bodies: bool,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    const HEADER: usize = 20;
    while r.left() >= HEADER {
        let at = r.at();
        let length = if bodies { usize::from(Bytes(r.whole()).u16(at + 18)).max(HEADER) } else { HEADER };
        let mut advertisement = r.sub(length.min(r.left()))?;
        out.open(at..advertisement.end(), format_args!("Link state advertisement"));
        let kind = header(&mut advertisement, version, out)?;
        // One damaged body does not hide the next advertisement.
        let _ = match (version, kind) {
            _ if !bodies => Ok(()),
            (2, 1) => router_v2(&mut advertisement, out),
            (2, 2) => network_v2(&mut advertisement, out),
            (3, 1) => router_v3(&mut advertisement, out),
            (3, 2) => network_v3(&mut advertisement, out),
            (3, 3) => {
                advertisement.take(1)?;
                put_number(&mut advertisement, 3, METRIC, out)?;
                prefix(&mut advertisement, None, out)
            }
            (3, 8) => link_v3(&mut advertisement, out),
            (3, 9) => intra_area_prefix(&mut advertisement, out),
            _ => Ok(()),
        };
        out.close();
    }
    Ok(())
}

/// The header of an advertisement; returns its type, without what says how far it is flooded.
fn header(r: &mut Reader<'_>, version: u8, out: &mut dyn FieldSink) -> Result<u64, Short> {
    let age = r.number(2)?;
    let at = r.at() - 2..r.at();
    out.put(LSA_AGE, at.clone(), Value::Unsigned(age & 0x7fff));
    let kind = if version == 2 {
        out.put(LSA_DONOTAGE, at, Value::Unsigned(age >> 15));
        options_v2(r, out)?;
        let kind = put_number(r, 1, LSA_TYPE, out)?;
        if matches!(kind, 9..=11) {
            r.take(4).map(drop)?;
        } else {
            put_ip4(r, LSA_ID, out)?;
        }
        kind
    } else {
        out.put(LSA_DO_NOT_AGE, at, Value::Bool(age >> 15 != 0));
        let kind = type_v3(r, out)?;
        put_ip4(r, LINK_STATE_ID, out)?;
        kind
    };
    put_ip4(r, ADVROUTER, out)?;
    put_number(r, 4, LSA_SEQNUM, out)?;
    put_number(r, 2, LSA_CHKSUM, out)?;
    put_number(r, 2, LSA_LENGTH, out)?;
    Ok(kind)
}

/// How far it is flooded, and the function code (RFC 5340 §A.4.2.1), which is returned.
fn type_v3(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<u64, Short> {
    let kind = put_number(r, 2, LSA_V3_TYPE, out)?;
    let at = r.at() - 2..r.at();
    out.put(LSA_V3_U, at.clone(), Value::Bool(kind >> 15 != 0));
    out.put(LSA_V3_S12, at.clone(), Value::Unsigned(kind >> 13 & 3));
    out.put(LSA_V3_FC, at, Value::Unsigned(kind & 0x1fff));
    Ok(kind & 0x1fff)
}

/// RFC 2328 §A.4.2; metrics of types of service follow the first one.
fn router_v2(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    r.take(2)?;
    for _ in 0..put_number(r, 2, LINKS, out)? {
        put_ip4(r, LINKID, out)?;
        put_ip4(r, LINKDATA, out)?;
        put_number(r, 1, LINKTYPE, out)?;
        let metrics = put_number(r, 1, NUMMETRICS, out)?;
        put_number(r, 2, METRIC0, out)?;
        r.take(4 * metrics as usize)?;
    }
    Ok(())
}

/// RFC 2328 §A.4.3.
fn network_v2(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, NETMASK, out)?;
    while r.left() >= 4 {
        put_ip4(r, ATTACHED, out)?;
    }
    Ok(())
}

/// RFC 5340 §A.4.3.
fn router_v3(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    r.take(1)?;
    options_v3(r, out)?;
    while r.left() >= 16 {
        put_number(r, 1, LINK_V3_TYPE, out)?;
        r.take(1)?;
        put_number(r, 2, METRIC, out)?;
        put_number(r, 4, INTERFACE_ID, out)?;
        put_number(r, 4, NEIGHBOR_INTERFACE_ID, out)?;
        put_ip4(r, NEIGHBOR_ROUTER_ID, out)?;
    }
    Ok(())
}

/// RFC 5340 §A.4.4.
fn network_v3(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    r.take(1)?;
    options_v3(r, out)?;
    while r.left() >= 4 {
        put_ip4(r, ATTACHED_V3, out)?;
    }
    Ok(())
}

/// RFC 5340 §A.4.9.
fn link_v3(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    r.take(1)?;
    options_v3(r, out)?;
    r.take(16)?;
    for _ in 0..put_number(r, 4, PREFIXES, out)? {
        prefix(r, None, out)?;
    }
    Ok(())
}

/// RFC 5340 §A.4.10.
fn intra_area_prefix(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let count = put_number(r, 2, PREFIXES, out)?;
    r.take(10)?;
    for _ in 0..count {
        prefix(r, Some(METRIC), out)?;
    }
    Ok(())
}

/// A prefix takes as many words as it needs (RFC 5340 §A.4.1); `metric` is what the two bytes in front of it are.
fn prefix(r: &mut Reader<'_>, metric: Option<FieldIndex>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bits = put_number(r, 1, PREFIX_LENGTH, out)?;
    put_number(r, 1, PREFIX_OPTIONS, out)?;
    match metric {
        Some(field) => _ = put_number(r, 2, field, out)?,
        None => _ = r.take(2)?,
    }
    let at = r.at();
    let bytes = r.take(4 * bits.div_ceil(32) as usize)?;
    let mut address = [0; 16];
    if let Some(start) = address.get_mut(..bytes.len()) {
        start.copy_from_slice(bytes);
        out.put(ADDRESS_PREFIX, at..r.at(), Value::Ip6(address));
    }
    Ok(())
}

fn routers(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, DESIGNATED, out)?;
    put_ip4(r, BACKUP, out)?;
    while r.left() >= 4 {
        put_ip4(r, NEIGHBOR, out)?;
    }
    Ok(())
}
