//! The supervisor: a thread that looks at every exec and executable file mapping of the target before it happens.

use std::ffi::OsString;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;

use rustix::event::{EventfdFlags, PollFd, PollFlags, Timespec};
use rustix::fs::FileType;
use rustix::io::Errno;

use super::error::{Error, system};
use super::handover::Handover;
use super::known::{Key, Known};
use super::procfs;
use super::seccomp::{self, Slot};
use super::target_file::{self, Base, Caller, Root};

/// Scripts whose interpreter is a script again are followed so far (the kernel takes 5: fs/exec.c exec_binprm).
const INTERPRETERS_MAX: usize = 4;
/// As much of a file as the kernel looks at (BINPRM_BUF_SIZE).
const HEAD: usize = 256;

/// What the target is about to do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Execute it (or it interprets a script that is executed).
    Exec,
    /// Map it executable: a shared library, mostly.
    Map,
}

/// A file that is about to be executed or mapped. The caller waits until the callback returns.
#[derive(Debug)]
pub struct Mapping {
    /// Execute or map.
    pub kind: Kind,
    /// The process, in our pid namespace.
    pub pid: u32,
    /// Its thread that makes the call.
    pub tid: u32,
    /// The file, open for reading. It works for deleted files, memfds and files of other mount namespaces.
    pub file: OwnedFd,
    /// Where it is, for humans.
    pub path: PathBuf,
    /// For [`Kind::Exec`] the first 64 arguments, each up to 1024 bytes.
    pub argv: Vec<OsString>,
    /// Whether this state of the file was not handed over before. Always true for [`Kind::Map`].
    pub new_file: bool,
}

/// Why a file could not be looked at. The call goes on all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The caller was killed or interrupted meanwhile.
    Gone,
    /// There is no such file (a search along PATH): the call will fail.
    NotFound,
    /// Not a regular file with an execute bit.
    NotExecutable,
    /// The path or the file cannot be read, or the path leads through another process's /proc.
    Unreadable,
}

/// What the supervisor saw.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Notifications answered.
    pub notifications: u64,
    /// Files handed to the callback for the first time.
    pub new_files: u64,
    /// [`Skip::Gone`].
    pub gone: u64,
    /// [`Skip::NotFound`].
    pub not_found: u64,
    /// [`Skip::NotExecutable`].
    pub not_executable: u64,
    /// [`Skip::Unreadable`]: files that may matter and were not seen.
    pub unreadable: u64,
    /// Programs that asked for a seccomp listener of their own, which the kernel refuses with EBUSY.
    pub listeners_refused: u64,
}

/// The running thread. It ends when nothing is left of the target or when it is dropped; from then on the guard
/// answers.
#[derive(Debug)]
pub struct Supervisor {
    thread: Option<JoinHandle<()>>,
    stop: Arc<OwnedFd>,
    counters: Arc<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    notifications: AtomicU64,
    new_files: AtomicU64,
    gone: AtomicU64,
    not_found: AtomicU64,
    not_executable: AtomicU64,
    unreadable: AtomicU64,
    listeners_refused: AtomicU64,
}

impl Supervisor {
    pub(super) fn start(
        listener: OwnedFd,
        slot: Slot,
        handover: Arc<Handover>,
        on_mapping: impl FnMut(&Mapping) + Send + 'static,
    ) -> Result<Self, Error> {
        let stop = rustix::event::eventfd(0, EventfdFlags::CLOEXEC).map_err(system("eventfd"))?;
        let (stop, counters) = (Arc::new(stop), Arc::new(Counters::default()));
        seccomp::wake_up_in_place(listener.as_fd());
        let watch = Watch {
            listener,
            stop: stop.clone(),
            counters: counters.clone(),
            known: Known::default(),
            own_root: Root::own(),
            path: String::new(),
            on_mapping,
        };
        let thread = std::thread::Builder::new()
            .name("supervisor".into())
            .spawn(move || watch.run(slot, &handover))
            .map_err(system("starting a thread"))?;
        Ok(Self { thread: Some(thread), stop, counters })
    }

    /// What was seen so far.
    pub fn stats(&self) -> Stats {
        let Counters {
            notifications,
            new_files,
            gone,
            not_found,
            not_executable,
            unreadable,
            listeners_refused,
        } = &*self.counters;
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Stats {
            notifications: load(notifications),
            new_files: load(new_files),
            gone: load(gone),
            not_found: load(not_found),
            not_executable: load(not_executable),
            unreadable: load(unreadable),
            listeners_refused: load(listeners_refused),
        }
    }

    /// Ends the thread after the notification in hand; the guard answers from then on.
    pub fn stop(mut self) -> Stats {
        self.join();
        self.stats()
    }

    fn join(&mut self) {
        let _ = rustix::io::write(&self.stop, &1u64.to_ne_bytes());
        if let Some(thread) = self.thread.take() {
            // A panic of the callback was printed by its thread; the guard has taken over.
            let _ = thread.join();
        }
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.join();
    }
}

/// Gives the turn to the guard when the thread ends, by a panic too.
struct LeaveAtEnd<'a>(&'a Handover);

impl Drop for LeaveAtEnd<'_> {
    fn drop(&mut self) {
        self.0.leave();
    }
}

struct Watch<F> {
    listener: OwnedFd,
    stop: Arc<OwnedFd>,
    counters: Arc<Counters>,
    known: Known,
    own_root: Option<Root>,
    /// Buffer for `/proc/TID/fd/N`.
    path: String,
    on_mapping: F,
}

impl<F: FnMut(&Mapping)> Watch<F> {
    fn run(mut self, mut slot: Slot, handover: &Handover) {
        let _leave = LeaveAtEnd(handover);
        while self.wait() {
            let Some(_turn) = handover.my_turn() else { return };
            // While we waited for the turn the guard may have answered it.
            if !self.is_waiting() {
                continue;
            }
            match slot.receive(self.listener.as_fd()) {
                Ok(notification) => {
                    self.look_at(&notification);
                    let _ = seccomp::answer_continue(self.listener.as_fd(), notification.id);
                }
                Err(Errno::NOENT | Errno::INTR) => count(&self.counters.gone),
                Err(_) => return,
            }
        }
    }

    /// Until a notification waits; `false` when it is time to end.
    fn wait(&self) -> bool {
        let listener = PollFd::new(&self.listener, PollFlags::IN);
        let mut polled = [listener, PollFd::new(&*self.stop, PollFlags::IN)];
        match rustix::event::poll(&mut polled, None) {
            Ok(_) => {}
            Err(Errno::INTR) => return true,
            Err(_) => return false,
        }
        let [listener, stop] = polled.map(|polled| polled.revents());
        // A hang-up comes when the last process under the filter is gone.
        stop.is_empty() && (listener.is_empty() || listener.contains(PollFlags::IN))
    }

    fn is_waiting(&self) -> bool {
        let mut polled = [PollFd::new(&self.listener, PollFlags::IN)];
        let now = Timespec { tv_sec: 0, tv_nsec: 0 };
        rustix::event::poll(&mut polled, Some(&now)).is_ok() && polled[0].revents().contains(PollFlags::IN)
    }

    fn look_at(&mut self, notification: &libc::seccomp_notif) {
        count(&self.counters.notifications);
        let data = &notification.data;
        let tid = notification.pid.cast_signed();
        let result = match libc::c_long::from(data.nr) {
            libc::SYS_mmap => self.map(notification.id, tid, data.args[4] as i32),
            libc::SYS_execve => {
                self.exec(notification.id, tid, Base::WorkingDirectory, data.args[0], data.args[1])
            }
            libc::SYS_execveat => {
                let base = match data.args[0] as i32 {
                    libc::AT_FDCWD => Base::WorkingDirectory,
                    fd => Base::Descriptor(fd),
                };
                self.exec(notification.id, tid, base, data.args[1], data.args[2])
            }
            _ => {
                count(&self.counters.listeners_refused);
                Ok(())
            }
        };
        if let Err(skip) = result {
            count(match skip {
                Skip::Gone => &self.counters.gone,
                Skip::NotFound => &self.counters.not_found,
                Skip::NotExecutable => &self.counters.not_executable,
                Skip::Unreadable => &self.counters.unreadable,
            });
        }
    }

    /// A file mapping: two system calls for a known file.
    fn map(&mut self, id: u64, tid: i32, fd: i32) -> Result<(), Skip> {
        target_file::descriptor_path(&mut self.path, tid, fd);
        let stat = rustix::fs::stat(&self.path).map_err(|e| self.reason(id, e))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Skip::NotExecutable);
        }
        if self.known.contains(&Key::from(&stat)) {
            return Ok(());
        }
        let file = target_file::open_readable(&self.path).map_err(|e| self.reason(id, e))?;
        let stat = rustix::fs::fstat(&file).map_err(|_| Skip::Unreadable)?;
        let pid = procfs::thread_group(tid).ok_or(Skip::Gone)?;
        self.check(id)?;
        let new_file = self.known.insert(Key::from(&stat));
        let path = target_file::name_of(&file);
        self.report(&Mapping {
            kind: Kind::Map,
            pid: pid.cast_unsigned(),
            tid: tid.cast_unsigned(),
            file,
            path,
            argv: Vec::new(),
            new_file,
        });
        Ok(())
    }

    /// An exec, and the interpreters of scripts in turn.
    fn exec(&mut self, id: u64, tid: i32, base: Base, path: u64, argv: u64) -> Result<(), Skip> {
        let pid = procfs::thread_group(tid).ok_or(Skip::Gone)?;
        let caller = Caller { pid, tid };
        let path = caller.read_path(path).map_err(|e| self.reason(id, e))?;
        let argv = caller.read_arguments(argv);
        let (mut base, mut path) = (base, path);
        for _ in 0..=INTERPRETERS_MAX {
            let file = caller.resolve(self.own_root, base, &path).map_err(|e| self.reason(id, e))?;
            let stat = rustix::fs::fstat(&file).map_err(|_| Skip::Unreadable)?;
            if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_mode & 0o111 == 0 {
                return Err(Skip::NotExecutable);
            }
            let file = target_file::open_for_reading(&file).map_err(|e| self.reason(id, e))?;
            self.check(id)?;
            let mut head = [0u8; HEAD];
            let length = rustix::io::pread(&file, &mut head, 0).map_err(|_| Skip::Unreadable)?;
            let new_file = self.known.insert(Key::from(&stat));
            self.report(&Mapping {
                kind: Kind::Exec,
                pid: pid.cast_unsigned(),
                tid: tid.cast_unsigned(),
                path: target_file::name_of(&file),
                file,
                argv: argv.clone(),
                new_file,
            });
            let Some(interpreter) = target_file::interpreter(&head[..length]) else { return Ok(()) };
            // The kernel opens it from the working directory, wherever the script was.
            (base, path) = (Base::WorkingDirectory, interpreter.to_vec());
        }
        Ok(())
    }

    fn report(&mut self, mapping: &Mapping) {
        if mapping.new_file {
            count(&self.counters.new_files);
        }
        (self.on_mapping)(mapping);
    }

    /// Whether what was read from /proc was the caller's: ids of threads are used again.
    fn check(&self, id: u64) -> Result<(), Skip> {
        if seccomp::is_valid(self.listener.as_fd(), id) { Ok(()) } else { Err(Skip::Gone) }
    }

    fn reason(&self, id: u64, error: Errno) -> Skip {
        match error {
            _ if self.check(id).is_err() => Skip::Gone,
            Errno::NOENT | Errno::NOTDIR => Skip::NotFound,
            _ => Skip::Unreadable,
        }
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
