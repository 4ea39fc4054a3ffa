//! Signals and job control, under a real terminal with a real shell.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::support::{Bench, Killed, LIMIT, is_installed, kill, lives, runner_path, text, wait_until};

/// What the shells prompt with. In two parts where it is typed, so that the echo is not taken for it.
const PROMPT: &str = "outer> ";
const INNER: &str = "inner> ";

/// A shell on a terminal of its own, typed into and read like a person does.
struct Terminal {
    master: File,
    /// What was printed and not yet expected.
    pending: String,
    transcript: String,
    shell: Killed,
}

impl Terminal {
    /// bash with job control, in the bench's directory, with `$RUN` for the example with a log.
    fn open(bench: &Bench) -> Self {
        let (mut master, mut slave) = (-1, -1);
        let null = std::ptr::null_mut();
        // SAFETY: the two numbers are live; name, settings and size may be null.
        let opened =
            unsafe { libc::openpty(&raw mut master, &raw mut slave, null, null.cast(), null.cast()) };
        assert_eq!(opened, 0, "{}", std::io::Error::last_os_error());
        // SAFETY: openpty returned two fresh descriptors.
        let (master, slave) = unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
        rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC).unwrap();
        rustix::io::fcntl_setfd(&slave, rustix::io::FdFlags::CLOEXEC).unwrap();
        let mut command = Command::new("bash");
        command.args(["--norc", "--noprofile", "-i"]).current_dir(&bench.directory);
        command.env("PS1", PROMPT).env("TERM", "dumb").env("HISTFILE", "").env("ENV", "");
        command.env("RUN", format!("{} --log log --", runner_path().display()));
        command.stdin(slave.try_clone().unwrap()).stdout(slave.try_clone().unwrap()).stderr(slave);
        // SAFETY: only async-signal-safe system calls between fork and exec.
        unsafe {
            command.pre_exec(|| {
                rustix::process::setsid()?;
                rustix::process::ioctl_tiocsctty(rustix::stdio::stdin())?;
                Ok(())
            });
        }
        let shell = Killed(command.spawn().unwrap());
        let mut terminal =
            Self { master: master.into(), pending: String::new(), transcript: String::new(), shell };
        terminal.expect(PROMPT);
        terminal
    }

    /// Types as is: no Enter is added.
    fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    fn line(&mut self, line: &str) {
        self.press(&format!("{line}\n"));
    }

    /// Reads until the text was printed and returns what stood before it.
    fn expect(&mut self, wanted: &str) -> String {
        let start = Instant::now();
        loop {
            if let Some(at) = self.pending.find(wanted) {
                let before = self.pending[..at].to_owned();
                self.pending.drain(..at + wanted.len());
                return before;
            }
            let mut polled = [libc::pollfd { fd: self.master.as_raw_fd(), events: libc::POLLIN, revents: 0 }];
            // SAFETY: the array is live and its length is given.
            unsafe { libc::poll(polled.as_mut_ptr(), 1, 200) };
            let mut buffer = [0; 4096];
            let length = if polled[0].revents != 0 { self.master.read(&mut buffer).unwrap_or(0) } else { 0 };
            let got = String::from_utf8_lossy(&buffer[..length]);
            self.pending.push_str(&got);
            self.transcript.push_str(&got);
            assert!(start.elapsed() < LIMIT, "no {wanted:?} after:\n{}", self.transcript);
        }
    }

    /// Runs a line to the next prompt.
    fn ask(&mut self, line: &str) -> String {
        self.line(line);
        self.expect(PROMPT)
    }

    /// `$?` of the last line.
    fn status(&mut self) -> i32 {
        self.line("echo \"<$?>\"");
        self.expect("\n<");
        let status = self.expect(">");
        self.expect(PROMPT);
        status.parse().unwrap()
    }
}

/// A script that says READY (not as it is typed), and another that waits for a file.
const READY: &str = "echo RE''ADY";

#[test]
fn control_c_ends_the_command_and_plaintap_by_the_same_signal() {
    let Some(bench) = Bench::new() else { return };
    let mut terminal = Terminal::open(&bench);
    terminal.line(&format!("$RUN sh -c \"{READY}; exec sleep 600\""));
    terminal.expect("READY");
    terminal.press("\x03");
    terminal.expect(PROMPT);
    assert_eq!(terminal.status(), 128 + libc::SIGINT);
    assert!(!bench.log().contains("Forwarded"), "{}", bench.log());
}

#[test]
fn control_c_handled_by_the_command_does_not_end_plaintap() {
    let Some(bench) = Bench::new() else { return };
    if !is_installed("python3") {
        return;
    }
    // Not a shell: one that starts programs heeds the signal only if they die of it, one that reads may miss it.
    let python = r#"
import signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("READY", flush=True)
for _ in range(2):
    signal.sigwait([signal.SIGINT])
    print("got-42", flush=True)
raise SystemExit(7)
"#;
    std::fs::write(bench.path("waits.py"), python).unwrap();
    let mut terminal = Terminal::open(&bench);
    terminal.line("$RUN python3 waits.py");
    terminal.expect("READY");
    for _ in 0..2 {
        terminal.press("\x03");
        terminal.expect("got-42");
    }
    assert!(!terminal.expect(PROMPT).contains("got-42"));
    assert_eq!(terminal.status(), 7);
}

#[test]
fn control_z_then_foreground() {
    let Some(bench) = Bench::new() else { return };
    let mut terminal = Terminal::open(&bench);
    terminal.line(&format!("$RUN sh -c \"{READY}; read x; echo \\\"read-\\$x\\\"; exit 8\""));
    terminal.expect("READY");
    for round in 1..=3 {
        terminal.press("\x1a");
        terminal.expect("Stopped");
        terminal.expect(PROMPT);
        let command = bench.logged("pid");
        let stat = std::fs::read_to_string(format!("/proc/{command}/stat")).unwrap();
        assert!(stat.contains(") T "), "{stat}");
        assert!(terminal.ask("jobs").contains("Stopped"));
        terminal.line("fg");
        wait_until("fg", || bench.log_lines("event Continued").len() == round);
    }
    terminal.line("hello");
    terminal.expect("read-hello");
    terminal.expect(PROMPT);
    assert_eq!(terminal.status(), 8);
    assert_eq!(bench.log_lines("event Stopped(20)").len(), 3, "{}", bench.log());
}

#[test]
fn control_z_then_background() {
    let Some(bench) = Bench::new() else { return };
    bench.fifo("go");
    let mut terminal = Terminal::open(&bench);
    // No program is started while the stop comes: dash uses vfork, and a child that is stopped between vfork and
    // exec holds its parent in the kernel, so that no shell ever sees it stop (alone too: 6 times of 60).
    terminal.line(&format!("$RUN sh -c \"{READY}; read x <go; touch done\""));
    terminal.expect("READY");
    terminal.press("\x1a");
    terminal.expect("Stopped");
    terminal.expect(PROMPT);
    terminal.ask("bg");
    terminal.ask("echo x >go");
    wait_until("the background job", || bench.path("done").exists());
    terminal.ask("wait");
    assert!(!terminal.ask("jobs").contains("Stopped"));
}

#[test]
fn a_shell_below_can_suspend_and_its_jobs_go_on() {
    let Some(bench) = Bench::new() else { return };
    let mut terminal = Terminal::open(&bench);
    terminal.line("PS1='inn''er> ' $RUN bash --norc --noprofile -i");
    terminal.expect(INNER);
    // A background job that executes programs while everything else is stopped.
    terminal.line("(until [ -e go ]; do sleep 0.05; done; /bin/echo >done) &");
    terminal.expect(INNER);
    terminal.line("suspend");
    terminal.expect("Stopped");
    terminal.expect(PROMPT);
    terminal.ask("touch go");
    wait_until("the job of the suspended shell", || bench.path("done").exists());
    terminal.line("fg");
    terminal.line("echo sum-$((40+2))");
    terminal.expect("sum-42");
    terminal.expect(INNER);
    // The inner shell has the terminal again: job control works in it.
    terminal.line("sleep 600");
    terminal.expect("sleep 600");
    wait_until("sleep", || bench.log_lines("exec").last().is_some_and(|line| line.contains("\"600\"")));
    terminal.press("\x1a");
    terminal.expect("Stopped");
    terminal.expect(INNER);
    terminal.line("fg");
    terminal.expect("sleep 600");
    wait_until("fg in the inner shell", || {
        let stats = std::fs::read_to_string(bench.cgroup().join("cgroup.procs")).unwrap();
        stats.lines().all(|pid| {
            std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") T "))
        })
    });
    terminal.press("\x03");
    terminal.expect(INNER);
    terminal.line("exit 3");
    terminal.expect(PROMPT);
    assert_eq!(terminal.status(), 3);
}

#[test]
fn window_size_changes_reach_the_command() {
    let Some(bench) = Bench::new() else { return };
    let mut terminal = Terminal::open(&bench);
    let script = format!("trap 'stty size; exit 0' WINCH; {READY}; while :; do sleep 0.05; done");
    terminal.line(&format!("$RUN bash -c \"{script}\""));
    terminal.expect("READY");
    let size = rustix::termios::Winsize { ws_row: 41, ws_col: 123, ws_xpixel: 0, ws_ypixel: 0 };
    rustix::termios::tcsetwinsize(&terminal.master, size).unwrap();
    terminal.expect("41 123");
    terminal.expect(PROMPT);
    assert!(!bench.log().contains("Forwarded"), "{}", bench.log());
}

#[test]
fn closing_the_terminal_ends_everything() {
    let Some(bench) = Bench::new() else { return };
    let mut terminal = Terminal::open(&bench);
    terminal.line(&format!("$RUN sh -c \"{READY}; exec sleep 600\""));
    terminal.expect("READY");
    let command = bench.logged("pid").parse().unwrap();
    let Terminal { master, shell, .. } = terminal;
    drop(master);
    wait_until("the command's end", || !lives(command));
    wait_until("removal", || !bench.cgroup().exists());
    drop(shell);
}

#[test]
fn signals_to_plaintap_alone_are_forwarded_once() {
    let Some(bench) = Bench::new() else { return };
    if !is_installed("python3") {
        return;
    }
    let python = r#"
import os, signal
names = ["SIGHUP", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGTERM"]
signal.pthread_sigmask(signal.SIG_BLOCK, [getattr(signal, n) for n in names])
print("ready", flush=True)
while True:
    info = signal.sigwaitinfo([getattr(signal, n) for n in names])
    print(signal.Signals(info.si_signo).name, flush=True)
    if info.si_signo == signal.SIGTERM:
        os._exit(0)
"#;
    let mut runner =
        bench.runner(&[]).args(["python3", "-c", python]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(runner.stdout.take().unwrap()));
    let mut next = || lines.next().unwrap().unwrap();
    assert_eq!(next(), "ready");
    for name in ["HUP", "INT", "USR1", "USR2", "USR1", "TERM"] {
        kill(runner.id(), &format!("-{name}"));
        assert_eq!(next(), format!("SIG{name}"));
    }
    assert!(runner.wait().unwrap().success());
    assert_eq!(bench.log_lines("event Forwarded").len(), 6, "{}", bench.log());
}

#[test]
fn signals_of_the_target_to_its_group_do_not_come_back() {
    let Some(bench) = Bench::new() else { return };
    // A group of its own, so that the test is not hit; the sender is in the target and lives on.
    let script = "trap 'echo hup' HUP; kill -HUP 0; sleep 0.2; echo end";
    let mut runner = bench.runner(&[]);
    runner.args(["bash", "-c", script]).process_group(0);
    let output = runner.output().unwrap();
    assert_eq!(text(&output.stdout), "hup\nend\n");
    assert!(!bench.log().contains("Forwarded"), "{}", bench.log());
}

#[test]
fn stopping_plaintap_from_outside_stops_the_command_and_continuing_continues_it() {
    let Some(bench) = Bench::new() else { return };
    let fifo = bench.fifo("go");
    let mut runner = Killed(bench.runner(&[]).args(["sh", "-c", "read x <go; exit 5"]).spawn().unwrap());
    bench.wait_for_log("event Started");
    let (pid, command) = (runner.0.id(), bench.logged("pid").parse().unwrap());
    let state = |pid: u32| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.rsplit(") ").next().and_then(|rest| rest.chars().next()).unwrap()
    };
    // SIGSTOP cannot be caught: it is sent to the command here, and plaintap follows it.
    kill(command, "-STOP");
    wait_until("plaintap to stop", || state(pid) == 'T');
    kill(pid, "-CONT");
    wait_until("the command to go on", || state(command) == 'S' && state(pid) == 'S');
    std::fs::write(&fifo, "x\n").unwrap();
    assert_eq!(runner.0.wait().unwrap().into_raw() >> 8, 5);
    assert!(bench.log().contains("event Stopped(19)\nevent Continued"), "{}", bench.log());
}
