//! Zones and resolvers in words.

use super::concern::{UNSEEN_SECONDS, is_not_validating};
use super::snapshot::{ResolverView, ZoneView};
use super::words::{ago, level, moment_of, span};
use crate::alert::{Kind, Severity};
use crate::chain::{ChainLink, ValidationState, VouchedBy};
use crate::portfolio::{Criticality, Expected, Resolver};
use crate::time::Timestamp;
use crate::watch::Ends;
use serde::Serialize;

/// A signature that ends within so many seconds is pointed out.
const SOON_SECONDS: i64 = 2 * 86_400;

#[derive(Clone, Debug, Serialize)]
pub(super) struct ZoneRow {
    pub(super) name: String,
    pub(super) level: &'static str,
    pub(super) state: &'static str,
    pub(super) words: String,
    pub(super) is_critical: bool,
    pub(super) chain: Vec<LinkRow>,
    pub(super) last_seen: String,
    pub(super) keys_end: Option<EndRow>,
    pub(super) data_end: Option<EndRow>,
    pub(super) open: Vec<String>,
    pub(super) owner: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct LinkRow {
    pub(super) zone: String,
    pub(super) state: &'static str,
    pub(super) words: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct EndRow {
    pub(super) at: String,
    pub(super) left: String,
    pub(super) is_soon: bool,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ResolverRow {
    pub(super) name: String,
    pub(super) level: &'static str,
    pub(super) words: String,
    pub(super) declared: bool,
    pub(super) last_seen: String,
}

/// A zone of the portfolio.
pub(super) fn zone_row(view: &ZoneView, now: Timestamp) -> ZoneRow {
    let zone = &view.zone;
    let state = view.state();
    let is_seen = view
        .presence
        .last
        .is_some_and(|last| now.seconds_since(last) < UNSEEN_SECONDS);
    let expected = zone.expect;
    let worst = view.open.iter().map(|(_, severity)| *severity).max();
    let (level, words) = match (worst, state) {
        (Some(worst), _) => (level(worst), format!("incident open; {}", words(state))),
        (None, ValidationState::Bogus) => ("alarm", words(state).to_owned()),
        (None, ValidationState::Insecure) if expected == Some(Expected::Secure) => (
            "warning",
            "not signed, but the portfolio expects it to be".to_owned(),
        ),
        (None, ValidationState::Secure) if expected == Some(Expected::Insecure) => (
            "warning",
            "validates, but the portfolio expects it not to be signed".to_owned(),
        ),
        (None, _) if !is_seen => ("unseen", "not seen lately: nothing is known".to_owned()),
        (None, ValidationState::Indeterminate) => ("unseen", words(state).to_owned()),
        (None, ValidationState::Secure | ValidationState::Insecure) => {
            ("ok", words(state).to_owned())
        }
    };
    ZoneRow {
        name: zone.name.to_string(),
        level,
        state: state.name(),
        words,
        is_critical: zone.criticality == Criticality::Critical,
        chain: view.chain.iter().map(link).collect(),
        last_seen: ago(view.presence.last, now),
        keys_end: view.presence.keys.map(|ends| end(ends, now)),
        data_end: view.presence.data.map(|ends| end(ends, now)),
        open: view.open.iter().copied().map(named).collect(),
        owner: zone.owner.clone(),
    }
}

const fn words(state: ValidationState) -> &'static str {
    match state {
        ValidationState::Secure => "validates",
        ValidationState::Insecure => "not signed",
        ValidationState::Bogus => "does not validate",
        ValidationState::Indeterminate => "not all of its chain is known now",
    }
}

fn link(link: &ChainLink) -> LinkRow {
    let by = match link.by {
        VouchedBy::Anchor => "trust anchor",
        VouchedBy::Ds => "DS",
        VouchedBy::NoDs => "proof of no DS",
        VouchedBy::NegativeAnchor => "negative anchor",
        VouchedBy::Nothing => "nothing vouches for it now",
    };
    let words = match link.key_tag {
        Some(tag) => format!("{by}, key {tag}"),
        None if link.state == ValidationState::Indeterminate => {
            format!("{by}, keys not seen lately")
        }
        None => by.to_owned(),
    };
    LinkRow {
        zone: link.zone.to_string(),
        state: link.state.name(),
        words,
    }
}

fn end(ends: Ends, now: Timestamp) -> EndRow {
    let left = ends.expiration.seconds_since(now);
    let words = match u64::try_from(left) {
        Ok(left) => format!("in {}", span(left)),
        Err(_) => format!("{} ago", span(left.unsigned_abs())),
    };
    EndRow {
        at: moment_of(ends.expiration),
        left: words,
        is_soon: left < SOON_SECONDS,
    }
}

/// A resolver.
pub(super) fn resolver_row(view: &ResolverView, now: Timestamp) -> ResolverRow {
    let should = view
        .declared
        .as_ref()
        .and_then(|resolver| resolver.validates);
    let sight = view.sight.unwrap_or_default();
    let (level, words) = if is_not_validating(&view.open) {
        ("alarm", "hands out data that does not validate".to_owned())
    } else if let Some((kind, severity)) = view.open.first() {
        (level(*severity), format!("incident open: {}", kind.name()))
    } else if view.sight.is_none() {
        ("unseen", "not seen".to_owned())
    } else if let Some(last) = sight.authentic {
        let words = format!("says that it validates (AD), {}", ago(Some(last), now));
        if should == Some(false) {
            (
                "note",
                format!("{words}; the portfolio says that it does not"),
            )
        } else {
            ("ok", words)
        }
    } else if let Some(last) = sight.fetched_keys {
        (
            "ok",
            format!(
                "fetches keys as those do that validate, {}",
                ago(Some(last), now)
            ),
        )
    } else {
        (
            "unseen",
            "seen, but nothing shows that it validates".to_owned(),
        )
    };
    ResolverRow {
        name: view
            .declared
            .as_ref()
            .map_or_else(|| view.address.to_string(), Resolver::title),
        level,
        words,
        declared: view.declared.is_some(),
        last_seen: ago(view.sight.map(|sight| sight.last), now),
    }
}

fn named((kind, severity): (Kind, Severity)) -> String {
    format!("{} ({})", kind.name(), severity.name())
}

/// Where something is wrong stands first.
pub(super) fn rank(level: &str) -> u8 {
    match level {
        "alarm" => 0,
        "warning" => 1,
        "note" => 2,
        "unseen" => 3,
        _ => 4,
    }
}
