//! Every program and library is noticed before it runs, whatever way it is named.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

use crate::support::{Bench, is_installed, text};

/// Lines about files whose path ends so.
fn lines(bench: &Bench, kind: &str, path: &str) -> Vec<String> {
    let is_it = |line: &String| line.split(' ').nth(4).is_some_and(|seen| seen.ends_with(path));
    bench.log_lines(&format!("{kind} ")).into_iter().filter(is_it).collect()
}

fn assert_before(bench: &Bench) {
    let late: Vec<_> =
        bench.log().lines().filter(|line| line.contains(" late ")).map(str::to_owned).collect();
    assert!(late.is_empty(), "{late:?}");
    assert!(bench.log().contains("unreadable: 0"), "{}", bench.log());
}

fn build_static(bench: &Bench, source: &str, program: &str) {
    let mut compiler = Command::new("gcc");
    compiler.args(["-static", "-o", program, source]).current_dir(&bench.directory);
    assert!(compiler.status().unwrap().success());
}

#[test]
fn libssl_of_curl_and_python_is_seen_before_it_is_mapped() {
    let Some(bench) = Bench::new() else { return };
    if !is_installed("curl") || !is_installed("python3") {
        return;
    }
    // Which library the interpreter really uses: it may be linked in.
    let maps = "import ssl; print(open('/proc/self/maps').read())";
    let output = bench.run(&format!("sh -c 'curl --version >/dev/null'; python3 -c \"{maps}\""));
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(lines(&bench, "map", "/libssl.so.3").len(), 1, "{}", bench.log());
    assert_before(&bench);
    // Every file that is mapped executable in the end was announced, ld.so excepted, which the kernel maps.
    let log = bench.log();
    let maps = text(&output.stdout);
    let mapped: Vec<_> = maps.lines().filter(|line| line.contains("r-xp")).collect();
    let files =
        mapped.iter().filter_map(|line| line.split_ascii_whitespace().nth(5)).filter(|f| f.starts_with('/'));
    let missing: Vec<_> = files.filter(|file| !file.contains("/ld-") && !log.contains(*file)).collect();
    assert!(missing.is_empty(), "{missing:?} in {log}");
}

#[test]
fn children_of_children_and_relative_paths() {
    let Some(bench) = Bench::new() else { return };
    fs::create_dir(bench.path("sub")).unwrap();
    fs::copy("/bin/echo", bench.path("sub/own-echo")).unwrap();
    let output = bench.run("sh -c 'sh -c \"cd sub && ./own-echo one && ../sub/own-echo two\"; exit 0'");
    assert_eq!(text(&output.stdout), "one\ntwo\n");
    let seen = lines(&bench, "exec", "/sub/own-echo");
    assert_eq!(seen.len(), 2, "{}", bench.log());
    assert!(seen[0].contains(" new ") && seen[0].ends_with("[\"./own-echo\", \"one\"]"), "{seen:?}");
    assert!(seen[1].contains(" known "), "{seen:?}");
    assert_before(&bench);
}

#[test]
fn scripts_name_their_interpreters() {
    let Some(bench) = Bench::new() else { return };
    let write = |name: &str, text: String| {
        fs::write(bench.path(name), text).unwrap();
        fs::set_permissions(bench.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    };
    write("inner", "#!/bin/sh\necho inner \"$@\"\n".into());
    write("outer", format!("#! {} with\n", bench.path("inner").display()));
    let output = bench.runner(&[]).args(["./outer", "arg"]).output().unwrap();
    assert_eq!(text(&output.stdout), "inner with ./outer arg\n");
    for file in ["/outer", "/inner", "/bin/dash"] {
        let seen = lines(&bench, "exec", file);
        let shell =
            file == "/bin/dash" && fs::canonicalize("/bin/sh").unwrap() != fs::canonicalize(file).unwrap();
        assert!(shell || seen.len() == 1, "{file}: {}", bench.log());
    }
    assert_before(&bench);
}

#[test]
fn static_programs_deleted_files_and_memfds() {
    let Some(bench) = Bench::new() else { return };
    if !is_installed("gcc") || !is_installed("python3") {
        return;
    }
    fs::write(bench.path("hello.c"), "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n")
        .unwrap();
    build_static(&bench, "hello.c", "hello");
    let python = r#"
import os
def run(exec_it):
    if os.fork() == 0:
        exec_it()
        os._exit(99)
    assert os.wait()[1] == 0
content = open("hello", "rb").read()
run(lambda: os.execv("hello", ["static"]))
fd = os.memfd_create("inmemory")
os.write(fd, content)
run(lambda: os.execve(fd, ["memfd"], {}))
run(lambda: os.execv(f"/proc/self/fd/{fd}", ["by-proc"]))
run(lambda: os.execv(f"/dev/fd/{fd}", ["by-dev"]))
copy = os.open("gone", os.O_RDWR | os.O_CREAT, 0o755)
os.write(copy, content)
os.close(copy)
copy = os.open("gone", os.O_RDONLY)
os.unlink("gone")
run(lambda: os.execve(copy, ["deleted"], {}))
run(lambda: os.execv("/proc/self/exe", ["python3", "-c", "pass"]))
"#;
    fs::write(bench.path("exec.py"), python).unwrap();
    let output = bench.runner(&[]).args(["python3", "exec.py"]).stdin(Stdio::null()).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(text(&output.stdout), "hello\n".repeat(5));
    let log = bench.log();
    let seen = |path: &str, argument: &str| {
        let is_it = |line: &str| line.starts_with("exec") && line.contains(path) && line.contains(argument);
        assert!(log.lines().any(is_it), "{path} {argument}: {log}");
    };
    seen("/hello [", "[\"static\"]");
    seen("memfd:inmemory", "[\"memfd\"]");
    seen("memfd:inmemory", "[\"by-proc\"]");
    seen("memfd:inmemory", "[\"by-dev\"]");
    seen("/gone (deleted)", "[\"deleted\"]");
    seen("python3", "\"-c\", \"pass\"");
    assert_before(&bench);
}

#[test]
fn programs_below_another_root() {
    let Some(bench) = Bench::new() else { return };
    if !is_installed("gcc") || !is_installed("chroot") {
        return;
    }
    fs::create_dir_all(bench.path("jail/bin")).unwrap();
    fs::write(
        bench.path("p.c"),
        "#include <unistd.h>\nint main(int c, char **v) { return c > 1 ? execv(v[1], v + 1) : 7; }\n",
    )
    .unwrap();
    build_static(&bench, "p.c", "jail/bin/first");
    fs::copy(bench.path("jail/bin/first"), bench.path("jail/bin/second")).unwrap();
    // An absolute link that leads nowhere outside.
    std::os::unix::fs::symlink("/bin/second", bench.path("jail/link")).unwrap();
    let output = bench.runner(&[]).args(["chroot", "jail", "/bin/first", "/link"]).output().unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", text(&output.stderr));
    assert_eq!(lines(&bench, "exec", "/jail/bin/first").len(), 1, "{}", bench.log());
    assert_eq!(lines(&bench, "exec", "/jail/bin/second").len(), 1, "{}", bench.log());
    assert_before(&bench);
}

#[test]
fn a_changed_file_is_new_again() {
    let Some(bench) = Bench::new() else { return };
    fs::copy("/bin/true", bench.path("program")).unwrap();
    bench.run("./program; ./program; printf x >>program; ./program");
    let seen = lines(&bench, "exec", "/program");
    let new: Vec<_> = seen.iter().map(|line| line.contains(" new ")).collect();
    assert_eq!(new, [true, false, true], "{}", bench.log());
}

#[test]
fn a_listener_of_the_programs_own_is_refused_and_counted() {
    let Some(bench) = Bench::new() else { return };
    if !is_installed("python3") {
        return;
    }
    // seccomp(SECCOMP_SET_MODE_FILTER, NEW_LISTENER, {1, {RET ALLOW}})
    let python = r#"
import ctypes, errno, struct
libc = ctypes.CDLL(None, use_errno=True)
number = {"x86_64": 317, "aarch64": 277}[__import__("platform").machine()]
code = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7fff0000))
program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", 1, ctypes.addressof(code)))
result = libc.syscall(number, 1, 8, program)
print(errno.errorcode[ctypes.get_errno()] if result < 0 else "installed")
"#;
    fs::write(bench.path("listener.py"), python).unwrap();
    let run = |options: &[&str]| {
        let output = bench.runner(options).args(["python3", "listener.py"]).output().unwrap();
        (text(&output.stdout), text(&output.stderr))
    };
    assert_eq!(run(&[]), ("EBUSY\n".into(), String::new()));
    assert!(bench.log().contains("listeners_refused: 1"), "{}", bench.log());
    assert_eq!(run(&["--no-notify"]), ("installed\n".into(), String::new()));
    assert!(bench.log().contains("unsupervised cannot notice"), "{}", bench.log());
}

#[test]
fn run_within_run_goes_on_unsupervised() {
    let Some(bench) = Bench::new() else { return };
    let inner = crate::support::runner_path();
    let output = bench
        .runner(&[])
        .arg(&inner)
        .args(["--log", "inner.log", "--", "sh", "-c", "/bin/echo in; exit 4"])
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stdout).as_str()),
        (Some(4), "in\n"),
        "{}",
        text(&output.stderr)
    );
    let inner_log = fs::read_to_string(bench.path("inner.log")).unwrap();
    assert!(inner_log.contains("the kernel allows one"), "{inner_log}");
    assert!(inner_log.contains(&bench.logged("cgroup")), "the inner cgroup is inside the outer: {inner_log}");
    assert!(!bench.cgroup().exists());
    assert_eq!(lines(&bench, "exec", "/echo").len(), 1);
}
