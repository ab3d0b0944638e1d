//! Gives a finished run: all threads from the first frame to the last line.
//!
//! Takes [`Settings`] and gives what the run [`Finished`] with. An ordered head reads, workers
//! compute side by side, an ordered tail decides, so that the answer does not depend on how many
//! workers there are. Owns all threads, the outputs, and the counts. The only door to
//! crossbeam-channel and signal-hook.

mod error;
mod head;
mod judge;
mod ordered;
mod progress;
mod sift;
mod sinks;
mod stop;
mod summary;
mod tail;
mod tally;

pub use error::Error;
pub use sinks::Target;
pub use summary::Summary;
pub use tally::Tally;

use crate::capture::Offline;
use crate::packet::Ports;
use crate::signature::Verifier;
use head::{Head, Job};
use judge::Judge;
use progress::ProgressLine;
use sinks::{Mode, Sinks, Stuck};
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use stop::Stop;
use tail::Tail;

/// Signature checks that are remembered.
const REMEMBERED_CHECKS: usize = 1 << 20;

/// What to run on, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Captures, merged by time; `-` is standard input.
    pub captures: Vec<PathBuf>,
    /// A filter in libpcap's language.
    pub filter: Option<String>,
    /// Ports at which DNS is spoken.
    pub ports: Ports,
    /// Threads in the middle.
    pub workers: NonZeroUsize,
    /// Where a line for every judged response goes.
    pub verdicts: Option<Target>,
    /// Draw on standard error how far the reading has come.
    pub shows_progress: bool,
}

/// What a run came to.
#[derive(Debug)]
pub struct Finished {
    /// What became of what came in.
    pub tally: Tally,
    /// What was not read, each in one sentence.
    pub shortfalls: Vec<String>,
}

/// Runs to the end of the input.
pub fn run(settings: &Settings) -> Result<Finished, Error> {
    let stop = Stop::on_signals()?;
    let mut input = Offline::open(&settings.captures)?;
    if let Some(filter) = &settings.filter {
        input = input.with_filter(filter)?;
    }
    let targets: Vec<_> = settings.verdicts.iter().collect();
    sinks::check_distinct(&targets, &settings.captures)?;
    let mut sinks = Sinks::new();
    let verdicts = settings
        .verdicts
        .as_ref()
        .map(|target| sinks.open(target, Mode::Replace))
        .transpose()?;
    let verifier = Arc::new(Verifier::new(REMEMBERED_CHECKS));
    let (mut head, back) = Head::new(input, stop);
    let mut tail = Tail::new(settings.ports.clone(), Judge { sinks, verdicts });
    let mut progress = ProgressLine::new(settings.shows_progress);
    let end = ordered::run(
        settings.workers,
        || head.next(),
        |job: Job| sift::sift(job, &settings.ports, &verifier),
        |sifted| match tail.apply(sifted) {
            Ok(job) => {
                progress.show(&job.progress);
                // If the head has batches enough, this one is dropped.
                let _ = back.try_send(job.batch);
                ControlFlow::Continue(())
            }
            Err(stuck) => ControlFlow::Break(stuck),
        },
    );
    progress.clear();
    let mut shortfalls: Vec<_> = head.cuts().iter().map(ToString::to_string).collect();
    if head.was_stopped() {
        shortfalls.push("stopped by a signal: the rest was not read".to_owned());
    }
    let tally = match end {
        ControlFlow::Continue(()) => tail.finish(),
        ControlFlow::Break(stuck) => Err(stuck),
    };
    match (tally, head.into_error()) {
        (_, Some(error)) => Err(error.into()),
        (Ok(tally), None) => Ok(Finished { tally, shortfalls }),
        (Err(Stuck::ReaderGone), None) => Ok(Finished {
            tally: Tally::default(),
            shortfalls: Vec::new(),
        }),
        (Err(Stuck::Failed(error)), None) => Err(error),
    }
}
