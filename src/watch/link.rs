//! The link between a zone's DS set and its keys: whether it works, and until when.

use super::change::{Change, ChangeKind, Set};
use super::ds::{DsSet, tags};
use super::keys::KeyList;
use super::open::{OpenDs, draft, draft_at};
use super::timeline::{Entry, Proof, Timeline};
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Sights that an unproven DNSKEY RRset needs: one could be forged.
const UNPROVEN_SIGHTS: u32 = 2;

/// What was told of a zone's link, so that it is told once.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Link {
    /// The last unproven DNSKEY RRset, and how often it came in a row.
    unproven: Option<(KeyList, u32)>,
    /// The DS set and keys that were told not to match.
    mismatched: Option<(Arc<DsSet>, KeyList)>,
    /// The DS set whose link was told to leave too early.
    premature: Option<Arc<DsSet>>,
    /// The DS set of before that caches hold while the zone is unsigned, and how often it was seen so.
    unsigned: Option<(Arc<DsSet>, u32)>,
    /// The last DS set told as a replay.
    replayed: Option<DsSet>,
}

impl Link {
    /// Whether a replay of this set was not told last.
    pub(super) fn is_first_replay(&mut self, set: &DsSet) -> bool {
        self.replayed.replace(set.clone()).as_ref() != Some(set)
    }

    /// Whether the DS set names none of the keys that were seen last.
    pub(super) fn is_mismatched(&self) -> bool {
        self.mismatched.is_some()
    }

    /// Counts an unsigned answer while caches hold this DS set; true once, when there are enough.
    pub(super) fn counts_unsigned(&mut self, held: &Arc<DsSet>, enough: u32) -> bool {
        let count = match self.unsigned.take() {
            Some((set, count)) if set == *held => count.saturating_add(1),
            _ => 1,
        };
        self.unsigned = Some((held.clone(), count));
        count == enough
    }

    /// A new DS set that names none of the keys that caches hold, while the old one did: it
    /// fails when the old set leaves the caches.
    pub(super) fn check_ds(zone: &Name, open: &OpenDs, keys: &Entry<KeyList>) -> Option<Change> {
        let OpenDs {
            before,
            after,
            time,
            held_until,
            ..
        } = open;
        if !after.is_usable()
            || keys.held_until <= *time
            || keys.set.is_named_by(zone, after)
            || !keys.set.is_named_by(zone, before)
        {
            return None;
        }
        let fails = (*held_until).max(*time);
        Some(Change {
            kind: ChangeKind::PrematureStep,
            breaks_at: Some(fails),
            undo_until: Some(fails),
            why: format!(
                "the new DS set ({}) names none of the keys published ({}), so the zone \
                 fails as the old DS set leaves the caches, at the latest at {fails}",
                after.keys(),
                keys.set.tags()
            ),
            ..open.draft(zone)
        })
    }

    /// A DNSKEY RRset that is no longer signed by a key of a DS set that caches still hold.
    pub(super) fn check_signers(
        &mut self,
        zone: &Name,
        held: &Entry<DsSet>,
        signers: &[Arc<Dnskey>],
        proof: &Proof<'_>,
    ) -> Option<Change> {
        if self.premature.replace(held.set.clone()).as_ref() == Some(&held.set) {
            return None;
        }
        let until = held.held_until;
        let why = format!(
            "the DNSKEY RRset is signed by key {} only, while caches may hold the DS set of \
             before ({}) until {until}: resolvers that do cannot verify the zone until then",
            tags(signers.iter().map(|key| key.key_tag)),
            held.set.keys()
        );
        Some(Change {
            set: Set::Dnskey,
            before: held.set.texts(),
            after: KeyList::new(signers.iter().cloned()).texts(),
            before_seen: Some(held.last_seen),
            breaks_at: Some(proof.sight.time),
            caches_hold_until: Some(until),
            undo_until: Some(until),
            why,
            ..draft(zone, ChangeKind::PrematureStep, proof)
        })
    }

    /// A verified DNSKEY RRset, served now, that the current DS set names no key of.
    pub(super) fn check_verified(
        &mut self,
        zone: &Name,
        ds: &Timeline<DsSet>,
        keys: &KeyList,
        exchange: &Arc<Exchange>,
    ) -> Option<Change> {
        self.unproven = None;
        self.mismatch(zone, ds, keys, exchange)
    }

    /// A DNSKEY RRset that nothing vouches for: it counts if it was verified before, or the
    /// second time that it comes. While the link works at another server, it is that server's
    /// trouble only.
    pub(super) fn check_unproven(
        &mut self,
        zone: &Name,
        (ds, verified): (&Timeline<DsSet>, &Timeline<KeyList>),
        keys: &KeyList,
        exchange: &Arc<Exchange>,
    ) -> Option<Change> {
        let message = &exchange.message;
        if !exchange.is_first_hand() || !message.header.is_authoritative() || message.is_incomplete
        {
            return None;
        }
        let current = ds.current()?;
        let works_elsewhere = verified.entries().any(|entry| {
            entry.held_until > message.time
                && !entry.is_from(exchange.server())
                && entry.set.is_named_by(zone, &current.set)
        });
        if works_elsewhere {
            return None;
        }
        let count = match self.unproven.take() {
            Some((known, count)) if known == *keys => count.saturating_add(1),
            _ => 1,
        };
        self.unproven = Some((keys.clone(), count));
        let was_verified = verified.current().is_some_and(|entry| *entry.set == *keys);
        (was_verified || count >= UNPROVEN_SIGHTS)
            .then(|| self.mismatch(zone, ds, keys, exchange))
            .flatten()
    }

    fn mismatch(
        &mut self,
        zone: &Name,
        ds: &Timeline<DsSet>,
        keys: &KeyList,
        exchange: &Arc<Exchange>,
    ) -> Option<Change> {
        let time = exchange.message.time;
        // A DS set that was not seen for its TTL may have been replaced rightly.
        let is_fresh = |current: &&Entry<DsSet>| current.held_until > time;
        let current = ds
            .current()
            .filter(is_fresh)
            .filter(|current| current.set.is_usable())?;
        if keys.is_named_by(zone, &current.set) {
            self.mismatched = None;
            return None;
        }
        let told = (current.set.clone(), keys.clone());
        if self.mismatched.as_ref() == Some(&told) {
            return None;
        }
        self.mismatched = Some(told);
        let held = held_link(zone, ds, keys, time);
        let fails = held.unwrap_or(time);
        let when = match held {
            Some(until) => format!("resolvers that hold the DS set of before work until {until}"),
            None => "validating resolvers fail now".to_owned(),
        };
        let why = if keys.keys().is_empty() {
            format!(
                "the zone has DS records ({}) and its servers have no DNSKEY: {when}",
                current.set.keys()
            )
        } else {
            format!(
                "the DS set ({}) names none of the keys published ({}): {when}",
                current.set.keys(),
                keys.tags()
            )
        };
        Some(Change {
            before: current.set.texts(),
            after: keys.texts(),
            before_seen: Some(current.last_seen),
            breaks_at: Some(fails),
            caches_hold_until: held,
            undo_until: held,
            why,
            ..draft_at(zone, ChangeKind::DsMismatch, time, exchange)
        })
    }
}

/// Until when caches may hold a DS set of before that names one of the keys.
fn held_link(
    zone: &Name,
    ds: &Timeline<DsSet>,
    keys: &KeyList,
    time: Timestamp,
) -> Option<Timestamp> {
    ds.past()
        .filter(|old| old.held_until > time && keys.is_named_by(zone, &old.set))
        .map(|old| old.held_until)
        .max()
}
