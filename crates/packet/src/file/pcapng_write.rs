//! The pcapng format: writing. Little-endian, nanosecond resolution, one section.

use std::io::{self, Write};
use std::net::IpAddr;

use super::pcapng_block::{Block, BlockBuilder, kind};
use super::pcapng_copy::{Renumbering, renumber};
use super::pcapng_options::code;
use super::pcapng_read::BYTE_ORDER_MAGIC;
use super::{Interface, InterfaceStatistics, Process};
use crate::{Direction, Nanos, Packet};

/// Writes one section of a pcapng file. Each call writes whole blocks in one piece, so that the file can be read up to
/// the last block that reached it.
pub struct PcapngWriter<W> {
    out: W,
    block: BlockBuilder,
    interfaces: u32,
    processes: u32,
}

impl<W: Write> PcapngWriter<W> {
    /// Writes the section header: the application (with its command line), the operating system and the hardware.
    ///
    /// # Errors
    /// What `out` answers; so do all methods.
    pub fn new(out: W, application: &str, system: &str, hardware: &str) -> io::Result<Self> {
        let mut writer = Self { out, block: BlockBuilder::new(false), interfaces: 0, processes: 0 };
        writer.block.begin(kind::SECTION_HEADER);
        writer.block.u32(BYTE_ORDER_MAGIC);
        writer.block.u32(1); // major 1, minor 0
        writer.block.u64(u64::MAX); // section length: not known
        for (code, text) in
            [(code::SHB_HARDWARE, hardware), (code::SHB_OS, system), (code::SHB_USERAPPL, application)]
        {
            writer.block.text(code, text);
        }
        writer.end()?;
        Ok(writer)
    }

    /// Adds an interface and returns its index.
    ///
    /// # Errors
    /// What the output answers.
    pub fn interface(&mut self, interface: &Interface) -> io::Result<u32> {
        self.block.begin(kind::INTERFACE_DESCRIPTION);
        self.block.u32(u32::from(interface.link_type.0));
        self.block.u32(interface.snap_length);
        self.block.text(code::IF_NAME, &interface.name);
        self.block.text(code::IF_DESCRIPTION, &interface.description);
        self.block.option(code::IF_TSRESOL, &[9]);
        if !interface.filter.is_empty() {
            let mut value = vec![0]; // 0: the filter is libpcap text
            value.extend(interface.filter.as_bytes());
            self.block.option(code::IF_FILTER, &value);
        }
        self.end()?;
        self.interfaces += 1;
        Ok(self.interfaces - 1)
    }

    /// Adds a process and returns the index by which packets refer to it.
    ///
    /// # Errors
    /// What the output answers.
    pub fn process(&mut self, process: &Process) -> io::Result<u32> {
        self.block.begin(kind::PROCESS_INFORMATION);
        self.block.u32(process.pid);
        self.block.text(code::PROCESS_NAME, &process.name);
        self.end()?;
        self.processes += 1;
        Ok(self.processes - 1)
    }

    /// Adds decryption secrets. To be of use to other readers they must stand before the packets they decrypt.
    ///
    /// # Errors
    /// What the output answers.
    pub fn secrets(&mut self, secrets_type: u32, data: &[u8]) -> io::Result<()> {
        self.block.secrets(secrets_type, data);
        self.end()
    }

    /// Adds a packet. Its `interface` and `process` are indexes that this writer returned.
    ///
    /// # Errors
    /// What the output answers.
    pub fn packet(&mut self, packet: &Packet<'_>, comment: Option<&str>) -> io::Result<()> {
        self.block.begin(kind::ENHANCED_PACKET);
        self.block.u32(packet.interface);
        self.block.timestamp(units(packet.time));
        self.block.u32(packet.data.len() as u32);
        self.block.u32(packet.original_length);
        self.block.padded(packet.data);
        if let Some(text) = comment {
            self.block.text(code::COMMENT, text);
        }
        let flags: u32 = match packet.direction {
            Direction::Unknown => 0,
            Direction::Inbound => 1,
            Direction::Outbound => 2,
        };
        if flags != 0 {
            self.block.option_u32(code::EPB_FLAGS, flags);
        }
        if let Some(process) = packet.process {
            self.block.option_u32(code::EPB_PROCESS, process);
        }
        self.end()
    }

    /// Adds the counts of an interface.
    ///
    /// # Errors
    /// What the output answers.
    pub fn statistics(&mut self, statistics: &InterfaceStatistics) -> io::Result<()> {
        self.block.begin(kind::INTERFACE_STATISTICS);
        self.block.u32(statistics.interface);
        self.block.timestamp(units(statistics.time));
        for (code, time) in [(code::ISB_STARTTIME, statistics.start), (code::ISB_ENDTIME, statistics.end)] {
            if let Some(time) = time {
                // Two words, the high one first, in the block's byte order.
                self.block.option_u64(code, units(time).rotate_left(32));
            }
        }
        for (code, count) in [
            (code::ISB_IFRECV, statistics.received),
            (code::ISB_IFDROP, statistics.dropped),
            (code::ISB_FILTERACCEPT, statistics.accepted),
            (code::ISB_OSDROP, statistics.dropped_by_system),
            (code::ISB_USRDELIV, statistics.delivered),
        ] {
            if let Some(count) = count {
                self.block.option_u64(code, count);
            }
        }
        self.end()
    }

    /// Adds names of addresses.
    ///
    /// # Errors
    /// What the output answers.
    pub fn names<'n>(&mut self, names: impl IntoIterator<Item = (IpAddr, &'n str)>) -> io::Result<()> {
        self.block.begin(kind::NAME_RESOLUTION);
        for (address, name) in names {
            // A record's length has 16 bits, and domain names have 255 characters at most.
            let name = &name.as_bytes()[..name.len().min(1024)];
            let mut value = match address {
                IpAddr::V4(address) => address.octets().to_vec(),
                IpAddr::V6(address) => address.octets().to_vec(),
            };
            self.block.u16(if address.is_ipv4() { 1 } else { 2 });
            value.extend_from_slice(name);
            value.push(0);
            self.block.u16(value.len() as u16);
            self.block.padded(&value);
        }
        self.block.u32(0);
        self.end()
    }

    /// Adds a block of another file with other numbers (see [`renumber`]). An interface gets the next index, a
    /// process too. Returns false where the block cannot be taken over.
    ///
    /// # Errors
    /// What the output answers.
    pub fn copy(
        &mut self,
        block: &Block<'_>,
        packet: Option<&Packet<'_>>,
        numbers: &Renumbering<'_>,
    ) -> io::Result<bool> {
        if !renumber(block, packet, numbers, &mut self.block) {
            return Ok(false);
        }
        self.interfaces += u32::from(block.kind == kind::INTERFACE_DESCRIPTION);
        self.processes += u32::from(block.kind == kind::PROCESS_INFORMATION);
        self.end()?;
        Ok(true)
    }

    /// How many interfaces there are so far: the index of the next one.
    pub const fn interfaces(&self) -> u32 {
        self.interfaces
    }

    /// How many processes there are so far: the index of the next one.
    pub const fn processes(&self) -> u32 {
        self.processes
    }

    /// Passes everything on that is still in a buffer of the output.
    ///
    /// # Errors
    /// What the output answers.
    pub fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }

    /// The output.
    pub fn output(&mut self) -> &mut W {
        &mut self.out
    }

    fn end(&mut self) -> io::Result<()> {
        self.out.write_all(self.block.end())
    }
}

/// Appends a packet without comment, direction and process to `out`: what a pcap file knows of one. The bytes are those
/// that [`PcapngWriter::packet`] writes; they are copied once.
#[inline]
pub fn append_packet(packet: &Packet<'_>, out: &mut Vec<u8>) {
    const AROUND: usize = 32;
    let padding = packet.data.len().next_multiple_of(4) - packet.data.len();
    let length = (AROUND + packet.data.len() + padding) as u32;
    let time = units(packet.time);
    let words = [
        kind::ENHANCED_PACKET,
        length,
        packet.interface,
        (time >> 32) as u32,
        time as u32,
        packet.data.len() as u32,
        packet.original_length,
    ];
    let start = out.len();
    out.reserve(length as usize + 4);
    // Few pieces of known size: each costs a look at the room that is left.
    out.resize(start + 4 * words.len(), 0);
    for (place, word) in out[start..].chunks_exact_mut(4).zip(words) {
        place.copy_from_slice(&word.to_le_bytes());
    }
    out.extend_from_slice(packet.data);
    let end = u64::from(length) << (8 * padding);
    out.extend_from_slice(&end.to_le_bytes());
    out.truncate(start + length as usize);
}

/// Times before 1970 cannot be said in pcapng.
fn units(time: Nanos) -> u64 {
    time.0.max(0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::LinkType;
    use crate::file::{Reader, Record, secrets_type};

    #[test]
    fn what_is_written_is_read_again() {
        let mut writer = PcapngWriter::new(Vec::new(), "plaintap", "Linux", "x86_64").expect("a header");
        let described = Interface {
            link_type: LinkType::RAW,
            snap_length: 96,
            name: "sockets".into(),
            description: "cgroup".into(),
            filter: "tcp".into(),
        };
        assert_eq!(writer.interface(&described).expect("an interface"), 0);
        let curl = Process { pid: 42, name: "curl".into() };
        assert_eq!(writer.process(&curl).expect("a process"), 0);
        writer.secrets(secrets_type::TLS_KEY_LOG, b"CLIENT_RANDOM a b\n").expect("secrets");
        let packet = Packet {
            data: &[0x45, 1, 2, 3, 4],
            time: Nanos(1_700_000_000_123_456_789),
            original_length: 1500,
            link_type: LinkType::RAW,
            interface: 0,
            direction: Direction::Outbound,
            process: Some(0),
        };
        writer.packet(&packet, Some("pid=42")).expect("a packet");
        let counts = InterfaceStatistics {
            time: Nanos(5),
            start: Some(Nanos(1 << 40)),
            received: Some(3),
            dropped: Some(1),
            ..InterfaceStatistics::default()
        };
        writer.statistics(&counts).expect("statistics");

        let bytes = std::mem::take(writer.output());
        let mut reader = Reader::new(&bytes[..]).expect("a section");
        let mut seen = 0;
        while let Some(record) = reader.next_record().expect("a record") {
            seen += 1;
            match record {
                Record::Packet(read, options) => {
                    assert_eq!(read.data, packet.data);
                    assert_eq!((read.time, read.original_length), (packet.time, 1500));
                    assert_eq!((read.direction, read.process), (Direction::Outbound, Some(0)));
                    assert_eq!(options.comments().collect::<Vec<_>>(), [b"pid=42"]);
                }
                Record::Secrets(kind, data) => {
                    assert_eq!((kind, data), (secrets_type::TLS_KEY_LOG, &b"CLIENT_RANDOM a b\n"[..]));
                }
                Record::Statistics(read) => assert_eq!(read, counts),
                Record::Section(_) | Record::Interface(0) | Record::Process(0) => {}
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(seen, 6);
        assert_eq!(reader.interfaces(), [described]);
        assert_eq!(reader.processes(), [curl]);
    }
}
