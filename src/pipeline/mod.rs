//! Gives a finished run: all threads from the first frame to the last line.
//!
//! Takes [`Settings`] and gives what the run came to: [`Finished`]. An ordered head reads,
//! workers compute side by side, an ordered tail decides, so that the answer does not depend on
//! how many workers there are. Owns all threads, the outputs, and the counts. The only door to
//! crossbeam-channel and signal-hook.

mod error;
mod head;
mod judge;
mod lines;
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

use crate::alert::{Counts, IncidentConfig, Incidents, KnownBogus, Sensor};
use crate::capture::Offline;
use crate::chain::{self, ChainOfTrust};
use crate::packet::Ports;
use crate::signature::Verifier;
use crate::watch::{self, Watch};
use head::Head;
use judge::Judge;
use lines::Lines;
use progress::ProgressLine;
use sinks::{Mode, Stuck};
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
    /// What the operator decides about trust.
    pub trust: chain::Config,
    /// Domains that are broken on purpose.
    pub known_bogus: KnownBogus,
    /// The sensor, as lines tell of it.
    pub sensor: Sensor,
    /// Where lines go.
    pub outputs: Outputs,
    /// Draw on standard error how far the reading has come.
    pub shows_progress: bool,
}

/// Where lines go.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Where alerts go.
    pub alerts: Vec<Target>,
    /// How they look on standard output; in files they are always JSON lines.
    pub form: Form,
    /// Where a line for every judged response goes.
    pub verdicts: Option<Target>,
}

/// How alerts look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// A readable block each.
    Text {
        /// With the codes that terminals obey.
        in_colour: bool,
    },
    /// A JSON line each, in Suricata's envelope.
    Eve,
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Finished {
    /// What became of what came in.
    pub tally: Tally,
    /// What was raised.
    pub counts: Counts,
    /// What was not read, each in one sentence.
    pub shortfalls: Vec<String>,
    /// Who read standard output left before the end.
    pub is_cut_short: bool,
}

/// Runs to the end of the input.
pub fn run(settings: &Settings) -> Result<Finished, Error> {
    let stop = Stop::on_signals()?;
    let mut input = Offline::open(&settings.captures)?;
    if let Some(filter) = &settings.filter {
        input = input.with_filter(filter)?;
    }
    let verifier = Arc::new(Verifier::new(REMEMBERED_CHECKS));
    let (mut head, back) = Head::new(input, stop);
    let mut tail = Tail::new(settings.ports.clone(), judge(settings, &verifier)?);
    let mut progress = ProgressLine::new(settings.shows_progress);
    let end = ordered::run(
        settings.workers,
        || head.next(),
        |job| sift::sift(job, &settings.ports, &verifier),
        |sifted| {
            let job = match tail.apply(sifted) {
                Ok(job) => job,
                Err(stuck) => return ControlFlow::Break(stuck),
            };
            if tail.has_gathered() {
                progress.clear();
            }
            if let Err(stuck) = tail.flush() {
                return ControlFlow::Break(stuck);
            }
            progress.show(&job.progress);
            // If the head has batches enough, this one is dropped.
            let _ = back.try_send(job.batch);
            ControlFlow::Continue(())
        },
    );
    progress.clear();
    let mut shortfalls: Vec<_> = head.cuts().iter().map(ToString::to_string).collect();
    if head.was_stopped() {
        shortfalls.push("stopped by a signal: the rest was not read".to_owned());
    }
    let told = match end {
        ControlFlow::Continue(()) => tail.finish(),
        ControlFlow::Break(stuck) => Err(stuck),
    };
    match (told, head.into_error()) {
        (_, Some(error)) => Err(error.into()),
        (Ok((tally, counts)), None) => Ok(Finished {
            tally,
            counts,
            shortfalls,
            is_cut_short: false,
        }),
        (Err(Stuck::ReaderGone), None) => Ok(Finished {
            is_cut_short: true,
            ..Finished::default()
        }),
        (Err(Stuck::Failed(error)), None) => Err(error),
    }
}

/// Opens the outputs and furnishes the rooms of the tail.
fn judge(settings: &Settings, verifier: &Arc<Verifier>) -> Result<Judge, Error> {
    let outputs = &settings.outputs;
    let targets: Vec<_> = outputs.alerts.iter().chain(&outputs.verdicts).collect();
    sinks::check_distinct(&targets, &settings.captures)?;
    let lines = Lines::open(outputs, settings.sensor.clone(), Mode::Replace)?;
    let anchors = settings.trust.anchors.clone();
    let watched = watch::Config::default();
    Ok(Judge {
        chain: ChainOfTrust::new(settings.trust.clone(), Arc::clone(verifier)),
        watch: Watch::new(&watched),
        incidents: Incidents::new(IncidentConfig {
            known_bogus: settings.known_bogus.clone(),
        }),
        anchors,
        lines,
        tally: Tally::default(),
    })
}
