//! Tables of flows: bounded, and safe against chosen keys.

use std::collections::hash_map::{Entry, HashMap, RandomState};
use std::hash::{BuildHasher, Hash};

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
    ports: u32,
    network: u8,
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
        Some((Self { low, high, ports: u32::from(low_port) << 16 | u32::from(high_port), network }, forward))
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
        let end = |address, port| End { address, port, network: self.network };
        [end(self.low, (self.ports >> 16) as u16), end(self.high, self.ports as u16)]
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
#[derive(Debug)]
pub(crate) struct Generations<K, V> {
    young: HashMap<K, V, FxSeededState>,
    old: HashMap<K, V, FxSeededState>,
    limit: usize,
}

impl<K: Hash + Eq + Copy, V> Generations<K, V> {
    /// A map of at most `limit` entries.
    pub(crate) fn new(limit: usize) -> Self {
        // The seed differs from process to process, so that nobody can prepare addresses that all collide.
        let state = FxSeededState::with_seed(RandomState::new().hash_one(0) as usize);
        Self { young: HashMap::with_hasher(state.clone()), old: HashMap::with_hasher(state), limit }
    }

    /// The value of `key`, made by `make` when there is none. `forget` takes each value that has to go.
    #[inline]
    pub(crate) fn get(&mut self, key: K, make: impl FnOnce() -> V, forget: impl FnMut(V)) -> &mut V {
        if self.young.len() >= self.limit / 2 {
            self.turn(&key, forget);
        }
        match self.young.entry(key) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => {
                let kept = if self.old.is_empty() { None } else { self.old.remove(&key) };
                entry.insert(kept.unwrap_or_else(make))
            }
        }
    }

    /// The value of `key`, which does not become younger by this.
    pub(crate) fn peek(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.young.remove(key).or_else(|| self.old.remove(key))
    }

    #[cold]
    fn turn(&mut self, key: &K, mut forget: impl FnMut(V)) {
        if self.young.contains_key(key) {
            return;
        }
        let state = self.young.hasher().clone();
        let young = std::mem::replace(&mut self.young, HashMap::with_hasher(state));
        for (_, value) in std::mem::replace(&mut self.old, young) {
            forget(value);
        }
    }
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
            assert!(map.young.len() + map.old.len() <= 8);
        }
        assert!(gone.contains(&1) && !gone.contains(&0) && !gone.contains(&39));
    }
}
