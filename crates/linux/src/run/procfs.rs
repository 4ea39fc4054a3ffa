//! The few facts of /proc that running a command needs.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Start time of a process in clock ticks since boot: with the pid it names a process once and for all.
pub(crate) fn start_time(pid: i32) -> Option<u64> {
    stat_field(&fs::read(format!("/proc/{pid}/stat")).ok()?, 22)
}

/// What /proc/PID/stat says of a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    /// As [`start_time`].
    pub(crate) start_time: u64,
    pub(crate) parent: i32,
    pub(crate) is_kernel_thread: bool,
    /// Its parent has not waited for it yet.
    pub(crate) has_ended: bool,
}

/// The process's line of /proc/PID/stat.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    parse_stat(&fs::read(format!("/proc/{pid}/stat")).ok()?)
}

fn parse_stat(stat: &[u8]) -> Option<Stat> {
    /// PF_KTHREAD of include/linux/sched.h.
    const KERNEL_THREAD: u64 = 0x0020_0000;
    let name_end = stat.iter().rposition(|&b| b == b')')?;
    Some(Stat {
        start_time: stat_field(stat, 22)?,
        parent: i32::try_from(stat_field(stat, 4)?).ok()?,
        is_kernel_thread: stat_field(stat, 9)? & KERNEL_THREAD != 0,
        has_ended: matches!(stat.get(name_end + 2), Some(b'Z' | b'X')),
    })
}

/// The process (thread group) that a thread belongs to.
pub(super) fn thread_group(tid: i32) -> Option<i32> {
    status_field(&fs::read(format!("/proc/{tid}/status")).ok()?, b"Tgid:")?.parse().ok()
}

/// Whether `signal` waits to be delivered to the process.
pub(super) fn is_pending(pid: i32, signal: i32) -> bool {
    let pending = || {
        let status = fs::read(format!("/proc/{pid}/status")).ok()?;
        u64::from_str_radix(&status_field(&status, b"ShdPnd:")?, 16).ok()
    };
    pending().is_some_and(|set| set & (1 << (signal - 1)) != 0)
}

/// The path of a process in the cgroup v2 hierarchy, as /proc shows it.
pub(crate) fn cgroup_path(pid: &str) -> Option<std::path::PathBuf> {
    cgroup_path_in(&fs::read(format!("/proc/{pid}/cgroup")).ok()?)
}

/// The same in the text of /proc/PID/cgroup.
pub(crate) fn cgroup_path_in(text: &[u8]) -> Option<std::path::PathBuf> {
    let line = text.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(b"0::"))?;
    let path = line.strip_suffix(b" (deleted)").unwrap_or(line);
    Some(Path::new(std::ffi::OsStr::from_bytes(path)).to_owned())
}

/// Major and minor version of the running kernel; (0, 0) when /proc does not say.
pub(super) fn kernel_release() -> (u32, u32) {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// One line of /proc/PID/status, trimmed.
pub(super) fn status_field(status: &[u8], name: &[u8]) -> Option<String> {
    let line = status.split(|&b| b == b'\n').find_map(|line| line.strip_prefix(name))?;
    Some(String::from_utf8_lossy(line).trim().to_owned())
}

/// Field `number` (counted from 1, above 2) of /proc/PID/stat. The command name may hold spaces and brackets, so
/// counting starts behind the last bracket (proc(5)).
fn stat_field(stat: &[u8], number: usize) -> Option<u64> {
    let end = stat.iter().rposition(|&b| b == b')')?;
    let rest = std::str::from_utf8(&stat[end + 1..]).ok()?;
    rest.split_ascii_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stat_fields_are_counted_behind_the_name() {
        let stat = b"12 (a) b 7 (c)) S 1 12 12 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 987654 0 0";
        assert_eq!(stat_field(stat, 22), Some(987_654));
        let running = Stat { start_time: 987_654, parent: 1, is_kernel_thread: false, has_ended: false };
        assert_eq!(parse_stat(stat), Some(running));
        let ended = b"12 (a) b 7 (c)) Z 1 12 12 0 -1 2097152 1 0 0 0 0 0 0 0 20 0 1 0 5 0 0";
        assert_eq!(
            parse_stat(ended),
            Some(Stat { start_time: 5, is_kernel_thread: true, has_ended: true, ..running })
        );
        assert_eq!(stat_field(b"12 (a", 22), None);
        assert_eq!(stat_field(b"", 22), None);
    }

    #[test]
    fn own_process_is_known() {
        let pid = i32::try_from(std::process::id()).unwrap();
        assert!(start_time(pid).is_some_and(|ticks| ticks > 0));
        assert_eq!(thread_group(pid), Some(pid));
        assert_eq!(start_time(i32::MAX), None);
        assert!(!is_pending(pid, libc::SIGUSR1));
    }
}
