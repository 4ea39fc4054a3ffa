//! Which processes a command line means.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use plaintap_linux::container::Container;
use plaintap_linux::processes::Process;

use super::container_names::ContainerNames;
use crate::args::{PodName, TargetArguments};

/// Beginnings of a container's id that are shorter would be names or numbers.
const SHORTEST_ID: usize = 8;

/// How many parents are asked whether they are meant.
const MAX_PARENTS: usize = 64;

/// The processes that a command line names: those that any of its targets names.
pub struct Selection {
    targets: Vec<Target>,
    names: ContainerNames,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Target {
    /// What stands without an option: a process by id or name, or a container by id or name.
    Any(String),
    /// With its children.
    Pid(i32),
    /// A pattern of names, or with a slash in it of the paths of programs.
    Process(String),
    User(u32),
    /// With the groups below.
    Cgroup(PathBuf),
    Unit(String),
    Container(String),
    Pod(PodName),
}

impl Selection {
    /// What the arguments name; all processes if there is nothing.
    ///
    /// # Errors
    /// When an id is not that of a process.
    pub fn new(arguments: &TargetArguments) -> Result<Self> {
        let TargetArguments { targets, pid, process, user, cgroup, unit, container, pod } = arguments;
        let mut all = Vec::new();
        for text in targets {
            if let Ok(pid) = text.parse() {
                exists(pid)?;
            }
            all.push(Target::Any(text.clone()));
        }
        for &pid in pid {
            exists(pid)?;
            all.push(Target::Pid(pid));
        }
        all.extend(process.iter().cloned().map(Target::Process));
        all.extend(user.iter().copied().map(Target::User));
        for path in cgroup {
            let path = path.strip_prefix("/sys/fs/cgroup").unwrap_or(path);
            all.push(Target::Cgroup(Path::new("/").join(path)));
        }
        all.extend(unit.iter().map(|unit| {
            // As systemctl takes it: without a suffix it is a service.
            Target::Unit(if unit.contains('.') { unit.clone() } else { format!("{unit}.service") })
        }));
        all.extend(container.iter().cloned().map(Target::Container));
        all.extend(pod.iter().cloned().map(Target::Pod));
        Ok(Self { targets: all, names: ContainerNames::of_machine() })
    }

    /// Whether nothing is named, which means all processes.
    pub const fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// Whether it names this process.
    pub fn has(&self, process: &Process) -> bool {
        let container = Container::of_cgroup(&process.cgroup);
        self.targets.is_empty()
            || self.targets.iter().any(|target| self.means(target, process, container.as_ref()))
    }

    fn means(&self, target: &Target, process: &Process, container: Option<&Container>) -> bool {
        let is_container = |text: &String| {
            container.is_some_and(|container| {
                text.len() >= SHORTEST_ID && container.id.starts_with(text)
                    || self.names.of(container).is_some_and(|names| names.container == *text)
            })
        };
        match target {
            Target::Any(text) => {
                *text == process.name || text.parse() == Ok(process.pid) || is_container(text)
            }
            Target::Pid(pid) => is_descendant(process, *pid),
            Target::Process(pattern) if pattern.contains('/') => {
                process.program().is_some_and(|path| matches(pattern, &path.to_string_lossy()))
            }
            Target::Process(pattern) => matches(pattern, &process.name),
            Target::User(user) => process.user == *user,
            Target::Cgroup(path) => process.cgroup.starts_with(path),
            Target::Unit(unit) => process.cgroup.iter().any(|part| part == unit.as_str()),
            Target::Container(text) => is_container(text),
            Target::Pod(PodName { namespace, name, container: wanted }) => {
                let names = container.and_then(|container| self.names.of(container));
                names.is_some_and(|names| {
                    names.pod.as_ref().is_some_and(|pod| pod.namespace == *namespace && pod.name == *name)
                        && wanted.as_ref().is_none_or(|wanted| *wanted == names.container)
                })
            }
        }
    }
}

fn exists(pid: i32) -> Result<()> {
    if Process::of(pid).is_none() {
        bail!("there is no process {pid}");
    }
    Ok(())
}

/// Whether it is this process, or was made by it or by one that it made.
fn is_descendant(process: &Process, ancestor: i32) -> bool {
    let mut next = Some((process.pid, process.parent));
    for _ in 0..MAX_PARENTS {
        match next {
            Some((pid, _)) if pid == ancestor => return true,
            Some((_, parent)) if parent > 0 => {
                next = Process::of(parent).map(|process| (process.pid, process.parent));
            }
            _ => return false,
        }
    }
    false
}

/// Whether a pattern, in which `*` is any text and `?` any character, is the whole text. Takes time proportional to the
/// product of their lengths at most.
fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) = (pattern.chars().collect(), text.chars().collect());
    let (mut p, mut t) = (0, 0);
    // Where to go on after a mismatch: behind the last star, one character of the text further.
    let mut star = None;
    while t < text.len() {
        if pattern.get(p) == Some(&'*') {
            star = Some((p + 1, t));
            p += 1;
        } else if pattern.get(p).is_some_and(|&c| c == '?' || c == text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((behind, from)) = star {
            star = Some((behind, from + 1));
            (p, t) = (behind, from + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(|&c| c == '*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(targets: Vec<Target>) -> Selection {
        Selection { targets, names: ContainerNames::default() }
    }

    #[test]
    fn patterns() {
        for (pattern, text) in [
            ("nginx", "nginx"),
            ("ng*", "nginx"),
            ("*", ""),
            ("/usr/*/curl", "/usr/bin/curl"),
            ("*a*b?", "xaabbc"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [("nginx", "nginx2"), ("", "a"), ("?", ""), ("*a*b?", "xaab"), ("ng?", "ng")] {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199)));
    }

    #[test]
    fn a_process_is_named_in_each_way() {
        let own = Process::of(std::process::id().cast_signed()).unwrap();
        let parent = own.parent;
        let program = own.program().unwrap();
        for target in [
            Target::Any(own.name.clone()),
            Target::Any(own.pid.to_string()),
            Target::Pid(own.pid),
            Target::Pid(parent),
            Target::Process(own.name[..3].to_owned() + "*"),
            Target::Process(program.display().to_string()),
            Target::User(own.user),
            Target::Cgroup("/".into()),
        ] {
            assert!(selection(vec![target.clone()]).has(&own), "{target:?}");
        }
        for target in [
            Target::Any("no such name".into()),
            Target::Process("/usr/bin/nothing*".into()),
            Target::User(own.user + 1),
            Target::Cgroup("/no/such/group".into()),
            Target::Unit("no.service".into()),
            Target::Container("0123456789ab".into()),
            Target::Pod(PodName { namespace: "a".into(), name: "b".into(), container: None }),
        ] {
            assert!(!selection(vec![target.clone()]).has(&own), "{target:?}");
        }
        assert!(selection(Vec::new()).has(&own));
    }

    #[test]
    fn units_and_containers_are_told_by_the_cgroup() {
        let own = Process::of(std::process::id().cast_signed()).unwrap();
        let id = "0123456789ab".repeat(5) + "cdef";
        let within = |cgroup: String| Process { cgroup: cgroup.into(), ..own.clone() };
        let unit = selection(vec![Target::Unit("nginx.service".into())]);
        assert!(unit.has(&within("/system.slice/nginx.service".into())));
        assert!(!unit.has(&within("/system.slice/nginx2.service".into())));
        let container = selection(vec![Target::Container(id[..12].into())]);
        assert!(container.has(&within(format!("/system.slice/docker-{id}.scope"))));
        assert!(!container.has(&within("/system.slice/docker.service".into())));
    }

    #[test]
    fn processes_that_are_not_there_are_named() {
        assert_eq!(exists(i32::MAX).unwrap_err().to_string(), format!("there is no process {}", i32::MAX));
    }
}
