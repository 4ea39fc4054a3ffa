//! Opening one record with one key.

use super::suites::Suite;
use crate::aead::{Aead, AeadKey, NONCE_LEN};
use crate::kdf;

/// The header of a record: type, version, length (RFC 8446 §5.1).
pub(super) const HEADER_LEN: usize = 5;

/// Record types.
pub(super) mod content {
    pub(crate) const CHANGE_CIPHER_SPEC: u8 = 20;
    pub(crate) const ALERT: u8 = 21;
    pub(crate) const HANDSHAKE: u8 = 22;
    pub(crate) const APPLICATION_DATA: u8 = 23;
}

/// The explicit part of the nonce in TLS 1.2 (RFC 5288 §3, RFC 6655 §3).
const EXPLICIT_NONCE_LEN: usize = 8;

/// The key and IV that one direction uses for one span of records.
pub(crate) struct RecordKey {
    key: AeadKey,
    tag_len: usize,
    iv: [u8; NONCE_LEN],
    /// Where a TLS 1.2 nonce comes from.
    nonce: Nonce,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Nonce {
    /// The IV, with the sequence number XORed into its end.
    Sequence,
    /// Four bytes of the IV, then eight bytes that stand in the record.
    Explicit,
}

impl RecordKey {
    /// The key of a TLS 1.3 traffic secret (RFC 8446 §7.3).
    pub(super) fn tls13(suite: &Suite, secret: &[u8]) -> Option<Self> {
        let aead = suite.aead()?;
        let mut key = [0; Aead::MAX_KEY];
        let key = &mut key[..aead.key_len()];
        let mut iv = [0; NONCE_LEN];
        kdf::expand_label(suite.hash, secret, "key", key);
        kdf::expand_label(suite.hash, secret, "iv", &mut iv);
        let tag_len = aead.tag_len();
        Some(Self { key: aead.key(key)?, tag_len, iv, nonce: Nonce::Sequence })
    }

    /// The key of one side in TLS 1.2, out of the key block (RFC 5246 §6.3): both keys, then both IVs, the client's
    /// first. AEAD ciphers have no MAC keys.
    pub(super) fn tls12(
        suite: &Suite,
        master_secret: &[u8],
        client_random: &[u8; 32],
        server_random: &[u8; 32],
        from_client: bool,
    ) -> Option<Self> {
        let aead = suite.aead()?;
        let nonce = if aead == Aead::ChaCha20Poly1305 { Nonce::Sequence } else { Nonce::Explicit };
        let key_len = aead.key_len();
        let iv_len = if nonce == Nonce::Explicit { NONCE_LEN - EXPLICIT_NONCE_LEN } else { NONCE_LEN };
        let mut block = [0; 2 * (Aead::MAX_KEY + NONCE_LEN)];
        let block = &mut block[..2 * (key_len + iv_len)];
        kdf::prf(suite.hash, master_secret, "key expansion", [server_random, client_random], block);

        let (keys, ivs) = block.split_at(2 * key_len);
        let side = usize::from(!from_client);
        let mut iv = [0; NONCE_LEN];
        iv[..iv_len].copy_from_slice(&ivs[side * iv_len..][..iv_len]);
        Some(Self { key: aead.key(&keys[side * key_len..])?, tag_len: aead.tag_len(), iv, nonce })
    }

    /// Opens a TLS 1.3 record into `plain`: content, inner type and padding (RFC 8446 §5.2).
    pub(super) fn open_tls13(&self, sequence: u64, record: &[u8], plain: &mut Vec<u8>) -> bool {
        let (header, ciphertext) = record.split_at(HEADER_LEN);
        plain.clear();
        plain.extend_from_slice(ciphertext);
        self.key.open(self.sequence_nonce(sequence), header, plain)
    }

    /// Opens a TLS 1.2 record into `plain` (RFC 5246 §6.2.3.3); `head` is its type and version.
    pub(super) fn open_tls12(&self, sequence: u64, head: [u8; 3], body: &[u8], plain: &mut Vec<u8>) -> bool {
        let (nonce, ciphertext) = match self.nonce {
            Nonce::Sequence => (self.sequence_nonce(sequence), body),
            Nonce::Explicit => {
                let Some((explicit, ciphertext)) = body.split_at_checked(EXPLICIT_NONCE_LEN) else {
                    return false;
                };
                let mut nonce = self.iv;
                nonce[NONCE_LEN - EXPLICIT_NONCE_LEN..].copy_from_slice(explicit);
                (nonce, ciphertext)
            }
        };
        let Some(len) = ciphertext.len().checked_sub(self.tag_len) else { return false };
        let mut aad = [0; 13];
        aad[..8].copy_from_slice(&sequence.to_be_bytes());
        aad[8..11].copy_from_slice(&head);
        aad[11..].copy_from_slice(&(len as u16).to_be_bytes());
        plain.clear();
        plain.extend_from_slice(ciphertext);
        self.key.open(nonce, &aad, plain)
    }

    /// The explicit nonce of a TLS 1.2 record. Every implementation counts it up by one a record, whatever it starts
    /// with, so it tells how many records are missing.
    pub(super) fn explicit_nonce(&self, record: &[u8]) -> Option<u64> {
        let explicit = record[HEADER_LEN..].first_chunk().filter(|_| self.nonce == Nonce::Explicit)?;
        Some(u64::from_be_bytes(*explicit))
    }

    /// RFC 8446 §5.3, RFC 7905 §2.
    fn sequence_nonce(&self, sequence: u64) -> [u8; NONCE_LEN] {
        let mut nonce = self.iv;
        for (byte, count) in nonce[NONCE_LEN - 8..].iter_mut().zip(sequence.to_be_bytes()) {
            *byte ^= count;
        }
        nonce
    }
}

/// Cuts the padding and the inner type off (RFC 8446 §5.2) and returns the type. Nothing but padding is of type 0,
/// "invalid": a peer must refuse it (§5.4).
pub(super) fn take_inner_type(plain: &mut Vec<u8>) -> u8 {
    let end = plain.iter().rposition(|&byte| byte != 0);
    let kind = end.map_or(0, |at| plain[at]);
    plain.truncate(end.unwrap_or(0));
    kind
}
