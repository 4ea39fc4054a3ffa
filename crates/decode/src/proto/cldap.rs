//! Connectionless LDAP (RFC 1798, MS-ADTS §7.3.3): one message in a datagram, whose fields are those of `ldap`.

use super::prelude::*;

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(389)],
    ..Protocol::new("cldap", "Connectionless Lightweight Directory Access Protocol", "CLDAP")
};

pub(super) fn enter(_: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::next(0, id::ldap))
}
