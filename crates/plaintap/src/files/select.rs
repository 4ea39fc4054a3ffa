//! Which packets are meant: number ranges and times.

use anyhow::{Context, Result, anyhow, bail};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use plaintap_packet::Nanos;

/// A set of packet numbers, from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Ranges {
    /// First and last number of each range, sorted.
    ranges: Vec<(u64, u64)>,
}

impl Ranges {
    /// Reads `1-100,200,300-`.
    ///
    /// # Errors
    /// What stands there instead of a range.
    pub fn parse(text: &str) -> Result<Self> {
        let mut ranges = Vec::new();
        for part in text.split([',', ' ']).filter(|part| !part.is_empty()) {
            let bad = || anyhow!("expected packet numbers like 1-100,200,300- but got {part:?}");
            let number = |text: &str| text.parse::<u64>().ok().filter(|&n| n > 0).ok_or_else(bad);
            ranges.push(match part.split_once('-') {
                None => (number(part)?, number(part)?),
                Some((first, "")) => (number(first)?, u64::MAX),
                Some(("", last)) => (1, number(last)?),
                Some((first, last)) => (number(first)?, number(last)?),
            });
            if ranges.last().is_some_and(|(first, last)| first > last) {
                return Err(bad());
            }
        }
        if ranges.is_empty() {
            bail!("expected packet numbers like 1-100,200,300- but got nothing");
        }
        ranges.sort_unstable();
        Ok(Self { ranges })
    }

    /// Whether a packet is in the set.
    pub fn contains(&self, number: u64) -> bool {
        self.ranges.iter().any(|&(first, last)| (first..=last).contains(&number))
    }
}

/// Reads a time: a date with or without an offset (then local), or seconds since 1970.
///
/// # Errors
/// What was expected, and what stands there.
pub fn parse_time(text: &str) -> Result<Nanos> {
    let text = text.trim();
    if let Some(seconds) = parse_seconds(text) {
        return Ok(seconds);
    }
    let expected = || {
        format!(
            "expected a time like 2026-11-21T10:00:00.5, the same with Z or +02:00, or seconds since 1970, but got {text:?}"
        )
    };
    let timestamp = match text.parse::<Timestamp>() {
        Ok(timestamp) => timestamp,
        Err(_) => {
            let local: DateTime = text.parse().map_err(|_| anyhow!(expected()))?;
            local.to_zoned(TimeZone::system()).with_context(expected)?.timestamp()
        }
    };
    i64::try_from(timestamp.as_nanosecond())
        .map(Nanos)
        .map_err(|_| anyhow!("{text:?} is out of range: 1677 to 2262"))
}

/// Decimal seconds without rounding.
fn parse_seconds(text: &str) -> Option<Nanos> {
    let (sign, digits) = match text.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) || fraction.len() > 9 {
        return None;
    }
    let fraction: i64 = format!("{fraction:0<9}").parse().ok()?;
    let whole: i64 = whole.parse().ok()?;
    whole.checked_mul(1_000_000_000)?.checked_add(fraction).map(|n| Nanos(sign * n))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_packet_numbers() {
        let ranges = Ranges::parse("5,1-2,9-").unwrap();
        let inside: Vec<u64> = (1..12).filter(|&n| ranges.contains(n)).collect();
        assert_eq!(inside, [1, 2, 5, 9, 10, 11]);
        for bad in ["", "0", "x", "2-1", "1-2-3", "-"] {
            assert!(Ranges::parse(bad).unwrap_err().to_string().contains("expected packet numbers"), "{bad}");
        }
    }

    #[test]
    fn times_of_every_form() {
        let expected = Nanos(1_700_000_000_500_000_000);
        for text in [
            "1700000000.5",
            "2023-11-14T22:13:20.5Z",
            "2023-11-14 22:13:20.5Z",
            "2023-11-15T00:13:20.5+02:00",
        ] {
            assert_eq!(parse_time(text).unwrap(), expected, "{text}");
        }
        assert!(parse_time("2023-11-14 22:13:20").is_ok());
        assert_eq!(parse_time("-0.000000001").unwrap(), Nanos(-1));
        assert!(parse_time("yesterday").unwrap_err().to_string().contains("expected a time"));
    }
}
