//! The keys of a zone, and those that are known to be its own.

use super::ds::{DsSet, tags};
use crate::message::{Dnskey, Ds, Name};
use crate::signature::ds_matches;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys of the old chain that are remembered.
const LINEAGE_KEYS: usize = 64;

/// Vouched DS records that are remembered.
const VOUCHED_RECORDS: usize = 64;

/// The keys of a DNSKEY RRset, sorted.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(super) struct KeyList(Vec<Arc<Dnskey>>);

impl KeyList {
    /// From keys in any order.
    pub(super) fn new(keys: impl IntoIterator<Item = Arc<Dnskey>>) -> Self {
        let mut keys: Vec<_> = keys.into_iter().collect();
        keys.sort_unstable();
        Self(keys)
    }

    /// The keys.
    pub(super) fn keys(&self) -> &[Arc<Dnskey>] {
        &self.0
    }

    /// Whether a DS record of the set digests one of the keys.
    pub(super) fn is_named_by(&self, zone: &Name, ds: &DsSet) -> bool {
        self.0.iter().any(|key| ds.names(zone, key))
    }

    /// Tag, algorithm and flags of each key.
    pub(super) fn texts(&self) -> Vec<String> {
        let mut keys: Vec<_> = self
            .0
            .iter()
            .map(|key| (key.key_tag, key.algorithm(), key.flags()))
            .collect();
        keys.sort_unstable();
        keys.iter()
            .map(|(tag, algorithm, flags)| format!("{tag} {algorithm} {flags}"))
            .collect()
    }

    /// The key tags, for a sentence.
    pub(super) fn tags(&self) -> String {
        tags(self.0.iter().map(|key| key.key_tag))
    }

    /// The algorithms.
    pub(super) fn algorithms(&self) -> BTreeSet<u8> {
        self.0.iter().map(|key| key.algorithm()).collect()
    }

    /// The tag and algorithm that several keys share: validators may try the wrong one.
    pub(super) fn collision(&self) -> Option<(u16, u8)> {
        let mut seen = BTreeSet::new();
        self.0
            .iter()
            .map(|key| (key.key_tag, key.algorithm()))
            .find(|name| !seen.insert(*name))
    }

    /// What joined, left or was revoked since `before`, in words.
    pub(super) fn difference(&self, before: &Self) -> String {
        let mut parts = Vec::new();
        for key in &self.0 {
            match before.0.iter().find(|old| is_same_key(old, key)) {
                None => parts.push(format!("{} {} added", role(key), key.key_tag)),
                Some(old) if key.is_revoked() && !old.is_revoked() => parts.push(format!(
                    "{} {} revoked (now with tag {})",
                    role(old),
                    old.key_tag,
                    key.key_tag
                )),
                Some(_) => {}
            }
        }
        for key in &before.0 {
            if !self.0.iter().any(|new| is_same_key(new, key)) {
                parts.push(format!("{} {} removed", role(key), key.key_tag));
            }
        }
        if self.algorithms() != before.algorithms() {
            let list = |keys: &Self| tags(keys.algorithms().into_iter().map(u16::from));
            parts.push(format!(
                "algorithms {} instead of {}",
                list(self),
                list(before)
            ));
        }
        if parts.is_empty() {
            parts.push("flags changed".to_owned());
        }
        parts.join(", ")
    }
}

/// What people call a key by its SEP bit.
fn role(key: &Dnskey) -> &'static str {
    if key.is_sep() { "KSK" } else { "ZSK" }
}

/// Whether two records hold one key: revoking changes flags and tag, not the key.
fn is_same_key(one: &Dnskey, other: &Dnskey) -> bool {
    one.algorithm() == other.algorithm() && one.public_key() == other.public_key()
}

/// A key of the zone's own.
#[derive(Clone, Debug)]
struct OwnKey {
    key: Arc<Dnskey>,
    /// It left the DNSKEY RRset: whoever holds it now speaks for the zone no longer.
    is_retired: bool,
}

/// The keys that are known to be the zone's own: those of the first chain seen, and those that
/// such a key has signed in since.
#[derive(Clone, Debug, Default)]
pub(super) struct Lineage {
    keys: Vec<OwnKey>,
    /// DS records of the first set, and those that the zone announced: their keys are its own
    /// before they are seen.
    vouched: Vec<Ds>,
}

impl Lineage {
    /// Whether any key is known.
    pub(super) fn has_keys(&self) -> bool {
        !self.keys.is_empty()
    }

    /// Whether this key of `zone` is the zone's own.
    pub(super) fn has(&self, zone: &Name, key: &Dnskey) -> bool {
        match self.own(key) {
            Some(own) => !own.is_retired,
            None => self.vouched.iter().any(|ds| ds_matches(zone, ds, key)),
        }
    }

    /// Whether this key stood in a DNSKEY RRset that a key of the zone's own signed, and did not
    /// leave since.
    pub(super) fn has_seen(&self, key: &Dnskey) -> bool {
        self.own(key).is_some_and(|own| !own.is_retired)
    }

    fn own(&self, key: &Dnskey) -> Option<&OwnKey> {
        self.keys.iter().find(|own| is_same_key(&own.key, key))
    }

    /// The seen keys that the DS set names, retired or not.
    pub(super) fn named_by(&self, zone: &Name, ds: &DsSet) -> Vec<&Arc<Dnskey>> {
        let keys = self.keys.iter().map(|own| &own.key);
        keys.filter(|key| ds.names(zone, key)).collect()
    }

    /// Whether a seen key, retired or not, is what this DS record digests.
    pub(super) fn knows(&self, zone: &Name, ds: &Ds) -> bool {
        self.keys.iter().any(|own| ds_matches(zone, ds, &own.key))
    }

    /// Takes keys in.
    pub(super) fn adopt(&mut self, keys: &KeyList) {
        for key in &keys.0 {
            match self.keys.iter_mut().find(|own| own.key == *key) {
                Some(own) => own.is_retired = false,
                None => self.keys.push(OwnKey {
                    key: key.clone(),
                    is_retired: false,
                }),
            }
        }
        let surplus = self.keys.len().saturating_sub(LINEAGE_KEYS);
        self.keys.drain(..surplus);
    }

    /// Retires the keys that are not among these, which are the zone's DNSKEY RRset now; unless
    /// strangers' keys are among them, and nobody knows yet whose set that is. What the DS set
    /// names stays: another provider's servers may show it (RFC 8901 §2.1.2).
    pub(super) fn retire_all_but(&mut self, zone: &Name, keys: &KeyList, ds: &DsSet) {
        if keys.0.iter().any(|key| self.own(key).is_none()) {
            return;
        }
        for own in &mut self.keys {
            own.is_retired |=
                !keys.0.iter().any(|key| is_same_key(key, &own.key)) && !ds.names(zone, &own.key);
        }
    }

    /// Takes in the keys that these records digest, seen or not.
    pub(super) fn vouch(&mut self, zone: &Name, ds: &DsSet) {
        for own in &mut self.keys {
            own.is_retired &= !ds.names(zone, &own.key);
        }
        for record in ds.records() {
            if !self.vouched.contains(record) {
                self.vouched.push(record.clone());
            }
        }
        let surplus = self.vouched.len().saturating_sub(VOUCHED_RECORDS);
        self.vouched.drain(..surplus);
    }
}
