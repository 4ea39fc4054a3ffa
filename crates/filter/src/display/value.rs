//! Values while a filter runs, and what can be done with them. Everything that a field can hold falls into a few kinds.

use std::cmp::Ordering;

use plaintap_decode::Value;

use super::syntax::Arithmetic;

/// One value, borrowed from the packet or the filter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Item<'a> {
    /// Nothing but presence.
    Present,
    /// Booleans (0 and 1) and integers. Wide enough that no arithmetic on 64-bit fields wraps silently.
    Number(i128),
    /// A floating point number.
    Float(f64),
    /// An IPv4 address; in a filter perhaps a network, by its mask.
    Ip4(u32, u32),
    /// The same for IPv6.
    Ip6(u128, u128),
    /// Bytes, MAC addresses and whole protocols.
    Bytes(&'a [u8]),
    /// Text, mostly UTF-8.
    Text(&'a [u8]),
    /// A span of time, or a point in time since 1970, in nanoseconds.
    Nanos(i64),
}

/// A value that stands in the filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Constant {
    Number(i128),
    Float(f64),
    Ip4(u32, u32),
    Ip6(u128, u128),
    Bytes(Box<[u8]>),
    Text(Box<[u8]>),
    Nanos(i64),
}

impl Constant {
    #[inline]
    pub(super) fn item(&self) -> Item<'_> {
        match self {
            Self::Number(n) => Item::Number(*n),
            Self::Float(n) => Item::Float(*n),
            Self::Ip4(address, mask) => Item::Ip4(*address, *mask),
            Self::Ip6(address, mask) => Item::Ip6(*address, *mask),
            Self::Bytes(bytes) => Item::Bytes(bytes),
            Self::Text(bytes) => Item::Text(bytes),
            Self::Nanos(n) => Item::Nanos(*n),
        }
    }

    /// Keeps a value; None for mere presence.
    pub(super) fn keep(item: Item<'_>) -> Option<Self> {
        Some(match item {
            Item::Present => return None,
            Item::Number(n) => Self::Number(n),
            Item::Float(n) => Self::Float(n),
            Item::Ip4(address, mask) => Self::Ip4(address, mask),
            Item::Ip6(address, mask) => Self::Ip6(address, mask),
            Item::Bytes(bytes) => Self::Bytes(bytes.into()),
            Item::Text(bytes) => Self::Text(bytes.into()),
            Item::Nanos(n) => Self::Nanos(n),
        })
    }
}

impl<'a> Item<'a> {
    /// The value of a field.
    #[inline]
    pub(super) const fn of(value: &'a Value<'_>) -> Self {
        match value {
            Value::Present => Item::Present,
            Value::Bool(b) => Item::Number(*b as i128),
            Value::Unsigned(n) => Item::Number(*n as i128),
            Value::Signed(n) => Item::Number(*n as i128),
            Value::Float(n) => Item::Float(*n),
            Value::Ip4(address) => Item::Ip4(u32::from_be_bytes(*address), u32::MAX),
            Value::Ip6(address) => Item::Ip6(u128::from_be_bytes(*address), u128::MAX),
            Value::Mac(address) => Item::Bytes(address),
            Value::Guid(guid) => Item::Bytes(guid),
            Value::Bytes(bytes) | Value::Protocol(bytes, _) => Item::Bytes(bytes),
            Value::Text(bytes) => Item::Text(bytes),
            Value::Time(time) => Item::Nanos(time.0),
            Value::Duration(nanos) => Item::Nanos(*nanos),
        }
    }

    /// Compares two values of one type; None for different types, which the checker does not let through.
    #[inline]
    pub(super) fn compare(self, other: Item<'_>) -> Option<Ordering> {
        Some(match (self, other) {
            (Item::Number(a), Item::Number(b)) => a.cmp(&b),
            (Item::Float(a), Item::Float(b)) => return a.partial_cmp(&b),
            (Item::Ip4(a, m), Item::Ip4(b, n)) => (a & m & n).cmp(&(b & m & n)),
            (Item::Ip6(a, m), Item::Ip6(b, n)) => (a & m & n).cmp(&(b & m & n)),
            (Item::Text(a), Item::Text(b)) => a.cmp(b),
            // As tshark 4.0.17 answers (tests/data): of bytes, the longer are the greater.
            (Item::Bytes(a) | Item::Text(a), Item::Bytes(b) | Item::Text(b)) => {
                a.len().cmp(&b.len()).then_with(|| a.cmp(b))
            }
            (Item::Nanos(a), Item::Nanos(b)) => a.cmp(&b),
            _ => return None,
        })
    }

    /// Gives the bytes; those of addresses in network byte order. Not called for what has none.
    pub(super) fn with_bytes<R>(self, then: impl FnOnce(&[u8]) -> R) -> Option<R> {
        Some(match self {
            Item::Bytes(bytes) | Item::Text(bytes) => then(bytes),
            Item::Ip4(address, _) => then(&address.to_be_bytes()),
            Item::Ip6(address, _) => then(&address.to_be_bytes()),
            Item::Present | Item::Number(_) | Item::Float(_) | Item::Nanos(_) => return None,
        })
    }

    /// The negative value; None where it does not fit.
    pub(super) fn negated(self) -> Option<Item<'static>> {
        match self {
            Item::Number(n) => Some(Item::Number(n.checked_neg()?)),
            Item::Float(n) => Some(Item::Float(-n)),
            Item::Nanos(n) => Some(Item::Nanos(n.checked_neg()?)),
            _ => None,
        }
    }

    /// The absolute value; None where it does not fit.
    pub(super) fn absolute(self) -> Option<Item<'static>> {
        match self {
            Item::Number(n) => Some(Item::Number(n.checked_abs()?)),
            Item::Float(n) => Some(Item::Float(n.abs())),
            Item::Nanos(n) => Some(Item::Nanos(n.checked_abs()?)),
            _ => None,
        }
    }

    /// Gives the result of an operator; nothing when it does not fit, and for division by zero. Of bytes, the shorter
    /// operand says how many there are.
    pub(super) fn calculate(self, operator: Arithmetic, other: Item<'_>, out: &mut dyn FnMut(Item<'_>)) {
        let result = match (self, other) {
            (Item::Number(a), Item::Number(b)) => number(operator, a, b).map(Item::Number),
            (Item::Float(a), Item::Float(b)) => float(operator, a, b).map(Item::Float),
            (Item::Nanos(a), Item::Nanos(b)) => nanos(operator, a, b).map(Item::Nanos),
            (Item::Ip4(a, _), Item::Ip4(b, _)) => Some(Item::Ip4(a & b, u32::MAX)),
            (Item::Ip6(a, _), Item::Ip6(b, _)) => Some(Item::Ip6(a & b, u128::MAX)),
            (Item::Bytes(a), Item::Bytes(b)) => return masked(a, b, out),
            _ => None,
        };
        if let Some(result) = result {
            out(result);
        }
    }
}

/// Whether arithmetic gave something other than zero.
pub(super) fn is_nonzero(item: Item<'_>) -> bool {
    match item {
        Item::Present => true,
        Item::Number(n) => n != 0,
        Item::Float(n) => n != 0.0,
        Item::Ip4(address, _) => address != 0,
        Item::Ip6(address, _) => address != 0,
        Item::Bytes(bytes) | Item::Text(bytes) => bytes.iter().any(|b| *b != 0),
        Item::Nanos(n) => n != 0,
    }
}

fn number(operator: Arithmetic, a: i128, b: i128) -> Option<i128> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        Arithmetic::Multiply => a.checked_mul(b),
        Arithmetic::Divide => a.checked_div(b),
        Arithmetic::Modulo => a.checked_rem(b),
        Arithmetic::And => Some(a & b),
    }
}

fn float(operator: Arithmetic, a: f64, b: f64) -> Option<f64> {
    match operator {
        Arithmetic::Add => Some(a + b),
        Arithmetic::Subtract => Some(a - b),
        Arithmetic::Multiply => Some(a * b),
        Arithmetic::Divide if b != 0.0 => Some(a / b),
        _ => None,
    }
}

fn nanos(operator: Arithmetic, a: i64, b: i64) -> Option<i64> {
    match operator {
        Arithmetic::Add => a.checked_add(b),
        Arithmetic::Subtract => a.checked_sub(b),
        _ => None,
    }
}

fn masked(a: &[u8], b: &[u8], out: &mut dyn FnMut(Item<'_>)) {
    let and = |(a, b): (&u8, &u8)| a & b;
    let mut small = [0; 16];
    if let Some(small) = small.get_mut(..a.len().min(b.len())) {
        small.iter_mut().zip(a.iter().zip(b).map(and)).for_each(|(to, byte)| *to = byte);
        out(Item::Bytes(small));
    } else {
        out(Item::Bytes(&a.iter().zip(b).map(and).collect::<Vec<_>>()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn calculated(a: Item<'_>, operator: Arithmetic, b: Item<'_>) -> Option<Constant> {
        let mut result = None;
        a.calculate(operator, b, &mut |item| result = Constant::keep(item));
        result
    }

    #[test]
    fn arithmetic_never_wraps() {
        let n = Item::Number;
        assert_eq!(calculated(n(64), Arithmetic::Subtract, n(65)), Some(Constant::Number(-1)));
        assert_eq!(calculated(n(1), Arithmetic::Divide, n(0)), None);
        assert_eq!(calculated(n(1), Arithmetic::Modulo, n(0)), None);
        assert_eq!(calculated(n(i128::MAX), Arithmetic::Multiply, n(2)), None);
        assert_eq!(calculated(Item::Nanos(i64::MAX), Arithmetic::Add, Item::Nanos(1)), None);
        assert_eq!(n(i128::MIN).negated(), None);
    }

    #[test]
    fn bytes_are_masked_as_far_as_there_are_two() {
        let (a, long) = ([0xf0, 0x0f], [0xff; 40]);
        let mask = |b| calculated(Item::Bytes(&a), Arithmetic::And, Item::Bytes(b));
        assert_eq!(mask(&[0x3f, 0xf3]), Some(Constant::Bytes([0x30, 0x03].into())));
        assert_eq!(mask(&[0x3f]), Some(Constant::Bytes([0x30].into())));
        assert_eq!(
            calculated(Item::Bytes(&long), Arithmetic::And, Item::Bytes(&[1; 40])),
            Some(Constant::Bytes([1; 40].into()))
        );
    }

    #[test]
    fn networks_compare_by_their_prefix() {
        let (address, network) = (Item::Ip4(0x0a01_0203, u32::MAX), Item::Ip4(0x0a00_0000, 0xff00_0000));
        assert_eq!(address.compare(network), Some(Ordering::Equal));
        assert_eq!(address.compare(Item::Number(1)), None);
    }

    #[test]
    fn longer_bytes_are_greater_but_longer_text_is_not() {
        assert_eq!(Item::Bytes(b"ab").compare(Item::Bytes(b"c")), Some(Ordering::Greater));
        assert_eq!(Item::Text(b"ab").compare(Item::Text(b"c")), Some(Ordering::Less));
    }
}
