//! The walk: from header to header through one buffer.

use std::ops::Range;

use plaintap_packet::BufferId;

use super::{ipcomp, sctp};
use crate::decode_as::{self, Selector};
use crate::decoded::Work;
use crate::layers::{Layer, Stop};
use crate::limits::{self, Counters};
use crate::proto::{self, id};
use crate::registry::{ProtocolId, claimed};
use crate::{Bytes, Short};

/// Where a walk begins: `offset..end` in `buffer`, of which `reported_end` were on the wire.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Start {
    pub(crate) buffer: BufferId,
    pub(crate) offset: u32,
    pub(crate) end: u32,
    pub(crate) reported_end: u32,
    pub(crate) protocol: ProtocolId,
}

/// Why a walk ended.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    /// Nothing is left to do.
    Done,
    /// The last layer, of this number, carries a stream.
    Stream { layer: usize },
    /// The last layer, of this number, carries a datagram of a conversation.
    Datagram { layer: usize },
    /// The payload of the last layer, of this number, is a fragment of a datagram.
    Fragment { layer: usize },
    /// The payload of the last layer, of this number, is compressed.
    Compressed { layer: usize },
}

/// Walks the headers from `start` on. What is damaged or cut keeps the layers in front of it, and itself with the
/// bytes that are there.
#[inline]
pub(crate) fn walk(work: &mut Work, frame: &[u8], start: Start) -> End {
    let Work { layers, buffers, settings, .. } = work;
    let bytes = if start.buffer == BufferId::FRAME { frame } else { buffers.bytes(start.buffer) };
    let Start { buffer, mut offset, mut end, mut reported_end, mut protocol } = start;
    for _ in 0..limits::MAX_DEPTH {
        let Some(rest) = bytes.get(offset as usize..end as usize) else { return End::Done };
        if rest.is_empty() {
            return End::Done;
        }
        let mut step = match proto::enter(protocol, Bytes(rest)).into() {
            Ok(step) => step,
            Err(short) => {
                stop(
                    work,
                    Layer { protocol, buffer, offset, header: end - offset, end, reported_end, detail: 0 },
                    short,
                );
                return End::Done;
            }
        };
        if !settings.decode_as.is_empty() {
            step = decode_as::correct(&settings.decode_as, protocol, Bytes(rest), step);
        }
        reported_end = reported_end.min(offset.saturating_add(step.end)).max(offset);
        end = end.min(reported_end);
        let header = step.header.min(end - offset);
        let layer = Layer { protocol, buffer, offset, header, end, reported_end, detail: step.detail };
        if !layers.push(layer) {
            return End::Done;
        }
        offset += header;
        protocol = step.next;
        let layer = layers.as_slice().len() - 1;
        match protocol {
            ProtocolId::NONE => return End::Done,
            ProtocolId::STREAM => return End::Stream { layer },
            ProtocolId::DATAGRAM => return End::Datagram { layer },
            ProtocolId::FRAGMENT => return End::Fragment { layer },
            ProtocolId::COMPRESSED => return End::Compressed { layer },
            _ => {}
        }
    }
    End::Done
}

/// Adds a layer without asking anybody.
#[inline]
pub(crate) fn mark(
    work: &mut Work,
    protocol: ProtocolId,
    buffer: BufferId,
    range: Range<u32>,
    reported_end: u32,
) {
    let header = range.end - range.start;
    let layer =
        Layer { protocol, buffer, offset: range.start, header, end: range.end, reported_end, detail: 0 };
    work.layers.push(layer);
}

/// Decodes a packet by itself, up to what a stream carries.
#[inline]
pub(crate) fn alone(work: &mut Work, frame: &[u8], start: Start, counters: &mut Counters) {
    let mut end = walk(work, frame, start);
    for _ in 0..limits::MAX_DEPTH {
        let next = match end {
            End::Fragment { layer } => piece(work, layer),
            End::Datagram { layer } => datagram(work, frame, layer),
            End::Compressed { layer } => ipcomp::inflate(work, frame, layer, counters),
            End::Done | End::Stream { .. } => None,
        };
        let Some(start) = next else { break };
        end = walk(work, frame, start);
    }
    sctp::messages(work, frame, None, counters);
}

/// The payload of layer number `index`, a piece of a datagram, as far as it goes by itself.
#[cold]
pub(crate) fn piece(work: &Work, index: usize) -> Option<Start> {
    let detail = work.layers.as_slice().get(index)?.detail;
    let first = detail & FRAGMENT_OFFSET == 0;
    payload(work, index, if first { ProtocolId((detail >> 24) as u8) } else { id::data })
}

/// The payload of layer number `index`, which is UDP, when nothing is known of the conversation.
pub(crate) fn datagram(work: &Work, frame: &[u8], index: usize) -> Option<Start> {
    let layer = work.layers.as_slice().get(index)?;
    let b = Bytes(work.bytes(frame, layer.buffer).get(layer.offset as usize..layer.end as usize)?);
    let ports = (b.u16(0), b.u16(2));
    let known = forced(work, ports).unwrap_or(ProtocolId::NONE);
    let found = carried(ports, b.clamped(layer.header as usize, b.len()), known);
    payload(work, index, found.protocol)
}

/// What the user says that is spoken between these UDP ports.
pub(crate) fn forced(work: &Work, ports: (u16, u16)) -> Option<ProtocolId> {
    decode_as::of_ports(&work.settings.decode_as, Selector::UdpPort, ports)
}

/// What is behind the header of layer number `index`, as one of `protocol`.
pub(crate) fn payload(work: &Work, index: usize, protocol: ProtocolId) -> Option<Start> {
    let &layer = work.layers.as_slice().get(index)?;
    let Layer { buffer, end, reported_end, .. } = layer;
    Some(Start { buffer, offset: layer.offset + layer.header, end, reported_end, protocol })
}

/// Which protocol a datagram is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Carried {
    pub(crate) protocol: ProtocolId,
    /// It was recognised by its content alone.
    pub(crate) recognised: bool,
}

/// Which protocol a datagram between these ports carries. `known` is that of the conversation. Of the ports, the lower
/// one is asked first.
#[inline]
pub(crate) fn carried(ports: (u16, u16), payload: &[u8], known: ProtocolId) -> Carried {
    let admits = |protocol: ProtocolId| {
        let datagrams = protocol.protocol().and_then(|protocol| protocol.datagrams.as_ref());
        datagrams.is_none_or(|datagrams| (datagrams.admits)(payload))
    };
    let claimed = [ports.0.min(ports.1), ports.0.max(ports.1)].map(claimed::udp_port);
    for protocol in [known, claimed[0], claimed[1]] {
        if !matches!(protocol, ProtocolId::NONE | id::data) && admits(protocol) {
            return Carried { protocol, recognised: false };
        }
        if known == id::data {
            return Carried { protocol: known, recognised: false };
        }
    }
    let recognises = |protocol: &&ProtocolId| {
        let datagrams = protocol.protocol().and_then(|protocol| protocol.datagrams.as_ref());
        datagrams.and_then(|datagrams| datagrams.recognise).is_some_and(|recognise| recognise(payload))
    };
    match claimed::in_datagrams().iter().find(recognises) {
        Some(&protocol) => Carried { protocol, recognised: true },
        None => Carried { protocol: id::data, recognised: false },
    }
}

/// The part of a fragment's [`crate::Step::detail`] that holds the offset in bytes.
pub(crate) const FRAGMENT_OFFSET: u32 = 0xffff;
/// The bit in it that says that more fragments follow.
pub(crate) const FRAGMENT_MORE: u32 = 1 << 16;

/// What `enter` leaves in [`crate::Step::detail`] together with [`ProtocolId::FRAGMENT`]: the fragment's offset in
/// bytes, whether more follow, and the protocol of the datagram.
pub(crate) fn fragment_detail(offset: u16, more: bool, protocol: ProtocolId) -> u32 {
    u32::from(offset) | if more { FRAGMENT_MORE } else { 0 } | u32::from(protocol.0) << 24
}

/// The same with another protocol.
pub(crate) fn with_protocol(detail: u32, protocol: ProtocolId) -> u32 {
    detail & 0x00ff_ffff | u32::from(protocol.0) << 24
}

#[cold]
fn stop(work: &mut Work, layer: Layer, short: Short) {
    let cut = layer.reported_end > layer.end && layer.offset.saturating_add(short.need) <= layer.reported_end;
    work.layers.push(layer);
    work.layers.stop_at(Stop { protocol: layer.protocol, short, cut });
}
