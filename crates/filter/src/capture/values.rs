//! Numbers that a program computes from a packet, each distinct one kept once.
//!
//! A value is an expression without side effects, so equal ids mean equal numbers wherever in the program they are
//! computed: the code generator need not load what a register holds already, and a test on a value says something about
//! every other test on it. What is known at once is computed at once.

use std::collections::HashMap;

use super::syntax::Operator;

/// A value's place in [`Values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ValueId(u32);

/// How many bytes a load takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Width {
    Byte,
    Half,
    Word,
}

impl Width {
    const fn bytes(self) -> u32 {
        match self {
            Self::Byte => 1,
            Self::Half => 2,
            Self::Word => 4,
        }
    }

    /// The bits that a loaded value can have.
    const fn bits(self) -> u32 {
        match self {
            Self::Byte => 0xff,
            Self::Half => 0xffff,
            Self::Word => u32::MAX,
        }
    }
}

/// A number computed from a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Value {
    Constant(u32),
    /// The packet's length on the wire.
    Length,
    /// Bytes of the packet at `base` + `offset`, big-endian. Beyond the packet's end the program rejects.
    Load {
        width: Width,
        base: Option<ValueId>,
        offset: u32,
    },
    Binary(Operator, ValueId, ValueId),
    Negate(ValueId),
}

/// All values of a program.
#[derive(Debug, Default)]
pub(super) struct Values {
    list: Vec<Value>,
    index: HashMap<Value, ValueId>,
}

impl Values {
    pub(super) fn value(&self, id: ValueId) -> Value {
        self.list[id.0 as usize]
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) const fn index(id: ValueId) -> usize {
        id.0 as usize
    }

    /// The number, if it is the same for every packet.
    pub(super) fn constant_of(&self, id: ValueId) -> Option<u32> {
        match self.value(id) {
            Value::Constant(number) => Some(number),
            _ => None,
        }
    }

    pub(super) fn constant(&mut self, number: u32) -> ValueId {
        self.intern(Value::Constant(number))
    }

    pub(super) fn length(&mut self) -> ValueId {
        self.intern(Value::Length)
    }

    pub(super) fn load(&mut self, width: Width, base: Option<ValueId>, offset: u32) -> ValueId {
        match base.and_then(|base| self.constant_of(base)) {
            Some(number) => self.intern(Value::Load {
                width,
                base: None,
                offset: within_packet(number.wrapping_add(offset)),
            }),
            None => self.intern(Value::Load { width, base, offset }),
        }
    }

    pub(super) fn negate(&mut self, operand: ValueId) -> ValueId {
        match self.constant_of(operand) {
            Some(number) => self.constant(number.wrapping_neg()),
            None => self.intern(Value::Negate(operand)),
        }
    }

    pub(super) fn binary_constant(&mut self, operator: Operator, left: ValueId, right: u32) -> ValueId {
        let right = self.constant(right);
        self.binary(operator, left, right)
    }

    pub(super) fn binary(&mut self, operator: Operator, left: ValueId, right: ValueId) -> ValueId {
        match (self.constant_of(left), self.constant_of(right)) {
            (Some(l), Some(r)) => self.constant(compute(operator, l, r)),
            (None, Some(r)) => self.with_constant(operator, left, r),
            (Some(_), None) if commutes(operator) => self.binary(operator, right, left),
            _ => self.intern(Value::Binary(operator, left, right)),
        }
    }

    /// `left` and a constant: neutral and absorbing constants, and constants that merge with one inside `left`.
    fn with_constant(&mut self, operator: Operator, left: ValueId, right: u32) -> ValueId {
        use Operator::{Add, And, Divide, Modulo, Multiply, Or, ShiftLeft, ShiftRight, Subtract, Xor};
        match (operator, right) {
            (Add | Subtract | Or | Xor | ShiftLeft | ShiftRight, 0) | (Multiply | Divide, 1) => return left,
            (And | Multiply, 0) | (Modulo, 1) => return self.constant(0),
            (And, mask) if self.possible_bits(left) & !mask == 0 => return left,
            (And, mask) if self.possible_bits(left) & mask == 0 => return self.constant(0),
            (And, mask @ (0xff | 0xffff)) if matches!(self.value(left), Value::Load { .. }) => {
                return self.low_bytes(left, mask);
            }
            (Subtract, number) => return self.with_constant(Add, left, number.wrapping_neg()),
            (Multiply, number) if number.is_power_of_two() => {
                return self.with_constant(ShiftLeft, left, number.trailing_zeros());
            }
            (Divide, number) if number.is_power_of_two() => {
                return self.with_constant(ShiftRight, left, number.trailing_zeros());
            }
            _ => {}
        }
        if let Value::Binary(inner, operand, constant) = self.value(left)
            && inner == operator
            && let Some(constant) = self.constant_of(constant)
        {
            match operator {
                Add | And | Or | Xor => {
                    return self.with_constant(operator, operand, compute(operator, constant, right));
                }
                ShiftLeft | ShiftRight if constant + right < 32 => {
                    return self.with_constant(operator, operand, constant + right);
                }
                _ => {}
            }
        }
        let right = self.constant(right);
        self.intern(Value::Binary(operator, left, right))
    }

    /// The lowest byte or the two lowest of a load: another load, which ends at the same byte.
    fn low_bytes(&mut self, load: ValueId, mask: u32) -> ValueId {
        let Value::Load { width, base, offset } = self.value(load) else { return load };
        let narrow = if mask == 0xff { Width::Byte } else { Width::Half };
        self.intern(Value::Load {
            width: narrow,
            base,
            offset: offset.wrapping_add(width.bytes() - narrow.bytes()),
        })
    }

    /// The bits that a value can have; the others are always 0.
    fn possible_bits(&self, id: ValueId) -> u32 {
        match self.value(id) {
            Value::Constant(number) => number,
            Value::Load { width, .. } => width.bits(),
            Value::Binary(operator, left, right) => match (operator, self.constant_of(right)) {
                (Operator::And, Some(mask)) => self.possible_bits(left) & mask,
                (Operator::ShiftLeft, Some(count)) if count < 32 => self.possible_bits(left) << count,
                (Operator::ShiftRight, Some(count)) if count < 32 => self.possible_bits(left) >> count,
                _ => u32::MAX,
            },
            Value::Length | Value::Negate(_) => u32::MAX,
        }
    }

    fn intern(&mut self, value: Value) -> ValueId {
        let next = ValueId(u32::try_from(self.list.len()).unwrap_or(u32::MAX));
        *self.index.entry(value).or_insert_with(|| {
            self.list.push(value);
            next
        })
    }
}

/// An offset as the packet has it: from 2^31 on the kernel takes it for ancillary data (net/core/filter.c,
/// `bpf_internal_load_pointer_neg_helper`), which no packet of ours can mean.
const fn within_packet(offset: u32) -> u32 {
    if offset > 0x7fff_ffff { 0x7fff_ffff } else { offset }
}

/// What the machine computes, net/core/filter.c: modulo 2^32; division by 0 never comes here.
pub(super) fn compute(operator: Operator, left: u32, right: u32) -> u32 {
    match operator {
        Operator::Add => left.wrapping_add(right),
        Operator::Subtract => left.wrapping_sub(right),
        Operator::Multiply => left.wrapping_mul(right),
        Operator::Divide => left.checked_div(right).unwrap_or(0),
        Operator::Modulo => left.checked_rem(right).unwrap_or(0),
        Operator::And => left & right,
        Operator::Or => left | right,
        Operator::Xor => left ^ right,
        Operator::ShiftLeft => left.checked_shl(right).unwrap_or(0),
        Operator::ShiftRight => left.checked_shr(right).unwrap_or(0),
    }
}

pub(super) const fn commutes(operator: Operator) -> bool {
    matches!(operator, Operator::Add | Operator::Multiply | Operator::And | Operator::Or | Operator::Xor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_one() {
        let mut values = Values::default();
        let byte = values.load(Width::Byte, None, 23);
        let low = values.binary_constant(Operator::And, byte, 0x0f);
        let masked = values.binary_constant(Operator::And, byte, 0xff);
        assert_eq!(masked, byte);
        let high = values.binary_constant(Operator::And, byte, 0xff00);
        assert_eq!(values.constant_of(high), Some(0));
        let up = values.binary_constant(Operator::Add, low, 5);
        let down = values.binary_constant(Operator::Subtract, up, 5);
        assert_eq!(down, low);
        let four = values.constant(4);
        let first = values.load(Width::Half, Some(four), 2);
        assert_eq!(first, values.load(Width::Half, None, 6));
    }
}
