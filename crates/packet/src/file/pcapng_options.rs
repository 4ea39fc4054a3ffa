//! The option lists of pcapng blocks.

/// Options that any block may have, and those this crate reads and writes by number.
pub(super) mod code {
    pub(crate) const END: u16 = 0;
    pub(crate) const COMMENT: u16 = 1;

    pub(crate) const SHB_HARDWARE: u16 = 2;
    pub(crate) const SHB_OS: u16 = 3;
    pub(crate) const SHB_USERAPPL: u16 = 4;

    pub(crate) const IF_NAME: u16 = 2;
    pub(crate) const IF_DESCRIPTION: u16 = 3;
    pub(crate) const IF_SPEED: u16 = 8;
    pub(crate) const IF_TSRESOL: u16 = 9;
    pub(crate) const IF_TZONE: u16 = 10;
    pub(crate) const IF_FILTER: u16 = 11;
    pub(crate) const IF_TSOFFSET: u16 = 14;
    pub(crate) const IF_TXSPEED: u16 = 16;
    pub(crate) const IF_RXSPEED: u16 = 17;

    pub(crate) const EPB_FLAGS: u16 = 2;
    pub(crate) const EPB_DROPCOUNT: u16 = 4;
    pub(crate) const EPB_PACKETID: u16 = 5;
    pub(crate) const EPB_QUEUE: u16 = 6;
    /// Index of the packet's process information block.
    pub(crate) const EPB_PROCESS: u16 = 32769;

    pub(crate) const PROCESS_NAME: u16 = 2;

    pub(crate) const ISB_STARTTIME: u16 = 2;
    pub(crate) const ISB_ENDTIME: u16 = 3;
    pub(crate) const ISB_IFRECV: u16 = 4;
    pub(crate) const ISB_IFDROP: u16 = 5;
    pub(crate) const ISB_FILTERACCEPT: u16 = 6;
    pub(crate) const ISB_OSDROP: u16 = 7;
    pub(crate) const ISB_USRDELIV: u16 = 8;

    /// Custom options: text or bytes, to be copied or not (pcapng draft, section 3.5.1).
    pub(crate) const fn is_custom(code: u16) -> bool {
        matches!(code, 2988 | 2989 | 19372 | 19373)
    }
}

/// An option list as it stands in the file. Iterating ends at opt_endofopt, at the end, and at an option that does not
/// fit: what follows damaged options is lost, the block itself is not.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    bytes: &'a [u8],
    big_endian: bool,
}

/// One option of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OptionItem<'a> {
    /// The option code; its meaning depends on the block.
    pub code: u16,
    /// The value without padding.
    pub value: &'a [u8],
}

impl<'a> Options<'a> {
    /// No options.
    pub const EMPTY: Self = Self { bytes: &[], big_endian: false };

    pub(super) const fn new(bytes: &'a [u8], big_endian: bool) -> Self {
        Self { bytes, big_endian }
    }

    /// Whether there are none.
    pub const fn is_empty(self) -> bool {
        self.bytes.is_empty()
    }

    /// The text of each comment.
    pub fn comments(self) -> impl Iterator<Item = &'a [u8]> {
        self.filter(|o| o.code == code::COMMENT).map(|o| o.value)
    }

    /// The first value of option `code`.
    pub fn value(mut self, code: u16) -> Option<&'a [u8]> {
        self.find(|o| o.code == code).map(|o| o.value)
    }

    /// The first value of option `code` as text; empty where there is none.
    pub fn text(self, code: u16) -> String {
        self.value(code).map(|v| String::from_utf8_lossy(v).into_owned()).unwrap_or_default()
    }

    /// The first value of option `code` as an unsigned 32-bit number in the section's byte order.
    pub fn u32(self, code: u16) -> Option<u32> {
        let bytes: [u8; 4] = self.value(code)?.try_into().ok()?;
        Some(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    /// The first value of option `code` as an unsigned 64-bit number in the section's byte order.
    pub fn u64(self, code: u16) -> Option<u64> {
        let bytes: [u8; 8] = self.value(code)?.try_into().ok()?;
        Some(if self.big_endian { u64::from_be_bytes(bytes) } else { u64::from_le_bytes(bytes) })
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = OptionItem<'a>;

    fn next(&mut self) -> Option<OptionItem<'a>> {
        let (head, rest) = self.bytes.split_first_chunk::<4>()?;
        let half = |a, b| {
            let bytes = [a, b];
            if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) }
        };
        let (code, length) = (half(head[0], head[1]), usize::from(half(head[2], head[3])));
        if code == code::END || length > rest.len() {
            self.bytes = &[];
            return None;
        }
        self.bytes = &rest[length.next_multiple_of(4).min(rest.len())..];
        Some(OptionItem { code, value: &rest[..length] })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_end_where_they_are_damaged() {
        let bytes = [1, 0, 2, 0, b'h', b'i', 0, 0, 2, 0, 99, 0, 1];
        let mut options = Options::new(&bytes, false);
        assert_eq!(options.next(), Some(OptionItem { code: 1, value: b"hi" }));
        assert_eq!(options.next(), None);
        assert_eq!(options.next(), None);
    }

    #[test]
    fn unpadded_last_option_is_read() {
        let bytes = [0, 1, 0, 3, b'a', b'b', b'c'];
        let mut options = Options::new(&bytes, true);
        assert_eq!(options.next().map(|o| o.value), Some(&b"abc"[..]));
        assert_eq!(options.next(), None);
    }
}
