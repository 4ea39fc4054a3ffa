//! The names of containers and pods, as their managers leave them in files. No socket of a manager is asked: who can
//! read these files is root, and they are there too when the manager is down.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use plaintap_linux::container::Container;
use serde_json::Value;

/// How a container is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Its own name; in a pod, that of the pod's specification.
    pub container: String,
    /// The pod that it is in.
    pub pod: Option<Pod>,
}

/// A Kubernetes pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
}

/// Looks up names, each once.
#[derive(Debug, Default)]
pub struct ContainerNames {
    root: PathBuf,
    known: RefCell<HashMap<String, Option<Rc<Names>>>>,
}

impl ContainerNames {
    /// The names on this machine.
    pub fn of_machine() -> Self {
        Self::under("/")
    }

    /// The names in a file system with this root.
    fn under(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), known: RefCell::default() }
    }

    /// The names of a container, where a file has them.
    pub fn of(&self, container: &Container) -> Option<Rc<Names>> {
        if let Some(known) = self.known.borrow().get(&container.id) {
            return known.clone();
        }
        let id = &container.id;
        let found =
            self.of_kubelet(id).or_else(|| self.of_docker(id)).or_else(|| self.of_podman(id)).map(Rc::new);
        // A container may be seen before its manager has written the file.
        if found.is_some() {
            self.known.borrow_mut().insert(id.clone(), found.clone());
        }
        found
    }

    /// The kubelet links the log of each container as `POD_NAMESPACE_CONTAINER-ID.log`; names have no underscore.
    fn of_kubelet(&self, id: &str) -> Option<Names> {
        let end = format!("-{id}.log");
        let links = fs::read_dir(self.root.join("var/log/containers")).ok()?.flatten();
        let mut names = links.filter_map(|link| link.file_name().into_string().ok());
        let link = names.find_map(|name| name.strip_suffix(&end).map(str::to_owned))?;
        let mut parts = link.splitn(3, '_').map(str::to_owned);
        let (name, namespace, container) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Names { container, pod: Some(Pod { namespace, name }) })
    }

    /// Docker keeps a container's configuration in a folder of its id. The name begins with a slash.
    fn of_docker(&self, id: &str) -> Option<Names> {
        let path = self.root.join("var/lib/docker/containers").join(id).join("config.v2.json");
        let name = json(&path)?.get("Name")?.as_str()?.trim_start_matches('/').to_owned();
        Some(Names { container: name, pod: None })
    }

    /// Podman and CRI-O keep one list of all containers: that of storage which lasts, and that of what is gone at a reboot.
    fn of_podman(&self, id: &str) -> Option<Names> {
        ["var/lib/containers/storage", "run/containers/storage"].iter().find_map(|storage| {
            let kinds = ["overlay-containers", "vfs-containers", "btrfs-containers"];
            kinds.iter().find_map(|kind| {
                let list = json(&self.root.join(storage).join(kind).join("containers.json"))?;
                let container = list.as_array()?.iter().find(|container| container["id"] == id)?;
                let name = container.get("names")?.get(0)?.as_str()?.to_owned();
                Some(Names { container: name, pod: None })
            })
        })
    }
}

fn json(path: &Path) -> Option<Value> {
    serde_json::from_slice(&fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn container(id: &str) -> Container {
        Container { manager: String::new(), id: id.to_owned(), pod: None }
    }

    #[test]
    fn names_come_from_the_managers_files() {
        let root = tempfile::tempdir().unwrap();
        let [docker, podman, pod] = ["a", "b", "c"].map(|letter| letter.repeat(64));
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write(&format!("var/lib/docker/containers/{docker}/config.v2.json"), r#"{"Name": "/web"}"#);
        write(
            "var/lib/containers/storage/overlay-containers/containers.json",
            &format!(r#"[{{"id": "{podman}", "names": ["db"]}}, {{"id": "x"}}]"#),
        );
        write(&format!("var/log/containers/web-0_shop_nginx-{pod}.log"), "");
        let names = ContainerNames::under(root.path());
        let of = |id: &str| names.of(&container(id)).map(|names| (*names).clone());
        assert_eq!(of(&docker), Some(Names { container: "web".into(), pod: None }));
        assert_eq!(of(&podman), Some(Names { container: "db".into(), pod: None }));
        let pod_names = Pod { namespace: "shop".into(), name: "web-0".into() };
        assert_eq!(of(&pod), Some(Names { container: "nginx".into(), pod: Some(pod_names) }));
        assert_eq!(of(&"d".repeat(64)), None);
    }

    #[test]
    fn damaged_files_have_no_names() {
        let root = tempfile::tempdir().unwrap();
        let id = "e".repeat(64);
        let folder = root.path().join("var/lib/docker/containers").join(&id);
        fs::create_dir_all(&folder).unwrap();
        for text in ["", "{", r#"{"Name": 7}"#, "[]"] {
            fs::write(folder.join("config.v2.json"), text).unwrap();
            assert_eq!(ContainerNames::under(root.path()).of(&container(&id)), None);
        }
    }
}
