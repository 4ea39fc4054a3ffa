//! The command to run: what, as whom, and the two steps to a running process (held, then started).

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use super::cgroup::TargetCgroup;
use super::child::{Ids, Plan, Pointers, Report, Step, child_main, close_parent_end};
use super::error::{Error, system};
use super::guard::Guard;
use super::handover::{Handover, receive_with_descriptor, send_with_descriptor, socket_pair};
use super::notify::{Mapping, Supervisor};
use super::seccomp::{self, Slot};
use super::signals::Signals;
use super::users::User;
use super::wait::Running;

/// Where programs are looked for when the environment has no PATH (`confstr(_CS_PATH)`).
const DEFAULT_PATH: &[u8] = b"/bin:/usr/bin";

/// A command to run as the target.
#[derive(Clone, Debug)]
pub struct Command {
    program: OsString,
    arguments: Vec<OsString>,
    user: Option<User>,
    stdout_to_stderr: bool,
    notify: bool,
}

/// The command, forked and in its cgroup, held before exec. Dropping it ends the child before it ran anything.
pub struct Prepared {
    command: Command,
    child: Child,
    listener: Result<OwnedFd, String>,
    slot: Option<Slot>,
    supervised: bool,
    parts: Parts,
}

/// What a run keeps until its end, in the order of dropping: first the cgroup is removed, then the guard, which looks
/// whether that is done, and last the signals work again.
pub(super) struct Parts {
    pub(super) cgroup: TargetCgroup,
    pub(super) guard: Guard,
    pub(super) signals: Signals,
}

/// The forked process. Killed and reaped on drop unless released.
pub(super) struct Child {
    pub(super) pid: i32,
    pub(super) channel: OwnedFd,
    pub(super) released: bool,
}

impl Command {
    /// The program (a path, or a name looked up in PATH) and its arguments.
    pub fn new(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Self {
        let arguments = arguments.into_iter().map(Into::into).collect();
        Self { program: program.into(), arguments, user: None, stdout_to_stderr: false, notify: true }
    }

    /// Runs it as this user, with HOME, SHELL, USER and LOGNAME as `su` without `-` sets them.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.user = Some(user);
        self
    }

    /// Sends its standard output to standard error, for when plaintap's standard output carries the capture.
    #[must_use]
    pub fn stdout_to_stderr(mut self, yes: bool) -> Self {
        self.stdout_to_stderr = yes;
        self
    }

    /// Whether programs and libraries are noticed before they run (default); see the module's known limits.
    #[must_use]
    pub fn notify(mut self, yes: bool) -> Self {
        self.notify = yes;
        self
    }

    /// Blocks the signals, makes the cgroup, forks guard and command, and holds the command before exec.
    ///
    /// Call it before any thread exists: threads started later inherit the blocked signals, and the forked
    /// processes stay small. Where the kernel cannot notify, the command is prepared all the same;
    /// [`Prepared::supervise`] then says why.
    pub fn prepare(self) -> Result<Prepared, Error> {
        let signals = Signals::block()?;
        let support = if self.notify { seccomp::check_support() } else { Err("it was turned off".into()) };
        let mut plan = self.plan(&signals, support.is_ok())?;
        let slot = Slot::new().map_err(system("mmap"))?;
        let cgroup = TargetCgroup::create()?;
        let guard = Guard::start(&cgroup, &slot)?;
        let mut child = Child::fork(&mut plan, guard.handover())?;
        cgroup.add(child.pid.cast_unsigned())?;
        child.give_word()?;
        let listener = match (child.wait_until_ready(&self.program)?, support) {
            (_, Err(reason)) => Err(reason),
            (Ok(listener), Ok(())) => {
                guard.handover().send_listener(listener.as_fd()).map_err(system("sendmsg"))?;
                Ok(listener)
            }
            (Err(e), Ok(())) => Err(refusal(&e)),
        };
        let parts = Parts { cgroup, guard, signals };
        Ok(Prepared { command: self, child, listener, slot: Some(slot), supervised: false, parts })
    }

    fn plan(&self, signals: &Signals, notify: bool) -> Result<Plan, Error> {
        if self.program.is_empty() {
            return Err(Error::NoCommand);
        }
        let environment = self.environment();
        let path = environment.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.as_bytes());
        let candidates = candidates(self.program.as_bytes(), path.unwrap_or(DEFAULT_PATH));
        let arguments = c_strings("argument", self.arguments.iter().cloned())?;
        let program = c_string("program", self.program.clone())?;
        let shell = [c"/bin/sh".to_owned(), program.clone()];
        let environment = environment.into_iter().map(|(mut name, value)| {
            name.push("=");
            name.push(value);
            name
        });
        Ok(Plan {
            candidates: c_strings("program", candidates)?,
            shell_arguments: Pointers::new(shell.into_iter().chain(arguments.clone()).collect()),
            arguments: Pointers::new([program].into_iter().chain(arguments).collect()),
            environment: Pointers::new(c_strings("environment", environment)?),
            user: self.user.as_ref().map(|user| Ids {
                uid: user.uid,
                gid: user.gid,
                groups: user.groups.clone(),
            }),
            stdout_to_stderr: self.stdout_to_stderr,
            notify,
            signals: signals.original(),
        })
    }

    fn environment(&self) -> Vec<(OsString, OsString)> {
        let mut variables: Vec<_> = std::env::vars_os().collect();
        for (name, value) in self.user.iter().flat_map(User::environment) {
            variables.retain(|(old, _)| old != name);
            variables.push((name.into(), value.into()));
        }
        variables
    }
}

impl Prepared {
    /// The command's process.
    pub fn pid(&self) -> u32 {
        self.child.pid.cast_unsigned()
    }

    /// The cgroup of the command and its children.
    pub fn cgroup(&self) -> &TargetCgroup {
        &self.parts.cgroup
    }

    /// Whether a signal waits that asks plaintap to end (Ctrl-C during preparations): signals are blocked from
    /// [`Command::prepare`] on, so long preparations look here.
    pub fn asked_to_end(&self) -> bool {
        self.parts.signals.asks_to_end()
    }

    /// Starts the thread that hands every program and library to `on_mapping` before it runs; the callers wait in
    /// the kernel meanwhile. Fails with [`Error::Notify`] where that cannot be had; the command can still be started.
    pub fn supervise(
        &mut self,
        on_mapping: impl FnMut(&Mapping) + Send + 'static,
    ) -> Result<Supervisor, Error> {
        let listener = self.listener.as_ref().map_err(|reason| Error::Notify { reason: reason.clone() })?;
        let Some(slot) = self.slot.take() else {
            return Err(Error::Notify { reason: "another supervisor was started before".into() });
        };
        let listener = listener.try_clone().map_err(system("dup"))?;
        let handover = self.parts.guard.handover().clone();
        let supervisor = Supervisor::start(listener, slot, handover, on_mapping)?;
        self.supervised = true;
        Ok(supervisor)
    }

    /// Lets the command go on to exec. Whether that works is told by [`Running::wait`].
    pub fn start(mut self) -> Result<Running, Error> {
        if !self.supervised {
            self.parts.guard.handover().leave();
        }
        self.child.give_word()?;
        Running::new(self.command.program, self.child, self.parts)
    }
}

impl Child {
    fn fork(plan: &mut Plan, handover: &Handover) -> Result<Self, Error> {
        let (ours, theirs) = socket_pair().map_err(system("socketpair"))?;
        // SAFETY: the child only makes async-signal-safe calls on what was prepared here and never returns.
        match unsafe { libc::fork() } {
            -1 => Err(system("fork")(io::Error::last_os_error())),
            0 => {
                close_parent_end(&ours);
                // The guard learns of plaintap's death by the last copy of this end being closed. The child keeps what
                // it inherited until its exec, and that exec may wait for the guard.
                close_parent_end(handover.control());
                child_main(&theirs, plan)
            }
            pid => Ok(Self { pid, channel: ours, released: false }),
        }
    }

    fn give_word(&mut self) -> Result<(), Error> {
        match send_with_descriptor(self.channel.as_fd(), &[1], None) {
            // A child that was killed meanwhile is noticed by waiting for it.
            Ok(()) | Err(rustix::io::Errno::PIPE) => Ok(()),
            Err(e) => Err(system("sendmsg")(e)),
        }
    }

    /// The listener, or why the filter could not be installed.
    fn wait_until_ready(&self, program: &OsStr) -> Result<Result<OwnedFd, io::Error>, Error> {
        let mut message = [0u8; Report::SIZE];
        let (length, listener) =
            receive_with_descriptor(self.channel.as_fd(), &mut message).map_err(system("recvmsg"))?;
        match (Report::parse(&message[..length]), listener) {
            (Some(Report { step: Step::Ready, .. }), Some(listener)) => Ok(Ok(listener)),
            (Some(Report { step: Step::Ready, errno }), None) => Ok(Err(io::Error::from_raw_os_error(errno))),
            (Some(Report { step, errno }), _) => Err(Error::Prepare {
                program: program.to_owned(),
                step: step.call(),
                source: io::Error::from_raw_os_error(errno),
            }),
            (None, _) => Err(Error::Prepare {
                program: program.to_owned(),
                step: "fork",
                source: io::Error::other("the new process was killed before it could start"),
            }),
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        if !self.released {
            let mut status = 0;
            // SAFETY: the pid is our child and not reaped yet, so it is nobody else's; `status` is live.
            unsafe {
                libc::kill(self.pid, libc::SIGKILL);
                libc::waitpid(self.pid, &raw mut status, 0);
            }
        }
    }
}

fn refusal(error: &io::Error) -> String {
    match error.raw_os_error() {
        Some(libc::EBUSY) => {
            "plaintap itself runs under a seccomp listener (of a container runtime or another \
            plaintap), and the kernel allows one"
                .into()
        }
        Some(libc::EACCES | libc::EPERM) => {
            "installing the seccomp filter needs CAP_SYS_ADMIN; run with sudo".into()
        }
        _ => format!("installing the seccomp filter: {error}"),
    }
}

/// The files that execvp would try: the program itself if it has a slash, else below each directory of PATH, where an
/// empty one means the current directory.
fn candidates(program: &[u8], path: &[u8]) -> Vec<OsString> {
    if program.contains(&b'/') {
        return vec![OsString::from_vec(program.to_vec())];
    }
    let join = |directory: &[u8]| {
        let separator: &[u8] = if directory.is_empty() { b"" } else { b"/" };
        OsString::from_vec([directory, separator, program].concat())
    };
    path.split(|&b| b == b':').map(join).collect()
}

fn c_strings(what: &'static str, values: impl IntoIterator<Item = OsString>) -> Result<Vec<CString>, Error> {
    values.into_iter().map(|value| c_string(what, value)).collect()
}

fn c_string(what: &'static str, value: OsString) -> Result<CString, Error> {
    CString::new(value.into_vec()).map_err(|e| Error::Nul { what, value: OsString::from_vec(e.into_vec()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_follow_path() {
        assert_eq!(candidates(b"./a", b"/bin"), ["./a"]);
        assert_eq!(candidates(b"ls", b"/a::/b/"), ["/a/ls", "ls", "/b//ls"]);
        assert_eq!(candidates(b"ls", b""), ["ls"]);
    }

    #[test]
    fn bad_commands_are_refused_before_anything_is_made() {
        let error =
            |program: &str, argument: &str| Command::new(program, [argument]).prepare().err().unwrap();
        assert!(matches!(error("", "x"), Error::NoCommand));
        assert!(matches!(error("x", "a\0b"), Error::Nul { what: "argument", .. }));
    }
}
