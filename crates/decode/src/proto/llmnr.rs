//! Link-Local Multicast Name Resolution, RFC 4795: DNS messages under a name of their own, whose fields are those of `dns`.

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(5355)],
    ..Protocol::new("llmnr", "Link-local Multicast Name Resolution", "LLMNR")
};

pub(super) fn enter(_: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::next(0, id::dns))
}
