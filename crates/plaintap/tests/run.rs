//! `plaintap run` end to end, with real servers and clients: exactly the command's packets, decrypted by stock tshark
//! and by `plaintap read`.

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use support::*;

const PEERS: &[&str] = &["nginx", "curl", "openssl", "tshark"];

/// Connections in a file: SYNs without ACK.
fn connections(file: &Path) -> usize {
    tshark(file, &["-Y", "tcp.flags.syn == 1 and tcp.flags.ack == 0"]).lines().count()
}

fn uris(file: &Path) -> Vec<String> {
    let text = tshark(file, &["-Y", "http.request", "-T", "fields", "-e", "http.request.uri"]);
    text.lines().map(str::to_owned).collect()
}

/// Runs a command under plaintap; its summary.
fn capture(file: &Path, command: &[&str]) -> String {
    let mut arguments = vec!["run".to_owned(), "-w".to_owned(), file.display().to_string(), "--".to_owned()];
    arguments.extend(command.iter().map(|&word| word.to_owned()));
    let output = plaintap(&arguments);
    assert_status(&output, 0);
    text(&output.stderr)
}

#[test]
fn curl_is_captured_alone_and_decrypted() {
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let (url, file) = (nginx.url("/hello"), nginx.file("a.pcapng"));

    // Another curl asks for the same all the time, outside of the target.
    let stop = Arc::new(AtomicBool::new(false));
    let outside = {
        let (stop, url) = (Arc::clone(&stop), url.clone());
        thread::spawn(move || {
            let mut requests = 0;
            while !stop.load(Ordering::Relaxed) {
                let status =
                    Command::new("curl").args(["-sk", "--http1.1", "-o", "/dev/null", &url]).status();
                assert!(status.expect("curl").success());
                requests += 1;
            }
            requests
        })
    };
    let summary = capture(&file, &["curl", "-sk", "--http1.1", &url]);
    stop.store(true, Ordering::Relaxed);
    let others = outside.join().expect("the other curls");

    assert!(others > 0);
    assert_eq!(connections(&file), 1, "{others} requests were made outside\n{summary}");
    assert_eq!(uris(&file), ["/hello"]);
    assert!(summary.contains("1 TLS connection, 1 with keys"), "{summary}");
    let lines = read(&file, &[]);
    assert!(lines.contains("curl["), "{lines}");
    assert!(lines.contains("GET /hello HTTP/1.1"), "{lines}");
    assert!(lines.contains("HTTP/1.1 200 OK"), "{lines}");
    let mode = std::os::unix::fs::MetadataExt::mode(&std::fs::metadata(&file).expect("the file"));
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn tls_1_2_and_http2_decrypt() {
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let file = nginx.file("tls12.pcapng");
    capture(&file, &["curl", "-sk", "--http1.1", "--tls-max", "1.2", &nginx.url("/old")]);
    assert_eq!(uris(&file), ["/old"]);
    assert!(read(&file, &[]).contains("GET /old HTTP/1.1"));

    let file = nginx.file("h2.pcapng");
    capture(&file, &["curl", "-sk", "--http2", &nginx.url("/two")]);
    let paths = tshark(&file, &["-Y", "http2.headers.path", "-T", "fields", "-e", "http2.headers.path"]);
    assert_eq!(paths.trim(), "/two");
    assert!(read(&file, &[]).contains("HTTP2"), "{}", read(&file, &[]));
}

#[test]
fn stripped_go_programs_decrypt() {
    if !can_run(&[PEERS, &["go"]].concat()) {
        return;
    }
    let nginx = Nginx::start();
    for (name, flags) in
        [("stripped", &["-ldflags", "-s -w"][..]), ("pie", &["-buildmode=pie", "-ldflags", "-s -w"][..])]
    {
        let client = go_build("client", flags, nginx.folder.path());
        let client = client.to_str().expect("UTF-8");
        let file = nginx.file(&format!("go-{name}.pcapng"));
        let summary = capture(&file, &[client, &nginx.url("/from-go")]);
        assert!(summary.contains("1 TLS connection, 1 with keys"), "{name}: {summary}");
        let paths = tshark(
            &file,
            &[
                "-Y",
                "http.request or http2.headers.path",
                "-T",
                "fields",
                "-e",
                "http.request.uri",
                "-e",
                "http2.headers.path",
            ],
        );
        assert_eq!(paths.trim(), "/from-go", "{name}");
    }
}

#[test]
fn stripped_go_servers_decrypt() {
    if !can_run(&[PEERS, &["go"]].concat()) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let (certificate, key) = certificate(folder.path());
    for (name, flags) in
        [("stripped", &["-ldflags", "-s -w"][..]), ("pie", &["-buildmode=pie", "-ldflags", "-s -w"][..])]
    {
        let server = go_build("server", flags, folder.path());
        let port = free_port();
        let file = folder.path().join(format!("{name}.pcapng"));
        let child = Command::new(PLAINTAP)
            .arg("run")
            .arg("-w")
            .arg(&file)
            .arg("--")
            .arg(&server)
            .arg(format!("127.0.0.1:{port}"))
            .args([&certificate, &key])
            .arg("2")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("plaintap starts");
        let mut child = Running(child);
        let url = format!("https://127.0.0.1:{port}/served");
        for version in ["1.3", "1.2"] {
            wait_until("the server to answer", || {
                let curl = Command::new("curl")
                    .args(["-skf", "--http1.1", "--tls-max", version, "-o", "/dev/null", &url])
                    .status();
                curl.expect("curl").success()
            });
        }
        wait_until("the server to end", || child.0.try_wait().expect("wait").is_some());
        assert_eq!(uris(&file), ["/served", "/served"], "{name}");
        let lines = read(&file, &[]);
        assert_eq!(lines.matches("GET /served HTTP/1.1").count(), 2, "{name}: {lines}");
        assert!(lines.contains("server"), "{name}: {lines}");
    }
}

#[test]
fn a_python_client_decrypts() {
    if !can_run(&[PEERS, &["python3"]].concat()) {
        return;
    }
    let nginx = Nginx::start();
    let file = nginx.file("python.pcapng");
    let program = "import ssl, sys, urllib.request\n\
        print(urllib.request.urlopen(sys.argv[1], context=ssl._create_unverified_context()).status)";
    // The system's python has its ssl module and libssl as shared objects that are mapped long after its start.
    capture(&file, &["/usr/bin/python3", "-c", program, &nginx.url("/from-python")]);
    assert_eq!(uris(&file), ["/from-python"]);
    assert!(read(&file, &[]).contains("python3["));
}

#[test]
fn a_shell_script_with_several_clients_decrypts() {
    if !can_run(&[PEERS, &["python3"]].concat()) {
        return;
    }
    let nginx = Nginx::start();
    let (file, url) = (nginx.file("script.pcapng"), nginx.url(""));
    let script = format!(
        "#!/bin/sh\ncurl -sk --http1.1 {url}/one\n\
         printf 'GET /two HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect 127.0.0.1:{} 2>/dev/null\n\
         /usr/bin/python3 -c \"import ssl, urllib.request; urllib.request.urlopen('{url}/three', \
         context=ssl._create_unverified_context())\"\n(curl -sk --http1.1 {url}/four) &\nwait\n",
        nginx.port
    );
    let path = nginx.file("script.sh");
    std::fs::write(&path, script).expect("a script");
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("chmod");
    let summary = capture(&file, &[path.to_str().expect("UTF-8")]);
    assert_eq!(uris(&file), ["/one", "/two", "/three", "/four"], "{summary}");
    assert!(summary.contains("4 TLS connections, 4 with keys"), "{summary}");
    let names = read(&file, &["-T", "fields", "-e", "proc.name", "-Y", "http.request"]);
    assert_eq!(names.lines().collect::<Vec<_>>(), ["curl", "openssl", "python3", "curl"]);
}

#[test]
fn two_hundred_short_lived_clients_all_decrypt() {
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let file = nginx.file("many.pcapng");
    let script = format!(
        "i=0; while [ $i -lt 200 ]; do curl -sk --http1.1 -o /dev/null {}$i || exit 1; i=$((i+1)); done",
        nginx.url("/n")
    );
    let summary = capture(&file, &["sh", "-c", &script]);
    let expected: Vec<String> = (0..200).map(|i| format!("/n{i}")).collect();
    assert_eq!(uris(&file), expected, "{summary}");
    let ours = read(&file, &["-Y", "http.request", "-T", "fields", "-e", "http.request.uri"]);
    assert_eq!(ours.lines().collect::<Vec<_>>(), expected);
    assert!(summary.contains("200 TLS connections, 200 with keys"), "{summary}");
}

#[test]
fn udp_icmp_and_ipv6_are_captured_too() {
    if !can_run(&["tshark", "python3"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("udp.pcapng");
    let program = "import socket\n\
        for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):\n\
        \x20server = socket.socket(family, socket.SOCK_DGRAM); server.bind((address, 0))\n\
        \x20client = socket.socket(family, socket.SOCK_DGRAM); client.sendto(b'ask', server.getsockname())\n\
        \x20data, peer = server.recvfrom(10); server.sendto(b'answer', peer); client.recv(10)\n\
        icmp = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)\n\
        icmp.sendto(bytes([8, 0, 0xf7, 0xff, 0, 0, 0, 0]), ('127.0.0.1', 0)); icmp.recv(100); icmp.recv(100)\n";
    capture(&file, &["/usr/bin/python3", "-c", program]);
    let text = tshark(
        &file,
        &["-T", "fields", "-e", "udp.length", "-e", "ip.src", "-e", "ipv6.src", "-e", "icmp.type"],
    );
    let rows: Vec<&str> = text.lines().collect();
    // Each datagram once, although both ends are the target's; the echo reply comes from the kernel itself.
    assert_eq!(
        rows,
        [
            "11\t127.0.0.1\t\t",
            "14\t127.0.0.1\t\t",
            "11\t\t::1\t",
            "14\t\t::1\t",
            "\t127.0.0.1\t\t8",
            "\t127.0.0.1\t\t0"
        ]
    );
}

#[test]
fn options_of_run_do_what_they_say() {
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let url = nginx.url("/x");

    // -c: the capture ends, the command does not.
    let file = nginx.file("count.pcapng");
    let path = file.display().to_string();
    let output = plaintap(&["run", "-c", "3", "-w", &path, "--", "curl", "-sk", &url]);
    assert_status(&output, 0);
    assert_eq!(text(&output.stdout), "Hello /x\n");
    assert_eq!(tshark(&file, &[]).lines().count(), 3);

    // -s cuts what is kept; the secrets are there all the same.
    let path = nginx.file("snap.pcapng");
    let output =
        plaintap(&["run", "-s", "60", "-w", path.to_str().expect("UTF-8"), "--", "curl", "-sk", &url]);
    assert_status(&output, 0);
    assert!(text(&output.stderr).contains("1 TLS connection, 1 with keys"));
    let lengths = tshark(&path, &["-T", "fields", "-e", "frame.cap_len"]);
    assert!(lengths.lines().all(|l| l.parse::<u32>().is_ok_and(|n| n <= 60)), "{lengths}");

    // --no-keys: packets, no secrets.
    let path = nginx.file("nokeys.pcapng");
    let output =
        plaintap(&["run", "--no-keys", "-w", path.to_str().expect("UTF-8"), "--", "curl", "-sk", &url]);
    assert_status(&output, 0);
    assert_eq!(connections(&path), 1);
    assert_eq!(uris(&path), Vec::<String>::new());

    // Without -w: lines on standard error, the command's output untouched.
    let output = plaintap(&["run", "--", "curl", "-sk", "--http1.1", &url]);
    assert_status(&output, 0);
    assert_eq!(text(&output.stdout), "Hello /x\n");
    assert!(text(&output.stderr).contains("GET /x HTTP/1.1"), "{}", text(&output.stderr));

    // -w -: the capture on standard output, the command's output on standard error.
    let output = plaintap(&["run", "-w", "-", "--", "curl", "-sk", "--http1.1", &url]);
    assert_status(&output, 0);
    let path = nginx.file("stdout.pcapng");
    std::fs::write(&path, &output.stdout).expect("a file");
    assert_eq!(uris(&path), ["/x"]);
    assert!(text(&output.stderr).contains("Hello /x\n"));

    // --as: another user.
    let output = plaintap(&["run", "--as", "nobody", "-q", "-w", "/dev/null", "--", "id", "-un"]);
    assert_status(&output, 0);
    assert_eq!(text(&output.stdout), "nobody\n");
}

#[test]
fn an_interrupt_ends_the_command_and_completes_the_file() {
    use std::os::unix::process::{CommandExt, ExitStatusExt};
    if !can_run(PEERS) {
        return;
    }
    let nginx = Nginx::start();
    let file = nginx.file("interrupted.pcapng");
    let script = format!("curl -sk --http1.1 {}; echo asked; exec sleep 100", nginx.url("/before"));
    let mut child = Command::new(PLAINTAP)
        .arg("run")
        .arg("-w")
        .arg(&file)
        .args(["--", "sh", "-c", &script])
        .process_group(0)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("plaintap starts");
    let mut line = [0; 20];
    let mut pipe = child.stdout.take().expect("a pipe");
    let mut seen = Vec::new();
    while !text(&seen).contains("asked") {
        let n = std::io::Read::read(&mut pipe, &mut line).expect("its output");
        assert!(n > 0, "{}", text(&seen));
        seen.extend(&line[..n]);
    }
    // As the terminal does it: to the whole process group.
    let kill = Command::new("kill").args(["-INT", "--", &format!("-{}", child.id())]).status();
    assert!(kill.expect("kill").success());
    let output = finish(child);
    assert_eq!(output.status.signal(), Some(2), "{}", text(&output.stderr));
    assert_eq!(uris(&file), ["/before"]);
    assert!(text(&output.stderr).contains("1 TLS connection, 1 with keys"), "{}", text(&output.stderr));
}
