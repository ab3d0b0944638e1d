//! What an incident has seen so far: failures on one side, what verified on the other.

use super::evidence::Sighting;
use super::few::Few;
use crate::chain::{Reason, Verdict, VouchedBy};
use crate::exchange::{Exchange, Vantage};
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// "The same minutes": how far apart failure and success may lie to be compared.
pub(super) const MINUTES: i64 = 600;

/// "Right after": what a retry takes, and no repair.
const SOON: i64 = 60;

/// Verified RRsets kept beside the failures.
const GOOD: usize = 32;

/// One incident's figures.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing seen, apart from the others"
)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    pub(super) names: Few<Name>,
    pub(super) rrsets: Few<(Name, Rtype)>,
    pub(super) servers: Few<IpAddr>,
    pub(super) resolvers: Few<IpAddr>,
    pub(super) clients: Few<IpAddr>,
    /// What verified in the same minutes, by name, type and server; oldest sight first.
    pub(super) good: Vec<Sighting>,
    /// Some failing response was whole and had its query.
    pub(super) has_whole: bool,
    /// Some failing response came from a server, not out of a resolver.
    pub(super) has_upstream: bool,
    /// Some failing response went to a client that left the checking to the resolver.
    pub(super) has_checked: bool,
    /// Some failing response carried signatures.
    pub(super) has_signatures: bool,
    /// Some failing response has no OPT, though its query had DO: a box on the way dropped it.
    pub(super) has_dropped_opt: bool,
    /// Some failure is beyond what resolvers tolerate of wrong clocks.
    pub(super) has_intolerable: bool,
    /// The key held against some failing response was authenticated.
    pub(super) has_key: bool,
    /// No packet was lost around some failing response.
    pub(super) has_lossless: bool,
    /// The zone's DNSKEY RRset itself fails.
    pub(super) has_keys_rrset: bool,
    /// No trust anchor names a key of the zone: the anchors may be the wrong ones.
    pub(super) is_unanchored: bool,
    /// Tag of the key that was last held against a response.
    pub(super) key_tag: Option<u16>,
}

impl Tally {
    /// Counts an exchange that belongs to the incident.
    pub(super) fn count(&mut self, exchange: &Exchange, name: &Name) {
        if exchange.vantage == Vantage::Upstream {
            self.servers.add(&exchange.server());
        }
        self.count_unplaced(exchange, name);
    }

    /// Counts an exchange whose server is not at fault.
    fn count_unplaced(&mut self, exchange: &Exchange, name: &Name) {
        self.count_at(exchange.message.time);
        self.names.add(name);
        self.resolvers.add(&exchange.resolver());
        if exchange.vantage == Vantage::Downstream {
            self.clients.add(&exchange.message.flow.destination.ip());
        }
        let is_upstream = exchange.vantage == Vantage::Upstream;
        self.has_upstream |= is_upstream;
        // Resolvers that validate ask upstream with CD set.
        self.has_checked |= is_upstream || !exchange.checking_disabled();
        let header = exchange.message.header;
        self.has_whole |= !exchange.message.is_incomplete && !header.is_truncated();
    }

    /// Counts something that no exchange shows.
    pub(super) fn count_at(&mut self, time: Timestamp) {
        self.first = if self.count == 0 {
            time
        } else {
            self.first.min(time)
        };
        self.last = self.last.max(time);
        self.count += 1;
    }

    /// Counts a response that failed.
    pub(super) fn fail(&mut self, verdict: &Verdict, is_lossless: bool) {
        let (name, rtype) = failing(verdict);
        if verdict.is_broken_link {
            // What hangs on a broken link is innocent, and so are its servers.
            self.count_unplaced(&verdict.exchange, &name);
            self.has_keys_rrset |= verdict.reason == Some(Reason::DnskeyMissing);
        } else {
            self.count(&verdict.exchange, &name);
            self.has_keys_rrset |=
                rtype == Rtype::DNSKEY && Some(&name) == verdict.subject.zone.as_ref();
            self.rrsets.add(&(name, rtype));
        }
        self.is_unanchored |= accuses_anchored(verdict);
        self.has_lossless |= is_lossless;
        self.has_intolerable |= !is_tolerable(verdict);
        let message = &verdict.exchange.message;
        self.has_signatures |= message.rrsets().any(|set| !set.signatures.is_empty());
        self.has_dropped_opt |= message.edns.is_none() && verdict.exchange.dnssec_ok();
        if let Some(by) = &verdict.subject.signed_by {
            self.has_key |= by.key.is_some() || !verdict.is_broken_link;
            self.key_tag = Some(by.key_tag);
        }
    }

    /// Takes note of what verified in the same zone.
    pub(super) fn verify(&mut self, sighting: &Sighting) {
        let from = self.first.plus_seconds(-MINUTES);
        if sighting.time < from || sighting.time > self.last.plus_seconds(MINUTES) {
            return;
        }
        let mut sighting = sighting.clone();
        let known = self
            .good
            .iter()
            .position(|known| known.is_same_place(&sighting));
        if let Some(at) = known {
            sighting.since = self.good.remove(at).since;
        } else if self.good.len() >= GOOD {
            // What is about the failing names is worth more than the rest.
            let spare = self.good.iter().position(|known| !self.is_same(known));
            self.good.remove(spare.unwrap_or_default());
        }
        self.good.push(sighting);
    }

    /// Whether a sighting is of an RRset that failed.
    pub(super) fn is_same(&self, sighting: &Sighting) -> bool {
        self.rrsets
            .contains(&(sighting.name.clone(), sighting.rtype))
    }

    /// What verified that can be held beside the failures: a DNSKEY RRset has a signer of its
    /// own, so it says nothing of data.
    pub(super) fn comparable(&self) -> impl Iterator<Item = &Sighting> {
        self.good.iter().filter(|sighting| {
            let is_alike = self.has_keys_rrset || sighting.rtype != Rtype::DNSKEY;
            // What comes out of caches says nothing of servers.
            is_alike && (!self.has_upstream || sighting.vantage == Vantage::Upstream)
        })
    }

    /// What verified since the first failure.
    pub(super) fn good_since(&self) -> impl Iterator<Item = &Sighting> {
        self.comparable()
            .filter(|sighting| sighting.time >= self.first)
    }

    /// What verified among the failures: until the last one, or right after the only one. What
    /// verifies later tells of a repair.
    pub(super) fn good_among(&self) -> impl Iterator<Item = &Sighting> {
        let after = if self.rrsets.total() == 1 { SOON } else { 0 };
        let until = self.last.plus_seconds(after);
        self.good_since()
            .filter(move |sighting| sighting.time <= until)
    }

    /// What verified among the failures from a server that also failed.
    pub(super) fn good_mixed(&self) -> impl Iterator<Item = &Sighting> {
        self.good_among()
            .filter(|sighting| self.servers.contains(&sighting.server))
    }

    /// What verified both before the first failure and after the last one.
    pub(super) fn good_around(&self) -> impl Iterator<Item = &Sighting> {
        self.comparable()
            .filter(|sighting| sighting.since < self.first && sighting.time > self.last)
    }

    /// The best sight of an RRset that failed and also verified: from another server, then the
    /// latest.
    pub(super) fn same_elsewhere(&self) -> Option<&Sighting> {
        self.comparable()
            .filter(|sighting| self.is_same(sighting))
            .max_by_key(|sighting| {
                let is_other = !self.servers.contains(&sighting.server);
                (is_other, sighting.time)
            })
    }
}

/// The RRset that a verdict is about, or else what was asked.
pub(super) fn failing(verdict: &Verdict) -> (Name, Rtype) {
    let asked = || {
        let question = verdict.exchange.message.question.as_ref()?;
        Some((question.name.clone(), question.rtype))
    };
    verdict
        .subject
        .rrset
        .clone()
        .or_else(asked)
        .unwrap_or_else(|| (Name::root(), Rtype::new(0)))
}

/// Whether it says that no trust anchor names a key of its own zone: then the anchors may be the
/// wrong ones, and nothing below can be blamed on anybody.
pub(super) fn accuses_anchored(verdict: &Verdict) -> bool {
    let zone = verdict.subject.zone.as_ref();
    let mut chain = verdict.chain.iter();
    verdict.reason == Some(Reason::DnskeyMissing)
        && chain.any(|link| Some(&link.zone) == zone && link.by == VouchedBy::Anchor)
}

/// Whether resolvers overlook it: a tenth of the signature's lifetime, at least an hour and at
/// most a day, as unbound does.
pub(super) fn is_tolerable(verdict: &Verdict) -> bool {
    let Some(by) = &verdict.subject.signed_by else {
        return false;
    };
    let lifetime = by.expiration.seconds_since(by.inception);
    let leniency = (lifetime / 10).clamp(3600, 86_400);
    let time = verdict.exchange.message.time;
    let early = by.inception.seconds_since(time);
    let late = time.seconds_since(by.expiration);
    early.max(late) <= leniency
}
