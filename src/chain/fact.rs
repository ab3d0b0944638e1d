//! What was verified about a zone.

use super::anchor::AnchorReport;
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name, Rrset};
use crate::time::{Timestamp, Ttl};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A signature, as findings tell of it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct SignedBy {
    /// The zone that signed.
    pub signer: Name,
    /// Tag of the key.
    pub key_tag: u16,
    /// Algorithm number.
    pub algorithm: u8,
    /// Labels of the owner that it was made for: fewer than the set's own if a wildcard gave it.
    pub labels: u8,
    /// The TTL that the set has in its zone.
    pub original_ttl: Ttl,
    /// Not valid before this moment.
    pub inception: Timestamp,
    /// Not valid after this moment.
    pub expiration: Timestamp,
    /// The authenticated key under which it verified; nothing if it did not.
    pub key: Option<Arc<Dnskey>>,
}

/// A verified DNSKEY RRset.
#[derive(Clone, Debug)]
pub struct KeySet {
    /// The RRset.
    pub rrset: Rrset,
    /// Its keys, in the order of the records.
    pub keys: Vec<Arc<Dnskey>>,
    /// Those of its keys whose signatures over the set verify.
    pub signers: Vec<Arc<Dnskey>>,
}

/// What a message showed about a zone.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Its DS RRset, signed by the parent.
    Ds(Arc<Rrset>),
    /// That it has no DS, proven by the parent.
    NoDs {
        /// The proof rests on an opt-out span (RFC 5155 §6): weaker, since it names no zone.
        is_opt_out: bool,
    },
    /// Its DNSKEY RRset, signed by a key that a DS record or a trust anchor in force vouches for.
    Keys(Arc<KeySet>),
    /// A DNSKEY RRset that came in a matched authoritative answer and that nothing in force
    /// vouches for. An attempt, or the first sight of an outage: never trust.
    UnprovenKeys(Arc<Rrset>),
    /// What it asks its parent to publish: a verified CDS or CDNSKEY RRset (RFC 7344 §3).
    Announcement(Arc<Rrset>),
    /// What the operator of a server says in this zone, which is his, of another zone's first DS
    /// set: a verified CDS or CDNSKEY RRset below a `_signal` label (RFC 9615 §4.1).
    Signal(Arc<Rrset>),
    /// What its DNSKEY RRset changed at the trust point that it is, or how that stands for the
    /// first time (RFC 5011).
    Anchors(Arc<AnchorReport>),
}

/// Something about a zone, as one message showed it. Repeated sights are facts too.
#[derive(Clone, Debug)]
pub struct Fact {
    /// The zone.
    pub zone: Name,
    /// What was shown.
    pub shown: Shown,
    /// The signature that proves it: over the set, or over the NSEC or NSEC3 that bears the
    /// proof. Nothing for unproven keys.
    pub signed_by: Option<SignedBy>,
    /// The TTL with which it passed.
    pub ttl: Ttl,
    /// The message, and what was asked.
    pub exchange: Arc<Exchange>,
}
