//! The pcap format (draft-ietf-opsawg-pcap): reading, in both byte orders, with micro- or nanoseconds, and in the
//! "modified" variant of old Linux kernels with 24-byte record headers.

use std::io::Read;

use super::input::Input;
use super::{Entry, Error, Interface, MAX_BLOCK, Options, PcapHeader, Record};
use crate::{Direction, LinkType, Nanos, Packet};

pub(super) const MICROSECONDS: u32 = 0xa1b2_c3d4;
pub(super) const NANOSECONDS: u32 = 0xa1b2_3c4d;
/// Alexey Kuznetzov's variant: interface index, protocol and packet type follow each record header.
const MODIFIED: u32 = 0xa1b2_cd34;

/// Bit of the link type word: its top 4 bits hold the length of the frame check sequence, in 16-bit words.
pub(super) const FCS_PRESENT: u32 = 1 << 26;

pub(super) fn is_magic(magic: [u8; 4]) -> bool {
    Variant::of(magic).is_some()
}

struct Variant {
    big_endian: bool,
    /// Nanoseconds in one unit of the fraction.
    unit: i64,
    /// Bytes of a record header.
    record_header: usize,
}

impl Variant {
    fn of(magic: [u8; 4]) -> Option<Self> {
        for big_endian in [false, true] {
            let value = if big_endian { u32::from_be_bytes(magic) } else { u32::from_le_bytes(magic) };
            let (unit, record_header) = match value {
                MICROSECONDS => (1000, 16),
                NANOSECONDS => (1, 16),
                MODIFIED => (1000, 24),
                _ => continue,
            };
            return Some(Self { big_endian, unit, record_header });
        }
        None
    }

    #[inline]
    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }
}

pub(super) struct Header {
    variant: Variant,
    snap_length: u32,
    link_type: LinkType,
    frame_check_sequence: Option<u8>,
}

impl Header {
    pub(super) fn read<R: Read>(input: &mut Input<R>) -> Result<Self, Error> {
        input.require(24, "the pcap file header")?;
        let magic = input.array(0);
        let Some(variant) = Variant::of(magic) else {
            return Err(Error::NotACapture { begins: super::describe(magic) });
        };
        let snap_length = variant.u32(input.array(16));
        // Only the low 16 bits are the link type; the top bits can say how long the frame check sequence is.
        let word = variant.u32(input.array(20));
        let link_type = LinkType(word as u16);
        let frame_check_sequence = (word & FCS_PRESENT != 0).then_some((word >> 28) as u8);
        input.take(24);
        Ok(Self { variant, snap_length, link_type, frame_check_sequence })
    }

    pub(super) fn interface(&self) -> Interface {
        Interface { link_type: self.link_type, snap_length: self.snap_length, ..Interface::default() }
    }

    pub(super) fn header(&self) -> PcapHeader {
        PcapHeader {
            link_type: self.link_type,
            snap_length: self.snap_length,
            nanoseconds: self.variant.unit == 1,
            frame_check_sequence: self.frame_check_sequence,
            big_endian: self.variant.big_endian,
            modified: self.variant.record_header != 16,
        }
    }

    pub(super) fn next_entry<'i, R: Read>(
        &self,
        input: &'i mut Input<R>,
    ) -> Result<Option<Entry<'i>>, Error> {
        if self.packet_in(input.available()).is_none() && !self.fetch(input)? {
            return Ok(None);
        }
        let offset = input.offset();
        let (bytes, taking) = input.look();
        let Some((packet, length)) = self.packet_in(bytes) else { return Ok(None) };
        taking.take(length);
        Ok(Some(Entry { record: Record::Packet(packet, Options::EMPTY), block: None, offset }))
    }

    /// The packet that begins here, if its record is sound and there as a whole, and the record's length.
    #[inline(always)]
    pub(super) fn packet_in<'i>(&self, bytes: &'i [u8]) -> Option<(Packet<'i>, usize)> {
        let head = bytes.first_chunk::<16>()?;
        let word = |at: usize| self.variant.u32([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let header = self.variant.record_header;
        let captured = word(8) as usize;
        if captured > MAX_BLOCK {
            return None;
        }
        let packet = Packet {
            data: bytes.get(header..header + captured)?,
            time: Nanos(i64::from(word(0)) * 1_000_000_000 + i64::from(word(4)) * self.variant.unit),
            original_length: word(12),
            link_type: self.link_type,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        Some((packet, header + captured))
    }

    /// Where in a record the packet's bytes begin.
    pub(super) fn data_offset(&self) -> usize {
        self.variant.record_header
    }

    /// Reads on until a record is there as a whole; false at the end of the file.
    #[cold]
    fn fetch<R: Read>(&self, input: &mut Input<R>) -> Result<bool, Error> {
        let header = self.variant.record_header;
        if input.fill(header)? == 0 {
            return Ok(false);
        }
        input.require(header, "a packet record header")?;
        let captured = self.variant.u32(input.array(8)) as usize;
        if captured > MAX_BLOCK {
            return Err(Error::Damaged {
                offset: input.offset(),
                what: "captured length of a packet",
                expected: format!("at most {MAX_BLOCK}"),
                got: captured as u64,
            });
        }
        input.require(header + captured, "a packet record")?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use crate::file::{Error, Reader, Record};
    use crate::{LinkType, Nanos};

    fn file(big_endian: bool, magic: u32, extra: usize) -> Vec<u8> {
        let word = |v: u32| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let half = |v: u16| if big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        let mut out = word(magic).to_vec();
        out.extend([half(2), half(4)].concat());
        out.extend([word(0), word(0), word(65535), word(101)].concat());
        out.extend([word(1_700_000_000), word(5), word(3), word(60)].concat());
        out.extend(vec![0; extra]);
        out.extend(b"abc");
        out
    }

    #[test]
    fn all_variants_read_the_same_packet() {
        for big_endian in [false, true] {
            for (magic, extra, nanoseconds) in
                [(super::MICROSECONDS, 0, 5000), (super::NANOSECONDS, 0, 5), (super::MODIFIED, 8, 5000)]
            {
                let bytes = file(big_endian, magic, extra);
                let mut reader = Reader::new(&bytes[..]).expect("a pcap header");
                let Some(Record::Packet(packet, _)) = reader.next_record().expect("a record") else {
                    panic!("no packet")
                };
                assert_eq!(packet.data, b"abc");
                assert_eq!(packet.original_length, 60);
                assert_eq!(packet.link_type, LinkType::RAW);
                assert_eq!(packet.time, Nanos(1_700_000_000_000_000_000 + nanoseconds));
                assert!(reader.next_record().expect("the end").is_none());
            }
        }
    }

    #[test]
    fn a_cut_file_says_where() {
        let bytes = file(false, super::MICROSECONDS, 0);
        let mut reader = Reader::new(&bytes[..bytes.len() - 1]).expect("a pcap header");
        match reader.next_record() {
            Err(Error::Truncated { offset: 24, expected: 19, got: 18, .. }) => {}
            other => panic!("{other:?}"),
        }
    }
}
