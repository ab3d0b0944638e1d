//! Signatures over RRsets, as secure verdicts tell of them.

use super::open::Signature;
use crate::chain::{SignedBy, ValidationState, Verdict};
use crate::message::{Dnskey, Name, Rrset, Rrsig, Rtype};
use crate::time::Timestamp;
use std::net::IpAddr;
use std::sync::Arc;

/// A signature that verified, and the RRset that it is over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signed<'a> {
    verdict: &'a Verdict,
    /// The signature.
    pub(super) by: &'a SignedBy,
    /// The key that made it.
    pub(super) key: &'a Arc<Dnskey>,
    /// The RRset.
    pub(super) about: &'a (Name, Rtype),
}

impl<'a> Signed<'a> {
    /// The signature that settled a secure verdict; nothing for one that rests on a proof.
    pub(super) fn of(verdict: &'a Verdict) -> Option<Self> {
        let is_ours =
            verdict.state == ValidationState::Secure && verdict.exchange.standing.may_accuse();
        let by = verdict.subject.signed_by.as_ref().filter(|_| is_ours)?;
        Some(Self {
            verdict,
            by,
            key: by.key.as_ref()?,
            about: verdict.subject.rrset.as_ref()?,
        })
    }

    /// When it passed.
    pub(super) fn time(&self) -> Timestamp {
        self.verdict.exchange.message.time
    }

    /// Who gave it.
    pub(super) fn server(&self) -> IpAddr {
        self.verdict.exchange.server()
    }

    /// The message.
    pub(super) fn exchange(&self) -> &'a Arc<crate::exchange::Exchange> {
        &self.verdict.exchange
    }

    /// A server of the zone sent it; no cache.
    pub(super) fn is_fresh(&self) -> bool {
        self.verdict.exchange.is_first_hand()
    }

    /// It is over the zone's keys, or what the zone asks its parent to publish of them.
    pub(super) fn is_over_keys(&self) -> bool {
        matches!(self.about.1, Rtype::DNSKEY | Rtype::CDS | Rtype::CDNSKEY)
    }

    /// The RRset as it passed.
    fn rrset(&self) -> Option<&'a Rrset> {
        let mut sets = self.verdict.exchange.message.rrsets();
        sets.find(|set| (&set.owner, set.rtype) == (&self.about.0, self.about.1))
    }

    /// All signatures that came with the RRset and that name its zone.
    fn beside(&self) -> impl Iterator<Item = &'a Rrsig> {
        let signer = &self.by.signer;
        let set = self.rrset().into_iter();
        set.flat_map(|set| &set.signatures)
            .filter(move |rrsig| rrsig.signer == *signer)
    }

    /// Whether no other key's signature came with the RRset.
    pub(super) fn is_sole(&self) -> bool {
        let name = (self.by.key_tag, self.by.algorithm);
        let mut names = self
            .beside()
            .map(|rrsig| (rrsig.key_tag, rrsig.algorithm))
            .peekable();
        names.peek().is_some() && names.all(|other| other == name)
    }

    /// When the last of the signatures ends that came with the RRset.
    pub(super) fn last_expiration(&self) -> Timestamp {
        let ends = self
            .beside()
            .map(|rrsig| rrsig.expiration.near(self.time()));
        ends.fold(self.by.expiration, Timestamp::max)
    }

    /// Until when whoever took this sight to heart holds the RRset (RFC 4035 §5.3.3).
    pub(super) fn held_until(&self) -> Timestamp {
        let original = self.by.original_ttl;
        let ttl = self.rrset().map_or(original, |set| set.ttl.min(original));
        self.time().plus_ttl(ttl).min(self.by.expiration)
    }

    /// What settles changes.
    pub(super) fn signature(&self) -> Signature {
        Signature {
            key: self.key.clone(),
            inception: self.by.inception,
            time: self.time(),
            decided_at: self.verdict.decided_at,
            is_fresh: self.is_fresh(),
        }
    }
}
