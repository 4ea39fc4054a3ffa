//! The `plaintap` command.

#![allow(unreachable_pub, reason = "in a binary nothing is reachable from outside")]

mod args;
mod capture;
mod capture_filter;
mod cli;
mod config;
mod decode_as;
mod display_filter;
mod files;
mod hello;
mod out;
mod remarks;
mod segment;
mod stacks;

use std::process::ExitCode;

use anyhow::Error;
use clap::Parser;

use args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run(arguments) => cli::run(&arguments),
        Command::Read(arguments) => cli::read(&arguments),
        Command::Filter(arguments) => cli::filter(&arguments),
        Command::Info(arguments) => cli::info(&arguments),
        Command::Convert(arguments) => cli::convert(&arguments),
        Command::Merge(arguments) => cli::merge(&arguments),
        Command::Secrets(arguments) => cli::secrets(&arguments),
        Command::Keys(arguments) => cli::keys(&arguments),
        Command::Targets(arguments) => cli::targets(&arguments),
        Command::Inspect(arguments) => cli::inspect(&arguments),
    };
    result.unwrap_or_else(|error| {
        complain(&error);
        ExitCode::FAILURE
    })
}

/// The one line that says what went wrong: each cause, from the outside in. The errors of the `linux` crate say
/// everything themselves, with what to do last; what they were caused by is not repeated behind that.
fn complain(error: &Error) {
    let mut line = String::new();
    for cause in error.chain() {
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&cause.to_string());
        if cause.is::<plaintap_linux::run::Error>() || cause.is::<plaintap_linux::bpf::Error>() {
            break;
        }
    }
    eprintln!("plaintap: {line}");
}
