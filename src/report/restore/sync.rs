//! Whether keys are where they must be before another signer takes over.
//!
//! Caches hold keys and signatures of the signer of now. Another one that signs with keys which
//! those caches do not know, or without the keys that they need, breaks the zone until they let go.

use super::good::{Good, mismatch};
use crate::message::{Dnskey, Rrset};
use crate::report::facts::{Facts, ds_of, keys_of, named};
use crate::report::words::{list, moment, span};
use crate::time::Timestamp;

/// One thing that was looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct SyncCheck {
    /// As machines read it.
    pub(super) check: &'static str,
    /// `ok`, `bad` or `unknown`.
    pub(super) result: &'static str,
    /// What was found.
    pub(super) detail: String,
}

fn check(check: &'static str, is_ok: Option<bool>, detail: String) -> SyncCheck {
    SyncCheck {
        check,
        result: match is_ok {
            Some(true) => "ok",
            Some(false) => "bad",
            None => "unknown",
        },
        detail,
    }
}

/// What is to be looked at before another signer takes over; of its keys, if they are given.
pub(super) fn checks(
    facts: &Facts,
    good: &Good,
    standby: &[Rrset],
    now: Timestamp,
) -> Vec<SyncCheck> {
    let mut found = vec![ds_link(facts), needed(facts, now)];
    found.extend(cached_keys(facts, now));
    let keys: Vec<Dnskey> = standby
        .iter()
        .filter(|set| set.owner == facts.zone)
        .flat_map(Rrset::dnskeys)
        .collect();
    if !standby.is_empty() {
        found.extend(of_standby(facts, good, &keys, now));
    }
    found
}

/// What the DS set names is what is published.
fn ds_link(facts: &Facts) -> SyncCheck {
    if let Some(change) = mismatch(facts) {
        let tags = change
            .before
            .iter()
            .filter_map(|record| record.split(' ').next());
        let detail = format!(
            "the DS set (key {}) names none of the keys that servers show ({}, unverified)",
            list(tags),
            list(&change.after)
        );
        return check("ds_link", Some(false), detail);
    }
    let (Some(ds), Some(keys)) = (facts.current_ds(), facts.current_keys()) else {
        return check(
            "ds_link",
            None,
            "the DS set or the keys were not seen".to_owned(),
        );
    };
    if ds.records.is_empty() {
        return check(
            "ds_link",
            None,
            "there is no DS set, so that no signer can break anything".to_owned(),
        );
    }
    let keys = keys_of(keys);
    let named = named(&facts.zone, &ds_of(ds), &keys);
    if named.is_empty() {
        let detail = "the DS set names none of the keys that were seen and verified";
        return check("ds_link", None, detail.to_owned());
    }
    let tags = list(named.iter().map(|key| key.key_tag));
    check(
        "ds_link",
        Some(true),
        format!("the DS set names key {tags}, which is published: the signer must have it"),
    )
}

/// The keys that a signer must show, since caches hold what they signed.
fn needed(facts: &Facts, now: Timestamp) -> SyncCheck {
    let published = facts.current_keys().map(keys_of).unwrap_or_default();
    let is_there = |tag: u16, algorithm: u8| {
        let mut keys = published.iter();
        keys.any(|key| (key.key_tag, key.algorithm()) == (tag, algorithm))
    };
    let mut signers = facts.standing.signers.clone();
    signers.retain(|signer| signer.held_until > now);
    let missing: Vec<_> = signers
        .iter()
        .filter(|one| !is_there(one.key_tag, one.algorithm))
        .collect();
    if facts.standing.signers.is_empty() {
        return check(
            "cached_signatures",
            None,
            "no signed data of the zone was seen".to_owned(),
        );
    }
    if let Some(last) = missing.iter().max_by_key(|one| one.held_until) {
        let tags = list(missing.iter().map(|one| one.key_tag));
        let detail = format!(
            "caches hold signatures by key {tags} until {}, and it is not published any more: put it back until then",
            moment(last.held_until)
        );
        return check("cached_signatures", Some(false), detail);
    }
    let until = signers.iter().map(|one| one.held_until).max();
    let detail = match until {
        None => "caches hold no signatures any more, as far as was seen".to_owned(),
        Some(until) => format!(
            "caches hold signatures by key {} until {}: the signer must publish it until then",
            list(signers.iter().map(|one| one.key_tag)),
            moment(until)
        ),
    };
    check("cached_signatures", Some(true), detail)
}

/// The keys that sign now, held against the DNSKEY RRsets that caches may hold.
fn cached_keys(facts: &Facts, now: Timestamp) -> Option<SyncCheck> {
    let newest = facts
        .standing
        .signers
        .iter()
        .max_by_key(|signer| signer.last)?;
    let held: Vec<_> = facts
        .keys
        .iter()
        .map(|set| (set, set.last_seen.plus_ttl(set.ttl)))
        .filter(|(_, until)| *until > now)
        .collect();
    if held.is_empty() {
        let detail = "caches hold no DNSKEY RRset any more, as far as was seen";
        return Some(check("cached_keys", Some(true), detail.to_owned()));
    }
    let lacking = held.iter().filter(|(set, _)| {
        let name = (newest.key_tag, newest.algorithm);
        let has_key = keys_of(set)
            .iter()
            .any(|key| (key.key_tag, key.algorithm()) == name);
        !has_key
    });
    let until = lacking.map(|(_, until)| *until).max();
    let tag = newest.key_tag;
    Some(match until {
        Some(until) => check(
            "cached_keys",
            Some(false),
            format!(
                "key {tag} signs already, and caches hold a DNSKEY RRset without it until {}",
                moment(until)
            ),
        ),
        None => check(
            "cached_keys",
            Some(true),
            format!("every DNSKEY RRset that caches may hold has key {tag}, which signs"),
        ),
    })
}

/// The keys of the signer that is to take over.
fn of_standby(facts: &Facts, good: &Good, standby: &[Dnskey], now: Timestamp) -> Vec<SyncCheck> {
    if standby.is_empty() {
        let detail = format!("the standby's file has no DNSKEY of {}", facts.zone);
        return vec![check("standby_keys", Some(false), detail)];
    }
    let ds = facts
        .current_ds()
        .filter(|set| !set.records.is_empty())
        .or(good.ds.as_ref());
    let records = ds.map(ds_of).unwrap_or_default();
    let linked = named(&facts.zone, &records, standby);
    let tags = |keys: &[&Dnskey]| list(keys.iter().map(|key| key.key_tag));
    let link = if linked.is_empty() {
        let detail = "the DS set names none of the standby's keys: with them alone the zone fails at once; sync the KSK first, or add a DS and wait for its TTL";
        check("standby_ds", Some(false), detail.to_owned())
    } else {
        check(
            "standby_ds",
            Some(true),
            format!("the DS set names its key {}", tags(&linked)),
        )
    };
    let signers = facts
        .standing
        .signers
        .iter()
        .filter(|one| one.held_until > now);
    let missing: Vec<u16> = signers
        .filter(|one| {
            !standby
                .iter()
                .any(|key| (key.key_tag, key.algorithm()) == (one.key_tag, one.algorithm))
        })
        .map(|one| one.key_tag)
        .collect();
    let import = if missing.is_empty() {
        check(
            "standby_import",
            Some(true),
            "it has every key whose signatures caches hold".to_owned(),
        )
    } else {
        let detail = format!(
            "it lacks key {}, whose signatures caches hold: import it into its DNSKEY RRset before it takes over",
            list(&missing)
        );
        check("standby_import", Some(false), detail)
    };
    vec![link, to_publish(facts, standby, now), import]
}

/// Which keys of the standby are to be published before it signs with them.
fn to_publish(facts: &Facts, standby: &[Dnskey], now: Timestamp) -> SyncCheck {
    let published = facts.current_keys();
    let known = published.map(keys_of).unwrap_or_default();
    let strangers: Vec<&Dnskey> = standby.iter().filter(|key| !known.contains(key)).collect();
    let ttl = published.map(|set| set.ttl).unwrap_or_default();
    if strangers.is_empty() {
        check(
            "standby_zsk",
            Some(true),
            "all its keys are published already".to_owned(),
        )
    } else {
        let detail = format!(
            "its key {} is not published: publish it, and do not sign with it before {}, if that is done now (TTL of the DNSKEY RRset, {})",
            list(strangers.iter().map(|key| key.key_tag)),
            moment(now.plus_ttl(ttl)),
            span(i64::from(ttl.seconds()))
        );
        check("standby_zsk", Some(false), detail)
    }
}
