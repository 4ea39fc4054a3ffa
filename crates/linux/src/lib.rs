//! Everything that needs root or a Linux kernel: capture sources, probes, cgroups, running a command.
//!
//! This is the one crate with unsafe code.

pub mod bpf;
pub mod container;
pub mod memory;
pub mod processes;
pub mod run;
