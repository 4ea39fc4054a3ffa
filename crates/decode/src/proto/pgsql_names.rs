//! Names of PostgreSQL's messages. Sorted by value.

use crate::field::ValueNames;

/// What clients say.
pub(super) const FRONTEND: ValueNames = &[
    (b'B' as u64, "Bind"),
    (b'C' as u64, "Close"),
    (b'D' as u64, "Describe"),
    (b'E' as u64, "Execute"),
    (b'F' as u64, "Function call"),
    (b'H' as u64, "Flush"),
    (b'P' as u64, "Parse"),
    (b'Q' as u64, "Simple query"),
    (b'S' as u64, "Sync"),
    (b'X' as u64, "Termination"),
    (b'c' as u64, "Copy completion"),
    (b'd' as u64, "Copy data"),
    (b'f' as u64, "Copy failure"),
    (b'p' as u64, "Password message"),
];

/// What servers say.
pub(super) const BACKEND: ValueNames = &[
    (b'1' as u64, "Parse completion"),
    (b'2' as u64, "Bind completion"),
    (b'3' as u64, "Close completion"),
    (b'A' as u64, "Notification"),
    (b'C' as u64, "Command completion"),
    (b'D' as u64, "Data row"),
    (b'E' as u64, "Error"),
    (b'G' as u64, "CopyIn response"),
    (b'H' as u64, "CopyOut response"),
    (b'I' as u64, "Empty query"),
    (b'K' as u64, "Backend key data"),
    (b'N' as u64, "Notice"),
    (b'R' as u64, "Authentication request"),
    (b'S' as u64, "Parameter status"),
    (b'T' as u64, "Row description"),
    (b'V' as u64, "Function call response"),
    (b'W' as u64, "CopyBoth response"),
    (b'Z' as u64, "Ready for query"),
    (b'c' as u64, "Copy completion"),
    (b'd' as u64, "Copy data"),
    (b'n' as u64, "No data"),
    (b's' as u64, "Portal suspended"),
    (b't' as u64, "Parameter description"),
];
