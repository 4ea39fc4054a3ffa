//! Go: the TLS functions by name, through the function table that the runtime itself needs (`runtime.pclntab`) and that
//! no strip removes.
//!
//! `writeKeyLog` is called for each secret even without a `KeyLogWriter`, which it tests inside. It is not called for
//! resumed TLS 1.2 connections; `keysFromMasterSecret` is, for each TLS 1.2 connection.
//! Table layouts: `src/debug/gosym/pclntab.go` and `src/runtime/symtab.go` of the Go releases.

use memchr::memmem;

use crate::elf::{Elf, Machine};
use crate::{Evidence, Expression, Field, Found, Hook, HookKind, Length, NotFound, Register, Stack};

/// How a name ends, and what it is. The package before it must be a [`tls_package`].
const FUNCTIONS: [(&[u8], HookKind); 2] = [
    (b".(*Config).writeKeyLog\0", HookKind::GoWriteKeyLog),
    (b".keysFromMasterSecret\0", HookKind::GoKeysFromMasterSecret),
];

/// Bounds for damaged files. Real ones have one table, one word that points to it, and a name for each fork of TLS.
const MAX_TABLES: usize = 4;
const MAX_POINTERS: usize = 16;
const MAX_NAMES: usize = 64;

/// Searches the function tables that start at one of `candidates`.
pub(crate) fn find(elf: &Elf<'_>, candidates: &[u64]) -> Result<Found, NotFound> {
    let mut found = Found::default();
    let mut reason = NotFound::NoFunctionTable;
    for table in candidates.iter().filter_map(|&address| Table::parse(elf, address)).take(MAX_TABLES) {
        if let Err(why) = search_table(elf, &table, &mut found) {
            reason = why;
        }
    }
    if found.hooks.is_empty() { Err(reason) } else { Ok(found) }
}

fn search_table(elf: &Elf<'_>, table: &Table<'_>, found: &mut Found) -> Result<(), NotFound> {
    let text = match table.layout.entry_size {
        8 => Some(table.text(elf).ok_or(NotFound::NoModuleData { table: table.address })?),
        _ => None,
    };
    let names = table.names();
    let functions = table.functions(elf, text, &names);
    if functions.is_empty() {
        return Err(NotFound::NoTlsFunctions { functions: table.count as u64 });
    }
    let (address, magic) = (table.address, table.magic);
    found.evidence.extend(version(elf).map(Evidence::GoVersion));
    found.evidence.push(Evidence::FunctionTable { address, magic, functions: table.count as u64, text });
    for (address, name) in functions {
        let Some(file_offset) = elf.file_offset(address) else { continue };
        let register_abi = register_abi(elf, table.magic, address)?;
        found.evidence.push(Evidence::GoFunction { name: name.text.clone(), address, register_abi });
        found.hooks.push(hook(name.kind, elf.machine, register_abi, file_offset));
    }
    Ok(())
}

/// Where things are in a function table; offsets count from its start.
struct Layout {
    names: usize,
    names_end: usize,
    /// The sorted entries: address, then offset of the description.
    entries: usize,
    /// Entries are pairs of 32-bit offsets (8 bytes; since Go 1.18) or of words (16).
    entry_size: usize,
    /// What the descriptions' offsets count from.
    descriptions: usize,
}

struct Table<'a> {
    address: u64,
    magic: u32,
    bytes: &'a [u8],
    count: usize,
    layout: Layout,
}

/// A name of the table that is wanted.
struct Name {
    offset: usize,
    text: String,
    kind: HookKind,
}

impl<'a> Table<'a> {
    fn parse(elf: &Elf<'a>, address: u64) -> Option<Self> {
        const GO_1_2: u32 = 0xffff_fffb;
        const GO_1_16: u32 = 0xffff_fffa;
        const GO_1_18: u32 = 0xffff_fff0;
        const GO_1_20: u32 = 0xffff_fff1;
        let bytes = elf.bytes(address)?;
        if !matches!(bytes.get(6)?, 1 | 2 | 4) {
            return None;
        }
        let magic = u32::from_le_bytes(*bytes.first_chunk()?);
        let word = |index: usize| usize::try_from(word_at(bytes, 8 + index * 8)?).ok();
        let split = |names: usize, entries: usize, entry_size| {
            let (names, names_end, entries) = (word(names)?, word(names + 1)?, word(entries)?);
            Some(Layout { names, names_end, entries, entry_size, descriptions: entries })
        };
        let layout = match magic {
            GO_1_18 | GO_1_20 => split(3, 7, 8)?,
            GO_1_16 => split(2, 6, 16)?,
            GO_1_2 => {
                Layout { names: 0, names_end: bytes.len(), entries: 16, entry_size: 16, descriptions: 0 }
            }
            _ => return None,
        };
        let count = word(0)?;
        let end = count.checked_mul(layout.entry_size)?.checked_add(layout.entries)?;
        (count > 0 && end <= bytes.len()).then_some(Self { address, magic, bytes, count, layout })
    }

    /// The address that the entries of Go 1.18 and later are relative to: `runtime.text`.
    ///
    /// Read from the module data, the only place that all releases agree on: in the table's own header it is 0 since 1.26,
    /// and with cgo it is not the start of the text section. `runtime.moduledata` starts with a pointer to the table; its
    /// `ftab` pointer at 128 proves it.
    fn text(&self, elf: &Elf<'_>) -> Option<u64> {
        const FTAB: u64 = 128;
        const TEXT: u64 = 176;
        let entries = self.address.checked_add(self.layout.entries as u64)?;
        let relocated = elf.relative().filter(|&(_, target)| target == self.address).map(|(place, _)| place);
        let needle = self.address.to_le_bytes();
        let plain = elf.loads.iter().filter(|segment| !segment.executable()).flat_map(|segment| {
            let places = memmem::find_iter(segment.data, &needle).take(MAX_POINTERS);
            places.map(|at| segment.vaddr.wrapping_add(at as u64)).collect::<Vec<_>>()
        });
        relocated
            .chain(plain)
            .take(MAX_POINTERS)
            .find(|&module| elf.pointer(module.wrapping_add(FTAB)) == Some(entries))
            .and_then(|module| elf.pointer(module.wrapping_add(TEXT)))
    }

    fn names(&self) -> Vec<Name> {
        let Some(names) = self.bytes.get(self.layout.names..self.layout.names_end.min(self.bytes.len()))
        else {
            return Vec::new();
        };
        let name = |end: usize, suffix: &[u8], kind| {
            let start = memchr::memrchr(0, &names[..end]).map_or(0, |nul| nul + 1);
            let package = std::str::from_utf8(&names[start..end]).ok()?;
            let text = String::from_utf8_lossy(&names[start..end + suffix.len() - 1]).into_owned();
            tls_package(package).then_some(Name { offset: start, text, kind })
        };
        let all = FUNCTIONS.iter().flat_map(|&(suffix, kind)| {
            memmem::find_iter(names, suffix).filter_map(move |end| name(end, suffix, kind)).take(MAX_NAMES)
        });
        all.collect()
    }

    /// vaddr and name of each function of `names`.
    fn functions<'n>(&self, elf: &Elf<'_>, text: Option<u64>, names: &'n [Name]) -> Vec<(u64, &'n Name)> {
        let Layout { entries, entry_size, descriptions, .. } = self.layout;
        let half = entry_size / 2;
        let read = |at: usize| match half {
            4 => Some(u32::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?).into()),
            _ => word_at(self.bytes, at),
        };
        // The description starts with the entry again, then the name.
        let name_of = |entry: usize| {
            let description = descriptions.checked_add(usize::try_from(read(entry + half)?).ok()?)?;
            let name = self.bytes.get(description.checked_add(half)?..)?.first_chunk()?;
            let offset = u32::from_le_bytes(*name) as usize;
            names.iter().find(|name| name.offset == offset)
        };
        let address_of = |entry: usize| match text {
            Some(text) => text.checked_add(read(entry)?),
            None => elf.pointer(self.address.checked_add(entry as u64)?),
        };
        if names.is_empty() {
            return Vec::new();
        }
        (0..self.count)
            .map(|i| entries + i * entry_size)
            .filter_map(|entry| name_of(entry).map(|name| (entry, name)))
            .take(MAX_NAMES)
            .filter_map(|(entry, name)| Some((address_of(entry)?, name)))
            .collect()
    }
}

fn word_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

/// The release that built the program: `src/debug/buildinfo/buildinfo.go`. Since Go 1.18 a text follows the header, with its length as a
/// varint; before, a pointer to a string.
fn version(elf: &Elf<'_>) -> Option<String> {
    const MAGIC: &[u8] = b"\xff Go buildinf:";
    const ALIGNMENT: usize = 16;
    const TEXT_FOLLOWS: u8 = 2;
    const LONGEST: usize = 127;
    let data = elf.loads.iter().filter(|segment| !segment.executable());
    let mut headers = data.filter_map(|segment| {
        let mut places = memmem::find_iter(segment.data, MAGIC);
        segment.data.get(places.find(|at| at % ALIGNMENT == 0)?..)
    });
    let header = headers.next()?;
    let text = if header.get(15)? & TEXT_FOLLOWS != 0 {
        // One byte of a varint is enough for any length allowed here.
        let length = usize::from(*header.get(32)?);
        header.get(33..33 + length.min(LONGEST))?
    } else {
        let string = word_at(header, 16)?;
        let (text, length) = (elf.pointer(string)?, elf.pointer(string.checked_add(8)?)?);
        elf.bytes(text)?.get(..usize::try_from(length).ok()?.min(LONGEST))?
    };
    let text = std::str::from_utf8(text).ok()?;
    text.starts_with("go").then(|| text.to_owned())
}

/// `crypto/tls` and its forks: `…/utls`, `…/qtls-go1-20`, `…/xtls/reality`.
fn tls_package(path: &str) -> bool {
    path.split('/').any(|element| element.ends_with("tls") || element.starts_with("qtls-"))
}

/// Whether arguments come in registers (ABIInternal) or on the stack (ABI0).
///
/// Go 1.16 and 1.17 share a table format but not a convention, so on x86-64 the stack check that starts every function is asked: it
/// finds g in r14 (`cmp rsp|r12, [r14+16]`), or in thread-local storage (`mov reg, fs:…`). On aarch64 the check
/// looks the same in both, and the table's release is all there is: registers from 1.18.
fn register_abi(elf: &Elf<'_>, magic: u32, address: u64) -> Result<bool, NotFound> {
    const LONGEST_CHECK: usize = 32;
    let code = elf.code(address).unwrap_or_default();
    let code = &code[..code.len().min(LONGEST_CHECK)];
    let has = |pattern: &[u8]| memmem::find(code, pattern).is_some();
    match elf.machine {
        Machine::Aarch64 => Ok(magic & 0xf < 0xa),
        Machine::X86_64 if has(b"\x49\x3b\x66\x10") || has(b"\x4d\x3b\x66\x10") => Ok(true),
        Machine::X86_64 if has(b"\x64\x48\x8b") => Ok(false),
        Machine::X86_64 => Err(NotFound::UnknownPrologue { function: address, got: code.to_vec() }),
    }
}

/// `(*Config).writeKeyLog(c, label string, clientRandom, secret []byte)` and
/// `keysFromMasterSecret(version uint16, suite *cipherSuite, masterSecret, clientRandom, …)`.
///
/// Each string takes two argument words, each slice three. In registers, a slice that does not fit goes to the stack
/// as a whole, which no argument wanted here does.
fn hook(kind: HookKind, machine: Machine, register_abi: bool, file_offset: u64) -> Hook {
    // cmd/compile/abi-internal.md: the integer argument registers.
    const X86_64: [Register; 9] = {
        use Register::{R8, R9, R10, R11, Rax, Rbx, Rcx, Rdi, Rsi};
        [Rax, Rbx, Rcx, Rdi, Rsi, R8, R9, R10, R11]
    };
    let argument = |index: usize| match (register_abi, machine) {
        (true, Machine::X86_64) => Expression::register(X86_64[index]),
        (true, Machine::Aarch64) => Expression::register(Register::X(index as u8)),
        (false, machine) => {
            // Above the return address, or on aarch64 the place kept for it.
            let stack = if machine == Machine::X86_64 { Register::Rsp } else { Register::X(31) };
            Expression::path(stack, &[8 + 8 * index as i32, 0])
        }
    };
    let counted =
        |index| Field::Memory { address: argument(index), length: Length::Value(argument(index + 1)) };
    let random = |index| Field::Memory { address: argument(index), length: Length::Constant(32) };
    let (label, client_random, secret) = match kind {
        HookKind::GoWriteKeyLog => (counted(1), random(3), counted(6)),
        _ => (Field::Constant("CLIENT_RANDOM"), random(5), counted(2)),
    };
    Hook { stack: Stack::Go, kind, file_offset, label, client_random, secret }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_of_tls_forks_match() {
        for path in ["crypto/tls", "github.com/refraction-networking/utls", "github.com/quic-go/qtls-go1-20"]
        {
            assert!(tls_package(path), "{path}");
        }
        for path in ["main", "crypto/tls13", "example.com/config"] {
            assert!(!tls_package(path), "{path}");
        }
    }

    #[test]
    fn arguments_follow_the_calling_convention() {
        let text = |hook: &Hook| {
            [&hook.label, &hook.client_random, &hook.secret].map(|field| match field {
                Field::Constant(text) => (*text).to_string(),
                Field::Memory { address, length: Length::Value(length) } => format!("{address} {length}"),
                Field::Memory { address, .. } | Field::ObjectValue { handle: address } => address.to_string(),
            })
        };
        let (log, keys) = (HookKind::GoWriteKeyLog, HookKind::GoKeysFromMasterSecret);
        assert_eq!(text(&hook(log, Machine::X86_64, true, 0)), ["rbx rcx", "rdi", "r9 r10"]);
        assert_eq!(text(&hook(keys, Machine::X86_64, true, 0)), ["CLIENT_RANDOM", "r8", "rcx rdi"]);
        assert_eq!(text(&hook(log, Machine::Aarch64, true, 0)), ["x1 x2", "x3", "x6 x7"]);
        assert_eq!(text(&hook(keys, Machine::Aarch64, true, 0)), ["CLIENT_RANDOM", "x5", "x2 x3"]);
        let stack = ["*(rsp+0x10) *(rsp+0x18)", "*(rsp+0x20)", "*(rsp+0x38) *(rsp+0x40)"];
        assert_eq!(text(&hook(log, Machine::X86_64, false, 0)), stack);
        assert_eq!(
            text(&hook(keys, Machine::X86_64, false, 0)),
            ["CLIENT_RANDOM", "*(rsp+0x30)", "*(rsp+0x18) *(rsp+0x20)"]
        );
    }
}
