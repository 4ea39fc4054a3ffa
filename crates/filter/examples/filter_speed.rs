//! Nanoseconds per packet that display filters cost beyond the walk: `filter_speed CAPTURE ROUNDS FILTER...`.
//!
//! The packets are read into memory first, so that only decoding and filtering is measured. The least of all rounds
//! counts. A filter is measured with the decoder that its needs ask for.

use std::fs::File;
use std::time::Instant;

use plaintap_decode::{Decoder, Options};
use plaintap_filter::DisplayFilter;
use plaintap_packet::Packet;
use plaintap_packet::file::{Reader, Record};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: filter_speed CAPTURE ROUNDS FILTER...";
    let path = arguments.next().ok_or(usage)?;
    let rounds: u32 = arguments.next().ok_or(usage)?.parse()?;
    let mut data = Vec::new();
    let mut reader = Reader::new(File::open(&path)?)?;
    while let Some(record) = reader.next_record()? {
        if let Record::Packet(packet, _) = record {
            data.push((packet.data.to_vec(), Packet { data: &[], ..packet }));
        }
    }
    let packets: Vec<Packet<'_>> = data.iter().map(|(data, packet)| Packet { data, ..*packet }).collect();
    println!("{} packets", packets.len());
    for text in arguments {
        let filter = DisplayFilter::compile(&text)?;
        let needs = filter.needs();
        let decoder = || match needs.reassembly {
            true => Decoder::new(Options::default()),
            false => Decoder::of_headers(Options { flows: needs.flows, ..Options::default() }),
        };
        let (mut walk, mut both, mut passed) = (f64::INFINITY, f64::INFINITY, 0);
        for _ in 0..rounds {
            walk = walk.min(measure(decoder(), &packets, None).0);
            let (time, count) = measure(decoder(), &packets, Some(&filter));
            both = both.min(time);
            passed = count;
        }
        println!("{walk:8.1} ns decoding, {:6.1} ns {text}: {passed} packets", both - walk);
    }
    Ok(())
}

fn measure(mut decoder: Decoder, packets: &[Packet<'_>], filter: Option<&DisplayFilter>) -> (f64, usize) {
    let mut passed = 0;
    let start = Instant::now();
    for (number, packet) in packets.iter().enumerate() {
        let decoded = decoder.decode(packet, number as u64 + 1);
        passed += usize::from(filter.is_some_and(|filter| filter.matches(&decoded)));
    }
    (start.elapsed().as_nanos() as f64 / packets.len().max(1) as f64, passed)
}
