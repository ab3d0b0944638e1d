//! The review of what happened: for those who were there, those who were not, and next time.

mod case;
mod chains;
mod draw;
mod gather;
mod lanes;
mod markdown;
mod page;
mod plans;
mod timeline;

use super::error::Error;
use super::opened::Opened;
use super::task::{Report, Seen};
use super::when::When;
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::state::Audit;
use crate::time::Timestamp;
use case::Case;
use chains::Turn;
use lanes::History;
use plans::Planned;
use std::sync::Arc;
use timeline::Moment;

/// What is to be reviewed.
#[derive(Clone, Debug)]
pub struct ReviewTask {
    /// The zones; none for all of which something is told.
    pub zones: Vec<Name>,
    /// From when on; nothing for the beginning.
    pub since: Option<When>,
    /// Until when; nothing for the end.
    pub until: Option<When>,
    /// Where it stands what was seen.
    pub seen: Seen,
    /// What the operator says of zones.
    pub portfolio: Arc<Portfolio>,
    /// How it looks.
    pub form: ReviewForm,
}

/// How a review looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum ReviewForm {
    /// Markdown, for a ticket or a repository.
    Markdown,
    /// One HTML page with pictures, which needs nothing else.
    Html,
}

/// What happened, as far as it was seen.
#[derive(Debug)]
struct Review {
    /// From when on.
    since: Timestamp,
    /// Until when.
    until: Timestamp,
    /// The zones that it is about, in canonical order.
    zones: Vec<Name>,
    /// Who listened, as its lines name it.
    sensors: Vec<String>,
    /// It is an exercise.
    is_drill: bool,
    /// The incidents, in the order in which they were opened.
    cases: Vec<Case>,
    /// All that was told, in order.
    timeline: Vec<Moment>,
    /// Moments of the timeline that were left out, since there are too many.
    left_out: usize,
    /// What DS and DNSKEY records each zone had, and when.
    histories: Vec<History>,
    /// How the chains stood whenever something turned.
    turns: Vec<Turn>,
    /// What was planned, and what was done.
    plans: Vec<Planned>,
    /// Frames that were lost while the incidents lasted.
    lost_frames: u64,
    /// What the audit of the state file says; nothing where captures were read.
    audit: Option<Audit>,
}

impl Review {
    /// The number of the incident that a moment belongs to; nothing if it belongs to none.
    fn number(&self, moment: &Moment) -> Option<usize> {
        let id = moment.incident.as_ref()?;
        let at = self.cases.iter().position(|case| case.id == *id)?;
        Some(at + 1)
    }
}

impl ReviewTask {
    /// Makes the review.
    pub(super) fn run(&self) -> Result<Report, Error> {
        let opened = Opened::new(&self.seen)?;
        let review = gather::gather(self, &opened)?;
        let text = match self.form {
            ReviewForm::Markdown => markdown::render(&review),
            ReviewForm::Html => page::render(&review),
        };
        Ok(Report {
            text: text?,
            ..Report::default()
        })
    }
}
