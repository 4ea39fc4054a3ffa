//! From the records of one file to the bytes of another.
//!
//! What every output needs before its first packet (file or section header, interfaces, processes, names, secrets) is
//! kept apart as the *preamble*, so that any number of outputs can be begun at any time.

use anyhow::{Context, Result, anyhow, bail};
use plaintap_packet::file::{
    Block, BlockBuilder, Entry, Interface, PcapHeader, PcapWriter, PcapngWriter, Record, append_packet,
    cut_packet, kind,
};
use plaintap_packet::{LinkType, Packet};

/// Option code of if_tsresol.
const IF_TSRESOL: u16 = 9;

/// The format to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// pcap; whether in nanoseconds, or as the input's first interface counts.
    Pcap {
        /// `None`: as the input.
        nanoseconds: Option<bool>,
    },
    /// pcapng.
    Pcapng,
}

/// What becomes of the input's secrets.
#[derive(Debug)]
pub enum Secrets {
    /// They stay where they are.
    Keep,
    /// They are left out.
    Discard,
    /// They move to the front: for each section of the file, its blocks of secrets.
    Front(Vec<Vec<Vec<u8>>>),
    /// TLS secrets are left out, because the caller places them; others stay.
    Routed,
}

/// The bytes of one packet or block, and what must stand before it.
#[derive(Debug)]
pub struct Encoded<'a> {
    /// See the module.
    pub preamble: Preamble<'a>,
    /// The packet or block.
    pub bytes: &'a [u8],
}

/// What an output needs before its first packet. It grows; a new section begins a new one.
#[derive(Clone, Copy, Debug)]
pub struct Preamble<'a> {
    /// All of it so far.
    pub bytes: &'a [u8],
    /// Which section it belongs to.
    pub section: u64,
}

/// What could not be said in the format.
#[derive(Debug, Default)]
struct Lost {
    comments: u64,
    secrets: u64,
    blocks: u64,
}

/// See the module.
pub struct Encoder {
    format: Format,
    secrets: Secrets,
    /// Secrets to put behind the first section header.
    injected: Vec<(u32, Vec<u8>)>,
    /// Whether packets are left out or changed, so that blocks that must not be copied then are not.
    edits: bool,
    /// Bytes of packets that may be given out together; 0 gives out each by itself.
    batch: usize,
    /// Whether the batch has been given out.
    given: bool,
    preamble: Vec<u8>,
    section: u64,
    builder: BlockBuilder,
    lost: Lost,
}

enum Format {
    /// Begun with the first packet, whose link type is that of the file.
    Pcap { nanoseconds: Option<bool>, input: PcapHeader, writer: Option<(LinkType, PcapWriter<Vec<u8>>)> },
    /// From pcap; the batch of packets.
    NewPcapng(Vec<u8>),
    /// From pcapng.
    Copy,
}

impl Encoder {
    /// For an input with this header, if it is pcap.
    ///
    /// # Errors
    /// When secrets shall be injected into a format that cannot hold them.
    pub fn new(
        target: Target,
        input: Option<PcapHeader>,
        secrets: Secrets,
        injected: Vec<(u32, Vec<u8>)>,
        edits: bool,
    ) -> Result<Self> {
        let mut preamble = Vec::new();
        let format = match (target, input) {
            (Target::Pcap { .. }, _) if !injected.is_empty() => {
                bail!("pcap cannot hold secrets: write pcapng");
            }
            (Target::Pcap { nanoseconds }, input) => Format::Pcap {
                nanoseconds: nanoseconds.or(input.map(|header| header.nanoseconds)),
                input: input.unwrap_or_default(),
                writer: None,
            },
            (Target::Pcapng, None) => Format::Copy,
            (Target::Pcapng, Some(header)) => {
                let application = concat!("plaintap ", env!("CARGO_PKG_VERSION"));
                let mut writer = PcapngWriter::new(Vec::new(), application, "", "")?;
                for (kind, data) in &injected {
                    writer.secrets(*kind, data)?;
                }
                writer.interface(&Interface {
                    link_type: header.link_type,
                    snap_length: header.snap_length,
                    ..Interface::default()
                })?;
                preamble.append(writer.output());
                Format::NewPcapng(Vec::new())
            }
        };
        let builder = BlockBuilder::default();
        Ok(Self {
            format,
            secrets,
            injected,
            edits,
            batch: 0,
            given: true,
            preamble,
            section: 0,
            builder,
            lost: Lost::default(),
        })
    }

    /// Collects packets to batches of about this many bytes, for who does not split; what is left at the end is
    /// [`Encoder::rest`].
    #[must_use]
    pub fn in_batches(mut self, bytes: usize) -> Self {
        self.batch = bytes;
        self
    }

    /// Takes a record that is no packet. Returns its bytes if it belongs between the packets, no bytes if it is now in
    /// the preamble, and nothing if the format cannot hold it.
    pub fn other<'a>(&'a mut self, entry: &Entry<'a>) -> Option<Encoded<'a>> {
        let block = entry.block?;
        if let Format::Pcap { nanoseconds, .. } = &mut self.format {
            match entry.record {
                Record::Interface(_) => {
                    let resolution = block.options().value(IF_TSRESOL).and_then(<[u8]>::first);
                    nanoseconds.get_or_insert(resolution.is_some_and(|&power| power != 6));
                }
                Record::Section(_) => {}
                Record::Secrets(..) => self.lost.secrets += u64::from(matches!(self.secrets, Secrets::Keep)),
                _ => self.lost.blocks += 1,
            }
            return None;
        }
        match &entry.record {
            Record::Section(_) => self.begin_section(&block),
            Record::Secrets(kind, _) => {
                let stays = match &self.secrets {
                    Secrets::Keep => true,
                    Secrets::Discard | Secrets::Front(_) => false,
                    Secrets::Routed => *kind != plaintap_packet::file::secrets_type::TLS_KEY_LOG,
                };
                if stays {
                    self.preamble.extend_from_slice(block.raw);
                }
            }
            Record::Interface(_) | Record::Process(_) | Record::Names(_) => {
                self.preamble.extend_from_slice(block.raw);
            }
            Record::Other(kind::CUSTOM_NOT_COPIED, _) if self.edits => self.lost.blocks += 1,
            _ => {
                let preamble = Preamble { bytes: &self.preamble, section: self.section };
                return Some(Encoded { preamble, bytes: block.raw });
            }
        }
        Some(Encoded { preamble: Preamble { bytes: &self.preamble, section: self.section }, bytes: &[] })
    }

    fn begin_section(&mut self, block: &Block<'_>) {
        self.section += 1;
        self.preamble.clear();
        self.preamble.extend_from_slice(block.raw);
        // The section's length may change: "not known" (pcapng draft, section 4.1).
        if let Some(length) = self.preamble.get_mut(16..24) {
            length.fill(0xff);
        }
        self.builder = BlockBuilder::new(block.big_endian);
        for (kind, data) in self.injected.drain(..) {
            self.builder.secrets(kind, &data);
            self.preamble.extend_from_slice(self.builder.end());
        }
        if let Secrets::Front(sections) = &self.secrets
            && let Some(blocks) = sections.get(self.section as usize - 1)
        {
            blocks.iter().for_each(|block| self.preamble.extend_from_slice(block));
        }
    }

    /// Whether packets are given out in batches: then [`Encoder::append`] takes them, otherwise [`Encoder::packet`]. What
    /// comes from pcapng is given out as it comes, because blocks of other kinds stand between the packets.
    #[inline]
    pub fn has_batches(&self) -> bool {
        self.batch > 0 && !matches!(self.format, Format::Copy)
    }

    /// Encodes a packet of at most `snap_length` bytes behind those before it. True when the batch is large enough to be
    /// given out, by [`Encoder::batch`]: the next packet begins another.
    ///
    /// # Errors
    /// When the format cannot say it.
    #[inline]
    pub fn append(
        &mut self,
        block: Option<Block<'_>>,
        packet: &Packet<'_>,
        snap_length: usize,
    ) -> Result<bool> {
        let kept = packet.data.len().min(snap_length);
        let short = Packet { data: &packet.data[..kept], ..*packet };
        let packets = match &mut self.format {
            Format::Copy => return Ok(false),
            Format::NewPcapng(packets) => {
                if std::mem::take(&mut self.given) {
                    packets.clear();
                }
                append_packet(&short, packets);
                packets
            }
            Format::Pcap { nanoseconds, input, writer } => {
                if let Some(block) = block {
                    self.lost.comments += block.options().comments().count() as u64;
                }
                let writer = match writer {
                    Some((link_type, _)) if *link_type != packet.link_type => {
                        return Err(two_link_types(*link_type, packet.link_type));
                    }
                    Some((_, writer)) => writer,
                    None => {
                        let header = PcapHeader {
                            link_type: packet.link_type,
                            nanoseconds: nanoseconds.unwrap_or(false),
                            ..*input
                        };
                        let mut begun = PcapWriter::new(Vec::new(), &header)?;
                        self.preamble.append(begun.output());
                        &mut writer.insert((packet.link_type, begun)).1
                    }
                };
                if std::mem::take(&mut self.given) {
                    writer.output().clear();
                }
                writer.packet(&short).context("the time of a packet")?;
                writer.output()
            }
        };
        self.given = packets.len() >= self.batch;
        Ok(self.given)
    }

    /// Encodes a packet of at most `snap_length` bytes.
    ///
    /// # Errors
    /// When the format cannot say it.
    pub fn packet<'a>(
        &'a mut self,
        block: Option<Block<'a>>,
        packet: &Packet<'a>,
        snap_length: usize,
    ) -> Result<Encoded<'a>> {
        if !matches!(self.format, Format::Copy) {
            self.append(block, packet, snap_length)?;
            return Ok(self.batch());
        }
        let kept = packet.data.len().min(snap_length);
        let bytes = match block {
            Some(block) if kept == packet.data.len() => block.raw,
            Some(block) if cut_packet(&block, packet, kept, &mut self.builder) => self.builder.end(),
            _ => bail!("a packet of a pcapng file without a block"),
        };
        Ok(Encoded { preamble: Preamble { bytes: &self.preamble, section: self.section }, bytes })
    }

    /// The batch.
    pub fn batch(&mut self) -> Encoded<'_> {
        let bytes: &[u8] = match &mut self.format {
            Format::NewPcapng(packets) => packets,
            Format::Pcap { writer: Some((_, writer)), .. } => writer.output(),
            _ => &[],
        };
        Encoded { preamble: Preamble { bytes: &self.preamble, section: self.section }, bytes }
    }

    /// The packets that were not given out yet.
    pub fn rest(&mut self) -> Encoded<'_> {
        if self.given {
            return Encoded {
                preamble: Preamble { bytes: &self.preamble, section: self.section },
                bytes: &[],
            };
        }
        self.batch()
    }

    /// Builds a block of TLS secrets in the byte order of the current section.
    pub fn secrets(&mut self, secrets_type: u32, data: &[u8]) -> Encoded<'_> {
        self.builder.secrets(secrets_type, data);
        let preamble = Preamble { bytes: &self.preamble, section: self.section };
        Encoded { preamble, bytes: self.builder.end() }
    }

    /// What an output without any packet consists of. `link_type` is that of the input's first interface.
    ///
    /// # Errors
    /// When it cannot be made in memory.
    pub fn empty(&mut self, link_type: Option<LinkType>) -> Result<Preamble<'_>> {
        if let Format::Pcap { nanoseconds, input, writer: None } = &self.format
            && self.preamble.is_empty()
        {
            let header = PcapHeader {
                link_type: link_type.unwrap_or(LinkType::ETHERNET),
                nanoseconds: nanoseconds.unwrap_or(false),
                ..*input
            };
            self.preamble = PcapWriter::new(Vec::new(), &header)?.into_output();
        }
        Ok(Preamble { bytes: &self.preamble, section: self.section })
    }

    /// Forgets the preamble that the only output has now.
    pub fn forget_preamble(&mut self) {
        self.preamble.clear();
    }

    /// One line on what the format could not hold.
    pub fn losses(&self) -> Option<String> {
        let Lost { comments, secrets, blocks } = self.lost;
        let parts: Vec<String> =
            [(comments, "comments"), (secrets, "blocks of secrets"), (blocks, "other blocks")]
                .into_iter()
                .filter(|(count, _)| *count > 0)
                .map(|(count, what)| format!("{count} {what}"))
                .collect();
        let reason = match self.format {
            Format::Pcap { .. } => "pcap cannot hold them",
            _ => "they must not be copied into an edited file",
        };
        (!parts.is_empty()).then(|| format!("left out: {} ({reason})", parts.join(", ")))
    }
}

#[cold]
fn two_link_types(before: LinkType, now: LinkType) -> anyhow::Error {
    anyhow!("a pcap file has one link type: the packets before are {before}, this one is {now}: write pcapng")
}
