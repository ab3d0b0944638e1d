//! The servers that the parent names for a zone: unsigned, so evidence and never trust.

use super::change::{Change, ChangeKind};
use super::open::draft_at;
use crate::exchange::Exchange;
use crate::message::{Name, Rcode, Rtype};
use crate::time::{Timestamp, Ttl};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::net::IpAddr;
use std::sync::Arc;

/// Sets of before that are remembered.
const PAST_SETS: usize = 7;

/// Addresses and servers that are remembered of one set.
const SERVERS: usize = 64;

/// A referral's word on who serves a zone.
#[derive(Clone, Debug)]
pub(super) struct Referral {
    /// The zone.
    pub(super) zone: Name,
    names: BTreeSet<Name>,
    pub(super) addresses: BTreeSet<(Name, IpAddr)>,
    ttl: Ttl,
    time: Timestamp,
}

impl Referral {
    /// Reads a parent's referral: no authority, no answer, and the NS set of a zone that the
    /// question lies in, beside its DS set or what denies it. A lame server's pointer to
    /// anywhere has neither.
    pub(super) fn of(exchange: &Exchange) -> Option<Self> {
        let message = &exchange.message;
        let header = message.header;
        if !exchange.is_first_hand()
            || header.is_authoritative()
            || header.rcode != Rcode::NOERROR
            || !message.answer.is_empty()
            || header.is_truncated()
            || message.is_incomplete
        {
            return None;
        }
        let question = message.question.as_ref()?;
        let set = message.authority.iter().find(|set| {
            set.rtype == Rtype::NS
                && !set.owner.is_root()
                && question.name.is_at_or_below(&set.owner)
        })?;
        let has_status = message.authority.iter().any(|other| {
            matches!(other.rtype, Rtype::NSEC | Rtype::NSEC3)
                || (other.rtype == Rtype::DS && other.owner == set.owner)
        });
        let names: BTreeSet<Name> = set.targets().take(SERVERS).collect();
        let is_glue = |(name, _): &&(Name, IpAddr)| names.contains(name);
        let addresses = message.glue.iter().filter(is_glue).take(SERVERS);
        let addresses = addresses.cloned().collect();
        has_status.then(|| Self {
            zone: set.owner.clone(),
            names,
            addresses,
            ttl: set.ttl,
            time: message.time,
        })
    }
}

/// A change of the servers.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Move {
    /// The names before.
    pub(super) before: BTreeSet<Name>,
    /// The names after; the same where only their addresses changed.
    pub(super) after: BTreeSet<Name>,
    /// The last sight of the servers of before.
    pub(super) before_seen: Timestamp,
    /// Until when caches may hold them.
    pub(super) held_until: Timestamp,
    /// The first sight of those of after.
    pub(super) time: Timestamp,
    /// The zone's own keys have signed for it since.
    pub(super) is_settled: bool,
}

impl Move {
    /// Whether servers of before stay beside the new ones.
    pub(super) fn is_partial(&self) -> bool {
        self.before != self.after && !self.before.is_disjoint(&self.after)
    }

    /// Whether servers came that were not there before: those who leave hijack nothing.
    fn has_strangers(&self) -> bool {
        self.before == self.after || !self.after.is_subset(&self.before)
    }

    /// Where it leads, for a sentence.
    pub(super) fn leads_to(&self) -> String {
        const TOLD: usize = 2;
        let names: Vec<_> = self
            .after
            .iter()
            .take(TOLD)
            .map(ToString::to_string)
            .collect();
        let more = if self.after.len() > TOLD { ", …" } else { "" };
        format!("now {}{more}", names.join(", "))
    }

    /// The change, still without a judgement.
    pub(super) fn draft(&self, zone: &Name, exchange: &Arc<Exchange>) -> Change {
        let texts = |names: &BTreeSet<Name>| names.iter().map(ToString::to_string).collect();
        Change {
            before: texts(&self.before),
            after: texts(&self.after),
            before_seen: Some(self.before_seen),
            caches_hold_until: Some(self.held_until),
            ..draft_at(zone, ChangeKind::NsChanged, self.time, exchange)
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Seen {
    names: BTreeSet<Name>,
    addresses: BTreeSet<(Name, IpAddr)>,
    last_sight: Timestamp,
    held_until: Timestamp,
}

impl Seen {
    fn new(referral: Referral) -> Self {
        Self {
            held_until: referral.time.plus_ttl(referral.ttl),
            names: referral.names,
            addresses: referral.addresses,
            last_sight: referral.time,
        }
    }

    fn note(&mut self, referral: Referral) {
        self.last_sight = self.last_sight.max(referral.time);
        let held_until = referral.time.plus_ttl(referral.ttl);
        self.held_until = self.held_until.max(held_until);
        for address in referral.addresses {
            if self.addresses.len() < SERVERS {
                self.addresses.insert(address);
            }
        }
    }

    /// Whether a referral gives every server that both know in one address family another
    /// address. Referrals often leave glue out, so what is missing says nothing.
    fn is_moved(&self, referral: &Referral) -> bool {
        let comparable = |(name, address): &(Name, IpAddr)| {
            let is_same_kind = |(other, known): &(Name, IpAddr)| {
                other == name && known.is_ipv4() == address.is_ipv4()
            };
            self.addresses.iter().any(is_same_kind)
        };
        let mut compared = referral
            .addresses
            .iter()
            .filter(|new| comparable(new))
            .peekable();
        compared.peek().is_some() && compared.all(|new| !self.addresses.contains(new))
    }
}

/// The servers of a zone as its parent named them. Unsigned, so ordered by arrival: a set seen
/// before is a lagging server's, unless caches have dropped the current one.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Servers {
    current: Option<Seen>,
    past: Vec<Seen>,
    last_move: Option<Move>,
}

/// The servers that a parent named last for a zone: unsigned, so no more than a hint.
#[derive(Clone, Copy, Debug)]
pub struct Delegation<'a> {
    /// Their names.
    pub names: &'a BTreeSet<Name>,
    /// When they were last named.
    pub last_seen: Timestamp,
    /// Until when caches may hold them.
    pub held_until: Timestamp,
}

impl Servers {
    /// What the parent named last.
    pub(super) fn delegation(&self) -> Option<Delegation<'_>> {
        let current = self.current.as_ref()?;
        Some(Delegation {
            names: &current.names,
            last_seen: current.last_sight,
            held_until: current.held_until,
        })
    }

    /// Whether no referral was seen yet.
    pub(super) fn is_unknown(&self) -> bool {
        self.current.is_none()
    }

    /// The name that the parent's glue gives for an address.
    pub(super) fn name_of(&self, address: IpAddr) -> Option<&Name> {
        let seen = self.current.iter().chain(&self.past);
        let mut glue = seen.flat_map(|seen| &seen.addresses);
        glue.find(|(_, known)| *known == address)
            .map(|(name, _)| name)
    }

    /// The last change that brought servers which have not been seen with the zone's keys.
    pub(super) fn stranger(&self) -> Option<&Move> {
        let last = self.last_move.as_ref();
        last.filter(|moved| moved.has_strangers() && !moved.is_settled)
    }

    /// Forgets strangers that came before `time`.
    pub(super) fn forget_stranger(&mut self, time: Timestamp) {
        self.last_move.take_if(|moved| moved.time <= time);
    }

    /// The zone's own keys signed something at `time`, at servers of today. Tells whether that
    /// settles a change.
    pub(super) fn settle(&mut self, time: Timestamp) -> bool {
        let open = self.last_move.as_mut();
        open.filter(|moved| time >= moved.time && !moved.is_settled)
            .map(|moved| moved.is_settled = true)
            .is_some()
    }

    /// Takes a referral in; tells the move that it shows.
    pub(super) fn note(&mut self, referral: Referral) -> Option<&Move> {
        let Some(current) = self.current.as_mut() else {
            self.current = Some(Seen::new(referral));
            return None;
        };
        let is_same = current.names == referral.names;
        if is_same && !current.is_moved(&referral) {
            current.note(referral);
            return None;
        }
        let known = self
            .past
            .iter()
            .position(|past| past.names == referral.names && !past.is_moved(&referral));
        if let Some(past) = known.and_then(|at| self.past.get_mut(at))
            && referral.time <= current.held_until
        {
            past.note(referral);
            return None;
        }
        let time = referral.time;
        let before = std::mem::replace(current, Seen::new(referral));
        self.last_move = Some(Move {
            after: current.names.clone(),
            before_seen: before.last_sight,
            held_until: before.held_until,
            time,
            is_settled: false,
            before: before.names.clone(),
        });
        if let Some(at) = known {
            self.past.remove(at);
        }
        self.past.insert(0, before);
        self.past.truncate(PAST_SETS);
        self.last_move.as_ref()
    }
}
