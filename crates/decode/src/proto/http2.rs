//! HTTP/2, RFC 9113: the connection preface and frames. Header blocks stay compressed.

use super::prelude::*;

fields! {
    MAGIC: Text walk, "http2.magic", "Magic";
    LENGTH: U24 walk, "http2.length", "Length";
    TYPE: U8 walk, "http2.type", "Type", names(TYPES);
    FLAGS: U8 walk, "http2.flags", "Flags", hex;
    END_STREAM: Bool walk, "http2.flags.end_stream", "End Stream";
    END_HEADERS: Bool walk, "http2.flags.eh", "End Headers";
    PADDED: Bool walk, "http2.flags.padded", "Padded";
    PRIORITY: Bool walk, "http2.flags.priority", "Priority";
    ACK_SETTINGS: Bool walk, "http2.flags.ack.settings", "ACK";
    ACK_PING: Bool walk, "http2.flags.ack.ping", "ACK";
    R: U32 walk, "http2.r", "Reserved", hex;
    STREAMID: U32 walk, "http2.streamid", "Stream Identifier";
    DATA: Bytes walk, "http2.data.data", "Data";
    HEADERS: Bytes walk, "http2.headers", "Header Block Fragment";
    SETTINGS_ID: U16 walk, "http2.settings.id", "Settings Identifier", names(SETTINGS);
    WINDOW_INCREMENT: U32 walk, "http2.window_update.window_size_increment", "Window Size Increment";
    RST_ERROR: U32 walk, "http2.rst_stream.error", "Error", names(ERRORS);
    GOAWAY_LAST: U32 walk, "http2.goaway.last_stream_id", "Last-Stream-ID";
    GOAWAY_ERROR: U32 walk, "http2.goaway.error", "Error", names(ERRORS);
    PING: Bytes walk, "http2.ping", "Ping";
    PONG: Bytes walk, "http2.pong", "Pong";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Alpn("h2")],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: true, frame, prefix: 0, partial_counts: true }),
    info: Some(info),
    ..Protocol::new("http2", "HyperText Transfer Protocol 2", "HTTP2")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// What a client says first (RFC 9113 §3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const FRAME_HEADER: usize = 9;

const TYPES: crate::field::ValueNames = &[
    (0, "DATA"),
    (1, "HEADERS"),
    (2, "PRIORITY"),
    (3, "RST_STREAM"),
    (4, "SETTINGS"),
    (5, "PUSH_PROMISE"),
    (6, "PING"),
    (7, "GOAWAY"),
    (8, "WINDOW_UPDATE"),
    (9, "CONTINUATION"),
    (10, "ALTSVC"),
    (12, "ORIGIN"),
    (16, "PRIORITY_UPDATE"),
];

const SETTINGS: crate::field::ValueNames = &[
    (1, "Header table size"),
    (2, "Enable PUSH"),
    (3, "Max concurrent streams"),
    (4, "Initial Windows size"),
    (5, "Max frame size"),
    (6, "Max header list size"),
    (8, "Extended CONNECT"),
];

const ERRORS: crate::field::ValueNames = &[
    (0, "NO_ERROR"),
    (1, "PROTOCOL_ERROR"),
    (2, "INTERNAL_ERROR"),
    (3, "FLOW_CONTROL_ERROR"),
    (4, "SETTINGS_TIMEOUT"),
    (5, "STREAM_CLOSED"),
    (6, "FRAME_SIZE_ERROR"),
    (7, "REFUSED_STREAM"),
    (8, "CANCEL"),
    (9, "COMPRESSION_ERROR"),
    (10, "CONNECT_ERROR"),
    (11, "ENHANCE_YOUR_CALM"),
    (12, "INADEQUATE_SECURITY"),
    (13, "HTTP_1_1_REQUIRED"),
];

fn probe(b: &[u8]) -> bool {
    b.starts_with(PREFACE) || !b.is_empty() && b.len() >= 14 && PREFACE.starts_with(b)
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
    put_number(&mut r, 3, LENGTH, out)?;
    let kind = put_number(&mut r, 1, TYPE, out)?;
    let flags = put_number(&mut r, 1, FLAGS, out)?;
    for &(field, bit) in flags_of(kind) {
        out.put(field, 4..5, Value::Bool(flags & bit != 0));
    }
    let stream = r.number(4)?;
    out.put(R, 5..9, Value::Unsigned(stream >> 31));
    out.put(STREAMID, 5..9, Value::Unsigned(stream & 0x7fff_ffff));
    payload(kind, flags, &mut r, out)
}

/// The flags that a frame type defines (RFC 9113 §6).
fn flags_of(kind: u64) -> &'static [(FieldIndex, u64)] {
    match kind {
        0 => &[(END_STREAM, 1), (PADDED, 8)],
        1 => &[(END_STREAM, 1), (END_HEADERS, 4), (PADDED, 8), (PRIORITY, 0x20)],
        4 => &[(ACK_SETTINGS, 1)],
        5 => &[(END_HEADERS, 4), (PADDED, 8)],
        6 => &[(ACK_PING, 1)],
        9 => &[(END_HEADERS, 4), (PADDED, 8)],
        _ => &[],
    }
}

fn payload(kind: u64, flags: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        0 => {
            let mut data = unpadded(flags, r)?;
            put_rest(&mut data, DATA, out)
        }
        1 => {
            let mut block = unpadded(flags, r)?;
            if flags & 0x20 != 0 {
                block.take(5)?;
            }
            put_rest(&mut block, HEADERS, out)
        }
        3 => put_number(r, 4, RST_ERROR, out).map(drop),
        4 => {
            while r.left() >= 6 {
                put_number(r, 2, SETTINGS_ID, out)?;
                r.take(4)?;
            }
            Ok(())
        }
        6 => put_rest(r, if flags & 1 != 0 { PONG } else { PING }, out),
        7 => {
            let at = r.at();
            let last = r.number(4)? & 0x7fff_ffff;
            out.put(GOAWAY_LAST, at..at + 4, Value::Unsigned(last));
            put_number(r, 4, GOAWAY_ERROR, out).map(drop)
        }
        8 => {
            let at = r.at();
            let increment = r.number(4)? & 0x7fff_ffff;
            out.put(WINDOW_INCREMENT, at..at + 4, Value::Unsigned(increment));
            Ok(())
        }
        _ => Ok(()),
    }
}

/// The payload without its padding (RFC 9113 §6.1).
fn unpadded<'a>(flags: u64, r: &mut Reader<'a>) -> Result<Reader<'a>, Short> {
    let padding = if flags & 8 != 0 { usize::from(r.u8()?) } else { 0 };
    r.sub(r.left().saturating_sub(padding))
}

fn put_rest(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    if r.left() > 0 {
        let at = r.at();
        out.put(field, at..r.end(), Value::Bytes(r.take(r.left())?));
    }
    Ok(())
}

fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    if b.0.starts_with(PREFACE) {
        return out.push_str("Magic");
    }
    let name = crate::field::value_name(TYPES, b.u8(3).into()).unwrap_or("Unknown");
    put!(out, "{name}[{}]", b.u32(5) & 0x7fff_ffff);
}
