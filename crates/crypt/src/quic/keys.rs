//! The keys of QUIC packets (RFC 9001 §5), and the packets they open.

use plaintap_decode::QuicPacket;
use ring::aead::quic::{self, HeaderProtectionKey};
use ring::hmac;

use crate::aead::{Aead, AeadKey, NONCE_LEN};
use crate::kdf::{self, Hash};
use crate::secret::Secret;
use crate::tls::suites::Suite;

/// Where the sample for the header protection begins, from the packet number on (RFC 9001 §5.4.2).
const SAMPLE_AT: usize = 4;
/// Its length.
const SAMPLE_LEN: usize = 16;

/// Version 2 (RFC 9369).
const VERSION_2: u32 = 0x6b33_43cf;

/// The key, IV and header protection key of one direction at one level.
pub(super) struct Keys {
    key: AeadKey,
    iv: [u8; NONCE_LEN],
    header: HeaderProtectionKey,
    aead: Aead,
    hash: Hash,
    secret: Secret,
    version: u32,
}

/// A packet whose header is no longer protected.
pub(super) struct Unmasked {
    /// The first byte.
    pub(super) first: u8,
    /// The packet number as it is sent: its last bytes.
    pub(super) truncated: u64,
    pub(super) number_len: usize,
}

impl Keys {
    /// The keys of a traffic secret.
    pub(super) fn new(suite: &Suite, secret: &Secret, version: u32) -> Option<Self> {
        Self::of(suite.aead()?, suite.hash, secret, version)
    }

    /// Those of Initial packets (RFC 9001 §5.2), of the client or the server.
    pub(super) fn initial(version: u32, id: &[u8], from_client: bool) -> Option<Self> {
        let secret = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, initial_salt(version)?), id);
        let label = if from_client { "client in" } else { "server in" };
        let mut out = [0; 32];
        kdf::expand_label(Hash::Sha256, secret.as_ref(), label, &mut out);
        Self::of(Aead::Aes128Gcm, Hash::Sha256, &Secret::copy(&out), version)
    }

    fn of(aead: Aead, hash: Hash, secret: &Secret, version: u32) -> Option<Self> {
        let [key_label, iv_label, header_label, _] = labels(version);
        let mut key = [0; Aead::MAX_KEY];
        let key = &mut key[..aead.key_len()];
        kdf::expand_label(hash, secret.as_bytes(), key_label, key);
        let mut iv = [0; NONCE_LEN];
        kdf::expand_label(hash, secret.as_bytes(), iv_label, &mut iv);
        let algorithm = match aead {
            Aead::Aes128Gcm => &quic::AES_128,
            Aead::Aes256Gcm => &quic::AES_256,
            Aead::ChaCha20Poly1305 => &quic::CHACHA20,
            // No version of QUIC in use has them.
            _ => return None,
        };
        let mut header = [0; Aead::MAX_KEY];
        let header = &mut header[..aead.key_len()];
        kdf::expand_label(hash, secret.as_bytes(), header_label, header);
        Some(Self {
            key: aead.key(key)?,
            iv,
            header: HeaderProtectionKey::new(algorithm, header).ok()?,
            aead,
            hash,
            secret: secret.clone(),
            version,
        })
    }

    /// The keys after an update (RFC 9001 §6.1); the header protection stays that of `self`.
    pub(super) fn next_generation(&self) -> Option<Self> {
        let mut next = [0; 64];
        let next = &mut next[..self.hash.len()];
        kdf::expand_label(self.hash, self.secret.as_bytes(), labels(self.version)[3], next);
        Self::of(self.aead, self.hash, &Secret::copy(next), self.version)
    }

    /// Takes the protection off the header (RFC 9001 §5.4).
    pub(super) fn unmask(&self, packet: &QuicPacket<'_>) -> Option<Unmasked> {
        let at = packet.number_at;
        let sample = packet.bytes.get(at + SAMPLE_AT..)?.get(..SAMPLE_LEN)?;
        let mask = self.header.new_mask(sample).ok()?;
        let protected = *packet.bytes.first()?;
        let first = protected ^ mask[0] & if protected & 0x80 != 0 { 0x0f } else { 0x1f };
        let number_len = usize::from(first & 3) + 1;
        let number = packet.bytes.get(at..at + number_len)?;
        let truncated =
            number.iter().zip(&mask[1..]).fold(0, |n, (byte, mask)| n << 8 | u64::from(byte ^ mask));
        Some(Unmasked { first, truncated, number_len })
    }

    /// Opens the payload into `plain`, behind the header without its protection.
    pub(super) fn open(
        &self,
        packet: &QuicPacket<'_>,
        header: &Unmasked,
        number: u64,
        plain: &mut Vec<u8>,
    ) -> bool {
        let payload_at = packet.number_at + header.number_len;
        let (Some(clear), Some(payload)) =
            (packet.bytes.get(1..packet.number_at), packet.bytes.get(payload_at..))
        else {
            return false;
        };
        let mut aad = Vec::with_capacity(payload_at);
        aad.push(header.first);
        aad.extend_from_slice(clear);
        aad.extend_from_slice(&header.truncated.to_be_bytes()[8 - header.number_len..]);
        let mut nonce = self.iv;
        for (byte, number) in nonce[NONCE_LEN - 8..].iter_mut().zip(number.to_be_bytes()) {
            *byte ^= number;
        }
        plain.clear();
        plain.extend_from_slice(payload);
        if !self.key.open(nonce, &aad, plain) {
            return false;
        }
        plain.splice(..0, aad);
        true
    }
}

/// The whole packet number, next to the `largest` one seen (RFC 9000 §A.3).
pub(super) fn whole_number(header: &Unmasked, largest: Option<u64>) -> u64 {
    let expected = largest.map_or(0, |largest| largest.saturating_add(1));
    let window = 1_u64 << (8 * header.number_len);
    let candidate = expected & !(window - 1) | header.truncated;
    if candidate + window / 2 <= expected && candidate < (1 << 62) - window {
        candidate + window
    } else if candidate > expected + window / 2 && candidate >= window {
        candidate - window
    } else {
        candidate
    }
}

/// The labels of key, IV, header protection and key update (RFC 9001 §5.1, RFC 9369 §3.3.2).
const fn labels(version: u32) -> [&'static str; 4] {
    match version {
        VERSION_2 => ["quicv2 key", "quicv2 iv", "quicv2 hp", "quicv2 ku"],
        _ => ["quic key", "quic iv", "quic hp", "quic ku"],
    }
}

/// The salt of Initial secrets (RFC 9001 §5.2, RFC 9369 §3.3.1); that of the drafts changed three times.
const fn initial_salt(version: u32) -> Option<&'static [u8; 20]> {
    Some(match version {
        VERSION_2 => b"\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9",
        1 | 0xff00_0021..=0xff00_0022 => {
            b"\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a"
        }
        0xff00_001d..=0xff00_0020 => {
            b"\xaf\xbf\xec\x28\x99\x93\xd2\x4c\x9e\x97\x86\xf1\x9c\x61\x11\xe0\x43\x90\xa8\x99"
        }
        // mvfst's two versions are drafts 22 and 27.
        0xff00_0017..=0xff00_001c | 0xface_b002 => {
            b"\xc3\xee\xf7\x12\xc7\x2e\xbb\x5a\x11\xa7\xd2\x43\x2b\xb4\x63\x65\xbe\xf9\xf5\x02"
        }
        0xff00_0015 | 0xff00_0016 | 0xface_b001 => {
            b"\x7f\xbc\xdb\x0e\x7c\x66\xbb\xe9\x19\x3a\x96\xcd\x21\x51\x9e\xbd\x7a\x02\x64\x4a"
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use plaintap_decode::QuicLevel;

    use super::*;

    fn unhex(text: &str) -> Vec<u8> {
        let text: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
        text.chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
            .collect()
    }

    /// RFC 9001 §A.3: the server's Initial packet.
    #[test]
    fn the_initial_packet_of_rfc_9001() {
        let bytes = unhex(
            "cf000000010008f067a5502a4262b5004075c0d95a482cd0991cd25b0aac406a5816b6394100f37a1c69797554780bb38cc5a99f5ede4cf73c3ec24
             93a1839b3dbcba3f6ea46c5b7684df3548e7ddeb9c3bf9c73cc3f3bded74b562bfb19fb84022f8ef4cdd93795d77d06edbb7aaf2f58891850abbdca
             3d20398c276456cbc42158407dd074ee",
        );
        let packet = QuicPacket {
            stream: 0,
            from_client: false,
            version: 1,
            level: QuicLevel::Initial,
            initial_id: &[],
            bytes: &bytes,
            number_at: 18,
        };
        let keys = Keys::initial(1, &unhex("8394c8f03e515708"), false).unwrap();
        let header = keys.unmask(&packet).unwrap();
        assert_eq!((header.first, header.truncated, header.number_len), (0xc1, 1, 2));
        let mut plain = Vec::new();
        assert!(keys.open(&packet, &header, whole_number(&header, None), &mut plain));
        assert_eq!(plain[18..25], [0, 1, 0x02, 0, 0, 0, 0]);
        assert!(!keys.open(&packet, &header, 2, &mut plain));
    }

    /// RFC 9000 §A.3.
    #[test]
    fn packet_numbers_are_restored() {
        let header = Unmasked { first: 0, truncated: 0x9b32, number_len: 2 };
        assert_eq!(whole_number(&header, Some(0xa82f_30ea)), 0xa82f_9b32);
        assert_eq!(whole_number(&Unmasked { truncated: 0xff, number_len: 1, first: 0 }, None), 0xff);
        assert_eq!(whole_number(&Unmasked { truncated: 0, number_len: 1, first: 0 }, Some(255)), 256);
        assert_eq!(whole_number(&Unmasked { truncated: 250, number_len: 1, first: 0 }, Some(256)), 250);
    }
}
