//! The key log that is written as secrets come: whole lines, mode 0600.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};

use super::capture_file::give_to_invoking_user;

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
        let existed = fs::symlink_metadata(path).is_ok();
        let file: File = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o600)
            .open(path)
            .with_context(|| format!("cannot open the key log {name}"))?;
        if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            file.set_permissions(fs::Permissions::from_mode(0o600))
                .with_context(|| format!("cannot make {name} private (mode 0600)"))?;
            if !existed {
                give_to_invoking_user(&file);
            }
        }
        Ok(Self { out: Box::new(file), name })
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
