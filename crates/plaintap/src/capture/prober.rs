//! Places probes: each file that the target executes or maps is searched once, and probed where secrets pass.

use std::collections::HashSet;
use std::fs::File;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plaintap_linux::bpf::{Attacher, HookId};
use plaintap_linux::run::{Kind, Mapping};
use plaintap_locate::ObjectHook;

use super::probe_log::ProbeLog;
use super::survey::file_name;
use crate::stacks::{Unsearched, survey};

/// See the module.
pub struct Prober {
    attacher: Attacher,
    log: Arc<ProbeLog>,
    /// Files with hooks.
    hooked: HashSet<PathBuf>,
}

impl Prober {
    /// Tells `log` what it finds.
    pub fn new(attacher: Attacher, log: Arc<ProbeLog>) -> Self {
        Self { attacher, log, hooked: HashSet::new() }
    }

    /// Takes note of a file that a process of the target is about to execute or map, and probes it if it is new. The
    /// process waits meanwhile.
    pub fn mapping(&mut self, mapping: &Mapping) {
        if mapping.kind == Kind::Exec {
            self.log.executes(mapping.pid);
        }
        if mapping.new_file {
            self.search(&mapping.file, &mapping.path);
        }
        if self.hooked.contains(&mapping.path) {
            self.log.uses(mapping.pid, &file_name(&mapping.path));
        }
    }

    /// Searches a file and attaches to what is found.
    fn search(&mut self, file: &OwnedFd, path: &Path) {
        let name = path.display();
        let searched = file.try_clone().map_err(Unsearched::Unreadable);
        let found = match searched.and_then(|file| survey(&File::from(file))) {
            Ok(found) => found,
            Err(Unsearched::NotCode(_)) => return,
            Err(error) => return self.log.failed(format!("{name}: {error}")),
        };
        // Explains a missing secret, and is no warning by itself.
        if let Some(doubt) = &found.doubt {
            self.log.failed(format!("{name}: {doubt}"));
        }
        self.attach_objects(file, &name.to_string(), &found.objects);
        if found.hooks.is_empty() {
            return;
        }
        match self.attacher.attach(file.as_fd(), &found.hooks) {
            Ok(attached) => {
                for (index, error) in &attached.failed {
                    let function = found.hooks.get(*index).map_or("a function", |hook| hook.kind.function());
                    self.log.failed(format!("{name}: {function} cannot be probed: {error}"));
                }
                if !attached.hooks.is_empty() {
                    let hooks = attached.hooks.iter();
                    let hooks = hooks.filter_map(|&(index, HookId(id))| {
                        let hook = found.hooks.get(index)?;
                        Some((id, hook.clone(), found.learned.contains(&hook.file_offset)))
                    });
                    // A descriptor of our own: the target's file may be gone when it is needed.
                    let descriptor = file.try_clone().ok().map(Arc::new);
                    self.log.attached(&file_name(path), descriptor.as_ref(), hooks);
                    self.hooked.insert(path.to_owned());
                }
            }
            Err(error) => self.log.failed(format!("{name}: cannot be probed: {error}")),
        }
    }

    /// Attaches to what tells the values that hooks of other files ask for.
    fn attach_objects(&mut self, file: &OwnedFd, name: &str, objects: &[ObjectHook]) {
        if objects.is_empty() {
            return;
        }
        match self.attacher.attach_objects(file.as_fd(), objects) {
            Ok(attached) => {
                for (index, error) in &attached.failed {
                    let function = objects.get(*index).map_or("a function", |hook| hook.function.name());
                    self.log.failed(format!("{name}: {function} cannot be probed: {error}"));
                }
            }
            Err(error) => self.log.failed(format!("{name}: cannot be probed: {error}")),
        }
    }
}
