//! Files that appear whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, IsTerminal, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use plaintap_packet::file::{Compression, Compressor};
use rustix::fs::{AtFlags, CWD, Mode, OFlags};

/// Bytes collected before they are written.
const CHUNK: usize = 256 << 10;

/// A file that gets its name when [`OutputFile::commit`] is called: until then nothing can be seen of it, and an older
/// file of this name stays. Pipes, devices and standard output (`-`) are written directly. The file name says whether
/// it is compressed.
pub struct OutputFile {
    path: PathBuf,
    place: Place,
    writer: Option<Compressor<BufWriter<File>>>,
    private: bool,
    written: u64,
}

enum Place {
    /// Written where it is seen.
    Direct,
    /// A file without a name: the kernel removes it when we die.
    Unnamed,
    /// A file with a temporary name, where the file system has no files without names.
    Temporary(PathBuf),
}

impl OutputFile {
    /// Begins a file. With `private`, only its owner will be able to read it.
    ///
    /// # Errors
    /// When it cannot be created; the message names it.
    pub fn create(path: &Path, private: bool) -> Result<Self> {
        let (file, place) = Self::open(path).with_context(|| format!("cannot create {}", path.display()))?;
        let writer = Compressor::new(BufWriter::with_capacity(CHUNK, file), Compression::of_file_name(path))
            .with_context(|| format!("cannot compress {}", path.display()))?;
        Ok(Self { path: path.to_path_buf(), place, writer: Some(writer), private, written: 0 })
    }

    fn open(path: &Path) -> Result<(File, Place)> {
        if path == Path::new("-") {
            if io::stdout().is_terminal() {
                bail!("standard output is a terminal: name a file, or pipe it");
            }
            let stdout = rustix::io::fcntl_dupfd_cloexec(io::stdout(), 3)?;
            return Ok((File::from(stdout), Place::Direct));
        }
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => bail!("it is a folder"),
            Ok(metadata) if !metadata.is_file() => {
                return Ok((OpenOptions::new().write(true).open(path)?, Place::Direct));
            }
            _ => {}
        }
        let folder = folder_of(path);
        if !folder.is_dir() {
            bail!("the folder {} does not exist: create it first", folder.display());
        }
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        if let Ok(file) = rustix::fs::open(folder, flags, Mode::RUSR | Mode::WUSR) {
            return Ok((File::from(file), Place::Unnamed));
        }
        let temporary = temporary_name(path);
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
        Ok((file, Place::Temporary(temporary)))
    }

    /// Makes the file readable for its owner only.
    pub fn make_private(&mut self) {
        self.private = true;
    }

    /// Bytes written so far, before compression.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// When the last bytes cannot be written or the name cannot be given; then there is no file.
    pub fn commit(mut self) -> Result<()> {
        let name = self.path.display().to_string();
        self.commit_now().with_context(|| format!("cannot write {name}"))
    }

    fn commit_now(&mut self) -> Result<()> {
        let Some(writer) = self.writer.take() else { return Ok(()) };
        let file = writer.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        if matches!(self.place, Place::Direct) {
            return Ok(());
        }
        let mode = if self.private { 0o600 } else { 0o666 & !umask() };
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        if let Place::Unnamed = self.place {
            // A link cannot take the place of an older file, a new name can.
            let temporary = temporary_name(&self.path);
            let proc_path = format!("/proc/self/fd/{}", file.as_raw_fd());
            rustix::fs::linkat(CWD, proc_path, CWD, &temporary, AtFlags::SYMLINK_FOLLOW)?;
            self.place = Place::Temporary(temporary);
        }
        if let Place::Temporary(temporary) = &self.place {
            fs::rename(temporary, &self.path)?;
            self.place = Place::Direct;
        }
        Ok(())
    }

    /// An error that names the file.
    pub fn error(&self, error: io::Error) -> anyhow::Error {
        anyhow!(error).context(format!("cannot write {}", self.path.display()))
    }
}

impl Write for OutputFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(writer) = &mut self.writer else { return Err(io::ErrorKind::BrokenPipe.into()) };
        let n = writer.write(bytes)?;
        self.written += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.as_mut().map_or(Ok(()), Write::flush)
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Place::Temporary(temporary) = &self.place {
            let _ = fs::remove_file(temporary);
        }
    }
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// A name in the same folder that only this process uses.
fn temporary_name(path: &Path) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    folder_of(path).join(format!(".{name}.{}-{number}.tmp", std::process::id()))
}

/// Read from the kernel, for asking by setting it would change it for a moment.
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let text = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    text.and_then(|text| u32::from_str_radix(text.trim(), 8).ok()).unwrap_or(0o077)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_appears_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.pcap");
        fs::write(&path, "old").unwrap();
        let mut output = OutputFile::create(&path, true).unwrap();
        output.write_all(b"new").unwrap();
        drop(output);
        assert_eq!(fs::read(&path).unwrap(), b"old");
        for private in [true, false] {
            let mut output = OutputFile::create(&path, private).unwrap();
            output.write_all(b"new").unwrap();
            output.commit().unwrap();
            assert_eq!(fs::read(&path).unwrap(), b"new");
            let mode = fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, if private { 0o600 } else { 0o666 & !umask() });
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
