//! The syntax tree, and its one spelling: printing a tree and parsing the text gives the same tree.

use std::fmt;

use super::error::Span;

/// A filter.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expr {
    Not(Box<Self>),
    And(Vec<Self>),
    Xor(Vec<Self>),
    Or(Vec<Self>),
    /// A field that is there, or arithmetic that is not zero.
    Test(Operand),
    Compare {
        quantifier: Option<Quantifier>,
        operator: Comparison,
        left: Operand,
        right: Operand,
    },
    In {
        quantifier: Option<Quantifier>,
        negated: bool,
        left: Operand,
        set: Vec<Member>,
    },
}

/// Whether one or every pair of values has to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantifier {
    Any,
    All,
}

/// An operator between two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    AnyEqual,
    AllNotEqual,
    AllEqual,
    AnyNotEqual,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Contains,
    Matches,
}

/// One value of a set, or all from one to another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Member {
    pub(super) low: Operand,
    pub(super) high: Option<Operand>,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Operand {
    pub(super) span: Span,
    pub(super) kind: OperandKind,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum OperandKind {
    /// A field if there is one of that name, else a value.
    Word(String),
    /// Only a value; the colon is part of the text.
    Literal(String),
    /// A field only (`.name`, or any name with `#` or `@`), perhaps of some layers, perhaps its raw bytes.
    Field {
        name: String,
        layers: Vec<Range>,
        raw: bool,
    },
    Text(Vec<u8>),
    Char(u32),
    Slice(Box<Operand>, Vec<Range>),
    Call(String, Vec<Operand>),
    Negate(Box<Operand>),
    Arithmetic(Arithmetic, Box<Operand>, Box<Operand>),
}

/// An operator that makes a new value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    And,
}

/// Some bytes of a slice, or some layers. Negative offsets count from the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Range {
    /// `[start:length]`, also `[start]`.
    Length { start: i32, length: i32 },
    /// `[start-end]`, the end included.
    Inclusive { start: i32, end: i32 },
    /// `[start:]`.
    From(i32),
}

impl Range {
    /// The part of `0..length` that it means; None when it is not all there, or empty.
    pub(super) fn within(self, length: usize) -> Option<std::ops::Range<usize>> {
        let resolve = |offset: i32| match usize::try_from(offset) {
            Ok(offset) => Some(offset),
            Err(_) => length.checked_sub(offset.unsigned_abs() as usize),
        };
        let range = match self {
            Self::Length { start, length } => {
                let start = resolve(start)?;
                start..start.checked_add(usize::try_from(length).ok()?)?
            }
            Self::Inclusive { start, end } => resolve(start)?..resolve(end)?.checked_add(1)?,
            Self::From(start) => resolve(start)?..length,
        };
        (range.start < range.end && range.end <= length).then_some(range)
    }

    /// Whether it contains layer `number`, counted from 1, of `total`.
    pub(super) fn has_layer(self, number: i64, total: i64) -> bool {
        let resolve = |layer: i32| if layer < 0 { total + i64::from(layer) + 1 } else { i64::from(layer) };
        match self {
            Self::Length { start, length } => {
                let start = resolve(start);
                number >= start && number < start + i64::from(length)
            }
            Self::Inclusive { start, end } => number >= resolve(start) && number <= resolve(end),
            Self::From(start) => number >= resolve(start),
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Not(inner) => write!(f, "not {}", Nested(inner)),
            Self::And(terms) => join(f, terms, " and "),
            Self::Xor(terms) => join(f, terms, " xor "),
            Self::Or(terms) => join(f, terms, " or "),
            Self::Test(operand) => operand.fmt(f),
            Self::Compare { quantifier, operator, left, right } => {
                write!(f, "{}{left} {} {right}", quantifier_text(*quantifier), operator.spelling())
            }
            Self::In { quantifier, negated, left, set } => {
                let not = if *negated { "not " } else { "" };
                write!(f, "{}{left} {not}in {{", quantifier_text(*quantifier))?;
                for (i, member) in set.iter().enumerate() {
                    write!(f, "{}{}", if i > 0 { ", " } else { "" }, member.low)?;
                    if let Some(high) = &member.high {
                        write!(f, " .. {high}")?;
                    }
                }
                f.write_str("}")
            }
        }
    }
}

/// A part of a larger expression, in parentheses where they are needed.
struct Nested<'a>(&'a Expr);

impl fmt::Display for Nested<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Expr::And(_) | Expr::Xor(_) | Expr::Or(_) => write!(f, "({})", self.0),
            simple => simple.fmt(f),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, terms: &[Expr], separator: &str) -> fmt::Result {
    for (i, term) in terms.iter().enumerate() {
        write!(f, "{}{}", if i > 0 { separator } else { "" }, Nested(term))?;
    }
    Ok(())
}

fn quantifier_text(quantifier: Option<Quantifier>) -> &'static str {
    match quantifier {
        None => "",
        Some(Quantifier::Any) => "any ",
        Some(Quantifier::All) => "all ",
    }
}

impl Comparison {
    /// How it is printed.
    pub(super) const fn spelling(self) -> &'static str {
        match self {
            Self::AnyEqual => "==",
            Self::AllNotEqual => "!=",
            Self::AllEqual => "===",
            Self::AnyNotEqual => "!==",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Contains => "contains",
            Self::Matches => "matches",
        }
    }
}

impl Arithmetic {
    /// How it is printed.
    pub(super) const fn spelling(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Subtract => "-",
            Self::Multiply => "*",
            Self::Divide => "/",
            Self::Modulo => "%",
            Self::And => "&",
        }
    }
}

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            OperandKind::Word(text) | OperandKind::Literal(text) => f.write_str(text),
            OperandKind::Field { name, layers, raw } => {
                let at = if *raw { "@" } else { "" };
                let dot = if layers.is_empty() && !raw { "." } else { "" };
                write!(f, "{at}{dot}{name}")?;
                if layers.is_empty() {
                    return Ok(());
                }
                f.write_str("#")?;
                ranges(f, layers)
            }
            OperandKind::Text(bytes) => quote(f, bytes),
            OperandKind::Char(value) => match u8::try_from(*value) {
                Ok(byte) => write!(f, "'\\x{byte:02x}'"),
                Err(_) => write!(f, "'\\U{value:08x}'"),
            },
            OperandKind::Slice(inner, list) => {
                inner.fmt(f)?;
                ranges(f, list)
            }
            OperandKind::Call(name, arguments) => {
                write!(f, "{name}(")?;
                for (i, argument) in arguments.iter().enumerate() {
                    write!(f, "{}{argument}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(")")
            }
            OperandKind::Negate(inner) => write!(f, "-{inner}"),
            OperandKind::Arithmetic(operator, left, right) => {
                write!(f, "{{{left} {} {right}}}", operator.spelling())
            }
        }
    }
}

fn ranges(f: &mut fmt::Formatter<'_>, list: &[Range]) -> fmt::Result {
    for (i, range) in list.iter().enumerate() {
        f.write_str(if i == 0 { "[" } else { "," })?;
        match range {
            Range::Length { start, length } => write!(f, "{start}:{length}")?,
            Range::Inclusive { start, end } => write!(f, "{start}-{end}")?,
            Range::From(start) => write!(f, "{start}:")?,
        }
    }
    f.write_str("]")
}

fn quote(f: &mut fmt::Formatter<'_>, bytes: &[u8]) -> fmt::Result {
    f.write_str("\"")?;
    for &byte in bytes {
        match byte {
            b'"' | b'\\' => write!(f, "\\{}", byte as char)?,
            b' '..=b'~' => write!(f, "{}", byte as char)?,
            _ => write!(f, "\\x{byte:02x}")?,
        }
    }
    f.write_str("\"")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_wholly_inside_or_nothing() {
        assert_eq!(Range::Length { start: 2, length: 3 }.within(5), Some(2..5));
        assert_eq!(Range::Length { start: 3, length: 3 }.within(5), None);
        assert_eq!(Range::Length { start: -4, length: 4 }.within(5), Some(1..5));
        assert_eq!(Range::Inclusive { start: -4, end: -1 }.within(5), Some(1..5));
        assert_eq!(Range::From(-70).within(60), None);
        assert_eq!(Range::From(5).within(5), None);
        assert_eq!(Range::Length { start: i32::MAX, length: i32::MAX }.within(5), None);
    }

    #[test]
    fn layers_count_from_one() {
        assert!(Range::Length { start: 2, length: 1 }.has_layer(2, 3));
        assert!(Range::Length { start: -1, length: 1 }.has_layer(3, 3));
        assert!(Range::Inclusive { start: 1, end: 2 }.has_layer(2, 3));
        assert!(!Range::Length { start: 0, length: 1 }.has_layer(1, 3));
        assert!(Range::From(2).has_layer(3, 3));
    }
}
