//! The target as the kernel sees it: a cgroup v2 directory and everything below it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Mode, OFlags, fstat, fstatfs, openat, statat};

use super::Error;

/// The `f_type` of a cgroup v2 file system (include/uapi/linux/magic.h).
const CGROUP2_SUPER_MAGIC: u64 = 0x6367_7270;
/// Deeper than any hierarchy; `cgroup.max.depth` has no smaller default.
const MAXIMUM_LEVEL: u32 = 4096;

/// Which tasks belong to the target: those whose cgroup, or an ancestor of it, has this id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetFilter {
    /// The kernel's id of the cgroup: the inode number of its directory.
    pub cgroup_id: u64,
    /// The depth of the cgroup in the hierarchy; 0 is the root.
    pub ancestor_level: u32,
}

impl TargetFilter {
    /// The filter for an open cgroup v2 directory.
    ///
    /// # Errors
    /// When it is not one, or when a cgroup namespace hides how deep it lies.
    pub fn of_directory(directory: BorrowedFd<'_>) -> Result<Self, Error> {
        let magic = fstatfs(directory).map_err(failed)?.f_type.cast_unsigned();
        if magic != CGROUP2_SUPER_MAGIC {
            return Err(Error::NotCgroup2 { found: magic });
        }
        let own = fstat(directory).map_err(failed)?;
        let mut ancestor_level = 0;
        let mut current: Option<OwnedFd> = None;
        loop {
            let here = current.as_ref().map_or(directory, AsFd::as_fd);
            let stat = fstat(here).map_err(failed)?;
            let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
            let parent = openat(here, "..", flags, Mode::empty()).map_err(failed)?;
            let above = fstat(&parent).map_err(failed)?;
            if above.st_dev != stat.st_dev || above.st_ino == stat.st_ino || ancestor_level > MAXIMUM_LEVEL {
                // Every cgroup but the true root has this file.
                if statat(here, "cgroup.events", AtFlags::empty()).is_ok() {
                    return Err(Error::CgroupNamespace);
                }
                return Ok(Self { cgroup_id: own.st_ino, ancestor_level });
            }
            ancestor_level += 1;
            current = Some(parent);
        }
    }
}

fn failed(error: rustix::io::Errno) -> Error {
    Error::System { what: "examine the cgroup directory", source: io::Error::from(error) }
}

#[cfg(test)]
mod tests {
    use std::fs::File;

    use super::*;

    #[test]
    fn a_directory_elsewhere_is_refused() {
        let proc = File::open("/proc").unwrap();
        assert!(matches!(TargetFilter::of_directory(proc.as_fd()), Err(Error::NotCgroup2 { found: 0x9fa0 })));
    }
}
