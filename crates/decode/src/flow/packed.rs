//! Numbers in the space that they need: flows are kept by the hundred thousand.

/// The number of a frame, in 48 bits: a capture of more packets than that would take 16 PB for their headers alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct FrameNumber([u8; 6]);

impl FrameNumber {
    pub(super) const fn new(number: u64) -> Self {
        let [a, b, c, d, e, f, ..] = number.to_le_bytes();
        Self([a, b, c, d, e, f])
    }

    pub(super) const fn number(self) -> u64 {
        let [a, b, c, d, e, f] = self.0;
        u64::from_le_bytes([a, b, c, d, e, f, 0, 0])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frame_numbers_come_back() {
        for number in [0, 1, 255, 256, u64::from(u32::MAX) + 1, (1 << 48) - 1] {
            assert_eq!(FrameNumber::new(number).number(), number);
        }
        assert_eq!(align_of::<Option<FrameNumber>>(), 1);
    }
}
