//! `plaintap inspect`: where TLS secrets pass in a file or a process, and how that was found.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use plaintap_linux::processes::Process;
use plaintap_locate::{Evidence, Field, Hook, Length, Machine, ObjectHook, ObjectReads, Report};
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
    let found = files.iter().any(Inspected::has_hooks);
    if !found && arguments.emit.is_some() {
        let name = arguments.target.display();
        eprintln!(
            "plaintap: nothing to emit: no TLS secrets pass in {name} itself; plaintap inspect {name} says why"
        );
    }
    Ok(if found { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Inspected {
    path: PathBuf,
    report: Report,
}

impl Inspected {
    fn has_hooks(&self) -> bool {
        !self.report.hooks.is_empty() || !self.report.objects.is_empty()
    }
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
        file.has_hooks() || file.report.missing.iter().any(|(_, reason)| !reason.is_absence())
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
    if report.hooks.is_empty() && report.objects.is_empty() {
        out.push_str("no TLS secrets can be taken\n");
    }
    for hook in &report.hooks {
        let (stack, function, offset) = (hook.stack, hook.kind.function(), hook.file_offset);
        let _ = writeln!(out, "{stack}: {function} at file offset {offset:#x}");
        for (name, field) in fields(hook) {
            let _ = writeln!(out, "  {name}: {field}");
        }
    }
    if report.hooks.iter().any(|hook| matches!(hook.secret, Field::ObjectValue { .. })) {
        out.push_str("  the values of objects are taken from the process's PKCS#11 module, if that is NSS's libsoftokn3\n");
    }
    for ObjectHook { function, file_offset, reads } in &report.objects {
        let _ =
            writeln!(out, "values of PKCS#11 objects: {} at file offset {file_offset:#x}", function.name());
        let _ = writeln!(out, "  {reads}");
    }
    if !(report.hooks.is_empty() && report.objects.is_empty()) && report.machine != own_machine() {
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
        "objects": report.objects.iter().map(json_object).collect::<Vec<_>>(),
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
        object[name.replace(' ', "_")] = json_field(field);
    }
    object
}

fn json_object(hook: &ObjectHook) -> Value {
    let (function, file_offset) = (hook.function.name(), hook.file_offset);
    match &hook.reads {
        ObjectReads::Handle(address) => {
            json!({ "function": function, "file_offset": file_offset, "handle": address.to_string() })
        }
        ObjectReads::Attribute { kind, value } => json!({
            "function": function, "file_offset": file_offset, "type": kind.to_string(), "value": json_field(value),
        }),
    }
}

fn json_field(field: &Field) -> Value {
    match field {
        Field::Constant(text) => json!({ "constant": text }),
        Field::Memory { address, length } => json!({
            "address": address.to_string(),
            "length": match length {
                Length::Constant(length) => json!(length),
                Length::Value(expression) => json!(expression.to_string()),
                Length::Nul => json!("NUL"),
            },
        }),
        Field::ObjectValue { handle } => json!({ "object_value": { "handle": handle.to_string() } }),
    }
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
