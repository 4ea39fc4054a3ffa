//! Where the TLS secrets pass in an ELF file: pure bytes in, [`Hook`]s out.
//!
//! Nothing here is privileged, reads a file or knows a table of versions. A hook is data that the one generic uprobe
//! program of the `linux` crate can follow.

#![forbid(unsafe_code)]

mod hook;

pub use hook::{Expression, Field, Hook, HookKind, Length, Register, Stack};
