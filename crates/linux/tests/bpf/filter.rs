//! Capture filters in the kernel, against tcpdump with the same expression.

use std::io::{Read, Write};
use std::net::{TcpListener, UdpSocket};
use std::thread;

use plaintap_filter::capture::{Names, Options, compile, ebpf};
use plaintap_linux::bpf::{Error, SocketsOptions, SocketsSource};
use plaintap_packet::{Direction, LinkType};

use crate::support::{Cgroup, allowed, obstacle, run, skipped};
use crate::tcpdump::{Tcpdump, difference, drain, packets};

/// The client of all [`Servers`]: a short and a long message to each, and their echoes.
const CLIENT: &str = "
import socket, sys
kinds = [(socket.AF_INET, '127.0.0.1', 1), (socket.AF_INET6, '::1', 1), (socket.AF_INET, '127.0.0.1', 2), (socket.AF_INET6, '::1', 2)]
for (family, address, kind), port in zip(kinds, sys.argv[1:]):
    s = socket.socket(family, socket.SOCK_STREAM if kind == 1 else socket.SOCK_DGRAM)
    s.connect((address, int(port)))
    for size in (20, 2000):
        s.send(b'x' * size)
        while size:
            size -= len(s.recv(65536))
    s.close()
";

/// Echo servers outside the target: TCP over IPv4 and IPv6, UDP over both. Each serves one client.
struct Servers {
    ports: [u16; 4],
    threads: Vec<thread::JoinHandle<()>>,
}

impl Servers {
    fn start() -> Self {
        let mut threads = Vec::new();
        let tcp = ["127.0.0.1", "::1"].map(|address| {
            let listener = TcpListener::bind((address, 0)).unwrap();
            let port = listener.local_addr().unwrap().port();
            threads.push(thread::spawn(move || {
                let (mut connection, _) = listener.accept().unwrap();
                let mut bytes = [0; 4096];
                loop {
                    match connection.read(&mut bytes).unwrap() {
                        0 => break,
                        n => connection.write_all(&bytes[..n]).unwrap(),
                    }
                }
            }));
            port
        });
        let udp = ["127.0.0.1", "::1"].map(|address| {
            let socket = UdpSocket::bind((address, 0)).unwrap();
            let port = socket.local_addr().unwrap().port();
            threads.push(thread::spawn(move || {
                let mut bytes = [0; 4096];
                for _ in 0..2 {
                    let (n, peer) = socket.recv_from(&mut bytes).unwrap();
                    socket.send_to(&bytes[..n], peer).unwrap();
                }
            }));
            port
        });
        Self { ports: [tcp[0], tcp[1], udp[0], udp[1]], threads }
    }

    /// The expression for all that is said to them.
    fn all(&self) -> String {
        self.ports.map(|port| format!("port {port}")).join(" or ")
    }

    fn finish(self) {
        for thread in self.threads {
            thread.join().unwrap();
        }
    }
}

fn compiled(expression: &str) -> Vec<u64> {
    let names = Names::default();
    let program = compile(expression, &Options::live(LinkType::RAW, &names)).unwrap();
    ebpf::translate(&program).unwrap()
}

fn filtered(expression: &str) -> SocketsOptions {
    SocketsOptions { ring_kib: 1024, filter: Some(compiled(expression)), ..SocketsOptions::default() }
}

fn talk(cgroup: &Cgroup, servers: &Servers) {
    run(cgroup.command("python3").args(["-c", CLIENT]).args(servers.ports.map(|port| port.to_string())));
}

#[test]
fn only_what_tcpdump_sees_with_the_same_filter_leaves_the_kernel() {
    if let Some(reason) = obstacle(&["tcpdump", "python3"]) {
        return skipped(&reason);
    }
    let expressions: [fn([u16; 4]) -> String; 10] = [
        |[port, ..]| format!("tcp port {port}"),
        |[_, port, ..]| format!("port {port}"),
        |[_, first, second, _]| format!("dst port {first} or src port {second}"),
        |_| "tcp[13] & 2 != 0".to_owned(),
        |_| "tcp[tcpflags] & (tcp-syn|tcp-fin) == tcp-fin".to_owned(),
        |_| "ip6".to_owned(),
        |[.., port]| format!("ip6 and udp dst port {port}"),
        |_| "ip[2:2] > 1000 or ip6[4:2] > 1000".to_owned(),
        |_| "not tcp and src net 127.0.0.0/8".to_owned(),
        |[first, _, last, _]| format!("portrange {}-{}", first.min(last), first.max(last)),
    ];
    for expression in expressions {
        let (cgroup, servers) = (Cgroup::new(), Servers::start());
        let expression = expression(servers.ports);
        let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &filtered(&expression))) else {
            return;
        };
        let all = Tcpdump::start(&servers.all());
        let wanted = Tcpdump::start(&format!("({}) and ({expression})", servers.all()));
        talk(&cgroup, &servers);
        servers.finish();
        let (all, wanted) = (all.finish(), wanted.finish());
        let (batch, counts) = drain(&mut source);
        assert!(!wanted.is_empty(), "{expression}");
        assert_eq!(difference(&packets(&batch), &wanted), (vec![], vec![]), "{expression}");
        assert_eq!(counts.inbound + counts.outbound, all.len() as u64, "{expression}: {counts:?}");
        assert_eq!(counts.filtered, (all.len() - wanted.len()) as u64, "{expression}: {counts:?}");
        assert!(batch.packets.iter().all(|packet| packet.owner.name() == b"python3"), "{expression}");
    }
}

#[test]
fn directions_are_the_targets() {
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    for (expression, direction) in [("inbound", Direction::Inbound), ("outbound", Direction::Outbound)] {
        let (cgroup, servers) = (Cgroup::new(), Servers::start());
        let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &filtered(expression))) else {
            return;
        };
        talk(&cgroup, &servers);
        servers.finish();
        let (batch, counts) = drain(&mut source);
        assert!(batch.packets.iter().all(|packet| packet.direction == direction), "{expression}");
        let (passed, held) = match direction {
            Direction::Outbound => (counts.outbound, counts.inbound),
            _ => (counts.inbound, counts.outbound),
        };
        assert!(passed > 0 && held > 0, "{expression}: {counts:?}");
        assert_eq!((batch.packets.len() as u64, counts.filtered), (passed, held), "{expression}");
    }
}

#[test]
fn packets_between_two_processes_of_the_target_are_recorded_once_or_filtered_twice() {
    let send = "
import socket, sys
receivers = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for receiver, port in zip(receivers, sys.argv[1:]):
    receiver.bind(('127.0.0.1', int(port)))
    for _ in range(50):
        sender.sendto(b'here', receiver.getsockname())
        receiver.recv(10)
";
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    let cgroup = Cgroup::new();
    let ports =
        [0, 1].map(|_| UdpSocket::bind("127.0.0.1:0").unwrap()).map(|s| s.local_addr().unwrap().port());
    let options = filtered(&format!("udp port {}", ports[0]));
    let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &options)) else { return };
    run(cgroup.command("python3").args(["-c", send]).args(ports.map(|port| port.to_string())));
    let (batch, counts) = drain(&mut source);
    assert_eq!(batch.packets.len(), 50);
    assert_eq!((counts.outbound, counts.inbound, counts.duplicates, counts.filtered), (100, 100, 50, 100));
}

#[test]
fn a_long_filter_is_taken() {
    if let Some(reason) = obstacle(&["python3"]) {
        return skipped(&reason);
    }
    let (cgroup, servers) = (Cgroup::new(), Servers::start());
    let ports: Vec<String> = (1..200).map(|port| format!("port {port}")).collect();
    let expression = format!("{} or port {}", ports.join(" or "), servers.ports[0]);
    let Some(mut source) = allowed(SocketsSource::attach(cgroup.fd(), &filtered(&expression))) else {
        return;
    };
    talk(&cgroup, &servers);
    servers.finish();
    let (batch, counts) = drain(&mut source);
    assert!(!batch.packets.is_empty() && counts.filtered > 0, "{counts:?}");
}

#[test]
fn what_the_verifier_refuses_is_told_with_its_reason() {
    const EXIT: u64 = 0x95;
    if let Some(reason) = obstacle(&[]) {
        return skipped(&reason);
    }
    let cgroup = Cgroup::new();
    let attach = |words: Vec<u64>| {
        let options = SocketsOptions { ring_kib: 64, filter: Some(words), ..SocketsOptions::default() };
        SocketsSource::attach(cgroup.fd(), &options).err()
    };
    match attach(vec![EXIT]) {
        Some(error @ Error::Denied { .. }) => skipped(&error.to_string()),
        Some(Error::Rejected { what, log, .. }) => {
            assert_eq!(what, "load the capture filter");
            assert!(log.contains("R0 !read_ok"), "{log}");
        }
        other => panic!("{other:?}"),
    }
    let error = attach(vec![EXIT; 40_000]).unwrap().to_string();
    assert!(error.contains("40000 eBPF instructions, at most 32767"), "{error}");
}
