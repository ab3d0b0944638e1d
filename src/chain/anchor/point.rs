//! One trust point: the keys at an anchored zone that are trusted without a signature from above,
//! as the zone itself changes them (RFC 5011).

use super::key::{AnchorKey, AnchorState};
use super::step::{AnchorReport, AnchorSight, AnchorStep};
use super::{Anchor, Trusted};
use crate::chain::KeySet;
use crate::message::Dnskey;
use crate::signature::is_supported_key;
use crate::time::{Timestamp, Ttl};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// For how long a new key is published before it is trusted, at least (RFC 5011 §2.4.1).
pub const ADD_HOLD_DOWN: i64 = 30 * 86_400;

/// For how long a revoked key that has left is remembered as such (RFC 5011 §2.4.2).
pub const REMOVE_HOLD_DOWN: i64 = 30 * 86_400;

/// Keys followed at one trust point; five is what RFC 5011 §2.4.3 asks for.
const MAX_KEYS: usize = 16;

/// Sights of a set that a key in hold-down signs alone, where an anchor's signature could have
/// been taken away on the way.
const MIN_SIGHTS: u32 = 2;

/// The keys of one anchored zone.
#[derive(Clone, Debug)]
pub(super) struct TrustPoint {
    pub(super) anchor: Anchor,
    keys: Vec<AnchorKey>,
    /// The inception of the newest set that a trusted key signed.
    newest: Option<Timestamp>,
    /// Tags of the trusted keys that sign it, and since when.
    signers: (Vec<u16>, Timestamp),
    ttl: Ttl,
    /// How often a set came since that only keys in hold-down sign.
    lone_sights: u32,
}

/// A trust point as it is written down between runs: without the anchor, which the operator gives
/// anew. Outside of this room it can be written down and resumed, no more.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SavedPoint {
    keys: Vec<AnchorKey>,
    newest: Option<Timestamp>,
    signers: (Vec<u16>, Timestamp),
    ttl: Ttl,
    lone_sights: u32,
}

impl TrustPoint {
    pub(super) fn saved(&self) -> SavedPoint {
        SavedPoint {
            keys: self.keys.clone(),
            newest: self.newest,
            signers: self.signers.clone(),
            ttl: self.ttl,
            lone_sights: self.lone_sights,
        }
    }

    /// Takes up what an earlier run knew. Which keys are configured is said by the anchor of now.
    pub(super) fn resume(&mut self, saved: SavedPoint) {
        self.keys = saved.keys;
        self.keys.truncate(MAX_KEYS);
        for known in &mut self.keys {
            known.named_by = self.anchor.places_of(&known.key);
            known.given_from = self.anchor.given_from(&known.key);
        }
        self.newest = saved.newest;
        self.signers = saved.signers;
        self.ttl = saved.ttl;
        self.lone_sights = saved.lone_sights;
    }

    pub(super) fn new(anchor: Anchor) -> Self {
        Self {
            anchor,
            keys: Vec::new(),
            newest: None,
            signers: (Vec::new(), Timestamp::default()),
            ttl: Ttl::default(),
            lone_sights: 0,
        }
    }

    pub(super) fn keys(&self) -> &[AnchorKey] {
        &self.keys
    }

    fn find(&self, key: &Dnskey) -> Option<&AnchorKey> {
        self.keys.iter().find(|known| known.key.is_same_as(key))
    }

    /// Whether a chain may begin with this key at this moment. What caches hold is as old as
    /// their TTL, so that a key counts there for a while after it was revoked.
    pub(super) fn vouches(&self, key: &Dnskey, at: Timestamp, is_first_hand: bool) -> bool {
        if key.is_revoked() {
            return false;
        }
        let is_configured = self.anchor.matches_at(key, at);
        let Some(known) = self.find(key) else {
            return is_configured;
        };
        let kept = if is_first_hand {
            Ttl::default()
        } else {
            self.ttl
        };
        let is_over = known.is_revoked() && at >= known.since.plus_ttl(kept);
        !is_over && (is_configured || known.was_accepted(at))
    }

    /// Whether any key may begin a chain at this moment.
    pub(super) fn is_in_force(&self, at: Timestamp) -> bool {
        let mut keys = self.keys.iter();
        self.given_in_force(at).next().is_some()
            || keys.any(|known| known.was_accepted(at) && !known.is_over(at))
    }

    /// The anchors that the operator gave and that are in force, without the revoked ones.
    pub(super) fn given_in_force(&self, at: Timestamp) -> impl Iterator<Item = &Trusted> {
        let is_over = move |place: usize| {
            let mut keys = self.keys.iter();
            keys.any(|known| known.is_over(at) && known.named_by.contains(&place))
        };
        let given = self.anchor.trusted.iter().enumerate();
        given
            .filter(move |(place, (_, window))| window.holds(at) && !is_over(*place))
            .map(|(_, (trusted, _))| trusted)
    }

    /// Takes in a set that the chain of trust verified. What it changed, and how things stand if
    /// that is news.
    pub(super) fn observe(&mut self, set: &KeySet, sight: AnchorSight) -> Option<AnchorReport> {
        let mut steps = self.revoke(set, sight.time);
        let trusted: Vec<&Arc<Dnskey>> = set
            .signers
            .iter()
            .filter(|key| self.vouches(key, sight.time, true))
            .collect();
        let is_old = self.newest.is_some_and(|newest| sight.inception < newest);
        let is_copy = !sight.is_first_hand && self.newest >= Some(sight.inception);
        let mut has_new_signers = false;
        if !trusted.is_empty() && !is_old && !is_copy {
            self.newest = Some(sight.inception);
            self.ttl = sight.ttl;
            self.lone_sights = 0;
            let vouched_by: Vec<_> = trusted.iter().copied().cloned().collect();
            self.present(set, sight, &vouched_by, &mut steps);
            self.absent(set, sight, &mut steps);
            let mut tags: Vec<u16> = vouched_by.iter().map(|key| key.key_tag).collect();
            tags.sort_unstable();
            has_new_signers = self.signers.0 != tags;
            if has_new_signers {
                self.signers = (tags, sight.time);
            }
        }
        (has_new_signers || !steps.is_empty()).then(|| self.report(steps))
    }

    /// Takes in a set that no trusted key signs, with those of its keys that do.
    pub(super) fn observe_unvouched(
        &mut self,
        set: &KeySet,
        sight: AnchorSight,
    ) -> Option<AnchorReport> {
        let mut steps = self.revoke(set, sight.time);
        let is_new = self.newest.is_none_or(|newest| sight.inception > newest);
        if sight.is_first_hand && is_new {
            steps.extend(self.signed_by_pending(set));
            steps.extend(self.signed_by_strangers(set, sight.time));
        }
        (!steps.is_empty()).then(|| self.report(steps))
    }

    /// The set is signed by keys in hold-down only. Where it lists no trusted key, that is proof;
    /// else a trusted key's signature may have been taken away.
    fn signed_by_pending(&mut self, set: &KeySet) -> Option<AnchorStep> {
        let signing = set.signers.iter().filter_map(|key| self.find(key));
        let pending: Vec<(u16, Timestamp)> = signing
            .filter_map(|known| Some((known.key.key_tag, known.pending_until()?)))
            .collect();
        let until = pending.iter().map(|(_, until)| *until).min()?;
        let is_trusted = |key: &Arc<Dnskey>| self.find(key).is_some_and(AnchorKey::is_trusted);
        let is_proof = !set.keys.iter().any(is_trusted);
        let before = self.lone_sights;
        self.lone_sights = before.saturating_add(if is_proof { MIN_SIGHTS } else { 1 });
        (before < MIN_SIGHTS && self.lone_sights >= MIN_SIGHTS).then(|| {
            AnchorStep::SignedByPending {
                tags: pending.iter().map(|(tag, _)| *tag).collect(),
                until,
            }
        })
    }

    /// No set of the zone was seen yet that an anchor signed, and this one lists an anchor while
    /// others sign it.
    fn signed_by_strangers(&self, set: &KeySet, time: Timestamp) -> Option<AnchorStep> {
        let unrevoked = set.keys.iter().map(|key| Arc::new(key.unrevoked()));
        let named = unrevoked.filter(|key| self.anchor.matches_at(key, time));
        let listed: Vec<u16> = named.map(|key| key.key_tag).collect();
        let is_entry = |key: &&Arc<Dnskey>| key.is_sep() && !key.is_revoked();
        let signing = set.signers.iter().filter(is_entry);
        let tags: Vec<u16> = signing.map(|key| key.key_tag).collect();
        let is_strange = self.newest.is_none() && !listed.is_empty() && !tags.is_empty();
        is_strange.then_some(AnchorStep::SignedByStrangers { tags, listed })
    }

    /// Marks the keys that revoke themselves in this set (RFC 5011 §2.1): it takes the key itself
    /// to sign that, so that it holds whoever else signed, or hands it out.
    fn revoke(&mut self, set: &KeySet, time: Timestamp) -> Vec<AnchorStep> {
        let mut steps = Vec::new();
        for revoked in set.signers.iter().filter(|key| key.is_revoked()) {
            let key = Arc::new(revoked.unrevoked());
            let tag = key.key_tag;
            let mut known = self.keys.iter_mut();
            let Some(known) = known.find(|known| known.key.is_same_as(&key)) else {
                if self.anchor.matches(&key) && self.has_room() {
                    self.add(&key, AnchorState::Revoked, time);
                    let revoked_tag = revoked.key_tag;
                    steps.push(AnchorStep::Revoked { tag, revoked_tag });
                }
                continue;
            };
            let was_trusted = known.is_trusted();
            if known.is_revoked() {
                continue;
            }
            known.enter(AnchorState::Revoked, time);
            let revoked_tag = revoked.key_tag;
            // A key in hold-down was never trusted, and now it never will be.
            steps.push(if was_trusted {
                AnchorStep::Revoked { tag, revoked_tag }
            } else {
                AnchorStep::Withdrawn { tag }
            });
        }
        if !steps.is_empty() {
            self.stop_unvouched(&mut steps);
        }
        steps
    }

    /// Keys in hold-down whose vouchers are all revoked by now begin anew (RFC 5011 §2.2).
    fn stop_unvouched(&mut self, steps: &mut Vec<AnchorStep>) {
        let revoked: Vec<Arc<Dnskey>> = self
            .keys
            .iter()
            .filter(|known| known.is_revoked())
            .map(|known| Arc::clone(&known.key))
            .collect();
        self.keys.retain(|known| {
            let mut vouchers = known.vouched_by.iter();
            let is_stopped = matches!(known.state, AnchorState::AddPend { .. })
                && vouchers.all(|by| revoked.iter().any(|key| key.is_same_as(by)));
            if is_stopped {
                let tag = known.key.key_tag;
                steps.push(AnchorStep::Withdrawn { tag });
            }
            !is_stopped
        });
    }

    fn add(&mut self, key: &Arc<Dnskey>, state: AnchorState, time: Timestamp) {
        self.keys.push(AnchorKey {
            key: Arc::clone(key),
            state,
            since: time,
            first_seen: time,
            accepted: None,
            given_from: self.anchor.given_from(key),
            named_by: self.anchor.places_of(key),
            seen_inception: Timestamp::default(),
            vouched_by: Vec::new(),
            gone_since: None,
        });
    }

    /// The keys that the set holds.
    fn present(
        &mut self,
        set: &KeySet,
        sight: AnchorSight,
        vouched_by: &[Arc<Dnskey>],
        steps: &mut Vec<AnchorStep>,
    ) {
        let time = sight.time;
        for key in &set.keys {
            if self.find(key).is_none() {
                steps.extend(self.publish(key, sight, vouched_by));
            }
            let mut known = self.keys.iter_mut();
            let Some(known) = known.find(|known| known.key.is_same_as(key)) else {
                continue;
            };
            known.seen_inception = sight.inception;
            known.gone_since = None;
            let tag = known.key.key_tag;
            match known.state {
                AnchorState::AddPend { until } if time >= until && !key.is_revoked() => {
                    known.enter(AnchorState::Valid, time);
                    known.accepted = Some(time);
                    steps.push(AnchorStep::Accepted { tag });
                }
                AnchorState::Missing => {
                    known.enter(AnchorState::Valid, time);
                    steps.push(AnchorStep::Returned { tag });
                }
                AnchorState::AddPend { .. }
                | AnchorState::Valid
                | AnchorState::Revoked
                | AnchorState::Removed => {}
            }
        }
    }

    /// Whether there is room for a key; one that is gone for good makes some.
    fn has_room(&mut self) -> bool {
        let is_gone = |known: &AnchorKey| known.state == AnchorState::Removed;
        if self.keys.len() >= MAX_KEYS
            && let Some(gone) = self.keys.iter().position(is_gone)
        {
            self.keys.remove(gone);
        }
        self.keys.len() < MAX_KEYS
    }

    /// A key that was not followed before: an anchor, or an entry point that may become one.
    fn publish(
        &mut self,
        key: &Arc<Dnskey>,
        sight: AnchorSight,
        vouched_by: &[Arc<Dnskey>],
    ) -> Option<AnchorStep> {
        if !key.is_zone_key() || key.is_revoked() || !self.has_room() {
            return None;
        }
        if self.anchor.matches(key) {
            self.add(key, AnchorState::Valid, sight.time);
            return None;
        }
        if !key.is_sep() || !is_supported_key(key) {
            return None;
        }
        let longest = ADD_HOLD_DOWN.max(i64::from(sight.ttl.seconds()));
        let until = sight.time.plus_seconds(longest);
        self.add(key, AnchorState::AddPend { until }, sight.time);
        if let Some(known) = self.keys.last_mut() {
            known.vouched_by = vouched_by.to_vec();
        }
        let tag = key.key_tag;
        Some(AnchorStep::Published { tag, until })
    }

    /// The keys that the set does not hold any more. On a tie of inceptions nothing has left.
    fn absent(&mut self, set: &KeySet, sight: AnchorSight, steps: &mut Vec<AnchorStep>) {
        let time = sight.time;
        let anchor = &self.anchor;
        self.keys.retain_mut(|known| {
            let is_held = set.keys.iter().any(|key| known.key.is_same_as(key));
            if is_held || sight.inception <= known.seen_inception {
                return true;
            }
            let tag = known.key.key_tag;
            match known.state {
                AnchorState::AddPend { .. } => {
                    steps.push(AnchorStep::Withdrawn { tag });
                    return false;
                }
                // Whoever published the anchor said until when it is trusted.
                AnchorState::Valid
                    if known.is_configured() && !anchor.matches_at(&known.key, time) =>
                {
                    known.enter(AnchorState::Removed, time);
                }
                AnchorState::Valid => {
                    known.enter(AnchorState::Missing, time);
                    steps.push(AnchorStep::Vanished { tag });
                }
                AnchorState::Revoked => {
                    let gone = *known.gone_since.get_or_insert(time);
                    if time.seconds_since(gone) >= REMOVE_HOLD_DOWN {
                        known.enter(AnchorState::Removed, time);
                        steps.push(AnchorStep::Removed { tag });
                    }
                }
                AnchorState::Missing | AnchorState::Removed => {}
            }
            true
        });
    }

    fn report(&self, steps: Vec<AnchorStep>) -> AnchorReport {
        AnchorReport {
            steps,
            keys: self.keys.clone(),
            signers: self.signers.0.clone(),
            signers_since: self.signers.1,
            ttl: self.ttl,
        }
    }
}
