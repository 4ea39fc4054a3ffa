//! The queue of packets that wait for secrets. Memory is one growing buffer, given back when the queue is empty.

use std::collections::VecDeque;
use std::ops::Range;
use std::time::Instant;

use plaintap_packet::{Direction, Nanos};

/// A packet in the queue; everything but its bytes.
#[derive(Clone, Debug)]
pub struct Held {
    /// When it was captured.
    pub time: Nanos,
    /// Length on the wire.
    pub original_length: u32,
    /// As seen from the target.
    pub direction: Direction,
    /// Index of its process.
    pub process: Option<u32>,
    /// The comment to write with it.
    pub comment: Option<String>,
    /// It may not be written before the secrets of this client random are complete.
    pub waits_for: Option<[u8; 32]>,
    /// When it came into the queue.
    pub since: Instant,
}

/// Packets in the order of their capture.
#[derive(Default)]
pub struct Queue {
    packets: VecDeque<(Held, Range<usize>)>,
    bytes: Vec<u8>,
}

impl Queue {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.packets.is_empty()
    }

    /// Bytes of packets that wait.
    pub fn size(&self) -> usize {
        match self.packets.front() {
            Some((_, range)) => self.bytes.len() - range.start,
            None => 0,
        }
    }

    /// Appends a packet with its bytes.
    pub fn push(&mut self, held: Held, data: &[u8]) {
        let start = self.bytes.len();
        self.bytes.extend_from_slice(data);
        self.packets.push_back((held, start..self.bytes.len()));
    }

    /// The packet that has waited longest.
    pub fn head(&self) -> Option<&Held> {
        self.packets.front().map(|(held, _)| held)
    }

    /// Takes the packet that has waited longest, and its bytes.
    pub fn pop(&mut self) -> Option<(Held, &[u8])> {
        let (held, range) = self.packets.pop_front()?;
        Some((held, &self.bytes[range]))
    }

    /// Gives memory back that released packets leave behind. Called between batches.
    pub fn compact(&mut self) {
        let Some((_, head)) = self.packets.front() else {
            self.bytes.clear();
            return;
        };
        let released = head.start;
        // Moving costs as much as was released at most, so that the cost stays linear.
        if released > self.bytes.len() / 2 {
            self.bytes.drain(..released);
            for (_, range) in &mut self.packets {
                *range = range.start - released..range.end - released;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_leave_in_order_with_their_bytes() {
        let mut queue = Queue::default();
        let now = Instant::now();
        for n in 0..100u8 {
            let held = Held {
                time: Nanos(i64::from(n)),
                original_length: 1,
                direction: Direction::Unknown,
                process: None,
                comment: None,
                waits_for: None,
                since: now,
            };
            queue.push(held, &[n; 10]);
        }
        for n in 0..100u8 {
            assert_eq!(queue.size(), 10 * (100 - usize::from(n)));
            let (held, data) = queue.pop().expect("a packet");
            assert_eq!((held.time, data), (Nanos(i64::from(n)), &[n; 10][..]));
            queue.compact();
            assert!(queue.bytes.len() <= 2 * queue.size() + 10);
        }
        assert!(queue.is_empty() && queue.pop().is_none());
    }
}
