//! Steps of a rollover that come before caches are ready for them (RFC 7583 §3.2 and §3.3).

use super::change::{Change, ChangeKind, Set};
use super::history::History;
use super::keys::KeyList;
use super::open::{OpenDs, draft, draft_at};
use super::signed::Signed;
use super::sole::lacks;
use super::timeline::{Entry, Proof};
use crate::message::Dnskey;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::sync::Arc;

/// The steps that were told last, so that each is told once.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Steps {
    /// A key that signs, and the DNSKEY RRset without it that caches hold.
    early: Option<(Arc<Dnskey>, Arc<KeyList>)>,
    /// A key that left while caches hold what it signed.
    removed: Option<Arc<Dnskey>>,
}

impl History {
    /// A key alone signs data while caches may hold a DNSKEY RRset that lacks it: it was
    /// published for less than that set's TTL (RFC 7583 §3.2.1).
    pub(super) fn check_early_signer(&mut self, signed: &Signed<'_>) {
        let (key, time) = (signed.key, signed.time());
        let is_first_set = self.keys.previous().is_none();
        if is_first_set || !self.lineage.has_seen(key) || self.is_accused(time) {
            return;
        }
        let server = signed.server();
        let held = self.held_keys(|old| lacks(&old.set, key), key, (time, Some(server)));
        let Some((old, until)) = held else { return };
        let told = (key.clone(), old.set.clone());
        if self.steps.early.as_ref() == Some(&told) {
            return;
        }
        let now = self
            .keys
            .entries()
            .find(|entry| entry.set.keys().contains(key));
        let after = now.map_or_else(Vec::new, |entry| entry.set.texts());
        let why = format!(
            "key {} signs the zone's data already, while caches may hold the DNSKEY RRset of \
             before (keys {}), which lacks it, until {until}: resolvers that do cannot verify \
             the data until then",
            key.key_tag,
            old.set.tags()
        );
        let change = Change {
            set: Set::Dnskey,
            before: old.set.texts(),
            after,
            before_seen: Some(old.last_seen),
            breaks_at: Some(time),
            caches_hold_until: Some(until),
            undo_until: Some(until),
            why,
            ..draft_at(
                &self.zone,
                ChangeKind::PrematureStep,
                time,
                signed.exchange(),
            )
        };
        self.steps.early = Some(told);
        self.told.push(change);
    }

    /// A DNSKEY RRset without a key that alone signed what caches still hold (RFC 7583 §3.2.1).
    pub(super) fn check_early_removal(&mut self, keys: &KeyList, proof: &Proof<'_>) {
        let (server, time) = (proof.sight.server, proof.sight.time);
        if self.is_accused(time) {
            return;
        }
        let held = self
            .sole
            .held(time)
            .find(|sole| sole.server == server && sole.last_seen <= time && lacks(keys, &sole.key));
        let Some(sole) = held else { return };
        if self.steps.removed.replace(sole.key.clone()).as_ref() == Some(&sole.key) {
            return;
        }
        let all = self.sole.held(time).filter(|other| other.key == sole.key);
        let until = all.map(|other| other.held_until).max();
        let until = until.unwrap_or(sole.held_until);
        let before = self
            .keys
            .entries()
            .find(|old| old.set.keys().contains(&sole.key));
        let why = format!(
            "key {} left the DNSKEY RRset, while caches may hold data that it alone signed until \
             {until}: validators that get such data from a cache cannot verify it until then",
            sole.key.key_tag
        );
        self.told.push(Change {
            set: Set::Dnskey,
            before: before.map_or_else(Vec::new, |old| old.set.texts()),
            after: keys.texts(),
            before_seen: before.map(|old| old.last_seen),
            breaks_at: Some(time),
            caches_hold_until: Some(until),
            undo_until: Some(until),
            why,
            ..draft(&self.zone, ChangeKind::PrematureStep, proof)
        });
    }

    /// A new DS set that names keys only which a DNSKEY RRset lacks that caches may hold: they
    /// were published for less than its TTL (RFC 7583 §3.3.1).
    pub(super) fn check_early_ds(&self, open: &OpenDs) -> Option<Change> {
        let OpenDs {
            before,
            after,
            time,
            ..
        } = open;
        let current = self.keys.current()?;
        let key = current
            .set
            .keys()
            .iter()
            .find(|key| after.names(&self.zone, key))?;
        let is_cut_off = |old: &Entry<KeyList>| {
            old.set.is_named_by(&self.zone, before) && !old.set.is_named_by(&self.zone, after)
        };
        let (old, until) = self.held_keys(is_cut_off, key, (*time, None))?;
        let why = format!(
            "the new DS set ({}) names none of the keys ({}) in the DNSKEY RRset that caches may \
             hold until {until}: validators that get it from a cache cannot verify the zone until \
             then",
            after.keys(),
            old.set.tags()
        );
        Some(Change {
            kind: ChangeKind::PrematureStep,
            breaks_at: Some(*time),
            caches_hold_until: Some(until),
            undo_until: Some(until),
            why,
            ..open.draft(&self.zone)
        })
    }

    /// A DNSKEY RRset from before `key` was published that caches may hold, and until when. Only
    /// what a server showed counts that has gone on since, by its keys or by speaking `now`: one
    /// that lags behind, or that another provider runs, says nothing about the others.
    fn held_keys(
        &self,
        is_meant: impl Fn(&Entry<KeyList>) -> bool,
        key: &Arc<Dnskey>,
        (now, speaker): (Timestamp, Option<IpAddr>),
    ) -> Option<(&Entry<KeyList>, Timestamp)> {
        let has_key = |entry: &&Entry<KeyList>| entry.set.keys().contains(key);
        let published = self.keys.entries().filter(has_key);
        let published = published.map(|entry| entry.known_since).min()?;
        let is_old =
            |old: &&Entry<KeyList>| old.was_current && old.known_since < published && is_meant(old);
        let until = |old: &Entry<KeyList>| {
            let is_past =
                |server: &IpAddr| old.seen_at(*server).is_some_and(|seen| seen <= published);
            let has_moved_on = |server: IpAddr| {
                let latest = self.keys.latest_from(server);
                speaker == Some(server) || latest.as_ref().is_some_and(has_key)
            };
            let servers = || old.servers().filter(is_past);
            let is_held = |server: IpAddr| old.held_from(server).is_some_and(|until| until > now);
            servers().find(|server| has_moved_on(*server) && is_held(*server))?;
            servers().filter_map(|server| old.held_from(server)).max()
        };
        self.keys
            .past()
            .filter(is_old)
            .filter_map(|old| Some((old, until(old)?)))
            .max_by_key(|(_, until)| *until)
    }
}
