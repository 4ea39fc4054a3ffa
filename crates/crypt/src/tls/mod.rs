//! TLS 1.0 to 1.3, DTLS 1.0 and 1.2 and QUIC, decrypted from captured records and a [`KeyStore`].

mod connection;
pub(crate) mod handshake;
pub(crate) mod lock;
mod mac;
pub(crate) mod position;
mod record;
pub mod suites;
pub(crate) mod tls12;
mod tls13;

use plaintap_decode::{Decryptor, Outcome, PacketNumber, QuicPacket, Side, Unreadable};
use rustc_hash::FxHashMap;

use crate::dtls::DtlsConnection;
use crate::keystore::KeyStore;
use crate::quic::QuicConnection;
use crate::secret::{ClientRandom, SecretLabel};
use connection::Connection;
use lock::Lock;

/// Follows the TLS handshakes of many connections and opens their records.
///
/// Secrets may be put into the store before or after the records that need them: records that came too early stay
/// encrypted, those behind them are opened. Lost bytes cost the records near them.
pub struct TlsDecryptor {
    store: KeyStore,
    connections: FxHashMap<u32, Box<Connection>>,
    dtls: FxHashMap<u32, Box<DtlsConnection>>,
    quic: FxHashMap<u32, Box<QuicConnection>>,
}

impl TlsDecryptor {
    /// Takes the secrets from `store`, also those that are put into it later.
    pub fn new(store: KeyStore) -> Self {
        Self {
            store,
            connections: FxHashMap::default(),
            dtls: FxHashMap::default(),
            quic: FxHashMap::default(),
        }
    }

    pub(crate) const fn store(&self) -> &KeyStore {
        &self.store
    }

    pub(crate) fn client_random(&self, stream: u32) -> Option<ClientRandom> {
        self.connections.get(&stream)?.client_random().copied()
    }

    /// The secret that opened the last record of this connection that was opened.
    pub(crate) fn opened_by(&self, stream: u32) -> Option<SecretLabel> {
        self.connections.get(&stream)?.opened_by()
    }

    /// The connection's client random, and the secret that protects the next record of this side; `None` unless that is sure.
    pub(crate) fn surely_protected_by(&self, stream: u32, side: Side) -> Option<(ClientRandom, SecretLabel)> {
        let connection = self.connections.get(&stream)?;
        let (label, sure) = connection.protected_by(side)?;
        connection.client_random().filter(|_| sure).map(|random| (*random, label))
    }

    /// See [`Lock`]; asked for before the record is given to [`Decryptor::record`], when its secret is not known.
    pub(crate) fn lock(&self, stream: u32, side: Side, record: &[u8]) -> Option<Lock> {
        self.connections.get(&stream)?.lock(side, record)
    }

    pub(crate) fn dtls_client_random(&self, stream: u32) -> Option<ClientRandom> {
        self.dtls.get(&stream)?.client_random()
    }

    pub(crate) fn quic_client_random(&self, stream: u32) -> Option<ClientRandom> {
        self.quic.get(&stream)?.client_random()
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

    fn dtls_record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        plain.clear();
        match self.dtls.entry(stream).or_default().open(&self.store, side, record, plain) {
            Ok(kind) => Outcome::Decrypted(kind),
            Err(reason) => {
                plain.clear();
                Outcome::Encrypted(reason)
            }
        }
    }

    fn dtls_handshake(&mut self, stream: u32, side: Side, kind: u8, body: &[u8]) {
        self.dtls.entry(stream).or_default().handshake(side, kind, body);
    }

    fn dtls_end(&mut self, stream: u32) {
        self.dtls.remove(&stream);
    }

    fn quic_packet(
        &mut self,
        packet: QuicPacket<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<PacketNumber, Unreadable> {
        plain.clear();
        self.quic.entry(packet.stream).or_default().open(&self.store, &packet, plain)
    }

    fn quic_handshake(&mut self, stream: u32, from_client: bool, bytes: &[u8]) {
        self.quic.entry(stream).or_default().handshake(from_client, bytes);
    }

    fn quic_end(&mut self, stream: u32) {
        self.quic.remove(&stream);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that is not decrypted takes no more than this, and no heap of its own; keys are boxed apart.
    #[test]
    fn connections_are_small() {
        assert!(size_of::<Connection>() <= 520, "{} bytes", size_of::<Connection>());
    }
}
