//! The script of `plaintap inspect --emit bpftrace`, run by bpftrace.

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use support::*;

/// bpftrace 0.17 attaches uprobes through tracefs, which need not be mounted outside.
const TRACE: &str =
    "mount -t tracefs none /sys/kernel/tracing || mount -t debugfs none /sys/kernel/debug || exit 1
    exec bpftrace --unsafe -B line \"$1\"";

#[test]
fn emitted_script_prints_what_the_client_logs() {
    if !can_run(&["bpftrace", "unshare", "nginx", "curl", "openssl"]) {
        return;
    }
    let nginx = Nginx::start();
    let (script, printed) = (nginx.file("script.bt"), nginx.file("printed"));
    let emitted = plaintap(&["inspect", "--emit", "bpftrace", &nginx.pid().to_string()]);
    assert_status(&emitted, 0);
    fs::write(&script, emitted.stdout).expect("the script");
    let output = File::create(&printed).expect("a file");
    let bpftrace = Command::new("unshare")
        .args(["--mount", "sh", "-c", TRACE, "sh"])
        .arg(&script)
        .stdin(Stdio::null())
        .stderr(output.try_clone().expect("the file"))
        .stdout(output)
        .spawn();
    let mut bpftrace = Running(bpftrace.expect("unshare starts"));

    for version in ["1.2", "1.3"] {
        // The probe takes a while to come.
        wait_until("the script to print the secrets", || {
            let ended = bpftrace.0.try_wait().expect("wait");
            assert!(ended.is_none(), "{}", fs::read_to_string(&printed).expect("its words"));
            let log = nginx.file("theirs.keys");
            let _ = fs::remove_file(&log);
            let arguments = ["-sk", "--tls-max", version, "-o", "/dev/null", &nginx.url("/")];
            let status = Command::new("curl").args(arguments).env("SSLKEYLOGFILE", &log).status();
            assert!(status.expect("curl").success());
            let expected = lines(&log);
            assert_eq!(expected.len(), if version == "1.2" { 1 } else { 5 }, "{expected:?}");
            lines(&printed).is_superset(&expected)
        });
    }
}

/// What bpftrace or the client says, as lines of a key log.
fn lines(file: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().map(|line| line.replace("\\x", "")).collect()
}
