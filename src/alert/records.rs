//! Which audit records were written lately, so that a repeated sight writes none.

use super::kind::Kind;
use crate::signature::sha256;
use crate::time::Timestamp;
use crate::watch::Change;
use std::collections::HashMap;

/// Records remembered in each of two generations.
const BOUND: usize = 4096;

/// For how long a repeated sight is no news.
const AGE: i64 = 86_400;

/// Digests of the latest records.
#[derive(Debug, Default)]
pub(super) struct Records {
    young: HashMap<[u8; 32], Timestamp>,
    old: HashMap<[u8; 32], Timestamp>,
    /// Those that came since [`Records::take_new`].
    new: Vec<([u8; 32], Timestamp)>,
}

impl Records {
    /// Whether this change was not recorded within a day. It is now.
    pub(super) fn is_news(&mut self, kind: Kind, change: &Change, now: Timestamp) -> bool {
        let text = format!(
            "{kind:?} {} {:?} {:?}",
            change.zone, change.before, change.after
        );
        let digest = sha256(text.as_bytes());
        let told = self.young.get(&digest).or_else(|| self.old.get(&digest));
        if told.is_some_and(|told| now.seconds_since(*told) < AGE) {
            return false;
        }
        if self.young.len() >= BOUND {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(digest, now);
        if self.new.len() < BOUND {
            self.new.push((digest, now));
        }
        true
    }

    /// Those that came since this was last asked, to be written down.
    pub(super) fn take_new(&mut self) -> Vec<([u8; 32], Timestamp)> {
        std::mem::take(&mut self.new)
    }

    /// Takes up what an earlier run wrote down, the latest if it is too much.
    pub(super) fn resume(&mut self, mut told: Vec<([u8; 32], Timestamp)>) {
        told.sort_unstable_by_key(|(digest, at)| (std::cmp::Reverse(*at), *digest));
        told.truncate(BOUND);
        self.young.extend(told);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_too_many_the_latest_are_taken_up() {
        let digest = |number: u16| {
            let mut digest = [0; 32];
            digest[..2].copy_from_slice(&number.to_be_bytes());
            digest
        };
        let bound = u16::try_from(BOUND).unwrap();
        let told = (0..bound + 10).map(|n| (digest(n), Timestamp::new(i64::from(n), 0)));
        let mut records = Records::default();
        records.resume(told.collect());
        assert_eq!(records.young.len(), BOUND);
        assert!((10..bound + 10).all(|number| records.young.contains_key(&digest(number))));
    }
}
