//! What is known of one zone.

use super::announcement::Announcements;
use super::change::{Change, ChangeKind, Rule};
use super::ds::DsSet;
use super::judge::{Case, Judgement, TOGETHER_SECONDS, UNSEEN_SECONDS};
use super::keys::{KeyList, Lineage};
use super::link::Link;
use super::open::{GRACE_SECONDS, KeysSince, OpenDs, draft};
use super::servers::{Referral, Servers};
use super::timeline::{Place, Sight, Timeline};
use crate::chain::{Fact, KeySet, SignedBy};
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name, Rrset};
use crate::time::Timestamp;
use std::collections::VecDeque;
use std::sync::Arc;

/// DS changes that may wait at once; the oldest is judged when there are more.
const OPEN_CHANGES: usize = 4;

/// Judged DS changes that are remembered.
const JUDGED_CHANGES: usize = 8;

/// Within this time a way back belongs to its way out (DS-8).
const FLAP_SECONDS: i64 = 7 * 86_400;

/// A DS change that was judged.
#[derive(Clone, Debug)]
struct Judged {
    before: Arc<DsSet>,
    after: Arc<DsSet>,
    change: Change,
}

/// A change of keys that waits for what settles it.
#[derive(Clone, Debug)]
struct OpenKeys {
    change: Change,
    keys: KeyList,
    deadline: Timestamp,
}

/// The history of one zone.
#[derive(Debug)]
pub(super) struct History {
    zone: Name,
    ds: Timeline<DsSet>,
    keys: Timeline<KeyList>,
    /// The keys that sign the current DNSKEY RRset.
    signers: Vec<Arc<Dnskey>>,
    lineage: Lineage,
    announcements: Announcements,
    servers: Servers,
    /// DS changes that wait, in the order of their first sights.
    open: Vec<OpenDs>,
    open_keys: Option<OpenKeys>,
    /// An NS change that waits for what settles it.
    open_move: Option<Change>,
    judged: VecDeque<Judged>,
    link: Link,
}

impl History {
    /// Of a zone that nothing is known of.
    pub(super) fn new(zone: Name) -> Self {
        Self {
            zone,
            ds: Timeline::default(),
            keys: Timeline::default(),
            signers: Vec::new(),
            lineage: Lineage::default(),
            announcements: Announcements::default(),
            servers: Servers::default(),
            open: Vec::new(),
            open_keys: None,
            open_move: None,
            judged: VecDeque::new(),
            link: Link::default(),
        }
    }

    /// When something is to be judged at the latest.
    pub(super) fn deadline(&self) -> Option<Timestamp> {
        let open = self.open.iter().map(|open| open.deadline);
        let keys = self.open_keys.iter().map(|open| open.deadline);
        let moved = self.open_move.iter().map(move_deadline);
        open.chain(keys).chain(moved).min()
    }

    /// Takes in the servers that the parent names.
    pub(super) fn see_referral(
        &mut self,
        referral: Referral,
        exchange: &Arc<Exchange>,
        out: &mut Vec<Change>,
    ) {
        let Some(moved) = self.servers.note(referral) else {
            return;
        };
        let texts = |names: &std::collections::BTreeSet<Name>| -> Vec<String> {
            names.iter().map(ToString::to_string).collect()
        };
        if self
            .ds
            .current()
            .is_none_or(|current| current.set.is_empty())
            && self.ds.previous().is_none()
        {
            return;
        }
        let mut change = draft(&self.zone, ChangeKind::NsChanged, moved.time, exchange);
        change.before = texts(&moved.before);
        change.after = texts(&moved.after);
        change.before_seen = Some(moved.before_seen);
        change.caches_hold_until = Some(moved.held_until);
        if let Some(earlier) = self.open_move.replace(change) {
            out.push(settled_move(earlier, true));
        }
        self.settle(out);
        self.raise_to_hijack(exchange, out);
    }

    /// Takes in a verified DS set, or the proof that there is none.
    pub(super) fn see_ds(&mut self, set: DsSet, fact: &Fact, by: &SignedBy, out: &mut Vec<Change>) {
        let sight = Sight::of(fact, by);
        if self.servers.is_unknown()
            && let Some(referral) = Referral::of(&fact.exchange).filter(|r| r.zone == self.zone)
        {
            self.servers.note(referral);
        }
        match self.ds.place(set.clone(), &sight) {
            Place::First if set.is_empty() => {}
            Place::First => {
                self.lineage.vouch(&set);
                let mut change = draft(
                    &self.zone,
                    ChangeKind::DsFirstSeen,
                    sight.time,
                    &fact.exchange,
                );
                change.after = set.texts();
                change.is_expected = true;
                change.why = "the first DS set of the zone in this history".to_owned();
                out.push(change);
            }
            Place::Same => {}
            Place::Stale { is_news, is_replay } => {
                if is_news || is_replay {
                    self.tell_stale(&set, &sight, is_replay, fact, out);
                }
            }
            Place::New => self.begin(&sight, fact, out),
        }
    }

    fn tell_stale(
        &mut self,
        set: &DsSet,
        sight: &Sight,
        is_replay: bool,
        fact: &Fact,
        out: &mut Vec<Change>,
    ) {
        let Some(current) = self.ds.current() else {
            return;
        };
        if is_replay && !self.link.is_first_replay(set) {
            return;
        }
        let mut change = draft(&self.zone, ChangeKind::DsStale, sight.time, &fact.exchange);
        change.before = current.set.texts();
        change.before_seen = Some(current.last_seen);
        change.after = set.texts();
        change.is_expected = !is_replay;
        let since = current.first_seen;
        change.why = if is_replay {
            format!(
                "a DS set signed at {} came from {}, which has shown the newer set of {since}; its \
                 TTL has run out since, so this may be a replay",
                sight.inception, sight.server
            )
        } else {
            format!(
                "a DS set signed at {} came after the newer one first seen at {since}: a server \
                 that lags, or a cache",
                sight.inception
            )
        };
        out.push(change);
    }

    /// A new DS set is in force.
    fn begin(&mut self, sight: &Sight, fact: &Fact, out: &mut Vec<Change>) {
        let (Some(before), Some(after)) = (self.ds.previous(), self.ds.current()) else {
            return;
        };
        let mut open = OpenDs::new(before, after, sight, &fact.exchange);
        if let Some(keys) = self.keys.current() {
            open.deadline = open.deadline.max(keys.held_until);
        }
        let is_way_back = self.open.iter().any(|out| out.before == open.after);
        self.open.push(open);
        let waiting = self.open.len();
        if is_way_back || waiting > OPEN_CHANGES {
            // The way out is judged before the way back.
            self.settle_first(waiting - 1, out);
        }
        let Some(open) = self.open.last() else { return };
        let is_moved = self
            .servers
            .last_move()
            .is_some_and(|moved| !moved.is_settled);
        if let Some(keys) = self.keys.current().filter(|_| !is_moved) {
            out.extend(self.link.check_ds(&self.zone, open, keys));
        }
        self.settle(out);
    }

    /// Takes in a verified DNSKEY RRset.
    pub(super) fn see_keys(
        &mut self,
        keys: &KeySet,
        fact: &Fact,
        by: &SignedBy,
        out: &mut Vec<Change>,
    ) {
        let sight = Sight::of(fact, by);
        for open in &mut self.open {
            open.note_keys(&self.zone, keys, &sight, &self.lineage);
        }
        let is_first = !self.lineage.has_keys() && self.open.is_empty();
        let is_linked = is_first
            || keys
                .signers
                .iter()
                .any(|key| self.lineage.has(&self.zone, key));
        let list = KeyList(keys.keys.clone());
        if is_linked {
            self.lineage.adopt(&list);
            if sight.is_fresh {
                self.servers.settle(sight.time);
            }
        }
        let place = self.keys.place(list.clone(), &sight);
        match place {
            Place::First | Place::New => self.signers.clone_from(&keys.signers),
            Place::Same => {
                for signer in &keys.signers {
                    if !self.signers.contains(signer) {
                        self.signers.push(signer.clone());
                    }
                }
            }
            Place::Stale { .. } => {}
        }
        if place == Place::New {
            self.keys_changed(list.clone(), is_linked, &sight, fact, out);
        }
        self.settle(out);
        if !matches!(place, Place::Stale { .. }) && sight.is_fresh {
            let is_quiet = self.open.is_empty() && !self.is_accused(sight.time);
            if is_quiet {
                out.extend(
                    self.link
                        .check_signers(&self.zone, &self.ds, &keys.signers, fact),
                );
            }
            if sight.time >= self.ds.current().map_or(sight.time, |ds| ds.first_seen) {
                out.extend(self.link.check_verified(&self.zone, &self.ds, &list, fact));
            }
        }
    }

    fn keys_changed(
        &mut self,
        keys: KeyList,
        is_linked: bool,
        sight: &Sight,
        fact: &Fact,
        out: &mut Vec<Change>,
    ) {
        let Some(before) = self.keys.previous() else {
            return;
        };
        let mut change = draft(
            &self.zone,
            ChangeKind::DnskeyChanged,
            sight.time,
            &fact.exchange,
        );
        change.before = before.set.texts();
        change.after = keys.texts();
        change.before_seen = Some(before.last_seen);
        change.caches_hold_until = Some(before.held_until);
        change.why = keys.difference(&before.set);
        let is_colliding = keys.collision().is_some() && before.set.collision() != keys.collision();
        if let Some((tag, algorithm)) = keys.collision().filter(|_| is_colliding) {
            change.why = format!(
                "{}: two keys share tag {tag} and algorithm {algorithm}, and some resolvers try \
                 only one of them",
                change.why
            );
            out.push(change);
            return;
        }
        let unseen = sight.time.seconds_since(before.last_seen);
        let is_listing = keys.0.iter().any(|key| self.lineage.has_seen(key));
        let deadline = before
            .held_until
            .max(sight.time.plus_seconds(GRACE_SECONDS));
        if let Some(earlier) = self.open_keys.take() {
            out.push(expected_keys(
                earlier.change,
                "nothing seen since contradicts",
            ));
        }
        if is_linked {
            out.push(expected_keys(change, "signed by a key of the old chain"));
        } else if is_listing || !self.open.is_empty() {
            self.open_keys = Some(OpenKeys {
                change,
                keys,
                deadline,
            });
        } else {
            self.lineage.adopt(&keys);
            let is_unseen = unseen > UNSEEN_SECONDS;
            change.is_hijack = !is_unseen;
            change.rule = (!is_unseen).then_some(Rule::Discontinuous);
            change.why = format!(
                "{}; no key of before is left, none of them signed the new set, and nothing \
                 announced it",
                change.why
            );
            if !self.is_accused(sight.time) {
                out.push(change);
            }
        }
    }

    /// Takes in a DNSKEY RRset that nothing vouches for, or none where one should be.
    pub(super) fn see_unproven(
        &mut self,
        rrset: Option<&Rrset>,
        exchange: &Arc<Exchange>,
        out: &mut Vec<Change>,
    ) {
        let keys = rrset.map(|rrset| rrset.dnskeys().map(Arc::new).collect());
        let keys = KeyList(keys.unwrap_or_default());
        let change = self
            .link
            .check_unproven(&self.zone, (&self.ds, &self.keys), &keys, exchange);
        out.extend(change);
    }

    /// Takes in a verified CDS or CDNSKEY RRset.
    pub(super) fn see_announcement(
        &mut self,
        rrset: &Rrset,
        fact: &Fact,
        by: &SignedBy,
        out: &mut Vec<Change>,
    ) {
        let Some(key) = by
            .key
            .as_ref()
            .filter(|key| self.lineage.has(&self.zone, key))
        else {
            return;
        };
        self.announcements
            .note(rrset, &Sight::of(fact, by), key.key_tag);
        self.settle(out);
    }

    /// Takes in that zone data seen at `time` verified with this key.
    pub(super) fn see_signature(
        &mut self,
        key: &Arc<Dnskey>,
        time: Timestamp,
        by: &SignedBy,
        out: &mut Vec<Change>,
    ) {
        if !self.lineage.has_seen(key) {
            return;
        }
        self.servers.settle(time);
        for open in &mut self.open {
            open.note_data(key, time, by);
        }
        self.settle(out);
        let is_vouched =
            |open: &mut OpenKeys| time >= open.change.time && open.keys.0.contains(key);
        if self.open.is_empty()
            && let Some(open) = self.open_keys.take_if(is_vouched)
        {
            self.lineage.adopt(&open.keys);
            let why = format!("key {} of before still signs the zone's data", key.key_tag);
            out.push(expected_keys(open.change, &why));
        }
    }

    /// Judges what is due at `now`.
    pub(super) fn lapse(&mut self, now: Timestamp, out: &mut Vec<Change>) {
        while let Some(at) = self.open.iter().position(|open| open.deadline <= now) {
            self.settle_first(at + 1, out);
        }
        if self.open.is_empty()
            && let Some(open) = self.open_keys.take_if(|open| open.deadline <= now)
        {
            self.lineage.adopt(&open.keys);
            let why = "keys of before are listed, and nothing seen since contradicts";
            out.push(expected_keys(open.change, why));
        }
        if let Some(change) = self
            .open_move
            .take_if(|change| move_deadline(change) <= now)
        {
            let is_accused = self.is_accused(change.time);
            out.push(settled_move(change, !is_accused));
        }
    }

    /// Whether an unexpected DS change was told about this time.
    fn is_accused(&self, time: Timestamp) -> bool {
        self.judged.iter().any(|judged| {
            let apart = time.seconds_since(judged.change.time);
            !judged.change.is_expected && apart.abs() <= TOGETHER_SECONDS
        })
    }

    /// Judges the open changes that are settled by now.
    fn settle(&mut self, out: &mut Vec<Change>) {
        let mut at = 0;
        while at < self.open.len() {
            if !self.judge(at, false, out) {
                at += 1;
            }
        }
    }

    /// Judges the first `count` open changes for good.
    fn settle_first(&mut self, count: usize, out: &mut Vec<Change>) {
        for _ in 0..count {
            self.judge(0, true, out);
        }
    }

    /// Judges an open change; false if it has to wait.
    fn judge(&mut self, at: usize, is_last: bool, out: &mut Vec<Change>) -> bool {
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
            servers: &self.servers,
        };
        let way_out = self.way_out(open);
        let reverted = way_out.filter(|judged| !judged.change.is_expected);
        let judgement = match (reverted, way_out) {
            (Some(out), _) => Some(Judgement::way_back(&out.change)),
            (None, Some(out)) => case
                .judge(is_last)
                .map(|judgement| judgement.flap(&out.change)),
            (None, None) => case.judge(is_last),
        };
        let Some(judgement) = judgement else {
            return false;
        };
        let reverts = reverted.map(|judged| judged.change.kind);
        let mut change = open.draft(&self.zone);
        change.reverts = reverts;
        self.conclude(at, change, judgement, out);
        true
    }

    /// The latest change within a week that led away from the set that is back.
    fn way_out(&self, open: &OpenDs) -> Option<&Judged> {
        self.judged.iter().rev().find(|judged| {
            judged.before == open.after
                && judged.after != open.after
                && open.time.seconds_since(judged.change.time) <= FLAP_SECONDS
        })
    }

    fn conclude(
        &mut self,
        at: usize,
        mut change: Change,
        judgement: Judgement,
        out: &mut Vec<Change>,
    ) {
        let open = self.open.remove(at);
        let is_vouched = !judgement.is_expected
            || matches!(
                judgement.rule,
                Some(Rule::Announced | Rule::Same | Rule::Planned | Rule::Flap)
            );
        if is_vouched {
            self.lineage.vouch(&open.after);
        }
        match &open.keys {
            KeysSince::Listing(keys) | KeysSince::Foreign(keys) => self.lineage.adopt(keys),
            KeysSince::Unseen | KeysSince::Linked => {}
        }
        change.is_expected = judgement.is_expected;
        change.is_hijack = judgement.is_hijack;
        change.rule = judgement.rule;
        change.why = judgement.why;
        self.judged.push_back(Judged {
            before: open.before,
            after: open.after,
            change: change.clone(),
        });
        if self.judged.len() > JUDGED_CHANGES {
            self.judged.pop_front();
        }
        // Keys that changed with the set share its judgement: one alarm, not two.
        if let Some(keys) = self.open_keys.take_if(|_| self.open.is_empty()) {
            self.lineage.adopt(&keys.keys);
            if change.is_expected {
                out.push(expected_keys(keys.change, "they changed with the DS set"));
            }
        }
        let is_together =
            |moved: &mut Change| moved.time.seconds_since(change.time).abs() <= TOGETHER_SECONDS;
        if let Some(moved) = self.open_move.take_if(is_together) {
            out.push(settled_move(moved, change.is_expected));
        }
        out.push(change);
    }

    /// New servers came after a DS change that was unexpected already: the pattern is whole.
    fn raise_to_hijack(&mut self, exchange: &Arc<Exchange>, out: &mut Vec<Change>) {
        let Some(moved) = self
            .servers
            .last_move()
            .filter(|moved| moved.has_strangers())
        else {
            return;
        };
        let Some(judged) = self.judged.back_mut() else {
            return;
        };
        let change = &mut judged.change;
        let apart = moved.time.seconds_since(change.time);
        let is_late = change.kind == ChangeKind::DsWithdrawn
            && moved.before_seen >= change.time
            && change
                .caches_hold_until
                .is_some_and(|until| moved.time > until);
        let is_open = !change.is_expected && !change.is_hijack && change.rule != Some(Rule::Flap);
        let is_taken = matches!(
            change.kind,
            ChangeKind::DsReplaced | ChangeKind::DsWithdrawn | ChangeKind::DsAdded
        );
        if is_open && is_taken && !is_late && (0..=TOGETHER_SECONDS).contains(&apart) {
            change.is_hijack = true;
            change.rule = Some(Rule::Discontinuous);
            change.why = format!(
                "{}; the parent's NS set changed {apart} s later",
                change.why
            );
            change.exchange = exchange.clone();
            out.push(change.clone());
        }
    }
}

/// Until when an NS change waits for a DS change that it belongs to.
fn move_deadline(change: &Change) -> Timestamp {
    change.time.plus_seconds(GRACE_SECONDS)
}

fn settled_move(mut change: Change, is_expected: bool) -> Change {
    change.is_expected = is_expected;
    change.why = if is_expected {
        "the parent names other servers; nothing speaks against them".to_owned()
    } else {
        "the parent names other servers, together with an unexpected change of the DS set"
            .to_owned()
    };
    change
}

fn expected_keys(mut change: Change, reason: &str) -> Change {
    change.is_expected = true;
    change.why = format!("{}; {reason}", change.why);
    change
}
