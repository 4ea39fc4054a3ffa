//! The messages that SCTP carries: each DATA chunk that holds a whole one is walked on.

use super::walk::{self, Start};
use crate::Bytes;
use crate::decode_as::{self, Selector};
use crate::decoded::Work;
use crate::layers::Layer;
use crate::proto::{id, sctp};
use crate::registry::ProtocolId;

/// A DATA chunk (RFC 9260 §3.3.1) and one of interleaved messages (RFC 8260 §2.1): their types, the lengths of their
/// headers, and the flags of the first and the last fragment.
const DATA: u8 = 0;
const DATA_HEADER: u32 = 16;
const I_DATA: u8 = 64;
const I_DATA_HEADER: u32 = 20;
const WHOLE: u8 = 3;

/// Walks the whole messages in the SCTP packet that ended a walk. They are what the user says, or else what the payload
/// protocol identifier or the ports say.
#[inline]
pub(super) fn messages(work: &mut Work, frame: &[u8]) {
    if work.layers.contains(id::sctp) {
        messages_of_last(work, frame);
    }
}

#[cold]
fn messages_of_last(work: &mut Work, frame: &[u8]) {
    let Some(&layer) = work.layers.as_slice().last() else { return };
    if layer.protocol != id::sctp {
        return;
    }
    let mut at = layer.offset + 12;
    while let Some((chunk, next)) = chunk(work, frame, layer, at) {
        if let Some(start) = chunk {
            walk::walk(work, frame, start);
        }
        at = next;
    }
}

/// The message in the chunk at `at` of the layer's buffer, where it holds a whole one, and where the next chunk begins.
fn chunk(work: &Work, frame: &[u8], layer: Layer, at: u32) -> Option<(Option<Start>, u32)> {
    let bytes = work.bytes(frame, layer.buffer).get(..layer.end as usize)?;
    let b = Bytes(bytes.get(at as usize..)?);
    let length = u32::from(b.u16(2));
    if b.len() < 4 || length < 4 {
        return None;
    }
    // Chunks begin at multiples of 4; their length does not count the padding (§3.2).
    let next = at.checked_add(length.next_multiple_of(4))?;
    let header = match b.u8(0) {
        DATA => DATA_HEADER,
        I_DATA => I_DATA_HEADER,
        _ => return Some((None, next)),
    };
    if b.u8(1) & WHOLE != WHOLE || length <= header {
        return Some((None, next));
    }
    let identifier = b.u32(header as usize - 4);
    let rules = &work.settings.decode_as;
    let ports = Bytes(bytes.get(layer.offset as usize..)?);
    let ports = (ports.u16(0), ports.u16(2));
    let protocol = decode_as::of_ports(rules, Selector::SctpPort, ports)
        .or_else(|| decode_as::find(rules, Selector::SctpPayload, identifier))
        .or_else(|| sctp::message_protocol(identifier, ports));
    let reported_end = (at + length).min(layer.reported_end);
    let start = Start {
        buffer: layer.buffer,
        offset: at + header,
        end: reported_end.min(layer.end),
        reported_end,
        protocol: protocol.unwrap_or(id::data),
    };
    let empty = start.protocol == ProtocolId::NONE || start.offset >= start.end;
    Some(((!empty).then_some(start), next))
}
