//! A model zone for tests: its lookup (RFC 1034 §4.3.2, RFC 4592), its chains, its server.

use super::Denials;
use crate::message::{Name, Rrset, Rtype};
use crate::signature::nsec3_hash;
use crate::time::Ttl;
use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet};

/// The types that tests need, by mnemonic.
const TYPES: [(&str, Rtype); 11] = [
    ("A", Rtype::A),
    ("NS", Rtype::NS),
    ("CNAME", Rtype::CNAME),
    ("SOA", Rtype::SOA),
    ("MX", Rtype::new(15)),
    ("TXT", Rtype::TXT),
    ("DNAME", Rtype::DNAME),
    ("DS", Rtype::DS),
    ("RRSIG", Rtype::RRSIG),
    ("NSEC", Rtype::NSEC),
    ("NXNAME", Rtype::NXNAME),
];

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

fn types(text: &str) -> BTreeSet<Rtype> {
    let found = |word| TYPES.into_iter().find(|(mnemonic, _)| *mnemonic == word);
    text.split_whitespace()
        .map(|word| found(word).unwrap_or_else(|| panic!("type {word}")).1)
        .collect()
}

/// A type bitmap of window 0 (RFC 4034 §4.1.2).
fn bitmap(types: &BTreeSet<Rtype>) -> Vec<u8> {
    let Some(last) = types.last() else {
        return Vec::new();
    };
    let mut octets = vec![0; usize::from(last.number() / 8) + 1];
    for rtype in types {
        octets[usize::from(rtype.number() / 8)] |= 0x80 >> (rtype.number() % 8);
    }
    let head = [0, u8::try_from(octets.len()).unwrap()];
    [&head[..], &octets].concat()
}

pub(super) fn set(owner: &Name, rtype: Rtype, records: Vec<Vec<u8>>) -> Rrset {
    let records = records.into_iter().map(Into::into).collect();
    Rrset::new(owner.clone(), rtype, Ttl::new(300), records).unwrap()
}

/// `owner next types…`.
pub(super) fn nsec(line: &str) -> Rrset {
    let mut words = line.splitn(3, ' ');
    let [owner, next] = [words.next(), words.next()].map(|word| name(word.unwrap()));
    nsec_of(&owner, &next, &types(words.next().unwrap_or_default()))
}

fn nsec_of(owner: &Name, next: &Name, types: &BTreeSet<Rtype>) -> Rrset {
    let rdata = [next.wire(), &bitmap(types)].concat();
    set(owner, Rtype::NSEC, vec![rdata])
}

/// The fields of an NSEC3 record.
#[derive(Clone)]
pub(super) struct Nsec3Fields {
    pub(super) algorithm: u8,
    pub(super) flags: u8,
    pub(super) iterations: u16,
    pub(super) salt: Vec<u8>,
}

impl Nsec3Fields {
    pub(super) fn new(is_opt_out: bool) -> Self {
        Self {
            algorithm: 1,
            flags: u8::from(is_opt_out),
            iterations: 1,
            salt: vec![0xab],
        }
    }

    fn hash(&self, name: &Name) -> [u8; 20] {
        nsec3_hash(name, &self.salt, self.iterations)
    }

    pub(super) fn rdata(&self, next: &[u8], types: &str) -> Vec<u8> {
        self.rdata_of(next, &self::types(types))
    }

    fn rdata_of(&self, next: &[u8], types: &BTreeSet<Rtype>) -> Vec<u8> {
        let mut rdata = vec![self.algorithm, self.flags];
        rdata.extend(self.iterations.to_be_bytes());
        rdata.push(u8::try_from(self.salt.len()).unwrap());
        rdata.extend(&self.salt);
        rdata.push(u8::try_from(next.len()).unwrap());
        rdata.extend(next);
        rdata.extend(bitmap(types));
        rdata
    }
}

pub(super) fn base32hex(octets: &[u8]) -> String {
    let bit = |i: usize| octets[i / 8] >> (7 - i % 8) & 1;
    let digit = |i: usize| (0..5).fold(0, |value, k| value << 1 | bit(5 * i + k));
    (0..octets.len() * 8 / 5)
        .map(|i| char::from(b"0123456789abcdefghijklmnopqrstuv"[usize::from(digit(i))]))
        .collect()
}

pub(super) fn denials(zone: &Name, sets: impl IntoIterator<Item = impl Borrow<Rrset>>) -> Denials {
    let mut denials = Denials::new(zone.clone());
    for set in sets {
        denials.add(set.borrow());
    }
    denials
}

/// What is so about a name and a type.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Truth {
    /// At or below this delegation.
    Referral(Name),
    /// Below this DNAME.
    Dname,
    /// The type is there, or a CNAME.
    Data,
    NoData,
    /// The wildcard below this name answers.
    WildcardData(Name),
    WildcardNoData(Name),
    /// With the closest encloser.
    NameError(Name),
}

#[derive(Clone, Debug)]
pub(super) struct Zone {
    pub(super) apex: Name,
    nodes: BTreeMap<Name, BTreeSet<Rtype>>,
}

impl Zone {
    /// The first node is the apex. Nodes below a delegation or DNAME are left out.
    pub(super) fn new(nodes: &[(Name, &str)]) -> Self {
        let mut zone = Self {
            apex: nodes[0].0.clone(),
            nodes: BTreeMap::new(),
        };
        let sorted: BTreeMap<_, _> = nodes.iter().cloned().collect();
        for (owner, mnemonics) in sorted {
            if zone.occluder(&owner).is_none() {
                zone.nodes.insert(owner, types(mnemonics));
            }
        }
        zone
    }

    pub(super) fn is_delegation(&self, name: &Name) -> bool {
        *name != self.apex && self.has(name, Rtype::NS)
    }

    pub(super) fn has(&self, name: &Name, rtype: Rtype) -> bool {
        let types = self.nodes.get(name);
        types.is_some_and(|types| types.contains(&rtype))
    }

    pub(super) fn wildcards(&self) -> impl Iterator<Item = &Name> {
        self.nodes.keys().filter(|node| node.is_wildcard())
    }

    fn occluder(&self, name: &Name) -> Option<Name> {
        name.ancestry()
            .skip(1)
            .find(|above| self.is_delegation(above) || self.has(above, Rtype::DNAME))
    }

    pub(super) fn exists(&self, name: &Name) -> bool {
        self.nodes.keys().any(|node| node.is_at_or_below(name))
    }

    pub(super) fn lookup(&self, qname: &Name, rtype: Rtype) -> Truth {
        if let Some(above) = self.occluder(qname) {
            return if self.is_delegation(&above) {
                Truth::Referral(above)
            } else {
                Truth::Dname
            };
        }
        if self.is_delegation(qname) && rtype != Rtype::DS {
            return Truth::Referral(qname.clone());
        }
        let has_it = |node: &Name| self.has(node, rtype) || self.has(node, Rtype::CNAME);
        if self.exists(qname) {
            return if has_it(qname) {
                Truth::Data
            } else {
                Truth::NoData
            };
        }
        let encloser = qname.ancestry().find(|above| self.exists(above)).unwrap();
        let wildcard = encloser.wildcard().unwrap();
        match (self.exists(&wildcard), has_it(&wildcard)) {
            (true, true) => Truth::WildcardData(encloser),
            (true, false) => Truth::WildcardNoData(encloser),
            (false, _) => Truth::NameError(encloser),
        }
    }

    /// The NSEC chain (RFC 4035 §2.3).
    pub(super) fn nsec_chain(&self) -> ServedChain {
        let owners: Vec<_> = self.nodes.keys().collect();
        let links = owners.iter().enumerate().map(|(i, owner)| {
            let mut types = self.nodes[*owner].clone();
            types.extend([Rtype::RRSIG, Rtype::NSEC]);
            let rrset = nsec_of(owner, owners[(i + 1) % owners.len()], &types);
            (owner.wire().to_vec(), rrset)
        });
        ServedChain {
            links: links.collect(),
            names: self.nodes.keys().cloned().collect(),
            hashing: None,
        }
    }

    /// The NSEC3 chain (RFC 5155 §7.1), without unsigned delegations if it is opt-out.
    pub(super) fn nsec3_chain(&self, fields: &Nsec3Fields) -> ServedChain {
        let mut names: BTreeSet<Name> = BTreeSet::new();
        for node in self.nodes.keys() {
            let is_unsigned = self.is_delegation(node) && !self.has(node, Rtype::DS);
            if fields.flags == 0 || !is_unsigned {
                let in_zone = |name: &Name| name.is_at_or_below(&self.apex);
                names.extend(node.ancestry().take_while(in_zone));
            }
        }
        let places: BTreeMap<_, _> = names.iter().map(|name| (fields.hash(name), name)).collect();
        let hashes: Vec<_> = places.keys().collect();
        let links = places.iter().enumerate().map(|(i, (hash, name))| {
            let mut types = self.nodes.get(*name).cloned().unwrap_or_default();
            if !types.is_empty() && (!self.is_delegation(name) || types.contains(&Rtype::DS)) {
                types.insert(Rtype::RRSIG);
            }
            let owner = self.apex.child(base32hex(hash).as_bytes()).unwrap();
            let rdata = fields.rdata_of(hashes[(i + 1) % hashes.len()], &types);
            (hash.to_vec(), set(&owner, Rtype::NSEC3, vec![rdata]))
        });
        ServedChain {
            links: links.collect(),
            names: names.clone(),
            hashing: Some(fields.clone()),
        }
    }
}

/// A whole chain, and what a server gives of it.
pub(super) struct ServedChain {
    /// By place in the order of the chain.
    links: Vec<(Vec<u8>, Rrset)>,
    /// The names that have a record.
    pub(super) names: BTreeSet<Name>,
    hashing: Option<Nsec3Fields>,
}

impl ServedChain {
    pub(super) fn all(&self) -> impl Iterator<Item = &Rrset> {
        self.links.iter().map(|(_, rrset)| rrset)
    }

    /// The records whose bit is set.
    pub(super) fn masked(&self, mask: u64) -> impl Iterator<Item = &Rrset> {
        let numbered = self.all().zip(0..u64::BITS);
        numbered.filter_map(move |(rrset, bit)| (mask >> bit & 1 == 1).then_some(rrset))
    }

    /// The record that matches `name`, else the one that covers it.
    pub(super) fn at(&self, name: &Name) -> &Rrset {
        let is_before = |place: &[u8]| match &self.hashing {
            Some(fields) => place <= fields.hash(name).as_slice(),
            None => Name::from_wire(place).unwrap() <= *name,
        };
        let mut links = self.links.iter().rev();
        let link = links.find(|(place, _)| is_before(place));
        &link.unwrap_or(self.links.last().unwrap()).1
    }

    /// The record of `qname`, else those that show that it has none (RFC 5155 §7.2.1).
    fn closest(&self, qname: &Name) -> Vec<&Rrset> {
        if self.hashing.is_none() || self.names.contains(qname) {
            return vec![self.at(qname)];
        }
        let encloser = self.encloser(qname);
        vec![self.at(&next_closer(qname, &encloser)), self.at(&encloser)]
    }

    /// The longest name at or above `qname` with a record.
    fn encloser(&self, qname: &Name) -> Name {
        let mut above = qname.ancestry();
        above.find(|name| self.names.contains(name)).unwrap()
    }

    /// What a right server sends along (RFC 4035 §3.1.3, RFC 5155 §7.2).
    pub(super) fn serve(&self, qname: &Name, truth: &Truth) -> Vec<&Rrset> {
        match truth {
            Truth::NameError(encloser) | Truth::WildcardNoData(encloser) => {
                let encloser = match self.hashing {
                    Some(_) => self.encloser(qname),
                    None => encloser.clone(),
                };
                let mut records = self.closest(qname);
                records.push(self.at(&encloser.wildcard().unwrap()));
                records
            }
            Truth::NoData => self.closest(qname),
            Truth::WildcardData(base) if self.hashing.is_some() => {
                vec![self.at(&next_closer(qname, base))]
            }
            Truth::WildcardData(_) => vec![self.at(qname)],
            Truth::Referral(cut) => self.closest(cut),
            Truth::Data | Truth::Dname => Vec::new(),
        }
    }
}

fn next_closer(qname: &Name, encloser: &Name) -> Name {
    qname.suffix(encloser.label_count() + 1)
}
