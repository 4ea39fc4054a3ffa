//! What is left when plaintap, the guard or the command is killed: nothing, and the command goes on.

use std::fs;
use std::process::{Command, Stdio};

use crate::support::{Bench, Killed, find_guard, guard_of, kill, lives, runner_path, text, wait_until};

#[test]
fn the_command_survives_plaintap_and_goes_on_executing() {
    let Some(bench) = Bench::new() else { return };
    let fifo = bench.fifo("go");
    let script = "read x <go; /bin/echo after >after; /bin/sh -c '/bin/echo nested >nested'; mv nested done";
    let mut runner = Killed(bench.runner(&[]).args(["sh", "-c", script]).spawn().unwrap());
    bench.wait_for_log("event Started");
    let guard = guard_of(runner.0.id());
    runner.0.kill().unwrap();
    runner.0.wait().unwrap();
    assert!(lives(guard));
    fs::write(&fifo, "x\n").unwrap();
    wait_until("the command's end", || bench.path("done").exists());
    assert_eq!(fs::read_to_string(bench.path("after")).unwrap(), "after\n");
    wait_until("the guard's end", || !lives(guard));
    assert!(!bench.cgroup().exists());
}

#[test]
fn plaintap_killed_over_a_notification() {
    // The first is the exec of the command itself, when the held child still has what it inherited.
    for held in ["/sh", "/touch"] {
        let Some(bench) = Bench::new() else { return };
        fs::copy("/bin/sh", bench.path("sh")).unwrap();
        let mut runner = bench.runner(&["--stall-on", held]);
        let mut runner = Killed(runner.args(["./sh", "-c", "touch done"]).spawn().unwrap());
        bench.wait_for_log("stalled");
        let guard = guard_of(runner.0.id());
        assert!(!bench.path("done").exists());
        runner.0.kill().unwrap();
        runner.0.wait().unwrap();
        wait_until("the held program", || bench.path("done").exists());
        wait_until("the guard's end", || !lives(guard));
        assert!(!bench.cgroup().exists());
    }
}

#[test]
fn daemons_are_looked_after_when_plaintap_ended() {
    let Some(bench) = Bench::new() else { return };
    let fifo = bench.fifo("go");
    // Waits for the daemon to have its own session before ending.
    let script = "setsid sh -c 'touch up; read x <go; /bin/touch done' >/dev/null 2>&1 & \
        until [ -e up ]; do sleep 0.02; done; exit 3";
    let mut runner =
        Killed(bench.runner(&[]).args(["sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap());
    bench.wait_for_log("event Started");
    let guard = guard_of(runner.0.id());
    // Reading to the end also shows that the guard does not hold the pipe.
    let mut output = String::new();
    std::io::Read::read_to_string(&mut runner.0.stdout.take().unwrap(), &mut output).unwrap();
    assert_eq!(runner.0.wait().unwrap().code(), Some(3));
    assert!(lives(guard) && bench.cgroup().exists());
    fs::write(&fifo, "x\n").unwrap();
    wait_until("the daemon's end", || bench.path("done").exists());
    wait_until("the guard's end", || !lives(guard));
    assert!(!bench.cgroup().exists());
}

#[test]
fn nothing_is_left_after_a_normal_end() {
    let Some(bench) = Bench::new() else { return };
    // The target nests cgroups itself.
    let script = "mkdir -p $0/a/b; echo $$ >$0/a/cgroup.procs; echo done";
    let mut runner = bench.runner(&[]);
    let probe = "exec sh -c \"$1\" \"$(sed -n 's/^cgroup //p' log)\"";
    let runner = runner.args(["sh", "-c", probe, "sh", script]).stdout(Stdio::piped()).spawn().unwrap();
    let pid = runner.id();
    let output = runner.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(text(&output.stdout), "done\n");
    assert!(!bench.cgroup().exists());
    assert_eq!(find_guard(pid), None);
}

#[test]
fn the_guard_holds_nothing_and_is_hidden() {
    let Some(bench) = Bench::new() else { return };
    let runner = Killed(bench.runner(&[]).args(["sleep", "600"]).stdout(Stdio::piped()).spawn().unwrap());
    bench.wait_for_log("event Started");
    let (pid, command) = (runner.0.id(), bench.logged("pid").parse::<u32>().unwrap());
    let guard = guard_of(pid);
    let links: Vec<_> = fs::read_dir(format!("/proc/{guard}/fd"))
        .unwrap()
        .map(|entry| fs::read_link(entry.unwrap().path()).unwrap().display().to_string())
        .collect();
    assert!(links.iter().all(|link| !link.starts_with("pipe:") && !link.contains("log")), "{links:?}");
    assert_eq!(links.iter().filter(|link| *link == "/dev/null").count(), 3, "{links:?}");
    let fields = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.split(' ').skip(3).take(3).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(fields(guard)[2], guard.to_string(), "a session of its own");
    assert_eq!(fields(command)[0], pid.to_string(), "the command is plaintap's child");
    assert_eq!(fields(command)[1..], fields(pid)[1..], "the command has plaintap's group and session");
    assert_eq!(fs::read_link(format!("/proc/{guard}/cwd")).unwrap().to_str(), Some("/"));
    kill(command, "-KILL");
}

#[test]
fn cgroups_of_killed_runs_are_removed_and_no_others() {
    let Some(bench) = Bench::new() else { return };
    let Some(living) = Bench::new() else { return };
    let other = Killed(living.runner(&[]).args(["sleep", "600"]).spawn().unwrap());
    living.wait_for_log("event Started");
    let mut runner = Killed(bench.runner(&[]).args(["sleep", "600"]).spawn().unwrap());
    bench.wait_for_log("event Started");
    let (guard, command) = (guard_of(runner.0.id()), bench.logged("pid").parse().unwrap());
    // Guard and plaintap die, then the command: nobody is left to remove the cgroup.
    kill(guard, "-KILL");
    runner.0.kill().unwrap();
    runner.0.wait().unwrap();
    let sweep = || {
        let output = Command::new(runner_path()).arg("--remove-stale").output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
    };
    fs::create_dir(bench.cgroup().join("nested")).unwrap();
    sweep();
    assert!(bench.cgroup().exists(), "a process is in it");
    kill(command, "-KILL");
    wait_until("the command's end", || !lives(command));
    wait_until("removal", || {
        sweep();
        !bench.cgroup().exists()
    });
    assert!(living.cgroup().exists());
    kill(living.logged("pid").parse().unwrap(), "-KILL");
    drop(other);
}

#[test]
fn plaintap_goes_on_when_the_guard_is_killed() {
    let Some(bench) = Bench::new() else { return };
    let fifo = bench.fifo("go");
    let script = "read x <go; /bin/echo after; exit 6";
    let runner = bench.runner(&[]).args(["sh", "-c", script]).stdout(Stdio::piped()).spawn().unwrap();
    bench.wait_for_log("event Started");
    kill(guard_of(runner.id()), "-KILL");
    fs::write(&fifo, "x\n").unwrap();
    let output = runner.wait_with_output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(6), "after\n"));
    assert!(!bench.cgroup().exists());
}

#[test]
fn a_prepared_command_that_is_never_started_leaves_nothing() {
    let Some(bench) = Bench::new() else { return };
    // The log cannot be made, so the example panics between prepare and start.
    let mut runner = Command::new(runner_path());
    runner.args(["--log", "/no/such/directory/log", "--", "touch", "done"]).current_dir(&bench.directory);
    let output = runner.output().unwrap();
    assert_eq!(output.status.code(), Some(101), "{}", text(&output.stderr));
    assert!(!bench.path("done").exists());
}
