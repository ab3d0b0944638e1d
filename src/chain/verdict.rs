//! What a response is worth, and why.

use super::fact::SignedBy;
use super::private::Private;
use crate::capture::FrameNumber;
use crate::exchange::Exchange;
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The state of a response (RFC 4033 §5; indeterminate also as in RFC 4035 §4.3).
///
/// The states have no order of their own: [`ValidationState::worse`] is the policy.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, PartialEq, Serialize)]
pub enum ValidationState {
    /// A chain of signatures leads from a trust anchor to all of it.
    Secure,
    /// It is proven that no such chain is to be expected.
    Insecure,
    /// A chain is to be expected, and what came contradicts it.
    Bogus,
    /// What was seen does not tell.
    Indeterminate,
}

impl ValidationState {
    /// The state of something with two parts (DESIGN: bogus, indeterminate, insecure, secure).
    #[must_use]
    pub const fn worse(self, other: Self) -> Self {
        use ValidationState::{Bogus, Indeterminate, Insecure, Secure};
        match (self, other) {
            (Bogus, _) | (_, Bogus) => Bogus,
            (Indeterminate, _) | (_, Indeterminate) => Indeterminate,
            (Insecure, _) | (_, Insecure) => Insecure,
            (Secure, Secure) => Secure,
        }
    }

    /// As verdict lines name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secure => "secure",
            Self::Insecure => "insecure",
            Self::Bogus => "bogus",
            Self::Indeterminate => "indeterminate",
        }
    }
}

/// Why a response is not secure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum Reason {
    /// A signature fails under every authenticated key with its tag and algorithm.
    SignatureInvalid,
    /// Every signature is past its expiration.
    SignatureExpired,
    /// Every signature is before its inception.
    SignatureNotYetValid,
    /// No DNSKEY for the DS, or none with the RRSIG's key tag in a fresh DNSKEY RRset.
    DnskeyMissing,
    /// No signature where there must be one.
    SignatureMissing,
    /// The key that the DS or RRSIG names is no zone key.
    NoZoneKey,
    /// No proof came with a negative or wildcard answer or a referral.
    DenialMissing,
    /// The proof that came does not show what it should.
    DenialInvalid,
    /// The key that signed is revoked.
    DnskeyRevoked,
    /// The signer is not the zone that the records lie in.
    SignerMismatch,
    /// It is proven that the zone has no DS.
    NoDs,
    /// The zone is signed with algorithms only that are not supported here.
    UnsupportedAlgorithm,
    /// The zone's DS set has digest types only that are not supported here.
    UnsupportedDigest,
    /// The operator excepted the zone (RFC 7646).
    NegativeAnchor,
    /// Signatures alone: they are never signed themselves (RFC 4035 §2.2).
    Unsignable,
    /// More NSEC3 iterations than RFC 9276 §3.2 lets a validator follow.
    Nsec3Iterations,
    /// Keys of a zone on the way have not passed.
    KeysUnseen,
    /// It was not seen which zone the name lies in.
    ZoneCutUnseen,
    /// The response has TC set.
    Truncated,
    /// Octets of the message are missing or in doubt.
    Incomplete,
    /// More work than one message or zone is worth.
    Budget,
    /// No trust anchor is above the name.
    Unanchored,
}

impl Reason {
    /// As verdict lines name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignatureInvalid => "signature_invalid",
            Self::SignatureExpired => "signature_expired",
            Self::SignatureNotYetValid => "signature_not_yet_valid",
            Self::DnskeyMissing => "dnskey_missing",
            Self::SignatureMissing => "signature_missing",
            Self::NoZoneKey => "no_zone_key",
            Self::DenialMissing => "denial_missing",
            Self::DenialInvalid => "denial_invalid",
            Self::DnskeyRevoked => "dnskey_revoked",
            Self::SignerMismatch => "signer_mismatch",
            Self::NoDs => "no_ds",
            Self::UnsupportedAlgorithm => "unsupported_algorithm",
            Self::UnsupportedDigest => "unsupported_digest",
            Self::NegativeAnchor => "negative_anchor",
            Self::Unsignable => "unsignable",
            Self::Nsec3Iterations => "nsec3_iterations",
            Self::KeysUnseen => "keys_unseen",
            Self::ZoneCutUnseen => "zone_cut_unseen",
            Self::Truncated => "truncated",
            Self::Incomplete => "incomplete",
            Self::Budget => "budget",
            Self::Unanchored => "unanchored",
        }
    }

    /// The state that a response has for this reason.
    pub const fn state(self) -> ValidationState {
        match self {
            Self::SignatureInvalid
            | Self::SignatureExpired
            | Self::SignatureNotYetValid
            | Self::DnskeyMissing
            | Self::SignatureMissing
            | Self::NoZoneKey
            | Self::DenialMissing
            | Self::DenialInvalid
            | Self::DnskeyRevoked
            | Self::SignerMismatch => ValidationState::Bogus,
            Self::NoDs
            | Self::UnsupportedAlgorithm
            | Self::UnsupportedDigest
            | Self::NegativeAnchor
            | Self::Unsignable
            | Self::Nsec3Iterations => ValidationState::Insecure,
            Self::KeysUnseen
            | Self::ZoneCutUnseen
            | Self::Truncated
            | Self::Incomplete
            | Self::Budget
            | Self::Unanchored => ValidationState::Indeterminate,
        }
    }

    /// The INFO-CODE that tells it to others (RFC 8914 §4).
    pub const fn extended_error(self) -> Option<u16> {
        match self {
            Self::SignatureInvalid
            | Self::DenialInvalid
            | Self::DnskeyRevoked
            | Self::SignerMismatch => Some(6),
            Self::SignatureExpired => Some(7),
            Self::SignatureNotYetValid => Some(8),
            Self::DnskeyMissing => Some(9),
            Self::SignatureMissing => Some(10),
            Self::NoZoneKey => Some(11),
            Self::DenialMissing => Some(12),
            Self::NoDs | Self::NegativeAnchor | Self::Unsignable => None,
            Self::UnsupportedAlgorithm => Some(1),
            Self::UnsupportedDigest => Some(2),
            Self::Nsec3Iterations => Some(27),
            Self::KeysUnseen
            | Self::ZoneCutUnseen
            | Self::Truncated
            | Self::Incomplete
            | Self::Budget
            | Self::Unanchored => Some(5),
        }
    }
}

/// What in a response, or on the way to it, settled its verdict.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Subject {
    /// The zone that answers for it: the signer, or where the chain breaks or ends. When a link
    /// above is broken, this is the zone of that link, not the innocent child.
    pub zone: Option<Name>,
    /// The RRset.
    pub rrset: Option<(Name, Rtype)>,
    /// The signature that verified, or the one that was held against it.
    pub signed_by: Option<SignedBy>,
}

/// What vouches for a zone's keys, or for its having none.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub enum VouchedBy {
    /// A trust anchor.
    Anchor,
    /// A DS record of its parent.
    Ds,
    /// A proof of its parent that there is no DS.
    NoDs,
    /// An exception of the operator (RFC 7646).
    NegativeAnchor,
    /// Nothing that passed.
    Nothing,
}

impl VouchedBy {
    /// As alerts name it.
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::Anchor => Some("anchor"),
            Self::Ds => Some("ds"),
            Self::NoDs => Some("no_ds"),
            Self::NegativeAnchor => Some("negative_anchor"),
            Self::Nothing => None,
        }
    }
}

/// One zone on the way from a trust anchor to a response.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct ChainLink {
    /// The zone.
    pub zone: Name,
    /// How far it can be trusted.
    pub state: ValidationState,
    /// Tag of the key that signs its DNSKEY RRset.
    pub key_tag: Option<u16>,
    /// What vouches for that key.
    pub by: VouchedBy,
}

/// The final word on a response.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Verdict {
    /// The response, and what was asked.
    pub exchange: Arc<Exchange>,
    /// The frame that settled it: its own, or a later one that it waited for.
    #[serde(skip)]
    pub decided: FrameNumber,
    /// When that frame passed.
    pub decided_at: Timestamp,
    /// What it is worth.
    pub state: ValidationState,
    /// Why it is not secure.
    pub reason: Option<Reason>,
    /// What settled it.
    pub subject: Subject,
    /// Its signatures verify but for their times: what a wrong clock of the sensor looks like.
    pub fails_by_time_only: bool,
    /// It is bogus because a link above it is: a DS or DNSKEY RRset of `subject.zone`.
    pub is_broken_link: bool,
    /// What it lacks is not held against the zone, since another than that zone answers.
    pub private: Option<Private>,
    /// The zones from the anchor to where the verdict was settled, in this order. May be empty
    /// for what verified: findings tell it of what failed.
    pub chain: Vec<ChainLink>,
}
