//! What the senders of a TCP connection had to do because bytes were lost, late or unwelcome, told from one pass over the
//! packets with the rules of Wireshark (User's Guide §7.5, "TCP Analysis").

use std::collections::VecDeque;

use plaintap_packet::Nanos;

use crate::decryptor::Side;
use crate::limits::{self, Counters};
use crate::proto::tcp::flag;

/// Bits of [`Analysis::flags`].
pub(crate) mod mark {
    pub(crate) const RETRANSMISSION: u16 = 1 << 0;
    pub(crate) const FAST_RETRANSMISSION: u16 = 1 << 1;
    pub(crate) const SPURIOUS_RETRANSMISSION: u16 = 1 << 2;
    pub(crate) const OUT_OF_ORDER: u16 = 1 << 3;
    pub(crate) const REUSED_PORTS: u16 = 1 << 4;
    pub(crate) const LOST_SEGMENT: u16 = 1 << 5;
    pub(crate) const ACK_LOST_SEGMENT: u16 = 1 << 6;
    pub(crate) const WINDOW_UPDATE: u16 = 1 << 7;
    pub(crate) const WINDOW_FULL: u16 = 1 << 8;
    pub(crate) const KEEP_ALIVE: u16 = 1 << 9;
    pub(crate) const KEEP_ALIVE_ACK: u16 = 1 << 10;
    pub(crate) const DUPLICATE_ACK: u16 = 1 << 11;
    pub(crate) const ZERO_WINDOW: u16 = 1 << 12;
    pub(crate) const ZERO_WINDOW_PROBE: u16 = 1 << 13;
    pub(crate) const ZERO_WINDOW_PROBE_ACK: u16 = 1 << 14;
}

/// Bits of [`Analyzer::completeness`]: which parts of a connection were seen so far.
mod part {
    pub(super) const SYN: u8 = 1;
    pub(super) const SYN_ACK: u8 = 2;
    pub(super) const ACK: u8 = 4;
    pub(super) const DATA: u8 = 8;
    pub(super) const FIN: u8 = 16;
    pub(super) const RST: u8 = 32;
}

/// What is said of one segment. Frame numbers are 0, and times negative, where there is nothing to say.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Analysis {
    /// Bits of [`mark`].
    pub(crate) flags: u16,
    /// The how manieth duplicate this acknowledgment is, and of which frame.
    pub(crate) duplicate_ack: (u32, u64),
    /// The frame that this segment acknowledges, and how long ago it was, in nanoseconds.
    pub(crate) acks: Option<(u64, i64)>,
    /// Since the frame that this segment repeats.
    pub(crate) rto: Option<(u64, i64)>,
    pub(crate) initial_rtt: Option<i64>,
    /// Bytes sent but not acknowledged.
    pub(crate) bytes_in_flight: u32,
    /// Bytes sent since the last segment with the PSH flag.
    pub(crate) push_bytes_sent: u32,
}

/// A segment as far as the analysis cares.
#[derive(Clone, Copy)]
pub(super) struct Observed {
    pub(super) frame: u64,
    pub(super) time: Nanos,
    pub(super) sequence: u32,
    pub(super) acknowledgment: u32,
    pub(super) flags: u16,
    /// Bytes of payload on the wire.
    pub(super) length: u32,
    /// As it stands in the header.
    pub(super) window: u16,
    /// Bytes in the blocks of its SACK option.
    pub(super) sacked: u32,
    /// The shift count of the other direction's windows, where it is known.
    pub(super) peer_shift: Option<u32>,
}

/// The analysis of one connection.
#[derive(Default)]
pub(super) struct Analyzer {
    halves: [Half; 2],
    syn: Option<Nanos>,
    initial_rtt: Option<i64>,
    completeness: u8,
}

/// One direction.
#[derive(Default)]
struct Half {
    /// Behind the highest sequence number sent, and who sent it when.
    next: Option<u32>,
    next_frame: u64,
    next_time: Nanos,
    /// Behind the bytes that were seen without a gap: what the peer may acknowledge.
    contiguous: Option<u32>,
    /// The last acknowledgment number sent, when it was sent, and in which frame for the first time.
    acknowledged: Option<u32>,
    acknowledged_time: Nanos,
    acknowledged_frame: u64,
    duplicates: u32,
    window: u16,
    /// The marks of the last segment, and the bytes in its SACK option.
    last: u16,
    sacked: u32,
    unacknowledged: Unacknowledged,
    /// A gap was seen, and no acknowledgment since: how much is in flight is not known.
    in_flight_unknown: bool,
    pushed: u32,
    push_seen: bool,
}

/// Segments that wait for their acknowledgment, by the sequence number behind them.
#[derive(Default)]
struct Unacknowledged {
    list: VecDeque<Sent>,
    /// Whether the list is not also in the order of sending and of first bytes.
    mixed: bool,
}

#[derive(Clone, Copy)]
struct Sent {
    sequence: u32,
    next: u32,
    /// Behind the last byte of payload.
    end: u32,
    frame: u64,
    time: Nanos,
}

impl Analyzer {
    /// Which parts of the connection were seen so far: as [`part`] has them.
    pub(super) const fn completeness(&self) -> u8 {
        self.completeness
    }

    /// Number of segments that wait for their acknowledgment.
    pub(super) fn waiting(&self) -> usize {
        self.halves.iter().map(|half| half.unacknowledged.list.len()).sum()
    }

    /// Takes the next segment of one direction. It is to wait for its acknowledgment only if there is `room`.
    pub(super) fn segment(
        &mut self,
        side: Side,
        s: &Observed,
        room: bool,
        counters: &mut Counters,
    ) -> Analysis {
        let mut flags = self.classify(side, s);
        let next = s.next();
        let repeated = self.repeated(side, s, &mut flags);
        self.measure_handshake(side, s);
        let initial_rtt = self.initial_rtt;
        // As Wireshark counts, which begins with the connection: a first segment other than a SYN adds nothing.
        let first = self.halves.iter().all(|half| half.next.is_none());
        self.completeness |= s.parts() & if first { part::SYN } else { !0 };
        let [this, peer] = self.both(side);

        let mut duplicate_ack = (0, 0);
        if flags & mark::DUPLICATE_ACK != 0 {
            this.duplicates += 1;
            duplicate_ack = (this.duplicates, this.acknowledged_frame);
        }
        if this.acknowledged != s.acknowledged() {
            this.acknowledged_frame = s.frame;
            this.duplicates = 0;
        }
        if flags & mark::ACK_LOST_SEGMENT != 0 {
            let furthest = |a, b| if after(a, b) { a } else { b };
            peer.contiguous = peer.next.into_iter().chain(s.acknowledged()).reduce(furthest);
        }
        if flags & mark::LOST_SEGMENT != 0 {
            this.in_flight_unknown = true;
            this.contiguous = this.next;
        }
        if flags & mark::ZERO_WINDOW_PROBE == 0 {
            if this.next.is_none_or(|highest| after(next, highest)) {
                this.next = Some(next);
                this.next_frame = s.frame;
                this.next_time = s.time;
            }
            if this.contiguous.is_none_or(|contiguous| contiguous == s.sequence) {
                this.contiguous = this.next;
            }
        }
        this.window = s.window;
        this.sacked = s.sacked;
        this.acknowledged = s.acknowledged();
        this.acknowledged_time = s.time;
        this.last = flags;
        if next != s.sequence {
            let end = s.sequence.wrapping_add(s.length);
            let sent = Sent { sequence: s.sequence, next, end, frame: s.frame, time: s.time };
            let forgotten = !room || this.unacknowledged.is_full();
            counters.segments_forgotten += u64::from(forgotten);
            if room {
                this.unacknowledged.add(sent);
            }
        }
        let acks = s.acknowledged().and_then(|acknowledged| peer.unacknowledged.acknowledge(acknowledged, s));
        if s.acknowledged().is_some() {
            peer.in_flight_unknown = false;
        }
        let sends = s.length > 0 && !this.in_flight_unknown;
        let bytes_in_flight =
            if sends { this.unacknowledged.bytes(s.frame).saturating_sub(peer.sacked) } else { 0 };
        let pushed = if sends { this.push(s) } else { 0 };
        Analysis {
            flags,
            duplicate_ack,
            acks,
            rto: repeated,
            initial_rtt,
            bytes_in_flight,
            push_bytes_sent: if bytes_in_flight > 0 { pushed } else { 0 },
        }
    }

    /// What the segment is beside a repetition.
    fn classify(&mut self, side: Side, s: &Observed) -> u16 {
        let [this, peer] = self.both(side);
        let plain = s.flags & (flag::SYN | flag::FIN | flag::RST) == 0;
        let follows = this.next == Some(s.sequence);
        let same_ack = this.acknowledged.is_some() && this.acknowledged == s.acknowledged();
        let mut flags = 0;
        if s.length == 1 && follows && peer.window == 0 {
            return mark::ZERO_WINDOW_PROBE;
        }
        if s.window == 0 && plain {
            flags |= mark::ZERO_WINDOW;
        }
        if this.next.is_some_and(|next| after(s.sequence, next)) && s.flags & flag::RST == 0 {
            flags |= mark::LOST_SEGMENT;
        }
        if s.length <= 1 && plain && this.next.is_some_and(|next| s.sequence == next.wrapping_sub(1)) {
            flags |= mark::KEEP_ALIVE;
        }
        if plain && s.length > 0 && peer.window_ends(s.peer_shift) == Some(s.next()) {
            flags |= mark::WINDOW_FULL;
        }
        if s.length == 0 && plain && follows && same_ack {
            flags |= if s.window != this.window && s.window != 0 {
                mark::WINDOW_UPDATE
            } else if s.window != 0 && peer.last & mark::KEEP_ALIVE != 0 {
                mark::KEEP_ALIVE_ACK
            } else if s.window == 0 && this.window == 0 && peer.last & mark::ZERO_WINDOW_PROBE != 0 {
                mark::ZERO_WINDOW_PROBE_ACK
            } else if s.window != 0 {
                mark::DUPLICATE_ACK
            } else {
                0
            };
        }
        if let (Some(acknowledged), Some(contiguous)) = (s.acknowledged(), peer.contiguous)
            && after(acknowledged, contiguous)
        {
            flags |= mark::ACK_LOST_SEGMENT;
        }
        flags
    }

    /// Whether the segment repeats what was sent, and how; since when.
    fn repeated(&mut self, side: Side, s: &Observed, flags: &mut u16) -> Option<(u64, i64)> {
        /// Since the last acknowledgment, for a fast retransmission.
        const FAST: i64 = 20_000_000;
        /// What counts as out of order where the connection's first round trip was not seen.
        const OUT_OF_ORDER: i64 = 3_000_000;
        let initial_rtt = self.initial_rtt;
        let [this, peer] = self.both(side);
        let next = s.next();
        let highest = this.next?;
        if next == s.sequence || !after(highest, s.sequence) || *flags & mark::KEEP_ALIVE != 0 {
            return None;
        }
        // The byte of a zero window probe may have been refused, and is sent again with what follows it.
        if s.length > 1 && s.sequence == highest.wrapping_sub(1) {
            return None;
        }
        if s.length > 0 && peer.acknowledged.is_some_and(|acknowledged| !after(next, acknowledged)) {
            *flags |= mark::SPURIOUS_RETRANSMISSION | mark::RETRANSMISSION;
            return None;
        }
        if peer.duplicates >= 2
            && peer.acknowledged == Some(s.sequence)
            && s.time.since(peer.acknowledged_time) < FAST
        {
            *flags |= mark::FAST_RETRANSMISSION | mark::RETRANSMISSION;
            return None;
        }
        if (0..initial_rtt.unwrap_or(OUT_OF_ORDER)).contains(&s.time.since(this.next_time)) && highest != next
        {
            *flags |= mark::OUT_OF_ORDER;
            return None;
        }
        *flags |= mark::RETRANSMISSION;
        let (frame, time) = this
            .unacknowledged
            .oldest()
            .map_or((this.next_frame, this.next_time), |sent| (sent.frame, sent.time));
        Some((frame, s.time.since(time)))
    }

    /// The time from the SYN to the acknowledgment that completes the handshake.
    fn measure_handshake(&mut self, side: Side, s: &Observed) {
        match s.flags & (flag::SYN_ACK | flag::FIN | flag::RST) {
            flag::SYN => self.syn = Some(s.time),
            flag::ACK if self.initial_rtt.is_none() && side == Side::Initiator => {
                self.initial_rtt = self.syn.map(|syn| s.time.since(syn));
            }
            _ => {}
        }
    }

    /// The half of `side` and its peer's.
    fn both(&mut self, side: Side) -> [&mut Half; 2] {
        let [initiator, responder] = &mut self.halves;
        match side {
            Side::Initiator => [initiator, responder],
            Side::Responder => [responder, initiator],
        }
    }
}

impl Observed {
    /// The sequence number behind the segment; SYN and FIN count as a byte.
    fn next(&self) -> u32 {
        let marks = u32::from(self.flags & (flag::SYN | flag::FIN) != 0);
        self.sequence.wrapping_add(self.length).wrapping_add(marks)
    }

    fn acknowledged(&self) -> Option<u32> {
        (self.flags & flag::ACK != 0).then_some(self.acknowledgment)
    }

    /// What this segment adds to the parts of a connection that were seen.
    fn parts(&self) -> u8 {
        let mut parts = match self.flags & flag::SYN_ACK {
            flag::SYN => part::SYN,
            flag::SYN_ACK => part::SYN_ACK,
            flag::ACK if self.length == 0 => part::ACK,
            _ => 0,
        };
        for (is, part) in [
            (self.length > 0, part::DATA),
            (self.flags & flag::FIN != 0, part::FIN),
            (self.flags & flag::RST != 0, part::RST),
        ] {
            parts |= if is { part } else { 0 };
        }
        parts
    }
}

impl Half {
    /// The sequence number behind the last byte that may be sent to this half.
    fn window_ends(&self, shift: Option<u32>) -> Option<u32> {
        Some(self.acknowledged?.wrapping_add(u32::from(self.window) << shift?))
    }

    fn push(&mut self, s: &Observed) -> u32 {
        self.pushed = if self.push_seen { s.length } else { self.pushed.wrapping_add(s.length) };
        self.push_seen = s.flags & flag::PSH != 0;
        self.pushed
    }
}

/// Segments for which a list that ran empty keeps its memory.
const KEPT_CAPACITY: usize = 32;

impl Unacknowledged {
    fn is_full(&self) -> bool {
        self.list.len() >= limits::MAX_UNACKNOWLEDGED
    }

    /// Adds a segment; the first goes where there are too many.
    fn add(&mut self, sent: Sent) {
        if self.is_full() {
            self.list.pop_front();
        }
        self.mixed |= self
            .list
            .back()
            .is_some_and(|last| !after(sent.next, last.next) || after(last.next, sent.sequence));
        let place = self.list.partition_point(|other| !after(other.next, sent.next));
        self.list.insert(place, sent);
    }

    /// Removes what is acknowledged; returns the first segment that ended just there, and how long ago it was sent.
    fn acknowledge(&mut self, acknowledgment: u32, s: &Observed) -> Option<(u64, i64)> {
        let mut found = None;
        while let Some(&first) = self.list.front().filter(|first| !after(first.next, acknowledgment)) {
            if first.next == acknowledgment {
                found.get_or_insert((first.frame, s.time.since(first.time)));
            }
            self.list.pop_front();
        }
        if self.list.is_empty() {
            self.mixed = false;
            self.list.shrink_to(KEPT_CAPACITY);
        }
        let partly = if self.mixed { self.list.len() } else { 1 };
        for sent in self.list.iter_mut().take(partly).filter(|sent| after(acknowledgment, sent.sequence)) {
            sent.sequence = acknowledgment;
        }
        found
    }

    /// The segment that was sent before all others.
    fn oldest(&self) -> Option<Sent> {
        let first = self.list.front().copied();
        if self.mixed { self.list.iter().copied().min_by_key(|sent| sent.frame) } else { first }
    }

    /// How many bytes lie between the first and the last; SYN and FIN count, but not those of `frame` itself.
    fn bytes(&self, frame: u64) -> u32 {
        let (Some(first), Some(last)) = (self.list.front(), self.list.back()) else { return 0 };
        let start = if self.mixed {
            let earlier = |a: u32, b: &Sent| if after(a, b.sequence) { b.sequence } else { a };
            self.list.iter().fold(first.sequence, earlier)
        } else {
            first.sequence
        };
        let end = if last.frame == frame { last.end } else { last.next };
        end.wrapping_sub(start)
    }
}

/// Whether sequence number `a` lies behind `b` (RFC 9293 §3.4).
const fn after(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}
