//! What is trusted of every zone, and in which zone a name lies.

use super::anchor::{TrustAnchors, TrustPoints};
use super::exceptions::{Exceptions, NegativeAnchor};
use super::finding::Finding;
use super::load::Load;
use super::tree::path;
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
    exceptions: Exceptions,
    /// Zones that stay, and those above them. They do not count.
    protected: BTreeSet<Name>,
    known: BTreeMap<Name, Kept>,
    load: Load,
    capacity: usize,
    /// What was evicted since [`Zones::take_evicted`]; nothing if nobody asks.
    evicted: Option<BTreeSet<Name>>,
}

/// What is known of a name, and what it weighs.
#[derive(Debug, Default)]
struct Kept {
    trust: ZoneTrust,
    weight: usize,
}

impl Zones {
    pub(super) fn new(anchors: TrustAnchors, negative_anchors: Vec<NegativeAnchor>) -> Self {
        Self {
            points: TrustPoints::new(anchors),
            exceptions: Exceptions::new(negative_anchors),
            protected: BTreeSet::new(),
            known: BTreeMap::new(),
            load: Load::default(),
            capacity: MAX_UNITS,
            evicted: None,
        }
    }

    /// The same with room for so many units.
    #[cfg(test)]
    pub(super) fn with_capacity(self, capacity: usize) -> Self {
        Self { capacity, ..self }
    }

    /// From now on [`Zones::take_evicted`] is asked now and then.
    pub(super) fn note_evicted(&mut self) {
        self.evicted = Some(BTreeSet::new());
    }

    /// The zones that were evicted since this was last asked.
    pub(super) fn take_evicted(&mut self) -> BTreeSet<Name> {
        self.evicted
            .as_mut()
            .map(std::mem::take)
            .unwrap_or_default()
    }

    /// These zones, and those above them, are never forgotten.
    pub(super) fn protect(&mut self, zones: impl Iterator<Item = Name>) {
        let zones = zones.flat_map(|zone| zone.ancestry().collect::<Vec<_>>());
        let before = std::mem::replace(&mut self.protected, zones.collect());
        let others: Vec<Name> = before
            .symmetric_difference(&self.protected)
            .cloned()
            .collect();
        for name in others {
            self.weigh(&name);
        }
    }

    /// Takes up the negative anchors of now; gives the zones for which they are others.
    pub(super) fn except(&mut self, anchors: Vec<NegativeAnchor>) -> Vec<Name> {
        let exceptions = Exceptions::new(anchors);
        let differing = self.exceptions.differing(&exceptions);
        self.exceptions = exceptions;
        differing
    }

    /// Drops all that is known of the names below a zone, but for those at or below an anchor
    /// that lies between.
    pub(super) fn forget_below(&mut self, zone: &Name) {
        let below = self.known.range(zone.clone()..);
        let below = below
            .map(|(name, _)| name)
            .take_while(|name| name.is_at_or_below(zone));
        let is_here = |name: &&Name| {
            let anchor = self.anchors().closest(name);
            *name != zone && anchor.is_none_or(|anchor| !anchor.is_below(zone))
        };
        let gone: Vec<Name> = below.filter(is_here).cloned().collect();
        for name in &gone {
            self.forget(name);
        }
    }

    fn forget(&mut self, name: &Name) {
        let Some(kept) = self.known.remove(name) else {
            return;
        };
        self.load.add(name, -kept.weight.cast_signed());
        if let Some(evicted) = self.evicted.as_mut().filter(|_| kept.trust.is_saved()) {
            evicted.insert(name.clone());
        }
    }

    /// Names of which something is known.
    pub(super) fn count(&self) -> usize {
        self.known.len()
    }

    /// Where chains of trust begin.
    pub(super) fn points(&self) -> &TrustPoints {
        &self.points
    }

    /// The same, to be told of a DNSKEY RRset.
    pub(super) fn points_mut(&mut self) -> &mut TrustPoints {
        &mut self.points
    }

    pub(super) fn anchors(&self) -> &TrustAnchors {
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
            return self.excepted(name, at).unwrap_or(Place::Unanchored);
        };
        let trusted = self.anchors().for_zone(&anchor);
        if !self.points.is_in_force(&anchor, at) {
            return Place::Unanchored;
        }
        if trusted.is_some_and(|trusted| !trusted.is_supported()) {
            let (zone, reason) = (anchor, Reason::UnsupportedAlgorithm);
            return Place::Insecure { zone, reason };
        }
        let mut excepted = self.exceptions.above(name, at);
        // Of several the highest decides.
        let excepted = excepted.find(|zone| zone.is_at_or_below(&anchor));
        let mut depth = anchor.label_count();
        let (mut zone, mut gap) = (anchor, None);
        // Where nothing is known there may be a cut unseen.
        let unknown = |depth: usize| Some(name.suffix(depth + 1));
        for (step, Kept { trust, .. }) in path(&self.known, name) {
            if step.label_count() <= depth {
                continue;
            }
            if excepted.is_some_and(|zone| step.label_count() >= zone.label_count()) {
                break;
            }
            if step.label_count() > depth + 1 {
                gap = gap.or_else(|| unknown(depth));
            }
            depth = step.label_count();
            let unusable = trust.unusable_ds(at);
            if trust.is_unsigned(at) || unusable.is_some() {
                let is_unsigned = trust.is_unsigned(at);
                let reason = unusable.filter(|_| !is_unsigned).unwrap_or(Reason::NoDs);
                let zone = step.clone();
                return Place::Insecure { zone, reason };
            }
            if trust.has_ds(at) || trust.has_keys(at) {
                (zone, gap) = (step.clone(), None);
            } else if !trust.is_no_cut(at) {
                gap = gap.or_else(|| Some(step.clone()));
            }
        }
        if let Some(zone) = excepted.cloned() {
            let reason = Reason::NegativeAnchor;
            return Place::Insecure { zone, reason };
        }
        if name.label_count() > depth {
            gap = gap.or_else(|| unknown(depth));
        }
        Place::Signed { zone, gap }
    }

    /// The deepest zone known that this set lies in, or below; nothing if it is not anchored.
    pub(super) fn zone_of(&self, owner: &Name, rtype: Rtype, at: Timestamp) -> Option<Name> {
        match self.place(owner, rtype, at) {
            Place::Signed { zone, .. } | Place::Insecure { zone, .. } => Some(zone),
            Place::Unanchored => None,
        }
    }

    /// The zone that the operator excepted at or above a set.
    pub(super) fn exception(&self, owner: &Name, rtype: Rtype, at: Timestamp) -> Option<Name> {
        if self.exceptions.is_empty() {
            return None;
        }
        let above = (rtype == Rtype::DS).then(|| owner.parent()).flatten();
        let name = above.as_ref().unwrap_or(owner);
        let zone = self.exceptions.above(name, at).next_back()?;
        let anchor = self.anchors().closest(name);
        let is_deeper = anchor.is_none_or(|anchor| zone.is_at_or_below(&anchor));
        is_deeper.then(|| zone.clone())
    }

    /// The negative anchors that ran out since this was last asked.
    pub(super) fn lapsed(&mut self, now: Timestamp) -> Vec<Name> {
        self.exceptions.lapsed(now)
    }

    /// The place of a name that only a negative anchor is above.
    fn excepted(&self, name: &Name, at: Timestamp) -> Option<Place> {
        let zone = self.exceptions.above(name, at).next_back()?;
        Some(Place::Insecure {
            zone: zone.clone(),
            reason: Reason::NegativeAnchor,
        })
    }

    /// The highest link on the way to `name` that only fails.
    pub(super) fn broken_link(&self, name: &Name, at: Timestamp) -> Option<Finding> {
        let anchor = self.anchors().closest(name)?;
        let steps = path(&self.known, name).into_iter();
        let mut steps = steps.skip_while(|(step, _)| !step.is_at_or_below(&anchor));
        steps.find_map(|(_, Kept { trust, .. })| {
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

    /// The deepest signed zone, its DS set within TTL, that is known at or above a name but below
    /// another.
    pub(super) fn cut_between(&self, name: &Name, above: &Name, at: Timestamp) -> Option<&Name> {
        let steps = path(&self.known, name).into_iter().rev();
        let mut between = steps.take_while(|(step, _)| step.is_below(above));
        let cut =
            between.find(|(_, kept)| kept.trust.has_fresh_ds(at) && !kept.trust.is_unsigned(at));
        cut.map(|(step, _)| step)
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
        let between = path(&self.known, zone).into_iter().filter(|(step, kept)| {
            let trust = &kept.trust;
            let is_known = trust.has_keys(at) || trust.has_ds(at) || trust.is_unsigned(at);
            is_known && step.is_below(&anchor) && *step != zone
        });
        let mut steps: Vec<Name> = vec![anchor.clone()];
        steps.extend(between.map(|(step, _)| step.clone()));
        steps.extend((*zone != anchor).then(|| zone.clone()));
        let links = steps.into_iter().map(|step| {
            let trust = self.find(&step);
            self.link(step, trust, at)
        });
        links.collect()
    }

    fn link(&self, zone: Name, trust: Option<&ZoneTrust>, at: Timestamp) -> ChainLink {
        let unsigned = trust.is_some_and(|trust| trust.is_unsigned(at));
        let unusable = trust.is_some_and(|trust| trust.unusable_ds(at).is_some());
        let keys = trust.and_then(|trust| trust.key_sets(at).max_by_key(|set| set.inception));
        let key_tag = keys
            .and_then(|set| set.value.set.signers.first())
            .map(|key| key.key_tag);
        let by = if self.exceptions.has(&zone, at) {
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
        let counts = !self.protected.contains(name);
        if let Some(kept) = self.known.get_mut(name) {
            let weight = if counts {
                1 + kept.trust.octets() / OCTETS_PER_UNIT
            } else {
                0
            };
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
    /// an anchor, nor what lies above one, nor what is protected. Whether there was anything to drop.
    fn evict(&mut self) -> bool {
        let family = self.load.heaviest_family();
        let above_anchor = |name: &Name| self.anchors().any_at_or_below(name);
        let mut members: Vec<(bool, Timestamp, Name)> = self
            .known
            .range(family.clone()..)
            .take_while(|(name, _)| name.is_at_or_below(&family))
            .filter(|(name, _)| !above_anchor(name) && !self.protected.contains(name))
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
            self.forget(name);
        }
        !members.is_empty()
    }
}
