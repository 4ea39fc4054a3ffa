//! Running a command as the target.
//!
//! The command is started in a fresh cgroup v2 and held before its `exec` until capture and probes are ready. Every
//! `exec` and every executable file mapping of it and its children is noticed before it takes effect, so that probes
//! are in place before the first TLS handshake. Otherwise the command must behave as if it ran alone: same terminal,
//! process group, signals, environment, descriptors, exit status.
//!
//! ```text
//! plaintap ── fork ─► guard     own session; serves the tree and removes the cgroup if plaintap is killed
//!    │ ───── fork ─► command    waits ─► in cgroup ─► seccomp filter ─► user switch ─► waits ─► exec
//!    ├ Supervisor thread        answers the notifications of the filter, hands new files to a callback
//!    └ Running::wait            signals, job control, exit status
//! ```
//!
//! Order of calls: [`Command::prepare`] first of all (it forks, so no thread may exist yet and nothing big may be
//! in memory), then capture and probes on [`Prepared::cgroup`], [`Prepared::supervise`], [`Prepared::start`],
//! [`Running::wait`], and at the very end [`ExitStatus::end_process_alike`].
//!
//! # Known limits of the seccomp way
//!
//! - The kernel allows one notification listener for a process (`has_duplicate_listener()` in kernel/seccomp.c), so a
//!   program of the tree that installs its own (some container runtimes, a nested plaintap) gets EBUSY. A filter
//!   cannot be taken off again, so this cannot be avoided from here; it is counted in [`Stats::listeners_refused`],
//!   and [`Command::notify`] turns the filter off.
//! - `SECCOMP_RET_TRACE` on exec or mmap is weaker than our answer: proot and its like do not work below the filter.
//! - i386 and x32 programs are not noticed when they map libraries; their own `exec` is.
//! - A child stopped (Ctrl-Z) between vfork and exec holds its parent in the kernel, so that the shell sees no stop
//!   until it is continued. This happens without us too (dash), but the wait for an answer makes it likelier.
//! - What the kernel maps by itself is not a system call: the program interpreter of an ELF file (ld.so) and
//!   binfmt_misc interpreters are not reported.

mod cgroup;
mod child;
mod command;
mod error;
mod exit;
mod guard;
mod handover;
mod known;
mod notify;
mod privilege;
pub(crate) mod procfs;
mod seccomp;
mod signals;
mod target_file;
mod users;
mod wait;

pub use cgroup::{TargetCgroup, remove_stale};
pub use command::{Command, Prepared};
pub use error::Error;
pub use exit::ExitStatus;
pub use notify::{Kind, Mapping, Skip, Stats, Supervisor};
pub use privilege::{Capability, Missing, Privileges};
pub use signals::EndRequest;
pub use users::User;
pub use wait::{Event, Running};
