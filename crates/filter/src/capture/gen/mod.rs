//! From the tree to conditions on the packet's bytes, a family of primitives a file.
//!
//! `vlan`, `mpls`, `pppoes`, `geneve`, `vxlan` and `lane` change where what stands behind them in the text looks: the
//! expression is walked from left to right and [`Layers`] says where the headers are at that point.

mod address;
mod encapsulation;
mod link;
mod link_types;
mod misc;
mod port;
mod protocol;
mod relation;
mod wlan;

use super::Options;
use super::error::Error;
use super::graph::{self, Condition};
use super::names::Names;
use super::syntax::{Encapsulation, Expression, Operator, Primitive, Relation, Span};
use super::values::{ValueId, Values, Width};
use link_types::{Kind, LinkRow};

pub use link_types::{link_type_by_name, link_type_name};

/// The condition that `expression` puts on packets of the options' link type, and the values it speaks of.
pub(super) fn generate(expression: &Expression, options: &Options<'_>) -> Result<(Condition, Values), Error> {
    let row = link_types::row(options.link_type)?;
    let mut generator =
        Generator { values: Values::default(), options, layers: Layers::of(row), at: Span::default() };
    generator.find_variable_headers();
    let condition = generator.expression(expression)?;
    let condition = match generator.payload_check() {
        Some(check) => check.and(condition),
        None => condition,
    };
    Ok((condition, generator.values))
}

struct Generator<'a> {
    values: Values,
    options: &'a Options<'a>,
    layers: Layers,
    /// The primitive that is generated, for errors.
    at: Span,
}

/// A place in the packet: a computed part, if there is one, and a constant.
#[derive(Clone, Copy, Debug)]
struct Offset {
    base: Option<ValueId>,
    constant: u32,
}

impl Offset {
    const fn constant(constant: u32) -> Self {
        Self { base: None, constant }
    }

    const fn plus(self, constant: u32) -> Self {
        Self { base: self.base, constant: self.constant.wrapping_add(constant) }
    }
}

/// Where the headers are that the next primitive speaks of.
#[derive(Clone, Debug)]
struct Layers {
    row: &'static LinkRow,
    kind: Kind,
    /// The link layer header.
    header: Offset,
    /// The link layer header outside of it.
    outer_header: Offset,
    /// The field that says what the payload is.
    type_field: Option<Offset>,
    /// Behind the link layer header; where LLC begins if there is LLC.
    payload: Option<Offset>,
    /// From the payload to the network header.
    network: u32,
    /// The same where LLC is without SNAP.
    network_without_snap: u32,
    vlan_tags: u32,
    mpls_labels: u32,
    /// Inside a tunnel that carries Ethernet or not: whether it does.
    tunnel: Option<Condition>,
    /// Inside ATM LAN emulation.
    lan_emulation: bool,
}

impl Layers {
    fn of(row: &'static LinkRow) -> Self {
        let header = Offset::constant(row.header);
        Self {
            row,
            kind: row.kind,
            header,
            outer_header: header,
            type_field: row.type_field.map(Offset::constant),
            payload: row.payload.map(Offset::constant),
            network: row.network,
            network_without_snap: row.network_without_snap,
            vlan_tags: 0,
            mpls_labels: 0,
            tunnel: None,
            lan_emulation: false,
        }
    }
}

/// What an offset counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// The packet's first byte.
    Packet,
    /// The link layer header.
    Link,
    /// The link layer header outside of the current one.
    OuterLink,
    /// The field that says what the payload is.
    TypeField,
    /// The LLC header.
    Llc,
    /// The network header.
    Network,
    /// The network header where LLC is without SNAP.
    NetworkWithoutSnap,
    /// The transport header behind an IPv4 header.
    Transport4,
    /// The transport header behind an IPv6 header without extensions.
    Transport6,
}

impl Generator<'_> {
    fn expression(&mut self, expression: &Expression) -> Result<Condition, Error> {
        match expression {
            Expression::Primitive(primitive, span) => {
                self.at = *span;
                self.primitive(primitive)
            }
            Expression::Not(inner) => Ok(self.expression(inner)?.negated()),
            Expression::Chain(first, rest) => {
                let first = self.expression(first)?;
                let rest = rest
                    .iter()
                    .map(|(connective, member)| Ok((*connective, self.expression(member)?)))
                    .collect::<Result<_, _>>()?;
                Ok(Condition::Chain(Box::new(first), rest))
            }
        }
    }

    fn primitive(&mut self, primitive: &Primitive) -> Result<Condition, Error> {
        match primitive {
            Primitive::Qualified(qualifiers, id) => self.qualified(*qualifiers, id),
            Primitive::Protocol(protocol) => self.protocol(*protocol),
            Primitive::Relation(left, relation, right) => self.arithmetic_relation(left, *relation, right),
            Primitive::Broadcast(protocol) => self.broadcast(*protocol),
            Primitive::Multicast(protocol) => self.multicast(*protocol),
            Primitive::Less(length) => Ok(self.length(Relation::LessOrEqual, *length)),
            Primitive::Greater(length) => Ok(self.length(Relation::GreaterOrEqual, *length)),
            Primitive::Byte(index, operator, value) => self.byte(*index, *operator, *value),
            Primitive::Inbound => self.direction(false),
            Primitive::Outbound => self.direction(true),
            Primitive::InterfaceIndex(index) => self.interface_index(*index),
            Primitive::Encapsulation(Encapsulation::Vlan, number) => self.vlan(*number),
            Primitive::Encapsulation(Encapsulation::Mpls, number) => self.mpls(*number),
            Primitive::Encapsulation(Encapsulation::PppoeSession, number) => self.pppoe_session(*number),
            Primitive::Encapsulation(Encapsulation::Geneve, number) => self.geneve(*number),
            Primitive::Encapsulation(Encapsulation::Vxlan, number) => self.vxlan(*number),
            Primitive::PppoeDiscovery => self.link_type(link::ether_type::PPPOE_DISCOVERY),
            Primitive::Pf(pf) => self.pf(pf),
            Primitive::WlanType { value, mask } => self.wlan_type(*value, *mask),
            Primitive::WlanDirection(direction) => self.wlan_direction(*direction),
            Primitive::Llc(llc) => self.llc(*llc),
            Primitive::Atm(atm) => self.atm(*atm),
            Primitive::AtmField(field, values) => self.atm_field(*field, values),
            Primitive::SignalUnit(unit) => self.signal_unit(*unit),
            Primitive::Mtp3(field, values) => self.mtp3(*field, values),
        }
    }

    /// Where the byte `offset` of a header is.
    fn place(&mut self, from: From, offset: u32) -> Result<Offset, Error> {
        let layers = &self.layers;
        let place = match from {
            From::Packet => Some(Offset::constant(0)),
            From::Link => Some(layers.header),
            From::OuterLink => Some(layers.outer_header),
            From::TypeField => layers.type_field,
            From::Llc => layers.payload,
            From::Network => layers.payload.map(|payload| payload.plus(layers.network)),
            From::NetworkWithoutSnap => {
                layers.payload.map(|payload| payload.plus(layers.network_without_snap))
            }
            From::Transport6 => layers.payload.map(|payload| payload.plus(layers.network).plus(40)),
            From::Transport4 => {
                let network = layers.payload.map(|payload| payload.plus(layers.network));
                network.map(|network| self.behind_ipv4(network))
            }
        };
        match place {
            Some(place) => Ok(place.plus(offset)),
            None => Err(self.unsupported("a test of the payload")),
        }
    }

    /// Behind the IPv4 header at `network`: its length is in the low four bits of its first byte, in words.
    fn behind_ipv4(&mut self, network: Offset) -> Offset {
        let first = self.values.load(Width::Byte, network.base, network.constant);
        let words = self.values.binary_constant(Operator::And, first, 0x0f);
        let length = self.values.binary_constant(Operator::ShiftLeft, words, 2);
        let base = match network.base {
            Some(base) => self.values.binary(Operator::Add, length, base),
            None => length,
        };
        Offset { base: Some(base), constant: network.constant }
    }

    fn load(&mut self, from: From, offset: u32, width: Width) -> Result<ValueId, Error> {
        let place = self.place(from, offset)?;
        Ok(self.values.load(width, place.base, place.constant))
    }

    /// A field is `number`.
    fn equals(&mut self, from: From, offset: u32, width: Width, number: u32) -> Result<Condition, Error> {
        self.compare(from, offset, width, u32::MAX, Relation::Equal, number)
    }

    /// The bits `mask` of a field are `number`.
    fn masked(
        &mut self,
        from: From,
        offset: u32,
        width: Width,
        number: u32,
        mask: u32,
    ) -> Result<Condition, Error> {
        self.compare(from, offset, width, mask, Relation::Equal, number)
    }

    /// The bits `mask` of a field compare so with `number`.
    fn compare(
        &mut self,
        from: From,
        offset: u32,
        width: Width,
        mask: u32,
        relation: Relation,
        number: u32,
    ) -> Result<Condition, Error> {
        let field = self.load(from, offset, width)?;
        let field = self.values.binary_constant(Operator::And, field, mask);
        let number = self.values.constant(number);
        Ok(graph::relation(&mut self.values, field, relation, number))
    }

    /// One of the bits `mask` of a byte is set.
    fn any_bit(&mut self, from: From, offset: u32, mask: u32) -> Result<Condition, Error> {
        let byte = self.load(from, offset, Width::Byte)?;
        Ok(graph::any_bit(&mut self.values, byte, mask))
    }

    /// Bytes of the packet are `bytes`: compared in words from the end, since the end of an address tells more.
    fn bytes(&mut self, from: From, offset: u32, bytes: &[u8]) -> Result<Condition, Error> {
        let mut condition: Option<Condition> = None;
        let mut end = bytes.len();
        while end > 0 {
            let (width, size) = match end {
                4.. => (Width::Word, 4),
                2 | 3 => (Width::Half, 2),
                _ => (Width::Byte, 1),
            };
            let number = bytes[end - size..end].iter().fold(0, |number, &byte| number << 8 | u32::from(byte));
            end -= size;
            let part = self.equals(from, offset + u32::try_from(end).unwrap_or(0), width, number)?;
            condition = Some(match condition {
                Some(rest) => rest.and(part),
                None => part,
            });
        }
        Ok(condition.unwrap_or(Condition::Constant(true)))
    }

    fn length(&mut self, relation: Relation, number: u32) -> Condition {
        let length = self.values.length();
        let number = self.values.constant(number);
        graph::relation(&mut self.values, length, relation, number)
    }

    fn names(&self) -> &Names {
        self.options.names
    }

    fn unsupported(&self, what: impl Into<String>) -> Error {
        let link_type = link_types::describe(self.layers.row, self.layers.kind);
        Error::Unsupported { column: self.at.start + 1, what: what.into(), link_type }
    }

    fn invalid(&self, message: impl Into<String>) -> Error {
        Error::Invalid { column: self.at.start + 1, message: message.into() }
    }

    /// What only the kernel knows, which tells it of the packets that it captures.
    fn not_in_files(&self, what: &str) -> Error {
        let link_type = link_types::describe(self.layers.row, self.layers.kind);
        self.invalid(format!("packets of link type {link_type} do not say {what}: only a live capture knows"))
    }

    fn unknown(&self, what: &'static str, name: &str) -> Error {
        Error::UnknownName { column: self.at.start + 1, what, name: name.to_owned() }
    }

    /// `value`, if it fits.
    fn at_most(&self, what: &'static str, value: u32, maximum: u32) -> Result<u32, Error> {
        if value > maximum {
            return Err(Error::TooGreat { column: self.at.start + 1, what, value: value.into(), maximum });
        }
        Ok(value)
    }
}
