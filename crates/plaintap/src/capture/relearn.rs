//! Learning anew where a hook's client random is, when what it reads belongs to no captured connection.
//!
//! The random of a connection is known from its ClientHello. When the target passes such a hook again, the memory that its
//! registers reach is copied, and the random searched there; the way to it is the new expression. Whether that is right shows
//! as for any other secret: it must open records before it is written.

use std::collections::HashMap;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use memchr::memmem;
use plaintap_linux::bpf::{HookId, Learner, SecretReader, TargetFilter, Window, by_likelihood};
use plaintap_locate::{Expression, Field, Length};
use plaintap_packet::Nanos;

use super::probe_log::ProbeLog;
use super::recorder::Recorder;

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
/// Places of one hit that are kept.
const MOST_PLACES: usize = 256;

/// See the module.
pub struct Relearner {
    target: TargetFilter,
    learner: Option<Learner>,
    lessons: HashMap<u32, Lesson>,
    looked: Option<Instant>,
}

/// What was learned of one hook.
#[derive(Default)]
struct Lesson {
    active: bool,
    hits: Vec<Hit>,
    last_hit: Option<Instant>,
    tried: Vec<Expression>,
}

/// One time that a process passed the hook.
struct Hit {
    tid: u32,
    time: Nanos,
    /// The ways to the randoms of captured ClientHellos.
    places: Vec<(Expression, [u8; 32])>,
}

impl Relearner {
    /// For the tasks of a cgroup.
    pub fn new(target: TargetFilter) -> Self {
        Self { target, learner: None, lessons: HashMap::new(), looked: None }
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
        if active {
            self.take_windows(recorder, now);
            self.conclude(recorder, reader, log, now);
        }
    }

    /// Has memory copied at a hook.
    fn begin(&mut self, hook: u32, log: &ProbeLog) {
        let lesson = self.lessons.entry(hook).or_default();
        if lesson.active || lesson.tried.len() >= MOST_ATTEMPTS || lesson.hits.len() >= MOST_HITS {
            return;
        }
        let Some(placed) = log.hook(hook) else { return };
        let Some(descriptor) = placed.descriptor else { return };
        lesson.hits.clear();
        let place = format!("{}: {}", placed.file, placed.hook.kind.function());
        let started = match &mut self.learner {
            Some(learner) => Ok(learner),
            None => Learner::new(&self.target).map(|learner| self.learner.insert(learner)),
        };
        let started = started
            .and_then(|learner| learner.start(HookId(hook), descriptor.as_fd(), placed.hook.file_offset));
        match started {
            Ok(()) => lesson.active = true,
            Err(error) => {
                log.failed(format!(
                    "{place}: its client random is elsewhere, and cannot be searched: {error}"
                ));
                // Not again.
                lesson.hits.resize_with(MOST_HITS, Hit::none);
            }
        }
    }

    fn take_windows(&mut self, recorder: &Recorder, now: Instant) {
        let Some(learner) = &mut self.learner else { return };
        let lessons = &mut self.lessons;
        let mut randoms: Option<Vec<[u8; 32]>> = None;
        learner.windows(|window| {
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
            for hit in std::mem::take(&mut lesson.hits) {
                if let Some((_, random)) = hit.places.iter().find(|(place, _)| *place == expression) {
                    recorder.rescue(id, hit.tid, hit.time, *random);
                }
            }
            lesson.tried.push(expression);
        }
    }
}

impl Lesson {
    /// Notes where the randoms are in a window.
    fn search(&mut self, window: &Window<'_>, randoms: &[[u8; 32]], now: Instant) {
        let same = |hit: &Hit| hit.tid == window.tid && hit.time == window.time;
        let index = match self.hits.iter().rposition(same) {
            Some(index) => index,
            None if self.hits.len() >= MOST_HITS => return,
            None => {
                self.hits.push(Hit { tid: window.tid, time: window.time, places: Vec::new() });
                self.last_hit = Some(now);
                self.hits.len() - 1
            }
        };
        let Some(hit) = self.hits.get_mut(index) else { return };
        for random in randoms {
            for place in memmem::find_iter(window.bytes, random) {
                if hit.places.len() < MOST_PLACES
                    && let Some(expression) = window.expression(place)
                {
                    hit.places.push((expression, *random));
                }
            }
        }
    }

    /// The likeliest way that all hits agree on, once there are enough.
    fn best(&self, now: Instant) -> Option<Expression> {
        let fruitful: Vec<&Hit> = self.hits.iter().filter(|hit| !hit.places.is_empty()).collect();
        let waited = self.last_hit.is_some_and(|last| now.duration_since(last) >= SECOND_HIT);
        if fruitful.is_empty() || fruitful.len() < 2 && !waited {
            return None;
        }
        let (first, others) = fruitful.split_first()?;
        let ways = first.places.iter().map(|(way, _)| way);
        ways.filter(|way| !self.tried.contains(way))
            .filter(|way| others.iter().all(|hit| hit.places.iter().any(|(other, _)| other == *way)))
            .min_by_key(|way| by_likelihood(way))
            .cloned()
    }
}

impl Hit {
    const fn none() -> Self {
        Self { tid: 0, time: Nanos(0), places: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plaintap_locate::Register;

    fn hit(places: &[(Register, i32)]) -> Hit {
        let places = places
            .iter()
            .map(|&(register, offset)| (Expression::path(register, &[offset]), [1; 32]))
            .collect();
        Hit { places, ..Hit::none() }
    }

    #[test]
    fn the_way_that_two_hits_agree_on_is_taken_and_none_twice() {
        let now = Instant::now();
        let mut lesson = Lesson { last_hit: Some(now), ..Lesson::default() };
        assert_eq!(lesson.best(now), None);
        lesson.hits.push(hit(&[(Register::Rdi, 8), (Register::Rsi, 16), (Register::Rsp, 24)]));
        assert_eq!(lesson.best(now), None, "one may be a coincidence");
        assert_eq!(lesson.best(now + SECOND_HIT).map(|way| way.to_string()).as_deref(), Some("rdi+0x8"));
        lesson.hits.push(hit(&[]));
        lesson.hits.push(hit(&[(Register::Rsp, 24), (Register::Rsi, 16)]));
        let way = lesson.best(now).expect("one on which both agree");
        assert_eq!(way.to_string(), "rsi+0x10");
        lesson.tried.push(way);
        assert_eq!(lesson.best(now).map(|way| way.to_string()).as_deref(), Some("rsp+0x18"));
    }
}
