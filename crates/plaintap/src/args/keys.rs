//! Arguments of the commands on TLS stacks and their secrets.

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use plaintap_linux::run::User;

/// Arguments of `plaintap inspect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Offsets of hooks are offsets in the file, as uprobes take them. An expression such as *(rdi+0x30)+0x18 starts with the \
register at that instruction; *( ) is a load of 8 bytes. A program's libraries are files of their own: the id of a \
process shows them all.

Exit status: 0 if secrets can be taken from the file or one of the process's files, 1 if not.")]
pub struct InspectArguments {
    /// A program or library, or the id of a process: its program and all its libraries
    #[arg(value_name = "FILE|PID")]
    pub target: PathBuf,
    /// Print JSON, an object a file
    #[arg(long, conflicts_with = "emit")]
    pub json: bool,
    /// Print a script that does by hand what plaintap's own probes do
    #[arg(long, value_name = "LANGUAGE")]
    pub emit: Option<Script>,
}

/// Languages of `inspect --emit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Script {
    /// For bpftrace; run it with --unsafe, because stripped files have no names
    Bpftrace,
}

/// Which processes are meant. Several targets are a union.
#[derive(Debug, Args)]
pub struct TargetArguments {
    /// Processes by id or name, or a container by id or name
    #[arg(value_name = "PID|NAME", value_parser = NonEmptyStringValueParser::new())]
    pub targets: Vec<String>,
    /// A process, and those that it made
    #[arg(long, value_name = "PID", value_parser = clap::value_parser!(i32).range(1..), help_heading = TARGETS)]
    pub pid: Vec<i32>,
    /// Processes whose name fits a pattern with * and ?; with a slash in it, whose program's path does
    #[arg(long, value_name = "PATTERN", value_parser = NonEmptyStringValueParser::new(), help_heading = TARGETS)]
    pub process: Vec<String>,
    /// Processes of a user
    #[arg(long, value_name = "NAME|UID", value_parser = user_id, help_heading = TARGETS)]
    pub user: Vec<u32>,
    /// Processes in a cgroup and those below it
    #[arg(long, value_name = "PATH", help_heading = TARGETS)]
    pub cgroup: Vec<PathBuf>,
    /// Processes of a systemd unit
    #[arg(long, value_name = "UNIT", value_parser = NonEmptyStringValueParser::new(), help_heading = TARGETS)]
    pub unit: Vec<String>,
    /// Processes in a container of docker, podman, containerd or CRI-O; of an id, 8 digits suffice
    #[arg(long, value_name = "NAME|ID", value_parser = NonEmptyStringValueParser::new(), help_heading = TARGETS)]
    pub container: Vec<String>,
    /// Processes in a Kubernetes pod
    #[arg(long, value_name = "NAMESPACE/NAME[/CONTAINER]", value_parser = PodName::parse, help_heading = TARGETS)]
    pub pod: Vec<PodName>,
}

/// A pod, or one container of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodName {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// The container; all if there is none.
    pub container: Option<String>,
}

impl PodName {
    fn parse(text: &str) -> Result<Self, &'static str> {
        let parts: Vec<&str> = text.split('/').collect();
        let (namespace, name, container) = match parts[..] {
            [namespace, name] => (namespace, name, None),
            [namespace, name, container] => (namespace, name, Some(container.to_owned())),
            _ => return Err(POD_FORM),
        };
        if parts.contains(&"") {
            return Err(POD_FORM);
        }
        Ok(Self { namespace: namespace.to_owned(), name: name.to_owned(), container })
    }
}

const POD_FORM: &str = "expected NAMESPACE/NAME or NAMESPACE/NAME/CONTAINER";

/// A user by name or number.
fn user_id(text: &str) -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
    match text.parse() {
        Ok(id) => Ok(id),
        Err(_) => Ok(User::find(text)?.uid),
    }
}

const TARGETS: &str = "Targets";

/// Arguments of `plaintap targets`.
#[derive(Debug, Args)]
pub struct TargetsArguments {
    #[command(flatten)]
    pub targets: TargetArguments,
    /// Processes without a TLS stack too
    #[arg(short = 'a', long)]
    pub all: bool,
    /// Print JSON, an object a process
    #[arg(long)]
    pub json: bool,
}

/// What names processes, in [`TargetArguments`].
const TARGET_OPTIONS: [&str; 8] = ["targets", "pid", "process", "user", "cgroup", "unit", "container", "pod"];

/// Arguments of `plaintap keys`.
#[derive(Debug, Args)]
#[command(after_help = "\
Connections that begin from now on have secrets; what was agreed on before is not looked for. Processes that start later, \
and libraries that are loaded later, are found within a second; the connections that a process makes before that may be missing.

A line is: label, client random, secret (SSLKEYLOGFILE), as Wireshark, tshark and plaintap read --keys take it.")]
pub struct KeysArguments {
    #[command(flatten)]
    pub targets: TargetArguments,
    /// All processes of the machine
    #[arg(long, conflicts_with_all = TARGET_OPTIONS)]
    pub all: bool,
    /// Append the secrets to FILE (mode 0600); - is standard output
    #[arg(short = 'o', long = "output", value_name = "FILE", default_value = "-")]
    pub output: PathBuf,
    /// Say before each secret which process and TLS stack it came from, as a # line
    #[arg(long)]
    pub comment: bool,
    /// Do not say on standard error what is probed, and what came of it
    #[arg(short = 'q', long)]
    pub quiet: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_and_users() {
        let pod = |container: Option<&str>| PodName {
            namespace: "shop".into(),
            name: "web-0".into(),
            container: container.map(Into::into),
        };
        assert_eq!(PodName::parse("shop/web-0"), Ok(pod(None)));
        assert_eq!(PodName::parse("shop/web-0/nginx"), Ok(pod(Some("nginx"))));
        for text in ["web", "/web", "shop/", "shop/web/", "a/b/c/d", ""] {
            assert_eq!(PodName::parse(text), Err(POD_FORM), "{text}");
        }
        assert_eq!(user_id("root").unwrap(), 0);
        assert_eq!(user_id("4711").unwrap(), 4711);
        assert!(user_id("no such user").is_err());
    }
}
