//! What the senders of a TCP connection had to do because bytes were lost, late or unwelcome, told from one pass over the
//! packets with the rules of Wireshark (User's Guide §7.5, "TCP Analysis").

use std::collections::VecDeque;

use plaintap_packet::Nanos;

use super::packed::FrameNumber;
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

/// The analysis of one connection. There is one for each that was seen, so the fields are as small as they can be.
#[derive(Default)]
pub(super) struct Analyzer {
    halves: [Half; 2],
    /// When the SYN was sent; later the first round trip in nanoseconds.
    handshake_time: i64,
    handshake: Handshake,
    completeness: u8,
}

/// What is known of the handshake's time.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Handshake {
    #[default]
    Unseen,
    Begun,
    Measured,
}

/// One direction.
#[derive(Default)]
struct Half {
    /// Bits of [`known`].
    known: u8,
    /// Behind the highest sequence number sent, and who sent it when.
    next: u32,
    next_frame: FrameNumber,
    next_time: Nanos,
    /// Behind the bytes that were seen without a gap: what the peer may acknowledge.
    contiguous: u32,
    /// The last acknowledgment number sent, when it was sent, and in which frame for the first time.
    acknowledged: u32,
    acknowledged_time: Nanos,
    acknowledged_frame: FrameNumber,
    duplicates: u32,
    window: u16,
    /// The bytes in the SACK option of the last segment.
    sacked: u32,
    pushed: u32,
    unacknowledged: Unacknowledged,
}

/// Bits of [`Half::known`].
mod known {
    /// `next` has a value.
    pub(super) const NEXT: u8 = 1;
    /// `contiguous` has one.
    pub(super) const CONTIGUOUS: u8 = 2;
    /// `acknowledged` has one.
    pub(super) const ACKNOWLEDGED: u8 = 4;
    /// A gap was seen, and no acknowledgment since: how much is in flight is not known.
    pub(super) const IN_FLIGHT_UNKNOWN: u8 = 8;
    /// The last segment with data had the PSH flag.
    pub(super) const PUSHED: u8 = 16;
    /// The last segment was a keep-alive.
    pub(super) const KEEP_ALIVE: u8 = 32;
    /// The last segment was a zero window probe.
    pub(super) const ZERO_WINDOW_PROBE: u8 = 64;
}

/// Segments that wait for their acknowledgment. Most of the time there are none.
#[derive(Default)]
struct Unacknowledged(Option<Box<Sents>>);

/// A list of them, by the sequence number behind them.
#[derive(Default)]
struct Sents {
    list: VecDeque<Sent>,
    /// Whether the list is not also in the order of sending and of first bytes.
    mixed: bool,
}

#[derive(Clone, Copy)]
struct Sent {
    time: Nanos,
    sequence: u32,
    next: u32,
    frame: FrameNumber,
    /// The bytes of sequence numbers behind the payload, for SYN and FIN.
    marks: u8,
}

/// The lists of all connections together: how many segments are in them, and empty ones to use again.
#[derive(Default)]
pub(super) struct SentLists {
    waiting: usize,
    #[expect(clippy::vec_box, reason = "connections keep the boxes")]
    spare: Vec<Box<Sents>>,
}

impl Analyzer {
    /// Which parts of the connection were seen so far: as [`part`] has them.
    pub(super) const fn completeness(&self) -> u8 {
        self.completeness
    }

    /// Gives back the lists of a connection that goes.
    pub(super) fn leave(&mut self, lists: &mut SentLists) {
        for half in &mut self.halves {
            half.unacknowledged.leave(lists);
        }
    }

    /// Takes the next segment of one direction. It waits for its acknowledgment only if there is room for it.
    pub(super) fn segment(
        &mut self,
        side: Side,
        s: &Observed,
        lists: &mut SentLists,
        counters: &mut Counters,
    ) -> Analysis {
        let mut flags = self.classify(side, s);
        let next = s.next();
        let repeated = self.repeated(side, s, &mut flags);
        self.measure_handshake(side, s);
        let initial_rtt = self.initial_rtt();
        // As Wireshark counts, which begins with the connection: a first segment other than a SYN adds nothing.
        let first = self.halves.iter().all(|half| half.next().is_none());
        self.completeness |= s.parts() & if first { part::SYN } else { !0 };
        let [this, peer] = self.both(side);

        let mut duplicate_ack = (0, 0);
        if flags & mark::DUPLICATE_ACK != 0 {
            this.duplicates += 1;
            duplicate_ack = (this.duplicates, this.acknowledged_frame.number());
        }
        if this.acknowledged() != s.acknowledged() {
            this.acknowledged_frame = FrameNumber::new(s.frame);
            this.duplicates = 0;
        }
        if flags & mark::ACK_LOST_SEGMENT != 0 {
            let furthest = |a, b| if after(a, b) { a } else { b };
            peer.set_contiguous(peer.next().into_iter().chain(s.acknowledged()).reduce(furthest));
        }
        if flags & mark::LOST_SEGMENT != 0 {
            this.set(known::IN_FLIGHT_UNKNOWN, true);
            this.set_contiguous(this.next());
        }
        if flags & mark::ZERO_WINDOW_PROBE == 0 {
            if this.next().is_none_or(|highest| after(next, highest)) {
                this.set(known::NEXT, true);
                this.next = next;
                this.next_frame = FrameNumber::new(s.frame);
                this.next_time = s.time;
            }
            if this.contiguous().is_none_or(|contiguous| contiguous == s.sequence) {
                this.set_contiguous(this.next());
            }
        }
        this.window = s.window;
        this.sacked = s.sacked;
        this.set(known::ACKNOWLEDGED, s.acknowledged().is_some());
        this.acknowledged = s.acknowledgment;
        this.acknowledged_time = s.time;
        this.set(known::KEEP_ALIVE, flags & mark::KEEP_ALIVE != 0);
        this.set(known::ZERO_WINDOW_PROBE, flags & mark::ZERO_WINDOW_PROBE != 0);
        if next != s.sequence {
            let room = lists.waiting < limits::MAX_UNACKNOWLEDGED_IN_ALL;
            let forgotten = !room || this.unacknowledged.is_full();
            counters.segments_forgotten += u64::from(forgotten);
            if room {
                this.unacknowledged.add(Sent::new(s, next), lists);
            }
        }
        let acks = s
            .acknowledged()
            .and_then(|acknowledged| peer.unacknowledged.acknowledge(acknowledged, s.time, lists));
        if s.acknowledged().is_some() {
            peer.set(known::IN_FLIGHT_UNKNOWN, false);
        }
        let sends = s.length > 0 && !this.has(known::IN_FLIGHT_UNKNOWN);
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
        let follows = this.next() == Some(s.sequence);
        let same_ack = this.acknowledged().is_some() && this.acknowledged() == s.acknowledged();
        let mut flags = 0;
        if s.length == 1 && follows && peer.window == 0 {
            return mark::ZERO_WINDOW_PROBE;
        }
        if s.window == 0 && plain {
            flags |= mark::ZERO_WINDOW;
        }
        if this.next().is_some_and(|next| after(s.sequence, next)) && s.flags & flag::RST == 0 {
            flags |= mark::LOST_SEGMENT;
        }
        if s.length <= 1 && plain && this.next().is_some_and(|next| s.sequence == next.wrapping_sub(1)) {
            flags |= mark::KEEP_ALIVE;
        }
        if plain && s.length > 0 && peer.window_ends(s.peer_shift) == Some(s.next()) {
            flags |= mark::WINDOW_FULL;
        }
        if s.length == 0 && plain && follows && same_ack {
            flags |= if s.window != this.window && s.window != 0 {
                mark::WINDOW_UPDATE
            } else if s.window != 0 && peer.has(known::KEEP_ALIVE) {
                mark::KEEP_ALIVE_ACK
            } else if s.window == 0 && this.window == 0 && peer.has(known::ZERO_WINDOW_PROBE) {
                mark::ZERO_WINDOW_PROBE_ACK
            } else if s.window != 0 {
                mark::DUPLICATE_ACK
            } else {
                0
            };
        }
        if let (Some(acknowledged), Some(contiguous)) = (s.acknowledged(), peer.contiguous())
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
        let initial_rtt = self.initial_rtt();
        let [this, peer] = self.both(side);
        let next = s.next();
        let highest = this.next()?;
        if next == s.sequence || !after(highest, s.sequence) || *flags & mark::KEEP_ALIVE != 0 {
            return None;
        }
        // The byte of a zero window probe may have been refused, and is sent again with what follows it.
        if s.length > 1 && s.sequence == highest.wrapping_sub(1) {
            return None;
        }
        if s.length > 0 && peer.acknowledged().is_some_and(|acknowledged| !after(next, acknowledged)) {
            *flags |= mark::SPURIOUS_RETRANSMISSION | mark::RETRANSMISSION;
            return None;
        }
        if peer.duplicates >= 2
            && peer.acknowledged() == Some(s.sequence)
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
        let (frame, time) = match this.unacknowledged.oldest() {
            Some(sent) => (sent.frame, sent.time),
            None => (this.next_frame, this.next_time),
        };
        Some((frame.number(), s.time.since(time)))
    }

    /// The time from the SYN to the acknowledgment that completes the handshake.
    fn measure_handshake(&mut self, side: Side, s: &Observed) {
        let measured = self.handshake == Handshake::Measured;
        match s.flags & (flag::SYN_ACK | flag::FIN | flag::RST) {
            flag::SYN if !measured => {
                self.handshake = Handshake::Begun;
                self.handshake_time = s.time.0;
            }
            flag::ACK if self.handshake == Handshake::Begun && side == Side::Initiator => {
                self.handshake = Handshake::Measured;
                self.handshake_time = s.time.since(Nanos(self.handshake_time));
            }
            _ => {}
        }
    }

    fn initial_rtt(&self) -> Option<i64> {
        (self.handshake == Handshake::Measured).then_some(self.handshake_time)
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
    const fn has(&self, what: u8) -> bool {
        self.known & what != 0
    }

    fn set(&mut self, what: u8, is: bool) {
        self.known = self.known & !what | if is { what } else { 0 };
    }

    fn next(&self) -> Option<u32> {
        self.has(known::NEXT).then_some(self.next)
    }

    fn contiguous(&self) -> Option<u32> {
        self.has(known::CONTIGUOUS).then_some(self.contiguous)
    }

    fn acknowledged(&self) -> Option<u32> {
        self.has(known::ACKNOWLEDGED).then_some(self.acknowledged)
    }

    fn set_contiguous(&mut self, contiguous: Option<u32>) {
        self.set(known::CONTIGUOUS, contiguous.is_some());
        self.contiguous = contiguous.unwrap_or(0);
    }

    /// The sequence number behind the last byte that may be sent to this half.
    fn window_ends(&self, shift: Option<u32>) -> Option<u32> {
        Some(self.acknowledged()?.wrapping_add(u32::from(self.window) << shift?))
    }

    fn push(&mut self, s: &Observed) -> u32 {
        self.pushed = if self.has(known::PUSHED) { s.length } else { self.pushed.wrapping_add(s.length) };
        self.set(known::PUSHED, s.flags & flag::PSH != 0);
        self.pushed
    }
}

impl Sent {
    /// The segment, with the sequence number behind it.
    fn new(s: &Observed, next: u32) -> Self {
        let marks = next.wrapping_sub(s.sequence.wrapping_add(s.length)) as u8;
        Self { time: s.time, sequence: s.sequence, next, frame: FrameNumber::new(s.frame), marks }
    }
}

/// Segments for which a list has memory at first. Many wait for the acknowledgment of one, some for ever.
const FIRST_CAPACITY: usize = 1;

/// Empty lists kept.
const SPARE_LISTS: usize = 64;

impl Unacknowledged {
    fn is_full(&self) -> bool {
        self.0.as_ref().is_some_and(|sents| sents.list.len() >= limits::MAX_UNACKNOWLEDGED)
    }

    /// Adds a segment; the first goes where there are too many.
    fn add(&mut self, sent: Sent, lists: &mut SentLists) {
        let sents = self.0.get_or_insert_with(|| lists.spare.pop().unwrap_or_default());
        let Sents { list, mixed } = &mut **sents;
        if list.capacity() == 0 {
            list.reserve_exact(FIRST_CAPACITY);
        }
        if list.len() >= limits::MAX_UNACKNOWLEDGED {
            list.pop_front();
            lists.waiting -= 1;
        }
        lists.waiting += 1;
        let last = list.back();
        *mixed |= last.is_some_and(|last| !after(sent.next, last.next) || after(last.next, sent.sequence));
        if last.is_none_or(|last| !after(last.next, sent.next)) {
            return list.push_back(sent);
        }
        let place = list.partition_point(|other| !after(other.next, sent.next));
        list.insert(place, sent);
    }

    /// Removes what is acknowledged; returns the first segment that ended just there, and how long ago it was sent.
    fn acknowledge(&mut self, acknowledgment: u32, time: Nanos, lists: &mut SentLists) -> Option<(u64, i64)> {
        let Sents { list, mixed } = &mut **self.0.as_mut()?;
        let mut found = None;
        while let Some(&first) = list.front().filter(|first| !after(first.next, acknowledgment)) {
            if first.next == acknowledgment {
                found.get_or_insert((first.frame.number(), time.since(first.time)));
            }
            list.pop_front();
            lists.waiting -= 1;
        }
        let partly = if *mixed { list.len() } else { 1 };
        for sent in list.iter_mut().take(partly).filter(|sent| after(acknowledgment, sent.sequence)) {
            sent.sequence = acknowledgment;
        }
        if list.is_empty() {
            self.leave(lists);
        }
        found
    }

    /// Gives the list back.
    fn leave(&mut self, lists: &mut SentLists) {
        let Some(mut sents) = self.0.take() else { return };
        lists.waiting -= sents.list.len();
        if lists.spare.len() < SPARE_LISTS {
            sents.list.clear();
            sents.list.shrink_to(FIRST_CAPACITY);
            sents.mixed = false;
            lists.spare.push(sents);
        }
    }

    /// The segment that was sent before all others.
    fn oldest(&self) -> Option<Sent> {
        let Sents { list, mixed } = &**self.0.as_ref()?;
        let first = list.front().copied();
        if *mixed { list.iter().copied().min_by_key(|sent| sent.frame.number()) } else { first }
    }

    /// How many bytes lie between the first and the last; SYN and FIN count, but not those of `frame` itself.
    fn bytes(&self, frame: u64) -> u32 {
        let Some(Sents { list, mixed }) = self.0.as_deref() else { return 0 };
        let (Some(first), Some(last)) = (list.front(), list.back()) else { return 0 };
        let start = if *mixed {
            let earlier = |a: u32, b: &Sent| if after(a, b.sequence) { b.sequence } else { a };
            list.iter().fold(first.sequence, earlier)
        } else {
            first.sequence
        };
        let own = last.frame == FrameNumber::new(frame);
        let end = if own { last.next.wrapping_sub(last.marks.into()) } else { last.next };
        end.wrapping_sub(start)
    }
}

/// Whether sequence number `a` lies behind `b` (RFC 9293 §3.4).
const fn after(a: u32, b: u32) -> bool {
    a.wrapping_sub(b).cast_signed() > 0
}
