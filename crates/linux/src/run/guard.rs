//! The guard: a tiny process that outlives plaintap for the command's sake.
//!
//! A seccomp filter whose listener is gone makes every later exec and executable mapping fail with ENOSYS. If
//! plaintap is killed while the command or its children live, the guard answers for it until they are gone, then
//! removes the cgroup. It is forked early (so that it is small), has its own session, holds no descriptor of
//! plaintap's but its own four, and can be woken by nothing but its socket, the listener and the cgroup.

use std::ffi::CStr;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd, RawFd};

use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::fs::{CWD, Mode, OFlags};
use rustix::io::Errno;

use super::cgroup::{TargetCgroup, is_populated, remove_tree};
use super::error::{Error, system};
use super::handover::{Handover, order, receive_with_descriptor, socket_pair};
use super::seccomp::{self, Slot};
use super::signals;

/// Shown by ps; 15 bytes at most.
const NAME: &CStr = c"plaintap-guard";
/// How deep the target may have nested cgroups of its own.
const CGROUP_DEPTH: u8 = 16;
/// A wake-up without cause, against events missed by the kernel.
const LOOK_AGAIN: Timespec = Timespec { tv_sec: 10, tv_nsec: 0 };
/// After an error that should not happen, so that it does not become a busy loop.
const REST: Timespec = Timespec { tv_sec: 0, tv_nsec: 10_000_000 };

/// plaintap's side: the running guard.
#[derive(Debug)]
pub(super) struct Guard {
    pid: i32,
    handover: std::sync::Arc<Handover>,
}

impl Guard {
    /// Forks the guard. `slot` is the page where the supervisor receives.
    pub(super) fn start(cgroup: &TargetCgroup, slot: &Slot) -> Result<Self, Error> {
        let (ours, theirs) = socket_pair().map_err(system("socketpair"))?;
        // SAFETY: the child only makes system calls on what was prepared here, allocates nothing and never returns,
        // so it does not matter which locks other threads held.
        match unsafe { libc::fork() } {
            -1 => Err(system("fork")(std::io::Error::last_os_error())),
            0 => guard_main(&theirs, cgroup, slot),
            pid => Ok(Self { pid, handover: std::sync::Arc::new(Handover::new(ours)) }),
        }
    }

    pub(super) fn handover(&self) -> &std::sync::Arc<Handover> {
        &self.handover
    }
}

impl Drop for Guard {
    /// Reaps the guard if its work is done; else it stays for the processes that live on.
    fn drop(&mut self) {
        if self.handover.end() {
            let mut status = 0;
            // SAFETY: `status` is live; the pid is our child, not reaped anywhere else, and about to exit.
            unsafe { libc::waitpid(self.pid, &raw mut status, 0) };
        }
    }
}

/// The guard's side. `extern "C"`: a panic ends the process instead of unwinding into plaintap's frames.
extern "C" fn guard_main(control: &OwnedFd, cgroup: &TargetCgroup, slot: &Slot) -> ! {
    signals::block_all();
    let _ = rustix::process::setsid();
    let _ = rustix::process::chdir(c"/");
    let _ = rustix::thread::set_name(NAME);
    replace_standard_streams();
    let keep = [control.as_raw_fd(), cgroup.parent().as_raw_fd(), cgroup.directory().as_raw_fd()];
    close_all_but(keep);
    let watch = Watch {
        control: control.as_fd(),
        parent: cgroup.parent(),
        directory: cgroup.directory(),
        name: cgroup.name(),
        slot,
    };
    watch.run();
    // SAFETY: ends the process without running plaintap's exit handlers.
    unsafe { libc::_exit(0) }
}

/// What the guard watches.
struct Watch<'a> {
    control: BorrowedFd<'a>,
    parent: BorrowedFd<'a>,
    directory: BorrowedFd<'a>,
    name: &'a CStr,
    slot: &'a Slot,
}

/// What the guard knows.
struct State {
    /// `None` before it came and after it hung up.
    listener: Option<OwnedFd>,
    /// Where the guard receives; plaintap's page stays plaintap's.
    own_slot: Slot,
    serving: bool,
    plaintap_lives: bool,
}

impl Watch<'_> {
    /// Until plaintap is gone and nothing of the command is left.
    fn run(&self) {
        let Ok(own_slot) = Slot::new() else { return };
        let mut state = State { listener: None, own_slot, serving: false, plaintap_lives: true };
        let events = self.open_events();
        loop {
            let left = is_populated(self.directory);
            if !state.plaintap_lives {
                if !left {
                    let _ = remove_tree(self.parent, self.name, CGROUP_DEPTH);
                }
                if !left && state.listener.is_none() {
                    return;
                }
            }
            if self.wait(&mut state, events.as_ref()) == Next::Exit {
                return;
            }
        }
    }

    /// Waits for one round of events and handles them.
    fn wait(&self, state: &mut State, events: Option<&OwnedFd>) -> Next {
        // Unused places watch for nothing on the directory, which never reports anything.
        let idle = || PollFd::from_borrowed_fd(self.directory, PollFlags::empty());
        let control =
            if state.plaintap_lives { PollFd::from_borrowed_fd(self.control, PollFlags::IN) } else { idle() };
        let served = state.listener.as_ref().filter(|_| state.serving);
        let listener = served.map_or_else(idle, |listener| PollFd::new(listener, PollFlags::IN));
        let emptied = events.filter(|_| !state.plaintap_lives);
        let emptied = emptied.map_or_else(idle, |events| PollFd::new(events, PollFlags::PRI));
        let mut polled = [control, listener, emptied];
        if rustix::event::poll(&mut polled, Some(&LOOK_AGAIN)).is_err() {
            let _ = rustix::event::poll(&mut [], Some(&REST));
        }
        let [control, listener, emptied] = polled.map(|polled| polled.revents());
        if let Some(events) = events
            && !emptied.is_empty()
        {
            // Reading acknowledges the change. A removed cgroup cannot be read and is reported for ever.
            let mut text = [0u8; 128];
            if rustix::io::pread(events, &mut text, 0).is_err() {
                let _ = rustix::event::poll(&mut [], Some(&REST));
            }
        }
        if !listener.is_empty() {
            state.serve(listener);
        }
        if control.is_empty() { Next::Again } else { self.obey(state) }
    }

    /// Reads one order.
    fn obey(&self, state: &mut State) -> Next {
        let mut message = [0u8; 1];
        match receive_with_descriptor(self.control, &mut message) {
            Ok((1, descriptor)) => match message[0] {
                order::LISTENER => state.listener = descriptor,
                order::SERVE => self.take_over(state),
                order::PAUSE => {
                    state.serving = false;
                    self.reply(order::PAUSE);
                }
                order::END => {
                    self.take_over(state);
                    state.drop_dead_listener();
                    if state.listener.is_none() && !is_populated(self.directory) {
                        let _ = remove_tree(self.parent, self.name, CGROUP_DEPTH);
                        self.reply(order::DONE);
                        return Next::Exit;
                    }
                    self.reply(order::STAY);
                }
                _ => {}
            },
            // Closed: plaintap is gone, its threads with it.
            Ok(_) | Err(_) => {
                state.plaintap_lives = false;
                self.take_over(state);
            }
        }
        Next::Again
    }

    /// Serves from now on, the notification first that plaintap may have died over.
    fn take_over(&self, state: &mut State) {
        state.serving = true;
        if let Some(listener) = &state.listener {
            let _ = seccomp::answer_continue(listener.as_fd(), self.slot.last_id());
        }
    }

    fn reply(&self, reply: u8) {
        let _ = super::handover::send_with_descriptor(self.control, &[reply], None);
    }

    fn open_events(&self) -> Option<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        let events = rustix::fs::openat(self.directory, c"cgroup.events", flags, Mode::empty()).ok()?;
        // kernfs reports changes since the last read.
        let _ = rustix::io::pread(&events, &mut [0u8; 128][..], 0);
        Some(events)
    }
}

#[derive(PartialEq, Eq)]
enum Next {
    Again,
    Exit,
}

impl State {
    /// Answers what waits; forgets a listener that nobody is behind any more.
    fn serve(&mut self, seen: PollFlags) {
        let Some(listener) = &self.listener else { return };
        if !seen.contains(PollFlags::IN) {
            self.listener = None;
            return;
        }
        match self.own_slot.receive(listener.as_fd()) {
            Ok(notification) => {
                let _ = seccomp::answer_continue(listener.as_fd(), notification.id);
            }
            Err(Errno::NOENT | Errno::INTR) => {}
            Err(_) => {
                let _ = rustix::event::poll(&mut [], Some(&REST));
            }
        }
    }

    fn drop_dead_listener(&mut self) {
        let Some(listener) = &self.listener else { return };
        let mut polled = [PollFd::new(listener, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        let dead = rustix::event::poll(&mut polled, Some(&now)).is_ok()
            && polled[0].revents().intersects(PollFlags::HUP | PollFlags::ERR)
            && !polled[0].revents().contains(PollFlags::IN);
        if dead {
            self.listener = None;
        }
    }
}

fn replace_standard_streams() {
    let Ok(null) = rustix::fs::openat(CWD, c"/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())
    else {
        return;
    };
    let _ = rustix::stdio::dup2_stdin(&null);
    let _ = rustix::stdio::dup2_stdout(&null);
    let _ = rustix::stdio::dup2_stderr(&null);
}

/// Closes every descriptor from 3 on but `keep`.
fn close_all_but(mut keep: [RawFd; 3]) {
    keep.sort_unstable();
    let mut first = 3;
    for kept in keep {
        close_range(first, kept - 1);
        first = kept + 1;
    }
    close_range(first, RawFd::MAX);
}

fn close_range(first: RawFd, last: RawFd) {
    /// Enough for a process that has just started, where the kernel has no close_range (before 5.9).
    const PLENTY: RawFd = 4096;
    if first > last {
        return;
    }
    // SAFETY: this forked process never uses the descriptors again; their owners' destructors do not run in it.
    let closed = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) } == 0;
    if !closed {
        for fd in first..=last.min(PLENTY) {
            // SAFETY: as above.
            unsafe { libc::close(fd) };
        }
    }
}
