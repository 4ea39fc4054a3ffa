//! HTTP/3, RFC 9114: what a STREAM frame of QUIC holds of the beginning of a stream. A stream of one direction begins with its
//! type; the control stream and those of requests are made of frames. What is in header blocks only QPACK tells (RFC 9204).

use super::prelude::*;

fields! {
    STREAM_TYPE: U64 walk, "http3.stream_type", "Stream Type", names(STREAM_TYPES);
    PUSH_ID: U64 walk, "http3.push_id", "Push ID";
    FRAME_TYPE: U64 walk, "http3.frame_type", "Type", names(FRAME_TYPES);
    FRAME_LENGTH: U64 walk, "http3.frame_length", "Length";
    FRAME_PAYLOAD: Bytes walk, "http3.frame_payload", "Frame Payload";
    SETTINGS: None walk, "http3.settings", "Settings";
    SETTINGS_ID: U64 walk, "http3.settings.id", "Settings Identifier", names(SETTING_NAMES);
    SETTINGS_VALUE: U64 walk, "http3.settings.value", "Settings Value";
    MAX_TABLE_CAPACITY: U64 walk, "http3.settings.qpack.max_table_capacity", "Max Table Capacity";
    MAX_FIELD_SECTION_SIZE: U64 walk, "http3.settings.max_field_section_size", "Max header list size";
    BLOCKED_STREAMS: U64 walk, "http3.settings.qpack.blocked_streams", "Blocked Streams";
    EXTENDED_CONNECT: U64 walk, "http3.settings.extended_connect", "Extended CONNECT";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Alpn("h3")],
    fields: FIELDS,
    walk: Some(walk),
    info: Some(info),
    ..Protocol::new("http3", "Hypertext Transfer Protocol Version 3", "HTTP3")
};

/// [`crate::Layer::detail`] of a stream of one direction.
pub(crate) const UNIDIRECTIONAL: u32 = 1;

/// Stream types (RFC 9114 §6.2, RFC 9204 §4.2).
const CONTROL: u64 = 0;
const PUSH: u64 = 1;
const STREAM_TYPES: crate::field::ValueNames =
    &[(0, "Control Stream"), (1, "Push Stream"), (2, "QPACK Encoder Stream"), (3, "QPACK Decoder Stream")];

/// Frame types (RFC 9114 §7.2, RFC 9218 §7.2).
const SETTINGS_FRAME: u64 = 4;
const FRAME_TYPES: crate::field::ValueNames = &[
    (0x0, "DATA"),
    (0x1, "HEADERS"),
    (0x3, "CANCEL_PUSH"),
    (0x4, "SETTINGS"),
    (0x5, "PUSH_PROMISE"),
    (0x7, "GOAWAY"),
    (0xd, "MAX_PUSH_ID"),
    (0xf_0700, "PRIORITY_UPDATE"),
    (0xf_0701, "PRIORITY_UPDATE"),
];

/// Settings (RFC 9114 §7.2.4.1, RFC 9204 §5, RFC 9220 §3, RFC 9297 §2.1.1).
const SETTING_NAMES: crate::field::ValueNames = &[
    (0x1, "Max Table Capacity"),
    (0x6, "Max Field Section Size"),
    (0x7, "Blocked Streams"),
    (0x8, "Extended CONNECT"),
    (0x33, "H3 Datagram"),
];

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let mut r = Reader::new(view.header().0, 0);
    if view.layer.detail & UNIDIRECTIONAL != 0 {
        match put_varint(&mut r, STREAM_TYPE, out)? {
            CONTROL => {}
            PUSH => drop(put_varint(&mut r, PUSH_ID, out)?),
            _ => return Ok(()),
        }
    }
    while let Some(frame) = Frame::next(&mut r) {
        let name = crate::field::value_name(FRAME_TYPES, frame.kind).unwrap_or("Unknown");
        out.open(frame.at..frame.payload.end(), format_args!("{name}"));
        put_frame(frame, r.whole(), out)?;
        out.close();
    }
    Ok(())
}

/// A frame that is all there (RFC 9114 §7.1).
#[derive(Clone, Copy)]
struct Frame<'a> {
    at: usize,
    kind: u64,
    payload: Reader<'a>,
}

impl<'a> Frame<'a> {
    fn next(r: &mut Reader<'a>) -> Option<Self> {
        let at = r.at();
        let kind = r.varint().ok()?;
        let length = r.varint().ok()?;
        let payload = r.sub(usize::try_from(length).ok()?).ok()?;
        Some(Self { at, kind, payload })
    }
}

fn put_frame(frame: Frame<'_>, whole: &[u8], out: &mut dyn FieldSink) -> Result<(), Short> {
    let Frame { at, kind, mut payload } = frame;
    let mut r = Reader::new(whole, at);
    put_varint(&mut r, FRAME_TYPE, out)?;
    put_varint(&mut r, FRAME_LENGTH, out)?;
    let mut content = payload;
    put_rest(&mut content, FRAME_PAYLOAD, out)?;
    if kind == SETTINGS_FRAME {
        while payload.left() > 0 {
            setting(&mut payload, out)?;
        }
    }
    Ok(())
}

/// RFC 9114 §7.2.4.
fn setting(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let mut ahead = *r;
    ahead.varint()?;
    ahead.varint()?;
    out.put(SETTINGS, at..ahead.at(), Value::Present);
    let identifier = put_varint(r, SETTINGS_ID, out)?;
    let place = r.at();
    let value = put_varint(r, SETTINGS_VALUE, out)?;
    let field = match identifier {
        1 => MAX_TABLE_CAPACITY,
        6 => MAX_FIELD_SECTION_SIZE,
        7 => BLOCKED_STREAMS,
        8 => EXTENDED_CONNECT,
        _ => return Ok(()),
    };
    out.put(field, place..r.at(), Value::Unsigned(value));
    Ok(())
}

/// The streams of the packet, each with its type or its frames.
fn info(view: &View<'_>, out: &mut String) {
    /// The most streams in the line for people.
    const MOST: usize = 8;
    let before = view.below().iter().copied();
    let streams = before.filter(|layer| layer.protocol == id::http3 && layer.buffer == view.layer.buffer);
    for (number, layer) in streams.chain([view.layer]).enumerate() {
        if number == MOST {
            return out.push_str(", …");
        }
        let start = out.len();
        append_stream(&view.decoded.view(layer), out);
        if number > 0 && out.len() > start {
            out.insert_str(start, ", ");
        }
    }
}

fn append_stream(view: &View<'_>, out: &mut String) {
    let mut r = Reader::new(view.header().0, 0);
    if view.layer.detail & UNIDIRECTIONAL != 0 {
        append_name(view, STREAM_TYPE, "", out);
        if r.varint() != Ok(CONTROL) {
            return;
        }
        out.push_str(": ");
    }
    let mut separator = "";
    while let Some(frame) = Frame::next(&mut r) {
        put!(
            out,
            "{separator}{}",
            crate::field::value_name(FRAME_TYPES, frame.kind).unwrap_or("unknown frame")
        );
        separator = ", ";
    }
}
