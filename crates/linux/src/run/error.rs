//! What can go wrong when a command is started: what, on what, why, what to do.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;

/// Why the command could not be started or followed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// No command was given.
    #[error("no command given; write it after `--`")]
    NoCommand,
    /// A byte 0 where the kernel cannot take one.
    #[error("cannot run the command: {what} {value:?} contains a byte 0")]
    Nul {
        /// Which part of the command.
        what: &'static str,
        /// The offending text.
        value: OsString,
    },
    /// The program could not be executed; [`Error::exit_status`] is 127 (not found) or 126.
    #[error("cannot run {program:?}: {}", exec_reason(source))]
    Exec {
        /// The program as the user named it.
        program: OsString,
        /// What `execve` said.
        source: io::Error,
    },
    /// The child could not be prepared (user switch, standard output).
    #[error("cannot prepare {program:?}: {step}: {source}")]
    Prepare {
        /// The program as the user named it.
        program: OsString,
        /// The system call that failed in the child.
        step: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// There is no cgroup v2 hierarchy.
    #[error(
        "no cgroup v2 hierarchy is mounted and none can be opened: {source}; \
         mount one with `mount -t cgroup2 none /sys/fs/cgroup`, or run with sudo"
    )]
    NoCgroup2 {
        /// What fsopen or fsmount said.
        source: io::Error,
    },
    /// A cgroup could not be created, read, filled or removed.
    #[error("cannot {action} cgroup {}: {source}{}", path.display(), cgroup_advice(source))]
    Cgroup {
        /// The verb: create, open, read, add a process to, remove.
        action: &'static str,
        /// Its directory (or its path below the hierarchy when that is not mounted).
        path: PathBuf,
        /// What the kernel said.
        source: io::Error,
    },
    /// A seccomp filter with a listener cannot be had: exec and mappings go unnoticed.
    #[error("cannot notice programs and libraries before they run: {reason}")]
    Notify {
        /// Why, and what to do.
        reason: String,
    },
    /// No such user.
    #[error("no user {name:?} in /etc/passwd or known to getent")]
    NoSuchUser {
        /// The name or number asked for.
        name: String,
    },
    /// A file of the user database cannot be read.
    #[error("cannot read {path}: {source}")]
    UserDatabase {
        /// Which file.
        path: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
    /// Capabilities are missing.
    #[error("missing privileges: {}; run with sudo", join(missing))]
    Privileges {
        /// Each missing capability and what it is for.
        missing: Vec<crate::run::Missing>,
    },
    /// A system call that fails only on broken or exhausted systems.
    #[error("{call}: {source}")]
    System {
        /// The system call.
        call: &'static str,
        /// What the kernel said.
        source: io::Error,
    },
}

impl Error {
    /// The exit status a shell would give: 127 command not found, 126 found but not executable, 1 for the rest.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Exec { source, .. } if source.kind() == io::ErrorKind::NotFound => 127,
            Self::Exec { .. } => 126,
            _ => 1,
        }
    }
}

/// For `map_err` on system calls that carry no better context.
pub(super) fn system<E: Into<io::Error>>(call: &'static str) -> impl FnOnce(E) -> Error {
    move |source| Error::System { call, source: source.into() }
}

fn exec_reason(source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::NotFound => "command not found; check the name and PATH".to_owned(),
        io::ErrorKind::PermissionDenied => {
            "permission denied; check that it is an executable file".to_owned()
        }
        _ => source.to_string(),
    }
}

fn cgroup_advice(source: &io::Error) -> &'static str {
    match source.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => "; run with sudo on the host",
        _ => "",
    }
}

fn join(missing: &[crate::run::Missing]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
