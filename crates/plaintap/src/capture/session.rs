//! One capture of one command: starts the sources, records until the command ends, and says what came of it.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result, bail};
use plaintap_crypt::{KeyStore, SecretLabel, TlsSecret};
use plaintap_linux::bpf::{
    HookId, Probes, SecretEvent, SecretReader, SocketsOptions, SocketsSource, TargetFilter,
};
use plaintap_linux::run::{Command, ExitStatus, Prepared};
use plaintap_locate::Field;
use plaintap_packet::file::InterfaceStatistics;
use plaintap_packet::{Batch, CaptureSource, CaptureStatistics, Nanos};
use serde_json::Value;

use super::ledger::KeySummary;
use super::ledger_json::HookReport;
use super::live_text::LiveText;
use super::pcapng_sink::PcapngSink;
use super::probe_log::ProbeLog;
use super::prober::Prober;
use super::recorder::{Origin, Recorded, Recorder, RecorderOptions, Sink};
use super::relearn::Relearner;
use crate::capture_filter::SocketFilter;
use crate::out::CaptureFile;

/// How long the source waits for packets before other things are looked after.
const ROUND: Duration = Duration::from_millis(20);
/// What was recorded is visible to readers of the file at the latest after this time.
const FLUSH: Duration = Duration::from_millis(100);
/// How long connections may take to close after the command has ended.
const SETTLE: Duration = Duration::from_millis(500);

/// How to capture.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// How to record.
    pub recorder: RecorderOptions,
    /// Size of the kernel's ring buffer for packets.
    pub ring_kib: u32,
    /// Whether to take TLS secrets.
    pub keys: bool,
    /// Which packets leave the kernel; all if there is none.
    pub filter: Option<SocketFilter>,
}

/// What came of a capture.
#[derive(Debug)]
pub struct Outcome {
    /// How the command ended.
    pub status: ExitStatus,
    /// Packets recorded.
    pub recorded: Recorded,
    /// Counts of the capture source.
    pub statistics: CaptureStatistics,
    /// The connections and their keys; `None` when no keys were asked for.
    pub keys: Option<KeyReport>,
    /// Processes of the command that still run.
    pub still_running: usize,
    /// Why recording ended early.
    pub failure: Option<anyhow::Error>,
}

/// What came of the keys.
#[derive(Debug)]
pub struct KeyReport {
    /// The connections.
    pub connections: KeySummary,
    /// Secrets that were lost because the ring buffer was full.
    pub lost: u64,
    /// Hits of probes that could not be read.
    pub unreadable: u64,
    /// Secrets that no captured ClientHello asked for; they were not written.
    pub unproved: usize,
    /// Secrets that did not open what they had to; they were not written.
    pub wrong: u64,
    /// Secrets that nothing was captured to prove with; they were not written.
    pub not_proven: u64,
    /// Hooks that did not read what they should and what became of them, one line each.
    pub hooks: Vec<String>,
    /// The ledger as JSON.
    pub ledger: Value,
    /// Files that look like a TLS stack, but could not be probed.
    pub failures: Vec<String>,
    /// Programs and libraries that could not be looked at before they ran.
    pub unnoticed: u64,
}

/// Runs `command` and records its traffic into `file`, or prints it on standard error.
///
/// # Errors
/// When the capture or the command cannot be started. The command has not run then.
pub fn capture_command(
    command: Command,
    options: &SessionOptions,
    file: Option<CaptureFile>,
    target: &str,
) -> Result<Outcome> {
    // This forks: no thread may exist yet.
    let mut prepared = command.prepare()?;
    let log = Arc::new(ProbeLog::default());
    let (source, probes, target_filter) = start_sources(&prepared, options)?;
    let (secrets, supervisor) = match probes {
        Some(Probes { attacher, reader }) => {
            let mut prober = Prober::new(attacher, Arc::clone(&log));
            let supervisor =
                prepared.supervise(move |mapping| prober.mapping(mapping)).context(WITHOUT_KEYS)?;
            (Some(reader), Some(supervisor))
        }
        None => (None, None),
    };
    let link_type = source.link_type();
    let sink: Box<dyn Sink + Send> = match file {
        Some(file) => {
            let name = file.name().to_owned();
            let filter = options.filter.as_ref().map_or("", |filter| &filter.expression);
            let sink = PcapngSink::new(file, link_type, options.recorder.snap_length, target, filter);
            Box::new(sink.with_context(|| format!("cannot write {name}"))?)
        }
        None => Box::new(LiveText::new()),
    };
    if prepared.asked_to_end() {
        bail!("interrupted before the command was started");
    }
    let recorder = Recorder::new(sink, link_type, options.recorder, KeyStore::new(), Arc::clone(&log));
    let recording = Recording {
        source,
        secrets,
        relearner: Relearner::new(target_filter),
        recorder,
        log: Arc::clone(&log),
        start: now(),
    };

    let ended = Arc::new(AtomicBool::new(false));
    let thread = {
        let ended = Arc::clone(&ended);
        thread::Builder::new().name("record".into()).spawn(move || recording.run(&ended))?
    };
    let mut running = prepared.start()?;
    let status = running.wait(|_| {});
    ended.store(true, Ordering::Release);
    let report = match thread.join() {
        Ok(report) => report,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    let still_running = running.cgroup().processes().map_or(0, |pids| pids.len());
    let unnoticed = supervisor.map_or(0, |s| s.stop().unreadable);
    Ok(Outcome {
        status: status?,
        recorded: report.recorded,
        statistics: report.statistics,
        keys: report.keys.map(|keys| KeyReport { unnoticed, ..keys }),
        still_running,
        failure: report.failure,
    })
}

/// What can be done where probes cannot be had.
const WITHOUT_KEYS: &str = "TLS secrets cannot be taken (run with --no-keys to capture without)";

/// Loads the capture and the probe programs. Each takes a while, most of it in the kernel, so they are loaded at once.
fn start_sources(
    prepared: &Prepared,
    options: &SessionOptions,
) -> Result<(SocketsSource, Option<Probes>, TargetFilter)> {
    let directory = prepared.cgroup().directory();
    let target = TargetFilter::of_directory(directory)?;
    thread::scope(|scope| {
        let probes = options.keys.then(|| scope.spawn(move || Probes::new(&target)));
        let source = SocketsSource::attach(directory, &options.sockets());
        let probes = probes.map(|thread| match thread.join() {
            Ok(probes) => probes,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        Ok((source?, probes.transpose().context(WITHOUT_KEYS)?, target))
    })
}

impl SessionOptions {
    /// The kernel cuts packets only where nobody needs to see the handshakes whole.
    fn sockets(&self) -> SocketsOptions {
        let default = SocketsOptions {
            ring_kib: self.ring_kib,
            filter: self.filter.as_ref().map(|filter| filter.instructions.clone()),
            ..SocketsOptions::default()
        };
        match self.recorder.snap_length {
            0 => default,
            _ if self.keys => default,
            snap_length => SocketsOptions { snap_length, ..default },
        }
    }
}

/// The recording thread's own.
struct Recording {
    source: SocketsSource,
    secrets: Option<SecretReader>,
    relearner: Relearner,
    recorder: Recorder,
    log: Arc<ProbeLog>,
    start: Nanos,
}

/// What the recording thread leaves behind.
struct Report {
    recorded: Recorded,
    statistics: CaptureStatistics,
    keys: Option<KeyReport>,
    failure: Option<anyhow::Error>,
}

impl Recording {
    fn run(mut self, ended: &AtomicBool) -> Report {
        let result = self.record(ended);
        let statistics = self.source.statistics();
        let received = statistics.inbound + statistics.outbound - statistics.duplicates;
        let counts = InterfaceStatistics {
            interface: 0,
            time: now(),
            start: Some(self.start),
            end: Some(now()),
            received: Some(received),
            accepted: Some(received - statistics.filtered),
            dropped: Some(statistics.dropped_full + statistics.dropped_uncopied),
            delivered: Some(self.recorder.recorded().total()),
            ..InterfaceStatistics::default()
        };
        let lost = self
            .secrets
            .as_ref()
            .map(|secrets| self.hook_reports(secrets).iter().any(|hook| hook.lost + hook.unreadable > 0));
        let result = result.and_then(|()| self.recorder.finish(&counts, lost).map_err(Failure::Output));
        self.relearner.keep(&self.recorder, &self.log);
        let failure = result.err().map(|failure| failure.explain(self.recorder.recorded()));
        Report {
            recorded: self.recorder.recorded(),
            statistics,
            keys: self.secrets.as_ref().map(|secrets| self.key_report(secrets)),
            failure,
        }
    }

    /// Records until the command has ended and its connections are closed, or enough packets are there.
    fn record(&mut self, ended: &AtomicBool) -> Result<(), Failure> {
        let (mut batch, mut events) = (Batch::default(), Vec::new());
        let mut flushed = Instant::now();
        let mut end: Option<Instant> = None;
        loop {
            if end.is_none() && ended.load(Ordering::Acquire) {
                end = Some(Instant::now());
            }
            batch.clear();
            self.source.next_batch(&mut batch, ROUND).map_err(Failure::Source)?;
            let now = Instant::now();
            self.recorder.packets(&batch, now).map_err(Failure::Output)?;
            self.take_secrets(&mut events, now)?;
            self.recorder.release(now).map_err(Failure::Output)?;
            let idle = batch.packets.is_empty();
            if idle || now.duration_since(flushed) >= FLUSH {
                self.recorder.flush().map_err(Failure::Output)?;
                flushed = now;
            }
            let waiting = self.recorder.any_held();
            if self.recorder.is_full() && !waiting {
                return Ok(());
            }
            if let Some(end) = end {
                let settled = idle && !waiting && !self.recorder.any_open();
                if settled || now.duration_since(end) >= SETTLE {
                    return Ok(());
                }
            }
        }
    }

    fn take_secrets(&mut self, events: &mut Vec<SecretEvent>, now: Instant) -> Result<(), Failure> {
        let Some(reader) = &mut self.secrets else { return Ok(()) };
        events.clear();
        reader.next_batch(events, Duration::ZERO).map_err(Failure::Source)?;
        for event in events.drain(..) {
            // Other labels (a key update's) need no line: readers derive those secrets themselves.
            let Some(label) = SecretLabel::from_name(event.label()) else { continue };
            let random = event.client_random.unwrap_or_default();
            if let Ok(secret) = TlsSecret::new(label, random, event.secret.as_bytes()) {
                let origin = Origin { hook: event.hook.0, tid: event.tid, time: event.time };
                self.recorder.secret(secret, origin, now);
            }
        }
        self.relearner.round(&mut self.recorder, reader, &self.log, now);
        Ok(())
    }

    fn hook_reports(&self, secrets: &SecretReader) -> Vec<HookReport> {
        self.log
            .hooks()
            .into_iter()
            .map(|(id, placed)| {
                let counts = secrets.statistics(HookId(id)).unwrap_or_default();
                let (hits, lost, unreadable) = (counts.hits, counts.lost, counts.unreadable());
                HookReport { id, placed, hits, lost, unreadable }
            })
            .collect()
    }

    fn key_report(&self, secrets: &SecretReader) -> KeyReport {
        let hooks = self.hook_reports(secrets);
        let lost = hooks.iter().map(|hook| hook.lost).sum();
        let unreadable = hooks.iter().map(|hook| hook.unreadable).sum();
        let proofs = self.recorder.proofs();
        let any_lost = lost + unreadable > 0;
        KeyReport {
            connections: self.recorder.key_summary(any_lost),
            lost,
            unreadable,
            unproved: self.recorder.unproved(),
            wrong: proofs.wrong().values().sum(),
            not_proven: proofs.undecided(),
            hooks: hooks
                .iter()
                .flat_map(|hook| [self.random_news(hook), self.secret_news(hook)])
                .flatten()
                .collect(),
            ledger: self.recorder.ledger_json(any_lost, &hooks),
            failures: self.log.failures(),
            unnoticed: 0,
        }
    }

    /// What there is to say of where a hook has its client random.
    fn random_news(&self, report: &HookReport) -> Option<String> {
        let proofs = self.recorder.proofs();
        let placed = &report.placed;
        let place = format!("{}: {}", placed.file, placed.hook.kind.function());
        let Field::Memory { address, .. } = &placed.hook.client_random else { return None };
        match &placed.before {
            Some(before) if proofs.is_proven(report.id) => {
                Some(format!("{place}: the client random was not at {before}; found at {address}"))
            }
            Some(before) => Some(format!(
                "{place}: the client random was not at {before}; {address} was tried, not proven"
            )),
            None => None,
        }
    }

    /// The same of its secret.
    fn secret_news(&self, report: &HookReport) -> Option<String> {
        let proofs = self.recorder.proofs();
        let placed = &report.placed;
        let place = format!("{}: {}", placed.file, placed.hook.kind.function());
        let secret = &placed.hook.secret;
        let is_proven = proofs.is_proven(report.id);
        match &placed.secret_before {
            Some(before) if is_proven => {
                Some(format!("{place}: the secret was not {before}; found {secret}"))
            }
            Some(before) => {
                Some(format!("{place}: the secret was not {before}; {secret} was tried, not proven"))
            }
            None if !is_proven && proofs.wrong().contains_key(&report.id) => {
                Some(format!("{place}: what it reads there is no secret"))
            }
            None => None,
        }
    }
}

/// Why recording ended early.
enum Failure {
    Source(io::Error),
    Output(io::Error),
}

impl Failure {
    fn explain(self, recorded: Recorded) -> anyhow::Error {
        let (what, error) = match self {
            Self::Source(error) => ("the kernel's capture buffer cannot be read", error),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                ("the reader of the capture has closed the pipe", error)
            }
            Self::Output(error) => ("the capture cannot be written", error),
        };
        let packets = recorded.total();
        anyhow::Error::new(error)
            .context(format!("{what}; capturing ended after {packets} packets, the command ran on"))
    }
}

/// The time as captured packets and secrets have it.
pub(super) fn now() -> Nanos {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX))
}
