//! Packets that lie in the reader's buffer as a whole: most do, and are taken without asking the stream.

use std::ops::Range;

use super::{Block, Format, Interface, Options};
use crate::{LinkType, Packet};

/// A packet that was in the reader's buffer already.
#[derive(Clone, Copy, Debug)]
pub struct PacketAtHand<'a> {
    /// The packet.
    pub packet: Packet<'a>,
    /// The raw options of its block (none in a pcap file).
    pub options: Options<'a>,
    /// The block as it stands in the file; none in a pcap file.
    pub block: Option<Block<'a>>,
}

/// Packets that were in the reader's buffer already, one after another.
#[derive(Clone, Copy)]
pub struct PacketsAtHand<'a> {
    bytes: &'a [u8],
    places: &'a [Place],
    format: &'a Format,
    interfaces: &'a [Interface],
}

/// Where a packet is in the buffer, and what a capture filter asks of it.
pub(super) struct Place {
    /// Where its record or block begins.
    start: usize,
    data: Range<usize>,
    original_length: u32,
    link_type: LinkType,
}

impl<'a> PacketsAtHand<'a> {
    /// How many there are at most.
    pub const MOST: usize = 64;

    /// Those at the beginning of `bytes`, and how many bytes they take.
    #[inline]
    pub(super) fn find(
        bytes: &'a [u8],
        format: &'a Format,
        interfaces: &'a [Interface],
        places: &'a mut Vec<Place>,
    ) -> (Self, usize) {
        places.clear();
        let data_offset = format.data_offset();
        let mut start = 0;
        while places.len() < Self::MOST
            && let Some((at_hand, length)) = format.packet_in(&bytes[start..], interfaces)
        {
            let Packet { data, original_length, link_type, .. } = at_hand.packet;
            let data = start + data_offset..start + data_offset + data.len();
            places.push(Place { start, data, original_length, link_type });
            start += length;
        }
        (Self { bytes, places, format, interfaces }, start)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none; then [`super::Reader::next_entry`] knows what is next.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether the machine that captured them writes the high byte first.
    pub fn big_endian(&self) -> bool {
        match self.format {
            Format::Pcap(header) => header.header().big_endian,
            Format::Pcapng(section) => section.big_endian(),
        }
    }

    /// What is looked at to filter: the captured bytes, the length on the wire, and the link type.
    pub fn glances(&self) -> impl ExactSizeIterator<Item = (&'a [u8], u32, LinkType)> {
        let bytes = self.bytes;
        self.places.iter().map(move |p| (&bytes[p.data.clone()], p.original_length, p.link_type))
    }

    /// One of them, counted from 0.
    #[inline(always)]
    pub fn packet(&self, index: usize) -> Option<PacketAtHand<'a>> {
        let bytes = self.bytes.get(self.places.get(index)?.start..)?;
        self.format.packet_in(bytes, self.interfaces).map(|(packet, _)| packet)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{PcapHeader, PcapWriter, Reader};
    use crate::{Direction, Nanos};

    #[test]
    fn packets_come_in_their_order() {
        let mut writer = PcapWriter::new(Vec::new(), &PcapHeader::default()).expect("a header");
        for number in 0..100_u8 {
            let data = vec![number; usize::from(number)];
            let packet = Packet {
                data: &data,
                time: Nanos(0),
                original_length: 1000,
                link_type: LinkType::RAW,
                interface: 0,
                direction: Direction::Unknown,
                process: None,
            };
            writer.packet(&packet).expect("a packet");
        }
        let bytes = writer.into_output();
        let mut reader = Reader::new(&bytes[..]).expect("a header");
        reader.input.fill(bytes.len() - 24).expect("all of it");
        let mut number = 0;
        for expected in [64, 36, 0] {
            let packets = reader.packets_at_hand();
            assert_eq!(
                (packets.len(), packets.is_empty(), packets.big_endian()),
                (expected, expected == 0, false)
            );
            for (index, (data, original_length, _)) in packets.glances().enumerate() {
                assert_eq!((data, original_length), (&vec![number; usize::from(number)][..], 1000));
                assert_eq!(packets.packet(index).map(|p| p.packet.data), Some(data));
                number += 1;
            }
            assert!(packets.packet(expected).is_none());
        }
        assert_eq!(reader.offset(), bytes.len() as u64);
    }
}
