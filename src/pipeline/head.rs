//! Reads frames, in order, on one thread.

use super::clock::{Tick, Ticker};
use super::sift::Step;
use super::signals::Signals;
use crate::capture::{self, Batch, Cut, Filled, Live, Offline, Progress, Watched};
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
    /// Live, what happened to interfaces.
    pub(super) watched: Vec<Watched>,
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
            let told = match self.fill(&mut load.batch) {
                Ok(told) => told,
                Err(error) => {
                    self.error = Some(error);
                    self.is_ended = true;
                    Told::default()
                }
            };
            let is_hung_up = self.signals.take_hang_up();
            let has_told = told.progress.is_some() || told.tick.is_some() || is_hung_up;
            if !load.batch.is_empty() || has_told {
                return Some(Job {
                    load,
                    progress: told.progress,
                    tick: told.tick,
                    watched: told.watched,
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

    fn fill(&mut self, batch: &mut Batch) -> Result<Told, capture::Error> {
        match &mut self.input {
            Input::Files(offline) => {
                let filled = offline.fill(batch)?;
                self.is_ended = filled == Filled::End || self.signals.is_stop_asked();
                Ok(Told {
                    progress: Some(offline.progress()),
                    ..Told::default()
                })
            }
            Input::Interfaces(live, ticker) => {
                self.is_ended = live.fill(batch) == Filled::End;
                let (tick, watched) = ticker.tick(live, batch, self.is_ended).unzip();
                Ok(Told {
                    progress: None,
                    tick,
                    watched: watched.unwrap_or_default(),
                })
            }
        }
    }
}

/// What there is to tell beside frames.
#[derive(Default)]
struct Told {
    progress: Option<Progress>,
    tick: Option<Tick>,
    watched: Vec<Watched>,
}
