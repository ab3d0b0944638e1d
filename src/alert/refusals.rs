//! Resolvers that refuse what verifies.

use super::evidence::{Evidence, Sighting};
use super::notice::BLAMES_DATA;
use crate::exchange::{Exchange, Vantage};
use crate::message::Name;
use crate::time::Timestamp;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

/// Refusals that wait at most.
const WAITING: usize = 256;

/// Resolvers watched at once.
const RESOLVERS: usize = 256;

/// How long a refusal waits for what its zone's servers say, and how far apart the two may lie.
const NEAR: i64 = 60;

/// Without such an error, a refusal may have any reason: so many names of so many zones.
const CROWD: (usize, usize) = (3, 2);

/// Refusals of one resolver for names that verify.
#[derive(Debug, Default)]
struct Refused {
    names: BTreeSet<Name>,
    zones: BTreeSet<Name>,
    /// Those that no incident counts yet.
    kept: Vec<Arc<Exchange>>,
    is_told: bool,
}

/// The refusals that wait, and those that were found to be wrong.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    waiting: VecDeque<Arc<Exchange>>,
    wrong: HashMap<IpAddr, Refused>,
}

impl Refusals {
    /// Takes a resolver's refusal.
    pub(super) fn take(&mut self, exchange: &Arc<Exchange>) {
        let is_to_client = exchange.vantage == Vantage::Downstream
            && exchange.standing.may_accuse()
            && !exchange.checking_disabled();
        if is_to_client && self.waiting.len() < WAITING {
            self.waiting.push_back(Arc::clone(exchange));
        }
    }

    /// Those that wait.
    pub(super) fn waiting(&self) -> impl Iterator<Item = &Arc<Exchange>> {
        self.waiting.iter()
    }

    /// The next one that has waited long enough. At the end of input, any.
    pub(super) fn next(&mut self, now: Timestamp, is_end: bool) -> Option<Arc<Exchange>> {
        let first = self.waiting.front()?;
        let is_ripe = now.seconds_since(first.message.time) >= NEAR;
        (is_ripe || is_end)
            .then(|| self.waiting.pop_front())
            .flatten()
    }

    /// Notes that a refusal was wrong, since its name verifies in `zone`. Gives the refusals to
    /// be counted: none until it is clear that the resolver is at fault.
    pub(super) fn wrong(&mut self, exchange: &Arc<Exchange>, zone: &Name) -> Vec<Arc<Exchange>> {
        let resolver = exchange.resolver();
        if self.wrong.len() >= RESOLVERS && !self.wrong.contains_key(&resolver) {
            return Vec::new();
        }
        let refused = self.wrong.entry(resolver).or_default();
        let errors = exchange.message.edns.iter().flat_map(|edns| &edns.errors);
        let blames_data = errors
            .map(|error| error.code)
            .any(|code| BLAMES_DATA.contains(&code));
        if !refused.is_told {
            let name = exchange.message.question.as_ref();
            refused.names.extend(name.map(|asked| asked.name.clone()));
            refused.zones.insert(zone.clone());
            let is_crowd = refused.names.len() >= CROWD.0 && refused.zones.len() >= CROWD.1;
            refused.is_told = blames_data || is_crowd;
        }
        refused.kept.push(Arc::clone(exchange));
        if refused.is_told || refused.kept.len() >= WAITING {
            let kept = std::mem::take(&mut refused.kept);
            return if refused.is_told { kept } else { Vec::new() };
        }
        Vec::new()
    }
}

/// The zone in which what a client asked for verified about then.
pub(super) fn verified_in(exchange: &Exchange, evidence: &Evidence) -> Option<Name> {
    let question = exchange.message.question.as_ref()?;
    let time = exchange.message.time;
    // That an alias verifies tells nothing of where it leads.
    let is_answer = |sight: &Sighting| {
        sight.name == question.name
            && sight.rtype == question.rtype
            && time.seconds_since(sight.time).abs() <= NEAR
    };
    question.name.ancestry().find(|zone| {
        let known = evidence.of(zone);
        known.is_some_and(|known| known.sightings.iter().any(is_answer))
    })
}
