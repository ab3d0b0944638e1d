//! What is trusted of every zone, and in which zone a name lies.

use super::anchor::{TrustAnchors, TrustPoints};
use super::finding::Finding;
use super::load::Load;
use super::verdict::{ChainLink, Reason, ValidationState, VouchedBy};
use super::zone::ZoneTrust;
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What is kept, at most: a unit for each name and one for so many octets known of it.
const MAX_UNITS: usize = 200_000;

/// A zone with the usual keys and DS sets is one unit.
const OCTETS_PER_UNIT: usize = 4096;

/// Where a name lies, as far as is known.
#[derive(Clone, Debug)]
pub(super) enum Place {
    /// No trust anchor is at or above it.
    Unanchored,
    /// At or below a cut where trust ends.
    Insecure {
        /// The zone at which it ends.
        zone: Name,
        /// Why.
        reason: Reason,
    },
    /// In a zone that is to be signed.
    Signed {
        /// The deepest such zone known above the name.
        zone: Name,
        /// The highest name between the two at which there may be a cut unseen.
        gap: Option<Name>,
    },
}

/// Trust in zones, bounded.
#[derive(Debug)]
pub(super) struct Zones {
    points: TrustPoints,
    negative_anchors: BTreeSet<Name>,
    known: BTreeMap<Name, Kept>,
    load: Load,
    capacity: usize,
}

/// What is known of a name, and what it weighs.
#[derive(Debug, Default)]
struct Kept {
    trust: ZoneTrust,
    weight: usize,
}

impl Zones {
    pub(super) fn new(anchors: TrustAnchors, negative_anchors: Vec<Name>) -> Self {
        Self {
            points: TrustPoints::new(anchors),
            negative_anchors: negative_anchors.into_iter().collect(),
            known: BTreeMap::new(),
            load: Load::default(),
            capacity: MAX_UNITS,
        }
    }

    /// The same with room for so many units.
    #[cfg(test)]
    pub(super) fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity, ..self }
    }

    /// Where chains of trust begin.
    pub(super) fn points(&self) -> &TrustPoints {
        &self.points
    }

    /// The same, to be told of a DNSKEY RRset.
    pub(super) fn points_mut(&mut self) -> &mut TrustPoints {
        &mut self.points
    }

    fn anchors(&self) -> &TrustAnchors {
        self.points.given()
    }

    pub(super) fn find(&self, name: &Name) -> Option<&ZoneTrust> {
        self.known.get(name).map(|kept| &kept.trust)
    }

    /// Of how many names something is known.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.known.len()
    }

    pub(super) fn is_anchored(&self, name: &Name) -> bool {
        self.anchors().for_zone(name).is_some()
    }

    /// What is known of this name, to be changed; then it is to be weighed.
    pub(super) fn entry(&mut self, name: &Name) -> &mut ZoneTrust {
        &mut self.known.entry(name.clone()).or_default().trust
    }

    /// In which zone the records of this owner and type lie: a DS set lies above the cut, and an
    /// NSEC3 in the zone right above its owner (RFC 5155 §3), whatever an opt-out span allows there.
    pub(super) fn place(&self, owner: &Name, rtype: Rtype, at: Timestamp) -> Place {
        let is_above = matches!(rtype, Rtype::DS | Rtype::NSEC3);
        let above = is_above.then(|| owner.parent()).flatten();
        let name = above.as_ref().unwrap_or(owner);
        let Some(anchor) = self.anchors().closest(name) else {
            return self.excepted(name).unwrap_or(Place::Unanchored);
        };
        let mut path: Vec<Name> = name.ancestry().take_while(|step| *step != anchor).collect();
        path.reverse();
        let trusted = self.anchors().for_zone(&anchor);
        if !self.points.is_in_force(&anchor, at) {
            return Place::Unanchored;
        }
        if trusted.is_some_and(|trusted| !trusted.is_supported()) {
            let (zone, reason) = (anchor, Reason::UnsupportedAlgorithm);
            return Place::Insecure { zone, reason };
        }
        if self.negative_anchors.contains(&anchor) {
            let (zone, reason) = (anchor, Reason::NegativeAnchor);
            return Place::Insecure { zone, reason };
        }
        let mut place = (anchor, None);
        for step in &path {
            if self.negative_anchors.contains(step) {
                let (zone, reason) = (step.clone(), Reason::NegativeAnchor);
                return Place::Insecure { zone, reason };
            }
            let Some(trust) = self.find(step) else {
                place.1 = place.1.or_else(|| Some(step.clone()));
                continue;
            };
            if let Some(reason) = trust.unusable_ds(at).filter(|_| !trust.is_unsigned(at)) {
                return Place::Insecure {
                    zone: step.clone(),
                    reason,
                };
            }
            if trust.is_unsigned(at) {
                return Place::Insecure {
                    zone: step.clone(),
                    reason: Reason::NoDs,
                };
            }
            if trust.has_ds(at) || trust.has_keys(at) {
                place = (step.clone(), None);
            } else if !trust.is_no_cut(at) {
                place.1 = place.1.or_else(|| Some(step.clone()));
            }
        }
        Place::Signed {
            zone: place.0,
            gap: place.1,
        }
    }

    /// The deepest zone known that this set lies in, or below; nothing if it is not anchored.
    pub(super) fn zone_of(&self, owner: &Name, rtype: Rtype, at: Timestamp) -> Option<Name> {
        match self.place(owner, rtype, at) {
            Place::Signed { zone, .. } | Place::Insecure { zone, .. } => Some(zone),
            Place::Unanchored => None,
        }
    }

    /// The zone that the operator excepted at or above a set.
    pub(super) fn exception(&self, owner: &Name, rtype: Rtype) -> Option<Name> {
        if self.negative_anchors.is_empty() {
            return None;
        }
        let mut above = owner.ancestry().skip(usize::from(rtype == Rtype::DS));
        let found =
            above.find(|step| self.negative_anchors.contains(step) || self.is_anchored(step));
        found.filter(|step| self.negative_anchors.contains(step))
    }

    /// The place of a name that only a negative anchor is above.
    fn excepted(&self, name: &Name) -> Option<Place> {
        let zone = name
            .ancestry()
            .find(|step| self.negative_anchors.contains(step))?;
        Some(Place::Insecure {
            zone,
            reason: Reason::NegativeAnchor,
        })
    }

    /// The highest link on the way to `name` that only fails.
    pub(super) fn broken_link(&self, name: &Name, at: Timestamp) -> Option<Finding> {
        let anchor = self.anchors().closest(name)?;
        let mut path: Vec<Name> = name.ancestry().take_while(|step| *step != anchor).collect();
        path.push(anchor);
        path.iter().rev().find_map(|step| {
            let trust = self.find(step)?;
            if trust.has_keys_near(at) {
                return None;
            }
            let failed_ds = trust.failed_ds.as_ref().filter(|_| !trust.has_ds(at));
            failed_ds
                .or(trust.failed_keys.as_ref())
                .cloned()
                .map(Finding::blamed_on_link)
        })
    }

    /// Whether there is knowledge fresh enough to hold an absence against a zone: its DS set
    /// within TTL, or an anchor.
    pub(super) fn is_fresh(&self, zone: &Name, at: Timestamp) -> bool {
        self.is_anchored(zone) || self.find(zone).is_some_and(|trust| trust.has_fresh_ds(at))
    }

    /// The zones from the anchor down to `zone`, as far as they are known.
    pub(super) fn chain(&self, zone: &Name, at: Timestamp) -> Vec<ChainLink> {
        let Some(anchor) = self.anchors().closest(zone) else {
            return Vec::new();
        };
        let mut path: Vec<Name> = zone.ancestry().take_while(|step| *step != anchor).collect();
        path.push(anchor.clone());
        path.reverse();
        let links = path.into_iter().filter_map(|step| {
            let trust = self.find(&step);
            let is_known = trust.is_some_and(|trust| {
                trust.has_keys(at) || trust.has_ds(at) || trust.is_unsigned(at)
            });
            let is_end = step == anchor || step == *zone;
            (is_known || is_end).then(|| self.link(step, trust, at))
        });
        links.collect()
    }

    fn link(&self, zone: Name, trust: Option<&ZoneTrust>, at: Timestamp) -> ChainLink {
        let unsigned = trust.is_some_and(|trust| trust.is_unsigned(at));
        let unusable = trust.is_some_and(|trust| trust.unusable_ds(at).is_some());
        let keys = trust.and_then(|trust| trust.key_sets(at).max_by_key(|set| set.inception));
        let key_tag = keys
            .and_then(|set| set.value.signers.first())
            .map(|key| key.key_tag);
        let by = if self.negative_anchors.contains(&zone) {
            VouchedBy::NegativeAnchor
        } else if self.is_anchored(&zone) {
            VouchedBy::Anchor
        } else if trust.is_some_and(|trust| trust.has_ds(at)) {
            VouchedBy::Ds
        } else if unsigned {
            VouchedBy::NoDs
        } else {
            VouchedBy::Nothing
        };
        let failed = trust.is_some_and(|t| t.failed_ds.is_some() || t.failed_keys.is_some());
        let state = match by {
            VouchedBy::NegativeAnchor | VouchedBy::NoDs => ValidationState::Insecure,
            _ if unusable => ValidationState::Insecure,
            _ if key_tag.is_some() => ValidationState::Secure,
            _ if failed => ValidationState::Bogus,
            VouchedBy::Anchor | VouchedBy::Ds | VouchedBy::Nothing => {
                ValidationState::Indeterminate
            }
        };
        ChainLink {
            zone,
            state,
            key_tag,
            by,
        }
    }

    /// Accounts anew for what is kept of a name, after it has changed.
    pub(super) fn weigh(&mut self, name: &Name) {
        if let Some(kept) = self.known.get_mut(name) {
            let weight = 1 + kept.trust.octets() / OCTETS_PER_UNIT;
            let change = weight.cast_signed() - kept.weight.cast_signed();
            kept.weight = weight;
            self.load.add(name, change);
        }
        while self.load.total() > self.capacity {
            if !self.evict() {
                break;
            }
        }
    }

    /// Drops the half of the heaviest family that says least: names without keys first. Never
    /// an anchor, nor what lies above one. Whether there was anything to drop.
    fn evict(&mut self) -> bool {
        let family = self.load.heaviest_family();
        let above_anchor = |name: &Name| self.anchors().any_at_or_below(name);
        let mut members: Vec<(bool, Timestamp, Name)> = self
            .known
            .range(family.clone()..)
            .take_while(|(name, _)| name.is_at_or_below(&family))
            .filter(|(name, _)| !above_anchor(name))
            .map(|(name, kept)| {
                (
                    kept.trust.is_entered(),
                    kept.trust.last_seen(),
                    name.clone(),
                )
            })
            .collect();
        members.sort();
        members.truncate(members.len().div_ceil(2));
        for (.., name) in &members {
            if let Some(kept) = self.known.remove(name) {
                self.load.add(name, -kept.weight.cast_signed());
            }
        }
        !members.is_empty()
    }
}
