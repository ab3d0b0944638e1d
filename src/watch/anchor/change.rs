//! What a report changes, and whose anchors are old, in words.

use super::heard::Run;
use super::stale::Lack;
use super::{Point, Strangers, draft};
use crate::chain::Fact;
use crate::chain::anchor::{AnchorKey, AnchorReport, AnchorState, AnchorStep};
use crate::message::Name;
use crate::time::Timestamp;
use crate::watch::change::{Change, ChangeKind};
use crate::watch::ds::tags;
use crate::watch::open::draft_at;
use std::net::IpAddr;

/// What a report changes; nothing if it only says how things stand.
pub(super) fn of_report(
    fact: &Fact,
    before: Option<&AnchorReport>,
    after: &AnchorReport,
) -> Option<Change> {
    let told: Vec<Told> = after
        .steps
        .iter()
        .filter_map(|step| tell(step, after))
        .collect();
    let is_expected = told.iter().all(|told| told.is_expected);
    let is_return = |step: &AnchorStep| matches!(step, AnchorStep::Returned { .. });
    let reverts = (is_expected && after.steps.iter().any(is_return))
        .then_some(ChangeKind::TrustAnchorChanged);
    let why: Vec<String> = told.into_iter().map(|told| told.why).collect();
    let time = fact.exchange.message.time;
    let fails = (!is_expected).then_some(time);
    (!why.is_empty()).then(|| Change {
        before: before.map(states).unwrap_or_default(),
        after: states(after),
        is_expected,
        breaks_at: fails,
        caches_hold_until: fails.map(|time| time.plus_ttl(after.ttl)),
        reverts,
        why: why.join("; "),
        ..draft_at(
            &fact.zone,
            ChangeKind::TrustAnchorChanged,
            time,
            &fact.exchange,
        )
    })
}

/// A step in words, and whether RFC 5011 lets it be.
struct Told {
    why: String,
    is_expected: bool,
}

fn tell(step: &AnchorStep, report: &AnchorReport) -> Option<Told> {
    let trusted = trusted(report);
    let (is_expected, why) = match step {
        AnchorStep::Published { tag, until } => (
            true,
            format!(
                "key {tag} is published, vouched for by {}; by RFC 5011 it is trusted from {until} \
                 on, if it stays until then",
                tags(report.signers.iter().copied())
            ),
        ),
        AnchorStep::Withdrawn { tag } => (
            true,
            format!("key {tag} left before its hold-down was over, and was never trusted"),
        ),
        AnchorStep::Accepted { tag } => (
            true,
            format!(
                "key {tag} stayed through its hold-down and is trusted from now on; where anchors \
                 are kept by hand, add it"
            ),
        ),
        AnchorStep::Vanished { tag } => (
            false,
            format!(
                "key {tag} left without being revoked: whoever trusts it alone fails as caches \
                 expire, {}",
                left(&trusted)
            ),
        ),
        AnchorStep::Returned { tag } => (true, format!("key {tag} is published again")),
        AnchorStep::Revoked { tag, revoked_tag } => revoked(*tag, *revoked_tag, report),
        AnchorStep::Removed { tag } => (
            true,
            format!("key {tag}, revoked before, has been gone for 30 days and is forgotten"),
        ),
        AnchorStep::SignedByPending { tags: early, until } => (
            false,
            format!(
                "the DNSKEY RRset is signed by {} only, in its hold-down until {until}: resolvers \
                 that follow RFC 5011 do not trust it yet and fail as caches expire",
                tags(early.iter().copied())
            ),
        ),
        AnchorStep::SignedByStrangers { .. } => return None,
    };
    Some(Told { why, is_expected })
}

/// A key that revoked itself: no alarm while another is trusted, or signs that the sensor did not
/// see before.
fn revoked(tag: u16, revoked_tag: u16, report: &AnchorReport) -> (bool, String) {
    let trusted = trusted(report);
    let stranger = report.steps.iter().find_map(Strangers::of);
    let who = stranger.as_ref().map_or_else(
        || left(&trusted),
        |stranger| {
            let signing = tags(stranger.signing.iter().copied());
            format!("and {signing} signs, which the sensor has not seen before")
        },
    );
    let why =
        format!("key {tag} revoked itself (with the REVOKE bit its tag is {revoked_tag}), {who}");
    (stranger.is_some() || !trusted.is_empty(), why)
}

/// Tags of the keys that are trusted and published.
fn trusted(report: &AnchorReport) -> Vec<u16> {
    let keys = report.keys.iter();
    let valid = keys.filter(|key| key.state == AnchorState::Valid);
    valid.map(|key| key.key.key_tag).collect()
}

fn left(trusted: &[u16]) -> String {
    if trusted.is_empty() {
        return "and no trusted key is left: resolvers that follow RFC 5011 have no anchor for the \
                zone any more"
            .to_owned();
    }
    format!("and {} is trusted", tags(trusted.iter().copied()))
}

/// Tag, algorithm and state of each key.
fn states(report: &AnchorReport) -> Vec<String> {
    report.keys.iter().map(state).collect()
}

fn state(known: &AnchorKey) -> String {
    let state = match known.state {
        AnchorState::AddPend { until } => format!("pending until {until}"),
        AnchorState::Valid => "valid".to_owned(),
        AnchorState::Missing => "missing".to_owned(),
        AnchorState::Revoked => "revoked".to_owned(),
        AnchorState::Removed => "removed".to_owned(),
    };
    format!("{} {} {state}", known.key.key_tag, known.key.algorithm())
}

/// The tags that somebody trusts, as records.
fn trusting(trusted: &[u16]) -> Vec<String> {
    trusted.iter().map(ToString::to_string).collect()
}

/// A resolver that lacks keys.
pub(super) fn of_stale(
    zone: &Name,
    point: &Point,
    (resolver, run): (IpAddr, &Run),
    lack: &Lack,
    now: Timestamp,
) -> Change {
    let report = &point.report;
    let signers = tags(report.signers.iter().copied());
    let lacks = tags(lack.keys.iter().copied());
    let trusts = tags(run.tags.iter().copied());
    let fails = lack.fails.then_some(report.signers_since);
    let when = if let Some(since) = fails {
        format!(
            "none of these has signed the keys of {zone} since {since} (now {signers}), so it \
             cannot validate anything below {zone} once its cache has expired"
        )
    } else {
        format!(
            "{signers} still signs the keys of {zone}, and {lacks} takes its place: from the moment \
             that it stops, the resolver cannot validate anything below {zone}"
        )
    };
    Change {
        before: trusting(&run.tags),
        after: states(report),
        before_seen: Some(run.last()),
        breaks_at: fails,
        caches_hold_until: fails.map(|since| since.plus_ttl(report.ttl)),
        why: format!("resolver {resolver} says that it trusts {trusts} only for {zone}; {when}"),
        ..draft(zone, ChangeKind::TrustAnchorStale, point, now)
    }
}

/// A resolver that has what it lacked.
pub(super) fn of_renewed(
    zone: &Name,
    point: &Point,
    resolver: IpAddr,
    trusted: &[u16],
    now: Timestamp,
) -> Change {
    let trusts = tags(trusted.iter().copied());
    Change {
        before: trusting(trusted),
        after: states(&point.report),
        before_seen: Some(now),
        is_expected: true,
        why: format!("resolver {resolver} says that it trusts {trusts} for {zone} now"),
        ..draft(zone, ChangeKind::TrustAnchorStale, point, now)
    }
}

/// The sensor's own anchors, which others sign in the place of.
pub(super) fn of_sensor(
    zone: &Name,
    point: &Point,
    told: &Strangers,
    is_over: bool,
    now: Timestamp,
) -> Change {
    let ours = tags(told.listed.iter().copied());
    let signs = tags(told.signing.iter().copied());
    let why = if is_over {
        format!("a key that the sensor trusts signs the keys of {zone}")
    } else {
        format!(
            "the sensor trusts {ours} for {zone}, whose keys are signed by {signs} instead, which it \
             does not know: either its trust anchors are old, or somebody answers in the place of \
             the zone. Until that is settled nothing below {zone} can be judged"
        )
    };
    Change {
        before: trusting(&told.listed),
        after: trusting(&told.signing),
        is_expected: is_over,
        breaks_at: (!is_over).then_some(now),
        why,
        ..draft(zone, ChangeKind::TrustAnchorStale, point, now)
    }
}
