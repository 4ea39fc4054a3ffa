//! An ELF file as the loader sees it: program headers, dynamic table, relocations. No section is ever needed, so
//! stripped and sstripped files read like any other.
//!
//! "vaddr" is an address as linked, with a load bias of 0. Every read is bounded by the segment it starts in and is
//! `None` outside of the file.

use memchr::memmem;

use crate::{Error, Register};

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_NOTE: u32 = 4;
const PT_GNU_EH_FRAME: u32 = 0x6474_e550;
const NT_GNU_BUILD_ID: u32 = 3;
const PF_X: u32 = 1;
const ET_EXEC: u16 = 2;
const ET_DYN: u16 = 3;
const EM_X86_64: u16 = 62;
const EM_AARCH64: u16 = 183;
const DT_NULL: u64 = 0;
const DT_STRTAB: u64 = 5;
const DT_SYMTAB: u64 = 6;
const DT_RELA: u64 = 7;
const DT_RELASZ: u64 = 8;
const DT_STRSZ: u64 = 10;
const DT_JMPREL: u64 = 23;
const DT_PLTRELSZ: u64 = 2;
const R_X86_64_GLOB_DAT: u32 = 6;
const R_X86_64_JUMP_SLOT: u32 = 7;
const R_X86_64_RELATIVE: u32 = 8;
const R_AARCH64_GLOB_DAT: u32 = 1025;
const R_AARCH64_JUMP_SLOT: u32 = 1026;
const R_AARCH64_RELATIVE: u32 = 1027;

const HEADER_SIZE: usize = 64;
const PROGRAM_HEADER_SIZE: usize = 56;
const STT_FUNC: u8 = 2;
const RELA_SIZE: usize = 24;
const SYMBOL_SIZE: u64 = 24;
/// Loaders map a handful of segments, core files thousands.
const MAX_SEGMENTS: usize = 256;

/// A machine that hooks can be given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Machine {
    /// AMD64.
    X86_64,
    /// 64-bit ARM.
    Aarch64,
}

impl Machine {
    /// The registers of a function's first six arguments.
    pub(crate) fn arguments(self) -> [Register; 6] {
        match self {
            // System V AMD64 ABI §3.2.3.
            Self::X86_64 => {
                [Register::Rdi, Register::Rsi, Register::Rdx, Register::Rcx, Register::R8, Register::R9]
            }
            // Procedure Call Standard for the Arm 64-bit Architecture §6.8.2.
            Self::Aarch64 => [0, 1, 2, 3, 4, 5].map(Register::X),
        }
    }
}

/// A loadable or data-carrying part of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) vaddr: u64,
    pub(crate) offset: u64,
    pub(crate) data: &'a [u8],
    flags: u32,
}

#[cfg(test)]
impl<'a> Segment<'a> {
    /// Executable bytes.
    pub(crate) const fn of_code(vaddr: u64, data: &'a [u8]) -> Self {
        Self { vaddr, offset: 0, data, flags: PF_X }
    }
}

impl Segment<'_> {
    pub(crate) fn executable(&self) -> bool {
        self.flags & PF_X != 0
    }

    fn holds(&self, vaddr: u64) -> bool {
        vaddr.checked_sub(self.vaddr).is_some_and(|at| at < self.data.len() as u64)
    }
}

/// A parsed file.
#[derive(Debug)]
pub(crate) struct Elf<'a> {
    pub(crate) machine: Machine,
    /// Linked for one fixed address, so code may hold absolute addresses.
    pub(crate) fixed: bool,
    pub(crate) loads: Vec<Segment<'a>>,
    rela: &'a [u8],
    jmprel: &'a [u8],
    symbols: Option<u64>,
    /// The names of imported and exported symbols, which stay in a stripped file, each with a NUL byte before and behind.
    pub(crate) names: &'a [u8],
    eh_frame_hdr: Option<Segment<'a>>,
    /// What the linker computed from the contents, if it was asked to; 20 bytes, or 16.
    pub(crate) build_id: Option<&'a [u8]>,
    file: &'a [u8],
}

impl<'a> Elf<'a> {
    pub(crate) fn parse(file: &'a [u8]) -> Result<Self, Error> {
        let header = check_header(file)?;
        let machine = match u16_at(header, 18) {
            EM_X86_64 => Machine::X86_64,
            EM_AARCH64 => Machine::Aarch64,
            got => return Err(Error::UnsupportedMachine { got }),
        };
        let mut elf = Self {
            machine,
            fixed: u16_at(header, 16) == ET_EXEC,
            loads: Vec::new(),
            rela: &[],
            jmprel: &[],
            symbols: None,
            names: &[],
            eh_frame_hdr: None,
            build_id: None,
            file,
        };
        let mut dynamic = None;
        for entry in program_headers(file, header)?.chunks_exact(PROGRAM_HEADER_SIZE) {
            match u32_at(entry, 0) {
                PT_LOAD if elf.loads.len() == MAX_SEGMENTS => {
                    return Err(Error::TooManySegments { most: MAX_SEGMENTS });
                }
                PT_LOAD => elf.loads.push(segment(file, entry)?),
                PT_DYNAMIC => dynamic = Some(segment(file, entry)?),
                PT_NOTE => elf.build_id = elf.build_id.or_else(|| build_id(segment(file, entry).ok()?.data)),
                PT_GNU_EH_FRAME => elf.eh_frame_hdr = Some(segment(file, entry)?),
                _ => {}
            }
        }
        // Linkers do not load a byte twice. Holding files to that keeps every scan linear in the file's size.
        let loaded = elf.loads.iter().map(|s| s.data.len() as u64).sum();
        if loaded > 2 * file.len() as u64 {
            return Err(Error::OverlappingSegments { size: file.len() as u64, loaded });
        }
        if let Some(dynamic) = dynamic {
            elf.read_dynamic(dynamic.data);
        }
        Ok(elf)
    }

    fn read_dynamic(&mut self, table: &[u8]) {
        let value = |tag| {
            table
                .chunks_exact(16)
                .map(|entry| (u64_at(entry, 0), u64_at(entry, 8)))
                .take_while(|entry| entry.0 != DT_NULL)
                .find_map(|entry| (entry.0 == tag).then_some(entry.1))
        };
        let block = |start, size| {
            let (bytes, size) = (self.bytes(value(start)?)?, usize::try_from(value(size)?).ok()?);
            bytes.get(..size)
        };
        (self.rela, self.jmprel, self.names) = (
            block(DT_RELA, DT_RELASZ).unwrap_or_default(),
            block(DT_JMPREL, DT_PLTRELSZ).unwrap_or_default(),
            block(DT_STRTAB, DT_STRSZ).unwrap_or_default(),
        );
        self.symbols = value(DT_SYMTAB);
    }

    /// vaddr of the function of this name, if the file still has its symbols (elf(5), "String and symbol tables").
    pub(crate) fn function(&self, name: &str) -> Option<u64> {
        const SHT_SYMTAB: u32 = 2;
        const SHT_DYNSYM: u32 = 11;
        /// Files have one of each kind.
        const MOST_TABLES: usize = 2;
        const SECTION_HEADER_SIZE: usize = 64;
        let header = check_header(self.file).ok()?;
        let count = u64::from(u16_at(header, 60));
        let sections = take(self.file, u64_at(header, 40), count * SECTION_HEADER_SIZE as u64).ok()?;
        let section = |index: usize| sections.chunks_exact(SECTION_HEADER_SIZE).nth(index);
        let contents = |section: &[u8]| take(self.file, u64_at(section, 24), u64_at(section, 32)).ok();
        let needle = [b"\0", name.as_bytes(), b"\0"].concat();
        let tables = sections.chunks_exact(SECTION_HEADER_SIZE);
        let tables = tables.filter(|section| matches!(u32_at(section, 4), SHT_SYMTAB | SHT_DYNSYM));
        tables.take(MOST_TABLES).find_map(|table| {
            let names = contents(section(u32_at(table, 40) as usize)?)?;
            let name = u32::try_from(memmem::find(names, &needle)? + 1).ok()?;
            let mut symbols = contents(table)?.chunks_exact(SYMBOL_SIZE as usize);
            let symbol = symbols.find(|symbol| u32_at(symbol, 0) == name && symbol[4] & 0xf == STT_FUNC)?;
            Some(u64_at(symbol, 8)).filter(|&address| address != 0)
        })
    }

    /// vaddr of the function that the file exports by this name; a stripped file has it too.
    pub(crate) fn exported(&self, name: &str) -> Option<u64> {
        /// The dynamic table does not tell how many there are; linkers put the names right behind.
        const MOST_SYMBOLS: usize = 1 << 20;
        let needle = [b"\0", name.as_bytes(), b"\0"].concat();
        let name = u32::try_from(memmem::find(self.names, &needle)? + 1).ok()?;
        let mut symbols = self.bytes(self.symbols?)?.chunks_exact(SYMBOL_SIZE as usize).take(MOST_SYMBOLS);
        let symbol = symbols.find(|symbol| u32_at(symbol, 0) == name && symbol[4] & 0xf == STT_FUNC)?;
        Some(u64_at(symbol, 8)).filter(|&address| address != 0)
    }

    /// The offset in the file of the byte that is loaded at `vaddr`.
    pub(crate) fn file_offset(&self, vaddr: u64) -> Option<u64> {
        let segment = self.segment(vaddr)?;
        Some(segment.offset + (vaddr - segment.vaddr))
    }

    /// Where the byte at this offset of the file is loaded.
    pub(crate) fn vaddr(&self, offset: u64) -> Option<u64> {
        self.loads.iter().find_map(|segment| {
            let inside = offset.checked_sub(segment.offset).filter(|&at| at < segment.data.len() as u64)?;
            Some(segment.vaddr + inside)
        })
    }

    /// From `vaddr` to the end of its segment.
    pub(crate) fn bytes(&self, vaddr: u64) -> Option<&'a [u8]> {
        let segment = self.segment(vaddr)?;
        segment.data.get(usize::try_from(vaddr - segment.vaddr).ok()?..)
    }

    /// From `vaddr` to the end of its segment, if that is executable.
    pub(crate) fn code(&self, vaddr: u64) -> Option<&'a [u8]> {
        self.segment(vaddr)?.executable().then(|| self.bytes(vaddr))?
    }

    fn segment(&self, vaddr: u64) -> Option<&Segment<'a>> {
        self.loads.iter().find(|segment| segment.holds(vaddr))
    }

    /// The pointer at `vaddr` after relocation. Costs one pass over the RELA table.
    ///
    /// RELR needs no table walk: it keeps its addends in place, where the raw read finds them.
    pub(crate) fn pointer(&self, vaddr: u64) -> Option<u64> {
        self.relative()
            .find_map(|(place, target)| (place == vaddr).then_some(target))
            .or_else(|| self.bytes(vaddr)?.first_chunk().map(|word| u64::from_le_bytes(*word)))
    }

    /// `(place, target)` of every RELATIVE relocation of the RELA table.
    pub(crate) fn relative(&self) -> impl Iterator<Item = (u64, u64)> + use<'a> {
        let wanted = match self.machine {
            Machine::X86_64 => R_X86_64_RELATIVE,
            Machine::Aarch64 => R_AARCH64_RELATIVE,
        };
        relocations(self.rela).filter_map(move |r| (r.kind == wanted).then_some((r.place, r.addend)))
    }

    /// The function of this file that a slot of the global offset table points to; `None` if it is another file's.
    pub(crate) fn slot_target(&self, slot: u64) -> Option<u64> {
        let bound = relocations(self.jmprel).chain(relocations(self.rela)).find(|r| r.place == slot);
        let Some(relocation) = bound else { return self.pointer(slot) };
        match relocation.kind {
            R_X86_64_JUMP_SLOT | R_X86_64_GLOB_DAT | R_AARCH64_JUMP_SLOT | R_AARCH64_GLOB_DAT => {
                let at = self.symbols?.checked_add(u64::from(relocation.symbol) * SYMBOL_SIZE)?;
                let symbol = self.bytes(at)?.get(..SYMBOL_SIZE as usize)?;
                let defined = u16_at(symbol, 6) != 0;
                defined.then(|| u64_at(symbol, 8))
            }
            R_X86_64_RELATIVE | R_AARCH64_RELATIVE => Some(relocation.addend),
            _ => None,
        }
    }

    /// Start and end of the function around `vaddr`, from the search table of `.eh_frame_hdr` (LSB core, "Exception
    /// Frames") in the one encoding that linkers write: sorted pairs of 32-bit offsets relative to the header.
    pub(crate) fn function_bounds(&self, vaddr: u64) -> Option<(u64, u64)> {
        const DATA_RELATIVE_SDATA4: u8 = 0x3b;
        const UDATA4: u8 = 0x03;
        let header = self.eh_frame_hdr?;
        let &[1, frame_encoding, UDATA4, DATA_RELATIVE_SDATA4] = header.data.first_chunk()? else {
            return None;
        };
        let count_at = if matches!(frame_encoding & 0xf, 0x3 | 0xb) { 8 } else { 12 };
        let count = u32_at(header.data.get(count_at..count_at + 4)?, 0) as usize;
        let table = header.data.get(count_at + 4..)?;
        let table = table.get(..count.checked_mul(8)?)?;
        let entry = |i: usize, field: usize| {
            let offset = u32_at(table, i * 8 + field).cast_signed();
            header.vaddr.checked_add_signed(offset.into())
        };
        let (mut low, mut high) = (0, count);
        while low < high {
            let middle = low.midpoint(high);
            if entry(middle, 0)? <= vaddr { low = middle + 1 } else { high = middle }
        }
        let index = low.checked_sub(1)?;
        let start = entry(index, 0)?;
        // A frame description entry: length, pointer to its CIE, start, size.
        let description = self.bytes(entry(index, 4)?)?.get(..16)?;
        let end = start.checked_add(u32_at(description, 12).into())?;
        (vaddr < end).then_some((start, end))
    }
}

/// The build id of a file of which only the beginning is given; notes stand near it.
pub(crate) fn build_id_of_start(start: &[u8]) -> Option<&[u8]> {
    let header = check_header(start).ok()?;
    let mut entries = program_headers(start, header).ok()?.chunks_exact(PROGRAM_HEADER_SIZE);
    entries.find_map(|entry| {
        (u32_at(entry, 0) == PT_NOTE).then(|| build_id(segment(start, entry).ok()?.data))?
    })
}

/// The build id in a segment of notes (elf(5), "Notes"): sizes of name and contents, type, name, contents, each padded to 4.
fn build_id(mut notes: &[u8]) -> Option<&[u8]> {
    const HEADER: usize = 12;
    const NAME: &[u8] = b"GNU\0";
    const LONGEST: usize = 64;
    while let Some(header) = notes.get(..HEADER) {
        let [name_size, size] = [u32_at(header, 0), u32_at(header, 4)].map(|size| size as usize);
        let contents = HEADER.checked_add(name_size.checked_next_multiple_of(4)?)?;
        let end = contents.checked_add(size)?;
        if u32_at(header, 8) == NT_GNU_BUILD_ID && notes.get(HEADER..HEADER + name_size)? == NAME {
            return notes.get(contents..end).filter(|id| (1..=LONGEST).contains(&id.len()));
        }
        notes = notes.get(end.checked_next_multiple_of(4)?..)?;
    }
    None
}

struct Relocation {
    place: u64,
    kind: u32,
    symbol: u32,
    addend: u64,
}

fn relocations(table: &[u8]) -> impl Iterator<Item = Relocation> + use<'_> {
    table.chunks_exact(RELA_SIZE).map(|entry| Relocation {
        place: u64_at(entry, 0),
        kind: u32_at(entry, 8),
        symbol: u32_at(entry, 12),
        addend: u64_at(entry, 16),
    })
}

/// The file header, if it is one of a 64-bit little-endian executable or shared object.
fn check_header(file: &[u8]) -> Result<&[u8], Error> {
    const CLASS64: u8 = 2;
    const LITTLE_ENDIAN: u8 = 1;
    if !file.starts_with(b"\x7fELF") {
        return Err(Error::NotElf { got: file[..file.len().min(4)].to_vec() });
    }
    let header = take(file, 0, HEADER_SIZE as u64)?;
    match (header[4], header[5], u16_at(header, 16)) {
        (CLASS64, LITTLE_ENDIAN, ET_EXEC | ET_DYN) => Ok(header),
        (CLASS64, LITTLE_ENDIAN, got) => Err(Error::UnsupportedType { got }),
        (class, data, _) => Err(Error::UnsupportedClass { class, data }),
    }
}

fn program_headers<'a>(file: &'a [u8], header: &[u8]) -> Result<&'a [u8], Error> {
    let (offset, entry_size, count) = (u64_at(header, 32), u16_at(header, 54), u16_at(header, 56));
    if count > 0 && usize::from(entry_size) != PROGRAM_HEADER_SIZE {
        return Err(Error::ProgramHeaderSize { expected: PROGRAM_HEADER_SIZE as u16, got: entry_size });
    }
    take(file, offset, u64::from(count) * PROGRAM_HEADER_SIZE as u64)
}

fn segment<'a>(file: &'a [u8], entry: &[u8]) -> Result<Segment<'a>, Error> {
    let (offset, size) = (u64_at(entry, 8), u64_at(entry, 32));
    Ok(Segment { flags: u32_at(entry, 4), offset, vaddr: u64_at(entry, 16), data: take(file, offset, size)? })
}

fn take(file: &[u8], offset: u64, size: u64) -> Result<&[u8], Error> {
    let end = offset.saturating_add(size);
    let range = usize::try_from(offset).ok().zip(usize::try_from(end).ok());
    range
        .and_then(|(start, end)| file.get(start..end))
        .ok_or(Error::Truncated { expected: end, got: file.len() as u64 })
}

/// Callers have checked that `at..at + 2` is inside.
fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

/// Callers have checked that `at..at + 4` is inside.
fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

/// Callers have checked that `at..at + 8` is inside.
fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A file of one segment for each `(vaddr, flags, bytes)`, with an optional dynamic table at the end.
    pub(crate) fn build(machine: u16, kind: u16, segments: &[(u32, u64, u32, &[u8])]) -> Vec<u8> {
        let mut file = b"\x7fELF\x02\x01\x01".to_vec();
        file.resize(HEADER_SIZE, 0);
        file[16..18].copy_from_slice(&kind.to_le_bytes());
        file[18..20].copy_from_slice(&machine.to_le_bytes());
        file[32] = HEADER_SIZE as u8;
        file[54] = PROGRAM_HEADER_SIZE as u8;
        file[56] = segments.len() as u8;
        let mut body: Vec<u8> = Vec::new();
        for &(kind, vaddr, flags, bytes) in segments {
            let offset = (HEADER_SIZE + segments.len() * PROGRAM_HEADER_SIZE + body.len()) as u64;
            file.extend(kind.to_le_bytes());
            file.extend(flags.to_le_bytes());
            for word in [offset, vaddr, vaddr, bytes.len() as u64, bytes.len() as u64, 1] {
                file.extend(word.to_le_bytes());
            }
            body.extend(bytes);
        }
        file.extend(body);
        file
    }

    fn words(words: &[u64]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    #[test]
    fn addresses_map_to_file_offsets() {
        let file =
            build(EM_X86_64, ET_EXEC, &[(PT_LOAD, 0x1000, PF_X, b"code"), (PT_LOAD, 0x5000, 6, b"data!")]);
        let elf = Elf::parse(&file).unwrap();
        assert!(elf.fixed);
        assert_eq!(elf.file_offset(0x1001), Some(64 + 2 * 56 + 1));
        assert_eq!(elf.file_offset(0x5004), Some(64 + 2 * 56 + 8));
        assert_eq!(elf.file_offset(0x5005), None);
        assert_eq!(elf.vaddr(64 + 2 * 56 + 8), Some(0x5004));
        assert_eq!(elf.vaddr(1), None);
        assert_eq!(elf.bytes(0x5001), Some(&b"ata!"[..]));
        assert_eq!(elf.code(0x5001), None);
    }

    #[test]
    fn pointers_are_read_relocated() {
        let rela = words(&[
            0x2000,
            R_X86_64_RELATIVE.into(),
            0x1234,
            0x2010,
            1 << 32 | u64::from(R_X86_64_JUMP_SLOT),
            0,
        ]);
        let symbols = words(&[0, 0, 0, 7 << 48, 0x4321, 0]);
        let data = words(&[0, 0x5678, 0]);
        let dynamic = words(&[
            DT_RELA,
            0x3000,
            DT_RELASZ,
            24,
            DT_JMPREL,
            0x3018,
            DT_PLTRELSZ,
            24,
            DT_SYMTAB,
            0x4000,
            DT_NULL,
            0,
        ]);
        let file = build(
            EM_X86_64,
            ET_DYN,
            &[
                (PT_LOAD, 0x2000, 6, &data),
                (PT_LOAD, 0x3000, 4, &rela),
                (PT_LOAD, 0x4000, 4, &symbols),
                (PT_DYNAMIC, 0x9000, 4, &dynamic),
            ],
        );
        let elf = Elf::parse(&file).unwrap();
        assert_eq!(elf.pointer(0x2000), Some(0x1234));
        assert_eq!(elf.pointer(0x2008), Some(0x5678));
        assert_eq!(elf.slot_target(0x2010), Some(0x4321));
        assert_eq!(elf.slot_target(0x2000), Some(0x1234));
    }

    #[test]
    fn eh_frame_hdr_gives_function_bounds() {
        let header: Vec<u8> = [0x3b03_1b01_u32, 0, 2, 0x1000, 0x100, 0x2000, 0x110]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        let frames: Vec<u8> =
            [16_u32, 0, 0, 0x20, 16, 0, 0, 0x30].iter().flat_map(|word| word.to_le_bytes()).collect();
        let file =
            build(EM_X86_64, ET_DYN, &[(PT_GNU_EH_FRAME, 0, 4, &header), (PT_LOAD, 0x100, 4, &frames)]);
        let elf = Elf::parse(&file).unwrap();
        assert_eq!(elf.function_bounds(0x101f), Some((0x1000, 0x1020)));
        assert_eq!(elf.function_bounds(0x2000), Some((0x2000, 0x2030)));
        assert_eq!(elf.function_bounds(0x1020), None);
        assert_eq!(elf.function_bounds(0xfff), None);
    }

    #[test]
    fn build_id_is_one_of_the_notes() {
        let mut notes = b"\x04\0\0\0\x02\0\0\0\x01\0\0\0GNU\0ab\0\0".to_vec();
        notes.extend(b"\x04\0\0\0\x03\0\0\0\x03\0\0\0GNU\0xyz\0");
        let file = build(EM_X86_64, ET_DYN, &[(PT_NOTE, 0, 4, &notes)]);
        assert_eq!(Elf::parse(&file).unwrap().build_id, Some(&b"xyz"[..]));
        assert_eq!(build_id_of_start(&file), Some(&b"xyz"[..]));
        assert_eq!(build_id_of_start(&file[..file.len() - 2]), None);
        assert_eq!(build_id(&notes[..notes.len() - 2]), None);
        assert_eq!(build_id(&[0xff; 40]), None);
    }

    #[test]
    fn errors_say_what_was_found() {
        let good = build(EM_X86_64, ET_DYN, &[(PT_LOAD, 0, 4, b"abcd")]);
        let patched = |at: usize, byte: u8| {
            let mut file = good.clone();
            file[at] = byte;
            Elf::parse(&file).map(|_| ()).unwrap_err()
        };
        assert_eq!(patched(0, b'M'), Error::NotElf { got: b"MELF".to_vec() });
        assert_eq!(patched(4, 1), Error::UnsupportedClass { class: 1, data: 1 });
        assert_eq!(patched(16, 4), Error::UnsupportedType { got: 4 });
        assert_eq!(patched(18, 243), Error::UnsupportedMachine { got: 243 });
        assert_eq!(patched(54, 32), Error::ProgramHeaderSize { expected: 56, got: 32 });
        let cut = Elf::parse(&good[..good.len() - 1]).map(|_| ()).unwrap_err();
        assert_eq!(cut, Error::Truncated { expected: 124, got: 123 });
    }
}
