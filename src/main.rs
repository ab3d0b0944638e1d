//! Arguments, log, run, exit code.

use sigtap::cli::{self, Audit, Document, Plan, Refusal, Run};
use sigtap::drill::{self, Order};
use sigtap::pipeline::{self, Finished, Summary};
use sigtap::report::{self, Task};
use sigtap::state;
use std::error::Error;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::panic;
use std::process::ExitCode;
use tracing_subscriber::EnvFilter;

/// Messages are made by workers and dropped by the tail: most allocators pay dearly for that.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Done, and the answer is bad news.
const BAD_NEWS: u8 = 3;

fn main() -> ExitCode {
    match cli::plan(std::env::args_os()) {
        Ok(Plan::Run(run)) => watch(&run),
        Ok(Plan::Audit(audit)) => look(&audit),
        Ok(Plan::Report(task)) => report(&task),
        Ok(Plan::Drill(order)) => rehearse(&order),
        Ok(Plan::Drills) => say(&drill::list()),
        Ok(Plan::Documents(documents)) => write(&documents),
        Err(Refusal::Told(code)) => code,
        Err(Refusal::Unusable(error)) => fail(&error),
    }
}

fn watch(run: &Run) -> ExitCode {
    start_log(run);
    match pipeline::run(&run.settings) {
        Ok(finished) => conclude(run, &finished),
        Err(error) => fail(&error),
    }
}

/// Tells a report, and gives the exit code for it.
fn report(task: &Task) -> ExitCode {
    match report::run(task) {
        Ok(report) => {
            for remark in &report.remarks {
                tell(remark);
            }
            // Nobody is left to tell if this fails.
            let _ = io::stdout().write_all(report.text.as_bytes());
            if report.is_bad_news {
                ExitCode::from(BAD_NEWS)
            } else {
                ExitCode::SUCCESS
            }
        }
        Err(error) => fail(&error),
    }
}

/// Makes a drill, and tells how to go on.
fn rehearse(order: &Order) -> ExitCode {
    match order.write() {
        Ok(written) => say(&written.to_string()),
        Err(error) => fail(&error),
    }
}

fn say(text: &str) -> ExitCode {
    // Nobody is left to tell if this fails.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::SUCCESS
}

/// Writes files, with the folders that they stand in.
fn write(documents: &[Document]) -> ExitCode {
    for Document { path, text } in documents {
        let folder = path.parent().map_or(Ok(()), fs::create_dir_all);
        if let Err(error) = folder.and_then(|()| fs::write(path, text)) {
            tell(&format!("cannot write {}: {error}", path.display()));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

/// Tells what an audit found, and gives the exit code for it.
fn look(plan: &Audit) -> ExitCode {
    let audit = match state::audit(&plan.state, plan.head.as_deref()) {
        Ok(audit) => audit,
        Err(error) => return fail(&error),
    };
    // Nobody is left to tell if this fails.
    let _ = writeln!(io::stdout(), "{audit}");
    if audit.flaw.is_some() {
        ExitCode::from(BAD_NEWS)
    } else {
        ExitCode::SUCCESS
    }
}

/// Tells what a run came to, and gives the exit code for it.
fn conclude(plan: &Run, finished: &Finished) -> ExitCode {
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
    tell(&pipeline::with_causes(error));
    ExitCode::FAILURE
}

fn start_log(plan: &Run) {
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
