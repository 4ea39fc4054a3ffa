//! `plaintap keys`: the TLS secrets of processes that run already, as a key log.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Result;
use plaintap_linux::run::EndRequest;

use crate::args::KeysArguments;
use crate::capture::{KeyTap, Selection};
use crate::out::KeyFile;

/// Runs the command, until it is interrupted or the chosen processes have ended.
///
/// # Errors
/// When probes cannot be had, or the key log cannot be written.
pub fn keys(arguments: &KeysArguments) -> Result<ExitCode> {
    let selection = Selection::new(&arguments.targets)?;
    let end = EndRequest::hold();
    let mut tap = KeyTap::new(selection, arguments.all)?;
    let mut file = KeyFile::open(&arguments.output)?;
    let say = |lines: Vec<String>| {
        for line in lines.iter().filter(|_| !arguments.quiet) {
            // Whoever read this may be gone; the key log is what counts.
            let _ = writeln!(io::stderr(), "plaintap: {line}");
        }
    };
    while !end.came() {
        let goes_on = tap.survey()?;
        say(tap.news());
        let lines = tap.secrets(arguments.comment)?;
        if !lines.is_empty() {
            file.append(&lines)?;
        }
        if !goes_on {
            break;
        }
    }
    say(tap.summary());
    Ok(ExitCode::SUCCESS)
}
