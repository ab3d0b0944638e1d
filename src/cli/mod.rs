//! Gives the plan of a run.
//!
//! Takes what the user typed, and the configuration file that it names, and gives a checked
//! [`Plan`]. Owns nothing. The only door to clap.

mod args;
mod check;
mod config;
mod documents;
mod drill;
mod error;
mod files;
mod http;
mod moment;
mod reread;
mod respond;
mod task;

pub use documents::Document;
pub use error::Error;

use crate::alert::{self, Format, Sensor, Severity};
use crate::capture::LiveOptions;
use crate::chain;
use crate::drill::Order;
use crate::packet::Ports;
use crate::pipeline::{Form, Output, Outputs, REMEMBERED_CHECKS, Settings, Source, StateFile};
use crate::report::Task;
use crate::sink::Target;
use crate::state::Limits;
use args::{Command, FormatArg, Live, LogFormatArg, SeverityArg, Shared, SinkArg, Typed, Untold};
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

/// Seconds between two stats lines of a live sensor.
const STATS_SECONDS: u32 = 60;

/// The command line is wrong.
const USAGE: u8 = 2;

/// What to do, checked.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Watch traffic.
    Run(Box<Run>),
    /// Look at a state file.
    Audit(Audit),
    /// Tell what is asked.
    Report(Box<Task>),
    /// Make a drill.
    Drill(Box<Order>),
    /// Show which drills there are.
    Drills,
    /// Write these files.
    Documents(Vec<Document>),
}

/// A look at a state file.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The file.
    pub state: PathBuf,
    /// A hash that its history must go through.
    pub head: Option<String>,
}

/// A run, checked.
#[derive(Clone, Debug)]
pub struct Run {
    /// What to run on, and how.
    pub settings: Settings,
    /// An alert as severe as this is bad news, which the exit code tells.
    pub fail_on: Option<Severity>,
    /// No summary.
    pub is_quiet: bool,
    /// How much to log, unless `RUST_LOG` tells otherwise.
    pub log_level: &'static str,
    /// Log as JSON.
    pub log_as_json: bool,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum Refusal {
    /// There is nothing to run (`--help`), or the command line is wrong; the user is told.
    Told(ExitCode),
    /// What the user gave cannot be used.
    Unusable(Error),
}

/// Reads the command line and the files that it names.
pub fn plan(arguments: impl IntoIterator<Item = OsString>) -> Result<Plan, Refusal> {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let typed = args::parse(arguments.clone()).map_err(|untold| match untold {
        Untold::Usage(told) => {
            // Nobody is left to tell if this fails.
            let _ = told.print();
            Refusal::Told(u8::try_from(told.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from))
        }
        Untold::Config(error) => Refusal::Unusable(error),
    })?;
    let mut plan = checked(typed).map_err(|error| {
        if !matches!(error, Error::NoDrill { .. }) {
            return Refusal::Unusable(error);
        }
        // Nobody is left to tell if this fails.
        let _ = writeln!(io::stderr(), "sigtap: {error}");
        Refusal::Told(ExitCode::from(USAGE))
    })?;
    if let Plan::Run(run) = &mut plan
        && matches!(run.settings.source, Source::Interfaces(_))
    {
        run.settings.reread = Some(reread::reread(arguments));
    }
    Ok(plan)
}

fn checked(typed: Typed) -> Result<Plan, Error> {
    let (mut user, mut http) = (None, None);
    let (shared, source, fail_on) = match typed.command {
        Command::Read(read) => (read.shared, Source::Files(read.captures), read.fail_on),
        Command::Live(mut live) => {
            live.shared.stats_interval.get_or_insert(STATS_SECONDS);
            let source = Source::Interfaces(interfaces(&live));
            (user, http) = (live.user, live.http.0);
            (live.shared, source, None)
        }
        Command::Portfolio(task) => return Ok(Plan::Report(Box::new(task::checked(task)?))),
        Command::Inventory(typed) => return Ok(Plan::Report(Box::new(respond::inventory(typed)?))),
        Command::Review(typed) => return Ok(Plan::Report(Box::new(respond::review(typed)?))),
        Command::Restore(typed) => return Ok(Plan::Report(Box::new(respond::restore(typed)?))),
        Command::Verify(typed) => return Ok(Plan::Report(Box::new(respond::verify(typed)?))),
        Command::Drill(order) if order.scenario == "list" => return Ok(Plan::Drills),
        Command::Drill(order) => return Ok(Plan::Drill(Box::new(drill::checked(order)?))),
        Command::CheckConfig(task) => {
            let findings = check::findings(&task.config)?;
            return Ok(Plan::Report(Box::new(Task::Findings(findings))));
        }
        Command::Documents(task) => {
            return Ok(Plan::Documents(documents::all(&task.folder)));
        }
        Command::Audit(audit) => {
            return Ok(Plan::Audit(Audit {
                state: audit.state,
                head: audit.head,
            }));
        }
    };
    Ok(Plan::Run(Box::new(Run {
        fail_on: fail_on.map(severity),
        is_quiet: shared.quiet,
        log_level: log_level(shared.verbose),
        log_as_json: matches!(shared.log_format, LogFormatArg::Json),
        settings: Settings {
            user,
            http,
            ..settings(shared, source)?
        },
    })))
}

fn interfaces(live: &Live) -> LiveOptions {
    let ports = Ports::new(&live.shared.port);
    LiveOptions {
        interfaces: live.interfaces.clone(),
        snap_octets: live.snaplen,
        buffer_mib: live.buffer,
        is_promiscuous: !live.no_promiscuous,
        filter: live.shared.filter.clone(),
        ports: ports.as_slice().to_vec(),
    }
}

fn settings(shared: Shared, source: Source) -> Result<Settings, Error> {
    let outputs = outputs(&shared);
    let trust = chain::Config {
        anchors: files::trust_anchors(&shared.trust_anchor)?,
        negative_anchors: shared.negative_anchor,
        clock_skew: i64::from(shared.clock_skew),
    };
    let lists = shared.known_bogus.iter().chain(&shared.portfolio);
    let lists = lists.chain(&shared.config);
    let files = shared.trust_anchor.iter().chain(&shared.zone_data);
    Ok(Settings {
        read_before: files.chain(lists).chain(&shared.config).cloned().collect(),
        reread: None,
        zone_data: files::zone_data(&shared.zone_data)?,
        state: shared.state.map(|path| StateFile {
            path,
            limits: Limits {
                days: shared.state_days,
                mib: shared.state_mib,
            },
        }),
        portfolio: Arc::new(files::portfolio(shared.portfolio.as_deref())?),
        known_bogus: files::known_bogus(shared.known_bogus.as_deref())?,
        sensor: Sensor {
            name: shared.sensor.unwrap_or_else(host_name),
            drill: shared.drill,
            source: told(&source),
        },
        source,
        filter: shared.filter,
        ports: Ports::new(&shared.port),
        workers: workers(shared.workers),
        remembered_checks: REMEMBERED_CHECKS,
        trust,
        outputs,
        http: None,
        stats_seconds: shared.stats_interval.map(i64::from),
        user: None,
        shows_progress: !shared.quiet && io::stderr().is_terminal(),
    })
}

/// The source, as lines tell of it.
fn told(source: &Source) -> alert::Source {
    match source {
        Source::Files(captures) => {
            let names: Vec<_> = captures.iter().map(|path| path.to_string_lossy()).collect();
            alert::Source::CaptureFile(names.join(", "))
        }
        Source::Interfaces(options) => alert::Source::Interface(options.interfaces.join(", ")),
    }
}

fn outputs(shared: &Shared) -> Outputs {
    let is_terminal = io::stdout().is_terminal();
    let format = match shared.format {
        Some(FormatArg::Eve) => Some(Format::Eve),
        Some(FormatArg::Ecs) => Some(Format::Ecs),
        Some(FormatArg::Ocsf) => Some(Format::Ocsf),
        Some(FormatArg::Text) | None => None,
    };
    let is_text =
        matches!(shared.format, Some(FormatArg::Text)) || (format.is_none() && is_terminal);
    let stdout = [SinkArg {
        target: Some(Target::Stdout),
        format: None,
    }];
    let sinks = if shared.output.is_empty() {
        &stdout
    } else {
        shared.output.as_slice()
    };
    let mut alerts: Vec<Output> = Vec::new();
    for sink in sinks {
        let Some(target) = sink.target.clone() else {
            continue;
        };
        let form = match sink.format.or(format) {
            None if is_text && target == Target::Stdout => Form::Text {
                in_colour: is_terminal && std::env::var_os("NO_COLOR").is_none(),
            },
            format => Form::Json(format.unwrap_or_default()),
        };
        if alerts.iter().all(|known| known.target != target) {
            alerts.push(Output { target, form });
        }
    }
    let beside = |state: &PathBuf| {
        let mut name = state.clone().into_os_string();
        name.push(".spool");
        name.into()
    };
    Outputs {
        alerts,
        verdicts: shared.verdicts.as_deref().map(target),
        spool: shared
            .spool
            .clone()
            .or_else(|| shared.state.as_ref().map(beside)),
    }
}

/// `-` and its other name are standard output, so that it is not opened twice.
fn target(path: &Path) -> Target {
    if path == Path::new("-") || path == Path::new("/dev/stdout") {
        Target::Stdout
    } else {
        Target::file(path)
    }
}

fn host_name() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "sigtap" } else { name }.to_owned()
}

/// As many as the user wants, else as there are cores.
fn workers(typed: Option<u16>) -> NonZeroUsize {
    typed
        .and_then(|typed| NonZeroUsize::new(usize::from(typed)))
        .or_else(|| thread::available_parallelism().ok())
        .unwrap_or(NonZeroUsize::MIN)
}

const fn severity(typed: SeverityArg) -> Severity {
    match typed {
        SeverityArg::Informational => Severity::Informational,
        SeverityArg::Low => Severity::Low,
        SeverityArg::Medium => Severity::Medium,
        SeverityArg::High => Severity::High,
        SeverityArg::Critical => Severity::Critical,
    }
}

const fn log_level(verbose: u8) -> &'static str {
    match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    }
}
