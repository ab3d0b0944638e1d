//! What was looked at already, and what to do next.

use super::alert::{Containment, Status};
use super::checks::checks;
use super::compose::Context;
use super::incident::Incident;
use super::steps::{Scene, next_steps};
use super::{negative, playbook};
use crate::time::Timestamp;
use crate::watch::ChangeKind;

/// Everything that helps to contain an incident.
pub(super) fn of_incident(
    incident: &Incident,
    status: Status,
    context: &Context<'_>,
) -> Containment {
    let negative_anchor = negative::offered(incident, status, context);
    let next_steps = match status {
        Status::Resolved(_) => Vec::new(),
        Status::Opened | Status::Updated => {
            next_steps(&Scene::new(incident, context, negative_anchor.as_ref()))
        }
    };
    Containment {
        checks: checks(incident, context),
        next_steps,
        negative_anchor,
        known_good_ds_at: known_good(incident, context),
        playbook: Some(playbook::page(incident.kind, incident.diagnosis.cause)),
    }
}

/// When the zone's DS set was last known to be good: what came with a hijack is not, though it
/// verifies.
fn known_good(incident: &Incident, context: &Context<'_>) -> Option<Timestamp> {
    let known = context.evidence?;
    if !known.was_hijacked() {
        return known.ds_at;
    }
    let change = incident.change.as_deref()?;
    let is_ds = matches!(
        change.kind,
        ChangeKind::DsReplaced | ChangeKind::DsWithdrawn
    );
    change.before_seen.filter(|_| is_ds)
}
