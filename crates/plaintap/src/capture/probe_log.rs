//! What is known about the probes: written by the thread that places them, read by the one that records.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use plaintap_locate::{Expression, Field, Hook};

/// Processes whose files are remembered.
const MOST_PROCESSES: usize = 65_536;

/// See the module.
#[derive(Default)]
pub struct ProbeLog {
    count: AtomicUsize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    /// Hooks in place, by their number.
    hooks: BTreeMap<u32, PlacedHook>,
    /// The files with hooks that a process has executed or mapped.
    processes: HashMap<u32, BTreeSet<String>>,
    failures: Vec<String>,
}

/// A hook in place.
#[derive(Clone, Debug)]
pub struct PlacedHook {
    /// The name of its file.
    pub file: String,
    /// The file itself; none in tests.
    pub descriptor: Option<Arc<OwnedFd>>,
    /// How it is read now.
    pub hook: Hook,
    /// Where its client random was thought to be before that was learned anew.
    pub before: Option<Expression>,
    /// What its secret was thought to be before that was learned anew.
    pub secret_before: Option<Field>,
    /// It was learned in an earlier run how to read it.
    pub remembered: bool,
}

impl ProbeLog {
    /// These hooks are in place in `file`; with each, whether it was learned earlier how to read it.
    pub fn attached(
        &self,
        file: &str,
        descriptor: Option<&Arc<OwnedFd>>,
        hooks: impl Iterator<Item = (u32, Hook, bool)>,
    ) {
        let mut inner = self.lock();
        for (id, hook, remembered) in hooks {
            let placed = PlacedHook {
                file: file.to_owned(),
                descriptor: descriptor.map(Arc::clone),
                hook,
                before: None,
                secret_before: None,
                remembered,
            };
            inner.hooks.entry(id).or_insert(placed);
        }
        self.count.store(inner.hooks.len(), Ordering::Release);
    }

    /// A process begins to execute another program.
    pub fn executes(&self, pid: u32) {
        let mut inner = self.lock();
        if inner.processes.len() >= MOST_PROCESSES && !inner.processes.contains_key(&pid) {
            inner.processes.clear();
        }
        inner.processes.insert(pid, BTreeSet::new());
    }

    /// A process has a file with hooks.
    pub fn uses(&self, pid: u32, file: &str) {
        if let Some(files) = self.lock().processes.get_mut(&pid) {
            files.insert(file.to_owned());
        }
    }

    /// A hook's client random is elsewhere than thought.
    pub fn learned(&self, id: u32, hook: Hook, before: Option<Expression>) {
        if let Some(placed) = self.lock().hooks.get_mut(&id) {
            placed.hook = hook;
            placed.before = placed.before.take().or(before);
        }
    }

    /// A hook's secret is elsewhere than thought.
    pub fn learned_secret(&self, id: u32, secret: Field) {
        if let Some(placed) = self.lock().hooks.get_mut(&id) {
            let before = std::mem::replace(&mut placed.hook.secret, secret);
            placed.secret_before.get_or_insert(before);
        }
    }

    /// Probes were wanted in a file and could not be placed.
    pub fn failed(&self, what: String) {
        self.lock().failures.push(what);
    }

    /// How many hooks are in place: without any, no secret can come.
    pub fn count(&self) -> usize {
        self.count.load(Ordering::Acquire)
    }

    /// The hooks in place.
    pub fn hooks(&self) -> BTreeMap<u32, PlacedHook> {
        self.lock().hooks.clone()
    }

    /// A hook in place.
    pub fn hook(&self, id: u32) -> Option<PlacedHook> {
        self.lock().hooks.get(&id).cloned()
    }

    /// The numbers of the hooks that are not proven.
    pub fn unproven(&self, is_proven: impl Fn(u32) -> bool) -> Vec<u32> {
        self.lock().hooks.keys().copied().filter(|&id| !is_proven(id)).collect()
    }

    /// What went wrong, one line each.
    pub fn failures(&self) -> Vec<String> {
        self.lock().failures.clone()
    }

    /// The names of the files with hooks that a process has; `None` where that is not known, for one that was forked.
    pub fn files_of(&self, pid: u32) -> Option<String> {
        let inner = self.lock();
        let files = inner.processes.get(&pid)?;
        Some(files.iter().map(String::as_str).collect::<Vec<_>>().join(", "))
    }

    /// The names of all files with hooks.
    pub fn files(&self) -> String {
        let inner = self.lock();
        let files: BTreeSet<&str> = inner.hooks.values().map(|placed| placed.file.as_str()).collect();
        files.into_iter().collect::<Vec<_>>().join(", ")
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic elsewhere leaves the tables whole.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use plaintap_locate::{HookKind, Length, Register, Stack};

    /// A hook of OpenSSL 3.0 on x86-64.
    pub fn hook() -> Hook {
        let memory = |register, offsets: &[i32], length| Field::Memory {
            address: Expression::path(register, offsets),
            length,
        };
        Hook {
            stack: Stack::OpenSsl,
            kind: HookKind::SslLogSecret,
            file_offset: 0x1234,
            label: memory(Register::Rsi, &[], Length::Nul),
            client_random: memory(Register::Rdi, &[0x160], Length::Constant(32)),
            secret: memory(Register::Rdx, &[], Length::Value(Expression::register(Register::Rcx))),
        }
    }

    #[test]
    fn files_of_processes_are_known_from_their_exec_on() {
        let log = ProbeLog::default();
        log.attached("libssl.so.3", None, [(0, hook(), false), (1, hook(), false)].into_iter());
        assert_eq!((log.count(), log.files()), (2, "libssl.so.3".to_owned()));
        log.uses(7, "libssl.so.3");
        assert_eq!(log.files_of(7), None, "what else it has is not known");
        log.executes(7);
        assert_eq!(log.files_of(7).as_deref(), Some(""));
        log.uses(7, "libssl.so.3");
        assert_eq!(log.files_of(7).as_deref(), Some("libssl.so.3"));
        log.executes(7);
        assert_eq!(log.files_of(7).as_deref(), Some(""));
    }
}
