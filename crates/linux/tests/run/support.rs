//! Starting the example program that runs commands the way plaintap does, and looking at what it left.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Bound of every wait: only reached when something is broken.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// One test's directory, with the log of what was noticed. Removed on drop.
pub(crate) struct Bench {
    pub(crate) directory: PathBuf,
}

impl Bench {
    /// `None`, with the reason printed, where commands cannot be run as targets.
    pub(crate) fn new() -> Option<Self> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        if !rustix::process::geteuid().is_root() {
            eprintln!("skipped: needs root");
            return None;
        }
        if let Err(e) = plaintap_linux::run::TargetCgroup::create() {
            eprintln!("skipped: {e}");
            return None;
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("plaintap-run-{}-{number}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        // The user of --as must get in.
        fs::set_permissions(&directory, std::os::unix::fs::PermissionsExt::from_mode(0o777)).unwrap();
        Some(Self { directory })
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }

    /// The example with a log, up to the command.
    pub(crate) fn runner(&self, options: &[&str]) -> Command {
        let mut command = Command::new(runner_path());
        command.arg("--log").arg(self.path("log")).args(options).arg("--").current_dir(&self.directory);
        command
    }

    /// Runs a shell script under the example to its end.
    pub(crate) fn run(&self, script: &str) -> Output {
        self.runner(&[]).args(["sh", "-c", script]).stdin(Stdio::null()).output().unwrap()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Lines of the log that begin so.
    pub(crate) fn log_lines(&self, start: &str) -> Vec<String> {
        self.log().lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
    }

    pub(crate) fn wait_for_log(&self, text: &str) {
        wait_until(&format!("{text:?} in the log"), || self.log().contains(text));
    }

    /// What stands behind a word in the log.
    pub(crate) fn logged(&self, word: &str) -> String {
        let lines = self.log_lines(&format!("{word} "));
        lines[0][word.len() + 1..].to_owned()
    }

    pub(crate) fn cgroup(&self) -> PathBuf {
        self.logged("cgroup").into()
    }

    pub(crate) fn fifo(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        path
    }
}

impl Drop for Bench {
    /// What a failed test left running would run for ever.
    fn drop(&mut self) {
        for cgroup in self.log_lines("cgroup ") {
            let processes = fs::read_to_string(Path::new(&cgroup["cgroup ".len()..]).join("cgroup.procs"));
            for pid in processes.unwrap_or_default().lines() {
                let _ = Command::new("kill").args(["-KILL", pid]).stderr(Stdio::null()).status();
            }
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A child that is killed when a test fails halfway.
pub(crate) struct Killed(pub(crate) Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Cargo builds examples along with the tests, into the directory beside theirs.
pub(crate) fn runner_path() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.parent().and_then(Path::parent).unwrap().join("examples/run_under_notify");
    assert!(path.exists(), "{} is missing: run `cargo build --examples`", path.display());
    path
}

pub(crate) fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < LIMIT, "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn is_installed(program: impl AsRef<OsStr>) -> bool {
    let program = program.as_ref();
    let found =
        Command::new("sh").arg("-c").arg("command -v \"$1\"").arg("sh").arg(program).output().unwrap();
    if !found.status.success() {
        eprintln!("skipped: {} is not installed", program.display());
    }
    found.status.success()
}

/// The guard that a process started, once it has its name.
pub(crate) fn guard_of(parent: u32) -> u32 {
    let mut guard = None;
    wait_until("a guard", || {
        guard = find_guard(parent);
        guard.is_some()
    });
    guard.unwrap()
}

/// A child of the process by that name.
pub(crate) fn find_guard(parent: u32) -> Option<u32> {
    let is_guard = |pid: &u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let mut words = stat.split(' ');
        words.nth(1) == Some("(plaintap-guard)") && words.nth(1) == Some(&parent.to_string())
    };
    let pids =
        fs::read_dir("/proc").unwrap().filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    pids.into_iter().find(is_guard)
}

/// Whether the process is there and no zombie.
pub(crate) fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

pub(crate) fn kill(pid: u32, signal: &str) {
    assert!(Command::new("kill").args([signal, &pid.to_string()]).status().unwrap().success());
}
