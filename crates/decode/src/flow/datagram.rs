//! UDP: conversations, and the protocol that each of them carries.

use plaintap_packet::{Nanos, Packet};

use super::announced::{PackedSetup, Setup};
use super::dtls::DtlsState;
use super::quic::QuicState;
use super::table::FlowKey;
use super::walk::{self, End};
use super::{Facts, Flows, note};
use crate::Bytes;
use crate::decoded::Work;
use crate::decryptor::{Decryptor, Side};
use crate::limits::Counters;
use crate::proto::id;
use crate::registry::ProtocolId;

/// What a protocol may look at and keep while it follows a conversation of datagrams.
#[derive(Debug)]
pub struct Following<'a> {
    /// Who sends this datagram; the initiator is who sent the first one.
    pub side: Side,
    /// Kept as long as the conversation, common to both directions; 0 at first.
    pub memory: &'a mut [u64; 2],
}

/// One conversation.
#[derive(Debug)]
pub(super) struct UdpFlow {
    stream: u32,
    first: Nanos,
    last: Nanos,
    /// Whether the initiator is the lower end of the key.
    initiator_low: bool,
    /// What it carries, once that was announced or recognised.
    protocol: ProtocolId,
    /// Who announced it.
    setup: PackedSetup,
    /// How many announcements there had been when it was last looked for among them.
    announcements: u64,
    /// What its protocol remembers, once that is anything.
    memory: Option<Box<[u64; 2]>>,
    secured: Option<Secured>,
}

/// What is known of the encrypted protocol of a conversation.
#[derive(Debug)]
enum Secured {
    Dtls(Box<DtlsState>),
    Quic(Box<QuicState>),
}

impl Flows {
    /// Numbers the conversation of the UDP layer `index`, and walks what it carries.
    pub(super) fn datagram(
        &mut self,
        work: &mut Work,
        packet: &Packet<'_>,
        index: usize,
        counters: &mut Counters,
    ) -> End {
        let Some((key, low)) = FlowKey::of(work, packet.data, index) else { return End::Done };
        let Some(&layer) = work.layers.as_slice().get(index) else { return End::Done };
        let b = Bytes(work.bytes(packet.data, layer.buffer));
        let (at, end) = (layer.offset as usize, layer.end as usize);
        let ports = (b.u16(at), b.u16(at + 2));
        let payload = b.clamped(at + layer.header as usize, end);

        let next = &mut self.udp_streams;
        let make = || {
            *next += 1;
            UdpFlow::new(*next - 1, packet.time, low)
        };
        let buffered = &mut self.buffered;
        let decryptor = &mut self.decryptor;
        let flow = self.udp.get(key, make, |flow| {
            counters.flows_forgotten += 1;
            *buffered -= flow.buffered();
            match (decryptor.as_mut(), &flow.secured) {
                (Some(decryptor), Some(Secured::Dtls(_))) => decryptor.dtls_end(flow.stream),
                (Some(decryptor), Some(Secured::Quic(_))) => decryptor.quic_end(flow.stream),
                _ => {}
            }
        });
        let own = !super::is_quoted(work);
        if flow.announcements != self.announced.count() && own {
            flow.announcements = self.announced.count();
            flow.announce(self.announced.of_udp(&key));
        }
        let known = walk::forced(work, ports).unwrap_or(flow.protocol);
        let carried = walk::carried(ports, payload, known);
        let datagrams = carried.protocol.protocol().and_then(|protocol| protocol.datagrams.as_ref());
        let mut detail = None;
        if let Some(datagrams) = datagrams
            && own
        {
            if carried.recognised && datagrams.keeps {
                flow.protocol = carried.protocol;
            }
            if let Some(follow) = datagrams.follow {
                let side = if low == flow.initiator_low { Side::Initiator } else { Side::Responder };
                let memory = flow.memory.get_or_insert_default();
                detail = follow(payload, &mut Following { side, memory });
            }
        }
        let facts = flow.facts(packet.time);
        flow.last = packet.time;
        note(work, index, facts);
        let Some(start) = walk::payload(work, index, carried.protocol) else { return End::Done };
        let above = work.layers.as_slice().len();
        let end = walk::walk(work, packet.data, start);
        if let (Some(detail), Some(word)) = (detail, work.layers.detail_mut(above)) {
            *word = detail;
        }
        if own && self.stages.streams && matches!(carried.protocol, id::dtls | id::quic) {
            let mut cx = Cx {
                work,
                frame: packet.data,
                decryptor: self.decryptor.as_deref_mut(),
                buffered: &mut self.buffered,
                stream: flow.stream,
                sender: usize::from(low != flow.initiator_low),
                ports,
            };
            flow.secured(carried.protocol, &mut cx, above);
        }
        end
    }
}

/// What an encrypted conversation needs of the world while it takes a datagram.
pub(super) struct Cx<'c> {
    pub(super) work: &'c mut Work,
    pub(super) frame: &'c [u8],
    pub(super) decryptor: Option<&'c mut (dyn Decryptor + 'static)>,
    /// Bytes kept in all connections.
    pub(super) buffered: &'c mut usize,
    pub(super) stream: u32,
    /// Which end sent the datagram: 0 for that of the first one.
    pub(super) sender: usize,
    /// Source and destination port.
    pub(super) ports: (u16, u16),
}

impl UdpFlow {
    fn new(stream: u32, time: Nanos, initiator_low: bool) -> Self {
        Self {
            stream,
            first: time,
            last: time,
            initiator_low,
            protocol: ProtocolId::NONE,
            setup: PackedSetup::NONE,
            announcements: 0,
            memory: None,
            secured: None,
        }
    }

    /// Takes what was announced for this conversation, if it was not known otherwise what it carries. A later
    /// announcement of another protocol changes it: a call goes on as a fax.
    fn announce(&mut self, setup: Option<Setup>) {
        let Some(setup) = setup else { return };
        let before = self.setup.setup();
        let known = before.map_or(self.protocol, |setup| setup.protocol);
        if self.protocol == known
            && setup.protocol != known
            && (known == ProtocolId::NONE || before.is_some())
        {
            self.setup = PackedSetup::new(Some(setup));
            self.protocol = setup.protocol;
        }
    }

    fn buffered(&self) -> usize {
        match &self.secured {
            Some(Secured::Dtls(state)) => state.buffered(),
            Some(Secured::Quic(state)) => state.buffered(),
            None => 0,
        }
    }

    /// Follows an encrypted protocol through the layers from number `above` on.
    fn secured(&mut self, protocol: ProtocolId, cx: &mut Cx<'_>, above: usize) {
        let secured = self.secured.get_or_insert_with(|| match protocol {
            id::dtls => Secured::Dtls(Box::default()),
            _ => Secured::Quic(Box::default()),
        });
        for index in above..cx.work.layers.as_slice().len() {
            let found = cx.work.layers.as_slice().get(index).map(|layer| layer.protocol);
            match secured {
                Secured::Dtls(state) if found == Some(id::dtls) => state.record(cx, index),
                Secured::Quic(state) if found == Some(id::quic) => state.packet(cx, index),
                _ => {}
            }
        }
    }

    fn facts(&self, time: Nanos) -> Facts {
        Facts {
            stream: self.stream,
            since_first: time.since(self.first),
            since_previous: time.since(self.last),
            seq_base: 0,
            ack_base: 0,
            window_shift: -1,
            setup: self.setup.setup(),
            quoted: false,
            completeness: 0,
            analysis: None,
            handed_on: false,
        }
    }
}
