//! Judges DNSKEY RRsets: the links by which a chain of trust enters a zone.

use super::fact::{KeySet, SignedBy};
use super::finding::{Finding, Judgement};
use super::judge::{Judge, settled};
use super::tally::Tried;
use super::verdict::Reason;
use super::zones::Place;
use crate::message::{Dnskey, Rrset, Rrsig, Rtype};
use crate::signature::{ds_matches, is_supported_key};
use std::sync::Arc;

/// A DNSKEY RRset that may be trusted, and the signature that says so.
pub(super) struct Entry {
    pub(super) keys: Arc<KeySet>,
    pub(super) signed_by: SignedBy,
}

impl Judge<'_> {
    /// What a DNSKEY RRset is worth; with the keys, if they are to be trusted
    /// (RFC 4035 §5.3.1, RFC 6840 §5.10).
    pub(super) fn dnskeys(&mut self, set: &Rrset) -> (Judgement, Option<Entry>) {
        let keys: Vec<Arc<Dnskey>> = set.dnskeys().map(Arc::new).collect();
        let mut vouched = Vec::new();
        for key in &keys {
            let Some(is_vouched_for) = self.vouches(set, key) else {
                let finding = Finding::because(Reason::Budget, Some(&set.owner));
                return (settled(finding, set), None);
            };
            vouched.extend(is_vouched_for.then_some(key));
        }
        let mut worst: Option<(Reason, SignedBy, bool)> = None;
        for key in &vouched {
            let refusal = match self.attempt_by(set, key) {
                Ok(signed_by) => {
                    let finding = Finding::secure(&set.owner, set.rtype, signed_by.clone());
                    let keys = Arc::new(self.key_set(set, &keys));
                    return (Judgement::Settled(finding), Some(Entry { keys, signed_by }));
                }
                Err(refusal) => refusal,
            };
            if worst
                .as_ref()
                .is_none_or(|(reason, ..)| rank(refusal.0) < rank(*reason))
            {
                worst = Some(refusal);
            }
        }
        (self.broken(set, worst), None)
    }

    /// Whether an anchor or a DS record in force speaks for this key; nothing if to tell is more
    /// work than one message is worth.
    fn vouches(&mut self, set: &Rrset, key: &Dnskey) -> Option<bool> {
        let at = self.at();
        let is_first_hand = self.is_first_hand();
        let points = self.zones.points();
        if points.vouches(&set.owner, key, at, is_first_hand) {
            return Some(true);
        }
        let Some(trust) = self.zones.find(&set.owner) else {
            return Some(false);
        };
        for ds in trust.ds_in_force(at).flat_map(|ds| &ds.value.usable) {
            if ds.key_tag != key.key_tag || ds.algorithm != key.algorithm() {
                continue;
            }
            self.budget.digest(key)?;
            if ds_matches(&set.owner, ds, key) {
                return Some(true);
            }
        }
        Some(false)
    }

    /// The signature of `key` over the set that it is in; or why there is none, and whether it
    /// fails by time only.
    fn attempt_by(
        &mut self,
        set: &Rrset,
        key: &Arc<Dnskey>,
    ) -> Result<SignedBy, (Reason, SignedBy, bool)> {
        self.budget.next_set();
        let unsigned = SignedBy {
            signer: set.owner.clone(),
            key_tag: key.key_tag,
            algorithm: key.algorithm(),
            labels: 0,
            original_ttl: set.ttl,
            inception: self.at(),
            expiration: self.at(),
            key: None,
        };
        if !is_supported_key(key) {
            return Err((Reason::UnsupportedAlgorithm, unsigned, false));
        }
        if !key.is_zone_key() {
            return Err((Reason::NoZoneKey, unsigned, false));
        }
        if key.is_revoked() {
            return Err((Reason::DnskeyRevoked, unsigned, false));
        }
        let mut refusal = (Reason::SignatureMissing, unsigned, false);
        for rrsig in &set.signatures {
            if rrsig.key_tag != key.key_tag
                || rrsig.algorithm != key.algorithm()
                || rrsig.signer != set.owner
            {
                continue;
            }
            let signature = self.budget.signature();
            let tried = signature.map_or(Tried::Budget, |()| self.attempt_with(set, rrsig, &[key]));
            let (reason, by_time) = match tried {
                Tried::Verified(key) => return Ok(self.signed_by(rrsig, Some(key))),
                Tried::OutOfTime {
                    is_early: true,
                    verifies,
                } => (Reason::SignatureNotYetValid, verifies),
                Tried::OutOfTime {
                    is_early: false,
                    verifies,
                } => (Reason::SignatureExpired, verifies),
                Tried::Budget => (Reason::Budget, false),
                Tried::UnsupportedKey | Tried::UnsupportedAlgorithm => {
                    (Reason::UnsupportedAlgorithm, false)
                }
                Tried::Failed
                | Tried::KeyUnknown
                | Tried::NoKeys
                | Tried::NotZoneKey
                | Tried::Revoked => (Reason::SignatureInvalid, false),
            };
            if rank(reason) < rank(refusal.0) {
                refusal = (reason, self.signed_by(rrsig, None), by_time);
            }
        }
        Err(refusal)
    }

    /// The set with those of its keys that signed it, as far as the budget goes.
    fn key_set(&mut self, set: &Rrset, keys: &[Arc<Dnskey>]) -> KeySet {
        let mut signers = Vec::new();
        for key in keys {
            self.budget.next_set();
            for rrsig in &set.signatures {
                let names_it = rrsig.key_tag == key.key_tag && rrsig.algorithm == key.algorithm();
                if names_it
                    && matches!(self.attempt_with(set, rrsig, &[key]), Tried::Verified(_))
                    && !signers.contains(key)
                {
                    signers.push(Arc::clone(key));
                }
            }
        }
        KeySet {
            rrset: set.clone(),
            keys: keys.to_vec(),
            signers,
        }
    }

    /// A DNSKEY RRset of an anchored zone that no trusted key signs, with those of its keys that
    /// do and the signature of one of them.
    pub(super) fn unvouched(&mut self, set: &Rrset) -> Option<(KeySet, SignedBy)> {
        if !self.zones.is_anchored(&set.owner) {
            return None;
        }
        let keys: Vec<Arc<Dnskey>> = set.dnskeys().map(Arc::new).collect();
        let keys = self.key_set(set, &keys);
        let is_by_one = |rrsig: &&Rrsig| {
            let mut signers = keys.signers.iter();
            signers.any(|key| rrsig.key_tag == key.key_tag && rrsig.algorithm == key.algorithm())
        };
        let rrsig = set.signatures.iter().find(is_by_one)?;
        let signed_by = self.signed_by(rrsig, None);
        Some((keys, signed_by))
    }

    /// A DNSKEY RRset that nothing in force leads into: `worst` is what stood against the keys
    /// that a DS record or an anchor names; nothing if none of them is in the set.
    fn broken(&self, set: &Rrset, worst: Option<(Reason, SignedBy, bool)>) -> Judgement {
        let zone = &set.owner;
        let accuse = |reason, signed_by: Option<SignedBy>, by_time| {
            let mut finding = Finding::because(reason, Some(zone)).about(zone, Rtype::DNSKEY);
            finding.fails_by_time_only = by_time;
            finding.signed_by(signed_by)
        };
        match self.zones.place(zone, Rtype::DNSKEY, self.at()) {
            Place::Unanchored => return settled(Finding::because(Reason::Unanchored, None), set),
            Place::Insecure { zone, reason } => {
                return settled(Finding::because(reason, Some(&zone)), set);
            }
            Place::Signed { .. } => {}
        }
        let trust = self.zones.find(zone);
        let is_delegated = trust.is_some_and(|trust| trust.has_ds(self.at()));
        if !is_delegated && !self.zones.is_anchored(zone) {
            let unseen = || accuse(Reason::KeysUnseen, None, false);
            let then = self
                .zones
                .broken_link(zone, self.at())
                .unwrap_or_else(unseen);
            return self.wait(zone, zone, then);
        }
        // Any chain that leads in is enough (RFC 6840 §5.10), and an outer one may still come.
        let mut outer = zone.ancestry().skip(1);
        let may_be_delegated = !is_delegated && outer.any(|above| self.zones.is_anchored(&above));
        match worst {
            None if may_be_delegated => {
                self.wait(zone, zone, accuse(Reason::DnskeyMissing, None, false))
            }
            Some((Reason::SignatureMissing, signed_by, _)) => {
                let finding = accuse(Reason::SignatureMissing, Some(signed_by), false);
                self.absence(finding, zone, zone, true)
            }
            Some((reason, signed_by, by_time)) => {
                Judgement::Settled(accuse(reason, Some(signed_by), by_time))
            }
            None if self.zones.is_fresh(zone, self.at()) => {
                Judgement::Settled(accuse(Reason::DnskeyMissing, None, false))
            }
            // The DS set may have changed since it was seen.
            None => self.wait(zone, zone, accuse(Reason::KeysUnseen, None, false)),
        }
    }
}

/// What may stand against a key that a DS record or an anchor names, the weightiest first: a key
/// that signed, if wrongly, over one that did not. Keys that cannot be used come last: they make
/// the zone insecure only if there is no other (RFC 4035 §5.2).
const WEIGHT: [Reason; 8] = [
    Reason::Budget,
    Reason::SignatureInvalid,
    Reason::SignatureExpired,
    Reason::SignatureNotYetValid,
    Reason::DnskeyRevoked,
    Reason::NoZoneKey,
    Reason::SignatureMissing,
    Reason::UnsupportedAlgorithm,
];

/// The place of a reason in [`WEIGHT`].
fn rank(reason: Reason) -> usize {
    let place = WEIGHT.iter().position(|known| *known == reason);
    place.unwrap_or(WEIGHT.len())
}
