//! A file that only its owner can read, written at once.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};

use super::capture_file::give_to_invoking_user;

/// See the module.
pub struct PrivateFile {
    file: File,
    name: String,
}

impl PrivateFile {
    /// Creates `path` with mode 0600, or empties it and makes it so.
    ///
    /// # Errors
    /// When that fails; the message names the file.
    pub fn create(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let existed = fs::symlink_metadata(path).is_ok();
        let mut options = OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
        let file = file.with_context(|| format!("cannot create {name}"))?;
        if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            file.set_permissions(fs::Permissions::from_mode(0o600))
                .with_context(|| format!("cannot make {name} private (mode 0600)"))?;
            if !existed {
                give_to_invoking_user(&file);
            }
        }
        Ok(Self { file, name })
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When that fails; the message names the file.
    pub fn write(mut self, text: &str) -> Result<()> {
        self.file.write_all(text.as_bytes()).with_context(|| format!("cannot write to {}", self.name))
    }
}
