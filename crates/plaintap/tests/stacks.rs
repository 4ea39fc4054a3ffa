//! Programs with other TLS libraries than OpenSSL and Go's, as clients and as servers: `plaintap run` takes their keys, and stock
//! tshark and `plaintap read` decrypt.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};

use support::*;

const TLS_1_2_ONLY: &str = "NORMAL:-VERS-TLS1.3";

/// Runs a command under plaintap, asserts that all its connections got keys, and returns what was asked for in them.
fn requests(file: &Path, connections: usize, command: &[&str]) -> Vec<String> {
    let path = file.to_str().expect("UTF-8");
    let output = plaintap(&[&["run", "-w", path, "--"], command].concat());
    let summary = text(&output.stderr);
    let expected = match connections {
        1 => "1 TLS connection, 1 with keys".to_owned(),
        n => format!("{n} TLS connections, {n} with keys"),
    };
    assert!(summary.contains(&expected), "{command:?}: {summary}");
    decrypted(file)
}

/// The requests that tshark and plaintap both find in a file.
fn decrypted(file: &Path) -> Vec<String> {
    let fields = ["-Y", "http.request", "-T", "fields", "-e", "http.request.uri"];
    let theirs = tshark(file, &fields);
    assert_eq!(read(file, &fields), theirs);
    theirs.lines().map(str::to_owned).collect()
}

/// A shell command that asks for `/PATH` with gnutls-cli.
fn gnutls_cli(nginx: &Nginx, priority: &str, options: &str, path: &str) -> String {
    format!(
        "printf 'GET /{path} HTTP/1.1\\r\\nHost: localhost\\r\\nConnection: close\\r\\n\\r\\n' | \
         gnutls-cli --insecure --logfile=/dev/null {options} -p {} --priority {priority} 127.0.0.1 >/dev/null",
        nginx.port
    )
}

#[test]
fn gnutls_clients_decrypt() {
    if !can_run(&["nginx", "gnutls-cli", "openssl", "tshark"]) {
        return;
    }
    let nginx = Nginx::start();
    let file = nginx.file("gnutls.pcapng");
    for (priority, path) in [("NORMAL", "new"), (TLS_1_2_ONLY, "old")] {
        let command = gnutls_cli(&nginx, priority, "", path);
        assert_eq!(requests(&file, 1, &["sh", "-c", &command]), [format!("/{path}")]);
    }
    // The first connection only gets the ticket; no master secret is derived in the second.
    let command = gnutls_cli(&nginx, TLS_1_2_ONLY, "--resume", "resumed");
    assert_eq!(requests(&file, 2, &["sh", "-c", &command]), ["/resumed"]);
    let certificates = tshark(&file, &["-Y", "tls.handshake.type == 11", "-T", "fields", "-e", "tcp.stream"]);
    assert_eq!(certificates, "0\n", "a resumed session needs none");
}

#[test]
fn wget_decrypts() {
    if !can_run(&["nginx", "wget", "openssl", "tshark"]) {
        return;
    }
    let nginx = Nginx::start();
    let file = nginx.file("wget.pcapng");
    let command = ["wget", "-q", "--no-check-certificate", "-O", "/dev/null", &nginx.url("/by-wget")];
    assert_eq!(requests(&file, 1, &command), ["/by-wget"]);
}

#[test]
fn gnutls_servers_decrypt() {
    if !can_run(&["gnutls-serv", "curl", "openssl", "tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = certificate(folder.path());
    let file = folder.path().join("server.pcapng");
    for version in ["1.3", "1.2"] {
        let port = free_port();
        let child = Command::new(PLAINTAP)
            .args(["run", "-w"])
            .arg(&file)
            .args(["--", "gnutls-serv", "--http", "-p", &port.to_string(), "--x509certfile"])
            .arg(&certificate)
            .arg("--x509keyfile")
            .arg(&key)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("plaintap starts");
        let child = Running(child);
        let url = format!("https://127.0.0.1:{port}/served");
        wait_until("the server to answer", || {
            let arguments = ["-sk", "--http1.1", "--tls-max", version, "-o", "/dev/null", &url];
            Command::new("curl").args(arguments).status().expect("curl").success()
        });
        interrupt(child);
        assert_eq!(decrypted(&file), ["/served"], "TLS {version}");
    }
}

/// Ends plaintap and its command as Ctrl-C does, and waits for it.
fn interrupt(mut child: Running) {
    let kill = Command::new("kill").args(["-INT", &child.0.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    wait_until("plaintap to end", || child.0.try_wait().expect("wait").is_some());
}

#[test]
fn rustls_clients_decrypt() {
    if !can_run(&["rustup", "openssl", "tshark"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = certificate(folder.path());
    let file = folder.path().join("rustls.pcapng");
    for version in ["-tls1_3", "-tls1_2"] {
        let port = free_port();
        let server = Command::new("openssl")
            .args(["s_server", "-quiet", "-www", version, "-accept", &port.to_string(), "-cert"])
            .arg(&certificate)
            .arg("-key")
            .arg(&key)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openssl starts");
        let _server = Running(server);
        wait_for_port(port);
        // It asks for the manifest, cannot make sense of the answer, and gives up.
        let environment = [
            format!("RUSTUP_HOME={}", folder.path().display()),
            format!("RUSTUP_DIST_SERVER=https://127.0.0.1:{port}"),
            format!("SSL_CERT_FILE={}", certificate.display()),
        ];
        let mut command: Vec<&str> = vec!["env"];
        command.extend(environment.iter().map(String::as_str));
        command.extend(["rustup", "toolchain", "install", "1.2.3", "--profile", "minimal"]);
        let manifest = "/dist/channel-rust-1.2.3.toml";
        let expected = [format!("{manifest}.sha256"), manifest.to_owned()];
        assert_eq!(requests(&file, 2, &command), expected, "{version}");
    }
}
