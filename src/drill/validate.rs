//! What a validating resolver makes of what it gets (RFC 4035 §5), with a chain of trust from the root.
//!
//! Which octets fit which is known here without arithmetic; who signed what, and when, is looked at as resolvers do.

use super::key::Key;
use super::records::{Set, Signature, ds_rdata};
use super::resolve::{MORE_TRIES, Question, kept_set};
use super::resolver::{Status, Turn};
use super::world::World;
use super::zone::Reply;
use crate::message::{Name, Rtype};

/// INFO-CODEs of RFC 8914 §4.7 to §4.13.
const BOGUS: u16 = 6;
const EXPIRED: u16 = 7;
const NOT_YET_VALID: u16 = 8;
const DNSKEY_MISSING: u16 = 9;
const RRSIGS_MISSING: u16 = 10;
const NSEC_MISSING: u16 = 12;

impl World {
    /// What the resolver `who` makes of a reply out of a zone.
    pub(super) fn validate(
        &mut self,
        turn: &mut Turn,
        zone: &Name,
        question: &Question,
        reply: &Reply,
    ) -> Status {
        if !self
            .resolvers
            .get(turn.who)
            .is_some_and(|resolver| resolver.validates)
        {
            return Status::Insecure;
        }
        let keys = match self.keys(turn, zone) {
            Ok(keys) => keys,
            Err(status) => return status,
        };
        let now = self.time_at(turn);
        let held = reply.answer.iter().chain(&reply.authority);
        let mut held = held.filter(|set| set.rtype != Rtype::NS || set.owner == *zone);
        if let Some(flaw) = held.find_map(|set| flaw(set, &keys, now)) {
            return Status::Bogus(flaw);
        }
        let is_negative = !reply
            .answer
            .iter()
            .any(|set| set.rtype == question.1 || set.rtype == Rtype::CNAME);
        let is_proven = reply
            .authority
            .iter()
            .any(|set| matches!(set.rtype, Rtype::NSEC | Rtype::NSEC3));
        if is_negative && !is_proven {
            return Status::Bogus(NSEC_MISSING);
        }
        Status::Secure
    }

    fn time_at(&self, turn: &Turn) -> i64 {
        let skew = self
            .resolvers
            .get(turn.who)
            .map_or(0, |resolver| resolver.skew);
        turn.clock.seconds() + skew
    }

    /// The keys of a zone, if a chain of trust leads to them.
    fn keys(&mut self, turn: &mut Turn, zone: &Name) -> Result<Vec<Key>, Status> {
        let trusted = if zone.is_root() {
            let resolver = self.resolvers.get(turn.who);
            let anchors = resolver
                .map(|resolver| resolver.anchors.clone())
                .unwrap_or_default();
            anchors.iter().map(|key| ds_rdata(&key.ds(zone))).collect()
        } else {
            self.ds(turn, zone)?
        };
        let mut flaw = DNSKEY_MISSING;
        for attempt in 0..=MORE_TRIES {
            turn.attempt = attempt;
            let found = self.looked_up(turn, zone, Rtype::DNSKEY);
            let resolver = self.resolvers.get_mut(turn.who).ok_or(Status::Insecure)?;
            // What the cache has may be older than the DS set, and another server may have better.
            let was_answered = resolver.keys.remove(zone);
            let Some(set) = found else {
                if was_answered.is_none() {
                    return Err(Status::Bogus(flaw));
                }
                continue;
            };
            let now = self.time_at(turn);
            let names =
                |signature: &&Signature| trusted.contains(&ds_rdata(&signature.key.ds(zone)));
            let flaws = set
                .signatures
                .iter()
                .filter(names)
                .map(|signature| flaw_of(signature, now));
            match flaws.min_by_key(Option::is_some) {
                Some(None) => {
                    let resolver = self.resolvers.get_mut(turn.who).ok_or(Status::Insecure)?;
                    resolver
                        .keys
                        .extend(was_answered.map(|kept| (zone.clone(), kept)));
                    return Ok(self.published(zone, &set));
                }
                Some(Some(found)) => flaw = found,
                None => {
                    flaw = if set.signatures.is_empty() {
                        RRSIGS_MISSING
                    } else {
                        DNSKEY_MISSING
                    }
                }
            }
        }
        Err(Status::Bogus(flaw))
    }

    /// The DS records of a zone, which the zone above signed.
    fn ds(&mut self, turn: &mut Turn, zone: &Name) -> Result<Vec<Vec<u8>>, Status> {
        let parent = self.parent(zone);
        let keys = self.keys(turn, &parent)?;
        let set = self
            .looked_up(turn, zone, Rtype::DS)
            .ok_or(Status::Insecure)?;
        let now = self.time_at(turn);
        let Some(flaw) = flaw(&set, &keys, now) else {
            return Ok(set.rdata);
        };
        // What does not validate is asked for again soon (RFC 4035 §4.7).
        self.resolvers
            .get_mut(turn.who)
            .and_then(|resolver| resolver.ds.remove(zone));
        Err(Status::Bogus(flaw))
    }

    /// A DS or DNSKEY set, from the cache or from the servers that have it.
    fn looked_up(&mut self, turn: &mut Turn, zone: &Name, rtype: Rtype) -> Option<Set> {
        let now = turn.clock.seconds();
        let resolver = self.resolvers.get(turn.who)?;
        let cache = if rtype == Rtype::DS {
            &resolver.ds
        } else {
            &resolver.keys
        };
        if let Some(kept) = cache.get(zone).filter(|kept| kept.until > now) {
            return kept.set.clone();
        }
        let (_, reply) = self.follow(turn, &(zone.clone(), rtype))?;
        let kept = kept_set(&reply, rtype, turn.clock.seconds());
        let resolver = self.resolvers.get_mut(turn.who)?;
        let cache = if rtype == Rtype::DS {
            &mut resolver.ds
        } else {
            &mut resolver.keys
        };
        cache.insert(zone.clone(), kept.clone());
        kept.set
    }

    /// The keys behind a DNSKEY RRset: of whoever has an edition of the zone.
    fn published(&self, zone: &Name, set: &Set) -> Vec<Key> {
        let editions = self.zones.iter().filter(|((apex, _), _)| apex == zone);
        let keys =
            editions.flat_map(|(_, edition)| edition.published.iter().chain(&edition.signers));
        let keys = keys.filter(|key| set.rdata.iter().any(|rdata| rdata == key.rdata()));
        keys.cloned().collect()
    }
}

/// Why no signature of a set holds; nothing if one does.
fn flaw(set: &Set, keys: &[Key], now: i64) -> Option<u16> {
    if set.signatures.is_empty() {
        return Some(RRSIGS_MISSING);
    }
    let known: Vec<_> = set
        .signatures
        .iter()
        .filter(|signature| keys.contains(&signature.key))
        .collect();
    if known.is_empty() {
        return Some(DNSKEY_MISSING);
    }
    let flaws = known.iter().map(|signature| flaw_of(signature, now));
    flaws.min_by_key(Option::is_some).flatten()
}

fn flaw_of(signature: &Signature, now: i64) -> Option<u16> {
    let (from, until) = signature.times;
    // As unbound has it: a tenth of the lifetime, an hour at least, a day at most.
    let grace = ((until - from) / 10).clamp(3600, 86_400);
    if !signature.is_good {
        Some(BOGUS)
    } else if now > until + grace {
        Some(EXPIRED)
    } else if now < from - grace {
        Some(NOT_YET_VALID)
    } else {
        None
    }
}
