//! Signals of plaintap while the command runs: blocked in every thread and read from a descriptor instead.
//!
//! Blocking (not ignoring, not handling) leaves the dispositions alone that the command inherits, and lets
//! `nohup` and the like work as ever.

use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, FromRawFd as _, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

use super::error::{Error, system};

/// Signals passed on to the command when another process sends them to plaintap alone.
pub(super) const FORWARDED: [i32; 11] = [
    libc::SIGHUP,
    libc::SIGINT,
    libc::SIGQUIT,
    libc::SIGUSR1,
    libc::SIGUSR2,
    libc::SIGALRM,
    libc::SIGTERM,
    libc::SIGTSTP,
    libc::SIGTTIN,
    libc::SIGTTOU,
    libc::SIGWINCH,
];

/// What the command must find: mask and dispositions as plaintap got them.
#[derive(Clone, Copy)]
pub(super) struct Original {
    mask: libc::sigset_t,
    child_action: libc::sigaction,
    pipe_ignored: bool,
}

/// The blocked signals of this process. Dropping it restores mask and dispositions.
pub(super) struct Signals {
    fd: OwnedFd,
    original: Original,
}

/// One signal that arrived.
#[derive(Clone, Copy, Debug)]
pub(super) struct Received {
    pub(super) number: i32,
    /// Sent by a process (kill, sigqueue, tgkill), not by the kernel or the terminal: `si_code` of 0 or below.
    pub(super) by_process: bool,
    /// The sender; 0 when it is outside our pid namespace.
    pub(super) sender: i32,
}

impl Signals {
    /// Blocks the signals in this thread, and so in all threads started after it.
    pub(super) fn block() -> Result<Self, Error> {
        let mut set = empty_set();
        for signal in FORWARDED.into_iter().chain([libc::SIGCONT, libc::SIGCHLD]) {
            // SAFETY: `set` is an initialised set and the number is a valid signal.
            unsafe { libc::sigaddset(&raw mut set, signal) };
        }
        // SAFETY: `set` is initialised; the result is checked before it is owned.
        let fd = unsafe { libc::signalfd(-1, &raw const set, libc::SFD_CLOEXEC | libc::SFD_NONBLOCK) };
        if fd < 0 {
            return Err(system("signalfd")(io::Error::last_os_error()));
        }
        // SAFETY: signalfd returned a fresh descriptor that nobody else owns.
        let fd = unsafe { OwnedFd::from_raw_fd(fd) };
        let mut mask = empty_set();
        // SAFETY: both sets are initialised and live.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, &raw mut mask) };
        // An inherited SIG_IGN for SIGCHLD would reap the command behind our back (wait(2), NOTES).
        let child_action = set_action(libc::SIGCHLD, &default_action());
        let pipe_ignored = PIPE_WAS_IGNORED.load(Ordering::Relaxed);
        Ok(Self { fd, original: Original { mask, child_action, pipe_ignored } })
    }

    pub(super) fn original(&self) -> Original {
        self.original
    }

    /// The next signal that waits, if any.
    pub(super) fn next(&self) -> Option<Received> {
        let mut info = MaybeUninit::<libc::signalfd_siginfo>::uninit();
        let size = size_of::<libc::signalfd_siginfo>();
        // SAFETY: the buffer is `size` bytes long and writable.
        let length = unsafe { libc::read(self.fd.as_raw_fd(), info.as_mut_ptr().cast(), size) };
        if usize::try_from(length) != Ok(size) {
            return None;
        }
        // SAFETY: the kernel filled the whole structure; every bit pattern is valid for its integers.
        let info = unsafe { info.assume_init() };
        Some(Received {
            number: info.ssi_signo.cast_signed(),
            by_process: info.ssi_code <= 0,
            sender: info.ssi_pid.cast_signed(),
        })
    }

    /// Whether a signal waits that asks plaintap to end.
    pub(super) fn asks_to_end(&self) -> bool {
        [libc::SIGHUP, libc::SIGINT, libc::SIGQUIT, libc::SIGTERM].into_iter().any(is_pending)
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        // What the terminal sent to the whole process group was meant for the command.
        while self.next().is_some() {}
        set_action(libc::SIGCHLD, &self.original.child_action);
        set_mask(&self.original.mask);
    }
}

/// The signals that ask a program to end, held back from here on, so that it can finish its work first.
#[derive(Debug)]
pub struct EndRequest(());

impl EndRequest {
    const SIGNALS: [i32; 3] = [libc::SIGHUP, libc::SIGINT, libc::SIGTERM];

    /// Blocks the signals in this thread, and so in all threads started after it.
    pub fn hold() -> Self {
        let mut set = empty_set();
        for signal in Self::SIGNALS {
            // SAFETY: `set` is an initialised set and the number is a valid signal.
            unsafe { libc::sigaddset(&raw mut set, signal) };
        }
        // SAFETY: the set is initialised and live; a null old set is not written.
        unsafe { libc::pthread_sigmask(libc::SIG_BLOCK, &raw const set, ptr::null_mut()) };
        Self(())
    }

    /// Whether one came.
    pub fn came(&self) -> bool {
        Self::SIGNALS.into_iter().any(is_pending)
    }
}

impl Original {
    /// Puts everything back; in the child just before exec. Handlers go by themselves at exec. Async-signal-safe.
    pub(super) fn restore(&self) {
        set_action(libc::SIGCHLD, &self.child_action);
        if !self.pipe_ignored {
            set_action(libc::SIGPIPE, &default_action());
        }
        set_mask(&self.mask);
    }
}

/// Stops this process by `signal` as if it had never been blocked. Returns when it goes on, or at once when the
/// kernel drops the signal (terminal stops in an orphaned process group).
pub(super) fn stop_self(signal: i32) {
    let old = (signal != libc::SIGSTOP).then(|| set_action(signal, &default_action()));
    let mut set = empty_set();
    let mut before = empty_set();
    // SAFETY: the sets are initialised and live; raise and pthread_sigmask have no other demands.
    unsafe {
        libc::sigaddset(&raw mut set, signal);
        libc::raise(signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, &raw mut before);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const before, ptr::null_mut());
    }
    if let Some(old) = old {
        set_action(signal, &old);
    }
}

/// Ends this process by `signal`, without a core file of its own. Returns only if the signal does not end processes.
pub(super) fn die_of(signal: i32) {
    let no_core = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    set_action(signal, &default_action());
    let mut set = empty_set();
    // SAFETY: plain system calls on live, initialised values. PR_SET_DUMPABLE also keeps core_pattern pipes from
    // running, which do not heed a limit of 0 (core(5)).
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &raw const no_core);
        libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0);
        libc::sigaddset(&raw mut set, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &raw const set, ptr::null_mut());
        libc::raise(signal);
    }
}

/// Blocks every signal that can be blocked (for the guard).
pub(super) fn block_all() {
    let mut set = empty_set();
    // SAFETY: `set` is live.
    unsafe { libc::sigfillset(&raw mut set) };
    set_mask(&set);
}

fn is_pending(signal: i32) -> bool {
    let mut set = empty_set();
    // SAFETY: `set` is initialised and live.
    unsafe { libc::sigpending(&raw mut set) == 0 && libc::sigismember(&raw const set, signal) == 1 }
}

fn empty_set() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set it is given.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        set.assume_init()
    }
}

fn set_mask(mask: &libc::sigset_t) {
    // SAFETY: `mask` is an initialised set.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, mask, ptr::null_mut()) };
}

fn default_action() -> libc::sigaction {
    libc::sigaction { sa_sigaction: libc::SIG_DFL, sa_mask: empty_set(), sa_flags: 0, sa_restorer: None }
}

fn set_action(signal: i32, action: &libc::sigaction) -> libc::sigaction {
    let mut old = default_action();
    // SAFETY: both structures are initialised; only SIG_DFL, SIG_IGN and what sigaction gave back are ever set.
    unsafe { libc::sigaction(signal, action, &raw mut old) };
    old
}

/// Rust's runtime sets SIGPIPE to ignored before `main`, so what plaintap got must be looked up earlier.
static PIPE_WAS_IGNORED: AtomicBool = AtomicBool::new(false);

#[used]
// SAFETY: .init_array holds pointers to C functions that the C runtime calls before main; this one only makes a
// system call and stores to an atomic.
#[unsafe(link_section = ".init_array")]
static LOOK_UP_SIGPIPE: extern "C" fn() = look_up_sigpipe;

extern "C" fn look_up_sigpipe() {
    let mut action = default_action();
    // SAFETY: `action` is live; a null new action only reads.
    unsafe { libc::sigaction(libc::SIGPIPE, ptr::null(), &raw mut action) };
    PIPE_WAS_IGNORED.store(action.sa_sigaction == libc::SIG_IGN, Ordering::Relaxed);
}
