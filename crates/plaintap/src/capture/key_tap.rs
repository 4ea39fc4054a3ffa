//! Secrets without packets: probes in what chosen processes have mapped, found again and again while they run.

use std::collections::{HashMap, HashSet, VecDeque};
use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use plaintap_crypt::{SecretLabel, TlsSecret};
use plaintap_linux::bpf::{Chosen, HookId, Probes, SecretEvent};
use plaintap_linux::processes::{MappedFile, Process};

use super::selection::Selection;
use super::survey::{Survey, file_name};
use crate::stacks::Surveyed;

/// How long new processes and libraries may go unnoticed.
const SURVEY: Duration = Duration::from_millis(500);
/// How long secrets are waited for before other things are looked after.
const ROUND: Duration = Duration::from_millis(100);
/// Secrets that are remembered, so that none is given twice: libraries pass some by two hooks, and both ends of a connection may be here.
const REMEMBERED: usize = 65_536;

/// See the module.
pub struct KeyTap {
    probes: Probes,
    selection: Selection,
    /// Processes are not told apart in the kernel.
    all: bool,
    survey: Survey,
    surveyed: Option<Instant>,
    /// The chosen processes by id, with their start times.
    processes: HashMap<i32, u64>,
    /// Stack and file of each hook in place.
    hooks: HashMap<HookId, String>,
    news: Vec<String>,
    recent: Recent,
    written: u64,
}

impl KeyTap {
    /// Loads the probe program.
    ///
    /// # Errors
    /// When the kernel refuses it.
    pub fn new(selection: Selection, all: bool) -> Result<Self> {
        let probes = Probes::of(if all { Chosen::All } else { Chosen::Processes })?;
        Ok(Self {
            probes,
            selection,
            all,
            survey: Survey::default(),
            surveyed: None,
            processes: HashMap::new(),
            hooks: HashMap::new(),
            news: Vec::new(),
            recent: Recent::default(),
            written: 0,
        })
    }

    /// Looks for new processes and libraries, if it is time to. Returns whether there is any process left to wait for.
    ///
    /// # Errors
    /// When /proc cannot be read, or at the first time when no process is there.
    pub fn survey(&mut self) -> Result<bool> {
        let first = self.surveyed.is_none();
        if self.surveyed.is_some_and(|last| last.elapsed() < SURVEY) {
            return Ok(true);
        }
        let own = std::process::id().cast_signed();
        let mut running = HashMap::new();
        for process in Process::all().context("cannot read /proc")? {
            if process.pid == own || !self.selection.has(&process) {
                continue;
            }
            self.look_at(&process, first)?;
            running.insert(process.pid, process.start_time);
        }
        for (pid, start_time) in std::mem::replace(&mut self.processes, running) {
            if !self.all
                && self.processes.get(&pid) != Some(&start_time)
                && !self.processes.contains_key(&pid)
            {
                self.probes.attacher.forget(pid.cast_unsigned())?;
            }
        }
        self.surveyed = Some(Instant::now());
        if first && self.processes.is_empty() && !self.all {
            bail!("no process of this name, id or container runs (plaintap targets lists them)");
        }
        Ok(self.all || !self.processes.is_empty())
    }

    /// What happened since the last call, a line each.
    pub fn news(&mut self) -> Vec<String> {
        std::mem::take(&mut self.news)
    }

    /// Waits a moment for secrets; their lines.
    ///
    /// # Errors
    /// When the kernel does not hand them out.
    pub fn secrets(&mut self, comment: bool) -> Result<String> {
        let mut events = Vec::new();
        self.probes.reader.next_batch(&mut events, ROUND).context("the kernel's buffer cannot be read")?;
        let mut lines = String::new();
        for event in &events {
            // Other labels (a key update's) need no line: readers derive those secrets themselves.
            let Some(label) = SecretLabel::from_name(event.label()) else { continue };
            let secret =
                event.client_random.map(|random| TlsSecret::new(label, random, event.secret.as_bytes()));
            let Some(Ok(secret)) = secret else { continue };
            let line = secret.to_string();
            if !self.recent.is_new(&line) {
                continue;
            }
            self.written += 1;
            if comment {
                self.comment(event, &mut lines);
            }
            lines.push_str(&line);
            lines.push('\n');
        }
        Ok(lines)
    }

    /// What came of it, a line each.
    pub fn summary(&self) -> Vec<String> {
        let (mut lost, mut unreadable) = (0, 0);
        for statistics in self.hooks.keys().filter_map(|&id| self.probes.reader.statistics(id).ok()) {
            lost += statistics.lost;
            unreadable += statistics.unreadable();
        }
        let mut lines = vec![format!("{} secrets written", self.written)];
        if lost > 0 {
            lines.push(format!("{lost} secrets lost for want of room in the kernel's buffer"));
        }
        if unreadable > 0 {
            lines.push(format!("{unreadable} secrets that could not be read from the process's memory"));
        }
        lines
    }

    fn look_at(&mut self, process: &Process, first: bool) -> Result<()> {
        let is_new = self.processes.get(&process.pid) != Some(&process.start_time);
        if is_new && !self.all {
            self.probes.attacher.choose(process.pid.cast_unsigned())?;
        }
        // It may end at any moment.
        let mut stacks = Vec::new();
        for mapped in process.code().unwrap_or_default() {
            let (surveyed, file_is_new) = self.survey.file(&mapped);
            if file_is_new {
                self.attach(&mapped, &surveyed);
            }
            if !surveyed.hooks.is_empty() {
                stacks.push(file_name(&mapped.path));
            }
        }
        if is_new && (!stacks.is_empty() || first && !self.all) {
            let (pid, name) = (process.pid, &process.name);
            self.news.push(match stacks.is_empty() {
                true => format!("{name}[{pid}]: no known TLS library so far"),
                false => format!("{name}[{pid}]: {}", stacks.join(", ")),
            });
        }
        Ok(())
    }

    fn attach(&mut self, mapped: &MappedFile, surveyed: &Surveyed) {
        let name = mapped.path.display();
        if let Some(doubt) = &surveyed.doubt {
            self.news.push(format!("{name}: {doubt}"));
        }
        if surveyed.hooks.is_empty() && surveyed.objects.is_empty() {
            return;
        }
        let attacher = &mut self.probes.attacher;
        let attached = match mapped.open() {
            Ok(file) => attacher
                .attach_objects(file.as_fd(), &surveyed.objects)
                .and_then(|objects| Ok((objects, attacher.attach(file.as_fd(), &surveyed.hooks)?))),
            Err(error) => return self.news.push(format!("{name}: cannot be opened: {error}")),
        };
        match attached {
            Ok((objects, attached)) => {
                for (index, id) in attached.hooks {
                    let stack =
                        surveyed.hooks.get(index).map(|hook| hook.stack.to_string()).unwrap_or_default();
                    self.hooks.insert(id, format!("{stack}, {}", file_name(&mapped.path)));
                }
                for (_, error) in objects.failed.into_iter().chain(attached.failed) {
                    self.news.push(format!("{name}: {error}"));
                }
            }
            Err(error) => self.news.push(format!("{name}: cannot be probed: {error}")),
        }
    }

    fn comment(&self, event: &SecretEvent, lines: &mut String) {
        let name: Vec<u8> = event.name.iter().copied().take_while(|&byte| byte != 0).collect();
        let name = name.escape_ascii();
        let hook = self.hooks.get(&event.hook).map_or("", String::as_str);
        // Writing to a String does not fail.
        let _ = writeln!(lines, "# {name}[{}], {hook}", event.pid);
    }
}

/// The lines given lately, as hashes: the secrets themselves need not stay in memory.
#[derive(Default)]
struct Recent {
    hasher: RandomState,
    known: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Recent {
    fn is_new(&mut self, line: &str) -> bool {
        let hash = self.hasher.hash_one(line);
        if !self.known.insert(hash) {
            return false;
        }
        self.order.push_back(hash);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.known.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_given_once_while_remembered() {
        let mut recent = Recent::default();
        assert!(recent.is_new("first") && !recent.is_new("first"));
        for number in 0..REMEMBERED {
            assert!(recent.is_new(&number.to_string()));
        }
        assert!(recent.is_new("first"));
        assert_eq!(recent.known.len(), REMEMBERED);
    }
}
