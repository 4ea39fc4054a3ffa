//! Why an expression cannot be compiled: one line that says where, what was expected and what stands there.

use thiserror::Error;

/// Why a capture filter expression cannot be compiled. Columns count bytes from 1.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Error {
    /// The grammar does not allow this here.
    #[error("column {column}: expected {expected}, found {found}")]
    Syntax {
        /// Where.
        column: usize,
        /// What the grammar allows.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// A name that no table has.
    #[error("column {column}: unknown {what} '{name}'")]
    UnknownName {
        /// Where.
        column: usize,
        /// What was looked for: "host", "port".
        what: &'static str,
        /// The name as written.
        name: String,
    },
    /// A number that is too great for its field.
    #[error("column {column}: {what} {value} is greater than {maximum}")]
    TooGreat {
        /// Where.
        column: usize,
        /// Which field.
        what: &'static str,
        /// The number as written.
        value: u64,
        /// The greatest one that fits.
        maximum: u32,
    },
    /// An address, mask or number that is malformed, or qualifiers that do not fit it.
    #[error("column {column}: {message}")]
    Invalid {
        /// Where.
        column: usize,
        /// What is wrong.
        message: String,
    },
    /// The link type has not what the primitive tests.
    #[error("column {column}: {what} is not supported on link type {link_type}")]
    Unsupported {
        /// Where.
        column: usize,
        /// The primitive.
        what: String,
        /// The link type's name.
        link_type: String,
    },
    /// Filtering on this link type is unknown.
    #[error("link type {link_type} has no capture filter: expected one that the LINKTYPE_ registry names")]
    UnknownLinkType {
        /// The LINKTYPE_ value.
        link_type: u16,
    },
    /// No packet can match.
    #[error("expression rejects all packets")]
    RejectsAll,
    /// The expression or its program exceeds a limit.
    #[error("the expression is too large: more than {maximum} {what}")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// The limit.
        maximum: usize,
    },
}
