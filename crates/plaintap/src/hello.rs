//! The randoms of ClientHellos, which name connections in key logs.

use std::collections::VecDeque;

use plaintap_crypt::{KeyStore, TlsDecryptor};
use plaintap_decode::{Address, Decoder, Options, Value, registry};
use plaintap_packet::Packet;

/// What carries the handshake of TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS over TCP.
    Tls,
    /// DTLS.
    Dtls,
    /// QUIC.
    Quic,
}

impl Security {
    /// `tls`, `dtls` or `quic`, for JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tls => "tls",
            Self::Dtls => "dtls",
            Self::Quic => "quic",
        }
    }
}

/// The random of a ClientHello at the start of a TLS record (RFC 8446 sections 4.1.2 and 5.1).
pub fn client_hello_random(payload: &[u8]) -> Option<[u8; 32]> {
    let [22, 3, 0..=4, length_high, length_low, 1, 0, hello_high, hello_low, 3, 0..=4, rest @ ..] = payload
    else {
        return None;
    };
    let record = u16::from_be_bytes([*length_high, *length_low]);
    let hello = u16::from_be_bytes([*hello_high, *hello_low]);
    // A hello may be longer than its first record, but a record of a hello is never tiny.
    if record < 38 || hello < 34 {
        return None;
    }
    rest.first_chunk().copied()
}

/// A QUIC packet with a long header (RFC 9000 section 17.2) or a DTLS handshake record (RFC 9147 section 4).
pub fn is_quic_or_dtls(payload: &[u8]) -> bool {
    matches!(payload, [0xc0..=0xff, a, b, c, d, ..] if [*a, *b, *c, *d] != [0; 4])
        || matches!(payload, [22, 0xfe, 0xfd | 0xff, ..])
}

/// The random of a ClientHello that begins in the first record (RFC 6347 section 4.2.2): behind the headers of record and
/// fragment, the version.
pub fn dtls_hello_random(payload: &[u8]) -> Option<[u8; 32]> {
    const RANDOM: usize = 13 + 12 + 2;
    let begins = matches!(payload, [22, 0xfe, 0xfd | 0xff, 0, 0, ..])
        && payload.get(13) == Some(&1)
        && payload.get(19..22) == Some(&[0; 3]);
    payload.get(RANDOM..)?.first_chunk().copied().filter(|_| begins)
}

/// Bytes of a connection's packets that are kept until its ClientHello is whole: with the large keys of post-quantum
/// key exchange it takes two or three, and some are sent again.
const LARGEST_HELLO: usize = 16 << 10;

/// Connections with the beginning of a ClientHello.
const BEGUN_HELLOS: usize = 256;

/// Follows the handshakes of QUIC: a ClientHello there is encrypted, with a key that everybody can make.
pub struct QuicHellos {
    decoder: Decoder,
    number: u64,
    begun: VecDeque<BegunHello>,
}

/// Source and destination of a packet.
type Ends = [(Address, u16); 2];

/// The packets of a connection so far, with their lengths on the wire.
struct BegunHello {
    ends: Ends,
    packets: Parts,
}

/// Packets, each with its length on the wire.
type Parts = Vec<(Vec<u8>, u32)>;

impl QuicHellos {
    /// Of a capture that begins.
    pub fn new() -> Self {
        let decryptor = TlsDecryptor::new(KeyStore::new());
        let options = Options { decryptor: Some(Box::new(decryptor)), ..Options::default() };
        Self { decoder: Decoder::new(options), number: 0, begun: VecDeque::new() }
    }

    /// The random of the ClientHello that this packet, which is QUIC between these ends, completes, and the packets
    /// that the hello began in, with their lengths on the wire.
    pub fn hello(&mut self, packet: &Packet<'_>, ends: Ends) -> Option<([u8; 32], Parts)> {
        let random = self.random(packet);
        let begun = self.begun.iter().position(|hello| hello.ends == ends);
        if let Some(random) = random {
            let begun = begun.and_then(|at| self.begun.remove(at));
            return Some((random, begun.map(|hello| hello.packets).unwrap_or_default()));
        }
        let part = || (packet.data.to_vec(), packet.original_length);
        match begun.and_then(|at| self.begun.get_mut(at)) {
            Some(hello) => {
                let kept: usize = hello.packets.iter().map(|(data, _)| data.len()).sum();
                if kept + packet.data.len() <= LARGEST_HELLO {
                    hello.packets.push(part());
                }
            }
            None => {
                if self.begun.len() >= BEGUN_HELLOS {
                    self.begun.pop_front();
                }
                if packet.data.len() <= LARGEST_HELLO {
                    self.begun.push_back(BegunHello { ends, packets: vec![part()] });
                }
            }
        }
        None
    }

    /// The random of the ClientHello that this packet, which is QUIC, completes.
    pub fn random(&mut self, packet: &Packet<'_>) -> Option<[u8; 32]> {
        const CLIENT_HELLO: u64 = 1;
        self.number += 1;
        let decoded = self.decoder.decode(packet, self.number);
        let (kind, random) =
            (registry::field("tls.handshake.type")?, registry::field("tls.handshake.random")?);
        let (mut is_hello, mut found) = (false, None);
        decoded.values(kind, &mut |_, value| is_hello |= value == Value::Unsigned(CLIENT_HELLO));
        decoded.values(random, &mut |_, value| {
            if let Value::Bytes(bytes) = value {
                found = found.or_else(|| bytes.try_into().ok());
            }
        });
        found.filter(|_| is_hello)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_random_of_a_dtls_hello() {
        let mut record = vec![
            22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1, 0, 0, 48, 0, 0, 0, 0, 0, 0, 0, 48, 0xfe, 0xfd,
        ];
        record.extend([7; 32]);
        assert_eq!(dtls_hello_random(&record), Some([7; 32]));
        assert_eq!(dtls_hello_random(&record[..58]), None);
        record[13] = 2;
        assert_eq!(dtls_hello_random(&record), None);
    }
}
