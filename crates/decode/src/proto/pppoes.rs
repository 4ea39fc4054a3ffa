//! The session stage of PPP over Ethernet, RFC 2516 §6: PPP behind the common header.

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol::new("pppoes", "PPP-over-Ethernet Session", "");

pub(super) fn enter(_: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::next(0, id::ppp))
}
