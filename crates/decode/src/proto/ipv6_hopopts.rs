//! The Hop-by-Hop Option header of IPv6, RFC 8200 §4.3.

use super::ipv6::{extension, extension_length};
use super::prelude::*;

fields! {
    NXT: U8 at(0..1), "ipv6.hopopts.nxt", "Next Header", names(names::IP_PROTOCOLS);
    LEN: U8 at(1..2), "ipv6.hopopts.len", "Length";
    LEN_OCT: U16 meta(extension_length), "ipv6.hopopts.len_oct", "Length";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::IpProtocol(0)],
    fields: FIELDS,
    ..Protocol::new("ipv6.hopopts", "IPv6 Hop-by-Hop Option", "")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    extension(b)
}
