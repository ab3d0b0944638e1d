//! Watches DS sets and keys for change.
//!
//! Takes the [`Fact`](crate::chain::Fact)s that the chain of trust verified, in the order in
//! which they were settled, and gives [`Change`]s. Owns the history of every zone's sets.

mod anchor;
mod announcement;
mod bootstrap;
mod census;
mod change;
mod continuity;
mod danger;
mod declared;
mod ds;
mod expiry;
mod history;
mod judge;
mod judgement;
mod keys;
mod link;
mod naming;
mod open;
mod premature;
mod providers;
mod reach;
mod resolvers;
mod rollover;
mod servers;
mod settle;
mod signed;
mod sole;
mod standing;
mod timeline;
mod unpublished;
mod unsigned;
mod watcher;
mod zones;

#[cfg(test)]
mod tests;

pub use anchor::{SavedReport, SavedSignals, StaleAnchor};
pub use census::{Ends, Presence};
pub use change::{Change, ChangeKind, Rule, Set};
pub use history::History;
pub use reach::Outage;
pub use resolvers::{ResolverSight, Resolvers};
pub use servers::Delegation;
pub use standing::{Denial, Sight, SignedSet, Signer, Standing, Trouble};
pub use watcher::{Config, Watch};
