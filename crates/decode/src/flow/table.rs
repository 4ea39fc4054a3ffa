//! Tables of flows: bounded, and safe against chosen keys.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::{BuildHasher, Hash};

use hashbrown::HashTable;
use plaintap_packet::BufferId;
use rustc_hash::FxSeededState;

use crate::Bytes;
use crate::decoded::{Address, Work};
use crate::proto::id;

/// The two ends of a conversation in an order that does not depend on the direction, with the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct FlowKey {
    low: [u64; 2],
    high: [u64; 2],
    /// The network protocol's number, then the lower end's port, then the higher one's.
    transport: u64,
}

impl FlowKey {
    /// The key of the transport layer number `layer`, and whether its sender is the lower end. The addresses are those
    /// of the nearest network layer below; without one they are zero.
    #[inline]
    pub(crate) fn of(work: &Work, frame: &[u8], layer: usize) -> Option<(Self, bool)> {
        let layers = work.layers.as_slice();
        let transport = layers.get(layer)?;
        let ports = Bytes(work.bytes(frame, transport.buffer));
        let at = transport.offset as usize;
        let (source_port, destination_port) = (ports.u16(at), ports.u16(at + 2));
        let network = layers[..layer].iter().rev().find(|l| matches!(l.protocol, id::ip | id::ipv6));
        let (source, destination) = match network {
            None => ([0; 2], [0; 2]),
            Some(network) => {
                let b = Bytes(work.bytes(frame, network.buffer));
                let at = network.offset as usize;
                if network.protocol == id::ip {
                    ([u64::from(b.u32(at + 12)), 0], [u64::from(b.u32(at + 16)), 0])
                } else {
                    let wide =
                        |at| [b.number(at, at + 8).unwrap_or(0), b.number(at + 8, at + 16).unwrap_or(0)];
                    (wide(at + 8), wide(at + 24))
                }
            }
        };
        let network = network.map_or(0, |n| n.protocol.0);
        let forward = (source, source_port) <= (destination, destination_port);
        let (low, high, low_port, high_port) = if forward {
            (source, destination, source_port, destination_port)
        } else {
            (destination, source, destination_port, source_port)
        };
        let transport = u64::from(network) << 32 | u64::from(low_port) << 16 | u64::from(high_port);
        Some((Self { low, high, transport }, forward))
    }
}

/// One end of a conversation: an address and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct End {
    address: [u64; 2],
    port: u16,
    network: u8,
}

impl End {
    /// The end at `port` of an IP address; None for other addresses.
    pub(crate) fn new(address: Address, port: u16) -> Option<Self> {
        let (address, network) = match address {
            Address::Ip4(a) => ([u64::from(u32::from_be_bytes(a)), 0], id::ip.0),
            Address::Ip6(a) => {
                let a = u128::from_be_bytes(a);
                ([(a >> 64) as u64, a as u64], id::ipv6.0)
            }
            Address::Mac(_) => return None,
        };
        Some(Self { address, port, network })
    }
}

impl FlowKey {
    /// The two ends, the lower one first.
    pub(crate) fn ends(&self) -> [End; 2] {
        let end = |address, port| End { address, port, network: (self.transport >> 32) as u8 };
        [end(self.low, (self.transport >> 16) as u16), end(self.high, self.transport as u16)]
    }
}

/// The key of a datagram's fragments (RFC 791 §3.2, RFC 8200 §4.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct DatagramKey {
    pub(crate) source: [u64; 2],
    pub(crate) destination: [u64; 2],
    pub(crate) identification: u32,
    pub(crate) protocol: u8,
}

impl DatagramKey {
    /// The key for the addresses of the network layer at `offset` of `buffer`.
    pub(crate) fn new(work: &Work, frame: &[u8], buffer: BufferId, offset: u32, v6: bool) -> Self {
        let b = Bytes(work.bytes(frame, buffer));
        let at = offset as usize;
        let number = |from, to| b.number(at + from, at + to).unwrap_or(0);
        let (source, destination) = if v6 {
            ([number(8, 16), number(16, 24)], [number(24, 32), number(32, 40)])
        } else {
            ([number(12, 16), 0], [number(16, 20), 0])
        };
        Self { source, destination, identification: 0, protocol: 0 }
    }
}

/// A map that forgets what was unused longest: two generations, of which the older one goes when the younger is full.
pub(crate) struct Generations<K, V> {
    young: Shelf<K, V>,
    old: Shelf<K, V>,
    hasher: FxSeededState,
    limit: usize,
}

impl<K: Hash + Eq + Copy, V> Generations<K, V> {
    /// A map of at most `limit` entries.
    pub(crate) fn new(limit: usize) -> Self {
        // The seed differs from process to process, so that nobody can prepare addresses that all collide.
        let hasher = FxSeededState::with_seed(RandomState::new().hash_one(0) as usize);
        Self { young: Shelf::default(), old: Shelf::default(), hasher, limit }
    }

    /// The value of `key`, made by `make` when there is none. `forget` takes each value that has to go.
    #[inline]
    pub(crate) fn get(&mut self, key: K, make: impl FnOnce() -> V, forget: impl FnMut(V)) -> &mut V {
        let hash = self.hasher.hash_one(key);
        let at = match self.young.find(hash, &key) {
            Some(at) => at,
            None => {
                if self.young.len >= self.limit / 2 {
                    self.turn(forget);
                }
                let kept = if self.old.len == 0 { None } else { self.old.take(&self.hasher, hash, &key) };
                self.young.push(&self.hasher, hash, key, kept.unwrap_or_else(make))
            }
        };
        self.young.value_mut(at)
    }

    /// The value of `key`, which does not become younger by this.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        let hash = self.hasher.hash_one(key);
        [&self.young, &self.old].into_iter().find_map(|shelf| Some(shelf.value(shelf.find(hash, key)?)))
    }

    /// The same, to change it.
    pub(crate) fn find(&mut self, key: &K) -> Option<&mut V> {
        let hash = self.hasher.hash_one(key);
        let shelf = [&mut self.young, &mut self.old];
        shelf
            .into_iter()
            .find_map(|shelf| Some((shelf.find(hash, key)?, shelf)))
            .map(|(at, shelf)| shelf.value_mut(at))
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        let hash = self.hasher.hash_one(key);
        let young = self.young.take(&self.hasher, hash, key);
        young.or_else(|| self.old.take(&self.hasher, hash, key))
    }

    #[cold]
    fn turn(&mut self, mut forget: impl FnMut(V)) {
        let gone = std::mem::replace(&mut self.old, std::mem::take(&mut self.young));
        for (_, value) in gone.blocks.into_iter().flatten() {
            forget(value);
        }
    }
}

impl<K, V> fmt::Debug for Generations<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { young, old, limit, .. } = self;
        write!(f, "{} young and {} old of at most {limit}", young.len, old.len)
    }
}

/// Entries of a block.
const BLOCK: usize = 256;

/// One generation: entries side by side, and an index of their places by key. What a hash table leaves empty, which may be
/// more than half, then are five bytes a place and no whole flow.
struct Shelf<K, V> {
    index: HashTable<u32>,
    /// Full ones, then one that is not. They stay where they are: one list of all would be copied whenever it grows.
    blocks: Vec<Vec<(K, V)>>,
    len: usize,
}

impl<K, V> Default for Shelf<K, V> {
    fn default() -> Self {
        Self { index: HashTable::new(), blocks: Vec::new(), len: 0 }
    }
}

impl<K: Hash + Eq + Copy, V> Shelf<K, V> {
    #[inline]
    fn find(&self, hash: u64, key: &K) -> Option<usize> {
        let is = |&at: &u32| key_at(&self.blocks, at) == key;
        self.index.find(hash, is).map(|&at| at as usize)
    }

    fn value(&self, at: usize) -> &V {
        &self.blocks[at / BLOCK][at % BLOCK].1
    }

    #[inline]
    fn value_mut(&mut self, at: usize) -> &mut V {
        &mut self.blocks[at / BLOCK][at % BLOCK].1
    }

    /// Adds an entry whose key is not there. Returns its place.
    fn push(&mut self, hasher: &FxSeededState, hash: u64, key: K, value: V) -> usize {
        let Self { index, blocks, len } = self;
        let at = *len;
        if at / BLOCK == blocks.len() {
            blocks.push(Vec::with_capacity(BLOCK));
        }
        blocks[at / BLOCK].push((key, value));
        index.insert_unique(hash, at as u32, |&at| hasher.hash_one(key_at(blocks, at)));
        *len += 1;
        at
    }

    /// Removes an entry; the last one takes its place.
    fn take(&mut self, hasher: &FxSeededState, hash: u64, key: &K) -> Option<V> {
        let Self { index, blocks, len } = self;
        let place = index.find_entry(hash, |&at| key_at(blocks, at) == key).ok()?;
        let at = place.remove().0;
        let last = *len - 1;
        *len = last;
        let moved = blocks[last / BLOCK].pop()?;
        // One empty block may stay, for the next entry.
        blocks.truncate(last / BLOCK + 1);
        if at as usize == last {
            return Some(moved.1);
        }
        if let Some(place) = index.find_mut(hasher.hash_one(moved.0), |&other| other as usize == last) {
            *place = at;
        }
        let at = at as usize;
        Some(std::mem::replace(&mut blocks[at / BLOCK][at % BLOCK], moved).1)
    }
}

#[inline]
fn key_at<K, V>(blocks: &[Vec<(K, V)>], at: u32) -> &K {
    &blocks[at as usize / BLOCK][at as usize % BLOCK].0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_unused_go_first_and_the_used_stay() {
        let mut map = Generations::new(8);
        let mut gone = Vec::new();
        for key in 0..40_u32 {
            map.get(key, || key, |v| gone.push(v));
            map.get(0, || panic!("0 is in use all the time"), |v| gone.push(v));
            assert!(map.young.len + map.old.len <= 8);
        }
        assert!(gone.contains(&1) && !gone.contains(&0) && !gone.contains(&39));
    }

    #[test]
    fn entries_stay_found_when_others_are_removed() {
        let mut map = Generations::new(1000);
        let mut is = std::collections::BTreeMap::new();
        let mut seed = 1_u32;
        for step in 0..20_000_u32 {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let key = seed >> 16 & 255;
            if seed & 1 << 30 == 0 {
                assert_eq!(map.remove(&key), is.remove(&key));
            } else {
                let value = *map.get(key, || step, |_| panic!("the map is not full"));
                assert_eq!(value, *is.entry(key).or_insert(step));
            }
            assert_eq!(map.young.len + map.old.len, is.len());
        }
        assert!(is.iter().all(|(key, value)| map.peek(key) == Some(value)));
    }
}
