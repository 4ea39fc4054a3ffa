//! The AEAD ciphers of TLS, opened in place.

use aes::{Aes128, Aes256};
use ccm::aead::AeadInPlace;
use ccm::aead::generic_array::GenericArray;
use ccm::aead::generic_array::typenum::Unsigned;
use ccm::consts::{U8, U12, U16};
use ccm::{Ccm, KeyInit};
use ring::aead as ring_aead;

/// Every AEAD of TLS takes a nonce of 96 bits (RFC 5116).
pub(crate) const NONCE_LEN: usize = 12;

/// An AEAD algorithm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aead {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
    /// AES-128-CCM, tag of 16 bytes.
    Aes128Ccm,
    /// AES-256-CCM, tag of 16 bytes.
    Aes256Ccm,
    /// AES-128-CCM, tag of 8 bytes.
    Aes128Ccm8,
    /// AES-256-CCM, tag of 8 bytes.
    Aes256Ccm8,
}

impl Aead {
    /// The longest key, in bytes.
    pub(crate) const MAX_KEY: usize = 32;

    /// The key, in bytes.
    pub(crate) const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Ccm | Self::Aes128Ccm8 => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aes256Ccm | Self::Aes256Ccm8 => 32,
        }
    }

    /// The authentication tag, in bytes.
    pub(crate) const fn tag_len(self) -> usize {
        match self {
            Self::Aes128Ccm8 | Self::Aes256Ccm8 => 8,
            _ => 16,
        }
    }

    /// Makes a key of the first [`Aead::key_len`] bytes; `None` if there are fewer.
    pub(crate) fn key(self, bytes: &[u8]) -> Option<AeadKey> {
        let bytes = bytes.get(..self.key_len())?;
        let ring_key =
            |algorithm| ring_aead::UnboundKey::new(algorithm, bytes).ok().map(ring_aead::LessSafeKey::new);
        Some(match self {
            Self::Aes128Gcm => AeadKey::Ring(ring_key(&ring_aead::AES_128_GCM)?),
            Self::Aes256Gcm => AeadKey::Ring(ring_key(&ring_aead::AES_256_GCM)?),
            Self::ChaCha20Poly1305 => AeadKey::Ring(ring_key(&ring_aead::CHACHA20_POLY1305)?),
            Self::Aes128Ccm => AeadKey::Aes128Ccm(Ccm::new_from_slice(bytes).ok()?),
            Self::Aes256Ccm => AeadKey::Aes256Ccm(Ccm::new_from_slice(bytes).ok()?),
            Self::Aes128Ccm8 => AeadKey::Aes128Ccm8(Ccm::new_from_slice(bytes).ok()?),
            Self::Aes256Ccm8 => AeadKey::Aes256Ccm8(Ccm::new_from_slice(bytes).ok()?),
        })
    }
}

/// An expanded key.
pub(crate) enum AeadKey {
    Ring(ring_aead::LessSafeKey),
    Aes128Ccm(Ccm<Aes128, U16, U12>),
    Aes256Ccm(Ccm<Aes256, U16, U12>),
    Aes128Ccm8(Ccm<Aes128, U8, U12>),
    Aes256Ccm8(Ccm<Aes256, U8, U12>),
}

impl AeadKey {
    /// Opens the ciphertext and tag in `buffer` and cuts the tag off. On a wrong tag it returns false, and the buffer
    /// holds nothing of use.
    pub(crate) fn open(&self, nonce: [u8; NONCE_LEN], aad: &[u8], buffer: &mut Vec<u8>) -> bool {
        match self {
            Self::Ring(key) => {
                let nonce = ring_aead::Nonce::assume_unique_for_key(nonce);
                let Ok(plain) = key.open_in_place(nonce, ring_aead::Aad::from(aad), buffer) else {
                    return false;
                };
                let len = plain.len();
                buffer.truncate(len);
                true
            }
            Self::Aes128Ccm(key) => open_ccm(key, nonce, aad, buffer),
            Self::Aes256Ccm(key) => open_ccm(key, nonce, aad, buffer),
            Self::Aes128Ccm8(key) => open_ccm(key, nonce, aad, buffer),
            Self::Aes256Ccm8(key) => open_ccm(key, nonce, aad, buffer),
        }
    }
}

fn open_ccm<C>(cipher: &C, nonce: [u8; NONCE_LEN], aad: &[u8], buffer: &mut Vec<u8>) -> bool
where
    C: AeadInPlace<NonceSize = U12>,
{
    let Some(len) = buffer.len().checked_sub(C::TagSize::USIZE) else { return false };
    let (plain, tag) = buffer.split_at_mut(len);
    let opened = cipher.decrypt_in_place_detached(
        GenericArray::from_slice(&nonce),
        aad,
        plain,
        GenericArray::from_slice(tag),
    );
    buffer.truncate(len);
    opened.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Aead; 7] = [
        Aead::Aes128Gcm,
        Aead::Aes256Gcm,
        Aead::ChaCha20Poly1305,
        Aead::Aes128Ccm,
        Aead::Aes256Ccm,
        Aead::Aes128Ccm8,
        Aead::Aes256Ccm8,
    ];

    #[test]
    fn short_input_and_wrong_tags_are_refused() {
        for aead in ALL {
            assert!(aead.key(&[1; 15]).is_none());
            let key = aead.key(&[1; Aead::MAX_KEY]).unwrap();
            for len in 0..40 {
                assert!(!key.open([2; NONCE_LEN], b"aad", &mut vec![3; len]), "{aead:?} {len}");
            }
        }
    }
}
