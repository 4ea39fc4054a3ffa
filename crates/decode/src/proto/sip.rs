//! Session Initiation Protocol, RFC 3261: first line and main headers of a message.

use super::lines;
use super::prelude::*;

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
    claims: &[Claim::UdpPort(5060)],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("sip", "Session Initiation Protocol", "SIP")
};

/// A message begins with the version or has it at the end of its first line (RFC 3261 §7); what does not is data.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    let line = lines::first(b.0);
    if is_response(line) || line.ends_with(VERSION) {
        return Ok(Step::last(b));
    }
    Ok(Step::next(0, id::data))
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
    let next = |at: usize| memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |end| at + end + 1);
    let mut at = next(0);
    while at < bytes.len() {
        let line = lines::first(&bytes[at..]);
        if line.is_empty() {
            break;
        }
        if let Some(colon) = memchr::memchr(b':', line)
            && let Some(field) = header(line[..colon].trim_ascii())
        {
            put_header(field, at..at + line.len(), line[colon + 1..].trim_ascii(), out);
        }
        at = next(at);
    }
    Ok(())
}

fn put_header(field: FieldIndex, at: std::ops::Range<usize>, value: &[u8], out: &mut dyn FieldSink) {
    if !matches!(field, MAX_FORWARDS | CONTENT_LENGTH | EXPIRES) {
        return out.put(field, at, Value::Text(value));
    }
    if let Some(number) = std::str::from_utf8(value).ok().and_then(|text| text.parse::<u32>().ok()) {
        out.put(field, at, Value::Unsigned(number.into()));
    }
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
