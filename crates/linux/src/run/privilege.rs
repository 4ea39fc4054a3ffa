//! Which privileges this process has, and which are missing for what.

use std::fmt;

use super::error::Error;
use super::procfs::status_field;

/// The capabilities plaintap can need (capabilities(7)); the value is the bit number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the kernel's")]
pub enum Capability {
    Setgid = 6,
    Setuid = 7,
    NetAdmin = 12,
    NetRaw = 13,
    SysPtrace = 19,
    SysAdmin = 21,
    Perfmon = 38,
    Bpf = 39,
}

/// The effective privileges of this process.
#[derive(Clone, Copy, Debug)]
pub struct Privileges {
    effective_uid: u32,
    capabilities: u64,
    initial_user_namespace: bool,
}

/// One missing privilege and what it is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// What to grant.
    pub capability: Capability,
    /// What cannot be done without it.
    pub purpose: &'static str,
    /// The capability is there, but only inside a user namespace, where the kernel does not accept it for this.
    pub in_namespace_only: bool,
}

/// What each part needs; any capability of the list will do.
type Need = (&'static [Capability], &'static str);

/// What `run` with sockets capture and key extraction needs.
const RUN: [Need; 5] = [
    (&[Capability::Bpf, Capability::SysAdmin], "loading kernel programs"),
    (&[Capability::NetAdmin, Capability::SysAdmin], "capturing packets of a cgroup"),
    (&[Capability::Perfmon, Capability::SysAdmin], "probes for TLS keys"),
    (&[Capability::SysPtrace], "reading /proc of other users' processes"),
    (&[Capability::SysAdmin], "noticing programs and libraries before they run"),
];

/// What `--as USER` needs besides.
const SWITCH_USER: [Need; 2] =
    [(&[Capability::Setuid], "changing user"), (&[Capability::Setgid], "changing groups")];

impl Privileges {
    /// Those of this process now.
    pub fn current() -> Self {
        let status = std::fs::read("/proc/self/status").unwrap_or_default();
        let map = std::fs::read_to_string("/proc/self/uid_map").unwrap_or_default();
        Self {
            effective_uid: rustix::process::geteuid().as_raw(),
            capabilities: effective_set(&status),
            initial_user_namespace: is_identity(&map),
        }
    }

    /// The effective user.
    pub fn effective_uid(&self) -> u32 {
        self.effective_uid
    }

    /// Whether the capability is effective (wherever it counts).
    pub fn has(&self, capability: Capability) -> bool {
        self.capabilities & (1 << capability as u32) != 0
    }

    /// Checks what `run` needs, `switch_user` for `--as`; the error names everything that is missing.
    pub fn check_run(&self, switch_user: bool) -> Result<(), Error> {
        let switch: &[Need] = if switch_user { &SWITCH_USER } else { &[] };
        let missing: Vec<_> = RUN.iter().chain(switch).filter_map(|need| self.missing(need)).collect();
        if missing.is_empty() { Ok(()) } else { Err(Error::Privileges { missing }) }
    }

    fn missing(&self, &(any_of, purpose): &Need) -> Option<Missing> {
        let there = any_of.iter().any(|&capability| self.has(capability));
        // Changing the user is the one thing a user namespace grants by itself.
        let counts =
            self.initial_user_namespace || any_of == [Capability::Setuid] || any_of == [Capability::Setgid];
        (!there || !counts).then(|| Missing { capability: any_of[0], purpose, in_namespace_only: there })
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Setgid => "CAP_SETGID",
            Self::Setuid => "CAP_SETUID",
            Self::NetAdmin => "CAP_NET_ADMIN",
            Self::NetRaw => "CAP_NET_RAW",
            Self::SysPtrace => "CAP_SYS_PTRACE",
            Self::SysAdmin => "CAP_SYS_ADMIN",
            Self::Perfmon => "CAP_PERFMON",
            Self::Bpf => "CAP_BPF",
        })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}", self.capability, self.purpose)?;
        if self.in_namespace_only {
            f.write_str("; held in a user namespace only, where it does not count")?;
        }
        f.write_str(")")
    }
}

fn effective_set(status: &[u8]) -> u64 {
    status_field(status, b"CapEff:").and_then(|set| u64::from_str_radix(&set, 16).ok()).unwrap_or(0)
}

/// The initial user namespace maps every id to itself (user_namespaces(7)).
fn is_identity(uid_map: &str) -> bool {
    uid_map.split_ascii_whitespace().eq(["0", "0", "4294967295"])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(capabilities: u64, initial_user_namespace: bool) -> Privileges {
        Privileges { effective_uid: 1000, capabilities, initial_user_namespace }
    }

    #[test]
    fn everything_missing_is_named() {
        let text = with(1 << 12, true).check_run(true).unwrap_err().to_string();
        for name in ["CAP_BPF", "CAP_PERFMON", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_SETUID", "CAP_SETGID"]
        {
            assert!(text.contains(name), "{name} not in {text}");
        }
        assert!(!text.contains("CAP_NET_ADMIN"), "{text}");
        assert!(text.ends_with("run with sudo"), "{text}");
    }

    #[test]
    fn sys_admin_stands_for_the_newer_ones() {
        assert!(with(1 << 21 | 1 << 19, true).check_run(false).is_ok());
    }

    #[test]
    fn a_user_namespace_is_not_enough() {
        let text = with(u64::MAX, false).check_run(false).unwrap_err().to_string();
        assert!(text.contains("user namespace only"), "{text}");
    }

    #[test]
    fn the_status_file_is_read() {
        assert_eq!(effective_set(b"Name:\tx\nCapEff:\t000001ffffffffff\n"), 0x1ff_ffff_ffff);
        assert!(is_identity("         0          0 4294967295\n"));
        assert!(!is_identity("0 1000 1\n"));
        let now = Privileges::current();
        assert_eq!(now.effective_uid() == 0, rustix::process::geteuid().is_root());
    }
}
