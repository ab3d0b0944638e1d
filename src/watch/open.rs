//! DS changes that are not judged yet.

use super::change::{Change, ChangeKind, Set};
use super::ds::{DsSet, change_kind};
use super::keys::{KeyList, Lineage};
use super::timeline::{Entry, Proof, Sight};
use crate::chain::{KeySet, Shown};
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Signatures by keys of before that are remembered for one change.
const SIGNATURES: usize = 8;

/// How long a set waits at least for a DNSKEY fetch that is due already.
pub(super) const GRACE_SECONDS: i64 = 300;

/// What the DNSKEY RRset since a change tells.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) enum KeysSince {
    /// None was seen that the new set vouches for.
    Unseen,
    /// A key of before signed it, and one that the new set names.
    Linked,
    /// No key of before signed it, but this one of before stands in it.
    Listing(KeyList),
    /// It holds no key of before at all.
    Foreign(KeyList),
}

/// A signature over zone data that verified.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Signature {
    /// The key.
    pub(super) key: Arc<Dnskey>,
    /// When it was made, roughly.
    pub(super) inception: Timestamp,
    /// When it passed.
    pub(super) time: Timestamp,
    /// When its verdict was final: later if it waited for the keys.
    pub(super) decided_at: Timestamp,
    /// A server of the zone sent it; no cache.
    pub(super) is_fresh: bool,
}

/// A DS change that waits for what settles it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct OpenDs {
    /// The set of before.
    pub(super) before: Arc<DsSet>,
    /// The new set.
    pub(super) after: Arc<DsSet>,
    /// The last sight of the set of before.
    pub(super) before_seen: Timestamp,
    /// Until when caches may hold the set of before.
    pub(super) held_until: Timestamp,
    /// The first sight of the new set.
    pub(super) time: Timestamp,
    /// The inception of its signature.
    pub(super) inception: Timestamp,
    /// When it is judged at the latest.
    pub(super) deadline: Timestamp,
    /// The message that showed it.
    pub(super) exchange: Arc<Exchange>,
    /// The proof that there is no DS rests on a span that names no zone (RFC 5155 §6).
    pub(super) is_opt_out: bool,
    /// The DNSKEY RRset since.
    pub(super) keys: KeysSince,
    /// Zone data signed by keys of before since.
    pub(super) signatures: Vec<Signature>,
    /// Zone data since was signed by a key that is not of before.
    pub(super) has_strangers_data: bool,
    /// It was told that the portfolio speaks against it, before all else about it was known.
    #[serde(default)]
    pub(super) is_objected: bool,
}

impl OpenDs {
    /// A change from one set to the next, as the next was first seen.
    pub(super) fn new(before: &Entry<DsSet>, after: &Entry<DsSet>, proof: &Proof<'_>) -> Self {
        let sight = &proof.sight;
        Self {
            before: before.set.clone(),
            after: after.set.clone(),
            before_seen: before.last_seen,
            held_until: before.held_until,
            time: sight.time,
            inception: sight.inception,
            deadline: sight.time.plus_seconds(GRACE_SECONDS),
            exchange: proof.fact.exchange.clone(),
            is_opt_out: matches!(proof.fact.shown, Shown::NoDs { is_opt_out: true }),
            keys: KeysSince::Unseen,
            signatures: Vec::new(),
            has_strangers_data: false,
            is_objected: false,
        }
    }

    /// Takes in a verified DNSKEY RRset.
    pub(super) fn note_keys(&mut self, zone: &Name, keys: &KeySet, sight: &Sight, old: &Lineage) {
        let is_signed_by = |set: &DsSet| keys.signers.iter().any(|key| set.names(zone, key));
        let is_since = sight.time >= self.time || !is_signed_by(&self.before);
        if !is_since || !is_signed_by(&self.after) || self.keys == KeysSince::Linked {
            return;
        }
        let list = KeyList::new(keys.keys.iter().cloned());
        if keys.signers.iter().any(|key| old.has(zone, key)) {
            self.keys = KeysSince::Linked;
        } else if !old.has_keys() {
            // Nothing to compare with: the first keys of this zone that were ever seen.
        } else if list.keys().iter().any(|key| old.has_seen(key)) {
            self.keys = KeysSince::Listing(list);
        } else if self.keys == KeysSince::Unseen {
            self.keys = KeysSince::Foreign(list);
        }
    }

    /// Takes in a signature by a key of before. Out of a cache it may be older than the change.
    pub(super) fn note_data(&mut self, signature: &Signature) {
        let is_since = signature.time >= self.time
            && (signature.is_fresh || signature.inception > self.inception);
        if is_since && self.signatures.len() < SIGNATURES {
            self.signatures.push(signature.clone());
        }
    }

    /// The change, still without a judgement.
    pub(super) fn draft(&self, zone: &Name) -> Change {
        let kind = change_kind(&self.before, &self.after);
        Change {
            before: self.before.texts(),
            after: self.after.texts(),
            before_seen: Some(self.before_seen),
            caches_hold_until: Some(self.held_until),
            ..draft_at(zone, kind, self.time, &self.exchange)
        }
    }
}

/// A change of keys that waits for what vouches for it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct OpenKeys {
    /// The change, still without a judgement.
    pub(super) change: Change,
    /// The keys since.
    pub(super) keys: Arc<KeyList>,
    /// When it is judged at the latest.
    pub(super) deadline: Timestamp,
    /// Zone data since was signed by a key that is not of before.
    pub(super) has_strangers_data: bool,
    /// The keys of before were seen so lately that no step of a rollover fits in between.
    pub(super) was_watched: bool,
}

/// A change that a verified fact shows, with its kind, zone and evidence only.
pub(super) fn draft(zone: &Name, kind: ChangeKind, proof: &Proof<'_>) -> Change {
    draft_at(zone, kind, proof.sight.time, &proof.fact.exchange)
}

/// A change with its kind, zone and evidence only.
pub(super) fn draft_at(
    zone: &Name,
    kind: ChangeKind,
    time: Timestamp,
    exchange: &Arc<Exchange>,
) -> Change {
    let set = match kind {
        ChangeKind::DnskeyChanged
        | ChangeKind::DnskeyIncomplete
        | ChangeKind::TrustAnchorChanged
        | ChangeKind::TrustAnchorStale => Set::Dnskey,
        ChangeKind::SignatureExpiring => Set::Rrsig,
        ChangeKind::NsChanged => Set::Ns,
        ChangeKind::DsFirstSeen
        | ChangeKind::DsAdded
        | ChangeKind::DsRemoved
        | ChangeKind::DsReplaced
        | ChangeKind::DsWithdrawn
        | ChangeKind::ZoneSigned
        | ChangeKind::DsStale
        | ChangeKind::DsMismatch
        | ChangeKind::PrematureStep => Set::Ds,
    };
    Change {
        zone: zone.clone(),
        kind,
        set,
        before: Vec::new(),
        after: Vec::new(),
        before_seen: None,
        is_expected: false,
        rule: None,
        why: String::new(),
        is_hijack: false,
        breaks_at: None,
        caches_hold_until: None,
        undo_until: None,
        reverts: None,
        is_undone: false,
        ticket: None,
        is_objected: false,
        left_percent: None,
        time,
        exchange: exchange.clone(),
    }
}
