//! The transport parameters of QUIC (RFC 9000 §18), which travel in an extension of TLS.

use super::*;

/// Gives out a list of parameters.
pub(super) fn put(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let at = r.at();
        let number = put_varint(r, QUIC_PARAMETER_TYPE, out)?;
        let length = put_varint(r, QUIC_PARAMETER_LENGTH, out)?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        let mut value = r.sub(length)?;
        out.open(at..value.end(), format_args!("Parameter 0x{number:02x} (len={length})"));
        out.put(
            QUIC_PARAMETER_VALUE,
            value.at()..value.end(),
            Value::Bytes(&value.whole()[value.at()..value.end()]),
        );
        // A damaged parameter hides nothing but itself.
        let _ = parameter(number, &mut value, out);
        out.close();
    }
    Ok(())
}

fn parameter(number: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let field = match number {
        0x00 => return put_bytes(r, r.left(), QUIC_ORIGINAL_DCID, out),
        0x02 => return put_bytes(r, 16, QUIC_STATELESS_RESET_TOKEN, out),
        0x0f => return put_bytes(r, r.left(), QUIC_INITIAL_SCID, out),
        0x10 => return put_bytes(r, r.left(), QUIC_RETRY_SCID, out),
        // Version information (RFC 9368 §3), and its number as a draft.
        0x11 | 0x00ff_73db => {
            put_number(r, 4, QUIC_CHOSEN_VERSION, out)?;
            let rest = r.left() as u64;
            return put_list(r, rest, 4, QUIC_OTHER_VERSION, out);
        }
        0x01 => QUIC_MAX_IDLE_TIMEOUT,
        0x03 => QUIC_MAX_UDP_PAYLOAD_SIZE,
        0x04 => QUIC_INITIAL_MAX_DATA,
        0x05 => QUIC_STREAM_DATA_BIDI_LOCAL,
        0x06 => QUIC_STREAM_DATA_BIDI_REMOTE,
        0x07 => QUIC_STREAM_DATA_UNI,
        0x08 => QUIC_MAX_STREAMS_BIDI,
        0x09 => QUIC_MAX_STREAMS_UNI,
        0x0a => QUIC_ACK_DELAY_EXPONENT,
        0x0b => QUIC_MAX_ACK_DELAY,
        0x0e => QUIC_ACTIVE_CONNECTION_ID_LIMIT,
        0x20 => QUIC_MAX_DATAGRAM_FRAME_SIZE,
        _ => return Ok(()),
    };
    put_varint(r, field, out).map(drop)
}
