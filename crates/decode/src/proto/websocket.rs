//! WebSocket, RFC 6455: frames, after HTTP has switched to them. Compressed messages (RFC 7692) are inflated.

use super::prelude::*;
use super::websocket_messages::Messages;

fields! {
    FIN: Bool bits(0..1, 0x80), "websocket.fin", "Fin";
    RSV: U8 bits(0..1, 0x70), "websocket.rsv", "Reserved", hex;
    OPCODE: U8 bits(0..1, 0x0f), "websocket.opcode", "Opcode", names(OPCODES);
    MASK: Bool bits(1..2, 0x80), "websocket.mask", "Mask";
    PAYLOAD_LENGTH: U8 bits(1..2, 0x7f), "websocket.payload_length", "Payload length";
    LENGTH_16: U16 walk, "websocket.payload_length_ext_16", "Extended Payload length (16 bits)";
    LENGTH_64: U64 walk, "websocket.payload_length_ext_64", "Extended Payload length (64 bits)";
    PMC: Bool walk, "websocket.pmc", "Per-Message Compressed";
    MASKING_KEY: Bytes walk, "websocket.masking_key", "Masking-Key";
    MASKED_PAYLOAD: None walk, "websocket.masked_payload", "Masked payload";
    PAYLOAD: None walk, "websocket.payload", "Payload";
    CONTINUE: Bytes walk, "websocket.payload.continue", "Continue";
    TEXT: Text walk, "websocket.payload.text", "Text";
    CLOSE: None walk, "websocket.payload.close", "Close";
    STATUS_CODE: U16 walk, "websocket.payload.close.status_code", "Status code", names(STATUS_CODES);
    REASON: Text walk, "websocket.payload.close.reason", "Reason";
    PING: Bytes walk, "websocket.payload.ping", "Ping";
    PONG: Bytes walk, "websocket.payload.pong", "Pong";
    UNKNOWN: Bytes walk, "websocket.payload.unknown", "Unknown";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    fields: FIELDS,
    walk: Some(walk),
    stream: Some(Stream { probe, any_port: false, frame, prefix: 0, partial_counts: false }),
    unpacker: Some(|| Box::<Messages>::default()),
    info: Some(info),
    ..Protocol::new("websocket", "WebSocket", "WebSocket")
};

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    b.need(2)?;
    Ok(Step::last(b))
}

/// RFC 6455 §11.8.
pub(super) mod opcode {
    pub(in super::super) const CONTINUATION: u8 = 0;
    pub(in super::super) const TEXT: u8 = 1;
    pub(in super::super) const BINARY: u8 = 2;
    pub(super) const CLOSE: u8 = 8;
    pub(super) const PING: u8 = 9;
    pub(super) const PONG: u8 = 10;
}

const OPCODES: crate::field::ValueNames =
    &[(0, "Continuation"), (1, "Text"), (2, "Binary"), (8, "Connection Close"), (9, "Ping"), (10, "Pong")];

/// RFC 6455 §11.7.
const STATUS_CODES: crate::field::ValueNames = &[
    (1000, "Normal Closure"),
    (1001, "Going Away"),
    (1002, "Protocol error"),
    (1003, "Unsupported Data"),
    (1004, "---Reserved----"),
    (1005, "No Status Rcvd"),
    (1006, "Abnormal Closure"),
    (1007, "Invalid frame payload data"),
    (1008, "Policy Violation"),
    (1009, "Message Too Big"),
    (1010, "Mandatory Ext."),
    (1011, "Internal Server"),
    (1015, "TLS handshake"),
];

/// The head of a frame (RFC 6455 §5.2).
#[derive(Clone, Copy)]
pub(super) struct Head {
    pub(super) fin: bool,
    /// RSV1: the message is compressed, where that was agreed (RFC 7692 §6).
    pub(super) compressed: bool,
    pub(super) opcode: u8,
    mask: Option<[u8; 4]>,
    /// Offset and length of the payload.
    start: usize,
    length: u64,
}

impl Head {
    pub(super) fn at_start(b: &[u8]) -> Option<Self> {
        let &[first, second, ..] = b else { return None };
        let (length, behind) = match second & 0x7f {
            126 => (u64::from(u16::from_be_bytes(Bytes(b).array(2)?)), 4),
            127 => (u64::from_be_bytes(Bytes(b).array(2)?), 10),
            length => (length.into(), 2),
        };
        let mask = if second & 0x80 != 0 { Some(Bytes(b).array(behind)?) } else { None };
        Some(Self {
            fin: first & 0x80 != 0,
            compressed: first & 0x40 != 0,
            opcode: first & 0x0f,
            mask,
            start: behind + if mask.is_some() { 4 } else { 0 },
            length,
        })
    }

    /// The payload that is there, without its mask (§5.3).
    pub(super) fn payload(self, b: &[u8]) -> Vec<u8> {
        let end = self.start.saturating_add(usize::try_from(self.length).unwrap_or(usize::MAX));
        let mask = self.mask.unwrap_or_default();
        Bytes(b)
            .clamped(self.start, end)
            .iter()
            .zip(mask.iter().cycle())
            .map(|(byte, key)| byte ^ key)
            .collect()
    }

    /// Control frames are short and whole, the reserved bits but the first are not in use (§5.5, RFC 7692 §6).
    fn is_sound(self, first: u8) -> bool {
        let control = self.opcode & 8 != 0;
        first & 0x30 == 0
            && matches!(self.opcode, opcode::CONTINUATION..=opcode::BINARY | opcode::CLOSE..=opcode::PONG)
            && (!control || self.fin && !self.compressed && self.length < 126)
    }
}

fn probe(b: &[u8]) -> bool {
    Head::at_start(b).is_some_and(|head| head.is_sound(b[0]))
}

fn frame(b: &[u8], _: &mut Framing<'_>) -> Length {
    match Head::at_start(b) {
        Some(head) => Length::Known((head.start as u64).saturating_add(head.length)),
        None => Length::Need,
    }
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let b = view.header().0;
    let Some(head) = Head::at_start(b) else { return Err(Short::new(14, b.len())) };
    match Bytes(b).u8(1) & 0x7f {
        126 => out.put(LENGTH_16, 2..4, Value::Unsigned(head.length)),
        127 => out.put(LENGTH_64, 2..10, Value::Unsigned(head.length)),
        _ => {}
    }
    let at = head.start..b.len();
    if let Some(mask) = head.mask {
        out.put(MASKING_KEY, head.start - 4..head.start, Value::Bytes(&mask));
        out.put(MASKED_PAYLOAD, at.clone(), Value::Present);
    }
    if head.length == 0 {
        return Ok(());
    }
    out.put(PAYLOAD, at.clone(), Value::Present);
    if head.compressed {
        out.put(PMC, 0..1, Value::Bool(true));
    }
    if let Some((&opcode, message)) = view.unpacked().split_first() {
        if opcode == opcode::TEXT {
            out.put(TEXT, at, Value::Text(message));
        }
        return Ok(());
    }
    let payload = head.payload(b);
    match head.opcode {
        // What could not be unpacked is no text.
        opcode::TEXT if head.compressed => out.put(UNKNOWN, at, Value::Bytes(&payload)),
        opcode::TEXT if head.fin => out.put(TEXT, at, Value::Text(&payload)),
        opcode::TEXT | opcode::BINARY => {}
        opcode::CONTINUATION => out.put(CONTINUE, at, Value::Bytes(&payload)),
        opcode::CLOSE => {
            out.put(CLOSE, at.clone(), Value::Present);
            if let Some((code, reason)) = payload.split_first_chunk() {
                let behind = at.start + 2;
                out.put(STATUS_CODE, at.start..behind, Value::Unsigned(u16::from_be_bytes(*code).into()));
                if !reason.is_empty() {
                    out.put(REASON, behind..at.end, Value::Text(reason));
                }
            }
        }
        opcode::PING => out.put(PING, at, Value::Bytes(&payload)),
        opcode::PONG => out.put(PONG, at, Value::Bytes(&payload)),
        _ => out.put(UNKNOWN, at, Value::Bytes(&payload)),
    }
    Ok(())
}

/// `WebSocket Text [FIN] [MASKED]`, and what it says.
fn info(view: &View<'_>, out: &mut String) {
    const MOST: usize = 80;
    let b = view.header().0;
    let Some(head) = Head::at_start(b) else { return };
    put!(out, "WebSocket {}", crate::field::value_name(OPCODES, head.opcode.into()).unwrap_or("Unknown"));
    out.push_str(if head.fin { " [FIN]" } else { " " });
    if head.mask.is_some() {
        out.push_str(" [MASKED]");
    }
    let text = match view.unpacked().split_first() {
        Some((&opcode::TEXT, message)) => Bytes(message).clamped(0, MOST).to_vec(),
        None if head.opcode == opcode::TEXT && !head.compressed && head.fin => {
            head.payload(Bytes(b).clamped(0, head.start + MOST))
        }
        _ => return,
    };
    out.push_str(": ");
    crate::text::write_escaped(&text, out);
}
