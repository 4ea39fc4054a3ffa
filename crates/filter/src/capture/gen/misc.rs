//! Primitives of their own: broadcast and multicast, direction and interface, PF's log, ATM and SS7.

use super::link::ether_type;
use super::link_types::{Kind, Medium};
use super::{Condition, From, Generator};
use crate::capture::Source;
use crate::capture::error::Error;
use crate::capture::syntax::{Atm, AtmField, Direction, Mtp3, Pf, Protocol, Relation, SignalUnit};
use crate::capture::values::Width;
use crate::capture::vm::ancillary;

/// PACKET_OUTGOING, linux/if_packet.h; the Linux cooked headers have it too.
const OUTGOING: u32 = 4;

/// Behind the pseudo header of a SunATM packet: flags, path, channel.
pub(super) const SUNATM_PAYLOAD: u32 = 4;

impl Generator<'_> {
    pub(super) fn broadcast(&mut self, protocol: Option<Protocol>) -> Result<Condition, Error> {
        match (protocol, self.layers.kind) {
            (None | Some(Protocol::Link), Kind::Arcnet) => self.equals(From::Link, 1, Width::Byte, 0),
            (
                None | Some(Protocol::Link),
                Kind::Ethernet
                | Kind::Wlan(_)
                | Kind::Llc(Medium::Fddi | Medium::TokenRing | Medium::FibreChannel),
            ) => self.mac(Some(Direction::Destination), [0xff; 6]),
            (None | Some(Protocol::Link), _) => Err(self.unsupported("'broadcast'")),
            (Some(Protocol::Ip), _) => {
                let Some(netmask) = self.options.netmask else {
                    return Err(
                        self.invalid("'ip broadcast' needs the netmask of the interface, which is not known")
                    );
                };
                let hosts = !u32::from(netmask);
                let zeros = self.masked(From::Network, 16, Width::Word, 0, hosts)?;
                let ones = self.masked(From::Network, 16, Width::Word, hosts, hosts)?;
                Ok(self.link_type(ether_type::IPV4)?.and(zeros.or(ones)))
            }
            (Some(other), _) => {
                Err(self.invalid(format!("'{other}' has no broadcast: expected 'ether' or 'ip'")))
            }
        }
    }

    pub(super) fn multicast(&mut self, protocol: Option<Protocol>) -> Result<Condition, Error> {
        match protocol {
            None | Some(Protocol::Link) => self.link_multicast(),
            Some(Protocol::Ip) => {
                let group =
                    self.compare(From::Network, 16, Width::Byte, u32::MAX, Relation::GreaterOrEqual, 224)?;
                Ok(self.link_type(ether_type::IPV4)?.and(group))
            }
            Some(Protocol::Ip6) => {
                Ok(self.link_type(ether_type::IPV6)?.and(self.equals(From::Network, 24, Width::Byte, 255)?))
            }
            Some(other) => {
                Err(self.invalid(format!("'{other}' has no multicast: expected 'ether', 'ip' or 'ip6'")))
            }
        }
    }

    /// The lowest bit of the destination's first byte.
    fn link_multicast(&mut self) -> Result<Condition, Error> {
        match self.layers.kind {
            // All multicasts of ARCnet go to the broadcast address.
            Kind::Arcnet => self.equals(From::Link, 1, Width::Byte, 0),
            Kind::Ethernet => {
                let multicast = self.any_bit(From::Link, 0, 1)?;
                Ok(match self.has_ethernet()? {
                    Some(check) => check.and(multicast),
                    None => multicast,
                })
            }
            Kind::Llc(Medium::Fddi) => self.any_bit(From::Link, 1, 1),
            Kind::Llc(Medium::TokenRing | Medium::FibreChannel) => self.any_bit(From::Link, 2, 1),
            Kind::Wlan(_) => {
                self.wlan_destination(|generator, offset| generator.any_bit(From::Link, offset, 1))
            }
            _ => Err(self.unsupported("'multicast'")),
        }
    }

    /// Sent by the capturing machine, or received.
    pub(super) fn direction(&mut self, outbound: bool) -> Result<Condition, Error> {
        let either = |out: u32, into: u32| if outbound { out } else { into };
        let outgoing = match self.layers.kind {
            Kind::LinuxCooked => self.equals(From::Link, 0, Width::Half, OUTGOING)?,
            Kind::EtherType if self.layers.row.name == "LINUX_SLL2" => {
                self.equals(From::Link, 10, Width::Byte, OUTGOING)?
            }
            Kind::Ipnet => return self.equals(From::Link, 2, Width::Half, either(1, 2)),
            Kind::Pflog => return self.equals(From::Link, 60, Width::Byte, either(2, 1)),
            Kind::Ppp if self.layers.row.name == "PPP_PPPD" => {
                return self.equals(From::Link, 0, Width::Byte, either(1, 0));
            }
            Kind::Raw if self.layers.row.name == "SLIP" => {
                self.equals(From::Packet, 0, Width::Byte, 0)?.negated()
            }
            Kind::Juniper => return self.masked(From::Link, 3, Width::Byte, either(0, 1), 0x01),
            _ if self.options.source == Source::Live => self.ancillary(ancillary::PACKET_TYPE, OUTGOING),
            _ => return Err(self.not_in_files("which way they went")),
        };
        Ok(if outbound { outgoing } else { outgoing.negated() })
    }

    pub(super) fn interface_index(&mut self, index: u32) -> Result<Condition, Error> {
        if self.layers.row.name == "LINUX_SLL2" {
            return self.equals(From::Link, 4, Width::Word, index);
        }
        match self.options.source {
            Source::Live => Ok(self.ancillary(ancillary::INTERFACE_INDEX, index)),
            Source::File => Err(self.not_in_files("through which interface they went")),
        }
    }

    /// Something that the kernel knows of the packet.
    fn ancillary(&mut self, what: u32, number: u32) -> Condition {
        let value = self.values.load(Width::Word, None, what);
        let number = self.values.constant(number);
        super::graph::relation(&mut self.values, value, Relation::Equal, number)
    }

    /// A field of PF's log header, net/if_pflog.h.
    pub(super) fn pf(&mut self, pf: &Pf) -> Result<Condition, Error> {
        if self.layers.kind != Kind::Pflog {
            return Err(self.unsupported("a field of PF's log"));
        }
        match pf {
            Pf::Action(_, code) => self.equals(From::Link, 2, Width::Byte, *code),
            Pf::Reason(code) => self.equals(From::Link, 3, Width::Byte, *code),
            Pf::Interface(name) => self.pf_name(4, "interface name", name),
            Pf::Ruleset(name) => self.pf_name(20, "ruleset name", name),
            Pf::Rule(number) => self.equals(From::Link, 36, Width::Word, *number),
            Pf::Subrule(number) => self.equals(From::Link, 40, Width::Word, *number),
        }
    }

    /// A name of at most 15 bytes.
    fn pf_name(&mut self, offset: u32, what: &str, name: &str) -> Result<Condition, Error> {
        if name.len() > 15 {
            return Err(self.invalid(format!("the {what} '{name}' is longer than 15 bytes")));
        }
        self.bytes(From::Link, offset, name.as_bytes())
    }

    /// LLC in an ATM cell stream.
    pub(super) fn atm_llc(&mut self) -> Result<Condition, Error> {
        self.masked(From::Link, 0, Width::Byte, 2, 0x0f)
    }

    pub(super) fn atm_field(
        &mut self,
        field: AtmField,
        values: &[(Relation, u32)],
    ) -> Result<Condition, Error> {
        self.sun_atm()?;
        let (offset, width) = match field {
            AtmField::Path => (1, Width::Byte),
            AtmField::Channel => (2, Width::Half),
        };
        let any = values
            .iter()
            .map(|&(relation, number)| self.compare(From::Packet, offset, width, u32::MAX, relation, number))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Condition::any(any))
    }

    pub(super) fn atm(&mut self, atm: Atm) -> Result<Condition, Error> {
        self.sun_atm()?;
        match atm {
            Atm::Lane => self.lane(),
            Atm::MetaSignalling => self.circuit(&[1]),
            Atm::Broadcast => self.circuit(&[2]),
            Atm::OamF4Segment => self.circuit(&[3]),
            Atm::OamF4EndToEnd => self.circuit(&[4]),
            Atm::Oam | Atm::OamF4 => self.circuit(&[3, 4]),
            Atm::Signalling => self.circuit(&[5]),
            Atm::Ilmi => self.circuit(&[16]),
            // Q.2931: setup, call proceeding, connect, connect acknowledge, release, release done.
            Atm::ConnectMessage => {
                Ok(self.circuit(&[5])?.and(self.message(&[0x05, 0x02, 0x07, 0x0f, 0x4d, 0x5a])?))
            }
            Atm::MetaConnect => Ok(self.circuit(&[1])?.and(self.message(&[0x05, 0x02, 0x07, 0x4d, 0x5a])?)),
        }
    }

    fn sun_atm(&self) -> Result<(), Error> {
        if self.layers.row.kind == Kind::SunAtm { Ok(()) } else { Err(self.unsupported("a test of ATM")) }
    }

    /// Path 0 and one of the channels.
    fn circuit(&mut self, channels: &[u32]) -> Result<Condition, Error> {
        let channels: Vec<_> = channels.iter().map(|&channel| (Relation::Equal, channel)).collect();
        let path = self.atm_field(AtmField::Path, &[(Relation::Equal, 0)])?;
        Ok(path.and(self.atm_field(AtmField::Channel, &channels)?))
    }

    /// The message type behind the protocol discriminator and the call reference.
    fn message(&mut self, types: &[u32]) -> Result<Condition, Error> {
        let any = types
            .iter()
            .map(|&number| self.equals(From::Packet, SUNATM_PAYLOAD + 5, Width::Byte, number))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Condition::any(any))
    }

    /// From here on the expression speaks of the Ethernet header of an emulated LAN, behind two bytes.
    fn lane(&mut self) -> Result<Condition, Error> {
        let condition = self.masked(From::Packet, 0, Width::Byte, 1, 0x0f)?;
        let header = super::Offset::constant(SUNATM_PAYLOAD + 2);
        let layers = &mut self.layers;
        layers.outer_header = super::Offset::constant(0);
        layers.header = header;
        layers.type_field = Some(header.plus(12));
        layers.payload = Some(header.plus(14));
        (layers.network, layers.network_without_snap) = (0, 3);
        layers.kind = Kind::Ethernet;
        layers.lan_emulation = true;
        Ok(condition)
    }

    /// A signal unit by its length indicator.
    pub(super) fn signal_unit(&mut self, unit: SignalUnit) -> Result<Condition, Error> {
        let start = self.mtp2()?;
        let (offset, width, mask, greatest_status) = match unit {
            SignalUnit::Fill | SignalUnit::Status | SignalUnit::Message => (2, Width::Byte, 0x3f, 2),
            SignalUnit::HighFill | SignalUnit::HighStatus | SignalUnit::HighMessage => {
                (4, Width::Half, 0xff80, 0x0100)
            }
        };
        let mut length =
            |relation, number| self.compare(From::Packet, start + offset, width, mask, relation, number);
        match unit {
            SignalUnit::Fill | SignalUnit::HighFill => length(Relation::Equal, 0),
            SignalUnit::Status | SignalUnit::HighStatus => {
                Ok(length(Relation::Greater, 0)?.and(length(Relation::LessOrEqual, greatest_status)?))
            }
            SignalUnit::Message | SignalUnit::HighMessage => length(Relation::Greater, greatest_status),
        }
    }

    /// A field of the MTP3 routing label, ITU-T Q.704. Point codes are compared as their bits stand in the packet.
    pub(super) fn mtp3(&mut self, field: Mtp3, values: &[(Relation, u32)]) -> Result<Condition, Error> {
        let start = self.mtp2()?;
        let (high, offset, width, mask, greatest) = match field {
            Mtp3::Sio | Mtp3::HighSio => (field == Mtp3::HighSio, 3, Width::Byte, u32::MAX, 255),
            Mtp3::Opc | Mtp3::HighOpc => (field == Mtp3::HighOpc, 4, Width::Word, 0x00c0_ff0f, 16383),
            Mtp3::Dpc | Mtp3::HighDpc => (field == Mtp3::HighDpc, 4, Width::Word, 0xff3f_0000, 16383),
            Mtp3::Sls | Mtp3::HighSls => (field == Mtp3::HighSls, 7, Width::Byte, 0xf0, 15),
        };
        let offset = start + offset + if high { 3 } else { 0 };
        let mut any = Vec::new();
        for &(relation, number) in values {
            let number = self.at_most(field.text(), number, greatest)?;
            let number = match field {
                Mtp3::Sio | Mtp3::HighSio => number,
                Mtp3::Opc | Mtp3::HighOpc => {
                    (number & 0x3c00) >> 10 | (number & 0x03fc) << 6 | (number & 0x0003) << 22
                }
                Mtp3::Dpc | Mtp3::HighDpc => (number & 0x00ff) << 24 | (number & 0x3f00) << 8,
                Mtp3::Sls | Mtp3::HighSls => number << 4,
            };
            any.push(self.compare(From::Packet, offset, width, mask, relation, number)?);
        }
        Ok(Condition::any(any))
    }

    /// Where MTP2 begins.
    fn mtp2(&self) -> Result<u32, Error> {
        match self.layers.row.name {
            "MTP2" => Ok(0),
            "MTP2_WITH_PHDR" => Ok(4),
            _ => Err(self.unsupported("a test of SS7")),
        }
    }
}
