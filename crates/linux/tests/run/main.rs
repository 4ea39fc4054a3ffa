//! `plaintap run` without the capture: real commands, a real terminal, real kills. Needs root and cgroup v2.

mod alone;
mod cleanup;
mod notice;
mod support;
mod terminal;
