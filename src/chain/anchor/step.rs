//! What changes at a trust point (RFC 5011 §4.1).

use super::key::AnchorKey;
use crate::time::{Timestamp, Ttl};
use serde::{Deserialize, Serialize};

/// What a DNSKEY RRset changed at its trust point (RFC 5011 §4.1). Tags are those without the
/// REVOKE bit.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum AnchorStep {
    /// `NewKey`: published, and trusted from this moment on if it stays.
    Published {
        /// Its tag.
        tag: u16,
        /// The end of its hold-down.
        until: Timestamp,
    },
    /// `KeyRem` of a key in hold-down: it left before it was trusted.
    Withdrawn {
        /// Its tag.
        tag: u16,
    },
    /// `AddTime`: trusted from now on.
    Accepted {
        /// Its tag.
        tag: u16,
    },
    /// `KeyRem` of a trusted key: it left without being revoked.
    Vanished {
        /// Its tag.
        tag: u16,
    },
    /// `KeyPres`: it is back.
    Returned {
        /// Its tag.
        tag: u16,
    },
    /// `RevBit`: revoked by itself.
    Revoked {
        /// Its tag before.
        tag: u16,
        /// The tag that it has with the REVOKE bit.
        revoked_tag: u16,
    },
    /// `RemTime`: revoked, gone and forgotten.
    Removed {
        /// Its tag.
        tag: u16,
    },
    /// No trusted key signs the set; the keys that do are still in hold-down.
    SignedByPending {
        /// Their tags.
        tags: Vec<u16>,
        /// When the first of them will be trusted.
        until: Timestamp,
    },
    /// Before any set that an anchor signs, one that lists an anchor while another key signs it:
    /// the anchors of the sensor are old, or the set is forged.
    SignedByStrangers {
        /// Tags of the keys that sign.
        tags: Vec<u16>,
        /// Tags of the anchors that are listed.
        listed: Vec<u16>,
    },
}

/// How a trust point stands, and what brought it there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct AnchorReport {
    /// What the latest set changed.
    pub steps: Vec<AnchorStep>,
    /// The keys that are followed, in the order in which they came.
    pub keys: Vec<AnchorKey>,
    /// Tags of the trusted keys that sign the latest set.
    pub signers: Vec<u16>,
    /// Since when just these sign, as far as was seen.
    pub signers_since: Timestamp,
    /// The TTL of the latest set.
    pub ttl: Ttl,
}

/// How a DNSKEY RRset was seen.
#[derive(Clone, Copy, Debug)]
pub struct AnchorSight {
    /// When it passed.
    pub time: Timestamp,
    /// When it was signed: what orders sets, so that a copy out of a cache or of a lagging server
    /// does not undo what came after it.
    pub inception: Timestamp,
    /// The TTL that it has in its zone.
    pub ttl: Ttl,
    /// From an authoritative server, matched with its query.
    pub is_first_hand: bool,
}
