//! The kernel programs on the running kernel, against tcpdump and OpenSSL. Needs root; says "skipped: …" without.

#![allow(clippy::unwrap_used, reason = "in a test a panic is the report")]

mod filter;
mod learn;
mod probes;
mod sockets;
mod support;
mod tcpdump;
mod tls;
