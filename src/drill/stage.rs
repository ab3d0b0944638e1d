//! The stage of a drill: a world, the zone that the story is about, and what has happened so far.

use super::key::{Key, Role};
use super::resolver::{Resolver, Twist};
use super::world::{Edition, World};
use super::zone::{Cut, HOUR, Host, Zone};
use crate::message::{Ds, Name};
use crate::time::Timestamp;

/// Something that happened, for the answer sheet.
#[derive(Clone, Debug)]
pub(super) struct Moment {
    pub(super) time: Timestamp,
    pub(super) what: String,
}

/// What stories are told with.
pub(super) struct Stage {
    pub(super) world: World,
    pub(super) zone: Name,
    pub(super) moments: Vec<Moment>,
}

impl Stage {
    /// The incident strikes the first of these zones.
    pub(super) fn new(seed: &str, start: Timestamp, zones: &[Name]) -> Option<Self> {
        Some(Self {
            zone: zones.first()?.clone(),
            world: World::new(seed, start, zones),
            moments: Vec::new(),
        })
    }

    /// The name of the TLD above the zone.
    pub(super) fn tld(&self) -> Name {
        self.zone.suffix(1)
    }

    pub(super) fn notes(&mut self, what: &str) {
        self.moments.push(Moment {
            time: self.world.now,
            what: what.to_owned(),
        });
    }

    /// Traffic as on any day.
    pub(super) fn runs(&mut self, seconds: i64) {
        let zone = self.zone.clone();
        self.world.runs(&zone, seconds);
    }

    /// The zone is asked for by many, at both resolvers, and goes on to be for an hour.
    pub(super) fn is_busy(&mut self) {
        let zone = self.zone.clone();
        self.world.is_in_demand(&zone);
        self.world.runs(&zone, HOUR);
        self.world.is_in_demand(&zone);
    }

    /// The zone is asked for by many, for a quarter of an hour.
    pub(super) fn is_rushed(&mut self) {
        let zone = self.zone.clone();
        for _ in 0..5 {
            self.world.is_in_demand(&zone);
            self.world.runs(&zone, 110);
        }
    }

    /// Nobody is awake to ask for anything, until the caches have forgotten what lives for an hour.
    pub(super) fn sleeps(&mut self) {
        self.world.now = self.world.now.plus_seconds(HOUR + 600);
    }

    /// Both resolvers forget what they know.
    pub(super) fn flushes(&mut self) {
        for resolver in &mut self.world.resolvers {
            resolver.flush();
        }
    }

    pub(super) fn zone(&self) -> Option<&Zone> {
        self.world.zone(&self.zone)
    }

    /// The zone changes, and is signed in its new state.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Zone)) {
        let zone = self.zone.clone();
        self.world.change(&zone, change);
    }

    /// The same zone as somebody else serves it.
    pub(super) fn copy(&mut self, by: &'static str) -> Edition {
        let zone = self.zone.clone();
        self.world.copy(&zone, by)
    }

    /// The zone above, which delegates it.
    pub(super) fn change_parent(&mut self, change: impl FnOnce(&mut Zone)) {
        let parent = self.world.parent(&self.zone);
        self.world.change(&parent, change);
    }

    pub(super) fn cut(&self) -> Cut {
        let parent = self.world.zone(&self.world.parent(&self.zone));
        let cut = parent.and_then(|parent| parent.cuts.get(&self.zone));
        cut.cloned().unwrap_or_default()
    }

    pub(super) fn delegates(&mut self, cut: Cut) {
        let zone = self.zone.clone();
        self.world.change_cut(&zone, |known| *known = cut);
    }

    pub(super) fn publishes_ds(&mut self, ds: Vec<Ds>) {
        let zone = self.zone.clone();
        self.world.publish_ds(&zone, ds);
    }

    /// DS records of keys of the zone.
    pub(super) fn ds_of(&self, keys: &[Key]) -> Vec<Ds> {
        keys.iter().map(|key| key.ds(&self.zone)).collect()
    }

    pub(super) fn new_key(&mut self, role: Role, algorithm: u8) -> Vec<Key> {
        self.world.new_key(role, algorithm)
    }

    pub(super) fn new_hosts(&mut self, label: &str) -> Vec<Host> {
        let zone = self.zone.clone();
        self.world.new_hosts(&zone, label, false)
    }

    /// Machines go silent, or come back.
    pub(super) fn silences(&mut self, hosts: &[Host], is_silent: bool) {
        for host in hosts {
            self.world
                .servers
                .entry(host.address)
                .or_default()
                .is_silent = is_silent;
        }
    }

    /// Something changes at a resolver, the first or the second.
    pub(super) fn resolver(&mut self, who: usize, change: impl FnOnce(&mut Resolver)) {
        if let Some(resolver) = self.world.resolvers.get_mut(who) {
            change(resolver);
        }
    }

    /// Somebody stands in the way of the first resolver, or nobody any more.
    pub(super) fn twists(&mut self, twist: Option<Twist>) {
        self.resolver(0, |resolver| {
            resolver.twists = twist.into_iter().collect();
            resolver.answers.clear();
        });
    }
}
