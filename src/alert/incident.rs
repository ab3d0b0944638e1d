//! One incident and its life.

use super::alert::{Resolution, Status};
use super::anchors;
use super::contradiction;
use super::diagnosis::{self, Diagnosis};
use super::evidence::{Sighting, ZoneEvidence};
use super::identity::{event_id, is_event_id};
use super::kind::{Kind, Topic};
use super::notice::{Loss, Notice};
use super::severity::{CauseClass, Severity};
use super::tally::Tally;
use crate::capture::FrameNumber;
use crate::chain::{Contradiction, Verdict};
use crate::exchange::Exchange;
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use crate::watch::{Change, Outage, StaleAnchor};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// At most one line in so many seconds of capture time, apart from the first and the last.
const PAUSE: i64 = 60;

/// Not seen for so long, an incident ends.
const QUIET: i64 = 86_400;

/// What incidents of one kind are told apart by.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub(super) enum Subject {
    /// A zone.
    Zone(Name),
    /// A resolver.
    Address(IpAddr),
    /// The sensor: there is one only.
    Sensor,
}

impl Subject {
    /// The key of an incident about this subject.
    pub(super) fn key(&self, kind: Kind) -> String {
        match self {
            Self::Zone(zone) => format!("{}|{zone}", kind.name()),
            Self::Address(address) => format!("{}|{address}", kind.name()),
            Self::Sensor => kind.name().to_owned(),
        }
    }
}

/// An incident.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Incident {
    pub(super) kind: Kind,
    pub(super) subject: Subject,
    pub(super) key: String,
    pub(super) id: String,
    pub(super) tally: Tally,
    pub(super) diagnosis: Diagnosis,
    pub(super) verdict: Option<Arc<Verdict>>,
    pub(super) exchange: Option<Arc<Exchange>>,
    pub(super) change: Option<Arc<Change>>,
    /// Anchors that are not what their zone is signed with, if it is about these.
    pub(super) stale: Option<Arc<StaleAnchor>>,
    /// A denial that contradicts its zone's data, if it is about one.
    #[serde(default)]
    pub(super) contradiction: Option<Arc<Contradiction>>,
    /// Servers that do not answer, if it is about these.
    #[serde(default)]
    pub(super) outage: Option<Outage>,
    #[serde(skip)]
    pub(super) frame: Option<FrameNumber>,
    /// The zone that a trouble of the sensor seems to come from.
    pub(super) suspect: Option<Name>,
    /// What the sensor lost, if it is about that.
    pub(super) lost: Loss,
    /// The worst severity of its lines so far.
    pub(super) worst: Option<Severity>,
    opened_at: Timestamp,
    /// Lines so far.
    lines: u64,
    /// What the last line said.
    told: Told,
    /// Since when the zone verifies again.
    good_since: Option<Timestamp>,
    /// A change came that no line has told yet.
    has_news: bool,
}

/// What the last line said.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Told {
    diagnosis: Diagnosis,
    count: u64,
    at: Timestamp,
}

impl Incident {
    /// An incident that opens now.
    pub(super) fn new(kind: Kind, subject: Subject, now: Timestamp) -> Self {
        let tally = Tally::default();
        let diagnosis = diagnosis::of_troubles(kind, &tally);
        Self {
            kind,
            key: subject.key(kind),
            subject,
            id: String::new(),
            told: Told {
                diagnosis: diagnosis.clone(),
                count: tally.count,
                at: now,
            },
            tally,
            diagnosis,
            suspect: None,
            lost: Loss::default(),
            worst: None,
            verdict: None,
            exchange: None,
            change: None,
            stale: None,
            contradiction: None,
            outage: None,
            frame: None,
            opened_at: now,
            lines: 0,
            good_since: None,
            has_news: false,
        }
    }

    /// Whether the texts that lines take from it as they are could be its own.
    pub(super) fn is_in_own_words(&self) -> bool {
        self.key == self.subject.key(self.kind)
            && is_event_id(&self.id)
            && self.diagnosis.is_in_own_words()
            && self.told.diagnosis.is_in_own_words()
    }

    /// The zone that it is about.
    pub(super) fn zone(&self) -> Option<&Name> {
        match &self.subject {
            Subject::Zone(zone) => Some(zone),
            Subject::Address(_) | Subject::Sensor => {
                let shown = self.verdict.as_ref();
                let zone = shown.and_then(|verdict| verdict.subject.zone.as_ref());
                self.suspect.as_ref().or(zone)
            }
        }
    }

    /// Keeps what shows the incident: the latest, but a link that fails before what hangs on it.
    pub(super) fn show(&mut self, verdict: &Verdict) {
        self.good_since = None;
        let is_less = |known: &Arc<Verdict>| verdict.is_broken_link && !known.is_broken_link;
        if self.verdict.as_ref().is_some_and(is_less) {
            return;
        }
        self.exchange = Some(Arc::clone(&verdict.exchange));
        self.verdict = Some(Arc::new(verdict.clone()));
    }

    /// Takes a change, a new one or a repeated sight.
    pub(super) fn change(&mut self, change: &Change) {
        self.has_news |= self
            .change
            .as_ref()
            .is_some_and(|known| known.after != change.after);
        self.exchange = Some(Arc::clone(&change.exchange));
        self.change = Some(Arc::new(change.clone()));
        self.good_since = None;
    }

    /// Takes a notice.
    pub(super) fn notice(&mut self, notice: &Notice) {
        match notice {
            Notice::FragmentOverlap {
                time,
                frame,
                source,
                destination,
            } => {
                self.tally.count_at(*time);
                self.tally.servers.add(source);
                self.tally.resolvers.add(destination);
                self.frame = Some(*frame);
            }
            Notice::CaptureLoss { time, loss } => {
                self.tally.count_at(*time);
                self.lost = self.lost.plus(*loss);
            }
            Notice::BudgetExceeded { time, zone } => {
                self.tally.count_at(*time);
                if let Some(zone) = zone {
                    self.tally.names.add(zone);
                    self.suspect = Some(zone.clone());
                }
            }
            Notice::Refusal { exchange } | Notice::ResponseConflict { exchange } => {
                let question = exchange.message.question.as_ref();
                let name = question.map_or_else(Name::root, |question| question.name.clone());
                self.meet(exchange, &name);
            }
            Notice::StaleAnchor(stale) => self.meet_anchor(stale),
            Notice::Contradiction(found) => {
                let about = &found.about;
                self.meet(&found.exchange, &about.source);
                self.tally.rrsets.add(&(about.source.clone(), about.rtype));
                self.contradiction = Some(Arc::new(Contradiction::clone(found)));
            }
            Notice::Outage(outage) => {
                self.tally.count_at(outage.time);
                self.tally.first = self.tally.first.min(outage.since);
                self.tally.names.add(&outage.zone);
                for server in &outage.servers {
                    self.tally.servers.add(server);
                }
                for resolver in &outage.resolvers {
                    self.tally.resolvers.add(resolver);
                }
                self.outage = Some(outage.clone());
            }
        }
    }

    fn meet_anchor(&mut self, stale: &StaleAnchor) {
        let zone = &stale.change.zone;
        self.tally.count_at(stale.change.time);
        self.tally.names.add(zone);
        if let Some(resolver) = &stale.resolver {
            self.tally.resolvers.add(resolver);
        }
        self.suspect = Some(zone.clone());
        let known = self.stale.as_ref();
        self.has_news |= known.is_some_and(|known| known.fails != stale.fails);
        self.stale = Some(Arc::new(stale.clone()));
    }

    fn meet(&mut self, exchange: &Arc<Exchange>, name: &Name) {
        self.tally.count(exchange, name);
        self.exchange = Some(Arc::clone(exchange));
    }

    /// Whether its cause is an attack.
    pub(super) fn is_attack(&self) -> bool {
        diagnosis::class_of(self.kind, self.diagnosis.cause) == CauseClass::Attack
    }

    /// Makes the diagnosis anew.
    pub(super) fn diagnose(&mut self, evidence: Option<&ZoneEvidence>, portfolio: &Portfolio) {
        if let Some(stale) = &self.stale {
            self.diagnosis = anchors::diagnosis(stale);
            return;
        }
        if self.kind == Kind::DenialContradiction {
            self.diagnosis = contradiction::diagnosis(&self.tally);
            return;
        }
        let diagnosis = match (self.kind.topic(), &self.change) {
            (_, Some(change)) => diagnosis::of_change(self.kind, change, evidence),
            (Topic::Validation, None) => diagnosis::of_failures(self.kind, &self.tally, evidence),
            (Topic::Change | Topic::Reachability | Topic::Resolver | Topic::Sensor, None) => {
                diagnosis::of_troubles(self.kind, &self.tally)
            }
        };
        self.diagnosis = diagnosis.measured(self.kind, &self.subject, portfolio);
    }

    /// Takes note of what verified in its zone.
    pub(super) fn verify(&mut self, sightings: &[Sighting]) {
        for sighting in sightings {
            self.tally.verify(sighting);
            let is_same_place = self.tally.servers.contains(&sighting.server)
                || self.tally.is_same(sighting)
                || self.tally.has_keys_rrset;
            if is_same_place && sighting.time > self.tally.last {
                self.good_since = self.good_since.or(Some(sighting.time));
            }
        }
    }

    /// Whether there is something to tell, and the pause since the last line is over.
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        now.seconds_since(self.told.at) >= PAUSE && self.is_pending()
    }

    /// Whether there is something that the last line did not tell.
    pub(super) fn is_pending(&self) -> bool {
        let (now, then) = (&self.diagnosis, &self.told.diagnosis);
        self.has_news
            || now.scope > then.scope
            || now.severity > then.severity
            || now.cause != then.cause
            || self.tally.count >= self.told.count.saturating_mul(2)
    }

    /// How it ended, if it did.
    pub(super) fn ending(&self, now: Timestamp) -> Option<Resolution> {
        let is_verified = self
            .good_since
            .is_some_and(|since| now.seconds_since(since) >= self.ttl_seconds());
        let days = if self.kind.topic() == Topic::Change {
            7
        } else {
            1
        };
        if is_verified && diagnosis::ends_by_verifying(self.kind) {
            Some(Resolution::Verified)
        } else if now.seconds_since(self.tally.last) >= days * QUIET {
            Some(Resolution::Quiet)
        } else {
            None
        }
    }

    /// For how long caches may hold what failed.
    fn ttl_seconds(&self) -> i64 {
        const UNKNOWN: i64 = 3600;
        let signed_by = self
            .verdict
            .as_ref()
            .and_then(|verdict| verdict.subject.signed_by.as_ref());
        signed_by.map_or(UNKNOWN, |by| {
            i64::from(by.original_ttl.seconds()).clamp(1, QUIET)
        })
    }

    /// The `event_id` of the next line, which is noted as told.
    pub(super) fn tell(&mut self, status: Status, now: Timestamp) -> String {
        let id = event_id(&[
            self.key.as_bytes(),
            &self.opened_at.as_nanos().to_be_bytes(),
            status.name().as_bytes(),
            &self.lines.to_be_bytes(),
        ]);
        if self.lines == 0 {
            self.id.clone_from(&id);
        }
        self.lines += 1;
        self.has_news = false;
        self.told = Told {
            diagnosis: self.diagnosis.clone(),
            count: self.tally.count,
            at: now,
        };
        id
    }
}
