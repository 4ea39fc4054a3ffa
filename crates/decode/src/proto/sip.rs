//! Session Initiation Protocol, RFC 3261: first line and main headers of a message.

mod headers;
mod parts;

use std::hash::BuildHasher as _;

use rustc_hash::FxBuildHasher;

use self::headers::header_fields;
use super::prelude::*;
use super::{http_head, lines};
use crate::exchanges::{self, Exchange, Turn};
use crate::limits;

header_fields! {
    REQUEST_LINE: Text walk, "sip.Request-Line", "Request-Line";
    METHOD: Text walk, "sip.Method", "Method";
    R_URI: Text walk, "sip.r-uri", "Request-URI";
    R_URI_USER: Text walk, "sip.r-uri.user", "Request-URI User Part";
    R_URI_HOST: Text walk, "sip.r-uri.host", "Request-URI Host Part";
    R_URI_PORT: Text walk, "sip.r-uri.port", "Request-URI Host Port";
    R_URI_PARAM: Text walk, "sip.r-uri.param", "Request URI parameter";
    STATUS_LINE: Text walk, "sip.Status-Line", "Status-Line";
    STATUS_CODE: U32 walk, "sip.Status-Code", "Status-Code";
    MSG_HDR: Text walk, "sip.msg_hdr", "Message Header", hidden;
    MSG_BODY: None walk, "sip.msg_body", "Message Body";
    VIA_TRANSPORT: Text walk, "sip.Via.transport", "Transport";
    VIA_ADDRESS: Text walk, "sip.Via.sent-by.address", "Sent-by Address";
    VIA_PORT: U16 walk, "sip.Via.sent-by.port", "Sent-by port";
    VIA_BRANCH: Text walk, "sip.Via.branch", "Branch";
    VIA_MADDR: Text walk, "sip.Via.maddr", "Maddr";
    VIA_RPORT: Text walk, "sip.Via.rport", "RPort";
    VIA_RECEIVED: Text walk, "sip.Via.received", "Received";
    VIA_TTL: Text walk, "sip.Via.ttl", "TTL";
    VIA_COMP: Text walk, "sip.Via.comp", "Comp";
    FROM_DISPLAY: Text walk, "sip.from.display.info", "SIP from display info";
    FROM_ADDR: Text walk, "sip.from.addr", "SIP from address";
    FROM_USER: Text walk, "sip.from.user", "SIP from address User Part";
    FROM_HOST: Text walk, "sip.from.host", "SIP from address Host Part";
    FROM_PORT: Text walk, "sip.from.port", "SIP from address Host Port";
    FROM_PARAM: Text walk, "sip.from.param", "SIP From URI parameter";
    FROM_TAG: Text walk, "sip.from.tag", "SIP from tag";
    TO_DISPLAY: Text walk, "sip.to.display.info", "SIP to display info";
    TO_ADDR: Text walk, "sip.to.addr", "SIP to address";
    TO_USER: Text walk, "sip.to.user", "SIP to address User Part";
    TO_HOST: Text walk, "sip.to.host", "SIP to address Host Part";
    TO_PORT: Text walk, "sip.to.port", "SIP to address Host Port";
    TO_PARAM: Text walk, "sip.to.param", "SIP To URI parameter";
    TO_TAG: Text walk, "sip.to.tag", "SIP to tag";
    TAG: Text walk, "sip.tag", "SIP tag", hidden;
    DISPLAY_INFO: Text walk, "sip.display.info", "SIP Display info", hidden;
    CSEQ_SEQ: U32 walk, "sip.CSeq.seq", "Sequence Number";
    CSEQ_METHOD: Text walk, "sip.CSeq.method", "Method";
    CONTACT_URI: Text walk, "sip.contact.uri", "Contact URI";
    CONTACT_USER: Text walk, "sip.contact.user", "Contact URI User Part";
    CONTACT_HOST: Text walk, "sip.contact.host", "Contact URI Host Part";
    CONTACT_PORT: Text walk, "sip.contact.port", "Contact URI Host Port";
    CONTACT_PARAM: Text walk, "sip.contact.param", "Contact URI parameter";
    CONTACT_PARAMETER: Text walk, "sip.contact.parameter", "Contact parameter";
    ROUTE_URI: Text walk, "sip.Route.uri", "Route URI";
    ROUTE_USER: Text walk, "sip.Route.user", "Route Userinfo";
    ROUTE_HOST: Text walk, "sip.Route.host", "Route Host Part";
    ROUTE_PORT: Text walk, "sip.Route.port", "Route Host Port";
    ROUTE_PARAM: Text walk, "sip.Route.param", "Route URI parameter";
    RECORD_ROUTE_URI: Text walk, "sip.Record-Route.uri", "Record-Route URI";
    RECORD_ROUTE_USER: Text walk, "sip.Record-Route.user", "Record-Route Userinfo";
    RECORD_ROUTE_HOST: Text walk, "sip.Record-Route.host", "Record-Route Host Part";
    RECORD_ROUTE_PORT: Text walk, "sip.Record-Route.port", "Record-Route Host Port";
    RECORD_ROUTE_PARAM: Text walk, "sip.Record-Route.param", "Record-Route URI parameter";
    RESPONSE_REQUEST: FrameNumber exchange(exchanges::request_frame), "sip.response-request", "Request Frame";
    RESPONSE_TIME: U32 exchange(exchanges::elapsed_whole_milliseconds), "sip.response-time", "Response Time (ms)";
    AUTH: Text walk, "sip.auth", "Authentication";
    AUTH_SCHEME: Text walk, "sip.auth.scheme", "Authentication Scheme";
    AUTH_RESPONSE: Text walk, "sip.auth.digest.response", "Digest Authentication Response";
    AUTH_NC: Text walk, "sip.auth.nc", "Nonce Count";
    AUTH_USERNAME: Text walk, "sip.auth.username", "Username";
    AUTH_REALM: Text walk, "sip.auth.realm", "Realm";
    AUTH_NONCE: Text walk, "sip.auth.nonce", "Nonce Value";
    AUTH_ALGORITHM: Text walk, "sip.auth.algorithm", "Algorithm";
    AUTH_OPAQUE: Text walk, "sip.auth.opaque", "Opaque Value";
    AUTH_QOP: Text walk, "sip.auth.qop", "QOP";
    AUTH_CNONCE: Text walk, "sip.auth.cnonce", "CNonce Value";
    AUTH_URI: Text walk, "sip.auth.uri", "Authentication URI";
    AUTH_DOMAIN: Text walk, "sip.auth.domain", "Authentication Domain";
    AUTH_STALE: Text walk, "sip.auth.stale", "Stale Flag";
    AUTH_AUTS: Text walk, "sip.auth.auts", "Authentication Token";
    AUTH_RSPAUTH: Text walk, "sip.auth.rspauth", "Response auth";
    AUTH_NEXTNONCE: Text walk, "sip.auth.nextnonce", "Next Nonce";
    MECHANISM: Text walk, "sip.sec_mechanism", "[Security-mechanism]";
    MECHANISM_ALG: Text walk, "sip.sec_mechanism.alg", "alg";
    MECHANISM_EALG: Text walk, "sip.sec_mechanism.ealg", "ealg";
    MECHANISM_PROT: Text walk, "sip.sec_mechanism.prot", "prot";
    MECHANISM_SPI_C: U32 walk, "sip.sec_mechanism.spi_c", "spi-c";
    MECHANISM_SPI_S: U32 walk, "sip.sec_mechanism.spi_s", "spi-s";
    MECHANISM_PORT_C: U16 walk, "sip.sec_mechanism.port_c", "port-c";
    MECHANISM_PORT_S: U16 walk, "sip.sec_mechanism.port_s", "port-s";
    ACCESS_TYPE: Text walk, "sip.P-Access-Network-Info.access-type", "access-type";
    ACCESS_CELL: Text walk, "sip.P-Access-Network-Info.utran-cell-id-3gpp", "utran-cell-id-3gpp";
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
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    ..Protocol::new("sip", "Session Initiation Protocol", "SIP")
};

/// What is no message is data. A body is shown with the headers, but for a description of a session.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    if !is_message(b.0) {
        return Ok(Step::next(0, id::data));
    }
    let head = http_head::head_length(b.0, 0).unwrap_or(b.len());
    let mut described = false;
    each_header(&b.0[..head], &mut |name, _, value| {
        if is_named(name, "content-type", "c") {
            let kind = value.split(|&byte| byte == b';').next().unwrap_or_default();
            described |= kind.trim_ascii().eq_ignore_ascii_case(b"application/sdp");
        }
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
    let Some(head) = http_head::head_length(b, from) else {
        framing.progress[0] = b.len() as u64;
        return if b.len() > limits::MAX_HTTP_HEAD { Length::NotMine } else { Length::Need };
    };
    let mut body = 0;
    each_header(&b[..head], &mut |name, _, value| {
        if is_named(name, "content-length", "l") {
            body = number(value).unwrap_or(0);
        }
    });
    Length::Known(head as u64 + u64::from(body))
}

const VERSION: &[u8] = b"SIP/2.0";

fn is_response(line: &[u8]) -> bool {
    line.starts_with(VERSION)
}

/// Whether a header field has this name or its short form, in any case (RFC 3261 §7.3.1, §7.3.3).
fn is_named(name: &[u8], long: &str, short: &str) -> bool {
    name.eq_ignore_ascii_case(long.as_bytes())
        || name.len() == 1 && name.eq_ignore_ascii_case(short.as_bytes())
}

fn header(name: &[u8]) -> Option<FieldIndex> {
    HEADERS.iter().find(|(long, short, _)| is_named(name, long, short)).map(|&(_, _, field)| field)
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
        let (method, behind) = lines::word(line);
        out.put(METHOD, 0..method.len(), Value::Text(method));
        let (uri, _) = lines::word(&line[behind..]);
        parts::uri(bytes, behind..behind + uri.len(), &parts::REQUEST_URI, out);
    }
    let head = http_head::head_length(bytes, 0).unwrap_or(bytes.len());
    let first = memchr::memchr(b'\n', bytes).map_or(bytes.len(), |end| end + 1).min(head);
    out.put(MSG_HDR, first..head, Value::Text(&bytes[first..head]));
    each_header(bytes, &mut |name, at, value| {
        let Some(field) = header(name) else { return };
        if FIELDS.get(usize::from(field.0)).is_none_or(|row| row.kind == crate::field::Kind::Text) {
            out.put(field, at.clone(), Value::Text(value));
        } else if let Some(number) = number(value) {
            out.put(field, at.clone(), Value::Unsigned(number.into()));
        }
        parts::header(field, bytes, at, value, out);
    });
    if head < view.bytes.len() {
        out.put(MSG_BODY, head..view.bytes.len(), Value::Present);
    }
    Ok(())
}

/// A response has the Call-ID and the CSeq of its request (RFC 3261 §8.2.6.2).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let bytes = view.header().0;
    let (mut key, mut parts) = (0_u64, 0);
    each_header(bytes, &mut |name, _, value| {
        if is_named(name, "call-id", "i") || name.eq_ignore_ascii_case(b"cseq") {
            parts += 1;
            key = key.wrapping_add(FxBuildHasher.hash_one(value));
        }
    });
    if parts == 2 {
        out(if is_response(bytes) { Turn::Response(key) } else { Turn::Request(key) });
    }
}

/// The header fields: their names, with the place of the line and the value, up to the empty line.
fn each_header<'a>(head: &'a [u8], take: &mut dyn FnMut(&'a [u8], std::ops::Range<usize>, &'a [u8])) {
    let next = |at: usize| memchr::memchr(b'\n', &head[at..]).map_or(head.len(), |end| at + end + 1);
    let mut at = next(0);
    while at < head.len() {
        let line = lines::first(&head[at..]);
        if line.is_empty() {
            break;
        }
        if let Some(colon) = memchr::memchr(b':', line) {
            take(line[..colon].trim_ascii(), at..at + line.len(), line[colon + 1..].trim_ascii());
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
