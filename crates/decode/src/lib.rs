//! Decoding: layers, fields, flows.

#![forbid(unsafe_code)]

mod decryptor;

pub use decryptor::{Decryptor, Outcome, Side, Unreadable};
