//! A resolver: what it knows, and what happens on its way to the servers.

use super::key::Key;
use super::records::Set;
use super::zone::Reply;
use crate::message::{Name, Rtype};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// What a validating resolver makes of an answer (RFC 4033 §5), with the EDE of what is bogus.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Status {
    Secure,
    Insecure,
    Bogus(u16),
}

/// An answer in the cache. Times are seconds since the epoch.
#[derive(Clone)]
pub(super) struct Kept {
    pub(super) reply: Reply,
    pub(super) status: Status,
    pub(super) stored: i64,
    pub(super) until: i64,
}

/// A set in the cache; nothing where there is proven to be none.
#[derive(Clone)]
pub(super) struct KeptSet {
    pub(super) set: Option<Set>,
    pub(super) until: i64,
}

/// What somebody does on the way between a resolver and the servers of a zone.
#[derive(Clone)]
pub(super) enum Twist {
    /// A box takes signatures, proofs and DS records out of answers about a zone.
    Strips(Name),
    /// A box puts other records under the signatures of a name.
    Alters(Name, Vec<Vec<u8>>),
    /// Somebody beside the path forges answers for a name, with these records.
    Races(Name, Vec<Vec<u8>>),
}

/// A question on its way through a resolver.
pub(super) struct Turn {
    /// Which resolver.
    pub(super) who: usize,
    /// The time, which runs on with each answer.
    pub(super) clock: Timestamp,
    /// How often something did not validate: then another server comes first.
    pub(super) attempt: usize,
}

/// A resolver.
pub(super) struct Resolver {
    /// For IPv4 and for IPv6.
    pub(super) addresses: [IpAddr; 2],
    pub(super) validates: bool,
    /// The root's keys as it knows them.
    pub(super) anchors: Vec<Key>,
    pub(super) hints: Vec<IpAddr>,
    pub(super) twists: Vec<Twist>,
    /// How far its clock is off, in seconds.
    pub(super) skew: i64,
    pub(super) answers: BTreeMap<(Name, Rtype), Kept>,
    pub(super) cuts: BTreeMap<Name, (Vec<IpAddr>, i64)>,
    pub(super) ds: BTreeMap<Name, KeptSet>,
    pub(super) keys: BTreeMap<Name, KeptSet>,
}

impl Resolver {
    pub(super) fn new(addresses: [IpAddr; 2], anchors: Vec<Key>, hints: Vec<IpAddr>) -> Self {
        Self {
            addresses,
            validates: true,
            anchors,
            hints,
            twists: Vec::new(),
            skew: 0,
            answers: BTreeMap::new(),
            cuts: BTreeMap::new(),
            ds: BTreeMap::new(),
            keys: BTreeMap::new(),
        }
    }

    /// The deepest delegation that it knows above a name, and the servers there.
    pub(super) fn deepest_cut(&self, name: &Name, now: i64) -> (Name, Vec<IpAddr>) {
        let known = name.ancestry().find_map(|zone| {
            let (servers, until) = self.cuts.get(&zone)?;
            (*until > now).then(|| (zone, servers.clone()))
        });
        known.unwrap_or_else(|| (Name::root(), self.hints.clone()))
    }

    /// Forgets all, as after a restart.
    pub(super) fn flush(&mut self) {
        self.answers.clear();
        self.cuts.clear();
        self.ds.clear();
        self.keys.clear();
    }

    /// What it got from a referral (RFC 1034 §4.3.2); the zone that it leads to.
    pub(super) fn learn(&mut self, reply: &Reply, above: &Name, now: i64) -> Option<Name> {
        let of_type = |rtype| {
            reply
                .authority
                .iter()
                .find(move |set: &&Set| set.rtype == rtype)
        };
        let servers = of_type(Rtype::NS).filter(|set| set.owner.is_below(above))?;
        let zone = servers.owner.clone();
        let until = |ttl: u32| now + i64::from(ttl);
        let glue = reply.glue.iter().flat_map(|set| &set.rdata);
        let addresses = glue.filter_map(|rdata| address(rdata)).collect();
        self.cuts
            .insert(zone.clone(), (addresses, until(servers.ttl)));
        let proof = of_type(Rtype::NSEC).or_else(|| of_type(Rtype::NSEC3));
        let kept = match (of_type(Rtype::DS), proof) {
            (Some(ds), _) => Some(KeptSet {
                set: Some(ds.clone()),
                until: until(ds.ttl),
            }),
            (None, Some(proof)) => Some(KeptSet {
                set: None,
                until: until(proof.ttl),
            }),
            (None, None) => None,
        };
        if let Some(kept) = kept {
            self.ds.insert(zone.clone(), kept);
        }
        Some(zone)
    }
}

fn address(rdata: &[u8]) -> Option<IpAddr> {
    let v4 = <[u8; 4]>::try_from(rdata).map(IpAddr::from);
    v4.or_else(|_| <[u8; 16]>::try_from(rdata).map(IpAddr::from))
        .ok()
}
