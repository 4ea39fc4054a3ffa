//! What goes wrong: one clear line, the right exit status, nothing left on the machine, the command not disturbed.

mod support;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::*;

/// Runs a command line to its end and checks that no cgroup of the plaintap in it is left.
fn run(command: &mut Command) -> Output {
    let child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let pid = child.id();
    let output = finish(child);
    let left: Vec<_> =
        cgroups().into_iter().filter(|c| c.to_string_lossy().contains(&format!("plaintap-{pid}-"))).collect();
    assert!(left.is_empty(), "cgroups left: {left:?}");
    output
}

fn plaintap_run(arguments: &[&str]) -> Output {
    run(Command::new(PLAINTAP).arg("run").args(arguments))
}

/// The error lines: everything but the summary's.
fn error(output: &Output) -> String {
    let text = text(&output.stderr);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1, "expected one line: {text}");
    assert!(lines[0].starts_with("plaintap: "), "{text}");
    lines[0].to_owned()
}

#[test]
fn without_privileges_it_says_which_are_missing_and_runs_nothing() {
    if !can_run(&["setpriv"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("marker");
    let output = run(Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all", PLAINTAP, "run", "--", "touch"])
        .arg(&marker));
    assert_status(&output, 1);
    let error = error(&output);
    assert!(error.contains("CAP_BPF") && error.contains("sudo"), "{error}");
    assert!(!marker.exists());
}

#[test]
fn where_ebpf_is_refused_the_command_does_not_run() {
    if !can_run(&["python3"]) {
        return;
    }
    // A seccomp filter that answers bpf(2) with EPERM, as some containers have.
    let filter = "import ctypes, struct, os, sys\n\
        nr = {'x86_64': 321, 'aarch64': 280}[os.uname().machine]\n\
        code = [(0x20, 0, 0, 0), (0x15, 0, 1, nr), (6, 0, 0, 0x50001), (6, 0, 0, 0x7fff0000)]\n\
        program = b''.join(struct.pack('HBBI', *i) for i in code)\n\
        buffer = ctypes.create_string_buffer(program)\n\
        class Prog(ctypes.Structure): _fields_ = [('len', ctypes.c_ushort), ('filter', ctypes.c_void_p)]\n\
        prog = Prog(len(code), ctypes.addressof(buffer))\n\
        assert ctypes.CDLL(None).prctl(22, 2, ctypes.byref(prog), 0, 0) == 0\n\
        os.execv(sys.argv[1], sys.argv[1:])";
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("marker");
    let output =
        run(Command::new("python3").args(["-c", filter, PLAINTAP, "run", "--", "touch"]).arg(&marker));
    assert_status(&output, 1);
    let error = error(&output);
    assert!(error.contains("not permitted") && error.contains("CAP_BPF"), "{error}");
    assert!(!marker.exists());
}

#[test]
fn commands_that_cannot_be_executed() {
    if !can_run(&[]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let capture = folder.path().join("a.pcapng");
    let path = capture.to_str().expect("UTF-8");

    let output = plaintap_run(&["-w", path, "--", "no-such-command-here"]);
    assert_status(&output, 127);
    assert!(error(&output).contains("no-such-command-here"));
    assert!(!capture.exists(), "a capture of nothing was left behind");

    let file = folder.path().join("data");
    std::fs::write(&file, "just data\n").expect("a file");
    let output = plaintap_run(&["--", file.to_str().expect("UTF-8")]);
    assert_status(&output, 126);
    assert!(error(&output).contains("permission denied"));

    let output = plaintap_run(&["--as", "no-such-user-here", "--", "true"]);
    assert_status(&output, 1);
    assert!(error(&output).contains("no-such-user-here"));

    let output = plaintap_run(&[]);
    assert_status(&output, 2);
}

#[test]
fn the_exit_status_is_that_of_the_command() {
    if !can_run(&[]) {
        return;
    }
    let output = plaintap_run(&["-q", "--", "sh", "-c", "exit 42"]);
    assert_status(&output, 42);
    let output = plaintap_run(&["-q", "--", "sh", "-c", "kill -TERM $$"]);
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(output.status.signal(), Some(15));
}

#[test]
fn a_script_without_places_says_so() {
    let output = plaintap(&["inspect", "--emit", "bpftrace", "/bin/true"]);
    assert_status(&output, 1);
    assert!(output.stdout.is_empty());
    assert!(text(&output.stderr).contains("nothing to emit"), "{}", text(&output.stderr));
}

#[test]
fn captures_that_cannot_be_written() {
    if !can_run(&["curl", "nginx", "openssl", "tshark", "unshare"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let marker = folder.path().join("marker");
    let output =
        plaintap_run(&["-w", "/no/such/folder/a.pcapng", "--", "touch", marker.to_str().expect("UTF-8")]);
    assert_status(&output, 1);
    let message = error(&output);
    assert!(message.contains("/no/such/folder/a.pcapng") && message.contains("does not exist"), "{message}");
    assert!(!marker.exists());

    // A full disk: what fits is whole, the command gets all it asked for.
    let nginx = Nginx::start();
    let script = format!(
        "mount -t tmpfs -o size=48k tmpfs {0} && {PLAINTAP} run -w {0}/a.pcapng -- sh -c \
         'for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do curl -sk {1}$i; done'; status=$?; \
         cp {0}/a.pcapng {2}; exit $status",
        folder.path().display(),
        nginx.url("/"),
        nginx.file("full.pcapng").display(),
    );
    let output = run(Command::new("unshare").args(["-m", "sh", "-c", &script]));
    assert_status(&output, 1);
    assert_eq!(text(&output.stdout).lines().count(), 20);
    let message = text(&output.stderr);
    assert!(
        message.contains("cannot be written") && message.contains("No space left on device"),
        "{message}"
    );
    let packets = tshark(&nginx.file("full.pcapng"), &[]).lines().count();
    assert!(packets > 50, "{packets} packets\n{message}");

    // The ledger alone cannot be written: the command's own good end does not hide it.
    let output = plaintap_run(&["-w", "/dev/null", "--ledger", "/dev/full", "--", "true"]);
    assert_status(&output, 1);
    assert!(text(&output.stderr).contains("cannot write to /dev/full"), "{}", text(&output.stderr));
    assert_status(
        &plaintap_run(&["-w", "/dev/null", "--ledger", "/dev/full", "--", "sh", "-c", "exit 7"]),
        7,
    );

    // A reader that has enough.
    let script = format!("{PLAINTAP} run -q -w - -- curl -sk {} | head -c 100 | wc -c", nginx.url("/x"));
    let output = run(Command::new("sh").args(["-c", &script]));
    assert_status(&output, 0);
    assert_eq!(text(&output.stdout).trim(), "100");
    let message = text(&output.stderr);
    assert!(message.contains("Hello /x"), "{message}");
    assert!(message.lines().count() <= 2, "{message}");
}

#[test]
fn without_a_mounted_cgroup_v2_it_makes_do() {
    if !can_run(&["curl", "nginx", "openssl", "tshark", "unshare"]) {
        return;
    }
    let nginx = Nginx::start();
    let file = nginx.file("a.pcapng");
    let script = format!(
        "grep ' - cgroup2 ' /proc/self/mountinfo | cut -d' ' -f5 | while read m; do umount -l $m; done; \
         ! grep -q ' - cgroup2 ' /proc/self/mountinfo || exit 99; \
         {PLAINTAP} run -w {} -- curl -sk --http1.1 {}",
        file.display(),
        nginx.url("/detached")
    );
    let output = run(Command::new("unshare").args(["-m", "sh", "-c", &script]));
    assert_status(&output, 0);
    assert!(read(&file, &[]).contains("GET /detached"), "{}", text(&output.stderr));
}

#[test]
fn files_that_are_no_captures() {
    let folder = tempfile::tempdir().expect("a folder");
    let read = |path: &Path| {
        let output = Command::new(PLAINTAP).arg("read").arg(path).output().expect("plaintap starts");
        let message = error(&output);
        (output, message)
    };
    let file = folder.path().join("text");
    std::fs::write(&file, "no capture at all\n").expect("a file");
    let (output, message) = read(&file);
    assert_status(&output, 1);
    assert!(message.contains("not a capture file") && message.contains("no c"), "{message}");

    std::fs::write(&file, "").expect("a file");
    assert!(read(&file).1.contains("empty"));
    assert!(read(folder.path()).1.contains("is a folder"));
    assert!(read(&folder.path().join("nothing")).1.contains("No such file"));
}

#[test]
fn a_truncated_capture_yields_what_stands_before_the_cut() {
    let folder = tempfile::tempdir().expect("a folder");
    let whole = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls13-h1.pcapng"));
    let whole = whole.expect("the test capture");
    let file = folder.path().join("cut.pcapng");
    std::fs::write(&file, &whole).expect("a file");
    let all = text(&plaintap(&["read", file.to_str().expect("UTF-8")]).stdout);
    std::fs::write(&file, &whole[..whole.len() - 30]).expect("a file");
    let output = plaintap(&["read", file.to_str().expect("UTF-8")]);
    assert_status(&output, 1);
    let message = error(&output);
    assert!(message.contains("truncated at byte"), "{message}");
    let cut = text(&output.stdout);
    assert!(all.starts_with(&cut) && cut.lines().count() > 10, "{cut}");
}

#[test]
fn typing_errors_are_explained() {
    let output = plaintap(&["raed", "x"]);
    assert_status(&output, 2);
    assert!(text(&output.stderr).contains("read"), "{}", text(&output.stderr));

    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls13-h1.pcapng");
    let capture = capture.to_str().expect("UTF-8");
    let output = plaintap(&["read", capture, "-T", "fields", "-e", "tcp.dstprot"]);
    assert_status(&output, 2);
    assert!(error(&output).contains("tcp.dstport"), "{}", error(&output));

    let output = plaintap(&["read", capture, "-Y", "tcp.dstprot == 443"]);
    assert_status(&output, 2);
    assert!(text(&output.stderr).contains("tcp.dstport"), "{}", text(&output.stderr));
}

#[test]
fn targets_that_cannot_be_any_are_typing_errors_and_those_that_are_not_there_are_none() {
    for (command, arguments, reason) in [
        ("keys", ["--pod", "web"], "expected NAMESPACE/NAME"),
        ("targets", ["--pod", "shop/"], "expected NAMESPACE/NAME"),
        ("targets", ["--pod", "a/b/c/d"], "expected NAMESPACE/NAME"),
        ("keys", ["--user", "no-such-user"], "no-such-user"),
        ("targets", ["--user", "-1"], "-1"),
        ("keys", ["--pid", "0"], "0"),
        ("keys", ["--pid", "one"], "one"),
        ("targets", ["--process", ""], "--process"),
        ("targets", ["--cgroup", ""], "--cgroup"),
        ("targets", ["--unit", ""], "--unit"),
        ("targets", ["--container", ""], "--container"),
    ] {
        let output = plaintap(&[command, arguments[0], arguments[1]]);
        assert_status(&output, 2);
        let message = text(&output.stderr);
        assert!(message.contains(reason), "{command} {arguments:?}: {message}");
    }
    assert_status(&plaintap(&["targets", ""]), 2);
    let output = plaintap(&["targets", "--pid", &i32::MAX.to_string()]);
    assert_status(&output, 1);
    assert!(error(&output).contains("there is no process"), "{}", error(&output));
}
