//! Turns findings into few alerts with a life.

use super::alert::{Alert, Resolution, Status};
use super::clock::{Clock, Timing};
use super::compose::{self, Context};
use super::counts::Counts;
use super::diagnosis;
use super::evidence::{self, Evidence, Sighting};
use super::incident::{Incident, Subject};
use super::kind::{Kind, Topic};
use super::known_bogus::KnownBogus;
use super::losses::Losses;
use super::notice::Notice;
use super::records::Records;
use super::route::{self, ZoneStanding};
use super::severity::Severity;
use super::tally::failing;
use crate::chain::{ValidationState, Verdict};
use crate::message::Name;
use crate::time::Timestamp;
use crate::watch::{Change, Rule};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Incidents open at once; beyond, new ones are counted only.
const OPEN: usize = 4096;

/// Seconds of capture time between two looks at all open incidents.
const SWEEP: i64 = 10;

/// What a run is told about its surroundings.
#[derive(Clone, Debug, Default)]
pub struct IncidentConfig {
    /// Domains that are counted, never alerted.
    pub known_bogus: KnownBogus,
}

/// The open incidents, and what their causes are told by.
#[derive(Debug, Default)]
pub struct Incidents {
    config: IncidentConfig,
    open: BTreeMap<Subject, BTreeMap<Kind, Incident>>,
    evidence: Evidence,
    clock: Clock,
    records: Records,
    losses: Losses,
    counts: Counts,
    now: Timestamp,
    swept: Timestamp,
}

impl Incidents {
    /// Without any incident.
    pub fn new(config: IncidentConfig) -> Self {
        Self {
            config,
            ..Self::default()
        }
    }

    /// Takes a verdict, a secure one too: it is evidence, and it ends incidents.
    pub fn judged(&mut self, verdict: &Verdict) -> Vec<Alert> {
        let mut alerts = self.advance(verdict.decided_at);
        if let Some((zone, seen)) = evidence::sightings(verdict) {
            self.clock.verified(zone, self.now);
            self.evidence.verified(zone, &seen);
            self.review(zone, &seen, &mut alerts);
        } else if verdict.state == ValidationState::Bogus {
            self.failed(verdict, &mut alerts);
        }
        alerts
    }

    /// Takes a change. Expected ones give a record, no alarm.
    pub fn changed(&mut self, change: &Change) -> Vec<Alert> {
        let mut alerts = self.advance(change.exchange.message.time);
        let kind = Kind::of_change(change.kind);
        self.evidence.changed(change);
        self.revert(change, &mut alerts);
        let diagnosis = diagnosis::of_change(kind, change);
        if diagnosis.severity == Severity::Informational {
            if self.records.is_news(kind, change, self.now) {
                *self.counts.changes.entry(kind).or_default() += 1;
                alerts.push(compose::record(
                    kind,
                    change,
                    diagnosis,
                    &self.context(&change.zone),
                ));
            }
        } else if change.rule != Some(Rule::Flap) || alerts.is_empty() {
            self.open_or_count(
                kind,
                &Subject::Zone(change.zone.clone()),
                &mut alerts,
                |incident, _| {
                    incident.tally.count(&change.exchange, &change.zone);
                    incident.change(change);
                },
            );
        }
        self.review(&change.zone, &[], &mut alerts);
        alerts
    }

    /// Takes what the rooms before this one noticed.
    pub fn noticed(&mut self, notice: &Notice) -> Vec<Alert> {
        let mut alerts = self.advance(notice.time());
        if let Notice::CaptureLoss { time, loss } = notice {
            self.losses.add(*time, *loss);
            if loss.total() == 0 {
                return alerts;
            }
        }
        let (kind, subject) = match notice {
            Notice::FragmentOverlap { .. } => (Kind::FragmentOverlap, Subject::Sensor),
            Notice::CaptureLoss { .. } => (Kind::CaptureLoss, Subject::Sensor),
            Notice::BudgetExceeded { .. } => (Kind::BudgetExceeded, Subject::Sensor),
            Notice::PrivateZone { zone, .. } => (Kind::PrivateZone, Subject::Zone(zone.clone())),
            Notice::ResponseConflict { exchange } => (
                Kind::ResponseConflict,
                Subject::Address(exchange.resolver()),
            ),
        };
        self.open_or_count(kind, &subject, &mut alerts, |incident, _| {
            incident.notice(notice);
        });
        alerts
    }

    /// Capture time moves: lines that waited are told, what verifies or is quiet ends.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Alert> {
        self.now = self.now.max(now);
        let mut alerts = Vec::new();
        if self.now.seconds_since(self.swept) >= SWEEP {
            self.swept = self.now;
            for verdict in self.clock.released(self.now) {
                self.accuse(&verdict, &mut alerts);
            }
            let subjects: Vec<Subject> = self.open.keys().cloned().collect();
            for subject in subjects {
                self.settle(&subject, false, &mut alerts);
            }
        }
        alerts
    }

    /// Input ends: what is open stays open, and says its last word if there is news.
    pub fn finish(&mut self, now: Timestamp) -> Vec<Alert> {
        let mut alerts = self.advance(now);
        for verdict in self.clock.rest() {
            self.accuse(&verdict, &mut alerts);
        }
        let subjects: Vec<Subject> = self.open.keys().cloned().collect();
        for subject in subjects {
            self.settle(&subject, true, &mut alerts);
        }
        alerts
    }

    /// What the run raised so far.
    pub fn counts(&self) -> Counts {
        let open = self.open.values().map(BTreeMap::len).sum::<usize>();
        Counts {
            open: u64::try_from(open).unwrap_or(u64::MAX),
            ..self.counts.clone()
        }
    }

    /// A bogus response: whose fault is it?
    fn failed(&mut self, verdict: &Verdict, alerts: &mut Vec<Alert>) {
        let name = failing(verdict).0;
        let zone = verdict.subject.zone.as_ref();
        if [zone, Some(&name)]
            .into_iter()
            .flatten()
            .any(|name| self.config.known_bogus.covers(name))
        {
            self.counts.known_bogus += 1;
            return;
        }
        if !verdict.fails_by_time_only || !verdict.exchange.standing.may_accuse() {
            self.accuse(verdict, alerts);
            return;
        }
        match self.clock.failed(verdict) {
            Timing::Zone => self.accuse(verdict, alerts),
            Timing::Held => {}
            Timing::Sensor(held) => {
                for verdict in held.iter().chain([verdict]) {
                    self.count_failure(Kind::ClockSkew, &Subject::Sensor, verdict, alerts);
                }
            }
        }
    }

    /// Counts a failure where it belongs.
    fn accuse(&mut self, verdict: &Verdict, alerts: &mut Vec<Alert>) {
        let zone = self.standing(&route::of_zone(verdict));
        if let Some((kind, subject)) = route::route(verdict, zone) {
            self.count_failure(kind, &subject, verdict, alerts);
        }
    }

    fn count_failure(
        &mut self,
        kind: Kind,
        subject: &Subject,
        verdict: &Verdict,
        alerts: &mut Vec<Alert>,
    ) {
        let is_lossless = self.losses.before(verdict.exchange.message.time).total() == 0;
        self.open_or_count(kind, subject, alerts, |incident, seen| {
            incident.tally.fail(verdict, is_lossless);
            for sighting in seen {
                incident.tally.verify(sighting);
            }
            incident.show(verdict);
        });
    }

    /// What is known of a zone when one of its responses fails.
    fn standing(&self, zone: &Subject) -> ZoneStanding {
        let mut standing = ZoneStanding::default();
        for incident in self.open.get(zone).into_iter().flat_map(BTreeMap::values) {
            if incident.kind.topic() == Topic::Validation {
                let is_attack = incident.is_attack();
                standing.is_bogus_upstream |= incident.tally.has_upstream;
                standing.is_broken |= !is_attack;
            }
        }
        standing
    }

    /// Lets `count` add to the incident of this kind and subject, which opens if need be, and
    /// tells what there is to tell. `count` gets what verified of the zone before.
    fn open_or_count(
        &mut self,
        kind: Kind,
        subject: &Subject,
        alerts: &mut Vec<Alert>,
        count: impl FnOnce(&mut Incident, &[Sighting]),
    ) {
        let is_open = self
            .open
            .get(subject)
            .is_some_and(|kinds| kinds.contains_key(&kind));
        if !is_open && self.open.len() >= OPEN {
            self.counts.suppressed += 1;
            return;
        }
        let zone = match subject {
            Subject::Zone(zone) => Some(zone),
            Subject::Address(_) | Subject::Sensor => None,
        };
        let evidence = zone.and_then(|zone| self.evidence.of(zone));
        let now = self.now;
        let incident = self
            .open
            .entry(subject.clone())
            .or_default()
            .entry(kind)
            .or_insert_with(|| Incident::new(kind, subject.clone(), now));
        let before: Vec<Sighting> = evidence
            .filter(|_| !is_open)
            .map(|zone| zone.sightings.iter().cloned().collect())
            .unwrap_or_default();
        count(incident, &before);
        incident.diagnose(evidence);
        let status = match is_open {
            false => Status::Opened,
            true if incident.is_due(now) => Status::Updated,
            true => return,
        };
        let context = Context {
            evidence,
            loss: self.losses.before(now),
            now,
        };
        alerts.push(tell(incident, status, &context, &mut self.counts));
    }

    /// Looks at a zone's open incidents again in the light of what verified or changed.
    fn review(&mut self, zone: &Name, seen: &[Sighting], alerts: &mut Vec<Alert>) {
        let subject = Subject::Zone(zone.clone());
        let Some(kinds) = self.open.get_mut(&subject) else {
            return;
        };
        let evidence = self.evidence.of(zone);
        for incident in kinds.values_mut() {
            incident.verify(seen);
            incident.diagnose(evidence);
        }
        self.settle(&subject, false, alerts);
    }

    /// Tells what is due of a subject's incidents, and ends those that are over. At the end of
    /// input everything that no line has told yet is due.
    fn settle(&mut self, subject: &Subject, is_end: bool, alerts: &mut Vec<Alert>) {
        let Some(kinds) = self.open.get_mut(subject) else {
            return;
        };
        let now = self.now;
        let loss = self.losses.before(now);
        let (evidence, counts) = (&self.evidence, &mut self.counts);
        kinds.retain(|_, incident| {
            let status = match incident.ending(now) {
                Some(resolution) => Status::Resolved(resolution),
                None if incident.is_due(now) || is_end && incident.is_pending() => Status::Updated,
                None => return true,
            };
            let evidence = incident.zone().and_then(|zone| evidence.of(zone));
            let context = Context {
                evidence,
                loss,
                now,
            };
            alerts.push(tell(incident, status, &context, counts));
            status.resolution().is_none()
        });
        if kinds.is_empty() {
            self.open.remove(subject);
        }
    }

    /// Ends the incident of a change that this one takes back.
    fn revert(&mut self, change: &Change, alerts: &mut Vec<Alert>) {
        let subject = Subject::Zone(change.zone.clone());
        let Some(kinds) = self.open.get_mut(&subject) else {
            return;
        };
        let is_way_out = |incident: &Incident| {
            let known = incident.change.as_ref();
            known.is_some_and(|known| {
                known.set == change.set
                    && known.before == change.after
                    && known.after == change.before
            })
        };
        let Some(kind) = kinds
            .iter()
            .find_map(|(kind, incident)| is_way_out(incident).then_some(*kind))
        else {
            return;
        };
        if let Some(mut incident) = kinds.remove(&kind) {
            incident.tally.count(&change.exchange, &change.zone);
            incident.change = Some(Arc::new(change.clone()));
            incident.exchange = Some(Arc::clone(&change.exchange));
            let context = Context {
                evidence: self.evidence.of(&change.zone),
                loss: self.losses.before(self.now),
                now: self.now,
            };
            if change.rule == Some(Rule::Flap) {
                incident.diagnosis.severity = incident.diagnosis.severity.max(Severity::High);
            }
            let status = Status::Resolved(Resolution::Reverted);
            alerts.push(tell(&mut incident, status, &context, &mut self.counts));
        }
        if kinds.is_empty() {
            self.open.remove(&subject);
        }
    }

    fn context(&self, zone: &Name) -> Context<'_> {
        Context {
            evidence: self.evidence.of(zone),
            loss: self.losses.before(self.now),
            now: self.now,
        }
    }
}

/// Writes an incident's next line.
fn tell(
    incident: &mut Incident,
    status: Status,
    context: &Context<'_>,
    counts: &mut Counts,
) -> Alert {
    let before = incident.worst;
    let severity = incident.diagnosis.severity;
    counts.told(incident.kind, before, severity);
    incident.worst = before.max(Some(severity));
    let event_id = incident.tell(status, context.now);
    compose::alert(incident, event_id, status, context)
}
