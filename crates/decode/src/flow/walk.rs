//! The walk: from header to header through one buffer.

use std::ops::Range;

use plaintap_packet::BufferId;

use crate::decoded::Work;
use crate::layers::{Layer, Stop};
use crate::limits;
use crate::proto::{self, id};
use crate::registry::ProtocolId;
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
    /// The last layer, of this number, carries a stream. `quoted`: in an ICMP error, so not traffic of its own.
    Stream { layer: usize, quoted: bool },
    /// The payload of the last layer, of this number, is a fragment of a datagram.
    Fragment { layer: usize },
}

/// Walks the headers from `start` on. What is damaged or cut keeps the layers in front of it, and itself with the
/// bytes that are there.
#[inline]
pub(crate) fn walk(work: &mut Work, frame: &[u8], start: Start) -> End {
    let Work { layers, buffers, .. } = work;
    let bytes = if start.buffer == BufferId::FRAME { frame } else { buffers.bytes(start.buffer) };
    let Start { buffer, mut offset, mut end, mut reported_end, mut protocol } = start;
    let mut quoted = false;
    for _ in 0..limits::MAX_DEPTH {
        let Some(rest) = bytes.get(offset as usize..end as usize) else { return End::Done };
        if rest.is_empty() {
            return End::Done;
        }
        let step = match proto::enter(protocol, Bytes(rest)) {
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
        reported_end = reported_end.min(offset.saturating_add(step.end)).max(offset);
        end = end.min(reported_end);
        let header = step.header.min(end - offset);
        let layer = Layer { protocol, buffer, offset, header, end, reported_end, detail: step.detail };
        if !layers.push(layer) {
            return End::Done;
        }
        quoted |= matches!(protocol, id::icmp | id::icmpv6);
        offset += header;
        protocol = step.next;
        match protocol {
            ProtocolId::NONE => return End::Done,
            ProtocolId::STREAM => return End::Stream { layer: layers.as_slice().len() - 1, quoted },
            ProtocolId::FRAGMENT => return End::Fragment { layer: layers.as_slice().len() - 1 },
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
pub(crate) fn alone(work: &mut Work, frame: &[u8], start: Start) {
    if let End::Fragment { layer } = walk(work, frame, start) {
        piece(work, frame, layer);
    }
}

/// Decodes the payload of layer number `index`, a piece of a datagram, as far as it goes by itself.
#[cold]
pub(crate) fn piece(work: &mut Work, frame: &[u8], index: usize) {
    let Some(&layer) = work.layers.as_slice().get(index) else { return };
    let first = layer.detail & FRAGMENT_OFFSET == 0;
    let protocol = if first { ProtocolId((layer.detail >> 24) as u8) } else { id::data };
    let offset = layer.offset + layer.header;
    let Layer { buffer, end, reported_end, .. } = layer;
    walk(work, frame, Start { buffer, offset, end, reported_end, protocol });
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

#[cold]
fn stop(work: &mut Work, layer: Layer, short: Short) {
    let cut = layer.reported_end > layer.end && layer.offset.saturating_add(short.need) <= layer.reported_end;
    work.layers.push(layer);
    work.layers.stop_at(Stop { protocol: layer.protocol, short, cut });
}

/// Shows the payload of layer number `index` as data.
pub(crate) fn mark_payload(work: &mut Work, index: usize) {
    let Some(&layer) = work.layers.as_slice().get(index) else { return };
    let offset = layer.offset + layer.header;
    if offset < layer.end {
        mark(work, id::data, layer.buffer, offset..layer.end, layer.reported_end);
    }
}
