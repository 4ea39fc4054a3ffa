//! A BPF ring buffer: waiting for it, and reading fields out of its records.

use std::io;
use std::os::fd::AsFd;
use std::time::Duration;

use aya::Ebpf;
use aya::maps::ring_buf::RingBufItem;
use aya::maps::{MapData, RingBuf};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::{Error, object};

/// The reading end of a ring buffer map.
pub(super) struct Ring(RingBuf<MapData>);

impl Ring {
    /// Takes the map `ring` of an object.
    pub(super) fn take(ebpf: &mut Ebpf) -> Result<Self, Error> {
        object::take_map(ebpf, "ring").map(Self)
    }

    /// Waits up to `timeout` for a record. `false` when the time is over or a signal came.
    pub(super) fn wait(&self, timeout: Duration) -> io::Result<bool> {
        let limit = Timespec::try_from(timeout).map_err(io::Error::other)?;
        let fd = self.0.as_fd();
        match poll(&mut [PollFd::new(&fd, PollFlags::IN)], Some(&limit)) {
            Ok(ready) => Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The next record. It is given back to the kernel when dropped.
    pub(super) fn next(&mut self) -> Option<RingBufItem<'_>> {
        self.0.next()
    }
}

/// `N` bytes at `offset`, which lie inside because the caller took a record of a known size.
pub(super) fn bytes<const N: usize>(record: &[u8], offset: usize) -> [u8; N] {
    record.get(offset..offset + N).and_then(|b| b.try_into().ok()).unwrap_or([0; N])
}

/// A 16-bit number in the byte order of the machine.
pub(super) fn u16_at(record: &[u8], offset: usize) -> u16 {
    u16::from_ne_bytes(bytes(record, offset))
}

/// A 32-bit number in the byte order of the machine.
pub(super) fn u32_at(record: &[u8], offset: usize) -> u32 {
    u32::from_ne_bytes(bytes(record, offset))
}

/// A 64-bit number in the byte order of the machine.
pub(super) fn u64_at(record: &[u8], offset: usize) -> u64 {
    u64::from_ne_bytes(bytes(record, offset))
}
