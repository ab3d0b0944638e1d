//! Makes an alert of an incident as it stands.

use super::alert::{Alert, Containment, EventType, IncidentView, Listed, Status};
use super::diagnosis::{Diagnosis, class_of};
use super::evidence::ZoneEvidence;
use super::few::Few;
use super::identity::event_id;
use super::incident::Incident;
use super::kind::Kind;
use super::notice::Loss;
use super::{change_summary, containment, summary};
use crate::capture::FrameNumber;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use crate::watch::Change;
use std::sync::Arc;

/// What stands around an incident when a line is written.
#[derive(Clone, Copy, Debug)]
pub(super) struct Context<'a> {
    /// What is known of its zone.
    pub(super) evidence: Option<&'a ZoneEvidence>,
    /// What was lost in the ten seconds before.
    pub(super) loss: Loss,
    /// Capture time.
    pub(super) now: Timestamp,
    /// What the operator says of zones and resolvers.
    pub(super) portfolio: &'a Portfolio,
}

/// The alert for an incident's next line.
pub(super) fn alert(
    incident: &Incident,
    event_id: String,
    status: Status,
    context: &Context<'_>,
) -> Alert {
    let diagnosis = &incident.diagnosis;
    let exchange = incident.exchange.clone();
    let observed = exchange.as_ref().map(|exchange| exchange.message.frame);
    let decided = incident
        .verdict
        .as_ref()
        .map_or(observed, |verdict| Some(verdict.decided));
    // What an earlier run saw has no frame in this one.
    let known = |frame: &FrameNumber| frame.is_known();
    Alert {
        event_type: EventType::Alert,
        event_id,
        time: context.now,
        kind: incident.kind,
        zone: incident.zone().cloned(),
        asset: incident
            .zone()
            .and_then(|zone| context.portfolio.zone(zone).cloned()),
        summary: summary::of_incident(incident, status, context.portfolio),
        cause: diagnosis.cause,
        cause_class: class_of(incident.kind, diagnosis.cause),
        severity: diagnosis.severity,
        confidence: diagnosis.confidence,
        confidence_reasons: diagnosis.reasons.clone(),
        incident: Some(view(incident, status)),
        decided: decided.filter(known),
        observed: observed.or(incident.frame).filter(known),
        verdict: incident.verdict.clone(),
        exchange,
        change: incident.change.clone().or_else(|| {
            let stale = incident.stale.as_ref();
            stale.map(|stale| Arc::new(stale.change.clone()))
        }),
        containment: containment::of_incident(incident, status, context),
        loss: context.loss,
    }
}

/// The audit record of a change.
pub(super) fn record(
    kind: Kind,
    change: &Change,
    diagnosis: Diagnosis,
    context: &Context<'_>,
) -> Alert {
    let key = format!("{}|{}", kind.name(), change.zone);
    let after = change.after.join("\n");
    let frame = change.exchange.message.frame;
    Alert {
        event_type: EventType::Change,
        event_id: event_id(&[
            key.as_bytes(),
            &change.time.as_nanos().to_be_bytes(),
            b"recorded",
            after.as_bytes(),
        ]),
        time: context.now,
        kind,
        zone: Some(change.zone.clone()),
        asset: context.portfolio.zone(&change.zone).cloned(),
        summary: change_summary::of_change(kind, change, diagnosis.cause),
        cause: diagnosis.cause,
        cause_class: class_of(kind, diagnosis.cause),
        severity: diagnosis.severity,
        confidence: diagnosis.confidence,
        confidence_reasons: diagnosis.reasons,
        incident: None,
        verdict: None,
        exchange: Some(Arc::clone(&change.exchange)),
        change: Some(Arc::new(change.clone())),
        containment: Containment::default(),
        loss: context.loss,
        observed: Some(frame),
        decided: Some(frame),
    }
}

fn view(incident: &Incident, status: Status) -> IncidentView {
    let tally = &incident.tally;
    IncidentView {
        id: incident.id.clone(),
        key: incident.key.clone(),
        status,
        scope: incident.diagnosis.scope,
        count: tally.count,
        first_seen: tally.first,
        last_seen: tally.last,
        names: listed(&tally.names),
        servers: listed(&tally.servers),
        resolvers: listed(&tally.resolvers),
        clients_total: tally.clients.total(),
    }
}

fn listed<T: Clone + Ord>(few: &Few<T>) -> Listed<T> {
    Listed {
        first: few.listed().to_vec(),
        total: few.total(),
    }
}
