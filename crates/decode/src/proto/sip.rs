//! Session Initiation Protocol, RFC 3261: first line and main headers of a message.

use super::prelude::*;
use super::{http, lines};
use crate::limits;

fields! {
    REQUEST_LINE: Text walk, "sip.Request-Line", "Request-Line";
    METHOD: Text walk, "sip.Method", "Method";
    STATUS_LINE: Text walk, "sip.Status-Line", "Status-Line";
    STATUS_CODE: U32 walk, "sip.Status-Code", "Status-Code";
    VIA: Text walk, "sip.Via", "Via";
    FROM: Text walk, "sip.From", "From";
    TO: Text walk, "sip.To", "To";
    CALL_ID: Text walk, "sip.Call-ID", "Call-ID";
    CSEQ: Text walk, "sip.CSeq", "CSeq";
    CONTACT: Text walk, "sip.Contact", "Contact";
    MAX_FORWARDS: U32 walk, "sip.Max-Forwards", "Max-Forwards";
    USER_AGENT: Text walk, "sip.User-Agent", "User-Agent";
    SERVER: Text walk, "sip.Server", "Server";
    CONTENT_TYPE: Text walk, "sip.Content-Type", "Content-Type";
    CONTENT_LENGTH: U32 walk, "sip.Content-Length", "Content-Length";
    EXPIRES: U32 walk, "sip.Expires", "Expires";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(5060), Claim::TcpPort(5060)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe: is_message, any_port: true, frame, prefix: 0, partial_counts: false }),
    datagrams: Some(Datagrams {
        admits: is_message,
        recognise: Some(is_message),
        keeps: false,
        follow: None,
    }),
    info: Some(info),
    ..Protocol::new("sip", "Session Initiation Protocol", "SIP")
};

/// What is no message is data. A body is shown with the headers, but for a description of a session.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    if !is_message(b.0) {
        return Ok(Step::next(0, id::data));
    }
    let head = http::head_length(b.0, 0).unwrap_or(b.len());
    let mut described = false;
    each_header(&b.0[..head], &mut |field, _, value| {
        let kind = value.split(|&byte| byte == b';').next().unwrap_or_default();
        described |= field == CONTENT_TYPE && kind.trim_ascii().eq_ignore_ascii_case(b"application/sdp");
    });
    Ok(if described && head < b.len() { Step::next(head, id::sdp) } else { Step::last(b) })
}

/// A message begins with the version or has it at the end of its first line (RFC 3261 §7).
fn is_message(b: &[u8]) -> bool {
    // Nothing else is worth a search for the end of the line.
    if !b.first().is_some_and(u8::is_ascii_uppercase) {
        return false;
    }
    let line = lines::first(&b[..b.len().min(limits::MAX_SIP_LINE)]);
    is_response(line) || line.ends_with(VERSION)
}

/// Over a stream every message says how long its body is (RFC 3261 §18.3).
fn frame(b: &[u8], framing: &mut Framing<'_>) -> Length {
    // Empty lines keep the connection open (RFC 5626 §3.5.1).
    if b.starts_with(b"\r\n") {
        return Length::Known(2);
    }
    let from = (framing.progress[0] as usize).saturating_sub(3);
    let Some(head) = http::head_length(b, from) else {
        framing.progress[0] = b.len() as u64;
        return if b.len() > limits::MAX_HTTP_HEAD { Length::NotMine } else { Length::Need };
    };
    let mut body = 0;
    each_header(&b[..head], &mut |field, _, value| {
        if field == CONTENT_LENGTH {
            body = number(value).unwrap_or(0);
        }
    });
    Length::Known(head as u64 + u64::from(body))
}

const VERSION: &[u8] = b"SIP/2.0";

fn is_response(line: &[u8]) -> bool {
    line.starts_with(VERSION)
}

/// A header by its name or its short form (RFC 3261 §7.3.3).
fn header(name: &[u8]) -> Option<FieldIndex> {
    const HEADERS: &[(&str, &str, FieldIndex)] = &[
        ("via", "v", VIA),
        ("from", "f", FROM),
        ("to", "t", TO),
        ("call-id", "i", CALL_ID),
        ("cseq", "", CSEQ),
        ("contact", "m", CONTACT),
        ("max-forwards", "", MAX_FORWARDS),
        ("user-agent", "", USER_AGENT),
        ("server", "", SERVER),
        ("content-type", "c", CONTENT_TYPE),
        ("content-length", "l", CONTENT_LENGTH),
        ("expires", "", EXPIRES),
    ];
    let is = |known: &str| !known.is_empty() && name.eq_ignore_ascii_case(known.as_bytes());
    HEADERS.iter().find(|(long, short, _)| is(long) || is(short)).map(|&(_, _, field)| field)
}

fn status(line: &[u8]) -> Option<u64> {
    lines::reply(line.get(VERSION.len() + 1..)?)
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bytes = view.header().0;
    let line = lines::first(bytes);
    if line.is_empty() {
        return Ok(());
    }
    if is_response(line) {
        out.put(STATUS_LINE, 0..line.len(), Value::Text(line));
        if let Some(code) = status(line) {
            let at = VERSION.len() + 1;
            out.put(STATUS_CODE, at..at + 3, Value::Unsigned(code));
        }
    } else {
        out.put(REQUEST_LINE, 0..line.len(), Value::Text(line));
        let (method, _) = lines::word(line);
        out.put(METHOD, 0..method.len(), Value::Text(method));
    }
    each_header(bytes, &mut |field, at, value| {
        if !matches!(field, MAX_FORWARDS | CONTENT_LENGTH | EXPIRES) {
            out.put(field, at, Value::Text(value));
        } else if let Some(number) = number(value) {
            out.put(field, at, Value::Unsigned(number.into()));
        }
    });
    Ok(())
}

/// The headers that have a field, with their place and their value, up to the empty line.
fn each_header<'a>(head: &'a [u8], take: &mut dyn FnMut(FieldIndex, std::ops::Range<usize>, &'a [u8])) {
    let next = |at: usize| memchr::memchr(b'\n', &head[at..]).map_or(head.len(), |end| at + end + 1);
    let mut at = next(0);
    while at < head.len() {
        let line = lines::first(&head[at..]);
        if line.is_empty() {
            break;
        }
        if let Some(colon) = memchr::memchr(b':', line)
            && let Some(field) = header(line[..colon].trim_ascii())
        {
            take(field, at..at + line.len(), line[colon + 1..].trim_ascii());
        }
        at = next(at);
    }
}

fn number(value: &[u8]) -> Option<u32> {
    std::str::from_utf8(value).ok()?.parse().ok()
}

fn info(view: &View<'_>, out: &mut String) {
    let line = lines::first(view.header().0);
    match line.strip_prefix(VERSION) {
        Some(status) => {
            out.push_str("Status:");
            crate::text::write_escaped(status, out);
        }
        None => {
            out.push_str("Request: ");
            crate::text::write_escaped(line.strip_suffix(VERSION).unwrap_or(line).trim_ascii_end(), out);
        }
    }
}
