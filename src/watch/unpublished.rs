//! Data signed with a key that no DNSKEY RRset seen so far holds.
//!
//! Nothing verifies it, so it is no knowledge about the zone: it only tells that the keys which
//! caches hold do not go with what its servers give out, and for how long they are held.

use super::change::{Change, ChangeKind, Set};
use super::history::History;
use super::open::draft_at;
use crate::chain::{Reason, SignedBy, Verdict};
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};

/// RRsets that it takes: one answer could be forged.
const RRSETS: usize = 2;

/// RRsets signed with one unknown key.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Unpublished {
    /// Its tag and algorithm.
    key: (u16, u8),
    /// What it signed, as far as that is needed.
    about: Vec<(Name, Rtype)>,
    /// The first sight.
    since: Timestamp,
    is_told: bool,
}

/// A response that lacks nothing but the key that its signature names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unverified<'a> {
    verdict: &'a Verdict,
    pub(super) by: &'a SignedBy,
    about: &'a (Name, Rtype),
}

impl<'a> Unverified<'a> {
    /// Of a verdict about data that a server of the zone gave out.
    pub(super) fn of(verdict: &'a Verdict) -> Option<Self> {
        let subject = &verdict.subject;
        let (by, about) = subject.signed_by.as_ref().zip(subject.rrset.as_ref())?;
        let is_one = verdict.reason == Some(Reason::DnskeyMissing)
            && !verdict.is_broken_link
            && by.key.is_none()
            && about.1 != Rtype::DNSKEY
            && subject.zone.as_ref() == Some(&by.signer)
            && verdict.exchange.message.header.is_authoritative()
            && verdict.exchange.is_first_hand();
        is_one.then_some(Self { verdict, by, about })
    }
}

impl History {
    /// Takes in data signed with an unknown key. If all that was seen since is, and the keys were
    /// not seen since, the key signs before caches can have it (RFC 7583 §3.2.1).
    pub(super) fn see_unpublished(&mut self, seen: &Unverified<'_>) {
        let exchange = &seen.verdict.exchange;
        let time = exchange.message.time;
        let key = (seen.by.key_tag, seen.by.algorithm);
        if self
            .unpublished
            .as_ref()
            .is_none_or(|known| known.key != key)
        {
            self.unpublished = Some(Unpublished {
                key,
                about: Vec::new(),
                since: time,
                is_told: false,
            });
        }
        let Some(known) = self.unpublished.as_mut() else {
            return;
        };
        if known.about.len() < RRSETS && !known.about.contains(seen.about) {
            known.about.push(seen.about.clone());
        }
        known.since = known.since.min(time);
        let since = known.since;
        let held = self.keys.current().filter(|keys| {
            keys.held_until > time && keys.last_seen < since && keys.is_from(exchange.server())
        });
        let Some(held) = held.filter(|_| known.about.len() >= RRSETS && !known.is_told) else {
            return;
        };
        if self.servers.stranger().is_some()
            || self.is_accused(time)
            || self.sole.has_since(exchange.server(), since)
        {
            return;
        }
        let until = held.held_until;
        let why = format!(
            "since {since} the zone's data is signed by key {}, which the DNSKEY RRset (keys {}) \
             that caches may hold until {until} lacks: resolvers that do cannot verify the zone \
             until then",
            key.0,
            held.set.tags()
        );
        let change = Change {
            set: Set::Dnskey,
            before: held.set.texts(),
            before_seen: Some(held.last_seen),
            breaks_at: Some(since),
            caches_hold_until: Some(until),
            undo_until: Some(until),
            why,
            ..draft_at(&self.zone, ChangeKind::PrematureStep, time, exchange)
        };
        if let Some(known) = self.unpublished.as_mut() {
            known.is_told = true;
        }
        self.told.push(change);
    }
}
