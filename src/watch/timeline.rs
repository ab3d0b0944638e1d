//! The sets that a zone had, ordered by the inception of their signatures.

use crate::chain::{Fact, SignedBy};
use crate::time::{Timestamp, Ttl};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;

/// Sets of before that are remembered besides the current one.
const PAST_SETS: usize = 15;

/// Servers that are remembered for a set.
const SERVERS: usize = 32;

/// When, where and by which signature a set was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sight {
    /// When the message passed.
    pub(super) time: Timestamp,
    /// From when on the signature is valid.
    pub(super) inception: Timestamp,
    /// The TTL that the set has in its zone.
    pub(super) original_ttl: Ttl,
    /// Until when whoever took this sight to heart holds the set.
    held_until: Timestamp,
    /// Who said it.
    pub(super) server: IpAddr,
    /// It came from an authoritative server and answers a query: no cached data.
    pub(super) is_fresh: bool,
}

impl Sight {
    /// The sight that a verified fact tells of.
    fn of(fact: &Fact, signed_by: &SignedBy) -> Self {
        let time = fact.exchange.message.time;
        Self {
            time,
            inception: signed_by.inception,
            original_ttl: signed_by.original_ttl,
            held_until: time.plus_ttl(fact.ttl.min(signed_by.original_ttl)),
            server: fact.exchange.server(),
            is_fresh: fact.exchange.is_first_hand(),
        }
    }
}

/// A verified fact and the signature that proves it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof<'a> {
    /// The fact.
    pub(super) fact: &'a Fact,
    /// The signature.
    pub(super) by: &'a SignedBy,
    /// When and where it was seen.
    pub(super) sight: Sight,
}

impl<'a> Proof<'a> {
    /// Of a fact that has a signature; only such enter history.
    pub(super) fn of(fact: &'a Fact) -> Option<Self> {
        let by = fact.signed_by.as_ref()?;
        let sight = Sight::of(fact, by);
        Some(Self { fact, by, sight })
    }
}

/// A server that showed a set.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Shower {
    server: IpAddr,
    /// When it did last.
    last_seen: Timestamp,
    /// Until when whoever asked it may hold the set.
    held_until: Timestamp,
    /// It has since the set is in force, not only before an interruption.
    is_of_today: bool,
}

/// A set and its sights.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Entry<S> {
    /// The set.
    pub(super) set: Arc<S>,
    /// The latest inception of the signatures that proved it.
    pub(super) inception: Timestamp,
    /// The TTL that it has in its zone.
    pub(super) ttl: Ttl,
    /// Its very first sight.
    pub(super) known_since: Timestamp,
    /// Its first sight, or the first since it is back.
    pub(super) first_seen: Timestamp,
    /// Its last sight.
    pub(super) last_seen: Timestamp,
    /// Until when caches may hold it, as far as its sights while it was current tell.
    pub(super) held_until: Timestamp,
    /// It was in force once, not only shown late.
    pub(super) was_current: bool,
    /// The servers that showed it, as far as they fit.
    servers: Vec<Shower>,
    /// Since when it is seen and the current set is not.
    alone_since: Option<Timestamp>,
    /// It was reported as stale since it last was current.
    is_stale_told: bool,
}

impl<S> Entry<S> {
    fn new(set: Arc<S>, sight: &Sight) -> Self {
        let mut entry = Self {
            set,
            inception: sight.inception,
            ttl: sight.original_ttl,
            known_since: sight.time,
            first_seen: sight.time,
            last_seen: sight.time,
            held_until: sight.held_until,
            was_current: false,
            servers: Vec::new(),
            alone_since: None,
            is_stale_told: false,
        };
        entry.note(sight);
        entry
    }

    fn note(&mut self, sight: &Sight) {
        if sight.inception > self.inception {
            self.inception = sight.inception;
            self.ttl = sight.original_ttl;
        }
        self.known_since = self.known_since.min(sight.time);
        self.first_seen = self.first_seen.min(sight.time);
        self.last_seen = self.last_seen.max(sight.time);
        if !sight.is_fresh {
            return;
        }
        let known = self.servers.iter_mut().find(|by| by.server == sight.server);
        if let Some(known) = known {
            known.last_seen = known.last_seen.max(sight.time);
            known.held_until = known.held_until.max(sight.held_until);
            known.is_of_today = true;
        } else if self.servers.len() < SERVERS {
            self.servers.push(Shower {
                server: sight.server,
                last_seen: sight.time,
                held_until: sight.held_until,
                is_of_today: true,
            });
        }
    }

    /// The set comes into force. What was seen of it before an interruption counts no longer.
    fn promote(&mut self, sight: &Sight) {
        self.first_seen = sight.time;
        self.held_until = sight.held_until;
        for server in &mut self.servers {
            server.is_of_today = false;
        }
        self.confirm(sight);
    }

    /// Takes in a sight while the set is in force.
    fn confirm(&mut self, sight: &Sight) {
        self.note(sight);
        self.held_until = self.held_until.max(sight.held_until);
        self.was_current = true;
        self.alone_since = None;
        self.is_stale_told = false;
    }

    /// Whether this server showed the set since it is in force.
    pub(super) fn is_from(&self, server: IpAddr) -> bool {
        let mut servers = self.servers.iter();
        servers.any(|by| by.server == server && by.is_of_today)
    }

    /// The servers that showed it, in the order of their first sights.
    pub(super) fn servers(&self) -> impl Iterator<Item = IpAddr> {
        self.servers.iter().map(|by| by.server)
    }

    /// Whether caches may hold what some server showed.
    pub(super) fn is_held(&self, now: Timestamp) -> bool {
        self.servers.iter().any(|by| by.held_until > now)
    }

    /// When this server last showed it.
    pub(super) fn seen_at(&self, server: IpAddr) -> Option<Timestamp> {
        self.shower(server).map(|by| by.last_seen)
    }

    /// Until when caches may hold what this server showed.
    pub(super) fn held_from(&self, server: IpAddr) -> Option<Timestamp> {
        self.shower(server).map(|by| by.held_until)
    }

    fn shower(&self, server: IpAddr) -> Option<&Shower> {
        self.servers.iter().find(|by| by.server == server)
    }
}

/// How a sight stands to what was seen before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Place {
    /// The first of all.
    First,
    /// The current set once more.
    Same,
    /// The set is the current one from now on.
    New,
    /// Older than the current set, or a server that lags.
    Stale {
        /// Not reported yet.
        is_news: bool,
        /// This server showed the current set before, and every cache has had time to drop
        /// this one.
        is_replay: bool,
    },
}

/// The sets that a zone had.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Timeline<S> {
    current: Option<Entry<S>>,
    /// Latest first.
    past: VecDeque<Entry<S>>,
}

impl<S> Default for Timeline<S> {
    fn default() -> Self {
        Self {
            current: None,
            past: VecDeque::new(),
        }
    }
}

impl<S: PartialEq> Timeline<S> {
    /// The set in force.
    pub(super) fn current(&self) -> Option<&Entry<S>> {
        self.current.as_ref()
    }

    /// The set that the current one took the place of.
    pub(super) fn previous(&self) -> Option<&Entry<S>> {
        self.past.front()
    }

    /// The sets of before, latest first.
    pub(super) fn past(&self) -> impl Iterator<Item = &Entry<S>> {
        self.past.iter()
    }

    /// All sets, the current one first.
    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry<S>> {
        self.current.iter().chain(&self.past)
    }

    /// The set that this server showed last.
    pub(super) fn latest_from(&self, server: IpAddr) -> Option<&Entry<S>> {
        let seen = self.entries().filter_map(|entry| {
            let at = entry.seen_at(server)?;
            Some((at, entry))
        });
        // Of two sights in one moment the current set's counts, which comes first.
        seen.reduce(|best, next| if next.0 > best.0 { next } else { best })
            .map(|(_, entry)| entry)
    }

    /// Takes a sight in and tells where it belongs.
    pub(super) fn place(&mut self, set: Arc<S>, sight: &Sight) -> Place {
        let Some(current) = self.current.as_mut() else {
            let mut entry = Entry::new(set, sight);
            entry.confirm(sight);
            self.current = Some(entry);
            return Place::First;
        };
        if current.set == set {
            current.confirm(sight);
            self.interrupt();
            return Place::Same;
        }
        let known = self.past.iter().position(|entry| entry.set == set);
        let is_newer = match known {
            // Content never seen is new on a tie: online signers sign within one second.
            None => sight.inception >= current.inception,
            Some(_) => sight.inception > current.inception && !is_lagging(current, sight),
        };
        let mut entry = match known.and_then(|at| self.past.remove(at)) {
            Some(mut entry) => {
                entry.note(sight);
                entry
            }
            None => Entry::new(set, sight),
        };
        if is_newer || is_alone(&mut entry, current, sight) {
            entry.promote(sight);
            self.past.push_front(std::mem::replace(current, entry));
            self.past.truncate(PAST_SETS);
            self.interrupt();
            return Place::New;
        }
        let is_news = !std::mem::replace(&mut entry.is_stale_told, true);
        let is_replay = sight.is_fresh
            && current.is_from(sight.server)
            && sight.time > current.first_seen.plus_ttl(entry.ttl);
        // A set that never was current must not stand as the one of before.
        self.past.truncate(PAST_SETS - 1);
        let at = known.unwrap_or(PAST_SETS).min(self.past.len());
        self.past.insert(at, entry);
        Place::Stale { is_news, is_replay }
    }

    /// The current set was seen: no older one is alone any more.
    fn interrupt(&mut self) {
        for entry in &mut self.past {
            entry.alone_since = None;
        }
    }
}

/// Whether a set of before, signed anew, comes from a server that has not followed yet: online
/// signers, or two signers of one zone, sign the old set after the new one. It says nothing
/// until caches have had time to drop the current set.
fn is_lagging<S>(current: &Entry<S>, sight: &Sight) -> bool {
    !current.is_from(sight.server) && sight.time <= current.held_until
}

/// Whether an older set has been seen without the current one for longer than any cache may
/// hold either.
fn is_alone<S>(entry: &mut Entry<S>, current: &Entry<S>, sight: &Sight) -> bool {
    if !sight.is_fresh || sight.time < current.last_seen {
        return false;
    }
    let since = *entry.alone_since.get_or_insert(sight.time);
    sight.time > since.plus_ttl(current.ttl.max(entry.ttl))
}
