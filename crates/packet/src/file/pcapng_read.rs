//! The pcapng format (draft-ietf-opsawg-pcapng): reading, in both byte orders, over several sections.

use std::io::Read;

use super::input::Input;
use super::pcapng_block::{Block, kind};
use super::pcapng_options::{Options, code};
use super::{Entry, Error, Interface, InterfaceStatistics, MAX_BLOCK, Names, PacketAtHand, Process, Record};
use crate::{Direction, LinkType, Nanos, Packet};

pub(super) const BYTE_ORDER_MAGIC: u32 = 0x1a2b_3c4d;

/// Where in an enhanced packet block the packet's bytes begin.
pub(super) const DATA_OFFSET: usize = 28;

pub(super) fn is_magic(magic: [u8; 4]) -> bool {
    // The type of the Section Header Block reads the same in both byte orders.
    u32::from_be_bytes(magic) == kind::SECTION_HEADER
}

/// The state of the current section.
#[derive(Default)]
pub(super) struct Section {
    big_endian: bool,
    /// Interfaces of the sections before this one.
    first_interface: usize,
    /// Processes of the sections before this one.
    first_process: usize,
    /// The clock of each interface of this section.
    clocks: Vec<Clock>,
}

impl Section {
    #[inline]
    pub(super) fn next_entry<'i, R: Read>(
        &mut self,
        input: &'i mut Input<R>,
        interfaces: &mut Vec<Interface>,
        processes: &mut Vec<Process>,
    ) -> Result<Option<Entry<'i>>, Error> {
        if input.fill(12)? == 0 {
            return Ok(None);
        }
        input.require(12, "a block header")?;
        let is_section = is_magic(input.array(0));
        if is_section {
            self.begin(input, interfaces, processes)?;
        }
        let offset = input.offset();
        let kind = self.u32(input.array(0));
        let length = self.u32(input.array(4)) as usize;
        if !(12..=MAX_BLOCK).contains(&length) || !length.is_multiple_of(4) {
            let expected = format!("a multiple of 4 from 12 to {MAX_BLOCK}");
            return Err(Error::Damaged { offset, what: "block length", expected, got: length as u64 });
        }
        input.require(length, "a block")?;
        let trailer = self.u32(input.array(length - 4)) as usize;
        if trailer != length {
            let expected = format!("{length} as at the block's start");
            return Err(Error::Damaged { offset, what: "block length", expected, got: trailer as u64 });
        }
        let block = Block { kind, raw: input.take(length), big_endian: self.big_endian };
        let body = block.body();
        let view = Body { bytes: body, big_endian: self.big_endian, offset };
        let record = match kind {
            kind::SECTION_HEADER => Record::Section(view.options(16)),
            kind::INTERFACE_DESCRIPTION => {
                let (interface, clock) = view.interface()?;
                self.clocks.push(clock);
                interfaces.push(interface);
                Record::Interface(interfaces.len() as u32 - 1)
            }
            kind::ENHANCED_PACKET => self.enhanced_packet(&view, interfaces)?,
            kind::SIMPLE_PACKET => self.simple_packet(&view, interfaces)?,
            kind::PACKET => self.obsolete_packet(&view, interfaces)?,
            kind::DECRYPTION_SECRETS | kind::KEY_TABLE => {
                let length = view.u32(4)? as usize;
                Record::Secrets(view.u32(0)?, view.slice(8, length, "secrets")?)
            }
            kind::INTERFACE_STATISTICS => Record::Statistics(self.statistics(&view)?),
            kind::PROCESS_INFORMATION => {
                processes.push(Process { pid: view.u32(0)?, name: view.options(4).text(code::PROCESS_NAME) });
                Record::Process(processes.len() as u32 - 1)
            }
            kind::NAME_RESOLUTION => {
                let records = block.parts().map_or(&[][..], |parts| parts.data);
                Record::Names(Names::new(records, self.big_endian))
            }
            _ => Record::Other(kind, body),
        };
        Ok(Some(Entry { record, block: Some(block), offset }))
    }

    /// The packet that begins here, if it is in an enhanced packet block that is sound and there as a whole, and the
    /// block's length.
    #[inline(always)]
    pub(super) fn packet_in<'i>(
        &self,
        bytes: &'i [u8],
        interfaces: &[Interface],
    ) -> Option<(PacketAtHand<'i>, usize)> {
        const AROUND: usize = DATA_OFFSET + 4;
        let head = bytes.first_chunk::<DATA_OFFSET>()?;
        let word = |at: usize| self.u32([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let (length, captured) = (word(4) as usize, word(20) as usize);
        if word(0) != kind::ENHANCED_PACKET
            || length > bytes.len()
            || !length.is_multiple_of(4)
            || captured.checked_add(AROUND)? > length
            || self.u32(*bytes.get(length - 4..)?.first_chunk()?) as usize != length
        {
            return None;
        }
        let clock = self.clocks.get(word(8) as usize)?;
        let interface = self.first_interface + word(8) as usize;
        let link_type = interfaces.get(interface)?.link_type;
        let time = clock.time(u64::from(word(12)) << 32 | u64::from(word(16)));
        let original_length = word(24);
        let raw = &bytes[..length];
        let data = &raw[DATA_OFFSET..DATA_OFFSET + captured];
        // The padding of the data may be missing at the end of a block.
        let options = raw.get(DATA_OFFSET + captured.next_multiple_of(4)..length - 4).unwrap_or_default();
        let options = Options::new(options, self.big_endian);
        let (direction, process) = if options.is_empty() {
            (Direction::Unknown, None)
        } else {
            (options.u32(code::EPB_FLAGS).map_or(Direction::Unknown, direction), self.process(options))
        };
        let packet = Packet {
            data,
            time,
            original_length,
            link_type,
            interface: interface as u32,
            direction,
            process,
        };
        let block = Some(Block { kind: kind::ENHANCED_PACKET, raw, big_endian: self.big_endian });
        Some((PacketAtHand { packet, options, block }, length))
    }

    /// Whether numbers of this section have the high byte first.
    pub(super) fn big_endian(&self) -> bool {
        self.big_endian
    }

    /// The process that a packet's options name, counted over the file.
    fn process(&self, options: Options<'_>) -> Option<u32> {
        options.u32(code::EPB_PROCESS).and_then(|index| index.checked_add(self.first_process as u32))
    }

    /// Takes the byte order of a new section; interface and process numbers begin anew.
    fn begin<R: Read>(
        &mut self,
        input: &mut Input<R>,
        interfaces: &[Interface],
        processes: &[Process],
    ) -> Result<(), Error> {
        let magic: [u8; 4] = input.array(8);
        self.big_endian = match magic {
            m if u32::from_le_bytes(m) == BYTE_ORDER_MAGIC => false,
            m if u32::from_be_bytes(m) == BYTE_ORDER_MAGIC => true,
            m => {
                return Err(Error::Damaged {
                    offset: input.offset(),
                    what: "byte-order magic of a section",
                    expected: format!("{BYTE_ORDER_MAGIC:#x} in either byte order"),
                    got: u64::from(u32::from_le_bytes(m)),
                });
            }
        };
        self.clocks.clear();
        self.first_interface = interfaces.len();
        self.first_process = processes.len();
        Ok(())
    }

    #[inline]
    fn u32(&self, bytes: [u8; 4]) -> u32 {
        if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) }
    }

    fn enhanced_packet<'i>(&self, view: &Body<'i>, interfaces: &[Interface]) -> Result<Record<'i>, Error> {
        let captured = view.u32(12)? as usize;
        let mut record = self.packet(view, interfaces, view.u32(0)?, Some(4), 20, captured, view.u32(16)?)?;
        if let Record::Packet(packet, options) = &mut record {
            *options = view.options(20 + captured.next_multiple_of(4));
            packet.direction = options.u32(code::EPB_FLAGS).map_or(Direction::Unknown, direction);
            packet.process = self.process(*options);
        }
        Ok(record)
    }

    fn simple_packet<'i>(&self, view: &Body<'i>, interfaces: &[Interface]) -> Result<Record<'i>, Error> {
        let original_length = view.u32(0)?;
        let snap_length = interfaces.get(self.first_interface).map_or(0, |i| i.snap_length);
        let kept = if snap_length == 0 { original_length } else { original_length.min(snap_length) };
        // A block may hold less than the snap length lets expect; its length decides.
        let captured = (kept as usize).min(view.bytes.len() - 4);
        self.packet(view, interfaces, 0, None, 4, captured, original_length)
    }

    fn obsolete_packet<'i>(&self, view: &Body<'i>, interfaces: &[Interface]) -> Result<Record<'i>, Error> {
        let interface = u32::from(view.u16(0)?);
        let captured = view.u32(12)? as usize;
        let mut record = self.packet(view, interfaces, interface, Some(4), 20, captured, view.u32(16)?)?;
        if let Record::Packet(packet, options) = &mut record {
            *options = view.options(20 + captured.next_multiple_of(4));
            packet.direction = options.u32(code::EPB_FLAGS).map_or(Direction::Unknown, direction);
        }
        Ok(record)
    }

    #[allow(clippy::too_many_arguments)] // The three packet blocks differ in just these places.
    fn packet<'i>(
        &self,
        view: &Body<'i>,
        interfaces: &[Interface],
        interface: u32,
        time_at: Option<usize>,
        data_at: usize,
        captured: usize,
        original_length: u32,
    ) -> Result<Record<'i>, Error> {
        let Some(clock) = self.clocks.get(interface as usize) else {
            return Err(Error::Damaged {
                offset: view.offset,
                what: "interface of a packet",
                expected: format!("less than {}, the number of interfaces so far", self.clocks.len()),
                got: u64::from(interface),
            });
        };
        let index = self.first_interface + interface as usize;
        let packet = Packet {
            data: view.slice(data_at, captured, "captured length of a packet")?,
            time: match time_at {
                Some(at) => clock.time(view.timestamp(at)?),
                None => Nanos(0),
            },
            original_length,
            link_type: interfaces[index].link_type,
            interface: index as u32,
            direction: Direction::Unknown,
            process: None,
        };
        Ok(Record::Packet(packet, Options::EMPTY))
    }

    fn statistics(&self, view: &Body<'_>) -> Result<InterfaceStatistics, Error> {
        let interface = view.u32(0)?;
        let clock = self.clocks.get(interface as usize).copied().unwrap_or_default();
        let options = view.options(12);
        // Option values that are times are two 32-bit words, high one first, like a packet's.
        let time = |code| {
            let words: [u8; 8] = options.value(code)?.try_into().ok()?;
            let [a, b, c, d, e, f, g, h] = words;
            let high = u64::from(self.u32([a, b, c, d]));
            Some(clock.time(high << 32 | u64::from(self.u32([e, f, g, h]))))
        };
        Ok(InterfaceStatistics {
            interface: (self.first_interface as u32).saturating_add(interface),
            time: clock.time(view.timestamp(4)?),
            start: time(code::ISB_STARTTIME),
            end: time(code::ISB_ENDTIME),
            received: options.u64(code::ISB_IFRECV),
            dropped: options.u64(code::ISB_IFDROP),
            accepted: options.u64(code::ISB_FILTERACCEPT),
            dropped_by_system: options.u64(code::ISB_OSDROP),
            delivered: options.u64(code::ISB_USRDELIV),
        })
    }
}

/// epb_flags bits 0 and 1 (section 4.3.1).
fn direction(flags: u32) -> Direction {
    match flags & 3 {
        1 => Direction::Inbound,
        2 => Direction::Outbound,
        _ => Direction::Unknown,
    }
}

/// How an interface counts time: if_tsresol and if_tsoffset.
#[derive(Clone, Copy)]
struct Clock {
    units_per_second: u64,
    offset_seconds: i64,
}

impl Default for Clock {
    fn default() -> Self {
        Self { units_per_second: 1_000_000, offset_seconds: 0 }
    }
}

impl Clock {
    fn new(options: Options<'_>) -> Self {
        let units_per_second = match options.value(code::IF_TSRESOL) {
            Some([power, ..]) if power & 0x80 != 0 => 1u64.checked_shl(u32::from(power & 0x7f)),
            Some([power, ..]) => 10u64.checked_pow(u32::from(*power)),
            _ => None,
        };
        Self {
            units_per_second: units_per_second.unwrap_or(1_000_000),
            offset_seconds: options.u64(code::IF_TSOFFSET).map_or(0, |v| v as i64),
        }
    }

    #[inline]
    fn time(&self, units: u64) -> Nanos {
        let nanoseconds = match self.units_per_second {
            1_000_000_000 => units as i64,
            1_000_000 => (units as i64).saturating_mul(1000),
            per_second => (u128::from(units) * 1_000_000_000 / u128::from(per_second)) as i64,
        };
        Nanos(nanoseconds.saturating_add(self.offset_seconds.saturating_mul(1_000_000_000)))
    }
}

/// The body of a block: every access is checked, for a block's own length says how much it holds.
struct Body<'a> {
    bytes: &'a [u8],
    big_endian: bool,
    offset: u64,
}

impl<'a> Body<'a> {
    #[inline]
    fn slice(&self, at: usize, length: usize, what: &'static str) -> Result<&'a [u8], Error> {
        let end = at.saturating_add(length);
        self.bytes.get(at..end).ok_or_else(|| Error::Damaged {
            offset: self.offset,
            what,
            expected: format!(
                "at most the {} bytes that the block holds",
                self.bytes.len().saturating_sub(at)
            ),
            got: length as u64,
        })
    }

    #[inline]
    fn u32(&self, at: usize) -> Result<u32, Error> {
        let bytes = self.slice(at, 4, "length of a block's fixed part")?;
        let bytes = [bytes[0], bytes[1], bytes[2], bytes[3]];
        Ok(if self.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
    }

    fn u16(&self, at: usize) -> Result<u16, Error> {
        let bytes = self.slice(at, 2, "length of a block's fixed part")?;
        let bytes = [bytes[0], bytes[1]];
        Ok(if self.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
    }

    /// Two 32-bit words, the high one first in both byte orders.
    #[inline]
    fn timestamp(&self, at: usize) -> Result<u64, Error> {
        Ok(u64::from(self.u32(at)?) << 32 | u64::from(self.u32(at + 4)?))
    }

    #[inline]
    fn options(&self, at: usize) -> Options<'a> {
        // The padding of the data may be missing at the end of a block.
        Options::new(self.bytes.get(at..).unwrap_or_default(), self.big_endian)
    }

    fn interface(&self) -> Result<(Interface, Clock), Error> {
        let options = self.options(8);
        let interface = Interface {
            link_type: LinkType(self.u16(0)?),
            snap_length: self.u32(4)?,
            name: options.text(code::IF_NAME),
            description: options.text(code::IF_DESCRIPTION),
            // The first byte says how the filter is written; 0 is text.
            filter: match options.value(code::IF_FILTER) {
                Some([0, text @ ..]) => String::from_utf8_lossy(text).into_owned(),
                _ => String::new(),
            },
        };
        Ok((interface, Clock::new(options)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn clocks_of_every_resolution() {
        let clock = |option: &[u8]| {
            let mut bytes = vec![9, 0, 1, 0, option[0], 0, 0, 0];
            bytes.extend([14, 0, 8, 0, 10, 0, 0, 0, 0, 0, 0, 0]);
            Clock::new(Options::new(&bytes, false))
        };
        assert_eq!(clock(&[9]).time(7), Nanos(10_000_000_007));
        assert_eq!(clock(&[6]).time(7), Nanos(10_000_007_000));
        assert_eq!(clock(&[0x81]).time(3), Nanos(11_500_000_000));
        assert_eq!(clock(&[12]).time(2_500), Nanos(10_000_000_002));
        assert_eq!(Clock::new(Options::EMPTY).time(1), Nanos(1000));
    }

    proptest! {
        #[test]
        fn any_bytes_end_in_a_record_an_error_or_the_end(tail in proptest::collection::vec(any::<u8>(), 0..400), big in any::<bool>()) {
            let word = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
            let mut bytes = [word(kind::SECTION_HEADER), word(28), word(BYTE_ORDER_MAGIC)].concat();
            bytes.extend([if big { [0, 1, 0, 0] } else { [1, 0, 0, 0] }, [255; 4], [255; 4], word(28)].concat());
            bytes.extend([word(1), word(20), word(1 << if big { 16 } else { 0 }), word(0), word(20)].concat());
            for kind in [2, 3, 5, 6, 10, 0x8000_0001, 1] {
                let length = 12 + tail.len().next_multiple_of(4) as u32;
                bytes.extend([word(kind), word(length)].concat());
                bytes.extend(&tail);
                bytes.resize(bytes.len().next_multiple_of(4), 0);
                bytes.extend(word(length));
            }
            bytes.extend(&tail);
            let read = |one_at_hand: bool, many_at_hand: bool| {
                let mut reader = crate::file::Reader::new(&bytes[..]).expect("a section header");
                let mut records = Vec::new();
                let text = |p: PacketAtHand<'_>| format!("{:?} {:?}", Record::Packet(p.packet, p.options), p.block);
                loop {
                    if one_at_hand && let Some(packet) = reader.packet_at_hand() {
                        records.push(text(packet));
                        continue;
                    }
                    if many_at_hand {
                        let packets = reader.packets_at_hand();
                        for (index, (data, ..)) in packets.glances().enumerate() {
                            let packet = packets.packet(index).expect("a packet as at first sight");
                            assert_eq!(packet.packet.data, data);
                            records.push(text(packet));
                        }
                    }
                    match reader.next_entry() {
                        Ok(Some(entry)) => records.push(format!("{:?} {:?}", entry.record, entry.block)),
                        Ok(None) => return records,
                        Err(error) => {
                            records.push(error.to_string());
                            return records;
                        }
                    }
                }
            };
            let records = read(false, false);
            prop_assert!(records.len() < 100);
            prop_assert_eq!(&read(true, false), &records);
            prop_assert_eq!(&read(false, true), &records);
        }

        /// The short way takes the blocks that the long way takes, with their options.
        #[test]
        fn packets_at_hand_are_those_of_the_long_way(
            captured in 0..40_u32, options in proptest::collection::vec(any::<u8>(), 0..24), big in any::<bool>()
        ) {
            let word = |v: u32| if big { v.to_be_bytes() } else { v.to_le_bytes() };
            let mut bytes = [word(kind::SECTION_HEADER), word(28), word(BYTE_ORDER_MAGIC)].concat();
            bytes.extend([if big { [0, 1, 0, 0] } else { [1, 0, 0, 0] }, [255; 4], [255; 4], word(28)].concat());
            bytes.extend([word(1), word(20), word(1 << if big { 16 } else { 0 }), word(0), word(20)].concat());
            let mut body = vec![7; 32];
            body.extend(&options);
            body.resize(body.len().next_multiple_of(4), 0);
            let length = 32 + body.len() as u32;
            bytes.extend([word(6), word(length), word(0), word(1), word(2), word(captured), word(99)].concat());
            bytes.extend([body, word(length).to_vec()].concat());
            let reader = || {
                let mut reader = crate::file::Reader::new(&bytes[..]).expect("a section header");
                for _ in 0..2 {
                    reader.next_record().expect("a section and its interface");
                }
                reader
            };
            let (mut short, mut long) = (reader(), reader());
            let short = short.packet_at_hand().map(|p| format!("{:?} {:?}", Record::Packet(p.packet, p.options), p.block));
            let long = long.next_entry().ok().flatten().map(|e| format!("{:?} {:?}", e.record, e.block));
            prop_assert_eq!(short, long);
        }
    }
}
