//! Proofs of absence: the NSEC or NSEC3 chain of a zone, made at the time of the question.

use super::records::Set;
use crate::message::{Name, Rtype};
use crate::signature::nsec3_hash;
use std::collections::{BTreeMap, BTreeSet};

/// How a zone proves absence.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Denial {
    /// RFC 4034 §4.
    Nsec,
    /// RFC 5155, no salt and no extra iterations (RFC 9276 §3.1).
    Nsec3 {
        /// Delegations without DS are left out (RFC 5155 §6).
        is_opt_out: bool,
    },
}

/// The names of a zone with the types at each; delegations have NS, and DS if signed.
pub(super) type Names = BTreeMap<Name, BTreeSet<Rtype>>;

/// A zone's chain.
pub(super) struct Chain<'a> {
    pub(super) apex: &'a Name,
    pub(super) denial: Denial,
    pub(super) ttl: u32,
    pub(super) names: &'a Names,
}

impl Chain<'_> {
    /// The name is there and the type is not (RFC 4035 §3.1.3.1, RFC 5155 §7.2.3).
    pub(super) fn without_type(&self, name: &Name) -> Vec<Set> {
        match self.denial {
            Denial::Nsec => self.nsec_at_or_before(name).into_iter().collect(),
            Denial::Nsec3 { .. } => match self.nsec3_at(name) {
                Some(set) => vec![set],
                // An opted-out delegation (RFC 5155 §7.2.4).
                None => self.encloser_proof(name),
            },
        }
    }

    /// The name is not there, nor a wildcard for it (RFC 4035 §3.1.3.2, RFC 5155 §7.2.2).
    pub(super) fn without_name(&self, name: &Name) -> Vec<Set> {
        let encloser = self.encloser(name);
        let wildcard = encloser.wildcard();
        let mut proof = match self.denial {
            Denial::Nsec => {
                let both = [Some(name.clone()), wildcard].into_iter().flatten();
                both.filter_map(|name| self.nsec_at_or_before(&name))
                    .collect()
            }
            Denial::Nsec3 { .. } => {
                let mut proof = self.encloser_proof(name);
                proof.extend(wildcard.and_then(|name| self.nsec3_over(&name)));
                proof
            }
        };
        let mut seen = BTreeSet::new();
        proof.retain(|set| seen.insert(set.owner.clone()));
        proof
    }

    /// The longest ancestor that is there.
    fn encloser(&self, name: &Name) -> Name {
        let above = (0..=name.label_count())
            .rev()
            .map(|labels| name.suffix(labels));
        let mut there = above.filter(|ancestor| self.is_there(ancestor));
        there.next().unwrap_or_else(|| self.apex.clone())
    }

    /// Owners, and what lies between them and the apex (RFC 4592 §2.2.2).
    fn is_there(&self, name: &Name) -> bool {
        let from = self.names.range(name.clone()..);
        let next = from.map(|(owner, _)| owner).next();
        next.is_some_and(|owner| owner.is_at_or_below(name))
    }

    fn nsec_at_or_before(&self, name: &Name) -> Option<Set> {
        let (owner, types) = self.names.range(..=name.clone()).next_back()?;
        let mut after = self.names.keys().skip_while(|other| *other <= owner);
        let next = after.next().unwrap_or(self.apex);
        let mut types = with_signatures(types);
        types.extend([Rtype::RRSIG, Rtype::NSEC]);
        let rdata = [next.wire(), &bitmap(&types)].concat();
        Some(Set::new(owner, Rtype::NSEC, self.ttl, vec![rdata]))
    }

    /// Hashes of all that stands in the chain, empty non-terminals included (RFC 5155 §7.1).
    fn hashes(&self) -> BTreeMap<[u8; 20], BTreeSet<Rtype>> {
        let mut hashes = BTreeMap::new();
        let is_opt_out = self.denial == Denial::Nsec3 { is_opt_out: true };
        for (name, types) in self.names {
            let is_unsigned_cut = types.contains(&Rtype::NS)
                && !types.contains(&Rtype::SOA)
                && !types.contains(&Rtype::DS);
            if is_opt_out && is_unsigned_cut {
                continue;
            }
            let above = name.ancestry().skip(1);
            for between in above.take_while(|above| above.is_below(self.apex)) {
                hashes.entry(nsec3_hash(&between, &[], 0)).or_default();
            }
            let types = if types.is_empty() {
                types.clone()
            } else {
                with_signatures(types)
            };
            hashes.insert(nsec3_hash(name, &[], 0), types);
        }
        hashes
    }

    fn nsec3_at(&self, name: &Name) -> Option<Set> {
        let hash = nsec3_hash(name, &[], 0);
        let hashes = self.hashes();
        let types = hashes.get(&hash)?;
        self.nsec3(&hashes, hash, types)
    }

    fn nsec3_over(&self, name: &Name) -> Option<Set> {
        let hash = nsec3_hash(name, &[], 0);
        let hashes = self.hashes();
        let before = hashes.range(..hash).next_back();
        let (owner, types) = before.or_else(|| hashes.last_key_value())?;
        self.nsec3(&hashes, *owner, types)
    }

    /// Closest encloser and next closer name (RFC 5155 §7.2.1).
    fn encloser_proof(&self, name: &Name) -> Vec<Set> {
        let hashes = self.hashes();
        let is_in_chain = |name: &Name| hashes.contains_key(&nsec3_hash(name, &[], 0));
        let labels = (0..name.label_count())
            .rev()
            .find(|labels| is_in_chain(&name.suffix(*labels)))
            .unwrap_or_default();
        let at = self.nsec3_at(&name.suffix(labels));
        let over = self.nsec3_over(&name.suffix(labels + 1));
        at.into_iter().chain(over).collect()
    }

    fn nsec3(
        &self,
        hashes: &BTreeMap<[u8; 20], BTreeSet<Rtype>>,
        hash: [u8; 20],
        types: &BTreeSet<Rtype>,
    ) -> Option<Set> {
        let mut after = hashes.keys().skip_while(|other| **other <= hash);
        let next = after.next().or_else(|| hashes.keys().next())?;
        let flags = u8::from(self.denial == Denial::Nsec3 { is_opt_out: true });
        let rdata = [&[1, flags, 0, 0, 0, 20][..], next, &bitmap(types)].concat();
        let owner = self.apex.child(base32hex(&hash).as_bytes())?;
        Some(Set::new(&owner, Rtype::NSEC3, self.ttl, vec![rdata]))
    }
}

/// With RRSIG, unless nothing here is signed: the parent signs no NS of a delegation.
fn with_signatures(types: &BTreeSet<Rtype>) -> BTreeSet<Rtype> {
    let mut types = types.clone();
    if types.iter().any(|rtype| *rtype != Rtype::NS) {
        types.insert(Rtype::RRSIG);
    }
    types
}

/// RFC 5155 §1.3.
fn base32hex(octets: &[u8; 20]) -> String {
    let digits = b"0123456789abcdefghijklmnopqrstuv";
    let mut text = String::new();
    for group in octets.chunks(5) {
        let value = group
            .iter()
            .fold(0_u64, |value, octet| value << 8 | u64::from(*octet));
        for place in (0..8).rev() {
            let digit = usize::try_from(value >> (5 * place) & 31).unwrap_or_default();
            text.extend(digits.get(digit).copied().map(char::from));
        }
    }
    text
}

/// The type bitmap: windows of 256 types (RFC 4034 §4.1.2).
fn bitmap(types: &BTreeSet<Rtype>) -> Vec<u8> {
    let mut windows: BTreeMap<u8, [u8; 32]> = BTreeMap::new();
    for rtype in types {
        let [window, low] = rtype.number().to_be_bytes();
        let octets = windows.entry(window).or_default();
        if let Some(octet) = octets.get_mut(usize::from(low / 8)) {
            *octet |= 0x80 >> (low % 8);
        }
    }
    let mut rdata = Vec::new();
    for (window, octets) in windows {
        let used = octets
            .iter()
            .rposition(|octet| *octet != 0)
            .map_or(0, |last| last + 1);
        rdata.extend([window, u8::try_from(used).unwrap_or(32)]);
        rdata.extend(octets.iter().take(used));
    }
    rdata
}
