//! What recording must know of each connection: whose it is, whether a TLS handshake began, and whether it is over.

use std::time::{Duration, Instant};

use foldhash::HashMap;
use plaintap_decode::Address;

use crate::segment::Segment;

/// Flows are forgotten after this idle time, once there are many: UDP has no end, and TCP connections may just stop.
const IDLE: Duration = Duration::from_secs(60);
/// How many flows are kept before idle ones are looked for.
const MANY: usize = 65_536;

const FIN: u8 = 0x01;
const SYN: u8 = 0x02;
const RST: u8 = 0x04;
const ACK: u8 = 0x10;

/// What a segment means for recording.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The flow's process is known with this packet for the first time.
    pub first: bool,
    /// The flow's process, this packet's own if it has one.
    pub process: Option<u32>,
    /// A ClientHello with this random began a handshake here.
    pub client_hello: Option<[u8; 32]>,
    /// The first answer to the ClientHello with this random: from here on secrets are needed.
    pub answer: Option<[u8; 32]>,
    /// The random of the newest ClientHello of this flow.
    pub random: Option<[u8; 32]>,
}

/// All flows of a capture.
#[derive(Default)]
pub struct Flows {
    // Peers choose their ports: hashed with a random key.
    flows: HashMap<Key, Flow>,
    open_tcp: usize,
}

/// Both ends in a fixed order, so that both directions find the same flow.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Key {
    ends: [(Address, u16); 2],
    tcp: bool,
}

struct Flow {
    process: Option<u32>,
    /// Whether a packet was [`Seen::first`].
    announced: bool,
    /// Which ends (by their place in [`Key::ends`]) have sent a FIN.
    finished: [bool; 2],
    /// A TCP connection that is not over.
    open: bool,
    /// The ClientHello that has no answer yet, and the end that sent it.
    hello: Option<([u8; 32], usize)>,
    /// The random of the newest ClientHello.
    random: Option<[u8; 32]>,
    last: Instant,
}

impl Flows {
    /// Takes note of a segment of `process` (where the capture knows it), and of the random of the ClientHello in it.
    pub fn observe(
        &mut self,
        segment: &Segment<'_>,
        hello: Option<[u8; 32]>,
        process: Option<u32>,
        now: Instant,
    ) -> Seen {
        let (key, side) = Key::of(segment);
        let tcp = segment.tcp;
        if tcp && segment.flags & (SYN | ACK) == SYN {
            // A new connection, also where an old one had the same ports.
            self.forget(&key);
        }
        if self.flows.len() >= MANY && !self.flows.contains_key(&key) {
            self.forget_idle(now);
        }
        let mut seen = Seen::default();
        let open_tcp = &mut self.open_tcp;
        let flow = self.flows.entry(key).or_insert_with(|| {
            *open_tcp += usize::from(tcp);
            Flow {
                process: None,
                announced: false,
                finished: [false; 2],
                open: tcp,
                hello: None,
                random: None,
                last: now,
            }
        });
        flow.last = now;
        flow.process = process.or(flow.process);
        seen.process = flow.process;
        seen.first = flow.process.is_some() && !std::mem::replace(&mut flow.announced, true);
        if !segment.payload.is_empty() {
            flow.handshake(segment, hello, side, &mut seen);
        }
        seen.random = flow.random;
        if tcp {
            flow.finished[side] |= segment.flags & FIN != 0;
            let over = flow.finished == [true; 2] && segment.flags & FIN == 0;
            if over || segment.flags & RST != 0 {
                self.close(&key);
            }
        }
        seen
    }

    /// Whether TCP connections are still open, as far as their packets tell.
    pub fn any_open(&self) -> bool {
        self.open_tcp > 0
    }

    /// Counts the connection as over. It stays known for late packets until it is idle or its ports are used again.
    fn close(&mut self, key: &Key) {
        if let Some(flow) = self.flows.get_mut(key)
            && flow.open
        {
            flow.open = false;
            flow.hello = None;
            self.open_tcp -= 1;
        }
    }

    fn forget(&mut self, key: &Key) {
        if let Some(flow) = self.flows.remove(key) {
            self.open_tcp -= usize::from(flow.open);
        }
    }

    fn forget_idle(&mut self, now: Instant) {
        let open_tcp = &mut self.open_tcp;
        self.flows.retain(|_, flow| {
            let keep = now.duration_since(flow.last) < IDLE;
            *open_tcp -= usize::from(flow.open && !keep);
            keep
        });
    }
}

impl Key {
    /// The key, and the place of the sender in it.
    fn of(segment: &Segment<'_>) -> (Self, usize) {
        let tcp = segment.tcp;
        if segment.source <= segment.destination {
            (Self { ends: [segment.source, segment.destination], tcp }, 0)
        } else {
            (Self { ends: [segment.destination, segment.source], tcp }, 1)
        }
    }
}

impl Flow {
    /// A TLS flight begins with its segment on every known stack, also behind a proxy's CONNECT and after STARTTLS, so
    /// each segment is looked at by itself.
    fn handshake(&mut self, segment: &Segment<'_>, hello: Option<[u8; 32]>, side: usize, seen: &mut Seen) {
        if let Some(random) = hello {
            // The ClientHello after a HelloRetryRequest has the random of the first (RFC 8446 section 4.1.2).
            if self.random != Some(random) {
                seen.client_hello = Some(random);
            }
            self.random = Some(random);
            self.hello = Some((random, side));
        } else if let Some((random, client)) = self.hello
            && side != client
        {
            const ALERT: u8 = 21;
            if !(segment.tcp && segment.payload[0] == ALERT) {
                seen.answer = Some(random);
            }
            self.hello = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hello::client_hello_random;

    fn segment(from: u16, to: u16, flags: u8, payload: &[u8]) -> Segment<'_> {
        let ip = Address::Ip4([127, 0, 0, 1]);
        Segment { source: (ip, from), destination: (ip, to), tcp: true, flags, payload }
    }

    fn observe(flows: &mut Flows, segment: &Segment<'_>, process: Option<u32>, now: Instant) -> Seen {
        flows.observe(segment, client_hello_random(segment.payload), process, now)
    }

    fn hello(random: u8) -> Vec<u8> {
        let mut bytes = vec![22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];
        bytes.extend([random; 32]);
        bytes.resize(205, 0);
        bytes
    }

    #[test]
    fn the_first_answer_to_a_hello_is_found() {
        let (mut flows, now) = (Flows::default(), Instant::now());
        let first = observe(&mut flows, &segment(9, 443, SYN, b""), Some(3), now);
        assert!(first.first && first.process == Some(3));
        let second = observe(&mut flows, &segment(443, 9, SYN | ACK, b""), None, now);
        assert!(!second.first && second.process == Some(3));
        assert_eq!(
            observe(&mut flows, &segment(9, 443, ACK, &hello(7)), None, now).client_hello,
            Some([7; 32])
        );
        assert_eq!(observe(&mut flows, &segment(9, 443, ACK, &hello(7)), None, now).client_hello, None);
        assert_eq!(observe(&mut flows, &segment(443, 9, ACK, b""), None, now).answer, None);
        assert_eq!(observe(&mut flows, &segment(443, 9, ACK, &[22, 3, 3]), None, now).answer, Some([7; 32]));
        assert_eq!(observe(&mut flows, &segment(443, 9, ACK, &[22, 3, 3]), None, now).answer, None);
    }

    #[test]
    fn an_alert_needs_no_secrets() {
        let (mut flows, now) = (Flows::default(), Instant::now());
        observe(&mut flows, &segment(9, 443, ACK, &hello(7)), None, now);
        assert_eq!(
            observe(&mut flows, &segment(443, 9, ACK, &[21, 3, 3, 0, 2, 2, 40]), None, now).answer,
            None
        );
    }

    #[test]
    fn connections_end_with_both_fins_and_the_last_ack_or_a_reset() {
        let (mut flows, now) = (Flows::default(), Instant::now());
        observe(&mut flows, &segment(9, 443, SYN, b""), None, now);
        observe(&mut flows, &segment(8, 443, SYN, b""), None, now);
        assert!(flows.any_open());
        observe(&mut flows, &segment(9, 443, FIN | ACK, b""), None, now);
        observe(&mut flows, &segment(443, 9, FIN | ACK, b""), None, now);
        observe(&mut flows, &segment(443, 8, RST, b""), None, now);
        assert!(flows.any_open());
        observe(&mut flows, &segment(9, 443, ACK, b""), None, now);
        assert!(!flows.any_open());
        assert!(observe(&mut flows, &segment(9, 443, SYN, b""), Some(1), now).first);
        assert!(flows.any_open());
    }
}
