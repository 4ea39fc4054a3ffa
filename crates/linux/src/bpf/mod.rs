//! The kernel programs and their user-space halves.
//!
//! [`SocketsSource`] copies the packets of the sockets of one cgroup, [`Probes`] reads TLS secrets where
//! `plaintap-locate` says they pass. The programs are C in the crate's `bpf` directory, compiled by `build.rs`. Everything
//! attached here hangs on file descriptors: the kernel detaches it when they are closed, however plaintap ends.

mod clock;
mod datagrams;
mod error;
mod filter;
mod learn;
mod object;
mod probes;
mod ring;
mod secret;
mod sockets;
mod spec;
mod syscall;
mod target;
mod uprobe_multi;

pub use error::{Error, Lockdown};
pub use learn::{Learner, Window, by_likelihood};
pub use probes::{Attached, Attacher, Chosen, HookId, HookStatistics, Probes, SecretReader};
pub use secret::{Secret, SecretEvent};
pub use sockets::{SocketsOptions, SocketsSource};
pub use target::TargetFilter;
