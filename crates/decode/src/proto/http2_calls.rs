//! The calls of gRPC in a connection of HTTP/2: their messages do not keep to frames, so each side's data is collected until
//! a message is whole.

use std::collections::BTreeMap;

use super::grpc;
use crate::decryptor::Side;
use crate::{Bytes, limits};

/// The streams that are calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    streams: BTreeMap<u32, [Messages; 2]>,
    /// Number of bytes kept of all of them.
    kept: usize,
}

/// What one side of a call sent.
#[derive(Debug, Default)]
struct Messages {
    /// The beginning of a message.
    pending: Vec<u8>,
    /// Bytes are missing, so nobody knows where the next message begins.
    lost: bool,
    ended: bool,
}

impl Calls {
    /// The stream's header says that it is a call. Of too many the oldest is forgotten.
    pub(super) fn begin(&mut self, stream: u32) {
        self.streams.entry(stream).or_default();
        if self.streams.len() > limits::MAX_CALLS
            && let Some((_, call)) = self.streams.pop_first()
        {
            self.kept -= call.iter().map(|side| side.pending.len()).sum::<usize>();
        }
    }

    /// Takes data of a stream; whole messages go to `out`.
    pub(super) fn data(&mut self, side: Side, stream: u32, data: &[u8], out: &mut Vec<u8>) {
        let Some(call) = self.streams.get_mut(&stream) else { return };
        let messages = &mut call[side as usize];
        self.kept -= messages.pending.len();
        messages.data(data, out);
        self.kept += messages.pending.len();
    }

    /// The last frame of this side.
    pub(super) fn end(&mut self, side: Side, stream: u32) {
        let Some(call) = self.streams.get_mut(&stream) else { return };
        self.kept -= call[side as usize].pending.len();
        call[side as usize] = Messages { ended: true, ..Messages::default() };
        if call.iter().all(|side| side.ended) {
            self.streams.remove(&stream);
        }
    }

    pub(super) fn forget(&mut self, side: Side) {
        for call in self.streams.values_mut() {
            self.kept -= call[side as usize].pending.len();
            call[side as usize] = Messages { lost: true, ..Messages::default() };
        }
    }

    /// Number of bytes kept.
    pub(super) const fn kept(&self) -> usize {
        self.kept
    }
}

impl Messages {
    fn data(&mut self, data: &[u8], out: &mut Vec<u8>) {
        if self.lost {
            return;
        }
        self.pending.extend_from_slice(data);
        let mut whole = 0;
        loop {
            let rest = Bytes(&self.pending[whole..]);
            if rest.len() < grpc::HEADER {
                break;
            }
            let length = rest.u32(1) as usize;
            // The highest bit of the flag is for trailers of gRPC-Web, the lowest for compression.
            if length > limits::MAX_PDU || rest.u8(0) & 0x7e != 0 {
                self.lost = true;
                break;
            }
            if rest.len() < grpc::HEADER + length {
                break;
            }
            whole += grpc::HEADER + length;
        }
        out.extend_from_slice(&self.pending[..whole]);
        if self.lost || whole == self.pending.len() {
            self.pending = Vec::new();
        } else {
            self.pending.drain(..whole);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(calls: &mut Calls, bytes: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        calls.data(Side::Initiator, 1, bytes, &mut out);
        out
    }

    #[test]
    fn messages_are_put_together_and_cut_apart() {
        let mut calls = Calls::default();
        assert_eq!(data(&mut calls, b"\0\0\0\0\x01a"), b"");
        calls.begin(1);
        assert_eq!(data(&mut calls, b"\0\0\0\0\x01a\x01\0\0\0\x02b"), b"\0\0\0\0\x01a");
        assert_eq!(calls.kept(), 6);
        assert_eq!(data(&mut calls, b"c\0\0\0\0\0"), b"\x01\0\0\0\x02bc\0\0\0\0\0");
        assert_eq!(calls.kept(), 0);
        // No flag of gRPC: nothing more is taken for messages.
        assert_eq!(data(&mut calls, b"\x02\0\0\0\0"), b"");
        assert_eq!(data(&mut calls, b"\0\0\0\0\0"), b"");
    }

    #[test]
    fn calls_are_bounded_and_end() {
        let mut calls = Calls::default();
        (1..=limits::MAX_CALLS as u32 + 1).for_each(|stream| calls.begin(stream));
        assert_eq!(calls.streams.len(), limits::MAX_CALLS);
        assert_eq!(data(&mut calls, b"\0\0\0\0\0"), b"");
        calls.end(Side::Initiator, 2);
        calls.end(Side::Responder, 2);
        assert!(!calls.streams.contains_key(&2));
        calls.data(Side::Initiator, 3, b"\0\0\0\0\x09begun", &mut Vec::new());
        assert_eq!(calls.kept(), 10);
        calls.forget(Side::Initiator);
        assert_eq!(calls.kept(), 0);
    }
}
