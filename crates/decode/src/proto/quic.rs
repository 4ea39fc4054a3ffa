//! QUIC (RFC 9000, and version 2, RFC 9369). One packet is one layer; those coalesced in a datagram follow each other.
//!
//! A packet that could be decrypted has a second layer behind it, in the decrypted bytes: its header without protection, and
//! its frames. What the bytes do not tell, the flow stage leaves in [`detail`].

mod frames;
mod header;

use super::prelude::*;
pub(crate) use frames::{crypto, streams};
pub(crate) use header::{Header, Kind};

/// What [`crate::Layer::detail`] says about a packet: the length of a short header's connection ID in the low 8 bits, and
/// these.
pub(crate) mod detail {
    /// The length of the connection ID is known.
    pub(crate) const LENGTH_KNOWN: u32 = 1 << 8;
    /// The bytes are a packet without its protection; the bits from 16 on are the place of its number in the list of
    /// [`crate::decoded::Work`].
    pub(crate) const DECRYPTED: u32 = 1 << 9;
    /// There is such a layer behind this one; two bits say how long the packet number is, less one.
    pub(crate) const READABLE: u32 = 1 << 10;

    /// The length of the packet number in bytes, which the protection hides.
    pub(crate) const fn number_length(length: usize) -> u32 {
        (length.saturating_sub(1) as u32 & 3) << 11
    }

    /// The place of the packet number.
    pub(crate) const fn number_at(index: usize) -> u32 {
        (index as u32 & 0xffff) << 16
    }
}

fields! {
    SHORT: None walk, "quic.short", "QUIC Short Header";
    PACKET_LENGTH: U32 walk, "quic.packet_length", "Packet Length";
    HEADER_FORM: U8 walk, "quic.header_form", "Header Form", names(HEADER_FORMS);
    FIXED_BIT: Bool walk, "quic.fixed_bit", "Fixed Bit";
    SPIN_BIT: Bool walk, "quic.spin_bit", "Spin Bit";
    PACKET_TYPE: U8 walk, "quic.long.packet_type", "Packet Type", names(PACKET_TYPES);
    PACKET_TYPE_V2: U8 walk, "quic.long.packet_type_v2", "Packet Type", names(PACKET_TYPES_V2);
    LONG_RESERVED: U8 walk, "quic.long.reserved", "Reserved";
    SHORT_RESERVED: U8 walk, "quic.short.reserved", "Reserved";
    KEY_PHASE: Bool walk, "quic.key_phase", "Key Phase Bit";
    PACKET_NUMBER_LENGTH: U8 walk, "quic.packet_number_length", "Packet Number Length";
    VN_UNUSED: U8 walk, "quic.vn.unused", "Unused", hex;
    VERSION: U32 walk, "quic.version", "Version", hex, names(VERSIONS);
    DCIL: U8 walk, "quic.dcil", "Destination Connection ID Length";
    DCID: Bytes walk, "quic.dcid", "Destination Connection ID";
    SCIL: U8 walk, "quic.scil", "Source Connection ID Length";
    SCID: Bytes walk, "quic.scid", "Source Connection ID";
    SUPPORTED_VERSION: U32 walk, "quic.supported_version", "Supported Version", hex, names(VERSIONS);
    TOKEN_LENGTH: U64 walk, "quic.token_length", "Token Length";
    TOKEN: Bytes walk, "quic.token", "Token";
    RETRY_TOKEN: Bytes walk, "quic.retry_token", "Retry Token";
    RETRY_INTEGRITY_TAG: Bytes walk, "quic.retry_integrity_tag", "Retry Integrity Tag";
    LENGTH: U64 walk, "quic.length", "Length";
    PACKET_NUMBER: U64 walk, "quic.packet_number", "Packet Number";
    PAYLOAD: Bytes walk, "quic.payload", "Payload";
    PROTECTED_PAYLOAD: Bytes walk, "quic.protected_payload", "Protected Payload";
    REMAINING_PAYLOAD: Bytes walk, "quic.remaining_payload", "Remaining Payload";
    COALESCED_PADDING: None walk, "quic.coalesced_padding_data", "Coalesced Padding Data";
    FRAME: None walk, "quic.frame", "Frame";
    FRAME_TYPE: U64 walk, "quic.frame_type", "Frame Type", names(FRAME_TYPES);
    PADDING_LENGTH: U32 walk, "quic.padding_length", "Padding Length";
    ACK_LARGEST: U64 walk, "quic.ack.largest_acknowledged", "Largest Acknowledged";
    ACK_DELAY: U64 walk, "quic.ack.ack_delay", "ACK Delay";
    ACK_RANGE_COUNT: U64 walk, "quic.ack.ack_range_count", "ACK Range Count";
    ACK_FIRST_RANGE: U64 walk, "quic.ack.first_ack_range", "First ACK Range";
    ACK_GAP: U64 walk, "quic.ack.gap", "Gap";
    ACK_RANGE: U64 walk, "quic.ack.ack_range", "ACK Range";
    ACK_ECT0: U64 walk, "quic.ack.ect0_count", "ECT(0) Count";
    ACK_ECT1: U64 walk, "quic.ack.ect1_count", "ECT(1) Count";
    ACK_CE: U64 walk, "quic.ack.ecn_ce_count", "ECN-CE Count";
    RESET_STREAM_ID: U64 walk, "quic.rsts.stream_id", "Stream ID";
    RESET_ERROR: U64 walk, "quic.rsts.application_error_code", "Application Error code";
    RESET_FINAL_SIZE: U64 walk, "quic.rsts.final_size", "Final Size";
    STOP_STREAM_ID: U64 walk, "quic.ss.stream_id", "Stream ID";
    STOP_ERROR: U64 walk, "quic.ss.application_error_code", "Application Error code";
    CRYPTO_OFFSET: U64 walk, "quic.crypto.offset", "Offset";
    CRYPTO_LENGTH: U64 walk, "quic.crypto.length", "Length";
    CRYPTO_DATA: None walk, "quic.crypto.crypto_data", "Crypto Data";
    NEW_TOKEN_LENGTH: U64 walk, "quic.nt.length", "(Token) Length";
    NEW_TOKEN: Bytes walk, "quic.nt.token", "Token";
    STREAM_FIN: Bool walk, "quic.stream.fin", "Fin";
    STREAM_LEN: Bool walk, "quic.stream.len", "Len(gth)";
    STREAM_OFF: Bool walk, "quic.stream.off", "Off(set)";
    STREAM_ID: U64 walk, "quic.stream.stream_id", "Stream ID";
    STREAM_INITIATOR: U64 walk, "quic.stream.initiator", "Stream initiator", names(INITIATORS);
    STREAM_DIRECTION: U64 walk, "quic.stream.direction", "Stream direction", names(DIRECTIONS);
    STREAM_OFFSET: U64 walk, "quic.stream.offset", "Offset";
    STREAM_LENGTH: U64 walk, "quic.stream.length", "Length";
    STREAM_DATA: Bytes walk, "quic.stream_data", "Stream Data";
    MAX_DATA: U64 walk, "quic.md.maximum_data", "Maximum Data";
    MAX_STREAM_DATA_ID: U64 walk, "quic.msd.stream_id", "Stream ID";
    MAX_STREAM_DATA: U64 walk, "quic.msd.maximum_stream_data", "Maximum Stream Data";
    MAX_STREAMS: U64 walk, "quic.ms.max_streams", "Max Streams";
    DATA_LIMIT: U64 walk, "quic.sb.stream_data_limit", "Stream Data Limit";
    DATA_BLOCKED_ID: U64 walk, "quic.sdb.stream_id", "Stream ID";
    STREAM_LIMIT: U64 walk, "quic.sib.stream_limit", "Stream Limit";
    NEW_CID_RETIRE: U64 walk, "quic.nci.retire_prior_to", "Retire Prior To";
    NEW_CID_SEQUENCE: U64 walk, "quic.nci.sequence", "Sequence";
    NEW_CID_LENGTH: U8 walk, "quic.nci.connection_id.length", "Connection ID Length";
    NEW_CID: Bytes walk, "quic.nci.connection_id", "Connection ID";
    NEW_CID_TOKEN: Bytes walk, "quic.nci.stateless_reset_token", "Stateless Reset Token";
    RETIRE_CID_SEQUENCE: U64 walk, "quic.rci.sequence", "Sequence";
    PATH_CHALLENGE: Bytes walk, "quic.path_challenge.data", "Data";
    PATH_RESPONSE: Bytes walk, "quic.path_response.data", "Data";
    CLOSE_ERROR: U64 walk, "quic.cc.error_code", "Error code", names(TRANSPORT_ERRORS);
    CLOSE_ERROR_APP: U64 walk, "quic.cc.error_code.app", "Application Error code";
    CLOSE_TLS_ALERT: U8 walk, "quic.cc.error_code.tls_alert", "TLS Alert Description",
        names(super::tls_names::ALERTS);
    CLOSE_FRAME_TYPE: U64 walk, "quic.cc.frame_type", "Frame Type", names(FRAME_TYPES);
    CLOSE_REASON_LENGTH: U64 walk, "quic.cc.reason_phrase.length", "Reason phrase Length";
    CLOSE_REASON: Text walk, "quic.cc.reason_phrase", "Reason phrase";
    DATAGRAM_LENGTH: U64 walk, "quic.dg.length", "Datagram Length";
    DATAGRAM: Bytes walk, "quic.dg", "Datagram";
}

pub(crate) static PROTOCOL: Protocol = Protocol {
    claims: &[Claim::Flow],
    fields: FIELDS,
    walk: Some(walk),
    datagrams: Some(Datagrams {
        admits: header::admits,
        recognise: Some(header::is_handshake),
        keeps: true,
        follow: None,
    }),
    info: Some(info),
    ..Protocol::new("quic", "QUIC IETF", "QUIC")
};

const HEADER_FORMS: crate::field::ValueNames = &[(0, "Short Header"), (1, "Long Header")];
const PACKET_TYPES: crate::field::ValueNames =
    &[(0, "Initial"), (1, "0-RTT"), (2, "Handshake"), (3, "Retry")];
const PACKET_TYPES_V2: crate::field::ValueNames =
    &[(0, "Retry"), (1, "Initial"), (2, "0-RTT"), (3, "Handshake")];
const VERSIONS: crate::field::ValueNames = &[
    (0, "Version Negotiation"),
    (1, "1"),
    (0x6b33_43cf, "2"),
    (0xff00_001b, "draft-27"),
    (0xff00_001c, "draft-28"),
    (0xff00_001d, "draft-29"),
    (0xff00_0020, "draft-32"),
];
const INITIATORS: crate::field::ValueNames = &[(0, "Client-initiated"), (1, "Server-initiated")];
const DIRECTIONS: crate::field::ValueNames = &[(0, "Bidirectional"), (1, "Unidirectional")];

/// Error codes (RFC 9000 §20.1); those from 0x100 on are alerts of TLS.
const TRANSPORT_ERRORS: crate::field::ValueNames = &[
    (0, "NO_ERROR"),
    (1, "INTERNAL_ERROR"),
    (2, "CONNECTION_REFUSED"),
    (3, "FLOW_CONTROL_ERROR"),
    (4, "STREAM_LIMIT_ERROR"),
    (5, "STREAM_STATE_ERROR"),
    (6, "FINAL_SIZE_ERROR"),
    (7, "FRAME_ENCODING_ERROR"),
    (8, "TRANSPORT_PARAMETER_ERROR"),
    (9, "CONNECTION_ID_LIMIT_ERROR"),
    (10, "PROTOCOL_VIOLATION"),
    (11, "INVALID_TOKEN"),
    (12, "APPLICATION_ERROR"),
    (13, "CRYPTO_BUFFER_EXCEEDED"),
    (14, "KEY_UPDATE_ERROR"),
    (15, "AEAD_LIMIT_REACHED"),
    (16, "NO_VIABLE_PATH"),
    (17, "VERSION_NEGOTIATION_ERROR"),
];

/// Frame types (RFC 9000 §19, RFC 9221).
const FRAME_TYPES: crate::field::ValueNames = &[
    (0x00, "PADDING"),
    (0x01, "PING"),
    (0x02, "ACK"),
    (0x03, "ACK"),
    (0x04, "RESET_STREAM"),
    (0x05, "STOP_SENDING"),
    (0x06, "CRYPTO"),
    (0x07, "NEW_TOKEN"),
    (0x08, "STREAM"),
    (0x09, "STREAM"),
    (0x0a, "STREAM"),
    (0x0b, "STREAM"),
    (0x0c, "STREAM"),
    (0x0d, "STREAM"),
    (0x0e, "STREAM"),
    (0x0f, "STREAM"),
    (0x10, "MAX_DATA"),
    (0x11, "MAX_STREAM_DATA"),
    (0x12, "MAX_STREAMS (BIDI)"),
    (0x13, "MAX_STREAMS (UNI)"),
    (0x14, "DATA_BLOCKED"),
    (0x15, "STREAM_DATA_BLOCKED"),
    (0x16, "STREAMS_BLOCKED (BIDI)"),
    (0x17, "STREAMS_BLOCKED (UNI)"),
    (0x18, "NEW_CONNECTION_ID"),
    (0x19, "RETIRE_CONNECTION_ID"),
    (0x1a, "PATH_CHALLENGE"),
    (0x1b, "PATH_RESPONSE"),
    (0x1c, "CONNECTION_CLOSE"),
    (0x1d, "CONNECTION_CLOSE"),
    (0x1e, "HANDSHAKE_DONE"),
    (0x30, "DATAGRAM"),
    (0x31, "DATAGRAM"),
];

pub(super) fn enter(b: Bytes<'_>) -> Result<Step, Short> {
    let header = Header::of_whole(b.0)?;
    let next = if header.end < b.len() { id::quic } else { ProtocolId::NONE };
    Ok(Step { header: header.end as u32, end: Step::ALL, next, detail: 0 })
}

fn walk(view: &View<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let detail = view.layer.detail;
    let bytes = view.header().0;
    let header = Header::read(bytes)?;
    let mut r = Reader::new(bytes, 0);
    if detail & detail::DECRYPTED != 0 {
        let number = view.decoded.work.packet_numbers.get((detail >> 16) as usize).copied();
        return decrypted(&mut r, &header, number.unwrap_or(0), detail, out);
    }
    match header.kind {
        Kind::Padding => {
            out.put(COALESCED_PADDING, 0..r.end(), Value::Present);
            Ok(())
        }
        Kind::Short => short(&mut r, detail, out),
        _ => long(&mut r, &header, detail, out),
    }
}

/// What stands in the clear of a packet with a long header (RFC 9000 §17.2).
fn long(r: &mut Reader<'_>, header: &Header<'_>, detail: u32, out: &mut dyn FieldSink) -> Result<(), Short> {
    let first = Bytes(r.whole()).u8(0);
    out.put(PACKET_LENGTH, 0..r.end(), Value::Unsigned(header.end as u64));
    out.put(HEADER_FORM, 0..1, Value::Unsigned(1));
    if header.kind == Kind::VersionNegotiation {
        out.put(VN_UNUSED, 0..1, Value::Unsigned((first & 0x7f).into()));
    } else {
        if header.kind != Kind::Retry {
            out.put(FIXED_BIT, 0..1, Value::Bool(first & 0x40 != 0));
        }
        let field = if header.is_version_2() { PACKET_TYPE_V2 } else { PACKET_TYPE };
        out.put(field, 0..1, Value::Unsigned((first >> 4 & 3).into()));
    }
    r.skip_to(1)?;
    put_number(r, 4, VERSION, out)?;
    for (length_field, field) in [(DCIL, DCID), (SCIL, SCID)] {
        let length = put_number(r, 1, length_field, out)?;
        if length > 0 {
            put_bytes(r, length as usize, field, out)?;
        }
    }
    match header.kind {
        Kind::VersionNegotiation => {
            let rest = r.left() as u64;
            return put_list(r, rest, 4, SUPPORTED_VERSION, out);
        }
        Kind::Retry => {
            put_bytes(r, r.left().saturating_sub(16), RETRY_TOKEN, out)?;
            return put_bytes(r, r.left(), RETRY_INTEGRITY_TAG, out);
        }
        Kind::Initial => {
            let length = put_varint(r, TOKEN_LENGTH, out)?;
            if length > 0 {
                put_bytes(r, length as usize, TOKEN, out)?;
            }
        }
        Kind::Unknown => return put_rest(r, REMAINING_PAYLOAD, out),
        _ => {}
    }
    put_varint(r, LENGTH, out)?;
    protected(r, detail, PAYLOAD, out)
}

/// The protected bytes: behind the packet number when its length is known.
fn protected(
    r: &mut Reader<'_>,
    detail: u32,
    readable: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    if detail & detail::READABLE == 0 {
        return put_rest(r, REMAINING_PAYLOAD, out);
    }
    r.take((detail >> 11 & 3) as usize + 1)?;
    put_rest(r, readable, out)
}

/// What stands in the clear of a packet with a short header (RFC 9000 §17.3).
fn short(r: &mut Reader<'_>, detail: u32, out: &mut dyn FieldSink) -> Result<(), Short> {
    let first = Bytes(r.whole()).u8(0);
    out.put(PACKET_LENGTH, 0..r.end(), Value::Unsigned(r.end() as u64));
    out.put(SHORT, 0..r.end(), Value::Present);
    out.put(HEADER_FORM, 0..1, Value::Unsigned(0));
    out.put(FIXED_BIT, 0..1, Value::Bool(first & 0x40 != 0));
    out.put(SPIN_BIT, 0..1, Value::Bool(first & 0x20 != 0));
    r.skip_to(1)?;
    if detail & detail::LENGTH_KNOWN != 0 && detail & 0xff > 0 {
        put_bytes(r, (detail & 0xff) as usize, DCID, out)?;
    }
    protected(r, detail, PROTECTED_PAYLOAD, out)
}

/// What the protection hid: the rest of the header, and the frames.
fn decrypted(
    r: &mut Reader<'_>,
    header: &Header<'_>,
    number: u64,
    detail: u32,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let first = Bytes(r.whole()).u8(0);
    let number_length = usize::from(first & 3) + 1;
    let at = match header.kind {
        Kind::Short => {
            out.put(SHORT_RESERVED, 0..1, Value::Unsigned((first >> 3 & 3).into()));
            out.put(KEY_PHASE, 0..1, Value::Bool(first & 4 != 0));
            1 + (detail & 0xff) as usize
        }
        _ => {
            out.put(LONG_RESERVED, 0..1, Value::Unsigned((first >> 2 & 3).into()));
            header.number_at
        }
    };
    out.put(PACKET_NUMBER_LENGTH, 0..1, Value::Unsigned((first & 3).into()));
    out.put(PACKET_NUMBER, at..at + number_length, Value::Unsigned(number));
    r.skip_to(at + number_length)?;
    frames::put(r, out)
}

fn info(view: &View<'_>, out: &mut String) {
    let detail = view.layer.detail;
    let Ok(header) = Header::read(view.header().0) else { return };
    if detail & detail::DECRYPTED != 0 {
        out.push_str(header.kind.name());
        frames::names(view, out);
    } else if detail & detail::READABLE == 0 && header.kind != Kind::Padding {
        out.push_str(header.kind.name());
    }
}
