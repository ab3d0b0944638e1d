//! Diagnostics that have run by the time a line is written.

use super::alert::Check;
use super::compose::Context;
use super::diagnosis::is_failure;
use super::evidence::{ChangeNote, Sighting};
use super::incident::{Incident, Subject};
use super::kind::{Kind, Topic};
use super::prose::{apart, brief};
use super::severity::Cause;
use crate::capture::FrameNumber;
use crate::time::Timestamp;
use crate::watch::ChangeKind;

const DS_CHANGES: [ChangeKind; 5] = [
    ChangeKind::DsAdded,
    ChangeKind::DsRemoved,
    ChangeKind::DsReplaced,
    ChangeKind::DsWithdrawn,
    ChangeKind::ZoneSigned,
];

/// The diagnostics, with their results.
pub(super) fn checks(incident: &Incident, context: &Context<'_>) -> Vec<Check> {
    let mut checks = Vec::new();
    if matches!(incident.kind.topic(), Topic::Validation | Topic::Change) {
        checks.push(ds_alignment(incident, context));
        checks.push(rollover(context));
    }
    if is_failure(incident.kind) {
        checks.push(other_servers(incident));
        checks.push(other_resolvers(incident));
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
    let is_root = incident.zone().is_none_or(crate::message::Name::is_root);
    let (result, detail) = match context.evidence {
        _ if is_mismatch => (
            "bad",
            "the DS set matches no key of the latest DNSKEY RRset".to_owned(),
        ),
        Some(known) if known.has_lost_keys() => (
            "bad",
            format!(
                "a server said that there is no DNSKEY RRset{}",
                at(known.keys_gone_at)
            ),
        ),
        Some(known) => {
            let changed = known.latest(&DS_CHANGES);
            let newer = changed.filter(|change| Some(change.time) > known.keys_at);
            match (newer, known.keys_at) {
                (Some(change), _) if change.kind == ChangeKind::DsWithdrawn => (
                    "none",
                    format!("the zone has had no DS set since {}", change.time),
                ),
                (Some(change), _) => (
                    "unknown",
                    format!(
                        "the DS set changed at {}, and no DNSKEY RRset has verified under it since",
                        change.time
                    ),
                ),
                (None, Some(time)) if is_root => (
                    "ok",
                    format!("a DNSKEY RRset verified under a trust anchor at {time}"),
                ),
                (None, Some(time)) => (
                    "ok",
                    format!("a DNSKEY RRset verified under the DS set at {time}"),
                ),
                (None, None) => unverified(),
            }
        }
        None => unverified(),
    };
    check("ds_alignment", result, detail)
}

fn unverified() -> (&'static str, String) {
    (
        "unknown",
        "no DNSKEY RRset of the zone verified while the capture ran".to_owned(),
    )
}

fn at(time: Option<Timestamp>) -> String {
    time.map_or_else(String::new, |time| format!(" at {time}"))
}

fn rollover(context: &Context<'_>) -> Check {
    let step = context
        .evidence
        .and_then(|zone| zone.latest(&[ChangeKind::DnskeyChanged, ChangeKind::PrematureStep]));
    let (result, detail) = step.map_or_else(
        || ("none", "no change of the DNSKEY set seen".to_owned()),
        |step| ("found", noted(step)),
    );
    check("rollover", result, detail)
}

/// A change in a sentence.
fn noted(change: &ChangeNote) -> String {
    let word = if change.is_expected {
        "expected"
    } else {
        "unexpected"
    };
    let kind = Kind::of_change(change.kind).name();
    if change.what.is_empty() {
        format!("{kind} ({word}) at {}", change.time)
    } else {
        format!("{kind} ({word}) at {}: {}", change.time, change.what)
    }
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

fn other_resolvers(incident: &Incident) -> Check {
    let tally = &incident.tally;
    let is_other = |sight: &&Sighting| !tally.resolvers.contains(&sight.resolver);
    let good = tally.comparable().filter(is_other);
    let best = good.max_by_key(|sight| (tally.is_same(sight), sight.time));
    let (result, detail) = match best {
        Some(sight) if tally.is_same(sight) => (
            "ok",
            format!(
                "resolver {} got the same RRset, which verified, {}{}",
                sight.resolver,
                apart(sight.time, tally.last),
                in_frame(sight.frame)
            ),
        ),
        Some(sight) => (
            "ok",
            format!(
                "resolver {} got {} {}, which verified, {}",
                sight.resolver,
                brief(&sight.name),
                sight.rtype,
                apart(sight.time, tally.last)
            ),
        ),
        None if tally.resolvers.total() > 1 => (
            "bad",
            format!("{} resolvers got it alike", tally.resolvers.total()),
        ),
        None => (
            "unknown",
            "no other resolver was seen to ask for the zone".to_owned(),
        ),
    };
    check("other_resolvers", result, detail)
}

fn recent_changes(context: &Context<'_>) -> Check {
    let is_change = |change: &&ChangeNote| change.kind != ChangeKind::DsFirstSeen;
    let changes = context.evidence.map(|zone| zone.changes.iter());
    let latest = changes.and_then(|changes| changes.rev().find(is_change));
    let (result, detail) = latest.map_or_else(
        || ("none", "no change of DS, DNSKEY or NS set seen".to_owned()),
        |change| ("found", noted(change)),
    );
    check("recent_changes", result, detail)
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
