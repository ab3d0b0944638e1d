//! A zone that is served without signatures while caches still hold its DS set.

use super::change::{Change, ChangeKind};
use super::history::History;
use super::keys::KeyList;
use super::open::draft_at;
use super::timeline::Entry;
use crate::exchange::Exchange;
use crate::message::{Message, Name, Rcode, Rrset, Rtype};
use std::sync::Arc;

/// Unsigned answers that it takes: one could be forged.
const UNSIGNED_SIGHTS: u32 = 2;

/// The zone that speaks for itself, at its own server, without any signature though asked for
/// them: the authority section names its apex.
pub(super) fn unsigned_apex(exchange: &Exchange) -> Option<&Name> {
    let message = &exchange.message;
    let header = message.header;
    let is_asked = header.is_authoritative()
        && matches!(header.rcode, Rcode::NOERROR | Rcode::NXDOMAIN)
        && !header.is_truncated()
        && !message.is_incomplete
        && exchange.dnssec_ok();
    let question = message.question.as_ref()?;
    if !is_asked || sets(message).any(is_signed) {
        return None;
    }
    let is_apex = |set: &&Rrset| {
        matches!(set.rtype, Rtype::SOA | Rtype::NS) && question.name.is_at_or_below(&set.owner)
    };
    let apex = message.authority.iter().find(is_apex);
    apex.map(|set| &set.owner)
}

fn sets(message: &Message) -> impl Iterator<Item = &Rrset> {
    message.answer.iter().chain(&message.authority)
}

fn is_signed(set: &Rrset) -> bool {
    !set.signatures.is_empty() || set.rtype.is_dnssec()
}

impl History {
    /// Takes in an answer in which the zone shows no signature, or no DNSKEY. After the DS set
    /// was withdrawn that is too early until the last cache has dropped it, and the keys that it
    /// vouched for: a resolver that verified them expects signatures for as long.
    pub(super) fn see_unsigned(&mut self, exchange: &Arc<Exchange>) {
        let time = exchange.message.time;
        let is_withdrawn = self
            .ds
            .current()
            .is_some_and(|current| current.set.is_empty() && current.first_seen <= time);
        let last = self.judged.back().map(|judged| &judged.change);
        let is_hijack = last.is_some_and(|change| change.is_hijack);
        if !is_withdrawn || is_hijack || !exchange.is_first_hand() || !self.open.is_empty() {
            return;
        }
        let mut past = self.ds.past();
        let Some(held) = past.find(|old| old.was_current && old.set.is_usable()) else {
            return;
        };
        let keys = self.keys.current();
        let keys = keys.filter(|keys| keys.set.is_named_by(&self.zone, &held.set));
        // Keys that are fetched later are verified by nobody.
        let vouched = |keys: &Entry<KeyList>| {
            let last = held.held_until.plus_ttl(keys.ttl);
            held.held_until.max(keys.held_until.min(last))
        };
        let until = keys.map_or(held.held_until, vouched);
        if until <= time || !self.link.counts_unsigned(&held.set, UNSIGNED_SIGHTS) {
            return;
        }
        let why = format!(
            "the DS set ({}) was withdrawn and the zone is served without signatures already, \
             while caches may hold that DS set or the keys that it vouched for until {until}: \
             resolvers that do find every answer bogus until then",
            held.set.keys()
        );
        self.told.push(Change {
            before: held.set.texts(),
            before_seen: Some(held.last_seen),
            breaks_at: Some(time),
            caches_hold_until: Some(until),
            undo_until: Some(until),
            why,
            ..draft_at(&self.zone, ChangeKind::PrematureStep, time, exchange)
        });
    }
}
