//! What tells a secret from any other bytes: the first record that it protects.

use super::record::{HEADER_LEN, RecordKey, content};
use super::suites::{self, Suite};
use super::tls12::{Key, Session};
use crate::secret::{ClientRandom, SecretLabel};

/// A record whose secret is not known, and what else its key depends on. An authentication tag does not fit by chance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    label: SecretLabel,
    client_random: ClientRandom,
    protected: Protected,
    record: Vec<u8>,
}

/// How a record is protected, but for the secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Protected {
    Tls13 { suite: u16 },
    Tls12 { session: Session, from_client: bool },
}

impl Lock {
    /// `None` for a record that is not protected, or in a way that is not known here.
    pub(super) fn new(
        protected: Protected,
        label: SecretLabel,
        client_random: ClientRandom,
        record: &[u8],
    ) -> Option<Self> {
        let kind = *record.first()?;
        let body = record.get(HEADER_LEN..)?;
        let is_protected = match &protected {
            // Anything else is in the clear (RFC 8446 §5.2).
            Protected::Tls13 { .. } => kind == content::APPLICATION_DATA,
            Protected::Tls12 { .. } => kind != content::CHANGE_CIPHER_SPEC || body.len() > 1,
        };
        let lock = Self { label, client_random, protected, record: record.to_vec() };
        lock.suite().filter(|_| is_protected)?;
        Some(lock)
    }

    /// What the secret is.
    pub const fn label(&self) -> SecretLabel {
        self.label
    }

    /// The connection.
    pub const fn client_random(&self) -> &ClientRandom {
        &self.client_random
    }

    /// How long the secret is, in bytes: a master secret has 48 (RFC 5246 §8.1), a secret of TLS 1.3 is as long as the hash.
    pub fn secret_len(&self) -> usize {
        const MASTER_SECRET: usize = 48;
        match (&self.protected, self.suite()) {
            (Protected::Tls13 { .. }, Some(suite)) => suite.hash.len(),
            _ => MASTER_SECRET,
        }
    }

    /// Whether this is the secret.
    pub fn opens(&self, secret: &[u8]) -> bool {
        self.open(secret).unwrap_or(false)
    }

    fn open(&self, secret: &[u8]) -> Option<bool> {
        /// No record of this key came before.
        const SEQUENCE: u64 = 0;
        if secret.len() != self.secret_len() {
            return None;
        }
        let suite = self.suite()?;
        let (&head, body) = self.record.first_chunk::<3>().zip(self.record.get(HEADER_LEN..))?;
        let mut plain = Vec::new();
        match &self.protected {
            Protected::Tls13 { .. } => {
                Some(RecordKey::tls13(suite, secret)?.open_tls13(SEQUENCE, &self.record, &mut plain))
            }
            Protected::Tls12 { session, from_client } => {
                let version = u16::from_be_bytes([head[1], head[2]]);
                let key = Key::new(suite, session, secret, *from_client, version)?;
                Some(key.open(SEQUENCE, head, body, &mut plain))
            }
        }
    }

    fn suite(&self) -> Option<&'static Suite> {
        let (number, tls13) = match &self.protected {
            Protected::Tls13 { suite } => (*suite, true),
            Protected::Tls12 { session, .. } => (session.suite, false),
        };
        suites::find(number).filter(|suite| suite.is_tls13() == tls13)
    }
}
