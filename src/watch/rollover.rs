//! How a zone's keys change.

use super::change::{Change, ChangeKind, Rule};
use super::ds::DsSet;
use super::history::History;
use super::judge::UNSEEN_SECONDS;
use super::keys::KeyList;
use super::open::{GRACE_SECONDS, OpenKeys, draft};
use super::timeline::{Place, Proof};
use crate::chain::KeySet;
use crate::message::Dnskey;
use std::sync::Arc;

/// How a DNSKEY RRset stands to the keys that are known to be the zone's own.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Kinship {
    /// One of them signed it, or it is the first that was seen.
    Own,
    /// A key signed it that was announced before it was seen.
    Vouched,
    /// Neither.
    Stranger,
}

impl History {
    /// Takes in a verified DNSKEY RRset.
    pub(super) fn see_keys(&mut self, keys: &KeySet, proof: &Proof<'_>) {
        let sight = &proof.sight;
        let kinship = self.kinship(&keys.signers);
        for open in &mut self.open {
            open.note_keys(&self.zone, keys, sight, &self.lineage);
        }
        let list = Arc::new(KeyList::new(keys.keys.iter().cloned()));
        let latest = self.keys.latest_from(sight.server);
        // Another provider's set comes into force again, or that of a server that lags.
        let is_unchanged = latest.is_some_and(|latest| latest.set == list);
        let place = self.keys.place(list.clone(), sight);
        match place {
            Place::First => self.signers.clone_from(&keys.signers),
            Place::New => {
                self.signers.clone_from(&keys.signers);
                if !is_unchanged {
                    self.change_keys(&list, kinship, proof);
                }
            }
            Place::Same => {
                let is_new = |key: &&Arc<Dnskey>| !self.signers.contains(*key);
                let new: Vec<_> = keys.signers.iter().filter(is_new).cloned().collect();
                self.signers.extend(new);
            }
            Place::Stale { .. } => {}
        }
        if kinship != Kinship::Stranger {
            self.adopt(&list);
        }
        self.settle();
        self.ease(sight.time);
        if kinship == Kinship::Own && sight.is_fresh {
            self.settle_move(sight.time);
        }
        if !sight.is_fresh {
            return;
        }
        if !matches!(place, Place::Stale { .. }) {
            self.check_link(&list, &keys.signers, proof);
            if kinship != Kinship::Stranger {
                self.check_early_removal(&list, proof);
            }
        }
        self.check_providers(&proof.fact.exchange);
    }

    /// How the signers of a DNSKEY RRset stand to the zone's own keys.
    fn kinship(&self, signers: &[Arc<Dnskey>]) -> Kinship {
        let is_first = !self.lineage.has_keys() && self.open.is_empty();
        // A revoked key speaks for nothing but its own revocation (RFC 5011 §2.1).
        let mut signers = signers.iter().filter(|key| !key.is_revoked());
        if is_first || signers.clone().any(|key| self.lineage.has_seen(key)) {
            Kinship::Own
        } else if signers.any(|key| self.lineage.has(&self.zone, key)) {
            Kinship::Vouched
        } else {
            Kinship::Stranger
        }
    }

    /// Takes keys for the zone's own; those that have left its DNSKEY RRset retire.
    pub(super) fn adopt(&mut self, keys: &KeyList) {
        self.lineage.adopt(keys);
        if let Some(current) = self.keys.current() {
            let ds = self.ds.current().map(|ds| ds.set.clone());
            let ds = ds.unwrap_or_default();
            self.lineage.retire_all_but(&self.zone, &current.set, &ds);
        }
    }

    /// Looks whether the DNSKEY RRset that the zone serves now goes with its DS sets.
    fn check_link(&mut self, keys: &KeyList, signers: &[Arc<Dnskey>], proof: &Proof<'_>) {
        let time = proof.sight.time;
        let is_since = self.ds.current().is_some_and(|ds| time >= ds.first_seen);
        if !is_since {
            return;
        }
        if self.open.is_empty() && !self.is_accused(time) {
            let is_known = |set: &DsSet| !self.lineage.named_by(&self.zone, set).is_empty();
            let held = self.ds.past().find(|old| {
                let is_served = signers.iter().any(|key| old.set.names(&self.zone, key));
                old.was_current
                    && old.held_until > time
                    && old.set.is_usable()
                    && is_known(&old.set)
                    && !is_served
            });
            let premature =
                held.and_then(|held| self.link.check_signers(&self.zone, held, signers, proof));
            self.told.extend(premature);
        }
        let exchange = &proof.fact.exchange;
        let mismatch = self
            .link
            .check_verified(&self.zone, &self.ds, keys, exchange);
        self.told.extend(mismatch);
    }

    /// A new DNSKEY RRset is in force.
    fn change_keys(&mut self, keys: &Arc<KeyList>, kinship: Kinship, proof: &Proof<'_>) {
        let Some(before) = self.keys.previous() else {
            return;
        };
        let time = proof.sight.time;
        let mut change = Change {
            before: before.set.texts(),
            after: keys.texts(),
            before_seen: Some(before.last_seen),
            caches_hold_until: Some(before.held_until),
            why: keys.difference(&before.set),
            ..draft(&self.zone, ChangeKind::DnskeyChanged, proof)
        };
        let is_unseen = time.seconds_since(before.last_seen) > UNSEEN_SECONDS;
        let was_watched = time <= before.held_until.plus_ttl(before.ttl);
        let collision = keys.collision();
        let is_colliding = collision.is_some() && before.set.collision() != collision;
        let deadline = before.held_until.max(time.plus_seconds(GRACE_SECONDS));
        if let Some(earlier) = self.open_keys.take() {
            self.tell_keys(earlier.change, "another change followed");
        }
        let is_listing = keys.keys().iter().any(|key| self.lineage.has_seen(key));
        if let Some((tag, algorithm)) = collision.filter(|_| is_colliding) {
            change.why = format!(
                "{}: two keys share tag {tag} and algorithm {algorithm}, and some resolvers try \
                 only one of them",
                change.why
            );
            self.told.push(change);
        } else if kinship == Kinship::Own {
            self.tell_keys(change, "signed by a key of the old chain");
        } else if self.is_accused(time) {
            // The DS change that brought these keys was told: one alarm, not two.
            self.adopt(keys);
        } else if kinship == Kinship::Vouched {
            self.tell_keys(change, "signed by a key that the DS set vouches for");
        } else if is_listing || !self.open.is_empty() {
            self.open_keys = Some(OpenKeys {
                change,
                keys: keys.clone(),
                deadline,
                has_strangers_data: false,
                was_watched,
            });
        } else {
            self.adopt(keys);
            change.is_hijack = !is_unseen;
            change.rule = (!is_unseen).then_some(Rule::Discontinuous);
            change.why = format!(
                "{}; no key of before is left, none of them signed the new set, and nothing \
                 announced it",
                change.why
            );
            self.told.push(change);
        }
    }
}
