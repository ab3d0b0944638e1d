//! Which DS and DNSKEY records a zone had, and when.

use super::super::error::Error;
use super::super::facts::{ds_of, keys_of};
use crate::message::Name;
use crate::state::{Reader, SetKind, StoredSet};
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// Lanes of a zone at most; the records seen last.
const LANES: usize = 40;

/// The records of a zone.
#[derive(Clone, Debug)]
pub(super) struct History {
    /// The zone.
    pub(super) zone: Name,
    /// Its records, the first seen first: DS, then keys.
    pub(super) lanes: Vec<Lane>,
    /// Records that were left out, since there are too many.
    pub(super) left_out: usize,
}

/// One record, and when it was there.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Lane {
    /// What it is.
    pub(super) sort: LaneSort,
    /// Its key tag.
    pub(super) key_tag: u16,
    /// Its algorithm's number.
    pub(super) algorithm: u8,
    /// The record as a zone file has it, shortened.
    pub(super) record: String,
    /// When it was seen, from the first to the last sight of each set that held it, joined where
    /// these meet.
    pub(super) spans: Vec<(Timestamp, Timestamp)>,
    /// When it was in force as far as is known: until another set took the place of its own.
    pub(super) in_force: Vec<(Timestamp, Timestamp)>,
}

/// What a lane shows.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum LaneSort {
    /// The proof that there is no DS.
    NoDs,
    /// A DS record.
    Ds,
    /// A key that has the SEP flag.
    Ksk,
    /// Another key.
    Zsk,
}

impl Lane {
    /// What to call it.
    pub(super) fn label(&self) -> String {
        let Self {
            key_tag, algorithm, ..
        } = self;
        match self.sort {
            LaneSort::NoDs => "no DS (proven)".to_owned(),
            LaneSort::Ds => format!("DS {key_tag} (algorithm {algorithm})"),
            LaneSort::Ksk => format!("KSK {key_tag} (algorithm {algorithm})"),
            LaneSort::Zsk => format!("ZSK {key_tag} (algorithm {algorithm})"),
        }
    }

    /// When it was first seen.
    pub(super) fn first(&self) -> Option<Timestamp> {
        self.spans.first().map(|(first, _)| *first)
    }

    /// When it was last seen.
    pub(super) fn last(&self) -> Option<Timestamp> {
        self.spans.iter().map(|(_, last)| *last).max()
    }
}

/// Identifies a lane: what it shows, and the record's own text.
type Key = (LaneSort, String);

impl History {
    /// Of what a state file knows, as far as it was seen between two moments.
    pub(super) fn read(
        reader: &Reader,
        zone: &Name,
        (since, until): (Timestamp, Timestamp),
    ) -> Result<Self, Error> {
        let mut lanes: BTreeMap<Key, Lane> = BTreeMap::new();
        let ds = reader.sets(zone, SetKind::Ds)?;
        let keys = reader.sets(zone, SetKind::Dnskey)?;
        let both: [(Vec<StoredSet>, Records); 2] = [(ds, of_ds), (keys, of_keys)];
        for (sets, records) in both {
            let next = sets.iter().skip(1).map(|next| next.first_seen);
            for (set, next) in sets.iter().zip(next.chain([until])) {
                for (key, lane) in records(set) {
                    let lane = lanes.entry(key).or_insert(lane);
                    lane.spans.push((set.first_seen, set.last_seen));
                    lane.in_force
                        .push((set.first_seen, next.max(set.first_seen)));
                }
            }
        }
        let mut lanes: Vec<Lane> = lanes
            .into_values()
            .filter_map(|lane| lane.within(since, until))
            .collect();
        let left_out = lanes.len().saturating_sub(LANES);
        if left_out > 0 {
            lanes.sort_by_key(|lane| std::cmp::Reverse(lane.last()));
            lanes.truncate(LANES);
        }
        lanes.sort_by_key(|lane| (lane.rank(), lane.first(), lane.key_tag));
        Ok(Self {
            zone: zone.clone(),
            lanes,
            left_out,
        })
    }
}

impl Lane {
    /// DS and the proof that there is none stand above the keys.
    const fn rank(&self) -> u8 {
        match self.sort {
            LaneSort::Ds | LaneSort::NoDs => 0,
            LaneSort::Ksk => 1,
            LaneSort::Zsk => 2,
        }
    }

    /// As far as it was seen between two moments; nothing if it was not.
    fn within(mut self, since: Timestamp, until: Timestamp) -> Option<Self> {
        self.spans = joined(self.spans, since, until);
        self.in_force = joined(self.in_force, since, until);
        (!self.in_force.is_empty()).then_some(self)
    }
}

/// Spans between two moments, those that meet joined.
fn joined(
    mut spans: Vec<(Timestamp, Timestamp)>,
    since: Timestamp,
    until: Timestamp,
) -> Vec<(Timestamp, Timestamp)> {
    spans.sort_unstable();
    let mut joined: Vec<(Timestamp, Timestamp)> = Vec::new();
    for (first, last) in spans {
        if last < since || first > until {
            continue;
        }
        let (first, last) = (first.max(since), last.min(until));
        match joined.last_mut() {
            Some((_, before)) if first <= *before => *before = last.max(*before),
            _ => joined.push((first, last)),
        }
    }
    joined
}

/// The records of a set.
type Records = fn(&StoredSet) -> Vec<(Key, Lane)>;

fn of_ds(set: &StoredSet) -> Vec<(Key, Lane)> {
    if set.records.is_empty() {
        let lane = Lane {
            sort: LaneSort::NoDs,
            key_tag: 0,
            algorithm: 0,
            record: String::new(),
            spans: Vec::new(),
            in_force: Vec::new(),
        };
        return vec![((LaneSort::NoDs, String::new()), lane)];
    }
    ds_of(set)
        .into_iter()
        .map(|ds| {
            let record = ds.to_string();
            let lane = Lane {
                sort: LaneSort::Ds,
                key_tag: ds.key_tag,
                algorithm: ds.algorithm,
                record: shortened(&record),
                spans: Vec::new(),
                in_force: Vec::new(),
            };
            ((LaneSort::Ds, record), lane)
        })
        .collect()
}

fn of_keys(set: &StoredSet) -> Vec<(Key, Lane)> {
    keys_of(set)
        .into_iter()
        .zip(&set.records)
        .map(|(key, record)| {
            let sort = if key.is_sep() {
                LaneSort::Ksk
            } else {
                LaneSort::Zsk
            };
            let lane = Lane {
                sort,
                key_tag: key.key_tag,
                algorithm: key.algorithm(),
                record: shortened(record),
                spans: Vec::new(),
                in_force: Vec::new(),
            };
            ((sort, record.clone()), lane)
        })
        .collect()
}

/// Letters of a record that a table shows.
const LETTERS: usize = 40;

fn shortened(record: &str) -> String {
    let mut short: String = record.chars().take(LETTERS).collect();
    if short.len() < record.len() {
        short.push('…');
    }
    short
}
