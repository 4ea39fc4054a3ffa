//! Values as text, as `tshark -T fields` prints them. Numbers and addresses go without the formatting machinery: lines
//! and columns print many of them.

use std::fmt::Write as _;

use plaintap_packet::Nanos;

use crate::Address;
use crate::digits::{push_hex_pair, write_hex_digits, write_hex_group, write_ip4};
pub use crate::digits::{write_decimal, write_hex_bytes, write_padded};
use crate::field::{Base, Field, Kind, Value};

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
        Value::Float(n) => {
            let single = field.is_some_and(|field| field.kind == Kind::Float);
            write_float(n, if single { f32::DIGITS } else { f64::DIGITS }, out);
        }
        Value::Ip4(a) => write_ip4(a, out),
        Value::Ip6(a) => write_ip6(a, out),
        Value::Mac(a) => write_colons(&a, out),
        Value::Guid(a) => write_guid(&a, out),
        // What tshark prints for a field of no bytes, so that it differs from no field.
        Value::Bytes([]) => out.push_str("<MISSING>"),
        Value::Bytes(bytes)
            if field.is_some_and(|field| field.base == Base::Colons || field.kind == Kind::Eui64) =>
        {
            write_colons(bytes, out);
        }
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
    out.push('.');
    write_padded(nanos % 1_000_000_000, 9, out);
}

/// Appends a number with at most `digits` significant digits, as C's `%g` does: with an exponent where it is below -4
/// or has more digits than shown, and without zeros at the end.
pub fn write_float(number: f64, digits: u32, out: &mut String) {
    if !number.is_finite() {
        return out.push_str(match number {
            n if n.is_nan() => "nan",
            n if n > 0.0 => "inf",
            _ => "-inf",
        });
    }
    let precision = digits.max(1) as usize - 1;
    let text = format!("{number:.precision$e}");
    let Some((mantissa, exponent)) = text.split_once('e') else { return };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..=precision as i32).contains(&exponent) {
        let places = (precision as i32 - exponent).unsigned_abs() as usize;
        let text = format!("{number:.places$}");
        out.push_str(if places > 0 { without_zeros(&text) } else { &text });
    } else {
        let sign = if exponent < 0 { '-' } else { '+' };
        let _ = write!(out, "{}e{sign}{:02}", without_zeros(mantissa), exponent.unsigned_abs());
    }
}

fn without_zeros(text: &str) -> &str {
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text }
}

/// Appends an address.
pub fn write_address(address: Address, out: &mut String) {
    match address {
        Address::Mac(a) => write_colons(&a, out),
        Address::Ip4(a) => write_ip4(a, out),
        Address::Ip6(a) => write_ip6(a, out),
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
    write_hex_digits(number, digits.max(1), out);
}

fn write_colons(bytes: &[u8], out: &mut String) {
    for (i, &byte) in bytes.iter().enumerate() {
        if i > 0 {
            out.push(':');
        }
        push_hex_pair(byte, out);
    }
}

/// Groups of 4, 2, 2, 2 and 6 bytes (RFC 9562 §4).
fn write_guid(guid: &[u8; 16], out: &mut String) {
    for (at, &byte) in guid.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            out.push('-');
        }
        push_hex_pair(byte, out);
    }
}

/// The text form of RFC 5952: the longest run of zero groups, the first of equals, becomes `::`; mapped addresses end
/// in an IPv4 address.
fn write_ip6(address: [u8; 16], out: &mut String) {
    if let [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, v4 @ ..] = address {
        out.push_str("::ffff:");
        return write_ip4(v4, out);
    }
    let group = |i: usize| u16::from_be_bytes([address[2 * i], address[2 * i + 1]]);
    let (mut start, mut length) = (8, 1);
    let mut run = 0;
    for i in 0..8 {
        run = if group(i) == 0 { run + 1 } else { 0 };
        if run > length {
            (start, length) = (i + 1 - run, run);
        }
    }
    let mut i = 0;
    while i < 8 {
        if i == start {
            out.push_str("::");
            i += length;
            continue;
        }
        if i > 0 && i != start + length {
            out.push(':');
        }
        write_hex_group(group(i), out);
        i += 1;
    }
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

/// The inverse: days since 1970-01-01.
pub(crate) const fn days_of_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let shifted = (month + 9) % 12;
    let day_of_year = (153 * shifted + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use std::net::{Ipv4Addr, Ipv6Addr};

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
        assert_eq!(
            text(Value::Guid([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])),
            "00010203-0405-0607-0809-0a0b0c0d0e0f"
        );
    }

    #[test]
    fn floats_look_as_tsharks_do() {
        let shown = |number, digits| {
            let mut out = String::new();
            write_float(number, digits, &mut out);
            out
        };
        for (number, double, single) in [
            (0.1, "0.1", "0.1"),
            (1.0 / 3.0, "0.333333333333333", "0.333333"),
            (1e15, "1e+15", "1e+15"),
            (123_456_789_012_345_678.0, "1.23456789012346e+17", "1.23457e+17"),
            (1e-5, "1e-05", "1e-05"),
            (0.0001, "0.0001", "0.0001"),
            (100.0, "100", "100"),
            (1_234_567.5, "1234567.5", "1.23457e+06"),
            (123_456.5, "123456.5", "123456"),
            (-0.0, "-0", "-0"),
            (1e300, "1e+300", "1e+300"),
            (f64::NEG_INFINITY, "-inf", "-inf"),
            (f64::NAN, "nan", "nan"),
        ] {
            assert_eq!((shown(number, 15), shown(number, 6)), (double.into(), single.into()));
        }
    }

    #[test]
    fn addresses_look_as_the_standard_library_writes_them() {
        let mut seed = 1_u64;
        for _ in 0..20_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            // Zero groups and short groups are frequent.
            let group = |i: u32| match seed >> (8 + 5 * i) & 7 {
                0..=3 => 0,
                4 => 0xffff,
                5 => (seed >> 33) as u16 & 0xff,
                _ => (seed >> (i + 20)) as u16,
            };
            let ip6 = Ipv6Addr::from(std::array::from_fn::<u16, 8, _>(|i| group(i as u32)));
            assert_eq!(text(Value::Ip6(ip6.octets())), ip6.to_string());
            let ip4 = Ipv4Addr::from((seed >> 32) as u32);
            assert_eq!(text(Value::Ip4(ip4.octets())), ip4.to_string());
        }
        assert_eq!(text(Value::Ip6(Ipv6Addr::from(0xffff_0102_0304).octets())), "::ffff:1.2.3.4");
    }

    #[test]
    fn dates_and_days_agree() {
        for days in (-800_000..2_000_000).step_by(37) {
            let (year, month, day) = civil_date(days);
            assert_eq!(days_of_date(year, month, day), days);
        }
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
