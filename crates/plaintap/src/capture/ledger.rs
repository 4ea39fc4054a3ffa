//! The ledger of keys: for each TLS connection, whether its secrets came and by which hook, and if not why.

use std::collections::BTreeMap;

use foldhash::HashMap;
use plaintap_crypt::{Completeness, KeyStore};
use plaintap_decode::Address;
use plaintap_packet::Nanos;
use plaintap_packet::file::Process;

use super::probe_log::ProbeLog;
use super::processes::Processes;
use crate::hello::Security;
use crate::remarks;

/// The random of a ClientHello.
type Random = [u8; 32];

/// The TLS connections of a capture, by client random.
#[derive(Default)]
pub struct Ledger {
    // Peers choose the randoms: hashed with a random key.
    connections: HashMap<Random, Connection>,
}

/// A ClientHello that was captured.
#[derive(Clone, Copy, Debug)]
pub struct Hello {
    /// Its random.
    pub random: Random,
    /// What carries it.
    pub security: Security,
    /// Client and server.
    pub ends: [(Address, u16); 2],
    /// When it was captured.
    pub time: Nanos,
    /// Index of the process whose connection it is.
    pub process: Option<u32>,
}

/// One connection.
pub struct Connection {
    /// How it began.
    pub hello: Hello,
    /// The hook that its secrets came from first.
    pub hook: Option<u32>,
    /// Packets that need the secrets were written without them.
    pub gave_up: bool,
    answered: bool,
    wrong: bool,
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

/// Why a connection has not all its secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Nobody answered the ClientHello: there are none.
    NotAnswered,
    /// Some came; the handshake was not completed.
    Incomplete,
    /// No program or library of the command has a TLS stack that is known.
    NoStack,
    /// None of this process has; others of the command have.
    NoStackInProcess,
    /// Secrets came and opened nothing.
    Wrong,
    /// Secrets came, and nothing that they protect, so that they could not be proven.
    NotProven,
    /// A hook was passed, and the client random that it read belongs to no connection.
    Misread,
    /// Secrets were lost, for want of room in the kernel's buffer or because their memory could not be read.
    Lost,
    /// Hooks are in place, and none was passed.
    NoSecret,
}

/// What a reason depends on besides the connection.
#[derive(Clone, Copy)]
pub struct Circumstances<'a> {
    /// The secrets that were written.
    pub keys: &'a KeyStore,
    /// The processes.
    pub processes: &'a Processes,
    /// The probes.
    pub probes: &'a ProbeLog,
    /// Whether secrets of this connection wait for proof.
    pub waits: &'a dyn Fn(&Random) -> bool,
    /// Whether a hook reads client randoms that belong to no connection.
    pub misread: bool,
    /// Whether any secrets were lost.
    pub lost: bool,
}

impl Ledger {
    /// A ClientHello was captured.
    pub fn client_hello(&mut self, hello: Hello) {
        self.connections.entry(hello.random).or_insert(Connection {
            hello,
            hook: None,
            gave_up: false,
            answered: false,
            wrong: false,
        });
    }

    /// Whether a ClientHello with this random was captured.
    pub fn knows(&self, random: &Random) -> bool {
        self.connections.contains_key(random)
    }

    /// The connection with this random.
    #[cfg(test)]
    pub fn connection(&self, random: &Random) -> Option<&Connection> {
        self.connections.get(random)
    }

    /// The server answered: secrets are needed from here.
    pub fn answered(&mut self, random: &Random) {
        if let Some(connection) = self.connections.get_mut(random) {
            connection.answered = true;
        }
    }

    /// A secret of it came from this hook.
    pub fn secret(&mut self, random: &Random, hook: u32) {
        if let Some(connection) = self.connections.get_mut(random) {
            connection.hook.get_or_insert(hook);
        }
    }

    /// A secret of it opened nothing.
    pub fn wrong(&mut self, random: &Random) {
        if let Some(connection) = self.connections.get_mut(random) {
            connection.wrong = true;
        }
    }

    /// The packets behind the ServerHello were written although secrets were missing.
    pub fn gave_up(&mut self, random: &Random) {
        if let Some(connection) = self.connections.get_mut(random) {
            connection.gave_up = true;
        }
    }

    /// The randoms of answered connections of which no secret has come, at most `most` of them, the newest ones.
    pub fn without_secrets(&self, most: usize) -> Vec<Random> {
        let missing = self.connections.values().filter(|known| known.answered && known.hook.is_none());
        let mut missing: Vec<_> = missing.map(|known| (known.hello.time.0, known.hello.random)).collect();
        missing.sort_unstable_by(|a, b| b.cmp(a));
        missing.into_iter().take(most).map(|(_, random)| random).collect()
    }

    /// All connections, in the order of their ClientHellos.
    pub fn connections(&self) -> Vec<&Connection> {
        let mut all: Vec<_> = self.connections.values().collect();
        all.sort_by_key(|connection| (connection.hello.time.0, connection.hello.random));
        all
    }

    /// Why connections have not all their secrets, as lines of a key log.
    pub fn remarks(&self, circumstances: &Circumstances<'_>) -> String {
        let mut log = String::new();
        let reasons = self
            .connections()
            .into_iter()
            .filter_map(|connection| connection.reason(circumstances).map(|reason| (connection, reason)));
        for (connection, reason) in reasons.take(remarks::MOST) {
            let explanation = connection.explain(reason, circumstances);
            remarks::push(&connection.hello.random, reason.name(), &explanation, &mut log);
        }
        log
    }

    /// The state of all connections.
    pub fn summary(&self, circumstances: &Circumstances<'_>) -> KeySummary {
        let mut summary = KeySummary { connections: self.connections.len(), ..KeySummary::default() };
        for connection in self.connections.values() {
            match connection.reason(circumstances) {
                None => {
                    summary.with_keys += 1;
                    summary.late += usize::from(connection.gave_up);
                }
                Some(reason) => {
                    let text = connection.explain(reason, circumstances);
                    *summary.without.entry(text).or_default() += 1;
                }
            }
        }
        summary
    }
}

impl Connection {
    /// Why it has not all its secrets; `None` if it has.
    pub fn reason(&self, circumstances: &Circumstances<'_>) -> Option<Reason> {
        let random = &self.hello.random;
        let completeness = circumstances.keys.completeness(random);
        let Circumstances { probes, misread, lost, .. } = circumstances;
        Some(match completeness {
            Completeness::Complete => return None,
            _ if !self.answered => Reason::NotAnswered,
            _ if self.wrong => Reason::Wrong,
            Completeness::Partial => Reason::Incomplete,
            Completeness::Missing if (circumstances.waits)(random) => Reason::NotProven,
            Completeness::Missing if probes.count() == 0 => Reason::NoStack,
            Completeness::Missing if self.files(circumstances).is_some_and(|files| files.is_empty()) => {
                Reason::NoStackInProcess
            }
            Completeness::Missing if *misread => Reason::Misread,
            Completeness::Missing if *lost => Reason::Lost,
            Completeness::Missing => Reason::NoSecret,
        })
    }

    /// The same for people.
    pub fn explain(&self, reason: Reason, circumstances: &Circumstances<'_>) -> String {
        let process = self.process(circumstances.processes);
        let name = process.map_or("its process", |process| process.name.as_str());
        let files = || match self.files(circumstances) {
            Some(files) => files,
            None => circumstances.probes.files(),
        };
        match reason {
            Reason::NotAnswered => format!("{name}: the server did not answer the ClientHello"),
            Reason::Incomplete => {
                format!("{name}: the handshake was not completed, some secrets never came")
            }
            Reason::NoStack => "no known TLS library in the command".to_owned(),
            Reason::NoStackInProcess => format!("{name}: no known TLS library in this program"),
            Reason::Wrong => format!("{name}: its secrets open nothing, they were not written"),
            Reason::NotProven => {
                format!("{name}: nothing was captured to prove its secrets with, they were not written")
            }
            Reason::Misread => {
                format!("{name}: the client random is not where it was thought to be in {}", files())
            }
            Reason::Lost => format!("{name}: its secrets were lost or could not be read"),
            Reason::NoSecret => format!("{name}: no secret came from it; probed are {}", files()),
        }
    }

    /// The process whose connection it is.
    pub fn process<'p>(&self, processes: &'p Processes) -> Option<&'p Process> {
        self.hello.process.and_then(|index| processes.process(index))
    }

    /// The files with hooks that its process has, where that is known.
    fn files(&self, circumstances: &Circumstances<'_>) -> Option<String> {
        circumstances.probes.files_of(self.process(circumstances.processes)?.pid)
    }
}

impl Reason {
    /// A stable name, documented in docs/ledger.md.
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotAnswered => "not_answered",
            Self::Incomplete => "incomplete",
            Self::NoStack => "no_stack",
            Self::NoStackInProcess => "no_stack_in_process",
            Self::Wrong => "wrong",
            Self::NotProven => "not_proven",
            Self::Misread => "misread",
            Self::Lost => "lost",
            Self::NoSecret => "no_secret",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::probe_log;
    use plaintap_crypt::{SecretLabel, TlsSecret};
    use plaintap_packet::Owner;

    fn hello(random: u8, process: Option<u32>) -> Hello {
        let end = (Address::Ip4([10, 0, 0, 1]), 443);
        let time = Nanos(random.into());
        Hello { random: [random; 32], security: Security::Tls, ends: [end, end], time, process }
    }

    fn process(processes: &mut Processes, pid: u32, name: &str) -> Option<u32> {
        let mut owner = Owner { pid, ..Owner::default() };
        owner.name[..name.len()].copy_from_slice(name.as_bytes());
        processes.index(&owner).map(|(index, _)| index)
    }

    #[test]
    fn each_connection_is_counted_once_with_its_reason() {
        let (mut ledger, keys, probes) = (Ledger::default(), KeyStore::new(), ProbeLog::default());
        let mut processes = Processes::default();
        let curl = process(&mut processes, 7, "curl");
        for n in 1..=4u8 {
            ledger.client_hello(hello(n, curl));
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
        let all = Circumstances {
            keys: &keys,
            processes: &processes,
            probes: &probes,
            waits: &|_| false,
            misread: false,
            lost: false,
        };
        let summary = ledger.summary(&all);
        assert_eq!((summary.connections, summary.with_keys, summary.late), (4, 2, 1));
        let reasons: Vec<_> = summary.without.keys().map(String::as_str).collect();
        assert_eq!(
            reasons,
            ["curl: the server did not answer the ClientHello", "no known TLS library in the command"]
        );
        let reason = |circumstances: &Circumstances<'_>| {
            ledger.connection(&[2; 32]).and_then(|connection| connection.reason(circumstances))
        };
        probes.attached("libssl.so.3", None, [(0, probe_log::tests::hook(), false)].into_iter());
        let summary = ledger.summary(&all);
        assert!(summary.without.contains_key("curl: no secret came from it; probed are libssl.so.3"));
        assert_eq!(reason(&Circumstances { lost: true, ..all }), Some(Reason::Lost));
        assert_eq!(reason(&Circumstances { misread: true, ..all }), Some(Reason::Misread));
        assert_eq!(reason(&Circumstances { waits: &|_| true, ..all }), Some(Reason::NotProven));
        probes.executes(7);
        assert_eq!(reason(&all), Some(Reason::NoStackInProcess));
        ledger.wrong(&[2; 32]);
        assert_eq!(
            ledger.connection(&[2; 32]).and_then(|connection| connection.reason(&all)),
            Some(Reason::Wrong)
        );
    }

    #[test]
    fn those_without_secrets_are_given_newest_first() {
        let mut ledger = Ledger::default();
        for n in 1..=5u8 {
            ledger.client_hello(hello(n, None));
            ledger.answered(&[n; 32]);
        }
        ledger.secret(&[4; 32], 0);
        assert_eq!(ledger.without_secrets(3), [[5; 32], [3; 32], [2; 32]]);
    }
}
