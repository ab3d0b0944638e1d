//! Gives the plan of a run.
//!
//! Takes what the user typed and gives a checked [`Plan`]. Owns nothing. The only door to clap.

mod args;

use crate::packet::Ports;
use crate::pipeline::{Settings, Target};
use args::{Command, LogFormatArg, Shared, Typed};
use clap::Parser;
use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

/// What to do, checked.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What to run on, and how.
    pub settings: Settings,
    /// No summary.
    pub is_quiet: bool,
    /// How much to log, unless `RUST_LOG` tells otherwise.
    pub log_level: &'static str,
    /// Log as JSON.
    pub log_as_json: bool,
}

/// Reads the command line. Where there is nothing to run (`--help`, or a mistake in it), that is
/// told here, and the exit code is given.
pub fn plan(arguments: impl IntoIterator<Item = OsString>) -> Result<Plan, ExitCode> {
    let typed = Typed::try_parse_from(arguments).map_err(|told| {
        // Nobody is left to tell if this fails.
        let _ = told.print();
        u8::try_from(told.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
    })?;
    Ok(checked(typed))
}

fn checked(typed: Typed) -> Plan {
    let (shared, captures) = match typed.command {
        Command::Read(read) => (read.shared, read.captures),
        Command::Live(live) => (live.shared, Vec::new()),
    };
    Plan {
        is_quiet: shared.quiet,
        log_level: log_level(shared.verbose),
        log_as_json: matches!(shared.log_format, LogFormatArg::Json),
        settings: settings(shared, captures),
    }
}

fn settings(shared: Shared, captures: Vec<PathBuf>) -> Settings {
    Settings {
        captures,
        filter: shared.filter,
        ports: Ports::new(&shared.port),
        workers: shared.workers.unwrap_or_else(cores),
        verdicts: shared.verdicts.as_deref().map(target),
        shows_progress: !shared.quiet && io::stderr().is_terminal(),
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

fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

const fn log_level(verbose: u8) -> &'static str {
    match verbose {
        0 => "warn",
        1 => "info",
        2 => "debug",
        _ => "trace",
    }
}
