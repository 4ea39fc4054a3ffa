//! The processes that run, and the files whose code they have mapped.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;

use crate::run::procfs;

/// A process, as /proc shows it at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Process {
    /// Its id in our pid namespace.
    pub pid: i32,
    /// Clock ticks since boot: with the pid it names a process once and for all.
    pub start_time: u64,
    /// The process that made it, or took it over from that one.
    pub parent: i32,
    /// Its effective user.
    pub user: u32,
    /// The name of its main thread, at most 15 bytes.
    pub name: String,
    /// Its path in the cgroup v2 hierarchy, or where that is not used the longest of all hierarchies'.
    pub cgroup: PathBuf,
}

impl Process {
    /// The process with this id; `None` if there is none, or a thread of the kernel.
    pub fn of(pid: i32) -> Option<Self> {
        let folder = format!("/proc/{pid}");
        let stat = procfs::stat(pid)?;
        if stat.is_kernel_thread || stat.has_ended {
            return None;
        }
        let name = fs::read(format!("{folder}/comm")).ok()?;
        Some(Self {
            pid,
            start_time: stat.start_time,
            parent: stat.parent,
            // /proc/PID belongs to the effective user, but where the process hides itself, to root (proc(5)).
            user: fs::metadata(folder).ok()?.uid(),
            name: String::from_utf8_lossy(name.trim_ascii_end()).into_owned(),
            cgroup: cgroup(pid).unwrap_or_default(),
        })
    }

    /// The path of its program; `None` if it is another user's and may not be looked at.
    pub fn program(&self) -> Option<PathBuf> {
        fs::read_link(format!("/proc/{}/exe", self.pid)).ok()
    }

    /// All processes that can be seen, by id.
    ///
    /// # Errors
    /// When /proc cannot be read.
    pub fn all() -> io::Result<Vec<Self>> {
        let mut all: Vec<Self> = pids()?.into_iter().filter_map(Self::of).collect();
        all.sort_by_key(|process| process.pid);
        Ok(all)
    }

    /// The files whose code it has mapped, each once.
    ///
    /// # Errors
    /// When the process has ended, or is another user's and may not be looked at.
    pub fn code(&self) -> io::Result<Vec<MappedFile>> {
        let maps = fs::read(format!("/proc/{}/maps", self.pid))?;
        let mut files: Vec<MappedFile> = Vec::new();
        for file in maps.split(|&byte| byte == b'\n').filter_map(|line| MappedFile::parse(self.pid, line)) {
            if !files.iter().any(|known| known.id == file.id) {
                files.push(file);
            }
        }
        Ok(files)
    }
}

/// Names an inode, as long as something holds on to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FileId {
    /// Major and minor number of the device.
    pub device: (u32, u32),
    /// The inode.
    pub inode: u64,
}

/// A file that a process has mapped code from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MappedFile {
    /// Which file it is.
    pub id: FileId,
    /// Its path in the process's own file system; ` (deleted)` behind it where it has been.
    pub path: PathBuf,
    pid: i32,
    /// The mapping, as /proc/PID/map_files names it.
    mapping: String,
}

impl MappedFile {
    /// Reads a line of /proc/PID/maps (proc(5)): addresses, permissions, offset, device, inode, path.
    fn parse(pid: i32, line: &[u8]) -> Option<Self> {
        let mut fields = line.splitn(6, |&byte| byte == b' ');
        let mut field = || std::str::from_utf8(fields.next()?).ok();
        let (mapping, permissions, _offset, device, inode) =
            (field()?, field()?, field()?, field()?, field()?);
        let (major, minor) = device.split_once(':')?;
        let device = (u32::from_str_radix(major, 16).ok()?, u32::from_str_radix(minor, 16).ok()?);
        let id = FileId { device, inode: inode.parse().ok()? };
        let path = OsStr::from_bytes(fields.next()?.trim_ascii_start());
        let code = permissions.as_bytes().get(2) == Some(&b'x') && id.inode != 0;
        // The addresses have leading zeros in maps, and none in map_files.
        let (start, end) = mapping.split_once('-')?;
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16));
        let mapping = format!("{:x}-{:x}", start.ok()?, end.ok()?);
        code.then(|| Self { id, path: PathBuf::from(path), pid, mapping })
    }

    /// Opens the file itself, wherever the process's file system is, and also when it has been deleted. Without the privilege
    /// for that (`CAP_CHECKPOINT_RESTORE`), the file at its path.
    ///
    /// # Errors
    /// When the process has ended or unmapped it, or the file may not be read.
    pub fn open(&self) -> io::Result<File> {
        let itself = File::open(format!("/proc/{}/map_files/{}", self.pid, self.mapping));
        itself.or_else(|error| {
            let path = self.path.strip_prefix("/").map_err(|_| error)?;
            File::open(PathBuf::from(format!("/proc/{}/root", self.pid)).join(path))
        })
    }
}

fn pids() -> io::Result<Vec<i32>> {
    let entries = fs::read_dir("/proc")?.flatten();
    Ok(entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect())
}

/// cgroups(7): lines of hierarchy number, controllers, path. Number 0 is version 2; where that is not used, all processes are in its root.
fn cgroup(pid: i32) -> Option<PathBuf> {
    let text = fs::read(format!("/proc/{pid}/cgroup")).ok()?;
    let paths =
        text.split(|&byte| byte == b'\n').filter_map(|line| line.splitn(3, |&byte| byte == b':').nth(2));
    let longest = paths.max_by_key(|path| path.len())?;
    Some(
        procfs::cgroup_path_in(&text)
            .filter(|path| path.parent().is_some())
            .unwrap_or_else(|| PathBuf::from(OsStr::from_bytes(longest))),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_maps_are_read() {
        let line = b"00400000-0048c000 r-xp 00001000 08:01 1234                       /usr/bin/a b (deleted)";
        let file = MappedFile::parse(7, line).unwrap();
        assert_eq!(file.id, FileId { device: (8, 1), inode: 1234 });
        assert_eq!(file.path.to_str(), Some("/usr/bin/a b (deleted)"));
        assert_eq!(file.mapping, "400000-48c000");
        for other in [
            &b"00400000-0048c000 r--p 00001000 08:01 1234                       /usr/bin/ab"[..],
            b"7ffd1c5f2000-7ffd1c5f4000 r-xp 00000000 00:00 0                  [vdso]",
            b"7ffd1c5f2000",
            b"",
        ] {
            assert_eq!(MappedFile::parse(7, other), None);
        }
    }

    #[test]
    fn own_code_is_found_and_opened() {
        let own = Process::of(std::process::id().cast_signed()).unwrap();
        assert!(Process::all().unwrap().contains(&own));
        let executable = std::env::current_exe().unwrap();
        let code = own.code().unwrap();
        let file = code.iter().find(|file| file.path == executable).unwrap().open().unwrap();
        assert_eq!(file.metadata().unwrap().len(), fs::metadata(executable).unwrap().len());
        assert_eq!(Process::of(i32::MAX), None);
    }
}
