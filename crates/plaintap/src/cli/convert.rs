//! `plaintap convert`: selects packets, changes the format, splits.

use std::collections::HashSet;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use plaintap_crypt::KeyStore;
use plaintap_decode::{Decoder, Options, ProcessInfo};
use plaintap_filter::DisplayFilter;
use plaintap_packet::file::{
    Block, Entry, Options as BlockOptions, PacketAtHand, PacketsAtHand, Reader, Record, secrets_type,
};
use plaintap_packet::{LinkType, Nanos, Packet};

use super::read::{decoder_for, load_keys, usage};
use crate::args::{ConvertArguments, FileFormat, ReadArguments, SplitArguments};
use crate::capture_filter::{FileFilter, Selection};
use crate::files::{
    Connections, Duplicates, Encoder, FlowKey, Outputs, Ranges, SecretRoutes, Secrets, Split, Target,
    display_name, failure, open, parse_time,
};
use crate::out::losses;
use crate::{decode_as, display_filter};

/// Runs the command.
///
/// # Errors
/// When the input cannot be read to its end (the output then holds what stands before), or an output not be written
/// (then it is not there).
pub fn convert(arguments: &ConvertArguments) -> Result<ExitCode> {
    let plan = match Plan::new(arguments) {
        Ok(plan) => plan,
        Err(error) => return Ok(usage(&error)),
    };
    let secrets = match (arguments.no_secrets, arguments.finalize) {
        (true, _) => Secrets::Discard,
        (_, true) => Secrets::Front(secrets_of_sections(&arguments.input)?),
        _ if plan.split == Split::Connections => Secrets::Routed,
        _ => Secrets::Keep,
    };
    let target = target(&arguments.output, arguments.format);
    run(&arguments.input, &arguments.output, target, secrets, Vec::new(), plan)
}

/// Copies the packets that match to `output`; for `plaintap read -w`.
///
/// # Errors
/// As [`convert`].
pub(super) fn select(arguments: &ReadArguments, output: &Path) -> Result<ExitCode> {
    let plan = match Plan::of_selection(arguments) {
        Ok(plan) => plan,
        Err(error) => return Ok(usage(&error)),
    };
    let target = target(output, None).unwrap_or(Target::Pcapng);
    run(&arguments.file, output, Some(target), Secrets::Keep, Vec::new(), plan)
}

/// Copies `input` to `output` with other secrets; for `plaintap secrets`.
///
/// # Errors
/// As [`convert`].
pub(super) fn copy(
    input: &Path,
    output: &Path,
    secrets: Secrets,
    injected: Vec<(u32, Vec<u8>)>,
) -> Result<ExitCode> {
    let target = if injected.is_empty() { target(output, None) } else { Some(Target::Pcapng) };
    run(input, output, target, secrets, injected, Plan::default())
}

/// What is to be done with the packets.
struct Plan {
    capture_filter: Option<FileFilter>,
    filter: Option<Filter>,
    keep: Option<Ranges>,
    delete: Option<Ranges>,
    start: Nanos,
    stop: Option<Nanos>,
    snap_length: usize,
    duplicates: Option<Duplicates>,
    /// How many packets to write yet.
    left: u64,
    split: Split,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            capture_filter: None,
            filter: None,
            keep: None,
            delete: None,
            start: Nanos(i64::MIN),
            stop: None,
            snap_length: usize::MAX,
            duplicates: None,
            left: u64::MAX,
            split: Split::No,
        }
    }
}

impl Plan {
    fn new(arguments: &ConvertArguments) -> Result<Self> {
        let duplicates = if arguments.deduplicate {
            Some(Duplicates::in_packets(5))
        } else if let Some(seconds) = arguments.time_window {
            Some(Duplicates::in_time(nanoseconds("-w", seconds)?))
        } else {
            arguments.window.map(Duplicates::in_packets)
        };
        Ok(Self {
            capture_filter: arguments.capture_filter.as_deref().map(FileFilter::new).transpose()?,
            filter: arguments
                .display_filter
                .as_deref()
                .map(|text| Filter::new(text, &arguments.keys, true, Options::default()))
                .transpose()?,
            keep: arguments.packets.as_deref().map(Ranges::parse).transpose()?,
            delete: arguments.delete.as_deref().map(Ranges::parse).transpose()?,
            start: arguments.start.as_deref().map(parse_time).transpose()?.unwrap_or(Nanos(i64::MIN)),
            stop: arguments.stop.as_deref().map(parse_time).transpose()?,
            snap_length: arguments.snap_length.map_or(usize::MAX, |s| s as usize),
            duplicates,
            left: u64::MAX,
            split: split(&arguments.split, &arguments.output)?,
        })
    }

    fn of_selection(arguments: &ReadArguments) -> Result<Self> {
        let options = Options {
            decode_as: decode_as::parse_all(&arguments.decode_as)?,
            verify_checksums: arguments.verify_checksums,
            ..Options::default()
        };
        Ok(Self {
            capture_filter: arguments.capture_filter.as_deref().map(FileFilter::new).transpose()?,
            filter: arguments
                .display_filter
                .as_deref()
                .map(|text| Filter::new(text, &arguments.keys, !arguments.no_decrypt, options))
                .transpose()?,
            left: arguments.count.unwrap_or(u64::MAX),
            ..Self::default()
        })
    }

    /// Whether packets may be left out or changed.
    fn edits(&self) -> bool {
        self.capture_filter.is_some()
            || self.left < u64::MAX
            || self.filter.is_some()
            || self.keep.is_some()
            || self.delete.is_some()
            || self.start.0 > i64::MIN
            || self.stop.is_some()
            || self.snap_length < usize::MAX
            || self.duplicates.is_some()
            || self.split != Split::No
    }

    /// Whether packet `number` shall be in the output.
    #[inline(always)]
    fn wants(&mut self, packet: &Packet<'_>, number: u64, comments: &[&[u8]]) -> bool {
        // The filter sees every packet, for those before decide what the later ones mean.
        let matches = self.filter.as_mut().is_none_or(|filter| filter.matches(packet, number, comments));
        if !matches
            || self.keep.as_ref().is_some_and(|ranges| !ranges.contains(number))
            || self.delete.as_ref().is_some_and(|ranges| ranges.contains(number))
            || packet.time < self.start
            || self.stop.is_some_and(|stop| packet.time >= stop)
        {
            return false;
        }
        let kept = &packet.data[..packet.data.len().min(self.snap_length)];
        !self.duplicates.as_mut().is_some_and(|duplicates| duplicates.is_duplicate(kept, packet.time))
    }
}

/// A display filter with the decoder that it needs.
struct Filter {
    filter: DisplayFilter,
    decoder: Decoder,
    keys: KeyStore,
}

impl Filter {
    fn new(text: &str, key_logs: &[PathBuf], decrypt: bool, options: Options) -> Result<Self> {
        let filter = display_filter::compile(text)?;
        let keys = KeyStore::new();
        for path in key_logs {
            load_keys(&keys, path)?;
        }
        let decoder = decoder_for(Some(filter.needs()), &keys, decrypt, options);
        Ok(Self { filter, decoder, keys })
    }

    #[inline]
    fn matches(&mut self, packet: &Packet<'_>, number: u64, comments: &[&[u8]]) -> bool {
        self.filter.matches(&self.decoder.decode_with_comments(packet, number, comments))
    }
}

/// Bytes of packets that are collected before they go to the output: no less than it takes in one piece.
const BATCH: usize = 256 << 10;

/// One pass from the input to the outputs.
struct Pass {
    plan: Plan,
    encoder: Encoder,
    outputs: Outputs,
    /// Only where secrets go to the files of their connections.
    routing: Option<(Connections, SecretRoutes)>,
    number: u64,
    /// The byte order of a pcap file; blocks know theirs.
    big_endian: bool,
    /// A process that the filter's decoder shall know.
    new_process: Option<u32>,
}

fn run(
    input: &Path,
    output: &Path,
    target: Option<Target>,
    secrets: Secrets,
    injected: Vec<(u32, Vec<u8>)>,
    plan: Plan,
) -> Result<ExitCode> {
    let mut reader = Reader::new(open(input)?).map_err(|error| failure(input, &error))?;
    let target = target.unwrap_or(match reader.pcap_header() {
        Some(_) => Target::Pcap { nanoseconds: None },
        None => Target::Pcapng,
    });
    let private = !injected.is_empty();
    let by_connection = plan.split == Split::Connections;
    let encoder = Encoder::new(target, reader.pcap_header(), secrets, injected, plan.edits())?;
    let mut pass = Pass {
        encoder: if plan.split == Split::No { encoder.in_batches(BATCH) } else { encoder },
        outputs: Outputs::new(output, plan.split, private),
        routing: by_connection.then(|| (Connections::new(), SecretRoutes::default())),
        plan,
        number: 0,
        big_endian: reader.pcap_header().is_some_and(|header| header.big_endian),
        new_process: None,
    };
    let end = loop {
        if pass.plan.left == 0 {
            break Ok(ExitCode::SUCCESS);
        }
        let passed = match pass.at_hand(&mut reader) {
            Some(passed) => passed,
            None => match reader.next_entry() {
                Ok(Some(entry)) => pass.entry(&entry),
                Ok(None) => break Ok(ExitCode::SUCCESS),
                Err(error) => break Err(failure(input, &error)),
            },
        };
        match passed {
            Ok(()) => {}
            Err(error) if is_broken_pipe(&error) => return Ok(ExitCode::SUCCESS),
            Err(error) => return Err(error.context(position(input, pass.number))),
        }
        // The entry's borrow of the reader ends before its table of processes can be looked at.
        if let Some(index) = pass.new_process.take()
            && let (Some(filter), Some(process)) =
                (&mut pass.plan.filter, reader.processes().get(index as usize))
        {
            let info = ProcessInfo { pid: process.pid, name: process.name.clone(), uid: None };
            filter.decoder.set_process(index, info);
        }
    };
    let link_type = reader.interfaces().first().map(|interface| interface.link_type);
    match pass.finish(link_type) {
        Err(error) if is_broken_pipe(&error) => return Ok(ExitCode::SUCCESS),
        finished => finished?,
    }
    pass.report();
    let filter = pass.plan.filter.as_ref();
    if let Some(losses) = filter.and_then(|filter| losses(filter.decoder.counters())) {
        eprintln!("plaintap: {}: {losses}", display_name(input));
    }
    end
}

impl Pass {
    /// Takes packets that are in the reader's buffer, if there are any.
    #[inline(always)]
    fn at_hand<R: Read>(&mut self, reader: &mut Reader<R>) -> Option<Result<()>> {
        if self.plan.capture_filter.is_some() {
            let packets = reader.packets_at_hand();
            return if packets.is_empty() { None } else { Some(self.packets(packets)) };
        }
        let PacketAtHand { packet, options, block } = reader.packet_at_hand()?;
        self.number += 1;
        Some(self.matching(block, packet, options))
    }

    /// Takes many packets, as one after another.
    fn packets(&mut self, packets: PacketsAtHand<'_>) -> Result<()> {
        let Some(filter) = &mut self.plan.capture_filter else { return Ok(()) };
        let Selection { mut matching, error } = filter.select(&packets);
        let before = self.number;
        while matching != 0 && self.plan.left > 0 {
            let index = matching.trailing_zeros() as usize;
            matching &= matching - 1;
            self.number = before + index as u64 + 1;
            if let Some(PacketAtHand { packet, options, block }) = packets.packet(index) {
                self.matching(block, packet, options)?;
            }
        }
        match error {
            Some((index, error)) if self.plan.left > 0 => {
                self.number = before + index as u64 + 1;
                Err(error)
            }
            _ => {
                self.number = before + packets.len() as u64;
                Ok(())
            }
        }
    }

    #[cold]
    fn entry(&mut self, entry: &Entry<'_>) -> Result<()> {
        match entry.record {
            Record::Packet(packet, options) => self.packet(entry.block, packet, options),
            _ => self.other(entry),
        }
    }

    fn packet(
        &mut self,
        block: Option<Block<'_>>,
        packet: Packet<'_>,
        options: BlockOptions<'_>,
    ) -> Result<()> {
        self.number += 1;
        let big_endian = block.as_ref().map_or(self.big_endian, |block| block.big_endian);
        if let Some(filter) = &mut self.plan.capture_filter
            && !filter.matches(&packet, big_endian)?
        {
            return Ok(());
        }
        self.matching(block, packet, options)
    }

    /// Takes packet `self.number`, which the capture filter lets through.
    #[inline(always)]
    fn matching(
        &mut self,
        block: Option<Block<'_>>,
        packet: Packet<'_>,
        options: BlockOptions<'_>,
    ) -> Result<()> {
        // Does not allocate where there is no comment, which is nearly always.
        let comments: Vec<&[u8]> = if options.is_empty() { Vec::new() } else { options.comments().collect() };
        if !self.plan.wants(&packet, self.number, &comments) {
            return Ok(());
        }
        self.plan.left -= 1;
        if self.encoder.has_batches() {
            if self.encoder.append(block, &packet, self.plan.snap_length)? {
                self.outputs.packet(&self.encoder.batch(), packet.time, None)?;
                self.written();
            }
            return Ok(());
        }
        let flow = if self.routing.is_some() { self.route(&packet)? } else { None };
        let encoded = self.encoder.packet(block, &packet, self.plan.snap_length)?;
        self.outputs.packet(&encoded, packet.time, flow)?;
        self.written();
        Ok(())
    }

    /// Takes a record that is no packet.
    #[cold]
    fn other(&mut self, entry: &Entry<'_>) -> Result<()> {
        match &entry.record {
            Record::Secrets(kind, data) => self.secrets(*kind, data)?,
            Record::Process(index) => self.new_process = Some(*index),
            _ => {}
        }
        if let Some(encoded) = self.encoder.other(entry) {
            self.outputs.block(&encoded)?;
        }
        self.written();
        Ok(())
    }

    /// Forgets what the only output has now.
    fn written(&mut self) {
        if self.outputs.is_single() {
            self.encoder.forget_preamble();
            self.outputs.forget_preamble();
        }
    }

    /// The connection of a packet, where that decides the file; secrets that belong before it are written.
    fn route(&mut self, packet: &Packet<'_>) -> Result<Option<FlowKey>> {
        let Some((connections, routes)) = &mut self.routing else { return Ok(None) };
        let Some(seen) = connections.observe(packet) else { return Ok(None) };
        if let Some(lines) = routes.observe(&seen) {
            let encoded = self.encoder.secrets(secrets_type::TLS_KEY_LOG, &lines);
            self.outputs.write_to_connection(&encoded, Some(seen.key))?;
        }
        Ok(Some(seen.key))
    }

    fn secrets(&mut self, kind: u32, data: &[u8]) -> Result<()> {
        self.outputs.make_private();
        if kind != secrets_type::TLS_KEY_LOG {
            return Ok(());
        }
        if let Some(filter) = &self.plan.filter {
            // Damaged lines are of no use to the filter and stay in the file as they are.
            filter.keys.insert_keylog(data, drop);
        }
        if let Some((_, routes)) = &mut self.routing {
            for (key, lines) in routes.add(data) {
                let encoded = self.encoder.secrets(kind, &lines);
                self.outputs.write_to_connection(&encoded, Some(key))?;
            }
        }
        Ok(())
    }

    fn finish(&mut self, link_type: Option<LinkType>) -> Result<()> {
        let rest = self.encoder.rest();
        if !rest.bytes.is_empty() {
            self.outputs.block(&rest)?;
        }
        self.outputs.finish(self.encoder.empty(link_type)?)
    }

    fn report(&self) {
        if let Some(duplicates) = &self.plan.duplicates {
            eprintln!(
                "plaintap: {} of {} packets were duplicates and left out",
                duplicates.found(),
                self.number
            );
        }
        if let Some(losses) = self.encoder.losses() {
            eprintln!("plaintap: {losses}");
        }
        if self.outputs.dropped() > 0 {
            eprintln!("plaintap: left out: {} blocks that belong to no packet", self.outputs.dropped());
        }
    }
}

/// The format that the arguments ask for; `None` where it shall stay.
pub(super) fn target(output: &Path, format: Option<FileFormat>) -> Option<Target> {
    match format {
        Some(FileFormat::Pcap) => Some(Target::Pcap { nanoseconds: Some(false) }),
        Some(FileFormat::Nsecpcap) => Some(Target::Pcap { nanoseconds: Some(true) }),
        Some(FileFormat::Pcapng) => Some(Target::Pcapng),
        None => {
            let name = output.to_string_lossy().to_ascii_lowercase();
            let name = [".gz", ".zst", ".lz4"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(&name);
            if name.ends_with(".pcap") || name.ends_with(".cap") || name.ends_with(".dmp") {
                Some(Target::Pcap { nanoseconds: None })
            } else if name.ends_with(".pcapng") || name.ends_with(".ntar") {
                Some(Target::Pcapng)
            } else {
                None
            }
        }
    }
}

fn split(arguments: &SplitArguments, output: &Path) -> Result<Split> {
    let split = if let Some(count) = arguments.count {
        Split::Packets(count)
    } else if let Some(seconds) = arguments.seconds {
        Split::Time(nanoseconds("-i", seconds)?)
    } else if let Some(megabytes) = arguments.megabytes {
        Split::Bytes(megabytes * 1_000_000)
    } else if arguments.connections {
        Split::Connections
    } else {
        Split::No
    };
    if split != Split::No && output == Path::new("-") {
        bail!("standard output is one file: name a file to split into");
    }
    Ok(split)
}

fn nanoseconds(flag: &str, seconds: f64) -> Result<i64> {
    if !(0.0..9e9).contains(&seconds) {
        bail!("{flag} takes seconds from 0 to 9000000000, got {seconds}");
    }
    Ok((seconds * 1e9).round() as i64)
}

/// The blocks of secrets of each section, each once. A damaged file gives those before the damage; the pass that
/// follows says so.
fn secrets_of_sections(input: &Path) -> Result<Vec<Vec<Vec<u8>>>> {
    if input == Path::new("-") {
        bail!("--finalize reads its input twice: name a file, standard input cannot be read again");
    }
    let mut reader = Reader::new(open(input)?).map_err(|error| failure(input, &error))?;
    let mut sections: Vec<Vec<Vec<u8>>> = Vec::new();
    let mut known = HashSet::new();
    while let Ok(Some(entry)) = reader.next_entry() {
        match (&entry.record, entry.block) {
            (Record::Section(_), _) => {
                sections.push(Vec::new());
                known.clear();
            }
            (Record::Secrets(..), Some(block)) if known.insert(block.raw.to_vec()) => {
                if let Some(section) = sections.last_mut() {
                    section.push(block.raw.to_vec());
                }
            }
            _ => {}
        }
    }
    Ok(sections)
}

fn position(input: &Path, number: u64) -> String {
    format!("{}, packet {number}", display_name(input))
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
}
