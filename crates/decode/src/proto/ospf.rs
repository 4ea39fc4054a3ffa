//! Open Shortest Path First: version 2 (RFC 2328) and 3 (RFC 5340). The bodies of advertisements are in `v2` and `v3`.

mod opaque;
mod v2;
mod v3;

use super::prelude::*;

fields! {
    VERSION: U8 at(0..1), "ospf.version", "Version";
    HEADER: None walk, "ospf.header", "OSPF Header";
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
    HELLO_PACKET: None walk, "ospf.hello", "OSPF Hello Packet";
    HELLO_MASK: Ip4 walk, "ospf.hello.network_mask", "Network Mask";
    HELLO_INTERVAL: U32 walk, "ospf.hello.hello_interval", "Hello Interval [sec]";
    OPTIONS_V2: U8 walk, "ospf.v2.options", "Options", hex;
    OPTION_V2_DN: Bool walk, "ospf.v2.options.dn", "DN";
    OPTION_V2_O: Bool walk, "ospf.v2.options.o", "O";
    OPTION_V2_DC: Bool walk, "ospf.v2.options.dc", "(DC) Demand Circuits";
    OPTION_V2_L: Bool walk, "ospf.v2.options.l", "(L) LLS Data block";
    OPTION_V2_N: Bool walk, "ospf.v2.options.n", "(N) NSSA";
    OPTION_V2_P: Bool walk, "ospf.v2.options.p", "(P) Propagate";
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
    ROUTER_FLAGS: U8 walk, "ospf.v2.router.lsa.flags", "Flags", hex;
    ROUTER_H: Bool walk, "ospf.v2.router.lsa.flags.h", "(H) flag";
    ROUTER_N: Bool walk, "ospf.v2.router.lsa.flags.n", "(N) flag";
    ROUTER_W: Bool walk, "ospf.v2.router.lsa.flags.w", "(W) Wild-card multicast receiver";
    ROUTER_V: Bool walk, "ospf.v2.router.lsa.flags.v", "(V) Virtual link endpoint";
    ROUTER_E: Bool walk, "ospf.v2.router.lsa.flags.e", "(E) AS boundary router";
    ROUTER_B: Bool walk, "ospf.v2.router.lsa.flags.b", "(B) Area border router";
    LINKS: U16 walk, "ospf.lsa.number_of_links", "Number of Links";
    LINKID: Ip4 walk, "ospf.lsa.router.linkid", "Link ID";
    LINKDATA: Ip4 walk, "ospf.lsa.router.linkdata", "Link Data";
    LINKTYPE: U8 walk, "ospf.lsa.router.linktype", "Link Type", names(LINK_TYPES);
    NUMMETRICS: U8 walk, "ospf.lsa.router.nummetrics", "Number of Metrics";
    METRIC0: U16 walk, "ospf.lsa.router.metric0", "0 Metric";
    TOS_METRIC: U32 walk, "ospf.ls.metric", "Metric";
    NETMASK: Ip4 walk, "ospf.lsa.network.netmask", "Netmask";
    ATTACHED_V3: Ip4 walk, "ospf.v3.lsa.attached_router", "Attached Router";
    ATTACHED: Ip4 walk, "ospf.lsa.network.attchrtr", "Attached Router";
    SUMMARY_MASK: Ip4 walk, "ospf.lsa.asbr.netmask", "Netmask";
    EXTERNAL_MASK: Ip4 walk, "ospf.lsa.asext.netmask", "Netmask";
    EXTERNAL_TYPE: Bool walk, "ospf.lsa.asext.type", "External Type";
    TOS: U8 walk, "ospf.lsa.tos", "TOS";
    EXTERNAL_FORWARDING: Ip4 walk, "ospf.lsa.asext.fwdaddr", "Forwarding Address";
    EXTERNAL_TAG: U32 walk, "ospf.lsa.asext.extrttag", "External Route Tag";
    OPAQUE_TYPE: U8 walk, "ospf.lsid_opaque_type", "Link State ID Opaque Type", names(OPAQUE_TYPES);
    OPAQUE_ID: U24 walk, "ospf.lsid.opaque_id", "Link State ID Opaque ID";
    TE_RESERVED: U8 walk, "ospf.lsid_te_lsa.reserved", "Link State ID TE-LSA Reserved";
    TE_INSTANCE: U16 walk, "ospf.lsid_te_lsa.instance", "Link State ID TE-LSA Instance";
    TLV_TYPE: U16 walk, "ospf.tlv_type", "TLV Type";
    OPAQUE_TLV_TYPE: U16 walk, "ospf.tlv_type.opaque", "TLV Type", names(INFORMATION_TLVS);
    TLV_LENGTH: U16 walk, "ospf.tlv_length", "TLV Length";
    DYNAMIC_HOSTNAME: Text walk, "ospf.dynhostname", "Dynamic Hostname";
    SR_ALGORITHM: U8 walk, "ospf.lsa_sa", "SR-Algorithm";
    RANGE_SIZE: U24 walk, "ospf.tlv.range_size", "Range Size";
    SID_LABEL_TYPE: U16 walk, "ospf.tlv.sidlabel_range.type", "TLV Type";
    SID_LABEL: U32 walk, "ospf.tlv.sid_label", "SID/Label";
    GRACE: None walk, "ospf.v2.grace", "Grace TLV";
    GRACE_PERIOD: U32 walk, "ospf.v2.grace.period", "Grace Period";
    GRACE_REASON: U8 walk, "ospf.v2.grace.reason", "Restart Reason", names(RESTARTS);
    GRACE_IP: Ip4 walk, "ospf.v2.grace.ip", "Restart IP";
    TE_ROUTER: Ip4 walk, "ospf.mpls.routerid", "MPLS/TE Router ID";
    TE_LINK_TYPE: U8 walk, "ospf.mpls.linktype", "MPLS/TE Link Type", names(TE_LINK_TYPES);
    TE_LINK_ID: Ip4 walk, "ospf.mpls.linkid", "MPLS/TE Link ID";
    TE_LOCAL: Ip4 walk, "ospf.mpls.local_addr", "MPLS/TE Local Interface Address";
    TE_REMOTE: Ip4 walk, "ospf.mpls.remote_addr", "MPLS/TE Remote Interface Address";
    TE_METRIC: U32 walk, "ospf.mpls.te_metric", "MPLS/TE Metric";
    TE_BANDWIDTH: Float walk, "ospf.mpls.link_max_bw", "Link Max BW";
    TE_UNRESERVED: Float walk, "ospf.mpls.pri", "Pri (or TE-Class)";
    TE_COLOR: U32 walk, "ospf.mpls.linkcolor", "MPLS/TE Link Resource Class/Color", hex;
    TE_LOCAL_ID: U32 walk, "ospf.mpls.local_id", "MPLS/TE Local Interface Index";
    TE_REMOTE_ID: U32 walk, "ospf.mpls.remote_id", "MPLS/TE Remote Interface Index";
    ROUTER_V3_FLAGS: U8 walk, "ospf.v3.router.lsa.flags", "Flags", hex;
    ROUTER_V3_W: Bool walk, "ospf.v3.router.lsa.flags.w", "(W) Wild-card multicast receiver";
    ROUTER_V3_V: Bool walk, "ospf.v3.router.lsa.flags.v", "(V) Virtual link endpoint";
    ROUTER_V3_E: Bool walk, "ospf.v3.router.lsa.flags.e", "(E) AS boundary router";
    ROUTER_V3_B: Bool walk, "ospf.v3.router.lsa.flags.b", "(B) Area border router";
    DESTINATION_ROUTER: Ip4 walk, "ospf.v3.lsa.destination_router_id", "Destination Router ID";
    EXTERNAL_V3_FLAGS: U8 walk, "ospf.v3.as.external.flags", "Flags", hex;
    EXTERNAL_V3_E: Bool walk, "ospf.v3.as.external.flags.e", "(E) External Metric";
    EXTERNAL_V3_F: Bool walk, "ospf.v3.as.external.flags.f", "(F) Forwarding Address";
    EXTERNAL_V3_T: Bool walk, "ospf.v3.as.external.flags.t", "(T) External Route Tag";
    FORWARDING_IP6: Ip6 walk, "ospf.v3.lsa.forwarding_address.ipv6", "Forwarding Address";
    FORWARDING_IP4: Ip4 walk, "ospf.v3.lsa.forwarding_address.ipv4", "Forwarding Address";
    EXTERNAL_V3_TAG: U32 walk, "ospf.v3.lsa.external_route_tag", "External Route Tag";
    LINK_PRIORITY: U8 walk, "ospf.v3.lsa.router_priority", "Router Priority";
    LINK_LOCAL_IP6: Ip6 walk, "ospf.v3.lsa.link_local_interface_address.ipv6", "Link-local Interface Address";
    LINK_LOCAL_IP4: Ip4 walk, "ospf.v3.lsa.link_local_interface_address.ipv4", "Link-local Interface Address";
    REFERENCED_TYPE: U16 walk, "ospf.v3.lsa.referenced_ls_type", "Referenced LS type", hex;
    REFERENCED_ID: Ip4 walk, "ospf.v3.lsa.referenced_link_state_id", "Referenced Link State ID";
    REFERENCED_ROUTER: Ip4 walk, "ospf.v3.lsa.referenced_advertising_router", "Referenced Advertising Router";
    LINK_V3_TYPE: U8 walk, "ospf.v3.lsa.type", "Type", names(LINK_TYPES);
    INTERFACE_ID: U32 walk, "ospf.v3.lsa.interface_id", "Interface ID";
    NEIGHBOR_INTERFACE_ID: U32 walk, "ospf.v3.lsa.neighbor_interface_id", "Neighbor Interface ID";
    NEIGHBOR_ROUTER_ID: Ip4 walk, "ospf.v3.lsa.neighbor_router_id", "Neighbor Router ID";
    METRIC: U32 walk, "ospf.metric", "Metric";
    PREFIX_LENGTH: U8 walk, "ospf.prefix_length", "PrefixLength";
    PREFIX_OPTIONS: U8 walk, "ospf.v3.prefix.options", "PrefixOptions", hex;
    PREFIX_P: Bool walk, "ospf.v3.prefix.options.p", "(P) Propagate";
    PREFIX_MC: Bool walk, "ospf.v3.prefix.options.mc", "(MC) Multicast";
    PREFIX_LA: Bool walk, "ospf.v3.prefix.options.la", "(LA) Local Address";
    PREFIX_NU: Bool walk, "ospf.v3.prefix.options.nu", "(NU) NoUnicast";
    ADDRESS_PREFIX_IP4: Ip4 walk, "ospf.v3.address_prefix.ipv4", "Address Prefix";
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

const OPAQUE_TYPES: crate::field::ValueNames = &[
    (1, "Traffic Engineering LSA"),
    (3, "grace-LSA"),
    (4, "Router Information (RI)"),
    (5, "L1VPN LSA"),
    (6, "Inter-AS-TE-v2 LSA"),
    (7, "Extended Prefix LSA"),
    (8, "Extended Link LSA"),
];

const INFORMATION_TLVS: crate::field::ValueNames = &[
    (1, "Informational Capabilities"),
    (2, "Functional Capabilities"),
    (6, "TE Node Capability Descriptor"),
    (7, "OSPF Dynamic Hostname"),
    (8, "SR-Algorithm"),
    (9, "SID/Label Range"),
    (10, "Node Admin Tag"),
    (12, "Node MSD"),
    (14, "SR Local Block"),
    (15, "SRMS Preference"),
];

const RESTARTS: crate::field::ValueNames = &[
    (0, "Unknown"),
    (1, "Software Restart"),
    (2, "Software Reload/Upgrade"),
    (3, "Switch To Redundant Control Processor"),
];

const TE_LINK_TYPES: crate::field::ValueNames = &[(1, "Point-to-point"), (2, "Multi-access")];

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
    out.put(HEADER, 0..r.at(), Value::Present);
    if b.u8(1) == HELLO {
        out.put(HELLO_PACKET, r.at()..r.end(), Value::Present);
    }
    // Of version 3 the instance tells the family of the addresses (RFC 5838 §2.1).
    let version = match b.u8(0) {
        2 => Version::V2,
        _ => Version::V3 { ip4: (64..=127).contains(&b.u8(14)) },
    };
    match (b.u8(0), b.u8(1)) {
        (2, HELLO) => {
            put_ip4(&mut r, HELLO_MASK, out)?;
            put_number(&mut r, 2, HELLO_INTERVAL, out)?;
            options_v2(&mut r, OPTION_V2_N, out)?;
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
            options_v2(&mut r, OPTION_V2_N, out)?;
            description(&mut r, out)?;
            advertisements(&mut r, version, false, out)
        }
        (3, DATABASE_DESCRIPTION) => {
            r.take(1)?;
            options_v3(&mut r, out)?;
            put_number(&mut r, 2, DB_MTU, out)?;
            r.take(1)?;
            description(&mut r, out)?;
            advertisements(&mut r, version, false, out)
        }
        (2 | 3, REQUEST) => requests(&mut r, version, out),
        (2 | 3, ACKNOWLEDGE) => advertisements(&mut r, version, false, out),
        (2 | 3, UPDATE) => {
            put_number(&mut r, 4, LSAS, out)?;
            advertisements(&mut r, version, true, out)
        }
        _ => Ok(()),
    }
}

/// The version, and what addresses version 3 is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V2,
    V3 { ip4: bool },
}

/// `bit_3` is the bit whose meaning depends on where the options stand.
fn options_v2(r: &mut Reader<'_>, bit_3: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let flags = [
        (OPTION_V2_DN, 0x80),
        (OPTION_V2_O, 0x40),
        (OPTION_V2_DC, 0x20),
        (OPTION_V2_L, 0x10),
        (bit_3, 0x08),
        (OPTION_V2_MC, 0x04),
        (OPTION_V2_E, 0x02),
        (OPTION_V2_MT, 0x01),
    ];
    let options = put_number(r, 1, OPTIONS_V2, out)?;
    put_flags(r, 1, options, &flags, out);
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
fn requests(r: &mut Reader<'_>, version: Version, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() >= 12 {
        if version == Version::V2 {
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
    version: Version,
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
        let _ = match version {
            _ if !bodies => Ok(()),
            Version::V2 => v2::body(kind, &mut advertisement, out),
            Version::V3 { ip4 } => v3::body(kind, ip4, &mut advertisement, out),
        };
        out.close();
    }
    Ok(())
}

/// The header of an advertisement; returns its type, without what says how far version 3 floods it.
fn header(r: &mut Reader<'_>, version: Version, out: &mut dyn FieldSink) -> Result<u64, Short> {
    let age = r.number(2)?;
    let at = r.at() - 2..r.at();
    out.put(LSA_AGE, at.clone(), Value::Unsigned(age & 0x7fff));
    let kind = if version == Version::V2 {
        out.put(LSA_DONOTAGE, at, Value::Unsigned(age >> 15));
        // In an advertisement of a not-so-stubby area the bit is another one (RFC 3101 §2.4).
        let nssa = Bytes(r.whole()).u8(r.at() + 1) == 7;
        options_v2(r, if nssa { OPTION_V2_P } else { OPTION_V2_N }, out)?;
        let kind = put_number(r, 1, LSA_TYPE, out)?;
        if matches!(kind, 9..=11) {
            opaque::id(r, out)?;
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

fn routers(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_ip4(r, DESIGNATED, out)?;
    put_ip4(r, BACKUP, out)?;
    while r.left() >= 4 {
        put_ip4(r, NEIGHBOR, out)?;
    }
    Ok(())
}
