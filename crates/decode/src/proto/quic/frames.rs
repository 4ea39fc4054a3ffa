//! Frames (RFC 9000 §19, RFC 9221).

use std::fmt;
use std::ops::Range;

use super::*;

/// The most frame names in the line for people.
const MOST_NAMES: usize = 8;

/// Gives out frames up to the end.
pub(super) fn put(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    while r.left() > 0 {
        let at = r.at();
        let kind = r.varint()?;
        let type_at = at..r.at();
        let name = crate::field::value_name(FRAME_TYPES, kind).unwrap_or("Unknown");
        out.open(at..r.end(), format_args!("{name}"));
        out.put(FRAME, at..r.at(), Value::Present);
        out.put(FRAME_TYPE, type_at, Value::Unsigned(kind));
        let found = frame(kind, r, out);
        out.close();
        found?;
    }
    Ok(())
}

fn frame(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match kind {
        0x00 => padding(r, out),
        0x01 | 0x1e => Ok(()),
        0x02 | 0x03 => ack(kind, r, out),
        0x04 => put_varints(r, &[RESET_STREAM_ID, RESET_ERROR, RESET_FINAL_SIZE], out),
        0x05 => put_varints(r, &[STOP_STREAM_ID, STOP_ERROR], out),
        0x06 => {
            put_varint(r, CRYPTO_OFFSET, out)?;
            let length = put_varint(r, CRYPTO_LENGTH, out)?;
            let at = r.at();
            r.take(usize::try_from(length).unwrap_or(usize::MAX))?;
            out.put(CRYPTO_DATA, at..r.at(), Value::Present);
            Ok(())
        }
        0x07 => {
            let length = put_varint(r, NEW_TOKEN_LENGTH, out)?;
            put_bytes(r, usize::try_from(length).unwrap_or(usize::MAX), NEW_TOKEN, out)
        }
        0x08..=0x0f => stream(kind, r, out),
        0x10 => put_varints(r, &[MAX_DATA], out),
        0x11 => put_varints(r, &[MAX_STREAM_DATA_ID, MAX_STREAM_DATA], out),
        0x12 | 0x13 => put_varints(r, &[MAX_STREAMS], out),
        0x14 => put_varints(r, &[DATA_LIMIT], out),
        0x15 => put_varints(r, &[DATA_BLOCKED_ID, DATA_LIMIT], out),
        0x16 | 0x17 => put_varints(r, &[STREAM_LIMIT], out),
        0x18 => {
            put_varints(r, &[NEW_CID_SEQUENCE, NEW_CID_RETIRE], out)?;
            let length = put_number(r, 1, NEW_CID_LENGTH, out)?;
            put_bytes(r, length as usize, NEW_CID, out)?;
            put_bytes(r, 16, NEW_CID_TOKEN, out)
        }
        0x19 => put_varints(r, &[RETIRE_CID_SEQUENCE], out),
        0x1a => put_bytes(r, 8, PATH_CHALLENGE, out),
        0x1b => put_bytes(r, 8, PATH_RESPONSE, out),
        0x1c | 0x1d => close(kind, r, out),
        0x30 => put_rest(r, DATAGRAM, out),
        0x31 => {
            let length = put_varint(r, DATAGRAM_LENGTH, out)?;
            put_bytes(r, usize::try_from(length).unwrap_or(usize::MAX), DATAGRAM, out)
        }
        // The length of an unknown frame is not known either.
        _ => r.skip_to(r.end()),
    }
}

fn put_varints(r: &mut Reader<'_>, fields: &[FieldIndex], out: &mut dyn FieldSink) -> Result<(), Short> {
    fields.iter().try_for_each(|&field| put_varint(r, field, out).map(drop))
}

/// A frame of one byte; a run of them is one to people.
fn padding(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at() - 1;
    let rest = &r.whole()[r.at()..r.end()];
    let length = rest.iter().position(|&byte| byte != 0).unwrap_or(rest.len());
    r.take(length)?;
    out.put(PADDING_LENGTH, at..r.at(), Value::Unsigned(length as u64 + 1));
    Ok(())
}

fn ack(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_varints(r, &[ACK_LARGEST, ACK_DELAY], out)?;
    let ranges = put_varint(r, ACK_RANGE_COUNT, out)?;
    put_varints(r, &[ACK_FIRST_RANGE], out)?;
    for _ in 0..ranges {
        put_varints(r, &[ACK_GAP, ACK_RANGE], out)?;
    }
    if kind == 0x03 { put_varints(r, &[ACK_ECT0, ACK_ECT1, ACK_CE], out) } else { Ok(()) }
}

/// The low bits of the type say which fields are there (RFC 9000 §19.8).
fn stream(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at() - 1..r.at();
    for (field, bit) in [(STREAM_FIN, 1), (STREAM_LEN, 2), (STREAM_OFF, 4)] {
        out.put(field, at.clone(), Value::Bool(kind & bit != 0));
    }
    let at = r.at();
    let stream = put_varint(r, STREAM_ID, out)?;
    out.put(STREAM_INITIATOR, at..r.at(), Value::Unsigned(stream & 1));
    out.put(STREAM_DIRECTION, at..r.at(), Value::Unsigned(stream >> 1 & 1));
    if kind & 4 != 0 {
        put_varint(r, STREAM_OFFSET, out)?;
    }
    let length = if kind & 2 != 0 { put_varint(r, STREAM_LENGTH, out)? } else { r.left() as u64 };
    if length > 0 {
        put_bytes(r, usize::try_from(length).unwrap_or(usize::MAX), STREAM_DATA, out)?;
    }
    Ok(())
}

/// Of the application, or of the transport with the frame that was wrong; its errors from 0x100 to 0x1ff are alerts of TLS
/// (RFC 9001 §4.8).
fn close(kind: u64, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    if kind == 0x1d {
        put_varint(r, CLOSE_ERROR_APP, out)?;
    } else {
        let at = r.at();
        let error = put_varint(r, CLOSE_ERROR, out)?;
        if error >> 8 == 1 {
            out.put(CLOSE_TLS_ALERT, at..r.at(), Value::Unsigned(error & 0xff));
        }
        put_varint(r, CLOSE_FRAME_TYPE, out)?;
    }
    let length = put_varint(r, CLOSE_REASON_LENGTH, out)?;
    if length > 0 {
        put_text(r, usize::try_from(length).unwrap_or(usize::MAX), CLOSE_REASON, out)
    } else {
        Ok(())
    }
}

/// Calls `each` with the offset in the stream and the place in `bytes` of every CRYPTO frame from `at` on.
pub(crate) fn crypto(bytes: &[u8], at: usize, each: &mut dyn FnMut(u64, Range<usize>)) {
    // Damage behind a frame does not take the frame away.
    let _ = put(&mut Reader::new(bytes, at), &mut CryptoSink { offset: 0, each });
}

struct CryptoSink<'e> {
    offset: u64,
    each: &'e mut dyn FnMut(u64, Range<usize>),
}

impl FieldSink for CryptoSink<'_> {
    fn wants(&self, field: FieldIndex) -> bool {
        field == CRYPTO_DATA
    }

    fn put(&mut self, field: FieldIndex, at: Range<usize>, value: Value<'_>) {
        match (field, value) {
            (CRYPTO_OFFSET, Value::Unsigned(offset)) => self.offset = offset,
            (CRYPTO_DATA, _) => (self.each)(self.offset, at),
            _ => {}
        }
    }

    fn open(&mut self, _: Range<usize>, _: fmt::Arguments<'_>) {}

    fn close(&mut self) {}
}

/// Calls `each` with the number of the stream and the place in `bytes` of every STREAM frame from `at` on that begins a
/// stream.
pub(crate) fn streams(bytes: &[u8], at: usize, each: &mut dyn FnMut(u64, Range<usize>)) {
    let _ = put(&mut Reader::new(bytes, at), &mut StreamSink { stream: 0, offset: 0, each });
}

struct StreamSink<'e> {
    stream: u64,
    offset: u64,
    each: &'e mut dyn FnMut(u64, Range<usize>),
}

impl FieldSink for StreamSink<'_> {
    fn wants(&self, field: FieldIndex) -> bool {
        field == STREAM_DATA
    }

    fn put(&mut self, field: FieldIndex, at: Range<usize>, value: Value<'_>) {
        match (field, value) {
            (STREAM_ID, Value::Unsigned(stream)) => (self.stream, self.offset) = (stream, 0),
            (STREAM_OFFSET, Value::Unsigned(offset)) => self.offset = offset,
            (STREAM_DATA, _) if self.offset == 0 => (self.each)(self.stream, at),
            _ => {}
        }
    }

    fn open(&mut self, _: Range<usize>, _: fmt::Arguments<'_>) {}

    fn close(&mut self) {}
}

/// Appends the names of the frames.
pub(super) fn names(view: &View<'_>, out: &mut String) {
    let Some(row) = FIELDS.get(usize::from(FRAME_TYPE.0)) else { return };
    let mut count = 0;
    view.values(FRAME_TYPE, row, &mut |_, value| {
        count += 1;
        if let Value::Unsigned(kind) = value
            && count <= MOST_NAMES
        {
            put!(out, ", {}", crate::field::value_name(FRAME_TYPES, kind).unwrap_or("unknown frame"));
        }
    });
    if count > MOST_NAMES {
        out.push_str(", …");
    }
}
