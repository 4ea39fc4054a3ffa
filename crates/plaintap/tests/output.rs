//! What `read` prints: `-T fields` with its options and columns, details of chosen protocols, against tshark.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;

use support::*;

fn capture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls13-h1.pcapng")
}

#[test]
fn options_of_fields_are_tsharks() {
    if find("tshark").is_none() {
        println!("skipped: tshark is not installed");
        return;
    }
    let fields = ["-T", "fields", "-e", "frame.number", "-e", "ip.addr", "-e", "tcp.options.mss_val"];
    let fields: Vec<_> = fields.into_iter().chain(["-e", "http.host", "-e", "http.content_type"]).collect();
    let options: [&[&str]; 8] = [
        &[],
        &["header=y"],
        &["header=y", "separator=,", "quote=d"],
        &["separator=/s", "aggregator=/s", "quote=s"],
        &["occurrence=f", "bom=y"],
        &["occurrence=l", "separator=;", "header=y"],
        &["aggregator=|", "separator=/t", "header=n"],
        &["quote=d", "quote=n", "occurrence=a"],
    ];
    for options in options {
        let arguments: Vec<_> =
            fields.iter().copied().chain(options.iter().flat_map(|o| ["-E", o])).collect();
        let expected = tshark(&capture(), &arguments);
        assert_eq!(read(&capture(), &arguments), expected, "{options:?}");
        assert!(expected.lines().count() > 15);
    }
    // The header is there without packets too.
    let none = [&fields[..], &["-E", "header=y", "-Y", "frame.number == 0"]].concat();
    assert_eq!(read(&capture(), &none), tshark(&capture(), &none));
}

#[test]
fn layers_and_columns_are_fields_too() {
    if find("tshark").is_none() {
        println!("skipped: tshark is not installed");
        return;
    }
    // One packet is JSON, which we count as HTTP.
    let arguments = "-Y frame.number!=32 -T fields -e ip -e _ws.col.No. -e _ws.col.Source -e _ws.col.Destination -e _ws.col.Length \
                     -e _ws.col.Protocol -e _ws.col.Time -E header=y";
    let arguments: Vec<_> = arguments.split_whitespace().collect();
    // Our capture has nanoseconds, of which tshark shows all and our clock six digits.
    let cut = |line: &str| match line.rfind('.') {
        Some(point) if line.len() == point + 10 => line[..point + 7].to_owned(),
        _ => line.to_owned(),
    };
    let expected: Vec<_> = tshark(&capture(), &arguments).lines().map(cut).collect();
    assert_eq!(read(&capture(), &arguments).lines().collect::<Vec<_>>(), expected);

    let info = read(&capture(), &["-Y", "tcp.flags.syn == 1", "-T", "fields", "-e", "_ws.col.info"]);
    assert!(
        info.lines()
            .all(|line| line.contains("[SYN") && line.contains(" → 8443 ") | line.contains("8443 → "))
    );
}

#[test]
fn details_of_some_protocols_are_those_of_all_without_the_others() {
    let all = read(&capture(), &["-V", "-Y", "http.request and frame.number == 9"]);
    let some = read(&capture(), &["-O", "http,ip", "-Y", "http.request and frame.number == 9"]);
    let layer = |line: &&str| !line.starts_with(' ') && !line.is_empty();
    assert_eq!(some.lines().filter(layer).collect::<Vec<_>>(), all.lines().filter(layer).collect::<Vec<_>>());
    assert!(some.contains("    Time to Live: 64") && some.contains("    Request Method: GET"), "{some}");
    assert!(all.contains("    Source Port: ") && !some.contains("    Source Port: "), "{some}");
    let line = read(&capture(), &["-Y", "http.request and frame.number == 9"]);
    assert_eq!(
        read(&capture(), &["-P", "-V", "-Y", "http.request and frame.number == 9"]),
        format!("{line}{all}")
    );
}

/// What stands behind a line in brackets is a slice that a filter can ask for.
#[test]
fn details_say_which_bytes_they_stand_for() {
    let details = read(&capture(), &["-O", "tcp,http", "-Y", "http.request and frame.number == 9"]);
    let port = details.lines().find(|line| line.contains("Destination Port: 8443")).expect("a port");
    let slice = port.rsplit_once("  [").and_then(|(_, range)| range.strip_suffix(']')).expect("its bytes");
    let filter = format!("frame[{slice}] == 20:fb and frame.number == 9");
    assert_eq!(read(&capture(), &["-Y", &filter]).lines().count(), 1, "{details}");
    let layer = details.lines().find(|line| line.starts_with("Hypertext")).expect("the layer");
    assert!(layer.contains("  [Decrypted TLS 0:"), "{layer}");
}

#[test]
fn every_unknown_name_is_said() {
    let capture = capture();
    let path = capture.to_str().expect("UTF-8");
    for (arguments, expected) in [
        (
            &["-T", "fields", "-e", "nosuch.a", "-e", "ip.src", "-e", "tcp.dstprt"][..],
            "unknown fields \"nosuch.a\", \"tcp.dstprt\"; did you mean tcp.dstport",
        ),
        (&["-T", "fields"], "-T fields needs at least one field"),
        (&["-e", "ip.src"], "-e needs -T fields or -T jsonl"),
        (&["-T", "fields", "-e", "ip.src", "-E", "quote=x"], "-E quote=x: expected header=y|n"),
        (&["-T", "fields", "-e", "ip.src", "-x"], "for text"),
        (&["-O", "tcp,htpp"], "unknown protocol \"htpp\"; did you mean http"),
    ] {
        let output = plaintap(&[&["read", path], arguments].concat());
        assert_status(&output, 2);
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
        assert!(output.stdout.is_empty());
    }
}

/// The capture ends before the beginning of a request has come: no packet can show the rest.
#[test]
fn bytes_that_still_wait_at_the_end_are_told() {
    let capture = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases/tcp/waiting.pcap");
    let run = |arguments: &[&str]| {
        let output =
            Command::new(PLAINTAP).arg("read").arg(&capture).args(arguments).output().expect("it starts");
        assert_status(&output, 0);
        (text(&output.stdout).lines().count(), text(&output.stderr))
    };
    let (lines, error) = run(&[]);
    assert_eq!(lines, 4);
    let told = "waiting.pcap: not decoded: bytes of TCP streams that still wait behind a gap: 27\n";
    assert!(error.ends_with(told), "{error}");
    // Whoever asks for nothing in them is not told.
    assert_eq!(run(&["-T", "fields", "-e", "ip.src"]), (4, String::new()));
}
