//! A bounded memory that forgets what was not renewed lately.

use std::collections::HashMap;
use std::hash::Hash;

/// Keys and values in two generations: when the young one is full, the old one goes.
///
/// Remembers at least the last `capacity` keys that were inserted, at most twice as many.
#[derive(Debug)]
pub(super) struct Memory<K, V> {
    capacity: usize,
    young: HashMap<K, V>,
    old: HashMap<K, V>,
}

impl<K: Eq + Hash, V> Memory<K, V> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            capacity,
            young: HashMap::new(),
            old: HashMap::new(),
        }
    }

    pub(super) fn insert(&mut self, key: K, value: V) {
        if self.young.len() >= self.capacity && !self.young.contains_key(&key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(key, value);
    }

    /// The value of a key, which counts as inserted now.
    pub(super) fn renewed(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        if !self.young.contains_key(&key) {
            let known = self.old.remove(&key).unwrap_or_default();
            if self.young.len() >= self.capacity {
                self.old = std::mem::take(&mut self.young);
            }
            return self.young.entry(key).or_insert(known);
        }
        self.young.entry(key).or_default()
    }

    pub(super) fn get(&self, key: &K) -> Option<&V> {
        self.young.get(key).or_else(|| self.old.get(key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_keys_are_remembered_and_no_more_than_twice_as_many() {
        let mut memory = Memory::new(10);
        for key in 0..1000 {
            memory.insert(key, key);
        }
        assert!((990..1000).all(|key| memory.get(&key) == Some(&key)));
        assert!(memory.young.len() + memory.old.len() <= 20);
    }
}
