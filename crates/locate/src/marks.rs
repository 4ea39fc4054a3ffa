//! What sets files with a TLS stack apart, looked for in one pass: most files have none of it, and cost no more.

use memchr::memmem::Finder;

use crate::elf::{Elf, Segment};

/// Every library that logs TLS 1.3 secrets has it, at the end of a string.
const LABEL: &[u8] = b"_HANDSHAKE_TRAFFIC_SECRET";
/// The source file of s2n-tls that logs secrets: the texts of its errors say where they come from.
const S2N: &[u8] = b"s2n_key_log.c";
/// Bytes that are searched for all marks before the next: they stay in the processor's cache meanwhile.
const PIECE: usize = 128 << 10;
/// Words that are compared at once.
const BLOCK: usize = 64;
/// Bound for damaged files; real ones have a handful.
const MAX_TABLES: usize = 1024;

#[derive(Default)]
pub(crate) struct Marks<'a> {
    /// vaddrs that a Go function table could start at.
    pub(crate) tables: Vec<u64>,
    /// The segments with key log labels.
    pub(crate) labels: Vec<Segment<'a>>,
}

impl<'a> Marks<'a> {
    pub(crate) fn find(elf: &Elf<'a>) -> Self {
        let label = Finder::new(LABEL);
        let mut marks = Self::default();
        for segment in &elf.loads {
            let mut has_label = false;
            for start in (0..segment.data.len()).step_by(PIECE) {
                marks.find_tables(segment, start);
                let end = segment.data.len().min(start + PIECE + LABEL.len() - 1);
                has_label = has_label || label.find(&segment.data[start..end]).is_some();
            }
            marks.labels.extend(has_label.then_some(*segment));
        }
        marks
    }

    /// Finds aligned words that are: the magic of a Go release, two zero bytes, any byte, 8 for the size of pointers.
    ///
    /// The linker aligns the table to 32 bytes, and puts it into a segment of any kind.
    fn find_tables(&mut self, segment: &Segment<'_>, start: usize) {
        const MASK: u64 = 0xff00_ffff_ffff_fff0;
        const WORD: u64 = 0x0800_0000_ffff_fff0;
        let start = start + (segment.vaddr.wrapping_neg() & 7) as usize;
        let end = segment.data.len().min(start + PIECE);
        let is_magic = |word: &[u8; 8]| u64::from_le_bytes(*word) & MASK == WORD;
        let (words, _) = segment.data.get(start..end).unwrap_or_default().as_chunks::<8>();
        for (block, words) in words.chunks(BLOCK).enumerate() {
            // Without a way out of the loop, the compiler compares many at a time.
            if !words.iter().fold(false, |found, word| found | is_magic(word)) {
                continue;
            }
            let places = words.iter().enumerate().filter(|(_, word)| is_magic(word));
            let places = places.map(|(i, _)| segment.vaddr.wrapping_add((start + (block * BLOCK + i) * 8) as u64));
            self.tables.extend(places.take(MAX_TABLES.saturating_sub(self.tables.len())));
        }
    }

    /// Whether s2n-tls is in the file. It makes its labels of pieces, which no search for the labels finds.
    pub(crate) fn has_s2n(&self) -> bool {
        self.labels.iter().any(|segment| memchr::memmem::find(segment.data, S2N).is_some())
    }
}
