//! DTLS 1.0 and 1.2 (RFC 6347): which keys open the records of a conversation.
//!
//! Each record says its epoch and its number, so that lost and late datagrams cost nothing. What the flow stage puts
//! together of the handshake tells the session; a renegotiation or a new connection between the same ports changes it.

use plaintap_decode::{Side, Unreadable};

use crate::keystore::KeyStore;
use crate::secret::{ClientRandom, SecretLabel};
use crate::tls::handshake::{Message, Messages, ServerHello};
use crate::tls::position::Watch;
use crate::tls::suites;
use crate::tls::tls12::{Key, Session};

/// The header of a record: type, version, epoch, sequence number, length (RFC 6347 §4.1).
const HEADER_LEN: usize = 13;

/// One conversation.
#[derive(Default)]
pub(crate) struct DtlsConnection {
    /// Who sent the newest ClientHello.
    client: Option<(Side, ClientRandom)>,
    server: Option<ServerHello>,
    directions: [Direction; 2],
}

/// What one end sends.
#[derive(Default)]
struct Direction {
    /// The newest epoch that was opened, and the one before it, of which datagrams may come late.
    epochs: [Option<Epoch>; 2],
    watch: Watch,
    /// Why the last record was not opened for which a key was looked for.
    missing: Option<Unreadable>,
}

/// The key of an epoch.
struct Epoch {
    number: u16,
    session: Session,
    key: Key,
}

impl DtlsConnection {
    /// The random of the newest ClientHello.
    pub(crate) fn client_random(&self) -> Option<ClientRandom> {
        self.client.map(|(_, random)| random)
    }

    /// Takes a whole handshake message without its header.
    pub(crate) fn handshake(&mut self, side: Side, kind: u8, body: &[u8]) {
        match Messages::whole(kind, body) {
            // The second one, with the cookie, has the random of the first (RFC 6347 §4.2.1).
            Some(Message::ClientHello(hello)) if self.client != Some((side, hello.random)) => {
                self.client = Some((side, hello.random));
                self.server = None;
                self.search_again();
            }
            Some(Message::ServerHello(hello)) if self.client.is_none_or(|(client, _)| client != side) => {
                self.server = Some(hello);
                self.search_again();
            }
            _ => {}
        }
    }

    /// The session is another one: what was looked for in vain may be there now.
    fn search_again(&mut self) {
        for direction in &mut self.directions {
            direction.watch = Watch::default();
            direction.missing = None;
        }
    }

    /// Opens a record of an epoch with keys into `plain`. Returns its type.
    pub(crate) fn open(
        &mut self,
        store: &KeyStore,
        side: Side,
        record: &[u8],
        plain: &mut Vec<u8>,
    ) -> Result<u8, Unreadable> {
        let record = Record::of(record).ok_or(Unreadable::BadTag)?;
        let session = self.session();
        let from_client = matches!(self.client, Some((client, _)) if client == side);
        let direction = &mut self.directions[side as usize];
        let changed = session.is_some_and(|s| direction.watch.changed(store, &s.client_random));
        let known = direction.epochs.iter().flatten().find(|epoch| epoch.number == record.epoch);
        if let Some(known) = known {
            if record.open(&known.key, plain) {
                return Ok(record.head[0]);
            }
            // Only another session or another secret can do better.
            if !changed && session.is_none_or(|session| session == known.session) {
                return Err(Unreadable::BadTag);
            }
        } else if direction.missing == Some(Unreadable::NoSecret) && !changed {
            return Err(Unreadable::NoSecret);
        }
        let session = session.ok_or(Unreadable::HandshakeMissing)?;
        let found = direction.search(store, session, from_client, &record, plain);
        direction.missing = found.err();
        found.map(|()| record.head[0])
    }

    fn session(&self) -> Option<Session> {
        let ((_, client_random), server) = self.client.zip(self.server)?;
        Some(Session {
            client_random,
            server_random: server.random,
            suite: server.suite,
            encrypt_then_mac: server.encrypt_then_mac,
        })
    }
}

impl Direction {
    /// Makes the key of a record's epoch, and keeps it where it opens the record.
    fn search(
        &mut self,
        store: &KeyStore,
        session: Session,
        from_client: bool,
        record: &Record<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<(), Unreadable> {
        let suite = suites::find(session.suite)
            .filter(|suite| !suite.is_tls13())
            .ok_or(Unreadable::CipherSuite(session.suite))?;
        let secret =
            store.lookup(SecretLabel::ClientRandom, &session.client_random).ok_or(Unreadable::NoSecret)?;
        let key = Key::new(suite, &session, secret.as_bytes(), from_client, record.tls_version())
            .filter(|key| record.open(key, plain))
            .ok_or(Unreadable::BadTag)?;
        let epoch = Some(Epoch { number: record.epoch, session, key });
        match &mut self.epochs {
            [Some(newest), _] if newest.number == record.epoch => self.epochs[0] = epoch,
            [newest, before] => {
                *before = newest.take();
                *newest = epoch;
            }
        }
        Ok(())
    }
}

/// A record, taken apart.
struct Record<'a> {
    /// Type and version.
    head: [u8; 3],
    epoch: u16,
    /// Epoch and sequence number, which are authenticated as one (RFC 6347 §4.1.2.1).
    sequence: u64,
    body: &'a [u8],
}

impl<'a> Record<'a> {
    fn of(record: &'a [u8]) -> Option<Self> {
        let (header, body) = record.split_first_chunk::<HEADER_LEN>()?;
        let &[kind, major, minor, e1, e0, s5, s4, s3, s2, s1, s0, ..] = header;
        Some(Self {
            head: [kind, major, minor],
            epoch: u16::from_be_bytes([e1, e0]),
            sequence: u64::from_be_bytes([e1, e0, s5, s4, s3, s2, s1, s0]),
            body,
        })
    }

    fn open(&self, key: &Key, plain: &mut Vec<u8>) -> bool {
        plain.clear();
        key.open(self.sequence, self.head, self.body, plain)
    }

    /// The version of TLS that this one is made of: DTLS 1.0 of TLS 1.1, DTLS 1.2 of TLS 1.2 (RFC 6347 §1).
    const fn tls_version(&self) -> u16 {
        if matches!(self.head, [_, 0xfe, 0xfd]) { 0x0303 } else { 0x0302 }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::secret::TlsSecret;

    /// A hello with this random, of the suite TLS_RSA_WITH_NULL_SHA256 where it is the server's.
    fn hello(server: bool, random: u8) -> Vec<u8> {
        let mut hello = vec![0xfe, 0xfd];
        hello.extend([random; 32]);
        hello.extend(if server { &[0, 0, 0x3b, 0][..] } else { &[0, 0, 0, 2, 0, 0x3b, 1, 0] });
        hello
    }

    #[test]
    fn reasons_follow_the_session_and_its_secret() {
        let store = KeyStore::new();
        let mut connection = DtlsConnection::default();
        let record = [23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut plain = Vec::new();
        let mut open =
            |c: &mut DtlsConnection| c.open(&store, Side::Initiator, &record, &mut plain).unwrap_err();
        assert_eq!(open(&mut connection), Unreadable::HandshakeMissing);
        connection.handshake(Side::Initiator, 1, &hello(false, 7));
        assert_eq!(open(&mut connection), Unreadable::HandshakeMissing);
        connection.handshake(Side::Initiator, 2, &hello(true, 8));
        assert_eq!(open(&mut connection), Unreadable::HandshakeMissing, "the client's own is no answer");
        connection.handshake(Side::Responder, 2, &hello(true, 8));
        assert_eq!([(); 2].map(|()| open(&mut connection)), [Unreadable::NoSecret; 2]);
        store.insert(TlsSecret::new(SecretLabel::ClientRandom, [7; 32], &[5; 48]).unwrap());
        assert_eq!([(); 2].map(|()| open(&mut connection)), [Unreadable::BadTag; 2], "a secret came");
        connection.handshake(Side::Initiator, 1, &hello(false, 9));
        connection.handshake(Side::Responder, 2, &hello(true, 8));
        assert_eq!(open(&mut connection), Unreadable::NoSecret, "another session");
    }

    proptest! {
        #[test]
        fn any_record_ends_without_panic(record in prop::collection::vec(any::<u8>(), 0..200), suite in any::<u16>()) {
            let store = KeyStore::new();
            store.insert(TlsSecret::new(SecretLabel::ClientRandom, [7; 32], &[5; 48]).unwrap());
            let mut connection = DtlsConnection::default();
            connection.handshake(Side::Initiator, 1, &hello(false, 7));
            let mut answer = hello(true, 8);
            answer[35..37].copy_from_slice(&suite.to_be_bytes());
            connection.handshake(Side::Responder, 2, &answer);
            prop_assert!(connection.open(&store, Side::Initiator, &record, &mut Vec::new()).is_err());
        }
    }
}
