//! Arguments of the commands on TLS stacks and their secrets.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

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

/// Arguments of `plaintap targets`.
#[derive(Debug, Args)]
pub struct TargetsArguments {
    /// Only processes of this id or name; all if there is none
    #[arg(value_name = "PID|NAME")]
    pub targets: Vec<String>,
    /// Processes without a TLS stack too
    #[arg(short = 'a', long)]
    pub all: bool,
    /// Print JSON, an object a process
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `plaintap keys`.
#[derive(Debug, Args)]
#[command(after_help = "\
Connections that begin from now on have secrets; what was agreed on before is not looked for. Processes that start later, \
and libraries that are loaded later, are found within a second; the connections that a process makes before that may be missing.

A line is: label, client random, secret (SSLKEYLOGFILE), as Wireshark, tshark and plaintap read --keys take it.")]
pub struct KeysArguments {
    /// Processes by id or name
    #[arg(value_name = "PID|NAME", required_unless_present = "all")]
    pub targets: Vec<String>,
    /// All processes of the machine
    #[arg(long, conflicts_with = "targets")]
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
