//! TLS 1.2 (AEAD suites) and TLS 1.3, decrypted from captured records and a [`KeyStore`].

mod connection;
mod handshake;
mod position;
mod record;
pub mod suites;
mod tls12;
mod tls13;

use plaintap_decode::{Decryptor, Outcome, Side};
use rustc_hash::FxHashMap;

use crate::keystore::KeyStore;
use connection::Connection;

/// Follows the TLS handshakes of many connections and opens their records.
///
/// Secrets may be put into the store before or after the records that need them: records that came too early stay
/// encrypted, those behind them are opened. Lost bytes cost the records near them.
pub struct TlsDecryptor {
    store: KeyStore,
    connections: FxHashMap<u32, Box<Connection>>,
}

impl TlsDecryptor {
    /// Takes the secrets from `store`, also those that are put into it later.
    pub fn new(store: KeyStore) -> Self {
        Self { store, connections: FxHashMap::default() }
    }
}

impl Decryptor for TlsDecryptor {
    fn record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        plain.clear();
        let connection = self.connections.entry(stream).or_default();
        let outcome = connection.record(&self.store, side, record, plain);
        if !matches!(outcome, Outcome::Decrypted(_)) {
            plain.clear();
        }
        outcome
    }

    fn gap(&mut self, stream: u32, side: Side) {
        self.connections.entry(stream).or_default().gap(side);
    }

    fn end(&mut self, stream: u32) {
        self.connections.remove(&stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that is not decrypted takes no more than this, and no heap of its own; keys are boxed apart.
    #[test]
    fn connections_are_small() {
        assert!(size_of::<Connection>() <= 512, "{} bytes", size_of::<Connection>());
    }
}
