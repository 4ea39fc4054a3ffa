//! One library in many processes: `plaintap keys` attaches once, takes the secrets of the containers it was told, and no others.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use support::*;

const PROGRAMS: &[&str] = &["openssl", "unshare", "/usr/bin/python3"];
const CONTAINERS: usize = 5;
const CLIENTS: usize = 10;
const OUTSIDE: usize = 5;

/// A server on a socket of the file system, which any network namespace can reach: SOCKET CERTIFICATE KEY.
const SERVER: &str = "
import socketserver, ssl, sys
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        with context.wrap_socket(self.request, server_side=True) as s: s.sendall(s.recv(100))
class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer): request_queue_size = 100
Server(sys.argv[1], Handler).serve_forever()
";

/// FOLDER NAME: connects once before plaintap runs, and with both versions when the file `go` is there. What it agrees on then is in
/// NAME.keys, and the inode of its libssl in NAME.ready.
const CLIENT: &str = "
import os, socket, ssl, sys, time
folder, name = sys.argv[1:]
context = ssl._create_unverified_context()
def connect(version):
    context.minimum_version = context.maximum_version = version
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(folder + '/socket')
        with context.wrap_socket(s) as t:
            t.sendall(b'hello'); assert t.recv(100) == b'hello'
def say(what, text):
    with open(f'{folder}/{name}.{what}.part', 'w') as f: f.write(text)
    os.rename(f'{folder}/{name}.{what}.part', f'{folder}/{name}.{what}')
connect(ssl.TLSVersion.TLSv1_3)
say('ready', next(line.split()[4] for line in open('/proc/self/maps') if 'libssl' in line))
while not os.path.exists(folder + '/go'): time.sleep(0.02)
context.keylog_filename = f'{folder}/{name}.keys'
connect(ssl.TLSVersion.TLSv1_2); connect(ssl.TLSVersion.TLSv1_3)
say('done', '')
while True: time.sleep(1)
";

/// Ten clients with namespaces and a cgroup of their own, ended with it.
struct Container {
    id: String,
    cgroup: PathBuf,
    process: Option<Running>,
}

impl Container {
    fn start(parent: &Path, number: usize, folder: &Path) -> Self {
        let id = format!("{number:064x}").replace('0', "c");
        let cgroup = parent.join(format!("docker-{id}.scope"));
        fs::create_dir_all(&cgroup).expect("a cgroup");
        // The library has another path in here, but is the same file.
        let script = format!(
            "echo $$ >{}/cgroup.procs; exec unshare --mount --pid --net --fork --kill-child --mount-proc sh -c '\
             mount -t tmpfs none /mnt && mkdir /mnt/lib && mount --bind {folder}/lib /mnt/lib || exit 1
             for client in $(seq {CLIENTS}); do \
             LD_LIBRARY_PATH=/mnt/lib /usr/bin/python3 {folder}/client.py {folder} inside-{number}-$client & done; wait'",
            cgroup.display(),
            folder = folder.display(),
        );
        let process =
            Command::new("sh").args(["-c", &script]).stdin(Stdio::null()).spawn().expect("sh starts");
        Self { id, cgroup, process: Some(Running(process)) }
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        self.process = None;
        // The kernel empties it when the last process is gone.
        for _ in 0..500 {
            if fs::remove_dir(&self.cgroup).is_ok() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

/// A cgroup of the second version, removed with its containers.
struct Parent(PathBuf);

impl Parent {
    fn new() -> Option<Self> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").ok()?;
        let mount = mounts.lines().find(|line| line.contains(" - cgroup2 "))?.split(' ').nth(4)?.to_owned();
        let folder = Path::new(&mount).join(format!("containers-of-{}", std::process::id()));
        fs::create_dir(&folder).ok()?;
        Some(Self(folder))
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn fifty_processes_in_five_containers_and_nobody_else() {
    if !can_run(PROGRAMS) {
        return;
    }
    let Some(parent) = Parent::new() else {
        println!("skipped: no right to make a cgroup");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let (certificate, key) = certificate(path);
    strip_libssl(path);
    fs::write(path.join("client.py"), CLIENT).expect("client.py");
    let mut server = Command::new("/usr/bin/python3");
    server.args(["-c", SERVER]).arg(path.join("socket")).args([certificate, key]);
    let _server = Running(quiet(&mut server).spawn().expect("python starts"));
    wait_until("the server to listen", || path.join("socket").exists());

    let containers: Vec<Container> =
        (1..=CONTAINERS).map(|number| Container::start(&parent.0, number, path)).collect();
    let _outside: Vec<Running> = (1..=OUTSIDE)
        .map(|number| {
            let mut client = Command::new("/usr/bin/python3");
            client.arg(path.join("client.py")).arg(path).arg(format!("outside-{number}"));
            Running(quiet(client.env("LD_LIBRARY_PATH", path.join("lib"))).spawn().expect("python starts"))
        })
        .collect();
    wait_until("the clients", || files(path, "ready").len() == CONTAINERS * CLIENTS + OUTSIDE);
    let inodes: BTreeSet<String> =
        files(path, "ready").iter().map(|file| fs::read_to_string(file).expect("an inode")).collect();
    assert_eq!(inodes.len(), 1, "one library: {inodes:?}");

    let log = path.join("plaintap.keys");
    let ids = containers.iter().map(|container| container.id.as_str());
    let mut keys = Command::new(PLAINTAP);
    keys.arg("keys").arg("-o").arg(&log).args(ids).env("XDG_CACHE_HOME", path.join("cache"));
    let mut keys =
        Running(keys.stdin(Stdio::null()).stderr(Stdio::piped()).spawn().expect("plaintap starts"));
    let news = BufReader::new(keys.0.stderr.take().expect("a pipe")).lines();
    let found =
        news.map_while(Result::ok).filter(|line| line.contains("libssl.so.3")).take(CONTAINERS * CLIENTS);
    assert_eq!(found.count(), CONTAINERS * CLIENTS);
    assert_eq!(links(&keys.0), 1, "one probe for all");
    fs::write(path.join("go"), "").expect("go");
    wait_until("the clients", || files(path, "done").len() == CONTAINERS * CLIENTS + OUTSIDE);

    let (inside, outside): (Vec<PathBuf>, Vec<PathBuf>) = files(path, "keys")
        .into_iter()
        .filter(|file| *file != log)
        .partition(|file| file.file_name().is_some_and(|name| name.to_string_lossy().starts_with("inside")));
    let secrets =
        |files: &[PathBuf]| -> BTreeSet<String> { files.iter().flat_map(|file| lines(file)).collect() };
    let (inside, outside) = (secrets(&inside), secrets(&outside));
    // Five lines of each TLS 1.3 connection, one of each of TLS 1.2.
    assert_eq!((inside.len(), outside.len()), (CONTAINERS * CLIENTS * 6, OUTSIDE * 6));
    wait_until("the secrets", || lines(&log).len() >= inside.len());
    let kill = Command::new("kill").args(["-INT", &keys.0.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    wait_until("plaintap keys to end", || keys.0.try_wait().expect("wait").is_some());
    // What was agreed on before, and what is said outside, is not there.
    assert!(lines(&log) == inside, "{} lines, {} expected", lines(&log).len(), inside.len());
    assert!(lines(&log).is_disjoint(&outside));
}

/// FOLDER PLAINTAP: a container of podman with one client, and plaintap told its name. What podman keeps is in file
/// systems that end with the script. Podman leaves the cgroups of all containers behind.
const PODMAN: &str = r#"
set -eu
folder=$1 plaintap=$2
for own in /var/lib/containers /run/containers /run/libpod; do mkdir -p $own; mount -t tmpfs tmpfs $own; done
printf '[containers]
pids_limit=0
default_ulimits=["nofile=1024:1024","nproc=1000:1000"]
[engine]
cgroup_manager="cgroupfs"
events_logger="file"
runtime="runc"
' >$folder/containers.conf
printf '[storage]
driver="vfs"
runroot="/run/containers/storage"
graphroot="/var/lib/containers/storage"
' >$folder/storage.conf
export CONTAINERS_CONF=$folder/containers.conf CONTAINERS_STORAGE_CONF=$folder/storage.conf
root=$folder/root; mkdir -p $root/usr $root/proc $root/sys $root/dev $root/etc
for link in bin sbin lib lib64; do ln -s usr/$link $root/$link; done
podman run -d --name shop-web --network none --volume /usr:/usr:ro --volume $folder:$folder --rootfs $root     /usr/bin/python3 $folder/client.py $folder inside >$folder/id
end() {
    podman rm -f -t 0 shop-web >$folder/removed
    for i in $(seq 20); do
        left=$(ls -d /sys/fs/cgroup/libpod_parent /sys/fs/cgroup/*/libpod_parent 2>/dev/null) || true
        [ -z "$left" ] && break
        for group in $left; do rmdir $group/conmon $group 2>/dev/null || rmdir $group 2>/dev/null || true; done
        sleep 0.05
    done
}
trap end EXIT
await() { for i in $(seq 1500); do [ -e "$1" ] && return; sleep 0.02; done; echo "no $1" >&2; exit 1; }
await $folder/inside.ready
$plaintap targets --container shop-web >$folder/targets
$plaintap keys --container shop-web -o $folder/plaintap.keys 2>$folder/news & keys=$!
for i in $(seq 1500); do grep -q libssl $folder/news && break; sleep 0.02; done
touch $folder/go
await $folder/inside.done
for i in $(seq 1500); do [ "$(wc -l <$folder/plaintap.keys)" -ge 6 ] && break; sleep 0.02; done
kill -INT $keys; wait $keys
"#;

#[test]
fn a_container_of_podman_by_its_name() {
    if !can_run(&[PROGRAMS, &["podman", "runc"]].concat()) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    let (certificate, key) = certificate(path);
    fs::write(path.join("client.py"), CLIENT).expect("client.py");
    let mut server = Command::new("/usr/bin/python3");
    server.args(["-c", SERVER]).arg(path.join("socket")).args([certificate, key]);
    let _server = Running(quiet(&mut server).spawn().expect("python starts"));
    wait_until("the server to listen", || path.join("socket").exists());
    let mut outside = Command::new("/usr/bin/python3");
    outside.arg(path.join("client.py")).arg(path).arg("outside");
    let _outside = Running(quiet(&mut outside).spawn().expect("python starts"));
    wait_until("the client outside", || path.join("outside.ready").exists());

    let mut script = Command::new("unshare");
    script.args(["--mount", "sh", "-c", PODMAN, "sh"]).arg(path).arg(PLAINTAP);
    let output = script.env("XDG_CACHE_HOME", path.join("cache")).output().expect("unshare starts");
    let said = |name| fs::read_to_string(path.join(name)).unwrap_or_default();
    assert!(output.status.success(), "{}{}", text(&output.stderr), said("news"));
    wait_until("the client outside", || path.join("outside.done").exists());

    let targets = said("targets");
    let [_, row] = targets.lines().collect::<Vec<_>>()[..] else { panic!("{targets}") };
    assert!(row.contains("python3") && row.contains("shop-web") && row.contains("libssl.so.3"), "{targets}");
    let taken = lines(&path.join("plaintap.keys"));
    assert_eq!(taken.len(), 6, "{}", said("news"));
    assert_eq!(taken, lines(&path.join("inside.keys")));
    assert_eq!(lines(&path.join("outside.keys")).len(), 6);
}

/// A copy of the system's libssl in `lib`, without section headers and so without any symbol that only they lead to.
fn strip_libssl(folder: &Path) {
    let maps = Command::new("/usr/bin/python3")
        .args([
            "-c",
            "import ssl; print(next(l.split()[5] for l in open('/proc/self/maps') if 'libssl' in l))",
        ])
        .output()
        .expect("python starts");
    let mut file = fs::read(text(&maps.stdout).trim()).expect("libssl");
    // e_shoff; e_shentsize, e_shnum and e_shstrndx.
    file[40..48].fill(0);
    file[58..64].fill(0);
    fs::create_dir(folder.join("lib")).expect("a folder");
    fs::write(folder.join("lib/libssl.so.3"), file).expect("the copy");
}

/// How many places a process has probes in.
fn links(process: &Child) -> usize {
    let descriptors = fs::read_dir(format!("/proc/{}/fd", process.id())).expect("its descriptors");
    let targets = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
    targets.filter(|target| target.as_os_str() == "anon_inode:bpf_link").count()
}

fn quiet(command: &mut Command) -> &mut Command {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null())
}

/// The files of a folder with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("the folder");
    let files = entries.map(|entry| entry.expect("an entry").path());
    files.filter(|file| file.extension().is_some_and(|found| found == extension)).collect()
}

fn lines(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}
