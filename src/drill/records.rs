//! RRsets of a drill, and how they are signed.

use super::key::Key;
use crate::message::{Ds, Name, Rtype};
use crate::signature::sha256;
use std::collections::BTreeMap;

/// An RRset with its signatures.
#[derive(Clone)]
pub(super) struct Set {
    pub(super) owner: Name,
    pub(super) rtype: Rtype,
    pub(super) ttl: u32,
    /// In canonical order, each once (RFC 4034 §6.3).
    pub(super) rdata: Vec<Vec<u8>>,
    pub(super) signatures: Vec<Signature>,
}

/// A signature, and what a resolver would find out about it by arithmetic.
#[derive(Clone)]
pub(super) struct Signature {
    /// RDATA of the RRSIG record.
    pub(super) rdata: Vec<u8>,
    pub(super) key: Key,
    /// Valid from and to, in seconds since the epoch.
    pub(super) times: (i64, i64),
    /// The octets fit the set.
    pub(super) is_good: bool,
}

impl Set {
    pub(super) fn new(owner: &Name, rtype: Rtype, ttl: u32, mut rdata: Vec<Vec<u8>>) -> Self {
        rdata.sort();
        rdata.dedup();
        Self {
            owner: owner.clone(),
            rtype,
            ttl,
            rdata,
            signatures: Vec::new(),
        }
    }

    /// Other records under the same signatures: what a forger can do.
    pub(super) fn forged(mut self, rdata: Vec<Vec<u8>>) -> Self {
        self.rdata = rdata;
        for signature in &mut self.signatures {
            signature.is_good = false;
        }
        self
    }

    /// With this much less time to live.
    pub(super) fn aged(mut self, seconds: u32) -> Self {
        self.ttl = self.ttl.saturating_sub(seconds);
        self
    }
}

/// How a set is signed.
pub(super) struct Manner<'a> {
    pub(super) signer: &'a Name,
    pub(super) keys: &'a [Key],
    /// From and to, in seconds since the epoch.
    pub(super) times: (i64, i64),
    /// The signer is broken: what it writes does not verify.
    pub(super) is_faulty: bool,
}

/// Signs, and makes no signature twice.
#[derive(Default)]
pub(super) struct Signer {
    made: BTreeMap<[u8; 32], Vec<u8>>,
}

impl Signer {
    /// Signs with each key.
    pub(super) fn sign(&mut self, mut set: Set, manner: &Manner<'_>) -> Set {
        for key in manner.keys {
            let signature = self.signature(&set, key, manner);
            set.signatures.push(signature);
        }
        set
    }

    /// RFC 4034 §3.1.8.1.
    fn signature(&mut self, set: &Set, key: &Key, manner: &Manner<'_>) -> Signature {
        let ttl = set.ttl.to_be_bytes();
        let labels = set.owner.label_count() - usize::from(set.owner.is_wildcard());
        let mut rdata = set.rtype.number().to_be_bytes().to_vec();
        rdata.push(key.algorithm());
        rdata.push(u8::try_from(labels).unwrap_or(u8::MAX));
        rdata.extend(ttl);
        rdata.extend(serial(manner.times.1));
        rdata.extend(serial(manner.times.0));
        rdata.extend(key.tag().to_be_bytes());
        rdata.extend(manner.signer.wire());
        let mut signed = rdata.clone();
        for record in &set.rdata {
            signed.extend(set.owner.wire());
            signed.extend(set.rtype.number().to_be_bytes());
            signed.extend([0, 1]);
            signed.extend(ttl);
            signed.extend(length(record));
            signed.extend(record);
        }
        let what = sha256(&[&sha256(&signed)[..], key.rdata()].concat());
        let made = self.made.entry(what);
        let mut octets = made.or_insert_with(|| key.sign(&signed)).clone();
        if let Some(octet) = octets.get_mut(20).filter(|_| manner.is_faulty) {
            *octet ^= 0x55;
        }
        rdata.extend(octets);
        Signature {
            rdata,
            key: key.clone(),
            times: manner.times,
            is_good: !manner.is_faulty,
        }
    }
}

/// A time as an RRSIG has it (RFC 4034 §3.1.5).
fn serial(seconds: i64) -> [u8; 4] {
    let wrapped = u32::try_from(seconds.rem_euclid(1 << 32));
    wrapped.unwrap_or_default().to_be_bytes()
}

/// The length of RDATA, which no drill makes longer than a record can be.
pub(super) fn length(rdata: &[u8]) -> [u8; 2] {
    u16::try_from(rdata.len()).unwrap_or(u16::MAX).to_be_bytes()
}

/// RDATA of a DS record.
pub(super) fn ds_rdata(ds: &Ds) -> Vec<u8> {
    let head = [
        &ds.key_tag.to_be_bytes()[..],
        &[ds.algorithm, ds.digest_type],
    ]
    .concat();
    [&head, &*ds.digest].concat()
}

/// RDATA of an SOA record (RFC 1035 §3.3.13).
pub(super) fn soa_rdata(server: &Name, mailbox: &Name, serial: u32, negative_ttl: u32) -> Vec<u8> {
    let mut rdata = [server.wire(), mailbox.wire()].concat();
    for number in [serial, 7200, 900, 1_209_600, negative_ttl] {
        rdata.extend(number.to_be_bytes());
    }
    rdata
}

/// RDATA of an MX record.
pub(super) fn mx_rdata(exchange: &Name) -> Vec<u8> {
    [&[0, 10][..], exchange.wire()].concat()
}

/// RDATA of a TXT record.
pub(super) fn txt_rdata(text: &str) -> Vec<u8> {
    let strings = text.as_bytes().chunks(255);
    strings
        .flat_map(|string| [&[u8::try_from(string.len()).unwrap_or(u8::MAX)], string].concat())
        .collect()
}
