//! What was seen verifying, where, and in which zone: evidence for what must be signed.

use super::memory::Memory;
use crate::message::Name;
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

/// Bounded memories of verified data.
#[derive(Debug)]
pub(super) struct Seen {
    owners: Memory<Name, Owner>,
    /// Resolvers that hand signatures to those who ask for them.
    resolvers: Memory<IpAddr, ()>,
    /// Resolvers and zones, and the server of its own that one asks about the other.
    views: Memory<(IpAddr, Name), IpAddr>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            owners: Memory::new(OWNERS),
            resolvers: Memory::new(RESOLVERS),
            views: Memory::new(VIEWS),
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
        self.views.insert((resolver, zone), server);
    }

    /// The server of its own that a resolver asks about a zone.
    pub(super) fn private_view(&self, resolver: IpAddr, zone: &Name) -> Option<IpAddr> {
        self.views.get(&(resolver, zone.clone())).copied()
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
