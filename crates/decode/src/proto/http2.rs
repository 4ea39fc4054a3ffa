//! HTTP/2, RFC 9113: the connection preface and frames, with their header fields.

use super::http2_headers::{Tables, flag, representation_name};
use super::http2_names::{ERRORS, SETTINGS, TYPES};
use super::prelude::*;
use crate::hpack::{Entries, Entry, Representation};

fields! {
    MAGIC: Text walk, "http2.magic", "Magic";
    STREAM: None walk, "http2.stream", "Stream", hidden;
    LENGTH: U24 walk, "http2.length", "Length";
    TYPE: U8 walk, "http2.type", "Type", names(TYPES);
    FLAGS: U8 walk, "http2.flags", "Flags", hex;
    UNUSED: U8 walk, "http2.flags.unused", "Unused", hex;
    UNUSED_DATA: U8 walk, "http2.flags.unused_data", "Unused", hex;
    UNUSED_HEADERS: U8 walk, "http2.flags.unused_headers", "Unused", hex;
    UNUSED_SETTINGS: U8 walk, "http2.flags.unused_settings", "Unused", hex;
    UNUSED_PUSH_PROMISE: U8 walk, "http2.flags.unused_push_promise", "Unused", hex;
    UNUSED_PING: U8 walk, "http2.flags.unused_ping", "Unused", hex;
    UNUSED_CONTINUATION: U8 walk, "http2.flags.unused_continuation", "Unused", hex;
    END_STREAM: Bool walk, "http2.flags.end_stream", "End Stream";
    END_HEADERS: Bool walk, "http2.flags.eh", "End Headers";
    PADDED: Bool walk, "http2.flags.padded", "Padded";
    PRIORITY: Bool walk, "http2.flags.priority", "Priority";
    ACK_SETTINGS: Bool walk, "http2.flags.ack.settings", "ACK";
    ACK_PING: Bool walk, "http2.flags.ack.ping", "ACK";
    R: U32 walk, "http2.r", "Reserved", hex;
    STREAMID: U32 walk, "http2.streamid", "Stream Identifier";
    PADDING: U8 walk, "http2.padding", "Pad Length", hex;
    PAD_LENGTH: U16 walk, "http2.pad_length", "Pad Length";
    EXCLUSIVE: Bool walk, "http2.exclusive", "Exclusive";
    STREAM_DEPENDENCY: U32 walk, "http2.stream_dependency", "Stream Dependency";
    WEIGHT: U8 walk, "http2.headers.weight", "Weight";
    WEIGHT_REAL: U8 walk, "http2.headers.weight_real", "Weight real";
    DATA: Bytes walk, "http2.data.data", "Data";
    DATA_PADDING: Bytes walk, "http2.data.padding", "Padding";
    PROMISED_R: U32 walk, "http2.push_promise.r", "Reserved", hex;
    PROMISED_STREAM: U32 walk, "http2.push_promise.promised_stream_id", "Promised-Stream-ID";
    HEADERS_BLOCK: Bytes walk, "http2.headers", "Header Block Fragment";
    PROMISED_BLOCK: Bytes walk, "http2.push_promise.header", "Header Block Fragment";
    CONTINUATION_BLOCK: Text walk, "http2.continuation.header", "Continuation Header";
    HEADER_LENGTH: U32 walk, "http2.header.length", "Header Length";
    HEADER_COUNT: U32 walk, "http2.header.count", "Header Count";
    HEADER: None walk, "http2.header", "Header", hidden;
    NAME_LENGTH: U32 walk, "http2.header.name.length", "Name Length";
    NAME: Text walk, "http2.header.name", "Name";
    VALUE_LENGTH: U32 walk, "http2.header.value.length", "Value Length";
    VALUE: Text walk, "http2.header.value", "Value";
    METHOD: Text walk, "http2.headers.method", ":method";
    PATH: Text walk, "http2.headers.path", ":path";
    SCHEME: Text walk, "http2.headers.scheme", ":scheme";
    AUTHORITY: Text walk, "http2.headers.authority", ":authority";
    STATUS: U16 walk, "http2.headers.status", ":status";
    ACCEPT: Text walk, "http2.headers.accept", "accept";
    ACCEPT_CHARSET: Text walk, "http2.headers.accept_charset", "accept-charset";
    ACCEPT_ENCODING: Text walk, "http2.headers.accept_encoding", "accept-encoding";
    ACCEPT_LANGUAGE: Text walk, "http2.headers.accept_language", "accept-language";
    ACCEPT_RANGES: Text walk, "http2.headers.accept_ranges", "accept-ranges";
    ALLOW_ORIGIN: Text walk, "http2.headers.access_control_allow_origin", "access-control-allow-origin";
    AGE: U64 walk, "http2.headers.age", "age";
    ALLOW: Text walk, "http2.headers.allow", "allow";
    AUTHORIZATION: Text walk, "http2.headers.authorization", "authorization";
    CACHE_CONTROL: Text walk, "http2.headers.cache_control", "cache-control";
    CONTENT_DISPOSITION: Text walk, "http2.headers.content_disposition", "content-disposition";
    CONTENT_ENCODING: Text walk, "http2.headers.content_encoding", "content-encoding";
    CONTENT_LANGUAGE: Text walk, "http2.headers.content_language", "content-language";
    CONTENT_LENGTH: U64 walk, "http2.headers.content_length", "content-length";
    CONTENT_LOCATION: Text walk, "http2.headers.content_location", "content-location";
    CONTENT_RANGE: Text walk, "http2.headers.content_range", "content-range";
    CONTENT_TYPE: Text walk, "http2.headers.content_type", "content-type";
    COOKIE: Text walk, "http2.headers.cookie", "cookie";
    DATE: Text walk, "http2.headers.date", "date";
    ETAG: Text walk, "http2.headers.etag", "etag";
    EXPECT: Text walk, "http2.headers.expect", "expect";
    EXPIRES: Text walk, "http2.headers.expires", "expires";
    FROM: Text walk, "http2.headers.from", "from";
    IF_MATCH: Text walk, "http2.headers.if_match", "if-match";
    IF_MODIFIED_SINCE: Text walk, "http2.headers.if_modified_since", "if-modified-since";
    IF_NONE_MATCH: Text walk, "http2.headers.if_none_match", "if-none-match";
    IF_RANGE: Text walk, "http2.headers.if_range", "if-range";
    IF_UNMODIFIED_SINCE: Text walk, "http2.headers.if_unmodified_since", "if-unmodified-since";
    LAST_MODIFIED: Text walk, "http2.headers.last_modified", "last-modified";
    LINK: Text walk, "http2.headers.link", "link";
    LOCATION: Text walk, "http2.headers.location", "location";
    MAX_FORWARDS: U64 walk, "http2.headers.max_forwards", "max-forwards";
    PROXY_AUTHENTICATE: Text walk, "http2.headers.proxy_authenticate", "proxy-authenticate";
    PROXY_AUTHORIZATION: Text walk, "http2.headers.proxy_authorization", "proxy-authorization";
    RANGE: Text walk, "http2.headers.range", "range";
    REFERER: Text walk, "http2.headers.referer", "referer";
    REFRESH: Text walk, "http2.headers.refresh", "refresh";
    RETRY_AFTER: Text walk, "http2.headers.retry_after", "retry-after";
    SERVER: Text walk, "http2.headers.server", "server";
    SET_COOKIE: Text walk, "http2.headers.set_cookie", "set-cookie";
    STRICT_TRANSPORT_SECURITY: Text walk, "http2.headers.strict_transport_security",
        "strict-transport-security";
    USER_AGENT: Text walk, "http2.headers.user_agent", "user-agent";
    VARY: Text walk, "http2.headers.vary", "vary";
    VIA: Text walk, "http2.headers.via", "via";
    WWW_AUTHENTICATE: Text walk, "http2.headers.www_authenticate", "www-authenticate";
    UNESCAPED: Text walk, "http2.header.unescaped", "Unescaped";
    REPRESENTATION: Text walk, "http2.header.repr", "Representation";
    INDEX: U32 walk, "http2.header.index", "Index";
    TABLE_SIZE_UPDATE: None walk, "http2.header_table_size_update", "Header table size update";
    TABLE_SIZE: U32 walk, "http2.header_table_size_update.header_table_size", "Header table size";
    FULL_URI: Text walk, "http2.request.full_uri", "Full request URI";
    HEADERS_PADDING: Bytes walk, "http2.headers.padding", "Padding";
    PROMISED_PADDING: Bytes walk, "http2.push_promise.padding", "Padding";
    RST_ERROR: U32 walk, "http2.rst_stream.error", "Error", names(ERRORS);
    SETTING: None walk, "http2.settings", "Settings", hidden;
    SETTINGS_ID: U16 walk, "http2.settings.id", "Settings Identifier", names(SETTINGS);
    HEADER_TABLE_SIZE: U32 walk, "http2.settings.header_table_size", "Header table size";
    ENABLE_PUSH: U32 walk, "http2.settings.enable_push", "Enable PUSH";
    MAX_CONCURRENT_STREAMS: U32 walk, "http2.settings.max_concurrent_streams", "Max concurrent streams";
    INITIAL_WINDOW_SIZE: U32 walk, "http2.settings.initial_window_size", "Initial Windows Size";
    MAX_FRAME_SIZE: U32 walk, "http2.settings.max_frame_size", "Max frame size";
    MAX_HEADER_LIST_SIZE: U32 walk, "http2.settings.max_header_list_size", "Max header list size";
    EXTENDED_CONNECT: U32 walk, "http2.settings.extended_connect", "Extended CONNECT";
    UNKNOWN_SETTING: U32 walk, "http2.settings.unknown", "Unknown Settings";
    PING: Bytes walk, "http2.ping", "Ping";
    PONG: Bytes walk, "http2.pong", "Pong";
    GOAWAY_R: U32 walk, "http2.goway.r", "Reserved", hex;
    GOAWAY_LAST: U32 walk, "http2.goaway.last_stream_id", "Promised-Stream-ID";
    GOAWAY_ERROR: U32 walk, "http2.goaway.error", "Error", names(ERRORS);
    GOAWAY_DATA: Bytes walk, "http2.goaway.addata", "Additional Debug Data";
    WINDOW_R: U32 walk, "http2.window_update.r", "Reserved", hex;
    WINDOW_INCREMENT: U32 walk, "http2.window_update.window_size_increment", "Window Size Increment";
    ALTSVC_ORIGIN_LENGTH: U16 walk, "http2.altsvc.origin.len", "Origin Length";
    ALTSVC_ORIGIN: Text walk, "http2.altsvc.origin", "Origin";
    ALTSVC_VALUE: Text walk, "http2.altsvc.field_value", "Field/Value";
    ORIGIN_LENGTH: U16 walk, "http2.origin.origin_len", "Origin Length";
    ORIGIN: Text walk, "http2.origin.origin", "Origin";
    UNKNOWN: Bytes walk, "http2.unknown", "Unknown";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Alpn("h2")],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: true, frame, prefix: 0, partial_counts: true }),
    resumes: Some(|bytes| may_begin(bytes).then_some(0)),
    unpacker: Some(|| Box::<Tables>::default()),
    info: Some(info),
    ..Protocol::new("http2", "HyperText Transfer Protocol 2", "HTTP2")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// What a client says first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

pub(super) const FRAME_HEADER: usize = 9;

/// Frame types (RFC 9113 §11.2, RFC 7838 §4, RFC 8336 §2).
pub(super) mod frame_type {
    pub(in super::super) const DATA: u8 = 0;
    pub(in super::super) const HEADERS: u8 = 1;
    pub(in super::super) const PRIORITY: u8 = 2;
    pub(in super::super) const RST_STREAM: u8 = 3;
    pub(in super::super) const SETTINGS: u8 = 4;
    pub(in super::super) const PUSH_PROMISE: u8 = 5;
    pub(in super::super) const PING: u8 = 6;
    pub(in super::super) const GOAWAY: u8 = 7;
    pub(in super::super) const WINDOW_UPDATE: u8 = 8;
    pub(in super::super) const CONTINUATION: u8 = 9;
    pub(in super::super) const ALTSVC: u8 = 10;
    pub(in super::super) const ORIGIN: u8 = 12;
}

/// Header fields that have a row of their own, sorted by name.
static KNOWN: &[(&str, FieldIndex)] = &[
    (":authority", AUTHORITY),
    (":method", METHOD),
    (":path", PATH),
    (":scheme", SCHEME),
    (":status", STATUS),
    ("accept", ACCEPT),
    ("accept-charset", ACCEPT_CHARSET),
    ("accept-encoding", ACCEPT_ENCODING),
    ("accept-language", ACCEPT_LANGUAGE),
    ("accept-ranges", ACCEPT_RANGES),
    ("access-control-allow-origin", ALLOW_ORIGIN),
    ("age", AGE),
    ("allow", ALLOW),
    ("authorization", AUTHORIZATION),
    ("cache-control", CACHE_CONTROL),
    ("content-disposition", CONTENT_DISPOSITION),
    ("content-encoding", CONTENT_ENCODING),
    ("content-language", CONTENT_LANGUAGE),
    ("content-length", CONTENT_LENGTH),
    ("content-location", CONTENT_LOCATION),
    ("content-range", CONTENT_RANGE),
    ("content-type", CONTENT_TYPE),
    ("cookie", COOKIE),
    ("date", DATE),
    ("etag", ETAG),
    ("expect", EXPECT),
    ("expires", EXPIRES),
    ("from", FROM),
    ("if-match", IF_MATCH),
    ("if-modified-since", IF_MODIFIED_SINCE),
    ("if-none-match", IF_NONE_MATCH),
    ("if-range", IF_RANGE),
    ("if-unmodified-since", IF_UNMODIFIED_SINCE),
    ("last-modified", LAST_MODIFIED),
    ("link", LINK),
    ("location", LOCATION),
    ("max-forwards", MAX_FORWARDS),
    ("proxy-authenticate", PROXY_AUTHENTICATE),
    ("proxy-authorization", PROXY_AUTHORIZATION),
    ("range", RANGE),
    ("referer", REFERER),
    ("refresh", REFRESH),
    ("retry-after", RETRY_AFTER),
    ("server", SERVER),
    ("set-cookie", SET_COOKIE),
    ("strict-transport-security", STRICT_TRANSPORT_SECURITY),
    ("user-agent", USER_AGENT),
    ("vary", VARY),
    ("via", VIA),
    ("www-authenticate", WWW_AUTHENTICATE),
];

fn probe(b: &[u8]) -> bool {
    b.starts_with(PREFACE) || !b.is_empty() && b.len() >= 14 && PREFACE.starts_with(b)
}

/// Whether these may be the first bytes of a frame: a known type, its flags and its kind of stream, and a length that
/// peers allow without being asked (RFC 9113 §4.2, §6).
fn may_begin(b: &[u8]) -> bool {
    const LONGEST: u64 = 1 << 14;
    let Some(length) = Bytes(b).number(0, 3).filter(|_| b.len() >= FRAME_HEADER) else { return false };
    let stream = Bytes(b).u32(5);
    let (flags, of_connection, length_fits) = match Bytes(b).u8(3) {
        frame_type::DATA => (9, false, true),
        frame_type::HEADERS => (0x2d, false, length > 0),
        frame_type::PRIORITY => (0, false, length == 5),
        frame_type::RST_STREAM => (0, false, length == 4),
        frame_type::SETTINGS => (1, true, length % 6 == 0),
        frame_type::PUSH_PROMISE => (0x0c, false, length > 4),
        frame_type::PING => (1, true, length == 8),
        frame_type::GOAWAY => (0, true, length >= 8),
        frame_type::WINDOW_UPDATE => (0, stream == 0, length == 4),
        _ => return false,
    };
    length_fits
        && length <= LONGEST
        && Bytes(b).u8(4) & !flags == 0
        && (stream == 0) == of_connection
        && stream >> 31 == 0
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    if b.starts_with(PREFACE) {
        return Length::Known(PREFACE.len() as u64);
    }
    if b.len() < FRAME_HEADER || PREFACE.starts_with(b) {
        return Length::Need;
    }
    match Bytes(b).number(0, 3) {
        Some(length) => Length::Known(FRAME_HEADER as u64 + length),
        None => Length::Need,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let bytes = view.header().0;
    if bytes.starts_with(PREFACE) {
        out.put(MAGIC, 0..PREFACE.len(), Value::Text(PREFACE));
        return Ok(());
    }
    let mut r = Reader::new(bytes, 0);
    out.put(STREAM, 0..r.end(), Value::Present);
    put_number(&mut r, 3, LENGTH, out)?;
    let kind = put_number(&mut r, 1, TYPE, out)? as u8;
    let flags = put_number(&mut r, 1, FLAGS, out)? as u8;
    put_frame_flags(kind, flags, out);
    put_with_reserved(&mut r, [R, STREAMID], out)?;
    let frame = Frame { kind, flags, unpacked: view.unpacked() };
    frame.payload(&mut r, out)
}

/// The flags that a frame type defines (RFC 9113 §6), and the others in one field.
fn put_frame_flags(kind: u8, flags: u8, out: &mut dyn FieldSink) {
    let (unused, defined): (FieldIndex, &[(FieldIndex, u8)]) = match kind {
        frame_type::DATA => (UNUSED_DATA, &[(PADDED, flag::PADDED), (END_STREAM, 1)]),
        frame_type::HEADERS => (
            UNUSED_HEADERS,
            &[
                (PRIORITY, flag::PRIORITY),
                (PADDED, flag::PADDED),
                (END_HEADERS, flag::END_HEADERS),
                (END_STREAM, 1),
            ],
        ),
        frame_type::SETTINGS => (UNUSED_SETTINGS, &[(ACK_SETTINGS, 1)]),
        frame_type::PUSH_PROMISE => {
            (UNUSED_PUSH_PROMISE, &[(PADDED, flag::PADDED), (END_HEADERS, flag::END_HEADERS)])
        }
        frame_type::PING => (UNUSED_PING, &[(ACK_PING, 1)]),
        frame_type::CONTINUATION => (UNUSED_CONTINUATION, &[(END_HEADERS, flag::END_HEADERS)]),
        _ => (UNUSED, &[]),
    };
    let all = defined.iter().fold(0, |all, (_, bit)| all | bit);
    out.put(unused, 4..5, Value::Unsigned(u64::from(flags & !all) >> (!all).trailing_zeros()));
    for &(field, bit) in defined {
        out.put(field, 4..5, Value::Bool(flags & bit != 0));
    }
}

/// A reserved bit and a number of 31 bits, which is returned.
fn put_with_reserved(
    r: &mut Reader<'_>,
    [reserved, field]: [FieldIndex; 2],
    out: &mut dyn FieldSink,
) -> Result<u64, Short> {
    let at = r.at();
    let number = r.number(4)?;
    out.put(reserved, at..at + 4, Value::Unsigned(number >> 31));
    out.put(field, at..at + 4, Value::Unsigned(number & 0x7fff_ffff));
    Ok(number & 0x7fff_ffff)
}

/// A frame whose header was read.
struct Frame<'a> {
    kind: u8,
    flags: u8,
    unpacked: &'a [u8],
}

impl Frame<'_> {
    fn payload(&self, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
        match self.kind {
            frame_type::DATA => {
                let mut data = self.unpadded(r, out)?;
                put_rest(&mut data, DATA, out)?;
                put_rest(r, DATA_PADDING, out)
            }
            frame_type::HEADERS => {
                let mut block = self.unpadded(r, out)?;
                if self.flags & flag::PRIORITY != 0 {
                    priority(&mut block, out)?;
                }
                self.header_block(&mut block, HEADERS_BLOCK, out)?;
                put_rest(r, HEADERS_PADDING, out)
            }
            frame_type::PRIORITY => priority(r, out),
            frame_type::RST_STREAM => put_number(r, 4, RST_ERROR, out).map(drop),
            frame_type::SETTINGS => settings(r, out),
            frame_type::PUSH_PROMISE => {
                let mut block = self.unpadded(r, out)?;
                put_with_reserved(&mut block, [PROMISED_R, PROMISED_STREAM], out)?;
                self.header_block(&mut block, PROMISED_BLOCK, out)?;
                put_rest(r, PROMISED_PADDING, out)
            }
            frame_type::PING => put_rest(r, if self.flags & 1 != 0 { PONG } else { PING }, out),
            frame_type::GOAWAY => {
                put_with_reserved(r, [GOAWAY_R, GOAWAY_LAST], out)?;
                put_number(r, 4, GOAWAY_ERROR, out)?;
                put_rest(r, GOAWAY_DATA, out)
            }
            frame_type::WINDOW_UPDATE => put_with_reserved(r, [WINDOW_R, WINDOW_INCREMENT], out).map(drop),
            frame_type::CONTINUATION => self.header_block(r, CONTINUATION_BLOCK, out),
            frame_type::ALTSVC => {
                let length = put_number(r, 2, ALTSVC_ORIGIN_LENGTH, out)?;
                put_text(r, length as usize, ALTSVC_ORIGIN, out)?;
                put_text(r, r.left(), ALTSVC_VALUE, out)
            }
            frame_type::ORIGIN => {
                while r.left() > 0 {
                    let length = put_number(r, 2, ORIGIN_LENGTH, out)?;
                    put_text(r, length as usize, ORIGIN, out)?;
                }
                Ok(())
            }
            _ => put_rest(r, UNKNOWN, out),
        }
    }

    /// The payload without its padding (RFC 9113 §6.1), which stays in `r`.
    fn unpadded<'a>(&self, r: &mut Reader<'a>, out: &mut dyn FieldSink) -> Result<Reader<'a>, Short> {
        let padded = self.flags & flag::PADDED != 0;
        let padding = if padded { put_number(r, 1, PADDING, out)? } else { 0 };
        out.put(PAD_LENGTH, r.at()..r.at(), Value::Unsigned(padding));
        r.sub(r.left().saturating_sub(padding as usize))
    }

    /// The block as it is, and the header fields that end in it.
    fn header_block(
        &self,
        r: &mut Reader<'_>,
        field: FieldIndex,
        out: &mut dyn FieldSink,
    ) -> Result<(), Short> {
        let start = r.at();
        match field {
            CONTINUATION_BLOCK => put_text(r, r.left(), field, out)?,
            _ => put_rest(r, field, out)?,
        }
        let fields = || Entries(self.unpacked).filter(|e| e.representation != Representation::TableSize);
        let length = |s: Option<&[u8]>| s.map_or(0, <[u8]>::len);
        let total: usize = fields().map(|e| 8 + length(e.name) + length(e.value)).sum();
        out.put(HEADER_LENGTH, 0..0, Value::Unsigned(total as u64));
        out.put(HEADER_COUNT, 0..0, Value::Unsigned(fields().count() as u64));
        let mut at = start;
        for entry in Entries(self.unpacked) {
            let end = (start + entry.end as usize).max(at);
            match entry.representation {
                Representation::TableSize => {
                    out.put(TABLE_SIZE_UPDATE, at..end, Value::Present);
                    out.put(TABLE_SIZE, at..end, Value::Unsigned(entry.index.into()));
                }
                _ => header_field(&entry, at..end, out),
            }
            at = end;
        }
        if out.wants(FULL_URI)
            && let [Some(scheme), Some(authority), Some(path)] =
                [&b":scheme"[..], b":authority", b":path"].map(|name| find(self.unpacked, name))
        {
            out.put(FULL_URI, 0..0, Value::Text(&[scheme, b"://", authority, path].concat()));
        }
        Ok(())
    }
}

/// The value of a header field.
fn find<'a>(unpacked: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    Entries(unpacked).find(|entry| entry.name == Some(name))?.value
}

/// What is not known because bytes are missing in front has no name and no value here.
fn header_field(entry: &Entry<'_>, at: std::ops::Range<usize>, out: &mut dyn FieldSink) {
    let text = |s: Option<&[u8]>| match s {
        Some(s) => String::from_utf8_lossy(s).into_owned(),
        None => "[header table lost]".into(),
    };
    out.put(HEADER, at.clone(), Value::Present);
    out.open(at.clone(), format_args!("Header: {}: {}", text(entry.name), text(entry.value)));
    if let Some(name) = entry.name {
        out.put(NAME_LENGTH, at.clone(), Value::Unsigned(name.len() as u64));
        out.put(NAME, at.clone(), Value::Text(name));
    }
    if let Some(value) = entry.value {
        out.put(VALUE_LENGTH, at.clone(), Value::Unsigned(value.len() as u64));
        out.put(VALUE, at.clone(), Value::Text(value));
        put_known(entry.name.unwrap_or_default(), value, at.clone(), out);
        out.put(UNESCAPED, at.clone(), Value::Text(value));
    }
    let representation = representation_name(entry.representation, entry.index);
    out.put(REPRESENTATION, at.clone(), Value::Text(representation.as_bytes()));
    if entry.index > 0 {
        out.put(INDEX, at, Value::Unsigned(entry.index.into()));
    }
    out.close();
}

/// A header field that has a row of its own.
fn put_known(name: &[u8], value: &[u8], at: std::ops::Range<usize>, out: &mut dyn FieldSink) {
    let Ok(found) = KNOWN.binary_search_by(|(known, _)| known.as_bytes().cmp(name)) else { return };
    let field = KNOWN[found].1;
    match field {
        STATUS | AGE | CONTENT_LENGTH | MAX_FORWARDS => {
            if let Some(number) = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()) {
                out.put(field, at, Value::Unsigned(number));
            }
        }
        _ => out.put(field, at, Value::Text(value)),
    }
}

/// RFC 9113 §6.3.
fn priority(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = r.number(4)?;
    out.put(EXCLUSIVE, at..at + 4, Value::Bool(number >> 31 != 0));
    out.put(STREAM_DEPENDENCY, at..at + 4, Value::Unsigned(number & 0x7fff_ffff));
    let weight = put_number(r, 1, WEIGHT, out)?;
    out.put(WEIGHT_REAL, at + 4..at + 5, Value::Unsigned(weight + 1));
    Ok(())
}

/// RFC 9113 §6.5.
fn settings(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        out.put(SETTING, r.at()..r.at() + 6, Value::Present);
        let field = match put_number(r, 2, SETTINGS_ID, out)? {
            1 => HEADER_TABLE_SIZE,
            2 => ENABLE_PUSH,
            3 => MAX_CONCURRENT_STREAMS,
            4 => INITIAL_WINDOW_SIZE,
            5 => MAX_FRAME_SIZE,
            6 => MAX_HEADER_LIST_SIZE,
            8 => EXTENDED_CONNECT,
            _ => UNKNOWN_SETTING,
        };
        put_number(r, 4, field, out)?;
    }
    Ok(())
}

/// Type and stream; of requests and responses what they are about.
fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    if b.0.starts_with(PREFACE) {
        return out.push_str("Magic");
    }
    let name = crate::field::value_name(TYPES, b.u8(3).into()).unwrap_or("Unknown");
    put!(out, "{name}[{}]", b.u32(5) & 0x7fff_ffff);
    let unpacked = view.unpacked();
    if let Some(status) = find(unpacked, b":status") {
        out.push_str(": ");
        crate::text::write_escaped(status, out);
        let number = std::str::from_utf8(status).ok().and_then(|text| text.parse().ok());
        let names = super::http_names::STATUS_CODES;
        if let Some(phrase) = number.and_then(|number| crate::field::value_name(names, number)) {
            put!(out, " {phrase}");
        }
    } else if let Some(method) = find(unpacked, b":method") {
        let target = find(unpacked, b":path").or_else(|| find(unpacked, b":authority"));
        out.push_str(": ");
        crate::text::write_escaped(method, out);
        out.push(' ');
        crate::text::write_escaped(target.unwrap_or_default(), out);
    }
    if Entries(unpacked).any(|e| e.value.is_none() && e.representation != Representation::TableSize) {
        out.push_str(" [header table lost]");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_names_are_sorted() {
        assert!(KNOWN.windows(2).all(|w| w[0].0 < w[1].0));
    }
}
