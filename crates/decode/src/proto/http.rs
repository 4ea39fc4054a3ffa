//! HTTP/1.0 and HTTP/1.1, RFC 9112. A message, head and body, is one PDU.

use std::borrow::Cow;

use super::http_body;
use super::http_framing::{Body, body_of, frame};
use super::http_head::{
    Head, HeadLine, decimal, head_length, is_chunked, is_message, is_response, request_method, split_header,
    status_code,
};
use super::prelude::*;
use crate::decryptor::Side;
use crate::exchanges::{self, Exchange, Turn};
use crate::flow::Unpacker;
use crate::limits::Counters;

fields! {
    REQUEST: Bool walk, "http.request", "Request";
    REQUEST_METHOD: Text walk, "http.request.method", "Request Method";
    REQUEST_URI: Text walk, "http.request.uri", "Request URI";
    REQUEST_PATH: Text walk, "http.request.uri.path", "Request URI Path";
    REQUEST_QUERY: Text walk, "http.request.uri.query", "Request URI Query";
    REQUEST_PARAMETER: Text walk, "http.request.uri.query.parameter", "Request URI Query Parameter";
    REQUEST_VERSION: Text walk, "http.request.version", "Request Version";
    RESPONSE: Bool walk, "http.response", "Response";
    RESPONSE_VERSION: Text walk, "http.response.version", "Response Version";
    RESPONSE_CODE: U16 walk, "http.response.code", "Status Code";
    RESPONSE_DESC: Text walk, "http.response.code.desc", "Status Code Description";
    RESPONSE_PHRASE: Text walk, "http.response.phrase", "Response Phrase";
    REQUEST_LINE: Text walk, "http.request.line", "Request line";
    RESPONSE_LINE: Text walk, "http.response.line", "Response line";
    AUTHORIZATION: Text walk, "http.authorization", "Authorization";
    PROXY_AUTHENTICATE: Text walk, "http.proxy_authenticate", "Proxy-Authenticate";
    PROXY_AUTHORIZATION: Text walk, "http.proxy_authorization", "Proxy-Authorization";
    WWW_AUTHENTICATE: Text walk, "http.www_authenticate", "WWW-Authenticate";
    CONTENT_TYPE: Text walk, "http.content_type", "Content-Type";
    CONTENT_LENGTH_HEADER: Text walk, "http.content_length_header", "Content-Length";
    CONTENT_LENGTH: U64 walk, "http.content_length", "Content length";
    CONTENT_ENCODING: Text walk, "http.content_encoding", "Content-Encoding";
    TRANSFER_ENCODING: Text walk, "http.transfer_encoding", "Transfer-Encoding";
    UPGRADE: Text walk, "http.upgrade", "Upgrade";
    USER_AGENT: Text walk, "http.user_agent", "User-Agent";
    HOST: Text walk, "http.host", "Host";
    CONNECTION: Text walk, "http.connection", "Connection";
    COOKIE: Text walk, "http.cookie", "Cookie";
    COOKIE_PAIR: Text walk, "http.cookie_pair", "Cookie pair";
    SET_COOKIE: Text walk, "http.set_cookie", "Set-Cookie";
    ACCEPT: Text walk, "http.accept", "Accept";
    ACCEPT_LANGUAGE: Text walk, "http.accept_language", "Accept-Language";
    ACCEPT_ENCODING: Text walk, "http.accept_encoding", "Accept Encoding";
    REFERER: Text walk, "http.referer", "Referer";
    DATE: Text walk, "http.date", "Date";
    CACHE_CONTROL: Text walk, "http.cache_control", "Cache-Control";
    SERVER: Text walk, "http.server", "Server";
    LOCATION: Text walk, "http.location", "Location";
    LAST_MODIFIED: Text walk, "http.last_modified", "Last-Modified";
    X_FORWARDED_FOR: Text walk, "http.x_forwarded_for", "X-Forwarded-For";
    SEC_WEBSOCKET_ACCEPT: Text walk, "http.sec_websocket_accept", "Sec-WebSocket-Accept";
    SEC_WEBSOCKET_EXTENSIONS: Text walk, "http.sec_websocket_extensions", "Sec-WebSocket-Extensions";
    SEC_WEBSOCKET_KEY: Text walk, "http.sec_websocket_key", "Sec-WebSocket-Key";
    SEC_WEBSOCKET_PROTOCOL: Text walk, "http.sec_websocket_protocol", "Sec-WebSocket-Protocol";
    SEC_WEBSOCKET_VERSION: Text walk, "http.sec_websocket_version", "Sec-WebSocket-Version";
    HTTP2_SETTINGS: Text walk, "http.http2_settings", "HTTP2-Settings";
    REQUEST_NUMBER: U32 exchange(exchanges::request_number), "http.request_number", "HTTP request";
    RESPONSE_NUMBER: U32 exchange(exchanges::response_number), "http.response_number", "HTTP response";
    TIME: Duration exchange(exchanges::elapsed), "http.time", "Time since request";
    REQUEST_IN: FrameNumber exchange(exchanges::request_frame), "http.request_in", "Request in frame";
    PREV_REQUEST_IN: FrameNumber exchange(exchanges::previous_request), "http.prev_request_in", "Prev request in frame";
    PREV_RESPONSE_IN: FrameNumber exchange(exchanges::previous_response), "http.prev_response_in", "Prev response in frame";
    RESPONSE_FOR_URI: Text exchange(exchanges::subject), "http.response_for.uri", "Request URI";
    FULL_URI: Text walk, "http.request.full_uri", "Full request URI";
    CHUNK_SIZE: U32 walk, "http.chunk_size", "Chunk size";
    FILE_DATA: Text walk, "http.file_data", "File Data";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[
        Claim::TcpPort(80),
        Claim::TcpPort(3128),
        Claim::TcpPort(8000),
        Claim::TcpPort(8080),
        Claim::Alpn("http/1.1"),
        Claim::Alpn("http/1.0"),
    ],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe: is_message, any_port: true, frame, prefix: 0, partial_counts: false }),
    unpacker: Some(|| Box::new(Bodies)),
    exchange: Some(Exchange { subject: Some(subject), ..Exchange::new(turns) }),
    info: Some(info),
    column_of: Some(|view| match view.below().last() {
        Some(layer) if layer.protocol == id::ssdp => "SSDP",
        _ => "HTTP",
    }),
    ..Protocol::new("http", "Hypertext Transfer Protocol", "HTTP")
};

/// The body follows as what the content type says, unless it has to be unpacked first.
pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    match head_length(b.0, 0).filter(|&head| head < b.len() && is_message(b.0)) {
        // Behind the request in a datagram there may be more than it has (RFC 9112 §6.3).
        Some(head) if has_no_body(&b.0[..head]) => {
            Ok(Step { end: head as u32, ..Step::next(head, ProtocolId::NONE) })
        }
        Some(head) if !is_packed(&b.0[..head]) => Ok(Step::next(head, content_protocol(&b.0[..head]))),
        _ => Ok(Step::last(b)),
    }
}

fn has_no_body(head: &[u8]) -> bool {
    request_method(head).is_some() && matches!(body_of(head, 0), Body::Length(0))
}

/// Whether the body is not the content itself.
fn is_packed(head: &[u8]) -> bool {
    is_chunked(head) || Head::new(head).header(b"content-encoding").is_some()
}

fn content_protocol(head: &[u8]) -> ProtocolId {
    http_body::protocol_of(Head::new(head).header(b"content-type"))
}

/// Puts chunks together and undoes codings.
struct Bodies;

impl Unpacker for Bodies {
    fn pdu(
        &mut self,
        _: Side,
        message: &[u8],
        out: &mut Vec<u8>,
        counters: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        let (head, body) = message.split_at_checked(head_length(message, 0)?)?;
        if body.is_empty() || !is_packed(head) {
            return None;
        }
        let content = if is_chunked(head) { Cow::Owned(http_body::join(body)) } else { Cow::Borrowed(body) };
        let codings = Head::new(head).header(b"content-encoding").unwrap_or_default();
        match http_body::decoded(&content, codings) {
            Some(plain) => out.extend_from_slice(&plain),
            None => counters.bodies_cut += 1,
        }
        (!out.is_empty()).then(|| (content_protocol(head), 0))
    }

    fn forget(&mut self, _: Side) {}

    fn kept(&self) -> usize {
        0
    }
}

/// Header fields that have a row of their own, by their name in lower case, sorted.
static HEADERS: &[(&str, FieldIndex)] = &[
    ("accept", ACCEPT),
    ("accept-encoding", ACCEPT_ENCODING),
    ("accept-language", ACCEPT_LANGUAGE),
    ("authorization", AUTHORIZATION),
    ("cache-control", CACHE_CONTROL),
    ("connection", CONNECTION),
    ("content-encoding", CONTENT_ENCODING),
    ("content-length", CONTENT_LENGTH_HEADER),
    ("content-type", CONTENT_TYPE),
    ("cookie", COOKIE),
    ("date", DATE),
    ("host", HOST),
    ("http2-settings", HTTP2_SETTINGS),
    ("last-modified", LAST_MODIFIED),
    ("location", LOCATION),
    ("proxy-authenticate", PROXY_AUTHENTICATE),
    ("proxy-authorization", PROXY_AUTHORIZATION),
    ("referer", REFERER),
    ("sec-websocket-accept", SEC_WEBSOCKET_ACCEPT),
    ("sec-websocket-extensions", SEC_WEBSOCKET_EXTENSIONS),
    ("sec-websocket-key", SEC_WEBSOCKET_KEY),
    ("sec-websocket-protocol", SEC_WEBSOCKET_PROTOCOL),
    ("sec-websocket-version", SEC_WEBSOCKET_VERSION),
    ("server", SERVER),
    ("set-cookie", SET_COOKIE),
    ("transfer-encoding", TRANSFER_ENCODING),
    ("upgrade", UPGRADE),
    ("user-agent", USER_AGENT),
    ("www-authenticate", WWW_AUTHENTICATE),
    ("x-forwarded-for", X_FORWARDED_FOR),
];

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let bytes = view.bytes.0;
    if !is_message(bytes) {
        return Ok(());
    }
    let response = is_response(bytes);
    let mut lines = Head::new(bytes);
    let Some(first) = lines.next() else { return Ok(()) };
    out.open(first.start..first.end, format_args!("{}", String::from_utf8_lossy(first.text)));
    let uri = if response { status_line(&first, out) } else { request_line(&first, out) };
    out.close();
    out.put(if response { RESPONSE } else { REQUEST }, 0..0, Value::Bool(true));
    let mut host = None;
    let mut codings = &b""[..];
    for line in lines.by_ref() {
        let field = if response { RESPONSE_LINE } else { REQUEST_LINE };
        out.put(field, line.start..line.end, Value::Text(&bytes[line.start..line.end]));
        let Some((name, value)) = split_header(line.text) else { continue };
        header(name, value, line.start..line.end, out);
        if name.eq_ignore_ascii_case(b"host") {
            host = Some(value);
        }
        if name.eq_ignore_ascii_case(b"content-encoding") {
            codings = value;
        }
    }
    if let (Some(host), Some(uri), true) = (host, uri, out.wants(FULL_URI)) {
        out.put(FULL_URI, 0..0, Value::Text(&full_uri(view, bytes, host, uri)));
    }
    let body = head_length(bytes, 0).unwrap_or(bytes.len());
    show_body(view, body, codings, out);
    Ok(())
}

/// Responses come in the order of the requests (RFC 9112 §9.3.2), interim ones in front of them (RFC 9110 §15.2).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let bytes = view.bytes.0;
    match () {
        () if request_method(bytes).is_some() => out(Turn::NextRequest),
        () if !is_response(bytes) => {}
        () if matches!(status_code(bytes), 100 | 102..=199) => out(Turn::Interim),
        () => out(Turn::NextResponse),
    }
}

/// The whole target of a request, for its response.
fn subject(view: &View<'_>, out: &mut Vec<u8>) {
    let bytes = view.bytes.0;
    let target = Head::new(bytes).next().and_then(|line| line.text.split(|&c| c == b' ').nth(1));
    let host = Head::new(bytes).header(b"host");
    if let (Some(target), Some(host)) = (target, host.or(bytes.starts_with(b"CONNECT ").then_some(b""))) {
        out.extend_from_slice(&full_uri(view, bytes, host, target));
    }
}

/// Method, target and version; returns the target.
fn request_line<'a>(line: &HeadLine<'a>, out: &mut dyn FieldSink) -> Option<&'a [u8]> {
    let method_end = memchr::memchr(b' ', line.text)?;
    let rest = &line.text[method_end + 1..];
    let uri_end = memchr::memrchr(b' ', rest).unwrap_or(rest.len());
    let uri = &rest[..uri_end];
    let uri_at = line.start + method_end + 1;
    out.put(REQUEST_METHOD, line.start..line.start + method_end, Value::Text(&line.text[..method_end]));
    out.put(REQUEST_URI, uri_at..uri_at + uri.len(), Value::Text(uri));
    if let Some(mark) = memchr::memchr(b'?', uri).filter(|mark| mark + 1 < uri.len()) {
        let query = &uri[mark + 1..];
        let query_at = uri_at + mark + 1;
        out.put(REQUEST_PATH, uri_at..uri_at + mark, Value::Text(&uri[..mark]));
        out.put(REQUEST_QUERY, query_at..query_at + query.len(), Value::Text(query));
        let mut at = query_at;
        for parameter in query.split(|&c| c == b'&') {
            if !parameter.is_empty() {
                out.put(REQUEST_PARAMETER, at..at + parameter.len(), Value::Text(parameter));
            }
            at += parameter.len() + 1;
        }
    }
    if uri_end < rest.len() {
        let version = &rest[uri_end + 1..];
        let at = uri_at + uri_end + 1;
        out.put(REQUEST_VERSION, at..at + version.len(), Value::Text(version));
    }
    Some(uri)
}

/// Version, code and phrase; there is no target to return.
fn status_line<'a>(line: &HeadLine<'a>, out: &mut dyn FieldSink) -> Option<&'a [u8]> {
    let version_end = memchr::memchr(b' ', line.text)?;
    out.put(RESPONSE_VERSION, line.start..line.start + version_end, Value::Text(&line.text[..version_end]));
    let rest = &line.text[version_end + 1..];
    let code_at = line.start + version_end + 1;
    let code = decimal(rest.get(..3)?)?;
    out.put(RESPONSE_CODE, code_at..code_at + 3, Value::Unsigned(code));
    if let Some(description) = crate::field::value_name(super::http_names::STATUS_CODES, code) {
        out.put(RESPONSE_DESC, code_at..code_at + 3, Value::Text(description.as_bytes()));
    }
    let phrase = rest.get(4..).unwrap_or(b"");
    out.put(RESPONSE_PHRASE, code_at + 4..code_at + 4 + phrase.len(), Value::Text(phrase));
    None
}

fn header(name: &[u8], value: &[u8], at: std::ops::Range<usize>, out: &mut dyn FieldSink) {
    let mut lower = [0; 32];
    let Some(lower) = lower.get_mut(..name.len()) else { return };
    lower.copy_from_slice(name);
    lower.make_ascii_lowercase();
    let Ok(found) = HEADERS.binary_search_by(|(known, _)| known.as_bytes().cmp(lower)) else { return };
    let field = HEADERS[found].1;
    out.put(field, at.clone(), Value::Text(value));
    match field {
        CONTENT_LENGTH_HEADER => {
            if let Some(length) = decimal(value) {
                out.put(CONTENT_LENGTH, at, Value::Unsigned(length));
            }
        }
        COOKIE => {
            for pair in value.split(|&c| c == b';').map(<[u8]>::trim_ascii).filter(|pair| !pair.is_empty()) {
                out.put(COOKIE_PAIR, at.clone(), Value::Text(pair));
            }
        }
        _ => {}
    }
}

/// The target with scheme and host, where it does not have them already.
fn full_uri(view: &View<'_>, bytes: &[u8], host: &[u8], uri: &[u8]) -> Vec<u8> {
    let starts = |scheme: &[u8]| uri.get(..scheme.len()).is_some_and(|u| u.eq_ignore_ascii_case(scheme));
    if starts(b"http://") || starts(b"https://") || bytes.starts_with(b"CONNECT ") {
        return uri.to_vec();
    }
    let encrypted = view.below().iter().any(|layer| layer.protocol == id::tls);
    let scheme: &[u8] = if encrypted { b"https://" } else { b"http://" };
    [scheme, host, uri].concat()
}

/// The content. What could not be unpacked is no text, and left alone.
fn show_body(view: &View<'_>, at: usize, codings: &[u8], out: &mut dyn FieldSink) {
    let bytes = view.bytes.0;
    let chunked = is_chunked(bytes);
    if chunked {
        for chunk in http_body::chunks(bytes, at) {
            out.put(CHUNK_SIZE, chunk.line, Value::Unsigned(chunk.size));
        }
    }
    let unpacked = view.unpacked();
    if !codings.is_empty() && !unpacked.is_empty() {
        let (name, length) = (String::from_utf8_lossy(codings), unpacked.len());
        out.open(
            at..bytes.len(),
            format_args!("Content-encoded entity body ({name}): {length} bytes unpacked"),
        );
        out.close();
    }
    let content = match bytes.get(at..) {
        Some(body) if unpacked.is_empty() && codings.is_empty() && !chunked => body,
        _ => unpacked,
    };
    if !content.is_empty() {
        out.put(FILE_DATA, at..bytes.len(), Value::Text(content));
    }
}

/// The request or status line, and of a response the type of its content.
fn info(view: &View<'_>, out: &mut String) {
    let bytes = view.bytes.0;
    let Some(first) = Head::new(bytes).next() else { return };
    crate::text::write_escaped(first.text, out);
    if let Some(kind) = Head::new(bytes).header(b"content-type") {
        let kind = kind.split(|&c| c == b';').next().unwrap_or(kind);
        out.push_str("  (");
        crate::text::write_escaped(kind.trim_ascii(), out);
        out.push(')');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_names_are_sorted() {
        assert!(HEADERS.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
