//! Turns findings into few alerts with a life.

use super::alert::{Alert, Resolution, Status};
use super::anchors;
use super::answers::{Answer, Answers};
use super::clock::Clock;
use super::compose::{self, Context};
use super::counts::Counts;
use super::diagnosis;
use super::evidence::{self, Evidence, Sighting};
use super::incident::{Incident, Subject};
use super::kind::Kind;
use super::known_bogus::KnownBogus;
use super::losses::Losses;
use super::notice::Notice;
use super::open::Open;
use super::path::Paths;
use super::records::Records;
use super::refusals::Refusals;
use super::severity::Severity;
use super::waiting::Waiting;
use crate::chain::{Reason, ValidationState, Verdict};
use crate::message::Name;
use crate::packet::Flow;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use crate::watch::{Change, ChangeKind, Rule};

use std::net::IpAddr;
use std::sync::Arc;

/// Seconds of capture time between two looks at all open incidents.
const SWEEP: i64 = 10;

/// What a run is told about its surroundings.
#[derive(Clone, Debug, Default)]
pub struct IncidentConfig {
    /// Domains that are counted, never alerted.
    pub known_bogus: KnownBogus,
    /// What the operator says of zones and resolvers.
    pub portfolio: Arc<Portfolio>,
    /// Incidents are written down: [`Incidents::take_changed`] is asked now and then.
    pub is_kept: bool,
}

/// The open incidents, and what their causes are told by.
#[derive(Debug, Default)]
pub struct Incidents {
    pub(super) config: IncidentConfig,
    pub(super) open: Open,
    pub(super) evidence: Evidence,
    pub(super) clock: Clock,
    /// The first failures of links into zones, the oldest first.
    pub(super) links: Waiting<Verdict>,
    pub(super) paths: Paths,
    pub(super) refusals: Refusals,
    pub(super) answers: Answers,
    pub(super) records: Records,
    pub(super) losses: Losses,
    pub(super) counts: Counts,
    pub(super) now: Timestamp,
    swept: Timestamp,
}

impl Incidents {
    /// Without any incident.
    pub fn new(config: IncidentConfig) -> Self {
        Self {
            open: Open::new(config.is_kept),
            config,
            ..Self::default()
        }
    }

    /// Takes up what the operator says by now. Incidents that are open stay open.
    pub fn reload(&mut self, known_bogus: KnownBogus, portfolio: Arc<Portfolio>) {
        self.config.known_bogus = known_bogus;
        self.config.portfolio = portfolio;
    }

    /// Takes a verdict, a secure one too: it is evidence, and it ends incidents.
    pub fn judged(&mut self, verdict: &Verdict) -> Vec<Alert> {
        let mut alerts = self.advance(verdict.decided_at);
        if let Some((zone, seen)) = evidence::sightings(verdict) {
            self.clock.verified(zone, self.now);
            self.paths.verified(verdict.exchange.resolver(), zone);
            self.evidence.verified(zone, &seen);
            self.review(zone, &seen, &mut alerts);
        } else if verdict.state == ValidationState::Bogus {
            self.evidence.failed(verdict);
            self.failed(verdict, &mut alerts);
        } else if verdict.reason == Some(Reason::Budget) {
            self.noticed_budget(verdict, &mut alerts);
        } else if let Some(private) = &verdict.private {
            self.noticed_private(verdict, private, &mut alerts);
        } else if verdict.state == ValidationState::Insecure {
            self.spoofed(verdict, &mut alerts);
        }
        alerts
    }

    /// Takes a change. Expected ones give a record, no alarm.
    pub fn changed(&mut self, change: &Change) -> Vec<Alert> {
        let mut alerts = self.advance(change.exchange.message.time.max(change.time));
        let kind = Kind::of_change(change.kind);
        if kind == Kind::SignatureExpiring && self.open.contains(&Subject::Sensor, Kind::ClockSkew)
        {
            // By a wrong clock, what is fresh looks old everywhere.
            return alerts;
        }
        self.evidence.changed(change);
        let is_way_back = self.revert(change, &mut alerts);
        let diagnosis = diagnosis::of_change(kind, change, self.evidence.of(&change.zone));
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
        } else if self.config.known_bogus.covers(&change.zone) {
            self.counts.known_bogus += 1;
        } else if !is_way_back || kind == Kind::DsWithdrawn {
            // A zone that leaves again ends the incident of its first DS, and is news itself.
            let subject = Subject::Zone(change.zone.clone());
            if self.told_by(kind, &subject) == kind {
                self.open_or_count(kind, &subject, &mut alerts, |incident, _| {
                    incident.tally.count(&change.exchange, &change.zone);
                    incident.change(change);
                });
            }
        }
        self.review(&change.zone, &[], &mut alerts);
        alerts
    }

    /// Takes note whether an interface is out at this time: what is missing then may have passed there.
    pub fn doubt(&mut self, time: Timestamp, is_blind: bool) {
        if is_blind {
            self.losses.blind(time);
        }
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
        if let Notice::Refusal { exchange } = notice {
            self.refusals.take(exchange);
            return alerts;
        }
        if let Notice::StaleAnchor(stale) = notice
            && stale.is_over
        {
            self.renewed(stale, &mut alerts);
            return alerts;
        }
        if let Notice::Contradiction(found) = notice {
            self.contradicted(found, &mut alerts);
            return alerts;
        }
        if let Notice::Outage(outage) = notice
            && outage.is_over
        {
            self.reached(outage, &mut alerts);
            return alerts;
        }
        let (kind, subject) = about(notice);
        let is_lossless = !self.losses.cast_doubt(notice.time());
        self.open_or_count(kind, &subject, &mut alerts, |incident, _| {
            incident.tally.has_lossless |= is_lossless;
            incident.notice(notice);
        });
        alerts
    }

    /// Capture time moves: lines that waited are told, what verifies or is quiet ends.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Alert> {
        self.now = self.now.max(now);
        let mut alerts = Vec::new();
        self.release_links(false, &mut alerts);
        if self.now.seconds_since(self.swept) >= SWEEP {
            self.swept = self.now;
            for verdict in self.clock.released(self.now) {
                self.accuse(&verdict, &mut alerts);
            }
            self.refused(false, &mut alerts);
            for subject in self.open.subjects() {
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
        self.release_links(true, &mut alerts);
        self.refused(true, &mut alerts);
        for subject in self.open.subjects() {
            self.settle(&subject, true, &mut alerts);
        }
        alerts
    }

    /// Takes note of a response that repeats one that was judged, and so changes nothing but what
    /// was answered last.
    pub fn repeated(&mut self, flow: Flow, id: u16, answer: Answer) {
        self.answers.keep(flow, id, answer);
    }

    /// Whether nothing is open of these zones and addresses, or of the sensor, that what verifies
    /// could change.
    pub fn are_at_rest(&self, zones: &[&Name], addresses: [IpAddr; 2]) -> bool {
        let zones = zones.iter().map(|zone| Subject::Zone((*zone).clone()));
        let addresses = addresses.into_iter().map(Subject::Address);
        let mut subjects = zones.chain(addresses).chain([Subject::Sensor]);
        self.clock.is_calm() && subjects.all(|subject| self.open.is_free(&subject))
    }

    /// What the run raised so far.
    pub fn counts(&self) -> Counts {
        Counts {
            open: self.open.count(),
            ..self.counts.clone()
        }
    }

    /// Lets `count` add to the incident of this kind and subject, which opens if need be, and
    /// tells what there is to tell. `count` gets what verified of the zone before.
    pub(super) fn open_or_count(
        &mut self,
        kind: Kind,
        subject: &Subject,
        alerts: &mut Vec<Alert>,
        count: impl FnOnce(&mut Incident, &[Sighting]),
    ) {
        let is_open = self.open.contains(subject, kind);
        if !is_open {
            self.counts.suppressed += self.open.make_room(&self.config.portfolio);
        }
        let zone = match subject {
            Subject::Zone(zone) => Some(zone),
            Subject::Address(_) | Subject::Sensor => None,
        };
        let evidence = zone.and_then(|zone| self.evidence.of(zone));
        let now = self.now;
        let incident = self.open.entry(subject, kind, now);
        let before: Vec<Sighting> = evidence
            .filter(|_| !is_open)
            .map(|zone| zone.sightings.iter().cloned().collect())
            .unwrap_or_default();
        count(incident, &before);
        incident.diagnose(evidence, &self.config.portfolio);
        let status = match is_open {
            false => Status::Opened,
            true if incident.is_due(now) => Status::Updated,
            true => return,
        };
        let context = Context {
            evidence,
            loss: self.losses.before(now),
            now,
            portfolio: &self.config.portfolio,
        };
        alerts.push(tell(incident, status, &context, &mut self.counts));
    }

    /// Looks at a zone's open incidents again in the light of what verified or changed.
    fn review(&mut self, zone: &Name, seen: &[Sighting], alerts: &mut Vec<Alert>) {
        let subject = Subject::Zone(zone.clone());
        let Some(kinds) = self.open.of_mut(&subject) else {
            return;
        };
        let evidence = self.evidence.of(zone);
        for incident in kinds.values_mut() {
            incident.verify(seen);
            incident.diagnose(evidence, &self.config.portfolio);
        }
        self.settle(&subject, false, alerts);
    }

    /// Tells what is due of a subject's incidents, and ends those that are over. At the end of
    /// input everything that no line has told yet is due.
    fn settle(&mut self, subject: &Subject, is_end: bool, alerts: &mut Vec<Alert>) {
        let Some(kinds) = self.open.of_mut(subject) else {
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
                portfolio: &self.config.portfolio,
            };
            alerts.push(tell(incident, status, &context, counts));
            status.resolution().is_none()
        });
        if kinds.is_empty() {
            self.open.tidy(subject);
        }
    }

    /// Ends the incident of a change that this one takes back. Whether there was one.
    fn revert(&mut self, change: &Change, alerts: &mut Vec<Alert>) -> bool {
        let subject = Subject::Zone(change.zone.clone());
        let Some(kinds) = self.open.of_mut(&subject) else {
            return false;
        };
        let reverted = change.reverts.map(Kind::of_change);
        let is_way_out = |incident: &Incident| {
            reverted == Some(incident.kind)
                || incident
                    .change
                    .as_ref()
                    .is_some_and(|known| is_taken_back(known, change))
        };
        let kind = kinds
            .values()
            .find(|incident| is_way_out(incident))
            .map(|incident| incident.kind);
        let Some(mut incident) = kind.and_then(|kind| kinds.remove(&kind)) else {
            return false;
        };
        // What passes with time has no message of its own.
        if change.exchange.message.time == change.time {
            incident.tally.count(&change.exchange, &change.zone);
        }
        incident.change(change);
        if change.rule == Some(Rule::Flap) {
            incident.diagnosis.severity = incident.diagnosis.severity.max(Severity::High);
        }
        let resolution = if change.is_announced_late() {
            Resolution::Declared
        } else if change.is_mending() && !change.is_undone {
            Resolution::Verified
        } else {
            Resolution::Reverted
        };
        self.close(incident, &change.zone, resolution, alerts);
        true
    }

    /// Tells the last line of an incident that was taken out, which is about this zone.
    pub(super) fn close(
        &mut self,
        mut incident: Incident,
        zone: &Name,
        resolution: Resolution,
        alerts: &mut Vec<Alert>,
    ) {
        let context = Context {
            evidence: self.evidence.of(zone),
            loss: self.losses.before(self.now),
            now: self.now,
            portfolio: &self.config.portfolio,
        };
        let status = Status::Resolved(resolution);
        alerts.push(tell(&mut incident, status, &context, &mut self.counts));
        self.open.tidy(&incident.subject);
    }

    fn context(&self, zone: &Name) -> Context<'_> {
        Context {
            evidence: self.evidence.of(zone),
            loss: self.losses.before(self.now),
            now: self.now,
            portfolio: &self.config.portfolio,
        }
    }
}

/// Whether a change brings back what another took away.
fn is_taken_back(known: &Change, change: &Change) -> bool {
    let is_swapped = known.before == change.after && known.after == change.before;
    // A link that fails sets two sets against each other, and a lagging server shows an old one:
    // that changes neither.
    let changes_nothing = matches!(
        change.kind,
        ChangeKind::DsMismatch | ChangeKind::PrematureStep | ChangeKind::DsStale
    );
    is_swapped && known.set == change.set && !changes_nothing
}

/// What a notice is about.
fn about(notice: &Notice) -> (Kind, Subject) {
    match notice {
        Notice::FragmentOverlap { .. } => (Kind::FragmentOverlap, Subject::Sensor),
        Notice::CaptureLoss { .. } => (Kind::CaptureLoss, Subject::Sensor),
        Notice::BudgetExceeded { .. } => (Kind::BudgetExceeded, Subject::Sensor),
        Notice::Refusal { exchange } => (
            Kind::ResolverDisagrees,
            Subject::Address(exchange.resolver()),
        ),
        Notice::ResponseConflict { exchange } => (
            Kind::ResponseConflict,
            Subject::Address(exchange.resolver()),
        ),
        Notice::Outage(outage) => (Kind::ZoneUnreachable, Subject::Zone(outage.zone.clone())),
        Notice::StaleAnchor(stale) => (Kind::TrustAnchorStale, anchors::subject(stale)),
        Notice::Contradiction(found) => (
            Kind::DenialContradiction,
            Subject::Zone(found.about.zone.clone()),
        ),
    }
}

/// Writes an incident's next line.
pub(super) fn tell(
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
