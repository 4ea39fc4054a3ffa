//! `plaintap run`: starts a command and captures its traffic.

use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, bail};
use plaintap_linux::run::{self, Command, ExitStatus, Privileges, User, remove_stale};

use super::read::usage;
use crate::args::RunArguments;
use crate::capture::{KeyReport, Outcome, RecorderOptions, SessionOptions, capture_command};
use crate::capture_filter::SocketFilter;
use crate::complain;
use crate::out::{CaptureFile, PrivateFile};

/// Runs the command; ends the process as the command ended.
///
/// # Errors
/// When the capture cannot be started.
pub fn run(arguments: &RunArguments) -> Result<ExitCode> {
    let filter = match arguments.capture_filter.as_deref().map(SocketFilter::compile).transpose() {
        Ok(filter) => filter,
        Err(error) => return Ok(usage(&error)),
    };
    // Before the command runs, so that it does not run for nothing.
    let ledger = match arguments.ledger.as_deref().map(PrivateFile::create).transpose() {
        Ok(ledger) => ledger,
        Err(error) => {
            complain(&error);
            return Ok(ExitCode::FAILURE);
        }
    };
    match start(arguments, filter) {
        Ok(outcome) => {
            if !arguments.quiet {
                eprint!("{}", summary(&outcome, arguments.write.as_deref()));
            }
            let unwritten = ledger.map_or(Ok(()), |file| write_ledger(file, &outcome)).err();
            let mut failures = unwritten.into_iter().chain(outcome.failure).peekable();
            let failed = failures.peek().is_some();
            failures.for_each(|failure| complain(&failure));
            if failed && outcome.status == ExitStatus::Code(0) {
                return Ok(ExitCode::FAILURE);
            }
            outcome.status.end_process_alike()
        }
        Err(error) => {
            complain(&error);
            let status = error.downcast_ref::<run::Error>().map_or(1, run::Error::exit_status);
            Ok(ExitCode::from(status))
        }
    }
}

fn start(arguments: &RunArguments, filter: Option<SocketFilter>) -> Result<Outcome> {
    Privileges::current().check_run(arguments.user.is_some())?;
    // What a plaintap that was killed left behind. Failing to clean up after another is no reason to stop.
    let _ = remove_stale();
    let [program, rest @ ..] = arguments.command.as_slice() else { bail!("no command given") };
    let to_stdout = arguments.write.as_deref() == Some(Path::new("-"));
    let mut command = Command::new(program, rest).notify(!arguments.no_keys).stdout_to_stderr(to_stdout);
    if let Some(name) = &arguments.user {
        command = command.user(User::find(name)?);
    }
    let options = SessionOptions {
        recorder: RecorderOptions {
            snap_length: arguments.snap_length,
            count: arguments.count,
            ..RecorderOptions::default()
        },
        ring_kib: arguments.buffer_size,
        keys: !arguments.no_keys,
        filter,
    };
    let file = arguments.write.as_deref().map(CaptureFile::create).transpose()?;
    let created = file.as_ref().is_some_and(CaptureFile::created);
    let words: Vec<_> = arguments.command.iter().map(|word| word.to_string_lossy()).collect();
    let outcome = capture_command(command, &options, file, &format!("sockets of: {}", words.join(" ")));
    if outcome.is_err()
        && created
        && let Some(path) = &arguments.write
    {
        // The command did not run: there is nothing in it.
        let _ = std::fs::remove_file(path);
    }
    outcome
}

fn write_ledger(file: PrivateFile, outcome: &Outcome) -> Result<()> {
    let Some(keys) = &outcome.keys else { return Ok(()) };
    file.write(&format!("{:#}\n", keys.ledger))
}

/// The lines at the end: what was captured, what was lost, what can be decrypted.
fn summary(outcome: &Outcome, file: Option<&Path>) -> String {
    let (recorded, statistics) = (outcome.recorded, outcome.statistics);
    let mut text = String::new();
    // Writing to a String does not fail.
    let _ = write!(
        text,
        "plaintap: {} ({} out, {} in), {} dropped",
        count(recorded.total(), "packet"),
        recorded.outbound,
        recorded.inbound,
        statistics.dropped_full + statistics.dropped_uncopied,
    );
    if statistics.dropped_full > 0 {
        let _ = write!(
            text,
            " ({} for want of room in the kernel's buffer: try a larger -B)",
            statistics.dropped_full
        );
    }
    if statistics.dropped_uncopied > 0 {
        let _ = write!(text, " ({} too large to copy)", statistics.dropped_uncopied);
    }
    if statistics.filtered > 0 {
        let _ = write!(text, ", {} left in the kernel by -f", statistics.filtered);
    }
    if let Some(file) = file {
        let _ = write!(text, " → {}", file.display());
    }
    text.push('\n');
    match &outcome.keys {
        Some(keys) => key_summary(keys, &mut text),
        None => text.push_str("plaintap: no TLS secrets were taken (--no-keys)\n"),
    }
    if outcome.still_running > 0 {
        let _ = writeln!(
            text,
            "plaintap: {} of the command still running, not captured any more",
            count(outcome.still_running as u64, "process")
        );
    }
    text
}

fn key_summary(keys: &KeyReport, text: &mut String) {
    let connections = &keys.connections;
    let _ = writeln!(
        text,
        "plaintap: {}, {} with keys",
        count(connections.connections as u64, "TLS connection"),
        connections.with_keys
    );
    for (reason, number) in &connections.without {
        let _ = writeln!(text, "plaintap:   {number} without: {reason}");
    }
    for line in &keys.hooks {
        let _ = writeln!(text, "plaintap:   {line}");
    }
    if !connections.without.is_empty() {
        for failure in &keys.failures {
            let _ = writeln!(text, "plaintap:   {failure}");
        }
    }
    for (number, what) in [
        (connections.late as u64, "with keys that came only after the packets were written"),
        (keys.lost, "secrets lost for want of room in the kernel's buffer"),
        (keys.unreadable, "secrets that could not be read from the process's memory"),
        (keys.wrong, "secrets that open nothing (not written)"),
        (keys.not_proven, "secrets that nothing was captured to prove with (not written)"),
        (keys.unproved as u64, "secrets of connections that are not in the capture (not written)"),
        (keys.unnoticed, "programs or libraries that could not be looked at before they ran"),
    ] {
        if number > 0 {
            let _ = writeln!(text, "plaintap:   {number} {what}");
        }
    }
}

fn count(number: u64, what: &str) -> String {
    let plural = match (number, what.ends_with('s')) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{number} {what}{plural}")
}
