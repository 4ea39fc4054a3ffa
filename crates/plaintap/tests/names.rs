//! Names of hosts: from DNS answers, DHCP clients, blocks of the file and a file of hosts, against tshark.

mod support;

use std::fs::{self, File};
use std::path::PathBuf;

use plaintap_packet::file::{Interface, PcapngWriter};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};
use support::*;
use tempfile::TempDir;

const CLIENT: [u8; 4] = [192, 0, 2, 1];
const RESOLVER: [u8; 4] = [192, 0, 2, 53];
const SERVER: [u8; 4] = [198, 51, 100, 7];

fn udp(source: ([u8; 4], u16), destination: ([u8; 4], u16), payload: &[u8]) -> Vec<u8> {
    let length = payload.len() as u16 + 28;
    let mut packet = vec![0x45, 0];
    packet.extend(length.to_be_bytes());
    packet.extend([0, 0, 0, 0, 64, 17, 0, 0]);
    packet.extend(source.0);
    packet.extend(destination.0);
    packet.extend(source.1.to_be_bytes());
    packet.extend(destination.1.to_be_bytes());
    packet.extend((length - 20).to_be_bytes());
    packet.extend([0, 0]);
    packet.extend(payload);
    packet
}

fn dns_name(name: &str) -> Vec<u8> {
    let labels = name.split('.').flat_map(|label| {
        let length = [label.len() as u8];
        length.into_iter().chain(label.bytes()).collect::<Vec<_>>()
    });
    labels.chain([0]).collect()
}

/// An answer with an alias and the address of what it stands for.
fn dns_answer(alias: &str, name: &str, address: [u8; 4]) -> Vec<u8> {
    let record = |owner: &str, kind: u8, data: &[u8]| {
        let mut record = dns_name(owner);
        record.extend([0, kind, 0, 1, 0, 0, 0, 60, 0, data.len() as u8]);
        record.extend(data);
        record
    };
    let mut answer = vec![0, 1, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0];
    answer.extend(dns_name(alias));
    answer.extend([0, 1, 0, 1]);
    answer.extend(record(alias, 5, &dns_name(name)));
    answer.extend(record(name, 1, &address));
    answer
}

/// A DHCP request of a client that says its name.
fn dhcp_request(name: &str, address: [u8; 4]) -> Vec<u8> {
    let mut request = vec![1, 1, 6, 0];
    request.resize(236, 0);
    request.extend([99, 130, 83, 99, 53, 1, 3, 50, 4]);
    request.extend(address);
    request.extend([12, name.len() as u8]);
    request.extend(name.bytes());
    request.push(255);
    request
}

/// A name block for the client, a DNS answer for the server, a DHCP request, and packets in between.
fn capture(folder: &TempDir) -> PathBuf {
    let path = folder.path().join("names.pcapng");
    let mut writer =
        PcapngWriter::new(File::create(&path).expect("a file"), "test", "", "").expect("a section");
    let interface = Interface { link_type: LinkType::RAW, ..Interface::default() };
    writer.interface(&interface).expect("an interface");
    writer.names([(CLIENT.into(), "client.example")]).expect("names");
    let query = dns_answer("www.example", "host.example", SERVER);
    let packets = [
        udp((CLIENT, 4000), (SERVER, 9999), b"before"),
        udp((RESOLVER, 53), (CLIENT, 4001), &query),
        udp((CLIENT, 4000), (SERVER, 9999), b"behind"),
        udp(([0; 4], 68), ([255; 4], 67), &dhcp_request("laptop", [192, 0, 2, 9])),
        udp((SERVER, 9999), ([192, 0, 2, 9], 4002), b"last"),
    ];
    for (number, data) in packets.iter().enumerate() {
        let packet = Packet {
            data,
            time: Nanos(1_800_000_000_000_000_000 + number as i64),
            original_length: data.len() as u32,
            link_type: LinkType::RAW,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        writer.packet(&packet, None).expect("a packet");
    }
    path
}

const HOSTS: [&str; 6] = ["-T", "fields", "-e", "ip.src_host", "-e", "ip.dst_host"];

#[test]
fn packets_and_blocks_name_hosts_as_in_tshark() {
    if find("tshark").is_none() {
        println!("skipped: tshark is not installed");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = capture(&folder);
    // Clients of DHCP have no names there.
    let arguments = [&["-Y", "frame.number < 5"], &HOSTS[..]].concat();
    let theirs = std::process::Command::new("tshark")
        .args(["-N", "dn", "-r"])
        .arg(&file)
        .args(&arguments)
        .env("HOME", folder.path())
        .output()
        .expect("tshark starts");
    let ours = read(&file, &[&["-N", "dn"], &arguments[..]].concat());
    assert_eq!(ours, text(&theirs.stdout));
    assert_eq!(
        ours,
        "client.example\t198.51.100.7\n192.0.2.53\tclient.example\nclient.example\thost.example\n0.0.0.0\t255.255.255.255\n"
    );
}

#[test]
fn lines_details_filters_and_columns_have_the_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = capture(&folder);
    let last = ["-N", "d", "-Y", "ip.host == \"laptop\""];
    let line = read(&file, &last);
    assert!(line.contains(" host.example:9999 → laptop:4002 UDP"), "{line}");
    let details = read(&file, &[&last[..], &["-O", "ip"]].concat());
    assert!(details.contains(", Src: host.example (198.51.100.7), Dst: laptop (192.0.2.9)"), "{details}");
    assert!(details.contains("    Source Address: host.example (198.51.100.7)  [12:4]"), "{details}");
    let columns = [&last[..], &["-T", "fields", "-e", "_ws.col.Source", "-e", "ip.src"]].concat();
    assert_eq!(read(&file, &columns), "host.example\t198.51.100.7\n");
}

#[test]
fn without_being_asked_for_there_are_no_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = capture(&folder);
    for arguments in [&[][..], &["-n"]] {
        let hosts = read(&file, &[arguments, &HOSTS].concat());
        assert!(!hosts.contains("example") && !hosts.contains("laptop"), "{hosts}");
    }
    let blocks = read(&file, &[&["-N", "n"], &HOSTS[..]].concat());
    assert!(blocks.contains("client.example") && !blocks.contains("host.example"), "{blocks}");
}

#[test]
fn a_file_of_hosts_has_the_last_word() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = capture(&folder);
    let hosts = folder.path().join("hosts");
    fs::write(&hosts, "198.51.100.7 given # ours\n").expect("a file");
    let path = hosts.to_str().expect("UTF-8");
    let named = read(&file, &[&["-N", "dn", "-H", path], &HOSTS[..]].concat());
    assert_eq!(named.matches("given").count(), 3, "{named}");
    fs::write(&hosts, "nowhere given\n").expect("a file");
    let output = plaintap(&["read", file.to_str().expect("UTF-8"), "-H", path]);
    assert_status(&output, 2);
    assert!(
        text(&output.stderr).contains("hosts: line 1: expected an IP address"),
        "{}",
        text(&output.stderr)
    );
    let output = plaintap(&["read", file.to_str().expect("UTF-8"), "-N", "N"]);
    assert_status(&output, 2);
    assert!(text(&output.stderr).contains("the network is never asked"), "{}", text(&output.stderr));
}
