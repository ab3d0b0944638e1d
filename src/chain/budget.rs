//! Bounds on the work that one message, and one zone at one server, can ask for.

use super::memory::Memory;
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name, Rrset};
use crate::signature::key_cost;
use std::net::IpAddr;

/// Signatures looked at for one RRset (KeyTrap, CVE-2023-50387).
const MAX_SIGNATURES_PER_SET: u32 = 8;

/// Checks asked for by one message that do not verify.
const MAX_CHECKS_PER_MESSAGE: u32 = 16;

/// Checks asked for in all: an answer to ANY with 30 sets has as many.
const MAX_CHECKS_IN_ALL: u32 = 32;

/// What these checks may cost together, in the units of `signature::cost`: four of the costliest
/// curve, as a proof that a name does not exist takes.
const MAX_COST_PER_MESSAGE: u32 = 4 * 15;

/// Octets to be signed that cost one unit more: they are hashed twice, for the memo and for the
/// check. A record brings its owner along each time.
const SIGNED_OCTETS_PER_UNIT: usize = 16 * 1024;

/// Octets of a key that cost another digest.
const OCTETS_PER_DIGEST: usize = 1024;

/// RRsets of one message that are judged; ordinary ones have a dozen that matter.
pub(super) const MAX_SETS_PER_MESSAGE: usize = 64;

/// Digests of keys that one message may ask for: an ordinary one asks for a handful.
const MAX_DIGESTS_PER_MESSAGE: u32 = 256;

/// What one message may still ask for. A check that the memo remembers costs the same, so that
/// the limit does not depend on what came before.
#[derive(Debug)]
pub(super) struct MessageBudget {
    signatures: u32,
    /// Checks that may still fail.
    checks: u32,
    checks_in_all: u32,
    cost: u32,
    digests: u32,
    /// Zones under whose keys checks failed, one entry a failed check.
    failed: Vec<Name>,
}

impl MessageBudget {
    pub(super) fn new() -> Self {
        Self {
            signatures: MAX_SIGNATURES_PER_SET,
            checks: MAX_CHECKS_PER_MESSAGE,
            checks_in_all: MAX_CHECKS_IN_ALL,
            cost: MAX_COST_PER_MESSAGE,
            digests: MAX_DIGESTS_PER_MESSAGE,
            failed: Vec::new(),
        }
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

    /// Asks for a check of this set with this key.
    pub(super) fn check(&mut self, key: &Dnskey, set: &Rrset) -> Option<()> {
        let hashing = units(signed_octets(set), SIGNED_OCTETS_PER_UNIT);
        let cost = key_cost(key).max(1).saturating_add(hashing);
        // A check that is refused takes nothing: a cheaper one may still be granted.
        let cost = self.cost.checked_sub(cost)?;
        let checks_in_all = self.checks_in_all.checked_sub(1)?;
        self.checks = self.checks.checked_sub(1)?;
        (self.cost, self.checks_in_all) = (cost, checks_in_all);
        Some(())
    }

    /// The last check found a good signature.
    pub(super) fn verified(&mut self) {
        self.checks += 1;
    }

    /// Whether no check is left.
    pub(super) fn is_spent(&self) -> bool {
        self.cost == 0 || self.checks == 0 || self.checks_in_all == 0
    }

    /// Asks to compare a key with a digest.
    pub(super) fn digest(&mut self, key: &Dnskey) -> Option<()> {
        let cost = units(key.rdata().len(), OCTETS_PER_DIGEST).saturating_add(1);
        self.digests = self.digests.checked_sub(cost)?;
        Some(())
    }

    /// A check failed under a key of this zone.
    pub(super) fn failed(&mut self, zone: &Name) {
        self.failed.push(zone.clone());
    }

    /// The zones under whose keys checks failed, one entry a failed check.
    pub(super) fn failures(&self) -> &[Name] {
        &self.failed
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
