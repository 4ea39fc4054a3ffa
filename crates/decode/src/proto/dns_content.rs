//! Whether bytes are surely a DNS message, on whatever port: a standard query or its response (RFC 1035 §4.1) with
//! exactly one question of sound name, type and class, whose records end where the bytes end.

use crate::{Bytes, Reader, Short};

/// Whether a datagram is one DNS message.
pub(super) fn is_message(bytes: &[u8]) -> bool {
    let b = Bytes(bytes);
    let flags = b.u16(2);
    let counts = [b.u16(4), b.u16(6), b.u16(8), b.u16(10)];
    let plausible = if flags & RESPONSE == 0 {
        flags & !(RECURSION_DESIRED | AUTHENTIC_DATA | CHECKING_DISABLED) == 0
            && matches!(counts, [1, 0, 0, ..=MOST_ADDITIONAL])
    } else {
        flags & (OPERATION | RESERVED) == 0
            && counts[0] == 1
            && counts[1..].iter().all(|&n| n <= MOST_RECORDS)
    };
    plausible && ends_with_records(bytes, counts).is_ok_and(|ends| ends)
}

/// Whether a stream begins with a whole DNS message and its length (RFC 1035 §4.2.2).
pub(super) fn is_in_stream(bytes: &[u8]) -> bool {
    let length = usize::from(Bytes(bytes).u16(0));
    bytes.get(2..2 + length).is_some_and(is_message)
}

const RESPONSE: u16 = 0x8000;
const OPERATION: u16 = 0x7800;
const RECURSION_DESIRED: u16 = 0x0100;
const RESERVED: u16 = 0x0040;
const AUTHENTIC_DATA: u16 = 0x0020;
const CHECKING_DISABLED: u16 = 0x0010;

/// A name without pointers, as other protocols hold them: its labels with dots between. None where there is only the zero
/// byte of the root.
pub(super) fn plain_name(r: &mut Reader<'_>) -> Result<Option<String>, Short> {
    let mut name = String::new();
    loop {
        let length = r.u8()?;
        if length == 0 {
            return Ok(Some(name).filter(|name| !name.is_empty()));
        }
        // Longer labels are pointers (RFC 1035 §4.1.4).
        if length > 63 {
            return Err(Short::new(63, length.into()));
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(r.take(length.into())?));
    }
}

/// What a query may carry behind its question: EDNS (RFC 6891) and a signature.
const MOST_ADDITIONAL: u16 = 2;
const MOST_RECORDS: u16 = 255;

fn ends_with_records(bytes: &[u8], counts: [u16; 4]) -> Result<bool, Short> {
    let mut r = Reader::new(bytes, 12);
    if !question(&mut r)? {
        return Ok(false);
    }
    let records: u32 = counts[1..].iter().map(|&n| u32::from(n)).sum();
    for _ in 0..records {
        name(&mut r)?;
        r.take(8)?;
        let length = r.u16()?;
        r.take(length.into())?;
    }
    Ok(r.left() == 0)
}

/// A name of at least one label, printable and not compressed; a type; the Internet's or any class.
fn question(r: &mut Reader<'_>) -> Result<bool, Short> {
    let start = r.at();
    loop {
        let length = usize::from(r.u8()?);
        if length == 0 {
            break;
        }
        if length > 63 || !r.take(length)?.iter().all(u8::is_ascii_graphic) {
            return Ok(false);
        }
    }
    let long_enough = r.at() - start > 1;
    let (kind, class) = (r.u16()?, r.u16()?);
    Ok(long_enough && kind != 0 && matches!(class, 1 | 255))
}

/// Passes over a name, which may end in a pointer (RFC 1035 §4.1.4).
fn name(r: &mut Reader<'_>) -> Result<(), Short> {
    loop {
        match r.u8()? {
            0 => return Ok(()),
            length @ 1..=63 => r.take(length.into())?,
            192.. => return r.take(1).map(|_| ()),
            length => return Err(Short::new(63, length.into())),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUERY: &[u8] = b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x07example\x03org\0\0\x01\0\x01";

    #[test]
    fn only_whole_messages_are_recognised() {
        assert!(is_message(QUERY));
        let response = [b"\x12\x34\x81\x80\0\x01\0\x01\0\0\0\0", &QUERY[12..]].concat();
        let answer = b"\xc0\x0c\0\x01\0\x01\0\0\0\x3c\0\x04\x7f\0\0\x01";
        assert!(is_message(&[&response, &answer[..]].concat()));
        assert!(!is_message(&response), "the answer is missing");
        assert!(!is_message(&[QUERY, b"x"].concat()), "more than the message");
        for end in 0..QUERY.len() {
            assert!(!is_message(&QUERY[..end]), "{end}");
        }
        assert!(is_in_stream(&[b"\0\x1d", QUERY].concat()));
        assert!(!is_in_stream(&[b"\0\x1e", QUERY].concat()));
    }

    #[test]
    fn odd_fields_are_refused() {
        for (at, byte) in [(2, 0x08), (2, 0x03), (3, 0x40), (5, 2), (7, 1), (12, 0xc0), (13, 0), (28, 2)] {
            let mut odd = QUERY.to_vec();
            odd[at] = byte;
            assert!(!is_message(&odd), "{at}");
        }
    }
}
