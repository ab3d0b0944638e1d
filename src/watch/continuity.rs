//! Whether a key of the old chain leads to a new DS set (DS-4, DS-5), or what contradicts (DS-7).

use super::change::Rule;
use super::ds::DsSet;
use super::judge::Case;
use super::judgement::Judgement;
use super::keys::KeyList;
use super::open::{KeysSince, OpenDs};
use super::sole::Sole;
use crate::message::{Dnskey, Ds};
use crate::signature::ds_matches;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Case<'_> {
    /// DS-4: a key of the old chain vouches for the new set. Tells how.
    pub(super) fn continuous(&self) -> Option<String> {
        let OpenDs { before, after, .. } = self.open;
        let joined = after.without(before);
        let current = self.keys.current().map(|entry| entry.set.as_ref());
        let published = current.into_iter().flat_map(KeyList::keys);
        let published: Vec<_> = published.filter(|key| self.lineage.has_seen(key)).collect();
        let is_published = |ds: &Ds| {
            let mut keys = published.iter();
            keys.any(|key| ds_matches(self.zone, ds, key))
        };
        if !joined.is_empty() && joined.records().iter().all(is_published) {
            return Some(format!(
                "the new DS digests key {}, which stood in a DNSKEY RRset that the old chain signed",
                joined.tags()
            ));
        }
        if joined.is_empty() && self.is_signed_under(after) {
            return Some(format!(
                "DS {} stays, and its key signs the DNSKEY RRset",
                after.tags()
            ));
        }
        if self.open.keys == KeysSince::Linked {
            return Some(
                "the DNSKEY RRset seen since the change is signed by a key of the old chain and \
                 by one that the new DS set names"
                    .to_owned(),
            );
        }
        self.signed_since()
    }

    /// Whether a key of the old chain that this set names signs the current DNSKEY RRset.
    fn is_signed_under(&self, set: &DsSet) -> bool {
        let is_old = |key: &&Arc<Dnskey>| self.lineage.has_seen(key);
        let mut old = self.signers.iter().filter(is_old);
        old.any(|key| set.names(self.zone, key))
    }

    /// Whether a key of before still signs the zone's data, under a chain that the new set
    /// begins. Signatures of before can be copied: beside new servers only a fresh one counts.
    fn signed_since(&self) -> Option<String> {
        let OpenDs {
            before,
            after,
            keys,
            ..
        } = self.open;
        let kept = before.common(after);
        let stays = !self.lineage.named_by(self.zone, &kept).is_empty();
        let is_listed = |key: &Arc<Dnskey>| match keys {
            KeysSince::Listing(list) => list.keys().contains(key),
            KeysSince::Unseen => stays,
            KeysSince::Linked | KeysSince::Foreign(_) => false,
        };
        let is_fresh = |inception| self.moved().is_none() || inception > self.open.inception;
        let signature = self
            .open
            .signatures
            .iter()
            .find(|old| is_listed(&old.key) && is_fresh(old.inception))?;
        Some(format!(
            "key {} of the old chain still signs the zone's data",
            signature.key.key_tag
        ))
    }

    /// DS-5 where a continuous change brings or drops an algorithm.
    pub(super) fn with_algorithms(&self, why: String) -> Judgement {
        let OpenDs {
            before,
            after,
            time,
            ..
        } = self.open;
        if before.algorithms() == after.algorithms() {
            return Judgement::expected(Rule::Continuous, why);
        }
        let Some(keys) = self.keys.current().filter(|keys| keys.held_until > *time) else {
            return Judgement::expected(Rule::AlgorithmRoll, why);
        };
        let published = keys.set.algorithms();
        let early = after.without(before).algorithms();
        let lack = match early.difference(&published).next() {
            Some(algorithm) => format!("no key of algorithm {algorithm} is published yet"),
            None => match self.signed_without(before, &early) {
                Some((sole, algorithm)) => format!(
                    "key {} alone signs data, without a signature of algorithm {algorithm}",
                    sole.key.key_tag
                ),
                None => return Judgement::expected(Rule::AlgorithmRoll, why),
            },
        };
        Judgement::unexpected(
            Some(Rule::AlgorithmRoll),
            format!(
                "{why}; but {lack}, and strict validators want signatures of every algorithm in \
                 the DS set (RFC 6781 §4.1.4)"
            ),
        )
    }

    /// Data in caches without a signature of an algorithm that joins the DS set, though its
    /// server shows a key of it.
    fn signed_without(&self, before: &DsSet, joined: &BTreeSet<u8>) -> Option<(&Sole, u8)> {
        let known = before.algorithms();
        let new = joined.iter().find(|algorithm| !known.contains(algorithm))?;
        let is_without = |sole: &&Sole| {
            let shown = self.keys.latest_from(sole.server);
            sole.key.algorithm() != *new
                && shown.is_some_and(|keys| {
                    keys.set.algorithms().contains(new) && keys.known_since <= sole.last_seen
                })
        };
        let sole = self.sole.held(self.open.time).find(is_without)?;
        Some((sole, *new))
    }

    /// DS-7 by contradiction: strangers' keys or strangers' servers.
    pub(super) fn contradicted(&self) -> Option<Judgement> {
        // Where an old DS record and an old server stay, the keys decide.
        let kept = self.open.before.common(&self.open.after);
        let moved = self
            .moved()
            .filter(|moved| kept.is_empty() || !moved.is_partial())
            .map(|moved| self.move_text(moved));
        let keys = match &self.open.keys {
            KeysSince::Foreign(keys) => Some(format!(
                "the DNSKEY RRset since (keys {}) holds no key of before",
                keys.tags()
            )),
            KeysSince::Unseen | KeysSince::Linked | KeysSince::Listing(_) => None,
        };
        let facts: Vec<String> = [keys, moved].into_iter().flatten().collect();
        if facts.is_empty() {
            return None;
        }
        let why = format!(
            "no link between old and new keys, never announced: {}",
            facts.join("; ")
        );
        Some(match self.unseen_days() {
            None => Judgement::hijack(why),
            Some(days) => Judgement::unexpected(
                None,
                format!("{why}; but the zone had not passed for {days} days"),
            ),
        })
    }

    /// Whether the set of before was seen so lately that no step of a rollover fits in between.
    fn was_watched(&self) -> bool {
        let ttl = self.keys.current().map(|keys| keys.ttl);
        self.open.time <= self.open.held_until.plus_ttl(ttl.unwrap_or_default())
    }

    /// The time is up, and neither a link nor a contradiction was seen.
    pub(super) fn last_word(&self) -> Judgement {
        let kept = self.open.before.common(&self.open.after);
        if self.is_signed_under(&kept) {
            return self.with_algorithms(format!(
                "DS {} stays, whose key signs the last DNSKEY RRset seen; nothing seen since \
                 contradicts",
                kept.tags()
            ));
        }
        if !self.lineage.has_keys() {
            let why = "no DNSKEY RRset of before was seen that could link old and new keys";
            return Judgement {
                is_expected: !kept.is_empty(),
                ..Judgement::unexpected(None, why.to_owned())
            };
        }
        if let Some(doubt) = self.doubt() {
            return Judgement::unexpected(None, doubt);
        }
        let seen = match self.open.keys {
            KeysSince::Listing(_) => "keys of before are listed, but others sign the zone's data",
            KeysSince::Unseen | KeysSince::Linked | KeysSince::Foreign(_) => {
                "no DNSKEY RRset that the new set vouches for was seen since"
            }
        };
        Judgement::unexpected(
            Some(Rule::Discontinuous),
            format!("no link between old and new keys, never announced: {seen}"),
        )
    }

    /// Why a link may be there all the same, unseen.
    fn doubt(&self) -> Option<String> {
        if let Some(days) = self.unseen_days() {
            return Some(format!(
                "no link between old and new keys was seen, but the zone had not passed for {days} \
                 days: a whole rollover may have gone unseen"
            ));
        }
        let keys = self.keys.current();
        let doubt = match self.open.keys {
            KeysSince::Unseen if keys.is_none_or(|keys| keys.held_until <= self.open.time) => {
                "the last DNSKEY RRset seen had left all caches before, and no other was seen \
                 since: nothing tells whether it held the new keys"
            }
            KeysSince::Listing(_) if !self.open.has_strangers_data => {
                "the DNSKEY RRset since lists keys of before, but none of them signed it, and no \
                 data of the zone was seen that they sign"
            }
            KeysSince::Listing(_) if !self.was_watched() => {
                "others than the keys of before sign the zone's data, though these are still \
                 listed; the steps between had time to pass unseen"
            }
            KeysSince::Unseen
            | KeysSince::Listing(_)
            | KeysSince::Linked
            | KeysSince::Foreign(_) => return None,
        };
        Some(doubt.to_owned())
    }
}
