//! What was looked at already, and what to do next.

use super::alert::{Check, Containment, NegativeAnchor, Status};
use super::compose::Context;
use super::diagnosis::{class_of, is_failure};
use super::evidence::ChangeNote;
use super::incident::{Incident, Subject};
use super::kind::{Kind, Topic};
use super::prose::{apart, brief};
use super::severity::{Cause, CauseClass, Scope};
use super::steps::next_steps;
use crate::capture::FrameNumber;
use crate::message::Name;
use crate::watch::ChangeKind;

/// Seconds that a negative anchor may last: the longest that operators should need.
const ANCHOR_LIFETIME: i64 = 86_400;

/// Everything that helps to contain an incident.
pub(super) fn of_incident(
    incident: &Incident,
    status: Status,
    context: &Context<'_>,
) -> Containment {
    Containment {
        checks: checks(incident, context),
        next_steps: match status {
            Status::Resolved(_) => Vec::new(),
            Status::Opened | Status::Updated => next_steps(incident, context.portfolio),
        },
        negative_anchor: negative_anchor(incident, status, context),
        known_good_ds_at: context.evidence.and_then(|zone| zone.ds_at),
    }
}

/// The diagnostics, with their results.
fn checks(incident: &Incident, context: &Context<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    if matches!(incident.kind.topic(), Topic::Validation | Topic::Change) {
        checks.push(ds_alignment(incident, context));
        checks.push(rollover(context));
    }
    if is_failure(incident.kind) {
        checks.push(other_servers(incident));
    }
    if matches!(incident.subject, Subject::Zone(_)) {
        checks.push(recent_changes(context));
    }
    checks.push(capture_loss(context));
    checks
}

fn check(check: &'static str, result: &'static str, detail: String) -> Check {
    Check {
        check,
        result,
        detail,
    }
}

fn ds_alignment(incident: &Incident, context: &Context<'_>) -> Check {
    let is_mismatch =
        incident.kind == Kind::DsMismatch || incident.diagnosis.cause == Cause::DsMismatch;
    let keys_at = context.evidence.and_then(|zone| zone.keys_at);
    let (result, detail) = match keys_at {
        _ if is_mismatch => (
            "bad",
            "the DS set matches no key of the latest DNSKEY RRset".to_owned(),
        ),
        Some(at) => (
            "ok",
            format!("a DNSKEY RRset verified under the DS set at {at}"),
        ),
        None => (
            "unknown",
            "no DNSKEY RRset of the zone verified while the capture ran".to_owned(),
        ),
    };
    check("ds_alignment", result, detail)
}

fn rollover(context: &Context<'_>) -> Check {
    let step = context.evidence.and_then(|zone| {
        zone.changes.iter().rev().find(|change| {
            matches!(
                change.kind,
                ChangeKind::DnskeyChanged | ChangeKind::PrematureStep
            )
        })
    });
    step.map_or_else(
        || {
            check(
                "rollover",
                "none",
                "no change of the DNSKEY set seen".to_owned(),
            )
        },
        |step| {
            check(
                "rollover",
                "found",
                format!("the DNSKEY set changed at {}", step.time),
            )
        },
    )
}

/// Where in the capture, if it is in this one.
fn in_frame(frame: FrameNumber) -> String {
    if frame.is_known() {
        format!(", in frame {frame}")
    } else {
        String::new()
    }
}

fn other_servers(incident: &Incident) -> Check {
    let tally = &incident.tally;
    let other = tally
        .comparable()
        .filter(|sight| !tally.servers.contains(&sight.server))
        .max_by_key(|sight| sight.time);
    let (result, detail) = match (tally.same_elsewhere(), other) {
        (Some(same), _) => (
            "ok",
            format!(
                "the same RRset verified from {} {}{}",
                same.server,
                apart(same.time, tally.last),
                in_frame(same.frame)
            ),
        ),
        (None, Some(other)) => (
            "ok",
            format!(
                "{} {} from {} verified {}",
                brief(&other.name),
                other.rtype,
                other.server,
                apart(other.time, tally.last)
            ),
        ),
        (None, None) if tally.servers.total() > 1 => (
            "bad",
            format!("{} servers fail alike", tally.servers.total()),
        ),
        (None, None) => ("unknown", "no other server of the zone was seen".to_owned()),
    };
    check("other_servers", result, detail)
}

fn recent_changes(context: &Context<'_>) -> Check {
    let is_change = |change: &&ChangeNote| change.kind != ChangeKind::DsFirstSeen;
    let changes = context.evidence.map(|zone| zone.changes.iter());
    let latest = changes.and_then(|changes| changes.rev().find(is_change));
    latest.map_or_else(
        || {
            check(
                "recent_changes",
                "none",
                "no change of DS, DNSKEY or NS set seen".to_owned(),
            )
        },
        |change| {
            let word = if change.is_expected {
                "expected"
            } else {
                "unexpected"
            };
            let detail = format!(
                "{} ({word}) at {}",
                Kind::of_change(change.kind).name(),
                change.time
            );
            check("recent_changes", "found", detail)
        },
    )
}

fn capture_loss(context: &Context<'_>) -> Check {
    match context.loss.total() {
        0 => check(
            "capture_loss",
            "none",
            "nothing was lost in the 10 s before".to_owned(),
        ),
        lost => check(
            "capture_loss",
            "found",
            format!("{lost} packets were lost in the 10 s before"),
        ),
    }
}

/// A negative anchor, if it is right: another's zone, broken everywhere, by its owner's mistake.
fn negative_anchor(
    incident: &Incident,
    status: Status,
    context: &Context<'_>,
) -> Option<NegativeAnchor> {
    let is_breakage = is_failure(incident.kind) || incident.kind == Kind::DsMismatch;
    let class = class_of(incident.kind, incident.diagnosis.cause);
    let is_mistake = matches!(class, CauseClass::Misconfiguration | CauseClass::Outage);
    let is_everywhere = incident.diagnosis.scope == Scope::Zone;
    let is_over = status.resolution().is_some();
    let zone: &Name = incident.zone().filter(|zone| !zone.is_root())?;
    (is_breakage && is_mistake && is_everywhere && !is_over).then(|| NegativeAnchor {
        zone: zone.clone(),
        reason: incident.kind.signature(),
        until: context.now.plus_seconds(ANCHOR_LIFETIME),
    })
}
