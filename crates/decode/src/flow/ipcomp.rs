//! What IPComp carries (RFC 3173): where it is DEFLATE it is inflated, and the walk goes on in the datagram's own bytes.

use std::io::Read;

use flate2::bufread::DeflateDecoder;

use super::walk::{self, Start};
use crate::Bytes;
use crate::decoded::Work;
use crate::limits::{self, Counters};
use crate::proto::id;
use crate::registry::claimed;

/// Algorithms that are not DEFLATE (RFC 3173 §3.3): OUI, LZS, LZJH. What numbers from 64 on are, two hosts agreed on.
const OTHERS: [u16; 3] = [1, 3, 4];

const DEFLATE: u16 = 2;

/// Where to go on behind the IPComp header of layer number `index`. The compressed bytes are a layer of their own. What
/// is damaged or cut is inflated as far as it goes, if it surely is DEFLATE.
#[cold]
pub(super) fn inflate(work: &mut Work, frame: &[u8], index: usize, counters: &mut Counters) -> Option<Start> {
    let &layer = work.layers.as_slice().get(index)?;
    let start = layer.offset + layer.header;
    let bytes = work.bytes(frame, layer.buffer);
    let header = Bytes(bytes.get(layer.offset as usize..start as usize)?);
    let compressed = bytes.get(start as usize..layer.end as usize)?;
    let (next, algorithm) = (header.u8(0), header.u16(2));
    if OTHERS.contains(&algorithm) {
        return walk::payload(work, index, id::data);
    }
    let mut plain = Vec::new();
    let mut decoder = DeflateDecoder::new(compressed).take(limits::MAX_INFLATED_DATAGRAM as u64 + 1);
    let whole = decoder.read_to_end(&mut plain).is_ok() && plain.len() <= limits::MAX_INFLATED_DATAGRAM;
    plain.truncate(limits::MAX_INFLATED_DATAGRAM);
    if !whole && algorithm == DEFLATE {
        counters.bodies_cut += 1;
    }
    if plain.is_empty() || !whole && algorithm != DEFLATE {
        return walk::payload(work, index, id::data);
    }
    walk::mark(work, id::data, layer.buffer, start..layer.end, layer.reported_end);
    let end = plain.len() as u32;
    let buffer = work.buffers.add("Inflated IPComp", plain)?;
    Some(Start { buffer, offset: 0, end, reported_end: end, protocol: claimed::ip_protocol(next) })
}
