//! Programs in the kernel: a packet socket with ours gets the packets that one with libpcap's gets, and the eBPF
//! translation answers as the offline machine does.
//!
//! Both need root; the sockets live in a network namespace of their own, which ends with the process in it.

use std::io::Write;
use std::process::{Command, Stdio};

use plaintap_filter::capture::{self, Names, Options, Program, ebpf, vm};
use plaintap_packet::LinkType;
use serde_json::{Value, json};

/// Why the kernel cannot be asked here.
fn missing(tools: &[&str]) -> Option<String> {
    let works = |tool: &str| {
        Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    if let Some(tool) = tools.iter().find(|tool| !works(tool)) {
        return Some(format!("{tool} is not installed"));
    }
    let inside = Command::new("unshare").args(["-n", "true"]).stderr(Stdio::null()).status();
    if inside.is_ok_and(|status| status.success()) {
        None
    } else {
        Some("no right to make a network namespace".to_owned())
    }
}

/// The script's answer to `wanted`, from inside a new network namespace.
fn ask(wanted: &Value) -> Result<Value, String> {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/capture_kernel.py");
    let mut child = Command::new("unshare")
        .args(["-n", "python3", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("unshare");
    let mut stdin = child.stdin.take().expect("a pipe");
    let text = wanted.to_string();
    let writer = std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("python3");
    writer.join().expect("the writer").ok();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// 210 expressions: each of the bases, each with each of the further conditions. Some can match no packet.
fn expressions() -> Vec<String> {
    let bases = [
        "ip",
        "ip6",
        "tcp",
        "udp",
        "icmp",
        "arp",
        "tcp port 443",
        "port 53",
        "host 10.0.0.1",
        "src net 10.0.0.0/8",
        "dst host 10.0.0.2",
        "portrange 50-500",
        "ip6 host fd00::1",
        "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
        "ether host 02:00:00:00:00:01",
        "ip[0] & 0xf != 5",
        "udp dst port 53",
        "sctp port 443",
        "ip proto 47",
        "src or dst port 22",
        "udp[4:2] > 8",
    ];
    let further = [
        "{}",
        "not ({})",
        "({}) and greater 80",
        "({}) or arp",
        "({}) and ip[8] > 32",
        "({}) and not src host 10.0.0.2",
        "({}) or (vlan and ip)",
        "({}) and (port 443 or port 22)",
        "({}) or mpls 5",
        "({}) and ether[5] & 1 = 0",
    ];
    bases.iter().flat_map(|base| further.iter().map(move |form| form.replace("{}", base))).collect()
}

/// Packets from the network header on: both versions, several protocols, options, fragments, and cut ones.
fn packets() -> Vec<Vec<u8>> {
    let ports = [(1024, 443), (443, 1024), (53, 53), (22, 60000), (100, 7)];
    let mut packets = Vec::new();
    for (number, protocol) in [6u8, 17, 132, 1, 47, 58].into_iter().enumerate() {
        for (source, destination) in ports {
            for options in [0usize, 8] {
                let mut packet = vec![0; 20 + options];
                packet[0] = 0x40 | ((20 + options) / 4) as u8;
                packet[8] = 30 + 8 * number as u8;
                packet[9] = protocol;
                packet[6..8].copy_from_slice(if destination == 7 { &[0x20, 0x10] } else { &[0x40, 0] });
                packet[12..16].copy_from_slice(&[10, 0, 0, if options == 0 { 1 } else { 2 }]);
                packet[16..20].copy_from_slice(&[if source == 22 { 192 } else { 10 }, 0, 0, 2]);
                packets.push(with_transport(packet, source, destination));
            }
            let mut packet = vec![0; 40];
            packet[0] = 0x60;
            packet[6] = if source == 100 { 44 } else { protocol };
            packet[8] = 0xfd;
            packet[23] = 1;
            packet[24] = 0xfd;
            packet[39] = 2;
            packet.extend((source == 100).then_some([protocol, 0, 0, 0, 0, 0, 0, 1]).into_iter().flatten());
            packets.push(with_transport(packet, source, destination));
        }
    }
    let cut: Vec<Vec<u8>> =
        packets.iter().step_by(7).map(|packet| packet[..packet.len() - 25].to_vec()).collect();
    packets.extend(cut);
    packets
}

fn with_transport(mut packet: Vec<u8>, source: u16, destination: u16) -> Vec<u8> {
    packet.extend(source.to_be_bytes());
    packet.extend(destination.to_be_bytes());
    packet.extend([
        0,
        0,
        0,
        1,
        0,
        0,
        0,
        0,
        0x50,
        if source > destination { 0x02 } else { 0x10 },
        0,
        0,
        0,
        0,
        0,
        0,
    ]);
    packet.extend(vec![0xa5; usize::from(destination) % 60]);
    packet
}

/// The packets in Ethernet, some of them in a VLAN or behind an MPLS label, and ARP.
fn frames() -> Vec<Vec<u8>> {
    let address = |last: u8| [2, 0, 0, 0, 0, last];
    let mut frames = Vec::new();
    for (number, packet) in packets().into_iter().enumerate() {
        let kind: [u8; 2] = if packet[0] >= 0x60 { [0x86, 0xdd] } else { [0x08, 0x00] };
        let last = if number % 3 == 0 { 1 } else { 4 };
        let mut frame = [address(last), address(2)].concat();
        match number % 5 {
            3 => frame.extend([0x81, 0, 0, 100].iter().chain(&kind)),
            4 => frame.extend([0x88, 0x47, 0, 0, 0x51, 64]),
            _ => frame.extend(kind),
        }
        frame.extend(packet);
        frames.push(frame);
    }
    for sender in [1, 2] {
        let mut frame = [[0xff; 6], address(sender)].concat();
        frame.extend([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1]);
        frame.extend([2, 0, 0, 0, 0, sender, 10, 0, 0, sender, 0, 0, 0, 0, 0, 0, 10, 0, 0, 3]);
        frames.push(frame);
    }
    frames
}

fn libpcap(expression: &str) -> Vec<[u32; 4]> {
    let output =
        Command::new("tcpdump").args(["-ddd", "-y", "EN10MB", expression]).output().expect("tcpdump");
    assert!(
        output.status.success(),
        "tcpdump -ddd {expression}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8_lossy(&output.stdout);
    let numbers = |line: &str| {
        line.split_ascii_whitespace().map(|number| number.parse().expect("a number")).collect::<Vec<u32>>()
    };
    text.lines().skip(1).map(|line| numbers(line).try_into().expect("four numbers")).collect()
}

fn rows(program: &Program) -> Vec<[u32; 4]> {
    program.instructions().iter().map(|i| [i.code.into(), i.jt.into(), i.jf.into(), i.k]).collect()
}

#[test]
fn sockets_get_the_packets_that_libpcaps_get() {
    if let Some(why) = missing(&["python3", "tcpdump", "unshare"]) {
        println!("skipped: {why}");
        return;
    }
    let names = Names::default();
    let options = Options { vlan_metadata: false, ..Options::live(LinkType::ETHERNET, &names) };
    let frames = frames();
    let (mut tried, mut filters, mut offline) = (Vec::new(), Vec::new(), Vec::new());
    for expression in expressions() {
        let Ok(program) = capture::compile(&expression, &options) else { continue };
        filters.push(rows(&program));
        filters.push(libpcap(&expression));
        // The script adds four bytes to each frame.
        let hit = |frame: &Vec<u8>| {
            vm::run(&program, &[frame.as_slice(), &[0; 4]].concat(), frame.len() as u32 + 4) != 0
        };
        offline.push(
            frames
                .iter()
                .enumerate()
                .filter(|(_, frame)| hit(frame))
                .map(|(index, _)| index as u64)
                .collect::<Vec<_>>(),
        );
        tried.push(expression);
    }
    let wanted =
        json!({"frames": frames.iter().map(|frame| hex(frame)).collect::<Vec<_>>(), "filters": filters});
    let answer = ask(&wanted).expect("the kernel takes every program");
    let seen: Vec<Vec<u64>> = serde_json::from_value(answer["sockets"].clone()).expect("lists");
    let mut some = 0;
    for ((expression, pair), offline) in tried.iter().zip(seen.chunks(2)).zip(offline) {
        assert_eq!(pair[0], pair[1], "{expression}: ours, libpcap's");
        assert_eq!(pair[0], offline, "{expression}: kernel, offline");
        some += usize::from(!pair[0].is_empty() && pair[0].len() < frames.len());
    }
    println!("{} expressions on {} frames, {some} matched some of them", tried.len(), frames.len());
    assert!(tried.len() >= 200 && some > 130, "{} tried, {some} matched some", tried.len());
}

#[test]
fn translated_programs_answer_as_offline() {
    if let Some(why) = missing(&["python3", "unshare"]) {
        println!("skipped: {why}");
        return;
    }
    let names = Names::default().with_protocols("udp 17\n");
    let options = Options { vlan_metadata: false, ..Options::live(LinkType::RAW, &names) };
    // A test run refuses packets without a whole network header.
    let packets: Vec<_> = packets().into_iter().filter(|packet| packet.len() >= 40).collect();
    let more = [
        "ip6 protochain \\udp",
        "geneve",
        "len > 60 and ip[2:2] < len",
        "ip[ip[8] & 31] * 3 % 7 = 2",
        "tcp[0:2] / ip[9] > 9",
    ];
    let (mut tried, mut programs, mut offline) = (Vec::new(), Vec::new(), Vec::new());
    for expression in expressions().into_iter().chain(more.map(str::to_owned)) {
        let Ok(program) = capture::compile(&expression, &options) else { continue };
        programs.push(ebpf::translate(&program).expect("short jumps"));
        offline.push(
            packets
                .iter()
                .map(|packet| u32::from(vm::run(&program, packet, packet.len() as u32) != 0))
                .collect::<Vec<_>>(),
        );
        tried.push(expression);
    }
    let wanted = json!({"packets": packets.iter().map(|packet| hex(packet)).collect::<Vec<_>>(), "programs": programs});
    let answer = match ask(&wanted) {
        Ok(answer) => answer,
        Err(error)
            if error.contains("Operation not permitted")
                || error.contains("not supported")
                || error.contains("not implemented") =>
        {
            println!(
                "skipped: the kernel has no test runs of cgroup programs: {}",
                error.lines().last().unwrap_or_default()
            );
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let runs: Vec<Vec<u32>> = serde_json::from_value(answer["runs"].clone()).expect("lists");
    for ((expression, run), offline) in tried.iter().zip(runs).zip(offline) {
        assert_eq!(run, offline, "{expression}: kernel, offline");
    }
    println!("{} programs on {} packets", tried.len(), packets.len());
    assert!(tried.len() >= 100, "only {} tried", tried.len());
}
