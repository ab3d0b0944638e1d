//! Trust anchors.

use crate::message::{Dnskey, Ds, Name};
use crate::signature::ds_matches;
use std::collections::BTreeMap;

/// Anchors by zone.
#[derive(Clone, Debug, Default)]
pub struct TrustAnchors(BTreeMap<Name, Anchor>);

/// The anchors of one zone.
#[derive(Clone, Debug, Default)]
pub struct Anchor {
    zone: Option<Name>,
    ds: Vec<Ds>,
    keys: Vec<Dnskey>,
}

impl Anchor {
    /// Whether the key is one that the anchor names.
    pub fn matches(&self, key: &Dnskey) -> bool {
        self.zone
            .as_ref()
            .is_some_and(|zone| self.ds.iter().any(|ds| ds_matches(zone, ds, key)))
            || self.keys.contains(key)
    }
}

impl TrustAnchors {
    /// Adds a DS.
    pub fn add(&mut self, zone: Name, ds: Ds) {
        let anchor = self.0.entry(zone.clone()).or_default();
        anchor.zone = Some(zone);
        anchor.ds.push(ds);
    }

    /// Adds a key.
    pub fn add_key(&mut self, zone: Name, key: Dnskey) {
        self.0.entry(zone).or_default().keys.push(key);
    }

    /// The anchor of this zone.
    pub fn for_zone(&self, zone: &Name) -> Option<&Anchor> {
        self.0.get(zone)
    }

    /// The closest anchored zone at or above.
    pub fn closest(&self, name: &Name) -> Option<Name> {
        name.ancestry().find(|step| self.0.contains_key(step))
    }
}
