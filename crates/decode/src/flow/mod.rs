//! Flows: what several packets say together. Conversations are numbered, sequence numbers made relative, IP fragments
//! and TCP streams put together, TLS records handed to the decryptor; the walk then goes on in the bytes so made.

mod fragments;
mod stream;
mod table;
mod tcp;
mod tls;
pub(crate) mod walk;

use plaintap_packet::{Nanos, Packet};

use self::fragments::Fragments;
use self::table::{FlowKey, Generations};
use self::tcp::TcpFlow;
use self::walk::{End, Start};
use crate::decoded::Work;
use crate::decryptor::{Decryptor, Side};
use crate::limits::{self, Counters};
use crate::proto::id;
use crate::registry::ProtocolId;

/// What the flow stage knows about a transport layer; [`crate::Layer::detail`] is its place in the list, from 1.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facts {
    /// Number of the conversation, from 0 in the order of appearance, TCP and UDP apart.
    pub(crate) stream: u32,
    /// Since the first packet of the conversation.
    pub(crate) since_first: i64,
    /// Since the packet before this one in the conversation.
    pub(crate) since_previous: i64,
    /// The sequence number that counts as 0.
    pub(crate) seq_base: u32,
    /// The acknowledgment number that counts as 0.
    pub(crate) ack_base: u32,
    /// The window scale option's shift count (RFC 7323 §2); -1: not seen, -2: not in use.
    pub(crate) window_shift: i8,
}

/// What a stream protocol may look at and keep while it cuts the stream into PDUs.
#[derive(Debug)]
pub struct Framing<'a> {
    /// Who sends these bytes.
    pub side: Side,
    /// Kept until the PDU is complete, then 0: how far it was searched, so that growing PDUs cost linear time.
    pub progress: &'a mut [u64; 2],
    /// Kept as long as the connection, common to both directions; 0 at first.
    pub memory: &'a mut [u64; 2],
    /// Set to change the connection's protocol behind this PDU; [`ProtocolId::NONE`] lets the content decide.
    pub upgrade: &'a mut Option<ProtocolId>,
}

/// What is to be done beyond the walk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stages {
    /// Number conversations and follow sequence numbers.
    pub(crate) numbers: bool,
    /// Put IP fragments together.
    pub(crate) fragments: bool,
    /// Decode what TCP carries. Needs the numbers.
    pub(crate) streams: bool,
}

/// All flow state.
pub(crate) struct Flows {
    decryptor: Option<Box<dyn Decryptor>>,
    stages: Stages,
    tcp: Generations<FlowKey, TcpFlow>,
    udp: Generations<FlowKey, UdpFlow>,
    fragments: Fragments,
    tcp_streams: u32,
    udp_streams: u32,
    /// Bytes kept in all connections.
    buffered: usize,
}

#[derive(Debug)]
struct UdpFlow {
    stream: u32,
    first: Nanos,
    last: Nanos,
}

impl Flows {
    pub(crate) fn new(decryptor: Option<Box<dyn Decryptor>>, stages: Stages) -> Self {
        Self {
            decryptor,
            stages,
            tcp: Generations::new(limits::MAX_FLOWS),
            udp: Generations::new(limits::MAX_FLOWS),
            fragments: Fragments::new(),
            tcp_streams: 0,
            udp_streams: 0,
            buffered: 0,
        }
    }

    pub(crate) fn decryptor(&self) -> Option<&dyn Decryptor> {
        self.decryptor.as_deref()
    }

    /// Decodes one packet from `start` on.
    pub(crate) fn decode(
        &mut self,
        work: &mut Work,
        packet: &Packet<'_>,
        start: Start,
        counters: &mut Counters,
    ) {
        let mut end = walk::walk(work, packet.data, start);
        while let End::Fragment { layer } = end {
            if !self.stages.fragments {
                walk::piece(work, packet.data, layer);
                break;
            }
            let Some(start) = self.fragments.add(work, packet.data, layer, counters) else {
                // Not complete: the piece itself is all there is to show.
                walk::mark_payload(work, layer);
                break;
            };
            end = walk::walk(work, packet.data, start);
        }
        if !self.stages.numbers {
            return;
        }
        self.number_udp(work, packet, counters);
        if let End::Stream { layer, quoted } = end {
            self.segment(work, packet, layer, quoted, counters);
        }
    }

    /// Numbers the conversations of all UDP layers.
    fn number_udp(&mut self, work: &mut Work, packet: &Packet<'_>, counters: &mut Counters) {
        if !work.layers.contains(id::udp) {
            return;
        }
        for index in 0..work.layers.as_slice().len() {
            if work.layers.as_slice()[index].protocol != id::udp {
                continue;
            }
            let Some((key, _)) = FlowKey::of(work, packet.data, index) else { continue };
            let next = &mut self.udp_streams;
            let make = || {
                *next += 1;
                UdpFlow { stream: *next - 1, first: packet.time, last: packet.time }
            };
            let flow = self.udp.get(key, make, |_| counters.flows_forgotten += 1);
            let facts = Facts {
                stream: flow.stream,
                since_first: packet.time.since(flow.first),
                since_previous: packet.time.since(flow.last),
                seq_base: 0,
                ack_base: 0,
                window_shift: -1,
            };
            flow.last = packet.time;
            note(work, index, facts);
        }
    }
}

/// Hangs facts on a layer.
fn note(work: &mut Work, index: usize, facts: Facts) {
    work.facts.push(facts);
    let number = work.facts.len() as u32;
    if let Some(detail) = work.layers.detail_mut(index) {
        *detail = number;
    }
}
