//! Where the TLS secrets pass in an ELF file: pure bytes in, [`Hook`]s out.
//!
//! Nothing here is privileged, reads a file or knows a table of versions. A hook is data that the one generic uprobe
//! program of the `linux` crate can follow.

#![forbid(unsafe_code)]

mod aarch64;
mod calls;
mod cheap;
mod elf;
mod gnutls;
mod go;
mod hook;
mod labels;
mod marks;
mod nss;
mod object_hook;
mod openssl;
mod report;
mod rustls;
mod softoken;
mod symbolic;
mod trace;
mod xref;

pub use cheap::{cheapest, cheapest_of_objects};
pub use elf::Machine;
pub use hook::{Expression, Field, Hook, HookKind, Length, Register, Stack};
pub use object_hook::{ObjectFunction, ObjectHook, ObjectReads};
pub use report::{Evidence, NotFound, Report};

/// Searches a whole ELF file. One file may hold several stacks, so all are looked for.
///
/// Time is linear in the size of the file, and memory does not grow with it.
///
/// # Errors
///
/// The bytes are not a complete 64-bit little-endian executable or shared object for a known machine. A file that is
/// one but has no TLS stack is a [`Report`] without hooks.
pub fn locate(file: &[u8]) -> Result<Report, Error> {
    let elf = elf::Elf::parse(file)?;
    let mut report = Report {
        machine: elf.machine,
        build_id: elf.build_id.map(<[u8]>::to_vec),
        hooks: Vec::new(),
        objects: Vec::new(),
        evidence: Vec::new(),
        missing: Vec::new(),
    };
    let marks = marks::Marks::find(&elf);
    report.take(Stack::Go, go::find(&elf, &marks.tables));
    let labels = labels::Labels::find(&elf, &marks.labels);
    type Search = fn(&elf::Elf<'_>, &labels::Labels) -> Result<Found, NotFound>;
    let searches: [(Stack, Search); 3] =
        [(Stack::OpenSsl, openssl::find), (Stack::GnuTls, gnutls::find), (Stack::Nss, nss::find)];
    for (stack, search) in searches {
        let found = labels.as_ref().map_err(Clone::clone).and_then(|labels| search(&elf, labels));
        report.take(stack, found);
    }
    if let Some(found) = softoken::find(&elf) {
        // The other half of NSS: nothing is missing in it.
        report.missing.retain(|(stack, _)| *stack != Stack::Nss);
        report.take(Stack::Nss, found);
    }
    if marks.has_s2n() {
        report.missing.push((Stack::S2n, NotFound::NotAnalysed));
    }
    report.take(Stack::Rustls, rustls::find(&elf, &marks.labels));
    Ok(report)
}

/// The build id of an ELF file, of which `start` is the beginning (a few pages are enough for all linkers); `None` if it has none.
pub fn build_id(start: &[u8]) -> Option<&[u8]> {
    elf::build_id_of_start(start)
}

impl Report {
    fn take(&mut self, stack: Stack, found: Result<Found, NotFound>) {
        match found {
            Ok(found) => {
                self.hooks.extend(found.hooks);
                self.objects.extend(found.objects);
                self.evidence.extend(found.evidence);
            }
            Err(reason) => self.missing.push((stack, reason)),
        }
    }
}

/// What one stack's search gives to the report.
#[derive(Default)]
struct Found {
    hooks: Vec<Hook>,
    objects: Vec<ObjectHook>,
    evidence: Vec<Evidence>,
}

/// Why a file cannot be searched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Some other kind of file.
    #[error("not an ELF file: expected it to start with 7f 45 4c 46, got {got:02x?}")]
    NotElf {
        /// The first bytes, at most 4.
        got: Vec<u8>,
    },
    /// 32-bit or big-endian.
    #[error(
        "unsupported ELF class: expected class 2 (64-bit), data 1 (little-endian), got class {class}, data {data}"
    )]
    UnsupportedClass {
        /// EI_CLASS.
        class: u8,
        /// EI_DATA.
        data: u8,
    },
    /// An object file, a core dump.
    #[error("unsupported ELF type: expected 2 (executable) or 3 (shared object), got {got}")]
    UnsupportedType {
        /// e_type.
        got: u16,
    },
    /// Code for a machine that hooks cannot be given for.
    #[error("unsupported machine: expected 62 (x86-64) or 183 (aarch64), got {got}")]
    UnsupportedMachine {
        /// e_machine.
        got: u16,
    },
    /// A damaged file header.
    #[error("program headers of {got} bytes, expected {expected}")]
    ProgramHeaderSize {
        /// What ELF64 has.
        expected: u16,
        /// e_phentsize.
        got: u16,
    },
    /// The program headers or a segment go past the end.
    #[error("truncated ELF file: expected at least {expected} bytes, got {got}")]
    Truncated {
        /// The end of the missing part.
        expected: u64,
        /// The size of the file.
        got: u64,
    },
    /// More segments than any loader maps.
    #[error("damaged ELF file: more than {most} loadable segments")]
    TooManySegments {
        /// The limit.
        most: usize,
    },
    /// Segments that load the same bytes again and again.
    #[error("damaged ELF file: segments of {loaded} bytes in a file of {size}")]
    OverlappingSegments {
        /// The size of the file.
        size: u64,
        /// The sum of the segments' sizes.
        loaded: u64,
    },
}
