//! The cipher suites that can be decrypted: every suite of TLS 1.2 and 1.3 in the IANA registry with an AEAD, AES-CBC or no
//! cipher, but those of ARIA and Camellia. How the key was agreed on does not matter to who has the secret.

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
    pub(crate) cipher: Cipher,
    /// The hash of the PRF (TLS 1.2) or of HKDF (TLS 1.3).
    pub(crate) hash: Hash,
}

/// How records are protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cipher {
    /// By an AEAD.
    Aead(Aead),
    /// By a cipher and a MAC (RFC 5246 §6.2.3).
    WithMac(Bulk, Mac),
}

/// A cipher without authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bulk {
    Null,
    Aes128Cbc,
    Aes256Cbc,
}

/// The hash of the HMAC that authenticates records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mac {
    Sha1,
    Sha256,
    Sha384,
}

impl Suite {
    /// The AEAD, where it is one.
    pub(crate) const fn aead(&self) -> Option<Aead> {
        match self.cipher {
            Cipher::Aead(aead) => Some(aead),
            Cipher::WithMac(..) => None,
        }
    }

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
    with_mac(0x0002, "TLS_RSA_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0x002c, "TLS_PSK_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0x002d, "TLS_DHE_PSK_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0x002e, "TLS_RSA_PSK_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0030, "TLS_DH_DSS_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0031, "TLS_DH_RSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x0036, "TLS_DH_DSS_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x0037, "TLS_DH_RSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x003b, "TLS_RSA_WITH_NULL_SHA256", Bulk::Null, Mac::Sha256),
    with_mac(0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256", Bulk::Aes256Cbc, Mac::Sha256),
    with_mac(0x003e, "TLS_DH_DSS_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x003f, "TLS_DH_RSA_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x0068, "TLS_DH_DSS_WITH_AES_256_CBC_SHA256", Bulk::Aes256Cbc, Mac::Sha256),
    with_mac(0x0069, "TLS_DH_RSA_WITH_AES_256_CBC_SHA256", Bulk::Aes256Cbc, Mac::Sha256),
    with_mac(0x006a, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256", Bulk::Aes256Cbc, Mac::Sha256),
    with_mac(0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", Bulk::Aes256Cbc, Mac::Sha256),
    with_mac(0x006c, "TLS_DH_anon_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x006d, "TLS_DH_anon_WITH_AES_256_CBC_SHA256", Bulk::Aes256Cbc, Mac::Sha256),
    with_mac(0x008c, "TLS_PSK_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x008d, "TLS_PSK_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x0090, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0091, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0x0094, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0x0095, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
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
    with_mac(0x00ae, "TLS_PSK_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x00af, "TLS_PSK_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    with_mac(0x00b0, "TLS_PSK_WITH_NULL_SHA256", Bulk::Null, Mac::Sha256),
    with_mac(0x00b1, "TLS_PSK_WITH_NULL_SHA384", Bulk::Null, Mac::Sha384),
    with_mac(0x00b2, "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x00b3, "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    with_mac(0x00b4, "TLS_DHE_PSK_WITH_NULL_SHA256", Bulk::Null, Mac::Sha256),
    with_mac(0x00b5, "TLS_DHE_PSK_WITH_NULL_SHA384", Bulk::Null, Mac::Sha384),
    with_mac(0x00b6, "TLS_RSA_PSK_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0x00b7, "TLS_RSA_PSK_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    with_mac(0x00b8, "TLS_RSA_PSK_WITH_NULL_SHA256", Bulk::Null, Mac::Sha256),
    with_mac(0x00b9, "TLS_RSA_PSK_WITH_NULL_SHA384", Bulk::Null, Mac::Sha384),
    suite(0x1301, "TLS_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0x1302, "TLS_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0x1303, "TLS_CHACHA20_POLY1305_SHA256", ChaCha20Poly1305, Sha256),
    suite(0x1304, "TLS_AES_128_CCM_SHA256", Aes128Ccm, Sha256),
    suite(0x1305, "TLS_AES_128_CCM_8_SHA256", Aes128Ccm8, Sha256),
    with_mac(0xc001, "TLS_ECDH_ECDSA_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0xc004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc006, "TLS_ECDHE_ECDSA_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc00b, "TLS_ECDH_RSA_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0xc00e, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc00f, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc010, "TLS_ECDHE_RSA_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc015, "TLS_ECDH_anon_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc01d, "TLS_SRP_SHA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc01e, "TLS_SRP_SHA_RSA_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc01f, "TLS_SRP_SHA_DSS_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc020, "TLS_SRP_SHA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc021, "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc022, "TLS_SRP_SHA_DSS_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    with_mac(0xc025, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0xc026, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    with_mac(0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    with_mac(0xc029, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0xc02a, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    suite(0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xc02d, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc02e, "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    suite(0xc031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", Aes128Gcm, Sha256),
    suite(0xc032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384", Aes256Gcm, Sha384),
    with_mac(0xc035, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", Bulk::Aes128Cbc, Mac::Sha1),
    with_mac(0xc036, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA", Bulk::Aes256Cbc, Mac::Sha1),
    with_mac(0xc037, "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", Bulk::Aes128Cbc, Mac::Sha256),
    with_mac(0xc038, "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384", Bulk::Aes256Cbc, Mac::Sha384),
    with_mac(0xc039, "TLS_ECDHE_PSK_WITH_NULL_SHA", Bulk::Null, Mac::Sha1),
    with_mac(0xc03a, "TLS_ECDHE_PSK_WITH_NULL_SHA256", Bulk::Null, Mac::Sha256),
    with_mac(0xc03b, "TLS_ECDHE_PSK_WITH_NULL_SHA384", Bulk::Null, Mac::Sha384),
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
    Suite { number, name, cipher: Cipher::Aead(aead), hash }
}

/// The PRF of TLS 1.2 has SHA-256 but where the suite's hash is a longer one (RFC 5246 §5).
const fn with_mac(number: u16, name: &'static str, bulk: Bulk, mac: Mac) -> Suite {
    let hash = if matches!(mac, Mac::Sha384) { Sha384 } else { Sha256 };
    Suite { number, name, cipher: Cipher::WithMac(bulk, mac), hash }
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
        assert_eq!(find(0x002f).map(|suite| suite.cipher), Some(Cipher::WithMac(Bulk::Aes128Cbc, Mac::Sha1)));
        assert_eq!((find(0x000a), tls13().count()), (None, 5));
    }

    #[test]
    fn names_agree_with_the_ciphers() {
        for suite in SUITES {
            let Cipher::Aead(aead) = suite.cipher else { continue };
            let cipher = match aead {
                Aes128Gcm => "AES_128_GCM",
                Aes256Gcm => "AES_256_GCM",
                ChaCha20Poly1305 => "CHACHA20_POLY1305",
                Aes128Ccm | Aes128Ccm8 => "AES_128_CCM",
                Aes256Ccm | Aes256Ccm8 => "AES_256_CCM",
            };
            assert!(suite.name.contains(cipher), "{}", suite.name);
            assert_eq!(suite.name.contains("CCM_8"), aead.tag_len() == 8, "{}", suite.name);
            assert_eq!(suite.name.ends_with("SHA384"), suite.hash == Sha384, "{}", suite.name);
        }
    }
}
