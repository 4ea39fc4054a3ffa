//! Whether secrets are right: shown by the records and packets that they open, or should open and do not.

use std::sync::{Arc, Mutex, PoisonError};

use plaintap_decode::{Decryptor, Outcome, PacketNumber, QuicLevel, QuicPacket, Side, Unreadable};

use crate::keystore::KeyStore;
use crate::quic;
use crate::secret::{ClientRandom, SecretLabel};
use crate::tls::TlsDecryptor;
use crate::tls::lock::Lock;

/// A decryptor that notes which secrets of its store have opened something.
pub struct Witness {
    inner: TlsDecryptor,
    findings: Arc<Mutex<Findings>>,
}

/// What a [`Witness`] saw. An authentication tag that fits cannot be had by chance, so one is enough.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    opened: Vec<(ClientRandom, SecretLabel)>,
    failed: Vec<(ClientRandom, SecretLabel)>,
    unsupported: bool,
    locks: Vec<Lock>,
}

impl Witness {
    /// Takes the secrets from `store`. The second value shows what has been found so far.
    pub fn new(store: KeyStore) -> (Self, Arc<Mutex<Findings>>) {
        let findings = Arc::default();
        (Self { inner: TlsDecryptor::new(store), findings: Arc::clone(&findings) }, findings)
    }

    fn note(&self, change: impl FnOnce(&mut Findings)) {
        change(&mut self.findings.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A record or packet that only this secret can open was not opened. That tells of the secret only if there is one.
    fn failed(&self, random: ClientRandom, label: SecretLabel) {
        if self.inner.store().lookup(label, &random).is_some() {
            self.note(|findings| findings.failed.push((random, label)));
        }
    }
}

impl Findings {
    /// Something was opened with this secret: it is right.
    pub fn is_right(&self, random: &ClientRandom, label: SecretLabel) -> bool {
        self.opened.contains(&(*random, label))
    }

    /// The first thing that only this secret can open was not opened, nor anything else: it is wrong.
    pub fn is_wrong(&self, random: &ClientRandom, label: SecretLabel) -> bool {
        self.failed.contains(&(*random, label)) && !self.is_right(random, label)
    }

    /// The first records of which the secret is not known: what a secret can be tried on.
    pub fn locks(&self) -> &[Lock] {
        &self.locks
    }

    /// A cipher suite was met that cannot be decrypted here, so nothing can be said.
    pub const fn is_unsupported(&self) -> bool {
        self.unsupported
    }

    /// Bound for connections that go on and on: there are six secrets, of two sides.
    const MOST_LOCKS: usize = 8;

    fn locked(&mut self, lock: Lock) {
        let known =
            |known: &Lock| (known.client_random(), known.label()) == (lock.client_random(), lock.label());
        if self.locks.len() < Self::MOST_LOCKS && !self.locks.iter().any(known) {
            self.locks.push(lock);
        }
    }

    fn opened(&mut self, random: ClientRandom, label: SecretLabel) {
        if !self.is_right(&random, label) {
            self.opened.push((random, label));
        }
    }
}

impl Decryptor for Witness {
    fn record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        let before = self.inner.surely_protected_by(stream, side);
        if let Some((random, label)) = before
            && self.inner.store().lookup(label, &random).is_none()
            && let Some(lock) = self.inner.lock(stream, side, record)
        {
            self.note(|findings| findings.locked(lock));
        }
        let outcome = self.inner.record(stream, side, record, plain);
        match outcome {
            Outcome::Clear => {}
            Outcome::Decrypted(_) => {
                // The hellos of a renegotiation come encrypted, so the random is that from before.
                let random = before.map(|(random, _)| random).or_else(|| self.inner.client_random(stream));
                if let Some((random, label)) = random.zip(self.inner.opened_by(stream)) {
                    self.note(|findings| findings.opened(random, label));
                }
            }
            Outcome::Encrypted(Unreadable::CipherSuite(_)) => {
                self.note(|findings| findings.unsupported = true);
            }
            Outcome::Encrypted(_) => {
                // The record may itself have shown that protection begins.
                let now = || self.inner.surely_protected_by(stream, side);
                if let Some((random, label)) = before.or_else(now) {
                    self.failed(random, label);
                }
            }
        }
        outcome
    }

    fn gap(&mut self, stream: u32, side: Side) {
        self.inner.gap(stream, side);
    }

    fn end(&mut self, stream: u32) {
        self.inner.end(stream);
    }

    /// What opens a record is right. A record that is not opened tells nothing: it may be a late one of another session.
    fn dtls_record(&mut self, stream: u32, side: Side, record: &[u8], plain: &mut Vec<u8>) -> Outcome {
        let outcome = self.inner.dtls_record(stream, side, record, plain);
        match outcome {
            Outcome::Decrypted(_) => {
                if let Some(random) = self.inner.dtls_client_random(stream) {
                    self.note(|findings| findings.opened(random, SecretLabel::ClientRandom));
                }
            }
            Outcome::Encrypted(Unreadable::CipherSuite(_)) => {
                self.note(|findings| findings.unsupported = true);
            }
            _ => {}
        }
        outcome
    }

    fn dtls_handshake(&mut self, stream: u32, side: Side, kind: u8, body: &[u8]) {
        self.inner.dtls_handshake(stream, side, kind, body);
    }

    fn dtls_end(&mut self, stream: u32) {
        self.inner.dtls_end(stream);
    }

    fn quic_packet(
        &mut self,
        packet: QuicPacket<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<PacketNumber, Unreadable> {
        let opened = self.inner.quic_packet(packet, plain);
        let Some(random) = self.inner.quic_client_random(packet.stream) else { return opened };
        match (packet.level, &opened) {
            (QuicLevel::Initial, _) => {}
            (_, Ok(_)) => self.note(|findings| findings.opened(random, quic::label(&packet))),
            (_, Err(Unreadable::CipherSuite(_))) => self.note(|findings| findings.unsupported = true),
            // Datagrams with a short header may be anything, a stateless reset (RFC 9000 section 10.3) for one.
            (QuicLevel::Handshake, Err(Unreadable::BadTag)) => self.failed(random, quic::label(&packet)),
            (_, Err(_)) => {}
        }
        opened
    }

    fn quic_handshake(&mut self, stream: u32, from_client: bool, bytes: &[u8]) {
        self.inner.quic_handshake(stream, from_client, bytes);
    }

    fn quic_end(&mut self, stream: u32) {
        self.inner.quic_end(stream);
    }
}
