//! One direction of a TLS 1.3 connection: early data, handshake, application data (RFC 8446 §7).

use std::ops::RangeInclusive;

use plaintap_decode::Unreadable;

use super::handshake::Message;
use super::position::{Position, Watch};
use super::record::RecordKey;
use super::suites::{self, Suite};
use crate::kdf;
use crate::keystore::KeyStore;
use crate::secret::{ClientRandom, Secret, SecretLabel};

/// What the hellos say about a direction.
#[derive(Clone, Copy)]
pub(super) struct Hellos<'a> {
    pub(super) store: &'a KeyStore,
    pub(super) client_random: &'a ClientRandom,
    pub(super) from_client: bool,
    /// The suite of the ServerHello; none before it.
    pub(super) suite: Option<u16>,
}

/// The protection of one direction.
pub(super) struct Tls13 {
    phase: Phase,
    position: Position,
    key: Option<Box<PhaseKey>>,
    watch: Watch,
    /// Why the last record that was not opened was not.
    reason: Unreadable,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    Early,
    Handshake,
    Application,
}

/// A secret in use, with its key.
struct PhaseKey {
    suite: &'static Suite,
    secret: Secret,
    record: RecordKey,
    /// Key updates so far.
    generation: u32,
}

impl Tls13 {
    /// Starts with `phase`, when `position` may already be behind its start.
    pub(super) fn new(phase: Phase, position: Position) -> Self {
        Self { phase, position, key: None, watch: Watch::default(), reason: Unreadable::NoSecret }
    }

    /// Opens a record into `plain`, the inner type and padding still on it.
    pub(super) fn open(
        &mut self,
        hellos: Hellos<'_>,
        record: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let expected = self.position.expected();
        if self.key.as_ref().is_some_and(|key| key.record.open_tls13(expected, record, plain)) {
            self.position.opened(expected);
            return Ok(());
        }
        let found = self.search(hellos, record, plain);
        if let Err(reason) = found {
            self.position.missed();
            self.reason = reason;
        }
        found
    }

    /// Switches keys where a message of this direction says so.
    pub(super) fn after(&mut self, message: Message) {
        match (self.phase, message) {
            (Phase::Early, Message::EndOfEarlyData) => self.enter(Phase::Handshake),
            (Phase::Handshake, Message::Finished) => self.enter(Phase::Application),
            (Phase::Application, Message::KeyUpdate) => {
                self.key = self.key.as_ref().and_then(|key| key.next_generation()).map(Box::new);
                self.position = Position::start(0, false);
            }
            // A Finished of post-handshake authentication (RFC 8446 §4.6.2) changes no key.
            _ => {}
        }
    }

    /// The secret that protects the next record, and whether that is sure. Which records early data are is not: the server
    /// may refuse them.
    pub(super) const fn protected_by(&self, from_client: bool) -> (SecretLabel, bool) {
        (self.phase.label(from_client), !matches!(self.phase, Phase::Early) && !self.position.is_uncertain())
    }

    pub(super) const fn gap(&mut self) {
        self.position.lost();
    }

    fn enter(&mut self, phase: Phase) {
        self.phase = phase;
        self.key = None;
        self.position = Position::start(0, false);
    }

    /// Finds the key and the sequence number of a record that the present ones do not open: secrets that came late,
    /// a key change that was not seen, early data that the server refused, lost bytes.
    fn search(&mut self, hellos: Hellos<'_>, record: &[u8], plain: &mut Vec<u8>) -> Result<(), Unreadable> {
        if let Some(number) = hellos.suite
            && suites::find(number).is_none_or(|suite| !suite.is_tls13())
        {
            return Err(Unreadable::CipherSuite(number));
        }
        if self.watch.changed(hellos.store, hellos.client_random) {
            self.position.renew();
            // The secret may have been corrected; after a key update the one in use has proved itself.
            self.key = self.key.take().filter(|key| key.generation > 0);
        }
        if !self.watch.has_secrets() {
            return Err(Unreadable::NoSecret);
        }
        if !self.position.may_search() {
            return Err(self.reason);
        }

        if self.key.is_some() && self.search_updated(record, plain) {
            return Ok(());
        }
        let mut secret_missing = false;
        for phase in [Phase::Early, Phase::Handshake, Phase::Application] {
            let Some(range) = self.range(phase, hellos) else { continue };
            let Some(secret) = hellos.store.lookup(phase.label(hellos.from_client), hellos.client_random)
            else {
                secret_missing = true;
                continue;
            };
            for suite in phase.suites(hellos.suite, &secret) {
                let Some(key) = PhaseKey::new(suite, secret.clone(), 0) else { continue };
                if self.try_key(phase, key, range.clone(), record, plain) {
                    return Ok(());
                }
            }
        }
        Err(if secret_missing { Unreadable::NoSecret } else { Unreadable::BadTag })
    }

    /// The sequence numbers under which a record of this phase can come next.
    fn range(&self, phase: Phase, hellos: Hellos<'_>) -> Option<RangeInclusive<u64>> {
        match (self.phase, phase) {
            (now, then) if now > then => None,
            (now, then) if now == then => self.key.is_none().then(|| self.position.here()),
            _ if hellos.suite.is_none() => None,
            // The server may refuse early data; then the handshake goes on without an EndOfEarlyData (§4.2.10).
            (Phase::Early, Phase::Handshake) => self.position.under_later_key(0),
            _ => self.position.under_later_key(1),
        }
    }

    /// Tries the key in use behind a gap, and the one after a KeyUpdate that was not seen.
    fn search_updated(&mut self, record: &[u8], plain: &mut Vec<u8>) -> bool {
        let Some(key) = self.key.take() else { return false };
        let here = self.position.has_gap().then(|| self.position.here());
        let updated = (self.phase == Phase::Application && self.position.is_uncertain())
            .then(|| key.next_generation().zip(self.position.under_later_key(1)))
            .flatten();
        if let Some(sequence) = here.and_then(|range| key.find(range, record, plain)) {
            self.key = Some(key);
            self.position.opened(sequence);
            return true;
        }
        if let Some((next, range)) = updated
            && self.try_key(Phase::Application, next, range, record, plain)
        {
            return true;
        }
        self.key = Some(key);
        false
    }

    /// Makes this the key in use if it opens the record.
    fn try_key(
        &mut self,
        phase: Phase,
        key: PhaseKey,
        range: RangeInclusive<u64>,
        record: &[u8],
        plain: &mut Vec<u8>,
    ) -> bool {
        let Some(sequence) = key.find(range, record, plain) else { return false };
        self.phase = phase;
        self.key = Some(Box::new(key));
        self.position.opened(sequence);
        true
    }
}

impl Phase {
    const fn label(self, from_client: bool) -> SecretLabel {
        match (self, from_client) {
            (Self::Early, _) => SecretLabel::ClientEarlyTrafficSecret,
            (Self::Handshake, true) => SecretLabel::ClientHandshakeTrafficSecret,
            (Self::Handshake, false) => SecretLabel::ServerHandshakeTrafficSecret,
            (Self::Application, true) => SecretLabel::ClientTrafficSecret0,
            (Self::Application, false) => SecretLabel::ServerTrafficSecret0,
        }
    }

    /// The suites to try. That of early data is the one of the connection that is resumed (RFC 8446 §4.2.10), which
    /// is known only by trying, and the server may choose another one for the rest.
    fn suites(self, chosen: Option<u16>, secret: &Secret) -> impl Iterator<Item = &'static Suite> {
        let secret_len = secret.as_bytes().len();
        suites::tls13().filter(move |suite| match self {
            Self::Early => suite.hash.len() == secret_len,
            _ => chosen == Some(suite.number),
        })
    }
}

impl PhaseKey {
    fn new(suite: &'static Suite, secret: Secret, generation: u32) -> Option<Self> {
        let record = RecordKey::tls13(suite, secret.as_bytes())?;
        Some(Self { suite, secret, record, generation })
    }

    /// The key after a KeyUpdate (RFC 8446 §7.2).
    fn next_generation(&self) -> Option<Self> {
        let mut next = [0; 64];
        let next = &mut next[..self.suite.hash.len()];
        kdf::expand_label(self.suite.hash, self.secret.as_bytes(), "traffic upd", next);
        Self::new(self.suite, Secret::copy(next), self.generation.saturating_add(1))
    }

    /// The sequence number that opens the record.
    fn find(&self, mut range: RangeInclusive<u64>, record: &[u8], plain: &mut Vec<u8>) -> Option<u64> {
        range.find(|&sequence| self.record.open_tls13(sequence, record, plain))
    }
}
