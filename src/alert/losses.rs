//! What was lost lately.

use super::notice::Loss;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// How long a loss casts doubt.
const SHADOW: i64 = 10;

/// How long before it was counted a loss may have been.
const LEAD: i64 = 1;

/// Counts kept at most.
const BOUND: usize = 64;

/// The latest counts of lost packets, and when an interface was last out.
#[derive(Debug, Default)]
pub(super) struct Losses {
    counts: VecDeque<(Timestamp, Loss)>,
    /// From when to when.
    blind: Option<(Timestamp, Timestamp)>,
}

impl Losses {
    /// Notes what was lost up to `time`.
    pub(super) fn add(&mut self, time: Timestamp, loss: Loss) {
        if loss.total() > 0 {
            if self.counts.len() >= BOUND {
                self.counts.pop_front();
            }
            self.counts.push_back((time, loss));
        }
    }

    /// Notes that at `time` an interface was out: nobody can count what passed there.
    pub(super) fn blind(&mut self, time: Timestamp) {
        let since = self.blind.filter(|(_, until)| is_near(*until, time));
        self.blind = Some((since.map_or(time, |(since, _)| since), time));
    }

    /// Whether something may be missing from what was seen up to `time`.
    pub(super) fn cast_doubt(&self, time: Timestamp) -> bool {
        let is_blind =
            |(since, until): (Timestamp, Timestamp)| is_near(since.max(time.min(until)), time);
        self.before(time).total() > 0 || self.blind.is_some_and(is_blind)
    }

    /// What was lost in the ten seconds before `time`.
    pub(super) fn before(&self, time: Timestamp) -> Loss {
        self.counts
            .iter()
            .filter(|(lost, _)| is_near(*lost, time))
            .fold(Loss::default(), |sum, (_, loss)| sum.plus(*loss))
    }
}

fn is_near(lost: Timestamp, time: Timestamp) -> bool {
    (-LEAD..=SHADOW).contains(&time.seconds_since(lost))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loss_casts_doubt_for_ten_seconds() {
        let mut losses = Losses::default();
        let at = |seconds| Timestamp::new(seconds, 0);
        let loss = Loss {
            kernel_drops: 3,
            ..Loss::default()
        };
        losses.add(at(100), loss);
        for (seconds, expected) in [(98, 0), (99, 3), (100, 3), (110, 3), (111, 0)] {
            assert_eq!(losses.before(at(seconds)).total(), expected, "{seconds}");
        }
    }
    #[test]
    fn an_interface_that_is_out_casts_doubt_as_well() {
        let mut losses = Losses::default();
        let at = |seconds| Timestamp::new(seconds, 0);
        for second in [50, 100, 101, 105, 112] {
            losses.blind(at(second));
        }
        for (seconds, expected) in [
            (98, false),
            (99, true),
            (107, true),
            (122, true),
            (123, false),
        ] {
            assert_eq!(losses.cast_doubt(at(seconds)), expected, "{seconds}");
            assert_eq!(losses.before(at(seconds)).total(), 0);
        }
    }
}
