//! `plaintap targets`: processes and their TLS stacks.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::process::ExitCode;
use std::rc::Rc;

use anyhow::{Context, Result};
use plaintap_linux::container::Container;
use plaintap_linux::processes::Process;
use serde_json::{Value, json};

use crate::args::TargetsArguments;
use crate::capture::{ContainerNames, Names, Pod, Selection, Survey, file_name};
use crate::out::push_printable;

/// Runs the command.
///
/// # Errors
/// When /proc cannot be read.
pub fn targets(arguments: &TargetsArguments) -> Result<ExitCode> {
    let selection = Selection::new(&arguments.targets)?;
    let (mut survey, names) = (Survey::default(), ContainerNames::of_machine());
    let mut rows = Vec::new();
    let mut hidden = 0;
    for process in Process::all().context("cannot read /proc")? {
        if !selection.has(&process) {
            continue;
        }
        match Row::of(process, &mut survey, &names) {
            Some(row) if arguments.all || !row.files.is_empty() => rows.push(row),
            Some(_) => {}
            None => hidden += 1,
        }
    }
    let text = if arguments.json {
        rows.iter().map(|row| row.json().to_string() + "\n").collect()
    } else {
        table(&rows)
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        written => written.context("cannot write to standard output")?,
    }
    // Root sees all; what root cannot look at has ended in the meantime.
    if hidden > 0 && !rustix::process::geteuid().is_root() {
        eprintln!("plaintap: {hidden} processes of other users cannot be looked at without root");
    }
    Ok(ExitCode::SUCCESS)
}

struct Row {
    process: Process,
    container: Option<Container>,
    names: Option<Rc<Names>>,
    files: Vec<StackFile>,
}

/// A file with a TLS stack, or seemingly with one.
struct StackFile {
    name: String,
    path: String,
    stacks: Vec<String>,
    doubt: Option<String>,
}

impl Row {
    /// `None` if the process cannot be looked at.
    fn of(process: Process, survey: &mut Survey, names: &ContainerNames) -> Option<Self> {
        let mut files = Vec::new();
        for mapped in process.code().ok()? {
            let (surveyed, _) = survey.file(&mapped);
            if surveyed.hooks.is_empty() && surveyed.doubt.is_none() {
                continue;
            }
            files.push(StackFile {
                name: file_name(&mapped.path),
                path: mapped.path.to_string_lossy().into_owned(),
                stacks: surveyed.stacks().iter().map(ToString::to_string).collect(),
                doubt: surveyed.doubt.clone(),
            });
        }
        let container = Container::of_cgroup(&process.cgroup);
        let names = container.as_ref().and_then(|container| names.of(container));
        Some(Self { process, container, names, files })
    }

    fn has_keys(&self) -> bool {
        self.files.iter().any(|file| !file.stacks.is_empty())
    }

    /// The schema is documented in docs/inspect-json.md.
    fn json(&self) -> Value {
        let files: Vec<Value> = self
            .files
            .iter()
            .map(|file| json!({ "file": file.path, "stacks": file.stacks, "doubt": file.doubt }))
            .collect();
        json!({
            "pid": self.process.pid,
            "name": self.process.name,
            "cgroup": self.process.cgroup.to_string_lossy(),
            "container": self.container.as_ref().map(|container| json!({
                "manager": container.manager,
                "id": container.id,
                "name": self.names.as_ref().map(|names| &names.container),
                "pod": container.pod,
                "pod_name": self.pod().map(|pod| &pod.name),
                "pod_namespace": self.pod().map(|pod| &pod.namespace),
            })),
            "keys": self.has_keys(),
            "files": files,
        })
    }

    fn pod(&self) -> Option<&Pod> {
        self.names.as_ref()?.pod.as_ref()
    }

    /// The container as its users call it: a pod's by the pod, others by name, where there is none by manager and id.
    fn place(&self) -> String {
        let Some(container) = &self.container else { return "-".to_owned() };
        match self.names.as_deref() {
            Some(Names { container, pod: Some(Pod { namespace, name }) }) => {
                format!("{namespace}/{name}/{container}")
            }
            Some(Names { container, pod: None }) => container.clone(),
            None if container.manager.is_empty() => container.short_id().to_owned(),
            None => format!("{}:{}", container.manager, container.short_id()),
        }
    }

    fn stacks(&self) -> String {
        let texts = self.files.iter().map(|file| match &file.doubt {
            Some(doubt) => format!("{}: {doubt}", file.name),
            None => format!("{} ({})", file.stacks.join(", "), file.name),
        });
        texts.collect::<Vec<_>>().join("; ")
    }
}

fn table(rows: &[Row]) -> String {
    let mut text = format!("{:>7}  {:15}  {:27}  {:4}  TLS STACKS\n", "PID", "NAME", "CONTAINER", "KEYS");
    for row in rows {
        let mut name = String::new();
        push_printable(&row.process.name, &mut name);
        let mut container = String::new();
        push_printable(&row.place(), &mut container);
        let keys = if row.has_keys() { "yes" } else { "no" };
        // Writing to a String does not fail.
        let _ = write!(text, "{:>7}  {name:15}  {container:27}  {keys:4}  ", row.process.pid);
        push_printable(&row.stacks(), &mut text);
        text.push('\n');
    }
    text
}
