//! The head of an HTTP/1 message: its first line and its header fields (RFC 9112 §2.1).

use crate::limits;

/// Methods that begin a request: RFC 9110 §9.3, RFC 5789, WebDAV (RFC 4918, RFC 3253, RFC 5323) and UPnP.
const METHODS: &[&[u8]] = &[
    b"GET",
    b"HEAD",
    b"POST",
    b"PUT",
    b"DELETE",
    b"CONNECT",
    b"OPTIONS",
    b"TRACE",
    b"PATCH",
    b"PROPFIND",
    b"PROPPATCH",
    b"MKCOL",
    b"COPY",
    b"MOVE",
    b"LOCK",
    b"UNLOCK",
    b"REPORT",
    b"SEARCH",
    b"SUBSCRIBE",
    b"UNSUBSCRIBE",
    b"NOTIFY",
    b"M-SEARCH",
];

/// Whether a message begins here.
pub(super) fn is_message(b: &[u8]) -> bool {
    is_response(b) || request_method(b).is_some()
}

pub(super) fn is_response(b: &[u8]) -> bool {
    b.starts_with(b"HTTP/1.")
}

pub(super) fn request_method(b: &[u8]) -> Option<&[u8]> {
    if !b.first().is_some_and(u8::is_ascii_uppercase) {
        return None;
    }
    let method =
        METHODS.iter().copied().find(|method| b.starts_with(method) && b.get(method.len()) == Some(&b' '))?;
    // The target of CONNECT is a host and port (RFC 9110 §9.3.6); NATS has a command of this name, with JSON.
    (method != b"CONNECT" || b.get(8) != Some(&b'{')).then_some(method)
}

/// Whether these few bytes may still become the start of a message.
pub(super) fn may_begin(b: &[u8]) -> bool {
    let begins = |whole: &[u8]| whole.starts_with(b);
    begins(b"HTTP/1.") || METHODS.iter().any(|method| begins(method) || b.strip_suffix(b" ") == Some(method))
}

/// Length of the head, the empty line behind it included; searched from `from` on.
pub(super) fn head_length(b: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += memchr::memchr(b'\n', b.get(at..)?)? + 1;
        match b.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

pub(super) fn status_code(head: &[u8]) -> u16 {
    let code = head.split(|&c| c == b' ').nth(1).unwrap_or(b"");
    decimal(code.get(..3).unwrap_or(b"")).unwrap_or(0) as u16
}

pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text.trim_ascii()).ok()?.parse().ok()
}

/// Chunked is always the last transfer coding (RFC 9112 §6.1).
pub(super) fn is_chunked(head: &[u8]) -> bool {
    const CHUNKED: &[u8] = b"chunked";
    Head::new(head).header(b"transfer-encoding").is_some_and(|value| {
        let start = value.len().saturating_sub(CHUNKED.len());
        value[start..].eq_ignore_ascii_case(CHUNKED)
    })
}

/// The lines of a head.
pub(super) struct Head<'a> {
    bytes: &'a [u8],
    at: usize,
    count: usize,
}

/// One line: where it lies with its line end, and its text without.
pub(super) struct HeadLine<'a> {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) text: &'a [u8],
}

impl<'a> Head<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0, count: 0 }
    }

    /// The value of the first header field of this name, in lower case.
    pub(super) fn header(self, name: &[u8]) -> Option<&'a [u8]> {
        self.skip(1).find_map(|line| {
            let (key, value) = split_header(line.text)?;
            key.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

impl<'a> Iterator for Head<'a> {
    type Item = HeadLine<'a>;

    /// The next line; none behind the empty one.
    fn next(&mut self) -> Option<HeadLine<'a>> {
        let rest = self.bytes.get(self.at..).filter(|rest| !rest.is_empty())?;
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |n| n + 1);
        let line = &rest[..length];
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        if text.is_empty() || self.count > limits::MAX_HTTP_HEADERS {
            return None;
        }
        let start = self.at;
        self.at += length;
        self.count += 1;
        Some(HeadLine { start, end: self.at, text })
    }
}

pub(super) fn split_header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
}
