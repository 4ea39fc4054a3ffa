//! Removing cgroups: our own at the end, and those that a killed plaintap left behind.

use std::ffi::{CStr, CString};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, RawDir};
use rustix::io::Errno;

use super::hierarchy::{Hierarchy, open_directory, read_error};
use super::is_dot;
use crate::run::error::Error;
use crate::run::procfs;

/// Names of our cgroups start so.
pub(super) const PREFIX: &str = "plaintap-";
/// How deep below a cgroup of ours, or below the root, cgroups are looked for.
pub(super) const MAX_DEPTH: u8 = 16;
/// How often removal is tried while processes are exiting, and the pause between.
const ATTEMPTS: u32 = 50;
const PAUSE: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// Removes the empty cgroups that killed runs left behind, wherever they are in the hierarchy, and returns how many.
///
/// A cgroup is taken only when its name is ours, the process it names is gone, nobody holds its lock and no process
/// is in it.
pub fn remove_stale() -> Result<usize, Error> {
    let hierarchy = Hierarchy::find()?;
    let mut removed = 0;
    sweep(hierarchy.root(), MAX_DEPTH, &mut removed)
        .map_err(|e| read_error(hierarchy.mount_point(), e.into()))?;
    Ok(removed)
}

/// Removes a cgroup and the cgroups below it, deepest first. Allocates nothing: the guard calls it after a fork.
/// A cgroup that does not exist is fine; one with processes gives `EBUSY`.
pub(in crate::run) fn remove_tree(parent: BorrowedFd<'_>, name: &CStr, depth: u8) -> Result<(), Errno> {
    match rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
        Ok(()) | Err(Errno::NOENT) => return Ok(()),
        Err(Errno::BUSY | Errno::NOTEMPTY) if depth > 0 => {}
        Err(e) => return Err(e),
    }
    let directory = open_directory(parent, name)?;
    let mut buffer = [MaybeUninit::uninit(); 1024];
    let mut entries = RawDir::new(&directory, &mut buffer);
    while let Some(entry) = entries.next() {
        let entry = entry?;
        if entry.file_type() == FileType::Directory && !is_dot(entry.file_name()) {
            // One that is busy must not keep its empty neighbours; the last rmdir tells.
            let _ = remove_tree(directory.as_fd(), entry.file_name(), depth - 1);
        }
    }
    match rustix::fs::unlinkat(parent, name, AtFlags::REMOVEDIR) {
        Err(Errno::NOENT) => Ok(()),
        result => result,
    }
}

/// Whether live processes are in the cgroup or below. `false` when it is gone.
pub(in crate::run) fn is_populated(directory: BorrowedFd<'_>) -> bool {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let mut text = [0u8; 128];
    rustix::fs::openat(directory, c"cgroup.events", flags, Mode::empty())
        .and_then(|file| rustix::io::read(file, &mut text))
        .is_ok_and(|length| text[..length].starts_with(b"populated 1"))
}

/// [`remove_tree`], tried again while the last processes are exiting: they leave the list of processes a moment
/// before they leave the cgroup.
pub(super) fn remove_soon(
    parent: BorrowedFd<'_>,
    name: &CStr,
    directory: BorrowedFd<'_>,
    lives: impl Fn() -> bool,
) -> Result<(), Errno> {
    let mut result = remove_tree(parent, name, MAX_DEPTH);
    for _ in 0..ATTEMPTS {
        if result != Err(Errno::BUSY) || lives() {
            break;
        }
        wait_for_change(directory);
        result = remove_tree(parent, name, MAX_DEPTH);
    }
    result
}

/// Until `cgroup.events` changes, at most one pause.
fn wait_for_change(directory: BorrowedFd<'_>) {
    let events =
        rustix::fs::openat(directory, c"cgroup.events", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty());
    let Ok(events) = events else { return };
    // kernfs reports changes since the last read, so the file must be read once first.
    let _ = rustix::io::read(&events, &mut [0u8; 128]);
    let _ = rustix::event::poll(&mut [PollFd::new(&events, PollFlags::PRI)], Some(&PAUSE));
}

/// Looks for stale cgroups below `directory`.
fn sweep(directory: BorrowedFd<'_>, depth: u8, removed: &mut usize) -> Result<(), Errno> {
    let mut names: Vec<CString> = Vec::new();
    for entry in rustix::fs::Dir::read_from(directory)? {
        let entry = entry?;
        if entry.file_type() == FileType::Directory && !is_dot(entry.file_name()) {
            names.push(entry.file_name().to_owned());
        }
    }
    for name in names {
        // Cgroups come and go while we look.
        let Ok(child) = open_directory(directory, &name) else { continue };
        match owner(&name) {
            Some(owner) if is_stale(owner, child.as_fd()) => {
                let gone = remove_tree(directory, &name, MAX_DEPTH).is_ok();
                *removed += usize::from(gone);
            }
            // A nested plaintap's cgroup may stand below a live one.
            _ if depth > 0 => {
                let _ = sweep(child.as_fd(), depth - 1, removed);
            }
            _ => {}
        }
    }
    Ok(())
}

/// Pid and start time out of one of our names, `plaintap-<pid>-<start time>[-<number>]`.
fn owner(name: &CStr) -> Option<(i32, u64)> {
    let mut parts = name.to_str().ok()?.strip_prefix(PREFIX)?.split('-');
    let owner = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    let number_is_fine = parts.next().is_none_or(|number| number.parse::<u32>().is_ok());
    (number_is_fine && parts.next().is_none()).then_some(owner)
}

fn is_stale((pid, start): (i32, u64), directory: BorrowedFd<'_>) -> bool {
    procfs::start_time(pid) != Some(start)
        && rustix::fs::flock(directory, FlockOperation::NonBlockingLockExclusive).is_ok()
        && !is_populated(directory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_names_are_ours() {
        assert_eq!(owner(c"plaintap-12-345"), Some((12, 345)));
        assert_eq!(owner(c"plaintap-12-345-2"), Some((12, 345)));
        for name in
            [c"plaintap-12", c"plaintap-a-1", c"plaintap-1-2-3-4", c"plaintap-1-2-x", c"myplaintap-1-2"]
        {
            assert_eq!(owner(name), None, "{name:?}");
        }
    }
}
