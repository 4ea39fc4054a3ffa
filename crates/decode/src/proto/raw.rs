//! Packets without a link layer (LINKTYPE_RAW); those of one version of IP are claimed by it.

use plaintap_packet::LinkType;

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[
        Claim::LinkType(LinkType::RAW),
        Claim::LinkType(LinkType::RAW_12),
        Claim::LinkType(LinkType::RAW_14),
    ],
    ..Protocol::new("raw", "Raw packet data", "RAW")
};

/// The version nibble says what follows.
#[inline]
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    let next = match b.u8(0) >> 4 {
        4 => id::ip,
        6 => id::ipv6,
        _ => id::data,
    };
    Ok(Step::next(0, next))
}
