//! Whose trust anchors are not what their zone is signed with.

use super::heard::Heard;
use crate::chain::anchor::{ADD_HOLD_DOWN, AnchorKey, AnchorReport, AnchorState};
use crate::time::{Timestamp, Ttl};
use crate::watch::change::Change;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Signals that accuse lie at least this far apart: one made-up packet, or two, accuse nobody.
const MIN_SPREAD: i64 = 3600;

/// Within this time different signals of one address may be those of several resolvers behind it.
/// BIND and Knot Resolver signal once a day.
const SEVERAL_SECONDS: i64 = 7 * 86_400;

/// Who was not heard for so long may have other anchors by now.
const SILENT_SECONDS: i64 = 30 * 86_400;

/// Bounds of the interval in which a resolver looks for new keys (RFC 5011 §2.3).
const REFRESH: std::ops::RangeInclusive<i64> = 3600..=15 * 86_400;

/// Trust anchors that are not what their zone is signed with, or not for long.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct StaleAnchor {
    /// Who has them; nobody for the sensor itself.
    pub resolver: Option<IpAddr>,
    /// Tags of the keys that it trusts.
    pub trusts: Vec<u16>,
    /// Tags of the keys that it lacks.
    pub lacks: Vec<u16>,
    /// How often it said so since it should have known better, as far as that is kept.
    pub signals: usize,
    /// Seconds from the first of these signals to the last.
    pub spread: i64,
    /// It fails already, as far as was seen.
    pub fails: bool,
    /// It has what it lacked.
    pub is_over: bool,
    /// Zone, keys, moments, in words and as records: those that it trusts before, those of the
    /// zone after. Its message is the one that last showed the zone's keys.
    pub change: Change,
}

/// What a resolver lacks.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct Lack {
    /// Tags of the keys.
    pub(super) keys: Vec<u16>,
    /// No key that it trusts signs any more.
    pub(super) fails: bool,
    /// From when on it should have known better.
    due: Timestamp,
}

/// What a resolver with anchors of these tags lacks at this moment, if anything.
pub(super) fn lack(report: &AnchorReport, tags: &[u16], now: Timestamp) -> Option<Lack> {
    let is_trusted = |key: &&AnchorKey| key.state == AnchorState::Valid;
    let has = |tag: u16| tags.contains(&tag);
    if report.signers.is_empty() {
        return None;
    }
    let oldest = report
        .keys
        .iter()
        .filter(|key| key.is_trusted() && has(key.key.key_tag))
        .map(AnchorKey::age)
        .min();
    let successors = report
        .keys
        .iter()
        .filter(is_trusted)
        .filter(|key| !has(key.key.key_tag) && Some(key.age()) > oldest)
        .map(|key| (key.key.key_tag, known_from(key, report.ttl)))
        .filter(|(_, due)| *due <= now);
    let (mut keys, dues): (Vec<u16>, Vec<Timestamp>) = successors.unzip();
    let fails = !report.signers.iter().any(|tag| has(*tag));
    let mut due = dues.into_iter().min();
    if fails {
        keys.extend(&report.signers);
        keys.sort_unstable();
        keys.dedup();
        due = due
            .min(Some(report.signers_since))
            .or(Some(report.signers_since));
    }
    due.map(|due| Lack { keys, fails, due })
}

/// From when on every resolver that follows RFC 5011 trusts a key: it may see it one refresh
/// after the sensor, and accept it one refresh after its hold-down.
fn known_from(key: &AnchorKey, ttl: Ttl) -> Timestamp {
    let accepted = key
        .accepted
        .unwrap_or_else(|| key.first_seen.plus_seconds(ADD_HOLD_DOWN));
    let refresh = i64::from(ttl.seconds()) / 2;
    accepted.plus_seconds(2 * refresh.clamp(*REFRESH.start(), *REFRESH.end()))
}

/// What a source's signals prove.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Proof {
    /// It has what it needs, or nothing speaks against that.
    Current,
    /// Too few signals, or others from the same address that say otherwise.
    Doubtful,
    /// It lacks keys.
    Stale {
        lack: Lack,
        /// How often it said so.
        signals: usize,
        /// Seconds from the first time to the last.
        spread: i64,
    },
}

/// What a source's signals prove at this moment.
pub(super) fn proof(report: &AnchorReport, heard: &Heard, now: Timestamp) -> Proof {
    let Some((latest, others)) = heard.runs.split_first() else {
        return Proof::Current;
    };
    let Some(lack) = lack(report, &latest.tags, now) else {
        return Proof::Current;
    };
    let is_fine = |tags: &[u16]| self::lack(report, tags, now).is_none();
    let is_several = others
        .iter()
        .any(|run| latest.last().seconds_since(run.last()) < SEVERAL_SECONDS && is_fine(&run.tags));
    let times: Vec<Timestamp> = latest
        .times
        .iter()
        .copied()
        .filter(|time| *time >= lack.due)
        .collect();
    let spread = match (times.first(), times.last()) {
        (Some(first), Some(last)) => last.seconds_since(*first),
        _ => 0,
    };
    let is_silent = now.seconds_since(latest.last()) > SILENT_SECONDS;
    if is_several || is_silent || spread < MIN_SPREAD {
        return Proof::Doubtful;
    }
    Proof::Stale {
        lack,
        signals: times.len(),
        spread,
    }
}
