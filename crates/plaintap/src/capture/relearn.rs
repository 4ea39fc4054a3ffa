//! Learning anew where a hook's client random or secret is, when what it reads belongs to no captured connection or opens nothing.
//!
//! The random of a connection is known from its ClientHello, and its secret by the records that it opens. When the target
//! passes such a hook again, the memory that its registers reach is copied, and random or secret searched there; the way to it is the
//! new expression. Whether that is right shows as for any other secret: it must open records before it is written. What
//! was right is kept for the next run.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use plaintap_linux::bpf::{HookId, Learner, SecretReader, TargetFilter};
use plaintap_locate::{Field, Length};

use super::probe_log::{PlacedHook, ProbeLog};
use super::recorder::Recorder;
use super::session;
use crate::stacks;
use random::{Hit, Lesson};
use secret::SecretLesson;

mod image;
mod random;
mod secret;

/// How often hooks are looked at.
const PERIOD: Duration = Duration::from_millis(50);
/// A second hit is waited for so long: what two hits agree on is no coincidence.
const SECOND_HIT: Duration = Duration::from_millis(300);
/// Hits whose memory is copied before a hook is given up; each costs its process about a millisecond.
const MOST_HITS: usize = 64;
/// Expressions that are tried.
const MOST_ATTEMPTS: usize = 4;
/// Connections whose randoms are searched for, the newest ones.
const MOST_RANDOMS: usize = 16;

/// See the module.
pub struct Relearner {
    target: TargetFilter,
    learner: Option<Learner>,
    lessons: HashMap<u32, Lesson>,
    secrets: HashMap<u32, SecretLesson>,
    /// Hooks that are read in a way that was learned, and not kept for the next run yet.
    unkept: HashSet<u32>,
    looked: Option<Instant>,
}

impl Relearner {
    /// For the tasks of a cgroup.
    pub fn new(target: TargetFilter) -> Self {
        Self {
            target,
            learner: None,
            lessons: HashMap::new(),
            secrets: HashMap::new(),
            unkept: HashSet::new(),
            looked: None,
        }
    }

    /// Does what there is to do. Called after packets and secrets were given to the recorder.
    pub fn round(
        &mut self,
        recorder: &mut Recorder,
        reader: &mut SecretReader,
        log: &ProbeLog,
        now: Instant,
    ) {
        let active = self.learner.as_ref().is_some_and(Learner::is_active);
        if !active && self.looked.is_some_and(|last| now.duration_since(last) < PERIOD) {
            return;
        }
        self.looked = Some(now);
        for hook in recorder.misread_hooks(now) {
            self.begin(hook, log);
        }
        for hook in misread_secrets(recorder, reader, log) {
            self.begin_secret(hook, log);
        }
        if active {
            self.take_windows(recorder, now);
            self.conclude(recorder, reader, log, now);
            self.conclude_secrets(recorder, reader, log, now);
        }
        self.keep(recorder, log);
    }

    /// Has memory copied at a hook, for its client random.
    fn begin(&mut self, hook: u32, log: &ProbeLog) {
        let lesson = self.lessons.entry(hook).or_default();
        if lesson.active || lesson.tried.len() >= MOST_ATTEMPTS || lesson.hits.len() >= MOST_HITS {
            return;
        }
        let Some(placed) = log.hook(hook) else { return };
        lesson.hits.clear();
        let started = start(&mut self.learner, &self.target, hook, &placed);
        match started {
            None => {}
            Some(Ok(())) => lesson.active = true,
            Some(Err(error)) => {
                let place = format!("{}: {}", placed.file, placed.hook.kind.function());
                log.failed(format!(
                    "{place}: its client random is elsewhere, and cannot be searched: {error}"
                ));
                // Not again.
                lesson.hits.resize_with(MOST_HITS, Hit::none);
            }
        }
    }

    /// Has memory copied at a hook, for its secret.
    fn begin_secret(&mut self, hook: u32, log: &ProbeLog) {
        let lesson = self.secrets.entry(hook).or_default();
        if lesson.active || lesson.tried.len() + lesson.failures >= MOST_ATTEMPTS {
            return;
        }
        let Some(placed) = log.hook(hook) else { return };
        // An object's value is not in the memory of the one who has its handle.
        if !matches!(placed.hook.secret, Field::Memory { .. }) {
            return;
        }
        lesson.clear();
        match start(&mut self.learner, &self.target, hook, &placed) {
            None => {}
            Some(Ok(())) => lesson.active = true,
            Some(Err(error)) => {
                let place = format!("{}: {}", placed.file, placed.hook.kind.function());
                log.failed(format!("{place}: its secret is elsewhere, and cannot be searched: {error}"));
                lesson.failures = MOST_ATTEMPTS;
            }
        }
    }

    fn take_windows(&mut self, recorder: &Recorder, now: Instant) {
        let Some(learner) = &mut self.learner else { return };
        let (lessons, secrets) = (&mut self.lessons, &mut self.secrets);
        let mut randoms: Option<Vec<[u8; 32]>> = None;
        learner.windows(|window| {
            if let Some(lesson) = secrets.get_mut(&window.hook.0).filter(|lesson| lesson.active) {
                return lesson.take(&window, now);
            }
            let randoms = randoms.get_or_insert_with(|| recorder.without_secrets(MOST_RANDOMS));
            if let Some(lesson) = lessons.get_mut(&window.hook.0) {
                lesson.search(&window, randoms, now);
            }
        });
    }

    /// Reads hooks in the way that was found, or gives up.
    fn conclude(&mut self, recorder: &mut Recorder, reader: &mut SecretReader, log: &ProbeLog, now: Instant) {
        for (&id, lesson) in self.lessons.iter_mut().filter(|(_, lesson)| lesson.active) {
            let Some(placed) = log.hook(id) else { continue };
            let found = lesson.best(now);
            if found.is_none() && lesson.hits.len() < MOST_HITS {
                continue;
            }
            lesson.active = false;
            // Its memory is copied for nothing otherwise, and no more.
            let _ = self.learner.as_mut().map(|learner| learner.stop(HookId(id)));
            let Some(expression) = found else {
                let function = placed.hook.kind.function();
                log.failed(format!("{}: {function}: the client random was not found", placed.file));
                continue;
            };
            let mut hook = placed.hook.clone();
            hook.client_random = Field::Memory { address: expression.clone(), length: Length::Constant(32) };
            if let Err(error) = reader.correct(HookId(id), &hook) {
                log.failed(format!("{}: {error}", placed.file));
                continue;
            }
            let before = match placed.hook.client_random {
                Field::Memory { address, .. } => Some(address),
                Field::Constant(_) | Field::ObjectValue { .. } => None,
            };
            log.learned(id, hook, before);
            recorder.corrected(id);
            self.unkept.insert(id);
            for hit in std::mem::take(&mut lesson.hits) {
                if let Some((_, random)) = hit.places.iter().find(|(place, _)| *place == expression) {
                    recorder.rescue(id, hit.tid, hit.time, *random);
                }
            }
            lesson.tried.push(expression);
        }
    }

    /// Reads secrets in the way that was found, or gives up.
    fn conclude_secrets(
        &mut self,
        recorder: &mut Recorder,
        reader: &mut SecretReader,
        log: &ProbeLog,
        now: Instant,
    ) {
        for (&id, lesson) in self.secrets.iter_mut().filter(|(_, lesson)| lesson.active) {
            let Some(placed) = log.hook(id) else { continue };
            let place = || format!("{}: {}", placed.file, placed.hook.kind.function());
            lesson.search(&placed.hook, |random| recorder.locks(random));
            let found = lesson.best(&placed.hook, now);
            // One that was wrong for some other reason may have shown meanwhile that it is right.
            let done = recorder.proofs().is_proven(id);
            if !done && found.is_none() && !(lesson.is_full() && lesson.is_quiet(now)) {
                continue;
            }
            lesson.active = false;
            // Its memory is copied for nothing otherwise, and no more.
            let _ = self.learner.as_mut().map(|learner| learner.stop(HookId(id)));
            if done {
                lesson.clear();
                continue;
            }
            let Some(secret) = found else {
                lesson.failures += 1;
                lesson.clear();
                if lesson.failures == 1 {
                    log.failed(format!("{}: the secret was not found", place()));
                }
                continue;
            };
            let mut hook = placed.hook.clone();
            hook.secret = secret.clone();
            if let Field::Memory { address, .. } = &secret {
                lesson.tried.push(address.clone());
            }
            if let Err(error) = reader.correct(HookId(id), &hook) {
                log.failed(format!("{}: {error}", place()));
                continue;
            }
            let secrets = lesson.harvest(&hook, &secret);
            log.learned_secret(id, secret);
            recorder.corrected_secret(id, session::now(), secrets);
            self.unkept.insert(id);
        }
    }

    /// Keeps for the next run what was learned and is proven.
    pub fn keep(&mut self, recorder: &Recorder, log: &ProbeLog) {
        self.unkept.retain(|&id| {
            if !recorder.proofs().is_proven(id) {
                return true;
            }
            if let Some(placed) = log.hook(id)
                && let Some(file) = placed.descriptor.as_ref().and_then(|file| file.try_clone().ok())
            {
                stacks::remember(&File::from(file), &placed.hook);
            }
            false
        });
    }
}

/// Copies memory at a hook from now on; `None` if its file is not there.
fn start(
    learner: &mut Option<Learner>,
    target: &TargetFilter,
    hook: u32,
    placed: &PlacedHook,
) -> Option<Result<(), plaintap_linux::bpf::Error>> {
    let descriptor = placed.descriptor.as_ref()?;
    let started = match learner {
        Some(learner) => Ok(learner),
        None => Learner::new(target).map(|new| learner.insert(new)),
    };
    Some(started.and_then(|learner| learner.start(HookId(hook), descriptor.as_fd(), placed.hook.file_offset)))
}

/// Hooks whose secrets open nothing, or cannot be read at all while connections are without.
fn misread_secrets(recorder: &Recorder, reader: &SecretReader, log: &ProbeLog) -> Vec<u32> {
    let mut hooks = recorder.misread_secrets();
    let unread = |id: &u32| {
        reader
            .statistics(HookId(*id))
            .is_ok_and(|counts| counts.delivered == 0 && counts.unreadable_secret + counts.bad_length > 0)
    };
    let unproven = log.unproven(|id| recorder.proofs().is_proven(id));
    let unread: Vec<u32> = unproven.into_iter().filter(unread).collect();
    // In this order: the last question is one to all connections.
    if !unread.is_empty() && !recorder.without_secrets(1).is_empty() {
        hooks.extend(unread);
    }
    hooks
}
