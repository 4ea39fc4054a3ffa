//! Values as text, as `tshark -T fields` prints them.

use std::fmt::Write as _;
use std::net::{Ipv4Addr, Ipv6Addr};

use plaintap_packet::Nanos;

use crate::field::{Base, Field, Value};

/// Appends a value: numbers by the field's base, flags as 1 and 0, bytes as hex digits, times in UTC. Text is escaped
/// so that it stays on its line; what is not UTF-8 becomes U+FFFD.
pub fn write_value(field: Option<&Field>, value: &Value<'_>, out: &mut String) {
    match *value {
        Value::Present => out.push('1'),
        Value::Bool(b) => out.push(if b { '1' } else { '0' }),
        Value::Unsigned(n) => match field {
            Some(field) if field.base == Base::Hexadecimal => write_hex(n, field.kind.hex_digits(), out),
            _ => write_decimal(n, out),
        },
        Value::Signed(n) => {
            if n < 0 {
                out.push('-');
            }
            write_decimal(n.unsigned_abs(), out);
        }
        Value::Ip4(a) => write_ip4(a, out),
        // The text form of RFC 5952, which the standard library follows.
        Value::Ip6(a) => {
            let _ = write!(out, "{}", Ipv6Addr::from(a));
        }
        Value::Mac(a) => write_separated_hex(&a, ':', out),
        // What tshark prints for a field of no bytes, so that it differs from no field.
        Value::Bytes([]) => out.push_str("<MISSING>"),
        Value::Bytes(bytes) => write_hex_bytes(bytes, out),
        Value::Text(bytes) => write_escaped(bytes, out),
        Value::Time(time) => write_time(time, out),
        Value::Duration(nanos) => write_seconds(nanos, out),
        Value::Protocol(_, name) => out.push_str(name),
    }
}

/// Appends a point in time: `Nov 21, 2026 22:00:00.123456789 UTC`.
pub fn write_time(time: Nanos, out: &mut String) {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let seconds = time.seconds();
    let (year, month, day) = civil_date(seconds.div_euclid(86_400));
    let rest = seconds.rem_euclid(86_400);
    let _ = write!(
        out,
        "{} {day:>2}, {year} {:02}:{:02}:{:02}.{:09} UTC",
        MONTHS[(month - 1) as usize % 12],
        rest / 3600,
        rest / 60 % 60,
        rest % 60,
        time.subsecond()
    );
}

/// Appends signed nanoseconds as seconds with nine decimals.
pub fn write_seconds(nanos: i64, out: &mut String) {
    if nanos < 0 {
        out.push('-');
    }
    let nanos = nanos.unsigned_abs();
    write_decimal(nanos / 1_000_000_000, out);
    let mut digits = [b'0'; 10];
    digits[0] = b'.';
    let mut rest = nanos % 1_000_000_000;
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    out.extend(digits.iter().map(|&d| char::from(d)));
}

/// Appends bytes as hexadecimal digits.
pub fn write_hex_bytes(bytes: &[u8], out: &mut String) {
    out.reserve(bytes.len() * 2);
    for &byte in bytes {
        out.push(hex_digit(byte >> 4));
        out.push(hex_digit(byte & 15));
    }
}

/// Appends text on one line: control characters are escaped, what is not UTF-8 becomes U+FFFD.
pub fn write_escaped(bytes: &[u8], out: &mut String) {
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x07' => out.push_str("\\a"),
                '\x08' => out.push_str("\\b"),
                '\x0b' => out.push_str("\\v"),
                '\x0c' => out.push_str("\\f"),
                c if c.is_control() => {
                    let _ = write!(out, "\\x{:02x}", u32::from(c));
                }
                c => out.push(c),
            }
        }
        if !chunk.invalid().is_empty() {
            out.push('\u{fffd}');
        }
    }
}

fn write_hex(number: u64, digits: usize, out: &mut String) {
    out.push_str("0x");
    for place in (0..digits.max(1)).rev() {
        out.push(hex_digit((number >> (4 * place)) as u8 & 15));
    }
}

fn write_separated_hex(bytes: &[u8], separator: char, out: &mut String) {
    for (i, &byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.push(separator);
        }
        out.push(hex_digit(byte >> 4));
        out.push(hex_digit(byte & 15));
    }
}

/// Decimal without the formatting machinery: columns print many numbers.
fn write_decimal(mut number: u64, out: &mut String) {
    let mut digits = [0_u8; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend(digits[at..].iter().map(|&d| char::from(d)));
}

fn write_ip4(address: [u8; 4], out: &mut String) {
    for (i, byte) in Ipv4Addr::from(address).octets().into_iter().enumerate() {
        if i > 0 {
            out.push('.');
        }
        write_decimal(byte.into(), out);
    }
}

fn hex_digit(nibble: u8) -> char {
    char::from(b"0123456789abcdef"[usize::from(nibble & 15)])
}

/// Year, month and day of a number of days since 1970-01-01, in the Gregorian calendar. Years are counted from March
/// on, so that the leap day is the last one.
fn civil_date(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: Value<'_>) -> String {
        let mut out = String::new();
        write_value(None, &value, &mut out);
        out
    }

    #[test]
    fn values_look_as_tsharks_do() {
        assert_eq!(text(Value::Bool(true)), "1");
        assert_eq!(text(Value::Unsigned(u64::MAX)), "18446744073709551615");
        assert_eq!(text(Value::Signed(-2)), "-2");
        assert_eq!(text(Value::Mac([0, 1, 2, 0xab, 0xcd, 0xff])), "00:01:02:ab:cd:ff");
        assert_eq!(text(Value::Bytes(&[0, 0xfe])), "00fe");
        assert_eq!(text(Value::Text(b"a\r\n\xff")), "a\\r\\n\u{fffd}");
        assert_eq!(text(Value::Duration(-1)), "-0.000000001");
        assert_eq!(text(Value::Ip6([0; 16])), "::");
    }

    #[test]
    fn dates_hold_at_the_edges() {
        assert_eq!(text(Value::Time(Nanos(0))), "Jan  1, 1970 00:00:00.000000000 UTC");
        assert_eq!(
            text(Value::Time(Nanos(1_795_298_400_123_456_789))),
            "Nov 21, 2026 22:00:00.123456789 UTC"
        );
        assert_eq!(text(Value::Time(Nanos(951_782_400_000_000_000))), "Feb 29, 2000 00:00:00.000000000 UTC");
        assert_eq!(text(Value::Time(Nanos(-1))), "Dec 31, 1969 23:59:59.999999999 UTC");
    }
}
