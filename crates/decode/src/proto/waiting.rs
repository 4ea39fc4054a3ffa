//! Requests of a connection that wait for their responses, for what responses do not say themselves.

use std::collections::VecDeque;

/// More requests than a client has under way.
const MOST: usize = 256;

/// The requests, oldest first; of too many the oldest goes.
pub(super) struct Waiting<T>(VecDeque<T>);

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> Waiting<T> {
    pub(super) fn ask(&mut self, request: T) {
        if self.0.len() >= MOST {
            self.0.pop_front();
        }
        self.0.push_back(request);
    }

    /// Takes out the oldest request that is the one answered; those before it go on waiting.
    pub(super) fn answer(&mut self, is_answered: impl FnMut(&T) -> bool) -> Option<T> {
        let found = self.0.iter().position(is_answered)?;
        self.0.remove(found)
    }

    /// The same where responses come in order: those before it are answered, or want no answer.
    pub(super) fn answer_in_order(&mut self, is_answered: impl FnMut(&T) -> bool) -> Option<T> {
        let found = self.0.iter().position(is_answered)?;
        self.0.drain(..=found).next_back()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.iter()
    }

    /// Number of bytes kept, without what requests point to.
    pub(super) fn bytes(&self) -> usize {
        self.0.len() * size_of::<T>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_answered_once_and_bounded() {
        let mut waiting = Waiting::default();
        (0..MOST + 2).for_each(|number| waiting.ask(number));
        assert_eq!(waiting.answer(|&number| number < 2), None, "the oldest went");
        assert_eq!(waiting.answer(|&number| number == 9), Some(9));
        assert_eq!(waiting.answer(|&number| number == 9), None);
        assert_eq!(waiting.answer_in_order(|&number| number == 11), Some(11));
        assert_eq!(waiting.answer(|&number| number < 12), None, "those before it went with it");
        assert_eq!(waiting.bytes(), (MOST - 10) * size_of::<usize>());
    }
}
