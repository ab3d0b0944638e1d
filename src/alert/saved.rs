//! Incidents as they are written down between runs.

use super::clock::Clock;
use super::evidence::ZoneEvidence;
use super::incident::{Incident, Subject};
use super::incidents::Incidents;
use super::waiting::Waiting;
use crate::chain::Verdict;
use crate::exchange::Exchange;
use crate::time::Timestamp;
use crate::watch::Change;
use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What is open about one subject, and what is known of its zone. Outside of this room it can be
/// written down and resumed, no more.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(try_from = "Unchecked")]
pub struct SavedIncidents {
    incidents: Vec<Incident>,
    evidence: Option<ZoneEvidence>,
}

/// What a state file says of a subject, which may be anybody's words.
#[derive(Deserialize)]
struct Unchecked {
    incidents: Vec<Incident>,
    evidence: Option<ZoneEvidence>,
}

impl TryFrom<Unchecked> for SavedIncidents {
    type Error = &'static str;

    fn try_from(read: Unchecked) -> Result<Self, Self::Error> {
        let Unchecked {
            incidents,
            evidence,
        } = read;
        if incidents.iter().all(Incident::is_in_own_words) {
            Ok(Self {
                incidents,
                evidence,
            })
        } else {
            Err("an incident in words that sigtap does not use")
        }
    }
}

impl SavedIncidents {
    /// The changes that the open incidents are about.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.incidents
            .iter()
            .filter_map(|incident| incident.change.as_deref())
    }
}

/// One thing that waits until it is clear whom it accuses.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Undecided(Waits);

#[derive(Clone, Debug, Deserialize, Serialize)]
enum Waits {
    Clock(Clock),
    Held(Verdict),
    Link(Verdict),
    Refusal(Arc<Exchange>),
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

    /// What came to wait until it is clear whom it accuses since this was last asked, each with a
    /// key; nothing where it waits no longer.
    pub fn take_undecided(&mut self) -> Vec<(String, Option<Undecided>)> {
        let clock = self.clock.take_changed();
        let clock = clock.map(|clock| ("clock".to_owned(), clock.map(Waits::Clock)));
        let held = changed("held", &mut self.clock.held, Waits::Held);
        let links = changed("link", &mut self.links, Waits::Link);
        let refusals = changed("refusal", &mut self.refusals.waiting, Waits::Refusal);
        let all = clock.into_iter().chain(held).chain(links).chain(refusals);
        all.map(|(key, waits)| (key, waits.map(Undecided)))
            .collect()
    }

    /// Takes up what an earlier run had not decided yet, in the order of the keys.
    pub fn resume_undecided(&mut self, undecided: Undecided) {
        match undecided.0 {
            Waits::Clock(clock) => self.clock.resume(clock),
            Waits::Held(verdict) => self.clock.held.push(verdict),
            Waits::Link(verdict) => self.links.push(verdict),
            Waits::Refusal(exchange) => self.refusals.take(&exchange),
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

/// Keys that sort in the order of the line.
fn changed<T: Clone>(
    line: &str,
    waiting: &mut Waiting<T>,
    waits: fn(T) -> Waits,
) -> Vec<(String, Option<Waits>)> {
    let changed = waiting.take_changed().into_iter();
    changed
        .map(|(place, member)| (format!("{line} {place:020}"), member.cloned().map(waits)))
        .collect()
}

fn name(subject: &Subject) -> String {
    match subject {
        Subject::Zone(zone) => zone.to_string(),
        Subject::Address(address) => address.to_string(),
        Subject::Sensor => "sensor".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Sample, name};
    use super::super::{IncidentConfig, Incidents};
    use super::*;
    use crate::chain::Reason;

    /// What is left of a zone two of whose servers fail.
    fn left_behind() -> String {
        let mut incidents = Incidents::new(IncidentConfig {
            is_kept: true,
            ..IncidentConfig::default()
        });
        for server in ["203.0.113.53", "203.0.113.54"] {
            let sample = Sample::new("www.example.org.", "example.org.").from(server);
            incidents.judged(&sample.bogus(Reason::SignatureInvalid));
        }
        let changed = incidents.take_changed();
        let saved = changed.iter().find_map(|changed| changed.saved.as_ref());
        serde_json::to_string(saved.unwrap()).unwrap()
    }

    #[test]
    fn incidents_in_words_that_are_not_ours_are_not_read() {
        let text = left_behind();
        let saved: SavedIncidents = serde_json::from_str(&text).unwrap();
        let incident = &saved.incidents[0];
        assert_eq!(incident.subject, Subject::Zone(name("example.org.")));
        let long = "a".repeat(100_000);
        let reason = incident.diagnosis.reasons[0].clone();
        let table = [
            (
                "a control character",
                reason.as_ref(),
                "several\u{7f}servers",
            ),
            ("a terminal's code", &reason, "\\u001b[2J"),
            ("no end of it", &reason, &long),
            (
                "the key of another",
                &incident.key,
                "signature_invalid|example.net.",
            ),
            ("no digest", &incident.id, "a b"),
            ("no end of a digest", &incident.id, &long),
        ];
        for (what, ours, theirs) in table {
            let changed = text.replace(&format!("\"{ours}\""), &format!("\"{theirs}\""));
            assert_ne!(changed, text, "{what}");
            assert!(
                serde_json::from_str::<SavedIncidents>(&changed).is_err(),
                "{what}"
            );
        }
    }
}
