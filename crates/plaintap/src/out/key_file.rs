//! The key log that is written as secrets come: whole lines, mode 0600.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};

use super::private_file;

/// A key log that lines are appended to. Others may append too: each write is of whole lines.
pub struct KeyFile {
    out: Box<dyn Write>,
    name: String,
}

impl KeyFile {
    /// Opens or creates `path`, or takes standard output for `-`.
    ///
    /// # Errors
    /// When the file cannot be opened; the message names it.
    pub fn open(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Ok(Self { out: Box::new(io::stdout()), name: "standard output".into() });
        }
        let name = path.display().to_string();
        let opened = private_file::open(path, OpenOptions::new().append(true), || {
            format!("cannot open the key log {name}")
        })?;
        Ok(Self { out: Box::new(opened.file), name })
    }

    /// Writes lines, so that readers see them at once.
    ///
    /// # Errors
    /// When that fails; the message names the file.
    pub fn append(&mut self, lines: &str) -> Result<()> {
        let written = self.out.write_all(lines.as_bytes()).and_then(|()| self.out.flush());
        written.with_context(|| format!("cannot write to {}", self.name))
    }
}
