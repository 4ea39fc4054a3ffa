//! TCP: conversations, relative numbers, and each direction's bytes in order, once (RFC 9293).

use plaintap_packet::{BufferId, Nanos, Packet};

use super::analysis::{Analysis, Analyzer, Observed, mark};
use super::announced::{PackedSetup, Setup};
use super::stream::{Connection, Cx};
use super::table::FlowKey;
use super::{Facts, Flows, note, stream, walk};
use crate::Bytes;
use crate::decode_as::{self, Selector};
use crate::decoded::Work;
use crate::decryptor::Side;
use crate::limits::{self, Counters};
use crate::proto::id;
use crate::proto::tcp::{flag, sacked, window_scale};
use crate::registry::ProtocolId;

/// One connection. There is one for each that was seen, so what few of them need lies apart.
pub(crate) struct TcpFlow {
    stream: u32,
    /// Whether the initiator is the lower end of the key.
    initiator_low: bool,
    /// HTTP has handed the connection on to another protocol. Kept here too, where it lies at hand for each segment.
    handed_on: bool,
    first: Nanos,
    last: Nanos,
    senders: [Sender; 2],
    analyzer: Analyzer,
    connection: Option<Box<Connection>>,
    queues: Option<Box<[Queue; 2]>>,
    /// Who announced the connection.
    setup: PackedSetup,
}

/// One direction of a connection.
#[derive(Default)]
struct Sender {
    /// Bits of [`known`].
    known: u8,
    window_shift: WindowShift,
    /// The sequence number that counts as 0.
    base: u32,
    /// The next sequence number to deliver.
    next: u32,
    /// Behind the highest sequence number captured, queued or not.
    highest: u32,
    /// Where the stream ends.
    end: u32,
    /// The highest acknowledgment number sent, of the other direction's bytes.
    acknowledged: u32,
}

/// Bits of [`Sender::known`].
mod known {
    /// `base` has a value.
    pub(super) const BASE: u8 = 1;
    /// `next` has one: data may come.
    pub(super) const NEXT: u8 = 2;
    /// `highest` has one.
    pub(super) const HIGHEST: u8 = 32;
    /// `end` has one: the FIN was seen.
    pub(super) const END: u8 = 4;
    /// A FIN was sent.
    pub(super) const CLOSED: u8 = 8;
    /// A RST was sent.
    pub(super) const RESET: u8 = 16;
}

#[derive(Clone, Copy)]
struct WindowShift(i8);

impl Default for WindowShift {
    fn default() -> Self {
        Self(-1)
    }
}

/// Segments that came before their turn, by sequence number from `next` on.
#[derive(Default)]
struct Queue {
    segments: Vec<Waiting>,
    bytes: usize,
}

struct Waiting {
    sequence: u32,
    bytes: Vec<u8>,
    /// Bytes that were on the wire behind these, but not captured.
    uncaptured: u32,
}

/// One segment as far as ordering cares.
#[derive(Clone, Copy)]
struct Segment {
    sequence: u32,
    acknowledgment: u32,
    flags: u16,
    buffer: BufferId,
    /// The captured payload in the buffer.
    start: usize,
    end: usize,
    /// Payload bytes on the wire behind the captured ones.
    uncaptured: u32,
}

/// What else the analysis wants to know of a segment.
#[derive(Clone, Copy)]
struct Seen {
    frame: u64,
    time: Nanos,
    window: u16,
    sacked: u32,
}

impl Flows {
    /// Takes the TCP segment in layer number `index`.
    pub(super) fn segment(
        &mut self,
        work: &mut Work,
        packet: &Packet<'_>,
        number: u64,
        index: usize,
        counters: &mut Counters,
    ) {
        let Some((key, low)) = FlowKey::of(work, packet.data, index) else { return };
        let Some(&layer) = work.layers.as_slice().get(index) else { return };
        let bytes = work.bytes(packet.data, layer.buffer);
        let header = &bytes[layer.offset as usize..(layer.offset + layer.header) as usize];
        let b = Bytes(header);
        let ports = (b.u16(0), b.u16(2));
        let seen = Seen { frame: number, time: packet.time, window: b.u16(14), sacked: sacked(header) };
        let segment = Segment {
            sequence: b.u32(4),
            acknowledgment: b.u32(8),
            flags: b.u16(12) & 0xfff,
            buffer: layer.buffer,
            start: (layer.offset + layer.header) as usize,
            end: layer.end as usize,
            uncaptured: layer.reported_end - layer.end,
        };
        let shift = if segment.flags & flag::SYN != 0 { window_scale(header) } else { None };

        let streams = &mut self.tcp_streams;
        let mut next_stream = || {
            *streams += 1;
            *streams - 1
        };
        let setup = || {
            let chosen = decode_as::of_ports(&work.settings.decode_as, Selector::TcpPort, ports);
            let setup = self.announced.of_tcp(&key);
            (chosen.or(setup.map(|setup| setup.protocol)), setup)
        };
        let decryptor = &mut self.decryptor;
        let buffered = &mut self.buffered;
        let sent = &mut self.sent;
        let mut forgotten = 0;
        let flow = self.tcp.get(
            key,
            || {
                let initiator_low = low == (segment.flags & flag::SYN_ACK != flag::SYN_ACK);
                TcpFlow::new(next_stream(), packet.time, initiator_low, setup())
            },
            |mut flow: TcpFlow| {
                forgotten += 1;
                *buffered -= flow.buffered();
                flow.analyzer.leave(sent);
                if let Some(decryptor) = decryptor {
                    decryptor.end(flow.stream);
                }
            },
        );
        counters.flows_forgotten += forgotten;
        let mut reused = false;
        if flow.is_new_connection(segment, low) {
            reused = flow.sender(low).base() != Some(segment.sequence);
            self.buffered -= flow.buffered();
            flow.analyzer.leave(&mut self.sent);
            if let Some(decryptor) = &mut self.decryptor {
                decryptor.end(flow.stream);
            }
            self.tcp_streams += 1;
            *flow = TcpFlow::new(self.tcp_streams - 1, packet.time, low, setup());
        }
        let side = if low == flow.initiator_low { Side::Initiator } else { Side::Responder };
        reused |= flow.follow(side, segment, shift);
        let mut facts = flow.facts(side, packet.time);
        if super::is_quoted(work) {
            (facts.seq_base, facts.ack_base, facts.quoted) = (0, 0, true);
        } else {
            let observed = flow.observed(side, segment, seen);
            let mut analysis = flow.analyzer.segment(side, &observed, &mut self.sent, counters);
            if reused {
                facts.completeness = flow.analyzer.completeness();
                analysis.flags |= mark::REUSED_PORTS;
            }
            // A keep-alive goes to nobody.
            facts.handed_on &= analysis.flags & mark::KEEP_ALIVE == 0;
            facts.analysis = Some(analysis);
        }
        flow.last = packet.time;
        note(work, index, facts);

        if !self.stages.streams {
            return;
        }
        if super::is_quoted(work) {
            return stream::alone(work, packet.data, layer, ports, counters);
        }
        let mut cx = Cx {
            work,
            frame: packet.data,
            decryptor: self.decryptor.as_deref_mut(),
            counters,
            buffered: &mut self.buffered,
            stream: flow.stream,
            side,
            ports,
            keep: true,
            level: 0,
        };
        flow.take(&mut cx, segment);
        if segment.end > segment.start && is_keep_alive(facts.analysis) {
            let (start, end) = (segment.start as u32, segment.end as u32);
            walk::mark(work, id::data, segment.buffer, start..end, layer.reported_end);
        }
    }
}

/// Whether the segment only asks whether the peer is there: its byte is none of the stream (RFC 1122 §4.2.3.6).
fn is_keep_alive(analysis: Option<Analysis>) -> bool {
    analysis.is_some_and(|analysis| analysis.flags & mark::KEEP_ALIVE != 0)
}

impl TcpFlow {
    /// A connection whose protocol and announcement may be known before the first byte.
    fn new(
        stream: u32,
        time: Nanos,
        initiator_low: bool,
        (protocol, setup): (Option<ProtocolId>, Option<Setup>),
    ) -> Self {
        Self {
            stream,
            first: time,
            last: time,
            initiator_low,
            handed_on: false,
            senders: Default::default(),
            analyzer: Analyzer::default(),
            connection: protocol.map(|protocol| Box::new(Connection::speaking(Some(protocol)))),
            queues: None,
            setup: PackedSetup::new(setup),
        }
    }

    fn buffered(&self) -> usize {
        let queued: usize =
            self.queues.iter().flat_map(|queues| queues.iter()).map(|queue| queue.bytes).sum();
        queued + self.connection.as_ref().map_or(0, |connection| connection.buffered())
    }

    /// The sender that is the lower end of the key, or the other one.
    fn sender(&self, low: bool) -> &Sender {
        &self.senders[usize::from(low != self.initiator_low)]
    }

    /// Whether this SYN opens another connection between the same ports: it begins elsewhere, or the old one is over.
    fn is_new_connection(&self, segment: Segment, low: bool) -> bool {
        if segment.flags & flag::SYN_ACK != flag::SYN {
            return false;
        }
        let sender = self.sender(low);
        let over = self.senders.iter().any(|s| s.has(known::CLOSED | known::RESET));
        sender.base().is_some_and(|base| base != segment.sequence || over)
    }

    /// Keeps up with what the header says. Returns whether it is a SYN-ACK that begins elsewhere than the one before:
    /// the numbers count from it on.
    fn follow(&mut self, side: Side, segment: Segment, shift: Option<u8>) -> bool {
        let [sender, peer] = self.both(side);
        let Segment { sequence, acknowledgment, flags, .. } = segment;
        // Without the SYN, the first byte seen counts as 1, as if the SYN had been just before it.
        let syn = flags & flag::SYN != 0;
        let moved = segment.flags & flag::SYN_ACK == flag::SYN_ACK
            && sender.base().is_some_and(|base| base != sequence);
        if moved {
            sender.base = sequence;
        }
        sender.begin(if syn { sequence } else { sequence.wrapping_sub(1) });
        if flags & flag::ACK != 0 {
            // A SYN's acknowledgment field may hold anything; a SYN-ACK's does not.
            peer.begin(acknowledgment.wrapping_sub(1));
            sender.acknowledged = acknowledgment;
        }
        if syn {
            sender.window_shift = WindowShift(shift.map_or(-2, |shift| shift.min(14) as i8));
            // Scaling is on only if both SYNs carry the option (RFC 7323 §2.2).
            if flags & flag::ACK != 0 && (sender.window_shift.0 == -2 || peer.window_shift.0 == -2) {
                sender.window_shift.0 = -2;
                peer.window_shift.0 = -2;
            }
            sender.expect(sequence.wrapping_add(1));
        }
        let behind = sequence
            .wrapping_add((segment.end - segment.start) as u32 + segment.uncaptured)
            .wrapping_add(u32::from(syn) + u32::from(flags & flag::FIN != 0));
        if flags & flag::RST == 0
            && sender.highest().is_none_or(|highest| behind.wrapping_sub(highest) as i32 > 0)
        {
            sender.known |= known::HIGHEST;
            sender.highest = behind;
        }
        sender.known |= if flags & flag::FIN != 0 { known::CLOSED } else { 0 };
        sender.known |= if flags & flag::RST != 0 { known::RESET } else { 0 };
        moved
    }

    fn observed(&self, side: Side, segment: Segment, seen: Seen) -> Observed {
        Observed {
            frame: seen.frame,
            time: seen.time,
            sequence: segment.sequence,
            acknowledgment: segment.acknowledgment,
            flags: segment.flags,
            length: (segment.end - segment.start) as u32 + segment.uncaptured,
            window: seen.window,
            sacked: seen.sacked,
            peer_shift: self.peer_shift(side),
        }
    }

    /// The shift count of the windows that the other side announces; None when its SYN was not seen.
    fn peer_shift(&self, side: Side) -> Option<u32> {
        match self.senders[1 - side as usize].window_shift.0 {
            -1 => None,
            shift => Some(u32::try_from(shift).unwrap_or(0)),
        }
    }

    fn facts(&self, side: Side, time: Nanos) -> Facts {
        let (sender, peer) = (&self.senders[side as usize], &self.senders[1 - side as usize]);
        Facts {
            stream: self.stream,
            since_first: time.since(self.first),
            since_previous: time.since(self.last),
            seq_base: sender.base,
            ack_base: peer.base,
            window_shift: sender.window_shift.0,
            setup: self.setup.setup(),
            quoted: false,
            completeness: self.analyzer.completeness(),
            analysis: None,
            handed_on: self.handed_on,
        }
    }

    /// Delivers what is in order now, and keeps what is not.
    fn take(&mut self, cx: &mut Cx<'_>, segment: Segment) {
        let side = cx.side;
        let data = segment.sequence.wrapping_add(u32::from(segment.flags & flag::SYN != 0));
        let length = (segment.end - segment.start) as u32;
        let total = length + segment.uncaptured;
        if segment.flags & flag::FIN != 0 {
            let sender = &mut self.senders[side as usize];
            sender.end = data.wrapping_add(total);
            sender.known |= known::END;
        }
        if total > 0 && segment.flags & flag::RST == 0 {
            let next = self.senders[side as usize].expect(data);
            let ahead = data.wrapping_sub(next) as i32;
            if ahead > 0 {
                self.queue(cx, segment, data);
            } else {
                let old = ahead.unsigned_abs();
                cx.counters.bytes_repeated += u64::from(old.min(total));
                if old < total {
                    let start = segment.start + old.min(length) as usize;
                    self.deliver(cx, segment.buffer, start..segment.end, segment.uncaptured.min(total - old));
                    self.drain(cx);
                }
            }
        }
        self.give_up_if_hopeless(cx);
        let reset = segment.flags & flag::RST != 0;
        if reset && self.queues.is_some() {
            self.give_up_all(cx);
        }
        self.finish(cx, reset);
    }

    /// Hands on bytes that are next in order, and what is known to be missing behind them.
    fn deliver(&mut self, cx: &mut Cx<'_>, buffer: BufferId, range: std::ops::Range<usize>, uncaptured: u32) {
        let length = range.len() as u32 + uncaptured;
        let connection = self.connection.get_or_insert_default();
        // The PDU at the cut never becomes whole: it is shown as it is.
        cx.keep = uncaptured == 0;
        connection.deliver(cx, buffer, range);
        self.handed_on = connection.handed_on;
        cx.keep = true;
        if uncaptured > 0 {
            connection.miss(cx, uncaptured);
            if let Some(decryptor) = &mut cx.decryptor {
                decryptor.gap(cx.stream, cx.side);
            }
        }
        let next = &mut self.senders[cx.side as usize].next;
        *next = next.wrapping_add(length);
    }

    /// Delivers queued segments as long as they follow on.
    fn drain(&mut self, cx: &mut Cx<'_>) {
        loop {
            let Some(queues) = &mut self.queues else { return };
            let queue = &mut queues[cx.side as usize];
            let Some(first) = queue.segments.first() else {
                queue.segments = Vec::new();
                if queues.iter().all(|queue| queue.segments.is_empty()) {
                    self.queues = None;
                }
                return;
            };
            let next = self.senders[cx.side as usize].next;
            let old = next.wrapping_sub(first.sequence);
            if (old as i32) < 0 {
                return;
            }
            let waiting = queue.segments.remove(0);
            let length = waiting.bytes.len();
            queue.bytes -= length;
            *cx.buffered -= length;
            cx.counters.bytes_waiting -= length as u64;
            let total = length as u32 + waiting.uncaptured;
            cx.counters.bytes_repeated += u64::from(old.min(total));
            if old >= total {
                cx.work.buffers.give_back(waiting.bytes);
                continue;
            }
            let start = (old as usize).min(length);
            let uncaptured = waiting.uncaptured.min(total - old);
            if let Some(buffer) = cx.work.buffers.add("Out-of-order TCP", waiting.bytes) {
                self.deliver(cx, buffer, start..length, uncaptured);
            }
        }
    }

    fn queue(&mut self, cx: &mut Cx<'_>, segment: Segment, sequence: u32) {
        let mut bytes = cx.work.buffers.take();
        bytes.extend_from_slice(cx.bytes(segment.buffer, segment.start..segment.end));
        *cx.buffered += bytes.len();
        cx.counters.bytes_waiting += bytes.len() as u64;
        let next = self.senders[cx.side as usize].next;
        let queue = &mut self.queues.get_or_insert_default()[cx.side as usize];
        queue.bytes += bytes.len();
        let ahead = sequence.wrapping_sub(next);
        let place = queue.segments.partition_point(|w| w.sequence.wrapping_sub(next) <= ahead);
        queue.segments.insert(place, Waiting { sequence, bytes, uncaptured: segment.uncaptured });
    }

    /// Gives up the gap in front of the queue when the queue is full, or when the bytes were lost to the capture alone,
    /// so that nobody will send them again. The receiver has then acknowledged what we do not have; or the sender has
    /// acknowledged bytes of the other direction that we do not have either; or that direction is not in the capture.
    fn give_up_if_hopeless(&mut self, cx: &mut Cx<'_>) {
        let Some(queues) = &self.queues else { return };
        let queue = &queues[cx.side as usize];
        let Some(first) = queue.segments.first() else { return };
        let (sender, peer) = (&self.senders[cx.side as usize], &self.senders[1 - cx.side as usize]);
        let received = peer.acknowledged.wrapping_sub(first.sequence) as i32 >= 0;
        let seen = peer.highest().or_else(|| Some(peer.base()?.wrapping_add(1)));
        let lossy = seen.is_some_and(|seen| sender.acknowledged.wrapping_sub(seen) as i32 > 0);
        let most = if peer.highest().is_none() {
            limits::MAX_QUEUED_SEGMENTS_OF_ONE_DIRECTION
        } else {
            limits::MAX_QUEUED_SEGMENTS
        };
        if queue.bytes > limits::MAX_QUEUED_BYTES
            || queue.segments.len() > most
            || *cx.buffered > limits::MAX_BUFFERED
            || received
            || lossy
        {
            self.give_up(cx);
        }
    }

    /// Goes on behind the gap in front of the queue.
    fn give_up(&mut self, cx: &mut Cx<'_>) {
        let queue = self.queues.as_ref().map(|queues| &queues[cx.side as usize]);
        let Some(first) = queue.and_then(|queue| queue.segments.first()) else { return };
        let sender = &mut self.senders[cx.side as usize];
        let missing = if sender.has(known::NEXT) { first.sequence.wrapping_sub(sender.next) } else { 0 };
        sender.next = first.sequence;
        cx.counters.gaps += 1;
        self.connection.get_or_insert_default().miss(cx, missing);
        if let Some(decryptor) = &mut cx.decryptor {
            decryptor.gap(cx.stream, cx.side);
        }
        self.drain(cx);
    }

    /// Goes on behind all gaps of both directions: nothing comes any more that could fill them.
    #[cold]
    fn give_up_all(&mut self, cx: &mut Cx<'_>) {
        for _ in 0..2 {
            while self.has_waiting(cx.side) {
                self.give_up(cx);
            }
            (cx.side, cx.ports) = (cx.side.other(), (cx.ports.1, cx.ports.0));
        }
    }

    fn has_waiting(&self, side: Side) -> bool {
        self.queues.as_ref().is_some_and(|queues| !queues[side as usize].segments.is_empty())
    }

    /// Closes what is over: this side behind its FIN, both after a RST or when both sides are done.
    fn finish(&mut self, cx: &mut Cx<'_>, reset: bool) {
        let sender = &self.senders[cx.side as usize];
        let done = |s: &Sender| s.has(known::END) && s.has(known::NEXT) && s.end == s.next;
        let this_done = done(sender);
        if !reset && !this_done {
            return;
        }
        if let Some(connection) = &mut self.connection {
            connection.close(cx);
        }
        if reset || self.senders.iter().all(done) {
            let side = cx.side;
            cx.side = side.other();
            if let Some(connection) = &mut self.connection {
                connection.close(cx);
            }
            cx.side = side;
            *cx.buffered -= self.buffered();
            self.connection = None;
            self.queues = None;
            if let Some(decryptor) = &mut cx.decryptor {
                decryptor.end(self.stream);
            }
        }
    }

    /// The sender of `side` and its peer.
    fn both(&mut self, side: Side) -> [&mut Sender; 2] {
        let [initiator, responder] = &mut self.senders;
        match side {
            Side::Initiator => [initiator, responder],
            Side::Responder => [responder, initiator],
        }
    }
}

impl Sender {
    const fn has(&self, what: u8) -> bool {
        self.known & what != 0
    }

    fn base(&self) -> Option<u32> {
        self.has(known::BASE).then_some(self.base)
    }

    fn highest(&self) -> Option<u32> {
        self.has(known::HIGHEST).then_some(self.highest)
    }

    /// The number that counts as 0, unless one is known.
    fn begin(&mut self, base: u32) {
        if !self.has(known::BASE) {
            self.known |= known::BASE;
            self.base = base;
        }
    }

    /// The next number to deliver: `next`, unless one is known.
    fn expect(&mut self, next: u32) -> u32 {
        if !self.has(known::NEXT) {
            self.known |= known::NEXT;
            self.next = next;
        }
        self.next
    }
}
