//! Reads frames, in order, on one thread.

use super::stop::Stop;
use crate::capture::{self, Batch, Cut, Filled, Offline, Progress};
use crossbeam_channel::{Receiver, Sender, bounded};

/// Emptied batches that wait to be filled again at most.
const SPARE_BATCHES: usize = 64;

/// Some frames, on their way through the house.
pub(super) struct Job {
    pub(super) batch: Batch,
    pub(super) progress: Progress,
}

/// Reads the input and hands it on in batches.
pub(super) struct Head {
    input: Offline,
    stop: Stop,
    spare: Receiver<Batch>,
    is_ended: bool,
    was_stopped: bool,
    error: Option<capture::Error>,
}

impl Head {
    /// At the start of the input; the sender takes batches back.
    pub(super) fn new(input: Offline, stop: Stop) -> (Self, Sender<Batch>) {
        let (back, spare) = bounded(SPARE_BATCHES);
        let head = Self {
            input,
            stop,
            spare,
            is_ended: false,
            was_stopped: false,
            error: None,
        };
        (head, back)
    }

    /// The next frames; nothing at the end, when asked to stop, or if the input cannot be read.
    pub(super) fn next(&mut self) -> Option<Job> {
        if self.is_ended {
            return None;
        }
        if self.stop.is_asked() {
            self.was_stopped = true;
            return None;
        }
        let mut batch = self.spare.try_recv().unwrap_or_default();
        batch.clear();
        match self.input.fill(&mut batch) {
            Ok(Filled::More) => {}
            Ok(Filled::End) => self.is_ended = true,
            Err(error) => {
                self.error = Some(error);
                self.is_ended = true;
            }
        }
        Some(Job {
            batch,
            progress: self.input.progress(),
        })
    }

    /// Whether the user ended it before its end.
    pub(super) const fn was_stopped(&self) -> bool {
        self.was_stopped
    }

    /// Files that could not be read to their end.
    pub(super) fn cuts(&self) -> &[Cut] {
        self.input.cuts()
    }

    /// Why the input could not be read on.
    pub(super) fn into_error(self) -> Option<capture::Error> {
        self.error
    }
}
