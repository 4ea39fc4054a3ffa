//! What is wrong with a filter, and where.

use crate::names::suggestion;

/// A place in the text of a filter, in bytes from its start. Two places are always equal, so that syntax trees can be
/// compared by what they mean.
#[derive(Clone, Copy, Debug, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: usize,
    /// Offset behind the last.
    pub end: usize,
}

impl PartialEq for Span {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Span {
    /// From the start of this place to the end of the other.
    pub(super) const fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }
}

/// Why a text is not a display filter.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("column {}: {problem}", span.start + 1)]
pub struct Error {
    /// Where.
    pub span: Span,
    /// What.
    pub problem: Problem,
}

impl Error {
    pub(super) fn new(span: Span, problem: Problem) -> Self {
        Self { span, problem }
    }

    /// The byte column of the first wrong byte, from 1.
    pub const fn column(&self) -> usize {
        self.span.start + 1
    }

    /// Two lines: the filter, and under it marks below what is wrong.
    pub fn underline(&self, filter: &str) -> String {
        let width = |text: &str| text.chars().count();
        let start = filter.get(..self.span.start).map_or(0, width);
        let length = filter.get(self.span.start..self.span.end).map_or(1, width).max(1);
        format!("{}\n{}{}", filter.replace(['\n', '\t'], " "), " ".repeat(start), "^".repeat(length))
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The grammar wants something else here.
    #[error("expected {expected}, found {found}")]
    Expected {
        /// What the grammar wants.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// No field or protocol has this name.
    #[error("{name} is neither a field nor a protocol{}", suggestion(nearest))]
    UnknownName {
        /// The name.
        name: String,
        /// The nearest names.
        nearest: Vec<&'static str>,
    },
    /// No function has this name.
    #[error("{name} is not a function; there are {functions}")]
    UnknownFunction {
        /// The name.
        name: String,
        /// The names that exist.
        functions: String,
    },
    /// The value is not one of the type that it is compared with.
    #[error("expected {expected} for {subject}, found {found}")]
    Value {
        /// The type.
        expected: String,
        /// The field or expression that it is compared with.
        subject: String,
        /// What stands there.
        found: String,
    },
    /// The number does not fit.
    #[error("{found} is too big for {subject}, the largest is {largest}")]
    TooBig {
        /// The number.
        found: String,
        /// The field or expression that it is compared with.
        subject: String,
        /// The largest number that fits.
        largest: u64,
    },
    /// The type of the operand has no such operation.
    #[error("{subject} is {kind}: it has no {operation}")]
    Operation {
        /// The operand.
        subject: String,
        /// Its type.
        kind: &'static str,
        /// The operation.
        operation: &'static str,
    },
    /// Two types that cannot be compared.
    #[error("{right} is {right_kind}: it cannot be compared with {left}, {left_kind}")]
    Incompatible {
        /// The left operand.
        left: String,
        /// Its type.
        left_kind: &'static str,
        /// The right operand.
        right: String,
        /// Its type.
        right_kind: &'static str,
    },
    /// A function with the wrong number of arguments.
    #[error("{function}() takes {expected}, found {found}")]
    Arguments {
        /// The function.
        function: &'static str,
        /// How many it takes.
        expected: &'static str,
        /// How many there are.
        found: usize,
    },
    /// The regular expression is not one.
    #[error("not a regular expression: {0}")]
    Regex(String),
    /// Part of Wireshark's language, but not of this one.
    #[error("{0} are not supported")]
    Unsupported(&'static str),
    /// Too many parentheses or operators.
    #[error("more than {0} levels of nesting")]
    TooDeep(usize),
}
