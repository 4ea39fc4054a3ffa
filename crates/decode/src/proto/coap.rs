//! Constrained Application Protocol, RFC 7252; blocks, RFC 7959; observing, RFC 7641; over TCP, RFC 8323.

use super::coap_names::{CODES, CONTENT_FORMATS, TYPES, option_name};
use super::prelude::*;
use crate::exchanges::{self, Exchange, Turn};

fields! {
    VERSION: U8 walk, "coap.version", "Version";
    TYPE: U8 walk, "coap.type", "Type", names(TYPES);
    TOKEN_LEN: U8 walk, "coap.token_len", "Token Length";
    CODE: U8 walk, "coap.code", "Code", names(CODES);
    MID: U16 walk, "coap.mid", "Message ID";
    LENGTH: U32 walk, "coap.length", "Length";
    TOKEN: Bytes walk, "coap.token", "Token";
    RESPONSE_TO: FrameNumber exchange(exchanges::request_frame), "coap.response_to", "Request In";
    RESPONSE_TIME: Duration exchange(exchanges::elapsed), "coap.response_time", "Response Time";
    OPT_NAME: Text walk, "coap.opt.name", "Opt Name";
    OPT_DESC: Text walk, "coap.opt.desc", "Opt Desc";
    OPT_DELTA: U8 walk, "coap.opt.delta", "Opt Delta";
    OPT_DELTA_EXT: U16 walk, "coap.opt.delta_ext", "Opt Delta extended";
    OPT_LENGTH: U8 walk, "coap.opt.length", "Opt Length";
    OPT_LENGTH_EXT: U16 walk, "coap.opt.length_ext", "Opt Length extended";
    IF_MATCH: Bytes walk, "coap.opt.if_match", "If-Match";
    URI_HOST: Text walk, "coap.opt.uri_host", "Uri-Host";
    ETAG: Bytes walk, "coap.opt.etag", "Etag";
    OBSERVE: U32 walk, "coap.opt.observe", "Observe";
    URI_PORT: U16 walk, "coap.opt.uri_port", "Uri-Port";
    LOCATION_PATH: Text walk, "coap.opt.location_path", "Location-Path";
    URI_PATH: Text walk, "coap.opt.uri_path", "Uri-Path";
    CTYPE: Text walk, "coap.opt.ctype", "Content-type";
    MAX_AGE: U32 walk, "coap.opt.max_age", "Max-age";
    URI_QUERY: Text walk, "coap.opt.uri_query", "Uri-Query";
    HOP_LIMIT: U8 walk, "coap.opt.hop_limit", "Hop Limit";
    ACCEPT: Text walk, "coap.opt.accept", "Accept";
    LOCATION_QUERY: Text walk, "coap.opt.location_query", "Location-Query";
    BLOCK_NUMBER: U32 walk, "coap.opt.block_number", "Block Number";
    BLOCK_MFLAG: U8 walk, "coap.opt.block_mflag", "More Flag";
    BLOCK_SIZE: U8 walk, "coap.opt.block_size", "Encoded Block Size";
    PROXY_URI: Text walk, "coap.opt.proxy_uri", "Proxy-Uri";
    PROXY_SCHEME: Text walk, "coap.opt.proxy_scheme", "Proxy-Scheme";
    SIZE1: U32 walk, "coap.opt.size1", "Size1";
    UNKNOWN: Bytes walk, "coap.opt.unknown", "Unknown";
    END_MARKER: U8 walk, "coap.opt.end_marker", "End of options marker";
    URI_PATH_RECON: Text walk, "coap.opt.uri_path_recon", "Uri-Path";
    PAYLOAD_LENGTH: U32 walk, "coap.payload_length", "Payload Length";
    PAYLOAD: Text walk, "coap.payload", "Payload";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::UdpPort(5683), Claim::TcpPort(5683)],
    fields: FIELDS,
    walk: Some(walk),
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    datagrams: Some(Datagrams { admits, recognise: None, keeps: false, follow: None }),
    ..Protocol::new("coap", "Constrained Application Protocol", "CoAP")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// Version 1, and a token of at most 8 bytes (RFC 7252 §3).
fn admits(b: &[u8]) -> bool {
    matches!(b, [first, _, _, _, ..] if first >> 6 == 1 && first & 15 <= 8)
}

/// A token of at most 8 bytes, and a code of a known class (RFC 8323 §3.2).
fn probe(b: &[u8]) -> bool {
    let Some(head) = TcpHead::of(b) else { return b.len() < 6 };
    head.token <= 8 && matches!(head.code >> 5, 0 | 2 | 4 | 5 | 7)
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match TcpHead::of(b) {
        None if b.len() < 6 => Length::Need,
        Some(head) if probe(b) => Length::Known((head.size + head.token) as u64 + u64::from(head.length)),
        _ => Length::NotMine,
    }
}

/// What is in front of the token over TCP (RFC 8323 §3.2).
struct TcpHead {
    /// Bytes up to the code and with it.
    size: usize,
    token: usize,
    /// Length of options and payload.
    length: u32,
    code: u8,
}

impl TcpHead {
    fn of(b: &[u8]) -> Option<Self> {
        let mut r = Reader::new(b, 0);
        let first = r.u8().ok()?;
        let length = extended(&mut r, first >> 4, 4).ok()?;
        let code = r.u8().ok()?;
        Some(Self { size: r.at(), token: usize::from(first & 15), length, code })
    }
}

/// A number of four bits that goes on in the bytes behind for 13 and more: in one byte, in two, and for 15, where
/// `wide` is not 0, in that many (RFC 7252 §3.1, RFC 8323 §3.2).
fn extended(r: &mut Reader<'_>, nibble: u8, wide: usize) -> Result<u32, Short> {
    Ok(match nibble {
        13 => u32::from(r.u8()?) + 13,
        14 => u32::from(r.u16()?) + 269,
        15 => (r.number(wide)? as u32).saturating_add(65_805),
        small => small.into(),
    })
}

/// Whether the message came over a stream, without version, type and number.
fn is_over_tcp(view: &View<'_>) -> bool {
    let transport = |layer: &&crate::Layer| matches!(layer.protocol, id::tcp | id::udp);
    view.below().iter().rev().find(transport).is_some_and(|layer| layer.protocol == id::tcp)
}

/// Gives out the header; returns the code and the length of the token.
fn header(view: &View<'_>, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(u8, usize), Short> {
    let first = r.u8()?;
    let token = first & 15;
    if is_over_tcp(view) {
        let at = r.at() - 1;
        let length = extended(r, first >> 4, 4)?;
        out.put(LENGTH, at..r.at(), Value::Unsigned(length.into()));
        out.put(TOKEN_LEN, at..at + 1, Value::Unsigned(token.into()));
        let code = put_number(r, 1, CODE, out)?;
        return Ok((code as u8, token.into()));
    }
    out.put(VERSION, 0..1, Value::Unsigned(u64::from(first >> 6)));
    out.put(TYPE, 0..1, Value::Unsigned(u64::from(first >> 4 & 3)));
    out.put(TOKEN_LEN, 0..1, Value::Unsigned(token.into()));
    let code = put_number(r, 1, CODE, out)?;
    put_number(r, 2, MID, out)?;
    Ok((code as u8, token.into()))
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 0);
    let (_, token) = header(view, &mut r, out)?;
    if token > 0 {
        put_bytes(&mut r, token, TOKEN, out)?;
    }
    let mut path = String::new();
    let payload = options(&mut r, &mut path, out)?;
    if !path.is_empty() {
        out.put(URI_PATH_RECON, 0..0, Value::Text(path.as_bytes()));
    }
    if payload {
        let left = r.left();
        out.put(PAYLOAD_LENGTH, r.at()..r.at(), Value::Unsigned(left as u64));
        put_text(&mut r, left, PAYLOAD, out)?;
    }
    Ok(())
}

/// A response has the token of its request (RFC 7252 §5.3.1).
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    let Ok((code, token)) = code_and_token(view) else { return };
    match code >> 5 {
        0 if code > 0 => out(Turn::Request(token)),
        2..=5 => out(Turn::Response(token)),
        _ => {}
    }
}

/// The code and the token, of at most 8 bytes (RFC 7252 §3).
fn code_and_token(view: &View<'_>) -> Result<(u8, u64), Short> {
    let mut r = Reader::new(view.header().0, 0);
    let first = r.u8()?;
    if is_over_tcp(view) {
        extended(&mut r, first >> 4, 4)?;
    }
    let code = r.u8()?;
    if !is_over_tcp(view) {
        r.take(2)?;
    }
    Ok((code, r.number(usize::from(first & 15).min(8))?))
}

/// The options, each with its number as the distance to that of the one before (RFC 7252 §3.1). Appends the segments of
/// the path to `path`. Returns whether a payload follows.
fn options(r: &mut Reader<'_>, path: &mut String, out: &mut dyn FieldSink) -> Result<bool, Short> {
    const PAYLOAD_MARKER: u8 = 0xff;
    let mut number = 0_u32;
    let mut count = 0;
    while r.left() > 0 {
        let at = r.at();
        let first = r.u8()?;
        if first == PAYLOAD_MARKER {
            out.put(END_MARKER, at..at + 1, Value::Unsigned(first.into()));
            return Ok(true);
        }
        let (delta, length) = (first >> 4, first & 15);
        // 15 is kept for the marker.
        if delta == 15 || length == 15 {
            return Err(Short::new(1, 0));
        }
        let distance = extended(r, delta, 0)?;
        let behind_delta = r.at();
        let size = extended(r, length, 0)? as usize;
        let behind_length = r.at();
        number = number.saturating_add(distance);
        let mut value = r.sub(size)?;
        count += 1;
        let name = option_name(number);
        out.open(at..value.end(), format_args!("{name}"));
        if out.wants(OPT_NAME) {
            out.put(OPT_NAME, at..at + 1, Value::Text(format!("#{count}: {name}").as_bytes()));
        }
        if out.wants(OPT_DESC) {
            out.put(OPT_DESC, at..at + 1, Value::Text(class(number).as_bytes()));
        }
        out.put(OPT_DELTA, at..at + 1, Value::Unsigned(delta.into()));
        if behind_delta > at + 1 {
            out.put(OPT_DELTA_EXT, at + 1..behind_delta, Value::Unsigned((distance - 13).into()));
        }
        out.put(OPT_LENGTH, at..at + 1, Value::Unsigned(length.into()));
        if behind_length > behind_delta {
            out.put(OPT_LENGTH_EXT, behind_delta..behind_length, Value::Unsigned((size - 13) as u64));
        }
        if number == 11 {
            path.push('/');
            crate::text::write_escaped(Bytes(value.whole()).clamped(value.at(), value.end()), path);
        }
        option(number, &mut value, out)?;
        out.close();
    }
    Ok(false)
}

/// What the bits of an option's number say to those who do not know it (RFC 7252 §5.4.6).
fn class(number: u32) -> String {
    let critical = if number & 1 != 0 { "Critical" } else { "Elective" };
    let safe = match number & 0x1e {
        bits if bits & 2 != 0 => "Unsafe",
        0x1c => "Safe, NoCacheKey",
        _ => "Safe",
    };
    format!("Type {number}, {critical}, {safe}")
}

/// The value of an option (RFC 7252 §5.10, RFC 7959 §2.2, RFC 7641 §2, RFC 8768).
fn option(number: u32, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = r.left();
    let text = match number {
        3 => URI_HOST,
        8 => LOCATION_PATH,
        11 => URI_PATH,
        15 => URI_QUERY,
        20 => LOCATION_QUERY,
        35 => PROXY_URI,
        39 => PROXY_SCHEME,
        1 => return put_bytes(r, length, IF_MATCH, out),
        4 => return put_bytes(r, length, ETAG, out),
        6 => return unsigned(r, OBSERVE, out),
        7 => return unsigned(r, URI_PORT, out),
        14 => return unsigned(r, MAX_AGE, out),
        16 => return unsigned(r, HOP_LIMIT, out),
        60 => return unsigned(r, SIZE1, out),
        12 => return format(r, CTYPE, out),
        17 => return format(r, ACCEPT, out),
        23 | 27 => return block(r, out),
        _ => return put_bytes(r, length, UNKNOWN, out),
    };
    put_text(r, length, text, out)
}

/// A number without the zero bytes in front, so that 0 has no bytes (RFC 7252 §3.2).
fn unsigned(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let length = r.left().min(8);
    put_number(r, length, field, out).map(drop)
}

fn format(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = r.number(r.left().min(8))?;
    match crate::field::value_name(CONTENT_FORMATS, number) {
        Some(name) => out.put(field, at..r.at(), Value::Text(name.as_bytes())),
        None => {
            let mut text = String::from("Unknown Type ");
            crate::text::write_decimal(number, &mut text);
            out.put(field, at..r.at(), Value::Text(text.as_bytes()));
        }
    }
    Ok(())
}

fn block(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let number = r.number(r.left().min(3))?;
    let last = r.at().saturating_sub(1).max(at);
    out.put(BLOCK_NUMBER, at..r.at(), Value::Unsigned(number >> 4));
    out.put(BLOCK_MFLAG, last..r.at(), Value::Unsigned(number >> 3 & 1));
    out.put(BLOCK_SIZE, last..r.at(), Value::Unsigned(number & 7));
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    append_name(view, TYPE, "", out);
    append_first(view, MID, ", MID:", out);
    append_name(view, CODE, ", ", out);
    append_first(view, TOKEN, ", TKN:", out);
    append_first(view, URI_PATH_RECON, ", ", out);
    append_first(view, BLOCK_NUMBER, ", Block #", out);
}
