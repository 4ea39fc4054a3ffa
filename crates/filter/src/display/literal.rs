//! Values as people write them, read as the type of the field that they are compared with.

use std::net::{Ipv4Addr, Ipv6Addr};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use plaintap_decode::Kind;
use plaintap_decode::field::ValueNames;

use super::value::Constant;

/// How a value is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Literal<'a> {
    /// Without quotes.
    Word(&'a str),
    /// In double quotes.
    Text(&'a [u8]),
    /// In single quotes.
    Char(u32),
}

/// Why a value cannot be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// It is not what its type wants.
    Expected(String),
    /// The number is above this one.
    TooBig(u64),
}

/// Reads a value of a type. `names` are those of the field's values; `partial` takes a part of a MAC address.
pub(super) fn constant(
    kind: Kind,
    names: ValueNames,
    literal: Literal<'_>,
    partial: bool,
) -> Result<Constant, Unreadable> {
    match kind {
        Kind::Bool => boolean(names, literal),
        _ if kind.is_integer() => integer(kind, names, literal),
        Kind::Float | Kind::Double => word(literal)
            .and_then(float)
            .map(Constant::Float)
            .ok_or_else(|| expected("a number like 1, 0.5 or 1e-6")),
        Kind::Ip4 => ip4(word(literal)),
        Kind::Ip6 => ip6(word(literal)),
        Kind::Mac if !partial => mac(word(literal)),
        Kind::Mac => word(literal).and_then(bytes).map(into).ok_or_else(|| expected(BYTES)),
        Kind::Guid => word(literal).and_then(guid).map(into).ok_or_else(|| expected(GUID)),
        Kind::Bytes | Kind::Eui64 | Kind::Protocol => match literal {
            Literal::Word(word) => bytes(word).map(into).ok_or_else(|| expected(BYTES)),
            Literal::Text(text) => Ok(into(text.to_vec())),
            Literal::Char(c) => Ok(into(vec![char_byte(c)?])),
        },
        Kind::Text => Ok(Constant::Text(match literal {
            Literal::Word(word) => word.as_bytes().into(),
            Literal::Text(text) => text.into(),
            Literal::Char(c) => [char_byte(c)?].into(),
        })),
        Kind::Time => {
            let text = match literal {
                Literal::Word(word) => Some(word),
                Literal::Text(text) => std::str::from_utf8(text).ok(),
                Literal::Char(_) => None,
            };
            text.and_then(time).map(Constant::Nanos).ok_or_else(|| {
                expected("a time like \"2011-07-04 12:34:56.5 UTC\" or \"Nov 12, 1999 08:55:44.123\"")
            })
        }
        Kind::Duration => word(literal)
            .and_then(duration)
            .map(Constant::Nanos)
            .ok_or_else(|| expected("seconds, with at most nine digits behind the point")),
        _ => Err(expected("nothing (the field has no value)")),
    }
}

const BYTES: &str = "bytes like 0a:1b:2c, 0a-1b-2c, 0a1b2c, one as 0x0a, or a string in quotes";

const GUID: &str = "an identifier like 6ba7b810-9dad-11d1-80b4-00c04fd430c8";

fn expected(what: &str) -> Unreadable {
    Unreadable::Expected(what.into())
}

fn into(bytes: Vec<u8>) -> Constant {
    Constant::Bytes(bytes.into())
}

fn word(literal: Literal<'_>) -> Option<&str> {
    if let Literal::Word(word) = literal { Some(word) } else { None }
}

fn char_byte(c: u32) -> Result<u8, Unreadable> {
    u8::try_from(c).map_err(|_| Unreadable::TooBig(255))
}

/// A number in C's notation: decimal, hexadecimal (0x), octal (0) or binary (0b).
pub(super) fn unsigned(text: &str) -> Option<u64> {
    let (radix, digits) = match text.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &text[2..]),
        [b'0', b'b' | b'B', ..] => (2, &text[2..]),
        [b'0', _, ..] => (8, &text[1..]),
        _ => (10, text),
    };
    // from_str_radix takes a sign.
    if digits.starts_with(['+', '-']) { None } else { u64::from_str_radix(digits, radix).ok() }
}

/// Digits with a point and an exponent; the sign is applied later.
fn float(text: &str) -> Option<f64> {
    let digits = text.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    if digits { text.parse().ok() } else { None }
}

/// Hexadecimal digits in groups of 8, 4, 4, 4 and 12 (RFC 9562 §4).
fn guid(text: &str) -> Option<Vec<u8>> {
    let lengths = [8, 4, 4, 4, 12];
    let groups: Vec<&str> = text.split('-').collect();
    if !groups.iter().map(|group| group.len()).eq(lengths) {
        return None;
    }
    bytes(&groups.concat())
}

fn integer(kind: Kind, names: ValueNames, literal: Literal<'_>) -> Result<Constant, Unreadable> {
    let bits = 8 * kind.width();
    // Of a signed number one more is there below zero; the sign is applied later.
    let largest = if kind.is_signed() { 1 << (bits - 1) } else { u64::MAX >> (64 - bits) };
    let number = match literal {
        Literal::Char(c) => Some(u64::from(c)),
        Literal::Word(word) => unsigned(word),
        Literal::Text(_) => None,
    };
    if let Some(number) = number {
        return if number > largest {
            Err(Unreadable::TooBig(largest))
        } else {
            Ok(Constant::Number(number.into()))
        };
    }
    if let Literal::Word(word) = literal
        && !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_digit())
        && !word.starts_with('0')
    {
        return Err(Unreadable::TooBig(largest));
    }
    named(names, literal).map(|value| Constant::Number(value.into())).ok_or_else(|| {
        if names.is_empty() {
            expected("a number")
        } else {
            let some: Vec<String> = names.iter().take(4).map(|(_, name)| format!("\"{name}\"")).collect();
            let more = if names.len() > 4 { ", ..." } else { "" };
            Unreadable::Expected(format!("a number or one of {}{more}", some.join(", ")))
        }
    })
}

/// The value of a name, without regard to case. What explains a name in parentheses may be left out or added: "AAAA" is
/// "AAAA (IPv6 Address)", as long as no other name begins so.
fn named(names: ValueNames, literal: Literal<'_>) -> Option<u64> {
    let wanted = match literal {
        Literal::Word(word) => word,
        Literal::Text(text) => std::str::from_utf8(text).ok()?,
        Literal::Char(_) => return None,
    };
    if let Some((value, _)) = names.iter().find(|(_, name)| name.eq_ignore_ascii_case(wanted)) {
        return Some(*value);
    }
    fn short(name: &str) -> &str {
        name.split_once(" (").map_or(name, |(short, _)| short)
    }
    let is_like = |name: &str| {
        (short(name) == name || short(wanted) == wanted) && short(name).eq_ignore_ascii_case(short(wanted))
    };
    let mut matching = names.iter().filter(|(_, name)| is_like(name));
    let (value, _) = matching.next()?;
    matching.next().is_none().then_some(*value)
}

fn boolean(names: ValueNames, literal: Literal<'_>) -> Result<Constant, Unreadable> {
    // What Wireshark calls the two values of a flag that has no names in our table.
    const FLAG_NAMES: ValueNames = &[(0, "Not set"), (1, "Set")];
    let number = match literal {
        Literal::Word("True" | "TRUE") => Some(1),
        Literal::Word("False" | "FALSE") => Some(0),
        Literal::Word(word) => unsigned(word),
        Literal::Char(c) => Some(c.into()),
        Literal::Text(_) => None,
    };
    number
        .or_else(|| named(if names.is_empty() { FLAG_NAMES } else { names }, literal))
        .map(|n| Constant::Number((n != 0).into()))
        .ok_or_else(|| expected("True, False, 1 or 0"))
}

fn ip4(word: Option<&str>) -> Result<Constant, Unreadable> {
    let wrong = || expected("an IPv4 address, or a network like 10.0.0.0/8");
    let (address, length) = network(word.ok_or_else(wrong)?, 32).ok_or_else(wrong)?;
    let address: Ipv4Addr = address.parse().map_err(|_| wrong())?;
    Ok(Constant::Ip4(address.into(), u32::MAX.checked_shl(32 - length).unwrap_or(0)))
}

fn ip6(word: Option<&str>) -> Result<Constant, Unreadable> {
    let wrong = || expected("an IPv6 address, or a network like fe80::/10");
    let (address, length) = network(word.ok_or_else(wrong)?, 128).ok_or_else(wrong)?;
    let address: Ipv6Addr = address.parse().map_err(|_| wrong())?;
    Ok(Constant::Ip6(address.into(), u128::MAX.checked_shl(128 - length).unwrap_or(0)))
}

/// An address and the length of its prefix; without one all `bits`.
fn network(word: &str, bits: u32) -> Option<(&str, u32)> {
    let Some((address, length)) = word.split_once('/') else { return Some((word, bits)) };
    Some((address, length.parse().ok().filter(|length| *length <= bits)?))
}

fn mac(word: Option<&str>) -> Result<Constant, Unreadable> {
    word.and_then(bytes)
        .filter(|bytes| bytes.len() == 6)
        .map(into)
        .ok_or_else(|| expected("a MAC address of 6 bytes, like 00:11:22:aa:bb:cc"))
}

/// Hexadecimal digits in pairs, perhaps with a colon, hyphen or dot between groups; a colon in front says that it is no
/// field. A digit left over is a byte of its own.
fn bytes(text: &str) -> Option<Vec<u8>> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return if digits.len() <= 2 { Some(vec![hexadecimal(digits)?]) } else { None };
    }
    let text = text.strip_prefix(':').unwrap_or(text);
    let separator = text.find([':', '-', '.']).map(|at| text.as_bytes()[at] as char);
    let mut out = Vec::new();
    for group in text.split(|c| Some(c) == separator) {
        if group.is_empty() {
            return None;
        }
        for pair in group.as_bytes().chunks(2) {
            out.push(hexadecimal(std::str::from_utf8(pair).ok()?)?);
        }
    }
    Some(out)
}

fn hexadecimal(digits: &str) -> Option<u8> {
    if digits.starts_with('+') { None } else { u8::from_str_radix(digits, 16).ok() }
}

/// Seconds with a fraction, in nanoseconds.
fn duration(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let seconds: i64 = digits(seconds)?.try_into().ok()?;
    seconds.checked_mul(1_000_000_000)?.checked_add(nanoseconds(fraction)?.into())
}

/// The digits behind the point of seconds, at most nine.
fn nanoseconds(fraction: &str) -> Option<i32> {
    if fraction.len() > 9 {
        return None;
    }
    let value: i32 = digits(fraction)?.try_into().ok()?;
    Some(value * 10_i32.pow(9 - fraction.len() as u32))
}

fn digits(text: &str) -> Option<u64> {
    if text.bytes().all(|b| b.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// A point in time, in ISO 8601 or as `Nov 12, 1999 08:55:44.123`; local time where nothing else is said.
fn time(text: &str) -> Option<i64> {
    let (text, zone) = zone(text.trim());
    let (date, clock) = if text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        month_first(text)?
    } else {
        match text.split_once(['T', ' ']) {
            Some((date, clock)) => (iso_date(date)?, clock_time(clock.trim_start(), 1)?),
            None => (iso_date(text)?, Time::midnight()),
        }
    };
    let zone = zone.unwrap_or_else(TimeZone::system);
    let time = DateTime::from_parts(date, clock).to_zoned(zone).ok()?.timestamp();
    time.as_nanosecond().try_into().ok()
}

/// Takes the time zone off the end: `Z`, ` UTC`, `+02`, `+0200` or `+02:00`.
fn zone(text: &str) -> (&str, Option<TimeZone>) {
    for utc in ["UTC", "Z"] {
        if let Some(rest) = text.strip_suffix(utc) {
            return (rest.trim_end(), Some(TimeZone::UTC));
        }
    }
    // A sign behind the time of day, not the hyphens of the date.
    let Some(sign) = text.rfind(['+', '-']).filter(|sign| text[..*sign].contains(':')) else {
        return (text, None);
    };
    let offset: String = text[sign + 1..].chars().filter(|c| *c != ':').collect();
    let (2 | 4, Some((hours, minutes))) = (offset.len(), offset.split_at_checked(2)) else {
        return (text, None);
    };
    let minutes = if minutes.is_empty() { Some(0) } else { digits(minutes) };
    let (Some(hours @ 0..=23), Some(minutes @ 0..=59)) = (digits(hours), minutes) else {
        return (text, None);
    };
    let seconds = (hours * 60 + minutes) as i32 * 60;
    let seconds = if text.as_bytes()[sign] == b'-' { -seconds } else { seconds };
    match Offset::from_seconds(seconds) {
        Ok(offset) => (&text[..sign], Some(TimeZone::fixed(offset))),
        Err(_) => (text, None),
    }
}

fn iso_date(text: &str) -> Option<Date> {
    let mut parts = text.splitn(3, '-');
    let [year, month, day] = [parts.next()?, parts.next()?, parts.next()?];
    if year.len() != 4 {
        return None;
    }
    calendar(digits(year)?, digits(month)?, digits(day)?)
}

fn calendar(year: u64, month: u64, day: u64) -> Option<Date> {
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

fn month_first(text: &str) -> Option<(Date, Time)> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let (day, rest) = text.split_once(',')?;
    let (month, day) = day.split_once(' ')?;
    let month = MONTHS.iter().position(|m| m.eq_ignore_ascii_case(month))? as u64 + 1;
    let (year, clock) = rest.trim_start().split_once(' ')?;
    Some((calendar(digits(year)?, month, digits(day.trim_start())?)?, clock_time(clock.trim_start(), 3)?))
}

/// `HH:MM:SS.fraction`, of which at least `parts` parts.
fn clock_time(text: &str, parts: usize) -> Option<Time> {
    let (clock, fraction) = text.split_once(['.', ',']).map_or((text, None), |(c, f)| (c, Some(f)));
    let numbers = clock.split(':').map(|part| i8::try_from(digits(part)?).ok());
    let numbers: Vec<i8> = numbers.collect::<Option<_>>()?;
    if numbers.len() < parts || numbers.len() > 3 || (fraction.is_some() && numbers.len() < 3) {
        return None;
    }
    let part = |i: usize| numbers.get(i).copied().unwrap_or(0);
    let nanoseconds = fraction.map_or(Some(0), nanoseconds)?;
    Time::new(part(0), part(1), part(2), nanoseconds).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word_of(kind: Kind, word: &str) -> Result<Constant, Unreadable> {
        constant(kind, &[], Literal::Word(word), false)
    }

    #[test]
    fn numbers_are_written_as_in_c() {
        for (text, value) in
            [("64", 64), ("0x40", 64), ("0X40", 64), ("0100", 64), ("0b1000000", 64), ("0", 0)]
        {
            assert_eq!(word_of(Kind::U8, text), Ok(Constant::Number(value)), "{text}");
        }
        assert_eq!(word_of(Kind::U8, "256"), Err(Unreadable::TooBig(255)));
        assert_eq!(word_of(Kind::I8, "129"), Err(Unreadable::TooBig(128)));
        assert_eq!(word_of(Kind::U40, "0xffffffffff"), Ok(Constant::Number(0xff_ffff_ffff)));
        assert_eq!(word_of(Kind::U64, "99999999999999999999"), Err(Unreadable::TooBig(u64::MAX)));
        for bad in ["08", "0x", "0b12", "80a", "1e3", "80.5", "1_000", "+1", "0x+1", ":80", ""] {
            assert!(matches!(word_of(Kind::U32, bad), Err(Unreadable::Expected(_))), "{bad}");
        }
    }

    #[test]
    fn floats_and_identifiers_are_read() {
        assert_eq!(word_of(Kind::Double, "0.5"), Ok(Constant::Float(0.5)));
        assert_eq!(word_of(Kind::Float, "1e-6"), Ok(Constant::Float(1e-6)));
        for bad in ["inf", "x", "+1", "1,5", ""] {
            assert!(word_of(Kind::Double, bad).is_err(), "{bad}");
        }
        let guid = word_of(Kind::Guid, "6ba7b810-9dad-11d1-80b4-00c04fd430c8");
        assert!(matches!(guid, Ok(Constant::Bytes(bytes)) if bytes.len() == 16 && bytes[0] == 0x6b));
        assert!(word_of(Kind::Guid, "6ba7b8109dad11d180b400c04fd430c8").is_err());
    }

    #[test]
    fn names_stand_for_values() {
        let names: ValueNames = &[(1, "A (Host Address)"), (6, "TCP"), (28, "AAAA (IPv6 Address)")];
        let value = |text: &str| constant(Kind::U16, names, Literal::Text(text.as_bytes()), false);
        assert_eq!(value("tcp"), Ok(Constant::Number(6)));
        assert_eq!(value("AAAA (IPv6 Address)"), Ok(Constant::Number(28)));
        assert_eq!(value("AAAA"), Ok(Constant::Number(28)));
        assert_eq!(value("TCP (Transmission Control)"), Ok(Constant::Number(6)));
        assert!(value("6").is_err() && value("UDP").is_err() && value("A (Other)").is_err());
    }

    #[test]
    fn addresses_may_have_a_prefix() {
        assert_eq!(word_of(Kind::Ip4, "10.0.0.0/8"), Ok(Constant::Ip4(10 << 24, 0xff00_0000)));
        assert_eq!(word_of(Kind::Ip4, "1.2.3.4/0"), Ok(Constant::Ip4(0x0102_0304, 0)));
        assert_eq!(word_of(Kind::Ip6, "fe80::/10"), Ok(Constant::Ip6(0xfe80 << 112, 0x3ff << 118)));
        assert!(word_of(Kind::Ip4, "10.0.0.0/33").is_err() && word_of(Kind::Ip4, "1.2.3").is_err());
        assert!(word_of(Kind::Ip6, "::/129").is_err() && word_of(Kind::Ip4, "localhost").is_err());
    }

    #[test]
    fn bytes_have_many_forms() {
        for text in ["0a:1b", "0a-1b", "0a.1b", "0a1b", ":0a1b", "a.1b"] {
            assert_eq!(word_of(Kind::Bytes, text), Ok(into(vec![0x0a, 0x1b])), "{text}");
        }
        assert_eq!(word_of(Kind::Bytes, "0xff"), Ok(into(vec![0xff])));
        assert_eq!(word_of(Kind::Mac, "ffff.ffff.ffff"), Ok(into(vec![0xff; 6])));
        assert!(word_of(Kind::Bytes, "0xffff").is_err() && word_of(Kind::Bytes, "GET").is_err());
        assert!(word_of(Kind::Mac, "ff:ff").is_err() && word_of(Kind::Bytes, "0a:1b-2c").is_err());
    }

    #[test]
    fn times_are_iso_or_month_first() {
        let nanos = |text: &str| constant(Kind::Time, &[], Literal::Text(text.as_bytes()), false);
        let at = |seconds: i64, nanos: i64| Ok(Constant::Nanos(seconds * 1_000_000_000 + nanos));
        assert_eq!(nanos("2010-06-01 12:00:00.5 UTC"), at(1_275_393_600, 500_000_000));
        assert_eq!(nanos("2010-06-01T12:00:00,5Z"), at(1_275_393_600, 500_000_000));
        assert_eq!(nanos("2010-06-01 14:00+02:00"), at(1_275_393_600, 0));
        assert_eq!(nanos("2010-06-01 07:00:00-0500"), at(1_275_393_600, 0));
        assert_eq!(nanos("2010-06-01 13:00:00+01"), at(1_275_393_600, 0));
        assert_eq!(nanos("Jun  1, 2010 12:00:00.5 UTC"), at(1_275_393_600, 500_000_000));
        for bad in [
            "not a time",
            "2012",
            "20120101",
            "2012-13-01",
            "2012-01-01 25:00:00",
            "Jan 1, 2012",
            "Jan 1 2012 10:20:30",
            "2012-01-01 10:20:30+\u{fffd}2",
            "2012-01-01 10:20:30+\u{fffd}",
            "2012-01-01 10:20:30+2",
        ] {
            assert!(nanos(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_seconds() {
        assert_eq!(word_of(Kind::Duration, "1.5"), Ok(Constant::Nanos(1_500_000_000)));
        for bad in ["1.", ".5", "1e3", "0.1234567891", "abc", "99999999999999"] {
            assert!(word_of(Kind::Duration, bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn flags_are_true_or_set() {
        for (text, value) in [("True", 1), ("FALSE", 0), ("2", 1), ("0", 0), ("set", 1)] {
            assert_eq!(word_of(Kind::Bool, text), Ok(Constant::Number(value)), "{text}");
        }
        assert!(word_of(Kind::Bool, "true").is_err() && word_of(Kind::Bool, "maybe").is_err());
    }
}
