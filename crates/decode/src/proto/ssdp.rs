//! Simple Service Discovery Protocol (UPnP Device Architecture 2.0 §1): HTTP messages in datagrams, under a name of their
//! own, whose fields are those of `http`.

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(1900)],
    ..Protocol::new("ssdp", "Simple Service Discovery Protocol", "SSDP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::next(0, if super::http_head::is_message(b.0) { id::http } else { id::data }))
}
