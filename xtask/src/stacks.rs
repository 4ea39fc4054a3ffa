//! `cargo xtask stacks`: real programs under `plaintap run`, each making or serving connections of TLS 1.3 and 1.2, the second of which
//! resumes where the program can. Prints the matrix of docs/stacks.md.
//!
//! The peer is OpenSSL's. tshark is the judge: a connection counts as decrypted when it finds HTTP in it, or the close_notify
//! that is sent encrypted at its end.

mod programs;

use std::collections::BTreeSet;
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

use programs::{PROGRAMS, Program, Role};

/// How long any step may take.
const PATIENCE: Duration = Duration::from_secs(60);
const VERSIONS: [&str; 2] = ["-tls1_3", "-tls1_2"];

/// Runs all programs, or those whose name holds one of the words given.
pub(crate) fn run() -> Result<()> {
    let wanted: Vec<String> = std::env::args().skip(2).collect();
    let bench = Bench::new()?;
    println!("| program | version | TLS library | role | TLS 1.3 | TLS 1.2 |\n|---|---|---|---|---|---|");
    let (mut all, mut decrypted) = (0, 0);
    for program in PROGRAMS {
        if !wanted.is_empty() && !wanted.iter().any(|word| program.name.contains(word.as_str())) {
            continue;
        }
        let role = if program.role == Role::Client { "client" } else { "server" };
        let Some(version) = bench.version(program) else {
            eprintln!("xtask: {} ({role}): not installed", program.name);
            continue;
        };
        let mut row = format!("| {} | {version} | {} | {role} |", program.name, program.stack);
        for tls in VERSIONS {
            let cell = bench.cell(program, tls).with_context(|| format!("{} {role} {tls}", program.name))?;
            all += cell.connections;
            decrypted += cell.decrypted;
            row.push_str(&format!(" {} of {}, {} resumed |", cell.decrypted, cell.connections, cell.resumed));
        }
        println!("{row}");
    }
    println!("\n{decrypted} of {all} connections decrypted.");
    Ok(())
}

/// What tshark finds in one capture.
struct Cell {
    connections: usize,
    decrypted: usize,
    /// Connections in which the server shows no certificate.
    resumed: usize,
}

/// Where the programs run.
struct Bench {
    plaintap: PathBuf,
    /// Files of this run.
    folder: PathBuf,
    /// Packages; stays for the next run.
    packages: PathBuf,
}

impl Bench {
    fn new() -> Result<Self> {
        crate::run(crate::cargo().args(["build", "--package", "plaintap"]))?;
        let target = crate::arrows::target_directory()?;
        let plaintap = target.join(crate::host()?).join("debug/plaintap");
        let (folder, packages) = (target.join("stacks"), target.join("stacks-packages"));
        fs::create_dir_all(&folder)?;
        let bench = Self { plaintap, folder, packages };
        let (certificate, key) = (bench.file("cert.pem"), bench.file("key.pem"));
        crate::run(
            Command::new("openssl")
                .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
                .args(["-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"])
                .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
                .arg(key)
                .arg("-out")
                .arg(certificate)
                .stderr(Stdio::null()),
        )?;
        for program in ["client", "server"] {
            let source = crate::root().join("crates/plaintap/tests/data/go").join(program).join("main.go");
            let binary = bench.file(&format!("go-{program}"));
            let mut go = Command::new("go");
            go.args(["build", "-ldflags", "-s -w", "-o"]).arg(binary).arg(source);
            if go.status().is_err() {
                break;
            }
        }
        Ok(bench)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The program's version; `None` if it is not here and cannot be fetched.
    fn version(&self, program: &Program) -> Option<String> {
        if !program.packages.is_empty() && !self.install(program.packages) {
            return None;
        }
        let output = Command::new("sh").arg("-c").arg(self.fill(program.version, 0)).output().ok()?;
        let version = String::from_utf8(output.stdout).ok()?.trim().to_owned();
        (!version.is_empty()).then_some(version)
    }

    fn install(&self, packages: &str) -> bool {
        let venv = || Command::new("python3").args(["-m", "venv"]).arg(&self.packages).status();
        if !self.packages.exists() && !venv().is_ok_and(|status| status.success()) {
            return false;
        }
        let pip = Command::new(self.packages.join("bin/pip")).args(["install", "-q", packages]).status();
        pip.is_ok_and(|status| status.success())
    }

    fn fill(&self, command: &str, port: u16) -> String {
        let text = |path: PathBuf| path.display().to_string();
        command
            .replace("{url}", &format!("https://127.0.0.1:{port}"))
            .replace("{port}", &port.to_string())
            .replace("{cert}", &text(self.file("cert.pem")))
            .replace("{key}", &text(self.file("key.pem")))
            .replace("{folder}", &text(self.folder.clone()))
            .replace("{python}", &text(self.packages.join("bin/python")))
            .replace("{bin}", &text(self.packages.join("bin")))
    }

    fn cell(&self, program: &Program, tls: &str) -> Result<Cell> {
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let capture = self.file("capture.pcapng");
        let command = self.fill(program.command, port);
        match program.role {
            Role::Client => self.run_client(&command, port, tls, &capture)?,
            Role::Server => self.run_server(&command, port, tls, &capture)?,
        }
        judge(&capture)
    }

    fn run_client(&self, command: &str, port: u16, tls: &str, capture: &Path) -> Result<()> {
        let server = Command::new("openssl")
            .args(["s_server", "-quiet", "-www", tls, "-accept", &port.to_string(), "-cert"])
            .arg(self.file("cert.pem"))
            .arg("-key")
            .arg(self.file("key.pem"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("openssl")?;
        let _server = Ended(server);
        wait_for_port(port)?;
        let mut client = Ended(self.capture(capture, command)?);
        wait(|| Ok(client.0.try_wait()?.is_some()))
    }

    fn run_server(&self, command: &str, port: u16, tls: &str, capture: &Path) -> Result<()> {
        fs::write(self.file("nginx.conf"), self.fill(NGINX, port))?;
        let mut server = Ended(self.capture(capture, command)?);
        let session = self.file("session");
        let _ = fs::remove_file(&session);
        // The first tries find nobody, and so leave no session behind.
        wait(|| Ok(self.ask(port, tls, "-sess_out", &session)? && session.exists()))?;
        if !self.ask(port, tls, "-sess_in", &session)? {
            bail!("the server did not answer the second time");
        }
        crate::run(Command::new("kill").args(["-INT", &server.0.id().to_string()]))?;
        wait(|| Ok(server.0.try_wait()?.is_some()))
    }

    /// Starts `plaintap run` of a shell command.
    fn capture(&self, file: &Path, command: &str) -> Result<Child> {
        Command::new(&self.plaintap)
            .args(["run", "-q", "-w"])
            .arg(file)
            .args(["--", "sh", "-c", command])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("plaintap")
    }

    /// Asks a server for a page; whether it answered.
    fn ask(&self, port: u16, tls: &str, option: &str, session: &Path) -> Result<bool> {
        let client = format!(
            "printf 'GET /r HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n' | \
             openssl s_client -ign_eof -connect 127.0.0.1:{port} {tls} {option} {}",
            session.display()
        );
        let output = Command::new("sh").arg("-c").arg(client).stderr(Stdio::null()).output()?;
        Ok(String::from_utf8_lossy(&output.stdout).contains("200 "))
    }
}

/// A process that is ended when it goes out of scope.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

const NGINX: &str = "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {}
http { access_log off;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server { listen 127.0.0.1:{port} ssl; ssl_certificate {cert}; ssl_certificate_key {key};
    ssl_protocols TLSv1.2 TLSv1.3; location / { return 200 hello; } } }
";

/// Counts connections by what tshark finds in them.
fn judge(capture: &Path) -> Result<Cell> {
    let streams = |filter: &str| -> Result<BTreeSet<String>> {
        let output = Command::new("tshark")
            .args(["-n", "-Y", filter, "-T", "fields", "-e", "tcp.stream", "-r"])
            .arg(capture)
            .env_remove("SSLKEYLOGFILE")
            .stderr(Stdio::null())
            .output()
            .context("tshark")?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    };
    // Connections that never came to an agreement have no secrets.
    let connections = streams("tls.handshake.type == 2")?;
    let decrypted = streams("http or http2 or tls.alert_message.desc == 0")?;
    let certificates = streams("tls.handshake.type == 11")?;
    Ok(Cell {
        connections: connections.len(),
        decrypted: connections.intersection(&decrypted).count(),
        resumed: decrypted.difference(&certificates).count(),
    })
}

fn wait_for_port(port: u16) -> Result<()> {
    wait(|| Ok(TcpStream::connect(("127.0.0.1", port)).is_ok()))
}

/// Waits until `done` holds; an error after [`PATIENCE`].
fn wait(mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !done()? {
        if start.elapsed() > PATIENCE {
            bail!("nothing happened for {PATIENCE:?}");
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}
