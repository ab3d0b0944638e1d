//! Bounds on the work that one message, and one zone at one server, can ask for.

use super::denial::Hashing;
use super::memory::Memory;
use crate::exchange::Exchange;
use crate::message::{Dnskey, Ds, Message, Name, Rrset, Rrsig};
use crate::signature::{Outcome, check_cost, ds_matches, key_fingerprint};
use foldhash::{HashMap, HashMapExt, HashSet};
use std::cell::Cell;
use std::net::IpAddr;
use std::ptr;
use std::rc::Rc;

/// Signatures looked at for one RRset (KeyTrap, CVE-2023-50387).
const MAX_SIGNATURES_PER_SET: u32 = 8;

/// Checks asked for by one message that do not verify.
const MAX_FAILED_CHECKS: u32 = 16;

/// Checks asked for in all: an answer to ANY with 30 sets has as many.
const MAX_CHECKS: u32 = 32;

/// What checks, digests and NSEC3 hashes may cost together, in the units of
/// `signature::check_cost`: as much as these checks with P-256.
const MAX_COST: u32 = MAX_CHECKS * 16;

/// What the cheapest check costs.
const LEAST_COST: u32 = 1;

/// What it may cost to judge a message again and again, checks left out.
const MAX_REPEATED_COST: u32 = 128;

/// What judging costs whatever the message, and how many RRsets and signatures cost a unit more.
const COST_OF_JUDGING: u32 = 4;
const PARTS_PER_UNIT: usize = 4;

/// RRsets and signatures that a message may have, and octets, before its size takes from what is
/// granted for checks: no ordinary one has more.
const FREE_PARTS: usize = 64;
const FREE_OCTETS: usize = 8192;

/// No message has more octets (RFC 1035 §4.2.2).
const MOST_OCTETS: usize = 65_535;

/// Octets beyond these that cost a unit: records of a dozen octets each at the worst.
const OCTETS_PER_UNIT: usize = 512;

/// Octets of a key that cost another digest.
const OCTETS_PER_DIGEST: usize = 1024;

/// RRsets of one message that are judged; ordinary ones have a dozen that matter.
pub(super) const MAX_SETS_PER_MESSAGE: usize = 64;

/// Digests of keys that one message may ask for: an ordinary one asks for a handful.
const MAX_DIGESTS_PER_MESSAGE: u32 = 256;

/// A signature of a message, by where it lies in memory as long as the message waits, and the
/// SHA-256 of a key.
type Check = (usize, [u8; 32]);

/// RRsets and signatures of a message.
fn parts(message: &Message) -> usize {
    let sets = message.rrsets().map(|set| 1 + set.signatures.len());
    sets.sum()
}

/// What a message has asked for since it came, however often it was judged. A check that the
/// memo of all messages remembers costs the same as one that it does not, so that the limit does
/// not depend on what came before; one that this message has asked for already costs nothing.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// Checks that may still fail.
    may_fail: u32,
    checks: u32,
    cost: u32,
    /// What came of them, for lookups alone.
    outcomes: HashMap<Check, Outcome>,
    /// What it cost to judge it the last time, and all times but the first, checks left out.
    last: u32,
    repeated: u32,
}

impl Asked {
    /// Nothing yet, but for what its size costs.
    pub(super) fn nothing(message: &Message) -> Self {
        let parts = parts(message).saturating_sub(FREE_PARTS);
        let octets = message.octets.len().min(MOST_OCTETS);
        let octets = octets.saturating_sub(FREE_OCTETS);
        let size = units(parts, PARTS_PER_UNIT) + units(octets, OCTETS_PER_UNIT);
        Self {
            may_fail: MAX_FAILED_CHECKS,
            checks: MAX_CHECKS,
            cost: MAX_COST.saturating_sub(size),
            outcomes: HashMap::new(),
            last: 0,
            repeated: 0,
        }
    }

    /// Whether it may be judged once more before the last time.
    pub(super) fn may_be_judged_again(&self) -> bool {
        self.repeated + self.last <= MAX_REPEATED_COST
    }

    /// Octets that this takes.
    pub(super) fn octets(&self) -> usize {
        2 * size_of::<(Check, Outcome)>() * self.outcomes.len()
    }
}

/// What one message may still ask for.
#[derive(Debug)]
pub(super) struct MessageBudget {
    asked: Asked,
    /// Signatures that were checked against any key.
    signatures_asked: HashSet<usize>,
    signatures: u32,
    digests: u32,
    /// Digests that were compared, by owner and key.
    compared: HashMap<(Name, [u8; 32], Ds), bool>,
    /// What all kinds of work may still cost together, shared with `hashing`.
    pool: Rc<Cell<u32>>,
    /// What proofs may still hash.
    pub(super) hashing: Hashing,
    /// The last check was not asked for before.
    is_new: bool,
    /// Zones under whose keys checks failed that were not asked for before, one entry for each.
    failed: Vec<Name>,
}

impl MessageBudget {
    /// For judging a message that has asked for this much.
    pub(super) fn after(asked: Asked) -> Self {
        let pool = Rc::new(Cell::new(asked.cost));
        Self {
            signatures_asked: asked.outcomes.keys().map(|check| check.0).collect(),
            asked,
            signatures: MAX_SIGNATURES_PER_SET,
            digests: MAX_DIGESTS_PER_MESSAGE,
            compared: HashMap::new(),
            hashing: Hashing::within(Rc::clone(&pool)),
            pool,
            is_new: false,
            failed: Vec::new(),
        }
    }

    /// What the message has asked for, now that it was judged; and the zones under whose keys
    /// checks failed for the first time, one entry for each.
    pub(super) fn close(mut self, exchange: &Exchange) -> (Asked, Vec<Name>) {
        let parts = parts(&exchange.message);
        let other = self.asked.cost.saturating_sub(self.pool.get());
        let cost = COST_OF_JUDGING + units(parts, PARTS_PER_UNIT) + other;
        if self.asked.last > 0 {
            self.asked.repeated += cost;
        }
        self.asked.last = cost;
        (self.asked, self.failed)
    }

    /// Asks to look at another signature of the same set.
    pub(super) fn signature(&mut self) -> Option<()> {
        self.signatures = self.signatures.checked_sub(1)?;
        Some(())
    }

    /// The next set begins.
    pub(super) fn next_set(&mut self) {
        self.signatures = MAX_SIGNATURES_PER_SET;
    }

    /// What a signature of the message is worth against a key; nothing if that is one check too
    /// many. `compute` does the check.
    pub(super) fn check(
        &mut self,
        (set, rrsig): (&Rrset, &Rrsig),
        key: &Dnskey,
        compute: impl FnOnce() -> Outcome,
    ) -> Option<Outcome> {
        let check = (ptr::from_ref(rrsig).addr(), key_fingerprint(key));
        let known = self.asked.outcomes.get(&check);
        self.is_new = known.is_none();
        if let Some(outcome) = known {
            return Some(*outcome);
        }
        let cost = check_cost(key, signed_octets(set));
        // A check that is refused takes nothing: a cheaper one may still be granted.
        let pool = self.pool.get().checked_sub(cost)?;
        let checks = self.asked.checks.checked_sub(1)?;
        let may_fail = self.asked.may_fail.checked_sub(1)?;
        self.pool.set(pool);
        (self.asked.checks, self.asked.cost) = (checks, self.asked.cost.saturating_sub(cost));
        let outcome = compute();
        if outcome != Outcome::Valid {
            self.asked.may_fail = may_fail;
        }
        self.asked.outcomes.insert(check, outcome);
        self.signatures_asked.insert(check.0);
        Some(outcome)
    }

    /// Whether no check of this signature is granted any more, and none was.
    pub(super) fn refuses(&self, rrsig: &Rrsig) -> bool {
        let is_spent =
            self.asked.checks == 0 || self.asked.may_fail == 0 || self.pool.get() < LEAST_COST;
        is_spent && !self.signatures_asked.contains(&ptr::from_ref(rrsig).addr())
    }

    /// The last check failed under a key of this zone.
    pub(super) fn failed(&mut self, zone: &Name) {
        if self.is_new {
            self.failed.push(zone.clone());
        }
    }

    /// Whether a DS record of `owner` names a key; nothing if that is one digest too many.
    pub(super) fn matches(&mut self, owner: &Name, ds: &Ds, key: &Dnskey) -> Option<bool> {
        let pair = (owner.clone(), key_fingerprint(key), ds.clone());
        if let Some(is_named) = self.compared.get(&pair) {
            return Some(*is_named);
        }
        let cost = units(key.rdata().len(), OCTETS_PER_DIGEST).saturating_add(1);
        let pool = self.pool.get().checked_sub(cost)?;
        self.digests = self.digests.checked_sub(cost)?;
        self.pool.set(pool);
        let is_named = ds_matches(owner, ds, key);
        self.compared.insert(pair, is_named);
        Some(is_named)
    }
}

/// Octets that a signature over a set covers (RFC 4034 §3.1.8.1), about.
fn signed_octets(set: &Rrset) -> usize {
    let head = set.owner.wire().len() + 10;
    set.records().map(|record| head + record.len()).sum()
}

/// How many times `unit` fits.
fn units(octets: usize, unit: usize) -> u32 {
    u32::try_from(octets / unit).unwrap_or(u32::MAX)
}

/// Failed checks that one zone at one server may ask for in a second; healthy zones ask for none.
const MAX_FAILURES_PER_SECOND: u32 = 64;

/// Shares remembered at least.
const SHARES: usize = 10_000;

/// Zone, server, whether the response may accuse, and second.
type Share = (Name, IpAddr, bool, i64);

/// Failed checks by zone, server and second. Responses that could be anybody's have a share of
/// their own, so that they never use up that of real ones.
#[derive(Debug)]
pub(super) struct ZoneBudgets {
    failures: Memory<Share, u32>,
}

impl ZoneBudgets {
    pub(super) fn new() -> Self {
        Self {
            failures: Memory::new(SHARES),
        }
    }

    /// Whether a zone that signed part of the response has used up its share of this second.
    pub(super) fn are_spent(&self, exchange: &Exchange) -> bool {
        let message = &exchange.message;
        let mut signers = message
            .rrsets()
            .flat_map(|set| &set.signatures)
            .map(|sig| &sig.signer);
        signers.any(|signer| {
            let key = (
                signer.clone(),
                exchange.server(),
                exchange.standing.may_accuse(),
                message.time.seconds(),
            );
            let failures = self.failures.get(&key);
            failures.is_some_and(|failures| *failures >= MAX_FAILURES_PER_SECOND)
        })
    }

    /// Takes note of failed checks, by zone.
    pub(super) fn charge(&mut self, exchange: &Exchange, failed: &[Name]) {
        for zone in failed {
            let key = (
                zone.clone(),
                exchange.server(),
                exchange.standing.may_accuse(),
                exchange.message.time.seconds(),
            );
            let failures = self.failures.get(&key).map_or(1, |before| before + 1);
            self.failures.insert(key, failures);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::Rtype;
    use crate::time::Ttl;

    #[test]
    fn thirty_two_checks_of_the_cheapest_keys_are_made() {
        // RSA of 1024 bits with the exponent 3: far cheaper than P-256.
        let rdata = [&[1, 0, 3, 8, 1, 3][..], &[0xc1; 128]].concat();
        let key = Dnskey::parse(&rdata).unwrap();
        assert!(check_cost(&key, 100) < MAX_COST / MAX_CHECKS);
        let set = Rrset::new(
            Name::root(),
            Rtype::A,
            Ttl::new(60),
            vec![Box::from([0; 4])],
        );
        let rdata = [&[0, 1, 8, 0][..], &[0; 14], &[0], &[7; 128]].concat();
        let signatures = vec![Rrsig::parse(&rdata).unwrap(); 33];
        let mut budget = MessageBudget::after(Asked {
            may_fail: MAX_FAILED_CHECKS,
            checks: MAX_CHECKS,
            cost: MAX_COST,
            outcomes: HashMap::new(),
            last: 0,
            repeated: 0,
        });
        let mut check =
            |rrsig| budget.check((set.as_ref().unwrap(), rrsig), &key, || Outcome::Valid);
        let made = signatures.iter().filter_map(&mut check).count();
        assert_eq!(made, 32);
        assert!(check(&signatures[0]).is_some(), "asked for before");
    }
}
