//! What `plaintap run` does when a hook reads something else than it should: it finds out, writes nothing wrong, and learns
//! where the client random or the secret is. The hooks are spoilt where plaintap keeps them between runs.

mod support;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};
use support::*;

const PEERS: &[&str] = &["nginx", "curl", "openssl", "tshark"];

/// curl asks `count` times for `/0`, `/1`, ..., half a second apart, under `plaintap run` with its own cache. Returns what
/// plaintap printed.
fn capture(nginx: &Nginx, cache: &Path, name: &str, count: usize) -> Output {
    capture_with(nginx, cache, name, count, "")
}

/// The same with other options for curl.
fn capture_with(nginx: &Nginx, cache: &Path, name: &str, count: usize, options: &str) -> Output {
    let script = format!(
        "i=0; while [ $i -lt {count} ]; do curl -sk --http1.1 {options} -o /dev/null {}$i || exit 1; sleep 0.5; i=$((i+1)); done",
        nginx.url("/")
    );
    let output = Command::new(PLAINTAP)
        .args(["run", "-w"])
        .arg(nginx.file(name))
        .arg("--ledger")
        .arg(nginx.file(&format!("{name}.json")))
        .args(["--", "sh", "-c", &script])
        .env("XDG_CACHE_HOME", cache)
        .env("SSLKEYLOGFILE", nginx.file(&format!("{name}.keys")))
        .stdin(Stdio::null())
        .output()
        .expect("plaintap starts");
    assert_status(&output, 0);
    output
}

/// Applies a change to each hook of OpenSSL in the cache, as if the search had found it so. Returns how many there were.
fn spoil(cache: &Path, change: impl Fn(&mut Value)) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(cache.join("plaintap")).expect("the cache") {
        let path = entry.expect("an entry").path();
        let mut value: Value = serde_json::from_slice(&fs::read(&path).expect("an entry")).expect("JSON");
        for hook in value["hooks"].as_array_mut().expect("hooks") {
            if hook[0].as_str().is_some_and(|stack| stack.starts_with("OpenSSL")) {
                change(hook);
                count += 1;
            }
        }
        value["learned"] = json!([]);
        fs::write(&path, value.to_string()).expect("an entry");
    }
    count
}

/// A server, and a cache that is filled.
fn prepare() -> (Nginx, PathBuf) {
    let nginx = Nginx::start();
    let cache = nginx.file("cache");
    fs::create_dir(&cache).expect("a folder");
    capture(&nginx, &cache, "first.pcapng", 1);
    (nginx, cache)
}

/// The secrets in a capture, and those that curl logged itself.
fn secrets(nginx: &Nginx, name: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let file = nginx.file(name);
    let output = plaintap(&["secrets", "extract", file.to_str().expect("UTF-8")]);
    assert_status(&output, 0);
    let lines = |text: &str| -> BTreeSet<String> {
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_lowercase).collect()
    };
    let logged = fs::read_to_string(nginx.file(&format!("{name}.keys"))).expect("curl's key log");
    (lines(&text(&output.stdout)), lines(&logged))
}

fn ledger(nginx: &Nginx, name: &str) -> Value {
    let path = nginx.file(&format!("{name}.json"));
    let mode = std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).expect("the ledger"));
    assert_eq!(mode & 0o777, 0o600);
    serde_json::from_slice(&fs::read(path).expect("the ledger")).expect("JSON")
}

fn uris(file: &Path) -> Vec<String> {
    let text = tshark(file, &["-Y", "http.request", "-T", "fields", "-e", "http.request.uri"]);
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_wrong_client_random_is_noticed_and_learned_anew() {
    if !can_run(PEERS) {
        return;
    }
    let (nginx, cache) = prepare();
    // Somewhere else in the same structure; and behind a pointer, where nothing is mapped.
    for (name, wrong) in
        [("near.pcapng", json!(["rdi", [0x40]])), ("wild.pcapng", json!(["rdi", [8, 1 << 30]]))]
    {
        assert!(spoil(&cache, |hook| hook[4][0] = wrong.clone()) > 0);
        let summary = text(&capture(&nginx, &cache, name, 8).stderr);
        let (written, logged) = secrets(&nginx, name);
        assert!(written.len() >= 20, "{name}: {summary}");
        assert!(written.is_subset(&logged), "{name}: a wrong secret was written\n{summary}");
        assert!(summary.contains("the client random was not at"), "{name}: {summary}");
        let uris = uris(&nginx.file(name));
        assert!(uris.len() >= 4 && uris.len() < 8, "{name}: {uris:?}\n{summary}");
        assert_eq!(uris.last().map(String::as_str), Some("/7"), "{name}: {summary}");

        let ledger = ledger(&nginx, name);
        let hooks = ledger["hooks"].as_array().expect("hooks");
        let hook = hooks.iter().find(|hook| hook["client_random_before"].is_string()).expect("a learned one");
        assert_eq!(hook["proven"], true, "{ledger:#}");
        assert_ne!(hook["client_random"], hook["client_random_before"]);
        let reasons: Vec<&Value> = ledger["connections"]
            .as_array()
            .expect("connections")
            .iter()
            .map(|connection| &connection["reason"])
            .collect();
        assert_eq!(reasons.len(), 8);
        assert!(!reasons[0].is_null() && reasons[7].is_null(), "{reasons:?}");
    }
}

#[test]
fn a_wrong_secret_is_noticed_and_learned_anew() {
    if !can_run(PEERS) {
        return;
    }
    let (nginx, cache) = prepare();
    // On the stack, of both versions; behind a pointer, where nothing is mapped; too long.
    let (place, length) = (0, 1);
    for (name, part, wrong, options) in [
        ("stack.pcapng", place, json!(["rsp", [0]]), ""),
        ("master.pcapng", place, json!(["rsp", [16]]), "--tls-max 1.2"),
        ("wild.pcapng", place, json!(["rdi", [8, 1 << 30]]), ""),
        ("long.pcapng", length, json!(64), ""),
    ] {
        assert!(spoil(&cache, |hook| hook[5][part] = wrong.clone()) > 0);
        let summary = text(&capture_with(&nginx, &cache, name, 8, options).stderr);
        let (written, logged) = secrets(&nginx, name);
        assert!(written.is_subset(&logged), "{name}: a wrong secret was written\n{summary}");
        assert!(summary.contains("ssl_log_secret: the secret was not "), "{name}: {summary}");
        assert!(summary.contains("; found (r"), "{name}: {summary}");
        let decrypted = uris(&nginx.file(name));
        assert!(decrypted.len() >= 4 && decrypted.len() < 8, "{name}: {decrypted:?}\n{summary}");
        assert_eq!(decrypted.last().map(String::as_str), Some("/7"), "{name}: {summary}");
        let ledger = ledger(&nginx, name);
        let hooks = ledger["hooks"].as_array().expect("hooks");
        let hook = hooks.iter().find(|hook| hook["secret_before"].is_string()).expect("a learned one");
        assert_eq!((&hook["proven"], &hook["learned_earlier"]), (&json!(true), &json!(false)), "{ledger:#}");

        // The next run has what was learned.
        let again = format!("again-{name}");
        let summary = text(&capture_with(&nginx, &cache, &again, 2, options).stderr);
        assert_eq!(uris(&nginx.file(&again)), ["/0", "/1"], "{name}: {summary}");
        let (written, logged) = secrets(&nginx, &again);
        assert!(written.is_subset(&logged), "{name}: a wrong secret was written\n{summary}");
        let ledger = self::ledger(&nginx, &again);
        let hooks = ledger["hooks"].as_array().expect("hooks");
        let hook = hooks.iter().find(|hook| hook["learned_earlier"] == true).expect("a remembered one");
        assert_eq!((&hook["proven"], &hook["secret_before"]), (&json!(true), &Value::Null), "{ledger:#}");
    }
}

#[test]
fn secrets_that_open_nothing_are_not_written() {
    if !can_run(PEERS) {
        return;
    }
    let (nginx, cache) = prepare();
    // The right length, from the stack.
    assert!(spoil(&cache, |hook| hook[5][0] = json!(["rsp", [0]])) > 0);
    let summary = text(&capture(&nginx, &cache, "stack.pcapng", 1).stderr);
    let packets = fs::read(nginx.file("stack.pcapng")).expect("the capture");
    assert!(!text(&packets).contains("_TRAFFIC_SECRET"), "{summary}");
    assert!(summary.contains("secrets that open nothing (not written)"), "{summary}");
    assert!(summary.contains("curl: its secrets open nothing"), "{summary}");
    let ledger = ledger(&nginx, "stack.pcapng");
    for connection in ledger["connections"].as_array().expect("connections") {
        assert_eq!((&connection["state"], &connection["reason"]), (&json!("missing"), &json!("wrong")));
    }
    // The capture itself says it too.
    let file = nginx.file("stack.pcapng");
    let file = file.to_str().expect("UTF-8");
    let info = text(&plaintap(&["info", file]).stdout);
    assert!(info.contains("missing (curl: its secrets open nothing, they were not written)"), "{info}");
    let info: Value = serde_json::from_slice(&plaintap(&["info", "--json", file]).stdout).expect("JSON");
    let reasons = info["tls_connections"].as_array().expect("connections");
    assert_eq!(reasons.len(), 1, "{info:#}");
    assert!(reasons.iter().all(|connection| connection["reason"] == "wrong"), "{info:#}");
    assert!(ledger["secrets"]["wrong"].as_u64().expect("a count") >= 1, "{ledger:#}");
}

#[test]
fn the_ledger_says_of_each_connection_where_its_secrets_came_from() {
    if !can_run(PEERS) {
        return;
    }
    let (nginx, _cache) = prepare();
    let (written, logged) = secrets(&nginx, "first.pcapng");
    assert_eq!(written, logged);
    let ledger = ledger(&nginx, "first.pcapng");
    assert_eq!(ledger["format"], 1);
    let connections = ledger["connections"].as_array().expect("connections");
    let [connection] = &connections[..] else { panic!("{ledger:#}") };
    assert_eq!(connection["process"]["name"], "curl");
    assert_eq!(connection["server"], format!("127.0.0.1:{}", nginx.port));
    assert_eq!((&connection["protocol"], &connection["state"]), (&json!("tls"), &json!("complete")));
    assert_eq!((&connection["reason"], &connection["late"]), (&Value::Null, &json!(false)));
    assert_eq!(connection["stack"], "OpenSSL or BoringSSL");
    assert!(connection["file"].as_str().is_some_and(|file| file.starts_with("libssl")), "{ledger:#}");
    let labels: BTreeSet<_> = written.iter().filter_map(|line| line.split(' ').next()).collect();
    let listed = connection["secrets"].as_array().expect("labels");
    assert_eq!(listed.len(), labels.len());
    let id = &connection["hook"];
    let hook = ledger["hooks"].as_array().and_then(|hooks| hooks.iter().find(|hook| hook["hook"] == *id));
    let hook = hook.expect("its hook");
    assert_eq!((&hook["proven"], &hook["wrong"]), (&json!(true), &json!(0)));
    assert!(hook["hits"].as_u64().is_some_and(|hits| hits >= 5), "{hook:#}");
    assert_eq!(ledger["secrets"]["lost"], 0);
}
