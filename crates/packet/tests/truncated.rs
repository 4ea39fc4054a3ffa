//! Small capture files cut at every byte, compressed and not: an error or fewer packets, never more and never a panic.

mod support;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use plaintap_packet::file::{
    BlockBuilder, Compression, Compressor, Reader, Record, Renumbering, cut_packet, renumber,
};

use support::{corpus, count};

/// All files of a folder of at most `size` bytes, in order of their names.
fn small_files(folder: &Path, size: u64) -> Vec<PathBuf> {
    let mut folders = vec![folder.to_path_buf()];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder").map(|e| e.expect("an entry")) {
            match entry.metadata().expect("metadata") {
                m if m.is_dir() => folders.push(entry.path()),
                m if m.len() <= size => found.push(entry.path()),
                _ => {}
            }
        }
    }
    found.sort();
    found
}

fn cut_everywhere(name: &Path, bytes: &[u8]) {
    let (whole, _) = count(bytes);
    let mut before = 0;
    for length in 0..bytes.len() {
        let (packets, _) = count(&bytes[..length]);
        assert!(packets >= before && packets <= whole, "{}: {packets} of {length} bytes", name.display());
        before = packets;
    }
}

#[test]
fn cut_at_every_byte() {
    let Some(corpus) = corpus() else { return };
    let files = small_files(&corpus.join("captures/pcapng-test-generator"), 4096)
        .into_iter()
        .chain(small_files(&corpus.join("captures/tcpdump"), 400).into_iter().take(40));
    let mut tried = 0;
    for file in files {
        tried += 1;
        cut_everywhere(&file, &fs::read(&file).expect("a file"));
    }
    println!("{tried} files");
    assert!(tried >= 60, "only {tried} files");
}

#[test]
fn compressed_and_cut_at_every_byte() {
    let Some(corpus) = corpus() else { return };
    for file in small_files(&corpus.join("captures/pcapng-test-generator/output_be/difficult"), 2048) {
        let bytes = fs::read(&file).expect("a file");
        for compression in [Compression::Gzip, Compression::Zstd, Compression::Lz4] {
            let mut packed = Compressor::new(Vec::new(), compression).expect("a compressor");
            packed.write_all(&bytes).expect("in memory");
            let packed = packed.finish().expect("in memory");
            assert_eq!(count(&packed[..]), count(&bytes[..]), "{} {compression}", file.display());
            cut_everywhere(&file, &packed);
        }
    }
}

/// Every block of the corpus survives being cut short and renumbered in both byte orders.
#[test]
fn blocks_are_rebuilt_without_a_panic() {
    let Some(corpus) = corpus() else { return };
    let mut rebuilt = 0;
    for file in small_files(&corpus.join("captures"), 100_000) {
        let bytes = fs::read(&file).expect("a file");
        let Ok(mut reader) = Reader::new(&bytes[..]) else { continue };
        while let Ok(Some(entry)) = reader.next_entry() {
            let Some(block) = entry.block else { break };
            let packet = match &entry.record {
                Record::Packet(packet, _) => Some(packet),
                _ => None,
            };
            for big_endian in [false, true] {
                let mut out = BlockBuilder::new(big_endian);
                let numbers = Renumbering { interface: 3, processes: &[7], description: Some("d") };
                rebuilt += u64::from(renumber(&block, packet, &numbers, &mut out));
                if let Some(packet) = packet {
                    let mut out = BlockBuilder::new(block.big_endian);
                    assert!(cut_packet(&block, packet, 20, &mut out));
                }
            }
        }
    }
    println!("{rebuilt} blocks");
    assert!(rebuilt > 1000);
}

/// 256 MiB of zeros in less than a megabyte of gzip is read in the memory of its buffers: the record that would need more
/// is refused by its length alone.
#[test]
fn a_decompression_bomb_costs_no_memory() {
    let mut packed = Compressor::new(Vec::new(), Compression::Gzip).expect("a compressor");
    packed.write_all(&[0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0]).expect("in memory");
    let zeros = vec![0; 1 << 20];
    for _ in 0..256 {
        packed.write_all(&zeros).expect("in memory");
    }
    let packed = packed.finish().expect("in memory");
    assert!(packed.len() < 1 << 20);
    // 24 bytes of header, then records of 16 zero bytes each.
    let (packets, end) = count(&packed[..]);
    assert_eq!((packets, end), (((256 << 20) - 16) / 16, Ok(())));
    let after = peak_memory();
    assert!(after < 200 << 20, "{after} bytes");
}

/// The most memory this process ever had, in bytes.
fn peak_memory() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("procfs");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("VmHWM");
    let kib: u64 = line.split_whitespace().nth(1).expect("a number").parse().expect("a number");
    kib << 10
}
