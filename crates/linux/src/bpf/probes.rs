//! Reads TLS secrets where hooks say they pass, in the chosen processes and no others.

use std::collections::hash_map::Entry;
use std::fmt;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use aya::Ebpf;
use aya::maps::{Array, HashMap, MapData, MapError};
use aya::programs::UProbe;
use aya::programs::uprobe::{UProbeAttachLocation, UProbeAttachPoint, UProbeLink, UProbeScope};
use plaintap_locate::{Hook, ObjectHook, ObjectReads};
use rustc_hash::FxHashMap;
use rustix::fs::fstat;

use super::clock::WallClock;
use super::error::Attempt;
use super::ring::Ring;
use super::secret::SecretEvent;
use super::spec::{self, Spec};
use super::uprobe_multi::{Maps, UprobeMulti};
use super::{Error, TargetFilter, object};

/// `MAXIMUM_HOOKS` of bpf/probe.bpf.c.
const MAXIMUM_HOOKS: u32 = 4096;
/// One call hands over no more events than this.
const BATCH_EVENTS: usize = 4096;
/// After the first secret others are waited for so long: a handshake makes five, and each that finds the ring empty costs its
/// process an interrupt and us a context switch. The ring takes in what a hundred times as long brings.
const GATHER: Duration = Duration::from_millis(10);

const ATTACH: Attempt = Attempt {
    what: "attach a uprobe",
    feature: "uprobes with BPF cookies (Linux 5.15, CONFIG_UPROBES), or the file is on a file system without them",
};

/// Whose secrets are read. Only tasks of these cause events, whoever else uses the same libraries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Chosen {
    /// All tasks of a cgroup and those below it.
    Cgroup(TargetFilter),
    /// The processes that [`Attacher::choose`] names.
    Processes,
    /// All tasks of the machine.
    All,
}

impl Chosen {
    /// `enum chosen` of bpf/probe.bpf.c.
    const fn number(self) -> u32 {
        match self {
            Self::Cgroup(_) => 0,
            Self::Processes => 1,
            Self::All => 2,
        }
    }
}

const CHOOSE: Attempt =
    Attempt { what: "choose a process for probes", feature: "BPF hash maps without preallocation" };

/// The probe program, loaded for one choice of processes, in two halves that may live on two threads.
pub struct Probes {
    /// Places probes. Dropping it removes them all.
    pub attacher: Attacher,
    /// Receives what they read.
    pub reader: SecretReader,
}

impl Probes {
    /// Loads the program for the tasks of a cgroup.
    ///
    /// # Errors
    /// When the kernel refuses; see [`Error`].
    pub fn new(target: &TargetFilter) -> Result<Self, Error> {
        Self::of(Chosen::Cgroup(*target))
    }

    /// Loads the program for the chosen tasks.
    ///
    /// # Errors
    /// When the kernel refuses; see [`Error`].
    pub fn of(chosen: Chosen) -> Result<Self, Error> {
        const NO_CGROUP: TargetFilter = TargetFilter { cgroup_id: 0, ancestor_level: 0 };
        let making =
            Attempt { what: "make the ring buffer for secrets", feature: "BPF ring buffers (Linux 5.8)" };
        let target = match chosen {
            Chosen::Cgroup(target) => target,
            Chosen::Processes | Chosen::All => NO_CGROUP,
        };
        let number = chosen.number();
        let mut loader = object::loader(&target);
        // What records a cgroup looks into the ring after each batch of packets, and needs not be woken.
        let wakeup = if matches!(chosen, Chosen::Cgroup(_)) { NO_WAKEUP } else { 0 };
        loader.override_global("chosen", &number, true).override_global("wakeup", &wakeup, true);
        let mut programs = loader.load(object::PROBE).map_err(|e| making.loading(e))?;
        let maps = Maps::of(&programs)
            .map_err(|source| Error::System { what: "keep the maps of the probe program", source })?;
        let mut loaded = FxHashMap::default();
        loaded.insert(Reads::Secret, Program::load(&mut programs, &maps, Reads::Secret)?);
        let specs = Arc::new(Mutex::new(object::take_map(&mut programs, "specs")?));
        let reader = SecretReader {
            ring: Ring::take(&mut programs)?,
            counters: object::take_map(&mut programs, "counters")?,
            clock: WallClock::new(),
            specs: Arc::clone(&specs),
        };
        let processes = object::take_map(&mut programs, "processes")?;
        let attached = FxHashMap::default();
        let attacher =
            Attacher { programs, maps, loaded, specs, processes, attached, links: Vec::new(), next: 0 };
        Ok(Self { attacher, reader })
    }
}

/// `BPF_RB_NO_WAKEUP` of linux/bpf.h.
const NO_WAKEUP: u64 = 1;

/// What a probe reads.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Reads {
    Secret,
    /// Where the handle of an object will be.
    Handle,
    /// An attribute of an object.
    Attribute,
}

impl Reads {
    const ALL: [Self; 3] = [Self::Secret, Self::Handle, Self::Attribute];

    /// The program that may wait for a page, or the one that may not (before Linux 6.0).
    const fn program(self, sleepable: bool) -> &'static str {
        match (self, sleepable) {
            (Self::Secret, true) => "secret_sleepable",
            (Self::Secret, false) => "secret_resident",
            (Self::Handle, true) => "handle_sleepable",
            (Self::Handle, false) => "handle_resident",
            (Self::Attribute, true) => "attribute_sleepable",
            (Self::Attribute, false) => "attribute_resident",
        }
    }
}

const LOAD: Attempt = Attempt {
    what: "load the program that reads TLS secrets",
    feature: "a BPF helper it needs (attach cookies: Linux 5.15)",
};

/// A probe program, as well as this kernel can run it.
enum Program {
    /// Since Linux 6.6: one link for all probes of a file.
    Multi(UprobeMulti),
    /// A link for each probe; whether the program may wait for a page.
    Single { name: &'static str, sleepable: bool },
}

impl Program {
    fn load(programs: &mut Ebpf, maps: &Maps, reads: Reads) -> Result<Self, Error> {
        let name = reads.program(true);
        if let Ok(multi) = UprobeMulti::load(object::PROBE, name, maps, LOAD) {
            return Ok(Self::Multi(multi));
        }
        if load(programs, name).is_ok() {
            return Ok(Self::Single { name, sleepable: true });
        }
        let name = reads.program(false);
        load(programs, name).map(|()| Self::Single { name, sleepable: false })
    }

    fn attach(&self, programs: &mut Ebpf, path: &Path, probes: &[(u64, u64)]) -> Result<Link, Error> {
        match self {
            Self::Multi(multi) => multi.attach(path, probes, ATTACH).map(Link::Multi),
            Self::Single { name, .. } => {
                let program = object::program::<UProbe>(programs, name)?;
                let attach = |&(offset, cookie): &(u64, u64)| {
                    let location = UProbeAttachLocation::AbsoluteOffset(offset);
                    let point = UProbeAttachPoint { location, cookie: Some(cookie) };
                    let link = program.attach(point, path, UProbeScope::AllProcesses);
                    link.and_then(|link| program.take_link(link)).map_err(|e| ATTACH.program(e))
                };
                probes.iter().map(attach).collect::<Result<_, _>>().map(Link::Single)
            }
        }
    }
}

/// Probes in place; dropping it takes them away.
#[expect(dead_code, reason = "held for their drop")]
enum Link {
    Multi(OwnedFd),
    Single(Vec<UProbeLink>),
}

fn load(programs: &mut Ebpf, name: &str) -> Result<(), Error> {
    object::program::<UProbe>(programs, name)?.load().map_err(|e| LOAD.program(e))
}

/// Places probes in files.
pub struct Attacher {
    programs: Ebpf,
    maps: Maps,
    /// The programs that were needed so far.
    loaded: FxHashMap<Reads, Program>,
    specs: Arc<Mutex<Specs>>,
    processes: HashMap<MapData, u32, u8>,
    attached: FxHashMap<Place, HookId>,
    links: Vec<Link>,
    /// The number of the next hook.
    next: u32,
}

/// One instruction of one file. A probe holds on to the inode, so its number cannot come to mean another file; that of a
/// copy in another container's overlay is another number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    device: u64,
    inode: u64,
    offset: u64,
}

/// A probe that is to be placed.
#[derive(Clone, Copy)]
struct Wanted {
    /// In the list of hooks given.
    index: usize,
    reads: Reads,
    place: Place,
    id: HookId,
}

/// The number of an attached hook; counts from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HookId(pub u32);

/// What came of attaching the hooks of one file.
#[derive(Debug, Default)]
pub struct Attached {
    /// The hooks that are in place: index into the hooks given, and the id in events and statistics.
    pub hooks: Vec<(usize, HookId)>,
    /// How many of them this call put there; the others were there already.
    pub new: usize,
    /// The hooks that could not be attached: index into the hooks given, and why.
    pub failed: Vec<(usize, Error)>,
}

impl Attacher {
    /// Probes `hooks` in the file behind `file`, for all processes of the target that map it now or later. Every place is
    /// probed once, so a file may be given again. The file may be deleted; it is found through its descriptor.
    ///
    /// # Errors
    /// When the file cannot be examined. A hook that cannot be attached does not keep back the others.
    pub fn attach(&mut self, file: BorrowedFd<'_>, hooks: &[Hook]) -> Result<Attached, Error> {
        let probes = hooks.iter().map(|hook| (hook.file_offset, Reads::Secret, spec::encode(hook)));
        self.attach_all(file, probes)
    }

    /// Probes `hooks`, whose values those of [`Self::attach`] ask for; in the same way. They have no events.
    ///
    /// # Errors
    /// The same.
    pub fn attach_objects(&mut self, file: BorrowedFd<'_>, hooks: &[ObjectHook]) -> Result<Attached, Error> {
        let probes = hooks.iter().map(|hook| {
            let reads = match hook.reads {
                ObjectReads::Handle(_) => Reads::Handle,
                ObjectReads::Attribute { .. } => Reads::Attribute,
            };
            (hook.file_offset, reads, spec::encode_object(hook))
        });
        self.attach_all(file, probes)
    }

    fn attach_all(
        &mut self,
        file: BorrowedFd<'_>,
        probes: impl Iterator<Item = (u64, Reads, Result<Spec, Error>)>,
    ) -> Result<Attached, Error> {
        let stat = fstat(file)
            .map_err(|e| Error::System { what: "examine the file to probe", source: io::Error::from(e) })?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let mut result = Attached::default();
        let mut wanted = Vec::new();
        for (index, (offset, reads, spec)) in probes.enumerate() {
            let place = Place { device: stat.st_dev, inode: stat.st_ino, offset };
            if let Some(&id) = self.attached.get(&place) {
                result.hooks.push((index, id));
                continue;
            }
            match spec.and_then(|spec| self.number(&spec)) {
                Ok(id) => {
                    self.attached.insert(place, id);
                    wanted.push(Wanted { index, reads, place, id });
                }
                Err(error) => result.failed.push((index, error)),
            }
        }
        for reads in Reads::ALL {
            let alike: Vec<Wanted> = wanted.iter().copied().filter(|wanted| wanted.reads == reads).collect();
            // All at once; if that fails, one by one, to know which cannot be.
            if self.probe(&path, reads, &alike).is_ok() {
                result.new += alike.len();
                result.hooks.extend(alike.iter().map(|wanted| (wanted.index, wanted.id)));
                continue;
            }
            for one in alike {
                match self.probe(&path, reads, &[one]) {
                    Ok(()) => {
                        result.hooks.push((one.index, one.id));
                        result.new += 1;
                    }
                    Err(error) => {
                        self.attached.remove(&one.place);
                        result.failed.push((one.index, error));
                    }
                }
            }
        }
        result.failed.sort_by_key(|(index, _)| *index);
        Ok(result)
    }

    /// With [`Chosen::Processes`]: the secrets of this process (thread group) are read from here on.
    ///
    /// # Errors
    /// When 65536 processes are chosen already.
    pub fn choose(&mut self, process: u32) -> Result<(), Error> {
        self.processes.insert(process, 1, 0).map_err(|e| CHOOSE.map(e))
    }

    /// Ends what [`Self::choose`] began; its process has ended.
    ///
    /// # Errors
    /// When the kernel refuses. A process that was not chosen is none.
    pub fn forget(&mut self, process: u32) -> Result<(), Error> {
        match self.processes.remove(&process) {
            Ok(()) | Err(MapError::KeyNotFound) => Ok(()),
            Err(MapError::SyscallError(error)) if error.io_error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(CHOOSE.map(error)),
        }
    }

    /// Whether a secret in a page that is not in memory can be read. Without it such a secret is counted as unreadable.
    pub fn waits_for_pages(&self) -> bool {
        !matches!(self.loaded.get(&Reads::Secret), Some(Program::Single { sleepable: false, .. }))
    }

    /// Tells the program how to read a hook, under a number of its own.
    fn number(&mut self, spec: &Spec) -> Result<HookId, Error> {
        if self.next >= MAXIMUM_HOOKS {
            return Err(Error::TooManyHooks { maximum: MAXIMUM_HOOKS });
        }
        set(&self.specs, self.next, spec)?;
        self.next += 1;
        Ok(HookId(self.next - 1))
    }

    fn probe(&mut self, path: &Path, reads: Reads, probes: &[Wanted]) -> Result<(), Error> {
        if probes.is_empty() {
            return Ok(());
        }
        let probes: Vec<(u64, u64)> =
            probes.iter().map(|wanted| (wanted.place.offset, u64::from(wanted.id.0))).collect();
        let program = match self.loaded.entry(reads) {
            Entry::Occupied(entry) => entry.into_mut(),
            Entry::Vacant(entry) => entry.insert(Program::load(&mut self.programs, &self.maps, reads)?),
        };
        let link = program.attach(&mut self.programs, path, &probes)?;
        self.links.push(link);
        Ok(())
    }
}

/// Threads that take probes away at the end.
const DETACHERS: usize = 64;

impl Drop for Attacher {
    /// The kernel waits for a grace period at each link (uprobe_unregister_sync), so threads wait at the same time.
    fn drop(&mut self) {
        let mut shares: Vec<Vec<Link>> = Vec::new();
        for (index, link) in self.links.drain(..).enumerate() {
            match shares.get_mut(index % DETACHERS) {
                Some(share) => share.push(link),
                None => shares.push(vec![link]),
            }
        }
        let last = shares.pop();
        thread::scope(|scope| {
            for share in shares {
                // Where no thread can be had, the closure is dropped at once, and the links with it.
                let _ = thread::Builder::new().spawn_scoped(scope, move || drop(share));
            }
            drop(last);
        });
    }
}

/// Receives the secrets that probes read.
pub struct SecretReader {
    ring: Ring,
    counters: Array<MapData, [u64; 7]>,
    clock: WallClock,
    specs: Arc<Mutex<Specs>>,
}

/// How hooks are read, by their number.
type Specs = Array<MapData, Spec>;

fn set(specs: &Mutex<Specs>, id: u32, spec: &Spec) -> Result<(), Error> {
    // A panic elsewhere leaves the map whole.
    specs.lock().unwrap_or_else(PoisonError::into_inner).set(id, spec, 0).map_err(|e| ATTACH.map(e))
}

impl SecretReader {
    /// Waits up to `timeout` for secrets and appends what is there to `events`, oldest first. Returns without any when
    /// the time is over or a signal came; those of a cgroup do not end the wait, they are there at the next call. With a
    /// `timeout` of zero it does not wait.
    ///
    /// # Errors
    /// When the ring buffer cannot be waited for.
    pub fn next_batch(&mut self, events: &mut Vec<SecretEvent>, timeout: Duration) -> io::Result<()> {
        let before = events.len();
        self.clock.resample();
        self.drain(events);
        if events.len() == before && !timeout.is_zero() && self.ring.wait(timeout)? {
            thread::sleep(GATHER.min(timeout));
            self.drain(events);
        }
        Ok(())
    }

    /// Reads `hook`, which stays where it is, in another way from its next hit on.
    ///
    /// # Errors
    /// When it cannot be followed; see [`Error::Hook`].
    pub fn correct(&mut self, id: HookId, hook: &Hook) -> Result<(), Error> {
        set(&self.specs, id.0, &spec::encode(hook)?)
    }

    /// What became of the hits of one hook so far.
    ///
    /// # Errors
    /// When the kernel does not hand out the counters.
    pub fn statistics(&self, hook: HookId) -> io::Result<HookStatistics> {
        let counts = self.counters.get(&hook.0, 0).map_err(io::Error::other)?;
        let [
            hits,
            delivered,
            unreadable_label,
            unreadable_client_random,
            unreadable_secret,
            bad_length,
            lost,
        ] = counts;
        Ok(HookStatistics {
            hits,
            delivered,
            unreadable_label,
            unreadable_client_random,
            unreadable_secret,
            bad_length,
            lost,
        })
    }

    fn drain(&mut self, events: &mut Vec<SecretEvent>) {
        let limit = events.len() + BATCH_EVENTS;
        while events.len() < limit
            && let Some(record) = self.ring.next()
        {
            events.extend(SecretEvent::parse(&record, &self.clock));
        }
    }
}

/// Counts of one hook. Each hit of a task of the target is in exactly one of the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookStatistics {
    /// Times a task of the target came by.
    pub hits: u64,
    /// Secrets put into the ring buffer.
    pub delivered: u64,
    /// The label, or a pointer on the way to it, could not be read.
    pub unreadable_label: u64,
    /// The client random, or a pointer on the way to it, could not be read; the event has none.
    pub unreadable_client_random: u64,
    /// The secret, or a pointer on the way to it, could not be read.
    pub unreadable_secret: u64,
    /// A length was 0 or more than 64, or that of the client random not 32 (the event has none then): not what we take
    /// the place for.
    pub bad_length: u64,
    /// The ring buffer was full.
    pub lost: u64,
}

impl HookStatistics {
    /// Hits whose secret could not be read.
    pub const fn unreadable(&self) -> u64 {
        self.unreadable_label + self.unreadable_client_random + self.unreadable_secret + self.bad_length
    }
}

impl fmt::Debug for Attacher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attacher")
            .field("waits_for_pages", &self.waits_for_pages())
            .field("hooks", &self.attached.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_program_for_older_kernels_loads_too() {
        let target = TargetFilter { cgroup_id: 1, ancestor_level: 0 };
        let loaded = object::loader(&target).load(object::PROBE).map_err(|e| ATTACH.loading(e)).and_then(
            |mut programs| {
                Reads::ALL.into_iter().try_for_each(|reads| load(&mut programs, reads.program(false)))
            },
        );
        match loaded {
            Ok(()) => {}
            Err(error @ Error::Denied { .. }) => println!("skipped: {error}"),
            Err(error) => panic!("{error}"),
        }
    }
}
