//! Capture filters in `run`, `read` and `filter`, with real servers, against tcpdump and tshark.

mod support;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use plaintap_filter::capture::{Instruction, Program, vm};
use plaintap_packet::LinkType;
use plaintap_packet::file::{InterfaceStatistics, Reader, Record};
use support::*;

#[test]
fn run_records_only_the_connection_that_matches_and_decrypts_it() {
    if !can_run(&["nginx", "curl", "openssl", "tshark"]) {
        return;
    }
    let (wanted, other) = (Nginx::start(), Nginx::start());
    let file = wanted.file("filtered.pcapng");
    let expression = format!("tcp port {}", wanted.port);
    let script =
        format!("curl -sk --http1.1 {}; curl -sk --http1.1 {}", other.url("/no"), wanted.url("/yes"));
    let path = file.to_str().expect("UTF-8");
    let output = plaintap(&["run", "-f", &expression, "-w", path, "--", "sh", "-c", &script]);
    assert_status(&output, 0);
    let summary = text(&output.stderr);
    assert!(summary.contains("left in the kernel by -f"), "{summary}");
    assert!(summary.contains("1 TLS connection, 1 with keys"), "{summary}");
    let uris = tshark(&file, &["-Y", "http.request", "-T", "fields", "-e", "http.request.uri"]);
    assert_eq!(uris.trim(), "/yes", "{summary}");
    let strangers = tshark(&file, &["-Y", &format!("!(tcp.port == {})", wanted.port)]);
    assert_eq!(strangers, "");

    let (filter, packets, counts) = facts(&file);
    assert_eq!(filter, expression);
    let (received, accepted) = (counts.received.expect("received"), counts.accepted.expect("accepted"));
    assert_eq!(accepted, packets, "{summary}");
    assert!(received > accepted + 10, "the other connection has more than 10 packets: {summary}");
    assert!(summary.contains(&format!("{} left in the kernel", received - accepted)), "{summary}");
}

/// The interface's filter, the number of packets and the counts of a capture.
fn facts(file: &Path) -> (String, u64, InterfaceStatistics) {
    let mut reader = Reader::new(File::open(file).expect("the capture")).expect("a capture");
    let (mut packets, mut counts) = (0, None);
    while let Some(record) = reader.next_record().expect("a record") {
        match record {
            Record::Packet(..) => packets += 1,
            Record::Statistics(statistics) => counts = Some(statistics),
            _ => {}
        }
    }
    (reader.interfaces()[0].filter.clone(), packets, counts.expect("statistics"))
}

#[test]
fn a_killed_run_leaves_no_filter_in_the_kernel() {
    if !can_run(&["bpftool"]) {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("a.pcapng");
    let child = Command::new(PLAINTAP)
        .args(["run", "-q", "--no-keys", "-f", "tcp port 1", "-w"])
        .arg(&file)
        .args(["--", "sh", "-c", "echo ready; sleep 60"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("plaintap starts");
    let mut child = Running(child);
    let mut ready = [0; 6];
    std::io::Read::read_exact(child.0.stdout.as_mut().expect("its output"), &mut ready).expect("ready");
    let programs = program_ids(child.0.id());
    let exists = |id: &String| {
        let output =
            Command::new(find("bpftool").expect("bpftool")).args(["prog", "show", "id", id]).output();
        output.expect("bpftool").status.success()
    };
    assert!(programs.len() >= 11, "{programs:?}");
    assert!(programs.iter().all(exists), "{programs:?}");
    child.0.kill().expect("it runs");
    child.0.wait().expect("its end");
    wait_until("the programs to go", || !programs.iter().any(exists));
}

/// The kernel programs that a process holds.
fn program_ids(pid: u32) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir(format!("/proc/{pid}/fdinfo")).expect("its descriptors").flatten() {
        let info = fs::read_to_string(entry.path()).unwrap_or_default();
        let id = info.lines().find_map(|line| line.strip_prefix("prog_id:"));
        ids.extend(id.map(|id| id.trim().to_owned()));
    }
    ids
}

/// A TLS 1.3 connection on port 8443 with its secrets, in the repository.
fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/tls13-h1.pcapng")
}

#[test]
fn read_keeps_the_numbers_of_the_file() {
    if !can_run(&["tshark"]) {
        return;
    }
    for (capture, display) in [
        ("tcp[13] & 2 != 0", "tcp.flags.syn == 1"),
        ("tcp[tcpflags] & tcp-push != 0", "tcp.flags.push == 1"),
        ("not tcp", "!tcp"),
        ("greater 300", "frame.len >= 300"),
    ] {
        let ours = read(&sample(), &["-f", capture, "-T", "fields", "-e", "frame.number"]);
        let theirs = tshark(&sample(), &["-Y", display, "-T", "fields", "-e", "frame.number"]);
        assert_eq!(ours, theirs, "{capture}");
    }
    let second = read(&sample(), &["-f", "tcp", "-c", "2", "-T", "fields", "-e", "frame.number"]);
    assert_eq!(second, "1\n2\n");
}

#[test]
fn read_writes_what_matches_with_the_secrets() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("out.pcapng");
    let (input, output) = (sample(), file.to_str().expect("UTF-8").to_owned());
    let input = input.to_str().expect("UTF-8");
    assert_status(&plaintap(&["read", input, "-f", "tcp", "-w", &output]), 0);
    let lines = |path: &str, arguments: &[&str]| read(Path::new(path), arguments);
    assert_eq!(lines(&output, &[]), lines(input, &["-f", "tcp"]));
    assert!(lines(&output, &[]).contains("HTTP"), "decrypted: {}", lines(&output, &[]));

    // The same on standard output, and with a display filter on top.
    let piped = plaintap(&["read", input, "-f", "tcp", "-w", "-"]);
    assert_status(&piped, 0);
    assert_eq!(piped.stdout, fs::read(&file).expect("the file"));
    assert_status(&plaintap(&["read", input, "-f", "tcp", "-Y", "http.request", "-w", &output]), 0);
    assert_eq!(lines(&output, &[]).lines().count(), lines(input, &["-Y", "http.request"]).lines().count());
    assert_status(&plaintap(&["read", input, "-c", "3", "-w", &output]), 0);
    assert_eq!(lines(&output, &[]).lines().count(), 3);
}

/// What stands in `-dd` output.
fn parsed(listing: &[u8]) -> Program {
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).expect("hex"),
        None => text.parse().expect("a number"),
    };
    let listing = text(listing);
    let instructions = listing.lines().map(|line| {
        let inner = line.trim().trim_start_matches("{ ").trim_end_matches(" },");
        let fields: Vec<u32> = inner.split(", ").map(number).collect();
        let [code, jt, jf, k] = fields[..] else { panic!("four numbers in {line}") };
        Instruction { code: code as u16, jt: jt as u8, jf: jf as u8, k }
    });
    Program::new(instructions.collect()).expect("a program")
}

#[test]
fn programs_match_what_tcpdumps_match() {
    let corpus = std::env::var_os("PLAINTAP_CORPUS")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus"), PathBuf::from);
    if !corpus.is_dir() {
        return println!("skipped: corpus not found at {}", corpus.display());
    }
    let Some(tcpdump) = find("tcpdump") else { return println!("skipped: tcpdump is not installed") };
    let mut packets = Vec::new();
    collect_packets(&corpus.join("captures"), &mut packets);
    assert!(packets.len() > 1000, "{} packets", packets.len());
    for expression in [
        "tcp port 443",
        "port 53 or port 5353",
        "host 10.0.0.1 and not tcp",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "ip6 and udp",
        "arp or icmp or icmp6",
        "ip[2:2] > 576",
        "src portrange 1-1023",
        "ether multicast",
        "vlan and ip",
        "net 192.168.0.0/16 and greater 100",
        "tcp[(tcp[12] >> 4) * 4:4] = 0x47455420",
    ] {
        let theirs =
            Command::new(&tcpdump).args(["-y", "EN10MB", "-dd", expression]).output().expect("tcpdump");
        assert!(theirs.status.success(), "{expression}: {}", text(&theirs.stderr));
        let ours = plaintap(&["filter", "-dd", expression]);
        assert_status(&ours, 0);
        let (ours, theirs) = (parsed(&ours.stdout), parsed(&theirs.stdout));
        for (number, (data, original)) in packets.iter().enumerate() {
            let [ours, theirs] = [&ours, &theirs].map(|program| vm::run(program, data, *original) != 0);
            assert_eq!(ours, theirs, "{expression}: packet {number}");
        }
    }
}

/// The first Ethernet packets of each capture below a folder.
fn collect_packets(folder: &Path, packets: &mut Vec<(Vec<u8>, u32)>) {
    const MOST_OF_ONE_FILE: usize = 50;
    const MOST: usize = 50_000;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            collect_packets(&path, packets);
            continue;
        }
        let Some(mut reader) = File::open(path).ok().and_then(|file| Reader::new(file).ok()) else {
            continue;
        };
        let end = (packets.len() + MOST_OF_ONE_FILE).min(MOST);
        while packets.len() < end
            && let Ok(Some(record)) = reader.next_record()
        {
            if let Record::Packet(packet, _) = record
                && packet.link_type == LinkType::ETHERNET
            {
                packets.push((packet.data.to_vec(), packet.original_length));
            }
        }
    }
}

#[test]
fn programs_print_as_tcpdump_prints_them() {
    let output = plaintap(&["filter", "-d", "ip", "proto", "17"]);
    assert_status(&output, 0);
    let expected = "(000) ldh      [12]\n(001) jeq      #0x800           jt 2\tjf 5\n(002) ldb      [23]\n\
                    (003) jeq      #0x11            jt 4\tjf 5\n(004) ret      #262144\n(005) ret      #0\n";
    assert_eq!(text(&output.stdout), expected);
    assert_eq!(text(&plaintap(&["filter", "ip proto 17"]).stdout), expected, "-d is the default");
    let decimal = plaintap(&["filter", "-ddd", "-y", "RAW", "tcp port 80"]);
    let decimal = text(&decimal.stdout);
    let mut lines = decimal.lines();
    let count: usize = lines.next().expect("a count").parse().expect("a number");
    assert_eq!(lines.count(), count);
    let ebpf = text(&plaintap(&["filter", "--ebpf", "tcp port 80"]).stdout);
    assert!(ebpf.starts_with("   0: (bf) r6 = r1\n"), "{ebpf}");
    assert!(ebpf.contains("call bpf_skb_load_bytes#26") && ebpf.ends_with("exit\n"), "{ebpf}");
}

#[test]
fn wrong_filters_say_where_and_end_with_2() {
    let sample = sample();
    let sample = sample.to_str().expect("UTF-8");
    for (arguments, message) in [
        (&["filter", "tcp port"][..], "capture filter 'tcp port': column 9: "),
        (&["filter", "port nosuchservice"], "column 6: unknown port 'nosuchservice'"),
        (&["filter", "-y", "NOSUCH", "tcp"], "-y NOSUCH is no link type: expected a name as EN10MB"),
        (&["filter", "-y", "RAW", "arp"], "expression rejects all packets"),
        (&["filter", "port 70000"], "70000"),
        (&["read", sample, "-f", "tcp and ("], "capture filter 'tcp and (': column"),
        (&["read", sample, "-w", "-", "-f", "or"], "capture filter 'or': column 1"),
        (&["run", "-f", "ether host 1:2:3:4:5:6", "--", "echo", "ran"], "is not supported on link type RAW"),
        (&["run", "-f", "arp", "--", "echo", "ran"], "expression rejects all packets"),
    ] {
        let output = plaintap(arguments);
        assert_status(&output, 2);
        let said = text(&output.stderr);
        assert!(said.contains(message) && said.lines().count() == 1, "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn a_filter_that_a_link_type_cannot_have_is_told_with_the_packet() {
    let sample = sample();
    let output = plaintap(&["read", sample.to_str().expect("UTF-8"), "-f", "wlan type mgt"]);
    assert_status(&output, 1);
    let said = text(&output.stderr);
    assert!(said.contains("column 1") || said.contains("column 6"), "{said}");
    assert!(said.contains("is not supported on link type"), "{said}");
}
