//! Flows: what several packets say together. Conversations are numbered, sequence numbers made relative, IP fragments
//! and TCP streams put together, TLS records handed to the decryptor; the walk then goes on in the bytes so made.

pub(crate) mod analysis;
mod announced;
mod datagram;
mod dtls;
mod fragments;
mod ipcomp;
mod packed;
mod quic;
mod sctp;
mod stream;
mod table;
mod tcp;
mod tls;
pub(crate) mod walk;

use plaintap_packet::Packet;

use self::analysis::{Analysis, SentLists};
use self::announced::Announced;
pub use self::announced::{Announcements, Setup, Transport};
pub use self::datagram::Following;
use self::datagram::UdpFlow;
use self::fragments::Fragments;
pub(crate) use self::fragments::Reassembled;
use self::table::FlowKey;
pub(crate) use self::table::Generations;
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
    /// Who announced the conversation, where its protocol is known from that.
    pub(crate) setup: Option<Setup>,
    /// The packet quotes it in an ICMP error: its numbers are no part of the connection.
    pub(crate) quoted: bool,
    /// Of TCP: which parts of the connection were seen before this segment.
    pub(crate) completeness: u8,
    /// Of TCP: what this segment tells about its connection.
    pub(crate) analysis: Option<Analysis>,
    /// Of TCP: HTTP has handed the connection on to another protocol before this segment.
    pub(crate) handed_on: bool,
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

/// Unpacks what only the PDUs before it explain, such as header fields compressed by a table. It belongs to a
/// connection, and sees each PDU once, whole or cut, in the order of the stream.
pub trait Unpacker: Send {
    /// Takes a PDU. What it holds unpacked goes to `out`, which comes empty, and is [`crate::View::unpacked`] later.
    /// Returns the protocol of what was unpacked from an offset on, where it is to be decoded further.
    fn pdu(
        &mut self,
        side: Side,
        pdu: &[u8],
        out: &mut Vec<u8>,
        counters: &mut Counters,
    ) -> Option<(ProtocolId, usize)>;

    /// Bytes of this side are missing, or there is no room for what was kept of it.
    fn forget(&mut self, side: Side);

    /// Number of bytes kept.
    fn kept(&self) -> usize;
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
    associations: sctp::Associations,
    announced: Announced,
    tcp_streams: u32,
    udp_streams: u32,
    /// Bytes kept in all connections.
    buffered: usize,
    /// Segments that wait for their acknowledgment in all connections.
    sent: SentLists,
}

impl Flows {
    pub(crate) fn new(decryptor: Option<Box<dyn Decryptor>>, stages: Stages) -> Self {
        Self {
            decryptor,
            stages,
            tcp: Generations::new(limits::MAX_FLOWS),
            udp: Generations::new(limits::MAX_FLOWS),
            fragments: Fragments::new(),
            associations: sctp::Associations::new(),
            announced: Announced::new(),
            tcp_streams: 0,
            udp_streams: 0,
            buffered: 0,
            sent: SentLists::default(),
        }
    }

    pub(crate) fn decryptor(&self) -> Option<&dyn Decryptor> {
        self.decryptor.as_deref()
    }

    /// Decodes one packet from `start` on; `number` is that of the frame.
    pub(crate) fn decode(
        &mut self,
        work: &mut Work,
        packet: &Packet<'_>,
        number: u64,
        start: Start,
        counters: &mut Counters,
    ) {
        let frame = packet.data;
        let mut end = walk::walk(work, frame, start);
        for _ in 0..limits::MAX_DEPTH {
            let next = match end {
                End::Done => break,
                End::Fragment { layer } => self.fragment(work, frame, number, layer, counters),
                End::Datagram { layer } if self.stages.numbers => {
                    end = self.datagram(work, packet, layer, counters);
                    continue;
                }
                End::Datagram { layer } => walk::datagram(work, frame, layer),
                End::Compressed { layer } => ipcomp::inflate(work, frame, layer, counters),
                End::Stream { layer } => {
                    if self.stages.numbers {
                        self.segment(work, packet, number, layer, counters);
                    }
                    break;
                }
            };
            let Some(start) = next else { break };
            end = walk::walk(work, frame, start);
        }
        let waiting = self.stages.fragments.then_some(&mut self.associations);
        sctp::messages(work, frame, waiting, counters);
        if self.stages.numbers {
            self.announced.listen(work, frame, number, counters);
        }
    }

    /// Where to go on at the fragment in layer number `layer`: in the whole datagram with the last missing fragment,
    /// else in the piece itself, which is all there is to show.
    #[cold]
    fn fragment(
        &mut self,
        work: &mut Work,
        frame: &[u8],
        number: u64,
        layer: usize,
        counters: &mut Counters,
    ) -> Option<Start> {
        if !self.stages.fragments {
            return walk::piece(work, layer);
        }
        let whole = self.fragments.add(work, frame, number, layer, counters);
        whole.or_else(|| walk::payload(work, layer, id::data))
    }
}

/// Whether the packet quotes another one, in an ICMP error: what is quoted is no traffic of its own.
fn is_quoted(work: &Work) -> bool {
    work.layers.contains(id::icmp) || work.layers.contains(id::icmpv6)
}

/// Hangs facts on a layer.
fn note(work: &mut Work, index: usize, facts: Facts) {
    work.facts.push(facts);
    let number = work.facts.len() as u32;
    if let Some(detail) = work.layers.detail_mut(index) {
        *detail = number;
    }
}
