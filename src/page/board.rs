//! Where the tail puts what it has to say, and who asks takes it from.

use super::snapshot::Snapshot;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The latest snapshot. Neither side ever waits for the other.
#[derive(Debug)]
pub struct Board {
    latest: ArcSwapOption<Published>,
    since: Instant,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            latest: ArcSwapOption::empty(),
            since: now(),
        }
    }
}

/// A snapshot, and what of the moment depends on the machine.
#[derive(Debug)]
pub struct Published {
    /// What the capture tells.
    pub snapshot: Snapshot,
    /// How far the tail is behind the traffic.
    pub lag: Duration,
    /// Signature checks that are remembered.
    pub remembered_checks: usize,
    at: Instant,
}

/// What of an answer depends on when it is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Moment {
    /// How long ago the snapshot was published.
    pub age: Duration,
    /// How far the tail was behind the traffic then.
    pub lag: Duration,
    /// Signature checks that were remembered then.
    pub remembered_checks: usize,
    /// Octets of memory that the process holds.
    pub resident_octets: Option<u64>,
}

impl Board {
    /// Puts a snapshot up in the place of the one before.
    pub fn publish(&self, snapshot: Snapshot, lag: Duration, remembered_checks: usize) {
        self.latest.store(Some(Arc::new(Published {
            snapshot,
            lag,
            remembered_checks,
            at: now(),
        })));
    }

    /// How long there has been a board.
    pub(super) fn age(&self) -> Duration {
        self.since.elapsed()
    }

    /// The latest snapshot; nothing before the first.
    pub fn latest(&self) -> Option<Arc<Published>> {
        self.latest.load_full()
    }
}

impl Published {
    /// What of the answer depends on when it is asked for.
    pub(super) fn moment(&self) -> Moment {
        Moment {
            age: self.at.elapsed(),
            lag: self.lag,
            remembered_checks: self.remembered_checks,
            resident_octets: resident_octets(),
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "that the tail stands still shows by no clock of its own"
)]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Linux says so in kB.
fn resident_octets() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kilobytes * 1024)
}
