//! The sets that a zone had when it was last in order.

use crate::message::Name;
use crate::report::error::Error;
use crate::report::facts::{Facts, ds_of, keys_of, named};
use crate::report::words::moment;
use crate::state::{Changed, Incident, Reader, SetKind, StoredSet};
use crate::time::Timestamp;

/// Incidents less severe than this say nothing against the sets of a zone (`severity_id`).
const MEDIUM: u64 = 3;

/// The sets that a zone had when it was last in order.
#[derive(Clone, Debug)]
pub(super) struct Good {
    /// As of this moment.
    pub(super) at: Timestamp,
    /// Why that moment, in words.
    pub(super) why: String,
    /// The DS set; without records if it was proven to have none.
    pub(super) ds: Option<StoredSet>,
    /// The DNSKEY RRset.
    pub(super) keys: Option<StoredSet>,
    /// The servers that the parent named, which it does not sign.
    pub(super) servers: Vec<String>,
    /// The DS set names one of the keys.
    pub(super) is_linked: bool,
}

/// How a set differs now from the good one.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Difference {
    /// Which set.
    pub(super) set: &'static str,
    /// Records that are there now and should not.
    pub(super) surplus: Vec<String>,
    /// Records that were there and are not now.
    pub(super) missing: Vec<String>,
    /// What is there now was shown by servers, and nothing vouches for it.
    pub(super) is_unverified: bool,
}

impl Good {
    /// What was in force at a moment, or before what is open began.
    pub(super) fn find(
        reader: &Reader,
        facts: &Facts,
        at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let (at, why) = match (at, trouble(facts)) {
            (Some(at), _) => (at, "the moment that was asked for".to_owned()),
            (None, Some((began, what))) => {
                let before = Timestamp::from_nanos(began.as_nanos().saturating_sub(1));
                (
                    before,
                    format!("just before {what} began, at {}", moment(began)),
                )
            }
            (None, None) => (now, "nothing is open: what is in force now".to_owned()),
        };
        let mut ds = reader.set_at(&facts.zone, SetKind::Ds, at)?;
        let mut keys = reader.set_at(&facts.zone, SetKind::Dnskey, at)?;
        let mut is_linked = links(&facts.zone, ds.as_ref(), keys.as_ref());
        let has_ds = ds.as_ref().is_some_and(|set| !set.records.is_empty());
        if !is_linked && has_ds {
            // In the midst of a change, or by another server's set: what fits together counts.
            let earlier = |sets: &[StoredSet], fits: &dyn Fn(&StoredSet) -> bool| {
                let sets = sets.iter().filter(|set| set.first_seen <= at && fits(set));
                sets.max_by_key(|set| set.last_seen.min(at)).cloned()
            };
            let to_ds = |set: &StoredSet| links(&facts.zone, ds.as_ref(), Some(set));
            let to_keys = |set: &StoredSet| links(&facts.zone, Some(set), keys.as_ref());
            if let Some(found) = earlier(&facts.keys, &to_ds) {
                (keys, is_linked) = (Some(found), true);
            } else if let Some(found) = earlier(&facts.ds, &to_keys) {
                (ds, is_linked) = (Some(found), true);
            }
        }
        let servers = reader.set_at(&facts.zone, SetKind::Ns, at)?;
        Ok(Self {
            servers: servers.map(|set| set.records).unwrap_or_default(),
            at,
            why,
            ds,
            keys,
            is_linked,
        })
    }

    /// How the sets differ now.
    pub(super) fn differences(&self, facts: &Facts) -> Vec<Difference> {
        let ds = difference("DS", self.ds.as_ref(), facts.current_ds());
        let keys = shown_keys(facts).map_or_else(
            || difference("DNSKEY", self.keys.as_ref(), facts.current_keys()),
            |shown| Some(self.against_shown(shown)),
        );
        ds.into_iter().chain(keys).collect()
    }

    /// Against keys of which only tag, algorithm and flags were told.
    fn against_shown(&self, shown: &[String]) -> Difference {
        let keys = self.keys.as_ref().map(keys_of).unwrap_or_default();
        let texts: Vec<String> = keys
            .iter()
            .map(|key| format!("{} {} {}", key.key_tag, key.algorithm(), key.flags()))
            .collect();
        let without = |all: &[String], others: &[String]| -> Vec<String> {
            let all = all.iter().filter(|one| !others.contains(one));
            all.cloned().collect()
        };
        Difference {
            set: "DNSKEY",
            surplus: without(shown, &texts),
            missing: without(&texts, shown),
            is_unverified: true,
        }
    }
}

/// The keys that servers show now and that the DS set does not name.
pub(super) fn shown_keys(facts: &Facts) -> Option<&[String]> {
    mismatch(facts).map(|change| change.after.as_slice())
}

/// A DS set and the keys that it does not name.
pub(super) fn mismatch(facts: &Facts) -> Option<&Changed> {
    let mut open = facts.open_incidents();
    open.find(|open| open.kind == "ds_mismatch")?
        .change
        .as_ref()
}

fn links(zone: &Name, ds: Option<&StoredSet>, keys: Option<&StoredSet>) -> bool {
    let (ds, keys) = (
        ds.map(ds_of).unwrap_or_default(),
        keys.map(keys_of).unwrap_or_default(),
    );
    !named(zone, &ds, &keys).is_empty()
}

fn difference(
    set: &'static str,
    good: Option<&StoredSet>,
    now: Option<&StoredSet>,
) -> Option<Difference> {
    let (good, now) = (&good?.records, &now?.records);
    let without = |all: &[String], others: &[String]| -> Vec<String> {
        let all = all.iter().filter(|one| !others.contains(one));
        all.cloned().collect()
    };
    let (surplus, missing) = (without(now, good), without(good, now));
    (!surplus.is_empty() || !missing.is_empty()).then_some(Difference {
        set,
        surplus,
        missing,
        is_unverified: false,
    })
}

/// When what is open began, and what that is.
pub(super) fn trouble(facts: &Facts) -> Option<(Timestamp, String)> {
    let open = facts
        .open_incidents()
        .filter(|open| open.severity >= MEDIUM);
    let open = open.map(|open| (began(facts, open), open.kind.clone()));
    let pending = facts.pending.iter().filter(|change| !change.is_expected);
    let pending = pending.map(|change| (change.time, "a change that nothing explains".to_owned()));
    open.chain(pending).min()
}

/// When an incident began: a change is settled late at times, so that the set that it led to was
/// seen before.
fn began(facts: &Facts, open: &Incident) -> Timestamp {
    let change = open.change.as_ref();
    let sets = match change.map(|change| change.set.as_str()) {
        Some("ds") if open.kind != "ds_mismatch" => &facts.ds,
        _ => return open.began,
    };
    let after = change
        .map(|change| change.after.as_slice())
        .unwrap_or_default();
    let mut sorted: Vec<&String> = after.iter().collect();
    sorted.sort();
    let is_it = |set: &&StoredSet| {
        let mut records: Vec<&String> = set.records.iter().collect();
        records.sort();
        records == sorted
    };
    // A set that was there before, and is back, began with the incident.
    let first = sets.iter().find(is_it).map(|set| set.first_seen);
    let before = change
        .map(|change| change.before.as_slice())
        .unwrap_or_default();
    let older = sets
        .iter()
        .filter(|set| set.records.iter().any(|record| before.contains(record)));
    let older = older.map(|set| set.first_seen).min();
    first
        .filter(|first| older.is_some_and(|older| older < *first))
        .map_or(open.began, |first| first.min(open.began))
}
