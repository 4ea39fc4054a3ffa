//! Filters: which packets a user wants to see.
//!
//! [`DisplayFilter`] is Wireshark's display filter language over decoded packets (`-Y`). It needs only the registry of
//! `plaintap-decode`, so that a filter knows every field by itself as soon as a protocol has it.

#![forbid(unsafe_code)]

pub mod capture;
pub mod display;
mod names;

pub use display::{DisplayFilter, Error, Macros, Needs};
pub use names::{nearest, suggestion};
