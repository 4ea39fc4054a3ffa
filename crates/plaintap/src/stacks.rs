//! Searching files for TLS stacks, for all commands that place or explain probes.

use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek};

use plaintap_linux::memory::with_pages;
use plaintap_locate::{Error, Hook, ObjectHook, Report, Stack, cheapest, cheapest_of_objects, locate};

mod cache;

/// A file that is larger is not searched: no program with a TLS stack comes near it.
const LARGEST_FILE: u64 = 2 << 30;

/// Why a file was not searched.
#[derive(Debug)]
pub enum Unsearched {
    /// A directory, a device, a script, data: nothing that could hold a TLS stack.
    NotCode(&'static str),
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is damaged, or code of another kind of machine.
    Unsupported(Error),
}

impl fmt::Display for Unsearched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotCode(what) => f.write_str(what),
            Self::Unreadable(error) => write!(f, "cannot be read: {error}"),
            Self::Unsupported(error) => error.fmt(f),
        }
    }
}

/// What probes need to know of a file.
#[derive(Debug, Default)]
pub struct Surveyed {
    /// Where secrets pass.
    pub hooks: Vec<Hook>,
    /// Where objects get the values that hooks of other files ask for.
    pub objects: Vec<ObjectHook>,
    /// The file offsets of hooks whose expressions are not the search's, but were learned and proven when they were used.
    pub learned: Vec<u64>,
    /// Why there are none, although the file seems to have a TLS stack.
    pub doubt: Option<String>,
}

impl Surveyed {
    /// The stacks with hooks, each once.
    pub fn stacks(&self) -> Vec<Stack> {
        let mut stacks: Vec<Stack> = self.hooks.iter().map(|hook| hook.stack).collect();
        stacks.dedup();
        stacks
    }
}

/// Searches a file for TLS stacks, or remembers what an earlier search found.
///
/// # Errors
/// When it is not code, or cannot be read.
pub fn survey(file: &File) -> Result<Surveyed, Unsearched> {
    let entry = cache::Entry::of(file);
    if let Some(surveyed) = entry.as_ref().and_then(cache::Entry::load) {
        return Ok(surveyed);
    }
    let bytes = read(file)?;
    let report = locate(&bytes).map_err(Unsearched::Unsupported)?;
    let mut doubts = report.missing.iter().filter(|(_, reason)| !reason.is_absence());
    let doubt = doubts.next().filter(|_| report.hooks.is_empty());
    let doubt = doubt.map(|(stack, reason)| format!("{stack}: {reason}"));
    let hooks = cheapest(&bytes, &report.hooks);
    let objects = cheapest_of_objects(&bytes, &report.objects);
    let surveyed = Surveyed { hooks, objects, learned: Vec::new(), doubt };
    if let Some(entry) = entry {
        entry.store(&surveyed);
    }
    Ok(surveyed)
}

/// Keeps for the next run how a hook of a file is read. Without a place for that, it is learned again.
pub fn remember(file: &File, hook: &Hook) {
    let Some(entry) = cache::Entry::of(file) else { return };
    let Some(mut surveyed) = entry.load() else { return };
    let same = |known: &&mut Hook| (known.file_offset, known.kind) == (hook.file_offset, hook.kind);
    let Some(known) = surveyed.hooks.iter_mut().find(same) else { return };
    *known = hook.clone();
    if !surveyed.learned.contains(&hook.file_offset) {
        surveyed.learned.push(hook.file_offset);
    }
    entry.store(&surveyed);
}

/// Searches a file for TLS stacks.
///
/// # Errors
/// When it is not code, or cannot be read.
pub fn search(file: &File) -> Result<Report, Unsearched> {
    let bytes = read(file)?;
    locate(&bytes).map_err(Unsearched::Unsupported)
}

fn read(mut file: &File) -> Result<Vec<u8>, Unsearched> {
    let metadata = file.metadata().map_err(Unsearched::Unreadable)?;
    if !metadata.is_file() {
        return Err(Unsearched::NotCode("not a regular file"));
    }
    if metadata.len() > LARGEST_FILE {
        return Err(Unsearched::NotCode("larger than 2 GiB"));
    }
    let mut magic = [0; 4];
    file.rewind().map_err(Unsearched::Unreadable)?;
    match file.read_exact(&mut magic) {
        Ok(()) if magic == *b"\x7fELF" => {}
        Ok(()) => return Err(Unsearched::NotCode("not an ELF file")),
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
            return Err(Unsearched::NotCode("not an ELF file"));
        }
        Err(error) => return Err(Unsearched::Unreadable(error)),
    }
    let mut bytes = with_pages(usize::try_from(metadata.len()).unwrap_or(0));
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(Unsearched::Unreadable)?;
    Ok(bytes)
}
