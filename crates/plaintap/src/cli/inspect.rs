//! `plaintap inspect`: where TLS secrets pass in a file or a process, and how that was found.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use plaintap_linux::processes::Process;
use plaintap_locate::{Evidence, Field, Hook, Length, Machine, Report};
use serde_json::{Value, json};

use crate::args::{InspectArguments, Script};
use crate::out::{bpftrace, hex, push_printable};
use crate::stacks::{Unsearched, search};

/// Runs the command.
///
/// # Errors
/// When the file or the process is not there or cannot be looked at.
pub fn inspect(arguments: &InspectArguments) -> Result<ExitCode> {
    let files = match process(&arguments.target) {
        Some(process) => files_of(&process)?,
        None => vec![inspect_file(&arguments.target)?],
    };
    let mut text = String::new();
    for (index, Inspected { path, report }) in files.iter().enumerate() {
        match arguments.emit {
            Some(Script::Bpftrace) => text.push_str(&bpftrace::script(path, report)),
            None if arguments.json => {
                text.push_str(&json(path, report).to_string());
                text.push('\n');
            }
            None => {
                text.push_str(if index > 0 { "\n" } else { "" });
                describe(path, report, &mut text);
            }
        }
    }
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.context("cannot write to standard output")?,
    }
    let found = files.iter().any(|file| !file.report.hooks.is_empty());
    Ok(if found { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Inspected {
    path: PathBuf,
    report: Report,
}

/// The process that a number means, unless there is a file of that name.
fn process(target: &Path) -> Option<Process> {
    let pid = target.to_str()?.parse().ok().filter(|_| !target.exists())?;
    Process::of(pid)
}

fn inspect_file(path: &Path) -> Result<Inspected> {
    let name = path.display();
    if path.to_str().is_some_and(|text| text.parse::<i32>().is_ok()) && !path.exists() {
        bail!("there is no process {name}, and no file of that name");
    }
    let file = File::open(path).with_context(|| format!("cannot open {name}"))?;
    match search(&file) {
        Ok(report) => Ok(Inspected { path: path.to_owned(), report }),
        Err(error) => bail!("{name}: {error}"),
    }
}

/// The process's files with a TLS stack, or seemingly with one; all of them if there is none.
fn files_of(process: &Process) -> Result<Vec<Inspected>> {
    let (pid, name) = (process.pid, &process.name);
    let code = process.code().with_context(|| format!("cannot look at process {pid} ({name})"))?;
    let mut files = Vec::new();
    for mapped in code {
        let path = mapped.path.clone();
        match mapped.open().map_err(Unsearched::Unreadable).and_then(|file| search(&file)) {
            Ok(report) => files.push(Inspected { path, report }),
            Err(Unsearched::NotCode(_)) => {}
            Err(error) => eprintln!("plaintap: {}: {error}", path.display()),
        }
    }
    let seems = |file: &Inspected| {
        !file.report.hooks.is_empty() || file.report.missing.iter().any(|(_, reason)| !reason.is_absence())
    };
    if files.iter().any(seems) {
        files.retain(seems);
    }
    Ok(files)
}

fn describe(path: &Path, report: &Report, out: &mut String) {
    push_printable(&path.display().to_string(), out);
    let machine = machine(report.machine);
    // Writing to a String does not fail.
    let _ = write!(out, ": {machine}");
    if let Some(build_id) = &report.build_id {
        let _ = write!(out, ", build id {}", hex(build_id));
    }
    out.push('\n');
    if report.hooks.is_empty() {
        out.push_str("no TLS secrets can be taken\n");
    }
    for hook in &report.hooks {
        let (stack, function, offset) = (hook.stack, hook.kind.function(), hook.file_offset);
        let _ = writeln!(out, "{stack}: {function} at file offset {offset:#x}");
        for (name, field) in fields(hook) {
            let _ = writeln!(out, "  {name}: {field}");
        }
    }
    if !report.hooks.is_empty() && report.machine != own_machine() {
        let _ = writeln!(out, "not on this machine, which runs {} code", self::machine(own_machine()));
    }
    if !report.evidence.is_empty() {
        out.push_str("found by:\n");
    }
    for evidence in &report.evidence {
        let _ = writeln!(out, "  {evidence}");
    }
    if !report.missing.is_empty() {
        out.push_str("not there:\n");
    }
    for (stack, reason) in &report.missing {
        let _ = writeln!(out, "  {stack}: {reason}");
    }
}

/// The schema is documented in docs/inspect-json.md.
fn json(path: &Path, report: &Report) -> Value {
    let hooks: Vec<Value> = report.hooks.iter().map(json_hook).collect();
    let go_version = report.evidence.iter().find_map(|evidence| match evidence {
        Evidence::GoVersion(version) => Some(version),
        _ => None,
    });
    json!({
        "file": path.display().to_string(),
        "machine": machine(report.machine),
        "build_id": report.build_id.as_deref().map(hex),
        "go_version": go_version,
        "hooks": hooks,
        "evidence": report.evidence.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "missing": report.missing.iter().map(|(stack, reason)| json!({
            "stack": stack.to_string(),
            "reason": reason.to_string(),
        })).collect::<Vec<_>>(),
    })
}

fn json_hook(hook: &Hook) -> Value {
    let mut object = json!({
        "stack": hook.stack.to_string(),
        "function": hook.kind.function(),
        "file_offset": hook.file_offset,
    });
    for (name, field) in fields(hook) {
        object[name.replace(' ', "_")] = match field {
            Field::Constant(text) => json!({ "constant": text }),
            Field::Memory { address, length } => json!({
                "address": address.to_string(),
                "length": match length {
                    Length::Constant(length) => json!(length),
                    Length::Value(expression) => json!(expression.to_string()),
                    Length::Nul => json!("NUL"),
                },
            }),
        };
    }
    object
}

fn fields(hook: &Hook) -> [(&'static str, &Field); 3] {
    [("label", &hook.label), ("client random", &hook.client_random), ("secret", &hook.secret)]
}

fn machine(machine: Machine) -> &'static str {
    match machine {
        Machine::X86_64 => "x86-64",
        Machine::Aarch64 => "aarch64",
    }
}

fn own_machine() -> Machine {
    if cfg!(target_arch = "aarch64") { Machine::Aarch64 } else { Machine::X86_64 }
}
