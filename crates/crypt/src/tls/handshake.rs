//! Handshake messages, put together from records, and what decryption needs to know of them.

use crate::secret::ClientRandom;

/// The longest hello that is kept, in bytes. Post-quantum key shares and ECH make a ClientHello of a few kilobytes;
/// a ServerHello has no variable part of note.
const MAX_HELLO: usize = 64 * 1024;

/// Handshake types, RFC 8446 §4 and RFC 5246 §7.4.
mod kind {
    pub(super) const CLIENT_HELLO: u8 = 1;
    pub(super) const SERVER_HELLO: u8 = 2;
    pub(super) const END_OF_EARLY_DATA: u8 = 5;
    pub(super) const FINISHED: u8 = 20;
    pub(super) const KEY_UPDATE: u8 = 24;
}

/// A handshake message that has passed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Message {
    ClientHello(ClientHello),
    ServerHello(ServerHello),
    EndOfEarlyData,
    Finished,
    KeyUpdate,
    /// Another one, or a hello that is damaged.
    Other,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientHello {
    pub(crate) random: ClientRandom,
    /// Records protected by the early traffic secret may follow (RFC 8446 §4.2.10).
    pub(crate) early_data: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ServerHello {
    pub(crate) random: [u8; 32],
    pub(crate) suite: u16,
    pub(crate) tls13: bool,
    /// The MAC of records is over what is encrypted (RFC 7366).
    pub(crate) encrypt_then_mac: bool,
}

impl ServerHello {
    /// A HelloRetryRequest is a ServerHello with this random: SHA-256 of "HelloRetryRequest" (RFC 8446 §4.1.3).
    pub(crate) fn is_retry(&self) -> bool {
        self.random
            == [
                0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8,
                0x91, 0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8,
                0x33, 0x9c,
            ]
    }
}

/// The handshake messages of one direction: a message may span records, and a record may hold several.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    header: [u8; 4],
    header_len: u8,
    /// What is missing of the body.
    remaining: u32,
    /// The body so far, of the kinds that are read.
    body: Vec<u8>,
}

impl Messages {
    /// Takes the next message out of `input`, or all of it when that does not complete one.
    pub(crate) fn next(&mut self, input: &mut &[u8]) -> Option<Message> {
        if self.header_len < 4 {
            let missing = usize::from(4 - self.header_len).min(input.len());
            let (taken, rest) = input.split_at(missing);
            self.header[usize::from(self.header_len)..][..missing].copy_from_slice(taken);
            self.header_len += missing as u8;
            *input = rest;
            if self.header_len < 4 {
                return None;
            }
            self.remaining = self.len();
        }
        let (part, rest) = input.split_at(input.len().min(self.remaining as usize));
        *input = rest;
        self.remaining -= part.len() as u32;
        let kind = self.header[0];
        if matches!(kind, kind::CLIENT_HELLO | kind::SERVER_HELLO) && self.len() as usize <= MAX_HELLO {
            self.body.extend_from_slice(part);
        }
        if self.remaining > 0 {
            return None;
        }

        let body = std::mem::take(&mut self.body);
        self.header_len = 0;
        Some(match kind {
            kind::CLIENT_HELLO => client_hello(&body, false).map_or(Message::Other, Message::ClientHello),
            kind::SERVER_HELLO => server_hello(&body).map_or(Message::Other, Message::ServerHello),
            kind::END_OF_EARLY_DATA => Message::EndOfEarlyData,
            kind::FINISHED => Message::Finished,
            kind::KEY_UPDATE => Message::KeyUpdate,
            _ => Message::Other,
        })
    }

    /// The message of this type and body, which DTLS has put together.
    pub(crate) fn whole(kind: u8, body: &[u8]) -> Option<Message> {
        match kind {
            kind::CLIENT_HELLO => client_hello(body, true).map(Message::ClientHello),
            kind::SERVER_HELLO => server_hello(body).map(Message::ServerHello),
            _ => None,
        }
    }

    /// Whether these bytes of a handshake record can be clear: they go on with a message, or start a known one. A
    /// HelloRequest (type 0) is four zeros and stands alone; behind a nonce of zeros there would be more.
    pub(crate) fn plausible(&self, input: &[u8]) -> bool {
        self.header_len > 0
            || matches!(input, [0, 0, 0, 0] | [1..=6 | 8 | 11..=16 | 20..=25 | 67, 0..=1, _, _, ..])
    }

    /// Forgets a message that is not complete.
    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }

    fn len(&self) -> u32 {
        let [_, length @ ..] = self.header;
        u32::from_be_bytes([0, length[0], length[1], length[2]])
    }
}

/// RFC 8446 §4.1.2, RFC 5246 §7.4.1.2; of DTLS with a cookie behind the session (RFC 6347 §4.2.1).
fn client_hello(body: &[u8], has_cookie: bool) -> Option<ClientHello> {
    const EARLY_DATA: u16 = 42;
    let mut hello = Reader(body);
    hello.take(2)?;
    let random = hello.array()?;
    let session_id = usize::from(hello.take(1)?[0]);
    hello.take(session_id)?;
    if has_cookie {
        let cookie = usize::from(hello.take(1)?[0]);
        hello.take(cookie)?;
    }
    hello.vector()?;
    let compression = usize::from(hello.take(1)?[0]);
    hello.take(compression)?;
    Some(ClientHello { random, early_data: hello.extension(EARLY_DATA).is_some() })
}

/// RFC 8446 §4.1.3, RFC 5246 §7.4.1.3.
fn server_hello(body: &[u8]) -> Option<ServerHello> {
    const SUPPORTED_VERSIONS: u16 = 43;
    const ENCRYPT_THEN_MAC: u16 = 22;
    let mut hello = Reader(body);
    hello.take(2)?;
    let random = hello.array()?;
    let session_id = usize::from(hello.take(1)?[0]);
    hello.take(session_id)?;
    let suite = hello.u16()?;
    hello.take(1)?;
    // Of DTLS 1.3 the number is another one (RFC 9147 §5.4).
    let tls13 = matches!(hello.clone().extension(SUPPORTED_VERSIONS), Some([3, 4] | [0xfe, 0xfc]));
    let encrypt_then_mac = hello.extension(ENCRYPT_THEN_MAC).is_some();
    Some(ServerHello { random, suite, tls13, encrypt_then_mac })
}

#[derive(Clone)]
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(taken)
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        self.take(N)?.try_into().ok()
    }

    fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    /// Bytes with their length in front, in 16 bits.
    fn vector(&mut self) -> Option<&'a [u8]> {
        let len = self.u16()?;
        self.take(usize::from(len))
    }

    /// The content of an extension; the reader stands before the list of them.
    fn extension(&mut self, wanted: u16) -> Option<&'a [u8]> {
        let mut list = Self(self.vector()?);
        loop {
            let kind = list.u16()?;
            let content = list.vector()?;
            if kind == wanted {
                return Some(content);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A ServerHello of TLS 1.3, suite 0x1301, with its handshake header.
    fn sample() -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.extend([0, 0x13, 0x01, 0, 0, 6, 0, 43, 0, 2, 3, 4]);
        let mut message = vec![2, 0, 0, body.len() as u8];
        message.extend(body);
        message
    }

    #[test]
    fn a_message_may_come_in_any_pieces() {
        let mut two = sample();
        two.extend([20, 0, 0, 2, 9, 9]);
        for cut in 0..two.len() {
            let mut messages = Messages::default();
            let mut seen = Vec::new();
            for mut piece in [&two[..cut], &two[cut..]] {
                while !piece.is_empty() {
                    seen.extend(messages.next(&mut piece));
                }
            }
            let hello = ServerHello { random: [7; 32], suite: 0x1301, tls13: true, encrypt_then_mac: false };
            assert_eq!(seen, [Message::ServerHello(hello), Message::Finished], "cut at {cut}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), kind in 0..3_u8) {
            let mut messages = Messages::default();
            let mut input = &bytes[..];
            while !input.is_empty() {
                messages.next(&mut input);
            }
            let mut hello = vec![kind, 0, 0, bytes.len() as u8];
            hello.extend(&bytes);
            messages.reset();
            prop_assert!(messages.next(&mut &hello[..]).is_some());
        }
    }
}
