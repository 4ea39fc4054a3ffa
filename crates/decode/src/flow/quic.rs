//! QUIC over UDP: packets go to the decryptor, and the handshake in their CRYPTO frames is put together (RFC 9001 §4).

use std::collections::BTreeMap;
use std::ops::Range;

use plaintap_packet::BufferId;

use super::datagram::Cx;
use super::tls::{TlsState, messages};
use super::walk;
use crate::decryptor::{PacketNumber, QuicLevel, QuicPacket};
use crate::layers::Layer;
use crate::limits;
use crate::proto::quic::{self, Header, Kind, detail};
use crate::proto::tls::{content, detail as tls_detail, version};
use crate::proto::{http3, id};

/// What is known of a connection.
#[derive(Debug, Default)]
pub(super) struct QuicState {
    version: u32,
    /// Which of the two ends is the client, once a packet has told.
    client: Option<usize>,
    /// The connection ID that the keys of Initial packets are made of.
    initial_id: Vec<u8>,
    /// By end: the connection ID that it chose for itself.
    ids: [Option<Vec<u8>>; 2],
    /// By end, then by level: the handshake.
    crypto: [[CryptoStream; 3]; 2],
    tls: TlsState,
}

/// One direction's handshake at one level.
#[derive(Debug, Default)]
struct CryptoStream {
    /// Offset behind the bytes that came in order.
    next: u64,
    /// The message that is not complete yet: what lies in front of `next`.
    message: Vec<u8>,
    /// Bytes behind a gap, by offset.
    waiting: BTreeMap<u64, Vec<u8>>,
}

impl QuicState {
    /// Number of bytes kept.
    pub(super) fn buffered(&self) -> usize {
        self.crypto.iter().flatten().map(CryptoStream::buffered).sum()
    }

    /// Takes the packet in layer number `index`.
    pub(super) fn packet(&mut self, cx: &mut Cx<'_>, index: usize) {
        let Some(&layer) = cx.work.layers.as_slice().get(index) else { return };
        let range = layer.offset as usize..(layer.offset + layer.header) as usize;
        let bytes = cx.work.bytes(cx.frame, layer.buffer).get(range).unwrap_or(&[]);
        let Ok(header) = Header::read(bytes) else { return };
        let Header { kind, number_at, .. } = header;
        if self.learn(&header, cx.sender, cx.ports) {
            self.begin(cx);
        }
        let (level, number_at, mut word) = match kind {
            Kind::Initial => (QuicLevel::Initial, number_at, 0),
            Kind::ZeroRtt => (QuicLevel::ZeroRtt, number_at, 0),
            Kind::Handshake => (QuicLevel::Handshake, number_at, 0),
            Kind::Short => {
                let Some(id) = &self.ids[1 - cx.sender] else { return };
                (QuicLevel::OneRtt, 1 + id.len(), detail::LENGTH_KNOWN | id.len() as u32)
            }
            _ => return,
        };
        let mut plain = cx.work.buffers.take();
        let bytes = cx.work.bytes(cx.frame, layer.buffer);
        let bytes = bytes.get(layer.offset as usize..(layer.offset + layer.header) as usize).unwrap_or(&[]);
        let packet = QuicPacket {
            stream: cx.stream,
            from_client: self.client == Some(cx.sender),
            version: self.version,
            level,
            initial_id: &self.initial_id,
            bytes,
            number_at,
        };
        let opened = cx.decryptor.as_mut().and_then(|d| d.quic_packet(packet, &mut plain).ok());
        match opened {
            Some(number) => {
                let number_length = usize::from(plain.first().copied().unwrap_or(0) & 3) + 1;
                if self.opened(cx, level, number, word, number_at + number_length, plain) {
                    word |= detail::READABLE | detail::number_length(number_length);
                }
            }
            None => cx.work.buffers.give_back(plain),
        }
        if let Some(detail) = cx.work.layers.detail_mut(index) {
            *detail = word;
        }
    }

    /// What the clear part of a header says of the connection. Returns whether its keys are new.
    fn learn(&mut self, header: &Header<'_>, sender: usize, ports: (u16, u16)) -> bool {
        /// A server's port: when the capture begins with its packets, it is not the client.
        const HTTPS: u16 = 443;
        let mut begins = false;
        if header.kind == Kind::Initial {
            let by_server = ports.0 == HTTPS && ports.1 != HTTPS;
            let client = *self.client.get_or_insert(if by_server { 1 - sender } else { sender });
            let known = [Some(&self.initial_id), self.ids[1 - sender].as_ref()];
            // The client's first Initial; the one after a Retry, which goes to the ID that the server chose there; or a
            // new connection.
            if client == sender && !known.iter().flatten().any(|id| id[..] == *header.dcid) {
                self.initial_id = header.dcid.to_vec();
                begins = true;
            }
        }
        match header.kind {
            Kind::Retry => self.ids[sender] = None,
            // The server answers in a version of its choice (RFC 9368 §2.3).
            Kind::Initial | Kind::ZeroRtt | Kind::Handshake => {
                self.version = header.version;
                self.ids[sender] = Some(header.scid.to_vec());
            }
            // A Version Negotiation names the IDs of the packet that it answers.
            _ => {}
        }
        begins
    }

    /// Forgets the handshake before, if there was one.
    fn begin(&mut self, cx: &mut Cx<'_>) {
        *cx.buffered -= self.buffered();
        self.crypto = Default::default();
        self.tls = TlsState::default();
        if let Some(decryptor) = &mut cx.decryptor {
            decryptor.quic_end(cx.stream);
        }
    }

    /// Shows a decrypted packet, and follows the handshake in it. False when there is no room for it.
    fn opened(
        &mut self,
        cx: &mut Cx<'_>,
        level: QuicLevel,
        PacketNumber(number): PacketNumber,
        word: u32,
        frames_at: usize,
        plain: Vec<u8>,
    ) -> bool {
        let end = plain.len() as u32;
        let mut frames = Vec::new();
        if level != QuicLevel::ZeroRtt {
            quic::crypto(&plain, frames_at, &mut |offset, at| frames.push((offset, at)));
        }
        let mut streams = Vec::new();
        if level == QuicLevel::OneRtt && self.tls.application == Some(id::http3) {
            quic::streams(&plain, frames_at, &mut |stream, at| streams.push((stream, at)));
        }
        let Some(buffer) = cx.work.buffers.add("Decrypted QUIC", plain) else { return false };
        let detail = word | detail::DECRYPTED | detail::number_at(cx.work.packet_numbers.len());
        cx.work.packet_numbers.push(number);
        let protocol = id::quic;
        let layer = Layer { protocol, buffer, offset: 0, header: end, end, reported_end: end, detail };
        let shown = cx.work.layers.push(layer);
        for (offset, at) in frames {
            self.crypto(cx, level, offset, buffer, at);
        }
        for (stream, at) in streams {
            let (offset, end) = (at.start as u32, at.end as u32);
            // The second bit of its number tells a stream of one direction (RFC 9000 §2.1).
            let detail = if stream & 2 == 0 { 0 } else { http3::UNIDIRECTIONAL };
            let header = end - offset;
            cx.work.layers.push(Layer {
                protocol: id::http3,
                buffer,
                offset,
                header,
                end,
                reported_end: end,
                detail,
            });
        }
        shown
    }

    /// Takes the bytes of a CRYPTO frame.
    fn crypto(&mut self, cx: &mut Cx<'_>, level: QuicLevel, offset: u64, buffer: BufferId, at: Range<usize>) {
        let place = match level {
            QuicLevel::Initial => 0,
            QuicLevel::Handshake => 1,
            QuicLevel::ZeroRtt | QuicLevel::OneRtt => 2,
        };
        let stream = &mut self.crypto[cx.sender][place];
        let bytes = cx.work.bytes(cx.frame, buffer).get(at.clone()).unwrap_or(&[]);
        let end = offset + bytes.len() as u64;
        if offset > stream.next {
            return stream.wait(offset, bytes, cx.buffered);
        }
        if end <= stream.next {
            return;
        }
        let news = &bytes[(stream.next - offset) as usize..];
        if place == 0
            && let Some(decryptor) = &mut cx.decryptor
        {
            decryptor.quic_handshake(cx.stream, self.client == Some(cx.sender), news);
        }
        let start = at.end - news.len();
        stream.next = end;
        if !stream.message.is_empty() || !stream.waiting.is_empty() {
            let news = news.to_vec();
            return self.collected(cx, place, &news);
        }
        let (used, certificates) = messages(&mut self.tls, news);
        stream.keep(&news[used..], cx.buffered);
        show(cx, buffer, start..start + used, start, &certificates);
    }

    /// Goes on with a message that lies in several frames.
    fn collected(&mut self, cx: &mut Cx<'_>, place: usize, news: &[u8]) {
        let from_client = self.client == Some(cx.sender);
        let stream = &mut self.crypto[cx.sender][place];
        let mut message = std::mem::take(&mut stream.message);
        *cx.buffered -= message.len();
        message.extend_from_slice(news);
        while let Some(more) = stream.due(cx.buffered) {
            if place == 0
                && let Some(decryptor) = &mut cx.decryptor
            {
                decryptor.quic_handshake(cx.stream, from_client, &more);
            }
            message.extend_from_slice(&more);
        }
        let (used, certificates) = messages(&mut self.tls, &message);
        stream.keep(&message[used..], cx.buffered);
        if used == 0 {
            return;
        }
        message.truncate(used);
        if let Some(buffer) = cx.work.buffers.add("Reassembled QUIC CRYPTO", message) {
            show(cx, buffer, 0..used, 0, &certificates);
        }
    }
}

/// Adds a layer for whole messages, and one for each certificate; those count from `start`.
fn show(cx: &mut Cx<'_>, buffer: BufferId, at: Range<usize>, start: usize, certificates: &[Range<usize>]) {
    if at.is_empty() {
        return;
    }
    let (offset, end) = (at.start as u32, at.end as u32);
    let detail = u32::from(version::TLS_1_3)
        | tls_detail::BARE
        | tls_detail::QUIC
        | tls_detail::content(content::HANDSHAKE);
    let header = end - offset;
    cx.work.layers.push(Layer { protocol: id::tls, buffer, offset, header, end, reported_end: end, detail });
    for range in certificates {
        let end = (start + range.end) as u32;
        walk::mark(cx.work, id::x509af, buffer, (start + range.start) as u32..end, end);
    }
}

impl CryptoStream {
    fn buffered(&self) -> usize {
        self.message.len() + self.waiting.values().map(Vec::len).sum::<usize>()
    }

    /// Keeps the beginning of a message.
    fn keep(&mut self, bytes: &[u8], buffered: &mut usize) {
        if bytes.len() <= limits::MAX_HANDSHAKE && *buffered + bytes.len() <= limits::MAX_BUFFERED {
            *buffered += bytes.len();
            self.message = bytes.to_vec();
        }
    }

    /// Keeps bytes behind a gap.
    fn wait(&mut self, offset: u64, bytes: &[u8], buffered: &mut usize) {
        let near = offset - self.next <= limits::MAX_HANDSHAKE as u64;
        let room = self.waiting.len() < limits::MAX_QUEUED_SEGMENTS
            && *buffered + bytes.len() <= limits::MAX_BUFFERED;
        if near && room && !self.waiting.contains_key(&offset) {
            *buffered += bytes.len();
            self.waiting.insert(offset, bytes.to_vec());
        }
    }

    /// The next of the bytes that waited, if the gap before them is closed.
    fn due(&mut self, buffered: &mut usize) -> Option<Vec<u8>> {
        loop {
            let entry = self.waiting.first_entry().filter(|entry| *entry.key() <= self.next)?;
            let (offset, mut bytes) = entry.remove_entry();
            *buffered -= bytes.len();
            let known = (self.next - offset) as usize;
            if known < bytes.len() {
                bytes.drain(..known);
                self.next += bytes.len() as u64;
                return Some(bytes);
            }
        }
    }
}
