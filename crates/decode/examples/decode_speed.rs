//! Nanoseconds per packet, each stage against the one before: `decode_speed CAPTURE [ROUNDS]`.
//!
//! The packets are read into memory first, so that only decoding is measured. The least of all rounds counts.

use std::fs::File;
use std::time::Instant;

use plaintap_decode::{Decoded, Decoder, Options, Selection, registry};
use plaintap_packet::file::{Reader, Record};
use plaintap_packet::{Direction, LinkType, Nanos, Packet};

struct Capture {
    bytes: Vec<u8>,
    packets: Vec<(usize, usize, Nanos, u32, LinkType)>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().ok_or("usage: decode_speed CAPTURE [ROUNDS]")?;
    let rounds: u32 = arguments.next().map_or(Ok(7), |n| n.parse())?;
    let capture = read(&path)?;
    println!("{} packets, {} bytes", capture.packets.len(), capture.bytes.len());
    let alone = || Options { flows: false, reassemble: false, ..Options::default() };
    let flows = || Options { flows: true, reassemble: false, ..Options::default() };
    let names: Vec<_> = ["ip.src", "tcp.dstport"].iter().filter_map(|name| registry::field(name)).collect();
    let selection = Selection::new(&names);
    let mut found = 0_usize;
    measure("walk", &capture, rounds, alone, |_| {});
    measure("walk + 2 fields", &capture, rounds, alone, |decoded| {
        decoded.select(&selection, &mut |_, _, _| found += 1);
    });
    measure("walk + flows", &capture, rounds, flows, |_| {});
    measure("walk + flows + reassembly", &capture, rounds, Options::default, |_| {});
    println!("{found} values");
    Ok(())
}

fn measure(
    name: &str,
    capture: &Capture,
    rounds: u32,
    options: impl Fn() -> Options,
    mut each: impl FnMut(&Decoded<'_>),
) {
    let mut least = f64::INFINITY;
    for _ in 0..rounds {
        let mut decoder = Decoder::new(options());
        let start = Instant::now();
        for (number, &(from, to, time, original_length, link_type)) in capture.packets.iter().enumerate() {
            let packet = Packet {
                data: &capture.bytes[from..to],
                time,
                original_length,
                link_type,
                interface: 0,
                direction: Direction::Unknown,
                process: None,
            };
            each(&decoder.decode(&packet, number as u64 + 1));
        }
        least = least.min(start.elapsed().as_nanos() as f64 / capture.packets.len().max(1) as f64);
    }
    println!("{least:8.1} ns/packet  {name}");
}

fn read(path: &str) -> Result<Capture, Box<dyn std::error::Error>> {
    let mut reader = Reader::new(File::open(path)?)?;
    let mut capture = Capture { bytes: Vec::new(), packets: Vec::new() };
    while let Some(record) = reader.next_record()? {
        if let Record::Packet(packet, _) = record {
            let from = capture.bytes.len();
            capture.bytes.extend_from_slice(packet.data);
            let to = capture.bytes.len();
            capture.packets.push((from, to, packet.time, packet.original_length, packet.link_type));
        }
    }
    Ok(capture)
}
