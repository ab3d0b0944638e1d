//! What is known beforehand: from the user, or from an earlier run.

use super::anchor::SavedPoint;
use super::budget::{Asked, MessageBudget};
use super::contradiction::Place;
use super::finding::Finding;
use super::judge::Judge;
use super::learn::Lesson;
use super::quarrel::Quarrel;
use super::zone::Sight;
use super::{ChainOfTrust, Fact, fact};
use crate::exchange::Exchange;
use crate::message::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// What is known of a zone beside its sets. Outside of this room it can be written down and
/// resumed, no more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SavedZone {
    servers: BTreeSet<IpAddr>,
    failed_ds: Option<Finding>,
    failed_keys: Option<Finding>,
    /// Data and denials that contradict each other, as far as seen.
    #[serde(default)]
    quarrels: Vec<(Place, Quarrel)>,
}

impl SavedZone {
    /// Forgets what failed: it may have been mended while nobody looked.
    pub fn forget_failures(&mut self) {
        self.failed_ds = None;
        self.failed_keys = None;
    }
}

impl ChainOfTrust {
    /// Takes in the DS and DNSKEY sets of a response that verify, as if it had passed at its
    /// time, and gives what they show. It is not judged, and what does not verify is nobody's
    /// fault.
    pub fn resume(&mut self, exchange: &Arc<Exchange>) -> Vec<Fact> {
        let mut judge = Judge::new(
            self.known(),
            exchange,
            MessageBudget::after(Asked::nothing(&exchange.message)),
        );
        let is_first_hand = judge.is_first_hand();
        let mut facts = Vec::new();
        for (zone, lesson) in judge.lessons() {
            if !matches!(lesson, Lesson::Ds { .. } | Lesson::Keys { .. }) {
                continue;
            }
            let time = exchange.message.time;
            let now = self.now.max(time);
            self.take_in(&zone, &lesson, |ttl| Sight {
                time,
                now,
                ttl,
                is_first_hand,
            });
            self.zones.weigh(&zone);
            facts.extend(fact(zone, lesson, exchange));
        }
        facts
    }

    /// What it knows of zones beside their sets is written down: [`ChainOfTrust::take_changed`]
    /// is asked now and then.
    pub fn keep(&mut self) {
        self.changed = Some(BTreeSet::new());
        self.zones.note_evicted();
    }

    /// The zones of which something beside their sets changed since this was last asked, with
    /// what is known of them now, if anything.
    pub fn take_changed(&mut self) -> Vec<(Name, Option<SavedZone>)> {
        let changed = self.changed.as_mut();
        let mut changed = changed.map(std::mem::take).unwrap_or_default();
        changed.extend(self.zones.take_evicted());
        let saved = changed.into_iter().map(|zone| {
            let trust = self.zones.find(&zone);
            let saved = trust
                .filter(|trust| trust.is_saved())
                .map(|trust| SavedZone {
                    servers: trust.servers().clone(),
                    failed_ds: trust.failed_ds.clone(),
                    failed_keys: trust.failed_keys.clone(),
                    quarrels: self.contradictions.quarrels(&zone),
                });
            (zone, saved)
        });
        saved.collect()
    }

    /// Takes up what an earlier run knew of a zone beside its sets, which come before.
    pub fn resume_zone(&mut self, zone: &Name, saved: SavedZone) {
        let trust = self.zones.entry(zone);
        for server in saved.servers {
            trust.add_server(server);
        }
        trust.failed_ds = saved.failed_ds;
        trust.failed_keys = saved.failed_keys;
        self.contradictions.resume(zone, saved.quarrels);
        self.zones.weigh(zone);
    }

    /// The trust points that may have changed since this was last asked.
    pub fn take_points(&mut self) -> Vec<(Name, SavedPoint)> {
        self.zones.points_mut().take_changed()
    }

    /// Takes up what an earlier run knew of a trust point. It comes before all that is verified.
    pub fn resume_point(&mut self, zone: &Name, saved: SavedPoint) {
        self.zones.points_mut().resume(zone, saved);
    }

    pub(super) fn note_changed(&mut self, zone: &Name) {
        if let Some(changed) = &mut self.changed {
            changed.insert(zone.clone());
        }
    }
}
