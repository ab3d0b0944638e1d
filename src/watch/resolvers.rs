//! Which resolvers pass, and what tells that they validate.

use crate::exchange::{Exchange, Vantage};
use crate::message::Rtype;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// Resolvers kept besides those of the portfolio.
const BOUND: usize = 1024;

/// When there is no room, those not seen for so long make some.
const GONE_SECONDS: i64 = 3600;

/// Seconds between two looks for such.
const LOOK_SECONDS: i64 = 60;

/// What was seen of a resolver.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct ResolverSight {
    /// When something of it last passed.
    pub last: Timestamp,
    /// When it last fetched keys or a DS set, as those do that validate.
    pub fetched_keys: Option<Timestamp>,
    /// When it last told a client that it validated the answer: AD (RFC 4035 §3.2.3).
    pub authentic: Option<Timestamp>,
}

/// The resolvers that were seen, within bounds.
#[derive(Debug, Default)]
pub struct Resolvers {
    portfolio: Arc<Portfolio>,
    known: BTreeMap<IpAddr, ResolverSight>,
    /// When there was last a look for some that are gone.
    looked: Timestamp,
}

impl Resolvers {
    pub(super) fn new(portfolio: Arc<Portfolio>) -> Self {
        Self {
            portfolio,
            ..Self::default()
        }
    }

    /// Those that were seen, by address.
    pub fn all(&self) -> &BTreeMap<IpAddr, ResolverSight> {
        &self.known
    }

    /// Takes in a response. One that nobody asked for tells of nobody.
    pub(super) fn seen(&mut self, exchange: &Exchange) {
        let (address, time) = (exchange.resolver(), exchange.message.time);
        if !exchange.standing.may_accuse() || !self.has_room(address, time) {
            return;
        }
        let sight = self.known.entry(address).or_default();
        sight.last = sight.last.max(time);
        let question = exchange.message.question.as_ref();
        let is_told = match exchange.vantage {
            Vantage::Upstream => {
                let asks_keys = |rtype| matches!(rtype, Rtype::DNSKEY | Rtype::DS);
                let is_fetch = question.is_some_and(|question| asks_keys(question.rtype));
                is_fetch.then_some(&mut sight.fetched_keys)
            }
            Vantage::Downstream => {
                let is_authentic = exchange.message.header.is_authentic();
                is_authentic.then_some(&mut sight.authentic)
            }
        };
        if let Some(told) = is_told {
            *told = (*told).max(Some(time));
        }
    }

    fn has_room(&mut self, address: IpAddr, now: Timestamp) -> bool {
        let most = BOUND.saturating_add(self.portfolio.resolvers().len());
        if self.known.len() < most
            || self.known.contains_key(&address)
            || self.portfolio.resolver(&address).is_some()
        {
            return true;
        }
        if now.seconds_since(self.looked) < LOOK_SECONDS {
            return false;
        }
        self.looked = now;
        let portfolio = Arc::clone(&self.portfolio);
        self.known.retain(|known, sight| {
            let is_gone = now.seconds_since(sight.last) >= GONE_SECONDS;
            !is_gone || portfolio.resolver(known).is_some()
        });
        self.known.len() < most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_so_many_until_some_are_gone() {
        let mut resolvers = Resolvers::new(Arc::default());
        let start = Timestamp::new(1_800_000_000, 0);
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        for number in 0..2000 {
            if resolvers.has_room(address(number), start) {
                let sight = resolvers.known.entry(address(number)).or_default();
                sight.last = start;
            }
        }
        assert_eq!(resolvers.known.len(), BOUND);
        assert!(resolvers.has_room(address(0), start), "known before");
        assert!(!resolvers.has_room(address(5000), start.plus_seconds(1800)));
        assert!(resolvers.has_room(address(5000), start.plus_seconds(GONE_SECONDS)));
    }
}
