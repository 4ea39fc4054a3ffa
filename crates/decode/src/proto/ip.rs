//! Internet Protocol version 4, RFC 791.

use plaintap_packet::LinkType;

use super::fragment;
use super::prelude::*;
use crate::Address;
use crate::checksum;
use crate::flow::walk::fragment_detail;
use crate::view::host;

fields! {
    VERSION: U8 bits(0..1, 0xf0), "ip.version", "Version";
    HDR_LEN: U8 meta(|v, out| if !v.is_silent() { out(Value::Unsigned(u64::from(v.bytes.u8(0) & 15) * 4)) }),
        "ip.hdr_len", "Header Length";
    DSFIELD: U8 at(1..2), "ip.dsfield", "Differentiated Services Field", hex;
    DSCP: U8 bits(1..2, 0xfc), "ip.dsfield.dscp", "Differentiated Services Codepoint", names(names::DSCP);
    ECN: U8 bits(1..2, 0x03), "ip.dsfield.ecn", "Explicit Congestion Notification", names(names::ECN);
    LEN: U16 at(2..4), "ip.len", "Total Length";
    ID: U16 at(4..6), "ip.id", "Identification", hex;
    FLAGS: U8 bits(6..7, 0xe0), "ip.flags", "Flags", hex;
    FLAGS_RB: Bool bits(6..7, 0x80), "ip.flags.rb", "Reserved bit";
    FLAGS_DF: Bool bits(6..7, 0x40), "ip.flags.df", "Don't fragment";
    FLAGS_MF: Bool bits(6..7, 0x20), "ip.flags.mf", "More fragments";
    FRAG_OFFSET: U16 bits(6..8, 0x1fff), "ip.frag_offset", "Fragment Offset";
    TTL: U8 at(8..9), "ip.ttl", "Time to Live";
    PROTO: U8 at(9..10), "ip.proto", "Protocol", names(names::IP_PROTOCOLS);
    CHECKSUM: U16 at(10..12), "ip.checksum", "Header Checksum", hex;
    CHECKSUM_STATUS: U8 meta(checksum::put_status), "ip.checksum.status", "Header checksum status", names(checksum::STATUS);
    SRC: Ip4 at(12..16), "ip.src", "Source Address";
    SRC_HOST: Text meta(|v, out| host(v, v.header().array(12).map(Address::Ip4), out)), "ip.src_host", "Source Host", hidden;
    DST_HOST: Text meta(|v, out| host(v, v.header().array(16).map(Address::Ip4), out)), "ip.dst_host", "Destination Host", hidden;
    DST: Ip4 at(16..20), "ip.dst", "Destination Address";
    FRAGMENTS: Bytes meta(|v, out| if let Some((_, bytes)) = v.reassembled() { out(Value::Bytes(bytes)) }),
        "ip.fragments", "IPv4 Fragments";
    FRAGMENT: FrameNumber meta(fragment::frames), "ip.fragment", "IPv4 Fragment";
    FRAGMENT_COUNT: U32 meta(fragment::count), "ip.fragment.count", "Fragment count";
    REASSEMBLED_LENGTH: U32 meta(fragment::length), "ip.reassembled.length", "Reassembled IPv4 length";
    REASSEMBLED_DATA: Bytes meta(fragment::data), "ip.reassembled.data", "Reassembled IPv4 data";
    OPT_TYPE: U8 walk, "ip.opt.type", "Type", names(OPTIONS);
    OPT_COPY: Bool walk, "ip.opt.type.copy", "Copy on fragmentation";
    OPT_CLASS: U8 walk, "ip.opt.type.class", "Class", names(OPTION_CLASSES);
    OPT_NUMBER: U8 walk, "ip.opt.type.number", "Number";
    OPT_LEN: U8 walk, "ip.opt.len", "Length";
    OPT_PTR: U8 walk, "ip.opt.ptr", "Pointer";
    OPT_RA: U16 walk, "ip.opt.ra", "Router Alert";
    OPT_OVERFLOW: U8 walk, "ip.opt.overflow", "Overflow";
    OPT_FLAG: U8 walk, "ip.opt.flag", "Flag", hex, names(TIMESTAMP_FLAGS);
    OPT_TIME_STAMP: U32 walk, "ip.opt.time_stamp", "Time stamp";
    OPT_TIME_STAMP_ADDR: Ip4 walk, "ip.opt.time_stamp_addr", "Address";
    SRC_RT: Ip4 walk, "ip.src_rt", "Source Route";
    REC_RT: Ip4 walk, "ip.rec_rt", "Recorded Route";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::EtherType(0x0800), Claim::IpProtocol(4), Claim::LinkType(LinkType::IPV4)],
    fields: FIELDS,
    aliases: &[
        Alias { name: "ip.addr", label: "Source or Destination Address", fields: &[SRC, DST] },
        Alias { name: "ip.host", label: "Source or Destination Host", fields: &[SRC_HOST, DST_HOST] },
    ],
    walk: Some(walk),
    info: Some(info),
    summary: Some(append_ends),
    ..Protocol::new("ip", "Internet Protocol Version 4", "IPv4")
};

/// A total length of 0 is a segment offloaded to the network card, which fills it in: all bytes count. Of another
/// version nothing but its first byte can be told.
#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(20)?;
    match b.u8(0) >> 4 {
        4 => {}
        6 => return Ok(Step::next(0, id::ipv6)),
        _ => return Ok(Step::next(1, ProtocolId::NONE)),
    }
    let header = usize::from(b.u8(0) & 15) * 4;
    if header < 20 {
        return Err(Short::new(20, header));
    }
    b.need(header)?;
    let end = match u32::from(b.u16(2)) {
        0 => Step::ALL,
        total => total.max(header as u32),
    };
    let next = claimed::ip_protocol(b.u8(9));
    let fragment = b.u16(6);
    if fragment & 0x3fff == 0 {
        return Ok(Step { header: header as u32, end, next, detail: 0 });
    }
    // A fragment that is not all there is never put together; the first of a datagram shows its beginning.
    if end != Step::ALL && end as usize > b.len() {
        let next = if fragment & 0x1fff == 0 { next } else { id::data };
        return Ok(Step { header: header as u32, end, next, detail: 0 });
    }
    let detail = fragment_detail((fragment & 0x1fff) * 8, fragment & 0x2000 != 0, next);
    Ok(Step { header: header as u32, end, next: ProtocolId::FRAGMENT, detail })
}

const OPTIONS: crate::field::ValueNames = &[
    (0, "End of Options List (EOL)"),
    (1, "No-Operation (NOP)"),
    (7, "Record Route"),
    (68, "Time Stamp"),
    (130, "Security"),
    (131, "Loose Source Route"),
    (136, "Stream ID"),
    (137, "Strict Source Route"),
    (148, "Router Alert"),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 20);
    while r.left() > 0 {
        let at = r.at();
        let kind = r.u8()?;
        out.open(at..at + 1, format_args!("IP Option - {}", option_name(kind)));
        out.put(OPT_TYPE, at..at + 1, Value::Unsigned(kind.into()));
        put_flags(&r, 1, kind.into(), &[(OPT_COPY, 0x80)], out);
        put_parts(&r, 1, kind.into(), &[(OPT_CLASS, 0x60), (OPT_NUMBER, 0x1f)], out);
        // End and no-operation are single bytes; all others carry their length (RFC 791 §3.1).
        if kind > 1 {
            let length = r.u8()?;
            out.put(OPT_LEN, at + 1..at + 2, Value::Unsigned(length.into()));
            let mut body = r.sub(usize::from(length).saturating_sub(2))?;
            match kind {
                7 | 131 | 137 => {
                    out.put(OPT_PTR, body.at()..body.at() + 1, Value::Unsigned(body.u8()?.into()));
                    while body.left() >= 4 {
                        put_ip4(&mut body, if kind == 7 { REC_RT } else { SRC_RT }, out)?;
                    }
                }
                68 => timestamps(&mut body, out)?,
                148 => out.put(OPT_RA, body.at()..body.at() + 2, Value::Unsigned(body.u16()?.into())),
                _ => {}
            }
        }
        out.close();
        if kind == 0 {
            break;
        }
    }
    Ok(())
}

/// RFC 791 §3.1: the flag says whether addresses stand between the times.
fn timestamps(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, OPT_PTR, out)?;
    let flags = u64::from(r.u8()?);
    put_parts(r, 1, flags, &[(OPT_OVERFLOW, 0xf0), (OPT_FLAG, 0x0f)], out);
    while r.left() >= 4 {
        if matches!(flags & 0x0f, 1 | 3) {
            put_ip4(r, OPT_TIME_STAMP_ADDR, out)?;
        }
        put_number(r, 4, OPT_TIME_STAMP, out)?;
    }
    Ok(())
}

const OPTION_CLASSES: crate::field::ValueNames = &[
    (0, "Control"),
    (1, "Reserved for future use"),
    (2, "Debugging and measurement"),
    (3, "Reserved for future use"),
];

const TIMESTAMP_FLAGS: crate::field::ValueNames =
    &[(0, "Time stamps only"), (1, "Time stamp and address"), (3, "Time stamps for prespecified addresses")];

fn option_name(kind: u8) -> &'static str {
    crate::field::value_name(OPTIONS, kind.into()).unwrap_or("Unknown")
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let protocol = b.u8(9);
    let name = crate::field::value_name(names::IP_PROTOCOLS, protocol.into()).unwrap_or("Unknown");
    if b.u16(6) & 0x3fff != 0 {
        let offset = (b.u16(6) & 0x1fff) * 8;
        put!(out, "Fragmented IP protocol (proto={name} {protocol}, off={offset}, ID={:04x})", b.u16(4));
    } else {
        put!(out, "{name} ({protocol})");
    }
}
