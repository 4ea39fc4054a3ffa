//! Ids by what their qualifiers make of them: hosts, networks and link layer addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::link::ether_type;
use super::link_types::{Kind as LinkKind, Medium};
use super::{Condition, From, Generator};
use crate::capture::error::Error;
use crate::capture::syntax::{Direction, Id, Kind, Protocol, Qualifiers};
use crate::capture::values::Width;

impl Generator<'_> {
    pub(super) fn qualified(&mut self, qualifiers: Qualifiers, id: &Id) -> Result<Condition, Error> {
        match qualifiers.kind {
            None | Some(Kind::Host | Kind::Net) => self.address(qualifiers, id),
            Some(Kind::Port | Kind::PortRange) => self.port(qualifiers, id),
            Some(Kind::Protocol) => {
                let number = self.protocol_number(qualifiers.protocol, id)?;
                self.payload_protocol(qualifiers.protocol, number)
            }
            Some(Kind::ProtocolChain) => {
                let number = self.protocol_number(qualifiers.protocol, id)?;
                self.protocol_chain(qualifiers.protocol, number)
            }
            Some(Kind::Gateway) => {
                Err(self.unsupported("'gateway' (say 'ether host MAC and not host ADDRESS')"))
            }
        }
    }

    fn address(&mut self, qualifiers: Qualifiers, id: &Id) -> Result<Condition, Error> {
        let Qualifiers { protocol, direction, kind } = qualifiers;
        let net = kind == Some(Kind::Net);
        match id {
            Id::Name(name) if net => {
                let number = self.names().network(name).ok_or_else(|| self.unknown("network", name))?;
                let (address, mask) = left_justified(number);
                self.ipv4(protocol, direction, address, mask)
            }
            Id::Name(name) => self.host_name(protocol, direction, name),
            Id::Number(number) if protocol == Some(Protocol::Decnet) => self.decnet(direction, *number),
            Id::Number(number) if net => {
                let (address, mask) = left_justified(*number);
                self.ipv4(protocol, direction, address, mask)
            }
            Id::Number(number) => self.ipv4(protocol, direction, *number, u32::MAX),
            Id::Dotted(text) if protocol == Some(Protocol::Decnet) => {
                let address = decnet_address(text).ok_or_else(|| {
                    self.invalid(format!(
                        "malformed DECnet address '{text}': expected AREA.NODE, at most 63.1023"
                    ))
                })?;
                self.decnet(direction, address)
            }
            Id::Dotted(text) => {
                let (address, mask) = self.dotted(text)?;
                self.ipv4(protocol, direction, address, mask)
            }
            Id::DottedPrefix(..) | Id::DottedMask(..) if !net => {
                Err(self.invalid("a mask is for networks: expected 'net' before it"))
            }
            Id::DottedPrefix(text, length) => {
                let (address, _) = self.dotted(text)?;
                let length = self.at_most("prefix length", *length, 32)?;
                let mask = u32::MAX.checked_shl(32 - length).unwrap_or(0);
                self.network(protocol, direction, address, mask, || format!("{text}/{length}"))
            }
            Id::DottedMask(text, mask_text) => {
                let (address, _) = self.dotted(text)?;
                let (mask, _) = self.dotted(mask_text)?;
                self.network(protocol, direction, address, mask, || format!("{text} mask {mask_text}"))
            }
            Id::Ipv6(address) => self.ipv6(protocol, direction, *address, 128),
            Id::Ipv6Prefix(_, length) if *length < 128 && !net => {
                Err(self.invalid("a mask is for networks: expected 'net' before it"))
            }
            Id::Ipv6Prefix(address, length) => {
                let length = self.at_most("prefix length", *length, 128)?;
                if u128::from(*address) & !ipv6_mask(length) != 0 {
                    return Err(
                        self.invalid(format!("bits behind the prefix are set in '{address}/{length}'"))
                    );
                }
                self.ipv6(protocol, direction, *address, length)
            }
            Id::Ethernet(address) if !net && protocol == Some(Protocol::Link) => {
                self.mac(direction, *address)
            }
            Id::Ethernet(_) => {
                Err(self.invalid("a MAC address here: expected 'ether' before it, and no 'net'"))
            }
            Id::Arcnet(address) => self.arcnet(qualifiers, *address),
        }
    }

    fn network(
        &mut self,
        protocol: Option<Protocol>,
        direction: Option<Direction>,
        address: u32,
        mask: u32,
        text: impl Fn() -> String,
    ) -> Result<Condition, Error> {
        if address & !mask != 0 {
            return Err(self.invalid(format!("bits behind the mask are set in '{}'", text())));
        }
        self.ipv4(protocol, direction, address, mask)
    }

    /// An IPv4 address or its beginning, and the mask of what is there.
    fn dotted(&self, text: &str) -> Result<(u32, u32), Error> {
        let mut address = 0;
        let mut bits = 0;
        for part in text.split('.') {
            let Ok(part) = part.parse::<u8>() else {
                return Err(
                    self.invalid(format!("malformed IPv4 address '{text}': expected numbers from 0 to 255"))
                );
            };
            address = address << 8 | u32::from(part);
            bits += 8;
        }
        Ok((address << (32 - bits), u32::MAX << (32 - bits)))
    }

    fn host_name(
        &mut self,
        protocol: Option<Protocol>,
        direction: Option<Direction>,
        name: &str,
    ) -> Result<Condition, Error> {
        match protocol {
            Some(Protocol::Link) => {
                let address =
                    self.names().ether(name).ok_or_else(|| self.unknown("MAC address of host", name))?;
                return self.mac(direction, address);
            }
            Some(Protocol::Decnet) => return Err(self.unsupported("a DECnet host name")),
            _ => {}
        }
        let addresses = self.names().host(name).to_vec();
        let mut condition: Option<Condition> = None;
        for address in addresses {
            let one = match address {
                IpAddr::V4(_) if protocol == Some(Protocol::Ip6) => continue,
                IpAddr::V6(_) if matches!(protocol, Some(Protocol::Ip | Protocol::Arp | Protocol::Rarp)) => {
                    continue;
                }
                IpAddr::V4(address) => self.ipv4(protocol, direction, address.into(), u32::MAX)?,
                IpAddr::V6(address) => self.ipv6(protocol, direction, address, 128)?,
            };
            condition = Some(match condition {
                Some(others) => others.or(one),
                None => one,
            });
        }
        condition.ok_or_else(|| self.unknown("host", name))
    }

    /// An IPv4 address in an IPv4, ARP or RARP header.
    fn ipv4(
        &mut self,
        protocol: Option<Protocol>,
        direction: Option<Direction>,
        address: u32,
        mask: u32,
    ) -> Result<Condition, Error> {
        let at = |protocol| match protocol {
            Protocol::Arp => (ether_type::ARP, 14, 24),
            Protocol::Rarp => (ether_type::RARP, 14, 24),
            _ => (ether_type::IPV4, 12, 16),
        };
        let protocols: &[Protocol] = match protocol {
            // No ARP inside MPLS.
            None if self.layers.mpls_labels > 0 => &[Protocol::Ip],
            None => &[Protocol::Ip, Protocol::Arp, Protocol::Rarp],
            Some(Protocol::Ip) => &[Protocol::Ip],
            Some(Protocol::Arp) => &[Protocol::Arp],
            Some(Protocol::Rarp) => &[Protocol::Rarp],
            Some(Protocol::Decnet) => return Err(self.invalid("'decnet' before an IPv4 address")),
            Some(other) => {
                let address = Ipv4Addr::from(address);
                return Err(self.invalid(format!(
                    "'{other}' before the IPv4 address {address}: expected 'ip', 'arp' or 'rarp'"
                )));
            }
        };
        let mut condition: Option<Condition> = None;
        for &protocol in protocols {
            let (ether_type, source, destination) = at(protocol);
            let one = self.ends(direction, |generator, is_source| {
                let offset = if is_source { source } else { destination };
                Ok(generator.link_type(ether_type)?.and(generator.masked(
                    From::Network,
                    offset,
                    Width::Word,
                    address,
                    mask,
                )?))
            })?;
            condition = Some(match condition {
                Some(others) => others.or(one),
                None => one,
            });
        }
        Ok(condition.unwrap_or(Condition::Constant(false)))
    }

    fn ipv6(
        &mut self,
        protocol: Option<Protocol>,
        direction: Option<Direction>,
        address: Ipv6Addr,
        length: u32,
    ) -> Result<Condition, Error> {
        if let Some(other) = protocol.filter(|&protocol| protocol != Protocol::Ip6) {
            return Err(self.invalid(format!("'{other}' before the IPv6 address {address}: expected 'ip6'")));
        }
        let (address, mask) = (u128::from(address), ipv6_mask(length));
        self.ends(direction, |generator, is_source| {
            let start = if is_source { 8 } else { 24 };
            let mut condition = generator.link_type(ether_type::IPV6)?;
            for word in 0..4 {
                let part =
                    |bits: u128| u32::try_from(bits >> (96 - 32 * word) & u128::from(u32::MAX)).unwrap_or(0);
                condition = condition.and(generator.masked(
                    From::Network,
                    start + 4 * word,
                    Width::Word,
                    part(address),
                    part(mask),
                )?);
            }
            Ok(condition)
        })
    }

    /// A test of the source, the destination, either or both.
    pub(super) fn ends(
        &mut self,
        direction: Option<Direction>,
        mut test: impl FnMut(&mut Self, bool) -> Result<Condition, Error>,
    ) -> Result<Condition, Error> {
        match direction {
            Some(Direction::Source) => test(self, true),
            Some(Direction::Destination) => test(self, false),
            None | Some(Direction::Either) => Ok(test(self, true)?.or(test(self, false)?)),
            Some(Direction::Both) => Ok(test(self, true)?.and(test(self, false)?)),
            Some(other) => Err(self.invalid(format!("'{other}' is for MAC addresses of 802.11 only"))),
        }
    }

    /// A MAC address in the link layer header.
    pub(super) fn mac(&mut self, direction: Option<Direction>, address: [u8; 6]) -> Result<Condition, Error> {
        let (source, destination) = match self.layers.kind {
            LinkKind::Ethernet => (6, 0),
            LinkKind::Llc(Medium::Fddi) => (7, 1),
            LinkKind::Llc(Medium::TokenRing) => (8, 2),
            LinkKind::Llc(Medium::FibreChannel) => (10, 2),
            LinkKind::Wlan(_) => return self.wlan_address(direction, address),
            _ => return Err(self.unsupported("a MAC address")),
        };
        let condition = self.ends(direction, |generator, is_source| {
            generator.bytes(From::Link, if is_source { source } else { destination }, &address)
        })?;
        Ok(match self.has_ethernet()? {
            Some(check) => check.and(condition),
            None => condition,
        })
    }

    /// What has to be so that there is an Ethernet header where the offsets say: inside a tunnel there may be none.
    pub(super) fn has_ethernet(&mut self) -> Result<Option<Condition>, Error> {
        match &self.layers.tunnel {
            Some(carries_ethernet) => Ok(Some(carries_ethernet.clone())),
            None => self.not_lan_emulation_control(),
        }
    }

    fn arcnet(&mut self, qualifiers: Qualifiers, address: u8) -> Result<Condition, Error> {
        if self.layers.kind != LinkKind::Arcnet {
            return Err(self.unsupported("an ARCnet address"));
        }
        if qualifiers.protocol != Some(Protocol::Link) || qualifiers.kind == Some(Kind::Net) {
            return Err(self.invalid("an ARCnet address here: expected 'link' before it, and no 'net'"));
        }
        self.ends(qualifiers.direction, |generator, is_source| {
            generator.equals(From::Link, if is_source { 0 } else { 1 }, Width::Byte, u32::from(address))
        })
    }

    /// A DECnet address, little-endian, in the routing headers for data: short or long, with or without a byte of padding.
    fn decnet(&mut self, direction: Option<Direction>, address: u32) -> Result<Condition, Error> {
        let address = (address & 0xffff).swap_bytes() >> 16;
        self.ends(direction, |generator, is_source| {
            let (short, long) = if is_source { (3, 15) } else { (1, 7) };
            let mut forms = Vec::new();
            for (padding, width, flags, mask, offset) in [
                (0, Width::Byte, 0x02, 0x07, short),
                (1, Width::Half, 0x8102, 0xff07, short),
                (0, Width::Byte, 0x06, 0x07, long),
                (1, Width::Half, 0x8106, 0xff07, long),
            ] {
                let form = generator.masked(From::Network, 2, width, flags, mask)?;
                forms.push(form.and(generator.equals(
                    From::Network,
                    2 + padding + offset,
                    Width::Half,
                    address,
                )?));
            }
            Ok(generator.link_type(ether_type::DECNET)?.and(Condition::any(forms)))
        })
    }
}

/// `10` as 10.0.0.0 with the mask 255.0.0.0.
fn left_justified(mut number: u32) -> (u32, u32) {
    let mut mask = u32::MAX;
    while number != 0 && number & 0xff00_0000 == 0 {
        number <<= 8;
        mask <<= 8;
    }
    (number, mask)
}

fn ipv6_mask(length: u32) -> u128 {
    u128::MAX.checked_shl(128 - length).unwrap_or(0)
}

/// Area and node: six and ten bits.
fn decnet_address(text: &str) -> Option<u32> {
    let (area, node) = text.split_once('.')?;
    let (area, node) = (area.parse::<u32>().ok()?, node.parse::<u32>().ok()?);
    (area < 64 && node < 1024).then_some(area << 10 | node)
}
