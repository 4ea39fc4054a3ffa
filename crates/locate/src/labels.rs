//! The labels of the NSS key log format in the file, and the functions that its code passes them to.
//!
//! Every C library that can log its secrets has one function that takes the label, whether or not anybody wants the log.
//! In a stripped file it has no name, but its call sites vote for it.

use memchr::memmem;

use crate::elf::{Elf, Segment};
use crate::xref::{self, Call, RegisterSet, Target};
use crate::{Evidence, NotFound};

/// The labels; in C each ends with a NUL byte.
pub(crate) const LABELS: [&str; 8] = [
    "CLIENT_EARLY_TRAFFIC_SECRET",
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "SERVER_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
    "EARLY_EXPORTER_SECRET",
    "CLIENT_RANDOM",
];
const CLIENT_RANDOM: usize = 7;

/// Functions with fewer labels are looked at no further than this many.
pub(crate) const CANDIDATES: usize = 3;
/// Bound for damaged files; real ones have one string for each label and library.
pub(crate) const MAX_STRINGS: usize = 64;

/// The code that uses labels.
pub(crate) struct Labels {
    /// The places that pass one on.
    pub(crate) sites: Vec<Site>,
    /// How many instructions load a label's address.
    pub(crate) references: usize,
}

/// A place in the code that passes a label on.
pub(crate) struct Site {
    /// vaddr of the instruction that loads the label.
    pub(crate) reference: u64,
    pub(crate) call: Call,
    label: usize,
}

impl Site {
    pub(crate) fn is_client_random(&self) -> bool {
        self.label == CLIENT_RANDOM
    }
}

/// A function and the set of labels it gets.
pub(crate) struct Candidate {
    pub(crate) target: Target,
    labels: u8,
}

impl Candidate {
    pub(crate) fn count(&self) -> usize {
        self.labels.count_ones() as usize
    }

    pub(crate) fn gets_client_random(&self) -> bool {
        self.labels >> CLIENT_RANDOM & 1 == 1
    }

    pub(crate) fn evidence(&self, function: u64) -> Evidence {
        let labels = (0..LABELS.len()).filter(|label| self.labels >> label & 1 == 1);
        Evidence::Vote { function, labels: labels.map(|label| LABELS[label]).collect() }
    }
}

impl Labels {
    /// Searches for code that uses the labels in `segments`.
    pub(crate) fn find(elf: &Elf<'_>, segments: &[Segment<'_>]) -> Result<Self, NotFound> {
        let strings = strings(segments);
        if strings.is_empty() {
            return Err(NotFound::NoLabels);
        }
        let addresses: Vec<u64> = strings.iter().map(|&(address, _)| address).collect();
        let references = xref::references(elf, &addresses);
        if references.is_empty() {
            return Err(NotFound::NoReferences { labels: strings.len() });
        }
        let sites = references.iter().filter_map(|reference| {
            let call = xref::follow(elf, reference)?;
            Some(Site { reference: reference.address, label: strings[reference.string].1, call })
        });
        Ok(Self { sites: sites.collect(), references: references.len() })
    }

    /// The functions that get labels in one of the registers `argument`, those with most first.
    pub(crate) fn vote(&self, argument: RegisterSet) -> Vec<Candidate> {
        let mut candidates: Vec<Candidate> = Vec::new();
        for site in self.sites.iter().filter(|site| site.call.registers & argument != 0) {
            let label = 1 << site.label;
            match candidates.iter_mut().find(|candidate| candidate.target == site.call.target) {
                Some(candidate) => candidate.labels |= label,
                None => candidates.push(Candidate { target: site.call.target, labels: label }),
            }
        }
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.count()));
        candidates
    }

    /// The places that pass a label to this function.
    pub(crate) fn callers(&self, candidate: &Candidate) -> impl Iterator<Item = &Site> {
        self.sites.iter().filter(|site| site.call.target == candidate.target).take(MAX_STRINGS)
    }
}

/// vaddr and label of each label string, by vaddr.
///
/// A linker that merges the ends of strings leaves EXPORTER_SECRET inside EARLY_EXPORTER_SECRET: what is before does not count.
fn strings(segments: &[Segment<'_>]) -> Vec<(u64, usize)> {
    let mut found = Vec::new();
    for segment in segments {
        let places = occurrences(segment.data)
            .filter(|&(at, label)| segment.data.get(at + LABELS[label].len()) == Some(&0))
            .take(MAX_STRINGS * LABELS.len());
        found.extend(places.map(|(at, label)| (segment.vaddr.wrapping_add(at as u64), label)));
    }
    found.sort_unstable();
    found.dedup_by_key(|&mut (address, _)| address);
    found
}

/// Where the texts of labels are, and which each is. Two passes do for all.
pub(crate) fn occurrences(data: &[u8]) -> impl Iterator<Item = (usize, usize)> {
    /// Each label has one of them, once.
    const PARTS: [&str; 2] = ["_SECRET", "CLIENT_RANDOM"];
    PARTS.into_iter().flat_map(move |part| {
        memmem::find_iter(data, part).flat_map(move |middle| {
            LABELS.iter().enumerate().filter_map(move |(label, text)| {
                let at = middle.checked_sub(text.find(part)?)?;
                (data.get(at..at + text.len()) == Some(text.as_bytes())).then_some((at, label))
            })
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_inside_of_labels_are_found() {
        let text = b"CLIENT_RANDOM\0EARLY_EXPORTER_SECRET\0SERVER_TRAFFIC_SECRET_0CLIENT_SECRET_SECRET";
        let mut found: Vec<_> = occurrences(text).map(|(at, label)| (at, LABELS[label])).collect();
        found.sort_unstable();
        let expected = [
            (0, "CLIENT_RANDOM"),
            (14, "EARLY_EXPORTER_SECRET"),
            (20, "EXPORTER_SECRET"),
            (36, "SERVER_TRAFFIC_SECRET_0"),
        ];
        assert_eq!(found, expected);
    }
}
