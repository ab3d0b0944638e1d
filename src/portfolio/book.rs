//! All that the operator says, to be looked up.

use super::problem::PortfolioError;
use super::read::read;
use super::resolver::Resolver;
use super::zone::Zone;
use crate::message::Name;
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::Arc;

/// Zones and resolvers as the operator declares them. It speaks no word against itself.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Portfolio {
    zones: BTreeMap<Name, Arc<Zone>>,
    resolvers: BTreeMap<IpAddr, Resolver>,
    /// The zones and everything above them.
    ancestry: BTreeSet<Name>,
}

impl Portfolio {
    /// From TOML.
    pub fn parse(text: &str) -> Result<Self, PortfolioError> {
        read(text)
    }

    /// Of zones that nothing else is said of.
    pub fn of_names(names: impl IntoIterator<Item = Name>) -> Self {
        Self::new(names.into_iter().map(Zone::named).collect(), Vec::new())
    }

    pub(super) fn new(zones: Vec<Zone>, resolvers: Vec<Resolver>) -> Self {
        let ancestry = zones.iter().flat_map(|zone| zone.name.ancestry());
        Self {
            ancestry: ancestry.collect(),
            zones: zones
                .into_iter()
                .map(|zone| (zone.name.clone(), Arc::new(zone)))
                .collect(),
            resolvers: resolvers
                .into_iter()
                .map(|resolver| (resolver.address, resolver))
                .collect(),
        }
    }

    /// What it says of exactly this zone.
    pub fn zone(&self, name: &Name) -> Option<&Arc<Zone>> {
        self.zones.get(name)
    }

    /// All zones, in canonical order.
    pub fn zones(&self) -> impl ExactSizeIterator<Item = &Arc<Zone>> {
        self.zones.values()
    }

    /// The deepest of its zones at or above a name.
    pub fn closest(&self, name: &Name) -> Option<&Arc<Zone>> {
        if self.zones.is_empty() {
            return None;
        }
        name.ancestry().find_map(|zone| self.zones.get(&zone))
    }

    /// Whether a name is one of its zones, or above one.
    pub fn is_at_or_above(&self, name: &Name) -> bool {
        self.ancestry.contains(name)
    }

    /// All resolvers, by address.
    pub fn resolvers(&self) -> impl ExactSizeIterator<Item = &Resolver> {
        self.resolvers.values()
    }

    /// What it says of a resolver.
    pub fn resolver(&self, address: &IpAddr) -> Option<&Resolver> {
        self.resolvers.get(address)
    }

    /// Whether no zone is named.
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// Whether a zone is somebody else's, and none of the operator's hangs on it. Never so where
    /// no zone is named.
    pub fn is_foreign(&self, zone: &Name) -> bool {
        !self.is_empty() && !self.ancestry.contains(zone) && self.closest(zone).is_none()
    }
}
