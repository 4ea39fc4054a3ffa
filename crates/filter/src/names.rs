//! Names that may have been meant.

use std::fmt;

use plaintap_decode::{FieldRef, registry};

/// At most `count` names of fields and protocols that are like this one, the nearest first. For "did you mean".
pub fn nearest(name: &str, count: usize) -> Vec<&'static str> {
    closest(name, registry::all().map(FieldRef::name), count)
}

/// At most `count` of the `known` names that are like this one, the nearest first.
pub(crate) fn closest<'n>(name: &str, known: impl Iterator<Item = &'n str>, count: usize) -> Vec<&'n str> {
    let wanted = name.to_ascii_lowercase();
    let limit = (wanted.len() / 3).clamp(1, 3);
    let distance = |known: &'n str| {
        // Somebody who writes "port" has the name right but for the protocol.
        let last = known.rsplit('.').next().is_some_and(|last| last == wanted);
        let distance = if last { 1 } else { edit_distance(wanted.as_bytes(), known.as_bytes(), limit)? };
        Some((distance, known.len(), known))
    };
    let mut found: Vec<_> = known.filter_map(distance).collect();
    found.sort_unstable();
    found.dedup();
    found.into_iter().take(count).map(|(_, _, known)| known).collect()
}

/// Text for the names that may have been meant: `; did you mean a or b?`, or nothing.
pub fn suggestion<S: AsRef<str>>(nearest: &[S]) -> impl fmt::Display {
    match nearest {
        [] => String::new(),
        [one] => format!("; did you mean {}?", one.as_ref()),
        [first @ .., last] => {
            let first: Vec<_> = first.iter().map(AsRef::as_ref).collect();
            format!("; did you mean {} or {}?", first.join(", "), last.as_ref())
        }
    }
}

/// Number of letters to insert, remove, replace or swap with their neighbour to get from one to the other; None above
/// `limit`.
fn edit_distance(a: &[u8], b: &[u8], limit: usize) -> Option<usize> {
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut before = vec![0; b.len() + 1];
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let replaced = last[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut cost = replaced.min(last[j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                cost = cost.min(before[j - 2] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_errors_are_found() {
        assert_eq!(nearest("tcp.dstprot", 1), ["tcp.dstport"]);
        assert_eq!(nearest("TCP.port", 1), ["tcp.port"]);
        assert_eq!(nearest("ip.adr", 1), ["ip.addr"]);
        assert!(nearest("port", 9).contains(&"udp.port"));
        assert!(nearest("something.else.entirely", 3).is_empty());
    }

    #[test]
    fn distances_count_edits() {
        assert_eq!(edit_distance(b"abc", b"abc", 3), Some(0));
        assert_eq!(edit_distance(b"abcd", b"acbd", 3), Some(1));
        assert_eq!(edit_distance(b"", b"ab", 3), Some(2));
        assert_eq!(edit_distance(b"abc", b"xyz", 2), None);
    }
}
