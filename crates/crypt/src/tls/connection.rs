//! One TLS connection: both directions and the handshake between them.

use plaintap_decode::{Outcome, Side, Unreadable};

use super::handshake::{ClientHello, Message, Messages, ServerHello};
use super::lock::{Lock, Protected};
use super::position::Position;
use super::record::{HEADER_LEN, content, take_inner_type};
use super::tls12::{Session, Tls12};
use super::tls13::{Hellos, Phase, Tls13};
use crate::keystore::KeyStore;
use crate::secret::{ClientRandom, SecretLabel};

/// What is known of a connection.
#[derive(Default)]
pub(super) struct Connection {
    /// Who sent the newest ClientHello, whichever end opened the TCP connection.
    client: Option<(Side, ClientRandom)>,
    server: Option<ServerHello>,
    directions: [Direction; 2],
    /// What opened the last record that was opened.
    opened_by: Option<SecretLabel>,
}

/// One direction of it.
#[derive(Default)]
struct Direction {
    messages: Messages,
    protection: Protection,
    /// A ChangeCipherSpec came before the hellos that tell what it means.
    change_cipher_spec: bool,
    /// Protected records that came before the hellos that tell by what.
    unread: u64,
    gap: bool,
}

#[derive(Default)]
enum Protection {
    #[default]
    None,
    Tls12(Tls12),
    Tls13(Tls13),
}

impl Connection {
    /// See `Decryptor::record`; `plain` is empty, and is left in any state unless the record is decrypted.
    pub(super) fn record(
        &mut self,
        store: &KeyStore,
        side: Side,
        record: &[u8],
        plain: &mut Vec<u8>,
    ) -> Outcome {
        let Some((&kind, body)) = record.first().zip(record.get(HEADER_LEN..)) else { return Outcome::Clear };
        self.notice_lost_change_cipher_spec(side, kind, body);
        let from_client = self.is_client(side);
        let hellos = self.client.as_ref().map(|(_, client_random)| Hellos {
            store,
            client_random,
            from_client,
            suite: self.server.as_ref().filter(|server| !server.is_retry()).map(|server| server.suite),
        });
        let opened = match (&mut self.directions[side as usize].protection, hellos) {
            // One byte is a ChangeCipherSpec in the clear: protection was supposed too early.
            (Protection::Tls12(tls12), _) if kind != content::CHANGE_CIPHER_SPEC || body.len() > 1 => {
                tls12.open(store, from_client, record, plain).map(|()| kind)
            }
            // Whatever TLS 1.3 protects is application data on the outside (RFC 8446 §5.2).
            (Protection::Tls13(tls13), Some(hellos)) if kind == content::APPLICATION_DATA => {
                tls13.open(hellos, record, plain).map(|()| take_inner_type(plain))
            }
            _ => return self.unprotected(side, kind, body),
        };
        match opened {
            Ok(kind) => {
                self.opened_by = self.protected_by(side).map(|(label, _)| label);
                self.decrypted(side, kind, plain);
                Outcome::Decrypted(kind)
            }
            Err(reason) => {
                self.directions[side as usize].messages.reset();
                if kind == content::CHANGE_CIPHER_SPEC {
                    // The end of a renegotiation (TLS 1.2) whose hellos were not readable either.
                    self.directions[side as usize].protection =
                        Protection::Tls12(Tls12::new(None, Position::start(0, false)));
                }
                Outcome::Encrypted(reason)
            }
        }
    }

    /// See `Decryptor::gap`.
    pub(super) fn gap(&mut self, side: Side) {
        let direction = &mut self.directions[side as usize];
        direction.messages.reset();
        match &mut direction.protection {
            Protection::None => direction.gap = true,
            Protection::Tls12(tls12) => tls12.gap(),
            Protection::Tls13(tls13) => tls13.gap(),
        }
    }

    /// What opened the last record that was opened.
    pub(super) const fn opened_by(&self) -> Option<SecretLabel> {
        self.opened_by
    }

    /// The secret that protects the next record of this side, and whether that is sure: whether all records so far were
    /// seen and opened.
    pub(super) fn protected_by(&self, side: Side) -> Option<(SecretLabel, bool)> {
        let (label, sure) = match &self.directions[side as usize].protection {
            Protection::None => return None,
            Protection::Tls12(tls12) => (SecretLabel::ClientRandom, tls12.is_sure()),
            Protection::Tls13(tls13) => tls13.protected_by(self.is_client(side)),
        };
        // Without the ServerHello, the cipher suite is not known.
        Some((label, sure && self.server.is_some_and(|server| !server.is_retry())))
    }

    /// The random of the newest ClientHello.
    pub(super) fn client_random(&self) -> Option<&ClientRandom> {
        self.client.as_ref().map(|(_, random)| random)
    }

    /// What only the secret that is still missing can open: the next record of this side, the first one that it protects.
    pub(super) fn lock(&self, side: Side, record: &[u8]) -> Option<Lock> {
        let (label, sure) = self.protected_by(side)?;
        let server = self.server.filter(|_| sure)?;
        let from_client = self.is_client(side);
        let protected = match self.session() {
            Some(session) => Protected::Tls12 { session, from_client },
            None => Protected::Tls13 { suite: server.suite },
        };
        Lock::new(protected, label, *self.client_random()?, record)
    }

    fn is_client(&self, side: Side) -> bool {
        matches!(self.client, Some((client, _)) if client == side)
    }

    /// What was inside a protected record.
    fn decrypted(&mut self, side: Side, kind: u8, plain: &[u8]) {
        match kind {
            content::HANDSHAKE => self.messages(side, plain),
            content::CHANGE_CIPHER_SPEC => self.change_cipher_spec(side),
            _ => {}
        }
    }

    /// A record of a direction that has no keys yet, or one that TLS 1.3 leaves in the clear.
    fn unprotected(&mut self, side: Side, kind: u8, body: &[u8]) -> Outcome {
        let is_tls13 = self.server.is_some_and(|server| server.tls13);
        let direction = &mut self.directions[side as usize];
        let is_protected = if direction.change_cipher_spec && !is_tls13 {
            // Or it was that of TLS 1.3 before the second ClientHello, and the HelloRetryRequest is lost.
            kind != content::HANDSHAKE || !is_client_hello(body)
        } else {
            direction.is_encrypted(kind, body)
        };
        if is_protected {
            direction.unread = direction.unread.saturating_add(1);
            return Outcome::Encrypted(Unreadable::HandshakeMissing);
        }
        match kind {
            content::HANDSHAKE => self.messages(side, body),
            content::CHANGE_CIPHER_SPEC => self.change_cipher_spec(side),
            _ => {}
        }
        Outcome::Clear
    }

    fn messages(&mut self, side: Side, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.directions[side as usize].messages.next(&mut bytes) {
                Some(Message::ClientHello(hello)) => self.client_hello(side, &hello),
                Some(Message::ServerHello(hello)) if !self.is_client(side) => self.server_hello(hello),
                Some(message) => {
                    if let Protection::Tls13(tls13) = &mut self.directions[side as usize].protection {
                        tls13.after(message);
                    }
                }
                None => {}
            }
        }
    }

    fn client_hello(&mut self, side: Side, hello: &ClientHello) {
        if self.client.is_some() {
            // The second one after a HelloRetryRequest, or a renegotiation. Without a first one, a ServerHello
            // already seen answers this one: the capture has the directions out of order.
            self.server = None;
        }
        self.client = Some((side, hello.random));
        for direction in &mut self.directions {
            if matches!(direction.protection, Protection::Tls13(_)) {
                direction.protection = Protection::None;
            }
        }
        let direction = &mut self.directions[side as usize];
        if hello.early_data && matches!(direction.protection, Protection::None) {
            direction.protection = Protection::Tls13(Tls13::new(Phase::Early, direction.take_position()));
        }
        if self.server.is_some() {
            self.agreed();
        }
    }

    fn server_hello(&mut self, hello: ServerHello) {
        self.server = Some(hello);
        if !hello.is_retry() {
            self.agreed();
        }
    }

    /// Both hellos are known: protects what has no protection yet.
    fn agreed(&mut self) {
        let Some(server) = self.server else { return };
        let session = self.session();
        for direction in &mut self.directions {
            let waits = direction.change_cipher_spec;
            match &direction.protection {
                Protection::None if server.tls13 => {
                    direction.protection =
                        Protection::Tls13(Tls13::new(Phase::Handshake, direction.take_position()));
                }
                Protection::None if waits => {
                    direction.protection = Protection::Tls12(Tls12::new(session, direction.take_position()));
                }
                // A server of TLS 1.2 refuses early data; the client's handshake is in the clear again.
                Protection::Tls13(_) if !server.tls13 => direction.protection = Protection::None,
                _ => {}
            }
        }
    }

    /// Changes keys in TLS 1.2. In TLS 1.3 it is there for middleboxes and means nothing (RFC 8446 §D.4).
    fn change_cipher_spec(&mut self, side: Side) {
        let session = self.session();
        let direction = &mut self.directions[side as usize];
        match (self.server, session) {
            (Some(server), _) if server.tls13 => {}
            (Some(_), Some(_)) => {
                direction.messages.reset();
                direction.protection = Protection::Tls12(Tls12::new(session, Position::start(0, false)));
            }
            _ if matches!(direction.protection, Protection::None) => {
                direction.change_cipher_spec = true;
                direction.unread = 0;
                direction.gap = false;
            }
            _ => {}
        }
    }

    /// Something encrypted in TLS 1.2 without a ChangeCipherSpec before it: that record is lost.
    fn notice_lost_change_cipher_spec(&mut self, side: Side, kind: u8, body: &[u8]) {
        let direction = &self.directions[side as usize];
        if !matches!(direction.protection, Protection::None) || !direction.is_encrypted(kind, body) {
            return;
        }
        let Some(session) = self.session() else { return };
        let direction = &mut self.directions[side as usize];
        direction.gap = true;
        direction.protection = Protection::Tls12(Tls12::new(Some(session), direction.take_position()));
    }

    fn session(&self) -> Option<Session> {
        let ((_, client_random), server) = self.client.zip(self.server.filter(|server| !server.tls13))?;
        Some(Session {
            client_random,
            server_random: server.random,
            suite: server.suite,
            encrypt_then_mac: server.encrypt_then_mac,
        })
    }
}

impl Direction {
    /// Whether the content of a record cannot be clear.
    fn is_encrypted(&self, kind: u8, body: &[u8]) -> bool {
        match kind {
            content::HANDSHAKE => !self.messages.plausible(body),
            content::CHANGE_CIPHER_SPEC => body.len() != 1,
            content::ALERT => body.len() != 2,
            content::APPLICATION_DATA => true,
            _ => false,
        }
    }

    /// The position behind the protected records that have passed.
    fn take_position(&mut self) -> Position {
        self.change_cipher_spec = false;
        Position::start(std::mem::take(&mut self.unread), std::mem::take(&mut self.gap))
    }
}

/// Whether a handshake record holds one whole ClientHello.
fn is_client_hello(body: &[u8]) -> bool {
    matches!(body, [1, 0, high, low, rest @ ..] if rest.len() == usize::from(u16::from_be_bytes([*high, *low])))
}
