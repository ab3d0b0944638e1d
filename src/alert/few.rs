//! Sets that stay small however much traffic there is.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How many members are listed.
const LISTED: usize = 20;

/// Up to how many members are told apart; the total stays there.
const COUNTED: usize = 1000;

/// The first members of a set, in order of appearance, and how many there are.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Few<T> {
    listed: Vec<T>,
    #[serde(bound(deserialize = "T: Deserialize<'de> + Ord"))]
    seen: BTreeSet<T>,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self {
            listed: Vec::new(),
            seen: BTreeSet::new(),
        }
    }
}

impl<T: Clone + Ord> Few<T> {
    /// Adds a member; says whether it is new.
    pub(super) fn add(&mut self, member: &T) -> bool {
        if self.seen.contains(member) || self.seen.len() >= COUNTED {
            return false;
        }
        self.seen.insert(member.clone());
        if self.listed.len() < LISTED {
            self.listed.push(member.clone());
        }
        true
    }

    pub(super) fn contains(&self, member: &T) -> bool {
        self.seen.contains(member)
    }

    /// How many there are: exact up to a thousand.
    pub(super) fn total(&self) -> usize {
        self.seen.len()
    }

    /// The first ones, in order of appearance.
    pub(super) fn listed(&self) -> &[T] {
        &self.listed
    }

    /// The first one.
    pub(super) fn first(&self) -> Option<&T> {
        self.listed.first()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_the_first_and_counts_the_rest() {
        let mut few = Few::default();
        for member in (0..5000).rev() {
            few.add(&member);
            few.add(&member);
        }
        assert_eq!(few.listed().len(), LISTED);
        assert_eq!((few.first(), few.total()), (Some(&4999), COUNTED));
    }
}
