//! Generic Network Virtualization Encapsulation, RFC 8926.

use super::prelude::*;

fields! {
    VERSION: U8 bits(0..1, 0xc0), "geneve.version", "Version";
    FLAGS: U8 at(1..2), "geneve.flags", "Flags", hex;
    OAM: Bool bits(1..2, 0x80), "geneve.flags.oam", "Operations, Administration and Management Frame";
    CRITICAL: Bool bits(1..2, 0x40), "geneve.flags.critical", "Critical Options Present";
    FLAGS_RESERVED: Bool bits(1..2, 0x3f), "geneve.flags.reserved", "Reserved";
    PROTO_TYPE: U16 at(2..4), "geneve.proto_type", "Protocol Type", hex, names(names::ETHER_TYPES);
    VNI: U24 at(4..7), "geneve.vni", "Virtual Network Identifier (VNI)", hex;
    RESERVED: U8 at(7..8), "geneve.reserved", "Reserved", hex;
    OPTIONS: Bytes rest(8), "geneve.options", "Geneve Options";
    OPTION: Bytes walk, "geneve.option", "Option";
    OPTION_CLASS: U16 walk, "geneve.option.class", "Class", hex;
    OPTION_TYPE: U8 walk, "geneve.option.type", "Type", hex;
    OPTION_CRITICAL: Bool walk, "geneve.option.type.critical", "Critical Option";
    OPTION_FLAGS: U8 walk, "geneve.option.flags", "Flags", hex;
    OPTION_RESERVED: Bool walk, "geneve.option.flags.reserved", "Reserved";
    OPTION_LENGTH: U8 walk, "geneve.option.length", "Length";
    OPTION_DATA: Bytes walk, "geneve.option.unknown.data", "Unknown Option Data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(6081)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(|view, out| {
        let kind = view.bytes.u16(2);
        out.push_str("Encapsulated ");
        match crate::field::value_name(names::ETHER_TYPES, kind.into()) {
            Some(name) => out.push_str(name),
            None => put!(out, "0x{kind:04x}"),
        }
    }),
    summary: Some(|view, out| put!(out, ", VNI: 0x{:06x}", view.bytes.number(4, 7).unwrap_or(0))),
    ..Protocol::new("geneve", "Generic Network Virtualization Encapsulation", "Geneve")
};

/// Options are counted in words (RFC 8926 §3.4).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(8)?;
    let header = 8 + usize::from(b.u8(0) & 0x3f) * 4;
    b.need(header)?;
    let next = match b.u16(2) {
        super::gre::TRANSPARENT_ETHERNET => id::eth,
        other => claimed::ether_type(other),
    };
    Ok(Step::next(header, next))
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 8);
    // As in Wireshark, this is the length of all options first, then that of each with its own header.
    out.put(OPTION_LENGTH, 0..1, Value::Unsigned(u64::from(view.bytes.u8(0) & 0x3f) * 4));
    while r.left() > 0 {
        let at = r.at();
        let (class, kind, last) = (r.u16()?, r.u8()?, r.u8()?);
        let (flags, length) = (last & 0xe0, last & 0x1f);
        let body = usize::from(length) * 4;
        out.open(at..at + 4 + body, format_args!("Option: class 0x{class:04x}, type 0x{kind:02x}"));
        out.put(OPTION, at..at + 4 + body, Value::Bytes(view.header().clamped(at, at + 4 + body)));
        out.put(OPTION_CLASS, at..at + 2, Value::Unsigned(class.into()));
        out.put(OPTION_TYPE, at + 2..at + 3, Value::Unsigned(kind.into()));
        out.put(OPTION_CRITICAL, at + 2..at + 3, Value::Bool(kind & 0x80 != 0));
        out.put(OPTION_LENGTH, at + 3..at + 4, Value::Unsigned(4 + body as u64));
        out.put(OPTION_FLAGS, at + 3..at + 4, Value::Unsigned(flags.into()));
        out.put(OPTION_RESERVED, at + 3..at + 4, Value::Bool(flags != 0));
        let read = put_rest(&mut r.sub(body)?, OPTION_DATA, out);
        out.close();
        read?;
    }
    Ok(())
}
