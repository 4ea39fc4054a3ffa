//! What conversations cost to remember. Each kind is measured in a process of its own, where nobody else takes memory or
//! leaves any behind.

use std::env;
use std::fs;
use std::ops::Range;
use std::process::Command;

use plaintap_decode::{Decoder, Options};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};

/// Conversations measured: enough that what the decoder takes once does not count.
const CONVERSATIONS: u32 = 50_000;

/// Says to the process which kind it measures.
const KIND: &str = "PLAINTAP_TEST_CONVERSATION";

const SYN: u8 = 0x02;
const SYN_ACK: u8 = 0x12;
const ACK: u8 = 0x10;
const FIN: u8 = 0x11;

/// The goal is 400 bytes for each, with all that stands around it: the tables, and what the allocator adds.
#[test]
fn a_conversation_takes_less_than_400_bytes() {
    for (kind, most) in [
        ("udp", 130),
        ("tcp handshake", 310),
        ("tcp ended", 310),
        ("tcp half closed", 400),
        ("tcp live", 400),
    ] {
        let test = env::current_exe().expect("the test knows its file");
        let output = Command::new(test)
            .args(["in_a_process_of_its_own", "--exact", "--nocapture"])
            .env(KIND, kind)
            .output()
            .expect("the test can be run again");
        let text = String::from_utf8_lossy(&output.stdout);
        let bytes = text.lines().find_map(|line| line.strip_suffix(" bytes")?.trim().parse::<u64>().ok());
        let bytes = bytes.unwrap_or_else(|| panic!("{kind}: {text}"));
        println!("{kind}: {bytes} bytes, {most} allowed");
        assert!(bytes <= most, "{kind}: {bytes} bytes a conversation, {most} allowed");
    }
}

/// Measures the kind that the environment names; without one there is nothing to do.
#[test]
fn in_a_process_of_its_own() {
    let Ok(kind) = env::var(KIND) else { return };
    // The first conversations of all touch code and tables that stay.
    decode_all(&kind, 0..1000);
    let before = resident();
    let decoder = decode_all(&kind, 1000..1000 + CONVERSATIONS);
    let bytes = resident().saturating_sub(before);
    assert_eq!(decoder.counters().flows_forgotten, 0, "all are remembered");
    // The harness does not end its line before the test is over.
    println!("\n{} bytes", bytes / u64::from(CONVERSATIONS));
}

fn decode_all(kind: &str, conversations: Range<u32>) -> Decoder {
    let mut decoder = Decoder::new(Options::default());
    let mut number = 0;
    let mut decode = |data: &[u8]| {
        number += 1;
        let packet = Packet {
            data,
            time: Nanos(number as i64 * 1000),
            original_length: data.len() as u32,
            link_type: LinkType::RAW,
            interface: 0,
            direction: Direction::Unknown,
            process: None,
        };
        decoder.decode(&packet, number);
    };
    // Many are open at once, in turns: each step is one packet of each of a thousand.
    for first in conversations.step_by(1000) {
        for step in 0..steps(kind) {
            (first..first + 1000).for_each(|n| decode(&conversation(kind, n, step)));
        }
    }
    decoder
}

fn steps(kind: &str) -> usize {
    match kind {
        "udp" => 2,
        "tcp handshake" => 3,
        "tcp live" => 7,
        "tcp half closed" => 9,
        _ => 10,
    }
}

/// Packet number `step` of conversation `n`.
fn conversation(kind: &str, n: u32, step: usize) -> Vec<u8> {
    const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    const RESPONSE: &[u8] = b"HTTP/1.1 204 No Content\r\n\r\n";
    if kind == "udp" {
        return udp(n, step == 0);
    }
    let (q, r) = (101 + REQUEST.len() as u32, 501 + RESPONSE.len() as u32);
    match step {
        0 => tcp(n, true, 100, 0, SYN, b""),
        1 => tcp(n, false, 500, 101, SYN_ACK, b""),
        2 => tcp(n, true, 101, 501, ACK, b""),
        3 => tcp(n, true, 101, 501, ACK, REQUEST),
        4 => tcp(n, false, 501, q, ACK, b""),
        5 => tcp(n, false, 501, q, ACK, RESPONSE),
        6 => tcp(n, true, q, r, ACK, b""),
        7 => tcp(n, true, q, r, FIN, b""),
        8 => tcp(n, false, r, q + 1, FIN, b""),
        _ => tcp(n, true, q + 1, r + 1, ACK, b""),
    }
}

fn tcp(n: u32, forward: bool, sequence: u32, acknowledgment: u32, flags: u8, payload: &[u8]) -> Vec<u8> {
    let ports = if forward { [40_000, 80] } else { [80, 40_000] };
    let mut segment = ports.map(u16::to_be_bytes).concat();
    segment.extend([sequence, acknowledgment].map(u32::to_be_bytes).concat());
    segment.extend([0x50, flags, 4, 0, 0, 0, 0, 0]);
    segment.extend(payload);
    ip4(6, n, forward, &segment)
}

fn udp(n: u32, forward: bool) -> Vec<u8> {
    let ports = if forward { [40_000, 9999] } else { [9999, 40_000] };
    let mut datagram = ports.map(u16::to_be_bytes).concat();
    datagram.extend([0, 12, 0, 0]);
    datagram.extend(b"text");
    ip4(17, n, forward, &datagram)
}

/// Between 10.0.0.1 and client number `n`.
fn ip4(protocol: u8, n: u32, forward: bool, payload: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + payload.len() as u16).to_be_bytes());
    packet.extend([0, 7, 0, 0, 64, protocol, 0, 0]);
    let client = (0x0a01_0000 + n).to_be_bytes();
    let server = [10, 0, 0, 1];
    packet.extend(if forward { [client, server] } else { [server, client] }.concat());
    packet.extend(payload);
    packet
}

/// Bytes of memory that the process has.
fn resident() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("the kernel tells");
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
    kilobytes.and_then(|n| n.parse::<u64>().ok()).expect("a number of kilobytes") * 1024
}
