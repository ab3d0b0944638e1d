//! Incidents as they are written down between runs.

use super::clock::Clock;
use super::evidence::ZoneEvidence;
use super::incident::{Incident, Subject};
use super::incidents::Incidents;
use crate::chain::Verdict;
use crate::exchange::Exchange;
use crate::time::Timestamp;
use crate::watch::Change;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::sync::Arc;

/// What is open about one subject, and what is known of its zone. Outside of this room it can be
/// written down and resumed, no more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SavedIncidents {
    incidents: Vec<Incident>,
    evidence: Option<ZoneEvidence>,
}

impl SavedIncidents {
    /// The changes that the open incidents are about.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.incidents
            .iter()
            .filter_map(|incident| incident.change.as_deref())
    }
}

/// What waits until it is clear whom it accuses.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Undecided {
    links: VecDeque<Verdict>,
    clock: Clock,
    refusals: Vec<Arc<Exchange>>,
}

impl Undecided {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.links.is_empty() && self.clock.is_calm() && self.refusals.is_empty()
    }
}

/// A subject whose incidents changed.
#[derive(Debug)]
pub struct ChangedIncidents {
    /// What names the subject among all others.
    pub subject: String,
    /// What is open about it now, if anything.
    pub saved: Option<SavedIncidents>,
}

impl Incidents {
    /// The subjects whose incidents changed or ended since this was last asked.
    pub fn take_changed(&mut self) -> Vec<ChangedIncidents> {
        let changed = self.open.take_changed();
        changed
            .into_iter()
            .map(|subject| {
                let incidents: Vec<_> = self.open.of(&subject).cloned().collect();
                let evidence = match &subject {
                    Subject::Zone(zone) => self.evidence.of(zone).cloned(),
                    Subject::Address(_) | Subject::Sensor => None,
                };
                ChangedIncidents {
                    subject: name(&subject),
                    saved: (!incidents.is_empty()).then_some(SavedIncidents {
                        incidents,
                        evidence,
                    }),
                }
            })
            .collect()
    }

    /// The audit records that were told since this was last asked: a digest of each, and when.
    pub fn take_records(&mut self) -> Vec<(String, Timestamp)> {
        let new = self.records.take_new().into_iter();
        new.map(|(digest, told)| (HEXLOWER.encode(&digest), told))
            .collect()
    }

    /// What waits until it is clear whom it accuses.
    pub fn undecided(&self) -> Undecided {
        Undecided {
            links: self.links.clone(),
            clock: self.clock.clone(),
            refusals: self.refusals.waiting().cloned().collect(),
        }
    }

    /// Takes up what an earlier run had not decided yet.
    pub fn resume_undecided(&mut self, undecided: Undecided) {
        self.links = undecided.links;
        self.clock = undecided.clock;
        for exchange in &undecided.refusals {
            self.refusals.take(exchange);
        }
    }

    /// Takes up what an earlier run wrote down of a subject.
    pub fn resume(&mut self, saved: SavedIncidents) {
        let zone = saved
            .incidents
            .iter()
            .find_map(|incident| match &incident.subject {
                Subject::Zone(zone) => Some(zone.clone()),
                Subject::Address(_) | Subject::Sensor => None,
            });
        if let Some((zone, evidence)) = zone.zip(saved.evidence) {
            self.evidence.resume(&zone, evidence);
        }
        for incident in saved.incidents {
            self.open.resume(incident);
        }
    }

    /// Takes up which audit records an earlier run told, and when. A digest that is none is
    /// nobody's.
    pub fn resume_records(&mut self, told: Vec<(String, Timestamp)>) {
        let read = |(digest, at): (String, Timestamp)| {
            let digest = HEXLOWER.decode(digest.as_bytes()).ok()?;
            Some((digest.try_into().ok()?, at))
        };
        self.records
            .resume(told.into_iter().filter_map(read).collect());
    }
}

fn name(subject: &Subject) -> String {
    match subject {
        Subject::Zone(zone) => zone.to_string(),
        Subject::Address(address) => address.to_string(),
        Subject::Sensor => "sensor".to_owned(),
    }
}
