//! The messages of WebSocket: without their mask, put together of fragments (RFC 6455 §5.4), and inflated (RFC 7692), for
//! which those before them are needed.

use flate2::{Decompress, FlushDecompress, Status};

use super::id;
use super::websocket::{Head, opcode};
use crate::decryptor::Side;
use crate::flow::Unpacker;
use crate::limits::{self, Counters};
use crate::registry::ProtocolId;

/// What both sides said so far. Unpacked is the opcode of a message, and the message, with its last frame.
#[derive(Default)]
pub(super) struct Messages([Half; 2]);

#[derive(Default)]
struct Half {
    inflate: Option<Box<Decompress>>,
    /// The message under way: its opcode, and what came of it. Empty between messages.
    message: Vec<u8>,
    /// It is compressed: only its first frame says so (RFC 7692 §6).
    compressed: bool,
}

/// What a decompressor keeps: its window (RFC 7692 §7.1.2.1), and about as much again.
const KEPT: usize = 2 << 15;

impl Unpacker for Messages {
    fn pdu(
        &mut self,
        side: Side,
        pdu: &[u8],
        out: &mut Vec<u8>,
        counters: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        let head = Head::at_start(pdu)?;
        let half = &mut self.0[side as usize];
        match head.opcode {
            opcode::TEXT | opcode::BINARY => {
                half.message = vec![head.opcode];
                half.compressed = head.compressed;
            }
            // Its beginning was not captured.
            opcode::CONTINUATION if half.message.is_empty() => return None,
            opcode::CONTINUATION => {}
            _ => return None,
        }
        if !half.add(head, pdu) {
            half.message = Vec::new();
            counters.bodies_cut += 1;
            return None;
        }
        if !head.fin {
            return None;
        }
        *out = std::mem::take(&mut half.message);
        let text = out.first() == Some(&opcode::TEXT);
        (out.len() > 1).then_some((if text { id::data_text_lines } else { id::data }, 1))
    }

    fn forget(&mut self, side: Side) {
        self.0[side as usize] = Half::default();
    }

    fn kept(&self) -> usize {
        let kept = |half: &Half| half.message.len() + if half.inflate.is_some() { KEPT } else { 0 };
        self.0.iter().map(kept).sum()
    }
}

impl Half {
    /// Adds a frame to the message; false when it is damaged or too much.
    fn add(&mut self, head: Head, pdu: &[u8]) -> bool {
        let mut payload = head.payload(pdu);
        if !self.compressed {
            self.message.extend_from_slice(&payload);
            return self.message.len() <= limits::MAX_BODY;
        }
        if head.fin {
            // Each message ends with an empty block, of which these bytes are left out (RFC 7692 §7.2.1).
            payload.extend_from_slice(&[0, 0, 0xff, 0xff]);
        }
        let whole = self.inflate(&payload);
        if !whole {
            // Whatever follows refers to what was lost.
            self.inflate = None;
        }
        whole
    }

    fn inflate(&mut self, payload: &[u8]) -> bool {
        let Self { inflate, message, .. } = self;
        let state = inflate.get_or_insert_with(|| Box::new(Decompress::new(false)));
        let start = state.total_in();
        loop {
            let used = (state.total_in() - start) as usize;
            let Some(rest) = payload.get(used..).filter(|rest| !rest.is_empty()) else { return true };
            if message.len() > limits::MAX_BODY {
                return false;
            }
            message.reserve(message.len().clamp(1024, 1 << 20));
            match state.decompress_vec(rest, message, FlushDecompress::Sync) {
                Ok(Status::Ok) => {}
                // The last block of a stream: the next message begins another one (RFC 7692 §7.2.3.4).
                Ok(Status::StreamEnd) => {
                    *inflate = None;
                    return true;
                }
                Ok(Status::BufError) | Err(_) => return false,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpacked(messages: &mut Messages, frame: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        messages.pdu(Side::Responder, frame, &mut out, &mut Counters::default());
        out
    }

    /// RFC 7692 §7.2.3.1 and §7.2.3.2: a message in two frames, then one that refers to it.
    #[test]
    fn compressed_messages_of_the_rfc() {
        let mut messages = Messages::default();
        assert_eq!(unpacked(&mut messages, &[0x41, 3, 0xf2, 0x48, 0xcd]), b"");
        assert_eq!(unpacked(&mut messages, &[0x80, 4, 0xc9, 0xc9, 0x07, 0x00]), b"\x01Hello");
        let second = [0xc1, 5, 0xf2, 0x00, 0x11, 0x00, 0x00];
        assert_eq!(unpacked(&mut messages, &second), b"\x01Hello");
        messages.forget(Side::Responder);
        assert_eq!(unpacked(&mut messages, &second), b"");
    }

    #[test]
    fn frames_make_a_message_when_all_are_there() {
        let mut messages = Messages::default();
        assert_eq!(unpacked(&mut messages, b"\x80\x01b"), b"");
        assert_eq!(unpacked(&mut messages, b"\x01\x01a"), b"");
        assert_eq!(unpacked(&mut messages, b"\x89\x00"), b"");
        assert_eq!(unpacked(&mut messages, b"\x80\x01b"), b"\x01ab");
    }
}
