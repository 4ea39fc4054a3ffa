//! The *sockets* way to capture: every packet of the sockets of one cgroup, labelled with the process.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::thread;
use std::time::{Duration, Instant};

use aya::Ebpf;
use aya::maps::{Map, MapData, PerCpuArray, ProgramArray};
use aya::programs::{CgroupAttachMode, CgroupSkb, CgroupSkbAttachType, CgroupSock, CgroupSockAddr};
use plaintap_packet::{Batch, CaptureSource, CaptureStatistics, CapturedPacket, Direction, LinkType, Owner};

use super::clock::WallClock;
use super::datagrams::Datagrams;
use super::error::Attempt;
use super::filter::{Filter, Hook, UNWANTED, WANTED};
use super::ring::{Ring, bytes, u16_at, u32_at, u64_at};
use super::{Error, TargetFilter, object};

/// The head of a record: `struct record` of bpf/sockets.bpf.c.
const HEAD: usize = 56;
/// `OUTBOUND` of bpf/sockets.bpf.c.
const OUTBOUND: u16 = 1;
/// The largest packet that is kept whole: twice what IPv4 allows, and more than drivers do with "BIG TCP".
const LARGEST_DATA: u32 = 256 * 1024;
/// Below this the headers, which tell the flow, would be cut.
const SMALLEST_SNAP: u32 = 64;
/// One call takes little more than this out of the ring: what still fits into the cache of a core is copied at twice the speed.
const BATCH_BYTES: usize = 256 * 1024;
/// Two looks into the ring are at least this far apart unless the first left something there. Looking at once for the next
/// packet costs us a context switch and its sender an interrupt, each time. A ring of the default size takes in what a
/// hundred times as long brings.
const SHORTEST_GATHER: Duration = Duration::from_millis(1);
/// Where little comes, looks are as far apart as this.
const LONGEST_GATHER: Duration = Duration::from_millis(10);
/// Much is more than this part of the ring between two looks.
const MUCH: u64 = 64;

const ATTACH: Attempt = Attempt {
    what: "attach the packet capture to the cgroup",
    feature: "BPF links for cgroups (Linux 5.7, CONFIG_CGROUP_BPF)",
};

/// How to capture.
#[derive(Clone, Debug)]
pub struct SocketsOptions {
    /// Size of the ring buffer in KiB; rounded up to a power of two of at least a page. Memory that the kernel holds.
    pub ring_kib: u32,
    /// At most this many bytes of each packet, counted from the IP header; 64 is the least.
    pub snap_length: u32,
    /// Which packets to record; all if there is none. The body of an eBPF function, each `struct bpf_insn` as a
    /// little-endian word: it takes a `struct __sk_buff` whose data begins with the IP header in r1, returns 1 for a packet
    /// to record, else 0, and does not use r9. What it does not let through stays in the kernel and is only counted.
    pub filter: Option<Vec<u64>>,
}

impl Default for SocketsOptions {
    /// 64 MiB, whole packets, all of them.
    fn default() -> Self {
        Self { ring_kib: 64 * 1024, snap_length: LARGEST_DATA, filter: None }
    }
}

/// Packets of the sockets that were made inside one cgroup or below it, from the IP header on.
///
/// A packet whose both ends belong to the target is recorded once, when it is sent. Statistics fit together:
/// `inbound + outbound` is what was handed over or is still in the ring, plus both drop counts, plus `duplicates`, plus `filtered`. Several
/// UDP datagrams that pass as one packet (segmentation offload) count as one there, and are handed over one by one: a
/// datagram's borders have a meaning. TCP segments that pass as one are left as they are.
///
/// Not seen, because no socket of the target has them: segments for and from a TCP connection that the target's kernel
/// keeps only as TIME_WAIT, resets for closed ports, ICMP errors, and fragments (packets pass here whole).
pub struct SocketsSource {
    ring: Ring,
    counters: PerCpuArray<MapData, [u64; 6]>,
    clock: WallClock,
    pace: Pace,
    names_accepting_process: bool,
    // Dropped before the programs they lead to.
    _filters: Option<Filters>,
    // Holds the links: dropping it detaches.
    _programs: Ebpf,
}

impl SocketsSource {
    /// Starts to capture what the sockets of `cgroup`, an open cgroup v2 directory, send and receive.
    ///
    /// # Errors
    /// When the directory is not one, or the kernel refuses; see [`Error`].
    pub fn attach(cgroup: BorrowedFd<'_>, options: &SocketsOptions) -> Result<Self, Error> {
        let target = TargetFilter::of_directory(cgroup)?;
        let (mut programs, names_accepting_process) = match load(&target, options, true) {
            // Linux 6.1 and older do not tell cgroup_skb programs which task is running.
            Err(Error::Rejected { .. } | Error::Unsupported { .. }) => {
                (load(&target, options, false)?, false)
            }
            loaded => (loaded?, true),
        };
        let ring = Ring::take(&mut programs)?;
        let counters = object::take_map(&mut programs, "counters")?;
        let filters = attach(&mut programs, options.filter.as_deref(), cgroup)?;
        Ok(Self {
            ring,
            counters,
            clock: WallClock::new(),
            pace: Pace::new(ring_bytes(options)),
            names_accepting_process,
            _filters: filters,
            _programs: programs,
        })
    }

    /// Whether an accepted connection is labelled with the process that answers on it. Where the kernel is too old it is
    /// labelled with the process that listens, which differs in servers that listen first and fork then.
    pub fn names_accepting_process(&self) -> bool {
        self.names_accepting_process
    }

    fn drain(&mut self, batch: &mut Batch) {
        let limit = batch.bytes.len() + BATCH_BYTES;
        self.pace.emptied = None;
        while batch.bytes.len() < limit {
            let Some(record) = self.ring.next() else { return self.pace.emptied(Instant::now()) };
            self.pace.taken += record.len() as u64;
            append(batch, &record, &self.clock);
        }
    }
}

impl CaptureSource for SocketsSource {
    fn link_type(&self) -> LinkType {
        LinkType::RAW
    }

    fn next_batch(&mut self, batch: &mut Batch, timeout: Duration) -> io::Result<()> {
        let before = batch.packets.len();
        if self.pace.emptied.is_some_and(|time| time.elapsed() < self.pace.gather) {
            thread::sleep(self.pace.gather.min(timeout));
        }
        self.clock.resample();
        self.drain(batch);
        if batch.packets.len() == before && self.ring.wait(timeout)? {
            self.drain(batch);
        }
        Ok(())
    }

    fn statistics(&self) -> CaptureStatistics {
        // The map exists as long as we do, so reading it does not fail; zeros would then be the least wrong.
        let [inbound, outbound, dropped_full, dropped_uncopied, duplicates, filtered] =
            object::sum_over_cpus(&self.counters).unwrap_or_default();
        CaptureStatistics { inbound, outbound, dropped_full, dropped_uncopied, duplicates, filtered }
    }
}

/// How far apart looks into the ring are.
struct Pace {
    /// When the ring was last found empty.
    emptied: Option<Instant>,
    /// Bytes taken since it was before.
    taken: u64,
    gather: Duration,
    much: u64,
}

impl Pace {
    const fn new(ring_bytes: u32) -> Self {
        Self { emptied: None, taken: 0, gather: SHORTEST_GATHER, much: ring_bytes as u64 / MUCH }
    }

    fn emptied(&mut self, now: Instant) {
        let much = std::mem::take(&mut self.taken) > self.much;
        self.gather = if much { SHORTEST_GATHER } else { (2 * self.gather).min(LONGEST_GATHER) };
        self.emptied = Some(now);
    }
}

fn ring_bytes(options: &SocketsOptions) -> u32 {
    options.ring_kib.saturating_mul(1024).max(4096).checked_next_power_of_two().unwrap_or(1 << 31)
}

fn load(target: &TargetFilter, options: &SocketsOptions, current_task: bool) -> Result<Ebpf, Error> {
    let snap_length = options.snap_length.clamp(SMALLEST_SNAP, LARGEST_DATA);
    let current_task_known = u8::from(current_task);
    let making = Attempt {
        what: "make the packet ring buffer",
        feature: "BPF ring buffers (Linux 5.8) or storage at sockets for cgroups (Linux 5.9)",
    };
    let mut programs = object::loader(target)
        .override_global("snap_length", &snap_length, true)
        .override_global("current_task_known", &current_task_known, true)
        .map_max_entries("ring", ring_bytes(options))
        .load(object::SOCKETS)
        .map_err(|e| making.loading(e))?;
    let loading = Attempt {
        what: "load the packet capture programs",
        feature: "a BPF helper they need (Linux 5.10 is the oldest tried)",
    };
    let unwanted: &[&str] = if options.filter.is_some() { &["unwanted_in", "unwanted_out"] } else { &[] };
    for name in ["packet_in", "packet_out"].iter().chain(unwanted) {
        object::program::<CgroupSkb>(&mut programs, name)?.load().map_err(|e| loading.program(e))?;
    }
    object::program::<CgroupSock>(&mut programs, "socket_created")?.load().map_err(|e| loading.program(e))?;
    for name in CLAIMING {
        object::program::<CgroupSockAddr>(&mut programs, name)?.load().map_err(|e| loading.program(e))?;
    }
    Ok(programs)
}

/// The programs that note which process uses a socket.
const CLAIMING: [&str; 4] = ["connect_ipv4", "connect_ipv6", "send_ipv4", "send_ipv6"];

/// The ways of packets: the program that records, the one that counts what a filter does not let through, the map by which
/// the filter goes on, and the hook. Sending comes before receiving, so that what is received over loopback has been noted
/// when it was sent.
const WAYS: [(&str, &str, &str, Hook); 2] = [
    ("packet_out", "unwanted_out", "after_filter_out", Hook::Egress),
    ("packet_in", "unwanted_in", "after_filter_in", Hook::Ingress),
];

/// Attached filters. The kernel empties a map of programs when nobody holds it any more, so it is held as long as the link.
type Filters = [(OwnedFd, ProgramArray<MapData>); 2];

/// Owners before packets, so that no packet comes without one.
fn attach(
    programs: &mut Ebpf,
    filter: Option<&[u64]>,
    cgroup: BorrowedFd<'_>,
) -> Result<Option<Filters>, Error> {
    // "Single" is no flag at all; links always stand beside the programs of others.
    let mode = CgroupAttachMode::Single;
    object::program::<CgroupSock>(programs, "socket_created")?
        .attach(cgroup, mode)
        .map_err(|e| ATTACH.program(e))?;
    for name in CLAIMING {
        object::program::<CgroupSockAddr>(programs, name)?
            .attach(cgroup, mode)
            .map_err(|e| ATTACH.program(e))?;
    }
    let Some(filter) = filter else {
        for (name, _, _, hook) in WAYS {
            let side = match hook {
                Hook::Egress => CgroupSkbAttachType::Egress,
                Hook::Ingress => CgroupSkbAttachType::Ingress,
            };
            object::program::<CgroupSkb>(programs, name)?
                .attach(cgroup, side, mode)
                .map_err(|e| ATTACH.program(e))?;
        }
        return Ok(None);
    };
    let [outbound, inbound] = WAYS.map(|(recording, counting, map, hook)| {
        let after = [(UNWANTED, counting), (WANTED, recording)];
        attach_filter(programs, filter, after, map, hook, cgroup)
    });
    Ok(Some([outbound?, inbound?]))
}

fn attach_filter(
    programs: &mut Ebpf,
    filter: &[u64],
    after: [(u32, &str); 2],
    map: &str,
    hook: Hook,
    cgroup: BorrowedFd<'_>,
) -> Result<(OwnedFd, ProgramArray<MapData>), Error> {
    let Some(Map::ProgramArray(map)) = programs.take_map(map) else {
        return Err(Error::Object { reason: format!("no map of programs {map}") });
    };
    let loaded = Filter::load(filter, hook, map.fd().as_fd())?;
    let mut table = ProgramArray::try_from(Map::ProgramArray(map)).map_err(|e| ATTACH.map(e))?;
    for (index, name) in after {
        let program = object::program::<CgroupSkb>(programs, name)?.fd().map_err(|e| ATTACH.program(e))?;
        table.set(index, program, 0).map_err(|e| ATTACH.map(e))?;
    }
    Ok((loaded.attach(cgroup, ATTACH)?, table))
}

/// Appends one record of the ring buffer. The offsets are those of `struct record`.
fn append(batch: &mut Batch, record: &[u8], clock: &WallClock) {
    let captured = u32_at(record, 20) as usize;
    let Some(data) = record.get(HEAD..HEAD + captured) else {
        return;
    };
    let mut packet = CapturedPacket {
        time: clock.at(u64_at(record, 0)),
        original_length: u32_at(record, 16),
        range: 0..0,
        direction: if u16_at(record, 28) == OUTBOUND { Direction::Outbound } else { Direction::Inbound },
        interface_index: u32_at(record, 24),
        owner: Owner {
            pid: u32_at(record, 32),
            uid: u32_at(record, 36),
            name: bytes(record, 40),
            socket_cookie: u64_at(record, 8),
        },
    };
    let Batch { bytes, packets } = batch;
    let segment_size = usize::from(u16_at(record, 30));
    let whole = packet.original_length as usize == captured;
    let datagrams = Datagrams::new(data, segment_size).filter(|_| whole);
    let count = datagrams.map_or(1, Datagrams::count);
    for index in 0..count {
        let start = bytes.len();
        match datagrams {
            Some(datagrams) => datagrams.append(index, bytes),
            None => bytes.extend_from_slice(data),
        }
        packet.range = start..bytes.len();
        if datagrams.is_some() {
            packet.original_length = packet.range.len() as u32;
        }
        packets.push(packet.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(captured: u32, data: &[u8]) -> Vec<u8> {
        let mut record = Vec::new();
        record.extend(1_000u64.to_ne_bytes());
        record.extend(77u64.to_ne_bytes());
        for number in [captured.max(10), captured, 1, u32::from(OUTBOUND), 4242, 1001] {
            record.extend(u32::to_ne_bytes(number));
        }
        record.extend(b"curl\0\0\0\0\0\0\0\0\0\0\0\0");
        record.extend(data);
        record
    }

    #[test]
    fn a_record_becomes_a_packet() {
        let mut batch = Batch::default();
        batch.bytes.extend(b"before");
        append(&mut batch, &record(3, b"abcpadding"), &WallClock::new());
        let packet = &batch.packets[0];
        assert_eq!(&batch.bytes[packet.range.clone()], b"abc");
        assert_eq!((packet.original_length, packet.interface_index), (10, 1));
        assert_eq!(packet.direction, Direction::Outbound);
        assert_eq!((packet.owner.pid, packet.owner.uid, packet.owner.socket_cookie), (4242, 1001, 77));
        assert_eq!(packet.owner.name(), b"curl");
    }

    #[test]
    fn a_record_shorter_than_it_says_is_left_out() {
        let mut batch = Batch::default();
        append(&mut batch, &record(30, b"abc"), &WallClock::new());
        append(&mut batch, b"short", &WallClock::new());
        assert!(batch.packets.is_empty());
    }

    #[test]
    fn looks_into_the_ring_are_far_apart_only_where_little_comes() {
        let mut pace = Pace::new(64 << 20);
        for _ in 0..10 {
            pace.taken = 1 << 20;
            pace.emptied(Instant::now());
        }
        assert_eq!((pace.gather, pace.taken), (LONGEST_GATHER, 0));
        pace.taken = (1 << 20) + 1;
        pace.emptied(Instant::now());
        assert_eq!(pace.gather, SHORTEST_GATHER);
    }

    #[test]
    fn the_programs_for_older_kernels_load_too() {
        // The root, under which every task is.
        let target = TargetFilter { cgroup_id: 1, ancestor_level: 0 };
        match load(&target, &SocketsOptions { ring_kib: 64, ..SocketsOptions::default() }, false) {
            Ok(_) => {}
            Err(error @ Error::Denied { .. }) => println!("skipped: {error}"),
            Err(error) => panic!("{error}"),
        }
    }
}
