//! Resolvers that refuse what verifies.

use super::evidence::{Evidence, Sighting};
use super::notice::BLAMES_DATA;
use super::waiting::Waiting;
use crate::exchange::{Exchange, Vantage};
use crate::message::Name;
use crate::time::Timestamp;
use std::collections::{BTreeSet, HashMap};
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

/// Refusals without such an error that lie further apart do not make one crowd.
const CROWD_SECONDS: i64 = 600;

/// Refusals of one resolver for names that verify.
#[derive(Debug, Default)]
struct Refused {
    names: BTreeSet<Name>,
    zones: BTreeSet<Name>,
    /// Those that no incident counts yet.
    kept: Vec<Arc<Exchange>>,
    is_told: bool,
    last: Timestamp,
}

/// The refusals that wait, and those that were found to be wrong.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    pub(super) waiting: Waiting<Arc<Exchange>>,
    wrong: HashMap<IpAddr, Refused>,
}

impl Refusals {
    /// Takes a resolver's refusal.
    pub(super) fn take(&mut self, exchange: &Arc<Exchange>) {
        let is_to_client = exchange.vantage == Vantage::Downstream
            && exchange.standing.may_accuse()
            && !exchange.checking_disabled();
        if is_to_client && self.waiting.len() < WAITING {
            self.waiting.push(Arc::clone(exchange));
        }
    }

    /// The next one that has waited long enough. At the end of input, any.
    pub(super) fn next(&mut self, now: Timestamp, is_end: bool) -> Option<Arc<Exchange>> {
        let first = self.waiting.front()?;
        let is_ripe = now.seconds_since(first.message.time) >= NEAR;
        (is_ripe || is_end).then(|| self.waiting.pop()).flatten()
    }

    /// Notes that a refusal was wrong, since its name verifies in `zone`. Gives the refusals to
    /// be counted: none until it is clear that the resolver is at fault.
    pub(super) fn wrong(&mut self, exchange: &Arc<Exchange>, zone: &Name) -> Vec<Arc<Exchange>> {
        let resolver = exchange.resolver();
        if self.wrong.len() >= RESOLVERS && !self.wrong.contains_key(&resolver) {
            return Vec::new();
        }
        let refused = self.wrong.entry(resolver).or_default();
        let time = exchange.message.time;
        if !refused.is_told && time.seconds_since(refused.last) > CROWD_SECONDS {
            *refused = Refused::default();
        }
        refused.last = time;
        if !refused.is_told {
            let name = exchange.message.question.as_ref();
            refused.names.extend(name.map(|asked| asked.name.clone()));
            refused.zones.insert(zone.clone());
            let is_crowd = refused.names.len() >= CROWD.0 && refused.zones.len() >= CROWD.1;
            refused.is_told = blames_data(exchange) || is_crowd;
        }
        refused.kept.push(Arc::clone(exchange));
        if refused.is_told || refused.kept.len() >= WAITING {
            let kept = std::mem::take(&mut refused.kept);
            return if refused.is_told { kept } else { Vec::new() };
        }
        Vec::new()
    }
}

/// Whether the resolver says that it refuses because of DNSSEC.
fn blames_data(exchange: &Exchange) -> bool {
    let mut errors = exchange.message.edns.iter().flat_map(|edns| &edns.errors);
    errors.any(|error| BLAMES_DATA.contains(&error.code))
}

/// The zone in which what a client asked for verified about then. A resolver that does not say
/// why it refuses must have got it meanwhile: else its servers may not have answered at all.
pub(super) fn verified_in(exchange: &Exchange, evidence: &Evidence) -> Option<Name> {
    let question = exchange.message.question.as_ref()?;
    let time = exchange.message.time;
    let blames_data = blames_data(exchange);
    let asked = exchange.asked.map(|asked| asked.time);
    let was_refused = |sight: &Sighting| {
        let is_meanwhile = asked.is_some_and(|asked| (asked..=time).contains(&sight.time));
        let is_its_own = sight.resolver == exchange.resolver();
        is_meanwhile && is_its_own && sight.vantage == Vantage::Upstream
    };
    // That an alias verifies tells nothing of where it leads.
    let is_answer = |sight: &Sighting| {
        sight.name == question.name
            && sight.rtype == question.rtype
            && time.seconds_since(sight.time).abs() <= NEAR
            && (blames_data || was_refused(sight))
    };
    question.name.ancestry().find(|zone| {
        let known = evidence.of(zone);
        known.is_some_and(|known| known.sightings.iter().any(is_answer))
    })
}
