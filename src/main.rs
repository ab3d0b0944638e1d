//! Arguments, log, run, exit code.

use sigtap::cli::{self, Plan, Refusal};
use sigtap::pipeline::{self, Finished, Summary};
use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Done, and the answer is bad news.
const BAD_NEWS: u8 = 3;

fn main() -> ExitCode {
    let plan = match cli::plan(std::env::args_os()) {
        Ok(plan) => plan,
        Err(Refusal::Told(code)) => return code,
        Err(Refusal::Unusable(error)) => return fail(&error),
    };
    start_log(&plan);
    match pipeline::run(&plan.settings) {
        Ok(finished) => conclude(&plan, &finished),
        Err(error) => fail(&error),
    }
}

/// Tells what a run came to, and gives the exit code for it.
fn conclude(plan: &Plan, finished: &Finished) -> ExitCode {
    if !plan.is_quiet && !finished.is_cut_short {
        // Nobody is left to tell if this fails.
        let _ = write!(io::stderr(), "{}", Summary(finished));
    }
    for shortfall in &finished.shortfalls {
        tell(shortfall);
    }
    let is_bad_news = plan
        .fail_on
        .is_some_and(|severity| finished.counts.worst() >= Some(severity));
    if !finished.shortfalls.is_empty() {
        ExitCode::FAILURE
    } else if is_bad_news {
        ExitCode::from(BAD_NEWS)
    } else {
        ExitCode::SUCCESS
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    tell(&with_causes(error));
    ExitCode::FAILURE
}

fn start_log(plan: &Plan) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| plan.log_level.into());
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(io::stderr().is_terminal())
        .with_writer(io::stderr);
    if plan.log_as_json {
        log.json().init();
    } else {
        log.with_target(false).init();
    }
    // A panic is a line of the log like any other. Of a decoder it costs one packet.
    panic::set_hook(Box::new(|panic| tracing::error!("{panic}")));
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
