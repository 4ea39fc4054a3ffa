//! Where captures are read from.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::Path;

use anyhow::{Context, Error, Result, anyhow, bail};
use plaintap_packet::file;

/// Opens a capture file; `-` is standard input.
///
/// # Errors
/// When it cannot be opened, is a folder, or standard input is a terminal.
pub fn open(path: &Path) -> Result<Box<dyn Read>> {
    if path == Path::new("-") {
        if io::stdin().is_terminal() {
            bail!("standard input is a terminal: pipe a capture into it, or name a file");
        }
        return Ok(Box::new(io::stdin().lock()));
    }
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    if file.metadata().is_ok_and(|m| m.is_dir()) {
        bail!("{} is a folder: expected a capture file", path.display());
    }
    Ok(Box::new(file))
}

/// The name of an input for messages.
pub fn display_name(path: &Path) -> String {
    if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() }
}

/// What to say when a file cannot be read, or not further.
pub fn failure(path: &Path, error: &file::Error) -> Error {
    anyhow!("{}: {error}", display_name(path))
}
