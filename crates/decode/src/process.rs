//! Who owns packets: the process table of a capture.

/// One process of the process table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProcessInfo {
    /// The process id in the initial pid namespace; 0 when not known.
    pub pid: u32,
    /// The name (`comm`, or that of the executable).
    pub name: String,
    /// The user id; `None` when not known.
    pub uid: Option<u32>,
}
