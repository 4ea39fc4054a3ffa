//! The recorder: takes packets and secrets as they come, gives them to the sink in the order a reader needs.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plaintap_crypt::{Completeness, KeyStore, TlsSecret};
use plaintap_packet::file::{InterfaceStatistics, Process};
use plaintap_packet::{Batch, CapturedPacket, Direction, LinkType, Owner, Packet};

use super::flows::{Flows, Seen};
use super::hold::{Held, Queue};
use super::ledger::{KeySummary, Ledger, ProbeLog};
use super::processes::{Processes, comment};
use crate::segment::Segments;

/// Secrets of so many connections that are not in the capture are kept in case their ClientHello comes yet; what is
/// beyond is only counted.
const UNPROVED_CONNECTIONS: usize = 16_384;

/// Where a recording goes: the capture file, or lines on standard error.
pub trait Sink {
    /// A process that later packets refer to; indexes count from 0.
    fn process(&mut self, process: &Process) -> io::Result<()>;
    /// Secrets that serve packets written after them.
    fn secrets(&mut self, secrets: &[TlsSecret]) -> io::Result<()>;
    /// A packet, and the comment to keep with it.
    fn packet(&mut self, packet: &Packet<'_>, comment: Option<&str>) -> io::Result<()>;
    /// Makes what was given so far visible to readers.
    fn flush(&mut self) -> io::Result<()>;
    /// The end, with the counts.
    fn finish(&mut self, statistics: &InterfaceStatistics) -> io::Result<()>;
}

/// How to record.
#[derive(Clone, Copy, Debug)]
pub struct RecorderOptions {
    /// Bytes kept of each packet, 0 for all.
    pub snap_length: u32,
    /// Stop after this many packets.
    pub count: Option<u64>,
    /// How long a packet may wait for its connection's secrets.
    pub patience: Duration,
    /// How many bytes of packets may wait.
    pub memory: usize,
}

impl Default for RecorderOptions {
    fn default() -> Self {
        Self { snap_length: 0, count: None, patience: Duration::from_secs(1), memory: 64 << 20 }
    }
}

/// Packets recorded so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Sent by the target.
    pub outbound: u64,
    /// Received by the target.
    pub inbound: u64,
}

impl Recorded {
    /// Both directions.
    pub fn total(&self) -> u64 {
        self.outbound + self.inbound
    }
}

/// See the module.
pub struct Recorder {
    sink: Box<dyn Sink + Send>,
    options: RecorderOptions,
    link_type: LinkType,
    segments: Segments,
    flows: Flows,
    processes: Processes,
    ledger: Ledger,
    keys: KeyStore,
    probes: Arc<ProbeLog>,
    queue: Queue,
    /// Secrets whose ClientHello was captured, not yet given to the sink.
    proved: Vec<TlsSecret>,
    /// Secrets whose ClientHello was not captured (yet): they are not written.
    unproved: HashMap<[u8; 32], Vec<TlsSecret>>,
    /// Secrets beyond [`UNPROVED_CONNECTIONS`].
    unproved_beyond: usize,
    recorded: Recorded,
    taken: u64,
}

impl Recorder {
    /// A recorder of packets of `link_type`.
    pub fn new(
        sink: Box<dyn Sink + Send>,
        link_type: LinkType,
        options: RecorderOptions,
        keys: KeyStore,
        probes: Arc<ProbeLog>,
    ) -> Self {
        Self {
            sink,
            options,
            link_type,
            segments: Segments::new(link_type),
            flows: Flows::default(),
            processes: Processes::default(),
            ledger: Ledger::default(),
            keys,
            probes,
            queue: Queue::default(),
            proved: Vec::new(),
            unproved: HashMap::new(),
            unproved_beyond: 0,
            recorded: Recorded::default(),
            taken: 0,
        }
    }

    /// Takes a batch of packets.
    ///
    /// # Errors
    /// When the sink cannot take what is ready for it; nothing can be recorded after that.
    pub fn packets(&mut self, batch: &Batch, now: Instant) -> io::Result<()> {
        for captured in &batch.packets {
            if self.is_full() {
                break;
            }
            self.taken += 1;
            self.packet(captured, &batch.bytes[captured.range.clone()], now)?;
        }
        Ok(())
    }

    /// Takes a secret from a probe. Returns whether it is new.
    pub fn secret(&mut self, secret: TlsSecret) -> bool {
        if !self.keys.insert(secret.clone()) {
            return false;
        }
        if self.ledger.knows(&secret.client_random) {
            self.proved.push(secret);
        } else if self.unproved.len() < UNPROVED_CONNECTIONS
            || self.unproved.contains_key(&secret.client_random)
        {
            self.unproved.entry(secret.client_random).or_default().push(secret);
        } else {
            self.unproved_beyond += 1;
        }
        true
    }

    /// Gives to the sink what need not wait any longer. Called after each round of packets and secrets.
    ///
    /// # Errors
    /// When the sink cannot take it.
    pub fn release(&mut self, now: Instant) -> io::Result<()> {
        self.write_secrets()?;
        while let Some(head) = self.queue.head() {
            if let Some(random) = head.waits_for
                && self.keys.completeness(&random) != Completeness::Complete
            {
                let patient = now.duration_since(head.since) < self.options.patience;
                if patient && self.queue.size() < self.options.memory {
                    break;
                }
                self.ledger.gave_up(&random);
            }
            self.write_head()?;
        }
        self.queue.compact();
        Ok(())
    }

    /// Whether as many packets were taken as were asked for.
    pub fn is_full(&self) -> bool {
        self.options.count.is_some_and(|count| self.taken >= count)
    }

    /// Whether TCP connections of the target are still open.
    pub fn any_open(&self) -> bool {
        self.flows.any_open()
    }

    /// Whether packets wait for secrets.
    pub fn any_held(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Packets given to the sink.
    pub fn recorded(&self) -> Recorded {
        self.recorded
    }

    /// Secrets that no captured ClientHello asked for.
    pub fn unproved(&self) -> usize {
        self.unproved_beyond + self.unproved.values().map(Vec::len).sum::<usize>()
    }

    /// The state of the keys.
    pub fn key_summary(&self) -> KeySummary {
        self.ledger.summary(&self.keys, &self.processes, &self.probes)
    }

    /// Makes what was recorded visible to readers.
    ///
    /// # Errors
    /// When the sink cannot take it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    /// Writes everything that still waits, and the counts.
    ///
    /// # Errors
    /// When the sink cannot take it.
    pub fn finish(&mut self, statistics: &InterfaceStatistics) -> io::Result<()> {
        self.options.patience = Duration::ZERO;
        self.release(Instant::now())?;
        self.sink.finish(statistics)
    }

    fn packet(&mut self, captured: &CapturedPacket, data: &[u8], now: Instant) -> io::Result<()> {
        let own = self.process(&captured.owner)?;
        let seen = match self.segments.find(data) {
            Some(segment) => self.flows.observe(&segment, own, now),
            None => Seen { process: own, ..Seen::default() },
        };
        if let Some(random) = seen.client_hello {
            self.ledger.client_hello(random, seen.process);
            self.proved.extend(self.unproved.remove(&random).unwrap_or_default());
        }
        let mut waits_for = None;
        if let Some(random) = seen.answer {
            self.ledger.answered(&random);
            if self.probes.any() && self.keys.completeness(&random) != Completeness::Complete {
                waits_for = Some(random);
            }
        }
        let comment = match seen.process.and_then(|index| self.processes.process(index)) {
            Some(process) if seen.first => Some(comment(process, captured.owner.uid)),
            _ => None,
        };
        let data = self.cut(data);
        if self.queue.is_empty() && waits_for.is_none() {
            self.write_secrets()?;
            let packet = Packet {
                data,
                time: captured.time,
                original_length: captured.original_length,
                link_type: self.link_type,
                interface: 0,
                direction: captured.direction,
                process: seen.process,
            };
            return self.write(&packet, comment.as_deref());
        }
        let held = Held {
            time: captured.time,
            original_length: captured.original_length,
            direction: captured.direction,
            process: seen.process,
            comment,
            waits_for,
            since: now,
        };
        self.queue.push(held, data);
        Ok(())
    }

    /// The index of the owner's process; a new one is announced to the sink.
    fn process(&mut self, owner: &Owner) -> io::Result<Option<u32>> {
        let Some((index, new)) = self.processes.index(owner) else { return Ok(None) };
        if new && let Some(process) = self.processes.process(index) {
            self.sink.process(process)?;
        }
        Ok(Some(index))
    }

    fn cut<'d>(&self, data: &'d [u8]) -> &'d [u8] {
        match self.options.snap_length as usize {
            0 => data,
            length => &data[..data.len().min(length)],
        }
    }

    fn write_secrets(&mut self) -> io::Result<()> {
        if !self.proved.is_empty() {
            self.sink.secrets(&self.proved)?;
            self.proved.clear();
        }
        Ok(())
    }

    fn write_head(&mut self) -> io::Result<()> {
        let Some((held, data)) = self.queue.pop() else { return Ok(()) };
        let packet = Packet {
            data,
            time: held.time,
            original_length: held.original_length,
            link_type: self.link_type,
            interface: 0,
            direction: held.direction,
            process: held.process,
        };
        self.recorded.count(held.direction);
        self.sink.packet(&packet, held.comment.as_deref())
    }

    fn write(&mut self, packet: &Packet<'_>, comment: Option<&str>) -> io::Result<()> {
        self.recorded.count(packet.direction);
        self.sink.packet(packet, comment)
    }
}

impl Recorded {
    fn count(&mut self, direction: Direction) {
        match direction {
            Direction::Inbound => self.inbound += 1,
            Direction::Outbound | Direction::Unknown => self.outbound += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    use plaintap_crypt::SecretLabel;
    use plaintap_packet::Nanos;

    const RANDOM: [u8; 32] = [7; 32];

    /// Writes down what it is given.
    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<String>>>);

    impl Log {
        fn take(&self) -> Vec<String> {
            std::mem::take(&mut self.0.lock().unwrap())
        }

        fn add(&self, line: String) -> io::Result<()> {
            self.0.lock().unwrap().push(line);
            Ok(())
        }
    }

    impl Sink for Log {
        fn process(&mut self, process: &Process) -> io::Result<()> {
            self.add(format!("process {}", process.name))
        }

        fn secrets(&mut self, secrets: &[TlsSecret]) -> io::Result<()> {
            self.add(format!("{} secrets", secrets.len()))
        }

        fn packet(&mut self, packet: &Packet<'_>, comment: Option<&str>) -> io::Result<()> {
            let owner = packet.process.map_or("-".to_owned(), |p| p.to_string());
            self.add(
                format!("packet {} of {owner} {}", packet.time.0, comment.unwrap_or("")).trim().to_owned(),
            )
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }

        fn finish(&mut self, _: &InterfaceStatistics) -> io::Result<()> {
            self.add("end".to_owned())
        }
    }

    fn recorder(options: RecorderOptions) -> (Recorder, Log) {
        let (log, probes) = (Log::default(), Arc::new(ProbeLog::default()));
        probes.attached("libssl", [0].into_iter());
        let recorder = Recorder::new(Box::new(log.clone()), LinkType::RAW, options, KeyStore::new(), probes);
        (recorder, log)
    }

    /// A batch of TCP segments between 10.0.0.1:1000 and 10.0.0.2:443, numbered from `first` by their time.
    fn batch(first: i64, segments: &[(bool, &[u8])]) -> Batch {
        let mut batch = Batch::default();
        for (n, (from_client, payload)) in segments.iter().enumerate() {
            let start = batch.bytes.len();
            let length = 40 + payload.len() as u16;
            let mut ip = [0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2];
            let mut tcp = [3, 232, 1, 187, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x10, 0, 0, 0, 0, 0, 0];
            ip[2..4].copy_from_slice(&length.to_be_bytes());
            if !from_client {
                ip[12..20].rotate_left(4);
                tcp[0..4].rotate_left(2);
            }
            batch.bytes.extend(ip.iter().chain(&tcp).chain(*payload));
            let mut owner = Owner { pid: 5, uid: 0, ..Owner::default() };
            owner.name[..4].copy_from_slice(b"curl");
            batch.packets.push(CapturedPacket {
                time: Nanos(first + n as i64),
                original_length: u32::from(length),
                range: start..batch.bytes.len(),
                direction: Direction::Outbound,
                interface_index: 1,
                owner,
            });
        }
        batch
    }

    fn client_hello() -> Vec<u8> {
        let mut hello = vec![22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3];
        hello.extend(RANDOM);
        hello.resize(205, 0);
        hello
    }

    const SERVER_HELLO: &[u8] = &[22, 3, 3, 0, 2, 2, 0];

    fn secret(label: SecretLabel) -> TlsSecret {
        TlsSecret::new(label, RANDOM, &[9; 48]).unwrap()
    }

    #[test]
    fn packets_wait_for_the_secrets_that_they_need() {
        let (mut recorder, log) = recorder(RecorderOptions::default());
        let now = Instant::now();
        let hello = client_hello();
        recorder
            .packets(&batch(1, &[(true, b""), (true, &hello), (false, SERVER_HELLO), (true, b"x")]), now)
            .unwrap();
        recorder.release(now).unwrap();
        assert_eq!(log.take(), ["process curl", "packet 1 of 0 pid=5 process=curl uid=0", "packet 2 of 0"]);
        for label in [
            SecretLabel::ServerHandshakeTrafficSecret,
            SecretLabel::ClientHandshakeTrafficSecret,
            SecretLabel::ClientTrafficSecret0,
        ] {
            assert!(recorder.secret(secret(label)));
        }
        recorder.release(now).unwrap();
        assert_eq!(log.take(), ["3 secrets"]);
        assert!(recorder.secret(secret(SecretLabel::ServerTrafficSecret0)));
        assert!(!recorder.secret(secret(SecretLabel::ServerTrafficSecret0)));
        recorder.release(now).unwrap();
        assert_eq!(log.take(), ["1 secrets", "packet 3 of 0", "packet 4 of 0"]);
        recorder.packets(&batch(5, &[(false, b"y")]), now).unwrap();
        recorder.finish(&InterfaceStatistics::default()).unwrap();
        assert_eq!(log.take(), ["packet 5 of 0", "end"]);
        let summary = recorder.key_summary();
        assert_eq!((summary.connections, summary.with_keys, summary.late), (1, 1, 0));
    }

    #[test]
    fn a_secret_without_a_captured_client_hello_is_never_written() {
        let (mut recorder, log) = recorder(RecorderOptions::default());
        let now = Instant::now();
        recorder.secret(secret(SecretLabel::ClientRandom));
        recorder.packets(&batch(1, &[(true, b"")]), now).unwrap();
        recorder.release(now).unwrap();
        assert_eq!(recorder.unproved(), 1);
        assert_eq!(log.take().len(), 2);
        // The ring buffers are two: a secret may be read before the packet that proves it.
        recorder.packets(&batch(2, &[(true, &client_hello()), (false, SERVER_HELLO)]), now).unwrap();
        recorder.release(now).unwrap();
        assert_eq!(recorder.unproved(), 0);
        assert_eq!(log.take(), ["1 secrets", "packet 2 of 0", "packet 3 of 0"]);
    }

    #[test]
    fn patience_and_memory_are_bounded() {
        let hello = client_hello();
        let handshake: &[(bool, &[u8])] = &[(true, &hello), (false, SERVER_HELLO), (true, b"abc")];
        let options =
            RecorderOptions { patience: Duration::from_secs(1), memory: 1000, ..RecorderOptions::default() };
        let (mut recorder, log) = recorder(options);
        let now = Instant::now();
        recorder.packets(&batch(1, handshake), now).unwrap();
        recorder.release(now + Duration::from_millis(999)).unwrap();
        assert_eq!(log.take().len(), 2);
        assert!(recorder.any_held());
        recorder.release(now + Duration::from_secs(1)).unwrap();
        assert_eq!(log.take(), ["packet 2 of 0", "packet 3 of 0"]);
        assert!(!recorder.any_held());
        recorder.secret(secret(SecretLabel::ClientRandom));
        assert_eq!(recorder.key_summary().late, 1);

        let (mut recorder, log) = self::recorder(options);
        recorder.packets(&batch(1, handshake), now).unwrap();
        recorder.packets(&batch(4, &[(true, &[0; 1000])]), now).unwrap();
        recorder.release(now).unwrap();
        assert_eq!(log.take().len(), 5);
    }

    #[test]
    fn counts_and_snap_lengths_hold() {
        let options = RecorderOptions { count: Some(2), snap_length: 41, ..RecorderOptions::default() };
        let (mut recorder, log) = recorder(options);
        recorder
            .packets(&batch(1, &[(true, b"abc"), (false, b"abc"), (true, b"abc")]), Instant::now())
            .unwrap();
        assert!(recorder.is_full());
        assert_eq!(recorder.recorded().total(), 2);
        assert_eq!(log.take().len(), 3);
        assert_eq!(recorder.cut(&[0; 50]).len(), 41);
    }
}
