//! What the portfolio says about an incident: how much hangs on it, and whether it was declared.

use super::alert::{Alert, Resolution, Status};
use super::compose::Context;
use super::diagnosis::{Diagnosis, class_of};
use super::incident::{Incident, Subject};
use super::incidents::{Incidents, tell};
use super::kind::{Kind, Topic};
use super::severity::{CauseClass, Confidence, Severity};
use crate::message::{Ds, zone_file};
use crate::portfolio::{Criticality, Plan, Portfolio};
use crate::watch::{Change, Set};
use std::sync::Arc;

impl Diagnosis {
    /// The same, with the severity that it has for the operator: a critical zone is one step up,
    /// and what another's owner did wrong is low. Records stay records.
    pub(super) fn measured(mut self, kind: Kind, subject: &Subject, portfolio: &Portfolio) -> Self {
        let Subject::Zone(zone) = subject else {
            return self;
        };
        if self.severity == Severity::Informational {
            return self;
        }
        let class = class_of(kind, self.cause);
        let is_mistake = matches!(class, CauseClass::Misconfiguration | CauseClass::Outage);
        let own = portfolio.zone(zone);
        if own.is_some_and(|own| own.criticality == Criticality::Critical) {
            self.severity = raised(self.severity);
            if self.confidence == Confidence::Low {
                self.severity = self.severity.min(Severity::Medium);
            }
        } else if is_mistake && portfolio.is_foreign(zone) {
            self.severity = self.severity.min(Severity::Low);
        }
        self
    }
}

const fn raised(severity: Severity) -> Severity {
    match severity {
        Severity::Informational => Severity::Informational,
        Severity::Low => Severity::Medium,
        Severity::Medium => Severity::High,
        Severity::High | Severity::Critical => Severity::Critical,
    }
}

impl Incidents {
    /// Ends the incidents of DS changes that the portfolio declares by now.
    pub fn declared(&mut self) -> Vec<Alert> {
        let mut alerts = Vec::new();
        let portfolio = Arc::clone(&self.config.portfolio);
        for zone in portfolio.zones().filter(|zone| !zone.plans.is_empty()) {
            let subject = Subject::Zone(zone.name.clone());
            let plan = |incident: &Incident| {
                let change = incident.change.as_deref()?;
                let is_change = incident.kind.topic() == Topic::Change && change.set == Set::Ds;
                let (before, after) = (records(&change.before)?, records(&change.after)?);
                let plan = zone.plan_for(&before, &after, change.time);
                plan.filter(|_| is_change && is_of_set(incident.kind))
                    .cloned()
            };
            let known: Vec<(Kind, Plan)> = self
                .open
                .of(&subject)
                .filter_map(|incident| Some((incident.kind, plan(incident)?)))
                .collect();
            for (kind, plan) in known {
                self.end_declared(&subject, kind, &plan, &mut alerts);
            }
        }
        alerts
    }

    fn end_declared(
        &mut self,
        subject: &Subject,
        kind: Kind,
        plan: &Plan,
        alerts: &mut Vec<Alert>,
    ) {
        let incident = self.open.of_mut(subject);
        let Some(mut incident) = incident.and_then(|kinds| kinds.remove(&kind)) else {
            return;
        };
        if let Some(change) = &mut incident.change {
            let change = Arc::make_mut(change);
            change.ticket = Some(plan.ticket.clone());
            change.why = format!("declared afterwards as {}; {}", plan.title(), change.why);
        }
        let context = Context {
            evidence: None,
            loss: self.losses.before(self.now),
            now: self.now,
            portfolio: &self.config.portfolio,
        };
        let status = Status::Resolved(Resolution::Declared);
        alerts.push(tell(&mut incident, status, &context, &mut self.counts));
        self.open.tidy(subject);
    }
}

/// Whether a kind is about a DS set that became another, not about what is wrong with it.
const fn is_of_set(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::DsAdded | Kind::DsRemoved | Kind::DsReplaced | Kind::DsWithdrawn | Kind::ZoneSigned
    )
}

/// DS records out of their text, sorted.
fn records(texts: &[String]) -> Option<Vec<Ds>> {
    let records = texts.iter().map(|text| zone_file::ds(text).ok());
    let mut records: Vec<Ds> = records.collect::<Option<_>>()?;
    records.sort();
    Some(records)
}

/// The ticket under which a change stands in the portfolio.
pub(super) fn ticket(change: Option<&Change>) -> Option<&str> {
    change?.ticket.as_deref()
}
