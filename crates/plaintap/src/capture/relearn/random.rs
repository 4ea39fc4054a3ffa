//! Where the client random of a hook is, found by the randoms of captured ClientHellos.

use std::time::Instant;

use memchr::memmem;
use plaintap_linux::bpf::{Window, by_likelihood};
use plaintap_locate::Expression;
use plaintap_packet::Nanos;

use super::{MOST_HITS, SECOND_HIT};

/// Places of one hit that are kept.
const MOST_PLACES: usize = 256;

/// What was learned of one hook.
#[derive(Default)]
pub(super) struct Lesson {
    pub(super) active: bool,
    pub(super) hits: Vec<Hit>,
    last_hit: Option<Instant>,
    pub(super) tried: Vec<Expression>,
}

/// One time that a process passed the hook.
pub(super) struct Hit {
    pub(super) tid: u32,
    pub(super) time: Nanos,
    /// The ways to the randoms of captured ClientHellos.
    pub(super) places: Vec<(Expression, [u8; 32])>,
}

impl Lesson {
    /// Notes where the randoms are in a window.
    pub(super) fn search(&mut self, window: &Window<'_>, randoms: &[[u8; 32]], now: Instant) {
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
    pub(super) fn best(&self, now: Instant) -> Option<Expression> {
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
    pub(super) const fn none() -> Self {
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
