//! The recorder: takes packets and secrets as they come, gives them to the sink in the order a reader needs.

use std::collections::{HashMap, HashSet};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use plaintap_crypt::{Completeness, KeyStore, Lock, TlsSecret};
use plaintap_packet::file::{InterfaceStatistics, Process};
use plaintap_packet::{Batch, CapturedPacket, Direction, LinkType, Nanos, Owner, Packet};
use serde_json::Value;

use super::flows::{Flows, Seen};
use super::hold::{Held, Queue};
use super::ledger::{Circumstances, Hello, KeySummary, Ledger};
use super::ledger_json::{self, HookReport};
use super::probe_log::ProbeLog;
use super::processes::{Processes, comment};
use super::proofs::Proofs;
use crate::hello::{QuicHellos, Security, client_hello_random, dtls_hello_random, is_quic_or_dtls};
use crate::segment::Segments;

/// Secrets of so many connections that are not in the capture are kept in case their ClientHello comes yet; what is
/// beyond is only counted.
const UNPROVED_CONNECTIONS: usize = 16_384;
/// Secrets that are kept of one of them: a connection has five or six, and a few more when two hooks pass them.
const STRAY_SECRETS: usize = 32;

/// Packets come by another ring buffer, and so long may the ClientHello of a secret be behind it.
const STRANGE: Duration = Duration::from_millis(100);
/// Two programs at one place run within so many nanoseconds for the same hit.
const SAME_HIT: i64 = 20_000_000;

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
    /// The end, with the counts, and what a key log has to say of connections without secrets (see [`crate::remarks`]).
    fn finish(&mut self, statistics: &InterfaceStatistics, remarks: &str) -> io::Result<()>;
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

/// A packet without what its file keeps of it.
fn bare<'d>(data: &'d [u8], captured: &CapturedPacket, link_type: LinkType) -> Packet<'d> {
    Packet {
        data,
        time: captured.time,
        original_length: captured.original_length,
        link_type,
        interface: 0,
        direction: captured.direction,
        process: None,
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

/// The hit of a hook that a secret comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// The hook's number.
    pub hook: u32,
    /// The thread.
    pub tid: u32,
    /// When it passed.
    pub time: Nanos,
}

/// A secret whose client random no captured ClientHello has. All zeros stand for one that could not be read.
struct Stray {
    secret: TlsSecret,
    origin: Origin,
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
    quic: QuicHellos,
    proofs: Proofs,
    /// The connection of the secret that was admitted last, and its hook: the next one is mostly of the same.
    last: Option<([u8; 32], u32)>,
    /// Hooks that have read the client random of a captured connection.
    familiar: HashSet<u32>,
    /// The others, since they were first passed.
    strangers: HashMap<u32, Instant>,
    /// Hooks whose secrets have opened nothing.
    suspects: HashSet<u32>,
    /// Hooks whose secrets were read wrongly before these times.
    trusted_from: HashMap<u32, Nanos>,
    /// Secrets that are right, not yet given to the sink.
    proved: Vec<TlsSecret>,
    /// Secrets whose ClientHello was not captured (yet): they are not written.
    unproved: HashMap<[u8; 32], Vec<Stray>>,
    /// Secrets beyond [`UNPROVED_CONNECTIONS`] or [`STRAY_SECRETS`].
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
            quic: QuicHellos::new(),
            proofs: Proofs::default(),
            last: None,
            familiar: HashSet::new(),
            strangers: HashMap::new(),
            suspects: HashSet::new(),
            trusted_from: HashMap::new(),
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

    /// Takes a secret from a probe.
    pub fn secret(&mut self, secret: TlsSecret, origin: Origin, now: Instant) {
        let random = secret.client_random;
        if self.trusted_from.get(&origin.hook).is_some_and(|from| origin.time < *from) {
            return self.proofs.misread(origin.hook, 1);
        }
        if self.last == Some((random, origin.hook)) || self.ledger.knows(&random) {
            return self.admit(secret, origin.hook);
        }
        if !self.familiar.contains(&origin.hook) {
            self.strangers.entry(origin.hook).or_insert(now);
        }
        let full = self.unproved.len() >= UNPROVED_CONNECTIONS && !self.unproved.contains_key(&random);
        let strays = match full {
            true => None,
            false => Some(self.unproved.entry(random).or_default()),
        };
        match strays.filter(|strays| strays.len() < STRAY_SECRETS) {
            Some(strays) => strays.push(Stray { secret, origin }),
            None => self.unproved_beyond += 1,
        }
    }

    /// A secret of a connection whose ClientHello was captured.
    fn admit(&mut self, secret: TlsSecret, hook: u32) {
        if self.last != Some((secret.client_random, hook)) {
            self.last = Some((secret.client_random, hook));
            self.ledger.secret(&secret.client_random, hook);
            if self.familiar.insert(hook) {
                self.strangers.remove(&hook);
                if self.probes.hook(hook).is_some_and(|placed| placed.remembered) {
                    self.proofs.doubt(hook);
                }
            }
        }
        if let Some(secret) = self.proofs.secret(secret, hook) {
            self.accept(secret);
        }
    }

    /// A secret that is right.
    fn accept(&mut self, secret: TlsSecret) {
        let random = secret.client_random;
        if self.keys.insert(secret.clone()) {
            self.proved.push(secret);
        }
        if self.proofs.wants_packets() && self.keys.completeness(&random) == Completeness::Complete {
            self.proofs.complete(&random);
        }
    }

    /// Gives to the sink what need not wait any longer. Called after each round of packets and secrets.
    ///
    /// # Errors
    /// When the sink cannot take it.
    pub fn release(&mut self, now: Instant) -> io::Result<()> {
        let judgement = self.proofs.judge(self.link_type);
        for secret in judgement.accepted {
            self.accept(secret);
        }
        for (random, hook) in judgement.wrong {
            self.ledger.wrong(&random);
            self.suspects.insert(hook);
        }
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

    /// What was found out about secrets and hooks.
    pub fn proofs(&self) -> &Proofs {
        &self.proofs
    }

    /// The state of the keys. `lost` says whether secrets were lost before they came here.
    pub fn key_summary(&self, lost: bool) -> KeySummary {
        self.with_circumstances(lost, |circumstances| self.ledger.summary(circumstances))
    }

    /// The ledger as JSON.
    pub fn ledger_json(&self, lost: bool, hooks: &[HookReport]) -> Value {
        self.with_circumstances(lost, |circumstances| {
            ledger_json::ledger(&self.ledger, circumstances, &self.proofs, self.unproved() as u64, hooks)
        })
    }

    fn with_circumstances<T>(&self, lost: bool, act: impl FnOnce(&Circumstances<'_>) -> T) -> T {
        act(&Circumstances {
            keys: &self.keys,
            processes: &self.processes,
            probes: &self.probes,
            waits: &|random| self.proofs.waits(random),
            misread: !self.strangers.is_empty(),
            lost,
        })
    }

    /// Hooks that never read the client random of a captured connection, only others, while connections are without secrets.
    pub fn misread_hooks(&self, now: Instant) -> Vec<u32> {
        let strangers = self.strangers.iter().filter(|(_, since)| now.duration_since(**since) >= STRANGE);
        let hooks: Vec<u32> = strangers.map(|(&hook, _)| hook).collect();
        if hooks.is_empty() || self.ledger.without_secrets(1).is_empty() {
            return Vec::new();
        }
        hooks
    }

    /// The client randoms of answered connections without secrets, the newest ones.
    pub fn without_secrets(&self, most: usize) -> Vec<[u8; 32]> {
        self.ledger.without_secrets(most)
    }

    /// Hooks that read the client random of captured connections, but as secrets only what opens nothing.
    pub fn misread_secrets(&self) -> Vec<u32> {
        self.suspects.iter().copied().filter(|&hook| !self.proofs.is_proven(hook)).collect()
    }

    /// The first records of a captured connection whose secrets are missing: what shows which bytes are the secret.
    pub fn locks(&self, random: &[u8; 32]) -> Vec<Lock> {
        self.proofs.locks(random, self.link_type)
    }

    /// The secret of this hook is read in another way from now on. `found` are what was read in that way before.
    pub fn corrected_secret(&mut self, hook: u32, now: Nanos, found: Vec<TlsSecret>) {
        self.suspects.remove(&hook);
        // A probe program that runs right now may still read in the old way, and has its time from when it has ended.
        self.trusted_from.insert(hook, Nanos(now.0.saturating_add(SAME_HIT)));
        self.unproved.retain(|_, strays| {
            strays.retain(|stray| stray.origin.hook != hook);
            !strays.is_empty()
        });
        self.proofs.doubt(hook);
        for secret in found {
            if self.ledger.knows(&secret.client_random) {
                self.admit(secret, hook);
            }
        }
    }

    /// This hook is read in another way from now on.
    pub fn corrected(&mut self, hook: u32) {
        self.strangers.remove(&hook);
    }

    /// The secret that a thread passed to a hook at this time is of the connection with this random.
    pub fn rescue(&mut self, hook: u32, tid: u32, time: Nanos, random: [u8; 32]) {
        let mut nearest: Option<(i64, [u8; 32], usize)> = None;
        for (&key, strays) in &self.unproved {
            for (index, Stray { origin, .. }) in strays.iter().enumerate() {
                let distance = origin.time.since(time).abs();
                if (origin.hook, origin.tid) == (hook, tid)
                    && distance < SAME_HIT
                    && nearest.is_none_or(|(least, _, _)| distance < least)
                {
                    nearest = Some((distance, key, index));
                }
            }
        }
        let Some((_, key, index)) = nearest else { return };
        let Some(strays) = self.unproved.get_mut(&key) else { return };
        let Stray { mut secret, origin } = strays.remove(index);
        if strays.is_empty() {
            self.unproved.remove(&key);
        }
        secret.client_random = random;
        if self.ledger.knows(&random) {
            self.admit(secret, origin.hook);
        }
    }

    /// Makes what was recorded visible to readers.
    ///
    /// # Errors
    /// When the sink cannot take it.
    pub fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }

    /// Writes everything that still waits, the counts, and why connections have no secrets. `lost` says whether secrets were
    /// lost before they came here; `None` that none were asked for.
    ///
    /// # Errors
    /// When the sink cannot take it.
    pub fn finish(&mut self, statistics: &InterfaceStatistics, lost: Option<bool>) -> io::Result<()> {
        self.options.patience = Duration::ZERO;
        self.release(Instant::now())?;
        let remarks = lost.map(|lost| self.with_circumstances(lost, |c| self.ledger.remarks(c)));
        self.sink.finish(statistics, &remarks.unwrap_or_default())
    }

    fn packet(&mut self, captured: &CapturedPacket, data: &[u8], now: Instant) -> io::Result<()> {
        let own = self.process(&captured.owner)?;
        let (mut ends, mut security, mut before) = (None, Security::Tls, Vec::new());
        let seen = match self.segments.find(data) {
            Some(segment) => {
                ends = Some([segment.source, segment.destination]);
                let hello = match segment.tcp {
                    true => client_hello_random(segment.payload),
                    false if is_quic_or_dtls(segment.payload) => match dtls_hello_random(segment.payload) {
                        Some(random) => {
                            security = Security::Dtls;
                            Some(random)
                        }
                        None => {
                            security = Security::Quic;
                            let packet = bare(data, captured, self.link_type);
                            let found = self.quic.hello(&packet, [segment.source, segment.destination]);
                            found.map(|(random, packets)| {
                                before = packets;
                                random
                            })
                        }
                    },
                    false => None,
                };
                self.flows.observe(&segment, hello, own, now)
            }
            None => Seen { process: own, ..Seen::default() },
        };
        if let Some((random, ends)) = seen.client_hello.zip(ends) {
            let hello = Hello { random, security, ends, time: captured.time, process: seen.process };
            self.ledger.client_hello(hello);
            self.proofs.begin(random, self.probes.count());
            for (data, original_length) in before {
                self.proofs.packet(&random, &data, original_length);
            }
            for stray in self.unproved.remove(&random).unwrap_or_default() {
                self.admit(stray.secret, stray.origin.hook);
            }
        }
        if self.proofs.wants_packets()
            && let Some(random) = seen.random
        {
            self.proofs.packet(&random, data, captured.original_length);
        }
        let mut waits_for = None;
        if let Some(random) = seen.answer {
            self.ledger.answered(&random);
            if self.probes.count() > 0 && self.keys.completeness(&random) != Completeness::Complete {
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
            let packet = Packet { process: seen.process, ..bare(data, captured, self.link_type) };
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
    use crate::capture::probe_log;
    use crate::remarks;
    use std::sync::Mutex;

    use plaintap_crypt::SecretLabel;
    use plaintap_packet::Nanos;

    const RANDOM: [u8; 32] = [7; 32];
    const HOOK: u32 = 3;

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

        fn finish(&mut self, _: &InterfaceStatistics, remarks: &str) -> io::Result<()> {
            for (_, missing) in remarks::parse(remarks.as_bytes()) {
                self.add(format!("missing: {}", missing.reason))?;
            }
            self.add("end".to_owned())
        }
    }

    fn recorder(options: RecorderOptions) -> (Recorder, Log) {
        let (log, probes) = (Log::default(), Arc::new(ProbeLog::default()));
        probes.attached("libssl", None, [(HOOK, probe_log::tests::hook(), false)].into_iter());
        let mut recorder =
            Recorder::new(Box::new(log.clone()), LinkType::RAW, options, KeyStore::new(), probes);
        recorder.proofs.trust(HOOK);
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

    /// A secret of the connection, as a probe reads it.
    fn give(recorder: &mut Recorder, label: SecretLabel) {
        give_from(recorder, HOOK, RANDOM, label, Instant::now());
    }

    fn give_from(recorder: &mut Recorder, hook: u32, random: [u8; 32], label: SecretLabel, now: Instant) {
        let secret = TlsSecret::new(label, random, &[9; 48]).unwrap();
        recorder.secret(secret, Origin { hook, tid: 5, time: Nanos(1000) }, now);
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
            give(&mut recorder, label);
        }
        recorder.release(now).unwrap();
        assert_eq!(log.take(), ["3 secrets"]);
        for _ in 0..2 {
            give(&mut recorder, SecretLabel::ServerTrafficSecret0);
        }
        recorder.release(now).unwrap();
        assert_eq!(log.take(), ["1 secrets", "packet 3 of 0", "packet 4 of 0"]);
        recorder.packets(&batch(5, &[(false, b"y")]), now).unwrap();
        recorder.finish(&InterfaceStatistics::default(), Some(false)).unwrap();
        assert_eq!(log.take(), ["packet 5 of 0", "end"]);
        let summary = recorder.key_summary(false);
        assert_eq!((summary.connections, summary.with_keys, summary.late), (1, 1, 0));
    }

    #[test]
    fn a_secret_without_a_captured_client_hello_is_never_written() {
        let (mut recorder, log) = recorder(RecorderOptions::default());
        let now = Instant::now();
        give(&mut recorder, SecretLabel::ClientRandom);
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
    fn a_secret_of_a_hook_that_is_not_proven_is_not_written() {
        let (mut recorder, log) = recorder(RecorderOptions::default());
        let now = Instant::now();
        recorder.packets(&batch(1, &[(true, &client_hello()), (false, SERVER_HELLO)]), now).unwrap();
        give_from(&mut recorder, HOOK + 1, RANDOM, SecretLabel::ClientRandom, now);
        recorder.release(now).unwrap();
        recorder.finish(&InterfaceStatistics::default(), Some(false)).unwrap();
        let lines = log.take();
        assert!(lines.iter().all(|line| !line.contains("secrets")));
        assert!(lines.contains(&"missing: not_proven".to_owned()), "{lines:?}");
        assert_eq!(recorder.proofs().undecided(), 1);
        assert!(
            recorder.key_summary(false).without.keys().any(|reason| reason.contains("to prove its secrets"))
        );
    }

    #[test]
    fn a_hook_that_reads_other_randoms_is_noticed_and_its_secrets_can_be_rescued() {
        let (mut recorder, log) = recorder(RecorderOptions::default());
        let now = Instant::now();
        give(&mut recorder, SecretLabel::ExporterSecret);
        give_from(&mut recorder, HOOK, [0; 32], SecretLabel::ClientRandom, now);
        assert!(recorder.misread_hooks(now + STRANGE).is_empty(), "no connection lacks its secrets");
        let handshake = [(true, client_hello()), (false, SERVER_HELLO.to_vec())];
        let handshake = handshake.each_ref().map(|(from_client, bytes)| (*from_client, &bytes[..]));
        let mut other = client_hello();
        other[11..43].fill(8);
        recorder.packets(&batch(1, &[(true, &other), (false, SERVER_HELLO)]), now).unwrap();
        recorder.strangers.insert(HOOK, now);
        recorder.familiar.clear();
        recorder.last = None;
        assert!(recorder.misread_hooks(now).is_empty(), "the ClientHello may come yet");
        assert_eq!(recorder.misread_hooks(now + STRANGE), [HOOK]);
        recorder.packets(&batch(3, &handshake), now).unwrap();
        recorder.rescue(HOOK, 6, Nanos(1000), [8; 32]);
        recorder.rescue(HOOK, 5, Nanos(1000 + SAME_HIT), [8; 32]);
        assert_eq!(recorder.unproved(), 1, "another thread, another time");
        recorder.rescue(HOOK, 5, Nanos(1100), [8; 32]);
        assert_eq!(recorder.unproved(), 0);
        assert!(recorder.misread_hooks(now + STRANGE).is_empty());
        recorder.release(now).unwrap();
        assert!(log.take().contains(&"2 secrets".to_owned()), "the stray one of before too");
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
        give(&mut recorder, SecretLabel::ClientRandom);
        assert_eq!(recorder.key_summary(false).late, 1);

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
