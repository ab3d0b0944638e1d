//! From exchanges to lines: the rooms of the tail, one after the other.

use super::hints::Hints;
use super::lines::Lines;
use super::memory::Memory;
use super::preload;
use super::sinks::Stuck;
use super::tally::Tally;
use crate::alert::{Alert, Counts, Incidents, Notice};
use crate::chain::anchor::TrustAnchors;
use crate::chain::{ChainOfTrust, Event, Fact, Shown, Verdict};
use crate::exchange::{Exchange, Standing};
use crate::message::{Rrset, Screen};
use crate::packet::Flow;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use crate::watch::{Change, Watch};
use std::sync::Arc;

/// Whatever is trusted, watched and told.
pub(super) struct Judge {
    pub(super) chain: ChainOfTrust,
    pub(super) watch: Watch,
    pub(super) incidents: Incidents,
    pub(super) anchors: TrustAnchors,
    pub(super) portfolio: Arc<Portfolio>,
    pub(super) hints: Arc<Hints>,
    pub(super) lines: Lines,
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

    /// Takes a response, and tells what it settles.
    pub(super) fn response(
        &mut self,
        exchange: &Arc<Exchange>,
        is_to_be_judged: bool,
    ) -> Result<(), Stuck> {
        self.advance(exchange.message.time)?;
        let changes = self.watch.seen(exchange);
        self.outages_found()?;
        self.changed(&changes)?;
        if let Some(refusal) = Notice::of_refusal(exchange) {
            self.noticed(&refusal)?;
        }
        if is_to_be_judged {
            let events = self.chain.observe(exchange);
            return self.happened(events);
        }
        self.conflicts(exchange)
    }

    /// Takes a query: in some, resolvers say which trust anchors they have.
    pub(super) fn asked(
        &mut self,
        time: Timestamp,
        flow: Flow,
        query: &Screen,
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
        response: &Screen,
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
        for event in events {
            match event {
                Event::Fact(fact) => self.learnt(&fact)?,
                Event::Verdict(verdict) => self.judged(&verdict)?,
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
            let alerts = self.incidents.changed(change);
            self.tell(&alerts)?;
        }
        Ok(())
    }

    pub(super) fn tell(&mut self, alerts: &[Alert]) -> Result<(), Stuck> {
        for alert in alerts {
            let line = self.lines.alert(alert)?;
            if let Some((memory, line)) = self.memory.as_mut().zip(line) {
                memory.line(&line, alert);
            }
        }
        Ok(())
    }
}
