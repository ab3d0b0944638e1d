//! Bounds on the work that one message, and one zone at one server, can ask for.

use super::memory::Memory;
use crate::exchange::Exchange;
use crate::message::{Dnskey, Name};
use crate::signature::key_cost;
use std::net::IpAddr;

/// Signatures looked at for one RRset (KeyTrap, CVE-2023-50387).
const MAX_SIGNATURES_PER_SET: u32 = 8;

/// Checks asked for by one message.
const MAX_CHECKS_PER_MESSAGE: u32 = 16;

/// What these checks may cost together: 16 of the costliest curve, so that only keys made to be
/// slow ever meet this limit.
const MAX_COST_PER_MESSAGE: u32 = 16 * 15;

/// RRsets of one message that are judged; ordinary ones have a dozen that matter.
pub(super) const MAX_SETS_PER_MESSAGE: usize = 64;

/// Digests of keys that one message may ask for: an ordinary one asks for a handful.
const MAX_DIGESTS_PER_MESSAGE: u32 = 256;

/// What one message may still ask for. A check that the memo remembers costs the same, so that
/// the limit does not depend on what came before.
#[derive(Debug)]
pub(super) struct MessageBudget {
    signatures: u32,
    checks: u32,
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

    /// Asks for a check with this key.
    pub(super) fn check(&mut self, key: &Dnskey) -> Option<()> {
        let cost = key_cost(key).max(1);
        self.cost = self.cost.checked_sub(cost)?;
        self.checks = self.checks.checked_sub(1)?;
        Some(())
    }

    /// Asks to compare a key with a digest.
    pub(super) fn digest(&mut self) -> Option<()> {
        self.digests = self.digests.checked_sub(1)?;
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
