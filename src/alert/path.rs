//! Tells a path that strips signatures from zones that lost them.

use crate::chain::{Reason, Verdict};
use crate::exchange::Vantage;
use crate::message::Name;
use crate::time::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;

/// Without a failure for so long, a resolver's path is held for good again.
const WINDOW: i64 = 600;

/// A crowd: so many zones, under so many parents, at so many servers.
const CROWD: (usize, usize, usize) = (5, 3, 3);

/// Resolvers watched at once, and zones counted at each.
const BOUND: usize = 256;

/// What a resolver got since its first unsigned response.
#[derive(Debug, Default)]
struct Path {
    unsigned: BTreeSet<Name>,
    servers: BTreeSet<IpAddr>,
    verified: BTreeSet<Name>,
    last: Timestamp,
}

impl Path {
    /// Whether so many zones lost their signatures at once that it is the path's doing.
    fn is_stripping(&self) -> bool {
        let parents: BTreeSet<Option<Name>> = self.unsigned.iter().map(Name::parent).collect();
        let zones = self.unsigned.len();
        zones >= CROWD.0
            && parents.len() >= CROWD.1
            && self.servers.len() >= CROWD.2
            && zones > self.verified.len()
    }
}

/// The paths to resolvers that got unsigned responses lately.
#[derive(Debug, Default)]
pub(super) struct Paths(HashMap<IpAddr, Path>);

impl Paths {
    /// A resolver got something that verified.
    pub(super) fn verified(&mut self, resolver: IpAddr, zone: &Name) {
        if let Some(path) = self.0.get_mut(&resolver)
            && path.verified.len() < BOUND
            && !path.verified.contains(zone)
        {
            path.verified.insert(zone.clone());
        }
    }

    /// A response failed. Whether the path to its resolver strips signatures.
    pub(super) fn failed(&mut self, verdict: &Verdict) -> bool {
        let exchange = &verdict.exchange;
        let is_absence = matches!(
            verdict.reason,
            Some(Reason::SignatureMissing | Reason::DenialMissing)
        );
        let is_bare = exchange
            .message
            .rrsets()
            .all(|set| set.signatures.is_empty());
        let is_upstream = exchange.vantage == Vantage::Upstream;
        let Some(zone) = verdict.subject.zone.as_ref() else {
            return false;
        };
        if !(is_absence && is_bare && is_upstream && exchange.standing.may_accuse()) {
            return false;
        }
        let now = verdict.decided_at;
        self.0
            .retain(|_, path| now.seconds_since(path.last) < WINDOW);
        if self.0.len() >= BOUND && !self.0.contains_key(&exchange.resolver()) {
            return false;
        }
        let path = self.0.entry(exchange.resolver()).or_default();
        path.last = now;
        if path.unsigned.len() < BOUND {
            path.unsigned.insert(zone.clone());
            path.servers.insert(exchange.server());
        }
        path.is_stripping()
    }
}
