//! What a capture file is: gathered in one pass, in memory that does not grow with the packets.

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::Result;
use plaintap_crypt::{Completeness, KeyStore};
use plaintap_packet::file::{
    self, Block, Compression, InterfaceStatistics, PcapHeader, Reader, Record, kind, secrets_type,
};
use plaintap_packet::{LinkType, Nanos, Packet};
use ring::digest::{Context as Digest, SHA256};

use super::connections::{Connections, TlsConnection};
use super::{display_name, open};
use crate::remarks::{self, Missing};

/// Interfaces, processes and sections that are described one by one; more are only counted.
const MAX_LISTED: usize = 10_000;

/// Everything known about a file.
#[derive(Debug, Default)]
pub struct Facts {
    /// The file.
    pub path: PathBuf,
    /// The header, if it is pcap; otherwise it is pcapng.
    pub pcap: Option<PcapHeader>,
    /// How it is compressed.
    pub compression: Compression,
    /// Bytes of the file as it is stored.
    pub size: u64,
    /// Bytes of the file unpacked, as far as it could be read.
    pub unpacked_size: u64,
    /// SHA-256 of the file as it is stored.
    pub sha256: Option<[u8; 32]>,
    /// pcapng sections: their options, as text.
    pub sections: Vec<SectionFacts>,
    /// Capture interfaces.
    pub interfaces: Vec<InterfaceFacts>,
    /// Packets by link type.
    pub link_types: BTreeMap<u16, u64>,
    /// Number of packets.
    pub packets: u64,
    /// Bytes of all packets as captured.
    pub captured_bytes: u64,
    /// Bytes of all packets on the wire.
    pub original_bytes: u64,
    /// Packets of which only the beginning was captured.
    pub cut_packets: u64,
    /// Least and greatest captured length among the cut packets.
    pub cut_lengths: Option<(u32, u32)>,
    /// Greatest length of a packet on the wire.
    pub longest: u32,
    /// Earliest and latest time of the packets that have one.
    pub times: Option<(Nanos, Nanos)>,
    /// Packets that are earlier than the one before.
    pub backward_steps: u64,
    /// Comments on packets.
    pub packet_comments: u64,
    /// Packets that name their process.
    pub owned_packets: u64,
    /// Processes: pid, name, packets.
    pub processes: Vec<(u32, String, u64)>,
    /// Names of addresses.
    pub names: u64,
    /// Blocks and bytes of secrets by type.
    pub secrets: BTreeMap<u32, (u64, u64)>,
    /// Blocks that are of no use to us, by type.
    pub other_blocks: BTreeMap<u32, u64>,
    /// TLS connections over TCP.
    pub tls: Vec<TlsFacts>,
    /// TLS connections beyond those in `tls`.
    pub tls_not_listed: u64,
    /// Why the file could not be read to its end.
    pub damage: Option<String>,
    last_time: Option<Nanos>,
}

/// A pcapng section.
#[derive(Debug, Default)]
pub struct SectionFacts {
    /// Whether numbers have the high byte first.
    pub big_endian: bool,
    /// shb_hardware, shb_os, shb_userappl and comments.
    pub hardware: String,
    /// See `hardware`.
    pub system: String,
    /// See `hardware`.
    pub application: String,
    /// See `hardware`.
    pub comments: Vec<String>,
}

/// A capture interface.
#[derive(Debug, Default)]
pub struct InterfaceFacts {
    /// Its description in the file.
    pub description: file::Interface,
    /// Units of time in a second.
    pub units_per_second: f64,
    /// if_os, if_hardware: of the machine it belongs to.
    pub system: String,
    /// See `system`.
    pub hardware: String,
    /// if_speed in bits per second.
    pub speed: Option<u64>,
    /// Packets in the file.
    pub packets: u64,
    /// The last counts that the file has of it.
    pub statistics: Option<InterfaceStatistics>,
}

/// A TLS connection, and whether the file has the secrets to read it.
#[derive(Debug)]
pub struct TlsFacts {
    /// The connection.
    pub connection: TlsConnection,
    /// Whether it can be read.
    pub secrets: Completeness,
    /// Its first secret stands behind its ClientHello's answer, where other readers cannot use it.
    pub late: bool,
    /// Why it has not all its secrets, as far as whoever captured it has written that down.
    pub missing: Option<Missing>,
}

/// How much is to be found out.
#[derive(Clone, Copy, Debug)]
pub struct Depth {
    /// Compute the hash of the file.
    pub hash: bool,
    /// Look into the packets for TLS connections.
    pub connections: bool,
}

/// Reads a file to its end, or to where it is damaged; then `damage` says so.
///
/// # Errors
/// When it cannot be opened at all.
pub fn gather(path: &Path, depth: Depth) -> Result<Facts> {
    let mut facts = Facts { path: path.to_path_buf(), ..Facts::default() };
    let tally = Rc::new(RefCell::new(Tally { digest: depth.hash.then(|| Digest::new(&SHA256)), bytes: 0 }));
    let mut rest = Tallied { stream: Rc::new(RefCell::new(open(path)?)), tally: Rc::clone(&tally) };
    match Reader::new(Tallied { stream: Rc::clone(&rest.stream), tally: Rc::clone(&tally) }) {
        Ok(reader) => facts.read(reader, depth),
        Err(error) => facts.damage = Some(format!("{}: {error}", display_name(path))),
    }
    // Size and hash are those of the whole file, whatever could be made of it.
    let drained = io::copy(&mut rest, &mut io::sink());
    drop(rest);
    let Tally { digest, bytes } = tally.replace(Tally { digest: None, bytes: 0 });
    facts.size = bytes;
    if drained.is_ok() {
        facts.sha256 = digest.and_then(|digest| digest.finish().as_ref().try_into().ok());
    }
    Ok(facts)
}

impl Facts {
    fn read<R: Read>(&mut self, mut reader: Reader<R>, depth: Depth) {
        self.pcap = reader.pcap_header();
        self.compression = reader.compression();
        if self.pcap.is_some() {
            self.interfaces.push(InterfaceFacts {
                description: reader.interfaces().first().cloned().unwrap_or_default(),
                units_per_second: if self.pcap.is_some_and(|h| h.nanoseconds) { 1e9 } else { 1e6 },
                ..InterfaceFacts::default()
            });
        }
        let mut tls = depth.connections.then(TlsSearch::new);
        loop {
            let entry = match reader.next_entry() {
                Ok(Some(entry)) => entry,
                Ok(None) => break,
                Err(error) => {
                    self.damage = Some(format!("{}: {error}", display_name(&self.path)));
                    break;
                }
            };
            let new = match (&entry.record, &entry.block) {
                (Record::Packet(packet, options), block) => {
                    // A Simple Packet Block has no time.
                    let timed = block.is_none_or(|block| block.kind != kind::SIMPLE_PACKET);
                    self.packet(packet, timed);
                    if block.is_some() {
                        self.packet_comments += options.comments().count() as u64;
                    }
                    if let Some(tls) = &mut tls {
                        tls.packet(packet);
                    }
                    continue;
                }
                (Record::Interface(index), Some(block)) => {
                    self.interface(block);
                    New::Interface(*index)
                }
                (Record::Process(index), _) => New::Process(*index),
                (record, Some(block)) => {
                    self.other(record, block);
                    if let (Record::Secrets(secrets_type::TLS_KEY_LOG, data), Some(tls)) = (record, &mut tls)
                    {
                        tls.secrets(data);
                    }
                    continue;
                }
                _ => continue,
            };
            // The entry's borrow ends here: now the reader's tables can be looked at.
            match new {
                New::Interface(index) => {
                    if let (Some(facts), Some(found)) =
                        (self.interfaces.get_mut(index as usize), reader.interfaces().get(index as usize))
                    {
                        facts.description = found.clone();
                    }
                }
                New::Process(index) => {
                    if let Some(process) = reader.processes().get(index as usize)
                        && self.processes.len() < MAX_LISTED
                    {
                        self.processes.push((process.pid, process.name.clone(), 0));
                    }
                }
            }
        }
        self.unpacked_size = reader.offset();
        if let Some(tls) = tls {
            self.tls_not_listed = tls.connections.not_remembered;
            self.tls = tls.finish();
        }
    }

    #[inline]
    fn packet(&mut self, packet: &Packet<'_>, timed: bool) {
        self.packets += 1;
        self.captured_bytes += packet.data.len() as u64;
        self.original_bytes += u64::from(packet.original_length);
        self.longest = self.longest.max(packet.original_length);
        let captured = packet.data.len() as u32;
        if captured < packet.original_length {
            self.cut_packets += 1;
            let (least, greatest) = self.cut_lengths.unwrap_or((captured, captured));
            self.cut_lengths = Some((least.min(captured), greatest.max(captured)));
        }
        if timed {
            let (first, last) = self.times.unwrap_or((packet.time, packet.time));
            self.times = Some((first.min(packet.time), last.max(packet.time)));
            self.backward_steps += u64::from(self.last_time.is_some_and(|last| packet.time < last));
            self.last_time = Some(packet.time);
        }
        if let Some(interface) = self.interfaces.get_mut(packet.interface as usize) {
            interface.packets += 1;
        }
        if let Some(process) = packet.process {
            self.owned_packets += 1;
            if let Some((.., packets)) = self.processes.get_mut(process as usize) {
                *packets += 1;
            }
        }
        *self.link_types.entry(packet.link_type.0).or_default() += 1;
    }

    fn interface(&mut self, block: &Block<'_>) {
        let options = block.options();
        let units_per_second = match options.value(9) {
            Some([power, ..]) if power & 0x80 != 0 => f64::from(power & 0x7f).exp2(),
            Some([power, ..]) => 10f64.powi(i32::from(*power)),
            _ => 1e6,
        };
        self.interfaces.push(InterfaceFacts {
            units_per_second,
            system: options.text(12),
            hardware: options.text(15),
            speed: options.u64(8),
            ..InterfaceFacts::default()
        });
    }

    fn other(&mut self, record: &Record<'_>, block: &Block<'_>) {
        match record {
            Record::Section(options) if self.sections.len() < MAX_LISTED => {
                let comments = options.comments().map(|c| String::from_utf8_lossy(c).into_owned()).collect();
                self.sections.push(SectionFacts {
                    big_endian: block.big_endian,
                    hardware: options.text(2),
                    system: options.text(3),
                    application: options.text(4),
                    comments,
                });
            }
            Record::Statistics(statistics) => {
                if let Some(interface) = self.interfaces.get_mut(statistics.interface as usize) {
                    interface.statistics = Some(*statistics);
                }
            }
            Record::Names(names) => self.names += names.hosts().count() as u64,
            Record::Secrets(kind, data) => {
                let (blocks, bytes) = self.secrets.entry(*kind).or_default();
                *blocks += 1;
                *bytes += data.len() as u64;
            }
            Record::Other(kind, _) if self.other_blocks.len() < MAX_LISTED => {
                *self.other_blocks.entry(*kind).or_default() += 1;
            }
            _ => {}
        }
    }

    /// What the file is, in words.
    pub fn format(&self) -> String {
        let order = |big_endian| if big_endian { "big-endian" } else { "little-endian" };
        match &self.pcap {
            Some(header) => format!(
                "{}pcap, {}, {}",
                if header.modified { "modified " } else { "" },
                if header.nanoseconds { "nanoseconds" } else { "microseconds" },
                order(header.big_endian)
            ),
            None => match self.sections.first() {
                Some(section) => format!("pcapng, {}", order(section.big_endian)),
                None => "none".to_owned(),
            },
        }
    }

    /// Nanoseconds between the earliest and the latest packet.
    pub fn duration(&self) -> i64 {
        self.times.map_or(0, |(first, last)| last.since(first))
    }

    /// Name of a block type that is not counted otherwise.
    pub fn block_name(block: u32) -> String {
        match block {
            kind::CUSTOM => "custom".to_owned(),
            kind::CUSTOM_NOT_COPIED => "custom, not to be copied".to_owned(),
            9 => "systemd journal".to_owned(),
            _ => format!("type {block:#x}"),
        }
    }

    /// Names of the link types with their packets.
    pub fn link_types(&self) -> impl Iterator<Item = (LinkType, u64)> {
        self.link_types.iter().map(|(&value, &packets)| (LinkType(value), packets))
    }
}

enum New {
    Interface(u32),
    Process(u32),
}

/// TLS connections, and when their secrets came.
struct TlsSearch {
    connections: Connections,
    keys: KeyStore,
    /// Connections without any secret when the server answered.
    late: HashMap<[u8; 32], bool>,
    waiting: HashMap<super::FlowKey, ([u8; 32], usize)>,
    missing: HashMap<[u8; 32], Missing>,
}

impl TlsSearch {
    fn new() -> Self {
        Self {
            connections: Connections::new(),
            keys: KeyStore::new(),
            late: HashMap::new(),
            waiting: HashMap::new(),
            missing: HashMap::new(),
        }
    }

    fn packet(&mut self, packet: &Packet<'_>) {
        let Some(seen) = self.connections.observe(packet) else { return };
        if let Some(random) = seen.client_hello {
            if self.waiting.len() < 100_000 {
                self.waiting.insert(seen.key, (random, seen.sender));
            }
        } else if seen.has_payload
            && let Some(&(random, client)) = self.waiting.get(&seen.key)
            && seen.sender != client
        {
            self.waiting.remove(&seen.key);
            let missing = self.keys.completeness(&random) == Completeness::Missing;
            self.late.entry(random).or_insert(missing);
        }
    }

    fn secrets(&mut self, data: &[u8]) {
        // Damaged lines open nothing.
        self.keys.insert_keylog(data, drop);
        let room = remarks::MOST.saturating_sub(self.missing.len());
        self.missing.extend(remarks::parse(data).take(room));
    }

    fn finish(self) -> Vec<TlsFacts> {
        let Self { connections, keys, late, mut missing, .. } = self;
        let facts = |connection: TlsConnection| {
            let secrets = keys.completeness(&connection.client_random);
            let was_missing = late.get(&connection.client_random).copied().unwrap_or(false);
            let late = was_missing && secrets != Completeness::Missing;
            // Somebody may have added them since.
            let missing =
                missing.remove(&connection.client_random).filter(|_| secrets != Completeness::Complete);
            TlsFacts { connection, secrets, late, missing }
        };
        connections.tls.into_iter().map(facts).collect()
    }
}

/// Counts and hashes what is read, also by who reads after the first reader has gone.
struct Tallied {
    stream: Rc<RefCell<Box<dyn Read>>>,
    tally: Rc<RefCell<Tally>>,
}

struct Tally {
    digest: Option<Digest>,
    bytes: u64,
}

impl Read for Tallied {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.stream.borrow_mut().read(buffer)?;
        let mut tally = self.tally.borrow_mut();
        tally.bytes += n as u64;
        if let Some(digest) = &mut tally.digest {
            digest.update(&buffer[..n]);
        }
        Ok(n)
    }
}
