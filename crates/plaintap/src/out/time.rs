//! Times as tcpdump's and tshark's users know them (`-t`).

use jiff::Timestamp;
use jiff::tz::TimeZone;
use plaintap_decode::text::{write_decimal, write_padded};
use plaintap_packet::Nanos;

use crate::args::TimeFormat;

/// Writes packet times in one format.
pub struct Clock {
    format: TimeFormat,
    zone: TimeZone,
    first: Option<Nanos>,
    previous: Nanos,
    printed: Nanos,
    /// The last whole second that was converted, and its text: consecutive packets mostly share it.
    second: Option<(i64, String)>,
}

impl Clock {
    /// A clock that has seen no packet.
    pub fn new(format: TimeFormat) -> Self {
        let zone = match format {
            TimeFormat::A | TimeFormat::Ad => TimeZone::system(),
            _ => TimeZone::UTC,
        };
        Self { format, zone, first: None, previous: Nanos(0), printed: Nanos(0), second: None }
    }

    /// Takes note of a packet that is not printed.
    pub fn pass(&mut self, time: Nanos) {
        if self.first.is_none() {
            self.first = Some(time);
            self.printed = time;
        }
        self.previous = time;
    }

    /// Appends the time of a packet that is printed.
    pub fn write(&mut self, time: Nanos, out: &mut String) {
        let first = *self.first.get_or_insert(time);
        let (previous, printed) = if first == time && self.previous == Nanos(0) {
            (time, time)
        } else {
            (self.previous, self.printed)
        };
        match self.format {
            TimeFormat::A | TimeFormat::Ad | TimeFormat::U | TimeFormat::Ud => self.write_date(time, out),
            TimeFormat::R => write_seconds(time.since(first), out),
            TimeFormat::D => write_seconds(time.since(previous), out),
            TimeFormat::Dd => write_seconds(time.since(printed), out),
            TimeFormat::E => write_seconds(time.0, out),
        }
        self.previous = time;
        self.printed = time;
    }

    fn write_date(&mut self, time: Nanos, out: &mut String) {
        let seconds = time.seconds();
        if self.second.as_ref().is_none_or(|(known, _)| *known != seconds) {
            let date = matches!(self.format, TimeFormat::Ad | TimeFormat::Ud);
            let format = if date { "%Y-%m-%d %H:%M:%S" } else { "%H:%M:%S" };
            let text = match Timestamp::from_second(seconds) {
                Ok(timestamp) => timestamp.to_zoned(self.zone.clone()).strftime(format).to_string(),
                Err(_) => seconds.to_string(),
            };
            self.second = Some((seconds, text));
        }
        if let Some((_, text)) = &self.second {
            out.push_str(text);
        }
        write_micros(u64::from(time.subsecond()), out);
    }
}

fn write_seconds(nanoseconds: i64, out: &mut String) {
    if nanoseconds < 0 {
        out.push('-');
    }
    let absolute = nanoseconds.unsigned_abs();
    write_decimal(absolute / 1_000_000_000, out);
    write_micros(absolute % 1_000_000_000, out);
}

/// The part of a second, given in nanoseconds.
fn write_micros(nanoseconds: u64, out: &mut String) {
    out.push('.');
    write_padded(nanoseconds / 1000, 6, out);
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_700_000_000_123_456_789;

    fn times(format: TimeFormat, offsets: &[i64]) -> Vec<String> {
        let mut clock = Clock::new(format);
        let text = |offset| {
            let mut out = String::new();
            clock.write(Nanos(T + offset), &mut out);
            out
        };
        offsets.iter().copied().map(text).collect()
    }

    #[test]
    fn absolute_times() {
        assert_eq!(times(TimeFormat::U, &[0, 1_000_000_000]), ["22:13:20.123456", "22:13:21.123456"]);
        assert_eq!(times(TimeFormat::Ud, &[0]), ["2023-11-14 22:13:20.123456"]);
        assert_eq!(times(TimeFormat::E, &[0]), ["1700000000.123456"]);
    }

    #[test]
    fn relative_times_count_from_the_first_the_last_and_the_printed_packet() {
        assert_eq!(times(TimeFormat::R, &[0, 5_000, -2_000_000_000]), ["0.000000", "0.000005", "-2.000000"]);
        assert_eq!(times(TimeFormat::D, &[0, 5_000, 6_000]), ["0.000000", "0.000005", "0.000001"]);
        let mut clock = Clock::new(TimeFormat::Dd);
        let mut out = String::new();
        clock.write(Nanos(T), &mut out);
        clock.pass(Nanos(T + 1_000_000));
        clock.write(Nanos(T + 3_000_000), &mut out);
        assert_eq!(out, "0.0000000.003000");
    }
}
