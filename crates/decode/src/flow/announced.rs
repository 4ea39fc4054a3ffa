//! Conversations that others announce: the data connections of FTP, the media that SDP describes. Each is an address and
/// a port where somebody waits, and the protocol that will be spoken there.
use super::packed::FrameNumber;
use super::table::{End, FlowKey, Generations};
use crate::decoded::{Address, Work};
use crate::limits::{self, Counters};
use crate::proto::id;
use crate::registry::{ProtocolId, claimed};

/// By what a conversation is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// Takes the conversations that one PDU announces.
#[derive(Debug)]
pub struct Announcements<'a> {
    /// Who sent the PDU; None where it has no network layer.
    pub source: Option<Address>,
    /// Who receives it.
    pub destination: Option<Address>,
    /// Source and destination port of TCP or UDP; 0 without them.
    pub ports: (u16, u16),
    by: ProtocolId,
    frame: u64,
    table: &'a mut Announced,
    counters: &'a mut Counters,
}

impl Announcements<'_> {
    /// `protocol` will be spoken with `address` at `port`: in conversations that begin from now on, and in those under
    /// way whose protocol is not known. Announcing an end again replaces what was announced before.
    pub fn expect(&mut self, transport: Transport, address: Address, port: u16, protocol: ProtocolId) {
        let Some(end) = End::new(address, port) else { return };
        let setup = Setup { protocol, by: self.by, frame: self.frame };
        let forgotten = &mut self.counters.announcements_forgotten;
        *self.table.ends.get((transport, end), || setup, |_| *forgotten += 1) = setup;
        self.table.count += 1;
    }

    /// What was announced with `address` at `port`, if anything, is over: something that is not ours takes its place.
    pub fn withdraw(&mut self, transport: Transport, address: Address, port: u16) {
        let Some(end) = End::new(address, port) else { return };
        if self.table.ends.peek(&(transport, end)).is_some_and(|setup| setup.protocol != id::data) {
            self.expect(transport, address, port, id::data);
        }
    }
}

/// How the protocol of a conversation became known before it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setup {
    /// What is spoken.
    pub protocol: ProtocolId,
    /// The protocol that announced it.
    pub by: ProtocolId,
    /// The number of the frame that announced it.
    pub frame: u64,
}

/// The same, or nothing, in eight bytes: each flow has one.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedSetup {
    protocol: ProtocolId,
    by: ProtocolId,
    frame: FrameNumber,
}

impl PackedSetup {
    pub(super) const NONE: Self =
        Self { protocol: ProtocolId::NONE, by: ProtocolId::NONE, frame: FrameNumber::new(0) };

    pub(super) fn new(setup: Option<Setup>) -> Self {
        let packed = |Setup { protocol, by, frame }| Self { protocol, by, frame: FrameNumber::new(frame) };
        setup.map_or(Self::NONE, packed)
    }

    pub(super) fn setup(self) -> Option<Setup> {
        let Self { protocol, by, frame } = self;
        (by != ProtocolId::NONE).then(|| Setup { protocol, by, frame: frame.number() })
    }
}

/// What was announced; the longest unused goes first.
#[derive(Debug)]
pub(super) struct Announced {
    ends: Generations<(Transport, End), Setup>,
    count: u64,
}

impl Announced {
    pub(super) fn new() -> Self {
        Self { ends: Generations::new(limits::MAX_ANNOUNCED), count: 0 }
    }

    /// How many announcements there have been.
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    /// What was announced of a new TCP connection.
    pub(super) fn of_tcp(&self, key: &FlowKey) -> Option<Setup> {
        self.of(Transport::Tcp, key)
    }

    /// What was announced of a UDP conversation.
    pub(super) fn of_udp(&self, key: &FlowKey) -> Option<Setup> {
        self.of(Transport::Udp, key)
    }

    fn of(&self, transport: Transport, key: &FlowKey) -> Option<Setup> {
        if self.count == 0 {
            return None;
        }
        key.ends().into_iter().find_map(|end| self.ends.peek(&(transport, end)).copied())
    }

    /// Lets the protocols of a decoded packet announce what they have to.
    #[inline]
    pub(super) fn listen(&mut self, work: &Work, frame: &[u8], number: u64, counters: &mut Counters) {
        for &by in claimed::announcers() {
            if work.layers.contains(by) {
                self.hear(work, frame, number, by, counters);
            }
        }
    }

    fn hear(&mut self, work: &Work, frame: &[u8], number: u64, by: ProtocolId, counters: &mut Counters) {
        let Some(announce) = by.protocol().and_then(|protocol| protocol.announce) else { return };
        let (mut source, mut destination, mut ports) = (None, None, (0, 0));
        for layer in work.layers.as_slice() {
            let bytes = work.bytes(frame, layer.buffer);
            let Some(bytes) = bytes.get(layer.offset as usize..layer.end as usize) else { continue };
            let b = crate::Bytes(bytes);
            match layer.protocol {
                id::ip => [source, destination] = [b.array(12), b.array(16)].map(|a| a.map(Address::Ip4)),
                id::ipv6 => [source, destination] = [b.array(8), b.array(24)].map(|a| a.map(Address::Ip6)),
                id::tcp | id::udp => ports = (b.u16(0), b.u16(2)),
                protocol if protocol == by && layer.header > 0 => {
                    let (table, counters) = (&mut *self, &mut *counters);
                    let frame = number;
                    announce(
                        bytes,
                        &mut Announcements { source, destination, ports, by, frame, table, counters },
                    );
                }
                _ => {}
            }
        }
    }
}
