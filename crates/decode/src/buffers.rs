//! Bytes derived from a packet: reassembled, decrypted. The memory goes round from packet to packet.

use plaintap_packet::BufferId;

/// Memory of more than this is given back and not kept for the next packet.
const KEEP: usize = 256 << 10;

/// The derived buffers of one packet; the first has the number 1.
#[derive(Debug, Default)]
pub(crate) struct Buffers {
    list: Vec<(&'static str, Vec<u8>)>,
    spare: Vec<Vec<u8>>,
}

impl Buffers {
    #[inline]
    pub(crate) fn clear(&mut self) {
        while let Some((_, bytes)) = self.list.pop() {
            self.give_back(bytes);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn bytes(&self, buffer: BufferId) -> &[u8] {
        self.entry(buffer).map_or(&[], |(_, bytes)| bytes)
    }

    pub(crate) fn name(&self, buffer: BufferId) -> &'static str {
        self.entry(buffer).map_or("", |(name, _)| name)
    }

    /// An empty buffer to fill; [`Self::add`] or [`Self::give_back`] takes it again.
    pub(crate) fn take(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Makes `bytes` a buffer of the packet. None when 65,535 are there already.
    pub(crate) fn add(&mut self, name: &'static str, bytes: Vec<u8>) -> Option<BufferId> {
        let id = u16::try_from(self.list.len() + 1).ok()?;
        self.list.push((name, bytes));
        Some(BufferId(id))
    }

    /// What [`Self::add`] calls the next buffer.
    pub(crate) fn next(&self) -> BufferId {
        BufferId(u16::try_from(self.list.len() + 1).unwrap_or(u16::MAX))
    }

    pub(crate) fn give_back(&mut self, mut bytes: Vec<u8>) {
        if bytes.capacity() > 0 && bytes.capacity() <= KEEP && self.spare.len() < 16 {
            bytes.clear();
            self.spare.push(bytes);
        }
    }

    fn entry(&self, buffer: BufferId) -> Option<&(&'static str, Vec<u8>)> {
        self.list.get(usize::from(buffer.0).checked_sub(1)?)
    }
}
