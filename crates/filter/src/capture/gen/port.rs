//! Ports and ranges of ports of TCP, UDP and SCTP.

use super::link::ether_type;
use super::{Condition, From, Generator};
use crate::capture::error::Error;
use crate::capture::names::Transport;
use crate::capture::syntax::{Direction, Id, Kind, Protocol, Qualifiers, Relation};
use crate::capture::values::Width;

impl Generator<'_> {
    pub(super) fn port(&mut self, qualifiers: Qualifiers, id: &Id) -> Result<Condition, Error> {
        let wanted = match qualifiers.protocol {
            None => None,
            Some(Protocol::Tcp) => Some(Transport::Tcp),
            Some(Protocol::Udp) => Some(Transport::Udp),
            Some(Protocol::Sctp) => Some(Transport::Sctp),
            Some(other) => {
                return Err(self.invalid(format!("'{other}' has no ports: expected 'tcp', 'udp' or 'sctp'")));
            }
        };
        let (first, last, named) = match id {
            Id::Number(number) => {
                let port = self.at_most("port", *number, 65535)?;
                (port, port, None)
            }
            Id::Name(name) if qualifiers.kind == Some(Kind::PortRange) => self.named_range(name)?,
            Id::Name(name) => {
                let (port, transport) = self.named_port(name)?;
                (port, port, transport)
            }
            _ => return Err(self.invalid("an address here: expected a port")),
        };
        let transport = match (wanted, named) {
            (Some(wanted), Some(named)) if wanted != named => {
                return Err(self.invalid(format!("'{id}' is a port of {named:?}, not of {wanted:?}")));
            }
            (wanted, named) => wanted.or(named),
        };
        self.ports(transport, qualifiers.direction, first.min(last), first.max(last))
    }

    /// Ports `first` to `last`, in IPv6 or IPv4.
    pub(super) fn ports(
        &mut self,
        transport: Option<Transport>,
        direction: Option<Direction>,
        first: u32,
        last: u32,
    ) -> Result<Condition, Error> {
        let ip6 = self.ports_ip6(transport, direction, first, last)?;
        Ok(ip6.or(self.ports_ip4(transport, direction, first, last)?))
    }

    pub(super) fn ports_ip4(
        &mut self,
        transport: Option<Transport>,
        direction: Option<Direction>,
        first: u32,
        last: u32,
    ) -> Result<Condition, Error> {
        let mut any = Vec::new();
        for transport in transports(transport) {
            let segment =
                self.equals(From::Network, 9, Width::Byte, transport.number())?.and(self.first_fragment()?);
            any.push(segment.and(self.port_ends(From::Transport4, direction, first, last)?));
        }
        Ok(self.link_type(ether_type::IPV4)?.and(Condition::any(any)))
    }

    pub(super) fn ports_ip6(
        &mut self,
        transport: Option<Transport>,
        direction: Option<Direction>,
        first: u32,
        last: u32,
    ) -> Result<Condition, Error> {
        let mut any = Vec::new();
        for transport in transports(transport) {
            let segment = self.equals(From::Network, 6, Width::Byte, transport.number())?;
            any.push(segment.and(self.port_ends(From::Transport6, direction, first, last)?));
        }
        Ok(self.link_type(ether_type::IPV6)?.and(Condition::any(any)))
    }

    fn port_ends(
        &mut self,
        from: From,
        direction: Option<Direction>,
        first: u32,
        last: u32,
    ) -> Result<Condition, Error> {
        self.ends(direction, |generator, is_source| {
            let offset = if is_source { 0 } else { 2 };
            if first == last {
                return generator.equals(from, offset, Width::Half, first);
            }
            let above =
                generator.compare(from, offset, Width::Half, u32::MAX, Relation::GreaterOrEqual, first)?;
            Ok(above.and(generator.compare(
                from,
                offset,
                Width::Half,
                u32::MAX,
                Relation::LessOrEqual,
                last,
            )?))
        })
    }

    /// Not a fragment without the transport header.
    pub(super) fn first_fragment(&mut self) -> Result<Condition, Error> {
        self.masked(From::Network, 6, Width::Half, 0, 0x1fff)
    }

    fn named_port(&self, name: &str) -> Result<(u32, Option<Transport>), Error> {
        if let Ok(port) = name.parse::<u32>() {
            return Ok((self.at_most("port", port, 65535)?, None));
        }
        let (port, transport) = self.names().port(name).ok_or_else(|| self.unknown("port", name))?;
        Ok((u32::from(port), transport))
    }

    /// `FIRST-LAST`, or one port.
    fn named_range(&self, name: &str) -> Result<(u32, u32, Option<Transport>), Error> {
        let Some((first, last)) = name.split_once('-') else {
            let (port, transport) = self.named_port(name)?;
            return Ok((port, port, transport));
        };
        let (first, first_transport) = self.named_port(first)?;
        let (last, last_transport) = self.named_port(last)?;
        Ok((first, last, if first_transport == last_transport { first_transport } else { None }))
    }
}

/// The protocol, or all that have ports.
fn transports(transport: Option<Transport>) -> impl Iterator<Item = Transport> {
    const ALL: [Transport; 3] = [Transport::Sctp, Transport::Tcp, Transport::Udp];
    ALL.into_iter().filter(move |&one| transport.is_none_or(|transport| transport == one))
}
