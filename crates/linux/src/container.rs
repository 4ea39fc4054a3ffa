//! Which container a process is in, told from its cgroup: the container managers put the id into the name of the cgroup they make.

use std::path::Path;

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// The manager, as its cgroups name it: `docker`, `libpod` (podman), `cri-containerd`, `crio`; empty where the name is the
    /// id alone.
    pub manager: String,
    /// The id: 64 hexadecimal digits.
    pub id: String,
    /// The UID of the Kubernetes pod, if it is in one.
    pub pod: Option<String>,
}

impl Container {
    /// How many digits of an id are shown, as by docker and podman.
    const SHORT: usize = 12;

    /// The innermost container of a cgroup path.
    ///
    /// With systemd a cgroup is named `docker-ID.scope`, without `/docker/ID`; podman and CRI-O have more cgroups below.
    /// A pod's is `kubepods-burstable-podUID.slice` or `podUID`.
    pub fn of_cgroup(path: &Path) -> Option<Self> {
        let names: Vec<&str> = path.iter().filter_map(|name| name.to_str()).collect();
        let (index, manager, id) = names.iter().enumerate().rev().find_map(|(index, name)| {
            let name = name.strip_suffix(".scope").unwrap_or(name);
            let (manager, id) = name.rsplit_once('-').unwrap_or(("", name));
            is_id(id).then_some((index, manager, id))
        })?;
        let parent = index.checked_sub(1).and_then(|parent| names.get(parent)).copied().unwrap_or_default();
        let pod = names.get(..index)?.iter().rev().find_map(|name| pod_uid(name));
        let manager = match manager {
            // The name of a plain directory says who made it, unless it is a pod's.
            "" if pod.is_none() => parent,
            named => named,
        };
        Some(Self { manager: manager.to_owned(), id: id.to_owned(), pod })
    }

    /// The beginning of the id, as the managers print it.
    pub fn short_id(&self) -> &str {
        self.id.get(..Self::SHORT).unwrap_or(&self.id)
    }
}

fn is_id(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// A UID of 36 characters, in which systemd's names have _ for -.
fn pod_uid(name: &str) -> Option<String> {
    let name = name.strip_suffix(".slice").unwrap_or(name);
    let (_, uid) = name.rsplit_once("pod")?;
    let valid =
        uid.len() == 36 && uid.bytes().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b'-' | b'_'));
    valid.then(|| uid.replace('_', "-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Option<(String, Option<String>)> {
        let container = Container::of_cgroup(Path::new(path))?;
        assert_eq!(container.id.len(), 64);
        Some((format!("{} {}", container.manager, container.short_id()), container.pod))
    }

    #[test]
    fn cgroups_of_the_usual_managers_are_recognised() {
        let id = "0123456789ab".repeat(5) + "cdef";
        let uid = "7f1c02d4-8c5e-4d8f-9c39-1f3cbb7f8e55";
        for (path, manager, pod) in [
            (format!("/system.slice/docker-{id}.scope"), "docker 0123456789ab", None),
            (format!("/docker/{id}"), "docker 0123456789ab", None),
            (format!("/machine.slice/libpod-{id}.scope/container"), "libpod 0123456789ab", None),
            (format!("/libpod_parent/libpod-{id}"), "libpod 0123456789ab", None),
            (
                format!(
                    "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod{}.slice/cri-containerd-{id}.scope",
                    uid.replace('-', "_")
                ),
                "cri-containerd 0123456789ab",
                Some(uid),
            ),
            (format!("/kubepods/besteffort/pod{uid}/{id}"), " 0123456789ab", Some(uid)),
        ] {
            assert_eq!(of(&path), Some((manager.to_owned(), pod.map(str::to_owned))), "{path}");
        }
        for path in ["/", "/user.slice/user-1000.slice/session-3.scope", "/system.slice/nginx.service"] {
            assert_eq!(of(path), None, "{path}");
        }
    }
}
