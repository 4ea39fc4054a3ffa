//! What the tests of the binary share: the binary itself, real servers, tshark, and skipping with a reason.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its part")]

use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The binary under test.
pub const PLAINTAP: &str = env!("CARGO_BIN_EXE_plaintap");

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Whether this test can run: root, and the named programs are there. Otherwise says why not.
pub fn can_run(programs: &[&str]) -> bool {
    if !rustix::process::geteuid().is_root() {
        println!("skipped: needs root");
        return false;
    }
    for program in programs {
        if find(program).is_none() {
            println!("skipped: {program} is not installed");
            return false;
        }
    }
    true
}

/// A program on PATH or in the folders of system programs.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/sbin", "/usr/local/sbin"]);
    folders.map(|folder| Path::new(folder).join(program)).find(|file| file.is_file())
}

/// `plaintap ARGUMENTS`, ended and with its output.
pub fn plaintap<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Output {
    Command::new(PLAINTAP).args(arguments).stdin(Stdio::null()).output().expect("plaintap starts")
}

/// The text of an output stream.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Fails with everything that was printed unless the exit status is `expected`.
pub fn assert_status(output: &Output, expected: i32) {
    assert_eq!(
        output.status.code(),
        Some(expected),
        "{}\nstdout: {}\nstderr: {}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// What stock tshark prints for a file: no preference, no key log.
pub fn tshark(file: &Path, arguments: &[&str]) -> String {
    let output = Command::new("tshark")
        .arg("-n")
        .arg("-r")
        .arg(file)
        .args(arguments)
        .env("HOME", "/nonexistent")
        .env_remove("SSLKEYLOGFILE")
        .output()
        .expect("tshark starts");
    assert!(output.status.success(), "tshark {arguments:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// What `plaintap read` prints for a file.
pub fn read(file: &Path, arguments: &[&str]) -> String {
    let output =
        Command::new(PLAINTAP).arg("read").arg(file).args(arguments).output().expect("plaintap starts");
    assert_status(&output, 0);
    text(&output.stdout)
}

/// A child process that is ended when it goes out of scope.
pub struct Running(pub Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until `condition` holds; fails after [`PATIENCE`].
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A port of 127.0.0.1 that nobody listens on now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}

/// Waits until something accepts connections on a port of 127.0.0.1.
pub fn wait_for_port(port: u16) {
    wait_until("the server to listen", || TcpStream::connect(("127.0.0.1", port)).is_ok());
}

/// A self-signed certificate for localhost.
pub fn certificate(folder: &Path) -> (PathBuf, PathBuf) {
    let (certificate, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    let status = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args([
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1",
            // rustls takes no certificate authority's for a server's.
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ])
        .arg("-keyout")
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .stderr(Stdio::null())
        .status()
        .expect("openssl starts");
    assert!(status.success());
    (certificate, key)
}

/// nginx on loopback with TLS 1.2 and 1.3, HTTP/1 and HTTP/2. `/hello` and any other path answer with `Hello PATH`.
pub struct Nginx {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Its folder, gone at the end; tests may use it too.
    pub folder: TempDir,
    process: Running,
}

impl Nginx {
    /// Starts one.
    pub fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (certificate, key) = certificate(folder.path());
        let port = free_port();
        let here = folder.path().display();
        let configuration = format!(
            "daemon off; master_process off; pid {here}/pid; error_log {here}/error.log;\n\
             events {{ worker_connections 512; }}\n\
             http {{ access_log off;\n\
               client_body_temp_path {here}/b; proxy_temp_path {here}/p; fastcgi_temp_path {here}/f;\n\
               uwsgi_temp_path {here}/u; scgi_temp_path {here}/s;\n\
               server {{ listen 127.0.0.1:{port} ssl http2; ssl_protocols TLSv1.2 TLSv1.3;\n\
                 ssl_certificate {}; ssl_certificate_key {};\n\
                 location / {{ default_type text/plain; return 200 \"Hello $request_uri\\n\"; }} }} }}\n",
            certificate.display(),
            key.display(),
        );
        let file = folder.path().join("nginx.conf");
        fs::write(&file, configuration).expect("nginx.conf");
        let process = Command::new(find("nginx").expect("nginx"))
            .arg("-c")
            .arg(&file)
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("nginx starts");
        let process = Running(process);
        wait_for_port(port);
        Self { port, folder, process }
    }

    /// Its process; it has no other.
    pub fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// A URL of this server.
    pub fn url(&self, path: &str) -> String {
        format!("https://127.0.0.1:{}{path}", self.port)
    }

    /// A file name in the server's folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// Builds a Go program of `tests/data/go` with these flags; `None` (and a reason) where Go is missing.
pub fn go_build(program: &str, flags: &[&str], folder: &Path) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/go").join(program);
    let binary = folder.join(format!("{program}{}", flags.join("").replace(['-', ' ', '='], "_")));
    let output = Command::new("go")
        .arg("build")
        .args(flags)
        .arg("-o")
        .arg(&binary)
        .arg("main.go")
        .current_dir(source)
        .env("GOFLAGS", "-mod=mod")
        .env("GO111MODULE", "off")
        .output()
        .expect("go starts");
    assert!(output.status.success(), "go build: {}", text(&output.stderr));
    binary
}

/// The folders of plaintap's cgroups that exist now.
pub fn cgroups() -> Vec<PathBuf> {
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let mut found = Vec::new();
    for line in mounts.lines().filter(|line| line.contains(" - cgroup2 ")) {
        let Some(mount) = line.split(' ').nth(4) else { continue };
        collect_cgroups(Path::new(mount), 4, &mut found);
    }
    found
}

fn collect_cgroups(folder: &Path, depth: u32, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name().to_string_lossy().starts_with("plaintap-") {
            found.push(entry.path());
        } else if depth > 0 {
            collect_cgroups(&entry.path(), depth - 1, found);
        }
    }
}

/// Waits for a process, at most [`PATIENCE`]; returns its output.
pub fn finish(mut child: Child) -> Output {
    let start = Instant::now();
    while child.try_wait().expect("wait").is_none() {
        if start.elapsed() > PATIENCE {
            let _ = child.kill();
            panic!("the process did not end in {PATIENCE:?}");
        }
        thread::sleep(Duration::from_millis(5));
    }
    let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
    if let Some(mut pipe) = child.stdout.take() {
        let _ = pipe.read_to_end(&mut stdout);
    }
    if let Some(mut pipe) = child.stderr.take() {
        let _ = pipe.read_to_end(&mut stderr);
    }
    Output { status: child.wait().expect("wait"), stdout, stderr }
}
