//! Whether the servers of the portfolio's zones answer at all.

use super::servers::Referral;
use crate::exchange::{Exchange, Standing};
use crate::message::{Header, Name, Question, Rtype};
use crate::packet::Flow;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// For so long no server may have answered.
const OUTAGE_SECONDS: i64 = 60;

/// So many queries must have gone unanswered.
const TRIES: usize = 5;

/// A query so young may still be answered.
const PATIENCE_SECONDS: i64 = 5;

/// A server that answered no longer before than this must have been tried in vain too.
const LATELY_SECONDS: i64 = 86_400;

/// A lasting outage is told of again after so long, if it was tried again.
const REPEAT_SECONDS: i64 = 60;

/// The same query again within this time is a mirror's copy: 50 ms.
const MIRROR_NANOS: i64 = 50_000_000;

/// Servers of one zone.
const SERVERS: usize = 64;

/// Queries that may still be answered, of all zones, and for how long.
const OPEN: usize = 65_536;
const OPEN_SECONDS: i64 = 30;

/// Resolvers that an outage names.
const RESOLVERS: usize = 20;

/// Other servers whose last answers are remembered.
const OTHERS: usize = 256;

/// No server of a zone answers, or one does again.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Outage {
    /// The zone.
    pub zone: Name,
    /// When this was found.
    pub time: Timestamp,
    /// The first query since the last answer.
    pub since: Timestamp,
    /// Queries since then.
    pub tries: usize,
    /// The servers that answered before, or that the parent names.
    pub servers: Vec<IpAddr>,
    /// Who asked.
    pub resolvers: Vec<IpAddr>,
    /// A server answers.
    pub is_over: bool,
}

/// A query: who asked from where, which server, and its identifier.
type Query = (SocketAddr, IpAddr, u16);

/// A server of a zone: one that answered with authority, or that the parent names.
#[derive(Debug, Default)]
struct Server {
    /// It answered with authority.
    is_authority: bool,
    last_answer: Option<Timestamp>,
    last_query: Timestamp,
    /// Tried since the last answer of any server of the zone.
    is_tried: bool,
}

#[derive(Debug, Default)]
struct Reached {
    servers: BTreeMap<IpAddr, Server>,
    /// The times of the first queries since the last answer, as many as are needed.
    first: Vec<Timestamp>,
    tries: usize,
    resolvers: BTreeSet<IpAddr>,
    told: Option<Timestamp>,
    /// Some server answered: the tap sees the way back.
    has_answered: bool,
}

/// Whether zones of the portfolio can be reached.
#[derive(Debug, Default)]
pub(super) struct Reach {
    portfolio: Arc<Portfolio>,
    zones: BTreeMap<Name, Reached>,
    /// Queries for these zones that may still be answered, and when they passed.
    open: BTreeMap<Query, (Name, Timestamp)>,
    /// The same, the oldest first.
    open_order: VecDeque<(Timestamp, Query)>,
    /// The zones that wait for answers.
    waiting: BTreeSet<Name>,
    /// When servers last answered, of whatever zone, and whom.
    others: BTreeMap<IpAddr, (Timestamp, IpAddr)>,
    found: Vec<Outage>,
    looked: Timestamp,
}

impl Reach {
    /// Of these zones nothing is known.
    pub(super) fn new(portfolio: Arc<Portfolio>) -> Self {
        Self {
            portfolio,
            ..Self::default()
        }
    }

    /// Takes up the portfolio of now.
    pub(super) fn reload(&mut self, portfolio: Arc<Portfolio>) {
        self.portfolio = portfolio;
        let portfolio = &self.portfolio;
        self.zones.retain(|zone, _| portfolio.zone(zone).is_some());
        self.waiting.retain(|zone| portfolio.zone(zone).is_some());
    }

    /// Whether there are zones to watch.
    pub(super) fn is_in_use(&self) -> bool {
        !self.portfolio.is_empty()
    }

    /// Takes in a query.
    pub(super) fn asked(&mut self, time: Timestamp, flow: Flow, id: u16, question: &Question) {
        let Some(zone) = self.zone_of(question) else {
            return;
        };
        let query = (flow.source, flow.destination.ip(), id);
        if !self.opens(query, &zone, time) {
            return;
        }
        let known = self.zones.entry(zone.clone()).or_default();
        let Some(server) = known.servers.get_mut(&query.1) else {
            return;
        };
        server.last_query = server.last_query.max(time);
        server.is_tried = true;
        known.tries += 1;
        if known.first.len() < TRIES {
            known.first.push(time);
        }
        if known.resolvers.len() < RESOLVERS {
            known.resolvers.insert(flow.source.ip());
        }
        self.waiting.insert(zone);
    }

    /// Takes in a response.
    pub(super) fn answered(
        &mut self,
        time: Timestamp,
        flow: Flow,
        header: Header,
        question: Option<&Question>,
    ) {
        if self.portfolio.is_empty() {
            return;
        }
        let server = flow.source.ip();
        let is_resolver = header.recursion_available()
            && (header.recursion_desired() || !header.is_authoritative());
        if is_resolver {
            return;
        }
        if self.others.len() >= OTHERS && !self.others.contains_key(&server) {
            let oldest = self.others.iter().min_by_key(|(_, answer)| **answer);
            if let Some(oldest) = oldest.map(|(address, _)| *address) {
                self.others.remove(&oldest);
            }
        }
        self.others.insert(server, (time, flow.destination.ip()));
        let zone = question.and_then(|question| self.zone_of(question));
        let query = (flow.destination, server, header.id);
        let is_its = |open: &(Name, Timestamp)| Some(&open.0) == zone.as_ref();
        if !self.open.get(&query).is_some_and(is_its) {
            return;
        }
        let Some((zone, _)) = self.open.remove(&query) else {
            return;
        };
        let known = self.zones.entry(zone.clone()).or_default();
        if header.is_authoritative() {
            known.meet(server).is_authority = true;
        }
        let Some(asked) = known.servers.get_mut(&server) else {
            return;
        };
        if asked.is_authority {
            asked.last_answer = Some(time);
            let is_news = known.told.is_some() || !known.has_answered;
            if is_news {
                let outage = known.outage(&zone, time, true);
                self.found.push(outage);
            }
            known.settle();
            self.waiting.remove(&zone);
        }
    }

    /// The same, of a response that was decoded.
    pub(super) fn seen(&mut self, exchange: &Exchange) {
        if exchange.standing == Standing::Matched && !self.portfolio.is_empty() {
            self.named(exchange);
        }
        let message = &exchange.message;
        let question = message.question.as_ref();
        self.answered(message.time, message.flow, message.header, question);
    }

    /// Takes in the servers that a referral names. They need not have answered yet.
    fn named(&mut self, exchange: &Exchange) {
        let Some(referral) = Referral::of(exchange) else {
            return;
        };
        if self.portfolio.zone(&referral.zone).is_none() {
            return;
        }
        let known = self.zones.entry(referral.zone).or_default();
        for (_, address) in &referral.addresses {
            if known.servers.len() < SERVERS {
                known.servers.entry(*address).or_default();
            }
        }
    }

    /// Notes that a query waits for its answer; false if it is a mirror's copy.
    fn opens(&mut self, query: Query, zone: &Name, time: Timestamp) -> bool {
        let before = self.open.insert(query, (zone.clone(), time));
        self.open_order.push_back((time, query));
        let horizon = time.plus_seconds(-OPEN_SECONDS);
        while let Some((oldest, query)) = self.open_order.front().copied() {
            if oldest >= horizon && self.open_order.len() <= OPEN {
                break;
            }
            self.open_order.pop_front();
            if self.open.get(&query).is_some_and(|open| open.1 == oldest) {
                self.open.remove(&query);
            }
        }
        before.is_none_or(|(_, before)| time.as_nanos() - before.as_nanos() > MIRROR_NANOS)
    }

    /// Moves the clock: looks for zones whose servers have not answered for too long.
    pub(super) fn advance(&mut self, now: Timestamp) {
        if self.waiting.is_empty() || now.seconds_since(self.looked) < 1 {
            return;
        }
        self.looked = now;
        for zone in &self.waiting {
            let Some(known) = self.zones.get_mut(zone) else {
                continue;
            };
            if known.is_out(now) && known.has_others(&self.others) {
                let outage = known.outage(zone, now, false);
                known.told = Some(now);
                self.found.push(outage);
            }
        }
    }

    /// How many things are kept.
    #[cfg(test)]
    pub(super) fn weight(&self) -> usize {
        let servers = self.zones.values().map(|known| known.servers.len());
        self.open.len() + self.open_order.len() + self.others.len() + servers.sum::<usize>()
    }

    /// Hands out what was found.
    pub(super) fn take(&mut self) -> Vec<Outage> {
        std::mem::take(&mut self.found)
    }

    /// The zone of the portfolio that a question is for. A DS set is its parent's.
    fn zone_of(&self, question: &Question) -> Option<Name> {
        let name = match question.rtype {
            Rtype::DS => self.portfolio.closest(&question.name.parent()?),
            _ => self.portfolio.closest(&question.name),
        };
        name.map(|zone| zone.name.clone())
    }
}

impl Reached {
    /// The servers that answered with authority, and those that the parent names and that were
    /// tried.
    fn authorities(&self) -> impl Iterator<Item = (&IpAddr, &Server)> {
        let servers = self.servers.iter();
        servers.filter(|(_, server)| server.is_authority || server.is_tried)
    }

    /// A server of the zone, a new one if need be: for it the one goes that was asked longest ago.
    fn meet(&mut self, address: IpAddr) -> &mut Server {
        if !self.servers.contains_key(&address) && self.servers.len() >= SERVERS {
            let servers = self.servers.iter();
            let first = servers.min_by_key(|(_, server)| (server.is_authority, server.last_query));
            if let Some(first) = first.map(|(address, _)| *address) {
                self.servers.remove(&first);
            }
        }
        self.servers.entry(address).or_default()
    }

    /// Forgets the tries: a server answered.
    fn settle(&mut self) {
        self.first.clear();
        self.tries = 0;
        self.resolvers.clear();
        self.told = None;
        self.has_answered = true;
        for server in self.servers.values_mut() {
            server.is_tried = false;
        }
    }

    /// Whether every server that answered lately was tried, for long and often enough.
    fn is_out(&self, now: Timestamp) -> bool {
        let (Some(since), Some(enough)) = (self.first.first(), self.first.get(TRIES - 1)) else {
            return false;
        };
        let is_silent = |server: &Server| {
            let answered = server.last_answer.unwrap_or_default();
            server.is_tried || since.seconds_since(answered) > LATELY_SECONDS
        };
        let newest = self.servers.values().map(|server| server.last_query).max();
        let is_told_anew = self.told.is_none_or(|told| {
            now.seconds_since(told) >= REPEAT_SECONDS && newest.is_some_and(|newest| newest > told)
        });
        is_told_anew
            && self.has_answered
            && now.seconds_since(*since) >= OUTAGE_SECONDS
            && now.seconds_since(*enough) >= PATIENCE_SECONDS
            && self.authorities().all(|(_, server)| is_silent(server))
    }

    /// Whether others answered the same resolvers since: else it is the resolver that reaches
    /// nobody, or the tap that sees nothing.
    fn has_others(&self, answers: &BTreeMap<IpAddr, (Timestamp, IpAddr)>) -> bool {
        let enough = self.first.last().copied().unwrap_or_default();
        let is_other = |address: &IpAddr| {
            let server = self.servers.get(address);
            server.is_none()
        };
        let mut answers = answers.iter();
        answers.any(|(address, (time, resolver))| {
            *time >= enough && self.resolvers.contains(resolver) && is_other(address)
        })
    }

    fn outage(&self, zone: &Name, time: Timestamp, is_over: bool) -> Outage {
        Outage {
            zone: zone.clone(),
            time,
            since: self.first.first().copied().unwrap_or(time),
            tries: self.tries,
            servers: self.authorities().map(|(address, _)| *address).collect(),
            resolvers: self.resolvers.iter().copied().collect(),
            is_over,
        }
    }
}
