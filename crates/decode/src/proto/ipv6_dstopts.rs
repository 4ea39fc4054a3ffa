//! The Destination Options header of IPv6, RFC 8200 §4.6.

use super::ipv6::{extension, extension_length};
use super::prelude::*;

fields! {
    NXT: U8 at(0..1), "ipv6.dstopts.nxt", "Next Header", names(names::IP_PROTOCOLS);
    LEN: U8 at(1..2), "ipv6.dstopts.len", "Length";
    LEN_OCT: U16 meta(extension_length), "ipv6.dstopts.len_oct", "Length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(60)],
    fields: FIELDS,
    ..Protocol::new("ipv6.dstopts", "Destination Options for IPv6", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    extension(b)
}
