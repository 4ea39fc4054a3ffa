//! What can go wrong between us and the kernel's BPF, said so that one can act on it.

use std::fmt::{self, Write};
use std::io;

use aya::EbpfError;
use aya::maps::MapError;
use aya::programs::ProgramError;
use aya::util::KernelVersion;

/// An error of the kernel programs.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The process lacks the privilege.
    #[error(
        "cannot {what}: {source}; run as root or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON ({})",
        denial(*.lockdown)
    )]
    Denied {
        /// What was tried.
        what: &'static str,
        /// The mode of kernel lockdown, if it is on.
        lockdown: Option<Lockdown>,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The kernel is too old, or built without the feature.
    #[error("cannot {what}: this kernel ({running}) lacks {feature}{}", withheld(*.lockdown))]
    Unsupported {
        /// What was tried.
        what: &'static str,
        /// The feature and the Linux version that brought it.
        feature: &'static str,
        /// The running kernel's version.
        running: Version,
        /// The mode of kernel lockdown, if it is on.
        lockdown: Option<Lockdown>,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The verifier refused a program.
    #[error("cannot {what}: the verifier of this kernel ({running}) refused the program: {log}")]
    Rejected {
        /// What was tried.
        what: &'static str,
        /// The end of the verifier's log.
        log: String,
        /// The running kernel's version.
        running: Version,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Memory for maps.
    #[error(
        "cannot {what}: {source}; ask for a smaller buffer, or raise the limit on locked memory (ulimit -l), \
         which counts BPF maps before Linux 5.11"
    )]
    Memory {
        /// What was tried.
        what: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// Any other failed system call.
    #[error("cannot {what}: {source}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The kernel's answer.
        source: io::Error,
    },
    /// The directory is not one of a cgroup v2 hierarchy.
    #[error(
        "not a cgroup v2 directory (file system type {found:#x}, expected {expected:#x})",
        expected = 0x6367_7270
    )]
    NotCgroup2 {
        /// The file system type of the directory, as statfs(2) gives it.
        found: u64,
    },
    /// We see only a part of the cgroup hierarchy.
    #[error(
        "the root of the cgroup hierarchy is hidden by a cgroup namespace, so the target's depth is unknown; \
         run plaintap in the host's cgroup namespace"
    )]
    CgroupNamespace,
    /// A capture filter whose jumps would be too long.
    #[error(
        "the capture filter is too long: {instructions} eBPF instructions, at most {maximum} can be run here"
    )]
    FilterTooLong {
        /// How many it has.
        instructions: usize,
        /// The limit.
        maximum: usize,
    },
    /// A hook that the probe program cannot follow.
    #[error("hook at file offset {offset:#x}: {reason}")]
    Hook {
        /// The hook's file offset.
        offset: u64,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The table of hooks is full.
    #[error("no room for another hook: {maximum} are attached")]
    TooManyHooks {
        /// How many there can be.
        maximum: u32,
    },
    /// The embedded object does not fit this code.
    #[error("the embedded kernel programs are damaged: {reason}")]
    Object {
        /// What is wrong with them.
        reason: String,
    },
}

/// A mode of kernel lockdown (kernel_lockdown(7)) that forbids something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lockdown {
    /// What would change the running kernel is forbidden.
    Integrity,
    /// What would read its memory too.
    Confidentiality,
}

impl Lockdown {
    fn current() -> Option<Self> {
        Self::of(&std::fs::read_to_string("/sys/kernel/security/lockdown").ok()?)
    }

    /// The mode in brackets, as in `none [integrity] confidentiality`.
    fn of(modes: &str) -> Option<Self> {
        match modes.split_whitespace().find(|mode| mode.starts_with('['))? {
            "[integrity]" => Some(Self::Integrity),
            "[confidentiality]" => Some(Self::Confidentiality),
            _ => None,
        }
    }
}

/// Why even root may be refused.
const fn denial(lockdown: Option<Lockdown>) -> &'static str {
    match lockdown {
        Some(Lockdown::Integrity) => "kernel lockdown is on, mode integrity: it refuses root too",
        Some(Lockdown::Confidentiality) => "kernel lockdown is on, mode confidentiality: it refuses root too",
        None => "in a container, root has only the capabilities that it was given",
    }
}

/// Why a kernel that has something may not give it to programs. Before Linux 6.6 the probes' reads of user memory go by a helper
/// that reads the kernel's too, which lockdown takes away.
const fn withheld(lockdown: Option<Lockdown>) -> &'static str {
    match lockdown {
        Some(Lockdown::Confidentiality) => {
            "; or kernel lockdown withholds it, which is on, mode confidentiality"
        }
        Some(Lockdown::Integrity) | None => "",
    }
}

/// A kernel version; prints as `6.18.44`, or `version unknown`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version(Option<KernelVersion>);

impl Version {
    pub(super) fn running() -> Self {
        Self(KernelVersion::current().ok())
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            // Its parts are not public; the code is major << 16 | minor << 8 | patch, the patch capped at 255.
            Some(version) => {
                let code = version.code();
                write!(f, "{}.{}.{}", code >> 16, code >> 8 & 0xff, code & 0xff)
            }
            None => f.write_str("version unknown"),
        }
    }
}

/// What is being tried, and which kernel feature it stands on.
#[derive(Clone, Copy)]
pub(super) struct Attempt {
    pub(super) what: &'static str,
    pub(super) feature: &'static str,
}

impl Attempt {
    /// Explains an error of loading an object and making its maps.
    pub(super) fn loading(self, error: EbpfError) -> Error {
        match error {
            EbpfError::MapError(error) => self.map(error),
            EbpfError::ProgramError(error) => self.program(error),
            other => Error::Object { reason: chain(&other) },
        }
    }

    /// Explains an error of a map.
    pub(super) fn map(self, error: MapError) -> Error {
        match error {
            MapError::CreateError { io_error, .. } | MapError::IoError(io_error) => self.system(io_error),
            MapError::SyscallError(error) => self.system(error.io_error),
            other => Error::Object { reason: chain(&other) },
        }
    }

    /// Explains an error of loading or attaching a program.
    pub(super) fn program(self, error: ProgramError) -> Error {
        match error {
            ProgramError::LoadError { io_error, verifier_log } => {
                let log = last_words(&verifier_log.to_string());
                if log.is_empty() {
                    return self.system(io_error);
                }
                if lacks_helper(&log) {
                    return self.unsupported(io_error);
                }
                Error::Rejected { what: self.what, log, running: Version::running(), source: io_error }
            }
            ProgramError::SyscallError(error) => self.system(error.io_error),
            ProgramError::IOError(error) => self.system(error),
            ProgramError::MapError(error) => self.map(error),
            ProgramError::AttachCookieNotSupported => {
                self.system(io::Error::from_raw_os_error(rustix::io::Errno::OPNOTSUPP.raw_os_error()))
            }
            other => self.system(io::Error::other(chain(&other))),
        }
    }

    /// Explains a program that was not loaded; `log` is what the verifier said, perhaps nothing.
    pub(super) fn refused(self, source: io::Error, log: &str) -> Error {
        match last_words(log) {
            log if log.is_empty() => self.system(source),
            log => Error::Rejected { what: self.what, log, running: Version::running(), source },
        }
    }

    /// Explains a failed system call.
    pub(super) fn system(self, source: io::Error) -> Error {
        use rustix::io::Errno;
        let what = self.what;
        match Errno::from_io_error(&source) {
            Some(Errno::PERM | Errno::ACCESS) => {
                Error::Denied { what, lockdown: Lockdown::current(), source }
            }
            Some(Errno::NOMEM) => Error::Memory { what, source },
            Some(Errno::NOSYS | Errno::INVAL | Errno::OPNOTSUPP | Errno::NODEV) => self.unsupported(source),
            _ => Error::System { what, source },
        }
    }

    fn unsupported(self, source: io::Error) -> Error {
        let (what, feature, lockdown) = (self.what, self.feature, Lockdown::current());
        Error::Unsupported { what, feature, running: Version::running(), lockdown, source }
    }
}

/// The message of an error and of all its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a String does not fail.
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// Whether the verifier says that this kernel does not have a helper that the program calls, or not for its type.
fn lacks_helper(log: &str) -> bool {
    log.contains("unknown func ")
        || log.contains("invalid func ")
        || log.contains("program of this type cannot use helper")
}

/// The last lines of a verifier log that say why; behind them stand its statistics.
fn last_words(log: &str) -> String {
    const LINES: usize = 3;
    let said: Vec<&str> = log
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .filter(|line| {
            !["processed ", "verification time", "stack depth"].iter().any(|s| line.starts_with(s))
        })
        .collect();
    said[said.len().saturating_sub(LINES)..].join(" | ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATTEMPT: Attempt = Attempt { what: "make a map", feature: "BPF ring buffers (Linux 5.8)" };

    #[test]
    fn a_verifier_log_is_cut_to_what_it_says_last() {
        let log = "0: (b7) r0 = 1\n1: (85) call 14\nunknown func bpf_get_current_pid_tgid#14\n\
                   verification time 12 usec\nstack depth 0\nprocessed 2 insns (limit 1000000)\n";
        assert_eq!(
            last_words(log),
            "0: (b7) r0 = 1 | 1: (85) call 14 | unknown func bpf_get_current_pid_tgid#14"
        );
        assert_eq!(last_words("processed 2 insns\n"), "");
    }

    #[test]
    fn errors_say_what_to_do() {
        let denied = ATTEMPT.system(io::Error::from_raw_os_error(libc::EPERM)).to_string();
        assert!(denied.starts_with("cannot make a map") && denied.contains("run as root"), "{denied}");
        let modes = [
            "[none] integrity confidentiality",
            "none [integrity] confidentiality",
            "",
            "none integrity [confidentiality]\n",
        ];
        let modes = modes.map(Lockdown::of);
        assert_eq!(modes, [None, Some(Lockdown::Integrity), None, Some(Lockdown::Confidentiality)]);
        let source = io::Error::from_raw_os_error(libc::EPERM);
        let locked =
            Error::Denied { what: "load it", lockdown: Some(Lockdown::Integrity), source }.to_string();
        assert!(locked.contains("lockdown is on, mode integrity"), "{locked}");
        // As Linux 5.10 says it of bpf_get_attach_cookie.
        assert!(lacks_helper("7: (85) call unknown#174 | invalid func unknown#174"));
        assert!(!lacks_helper("R1 invalid mem access 'inv'"));
        let old = ATTEMPT.system(io::Error::from_raw_os_error(libc::EINVAL)).to_string();
        assert!(old.contains("lacks BPF ring buffers (Linux 5.8)"), "{old}");
        assert!(withheld(Some(Lockdown::Confidentiality)).contains("lockdown") && withheld(None).is_empty());
        let full = ATTEMPT.system(io::Error::from_raw_os_error(libc::ENOMEM)).to_string();
        assert!(full.contains("smaller buffer"), "{full}");
    }
}
