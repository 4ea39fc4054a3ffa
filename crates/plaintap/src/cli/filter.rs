//! `plaintap filter`: compiles a capture filter and prints its program.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow};
use plaintap_filter::capture::{Options, compile, ebpf, link_type_by_name};
use plaintap_packet::LinkType;

use super::read::usage;
use crate::args::FilterArguments;
use crate::capture_filter::{system_names, wrong};
use crate::out::EbpfListing;

/// Runs the command.
///
/// # Errors
/// When standard output does not take the program.
pub fn filter(arguments: &FilterArguments) -> Result<ExitCode> {
    let text = match program(arguments) {
        Ok(text) => text,
        Err(error) => return Ok(usage(&error)),
    };
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn program(arguments: &FilterArguments) -> Result<String> {
    let expression = arguments.expression.join(" ");
    let link_type = match &arguments.link_type {
        Some(name) => link_type_by_name(name).ok_or_else(|| {
            anyhow!("-y {name} is no link type: expected a name as EN10MB, RAW or LINUX_SLL2")
        })?,
        // What the programs of a sockets capture see.
        None if arguments.ebpf => LinkType::RAW,
        None => LinkType::ETHERNET,
    };
    let names = system_names();
    let options =
        if arguments.ebpf { Options::live(link_type, &names) } else { Options::file(link_type, &names) };
    let program = compile(&expression, &options).map_err(|error| wrong(&expression, &error))?;
    if arguments.ebpf {
        let words = ebpf::translate(&program).map_err(|error| wrong(&expression, &error))?;
        return Ok(EbpfListing(&words).to_string());
    }
    Ok(match arguments.dump {
        0 | 1 => program.to_string(),
        2 => program.as_c().to_string(),
        _ => program.as_decimal().to_string(),
    })
}
