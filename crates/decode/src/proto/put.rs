//! The steps of a walk that most protocols take: read the next bytes, and give them out as a field. And numbers in the
//! line for people.

use std::ops::Range;

use plaintap_packet::Nanos;

use crate::field::{Field, FieldIndex, FieldSink, Kind, Value};
use crate::{Bytes, Reader, Short, View, text};

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

/// Gives out the next `length` bytes as whatever value they are.
fn put_value<'a>(
    r: &mut Reader<'a>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
    value: impl FnOnce(&'a [u8]) -> Option<Value<'a>>,
) -> Result<(), Short> {
    let at = r.at();
    if let Some(value) = value(r.take(length)?) {
        out.put(field, at..at + length, value);
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
    put_value(r, length, field, out, |bytes| Some(Value::Bytes(bytes)))
}

/// Gives out the next `length` bytes as text.
pub(super) fn put_text(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    put_value(r, length, field, out, |bytes| Some(Value::Text(bytes)))
}

/// Gives out the next 4 bytes as an IPv4 address.
pub(super) fn put_ip4(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_value(r, 4, field, out, |bytes| bytes.first_chunk().map(|&address| Value::Ip4(address)))
}

/// Gives out the next 16 bytes as an IPv6 address.
pub(super) fn put_ip6(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_value(r, 16, field, out, |bytes| bytes.first_chunk().map(|&address| Value::Ip6(address)))
}

/// Gives out the next 6 bytes as a MAC address.
pub(super) fn put_mac(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_value(r, 6, field, out, |bytes| bytes.first_chunk().map(|&address| Value::Mac(address)))
}

/// Gives out bits of `number`, which lies in the `width` bytes in front of the reader, as flags.
pub(super) fn put_flags(
    r: &Reader<'_>,
    width: usize,
    number: u64,
    flags: &[(FieldIndex, u64)],
    out: &mut dyn FieldSink,
) {
    for &(field, mask) in flags {
        out.put(field, r.at() - width..r.at(), Value::Bool(number & mask != 0));
    }
}

/// Gives out what is left as the type of its row in `rows` says: numbers and addresses one after the other, text and bytes
/// whole.
pub(super) fn put_typed(
    r: &mut Reader<'_>,
    rows: &[Field],
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let Some(kind) = rows.get(usize::from(field.0)).map(|row| row.kind) else { return Ok(()) };
    if matches!(kind, Kind::Text | Kind::Bytes) {
        let length = r.left();
        return if kind == Kind::Text {
            put_text(r, length, field, out)
        } else {
            put_bytes(r, length, field, out)
        };
    }
    while r.left() > 0 {
        match kind {
            Kind::Ip4 => put_ip4(r, field, out)?,
            Kind::Ip6 => put_ip6(r, field, out)?,
            Kind::Mac => put_mac(r, field, out)?,
            Kind::Bool => {
                let at = r.at();
                out.put(field, at..at + 1, Value::Bool(r.u8()? != 0));
            }
            Kind::Time => {
                let at = r.at();
                let seconds = r.number(4)? as i64;
                out.put(field, at..at + 4, Value::Time(Nanos(seconds * 1_000_000_000)));
            }
            _ => drop(put_number(r, kind.width() as usize, field, out)?),
        }
    }
    Ok(())
}

/// Gives out parts of `number`, which lies in the `width` bytes in front of the reader, each as a number of its own.
pub(super) fn put_parts(
    r: &Reader<'_>,
    width: usize,
    number: u64,
    parts: &[(FieldIndex, u64)],
    out: &mut dyn FieldSink,
) {
    for &(field, mask) in parts {
        let part = (number & mask) >> mask.trailing_zeros();
        out.put(field, r.at() - width..r.at(), Value::Unsigned(part));
    }
}

/// Gives out parts of `number`, which lies at `at`, each as its row in `rows` says: as a flag or as a number.
pub(super) fn put_bits(
    at: Range<usize>,
    number: u64,
    rows: &[Field],
    parts: &[(FieldIndex, u64)],
    out: &mut dyn FieldSink,
) {
    for &(field, mask) in parts {
        let part = number & mask;
        let value = match rows.get(usize::from(field.0)).map(|row| row.kind) {
            Some(Kind::Bool) => Value::Bool(part != 0),
            _ => Value::Unsigned(part >> mask.trailing_zeros()),
        };
        out.put(field, at.clone(), value);
    }
}

/// Gives out the little-endian number of the next `length` bytes, and returns it.
pub(super) fn put_little(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<u64, Short> {
    let at = r.at();
    let number = Bytes(r.take(length)?).little(0, length);
    out.put(field, at..at + length, Value::Unsigned(number));
    Ok(number)
}

/// Gives out the next number of QUIC's variable length, and returns it.
pub(super) fn put_varint(
    r: &mut Reader<'_>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<u64, Short> {
    let at = r.at();
    let number = r.varint()?;
    out.put(field, at..r.at(), Value::Unsigned(number));
    Ok(number)
}

/// Gives out the next `length` bytes as text of UTF-16, the low byte first, as Windows has it.
pub(super) fn put_utf16(
    r: &mut Reader<'_>,
    length: usize,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    let at = r.at();
    let bytes = r.take(length)?;
    if out.wants(field) {
        out.put(field, at..at + length, Value::Text(utf16(bytes).as_bytes()));
    }
    Ok(())
}

/// Text of UTF-16, the low byte first, up to the zero that may end it.
pub(super) fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    char::decode_utf16(units.take_while(|&unit| unit != 0)).map(|c| c.unwrap_or('\u{fffd}')).collect()
}

/// Gives out the next 8 bytes as a time of Windows: a little-endian count of 100 nanoseconds from 1601-01-01 on, 0
/// where no time is set (MS-DTYP §2.3.3).
pub(super) fn put_filetime(
    r: &mut Reader<'_>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<(), Short> {
    /// 1970-01-01 in that count.
    const UNIX_EPOCH: i64 = 116_444_736_000_000_000;
    let at = r.at();
    let ticks = Bytes(r.take(8)?).little(0, 8) as i64;
    let nanos = ticks.checked_sub(UNIX_EPOCH).and_then(|ticks| ticks.checked_mul(100));
    if let Some(nanos) = nanos.filter(|_| ticks > 0) {
        out.put(field, at..at + 8, Value::Time(Nanos(nanos)));
    }
    Ok(())
}

/// Gives out the next 16 bytes as an identifier whose first three parts have the low byte first (MS-DTYP §2.3.4.2).
pub(super) fn put_guid(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    put_value(r, 16, field, out, |bytes| {
        let &[d, c, b, a, f, e, h, g, ref rest @ ..] = bytes.first_chunk::<16>()?;
        let mut guid = [a, b, c, d, e, f, g, h, 0, 0, 0, 0, 0, 0, 0, 0];
        guid[8..].copy_from_slice(rest);
        Some(Value::Guid(guid))
    })
}

/// Gives out text up to a zero byte, or to the end where there is none; the zero byte is passed over.
pub(super) fn put_text_z<'a>(
    r: &mut Reader<'a>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<&'a [u8], Short> {
    let at = r.at();
    let text = text_z(r)?;
    out.put(field, at..r.at(), Value::Text(text));
    Ok(text)
}

/// The text up to a zero byte, or to the end where there is none; the zero byte is passed over.
pub(super) fn text_z<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], Short> {
    let rest = &r.whole()[r.at()..r.end()];
    let length = memchr::memchr(0, rest).unwrap_or(rest.len());
    let text = r.take(length)?;
    if r.left() > 0 {
        r.take(1)?;
    }
    Ok(text)
}

/// `text` without the zero bytes at its end.
pub(super) fn without_padding(text: &[u8]) -> &[u8] {
    let length = text.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
    &text[..length]
}

/// Gives out the bytes that are left, where there are any.
pub(super) fn put_rest(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    match r.left() {
        0 => Ok(()),
        left => put_bytes(r, left, field, out),
    }
}

/// Appends `label` and a number in decimal.
pub(super) fn append(out: &mut String, label: &str, number: impl Into<u64>) {
    out.push_str(label);
    text::write_decimal(number.into(), out);
}

/// Appends `label` and the first value of a field of this layer, where it has one.
pub(super) fn append_first(view: &View<'_>, field: FieldIndex, label: &str, out: &mut String) {
    with_first(view, field, |row, value| {
        out.push_str(label);
        text::write_value(Some(row), &value, out);
    });
}

/// The same with the name of the value, where it has one.
pub(super) fn append_name(view: &View<'_>, field: FieldIndex, label: &str, out: &mut String) {
    with_first(view, field, |row, value| {
        out.push_str(label);
        let number = match value {
            Value::Unsigned(number) => Some(number),
            Value::Signed(number) => u64::try_from(number).ok(),
            _ => None,
        };
        match number.and_then(|number| row.value_name(number)) {
            Some(name) => out.push_str(name),
            None => text::write_value(Some(row), &value, out),
        }
    });
}

fn with_first(view: &View<'_>, field: FieldIndex, take: impl FnOnce(&Field, Value<'_>)) {
    let rows = view.layer.protocol.protocol().map_or(&[][..], |protocol| protocol.fields);
    let Some(row) = rows.get(usize::from(field.0)) else { return };
    let mut take = Some(take);
    view.values(field, row, &mut |_, value| {
        if let Some(take) = take.take() {
            take(row, value);
        }
    });
}

/// Appends the two ports with which TCP and UDP begin.
pub(super) fn append_ports(view: &View<'_>, out: &mut String) {
    text::write_decimal(view.bytes.u16(0).into(), out);
    append(out, " → ", view.bytes.u16(2));
}
