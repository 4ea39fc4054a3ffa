//! What Juniper's routers put in front of a captured Ethernet frame: where it was seen, in extensions of type, length and
//! value.

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    MAGIC_NUMBER: U24 at(0..3), "juniper.magic-number", "Magic Number", hex;
    DIRECTION: U8 bits(3..4, 0x01), "juniper.direction", "Direction", hex, names(&[(0, "Out"), (1, "In")]);
    L2HDR: U8 bits(3..4, 0x02), "juniper.l2hdr", "L2 header presence", hex, names(&[(0, "Present"), (1, "Not Present")]);
    EXT_TOTAL_LEN: U16 at(4..6), "juniper.ext_total_len", "Extension(s) Total length", when(|v| has_extensions(v.bytes));
    IFD: U32 walk, "juniper.ext.ifd", "Device Interface Index";
    IFL: U32 walk, "juniper.ext.ifl", "Logical Interface Index";
    UNIT: U32 walk, "juniper.ext.unit", "Logical Unit Number";
    IFMT: U16 walk, "juniper.ext.ifmt", "Device Media Type";
    IFLE: U16 walk, "juniper.ext.ifle", "Logical Interface Encapsulation";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::JUNIPER_ETHER)],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("juniper", "Juniper", "Juniper")
};

const MAGIC: [u8; 3] = *b"MGC";

fn has_extensions(b: Bytes<'_>) -> bool {
    b.u8(3) & 0x80 != 0
}

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    if b.array(0) != Some(MAGIC) {
        return Ok(Step::next(0, id::eth));
    }
    let header = if has_extensions(b) {
        b.need(6)?;
        6 + usize::from(b.u16(4))
    } else {
        4
    };
    b.need(header)?;
    let without_header = b.u8(3) & 0x02 != 0;
    Ok(Step::next(header, if without_header { id::raw } else { id::eth }))
}

/// The values are as the router's processor has them, the lowest byte first.
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    if !has_extensions(b) {
        return Ok(());
    }
    let mut r = Reader::new(b.0, 6);
    while r.left() >= 2 {
        let (kind, length) = (r.u8()?, usize::from(r.u8()?));
        let field = match kind {
            1 => IFD,
            3 => IFMT,
            4 => IFL,
            5 => UNIT,
            6 => IFLE,
            _ => {
                r.take(length)?;
                continue;
            }
        };
        put_little(&mut r, length, field, out)?;
    }
    Ok(())
}
