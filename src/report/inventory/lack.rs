//! What a zone lacks, held against what the portfolio says of it.

use super::row::Validator;
use crate::message::Ds;
use crate::portfolio::{self, Expected, Portfolio};
use crate::report::chain::{Chain, State, is_failure};
use crate::report::facts::{Facts, ds_of};
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
    let mut found = Vec::new();
    match chain.state {
        State::Broken => found.push(lack(
            "broken",
            format!("its chain is broken: {}", chain.why),
        )),
        State::Failing | State::Unknown | State::Insecure | State::Secure => {}
    }
    // What the chain does not show: a hijack validates, and a rollover fails only later.
    let others = facts
        .open_incidents()
        .filter(|open| open.severity >= MEDIUM);
    for open in others.filter(|open| chain.state != State::Broken || !is_failure(&open.kind)) {
        let words = format!("{}: {}", open.kind, open.summary);
        found.push(lack("open_incident", words));
    }
    let unsettled = facts.pending.iter().filter(|change| !change.is_expected);
    found.extend(unsettled.map(|change| {
        lack(
            "unsettled_change",
            format!("a change that nothing explains so far: {}", change.why),
        )
    }));
    let Some(zone) = portfolio.zone(&facts.zone) else {
        return found;
    };
    let is_seen = facts.last_seen().is_some();
    match (zone.expect, chain.state) {
        _ if !is_seen => found.push(lack("not_seen", "nothing of it was seen")),
        (Some(Expected::Secure), State::Insecure) => found.push(lack(
            "not_secure",
            format!("expected to be secure, and it is not: {}", chain.why),
        )),
        (Some(Expected::Secure), State::Unknown) => found.push(lack(
            "not_shown_secure",
            format!("expected to be secure, which was not seen: {}", chain.why),
        )),
        (Some(Expected::Insecure), State::Secure | State::Failing | State::Broken) => {
            found.push(lack(
                "not_insecure",
                "expected to be insecure, and it has a DS set",
            ));
        }
        _ => {}
    }
    if let Some(ds) = facts.current_ds() {
        let mut records: Vec<Ds> = ds_of(ds);
        records.sort();
        let objection = zone
            .objection(&records)
            .filter(|_| zone.pinned_ds.is_some());
        if let Some(objection) = objection {
            found.push(lack("not_pinned", objection));
        }
    }
    let is_to_validate = zone.expect != Some(Expected::Insecure) && is_seen;
    for validator in validators
        .iter()
        .filter(|one| one.is_expected && is_to_validate)
    {
        if let Some(at) = validator.passed_on {
            let at = crate::report::words::moment(at);
            let words = format!(
                "{} gave clients data of it that fails to verify, last {at}",
                validator.title
            );
            found.push(lack("resolver_not_validating", words));
        } else if validator.authentic.is_none() {
            let words = format!("{} was not seen to validate it", validator.title);
            found.push(lack("resolver_not_seen", words));
        }
    }
    let gaps = portfolio::gaps_of(zone, now).into_iter();
    found.extend(gaps.map(|gap| lack(gap.name(), gap.to_string())));
    found
}
