//! From exchanges to lines: the rooms of the tail, one after the other.

use super::hints::Hints;
use super::lines::Lines;
use super::memory::Memory;
use super::preload;
use super::repeats::{Repeats, Sameness};
use super::stuck::Stuck;
use super::tally::{Tally, count};
use crate::alert::{Alert, Counts, EventType, Incidents, Notice};
use crate::chain::anchor::TrustAnchors;
use crate::chain::{ChainOfTrust, Event, Fact, Shown, ValidationState, Verdict};
use crate::exchange::{Exchange, Standing};
use crate::message::{Name, Outline, Rrset, Rtype, Screen};
use crate::packet::Flow;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use crate::watch::{Change, Watch};
use std::sync::Arc;

/// Whether a response says again what was judged a moment ago.
pub(super) enum Repeat {
    /// It does not.
    No,
    /// It does, and was counted.
    Settled,
    /// The same, and a line is to be written of it as of this verdict.
    ToBeWritten(Arc<Verdict>),
}

/// Whatever is trusted, watched and told.
pub(super) struct Judge {
    pub(super) chain: ChainOfTrust,
    pub(super) watch: Watch,
    pub(super) incidents: Incidents,
    pub(super) anchors: TrustAnchors,
    pub(super) portfolio: Arc<Portfolio>,
    pub(super) hints: Arc<Hints>,
    pub(super) lines: Lines,
    pub(super) repeats: Repeats,
    pub(super) tally: Tally,
    /// The state file. With one, what is open at the end of the run is the next run's.
    pub(super) memory: Option<Memory>,
}

impl Judge {
    /// Takes what the user knows of zones beforehand. It is known and watched, not told of.
    pub(super) fn preload(&mut self, sets: &[Rrset], now: Timestamp) {
        let facts = preload::learn(&mut self.chain, sets, now);
        if facts.is_empty() && !sets.is_empty() {
            tracing::warn!("nothing in the zone data verifies with the trust anchors");
        }
        for fact in &facts {
            self.note(fact);
            self.watch.learnt(fact);
        }
    }

    /// Takes a response that says again what was judged a moment ago. If it does not, the answer
    /// is [`Repeat::No`], and it is to be judged.
    pub(super) fn repeated(
        &mut self,
        same: Sameness,
        time: Timestamp,
        flow: Flow,
        screen: &Screen,
    ) -> Result<Repeat, Stuck> {
        self.advance(time)?;
        let Some(settled) = self.repeats.find(same, time) else {
            return Ok(Repeat::No);
        };
        self.tally.settled(settled.state, settled.reason);
        let id = screen.header.id;
        self.incidents.repeated(flow, id, settled.answer);
        Ok(match &settled.verdict {
            Some(verdict) => Repeat::ToBeWritten(Arc::clone(verdict)),
            None => Repeat::Settled,
        })
    }

    /// Writes the verdict of a response that repeats the one of this verdict.
    pub(super) fn write_again(
        &mut self,
        verdict: &Verdict,
        exchange: &Arc<Exchange>,
    ) -> Result<(), Stuck> {
        let message = &exchange.message;
        self.lines.verdict(&Verdict {
            exchange: Arc::clone(exchange),
            decided: message.frame,
            decided_at: message.time,
            ..verdict.clone()
        })
    }

    /// Takes a response, and tells what it settles.
    pub(super) fn response(
        &mut self,
        exchange: &Arc<Exchange>,
        is_to_be_judged: bool,
        same: Option<Sameness>,
    ) -> Result<(), Stuck> {
        self.advance(exchange.message.time)?;
        let changes = self.watch.seen(exchange);
        self.outages_found()?;
        self.changed(&changes)?;
        if let Some(refusal) = Notice::of_refusal(exchange) {
            self.noticed(&refusal)?;
        }
        if !is_to_be_judged {
            return self.conflicts(exchange);
        }
        let events = self.chain.observe(exchange);
        let verdict = match events.as_slice() {
            [Event::Verdict(verdict)] if Arc::ptr_eq(&verdict.exchange, exchange) => {
                Some(verdict.clone())
            }
            _ => None,
        };
        self.happened(events)?;
        if let Some((same, verdict)) = same.zip(verdict) {
            self.settle(same, &verdict);
        }
        Ok(())
    }

    /// Remembers a verdict for those that say the same, if no room learns from seeing it again.
    fn settle(&mut self, same: Sameness, verdict: &Verdict) {
        let exchange = &verdict.exchange;
        let is_settled = matches!(
            verdict.state,
            ValidationState::Secure | ValidationState::Insecure
        );
        let asks_keys = |rtype| matches!(rtype, Rtype::DNSKEY | Rtype::DS);
        let question = exchange.message.question.as_ref();
        let is_in_its_shape = !exchange.message.has_stray_pointers;
        if !is_settled
            || !is_in_its_shape
            || question.is_none_or(|question| asks_keys(question.rtype))
        {
            return;
        }
        let sets = exchange.message.rrsets();
        let signers = sets.flat_map(|set| set.signatures.iter().map(|rrsig| &rrsig.signer));
        let mut zones: Vec<&Name> = signers.chain(&verdict.subject.zone).collect();
        zones.sort_unstable();
        zones.dedup();
        let addresses = [exchange.server(), exchange.resolver()];
        let is_at_rest = |zone: &&Name| self.watch.is_at_rest(zone) && self.chain.is_at_rest(zone);
        if zones.iter().all(is_at_rest) && self.incidents.are_at_rest(&zones, addresses) {
            let is_written = self.lines.takes_verdicts();
            self.repeats.settle(same, verdict, &zones, is_written);
        }
    }

    /// Takes a query: in some, resolvers say which trust anchors they have.
    pub(super) fn asked(
        &mut self,
        time: Timestamp,
        flow: Flow,
        query: &Outline,
    ) -> Result<(), Stuck> {
        self.watch.asked(time, flow, query);
        self.outages_found()?;
        self.anchors_found()
    }

    /// Takes a response that is not decoded: whose server answers is known by it.
    pub(super) fn answered(
        &mut self,
        time: Timestamp,
        flow: Flow,
        response: &Outline,
    ) -> Result<(), Stuck> {
        self.watch.answered(time, flow, response);
        self.outages_found()
    }

    /// Tells which zones of the portfolio cannot be reached, or can be again.
    fn outages_found(&mut self) -> Result<(), Stuck> {
        for outage in self.watch.take_outages() {
            self.noticed(&Notice::Outage(outage))?;
        }
        Ok(())
    }

    /// Tells whose trust anchors were found to be old, or to be so no longer.
    fn anchors_found(&mut self) -> Result<(), Stuck> {
        for stale in self.watch.take_stale() {
            self.noticed(&Notice::StaleAnchor(Box::new(stale)))?;
        }
        Ok(())
    }

    /// Tells what a room noticed.
    pub(super) fn noticed(&mut self, notice: &Notice) -> Result<(), Stuck> {
        let alerts = self.incidents.noticed(notice);
        self.tell(&alerts)
    }

    /// Lets capture time pass.
    pub(super) fn advance(&mut self, now: Timestamp) -> Result<(), Stuck> {
        let events = self.chain.advance(now);
        self.happened(events)?;
        let changes = self.watch.advance(now);
        self.outages_found()?;
        self.changed(&changes)?;
        let alerts = self.incidents.advance(now);
        self.tell(&alerts)
    }

    /// Judges what waits. Nothing comes after this.
    pub(super) fn finish(&mut self, now: Timestamp) -> Result<(), Stuck> {
        let events = self.chain.finish();
        self.happened(events)?;
        let changes = if self.memory.is_some() {
            self.watch.advance(now)
        } else {
            self.watch.finish(now)
        };
        self.outages_found()?;
        self.changed(&changes)?;
        let alerts = self.incidents.finish(now);
        self.tell(&alerts)
    }

    /// What the run raised so far.
    pub(super) fn counts(&self) -> Counts {
        self.incidents.counts()
    }

    pub(super) fn happened(&mut self, events: Vec<Event>) -> Result<(), Stuck> {
        for zone in self.chain.take_turned() {
            self.repeats.stir(&zone);
        }
        for event in events {
            match event {
                Event::Fact(fact) => self.learnt(&fact)?,
                Event::Verdict(verdict) => self.judged(&verdict)?,
                Event::Contradiction(found) => self.noticed(&Notice::Contradiction(found))?,
            }
        }
        Ok(())
    }

    fn learnt(&mut self, fact: &Fact) -> Result<(), Stuck> {
        self.note(fact);
        if let Some(memory) = &mut self.memory {
            memory.fact(fact);
        }
        let changes = self.watch.learnt(fact);
        self.changed(&changes)?;
        self.anchors_found()
    }

    pub(super) fn note(&mut self, fact: &Fact) {
        tracing::trace!(zone = %fact.zone, frame = fact.exchange.message.frame.value(), "fact");
        if let Shown::Keys(keys) = &fact.shown {
            self.hints.publish(&fact.zone, keys);
            self.tally.has_anchor_keys |= self.anchors.for_zone(&fact.zone).is_some();
        }
    }

    fn judged(&mut self, verdict: &Verdict) -> Result<(), Stuck> {
        tracing::trace!(
            frame = verdict.exchange.message.frame.value(),
            decided = verdict.decided.value(),
            state = verdict.state.name(),
            reason = ?verdict.reason,
            "verdict"
        );
        self.tally.verdict(verdict);
        self.lines.verdict(verdict)?;
        // A change that this verdict settles may be the cause of what it fails by.
        let changes = self.watch.judged(verdict);
        self.changed(&changes)?;
        let alerts = self.incidents.judged(verdict);
        self.tell(&alerts)
    }

    /// Tells if a response contradicts the one that its query got first.
    fn conflicts(&mut self, exchange: &Arc<Exchange>) -> Result<(), Stuck> {
        if exchange.standing == Standing::Second {
            let exchange = Arc::clone(exchange);
            return self.noticed(&Notice::ResponseConflict { exchange });
        }
        Ok(())
    }

    fn changed(&mut self, changes: &[Change]) -> Result<(), Stuck> {
        for change in changes {
            self.repeats.stir(&change.zone);
            let alerts = self.incidents.changed(change);
            self.tell(&alerts)?;
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, alerts: &[Alert]) -> Result<(), Stuck> {
        for alert in alerts {
            self.stir(alert);
            if alert.event_type == EventType::Alert {
                count(&mut self.tally.alerts, (alert.kind, alert.severity));
            }
            let line = self.lines.alert(alert)?;
            if let Some((memory, line)) = self.memory.as_mut().zip(line) {
                memory.line(&line, alert);
            }
        }
        Ok(())
    }

    /// What an alert is about is looked at closely for as long as its incident is open.
    fn stir(&mut self, alert: &Alert) {
        match &alert.zone {
            Some(zone) => self.repeats.stir(zone),
            None => self.repeats.stir_all(),
        }
        if let Some(exchange) = &alert.exchange {
            self.repeats.stir_address(exchange.server());
            self.repeats.stir_address(exchange.resolver());
        }
    }
}
