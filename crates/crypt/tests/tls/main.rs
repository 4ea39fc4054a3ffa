//! TLS decryption of real captures: those kept here, and the corpus beside the workspace.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod connections;
mod corpus;
mod support;
mod witness;
