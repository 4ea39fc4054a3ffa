//! The ledger of keys: for each TLS connection, whether its secrets came, and if not why.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use plaintap_crypt::{Completeness, KeyStore};
use plaintap_packet::file::Process;

use super::processes::Processes;

/// What is known about the probes: written by the thread that places them, read when the summary is made.
#[derive(Default)]
pub struct ProbeLog {
    any: AtomicBool,
    inner: Mutex<ProbeLogInner>,
}

#[derive(Default)]
struct ProbeLogInner {
    /// Names of files with hooks.
    files: BTreeSet<String>,
    /// Hooks in place, by their number.
    hooks: BTreeSet<u32>,
    failures: Vec<String>,
}

impl ProbeLog {
    /// These hooks are in place in `file`.
    pub fn attached(&self, file: &str, hooks: impl Iterator<Item = u32>) {
        let mut inner = self.lock();
        inner.files.insert(file.to_owned());
        inner.hooks.extend(hooks);
        self.any.store(true, Ordering::Release);
    }

    /// The hooks in place.
    pub fn hooks(&self) -> Vec<u32> {
        self.lock().hooks.iter().copied().collect()
    }

    /// Probes were wanted in a file and could not be placed.
    pub fn failed(&self, what: String) {
        self.lock().failures.push(what);
    }

    /// Whether any hook is in place: without, no secret can come.
    pub fn any(&self) -> bool {
        self.any.load(Ordering::Acquire)
    }

    /// What went wrong, one line each.
    pub fn failures(&self) -> Vec<String> {
        self.lock().failures.clone()
    }

    /// The names of the files with hooks.
    fn files(&self) -> String {
        self.lock().files.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    fn lock(&self) -> MutexGuard<'_, ProbeLogInner> {
        // A panic elsewhere leaves the tables whole: they are only ever added to.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The TLS connections of a capture, by client random.
#[derive(Default)]
pub struct Ledger {
    connections: HashMap<[u8; 32], Connection>,
}

struct Connection {
    process: Option<u32>,
    answered: bool,
    /// Packets that need the secrets were written without them.
    gave_up: bool,
}

/// The counts for the summary.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct KeySummary {
    /// TLS connections seen.
    pub connections: usize,
    /// Those with all secrets.
    pub with_keys: usize,
    /// Those with all secrets, which came after the packets they serve were written.
    pub late: usize,
    /// Those without, by reason.
    pub without: BTreeMap<String, usize>,
}

impl Ledger {
    /// A ClientHello was captured.
    pub fn client_hello(&mut self, random: [u8; 32], process: Option<u32>) {
        self.connections.entry(random).or_insert(Connection { process, answered: false, gave_up: false });
    }

    /// Whether a ClientHello with this random was captured.
    pub fn knows(&self, random: &[u8; 32]) -> bool {
        self.connections.contains_key(random)
    }

    /// The server answered: secrets are needed from here.
    pub fn answered(&mut self, random: &[u8; 32]) {
        if let Some(connection) = self.connections.get_mut(random) {
            connection.answered = true;
        }
    }

    /// The packets behind the ServerHello were written although secrets were missing.
    pub fn gave_up(&mut self, random: &[u8; 32]) {
        if let Some(connection) = self.connections.get_mut(random) {
            connection.gave_up = true;
        }
    }

    /// The state of all connections.
    pub fn summary(&self, keys: &KeyStore, processes: &Processes, probes: &ProbeLog) -> KeySummary {
        let mut summary = KeySummary { connections: self.connections.len(), ..KeySummary::default() };
        for (random, connection) in &self.connections {
            let completeness = keys.completeness(random);
            if completeness == Completeness::Complete {
                summary.with_keys += 1;
                summary.late += usize::from(connection.gave_up);
                continue;
            }
            let process = connection.process.and_then(|index| processes.process(index));
            let reason = connection.reason(completeness, process, probes);
            *summary.without.entry(reason).or_default() += 1;
        }
        summary
    }
}

impl Connection {
    fn reason(&self, completeness: Completeness, process: Option<&Process>, probes: &ProbeLog) -> String {
        let name = process.map_or("its process", |p| p.name.as_str());
        if !self.answered {
            return format!("{name}: the server did not answer the ClientHello");
        }
        if completeness == Completeness::Partial {
            return format!("{name}: the handshake was not completed, some secrets never came");
        }
        if !probes.any() {
            return "no known TLS library in the command".to_owned();
        }
        format!("{name}: no secret came from it; probed are {}", probes.files())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plaintap_crypt::{SecretLabel, TlsSecret};
    use plaintap_packet::Owner;

    #[test]
    fn each_connection_is_counted_once_with_its_reason() {
        let (mut ledger, keys, probes) = (Ledger::default(), KeyStore::new(), ProbeLog::default());
        let mut processes = Processes::default();
        let mut owner = Owner { pid: 7, ..Owner::default() };
        owner.name[..4].copy_from_slice(b"curl");
        let curl = processes.index(&owner).map(|(index, _)| index);
        for n in 1..=4u8 {
            ledger.client_hello([n; 32], curl);
        }
        for n in 2..=4u8 {
            ledger.answered(&[n; 32]);
        }
        ledger.gave_up(&[4; 32]);
        for n in [3, 4] {
            let secret = TlsSecret::new(SecretLabel::ClientRandom, [n; 32], &[1; 48]).expect("48 bytes");
            assert!(keys.insert(secret));
        }
        assert!(ledger.knows(&[1; 32]) && !ledger.knows(&[9; 32]));
        let summary = ledger.summary(&keys, &processes, &probes);
        assert_eq!((summary.connections, summary.with_keys, summary.late), (4, 2, 1));
        let reasons: Vec<_> = summary.without.keys().map(String::as_str).collect();
        assert_eq!(
            reasons,
            ["curl: the server did not answer the ClientHello", "no known TLS library in the command"]
        );
        probes.attached("libssl.so.3", [0].into_iter());
        let summary = ledger.summary(&keys, &processes, &probes);
        assert!(summary.without.contains_key("curl: no secret came from it; probed are libssl.so.3"));
    }
}
