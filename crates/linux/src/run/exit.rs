//! How the command ended, and ending the same way.

use super::signals;

/// The end of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitStatus {
    /// It exited with this code.
    Code(u8),
    /// It was killed by this signal.
    Signal(i32),
}

impl ExitStatus {
    /// What a shell shows in `$?`: the code, or 128 + signal.
    pub fn shell_status(self) -> u8 {
        match self {
            Self::Code(code) => code,
            Self::Signal(signal) => 128u8.saturating_add(u8::try_from(signal).unwrap_or(127)),
        }
    }

    /// Ends plaintap as the command ended, so that the caller sees no difference: same exit code, or killed by the
    /// same signal (without a core file of plaintap's own). Call it last: destructors of the caller do not run.
    pub fn end_process_alike(self) -> ! {
        if let Self::Signal(signal) = self {
            signals::die_of(signal);
        }
        std::process::exit(self.shell_status().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shell_status() {
        assert_eq!(ExitStatus::Code(3).shell_status(), 3);
        assert_eq!(ExitStatus::Signal(libc::SIGKILL).shell_status(), 137);
    }
}
