//! Total views of bytes: no read panics, whatever the offset.

use crate::layers::Short;

/// Bytes of a layer, read at offsets. Integers are in network byte order. A read beyond the end gives zero, so `enter`
/// asks [`Bytes::need`] first.
#[derive(Clone, Copy, Debug)]
pub struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    /// Number of bytes.
    pub const fn len(self) -> usize {
        self.0.len()
    }

    /// Whether there is nothing.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// Checks that at least `need` bytes are there.
    ///
    /// # Errors
    /// [`Short`] when there are fewer.
    #[inline]
    pub const fn need(self, need: usize) -> Result<(), Short> {
        if self.0.len() < need { Err(Short::new(need, self.0.len())) } else { Ok(()) }
    }

    /// The byte at `at`.
    #[inline]
    pub fn u8(self, at: usize) -> u8 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// The 16-bit number at `at`.
    #[inline]
    pub fn u16(self, at: usize) -> u16 {
        self.array(at).map_or(0, u16::from_be_bytes)
    }

    /// The 32-bit number at `at`.
    #[inline]
    pub fn u32(self, at: usize) -> u32 {
        self.array(at).map_or(0, u32::from_be_bytes)
    }

    /// The `N` bytes at `at`, if all are there.
    #[inline]
    pub fn array<const N: usize>(self, at: usize) -> Option<[u8; N]> {
        self.0.get(at..)?.first_chunk().copied()
    }

    /// The big-endian number in `start..end` (at most 8 bytes), if all bytes are there.
    #[inline]
    pub fn number(self, start: usize, end: usize) -> Option<u64> {
        let bytes = self.0.get(start..end)?;
        Some(bytes.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
    }

    /// The little-endian number of `length` (at most 8) bytes at `at`; of bytes beyond the end, what is there.
    #[inline]
    pub fn little(self, at: usize, length: usize) -> u64 {
        self.clamped(at, at.saturating_add(length)).iter().rev().fold(0, |n, &b| n << 8 | u64::from(b))
    }

    /// The bytes `start..end`, cut to what is there.
    pub fn clamped(self, start: usize, end: usize) -> &'a [u8] {
        let end = end.min(self.0.len());
        &self.0[start.min(end)..end]
    }
}

/// Reads bytes one after the other; every read says when it runs out.
#[derive(Clone, Copy, Debug)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Reader<'a> {
    /// Reads `bytes` from offset `at`. Offsets stay those in `bytes`.
    pub fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at: at.min(bytes.len()), end: bytes.len() }
    }

    /// Reads `start..end` of `bytes`, cut to what is there.
    pub fn between(bytes: &'a [u8], start: usize, end: usize) -> Self {
        let end = end.min(bytes.len());
        Self { bytes, at: start.min(end), end }
    }

    /// The offset of the next byte.
    pub const fn at(&self) -> usize {
        self.at
    }

    /// The offset behind the last byte.
    pub const fn end(&self) -> usize {
        self.end
    }

    /// Number of bytes that are left.
    pub const fn left(&self) -> usize {
        self.end - self.at
    }

    /// All bytes, those in front of and behind this reader's included.
    pub const fn whole(&self) -> &'a [u8] {
        self.bytes
    }

    /// Goes on at offset `at`.
    ///
    /// # Errors
    /// [`Short`] when that lies behind the end.
    pub fn skip_to(&mut self, at: usize) -> Result<(), Short> {
        if at > self.end {
            return Err(Short::new(at, self.end));
        }
        self.at = at;
        Ok(())
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// [`Short`] when fewer are left, as for all reads below.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Short> {
        if self.left() < length {
            return Err(Short::new(length, self.left()));
        }
        let bytes = &self.bytes[self.at..self.at + length];
        self.at += length;
        Ok(bytes)
    }

    /// A reader of the next `length` bytes alone; this one goes on behind them.
    ///
    /// # Errors
    /// [`Short`] when fewer are left.
    pub fn sub(&mut self, length: usize) -> Result<Self, Short> {
        let at = self.at;
        self.take(length)?;
        Ok(Self { bytes: self.bytes, at, end: self.at })
    }

    /// The next byte.
    ///
    /// # Errors
    /// [`Short`] at the end.
    pub fn u8(&mut self) -> Result<u8, Short> {
        Ok(self.number(1)? as u8)
    }

    /// The next 16-bit number.
    ///
    /// # Errors
    /// [`Short`] when fewer than 2 bytes are left.
    pub fn u16(&mut self) -> Result<u16, Short> {
        Ok(self.number(2)? as u16)
    }

    /// The next big-endian number of `length` bytes, at most 8.
    ///
    /// # Errors
    /// [`Short`] when fewer are left.
    pub fn number(&mut self, length: usize) -> Result<u64, Short> {
        Ok(self.take(length)?.iter().fold(0, |n, &b| n << 8 | u64::from(b)))
    }

    /// The next number of QUIC's variable length: two bits say how many bytes it has (RFC 9000 §16).
    ///
    /// # Errors
    /// [`Short`] when fewer are left.
    pub fn varint(&mut self) -> Result<u64, Short> {
        let mut first = *self;
        let length = 1 << (first.u8()? >> 6);
        Ok(self.number(length)? & (u64::MAX >> (66 - 8 * length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_beyond_the_end_are_harmless() {
        let b = Bytes(&[1, 2, 3]);
        assert_eq!((b.u16(1), b.u16(2), b.u32(usize::MAX)), (0x0203, 0, 0));
        assert_eq!(b.clamped(2, 9), [3]);
        assert_eq!(b.clamped(7, 9), []);
        assert_eq!(b.number(0, 3), Some(0x01_02_03));
        assert_eq!(b.number(1, 4), None);
    }

    /// The examples of RFC 9000 §A.1.
    #[test]
    fn numbers_of_variable_length() {
        let bytes =
            [0xc2, 0x19, 0x7c, 0x5e, 0xff, 0x14, 0xe8, 0x8c, 0x9d, 0x7f, 0x3e, 0x7d, 0x7b, 0xbd, 0x25, 0x40];
        let mut r = Reader::new(&bytes, 0);
        assert_eq!(r.varint(), Ok(151_288_809_941_952_652));
        assert_eq!((r.varint(), r.varint(), r.varint()), (Ok(494_878_333), Ok(15_293), Ok(37)));
        assert_eq!(r.varint(), Err(Short::new(2, 1)));
    }

    #[test]
    fn a_sub_reader_ends_where_it_was_told() {
        let mut r = Reader::new(&[1, 2, 3, 4], 1);
        let mut s = r.sub(2).unwrap();
        assert_eq!(s.u16(), Ok(0x0203));
        assert_eq!(s.u8(), Err(Short::new(1, 0)));
        assert_eq!(r.u8(), Ok(4));
    }
}
