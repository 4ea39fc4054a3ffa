//! The command's side of the fork, up to exec. Everything here is async-signal-safe: system calls on what the parent
//! prepared, nothing allocated, no lock taken.

use std::ffi::{CString, c_char};
use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::ptr;

use rustix::io::Errno;

use super::handover::{receive_with_descriptor, send_with_descriptor};
use super::seccomp;
use super::signals::Original;

/// Everything the child needs, prepared before the fork.
pub(super) struct Plan {
    /// Files to try, in the order of PATH.
    pub(super) candidates: Vec<CString>,
    pub(super) arguments: Pointers,
    /// `/bin/sh`, a place for the candidate, the arguments: for scripts without `#!`.
    pub(super) shell_arguments: Pointers,
    pub(super) environment: Pointers,
    pub(super) user: Option<Ids>,
    pub(super) stdout_to_stderr: bool,
    pub(super) notify: bool,
    pub(super) signals: Original,
}

/// Whom to become.
pub(super) struct Ids {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: Vec<u32>,
}

/// A null-terminated array of C strings, as exec wants it.
pub(super) struct Pointers {
    pointers: Vec<*const c_char>,
    _strings: Vec<CString>,
}

impl Pointers {
    pub(super) fn new(strings: Vec<CString>) -> Self {
        let pointers = strings.iter().map(|s| s.as_ptr()).chain([ptr::null()]).collect();
        Self { pointers, _strings: strings }
    }
}

/// What the child did last; sent to the parent with the error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Step {
    /// Ready to exec; the listener is attached, or the error number says why not.
    Ready = 0,
    Stdout = 1,
    Groups = 2,
    Group = 3,
    User = 4,
    Exec = 5,
}

impl Step {
    const ALL: [Self; 6] = [Self::Ready, Self::Stdout, Self::Groups, Self::Group, Self::User, Self::Exec];

    /// The system call, for messages.
    pub(super) fn call(self) -> &'static str {
        match self {
            Self::Ready => "seccomp",
            Self::Stdout => "dup2",
            Self::Groups => "setgroups",
            Self::Group => "setgid",
            Self::User => "setuid",
            Self::Exec => "execve",
        }
    }
}

/// A message of the child: the step and the error number (0: none).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    pub(super) step: Step,
    pub(super) errno: i32,
}

impl Report {
    pub(super) const SIZE: usize = 5;

    fn to_bytes(self) -> [u8; Self::SIZE] {
        let mut bytes = [self.step as u8; Self::SIZE];
        bytes[1..].copy_from_slice(&self.errno.to_ne_bytes());
        bytes
    }

    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let (&step, errno) = bytes.split_first()?;
        let step = Step::ALL.into_iter().find(|known| *known as u8 == step)?;
        Some(Self { step, errno: i32::from_ne_bytes(errno.try_into().ok()?) })
    }
}

/// The child's main function: waits for its place in the cgroup, prepares itself, reports, waits for the word to
/// start, executes. `channel` is close-on-exec, so its end tells the parent that exec succeeded; an end seen here
/// tells that plaintap is gone. `extern "C"`: a panic ends the process instead of unwinding into plaintap's frames.
pub(super) extern "C" fn child_main(channel: &OwnedFd, plan: &mut Plan) -> ! {
    let channel = channel.as_fd();
    wait_for_word(channel);
    let listener = plan.notify.then(seccomp::install);
    if let Err(report) = prepare(plan) {
        fail(channel, report);
    }
    let errno = match &listener {
        Some(Err(e)) => e.raw_os_error(),
        _ => 0,
    };
    let listener = listener.and_then(Result::ok);
    let report = Report { step: Step::Ready, errno }.to_bytes();
    if send_with_descriptor(channel, &report, listener.as_ref().map(AsFd::as_fd)).is_err() {
        exit(1);
    }
    drop(listener);
    wait_for_word(channel);
    plan.signals.restore();
    let errno = execute(plan);
    fail(channel, Report { step: Step::Exec, errno })
}

fn prepare(plan: &Plan) -> Result<(), Report> {
    let check = |step, result: libc::c_int| match result {
        0.. => Ok(()),
        _ => Err(Report { step, errno: errno() }),
    };
    if plan.stdout_to_stderr {
        // SAFETY: plain system call; both numbers are the standard streams.
        check(Step::Stdout, unsafe { libc::dup2(2, 1) })?;
    }
    if let Some(ids) = &plan.user {
        // SAFETY: the list is live and as long as said; the others take numbers. Groups first: after setuid the
        // right to change them is gone.
        unsafe {
            check(Step::Groups, libc::setgroups(ids.groups.len(), ids.groups.as_ptr()))?;
            check(Step::Group, libc::setresgid(ids.gid, ids.gid, ids.gid))?;
            check(Step::User, libc::setresuid(ids.uid, ids.uid, ids.uid))?;
        }
    }
    Ok(())
}

/// What execvp does (POSIX, glibc posix/execvpe.c): tries the candidates in turn, remembers a refused one, and
/// hands a file that is no program to the shell. Returns the error number.
fn execute(plan: &mut Plan) -> i32 {
    let mut refused = false;
    let environment = plan.environment.pointers.as_ptr();
    for candidate in &plan.candidates {
        // SAFETY: path, arguments and environment are live null-terminated strings and arrays.
        unsafe { libc::execve(candidate.as_ptr(), plan.arguments.pointers.as_ptr(), environment) };
        match errno() {
            libc::ENOEXEC => {
                plan.shell_arguments.pointers[1] = candidate.as_ptr();
                // SAFETY: as above.
                unsafe {
                    libc::execve(c"/bin/sh".as_ptr(), plan.shell_arguments.pointers.as_ptr(), environment);
                }
                return libc::ENOEXEC;
            }
            libc::EACCES => refused = true,
            libc::ENOENT | libc::ENOTDIR | libc::ESTALE | libc::ENODEV | libc::ETIMEDOUT => {}
            other => return other,
        }
    }
    if refused { libc::EACCES } else { libc::ENOENT }
}

/// One byte from the parent; its death ends the child, which has run nothing yet.
fn wait_for_word(channel: BorrowedFd<'_>) {
    match receive_with_descriptor(channel, &mut [0u8; 1]) {
        Ok((1, _)) => {}
        _ => exit(1),
    }
}

fn fail(channel: BorrowedFd<'_>, report: Report) -> ! {
    let _ = send_with_descriptor(channel, &report.to_bytes(), None);
    let not_found = report.step == Step::Exec && report.errno == libc::ENOENT;
    exit(if not_found { 127 } else { 126 })
}

fn exit(status: i32) -> ! {
    // SAFETY: ends the process without plaintap's exit handlers.
    unsafe { libc::_exit(status) }
}

fn errno() -> i32 {
    Errno::from_io_error(&io::Error::last_os_error()).map_or(libc::EIO, Errno::raw_os_error)
}

/// Closes the parent's end of the channel in the child, so that the parent's death is seen.
pub(super) fn close_parent_end(parent_end: &OwnedFd) {
    // SAFETY: the forked child never uses this descriptor, and its owner's destructor does not run in it.
    unsafe { libc::close(parent_end.as_raw_fd()) };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_survive_the_channel() {
        for step in Step::ALL {
            let report = Report { step, errno: libc::EACCES };
            assert_eq!(Report::parse(&report.to_bytes()), Some(report));
        }
        assert_eq!(Report::parse(&[9, 0, 0, 0, 0]), None);
        assert_eq!(Report::parse(&[]), None);
    }
}
