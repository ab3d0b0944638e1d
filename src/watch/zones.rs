//! The histories of all zones, within bounds.

use super::history::History;
use super::watcher::Config;
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Sights closer together than this do not make a zone any younger.
const TOUCH_SECONDS: i64 = 60;

#[derive(Debug)]
struct Slot {
    touched: Timestamp,
    history: History,
}

/// The histories, by zone. When there are too many, the family of siblings that holds most
/// gives up the one that was seen longest ago; protected zones and what is above them stay.
#[derive(Debug)]
pub(super) struct Zones {
    slots: BTreeMap<Name, Slot>,
    /// Of each parent the children that may go, by their last touch.
    families: BTreeMap<Name, BTreeSet<(Timestamp, Name)>>,
    /// The families by size.
    sizes: BTreeSet<(usize, Name)>,
    /// How many zones may go.
    count: usize,
    limit: usize,
    protected: BTreeSet<Name>,
    portfolio: Arc<Portfolio>,
    changed: Option<Changed>,
}

/// The zones whose histories changed since they were last asked for.
#[derive(Debug, Default)]
struct Changed {
    /// Those that wait for something, or had something to tell.
    urgent: BTreeSet<Name>,
    /// Those that were seen, and those that were forgotten.
    seen: BTreeSet<Name>,
    /// The part of them that is being asked for, so that each gets its turn.
    turn: BTreeSet<Name>,
}

impl Zones {
    /// Room for `limit` zones besides the protected ones.
    pub(super) fn new(config: &Config) -> Self {
        let declared = config.portfolio.zones().map(|zone| &zone.name);
        let protected = config.anchored.iter().chain(declared);
        let ancestry = protected.flat_map(Name::ancestry);
        Self {
            slots: BTreeMap::new(),
            families: BTreeMap::new(),
            sizes: BTreeSet::new(),
            count: 0,
            limit: config.zones.max(1),
            protected: ancestry.chain([Name::root()]).collect(),
            portfolio: Arc::clone(&config.portfolio),
            changed: config.is_kept.then(Changed::default),
        }
    }

    /// The history of a zone that has one.
    pub(super) fn known(&mut self, zone: &Name) -> Option<&mut History> {
        self.slots.get_mut(zone).map(|slot| &mut slot.history)
    }

    /// The history of a zone that has one, to look at.
    pub(super) fn of(&self, zone: &Name) -> Option<&History> {
        self.slots.get(zone).map(|slot| &slot.history)
    }

    /// Notes that a zone's history is to be written down, at once or in its turn.
    pub(super) fn note(&mut self, zone: &Name, is_urgent: bool) {
        if let Some(changed) = &mut self.changed {
            if is_urgent {
                changed.urgent.insert(zone.clone());
            } else if !changed.seen.contains(zone) {
                changed.seen.insert(zone.clone());
            }
        }
    }

    /// The zones to be written down now: all urgent ones, and at most `limit` others.
    pub(super) fn take_noted(&mut self, limit: usize) -> Vec<Name> {
        let Some(changed) = &mut self.changed else {
            return Vec::new();
        };
        let mut noted: Vec<Name> = std::mem::take(&mut changed.urgent).into_iter().collect();
        if changed.turn.is_empty() {
            changed.turn = std::mem::take(&mut changed.seen);
        }
        let next = std::iter::from_fn(|| changed.turn.pop_first());
        noted.extend(next.take(limit));
        noted
    }

    /// Puts a zone back whose history an earlier run wrote down.
    pub(super) fn resume(&mut self, history: History, seen: Timestamp) {
        let zone = history.zone.clone();
        let slot = self.touch(&zone, seen);
        let declared = slot.declared.take();
        *slot = history;
        slot.declare(declared);
    }

    /// The history of a zone, a new one if it has none, and makes room for it.
    pub(super) fn touch(&mut self, zone: &Name, now: Timestamp) -> &mut History {
        let before = self.slots.get(zone).map(|slot| slot.touched);
        if before.is_none_or(|before| now.seconds_since(before) >= TOUCH_SECONDS) {
            self.age(zone, before, now);
        }
        let slot = self.slots.entry(zone.clone()).or_insert_with(|| Slot {
            touched: now,
            history: History {
                declared: self.portfolio.zone(zone).cloned(),
                ..History::new(zone.clone())
            },
        });
        slot.touched = before.map_or(now, |before| {
            if now.seconds_since(before) >= TOUCH_SECONDS {
                now
            } else {
                before
            }
        });
        &mut slot.history
    }

    /// How many zones have a history.
    pub(super) fn count(&self) -> usize {
        self.slots.len()
    }

    /// Takes up what the operator says by now. What was seen stays, and so do all zones that may
    /// not go by now, until there are too many others.
    pub(super) fn reload(&mut self, config: &Config) {
        let declared = config.portfolio.zones().map(|zone| &zone.name);
        let protected = config.anchored.iter().chain(declared);
        let ancestry = protected.flat_map(Name::ancestry);
        self.protected = ancestry.chain([Name::root()]).collect();
        self.portfolio = Arc::clone(&config.portfolio);
        self.families.clear();
        self.sizes.clear();
        self.count = 0;
        let slots: Vec<(Timestamp, Name)> = self
            .slots
            .iter()
            .map(|(zone, slot)| (slot.touched, zone.clone()))
            .collect();
        for (touched, zone) in slots {
            let declared = self.portfolio.zone(&zone).cloned();
            if let Some(slot) = self.slots.get_mut(&zone) {
                slot.history.declare(declared);
            }
            self.age(&zone, None, touched);
        }
    }

    /// The zones, in canonical order.
    pub(super) fn names(&self) -> impl Iterator<Item = &Name> {
        self.slots.keys()
    }

    fn age(&mut self, zone: &Name, before: Option<Timestamp>, now: Timestamp) {
        let Some(parent) = zone.parent().filter(|_| !self.protected.contains(zone)) else {
            return;
        };
        if before.is_none() {
            if self.count >= self.limit {
                self.evict();
            }
            self.count += 1;
        }
        let family = self.families.entry(parent.clone()).or_default();
        self.sizes.remove(&(family.len(), parent.clone()));
        if let Some(before) = before {
            family.remove(&(before, zone.clone()));
        }
        family.insert((now, zone.clone()));
        self.sizes.insert((family.len(), parent));
    }

    /// Drops one zone.
    fn evict(&mut self) {
        let Some((size, parent)) = self.sizes.pop_last() else {
            return;
        };
        let Some(family) = self.families.get_mut(&parent) else {
            return;
        };
        let gone = family.pop_first().map(|(_, zone)| zone);
        if let Some(zone) = &gone {
            self.slots.remove(zone);
            self.count -= 1;
        }
        if family.is_empty() {
            self.families.remove(&parent);
        } else {
            self.sizes.insert((size - 1, parent));
        }
        if let Some(zone) = gone {
            self.note(&zone, false);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn config(own: &[&str]) -> Config {
        Config {
            zones: 2,
            portfolio: Arc::new(Portfolio::of_names(own.iter().map(|own| name(own)))),
            ..Config::default()
        }
    }

    #[test]
    fn what_joins_the_portfolio_stays_and_what_leaves_it_may_go() {
        let known =
            |zones: &Zones| -> Vec<String> { zones.names().map(ToString::to_string).collect() };
        let mut zones = Zones::new(&config(&[]));
        let mut seconds = 0;
        let mut see = |zones: &mut Zones, zone: &str| {
            seconds += TOUCH_SECONDS;
            zones.touch(&name(zone), Timestamp::new(seconds, 0));
        };
        see(&mut zones, "a.test.");
        see(&mut zones, "b.test.");
        zones.reload(&config(&["a.test."]));
        assert!(zones.of(&name("a.test.")).unwrap().declared.is_some());
        for zone in ["c.test.", "d.test.", "e.test."] {
            see(&mut zones, zone);
        }
        assert_eq!(known(&zones), ["a.test.", "d.test.", "e.test."]);
        zones.reload(&config(&["e.test."]));
        assert!(zones.of(&name("a.test.")).unwrap().declared.is_none());
        for zone in ["f.test.", "g.test."] {
            see(&mut zones, zone);
        }
        assert_eq!(known(&zones), ["e.test.", "f.test.", "g.test."]);
        // More than there is room for, once nothing is protected.
        zones.reload(&config(&[]));
        assert_eq!(known(&zones).len(), 2);
    }
}
