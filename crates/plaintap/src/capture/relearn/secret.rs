//! Where the secret of a hook is, found by the records that only it opens.
//!
//! Any 32 or 48 bytes that the registers reach may be the secret. Most of them do not look like one, being text, pointers or
//! zeros; the others are tried on the connection's first protected record. An authentication tag does not fit by chance.

use std::collections::HashMap;
use std::time::Instant;

use plaintap_crypt::{Lock, SecretLabel, TlsSecret};
use plaintap_linux::bpf::{Window, by_likelihood};
use plaintap_locate::{Expression, Field, Hook, Length};

use super::SECOND_HIT;
use super::image::Image;

/// Hits whose memory is kept, about a MiB each: one TLS 1.3 handshake makes five, two of which have a first record.
const MOST_IMAGES: usize = 8;
/// Bytes of one hit that are tried on a record, each some microseconds.
const MOST_TRIALS: usize = 20_000;
/// Where secrets may start: structures and stacks align them to at least this.
const ALIGNMENT: usize = 4;

/// What was learned of one hook.
#[derive(Default)]
pub(super) struct SecretLesson {
    pub(super) active: bool,
    images: Vec<Seen>,
    last_hit: Option<Instant>,
    pub(super) tried: Vec<Expression>,
    /// Times that nothing was found.
    pub(super) failures: usize,
}

/// One time that a process passed the hook.
struct Seen {
    image: Image,
    /// The ways to the secret, and its length, once its record was there to try.
    found: Option<(Vec<Expression>, usize)>,
}

impl SecretLesson {
    /// Keeps what a window shows.
    pub(super) fn take(&mut self, window: &Window<'_>, now: Instant) {
        if let Some(seen) = self.images.iter_mut().rfind(|seen| seen.image.is_of(window)) {
            return seen.image.add(window);
        }
        if self.is_full() {
            return;
        }
        let mut image = Image::new(window);
        image.add(window);
        self.images.push(Seen { image, found: None });
        self.last_hit = Some(now);
    }

    /// Whether no more hits are kept.
    pub(super) fn is_full(&self) -> bool {
        self.images.len() >= MOST_IMAGES
    }

    /// Whether so much time is over since the last hit that all of it, and its packets, are there.
    pub(super) fn is_quiet(&self, now: Instant) -> bool {
        self.last_hit.is_some_and(|last| now.duration_since(last) >= SECOND_HIT)
    }

    /// Looks for secrets in hits whose first record is known now.
    pub(super) fn search(&mut self, hook: &Hook, locks: impl Fn(&[u8; 32]) -> Vec<Lock>) {
        for seen in self.images.iter_mut().filter(|seen| seen.found.is_none()) {
            let Some((label, random)) = identity(&seen.image, hook) else { continue };
            let lock = locks(&random)
                .into_iter()
                .find(|lock| (lock.label(), lock.client_random()) == (label, &random));
            seen.found = lock.map(|lock| (ways(&seen.image, &lock), lock.secret_len()));
        }
    }

    /// How to read the secret: the likeliest way that all hits agree on, once there are enough.
    pub(super) fn best(&self, hook: &Hook, now: Instant) -> Option<Field> {
        let fruitful: Vec<_> = self.images.iter().filter_map(Seen::fruit).collect();
        if fruitful.is_empty() || fruitful.len() < 2 && !self.is_quiet(now) {
            return None;
        }
        let ((_, first, _), others) = fruitful.split_first()?;
        let address = first
            .iter()
            .filter(|way| !self.tried.contains(way))
            .filter(|way| others.iter().all(|(_, ways, _)| ways.contains(way)))
            // What a register points to was passed on purpose.
            .min_by_key(|way| (way.offsets != [0], by_likelihood(way)))?
            .clone();
        let lengths: Vec<_> = fruitful.iter().map(|(image, _, length)| (*image, *length)).collect();
        Some(Field::Memory { address, length: length(hook, &lengths)? })
    }

    /// All secrets of the hits so far, read in this way; the hook needs no more of them.
    pub(super) fn harvest(&mut self, hook: &Hook, secret: &Field) -> Vec<TlsSecret> {
        let images = std::mem::take(&mut self.images);
        let secrets = images.iter().filter_map(|Seen { image, .. }| {
            let (label, random) = identity(image, hook)?;
            TlsSecret::new(label, random, image.read(secret)?).ok()
        });
        secrets.collect()
    }

    /// Forgets the hits.
    pub(super) fn clear(&mut self) {
        self.images.clear();
        self.last_hit = None;
    }
}

impl Seen {
    fn fruit(&self) -> Option<(&Image, &[Expression], usize)> {
        let (ways, length) = self.found.as_ref().filter(|(ways, _)| !ways.is_empty())?;
        Some((&self.image, ways, *length))
    }
}

/// Which secret a hit passes.
fn identity(image: &Image, hook: &Hook) -> Option<(SecretLabel, [u8; 32])> {
    let label = SecretLabel::from_name(image.read(&hook.label)?)?;
    Some((label, image.read(&hook.client_random)?.try_into().ok()?))
}

/// All ways to what opens this record.
fn ways(image: &Image, lock: &Lock) -> Vec<Expression> {
    let length = lock.secret_len();
    let mut tried: HashMap<&[u8], bool> = HashMap::new();
    let mut ways = Vec::new();
    for piece in image.pieces() {
        for place in (0..piece.bytes.len()).step_by(ALIGNMENT) {
            let Some(bytes) = piece.bytes.get(place..place + length).filter(|bytes| looks_random(bytes))
            else {
                continue;
            };
            let right = match tried.get(bytes) {
                Some(right) => *right,
                None if tried.len() >= MOST_TRIALS => continue,
                None => *tried.entry(bytes).or_insert_with(|| lock.opens(bytes)),
            };
            if right {
                ways.extend(piece.way(place));
            }
        }
    }
    ways
}

/// Whether the bytes may be a secret. One in a million secrets has fewer different bytes among its first 32.
fn looks_random(bytes: &[u8]) -> bool {
    const LEAST: u32 = 22;
    let mut seen = [0u64; 4];
    for &byte in bytes.iter().take(32) {
        seen[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }
    seen.iter().map(|word| word.count_ones()).sum::<u32>() >= LEAST
}

/// How to read the length: as before if that fits all hits, or in the register that has it in all of them.
fn length(hook: &Hook, hits: &[(&Image, usize)]) -> Option<Length> {
    let known = match &hook.secret {
        Field::Memory { length, .. } => Some(length),
        Field::Constant(_) | Field::ObjectValue { .. } => None,
    };
    if let Some(known) = known
        && hits.iter().all(|(image, length)| image.length(known) == Some(*length))
    {
        return Some(known.clone());
    }
    let (first, others) = hits.split_first()?;
    let has = |(image, length): &(&Image, usize), register| {
        image.registers_of(*length as u32).any(|r| r == register)
    };
    let registers = first.0.registers_of(first.1 as u32);
    registers
        .filter(|&register| others.iter().all(|hit| has(hit, register)))
        .map(Expression::register)
        .min_by_key(by_likelihood)
        .map(Length::Value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::probe_log::tests::hook;
    use crate::capture::relearn::image::tests::image;
    use plaintap_locate::Register;

    const NO_REGISTERS: &[(Register, u64)] = &[];

    fn seen(ways: &[(Register, &[i32])], values: &[(Register, u64)]) -> Seen {
        let ways = ways.iter().map(|(register, offsets)| Expression::path(*register, offsets)).collect();
        Seen { image: image(&[], values), found: Some((ways, 48)) }
    }

    #[test]
    fn only_what_may_be_a_secret_is_tried() {
        let random: Vec<u8> = (0..48u8).map(|i| i.wrapping_mul(167).wrapping_add(13)).collect();
        assert!(looks_random(&random));
        assert!(!looks_random(&[0; 48]));
        assert!(!looks_random(b"a text that has many letters, and no secret in it"));
        let pointers: Vec<u8> = (0..6u64).flat_map(|i| (0x7f12_3456_7890 + i * 0x40).to_le_bytes()).collect();
        assert!(!looks_random(&pointers));
    }

    #[test]
    fn the_way_and_the_length_are_those_that_all_hits_agree_on() {
        let now = Instant::now();
        let mut lesson = SecretLesson { last_hit: Some(now), ..SecretLesson::default() };
        let hook = hook();
        assert_eq!(lesson.best(&hook, now), None);
        let near: (Register, &[i32]) = (Register::Rdi, &[0x40]);
        let passed: (Register, &[i32]) = (Register::R8, &[0]);
        let far: (Register, &[i32]) = (Register::Rsp, &[8, 16]);
        let lengths = |rcx, r9| [(Register::Rcx, rcx), (Register::R9, r9)];
        lesson.images.push(seen(&[near, passed, far], &lengths(48, 48)));
        assert_eq!(lesson.best(&hook, now), None, "one may be a coincidence");
        let text = |field: Option<Field>| field.map(|field| field.to_string());
        let best = lesson.best(&hook, now + SECOND_HIT);
        assert_eq!(text(best).as_deref(), Some("(rcx) bytes at r8"), "a pointer to it is passed");
        // The length that was known is not one here.
        lesson.images.push(seen(&[far, passed], &lengths(32, 48)));
        assert_eq!(text(lesson.best(&hook, now)).as_deref(), Some("(r9) bytes at r8"));
        lesson.tried.push(Expression::path(Register::R8, &[0]));
        assert_eq!(text(lesson.best(&hook, now)).as_deref(), Some("(r9) bytes at *(rsp+0x8)+0x10"));
        lesson.images.push(seen(&[far], NO_REGISTERS));
        assert_eq!(lesson.best(&hook, now), None, "no register has the length in all");
    }
}
