//! Running a command as the target.
