//! Puts IPv4 and IPv6 fragments together again (RFC 791 §3.2, RFC 8200 §4.5).

use plaintap_packet::BufferId;

use super::table::{DatagramKey, Generations};
use super::walk::{FRAGMENT_MORE, FRAGMENT_OFFSET, Start};
use crate::Bytes;
use crate::decoded::Work;
use crate::limits::{self, Counters};
use crate::proto::id;
use crate::registry::ProtocolId;

/// The longest datagram: the offset field's last fragment, with all it may hold.
const MAX_DATAGRAM: usize = 1 << 16;

/// Datagrams that wait for fragments.
#[derive(Debug)]
pub(crate) struct Fragments {
    waiting: Generations<DatagramKey, Datagram>,
    buffered: usize,
}

#[derive(Debug, Default)]
struct Datagram {
    bytes: Vec<u8>,
    /// The ranges that are there, sorted, not touching each other.
    ranges: Vec<(u32, u32)>,
    /// Where the last fragment ends, once it is there.
    total: Option<u32>,
    /// The protocol as the first fragment names it.
    protocol: Option<ProtocolId>,
    /// The offset of each piece, with the number of the frame it came in.
    pieces: Vec<(u32, u64)>,
    v6: bool,
}

/// A datagram that was put together in a packet.
#[derive(Debug)]
pub(crate) struct Reassembled {
    /// The number of the network layer of its last fragment.
    pub(crate) layer: usize,
    /// Where it lies.
    pub(crate) buffer: BufferId,
    /// The fragments by offset, each with the number of the frame it came in.
    pub(crate) pieces: Vec<(u32, u64)>,
}

impl Fragments {
    pub(crate) fn new() -> Self {
        Self { waiting: Generations::new(limits::MAX_DATAGRAMS), buffered: 0 }
    }

    /// Takes the fragment in layer number `index` of frame `number`. With the last missing one, the datagram becomes a derived buffer,
    /// and the walk goes on in it.
    pub(crate) fn add(
        &mut self,
        work: &mut Work,
        frame: &[u8],
        number: u64,
        index: usize,
        counters: &mut Counters,
    ) -> Option<Start> {
        let layers = work.layers.as_slice();
        let layer = *layers.get(index)?;
        // A fragment cut by the snapshot length can never become whole.
        if layer.end != layer.reported_end {
            return None;
        }
        let place = layers[..=index].iter().rposition(|l| matches!(l.protocol, id::ip | id::ipv6))?;
        let network = layers[place];
        let v6 = network.protocol == id::ipv6;
        let bytes = work.bytes(frame, layer.buffer);
        let header = Bytes(bytes.get(layer.offset as usize..)?);
        let mut key = DatagramKey::new(work, frame, network.buffer, network.offset, v6);
        key.identification = if v6 { header.u32(4) } else { u32::from(header.u16(4)) };
        key.protocol = if v6 { id::ipv6.0 } else { header.u8(9) };
        let piece = bytes.get((layer.offset + layer.header) as usize..layer.end as usize)?;
        let offset = layer.detail & FRAGMENT_OFFSET;
        let protocol = ProtocolId((layer.detail >> 24) as u8);

        let buffered = &mut self.buffered;
        let forget = |datagram: Datagram| {
            *buffered -= datagram.bytes.len();
            counters.datagrams_dropped += 1;
        };
        let datagram = self.waiting.get(key, || Datagram { v6, ..Datagram::default() }, forget);
        let before = datagram.bytes.len();
        datagram.pieces.push((offset, number));
        let kept = datagram.add(offset, layer.detail & FRAGMENT_MORE != 0, protocol, piece);
        self.buffered += datagram.bytes.len() - before;
        if !kept || self.buffered > limits::MAX_BUFFERED {
            let datagram = self.waiting.remove(&key)?;
            self.buffered -= datagram.bytes.len();
            counters.datagrams_dropped += 1;
            return None;
        }
        let (end, protocol) = datagram.complete()?;
        let datagram = self.waiting.remove(&key)?;
        self.buffered -= datagram.bytes.len();
        let name = if datagram.v6 { "Reassembled IPv6" } else { "Reassembled IPv4" };
        let buffer = work.buffers.add(name, datagram.bytes)?;
        let mut pieces = datagram.pieces;
        pieces.sort_unstable();
        work.reassembled.push(Reassembled { layer: place, buffer, pieces });
        Some(Start { buffer, offset: 0, end, reported_end: end, protocol })
    }
}

impl Datagram {
    /// Stores a piece; false when the datagram cannot become sound any more.
    fn add(&mut self, offset: u32, more: bool, protocol: ProtocolId, piece: &[u8]) -> bool {
        let end = offset + piece.len() as u32;
        if end as usize > MAX_DATAGRAM || self.pieces.len() > limits::MAX_FRAGMENTS {
            return false;
        }
        if offset == 0 {
            self.protocol = Some(protocol);
        }
        if !more {
            self.total.get_or_insert(end);
        }
        if self.bytes.len() < end as usize {
            self.bytes.resize(end as usize, 0);
        }
        self.bytes[offset as usize..end as usize].copy_from_slice(piece);
        self.cover(offset, end);
        true
    }

    /// Merges a range into the sorted list.
    fn cover(&mut self, mut start: u32, mut end: u32) {
        self.ranges.retain(|&(s, e)| {
            let apart = e < start || s > end;
            if !apart {
                start = start.min(s);
                end = end.max(e);
            }
            apart
        });
        let place = self.ranges.partition_point(|&(s, _)| s < start);
        self.ranges.insert(place, (start, end));
    }

    /// Length and protocol, when nothing is missing.
    fn complete(&self) -> Option<(u32, ProtocolId)> {
        let total = self.total?;
        match self.ranges[..] {
            [(0, end), ..] if end >= total => Some((total, self.protocol?)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_in_any_order_make_the_datagram() {
        let mut d = Datagram::default();
        assert!(d.add(16, false, id::data, b"end"));
        assert!(d.add(8, true, id::data, b"middle__"));
        assert_eq!(d.complete(), None);
        assert!(d.add(0, true, id::udp, b"start___"));
        assert_eq!(d.complete(), Some((19, id::udp)));
        assert_eq!(d.bytes, b"start___middle__end");
        assert_eq!(d.ranges, [(0, 19)]);
    }

    #[test]
    fn a_datagram_beyond_the_maximum_is_refused() {
        assert!(!Datagram::default().add(65_528, false, id::data, &[0; 16]));
    }
}
