//! What a live capture source hands to the engine: batches of packets with their owners, and its own counts.

use std::io;
use std::ops::Range;
use std::time::Duration;

use crate::{Direction, LinkType, Nanos};

/// A live source of packets. Each runs on its own thread and hands over batches.
pub trait CaptureSource: Send {
    /// The link type of every packet of this source.
    fn link_type(&self) -> LinkType;

    /// Waits up to `timeout` for packets and appends what is there to `batch`, oldest first. Returns without packets
    /// when the time is over.
    ///
    /// # Errors
    /// When the kernel's buffer cannot be read any more.
    fn next_batch(&mut self, batch: &mut Batch, timeout: Duration) -> io::Result<()>;

    /// Counts since the start, of this moment.
    fn statistics(&self) -> CaptureStatistics;
}

/// Packets in the order of their capture; reused from batch to batch.
#[derive(Debug, Default)]
pub struct Batch {
    /// The bytes of all packets, one behind the other.
    pub bytes: Vec<u8>,
    /// The packets; each range lies in `bytes`.
    pub packets: Vec<CapturedPacket>,
}

impl Batch {
    /// Forgets the packets and keeps the memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.packets.clear();
    }
}

/// One captured packet of a [`Batch`].
#[derive(Clone, Debug)]
pub struct CapturedPacket {
    /// When the packet passed the capture point.
    pub time: Nanos,
    /// Its length on the wire in bytes.
    pub original_length: u32,
    /// Where its captured bytes lie in [`Batch::bytes`].
    pub range: Range<usize>,
    /// As seen from the target.
    pub direction: Direction,
    /// The kernel's interface index, 0 where there is none.
    pub interface_index: u32,
    /// Who sent or receives it.
    pub owner: Owner,
}

/// The socket and process behind a packet, as far as the kernel knows them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Owner {
    /// The process (thread group) id in the initial pid namespace; 0 when not known.
    pub pid: u32,
    /// The user id that owns the socket; `u32::MAX` when not known.
    pub uid: u32,
    /// The process name (`comm`), NUL-padded; all zero when not known.
    pub name: [u8; 16],
    /// The socket cookie, unique among the sockets of this boot; 0 when no socket is known.
    pub socket_cookie: u64,
}

impl Owner {
    /// The process name without its padding. `comm` may hold any bytes; they are kept as they are.
    pub fn name(&self) -> &[u8] {
        let end = self.name.iter().position(|&b| b == 0).unwrap_or(self.name.len());
        &self.name[..end]
    }
}

/// Counts of a capture source since its start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaptureStatistics {
    /// Packets of the target that passed the capture point towards it, whether or not they reached us.
    pub inbound: u64,
    /// Packets of the target that passed the capture point from it, whether or not they reached us.
    pub outbound: u64,
    /// Packets that the kernel could not store because the buffer was full.
    pub dropped_full: u64,
    /// Packets that the kernel could not copy (larger than the largest record).
    pub dropped_uncopied: u64,
    /// Second sightings of a packet whose both ends belong to the target; not handed over.
    pub duplicates: u64,
    /// Packets that the capture filter did not let through. A packet whose both ends belong to the target counts at each.
    pub filtered: u64,
}
