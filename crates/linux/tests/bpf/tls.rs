//! The secrets of OpenSSL connections, found by `plaintap-locate`, against OpenSSL's own key log.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs::{self, File};
use std::net::TcpListener;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::probes::{Scratch, collect};
use crate::support::{Cgroup, Process, allowed, obstacle, run, skipped};
use plaintap_linux::bpf::{HookId, Probes, SecretEvent, TargetFilter};

/// The lines of a key log without its comments.
fn key_log(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()).map(str::to_owned).collect()
}

fn line(event: &SecretEvent) -> String {
    let mut line = String::from_utf8(event.label().to_vec()).unwrap();
    for part in [event.client_random.unwrap().as_slice(), event.secret.as_bytes()] {
        line.push(' ');
        for byte in part {
            write!(line, "{byte:02x}").unwrap();
        }
    }
    line
}

/// The files that a process has mapped as code.
fn code_files(pid: u32) -> BTreeSet<PathBuf> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    let code = maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.contains('x')));
    code.filter_map(|line| line.find('/').map(|start| PathBuf::from(&line[start..]))).collect()
}

/// Probes the TLS library of a process, whichever file that is.
fn probe_library(probes: &mut Probes, pid: u32) -> Vec<HookId> {
    for path in code_files(pid) {
        let hooks = fs::read(&path).map(|bytes| plaintap_locate::locate(&bytes).map(|report| report.hooks));
        if let Ok(Ok(hooks)) = hooks
            && !hooks.is_empty()
        {
            let file = File::open(&path).unwrap();
            let attached = probes.attacher.attach(file.as_fd(), &hooks).unwrap();
            assert!(attached.failed.is_empty(), "{}: {attached:?}", path.display());
            return attached.hooks.into_iter().map(|(_, id)| id).collect();
        }
    }
    panic!("no TLS library in process {pid}");
}

fn make_certificate(directory: &Path) {
    run(Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"])
        .args(["-subj", "/CN=localhost", "-days", "2", "-keyout", "key.pem", "-out", "certificate.pem"])
        .current_dir(directory));
}

#[test]
fn the_target_s_secrets_are_its_own_key_log_and_nobody_else_s_are_seen() {
    if let Some(reason) = obstacle(&["openssl"]) {
        return skipped(&reason);
    }
    let (scratch, inside, outside) = (Scratch::new(), Cgroup::new(), Cgroup::new());
    make_certificate(&scratch.0);
    let Some(mut probes) = allowed(Probes::new(&TargetFilter::of_directory(inside.fd()).unwrap())) else {
        return;
    };
    let mut seen = 0;
    for (version, server_in_target) in
        [("-tls1_3", true), ("-tls1_2", true), ("-tls1_3", false), ("-tls1_2", false)]
    {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let command = |role: &str, in_target: bool| {
            let mut command = if in_target { &inside } else { &outside }.command("openssl");
            command.args([role, version, "-keylogfile", &format!("{role}.log")]).current_dir(&scratch.0);
            command
        };
        let mut server = command("s_server", server_in_target);
        server.args(["-naccept", "1", "-cert", "certificate.pem", "-key", "key.pem"]);
        server.args(["-accept", &format!("127.0.0.1:{port}")]).stdin(Stdio::piped());
        let server = Process::saying("ACCEPT", server);
        // Server and client map the same inode.
        let hooks = probe_library(&mut probes, server.0.id());

        let mut client = command("s_client", !server_in_target);
        client.args(["-connect", &format!("127.0.0.1:{port}"), "-quiet", "-no_ign_eof"]).stdin(Stdio::null());
        let client = Process(client.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap());
        let (server_pid, client_pid) = (server.0.id(), client.0.id());
        client.finish();
        server.finish();

        let events = collect(&mut probes.reader, &hooks, seen);
        seen += events.len() as u64;
        let (role, pid) = if server_in_target { ("s_server", server_pid) } else { ("s_client", client_pid) };
        let lines: BTreeSet<String> = events.iter().map(line).collect();
        let log = scratch.0.join(format!("{role}.log"));
        assert_eq!(lines, key_log(&log), "{version} {role}");
        assert!(!lines.is_empty());
        assert!(events.iter().all(|event| event.pid == pid), "{events:?}");
        for role in ["s_server", "s_client"] {
            fs::remove_file(scratch.0.join(format!("{role}.log"))).unwrap();
        }
    }
}
