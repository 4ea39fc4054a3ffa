//! BSD loopback: a 4-byte address family in front of the packet (LINKTYPE_NULL, LINKTYPE_LOOP).

use plaintap_packet::LinkType;

use super::prelude::*;

fields! {
    FAMILY: U32 meta(family_value), "null.family", "Family", names(FAMILIES);
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::LinkType(LinkType::NULL), Claim::LinkType(LinkType::LOOP)],
    fields: FIELDS,
    ..Protocol::new("null", "Null/Loopback", "NULL")
};

/// AF_INET is 2 everywhere; AF_INET6 differs between the systems that write this.
#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(4)?;
    let next = match family(b) {
        2 => id::ip,
        24 | 28 | 30 => id::ipv6,
        _ => id::data,
    };
    Ok(Step::next(4, next))
}

const FAMILIES: crate::field::ValueNames = &[(2, "IP"), (24, "IPv6"), (28, "IPv6"), (30, "IPv6")];

/// LINKTYPE_NULL uses the byte order of the machine that captured: families are small numbers, so it shows.
fn family(b: Bytes<'_>) -> u32 {
    match b.u32(0) {
        number if number > 0xffff => number.swap_bytes(),
        number => number,
    }
}

fn family_value(view: &View<'_>, out: &mut dyn FnMut(Value<'_>)) {
    if view.header().len() >= 4 {
        out(Value::Unsigned(family(view.bytes).into()));
    }
}
