//! The live capture file: pcapng, created with mode 0600 and readable at any moment up to the last flush.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::private_file;

/// Whole blocks are collected up to this size before they are written.
const CHUNK: usize = 256 << 10;

/// Where a capture is written to: a file, a pipe, standard output. It takes whole pcapng blocks (one `write` a block)
/// and never leaves half a block behind in a regular file when the disk is full.
pub struct CaptureFile {
    file: File,
    /// For messages.
    name: String,
    regular: bool,
    /// Whether it was not there before.
    created: bool,
    /// Whole blocks that are not written yet.
    pending: Vec<u8>,
    /// Bytes of whole blocks in the file.
    written: u64,
}

impl CaptureFile {
    /// Creates `path`, or takes standard output for `-`.
    ///
    /// # Errors
    /// When the file cannot be created; the message names it.
    pub fn create(path: &Path) -> Result<Self> {
        if path == Path::new("-") {
            return Self::standard_output();
        }
        let name = path.display().to_string();
        let private_file::Opened { file, regular, created } =
            private_file::open(path, OpenOptions::new().write(true).truncate(true), || {
                format!("cannot create the capture file {name}{}", advice(path))
            })?;
        Ok(Self { file, name, regular, created, pending: Vec::new(), written: 0 })
    }

    fn standard_output() -> Result<Self> {
        use std::io::IsTerminal;
        if io::stdout().is_terminal() {
            bail!(
                "standard output is a terminal: give -w a file, or pipe it (plaintap … -w - | wireshark -k -i -)"
            );
        }
        let fd = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3).context("cannot use standard output")?;
        let file = File::from(fd);
        let regular = file.metadata().is_ok_and(|m| m.is_file());
        let written = if regular { rustix::fs::tell(&file).unwrap_or(0) } else { 0 };
        Ok(Self {
            file,
            name: "standard output".into(),
            regular,
            created: false,
            pending: Vec::new(),
            written,
        })
    }

    /// The file's name, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the file is new, so that nothing is lost by removing it.
    pub fn created(&self) -> bool {
        self.created
    }

    /// After a failed write, the file is cut behind the last whole block.
    fn repair(&mut self, partly: usize) {
        self.written += whole_blocks(&self.pending[..partly]) as u64;
        self.pending.clear();
        if self.regular {
            let _ = self.file.set_len(self.written);
        }
    }
}

impl Write for CaptureFile {
    fn write(&mut self, block: &[u8]) -> io::Result<usize> {
        self.pending.extend_from_slice(block);
        if self.pending.len() >= CHUNK {
            self.flush()?;
        }
        Ok(block.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut done = 0;
        while done < self.pending.len() {
            match self.file.write(&self.pending[done..]) {
                Ok(0) => {
                    self.repair(done);
                    return Err(io::ErrorKind::WriteZero.into());
                }
                Ok(n) => done += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => {
                    self.repair(done);
                    return Err(e);
                }
            }
        }
        self.written += done as u64;
        self.pending.clear();
        Ok(())
    }
}

/// The length of the whole pcapng blocks at the start of `bytes`.
fn whole_blocks(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(length) = bytes.get(at + 4..at + 8) {
        let length = u32::from_le_bytes([length[0], length[1], length[2], length[3]]) as usize;
        if length < 12 || at + length > bytes.len() {
            break;
        }
        at += length;
    }
    at
}

/// What to do about a path that cannot be created, where that is plain.
fn advice(path: &Path) -> String {
    let parent = match path.parent() {
        Some(p) if !p.as_os_str().is_empty() => p.to_path_buf(),
        _ => PathBuf::from("."),
    };
    if parent.is_dir() {
        String::new()
    } else {
        format!(" (the folder {} does not exist: create it first)", parent.display())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_blocks_count() {
        let block = |length: u32| {
            let mut bytes = vec![0; length as usize];
            bytes[4..8].copy_from_slice(&length.to_le_bytes());
            bytes
        };
        let bytes = [block(12), block(20), block(16)].concat();
        assert_eq!(whole_blocks(&bytes), 48);
        assert_eq!(whole_blocks(&bytes[..47]), 32);
        assert_eq!(whole_blocks(&bytes[..35]), 32);
        assert_eq!(whole_blocks(&[0; 40]), 0);
    }
}
