//! The rules by which a DS change is expected or not (DS-1 to DS-8).

use super::announcement::Announcements;
use super::change::Rule;
use super::ds::DsSet;
use super::judgement::Judgement;
use super::keys::{KeyList, Lineage};
use super::open::{KeysSince, OpenDs};
use super::servers::{Move, Servers};
use super::timeline::Timeline;
use crate::message::{Dnskey, Ds, Name};
use crate::signature::ds_matches;
use std::sync::Arc;

/// A change of servers this close to a DS change belongs to it: resolvers keep the NS set for
/// as long, so the two may show apart.
pub(super) const TOGETHER_SECONDS: i64 = 48 * 3600;

/// A zone that was not seen for this long may have rolled all its keys rightly meanwhile.
pub(super) const UNSEEN_SECONDS: i64 = 7 * 86_400;

/// All that a judgement rests on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub(super) zone: &'a Name,
    pub(super) open: &'a OpenDs,
    /// The keys of the old chain.
    pub(super) lineage: &'a Lineage,
    /// The DNSKEY RRsets.
    pub(super) keys: &'a Timeline<KeyList>,
    /// The keys that sign the current DNSKEY RRset.
    pub(super) signers: &'a [Arc<Dnskey>],
    pub(super) announcements: &'a Announcements,
    pub(super) servers: &'a Servers,
}

impl Case<'_> {
    /// Judges by what is known; nothing if that does not settle it and there is still time.
    pub(super) fn judge(&self, is_last: bool) -> Option<Judgement> {
        if self.open.before.is_empty() {
            return Some(self.signed());
        }
        if let Some(judgement) = self.same().or_else(|| self.announced()) {
            return Some(judgement);
        }
        if self.open.after.is_empty() {
            return Some(self.withdrawn());
        }
        self.continuous()
            .map(|why| self.with_algorithms(why))
            .or_else(|| self.contradicted())
            .or_else(|| is_last.then(|| self.last_word()))
    }

    /// The change of servers that came together with the change.
    fn moved(&self) -> Option<&Move> {
        self.servers.stranger().filter(|moved| {
            let apart = moved.time.seconds_since(self.open.time);
            apart.abs() <= TOGETHER_SECONDS
        })
    }

    fn move_text(&self, moved: &Move) -> String {
        let what = if moved.before == moved.after {
            "addresses of its servers"
        } else {
            "NS set"
        };
        match moved.time.seconds_since(self.open.time) {
            0 => format!("the parent's {what} changed at the same time"),
            late @ 1.. => format!("the parent's {what} changed {late} s later"),
            early => format!("the parent's {what} changed {} s before", -early),
        }
    }

    /// DS-1: every record of either set digests a key that the DNSKEY RRset shows, and the keys
    /// are the same. A key tag alone can be forged to fit.
    fn same(&self) -> Option<Judgement> {
        let OpenDs { before, after, .. } = self.open;
        let is_known = |set: &DsSet| {
            let mut records = set.records().iter();
            !set.is_empty() && records.all(|ds| self.lineage.knows(self.zone, ds))
        };
        let named = |set| self.lineage.named_by(self.zone, set);
        (is_known(before) && is_known(after) && named(before) == named(after)).then(|| {
            let why = format!(
                "the DNSKEY RRset shows that the keys stay the same ({}): only their digests changed",
                after.tags()
            );
            Judgement::expected(Rule::Same, why)
        })
    }

    /// DS-3: the zone asked for it, signed by a key of its old chain (RFC 7344 §4.1).
    fn announced(&self) -> Option<Judgement> {
        let OpenDs {
            after, inception, ..
        } = self.open;
        let why = self.announcements.of(self.zone, after, *inception)?;
        Some(Judgement::expected(Rule::Announced, why))
    }

    /// A zone that had no DS gets one. There is no old chain that could vouch for it.
    fn signed(&self) -> Judgement {
        let mut why = format!(
            "the zone was proven to have no DS until {}; nothing can vouch for the first keys ({})",
            self.open.before_seen,
            self.open.after.tags()
        );
        if let Some(moved) = self.moved() {
            why = format!("{why}, and {}", self.move_text(moved));
        }
        Judgement::unexpected(None, why)
    }

    /// DS-6, or DS-7 if the servers changed with it.
    fn withdrawn(&self) -> Judgement {
        let OpenDs {
            time, held_until, ..
        } = self.open;
        let span = if self.open.is_opt_out {
            " (by an opt-out span)"
        } else {
            ""
        };
        let proven = format!(
            "the parent proves that there is no DS any more{span}, and no CDS or CDNSKEY set asked \
             for that"
        );
        // An owner who leaves DNSSEC before moving waits for the caches; a thief does not. Where
        // the old servers were seen after the DS left, the two did not happen together.
        let is_together = |moved: &&Move| {
            moved.time <= *time || moved.before_seen < *time || moved.time <= *held_until
        };
        match self.moved().filter(is_together) {
            Some(moved) if self.unseen_days().is_none() => {
                Judgement::hijack(format!("{proven}; {}", self.move_text(moved)))
            }
            Some(_) | None => Judgement::unexpected(
                Some(Rule::Withdrawn),
                format!("{proven}; nothing else changed with it"),
            ),
        }
    }

    /// DS-4: a key of the old chain vouches for the new set. Tells how.
    fn continuous(&self) -> Option<String> {
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
    fn with_algorithms(&self, why: String) -> Judgement {
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
        match early.difference(&published).next() {
            Some(algorithm) => Judgement::unexpected(
                Some(Rule::AlgorithmRoll),
                format!(
                    "{why}; but no key of algorithm {algorithm} is published yet, and strict \
                     validators want signatures of every algorithm in the DS set (RFC 6781 §4.1.4)"
                ),
            ),
            None => Judgement::expected(Rule::AlgorithmRoll, why),
        }
    }

    /// DS-7 by contradiction: strangers' keys or strangers' servers.
    fn contradicted(&self) -> Option<Judgement> {
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

    /// For how many days the zone had not passed, if a whole rollover fits in.
    fn unseen_days(&self) -> Option<i64> {
        let unseen = self.open.time.seconds_since(self.open.before_seen);
        (unseen > UNSEEN_SECONDS).then_some(unseen / 86_400)
    }

    /// The time is up.
    fn last_word(&self) -> Judgement {
        let OpenDs {
            before,
            after,
            time,
            ..
        } = self.open;
        let kept = before.common(after);
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
        if let Some(days) = self.unseen_days() {
            return Judgement::unexpected(
                None,
                format!(
                    "no link between old and new keys was seen, but the zone had not passed for \
                     {days} days: a whole rollover may have gone unseen"
                ),
            );
        }
        let is_stale = self
            .keys
            .current()
            .is_none_or(|keys| keys.held_until <= *time);
        let seen = match self.open.keys {
            KeysSince::Unseen if is_stale => {
                return Judgement::unexpected(
                    None,
                    "the last DNSKEY RRset seen had left all caches before, and no other was seen \
                     since: nothing tells whether it held the new keys"
                        .to_owned(),
                );
            }
            KeysSince::Listing(_) if !self.open.has_strangers_data => {
                return Judgement::unexpected(
                    None,
                    "the DNSKEY RRset since lists keys of before, but none of them signed it, and \
                     no data of the zone was seen that they sign"
                        .to_owned(),
                );
            }
            KeysSince::Listing(_) if !self.was_watched() => {
                return Judgement::unexpected(
                    None,
                    "others than the keys of before sign the zone's data, though these are still \
                     listed; the steps between had time to pass unseen"
                        .to_owned(),
                );
            }
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
}
