//! Judges one RRset by what is trusted.

use super::budget::{MAX_SETS_PER_MESSAGE, MessageBudget};
use super::denial::Denials;
use super::fact::SignedBy;
use super::finding::{Finding, Judgement, Wait};
use super::seen::Seen;
use super::tally::{Tally, Tried};
use super::verdict::Reason;
use super::zones::{Place, Zones};
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name, Rrset, Rrsig, Rtype};
use crate::signature::{Outcome, Verifier, is_supported_algorithm};
use crate::time::{Timestamp, Ttl};
use std::borrow::Borrow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

/// How long a response waits where no DNSKEY TTL of its zone is known: an hour.
const USUAL_WAIT: Ttl = Ttl::new(3600);

/// How long it waits at most: two days.
const LONGEST_WAIT: Ttl = Ttl::new(2 * 86_400);

/// Within this time after a response with an unknown key tag, a resolver that has its doubts
/// has fetched the DNSKEY RRset again.
const REFETCH_SECONDS: i64 = 10;

/// Keys of one tag and algorithm that are tried (KeyTrap, CVE-2023-50387).
const MAX_KEYS_PER_TAG: usize = 4;

/// What a response is judged by.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub(super) zones: &'a Zones,
    pub(super) verifier: &'a Verifier,
    pub(super) seen: &'a Seen,
    pub(super) clock_skew: i64,
}

/// Judges the RRsets of one response; changes nothing but its own notes.
pub(super) struct Judge<'a> {
    pub(super) zones: &'a Zones,
    pub(super) verifier: &'a Verifier,
    pub(super) seen: &'a Seen,
    pub(super) exchange: &'a Exchange,
    /// Seconds by which the sensor's clock may differ from the signers'.
    pub(super) clock_skew: i64,
    pub(super) budget: MessageBudget,
    /// The name that authority's SOA or NS speak for: the last of an alias chain.
    pub(super) last_link: Option<Name>,
    pub(super) judged: BTreeMap<(Name, Rtype), Judgement>,
    /// Owners of SOA and NS sets in the response.
    pub(super) apexes: OnceCell<BTreeSet<Name>>,
    /// The denials of the message, by the zone that signed them, and the judgements of all that
    /// it is said to have signed.
    pub(super) gathered: BTreeMap<Name, (Rc<Denials>, Rc<[Judgement]>)>,
}

impl<'a> Judge<'a> {
    pub(super) fn new(known: Known<'a>, exchange: &'a Exchange, budget: MessageBudget) -> Self {
        let Known {
            zones,
            verifier,
            seen,
            clock_skew,
        } = known;
        Self {
            zones,
            verifier,
            seen,
            exchange,
            clock_skew,
            budget,
            last_link: None,
            judged: BTreeMap::new(),
            apexes: OnceCell::new(),
            gathered: BTreeMap::new(),
        }
    }

    /// The moment that the response is judged at: its own.
    pub(super) fn at(&self) -> Timestamp {
        self.exchange.message.time
    }

    /// What an RRset of the response is worth; its signatures are checked once.
    pub(super) fn rrset(&mut self, set: &Rrset) -> Judgement {
        let key = (set.owner.clone(), set.rtype);
        if let Some(known) = self.judged.get(&key) {
            return known.clone();
        }
        let judgement = match set.rtype {
            _ if self.judged.len() >= MAX_SETS_PER_MESSAGE => {
                return settled(Finding::because(Reason::Budget, None), set);
            }
            Rtype::DNSKEY => self.dnskeys(set).0,
            _ => self.data(set),
        };
        self.judged.insert(key, judgement.clone());
        judgement
    }

    /// Signers, owners and types of the sets that verified, in canonical order.
    pub(super) fn verified(&self) -> impl Iterator<Item = (&Name, &Name, Rtype)> {
        self.judged
            .iter()
            .filter(|(_, judgement)| judgement.is_secure())
            .filter_map(|((owner, rtype), judgement)| {
                Some((judgement.finding().subject.zone.as_ref()?, owner, *rtype))
            })
    }

    /// An RRset other than DNSKEY.
    fn data(&mut self, set: &Rrset) -> Judgement {
        self.budget.next_set();
        let mut tally = Tally::default();
        // One over the set as it stands needs no proof beside it, so it is asked first.
        let own = set.owner.label_count() - usize::from(set.owner.is_wildcard());
        let is_whole = |rrsig: &&Rrsig| usize::from(rrsig.labels) >= own;
        let (whole, expanded): (Vec<_>, Vec<_>) = set.signatures.iter().partition(is_whole);
        for rrsig in whole.into_iter().chain(expanded) {
            if !may_sign(rrsig, set) {
                tally.foreign.get_or_insert(self.signed_by(rrsig, None));
                continue;
            }
            let tried = self
                .budget
                .signature()
                .map_or(Tried::Budget, |()| self.attempt(set, rrsig));
            if let Tried::Verified(key) = tried {
                if self.is_cut_off(set, &rrsig.signer) {
                    tally.note(&Tried::Failed, self.signed_by(rrsig, None));
                    continue;
                }
                let signed_by = self.signed_by(rrsig, Some(key));
                return Judgement::Settled(Finding::secure(&set.owner, set.rtype, signed_by));
            }
            tally.note(&tried, self.signed_by(rrsig, None));
        }
        match self.place_of(set) {
            Place::Unanchored => settled(Finding::because(Reason::Unanchored, None), set),
            Place::Insecure { zone, reason } => settled(Finding::because(reason, Some(&zone)), set),
            Place::Signed { zone, .. } if tally.over_budget => {
                settled(Finding::because(Reason::Budget, Some(&zone)), set)
            }
            Place::Signed { zone, gap } => self.unverified(set, &tally, &zone, gap.as_ref()),
        }
    }

    /// Where a set lies. One with a signer that is its owner lies in that zone, whatever others say.
    fn place_of(&self, set: &Rrset) -> Place {
        let signers = set.signatures.iter().filter(|rrsig| may_sign(rrsig, set));
        let signers: Vec<&Name> = signers.map(|rrsig| &rrsig.signer).collect();
        let own = signers.iter().find(|signer| ***signer == set.owner);
        let rtype = lies_as(set.rtype, &set.owner, own.or(signers.first()).copied());
        self.zones.place(&set.owner, rtype, self.at())
    }

    /// Whether a signed zone is known between a signer and the set, with its DS set within TTL:
    /// then the set is not the signer's. What stands at the cut itself may be.
    fn is_cut_off(&self, set: &Rrset, signer: &Name) -> bool {
        let is_above = set.rtype == Rtype::DS || set.rtype == Rtype::NSEC;
        let above = is_above.then(|| set.owner.parent()).flatten();
        let name = above.as_ref().unwrap_or(&set.owner);
        self.zones.cut_between(name, signer, self.at()).is_some()
    }

    /// A set in a zone that is to be signed, none of whose signatures verified.
    fn unverified(&self, set: &Rrset, tally: &Tally, zone: &Name, gap: Option<&Name>) -> Judgement {
        let against = tally.contradiction();
        let accusation =
            against.map(|(reason, signed_by)| accusation(set, zone, reason, signed_by, tally));
        if let Some(signed_by) = &tally.no_keys {
            return self.without_keys(set, signed_by, accusation);
        }
        if let Some(signed_by) = &tally.key_unknown {
            return self.with_key_unknown(set, signed_by, accusation);
        }
        if let (Some(accusation), Some((reason, signed_by))) = (accusation, against) {
            let trust = self.zones.find(&signed_by.signer);
            let may_roll = reason == Reason::SignatureInvalid
                && !trust.is_some_and(|trust| trust.has_keys_near(self.at()));
            return if may_roll {
                self.wait(&signed_by.signer, &signed_by.signer, accusation)
            } else {
                Judgement::Settled(accusation)
            };
        }
        if let Some(signed_by) = &tally.unsupported_key {
            let finding = Finding::because(Reason::UnsupportedAlgorithm, Some(&signed_by.signer));
            return settled(finding, set);
        }
        self.unsigned(set, tally, zone, gap)
    }

    /// A set without a signature that could count.
    fn unsigned(&self, set: &Rrset, tally: &Tally, zone: &Name, gap: Option<&Name>) -> Judgement {
        let reason = match (&tally.unsupported, &tally.foreign) {
            (None, Some(_)) => Reason::SignerMismatch,
            _ => Reason::SignatureMissing,
        };
        let held_against = tally.unsupported.as_ref().or(tally.foreign.as_ref());
        let mut signers = tally.unsupported.iter().map(|signed_by| &signed_by.signer);
        let lies_in_zone = gap.is_none()
            || signers.any(|signer| signer == zone)
            || self.shows_zone(zone, &set.owner);
        let finding = Finding::because(reason, Some(zone))
            .about(&set.owner, set.rtype)
            .signed_by(held_against.cloned());
        self.absence(finding, &set.owner, zone, lies_in_zone)
    }

    /// A set signed by a zone whose keys are not known.
    fn without_keys(
        &self,
        set: &Rrset,
        signed_by: &SignedBy,
        accusation: Option<Finding>,
    ) -> Judgement {
        let signer = &signed_by.signer;
        if let Place::Signed { zone, gap } = self.zones.place(signer, Rtype::SOA, self.at())
            && zone != *signer
        {
            let mismatch = Finding::because(Reason::SignerMismatch, Some(&zone))
                .about(&set.owner, set.rtype)
                .signed_by(Some(signed_by.clone()));
            if gap.is_none() {
                // It is proven that there is no zone cut at the signer's name.
                return Judgement::Settled(mismatch);
            }
            if self.shows_zone(&zone, &set.owner) {
                return self.absence(mismatch, &set.owner, &zone, true);
            }
        }
        let unseen = || {
            Finding::because(Reason::KeysUnseen, Some(signer)).signed_by(Some(signed_by.clone()))
        };
        let then = accusation
            .or_else(|| self.zones.broken_link(signer, self.at()))
            .unwrap_or_else(unseen);
        self.wait(signer, signer, then.about(&set.owner, set.rtype))
    }

    /// A set whose signature names a key that no known DNSKEY RRset of the signer has: first
    /// of all a rollover not yet seen (RFC 7583 §3.2.1).
    fn with_key_unknown(
        &self,
        set: &Rrset,
        signed_by: &SignedBy,
        accusation: Option<Finding>,
    ) -> Judgement {
        let signer = &signed_by.signer;
        let finding = |reason| {
            let finding = Finding::because(reason, Some(signer));
            finding
                .about(&set.owner, set.rtype)
                .signed_by(Some(signed_by.clone()))
        };
        let may_miss = self.is_first_hand() && self.speaks_for(signer);
        let Some(trust) = self.zones.find(signer).filter(|_| may_miss) else {
            let then = accusation.unwrap_or_else(|| finding(Reason::KeysUnseen));
            return self.wait(signer, signer, then);
        };
        let missing = accusation
            .clone()
            .unwrap_or_else(|| finding(Reason::DnskeyMissing));
        if trust.fetched_keys_after(self.at(), self.at().plus_ttl(set.ttl)) {
            return Judgement::Settled(missing);
        }
        if trust.has_fresh_keys(self.at()) {
            let until = self.at().plus_seconds(REFETCH_SECONDS);
            let (on, room, then) = (vec![signer.clone()], self.room_of(signer), missing);
            return Judgement::Waits(Wait {
                on,
                room,
                until,
                then,
            });
        }
        let then = accusation
            .or_else(|| self.zones.broken_link(signer, self.at()))
            .unwrap_or_else(|| finding(Reason::KeysUnseen));
        self.wait(signer, signer, then)
    }

    /// What one signature is worth against the keys that are trusted at this moment.
    fn attempt(&mut self, set: &Rrset, rrsig: &Rrsig) -> Tried {
        if !is_supported_algorithm(rrsig.algorithm) {
            return Tried::UnsupportedAlgorithm;
        }
        let at = self.at();
        let Some(trust) = self
            .zones
            .find(&rrsig.signer)
            .filter(|trust| trust.has_keys(at))
        else {
            return Tried::NoKeys;
        };
        let name = (rrsig.key_tag, rrsig.algorithm);
        if self.budget.refuses(rrsig) && trust.has_key(name, at) {
            return Tried::Budget;
        }
        let keys = trust.keys(name, at, MAX_KEYS_PER_TAG + 1);
        self.attempt_with(set, rrsig, keys)
    }

    /// What one signature is worth against these keys, all with its tag and algorithm.
    pub(super) fn attempt_with<K: Borrow<Arc<Dnskey>>>(
        &mut self,
        set: &Rrset,
        rrsig: &Rrsig,
        keys: impl IntoIterator<Item = K>,
    ) -> Tried {
        let timing = self.timing(rrsig);
        let is_own_keys = set.rtype == Rtype::DNSKEY;
        let mut worst = timing.unwrap_or(Tried::KeyUnknown);
        for (tried, key) in keys.into_iter().enumerate() {
            let key: &Arc<Dnskey> = key.borrow();
            if tried >= MAX_KEYS_PER_TAG {
                return Tried::Budget;
            }
            if !key.is_zone_key() {
                worst = Tried::NotZoneKey;
                continue;
            }
            if key.is_revoked() && !is_own_keys {
                worst = Tried::Revoked;
                continue;
            }
            let verifier = self.verifier;
            let compute = || verifier.check(set, rrsig, key);
            let Some(outcome) = self.budget.check((set, rrsig), key, compute) else {
                return Tried::Budget;
            };
            match (outcome, &worst) {
                (Outcome::Valid, Tried::OutOfTime { is_early, .. }) => {
                    return Tried::OutOfTime {
                        is_early: *is_early,
                        verifies: true,
                    };
                }
                (Outcome::Valid, _) => {
                    return Tried::Verified(Arc::clone(key));
                }
                (Outcome::Unsupported, _) => worst = Tried::UnsupportedKey,
                (Outcome::Invalid, Tried::OutOfTime { .. } | Tried::UnsupportedKey) => {}
                (Outcome::Invalid, _) => {
                    self.budget.failed(&rrsig.signer);
                    worst = Tried::Failed;
                }
            }
        }
        worst
    }

    /// Whether the time of a signature is not right: nothing if it is (RFC 4035 §5.3.1).
    fn timing(&self, rrsig: &Rrsig) -> Option<Tried> {
        let now = self.at().serial();
        let early = i64::from(rrsig.inception.seconds_since(now)) > self.clock_skew;
        let late = i64::from(now.seconds_since(rrsig.expiration)) > self.clock_skew;
        (early || late).then_some(Tried::OutOfTime {
            is_early: early,
            verifies: false,
        })
    }

    /// Whether it is the first response of an authoritative server to a query of the resolver.
    pub(super) fn is_first_hand(&self) -> bool {
        self.exchange.is_first_hand()
    }

    /// Whether what a server says is the zone's own data: it says so itself, or is known as one
    /// of the zone's (docs/decisions/0008).
    pub(super) fn speaks_for(&self, zone: &Name) -> bool {
        self.exchange.message.header.is_authoritative() || self.is_from_server_of(zone)
    }

    /// Waits for news about `on`, as long as caches may hold the keys of `zone`.
    pub(super) fn wait(&self, on: &Name, zone: &Name, then: Finding) -> Judgement {
        let key_ttl = self
            .zones
            .find(zone)
            .and_then(super::zone::ZoneTrust::key_ttl);
        let patience = key_ttl.map_or(USUAL_WAIT, |ttl| ttl.min(LONGEST_WAIT));
        let until = self.at().plus_ttl(patience);
        Judgement::Waits(Wait {
            on: vec![on.clone()],
            room: self.room_of(zone),
            until,
            then,
        })
    }

    /// Whose share of the waiting room it takes to wait for a zone: its own if it is known, else
    /// that of the highest name that may be a zone above it, so that claiming many zones brings
    /// nobody more than one share.
    fn room_of(&self, zone: &Name) -> Name {
        match self.zones.place(zone, Rtype::SOA, self.at()) {
            Place::Signed { gap: Some(gap), .. } => gap,
            Place::Signed { zone, .. } | Place::Insecure { zone, .. } => zone,
            Place::Unanchored => Name::root(),
        }
    }

    /// A signature as findings tell of it.
    pub(super) fn signed_by(&self, rrsig: &Rrsig, key: Option<Arc<Dnskey>>) -> SignedBy {
        SignedBy {
            signer: rrsig.signer.clone(),
            key_tag: rrsig.key_tag,
            algorithm: rrsig.algorithm,
            labels: rrsig.labels,
            original_ttl: rrsig.original_ttl,
            inception: rrsig.inception.near(self.at()),
            expiration: rrsig.expiration.near(self.at()),
            key,
        }
    }
}

/// What a signature that contradicts the set is held for.
fn accusation(
    set: &Rrset,
    zone: &Name,
    reason: Reason,
    signed_by: &SignedBy,
    tally: &Tally,
) -> Finding {
    // Where a signed zone lies between, a signer above it is not the one to blame.
    let (reason, blamed) = if zone.is_below(&signed_by.signer) {
        (Reason::SignerMismatch, zone)
    } else {
        (reason, &signed_by.signer)
    };
    let by_time = matches!(
        reason,
        Reason::SignatureExpired | Reason::SignatureNotYetValid
    );
    let mut finding = Finding::because(reason, Some(blamed));
    finding.fails_by_time_only = by_time && tally.verifies_but_for_time;
    finding
        .about(&set.owner, set.rtype)
        .signed_by(Some(signed_by.clone()))
}

/// Whether the signer can be the zone of the set: it is above its owner, or the owner itself
/// but for a DS set, which lies above the cut; and the name it was made for lies in the zone
/// (RFC 4035 §5.3.1).
fn may_sign(rrsig: &Rrsig, set: &Rrset) -> bool {
    set.owner.is_at_or_below(&rrsig.signer)
        && usize::from(rrsig.labels) >= rrsig.signer.label_count()
        && (set.rtype != Rtype::DS || set.owner != rrsig.signer || set.owner.is_root())
}

/// The type as which a set lies in its zone. At a zone cut both sides have an NSEC (RFC 4035 §2.3);
/// one whose signer is above its owner is that of the zone above, as a DS set is.
pub(super) fn lies_as(rtype: Rtype, owner: &Name, signer: Option<&Name>) -> Rtype {
    let is_above = rtype == Rtype::NSEC && signer.is_some_and(|signer| signer != owner);
    if is_above { Rtype::DS } else { rtype }
}

/// A finding about a set, settled.
pub(super) fn settled(finding: Finding, set: &Rrset) -> Judgement {
    Judgement::Settled(finding.about(&set.owner, set.rtype))
}
