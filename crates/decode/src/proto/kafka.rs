//! The protocol of Apache Kafka (kafka.apache.org/protocol): lengths and headers of requests and responses. A response
//! does not say what it answers; its request, of the same correlation id, does.

use super::kafka_names::{API_KEYS, ERRORS};
use super::prelude::*;
use super::waiting::Waiting;
use crate::decryptor::Side;
use crate::exchanges::{self, Exchange, Turn};
use crate::flow::Unpacker;
use crate::limits::Counters;

fields! {
    LEN: I32 walk, "kafka.len", "Length";
    API_KEY: I16 walk, "kafka.api_key", "API Key", names(API_KEYS);
    REQUEST_KEY: I16 walk, "kafka.request_key", "API Key", names(API_KEYS);
    RESPONSE_KEY: I16 walk, "kafka.response_key", "API Key", names(API_KEYS);
    API_VERSION: I16 walk, "kafka.api_version", "API Version";
    REQUEST_VERSION: I16 walk, "kafka.request.version", "API Version";
    RESPONSE_VERSION: I16 walk, "kafka.response.version", "API Version";
    CORRELATION_ID: I32 walk, "kafka.correlation_id", "Correlation ID";
    REQUEST_FRAME: FrameNumber exchange(exchanges::request_frame), "kafka.request_frame", "Request Frame";
    CLIENT_ID: Text walk, "kafka.client_id", "Client ID";
    ERROR: I16 walk, "kafka.error", "Error", names(ERRORS);
    VERSIONS_KEY: I16 walk, "kafka.api_versions.api_key", "API Key", names(API_KEYS);
    VERSIONS_MIN: I16 walk, "kafka.api_versions.min_version", "Min Version";
    VERSIONS_MAX: I16 walk, "kafka.api_versions.max_version", "Max Version";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::TcpPort(9092)],
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: true }),
    unpacker: Some(|| Box::<Requests>::default()),
    exchange: Some(Exchange::new(turns)),
    info: Some(info),
    ..Protocol::new("kafka", "Kafka", "Kafka")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    Ok(Step::last(b))
}

/// The length of a message counts from behind itself; brokers take 100 MiB by default (socket.request.max.bytes).
const MAX_LENGTH: u32 = 100 << 20;

const API_VERSIONS: u16 = 18;

fn probe(b: &[u8]) -> bool {
    b.len() >= 8 && (4..=MAX_LENGTH).contains(&Bytes(b).u32(0))
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match Bytes(b).number(0, 4) {
        None => Length::Need,
        Some(length) if length > MAX_LENGTH.into() => Length::NotMine,
        Some(length) => Length::Known(4 + length),
    }
}

/// The header of a request.
struct Request {
    key: u16,
    version: u16,
    correlation: u32,
}

impl Request {
    fn of(message: &[u8]) -> Option<Self> {
        let b = Bytes(message);
        b.need(12).ok()?;
        Some(Self { key: b.u16(4), version: b.u16(6), correlation: b.u32(8) })
    }
}

/// The requests that wait for their responses, which come in the same order.
#[derive(Default)]
struct Requests(Waiting<Request>);

/// Unpacked is the side, and of a response whose request is known key and version.
impl Unpacker for Requests {
    fn pdu(
        &mut self,
        side: Side,
        message: &[u8],
        out: &mut Vec<u8>,
        _: &mut Counters,
    ) -> Option<(ProtocolId, usize)> {
        out.push(side as u8);
        if side == Side::Initiator {
            self.0.ask(Request::of(message)?);
            return None;
        }
        let correlation = Bytes(message).u32(4);
        // Some want no answer (produce with acks=0).
        let request = self.0.answer_in_order(|request| request.correlation == correlation)?;
        out.extend_from_slice(&request.key.to_be_bytes());
        out.extend_from_slice(&request.version.to_be_bytes());
        None
    }

    fn forget(&mut self, _: Side) {
        self.0.clear();
    }

    fn kept(&self) -> usize {
        self.0.bytes()
    }
}

/// A response has the correlation identifier of its request.
fn turns(view: &View<'_>, out: &mut dyn FnMut(Turn)) {
    match view.unpacked() {
        [0, ..] => out(Turn::Request(view.bytes.u32(8).into())),
        [_, ..] => out(Turn::Response(view.bytes.u32(4).into())),
        [] => {}
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if view.is_silent() {
        return Ok(());
    }
    let mut r = Reader::new(view.header().0, 0);
    put_signed(&mut r, 4, LEN, out)?;
    match view.unpacked() {
        [0, ..] => request(&mut r, out),
        [_, answered @ ..] => response(&mut r, answered, out),
        [] => Ok(()),
    }
}

fn request(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let header = Request::of(r.whole());
    if let Some(Request { key, version, .. }) = header {
        put_both([API_KEY, REQUEST_KEY], 4..6, key, out);
        put_both([API_VERSION, REQUEST_VERSION], 6..8, version, out);
    }
    r.take(4)?;
    put_signed(r, 4, CORRELATION_ID, out)?;
    match r.u16()? {
        // Null.
        0xffff => Ok(()),
        length => put_text(r, length.into(), CLIENT_ID, out),
    }
}

fn response(r: &mut Reader<'_>, answered: &[u8], out: &mut dyn FieldSink) -> Result<(), Short> {
    put_signed(r, 4, CORRELATION_ID, out)?;
    let &[a, b, c, d] = answered else { return Ok(()) };
    let (key, version) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
    put_both([API_KEY, RESPONSE_KEY], 0..0, key, out);
    out.put(RESPONSE_VERSION, 0..0, Value::Signed(version.cast_signed().into()));
    // From version 3 on, lists are counted otherwise (KIP-482).
    if key != API_VERSIONS || version > 2 {
        return Ok(());
    }
    put_signed(r, 2, ERROR, out)?;
    for _ in 0..r.number(4)? {
        put_signed(r, 2, VERSIONS_KEY, out)?;
        put_signed(r, 2, VERSIONS_MIN, out)?;
        put_signed(r, 2, VERSIONS_MAX, out)?;
    }
    Ok(())
}

/// Wireshark has a field for messages of both directions, and one for each.
fn put_both(fields: [FieldIndex; 2], at: std::ops::Range<usize>, number: u16, out: &mut dyn FieldSink) {
    for field in fields {
        out.put(field, at.clone(), Value::Signed(number.cast_signed().into()));
    }
}

/// Gives out the next signed number of `length` bytes, at most 4.
fn put_signed(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let unused = 64 - 8 * length as u32;
    let number = (r.number(length)? << unused).cast_signed() >> unused;
    out.put(field, at..at + length, Value::Signed(number));
    Ok(())
}

/// `Kafka Metadata v1 Request`.
fn info(view: &View<'_>, out: &mut String) {
    let b = view.header();
    let (key, version, what) = match *view.unpacked() {
        [0, ..] => (b.u16(4), b.u16(6), "Request"),
        [_, a, b, c, d] => (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]), "Response"),
        _ => return out.push_str("Kafka Response (Request missing)"),
    };
    let name = crate::field::value_name(API_KEYS, key.into()).unwrap_or("Unknown");
    put!(out, "Kafka {name} v{version} {what}");
}
