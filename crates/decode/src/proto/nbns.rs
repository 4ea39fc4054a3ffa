//! NetBIOS name service, RFC 1002 §4.2.

use super::nbns_names::{NAME_TYPES, OPCODES, RCODES, TYPES};
use super::prelude::*;

fields! {
    ID: U16 at(0..2), "nbns.id", "Transaction ID", hex;
    FLAGS: U16 at(2..4), "nbns.flags", "Flags", hex;
    RESPONSE: Bool bits(2..4, 0x8000), "nbns.flags.response", "Response";
    OPCODE: U16 bits(2..4, 0x7800), "nbns.flags.opcode", "Opcode", names(OPCODES);
    AUTHORITATIVE: Bool bits(2..4, 0x0400), "nbns.flags.authoritative", "Authoritative", when(is_response);
    TRUNCATED: Bool bits(2..4, 0x0200), "nbns.flags.truncated", "Truncated";
    RECDESIRED: Bool bits(2..4, 0x0100), "nbns.flags.recdesired", "Recursion desired";
    RECAVAIL: Bool bits(2..4, 0x0080), "nbns.flags.recavail", "Recursion available", when(is_response);
    BROADCAST: Bool bits(2..4, 0x0010), "nbns.flags.broadcast", "Broadcast";
    RCODE: U16 bits(2..4, 0x000f), "nbns.flags.rcode", "Reply code", names(RCODES), when(is_response);
    COUNT_QUERIES: U16 at(4..6), "nbns.count.queries", "Questions";
    COUNT_ANSWERS: U16 at(6..8), "nbns.count.answers", "Answer RRs";
    COUNT_AUTH: U16 at(8..10), "nbns.count.auth_rr", "Authority RRs";
    COUNT_ADD: U16 at(10..12), "nbns.count.add_rr", "Additional RRs";
    NAME: Text walk, "nbns.name", "Name";
    TYPE: U16 walk, "nbns.type", "Type", names(TYPES);
    CLASS: U16 walk, "nbns.class", "Class", names(&[(1, "IN")]);
    TTL: U32 walk, "nbns.ttl", "Time to live";
    DATA_LENGTH: U16 walk, "nbns.data_length", "Data length";
    NB_FLAGS: U16 walk, "nbns.nb_flags", "Name flags", hex;
    NB_GROUP: Bool walk, "nbns.nb_flags.group", "Name type";
    NB_ONT: U16 walk, "nbns.nb_flags.ont", "ONT", names(NODES);
    ADDR: Ip4 walk, "nbns.addr", "Addr";
    NUMBER_OF_NAMES: U8 walk, "nbns.number_of_names", "Number of names";
    NETBIOS_NAME: Text walk, "nbns.netbios_name", "Name";
    NAME_FLAGS: U16 walk, "nbns.name_flags", "Name flags", hex;
    NAME_GROUP: Bool walk, "nbns.name_flags.group", "Name type";
    NAME_ONT: U16 walk, "nbns.name_flags.ont", "ONT", names(NODES);
    NAME_DRG: Bool walk, "nbns.name_flags.drg", "Name is being deregistered";
    NAME_CNF: Bool walk, "nbns.name_flags.cnf", "Name is in conflict";
    NAME_ACT: Bool walk, "nbns.name_flags.act", "Name is active";
    NAME_PRM: Bool walk, "nbns.name_flags.prm", "Permanent node name";
    UNIT_ID: Mac walk, "nbns.unit_id", "Unit ID";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(137)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("nbns", "NetBIOS Name Service", "NBNS")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(12)?;
    Ok(Step::last(b))
}

const NODES: crate::field::ValueNames = &[(0, "B-node"), (1, "P-node"), (2, "M-node"), (3, "H-node")];

const NB: u16 = 32;
const NBSTAT: u16 = 33;

fn is_response(view: &View<'_>) -> bool {
    view.bytes.u8(2) & 0x80 != 0
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let mut r = Reader::new(b.0, 12);
    let mut name = String::new();
    for _ in 0..b.u16(4) {
        let at = r.at();
        read_name(&mut r, &mut name)?;
        let behind = r.at();
        let kind = r.u16()?;
        let class = r.u16()?;
        out.open(at..r.at(), format_args!("Query: {name}"));
        put_head(at, behind, &name, kind, class, out);
        out.close();
    }
    for count in [6, 8, 10] {
        for _ in 0..b.u16(count) {
            record(&mut r, &mut name, out)?;
        }
    }
    Ok(())
}

fn put_head(at: usize, behind: usize, name: &str, kind: u16, class: u16, out: &mut dyn FieldSink) {
    out.put(NAME, at..behind, Value::Text(name.as_bytes()));
    out.put(TYPE, behind..behind + 2, Value::Unsigned(kind.into()));
    out.put(CLASS, behind + 2..behind + 4, Value::Unsigned(class.into()));
}

fn record(r: &mut Reader<'_>, name: &mut String, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    // tshark's value for a record says what the name is for; that for a question does not.
    let number = read_name(r, name)?;
    if let Some(meaning) = crate::field::value_name(NAME_TYPES, number.into()) {
        put!(name, " ({meaning})");
    }
    let behind = r.at();
    let kind = r.u16()?;
    let class = r.u16()?;
    let ttl = r.number(4)?;
    let length = r.u16()?;
    let mut data = r.sub(length.into())?;
    out.open(at..r.at(), format_args!("Record: {name}"));
    put_head(at, behind, name, kind, class, out);
    out.put(TTL, behind + 4..behind + 8, Value::Unsigned(ttl));
    out.put(DATA_LENGTH, behind + 8..behind + 10, Value::Unsigned(length.into()));
    // Damaged data of one record does not hide the next.
    let _ = match kind {
        NB => addresses(&mut data, out),
        NBSTAT => node_status(&mut data, out),
        _ => Ok(()),
    };
    out.close();
    Ok(())
}

/// RFC 1002 §4.2.2: flags and address of each owner.
fn addresses(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() >= 6 {
        let flags = put_number(r, 2, NB_FLAGS, out)?;
        put_flags(r, 2, flags, &[(NB_GROUP, 0x8000)], out);
        out.put(NB_ONT, r.at() - 2..r.at(), Value::Unsigned(flags >> 13 & 3));
        put_ip4(r, ADDR, out)?;
    }
    Ok(())
}

/// RFC 1002 §4.2.18.
fn node_status(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let count = put_number(r, 1, NUMBER_OF_NAMES, out)?;
    let mut name = String::new();
    for _ in 0..count {
        let at = r.at();
        if let Some(bytes) = r.take(16)?.first_chunk() {
            name.clear();
            write_name(bytes, &mut name);
            if let Some(meaning) = crate::field::value_name(NAME_TYPES, bytes[15].into()) {
                put!(name, " ({meaning})");
            }
            out.put(NETBIOS_NAME, at..at + 16, Value::Text(name.as_bytes()));
        }
        let flags = put_number(r, 2, NAME_FLAGS, out)?;
        put_flags(r, 2, flags, &[(NAME_GROUP, 0x8000)], out);
        out.put(NAME_ONT, r.at() - 2..r.at(), Value::Unsigned(flags >> 13 & 3));
        let rest = [(NAME_DRG, 0x1000), (NAME_CNF, 0x800), (NAME_ACT, 0x400), (NAME_PRM, 0x200)];
        put_flags(r, 2, flags, &rest, out);
    }
    put_mac(r, UNIT_ID, out)
}

/// Gives out a name.
pub(super) fn put_name(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let mut name = String::new();
    read_name(r, &mut name)?;
    out.put(field, at..r.at(), Value::Text(name.as_bytes()));
    Ok(())
}

/// Reads a name with half a byte in each letter (RFC 1001 §14.1), or a pointer to one. Returns its last byte, the
/// number of the service.
pub(super) fn read_name(r: &mut Reader<'_>, name: &mut String) -> Result<u8, Short> {
    name.clear();
    let at = r.at();
    let first = r.u8()?;
    if first & 0xc0 == 0xc0 {
        let target = usize::from(first & 0x3f) << 8 | usize::from(r.u8()?);
        // Only backwards, and only to a name that is whole.
        return if target < at { encoded(&mut Reader::new(r.whole(), target), name) } else { Ok(0) };
    }
    r.skip_to(at)?;
    encoded(r, name)
}

fn encoded(r: &mut Reader<'_>, name: &mut String) -> Result<u8, Short> {
    let length = usize::from(r.u8()?);
    if length != 32 {
        // A name of the scope alone, or not NetBIOS at all.
        r.take(length & 0x3f)?;
        scope(r, name)?;
        return Ok(0);
    }
    let letters = r.take(32)?;
    let mut bytes = [0; 16];
    for (byte, pair) in bytes.iter_mut().zip(letters.chunks_exact(2)) {
        *byte = pair[0].wrapping_sub(b'A') << 4 | pair[1].wrapping_sub(b'A') & 15;
    }
    write_name(&bytes, name);
    scope(r, name)?;
    Ok(bytes[15])
}

/// The labels behind the name, up to the root.
fn scope(r: &mut Reader<'_>, name: &mut String) -> Result<(), Short> {
    loop {
        let length = r.u8()?;
        if length & 0xc0 == 0xc0 {
            return r.take(1).map(drop);
        }
        if length == 0 {
            return Ok(());
        }
        name.push('.');
        crate::text::write_escaped(r.take(usize::from(length & 0x3f))?, name);
    }
}

/// The name without the blanks at its end, and the number of the service behind it.
fn write_name(bytes: &[u8; 16], name: &mut String) {
    let length = bytes[..15].iter().rposition(|&byte| byte != b' ').map_or(0, |last| last + 1);
    for &byte in &bytes[..length] {
        match byte {
            b' '..=b'~' => name.push(char::from(byte)),
            _ => put!(name, "<{byte:02x}>"),
        }
    }
    put!(name, "<{:02x}>", bytes[15]);
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.bytes;
    let opcode = u64::from(b.u16(2) >> 11 & 15);
    out.push_str(crate::field::value_name(OPCODES, opcode).unwrap_or("Unknown operation"));
    if is_response(view) {
        out.push_str(" response");
        if let Some(error) =
            crate::field::value_name(RCODES, u64::from(b.u16(2) & 15)).filter(|_| b.u8(3) & 15 != 0)
        {
            put!(out, ", {error}");
        }
    }
    let mut r = Reader::new(b.0, 12);
    let mut name = String::new();
    if read_name(&mut r, &mut name).is_ok()
        && let Ok(kind) = r.u16()
    {
        put!(out, " {} {name}", crate::field::value_name(TYPES, kind.into()).unwrap_or("Unknown"));
    }
}
