//! Tells the cause of an incident, how bad it is and how sure.
//!
//! Pure: the same figures give the same diagnosis, so it is made anew whenever they change.

use super::evidence::{Sighting, ZoneEvidence};
use super::kind::{Kind, Topic};
use super::severity::{Cause, CauseClass, Confidence, Scope, Severity};
use super::tally::Tally;
use crate::exchange::Vantage;
use crate::watch::{Change, ChangeKind, Rule};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// What makes a diagnosis sure: the names of docs/alerts.md.
pub(super) type Reasons = Vec<Cow<'static, str>>;

/// A signature with no more than this of its lifetime left is urgent.
const URGENT_PERCENT: u8 = 5;

/// Reasons of a diagnosis, and letters of one, at most.
const MAX_REASONS: usize = 16;
const MAX_NAME: usize = 40;

/// What an incident is held for.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct Diagnosis {
    pub(super) cause: Cause,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    pub(super) reasons: Reasons,
    pub(super) scope: Scope,
}

impl Diagnosis {
    /// Whether its reasons look like the names of docs/alerts.md: one that comes out of a state
    /// file may be any text.
    pub(super) fn is_in_own_words(&self) -> bool {
        let is_name = |reason: &Cow<'_, str>| {
            let is_letter = |octet: u8| octet.is_ascii_lowercase() || octet == b'_';
            reason.len() <= MAX_NAME && reason.bytes().all(is_letter)
        };
        self.reasons.len() <= MAX_REASONS && self.reasons.iter().all(is_name)
    }
}

/// The triage answer for a cause.
pub(super) const fn class_of(kind: Kind, cause: Cause) -> CauseClass {
    match cause {
        Cause::Tampering | Cause::Downgrade | Cause::Spoofing | Cause::RegistrarHijack => {
            CauseClass::Attack
        }
        Cause::ExpiredSignatures
        | Cause::RolloverError
        | Cause::DsMismatch
        | Cause::ResolverFault => CauseClass::Misconfiguration,
        Cause::SigningOutage => CauseClass::Outage,
        Cause::SensorClock => CauseClass::Sensor,
        Cause::Unknown if matches!(kind, Kind::CaptureLoss | Kind::TrustAnchorStale) => {
            CauseClass::Sensor
        }
        Cause::Unknown if matches!(kind, Kind::ZoneUnreachable) => CauseClass::Outage,
        Cause::Unknown => CauseClass::Unknown,
    }
}

/// The diagnosis of a zone's data that does not validate.
pub(super) fn of_failures(kind: Kind, tally: &Tally, evidence: Option<&ZoneEvidence>) -> Diagnosis {
    let scope = scope(kind, tally);
    let cause = cause(kind, tally, evidence);
    let (confidence, reasons) = confidence(kind, tally);
    let is_attack = class_of(kind, cause) == CauseClass::Attack;
    let mut severity = kind.base_severity();
    if kind == Kind::SignatureExpired && !tally.has_intolerable && !is_attack {
        severity = severity.min(Severity::Medium);
    }
    if scope == Scope::Server && !is_attack || confidence == Confidence::Low || !tally.has_checked {
        severity = severity.min(Severity::Medium);
    }
    Diagnosis {
        cause,
        severity,
        confidence,
        reasons: told(reasons),
        scope,
    }
}

/// The diagnosis of what is blamed on a resolver, a spoofer or the sensor.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few kinds differ from the rest"
)]
pub(super) fn of_troubles(kind: Kind, tally: &Tally) -> Diagnosis {
    let (cause, scope) = match kind {
        Kind::ResolverNotValidating | Kind::ResolverDisagrees => {
            (Cause::ResolverFault, Scope::Resolver)
        }
        Kind::ResponseUnsolicited | Kind::ResponseConflict => (Cause::Spoofing, Scope::Resolver),
        Kind::ClockSkew => (Cause::SensorClock, Scope::Zone),
        Kind::PrivateZone if tally.servers.total() == 0 => (Cause::Unknown, Scope::Resolver),
        _ => (Cause::Unknown, Scope::Zone),
    };
    let mut reasons = Vec::new();
    if tally.has_whole {
        reasons.push("rrset_complete");
    }
    if tally.count > 1 {
        reasons.push("seen_twice");
    }
    if kind == Kind::ZoneUnreachable && tally.servers.total() > 1 {
        reasons.push("several_servers");
    }
    let confidence = match kind {
        Kind::CaptureLoss | Kind::ClockSkew => Confidence::High,
        // The answers may be what was lost.
        Kind::ZoneUnreachable if !tally.has_lossless => Confidence::Low,
        _ => Confidence::Medium,
    };
    Diagnosis {
        cause,
        severity: kind.base_severity(),
        confidence,
        reasons: told(reasons),
        scope,
    }
}

/// The diagnosis of a change of a zone's sets.
pub(super) fn of_change(kind: Kind, change: &Change, evidence: Option<&ZoneEvidence>) -> Diagnosis {
    let is_hijack = change.is_hijack || change.rule == Some(Rule::Discontinuous);
    let is_record = change.is_expected || matches!(kind, Kind::DsFirstSeen | Kind::DsStale);
    let was_hijacked = evidence.is_some_and(ZoneEvidence::was_hijacked);
    let is_mismatched = evidence.is_some_and(|zone| zone.has_changed(&[ChangeKind::DsMismatch]));
    let cause = if is_record && !is_hijack {
        Cause::Unknown
    } else if kind == Kind::SignatureExpiring {
        Cause::ExpiredSignatures
    } else if is_hijack || was_hijacked {
        Cause::RegistrarHijack
    } else if kind == Kind::PrematureStep || kind == Kind::DsMismatch && is_rolling(evidence) {
        Cause::RolloverError
    } else if kind == Kind::DsMismatch || kind == Kind::DnskeyChanged && is_mismatched {
        Cause::DsMismatch
    } else {
        Cause::Unknown
    };
    let severity = if is_record {
        Severity::Informational
    } else if is_hijack {
        Severity::Critical
    } else if change.rule == Some(Rule::Flap) {
        kind.base_severity().max(Severity::High)
    } else if change
        .left_percent
        .is_some_and(|left| left <= URGENT_PERCENT)
    {
        Severity::High
    } else {
        kind.base_severity()
    };
    let mut reasons = vec!["set_verified"];
    if change.exchange.standing.may_accuse() {
        reasons.push("query_seen");
    }
    Diagnosis {
        cause,
        severity,
        confidence: Confidence::High,
        reasons: told(reasons),
        scope: Scope::Zone,
    }
}

/// Whether the parent's side of a rollover was seen to move.
fn is_rolling(evidence: Option<&ZoneEvidence>) -> bool {
    evidence.is_some_and(|zone| {
        zone.has_changed(&[
            ChangeKind::DsAdded,
            ChangeKind::DsRemoved,
            ChangeKind::DsReplaced,
            ChangeKind::PrematureStep,
        ])
    })
}

/// How wide the failures are, seen beside what verifies. Without its keys a whole zone fails.
fn scope(kind: Kind, tally: &Tally) -> Scope {
    let good = || {
        tally
            .comparable()
            .filter(|sight| is_comparable(kind, tally, sight))
    };
    let has_other_server = good()
        .any(|sight| sight.vantage == Vantage::Upstream && !tally.servers.contains(&sight.server));
    let has_other_resolver = good().any(|sight| !tally.resolvers.contains(&sight.resolver));
    if has_other_server && tally.has_upstream {
        Scope::Server
    } else if has_other_resolver && tally.resolvers.total() == 1 {
        Scope::Resolver
    } else if tally.rrsets.total() == 1 && !tally.has_keys_rrset {
        Scope::Rrset
    } else {
        Scope::Zone
    }
}

/// Whether something that verified says that failures of this kind are not everywhere. What
/// verified before the zone broke does not, unless it would still verify.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a few kinds differ from the rest"
)]
fn is_comparable(kind: Kind, tally: &Tally, sight: &Sighting) -> bool {
    match kind {
        Kind::SignatureExpired => sight.expiration > tally.last,
        Kind::SignatureInvalid | Kind::SignerMismatch => true,
        _ => sight.time >= tally.first,
    }
}

/// The rules of thumb, kind by kind.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "other kinds have no such cause"
)]
fn cause(kind: Kind, tally: &Tally, evidence: Option<&ZoneEvidence>) -> Cause {
    if evidence.is_some_and(ZoneEvidence::was_hijacked) {
        return Cause::RegistrarHijack;
    }
    let has_lost_keys = evidence.is_some_and(ZoneEvidence::has_lost_keys);
    match kind {
        Kind::SignatureInvalid | Kind::SignerMismatch => invalid(tally, evidence),
        Kind::SignatureExpired | Kind::SignatureNotYetValid => Cause::ExpiredSignatures,
        Kind::DnskeyMissing | Kind::NoZoneKey | Kind::DnskeyRevoked if is_foreign(tally) => {
            Cause::Tampering
        }
        Kind::DnskeyMissing if tally.is_unanchored => Cause::Unknown,
        Kind::DnskeyMissing if has_lost_keys => Cause::SigningOutage,
        Kind::DnskeyMissing if tally.has_keys_rrset && !is_rolling(evidence) => Cause::DsMismatch,
        Kind::DnskeyMissing | Kind::NoZoneKey | Kind::DnskeyRevoked => Cause::RolloverError,
        Kind::SignatureMissing if is_unsigned_everywhere(tally) || has_lost_keys => {
            Cause::SigningOutage
        }
        Kind::SignatureMissing if !tally.good.is_empty() => Cause::Downgrade,
        Kind::SignatureMissing => Cause::SigningOutage,
        Kind::DenialMissing if is_stripped(tally) && !has_lost_keys => Cause::Downgrade,
        Kind::DenialInvalid if is_altered(tally) => Cause::Tampering,
        Kind::DenialMissing | Kind::DenialInvalid => Cause::SigningOutage,
        _ => Cause::Unknown,
    }
}

/// A signature that fails under the right key.
fn invalid(tally: &Tally, evidence: Option<&ZoneEvidence>) -> Cause {
    let is_lonely = tally.rrsets.total() == 1;
    let keys_changed = evidence.is_some_and(|zone| zone.has_changed(&[ChangeKind::DnskeyChanged]));
    if keys_changed && is_first_use(tally, evidence) {
        Cause::RolloverError
    } else if is_altered(tally) || is_lonely && tally.good_mixed().next().is_some() {
        Cause::Tampering
    } else if tally.has_keys_rrset || keys_changed {
        Cause::RolloverError
    } else if is_lonely {
        Cause::Unknown
    } else {
        Cause::SigningOutage
    }
}

/// Nothing was ever seen to verify under the key that the failing signatures name, and no server
/// that fails gave the true RRset in between: the signer went over to another key than the one
/// that it published.
fn is_first_use(tally: &Tally, evidence: Option<&ZoneEvidence>) -> bool {
    let Some(tag) = tally.key_tag else {
        return false;
    };
    let seen = evidence.map(|zone| &zone.sightings);
    let mut good = tally.good.iter().chain(seen.into_iter().flatten());
    let is_new = good.all(|sight| sight.key_tag != tag);
    is_new && !tally.good_mixed().any(|sight| tally.is_same(sight))
}

/// A failing RRset verifies from another server, or among the failures, and the server that
/// gave it is not broken altogether; or few RRsets fail in between.
fn is_altered(tally: &Tally) -> bool {
    const FEW: usize = 3;
    let rrsets = tally.rrsets.total();
    let is_elsewhere = |sight: &Sighting| !tally.servers.contains(&sight.server);
    let has_same = tally.good_among().any(|sight| tally.is_same(sight))
        || tally
            .comparable()
            .any(|sight| tally.is_same(sight) && is_elsewhere(sight));
    let is_mixed = rrsets == 1 || tally.good_mixed().next().is_some();
    let is_episode = rrsets <= FEW && tally.good_around().any(|sight| tally.is_same(sight));
    has_same && is_mixed || is_episode
}

/// A failing RRset verifies under another key among the failures: the signer did not just
/// change its key.
fn is_foreign(tally: &Tally) -> bool {
    let is_other_key = |sight: &Sighting| match tally.key_tag {
        Some(tag) => tag != sight.key_tag,
        // Which key it was is not known, so what verifies after the last failure may be a repair.
        None => sight.time < tally.last,
    };
    let has_same = tally
        .good_among()
        .any(|sight| tally.is_same(sight) && is_other_key(sight));
    has_same && (tally.rrsets.total() == 1 || tally.good_mixed().next().is_some())
}

/// Unsigned at several servers for several names, and never again signed: all servers and all
/// names fail alike, which no path does for long.
fn is_unsigned_everywhere(tally: &Tally) -> bool {
    let is_wide = tally.rrsets.total() > 1 && tally.servers.total() > 1;
    is_wide && !tally.has_dropped_opt && tally.good_since().next().is_none()
}

/// The proof was taken away: no signature is left where there were some, or the same question
/// gets its proof elsewhere.
fn is_stripped(tally: &Tally) -> bool {
    !tally.has_signatures && !tally.good.is_empty()
        || tally
            .good
            .iter()
            .any(|sight| sight.is_denial && tally.is_same(sight))
}

fn told(reasons: Vec<&'static str>) -> Reasons {
    reasons.into_iter().map(Cow::Borrowed).collect()
}

/// How sure, and what makes it so.
fn confidence(kind: Kind, tally: &Tally) -> (Confidence, Vec<&'static str>) {
    let is_absence = matches!(kind, Kind::SignatureMissing | Kind::DenialMissing);
    let is_twice = tally.count > 1;
    let table = [
        (tally.has_key && !is_absence, "key_authenticated"),
        (tally.has_whole, "rrset_complete"),
        (tally.has_lossless, "no_loss"),
        (
            tally.same_elsewhere().is_some(),
            "same_rrset_verifies_elsewhere",
        ),
        (is_twice, "seen_twice"),
        (tally.rrsets.total() > 1, "several_rrsets"),
        (tally.servers.total() > 1, "several_servers"),
        (tally.resolvers.total() > 1, "several_resolvers"),
    ];
    let reasons = table
        .iter()
        .filter_map(|(holds, reason)| holds.then_some(*reason))
        .collect();
    // A check that failed on a whole RRset stands by itself; an absence needs more.
    let confidence = match (is_absence, tally.has_whole, tally.has_lossless) {
        (_, false, _) => Confidence::Low,
        (false, true, _) => Confidence::High,
        (true, true, true) if is_twice => Confidence::High,
        (true, true, true) => Confidence::Medium,
        (true, true, false) if is_twice => Confidence::Medium,
        (true, true, false) => Confidence::Low,
    };
    (confidence, reasons)
}

/// Whether this kind's incidents end when the zone verifies again.
pub(super) const fn ends_by_verifying(kind: Kind) -> bool {
    is_failure(kind) || matches!(kind, Kind::DsMismatch)
}

/// Whether incidents of this kind are about responses that do not verify.
pub(super) const fn is_failure(kind: Kind) -> bool {
    matches!(kind.topic(), Topic::Validation) && !matches!(kind, Kind::DenialContradiction)
}
