//! How a zone fares: at which servers and resolvers what was seen of it was in order, by which
//! keys its data is signed, and until when.

use super::signed::Signed;
use crate::chain::{Reason, ValidationState, Verdict};
use crate::exchange::{Exchange, Vantage};
use crate::message::{Name, Rcode, Rtype};
use crate::time::{Timestamp, Ttl};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// Servers, and resolvers, that are remembered of a zone: those seen last.
const ADDRESSES: usize = 48;

/// RRsets whose latest signature is remembered: those seen last.
const RRSETS: usize = 32;

/// Keys that are remembered as signers of data: those seen at work last.
const KEYS: usize = 16;

/// Why something was not in order.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Trouble {
    /// What came was bogus.
    Bogus(Reason),
    /// A resolver gave a client SERVFAIL instead of data.
    Refused,
}

impl Trouble {
    /// As machines read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bogus(reason) => reason.name(),
            Self::Refused => "servfail",
        }
    }
}

/// How a zone was last seen at one server or resolver.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Sight {
    /// The server or resolver.
    pub address: IpAddr,
    /// When it last gave something that is secure, or insecure rightly.
    pub good: Option<Timestamp>,
    /// The first such answer since the last that was not in order.
    pub good_since: Option<Timestamp>,
    /// The last answer that was not in order, and why.
    pub bad: Option<(Timestamp, Trouble)>,
    /// A resolver: when it last said that it validated (AD, RFC 4035 §3.2.3).
    pub authentic: Option<Timestamp>,
    /// A resolver: when it last gave a client bogus data.
    pub passed_on: Option<Timestamp>,
    /// A resolver: when it last asked for the zone's keys, which only validators need.
    pub asked_keys: Option<Timestamp>,
}

impl Sight {
    const fn new(address: IpAddr) -> Self {
        Self {
            address,
            good: None,
            good_since: None,
            bad: None,
            authentic: None,
            passed_on: None,
            asked_keys: None,
        }
    }

    /// When it was last seen at all.
    pub fn last(&self) -> Option<Timestamp> {
        let bad = self.bad.map(|(time, _)| time);
        self.good.max(bad).max(self.asked_keys)
    }

    /// Takes in an answer in order. Answers are settled late at times: one from before the last
    /// trouble ends nothing.
    fn is_good(&mut self, time: Timestamp) {
        self.good = self.good.max(Some(time));
        if self.bad.is_none_or(|(bad, _)| bad < time) {
            let since = self.good_since.map_or(time, |since| since.min(time));
            self.good_since = Some(since);
        }
    }

    /// Takes in an answer that is not in order.
    fn is_bad(&mut self, time: Timestamp, trouble: Trouble) {
        if self.bad.is_none_or(|(bad, _)| bad <= time) {
            self.bad = Some((time, trouble));
        }
        if self.good_since.is_some_and(|since| since <= time) {
            self.good_since = self.good.filter(|good| *good > time);
        }
    }
}

/// An RRset of a zone's data and its latest signature.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct SignedSet {
    /// The owner.
    pub owner: Name,
    /// The type.
    pub rtype: Rtype,
    /// The TTL that it has in its zone.
    pub ttl: Ttl,
    /// When the last of its signatures runs out.
    pub expiration: Timestamp,
    /// When it last passed.
    pub seen: Timestamp,
}

/// A key that signs a zone's data.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Signer {
    /// The key's tag.
    pub key_tag: u16,
    /// Its algorithm.
    pub algorithm: u8,
    /// When a signature by it first passed.
    pub first: Timestamp,
    /// When one last passed.
    pub last: Timestamp,
    /// Until when caches may hold what it signed, as far as that was seen.
    pub held_until: Timestamp,
}

/// How a zone denies what does not exist.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub enum Denial {
    /// By name (RFC 4034 §4).
    Nsec,
    /// By hash (RFC 5155 §3).
    Nsec3 {
        /// Additional iterations.
        iterations: u16,
        /// Octets of salt.
        salt_octets: usize,
        /// A proof covered unsigned delegations.
        has_opt_out: bool,
    },
}

/// How a zone fares.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Standing {
    /// At its servers, by address.
    pub servers: Vec<Sight>,
    /// At resolvers, by address.
    pub resolvers: Vec<Sight>,
    /// Its data, in the order in which it was last seen.
    pub signed: Vec<SignedSet>,
    /// The keys that sign it, in the order in which they were last seen at work.
    pub signers: Vec<Signer>,
    /// How it denies.
    pub denial: Option<Denial>,
    /// When a server of it last gave out its signatures, or data without any to who asked for
    /// them, where it is proven to have no DS: nothing of it is verified then.
    pub unverified: Option<(Timestamp, bool)>,
}

impl Standing {
    /// Takes in a verdict that rests on the zone.
    pub(super) fn judged(&mut self, zone: &Name, verdict: &Verdict) {
        let exchange = &verdict.exchange;
        // Anybody can send what answers no query, and who asks unchecked gets what is unchecked.
        if !exchange.standing.may_accuse() {
            return;
        }
        if let Some(signed) = Signed::of(verdict).filter(|signed| signed.by.signer == *zone) {
            self.note_signature(&signed);
        }
        self.note_denial(zone, verdict);
        self.note_unverified(zone, verdict);
        let time = exchange.message.time;
        let is_downstream = exchange.vantage == Vantage::Downstream;
        if is_downstream && exchange.checking_disabled() || !speaks_for(zone, verdict) {
            return;
        }
        let sight = if is_downstream {
            met(&mut self.resolvers, exchange.resolver())
        } else {
            met(&mut self.servers, exchange.server())
        };
        match (verdict.state, verdict.reason) {
            (ValidationState::Secure | ValidationState::Insecure, _) => sight.is_good(time),
            (ValidationState::Bogus, Some(reason)) => {
                sight.is_bad(time, Trouble::Bogus(reason));
                if is_downstream {
                    sight.passed_on = sight.passed_on.max(Some(time));
                }
            }
            (ValidationState::Bogus | ValidationState::Indeterminate, _) => {}
        }
        let is_secure = verdict.state == ValidationState::Secure;
        if is_downstream && is_secure && exchange.message.header.is_authentic() {
            sight.authentic = sight.authentic.max(Some(time));
        }
    }

    /// Takes in a response by who sent it, whatever it is worth.
    pub(super) fn seen(&mut self, exchange: &Exchange) {
        let time = exchange.message.time;
        let sight = met(&mut self.resolvers, exchange.resolver());
        match exchange.vantage {
            Vantage::Downstream => sight.is_bad(time, Trouble::Refused),
            Vantage::Upstream => sight.asked_keys = sight.asked_keys.max(Some(time)),
        }
    }

    fn note_signature(&mut self, signed: &Signed<'_>) {
        let (time, (owner, rtype)) = (signed.time(), signed.about);
        if signed.is_over_keys() {
            return;
        }
        let known = self.signed.iter();
        let known = known
            .enumerate()
            .find(|(_, known)| (&known.owner, known.rtype) == (owner, *rtype));
        if let Some((at, _)) = known {
            self.signed.remove(at);
        }
        push(
            &mut self.signed,
            RRSETS,
            SignedSet {
                owner: owner.clone(),
                rtype: *rtype,
                ttl: signed.by.original_ttl,
                expiration: signed.last_expiration(),
                seen: time,
            },
        );
        let name = (signed.by.key_tag, signed.by.algorithm);
        let mut signers = self.signers.iter();
        let known = signers.position(|known| (known.key_tag, known.algorithm) == name);
        let known = known.map(|at| self.signers.remove(at));
        let held_until = signed.held_until();
        push(
            &mut self.signers,
            KEYS,
            Signer {
                key_tag: name.0,
                algorithm: name.1,
                first: known.map_or(time, |known| known.first.min(time)),
                last: known.map_or(time, |known| known.last.max(time)),
                held_until: known.map_or(held_until, |known| known.held_until.max(held_until)),
            },
        );
    }

    fn note_unverified(&mut self, zone: &Name, verdict: &Verdict) {
        let exchange = &verdict.exchange;
        let message = &exchange.message;
        let is_told = verdict.state == ValidationState::Insecure
            && exchange.is_first_hand()
            && exchange.dnssec_ok()
            && message.header.is_authoritative()
            && !message.answer.is_empty();
        if !is_told {
            return;
        }
        let mut signatures = message.answer.iter().flat_map(|set| &set.signatures);
        let is_signed = signatures.any(|by| by.signer == *zone);
        self.unverified = self.unverified.max(Some((message.time, is_signed)));
    }

    fn note_denial(&mut self, zone: &Name, verdict: &Verdict) {
        if matches!(
            verdict.state,
            ValidationState::Bogus | ValidationState::Indeterminate
        ) {
            return;
        }
        let sets = verdict.exchange.message.authority.iter();
        let signed = sets.filter(|set| set.signatures.iter().any(|by| by.signer == *zone));
        for set in signed {
            if set.rtype == Rtype::NSEC {
                self.denial = Some(Denial::Nsec);
            }
            for nsec3 in set.nsec3() {
                self.denial = Some(Denial::Nsec3 {
                    iterations: nsec3.iterations,
                    salt_octets: nsec3.salt.len(),
                    has_opt_out: nsec3.is_opt_out(),
                });
            }
        }
    }
}

/// Whether a response comes from who answers for the zone. What fails by a link above it says
/// nothing of the server that gave it.
fn speaks_for(zone: &Name, verdict: &Verdict) -> bool {
    let exchange = &verdict.exchange;
    if exchange.vantage == Vantage::Downstream || !verdict.is_broken_link {
        return true;
    }
    let message = &exchange.message;
    let mut signatures = message.rrsets().flat_map(|set| &set.signatures);
    signatures.any(|by| by.signer == *zone)
        || message
            .question
            .as_ref()
            .is_some_and(|asked| asked.name == *zone)
}

/// The zone whose resolver a response tells of, though it has no verdict: a client was refused, or
/// the resolver asked for keys. The deepest that is known.
pub(super) fn tells_of_resolver(exchange: &Exchange) -> Option<&Name> {
    let message = &exchange.message;
    let question = message.question.as_ref()?;
    let is_told = match exchange.vantage {
        Vantage::Downstream => {
            message.header.rcode == Rcode::SERVFAIL && !exchange.checking_disabled()
        }
        Vantage::Upstream => question.rtype == Rtype::DNSKEY,
    };
    (is_told && exchange.standing.may_accuse()).then_some(&question.name)
}

/// The sight of an address, a new one if need be; for it the one goes that was seen longest ago.
fn met(sights: &mut Vec<Sight>, address: IpAddr) -> &mut Sight {
    let known = sights.binary_search_by_key(&address, |sight| sight.address);
    let at = known.unwrap_or_else(|_| {
        if sights.len() >= ADDRESSES {
            let oldest = sights.iter().enumerate();
            let oldest = oldest.min_by_key(|(_, sight)| sight.last());
            if let Some((oldest, _)) = oldest {
                sights.remove(oldest);
            }
        }
        let at = sights.partition_point(|sight| sight.address < address);
        sights.insert(at, Sight::new(address));
        at
    });
    #[expect(clippy::indexing_slicing, reason = "it was found or put there")]
    &mut sights[at]
}

fn push<T>(all: &mut Vec<T>, limit: usize, one: T) {
    if all.len() >= limit {
        all.remove(0);
    }
    all.push(one);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::new(1_800_000_000 + second, 0)
    }

    /// At which seconds, and whether in order.
    type Answers = &'static [(i64, bool)];

    #[test]
    fn an_address_is_good_since_its_first_good_answer_after_the_last_bad_one() {
        const BAD: bool = false;
        const GOOD: bool = true;
        let table: [(&str, Answers, Option<i64>); 7] = [
            ("nothing seen", &[], None),
            ("always good", &[(1, GOOD), (5, GOOD)], Some(1)),
            ("bad last", &[(1, GOOD), (5, BAD)], None),
            (
                "mended",
                &[(1, GOOD), (5, BAD), (7, GOOD), (9, GOOD)],
                Some(7),
            ),
            ("a good answer settled late", &[(5, BAD), (3, GOOD)], None),
            (
                "a bad answer settled late",
                &[(1, GOOD), (9, GOOD), (5, BAD)],
                Some(9),
            ),
            ("one before it all", &[(5, GOOD), (3, BAD)], Some(5)),
        ];
        for (what, answers, expected) in table {
            let mut sight = Sight::new(IpAddr::from([192, 0, 2, 1]));
            for (second, is_good) in answers {
                if *is_good {
                    sight.is_good(at(*second));
                } else {
                    sight.is_bad(at(*second), Trouble::Refused);
                }
            }
            assert_eq!(sight.good_since, expected.map(at), "{what}");
        }
    }

    #[test]
    fn addresses_are_bounded_and_the_one_seen_longest_ago_goes() {
        let mut sights = Vec::new();
        for last in 0..=u8::try_from(ADDRESSES).unwrap() {
            met(&mut sights, IpAddr::from([192, 0, 2, last])).is_good(at(i64::from(last)));
        }
        assert_eq!(sights.len(), ADDRESSES);
        assert_eq!(sights[0].address, IpAddr::from([192, 0, 2, 1]));
        assert!(sights.is_sorted_by_key(|sight| sight.address));
    }
}
