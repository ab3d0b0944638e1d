//! What was lost lately.

use super::notice::Loss;
use crate::time::Timestamp;
use std::collections::VecDeque;

/// How long a loss casts doubt.
const SHADOW: i64 = 10;

/// Counts kept at most.
const BOUND: usize = 64;

/// The latest counts of lost packets.
#[derive(Debug, Default)]
pub(super) struct Losses(VecDeque<(Timestamp, Loss)>);

impl Losses {
    /// Notes what was lost up to `time`.
    pub(super) fn add(&mut self, time: Timestamp, loss: Loss) {
        if loss.total() > 0 {
            if self.0.len() >= BOUND {
                self.0.pop_front();
            }
            self.0.push_back((time, loss));
        }
    }

    /// What was lost in the ten seconds before `time`.
    pub(super) fn before(&self, time: Timestamp) -> Loss {
        self.0
            .iter()
            .filter(|(lost, _)| (0..=SHADOW).contains(&time.seconds_since(*lost)))
            .fold(Loss::default(), |sum, (_, loss)| sum.plus(*loss))
    }
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
        for (seconds, expected) in [(99, 0), (100, 3), (110, 3), (111, 0)] {
            assert_eq!(losses.before(at(seconds)).total(), expected, "{seconds}");
        }
    }
}
