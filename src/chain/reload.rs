//! What the operator decides anew while traffic passes.

use super::zone::ZoneTrust;
use super::{ChainOfTrust, Config, KeySet};
use crate::message::Name;
use crate::signature::ds_matches;
use crate::time::Timestamp;
use std::collections::BTreeSet;

/// The zones for which the operator decided otherwise.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Redecided {
    /// Their trust anchors are others.
    pub anchors: Vec<Name>,
    /// They have a negative anchor, have it no longer, or have it for another time.
    pub negative_anchors: Vec<Name>,
}

impl ChainOfTrust {
    /// Takes up the trust anchors and negative anchors of now, for all that is judged from now on.
    ///
    /// Keys for which neither an anchor nor a DS set vouches any more are not trusted, nor is what
    /// they signed about zones below. All else that was learnt stays.
    pub fn reload(&mut self, config: Config) -> Redecided {
        let negative_anchors = self.zones.except(config.negative_anchors);
        let anchors = self.zones.points_mut().reload(config.anchors);
        if !anchors.is_empty() {
            self.drop_unvouched(&anchors);
        }
        Redecided {
            anchors,
            negative_anchors,
        }
    }

    /// From the zones whose anchors changed downwards, follows where trust ends.
    fn drop_unvouched(&mut self, changed: &[Name]) {
        let now = self.now;
        let anchored = self.zones.anchors().zones();
        let entries: BTreeSet<Name> = changed.iter().chain(anchored).cloned().collect();
        // In canonical order what lies above comes first.
        let mut broken: Vec<Name> = Vec::new();
        for zone in entries {
            let is_cut_off = broken.iter().any(|above| zone.is_below(above));
            if !is_cut_off && !changed.contains(&zone) {
                continue;
            }
            if self.zones.find(&zone).is_some() && self.has_lost_keys(&zone, is_cut_off, now) {
                self.zones.forget_below(&zone);
                broken.push(zone.clone());
            }
            self.zones.weigh(&zone);
            self.note_changed(&zone);
        }
    }

    /// Whether nobody vouches any more for a set of keys that the zone had; such a set goes.
    fn has_lost_keys(&mut self, zone: &Name, is_cut_off: bool, now: Timestamp) -> bool {
        let points = self.zones.points().clone();
        let trust = self.zones.entry(zone);
        if is_cut_off {
            trust.forget_delegation();
        }
        let vouches = |trust: &ZoneTrust, set: &KeySet| {
            let mut records = trust.ds_in_force(now).flat_map(|ds| &ds.value.usable);
            let mut signers = set.signers.iter();
            signers.any(|key| {
                let is_anchor = points.vouches(zone, key, now, true);
                is_anchor || records.any(|ds| ds_matches(zone, ds, key))
            })
        };
        trust.failed_keys = None;
        trust.retain_keys(vouches)
    }
}
