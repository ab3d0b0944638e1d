//! Reads frames, in order, on one thread.

use super::clock::{Tick, Ticker};
use super::sift::Step;
use super::signals::Signals;
use crate::capture::{self, Batch, Cut, Filled, Live, Offline, Progress};
use crossbeam_channel::{Receiver, Sender, bounded};

/// Emptied loads that wait to be filled again at most.
const SPARE_LOADS: usize = 64;

/// Some frames, and what they are found to be, in the same order.
#[derive(Default)]
pub(super) struct Load {
    pub(super) batch: Batch,
    pub(super) steps: Vec<Step>,
}

/// Some frames, on their way through the house.
pub(super) struct Job {
    pub(super) load: Load,
    /// How far the reading of files has come.
    pub(super) progress: Option<Progress>,
    /// Live, what time it is.
    pub(super) tick: Option<Tick>,
    /// SIGHUP came: outputs that are files are to be opened anew.
    pub(super) is_hung_up: bool,
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
    signals: Signals,
    spare: Receiver<Load>,
    is_ended: bool,
    error: Option<capture::Error>,
}

impl Head {
    /// At the start of the input; the sender takes emptied loads back.
    pub(super) fn new(input: Input, signals: Signals) -> (Self, Sender<Load>) {
        let (back, spare) = bounded(SPARE_LOADS);
        let head = Self {
            input,
            signals,
            spare,
            is_ended: false,
            error: None,
        };
        (head, back)
    }

    /// The next frames; nothing at the end, when asked to stop, or if the input cannot be read.
    pub(super) fn next(&mut self) -> Option<Job> {
        let mut load = self.spare.try_recv().unwrap_or_default();
        load.batch.clear();
        load.steps.clear();
        while !self.is_ended {
            let (progress, tick) = match self.fill(&mut load.batch) {
                Ok(told) => told,
                Err(error) => {
                    self.error = Some(error);
                    self.is_ended = true;
                    (None, None)
                }
            };
            let is_hung_up = self.signals.take_hang_up();
            if !load.batch.is_empty() || progress.is_some() || tick.is_some() || is_hung_up {
                return Some(Job {
                    load,
                    progress,
                    tick,
                    is_hung_up,
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
        let stopped = self.signals.is_stop_asked();
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
                self.is_ended = filled == Filled::End || self.signals.is_stop_asked();
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
