//! Builds chains of trust and judges responses by them.
//!
//! Takes [`Exchange`]s in capture order and gives [`Verdict`]s and [`Fact`]s. Owns what is
//! trusted of every zone and the responses that wait for their keys.

mod absence;
pub mod anchor;
mod budget;
mod contradiction;
pub mod denial;
mod exceptions;
mod fact;
mod finding;
mod held;
mod judge;
mod learn;
mod link;
mod load;
mod memory;
mod negative;
mod private;
mod quarrel;
mod referral;
mod reload;
mod response;
mod resume;
mod seen;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod tree;
mod verdict;
mod zone;
mod zones;

pub use contradiction::{About, Contradiction};
pub use denial::Denied;
pub use exceptions::NegativeAnchor;
pub use fact::{Fact, KeySet, Shown, SignedBy};
pub use private::Private;
pub use reload::Redecided;
pub use resume::SavedZone;
pub use verdict::{ChainLink, Reason, Subject, ValidationState, Verdict, VouchedBy};

use crate::capture::FrameNumber;
use crate::exchange::{Exchange, Vantage};
use crate::message::{Name, Rtype};
use crate::signature::Verifier;
use crate::time::Timestamp;
use anchor::{AnchorReport, AnchorSight, TrustAnchors, TrustPoints};
use budget::{Asked, MessageBudget, ZoneBudgets};
use contradiction::Contradictions;
use finding::{Finding, Judgement, Wait, combine};
use held::{Held, Pending, Reach};
use judge::{Judge, Known};
use learn::Lesson;
use seen::Seen;
use std::collections::{BTreeSet, VecDeque};
use std::mem;
use std::net::IpAddr;
use std::sync::Arc;
use zone::{News, Sight};
use zones::Zones;

/// How often a response is read for what it teaches: a DS set, then the keys that it names, then
/// what these signed.
const MAX_READINGS: usize = 3;

/// Name servers of one zone that are taken from one message.
const MAX_NAME_SERVERS: usize = 32;

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where chains of trust begin.
    pub anchors: TrustAnchors,
    /// Zones to be taken for insecure.
    pub negative_anchors: Vec<NegativeAnchor>,
    /// Seconds by which the sensor's clock may differ from the signers'.
    pub clock_skew: i64,
}

/// What came of a response.
#[derive(Clone, Debug)]
pub enum Event {
    /// It showed something about a zone.
    Fact(Fact),
    /// It, or one that waited for it, is judged.
    Verdict(Box<Verdict>),
    /// A denial contradicts data of its zone, or does so no longer.
    Contradiction(Box<Contradiction>),
}

/// Trust in all zones, and the responses that wait.
#[derive(Debug)]
pub struct ChainOfTrust {
    zones: Zones,
    seen: Seen,
    contradictions: Contradictions,
    /// Those that the response at hand shows.
    found: Vec<Contradiction>,
    held: Held,
    budgets: ZoneBudgets,
    verifier: Arc<Verifier>,
    clock_skew: i64,
    /// The latest capture time so far; it never runs backwards.
    now: Timestamp,
    /// The frame that is being looked at.
    frame: FrameNumber,
    /// The zones of which something beside their sets changed since [`ChainOfTrust::take_changed`];
    /// nothing if nobody asks.
    changed: Option<BTreeSet<Name>>,
    /// The zones of which something else is known since [`ChainOfTrust::take_turned`].
    turned: Vec<Name>,
}

impl ChainOfTrust {
    /// With nothing known but the anchors.
    pub fn new(config: Config, verifier: Arc<Verifier>) -> Self {
        Self {
            zones: Zones::new(config.anchors, config.negative_anchors),
            seen: Seen::new(),
            contradictions: Contradictions::new(),
            found: Vec::new(),
            held: Held::default(),
            budgets: ZoneBudgets::new(),
            verifier,
            clock_skew: config.clock_skew,
            now: Timestamp::default(),
            frame: FrameNumber::default(),
            changed: None,
            turned: Vec::new(),
        }
    }

    /// These zones, and those above them, are never forgotten.
    pub fn protect(&mut self, zones: impl Iterator<Item = Name>) {
        self.zones.protect(zones);
    }

    /// Takes a response that is to be judged. Gives what it shows, its verdict, and the
    /// verdicts of those that waited for it, in this order.
    pub fn observe(&mut self, exchange: &Arc<Exchange>) -> Vec<Event> {
        let mut events = self.advance(exchange.message.time);
        self.frame = exchange.message.frame;
        self.consider_all(Pending::new(Arc::clone(exchange)), &mut events);
        events
    }

    /// Lets capture time pass: those who have waited long enough get their verdicts.
    pub fn advance(&mut self, now: Timestamp) -> Vec<Event> {
        self.now = self.now.max(now);
        self.turned.extend(self.zones.lapsed(self.now));
        let mut events = Vec::new();
        while let Some(pending) = self.held.overdue(self.now) {
            self.conclude(pending, &mut events);
        }
        events
    }

    /// Judges all that still wait with what was learnt: the input ends.
    pub fn finish(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(pending) = self.held.first() {
            self.conclude(pending, &mut events);
        }
        events
    }

    /// The responses that wait, each with a number of its own, in the order of arrival.
    pub fn held(&self) -> impl Iterator<Item = (u64, &Arc<Exchange>)> {
        let held = self.held.iter();
        held.map(|(place, pending)| (place, &pending.exchange))
    }

    /// Where chains of trust begin, as it stands.
    pub fn trust_points(&self) -> &TrustPoints {
        self.zones.points()
    }

    /// Whether no denial of a zone is being held against its data.
    pub fn is_at_rest(&self, zone: &Name) -> bool {
        self.contradictions.quarrels(zone).is_empty()
    }

    /// The zones of which something else is known since this was last asked: what was judged by
    /// the others is judged the same again, as long as it is not out of time.
    pub fn take_turned(&mut self) -> Vec<Name> {
        mem::take(&mut self.turned)
    }

    /// The zones from the anchor down to this one, as far as they are known at a time.
    pub fn links(&self, zone: &Name, at: Timestamp) -> Vec<ChainLink> {
        self.zones.chain(zone, at)
    }

    /// Names of which something is known.
    pub fn known_names(&self) -> usize {
        self.zones.count()
    }

    /// How many responses wait.
    pub fn waiting(&self) -> usize {
        self.held.len()
    }

    /// Considers a response and all that its news wake.
    fn consider_all(&mut self, first: Pending, events: &mut Vec<Event>) {
        let mut news = VecDeque::new();
        self.consider(first, &mut news, events);
        while let Some((name, reach)) = news.pop_front() {
            for pending in self.held.wake(&name, reach) {
                self.consider(pending, &mut news, events);
            }
        }
    }

    /// Learns from a response, then judges it or lets it wait.
    fn consider(
        &mut self,
        mut pending: Pending,
        news: &mut VecDeque<(Name, Reach)>,
        events: &mut Vec<Event>,
    ) {
        let exchange = Arc::clone(&pending.exchange);
        let may_wait = exchange.standing.may_accuse();
        if self.is_over_budget(&exchange) {
            let finding = Finding::because(Reason::Budget, None);
            return self.tell(&exchange, finding, events);
        }
        let budget = MessageBudget::after(mem::take(&mut pending.asked));
        let budget = self.learn(&mut pending, budget, news, events);
        let (judgement, budget) = self.judge(&exchange, budget, !may_wait);
        pending.asked = self.close(budget, &exchange);
        match judgement {
            Judgement::Settled(finding) => self.tell(&exchange, finding, events),
            Judgement::Waits(Wait {
                on, room, until, ..
            }) => {
                for evicted in self.held.insert(pending, on, &room, until) {
                    self.conclude(evicted, events);
                }
            }
        }
    }

    /// Gives a response its verdict as things stand.
    fn conclude(&mut self, pending: Pending, events: &mut Vec<Event>) {
        let Pending {
            exchange, asked, ..
        } = pending;
        if self.is_over_budget(&exchange) {
            let finding = Finding::because(Reason::Budget, None);
            return self.tell(&exchange, finding, events);
        }
        let (judgement, budget) = self.judge(&exchange, MessageBudget::after(asked), true);
        self.close(budget, &exchange);
        if let Judgement::Settled(finding) = judgement {
            self.tell(&exchange, finding, events);
        }
    }

    fn is_over_budget(&self, exchange: &Exchange) -> bool {
        exchange.message.is_crowded || self.budgets.are_spent(exchange)
    }

    /// Charges the zones for checks that failed for the first time.
    fn close(&mut self, budget: MessageBudget, exchange: &Exchange) -> Asked {
        let (asked, failed) = budget.close(exchange);
        self.budgets.charge(exchange, &failed);
        asked
    }

    fn known(&self) -> Known<'_> {
        Known {
            zones: &self.zones,
            verifier: &self.verifier,
            seen: &self.seen,
            clock_skew: self.clock_skew,
        }
    }

    fn judge(
        &mut self,
        exchange: &Arc<Exchange>,
        budget: MessageBudget,
        is_last_word: bool,
    ) -> (Judgement, MessageBudget) {
        let mut judge = Judge::new(self.known(), exchange, budget);
        let parts = judge.response();
        let servers = judge.serves(&parts);
        let judgement = combine(parts, is_last_word);
        let cut = judge
            .cut_in_question()
            .filter(|_| exchange.standing.may_accuse());
        let verified: Vec<(Name, Name, Rtype)> = judge
            .verified()
            .map(|(signer, owner, rtype)| (signer.clone(), owner.clone(), rtype))
            .collect();
        let is_secure = matches!(&judgement, Judgement::Settled(finding) if finding.is_secure());
        let shows = (is_secure && judge.is_first_hand()).then(|| judge.shows());
        let budget = judge.budget;
        for shows in shows.into_iter().flatten() {
            let zone = shows.zone.clone();
            let found = self.contradictions.observe(shows, exchange);
            if !found.is_empty() || !self.contradictions.quarrels(&zone).is_empty() {
                self.note_changed(&zone);
                self.turned.push(zone);
            }
            self.found.extend(found);
        }
        if let (Some(cut), Judgement::Settled(finding)) = (cut, &judgement) {
            self.note_failed_cut(&cut, finding);
        }
        for zone in servers {
            self.add_server(&zone, exchange.server());
            self.zones.weigh(&zone);
        }
        let is_handed_out = exchange.vantage == Vantage::Downstream && !verified.is_empty();
        if is_handed_out && exchange.standing.may_accuse() {
            self.seen.handed_out(exchange.resolver());
        }
        if let Some(Private::Zone { zone, server }) = &judgement.finding().private {
            let resolver = exchange.resolver();
            self.seen.asks_privately(resolver, zone.clone(), *server);
        }
        for (signer, owner, rtype) in verified {
            // A DS set and a denial can stand at the apex of a child.
            if !matches!(rtype, Rtype::DS | Rtype::NSEC | Rtype::NSEC3) {
                let set = exchange.message.answered(&owner, rtype);
                let addresses = set.filter(|_| rtype == Rtype::A).map(private::addresses);
                self.seen
                    .signed(owner, signer, addresses.unwrap_or_default());
            }
        }
        (judgement, budget)
    }

    /// Takes note of a cut at which neither a DS set nor the proof that there is none holds.
    fn note_failed_cut(&mut self, cut: &Name, finding: &Finding) {
        let is_about_cut = finding.subject.rrset.as_ref() == Some(&(cut.clone(), Rtype::DS));
        if finding.state() == ValidationState::Bogus && is_about_cut && !finding.is_broken_link {
            self.zones.entry(cut).failed_ds = Some(finding.clone());
            self.zones.weigh(cut);
            self.note_changed(cut);
            self.turned.push(cut.clone());
        }
    }

    fn tell(&mut self, exchange: &Arc<Exchange>, finding: Finding, events: &mut Vec<Event>) {
        let chain = match &finding.subject.zone {
            Some(zone) if !finding.is_secure() => self.zones.chain(zone, exchange.message.time),
            _ => Vec::new(),
        };
        events.push(Event::Verdict(Box::new(Verdict {
            exchange: Arc::clone(exchange),
            decided: self.frame.max(exchange.message.frame),
            decided_at: self.now.max(exchange.message.time),
            state: finding.state(),
            reason: finding.reason,
            subject: finding.subject,
            fails_by_time_only: finding.fails_by_time_only,
            is_broken_link: finding.is_broken_link,
            private: finding.private,
            chain,
        })));
        let found = self.found.drain(..);
        events.extend(found.map(|found| Event::Contradiction(Box::new(found))));
    }

    /// Takes in what a response shows about zones: what one set teaches may be what another
    /// needs.
    fn learn(
        &mut self,
        pending: &mut Pending,
        budget: MessageBudget,
        news: &mut VecDeque<(Name, Reach)>,
        events: &mut Vec<Event>,
    ) -> MessageBudget {
        let mut budget = budget;
        for _ in 0..MAX_READINGS {
            let before = news.len();
            budget = self.read(pending, budget, news, events);
            if !news
                .iter()
                .skip(before)
                .any(|(_, reach)| *reach == Reach::Tree)
            {
                break;
            }
        }
        budget
    }

    /// Takes in what a response shows by what is known so far.
    fn read(
        &mut self,
        pending: &mut Pending,
        budget: MessageBudget,
        news: &mut VecDeque<(Name, Reach)>,
        events: &mut Vec<Event>,
    ) -> MessageBudget {
        let exchange = Arc::clone(&pending.exchange);
        let mut judge = Judge::new(self.known(), &exchange, budget);
        let is_first_hand = judge.is_first_hand();
        let is_referral = judge.is_referral();
        let lessons = judge.lessons();
        let budget = judge.budget;
        for (zone, lesson) in lessons {
            if !pending.taught.insert((zone.clone(), lesson.kind())) {
                continue;
            }
            let time = exchange.message.time;
            let now = self.now;
            let sight = |ttl| Sight {
                time,
                now,
                ttl,
                is_first_hand,
            };
            let told = self.take_in(&zone, &lesson, sight);
            self.zones.weigh(&zone);
            let reach = match told {
                News::New => Some(Reach::Tree),
                News::Again => Some(Reach::Name),
                News::Nothing => None,
            };
            news.extend(reach.map(|reach| (zone.clone(), reach)));
            let report = self.follow(&zone, &lesson, time, is_first_hand);
            let known = fact(zone.clone(), lesson, &exchange);
            events.extend(known.map(Event::Fact));
            events.extend(report.map(|(report, by)| {
                let ttl = report.ttl;
                Event::Fact(Fact {
                    zone,
                    shown: Shown::Anchors(Arc::new(report)),
                    signed_by: Some(by),
                    ttl,
                    exchange: Arc::clone(&exchange),
                })
            }));
        }
        if is_first_hand {
            self.note_servers(&exchange, is_referral);
        }
        budget
    }

    /// Changes what is trusted, and tells whom that can free of those who wait.
    fn take_in(
        &mut self,
        zone: &Name,
        lesson: &Lesson,
        sight: impl Fn(crate::time::Ttl) -> Sight,
    ) -> News {
        let fails = matches!(lesson, Lesson::FailedDs(_) | Lesson::FailedKeys(_));
        if fails || self.zones.entry(zone).is_failing() {
            self.note_changed(zone);
        }
        let trust = self.zones.entry(zone);
        let news = match lesson {
            Lesson::Ds { set, signed_by } => trust.add_ds(set, signed_by, sight(set.ttl)),
            Lesson::NoDs { signed_by, ttl, .. } => trust.add_no_ds(signed_by, sight(*ttl)),
            Lesson::NoCut { signed_by, ttl } => trust.add_no_cut(signed_by, sight(*ttl)),
            Lesson::Keys { entry, ttl } => {
                trust.add_keys(&entry.keys, &entry.signed_by, sight(*ttl))
            }
            Lesson::UnsupportedKeys => {
                let was_known = mem::replace(&mut trust.has_unsupported_keys, true);
                if was_known { News::Nothing } else { News::New }
            }
            Lesson::FailedDs(finding) => {
                trust.failed_ds = Some(finding.clone());
                News::Nothing
            }
            Lesson::FailedKeys(finding) => {
                trust.failed_keys = Some(finding.clone());
                News::Nothing
            }
            Lesson::Announcement { .. }
            | Lesson::Signal { .. }
            | Lesson::UnprovenKeys(_)
            | Lesson::UnvouchedKeys { .. } => News::Nothing,
        };
        if fails || news == News::New {
            self.turned.push(zone.clone());
        }
        news
    }

    fn add_server(&mut self, zone: &Name, server: IpAddr) {
        if self.zones.entry(zone).add_server(server) {
            self.note_changed(zone);
        }
    }

    /// What a DNSKEY RRset changes at the trust point that its zone is, and the signature that
    /// shows it.
    fn follow(
        &mut self,
        zone: &Name,
        lesson: &Lesson,
        time: Timestamp,
        is_first_hand: bool,
    ) -> Option<(AnchorReport, SignedBy)> {
        let (keys, by, is_vouched) = lesson.keys()?;
        let sight = AnchorSight {
            time,
            inception: by.inception,
            ttl: by.original_ttl,
            is_first_hand,
        };
        let points = self.zones.points_mut();
        let report = points.observe(zone, keys, sight, is_vouched)?;
        Some((report, by.clone()))
    }

    /// Takes note of the servers that a referral names with their addresses. A known server of a
    /// zone may name more of them; others can claim anything of zones above their own.
    fn note_servers(&mut self, exchange: &Exchange, is_referral: bool) {
        let message = &exchange.message;
        let Some(question) = message
            .question
            .as_ref()
            .filter(|_| !message.glue.is_empty())
        else {
            return;
        };
        let serves = |zones: &Zones, zone: &Name| {
            let trust = zones.find(zone);
            trust.is_some_and(|trust| trust.has_server(exchange.server()))
        };
        let deepest = self.zones.zone_of(&question.name, Rtype::NS, message.time);
        let mut sets = message.authority.iter();
        let Some(ns) = sets.find(|set| set.rtype == Rtype::NS) else {
            return;
        };
        let parent = self.zones.zone_of(&ns.owner, Rtype::DS, message.time);
        let is_upward = deepest.is_some_and(|deepest| deepest.is_below(&ns.owner));
        let is_named = question.name.is_at_or_below(&ns.owner)
            && self.zones.find(&ns.owner).is_some()
            && (serves(&self.zones, &ns.owner)
                || parent.is_some_and(|parent| serves(&self.zones, &parent))
                || is_referral && !is_upward);
        if !is_named {
            return;
        }
        let named: BTreeSet<Name> = ns.targets().take(MAX_NAME_SERVERS).collect();
        for (owner, address) in &message.glue {
            if named.contains(owner) {
                self.add_server(&ns.owner, *address);
            }
        }
    }
}

/// What a lesson tells those who watch.
fn fact(zone: Name, lesson: Lesson, exchange: &Arc<Exchange>) -> Option<Fact> {
    let (shown, signed_by, ttl) = match lesson {
        Lesson::Ds { set, signed_by } => {
            let ttl = set.ttl;
            (Shown::Ds(Arc::new(set)), Some(signed_by), ttl)
        }
        Lesson::NoDs {
            signed_by,
            ttl,
            is_opt_out,
        } => (Shown::NoDs { is_opt_out }, Some(signed_by), ttl),
        Lesson::Keys { entry, ttl } => (Shown::Keys(entry.keys), Some(entry.signed_by), ttl),
        Lesson::Announcement { set, signed_by } => {
            let ttl = set.ttl;
            (Shown::Announcement(Arc::new(set)), Some(signed_by), ttl)
        }
        Lesson::Signal { set, signed_by } => {
            let ttl = set.ttl;
            (Shown::Signal(Arc::new(set)), Some(signed_by), ttl)
        }
        Lesson::UnprovenKeys(set) => {
            let ttl = set.ttl;
            (Shown::UnprovenKeys(Arc::new(set)), None, ttl)
        }
        Lesson::NoCut { .. }
        | Lesson::FailedDs(_)
        | Lesson::FailedKeys(_)
        | Lesson::UnsupportedKeys
        | Lesson::UnvouchedKeys { .. } => return None,
    };
    Some(Fact {
        zone,
        shown,
        signed_by,
        ttl,
        exchange: Arc::clone(exchange),
    })
}
