//! What was seen a moment ago, by digest.

use crate::time::Timestamp;
use nohash_hasher::IntMap;

/// Values that are found for a while, by digests that nobody outside can choose.
///
/// They are kept in two generations: when the young one is full or old enough, it takes the
/// place of the old one, which is forgotten. So each value is found for as long as is asked for,
/// unless there are too many, and nothing has to be kept in order or taken out one by one.
pub(super) struct Recent<V> {
    young: IntMap<u64, V>,
    old: IntMap<u64, V>,
    /// When the young generation began.
    since: Timestamp,
    /// For how long a value is found at least, in nanoseconds.
    span: i64,
    /// Values of a generation at most.
    most: usize,
}

impl<V> Recent<V> {
    /// With nothing in it; `most` values are kept at most, each for `span` nanoseconds at least
    /// and about twice that at most.
    pub(super) fn new(span: i64, most: usize) -> Self {
        Self {
            young: IntMap::default(),
            old: IntMap::default(),
            since: Timestamp::default(),
            span,
            most: most / 2,
        }
    }

    /// The value of a digest.
    pub(super) fn get(&self, digest: u64) -> Option<&V> {
        self.young.get(&digest).or_else(|| self.old.get(&digest))
    }

    /// The value of a digest, to be changed in its place.
    pub(super) fn get_mut(&mut self, digest: u64) -> Option<&mut V> {
        let young = self.young.get_mut(&digest);
        young.or_else(|| self.old.get_mut(&digest))
    }

    /// Puts a value in the place of the one that this digest had.
    pub(super) fn insert(&mut self, digest: u64, value: V, now: Timestamp) {
        let age = now.as_nanos().saturating_sub(self.since.as_nanos());
        if age >= self.span || self.young.len() >= self.most {
            std::mem::swap(&mut self.young, &mut self.old);
            self.young.clear();
            self.since = now;
        }
        self.young.insert(digest, value);
    }

    /// Values in it, one that is in both generations twice.
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_for_its_time_and_then_forgotten() {
        let mut recent = Recent::new(100, 1000);
        let at = Timestamp::from_nanos;
        for moment in 0..400_u32 {
            let now = i64::from(moment);
            recent.insert(u64::from(moment), moment, at(now));
            let of = |age: u32| recent.get(u64::from(moment.wrapping_sub(age)));
            for age in (0..=100).filter(|age| *age <= moment) {
                assert_eq!(of(age), Some(&(moment - age)), "{moment} {age}");
            }
            assert_eq!(of(200), None, "{moment}");
        }
    }

    #[test]
    fn there_are_never_more_than_allowed() {
        let mut recent = Recent::new(i64::MAX, 100);
        for digest in 0..1000 {
            recent.insert(digest, (), Timestamp::from_nanos(0));
            assert!(recent.len() <= 100);
        }
    }

    #[test]
    fn the_younger_value_of_a_digest_counts() {
        let mut recent = Recent::new(10, 100);
        for (moment, value) in [(0, 'a'), (10, 'b'), (11, 'c')] {
            recent.insert(7, value, Timestamp::from_nanos(moment));
            assert_eq!(recent.get_mut(7), Some(&mut value.clone()));
        }
    }
}
