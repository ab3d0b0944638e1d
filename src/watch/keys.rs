//! The keys of a zone, and those that are known to be its own.

use super::ds::{DsSet, tags};
use crate::message::{Dnskey, Ds, Name};
use crate::signature::ds_matches;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Keys of the old chain that are remembered.
const LINEAGE_KEYS: usize = 64;

/// Vouched DS records that are remembered.
const VOUCHED_RECORDS: usize = 64;

/// The keys of a DNSKEY RRset, sorted.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
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
            let old = before.0.iter().find(|old| old.is_same_as(key));
            parts.extend(altered(old, key));
        }
        for key in &before.0 {
            if !self.0.iter().any(|new| new.is_same_as(key)) {
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
            parts.push("the same keys, in other records".to_owned());
        }
        parts.join(", ")
    }
}

/// What people call a key by its SEP bit.
fn role(key: &Dnskey) -> &'static str {
    if key.is_sep() { "KSK" } else { "ZSK" }
}

/// How a key differs from what it was before, in words. With another flag it has another tag: with
/// the REVOKE bit one that is 128 higher, or 129 where the sum runs over (RFC 4034 appendix B).
fn altered(old: Option<&Arc<Dnskey>>, key: &Arc<Dnskey>) -> Option<String> {
    let (role, tag) = (role(key), key.key_tag);
    let Some(old) = old else {
        let already = if key.is_revoked() {
            ", revoked already"
        } else {
            ""
        };
        return Some(format!("{role} {tag} added{already}"));
    };
    let before = old.key_tag;
    match (old.is_revoked(), key.is_revoked()) {
        (false, true) => Some(format!("{role} {before} revoked (now with tag {tag})")),
        (true, false) => Some(format!(
            "{role} {before} is not revoked any more (now with tag {tag}), which RFC 5011 has no way for"
        )),
        _ if old.flags() != key.flags() => {
            Some(format!("{before} with other flags, as {role} {tag}"))
        }
        _ => None,
    }
}

/// A key of the zone's own.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct OwnKey {
    key: Arc<Dnskey>,
    /// It left the DNSKEY RRset: whoever holds it now speaks for the zone no longer.
    is_retired: bool,
    /// Its owner revoked it, which nothing takes back (RFC 5011 §2.1).
    is_revoked: bool,
}

impl OwnKey {
    const fn is_current(&self) -> bool {
        !self.is_retired && !self.is_revoked
    }
}

/// The keys that are known to be the zone's own: those of the first chain seen, and those that
/// such a key has signed in since.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
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
            Some(own) => own.is_current(),
            None => self.vouched.iter().any(|ds| ds_matches(zone, ds, key)),
        }
    }

    /// Whether this key stood in a DNSKEY RRset that a key of the zone's own signed, and did not
    /// leave since.
    pub(super) fn has_seen(&self, key: &Dnskey) -> bool {
        self.own(key).is_some_and(OwnKey::is_current)
    }

    fn own(&self, key: &Dnskey) -> Option<&OwnKey> {
        self.keys.iter().find(|own| own.key.is_same_as(key))
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
                    is_revoked: false,
                }),
            }
            let same = self.keys.iter_mut().filter(|own| own.key.is_same_as(key));
            same.for_each(|own| own.is_revoked |= key.is_revoked());
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
                !keys.0.iter().any(|key| key.is_same_as(&own.key)) && !ds.names(zone, &own.key);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A key of algorithm 15 with these flags, and an octet to tell it by.
    fn key(flags: u16, octet: u8) -> Arc<Dnskey> {
        let [high, low] = flags.to_be_bytes();
        let rdata = [&[high, low, 3, 15][..], &[octet; 32]].concat();
        Arc::new(Dnskey::parse(&rdata).unwrap())
    }

    #[test]
    fn the_revoke_bit_moves_the_tag_by_128() {
        // Flags, protocol and algorithm make 1040; this makes them 65418 modulo 65536.
        let rdata = [&[1, 1, 3, 15, 0xfb, 0x7a][..], &[0; 30]].concat();
        let high = Arc::new(Dnskey::parse(&rdata).unwrap());
        let table = [
            ("plain", key(257, 1), 128),
            ("across the end of 16 bits", high, 129),
        ];
        for (what, old, step) in table {
            let mut rdata = old.rdata().to_vec();
            rdata[1] |= 0x80;
            let revoked = Dnskey::parse(&rdata).unwrap();
            let moved = revoked.key_tag.wrapping_sub(old.key_tag);
            assert_eq!(moved, step, "{what}: {} {}", old.key_tag, revoked.key_tag);
            assert!(revoked.is_revoked() && revoked.is_same_as(&old));
            assert_eq!(revoked.unrevoked(), *old, "{what}");
        }
    }

    /// The parts of a sentence, in an order of their own.
    fn parts(text: &str) -> BTreeSet<&str> {
        text.split(", ").collect()
    }

    #[test]
    fn each_way_in_which_keys_change_has_its_words() {
        let [ksk, zsk, gone, dead] = [key(257, 1), key(256, 2), key(385, 1), key(385, 3)];
        let [sep, other] = [key(257, 2), key(256, 4)];
        let rsa = Arc::new(Dnskey::parse(&[1, 0, 3, 8, 1, 3, 7]).unwrap());
        let named = [
            ("{ksk}", &ksk),
            ("{zsk}", &zsk),
            ("{gone}", &gone),
            ("{dead}", &dead),
            ("{sep}", &sep),
            ("{other}", &other),
            ("{rsa}", &rsa),
        ];
        let tagged = |text: &str| {
            let with = |text: String, (name, key): &(&str, &Arc<Dnskey>)| {
                text.replace(name, &key.key_tag.to_string())
            };
            named.iter().fold(text.to_owned(), with)
        };
        let table = [
            (vec![&ksk], vec![&ksk, &zsk], "ZSK {zsk} added"),
            (vec![&ksk, &zsk], vec![&ksk], "ZSK {zsk} removed"),
            (vec![&zsk], vec![&ksk, &zsk], "KSK {ksk} added"),
            (
                vec![&ksk],
                vec![&gone],
                "KSK {ksk} revoked (now with tag {gone})",
            ),
            (
                vec![&gone],
                vec![&ksk],
                "KSK {gone} is not revoked any more (now with tag {ksk}), which RFC 5011 has no way for",
            ),
            (
                vec![&ksk],
                vec![&ksk, &dead],
                "KSK {dead} added, revoked already",
            ),
            (vec![&gone, &zsk], vec![&zsk], "KSK {gone} removed"),
            (
                vec![&zsk],
                vec![&sep],
                "{zsk} with other flags, as KSK {sep}",
            ),
            (
                vec![&zsk],
                vec![&sep, &other],
                "{zsk} with other flags, as KSK {sep}, ZSK {other} added",
            ),
            (
                vec![&zsk],
                vec![&zsk, &rsa],
                "ZSK {rsa} added, algorithms 8 and 15 instead of 15",
            ),
        ];
        for (before, after, expected) in table {
            let [before, after] =
                [before, after].map(|keys| KeyList::new(keys.into_iter().cloned()));
            assert_eq!(parts(&after.difference(&before)), parts(&tagged(expected)));
        }
    }

    #[test]
    fn a_tag_is_shared_only_by_keys_of_one_algorithm() {
        // A sum of words: their order does not count.
        let with = |algorithm, words: [u8; 4]| {
            let rdata = [&[1, 0, 3, algorithm][..], &words.repeat(8)].concat();
            Arc::new(Dnskey::parse(&rdata).unwrap())
        };
        let one = with(15, [1, 2, 3, 4]);
        let same = with(15, [3, 4, 1, 2]);
        let list = KeyList::new([one.clone(), same]);
        assert_eq!(list.collision(), Some((one.key_tag, 15)));
        let apart = KeyList::new([one, with(13, [1, 2, 3, 4])]);
        assert_eq!(apart.collision(), None);
    }
}
