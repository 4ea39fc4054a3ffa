//! The pcapng format: writing. Little-endian, nanosecond resolution, one section.

use std::io::{self, Write};

use super::pcapng_options::code;
use super::pcapng_read::{BYTE_ORDER_MAGIC, block};
use super::{Interface, InterfaceStatistics, Process};
use crate::{Direction, Nanos, Packet};

/// Writes one section of a pcapng file. Each call writes whole blocks in one piece, so that the file can be read up to
/// the last block that reached it.
pub struct PcapngWriter<W> {
    out: W,
    block: Vec<u8>,
    interfaces: u32,
    processes: u32,
}

impl<W: Write> PcapngWriter<W> {
    /// Writes the section header: the application (with its command line), the operating system and the hardware.
    ///
    /// # Errors
    /// What `out` answers; so do all methods.
    pub fn new(out: W, application: &str, system: &str, hardware: &str) -> io::Result<Self> {
        let mut writer = Self { out, block: Vec::new(), interfaces: 0, processes: 0 };
        writer.begin(block::SECTION_HEADER);
        writer.u32(BYTE_ORDER_MAGIC);
        writer.u32(1); // major 1, minor 0
        writer.u64(u64::MAX); // section length: not known
        for (code, text) in
            [(code::SHB_HARDWARE, hardware), (code::SHB_OS, system), (code::SHB_USERAPPL, application)]
        {
            writer.text(code, text);
        }
        writer.end()?;
        Ok(writer)
    }

    /// Adds an interface and returns its index.
    ///
    /// # Errors
    /// What the output answers.
    pub fn interface(&mut self, interface: &Interface) -> io::Result<u32> {
        self.begin(block::INTERFACE_DESCRIPTION);
        self.u32(u32::from(interface.link_type.0));
        self.u32(interface.snap_length);
        self.text(code::IF_NAME, &interface.name);
        self.text(code::IF_DESCRIPTION, &interface.description);
        self.option(code::IF_TSRESOL, &[9]);
        if !interface.filter.is_empty() {
            let mut value = vec![0]; // 0: the filter is libpcap text
            value.extend(interface.filter.as_bytes());
            self.option(code::IF_FILTER, &value);
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
        self.begin(block::PROCESS_INFORMATION);
        self.u32(process.pid);
        self.text(code::PROCESS_NAME, &process.name);
        self.end()?;
        self.processes += 1;
        Ok(self.processes - 1)
    }

    /// Adds decryption secrets. To be of use to other readers they must stand before the packets they decrypt.
    ///
    /// # Errors
    /// What the output answers.
    pub fn secrets(&mut self, secrets_type: u32, data: &[u8]) -> io::Result<()> {
        self.begin(block::DECRYPTION_SECRETS);
        self.u32(secrets_type);
        self.u32(data.len() as u32);
        self.padded(data);
        self.end()
    }

    /// Adds a packet. Its `interface` and `process` are indexes that this writer returned.
    ///
    /// # Errors
    /// What the output answers.
    pub fn packet(&mut self, packet: &Packet<'_>, comment: Option<&str>) -> io::Result<()> {
        self.begin(block::ENHANCED_PACKET);
        self.u32(packet.interface);
        self.timestamp(packet.time);
        self.u32(packet.data.len() as u32);
        self.u32(packet.original_length);
        self.padded(packet.data);
        if let Some(text) = comment {
            self.text(code::COMMENT, text);
        }
        let flags: u32 = match packet.direction {
            Direction::Unknown => 0,
            Direction::Inbound => 1,
            Direction::Outbound => 2,
        };
        if flags != 0 {
            self.option(code::EPB_FLAGS, &flags.to_le_bytes());
        }
        if let Some(process) = packet.process {
            self.option(code::EPB_PROCESS, &process.to_le_bytes());
        }
        self.end()
    }

    /// Adds the counts of an interface.
    ///
    /// # Errors
    /// What the output answers.
    pub fn statistics(&mut self, statistics: &InterfaceStatistics) -> io::Result<()> {
        self.begin(block::INTERFACE_STATISTICS);
        self.u32(statistics.interface);
        self.timestamp(statistics.time);
        for (code, time) in [(code::ISB_STARTTIME, statistics.start), (code::ISB_ENDTIME, statistics.end)] {
            if let Some(Nanos(time)) = time {
                let time = time as u64;
                self.option(code, &[high(time).to_le_bytes(), low(time).to_le_bytes()].concat());
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
                self.option(code, &count.to_le_bytes());
            }
        }
        self.end()
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

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.u32(kind);
        self.u32(0); // the length; `end` knows it
    }

    fn u32(&mut self, value: u32) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn u64(&mut self, value: u64) {
        self.block.extend_from_slice(&value.to_le_bytes());
    }

    fn timestamp(&mut self, time: Nanos) {
        // Times before 1970 cannot be said in pcapng.
        let time = time.0.max(0) as u64;
        self.u32(high(time));
        self.u32(low(time));
    }

    fn padded(&mut self, data: &[u8]) {
        self.block.extend_from_slice(data);
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        // A value of 64 KiB and more cannot be said; texts are cut.
        let value = &value[..value.len().min(usize::from(u16::MAX))];
        self.block.extend_from_slice(&code.to_le_bytes());
        self.block.extend_from_slice(&(value.len() as u16).to_le_bytes());
        self.padded(value);
    }

    fn text(&mut self, code: u16, text: &str) {
        if !text.is_empty() {
            self.option(code, text.as_bytes());
        }
    }

    fn end(&mut self) -> io::Result<()> {
        // Without options there is no end of options; with some, one more word does no harm and is expected by readers.
        self.u32(u32::from(code::END));
        let length = (self.block.len() + 4) as u32;
        self.block[4..8].copy_from_slice(&length.to_le_bytes());
        self.u32(length);
        self.out.write_all(&self.block)
    }
}

const fn high(value: u64) -> u32 {
    (value >> 32) as u32
}

const fn low(value: u64) -> u32 {
    value as u32
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
