//! The `plaintap` command.

#![allow(unreachable_pub, reason = "in a binary nothing is reachable from outside")]

mod args;
mod capture;
mod cli;
mod out;
mod segment;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Command};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = match arguments.command {
        Command::Run(arguments) => cli::run(&arguments),
        Command::Read(arguments) => cli::read(&arguments),
    };
    result.unwrap_or_else(|error| {
        eprintln!("plaintap: {error:#}");
        ExitCode::FAILURE
    })
}
