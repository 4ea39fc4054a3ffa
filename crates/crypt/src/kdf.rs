//! Key derivation of TLS 1.3 (HKDF-Expand-Label), TLS 1.2 and older (the PRF).

use ::hmac::Mac as _;
use md5::Md5;
use ring::{hkdf, hmac};

/// The hash of a cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hash {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
}

impl Hash {
    /// The output, in bytes: also the length of a TLS 1.3 secret.
    pub(crate) const fn len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// HKDF-Expand-Label with an empty context (RFC 8446 §7.1); fills `out`, at most 64 bytes.
pub(crate) fn expand_label(hash: Hash, secret: &[u8], label: &str, out: &mut [u8]) {
    let algorithm = match hash {
        Hash::Sha256 => hkdf::HKDF_SHA256,
        Hash::Sha384 => hkdf::HKDF_SHA384,
    };
    let len = (out.len() as u16).to_be_bytes();
    let label_len = [("tls13 ".len() + label.len()) as u8];
    let info = [&len[..], &label_len, b"tls13 ", label.as_bytes(), &[0]];
    let filled = hkdf::Prk::new_less_safe(algorithm, secret)
        .expand(&info, OutputLen(out.len()))
        .and_then(|okm| okm.fill(out));
    // HKDF refuses only more than 255 blocks of output (RFC 5869 §2.3).
    debug_assert!(filled.is_ok());
}

/// The length that `hkdf` wants as a type.
struct OutputLen(usize);

impl hkdf::KeyType for OutputLen {
    fn len(&self) -> usize {
        self.0
    }
}

/// The PRF of TLS 1.2 (RFC 5246 §5) over the label and two randoms; `out` holds zeros, and is filled.
pub(crate) fn prf(hash: Hash, secret: &[u8], label: &str, randoms: [&[u8; 32]; 2], out: &mut [u8]) {
    let algorithm = match hash {
        Hash::Sha256 => hmac::HMAC_SHA256,
        Hash::Sha384 => hmac::HMAC_SHA384,
    };
    let key = hmac::Key::new(algorithm, secret);
    expand(|parts| sign(&key, parts), [label.as_bytes(), randoms[0], randoms[1]], out);
}

/// The PRF of TLS 1.0 and 1.1 (RFC 2246 §5): one half of the secret with MD5, the other one with SHA-1.
pub(crate) fn prf_md5_sha1(secret: &[u8], label: &str, randoms: [&[u8; 32]; 2], out: &mut [u8]) {
    let half = secret.len().div_ceil(2);
    let seed = [label.as_bytes(), randoms[0], randoms[1]];
    let md5 = |parts: &[&[u8]]| sign_md5(&secret[..half], parts);
    let sha1 = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &secret[secret.len() - half..]);
    expand(md5, seed, out);
    expand(|parts| sign(&sha1, parts), seed, out);
}

/// P_hash (RFC 5246 §5), added to what `out` holds by exclusive or.
fn expand<T: AsRef<[u8]>>(sign: impl Fn(&[&[u8]]) -> T, seed: [&[u8]; 3], out: &mut [u8]) {
    let mut a = sign(&seed);
    let mut rest = out;
    while !rest.is_empty() {
        let block = sign(&[a.as_ref(), seed[0], seed[1], seed[2]]);
        let (now, later) = rest.split_at_mut(rest.len().min(block.as_ref().len()));
        now.iter_mut().zip(block.as_ref()).for_each(|(byte, block)| *byte ^= block);
        rest = later;
        a = sign(&[a.as_ref()]);
    }
}

fn sign_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    // HMAC takes keys of any length.
    let Ok(mut mac) = ::hmac::Hmac::<Md5>::new_from_slice(key) else { return [0; 16] };
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn sign(key: &hmac::Key, parts: &[&[u8]]) -> hmac::Tag {
    let mut context = hmac::Context::with_key(key);
    for part in parts {
        context.update(part);
    }
    context.sign()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
    }

    /// RFC 2202 §2, the second test of HMAC-MD5.
    #[test]
    fn hmac_md5_of_rfc_2202() {
        let tag = sign_md5(b"Jefe", &[b"what do ya want ", b"for nothing?"]);
        assert_eq!(tag[..], hex("750c783e6ab0b503eaa86e310a5db738"));
    }

    /// RFC 8448 §3: the server's handshake traffic secret, its key and its IV.
    #[test]
    fn traffic_keys_of_rfc_8448() {
        let secret = hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38");
        let (mut key, mut iv) = ([0; 16], [0; 12]);
        expand_label(Hash::Sha256, &secret, "key", &mut key);
        expand_label(Hash::Sha256, &secret, "iv", &mut iv);
        assert_eq!(key[..], hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(iv[..], hex("5d313eb2671276ee13000b30"));
    }
}
