//! The display filter language of Wireshark 4.0 (wireshark-filter(4)), with `xor`/`^^` and `@field` of 4.2.
//!
//! A text goes one way: `lex` makes tokens, `parse` a syntax tree, `check` resolves names and types, `compile`
//! makes what `eval` runs on each packet; [`Macros`] are expanded before that. Left out are references to a selected packet
//! (`${field}`), and host names in place of addresses: a filter never asks the network. Different from 4.0 on purpose: numbers in
//! arithmetic never wrap, `dns.qry.type == "AAAA"` is enough for "AAAA (IPv6 Address)", and `matches` takes regular
//! expressions that run in linear time, without look-around and back-references.

mod check;
mod compile;
mod error;
mod eval;
mod lex;
mod literal;
mod macros;
mod parse;
mod syntax;
mod value;

use std::fmt;

use plaintap_decode::{Decoded, ProtocolId};

pub use compile::Needs;
pub use error::{Error, Problem, Span};
pub use macros::{MacroError, MacroProblem, Macros};

/// A compiled display filter. Made once, asked for each packet, from any thread.
#[derive(Debug)]
pub struct DisplayFilter {
    root: Option<eval::Node>,
    needs: Needs,
    canonical: String,
}

impl DisplayFilter {
    /// Compiles a filter. An empty one matches every packet.
    ///
    /// # Errors
    /// The first mistake: where it is, what was expected there, what stands there.
    pub fn compile(text: &str) -> Result<Self, Error> {
        let Some(expr) = parse::parse(text)? else {
            return Ok(Self { root: None, needs: Needs::default(), canonical: String::new() });
        };
        let (root, needs) = compile::compile(check::check(&expr, text)?);
        Ok(Self { root: Some(root), needs, canonical: expr.to_string() })
    }

    /// Whether the packet passes.
    pub fn matches(&self, packet: &Decoded<'_>) -> bool {
        self.root.as_ref().is_none_or(|root| root.matches(packet))
    }

    /// What has to be decoded before it can be asked.
    pub const fn needs(&self) -> &Needs {
        &self.needs
    }

    /// The protocols that it names, in the order of their numbers.
    pub fn protocols(&self) -> &[ProtocolId] {
        &self.needs.protocols
    }
}

/// The filter in one spelling: what is grouped how can be seen from it.
impl fmt::Display for DisplayFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.canonical)
    }
}
