//! Arithmetic on the packet's bytes: `ip[2:2] - 20 > len & 7`.

use super::link::ether_type;
use super::link_types::{Kind, Radio};
use super::{Condition, From, Generator, Offset, graph};
use crate::capture::error::Error;
use crate::capture::syntax::{Arithmetic, ByteOperator, Operator, Protocol, Relation};
use crate::capture::values::{ValueId, Width};

/// A number, and what has to be so that it can be computed: the protocol is there.
struct Computed {
    value: ValueId,
    guard: Option<Condition>,
}

impl Generator<'_> {
    pub(super) fn arithmetic_relation(
        &mut self,
        left: &Arithmetic,
        relation: Relation,
        right: &Arithmetic,
    ) -> Result<Condition, Error> {
        let left = self.arithmetic(left)?;
        let right = self.arithmetic(right)?;
        let comparison = graph::relation(&mut self.values, left.value, relation, right.value);
        Ok(match both(left.guard, right.guard) {
            Some(guard) => guard.and(comparison),
            None => comparison,
        })
    }

    /// `byte INDEX OP VALUE`.
    pub(super) fn byte(
        &mut self,
        index: u32,
        operator: ByteOperator,
        value: u32,
    ) -> Result<Condition, Error> {
        let relation = match operator {
            ByteOperator::Equal => Relation::Equal,
            ByteOperator::Less => Relation::Less,
            ByteOperator::Greater => Relation::Greater,
            ByteOperator::And => return self.any_bit(From::Link, index, value),
            ByteOperator::Or => {
                let byte = self.load(From::Link, index, Width::Byte)?;
                let bits = self.values.binary_constant(Operator::Or, byte, value);
                let zero = self.values.constant(0);
                return Ok(graph::relation(&mut self.values, bits, Relation::NotEqual, zero));
            }
        };
        self.compare(From::Link, index, Width::Byte, u32::MAX, relation, value)
    }

    fn arithmetic(&mut self, arithmetic: &Arithmetic) -> Result<Computed, Error> {
        match arithmetic {
            Arithmetic::Number(number) => Ok(Computed { value: self.values.constant(*number), guard: None }),
            Arithmetic::Length => Ok(Computed { value: self.values.length(), guard: None }),
            Arithmetic::Negate(operand) => {
                let Computed { value, guard } = self.arithmetic(operand)?;
                Ok(Computed { value: self.values.negate(value), guard })
            }
            Arithmetic::Load(protocol, offset, size, span) => {
                let offset = self.arithmetic(offset)?;
                let width = match size {
                    1 => Width::Byte,
                    2 => Width::Half,
                    _ => Width::Word,
                };
                self.at = *span;
                self.protocol_load(*protocol, offset, width)
            }
            Arithmetic::Binary(left, operator, right, span) => {
                // Only the first operand's protocol is tested, as in libpcap: `tcp port 80 and 4 + tcp[12] > 9` says
                // itself what the packet has to be.
                let Computed { value: left, guard } = self.arithmetic(left)?;
                let right = self.arithmetic(right)?.value;
                self.at = *span;
                self.check_operand(*operator, right)?;
                Ok(Computed { value: self.values.binary(*operator, left, right), guard })
            }
        }
    }

    /// The kernel takes no program with a constant divisor 0 or a constant shift by 32 or more.
    fn check_operand(&self, operator: Operator, right: ValueId) -> Result<(), Error> {
        match (operator, self.values.constant_of(right)) {
            (Operator::Divide | Operator::Modulo, Some(0)) => Err(self.invalid("division by zero")),
            (Operator::ShiftLeft | Operator::ShiftRight, Some(count)) => {
                self.at_most("shift", count, 31)?;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Bytes at `offset` of a protocol's header.
    fn protocol_load(
        &mut self,
        protocol: Protocol,
        offset: Computed,
        width: Width,
    ) -> Result<Computed, Error> {
        let Computed { value: offset, guard } = offset;
        let (from, guard) = match protocol {
            Protocol::Radio => match self.layers.kind {
                Kind::Wlan(Radio::Radiotap | Radio::Avs | Radio::Prism) => (From::Packet, guard),
                _ => return Err(self.unsupported("'radio'")),
            },
            Protocol::Link => (From::Link, guard),
            Protocol::Ip
            | Protocol::Arp
            | Protocol::Rarp
            | Protocol::AppleTalk
            | Protocol::Decnet
            | Protocol::Sca
            | Protocol::Lat
            | Protocol::MopRc
            | Protocol::MopDl
            | Protocol::Ip6 => (From::Network, both(guard, Some(self.protocol(protocol)?))),
            Protocol::Sctp
            | Protocol::Tcp
            | Protocol::Udp
            | Protocol::Icmp
            | Protocol::Igmp
            | Protocol::Igrp
            | Protocol::Pim
            | Protocol::Vrrp
            | Protocol::Carp => {
                // IPv4 only: where the header begins in an IPv6 packet is not known.
                let carried = self.protocol(protocol)?.and(self.first_fragment()?);
                let ip = self.link_type(ether_type::IPV4)?;
                (From::Transport4, both(both(Some(ip), guard), Some(carried)))
            }
            Protocol::Icmp6 => {
                let ip6 = self.link_type(ether_type::IPV6)?;
                let carried = self.equals(From::Network, 6, Width::Byte, 58)?;
                (From::Transport6, both(both(guard, Some(ip6)), Some(carried)))
            }
            other => {
                return Err(self.invalid(format!(
                    "'{other}' has no bytes to index: expected 'ether', 'ip', 'tcp' and the like"
                )));
            }
        };
        let header = self.place(from, 0)?;
        Ok(Computed { value: self.indexed(header, offset, width), guard })
    }

    fn indexed(&mut self, header: Offset, offset: ValueId, width: Width) -> ValueId {
        match (self.values.constant_of(offset), header.base) {
            (Some(number), base) => {
                let zero = self.values.constant(header.constant.wrapping_add(number));
                match base {
                    None => self.values.load(width, Some(zero), 0),
                    Some(_) => self.values.load(width, base, header.constant.wrapping_add(number)),
                }
            }
            (None, None) => self.values.load(width, Some(offset), header.constant),
            (None, Some(base)) => {
                let base = self.values.binary(Operator::Add, offset, base);
                self.values.load(width, Some(base), header.constant)
            }
        }
    }
}

fn both(first: Option<Condition>, second: Option<Condition>) -> Option<Condition> {
    match (first, second) {
        (Some(first), Some(second)) => Some(first.and(second)),
        (first, second) => first.or(second),
    }
}
