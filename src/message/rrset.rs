//! RRsets in canonical form.

use super::name::Name;
use super::rdata::{Dnskey, Ds, Fingerprint, Nsec, Nsec3, Rrsig};
use super::rtype::Rtype;
use crate::time::Ttl;

/// The records of one owner and type, class IN: at least one, in canonical order, without
/// duplicates (RFC 4034 §6.3), with the signatures that came along.
#[derive(Clone, Debug)]
pub struct Rrset {
    /// The owner.
    pub owner: Name,
    /// The type.
    pub rtype: Rtype,
    /// The smallest TTL among the records.
    pub ttl: Ttl,
    /// Canonical RDATA, sorted, no two alike.
    records: Vec<Box<[u8]>>,
    /// The signatures whose owner and type covered are those of this set, as received.
    pub signatures: Vec<Rrsig>,
    /// Of the records.
    pub(crate) fingerprint: Fingerprint,
}

impl Rrset {
    /// From canonical RDATA in any order; nothing if there is none.
    pub fn new(owner: Name, rtype: Rtype, ttl: Ttl, mut records: Vec<Box<[u8]>>) -> Option<Self> {
        records.sort_unstable();
        records.dedup();
        (!records.is_empty()).then_some(Self {
            owner,
            rtype,
            ttl,
            records,
            signatures: Vec::new(),
            fingerprint: Fingerprint::default(),
        })
    }

    /// Canonical RDATA, sorted as octet strings (RFC 4034 §6.3).
    pub fn records(&self) -> impl ExactSizeIterator<Item = &[u8]> {
        self.records.iter().map(AsRef::as_ref)
    }

    /// The records as keys; those that cannot be read are left out.
    pub fn dnskeys(&self) -> impl Iterator<Item = Dnskey> {
        self.records()
            .filter(|_| self.rtype == Rtype::DNSKEY)
            .filter_map(Dnskey::parse)
    }

    /// The records as delegation signers; those that cannot be read are left out.
    pub fn ds(&self) -> impl Iterator<Item = Ds> {
        let is_ds = self.rtype == Rtype::DS || self.rtype == Rtype::CDS;
        self.records().filter(move |_| is_ds).filter_map(Ds::parse)
    }

    /// The records as denials by name; those that cannot be read are left out.
    pub fn nsec(&self) -> impl Iterator<Item = Nsec> {
        self.records()
            .filter(|_| self.rtype == Rtype::NSEC)
            .filter_map(Nsec::parse)
    }

    /// The records as denials by hash; those that cannot be read are left out.
    pub fn nsec3(&self) -> impl Iterator<Item = Nsec3> {
        self.records()
            .filter(|_| self.rtype == Rtype::NSEC3)
            .filter_map(Nsec3::parse)
    }

    /// The name that a CNAME, DNAME or NS set of one record leads to.
    pub fn target(&self) -> Option<Name> {
        match self.records.as_slice() {
            [record] => Name::from_wire(record).ok(),
            _ => None,
        }
    }

    /// The names that the records of an NS set give; those that cannot be read are left out.
    pub fn targets(&self) -> impl Iterator<Item = Name> {
        self.records()
            .filter_map(|record| Name::from_wire(record).ok())
    }
}
