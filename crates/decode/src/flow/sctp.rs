//! The messages that SCTP carries: each DATA chunk that holds a whole one is walked on, and those that hold a part of one
//! are put together (RFC 9260 §6.9).

use std::collections::BTreeMap;
use std::ops::Range;

use super::table::Generations;
use super::walk::{self, Start};
use crate::Bytes;
use crate::decode_as::{self, Selector};
use crate::decoded::Work;
use crate::layers::Layer;
use crate::limits::{self, Counters};
use crate::proto::{id, sctp};
use crate::registry::ProtocolId;

/// A DATA chunk (RFC 9260 §3.3.1) and one of interleaved messages (RFC 8260 §2.1): their types, the lengths of their
/// headers, and the flags of the first and the last fragment and of messages without order.
const DATA: u8 = 0;
const DATA_HEADER: u32 = 16;
const I_DATA: u8 = 64;
const I_DATA_HEADER: u32 = 20;
const LAST: u8 = 1;
const FIRST: u8 = 2;
const WHOLE: u8 = FIRST | LAST;
const UNORDERED: u8 = 4;

/// Walks the messages in the SCTP packet that ended a walk. They are what the user says, or else what the payload
/// protocol identifier or the ports say. Fragments wait in `waiting`, where there is one.
#[inline]
pub(super) fn messages(
    work: &mut Work,
    frame: &[u8],
    waiting: Option<&mut Associations>,
    counters: &mut Counters,
) {
    if work.layers.contains(id::sctp) {
        messages_of_last(work, frame, waiting, counters);
    }
}

#[cold]
fn messages_of_last(
    work: &mut Work,
    frame: &[u8],
    mut waiting: Option<&mut Associations>,
    counters: &mut Counters,
) {
    let Some(&layer) = work.layers.as_slice().last() else { return };
    if layer.protocol != id::sctp {
        return;
    }
    let mut at = layer.offset + 12;
    while let Some((chunk, next)) = chunk(work, frame, layer, at) {
        let start = match (chunk, &mut waiting) {
            (Some(chunk), _) if chunk.flags & WHOLE == WHOLE => Some(chunk.start(work, frame, layer)),
            (Some(chunk), Some(waiting)) => waiting.add(work, frame, layer, &chunk, counters),
            _ => None,
        };
        if let Some(start) = start.filter(|s| s.protocol != ProtocolId::NONE && s.offset < s.end) {
            walk::walk(work, frame, start);
        }
        at = next;
    }
}

/// A DATA chunk with something in it.
struct Chunk {
    kind: u8,
    flags: u8,
    /// Where it begins and where its content lies, in the layer's buffer.
    at: u32,
    content: Range<u32>,
    /// The end of the content on the wire.
    reported_end: u32,
}

/// The DATA chunk at `at` of the layer's buffer, where it is one, and where the next chunk begins.
fn chunk(work: &Work, frame: &[u8], layer: Layer, at: u32) -> Option<(Option<Chunk>, u32)> {
    let bytes = work.bytes(frame, layer.buffer).get(..layer.end as usize)?;
    let b = Bytes(bytes.get(at as usize..)?);
    let length = u32::from(b.u16(2));
    if b.len() < 4 || length < 4 {
        return None;
    }
    // Chunks begin at multiples of 4; their length does not count the padding (§3.2).
    let next = at.checked_add(length.next_multiple_of(4))?;
    let (kind, flags) = (b.u8(0), b.u8(1));
    let header = match kind {
        DATA => DATA_HEADER,
        I_DATA => I_DATA_HEADER,
        _ => return Some((None, next)),
    };
    if length <= header {
        return Some((None, next));
    }
    let reported_end = (at + length).min(layer.reported_end);
    let content = at + header..reported_end.min(layer.end);
    Some((Some(Chunk { kind, flags, at, content, reported_end }), next))
}

impl Chunk {
    /// Where to go on in a chunk that holds a whole message.
    fn start(&self, work: &Work, frame: &[u8], layer: Layer) -> Start {
        let b = Bytes(work.bytes(frame, layer.buffer));
        let identifier = b.u32(self.content.start as usize - 4);
        Start {
            buffer: layer.buffer,
            offset: self.content.start,
            end: self.content.end,
            reported_end: self.reported_end,
            protocol: protocol_of(work, frame, layer, identifier),
        }
    }
}

/// What a message of this payload protocol identifier is in a packet of these ports.
fn protocol_of(work: &Work, frame: &[u8], layer: Layer, identifier: u32) -> ProtocolId {
    let b = Bytes(work.bytes(frame, layer.buffer));
    let ports = (b.u16(layer.offset as usize), b.u16(layer.offset as usize + 2));
    let rules = &work.settings.decode_as;
    decode_as::of_ports(rules, Selector::SctpPort, ports)
        .or_else(|| decode_as::find(rules, Selector::SctpPayload, identifier))
        .or_else(|| sctp::message_protocol(identifier, ports))
        .unwrap_or(id::data)
}

/// Fragments that wait for others, by the ports and the verification tag: that tells one direction of an association,
/// whatever addresses its packets take (RFC 9260 §8.5).
#[derive(Debug)]
pub(super) struct Associations {
    waiting: Generations<(u32, u32), Fragments>,
    buffered: usize,
}

impl Associations {
    pub(super) fn new() -> Self {
        Self { waiting: Generations::new(limits::MAX_DATAGRAMS), buffered: 0 }
    }

    /// Takes a fragment. With the last missing one, the message becomes a derived buffer.
    fn add(
        &mut self,
        work: &mut Work,
        frame: &[u8],
        layer: Layer,
        chunk: &Chunk,
        counters: &mut Counters,
    ) -> Option<Start> {
        // A fragment cut by the snapshot length can never become whole.
        if chunk.content.end != chunk.reported_end {
            return None;
        }
        let bytes = work.bytes(frame, layer.buffer);
        let content = bytes.get(chunk.content.start as usize..chunk.content.end as usize)?;
        let header = Bytes(bytes.get(layer.offset as usize..)?);
        let fragment = Fragment::of(chunk, Bytes(bytes.get(chunk.at as usize..)?));
        let buffered = &mut self.buffered;
        let forget = |fragments: Fragments| {
            *buffered -= fragments.buffered;
            counters.datagrams_dropped += 1;
        };
        let key = (header.u32(0), header.u32(4));
        let fragments = self.waiting.get(key, Fragments::default, forget);
        let before = fragments.buffered;
        let whole = fragments.add(fragment, content);
        self.buffered = self.buffered - before + fragments.buffered;
        if fragments.contents.len() > limits::MAX_FRAGMENTS || self.buffered > limits::MAX_BUFFERED {
            self.buffered -= fragments.buffered;
            self.waiting.remove(&key);
            counters.datagrams_dropped += 1;
        }
        let (message, identifier) = whole?;
        let end = u32::try_from(message.len()).ok()?;
        let protocol = protocol_of(work, frame, layer, identifier);
        let buffer = work.buffers.add("Reassembled SCTP", message)?;
        Some(Start { buffer, offset: 0, end, reported_end: end, protocol })
    }
}

/// Where a fragment belongs.
#[derive(Clone, Copy, Debug)]
struct Fragment {
    /// The stream and the message in it; all fragments of a message have the same.
    message: u64,
    /// Its number among the fragments; those of a message follow one another.
    number: u32,
    flags: u8,
    /// The payload protocol identifier, which interleaved messages have in the first fragment only.
    identifier: u32,
}

impl Fragment {
    fn of(chunk: &Chunk, b: Bytes<'_>) -> Self {
        let (kind, flags) = (chunk.kind, chunk.flags);
        let unordered = flags & UNORDERED != 0;
        let stream = u64::from(unordered) << 48 | u64::from(b.u16(8)) << 32;
        if kind == I_DATA {
            let number = if flags & FIRST != 0 { 0 } else { b.u32(16) };
            let message = 1 << 63 | stream | u64::from(b.u32(12));
            return Self { message, number, flags, identifier: b.u32(16) };
        }
        // Messages without order have no number of their own (RFC 9260 §6.6).
        let sequence = if unordered { 0 } else { b.u16(10) };
        Self { message: stream | u64::from(sequence), number: b.u32(4), flags, identifier: b.u32(12) }
    }
}

/// The fragments of one direction of an association.
#[derive(Debug, Default)]
struct Fragments {
    contents: BTreeMap<(u64, u32), Vec<u8>>,
    /// Fragments that follow one another: the message and the number of the first.
    runs: BTreeMap<(u64, u32), Run>,
    /// The transmission sequence number that counts as the middle, so that they wrap around far from it.
    base: Option<u32>,
    buffered: usize,
}

#[derive(Clone, Copy, Debug)]
struct Run {
    /// The number behind the last.
    end: u32,
    /// The identifier, where the first fragment of the message is there.
    begins: Option<u32>,
    ends: bool,
}

impl Fragments {
    /// Adds a fragment; gives the message that it completes, with its identifier.
    fn add(&mut self, fragment: Fragment, content: &[u8]) -> Option<(Vec<u8>, u32)> {
        let Fragment { message, number, flags, identifier } = fragment;
        let base =
            if message >> 63 == 0 { *self.base.get_or_insert(number.wrapping_sub(1 << 31)) } else { 0 };
        let number = number.wrapping_sub(base);
        let is_first = flags & FIRST != 0;
        let mut start = number;
        let mut run = Run {
            end: number.checked_add(1)?,
            begins: is_first.then_some(identifier),
            ends: flags & LAST != 0,
        };
        let before = self.runs.range((message, 0)..=(message, number)).next_back();
        if let Some((&(_, first), &before)) = before {
            // It was there already.
            if before.end > number {
                return None;
            }
            if before.end == number && !before.ends && !is_first {
                start = first;
                run.begins = before.begins;
            }
        }
        if !run.ends
            && let Some(&behind) = self.runs.get(&(message, run.end))
            && behind.begins.is_none()
        {
            self.runs.remove(&(message, run.end));
            run = Run { begins: run.begins, ..behind };
        }
        self.contents.insert((message, number), content.to_vec());
        self.buffered += content.len();
        self.runs.insert((message, start), run);
        let identifier = run.begins.filter(|_| run.ends)?;
        self.runs.remove(&(message, start));
        let mut whole = Vec::new();
        for number in start..run.end {
            whole.extend(self.contents.remove(&(message, number)).unwrap_or_default());
        }
        self.buffered -= whole.len();
        Some((whole, identifier))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(number: u32, flags: u8) -> Fragment {
        Fragment { message: 7, number, flags, identifier: 3 }
    }

    #[test]
    fn fragments_in_any_order_make_the_message() {
        let parts = [(0, FIRST, "first "), (1, 0, "second "), (2, LAST, "third")];
        // The numbers wrap around in between.
        let number = |n: u32| n.wrapping_sub(1);
        for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [1, 0, 2], [2, 0, 1]] {
            let mut fragments = Fragments::default();
            let mut whole = None;
            for (count, place) in order.into_iter().enumerate() {
                let (n, flags, text) = parts[place];
                whole = fragments.add(fragment(number(n), flags), text.as_bytes());
                assert_eq!(whole.is_some(), count == 2, "{order:?}");
                // Sent again, it changes nothing.
                if count < 2 {
                    assert_eq!(fragments.add(fragment(number(n), flags), b"again"), None);
                }
            }
            assert_eq!(whole, Some((b"first second third".to_vec(), 3)), "{order:?}");
            assert!(fragments.contents.is_empty() && fragments.runs.is_empty() && fragments.buffered == 0);
        }
    }

    #[test]
    fn messages_one_behind_the_other_stay_apart() {
        let mut fragments = Fragments::default();
        assert_eq!(fragments.add(fragment(4, LAST), b"b"), None);
        assert_eq!(fragments.add(fragment(5, FIRST), b"c"), None);
        assert_eq!(fragments.add(fragment(3, FIRST), b"a"), Some((b"ab".to_vec(), 3)));
        assert_eq!(fragments.add(fragment(6, LAST), b"d"), Some((b"cd".to_vec(), 3)));
        let other = Fragment { message: 8, ..fragment(8, LAST) };
        assert_eq!(fragments.add(fragment(7, FIRST), b"e"), None);
        assert_eq!(fragments.add(other, b"f"), None);
    }
}
