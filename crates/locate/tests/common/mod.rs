//! What the tests on real files share.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test file uses its part")]

use std::path::{Path, PathBuf};
use std::process::Command;

use object::read::elf::ElfFile64;
use object::{Object, ObjectSegment, ObjectSymbol};
use plaintap_locate::{Field, Hook, HookKind, Report, locate};

/// Says that a test could not run; the caller returns.
pub(crate) fn skip(what: &str) {
    println!("skipped: {what} not found");
}

/// A directory for one test's files, below the target directory; `name` is used by no other test.
pub(crate) fn directory(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// Runs a compiler; `false` if it is not there.
pub(crate) fn run(command: &mut Command) -> bool {
    match command.output() {
        Ok(output) => {
            assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
            true
        }
        Err(_) => false,
    }
}

/// Takes the section headers away from a file, as sstrip does: no symbol can be found in it any more.
pub(crate) fn without_sections(file: &[u8]) -> Vec<u8> {
    const SECTION_HEADER_FIELDS: [std::ops::Range<usize>; 2] = [40..48, 58..64];
    let mut file = file.to_vec();
    for field in SECTION_HEADER_FIELDS {
        file[field].fill(0);
    }
    file
}

/// The file offset of a function, by its symbol.
pub(crate) fn symbol(file: &[u8], name: &str) -> Option<u64> {
    let elf = ElfFile64::<object::LittleEndian>::parse(file).unwrap();
    let mut symbols = elf.symbols().chain(elf.dynamic_symbols());
    let address = symbols.find(|symbol| symbol.name() == Ok(name) && symbol.address() != 0)?.address();
    elf.segments().find_map(|segment| {
        let inside = (segment.address()..segment.address() + segment.size()).contains(&address);
        inside.then(|| segment.file_range().0 + (address - segment.address()))
    })
}

/// The only hook of a kind.
pub(crate) fn hook(report: &Report, kind: HookKind) -> &Hook {
    let hooks: Vec<_> = report.hooks.iter().filter(|hook| hook.kind == kind).collect();
    assert_eq!(hooks.len(), 1, "{kind:?} in {report:?}");
    hooks[0]
}

pub(crate) fn locate_ok(file: &[u8]) -> Report {
    locate(file).unwrap()
}

/// How a field's address prints.
pub(crate) fn address(field: &Field) -> String {
    match field {
        Field::Constant(text) => (*text).to_string(),
        Field::Memory { address, .. } | Field::ObjectValue { handle: address } => address.to_string(),
    }
}

/// The linker of the Rust toolchain, which links for every machine.
pub(crate) fn linker() -> Option<String> {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output().ok()?;
    let libraries = String::from_utf8(output.stdout).ok()?;
    let linker = Path::new(libraries.trim()).parent()?.join("bin/gcc-ld/ld.lld");
    linker.exists().then(|| linker.display().to_string())
}
