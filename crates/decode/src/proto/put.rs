//! The steps of a walk that most protocols take: read the next bytes, and give them out as a field.

use crate::field::{FieldIndex, FieldSink, Value};
use crate::{Reader, Short};

/// Gives out the next big-endian number of `length` bytes, and returns it.
pub(super) fn put_number(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<u64, Short> {
    let at = r.at();
    let number = r.number(length)?;
    out.put(field, at..at + length, Value::Unsigned(number));
    Ok(number)
}

/// Gives out numbers of `width` bytes each, which take the next `length` bytes.
pub(super) fn put_list(
    r: &mut Reader<'_>,
    length: u64,
    width: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let mut list = r.sub(length as usize)?;
    while list.left() > 0 {
        put_number(&mut list, width, field, out)?;
    }
    Ok(())
}

/// Gives out the next `length` bytes.
pub(super) fn put_bytes(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let bytes = r.take(length)?;
    out.put(field, at..at + length, Value::Bytes(bytes));
    Ok(())
}

/// Gives out the next `length` bytes as text.
pub(super) fn put_text(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let bytes = r.take(length)?;
    out.put(field, at..at + length, Value::Text(bytes));
    Ok(())
}
