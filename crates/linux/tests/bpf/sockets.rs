//! The cgroup_skb capture against tcpdump, packet by packet.

use std::net::{Ipv6Addr, TcpListener, UdpSocket};
use std::process::{Command, id};

use crate::support::{Cgroup, PATIENCE, Process, allowed, obstacle, run, skipped};
use crate::tcpdump::{Tcpdump, Truth, difference, drain, packets};
use plaintap_linux::bpf::{SocketsOptions, SocketsSource};
use plaintap_packet::{Batch, CaptureSource, CaptureStatistics, Direction, LinkType};

/// A server that answers `size` bytes to each of `count` requests, and its client. The server closes first.
const PEER: &str = r#"
import socket, sys
role, kind, address, port, count, size = sys.argv[1:7]
port, count, size = int(port), int(count), int(size)
family = socket.AF_INET6 if ':' in address else socket.AF_INET
s = socket.socket(family, socket.SOCK_STREAM if kind == 'tcp' else socket.SOCK_DGRAM)
def take(s, n):
    while n:
        got = len(s.recv(min(n, 1 << 20)))
        assert got
        n -= got
if role == 'server':
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, port))
    if kind == 'tcp':
        s.listen()
        print('ready', flush=True)
        c, _ = s.accept()
        for _ in range(count):
            take(c, 4)
            c.sendall(b'y' * size)
    else:
        print('ready', flush=True)
        for _ in range(count):
            data, peer = s.recvfrom(65536)
            s.sendto(b'y' * size, peer)
else:
    s.connect((address, port))
    for _ in range(count):
        s.send(b'ask\n')
        if kind == 'tcp':
            take(s, size)
        else:
            s.recv(65536)
    if kind == 'tcp':
        assert s.recv(1) == b''
"#;

/// Which processes of a conversation belong to the target.
#[derive(Clone, Copy, PartialEq)]
enum Target {
    Client,
    Server,
    Both,
}

struct Conversation {
    kind: &'static str,
    address: &'static str,
    count: u32,
    size: u32,
}

struct Outcome {
    batch: Batch,
    counts: CaptureStatistics,
    truth: Vec<Truth>,
    server: u32,
    client: u32,
}

/// Lets two processes talk and captures it both ways.
fn converse(conversation: &Conversation, target: Target) -> Option<Outcome> {
    if let Some(reason) = obstacle(&["tcpdump", "python3"]) {
        skipped(&reason);
        return None;
    }
    let (inside, outside) = (Cgroup::new(), Cgroup::new());
    let mut source = allowed(SocketsSource::attach(inside.fd(), &SocketsOptions::default()))?;
    let port = free_port(conversation.kind, conversation.address);
    let tcpdump = Tcpdump::start(&format!("{} port {port}", conversation.kind));
    let peer = |role: &str, in_target: bool| {
        let mut command = if in_target { &inside } else { &outside }.command("python3");
        command.args(["-c", PEER, role, conversation.kind, conversation.address]);
        command.args([u32::from(port), conversation.count, conversation.size].map(|n| n.to_string()));
        command
    };
    let server = Process::ready(peer("server", target != Target::Client));
    let client = Process(peer("client", target != Target::Server).spawn().unwrap());
    let (server_pid, client_pid) = (server.0.id(), client.0.id());
    client.finish();
    server.finish();
    let truth = tcpdump.finish();
    let (batch, counts) = drain(&mut source);
    assert_eq!((counts.dropped_full, counts.dropped_uncopied), (0, 0));
    Some(Outcome { batch, counts, truth, server: server_pid, client: client_pid })
}

/// A port that is free now; the processes of a test are the only ones to use it.
fn free_port(kind: &str, address: &str) -> u16 {
    if kind == "tcp" {
        TcpListener::bind((address, 0)).unwrap().local_addr().unwrap().port()
    } else {
        UdpSocket::bind((address, 0)).unwrap().local_addr().unwrap().port()
    }
}

/// The packets must be equal to tcpdump's but for the last `unseen` of these, which may be missing.
fn assert_same(outcome: &Outcome, unseen: usize) {
    let (only_ours, mut only_truth) = difference(&packets(&outcome.batch), &outcome.truth);
    let excused = &outcome.truth[outcome.truth.len() - unseen..];
    only_truth.retain(|packet| !excused.contains(packet));
    let short = |list: &[Truth]| {
        list.iter()
            .map(|(bytes, n)| format!("{n}: {:02x?}", &bytes[..bytes.len().min(60)]))
            .collect::<Vec<_>>()
    };
    assert!(
        only_ours.is_empty() && only_truth.is_empty(),
        "only ours: {:#?}\nonly tcpdump's: {:#?}",
        short(&only_ours),
        short(&only_truth)
    );
}

const TCP: Conversation = Conversation { kind: "tcp", address: "127.0.0.1", count: 3, size: 100 };
const TCP6: Conversation = Conversation { kind: "tcp", address: "::1", count: 3, size: 100 };
const UDP: Conversation = Conversation { kind: "udp", address: "127.0.0.1", count: 500, size: 3000 };
const UDP6: Conversation = Conversation { kind: "udp", address: "::1", count: 500, size: 20 };
const BULK: Conversation = Conversation { kind: "tcp", address: "127.0.0.1", count: 1, size: 20_000_000 };

#[test]
fn a_client_is_captured_from_syn_to_the_last_ack() {
    for conversation in [TCP, TCP6, UDP, UDP6] {
        let Some(outcome) = converse(&conversation, Target::Client) else { return };
        assert_same(&outcome, 0);
        assert_eq!(outcome.counts.duplicates, 0);
        for packet in &outcome.batch.packets {
            assert_eq!((packet.owner.pid, packet.owner.name()), (outcome.client, b"python3".as_slice()));
            assert_eq!((packet.owner.uid, packet.interface_index), (0, 1));
            assert_ne!(packet.owner.socket_cookie, 0);
        }
    }
}

#[test]
fn a_server_is_captured_until_its_socket_is_gone() {
    for conversation in [TCP, TCP6, UDP, UDP6] {
        let Some(outcome) = converse(&conversation, Target::Server) else { return };
        // A server that closed first may be in TIME_WAIT, with no socket any more, for the client's FIN and its last ACK.
        assert_same(&outcome, if conversation.kind == "tcp" { 2 } else { 0 });
        assert!(outcome.batch.packets.iter().all(|packet| packet.owner.pid == outcome.server));
        let first = &outcome.batch.packets[0];
        assert_eq!(first.direction, Direction::Inbound, "the client speaks first");
    }
}

#[test]
fn a_packet_between_two_processes_of_the_target_is_recorded_once() {
    for conversation in [TCP, TCP6, UDP, UDP6] {
        let Some(outcome) = converse(&conversation, Target::Both) else { return };
        assert_same(&outcome, 0);
        // The last ACK, of a connection in TIME_WAIT, may be seen by its receiver only.
        let sent = outcome.truth.len() as u64;
        assert!(
            outcome.counts.outbound == sent || outcome.counts.outbound == sent - 1,
            "{:?}",
            outcome.counts
        );
        for packet in &outcome.batch.packets {
            assert!(packet.owner.pid == outcome.client || packet.owner.pid == outcome.server);
        }
    }
}

#[test]
fn whole_loopback_segments_come_out_whole() {
    let Some(outcome) = converse(&BULK, Target::Client) else { return };
    assert_same(&outcome, 0);
    let longest = outcome.batch.packets.iter().map(|packet| packet.range.len()).max();
    assert!(longest > Some(60_000), "the longest packet has {longest:?} bytes");
}

/// The sender's kernel hands over packets of more than 64 KiB, which the loopback device cuts up: tcpdump and the receiver
/// see the pieces. Each byte must be there once all the same.
#[test]
fn oversized_packets_between_two_processes_of_the_target_are_recorded_once() {
    let Some(outcome) = converse(&BULK, Target::Both) else { return };
    let (ours, truth) = (answer(&packets(&outcome.batch)), answer(&outcome.truth));
    assert_eq!(ours, truth, "bytes sent, and bytes of the stream");
    assert_eq!(ours.1, 20_000_000);
    let longest = outcome.batch.packets.iter().map(|packet| packet.range.len()).max();
    assert!(longest > Some(65_536), "the longest packet has {longest:?} bytes");
}

#[test]
fn datagrams_handed_over_together_are_recorded_one_by_one() {
    let send = "
import socket, sys
family = socket.AF_INET6 if ':' in sys.argv[1] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
SOL_UDP, UDP_SEGMENT = 17, 103
s.setsockopt(SOL_UDP, UDP_SEGMENT, 1000)
s.sendto(b'a' * 1000 + b'b' * 1000 + b'c' * 501, (sys.argv[1], int(sys.argv[2])))
";
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    for address in ["127.0.0.1", "::1"] {
        let cgroup = Cgroup::new();
        let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &SocketsOptions::default())) else {
            return;
        };
        let sink = UdpSocket::bind((address, 0)).unwrap();
        let port = sink.local_addr().unwrap().port().to_string();
        run(cgroup.command("python3").args(["-c", send, address, &port]));
        let mut batch = Batch::default();
        source.next_batch(&mut batch, PATIENCE).unwrap();
        let mut received = [0; 2000];
        let headers = if address == "::1" { 48 } else { 28 };
        assert_eq!(batch.packets.len(), 3);
        for packet in &batch.packets {
            let length = sink.recv(&mut received).unwrap();
            assert_eq!(&batch.bytes[packet.range.clone()][headers..], &received[..length]);
            assert_eq!(packet.original_length as usize, headers + length);
        }
        assert_eq!(source.statistics().outbound, 1);
    }
}

/// What is lost on its way from the sender's hook to the receiver's must not hide the second try, nor count as a packet
/// that is still to be received.
#[test]
fn retransmissions_are_recorded_each() {
    if let Some(reason) = obstacle(&["tcpdump", "python3", "nft", "ip"]) {
        return skipped(&reason);
    }
    own_network();
    let rules = "add table inet loss
        add chain inet loss in { type filter hook input priority 0; }
        add rule inet loss in meta l4proto tcp meta length > 1000 numgen inc mod 7 3 drop";
    run(Command::new("nft").arg(rules));
    let lossy = Conversation { kind: "tcp", address: "127.0.0.1", count: 15, size: 3000 };
    let Some(outcome) = converse(&lossy, Target::Both) else { return };
    assert_same(&outcome, 0);
    let (sent, distinct) = answer(&outcome.truth);
    assert!(sent > distinct, "no retransmission in {sent} bytes");
    assert_eq!(distinct, 15 * 3000);
}

/// Moves this thread, and what it starts, into a network namespace of its own, which goes with it.
fn own_network() {
    // SAFETY: the network namespace of a thread is no state that Rust code relies on.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::NEWNET) }.unwrap();
    run(Command::new("ip").args(["link", "set", "lo", "up"]));
}

/// How many bytes a server sent over IPv4 and TCP, and how many of them are not sent again.
fn answer(packets: &[Truth]) -> (usize, usize) {
    let port = |bytes: &[u8]| u16::from_be_bytes(bytes[20..22].try_into().unwrap());
    let sequence = |bytes: &[u8]| u32::from_be_bytes(bytes[24..28].try_into().unwrap());
    // The second packet is the server's SYN-ACK.
    let syn_ack = &packets[1].0;
    let mut pieces: Vec<(usize, usize)> = packets
        .iter()
        .filter(|(bytes, _)| port(bytes) == port(syn_ack))
        .map(|(bytes, _)| {
            let start = sequence(bytes).wrapping_sub(sequence(syn_ack)) as usize;
            (start, start + bytes.len() - 20 - usize::from(bytes[32] >> 4) * 4)
        })
        .collect();
    pieces.sort_unstable();
    let sent = pieces.iter().map(|(start, end)| end - start).sum();
    let mut reached = 1;
    let mut distinct = 0;
    for (start, end) in pieces {
        distinct += end.saturating_sub(start.max(reached));
        reached = reached.max(end);
    }
    (sent, distinct)
}

#[test]
fn times_are_wall_clock_times_in_order() {
    let before = std::time::SystemTime::now();
    let Some(outcome) = converse(&TCP, Target::Client) else { return };
    let after = std::time::SystemTime::now();
    let seconds =
        |time: std::time::SystemTime| time.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs() as i64;
    let times: Vec<_> = outcome.batch.packets.iter().map(|packet| packet.time).collect();
    assert!(times.is_sorted());
    assert!(times[0].seconds() >= seconds(before) && times[0].seconds() <= seconds(after));
}

#[test]
fn equal_datagrams_are_counted_not_merged() {
    let send = "
import socket, sys
s, r = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
r.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
r.bind(('127.0.0.1', int(sys.argv[1])))
for _ in range(2000):
    s.sendto(b'the same', r.getsockname())
for _ in range(2000):
    r.recv(100)
";
    if let Some(reason) = obstacle(&["tcpdump", "python3"]) {
        return skipped(&reason);
    }
    let cgroup = Cgroup::new();
    let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &SocketsOptions::default())) else {
        return;
    };
    let port = free_port("udp", "127.0.0.1");
    let tcpdump = Tcpdump::start(&format!("udp port {port}"));
    run(cgroup.command("python3").args(["-c", send]).arg(port.to_string()));
    let truth = tcpdump.finish();
    let (batch, counts) = drain(&mut source);
    assert_eq!((batch.packets.len(), truth.len()), (2000, 2000));
    assert_eq!(difference(&packets(&batch), &truth), (vec![], vec![]));
    assert_eq!((counts.inbound, counts.outbound, counts.duplicates), (2000, 2000, 2000));
}

#[test]
fn raw_sockets_and_pings_are_captured() {
    // An echo request over a raw socket, which the kernel answers; the socket also receives its own request.
    let ping = "
import socket, struct, sys
address, kind = sys.argv[1], int(sys.argv[2])
family, protocol = (socket.AF_INET6, socket.IPPROTO_ICMPV6) if ':' in address else (socket.AF_INET, socket.IPPROTO_ICMP)
s = socket.socket(family, socket.SOCK_RAW, protocol)
def checksum(b):
    n = sum(struct.unpack('!%dH' % (len(b) // 2), b))
    n = (n >> 16) + (n & 0xffff)
    return ~(n + (n >> 16)) & 0xffff
body = struct.pack('!HH', 0x7a7a, 1) + b'plaintap'
head = struct.pack('!BB', kind, 0)
s.sendto(head + struct.pack('!H', checksum(head + b'\\0\\0' + body)) + body, (address, 0))
reply = {8: 0, 128: 129}[kind]
while True:
    data = s.recv(1500)
    if family == socket.AF_INET:
        data = data[20:]
    if data[0] == reply and data[4:6] == b'zz':
        break
";
    if let Some(reason) = obstacle(&["tcpdump", "python3"]) {
        return skipped(&reason);
    }
    for (address, kind, filter) in [("127.0.0.1", "8", "icmp"), ("::1", "128", "icmp6")] {
        let cgroup = Cgroup::new();
        let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &SocketsOptions::default())) else {
            return;
        };
        let tcpdump = Tcpdump::start(filter);
        run(cgroup.command("python3").args(["-c", ping, address, kind]));
        let mine = |packets: Vec<Truth>| -> Vec<_> {
            packets.into_iter().filter(|(bytes, _)| bytes.ends_with(b"plaintap")).collect()
        };
        let truth = mine(tcpdump.finish());
        let (batch, _) = drain(&mut source);
        assert_eq!(truth.len(), 2, "a request and a reply");
        assert_eq!(difference(&mine(packets(&batch)), &truth), (vec![], vec![]));
        assert_eq!(batch.packets[0].direction, Direction::Outbound);
        assert_eq!(batch.packets[1].direction, Direction::Inbound);
    }
}

#[test]
fn traffic_of_others_never_comes_in() {
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    let (inside, outside) = (Cgroup::new(), Cgroup::new());
    let Some(mut source) = allowed(SocketsSource::attach(inside.fd(), &SocketsOptions::default())) else {
        return;
    };
    let port = free_port("tcp", "127.0.0.1").to_string();
    let arguments = ["tcp", "127.0.0.1", &port, "20", "5000"];
    let server = Process::ready({
        let mut command = outside.command("python3");
        command.args(["-c", PEER, "server"]).args(arguments);
        command
    });
    run(Command::new("python3").args(["-c", PEER, "client"]).args(arguments));
    server.finish();
    let (batch, counts) = drain(&mut source);
    assert_eq!((batch.packets.len(), counts), (0, CaptureStatistics::default()));
    assert_eq!(source.link_type(), LinkType::RAW);
}

#[test]
fn an_accepted_connection_belongs_to_the_process_that_answers() {
    let server = "
import os, socket, sys
s = socket.socket()
s.bind(('127.0.0.1', int(sys.argv[1])))
s.listen()
if os.fork() == 0:
    open(sys.argv[2], 'w').write(str(os.getpid()))
    print('ready', flush=True)
    c, _ = s.accept()
    c.recv(10)
    c.sendall(b'answer')
    c.recv(10)
    os._exit(0)
os.wait()
";
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    let cgroup = Cgroup::new();
    let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &SocketsOptions::default())) else {
        return;
    };
    let port = free_port("tcp", "127.0.0.1");
    let note = std::env::temp_dir().join(crate::support::unique("pid"));
    let parent = Process::ready({
        let mut command = cgroup.command("python3");
        command.args(["-c", server]).arg(port.to_string()).arg(&note);
        command
    });
    let child: u32 = std::fs::read_to_string(&note).unwrap().parse().unwrap();
    std::fs::remove_file(&note).unwrap();
    let listener = parent.0.id();
    let mut connection = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
    std::io::Write::write_all(&mut connection, b"ask").unwrap();
    let mut answer = [0; 6];
    std::io::Read::read_exact(&mut connection, &mut answer).unwrap();
    drop(connection);
    parent.finish();
    let (batch, _) = drain(&mut source);
    let owners: Vec<u32> = batch.packets.iter().map(|packet| packet.owner.pid).collect();
    assert_eq!(owners[0], listener, "the SYN comes to the listener");
    let answering = if source.names_accepting_process() { child } else { listener };
    assert_eq!(owners.last(), Some(&answering), "{owners:?}");
    assert_ne!(child, id());
}

#[test]
fn a_full_ring_is_counted() {
    let flood = "
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(1000):
    s.sendto(b'z' * 1000, ('127.0.0.1', int(sys.argv[1])))
";
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    let cgroup = Cgroup::new();
    let options = SocketsOptions { ring_kib: 16, ..SocketsOptions::default() };
    let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &options)) else { return };
    let sink = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = sink.local_addr().unwrap().port();
    run(cgroup.command("python3").args(["-c", flood]).arg(port.to_string()));
    let (batch, counts) = drain(&mut source);
    assert_eq!(counts.outbound, 1000);
    assert!(counts.dropped_full > 900, "{counts:?}");
    assert_eq!(batch.packets.len() as u64 + counts.dropped_full, 1000);
}

#[test]
fn a_snap_length_cuts_and_keeps_the_true_length() {
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    let cgroup = Cgroup::new();
    let options = SocketsOptions { snap_length: 96, ..SocketsOptions::default() };
    let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &options)) else { return };
    let sink = UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).unwrap();
    let port = sink.local_addr().unwrap().port().to_string();
    let send = "import socket, sys; s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM); \
                s.sendto(b'z' * 500, ('::1', int(sys.argv[1])))";
    run(cgroup.command("python3").args(["-c", send, &port]));
    let (batch, _) = drain(&mut source);
    assert_eq!(batch.packets.len(), 1);
    assert_eq!((batch.packets[0].range.len(), batch.packets[0].original_length), (96, 548));
}
