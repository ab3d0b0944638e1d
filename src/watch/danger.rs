//! When the danger of a premature step is over: caches are free of what is in its way, or it was
//! taken back.

use super::change::{Change, ChangeKind, Set};
use super::history::History;
use super::open::{GRACE_SECONDS, draft_at};
use crate::exchange::Exchange;
use crate::time::{Timestamp, Ttl};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Steps of one zone that are followed at once.
const DANGERS: usize = 8;

/// How a danger may end.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
enum End {
    /// With time: caches hold what is in the way until then.
    At(Timestamp),
    /// Only once the DS set names a key that signs the DNSKEY RRset.
    WithLink,
}

/// A premature step that was told.
#[derive(Clone, Debug, Deserialize, Serialize)]
struct Danger {
    set: Set,
    /// The set that the step took the place of.
    before: Vec<String>,
    end: End,
    /// The set of before is back.
    is_undone: bool,
    exchange: Arc<Exchange>,
}

impl Danger {
    fn of(change: &Change) -> Option<Self> {
        let until = change.caches_hold_until?;
        // What fails only as caches become free of the set of before ends with no time.
        let is_ahead = change.breaks_at >= Some(until);
        Some(Self {
            set: change.set,
            before: change.before.clone(),
            end: if is_ahead {
                End::WithLink
            } else {
                End::At(until)
            },
            is_undone: false,
            exchange: Arc::clone(&change.exchange),
        })
    }

    /// The set of before is back, and caches hold the other one for a TTL at most.
    fn undo(&mut self, time: Timestamp, ttl: Ttl) {
        let free = time.plus_ttl(ttl);
        self.is_undone = true;
        self.end = match self.end {
            End::At(until) => End::At(until.min(free)),
            End::WithLink => End::At(free),
        };
    }

    /// The moment when it is sure to be over. What a resolver found bogus it keeps a little longer.
    fn over_at(&self) -> Option<Timestamp> {
        match self.end {
            End::At(until) => Some(until.plus_seconds(GRACE_SECONDS)),
            End::WithLink => None,
        }
    }
}

/// The premature steps of a zone that still do harm.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Dangers {
    steps: Vec<Danger>,
    /// One of those told together passed without being undone.
    has_passed: bool,
}

impl Dangers {
    /// Follows the premature steps among what is told.
    pub(super) fn note(&mut self, told: &[Change]) {
        let is_step =
            |change: &&Change| change.kind == ChangeKind::PrematureStep && !change.is_expected;
        self.steps
            .extend(told.iter().filter(is_step).filter_map(Danger::of));
        let surplus = self.steps.len().saturating_sub(DANGERS);
        self.steps.drain(..surplus);
    }

    /// Whether any does harm.
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// When the next one is over.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.steps.iter().filter_map(Danger::over_at).min()
    }

    /// Ends those that are over at `now`; the last one, if none is left by that.
    fn release(&mut self, now: Timestamp) -> Option<Danger> {
        let mut last = None;
        for danger in std::mem::take(&mut self.steps) {
            if danger.over_at().is_some_and(|over| over <= now) {
                self.has_passed |= !danger.is_undone;
                last = Some(danger);
            } else {
                self.steps.push(danger);
            }
        }
        last.filter(|_| self.steps.is_empty())
    }
}

impl History {
    /// Looks whether steps are undone, or their links work, by the sets in force at `time`.
    pub(super) fn ease(&mut self, time: Timestamp) {
        if self.dangers.is_empty() {
            return;
        }
        let (Some(ds), Some(keys)) = (self.ds.current(), self.keys.current()) else {
            return;
        };
        let mut signers = self.signers.iter();
        let is_linked = signers.any(|key| ds.set.names(&self.zone, key));
        let (ds_texts, keys_texts) = (ds.set.texts(), keys.set.texts());
        // Keys that sign again for the DS set of before, where they had left too early.
        let is_signed_again = |before: &[String]| {
            let mut past = self.ds.entries();
            past.any(|old| {
                let mut signers = self.signers.iter();
                old.set.texts() == before && signers.any(|key| old.set.names(&self.zone, key))
            })
        };
        for danger in &mut self.dangers.steps {
            if danger.is_undone || danger.exchange.message.time >= time {
                continue;
            }
            if danger.set == Set::Ds && danger.before == ds_texts {
                danger.undo(time, ds.ttl);
            } else if danger.set == Set::Dnskey
                && (danger.before == keys_texts || is_signed_again(&danger.before))
            {
                danger.undo(time, keys.ttl);
            } else if danger.end == End::WithLink && is_linked {
                danger.end = End::At(keys.held_until.min(time));
            } else if danger.end == End::WithLink && !ds.set.is_usable() {
                // Without DS it fails only where caches hold the wrong one.
                danger.end = End::At(self.ds.previous().map_or(time, |wrong| wrong.held_until));
            }
        }
    }

    /// Tells that the danger is over, if it is at `now`: of all steps that share an incident.
    pub(super) fn release(&mut self, now: Timestamp) {
        let Some(danger) = self.dangers.release(now) else {
            return;
        };
        let is_undone = !std::mem::take(&mut self.dangers.has_passed);
        if self.providers.has_gap() {
            return;
        }
        let Some(over) = danger.over_at() else { return };
        let End::At(free) = danger.end else { return };
        let why = if is_undone {
            format!("the set of before is back, and since {free} caches hold nothing else any more")
        } else {
            format!("since {free} caches hold nothing any more that stands against it")
        };
        self.told.push(Change {
            set: danger.set,
            is_expected: true,
            is_undone,
            why,
            reverts: Some(ChangeKind::PrematureStep),
            ..draft_at(
                &self.zone,
                ChangeKind::PrematureStep,
                over,
                &danger.exchange,
            )
        });
    }
}
