//! The Internet Group Management Protocol: version 1 (RFC 1112), 2 (RFC 2236) and 3 (RFC 3376); multicast
//! traceroutes.

use super::prelude::*;
use crate::checksum;

fields! {
    TYPE: U8 at(0..1), "igmp.type", "Type", hex, names(TYPES);
    VERSION: U8 meta(|v, out| if let Some(n) = version(v.bytes) { out(Value::Unsigned(n.into())) }),
        "igmp.version", "IGMP Version";
    MAX_RESP: U8 meta(max_resp), "igmp.max_resp", "Max Resp Time";
    MAX_RESP_EXP: U8 bits(1..2, 0x70), "igmp.max_resp.exp", "Exponent", hex, when(|v| is_long_response(v.bytes));
    MAX_RESP_MANT: U8 bits(1..2, 0x0f), "igmp.max_resp.mant", "Mantissa", hex, when(|v| is_long_response(v.bytes));
    CHECKSUM: U16 at(2..4), "igmp.checksum", "Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "igmp.checksum.status", "Checksum Status", names(checksum::STATUS);
    RESERVED: Bytes walk, "igmp.reserved", "Reserved";
    NUM_GRP_RECS: U16 at(6..8), "igmp.num_grp_recs", "Num Group Records", when(|v| v.bytes.u8(0) == REPORT_3);
    S: Bool bits(8..9, 0x08), "igmp.s", "S", when(|v| is_query_3(v.bytes));
    QRV: U8 bits(8..9, 0x07), "igmp.qrv", "QRV", when(|v| is_query_3(v.bytes));
    QQIC: U8 at(9..10), "igmp.qqic", "QQIC", when(|v| is_query_3(v.bytes));
    RECORD_TYPE: U8 walk, "igmp.record_type", "Record Type", names(RECORDS);
    AUX_DATA_LEN: U8 walk, "igmp.aux_data_len", "Aux Data Len";
    NUM_SRC: U16 walk, "igmp.num_src", "Num Src";
    MADDR: Ip4 walk, "igmp.maddr", "Multicast Address";
    SADDR: Ip4 walk, "igmp.saddr", "Source Address";
    MTRACE_MAX_HOPS: U8 walk, "igmp.mtrace.max_hops", "# hops";
    MTRACE_SADDR: Ip4 walk, "igmp.mtrace.saddr", "Source Address";
    MTRACE_RADDR: Ip4 walk, "igmp.mtrace.raddr", "Receiver Address";
    MTRACE_RSPADDR: Ip4 walk, "igmp.mtrace.rspaddr", "Response Address";
    MTRACE_RESP_TTL: U8 walk, "igmp.mtrace.resp_ttl", "Response TTL";
    MTRACE_Q_ID: U24 walk, "igmp.mtrace.q_id", "Query ID";
    MTRACE_Q_ARRIVAL: U32 walk, "igmp.mtrace.q_arrival", "Query Arrival";
    MTRACE_Q_INADDR: Ip4 walk, "igmp.mtrace.q_inaddr", "In itf addr";
    MTRACE_Q_OUTADDR: Ip4 walk, "igmp.mtrace.q_outaddr", "Out itf addr";
    MTRACE_Q_PREVRTR: Ip4 walk, "igmp.mtrace.q_prevrtr", "Previous rtr addr";
    MTRACE_Q_INPKT: U32 walk, "igmp.mtrace.q_inpkt", "In pkts";
    MTRACE_Q_OUTPKT: U32 walk, "igmp.mtrace.q_outpkt", "Out pkts";
    MTRACE_Q_TOTAL: U32 walk, "igmp.mtrace.q_total", "S,G pkt count";
    MTRACE_Q_RTG_PROTO: U8 walk, "igmp.mtrace.q_rtg_proto", "Rtg Protocol";
    MTRACE_Q_FWD_TTL: U8 walk, "igmp.mtrace.q_fwd_ttl", "FwdTTL";
    MTRACE_Q_MBZ: U8 walk, "igmp.mtrace.q_mbz", "MBZ", hex;
    MTRACE_Q_S: U8 walk, "igmp.mtrace.q_s", "S", hex;
    MTRACE_Q_SRC_MASK: U8 walk, "igmp.mtrace.q_src_mask", "Src Mask", hex;
    MTRACE_Q_FWD_CODE: U8 walk, "igmp.mtrace.q_fwd_code", "Forwarding Code", hex;
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(2)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    column_of: Some(|view| match version(view.bytes) {
        Some(1) => "IGMPv1",
        Some(2) => "IGMPv2",
        Some(_) => "IGMPv3",
        None => "IGMP",
    }),
    ..Protocol::new("igmp", "Internet Group Management Protocol", "IGMP")
};

/// DVMRP has messages of its own kind under this one's number (RFC 1075 §3).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    Ok(if b.u8(0) == DVMRP { Step::next(0, id::dvmrp) } else { Step::last(b) })
}

const DVMRP: u8 = 0x13;

const QUERY: u8 = 0x11;
const REPORT_1: u8 = 0x12;
const REPORT_2: u8 = 0x16;
const LEAVE: u8 = 0x17;
const TRACE_REPLY: u8 = 0x1e;
const TRACE_QUERY: u8 = 0x1f;
const REPORT_3: u8 = 0x22;

const TYPES: crate::field::ValueNames = &[
    (0x11, "Membership Query"),
    (0x12, "Membership Report"),
    (0x16, "Membership Report"),
    (0x17, "Leave Group"),
    (0x1e, "Traceroute Response"),
    (0x1f, "Traceroute Message"),
    (0x22, "Membership Report"),
];

const RECORDS: crate::field::ValueNames = &[
    (1, "Mode Is Include"),
    (2, "Mode Is Exclude"),
    (3, "Change To Include Mode"),
    (4, "Change To Exclude Mode"),
    (5, "Allow New Sources"),
    (6, "Block Old Sources"),
];

/// Whether a message is of the three versions, or of multicast traceroute, which has types among theirs.
pub(super) fn is_own(kind: u8) -> bool {
    const TRACEROUTE: [u8; 2] = [0x1e, 0x1f];
    crate::field::value_name(TYPES, kind.into()).is_some() || TRACEROUTE.contains(&kind)
}

/// Queries of the three versions differ in length and in the response time (RFC 3376 §7.1). None for the other
/// protocols that share the number: DVMRP, PIM version 1, mtrace.
fn version(b: Bytes<'_>) -> Option<u8> {
    match b.u8(0) {
        _ if b.len() < 8 => None,
        QUERY if b.len() >= 12 => Some(3),
        QUERY if b.u8(1) == 0 => Some(1),
        REPORT_1 => Some(1),
        REPORT_3 => Some(3),
        QUERY | REPORT_2 | LEAVE => Some(2),
        _ => None,
    }
}

fn is_query_3(b: Bytes<'_>) -> bool {
    b.u8(0) == QUERY && version(b) == Some(3)
}

fn is_long_response(b: Bytes<'_>) -> bool {
    is_query_3(b) && b.u8(1) >= 128
}

/// Tenths of a second; from 128 on a floating point number (RFC 3376 §4.1.1).
fn max_resp(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    let b = view.header();
    if b.u8(0) == REPORT_3 || !matches!(version(b), Some(2 | 3)) {
        return;
    }
    let code = u64::from(b.u8(1));
    out(Value::Unsigned(if is_long_response(b) { (code & 15 | 16) << ((code >> 4 & 7) + 3) } else { code }));
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.bytes;
    let mut r = Reader::new(b.0, 4);
    if matches!(b.u8(0), TRACE_REPLY | TRACE_QUERY) {
        return trace(&mut Reader::new(b.0, 1), out);
    }
    if version(b).is_none() {
        return Ok(());
    }
    if b.u8(0) != REPORT_3 {
        if version(b) == Some(1) {
            out.put(RESERVED, 1..2, Value::Bytes(b.clamped(1, 2)));
        }
        put_ip4(&mut r, MADDR, out)?;
        if is_query_3(b) {
            r.skip_to(10)?;
            let count = put_number(&mut r, 2, NUM_SRC, out)?;
            for _ in 0..count {
                put_ip4(&mut r, SADDR, out)?;
            }
        }
        return Ok(());
    }
    // RFC 3376 §4.2.
    out.put(RESERVED, 1..2, Value::Bytes(b.clamped(1, 2)));
    put_bytes(&mut r, 2, RESERVED, out)?;
    r.skip_to(8)?;
    for _ in 0..b.u16(6) {
        record(&mut r, out)?;
    }
    Ok(())
}

/// A multicast traceroute (draft-ietf-idmr-traceroute-ipm-07 §3): the query, then a block of each router that saw it.
fn trace(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, MTRACE_MAX_HOPS, out)?;
    r.take(2)?;
    for field in [MADDR, MTRACE_SADDR, MTRACE_RADDR, MTRACE_RSPADDR] {
        put_ip4(r, field, out)?;
    }
    put_number(r, 1, MTRACE_RESP_TTL, out)?;
    put_number(r, 3, MTRACE_Q_ID, out)?;
    while r.left() >= 32 {
        out.open(r.at()..r.at() + 32, format_args!("Response data block"));
        put_number(r, 4, MTRACE_Q_ARRIVAL, out)?;
        for field in [MTRACE_Q_INADDR, MTRACE_Q_OUTADDR, MTRACE_Q_PREVRTR] {
            put_ip4(r, field, out)?;
        }
        for field in [MTRACE_Q_INPKT, MTRACE_Q_OUTPKT, MTRACE_Q_TOTAL] {
            put_number(r, 4, field, out)?;
        }
        put_number(r, 1, MTRACE_Q_RTG_PROTO, out)?;
        put_number(r, 1, MTRACE_Q_FWD_TTL, out)?;
        let bits = r.u8()?.into();
        let parts = [(MTRACE_Q_MBZ, 0x80), (MTRACE_Q_S, 0x40), (MTRACE_Q_SRC_MASK, 0x3f)];
        put_parts(r, 1, bits, &parts, out);
        put_number(r, 1, MTRACE_Q_FWD_CODE, out)?;
        out.close();
    }
    Ok(())
}

/// A group record (RFC 3376 §4.2.4). The auxiliary data counts words.
fn record(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let header = Bytes(r.whole());
    let (aux, sources) = (usize::from(header.u8(at + 1)) * 4, usize::from(header.u16(at + 2)));
    let mut body = r.sub(8 + sources * 4 + aux)?;
    let name = crate::field::value_name(RECORDS, header.u8(at).into()).unwrap_or("Unknown");
    out.open(at..body.end(), format_args!("Group Record: {name}"));
    put_number(&mut body, 1, RECORD_TYPE, out)?;
    put_number(&mut body, 1, AUX_DATA_LEN, out)?;
    put_number(&mut body, 2, NUM_SRC, out)?;
    put_ip4(&mut body, MADDR, out)?;
    for _ in 0..sources {
        put_ip4(&mut body, SADDR, out)?;
    }
    out.close();
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let Some(group) = b.array(4).map(crate::Address::Ip4) else { return };
    match b.u8(0) {
        QUERY if b.u32(4) == 0 => out.push_str("Membership Query, general"),
        QUERY => put!(out, "Membership Query, specific for group {group}"),
        REPORT_1 | REPORT_2 => put!(out, "Membership Report group {group}"),
        LEAVE => put!(out, "Leave Group {group}"),
        REPORT_3 => report(b, out),
        other => put!(out, "Unknown Type: 0x{other:02x}"),
    }
}

/// What a report changes: joining is to exclude no source, leaving is to include none.
fn report(b: Bytes<'_>, out: &mut String) {
    out.push_str("Membership Report");
    let mut at = 8;
    for _ in 0..b.u16(6) {
        let Some(group) = b.array(at + 4).map(crate::Address::Ip4) else { return };
        match (b.u8(at), b.u16(at + 2)) {
            (1 | 3, 0) => put!(out, " / Leave group {group}"),
            (2 | 4, 0) => put!(out, " / Join group {group} for any sources"),
            (1 | 3 | 5, n) => put!(out, " / Join group {group} for {n} sources"),
            (2 | 4 | 6, n) => put!(out, " / Block {n} sources of group {group}"),
            _ => put!(out, " / Group {group}"),
        }
        at += 8 + usize::from(b.u16(at + 2)) * 4 + usize::from(b.u8(at + 1)) * 4;
    }
}
