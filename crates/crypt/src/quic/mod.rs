//! QUIC (RFC 9001): which keys open the packets of a connection.

mod keys;

use plaintap_decode::{PacketNumber, QuicLevel, QuicPacket, Unreadable};

use crate::keystore::KeyStore;
use crate::secret::{ClientRandom, SecretLabel};
use crate::tls::handshake::{Message, Messages};
use crate::tls::suites::{self, Suite};
use keys::{Keys, whole_number};

/// One connection.
#[derive(Default)]
pub(crate) struct QuicConnection {
    client_random: Option<ClientRandom>,
    /// What the ServerHello chose.
    suite: Option<u16>,
    /// By sender: the server, the client.
    directions: [Direction; 2],
}

/// What one end sends.
#[derive(Default)]
struct Direction {
    messages: Messages,
    initial: Level,
    early: Level,
    handshake: Level,
    application: Level,
    /// Behind the first key update: the keys of headers, which no update changes.
    header: Option<Box<Keys>>,
    /// The bit of the phase of `application` (RFC 9001 §6).
    phase: bool,
}

/// One level of protection.
#[derive(Default)]
struct Level {
    keys: Option<Box<Keys>>,
    /// The largest packet number opened. Early data and the rest of the data share their numbers, but meet in no window.
    largest: Option<u64>,
    /// The state of the store when the secret was looked for in vain.
    looked: Option<u64>,
}

impl QuicConnection {
    pub(crate) const fn client_random(&self) -> Option<ClientRandom> {
        self.client_random
    }

    /// Takes the next bytes of the handshake in Initial packets.
    pub(crate) fn handshake(&mut self, from_client: bool, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.directions[usize::from(from_client)].messages.next(&mut bytes) {
                Some(Message::ClientHello(hello)) if from_client => self.client_random = Some(hello.random),
                Some(Message::ServerHello(hello)) if !from_client && !hello.is_retry() => {
                    self.suite = Some(hello.suite);
                }
                _ => {}
            }
        }
    }

    /// Opens a packet into `plain`.
    pub(crate) fn open(
        &mut self,
        store: &KeyStore,
        packet: &QuicPacket<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<PacketNumber, Unreadable> {
        let direction = &mut self.directions[usize::from(packet.from_client)];
        if packet.level == QuicLevel::Initial {
            let level = &mut direction.initial;
            if level.keys.is_none() {
                let made = Keys::initial(packet.version, packet.initial_id, packet.from_client);
                level.keys = made.map(Box::new);
            }
            return level.open(packet, plain);
        }
        let Some(client_random) = &self.client_random else { return Err(Unreadable::HandshakeMissing) };
        let level = match packet.level {
            QuicLevel::ZeroRtt => &mut direction.early,
            QuicLevel::Handshake => &mut direction.handshake,
            QuicLevel::Initial | QuicLevel::OneRtt => &mut direction.application,
        };
        if level.keys.is_none() {
            if level.looked == Some(store.epoch()) {
                return Err(Unreadable::NoSecret);
            }
            let epoch = store.epoch();
            let Some(secret) = store.lookup(label(packet), client_random) else {
                level.looked = Some(epoch);
                return Err(Unreadable::NoSecret);
            };
            for suite in candidates(packet.level, self.suite, secret.as_bytes().len())? {
                level.keys = Keys::new(suite, &secret, packet.version).map(Box::new);
                if let Ok(number) = level.open(packet, plain) {
                    return Ok(number);
                }
            }
            // The next packet may fit: this one can be damaged. Of early data the suite is not sure.
            if packet.level == QuicLevel::ZeroRtt {
                level.keys = None;
            }
            return Err(Unreadable::BadTag);
        }
        if packet.level == QuicLevel::OneRtt {
            direction.open_data(packet, plain)
        } else {
            level.open(packet, plain)
        }
    }
}

impl Direction {
    /// Opens a packet of the data, with the next keys when its phase has changed.
    fn open_data(
        &mut self,
        packet: &QuicPacket<'_>,
        plain: &mut Vec<u8>,
    ) -> Result<PacketNumber, Unreadable> {
        /// The bit of the phase.
        const KEY_PHASE: u8 = 4;
        let level = &mut self.application;
        let Some(keys) = &level.keys else { return Err(Unreadable::NoSecret) };
        let header = self.header.as_ref().unwrap_or(keys).unmask(packet).ok_or(Unreadable::BadTag)?;
        let number = whole_number(&header, level.largest);
        let phase = header.first & KEY_PHASE != 0;
        if phase == self.phase && keys.open(packet, &header, number, plain) {
            return Ok(level.opened(number));
        }
        // Another phase: an update, or a packet from before the last one that comes late and cannot be read.
        let next = keys.next_generation().ok_or(Unreadable::BadTag)?;
        if phase == self.phase || !next.open(packet, &header, number, plain) {
            return Err(Unreadable::BadTag);
        }
        let before = level.keys.replace(Box::new(next));
        if self.header.is_none() {
            self.header = before;
        }
        self.phase = phase;
        Ok(level.opened(number))
    }
}

impl Level {
    fn open(&mut self, packet: &QuicPacket<'_>, plain: &mut Vec<u8>) -> Result<PacketNumber, Unreadable> {
        let keys = self.keys.as_ref().ok_or(Unreadable::NoSecret)?;
        let header = keys.unmask(packet).ok_or(Unreadable::BadTag)?;
        let number = whole_number(&header, self.largest);
        if !keys.open(packet, &header, number, plain) {
            return Err(Unreadable::BadTag);
        }
        Ok(self.opened(number))
    }

    fn opened(&mut self, number: u64) -> PacketNumber {
        self.largest = self.largest.max(Some(number));
        PacketNumber(number)
    }
}

/// The secret that protects a packet; of Initial packets none does.
pub(crate) const fn label(packet: &QuicPacket<'_>) -> SecretLabel {
    match (packet.level, packet.from_client) {
        (QuicLevel::ZeroRtt, _) => SecretLabel::ClientEarlyTrafficSecret,
        (QuicLevel::Handshake, true) => SecretLabel::ClientHandshakeTrafficSecret,
        (QuicLevel::Handshake, false) => SecretLabel::ServerHandshakeTrafficSecret,
        (_, true) => SecretLabel::ClientTrafficSecret0,
        (_, false) => SecretLabel::ServerTrafficSecret0,
    }
}

/// The suites to try: the one chosen; of early data, which may have another one, those with a hash of this length.
fn candidates(
    level: QuicLevel,
    chosen: Option<u16>,
    secret_len: usize,
) -> Result<impl Iterator<Item = &'static Suite>, Unreadable> {
    let early = level == QuicLevel::ZeroRtt;
    match chosen {
        None if !early => return Err(Unreadable::HandshakeMissing),
        Some(number) if !early && suites::find(number).is_none_or(|suite| !suite.is_tls13()) => {
            return Err(Unreadable::CipherSuite(number));
        }
        _ => {}
    }
    Ok(suites::tls13().filter(move |suite| match early {
        true => suite.hash.len() == secret_len,
        false => chosen == Some(suite.number),
    }))
}
