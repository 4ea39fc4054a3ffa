//! What sets files with a TLS stack apart, looked for in one pass: most files have none of it, and cost no more.

use memchr::memmem::Finder;

use crate::elf::{Elf, Segment};

/// Every library that logs TLS 1.3 secrets has it, at the end of a string.
const LABEL: &[u8] = b"_HANDSHAKE_TRAFFIC_SECRET";
/// The source file of s2n-tls that logs secrets: the texts of its errors say where they come from.
const S2N: &[u8] = b"s2n_key_log.c";
/// Bytes that are searched for all marks before the next: they stay in the processor's cache meanwhile.
const PIECE: usize = 128 << 10;
/// Places that are compared at once.
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
                if !segment.executable() && !has_label {
                    let end = segment.data.len().min(start + PIECE + LABEL.len() - 1);
                    has_label = label.find(&segment.data[start..end]).is_some();
                }
            }
            marks.labels.extend(has_label.then_some(*segment));
        }
        // Linkers put all strings into one segment. Older ones took that of the code.
        if marks.labels.is_empty() {
            let code = elf.loads.iter().filter(|segment| segment.executable());
            marks.labels.extend(code.filter(|segment| label.find(segment.data).is_some()));
        }
        marks
    }

    /// Finds words that are: the magic of a Go release, two zero bytes, any byte, 8 for the size of pointers.
    ///
    /// The linker aligns the table to 32 bytes, and puts it into a segment of any kind.
    fn find_tables(&mut self, segment: &Segment<'_>, start: usize) {
        const ALIGNMENT: usize = 16;
        const MASK: u64 = 0xff00_ffff_ffff_fff0;
        const WORD: u64 = 0x0800_0000_ffff_fff0;
        let is_magic = |place: &[u8; ALIGNMENT]| {
            place.first_chunk().is_some_and(|word| u64::from_le_bytes(*word) & MASK == WORD)
        };
        let start = start + (segment.vaddr.wrapping_neg() % ALIGNMENT as u64) as usize;
        let end = segment.data.len().min(start + PIECE);
        let (places, _) = segment.data.get(start..end).unwrap_or_default().as_chunks::<ALIGNMENT>();
        for (block, places) in places.chunks(BLOCK).enumerate() {
            // Without a way out of the loop, the compiler compares many at a time.
            if !places.iter().fold(false, |found, place| found | is_magic(place)) {
                continue;
            }
            let tables = places.iter().enumerate().filter(|(_, place)| is_magic(place));
            let tables = tables
                .map(|(i, _)| segment.vaddr.wrapping_add((start + (block * BLOCK + i) * ALIGNMENT) as u64));
            self.tables.extend(tables.take(MAX_TABLES.saturating_sub(self.tables.len())));
        }
    }

    /// Whether s2n-tls is in the file. It makes its labels of pieces, which no search for the labels finds.
    pub(crate) fn has_s2n(&self) -> bool {
        self.labels.iter().any(|segment| memchr::memmem::find(segment.data, S2N).is_some())
    }
}
