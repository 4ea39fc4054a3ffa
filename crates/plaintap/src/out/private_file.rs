//! Files that only their owner can read, because they hold secrets or tell of them.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, Result};

/// A file as it was opened.
pub(super) struct Opened {
    pub(super) file: File,
    /// It is a regular file, and no pipe or device.
    pub(super) regular: bool,
    /// It was not there before.
    pub(super) created: bool,
}

/// Opens `path`, or creates it, with mode 0600: an older file of this name may be open to others. Who called sudo shall
/// own a new one. `what` says what was tried, for the message.
pub(super) fn open(path: &Path, options: &mut OpenOptions, what: impl FnOnce() -> String) -> Result<Opened> {
    let existed = fs::symlink_metadata(path).is_ok();
    let file = options.create(true).mode(0o600).open(path).with_context(what)?;
    let name = path.display();
    let regular = file.metadata().with_context(|| format!("cannot examine {name}"))?.is_file();
    if regular {
        file.set_permissions(fs::Permissions::from_mode(0o600))
            .with_context(|| format!("cannot make {name} private (mode 0600)"))?;
        if !existed {
            give_to_invoking_user(&file);
        }
    }
    Ok(Opened { file, regular, created: regular && !existed })
}

/// Under sudo, the person who asked for the capture shall be able to open it.
fn give_to_invoking_user(file: &File) {
    let id = |name| std::env::var(name).ok()?.parse::<u32>().ok();
    if let (Some(uid), Some(gid)) = (id("SUDO_UID"), id("SUDO_GID")) {
        // If it fails the file stays root's: private all the same.
        let _ = std::os::unix::fs::fchown(file, Some(uid), Some(gid));
    }
}

/// A private file that is written at once.
pub struct PrivateFile {
    file: File,
    name: String,
}

impl PrivateFile {
    /// Creates `path`, or empties it.
    ///
    /// # Errors
    /// When that fails; the message names the file.
    pub fn create(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let opened =
            open(path, OpenOptions::new().write(true).truncate(true), || format!("cannot create {name}"))?;
        Ok(Self { file: opened.file, name })
    }

    /// Writes all of it.
    ///
    /// # Errors
    /// When that fails; the message names the file.
    pub fn write(mut self, text: &str) -> Result<()> {
        self.file.write_all(text.as_bytes()).with_context(|| format!("cannot write to {}", self.name))
    }
}
