//! What the link layer carries, and 802.2 LLC.

use super::link_types::{Kind, Medium};
use super::{Condition, From, Generator, graph};
use crate::capture::Source;
use crate::capture::error::Error;
use crate::capture::syntax::{Llc, Relation};
use crate::capture::values::Width;

/// EtherTypes, IEEE 802 Numbers.
pub(super) mod ether_type {
    pub(crate) const IPV4: u32 = 0x0800;
    pub(crate) const ARP: u32 = 0x0806;
    pub(crate) const DECNET: u32 = 0x6003;
    pub(crate) const BRIDGED_ETHERNET: u32 = 0x6558;
    pub(crate) const RARP: u32 = 0x8035;
    pub(crate) const APPLETALK: u32 = 0x809b;
    pub(crate) const AARP: u32 = 0x80f3;
    pub(crate) const VLAN: u32 = 0x8100;
    pub(crate) const IPX: u32 = 0x8137;
    pub(crate) const IPV6: u32 = 0x86dd;
    pub(crate) const MPLS: u32 = 0x8847;
    pub(crate) const PPPOE_DISCOVERY: u32 = 0x8863;
    pub(crate) const PPPOE_SESSION: u32 = 0x8864;
    pub(crate) const VLAN_SERVICE: u32 = 0x88a8;
    pub(crate) const VLAN_QINQ: u32 = 0x9100;
    pub(crate) const XEROX_NS: u32 = 0x0600;
}

/// Service access points of 802.2. Numbers up to 1500 are these, greater ones are EtherTypes.
pub(super) mod sap {
    pub(crate) const IP: u32 = 0x06;
    pub(crate) const SPANNING_TREE: u32 = 0x42;
    pub(crate) const IPX: u32 = 0xe0;
    pub(crate) const NETBEUI: u32 = 0xf0;
    pub(crate) const OSI: u32 = 0xfe;
}

/// The greatest length of an 802.3 frame; from 1536 on the field is a type.
const GREATEST_LENGTH: u32 = 1500;

/// PPP protocol numbers.
pub(super) mod ppp {
    pub(crate) const IPV4: u32 = 0x0021;
    pub(crate) const OSI: u32 = 0x0023;
    pub(crate) const XEROX_NS: u32 = 0x0025;
    pub(crate) const DECNET: u32 = 0x0027;
    pub(crate) const APPLETALK: u32 = 0x0029;
    pub(crate) const IPX: u32 = 0x002b;
    pub(crate) const COMPRESSED_TCP: u32 = 0x002d;
    pub(crate) const UNCOMPRESSED_TCP: u32 = 0x002f;
    pub(crate) const BRIDGING: u32 = 0x0031;
    pub(crate) const IPV6: u32 = 0x0057;
    pub(crate) const MPLS: u32 = 0x0281;
}

/// Types of the Linux cooked header that are no EtherTypes, linux/if_ether.h.
const LINUX_802_3: u32 = 1;
const LINUX_802_2: u32 = 4;

impl Generator<'_> {
    /// The payload is of that EtherType, or of that SAP if it is at most 1500.
    pub(super) fn link_type(&mut self, number: u32) -> Result<Condition, Error> {
        if self.layers.mpls_labels > 0 {
            return self.below_mpls(number);
        }
        match self.layers.kind {
            Kind::Ethernet => {
                let condition = self.ethernet_type(number)?;
                Ok(match self.not_lan_emulation_control()? {
                    Some(data) => data.and(condition),
                    None => condition,
                })
            }
            Kind::Wlan(_) => Ok(self.wlan_data_frame()?.and(self.llc_type(number)?)),
            Kind::Llc(_) => self.llc_type(number),
            Kind::SunAtm => Ok(self.atm_llc()?.and(self.llc_type(number)?)),
            Kind::EtherType => self.equals(From::TypeField, 0, Width::Half, number),
            Kind::LinuxCooked => self.linux_cooked_type(number),
            Kind::Raw => match number {
                ether_type::IPV4 => self.masked(From::Llc, 0, Width::Byte, 0x40, 0xf0),
                ether_type::IPV6 => self.masked(From::Llc, 0, Width::Byte, 0x60, 0xf0),
                _ => Ok(Condition::Constant(false)),
            },
            Kind::Ipv4 => Ok(Condition::Constant(number == ether_type::IPV4)),
            Kind::Ipv6 => Ok(Condition::Constant(number == ether_type::IPV6)),
            Kind::Ppp => self.equals(From::TypeField, 0, Width::Half, ppp_protocol(number)),
            Kind::PppBsdos if number == ether_type::IPV4 => {
                let ip = self.equals(From::TypeField, 0, Width::Half, ppp::IPV4)?;
                let compressed = self.equals(From::TypeField, 0, Width::Half, ppp::COMPRESSED_TCP)?;
                let uncompressed = self.equals(From::TypeField, 0, Width::Half, ppp::UNCOMPRESSED_TCP)?;
                Ok(ip.or(compressed).or(uncompressed))
            }
            Kind::PppBsdos => self.equals(From::TypeField, 0, Width::Half, ppp_protocol(number)),
            Kind::FamilyOfMachine | Kind::FamilyInNetworkOrder => self.address_family(number),
            Kind::CiscoHdlc => {
                let number = if number == sap::OSI { sap::OSI << 8 | sap::OSI } else { number };
                self.equals(From::TypeField, 0, Width::Half, number)
            }
            Kind::FrameRelay => self.frame_relay_type(number),
            Kind::Arcnet => self.arcnet_type(number),
            Kind::LocalTalk => Ok(Condition::Constant(number == ether_type::APPLETALK)),
            Kind::Pflog => match number {
                ether_type::IPV4 => self.equals(From::Link, 1, Width::Byte, 2),
                ether_type::IPV6 if self.options.source == Source::Live => {
                    self.equals(From::Link, 1, Width::Byte, 10)
                }
                ether_type::IPV6 => self.any_family(From::Link, 1, Width::Byte, &[24, 28, 30, 10]),
                _ => Ok(Condition::Constant(false)),
            },
            Kind::Ipnet => match number {
                ether_type::IPV4 => self.equals(From::TypeField, 0, Width::Byte, 2),
                ether_type::IPV6 => self.equals(From::TypeField, 0, Width::Byte, 26),
                _ => Ok(Condition::Constant(false)),
            },
            // Only that it is a Juniper header: what it carries is told by each PIC in its own way.
            Kind::Juniper => self.masked(From::Link, 0, Width::Word, 0x4d47_4300, 0xffff_ff00),
            Kind::Mtp2 | Kind::Opaque => Err(self.unsupported("a test of the payload's type")),
        }
    }

    fn ethernet_type(&mut self, number: u32) -> Result<Condition, Error> {
        match number {
            sap::OSI | sap::IP | sap::NETBEUI => Ok(self.is_802_3()?.and(self.both_saps(number)?)),
            sap::IPX => {
                // Ethernet II; then, in 802.3, the IPX SAP, no LLC at all (0xffff), or SNAP.
                let framed = self.equals(From::Llc, 0, Width::Byte, sap::IPX)?;
                let bare = self.equals(From::Llc, 0, Width::Half, 0xffff)?;
                let snap = self.snap(0, ether_type::IPX)?;
                let typed = self.equals(From::TypeField, 0, Width::Half, ether_type::IPX)?;
                Ok(typed.or(self.is_802_3()?.and(snap.or(framed.or(bare)))))
            }
            ether_type::APPLETALK | ether_type::AARP => {
                let snap = self.is_802_3()?.and(self.appletalk_snap(number)?);
                Ok(self.equals(From::TypeField, 0, Width::Half, number)?.or(snap))
            }
            _ if number <= GREATEST_LENGTH => {
                Ok(self.is_802_3()?.and(self.equals(From::TypeField, 2, Width::Byte, number)?))
            }
            _ => self.equals(From::TypeField, 0, Width::Half, number),
        }
    }

    /// The field behind the addresses is a length.
    fn is_802_3(&mut self) -> Result<Condition, Error> {
        self.compare(From::TypeField, 0, Width::Half, u32::MAX, Relation::LessOrEqual, GREATEST_LENGTH)
    }

    fn linux_cooked_type(&mut self, number: u32) -> Result<Condition, Error> {
        let llc = self.equals(From::TypeField, 0, Width::Half, LINUX_802_2)?;
        match number {
            sap::OSI | sap::IP | sap::NETBEUI => Ok(llc.and(self.both_saps(number)?)),
            sap::IPX => {
                let framed =
                    self.equals(From::Llc, 0, Width::Byte, sap::IPX)?.or(self.snap(0, ether_type::IPX)?);
                let bare = self.equals(From::TypeField, 0, Width::Half, LINUX_802_3)?;
                let typed = self.equals(From::TypeField, 0, Width::Half, ether_type::IPX)?;
                Ok(typed.or(bare.or(llc.and(framed))))
            }
            ether_type::APPLETALK | ether_type::AARP => {
                let snap = llc.and(self.appletalk_snap(number)?);
                Ok(self.equals(From::TypeField, 0, Width::Half, number)?.or(snap))
            }
            _ if number <= GREATEST_LENGTH => Ok(llc.and(self.equals(From::Llc, 0, Width::Byte, number)?)),
            _ => self.equals(From::TypeField, 0, Width::Half, number),
        }
    }

    /// What LLC carries. Of SNAP only the place of the EtherType is looked at, but for AppleTalk.
    fn llc_type(&mut self, number: u32) -> Result<Condition, Error> {
        match number {
            sap::OSI | sap::IP | sap::NETBEUI => self.both_saps(number),
            ether_type::APPLETALK => self.appletalk_snap(number),
            _ if number <= GREATEST_LENGTH => self.equals(From::Llc, 0, Width::Byte, number),
            _ => self.equals(From::Llc, 6, Width::Half, number),
        }
    }

    /// Destination and source SAP.
    fn both_saps(&mut self, sap: u32) -> Result<Condition, Error> {
        self.equals(From::Llc, 0, Width::Half, sap << 8 | sap)
    }

    /// AppleTalk has Apple's organization code, its ARP that of encapsulated Ethernet.
    fn appletalk_snap(&mut self, number: u32) -> Result<Condition, Error> {
        self.snap(if number == ether_type::APPLETALK { 0x08_0007 } else { 0 }, number)
    }

    fn snap(&mut self, organization: u32, protocol: u32) -> Result<Condition, Error> {
        let [_, o0, o1, o2] = organization.to_be_bytes();
        let [.., p0, p1] = protocol.to_be_bytes();
        self.bytes(From::Llc, 0, &[0xaa, 0xaa, 0x03, o0, o1, o2, p0, p1])
    }

    /// IPv4 is 2 everywhere. IPv6 is 24 (NetBSD, OpenBSD), 28 (FreeBSD) or 30 (Darwin) in a file, and 10 on Linux.
    fn address_family(&mut self, number: u32) -> Result<Condition, Error> {
        match (number, self.options.source) {
            (ether_type::IPV4, _) => self.any_family(From::Link, 0, Width::Word, &[2]),
            (ether_type::IPV6, Source::File) => self.any_family(From::Link, 0, Width::Word, &[24, 28, 30]),
            (ether_type::IPV6, Source::Live) => self.any_family(From::Link, 0, Width::Word, &[10]),
            _ => Ok(Condition::Constant(false)),
        }
    }

    fn any_family(
        &mut self,
        from: From,
        offset: u32,
        width: Width,
        families: &[u32],
    ) -> Result<Condition, Error> {
        let little_endian =
            width == Width::Word && self.layers.kind == Kind::FamilyOfMachine && !self.options.big_endian;
        families.iter().try_fold(Condition::Constant(false), |any, &family| {
            let family = if little_endian { family.swap_bytes() } else { family };
            Ok(any.or(self.equals(from, offset, width, family)?))
        })
    }

    /// RFC 2427: 0x03 and the network layer protocol id, behind an address of two bytes.
    fn frame_relay_type(&mut self, number: u32) -> Result<Condition, Error> {
        let ids: &[u32] = match number {
            ether_type::IPV4 => &[0xcc],
            ether_type::IPV6 => &[0x8e],
            sap::OSI => &[0x81, 0x82, 0x83],
            _ => &[],
        };
        ids.iter().try_fold(Condition::Constant(false), |any, id| {
            Ok(any.or(self.equals(From::Link, 2, Width::Half, 0x0300 | id)?))
        })
    }

    fn arcnet_type(&mut self, number: u32) -> Result<Condition, Error> {
        // RFC 1201; the header of RFC 1051, with codes of its own, is shorter.
        let code = match number {
            ether_type::IPV4 => 212,
            ether_type::ARP => 213,
            ether_type::RARP => 214,
            ether_type::IPV6 => 196,
            ether_type::APPLETALK => 221,
            _ => return Ok(Condition::Constant(false)),
        };
        self.equals(From::TypeField, 0, Width::Byte, code)
    }

    /// An 802.2 LLC frame of that kind.
    pub(super) fn llc(&mut self, llc: Llc) -> Result<Condition, Error> {
        let frame = self.llc_frame()?;
        let control = match llc {
            Llc::Any => return Ok(frame),
            Llc::Information => self.any_bit(From::Llc, 2, 0x01)?.negated(),
            Llc::Supervisory => self.masked(From::Llc, 2, Width::Byte, 0x01, 0x03)?,
            Llc::Unnumbered => self.masked(From::Llc, 2, Width::Byte, 0x03, 0x03)?,
            Llc::SupervisoryType(_, control) => self.masked(From::Llc, 2, Width::Byte, control, 0x0f)?,
            Llc::UnnumberedType(_, control) => self.masked(From::Llc, 2, Width::Byte, control, 0xef)?,
        };
        Ok(frame.and(control))
    }

    fn llc_frame(&mut self) -> Result<Condition, Error> {
        match self.layers.kind {
            // The netANALYZER types have none in libpcap either.
            Kind::Ethernet
                if self.layers.header.constant == 0 || self.layers.kind != self.layers.row.kind =>
            {
                // Not NetWare, which puts IPX with 0xffff where LLC should be.
                let netware = self.equals(From::Llc, 0, Width::Half, 0xffff)?;
                Ok(self.is_802_3()?.and(netware.negated()))
            }
            Kind::SunAtm => self.atm_llc(),
            Kind::Llc(Medium::Fddi | Medium::TokenRing | Medium::AtmRfc1483) => Ok(Condition::Constant(true)),
            Kind::Wlan(_) => self.wlan_data_frame(),
            _ => Err(self.unsupported("'llc'")),
        }
    }

    /// In ATM LAN emulation a control message begins with 0xff00.
    pub(super) fn not_lan_emulation_control(&mut self) -> Result<Option<Condition>, Error> {
        if !self.layers.lan_emulation {
            return Ok(None);
        }
        let marker = self.load(From::OuterLink, super::misc::SUNATM_PAYLOAD, Width::Half)?;
        let control = self.values.constant(0xff00);
        Ok(Some(graph::relation(&mut self.values, marker, Relation::NotEqual, control)))
    }
}

/// The PPP protocol of an EtherType or SAP; other numbers are PPP's own.
fn ppp_protocol(number: u32) -> u32 {
    match number {
        ether_type::IPV4 => ppp::IPV4,
        ether_type::IPV6 => ppp::IPV6,
        ether_type::DECNET => ppp::DECNET,
        ether_type::APPLETALK => ppp::APPLETALK,
        ether_type::XEROX_NS => ppp::XEROX_NS,
        sap::OSI => ppp::OSI,
        sap::SPANNING_TREE => ppp::BRIDGING,
        sap::IPX => ppp::IPX,
        other => other,
    }
}
