//! Trust anchors: where chains of trust begin.

mod file;
mod key;
mod named_conf;
mod point;
mod points;
mod step;

pub use file::{AnchorFileError, AnchorProblem};
pub use key::{AnchorKey, AnchorState};
pub use point::{ADD_HOLD_DOWN, REMOVE_HOLD_DOWN, SavedPoint};
pub use points::TrustPoints;
pub use step::{AnchorReport, AnchorSight, AnchorStep};

use super::tree::nearest;
use crate::message::{Dnskey, Ds, Name};
use crate::signature::{ds_matches, is_supported_algorithm, is_supported_digest, is_supported_key};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The root's keys, each with the time in which IANA trusts it
/// (<https://data.iana.org/root-anchors/>). The key of 2010 is long gone; it is here because a
/// capture is judged as of its own time.
const ROOT: [(&str, &str, Option<&str>); 3] = [
    (
        ". IN DS 19036 8 2 49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5",
        "2010-07-15T00:00:00Z",
        Some("2019-01-11T00:00:00Z"),
    ),
    (
        ". IN DS 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
        "2017-02-02T00:00:00Z",
        None,
    ),
    (
        ". IN DS 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
        "2024-07-18T00:00:00Z",
        None,
    ),
];

/// Anchors by zone, in canonical order.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct TrustAnchors(BTreeMap<Name, Anchor>);

/// The anchors of one zone: at least one key that is trusted without a signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Anchor {
    zone: Name,
    trusted: Vec<(Trusted, Window)>,
}

/// A key that is trusted without a signature.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Trusted {
    /// By its digest.
    Ds(Ds),
    /// As a whole.
    Key(Dnskey),
}

/// When a key is trusted (RFC 9718 §2.1.1). Zone files do not tell, so there it is always.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Window {
    /// Not before this moment.
    pub from: Option<Timestamp>,
    /// Not after this moment.
    pub until: Option<Timestamp>,
}

impl Window {
    fn holds(self, moment: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= moment)
            && self.until.is_none_or(|until| moment <= until)
    }
}

impl Trusted {
    /// Whether this is `key`, a key of `zone`.
    pub fn is(&self, zone: &Name, key: &Dnskey) -> bool {
        match self {
            Self::Ds(ds) => ds_matches(zone, ds, key),
            Self::Key(trusted) => trusted == key,
        }
    }

    /// Whether signatures by this key could be checked.
    fn is_supported(&self) -> bool {
        match self {
            Self::Ds(ds) => {
                is_supported_algorithm(ds.algorithm) && is_supported_digest(ds.digest_type)
            }
            Self::Key(key) => is_supported_key(key),
        }
    }
}

impl Anchor {
    /// The zone whose keys these are.
    pub fn zone(&self) -> &Name {
        &self.zone
    }

    /// Whether the key is one that the anchor names, in force or not.
    pub fn matches(&self, key: &Dnskey) -> bool {
        self.trusted
            .iter()
            .any(|(trusted, _)| trusted.is(&self.zone, key))
    }

    /// From when on this key is trusted, if the anchor says so.
    fn given_from(&self, key: &Dnskey) -> Option<Timestamp> {
        let mut entries = self.trusted.iter();
        let (_, window) = entries.find(|(trusted, _)| trusted.is(&self.zone, key))?;
        window.from
    }

    /// The places of the entries that name this key.
    fn places_of(&self, key: &Dnskey) -> Vec<usize> {
        let entries = self.trusted.iter().enumerate();
        entries
            .filter(|(_, (trusted, _))| trusted.is(&self.zone, key))
            .map(|(place, _)| place)
            .collect()
    }

    /// Whether the key is one that the anchor names and that is in force at this moment.
    pub fn matches_at(&self, key: &Dnskey, moment: Timestamp) -> bool {
        self.in_force(moment)
            .any(|trusted| trusted.is(&self.zone, key))
    }

    /// Whether both name a key by the same digest, or as the same whole.
    fn shares_a_key_with(&self, other: &Self) -> bool {
        let mut own = self.trusted.iter();
        own.any(|(own, _)| other.trusted.iter().any(|(other, _)| own == other))
    }

    /// What is trusted at this moment.
    pub fn in_force(&self, moment: Timestamp) -> impl Iterator<Item = &Trusted> {
        self.trusted
            .iter()
            .filter(move |(_, window)| window.holds(moment))
            .map(|(trusted, _)| trusted)
    }

    /// All that is or was or will be trusted, with the time when.
    pub fn trusted(&self) -> impl Iterator<Item = &(Trusted, Window)> {
        self.trusted.iter()
    }

    /// Whether a chain can begin here: at least one key has an algorithm and a digest that can
    /// be checked.
    pub fn is_supported(&self) -> bool {
        self.trusted
            .iter()
            .any(|(trusted, _)| trusted.is_supported())
    }
}

impl TrustAnchors {
    /// Those of the root zone.
    pub fn built_in() -> Self {
        let mut root = Self::default();
        for (record, from, until) in ROOT {
            let window = Window {
                from: Timestamp::parse(from),
                until: until.and_then(Timestamp::parse),
            };
            // A test shows that all are read.
            for anchor in file::parse(record).unwrap_or_default().0.into_values() {
                for (trusted, _) in anchor.trusted {
                    root.insert(anchor.zone.clone(), trusted, window);
                }
            }
        }
        root
    }

    /// All that these files name, together. A file holds DS and DNSKEY records in zone-file
    /// form, IANA's root-anchors.xml or the trust anchors of a BIND configuration.
    pub fn load(paths: &[PathBuf]) -> Result<Self, AnchorFileError> {
        let mut all = Self::default();
        for path in paths {
            for anchor in file::read(path)?.0.into_values() {
                for (trusted, window) in anchor.trusted {
                    all.insert(anchor.zone.clone(), trusted, window);
                }
            }
        }
        Ok(all)
    }

    /// Whether a zone at or below this name has anchors.
    pub fn any_at_or_below(&self, name: &Name) -> bool {
        let mut below = self.0.range(name.clone()..);
        below
            .next()
            .is_some_and(|(zone, _)| zone.is_at_or_below(name))
    }

    /// All that a text names which has the form of such a file.
    pub fn parse(text: &str) -> Result<Self, AnchorProblem> {
        file::parse(text)
    }

    /// Adds a key by its digest, trusted at any time.
    pub fn add(&mut self, zone: Name, ds: Ds) {
        self.insert(zone, Trusted::Ds(ds), Window::default());
    }

    /// Adds a key, trusted at any time.
    pub fn add_key(&mut self, zone: Name, key: Dnskey) {
        self.insert(zone, Trusted::Key(key), Window::default());
    }

    fn insert(&mut self, zone: Name, trusted: Trusted, window: Window) {
        let anchor = self.0.entry(zone).or_insert_with_key(|zone| Anchor {
            zone: zone.clone(),
            trusted: Vec::new(),
        });
        let entry = (trusted, window);
        if !anchor.trusted.contains(&entry) {
            anchor.trusted.push(entry);
        }
    }

    /// The zones that have an anchor, in canonical order.
    pub fn zones(&self) -> impl Iterator<Item = &Name> {
        self.0.keys()
    }

    /// Whether there is no anchor at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The anchor of this zone.
    pub fn for_zone(&self, zone: &Name) -> Option<&Anchor> {
        self.0.get(zone)
    }

    /// The closest anchored zone at or above.
    pub fn closest(&self, name: &Name) -> Option<Name> {
        nearest(&self.0, name).map(|(zone, _)| zone.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::zone_file;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn key(text: &str) -> Dnskey {
        let sets = zone_file::parse(text).unwrap();
        sets[0].dnskeys().next().unwrap()
    }

    #[test]
    fn the_root_keys_are_built_in() {
        let anchors = TrustAnchors::built_in();
        assert_eq!(anchors.zones().collect::<Vec<_>>(), [&Name::root()]);
        let root = anchors.for_zone(&Name::root()).unwrap();
        let tags: Vec<_> = root
            .trusted()
            .map(|(trusted, _)| match trusted {
                Trusted::Ds(ds) => ds.key_tag,
                Trusted::Key(key) => key.key_tag,
            })
            .collect();
        assert_eq!(tags, [19036, 20326, 38696]);
        assert!(root.is_supported());
    }

    #[test]
    fn the_root_keys_are_those_that_iana_publishes() {
        let root = TrustAnchors::built_in();
        let root = root.for_zone(&Name::root()).unwrap();
        for text in include_str!("root.key").lines() {
            assert!(root.matches(&key(text)), "{text}");
        }
        let other = key(". DNSKEY 257 3 8 AwEAAQ==");
        assert!(!root.matches(&other));
    }

    #[test]
    fn the_root_key_of_2017_will_be_known_by_another_tag_when_revoked() {
        let first = include_str!("root.key").lines().map(key);
        let old = first.into_iter().find(|key| key.key_tag == 20326).unwrap();
        let mut rdata = old.rdata().to_vec();
        rdata[1] |= 0x80;
        let revoked = Dnskey::parse(&rdata).unwrap();
        assert_eq!(revoked.key_tag, 20454);
        assert_eq!(revoked.unrevoked(), old);
        let root = TrustAnchors::built_in();
        let root = root.for_zone(&Name::root()).unwrap();
        assert!(!root.matches(&revoked) && root.matches(&revoked.unrevoked()));
    }

    #[test]
    fn a_root_key_counts_in_its_own_time_only() {
        let root = TrustAnchors::built_in();
        let root = root.for_zone(&Name::root()).unwrap();
        let table: [(&str, &[u16]); 5] = [
            ("2009-01-01T00:00:00Z", &[]),
            ("2011-04-21T01:28:14Z", &[19036]),
            ("2018-06-01T00:00:00Z", &[19036, 20326]),
            ("2020-01-01T00:00:00Z", &[20326]),
            ("2026-11-24T00:00:00Z", &[20326, 38696]),
        ];
        for (moment, expected) in table {
            let moment = Timestamp::parse(moment).unwrap();
            let in_force = root.in_force(moment);
            let tags: Vec<_> = in_force
                .map(|trusted| match trusted {
                    Trusted::Ds(ds) => ds.key_tag,
                    Trusted::Key(key) => key.key_tag,
                })
                .collect();
            assert_eq!(tags, expected, "{moment}");
        }
    }

    #[test]
    fn the_closest_anchor_is_the_deepest_above() {
        let root = TrustAnchors::built_in();
        let (Trusted::Ds(ds), _) = &root.0[&Name::root()].trusted[0] else {
            panic!("not a DS");
        };
        let mut anchors = TrustAnchors::default();
        for zone in ["example.", "a.example.", "b.a.example.", "z."] {
            anchors.add(name(zone), ds.clone());
        }
        let table = [
            ("example.", Some("example.")),
            ("x.example.", Some("example.")),
            ("a.example.", Some("a.example.")),
            ("aa.example.", Some("example.")),
            ("x.b.a.example.", Some("b.a.example.")),
            ("c.a.example.", Some("a.example.")),
            ("other.", None),
            (".", None),
        ];
        for (below, expected) in table {
            assert_eq!(anchors.closest(&name(below)), expected.map(name), "{below}");
        }
        anchors.add(Name::root(), ds.clone());
        assert_eq!(anchors.closest(&name("other.")), Some(Name::root()));
        assert_eq!(anchors.closest(&Name::root()), Some(Name::root()));
    }
}
