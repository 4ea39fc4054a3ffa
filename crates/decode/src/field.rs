//! What a field is: its name, its type and where it lies. One row serves filter, tree, columns and export alike.

use std::fmt;
use std::ops::Range;

use plaintap_packet::Nanos;

use crate::view::View;
use crate::{Bytes, Short};

/// The type of a field's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Presence alone.
    None,
    /// True or false.
    Bool,
    /// Unsigned, 8 bits.
    U8,
    /// Unsigned, 16 bits.
    U16,
    /// Unsigned, 24 bits.
    U24,
    /// Unsigned, 32 bits.
    U32,
    /// Unsigned, 40 bits.
    U40,
    /// Unsigned, 48 bits.
    U48,
    /// Unsigned, 56 bits.
    U56,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 8 bits.
    I8,
    /// Signed, 16 bits.
    I16,
    /// Signed, 24 bits.
    I24,
    /// Signed, 32 bits.
    I32,
    /// Signed, 64 bits.
    I64,
    /// Floating point of 32 bits; its values are [`Value::Float`] too.
    Float,
    /// Floating point of 64 bits.
    Double,
    /// The number of another frame.
    FrameNumber,
    /// IPv4 address.
    Ip4,
    /// IPv6 address.
    Ip6,
    /// 48-bit MAC address.
    Mac,
    /// 64-bit address, of 8 bytes.
    Eui64,
    /// Globally unique identifier, in network byte order.
    Guid,
    /// Bytes.
    Bytes,
    /// Text.
    Text,
    /// A point in time.
    Time,
    /// A span of time.
    Duration,
    /// A whole protocol: the bytes of a layer.
    Protocol,
}

impl Kind {
    /// The name Wireshark gives to this type.
    pub const fn wireshark_name(self) -> &'static str {
        match self {
            Self::None => "FT_NONE",
            Self::Bool => "FT_BOOLEAN",
            Self::U8 => "FT_UINT8",
            Self::U16 => "FT_UINT16",
            Self::U24 => "FT_UINT24",
            Self::U32 => "FT_UINT32",
            Self::U40 => "FT_UINT40",
            Self::U48 => "FT_UINT48",
            Self::U56 => "FT_UINT56",
            Self::U64 => "FT_UINT64",
            Self::I8 => "FT_INT8",
            Self::I16 => "FT_INT16",
            Self::I24 => "FT_INT24",
            Self::I32 => "FT_INT32",
            Self::I64 => "FT_INT64",
            Self::Float => "FT_FLOAT",
            Self::Double => "FT_DOUBLE",
            Self::FrameNumber => "FT_FRAMENUM",
            Self::Ip4 => "FT_IPv4",
            Self::Ip6 => "FT_IPv6",
            Self::Mac => "FT_ETHER",
            Self::Eui64 => "FT_EUI64",
            Self::Guid => "FT_GUID",
            Self::Bytes => "FT_BYTES",
            Self::Text => "FT_STRING",
            Self::Time => "FT_ABSOLUTE_TIME",
            Self::Duration => "FT_RELATIVE_TIME",
            Self::Protocol => "FT_PROTOCOL",
        }
    }

    /// Whether its values are whole numbers.
    pub const fn is_integer(self) -> bool {
        self.is_signed()
            || matches!(
                self,
                Self::U8
                    | Self::U16
                    | Self::U24
                    | Self::U32
                    | Self::U40
                    | Self::U48
                    | Self::U56
                    | Self::U64
                    | Self::FrameNumber
            )
    }

    /// Whether its values are whole numbers that may be negative.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::I8 | Self::I16 | Self::I24 | Self::I32 | Self::I64)
    }

    /// Bytes of a whole number of this type; 4 for all others.
    pub const fn width(self) -> u32 {
        match self {
            Self::U8 | Self::I8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U24 | Self::I24 => 3,
            Self::U40 => 5,
            Self::U48 => 6,
            Self::U56 => 7,
            Self::U64 | Self::I64 => 8,
            _ => 4,
        }
    }

    /// Whether a field of this type may have this value.
    pub const fn holds(self, value: &Value<'_>) -> bool {
        match value {
            Value::Unsigned(_) => self.is_integer() && !self.is_signed(),
            Value::Signed(_) => self.is_signed(),
            Value::Float(_) => matches!(self, Self::Float | Self::Double),
            Value::Present => matches!(self, Self::None),
            Value::Bool(_) => matches!(self, Self::Bool),
            Value::Ip4(_) => matches!(self, Self::Ip4),
            Value::Ip6(_) => matches!(self, Self::Ip6),
            Value::Mac(_) => matches!(self, Self::Mac),
            Value::Guid(_) => matches!(self, Self::Guid),
            Value::Bytes(_) => matches!(self, Self::Bytes | Self::Eui64),
            Value::Text(_) => matches!(self, Self::Text),
            Value::Time(_) => matches!(self, Self::Time),
            Value::Duration(_) => matches!(self, Self::Duration),
            Value::Protocol(..) => matches!(self, Self::Protocol),
        }
    }

    /// Digits of a value in hexadecimal; what is longer than 32 bits is written with 64.
    pub(crate) const fn hex_digits(self) -> usize {
        if self.width() > 4 { 16 } else { 2 * self.width() as usize }
    }
}

/// How a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// Numbers in decimal, bytes without separators.
    Decimal,
    /// Bytes with colons in between.
    Colons,
    /// Numbers in hexadecimal, as wide as the type.
    Hexadecimal,
}

/// Names of values, sorted by value.
pub type ValueNames = &'static [(u64, &'static str)];

/// Where a field lies, from the start of its layer.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// Whole bytes of the header; numbers are in network byte order.
    At {
        /// Offset of the first byte.
        start: u16,
        /// Offset behind the last.
        end: u16,
    },
    /// Bits of a number in the header.
    Bits {
        /// Offset of the first byte of the number.
        start: u16,
        /// Offset behind its last, at most 8 further.
        end: u16,
        /// The bits.
        mask: u64,
    },
    /// From this offset to the end of the header.
    Rest(u16),
    /// All bytes behind the header, where there are any.
    Payload,
    /// Found by the protocol's `walk`.
    Walk,
    /// Not in the packet's bytes: computed or known from elsewhere.
    Meta(Meta),
    /// The same, and known only where requests and responses are matched ([`crate::Options::exchanges`]).
    Exchange(Meta),
}

/// Gives the values of a field that does not lie in the bytes.
pub type Meta = fn(&View<'_>, &mut dyn FnMut(Value<'_>));

impl Place {
    pub(crate) const fn at(range: Range<u16>) -> Self {
        Self::At { start: range.start, end: range.end }
    }

    pub(crate) const fn bits(range: Range<u16>, mask: u64) -> Self {
        Self::Bits { start: range.start, end: range.end, mask }
    }

    pub(crate) const fn rest(start: u16) -> Self {
        Self::Rest(start)
    }

    pub(crate) const fn payload() -> Self {
        Self::Payload
    }

    pub(crate) const fn walk() -> Self {
        Self::Walk
    }

    pub(crate) const fn meta(values: Meta) -> Self {
        Self::Meta(values)
    }

    pub(crate) const fn exchange(values: Meta) -> Self {
        Self::Exchange(values)
    }
}

/// The number of a row in its protocol's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldIndex(pub u16);

/// One row of a protocol's table.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name in filters, as Wireshark spells it.
    pub name: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// The type.
    pub kind: Kind,
    /// Where it lies.
    pub place: Place,
    /// How its values are written.
    pub base: Base,
    /// Names of its values; empty when they have none.
    pub names: ValueNames,
    /// Where it is only there under a condition.
    pub when: Option<fn(&View<'_>) -> bool>,
    /// Left out of the tree: another row says the same.
    pub hidden: bool,
}

impl Field {
    pub(crate) const fn new(name: &'static str, label: &'static str, kind: Kind, place: Place) -> Self {
        Self { name, label, kind, place, base: Base::Decimal, names: &[], when: None, hidden: false }
    }

    pub(crate) const fn hex(self) -> Self {
        Self { base: Base::Hexadecimal, ..self }
    }

    pub(crate) const fn colons(self) -> Self {
        Self { base: Base::Colons, ..self }
    }

    pub(crate) const fn hidden(self) -> Self {
        Self { hidden: true, ..self }
    }

    pub(crate) const fn names(self, names: ValueNames) -> Self {
        Self { names, ..self }
    }

    pub(crate) const fn when(self, when: fn(&View<'_>) -> bool) -> Self {
        Self { when: Some(when), ..self }
    }

    /// The name of `value` in the row's table.
    pub fn value_name(&self, value: u64) -> Option<&'static str> {
        value_name(self.names, value)
    }

    /// Reads the field from its fixed place; `header` is the header alone. None when it does not lie in it.
    #[inline]
    pub(crate) fn read<'a>(&self, header: Bytes<'a>) -> Option<(Range<usize>, Value<'a>)> {
        match self.place {
            Place::At { start, end } => {
                let (start, end) = (usize::from(start), usize::from(end));
                Some((start..end, self.value_of(header, start, end)?))
            }
            Place::Bits { start, end, mask } => {
                let (start, end) = (usize::from(start), usize::from(end));
                let number = (header.number(start, end)? & mask) >> mask.trailing_zeros();
                let value = match self.kind {
                    Kind::Bool => Value::Bool(number != 0),
                    kind if kind.is_signed() => Value::Signed(signed(number, mask.count_ones())),
                    _ => Value::Unsigned(number),
                };
                Some((start..end, value))
            }
            Place::Rest(start) => {
                let start = usize::from(start);
                let bytes = header.0.get(start..).filter(|bytes| !bytes.is_empty())?;
                Some((start..header.len(), Value::Bytes(bytes)))
            }
            Place::Payload | Place::Walk | Place::Meta(_) | Place::Exchange(_) => None,
        }
    }

    #[inline]
    fn value_of<'a>(&self, header: Bytes<'a>, start: usize, end: usize) -> Option<Value<'a>> {
        Some(match self.kind {
            Kind::Ip4 => Value::Ip4(header.array(start)?),
            Kind::Ip6 => Value::Ip6(header.array(start)?),
            Kind::Mac => Value::Mac(header.array(start)?),
            Kind::Guid => Value::Guid(header.array(start)?),
            Kind::Bytes | Kind::Eui64 => Value::Bytes(header.0.get(start..end)?),
            Kind::Text => Value::Text(header.0.get(start..end)?),
            Kind::Bool => Value::Bool(header.number(start, end)? != 0),
            Kind::Float => Value::Float(f32::from_be_bytes(header.array(start)?).into()),
            Kind::Double => Value::Float(f64::from_be_bytes(header.array(start)?)),
            kind if kind.is_signed() => {
                Value::Signed(signed(header.number(start, end)?, 8 * (end - start) as u32))
            }
            _ => Value::Unsigned(header.number(start, end)?),
        })
    }
}

/// The number that the lowest `bits` bits are in two's complement.
pub(crate) const fn signed(number: u64, bits: u32) -> i64 {
    let unused = 64_u32.saturating_sub(bits);
    if unused >= 64 { 0 } else { (number << unused).cast_signed() >> unused }
}

/// Looks a value up in a sorted table of names.
pub fn value_name(names: ValueNames, value: u64) -> Option<&'static str> {
    names.binary_search_by_key(&value, |&(v, _)| v).ok().map(|i| names[i].1)
}

/// One value of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// The field is there; it has no value.
    Present,
    /// True or false.
    Bool(bool),
    /// An unsigned number.
    Unsigned(u64),
    /// A signed number.
    Signed(i64),
    /// A floating point number.
    Float(f64),
    /// An IPv4 address.
    Ip4([u8; 4]),
    /// An IPv6 address.
    Ip6([u8; 16]),
    /// A MAC address.
    Mac([u8; 6]),
    /// A globally unique identifier, in network byte order.
    Guid([u8; 16]),
    /// Bytes.
    Bytes(&'a [u8]),
    /// Text as it came; mostly UTF-8, never sure to be.
    Text(&'a [u8]),
    /// A point in time.
    Time(Nanos),
    /// Signed nanoseconds.
    Duration(i64),
    /// The bytes of a whole layer, payload included, with the protocol's name.
    Protocol(&'a [u8], &'static str),
}

/// Takes the fields that a `walk` finds, in the order of the bytes.
pub trait FieldSink {
    /// Whether anybody wants this field; a walk may spare itself the work of making its value.
    fn wants(&self, field: FieldIndex) -> bool;

    /// One occurrence of a field. `at` counts from the start of the layer; it is empty for what was computed.
    fn put(&mut self, field: FieldIndex, at: Range<usize>, value: Value<'_>);

    /// What follows, up to `close`, belongs under this line of the tree.
    fn open(&mut self, at: Range<usize>, label: fmt::Arguments<'_>);

    /// The end of the last `open`.
    fn close(&mut self);
}

/// Finds the `walk` fields of a layer.
pub type Walk = fn(&View<'_>, &mut dyn FieldSink) -> Result<(), Short>;

/// Defines the rows of a protocol's table: `NAME: Kind place, "name", "label" [, hex] [, names(TABLE)] [, when(f)];`
/// with the places `at(a..b)`, `bits(a..b, mask)`, `rest(a)`, `payload`, `walk`, `meta(f)` and `exchange(f)`. Each row's number
/// becomes a constant of its name, and the table is `FIELDS`.
macro_rules! fields {
    ($($name:ident: $kind:ident $place:ident $(($($argument:expr),*))?, $abbreviation:expr, $label:literal
       $(, $option:ident $(($value:expr))?)*;)*) => {
        #[allow(clippy::upper_case_acronyms, non_camel_case_types)]
        #[repr(u16)]
        enum Row { $($name),* }

        $(
            #[allow(dead_code, reason = "rows at fixed places are mostly read through the table")]
            const $name: $crate::field::FieldIndex = $crate::field::FieldIndex(Row::$name as u16);
        )*

        static FIELDS: &[$crate::field::Field] = &[$(
            $crate::field::Field::new(
                $abbreviation,
                $label,
                $crate::field::Kind::$kind,
                $crate::field::Place::$place($($($argument),*)?),
            )$(.$option($($value)?))*,
        )*];
    };
}
pub(crate) use fields;
