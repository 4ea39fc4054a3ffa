//! Finding the cgroup v2 hierarchy: by file-system type, as its place differs (pure, hybrid, none mounted).

use std::ffi::{CStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::mount::{FsMountFlags, FsOpenFlags, MountAttrFlags};

use super::{below, read_at};
use crate::run::error::Error;
use crate::run::procfs;

/// Inode number of the true root: kernfs counts from 1 (`kernfs_create_root`).
const ROOT_INODE: u64 = 1;

/// The cgroup v2 file system as this process can see it.
#[derive(Debug)]
pub(super) struct Hierarchy {
    root: OwnedFd,
    mount: Mount,
}

/// A directory to make cgroups in, and how deep it is.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) directory: OwnedFd,
    pub(super) path: PathBuf,
    pub(super) level: Option<u32>,
}

/// One cgroup2 line of mountinfo.
#[derive(Debug, PartialEq, Eq)]
struct Mount {
    /// The cgroup that is mounted, `/` for the (visible) root.
    root: PathBuf,
    /// Where; empty for a detached mount.
    point: PathBuf,
}

impl Hierarchy {
    /// The first mounted hierarchy that can be opened, else a mount of our own that no path leads to: it is used
    /// through its descriptor only and vanishes with it.
    pub(super) fn find() -> Result<Self, Error> {
        let table = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
        // The last mount on a directory is the one seen there.
        for mount in parse_mounts(&table).into_iter().rev() {
            let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC;
            let Ok(root) = rustix::fs::openat(CWD, &mount.point, flags, Mode::empty()) else { continue };
            // Something else may be mounted over it.
            if rustix::fs::fstatfs(&root).is_ok_and(|fs| fs.f_type == libc::CGROUP2_SUPER_MAGIC) {
                return Ok(Self { root, mount });
            }
        }
        let root = detached_mount().map_err(|e| Error::NoCgroup2 { source: e.into() })?;
        Ok(Self { root, mount: Mount { root: "/".into(), point: PathBuf::new() } })
    }

    pub(super) fn root(&self) -> BorrowedFd<'_> {
        self.root.as_fd()
    }

    /// Where it is mounted; empty for a detached mount.
    pub(super) fn mount_point(&self) -> &Path {
        &self.mount.point
    }

    /// Our own cgroup if its children may hold processes, else the root.
    pub(super) fn place(self) -> Result<Place, Error> {
        let own = procfs::cgroup_path("self");
        let own = own.as_deref().and_then(|path| below(path, &self.mount.root));
        if let Some(relative) = own.filter(|path| !path.as_os_str().is_empty())
            && let Ok(directory) = open_path(self.root.as_fd(), relative)
            && may_hold_children(directory.as_fd())
        {
            let level = self.level_of_mount().map(|level| level + depth(relative));
            return Ok(Place { directory, path: self.mount.point.join(relative), level });
        }
        let level = self.level_of_mount();
        Ok(Place { directory: self.root, path: self.mount.point, level })
    }

    /// How deep the mounted cgroup is. In a cgroup namespace its own root is shown as `/` and the depth is unknown.
    fn level_of_mount(&self) -> Option<u32> {
        match rustix::fs::fstat(&self.root).ok()?.st_ino {
            ROOT_INODE => Some(0),
            _ => below(&self.mount.root, Path::new("/")).map(depth).filter(|&depth| depth > 0),
        }
    }
}

/// Opens a directory entry for reading and as a place for `*at` calls.
pub(in crate::run) fn open_directory(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    rustix::fs::openat(parent, name, flags, Mode::empty())
}

fn open_path(root: BorrowedFd<'_>, relative: &Path) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(root, relative, OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

/// Documentation/admin-guide/cgroup-v2.rst: a cgroup that hands controllers to children may hold no processes itself
/// (so none of ours can be moved below it), and children of a threaded or threaded-domain cgroup are no domains.
fn may_hold_children(directory: BorrowedFd<'_>) -> bool {
    let controllers = read_at(directory, "cgroup.subtree_control");
    let kind = read_at(directory, "cgroup.type");
    controllers.is_ok_and(|text| text.trim().is_empty()) && kind.is_ok_and(|text| text.trim() == "domain")
}

fn detached_mount() -> Result<OwnedFd, Errno> {
    let context = rustix::mount::fsopen("cgroup2", FsOpenFlags::FSOPEN_CLOEXEC)?;
    rustix::mount::fsconfig_create(context.as_fd())?;
    let attributes = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    let mount = rustix::mount::fsmount(context.as_fd(), FsMountFlags::FSMOUNT_CLOEXEC, attributes)?;
    // fsmount gives an O_PATH descriptor; reading the directory needs a real one.
    rustix::fs::openat(mount, ".", OFlags::DIRECTORY | OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

fn depth(relative: &Path) -> u32 {
    u32::try_from(relative.components().count()).unwrap_or(u32::MAX)
}

/// The cgroup2 lines of mountinfo (proc(5)): `id parent dev root point options [tags…] - type source options`.
fn parse_mounts(table: &[u8]) -> Vec<Mount> {
    table.split(|&b| b == b'\n').filter_map(parse_mount).collect()
}

fn parse_mount(line: &[u8]) -> Option<Mount> {
    let mut fields = line.split(|&b| b == b' ');
    let (root, point) = (fields.nth(3)?, fields.next()?);
    let kind = fields.skip_while(|&field| field != b"-").nth(1)?;
    (kind == b"cgroup2").then(|| Mount { root: unescape(root), point: unescape(point) })
}

/// Space, tab, newline and backslash stand as three octal digits.
fn unescape(field: &[u8]) -> PathBuf {
    let mut out = Vec::with_capacity(field.len());
    let mut rest = field;
    while let [first, tail @ ..] = rest {
        match rest {
            [b'\\', a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', tail @ ..] => {
                out.push(((a - b'0') << 6) | ((b - b'0') << 3) | (c - b'0'));
                rest = tail;
            }
            _ => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    OsString::from_vec(out).into()
}

/// So that callers can report a read failure of the tree with its place.
pub(super) fn read_error(path: &Path, source: io::Error) -> Error {
    Error::Cgroup { action: "read", path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_of_pure_hybrid_and_container_hosts() {
        let table = b"31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n\
            32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime shared:9 master:1 - cgroup cgroup rw,cpu\n\
            41 31 0:38 / /sys/fs/cgroup/unified rw,relatime shared:8 - cgroup2 cgroup2 rw\n\
            52 41 0:38 /docker/ab /mnt/my\\040cgroups rw - cgroup2 cgroup rw,nsdelegate\n\
            broken line\n";
        let expect = [
            Mount { root: "/".into(), point: "/sys/fs/cgroup/unified".into() },
            Mount { root: "/docker/ab".into(), point: "/mnt/my cgroups".into() },
        ];
        assert_eq!(parse_mounts(table), expect);
        assert_eq!(parse_mounts(b""), []);
    }

    #[test]
    fn a_detached_mount_works_like_a_mounted_one() {
        let root = match detached_mount() {
            Ok(root) => root,
            Err(e) => return eprintln!("skipped: fsopen(cgroup2): {e}"),
        };
        assert_eq!(rustix::fs::fstatfs(&root).unwrap().f_type, libc::CGROUP2_SUPER_MAGIC);
        let hierarchy = Hierarchy { root, mount: Mount { root: "/".into(), point: PathBuf::new() } };
        let cgroup =
            super::super::TargetCgroup::create_at(hierarchy.place().unwrap(), "plaintap-detached-test")
                .unwrap();
        assert!(cgroup.processes().unwrap().is_empty());
    }
}
