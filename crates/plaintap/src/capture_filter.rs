//! Capture filters (`-f`) where this program uses them: in the kernel on sockets, and on the packets of files.

use std::fs;

use anyhow::{Result, anyhow};
use plaintap_filter::capture::{
    Error, Expression, Names, Options, Program, compile, compile_expression, ebpf, parse, vm,
};
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
}

impl FileFilter {
    /// Parses an expression. What it means is decided with the first packet of each link type.
    ///
    /// # Errors
    /// When it is none; says where.
    pub fn new(text: &str) -> Result<Self> {
        let expression = parse(text).map_err(|error| wrong(text, &error))?;
        Ok(Self { text: text.to_owned(), expression, names: system_names(), programs: Vec::new() })
    }

    /// Whether a packet matches. `big_endian` says how the machine that captured it writes numbers.
    ///
    /// # Errors
    /// When the expression cannot be said of the packet's link type.
    #[inline]
    pub fn matches(&mut self, packet: &Packet<'_>, big_endian: bool) -> Result<bool> {
        let key = (packet.link_type, big_endian);
        let known = self.programs.iter().position(|&(link_type, order, _)| (link_type, order) == key);
        let at = match known {
            Some(at) => at,
            None => self.compile(packet.link_type, big_endian)?,
        };
        let program = self.programs[at].2.as_ref();
        Ok(program.is_some_and(|program| vm::run(program, packet.data, packet.original_length) != 0))
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
