//! Arguments, log, run, exit code.

use sigtap::cli::{self, Plan};
use sigtap::pipeline::{self, Summary};
use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    let plan = match cli::plan(std::env::args_os()) {
        Ok(plan) => plan,
        Err(code) => return code,
    };
    start_log(&plan);
    match pipeline::run(&plan.settings) {
        Ok(finished) => {
            if !plan.is_quiet {
                let _ = write!(io::stderr(), "{}", Summary(&finished.tally));
            }
            for shortfall in &finished.shortfalls {
                tell(shortfall);
            }
            if finished.shortfalls.is_empty() {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            }
        }
        Err(error) => {
            tell(&with_causes(&error));
            ExitCode::FAILURE
        }
    }
}

fn start_log(plan: &Plan) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| plan.log_level.into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    if plan.log_as_json {
        log.json().init();
    } else {
        log.with_target(false).init();
    }
}

/// One line on standard error.
fn tell(text: &str) {
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stderr(), "sigtap: {text}");
}

/// An error and what brought it about, in one line.
fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
