//! Who is next, by the numbers that protocols claim. Tables made at compile time: one load for each question.

use super::{Claim, LinkType, PROTOCOLS, ProtocolId};
use crate::proto::id;

/// By Ethernet type; unknown ones are `data`.
#[inline]
pub(crate) fn ether_type(number: u16) -> ProtocolId {
    ETHER_TYPES[usize::from(number)]
}

/// By IP protocol number; unknown ones are `data`.
#[inline]
pub(crate) fn ip_protocol(number: u8) -> ProtocolId {
    IP_PROTOCOLS[usize::from(number)]
}

/// By one UDP port; [`id::data`] when nobody claims it.
#[inline]
pub(crate) fn udp_port(port: u16) -> ProtocolId {
    UDP_PORTS[usize::from(port)]
}

/// By UDP ports: the lower one is asked first, as Wireshark does. Unknown ones are `data`.
#[inline]
pub(crate) fn udp_ports(a: u16, b: u16) -> ProtocolId {
    match udp_port(a.min(b)) {
        id::data => udp_port(a.max(b)),
        found => found,
    }
}

/// By one TCP port; [`id::data`] when nobody claims it.
pub(crate) fn tcp_port(port: u16) -> ProtocolId {
    TCP_PORTS[usize::from(port)]
}

/// The stream protocols that may be recognised on any port.
pub(crate) fn on_any_port() -> &'static [ProtocolId] {
    ON_ANY_PORT.as_slice()
}

/// The stream protocols that have a stronger test for any port.
pub(crate) fn in_streams() -> &'static [ProtocolId] {
    IN_STREAMS.as_slice()
}

/// The protocols that recognise their datagrams on any port.
pub(crate) fn in_datagrams() -> &'static [ProtocolId] {
    IN_DATAGRAMS.as_slice()
}

/// The protocols that announce conversations.
pub(crate) fn announcers() -> &'static [ProtocolId] {
    ANNOUNCERS.as_slice()
}

/// By link type; unknown ones are `data`.
#[inline]
pub(crate) fn link_type(link_type: LinkType) -> ProtocolId {
    match LINK_TYPES.get(usize::from(link_type.0)) {
        Some(&found) => found,
        None => id::data,
    }
}

/// By the name chosen in TLS ALPN.
pub(crate) fn alpn(name: &[u8]) -> Option<ProtocolId> {
    let claims_it =
        |p: &&super::Protocol| p.claims.iter().any(|c| matches!(c, Claim::Alpn(n) if n.as_bytes() == name));
    PROTOCOLS.iter().position(claims_it).map(|number| ProtocolId(number as u8))
}

static ETHER_TYPES: [ProtocolId; 1 << 16] = table(Space::EtherType);
static IP_PROTOCOLS: [ProtocolId; 1 << 8] = table(Space::IpProtocol);
static TCP_PORTS: [ProtocolId; 1 << 16] = table(Space::TcpPort);
static UDP_PORTS: [ProtocolId; 1 << 16] = table(Space::UdpPort);
static LINK_TYPES: [ProtocolId; 512] = table(Space::LinkType);

// Kept apart, so that a packet of unknown protocol does not touch all of [`PROTOCOLS`].
static ON_ANY_PORT: List = List::of(Trait::StreamOnAnyPort);
static IN_STREAMS: List = List::of(Trait::RecognisesStreams);
static IN_DATAGRAMS: List = List::of(Trait::RecognisesDatagrams);
static ANNOUNCERS: List = List::of(Trait::Announces);

/// Some of the protocols, in their order.
struct List {
    protocols: [ProtocolId; 64],
    count: usize,
}

#[derive(Clone, Copy)]
enum Trait {
    StreamOnAnyPort,
    RecognisesStreams,
    RecognisesDatagrams,
    Announces,
}

impl List {
    /// Those that have a trait. Does not compile when there are too many.
    const fn of(wanted: Trait) -> Self {
        let mut list = Self { protocols: [id::data; 64], count: 0 };
        let mut p = 0;
        while p < PROTOCOLS.len() {
            if has(PROTOCOLS[p], wanted) {
                list.protocols[list.count] = ProtocolId(p as u8);
                list.count += 1;
            }
            p += 1;
        }
        list
    }

    fn as_slice(&self) -> &[ProtocolId] {
        &self.protocols[..self.count]
    }
}

const fn has(protocol: &super::Protocol, wanted: Trait) -> bool {
    match wanted {
        Trait::StreamOnAnyPort => matches!(&protocol.stream, Some(stream) if stream.any_port),
        Trait::RecognisesStreams => protocol.recognise_stream.is_some(),
        Trait::RecognisesDatagrams => {
            matches!(&protocol.datagrams, Some(datagrams) if datagrams.recognise.is_some())
        }
        Trait::Announces => protocol.announce.is_some(),
    }
}

#[derive(Clone, Copy)]
enum Space {
    EtherType,
    IpProtocol,
    TcpPort,
    UdpPort,
    LinkType,
}

const fn table<const N: usize>(space: Space) -> [ProtocolId; N] {
    let mut table = [id::data; N];
    let mut p = 0;
    while p < PROTOCOLS.len() {
        let claims = PROTOCOLS[p].claims;
        let mut c = 0;
        while c < claims.len() {
            if let Some(number) = number_in(claims[c], space) {
                table[number] = ProtocolId(p as u8);
            }
            c += 1;
        }
        p += 1;
    }
    table
}

const fn number_in(claim: Claim, space: Space) -> Option<usize> {
    match (claim, space) {
        (Claim::EtherType(n), Space::EtherType)
        | (Claim::TcpPort(n), Space::TcpPort)
        | (Claim::UdpPort(n), Space::UdpPort)
        | (Claim::LinkType(LinkType(n)), Space::LinkType) => Some(n as usize),
        (Claim::IpProtocol(n), Space::IpProtocol) => Some(n as usize),
        _ => None,
    }
}
