//! Copying pcapng blocks from one file into another: packets cut short, byte order and numbers changed.

use super::pcapng_block::{Block, BlockBuilder, kind};
use super::pcapng_options::{Options, code};
use crate::Packet;

/// How the numbers in a block of one file become those of another.
#[derive(Clone, Copy, Debug, Default)]
pub struct Renumbering<'a> {
    /// The interface's index in the new file.
    pub interface: u32,
    /// The new index of each process of the block's section; a packet loses an index that is not here.
    pub processes: &'a [u32],
    /// Replaces the description of an interface.
    pub description: Option<&'a str>,
}

/// Builds a packet block that keeps at most `snap_length` bytes of the packet, and all options. A Simple Packet Block
/// says its length by the interface's snap length only, so it becomes an Enhanced Packet Block without a time.
/// Returns false, with nothing built, where `block` holds no packet.
pub fn cut_packet(
    block: &Block<'_>,
    packet: &Packet<'_>,
    snap_length: usize,
    out: &mut BlockBuilder,
) -> bool {
    let Some(parts) = block.parts() else { return false };
    let kept = &packet.data[..packet.data.len().min(snap_length)];
    match block.kind {
        kind::ENHANCED_PACKET | kind::PACKET => {
            out.begin(block.kind);
            out.bytes(&parts.fixed[..12]);
            out.u32(kept.len() as u32);
            out.bytes(&parts.fixed[16..]);
            out.padded(kept);
            out.option_list(parts.options);
        }
        kind::SIMPLE_PACKET => simple_as_enhanced(0, packet, kept, out),
        _ => return false,
    }
    true
}

/// Builds `block` anew with other numbers, in the byte order of `out`. `packet` is what a packet block holds.
///
/// Returns false, with nothing built, where that cannot be done: the block is damaged, or of a type whose layout is not
/// known and of the other byte order.
pub fn renumber(
    block: &Block<'_>,
    packet: Option<&Packet<'_>>,
    numbers: &Renumbering<'_>,
    out: &mut BlockBuilder,
) -> bool {
    if let (kind::SIMPLE_PACKET, Some(packet)) = (block.kind, packet) {
        simple_as_enhanced(numbers.interface, packet, packet.data, out);
        return true;
    }
    let Some(parts) = block.parts() else {
        if block.big_endian == out.is_big_endian() {
            out.begin(block.kind);
            out.bytes(block.body());
            return true;
        }
        return false;
    };
    out.begin(block.kind);
    let (mut at, numbered) = (0, is_numbered(block.kind));
    for (index, &width) in parts.widths.iter().enumerate() {
        let value = number(&parts.fixed[at..at + width], block.big_endian);
        at += width;
        let value = if index == 0 && numbered { u64::from(numbers.interface) } else { value };
        match width {
            2 => out.u16(value as u16),
            4 => out.u32(value as u32),
            _ => out.u64(value),
        }
    }
    if block.kind == kind::NAME_RESOLUTION {
        names(parts.data, block.big_endian, out);
    } else {
        out.padded(parts.data);
    }
    options(block, Options::new(parts.options, block.big_endian), numbers, out);
    true
}

/// Whether the first field is an interface's index.
fn is_numbered(kind: u32) -> bool {
    matches!(kind, kind::ENHANCED_PACKET | kind::PACKET | kind::INTERFACE_STATISTICS)
}

fn simple_as_enhanced(interface: u32, packet: &Packet<'_>, kept: &[u8], out: &mut BlockBuilder) {
    out.begin(kind::ENHANCED_PACKET);
    out.u32(interface);
    out.timestamp(0);
    out.u32(kept.len() as u32);
    out.u32(packet.original_length);
    out.padded(kept);
}

fn number(bytes: &[u8], big_endian: bool) -> u64 {
    let shift = |value: u64, byte: &u8| value << 8 | u64::from(*byte);
    if big_endian { bytes.iter().fold(0, shift) } else { bytes.iter().rev().fold(0, shift) }
}

fn names(data: &[u8], big_endian: bool, out: &mut BlockBuilder) {
    for (kind, value) in super::Names::new(data, big_endian) {
        out.u16(kind);
        out.u16(value.len() as u16);
        out.padded(value);
    }
    out.u32(0);
}

fn options(block: &Block<'_>, options: Options<'_>, numbers: &Renumbering<'_>, out: &mut BlockBuilder) {
    let described = block.kind == kind::INTERFACE_DESCRIPTION && numbers.description.is_some();
    if let Some(text) = numbers.description.filter(|_| described) {
        out.text(code::IF_DESCRIPTION, text);
    }
    let mut swapped = Vec::new();
    for option in options {
        if described && option.code == code::IF_DESCRIPTION {
            continue;
        }
        if block.kind == kind::ENHANCED_PACKET && option.code == code::EPB_PROCESS && option.value.len() == 4
        {
            let process = number(option.value, block.big_endian) as usize;
            if let Some(&process) = numbers.processes.get(process) {
                out.option_u32(option.code, process);
            }
            continue;
        }
        let width = width(block.kind, option.code, option.value.len());
        if width == 0 || block.big_endian == out.is_big_endian() {
            out.option(option.code, option.value);
        } else {
            swapped.clear();
            // A custom option has a number and then data that only its maker understands.
            let (numbers, rest) = if code::is_custom(option.code) {
                option.value.split_at(width)
            } else {
                (option.value, &[][..])
            };
            numbers.chunks(width).for_each(|n| swapped.extend(n.iter().rev()));
            swapped.extend_from_slice(rest);
            out.option(option.code, &swapped);
        }
    }
}

/// Bytes of each number in an option's value; 0 for texts, addresses, and values of unexpected length.
fn width(kind: u32, code: u16, length: usize) -> usize {
    let width = match (kind, code) {
        (_, code) if code::is_custom(code) => return if length >= 4 { 4 } else { 0 },
        (kind::INTERFACE_DESCRIPTION, code::IF_TZONE) => 4,
        (
            kind::INTERFACE_DESCRIPTION,
            code::IF_SPEED | code::IF_TSOFFSET | code::IF_TXSPEED | code::IF_RXSPEED,
        ) => 8,
        (kind::ENHANCED_PACKET, code::EPB_FLAGS | code::EPB_QUEUE) => 4,
        (kind::ENHANCED_PACKET, code::EPB_DROPCOUNT | code::EPB_PACKETID) => 8,
        // Those that Apple's tcpdump writes: indexes of processes, service class, flags, flow.
        (kind::ENHANCED_PACKET, code::EPB_PROCESS..=32773) => 4,
        (kind::PACKET, code::EPB_FLAGS) => 4,
        // Times are two words, the high one first in both byte orders.
        (kind::INTERFACE_STATISTICS, code::ISB_STARTTIME | code::ISB_ENDTIME) => 4,
        (kind::INTERFACE_STATISTICS, code::ISB_IFRECV..=code::ISB_USRDELIV) => 8,
        _ => return 0,
    };
    if length > 0 && length.is_multiple_of(width) { width } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Interface, PcapngWriter, Process, Reader, Record};
    use crate::{Direction, LinkType, Nanos};

    fn sample() -> Vec<u8> {
        let mut writer = PcapngWriter::new(Vec::new(), "a", "b", "c").unwrap();
        let interface =
            Interface { link_type: LinkType::ETHERNET, name: "eth0".into(), ..Interface::default() };
        writer.interface(&interface).unwrap();
        writer.process(&Process { pid: 7, name: "curl".into() }).unwrap();
        let packet = Packet {
            data: b"0123456789",
            time: Nanos(1_700_000_000_000_000_001),
            original_length: 10,
            link_type: LinkType::ETHERNET,
            interface: 0,
            direction: Direction::Inbound,
            process: Some(0),
        };
        writer.packet(&packet, Some("a comment")).unwrap();
        std::mem::take(writer.output())
    }

    #[test]
    fn a_packet_renumbered_into_the_other_byte_order_says_the_same() {
        let bytes = sample();
        let mut reader = Reader::new(&bytes[..]).unwrap();
        let mut section = BlockBuilder::new(true);
        section.begin(kind::SECTION_HEADER);
        section.u32(crate::file::pcapng_read::BYTE_ORDER_MAGIC);
        section.u32(1 << 16);
        section.u64(u64::MAX);
        let mut copy = section.end().to_vec();
        let mut out = BlockBuilder::new(true);
        while let Some(entry) = reader.next_entry().unwrap() {
            let block = entry.block.expect("a pcapng block");
            if block.kind == kind::SECTION_HEADER {
                continue;
            }
            let packet = match &entry.record {
                Record::Packet(packet, _) => Some(packet),
                _ => None,
            };
            let numbers =
                Renumbering { description: Some("from a.pcapng"), processes: &[0], ..Renumbering::default() };
            assert!(renumber(&block, packet, &numbers, &mut out));
            copy.extend(out.end());
        }
        let mut reader = Reader::new(&copy[..]).unwrap();
        let mut packets = 0;
        while let Some(record) = reader.next_record().unwrap() {
            if let Record::Packet(packet, options) = record {
                packets += 1;
                assert_eq!(packet.data, b"0123456789");
                assert_eq!(packet.time, Nanos(1_700_000_000_000_000_001));
                assert_eq!((packet.direction, packet.process), (Direction::Inbound, Some(0)));
                assert_eq!(options.comments().next(), Some(&b"a comment"[..]));
            }
        }
        assert_eq!(packets, 1);
        assert_eq!(reader.interfaces()[0].description, "from a.pcapng");
        assert_eq!(reader.interfaces()[0].name, "eth0");
        assert_eq!(reader.processes()[0], Process { pid: 7, name: "curl".into() });
    }

    #[test]
    fn a_cut_packet_keeps_its_options() {
        let bytes = sample();
        let mut reader = Reader::new(&bytes[..]).unwrap();
        while let Some(entry) = reader.next_entry().unwrap() {
            let Record::Packet(packet, _) = entry.record else { continue };
            let block = entry.block.unwrap();
            let mut out = BlockBuilder::new(false);
            assert!(cut_packet(&block, &packet, 5, &mut out));
            let cut = Block { kind: block.kind, raw: out.end(), big_endian: false };
            assert_eq!(cut.parts().unwrap().data, b"01234");
            assert_eq!(cut.options().count(), block.options().count());
            assert!(cut_packet(&block, &packet, 99, &mut out));
            assert_eq!(out.end(), block.raw);
        }
    }
}
