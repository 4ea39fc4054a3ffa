//! Teredo, RFC 4380: IPv6 in UDP, through address translators.

use super::prelude::*;

fields! {
    AUTH_ID_LENGTH: U8 walk, "teredo.auth.idlen", "Client identifier length";
    AUTH_VALUE_LENGTH: U8 walk, "teredo.auth.aulen", "Authentication value length";
    AUTH_NONCE: Bytes walk, "teredo.auth.nonce", "Nonce value";
    AUTH_CONFIRMATION: Bytes walk, "teredo.auth.conf", "Confirmation byte";
    ORIGIN_PORT: U16 walk, "teredo.orig.port", "Origin UDP port";
    ORIGIN_ADDRESS: Ip4 walk, "teredo.orig.addr", "Origin IPv4 address";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(3544)],
    fields: FIELDS,
    walk: Some(walk),
    ..Protocol::new("teredo", "Teredo IPv6 over UDP tunneling", "Teredo")
};

/// What stands before the IPv6 packet begins with a zero byte, which no version of IP does (RFC 4380 §5.1.1).
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    let mut at = 0;
    if b.u16(0) == AUTHENTICATION {
        b.need(4)?;
        at += AUTHENTICATION_LENGTH + usize::from(b.u8(2)) + usize::from(b.u8(3));
    }
    b.need(at)?;
    if b.u16(at) == ORIGIN {
        at += 8;
    }
    b.need(at)?;
    let next = if b.u8(at) >> 4 == 6 { id::ipv6 } else { id::data };
    Ok(Step::next(at, next))
}

const AUTHENTICATION: u16 = 1;
/// Without identifier and value: marks, their lengths, the nonce and the confirmation byte.
const AUTHENTICATION_LENGTH: usize = 13;
const ORIGIN: u16 = 0;

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header();
    let mut r = Reader::new(b.0, 2);
    if b.is_empty() {
        return Ok(());
    }
    if b.u16(0) == AUTHENTICATION {
        let id = put_number(&mut r, 1, AUTH_ID_LENGTH, out)?;
        let value = put_number(&mut r, 1, AUTH_VALUE_LENGTH, out)?;
        r.take((id + value) as usize)?;
        put_bytes(&mut r, 8, AUTH_NONCE, out)?;
        put_bytes(&mut r, 1, AUTH_CONFIRMATION, out)?;
        if r.left() == 0 {
            return Ok(());
        }
        r.take(2)?;
    }
    // Address and port are inverted, so that translators do not change them too (RFC 4380 §5.1.1).
    let at = r.at();
    let port = !r.u16()?;
    out.put(ORIGIN_PORT, at..at + 2, Value::Unsigned(port.into()));
    if let Some(&address) = r.take(4)?.first_chunk::<4>() {
        out.put(ORIGIN_ADDRESS, at + 2..at + 6, Value::Ip4(address.map(|byte| !byte)));
    }
    Ok(())
}
