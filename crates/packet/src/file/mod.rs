//! Capture files: reading and writing pcap and pcapng, compressed or not.
//!
//! Files are read with `read(2)` into one buffer that stays in the processor's cache; packets are borrowed from it. A
//! damaged file yields everything before the damage and then one error that says where.

mod at_hand;
mod compression;
mod input;
mod lz4;
mod pcap;
mod pcap_write;
mod pcapng_block;
mod pcapng_copy;
mod pcapng_options;
mod pcapng_read;
mod pcapng_write;

use std::io::{self, Read};

use thiserror::Error;

use crate::{LinkType, Nanos, Packet};
use at_hand::Place;
use input::Input;

pub use at_hand::{PacketAtHand, PacketsAtHand};
pub use compression::{Compression, Compressor};
pub use pcap_write::PcapWriter;
pub use pcapng_block::{Block, BlockBuilder, Names, kind};
pub use pcapng_copy::{Renumbering, cut_packet, renumber};
pub use pcapng_options::{OptionItem, Options};
pub use pcapng_write::{PcapngWriter, append_packet};

/// Secrets types of Decryption Secrets Blocks (pcapng draft, section 4.7).
pub mod secrets_type {
    /// TLS key log (`SSLKEYLOGFILE` lines).
    pub const TLS_KEY_LOG: u32 = 0x544c_534b;
    /// SSH key log.
    pub const SSH_KEY_LOG: u32 = 0x5353_484b;
    /// WireGuard key log.
    pub const WIREGUARD_KEY_LOG: u32 = 0x5747_4b4c;
    /// ZigBee network key.
    pub const ZIGBEE_NETWORK_KEY: u32 = 0x5a4e_574b;
    /// ZigBee application key.
    pub const ZIGBEE_APPLICATION_KEY: u32 = 0x5a41_504b;
    /// ESP security associations: lines of Wireshark's `esp_sa` table. Not in the pcapng draft: see
    /// [`super::kind::KEY_TABLE`].
    pub const ESP_SA: u32 = 0x4553_5053;
    /// IKEv2 keys: lines of Wireshark's `ikev2_decryption_table`. Not in the pcapng draft: see
    /// [`super::kind::KEY_TABLE`].
    pub const IKEV2_DECRYPTION_TABLE: u32 = 0x494b_4532;

    /// A short name, where the type is known.
    pub const fn name(secrets_type: u32) -> Option<&'static str> {
        match secrets_type {
            TLS_KEY_LOG => Some("TLS key log"),
            SSH_KEY_LOG => Some("SSH key log"),
            WIREGUARD_KEY_LOG => Some("WireGuard key log"),
            ZIGBEE_NETWORK_KEY => Some("ZigBee network key"),
            ZIGBEE_APPLICATION_KEY => Some("ZigBee application key"),
            ESP_SA => Some("ESP SA table"),
            IKEV2_DECRYPTION_TABLE => Some("IKEv2 decryption table"),
            _ => None,
        }
    }
}

/// The largest block or packet record that is believed, in bytes; a longer one is damage. Wireshark's limit for one
/// packet is 256 KiB, USB captures have up to 128 MiB.
pub const MAX_BLOCK: usize = 160 << 20;

/// Why a capture file cannot be read, or not further.
#[derive(Debug, Error)]
pub enum Error {
    /// The operating system refused to read.
    #[error("cannot read at byte {offset}: {source}")]
    Io {
        /// Bytes read before.
        offset: u64,
        /// The system's answer.
        source: io::Error,
    },
    /// The compressed data is cut or damaged.
    #[error("damaged {compression} data behind byte {offset} of the unpacked file: {source}")]
    Compressed {
        /// Bytes unpacked before.
        offset: u64,
        /// The compression.
        compression: Compression,
        /// What the decompressor says.
        source: io::Error,
    },
    /// The file has no bytes at all.
    #[error("the file is empty: expected a pcap or pcapng capture")]
    Empty,
    /// The first bytes are those of no capture format.
    #[error("not a capture file: expected pcap or pcapng, but it begins with {begins}")]
    NotACapture {
        /// The first bytes, for people.
        begins: String,
    },
    /// The file ends in the middle of something.
    #[error("truncated at byte {offset}: {what} needs {expected} bytes, {got} are there")]
    Truncated {
        /// Where the incomplete thing begins.
        offset: u64,
        /// What it is.
        what: &'static str,
        /// Its length in bytes.
        expected: usize,
        /// Bytes that are there.
        got: usize,
    },
    /// A value in the file cannot be right.
    #[error("damaged at byte {offset}: {what}: expected {expected}, got {got}")]
    Damaged {
        /// Where the record or block with the value begins.
        offset: u64,
        /// What is wrong.
        what: &'static str,
        /// What would have been right.
        expected: String,
        /// What is there.
        got: u64,
    },
}

/// A capture interface as a pcapng Interface Description Block describes it; a pcap file has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interface {
    /// Link type of its packets.
    pub link_type: LinkType,
    /// Bytes kept of each packet; 0 for no limit.
    pub snap_length: u32,
    /// if_name.
    pub name: String,
    /// if_description.
    pub description: String,
    /// if_filter, as text.
    pub filter: String,
}

/// A process in a process information block; packets refer to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Process id.
    pub pid: u32,
    /// Process name.
    pub name: String,
}

/// Counts of one interface (Interface Statistics Block); `None` where the file does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InterfaceStatistics {
    /// The interface's index.
    pub interface: u32,
    /// When the counts were taken.
    pub time: Nanos,
    /// When the capture started.
    pub start: Option<Nanos>,
    /// When it ended.
    pub end: Option<Nanos>,
    /// isb_ifrecv: packets seen by the capture point.
    pub received: Option<u64>,
    /// isb_ifdrop: packets dropped for lack of room at the capture point.
    pub dropped: Option<u64>,
    /// isb_filteraccept: packets accepted by the filter.
    pub accepted: Option<u64>,
    /// isb_osdrop: packets dropped by the operating system after the filter.
    pub dropped_by_system: Option<u64>,
    /// isb_usrdeliv: packets delivered to the user.
    pub delivered: Option<u64>,
}

/// One thing read from a capture file.
#[derive(Debug)]
pub enum Record<'a> {
    /// A packet, with the raw options of its block (none in a pcap file).
    Packet(Packet<'a>, Options<'a>),
    /// A new interface; its index in [`Reader::interfaces`].
    Interface(u32),
    /// A new process; its index in [`Reader::processes`].
    Process(u32),
    /// Decryption secrets: the secrets type and the data.
    Secrets(u32, &'a [u8]),
    /// Names of addresses.
    Names(Names<'a>),
    /// Counts of an interface.
    Statistics(InterfaceStatistics),
    /// A section begins; its options.
    Section(Options<'a>),
    /// Any other block: its type and its body.
    Other(u32, &'a [u8]),
}

/// A record with what stands for it in the file.
#[derive(Debug)]
pub struct Entry<'a> {
    /// What it says.
    pub record: Record<'a>,
    /// The block as it stands in the file; none in a pcap file.
    pub block: Option<Block<'a>>,
    /// Where it begins in the (unpacked) file.
    pub offset: u64,
}

/// What a pcap file says of itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PcapHeader {
    /// Link type of all packets.
    pub link_type: LinkType,
    /// Bytes kept of each packet.
    pub snap_length: u32,
    /// Whether times are in nanoseconds; otherwise in microseconds.
    pub nanoseconds: bool,
    /// Length of the frame check sequence at the end of each packet in 16-bit words, where the file says it.
    pub frame_check_sequence: Option<u8>,
    /// Whether numbers have the high byte first.
    pub big_endian: bool,
    /// Whether it is the variant of old Linux kernels with longer record headers.
    pub modified: bool,
}

/// Reads a capture file, whatever its format and compression, from any stream.
pub struct Reader<R: Read> {
    input: Input<R>,
    format: Format,
    interfaces: Vec<Interface>,
    processes: Vec<Process>,
    /// Those of [`Reader::packets_at_hand`].
    places: Vec<Place>,
}

enum Format {
    Pcap(pcap::Header),
    Pcapng(pcapng_read::Section),
}

impl Format {
    /// The packet that begins here, if it is sound and there as a whole, and the length of its record or block.
    #[inline(always)]
    fn packet_in<'i>(&self, bytes: &'i [u8], interfaces: &[Interface]) -> Option<(PacketAtHand<'i>, usize)> {
        match self {
            Self::Pcap(header) => {
                let (packet, length) = header.packet_in(bytes)?;
                Some((PacketAtHand { packet, options: Options::EMPTY, block: None }, length))
            }
            Self::Pcapng(section) => section.packet_in(bytes, interfaces),
        }
    }

    /// Where the bytes of such a packet begin.
    fn data_offset(&self) -> usize {
        match self {
            Self::Pcap(header) => header.data_offset(),
            Self::Pcapng(_) => pcapng_read::DATA_OFFSET,
        }
    }
}

impl<R: Read> Reader<R> {
    /// Reads the file header.
    ///
    /// # Errors
    /// When the stream cannot be read, is empty, is no capture, or its header is cut or damaged.
    pub fn new(stream: R) -> Result<Self, Error> {
        Self::with_capacity(stream, input::CAPACITY)
    }

    /// The same with a buffer of `capacity` bytes, for who has many files open.
    ///
    /// # Errors
    /// As [`Reader::new`].
    pub fn with_capacity(stream: R, capacity: usize) -> Result<Self, Error> {
        let mut input = Input::new(stream, capacity)?;
        let mut interfaces = Vec::new();
        let format = match input.peek_magic()? {
            magic if pcapng_read::is_magic(magic) => Format::Pcapng(pcapng_read::Section::default()),
            magic if pcap::is_magic(magic) => {
                let header = pcap::Header::read(&mut input)?;
                interfaces.push(header.interface());
                Format::Pcap(header)
            }
            magic => return Err(Error::NotACapture { begins: describe(magic) }),
        };
        Ok(Self { input, format, interfaces, processes: Vec::new(), places: Vec::new() })
    }

    /// The next record, or `None` at the end of the file.
    ///
    /// # Errors
    /// Where the file is cut or damaged. Nothing can be read after that.
    #[inline]
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, Error> {
        Ok(self.next_entry()?.map(|entry| entry.record))
    }

    /// The next record with what stands for it in the file, or `None` at the end of the file.
    ///
    /// # Errors
    /// As [`Reader::next_record`].
    #[inline]
    pub fn next_entry(&mut self) -> Result<Option<Entry<'_>>, Error> {
        match &mut self.format {
            Format::Pcap(header) => header.next_entry(&mut self.input),
            Format::Pcapng(section) => {
                section.next_entry(&mut self.input, &mut self.interfaces, &mut self.processes)
            }
        }
    }

    /// The next record, if it is a sound packet that is in the buffer as a whole. `None` says nothing about what is next:
    /// ask [`Reader::next_entry`]. Inlined, so that what is said of a packet stays in registers on its way to who asked.
    #[inline(always)]
    pub fn packet_at_hand(&mut self) -> Option<PacketAtHand<'_>> {
        let (bytes, taking) = self.input.look();
        let (packet, length) = self.format.packet_in(bytes, &self.interfaces)?;
        taking.take(length);
        Some(packet)
    }

    /// The packets that [`Reader::packet_at_hand`] would give one after another, at most [`PacketsAtHand::MOST`].
    #[inline]
    pub fn packets_at_hand(&mut self) -> PacketsAtHand<'_> {
        let (bytes, taking) = self.input.look();
        let (packets, length) = PacketsAtHand::find(bytes, &self.format, &self.interfaces, &mut self.places);
        taking.take(length);
        packets
    }

    /// The file header, where the file is pcap; otherwise it is pcapng.
    pub fn pcap_header(&self) -> Option<PcapHeader> {
        match &self.format {
            Format::Pcap(header) => Some(header.header()),
            Format::Pcapng(_) => None,
        }
    }

    /// How the file is compressed.
    pub fn compression(&self) -> Compression {
        self.input.compression()
    }

    /// The interfaces so far, over all sections.
    pub fn interfaces(&self) -> &[Interface] {
        &self.interfaces
    }

    /// The processes so far, over all sections.
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// Bytes of the unpacked file that have been taken so far.
    pub fn offset(&self) -> u64 {
        self.input.offset()
    }
}

/// The first bytes of a file that is no capture, in hex and as text.
fn describe(magic: [u8; 4]) -> String {
    let text: String =
        magic.iter().map(|&b| if b.is_ascii_graphic() || b == b' ' { b as char } else { '.' }).collect();
    let [a, b, c, d] = magic;
    format!("{a:02x} {b:02x} {c:02x} {d:02x} (\"{text}\")")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error_of(bytes: &[u8]) -> String {
        match Reader::new(bytes) {
            Ok(_) => panic!("read as a capture"),
            Err(e) => e.to_string(),
        }
    }

    #[test]
    fn what_is_no_capture_is_named() {
        assert_eq!(error_of(b""), "the file is empty: expected a pcap or pcapng capture");
        assert!(error_of(b"\x7fELF\x02").contains("7f 45 4c 46 (\".ELF\")"));
        assert!(error_of(b"ab").contains("truncated at byte 0"));
    }
}
