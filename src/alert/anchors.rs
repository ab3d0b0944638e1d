//! What is told of trust anchors: how sure, in which words, what to do.

use super::alert::{Alert, Resolution, Step};
use super::diagnosis::Diagnosis;
use super::incident::{Incident, Subject};
use super::incidents::Incidents;
use super::kind::Kind;
use super::notice::Notice;
use super::prose::{brief, clip, duration, plural};
use super::severity::{Cause, Confidence, Scope, Severity};
use crate::message::Name;
use crate::time::Timestamp;
use crate::watch::StaleAnchor;
use std::borrow::Cow;

/// Characters of a reason that came from another room.
const WHY: usize = 600;

/// Signals, and seconds from the first to the last, that make it likely, and sure: anybody can
/// make one up in another's name.
const LIKELY: (usize, i64) = (3, 86_400);
const SURE: (usize, i64) = (5, 3 * 86_400);

/// Whose incident it is: the resolver's, or for the sensor's own anchors the zone's.
pub(super) fn subject(stale: &StaleAnchor) -> Subject {
    match stale.resolver {
        Some(resolver) => Subject::Address(resolver),
        None => Subject::Zone(stale.change.zone.clone()),
    }
}

/// The diagnosis of anchors that are not what their zone is signed with: never worse than medium.
pub(super) fn diagnosis(stale: &StaleAnchor) -> Diagnosis {
    let reaches =
        |(signals, spread): (usize, i64)| stale.signals >= signals && stale.spread >= spread;
    let is_sensor = stale.resolver.is_none();
    let confidence = match () {
        () if is_sensor => Confidence::Medium,
        () if reaches(SURE) => Confidence::High,
        () if reaches(LIKELY) => Confidence::Medium,
        () => Confidence::Low,
    };
    let table = [
        (
            is_sensor && stale.change.exchange.standing.may_accuse(),
            "query_seen",
        ),
        (stale.signals > 1, "seen_twice"),
        (reaches(LIKELY), "seen_on_several_days"),
    ];
    let reasons = table
        .iter()
        .filter_map(|(holds, reason)| holds.then_some(Cow::Borrowed(*reason)));
    Diagnosis {
        cause: if is_sensor {
            Cause::Unknown
        } else {
            Cause::ResolverFault
        },
        severity: Severity::Medium,
        confidence,
        reasons: reasons.collect(),
        scope: if is_sensor {
            Scope::Zone
        } else {
            Scope::Resolver
        },
    }
}

/// The sentence for an incident about old anchors.
pub(super) fn sentence(stale: &StaleAnchor) -> String {
    let why = capitalised(&clip(&stale.change.why, WHY));
    if stale.is_over || stale.resolver.is_none() {
        return format!("{why}.");
    }
    let signals = u64::try_from(stale.signals).unwrap_or(u64::MAX);
    format!(
        "{why} ({} within {}, unsigned as all such signals are). Its anchors are kept by hand or do \
         not follow RFC 5011; no sign of an attack.",
        plural(signals, "signal"),
        duration(stale.spread)
    )
}

fn capitalised(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(characters).collect()
    })
}

fn step(action: String, undo: Option<&str>) -> Step {
    let undo = undo.map(str::to_owned);
    Step {
        action,
        command: None,
        undo,
    }
}

/// Where the true keys of a zone can be had from.
fn publisher(zone: &Name) -> String {
    if zone.is_root() {
        return "IANA (https://data.iana.org/root-anchors/)".to_owned();
    }
    format!("whoever publishes the anchor of {}", brief(zone))
}

/// What to do about old anchors.
pub(super) fn stale_steps(stale: &StaleAnchor) -> Vec<Step> {
    let zone = &stale.change.zone;
    let lacks: Vec<String> = stale.lacks.iter().map(ToString::to_string).collect();
    let (lacks, publisher) = (lacks.join(" and "), publisher(zone));
    let Some(resolver) = stale.resolver else {
        return vec![
            step(
                format!("Compare the sensor's trust anchors with {publisher}"),
                None,
            ),
            step(
                format!(
                    "If {lacks} is theirs, start the sensor with it: --trust-anchor FILE, or \
                     without for the built-in keys of the root"
                ),
                Some("give the old file again"),
            ),
            step(
                format!(
                    "If not, somebody answers in the place of {}: keep the capture, and see where \
                     the path to its servers leads",
                    brief(zone)
                ),
                None,
            ),
        ];
    };
    vec![
        step(
            format!(
                "Look which anchors {resolver} has: unbound in its auto-trust-anchor-file, BIND by \
                 rndc managed-keys status, Knot Resolver by trust_anchors.summary(), PowerDNS \
                 Recursor by rec_control get-tas"
            ),
            None,
        ),
        step(
            format!(
                "Compare key {lacks} with {publisher} and give it to {resolver}: unbound with \
                 unbound-anchor -a FILE and a restart; BIND with dnssec-validation auto, its \
                 managed-keys files moved away and a restart; Knot Resolver and PowerDNS Recursor \
                 with an update of their packages, or rec_control add-ta"
            ),
            Some("put the old anchors back"),
        ),
        step(
            format!("See that its next signal, within a day or after a restart, names {lacks}"),
            None,
        ),
    ]
}

/// What to do when an anchor changed outside RFC 5011.
pub(super) fn changed_steps(zone: &Name, caches: Option<Timestamp>) -> Vec<Step> {
    let (publisher, name) = (publisher(zone), brief(zone));
    let latest = caches.map_or_else(String::new, |at| format!(", at the latest at {at}"));
    vec![
        step(
            format!(
                "Compare the DNSKEY RRset of {name} at each of its servers with {publisher}: a \
                 mistake there, or somebody who holds a key"
            ),
            None,
        ),
        step(
            format!(
                "Look which keys your resolvers trust for {name}: those that trust none that signs \
                 fail when their caches expire{latest}"
            ),
            None,
        ),
        step(
            "Once its publisher confirms the keys that sign, give them to the resolvers by hand; \
             RFC 5011 brings them too late or not at all"
                .to_owned(),
            Some("take them out again, and let RFC 5011 go on"),
        ),
    ]
}

impl Incidents {
    /// Ends the incident of anchors that are right again.
    pub(super) fn renewed(&mut self, stale: &StaleAnchor, alerts: &mut Vec<Alert>) {
        let subject = subject(stale);
        let Some(kinds) = self.open.of_mut(&subject) else {
            return;
        };
        let known = kinds.get(&Kind::TrustAnchorStale);
        let is_its = |incident: &Incident| {
            let known = incident.stale.as_ref();
            known.is_some_and(|known| known.change.zone == stale.change.zone)
        };
        if !known.is_some_and(is_its) {
            return;
        }
        let Some(mut incident) = kinds.remove(&Kind::TrustAnchorStale) else {
            return;
        };
        incident.notice(&Notice::StaleAnchor(Box::new(stale.clone())));
        self.close(incident, &stale.change.zone, Resolution::Verified, alerts);
    }
}
