//! `plaintap keys`, `targets` and `inspect` with real servers.

mod support;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use support::*;

const PEERS: &[&str] = &["nginx", "curl", "openssl"];

/// `plaintap keys`, once its probes are in place in `process`.
fn start_keys(process: u32, arguments: &[&str]) -> Running {
    let mut child = Command::new(PLAINTAP)
        .arg("keys")
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("plaintap starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let ready = format!("[{process}]: libssl");
    let mut seen = Vec::new();
    while !seen.last().is_some_and(|line: &String| line.contains(&ready)) {
        match lines.next() {
            Some(line) => seen.push(line.expect("a line")),
            None => panic!("plaintap keys ended: {seen:?}"),
        }
    }
    Running(child)
}

/// Ends it as Ctrl-C does; its exit status.
fn interrupt(child: &mut Child) -> Option<i32> {
    let kill = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    let mut status = None;
    wait_until("plaintap keys to end", || {
        status = child.try_wait().expect("wait");
        status.is_some()
    });
    status.and_then(|status| status.code())
}

fn lines(file: &Path) -> BTreeSet<String> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}

#[test]
fn keys_of_a_running_server_are_those_its_clients_log() {
    if !can_run(PEERS) {
        return;
    }
    let (nginx, other) = (Nginx::start(), Nginx::start());
    let (ours, theirs) = (nginx.file("ours.keys"), nginx.file("theirs.keys"));
    let output = ours.to_str().expect("UTF-8");
    let mut keys = start_keys(nginx.pid(), &["--comment", "-o", output, &nginx.pid().to_string()]);
    for (url, log) in [(nginx.url("/a"), Some(&theirs)), (other.url("/b"), None)] {
        for version in ["1.2", "1.3"] {
            let mut curl = Command::new("curl");
            curl.args(["-sk", "--tls-max", version, "-o", "/dev/null", &url]);
            match log {
                Some(log) => curl.env("SSLKEYLOGFILE", log),
                None => curl.env_remove("SSLKEYLOGFILE"),
            };
            assert!(curl.status().expect("curl").success());
        }
    }
    let expected = lines(&theirs);
    assert_eq!(expected.len(), 6, "{expected:?}");
    wait_until("the secrets", || lines(&ours).len() >= expected.len());
    assert_eq!(interrupt(&mut keys.0), Some(0));
    assert_eq!(lines(&ours), expected);

    let text = std::fs::read_to_string(&ours).expect("the key log");
    let comment = format!("# nginx[{}], OpenSSL or BoringSSL, libssl.so.3", nginx.pid());
    assert_eq!(text.lines().filter(|line| *line == comment).count(), expected.len(), "{text}");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&ours).expect("the key log"));
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn keys_end_with_their_process() {
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let mut keys = start_keys(nginx.pid(), &[&nginx.pid().to_string()]);
    drop(nginx);
    wait_until("plaintap keys to end", || keys.0.try_wait().expect("wait").is_some());
}

#[test]
fn targets_lists_processes_with_tls() {
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let output = plaintap(&["targets", "--json", &nginx.pid().to_string()]);
    assert_status(&output, 0);
    let text = text(&output.stdout);
    for part in ["\"name\":\"nginx\"", "\"keys\":true", "libssl.so.3\",\"stacks\":[\"OpenSSL or BoringSSL\"]"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_eq!(text.lines().count(), 1);
}

#[test]
fn inspect_shows_hooks_of_files_and_processes() {
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let output = plaintap(&["inspect", &nginx.pid().to_string()]);
    assert_status(&output, 0);
    let described = text(&output.stdout);
    for part in ["libssl.so.3: x86-64, build id ", "ssl_log_secret at file offset 0x", "label: string at rsi"]
    {
        assert!(described.contains(part), "{part}: {described}");
    }
    let output = plaintap(&["inspect", "--emit", "bpftrace", &nginx.pid().to_string()]);
    assert!(text(&output.stdout).contains("printf(\"%s %rx %rx\\n\", str(reg(\"si\"))"), "{output:?}");
}

#[test]
fn inspect_says_why_not() {
    let output = plaintap(&["inspect", "/bin/sh"]);
    assert_status(&output, 1);
    assert!(text(&output.stdout).contains("no TLS secrets can be taken\n"));
    for (target, reason) in [
        ("/nonexistent", "cannot open /nonexistent: No such file"),
        ("/etc/passwd", "/etc/passwd: not an ELF file"),
        ("/etc", "/etc: not a regular file"),
        ("2147483647", "there is no process 2147483647, and no file of that name"),
    ] {
        let output = plaintap(&["inspect", target]);
        assert_status(&output, 1);
        assert!(text(&output.stderr).contains(reason), "{target}: {}", text(&output.stderr));
    }
}
