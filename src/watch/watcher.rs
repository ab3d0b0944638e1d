//! The room's one state: the histories of all zones and what waits in them.

use super::change::Change;
use super::ds::DsSet;
use super::history::History;
use super::open::Signature;
use super::servers::Referral;
use super::timeline::{Proof, is_fresh};
use super::unsigned::unsigned_apex;
use super::zones::Zones;
use crate::chain::{Fact, Shown, ValidationState, Verdict};
use crate::exchange::Exchange;
use crate::message::{Name, Rcode, Rtype};
use crate::time::Timestamp;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the watch is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Zones whose history is kept, besides the protected ones.
    pub zones: usize,
    /// Zones that are never forgotten: trust anchors and the portfolio. Nor is what is above
    /// them.
    pub protected: Vec<Name>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            zones: 100_000,
            protected: Vec::new(),
        }
    }
}

/// Watches DS sets, keys and parent-side NS sets.
#[derive(Debug)]
pub struct Watch {
    zones: Zones,
    /// When something is due, by zone. An entry may be out of date, then nothing happens.
    due: BTreeSet<(Timestamp, Name)>,
}

impl Watch {
    /// A watch that has seen nothing.
    pub fn new(config: &Config) -> Self {
        Self {
            zones: Zones::new(config.zones, &config.protected),
            due: BTreeSet::new(),
        }
    }

    /// Takes in a response before it is judged, in capture order: what is unsigned in it may be
    /// evidence beside a change.
    pub fn seen(&mut self, exchange: &Arc<Exchange>) -> Vec<Change> {
        if let Some(referral) = Referral::of(exchange) {
            let zone = referral.zone.clone();
            return self.known(&zone, |history| history.see_referral(referral, exchange));
        }
        if let Some(zone) = keyless_apex(exchange) {
            return self.known(zone, |history| history.see_unproven(None, exchange));
        }
        match unsigned_apex(exchange) {
            Some(zone) => self.known(zone, |history| history.see_unsigned(exchange)),
            None => Vec::new(),
        }
    }

    /// Takes in what the chain of trust verified, as it is settled.
    pub fn learnt(&mut self, fact: &Fact) -> Vec<Change> {
        if let Shown::UnprovenKeys(rrset) = &fact.shown {
            return self.known(&fact.zone, |history| {
                history.see_unproven(Some(rrset), &fact.exchange);
            });
        }
        // Only verified sets enter history.
        let Some(proof) = Proof::of(fact) else {
            return Vec::new();
        };
        let history = self.zones.touch(&fact.zone, proof.sight.time);
        match &fact.shown {
            Shown::Ds(rrset) => history.see_ds(DsSet::new(rrset), &proof),
            Shown::NoDs { .. } => history.see_ds(DsSet::default(), &proof),
            Shown::Keys(keys) => history.see_keys(keys, &proof),
            Shown::Announcement(rrset) => history.see_announcement(rrset, &proof),
            Shown::UnprovenKeys(_) => {}
        }
        let (told, deadline) = (history.tell(), history.deadline());
        self.queue(&fact.zone, deadline);
        told
    }

    /// Takes in a verdict: who signs a zone's data while a change of its keys is open.
    pub fn judged(&mut self, verdict: &Verdict) -> Vec<Change> {
        let subject = &verdict.subject;
        let is_data = |(_, rtype): &(Name, Rtype)| *rtype != Rtype::DNSKEY;
        if self.due.is_empty()
            || verdict.state != ValidationState::Secure
            || !verdict.exchange.standing.may_accuse()
            || !subject.rrset.as_ref().is_some_and(is_data)
        {
            return Vec::new();
        }
        let Some((by, key)) = subject
            .signed_by
            .as_ref()
            .and_then(|by| Some((by, by.key.as_ref()?)))
        else {
            return Vec::new();
        };
        let signature = Signature {
            key: key.clone(),
            inception: by.inception,
            time: verdict.exchange.message.time,
            decided_at: verdict.decided_at,
            is_fresh: is_fresh(&verdict.exchange),
        };
        self.known(&by.signer, |history| history.see_signature(&signature))
    }

    /// Moves the clock: what is due is judged by what is known.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Change> {
        let after_now = Timestamp::from_nanos(now.as_nanos().saturating_add(1));
        let later = self.due.split_off(&(after_now, Name::root()));
        let due = std::mem::replace(&mut self.due, later);
        let mut out = Vec::new();
        for (_, zone) in due {
            out.extend(self.known(&zone, |history| history.lapse(now)));
        }
        out
    }

    /// Ends the input: judges all that is open.
    pub fn finish(&mut self, now: Timestamp) -> Vec<Change> {
        let mut out = self.advance(now);
        let open: BTreeSet<Name> = std::mem::take(&mut self.due)
            .into_iter()
            .map(|(_, zone)| zone)
            .collect();
        for zone in open {
            if let Some(history) = self.zones.known(&zone) {
                history.lapse(Timestamp::MAX);
                out.extend(history.tell());
            }
        }
        out
    }

    /// The zones with a history, in canonical order.
    pub fn zones(&self) -> impl Iterator<Item = &Name> {
        self.zones.names()
    }

    /// Does something to a history that exists, and queues what waits in it then.
    fn known(&mut self, zone: &Name, act: impl FnOnce(&mut History)) -> Vec<Change> {
        let Some(history) = self.zones.known(zone) else {
            return Vec::new();
        };
        act(history);
        let (told, deadline) = (history.tell(), history.deadline());
        self.queue(zone, deadline);
        told
    }

    fn queue(&mut self, zone: &Name, deadline: Option<Timestamp>) {
        if let Some(deadline) = deadline {
            self.due.insert((deadline, zone.clone()));
        }
    }
}

/// The zone whose own server says that it has no DNSKEY: the SOA shows the apex.
fn keyless_apex(exchange: &Exchange) -> Option<&Name> {
    let message = &exchange.message;
    let question = message.question.as_ref()?;
    let is_apex =
        |set: &crate::message::Rrset| set.rtype == Rtype::SOA && set.owner == question.name;
    (question.rtype == Rtype::DNSKEY
        && message.header.rcode == Rcode::NOERROR
        && message.header.is_authoritative()
        && !message.header.is_truncated()
        && message.answer.is_empty()
        && message.authority.iter().any(is_apex))
    .then_some(&question.name)
}
