//! Which file a system call of the target means, seen from outside: its path is read from its memory and resolved as
//! it would be there (its root, working directory and descriptors), never as it would be here.

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, ResolveFlags, StatxFlags};
use rustix::io::Errno;

use super::seccomp::read_memory;

/// Longest path the kernel takes (PATH_MAX).
const PATH_MAX: usize = 4096;
/// How much of the arguments of an exec is kept: enough to recognise a command.
const ARGUMENTS_MAX: usize = 64;
const ARGUMENT_BYTES_MAX: usize = 1024;
/// Memory is read in pieces that do not cross a page, as the next page may not be mapped.
const PAGE: u64 = 4096;

/// A thread of the target that waits in a system call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Caller {
    /// Its process.
    pub(super) pid: i32,
    pub(super) tid: i32,
}

/// Where a relative path starts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base {
    WorkingDirectory,
    Descriptor(i32),
}

/// Identity of a root directory: the mount and the directory. Equal only in the same mount namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Root {
    mount: u64,
    inode: u64,
}

impl Root {
    /// Our own.
    pub(super) fn own() -> Option<Self> {
        Self::at("/")
    }

    fn at(path: &str) -> Option<Self> {
        let wanted = StatxFlags::INO | StatxFlags::MNT_ID;
        let facts = rustix::fs::statx(CWD, path, AtFlags::empty(), wanted).ok()?;
        // Kernels before 5.8 do not tell the mount: then no root is taken for ours.
        let told = StatxFlags::from_bits_retain(facts.stx_mask).contains(StatxFlags::MNT_ID);
        told.then_some(Self { mount: facts.stx_mnt_id, inode: facts.stx_ino })
    }
}

impl Caller {
    /// Finds the file that an exec of `path` would open, as an `O_PATH` descriptor.
    pub(super) fn resolve(self, own: Option<Root>, base: Base, path: &[u8]) -> Result<OwnedFd, Errno> {
        if path.is_empty() {
            // execveat with AT_EMPTY_PATH: the descriptor itself, which may be a memfd or a deleted file.
            return match base {
                Base::Descriptor(fd) => open_path(format!("/proc/{}/fd/{fd}", self.tid)),
                Base::WorkingDirectory => Err(Errno::NOENT),
            };
        }
        if let Some(ours) = self.translate(path) {
            return open_path(OsStr::from_bytes(&ours));
        }
        let shares_root = own.is_some() && own == Root::at(&format!("/proc/{}/root", self.tid));
        match (shares_root, path.starts_with(b"/")) {
            (true, true) => open_here(path),
            (true, false) => {
                let start = open_path(self.base_path(base))?;
                open_beneath(&start, path, ResolveFlags::NO_MAGICLINKS)
            }
            (false, true) => self.open_in_root(path),
            (false, false) => {
                let full = self.absolute(base, path)?;
                self.open_in_root(full.as_os_str().as_bytes())
            }
        }
    }

    /// Reads a string of at most `limit` bytes from the caller's memory; the byte 0 is not part of it. `None` in
    /// the result when it is longer.
    pub(super) fn read_string(self, address: u64, limit: usize) -> Result<Option<Vec<u8>>, Errno> {
        let mut text = Vec::new();
        while text.len() < limit {
            let at = address.wrapping_add(text.len() as u64);
            let to_page_end = usize::try_from(PAGE - at % PAGE).unwrap_or(1);
            let start = text.len();
            self.append(at, to_page_end.min(limit - start).min(256), &mut text)?;
            if let Some(end) = text[start..].iter().position(|&b| b == 0) {
                text.truncate(start + end);
                return Ok(Some(text));
            }
        }
        Ok(None)
    }

    /// Reads the path argument of a call.
    pub(super) fn read_path(self, address: u64) -> Result<Vec<u8>, Errno> {
        self.read_string(address, PATH_MAX)?.ok_or(Errno::NAMETOOLONG)
    }

    /// Reads the argument array of an exec, as far as it is readable, within bounds.
    pub(super) fn read_arguments(self, mut address: u64) -> Vec<OsString> {
        let mut arguments = Vec::new();
        while arguments.len() < ARGUMENTS_MAX && address != 0 {
            let mut pointer = Vec::with_capacity(8);
            let Ok(()) = self.append(address, 8, &mut pointer) else { break };
            let Ok(bytes) = <[u8; 8]>::try_from(pointer.as_slice()) else { break };
            let pointer = u64::from_ne_bytes(bytes);
            if pointer == 0 {
                break;
            }
            let Ok(text) = self.read_string(pointer, ARGUMENT_BYTES_MAX) else { break };
            arguments.push(OsString::from_vec(text.unwrap_or_else(|| b"...".to_vec())));
            address = address.wrapping_add(8);
        }
        arguments
    }

    /// Appends up to `length` bytes of the caller's memory.
    fn append(self, address: u64, length: usize, to: &mut Vec<u8>) -> Result<(), Errno> {
        let mut buffer = [MaybeUninit::uninit(); 256];
        let wanted = length.min(buffer.len());
        let read = read_memory(self.tid, address, &mut buffer[..wanted])?;
        if read.is_empty() {
            return Err(Errno::FAULT);
        }
        to.extend_from_slice(read);
        Ok(())
    }

    /// `/proc/self` and `/dev/fd` mean the caller, not us. Other links into /proc/self end in an error, as links are
    /// followed without magic ones.
    fn translate(self, path: &[u8]) -> Option<Vec<u8>> {
        let Self { pid, tid } = self;
        let prefixes: [(&[u8], String); 3] = [
            (b"/proc/self/", format!("/proc/{pid}/")),
            (b"/proc/thread-self/", format!("/proc/{pid}/task/{tid}/")),
            (b"/dev/fd/", format!("/proc/{tid}/fd/")),
        ];
        prefixes.into_iter().find_map(|(prefix, ours)| {
            let rest = path.strip_prefix(prefix)?;
            Some([ours.as_bytes(), rest].concat())
        })
    }

    fn base_path(self, base: Base) -> String {
        match base {
            Base::WorkingDirectory => format!("/proc/{}/cwd", self.tid),
            Base::Descriptor(fd) => format!("/proc/{}/fd/{fd}", self.tid),
        }
    }

    /// A relative path as an absolute one below the caller's root.
    fn absolute(self, base: Base, path: &[u8]) -> Result<PathBuf, Errno> {
        let read = |link: &str| {
            let target = rustix::fs::readlink(link, Vec::new())?.into_bytes();
            Ok::<_, Errno>(PathBuf::from(OsString::from_vec(target)))
        };
        let start = read(&self.base_path(base))?;
        let root = read(&format!("/proc/{}/root", self.tid))?;
        let inside = start.strip_prefix(&root).unwrap_or(&start);
        Ok(Path::new("/").join(inside).join(OsStr::from_bytes(path)))
    }

    /// Resolves an absolute path within the caller's root (chroot, container).
    fn open_in_root(self, path: &[u8]) -> Result<OwnedFd, Errno> {
        let root = open_path(format!("/proc/{}/root", self.tid))?;
        open_beneath(&root, path, ResolveFlags::IN_ROOT)
    }
}

/// Opens the file behind an `O_PATH` descriptor for reading. It was checked to be a regular file, so opening has no
/// effect on devices and cannot wait for a writer.
pub(super) fn open_for_reading(file: &OwnedFd) -> Result<OwnedFd, Errno> {
    open_readable(&format!("/proc/self/fd/{}", file.as_raw_fd()))
}

/// Opens a descriptor of another process (`/proc/TID/fd/N`) for reading.
pub(super) fn open_readable(path: &str) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    rustix::fs::openat(CWD, path, flags, Mode::empty())
}

/// Where the file is, for humans; with " (deleted)" behind it when it is.
pub(super) fn name_of(file: &OwnedFd) -> PathBuf {
    let link = rustix::fs::readlink(format!("/proc/self/fd/{}", file.as_raw_fd()), Vec::new());
    link.map(|target| OsString::from_vec(target.into_bytes()).into()).unwrap_or_default()
}

/// Writes `/proc/TID/fd/N` into a buffer that is used again and again.
pub(super) fn descriptor_path(buffer: &mut String, tid: i32, fd: i32) {
    buffer.clear();
    // Writing to a String cannot fail.
    let _ = write!(buffer, "/proc/{tid}/fd/{fd}");
}

/// The interpreter of a script: the word behind `#!`, as `load_script` (fs/binfmt_script.c) takes it. `head` is the
/// file's first 256 bytes (BINPRM_BUF_SIZE).
pub(super) fn interpreter(head: &[u8]) -> Option<&[u8]> {
    let rest = head.strip_prefix(b"#!")?;
    let is_blank = |b: &u8| matches!(b, b' ' | b'\t');
    let line = &rest[..rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())];
    let start = line.iter().position(|b| !is_blank(b))?;
    let word = &line[start..];
    let end = word.iter().position(|b| is_blank(b) || *b == 0).unwrap_or(word.len());
    (end > 0).then_some(&word[..end])
}

fn open_path(path: impl rustix::path::Arg) -> Result<OwnedFd, Errno> {
    rustix::fs::openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())
}

/// An absolute path in our own root. A path that names a process (`/proc/1/root/bin/sh`) needs the magic links.
fn open_here(path: &[u8]) -> Result<OwnedFd, Errno> {
    let names_process =
        path.strip_prefix(b"/proc/").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit));
    if names_process {
        return open_path(OsStr::from_bytes(path));
    }
    let root = open_path("/")?;
    open_beneath(&root, path, ResolveFlags::NO_MAGICLINKS)
}

fn open_beneath(start: &OwnedFd, path: &[u8], how: ResolveFlags) -> Result<OwnedFd, Errno> {
    let flags = OFlags::PATH | OFlags::CLOEXEC;
    let mut result = Err(Errno::AGAIN);
    // EAGAIN: something was renamed or mounted meanwhile (openat2(2)).
    for _ in 0..3 {
        result = rustix::fs::openat2(start, OsStr::from_bytes(path), flags, Mode::empty(), how);
        if !matches!(result, Err(Errno::AGAIN)) {
            break;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me() -> Caller {
        let pid = i32::try_from(std::process::id()).unwrap();
        Caller { pid, tid: rustix::thread::gettid().as_raw_nonzero().get() }
    }

    fn same_file(opened: &OwnedFd, path: &str) -> bool {
        let (a, b) = (rustix::fs::fstat(opened).unwrap(), rustix::fs::stat(path).unwrap());
        (a.st_dev, a.st_ino) == (b.st_dev, b.st_ino)
    }

    #[test]
    fn paths_resolve_as_the_caller_means_them() {
        let own = Root::own();
        let resolve = |base, path: &str| me().resolve(own, base, path.as_bytes());
        assert!(same_file(&resolve(Base::WorkingDirectory, "/bin/sh").unwrap(), "/bin/sh"));
        assert!(same_file(&resolve(Base::WorkingDirectory, "Cargo.toml").unwrap(), "Cargo.toml"));
        assert!(same_file(&resolve(Base::WorkingDirectory, "/proc/self/exe").unwrap(), "/proc/self/exe"));
        assert!(same_file(
            &resolve(Base::WorkingDirectory, "/proc/1/../self/exe").unwrap(),
            "/proc/self/exe"
        ));
        let directory = rustix::fs::openat(CWD, "/bin", OFlags::PATH, Mode::empty()).unwrap();
        let base = Base::Descriptor(directory.as_raw_fd());
        assert!(same_file(&resolve(base, "sh").unwrap(), "/bin/sh"));
        assert!(same_file(&resolve(base, "").unwrap(), "/bin"));
        assert_eq!(resolve(Base::WorkingDirectory, "/no/such").unwrap_err(), Errno::NOENT);
        assert_eq!(resolve(Base::WorkingDirectory, "").unwrap_err(), Errno::NOENT);
        // Without a shared root the same paths are found by way of /proc/TID/root.
        let inside = |base, path: &str| me().resolve(None, base, path.as_bytes());
        assert!(same_file(&inside(Base::WorkingDirectory, "/bin/sh").unwrap(), "/bin/sh"));
        assert!(same_file(&inside(Base::WorkingDirectory, "Cargo.toml").unwrap(), "Cargo.toml"));
    }

    #[test]
    fn a_link_to_proc_self_never_leads_to_us() {
        let link = std::env::temp_dir().join(format!("plaintap-link-{}", std::process::id()));
        std::os::unix::fs::symlink("/proc/self/exe", &link).unwrap();
        let result = me().resolve(Root::own(), Base::WorkingDirectory, link.as_os_str().as_bytes());
        std::fs::remove_file(&link).unwrap();
        assert_eq!(result.unwrap_err(), Errno::LOOP);
    }

    #[test]
    fn memory_is_read_up_to_the_end_of_a_page() {
        let text = c"a path".to_owned();
        assert_eq!(me().read_path(text.as_ptr() as u64).unwrap(), b"a path");
        assert_eq!(me().read_string(text.as_ptr() as u64, 3), Ok(None));
        assert_eq!(me().read_path(8), Err(Errno::FAULT));
        let strings = [c"sh".as_ptr(), c"-c".as_ptr(), std::ptr::null()];
        assert_eq!(me().read_arguments(strings.as_ptr() as u64), ["sh", "-c"]);
        assert!(me().read_arguments(8).is_empty());
        assert!(me().read_arguments(0).is_empty());
    }

    #[test]
    fn interpreters() {
        assert_eq!(interpreter(b"#!/bin/sh\necho"), Some(&b"/bin/sh"[..]));
        assert_eq!(interpreter(b"#! \t/usr/bin/env python3 -x\n"), Some(&b"/usr/bin/env"[..]));
        assert_eq!(interpreter(b"#!sh"), Some(&b"sh"[..]));
        for odd in [&b"#!\n/bin/sh"[..], b"#!   ", b"#!", b"#", b"", b"\x7fELF"] {
            assert_eq!(interpreter(odd), None);
        }
    }
}
