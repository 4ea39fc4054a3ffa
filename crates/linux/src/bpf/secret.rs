//! What a probe read: one TLS secret and the connection and process it belongs to.

use std::fmt;
use std::hint::black_box;

use plaintap_packet::Nanos;

use super::HookId;
use super::clock::WallClock;
use super::ring::{bytes, u32_at, u64_at};

/// The longest label and the longest secret: `LONGEST_FIELD` of bpf/probe.bpf.c.
const LONGEST: usize = 64;
/// `struct event` of bpf/probe.bpf.c.
const EVENT: usize = 208;

/// One TLS secret, as it passed a hook.
#[derive(Clone, Debug)]
pub struct SecretEvent {
    /// When it passed.
    pub time: Nanos,
    /// The process (thread group) id in the initial pid namespace.
    pub pid: u32,
    /// The thread id in the initial pid namespace.
    pub tid: u32,
    /// The name of the thread, NUL-padded.
    pub name: [u8; 16],
    /// ClientHello.random of the connection; `None` where it could not be read.
    pub client_random: Option<[u8; 32]>,
    /// The secret.
    pub secret: Secret,
    /// The hook that read it.
    pub hook: HookId,
    label: Short,
}

impl SecretEvent {
    /// The label in the sense of SSLKEYLOGFILE, such as `CLIENT_RANDOM`. It comes from the memory of the process: check it.
    pub fn label(&self) -> &[u8] {
        self.label.as_bytes()
    }

    /// Reads a record of the ring buffer; `None` when it is not one of ours.
    pub(super) fn parse(record: &[u8], clock: &WallClock) -> Option<Self> {
        if record.len() < EVENT {
            return None;
        }
        Some(Self {
            time: clock.at(u64_at(record, 0)),
            pid: u32_at(record, 8),
            tid: u32_at(record, 12),
            hook: HookId(u32_at(record, 16)),
            name: bytes(record, 32),
            label: Short::new(bytes(record, 48), u32_at(record, 20)),
            client_random: (u32_at(record, 28) > 0).then(|| bytes(record, 112)),
            secret: Secret(Short::new(bytes(record, 144), u32_at(record, 24))),
        })
    }
}

/// Up to 64 secret bytes. Wiped when dropped; `Debug` shows the length only.
#[derive(Clone)]
pub struct Secret(Short);

impl Secret {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.length)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.bytes = [0; LONGEST];
        // Keeps the compiler from leaving out a write that nobody reads.
        black_box(&mut self.0.bytes);
    }
}

/// Up to 64 bytes without an allocation.
#[derive(Clone)]
struct Short {
    bytes: [u8; LONGEST],
    length: u8,
}

impl Short {
    fn new(bytes: [u8; LONGEST], length: u32) -> Self {
        Self { bytes, length: length.min(LONGEST as u32) as u8 }
    }

    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..usize::from(self.length)]
    }
}

impl fmt::Debug for Short {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.as_bytes().escape_ascii())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Vec<u8> {
        let mut record = 5u64.to_ne_bytes().to_vec();
        for number in [10, 11, 3, 13, 48, 32] {
            record.extend(u32::to_ne_bytes(number));
        }
        record.extend(b"worker\0\0\0\0\0\0\0\0\0\0");
        record.extend([b"CLIENT_RANDOM".as_slice(), &[0; 51]].concat());
        record.extend([0xcc; 32]);
        record.extend([[0xee; 48].as_slice(), &[0; 16]].concat());
        record
    }

    #[test]
    fn an_event_is_read_back() {
        let event = SecretEvent::parse(&record(), &WallClock::new()).unwrap();
        assert_eq!((event.pid, event.tid, event.hook), (10, 11, HookId(3)));
        assert_eq!(event.label(), b"CLIENT_RANDOM");
        assert_eq!(event.client_random, Some([0xcc; 32]));
        assert_eq!(event.secret.as_bytes(), [0xee; 48]);
    }

    #[test]
    fn an_event_may_lack_the_client_random() {
        let mut record = record();
        record[28..32].fill(0);
        assert_eq!(SecretEvent::parse(&record, &WallClock::new()).unwrap().client_random, None);
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let event = SecretEvent::parse(&record(), &WallClock::new()).unwrap();
        let text = format!("{event:?}");
        assert!(text.contains("Secret(48 bytes)") && text.contains("CLIENT_RANDOM"), "{text}");
        assert!(!text.contains("238, 238") && !text.to_lowercase().contains("eeee"), "{text}");
    }

    #[test]
    fn a_cut_record_is_no_event() {
        let record = record();
        for length in 0..record.len() {
            assert!(SecretEvent::parse(&record[..length], &WallClock::new()).is_none());
        }
    }
}
