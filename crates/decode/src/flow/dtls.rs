//! DTLS over UDP: what the hellos agree on, and handshake messages put together from fragments (RFC 6347 §4.2.3).

use std::ops::Range;

use plaintap_packet::BufferId;

use super::datagram::Cx;
use super::walk;
use crate::decoded::Work;
use crate::layers::Layer;
use crate::limits;
use crate::proto::dtls::{self, Fragment};
use crate::proto::id;
use crate::proto::tls::{KeyExchange, Message, detail};

/// What is known of a conversation.
#[derive(Debug, Default)]
pub(super) struct DtlsState {
    /// The version that the server chose, as TLS numbers it; 0 before.
    version: u16,
    key_exchange: KeyExchange,
    /// By sender: the message of which fragments came.
    messages: [Assembly; 2],
}

/// The beginning of a message.
#[derive(Debug, Default)]
struct Assembly {
    message_seq: u16,
    bytes: Vec<u8>,
}

/// A whole message.
struct Whole {
    kind: u8,
    body: Body,
}

enum Body {
    /// In the record.
    At(Range<usize>),
    /// Put together.
    Collected(Vec<u8>),
}

impl DtlsState {
    /// Number of bytes kept.
    pub(super) fn buffered(&self) -> usize {
        self.messages.iter().map(|message| message.bytes.len()).sum()
    }

    /// Takes the record in layer number `index`.
    pub(super) fn record(&mut self, cx: &mut Cx<'_>, index: usize) {
        let Cx { work, frame, buffered, sender, .. } = cx;
        let Some(&layer) = work.layers.as_slice().get(index) else { return };
        let range = layer.offset as usize..(layer.offset + layer.header) as usize;
        let record = work.bytes(frame, layer.buffer).get(range).unwrap_or(&[]);
        let whole: Vec<Whole> = dtls::fragments(record)
            .filter_map(|(at, fragment)| self.messages[*sender].take(at, fragment, buffered))
            .collect();
        for message in whole {
            self.message(work, frame, layer, message);
        }
        if let Some(word) = work.layers.detail_mut(index) {
            let version = if self.version == 0 { *word as u16 } else { self.version };
            *word = u32::from(version) | detail::key_exchange(self.key_exchange);
        }
    }

    /// Learns from a message, and shows it where it was put together.
    fn message(&mut self, work: &mut Work, frame: &[u8], layer: Layer, whole: Whole) {
        let Whole { kind, body } = whole;
        let (buffer, start, end) = match body {
            Body::At(range) => {
                let start = layer.offset as usize;
                (layer.buffer, start + range.start, start + range.end)
            }
            Body::Collected(bytes) => {
                let length = bytes.len();
                let Some(buffer) = work.buffers.add("Reassembled DTLS Handshake", bytes) else { return };
                (buffer, 0, length)
            }
        };
        let bytes = work.bytes(frame, buffer).get(start..end).unwrap_or(&[]);
        let message = Message::of(kind, bytes);
        if let Some(version) = message.chosen_version() {
            self.version = dtls::as_tls(version);
        }
        if let Some(key_exchange) = message.chosen_key_exchange() {
            self.key_exchange = key_exchange;
        }
        let mut certificates = Vec::new();
        // Those in front of what is damaged count.
        let _ = message.certificates(self.version, |range| certificates.push(range));
        if buffer != layer.buffer {
            self.show(work, buffer, kind);
        }
        for range in certificates {
            let end = (start + range.end) as u32;
            walk::mark(work, id::x509af, buffer, (start + range.start) as u32..end, end);
        }
    }

    fn show(&self, work: &mut Work, buffer: BufferId, kind: u8) {
        let end = work.buffers.bytes(buffer).len() as u32;
        let detail = u32::from(self.version)
            | detail::key_exchange(self.key_exchange)
            | detail::BARE
            | detail::content(kind);
        let layer =
            Layer { protocol: id::dtls, buffer, offset: 0, header: end, end, reported_end: end, detail };
        work.layers.push(layer);
    }
}

impl Assembly {
    /// Takes a fragment at offset `at` of its record; gives the message that it completes. Fragments count in their order;
    /// those that overlap what is there add the rest.
    fn take(&mut self, at: usize, fragment: Fragment<'_>, buffered: &mut usize) -> Option<Whole> {
        let Fragment { kind, length, message_seq, offset, bytes } = fragment;
        if offset == 0 && bytes.len() == length {
            let start = at + dtls::FRAGMENT_HEADER;
            return Some(Whole { kind, body: Body::At(start..start + length) });
        }
        if offset == 0 && (self.message_seq != message_seq || self.bytes.is_empty()) {
            *buffered -= self.bytes.len();
            self.bytes.clear();
            self.message_seq = message_seq;
        }
        let have = self.bytes.len();
        if self.message_seq != message_seq || offset > have || length > limits::MAX_HANDSHAKE {
            return None;
        }
        let news = bytes.get(have - offset..).unwrap_or(&[]);
        if *buffered + news.len() > limits::MAX_BUFFERED {
            return None;
        }
        self.bytes.extend_from_slice(news);
        *buffered += news.len();
        if self.bytes.len() != length {
            return None;
        }
        *buffered -= length;
        Some(Whole { kind, body: Body::Collected(std::mem::take(&mut self.bytes)) })
    }
}
