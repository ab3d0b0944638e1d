//! What was looked at already, and what to do next.

use super::alert::{Check, Containment, NegativeAnchor, Status, Step};
use super::compose::Context;
use super::diagnosis::class_of;
use super::incident::{Incident, Subject};
use super::kind::{Kind, Topic};
use super::prose::{apart, brief};
use super::severity::{Cause, CauseClass, Scope};
use crate::message::Name;
use crate::watch::ChangeKind;
use std::net::IpAddr;

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
            Status::Opened | Status::Updated => next_steps(incident),
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
    if incident.kind.topic() == Topic::Validation {
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
                "the same RRset verified from {} {}, in frame {}",
                same.server,
                apart(same.time, tally.last),
                same.frame
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
    let latest = context.evidence.and_then(|zone| zone.changes.back());
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

fn step(action: String, undo: Option<&str>) -> Step {
    Step {
        action,
        undo: undo.map(str::to_owned),
    }
}

/// Steps in order of risk, lowest first.
fn next_steps(incident: &Incident) -> Vec<Step> {
    let zone = incident.zone().map_or_else(|| "the zone".to_owned(), brief);
    match incident.kind.topic() {
        Topic::Validation => failure_steps(incident, &zone),
        Topic::Change => change_steps(incident, &zone),
        Topic::Reachability | Topic::Resolver | Topic::Sensor => trouble_steps(incident),
    }
}

fn failure_steps(incident: &Incident, zone: &str) -> Vec<Step> {
    let tally = &incident.tally;
    let server = address(tally.servers.first(), "the server");
    let resolver = address(tally.resolvers.first(), "the resolver");
    let name = tally.names.first().map_or_else(|| zone.to_owned(), brief);
    let ask = step(
        format!("Ask every server of {zone} for {name} with DO set and compare the answers"),
        None,
    );
    let flush = step(
        format!("Flush {name} from resolver {resolver} and watch for a second bad answer"),
        None,
    );
    let what = match incident.diagnosis.cause {
        Cause::Tampering | Cause::Downgrade => return path_steps(zone, &server, flush),
        Cause::RegistrarHijack => return hijack_steps(zone),
        Cause::Spoofing | Cause::ResolverFault | Cause::SensorClock | Cause::Unknown => {
            let hold = "Hold it for an attack until another server gives the same bad answer";
            return vec![ask, flush, step(hold.to_owned(), None)];
        }
        _ if incident.diagnosis.scope == Scope::Server => {
            let what = "serves data that does not verify, others are in order";
            let tell = format!("Tell the operator of {zone}: its server {server} {what}");
            return vec![ask, step(tell, None)];
        }
        Cause::ExpiredSignatures => {
            "its signatures are out of time; sign again, and see why the signer stopped"
        }
        Cause::RolloverError => {
            "bring back the keys that caches still hold, then go on by RFC 7583"
        }
        Cause::DsMismatch => {
            "put the old keys back, or have the parent publish a DS for the new ones"
        }
        Cause::SigningOutage => "its signer does not sign as it should; sign the whole zone again",
    };
    vec![
        ask,
        step(format!("Tell the operator of {zone}: {what}"), None),
        step(
            format!(
                "If users must reach {zone} before that, set a negative anchor for it, once its operator confirms the mistake"
            ),
            Some("take the negative anchor away as soon as the zone verifies"),
        ),
    ]
}

fn path_steps(zone: &str, server: &str, flush: Step) -> Vec<Step> {
    vec![
        step(
            format!("Compare the path to {server} with the path to another server of {zone}"),
            None,
        ),
        flush,
        step(
            format!(
                "Keep the capture; look for boxes and routes on the path to {server} that changed"
            ),
            None,
        ),
        step(
            format!("Take {server} out of use at the resolver until the path is cleared"),
            Some("let the resolver use it again"),
        ),
    ]
}

fn address(address: Option<&IpAddr>, else_word: &str) -> String {
    address.map_or_else(|| else_word.to_owned(), ToString::to_string)
}

fn hijack_steps(zone: &str) -> Vec<Step> {
    vec![
        step(
            format!(
                "Ask the registrant of {zone}, by a known telephone number, whether the change is theirs"
            ),
            None,
        ),
        step(
            "Keep the capture, and see which certificates were issued for the zone lately"
                .to_owned(),
            None,
        ),
        step(
            format!(
                "If it is not theirs: have registrar and registry lock {zone} and restore the last known-good DS and NS sets"
            ),
            Some("unlock when the registrant's account is secured"),
        ),
        step(
            format!("Until then, have the resolvers answer SERVFAIL for {zone}"),
            Some("take the block away and flush the zone"),
        ),
    ]
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds take the general steps"
)]
fn change_steps(incident: &Incident, zone: &str) -> Vec<Step> {
    if incident.diagnosis.cause == Cause::RegistrarHijack {
        return hijack_steps(zone);
    }
    let ask = step(
        format!("Ask who holds the keys of {zone} whether the change is theirs"),
        None,
    );
    match incident.kind {
        Kind::DsMismatch => vec![
            step(
                format!(
                    "Compare the DS set of {zone} at its parent with the DNSKEY RRset of each of its servers"
                ),
                None,
            ),
            step(
                "Put the keys back that the DS set names; caches still vouch for them".to_owned(),
                Some("go on with the rollover once the new DS is published"),
            ),
            step(
                "Or have the parent publish a DS for the new keys, and wait for the old one's TTL"
                    .to_owned(),
                Some("publish the old DS again"),
            ),
        ],
        Kind::PrematureStep => vec![
            ask,
            step(
                format!(
                    "Have the step taken back before the moment that `breaks_at` names: {zone} still verifies"
                ),
                Some("take the step again when caches have let the old set go"),
            ),
        ],
        Kind::DsWithdrawn => vec![
            ask,
            step(
                format!(
                    "If it is not: have the parent publish the last known-good DS set of {zone} again"
                ),
                Some("withdraw it again"),
            ),
        ],
        _ => vec![
            ask,
            step(
                "If it is, declare it in the portfolio".to_owned(),
                Some("take the declaration out"),
            ),
            step(
                format!("If it is not: restore the last known-good sets of {zone} at the parent"),
                Some("put the new sets back"),
            ),
        ],
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds take the general steps"
)]
fn trouble_steps(incident: &Incident) -> Vec<Step> {
    let resolver = address(incident.tally.resolvers.first(), "the resolver");
    let steps: &[(String, Option<&str>)] = &match incident.kind {
        Kind::ResolverNotValidating => [
            (format!("See whether {resolver} validates at all, and which negative anchors it has"), None),
            (format!("Switch validation on at {resolver}"), Some("switch it off again")),
        ],
        Kind::ResolverDisagrees => [
            (format!("Compare the clock and the trust anchors of {resolver} with the sensor's"), None),
            (format!("Flush the names from the cache of {resolver}"), None),
        ],
        Kind::ResponseUnsolicited | Kind::ResponseConflict => [
            ("Compare the responses in the capture: TTL, identifiers and arrival tell which is forged".to_owned(), None),
            (format!("See that {resolver} uses random ports, mixed case and cookies"), None),
        ],
        Kind::ClockSkew => [
            ("Compare the sensor's clock, or the capture's, with a time server".to_owned(), None),
            ("Set the clock; verdicts since it went wrong are worth nothing".to_owned(), None),
        ],
        Kind::CaptureLoss => [
            ("Compare the loss counters of kernel, interface and queues".to_owned(), None),
            ("Give the capture a larger buffer, or a narrower filter".to_owned(), Some("set the old values again")),
        ],
        Kind::PrivateZone => [
            ("See whether this view is meant".to_owned(), None),
            ("Declare it with --negative-anchor".to_owned(), Some("take the negative anchor out")),
        ],
        _ => [
            ("Look at the messages in the capture".to_owned(), None),
            ("See what else their sender sent".to_owned(), None),
        ],
    };
    steps
        .iter()
        .map(|(action, undo)| step(action.clone(), *undo))
        .collect()
}

/// A negative anchor, if it is right: another's zone, broken everywhere, by its owner's mistake.
fn negative_anchor(
    incident: &Incident,
    status: Status,
    context: &Context<'_>,
) -> Option<NegativeAnchor> {
    let is_breakage =
        incident.kind.topic() == Topic::Validation || incident.kind == Kind::DsMismatch;
    let class = class_of(incident.kind, incident.diagnosis.cause);
    let is_mistake = matches!(class, CauseClass::Misconfiguration | CauseClass::Outage);
    let is_everywhere = incident.diagnosis.scope == Scope::Zone || incident.tally.has_keys_rrset;
    let is_over = status.resolution().is_some();
    let zone: &Name = incident.zone().filter(|zone| !zone.is_root())?;
    (is_breakage && is_mistake && is_everywhere && !is_over).then(|| NegativeAnchor {
        zone: zone.clone(),
        reason: incident.kind.signature(),
        until: context.now.plus_seconds(ANCHOR_LIFETIME),
    })
}
