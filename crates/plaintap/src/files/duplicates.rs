//! Finding packets that were captured twice.

use std::collections::hash_map::RandomState;
use std::collections::{HashMap, VecDeque};
use std::hash::BuildHasher;

use plaintap_packet::Nanos;

/// The most packets that are remembered, as by editcap: a time window may be long, and times may jump back.
const MAX_REMEMBERED: usize = 1_000_000;

/// How far back duplicates are looked for.
#[derive(Clone, Copy, Debug)]
enum Window {
    /// So many packets, this one included: what editcap calls the window.
    Packets(usize),
    /// So many nanoseconds.
    Time(i64),
}

/// Remembers the packets of a window: their bytes by two hashes with keys that nobody can know, and their lengths.
pub struct Duplicates {
    window: Window,
    keys: [RandomState; 2],
    recent: VecDeque<(Fingerprint, Nanos)>,
    /// How often a packet stands in the window, and when it was last seen.
    known: HashMap<Fingerprint, (u32, Nanos)>,
    found: u64,
}

type Fingerprint = (u64, u64, usize);

impl Duplicates {
    /// Compares each packet with the `window` - 1 before it.
    pub fn in_packets(window: u32) -> Self {
        Self::new(Window::Packets(window as usize))
    }

    /// Compares each packet with those of at most `nanoseconds` before it.
    pub fn in_time(nanoseconds: i64) -> Self {
        Self::new(Window::Time(nanoseconds))
    }

    fn new(window: Window) -> Self {
        Self {
            window,
            keys: [RandomState::new(), RandomState::new()],
            recent: VecDeque::new(),
            known: HashMap::new(),
            found: 0,
        }
    }

    /// Whether an equal packet stands in the window; takes note of this one in any case.
    pub fn is_duplicate(&mut self, data: &[u8], time: Nanos) -> bool {
        let fingerprint = (self.keys[0].hash_one(data), self.keys[1].hash_one(data), data.len());
        while let Some(&(oldest, seen)) = self.recent.front() {
            let outside = match self.window {
                Window::Packets(packets) => self.recent.len() >= packets,
                Window::Time(nanoseconds) => {
                    time.since(seen) > nanoseconds || self.recent.len() >= MAX_REMEMBERED
                }
            };
            if !outside {
                break;
            }
            self.recent.pop_front();
            if let Some((count, _)) = self.known.get_mut(&oldest) {
                *count -= 1;
                if *count == 0 {
                    self.known.remove(&oldest);
                }
            }
        }
        self.recent.push_back((fingerprint, time));
        let (count, last) = self.known.entry(fingerprint).or_insert((0, time));
        let is_duplicate = match self.window {
            Window::Packets(_) => *count > 0,
            // What was captured later is no original.
            Window::Time(nanoseconds) => *count > 0 && (0..=nanoseconds).contains(&time.since(*last)),
        };
        (*count, *last) = (*count + 1, time);
        self.found += u64::from(is_duplicate);
        is_duplicate
    }

    /// Duplicates found so far.
    pub fn found(&self) -> u64 {
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_packets_in_the_window_count() {
        let mut five = Duplicates::in_packets(5);
        let seen: Vec<bool> = [b"a", b"b", b"c", b"d", b"a", b"e", b"b"]
            .iter()
            .map(|d| five.is_duplicate(*d, Nanos(0)))
            .collect();
        // The first b is 5 packets before the second: one too far.
        assert_eq!(seen, [false, false, false, false, true, false, false]);
        assert_eq!(five.found(), 1);
        assert!(!Duplicates::in_packets(1).is_duplicate(b"a", Nanos(0)));

        let mut second = Duplicates::in_time(1_000_000_000);
        assert!(!second.is_duplicate(b"a", Nanos(0)));
        assert!(second.is_duplicate(b"a", Nanos(1_000_000_000)));
        assert!(!second.is_duplicate(b"a", Nanos(2_000_000_001)));
    }
}
