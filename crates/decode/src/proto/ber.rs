//! Basic Encoding Rules (ITU-T X.690), as far as SNMP, LDAP, Kerberos and certificates need them.

use crate::field::{FieldIndex, FieldSink, Value};
use crate::registry::Length;
use crate::{Reader, Short};

/// Tags of the universal class.
pub(super) mod tag {
    pub(in super::super) const BOOLEAN: u8 = 1;
    pub(in super::super) const INTEGER: u8 = 2;
    pub(in super::super) const BIT_STRING: u8 = 3;
    pub(in super::super) const OCTET_STRING: u8 = 4;
    pub(in super::super) const OBJECT_IDENTIFIER: u8 = 6;
    pub(in super::super) const UTF8_STRING: u8 = 12;
    pub(in super::super) const PRINTABLE_STRING: u8 = 19;
    pub(in super::super) const TELETEX_STRING: u8 = 20;
    pub(in super::super) const GENERALIZED_TIME: u8 = 24;
    pub(in super::super) const UNIVERSAL_STRING: u8 = 28;
    pub(in super::super) const BMP_STRING: u8 = 30;
    pub(in super::super) const SEQUENCE: u8 = 0x30;
    pub(in super::super) const SET: u8 = 0x31;
}

/// Reads tag and length of an element; the reader returned holds its content. Tags are of one byte, as these
/// protocols have them; a length that is not definite takes what is left (X.690 §8.1.3.6).
pub(super) fn element<'a>(r: &mut Reader<'a>) -> Result<(u8, Reader<'a>), Short> {
    let tag = r.u8()?;
    let length = match r.u8()? {
        short @ 0..=0x7f => usize::from(short),
        0x80 => r.left(),
        long => {
            r.number(usize::from(long & 0x7f).min(8)).map(|n| usize::try_from(n).unwrap_or(usize::MAX))?
        }
    };
    Ok((tag, r.sub(length)?))
}

/// Reads an element that has to have this tag.
pub(super) fn expect<'a>(r: &mut Reader<'a>, wanted: u8) -> Result<Reader<'a>, Short> {
    match element(r)? {
        (tag, body) if tag == wanted => Ok(body),
        (tag, _) => Err(Short::new(wanted.into(), tag.into())),
    }
}

/// How long the element is that begins a stream.
pub(super) fn frame(b: &[u8]) -> Length {
    let mut r = Reader::new(b, 0);
    let (Ok(_), Ok(first)) = (r.u8(), r.u8()) else { return Length::Need };
    match first {
        0..=0x7f => Length::Known(2 + u64::from(first)),
        0x81..=0x84 => match r.number(usize::from(first & 0x7f)) {
            Ok(length) => Length::Known(r.at() as u64 + length),
            Err(_) => Length::Need,
        },
        // No message of these protocols is so long, and none of indefinite length.
        _ => Length::NotMine,
    }
}

/// Number of the elements that are left.
pub(super) fn count(r: &Reader<'_>) -> u64 {
    let mut r = *r;
    let mut count = 0;
    while r.left() > 0 && element(&mut r).is_ok() {
        count += 1;
    }
    count
}

/// The tag of the next element; None at the end.
pub(super) fn peek(r: &Reader<'_>) -> Option<u8> {
    let mut r = *r;
    r.u8().ok()
}

/// The bytes of a content.
pub(super) fn content<'a>(r: &Reader<'a>) -> &'a [u8] {
    &r.whole()[r.at()..r.end()]
}

/// Gives out the next element, whatever its tag, as a value made of its content. Returns its content.
pub(super) fn put<'a>(
    r: &mut Reader<'a>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
    value: impl FnOnce(&Reader<'a>) -> Value<'a>,
) -> Result<Reader<'a>, Short> {
    let (_, body) = element(r)?;
    out.put(field, body.at()..body.end(), value(&body));
    Ok(body)
}

/// Gives out the next element as a signed number.
pub(super) fn put_signed(
    r: &mut Reader<'_>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<i64, Short> {
    put(r, field, out, |body| Value::Signed(integer(body))).map(|body| integer(&body))
}

/// Gives out the next element as a number of 32 bits.
pub(super) fn put_unsigned(
    r: &mut Reader<'_>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<u64, Short> {
    let number = |body: &Reader<'_>| u64::from(integer(body) as u32);
    put(r, field, out, |body| Value::Unsigned(number(body))).map(|body| number(&body))
}

/// Gives out the next element as text.
pub(super) fn put_text<'a>(
    r: &mut Reader<'a>,
    field: FieldIndex,
    out: &mut dyn FieldSink,
) -> Result<&'a [u8], Short> {
    put(r, field, out, |body| Value::Text(content(body))).map(|body| content(&body))
}

/// Gives out the next element as bytes.
pub(super) fn put_bytes(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    put(r, field, out, |body| Value::Bytes(content(body))).map(drop)
}

/// Gives out the next element as true or false (X.690 §8.2).
pub(super) fn put_bool(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    put(r, field, out, |body| Value::Bool(integer(body) != 0)).map(drop)
}

/// Gives out the next element, an OBJECT IDENTIFIER, with dots.
pub(super) fn put_oid(r: &mut Reader<'_>, field: FieldIndex, out: &mut dyn FieldSink) -> Result<(), Short> {
    let body = expect(r, tag::OBJECT_IDENTIFIER)?;
    if out.wants(field) {
        let mut text = String::new();
        write_oid(&body, &mut text);
        out.put(field, body.at()..body.end(), Value::Text(text.as_bytes()));
    }
    Ok(())
}

/// The content of an INTEGER: two's complement of any length (X.690 §8.3); of more than 8 bytes the last ones.
pub(super) fn integer(body: &Reader<'_>) -> i64 {
    let bytes = content(body);
    let sign = if bytes.first().is_some_and(|byte| byte & 0x80 != 0) { -1 } else { 0 };
    bytes.iter().fold(sign, |n, &byte| n << 8 | i64::from(byte))
}

/// Appends an OBJECT IDENTIFIER with dots between its numbers (X.690 §8.19).
pub(super) fn write_oid(body: &Reader<'_>, out: &mut String) {
    use std::fmt::Write as _;
    let mut number = 0_u64;
    let mut first = true;
    for &byte in content(body) {
        number = number << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        let _ = match (first, number) {
            // The first number holds the first two (§8.19.4).
            (true, 0..=79) => write!(out, "{}.{}", number / 40, number % 40),
            (true, _) => write!(out, "2.{}", number - 80),
            (false, _) => write!(out, ".{number}"),
        };
        (first, number) = (false, 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_all_length_forms() {
        let mut r = Reader::new(&[2, 1, 0xfe, 4, 0x81, 2, 7, 8, 4, 0x85, 0, 0, 0, 0, 1, 9], 0);
        let (found, body) = element(&mut r).unwrap();
        assert_eq!((found, integer(&body)), (tag::INTEGER, -2));
        assert_eq!(element(&mut r).unwrap().1.left(), 2);
        assert_eq!(element(&mut r).unwrap().1.left(), 1);
        assert!(element(&mut r).is_err());
    }

    #[test]
    fn object_identifiers() {
        let text = |bytes: &[u8]| {
            let mut out = String::new();
            write_oid(&Reader::new(bytes, 0), &mut out);
            out
        };
        assert_eq!(text(&[0x2b, 6, 1, 4, 1, 0x9d, 0x76]), "1.3.6.1.4.1.3830");
        assert_eq!(text(&[0x88, 0x37]), "2.999");
    }
}
