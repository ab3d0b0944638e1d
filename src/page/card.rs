//! An open incident, for people.

use crate::alert::{Alert, CauseClass, Confidence, Kind, Severity};
use crate::message::Name;
use crate::time::Timestamp;

/// An open incident in the words of its next line.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// `incident.id`, by which its lines are found.
    pub id: String,
    /// What it is about.
    pub kind: Kind,
    /// The zone, if it is about one.
    pub zone: Option<Name>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What makes it sure, or not.
    pub reasons: Vec<String>,
    /// The triage answer.
    pub class: CauseClass,
    /// The cause, as lines name it.
    pub cause: &'static str,
    /// One sentence.
    pub summary: String,
    /// What to do first.
    pub first_step: Option<String>,
    /// What to type for that.
    pub command: Option<String>,
    /// Since when.
    pub first_seen: Timestamp,
    /// Until when.
    pub last_seen: Timestamp,
    /// How often it was seen.
    pub count: u64,
    /// How wide it is.
    pub scope: &'static str,
    /// Who answers for the zone.
    pub owner: Option<String>,
    /// Where the operator wrote down what to do.
    pub runbook: Option<String>,
}

impl Card {
    /// Of an alert that belongs to an incident.
    pub fn of(alert: &Alert) -> Option<Self> {
        let incident = alert.incident.as_ref()?;
        let step = alert.containment.next_steps.first();
        let asset = alert.asset.as_ref();
        Some(Self {
            id: incident.id.clone(),
            kind: alert.kind,
            zone: alert.zone.clone(),
            severity: alert.severity,
            confidence: alert.confidence,
            reasons: alert
                .confidence_reasons
                .iter()
                .map(ToString::to_string)
                .collect(),
            class: alert.cause_class,
            cause: alert.cause.name(),
            summary: alert.summary.clone(),
            first_step: step.map(|step| step.action.clone()),
            command: step.and_then(|step| step.command.clone()),
            first_seen: incident.first_seen,
            last_seen: incident.last_seen,
            count: incident.count,
            scope: incident.scope.name(),
            owner: asset.and_then(|asset| asset.owner.clone()),
            runbook: asset.and_then(|asset| asset.runbook.clone()),
        })
    }
}
