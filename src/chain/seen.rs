//! What was seen verifying, where, and in which zone: evidence for what must be signed.

use super::memory::Memory;
use super::tree::nearest;
use crate::message::Name;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr};

/// Owners remembered at least.
const OWNERS: usize = 50_000;

/// Resolvers remembered at least.
const RESOLVERS: usize = 10_000;

/// Views of zones remembered at least.
const VIEWS: usize = 1000;

/// What verified of an owner.
#[derive(Debug)]
struct Owner {
    /// The zone that signed its data.
    zone: Name,
    /// Its IPv4 addresses, if they were among that data.
    addresses: Box<[Ipv4Addr]>,
}

/// The server of its own that a resolver asks, by zone.
type Servers = BTreeMap<Name, IpAddr>;

/// Such servers of all resolvers, in two generations like those of a [`Memory`].
#[derive(Debug, Default)]
struct Views {
    young: HashMap<IpAddr, Servers>,
    /// How many zones are in the young generation.
    count: usize,
    old: HashMap<IpAddr, Servers>,
}

impl Views {
    fn insert(&mut self, resolver: IpAddr, zone: Name, server: IpAddr) {
        let known = self.young.get(&resolver);
        let is_known = known.is_some_and(|servers| servers.contains_key(&zone));
        if !is_known && self.count >= VIEWS {
            self.old = std::mem::take(&mut self.young);
            self.count = 0;
        }
        let servers = self.young.entry(resolver).or_default();
        self.count += usize::from(servers.insert(zone, server).is_none());
    }

    fn nearest(&self, resolver: IpAddr, name: &Name) -> Option<(&Name, IpAddr)> {
        let generations = [&self.old, &self.young].into_iter();
        let found = generations.filter_map(|servers| nearest(servers.get(&resolver)?, name));
        // Of the same zone the young one, which comes last.
        let deepest = found.max_by_key(|(zone, _)| zone.label_count());
        deepest.map(|(zone, server)| (zone, *server))
    }
}

/// Bounded memories of verified data.
#[derive(Debug)]
pub(super) struct Seen {
    owners: Memory<Name, Owner>,
    /// Resolvers that hand signatures to those who ask for them.
    resolvers: Memory<IpAddr, ()>,
    views: Views,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            owners: Memory::new(OWNERS),
            resolvers: Memory::new(RESOLVERS),
            views: Views::default(),
        }
    }

    /// `zone` signed data of `owner`: these IPv4 addresses, or something else.
    pub(super) fn signed(&mut self, owner: Name, zone: Name, addresses: Box<[Ipv4Addr]>) {
        let addresses = if addresses.is_empty() {
            self.addresses(&owner).into()
        } else {
            addresses
        };
        self.owners.insert(owner, Owner { zone, addresses });
    }

    /// A resolver asks a server of its own about a zone.
    pub(super) fn asks_privately(&mut self, resolver: IpAddr, zone: Name, server: IpAddr) {
        self.views.insert(resolver, zone, server);
    }

    /// The deepest zone at or above a name about which a resolver asks a server of its own, and
    /// that server.
    pub(super) fn private_view(&self, resolver: IpAddr, name: &Name) -> Option<(&Name, IpAddr)> {
        self.views.nearest(resolver, name)
    }

    /// The IPv4 addresses of an owner that verified.
    pub(super) fn addresses(&self, owner: &Name) -> &[Ipv4Addr] {
        self.owners.get(owner).map_or(&[], |known| &known.addresses)
    }

    /// A resolver handed out data that verifies.
    pub(super) fn handed_out(&mut self, resolver: IpAddr) {
        self.resolvers.insert(resolver, ());
    }

    pub(super) fn was_signed_in(&self, owner: &Name, zone: &Name) -> bool {
        self.owners
            .get(owner)
            .is_some_and(|known| known.zone == *zone)
    }

    pub(super) fn hands_out_signatures(&self, resolver: IpAddr) -> bool {
        self.resolvers.get(&resolver).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_deepest_view_counts_and_the_last_ones_are_remembered() {
        let name = |text: &str| Name::parse(text).unwrap();
        let [one, two] = [1, 2].map(|last| IpAddr::from([192, 0, 2, last]));
        let mut views = Views::default();
        views.insert(one, name("corp."), two);
        views.insert(one, name("a.corp."), one);
        let host = name("x.a.corp.");
        assert_eq!(views.nearest(one, &host), Some((&name("a.corp."), one)));
        let other = name("b.corp.");
        assert_eq!(views.nearest(one, &other), Some((&name("corp."), two)));
        assert_eq!(views.nearest(two, &host), None, "another resolver");
        assert_eq!(views.nearest(one, &name("example.")), None);
        for number in 0..VIEWS {
            views.insert(two, name(&format!("z{number}.")), one);
        }
        views.insert(one, name("a.corp."), two);
        assert_eq!(views.nearest(one, &host), Some((&name("a.corp."), two)));
        for number in 0..VIEWS {
            assert!(
                views
                    .nearest(two, &name(&format!("h.z{number}.")))
                    .is_some()
            );
        }
        for number in 0..3 * VIEWS {
            views.insert(two, name(&format!("y{number}.")), one);
        }
        let kept = [&views.young, &views.old].map(|all| all.values().map(BTreeMap::len).sum());
        assert!(kept.iter().sum::<usize>() <= 2 * VIEWS, "{kept:?}");
    }
}
