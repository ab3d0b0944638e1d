//! How what waits in a zone's history is settled.

use super::change::{Change, ChangeKind, Rule};
use super::ds::DsSet;
use super::history::History;
use super::judge::{Case, TOGETHER_SECONDS, UNSEEN_SECONDS};
use super::judgement::Judgement;
use super::open::{GRACE_SECONDS, KeysSince, OpenDs, OpenKeys};
use super::timeline::Proof;
use crate::exchange::Exchange;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// DS changes that may wait at once; the oldest is judged when there are more.
const OPEN_CHANGES: usize = 4;

/// Judged DS changes that are remembered.
const JUDGED_CHANGES: usize = 8;

/// Within this time a way back belongs to its way out (DS-8).
const FLAP_SECONDS: i64 = 7 * 86_400;

/// A DS change that was judged.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Judged {
    pub(super) before: Arc<DsSet>,
    #[serde(default)]
    pub(super) after: Option<Arc<DsSet>>,
    /// The inception of the signature that first showed it.
    #[serde(default)]
    pub(super) inception: Option<Timestamp>,
    pub(super) change: Change,
}

impl History {
    /// When something is to be judged at the latest, or need no longer be looked for.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let open = self.open.iter().map(|open| open.deadline);
        // Keys that changed with a DS set are judged with it.
        let keys = self.open_keys.iter().filter(|_| self.open.is_empty());
        let keys = keys.map(|open| open.deadline);
        let moved = self.open_move.iter().map(move_deadline);
        let strangers = self.servers.stranger().map(|moved| moved.time);
        let strangers = strangers.map(|time| time.plus_seconds(TOGETHER_SECONDS));
        open.chain(keys).chain(moved).chain(strangers).min()
    }

    /// When it is to be looked at next, whether something waits or a danger passes.
    pub(super) fn next_look(&self) -> Option<Timestamp> {
        self.deadline().into_iter().chain(self.dangers.next()).min()
    }

    /// Judges what is due at `now`.
    pub(super) fn lapse(&mut self, now: Timestamp) {
        while let Some(at) = self.open.iter().position(|open| open.deadline <= now) {
            self.settle_first(at + 1);
        }
        if self.open.is_empty()
            && let Some(open) = self.open_keys.take_if(|open| open.deadline <= now)
        {
            self.lapse_keys(open);
        }
        if let Some(change) = self
            .open_move
            .take_if(|change| move_deadline(change) <= now)
        {
            if self.link.is_mismatched() && !self.is_accused(change.time) {
                self.tell_doubtful_move(change);
            } else {
                let is_expected = !self.is_accused(change.time);
                self.tell_move(change, is_expected);
            }
        }
        self.servers
            .forget_stranger(now.plus_seconds(-TOGETHER_SECONDS));
    }

    /// Keys that no key of before signed, while some of before are listed, and no data came that
    /// these sign. Beside new servers, or others' signatures, that is a copy.
    fn lapse_keys(&mut self, open: OpenKeys) {
        self.adopt(&open.keys);
        let mut change = open.change;
        let is_moved = self.servers.stranger().is_some();
        let is_contradicted = is_moved || (open.has_strangers_data && open.was_watched);
        if !is_contradicted || self.is_accused(change.time) {
            self.tell_keys(
                change,
                "keys of before are listed, and nothing seen contradicts",
            );
            return;
        }
        let others = if is_moved {
            "the servers changed too"
        } else {
            "others sign the zone's data"
        };
        change.is_hijack = is_moved;
        change.rule = Some(Rule::Discontinuous);
        change.why = format!(
            "{}; keys of before are listed but sign nothing any more, and {others}",
            change.why
        );
        self.told.push(change);
    }

    /// Judges the open changes that are settled by now.
    pub(super) fn settle(&mut self) {
        let mut at = 0;
        while at < self.open.len() {
            if !self.judge(at, false) {
                at += 1;
            }
        }
    }

    /// Judges for good what may not wait beside the newest change: the way out before its way
    /// back, and the oldest where there are too many.
    pub(super) fn make_room(&mut self, is_way_back: bool) {
        let waiting = self.open.len().saturating_sub(1);
        if is_way_back {
            self.settle_first(waiting);
        } else if waiting >= OPEN_CHANGES {
            self.settle_first(1);
        }
    }

    /// Judges the first `count` open changes for good.
    fn settle_first(&mut self, count: usize) {
        for _ in 0..count {
            self.judge(0, true);
        }
    }

    /// Judges an open change; false if it has to wait.
    fn judge(&mut self, at: usize, is_last: bool) -> bool {
        let Some(open) = self.open.get(at) else {
            return false;
        };
        let case = Case {
            zone: &self.zone,
            open,
            lineage: &self.lineage,
            keys: &self.keys,
            signers: &self.signers,
            announcements: &self.announcements,
            signalled: open
                .before
                .is_empty()
                .then(|| self.signalled(&open.after, (open.inception, open.time)))
                .flatten(),
            servers: &self.servers,
            sole: &self.sole,
            declared: self.declared.as_deref(),
        };
        let way_out = self.way_out(open);
        let judgement = match way_out {
            Some(out) if !out.is_expected => Some(Judgement::way_back(out)),
            Some(out) => case.judge(is_last).map(|judgement| judgement.flap(out)),
            None => case.judge(is_last),
        };
        let Some(judgement) = judgement else {
            self.object(at);
            return false;
        };
        let judgement = case.measured(judgement);
        let mut change = open.draft(&self.zone);
        change.reverts = way_out.filter(|out| !out.is_expected).map(|out| out.kind);
        self.conclude(at, change, judgement);
        true
    }

    /// The latest change within a week that led away from the set that is back. Leaving DNSSEC
    /// again is judged by itself: no known-good state is back.
    fn way_out(&self, open: &OpenDs) -> Option<&Change> {
        let judged = self.judged.iter().rev().find(|judged| {
            judged.before == open.after
                && judged.change.kind != ChangeKind::ZoneSigned
                && open.time.seconds_since(judged.change.time) <= FLAP_SECONDS
        });
        judged.map(|judged| &judged.change)
    }

    fn conclude(&mut self, at: usize, mut change: Change, judgement: Judgement) {
        let open = self.open.remove(at);
        let is_vouched = matches!(
            judgement.rule,
            Some(Rule::Announced | Rule::Same | Rule::Planned | Rule::Flap)
        );
        // What was told once is the state from now on, liked or not.
        if is_vouched || !judgement.is_expected {
            self.lineage.vouch(&self.zone, &open.after);
        }
        match &open.keys {
            KeysSince::Listing(keys) | KeysSince::Foreign(keys) => self.adopt(keys),
            KeysSince::Unseen | KeysSince::Linked => {}
        }
        change.is_expected = judgement.is_expected;
        change.is_hijack = judgement.is_hijack;
        change.rule = judgement.rule;
        change.why = judgement.why;
        change.ticket = judgement.ticket;
        change.is_objected = judgement.is_objected;
        // What was objected to already is told again only if it turned out to be worse.
        if !open.is_objected || change.rule.is_some() || change.is_expected {
            self.told.push(change.clone());
        }
        self.conclude_companions(&change);
        self.judged.push_back(Judged {
            before: open.before,
            after: Some(open.after),
            inception: Some(open.inception),
            change,
        });
        if self.judged.len() > JUDGED_CHANGES {
            self.judged.pop_front();
        }
    }

    /// A first DS set, or a withdrawal, that was told as an alarm and that had been asked for by
    /// what is seen only now: resolvers never ask for CDS.
    pub(super) fn rejudge(&mut self, proof: &Proof<'_>) {
        let Some(judged) = self.judged.back() else {
            return;
        };
        let (kind, time) = (judged.change.kind, judged.change.time);
        let is_alarm = !judged.change.is_expected && !judged.change.is_objected;
        let current = self.ds.current().map(|entry| entry.set.clone());
        let (Some(after), Some(inception)) = (&judged.after, judged.inception) else {
            return;
        };
        if !is_alarm || current.as_ref() != Some(after) {
            return;
        }
        let why = if kind == ChangeKind::DsWithdrawn {
            self.announcements.of(&self.zone, after, inception)
        } else if kind == ChangeKind::ZoneSigned {
            self.signalled(after, (inception, time))
        } else {
            None
        };
        let (Some(why), Some(judged)) = (why, self.judged.back_mut()) else {
            return;
        };
        let change = &mut judged.change;
        change.is_expected = true;
        change.is_hijack = false;
        change.rule = Some(Rule::Announced);
        change.why = format!("{why}; seen only after the change");
        self.told.push(Change {
            reverts: Some(kind),
            exchange: proof.fact.exchange.clone(),
            ..change.clone()
        });
    }

    /// Keys and servers that changed with the DS set share its judgement.
    fn conclude_companions(&mut self, change: &Change) {
        if let Some(keys) = self.open_keys.take_if(|_| self.open.is_empty()) {
            self.adopt(&keys.keys);
            // One alarm, not two.
            if change.is_expected {
                self.tell_keys(keys.change, "they changed with the DS set");
            }
        }
        let is_together =
            |moved: &mut Change| moved.time.seconds_since(change.time).abs() <= TOGETHER_SECONDS;
        if let Some(moved) = self.open_move.take_if(is_together) {
            self.tell_move(moved, change.is_expected);
        }
    }

    /// New servers came after a DS change that was unexpected already: the pattern is whole.
    pub(super) fn raise_to_hijack(&mut self, exchange: &Arc<Exchange>) {
        let Some(moved) = self.servers.stranger() else {
            return;
        };
        let Some(change) = self.judged.back_mut().map(|judged| &mut judged.change) else {
            return;
        };
        let apart = moved.time.seconds_since(change.time);
        // An owner who leaves DNSSEC before moving waits for the caches; a thief does not.
        let is_apart = change.kind == ChangeKind::DsWithdrawn
            && moved.before_seen >= change.time
            && change
                .caches_hold_until
                .is_some_and(|until| moved.time > until);
        let is_open = match change.rule {
            Some(rule) => matches!(rule, Rule::Discontinuous | Rule::Withdrawn),
            // No key of before was ever seen; a long gap is another matter.
            None => {
                change.kind == ChangeKind::DsReplaced
                    && change
                        .before_seen
                        .is_some_and(|seen| change.time.seconds_since(seen) <= UNSEEN_SECONDS)
            }
        };
        let is_alarm = !change.is_expected && !change.is_hijack;
        if is_open && is_alarm && !is_apart && (0..=TOGETHER_SECONDS).contains(&apart) {
            change.is_hijack = true;
            change.rule = Some(Rule::Discontinuous);
            change.why = format!(
                "{}; the parent's NS set changed {apart} s later ({})",
                change.why,
                moved.leads_to()
            );
            change.exchange = exchange.clone();
            self.told.push(change.clone());
        }
    }

    /// The zone's own keys sign at `time`: the servers of today have them.
    pub(super) fn settle_move(&mut self, time: Timestamp) {
        if self.servers.settle(time)
            && let Some(moved) = self.open_move.take_if(|_| self.open.is_empty())
        {
            let is_expected = !self.is_accused(moved.time);
            self.tell_move(moved, is_expected);
        }
    }

    /// Whether an unexpected DS change was told about this time.
    pub(super) fn is_accused(&self, time: Timestamp) -> bool {
        self.judged.iter().any(|judged| {
            let apart = time.seconds_since(judged.change.time);
            !judged.change.is_expected && apart.abs() <= TOGETHER_SECONDS
        })
    }

    pub(super) fn tell_move(&mut self, mut change: Change, is_expected: bool) {
        change.is_expected = is_expected;
        let reason = if is_expected {
            "nothing seen speaks against it"
        } else {
            "it came together with an unexpected change of the DS set"
        };
        reason.clone_into(&mut change.why);
        self.told.push(change);
    }

    /// Servers that came with keys which the DS set does not name: somebody else's, or set up in
    /// the wrong order.
    fn tell_doubtful_move(&mut self, mut change: Change) {
        "the DS set names none of the keys that its servers hand out now"
            .clone_into(&mut change.why);
        self.told.push(change);
    }

    pub(super) fn tell_keys(&mut self, mut change: Change, reason: &str) {
        change.is_expected = true;
        change.why = format!("{}; {reason}", change.why);
        self.told.push(change);
    }
}

/// Until when an NS change waits for a DS change that it belongs to.
fn move_deadline(change: &Change) -> Timestamp {
    change.time.plus_seconds(GRACE_SECONDS)
}
