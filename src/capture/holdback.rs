//! Frames of several interfaces, in the order of their times.

use super::Batch;
use crate::time::Timestamp;

/// How far an interface may lag behind another: the kernel hands frames over in blocks, twice as
/// late at most as it may hold them.
const LAG_NANOS: i64 = 20_000_000;
/// Rounds without any frame after which nothing is held back.
const QUIET_ROUNDS: u32 = 4;
/// Frames that may be held back.
const FRAMES: usize = 64 * 1024;

/// Holds frames back until no interface can bring earlier ones.
#[derive(Debug, Default)]
pub(super) struct Holdback {
    held: Batch,
    spare: Batch,
    quiet_rounds: u32,
}

impl Holdback {
    /// Where new frames go.
    pub(super) const fn inlet(&mut self) -> &mut Batch {
        &mut self.held
    }

    /// Ends a round, which brought frames or not, and adds those to `batch` that are due.
    pub(super) fn end_round(&mut self, has_frames: bool, batch: &mut Batch) {
        self.quiet_rounds = if has_frames {
            0
        } else {
            self.quiet_rounds.saturating_add(1)
        };
        let newest = self
            .held
            .frames()
            .map(|frame| frame.time)
            .max()
            .unwrap_or_default();
        let is_over = self.quiet_rounds >= QUIET_ROUNDS || self.held.len() > FRAMES;
        let lag = if is_over { 0 } else { LAG_NANOS };
        self.release(
            Timestamp::from_nanos(newest.as_nanos().saturating_sub(lag)),
            batch,
        );
    }

    /// Adds all frames to `batch`.
    pub(super) fn end(&mut self, batch: &mut Batch) {
        self.release(Timestamp::MAX, batch);
    }

    fn release(&mut self, until: Timestamp, batch: &mut Batch) {
        self.held.sort_by_time();
        for frame in self.held.frames() {
            let due = if frame.time <= until {
                &mut *batch
            } else {
                &mut self.spare
            };
            due.push(&frame);
        }
        std::mem::swap(&mut self.held, &mut self.spare);
        self.spare.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Frame, FrameNumber, LinkType};

    #[test]
    fn frames_leave_in_the_order_of_their_times() {
        let mut holdback = Holdback::default();
        // Milliseconds of the frames that a round brings, and of those that leave.
        let rounds: [(&[i64], &[i64]); 8] = [
            (&[100, 101, 130], &[100, 101]),
            (&[105, 106], &[105, 106]),
            (&[125, 150], &[125, 130]),
            (&[], &[]),
            (&[], &[]),
            (&[], &[]),
            (&[], &[150]),
            (&[149], &[]),
        ];
        for (place, (arriving, leaving)) in rounds.into_iter().enumerate() {
            for millis in arriving {
                holdback.inlet().push(&Frame {
                    number: FrameNumber::default(),
                    time: Timestamp::from_nanos(millis * 1_000_000),
                    link: LinkType::ETHERNET,
                    original_octets: 0,
                    octets: &[],
                });
            }
            let mut batch = Batch::new();
            holdback.end_round(!arriving.is_empty(), &mut batch);
            let seen: Vec<_> = batch
                .frames()
                .map(|f| f.time.as_nanos() / 1_000_000)
                .collect();
            assert_eq!(seen, leaving, "round {place}");
        }
        let mut batch = Batch::new();
        holdback.end(&mut batch);
        assert_eq!(batch.len(), 1);
    }
}
