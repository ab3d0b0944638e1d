//! RRsets and their signatures.

use super::{DAY, EPOCH, HOUR, Key, Zone, name};
use crate::message::{Name, Rtype};
use crate::signature::nsec3_hash;

/// An RRset on the way into a message.
#[derive(Clone)]
pub(in crate::chain) struct Records {
    pub(in crate::chain) owner: Name,
    pub(in crate::chain) rtype: Rtype,
    pub(super) ttl: u32,
    pub(super) rdata: Vec<Vec<u8>>,
    /// RDATA of RRSIG records.
    pub(super) signatures: Vec<Vec<u8>>,
}

impl Records {
    pub(in crate::chain) fn new(owner: &str, rtype: Rtype, rdata: Vec<Vec<u8>>) -> Self {
        Self {
            owner: name(owner),
            rtype,
            ttl: 3600,
            rdata,
            signatures: Vec::new(),
        }
    }

    pub(in crate::chain) fn a(owner: &str) -> Self {
        Self::new(owner, Rtype::A, vec![vec![192, 0, 2, 1]])
    }

    /// An address that a forger would like.
    pub(in crate::chain) fn forged(owner: &str) -> Self {
        Self::new(owner, Rtype::A, vec![vec![203, 0, 113, 66]])
    }

    pub(in crate::chain) fn cname(owner: &str, target: &str) -> Self {
        Self::new(owner, Rtype::CNAME, vec![name(target).wire().to_vec()])
    }

    pub(in crate::chain) fn dname(owner: &str, target: &str) -> Self {
        Self::new(owner, Rtype::DNAME, vec![name(target).wire().to_vec()])
    }

    pub(in crate::chain) fn nsec(owner: &str, next: &str, types: &[Rtype]) -> Self {
        let rdata = [name(next).wire(), &bitmap(types)].concat();
        Self::new(owner, Rtype::NSEC, vec![rdata])
    }

    pub(in crate::chain) fn ttl(self, ttl: u32) -> Self {
        Self { ttl, ..self }
    }

    /// The same signatures over other records: what a forger can do.
    pub(in crate::chain) fn but_with(self, rdata: Vec<Vec<u8>>) -> Self {
        Self { rdata, ..self }
    }

    /// The same records and signatures at another owner: what a wildcard does.
    pub(in crate::chain) fn at(self, owner: &str) -> Self {
        Self {
            owner: name(owner),
            ..self
        }
    }

    /// With a signature by the zone's first key.
    pub(in crate::chain) fn signed(self, zone: &Zone) -> Self {
        self.signed_with(zone.sig())
    }

    #[expect(
        clippy::needless_pass_by_value,
        reason = "so it folds, and stories stay short"
    )]
    pub(in crate::chain) fn signed_with(mut self, sig: Sig) -> Self {
        let rdata = sig.over(&self);
        self.signatures.push(rdata);
        self
    }

    /// With the signatures of other records, as their types go.
    pub(in crate::chain) fn but_signed_like(mut self, other: &Self) -> Self {
        self.signatures = other.signatures.clone();
        for rdata in &mut self.signatures {
            rdata.splice(0..2, self.rtype.number().to_be_bytes());
        }
        self
    }

    /// Without its signatures.
    pub(in crate::chain) fn unsigned(mut self) -> Self {
        self.signatures.clear();
        self
    }

    /// The signatures alone.
    pub(in crate::chain) fn signatures_only(self) -> Self {
        Self {
            rdata: Vec::new(),
            ..self
        }
    }
}

/// How something is signed.
#[derive(Clone)]
pub(in crate::chain) struct Sig {
    signer: Name,
    key: Key,
    labels: Option<u8>,
    original_ttl: Option<u32>,
    /// Seconds since the story began.
    times: (i64, i64),
    algorithm: Option<u8>,
    is_spoilt: bool,
}

impl Sig {
    pub(in crate::chain) fn new(signer: Name, key: &Key) -> Self {
        Self {
            signer,
            key: key.clone(),
            labels: None,
            original_ttl: None,
            times: (-HOUR, 30 * DAY),
            algorithm: None,
            is_spoilt: false,
        }
    }

    pub(in crate::chain) fn by(self, key: &Key) -> Self {
        let key = key.clone();
        Self { key, ..self }
    }

    pub(in crate::chain) fn naming(self, signer: &str) -> Self {
        let signer = name(signer);
        Self { signer, ..self }
    }

    pub(in crate::chain) fn labels(self, labels: u8) -> Self {
        let labels = Some(labels);
        Self { labels, ..self }
    }

    pub(in crate::chain) fn original_ttl(self, ttl: u32) -> Self {
        let original_ttl = Some(ttl);
        Self {
            original_ttl,
            ..self
        }
    }

    /// Valid from and to, in seconds since the story began.
    pub(in crate::chain) fn valid(self, from: i64, to: i64) -> Self {
        let times = (from, to);
        Self { times, ..self }
    }

    /// With another algorithm number than the key's.
    pub(in crate::chain) fn algorithm(self, algorithm: u8) -> Self {
        let algorithm = Some(algorithm);
        Self { algorithm, ..self }
    }

    /// So that it does not verify.
    pub(in crate::chain) fn spoilt(self) -> Self {
        let is_spoilt = true;
        Self { is_spoilt, ..self }
    }

    /// RDATA of the RRSIG (RFC 4034 §3.1.8.1).
    fn over(&self, records: &Records) -> Vec<u8> {
        let own = records.owner.label_count() - usize::from(records.owner.is_wildcard());
        let labels = self.labels.unwrap_or(u8::try_from(own).unwrap());
        let serial = |offset: i64| {
            let wrapped = (EPOCH + offset).rem_euclid(1 << 32);
            u32::try_from(wrapped).unwrap().to_be_bytes()
        };
        let ttl = self.original_ttl.unwrap_or(records.ttl).to_be_bytes();
        let mut rdata = records.rtype.number().to_be_bytes().to_vec();
        rdata.push(self.algorithm.unwrap_or(self.key.algorithm()));
        rdata.push(labels);
        rdata.extend(ttl);
        rdata.extend(serial(self.times.1));
        rdata.extend(serial(self.times.0));
        rdata.extend(self.key.tag().to_be_bytes());
        rdata.extend(self.signer.wire());
        let owner = if usize::from(labels) < own {
            let base = records.owner.suffix(usize::from(labels));
            base.wildcard().unwrap()
        } else {
            records.owner.clone()
        };
        let mut sorted = records.rdata.clone();
        sorted.sort();
        sorted.dedup();
        let mut signed = rdata.clone();
        for record in sorted {
            signed.extend(owner.wire());
            signed.extend(records.rtype.number().to_be_bytes());
            signed.extend([0, 1]);
            signed.extend(ttl);
            signed.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
            signed.extend(record);
        }
        let mut signature = self.key.sign(&signed);
        signature[5] ^= u8::from(self.is_spoilt);
        rdata.extend(signature);
        rdata
    }
}

impl Zone {
    /// Two NSEC3 records of the zone, unsigned: that of `at`, with these types, and that which
    /// covers `over`.
    pub(in crate::chain) fn bare_nsec3_around(
        &self,
        (at, types): (&str, &[Rtype]),
        over: &str,
        iterations: u16,
        is_opt_out: bool,
    ) -> [Records; 2] {
        let hash = |owner: &str| nsec3_hash(&name(owner), &[], iterations);
        let record = |owner: [u8; 20], next: [u8; 20], types: &[Rtype]| {
            let head = [1, u8::from(is_opt_out)];
            let iterations = iterations.to_be_bytes();
            let rdata = [&head[..], &iterations, &[0, 20], &next, &bitmap(types)].concat();
            let owner = self.apex.child(base32hex(&owner).as_bytes()).unwrap();
            Records::new(&owner.to_string(), Rtype::NSEC3, vec![rdata])
        };
        let step = |mut hash: [u8; 20], by: i8| {
            hash[18] = hash[18].wrapping_add_signed(by);
            hash
        };
        let [at, over] = [at, over].map(hash);
        [
            record(at, step(at, 1), types),
            record(step(over, -1), step(over, 1), &[]),
        ]
    }
}

fn base32hex(octets: &[u8]) -> String {
    let bit = |i: usize| octets[i / 8] >> (7 - i % 8) & 1;
    let digit = |i: usize| (0..5).fold(0, |value, k| value << 1 | bit(5 * i + k));
    (0..octets.len() * 8 / 5)
        .map(|i| char::from(b"0123456789abcdefghijklmnopqrstuv"[usize::from(digit(i))]))
        .collect()
}

/// A type bitmap of window 0 (RFC 4034 §4.1.2).
pub(super) fn bitmap(types: &[Rtype]) -> Vec<u8> {
    let Some(last) = types.iter().max() else {
        return Vec::new();
    };
    let mut octets = vec![0; usize::from(last.number() / 8) + 1];
    for rtype in types {
        octets[usize::from(rtype.number() / 8)] |= 0x80 >> (rtype.number() % 8);
    }
    [&[0, u8::try_from(octets.len()).unwrap()][..], &octets].concat()
}
