//! Which step of a rollover a zone is at, and when the next one is safe.

use crate::message::{Dnskey, Name};
use crate::report::facts::{Facts, ds_of, keys_of, named};
use crate::report::words::{list, moment, span};
use crate::signature::ds_matches;
use crate::state::StoredSet;
use crate::time::Timestamp;
use crate::watch::Signer;

/// A step that can come next.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Step {
    /// How it stands.
    pub(super) stands: String,
    /// What comes next, if it does.
    pub(super) next: String,
    /// From when on that breaks nothing, as far as what was seen tells.
    pub(super) safe_from: Timestamp,
    /// How that moment comes about.
    pub(super) formula: String,
    /// Where that is told.
    pub(super) reference: &'static str,
}

/// The steps that a zone can take next. Publication at the parent's other servers takes time that
/// nobody sees from here: the moments begin with the first sight.
pub(super) fn steps(facts: &Facts) -> Vec<Step> {
    let (Some(ds), Some(keys)) = (facts.current_ds(), facts.current_keys()) else {
        return Vec::new();
    };
    let published = keys_of(keys);
    let records = ds_of(ds);
    if records.is_empty() || published.is_empty() {
        return Vec::new();
    }
    let current = named(&facts.zone, &records, &published);
    let before = facts
        .ds
        .iter()
        .rev()
        .nth(1)
        .filter(|set| !set.records.is_empty());
    let mut steps = Vec::new();
    for key in published
        .iter()
        .filter(|key| key.is_sep() && !key.is_revoked())
    {
        if current.contains(&key) {
            continue;
        }
        steps.push(match before.filter(|set| names(&facts.zone, set, key)) {
            Some(before) => old_key(key, ds, before),
            None => new_key(facts, key, keys),
        });
    }
    steps.extend(early_ds(facts, ds, &published));
    if distinct(&current) > 1 {
        steps.extend(before.map(|before| double_ds(&current, ds, before)));
    }
    zsk_steps(facts, &published, keys, &mut steps);
    steps
}

fn names(zone: &Name, set: &StoredSet, key: &Dnskey) -> bool {
    ds_of(set).iter().any(|ds| ds_matches(zone, ds, key))
}

fn distinct(keys: &[&Dnskey]) -> usize {
    let mut tags: Vec<_> = keys
        .iter()
        .map(|key| (key.key_tag, key.algorithm()))
        .collect();
    tags.sort_unstable();
    tags.dedup();
    tags.len()
}

/// When a key was first published.
fn published_since(facts: &Facts, key: &Dnskey) -> Option<Timestamp> {
    let sets = facts.keys.iter().filter(|set| keys_of(set).contains(key));
    sets.map(|set| set.first_seen).min()
}

/// A KSK that no DS names: a new one whose DS is to come, or one that stands by.
fn new_key(facts: &Facts, key: &Dnskey, keys: &StoredSet) -> Step {
    let since = published_since(facts, key).unwrap_or(keys.first_seen);
    let tag = key.key_tag;
    Step {
        stands: format!(
            "KSK {tag} is published since {}, without a DS: new, or standing by",
            moment(since)
        ),
        next: format!("publish the DS of {tag} at the parent"),
        safe_from: since.plus_ttl(keys.ttl),
        formula: format!(
            "first sight of the key + TTL of the DNSKEY RRset ({}), so that every cache has it",
            span(i64::from(keys.ttl.seconds()))
        ),
        reference: "RFC 7583 section 3.3.1",
    }
}

/// A KSK that only the DS set before named.
fn old_key(key: &Dnskey, ds: &StoredSet, before: &StoredSet) -> Step {
    let tag = key.key_tag;
    Step {
        stands: format!(
            "the DS set changed at {}; KSK {tag}, which only the old one names, is still there",
            moment(ds.first_seen)
        ),
        next: format!("take KSK {tag} out of the DNSKEY RRset"),
        safe_from: ds.first_seen.plus_ttl(before.ttl),
        formula: format!(
            "first sight of the new DS set + TTL of the old one ({}), so that no cache has that",
            span(i64::from(before.ttl.seconds()))
        ),
        reference: "RFC 7583 section 3.3.1",
    }
}

/// DS records whose keys are not published yet, beside one that works.
fn early_ds(facts: &Facts, ds: &StoredSet, published: &[Dnskey]) -> Option<Step> {
    let records = ds_of(ds);
    let has_key = |tag: u16| published.iter().any(|key| key.key_tag == tag);
    let mut early: Vec<u16> = records.iter().map(|ds| ds.key_tag).collect();
    early.retain(|tag| !has_key(*tag));
    early.dedup();
    let has_link = !named(&facts.zone, &records, published).is_empty();
    (has_link && !early.is_empty()).then(|| {
        let tags = list(&early);
        Step {
            stands: format!("a DS of key {tags} is published, the key is not yet"),
            next: format!("replace the KSK by {tags}"),
            safe_from: ds.first_seen.plus_ttl(ds.ttl),
            formula: format!(
                "first sight of the DS set + its TTL ({}), so that every cache has it",
                span(i64::from(ds.ttl.seconds()))
            ),
            reference: "RFC 7583 section 3.3.2",
        }
    })
}

/// Two keys that both have a DS, where there was another set before.
fn double_ds(current: &[&Dnskey], ds: &StoredSet, before: &StoredSet) -> Step {
    let mut tags: Vec<u16> = current.iter().map(|key| key.key_tag).collect();
    tags.dedup();
    Step {
        stands: format!(
            "the DS set names keys {} since {}: a rollover, or several signers (RFC 8901)",
            list(&tags),
            moment(ds.first_seen)
        ),
        next: "if it is a rollover, take the old key and its DS out, one after the other"
            .to_owned(),
        safe_from: ds.first_seen.plus_ttl(before.ttl),
        formula: format!(
            "first sight of the DS set + TTL of the one before ({}), so that no cache has that alone",
            span(i64::from(before.ttl.seconds()))
        ),
        reference: "RFC 7583 section 3.3.3",
    }
}

/// ZSKs that do not sign yet, and those that did and that another followed.
fn zsk_steps(facts: &Facts, published: &[Dnskey], keys: &StoredSet, steps: &mut Vec<Step>) {
    let signers = &facts.standing.signers;
    let signer = |key: &Dnskey| {
        let name = (key.key_tag, key.algorithm());
        signers
            .iter()
            .find(|signer| (signer.key_tag, signer.algorithm) == name)
    };
    let zsks = published
        .iter()
        .filter(|key| !key.is_sep() && !key.is_revoked());
    for key in zsks {
        let tag = key.key_tag;
        let same = |other: &&Signer| other.algorithm == key.algorithm() && other.key_tag != tag;
        let followed_by = |own: &Signer| {
            let mut others = signers.iter().filter(same);
            others.any(|other| other.first > own.last)
        };
        match signer(key) {
            None if signers.iter().any(|other| same(&other)) => {
                let since = published_since(facts, key).unwrap_or(keys.first_seen);
                steps.push(Step {
                    stands: format!("ZSK {tag} is published since {}, and was not seen to sign", moment(since)),
                    next: format!("sign with ZSK {tag}"),
                    safe_from: since.plus_ttl(keys.ttl),
                    formula: format!(
                        "first sight of the key + TTL of the DNSKEY RRset ({}), so that every cache has it",
                        span(i64::from(keys.ttl.seconds()))
                    ),
                    reference: "RFC 7583 section 3.2.1",
                });
            }
            Some(own) if followed_by(own) => steps.push(Step {
                stands: format!("ZSK {tag} was last seen to sign at {}, another one since", moment(own.last)),
                next: format!("take ZSK {tag} out of the DNSKEY RRset"),
                safe_from: own.held_until,
                formula: "last sight of its signatures + the TTL of what they are over, so that no cache has them".to_owned(),
                reference: "RFC 7583 section 3.2.1",
            }),
            None | Some(_) => {}
        }
    }
}
