//! Macros of display filters, from our configuration and from Wireshark's, against tshark with the same macros.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use support::*;
use tempfile::TempDir;

const MACROS: [(&str, &str); 5] = [
    ("web", "tcp.port == 80 or tcp.port == 443"),
    ("port", "tcp.port == $1"),
    ("both", "${port:$1} and ${port:$2}"),
    ("quoted", "frame contains \"HTTP\""),
    ("syn_of", "tcp.flags.syn == $1 && ${port:8443}"),
];

fn capture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls13-h1.pcapng")
}

/// A folder for configuration with the macros in ours, in Wireshark's, or in both.
fn configuration(ours: &[(&str, &str)], wiresharks: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let lines =
        |row: fn(&(&str, &str)) -> String, rows: &[(&str, &str)]| rows.iter().map(row).collect::<String>();
    fs::create_dir(folder.path().join("plaintap")).expect("a folder");
    let text = lines(|(name, text)| format!("{name} = '{text}'\n"), ours);
    fs::write(folder.path().join("plaintap/config.toml"), format!("[macros]\n{text}")).expect("config.toml");
    fs::create_dir(folder.path().join("wireshark")).expect("a folder");
    let text = lines(|(name, text)| format!("\"{name}\",\"{}\"\n", text.replace('"', "\\x22")), wiresharks);
    fs::write(folder.path().join("wireshark/dfilter_macros"), text).expect("dfilter_macros");
    folder
}

/// The numbers of the packets that match, or what is wrong.
fn numbers(program: &mut Command, filter: &str, configuration: &TempDir) -> Output {
    program
        .args(["-Y", filter, "-T", "fields", "-e", "frame.number"])
        .env("XDG_CONFIG_HOME", configuration.path())
        .output()
        .expect("it starts")
}

fn ours(filter: &str, configuration: &TempDir) -> Output {
    numbers(Command::new(PLAINTAP).arg("read").arg(capture()), filter, configuration)
}

#[test]
fn macros_mean_what_they_do_in_tshark() {
    if find("tshark").is_none() {
        println!("skipped: tshark is not installed");
        return;
    }
    let (plaintaps, wiresharks) = (configuration(&MACROS, &[]), configuration(&[], &MACROS));
    let filters = [
        "${web}",
        "not ${port:8443}",
        "${both:8443;8443} and tls",
        "${quoted}",
        "${syn_of:1}",
        "${port: 8443 } or udp",
        "${nosuch}",
        "${port}",
        "${port:1;2}",
        "${web:1}",
        "${ web }",
        "${web",
    ];
    let mut matched = 0;
    for filter in filters {
        let theirs = numbers(Command::new("tshark").arg("-n").arg("-r").arg(capture()), filter, &wiresharks);
        for folder in [&plaintaps, &wiresharks] {
            let ours = ours(filter, folder);
            assert_eq!(ours.status.success(), theirs.status.success(), "{filter}: {}", text(&ours.stderr));
            assert_eq!(text(&ours.stdout), text(&theirs.stdout), "{filter}");
            matched += text(&ours.stdout).lines().count();
        }
    }
    assert!(matched > 50, "the filters match {matched} packets");
}

#[test]
fn errors_say_what_the_filter_became() {
    let folder = configuration(&[("old", "tcp.dstprot == 1"), ("a", "${b}"), ("b", "${a}")], &[]);
    for (filter, expected) in [
        ("udp or ${old}", "display filter 'udp or tcp.dstprot == 1', column 8: tcp.dstprot is neither"),
        ("udp or ${odl}", "column 10: there is no macro odl; did you mean old?"),
        ("${a}", "in macro b, column 1: macro a uses itself"),
    ] {
        let output = ours(filter, &folder);
        assert_status(&output, 2);
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
    fs::write(folder.path().join("plaintap/config.toml"), "[macros]\nx = 1\n").expect("config.toml");
    let output = ours("${x}", &folder);
    assert_status(&output, 2);
    assert!(
        text(&output.stderr).contains("config.toml: line 2: expected a filter"),
        "{}",
        text(&output.stderr)
    );
    assert_status(&ours("tcp", &folder), 0);
}

#[test]
fn our_macros_come_before_wiresharks_and_work_in_every_command() {
    let folder =
        configuration(&[("these", "frame.number == 2")], &[("these", "tcp"), ("those", "frame.number == 3")]);
    assert_eq!(text(&ours("${these} or ${those}", &folder).stdout), "2\n3\n");
    for command in ["convert", "read"] {
        let file = folder.path().join(format!("{command}.pcapng"));
        let arguments = if command == "read" { vec!["-w"] } else { vec![] };
        let output = Command::new(PLAINTAP)
            .arg(command)
            .arg(capture())
            .args(arguments)
            .arg(&file)
            .args(["-Y", "${these}"])
            .env("XDG_CONFIG_HOME", folder.path())
            .output()
            .expect("it starts");
        assert_status(&output, 0);
        assert_eq!(read(&file, &["-t", "r"]).lines().count(), 1);
    }
}
