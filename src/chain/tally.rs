//! What became of the signatures of one RRset.

use super::fact::SignedBy;
use super::verdict::Reason;
use crate::message::Dnskey;
use std::sync::Arc;

/// How one signature fared.
pub(super) enum Tried {
    /// A trusted key made it, and its time is right.
    Verified(Arc<Dnskey>),
    /// No trusted key with its tag and algorithm made it.
    Failed,
    /// Its time is not right.
    OutOfTime { is_early: bool, verifies: bool },
    /// The zone's known keys have none with its tag and algorithm.
    KeyUnknown,
    /// No key of the signer is known.
    NoKeys,
    /// The key it names may not sign a zone's data.
    NotZoneKey,
    /// The key it names is revoked.
    Revoked,
    /// Its algorithm is not supported here.
    UnsupportedAlgorithm,
    /// The library does not take the key it names.
    UnsupportedKey,
    /// More work than one message is worth.
    Budget,
}

/// The signatures of a set that did not verify, by what became of them.
#[derive(Default)]
pub(super) struct Tally {
    pub(super) failed: Option<SignedBy>,
    pub(super) early: Option<SignedBy>,
    pub(super) late: Option<SignedBy>,
    pub(super) verifies_but_for_time: bool,
    pub(super) key_unknown: Option<SignedBy>,
    pub(super) no_keys: Option<SignedBy>,
    pub(super) not_zone_key: Option<SignedBy>,
    pub(super) revoked: Option<SignedBy>,
    pub(super) unsupported: Option<SignedBy>,
    pub(super) unsupported_key: Option<SignedBy>,
    pub(super) over_budget: bool,
    /// A signature whose signer cannot be the zone of the owner.
    pub(super) foreign: Option<SignedBy>,
}

impl Tally {
    pub(super) fn note(&mut self, tried: &Tried, signed_by: SignedBy) {
        let slot = match tried {
            Tried::Verified(_) => return,
            Tried::Failed => &mut self.failed,
            Tried::OutOfTime { is_early, verifies } => {
                self.verifies_but_for_time |= verifies;
                if *is_early {
                    &mut self.early
                } else {
                    &mut self.late
                }
            }
            Tried::KeyUnknown => &mut self.key_unknown,
            Tried::NoKeys => &mut self.no_keys,
            Tried::NotZoneKey => &mut self.not_zone_key,
            Tried::Revoked => &mut self.revoked,
            Tried::UnsupportedAlgorithm => &mut self.unsupported,
            Tried::UnsupportedKey => &mut self.unsupported_key,
            Tried::Budget => {
                self.over_budget = true;
                return;
            }
        };
        slot.get_or_insert(signed_by);
    }

    /// What positively speaks against the set, the strongest first.
    pub(super) fn contradiction(&self) -> Option<(Reason, &SignedBy)> {
        let table = [
            (Reason::SignatureInvalid, &self.failed),
            (Reason::NoZoneKey, &self.not_zone_key),
            (Reason::DnskeyRevoked, &self.revoked),
            (Reason::SignatureExpired, &self.late),
            (Reason::SignatureNotYetValid, &self.early),
        ];
        table
            .into_iter()
            .find_map(|(reason, found)| Some((reason, found.as_ref()?)))
    }
}
