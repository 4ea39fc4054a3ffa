//! Which connections a capture has, and which of them are TLS, DTLS or QUIC.

use std::collections::{HashMap, HashSet};
use std::fmt;

use plaintap_decode::{Address, Decoder, Options, id};
use plaintap_packet::{BufferId, Packet};

use crate::hello::{QuicHellos, Security, client_hello_random, dtls_hello_random, is_quic_or_dtls};

/// TLS connections that are remembered one by one; more are only counted, so that memory is bounded.
const MAX_TLS_CONNECTIONS: usize = 200_000;

/// Both ends of a conversation in a fixed order, so that both directions are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlowKey {
    ends: [(Address, u16); 2],
    transport: Transport,
}

/// What carries a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Transport {
    Tcp,
    Udp,
    /// Anything between two addresses.
    Other,
}

/// One TLS connection, known by its ClientHello.
#[derive(Clone, Copy, Debug)]
pub struct TlsConnection {
    /// What carries it.
    pub security: Security,
    /// Client and server.
    pub ends: [(Address, u16); 2],
    /// What its secrets are logged under.
    pub client_random: [u8; 32],
    /// Number of the packet with the ClientHello, from 1.
    pub packet: u64,
}

/// What a packet says of its conversation.
#[derive(Clone, Copy, Debug)]
pub struct Seen {
    /// The conversation.
    pub key: FlowKey,
    /// The packet begins a ClientHello with this random.
    pub client_hello: Option<[u8; 32]>,
    /// Which end of the conversation sent it: 0 or 1.
    pub sender: usize,
    /// It carries TCP payload.
    pub has_payload: bool,
    /// The packet looks like QUIC or DTLS; its ClientHello need not be in the capture.
    pub datagram_security: bool,
}

/// Looks at each packet by itself; no reassembly, for a ClientHello begins with its segment. Only QUIC is followed: its
/// ClientHello is encrypted, with a key that everybody can make.
pub struct Connections {
    decoder: Decoder,
    quic: QuicHellos,
    number: u64,
    /// The TLS connections in order.
    pub tls: Vec<TlsConnection>,
    known: HashSet<[u8; 32]>,
    /// TLS connections beyond those that are remembered.
    pub not_remembered: u64,
}

impl Connections {
    /// Of a capture that begins.
    pub fn new() -> Self {
        let options = Options { flows: false, reassemble: false, ..Options::default() };
        Self {
            decoder: Decoder::new(options),
            quic: QuicHellos::new(),
            number: 0,
            tls: Vec::new(),
            known: HashSet::new(),
            not_remembered: 0,
        }
    }

    /// Looks at the next packet; `None` where it has no two addresses.
    pub fn observe(&mut self, packet: &Packet<'_>) -> Option<Seen> {
        self.number += 1;
        let decoded = self.decoder.decode(packet, self.number);
        let addresses = decoded.addresses();
        let (source_port, destination_port) = addresses.ports.unwrap_or((0, 0));
        let source = (addresses.source?, source_port);
        let destination = (addresses.destination?, destination_port);
        let layer = decoded.layers().iter().rev().find(|l| l.protocol == id::tcp || l.protocol == id::udp);
        let transport = match layer {
            Some(layer) if layer.protocol == id::tcp => Transport::Tcp,
            Some(_) => Transport::Udp,
            None => Transport::Other,
        };
        let payload = match layer {
            Some(l) if l.buffer == BufferId::FRAME => {
                packet.data.get((l.offset + l.header) as usize..l.end as usize)
            }
            _ => None,
        };
        let payload = payload.unwrap_or_default();
        let mut seen = Seen {
            key: FlowKey::new(source, destination, transport),
            client_hello: None,
            sender: usize::from(source > destination),
            has_payload: transport == Transport::Tcp && !payload.is_empty(),
            datagram_security: transport == Transport::Udp && is_quic_or_dtls(payload),
        };
        let hello = match transport {
            Transport::Tcp => client_hello_random(payload).map(|random| (Security::Tls, random)),
            Transport::Udp => match dtls_hello_random(payload) {
                Some(random) => Some((Security::Dtls, random)),
                None if seen.datagram_security => {
                    self.quic.random(packet).map(|random| (Security::Quic, random))
                }
                None => None,
            },
            Transport::Other => None,
        };
        if let Some((security, client_random)) = hello {
            seen.client_hello = Some(client_random);
            let ends = [source, destination];
            self.remember(TlsConnection { security, ends, client_random, packet: self.number });
        }
        Some(seen)
    }

    /// A ClientHello may be sent again: by TCP, and after a HelloRetryRequest with the same random.
    fn remember(&mut self, connection: TlsConnection) {
        if self.known.contains(&connection.client_random) {
            return;
        }
        if self.tls.len() == MAX_TLS_CONNECTIONS {
            self.not_remembered += 1;
            return;
        }
        self.known.insert(connection.client_random);
        self.tls.push(connection);
    }
}

impl FlowKey {
    fn new(a: (Address, u16), b: (Address, u16), transport: Transport) -> Self {
        // Only TCP and UDP have ports that tell conversations apart here.
        let [a, b] = if transport == Transport::Other { [(a.0, 0), (b.0, 0)] } else { [a, b] };
        Self { ends: if a <= b { [a, b] } else { [b, a] }, transport }
    }
}

/// A part of a file name: `tcp_10.0.0.1_443_10.0.0.2_40000`.
impl fmt::Display for FlowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [(a, a_port), (b, b_port)] = self.ends;
        let name = |address: Address| address.to_string().replace(':', "-");
        match self.transport {
            Transport::Tcp => write!(f, "tcp_{}_{a_port}_{}_{b_port}", name(a), name(b)),
            Transport::Udp => write!(f, "udp_{}_{a_port}_{}_{b_port}", name(a), name(b)),
            Transport::Other => write!(f, "ip_{}_{}", name(a), name(b)),
        }
    }
}

/// TLS secrets that go to the files of their connections.
#[derive(Default)]
pub struct SecretRoutes {
    /// Lines by client random.
    lines: HashMap<[u8; 32], Vec<u8>>,
    owners: HashMap<[u8; 32], FlowKey>,
    /// QUIC and DTLS conversations: they get all lines that no ClientHello claims.
    datagrams: Vec<FlowKey>,
    known_datagrams: HashSet<FlowKey>,
}

impl SecretRoutes {
    /// Takes the lines of a key log; returns which of them go where now.
    pub fn add(&mut self, key_log: &[u8]) -> Vec<(FlowKey, Vec<u8>)> {
        let mut now: Vec<(FlowKey, Vec<u8>)> = Vec::new();
        let mut send = |key: FlowKey, line: &[u8]| match now.iter_mut().find(|(known, _)| *known == key) {
            Some((_, lines)) => lines.extend_from_slice(line),
            None => now.push((key, line.to_vec())),
        };
        for line in key_log.split_inclusive(|&b| b == b'\n') {
            let Some(random) = random_of(line) else { continue };
            let mut line = line.trim_ascii().to_vec();
            line.push(b'\n');
            match self.owners.get(&random) {
                Some(&owner) => send(owner, &line),
                None => self.datagrams.iter().for_each(|&key| send(key, &line)),
            }
            self.lines.entry(random).or_default().extend_from_slice(&line);
        }
        now
    }

    /// Takes note of a packet; returns the lines that must stand before it in its file.
    pub fn observe(&mut self, seen: &Seen) -> Option<Vec<u8>> {
        if let Some(random) = seen.client_hello
            && self.owners.insert(random, seen.key).is_none()
        {
            return self.lines.get(&random).cloned();
        }
        if seen.datagram_security && self.known_datagrams.insert(seen.key) {
            self.datagrams.push(seen.key);
            let unclaimed = self.lines.iter().filter(|(random, _)| !self.owners.contains_key(*random));
            let lines: Vec<u8> = unclaimed.flat_map(|(_, lines)| lines.iter().copied()).collect();
            return (!lines.is_empty()).then_some(lines);
        }
        None
    }
}

/// The second word of a key log line.
fn random_of(line: &[u8]) -> Option<[u8; 32]> {
    let word = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).nth(1)?;
    let mut random = [0; 32];
    if word.len() != 64 {
        return None;
    }
    for (byte, digits) in random.iter_mut().zip(word.chunks_exact(2)) {
        let digit = |at: usize| char::from(digits[at]).to_digit(16);
        *byte = (digit(0)? << 4 | digit(1)?) as u8;
    }
    Some(random)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(port: u16, transport: Transport) -> FlowKey {
        FlowKey::new((Address::Ip4([10, 0, 0, 1]), port), (Address::Ip4([10, 0, 0, 2]), 443), transport)
    }

    fn seen(key: FlowKey) -> Seen {
        Seen { key, client_hello: None, sender: 0, has_payload: true, datagram_security: false }
    }

    #[test]
    fn secrets_find_their_connections_early_and_late() {
        let line = |byte: &str| format!("CLIENT_RANDOM {} 00\n", byte.repeat(32)).into_bytes();
        let mut routes = SecretRoutes::default();
        assert!(routes.add(&line("01")).is_empty());
        let tcp = key(1, Transport::Tcp);
        let hello = |random| Seen { client_hello: Some([random; 32]), ..seen(tcp) };
        assert_eq!(routes.observe(&hello(1)), Some(line("01")));
        assert_eq!(routes.observe(&hello(1)), None);
        assert_eq!(routes.observe(&hello(2)), None);
        assert_eq!(routes.add(&[line("02"), line("03")].concat()), [(tcp, line("02"))]);
        let quic = key(2, Transport::Udp);
        let initial = Seen { datagram_security: true, ..seen(quic) };
        assert_eq!(routes.observe(&initial), Some(line("03")));
        assert_eq!(routes.observe(&initial), None);
        assert_eq!(routes.add(&line("04")), [(quic, line("04"))]);
        assert!(routes.add(b"nonsense\nCLIENT_RANDOM 00 00\n").is_empty());
    }

    #[test]
    fn both_directions_are_one_flow() {
        let (a, b) = ((Address::Ip4([1; 4]), 5), (Address::Ip6([0; 16]), 443));
        assert_eq!(FlowKey::new(a, b, Transport::Tcp), FlowKey::new(b, a, Transport::Tcp));
        assert_eq!(FlowKey::new(a, b, Transport::Tcp).to_string(), "tcp_1.1.1.1_5_--_443");
    }
}
