//! Runs a command the way `plaintap run` does, without capture, and logs what is noticed: the tests' peer.
//!
//! `run_under_notify [--as USER] [--log FILE] [--stall-on SUFFIX] [--stdout-to-stderr] [--no-notify] -- CMD…`
//! `run_under_notify --remove-stale`

use std::ffi::OsString;
use std::fs::File;
use std::io::Write as _;
use std::sync::{Arc, Mutex};

use plaintap_linux::run::{Command, Error, Kind, Mapping, User, remove_stale};

fn main() {
    match Options::parse(std::env::args_os().skip(1)) {
        Some(options) if options.remove_stale => println!("{}", remove_stale().expect("cgroups can be read")),
        Some(options) => {
            if let Err(e) = run(&options) {
                eprintln!("run_under_notify: {e}");
                std::process::exit(e.exit_status().into());
            }
        }
        None => {
            eprintln!("usage: run_under_notify [options] -- command");
            std::process::exit(2);
        }
    }
}

#[derive(Default)]
struct Options {
    user: Option<String>,
    log: Option<OsString>,
    stall_on: Option<String>,
    stdout_to_stderr: bool,
    no_notify: bool,
    remove_stale: bool,
    command: Vec<OsString>,
}

impl Options {
    fn parse(mut arguments: impl Iterator<Item = OsString>) -> Option<Self> {
        let mut options = Self::default();
        while let Some(argument) = arguments.next() {
            match argument.to_str()? {
                "--as" => options.user = Some(arguments.next()?.into_string().ok()?),
                "--log" => options.log = arguments.next(),
                "--stall-on" => options.stall_on = Some(arguments.next()?.into_string().ok()?),
                "--stdout-to-stderr" => options.stdout_to_stderr = true,
                "--no-notify" => options.no_notify = true,
                "--remove-stale" => options.remove_stale = true,
                "--" => {
                    options.command = arguments.collect();
                    return Some(options);
                }
                _ => return None,
            }
        }
        options.remove_stale.then_some(options)
    }
}

fn run(options: &Options) -> Result<(), Error> {
    let (program, arguments) = options.command.split_first().ok_or(Error::NoCommand)?;
    let mut command = Command::new(program, arguments)
        .stdout_to_stderr(options.stdout_to_stderr)
        .notify(!options.no_notify);
    if let Some(name) = &options.user {
        command = command.user(User::find(name)?);
    }
    let mut prepared = command.prepare()?;
    let log = Log::new(options);
    log.line(&format!("cgroup {}", prepared.cgroup().path().display()));
    log.line(&format!("pid {}", prepared.pid()));
    let (mapping_log, stall_on) = (log.clone(), options.stall_on.clone());
    let supervisor = prepared.supervise(move |mapping| {
        mapping_log.mapping(mapping);
        if stall_on.as_ref().is_some_and(|suffix| mapping.path.to_string_lossy().ends_with(suffix)) {
            mapping_log.line("stalled");
            loop {
                std::thread::park();
            }
        }
    });
    if let Err(e) = &supervisor {
        log.line(&format!("unsupervised {e}"));
    }
    let mut running = prepared.start()?;
    let status = running.wait(|event| log.line(&format!("event {event:?}")))?;
    log.line(&format!("left {:?}", running.cgroup().processes().unwrap_or_default()));
    if let Ok(supervisor) = supervisor {
        log.line(&format!("{:?}", supervisor.stop()));
    }
    drop(running);
    log.line(&format!("ended {status:?}"));
    status.end_process_alike()
}

/// One line for each thing that happened.
#[derive(Clone)]
struct Log(Option<Arc<Mutex<File>>>);

impl Log {
    fn new(options: &Options) -> Self {
        let open = |path| File::create(path).expect("the log can be written");
        Self(options.log.as_ref().map(|path| Arc::new(Mutex::new(open(path)))))
    }

    fn line(&self, line: &str) {
        if let Some(file) = &self.0 {
            let mut file = file.lock().expect("no panic in here");
            file.write_all(format!("{line}\n").as_bytes()).expect("the log can be written");
        }
    }

    /// kind, pid, whether new, whether the process has the new file mapped already, path, arguments
    fn mapping(&self, mapping: &Mapping) {
        if self.0.is_none() {
            return;
        }
        let path = mapping.path.display();
        let maps = std::fs::read_to_string(format!("/proc/{}/maps", mapping.pid)).unwrap_or_default();
        let executable = |line: &str| line.contains("r-xp") && line.ends_with(&path.to_string());
        let when = if mapping.new_file && maps.lines().any(executable) { "late" } else { "before" };
        let new = if mapping.new_file { "new" } else { "known" };
        let kind = match mapping.kind {
            Kind::Exec => "exec",
            Kind::Map => "map",
        };
        self.line(&format!("{kind} {} {new} {when} {path} {:?}", mapping.pid, mapping.argv));
    }
}
