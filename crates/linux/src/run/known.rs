//! Files that were already handed over, so that each costs its analysis once.

use rustc_hash::FxHashSet;
use rustix::fs::Stat;

/// A target that makes new executable files all the time must not fill our memory: then the set starts anew, and
/// files are handed over once more.
const LIMIT: usize = 65_536;

/// The set of files seen, by identity and state.
#[derive(Debug, Default)]
pub(super) struct Known {
    seen: FxHashSet<Key>,
}

/// One state of one file: written to or replaced, it is another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    device: u64,
    inode: u64,
    size: i64,
    modified: (i64, u64),
    changed: (i64, u64),
}

impl Known {
    pub(super) fn contains(&self, key: &Key) -> bool {
        self.seen.contains(key)
    }

    /// `true` if the file was not known.
    pub(super) fn insert(&mut self, key: Key) -> bool {
        if self.seen.len() >= LIMIT {
            self.seen.clear();
        }
        self.seen.insert(key)
    }
}

impl From<&Stat> for Key {
    #[expect(clippy::useless_conversion, reason = "the widths differ by architecture")]
    fn from(stat: &Stat) -> Self {
        Self {
            device: stat.st_dev.into(),
            inode: stat.st_ino.into(),
            size: stat.st_size.into(),
            modified: (stat.st_mtime.into(), stat.st_mtime_nsec.into()),
            changed: (stat.st_ctime.into(), stat.st_ctime_nsec.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_new_once_for_each_state() {
        let path = std::env::temp_dir().join(format!("plaintap-known-{}", std::process::id()));
        let key = || Key::from(&rustix::fs::stat(&path).unwrap());
        std::fs::write(&path, "one").unwrap();
        let mut known = Known::default();
        assert!(known.insert(key()));
        assert!(known.contains(&key()) && !known.insert(key()));
        std::fs::write(&path, "another").unwrap();
        assert!(!known.contains(&key()) && known.insert(key()));
        std::fs::remove_file(&path).unwrap();
    }

    #[test]
    fn the_set_is_bounded() {
        let mut known = Known::default();
        let any = Key { device: 0, inode: 0, size: 0, modified: (0, 0), changed: (0, 0) };
        for inode in 0..LIMIT as u64 + 10 {
            known.insert(Key { inode, ..any });
        }
        assert_eq!(known.seen.len(), 10);
    }
}
