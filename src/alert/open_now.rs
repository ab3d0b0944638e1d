//! What is open now, for who looks at the sensor itself.

use super::alert::{Alert, Status};
use super::compose::{self, Context};
use super::incident::{Incident, Subject};
use super::incidents::Incidents;
use super::kind::Kind;
use super::severity::Severity;
use crate::message::Name;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// The open incidents.
#[derive(Clone, Debug, Default)]
pub struct OpenNow {
    /// How many, by kind and severity.
    pub counts: BTreeMap<(Kind, Severity), u64>,
    /// The worst of them, each as its next line would tell it. No line is told by this.
    pub worst: Vec<Alert>,
}

impl Incidents {
    /// What is open, and at most `limit` of it in full: the worst first, of these one's own, of
    /// these the latest.
    pub fn open_now(&self, limit: usize) -> OpenNow {
        let mut counts = BTreeMap::new();
        let mut ranked: Vec<_> = Vec::new();
        for incident in self.open.all() {
            let severity = incident.diagnosis.severity;
            *counts.entry((incident.kind, severity)).or_default() += 1;
            let is_foreign = |zone| self.config.portfolio.is_foreign(zone);
            let is_foreign = incident.zone().is_some_and(is_foreign);
            let rank = (Reverse(severity), is_foreign, Reverse(incident.tally.first));
            ranked.push((rank, incident));
        }
        // Those of one rank stand as they are kept: by subject, then by kind.
        ranked.sort_by_key(|(rank, _)| *rank);
        let worst = ranked.into_iter().take(limit);
        OpenNow {
            counts,
            worst: worst
                .map(|(_, incident)| self.as_it_stands(incident))
                .collect(),
        }
    }

    /// What is open of a zone, by kind.
    pub fn open_of(&self, zone: &Name) -> Vec<(Kind, Severity)> {
        self.open_about(&Subject::Zone(zone.clone()))
    }

    /// What is open of a resolver, by kind.
    pub fn open_of_resolver(&self, address: IpAddr) -> Vec<(Kind, Severity)> {
        self.open_about(&Subject::Address(address))
    }

    fn open_about(&self, subject: &Subject) -> Vec<(Kind, Severity)> {
        let open = self.open.of(subject);
        open.map(|incident| (incident.kind, incident.diagnosis.severity))
            .collect()
    }

    fn as_it_stands(&self, incident: &Incident) -> Alert {
        let zone = incident.zone();
        let context = Context {
            evidence: zone.and_then(|zone| self.evidence.of(zone)),
            loss: self.losses.before(self.now),
            now: self.now,
            portfolio: &self.config.portfolio,
        };
        compose::alert(incident, incident.id.clone(), Status::Updated, &context)
    }
}
