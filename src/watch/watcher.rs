//! The room's one state: the histories of all zones and what waits in them.

use super::anchor::{Anchors, SavedReport, SavedSignals, StaleAnchor};
use super::bootstrap::parties;
use super::census::{Census, Presence};
use super::change::Change;
use super::ds::DsSet;
use super::history::History;
use super::reach::{Outage, Reach};
use super::resolvers::Resolvers;
use super::servers::Referral;
use super::signed::Signed;
use super::standing;
use super::timeline::Proof;
use super::unpublished::Unverified;
use super::unsigned::unsigned_apex;
use super::zones::Zones;
use crate::chain::{Fact, Shown, Verdict};
use crate::exchange::Exchange;
use crate::message::{Name, Outline, Rcode, Rrset, Rtype};
use crate::packet::Flow;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the watch is told before it starts.
#[derive(Clone, Debug)]
pub struct Config {
    /// Zones whose history is kept, besides those with trust anchors, those of the portfolio,
    /// and what is above them: these are never forgotten.
    pub zones: usize,
    /// Histories are written down: [`Watch::take_changed`] is asked now and then.
    pub is_kept: bool,
    /// Zones that have trust anchors.
    pub anchored: Vec<Name>,
    /// What the operator says of zones.
    pub portfolio: Arc<Portfolio>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            zones: 100_000,
            is_kept: false,
            anchored: Vec::new(),
            portfolio: Arc::default(),
        }
    }
}

/// Watches DS sets, keys and parent-side NS sets.
#[derive(Debug)]
pub struct Watch {
    zones: Zones,
    anchors: Anchors,
    reach: Reach,
    census: Census,
    resolvers: Resolvers,
    /// When something is due, by zone. An entry may be out of date, then nothing happens.
    due: BTreeSet<(Timestamp, Name)>,
    /// How zones fare is only told by what is written down.
    is_kept: bool,
}

impl Watch {
    /// A watch that has seen nothing.
    pub fn new(config: &Config) -> Self {
        Self {
            zones: Zones::new(config),
            anchors: Anchors::new(&config.anchored, config.is_kept),
            reach: Reach::new(Arc::clone(&config.portfolio)),
            census: Census::new(Arc::clone(&config.portfolio)),
            resolvers: Resolvers::new(Arc::clone(&config.portfolio)),
            due: BTreeSet::new(),
            is_kept: config.is_kept,
        }
    }

    /// Takes up what the operator says by now. Nothing that was seen is forgotten, but for the
    /// census of zones that are in the portfolio no longer.
    pub fn reload(&mut self, config: &Config) {
        self.zones.reload(config);
        self.anchors.reload(&config.anchored);
        self.reach.reload(Arc::clone(&config.portfolio));
        self.census.reload(Arc::clone(&config.portfolio));
    }

    /// Takes in a response before it is judged, in capture order: what is unsigned in it may be
    /// evidence beside a change.
    pub fn seen(&mut self, exchange: &Arc<Exchange>) -> Vec<Change> {
        self.reach.seen(exchange);
        self.census.seen(exchange);
        self.note_resolver(exchange);
        self.resolvers.seen(exchange);
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
        self.census.learnt(fact);
        if let Shown::UnprovenKeys(rrset) = &fact.shown {
            return self.known(&fact.zone, |history| {
                history.see_unproven(Some(rrset), &fact.exchange);
            });
        }
        if let Shown::Anchors(report) = &fact.shown {
            return self.anchors.reported(fact, report).into_iter().collect();
        }
        if let Shown::Signal(rrset) = &fact.shown {
            return self.signalled(fact, rrset);
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
            Shown::UnprovenKeys(_) | Shown::Anchors(_) | Shown::Signal(_) => {}
        }
        let (told, is_open) = (history.tell(), history.deadline().is_some());
        let look = history.next_look();
        self.note(&fact.zone, is_open || !told.is_empty(), look);
        told
    }

    /// Takes in what a server's operator says of the first DS set of a zone that is known here:
    /// anybody can write any zone's name below his own.
    fn signalled(&mut self, fact: &Fact, rrset: &Rrset) -> Vec<Change> {
        let Some(((zone, server), proof)) = parties(&rrset.owner).zip(Proof::of(fact)) else {
            return Vec::new();
        };
        self.known(&zone, |history| history.see_signal(server, rrset, &proof))
    }

    /// Takes in a query: resolvers say in some which trust anchors they have (RFC 8145).
    pub fn asked(&mut self, time: Timestamp, flow: Flow, query: &Outline) {
        self.anchors.asked(time, flow, query);
        if let Some(question) = &query.question {
            self.reach.advance(time);
            self.reach.asked(time, flow, query.header.id, question);
        }
    }

    /// Takes in a response that has nothing to do with DNSSEC: somebody answers.
    pub fn answered(&mut self, time: Timestamp, flow: Flow, response: &Outline) {
        let question = response.question.as_ref();
        self.reach.answered(time, flow, response.header, question);
        self.census.answered(time, question);
    }

    /// Whether it wants to know of every query and every response what it asks: only zones of a
    /// portfolio are watched as closely.
    pub fn wants_questions(&self) -> bool {
        self.reach.is_in_use()
    }

    /// What was seen of the zones of the portfolio and of those above them.
    pub fn presences(&self) -> &BTreeMap<Name, Presence> {
        self.census.all()
    }

    /// The same, as far as it is to be written down since this was last asked.
    pub fn take_presences(&mut self) -> Vec<(Name, Presence)> {
        self.census.take_changed()
    }

    /// Takes up what an earlier run saw of a zone of the portfolio.
    pub fn resume_presence(&mut self, zone: &Name, presence: Presence) {
        self.census.resume(zone, presence);
    }

    /// Hands out the zones of the portfolio of which no server answers, or one does again.
    pub fn take_outages(&mut self) -> Vec<Outage> {
        self.reach.take()
    }

    /// Hands out whose trust anchors were found to be old, or to be so no longer.
    pub fn take_stale(&mut self) -> Vec<StaleAnchor> {
        self.anchors.take_stale()
    }

    /// Takes in a verdict: who signs a zone's data, and until when.
    pub fn judged(&mut self, verdict: &Verdict) -> Vec<Change> {
        self.note_standing(verdict);
        if let Some(unverified) = Unverified::of(verdict) {
            let zone = &unverified.by.signer;
            return self.known(zone, |history| history.see_unpublished(&unverified));
        }
        let Some(signed) = Signed::of(verdict) else {
            return Vec::new();
        };
        self.census.signed(&signed);
        self.known(&signed.by.signer, |history| history.see_signed(&signed))
    }

    /// Notes how the zone of a verdict fares.
    fn note_standing(&mut self, verdict: &Verdict) {
        let Some(zone) = verdict.subject.zone.as_ref().filter(|_| self.is_kept) else {
            return;
        };
        if let Some(history) = self.zones.known(zone) {
            history.standing.judged(zone, verdict);
            self.zones.note(zone, false);
        }
    }

    /// Notes what a response without a verdict tells of a resolver.
    fn note_resolver(&mut self, exchange: &Exchange) {
        let name = standing::tells_of_resolver(exchange).filter(|_| self.is_kept);
        let mut zones = name.into_iter().flat_map(Name::ancestry);
        let Some(zone) = zones.find(|zone| self.zones.of(zone).is_some()) else {
            return;
        };
        if let Some(history) = self.zones.known(&zone) {
            history.standing.seen(exchange);
            self.zones.note(&zone, false);
        }
    }

    /// Moves the clock: what is due is judged by what is known.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Change> {
        self.reach.advance(now);
        if self.due.first().is_none_or(|(due, _)| *due > now) {
            return Vec::new();
        }
        let after_now = Timestamp::from_nanos(now.as_nanos().saturating_add(1));
        let later = self.due.split_off(&(after_now, Name::root()));
        let due = std::mem::replace(&mut self.due, later);
        let mut out = Vec::new();
        for (_, zone) in due {
            let look = |history: &mut History| {
                history.lapse(now);
                history.release(now);
            };
            out.extend(self.known(&zone, look));
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
                self.zones.note(&zone, true);
            }
        }
        out
    }

    /// The zones whose histories changed or went since this was last asked: all where something
    /// is open or was told, and at most `limit` of those that were only seen again.
    pub fn take_changed(&mut self, limit: usize) -> Vec<Name> {
        self.zones.take_noted(limit)
    }

    /// The trust points that changed since this was last asked.
    pub fn take_points(&mut self) -> Vec<(Name, SavedReport)> {
        self.anchors.take_points()
    }

    /// Which resolvers told of their anchors since this was last asked, by a text of its own
    /// each; nothing where one is known no longer.
    pub fn take_signals(&mut self) -> Vec<(String, Option<SavedSignals>)> {
        self.anchors.take_signals()
    }

    /// Takes up what an earlier run wrote down of a trust point.
    pub fn resume_point(&mut self, zone: &Name, saved: SavedReport) {
        self.anchors.resume_point(zone, saved);
    }

    /// Takes up what an earlier run wrote down of a resolver.
    pub fn resume_signals(&mut self, saved: SavedSignals) {
        self.anchors.resume_signals(saved);
    }

    /// What is known of a zone, to be written down.
    pub fn history(&self, zone: &Name) -> Option<&History> {
        self.zones.of(zone)
    }

    /// Takes up what an earlier run wrote down of a zone.
    pub fn resume(&mut self, history: History) {
        let zone = history.zone.clone();
        let (look, seen) = (history.next_look(), history.last_seen());
        self.zones.resume(history, seen);
        self.due.extend(look.map(|look| (look, zone)));
    }

    /// Whether nothing waits in the history of a zone that what is seen of it could settle.
    pub fn is_at_rest(&self, zone: &Name) -> bool {
        let history = self.zones.of(zone);
        history.is_none_or(History::is_at_rest)
    }

    /// How many zones have a history.
    pub fn known_zones(&self) -> usize {
        self.zones.count()
    }

    /// The resolvers that were seen.
    pub fn resolvers(&self) -> &Resolvers {
        &self.resolvers
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
        let (told, is_open) = (history.tell(), history.deadline().is_some());
        let look = history.next_look();
        self.note(zone, is_open || !told.is_empty(), look);
        told
    }

    fn note(&mut self, zone: &Name, is_urgent: bool, look: Option<Timestamp>) {
        self.zones.note(zone, is_urgent);
        if let Some(look) = look {
            self.due.insert((look, zone.clone()));
        }
    }
}

/// The zone whose own server says that it has no DNSKEY: the SOA shows the apex.
fn keyless_apex(exchange: &Exchange) -> Option<&Name> {
    let message = &exchange.message;
    let question = message.question.as_ref()?;
    let is_apex = |set: &Rrset| set.rtype == Rtype::SOA && set.owner == question.name;
    (question.rtype == Rtype::DNSKEY
        && message.header.rcode == Rcode::NOERROR
        && message.header.is_authoritative()
        && !message.header.is_truncated()
        && message.answer.is_empty()
        && message.authority.iter().any(is_apex))
    .then_some(&question.name)
}
