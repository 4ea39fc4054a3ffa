//! What a search found, on what grounds, and what it missed.

use std::fmt;

use crate::{Expression, Hook, Machine, Stack};

/// The outcome for one file. A file without a TLS stack has no hooks, and a reason for each stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the file's code runs on.
    pub machine: Machine,
    /// Where the secrets pass.
    pub hooks: Vec<Hook>,
    /// The steps that led to the hooks, in the order taken.
    pub evidence: Vec<Evidence>,
    /// The stacks that gave no hook, and why.
    pub missing: Vec<(Stack, NotFound)>,
}

/// A step that succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A Go function table that the runtime's module data points to.
    FunctionTable {
        /// Its vaddr.
        address: u64,
        /// Its magic number, which tells the Go release.
        magic: u32,
        /// How many functions it lists.
        functions: u64,
        /// The vaddr its entries are relative to; since Go 1.18.
        text: Option<u64>,
    },
    /// A Go function of a TLS package.
    GoFunction {
        /// Full name.
        name: String,
        /// vaddr of its entry.
        address: u64,
        /// Arguments come in registers (Go 1.17 and later), else on the stack.
        register_abi: bool,
    },
    /// A function that gets the labels of TLS secrets as an argument.
    Vote {
        /// vaddr of its entry.
        function: u64,
        /// The labels it was seen with.
        labels: Vec<&'static str>,
    },
    /// The function of the vote reads 32 bytes here.
    ClientRandom {
        /// Where, from the function's arguments.
        address: Expression,
    },
}

/// Why a stack gave no hook: the step that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotFound {
    /// Not a Go program.
    #[error("no Go function table")]
    NoFunctionTable,
    /// A function table that nothing points to.
    #[error("Go function table at {table:#x}, but no module data points to it")]
    NoModuleData {
        /// vaddr of the table.
        table: u64,
    },
    /// A Go program without crypto/tls.
    #[error("Go program of {functions} functions, none of them in a TLS package")]
    NoTlsFunctions {
        /// How many the tables list.
        functions: u64,
    },
    /// The first instructions follow neither of Go's calling conventions.
    #[error("Go function at {function:#x} starts unlike Go code: {got:02x?}")]
    UnknownPrologue {
        /// vaddr of the function.
        function: u64,
        /// Its first bytes.
        got: Vec<u8>,
    },
    /// The key log labels are not in the file.
    #[error("no key log labels")]
    NoLabels,
    /// The labels are there, but the analysis cannot read this machine's code.
    #[error("key log labels, but code of {machine:?} is not analysed")]
    UnsupportedMachine {
        /// The file's machine.
        machine: Machine,
    },
    /// The labels are there, but no code uses them.
    #[error("{labels} key log labels, but no code refers to them")]
    NoReferences {
        /// How many strings.
        labels: usize,
    },
    /// No function of the file gets enough of the labels.
    #[error(
        "{references} references to key log labels, but no function gets {needed} of them: the best gets {best}"
    )]
    NoVote {
        /// How many instructions load a label's address.
        references: usize,
        /// The most different labels that one function gets.
        best: usize,
        /// How many it takes.
        needed: usize,
    },
    /// The function of the vote does not read the client random: a log function of another design (GnuTLS).
    #[error("function at {function:#x} gets the labels, but reads no client random")]
    NoClientRandom {
        /// vaddr of the function.
        function: u64,
    },
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FunctionTable { address, magic, functions, text: Some(text) } => {
                write!(
                    f,
                    "Go function table {magic:#x} at {address:#x}: {functions} functions, text at {text:#x}"
                )
            }
            Self::FunctionTable { address, magic, functions, text: None } => {
                write!(f, "Go function table {magic:#x} at {address:#x}: {functions} functions")
            }
            Self::GoFunction { name, address, register_abi } => {
                let place = if *register_abi { "in registers" } else { "on the stack" };
                write!(f, "{name} at {address:#x}, arguments {place}")
            }
            Self::Vote { function, labels } => write!(f, "{function:#x} gets {}", labels.join(", ")),
            Self::ClientRandom { address } => write!(f, "client random at {address}"),
        }
    }
}
