//! Key derivation of TLS 1.3 (HKDF-Expand-Label) and TLS 1.2 (the PRF).

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

/// The PRF of TLS 1.2 (RFC 5246 §5) over the label and two randoms; fills `out`.
pub(crate) fn prf(hash: Hash, secret: &[u8], label: &str, randoms: [&[u8; 32]; 2], out: &mut [u8]) {
    let algorithm = match hash {
        Hash::Sha256 => hmac::HMAC_SHA256,
        Hash::Sha384 => hmac::HMAC_SHA384,
    };
    let key = hmac::Key::new(algorithm, secret);
    let seed = [label.as_bytes(), randoms[0], randoms[1]];
    let mut a = sign(&key, &seed);
    for chunk in out.chunks_mut(hash.len()) {
        let block = sign(&key, &[a.as_ref(), seed[0], seed[1], seed[2]]);
        chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        a = sign(&key, &[a.as_ref()]);
    }
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
