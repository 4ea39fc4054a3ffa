//! DTLS over UDP: what the hellos agree on, handshake messages put together from fragments (RFC 6347 §4.2.3), and records
//! that the decryptor opens, whose content is decoded in turn.

use std::ops::Range;

use plaintap_packet::BufferId;

use super::datagram::Cx;
use super::walk::{self, Start};
use crate::decoded::Work;
use crate::decryptor::{Outcome, Side};
use crate::layers::Layer;
use crate::limits;
use crate::proto::dtls::{self, Fragment};
use crate::proto::id;
use crate::proto::tls::{KeyExchange, Message, content, detail};
use crate::registry::{ProtocolId, claimed};

/// What is known of a conversation.
#[derive(Debug, Default)]
pub(super) struct DtlsState {
    /// The version that the server chose, as TLS numbers it; 0 before.
    version: u16,
    key_exchange: KeyExchange,
    /// What ALPN says the application data is.
    application: Option<ProtocolId>,
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
    /// In the buffer of the record.
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
        let Some(&layer) = cx.work.layers.as_slice().get(index) else { return };
        let range = layer.offset as usize..(layer.offset + layer.header) as usize;
        let mut plain = cx.work.buffers.take();
        let record = cx.work.bytes(cx.frame, layer.buffer).get(range.clone()).unwrap_or(&[]);
        let side = side(cx.sender);
        let clear = dtls::is_clear_handshake(record);
        let opened = match &mut cx.decryptor {
            Some(decryptor) if dtls::is_protected(record) => {
                decryptor.dtls_record(cx.stream, side, record, &mut plain)
            }
            _ => Outcome::Clear,
        };
        let flags = match opened {
            Outcome::Decrypted(kind) => {
                if !plain.is_empty()
                    && let Some(buffer) = cx.work.buffers.add("Decrypted DTLS", plain)
                {
                    self.decrypted(cx, buffer, kind);
                }
                detail::ENCRYPTED | detail::content(kind)
            }
            outcome => {
                cx.work.buffers.give_back(plain);
                if outcome == Outcome::Clear && clear {
                    self.handshake(cx, layer.buffer, range.start + dtls::HEADER..range.end);
                }
                0
            }
        };
        if let Some(word) = cx.work.layers.detail_mut(index) {
            let version = if self.version == 0 { *word } else { self.version.into() };
            *word = version | flags | detail::key_exchange(self.key_exchange);
        }
    }

    /// Decodes the plaintext of a record.
    fn decrypted(&mut self, cx: &mut Cx<'_>, buffer: BufferId, kind: u8) {
        let end = cx.work.buffers.bytes(buffer).len() as u32;
        if kind == content::APPLICATION_DATA {
            let protocol = self.application(cx.ports, cx.work.buffers.bytes(buffer));
            let start = Start { buffer, offset: 0, end, reported_end: end, protocol };
            walk::walk(cx.work, cx.frame, start);
            return;
        }
        self.show(cx.work, buffer, detail::FRAGMENT | detail::content(kind));
        if kind == content::HANDSHAKE {
            self.handshake(cx, buffer, 0..end as usize);
        }
    }

    /// What the decrypted data is: as ALPN says, as the ports say, or as it looks.
    fn application(&self, ports: (u16, u16), data: &[u8]) -> ProtocolId {
        let known = self.application.or_else(|| dtls::secured_by_port(ports.0.min(ports.1)));
        let known = known.or_else(|| dtls::secured_by_port(ports.0.max(ports.1)));
        walk::carried((0, 0), data, known.unwrap_or(ProtocolId::NONE)).protocol
    }

    /// Takes the fragments of handshake messages that lie here.
    fn handshake(&mut self, cx: &mut Cx<'_>, buffer: BufferId, range: Range<usize>) {
        let bytes = cx.work.bytes(cx.frame, buffer).get(..range.end).unwrap_or(&[]);
        let sender = cx.sender;
        let whole: Vec<Whole> = dtls::fragments(bytes, range.start)
            .filter_map(|(at, fragment)| self.messages[sender].take(at, fragment, cx.buffered))
            .collect();
        for message in whole {
            self.message(cx, buffer, message);
        }
    }

    /// Learns from a message, and shows it where it was put together.
    fn message(&mut self, cx: &mut Cx<'_>, record: BufferId, whole: Whole) {
        let Whole { kind, body } = whole;
        let (buffer, start, end) = match body {
            Body::At(range) => (record, range.start, range.end),
            Body::Collected(bytes) => {
                let length = bytes.len();
                let Some(buffer) = cx.work.buffers.add("Reassembled DTLS Handshake", bytes) else { return };
                (buffer, 0, length)
            }
        };
        let bytes = cx.work.bytes(cx.frame, buffer).get(start..end).unwrap_or(&[]);
        if let Some(decryptor) = &mut cx.decryptor {
            decryptor.dtls_handshake(cx.stream, side(cx.sender), kind, bytes);
        }
        let message = Message::of(kind, bytes);
        if let Some(version) = message.chosen_version() {
            self.version = dtls::as_tls(version);
        }
        if let Some(key_exchange) = message.chosen_key_exchange() {
            self.key_exchange = key_exchange;
        }
        if let Some(name) = message.chosen_application() {
            self.application = claimed::alpn(name);
        }
        let mut certificates = Vec::new();
        // Those in front of what is damaged count.
        let _ = message.certificates(self.version, |range| certificates.push(range));
        if buffer != record {
            self.show(cx.work, buffer, detail::content(kind));
        }
        for range in certificates {
            let end = (start + range.end) as u32;
            walk::mark(cx.work, id::x509af, buffer, (start + range.start) as u32..end, end);
        }
    }

    /// Makes all of a buffer a layer without the header of a record.
    fn show(&self, work: &mut Work, buffer: BufferId, flags: u32) {
        let end = work.buffers.bytes(buffer).len() as u32;
        let detail = u32::from(self.version) | detail::key_exchange(self.key_exchange) | detail::BARE | flags;
        let layer =
            Layer { protocol: id::dtls, buffer, offset: 0, header: end, end, reported_end: end, detail };
        work.layers.push(layer);
    }
}

/// The sender as the decryptor names it.
const fn side(sender: usize) -> Side {
    if sender == 0 { Side::Initiator } else { Side::Responder }
}

impl Assembly {
    /// Takes a fragment at offset `at` of its buffer; gives the message that it completes. Fragments count in their order;
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
