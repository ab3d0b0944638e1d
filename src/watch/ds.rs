//! DS sets, and how two of them differ.

use super::change::ChangeKind;
use crate::message::{Dnskey, Ds, Name, Rrset};
use crate::signature::{ds_matches, is_supported_algorithm, is_supported_digest};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The DS records of a zone, sorted; none where it is proven that there are none.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct DsSet(Vec<Ds>);

impl DsSet {
    /// The records of a DS RRset.
    pub(super) fn new(rrset: &Rrset) -> Self {
        Self(rrset.ds().collect())
    }

    /// Of these records, sorted.
    pub(super) fn of(records: Vec<Ds>) -> Self {
        Self(records)
    }

    /// The records.
    pub(super) fn records(&self) -> &[Ds] {
        &self.0
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of the records digests this key of `zone`.
    pub(super) fn names(&self, zone: &Name, key: &Dnskey) -> bool {
        self.0.iter().any(|ds| ds_matches(zone, ds, key))
    }

    /// Whether a validator can use any of the records (RFC 4035 §5.2). A zone with others only
    /// is insecure, whatever its keys are.
    pub(super) fn is_usable(&self) -> bool {
        self.0
            .iter()
            .any(|ds| is_supported_digest(ds.digest_type) && is_supported_algorithm(ds.algorithm))
    }

    /// The records that `other` has not.
    pub(super) fn without(&self, other: &Self) -> Self {
        let records = self.0.iter().filter(|ds| !other.0.contains(ds));
        Self(records.cloned().collect())
    }

    /// The records that `other` has too.
    pub(super) fn common(&self, other: &Self) -> Self {
        let records = self.0.iter().filter(|ds| other.0.contains(ds));
        Self(records.cloned().collect())
    }

    /// The algorithms of the keys.
    pub(super) fn algorithms(&self) -> BTreeSet<u8> {
        self.0.iter().map(|ds| ds.algorithm).collect()
    }

    /// The records in zone-file form.
    pub(super) fn texts(&self) -> Vec<String> {
        self.0.iter().map(ToString::to_string).collect()
    }

    /// The keys, for a sentence: `key 4711`, `keys 4711 and 31589`.
    pub(super) fn keys(&self) -> String {
        let tags: BTreeSet<u16> = self.0.iter().map(|ds| ds.key_tag).collect();
        let ending = if tags.len() == 1 { "" } else { "s" };
        format!("key{ending} {}", self.tags())
    }

    /// The key tags, for a sentence: `4711 and 31589`.
    pub(super) fn tags(&self) -> String {
        tags(self.0.iter().map(|ds| ds.key_tag))
    }
}

/// Key tags for a sentence: `4711 and 31589`.
pub(super) fn tags(tags: impl Iterator<Item = u16>) -> String {
    let tags: BTreeSet<u16> = tags.collect();
    let tags: Vec<String> = tags.iter().map(ToString::to_string).collect();
    match tags.as_slice() {
        [] => "none".to_owned(),
        [head @ .., last] if !head.is_empty() => format!("{} and {last}", head.join(", ")),
        [only, ..] => only.clone(),
    }
}

/// What kind of change leads from one set to the other.
pub(super) fn change_kind(before: &DsSet, after: &DsSet) -> ChangeKind {
    if before.is_empty() {
        ChangeKind::ZoneSigned
    } else if after.is_empty() {
        ChangeKind::DsWithdrawn
    } else if before.common(after).is_empty() {
        ChangeKind::DsReplaced
    } else if after.without(before).is_empty() {
        ChangeKind::DsRemoved
    } else {
        ChangeKind::DsAdded
    }
}
