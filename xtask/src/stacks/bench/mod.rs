//! Runs one program of the table under `plaintap run` and has tshark judge. The tests of the `plaintap` crate include this file too.
//!
//! A connection counts as decrypted when stock tshark finds in it what was said inside of TLS, or, where nothing was said, an encrypted
//! message of TLS itself. Nothing has a key log of its own.

mod packages;
mod programs;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

pub(crate) use programs::PROGRAMS;
use programs::{Ask, Peer, Program, Role};

/// How long any step may take.
const PATIENCE: Duration = Duration::from_secs(60);
/// More than any page here.
const MOST_BYTES: u64 = 1 << 20;
pub(crate) const VERSIONS: [Tls; 2] = [Tls::V1_3, Tls::V1_2];

/// The only version that a connection may agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    V1_3,
    V1_2,
}

impl Tls {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::V1_3 => "TLSv1.3",
            Self::V1_2 => "TLSv1.2",
        }
    }

    fn openssl_option(self) -> &'static str {
        match self {
            Self::V1_3 => "-tls1_3",
            Self::V1_2 => "-tls1_2",
        }
    }
}

/// What tshark finds in one capture.
#[derive(Debug)]
pub(crate) struct Cell {
    pub(crate) connections: usize,
    pub(crate) decrypted: usize,
    /// Connections in which the server shows no certificate.
    pub(crate) resumed: usize,
    /// From the program's start to its end.
    pub(crate) took: Duration,
}

/// A program that is here and can be started.
pub(crate) struct Prepared {
    pub(crate) version: String,
    /// Where its package is.
    package: PathBuf,
}

/// Where the programs run.
pub(crate) struct Bench {
    plaintap: PathBuf,
    /// Files of this run.
    folder: PathBuf,
    /// Packages; stays for the next run.
    packages: PathBuf,
}

impl Bench {
    pub(crate) fn new(plaintap: &Path, folder: &Path, packages: &Path) -> Result<Self> {
        fs::create_dir_all(folder)?;
        let bench = Self { plaintap: plaintap.into(), folder: folder.into(), packages: packages.into() };
        let status = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
            .args(["-days", "2", "-subj", "/CN=localhost"])
            .args(["-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"])
            .args(["-addext", "basicConstraints=critical,CA:FALSE", "-keyout"])
            .arg(bench.file("key.pem"))
            .arg("-out")
            .arg(bench.file("cert.pem"))
            .stderr(Stdio::null())
            .status()
            .context("openssl")?;
        if !status.success() {
            bail!("openssl req ended with {status}");
        }
        Ok(bench)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Fetches and builds what the program needs, and asks for its version.
    ///
    /// # Errors
    ///
    /// The program is not here and cannot be fetched.
    pub(crate) fn prepare(&self, program: &Program) -> Result<Prepared> {
        let mut prepared =
            Prepared { package: program.source.fetch(&self.packages)?, version: String::new() };
        let command = self.fill(program.version, &prepared, 0);
        let output = Command::new("sh").arg("-c").arg(command).stdin(Stdio::null()).output()?;
        prepared.version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if prepared.version.is_empty() {
            bail!("not installed");
        }
        Ok(prepared)
    }

    fn fill(&self, command: &str, prepared: &Prepared, port: u16) -> String {
        let text = |path: &Path| path.display().to_string();
        let package = text(&prepared.package);
        let python = packages::python(&self.packages);
        command
            .replace("{url}", &format!("https://127.0.0.1:{port}"))
            .replace("{port}", &port.to_string())
            .replace("{cert}", &text(&self.file("cert.pem")))
            .replace("{key}", &text(&self.file("key.pem")))
            .replace("{folder}", &text(&self.folder))
            .replace("{python}", &format!("env PYTHONPATH={package} {}", text(&python)))
            .replace("{package}", &package)
    }

    pub(crate) fn cell(&self, program: &Program, prepared: &Prepared, tls: Tls) -> Result<Cell> {
        let port = match program.role {
            // tshark knows this protocol by its port only.
            Role::Client(Peer::PostgreSql) => 5432,
            _ => TcpListener::bind("127.0.0.1:0")?.local_addr()?.port(),
        };
        // Kept, for when a connection is not decrypted.
        let name = format!("{} {} {} {}", program.name, prepared.version, program.role_name(), tls.name());
        let capture = self.file(&format!("{}.pcapng", packages::file_name(&name)));
        let command = self.fill(program.command, prepared, port);
        let start = Instant::now();
        match program.role {
            Role::Client(peer) => {
                let _peer = self.peer(peer, tls, port)?;
                let mut client = Ended(self.capture(&capture, &command)?);
                wait("the client to end", || Ok(client.0.try_wait()?.is_some()))?;
            }
            Role::Server(ask) => self.run_server(&command, ask, port, tls, &capture)?,
        }
        let took = start.elapsed();
        judge(&capture, tls, took)
    }

    /// Starts the server that clients talk to.
    fn peer(&self, peer: Peer, tls: Tls, port: u16) -> Result<Ended> {
        let text = |name| self.file(name).display().to_string();
        let (certificate, key) = (text("cert.pem"), text("key.pem"));
        let port_text = port.to_string();
        let mut command = match peer {
            Peer::OpenSsl => {
                let mut command = Command::new("openssl");
                command.args(["s_server", "-quiet", "-www", tls.openssl_option(), "-accept", &port_text]);
                command.args(["-cert", &certificate, "-key", &key]);
                command
            }
            Peer::Nginx => {
                let mut command = Command::new("/usr/sbin/nginx");
                command.arg("-c").arg(self.nginx(port, tls.name())?);
                command
            }
            Peer::Http3 => {
                let package = packages::Source::Pip("aioquic").fetch(&self.packages)?;
                let mut command = Command::new(packages::python(&self.packages));
                command.args(["-c", include_str!("http3_server.py"), &port_text, &certificate, &key]);
                command.env("PYTHONPATH", package);
                command
            }
            Peer::PostgreSql => {
                let mut command = Command::new("/usr/bin/python3");
                command.args(["-c", include_str!("postgresql_server.py")]);
                command.args([&port_text, &certificate, &key, tls.name()]);
                command
            }
        };
        let server = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let server = Ended(server.spawn().with_context(|| format!("{peer:?}"))?);
        wait("the peer to listen", || {
            Ok(match peer {
                Peer::Http3 => UdpSocket::bind(("127.0.0.1", port)).is_err(),
                _ => TcpStream::connect(("127.0.0.1", port)).is_ok(),
            })
        })?;
        Ok(server)
    }

    /// Writes a configuration for nginx.
    fn nginx(&self, port: u16, versions: &str) -> Result<PathBuf> {
        let file = self.file("nginx.conf");
        let none = Prepared { version: String::new(), package: PathBuf::new() };
        fs::write(&file, self.fill(NGINX, &none, port).replace("{versions}", versions))?;
        Ok(file)
    }

    fn run_server(&self, command: &str, ask: Ask, port: u16, tls: Tls, capture: &Path) -> Result<()> {
        self.nginx(port, "TLSv1.2 TLSv1.3")?;
        let mut server = Ended(self.capture(capture, command)?);
        let session = self.file("session");
        let _ = fs::remove_file(&session);
        // The first tries find nobody, and so leave no session behind.
        wait("the server to answer", || {
            if server.0.try_wait()?.is_some() {
                bail!("the server ended");
            }
            Ok(self.ask(ask, port, tls, "-sess_out", &session)? && session.exists())
        })?;
        if !self.ask(ask, port, tls, "-sess_in", &session)? {
            bail!("the server did not answer the second time");
        }
        Command::new("kill").args(["-INT", &server.0.id().to_string()]).status()?;
        wait("the server to end", || Ok(server.0.try_wait()?.is_some()))
    }

    /// Starts `plaintap run` of a shell command.
    fn capture(&self, file: &Path, command: &str) -> Result<Child> {
        Command::new(&self.plaintap)
            .args(["run", "-q", "-w"])
            .arg(file)
            .args(["--", "sh", "-c", command])
            .env("XDG_CACHE_HOME", self.file("cache"))
            .env_remove("SSLKEYLOGFILE")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .context("plaintap")
    }

    /// Asks a server for a page; whether it answered.
    fn ask(&self, ask: Ask, port: u16, tls: Tls, option: &str, session: &Path) -> Result<bool> {
        let client = Command::new("timeout")
            .args([&PATIENCE.as_secs().to_string(), "openssl", "s_client"])
            .args(["-quiet", "-no_ign_eof", tls.openssl_option(), option])
            .arg(session)
            .args(["-connect", &format!("127.0.0.1:{port}")])
            .args((ask == Ask::Http2).then_some(["-alpn", "h2"]).into_iter().flatten())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("openssl")?;
        let mut client = Ended(client);
        let (Some(mut input), Some(output)) = (client.0.stdin.take(), client.0.stdout.take()) else {
            bail!("openssl has no pipes");
        };
        let request: &[u8] = match ask {
            Ask::Http1 => b"GET /r HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            // The preface and empty SETTINGS (RFC 9113 §3.4).
            Ask::Http2 => b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
        };
        // Where there is no server the pipe is closed.
        let _ = input.write_all(request);
        let mut answer = Vec::new();
        match ask {
            Ask::Http1 => output.take(MOST_BYTES).read_to_end(&mut answer)?,
            // The frame of the server's settings. It waits for more, so the client closes.
            Ask::Http2 => output.take(9).read_to_end(&mut answer)?,
        };
        drop(input);
        wait("openssl to end", || Ok(client.0.try_wait()?.is_some()))?;
        Ok(match ask {
            Ask::Http1 => String::from_utf8_lossy(&answer).contains("200 "),
            Ask::Http2 => answer.len() == 9,
        })
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

/// One page that asks for another, on a connection of its own.
const NGINX: &str = "daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;
events {}
http { access_log off; keepalive_timeout 0;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  server { listen 127.0.0.1:{port} ssl http2; ssl_certificate {cert}; ssl_certificate_key {key};
    ssl_protocols {versions}; default_type text/html;
    location / { return 200 '<html><img src=/2></html>'; } } }
";

/// Counts connections by what tshark finds in them.
fn judge(capture: &Path, tls: Tls, took: Duration) -> Result<Cell> {
    let streams = |filter: &str| -> Result<BTreeSet<String>> {
        let output = Command::new("tshark")
            .args(["-n", "-Y", filter, "-T", "fields", "-e", "tcp.stream", "-e", "udp.stream", "-r"])
            .arg(capture)
            .env_remove("SSLKEYLOGFILE")
            .stderr(Stdio::null())
            .output()
            .context("tshark")?;
        Ok(String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect())
    };
    // Connections that never came to an agreement have no secrets.
    let connections = streams("tls.handshake.type == 2")?;
    // The last message that is encrypted in each: NewSessionTicket (RFC 8446 §4.6.1), Finished (RFC 5246 §7.4.9).
    let message = match tls {
        Tls::V1_3 => 4,
        Tls::V1_2 => 20,
    };
    let said = "http || http2 || pgsql || tls.alert_message.desc == 0";
    let decrypted = streams(&format!("http3 || tls && ({said} || tls.handshake.type == {message})"))?;
    let certificates = streams("tls.handshake.type == 11")?;
    Ok(Cell {
        connections: connections.len(),
        decrypted: connections.intersection(&decrypted).count(),
        resumed: decrypted.difference(&certificates).count(),
        took,
    })
}

/// Waits until `done` holds; an error after [`PATIENCE`].
fn wait(what: &str, mut done: impl FnMut() -> Result<bool>) -> Result<()> {
    let start = Instant::now();
    while !done()? {
        if start.elapsed() > PATIENCE {
            bail!("waited {PATIENCE:?} for {what}");
        }
        sleep(Duration::from_millis(20));
    }
    Ok(())
}
