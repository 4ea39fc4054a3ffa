//! `plaintap keys`: the TLS secrets of processes that run already, as a key log.

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Result, anyhow};
use plaintap_linux::run::EndRequest;

use crate::args::KeysArguments;
use crate::capture::{KeyTap, Selection};
use crate::complain;
use crate::out::KeyFile;

/// Runs the command, until it is interrupted or the chosen processes have ended.
///
/// # Errors
/// When probes cannot be had, or the key log cannot be written.
pub fn keys(arguments: &KeysArguments) -> Result<ExitCode> {
    let selection = match Selection::new(&arguments.targets) {
        Ok(selection) if selection.is_empty() && !arguments.all => {
            complain(&anyhow!(
                "name a process by id or name, a container or another target (see --help), or all with --all"
            ));
            return Ok(ExitCode::from(2));
        }
        selection => selection?,
    };
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
