//! Streams of bytes cut into PDUs: those of TCP, and those that TLS carries inside.
//!
//! A PDU that lies wholly in a segment is decoded where it lies. One that spans segments is collected, and becomes a
//! derived buffer of the packet that completes it.

use std::ops::Range;

use plaintap_packet::BufferId;

use super::tls::{self, TlsState};
use super::walk::{self, Start};
use super::{Framing, Unpacker};
use crate::decoded::Work;
use crate::decryptor::{Decryptor, Side};
use crate::layers::Layer;
use crate::limits::{self, Counters};
use crate::proto::id;
use crate::registry::{Length, ProtocolId, Stream, claimed};

/// What a connection needs of the world while bytes are delivered to it.
pub(crate) struct Cx<'c> {
    pub(crate) work: &'c mut Work,
    pub(crate) frame: &'c [u8],
    pub(crate) decryptor: Option<&'c mut (dyn Decryptor + 'static)>,
    pub(crate) counters: &'c mut Counters,
    /// Bytes kept in all connections.
    pub(crate) buffered: &'c mut usize,
    pub(crate) stream: u32,
    pub(crate) side: Side,
    /// Source and destination port.
    pub(crate) ports: (u16, u16),
    /// Whether bytes may be kept for later packets. If not, incomplete PDUs are shown as they are.
    pub(crate) keep: bool,
    /// How many streams this one lies in.
    pub(crate) level: u8,
}

impl Cx<'_> {
    pub(crate) fn bytes(&self, buffer: BufferId, range: Range<usize>) -> &[u8] {
        self.work.bytes(self.frame, buffer).get(range).unwrap_or(&[])
    }
}

/// One connection: what protocol it speaks, and the incomplete PDU of each direction.
pub(crate) struct Connection {
    protocol: ProtocolId,
    halves: [Half; 2],
    /// By side: bytes were missed, the next ones need not begin a PDU.
    lost: [bool; 2],
    memory: [u64; 2],
    upgrade: Option<ProtocolId>,
    /// HTTP began it, and then handed it on.
    pub(super) handed_on: bool,
    unpacker: Option<Box<dyn Unpacker>>,
    pub(super) tls: TlsState,
    /// The stream inside TLS.
    pub(super) inner: Option<Box<Self>>,
}

/// One direction of a connection.
#[derive(Default)]
struct Half {
    /// Bytes to pass over: the rest of a PDU too long to keep.
    skip: u64,
    partial: Option<Box<Partial>>,
}

/// What is not complete yet. Most directions have nothing of this most of the time.
#[derive(Default)]
struct Partial {
    /// The beginning of a PDU.
    pending: Vec<u8>,
    /// Its length; 0 while not known.
    need: u64,
    /// How far the protocol searched it.
    progress: [u64; 2],
    /// The PDU ends with the connection.
    until_close: bool,
    /// The beginning of a TLS handshake message that goes on in the next record.
    handshake: Vec<u8>,
}

impl Half {
    /// The beginning of a PDU that is not complete yet.
    fn pending(&mut self) -> Option<&mut Partial> {
        self.partial.as_deref_mut().filter(|partial| !partial.pending.is_empty())
    }

    fn buffered(&self) -> usize {
        self.partial.as_ref().map_or(0, |partial| partial.pending.len() + partial.handshake.len())
    }
}

impl Partial {
    /// Puts it back where something of it is left.
    fn keep(self: Box<Self>, half: &mut Half) {
        let left = !self.pending.is_empty() || !self.handshake.is_empty();
        half.partial = left.then_some(self);
    }
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            protocol: ProtocolId::NONE,
            halves: Default::default(),
            lost: [false; 2],
            memory: [0; 2],
            upgrade: None,
            handed_on: false,
            unpacker: None,
            tls: TlsState::default(),
            inner: None,
        }
    }
}

impl Connection {
    /// A connection whose protocol is known before the first byte.
    pub(super) fn speaking(protocol: Option<ProtocolId>) -> Self {
        Self { protocol: protocol.unwrap_or(ProtocolId::NONE), ..Self::default() }
    }

    /// Takes the next bytes of one direction, in order and without a gap.
    pub(crate) fn deliver(&mut self, cx: &mut Cx<'_>, buffer: BufferId, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            let half = &mut self.halves[cx.side as usize];
            at += if half.skip > 0 {
                let skipped = half.skip.min((range.end - at) as u64);
                half.skip -= skipped;
                skipped as usize
            } else if half.pending().is_some() {
                self.resume(cx, buffer, at..range.end)
            } else {
                self.begin(cx, buffer, at..range.end)
            };
        }
    }

    /// The next `count` bytes of this direction were not captured. When they all belong to one PDU, whose end is thus
    /// known, the PDUs behind it are found again; else the next ones need not begin a PDU.
    pub(crate) fn miss(&mut self, cx: &mut Cx<'_>, count: u32) {
        let half = &mut self.halves[cx.side as usize];
        let pending =
            half.pending().map_or(0, |partial| partial.need.saturating_sub(partial.pending.len() as u64));
        let behind = half.skip.max(pending).checked_sub(u64::from(count));
        self.gap(cx);
        if let Some(behind) = behind {
            self.halves[cx.side as usize].skip = behind;
            self.lost[cx.side as usize] = false;
        }
    }

    /// Bytes of this direction are missing, nobody knows how many. The PDU in front of them is shown as far as it goes;
    /// of TLS there is nothing to show, since a record is opened as a whole.
    fn gap(&mut self, cx: &mut Cx<'_>) {
        if self.halves[cx.side as usize].pending().is_some() && self.protocol != id::tls {
            cx.counters.pdus_cut += 1;
            self.complete(cx);
        }
        let half = &mut self.halves[cx.side as usize];
        *cx.buffered -= half.buffered();
        *half = Half::default();
        self.lost[cx.side as usize] = true;
        if let Some(unpacker) = &mut self.unpacker {
            *cx.buffered -= unpacker.kept();
            unpacker.forget(cx.side);
            *cx.buffered += unpacker.kept();
        }
        if let Some(inner) = &mut self.inner {
            cx.level += 1;
            inner.gap(cx);
            cx.level -= 1;
        }
    }

    /// This direction is over: what goes on until then is complete.
    pub(crate) fn close(&mut self, cx: &mut Cx<'_>) {
        let half = &mut self.halves[cx.side as usize];
        if half.pending().is_some_and(|partial| partial.until_close) {
            self.complete(cx);
        }
        if let Some(mut inner) = self.inner.take() {
            cx.level += 1;
            inner.close(cx);
            cx.level -= 1;
            self.inner = Some(inner);
        }
    }

    /// Number of bytes kept.
    pub(crate) fn buffered(&self) -> usize {
        let own: usize = self.halves.iter().map(Half::buffered).sum();
        let unpacker = self.unpacker.as_ref().map_or(0, |unpacker| unpacker.kept());
        own + unpacker + self.inner.as_ref().map_or(0, |inner| inner.buffered())
    }

    /// Takes the beginning of a handshake message that spans records; empty when there is none.
    pub(super) fn take_handshake(&mut self, side: Side) -> Vec<u8> {
        let half = &mut self.halves[side as usize];
        let Some(mut partial) = half.partial.take() else { return Vec::new() };
        let handshake = std::mem::take(&mut partial.handshake);
        partial.keep(half);
        handshake
    }

    /// Keeps the beginning of a handshake message for the next record.
    pub(super) fn keep_handshake(&mut self, side: Side, handshake: Vec<u8>) {
        self.halves[side as usize].partial.get_or_insert_default().handshake = handshake;
    }

    /// At the beginning of a PDU. Returns how many bytes were used, at least one.
    fn begin(&mut self, cx: &mut Cx<'_>, buffer: BufferId, range: Range<usize>) -> usize {
        let length = range.len();
        let side = cx.side;
        let bytes = cx.work.bytes(cx.frame, buffer).get(range.clone()).unwrap_or(&[]);
        if self.protocol == ProtocolId::NONE {
            let Some(found) = detect(bytes, cx.ports) else {
                let ours = ports_in_order(cx.ports).into_iter().filter_map(|protocol| finds(protocol, bytes));
                let end = ours.min().unwrap_or(length);
                show(cx, id::data, buffer, range.start..range.start + end);
                return end;
            };
            self.speak(cx.buffered, found);
        }
        let lost = &mut self.lost[side as usize];
        if *lost {
            match resumes(self.protocol, bytes) {
                Some(0) => *lost = false,
                at => return at.unwrap_or(length),
            }
        }
        let mut progress = [0; 2];
        let mut framed = self.frame(side, bytes, &mut progress);
        if framed == Length::NotMine
            && self.protocol != id::data
            && let Some(other) = detect(bytes, cx.ports).filter(|&other| other != self.protocol)
        {
            self.speak(cx.buffered, other);
            progress = [0; 2];
            framed = self.frame(side, bytes, &mut progress);
        }
        match framed {
            Length::Known(n) if n <= length as u64 => {
                self.pdu(cx, buffer, range.start, n as usize);
                n as usize
            }
            Length::NotMine => {
                let end = finds(self.protocol, bytes).unwrap_or(length);
                show(cx, id::data, buffer, range.start..range.start + end);
                end
            }
            framed => {
                self.keep(cx, buffer, range, framed, progress);
                length
            }
        }
    }

    /// Keeps the beginning of a PDU for later packets, where it is allowed and there is room.
    fn keep(
        &mut self,
        cx: &mut Cx<'_>,
        buffer: BufferId,
        range: Range<usize>,
        framed: Length,
        progress: [u64; 2],
    ) {
        let need = if let Length::Known(n) = framed { n } else { 0 };
        let room = need <= limits::MAX_PDU as u64 && *cx.buffered + range.len() <= limits::MAX_BUFFERED;
        if !cx.keep || !room {
            cx.counters.pdus_cut += u64::from(cx.keep);
            self.halves[cx.side as usize].skip = need.saturating_sub(range.len() as u64);
            self.lost[cx.side as usize] = cx.keep && need == 0;
            return self.pdu(cx, buffer, range.start, range.len());
        }
        let mut pending = cx.work.buffers.take();
        pending.extend_from_slice(cx.bytes(buffer, range.clone()));
        *cx.buffered += pending.len();
        let partial = self.halves[cx.side as usize].partial.get_or_insert_default();
        partial.pending = pending;
        partial.need = need;
        partial.progress = progress;
        partial.until_close = framed == Length::UntilClose;
        if stream_of(self.protocol).is_some_and(|stream| stream.partial_counts) {
            let (start, end) = (range.start as u32, range.end as u32);
            let layer = Layer {
                protocol: self.protocol,
                buffer,
                offset: start,
                header: 0,
                end,
                reported_end: end,
                detail: 0,
            };
            cx.work.layers.push(layer);
        }
    }

    /// Goes on with a PDU begun in an earlier packet. Returns how many bytes were used.
    fn resume(&mut self, cx: &mut Cx<'_>, buffer: BufferId, range: Range<usize>) -> usize {
        let side = cx.side;
        let length = range.len();
        let Some(partial) = self.halves[side as usize].pending() else { return length };
        let wanted =
            if partial.need > 0 { partial.need - partial.pending.len() as u64 } else { length as u64 };
        let taken = wanted.min(length as u64) as usize;
        partial.pending.extend_from_slice(cx.bytes(buffer, range.start..range.start + taken));
        *cx.buffered += taken;
        if partial.need > 0 {
            if partial.pending.len() as u64 >= partial.need {
                self.complete(cx);
            } else if *cx.buffered > limits::MAX_BUFFERED {
                self.cut(cx);
            }
            return taken;
        }
        if partial.until_close {
            if partial.pending.len() > limits::MAX_PDU || *cx.buffered > limits::MAX_BUFFERED {
                self.cut(cx);
            }
            return taken;
        }
        let pending = std::mem::take(&mut partial.pending);
        let mut progress = partial.progress;
        let framed = self.frame(side, &pending, &mut progress);
        let partial = self.halves[side as usize].partial.get_or_insert_default();
        partial.pending = pending;
        partial.progress = progress;
        let have = partial.pending.len();
        match framed {
            Length::Known(n) if n <= have as u64 => {
                // What is too much came with this segment: it begins the next PDU, where it lies.
                let surplus = (have - n as usize).min(taken);
                partial.pending.truncate(have - surplus);
                *cx.buffered -= surplus;
                if surplus > 0 {
                    cx.work.open_ended.push(cx.work.buffers.next());
                }
                self.complete(cx);
                return taken - surplus;
            }
            Length::Known(n) if n <= limits::MAX_PDU as u64 => partial.need = n,
            Length::Known(n) => {
                partial.need = n;
                self.cut(cx);
            }
            Length::NotMine => self.gap(cx),
            Length::Need | Length::UntilClose => {
                partial.until_close = framed == Length::UntilClose;
                if have > limits::MAX_PDU || *cx.buffered > limits::MAX_BUFFERED {
                    self.cut(cx);
                }
            }
        }
        taken
    }

    /// Shows what was collected of a PDU that is too long, and passes over the rest.
    fn cut(&mut self, cx: &mut Cx<'_>) {
        cx.counters.pdus_cut += 1;
        let Some(partial) = self.halves[cx.side as usize].pending() else { return };
        let skip = partial.need.saturating_sub(partial.pending.len() as u64);
        let lost = partial.need == 0;
        self.complete(cx);
        self.halves[cx.side as usize].skip = skip;
        self.lost[cx.side as usize] = lost;
    }

    /// The collected bytes are a PDU: they become a buffer of this packet.
    fn complete(&mut self, cx: &mut Cx<'_>) {
        let half = &mut self.halves[cx.side as usize];
        let Some(mut partial) = half.partial.take() else { return };
        let pending = std::mem::take(&mut partial.pending);
        let handshake = std::mem::take(&mut partial.handshake);
        *partial = Partial { handshake, ..Partial::default() };
        partial.keep(half);
        let length = pending.len();
        *cx.buffered -= length;
        let name = if cx.level == 0 { "Reassembled TCP" } else { "Reassembled TLS" };
        if let Some(buffer) = cx.work.buffers.add(name, pending) {
            self.pdu(cx, buffer, 0, length);
        }
    }

    /// Decodes a PDU.
    fn pdu(&mut self, cx: &mut Cx<'_>, buffer: BufferId, at: usize, length: usize) {
        let protocol = self.protocol;
        if protocol == id::tls && cx.level < limits::MAX_NESTING {
            tls::record(self, cx, buffer, at, length);
        } else {
            let prefix = stream_of(protocol).map_or(0, |stream| usize::from(stream.prefix));
            let first = cx.work.layers.as_slice().len();
            show(cx, protocol, buffer, at + prefix..at + length);
            carried(cx);
            self.unpack(cx, buffer, at + prefix..at + length, first);
        }
        if let Some(upgrade) = self.upgrade.take() {
            self.handed_on = protocol == id::http;
            self.speak(cx.buffered, upgrade);
        }
    }

    /// Unpacks a PDU, whose layer has the number `index`, into a buffer of its own.
    fn unpack(&mut self, cx: &mut Cx<'_>, buffer: BufferId, range: Range<usize>, index: usize) {
        let Some(make) = self.protocol.protocol().and_then(|protocol| protocol.unpacker) else { return };
        let unpacker = self.unpacker.get_or_insert_with(make);
        *cx.buffered -= unpacker.kept();
        let mut out = cx.work.buffers.take();
        let pdu = cx.work.bytes(cx.frame, buffer).get(range).unwrap_or(&[]);
        let inner = unpacker.pdu(cx.side, pdu, &mut out, cx.counters);
        if *cx.buffered + unpacker.kept() > limits::MAX_BUFFERED {
            unpacker.forget(Side::Initiator);
            unpacker.forget(Side::Responder);
        }
        *cx.buffered += unpacker.kept();
        if out.is_empty() {
            return cx.work.buffers.give_back(out);
        }
        let length = out.len();
        let Some(unpacked) = cx.work.buffers.add(if inner.is_some() { "Unpacked" } else { "" }, out) else {
            return;
        };
        if let Some(detail) = cx.work.layers.detail_mut(index) {
            *detail = unpacked.0.into();
        }
        if let Some((protocol, offset)) = inner {
            show(cx, protocol, unpacked, offset.min(length)..length);
        }
    }

    fn speak(&mut self, buffered: &mut usize, protocol: ProtocolId) {
        *buffered -= self.unpacker.take().map_or(0, |unpacker| unpacker.kept());
        self.protocol = protocol;
        self.memory = [0; 2];
    }

    fn frame(&mut self, side: Side, bytes: &[u8], progress: &mut [u64; 2]) -> Length {
        let Some(stream) = stream_of(self.protocol) else { return Length::NotMine };
        let mut framing = Framing { side, progress, memory: &mut self.memory, upgrade: &mut self.upgrade };
        match (stream.frame)(bytes, &mut framing) {
            Length::Known(0) => Length::NotMine,
            length => length,
        }
    }
}

/// Decodes the payload of the TCP segment in `layer` as if it began a stream: for those quoted in ICMP errors.
pub(super) fn alone(work: &mut Work, frame: &[u8], layer: Layer, ports: (u16, u16), counters: &mut Counters) {
    let mut cx = Cx {
        work,
        frame,
        decryptor: None,
        counters,
        buffered: &mut 0,
        stream: 0,
        side: Side::Initiator,
        ports,
        keep: false,
        level: 0,
    };
    let payload = (layer.offset + layer.header) as usize..layer.end as usize;
    Connection::default().deliver(&mut cx, layer.buffer, payload);
}

fn stream_of(protocol: ProtocolId) -> Option<&'static Stream> {
    protocol.protocol()?.stream.as_ref()
}

/// Where a PDU of `protocol` may begin in bytes behind a gap.
fn resumes(protocol: ProtocolId, bytes: &[u8]) -> Option<usize> {
    match protocol.protocol()?.resumes {
        Some(resumes) => resumes(bytes),
        None => (stream_of(protocol)?.probe)(bytes).then_some(0),
    }
}

/// Where a PDU of `protocol` begins behind something else at the start of `bytes`.
fn finds(protocol: ProtocolId, bytes: &[u8]) -> Option<usize> {
    let resumes = protocol.protocol()?.resumes?;
    Some(resumes(bytes.get(1..)?)? + 1)
}

/// The protocols that claim these ports; that of the lower port is asked first.
fn ports_in_order(ports: (u16, u16)) -> [ProtocolId; 2] {
    [ports.0.min(ports.1), ports.0.max(ports.1)].map(claimed::tcp_port)
}

/// Which protocol these bytes begin. Those that claim one of the ports are asked first, the lower port's before.
fn detect(bytes: &[u8], ports: (u16, u16)) -> Option<ProtocolId> {
    let fits = |protocol: ProtocolId| stream_of(protocol).is_some_and(|stream| (stream.probe)(bytes));
    if let Some(found) = ports_in_order(ports).into_iter().find(|&protocol| fits(protocol)) {
        return Some(found);
    }
    let recognises = |protocol: ProtocolId| {
        protocol
            .protocol()
            .and_then(|protocol| protocol.recognise_stream)
            .is_some_and(|recognise| recognise(bytes))
    };
    let any_port = claimed::on_any_port().iter().copied().find(|&protocol| fits(protocol));
    any_port.or_else(|| claimed::in_streams().iter().copied().find(|&protocol| recognises(protocol)))
}

/// Walks what the last layer carries besides.
fn carried(cx: &mut Cx<'_>) {
    let Some(&layer) = cx.work.layers.as_slice().last() else { return };
    let Some(carries) = layer.protocol.protocol().and_then(|protocol| protocol.carries) else { return };
    let start = layer.offset as usize;
    if let Some((protocol, range)) = carries(cx.bytes(layer.buffer, start..layer.end as usize)) {
        show(cx, protocol, layer.buffer, start + range.start..start + range.end);
    }
}

/// Walks the bytes of a PDU.
fn show(cx: &mut Cx<'_>, protocol: ProtocolId, buffer: BufferId, range: Range<usize>) {
    let end = range.end as u32;
    let start = Start { buffer, offset: range.start as u32, end, reported_end: end, protocol };
    walk::walk(cx.work, cx.frame, start);
}
