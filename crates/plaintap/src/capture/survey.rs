//! What is known about the code of running processes: each file is searched once, however many processes have it mapped.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use anyhow::{Result, bail};
use plaintap_linux::container::Container;
use plaintap_linux::processes::{FileId, MappedFile, Process};

use crate::stacks::{Surveyed, Unsearched, survey};

/// See the module.
#[derive(Default)]
pub struct Survey {
    /// By inode and path: the number of a deleted file's inode can come to mean another file.
    files: HashMap<(FileId, PathBuf), Rc<Surveyed>>,
}

impl Survey {
    /// Searches a file that a process has mapped, unless that was done before. Returns what was found, and whether this was
    /// the first time.
    pub fn file(&mut self, file: &MappedFile) -> (Rc<Surveyed>, bool) {
        let key = (file.id, file.path.clone());
        if let Some(known) = self.files.get(&key) {
            return (Rc::clone(known), false);
        }
        let surveyed = Rc::new(search(file));
        self.files.insert(key, Rc::clone(&surveyed));
        (surveyed, true)
    }
}

fn search(file: &MappedFile) -> Surveyed {
    match file.open().map_err(Unsearched::Unreadable).and_then(|file| survey(&file)) {
        Ok(surveyed) => surveyed,
        Err(Unsearched::NotCode(_)) => Surveyed::default(),
        Err(error) => Surveyed { hooks: Vec::new(), doubt: Some(error.to_string()) },
    }
}

/// The processes that a command line names.
pub struct Selection {
    wanted: Vec<String>,
}

impl Selection {
    /// `wanted` are ids and names of processes and beginnings of ids of containers; all processes if there is none.
    ///
    /// # Errors
    /// When an id is not that of a process.
    pub fn new(wanted: &[String]) -> Result<Self> {
        for text in wanted {
            if let Ok(pid) = text.parse()
                && Process::of(pid).is_none()
            {
                bail!("there is no process {pid}");
            }
        }
        Ok(Self { wanted: wanted.to_vec() })
    }

    /// Whether it names this process.
    pub fn has(&self, process: &Process) -> bool {
        /// Short beginnings of a container's id would be names or numbers.
        const SHORTEST_ID: usize = 8;
        let container = || Container::of_cgroup(&process.cgroup);
        let names = |text: &String| {
            *text == process.name
                || text.parse() == Ok(process.pid)
                || text.len() >= SHORTEST_ID
                    && container().is_some_and(|container| container.id.starts_with(text))
        };
        self.wanted.is_empty() || self.wanted.iter().any(names)
    }
}

/// The last part of a path, as text.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
