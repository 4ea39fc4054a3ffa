//! From the kernel's monotonic clock, which BPF programs read, to the time of day.

use plaintap_packet::Nanos;
use rustix::time::{ClockId, Timespec, clock_gettime};

/// The distance between CLOCK_MONOTONIC and CLOCK_REALTIME, as last measured.
#[derive(Debug)]
pub(super) struct WallClock {
    offset: i64,
}

impl WallClock {
    pub(super) fn new() -> Self {
        let mut clock = Self { offset: 0 };
        clock.resample();
        clock
    }

    /// Measures again: the time of day is set and slewed while the monotonic clock goes on.
    pub(super) fn resample(&mut self) {
        let before = nanoseconds(clock_gettime(ClockId::Monotonic));
        let wall = nanoseconds(clock_gettime(ClockId::Realtime));
        let after = nanoseconds(clock_gettime(ClockId::Monotonic));
        self.offset = wall - before.midpoint(after);
    }

    /// The time of day at a `bpf_ktime_get_ns` reading.
    pub(super) fn at(&self, monotonic: u64) -> Nanos {
        Nanos(self.offset.saturating_add_unsigned(monotonic))
    }
}

fn nanoseconds(time: Timespec) -> i64 {
    time.tv_sec * 1_000_000_000 + time.tv_nsec
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_monotonic_reading_maps_to_now() {
        let clock = WallClock::new();
        let monotonic = nanoseconds(clock_gettime(ClockId::Monotonic));
        let wall = nanoseconds(clock_gettime(ClockId::Realtime));
        assert!(clock.at(monotonic.unsigned_abs()).since(Nanos(wall)).abs() < 1_000_000_000);
    }
}
