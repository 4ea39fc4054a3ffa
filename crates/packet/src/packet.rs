//! One packet, and places inside it.

use crate::{LinkType, Nanos};

/// One packet as captured, borrowed from the reader's or the source's buffer.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// The captured bytes, from the first byte that `link_type` describes.
    pub data: &'a [u8],
    /// When the packet was seen.
    pub time: Nanos,
    /// Length on the wire in bytes, at least `data.len()` in a sound file.
    pub original_length: u32,
    /// What the first byte of `data` is.
    pub link_type: LinkType,
    /// Index of the capture interface, counted over the whole file from 0.
    pub interface: u32,
    /// Towards the target (inbound) or from it (outbound), where known.
    pub direction: Direction,
    /// Index into the process table of the file or capture, where the owner is known.
    pub process: Option<u32>,
}

/// Direction of a packet as seen from where it was captured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Not recorded.
    #[default]
    Unknown,
    /// Received by the captured machine or target.
    Inbound,
    /// Sent by the captured machine or target.
    Outbound,
}

/// Which buffer a [`Span`] lies in: 0 is the frame, the others are derived from it (reassembled, decrypted, inflated).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BufferId(pub u16);

impl BufferId {
    /// The frame as captured.
    pub const FRAME: Self = Self(0);
}

/// A range of bytes in one of the buffers of a decoded packet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Span {
    /// The buffer.
    pub buffer: BufferId,
    /// Offset of the first byte.
    pub offset: u32,
    /// Number of bytes.
    pub length: u32,
}

impl Span {
    /// The offset behind the last byte.
    pub const fn end(self) -> u32 {
        self.offset + self.length
    }
}
