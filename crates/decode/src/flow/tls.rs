//! TLS records in a stream: what is encrypted goes to the decryptor, and what it gives back is decoded in turn.

use std::ops::Range;

use plaintap_packet::BufferId;

use super::stream::{Connection, Cx};
use super::walk;
use crate::decryptor::{Outcome, Side, Unreadable};
use crate::layers::Layer;
use crate::limits;
use crate::proto::id;
use crate::proto::tls::{KeyExchange, Message, content, detail, ssl2, version};
use crate::registry::{ProtocolId, claimed};

/// What is known of a TLS connection.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct TlsState {
    /// The version that the server chose; 0 before.
    version: u16,
    /// By side: a ChangeCipherSpec went by, so that with TLS 1.2 and older the rest is encrypted.
    changed: [bool; 2],
    /// How the suite that the server chose agrees on keys.
    key_exchange: KeyExchange,
    /// What ALPN says the application data is.
    pub(super) application: Option<ProtocolId>,
}

/// Decodes one record, and what lies in it where it can be read.
pub(super) fn record(
    connection: &mut Connection,
    cx: &mut Cx<'_>,
    buffer: BufferId,
    at: usize,
    length: usize,
) {
    let range = at..at + length;
    let Some(index) = push(cx, buffer, range.clone(), 0) else { return };
    let mut plain = cx.work.buffers.take();
    let bytes = cx.work.bytes(cx.frame, buffer).get(range).unwrap_or(&[]);
    // It names no keys; what follows is in the form of SSL 3 and TLS.
    if ssl2::length(bytes).is_some() {
        if let Some(word) = cx.work.layers.detail_mut(index) {
            *word = ssl2::VERSION.into();
        }
        return cx.work.buffers.give_back(plain);
    }
    let &[content_type, major, minor, high, low, ..] = bytes else { return };
    let whole = length >= 5 + usize::from(u16::from_be_bytes([high, low]));
    let outcome = match &mut cx.decryptor {
        Some(decryptor) if whole => decryptor.record(cx.stream, cx.side, bytes, &mut plain),
        _ => guess(&connection.tls, cx.side, content_type),
    };
    let mut flags = 0;
    match outcome {
        Outcome::Clear => match content_type {
            content::HANDSHAKE => flags |= handshake(connection, cx, buffer, at + 5..at + length),
            content::CHANGE_CIPHER_SPEC => connection.tls.changed[cx.side as usize] = true,
            _ => {}
        },
        Outcome::Encrypted(_) => flags |= detail::ENCRYPTED,
        Outcome::Decrypted(inner) => flags |= detail::ENCRYPTED | detail::content(inner),
    }
    let version = match connection.tls.version {
        0 => u16::from_be_bytes([major, minor]),
        version => version,
    };
    if let Some(word) = cx.work.layers.detail_mut(index) {
        *word = u32::from(version) | flags | detail::key_exchange(connection.tls.key_exchange);
    }
    match outcome {
        Outcome::Decrypted(inner) if !plain.is_empty() => {
            if let Some(buffer) = cx.work.buffers.add("Decrypted TLS", plain) {
                decrypted(connection, cx, buffer, inner, version);
            }
        }
        _ => cx.work.buffers.give_back(plain),
    }
}

/// Without a decryptor: is this record encrypted? TLS 1.3 sends ChangeCipherSpec for show only, and hides what it
/// encrypts behind the type of application data (RFC 8446 §5.2, appendix D.4).
fn guess(state: &TlsState, side: Side, content_type: u8) -> Outcome {
    let changed = state.changed[side as usize] && state.version < version::TLS_1_3;
    match content_type {
        content::CHANGE_CIPHER_SPEC => Outcome::Clear,
        content::HANDSHAKE | content::ALERT if !changed => Outcome::Clear,
        _ => Outcome::Encrypted(Unreadable::NoSecret),
    }
}

/// Decodes the plaintext of a record.
fn decrypted(connection: &mut Connection, cx: &mut Cx<'_>, buffer: BufferId, content_type: u8, version: u16) {
    let length = cx.work.buffers.bytes(buffer).len();
    if content_type == content::APPLICATION_DATA {
        return with_inner(connection, cx, |inner, cx| inner.deliver(cx, buffer, 0..length));
    }
    let mut word = u32::from(version)
        | detail::BARE
        | detail::content(content_type)
        | detail::key_exchange(connection.tls.key_exchange);
    let Some(index) = push(cx, buffer, 0..length, word) else { return };
    match content_type {
        content::HANDSHAKE => {
            word |= handshake(connection, cx, buffer, 0..length);
            if let Some(detail) = cx.work.layers.detail_mut(index) {
                *detail = word;
            }
        }
        // close_notify (RFC 8446 §6.1): the data of this side is complete.
        content::ALERT if cx.work.buffers.bytes(buffer).get(1) == Some(&0) => {
            with_inner(connection, cx, Connection::close);
        }
        _ => {}
    }
}

/// Lets the stream inside TLS do something.
fn with_inner(connection: &mut Connection, cx: &mut Cx<'_>, act: impl FnOnce(&mut Connection, &mut Cx<'_>)) {
    let mut inner = match connection.inner.take() {
        Some(inner) => inner,
        None => Box::new(Connection::speaking(connection.tls.application)),
    };
    // The decryptor knows this connection by its number: TLS inside TLS is not for it.
    let decryptor = cx.decryptor.take();
    cx.level += 1;
    act(&mut inner, cx);
    cx.level -= 1;
    cx.decryptor = decryptor;
    connection.inner = Some(inner);
}

/// Follows the handshake messages in a readable record. Returns [`detail::FRAGMENT`] when the record holds parts of
/// messages, which are then decoded in a buffer of their own when they are complete.
fn handshake(connection: &mut Connection, cx: &mut Cx<'_>, buffer: BufferId, range: Range<usize>) -> u32 {
    let side = cx.side;
    let start = range.start;
    let bytes = cx.work.bytes(cx.frame, buffer).get(range).unwrap_or(&[]);
    let mut collected = connection.take_handshake(side);
    if collected.is_empty() {
        let (used, certificates) = messages(&mut connection.tls, bytes);
        if used < bytes.len() && cx.keep {
            connection.keep_handshake(side, bytes[used..].to_vec());
            *cx.buffered += bytes.len() - used;
        }
        push_certificates(cx, buffer, start, &certificates);
        return if used == 0 && cx.keep { detail::FRAGMENT } else { 0 };
    }
    collected.extend_from_slice(bytes);
    *cx.buffered += bytes.len();
    let (used, certificates) = messages(&mut connection.tls, &collected);
    if used == 0 && collected.len() <= limits::MAX_HANDSHAKE {
        connection.keep_handshake(side, collected);
        return detail::FRAGMENT;
    }
    *cx.buffered -= collected.len();
    if used < collected.len() && used > 0 {
        let rest = collected.split_off(used);
        *cx.buffered += rest.len();
        connection.keep_handshake(side, rest);
    }
    if used > 0
        && let Some(buffer) = cx.work.buffers.add("Reassembled TLS Handshake", collected)
    {
        let word = u32::from(connection.tls.version)
            | detail::BARE
            | detail::content(content::HANDSHAKE)
            | detail::key_exchange(connection.tls.key_exchange);
        push(cx, buffer, 0..used, word);
        push_certificates(cx, buffer, 0, &certificates);
    }
    detail::FRAGMENT
}

/// Learns from the whole messages at the start of `bytes`; returns how many bytes they take, and where the certificates
/// in them lie.
pub(super) fn messages(state: &mut TlsState, bytes: &[u8]) -> (usize, Vec<Range<usize>>) {
    let mut used = 0;
    let mut certificates = Vec::new();
    while let Some(message) = Message::at(bytes, used) {
        if let Some(version) = message.chosen_version() {
            state.version = version;
        }
        if let Some(key_exchange) = message.chosen_key_exchange() {
            state.key_exchange = key_exchange;
        }
        if let Some(name) = message.chosen_application() {
            state.application = claimed::alpn(name);
        }
        // Those in front of what is damaged count.
        let _ = message.certificates(state.version, |range| certificates.push(range));
        used = message.end;
    }
    (used, certificates)
}

/// Adds a layer for each certificate; their places count from `start` of the buffer.
fn push_certificates(cx: &mut Cx<'_>, buffer: BufferId, start: usize, certificates: &[Range<usize>]) {
    for range in certificates {
        let range = (start + range.start) as u32..(start + range.end) as u32;
        let end = range.end;
        walk::mark(cx.work, id::x509af, buffer, range, end);
    }
}

fn push(cx: &mut Cx<'_>, buffer: BufferId, range: Range<usize>, detail: u32) -> Option<usize> {
    let (start, end) = (range.start as u32, range.end as u32);
    let header = end - start;
    let layer = Layer { protocol: id::tls, buffer, offset: start, header, end, reported_end: end, detail };
    cx.work.layers.push(layer).then(|| cx.work.layers.as_slice().len() - 1)
}
