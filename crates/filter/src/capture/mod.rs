//! Capture filters: the language of pcap-filter(7) (`-f`, and what stands behind the options of a capture).
//!
//! An expression becomes a classic BPF program that the kernel runs on a socket, [`vm`] on packets of a file and, once
//! [`ebpf::translate`]d, the kernel on a cgroup:
//!
//! ```text
//! text --lex, parse--> Expression --gen--> Condition over Values --graph--> decisions --optimize--> fewer --assemble--> Program
//! ```
//!
//! The answers are libpcap's, packet for packet, also where its ways are odd (`docs/differences.md` lists the exceptions);
//! the code is not.

mod assemble;
pub mod ebpf;
mod error;
mod r#gen;
mod graph;
mod lex;
mod names;
mod optimize;
mod parse;
mod program;
mod syntax;
mod values;
pub mod vm;
mod words;

use std::net::Ipv4Addr;

use plaintap_packet::LinkType;

pub use error::Error;
pub use r#gen::{link_type_by_name, link_type_name};
pub use names::{Names, Transport};
pub use parse::parse;
pub use program::{Instruction, InvalidProgram, KERNEL_MAXIMUM_INSTRUCTIONS, MAXIMUM_INSTRUCTIONS, Program};
pub use syntax::*;
pub use vm::Ancillary;

/// How many bytes a matching packet keeps, unless the options say otherwise: all that any link has.
pub const DEFAULT_SNAP_LENGTH: u32 = 262_144;

/// What an expression is compiled for.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// What the packets begin with.
    pub link_type: LinkType,
    /// Where they come from.
    pub source: Source,
    /// What the program returns for a packet that matches: how many bytes to keep.
    pub snap_length: u32,
    /// The interface's netmask, for `ip broadcast`.
    pub netmask: Option<Ipv4Addr>,
    /// Whether numbers that a machine wrote in its own byte order (LINKTYPE_NULL) are big-endian.
    pub big_endian: bool,
    /// Whether a VLAN tag may stand beside the packet instead of in it, as on an AF_PACKET socket.
    pub vlan_metadata: bool,
    /// What names stand for.
    pub names: &'a Names,
}

impl<'a> Options<'a> {
    /// For packets of a file.
    pub const fn file(link_type: LinkType, names: &'a Names) -> Self {
        Self {
            link_type,
            source: Source::File,
            snap_length: DEFAULT_SNAP_LENGTH,
            netmask: None,
            big_endian: false,
            vlan_metadata: false,
            names,
        }
    }

    /// For a socket of this machine.
    pub const fn live(link_type: LinkType, names: &'a Names) -> Self {
        Self {
            source: Source::Live,
            vlan_metadata: true,
            big_endian: cfg!(target_endian = "big"),
            ..Self::file(link_type, names)
        }
    }
}

/// Where packets come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A capture file: only the packet's bytes are there.
    File,
    /// The kernel, which also knows direction, interface and VLAN tag.
    Live,
}

/// The program that keeps the packets that `text` describes; all of them if it is empty.
///
/// # Errors
/// Where the text is no expression, names something unknown, asks what the link type does not have, matches no packet or
/// is too large. Each says where and what was expected.
pub fn compile(text: &str, options: &Options<'_>) -> Result<Program, Error> {
    let Some(expression) = parse(text)? else {
        return Ok(Program::assembled(vec![Instruction::new(program::code::RETURN, options.snap_length)]));
    };
    compile_expression(&expression, options)
}

/// [`compile`] for an expression that is parsed already.
///
/// # Errors
/// As [`compile`].
pub fn compile_expression(expression: &Expression, options: &Options<'_>) -> Result<Program, Error> {
    let (condition, values) = r#gen::generate(expression, options)?;
    let graph = optimize::optimize(&values, graph::Graph::new(&condition)?);
    if graph.root == graph::Graph::REJECT {
        return Err(Error::RejectsAll);
    }
    assemble::assemble(&values, &graph, options.snap_length)
}
