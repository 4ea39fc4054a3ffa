//! What the tests of the kernel programs share: a cgroup of their own, processes in it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use plaintap_linux::bpf::Error;

/// Bounds every wait.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Prints why a test cannot run; it passes then.
pub(crate) fn skipped(reason: &str) {
    println!("skipped: {reason}");
}

/// What is missing for these tests, if anything.
pub(crate) fn obstacle(programs: &[&str]) -> Option<String> {
    if !rustix::process::geteuid().is_root() {
        return Some("not root".to_owned());
    }
    if cgroup2_mount().is_none() {
        return Some("no cgroup v2 file system is mounted".to_owned());
    }
    let path = std::env::var("PATH").unwrap_or_default();
    let found = |program: &str| path.split(':').any(|directory| Path::new(directory).join(program).exists());
    programs.iter().find(|program| !found(program)).map(|program| format!("{program} is not installed"))
}

/// The value, or `None` with the reason printed when this kernel refuses BPF to us altogether.
pub(crate) fn allowed<T>(result: Result<T, Error>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(error @ Error::Denied { .. }) => {
            skipped(&error.to_string());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// A name that no other test uses.
pub(crate) fn unique(stem: &str) -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("plaintap-{stem}-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

fn cgroup2_mount() -> Option<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let line = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2"))?;
    line.split(' ').nth(1).map(PathBuf::from)
}

/// A cgroup of the test's own. Dropping it ends what still runs in it and removes it.
pub(crate) struct Cgroup {
    path: PathBuf,
    directory: File,
}

impl Cgroup {
    pub(crate) fn new() -> Self {
        let path = cgroup2_mount().expect("a cgroup2 mount").join(unique("test"));
        fs::create_dir(&path).expect("a new cgroup");
        let directory = File::open(&path).expect("the new cgroup");
        Self { path, directory }
    }

    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.directory.as_fd()
    }

    /// A command that runs inside the cgroup from its first instruction.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("sh");
        let enter = r#"echo $$ > "$0/cgroup.procs" && exec "$@""#;
        command.args(["-c", enter]).arg(&self.path).arg(program);
        command
    }

    fn members(&self) -> Vec<i32> {
        let text = fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }
}

impl Drop for Cgroup {
    fn drop(&mut self) {
        let end = Instant::now() + PATIENCE;
        while fs::remove_dir(&self.path).is_err() && Instant::now() < end {
            for pid in self.members().into_iter().filter_map(rustix::process::Pid::from_raw) {
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A process that ends with the test.
pub(crate) struct Process(pub(crate) Child);

impl Process {
    /// Starts `command` and waits until it prints the line `word`.
    pub(crate) fn saying(word: &str, mut command: Command) -> Self {
        let mut process = Self(command.stdout(Stdio::piped()).spawn().expect("a helper process"));
        let mut lines = BufReader::new(process.0.stdout.take().expect("its output")).lines();
        assert!(lines.any(|line| line.expect("a line") == word), "the helper did not say {word}");
        // Its further output has a place to go.
        std::thread::spawn(move || lines.count());
        process
    }

    /// Starts `command` and waits until it says that it is ready.
    pub(crate) fn ready(command: Command) -> Self {
        Self::saying("ready", command)
    }

    /// Waits for the process, which must succeed.
    pub(crate) fn finish(mut self) {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.0.try_wait().expect("a child") {
                assert!(status.success(), "the helper failed: {status}");
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        panic!("the helper did not end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `command` to its end, which must be a success.
pub(crate) fn run(command: &mut Command) {
    let output = command.output().expect("the command runs");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
