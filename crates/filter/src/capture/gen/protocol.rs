//! Protocols: that one is there, the number of what it carries, and the chain of headers.

use super::link::{ether_type, sap};
use super::link_types::Kind;
use super::{Condition, From, Generator, Offset, graph};
use crate::capture::error::Error;
use crate::capture::names;
use crate::capture::syntax::{Id, Operator, Protocol, Relation};
use crate::capture::values::{ValueId, Width};

/// OSI network layer protocol ids.
mod osi {
    pub(crate) const CLNP: u32 = 0x81;
    pub(crate) const ESIS: u32 = 0x82;
    pub(crate) const ISIS: u32 = 0x83;
}

/// IPv6 next headers, RFC 8200 section 4.
mod next_header {
    pub(crate) const HOP_BY_HOP: u32 = 0;
    pub(crate) const ROUTING: u32 = 43;
    pub(crate) const FRAGMENT: u32 = 44;
    pub(crate) const AUTHENTICATION: u32 = 51;
    pub(crate) const DESTINATION: u32 = 60;
}

/// How many headers of a chain are looked at. A program has no loops, so each one costs instructions.
const MAXIMUM_HEADERS: usize = 6;

impl Generator<'_> {
    /// The packet has the protocol.
    pub(super) fn protocol(&mut self, protocol: Protocol) -> Result<Condition, Error> {
        match protocol {
            Protocol::Link => {
                Err(self.invalid("a link layer here: expected 'host', 'proto', 'broadcast' or '[' behind it"))
            }
            Protocol::Radio => Err(self.invalid("'radio' is no protocol: expected '[' behind it")),
            Protocol::Ip => self.link_type(ether_type::IPV4),
            Protocol::Ip6 => self.link_type(ether_type::IPV6),
            Protocol::Arp => self.link_type(ether_type::ARP),
            Protocol::Rarp => self.link_type(ether_type::RARP),
            Protocol::AppleTalk => self.link_type(ether_type::APPLETALK),
            Protocol::Aarp => self.link_type(ether_type::AARP),
            Protocol::Decnet => self.link_type(ether_type::DECNET),
            Protocol::Sca => self.link_type(0x6007),
            Protocol::Lat => self.link_type(0x6004),
            Protocol::MopDl => self.link_type(0x6001),
            Protocol::MopRc => self.link_type(0x6002),
            Protocol::Iso => self.link_type(sap::OSI),
            Protocol::Stp => self.link_type(sap::SPANNING_TREE),
            Protocol::Ipx => self.link_type(sap::IPX),
            Protocol::NetBeui => self.link_type(sap::NETBEUI),
            Protocol::Sctp => self.ip_either(132),
            Protocol::Tcp => self.ip_either(6),
            Protocol::Udp => self.ip_either(17),
            Protocol::Pim => self.ip_either(103),
            Protocol::Ah => self.ip_either(51),
            Protocol::Esp => self.ip_either(50),
            Protocol::Icmp => self.payload_protocol(Some(Protocol::Ip), 1),
            Protocol::Igmp => self.payload_protocol(Some(Protocol::Ip), 2),
            Protocol::Igrp => self.payload_protocol(Some(Protocol::Ip), 9),
            Protocol::Vrrp | Protocol::Carp => self.payload_protocol(Some(Protocol::Ip), 112),
            Protocol::Icmp6 => self.payload_protocol(Some(Protocol::Ip6), 58),
            Protocol::EsIs => self.payload_protocol(Some(Protocol::Iso), osi::ESIS),
            Protocol::IsIs => self.payload_protocol(Some(Protocol::Iso), osi::ISIS),
            Protocol::Clnp => self.payload_protocol(Some(Protocol::Iso), osi::CLNP),
            // PDU types of IS-IS, ISO 10589.
            Protocol::Level1 => self.isis(&[26, 24, 18, 15, 17]),
            Protocol::Level2 => self.isis(&[27, 25, 20, 16, 17]),
            Protocol::Iih => self.isis(&[17, 16, 15]),
            Protocol::Lsp => self.isis(&[20, 18]),
            Protocol::Snp => self.isis(&[27, 26, 25, 24]),
            Protocol::Csnp => self.isis(&[25, 24]),
            Protocol::Psnp => self.isis(&[27, 26]),
        }
    }

    /// IPv6 or IPv4 with that protocol.
    fn ip_either(&mut self, number: u32) -> Result<Condition, Error> {
        let ip6 = self.payload_protocol(Some(Protocol::Ip6), number)?;
        Ok(ip6.or(self.payload_protocol(Some(Protocol::Ip), number)?))
    }

    fn isis(&mut self, types: &[u32]) -> Result<Condition, Error> {
        let any = types
            .iter()
            .map(|&number| self.payload_protocol(Some(Protocol::IsIs), number))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Condition::any(any))
    }

    /// The protocol carries the protocol of that number; without one, IPv4 or IPv6 does.
    pub(super) fn payload_protocol(
        &mut self,
        protocol: Option<Protocol>,
        number: u32,
    ) -> Result<Condition, Error> {
        match protocol {
            None => {
                let ip = self.payload_protocol(Some(Protocol::Ip), number)?;
                Ok(ip.or(self.payload_protocol(Some(Protocol::Ip6), number)?))
            }
            Some(Protocol::Link) => self.link_type(number),
            Some(Protocol::Ip) => Ok(self.link_type(ether_type::IPV4)?.and(self.equals(
                From::Network,
                9,
                Width::Byte,
                number,
            )?)),
            Some(Protocol::Ip6) => {
                // Also behind one fragment header.
                let direct = self.equals(From::Network, 6, Width::Byte, number)?;
                let fragment = self.equals(From::Network, 6, Width::Byte, next_header::FRAGMENT)?;
                let behind = self.equals(From::Network, 40, Width::Byte, number)?;
                Ok(self.link_type(ether_type::IPV6)?.and(direct.or(fragment.and(behind))))
            }
            Some(Protocol::Iso) => match self.layers.kind {
                Kind::FrameRelay => self.equals(From::Link, 2, Width::Half, 0x0300 | number),
                // A byte of padding stands before it.
                Kind::CiscoHdlc => Ok(self.link_type(sap::OSI)?.and(self.equals(
                    From::NetworkWithoutSnap,
                    1,
                    Width::Byte,
                    number,
                )?)),
                _ => Ok(self.link_type(sap::OSI)?.and(self.equals(
                    From::NetworkWithoutSnap,
                    0,
                    Width::Byte,
                    number,
                )?)),
            },
            Some(Protocol::IsIs) => {
                let isis = self.payload_protocol(Some(Protocol::Iso), osi::ISIS)?;
                Ok(isis.and(self.equals(From::NetworkWithoutSnap, 4, Width::Byte, number)?))
            }
            Some(other) => Err(self.invalid(format!(
                "'{other}' has no protocol number: expected 'ether', 'ip', 'ip6', 'iso' or 'isis'"
            ))),
        }
    }

    /// The number of an id behind `proto` or `protochain`.
    pub(super) fn protocol_number(&self, protocol: Option<Protocol>, id: &Id) -> Result<u32, Error> {
        let name = match id {
            Id::Number(number) => return Ok(*number),
            Id::Name(name) => name,
            _ => return Err(self.invalid("an address here: expected a protocol")),
        };
        match protocol {
            None | Some(Protocol::Ip | Protocol::Ip6) => {
                self.names().protocol(name).map(u32::from).ok_or_else(|| self.unknown("IP protocol", name))
            }
            Some(Protocol::Link) => names::ether_type(name).ok_or_else(|| self.unknown("EtherType", name)),
            Some(Protocol::Iso) => match name.as_str() {
                "clnp" => Ok(osi::CLNP),
                "esis" => Ok(osi::ESIS),
                "isis" => Ok(osi::ISIS),
                _ => Err(self.unknown("OSI protocol", name)),
            },
            Some(_) => Err(self.unknown("protocol", name)),
        }
    }

    /// The protocol is somewhere in the chain of headers: IPv6 extensions and authentication headers.
    pub(super) fn protocol_chain(
        &mut self,
        protocol: Option<Protocol>,
        number: u32,
    ) -> Result<Condition, Error> {
        let ip6 = match protocol {
            None => {
                let ip = self.protocol_chain(Some(Protocol::Ip), number)?;
                return Ok(ip.or(self.protocol_chain(Some(Protocol::Ip6), number)?));
            }
            Some(Protocol::Ip) => false,
            Some(Protocol::Ip6) => true,
            Some(other) => {
                return Err(
                    self.invalid(format!("'{other}' has no chain of headers: expected 'ip' or 'ip6'"))
                );
            }
        };
        let network = self.place(From::Network, 0)?;
        if network.base.is_some() {
            return Err(self.unsupported("'protochain' behind a header of variable length"));
        }
        let start = if ip6 { self.place(From::Transport6, 0)? } else { self.place(From::Transport4, 0)? };
        let mut next = self.load(From::Network, if ip6 { 6 } else { 9 }, Width::Byte)?;
        let mut header = start;
        let mut chain = Vec::new();
        for _ in 0..MAXIMUM_HEADERS {
            chain.push((self.is(next, number), self.is_extension(next, ip6)));
            let length = self.extension_length(header, next, ip6);
            next = self.values.load(Width::Byte, header.base, header.constant);
            header = self.behind(header, length);
        }
        let last = self.is(next, number);
        let found =
            chain.into_iter().rev().fold(last, |behind, (here, extension)| here.or(extension.and(behind)));
        let version = if ip6 { ether_type::IPV6 } else { ether_type::IPV4 };
        Ok(self.link_type(version)?.and(found))
    }

    fn is(&mut self, value: ValueId, number: u32) -> Condition {
        let number = self.values.constant(number);
        graph::relation(&mut self.values, value, Relation::Equal, number)
    }

    /// A header behind which another one stands.
    fn is_extension(&mut self, next: ValueId, ip6: bool) -> Condition {
        use next_header::{AUTHENTICATION, DESTINATION, FRAGMENT, HOP_BY_HOP, ROUTING};
        let numbers: &[u32] = if ip6 {
            &[HOP_BY_HOP, DESTINATION, ROUTING, FRAGMENT, AUTHENTICATION]
        } else {
            &[AUTHENTICATION]
        };
        Condition::any(numbers.iter().map(|&number| self.is(next, number)).collect::<Vec<_>>())
    }

    /// The length of the extension header at `header`: its second byte counts units of eight bytes behind the first eight,
    /// or, in an authentication header (RFC 4302), of four. Computed without a jump, so that what follows has one value.
    fn extension_length(&mut self, header: Offset, next: ValueId, ip6: bool) -> ValueId {
        let units = self.values.load(Width::Byte, header.base, header.constant.wrapping_add(1));
        if !ip6 {
            let words = self.values.binary_constant(Operator::Add, units, 2);
            return self.values.binary_constant(Operator::ShiftLeft, words, 2);
        }
        // 1 for an authentication header, else 0.
        let authentication = self.equality_bit(next, next_header::AUTHENTICATION);
        let units = self.values.binary_constant(Operator::Add, units, 1);
        let units = self.values.binary(Operator::Add, units, authentication);
        let three = self.values.constant(3);
        let shift = self.values.binary(Operator::Subtract, three, authentication);
        self.values.binary(Operator::ShiftLeft, units, shift)
    }

    /// 1 if a value is `number`, else 0: only 0 less 1 has the highest bit set, as long as no value is above 2^31.
    pub(super) fn equality_bit(&mut self, value: ValueId, number: u32) -> ValueId {
        let difference = self.values.binary_constant(Operator::Xor, value, number);
        let below = self.values.binary_constant(Operator::Subtract, difference, 1);
        self.values.binary_constant(Operator::ShiftRight, below, 31)
    }

    fn behind(&mut self, header: Offset, length: ValueId) -> Offset {
        let base = match header.base {
            Some(base) => self.values.binary(Operator::Add, length, base),
            None => length,
        };
        Offset { base: Some(base), constant: header.constant }
    }
}
