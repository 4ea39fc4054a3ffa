//! Every TLS capture of the corpus over TCP, decrypted and held against what the peers recorded.

use std::fs;

use crate::support::http::{HEADERS, HTTP2_PREFACE, body_hashes, find, http2_frames};
use crate::support::{Decrypted, corpus, decrypt, key_store, records};
use plaintap_crypt::suites;
use plaintap_decode::Side;
use serde_json::Value;

/// Captures of our own peers: `manifest.tsv`, `expected.json`.
#[test]
fn peers() {
    let Some(folder) = corpus("tls") else { return };
    let manifest = fs::read_to_string(folder.join("manifest.tsv")).unwrap();
    let expected: Value = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    println!(
        "{:40} {:>9} {:>9} {:>6} {:>6}  unreadable",
        "capture", "decrypted", "handshake", "bodies", "texts"
    );
    let (mut readable, mut total) = (0, 0);
    for row in manifest.lines().skip(1) {
        let columns: Vec<&str> = row.split('\t').collect();
        let (file, keylog, protocol, features) = (columns[0], columns[1], columns[3], columns[6]);
        if protocol != "tls" {
            continue;
        }
        let name = file.split('.').next().unwrap();
        let out = decrypt(&records(&folder.join(file)), &key_store(&folder.join(keylog)));
        let wanted = &expected[name];
        let (bodies, bodies_wanted) = bodies(&out, wanted);
        let (texts, texts_wanted) = texts(&out, wanted, features.starts_with("h1"));
        println!(
            "{name:40} {:>9} {:>9} {:>6} {:>6}  {:?}",
            out.decrypted,
            out.handshake,
            format!("{bodies}/{bodies_wanted}"),
            format!("{texts}/{texts_wanted}"),
            out.unreadable,
        );

        total += 1;
        if features.contains("snaplen") {
            // Packets of 200 bytes: the ClientHello is not whole.
            assert!(out.unreadable.keys().eq(["HandshakeMissing"]), "{name}");
            continue;
        }
        readable += 1;
        assert!(out.decrypted > 0, "{name}");
        assert_eq!(out.unread(), 0, "{name}");
        assert_eq!(texts, texts_wanted, "{name}");
        assert_eq!(bodies, bodies_wanted, "{name}");
    }
    println!("{readable} of {total} TLS captures decrypted without a rest");
    assert!(readable > 50);
}

/// Captures with keys that were taken out of running programs: `README` says how many streams decrypt.
#[test]
fn stacks() {
    let Some(folder) = corpus("stacks") else { return };
    let readme = fs::read_to_string(folder.join("README")).unwrap();
    println!("{:40} {:>9} {:>7} {:>8}  unreadable", "capture", "decrypted", "streams", "requests");
    let mut captures = 0;
    for row in readme.lines().filter(|row| row.contains(".pcap |")) {
        let columns: Vec<&str> = row.split(" | ").collect();
        let name = columns[0].trim_end_matches(".pcap");
        let requests_wanted: usize = columns[4].split("-> ").nth(1).unwrap().parse().unwrap();
        let streams_wanted: usize = columns[5].trim().parse().unwrap();
        let out =
            decrypt(&records(&folder.join(columns[0])), &key_store(&folder.join(format!("{name}.keys"))));
        let per_stream: Vec<usize> =
            out.side(Side::Initiator).map(requests).filter(|&count| count > 0).collect();
        let (streams, count) = (per_stream.len(), per_stream.iter().sum::<usize>());
        println!("{name:40} {:>9} {streams:>7} {count:>8}  {:?}", out.decrypted, out.unreadable);
        assert_eq!((streams, count), (streams_wanted, requests_wanted), "{name}");
        assert_eq!(out.unread(), 0, "{name}");
        captures += 1;
    }
    assert!(captures > 50);
}

#[test]
fn suites_of_the_registry_by_number() {
    assert!(suites::SUITES.len() > 60);
    assert_eq!(
        suites::find(0xcca8).map(|suite| suite.name),
        Some("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")
    );
}

/// How many of the bodies that are not compressed came out, and how many there are.
fn bodies(out: &Decrypted, wanted: &Value) -> (usize, usize) {
    let (mut right, mut total) = (0, 0);
    for (side, key) in [(Side::Initiator, "req_sha256"), (Side::Responder, "resp_sha256")] {
        let found: Vec<String> = out.side(side).flat_map(body_hashes).collect();
        let requests = wanted["http"].as_array().into_iter().flatten();
        let plain = requests.filter(|request| !request.to_string().to_lowercase().contains("gzip"));
        for hash in plain.filter_map(|request| request[key].as_str()) {
            total += 1;
            right += usize::from(found.iter().any(|found| found == hash));
        }
    }
    (right, total)
}

/// How many of the request lines (HTTP/1) and lines of text came out, and how many there are.
fn texts(out: &Decrypted, wanted: &Value, http1: bool) -> (usize, usize) {
    let mut texts: Vec<(Side, String)> = Vec::new();
    for request in wanted["http"].as_array().into_iter().flatten().filter(|_| http1) {
        let line = format!(
            "{} {} HTTP/1.1\r\n",
            request["method"].as_str().unwrap(),
            request["uri"].as_str().unwrap()
        );
        texts.push((Side::Initiator, line));
    }
    for connection in wanted["app"].as_array().into_iter().flatten() {
        for (side, key) in [(Side::Initiator, "client_lines"), (Side::Responder, "server_lines")] {
            let lines = connection[key].as_array().into_iter().flatten();
            texts.extend(lines.map(|line| (side, line.as_str().unwrap().to_owned())));
        }
    }
    let found =
        |(side, text): &&(Side, String)| out.side(*side).any(|said| find(said, text.as_bytes()).is_some());
    texts.retain(|(_, text)| !text.is_empty());
    (texts.iter().filter(found).count(), texts.len())
}

/// HTTP/1 request lines, or the HEADERS frames of HTTP/2.
fn requests(said: &[u8]) -> usize {
    match said.strip_prefix(HTTP2_PREFACE) {
        Some(frames) => http2_frames(frames).filter(|frame| frame.kind == HEADERS).count(),
        None => said.split(|&byte| byte == b'\n').filter(|line| find(line, b" HTTP/1.").is_some()).count(),
    }
}
