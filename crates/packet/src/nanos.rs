//! Points in time.

/// Nanoseconds since 1970-01-01T00:00:00 UTC, negative before it. The range is the years 1677 to 2262.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Nanos(pub i64);

impl Nanos {
    /// Whole seconds since the epoch, rounded towards minus infinity.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000_000)
    }

    /// Nanoseconds within the second, 0 to 999,999,999.
    pub const fn subsecond(self) -> u32 {
        self.0.rem_euclid(1_000_000_000) as u32
    }

    /// Signed nanoseconds from `earlier` to `self`; saturates at the ends of the range.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_before_the_epoch_keep_a_positive_subsecond() {
        let t = Nanos(-1);
        assert_eq!((t.seconds(), t.subsecond()), (-1, 999_999_999));
    }
}
