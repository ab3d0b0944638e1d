//! Watches DS sets and keys for change.
//!
//! Takes the [`Fact`](crate::chain::Fact)s that the chain of trust verified, in the order in
//! which they were settled, and gives [`Change`]s. Owns the history of every zone's sets.

mod announcement;
mod change;
mod continuity;
mod ds;
mod history;
mod judge;
mod judgement;
mod keys;
mod link;
mod open;
mod rollover;
mod servers;
mod settle;
mod timeline;
mod unsigned;
mod watcher;
mod zones;

#[cfg(test)]
mod tests;

pub use change::{Change, ChangeKind, Rule, Set};
pub use watcher::{Config, Watch};
