//! Gives a finished run: all threads from the first frame to the last line.
//!
//! Takes [`Settings`] and gives what the run came to: [`Finished`]. An ordered head reads,
//! workers compute side by side, an ordered tail decides, so that the answer does not depend on
//! how many workers there are. Owns all threads but those of outputs, and the counts. The only
//! door to crossbeam-channel, sd-notify and signal-hook.

mod clock;
mod declared;
mod error;
mod head;
mod hints;
mod judge;
mod lines;
mod memory;
mod notice_board;
mod ordered;
mod passing;
mod preload;
mod progress;
mod pulse;
mod reload;
mod repeats;
mod resume;
mod rights;
mod service;
mod sift;
mod signals;
mod stuck;
mod summary;
mod tail;
mod tally;

pub use error::{Error, with_causes};
pub use memory::StateFile;
pub use reload::{Reading, Reread};
pub use summary::Summary;
pub use tally::Tally;

use crate::alert::{Counts, Format, IncidentConfig, Incidents, KnownBogus, Sensor};
use crate::capture::{Live, LiveOptions, Offline};
use crate::chain::{self, ChainOfTrust};
use crate::message::{Name, Rrset, Salt};
use crate::packet::Ports;
use crate::page::{Board, Server};
use crate::portfolio::Portfolio;
use crate::signature::Verifier;
use crate::sink::{Common, Mode, Target, check_distinct};
use crate::watch::{self, Presence, Watch};
use clock::Ticker;
use head::{Head, Input, Job, Load};
use judge::Judge;
use lines::Lines;
use memory::Memory;
use notice_board::NoticeBoard;
use progress::ProgressLine;
use pulse::Pulse;
use repeats::{Forecast, Repeats};
use service::Service;
use sift::Sieve;
use signals::Signals;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use stuck::Stuck;
use tail::{Tail, Told};

/// Signature checks that it is well to remember: some 50 octets each.
pub const REMEMBERED_CHECKS: usize = 1 << 20;

/// What to run on, and how.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where frames come from.
    pub source: Source,
    /// A filter in libpcap's language.
    pub filter: Option<String>,
    /// Ports at which DNS is spoken.
    pub ports: Ports,
    /// Threads in the middle.
    pub workers: NonZeroUsize,
    /// Signature checks that are remembered. It changes how long a run takes, nothing else.
    pub remembered_checks: usize,
    /// What the operator decides about trust.
    pub trust: chain::Config,
    /// Signed DS and DNSKEY RRsets that the user knows beforehand, parents first.
    pub zone_data: Vec<Rrset>,
    /// Where what is learnt is kept for the next run.
    pub state: Option<StateFile>,
    /// What the operator says of zones and resolvers.
    pub portfolio: Arc<Portfolio>,
    /// Domains that are broken on purpose.
    pub known_bogus: KnownBogus,
    /// The files that all this was read from: no output goes there.
    pub read_before: Vec<PathBuf>,
    /// How the anchors, lists and data above are read again on SIGHUP.
    pub reread: Option<Reread>,
    /// The sensor, as lines tell of it.
    pub sensor: Sensor,
    /// Where lines go.
    pub outputs: Outputs,
    /// Seconds between two stats lines; without, there is one at the end.
    pub stats_seconds: Option<i64>,
    /// Live, what to become once the capture is open.
    pub user: Option<String>,
    /// Where the sensor itself can be asked: metrics, health, and the status page.
    pub http: Option<SocketAddr>,
    /// Draw on standard error how far the reading has come.
    pub shows_progress: bool,
}

/// Where frames come from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Captures, merged by time; `-` is standard input.
    Files(Vec<PathBuf>),
    /// Interfaces.
    Interfaces(LiveOptions),
}

/// Where lines go.
#[derive(Clone, Debug)]
pub struct Outputs {
    /// Where alerts, stats and health go.
    pub alerts: Vec<Output>,
    /// Where a line for every judged response goes: standard output or a file.
    pub verdicts: Option<Target>,
    /// The folder where lines wait for sinks that are a network away.
    pub spool: Option<PathBuf>,
}

/// One output.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Output {
    /// Where lines go.
    pub target: Target,
    /// How they look. Only on standard output they may be text.
    pub form: Form,
}

/// How alerts look.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Form {
    /// A readable block each.
    Text {
        /// With the codes that terminals obey.
        in_colour: bool,
    },
    /// A JSON line each.
    Json(Format),
}

/// What a run came to.
#[derive(Debug, Default)]
pub struct Finished {
    /// What became of what came in.
    pub tally: Tally,
    /// What was raised.
    pub counts: Counts,
    /// What was seen of the zones of the portfolio, and of those above them.
    pub presences: BTreeMap<Name, Presence>,
    /// What was not read, or did not get to an output, each in one sentence.
    pub shortfalls: Vec<String>,
    /// Who read standard output left before the end.
    pub is_cut_short: bool,
}

/// Runs to the end of the input, or until a signal ends it.
pub fn run(settings: &Settings) -> Result<Finished, Error> {
    run_on(settings, &Arc::default())
}

/// The same, with what is put up for who asks the sensor itself on this board.
fn run_on(settings: &Settings, board: &Arc<Board>) -> Result<Finished, Error> {
    let signals = Signals::listen()?;
    // The socket is open before any right is given up.
    let server = settings.http.map(Server::bind).transpose()?;
    let input = open(settings, &signals)?;
    // From here on as a user that may do little: what it opens, it can open again.
    let mut rights = rights::leave(settings)?;
    let sieve = Sieve {
        ports: settings.ports.clone(),
        verifier: Arc::new(Verifier::new(settings.remembered_checks)),
        hints: Arc::default(),
        forecast: Arc::new(Forecast::new(settings.outputs.verdicts.is_some())),
        salt: Salt::default(),
    };
    let tail = tail(settings, &sieve);
    let mut tail = tail.map_err(|error| rights::explain(error, rights.as_ref()))?;
    if let Some(server) = &server {
        let (board, verifier) = (Arc::clone(board), Arc::clone(&sieve.verifier));
        tail.put_up_on(NoticeBoard::new(board, verifier));
        let address = server.address();
        tracing::info!("metrics and the status page stand at http://{address}/");
    }
    if let Some(rights) = &mut rights {
        tail.starts_with(rights::enclose(settings, rights));
        Service::ready();
    }
    // Until the run is over.
    let _serving = server.map(|server| server.start(board)).transpose()?;
    let (mut head, back) = Head::new(input, signals);
    let mut progress = ProgressLine::new(settings.shows_progress);
    let end = ordered::run(
        settings.workers,
        || head.next(),
        |job| sieve.sift(job),
        |job| match step(&mut tail, &mut progress, job) {
            Ok(load) => {
                // If the head has loads enough, this one is dropped.
                let _ = back.try_send(load);
                ControlFlow::Continue(())
            }
            Err(stuck) => ControlFlow::Break(stuck),
        },
    );
    progress.clear();
    let told = match end {
        ControlFlow::Continue(()) => tail.finish(),
        ControlFlow::Break(stuck) => Err(stuck),
    };
    finished(settings, told, head)
}

/// What a run came to, by what the tail told and how far the head got.
fn finished(settings: &Settings, told: Result<Told, Stuck>, head: Head) -> Result<Finished, Error> {
    let mut shortfalls = head.shortfalls();
    if let Some(error) = head.into_error() {
        return Err(error.into());
    }
    match told {
        Ok(told) => {
            shortfalls.extend(left_over(settings, told.undelivered));
            Ok(Finished {
                tally: told.tally,
                counts: told.counts,
                presences: told.presences,
                shortfalls,
                is_cut_short: false,
            })
        }
        Err(Stuck::ReaderGone) => Ok(Finished {
            is_cut_short: true,
            ..Finished::default()
        }),
        Err(Stuck::Failed(error)) => Err(error),
    }
}

/// What did not get to an output: a shortfall, but for a live run, whose next one brings it.
fn left_over(settings: &Settings, undelivered: Vec<String>) -> Vec<String> {
    match settings.source {
        Source::Files(_) => undelivered,
        Source::Interfaces(_) => {
            for left in undelivered {
                tracing::warn!("{left}");
            }
            Vec::new()
        }
    }
}

fn open(settings: &Settings, signals: &Signals) -> Result<Input, Error> {
    Ok(match &settings.source {
        Source::Files(captures) => {
            let mut offline = Offline::open_until(captures, signals.stop_flag())?;
            if let Some(filter) = &settings.filter {
                offline = offline.with_filter(filter)?;
            }
            Input::Files(Box::new(offline))
        }
        Source::Interfaces(options) => {
            signals.listen_to_hang_ups()?;
            let live = Live::open(options, signals.stop_flag())?;
            Input::Interfaces(Box::new(live), Ticker::default())
        }
    })
}

/// Opens the outputs and furnishes the rooms of the tail.
fn tail(settings: &Settings, sieve: &Sieve) -> Result<Tail, Error> {
    let (captures, mode) = match &settings.source {
        Source::Files(captures) => (captures.as_slice(), Mode::Replace),
        Source::Interfaces(_) => (Default::default(), Mode::Append),
    };
    let outputs = &settings.outputs;
    let targets = outputs.alerts.iter().map(|output| &output.target);
    let targets: Vec<_> = targets.chain(&outputs.verdicts).collect();
    let state: Vec<_> = settings
        .state
        .iter()
        .map(|state| state.path.clone())
        .collect();
    check_distinct(
        &targets,
        &[captures, &settings.read_before, &state].concat(),
    )?;
    let memory = settings.state.as_ref();
    let memory = memory
        .map(|file| Memory::open(file, settings.sensor.drill))
        .transpose()?;
    let is_kept = memory.is_some();
    let lines = lines(settings, mode, is_kept)?;
    let trust = &settings.trust;
    let mut chain = ChainOfTrust::new(trust.clone(), Arc::clone(&sieve.verifier));
    chain.protect(settings.portfolio.zones().map(|zone| zone.name.clone()));
    if is_kept {
        chain.keep();
    }
    let judge = Judge {
        chain,
        watch: Watch::new(&watch::Config {
            is_kept,
            anchored: trust.anchors.zones().cloned().collect(),
            portfolio: Arc::clone(&settings.portfolio),
            ..watch::Config::default()
        }),
        incidents: Incidents::new(IncidentConfig {
            known_bogus: settings.known_bogus.clone(),
            portfolio: Arc::clone(&settings.portfolio),
            is_kept,
        }),
        anchors: trust.anchors.clone(),
        portfolio: Arc::clone(&settings.portfolio),
        hints: Arc::clone(&sieve.hints),
        lines,
        repeats: Repeats::new(sieve.salt.clone(), Arc::clone(&sieve.forecast)),
        tally: Tally::default(),
        memory,
    };
    let pulse = Pulse::new(pulse::configuration(settings), settings.stats_seconds);
    Ok(Tail::new(sieve, settings, judge, pulse))
}

/// Opens the outputs.
fn lines(settings: &Settings, mode: Mode, is_held: bool) -> Result<Lines, Error> {
    let (outputs, sensor) = (&settings.outputs, settings.sensor.clone());
    let common = Common {
        mode,
        is_held,
        spool: outputs.spool.clone(),
        host: sensor.name.clone(),
    };
    Lines::open(outputs, sensor, common)
}

/// One step of the tail; gives the load back.
fn step(tail: &mut Tail, progress: &mut ProgressLine, job: Job) -> Result<Load, Stuck> {
    let job = tail.apply(job)?;
    if tail.has_gathered() {
        progress.clear();
        tail.flush()?;
    } else {
        tail.keep()?;
    }
    if job.is_hung_up {
        tail.hang_up()?;
    }
    if let Some(stand) = &job.progress {
        progress.show(stand);
    }
    Ok(job.load)
}
