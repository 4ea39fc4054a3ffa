//! tcpdump as the truth, and how our packets compare with it.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{ChildStderr, Command, Stdio};
use std::time::{Duration, Instant};

use plaintap_packet::{Batch, CaptureSource, CaptureStatistics};

use crate::support::{PATIENCE, Process, unique};

/// A packet from the IP header on, and its original length.
pub(crate) type Truth = (Vec<u8>, u32);

/// tcpdump on the loopback device. Dropping it ends it and removes its file.
pub(crate) struct Tcpdump {
    process: Process,
    stderr: BufReader<ChildStderr>,
    file: PathBuf,
    marker: UdpSocket,
}

/// The last packet that tcpdump shall see; sent from outside the target.
const MARKER: &[u8] = b"plaintap-test-marker";

impl Tcpdump {
    pub(crate) fn start(filter: &str) -> Self {
        let marker = UdpSocket::bind("127.0.0.1:0").expect("a socket");
        let port = marker.local_addr().expect("an address").port();
        let file = std::env::temp_dir().join(unique("truth"));
        let mut process = Process(
            Command::new("tcpdump")
                .args(["-i", "lo", "-n", "-U", "-s", "0", "-B", "65536", "-w"])
                .arg(&file)
                .arg(format!("({filter}) or udp dst port {port}"))
                .stderr(Stdio::piped())
                .spawn()
                .expect("tcpdump"),
        );
        let mut stderr = BufReader::new(process.0.stderr.take().expect("its messages"));
        let mut line = String::new();
        while !line.contains("listening on") {
            line.clear();
            assert!(stderr.read_line(&mut line).expect("a line") > 0, "tcpdump ended at once");
        }
        Self { process, stderr, file, marker }
    }

    /// Every packet up to now.
    pub(crate) fn finish(mut self) -> Vec<Truth> {
        let address = self.marker.local_addr().expect("an address");
        self.marker.send_to(MARKER, address).expect("a marker");
        let end = Instant::now() + PATIENCE;
        loop {
            let mut packets = read_pcap(&fs::read(&self.file).unwrap_or_default());
            if let Some(position) = packets.iter().position(|(bytes, _)| bytes.ends_with(MARKER)) {
                packets.truncate(position);
                self.interrupt();
                return packets;
            }
            assert!(Instant::now() < end, "tcpdump did not see the marker");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn interrupt(&mut self) {
        let pid = rustix::process::Pid::from_child(&self.process.0);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).expect("tcpdump runs");
        let mut words = String::new();
        self.stderr.read_to_string(&mut words).expect("its last words");
        assert!(words.contains("\n0 packets dropped by kernel"), "tcpdump lost packets: {words}");
    }
}

impl Drop for Tcpdump {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.file);
    }
}

/// The packets of a little-endian microsecond pcap of Ethernet, up to a cut last one.
fn read_pcap(file: &[u8]) -> Vec<Truth> {
    let mut packets = Vec::new();
    let mut rest = file.get(24..).unwrap_or_default();
    while rest.len() >= 16 {
        let number = |at: usize| u32::from_le_bytes(rest[at..at + 4].try_into().unwrap());
        let (captured, original) = (number(8) as usize, number(12));
        let Some(data) = rest.get(16 + 14..16 + captured) else {
            break;
        };
        packets.push((data.to_vec(), original - 14));
        rest = &rest[16 + captured..];
    }
    packets
}

/// Takes everything that the source has or will have of what the kernel has counted by now.
pub(crate) fn drain(source: &mut impl CaptureSource) -> (Batch, CaptureStatistics) {
    let mut batch = Batch::default();
    let end = Instant::now() + PATIENCE;
    loop {
        source.next_batch(&mut batch, Duration::from_millis(20)).expect("a batch");
        let counts = source.statistics();
        let handed_over = counts.inbound + counts.outbound
            - counts.duplicates
            - counts.filtered
            - counts.dropped_full
            - counts.dropped_uncopied;
        if handed_over == batch.packets.len() as u64 {
            return (batch, counts);
        }
        assert!(Instant::now() < end, "{counts:?} but {} packets", batch.packets.len());
    }
}

/// The packets of a batch as tcpdump's are given.
pub(crate) fn packets(batch: &Batch) -> Vec<Truth> {
    batch.packets.iter().map(|p| (batch.bytes[p.range.clone()].to_vec(), p.original_length)).collect()
}

/// What is in one list and not in the other, equal packets counted.
pub(crate) fn difference(ours: &[Truth], truth: &[Truth]) -> (Vec<Truth>, Vec<Truth>) {
    let mut counts: HashMap<&Truth, i64> = HashMap::new();
    for packet in ours {
        *counts.entry(packet).or_default() += 1;
    }
    for packet in truth {
        *counts.entry(packet).or_default() -= 1;
    }
    let (mut only_ours, mut only_truth) = (Vec::new(), Vec::new());
    for (packet, count) in counts {
        let list = if count > 0 { &mut only_ours } else { &mut only_truth };
        list.extend(std::iter::repeat_n(packet.clone(), count.unsigned_abs() as usize));
    }
    (only_ours, only_truth)
}
