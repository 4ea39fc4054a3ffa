//! The cipher suites that can be decrypted: every AEAD suite of TLS 1.2 and 1.3 in the IANA registry but those of
//! ARIA and Camellia. How the key was agreed on does not matter to who has the secret.

use crate::aead::Aead;
use crate::aead::Aead::{
    Aes128Ccm, Aes128Ccm8, Aes128Gcm, Aes256Ccm, Aes256Ccm8, Aes256Gcm, ChaCha20Poly1305,
};
use crate::kdf::Hash;
use crate::kdf::Hash::{Sha256, Sha384};

/// A cipher suite.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suite {
    /// The registered number.
    pub number: u16,
    /// The registered name.
    pub name: &'static str,
    pub(crate) aead: Aead,
    /// The hash of the PRF (TLS 1.2) or of HKDF (TLS 1.3).
    pub(crate) hash: Hash,
}

impl Suite {
    /// Suites of TLS 1.3 are of no other version (RFC 8446 §B.4).
    pub(crate) const fn is_tls13(&self) -> bool {
        self.number >> 8 == 0x13
    }
}

/// The supported suite with this number.
pub fn find(number: u16) -> Option<&'static Suite> {
    SUITES.binary_search_by_key(&number, |suite| suite.number).ok().map(|at| &SUITES[at])
}

/// Every supported suite, by number.
pub static SUITES: &[Suite] = &[
    suite(0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x00a0, "TLS_DH_RSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x00a1, "TLS_DH_RSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x00a2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x00a3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x00a4, "TLS_DH_DSS_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x00a5, "TLS_DH_DSS_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x00a6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x00a7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x00aa, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x00ab, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x00ac, "TLS_RSA_PSK_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x00ad, "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x1301, "TLS_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x1302, "TLS_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x1303, "TLS_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0x1304, "TLS_AES_128_CCM_SHA256", Aes128Ccm, Sha256),
    suite(0x1305, "TLS_AES_128_CCM_8_SHA256", Aes128Ccm8, Sha256),
    suite(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xc02d, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc02e, "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xc031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xc09c, "TLS_RSA_WITH_AES_128_CCM", Aes128Ccm, Sha256),
    suite(0xc09d, "TLS_RSA_WITH_AES_256_CCM", Aes256Ccm, Sha256),
    suite(0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM", Aes128Ccm, Sha256),
    suite(0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM", Aes256Ccm, Sha256),
    suite(0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8", Aes128Ccm8, Sha256),
    suite(0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8", Aes256Ccm8, Sha256),
    suite(0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8", Aes128Ccm8, Sha256),
    suite(0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8", Aes256Ccm8, Sha256),
    suite(0xc0a4, "TLS_PSK_WITH_AES_128_CCM", Aes128Ccm, Sha256),
    suite(0xc0a5, "TLS_PSK_WITH_AES_256_CCM", Aes256Ccm, Sha256),
    suite(0xc0a6, "TLS_DHE_PSK_WITH_AES_128_CCM", Aes128Ccm, Sha256),
    suite(0xc0a7, "TLS_DHE_PSK_WITH_AES_256_CCM", Aes256Ccm, Sha256),
    suite(0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8", Aes128Ccm8, Sha256),
    suite(0xc0a9, "TLS_PSK_WITH_AES_256_CCM_8", Aes256Ccm8, Sha256),
    suite(0xc0aa, "TLS_PSK_DHE_WITH_AES_128_CCM_8", Aes128Ccm8, Sha256),
    suite(0xc0ab, "TLS_PSK_DHE_WITH_AES_256_CCM_8", Aes256Ccm8, Sha256),
    suite(0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", Aes128Ccm, Sha256),
    suite(0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", Aes256Ccm, Sha256),
    suite(0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", Aes128Ccm8, Sha256),
    suite(0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", Aes256Ccm8, Sha256),
    suite(0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0xccad, "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0xccae, "TLS_RSA_PSK_WITH_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xd002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xd003, "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256", Aes128Ccm8, Sha256),
    suite(0xd005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", Aes128Ccm, Sha256),
];

/// The suites of TLS 1.3 (RFC 8446 §B.4).
pub(crate) fn tls13() -> impl Iterator<Item = &'static Suite> {
    SUITES.iter().filter(|suite| suite.is_tls13())
}

const fn suite(number: u16, name: &'static str, aead: Aead, hash: Hash) -> Suite {
    Suite { number, name, aead, hash }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_rise_and_names_are_unique() {
        assert!(SUITES.windows(2).all(|pair| pair[0].number < pair[1].number));
        let names: std::collections::HashSet<_> = SUITES.iter().map(|suite| suite.name).collect();
        assert_eq!(names.len(), SUITES.len());
        assert_eq!(find(0x1302).map(|suite| suite.name), Some("TLS_AES_256_GCM_SHA384"));
        assert_eq!((find(0x002f), tls13().count()), (None, 5));
    }

    #[test]
    fn names_agree_with_the_ciphers() {
        for suite in SUITES {
            let cipher = match suite.aead {
                Aes128Gcm => "AES_128_GCM",
                Aes256Gcm => "AES_256_GCM",
                ChaCha20Poly1305 => "CHACHA20_POLY1305",
                Aes128Ccm | Aes128Ccm8 => "AES_128_CCM",
                Aes256Ccm | Aes256Ccm8 => "AES_256_CCM",
            };
            assert!(suite.name.contains(cipher), "{}", suite.name);
            assert_eq!(suite.name.contains("CCM_8"), suite.aead.tag_len() == 8, "{}", suite.name);
            assert_eq!(suite.name.ends_with("SHA384"), suite.hash == Sha384, "{}", suite.name);
        }
    }
}
