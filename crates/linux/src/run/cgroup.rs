//! The cgroup that the command and its children live in.
//!
//! The cgroup is what makes "only the target's packets" true in the kernel: children are in it by themselves, and
//! every socket remembers the cgroup it was made in. It is made below plaintap's own cgroup where the kernel allows
//! that, so that the resource limits of the session go on to hold, else at the root of the hierarchy.

mod hierarchy;
mod remove;

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, Mode, OFlags};
use rustix::io::Errno;

pub(super) use hierarchy::open_directory;
use hierarchy::{Hierarchy, Place};
pub use remove::remove_stale;
pub(super) use remove::{is_populated, remove_tree};

use super::error::Error;
use super::procfs;

/// A fresh cgroup v2 for one run, removed on drop when it is empty.
///
/// Its directory is locked (`flock`) while plaintap or its guard lives: the sign for [`remove_stale`] of other runs.
#[derive(Debug)]
pub struct TargetCgroup {
    name: CString,
    path: PathBuf,
    parent: OwnedFd,
    directory: OwnedFd,
    id: u64,
    ancestor_level: Option<u32>,
    removed: bool,
}

impl TargetCgroup {
    /// Makes an empty cgroup named `plaintap-<pid>-<start time of pid>`.
    pub fn create() -> Result<Self, Error> {
        let hierarchy = Hierarchy::find()?;
        let pid = std::process::id().cast_signed();
        let base = format!("{}{pid}-{}", remove::PREFIX, procfs::start_time(pid).unwrap_or(0));
        Self::create_at(hierarchy.place()?, &base)
    }

    fn create_at(place: Place, base: &str) -> Result<Self, Error> {
        let (name, path) = make_directory(&place, base)?;
        let opened = open_directory(place.directory.as_fd(), &name)
            .and_then(|directory| Ok((rustix::fs::fstat(&directory)?.st_ino, directory)));
        let (id, directory) =
            opened.map_err(|e| Error::Cgroup { action: "open", path: path.clone(), source: e.into() })?;
        // Not fatal: without the lock only a plaintap of another pid namespace could take the empty cgroup for stale.
        let _ = rustix::fs::flock(&directory, FlockOperation::NonBlockingLockExclusive);
        let ancestor_level = place.level.map(|level| level + 1);
        Ok(Self { name, path, parent: place.directory, directory, id, ancestor_level, removed: false })
    }

    /// The kernel's cgroup id (what `bpf_get_current_cgroup_id` returns): the inode number of the directory.
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Depth below the true root of cgroup v2 (root = 0), as `bpf_skb_ancestor_cgroup_id` counts. `None` inside a
    /// cgroup namespace, where /proc and the mounts hide how deep its root is.
    pub fn ancestor_level(&self) -> Option<u32> {
        self.ancestor_level
    }

    /// The cgroup's directory, for attaching programs.
    pub fn directory(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// Where the cgroup is, for messages.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Moves a process into the cgroup.
    pub fn add(&self, pid: u32) -> Result<(), Error> {
        let write = || -> io::Result<()> {
            let flags = OFlags::WRONLY | OFlags::CLOEXEC;
            let file = rustix::fs::openat(&self.directory, c"cgroup.procs", flags, Mode::empty())?;
            File::from(file).write_all(pid.to_string().as_bytes())
        };
        write().map_err(|source| self.error("add a process to", source))
    }

    /// The processes in the cgroup and in cgroups that the target made below it.
    pub fn processes(&self) -> Result<Vec<u32>, Error> {
        let mut pids = Vec::new();
        collect_processes(self.directory.as_fd(), &mut pids, remove::MAX_DEPTH)
            .map_err(|source| self.error("read", source))?;
        Ok(pids)
    }

    /// Removes the cgroup and empty cgroups below it, waiting shortly for processes that are just exiting.
    /// Fails with `EBUSY` when processes live on in it.
    pub fn remove(&mut self) -> Result<(), Error> {
        if self.removed {
            return Ok(());
        }
        let lives = || self.processes().is_ok_and(|pids| !pids.is_empty());
        remove::remove_soon(self.parent.as_fd(), &self.name, self.directory.as_fd(), lives)
            .map_err(|e| self.error("remove", e.into()))?;
        self.removed = true;
        Ok(())
    }

    pub(super) fn parent(&self) -> BorrowedFd<'_> {
        self.parent.as_fd()
    }

    pub(super) fn name(&self) -> &CString {
        &self.name
    }

    fn error(&self, action: &'static str, source: io::Error) -> Error {
        Error::Cgroup { action, path: self.path.clone(), source }
    }
}

impl Drop for TargetCgroup {
    fn drop(&mut self) {
        // Processes that live on keep it; the guard removes it after them.
        let _ = self.remove();
    }
}

/// Makes the directory; a second run within one process gets `-2` and so on.
fn make_directory(place: &Place, base: &str) -> Result<(CString, PathBuf), Error> {
    let mut result = Err(Errno::EXIST);
    for attempt in 1..100 {
        let name = if attempt == 1 { base.to_owned() } else { format!("{base}-{attempt}") };
        let path = place.path.join(&name);
        let name = CString::new(name).unwrap_or_default();
        match rustix::fs::mkdirat(&place.directory, &name, Mode::from_raw_mode(0o755)) {
            Ok(()) => return Ok((name, path)),
            Err(Errno::EXIST) => {}
            Err(e) => {
                result = Err(e);
                break;
            }
        }
    }
    result.map_err(|e| Error::Cgroup { action: "create", path: place.path.join(base), source: e.into() })
}

fn collect_processes(directory: BorrowedFd<'_>, pids: &mut Vec<u32>, depth: u8) -> io::Result<()> {
    // A threaded cgroup has no list of its own (EOPNOTSUPP): its processes stand in the nearest domain above.
    match read_at(directory, "cgroup.procs") {
        Ok(text) => pids.extend(text.lines().filter_map(|line| line.parse::<u32>().ok())),
        Err(e) if e.raw_os_error() == Some(libc::EOPNOTSUPP) => {}
        Err(e) => return Err(e),
    }
    if depth == 0 {
        return Ok(());
    }
    for entry in rustix::fs::Dir::read_from(directory)? {
        let entry = entry?;
        if entry.file_type() == rustix::fs::FileType::Directory && !is_dot(entry.file_name()) {
            match open_directory(directory, entry.file_name()) {
                Ok(child) => collect_processes(child.as_fd(), pids, depth - 1)?,
                Err(Errno::NOENT) => {}
                Err(e) => return Err(e.into()),
            }
        }
    }
    Ok(())
}

/// The text of a small file in a cgroup directory.
fn read_at(directory: BorrowedFd<'_>, name: &str) -> io::Result<String> {
    let file = rustix::fs::openat(directory, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())?;
    let mut text = String::new();
    File::from(file).read_to_string(&mut text)?;
    Ok(text)
}

fn is_dot(name: &std::ffi::CStr) -> bool {
    matches!(name.to_bytes(), b"." | b"..")
}

/// `path` without `prefix`, relative; `None` when it lies elsewhere.
fn below<'a>(path: &'a Path, prefix: &Path) -> Option<&'a Path> {
    if path.as_os_str().as_bytes().windows(2).any(|w| w == b"..") {
        return None;
    }
    path.strip_prefix(prefix).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cgroup for tests, or the reason why there is none.
    fn fresh() -> Option<TargetCgroup> {
        match TargetCgroup::create() {
            Ok(cgroup) => Some(cgroup),
            Err(e) => {
                eprintln!("skipped: {e}");
                None
            }
        }
    }

    fn exists(cgroup: &TargetCgroup) -> bool {
        rustix::fs::statat(cgroup.parent(), cgroup.name(), rustix::fs::AtFlags::empty()).is_ok()
    }

    #[test]
    fn a_fresh_cgroup_is_empty_and_goes() {
        let Some(mut cgroup) = fresh() else { return };
        assert_eq!(cgroup.processes().unwrap(), Vec::<u32>::new());
        assert_eq!(rustix::fs::fstat(cgroup.directory()).unwrap().st_ino, cgroup.id());
        assert!(exists(&cgroup));
        cgroup.remove().unwrap();
        assert!(!exists(&cgroup));
    }

    #[test]
    fn processes_of_inner_cgroups_are_listed_and_keep_it() {
        let Some(mut cgroup) = fresh() else { return };
        let mut sleeper = std::process::Command::new("sleep").arg("600").spawn().unwrap();
        cgroup.add(sleeper.id()).unwrap();
        rustix::fs::mkdirat(cgroup.directory(), "inner", Mode::from_raw_mode(0o755)).unwrap();
        let inner = open_directory(cgroup.directory(), c"inner").unwrap();
        let procs = rustix::fs::openat(&inner, "cgroup.procs", OFlags::WRONLY, Mode::empty()).unwrap();
        File::from(procs).write_all(sleeper.id().to_string().as_bytes()).unwrap();
        assert_eq!(cgroup.processes().unwrap(), [sleeper.id()]);
        assert!(matches!(cgroup.remove(), Err(Error::Cgroup { action: "remove", .. })));
        sleeper.kill().unwrap();
        sleeper.wait().unwrap();
        cgroup.remove().unwrap();
        assert!(!exists(&cgroup));
    }

    #[test]
    fn two_of_one_process_get_two_names() {
        let (Some(one), Some(two)) = (fresh(), fresh()) else { return };
        assert_ne!(one.id(), two.id());
        assert_ne!(one.path(), two.path());
        assert!(one.ancestor_level().is_none_or(|level| level >= 1));
    }

    #[test]
    fn paths_above_the_mount_are_not_below_it() {
        assert_eq!(below(Path::new("/a/b"), Path::new("/a")), Some(Path::new("b")));
        assert_eq!(below(Path::new("/../x"), Path::new("/")), None);
        assert_eq!(below(Path::new("/ab"), Path::new("/a")), None);
    }
}
