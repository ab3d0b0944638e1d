//! All that was told, in order.

use super::super::words::{moment, plain};
use super::case::{owned, text, texts};
use crate::message::Name;
use crate::state::{Told, ToldKind};
use crate::time::Timestamp;
use serde_json::Value;

/// Something that was told.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    /// When.
    pub(super) time: Timestamp,
    /// The zone; nothing if it is about something else.
    pub(super) zone: Option<Name>,
    /// What sort of moment it is.
    pub(super) sort: Sort,
    /// What happened, in a sentence.
    pub(super) text: String,
    /// The incident that it belongs to.
    pub(super) incident: Option<String>,
}

/// Sorts of moments.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Sort {
    /// An incident was opened.
    Opened,
    /// It got worse, wider, or another cause.
    Updated,
    /// It is over.
    Resolved,
    /// A change that was expected.
    Change,
    /// The portfolio named a planned change.
    Declared,
    /// The sensor began or ended, or could not write something down.
    Sensor,
}

impl Sort {
    /// In a word.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Opened => "alert",
            Self::Updated => "update",
            Self::Resolved => "resolved",
            Self::Change => "change",
            Self::Declared => "declared",
            Self::Sensor => "sensor",
        }
    }
}

impl Moment {
    /// What an entry of the history tells; nothing of what needs no telling.
    pub(super) fn of(told: &Told) -> Option<Self> {
        let body = &told.body;
        let (sort, text) = match told.kind {
            ToldKind::Line => line(body)?,
            ToldKind::Declared => (Sort::Declared, declared(body)),
            ToldKind::Run => (Sort::Sensor, run(body)?),
            ToldKind::Lost => (Sort::Sensor, lost(body)),
        };
        Some(Self {
            time: told.time,
            zone: told.zone.clone(),
            sort,
            text: plain(&text),
            incident: case_of(body),
        })
    }
}

/// The incident that a line belongs to.
fn case_of(line: &Value) -> Option<String> {
    text(line, "/incident/id").map(str::to_owned)
}

fn line(line: &Value) -> Option<(Sort, String)> {
    let summary = owned(line, "/summary");
    match text(line, "/event_type")? {
        "alert" => {
            let sort = match text(line, "/incident/status")? {
                "opened" => Sort::Opened,
                "resolved" => Sort::Resolved,
                _ => Sort::Updated,
            };
            Some((sort, summary))
        }
        "change" => Some((Sort::Change, summary)),
        _ => None,
    }
}

fn declared(plan: &Value) -> String {
    let after = texts(plan, "/ds_after");
    let after = match after.len() {
        0 => "no DS at all".to_owned(),
        _ => after.join(" and "),
    };
    let window = ["/from", "/until"].map(|end| {
        let end = text(plan, end);
        told_at(end).map_or_else(|| end.unwrap_or("?").to_owned(), moment)
    });
    let approver =
        text(plan, "/approver").map_or_else(String::new, |by| format!(", allowed by {by}"));
    let [from, until] = window;
    format!(
        "The portfolio declares {}{approver}: from {from} until {until}, to {after}.",
        owned(plan, "/ticket")
    )
}

fn run(run: &Value) -> Option<String> {
    match text(run, "/event")? {
        "start" => Some("The sensor began.".to_owned()),
        "stop" => Some("The sensor ended in good order.".to_owned()),
        _ => None,
    }
}

fn lost(gap: &Value) -> String {
    let ends = ["/from", "/until"].map(|end| {
        let end = text(gap, end);
        told_at(end).map_or_else(|| end.unwrap_or("?").to_owned(), moment)
    });
    let [from, until] = ends;
    format!(
        "The state file could not be written from {from} to {until}: what came then may be missing here."
    )
}

/// A time as lines and entries have it: RFC 3339, lines without the colon in the offset.
pub(super) fn told_at(text: Option<&str>) -> Option<Timestamp> {
    let text = text?;
    let utc = text.strip_suffix("+0000").map(|rest| format!("{rest}Z"));
    Timestamp::parse(utc.as_deref().unwrap_or(text))
}
