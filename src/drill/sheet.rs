//! What a drill must bring to light: the answers, before they are written down.

use super::stage::Stage;
use crate::alert::{Cause, CauseClass, Kind, Severity};

/// Whose incident it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Whose {
    /// The zone's that the story is about.
    Zone,
    /// The TLD's above it.
    Tld,
    /// The root's.
    Root,
    /// The first or the second resolver's.
    Resolver(usize),
}

/// An alert that must be raised, as its last line has it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finding {
    pub(super) kind: Kind,
    pub(super) whose: Whose,
    pub(super) cause: Cause,
    pub(super) class: CauseClass,
    pub(super) severity: Severity,
}

/// A story that can be told, and what it teaches.
pub(super) struct Scenario {
    /// As the user types it.
    pub(super) name: &'static str,
    /// One line for the list.
    pub(super) title: &'static str,
    /// The incident that it is modelled on.
    pub(super) model: &'static str,
    /// How long the story lasts, rounded up.
    pub(super) hours: i64,
    /// The portfolio pins the DS sets of the zones (docs/portfolio.md).
    pub(super) is_pinned: bool,
    pub(super) tell: fn(&mut Stage),
    /// All alerts that must be raised, and no other.
    pub(super) alerts: &'static [Finding],
    /// `change` lines that must be there, but for first sights.
    pub(super) records: &'static [(Kind, Whose)],
    /// Outage, mistake or attack, and how one tells.
    pub(super) lesson: &'static str,
    /// The way back of least risk.
    pub(super) way_back: &'static str,
    /// For the review afterwards.
    pub(super) questions: &'static [&'static str],
}
