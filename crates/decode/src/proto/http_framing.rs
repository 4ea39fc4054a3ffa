//! How long an HTTP/1 message is, and which protocol comes behind it (RFC 9112 §6.3, §7.1).

use super::http_body::Chunk;
use super::http_head::{
    Head, decimal, head_length, is_chunked, is_message, is_response, may_begin, request_method, status_code,
};
use super::prelude::*;
use crate::limits;

/// What a response needs to know of its request, 2 bits each in a queue (RFC 9112 §6.3).
mod asked {
    pub(super) const OTHER: u64 = 1;
    pub(super) const HEAD: u64 = 2;
    pub(super) const CONNECT: u64 = 3;
}

/// How the length of a body is told.
pub(super) enum Body {
    Length(u64),
    Chunked,
    UntilClose,
}

/// Length of head and body (RFC 9112 §6.3). `progress` holds the length of the head, once known, and where to go on.
pub(super) fn frame(b: &[u8], cx: &mut Framing<'_>) -> Length {
    if cx.progress[0] == 0 {
        if !is_message(b) {
            return if may_begin(b) { Length::Need } else { Length::NotMine };
        }
        let from = (cx.progress[1] as usize).saturating_sub(3);
        let Some(head) = head_length(b, from) else {
            cx.progress[1] = b.len() as u64;
            return if b.len() > limits::MAX_HTTP_HEAD { Length::NotMine } else { Length::Need };
        };
        *cx.progress = [head as u64, head as u64];
    }
    let head = cx.progress[0] as usize;
    let Some(bytes) = b.get(..head) else { return Length::NotMine };
    let length = match body_of(bytes, cx.memory[0] & 3) {
        Body::Length(length) => Length::Known((head as u64).saturating_add(length)),
        Body::Chunked => chunked_length(b, &mut cx.progress[1]),
        Body::UntilClose => Length::UntilClose,
    };
    if let Length::Known(_) | Length::UntilClose = length {
        remember(bytes, cx);
    }
    length
}

/// Keeps the queue of requests, and sees when another protocol takes over. Comes once for each message.
fn remember(head: &[u8], cx: &mut Framing<'_>) {
    let queue = &mut cx.memory[0];
    if let Some(method) = request_method(head) {
        let entry = match method {
            b"HEAD" => asked::HEAD,
            b"CONNECT" => asked::CONNECT,
            _ => asked::OTHER,
        };
        let used = (64 - queue.leading_zeros()).next_multiple_of(2);
        if used < 64 {
            *queue |= entry << used;
        }
        return;
    }
    let asked = *queue & 3;
    match status_code(head) {
        // After the switch comes what Upgrade names; HTTP/2 over clear text is h2c (RFC 7540 §3.2).
        101 => {
            let to = Head::new(head).header(b"upgrade");
            let is = |name: &[u8]| to.is_some_and(|to| to.eq_ignore_ascii_case(name));
            *cx.upgrade = Some(match () {
                () if is(b"h2c") => id::http2,
                () if is(b"websocket") => id::websocket,
                () => ProtocolId::NONE,
            });
        }
        100..=199 => {}
        code => {
            *queue >>= 2;
            if asked == asked::CONNECT && (200..300).contains(&code) {
                *cx.upgrade = Some(ProtocolId::NONE);
            }
        }
    }
}

pub(super) fn body_of(bytes: &[u8], asked: u64) -> Body {
    let chunked = is_chunked(bytes);
    let length = Head::new(bytes).header(b"content-length").and_then(decimal);
    if is_response(bytes) {
        let code = status_code(bytes);
        let none = matches!(code, 100..=199 | 204 | 304)
            || asked == asked::HEAD
            || asked == asked::CONNECT && (200..300).contains(&code);
        if none {
            return Body::Length(0);
        }
    }
    match (chunked, length) {
        (true, _) => Body::Chunked,
        (false, Some(length)) => Body::Length(length),
        (false, None) if is_response(bytes) => Body::UntilClose,
        (false, None) => Body::Length(0),
    }
}

/// Length up to the end of a chunked body; `at` is where its next chunk begins, and moves on (RFC 9112 §7.1).
fn chunked_length(b: &[u8], at: &mut u64) -> Length {
    loop {
        let here = *at as usize;
        let Some(Chunk { size, data }) = Chunk::at(b, here) else {
            let hopeless = b.len().saturating_sub(here) > 1024;
            return if hopeless { Length::Known(b.len() as u64) } else { Length::Need };
        };
        let Some(size) = size else { return Length::Known(here.max(1) as u64) };
        if size == 0 {
            return match trailer_end(b, data) {
                Some(end) => Length::Known(end as u64),
                None => Length::Need,
            };
        }
        let next = (data as u64).saturating_add(size).saturating_add(2);
        if next > b.len() as u64 {
            return if next > limits::MAX_PDU as u64 { Length::Known(next) } else { Length::Need };
        }
        *at = next;
    }
}

/// The end of the trailer fields: behind an empty line.
fn trailer_end(b: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = b.get(at..)?;
        let line = memchr::memchr(b'\n', rest)?;
        at += line + 1;
        if rest[..line].is_empty() || rest[..line] == *b"\r" {
            return Some(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decryptor::Side;

    /// Frames `b`, with what the connection remembers.
    fn framed(b: &[u8], side: Side, memory: &mut [u64; 2]) -> (Length, Option<ProtocolId>) {
        let (mut progress, mut upgrade) = ([0; 2], None);
        let length = frame(b, &mut Framing { side, progress: &mut progress, memory, upgrade: &mut upgrade });
        (length, upgrade)
    }

    #[test]
    fn the_length_of_a_response_depends_on_its_request() {
        let response = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let mut memory = [0; 2];
        for method in ["GET", "HEAD", "GET"] {
            let request = format!("{method} / HTTP/1.1\r\n\r\n");
            let length = framed(request.as_bytes(), Side::Initiator, &mut memory).0;
            assert_eq!(length, Length::Known(request.len() as u64));
        }
        let lengths = [(); 3].map(|()| framed(response, Side::Responder, &mut memory).0);
        assert_eq!(lengths, [Length::Known(43), Length::Known(38), Length::Known(43)]);
        assert_eq!(memory[0], 0);
    }

    #[test]
    fn chunks_end_behind_the_trailer() {
        let whole = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\nNEXT";
        let mut memory = [0; 2];
        let (mut progress, mut upgrade) = ([0; 2], None);
        for cut in 20..whole.len() - 4 {
            let cx = &mut Framing {
                side: Side::Responder,
                progress: &mut progress,
                memory: &mut memory,
                upgrade: &mut upgrade,
            };
            assert_eq!(frame(&whole[..cut], cx), Length::Need, "{cut} bytes");
        }
        let length = framed(whole, Side::Responder, &mut memory).0;
        assert_eq!(length, Length::Known(whole.len() as u64 - 4));
    }

    #[test]
    fn a_tunnel_ends_http() {
        let mut memory = [0; 2];
        framed(b"CONNECT a:443 HTTP/1.1\r\n\r\n", Side::Initiator, &mut memory);
        let (length, upgrade) = framed(b"HTTP/1.1 200 OK\r\n\r\n", Side::Responder, &mut memory);
        assert_eq!((length, upgrade), (Length::Known(19), Some(ProtocolId::NONE)));
        let head = b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n";
        assert_eq!(framed(head, Side::Responder, &mut memory).1, Some(id::http2));
    }
}
