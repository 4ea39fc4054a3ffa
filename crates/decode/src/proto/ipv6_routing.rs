//! The routing header of IPv6, RFC 8200 §4.4.

use super::ipv6::{extension, extension_length};
use super::prelude::*;

fields! {
    NXT: U8 at(0..1), "ipv6.routing.nxt", "Next Header", names(names::IP_PROTOCOLS);
    LEN: U8 at(1..2), "ipv6.routing.len", "Length";
    LEN_OCT: U16 meta(extension_length), "ipv6.routing.len_oct", "Length";
    TYPE: U8 at(2..3), "ipv6.routing.type", "Type", names(TYPES);
    SEGLEFT: U8 at(3..4), "ipv6.routing.segleft", "Segments Left";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(43)],
    fields: FIELDS,
    ..Protocol::new("ipv6.routing", "Routing Header for IPv6", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    extension(b)
}

const TYPES: crate::field::ValueNames =
    &[(0, "Source Route"), (2, "MIPv6"), (3, "RPL Source Route"), (4, "Segment Routing")];
