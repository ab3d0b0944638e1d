//! What was seen verifying, where, and in which zone: evidence for what must be signed.

use super::memory::Memory;
use crate::message::Name;
use std::net::IpAddr;

/// Owners remembered at least.
const OWNERS: usize = 50_000;

/// Resolvers remembered at least.
const RESOLVERS: usize = 10_000;

/// Bounded memories of verified data.
#[derive(Debug)]
pub(super) struct Seen {
    /// The zone that signed the data of an owner.
    owners: Memory<Name, Name>,
    /// Resolvers that hand signatures to those who ask for them.
    resolvers: Memory<IpAddr, ()>,
}

impl Seen {
    pub(super) fn new() -> Self {
        Self {
            owners: Memory::new(OWNERS),
            resolvers: Memory::new(RESOLVERS),
        }
    }

    /// `zone` signed data of `owner`.
    pub(super) fn signed(&mut self, owner: Name, zone: Name) {
        self.owners.insert(owner, zone);
    }

    /// A resolver handed out data that verifies.
    pub(super) fn handed_out(&mut self, resolver: IpAddr) {
        self.resolvers.insert(resolver, ());
    }

    pub(super) fn was_signed_in(&self, owner: &Name, zone: &Name) -> bool {
        self.owners.get(owner) == Some(zone)
    }

    pub(super) fn hands_out_signatures(&self, resolver: IpAddr) -> bool {
        self.resolvers.get(&resolver).is_some()
    }
}
