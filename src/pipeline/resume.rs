//! How a run takes up what an earlier one left.

use super::judge::Judge;
use super::preload;
use super::stuck::Stuck;
use crate::alert::{SavedIncidents, Undecided};
use crate::chain::SavedZone;
use crate::chain::anchor::SavedPoint;
use crate::exchange::Exchange;
use crate::message::Name;
use crate::state::{KnownSet, Room};
use crate::time::Timestamp;
use crate::watch::{History, Presence, SavedReport, SavedSignals};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What an earlier run left, each with the key that it is kept by.
pub(super) struct Left {
    /// So much time has passed that what failed then may have been mended unseen.
    pub(super) is_stale: bool,
    /// Lines that never reached its outputs.
    pub(super) lines: Vec<String>,
    pub(super) histories: Vec<(String, History)>,
    pub(super) incidents: Vec<(String, SavedIncidents)>,
    /// Digests of the audit records that it told, and when.
    pub(super) records: Vec<(String, Timestamp)>,
    pub(super) undecided: Vec<(String, Undecided)>,
    pub(super) zones: Vec<(String, SavedZone)>,
    pub(super) reports: Vec<(String, SavedReport)>,
    pub(super) signals: Vec<(String, SavedSignals)>,
    /// What it saw of the zones of its portfolio.
    pub(super) presences: Vec<(String, Presence)>,
    /// Responses that waited for their keys, in order.
    pub(super) held: Vec<(String, Exchange)>,
    pub(super) sets: Vec<KnownSet>,
}

impl Judge {
    /// Takes up how an earlier run followed the trust points, before anything is said of them:
    /// their keys may have become anchors since the operator gave some.
    pub(super) fn resume_points(&mut self) -> Result<(), Stuck> {
        let Some(memory) = &self.memory else {
            return Ok(());
        };
        let points: Vec<(String, SavedPoint)> = memory.known(Room::TrustPoint)?;
        for (zone, saved) in points {
            if let Ok(zone) = Name::parse(&zone) {
                self.chain.resume_point(&zone, saved);
            }
        }
        Ok(())
    }

    /// Takes up what an earlier run left. It is known, and not told of.
    pub(super) fn resume(&mut self, now: Timestamp) -> Result<(), Stuck> {
        let Some(memory) = &mut self.memory else {
            return Ok(());
        };
        let left = memory.left(now)?;
        for line in &left.lines {
            if !self.lines.takes_events() {
                tracing::warn!("an earlier run may not have got this through: {line}");
            }
            self.lines.repeat(line)?;
        }
        for (_, history) in left.histories {
            self.watch.resume(history);
        }
        for (_, saved) in left.incidents {
            self.incidents.resume(saved);
        }
        self.declare(now)?;
        self.incidents.resume_records(left.records);
        for (zone, saved) in left.reports {
            if let Ok(zone) = Name::parse(&zone) {
                self.watch.resume_point(&zone, saved);
            }
        }
        for (_, saved) in left.signals {
            self.watch.resume_signals(saved);
        }
        self.resume_presences(left.presences);
        let is_new = |set: &&KnownSet| self.watch.history(&set.rrset.owner).is_none();
        let sets = left.sets.iter().filter(is_new);
        let unwatched: BTreeSet<Name> = sets.map(|set| set.rrset.owner.clone()).collect();
        for set in &left.sets {
            let is_watched = !set.is_current || !unwatched.contains(&set.rrset.owner);
            self.learn_again(set, now, is_watched);
        }
        for (zone, mut saved) in left.zones {
            if left.is_stale {
                saved.forget_failures();
            }
            if let Ok(zone) = Name::parse(&zone) {
                self.chain.resume_zone(&zone, saved);
            }
        }
        for (key, undecided) in left.undecided {
            self.forget(Room::Undecided, key);
            self.incidents.resume_undecided(undecided);
        }
        for (key, exchange) in left.held {
            // If it still waits, it does so in a place of this run.
            self.forget(Room::Held, key);
            let events = self.chain.observe(&Arc::new(exchange));
            self.happened(events)?;
        }
        Ok(())
    }

    fn resume_presences(&mut self, presences: Vec<(String, Presence)>) {
        for (zone, presence) in presences {
            if let Ok(zone) = Name::parse(&zone) {
                self.watch.resume_presence(&zone, presence);
            }
        }
    }

    /// A zone whose history is lost is watched from its sets in force on.
    fn learn_again(&mut self, known: &KnownSet, now: Timestamp, is_watched: bool) {
        let mut facts = Vec::new();
        if let Some((time, server)) = known.first_hand {
            let time = time.min(now);
            facts = preload::learn_again(&mut self.chain, &known.rrset, time, server);
        }
        // A set in force holds on; one of before counts from its last sight.
        let time = if known.is_current {
            now
        } else {
            known.last_seen.min(now)
        };
        let sets = std::slice::from_ref(&known.rrset);
        facts.extend(preload::learn(&mut self.chain, sets, time));
        for fact in &facts {
            self.note(fact);
            if !is_watched {
                self.watch.learnt(fact);
            }
        }
    }

    fn forget(&mut self, room: Room, key: String) {
        if let Some(memory) = &mut self.memory {
            memory.forget(room, key);
        }
    }
}
