//! Where a direction stands: the sequence number of its next record, and how sure that is.

use std::ops::RangeInclusive;

use crate::keystore::KeyStore;
use crate::secret::ClientRandom;

/// How many sequence numbers are tried on one record behind a gap. The next record tries those behind them.
const WINDOW: u64 = 64;

/// How many windows there are: a gap of 4096 records (64 MiB, if they are full) is bridged.
const WINDOWS: u64 = 64;

/// How many records in a row are searched for in vain before only the expected number is tried: a wrong secret
/// must not cost a search for each record.
const SEARCHES: u8 = WINDOWS as u8;

/// The place of the next record in its key's sequence.
#[derive(Debug)]
pub(super) struct Position {
    /// The sequence number behind the last record that was opened.
    base: u64,
    /// Records that passed unopened since.
    unread: u64,
    /// Bytes are missing since.
    gap: bool,
    searches: u8,
    /// The window of this search and that of the next one. A new gap goes on with the windows: it adds to the last.
    window: u64,
    next_window: u64,
}

impl Position {
    /// At the first record of a key, `unread` records having passed since that may have been of that key.
    pub(super) const fn start(unread: u64, gap: bool) -> Self {
        Self { base: 0, unread, gap, searches: SEARCHES, window: 0, next_window: 0 }
    }

    /// The number of the next record, if none is missing and the key has not changed.
    pub(super) const fn expected(&self) -> u64 {
        self.base.saturating_add(self.unread)
    }

    /// The record with this number was opened.
    pub(super) const fn opened(&mut self, sequence: u64) {
        *self = Self { base: sequence.saturating_add(1), ..Self::start(0, false) };
    }

    /// A record was not opened.
    pub(super) const fn missed(&mut self) {
        self.unread = self.unread.saturating_add(1);
    }

    /// Bytes are missing before the next record.
    pub(super) const fn lost(&mut self) {
        self.gap = true;
        self.searches = SEARCHES;
    }

    /// A secret is new: searching is worth while again.
    pub(super) const fn renew(&mut self) {
        self.searches = SEARCHES;
    }

    /// Takes one of the searches that are left.
    pub(super) const fn may_search(&mut self) -> bool {
        let left = self.searches > 0;
        self.searches = self.searches.saturating_sub(1);
        self.window = self.next_window;
        self.next_window = (self.window + 1) % WINDOWS;
        left
    }

    /// Whether records may have passed that were not seen in the clear.
    pub(super) const fn is_uncertain(&self) -> bool {
        self.gap || self.unread > 0
    }

    pub(super) const fn has_gap(&self) -> bool {
        self.gap
    }

    /// The numbers the next record can have under the same key.
    pub(super) const fn here(&self) -> RangeInclusive<u64> {
        if self.gap { self.window_behind(self.expected()) } else { self.expected()..=self.expected() }
    }

    /// The numbers the next record can have under a later key, when at least `skipped` of the records that passed
    /// were still of the present one. `None`: it cannot have changed. Few records come before the change, so the
    /// numbers close to the count of all of them are the likely ones.
    pub(super) const fn under_later_key(&self, skipped: u64) -> Option<RangeInclusive<u64>> {
        match self.unread.checked_sub(skipped) {
            Some(highest) if self.gap && self.window > 0 => Some(self.window_behind(highest)),
            Some(highest) if self.gap => {
                Some(highest.saturating_sub(WINDOW)..=highest.saturating_add(WINDOW))
            }
            Some(highest) => Some(highest.saturating_sub(WINDOW)..=highest),
            None if self.gap => Some(self.window_behind(0)),
            None => None,
        }
    }

    const fn window_behind(&self, number: u64) -> RangeInclusive<u64> {
        let start = number.saturating_add(self.window * WINDOW);
        start..=start.saturating_add(WINDOW)
    }
}

/// Notices that the secrets of a connection have changed, without a look at the store for each record.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    epoch: u64,
    revision: u64,
}

impl Watch {
    /// Whether there are secrets that were not there at the last call.
    pub(crate) fn changed(&mut self, store: &KeyStore, client_random: &ClientRandom) -> bool {
        let epoch = store.epoch();
        if epoch == self.epoch {
            return false;
        }
        self.epoch = epoch;
        let before = std::mem::replace(&mut self.revision, store.revision(client_random));
        before != self.revision
    }

    /// Whether the last call found any secret.
    pub(super) const fn has_secrets(&self) -> bool {
        self.revision != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a decryptor does with each record behind a gap.
    fn search(position: &mut Position, sequence: u64) -> bool {
        if position.expected() == sequence || (position.may_search() && position.here().contains(&sequence)) {
            position.opened(sequence);
            return true;
        }
        position.missed();
        false
    }

    #[test]
    fn a_gap_is_bridged_within_a_few_records() {
        for lost in [0, 1, 63, 64, 65, 1_000, WINDOW * WINDOWS - 1] {
            let mut position = Position::start(0, false);
            position.opened(9);
            position.lost();
            let first = 10 + lost;
            let found = (first..first + WINDOWS).position(|sequence| search(&mut position, sequence));
            assert!(found.is_some_and(|records| records as u64 <= lost / WINDOW), "{lost} lost: {found:?}");
            assert_eq!((position.is_uncertain(), position.has_gap()), (false, false));
        }
    }

    #[test]
    fn searches_end_and_a_secret_renews_them() {
        let mut position = Position::start(0, false);
        position.lost();
        for _ in 0..SEARCHES {
            assert!(position.may_search());
            let range = position.here();
            assert!(range.end() - range.start() <= WINDOW);
        }
        assert!(!position.may_search());
        position.renew();
        assert!(position.may_search());
    }

    #[test]
    fn a_later_key_starts_among_the_records_that_passed() {
        assert_eq!(Position::start(0, false).under_later_key(1), None);
        assert_eq!(Position::start(0, false).under_later_key(0), Some(0..=0));
        assert_eq!(Position::start(5, false).under_later_key(1), Some(0..=4));
        assert_eq!(Position::start(1_000, false).under_later_key(1), Some(935..=999));
        assert_eq!(Position::start(u64::MAX, true).under_later_key(0), Some(u64::MAX - WINDOW..=u64::MAX));
    }
}
