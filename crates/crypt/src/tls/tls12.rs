//! One direction of a connection of TLS 1.2 or older behind a ChangeCipherSpec (RFC 5246 §6, §7.1).

use plaintap_decode::Unreadable;

use super::mac::MacKey;
use super::position::{Position, Watch};
use super::record::{HEADER_LEN, RecordKey};
use super::suites::{self, Cipher, Suite};
use crate::keystore::KeyStore;
use crate::secret::{ClientRandom, SecretLabel};

/// What a handshake agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    pub(crate) client_random: ClientRandom,
    pub(crate) server_random: [u8; 32],
    pub(crate) suite: u16,
    pub(crate) encrypt_then_mac: bool,
}

/// The protection of one direction, from one ChangeCipherSpec to the next.
pub(super) struct Tls12 {
    /// None when the hellos of a renegotiation could not be read.
    session: Option<Session>,
    position: Position,
    key: Option<Key>,
    watch: Watch,
    /// The explicit nonce and the sequence number of the last record that was opened.
    nonce: Option<(u64, u64)>,
}

/// The key of an AEAD, or those of a cipher and a MAC.
pub(crate) enum Key {
    Aead(Box<RecordKey>),
    WithMac(Box<MacKey>),
}

impl Tls12 {
    pub(super) fn new(session: Option<Session>, position: Position) -> Self {
        Self { session, position, key: None, watch: Watch::default(), nonce: None }
    }

    /// Opens a record into `plain`.
    pub(super) fn open(
        &mut self,
        store: &KeyStore,
        from_client: bool,
        record: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let found = self.search(store, from_client, record, plain);
        if found.is_err() {
            self.position.missed();
        }
        if let Some(Key::WithMac(key)) = &mut self.key {
            key.passed(record);
        }
        found
    }

    fn search(
        &mut self,
        store: &KeyStore,
        from_client: bool,
        record: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        if self.try_key(record, plain) {
            return Ok(());
        }
        match self.load(store, from_client, record) {
            Ok(true) if self.try_key(record, plain) => Ok(()),
            Ok(_) => Err(Unreadable::BadTag),
            Err(reason) => Err(reason),
        }
    }

    /// Whether the session is known, and all records so far were seen and opened.
    pub(super) const fn is_sure(&self) -> bool {
        self.session.is_some() && !self.position.is_uncertain()
    }

    pub(super) const fn gap(&mut self) {
        self.position.lost();
    }

    /// Makes the key, if the secret is new; false if it is the one already in use.
    fn load(&mut self, store: &KeyStore, from_client: bool, record: &[u8]) -> Result<bool, Unreadable> {
        let session = self.session.as_ref().ok_or(Unreadable::HandshakeMissing)?;
        let suite = suites::find(session.suite)
            .filter(|suite| !suite.is_tls13())
            .ok_or(Unreadable::CipherSuite(session.suite))?;
        let random = &session.client_random;
        if self.watch.changed(store, random) {
            let secret = store.lookup(SecretLabel::ClientRandom, random);
            self.key = secret.and_then(|secret| {
                // The version stands in the records.
                let version = record.get(1..3).and_then(|version| version.try_into().ok())?;
                Key::new(suite, session, secret.as_bytes(), from_client, u16::from_be_bytes(version))
            });
            self.position.renew();
            return if self.key.is_some() { Ok(true) } else { Err(Unreadable::NoSecret) };
        }
        if self.key.is_some() { Ok(false) } else { Err(Unreadable::NoSecret) }
    }

    fn try_key(&mut self, record: &[u8], plain: &mut Vec<u8>) -> bool {
        let Some(key) = &self.key else { return false };
        let expected = self.position.expected();
        let nonce = key.explicit_nonce(record);
        let Some((&head, body)) = record.first_chunk().zip(record.get(HEADER_LEN..)) else { return false };
        let opened = |sequence: &u64| key.open(*sequence, head, body, plain);
        let Some(sequence) = candidates(&mut self.position, expected, nonce, self.nonce).find(opened) else {
            return false;
        };
        self.nonce = nonce.map(|nonce| (nonce, sequence));
        self.position.opened(sequence);
        true
    }
}

impl Key {
    /// The key of one side in this version of TLS.
    pub(crate) fn new(
        suite: &Suite,
        session: &Session,
        master_secret: &[u8],
        from_client: bool,
        version: u16,
    ) -> Option<Self> {
        let Session { client_random, server_random, .. } = session;
        match suite.cipher {
            Cipher::Aead(_) => {
                RecordKey::tls12(suite, master_secret, client_random, server_random, from_client)
                    .map(|key| Self::Aead(Box::new(key)))
            }
            Cipher::WithMac(bulk, mac) => {
                MacKey::new((bulk, mac, suite.hash), version, session, master_secret, from_client)
                    .map(|key| Self::WithMac(Box::new(key)))
            }
        }
    }

    /// Opens the body of a record into `plain`; `head` is its type and version.
    pub(crate) fn open(&self, sequence: u64, head: [u8; 3], body: &[u8], plain: &mut Vec<u8>) -> bool {
        match self {
            Self::Aead(key) => key.open_tls12(sequence, head, body, plain),
            Self::WithMac(key) => key.open(sequence, head, body, plain),
        }
    }

    fn explicit_nonce(&self, record: &[u8]) -> Option<u64> {
        match self {
            Self::Aead(key) => key.explicit_nonce(record),
            Self::WithMac(_) => None,
        }
    }
}

/// The sequence numbers a record may have: the expected one and, behind a gap, what the explicit nonce says and the
/// numbers ahead.
fn candidates(
    position: &mut Position,
    expected: u64,
    nonce: Option<u64>,
    last: Option<(u64, u64)>,
) -> impl Iterator<Item = u64> {
    let gap = position.has_gap();
    let by_nonce = nonce.zip(last).filter(|_| gap).map(|(nonce, (before, sequence))| {
        // Both count up together.
        sequence.wrapping_add(nonce.wrapping_sub(before))
    });
    let ahead = (gap && position.may_search()).then(|| position.here());
    std::iter::once(expected).chain(by_nonce).chain(ahead.into_iter().flatten())
}
