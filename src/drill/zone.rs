//! A zone: its data, its keys, its signer, and what its servers say.

use super::denial::{Chain, Denial, Names};
use super::key::Key;
use super::records::{Manner, Set, Signer, ds_rdata, soa_rdata};
use crate::message::{Ds, Name, Rtype};
use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 24 * HOUR;

/// RCODE of a name that is not there.
const NX_DOMAIN: u16 = 3;

/// A name server.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Host {
    pub(super) name: Name,
    pub(super) address: IpAddr,
}

/// What a parent says of a child.
#[derive(Clone, Default)]
pub(super) struct Cut {
    pub(super) hosts: Vec<Host>,
    pub(super) ds: Vec<Ds>,
}

/// When signatures are made, and for how long. In seconds.
#[derive(Clone, Copy)]
pub(super) struct Signing {
    /// When all was signed first, since the epoch.
    pub(super) since: i64,
    /// All is signed anew this often.
    pub(super) every: i64,
    pub(super) lifetime: i64,
    /// Nothing is signed any more since then.
    pub(super) stopped: Option<i64>,
    /// What is written does not verify.
    pub(super) is_faulty: bool,
}

impl Signing {
    /// Inception and expiration of what is served at a time.
    fn times(&self, now: i64) -> (i64, i64) {
        let now = self.stopped.map_or(now, |stopped| now.min(stopped));
        let runs = (now - self.since).max(0).div_euclid(self.every);
        let made = self.since + runs * self.every;
        // Signers set it back, for the sake of clocks that are behind.
        (made - HOUR, made + self.lifetime)
    }
}

/// Times to live, in seconds.
#[derive(Clone, Copy)]
pub(super) struct Ttls {
    pub(super) data: u32,
    pub(super) keys: u32,
    /// Of the delegations that the zone makes.
    pub(super) ns: u32,
    pub(super) ds: u32,
    pub(super) negative: u32,
}

/// A zone.
#[derive(Clone)]
pub(super) struct Zone {
    pub(super) apex: Name,
    pub(super) hosts: Vec<Host>,
    pub(super) data: BTreeMap<Name, BTreeMap<Rtype, Vec<Vec<u8>>>>,
    pub(super) cuts: BTreeMap<Name, Cut>,
    /// Keys in the DNSKEY RRset.
    pub(super) published: Vec<Key>,
    /// Keys that sign the DNSKEY RRset.
    pub(super) key_signers: Vec<Key>,
    /// Keys that sign the rest; unsigned if there is none.
    pub(super) signers: Vec<Key>,
    pub(super) ttls: Ttls,
    pub(super) denial: Denial,
    pub(super) signing: Signing,
    pub(super) serial: u32,
}

/// What a server says.
#[derive(Clone, Default)]
pub(super) struct Reply {
    pub(super) rcode: u16,
    pub(super) is_authoritative: bool,
    pub(super) answer: Vec<Set>,
    pub(super) authority: Vec<Set>,
    pub(super) glue: Vec<Set>,
}

impl Zone {
    /// A label below the apex. Names of drills leave room for it.
    pub(super) fn name(&self, label: &str) -> Name {
        let below = self.apex.child(label.as_bytes());
        below.unwrap_or_else(|| self.apex.clone())
    }

    /// All is signed again, in its new state.
    pub(super) fn sign_again(&mut self, now: i64) {
        self.signing.since = now;
        self.serial = self.serial.wrapping_add(1);
    }

    /// The DS records of the keys that sign keys.
    pub(super) fn ds(&self) -> Vec<Ds> {
        self.key_signers
            .iter()
            .map(|key| key.ds(&self.apex))
            .collect()
    }

    fn is_signed(&self) -> bool {
        !self.signers.is_empty()
    }

    /// What it says to a question that asks for signatures.
    pub(super) fn reply(&self, name: &Name, rtype: Rtype, now: i64, signer: &mut Signer) -> Reply {
        let mut page = Page {
            zone: self,
            now,
            signer,
        };
        let cut = self
            .cuts
            .iter()
            .rev()
            .find(|(cut, _)| name.is_at_or_below(cut));
        match cut {
            Some((child, cut)) if child == name && rtype == Rtype::DS => {
                page.delegation(child, cut)
            }
            Some((child, cut)) => page.referral(child, cut),
            None => page.own(name, rtype),
        }
    }

    fn names(&self) -> Names {
        let mut names = Names::new();
        for (owner, sets) in &self.data {
            names
                .entry(owner.clone())
                .or_default()
                .extend(sets.keys().copied());
        }
        for (child, cut) in &self.cuts {
            let types = names.entry(child.clone()).or_default();
            types.insert(Rtype::NS);
            types.extend((!cut.ds.is_empty()).then_some(Rtype::DS));
        }
        let apex = names.entry(self.apex.clone()).or_default();
        apex.extend([Rtype::NS, Rtype::SOA]);
        apex.extend(self.is_signed().then_some(Rtype::DNSKEY));
        if self.denial != Denial::Nsec {
            apex.extend(self.is_signed().then_some(Rtype::NSEC3PARAM));
        }
        names
    }
}

/// A reply in the making.
struct Page<'a> {
    zone: &'a Zone,
    now: i64,
    signer: &'a mut Signer,
}

impl Page<'_> {
    fn signed_by(&mut self, set: Set, keys: &[Key]) -> Set {
        let manner = Manner {
            signer: &self.zone.apex,
            keys,
            times: self.zone.signing.times(self.now),
            is_faulty: self.zone.signing.is_faulty && set.rtype != Rtype::DNSKEY,
        };
        self.signer.sign(set, &manner)
    }

    fn signed(&mut self, set: Set) -> Set {
        let zone = self.zone;
        self.signed_by(set, &zone.signers)
    }

    fn soa(&mut self) -> Set {
        let zone = self.zone;
        let first = zone.hosts.first().map_or(&zone.apex, |host| &host.name);
        let rdata = soa_rdata(
            first,
            &zone.name("hostmaster"),
            zone.serial,
            zone.ttls.negative,
        );
        let ttl = zone.ttls.negative;
        self.signed(Set::new(&zone.apex, Rtype::SOA, ttl, vec![rdata]))
    }

    /// The set of this type at a name, signed.
    fn set(&mut self, name: &Name, rtype: Rtype) -> Option<Set> {
        let zone = self.zone;
        let is_apex = *name == zone.apex;
        match rtype {
            Rtype::SOA if is_apex => Some(self.soa()),
            Rtype::NS if is_apex => {
                let set = name_servers(name, zone.ttls.ns, &zone.hosts);
                Some(self.signed(set))
            }
            Rtype::DNSKEY if is_apex && zone.is_signed() => {
                let rdata = zone.published.iter().map(|key| key.rdata().to_vec());
                let set = Set::new(name, rtype, zone.ttls.keys, rdata.collect());
                Some(self.signed_by(set, &zone.key_signers))
            }
            _ => {
                let rdata = zone.data.get(name)?.get(&rtype)?.clone();
                Some(self.signed(Set::new(name, rtype, zone.ttls.data, rdata)))
            }
        }
    }

    fn own(&mut self, name: &Name, rtype: Rtype) -> Reply {
        let mut reply = Reply {
            is_authoritative: true,
            ..Reply::default()
        };
        reply.answer.extend(self.set(name, rtype));
        if reply.answer.is_empty() && rtype != Rtype::CNAME {
            self.follow_alias(name, rtype, &mut reply);
        }
        if !reply.answer.is_empty() {
            return reply;
        }
        let names = self.zone.names();
        let is_there = names.range(name.clone()..).next();
        let is_there = is_there.is_some_and(|(owner, _)| owner.is_at_or_below(name));
        if !is_there {
            reply.rcode = NX_DOMAIN;
        }
        reply.authority.push(self.soa());
        let proof = self.proof(|chain| {
            if is_there {
                chain.without_type(name)
            } else {
                chain.without_name(name)
            }
        });
        reply.authority.extend(proof);
        reply
    }

    /// An alias within the zone.
    fn follow_alias(&mut self, name: &Name, rtype: Rtype, reply: &mut Reply) {
        let Some(alias) = self.set(name, Rtype::CNAME) else {
            return;
        };
        let target = alias
            .rdata
            .first()
            .and_then(|rdata| Name::from_wire(rdata).ok());
        reply.answer.push(alias);
        let set = target.and_then(|target| self.set(&target, rtype));
        reply.answer.extend(set);
    }

    fn referral(&mut self, child: &Name, cut: &Cut) -> Reply {
        let zone = self.zone;
        let mut authority = vec![name_servers(child, zone.ttls.ns, &cut.hosts)];
        authority.extend(self.ds_or_proof(child, cut));
        let in_zone = cut
            .hosts
            .iter()
            .filter(|host| host.name.is_at_or_below(&zone.apex));
        Reply {
            authority,
            glue: in_zone.map(|host| address(host, zone.ttls.ns)).collect(),
            ..Reply::default()
        }
    }

    /// The answer to a question for the DS set itself.
    fn delegation(&mut self, child: &Name, cut: &Cut) -> Reply {
        let sets = self.ds_or_proof(child, cut);
        let mut reply = Reply {
            is_authoritative: true,
            ..Reply::default()
        };
        if cut.ds.is_empty() {
            reply.authority.push(self.soa());
            reply.authority.extend(sets);
        } else {
            reply.answer = sets;
        }
        reply
    }

    fn ds_or_proof(&mut self, child: &Name, cut: &Cut) -> Vec<Set> {
        if cut.ds.is_empty() {
            return self.proof(|chain| chain.without_type(child));
        }
        let rdata = cut.ds.iter().map(ds_rdata).collect();
        let set = Set::new(child, Rtype::DS, self.zone.ttls.ds, rdata);
        vec![self.signed(set)]
    }

    /// Signed proofs; none from an unsigned zone.
    fn proof(&mut self, ask: impl Fn(&Chain<'_>) -> Vec<Set>) -> Vec<Set> {
        let zone = self.zone;
        if !zone.is_signed() {
            return Vec::new();
        }
        let names = zone.names();
        let chain = Chain {
            apex: &zone.apex,
            denial: zone.denial,
            ttl: zone.ttls.negative,
            names: &names,
        };
        ask(&chain)
            .into_iter()
            .map(|set| self.signed(set))
            .collect()
    }
}

fn name_servers(owner: &Name, ttl: u32, hosts: &[Host]) -> Set {
    let names: BTreeSet<_> = hosts.iter().map(|host| host.name.wire().to_vec()).collect();
    Set::new(owner, Rtype::NS, ttl, names.into_iter().collect())
}

fn address(host: &Host, ttl: u32) -> Set {
    let (rtype, rdata) = address_rdata(host.address);
    Set::new(&host.name, rtype, ttl, vec![rdata])
}

/// Type and RDATA of the record that holds an address.
pub(super) fn address_rdata(address: IpAddr) -> (Rtype, Vec<u8>) {
    match address {
        IpAddr::V4(address) => (Rtype::A, address.octets().to_vec()),
        IpAddr::V6(address) => (Rtype::AAAA, address.octets().to_vec()),
    }
}
