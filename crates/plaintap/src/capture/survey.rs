//! What is known about the code of running processes: each file is searched once, however many processes have it mapped.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use plaintap_linux::processes::{FileId, MappedFile};

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
        Err(error) => Surveyed { doubt: Some(error.to_string()), ..Surveyed::default() },
    }
}

/// The last part of a path, as text.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
