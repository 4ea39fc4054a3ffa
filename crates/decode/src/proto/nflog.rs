//! Linux netfilter log messages (LINKTYPE_NFLOG): attributes as in linux/netfilter/nfnetlink_log.h, among them the packet.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    FAMILY: U8 at(0..1), "nflog.family", "Family", names(&[(2, "IP"), (7, "Bridge"), (10, "IPv6")]);
    VERSION: U8 at(1..2), "nflog.version", "Version";
    RES_ID: U16 at(2..4), "nflog.res_id", "Resource id";
    TLV_LENGTH: U16 walk, "nflog.tlv_length", "Length";
    TLV_TYPE: U16 walk, "nflog.tlv_type", "Type", names(TYPES);
    PROTOCOL_NUMBER: U16 walk, "nflog.protocol", "HW protocol", hex, names(names::ETHER_TYPES);
    HOOK: U8 walk, "nflog.hook", "Netfilter hook", names(HOOKS);
    INDEV: U32 walk, "nflog.ifindex_indev", "IFINDEX_INDEV";
    OUTDEV: U32 walk, "nflog.ifindex_outdev", "IFINDEX_OUTDEV";
    PREFIX: Text walk, "nflog.prefix", "Prefix";
    UID: I32 walk, "nflog.uid", "UID";
    GID: I32 walk, "nflog.gid", "GID";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::NFLOG)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|_, out| out.push_str("Netfilter log message")),
    ..Protocol::new("nflog", "Linux Netfilter NFLOG", "NFLOG")
};

/// The packet is mostly the last attribute; the header ends where it begins.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    let mut packet = None;
    let _ = attributes(b, |kind, body| {
        if kind == PAYLOAD {
            packet.get_or_insert(body);
        }
    });
    let Some(packet) = packet else { return Ok(Step::last(b)) };
    let next = match b.u8(0) {
        2 => id::ip,
        10 => id::ipv6,
        _ => id::data,
    };
    Ok(Step { end: packet.end as u32, ..Step::next(packet.start, next) })
}

const PACKET_HEADER: u16 = 1;
const PAYLOAD: u16 = 9;

const TYPES: crate::field::ValueNames = &[
    (1, "NFULA_PACKET_HDR"),
    (2, "NFULA_MARK"),
    (3, "NFULA_TIMESTAMP"),
    (4, "NFULA_IFINDEX_INDEV"),
    (5, "NFULA_IFINDEX_OUTDEV"),
    (6, "NFULA_IFINDEX_PHYSINDEV"),
    (7, "NFULA_IFINDEX_PHYSOUTDEV"),
    (8, "NFULA_HWADDR"),
    (9, "NFULA_PAYLOAD"),
    (10, "NFULA_PREFIX"),
    (11, "NFULA_UID"),
    (12, "NFULA_SEQ"),
    (13, "NFULA_SEQ_GLOBAL"),
    (14, "NFULA_GID"),
    (15, "NFULA_HWTYPE"),
    (16, "NFULA_HWHEADER"),
    (17, "NFULA_HWLEN"),
];

const HOOKS: crate::field::ValueNames =
    &[(0, "Pre Routing"), (1, "Local in"), (2, "Forward"), (3, "Local out"), (4, "Post Routing")];

/// Calls `each` with the type of every attribute and where its value lies. Lengths count their own 4 bytes, and are in
/// the byte order of the machine that logged: no attribute is 256 bytes long first, so the first byte tells.
fn attributes(b: Bytes<'_>, mut each: impl FnMut(u16, std::ops::Range<usize>)) -> Result<(), Short> {
    let little = b.u8(4) != 0;
    let number = |at| if little { b.u16(at).swap_bytes() } else { b.u16(at) };
    let mut at = 4;
    while at + 4 <= b.len() {
        let length = usize::from(number(at));
        if length < 4 {
            return Err(Short::new(4, length));
        }
        let end = (at + length).min(b.len());
        each(number(at + 2) & 0x7fff, at + 4..end);
        at += length.next_multiple_of(4);
    }
    Ok(())
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.bytes;
    attributes(b, |kind, body| {
        let at = body.start - 4;
        let name = crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown");
        out.open(at..body.end, format_args!("{name}"));
        out.put(TLV_LENGTH, at..at + 2, Value::Unsigned((body.len() + 4) as u64));
        out.put(TLV_TYPE, at + 2..at + 4, Value::Unsigned(kind.into()));
        let mut r = Reader::new(&b.0[..body.end], body.start);
        // The values are in network byte order; one that is cut short is left out.
        let _ = match kind {
            PACKET_HEADER => put_number(&mut r, 2, PROTOCOL_NUMBER, out)
                .and_then(|_| put_number(&mut r, 1, HOOK, out))
                .map(drop),
            4 => put_number(&mut r, 4, INDEV, out).map(drop),
            5 => put_number(&mut r, 4, OUTDEV, out).map(drop),
            10 => put_text_z(&mut r, PREFIX, out).map(drop),
            11 => put_owner(&mut r, UID, out),
            14 => put_owner(&mut r, GID, out),
            _ => Ok(()),
        };
        out.close();
    })
}

fn put_owner(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = r.number(4)? as i32;
    out.put(field, at..at + 4, Value::Signed(number.into()));
    Ok(())
}
