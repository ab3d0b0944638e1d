//! All trust points: the anchors that the operator gave, followed as their zones change them.

use super::key::{AnchorKey, AnchorState};
use super::point::{SavedPoint, TrustPoint};
use super::step::{AnchorReport, AnchorSight};
use super::{TrustAnchors, Trusted};
use crate::chain::KeySet;
use crate::message::{Dnskey, Name};
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// The anchors, and what became of them by RFC 5011.
#[derive(Clone, Debug)]
pub struct TrustPoints {
    anchors: TrustAnchors,
    points: BTreeMap<Name, TrustPoint>,
    /// Those that were looked at since [`TrustPoints::take_changed`].
    changed: BTreeSet<Name>,
}

impl TrustPoints {
    /// With the anchors as they were given.
    pub fn new(anchors: TrustAnchors) -> Self {
        let zones = anchors.zones().filter_map(|zone| anchors.for_zone(zone));
        let points = zones.map(|anchor| (anchor.zone.clone(), TrustPoint::new(anchor.clone())));
        Self {
            points: points.collect(),
            changed: BTreeSet::new(),
            anchors,
        }
    }

    /// The anchors as they were given.
    pub fn given(&self) -> &TrustAnchors {
        &self.anchors
    }

    /// Whether a chain may begin with this key of the zone at this moment: an anchor names it, or
    /// it was accepted by RFC 5011, and it is not revoked.
    pub fn vouches(&self, zone: &Name, key: &Dnskey, at: Timestamp, is_first_hand: bool) -> bool {
        let point = self.points.get(zone);
        point.is_some_and(|point| point.vouches(key, at, is_first_hand))
    }

    /// Whether any chain may begin at this zone at this moment.
    pub fn is_in_force(&self, zone: &Name, at: Timestamp) -> bool {
        let point = self.points.get(zone);
        point.is_some_and(|point| point.is_in_force(at))
    }

    /// Takes in a DNSKEY RRset that verified; `is_vouched` if the chain of trust says so, else
    /// only by the keys that sign it. Nothing to report for a zone without anchor.
    pub fn observe(
        &mut self,
        zone: &Name,
        set: &KeySet,
        sight: AnchorSight,
        is_vouched: bool,
    ) -> Option<AnchorReport> {
        let point = self.points.get_mut(zone)?;
        if !self.changed.contains(zone) {
            self.changed.insert(zone.clone());
        }
        if is_vouched {
            point.observe(set, sight)
        } else {
            point.observe_unvouched(set, sight)
        }
    }

    /// Those that may have changed since this was last asked.
    pub fn take_changed(&mut self) -> Vec<(Name, SavedPoint)> {
        let changed = std::mem::take(&mut self.changed).into_iter();
        changed
            .filter_map(|zone| {
                let saved = self.points.get(&zone)?.saved();
                Some((zone, saved))
            })
            .collect()
    }

    /// Takes up what an earlier run knew of a zone, if it still has an anchor.
    pub fn resume(&mut self, zone: &Name, saved: SavedPoint) {
        if let Some(point) = self.points.get_mut(zone) {
            point.resume(saved);
        }
    }

    /// Takes up the anchors that the operator gives by now. What RFC 5011 made of a zone's keys
    /// stays where an anchor of before still stands. Gives the zones whose anchors are others.
    pub fn reload(&mut self, anchors: TrustAnchors) -> Vec<Name> {
        let zones: BTreeSet<Name> = self
            .anchors
            .zones()
            .chain(anchors.zones())
            .cloned()
            .collect();
        let is_other = |zone: &Name| self.anchors.for_zone(zone) != anchors.for_zone(zone);
        let changed: Vec<Name> = zones.into_iter().filter(is_other).collect();
        for zone in &changed {
            let before = self.points.remove(zone);
            let Some(anchor) = anchors.for_zone(zone) else {
                self.changed.remove(zone);
                continue;
            };
            let mut point = TrustPoint::new(anchor.clone());
            let followed = before.filter(|before| before.anchor.shares_a_key_with(anchor));
            if let Some(followed) = followed {
                point.resume(followed.saved());
            }
            self.points.insert(zone.clone(), point);
            self.changed.insert(zone.clone());
        }
        self.anchors = anchors;
        changed
    }

    /// Each anchor in force by zone and key tag, in canonical order, then what RFC 5011 made of
    /// the keys of its zone.
    pub fn described(&self, now: Timestamp) -> Vec<String> {
        let mut lines = Vec::new();
        for (zone, point) in &self.points {
            let given = point.given_in_force(now);
            lines.extend(given.map(|trusted| named(zone, trusted)));
            lines.extend(
                point
                    .keys()
                    .iter()
                    .filter_map(|known| followed(zone, known)),
            );
        }
        lines
    }
}

fn named(zone: &Name, trusted: &Trusted) -> String {
    match trusted {
        Trusted::Ds(ds) => {
            let (tag, algorithm, digest) = (ds.key_tag, ds.algorithm, ds.digest_type);
            format!("{zone} DS {tag} {algorithm} {digest}")
        }
        Trusted::Key(key) => format!("{zone} DNSKEY {} {}", key.key_tag, key.algorithm()),
    }
}

/// What RFC 5011 made of a key, where that is more than an anchor that is still there.
fn followed(zone: &Name, known: &AnchorKey) -> Option<String> {
    let since = known.since;
    let state = match known.state {
        AnchorState::AddPend { until } => format!("pending until {until}"),
        AnchorState::Valid if known.is_configured() => return None,
        AnchorState::Valid => format!("valid since {since}"),
        AnchorState::Missing => format!("missing since {since}"),
        AnchorState::Revoked => format!("revoked since {since}"),
        AnchorState::Removed => format!("removed since {since}"),
    };
    let (tag, algorithm) = (known.key.key_tag, known.key.algorithm());
    Some(format!("{zone} DNSKEY {tag} {algorithm} {state}"))
}
