//! Capture filters (`-f`) where this program uses them: in the kernel on sockets, and on the packets of files.

use std::fs;

use anyhow::{Result, anyhow};
use plaintap_filter::capture::vm::batch::{Frame, Machine};
use plaintap_filter::capture::{
    Error, Expression, Names, Options, Program, compile, compile_expression, ebpf, parse, vm,
};
use plaintap_packet::file::PacketsAtHand;
use plaintap_packet::{LinkType, Packet};

/// A filter for the kernel programs of a sockets capture.
#[derive(Clone, Debug)]
pub struct SocketFilter {
    /// The expression as typed.
    pub expression: String,
    /// The eBPF instructions; see [`ebpf::translate`].
    pub instructions: Vec<u64>,
}

impl SocketFilter {
    /// Compiles an expression for packets that begin with their IP header.
    ///
    /// # Errors
    /// When it is none, or asks for what such packets have not; says where.
    pub fn compile(expression: &str) -> Result<Self> {
        let names = system_names();
        let instructions = compile(expression, &Options::live(LinkType::RAW, &names))
            .and_then(|program| ebpf::translate(&program))
            .map_err(|error| wrong(expression, &error))?;
        Ok(Self { expression: expression.to_owned(), instructions })
    }
}

/// A filter for the packets of a file, whatever their link types.
pub struct FileFilter {
    text: String,
    /// None lets all through.
    expression: Option<Expression>,
    names: Names,
    /// One for each link type and byte order seen; without a program where no packet can match.
    programs: Vec<(LinkType, bool, Option<Program>)>,
    machine: Machine,
}

/// What a filter says of many packets.
pub struct Selection {
    /// Those that match, the first one in the lowest bit.
    pub matching: u64,
    /// The first packet that the expression cannot be said of, counted from 0; those behind it were not looked at.
    pub error: Option<(usize, anyhow::Error)>,
}

impl FileFilter {
    /// Parses an expression. What it means is decided with the first packet of each link type.
    ///
    /// # Errors
    /// When it is none; says where.
    pub fn new(text: &str) -> Result<Self> {
        let expression = parse(text).map_err(|error| wrong(text, &error))?;
        Ok(Self {
            text: text.to_owned(),
            expression,
            names: system_names(),
            programs: Vec::new(),
            machine: Machine::default(),
        })
    }

    /// Whether a packet matches. `big_endian` says how the machine that captured it writes numbers.
    ///
    /// # Errors
    /// When the expression cannot be said of the packet's link type.
    #[inline]
    pub fn matches(&mut self, packet: &Packet<'_>, big_endian: bool) -> Result<bool> {
        let at = self.program(packet.link_type, big_endian)?;
        let program = self.programs[at].2.as_ref();
        Ok(program.is_some_and(|program| vm::run(program, packet.data, packet.original_length) != 0))
    }

    /// Which of many packets match.
    #[inline]
    pub fn select(&mut self, packets: &PacketsAtHand<'_>) -> Selection {
        let mut frames = [Frame::default(); PacketsAtHand::MOST];
        let mut selection = Selection { matching: 0, error: None };
        // The packets whose program is still to be run; those of one file nearly always share one.
        let mut left = 0_u64;
        for (index, (data, original_length, _)) in packets.glances().enumerate() {
            frames[index] = Frame { data, original_length };
            left |= 1 << index;
        }
        while left != 0 {
            let first = left.trailing_zeros() as usize;
            let Some((.., link_type)) = packets.glances().nth(first) else { break };
            let mut same = 0;
            for (index, (.., other)) in packets.glances().enumerate() {
                same |= u64::from(other == link_type) << index;
            }
            let at = match self.program(link_type, packets.big_endian()) {
                Ok(at) => at,
                Err(error) => {
                    // Those before it count.
                    selection.matching &= (1 << first) - 1;
                    selection.error = Some((first, error));
                    break;
                }
            };
            if let Some(program) = &self.programs[at].2 {
                selection.matching |= self.machine.select(program, &frames[..packets.len()], same);
            }
            left &= !same;
        }
        selection
    }

    /// Where the program for packets of a kind is.
    #[inline]
    fn program(&mut self, link_type: LinkType, big_endian: bool) -> Result<usize> {
        let key = (link_type, big_endian);
        let known = self.programs.iter().position(|&(link_type, order, _)| (link_type, order) == key);
        known.map_or_else(|| self.compile(link_type, big_endian), Ok)
    }

    #[cold]
    fn compile(&mut self, link_type: LinkType, big_endian: bool) -> Result<usize> {
        let options = Options { big_endian, ..Options::file(link_type, &self.names) };
        let compiled = match &self.expression {
            Some(expression) => compile_expression(expression, &options),
            None => compile("", &options),
        };
        let program = match compiled {
            Ok(program) => Some(program),
            // Packets of another link type may match: a capture of "any" interface has several.
            Err(Error::RejectsAll) => {
                eprintln!("plaintap: no {link_type} packet can match '{}'", self.text);
                None
            }
            Err(error) => return Err(wrong(&self.text, &error)),
        };
        self.programs.push((link_type, big_endian, program));
        Ok(self.programs.len() - 1)
    }
}

/// What names stand for on this machine. A file that is not there has no names.
pub fn system_names() -> Names {
    let text = |file: &str| {
        let bytes = fs::read(format!("/etc/{file}")).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Names::default()
        .with_hosts(&text("hosts"))
        .with_networks(&text("networks"))
        .with_services(&text("services"))
        .with_protocols(&text("protocols"))
        .with_ethers(&text("ethers"))
}

/// The error of an expression, with the expression that its columns count in.
pub fn wrong(expression: &str, error: &Error) -> anyhow::Error {
    anyhow!("capture filter '{expression}': {error}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use plaintap_packet::file::{Interface, PcapngWriter, Reader};
    use plaintap_packet::{Direction, Nanos};

    fn packet(link_type: LinkType, data: &[u8]) -> Packet<'_> {
        Packet {
            data,
            time: Nanos(0),
            original_length: data.len() as u32,
            link_type,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        }
    }

    #[test]
    fn each_link_type_gets_its_program() {
        let mut ip = [0; 34];
        ip[14] = 0x45;
        ip[12..14].copy_from_slice(&[8, 0]);
        let mut filter = FileFilter::new("ip").unwrap();
        for _ in 0..2 {
            assert!(filter.matches(&packet(LinkType::ETHERNET, &ip), false).unwrap());
            assert!(filter.matches(&packet(LinkType::RAW, &ip[14..]), false).unwrap());
            assert!(!filter.matches(&packet(LinkType::RAW, &[0x60; 40]), false).unwrap());
        }
        assert_eq!(filter.programs.len(), 2);
    }

    #[test]
    fn many_packets_are_filtered_as_one_by_one() {
        let mut ip = [0; 34];
        ip[14] = 0x45;
        ip[12..14].copy_from_slice(&[8, 0]);
        let mut writer = PcapngWriter::new(Vec::new(), "", "", "").unwrap();
        for link_type in [LinkType::ETHERNET, LinkType::RAW] {
            writer.interface(&Interface { link_type, ..Interface::default() }).unwrap();
        }
        for (interface, data) in [(0, &ip[..]), (0, &[0; 20]), (1, &ip[14..]), (1, &ip), (0, &ip)] {
            writer.packet(&Packet { interface, ..packet(LinkType::RAW, data) }, None).unwrap();
        }
        let bytes = writer.output().clone();
        let mut reader = Reader::new(&bytes[..]).unwrap();
        for _ in 0..3 {
            reader.next_entry().unwrap();
        }
        let packets = reader.packets_at_hand();
        assert_eq!(packets.len(), 5);
        let of = |text| FileFilter::new(text).unwrap().select(&packets);
        assert_eq!((of("ip").matching, of("").matching), (0b10101, 0b11111));
        // Raw IP has no Ethernet addresses: the first of its packets is the error.
        let selection = of("not ether host 1:2:3:4:5:6");
        assert_eq!((selection.matching, selection.error.map(|(index, _)| index)), (0b00011, Some(2)));
    }

    #[test]
    fn an_empty_expression_matches_all() {
        let mut filter = FileFilter::new("").unwrap();
        assert!(filter.matches(&packet(LinkType::ETHERNET, &[]), false).unwrap());
    }

    #[test]
    fn a_link_type_that_cannot_match_is_passed_over() {
        let mut filter = FileFilter::new("arp").unwrap();
        assert!(!filter.matches(&packet(LinkType::RAW, &[0x45; 20]), false).unwrap());
    }
}
