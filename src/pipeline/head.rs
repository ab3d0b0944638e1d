//! Reads frames, in order, on one thread.

use super::clock::{Tick, Ticker};
use super::stop::Stop;
use crate::capture::{self, Batch, Cut, Filled, Live, Offline, Progress};
use crossbeam_channel::{Receiver, Sender, bounded};

/// Emptied batches that wait to be filled again at most.
const SPARE_BATCHES: usize = 64;

/// Some frames, on their way through the house.
pub(super) struct Job {
    pub(super) batch: Batch,
    /// How far the reading of files has come.
    pub(super) progress: Option<Progress>,
    /// Live, what time it is.
    pub(super) tick: Option<Tick>,
}

/// Where frames come from.
pub(super) enum Input {
    /// Files, or standard input.
    Files(Box<Offline>),
    /// Interfaces.
    Interfaces(Box<Live>, Ticker),
}

/// Reads the input and hands it on in batches.
pub(super) struct Head {
    input: Input,
    stop: Stop,
    spare: Receiver<Batch>,
    is_ended: bool,
    error: Option<capture::Error>,
}

impl Head {
    /// At the start of the input; the sender takes batches back.
    pub(super) fn new(input: Input, stop: Stop) -> (Self, Sender<Batch>) {
        let (back, spare) = bounded(SPARE_BATCHES);
        let head = Self {
            input,
            stop,
            spare,
            is_ended: false,
            error: None,
        };
        (head, back)
    }

    /// The next frames; nothing at the end, when asked to stop, or if the input cannot be read.
    pub(super) fn next(&mut self) -> Option<Job> {
        let mut batch = self.spare.try_recv().unwrap_or_default();
        batch.clear();
        while !self.is_ended {
            let (progress, tick) = match self.fill(&mut batch) {
                Ok(told) => told,
                Err(error) => {
                    self.error = Some(error);
                    self.is_ended = true;
                    (None, None)
                }
            };
            if !batch.is_empty() || progress.is_some() || tick.is_some() {
                return Some(Job {
                    batch,
                    progress,
                    tick,
                });
            }
        }
        None
    }

    /// Why not all of the input was read, each in one sentence.
    pub(super) fn shortfalls(&self) -> Vec<String> {
        let Input::Files(offline) = &self.input else {
            return Vec::new();
        };
        let cuts = offline.cuts().iter().map(Cut::to_string);
        let stopped = self.stop.is_asked();
        cuts.chain(stopped.then(|| "stopped by a signal: the rest was not read".to_owned()))
            .collect()
    }

    /// Why the input could not be read on.
    pub(super) fn into_error(self) -> Option<capture::Error> {
        self.error
    }

    fn fill(
        &mut self,
        batch: &mut Batch,
    ) -> Result<(Option<Progress>, Option<Tick>), capture::Error> {
        match &mut self.input {
            Input::Files(offline) => {
                let filled = offline.fill(batch)?;
                self.is_ended = filled == Filled::End || self.stop.is_asked();
                Ok((Some(offline.progress()), None))
            }
            Input::Interfaces(live, ticker) => {
                let filled = live.fill(batch)?;
                self.is_ended = filled == Filled::End;
                let tick = ticker.tick(live, batch.is_empty(), self.is_ended)?;
                Ok((None, tick))
            }
        }
    }
}
