//! The routing header of IPv6, RFC 8200 §4.4.

use super::ipv6::{extension, extension_length};
use super::prelude::*;

fields! {
    NXT: U8 at(0..1), "ipv6.routing.nxt", "Next Header", names(names::IP_PROTOCOLS);
    LEN: U8 at(1..2), "ipv6.routing.len", "Length";
    LEN_OCT: U16 meta(extension_length), "ipv6.routing.len_oct", "Length";
    TYPE: U8 at(2..3), "ipv6.routing.type", "Type", names(TYPES);
    SEGLEFT: U8 at(3..4), "ipv6.routing.segleft", "Segments Left";
    SRC_RESERVED: Bytes walk, "ipv6.routing.src.reserved", "Reserved";
    SRC_ADDR: Ip6 walk, "ipv6.routing.src.addr", "Address";
    MIPV6_RESERVED: Bytes walk, "ipv6.routing.mipv6.reserved", "Reserved";
    MIPV6_HOME_ADDRESS: Ip6 walk, "ipv6.routing.mipv6.home_address", "Home Address";
    SRH_LAST_ENTRY: U8 walk, "ipv6.routing.srh.last_entry", "Last Entry";
    SRH_FLAGS: U8 walk, "ipv6.routing.srh.flags", "Flags", hex;
    SRH_TAG: Bytes walk, "ipv6.routing.srh.tag", "Tag";
    SRH_ADDR: Ip6 walk, "ipv6.routing.srh.addr", "Address";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(43)],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("ipv6.routing", "Routing Header for IPv6", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    extension(b)
}

const TYPES: crate::field::ValueNames =
    &[(0, "Source Route"), (2, "MIPv6"), (3, "RPL Source Route"), (4, "Segment Routing")];

/// What depends on the type (RFC 2460 §4.4, RFC 6275 §6.4, RFC 8754 §2).
fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 4);
    match view.bytes.u8(2) {
        0 => {
            put_bytes(&mut r, 4, SRC_RESERVED, out)?;
            while r.left() > 0 {
                put_ip6(&mut r, SRC_ADDR, out)?;
            }
            Ok(())
        }
        2 => {
            put_bytes(&mut r, 4, MIPV6_RESERVED, out)?;
            put_ip6(&mut r, MIPV6_HOME_ADDRESS, out)
        }
        4 => {
            let last = put_number(&mut r, 1, SRH_LAST_ENTRY, out)?;
            put_number(&mut r, 1, SRH_FLAGS, out)?;
            put_bytes(&mut r, 2, SRH_TAG, out)?;
            for _ in 0..=last {
                put_ip6(&mut r, SRH_ADDR, out)?;
            }
            Ok(())
        }
        _ => Ok(()),
    }
}
