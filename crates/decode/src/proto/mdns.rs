//! Multicast DNS, RFC 6762: DNS messages under a name of their own, whose fields are those of `dns`.

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(5353)],
    ..Protocol::new("mdns", "Multicast Domain Name System", "MDNS")
};

pub(super) fn enter(_: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::next(0, id::dns))
}
