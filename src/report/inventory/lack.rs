//! What a zone lacks, held against what the portfolio says of it.

use super::row::Validator;
use crate::message::Ds;
use crate::portfolio::{self, Expected, Portfolio, Zone};
use crate::report::chain::{Chain, State, is_failure};
use crate::report::facts::{Facts, ds_of};
use crate::report::words::moment;
use crate::time::Timestamp;

/// Something that the zone lacks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Lack {
    /// As machines read it.
    pub(super) kind: &'static str,
    /// What it is, in words.
    pub(super) words: String,
}

/// Incidents less severe than this are for the record (`severity_id`).
const MEDIUM: u64 = 3;

fn lack(kind: &'static str, words: impl Into<String>) -> Lack {
    Lack {
        kind,
        words: words.into(),
    }
}

/// What a zone lacks; what is broken stands first.
pub(super) fn lacks(
    facts: &Facts,
    chain: &Chain,
    validators: &[Validator],
    portfolio: &Portfolio,
    now: Timestamp,
) -> Vec<Lack> {
    let mut found = troubles(facts, chain);
    let Some(zone) = portfolio.zone(&facts.zone) else {
        return found;
    };
    found.extend(unexpected(facts, chain, zone));
    found.extend(not_pinned(facts, zone));
    if zone.expect != Some(Expected::Insecure) && facts.last_seen().is_some() {
        let expected = validators.iter().filter(|one| one.is_expected);
        found.extend(expected.filter_map(not_validating));
    }
    let gaps = portfolio::gaps_of(zone, now).into_iter();
    found.extend(gaps.map(|gap| lack(gap.name(), gap.to_string())));
    found
}

/// What is broken, and what else is open: a hijack validates, and a rollover fails only later.
fn troubles(facts: &Facts, chain: &Chain) -> Vec<Lack> {
    let is_broken = chain.state == State::Broken;
    let broken = is_broken.then(|| lack("broken", format!("its chain is broken: {}", chain.why)));
    let open = facts.open_incidents();
    let open = open.filter(|open| open.severity >= MEDIUM);
    let open = open.filter(|open| !is_broken || !is_failure(&open.kind));
    let open = open.map(|open| lack("open_incident", format!("{}: {}", open.kind, open.summary)));
    let unsettled = facts.pending.iter().filter(|change| !change.is_expected);
    let unsettled = unsettled.map(|change| {
        let words = format!("a change that nothing explains so far: {}", change.why);
        lack("unsettled_change", words)
    });
    broken.into_iter().chain(open).chain(unsettled).collect()
}

/// How the zone differs from what the portfolio expects.
fn unexpected(facts: &Facts, chain: &Chain, zone: &Zone) -> Option<Lack> {
    if facts.last_seen().is_none() {
        return Some(lack("not_seen", "nothing of it was seen"));
    }
    let why = &chain.why;
    match (zone.expect?, chain.state) {
        (Expected::Secure, State::Insecure) => Some(lack(
            "not_secure",
            format!("expected to be secure, and it is not: {why}"),
        )),
        (Expected::Secure, State::Unknown) => Some(lack(
            "not_shown_secure",
            format!("expected to be secure, which was not seen: {why}"),
        )),
        (Expected::Insecure, State::Secure | State::Failing | State::Broken) => Some(lack(
            "not_insecure",
            "expected to be insecure, and it has a DS set",
        )),
        (Expected::Secure | Expected::Insecure, _) => None,
    }
}

fn not_pinned(facts: &Facts, zone: &Zone) -> Option<Lack> {
    zone.pinned_ds.as_ref()?;
    let mut records: Vec<Ds> = ds_of(facts.current_ds()?);
    records.sort();
    Some(lack("not_pinned", zone.objection(&records)?))
}

fn not_validating(resolver: &Validator) -> Option<Lack> {
    let title = &resolver.title;
    if let Some(at) = resolver.passed_on {
        let at = moment(at);
        let words = format!("{title} gave clients data of it that fails to verify, last {at}");
        return Some(lack("resolver_not_validating", words));
    }
    let words = format!("{title} was not seen to validate it");
    resolver
        .authentic
        .is_none()
        .then(|| lack("resolver_not_seen", words))
}
