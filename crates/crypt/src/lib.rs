//! Decryption of what was captured: secrets in, plaintext out.
//!
//! Everything here is pure: bytes and secrets go in, plaintext comes out. No files, no sockets, no clock, so that it
//! can be tested and fuzzed anywhere. Secrets come as SSLKEYLOGFILE lines ([`keylog`]) and are shared between the
//! threads that find them and the thread that decrypts by a [`KeyStore`]; [`TlsDecryptor`] follows TLS handshakes, and
//! opens records, those of DTLS too, and QUIC packets.

#![forbid(unsafe_code)]

mod aead;
mod dtls;
mod kdf;
pub mod keylog;
mod keystore;
mod quic;
mod secret;
mod tls;
mod witness;

pub use keylog::KeylogError;
pub use keystore::{Completeness, KeyStore};
pub use secret::{ClientRandom, Secret, SecretError, SecretLabel, TlsSecret};
pub use tls::TlsDecryptor;
pub use tls::lock::Lock;
pub use tls::suites;
pub use witness::{Findings, Witness};
