//! Reads what happened out of a state file.

use super::case::{Case, text};
use super::chains::turns;
use super::lanes::History;
use super::plans::Ledger;
use super::timeline::Moment;
use super::{Review, ReviewTask};
use crate::message::Name;
use crate::report::error::Error;
use crate::report::opened::Opened;
use crate::report::task::Seen;
use crate::state::{self, Told, ToldKind};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Moments of a timeline at most; a review that nobody reads to its end helps nobody.
const MOMENTS: usize = 500;

/// Zones that are told of in full at most.
const ZONES: usize = 40;

/// What was picked up on the way through the history.
#[derive(Default)]
struct Picked {
    cases: Vec<Case>,
    places: BTreeMap<String, usize>,
    timeline: Vec<Moment>,
    sensors: BTreeSet<String>,
    ledger: Ledger,
    first: Option<Timestamp>,
}

/// Makes the review that is asked for.
pub(super) fn gather(task: &ReviewTask, opened: &Opened) -> Result<Review, Error> {
    let now = opened.now;
    let until = task.until.map_or(now, |until| until.resolve(now)).min(now);
    let mut picked = Picked::default();
    opened
        .reader
        .entries(until, |told| picked.take(&told, &task.zones))?;
    let since = task.since.map(|since| since.resolve(now));
    let since = since.or(picked.first).unwrap_or(until).min(until);
    let Picked {
        mut cases,
        mut timeline,
        sensors,
        ledger,
        ..
    } = picked;
    // What was open at any moment of the time that is asked for, belongs to it.
    cases.retain(|case| case.ended.as_ref().is_none_or(|(told, _)| *told >= since));
    timeline.retain(|moment| moment.time >= since);
    let plans: Vec<_> = ledger
        .settle(until)
        .into_iter()
        .filter(|plan| plan.seen.as_ref().is_none_or(|(time, _)| *time >= since))
        .collect();
    let mut zones: BTreeSet<Name> = task.zones.iter().cloned().collect();
    if zones.is_empty() {
        zones.extend(cases.iter().filter_map(|case| case.zone.clone()));
        zones.extend(plans.iter().map(|plan| plan.zone.clone()));
    }
    let about = |zone: &Option<Name>| zone.as_ref().is_none_or(|zone| zones.contains(zone));
    timeline.retain(|moment| about(&moment.zone));
    let zones: Vec<Name> = zones.into_iter().collect();
    let mut histories = Vec::new();
    let mut chains = Vec::new();
    for zone in worst(&zones, &cases) {
        histories.push(History::read(&opened.reader, zone, (since, until))?);
        chains.extend(turns(
            (&opened.reader, &task.portfolio),
            zone,
            &timeline,
            until,
        )?);
    }
    Ok(Review {
        since,
        until,
        lost_frames: cases.iter().map(|case| case.lost_frames).sum(),
        sensors: sensors.into_iter().collect(),
        is_drill: opened.is_drill,
        zones,
        cases,
        left_out: timeline.len().saturating_sub(MOMENTS),
        timeline: timeline.into_iter().take(MOMENTS).collect(),
        histories,
        turns: chains,
        plans,
        audit: match &task.seen {
            Seen::State(path) => Some(state::audit(path, None)?),
            Seen::Captures(_) => None,
        },
    })
}

/// The zones that are told of in full: those of the worst incidents first.
fn worst<'a>(zones: &'a [Name], cases: &[Case]) -> Vec<&'a Name> {
    let severity = |zone: &Name| {
        let of_zone = cases.iter().filter(|case| case.zone.as_ref() == Some(zone));
        of_zone.map(|case| case.severity_id).max()
    };
    let mut zones: Vec<_> = zones.iter().collect();
    zones.sort_by_key(|zone| std::cmp::Reverse(severity(zone)));
    zones.truncate(ZONES);
    zones
}

impl Picked {
    fn take(&mut self, told: &Told, zones: &[Name]) {
        let is_asked_for = |zone: &Name| zones.is_empty() || zones.contains(zone);
        let is_about = told.zone.as_ref().is_none_or(is_asked_for);
        if !is_about {
            return;
        }
        self.first.get_or_insert(told.time);
        if told.kind == ToldKind::Line {
            self.sensors
                .extend(text(&told.body, "/host").map(str::to_owned));
            self.case(told);
        }
        self.ledger.take(told);
        self.timeline.extend(Moment::of(told));
    }

    fn case(&mut self, told: &Told) {
        let line = &told.body;
        if text(line, "/event_type") != Some("alert") {
            return;
        }
        let Some(id) = text(line, "/incident/id") else {
            return;
        };
        match self.places.get(id).and_then(|at| self.cases.get_mut(*at)) {
            Some(case) => case.take(line, told.time),
            None => {
                if let Some(case) = Case::new(told.zone.clone(), line, told.time) {
                    self.places.insert(case.id.clone(), self.cases.len());
                    self.cases.push(case);
                }
            }
        }
    }
}
