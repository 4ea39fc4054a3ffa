//! `plaintap merge`: puts captures together by time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::io::{Read, Write};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Error, Result, bail};
use plaintap_packet::file::{
    Entry, Interface, PcapHeader, PcapWriter, PcapngWriter, Reader, Record, Renumbering, kind,
};
use plaintap_packet::{LinkType, Nanos, Packet};

use super::convert::target;
use crate::args::MergeArguments;
use crate::files::{OutputFile, Target, display_name, failure, open};

/// Read buffer of each input: there may be many.
const BUFFER: usize = 64 << 10;

/// Runs the command.
///
/// # Errors
/// When an input cannot be read to its end (the output then holds what stands before, and all of the others), or the
/// output not be written (then it is not there).
pub fn merge(arguments: &MergeArguments) -> Result<ExitCode> {
    let mut merger = Merger::new(arguments)?;
    let mut inputs = Vec::new();
    let mut heads = BinaryHeap::new();
    for (index, path) in arguments.inputs.iter().enumerate() {
        let reader = Reader::with_capacity(open(path)?, BUFFER).map_err(|error| failure(path, &error))?;
        inputs.push(Input { path, reader, interfaces: Vec::new(), processes: Vec::new(), head: Vec::new() });
        let input = &mut inputs[index];
        if let Some(header) = input.reader.pcap_header() {
            merger.pcap_interface(input, &header)?;
        }
        heads.extend(merger.next(input)?.map(|time| Reverse((time, index))));
    }
    // Equal times: the input that was named first comes first.
    while let Some(Reverse((_, index))) = heads.pop() {
        let input = &mut inputs[index];
        merger.output.write_all(&input.head).map_err(|error| merger.output.error(error))?;
        heads.extend(merger.next(input)?.map(|time| Reverse((time, index))));
    }
    merger.finish()
}

struct Input<'a> {
    path: &'a Path,
    reader: Reader<Box<dyn Read>>,
    /// The new index of each interface of the file.
    interfaces: Vec<u32>,
    /// The new index of each process of the current section.
    processes: Vec<u32>,
    /// The next packet, encoded.
    head: Vec<u8>,
}

struct Merger {
    output: OutputFile,
    encoder: Encoder,
    /// Interface statistics come last.
    statistics: Vec<u8>,
    /// Secrets that stand in the output already.
    secrets: HashSet<(u32, Vec<u8>)>,
    left_out: u64,
    failures: Vec<Error>,
}

enum Encoder {
    Pcapng(PcapngWriter<Vec<u8>>),
    /// Begun with the first packet, whose link type is that of the file.
    Pcap {
        nanoseconds: bool,
        header: Vec<u8>,
        writer: Option<(LinkType, PcapWriter<Vec<u8>>)>,
    },
}

impl Merger {
    fn new(arguments: &MergeArguments) -> Result<Self> {
        let encoder = match target(&arguments.output, None) {
            Some(Target::Pcap { nanoseconds }) => {
                Encoder::Pcap { nanoseconds: nanoseconds.unwrap_or(true), header: Vec::new(), writer: None }
            }
            _ => {
                let names: Vec<String> = arguments.inputs.iter().map(|path| display_name(path)).collect();
                let application =
                    format!("plaintap {} (merge {})", env!("CARGO_PKG_VERSION"), names.join(" "));
                Encoder::Pcapng(PcapngWriter::new(Vec::new(), &application, "", "")?)
            }
        };
        let mut merger = Self {
            output: OutputFile::create(&arguments.output, false)?,
            encoder,
            statistics: Vec::new(),
            secrets: HashSet::new(),
            left_out: 0,
            failures: Vec::new(),
        };
        for path in &arguments.inputs {
            merger.secrets_first(path)?;
        }
        merger.write_others()?;
        Ok(merger)
    }

    /// Secrets must stand before the packets they open, so each file is read for them alone first. What comes from
    /// a pipe cannot be read twice: its secrets come as they come.
    fn secrets_first(&mut self, path: &Path) -> Result<()> {
        let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
        if !is_file || matches!(self.encoder, Encoder::Pcap { .. }) {
            return Ok(());
        }
        let Ok(mut reader) = Reader::with_capacity(open(path)?, BUFFER) else { return Ok(()) };
        if reader.pcap_header().is_some() {
            return Ok(());
        }
        // Damage is reported by the pass that follows.
        while let Ok(Some(record)) = reader.next_record() {
            if let Record::Secrets(secrets_type, data) = record {
                self.secrets(secrets_type, data)?;
            }
        }
        Ok(())
    }

    fn secrets(&mut self, secrets_type: u32, data: &[u8]) -> Result<()> {
        self.output.make_private();
        match &mut self.encoder {
            Encoder::Pcapng(writer) if self.secrets.insert((secrets_type, data.to_vec())) => {
                writer.secrets(secrets_type, data)?;
            }
            Encoder::Pcapng(_) => {}
            Encoder::Pcap { .. } => self.left_out += 1,
        }
        Ok(())
    }

    fn pcap_interface(&mut self, input: &mut Input<'_>, header: &PcapHeader) -> Result<()> {
        if let Encoder::Pcapng(writer) = &mut self.encoder {
            let interface = Interface {
                link_type: header.link_type,
                snap_length: header.snap_length,
                description: origin("", input.path),
                ..Interface::default()
            };
            input.interfaces.push(writer.interface(&interface)?);
        }
        self.write_others()
    }

    /// Reads on to the next packet of an input, and encodes it; what stands before it is written. Returns its time.
    fn next(&mut self, input: &mut Input<'_>) -> Result<Option<Nanos>> {
        loop {
            let entry = match input.reader.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) => return Ok(None),
                Err(error) => {
                    self.failures.push(failure(input.path, &error));
                    return Ok(None);
                }
            };
            if let Record::Packet(packet, _) = &entry.record {
                let time = packet.time;
                self.left_out += u64::from(!self.encoder.packet(
                    &entry,
                    packet,
                    &input.interfaces,
                    &input.processes,
                    &mut input.head,
                )?);
                self.write_others()?;
                return Ok(Some(time));
            }
            match &entry.record {
                Record::Secrets(secrets_type, data) => self.secrets(*secrets_type, data)?,
                Record::Section(_) => input.processes.clear(),
                _ => self.other(&entry, input.path, &mut input.interfaces, &mut input.processes)?,
            }
            self.write_others()?;
        }
    }

    /// Takes over a block that is neither packet, section nor secrets.
    fn other(
        &mut self,
        entry: &Entry<'_>,
        path: &Path,
        interfaces: &mut Vec<u32>,
        processes: &mut Vec<u32>,
    ) -> Result<()> {
        let Some(block) = &entry.block else { return Ok(()) };
        let Encoder::Pcapng(writer) = &mut self.encoder else {
            self.left_out += u64::from(!matches!(entry.record, Record::Interface(_)));
            return Ok(());
        };
        let mut numbers = Renumbering::default();
        let described;
        match &entry.record {
            Record::Interface(_) => {
                interfaces.push(writer.interfaces());
                described = origin(&block.options().text(3), path);
                numbers.description = Some(&described);
            }
            Record::Process(_) => processes.push(writer.processes()),
            Record::Statistics(statistics) => match interfaces.get(statistics.interface as usize) {
                Some(&interface) => numbers.interface = interface,
                None => {
                    self.left_out += 1;
                    return Ok(());
                }
            },
            Record::Other(kind::CUSTOM_NOT_COPIED, _) => {
                self.left_out += 1;
                return Ok(());
            }
            _ => {}
        }
        self.left_out += u64::from(!writer.copy(block, None, &numbers)?);
        if let Record::Statistics(_) = entry.record {
            self.statistics.append(writer.output());
        }
        Ok(())
    }

    /// Writes what the encoder holds that is no packet.
    fn write_others(&mut self) -> Result<()> {
        let bytes = match &mut self.encoder {
            Encoder::Pcapng(writer) => writer.output(),
            Encoder::Pcap { header, .. } => header,
        };
        self.output.write_all(bytes).map_err(|error| self.output.error(error))?;
        bytes.clear();
        Ok(())
    }

    fn finish(mut self) -> Result<ExitCode> {
        if let Encoder::Pcap { nanoseconds, writer: None, .. } = self.encoder {
            let header = PcapHeader { link_type: LinkType::ETHERNET, nanoseconds, ..PcapHeader::default() };
            let empty = PcapWriter::new(Vec::new(), &header)?.into_output();
            self.output.write_all(&empty).map_err(|error| self.output.error(error))?;
        }
        self.output.write_all(&self.statistics).map_err(|error| self.output.error(error))?;
        self.output.commit()?;
        if self.left_out > 0 {
            eprintln!("plaintap: left out: {} blocks that the merged file cannot hold", self.left_out);
        }
        let mut failures = self.failures.into_iter();
        let Some(first) = failures.next() else { return Ok(ExitCode::SUCCESS) };
        // The first is the command's error; the others get a line each too.
        failures.for_each(|error| eprintln!("plaintap: {error:#}"));
        Err(first)
    }
}

impl Encoder {
    /// Encodes a packet into `head`; false if it cannot be taken over.
    fn packet(
        &mut self,
        entry: &Entry<'_>,
        packet: &Packet<'_>,
        interfaces: &[u32],
        processes: &[u32],
        head: &mut Vec<u8>,
    ) -> Result<bool> {
        head.clear();
        let interface = interfaces.get(packet.interface as usize).copied().unwrap_or(0);
        match self {
            Self::Pcapng(writer) => {
                let numbers = Renumbering { interface, processes, description: None };
                let taken = match &entry.block {
                    Some(block) => writer.copy(block, Some(packet), &numbers)?,
                    None => writer.packet(&Packet { interface, ..*packet }, None).map(|()| true)?,
                };
                head.append(writer.output());
                Ok(taken)
            }
            Self::Pcap { nanoseconds, header, writer } => {
                let writer = match writer {
                    Some((link_type, _)) if *link_type != packet.link_type => bail!(
                        "a pcap file has one link type, the inputs have {link_type} and {}: write pcapng",
                        packet.link_type
                    ),
                    Some((_, writer)) => writer,
                    None => {
                        let facts = PcapHeader {
                            link_type: packet.link_type,
                            nanoseconds: *nanoseconds,
                            ..PcapHeader::default()
                        };
                        let mut begun = PcapWriter::new(Vec::new(), &facts)?;
                        header.append(begun.output());
                        &mut writer.insert((packet.link_type, begun)).1
                    }
                };
                writer.packet(packet).context("the time of a packet")?;
                head.append(writer.output());
                Ok(true)
            }
        }
    }
}

/// A description that says which file an interface comes from.
fn origin(description: &str, path: &Path) -> String {
    let name = display_name(path);
    if description.is_empty() { format!("from {name}") } else { format!("{description} (from {name})") }
}
