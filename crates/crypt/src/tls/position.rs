//! Where a direction stands: the sequence number of its next record, and how sure that is.

use std::ops::RangeInclusive;

use crate::keystore::KeyStore;
use crate::secret::ClientRandom;

/// How many records a gap may have swallowed before the sequence number is given up.
const WINDOW: u64 = 64;

/// How many records in a row are searched for in vain before only the expected number is tried: a wrong secret
/// must not cost a search for each record.
const SEARCHES: u8 = 32;

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
}

impl Position {
    /// At the first record of a key, `unread` records having passed since that may have been of that key.
    pub(super) const fn start(unread: u64, gap: bool) -> Self {
        Self { base: 0, unread, gap, searches: SEARCHES }
    }

    /// The number of the next record, if none is missing and the key has not changed.
    pub(super) const fn expected(&self) -> u64 {
        self.base.saturating_add(self.unread)
    }

    /// The record with this number was opened.
    pub(super) const fn opened(&mut self, sequence: u64) {
        *self = Self { base: sequence.saturating_add(1), unread: 0, gap: false, searches: SEARCHES };
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
        self.expected()..=self.expected().saturating_add(self.reach())
    }

    /// The numbers the next record can have under a later key, when at least `skipped` of the records that passed
    /// were still of the present one. `None`: it cannot have changed. Few records come before the change, so the
    /// numbers close to the count of all of them are the likely ones.
    pub(super) const fn under_later_key(&self, skipped: u64) -> Option<RangeInclusive<u64>> {
        match self.unread.checked_sub(skipped) {
            Some(highest) => Some(highest.saturating_sub(WINDOW)..=highest.saturating_add(self.reach())),
            None if self.gap => Some(0..=WINDOW),
            None => None,
        }
    }

    const fn reach(&self) -> u64 {
        if self.gap { WINDOW } else { 0 }
    }
}

/// Notices that the secrets of a connection have changed, without a look at the store for each record.
#[derive(Debug, Default)]
pub(super) struct Watch {
    epoch: u64,
    revision: u64,
}

impl Watch {
    /// Whether there are secrets that were not there at the last call.
    pub(super) fn changed(&mut self, store: &KeyStore, client_random: &ClientRandom) -> bool {
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
