//! What a search found, on what grounds, and what it missed.

use std::fmt;

use crate::{Expression, Hook, Machine, ObjectHook, Stack};

/// The outcome for one file. A file without a TLS stack has no hooks, and a reason for each stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What the file's code runs on.
    pub machine: Machine,
    /// The linker's build id.
    pub build_id: Option<Vec<u8>>,
    /// Where the secrets pass.
    pub hooks: Vec<Hook>,
    /// Where a PKCS#11 module makes the objects that hooks in other files pass by handle.
    pub objects: Vec<ObjectHook>,
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
    /// The Go release that built the program, such as "go1.22.5", from its build information.
    GoVersion(String),
    /// A Go function of a TLS package.
    GoFunction {
        /// Full name.
        name: String,
        /// vaddr of its entry.
        address: u64,
        /// Arguments come in registers (Go 1.17 and later), else on the stack.
        register_abi: bool,
    },
    /// The file has a symbol for the function.
    Symbol {
        /// Its name.
        name: &'static str,
        /// vaddr of its entry.
        function: u64,
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
    /// A function that hands on what it gets.
    Callee {
        /// vaddr of the entry of the function that calls.
        caller: u64,
        /// vaddr of the entry of the function that is called.
        function: u64,
    },
    /// A function that does nothing: its contents are compiled out.
    OnlyReturns {
        /// vaddr of its entry.
        function: u64,
    },
    /// The function that gives a PKCS#11 object its value.
    SetsValue {
        /// vaddr of its entry.
        function: u64,
    },
    /// The function that derives the keys of TLS 1.2 from the master secret.
    KeyExpansion {
        /// vaddr of its entry.
        function: u64,
    },
    /// Code that asks a `KeyLog` whether it wants a secret, and would call it next with what is read here.
    KeyLogBranch {
        /// vaddr of the instruction behind the question.
        address: u64,
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
    /// A stack that is known by name only.
    #[error("its key log is there, but not how its secrets pass")]
    NotAnalysed,
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
    /// No function gets a TLS 1.2 master secret with its label.
    #[error("no function gets the key log labels from where a master secret is derived")]
    NoMasterSecretCaller,
    /// The function that derives the master secret does not show where it is.
    #[error("function at {function:#x} gets the labels, but no caller shows where the master secret is")]
    NoMasterSecret {
        /// vaddr of the function that gets the labels.
        function: u64,
    },
    /// NSS's PKCS#11 module without the list of functions that it exports.
    #[error("exports NSC_GetFunctionList, but that returns no list of functions")]
    NoFunctionList,
    /// NSS's PKCS#11 module, but unlike any known.
    #[error("C_DeriveKey at {function:#x} gives its object no value")]
    NoObjectValue {
        /// vaddr of the function.
        function: u64,
    },
    /// Nothing in the file is NSS's.
    #[error("no use of NSS's keys")]
    NotNss,
    /// The code around the labels is unlike any known version of the stack.
    #[error("key log labels, but no code that asks a KeyLog")]
    NoKeyLogBranch,
    /// The function of the vote does not read the client random: a log function of another design (GnuTLS).
    #[error("function at {function:#x} gets the labels, but reads no client random")]
    NoClientRandom {
        /// vaddr of the function.
        function: u64,
    },
}

impl NotFound {
    /// Whether the file simply does not have the stack. The other reasons come from files that seem to have it, but also
    /// from files that only mention it: Wireshark has the labels.
    pub const fn is_absence(&self) -> bool {
        matches!(
            self,
            Self::NoFunctionTable
                | Self::NoTlsFunctions { .. }
                | Self::NoLabels
                | Self::NoMasterSecretCaller
                | Self::NotNss
                | Self::NoKeyLogBranch
                | Self::NoVote { best: 0 | 1, .. }
        )
    }
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
            Self::GoVersion(version) => write!(f, "built by {version}"),
            Self::GoFunction { name, address, register_abi } => {
                let place = if *register_abi { "in registers" } else { "on the stack" };
                write!(f, "{name} at {address:#x}, arguments {place}")
            }
            Self::Symbol { name, function } => write!(f, "symbol {name} at {function:#x}"),
            Self::Vote { function, labels } => write!(f, "{function:#x} gets {}", labels.join(", ")),
            Self::ClientRandom { address } => write!(f, "client random at {address}"),
            Self::Callee { caller, function } => write!(f, "{caller:#x} hands it on to {function:#x}"),
            Self::OnlyReturns { function } => {
                write!(f, "{function:#x} only returns: the key log is compiled out")
            }
            Self::SetsValue { function } => write!(f, "{function:#x} gets CKA_VALUE, and bytes"),
            Self::KeyExpansion { function } => write!(f, "{function:#x} uses \"key expansion\""),
            Self::KeyLogBranch { address } => write!(f, "KeyLog asked before {address:#x}"),
        }
    }
}
