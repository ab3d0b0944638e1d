//! What is asked, and how it is answered.

use super::coverage::Coverage;
use super::error::Error;
use super::gaps::GapsTask;
use super::inventory::InventoryTask;
use super::restore::RestoreTask;
use super::review::ReviewTask;
use super::verify::VerifyTask;
use crate::message::Name;
use crate::pipeline::{self, Settings};
use crate::portfolio::{Imported, Refused};
use crate::state;
use std::path::PathBuf;

/// What is asked.
#[derive(Clone, Debug)]
pub enum Task {
    /// A portfolio of a list of domains.
    Import(Imported),
    /// What a portfolio lacks.
    Gaps(GapsTask),
    /// How far DNSSEC reaches.
    Coverage(CoverageTask),
    /// Which zones there are, and how each stands.
    Inventory(InventoryTask),
    /// What happened.
    Review(ReviewTask),
    /// What a zone had when it was in order, and the ways back.
    Restore(RestoreTask),
    /// Whether zones have recovered.
    Verify(VerifyTask),
    /// What is wrong in a file.
    Findings(Findings),
}

/// What is wrong in a file that was looked through.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Findings {
    /// Each in one line.
    pub found: Vec<String>,
    /// What there is to say if that is nothing.
    pub clean: String,
}

/// Domains to be held against what was seen.
#[derive(Clone, Debug)]
pub struct CoverageTask {
    /// The domains, each with its country if that is told.
    pub domains: Vec<(Name, Option<String>)>,
    /// Lines of their list that were not taken.
    pub refused: Vec<Refused>,
    /// What was seen.
    pub seen: Seen,
    /// As JSON.
    pub as_json: bool,
}

/// Where it stands what was seen.
#[derive(Clone, Debug)]
pub enum Seen {
    /// In a state file.
    State(PathBuf),
    /// In captures, which are read like this.
    Captures(Box<Settings>),
}

/// An answer.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// For standard output.
    pub text: String,
    /// What else there is to say, each in one line.
    pub remarks: Vec<String>,
    /// It says that something is to be mended.
    pub is_bad_news: bool,
}

/// Answers.
pub fn run(task: &Task) -> Result<Report, Error> {
    match task {
        Task::Import(imported) => Ok(Report {
            text: imported.to_toml(),
            remarks: remarks(&imported.refused),
            is_bad_news: false,
        }),
        Task::Gaps(gaps) => Ok(gaps.run()),
        Task::Coverage(coverage) => coverage.run(),
        Task::Inventory(inventory) => inventory.run(),
        Task::Review(review) => review.run(),
        Task::Restore(restore) => restore.run(),
        Task::Verify(verify) => verify.run(),
        Task::Findings(findings) => Ok(findings.report()),
    }
}

fn remarks(refused: &[Refused]) -> Vec<String> {
    refused.iter().map(ToString::to_string).collect()
}

impl Findings {
    fn report(&self) -> Report {
        let is_bad_news = !self.found.is_empty();
        let told = if is_bad_news {
            self.found.join("\n")
        } else {
            self.clean.clone()
        };
        Report {
            text: format!("{told}\n"),
            remarks: Vec::new(),
            is_bad_news,
        }
    }
}

impl CoverageTask {
    fn run(&self) -> Result<Report, Error> {
        let seen = match &self.seen {
            Seen::State(path) => state::survey(path)?,
            Seen::Captures(settings) => {
                let finished = pipeline::run(settings)?;
                if let Some(shortfall) = finished.shortfalls.into_iter().next() {
                    return Err(Error::Short { shortfall });
                }
                finished.presences
            }
        };
        let coverage = Coverage::new(self.domains.iter().cloned(), &seen);
        Ok(Report {
            text: if self.as_json {
                coverage.to_json()
            } else {
                coverage.to_string()
            },
            remarks: remarks(&self.refused),
            is_bad_news: false,
        })
    }
}
