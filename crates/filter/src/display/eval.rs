//! Running a compiled filter on a packet. Nothing here looks up a name; comparing fields with values allocates nothing.

use std::cmp::Ordering;

use memchr::memmem;
use plaintap_decode::{Decoded, FieldRef, FixedNumber, ProtocolId, Value, text};
use plaintap_packet::Span;
use regex::bytes::Regex;

use super::syntax::{Arithmetic, Range};
use super::value::{Constant, Item, is_nonzero};

/// A compiled filter.
#[derive(Debug)]
pub(super) enum Node {
    Not(Box<Self>),
    And(Box<[Self]>),
    Xor(Box<[Self]>),
    Or(Box<[Self]>),
    /// A layer of the protocol is there.
    Layer(ProtocolId),
    /// Numbers at fixed places.
    Fixed(Fixed),
    Exists(Source),
    NotZero(Source),
    /// A field, of any layer, against a value.
    Field {
        all: bool,
        order: Order,
        field: FieldRef,
        value: Constant,
    },
    Compare {
        all: bool,
        order: Order,
        left: Source,
        right: Source,
    },
    /// A prepared search.
    Find {
        all: bool,
        left: Source,
        finder: Box<memmem::Finder<'static>>,
    },
    Contains {
        all: bool,
        left: Source,
        right: Source,
    },
    Matches {
        all: bool,
        left: Source,
        regex: Box<Regex>,
    },
    /// Sorted ranges that do not overlap, ends included.
    Numbers {
        all: bool,
        left: Source,
        ranges: Box<[(i128, i128)]>,
    },
    In {
        all: bool,
        left: Source,
        set: Box<[(Source, Option<Source>)]>,
    },
}

/// A field, of any layer, that is a number at a fixed place: the common case, read straight from the header.
#[derive(Debug)]
pub(super) struct Fixed {
    pub(super) all: bool,
    pub(super) protocol: ProtocolId,
    pub(super) places: Box<[FixedNumber]>,
    /// The bits that count: those of a network's prefix.
    pub(super) mask: u64,
    /// What passes: sorted ranges that do not overlap, ends included.
    pub(super) ranges: Box<[(u64, u64)]>,
}

/// Where values come from.
#[derive(Debug)]
pub(super) enum Source {
    /// Of the layers in `layers`; of all when it is empty. `raw`: the bytes, whatever they mean.
    Field {
        field: FieldRef,
        layers: Box<[Range]>,
        raw: bool,
    },
    Constant(Constant),
    Slice(Box<Self>, Box<[Range]>),
    /// `size`: what `len` says where the type fixes it.
    Call {
        function: Function,
        size: Option<u32>,
        arguments: Box<[Self]>,
    },
    Negate(Box<Self>),
    Calculate(Arithmetic, Box<[Self; 2]>),
}

/// What two values have to be to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Equal,
    NotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// A function of the filter language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Len,
    Count,
    String,
    Lower,
    Upper,
    Max,
    Min,
    Abs,
}

impl Order {
    #[inline]
    fn holds(self, left: Item<'_>, right: Item<'_>) -> bool {
        let Some(found) = left.compare(right) else { return false };
        match self {
            Self::Equal => found == Ordering::Equal,
            Self::NotEqual => found != Ordering::Equal,
            Self::Greater => found == Ordering::Greater,
            Self::GreaterOrEqual => found != Ordering::Less,
            Self::Less => found == Ordering::Less,
            Self::LessOrEqual => found != Ordering::Greater,
        }
    }
}

impl Function {
    pub(super) const ALL: [Self; 8] =
        [Self::Len, Self::Count, Self::String, Self::Lower, Self::Upper, Self::Max, Self::Min, Self::Abs];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Len => "len",
            Self::Count => "count",
            Self::String => "string",
            Self::Lower => "lower",
            Self::Upper => "upper",
            Self::Max => "max",
            Self::Min => "min",
            Self::Abs => "abs",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|function| function.name() == name)
    }
}

/// Whether any, or all and at least one, of the values tried so far passed.
struct Tally {
    all: bool,
    verdict: Option<bool>,
}

impl Tally {
    fn new(all: bool) -> Self {
        Self { all, verdict: None }
    }

    /// Takes one result; is not asked again once the verdict is sure.
    #[inline]
    fn add(&mut self, passes: impl FnOnce() -> bool) {
        if self.verdict != Some(!self.all) {
            self.verdict = Some(passes());
        }
    }

    /// Where there was nothing to try, nothing passes.
    fn passes(&self) -> bool {
        self.verdict.unwrap_or(false)
    }
}

impl Fixed {
    #[inline]
    fn matches(&self, packet: &Decoded<'_>) -> bool {
        if !packet.contains(self.protocol) {
            return false;
        }
        // All numbers are tried, for to stop at the first that decides costs more, where it is guessed wrong.
        let (mut tried, mut passed) = (0, 0);
        for layer in packet.layers().iter().filter(|layer| layer.protocol == self.protocol) {
            for place in &self.places {
                let Some(number) = place.read(packet, layer) else { continue };
                tried += 1;
                passed += u32::from(is_in(number & self.mask, &self.ranges));
            }
        }
        passed > 0 && (passed == tried || !self.all)
    }
}

impl Node {
    pub(super) fn matches(&self, packet: &Decoded<'_>) -> bool {
        match self {
            Self::Not(inner) => !inner.matches(packet),
            Self::And(terms) => terms.iter().all(|term| term.matches(packet)),
            Self::Xor(terms) => terms.iter().filter(|term| term.matches(packet)).count() % 2 == 1,
            Self::Or(terms) => terms.iter().any(|term| term.matches(packet)),
            Self::Layer(protocol) => packet.contains(*protocol),
            Self::Fixed(test) => test.matches(packet),
            Self::Exists(source) => tally(packet, source, false, |_| true),
            Self::NotZero(source) => tally(packet, source, false, is_nonzero),
            Self::Field { all, order, field, value } => {
                let mut tally = Tally::new(*all);
                packet.values(*field, &mut |_, found| {
                    tally.add(|| order.holds(Item::of(&found), value.item()));
                });
                tally.passes()
            }
            Self::Compare { all, order, left, right } => {
                pairs(packet, *all, left, right, |left, right| order.holds(left, right))
            }
            Self::Find { all, left, finder } => tally(packet, left, *all, |item| {
                item.with_bytes(|bytes| finder.find(bytes).is_some()).unwrap_or(false)
            }),
            Self::Contains { all, left, right } => pairs(packet, *all, left, right, |left, right| {
                let found =
                    |haystack: &[u8]| right.with_bytes(|needle| memmem::find(haystack, needle).is_some());
                left.with_bytes(found).flatten().unwrap_or(false)
            }),
            Self::Matches { all, left, regex } => tally(packet, left, *all, |item| {
                item.with_bytes(|bytes| regex.is_match(bytes)).unwrap_or(false)
            }),
            Self::Numbers { all, left, ranges } => {
                tally(packet, left, *all, |item| matches!(item, Item::Number(n) if is_in(n, ranges)))
            }
            Self::In { all, left, set } => {
                tally(packet, left, *all, |item| set.iter().any(|member| is_member(packet, item, member)))
            }
        }
    }
}

/// Whether one of these ranges, sorted and apart, holds the number.
#[inline]
fn is_in<N: PartialOrd + Copy>(number: N, ranges: &[(N, N)]) -> bool {
    if let [(low, high)] = ranges {
        return (*low <= number) & (number <= *high);
    }
    let next = ranges.partition_point(|(low, _)| *low <= number);
    next.checked_sub(1).is_some_and(|i| number <= ranges[i].1)
}

/// Whether one of the member's values equals the item, or one of its ranges holds it.
fn is_member(packet: &Decoded<'_>, item: Item<'_>, (low, high): &(Source, Option<Source>)) -> bool {
    match high {
        None => tally(packet, low, false, |value| Order::Equal.holds(item, value)),
        Some(high) => {
            tally(packet, low, false, |low| Order::GreaterOrEqual.holds(item, low))
                && tally(packet, high, false, |high| Order::LessOrEqual.holds(item, high))
        }
    }
}

fn tally(packet: &Decoded<'_>, source: &Source, all: bool, passes: impl Fn(Item<'_>) -> bool) -> bool {
    let mut tally = Tally::new(all);
    source.each(packet, &mut |item| tally.add(|| passes(item)));
    tally.passes()
}

fn pairs(
    packet: &Decoded<'_>,
    all: bool,
    left: &Source,
    right: &Source,
    passes: impl Fn(Item<'_>, Item<'_>) -> bool,
) -> bool {
    let mut tally = Tally::new(all);
    left.each(packet, &mut |left| right.each(packet, &mut |right| tally.add(|| passes(left, right))));
    tally.passes()
}

impl Source {
    /// The negative of a source; of a constant at once.
    pub(super) fn negate(inner: Self) -> Self {
        if let Self::Constant(constant) = &inner
            && let Some(folded) = constant.item().negated().and_then(Constant::keep)
        {
            return Self::Constant(folded);
        }
        Self::Negate(Box::new(inner))
    }

    /// The result of an operator; of two constants at once.
    pub(super) fn calculate(operator: Arithmetic, left: Self, right: Self) -> Self {
        if let (Self::Constant(a), Self::Constant(b)) = (&left, &right) {
            let mut folded = None;
            a.item().calculate(operator, b.item(), &mut |item| folded = Constant::keep(item));
            if let Some(folded) = folded {
                return Self::Constant(folded);
            }
        }
        Self::Calculate(operator, Box::new([left, right]))
    }

    /// Gives every value.
    fn each(&self, packet: &Decoded<'_>, out: &mut dyn FnMut(Item<'_>)) {
        match self {
            Self::Constant(constant) => out(constant.item()),
            Self::Field { field, layers, raw } => {
                packet.values(*field, &mut |span, value| {
                    if !layers.is_empty() && !in_layers(packet, *field, span, layers) {
                        return;
                    }
                    if *raw {
                        out(Item::Bytes(packet.bytes(span)));
                    } else {
                        out(Item::of(&value));
                    }
                });
            }
            Self::Slice(inner, ranges) => inner.each(packet, &mut |item| {
                item.with_bytes(|bytes| slice(bytes, ranges, out));
            }),
            Self::Negate(inner) => inner.each(packet, &mut |item| {
                if let Some(negated) = item.negated() {
                    out(negated);
                }
            }),
            Self::Calculate(operator, operands) => {
                let [left, right] = &**operands;
                left.each(packet, &mut |left| {
                    right.each(packet, &mut |right| left.calculate(*operator, right, out));
                });
            }
            Self::Call { function, size, arguments } => call(*function, *size, arguments, packet, out),
        }
    }
}

/// Whether a value that lies at `span` belongs to one of these layers of its protocol. Layers are told apart by where
/// they begin: the value's is the last one that begins in front of it.
fn in_layers(packet: &Decoded<'_>, field: FieldRef, span: Span, ranges: &[Range]) -> bool {
    let (mut number, mut total) = (0, 0);
    for layer in packet.layers().iter().filter(|layer| layer.protocol == field.protocol()) {
        total += 1;
        if layer.buffer == span.buffer && layer.offset <= span.offset && span.offset <= layer.end {
            number = total;
        }
    }
    ranges.iter().any(|range| range.has_layer(number, total))
}

/// Gives the slices, put together; nothing when one of them is not all there.
fn slice(bytes: &[u8], ranges: &[Range], out: &mut dyn FnMut(Item<'_>)) {
    if let [range] = ranges {
        if let Some(part) = range.within(bytes.len()).and_then(|range| bytes.get(range)) {
            out(Item::Bytes(part));
        }
        return;
    }
    let part = |range: &Range| bytes.get(range.within(bytes.len())?);
    if let Some(parts) = ranges.iter().map(part).collect::<Option<Vec<_>>>() {
        out(Item::Bytes(&parts.concat()));
    }
}

fn call(
    function: Function,
    size: Option<u32>,
    arguments: &[Source],
    packet: &Decoded<'_>,
    out: &mut dyn FnMut(Item<'_>),
) {
    let first = &arguments[0];
    match function {
        Function::Len => first.each(packet, &mut |item| {
            let length = match item {
                Item::Bytes(bytes) | Item::Text(bytes) if size.is_none() => bytes.len() as i128,
                _ => size.map_or(0, i128::from),
            };
            out(Item::Number(length));
        }),
        Function::Count => {
            let mut count = 0;
            first.each(packet, &mut |_| count += 1);
            if count > 0 {
                out(Item::Number(count));
            }
        }
        Function::Upper => each_bytes(first, packet, &mut |b| out(Item::Text(&b.to_ascii_uppercase()))),
        Function::Lower => each_bytes(first, packet, &mut |b| out(Item::Text(&b.to_ascii_lowercase()))),
        Function::Abs => first.each(packet, &mut |item| {
            if let Some(absolute) = item.absolute() {
                out(absolute);
            }
        }),
        Function::String => print(first, packet, out),
        Function::Max => extreme(arguments, Ordering::Greater, packet, out),
        Function::Min => extreme(arguments, Ordering::Less, packet, out),
    }
}

fn each_bytes(source: &Source, packet: &Decoded<'_>, out: &mut dyn FnMut(&[u8])) {
    source.each(packet, &mut |item| {
        item.with_bytes(&mut *out);
    });
}

/// Values as text: numbers in decimal, addresses as usual.
fn print(source: &Source, packet: &Decoded<'_>, out: &mut dyn FnMut(Item<'_>)) {
    let mut printed = String::new();
    source.each(packet, &mut |item| {
        printed.clear();
        match item {
            Item::Number(number) => printed = number.to_string(),
            Item::Ip4(address, _) => {
                text::write_value(None, &Value::Ip4(address.to_be_bytes()), &mut printed);
            }
            Item::Ip6(address, _) => {
                text::write_value(None, &Value::Ip6(address.to_be_bytes()), &mut printed);
            }
            Item::Bytes(bytes) => match bytes.try_into() {
                Ok(mac) => text::write_value(None, &Value::Mac(mac), &mut printed),
                Err(_) => return,
            },
            Item::Text(_) | Item::Present | Item::Float(_) | Item::Nanos(_) => return,
        }
        out(Item::Text(printed.as_bytes()));
    });
}

/// The largest or smallest of all values of all arguments.
fn extreme(arguments: &[Source], wanted: Ordering, packet: &Decoded<'_>, out: &mut dyn FnMut(Item<'_>)) {
    let mut best: Option<Constant> = None;
    for argument in arguments {
        argument.each(packet, &mut |item| {
            if best.as_ref().is_none_or(|best| item.compare(best.item()) == Some(wanted)) {
                best = Constant::keep(item);
            }
        });
    }
    if let Some(best) = &best {
        out(best.item());
    }
}
