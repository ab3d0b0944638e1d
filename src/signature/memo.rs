//! Which checks were done, and how they ended.

use dashmap::DashMap;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, TryLockError};

/// A check by identity: what was signed with its signature, and the key.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Check {
    /// SHA-256 that stands for signed data and signature.
    pub(super) signed: [u8; 32],
    /// SHA-256 over the key's RDATA.
    pub(super) key: [u8; 32],
}

/// A few of the octets are plenty for a place in a table. The map's hasher is keyed, so that
/// nobody can grind signatures which all fall into one place.
impl Hash for Check {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for half in [&self.signed, &self.key] {
            let start = half.first_chunk().copied().unwrap_or_default();
            state.write_u64(u64::from_ne_bytes(start));
        }
    }
}

/// How a check ended.
#[derive(Debug)]
struct Entry {
    is_valid: bool,
    /// Asked for again since it was entered or since the last sweep.
    is_in_use: AtomicBool,
}

/// Checks of one segment: to sweep it takes as long as a check or two, and a message that finds
/// its segment full pays for that.
const CHECKS_PER_SEGMENT: usize = 1024;

/// Locks of a segment, a power of two.
const SHARDS: usize = 2;

/// A bounded map of checks. It may forget, but what it tells is true.
#[derive(Debug)]
pub(super) struct Memo(Box<[Segment]>);

/// A part of the memo.
///
/// When it is full, the entries that nobody asked for again since the last sweep leave, and of
/// the others as many as it takes to be half empty. A flood of signatures seen only once thus
/// does not displace those in daily use.
#[derive(Debug)]
struct Segment {
    entries: DashMap<Check, Entry>,
    /// Entries now; `DashMap::len` would lock all shards.
    count: AtomicUsize,
    capacity: usize,
    sweeping: Mutex<()>,
}

impl Memo {
    pub(super) fn new(capacity: usize) -> Self {
        let segments = (capacity / CHECKS_PER_SEGMENT).max(1);
        let segment = |place: usize| {
            let rest = usize::from(place < capacity % segments);
            Segment::new(capacity / segments + rest)
        };
        Self((0..segments).map(segment).collect())
    }

    pub(super) fn len(&self) -> usize {
        let counts = self.0.iter().map(|part| part.count.load(Ordering::Relaxed));
        counts.sum()
    }

    /// Whether the check found the signature valid; `compute` tells if nobody remembers.
    pub(super) fn recall_or(&self, check: &Check, compute: impl FnOnce() -> bool) -> bool {
        // Other octets than those that the map hashes. Who grinds signatures for one segment
        // has no more than that one forget.
        let octets = check.signed.last_chunk().copied().unwrap_or_default();
        let place = usize::from_ne_bytes(octets) % self.0.len().max(1);
        match self.0.get(place) {
            Some(segment) => segment.recall_or(check, compute),
            None => compute(),
        }
    }
}

impl Segment {
    fn new(capacity: usize) -> Self {
        Self {
            entries: DashMap::with_shard_amount(SHARDS),
            count: AtomicUsize::new(0),
            capacity,
            sweeping: Mutex::new(()),
        }
    }

    /// Whether the check found the signature valid; `compute` tells if nobody remembers.
    fn recall_or(&self, check: &Check, compute: impl FnOnce() -> bool) -> bool {
        if let Some(entry) = self.entries.get(check) {
            // Only the first hit writes, so that hot entries stay in every core's cache.
            if !entry.is_in_use.load(Ordering::Relaxed) {
                entry.is_in_use.store(true, Ordering::Relaxed);
            }
            return entry.is_valid;
        }
        // No lock is held here: two threads may compute the same, with the same outcome.
        let is_valid = compute();
        self.remember(*check, is_valid);
        is_valid
    }

    fn remember(&self, check: Check, is_valid: bool) {
        // Taken before it is used, so that no number of threads can exceed the capacity.
        if self.count.fetch_add(1, Ordering::Relaxed) >= self.capacity {
            self.count.fetch_sub(1, Ordering::Relaxed);
            self.sweep();
            return;
        }
        let entry = Entry {
            is_valid,
            is_in_use: AtomicBool::new(false),
        };
        if self.entries.insert(check, entry).is_some() {
            self.count.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn sweep(&self) {
        let _guard = match self.sweeping.try_lock() {
            Ok(guard) => guard,
            // A sweep that panicked left nothing half done.
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // One sweeper is enough.
            Err(TryLockError::WouldBlock) => return,
        };
        let room = self.capacity / 2;
        let (mut kept, mut gone) = (0, 0);
        self.entries.retain(|_, entry| {
            let stays = kept < room && entry.is_in_use.swap(false, Ordering::Relaxed);
            *if stays { &mut kept } else { &mut gone } += 1;
            stays
        });
        self.count.fetch_sub(gone, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(number: u32) -> Check {
        let mut signed = [0; 32];
        signed[..4].copy_from_slice(&number.to_be_bytes());
        signed[28..].copy_from_slice(&number.to_be_bytes());
        Check {
            signed,
            key: [0; 32],
        }
    }

    fn is_known(memo: &Memo, number: u32) -> bool {
        memo.0
            .iter()
            .any(|part| part.entries.contains_key(&check(number)))
    }

    #[test]
    fn failures_are_remembered_too() {
        let memo = Memo::new(10);
        for is_valid in [true, false] {
            let check = check(u32::from(is_valid));
            assert_eq!(memo.recall_or(&check, || is_valid), is_valid);
            assert_eq!(
                memo.recall_or(&check, || panic!("computed twice")),
                is_valid
            );
        }
        assert_eq!(memo.len(), 2);
    }

    #[test]
    fn a_full_memo_forgets_what_nobody_asks_for_again() {
        let memo = Memo::new(100);
        for number in 0..20 {
            memo.recall_or(&check(number), || true);
            memo.recall_or(&check(number), || panic!("computed twice"));
        }
        for number in 1000..1090 {
            memo.recall_or(&check(number), || false);
        }
        assert!((0..20).all(|number| is_known(&memo, number)));
        assert!(memo.len() < 100, "{}", memo.len());
    }

    #[test]
    fn a_memo_never_exceeds_its_capacity() {
        for capacity in [0, 1, 2, 64, 3000] {
            let memo = Memo::new(capacity);
            std::thread::scope(|scope| {
                for thread in 0..4 {
                    let memo = &memo;
                    scope.spawn(move || {
                        for number in 0..2000 {
                            let key = check(number * (thread % 2 + 1));
                            assert!(memo.recall_or(&key, || true));
                            // All in use: the sweep must make room all the same.
                            memo.recall_or(&key, || true);
                        }
                    });
                }
            });
            assert!(memo.len() <= capacity);
            assert_eq!(
                memo.len(),
                memo.0.iter().map(|part| part.entries.len()).sum::<usize>()
            );
        }
    }
}
