//! From the syntax tree to a typed one: names become fields, values take the type of what they are compared with. What
//! makes no sense is an error here, so that no filter is silently false.

use plaintap_decode::field::ValueNames;
use plaintap_decode::{FieldRef, Kind, registry};
use regex::bytes::{Regex, RegexBuilder};

use super::error::{Error, Problem, Span};
use super::eval::{Function, Order, Source};
use super::lex::found_text;
use super::literal::{self, Literal, Unreadable};
use super::syntax::{Arithmetic, Comparison, Expr, Member, Operand, OperandKind, Quantifier, Range};
use crate::nearest;

/// A filter with its types resolved.
#[derive(Debug)]
pub(super) enum Checked {
    Not(Box<Self>),
    And(Vec<Self>),
    Xor(Vec<Self>),
    Or(Vec<Self>),
    Exists(Source),
    NotZero(Source),
    /// `all`: every pair of values has to pass, not just one.
    Compare {
        all: bool,
        order: Order,
        left: Source,
        right: Source,
    },
    Contains {
        all: bool,
        left: Source,
        right: Source,
    },
    Matches {
        all: bool,
        left: Source,
        regex: Regex,
    },
    In {
        all: bool,
        negated: bool,
        left: Source,
        set: Vec<(Source, Option<Source>)>,
    },
}

/// Checks a filter; `text` is its source, to quote from in errors.
pub(super) fn check(expr: &Expr, text: &str) -> Result<Checked, Error> {
    Checker { text }.expr(expr)
}

struct Checker<'a> {
    text: &'a str,
}

/// An operand with its type.
struct Typed {
    kind: Kind,
    /// Names of its values, where it is a field.
    names: ValueNames,
    source: Source,
    span: Span,
}

/// What a value without a type of its own is to become.
#[derive(Clone, Copy)]
struct Hint<'a> {
    kind: Kind,
    names: ValueNames,
    /// Take a part of a MAC address.
    partial: bool,
    /// What it is compared with, for errors.
    subject: &'a str,
}

impl Checker<'_> {
    fn expr(&self, expr: &Expr) -> Result<Checked, Error> {
        let all = |terms: &[Expr]| terms.iter().map(|term| self.expr(term)).collect::<Result<Vec<_>, _>>();
        Ok(match expr {
            Expr::Not(inner) => Checked::Not(Box::new(self.expr(inner)?)),
            Expr::And(terms) => Checked::And(all(terms)?),
            Expr::Xor(terms) => Checked::Xor(all(terms)?),
            Expr::Or(terms) => Checked::Or(all(terms)?),
            Expr::Test(operand) => self.test(operand)?,
            Expr::Compare { quantifier, operator: Comparison::Matches, left, right } => {
                let all = *quantifier == Some(Quantifier::All);
                let regex = self.regex(right)?;
                let left = self.typed(left, None)?;
                self.demand(&left, can_contain(left.kind), "matches")?;
                Checked::Matches { all, left: left.source, regex }
            }
            Expr::Compare { quantifier, operator: Comparison::Contains, left, right } => {
                let all = *quantifier == Some(Quantifier::All);
                let left = self.typed(left, None)?;
                self.demand(&left, can_contain(left.kind), "contains")?;
                let (left, right) = self.pair(left, right, true)?;
                Checked::Contains { all, left, right }
            }
            Expr::Compare { quantifier, operator, left, right } => {
                let (order, all) = meaning(*operator);
                let all = quantifier.map_or(all, |q| q == Quantifier::All);
                let left = self.typed(left, None)?;
                self.demand(&left, left.kind != Kind::None, "comparison")?;
                let (left, right) = self.pair(left, right, false)?;
                Checked::Compare { all, order, left, right }
            }
            Expr::In { quantifier, negated, left, set } => {
                // "not in" is the negation of "in"; "all" changes nothing about it.
                let all = *quantifier == Some(Quantifier::All) && !negated;
                self.membership(all, *negated, left, set)?
            }
        })
    }

    /// An operand that stands alone.
    fn test(&self, operand: &Operand) -> Result<Checked, Error> {
        match &operand.kind {
            OperandKind::Call(..) => {
                Err(self.expected(operand.span, "a comparison of the function's result"))
            }
            OperandKind::Negate(_) | OperandKind::Arithmetic(..) => {
                Ok(Checked::NotZero(self.typed(operand, None)?.source))
            }
            _ => Ok(Checked::Exists(self.typed(operand, None)?.source)),
        }
    }

    fn membership(&self, all: bool, negated: bool, left: &Operand, set: &[Member]) -> Result<Checked, Error> {
        let left = self.typed(left, None)?;
        if !matches!(left.source, Source::Field { .. }) {
            return Err(self.expected(left.span, "a field in front of \"in\""));
        }
        self.demand(&left, left.kind != Kind::None, "comparison")?;
        let subject = self.quote(left.span);
        let hint = Hint { kind: left.kind, names: left.names, partial: false, subject };
        let value = |operand: &Operand| {
            if matches!(operand.kind, OperandKind::Slice(..)) {
                return Err(self.expected(operand.span, "a value or a field"));
            }
            let value = self.typed(operand, Some(hint))?;
            self.compatible(&left, &value)?;
            Ok(value.source)
        };
        let member = |m: &Member| Ok((value(&m.low)?, m.high.as_ref().map(value).transpose()?));
        let set = set.iter().map(member).collect::<Result<_, Error>>()?;
        Ok(Checked::In { all, negated, left: left.source, set })
    }

    /// Reads the right side of a comparison as the type of the left one. A slice makes both sides bytes.
    fn pair(&self, left: Typed, right: &Operand, partial: bool) -> Result<(Source, Source), Error> {
        let is_slice = |source: &Source| matches!(source, Source::Slice(..));
        let subject = self.quote(left.span);
        let hint = Hint { kind: left.kind, names: left.names, partial, subject };
        let right = self.typed(right, Some(hint))?;
        if is_slice(&left.source) || is_slice(&right.source) {
            return Ok((self.as_bytes(left)?, self.as_bytes(right)?));
        }
        self.compatible(&left, &right)?;
        Ok((left.source, right.source))
    }

    fn as_bytes(&self, operand: Typed) -> Result<Source, Error> {
        self.demand(&operand, can_slice(operand.kind), "bytes")?;
        Ok(match operand.kind {
            Kind::Ip4 | Kind::Ip6 => Source::Slice(Box::new(operand.source), Box::new([Range::From(0)])),
            _ => operand.source,
        })
    }

    fn compatible(&self, left: &Typed, right: &Typed) -> Result<(), Error> {
        if family(left.kind) == family(right.kind) {
            return Ok(());
        }
        let problem = Problem::Incompatible {
            left: self.quote(left.span).into(),
            left_kind: kind_text(left.kind),
            right: self.quote(right.span).into(),
            right_kind: kind_text(right.kind),
        };
        Err(Error::new(right.span, problem))
    }

    fn demand(&self, operand: &Typed, possible: bool, operation: &'static str) -> Result<(), Error> {
        if possible {
            return Ok(());
        }
        let subject = self.quote(operand.span).into();
        Err(Error::new(
            operand.span,
            Problem::Operation { subject, kind: kind_text(operand.kind), operation },
        ))
    }

    fn regex(&self, pattern: &Operand) -> Result<Regex, Error> {
        let OperandKind::Text(bytes) = &pattern.kind else {
            return Err(self.expected(pattern.span, "a regular expression in double quotes"));
        };
        // Patterns are bytes, not characters, as in Wireshark.
        let mut text = String::new();
        for &byte in bytes {
            if byte.is_ascii() {
                text.push(byte as char);
            } else {
                text.push_str(&format!("\\x{byte:02x}"));
            }
        }
        RegexBuilder::new(&text).case_insensitive(true).unicode(false).build().map_err(|error| {
            let message = match &error {
                // The first lines of a syntax error draw the pattern.
                regex::Error::Syntax(text) => {
                    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
                }
                other => other.to_string(),
            };
            Error::new(pattern.span, Problem::Regex(message))
        })
    }

    /// Resolves an operand. Without a hint it has to have a type of its own.
    fn typed(&self, operand: &Operand, hint: Option<Hint<'_>>) -> Result<Typed, Error> {
        let span = operand.span;
        match &operand.kind {
            OperandKind::Word(word) => match (registry::field(word), hint) {
                (Some(field), _) => Ok(field_of(field, &[], false, span)),
                (None, Some(hint)) => self.constant(Literal::Word(word), span, hint),
                (None, None) => Err(self.unknown(word, span)),
            },
            OperandKind::Field { name, layers, raw } => match registry::field(name) {
                Some(field) => Ok(field_of(field, layers, *raw, span)),
                None => Err(self.unknown(name, span)),
            },
            OperandKind::Literal(text) => self.value(Literal::Word(text), span, hint),
            OperandKind::Text(bytes) => self.value(Literal::Text(bytes), span, hint),
            OperandKind::Char(c) => self.value(Literal::Char(*c), span, hint),
            OperandKind::Slice(inner, ranges) => {
                let inner = self.typed(inner, None)?;
                self.demand(&inner, can_slice(inner.kind), "bytes to slice")?;
                let source = Source::Slice(Box::new(inner.source), ranges.as_slice().into());
                Ok(Typed { kind: Kind::Bytes, names: &[], source, span })
            }
            OperandKind::Call(name, arguments) => self.call(name, arguments, span, hint),
            OperandKind::Negate(inner) => {
                let inner = self.typed(inner, hint.map(numeric))?;
                self.demand(&inner, can_add(inner.kind), "negative")?;
                let source = Source::negate(inner.source);
                Ok(Typed { kind: inner.kind, names: &[], source, span })
            }
            OperandKind::Arithmetic(operator, left, right) => {
                self.arithmetic(*operator, left, right, hint, span)
            }
        }
    }

    fn value(&self, literal: Literal<'_>, span: Span, hint: Option<Hint<'_>>) -> Result<Typed, Error> {
        match hint {
            Some(hint) => self.constant(literal, span, hint),
            None => Err(self.expected(span, "a field or a function")),
        }
    }

    fn constant(&self, literal: Literal<'_>, span: Span, hint: Hint<'_>) -> Result<Typed, Error> {
        let found = self.quote(span);
        match literal::constant(hint.kind, hint.names, literal, hint.partial) {
            Ok(constant) => {
                Ok(Typed { kind: hint.kind, names: &[], source: Source::Constant(constant), span })
            }
            Err(Unreadable::TooBig(largest)) => {
                let (found, subject) = (found.into(), hint.subject.into());
                Err(Error::new(span, Problem::TooBig { found, subject, largest }))
            }
            Err(Unreadable::Expected(expected)) => {
                let subject = hint.subject.into();
                Err(Error::new(span, Problem::Value { expected, subject, found: found.into() }))
            }
        }
    }

    fn arithmetic(
        &self,
        operator: Arithmetic,
        left: &Operand,
        right: &Operand,
        hint: Option<Hint<'_>>,
        span: Span,
    ) -> Result<Typed, Error> {
        let left = self.typed(left, hint.map(numeric))?;
        let (possible, operation) = match operator {
            Arithmetic::Add | Arithmetic::Subtract => (can_add(left.kind), "addition or subtraction"),
            Arithmetic::Multiply | Arithmetic::Divide => {
                (left.kind.is_integer() || is_float(left.kind), "multiplication or division")
            }
            Arithmetic::Modulo => (left.kind.is_integer(), "multiplication or division"),
            Arithmetic::And => (can_mask(left.kind), "bitwise and"),
        };
        self.demand(&left, possible, operation)?;
        let subject = self.quote(left.span);
        let right = self.typed(right, Some(Hint { kind: left.kind, names: &[], partial: false, subject }))?;
        self.compatible(&left, &right)?;
        let source = Source::calculate(operator, left.source, right.source);
        Ok(Typed { kind: left.kind, names: &[], source, span })
    }

    fn call(
        &self,
        name: &str,
        arguments: &[Operand],
        span: Span,
        hint: Option<Hint<'_>>,
    ) -> Result<Typed, Error> {
        let Some(function) = Function::named(name) else {
            let functions = Function::ALL.map(Function::name).join(", ");
            return Err(Error::new(span, Problem::UnknownFunction { name: name.into(), functions }));
        };
        let variadic = matches!(function, Function::Max | Function::Min);
        if arguments.is_empty() || (!variadic && arguments.len() > 1) {
            let expected = if variadic { "one argument or more" } else { "one argument" };
            let problem = Problem::Arguments { function: function.name(), expected, found: arguments.len() };
            return Err(Error::new(span, problem));
        }
        if variadic {
            return self.extreme(function, arguments, span, hint);
        }
        let argument =
            self.typed(&arguments[0], if function == Function::Abs { hint.map(numeric) } else { None })?;
        let is_field = matches!(argument.source, Source::Field { .. });
        if function != Function::Abs && !is_field {
            return Err(self.expected(argument.span, "a field as the argument"));
        }
        let (possible, kind, operation) = match function {
            Function::Len => (true, Kind::U32, ""),
            Function::Count => (true, Kind::U32, ""),
            Function::Upper | Function::Lower => (argument.kind == Kind::Text, Kind::Text, "letters"),
            Function::Abs => (can_add(argument.kind), argument.kind, "absolute value"),
            _ => (can_print(argument.kind), Kind::Text, "conversion to a string"),
        };
        self.demand(&argument, possible, operation)?;
        let size = fixed_size(argument.kind);
        let source = Source::Call { function, size, arguments: Box::new([argument.source]) };
        Ok(Typed { kind, names: &[], source, span })
    }

    /// `max` and `min`: all arguments have one type, which is the result's.
    fn extreme(
        &self,
        function: Function,
        arguments: &[Operand],
        span: Span,
        hint: Option<Hint<'_>>,
    ) -> Result<Typed, Error> {
        let first = self.typed(&arguments[0], hint.map(numeric))?;
        self.demand(&first, !matches!(first.kind, Kind::None | Kind::Bool), "order")?;
        let subject = self.quote(first.span);
        let hint = Hint { kind: first.kind, names: &[], partial: false, subject };
        let kind = first.kind;
        let mut sources = Vec::new();
        for argument in &arguments[1..] {
            let argument = self.typed(argument, Some(hint))?;
            self.compatible(&first, &argument)?;
            sources.push(argument.source);
        }
        sources.insert(0, first.source);
        let source = Source::Call { function, size: None, arguments: sources.into() };
        Ok(Typed { kind, names: &[], source, span })
    }

    fn unknown(&self, name: &str, span: Span) -> Error {
        // A number or an address where a field has to be.
        if name.starts_with(|c: char| c.is_ascii_digit()) || name.contains(':') {
            return self.expected(span, "a field or a function");
        }
        Error::new(span, Problem::UnknownName { name: name.into(), nearest: nearest(name, 3) })
    }

    fn expected(&self, span: Span, expected: &'static str) -> Error {
        Error::new(span, Problem::Expected { expected, found: found_text(self.quote(span)) })
    }

    fn quote(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or("")
    }
}

/// In arithmetic, values have no names.
fn numeric(hint: Hint<'_>) -> Hint<'_> {
    Hint { names: &[], ..hint }
}

fn field_of(field: FieldRef, layers: &[Range], raw: bool, span: Span) -> Typed {
    let kind = if raw { Kind::Bytes } else { field.kind() };
    let names = field.field().filter(|_| !raw).map_or(&[][..], |row| row.names);
    Typed { kind, names, source: Source::Field { field, layers: layers.into(), raw }, span }
}

/// What an operator asks of two values, and whether of all pairs when neither "any" nor "all" is said.
fn meaning(operator: Comparison) -> (Order, bool) {
    match operator {
        Comparison::AllNotEqual => (Order::NotEqual, true),
        Comparison::AllEqual => (Order::Equal, true),
        Comparison::AnyNotEqual => (Order::NotEqual, false),
        Comparison::Greater => (Order::Greater, false),
        Comparison::GreaterOrEqual => (Order::GreaterOrEqual, false),
        Comparison::Less => (Order::Less, false),
        Comparison::LessOrEqual => (Order::LessOrEqual, false),
        Comparison::AnyEqual | Comparison::Contains | Comparison::Matches => (Order::Equal, false),
    }
}

/// Types of one family compare with each other: all integers do, MAC addresses and bytes do.
fn family(kind: Kind) -> Kind {
    match kind {
        _ if kind.is_integer() => Kind::U64,
        Kind::Float => Kind::Double,
        Kind::Mac | Kind::Eui64 | Kind::Guid => Kind::Bytes,
        other => other,
    }
}

fn can_contain(kind: Kind) -> bool {
    matches!(kind, Kind::Bytes | Kind::Mac | Kind::Eui64 | Kind::Guid | Kind::Text | Kind::Protocol)
}

fn can_slice(kind: Kind) -> bool {
    can_contain(kind) || matches!(kind, Kind::Ip4 | Kind::Ip6)
}

fn can_add(kind: Kind) -> bool {
    kind.is_integer() || is_float(kind) || kind == Kind::Duration
}

fn is_float(kind: Kind) -> bool {
    matches!(kind, Kind::Float | Kind::Double)
}

fn can_mask(kind: Kind) -> bool {
    kind.is_integer() || matches!(kind, Kind::Ip4 | Kind::Ip6 | Kind::Mac | Kind::Bytes)
}

fn can_print(kind: Kind) -> bool {
    kind.is_integer() || matches!(kind, Kind::Ip4 | Kind::Ip6 | Kind::Mac)
}

/// What `len` says of types whose values have no length of their own.
fn fixed_size(kind: Kind) -> Option<u32> {
    Some(match kind {
        _ if kind.is_integer() => kind.width(),
        Kind::Float | Kind::Ip4 => 4,
        Kind::Mac => 6,
        Kind::Double | Kind::Eui64 => 8,
        Kind::Ip6 | Kind::Guid => 16,
        Kind::Bytes | Kind::Text | Kind::Protocol => return None,
        _ => 0,
    })
}

fn kind_text(kind: Kind) -> &'static str {
    match kind {
        Kind::None => "a field without a value",
        Kind::Bool => "a boolean",
        Kind::U8 => "an unsigned number of 1 byte",
        Kind::U16 => "an unsigned number of 2 bytes",
        Kind::U24 => "an unsigned number of 3 bytes",
        Kind::U32 => "an unsigned number of 4 bytes",
        Kind::U40 => "an unsigned number of 5 bytes",
        Kind::U48 => "an unsigned number of 6 bytes",
        Kind::U56 => "an unsigned number of 7 bytes",
        Kind::U64 => "an unsigned number of 8 bytes",
        Kind::I8 => "a signed number of 1 byte",
        Kind::I16 => "a signed number of 2 bytes",
        Kind::I24 => "a signed number of 3 bytes",
        Kind::I32 => "a signed number of 4 bytes",
        Kind::I64 => "a signed number of 8 bytes",
        Kind::Float | Kind::Double => "a floating point number",
        Kind::FrameNumber => "a frame number",
        Kind::Ip4 => "an IPv4 address",
        Kind::Ip6 => "an IPv6 address",
        Kind::Mac => "a MAC address",
        Kind::Eui64 => "a 64-bit address",
        Kind::Guid => "a globally unique identifier",
        Kind::Bytes => "a sequence of bytes",
        Kind::Text => "a string",
        Kind::Time => "a point in time",
        Kind::Duration => "a span of time",
        Kind::Protocol => "a protocol",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::display::parse::parse;

    fn problem(text: &str) -> (usize, String) {
        let checked = parse(text).and_then(|expr| expr.map(|e| check(&e, text)).transpose());
        let error = checked.expect_err(text);
        (error.column(), error.problem.to_string())
    }

    #[test]
    fn unknown_names_come_with_the_nearest() {
        let (column, text) = problem("ip and tcp.dstprt == 1");
        assert!(column == 8 && text.contains("; did you mean tcp.dstport"), "{text}");
        let (column, text) = problem("port == 80");
        assert!(column == 1 && text.contains("tcp.port") && text.contains("udp.port"), "{text}");
    }

    #[test]
    fn types_are_held_and_errors_say_what_was_expected() {
        for (text, column, said) in [
            ("ip.ttl == 256", 11, "256 is too big for ip.ttl, the largest is 255"),
            ("tcp.port == 80.5", 13, "expected a number for tcp.port, found 80.5"),
            (
                "ip.addr == 1.2.3",
                12,
                "expected an IPv4 address, or a network like 10.0.0.0/8 for ip.addr, found 1.2.3",
            ),
            ("ip.src == \"10.0.0.1\"", 11, "expected an IPv4 address"),
            ("eth.src == ff:ff", 12, "expected a MAC address of 6 bytes"),
            ("tcp.port contains 80", 1, "tcp.port is an unsigned number of 2 bytes: it has no contains"),
            ("tcp.port[0] == 0", 1, "tcp.port is an unsigned number of 2 bytes: it has no bytes to slice"),
            ("ip.proto == tcp", 13, "tcp is a protocol: it cannot be compared with ip.proto"),
            ("tcp.flags.syn == ip.ttl", 18, "cannot be compared with tcp.flags.syn, a boolean"),
            ("tcp & 1", 1, "tcp is a protocol: it has no bitwise and"),
            ("ip.src + 1 == 10.0.0.1", 1, "it has no addition or subtraction"),
            ("80 == tcp.port", 1, "expected a field or a function, found \"80\""),
            ("\"GET\"", 1, "expected a field or a function"),
            ("len(tcp)", 1, "expected a comparison of the function's result"),
            ("max() > 1", 1, "max() takes one argument or more, found 0"),
            ("len(ip.src, ip.dst) > 1", 1, "len() takes one argument, found 2"),
            ("foo(tcp) == 1", 1, "foo is not a function; there are len, count"),
            ("upper(tcp.port) == \"A\"", 7, "it has no letters"),
            ("tcp.payload matches \"(\"", 21, "not a regular expression"),
            ("tcp.payload matches abc", 21, "expected a regular expression in double quotes"),
            ("len(tcp) in {20}", 1, "expected a field in front of \"in\""),
            ("tcp.port in {tcp[0]}", 14, "expected a value or a field"),
            ("string(frame.time) == \"a\"", 8, "it has no conversion to a string"),
        ] {
            let (at, message) = problem(text);
            assert!(at == column && message.contains(said), "{text}: column {at}: {message}");
        }
    }
}
