//! Gives the plan of a run.
//!
//! Takes what the user typed, and the configuration file that it names, and gives a checked
//! [`Plan`]. Owns nothing. The only door to clap.

mod args;
mod check;
mod config;
mod documents;
mod error;
mod files;
mod reread;
mod task;

pub use documents::Document;
pub use error::Error;

use crate::alert::{self, Sensor, Severity};
use crate::capture::LiveOptions;
use crate::chain;
use crate::packet::Ports;
use crate::pipeline::{Form, Outputs, REMEMBERED_CHECKS, Settings, Source, StateFile, Target};
use crate::report::Task;
use crate::state::Limits;
use args::{Command, FormatArg, Live, LogFormatArg, SeverityArg, Shared, SinkArg, Typed, Untold};
use std::ffi::OsString;
use std::fs;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

/// Seconds between two stats lines of a live sensor.
const STATS_SECONDS: u32 = 60;

/// What to do, checked.
#[derive(Clone, Debug)]
pub enum Plan {
    /// Watch traffic.
    Run(Box<Run>),
    /// Look at a state file.
    Audit(Audit),
    /// Tell what is asked.
    Report(Box<Task>),
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
    let mut plan = checked(typed).map_err(Refusal::Unusable)?;
    if let Plan::Run(run) = &mut plan
        && matches!(run.settings.source, Source::Interfaces(_))
    {
        run.settings.reread = Some(reread::reread(arguments));
    }
    Ok(plan)
}

fn checked(typed: Typed) -> Result<Plan, Error> {
    let (shared, source, fail_on) = match typed.command {
        Command::Read(read) => (read.shared, Source::Files(read.captures), read.fail_on),
        Command::Live(mut live) => {
            live.shared.stats_interval.get_or_insert(STATS_SECONDS);
            let source = Source::Interfaces(interfaces(&live));
            (live.shared, source, None)
        }
        Command::Portfolio(task) => return Ok(Plan::Report(Box::new(task::checked(task)?))),
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
        settings: settings(shared, source)?,
    })))
}

fn interfaces(live: &Live) -> LiveOptions {
    let ports = Ports::new(&live.shared.port);
    LiveOptions {
        interfaces: live.interfaces.clone(),
        snap_octets: live.snaplen,
        buffer_mib: live.buffer,
        filter: live.shared.filter.clone(),
        ports: ports.as_slice().to_vec(),
        ..LiveOptions::default()
    }
}

fn settings(shared: Shared, source: Source) -> Result<Settings, Error> {
    let trust = chain::Config {
        anchors: files::trust_anchors(&shared.trust_anchor)?,
        negative_anchors: shared.negative_anchor,
        clock_skew: i64::from(shared.clock_skew),
    };
    let lists = shared.known_bogus.iter().chain(&shared.portfolio);
    let lists = lists.chain(&shared.config);
    let files = shared.trust_anchor.iter().chain(&shared.zone_data);
    Ok(Settings {
        read_before: files.chain(lists).cloned().collect(),
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
        outputs: outputs(&shared.output, shared.format, shared.verdicts.as_deref()),
        stats_seconds: shared.stats_interval.map(i64::from),
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

fn outputs(sinks: &[SinkArg], format: Option<FormatArg>, verdicts: Option<&Path>) -> Outputs {
    let is_terminal = io::stdout().is_terminal();
    let form = match format {
        Some(FormatArg::Eve) => Form::Eve,
        None if !is_terminal => Form::Eve,
        Some(FormatArg::Text) | None => Form::Text {
            in_colour: is_terminal && std::env::var_os("NO_COLOR").is_none(),
        },
    };
    let default = [SinkArg::Stdout];
    let sinks = if sinks.is_empty() { &default } else { sinks };
    let mut alerts: Vec<Target> = Vec::new();
    for sink in sinks {
        let sink = match sink {
            SinkArg::Stdout => Target::Stdout,
            SinkArg::File(path) => target(path),
            SinkArg::None => continue,
        };
        if !alerts.contains(&sink) {
            alerts.push(sink);
        }
    }
    Outputs {
        alerts,
        form,
        verdicts: verdicts.map(target),
    }
}

/// `-` and its other name are standard output, so that it is not opened twice.
fn target(path: &Path) -> Target {
    if path == Path::new("-") || path == Path::new("/dev/stdout") {
        Target::Stdout
    } else {
        Target::File(path.to_path_buf())
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
