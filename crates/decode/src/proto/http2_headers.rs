//! The header fields of HTTP/2: unpacked frame by frame as they are captured, shown from what was unpacked.

use super::http2::{FRAME_HEADER, frame_type};
use super::http2_calls::Calls;
use super::id;
use crate::Bytes;
use crate::decryptor::Side;
use crate::flow::Unpacker;
use crate::hpack::{Decoder, Entries, Error, Representation};
use crate::limits::{self, Counters};
use crate::registry::ProtocolId;

/// The header tables of a connection, and the streams whose headers say that they are calls of gRPC.
#[derive(Debug, Default)]
pub(super) struct Tables {
    halves: [Half; 2],
    calls: Calls,
}

/// What one side sent.
#[derive(Debug, Default)]
struct Half {
    decoder: Decoder,
    /// The beginning of a header field that goes on in a CONTINUATION frame.
    pending: Vec<u8>,
    /// CONTINUATION frames follow (RFC 9113 §6.10).
    open: bool,
}

impl Unpacker for Tables {
    fn pdu(
        &mut self,
        side: Side,
        pdu: &[u8],
        out: &mut Vec<u8>,
        counters: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        let &[_, _, _, kind, flags, ..] = pdu else { return None };
        let fragment = fragment(pdu)?;
        let stream = Bytes(pdu).u32(5) & 0x7fff_ffff;
        let ended = flags & flag::END_STREAM != 0 && matches!(kind, frame_type::DATA | frame_type::HEADERS);
        if kind == frame_type::DATA {
            self.calls.data(side, stream, fragment, out);
        } else {
            self.headers(side, kind, flags, fragment, out, counters);
            if Entries(out).any(|entry| is_call(entry.name, entry.value)) {
                self.calls.begin(stream);
            }
        }
        if ended {
            self.calls.end(side, stream);
        }
        (kind == frame_type::DATA && !out.is_empty()).then_some((id::grpc, 0))
    }

    fn forget(&mut self, side: Side) {
        self.halves[side as usize].forget();
        self.calls.forget(side);
    }

    fn kept(&self) -> usize {
        let tables: usize = self.halves.iter().map(|half| half.decoder.size() + half.pending.len()).sum();
        tables + self.calls.kept()
    }
}

impl Tables {
    fn headers(
        &mut self,
        side: Side,
        kind: u8,
        flags: u8,
        fragment: &[u8],
        out: &mut Vec<u8>,
        counters: &mut Counters,
    ) {
        let end = flags & flag::END_HEADERS != 0;
        let half = &mut self.halves[side as usize];
        // Without the beginning of the block there is nothing to hold on to; what it adds to the table stays unknown.
        if half.open != (kind == frame_type::CONTINUATION) {
            half.forget();
            if kind == frame_type::CONTINUATION {
                return;
            }
        }
        half.open = !end;
        if half.unpack(fragment, end, out).is_err() {
            counters.header_lists_cut += 1;
        }
    }
}

/// Whether a header field says that the stream is a call: `application/grpc`, with what else there may be behind it.
fn is_call(name: Option<&[u8]>, value: Option<&[u8]>) -> bool {
    name == Some(b"content-type") && value.is_some_and(|value| value.starts_with(b"application/grpc"))
}

/// Something was left out, or could not be read.
struct Cut;

impl Half {
    fn forget(&mut self) {
        self.decoder.forget();
        self.pending = Vec::new();
        self.open = false;
    }

    /// Decodes the next fragment of a block, the last one if `end` says so.
    fn unpack(&mut self, fragment: &[u8], end: bool, out: &mut Vec<u8>) -> Result<(), Cut> {
        let earlier = self.pending.len();
        let mut joined = std::mem::take(&mut self.pending);
        let block = if joined.is_empty() {
            fragment
        } else {
            joined.extend_from_slice(fragment);
            &joined
        };
        let (mut at, mut result) = (0, Ok(()));
        let mut surplus = Vec::new();
        while at < block.len() {
            // What is too much still changes the table.
            let full = out.len() > limits::MAX_HEADER_LIST;
            let target = if full { &mut surplus } else { &mut *out };
            match self.decoder.entry(block, at, earlier, target) {
                Ok(next) => at = next,
                Err(Error::Incomplete) if !end && block.len() - at <= limits::MAX_HTTP_HEAD => {
                    self.pending = block[at..].to_vec();
                    break;
                }
                Err(_) => {
                    self.forget();
                    return Err(Cut);
                }
            }
            if full {
                surplus.clear();
                result = Err(Cut);
            }
        }
        result
    }
}

/// Flags of HTTP/2 frames (RFC 9113 §6).
pub(super) mod flag {
    pub(in super::super) const END_STREAM: u8 = 1;
    pub(in super::super) const END_HEADERS: u8 = 4;
    pub(in super::super) const PADDED: u8 = 8;
    pub(in super::super) const PRIORITY: u8 = 0x20;
}

/// The part of a header block or of a body in a frame. None for frames that have none, and for damaged ones.
fn fragment(frame: &[u8]) -> Option<&[u8]> {
    let &[_, _, _, kind, flags, ..] = frame else { return None };
    let padded = flags & flag::PADDED != 0;
    let (padded, skipped) = match kind {
        frame_type::DATA => (padded, 0),
        frame_type::HEADERS => (padded, if flags & flag::PRIORITY != 0 { 5 } else { 0 }),
        frame_type::PUSH_PROMISE => (padded, 4),
        frame_type::CONTINUATION => (false, 0),
        _ => return None,
    };
    let payload = frame.get(FRAME_HEADER..)?;
    let (padding, payload) = match (padded, payload) {
        (true, [length, rest @ ..]) => (usize::from(*length), rest),
        (true, []) => return None,
        (false, payload) => (0, payload),
    };
    payload.get(skipped..payload.len().checked_sub(padding)?)
}

/// How Wireshark calls a representation.
pub(super) fn representation_name(representation: Representation, index: u32) -> &'static str {
    match (representation, index) {
        (Representation::Indexed, _) => "Indexed Header Field",
        (Representation::Incremental, 0) => "Literal Header Field with Incremental Indexing - New Name",
        (Representation::Incremental, _) => "Literal Header Field with Incremental Indexing - Indexed Name",
        (Representation::WithoutIndexing, 0) => "Literal Header Field without Indexing - New Name",
        (Representation::WithoutIndexing, _) => "Literal Header Field without Indexing - Indexed Name",
        (Representation::NeverIndexed, 0) => "Literal Header Field never Indexed - New Name",
        (Representation::NeverIndexed, _) => "Literal Header Field never Indexed - Indexed Name",
        (Representation::TableSize, _) => "Maximum Dynamic Table Size Change",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![0, 0, payload.len() as u8, kind, flags, 0, 0, 0, 1];
        frame.extend_from_slice(payload);
        frame
    }

    fn names(tables: &mut Tables, frame: &[u8]) -> Vec<String> {
        let mut out = Vec::new();
        tables.pdu(Side::Initiator, frame, &mut out, &mut Counters::default());
        let name = |name: Option<&[u8]>| String::from_utf8_lossy(name.unwrap_or(b"?")).into_owned();
        Entries(&out).map(|entry| name(entry.name)).collect()
    }

    #[test]
    fn a_field_may_begin_in_one_frame_and_end_in_the_next() {
        let mut tables = Tables::default();
        assert_eq!(names(&mut tables, &frame(1, 0, b"\x82\x40\x03ab")), [":method"]);
        assert_eq!(tables.kept(), 4);
        assert_eq!(names(&mut tables, &frame(9, 4, b"c\x01d\x84")), ["abc", ":path"]);
        assert_eq!(names(&mut tables, &frame(1, 4, b"\xbe")), ["abc"]);
    }

    #[test]
    fn padding_and_priority_are_no_header_fields() {
        let mut tables = Tables::default();
        assert_eq!(names(&mut tables, &frame(1, 0x2c, b"\x02pppps\x82zz")), [":method"]);
        assert_eq!(names(&mut tables, &frame(1, 0x0c, b"\x09\x82")), [""; 0]);
    }

    /// A continuation without its beginning may have added anything to the table.
    #[test]
    fn a_lost_beginning_makes_the_table_unknown() {
        let mut tables = Tables::default();
        names(&mut tables, &frame(1, 4, b"\x40\x01a\x01b"));
        assert_eq!(names(&mut tables, &frame(9, 4, b"\x82")), [""; 0]);
        assert_eq!(names(&mut tables, &frame(1, 4, b"\xbe\x82")), ["?", ":method"]);
    }
}
