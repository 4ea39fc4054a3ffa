//! `plaintap run` without the capture: real commands, a real terminal, real kills. Needs root and cgroup v2.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

mod alone;
mod cleanup;
mod notice;
mod support;
mod terminal;
