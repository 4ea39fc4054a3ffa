//! Following the running command: signals, job control, the end.
//!
//! The command shares plaintap's process group and terminal. What the terminal or the kernel sends reaches it without
//! us; what another process sends to plaintap alone is passed on. When the command stops, plaintap stops too, so that
//! the shell sees its job stop; when the shell continues the job, plaintap continues the command.
//!
//! A signal sent by another process to the whole group cannot be told from one sent to plaintap (siginfo is the
//! same). It is not passed on when it still waits to be delivered to the command; a command that has handled it
//! already gets it twice.

use std::ffi::OsString;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{EventfdFlags, PollFd, PollFlags};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::Pid;

use super::cgroup::TargetCgroup;
use super::child::{Report, Step};
use super::command::{Child, Parts};
use super::error::{Error, system};
use super::exit::ExitStatus;
use super::handover::receive_with_descriptor;
use super::procfs;
use super::signals::{self, FORWARDED, Received};

/// What happens to the command while it is followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// Its exec succeeded.
    Started,
    /// It was stopped by this signal; plaintap stops next.
    Stopped(i32),
    /// It goes on: the shell continued its group, or plaintap, itself continued, continued it.
    Continued,
    /// A signal that another process sent to plaintap was passed on.
    Forwarded(i32),
}

/// The running command. Dropping it leaves the command alone: the guard looks after what still runs.
pub struct Running {
    program: OsString,
    child: Child,
    ended: OwnedFd,
    starting: bool,
    stopped: Option<Stopped>,
    parts: Parts,
}

/// How the command stood when it was stopped.
#[derive(Clone, Copy, Debug)]
struct Stopped {
    /// Its process group, when it is its own and had the terminal: a shell with job control.
    terminal_owner: Option<Pid>,
}

/// A change of the command's state, from waitid.
enum Change {
    None,
    Stopped(i32),
    Continued,
    Ended(ExitStatus),
}

impl Running {
    pub(super) fn new(program: OsString, mut child: Child, parts: Parts) -> Result<Self, Error> {
        let ended = rustix::event::eventfd(0, EventfdFlags::CLOEXEC).map_err(system("eventfd"))?;
        child.released = true;
        Ok(Self { program, child, ended, starting: true, stopped: None, parts })
    }

    /// The command's process.
    pub fn pid(&self) -> u32 {
        self.child.pid.cast_unsigned()
    }

    /// The cgroup of the command and its children.
    pub fn cgroup(&self) -> &TargetCgroup {
        &self.parts.cgroup
    }

    /// A descriptor that becomes readable when the command has ended, for poll in other threads.
    pub fn ended(&self) -> io::Result<OwnedFd> {
        self.ended.try_clone()
    }

    /// Follows the command to its end. Call it on the thread that called [`Command::prepare`], the only one that
    /// unblocks job-control signals.
    ///
    /// Fails with [`Error::Exec`] when the program could not be executed.
    ///
    /// [`Command::prepare`]: super::Command::prepare
    pub fn wait(&mut self, mut on_event: impl FnMut(Event)) -> Result<ExitStatus, Error> {
        let result = self.follow(&mut on_event);
        let _ = rustix::io::write(&self.ended, &1u64.to_ne_bytes());
        result
    }

    fn follow(&mut self, on_event: &mut dyn FnMut(Event)) -> Result<ExitStatus, Error> {
        let mut exec_error = None;
        loop {
            self.wait_for_news()?;
            if self.starting {
                exec_error = self.exec_result(on_event)?;
            }
            while let Some(signal) = self.parts.signals.next() {
                self.handle(signal, on_event);
            }
            loop {
                match self.change()? {
                    Change::None => break,
                    Change::Stopped(signal) => self.stop_too(signal, on_event),
                    Change::Continued if self.stopped.take().is_some() => on_event(Event::Continued),
                    Change::Continued => {}
                    Change::Ended(status) => {
                        return match exec_error.take().or(self.last_exec_result(on_event)?) {
                            Some(source) => Err(Error::Exec { program: self.program.clone(), source }),
                            None => Ok(status),
                        };
                    }
                }
            }
        }
    }

    /// Until a signal comes (the end of a child is one too) or the exec is decided.
    fn wait_for_news(&self) -> Result<(), Error> {
        let signals = PollFd::new(&self.parts.signals, PollFlags::IN);
        let channel = PollFd::new(&self.child.channel, PollFlags::IN);
        let mut polled = [signals, channel];
        let count = if self.starting { 2 } else { 1 };
        match rustix::event::poll(&mut polled[..count], None) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(e) => Err(system("poll")(e)),
        }
    }

    /// Looks at the channel without waiting: its end means that exec succeeded.
    fn exec_result(&mut self, on_event: &mut dyn FnMut(Event)) -> Result<Option<io::Error>, Error> {
        let mut polled = [PollFd::new(&self.child.channel, PollFlags::IN)];
        let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
        let ready = rustix::event::poll(&mut polled, Some(&now)).map_err(system("poll"))?;
        if ready == 0 {
            return Ok(None);
        }
        self.starting = false;
        let mut message = [0u8; Report::SIZE];
        let (length, _) =
            receive_with_descriptor(self.child.channel.as_fd(), &mut message).map_err(system("recvmsg"))?;
        match Report::parse(&message[..length]) {
            Some(Report { step: Step::Exec, errno }) => Ok(Some(io::Error::from_raw_os_error(errno))),
            _ => {
                on_event(Event::Started);
                Ok(None)
            }
        }
    }

    /// The command has ended, so the channel is decided.
    fn last_exec_result(&mut self, on_event: &mut dyn FnMut(Event)) -> Result<Option<io::Error>, Error> {
        if self.starting { self.exec_result(on_event) } else { Ok(None) }
    }

    fn handle(&mut self, signal: Received, on_event: &mut dyn FnMut(Event)) {
        match signal.number {
            libc::SIGCONT => self.continue_command(on_event),
            number if FORWARDED.contains(&number) && self.is_for_command(signal) => {
                self.kill(number);
                on_event(Event::Forwarded(number));
            }
            _ => {}
        }
    }

    /// Sent by a process outside the target, and not to the command as well.
    fn is_for_command(&self, signal: Received) -> bool {
        signal.by_process
            && !self.is_ours(signal.sender)
            && !procfs::is_pending(self.child.pid, signal.number)
    }

    fn is_ours(&self, pid: i32) -> bool {
        let own = i32::try_from(std::process::id()).ok();
        let in_cgroup =
            || self.parts.cgroup.processes().is_ok_and(|pids| pids.contains(&pid.cast_unsigned()));
        pid == self.child.pid || Some(pid) == own || (pid != 0 && in_cgroup())
    }

    /// Stops plaintap as the command was stopped. Returns when plaintap goes on; the SIGCONT that did it is then read
    /// like any signal and continues the command.
    fn stop_too(&mut self, signal: i32, on_event: &mut dyn FnMut(Event)) {
        on_event(Event::Stopped(signal));
        self.stopped = Some(Stopped { terminal_owner: self.terminal_owner() });
        // Processes of the target that were not stopped must be able to exec meanwhile.
        let _paused = self.parts.guard.handover().pause();
        // It may have been continued before we got here: then there is nothing to stop for.
        if self.was_continued() {
            self.stopped = None;
            return;
        }
        signals::stop_self(signal);
    }

    fn continue_command(&mut self, on_event: &mut dyn FnMut(Event)) {
        let Some(stopped) = self.stopped.take() else { return };
        if let Some(owner) = stopped.terminal_owner {
            give_terminal(owner);
        }
        // The shell continues the whole group; a second SIGCONT would run a handler twice.
        if !self.was_continued() {
            self.kill(libc::SIGCONT);
        }
        on_event(Event::Continued);
    }

    /// Sends to the command; for continuing, to its whole group if that is its own.
    fn kill(&self, signal: i32) {
        let group = self.own_group().filter(|_| signal == libc::SIGCONT);
        let target = group.map_or(self.child.pid, |group| -group.as_raw_nonzero().get());
        // SAFETY: a plain system call; the command is not reaped yet, so the number is still its own.
        unsafe { libc::kill(target, signal) };
    }

    /// The command's process group, when it leads one of its own.
    fn own_group(&self) -> Option<Pid> {
        let pid = Pid::from_raw(self.child.pid)?;
        let group = rustix::process::getpgid(Some(pid)).ok()?;
        (group == pid && group != rustix::process::getpgrp()).then_some(group)
    }

    /// Asked before plaintap stops, as the shell then takes the terminal.
    fn terminal_owner(&self) -> Option<Pid> {
        let group = self.own_group()?;
        let foreground = rustix::termios::tcgetpgrp(terminal()?).ok()?;
        (foreground == group).then_some(group)
    }

    /// The next change of the command's state.
    fn change(&self) -> Result<Change, Error> {
        self.change_of(libc::WEXITED | libc::WSTOPPED | libc::WCONTINUED)
    }

    /// Whether the command was continued after its last stop; leaves its end to be found later.
    fn was_continued(&self) -> bool {
        matches!(self.change_of(libc::WCONTINUED), Ok(Change::Continued))
    }

    /// Only this one child is asked for: others belong to whoever made them.
    fn change_of(&self, kinds: i32) -> Result<Change, Error> {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        // SAFETY: `info` is live and large enough; the pid is our child's.
        let result = unsafe {
            libc::waitid(
                libc::P_PID,
                self.child.pid.cast_unsigned(),
                info.as_mut_ptr(),
                kinds | libc::WNOHANG,
            )
        };
        if result != 0 {
            return Err(system("waitid")(io::Error::last_os_error()));
        }
        // SAFETY: zeroed before and filled by the kernel; pid 0 says that nothing happened, else the fields of
        // SIGCHLD are set.
        let (pid, code, status) = unsafe {
            let info = info.assume_init();
            (info.si_pid(), info.si_code, info.si_status())
        };
        Ok(match code {
            _ if pid == 0 => Change::None,
            libc::CLD_EXITED => Change::Ended(ExitStatus::Code(status.to_le_bytes()[0])),
            libc::CLD_KILLED | libc::CLD_DUMPED => Change::Ended(ExitStatus::Signal(status)),
            libc::CLD_CONTINUED => Change::Continued,
            _ => Change::Stopped(status),
        })
    }
}

/// The controlling terminal.
fn terminal() -> Option<OwnedFd> {
    rustix::fs::openat(CWD, "/dev/tty", OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY, Mode::empty()).ok()
}

/// Gives the terminal back to the command's group, if the shell gave it to ours (`fg`, not `bg`). SIGTTOU is blocked,
/// so this works from the background.
fn give_terminal(owner: Pid) {
    let Some(terminal) = terminal() else { return };
    if rustix::termios::tcgetpgrp(&terminal) == Ok(rustix::process::getpgrp()) {
        let _ = rustix::termios::tcsetpgrp(&terminal, owner);
    }
}
