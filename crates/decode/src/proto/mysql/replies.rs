//! What the server answers: OK, ERR and EOF packets, and the columns and rows of a result.

use super::connection::Packet;
use super::*;

const STATUS: &[(FieldIndex, u64)] = &[
    (IN_TRANSACTION, 0x1),
    (AUTO_COMMIT, 0x2),
    (MULTI_QUERY, 0x4),
    (MORE_RESULTS, 0x8),
    (BAD_INDEX, 0x10),
    (NO_INDEX, 0x20),
    (CURSOR_EXISTS, 0x40),
    (LAST_ROW, 0x80),
    (DATABASE_DROPPED, 0x100),
    (NO_BACKSLASH_ESCAPES, 0x200),
    (METADATA_CHANGED, 0x400),
    (QUERY_WAS_SLOW, 0x800),
    (PS_OUT_PARAMS, 0x1000),
    (TRANSACTION_READONLY, 0x2000),
    (SESSION_STATE_CHANGED, 0x4000),
];

const COLUMN_FLAGS: &[(FieldIndex, u64)] = &[
    (NOT_NULL, 0x1),
    (PRIMARY_KEY, 0x2),
    (UNIQUE_KEY, 0x4),
    (MULTIPLE_KEY, 0x8),
    (BLOB, 0x10),
    (UNSIGNED, 0x20),
    (ZERO_FILL, 0x40),
    (ENUM, 0x100),
    (AUTO_INCREMENT, 0x200),
    (TIMESTAMP, 0x400),
    (SET, 0x800),
];

pub(super) fn reply(packet: Packet, r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    match packet {
        Packet::Ok => {
            put_number(r, 1, RESPONSE_CODE, out)?;
            ok(r, out)
        }
        Packet::OkAsEof => {
            put_end(r, out)?;
            ok(r, out)
        }
        Packet::Error => error(r, out),
        Packet::Eof => {
            put_end(r, out)?;
            // A server that does not speak the protocol of 4.1 says no more.
            if r.left() == 0 {
                return Ok(());
            }
            put_little(r, 2, WARNINGS, out)?;
            server_status(r, out)
        }
        Packet::AuthSwitch => {
            put_number(r, 1, AUTH_SWITCH_STATUS, out)?;
            if r.left() > 0 {
                put_text_z(r, AUTH_SWITCH_NAME, out)?;
            }
            put_rest(r, AUTH_SWITCH_DATA, out)
        }
        Packet::Prepared => {
            put_number(r, 1, RESPONSE_CODE, out)?;
            put_little(r, 4, STATEMENT_ID, out)?;
            put_little(r, 2, NUMBER_OF_FIELDS, out)?;
            put_little(r, 2, NUMBER_OF_PARAMETERS, out)?;
            if r.left() >= 3 {
                // A byte that is always 0.
                r.take(1)?;
                put_little(r, 2, WARNINGS, out)?;
            }
            Ok(())
        }
        Packet::Text => {
            let left = r.left();
            put_text(r, left, MESSAGE, out)
        }
        Packet::ColumnCount => put_length(r, NUMBER_OF_FIELDS, out).map(drop),
        Packet::Column => column(r, out),
        Packet::Row => {
            while r.left() > 0 {
                put_string(r, None, ROW_TEXT, out)?;
            }
            Ok(())
        }
        _ => put_rest(r, PAYLOAD, out),
    }
}

fn put_end(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let at = r.at();
    let code = put_number(r, 1, RESPONSE_CODE, out)?;
    out.put(EOF_MARKER, at..at + 1, Value::Unsigned(code));
    Ok(())
}

fn ok(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_length(r, AFFECTED_ROWS, out)?;
    let at = r.at();
    // 0 where the statement made none.
    if let Some(id) = length_encoded(r)?.filter(|&id| id > 0) {
        out.put(INSERT_ID, at..r.at(), Value::Unsigned(id));
    }
    if r.left() > 0 {
        server_status(r, out)?;
    }
    if r.left() >= 2 {
        put_little(r, 2, WARNINGS, out)?;
    }
    let left = r.left();
    if left > 0 { put_text(r, left, MESSAGE, out) } else { Ok(()) }
}

/// The status in an OK packet, behind two numbers.
pub(super) fn status_of_ok(b: Bytes<'_>) -> u64 {
    let mut r = Reader::new(b.0, 5);
    match (length_encoded(&mut r), length_encoded(&mut r)) {
        (Ok(_), Ok(_)) => b.little(r.at(), 2),
        _ => 0,
    }
}

pub(super) fn server_status(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    let status = put_little(r, 2, SERVER_STATUS, out)?;
    put_flags(r, 2, status, STATUS, out);
    Ok(())
}

fn error(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_number(r, 1, RESPONSE_CODE, out)?;
    put_little(r, 2, ERROR_CODE, out)?;
    // The marker stands in front of the state, which servers from before 4.1 leave out.
    if Bytes(r.whole()).u8(r.at()) == b'#' {
        r.take(1)?;
        put_text(r, 5, SQL_STATE, out)?;
    }
    let left = r.left();
    put_text(r, left, ERROR_MESSAGE, out)
}

/// The definition of a column or of a parameter (ColumnDefinition41).
fn column(r: &mut Reader<'_>, out: &mut dyn FieldSink) -> Result<(), Short> {
    for field in [FIELD_CATALOG, FIELD_DB, FIELD_TABLE, FIELD_ORG_TABLE, FIELD_NAME, FIELD_ORG_NAME] {
        put_string(r, None, field, out)?;
    }
    // The length of what follows, 12.
    r.take(1)?;
    put_little(r, 2, FIELD_CHARSET, out)?;
    put_little(r, 4, FIELD_LENGTH, out)?;
    put_number(r, 1, FIELD_TYPE, out)?;
    let flags = put_little(r, 2, FIELD_FLAGS, out)?;
    put_flags(r, 2, flags, COLUMN_FLAGS, out);
    put_number(r, 1, FIELD_DECIMALS, out)?;
    if r.left() > 2 {
        // Two bytes of filler, then the default of a list of fields.
        r.take(2)?;
        put_string(r, None, FIELD_DEFAULT, out)?;
    }
    Ok(())
}

/// A length-encoded number; none is NULL.
pub(super) fn length_encoded(r: &mut Reader<'_>) -> Result<Option<u64>, Short> {
    let width = match r.u8()? {
        0xfb => return Ok(None),
        0xfc => 2,
        0xfd => 3,
        0xfe => 8,
        small => return Ok(Some(small.into())),
    };
    Ok(Some(Bytes(r.take(width)?).little(0, width)))
}

/// Gives out a length-encoded number.
pub(super) fn put_length(
    r: &mut Reader<'_>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<Option<u64>, Short> {
    let at = r.at();
    let number = length_encoded(r)?;
    if let Some(number) = number {
        out.put(field, at..r.at(), Value::Unsigned(number));
    }
    Ok(number)
}

/// Gives out text behind its length-encoded length; NULL has none.
pub(super) fn put_string(
    r: &mut Reader<'_>,
    length_field: Option<FieldIndex>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let length = match length_field {
        Some(length_field) => put_length(r, length_field, out)?,
        None => length_encoded(r)?,
    };
    match length {
        Some(length) => put_text(r, usize::try_from(length).unwrap_or(usize::MAX), field, out),
        None => Ok(()),
    }
}
