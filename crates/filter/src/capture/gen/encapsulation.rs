//! Headers that the rest of an expression lies behind: VLAN tags, MPLS labels, PPPoE sessions, Geneve and VXLAN.

use super::link::{ether_type, ppp};
use super::link_types::Kind;
use super::{Condition, From, Generator, Layers, Offset, graph};
use crate::capture::error::Error;
use crate::capture::names::Transport;
use crate::capture::syntax::{Direction, Operator, Relation};
use crate::capture::values::{ValueId, Width};
use crate::capture::vm::ancillary;

/// UDP ports of the tunnels, RFC 8926 and RFC 7348.
const GENEVE_PORT: u32 = 6081;
const VXLAN_PORT: u32 = 4789;

impl Generator<'_> {
    pub(super) fn vlan(&mut self, id: Option<u32>) -> Result<Condition, Error> {
        if self.layers.mpls_labels > 0 {
            return Err(self.invalid("'vlan' behind 'mpls': there is no tag inside MPLS"));
        }
        if !matches!(self.layers.kind, Kind::Ethernet | Kind::Wlan(_)) {
            return Err(self.unsupported("'vlan'"));
        }
        let id = match id {
            Some(id) => Some(self.at_most("VLAN id", id, 0x0fff)?),
            None => None,
        };
        let outermost = self.layers.vlan_tags == 0
            && self.layers.kind == self.layers.row.kind
            && self.layers.tunnel.is_none();
        let condition = if self.options.vlan_metadata && outermost && self.layers.kind == Kind::Ethernet {
            self.vlan_in_metadata(id)?
        } else {
            self.vlan_in_packet(id)?
        };
        self.layers.vlan_tags += 1;
        Ok(condition)
    }

    fn vlan_in_packet(&mut self, id: Option<u32>) -> Result<Condition, Error> {
        let tagged = self.has_tag()?;
        let condition = match id {
            Some(id) => tagged.and(self.masked(From::Network, 0, Width::Half, id, 0x0fff)?),
            None => tagged,
        };
        let behind = |offset: Option<Offset>| offset.map(|offset| offset.plus(4));
        self.layers.payload = behind(self.layers.payload);
        self.layers.type_field = behind(self.layers.type_field);
        Ok(condition)
    }

    /// The kernel takes the outer tag out of a packet and keeps it beside it, mostly: so the tag is there or in the packet,
    /// and only in the packet it makes the rest begin four bytes later.
    fn vlan_in_metadata(&mut self, id: Option<u32>) -> Result<Condition, Error> {
        let present = self.values.load(Width::Byte, None, ancillary::VLAN_TAG_PRESENT);
        let in_metadata = graph::any_bit(&mut self.values, present, 1);
        let in_packet = self.has_tag()?;
        let condition = match id {
            None => in_metadata.or(in_packet),
            Some(id) => {
                let tag = self.values.load(Width::Half, None, ancillary::VLAN_TAG);
                let tag = self.values.binary_constant(Operator::And, tag, 0x0fff);
                let id_value = self.values.constant(id);
                let beside = in_metadata.clone().and(graph::relation(
                    &mut self.values,
                    tag,
                    Relation::Equal,
                    id_value,
                ));
                let inside = in_packet.and(self.masked(From::Network, 0, Width::Half, id, 0x0fff)?);
                beside.or(in_metadata.negated().and(inside))
            }
        };
        let absent = self.values.binary_constant(Operator::Xor, present, 1);
        let shift = self.values.binary_constant(Operator::ShiftLeft, absent, 2);
        let behind = |offset: Option<Offset>| {
            offset.map(|offset| Offset { base: Some(shift), constant: offset.constant })
        };
        self.layers.payload = behind(self.layers.payload);
        self.layers.type_field = behind(self.layers.type_field);
        Ok(condition)
    }

    fn has_tag(&mut self) -> Result<Condition, Error> {
        let tagged = self.link_type(ether_type::VLAN)?.or(self.link_type(ether_type::VLAN_SERVICE)?);
        Ok(tagged.or(self.link_type(ether_type::VLAN_QINQ)?))
    }

    pub(super) fn mpls(&mut self, label: Option<u32>) -> Result<Condition, Error> {
        let labelled = match (self.layers.mpls_labels, self.layers.kind) {
            // The label before is not the bottom of the stack.
            (1.., _) => self.previous_label_ends(false)?,
            (0, Kind::Ethernet | Kind::CiscoHdlc) => self.link_type(ether_type::MPLS)?,
            (0, Kind::Ppp) if self.layers.row.link_type == 9 || self.layers.kind != self.layers.row.kind => {
                self.link_type(ppp::MPLS)?
            }
            _ => return Err(self.unsupported("'mpls'")),
        };
        let condition = match label {
            Some(label) => {
                let label = self.at_most("MPLS label", label, 0x000f_ffff)?;
                labelled.and(self.masked(From::Network, 0, Width::Word, label << 12, 0xffff_f000)?)
            }
            None => labelled,
        };
        self.layers.network += 4;
        self.layers.network_without_snap += 4;
        self.layers.mpls_labels += 1;
        Ok(condition)
    }

    /// Whether the label just passed is the bottom of the stack.
    fn previous_label_ends(&mut self, ends: bool) -> Result<Condition, Error> {
        let bottom = self.any_bit(From::Network, 2u32.wrapping_sub(4), 0x01)?;
        Ok(if ends { bottom } else { bottom.negated() })
    }

    /// MPLS does not say what it carries: IPv4 and IPv6 show by their version.
    pub(super) fn below_mpls(&mut self, number: u32) -> Result<Condition, Error> {
        let version = match number {
            ether_type::IPV4 => 0x40,
            ether_type::IPV6 => 0x60,
            _ => return Err(self.invalid("inside MPLS only IPv4 and IPv6 can be told apart")),
        };
        Ok(self.previous_label_ends(true)?.and(self.masked(From::Network, 0, Width::Byte, version, 0xf0)?))
    }

    pub(super) fn pppoe_session(&mut self, session: Option<u32>) -> Result<Condition, Error> {
        let is_session = self.link_type(ether_type::PPPOE_SESSION)?;
        let condition = match session {
            Some(session) => {
                let session = self.at_most("PPPoE session", session, 0xffff)?;
                is_session.and(self.masked(From::Network, 0, Width::Word, session, 0xffff)?)
            }
            None => is_session,
        };
        // Behind six bytes of PPPoE begins PPP, without the framing of HDLC.
        let header = self.place(From::Network, 6)?;
        let layers = &mut self.layers;
        layers.outer_header = layers.header;
        layers.header = header;
        layers.type_field = Some(header);
        layers.payload = Some(header.plus(2));
        (layers.network, layers.network_without_snap) = (0, 0);
        layers.kind = Kind::Ppp;
        layers.lan_emulation = false;
        Ok(condition)
    }

    /// RFC 8926. The payload may be Ethernet or anything else that has an EtherType.
    pub(super) fn geneve(&mut self, network: Option<u32>) -> Result<Condition, Error> {
        let network = match network {
            Some(network) => Some(self.at_most("Geneve VNI", network, 0x00ff_ffff)?),
            None => None,
        };
        let mut either = Vec::new();
        for transport in [From::Transport4, From::Transport6] {
            let mut condition = self.tunnel_port(transport, GENEVE_PORT)?;
            condition = condition.and(self.masked(transport, 8, Width::Byte, 0, 0xc0)?);
            if let Some(network) = network {
                condition =
                    condition.and(self.masked(transport, 12, Width::Word, network << 8, 0xffff_ff00)?);
            }
            either.push(condition);
        }
        let header = self.behind_udp()?;
        let first = self.values.load(Width::Byte, Some(header), 0);
        let options = self.values.binary_constant(Operator::And, first, 0x3f);
        let options = self.values.binary_constant(Operator::ShiftLeft, options, 2);
        let carried = self.values.load(Width::Half, Some(header), 2);
        // All ones if an Ethernet header follows, else 0.
        let bridged = self.equality_bit(carried, ether_type::BRIDGED_ETHERNET);
        let bridged = self.values.negate(bridged);
        // The EtherType is the tunnel header's, or stands in the Ethernet header behind it: at 12 of it, 8 bytes and the
        // options behind the tunnel header, in place of 2.
        let further = self.values.binary_constant(Operator::Add, options, 8 + 12 - 2);
        let further = self.values.binary(Operator::And, further, bridged);
        let type_field = self.values.binary(Operator::Add, further, header);
        let link = self.values.binary(Operator::Add, options, header);
        let ethernet = self.values.binary_constant(Operator::And, bridged, 14);
        let payload = self.values.binary(Operator::Add, ethernet, link);
        let ethernet_type = self.values.constant(ether_type::BRIDGED_ETHERNET);
        self.enter_ethernet(Offset { base: Some(link), constant: 8 });
        self.layers.type_field = Some(Offset { base: Some(type_field), constant: 2 });
        self.layers.payload = Some(Offset { base: Some(payload), constant: 8 });
        self.layers.tunnel = Some(graph::relation(&mut self.values, carried, Relation::Equal, ethernet_type));
        Ok(Condition::any(either))
    }

    /// RFC 7348. The payload is always Ethernet.
    pub(super) fn vxlan(&mut self, network: Option<u32>) -> Result<Condition, Error> {
        let network = match network {
            Some(network) => Some(self.at_most("VXLAN VNI", network, 0x00ff_ffff)?),
            None => None,
        };
        let mut either = Vec::new();
        for transport in [From::Transport4, From::Transport6] {
            let mut condition = self.tunnel_port(transport, VXLAN_PORT)?;
            // The flag that the network identifier is valid; the other flags are reserved.
            condition = condition.and(self.equals(transport, 8, Width::Byte, 0x08)?);
            if let Some(network) = network {
                condition =
                    condition.and(self.masked(transport, 12, Width::Word, network << 8, 0xffff_ff00)?);
            }
            either.push(condition);
        }
        let header = self.behind_udp()?;
        let link = Offset { base: Some(header), constant: 8 };
        self.enter_ethernet(link);
        self.layers.type_field = Some(link.plus(12));
        self.layers.payload = Some(link.plus(14));
        Ok(Condition::any(either))
    }

    fn tunnel_port(&mut self, transport: From, port: u32) -> Result<Condition, Error> {
        let (udp, to) = (Some(Transport::Udp), Some(Direction::Destination));
        if transport == From::Transport4 {
            self.ports_ip4(udp, to, port, port)
        } else {
            self.ports_ip6(udp, to, port, port)
        }
    }

    /// Where the UDP payload begins, in IPv4 or IPv6: the version in the header says which, without a jump.
    fn behind_udp(&mut self) -> Result<ValueId, Error> {
        let network = self.place(From::Network, 0)?;
        let first = self.values.load(Width::Byte, network.base, network.constant);
        // 0x40..0x4f and 0x60..0x6f differ in the bit 0x20. Its place makes 10 words of an IPv6 header, while the low bits,
        // which are the length of an IPv4 header, belong to the traffic class in IPv6.
        let is_ip6 = self.values.binary_constant(Operator::ShiftRight, first, 5);
        let is_ip6 = self.values.binary_constant(Operator::And, is_ip6, 1);
        let ip6_mask = self.values.negate(is_ip6);
        let words = self.values.binary_constant(Operator::And, first, 0x0f);
        let length = self.values.binary_constant(Operator::ShiftLeft, words, 2);
        // length ^ ((length ^ 40) & mask) is 40 where the mask is all ones.
        let difference = self.values.binary_constant(Operator::Xor, length, 40);
        let difference = self.values.binary(Operator::And, difference, ip6_mask);
        let length = self.values.binary(Operator::Xor, difference, length);
        let start = match network.base {
            Some(base) => self.values.binary(Operator::Add, length, base),
            None => length,
        };
        Ok(self.values.binary_constant(Operator::Add, start, network.constant.wrapping_add(8)))
    }

    /// From here on the expression speaks of an Ethernet header at `header`.
    fn enter_ethernet(&mut self, header: Offset) {
        self.layers = Layers {
            outer_header: self.layers.header,
            header,
            kind: Kind::Ethernet,
            network: 0,
            network_without_snap: 3,
            mpls_labels: 0,
            tunnel: None,
            lan_emulation: false,
            ..self.layers.clone()
        };
    }
}
