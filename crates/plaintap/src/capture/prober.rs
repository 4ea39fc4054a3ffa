//! Places probes: each file that the target executes or maps is searched once, and probed where secrets pass.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek};
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::Arc;

use plaintap_linux::bpf::{Attacher, HookId};
use plaintap_linux::run::Mapping;
use plaintap_locate::Error;

use super::ledger::ProbeLog;

/// A file that is larger is not searched: no program with a TLS stack comes near it.
const LARGEST_FILE: u64 = 2 << 30;

/// See the module.
pub struct Prober {
    attacher: Attacher,
    log: Arc<ProbeLog>,
}

impl Prober {
    /// Tells `log` what it finds.
    pub fn new(attacher: Attacher, log: Arc<ProbeLog>) -> Self {
        Self { attacher, log }
    }

    /// Takes note of a file that a process of the target is about to execute or map, and probes it if it is new. The
    /// process waits meanwhile.
    pub fn mapping(&mut self, mapping: &Mapping) {
        if mapping.new_file {
            self.search(&mapping.file, &mapping.path);
        }
    }

    /// Searches a file and attaches to what is found.
    fn search(&mut self, file: &OwnedFd, path: &Path) {
        let name = path.display();
        let bytes = match read(file) {
            Ok(Some(bytes)) => bytes,
            Ok(None) => return,
            Err(error) => {
                return self.log.failed(format!("{name}: cannot be read: {error}"));
            }
        };
        let report = match plaintap_locate::locate(&bytes) {
            Ok(report) => report,
            // Scripts and the like; 32-bit programs are not ours to probe.
            Err(Error::NotElf { .. }) => return,
            Err(error) => return self.log.failed(format!("{name}: {error}")),
        };
        if report.hooks.is_empty() {
            // Explains a missing secret, and is no warning by itself.
            if let Some((stack, reason)) = report.missing.iter().find(|(_, reason)| !reason.is_absence()) {
                self.log.failed(format!("{name}: {stack}: {reason}"));
            }
            return;
        }
        match self.attacher.attach(file.as_fd(), &report.hooks) {
            Ok(attached) => {
                for (index, error) in &attached.failed {
                    let function = report.hooks.get(*index).map_or("a function", |hook| hook.kind.function());
                    self.log.failed(format!("{name}: {function} cannot be probed: {error}"));
                }
                if !attached.hooks.is_empty() {
                    let hooks = attached.hooks.iter().map(|&(_, HookId(id))| id);
                    self.log.attached(&file_name(path), hooks);
                }
            }
            Err(error) => self.log.failed(format!("{name}: cannot be probed: {error}")),
        }
    }
}

/// The whole file; `None` where it is not one that can hold code.
fn read(file: &OwnedFd) -> std::io::Result<Option<Vec<u8>>> {
    let mut file = File::from(file.try_clone()?);
    let metadata = file.metadata()?;
    if !metadata.is_file() || metadata.len() > LARGEST_FILE {
        return Ok(None);
    }
    let mut magic = [0; 4];
    file.rewind()?;
    match file.read_exact(&mut magic) {
        Ok(()) if magic == *b"\x7fELF" => {}
        Ok(()) => return Ok(None),
        Err(e) if e.kind() == ErrorKind::UnexpectedEof => return Ok(None),
        Err(e) => return Err(e),
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
