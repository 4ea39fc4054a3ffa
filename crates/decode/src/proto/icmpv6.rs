//! ICMP for IPv6, RFC 4443, neighbor discovery, RFC 4861, multicast listener discovery, RFC 3810, node information
//! queries, RFC 4620, and the messages of `layouts`.

mod layouts;
mod messages;
mod options;

use super::icmp;
use super::prelude::*;
use crate::checksum;
use crate::exchanges::{self, Exchange, Turn};

fields! {
    TYPE: U8 at(0..1), "icmpv6.type", "Type", names(TYPES);
    CODE: U8 at(1..2), "icmpv6.code", "Code";
    CHECKSUM: U16 at(2..4), "icmpv6.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "icmpv6.checksum.status", "Checksum Status", names(checksum::STATUS);
    IDENTIFIER: U16 at(4..6), "icmpv6.echo.identifier", "Identifier", hex, when(has_identifier);
    SEQUENCE: U16 at(6..8), "icmpv6.echo.sequence_number", "Sequence", when(is_echo);
    RESP_TO: FrameNumber exchange(exchanges::request_frame), "icmpv6.resp_to", "Response To";
    RESPTIME: Double exchange(exchanges::elapsed_milliseconds), "icmpv6.resptime", "Response Time";
    MTU: U32 at(4..8), "icmpv6.mtu", "MTU", when(|v| v.bytes.u8(0) == 2);
    POINTER: U32 at(4..8), "icmpv6.pointer", "Pointer", when(|v| v.bytes.u8(0) == 4);
    HOP_LIMIT: U8 at(4..5), "icmpv6.nd.ra.cur_hop_limit", "Cur hop limit", when(is_router_advertisement);
    RA_FLAG: U8 at(5..6), "icmpv6.nd.ra.flag", "Flags", hex, when(is_router_advertisement);
    RA_FLAG_M: Bool bits(5..6, 0x80), "icmpv6.nd.ra.flag.m", "Managed address configuration",
        when(is_router_advertisement);
    RA_FLAG_O: Bool bits(5..6, 0x40), "icmpv6.nd.ra.flag.o", "Other configuration", when(is_router_advertisement);
    RA_FLAG_H: Bool bits(5..6, 0x20), "icmpv6.nd.ra.flag.h", "Home Agent", when(is_router_advertisement);
    RA_FLAG_PRF: U8 bits(5..6, 0x18), "icmpv6.nd.ra.flag.prf", "Prf (Default Router Preference)", names(PREFERENCES),
        when(is_router_advertisement);
    RA_FLAG_P: Bool bits(5..6, 0x04), "icmpv6.nd.ra.flag.p", "Proxy", when(is_router_advertisement);
    RA_FLAG_RSV: U8 bits(5..6, 0x03), "icmpv6.nd.ra.flag.rsv", "Reserved", when(is_router_advertisement);
    LIFETIME: U16 at(6..8), "icmpv6.nd.ra.router_lifetime", "Router lifetime (s)", when(is_router_advertisement);
    REACHABLE: U32 at(8..12), "icmpv6.nd.ra.reachable_time", "Reachable time (ms)", when(is_router_advertisement);
    RETRANS: U32 at(12..16), "icmpv6.nd.ra.retrans_timer", "Retrans timer (ms)", when(is_router_advertisement);
    NS_TARGET: Ip6 at(8..24), "icmpv6.nd.ns.target_address", "Target Address", when(|v| v.bytes.u8(0) == 135);
    NA_FLAG: U32 at(4..8), "icmpv6.nd.na.flag", "Flags", hex, when(is_advertisement);
    NA_FLAG_R: Bool bits(4..8, 0x8000_0000), "icmpv6.nd.na.flag.r", "Router", when(is_advertisement);
    NA_FLAG_S: Bool bits(4..8, 0x4000_0000), "icmpv6.nd.na.flag.s", "Solicited", when(is_advertisement);
    NA_FLAG_O: Bool bits(4..8, 0x2000_0000), "icmpv6.nd.na.flag.o", "Override", when(is_advertisement);
    NA_FLAG_RSV: U32 bits(4..8, 0x1fff_ffff), "icmpv6.nd.na.flag.rsv", "Reserved", when(is_advertisement);
    NA_TARGET: Ip6 at(8..24), "icmpv6.nd.na.target_address", "Target Address", when(is_advertisement);
    RD_TARGET: Ip6 at(8..24), "icmpv6.nd.rd.target_address", "Target Address", when(|v| v.bytes.u8(0) == 137);
    RD_DESTINATION: Ip6 at(24..40), "icmpv6.rd.na.destination_address", "Destination Address",
        when(|v| v.bytes.u8(0) == 137);
    RESERVED: Bytes walk, "icmpv6.reserved", "Reserved";
    OPT: None walk, "icmpv6.opt", "ICMPv6 Option";
    OPT_TYPE: U8 walk, "icmpv6.opt.type", "Type", names(options::TYPES);
    OPT_LENGTH: U8 walk, "icmpv6.opt.length", "Length";
    OPT_RESERVED: None walk, "icmpv6.opt.reserved", "Reserved";
    OPT_PADDING: None walk, "icmpv6.opt.padding", "Padding";
    OPT_LINKADDR: Bytes walk, "icmpv6.opt.linkaddr", "Link-layer address", colons;
    OPT_SRC_LINKADDR: Bytes walk, "icmpv6.opt.src_linkaddr", "Source Link-layer address", colons, hidden;
    OPT_TARGET_LINKADDR: Bytes walk, "icmpv6.opt.target_linkaddr", "Target Link-layer address", colons, hidden;
    OPT_PREFIX_LENGTH: U8 walk, "icmpv6.opt.prefix.length", "Prefix Length";
    OPT_PREFIX_FLAG: U8 walk, "icmpv6.opt.prefix.flag", "Flag", hex;
    OPT_PREFIX_FLAG_L: Bool walk, "icmpv6.opt.prefix.flag.l", "On-link flag(L)";
    OPT_PREFIX_FLAG_A: Bool walk, "icmpv6.opt.prefix.flag.a", "Autonomous address-configuration flag(A)";
    OPT_PREFIX_FLAG_R: Bool walk, "icmpv6.opt.prefix.flag.r", "Router address flag(R)";
    OPT_PREFIX_FLAG_RESERVED: U8 walk, "icmpv6.opt.prefix.flag.reserved", "Reserved";
    OPT_VALID_LIFETIME: U32 walk, "icmpv6.opt.prefix.valid_lifetime", "Valid Lifetime";
    OPT_PREFERRED_LIFETIME: U32 walk, "icmpv6.opt.prefix.preferred_lifetime", "Preferred Lifetime";
    OPT_PREFIX: Ip6 walk, "icmpv6.opt.prefix", "Prefix";
    OPT_REDIRECTED: None walk, "icmpv6.opt.redirected_packet", "Redirected Packet";
    OPT_MTU: U32 walk, "icmpv6.opt.mtu", "MTU";
    OPT_ADVERTISEMENT_INTERVAL: U32 walk, "icmpv6.opt.advertisement_interval", "Advertisement Interval";
    OPT_HOME_AGENT_PREFERENCE: U16 walk, "icmpv6.opt.home_agent_preference", "Home Agent Preference";
    OPT_HOME_AGENT_LIFETIME: U16 walk, "icmpv6.opt.home_agent_lifetime", "Home Agent Lifetime";
    OPT_NONCE: Bytes walk, "icmpv6.opt.nonce", "Nonce";
    OPT_ROUTE_FLAG: U8 walk, "icmpv6.opt.route_info.flag", "Flag", hex;
    OPT_ROUTE_PREFERENCE: U8 walk, "icmpv6.opt.route_info.flag.route_preference", "Route Preference", names(PREFERENCES);
    OPT_ROUTE_RESERVED: U8 walk, "icmpv6.opt.route_info.flag.reserved", "Reserved";
    OPT_ROUTE_LIFETIME: U32 walk, "icmpv6.opt.route_lifetime", "Route Lifetime";
    OPT_RDNSS_LIFETIME: U32 walk, "icmpv6.opt.rdnss.lifetime", "Lifetime";
    OPT_RDNSS: Ip6 walk, "icmpv6.opt.rdnss", "Recursive DNS Servers";
    OPT_DNSSL_LIFETIME: U32 walk, "icmpv6.opt.dnssl.lifetime", "Lifetime";
    OPT_DNSSL: Text walk, "icmpv6.opt.dnssl", "Domain Names";
    OPT_ARO_STATUS: U8 walk, "icmpv6.opt.aro.status", "Status";
    OPT_ARO_LIFETIME: U16 walk, "icmpv6.opt.aro.registration_lifetime", "Registration Lifetime";
    OPT_ARO_EUI64: Eui64 walk, "icmpv6.opt.aro.eui64", "EUI-64";
    OPT_CAPTIVE_PORTAL: Text walk, "icmpv6.opt.captive_portal", "Captive Portal";
    MLD_DELAY: U16 walk, "icmpv6.mld.maximum_response_delay", "Maximum Response Delay [ms]";
    MLD_CODE: U16 walk, "icmpv6.mld.maximum_response_code", "Maximum Response Code";
    MLD_ADDRESS: Ip6 walk, "icmpv6.mld.multicast_address", "Multicast Address";
    MLD_FLAG: U8 walk, "icmpv6.mld.flag", "Flags", hex;
    MLD_FLAG_RESERVED: U8 walk, "icmpv6.mld.flag.reserved", "Reserved";
    MLD_FLAG_S: Bool walk, "icmpv6.mld.flag.s", "Suppress Router-Side Processing";
    MLD_FLAG_QRV: U8 walk, "icmpv6.mld.flag.qrv", "QRV (Querier's Robustness Variable)";
    MLD_QQI: U8 walk, "icmpv6.mld.qqi", "QQIC (Querier's Query Interval Code)";
    MLD_NB_SOURCES: U16 walk, "icmpv6.mld.nb_sources", "Number of Sources";
    MLD_SOURCE: Ip6 walk, "icmpv6.mld.source_address", "Source Address";
    MLDR_NB_RECORDS: U16 walk, "icmpv6.mldr.nb_mcast_records", "Number of Multicast Address Records";
    MAR: None walk, "icmpv6.mldr.mar", "Multicast Address Record";
    MAR_TYPE: U8 walk, "icmpv6.mldr.mar.record_type", "Record Type", names(messages::RECORDS);
    MAR_AUX_LEN: U8 walk, "icmpv6.mldr.mar.aux_data_len", "Aux Data Len";
    MAR_NB_SOURCES: U16 walk, "icmpv6.mldr.mar.nb_sources", "Number of Sources";
    MAR_ADDRESS: Ip6 walk, "icmpv6.mldr.mar.multicast_address", "Multicast Address";
    MAR_SOURCE: Ip6 walk, "icmpv6.mldr.mar.source_address", "Source Address";
    MAR_AUX_DATA: Bytes walk, "icmpv6.mldr.mar.auxiliary_data", "Auxiliary Data";
    NI_QTYPE: U16 walk, "icmpv6.ni.qtype", "Qtype", names(messages::QUERY_TYPES);
    NI_FLAG: U16 walk, "icmpv6.ni.flag", "Flags", hex;
    NI_FLAG_G: Bool walk, "icmpv6.ni.flag.g", "Global-scope addresses";
    NI_FLAG_S: Bool walk, "icmpv6.ni.flag.s", "Site-local addresses";
    NI_FLAG_L: Bool walk, "icmpv6.ni.flag.l", "Link-local addresses";
    NI_FLAG_C: Bool walk, "icmpv6.ni.flag.c", "Compression";
    NI_FLAG_A: Bool walk, "icmpv6.ni.flag.a", "Unicast Addresses";
    NI_FLAG_T: Bool walk, "icmpv6.ni.flag.t", "Truncated";
    NI_FLAG_RSV: U16 walk, "icmpv6.ni.flag.rsv", "Reserved", hex;
    NI_NONCE: U64 walk, "icmpv6.ni.nonce", "Nonce", hex;
    NI_SUBJECT_IPV6: Ip6 walk, "icmpv6.ni.query.subject_ipv6", "IPv6 subject address";
    NI_SUBJECT_FQDN: Text walk, "icmpv6.ni.query.subject_fqdn", "FQDN subject";
    NI_SUBJECT_IPV4: Ip4 walk, "icmpv6.ni.query.subject_ipv4", "IPv4 subject address";
    NI_TTL: U32 walk, "icmpv6.ni.reply.node_ttl", "TTL";
    NI_NAME: Text walk, "icmpv6.ni.reply.node_name", "Name Node";
    NI_ADDRESS: Ip6 walk, "icmpv6.ni.reply.node_address", "IPv6 Node address";
    NI_IPV4: Ip4 walk, "icmpv6.ni.reply.ipv4_address", "IPv4 Node address";
    RR_SEQUENCE_NUMBER: U32 walk, "icmpv6.rr.sequence_number", "Sequence Number";
    RR_SEGMENT_NUMBER: U8 walk, "icmpv6.rr.segment_number", "Segment Number";
    RR_FLAG: U8 walk, "icmpv6.rr.flag", "Flags", hex;
    RR_FLAG_T: Bool walk, "icmpv6.rr.flag.t", "Test Command";
    RR_FLAG_R: Bool walk, "icmpv6.rr.flag.r", "Result requested";
    RR_FLAG_A: Bool walk, "icmpv6.rr.flag.a", "All Interfaces";
    RR_FLAG_S: Bool walk, "icmpv6.rr.flag.s", "Site-specific";
    RR_FLAG_P: Bool walk, "icmpv6.rr.flag.p", "Processed previously";
    RR_FLAG_RSV: U8 walk, "icmpv6.rr.flag.rsv", "Reserved";
    RR_MAXDELAY: U16 walk, "icmpv6.rr.maxdelay", "Max Delay";
    RR_PCO_MP: None walk, "icmpv6.rr.pco.mp", "Match-Prefix Part";
    RR_PCO_MP_OPCODE: U8 walk, "icmpv6.rr.pco.mp.opcode", "OpCode";
    RR_PCO_MP_OPLENGTH: U8 walk, "icmpv6.rr.pco.mp.oplength", "OpLength";
    RR_PCO_MP_ORDINAL: U8 walk, "icmpv6.rr.pco.mp.ordinal", "Ordinal", hex;
    RR_PCO_MP_MATCHLEN: U8 walk, "icmpv6.rr.pco.mp.matchlen", "MatchLen";
    RR_PCO_MP_MINLEN: U8 walk, "icmpv6.rr.pco.mp.minlen", "MinLen";
    RR_PCO_MP_MAXLEN: U8 walk, "icmpv6.rr.pco.mp.maxlen", "MaxLen";
    RR_PCO_MP_MATCHPREFIX: Ip6 walk, "icmpv6.rr.pco.mp.matchprefix", "MatchPrefix";
    RR_PCO_UP: None walk, "icmpv6.rr.pco.up", "Use-Prefix Part";
    RR_PCO_UP_USELEN: U8 walk, "icmpv6.rr.pco.up.uselen", "UseLen";
    RR_PCO_UP_KEEPLEN: U8 walk, "icmpv6.rr.pco.up.keeplen", "KeepLen";
    RR_PCO_UP_FLAGMASK: U8 walk, "icmpv6.rr.pco.up.flagmask", "FlagMask", hex;
    RR_PCO_UP_FLAGMASK_L: Bool walk, "icmpv6.rr.pco.up.flagmask.l", "On-link flag(L)";
    RR_PCO_UP_FLAGMASK_A: Bool walk, "icmpv6.rr.pco.up.flagmask.a",
        "Autonomous address-configuration flag(A)";
    RR_PCO_UP_FLAGMASK_RESERVED: U8 walk, "icmpv6.rr.pco.up.flagmask.reserved", "Reserved";
    RR_PCO_UP_RAFLAGS: U8 walk, "icmpv6.rr.pco.up.raflags", "RAFlags", hex;
    RR_PCO_UP_VALIDLIFETIME: U32 walk, "icmpv6.rr.pco.up.validlifetime", "Valid Lifetime";
    RR_PCO_UP_PREFERREDLIFETIME: U32 walk, "icmpv6.rr.pco.up.preferredlifetime", "Preferred Lifetime";
    RR_PCO_UP_FLAG: U32 walk, "icmpv6.rr.pco.up.flag", "Flags", hex;
    RR_PCO_UP_FLAG_V: Bool walk, "icmpv6.rr.pco.up.flag.v", "Decrement valid lifetime";
    RR_PCO_UP_FLAG_P: Bool walk, "icmpv6.rr.pco.up.flag.p", "Decrement preferred lifetime";
    RR_PCO_UP_FLAG_RESERVED: U32 walk, "icmpv6.rr.pco.up.flag.reserved", "Reserved";
    RR_PCO_UP_USEPREFIX: Ip6 walk, "icmpv6.rr.pco.up.useprefix", "UsePrefix";
    RR_RM: None walk, "icmpv6.rr.rm", "Result Message";
    RR_RM_FLAG: U16 walk, "icmpv6.rr.rm.flag", "Flags", hex;
    RR_RM_FLAG_B: Bool walk, "icmpv6.rr.rm.flag.b", "Bounds";
    RR_RM_FLAG_F: Bool walk, "icmpv6.rr.rm.flag.f", "Forbidden";
    RR_RM_FLAG_RESERVED: U16 walk, "icmpv6.rr.rm.flag.reserved", "Reserved";
    RR_RM_ORDINAL: U8 walk, "icmpv6.rr.rm.ordinal", "Ordinal", hex;
    RR_RM_MATCHEDLEN: U8 walk, "icmpv6.rr.rm.matchedlen", "MatchedLen";
    RR_RM_INTERFACEINDEX: U32 walk, "icmpv6.rr.rm.interfaceindex", "InterfaceIndex";
    RR_RM_MATCHEDPREFIX: Ip6 walk, "icmpv6.rr.rm.matchedprefix", "MatchedPrefix";
    MIP6_IDENTIFIER: U16 walk, "icmpv6.mip6.identifier", "Identifier";
    MIP6_HOME_AGENT_ADDRESS: Ip6 walk, "icmpv6.mip6.home_agent_address", "Home Agent Address";
    MIP6_FLAG: U16 walk, "icmpv6.mip6.flag", "Flags", hex;
    MIP6_FLAG_M: Bool walk, "icmpv6.mip6.flag.m", "Managed address configuration";
    MIP6_FLAG_O: Bool walk, "icmpv6.mip6.flag.o", "Other configuration";
    MIP6_FLAG_RSV: U16 walk, "icmpv6.mip6.flag.rsv", "Reserved";
    EXT_ECHO_SEQ: U8 walk, "icmpv6.ext.echo.seq", "Sequence number";
    EXT_ECHO_REQ_RES: U8 walk, "icmpv6.ext.echo.req.res", "Reserved", hex;
    EXT_ECHO_REQ_LOCAL: Bool walk, "icmpv6.ext.echo.req.local", "Local bit";
    EXT_ECHO_RSP_STATE: U8 walk, "icmpv6.ext.echo.rsp.state", "State";
    EXT_ECHO_RSP_RES: U8 walk, "icmpv6.ext.echo.rsp.res", "Reserved", hex;
    EXT_ECHO_RSP_ACTIVE: Bool walk, "icmpv6.ext.echo.rsp.active", "Active bit";
    EXT_ECHO_RSP_IPV4: Bool walk, "icmpv6.ext.echo.rsp.ipv4", "IPv4 bit";
    EXT_ECHO_RSP_IPV6: Bool walk, "icmpv6.ext.echo.rsp.ipv6", "IPv6 bit";
    RPL_DIS_FLAGS: U8 walk, "icmpv6.rpl.dis.flags", "Flags";
    RPL_DIO_INSTANCE: U8 walk, "icmpv6.rpl.dio.instance", "RPLInstanceID";
    RPL_DIO_VERSION: U8 walk, "icmpv6.rpl.dio.version", "Version";
    RPL_DIO_RANK: U16 walk, "icmpv6.rpl.dio.rank", "Rank";
    RPL_DIO_FLAG: U8 walk, "icmpv6.rpl.dio.flag", "Flags", hex;
    RPL_DIO_FLAG_G: Bool walk, "icmpv6.rpl.dio.flag.g", "Grounded (G)";
    RPL_DIO_FLAG_0: Bool walk, "icmpv6.rpl.dio.flag.0", "Zero";
    RPL_DIO_FLAG_MOP: U8 walk, "icmpv6.rpl.dio.flag.mop", "Mode of Operation (MOP)", hex;
    RPL_DIO_FLAG_PREFERENCE: U8 walk, "icmpv6.rpl.dio.flag.preference", "DODAG Preference";
    RPL_DIO_DTSN: U8 walk, "icmpv6.rpl.dio.dtsn", "Destination Advertisement Trigger Sequence Number (DTSN)";
    RPL_DIO_DAGID: Ip6 walk, "icmpv6.rpl.dio.dagid", "DODAGID";
    RPL_DAO_INSTANCE: U8 walk, "icmpv6.rpl.dao.instance", "RPLInstanceID";
    RPL_DAO_FLAG: U8 walk, "icmpv6.rpl.dao.flag", "Flags", hex;
    RPL_DAO_FLAG_K: Bool walk, "icmpv6.rpl.dao.flag.k", "DAO-ACK Request (K)";
    RPL_DAO_FLAG_D: Bool walk, "icmpv6.rpl.dao.flag.d", "DODAGID Present (D)";
    RPL_DAO_FLAG_RSV: U8 walk, "icmpv6.rpl.dao.flag.rsv", "Reserved";
    RPL_DAO_SEQUENCE: U8 walk, "icmpv6.rpl.dao.sequence", "DAO Sequence";
    RPL_DAO_DODAGID: Ip6 walk, "icmpv6.rpl.dao.dodagid", "DODAGID";
    RPL_DAOACK_INSTANCE: U8 walk, "icmpv6.rpl.daoack.instance", "RPLInstanceID";
    RPL_DAOACK_FLAG: U8 walk, "icmpv6.rpl.daoack.flag", "Flag", hex;
    RPL_DAOACK_FLAG_D: Bool walk, "icmpv6.rpl.daoack.flag.d", "DODAGID Present (D)";
    RPL_DAOACK_FLAG_RSV: U8 walk, "icmpv6.rpl.daoack.flag.rsv", "Reserved";
    RPL_DAOACK_SEQUENCE: U8 walk, "icmpv6.rpl.daoack.sequence", "DAO-ACK Sequence";
    RPL_DAOACK_STATUS: U8 walk, "icmpv6.rpl.daoack.status", "Status";
    RPL_DAOACK_DODAGID: Ip6 walk, "icmpv6.rpl.daoack.dodagid", "DODAGID";
    RPL_OPT_TYPE: U8 walk, "icmpv6.rpl.opt.type", "Type";
    RPL_OPT_LENGTH: U8 walk, "icmpv6.rpl.opt.length", "Length";
    RPL_OPT_PADN: None walk, "icmpv6.rpl.opt.padn", "PadN";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(58)],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    ..Protocol::new("icmpv6", "Internet Control Message Protocol v6", "ICMPv6")
};

fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    icmp::echo_turns(view, [ECHO_REQUEST, ECHO_REPLY], out);
}

/// Type and code.
const ECHO_REQUEST: u16 = 0x8000;
const ECHO_REPLY: u16 = 0x8100;

/// Errors quote the packet they are about; neighbor discovery is all header.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    match b.u8(0) {
        1..=4 => {
            b.need(8)?;
            Ok(Step::next(8, id::ipv6))
        }
        128 | 129 => {
            b.need(8)?;
            Ok(Step::next(8, id::data))
        }
        _ => Ok(Step::last(b)),
    }
}

const TYPES: crate::field::ValueNames = &[
    (1, "Destination Unreachable"),
    (2, "Packet Too Big"),
    (3, "Time Exceeded"),
    (4, "Parameter Problem"),
    (128, "Echo (ping) request"),
    (129, "Echo (ping) reply"),
    (130, "Multicast Listener Query"),
    (131, "Multicast Listener Report"),
    (132, "Multicast Listener Done"),
    (133, "Router Solicitation"),
    (134, "Router Advertisement"),
    (135, "Neighbor Solicitation"),
    (136, "Neighbor Advertisement"),
    (137, "Redirect"),
    (138, "Router Renumbering"),
    (139, "Node Information Query"),
    (140, "Node Information Reply"),
    (143, "Multicast Listener Report Message v2"),
    (144, "Home Agent Address Discovery Request"),
    (145, "Home Agent Address Discovery Reply"),
    (146, "Mobile Prefix Solicitation"),
    (147, "Mobile Prefix Advertisement"),
    (155, "RPL Control"),
    (160, "Extended Echo Request"),
    (161, "Extended Echo Reply"),
];

/// RFC 4191 §2.1.
const PREFERENCES: crate::field::ValueNames = &[(0, "Medium"), (1, "High"), (2, "Reserved"), (3, "Low")];

fn is_echo(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 128 | 129)
}

/// The extended ones have it too (RFC 8335 §2).
fn has_identifier(view: &View<'_>) -> bool {
    matches!(view.bytes.u8(0), 128 | 129 | 160 | 161)
}

fn is_router_advertisement(view: &View<'_>) -> bool {
    view.bytes.u8(0) == 134
}

fn is_advertisement(view: &View<'_>) -> bool {
    view.bytes.u8(0) == 136
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bytes = view.bytes.0;
    // Neighbor discovery: the fields in front of the options are at fixed places, but for what is reserved.
    let (reserved, options) = match view.bytes.u8(0) {
        1 | 3 => return put_bytes(&mut Reader::new(bytes, 4), 4, RESERVED, out),
        130..=132 => return messages::listener(view, out),
        133 => (4..8, 8),
        134 => (4..4, 16),
        135 => (4..8, 24),
        136 => (4..4, 24),
        137 => (4..8, 40),
        138 | 144..=147 | 155 | 160 | 161 => return layouts::walk(view, out),
        139 | 140 => return messages::node_information(view, out),
        143 => return messages::listener_report(view, out),
        _ => return Ok(()),
    };
    if !reserved.is_empty() {
        put_bytes(&mut Reader::new(bytes, 4), 4, RESERVED, out)?;
    }
    options::walk(&mut Reader::new(bytes, options), out)
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    out.push_str(crate::field::value_name(TYPES, b.u8(0).into()).unwrap_or("Unknown ICMPv6 type"));
    match b.u8(0) {
        128 | 129 => put!(out, " id=0x{:04x}, seq={}", b.u16(4), b.u16(6)),
        135 => {
            if let Some(target) = b.array(8) {
                put!(out, " for {}", crate::Address::Ip6(target));
            }
        }
        136 => {
            if let Some(target) = b.array(8) {
                put!(out, " {}", crate::Address::Ip6(target));
            }
        }
        _ => {}
    }
}
