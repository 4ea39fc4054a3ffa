//! The command behaves as if it ran alone: exit status, streams, environment, descriptors, user.

use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::support::{Bench, text};

#[test]
fn exit_codes_and_signals_are_passed_up() {
    let Some(bench) = Bench::new() else { return };
    for code in [0, 1, 5, 255] {
        assert_eq!(bench.run(&format!("exit {code}")).status.code(), Some(code));
    }
    for signal in [libc::SIGTERM, libc::SIGKILL, libc::SIGINT, libc::SIGSEGV, libc::SIGUSR1] {
        let status = bench.run(&format!("kill -{signal} $$")).status;
        assert_eq!((status.code(), status.signal()), (None, Some(signal)));
        assert!(!status.core_dumped() || signal != libc::SIGSEGV, "a core file of plaintap's own");
    }
}

#[test]
fn failing_to_execute_has_the_statuses_of_a_shell() {
    let Some(bench) = Bench::new() else { return };
    let run = |program: &str| {
        let output = bench.runner(&[]).arg(program).output().unwrap();
        (output.status.code().unwrap(), text(&output.stderr))
    };
    let plain = bench.path("plain");
    std::fs::write(&plain, "#!/bin/sh\n").unwrap();
    let (status, message) = run("no-such-command");
    assert_eq!(status, 127);
    assert!(message.contains("\"no-such-command\": command not found"), "{message}");
    assert_eq!(run("./no/such/file").0, 127);
    let (status, message) = run("./plain");
    assert_eq!(status, 126);
    assert!(message.contains("permission denied"), "{message}");
    assert_eq!(run("/").0, 126);
    assert!(!bench.cgroup().exists());
}

#[test]
fn scripts_without_an_interpreter_line_are_run_by_the_shell() {
    let Some(bench) = Bench::new() else { return };
    let script = bench.path("script");
    std::fs::write(&script, "echo \"args: $@\"; exit 9\n").unwrap();
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let path = format!("{}:/usr/bin:/bin", bench.directory.display());
    let output = bench.runner(&[]).args(["script", "a b", "c"]).env("PATH", path).output().unwrap();
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(9), "args: a b c\n"));
}

#[test]
fn standard_streams_belong_to_the_command() {
    let Some(bench) = Bench::new() else { return };
    let mut child =
        bench.runner(&[]).arg("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let input = vec![b'x'; 300_000];
    let mut stdin = child.stdin.take().unwrap();
    let written = input.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&written).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.stdout, input);
    let output = bench.runner(&["--stdout-to-stderr"]).args(["sh", "-c", "echo out; echo err >&2"]).output();
    let output = output.unwrap();
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("", "out\nerr\n"));
}

/// Everything a process inherits, as far as it can be printed.
const INHERITED: &str = r#"
    env | grep -v '^_=' | sort
    grep -E '^(Umask|NoNewPrivs|Sig(Blk|Ign|Cgt|Q)|Cap|Groups|Uid|Gid|Threads|Cpus_allowed|Speculation)' /proc/self/status \
        | grep -v SigQ
    for fd in /proc/self/fd/*; do echo "$fd $(readlink $fd)"; done | sed 's/pipe:.*/pipe/; s,/proc/[0-9]*/fd$,/proc,'
    pwd; ulimit -a; nice
    cut -d' ' -f 6,7 /proc/self/stat
    cat /proc/self/oom_score_adj /proc/self/timerslack_ns
"#;

#[test]
fn nothing_inherited_differs_from_running_alone() {
    let Some(bench) = Bench::new() else { return };
    // 3 and 7 are open, SIGHUP and SIGPIPE are ignored, the mask is not empty, as a caller may have it.
    let script = bench.path("inherited");
    std::fs::write(&script, INHERITED).unwrap();
    let wrapper = "trap '' HUP PIPE CHLD; exec 3</dev/null 7>/dev/full; umask 027; \"$@\"";
    let under = |command: &mut Command| {
        let runner = [command.get_program().to_owned()];
        let arguments: Vec<_> = runner.into_iter().chain(command.get_args().map(ToOwned::to_owned)).collect();
        let mut shell = Command::new("bash");
        shell.args(["-c", wrapper, "bash"]).args(arguments).current_dir(&bench.directory);
        let output = shell.stdin(Stdio::null()).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let alone = under(Command::new("bash").arg(&script));
    let run = under(bench.runner(&[]).arg("bash").arg(&script));
    // What the wrapper set arrived: SIGHUP, SIGPIPE and SIGCHLD.
    let ignored = alone.lines().find_map(|line| line.strip_prefix("SigIgn:\t")).unwrap();
    assert_eq!(u64::from_str_radix(ignored, 16).unwrap() & 0x11001, 0x11001);
    let differences: Vec<_> = alone.lines().zip(run.lines()).filter(|(a, b)| a != b).collect();
    assert!(differences.is_empty() && alone.lines().count() == run.lines().count(), "{differences:#?}");
}

#[test]
fn another_user_gets_groups_and_environment() {
    let Some(bench) = Bench::new() else { return };
    let Ok(user) = plaintap_linux::run::User::find("nobody") else {
        return eprintln!("skipped: there is no user nobody");
    };
    let script = "id -u; id -g; id -G; echo $HOME $SHELL $USER $LOGNAME; /bin/true && echo execs";
    let output = bench.runner(&["--as", "nobody"]).args(["sh", "-c", script]).output().unwrap();
    let groups: Vec<_> = user.groups.iter().map(ToString::to_string).collect();
    let expect = format!(
        "{}\n{}\n{}\n{} {} nobody nobody\nexecs\n",
        user.uid,
        user.gid,
        groups.join(" "),
        user.home,
        user.shell
    );
    assert_eq!(text(&output.stdout), expect, "{}", text(&output.stderr));
    assert!(bench.log().contains("/bin/true"));
    let output = bench.runner(&["--as", "no-such-user"]).arg("true").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("no user \"no-such-user\""));
}

#[test]
fn setuid_programs_keep_their_power() {
    let Some(bench) = Bench::new() else { return };
    let program = bench.path("id");
    std::fs::copy("/usr/bin/id", &program).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o4755)).unwrap();
    let mut alone = Command::new("setpriv");
    alone.args(["--reuid=65534", "--regid=65534", "--clear-groups", "./id", "-u"]);
    let alone = text(&alone.current_dir(&bench.directory).output().unwrap().stdout);
    if alone != "0\n" {
        return eprintln!("skipped: setuid programs do not work in {}", bench.directory.display());
    }
    let output = bench.runner(&["--as", "nobody"]).args(["./id", "-u"]).output().unwrap();
    assert_eq!(text(&output.stdout), "0\n", "{}", text(&output.stderr));
}

/// Not a limit but a figure: `cargo test -- --nocapture overhead`.
#[test]
fn overhead_of_500_execs() {
    let Some(bench) = Bench::new() else { return };
    let script = "i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i+1)); done";
    let time = |command: &mut Command| {
        let start = Instant::now();
        assert!(command.args(["sh", "-c", script]).status().unwrap().success());
        start.elapsed().as_secs_f64()
    };
    let alone = time(Command::new("env").current_dir(&bench.directory));
    let run = time(&mut bench.runner(&[]));
    let notifications: u64 = bench
        .log()
        .split("notifications: ")
        .nth(1)
        .and_then(|rest| rest.split(',').next()?.parse().ok())
        .unwrap();
    assert!(notifications >= 1000, "{notifications}");
    println!("500 programs: {alone:.3} s alone, {run:.3} s run: ratio {:.2}", run / alone);
}
