//! What the user knows better than ports and type numbers: which protocol is behind which number.

use std::ops::RangeInclusive;

use crate::Bytes;
use crate::flow::walk;
use crate::layers::Step;
use crate::proto::id;
use crate::registry::{Claim, ProtocolId};

/// A rule: what these numbers announce is of this protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeAs {
    /// Which numbers are meant.
    pub selector: Selector,
    /// The numbers.
    pub numbers: RangeInclusive<u32>,
    /// The protocol; of several rules for a number, the last one counts.
    pub protocol: ProtocolId,
}

/// The numbers by which layers announce others, as Wireshark names its tables of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selector {
    /// Ethernet types, in Ethernet, VLAN tags, Linux cooked captures and GRE.
    EtherType,
    /// IP protocol numbers and IPv6 next headers.
    IpProtocol,
    /// TCP ports, of either end.
    TcpPort,
    /// UDP ports, of either end.
    UdpPort,
    /// SCTP ports, of either end.
    SctpPort,
    /// SCTP payload protocol identifiers.
    SctpPayload,
}

impl Selector {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::EtherType, Self::IpProtocol, Self::TcpPort, Self::UdpPort, Self::SctpPort, Self::SctpPayload];

    /// The name, as Wireshark has it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::EtherType => "ethertype",
            Self::IpProtocol => "ip.proto",
            Self::TcpPort => "tcp.port",
            Self::UdpPort => "udp.port",
            Self::SctpPort => "sctp.port",
            Self::SctpPayload => "sctp.ppi",
        }
    }

    /// The largest number there is.
    pub const fn largest(self) -> u32 {
        match self {
            Self::IpProtocol => u8::MAX as u32,
            Self::EtherType | Self::TcpPort | Self::UdpPort | Self::SctpPort => u16::MAX as u32,
            Self::SctpPayload => u32::MAX,
        }
    }

    /// Whether a protocol can stand behind such a number. [`id::data`] can, everywhere.
    pub fn accepts(self, protocol: ProtocolId) -> bool {
        let Some(row) = protocol.protocol() else { return false };
        protocol == id::data
            || match self {
                Self::TcpPort => row.stream.is_some(),
                // Messages of SCTP are whole, like datagrams.
                Self::UdpPort | Self::SctpPort | Self::SctpPayload => {
                    row.datagrams.is_some() || row.claims.iter().any(|c| matches!(c, Claim::UdpPort(_)))
                }
                Self::EtherType | Self::IpProtocol => row.claims.iter().any(|c| self.is_of(c)),
            }
    }

    const fn is_of(self, claim: &Claim) -> bool {
        matches!(
            (self, claim),
            (Self::EtherType, Claim::EtherType(_)) | (Self::IpProtocol, Claim::IpProtocol(_))
        )
    }
}

/// The protocol of `number` by these rules.
pub(crate) fn find(rules: &[DecodeAs], selector: Selector, number: u32) -> Option<ProtocolId> {
    let applies = |rule: &&DecodeAs| rule.selector == selector && rule.numbers.contains(&number);
    rules.iter().rfind(applies).map(|rule| rule.protocol)
}

/// The protocol of a conversation between two ports by these rules; the lower port is asked first.
pub(crate) fn of_ports(rules: &[DecodeAs], selector: Selector, ports: (u16, u16)) -> Option<ProtocolId> {
    if rules.is_empty() {
        return None;
    }
    let port = |port: u16| find(rules, selector, port.into());
    port(ports.0.min(ports.1)).or_else(|| port(ports.0.max(ports.1)))
}

/// Changes what `enter` of `protocol` found for the layer that begins at `b`, where a rule says otherwise.
#[cold]
pub(crate) fn correct(rules: &[DecodeAs], protocol: ProtocolId, b: Bytes<'_>, step: Step) -> Step {
    let (selector, number) = match protocol {
        id::eth => (Selector::EtherType, b.u16(12)),
        id::vlan | id::ieee8021ad | id::gre => (Selector::EtherType, b.u16(2)),
        id::sll => (Selector::EtherType, b.u16(14)),
        id::ip => (Selector::IpProtocol, b.u8(9).into()),
        id::ipv6 => (Selector::IpProtocol, b.u8(6).into()),
        id::ipv6_hopopts | id::ipv6_routing | id::ipv6_fraghdr | id::ipv6_dstopts => {
            (Selector::IpProtocol, b.u8(0).into())
        }
        _ => return step,
    };
    // Where the field is a length, it announces nothing (IEEE 802.3 §3.2.6).
    if selector == Selector::EtherType && number < 0x600 {
        return step;
    }
    let Some(chosen) = find(rules, selector, number.into()) else { return step };
    if step.next == ProtocolId::FRAGMENT {
        Step { detail: walk::with_protocol(step.detail, chosen), ..step }
    } else {
        Step { next: chosen, ..step }
    }
}
