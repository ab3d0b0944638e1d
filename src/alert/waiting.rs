//! A line of what waits, which knows what of it is written down.

use std::collections::VecDeque;
use std::ops::Range;

/// Members in the order in which they came. Each keeps the place that it was given.
#[derive(Clone, Debug)]
pub(super) struct Waiting<T> {
    members: VecDeque<T>,
    /// The place of the first one, or of the next that comes.
    first: u64,
    /// The places that are written down.
    written: Range<u64>,
}

impl<T> Default for Waiting<T> {
    fn default() -> Self {
        Self {
            members: VecDeque::new(),
            first: 0,
            written: 0..0,
        }
    }
}

impl<T> Waiting<T> {
    pub(super) fn push(&mut self, member: T) {
        self.members.push_back(member);
    }

    pub(super) fn front(&self) -> Option<&T> {
        self.members.front()
    }

    pub(super) fn pop(&mut self) -> Option<T> {
        let member = self.members.pop_front()?;
        self.first += 1;
        Some(member)
    }

    /// Takes all out.
    pub(super) fn take(&mut self) -> Vec<T> {
        self.first = self.end();
        std::mem::take(&mut self.members).into()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.members.iter()
    }

    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    fn end(&self) -> u64 {
        self.first + u64::try_from(self.members.len()).unwrap_or_default()
    }

    /// What changed since this was last asked, by place: who came, and nothing where one went that
    /// was written down. Who came and went meanwhile is not told of.
    pub(super) fn take_changed(&mut self) -> Vec<(u64, Option<&T>)> {
        let places = self.first..self.end();
        let written = std::mem::replace(&mut self.written, places.clone());
        let gone = written.start..written.end.min(places.start);
        let members = places.zip(&self.members);
        let new = members.filter(|(place, _)| *place >= written.end);
        gone.map(|place| (place, None))
            .chain(new.map(|(place, member)| (place, Some(member))))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_and_went_is_told_of() {
        let mut waiting = Waiting::default();
        for member in ['a', 'b', 'c'] {
            waiting.push(member);
        }
        assert_eq!(waiting.pop(), Some('a'));
        let changed = waiting.take_changed();
        assert_eq!(changed, [(1, Some(&'b')), (2, Some(&'c'))]);
        assert_eq!(waiting.take_changed(), []);
        waiting.pop();
        waiting.push('d');
        assert_eq!(waiting.take_changed(), [(1, None), (3, Some(&'d'))]);
        waiting.push('e');
        assert_eq!(waiting.take(), ['c', 'd', 'e']);
        waiting.push('f');
        let changed = waiting.take_changed();
        assert_eq!(changed, [(2, None), (3, None), (5, Some(&'f'))]);
    }
}
