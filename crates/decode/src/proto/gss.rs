//! Tokens of the GSS-API (RFC 2743 §3.1) in what other protocols authenticate with, and of SPNEGO around them (RFC 4178
//! §4.2): where the message of Kerberos lies (RFC 4121 §4.1).

use std::ops::Range;

use super::ber::{self, tag};
use super::id;
use crate::Reader;
use crate::registry::ProtocolId;

/// The first token of a mechanism, with the mechanism's identifier in front.
const INITIAL: u8 = 0x60;
/// The two kinds of SPNEGO's messages, and where each has the token of its mechanism.
const NEGOTIATION_INIT: u8 = 0xa0;
const NEGOTIATION_RESPONSE: u8 = 0xa1;
const TOKEN: u8 = 0xa2;

const SPNEGO: &[u8] = &[0x2b, 6, 1, 5, 5, 2];
/// 1.2.840.113554.1.2.2, and 1.2.840.48018.1.2.2 with which Microsoft's first implementation cut a number to 16 bits.
const KERBEROS: [&[u8]; 2] =
    [&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 1, 2, 2], &[0x2a, 0x86, 0x48, 0x82, 0xf7, 0x12, 1, 2, 2]];

/// Tokens inside of tokens: SPNEGO's, and the mechanism's inside of it.
const MAX_DEPTH: usize = 3;

/// The Kerberos message in the token at `token` of `bytes`.
pub(super) fn kerberos(bytes: &[u8], token: Range<usize>) -> Option<(ProtocolId, Range<usize>)> {
    let mut r = Reader::between(bytes, token.start, token.end);
    for _ in 0..MAX_DEPTH {
        let (kind, mut body) = ber::element(&mut r).ok()?;
        if kind == INITIAL {
            let mechanism = ber::expect(&mut body, tag::OBJECT_IDENTIFIER).ok()?;
            let mechanism = ber::content(&mechanism);
            if KERBEROS.contains(&mechanism) {
                // The kind of the token: 1 is an AP-REQ, 2 an AP-REP, 3 an error.
                let kind = body.u16().ok()?.swap_bytes();
                return (1..=3).contains(&kind).then_some((id::kerberos, body.at()..body.end()));
            }
            if mechanism != SPNEGO {
                return None;
            }
            (_, body) = ber::element(&mut body).ok()?;
        } else if !matches!(kind, NEGOTIATION_INIT | NEGOTIATION_RESPONSE) {
            return None;
        }
        r = negotiated(body)?;
    }
    None
}

/// The token of the mechanism in a message of SPNEGO.
fn negotiated(mut body: Reader<'_>) -> Option<Reader<'_>> {
    let mut parts = ber::expect(&mut body, tag::SEQUENCE).ok()?;
    while parts.left() > 0 {
        let (kind, mut part) = ber::element(&mut parts).ok()?;
        if kind == TOKEN {
            return ber::expect(&mut part, tag::OCTET_STRING).ok();
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrapped(kind: u8, content: &[&[u8]]) -> Vec<u8> {
        let content = content.concat();
        [&[kind, content.len() as u8][..], &content].concat()
    }

    fn found(token: &[u8]) -> Option<&[u8]> {
        let (protocol, range) = kerberos(token, 0..token.len())?;
        assert_eq!(protocol, id::kerberos);
        token.get(range)
    }

    #[test]
    fn kerberos_is_found_in_tokens_of_both_layers() {
        let request = b"n\x03abc";
        let bare = wrapped(INITIAL, &[&wrapped(tag::OBJECT_IDENTIFIER, &[KERBEROS[0]]), &[1, 0], request]);
        assert_eq!(found(&bare), Some(&request[..]));

        let token = wrapped(TOKEN, &[&wrapped(tag::OCTET_STRING, &[&bare])]);
        let list =
            wrapped(0xa0, &[&wrapped(tag::SEQUENCE, &[&wrapped(tag::OBJECT_IDENTIFIER, &[KERBEROS[1]])])]);
        let init = wrapped(NEGOTIATION_INIT, &[&wrapped(tag::SEQUENCE, &[&list, &token])]);
        let spnego = wrapped(INITIAL, &[&wrapped(tag::OBJECT_IDENTIFIER, &[SPNEGO]), &init]);
        assert_eq!(found(&spnego), Some(&request[..]));

        let response = wrapped(NEGOTIATION_RESPONSE, &[&wrapped(tag::SEQUENCE, &[&token])]);
        assert_eq!(found(&response), Some(&request[..]));
        for cut in 0..response.len() {
            let _ = found(&response[..cut]);
        }
        let wrap = wrapped(INITIAL, &[&wrapped(tag::OBJECT_IDENTIFIER, &[KERBEROS[0]]), &[2, 1], request]);
        assert_eq!(found(&wrap), None);
        assert_eq!(found(b"NTLMSSP\0\x01\0\0\0"), None);
    }
}
