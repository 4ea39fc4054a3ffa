//! Records protected by a cipher and a MAC: AES-CBC and no cipher at all, TLS 1.0 to 1.2 (RFC 5246 §6.2.3, RFC 7366).

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockDecryptMut, InvalidLength, KeyIvInit};
use aes::{Aes128, Aes256};
use cbc::Decryptor;
use ring::hmac;

use super::suites::{Bulk, Mac};
use super::tls12::Session;
use crate::kdf::{self, Hash};

/// The block of AES.
const BLOCK: usize = 16;

/// The version before explicit IVs (RFC 4346 §1.1).
const TLS_1_0: u16 = 0x0301;

/// The version from which on the suite decides the PRF.
const TLS_1_2: u16 = 0x0303;

/// The keys of one direction.
pub(crate) struct MacKey {
    bulk: Bulk,
    key: [u8; 32],
    mac: hmac::Key,
    mac_len: usize,
    encrypt_then_mac: bool,
    /// The last block before the record, which TLS 1.0 takes for its IV; none where each record brings its own.
    chained: Option<[u8; BLOCK]>,
}

impl Bulk {
    const fn key_len(self) -> usize {
        match self {
            Self::Null => 0,
            Self::Aes128Cbc => 16,
            Self::Aes256Cbc => 32,
        }
    }

    const fn block_len(self) -> usize {
        match self {
            Self::Null => 0,
            Self::Aes128Cbc | Self::Aes256Cbc => BLOCK,
        }
    }
}

impl Mac {
    const fn algorithm(self) -> hmac::Algorithm {
        match self {
            Self::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
        }
    }

    /// The hash and the key of its HMAC, in bytes.
    const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

impl MacKey {
    /// The keys of one side, out of the key block (RFC 5246 §6.3): MAC keys, keys, then with TLS 1.0 the first IVs, the
    /// client's before the server's.
    pub(super) fn new(
        (bulk, mac, hash): (Bulk, Mac, Hash),
        version: u16,
        session: &Session,
        master_secret: &[u8],
        from_client: bool,
    ) -> Option<Self> {
        let lengths = [mac.len(), bulk.key_len(), bulk.block_len()];
        let mut block = [0; 2 * (48 + 32 + BLOCK)];
        let block = &mut block[..2 * lengths.iter().sum::<usize>()];
        let randoms = [&session.server_random, &session.client_random];
        if version >= TLS_1_2 {
            kdf::prf(hash, master_secret, "key expansion", randoms, block);
        } else {
            kdf::prf_md5_sha1(master_secret, "key expansion", randoms, block);
        }
        let mut rest = &block[..];
        let [mac_key, bulk_key, iv] = lengths.map(|length| {
            let (both, behind) = rest.split_at(2 * length);
            rest = behind;
            let (client, server) = both.split_at(length);
            if from_client { client } else { server }
        });
        let mut key = [0; 32];
        key[..bulk_key.len()].copy_from_slice(bulk_key);
        Some(Self {
            bulk,
            key,
            mac: hmac::Key::new(mac.algorithm(), mac_key),
            mac_len: mac.len(),
            // Without a cipher there is nothing to encrypt first (RFC 7366 §3).
            encrypt_then_mac: session.encrypt_then_mac && bulk != Bulk::Null,
            chained: if version <= TLS_1_0 { iv.try_into().ok() } else { None },
        })
    }

    /// Opens a record into `plain`; `head` is its type and version.
    pub(super) fn open(&self, sequence: u64, head: [u8; 3], body: &[u8], plain: &mut Vec<u8>) -> bool {
        plain.clear();
        if self.encrypt_then_mac {
            let Some(at) = body.len().checked_sub(self.mac_len) else { return false };
            let (sealed, tag) = body.split_at(at);
            return self.verified(sequence, head, sealed, tag) && self.decrypt(sealed, plain);
        }
        if !self.decrypt(body, plain) {
            return false;
        }
        let Some(at) = plain.len().checked_sub(self.mac_len) else { return false };
        let (content, tag) = plain.split_at(at);
        let verified = self.verified(sequence, head, content, tag);
        plain.truncate(at);
        verified
    }

    /// A record has passed, opened or not.
    pub(super) fn passed(&mut self, record: &[u8]) {
        let end = record.len() - if self.encrypt_then_mac { self.mac_len.min(record.len()) } else { 0 };
        if let (Some(chained), Some(last)) = (&mut self.chained, record[..end].last_chunk()) {
            *chained = *last;
        }
    }

    /// Over sequence number, type, version, length and content (RFC 5246 §6.2.3.1).
    fn verified(&self, sequence: u64, head: [u8; 3], content: &[u8], tag: &[u8]) -> bool {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(&sequence.to_be_bytes());
        context.update(&head);
        context.update(&(content.len() as u16).to_be_bytes());
        context.update(content);
        context.sign().as_ref() == tag
    }

    /// Decrypts, and takes the padding off.
    fn decrypt(&self, sealed: &[u8], plain: &mut Vec<u8>) -> bool {
        if self.bulk == Bulk::Null {
            plain.extend_from_slice(sealed);
            return true;
        }
        let (iv, blocks) = match (self.chained, sealed.split_first_chunk()) {
            (Some(chained), _) => (chained, sealed),
            (None, Some((iv, blocks))) => (*iv, blocks),
            (None, None) => return false,
        };
        if blocks.is_empty() || blocks.len() % BLOCK != 0 {
            return false;
        }
        plain.extend_from_slice(blocks);
        let key = &self.key[..self.bulk.key_len()];
        let decrypted = match self.bulk {
            Bulk::Aes128Cbc => decrypt_blocks(Decryptor::<Aes128>::new_from_slices(key, &iv), plain),
            _ => decrypt_blocks(Decryptor::<Aes256>::new_from_slices(key, &iv), plain),
        };
        decrypted && take_padding(plain)
    }
}

fn decrypt_blocks(cipher: Result<impl BlockDecryptMut, InvalidLength>, bytes: &mut [u8]) -> bool {
    let Ok(cipher) = cipher else { return false };
    cipher.decrypt_padded_mut::<NoPadding>(bytes).is_ok()
}

/// The last byte says how many bytes of its own value are in front of it (RFC 5246 §6.2.3.2).
fn take_padding(plain: &mut Vec<u8>) -> bool {
    let Some(&padding) = plain.last() else { return false };
    let Some(at) = plain.len().checked_sub(usize::from(padding) + 1) else { return false };
    if plain[at..].iter().any(|&byte| byte != padding) {
        return false;
    }
    plain.truncate(at);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn padding_is_checked() {
        let taken = |bytes: &[u8]| {
            let mut plain = bytes.to_vec();
            take_padding(&mut plain).then_some(plain)
        };
        assert_eq!(taken(&[7, 2, 2, 2]), Some(vec![7]));
        assert_eq!(taken(&[7, 0]), Some(vec![7]));
        assert_eq!(taken(&[1, 1]), Some(vec![]));
        assert_eq!((taken(&[7, 1, 2, 2]), taken(&[3, 3, 3]), taken(&[])), (None, None, None));
    }
}
