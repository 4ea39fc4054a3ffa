//! plaintap killed with SIGKILL at random moments: the file opens, and nothing is left of it.
//!
//! One test in a binary of its own: it looks at the whole machine, so nothing else may capture meanwhile.

mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use support::*;

const KILLS: u64 = 100;

/// What a capture could leave behind: kernel programs, with their numbers, and network interfaces; a line each.
fn machine() -> BTreeSet<String> {
    let programs =
        Command::new(find("bpftool").expect("bpftool")).args(["prog", "show"]).output().expect("bpftool");
    let links = Command::new(find("ip").expect("ip")).args(["-o", "link"]).output().expect("ip");
    [programs.stdout, links.stdout]
        .iter()
        .flat_map(|bytes| text(bytes).lines().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

/// All processes, with what they wait for.
fn processes() -> String {
    let output = Command::new("ps").args(["-eo", "pid,ppid,stat,wchan:20,args"]).output().expect("ps");
    text(&output.stdout)
}

#[test]
fn a_killed_capture_leaves_a_readable_file_and_nothing_else() {
    if !can_run(&["nginx", "curl", "openssl", "tshark", "bpftool", "ip"]) {
        return;
    }
    let before = machine();
    let nginx = Nginx::start();
    let mut random = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_nanos() as u64 | 1;
    println!("seed {random}");
    let script = format!(
        "i=0; while [ $i -lt 20 ]; do curl -sk -o /dev/null {}; i=$((i+1)); done; echo done",
        nginx.url("/")
    );
    let (mut packets, mut empty, mut pids) = (0, 0, Vec::new());
    for kill in 0..KILLS {
        let file = nginx.file(&format!("{kill}.pcapng"));
        let child = Command::new(PLAINTAP)
            .arg("run")
            .arg("-w")
            .arg(&file)
            .args(["--", "sh", "-c", &script])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("plaintap starts");
        let mut child = Running(child);
        let pid = child.0.id();
        pids.push(pid);
        // xorshift64: any spread of moments will do.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        thread::sleep(Duration::from_millis(random % 600));
        child.0.kill().expect("SIGKILL");
        child.0.wait().expect("wait");
        match std::fs::metadata(&file) {
            // Killed before the file was made, or before its header was written.
            Err(_) => empty += 1,
            Ok(metadata) if metadata.len() == 0 => empty += 1,
            Ok(_) => {
                read(&file, &[]);
                packets += tshark(&file, &[]).lines().count();
            }
        }
        // The command goes on to its end, undisturbed, if it was started at all.
        let mut pipe = child.0.stdout.take().expect("a pipe");
        let reader = thread::spawn(move || {
            let mut output = String::new();
            std::io::Read::read_to_string(&mut pipe, &mut output).expect("its output");
            output
        });
        let start = Instant::now();
        while !reader.is_finished() {
            assert!(start.elapsed() < PATIENCE, "the command of {pid} hangs:\n{}", processes());
            thread::sleep(Duration::from_millis(5));
        }
        let output = reader.join().expect("the reader");
        assert!(output == "done\n" || output.is_empty(), "{output:?}");
    }
    println!("{KILLS} kills, {packets} packets in the files, {empty} killed before the file was begun");
    assert!(packets > 0);

    // The next start removes what is left of killed ones.
    assert_status(&plaintap(&["run", "-q", "-w", "/dev/null", "--", "true"]), 0);
    let ours = |path: &Path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        pids.iter().any(|pid| name.starts_with(&format!("plaintap-{pid}-")))
    };
    wait_until("all cgroups to be removed", || !cgroups().iter().any(|path| ours(path)));
    drop(nginx);
    // What the test before this one left to the kernel may go meanwhile; nothing may come.
    wait_until("the machine to be as before", || machine().is_subset(&before));
}
