//! `read -T jsonl`: sound JSON that jq reads, with the values of tshark's `-T ek`.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plaintap_decode::{Kind, registry};
use serde_json::Value;
use support::*;

/// What decoding does otherwise, which its own tests compare; and bodies, of which tshark prints ASCII only.
const DIFFERENT: [&str; 8] = [
    "frame.protocols",
    "http.file_data",
    // Behind an interim response; tests/cases/http/exchanges.test has them.
    "http.request_number",
    "http.response_number",
    "dhcp.option.type",
    "udp.stream",
    "udp.time_delta",
    "udp.time_relative",
];

fn capture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls13-h1.pcapng")
}

fn objects(file: &Path, arguments: &[&str]) -> Vec<Value> {
    let lines = read(file, &[&["-T", "jsonl"], arguments].concat());
    lines.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
}

/// What a jq program makes of the packets.
fn jq(file: &Path, arguments: &[&str], program: &str) -> String {
    let lines = read(file, &[&["-T", "jsonl"], arguments].concat());
    let mut child = Command::new("jq")
        .args(["-rc", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("jq starts");
    child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("jq reads");
    let output = child.wait_with_output().expect("jq ends");
    assert!(output.status.success());
    text(&output.stdout)
}

#[test]
fn jq_finds_fields_as_the_documentation_says() {
    if find("jq").is_none() {
        println!("skipped: jq is not installed");
        return;
    }
    let requests = jq(&capture(), &[], ".layers[] | select(.protocol == \"http\").fields[\"http.host\"][]?");
    assert_eq!(requests, "www.alpha-shop.test\nwww.alpha-shop.test\n");
    let pairs = jq(
        &capture(),
        &["-Y", "http.request", "-e", "http.host", "-e", "tcp.port", "-e", "_ws.col.Protocol"],
        "[.number, .columns[\"_ws.col.Protocol\"], (.layers | map(.protocol)), .layers[0].fields[\"tcp.port\"]]",
    );
    assert_eq!(
        pairs,
        "[9,\"HTTP\",[\"tcp\",\"http\"],[41578,8443]]\n[26,\"HTTP\",[\"tcp\",\"http\"],[41590,8443]]\n"
    );
    let bytes = jq(&capture(), &[], ".length");
    assert_eq!(bytes, tshark(&capture(), &["-T", "fields", "-e", "frame.len"]));
}

#[test]
fn all_of_a_protocol_can_be_chosen() {
    let all = objects(&capture(), &["-c", "1"]);
    let tcp = objects(&capture(), &["-c", "1", "-e", "tcp"]);
    let of = |packet: &Value| {
        let layers = packet["layers"].as_array().expect("layers").clone();
        layers.into_iter().filter(|layer| layer["protocol"] == "tcp").collect::<Vec<_>>()
    };
    assert_eq!(of(&all[0]), *tcp[0]["layers"].as_array().expect("layers"));
    assert!(of(&all[0])[0]["fields"]["tcp.options.mss_val"][0] == 1460, "{tcp:?}");
    assert_eq!(all[0]["time"], "1795294932.910394681");
}

/// Packets of every case: each line is one object, and where tshark prints a value for one of our fields, it is ours.
#[test]
fn values_are_those_of_tshark() {
    if find("tshark").is_none() {
        println!("skipped: tshark is not installed");
        return;
    }
    let mut files = vec![capture()];
    for name in ["dns", "dhcp", "icmp", "ntp", "stp", "igmp", "http", "snmp", "ospf", "radius", "mqtt"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases").join(name);
        let captures = fs::read_dir(folder).expect("cases").map(|entry| entry.expect("a file").path());
        files.extend(captures.filter(|file| file.to_string_lossy().contains(".pcap")));
    }
    let (mut same, mut wrong) = (0, Vec::new());
    for file in &files {
        let theirs = tshark(file, &["-T", "ek"]);
        // Every other line is for an index of Elasticsearch.
        let theirs = theirs.lines().skip(1).step_by(2).map(|line| serde_json::from_str(line).expect("ek"));
        let (ours, theirs): (_, Vec<Value>) = (objects(file, &[]), theirs.collect());
        assert_eq!(ours.len(), theirs.len(), "{}", file.display());
        for (ours, theirs) in ours.iter().zip(&theirs) {
            let mut values = BTreeMap::new();
            flatten(&theirs["layers"], &mut values);
            for (name, ours) in fields(ours) {
                let Some(theirs) = values.get(&name) else { continue };
                let missing = theirs.iter().find(|value| !ours.iter().any(|ours| equal(ours, value)));
                match missing {
                    None => same += theirs.len(),
                    Some(missing) => wrong.push(format!("{}: {name} {missing} {ours:?}", file.display())),
                }
            }
        }
    }
    println!("{same} values of {} captures are tshark's", files.len());
    assert!(same > 5000, "{same} values");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Our values by the key of `-T ek`: the protocol, and the field with `_` for dots.
fn fields(packet: &Value) -> BTreeMap<String, Vec<Value>> {
    let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for layer in packet["layers"].as_array().expect("layers") {
        let protocol = layer["protocol"].as_str().expect("a name");
        for (name, values) in layer["fields"].as_object().expect("fields") {
            let field = registry::field(name).expect("a field of ours");
            // Dates are written in other ways there, and what is not UTF-8 loses bytes.
            let lossy = values.as_array().is_some_and(|values| values.iter().any(Value::is_object));
            if field.kind() != Kind::Time && !lossy && !DIFFERENT.contains(&name.as_str()) {
                let key = format!("{protocol}_{}", name.replace('.', "_"));
                found.entry(key).or_default().extend(values.as_array().expect("an array").clone());
            }
        }
    }
    found
}

/// All values below the layers, by key.
fn flatten(value: &Value, found: &mut BTreeMap<String, Vec<Value>>) {
    match value {
        Value::Object(members) => {
            for (key, value) in members {
                match value {
                    Value::Object(_) => flatten(value, found),
                    Value::Array(items) if items.iter().any(Value::is_object) => flatten(value, found),
                    Value::Array(items) => found.entry(key.clone()).or_default().extend(items.clone()),
                    value => found.entry(key.clone()).or_default().push(value.clone()),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| flatten(item, found)),
        _ => {}
    }
}

/// tshark writes numbers as text, some in hexadecimal, bytes with colons, and line ends as escapes.
fn equal(ours: &Value, theirs: &Value) -> bool {
    let theirs_text = theirs.as_str().unwrap_or("");
    match ours {
        Value::Number(number) if number.is_f64() => number.as_f64() == theirs_text.parse().ok(),
        Value::Number(number) => {
            let parsed = match theirs_text.strip_prefix("0x") {
                Some(digits) => i64::from_str_radix(digits, 16).ok(),
                None => theirs_text.parse().ok(),
            };
            parsed.is_some() && number.as_i64() == parsed
        }
        Value::Bool(set) => theirs.as_bool() == Some(*set) || theirs.is_null() && *set,
        Value::String(text) => {
            let escaped = text.replace('\r', "\\r").replace('\n', "\\n");
            [text, &escaped].contains(&&theirs_text.to_owned()) || *text == theirs_text.replace(':', "")
        }
        _ => false,
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let capture = capture();
    let path = capture.to_str().expect("UTF-8");
    for (arguments, expected) in [
        (&["-V"][..], "for text"),
        (&["-E", "header=y"], "-E is for -T fields"),
        (&["-e", "tcp.prot"], "unknown field \"tcp.prot\"; did you mean tcp.port"),
    ] {
        let output = plaintap(&[&["read", path, "-T", "jsonl"], arguments].concat());
        assert_status(&output, 2);
        assert!(text(&output.stderr).contains(expected), "{}", text(&output.stderr));
    }
}
