//! A moment that the user means.

use crate::time::Timestamp;

/// A moment, or one that lies so far before the present.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum When {
    /// This moment.
    At(Timestamp),
    /// So many seconds before the present.
    Ago(i64),
}

impl When {
    /// The moment, where the present is `now`: of a capture, its end.
    pub fn resolve(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(time) => time,
            Self::Ago(seconds) => now.plus_seconds(seconds.saturating_neg()),
        }
    }
}
