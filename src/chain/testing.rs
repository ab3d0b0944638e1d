//! A small DNS for tests: zones that sign, servers that answer, a tap that watches.
//!
//! Signs with ring and builds octets that go through the decoder, so that a test tells a story
//! and nothing is taken for granted.

mod records;
mod response;
mod tap;

pub(super) use records::{Records, Sig};
pub(super) use response::{Response, ask};
pub(super) use tap::Tap;

use crate::message::{Dnskey, Name, Rtype};
use crate::signature::{ED25519, P256, SigningKey, random_octets, sha256};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use std::sync::Arc;

/// Where stories begin: 2026-09-21, in seconds since the epoch. Times in stories count from here.
pub(super) const EPOCH: i64 = 1_790_000_000;

/// An hour, a day, in seconds.
pub(super) const HOUR: i64 = 3600;
pub(super) const DAY: i64 = 86_400;

pub(super) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

/// How a key signs.
enum Pair {
    Real(SigningKey),
    /// Not at all: somebody's octets.
    Decoy,
}

/// A key with which to sign.
#[derive(Clone)]
pub(super) struct Key {
    pair: Arc<Pair>,
    pub(super) rdata: Vec<u8>,
}

/// Flags of zone keys.
pub(super) const ZSK: u16 = 0x0100;
pub(super) const KSK: u16 = 0x0101;
pub(super) const REVOKED: u16 = 0x0180;

impl Key {
    fn of(pair: Pair, flags: u16, algorithm: u8, public: &[u8]) -> Self {
        let head = [&flags.to_be_bytes()[..], &[3, algorithm]].concat();
        Self {
            pair: Arc::new(pair),
            rdata: [&head, public].concat(),
        }
    }

    fn real(flags: u16, algorithm: u8, seed: &[u8; 32]) -> Self {
        let key = SigningKey::new(algorithm, seed).unwrap();
        let public = key.public_key().to_vec();
        Self::of(Pair::Real(key), flags, algorithm, &public)
    }

    /// An Ed25519 key, always the same for the same words.
    pub(super) fn new(flags: u16, words: &str) -> Self {
        Self::real(flags, ED25519, &sha256(words.as_bytes()))
    }

    /// A new P-256 key.
    pub(super) fn p256(flags: u16) -> Self {
        Self::real(flags, P256, &random_octets().unwrap())
    }

    /// Octets that stand for a key of this algorithm, and sign nothing.
    pub(super) fn decoy(flags: u16, algorithm: u8, public: &[u8]) -> Self {
        Self::of(Pair::Decoy, flags, algorithm, public)
    }

    /// Another key with the tag and algorithm of this one; signs nothing.
    pub(super) fn twin(&self, number: u8) -> Self {
        let mut twin = Self::decoy(ZSK, self.algorithm(), &[number; 32]);
        // The tag is a sum of words with end-around carry: one word can make up the difference.
        for word in 0..=u16::MAX {
            let octets = word.to_be_bytes();
            twin.rdata.splice(34..36, octets);
            if twin.tag() == self.tag() {
                return twin;
            }
        }
        panic!("no such tag");
    }

    /// The same key with the REVOKE bit (RFC 5011 §7).
    pub(super) fn revoked(&self) -> Self {
        let mut key = self.clone();
        key.rdata[1] |= 0x80;
        key
    }

    /// The same key with another protocol field.
    pub(super) fn of_protocol(&self, protocol: u8) -> Self {
        let mut key = self.clone();
        key.rdata[2] = protocol;
        key
    }

    pub(super) fn tag(&self) -> u16 {
        Dnskey::parse(&self.rdata).unwrap().key_tag
    }

    pub(super) fn algorithm(&self) -> u8 {
        self.rdata[3]
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        match &*self.pair {
            Pair::Real(key) => key.sign(octets),
            Pair::Decoy => vec![7; 64],
        }
    }

    /// RDATA of a DS record for this key, of digest type 1 or 2; any other is made up.
    pub(super) fn ds(&self, owner: &Name, digest_type: u8) -> Vec<u8> {
        let algorithm = if digest_type == 1 {
            &SHA1_FOR_LEGACY_USE_ONLY
        } else {
            &SHA256
        };
        let found = digest(algorithm, &[owner.wire(), &self.rdata].concat());
        let head = [
            &self.tag().to_be_bytes()[..],
            &[self.algorithm(), digest_type],
        ]
        .concat();
        [&head, found.as_ref()].concat()
    }
}

/// A zone, its keys and its server.
#[derive(Clone)]
pub(super) struct Zone {
    pub(super) apex: Name,
    /// Keys that sign the DNSKEY RRset, and that the DS set names.
    pub(super) ksk: Vec<Key>,
    /// Keys that sign the data.
    pub(super) zsk: Vec<Key>,
    pub(super) server: String,
    /// TTL of the DNSKEY RRset.
    pub(super) key_ttl: u32,
}

impl Zone {
    /// With two keys that are the same in every story.
    pub(super) fn new(apex: &str) -> Self {
        Self::with_keys(
            apex,
            Key::new(KSK, &format!("{apex} ksk")),
            Key::new(ZSK, &format!("{apex} zsk")),
        )
    }

    pub(super) fn with_keys(apex: &str, ksk: Key, zsk: Key) -> Self {
        let [high, low, ..] = sha256(apex.as_bytes());
        Self {
            apex: name(apex),
            ksk: vec![ksk],
            zsk: vec![zsk],
            server: format!("198.18.{high}.{low}"),
            key_ttl: 3600,
        }
    }

    /// The same zone with another key that signs the data.
    pub(super) fn rolled_to(&self, zsk: &Key) -> Self {
        let zsk = vec![zsk.clone()];
        Self {
            zsk,
            ..self.clone()
        }
    }

    /// Its DNSKEY RRset, unsigned.
    pub(super) fn bare_keys(&self) -> Records {
        let keys = self.ksk.iter().chain(&self.zsk);
        let rdata = keys.map(|key| key.rdata.clone()).collect();
        Records::new(&self.apex.to_string(), Rtype::DNSKEY, rdata).ttl(self.key_ttl)
    }

    /// Its DNSKEY RRset.
    pub(super) fn keys(&self) -> Records {
        let signatures = self.ksk.iter().map(|key| self.sig().by(key));
        signatures.fold(self.bare_keys(), Records::signed_with)
    }

    /// Its DS RRset, unsigned.
    pub(super) fn bare_ds(&self) -> Records {
        let rdata = self.ksk.iter().map(|key| key.ds(&self.apex, 2));
        Records::new(&self.apex.to_string(), Rtype::DS, rdata.collect())
    }

    /// Its NS RRset: never signed above the cut.
    pub(super) fn ns(&self) -> Records {
        let server = format!("ns.{}", self.apex);
        let server = name(server.trim_end_matches('.')).wire().to_vec();
        Records::new(&self.apex.to_string(), Rtype::NS, vec![server])
    }

    /// Its SOA, signed.
    pub(super) fn soa(&self) -> Records {
        let rdata = [&[0, 0][..], &[0; 20]].concat();
        Records::new(&self.apex.to_string(), Rtype::SOA, vec![rdata]).signed(self)
    }

    /// How it signs, unless told otherwise.
    pub(super) fn sig(&self) -> Sig {
        Sig::new(self.apex.clone(), &self.zsk[0])
    }

    /// An NSEC record, signed: `owner next types…`.
    pub(super) fn nsec(&self, owner: &str, next: &str, types: &[Rtype]) -> Records {
        Records::nsec(owner, next, types).signed(self)
    }

    /// Its server gives its keys.
    pub(super) fn gives_keys(&self) -> Response {
        ask(&self.apex.to_string(), Rtype::DNSKEY)
            .from(&self.server)
            .answer(self.keys())
    }

    /// Its server gives the address of a name, signed.
    pub(super) fn gives(&self, owner: &str) -> Response {
        self.says(Records::a(owner).signed(self))
    }

    /// Its server answers with these records.
    pub(super) fn says(&self, records: Records) -> Response {
        let question = records.owner.to_string();
        ask(&question, records.rtype)
            .from(&self.server)
            .answer(records)
    }

    /// Its server refers to a zone below it, with these records beside NS and glue.
    pub(super) fn refers_with(&self, child: &Self, records: Vec<Records>) -> Response {
        let question = name("www").child_of(&child.apex);
        let glue = format!("ns.{}", child.apex);
        let response = ask(&question, Rtype::A)
            .from(&self.server)
            .referral()
            .authority(child.ns())
            .glue(&glue, &child.server);
        records.into_iter().fold(response, Response::authority)
    }

    /// Its server refers to a signed zone below it.
    pub(super) fn refers_to(&self, child: &Self) -> Response {
        self.refers_with(child, vec![child.bare_ds().signed(self)])
    }

    /// Its server refers to an unsigned zone below it, and proves that it is.
    pub(super) fn refers_to_unsigned(&self, child: &Self) -> Response {
        self.refers_with(child, vec![self.no_ds(child)])
    }

    /// The proof that a zone below has no DS.
    pub(super) fn no_ds(&self, child: &Self) -> Records {
        self.nsec(
            &child.apex.to_string(),
            &self.apex.to_string(),
            &[Rtype::NS, Rtype::RRSIG, Rtype::NSEC],
        )
    }

    /// Its server says that a name has none of a type, with these proofs.
    pub(super) fn denies(&self, owner: &str, rtype: Rtype, proofs: Vec<Records>) -> Response {
        let response = ask(owner, rtype).from(&self.server).authority(self.soa());
        proofs.into_iter().fold(response, Response::authority)
    }
}

/// The zones of most stories, each below the one before it.
pub(super) fn zones() -> [Zone; 3] {
    [".", "com.", "example.com."].map(Zone::new)
}

/// Two real keys that share tag and algorithm.
pub(super) fn colliding_keys() -> [Key; 2] {
    let mut by_tag = std::collections::BTreeMap::new();
    for number in 0_u32.. {
        let key = Key::new(ZSK, &format!("colliding {number}"));
        if let Some(other) = by_tag.insert(key.tag(), key.clone()) {
            return [other, key];
        }
    }
    unreachable!("tags have 16 bits")
}

/// A name below another.
trait Below {
    fn child_of(&self, above: &Name) -> String;
}

impl Below for Name {
    fn child_of(&self, above: &Name) -> String {
        let label = self.labels().next().unwrap().to_vec();
        above.child(&label).unwrap().to_string()
    }
}
