//! A small DNS of the attacker's making: keys, signatures, messages and a chain of trust that knows the zones.

use crrl::ed448;
use data_encoding::BASE64;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, KeyPair,
};
use sigtap::capture::FrameNumber;
use sigtap::chain::anchor::TrustAnchors;
use sigtap::chain::{ChainOfTrust, Config, Event};
use sigtap::exchange::{Asked, Exchange, Standing, Vantage};
use sigtap::message::{Dnskey, Name, Rrset, Rrsig, Rtype, decode};
use sigtap::packet::{Flow, Payload, Transport};
use sigtap::signature::{Verifier, sha256};
use sigtap::time::Timestamp;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

/// When all passes: 2026-09-21, in seconds since the epoch.
pub(crate) const MOMENT: u32 = 1_790_000_000;

/// `www.rsa.com.`, signed by a key of 2048 bits.
const RSA: &str = include_str!("rsa.zone");

pub(crate) fn name(text: &str) -> Name {
    Name::parse(text).unwrap()
}

enum Pair {
    Ecdsa(EcdsaKeyPair),
    Ed448(ed448::PrivateKey),
    /// Signs nothing: its signatures are these octets.
    None(Vec<u8>),
}

/// A key with which to sign.
pub(crate) struct Key {
    pair: Pair,
    pub(crate) rdata: Vec<u8>,
}

impl Key {
    pub(crate) fn ecdsa(algorithm: u8) -> Self {
        let (scheme, random) = (scheme(algorithm), SystemRandom::new());
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(scheme, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(scheme, pkcs8.as_ref(), &random).unwrap();
        let public = pair.public_key().as_ref()[1..].to_vec();
        Self::of(Pair::Ecdsa(pair), algorithm, &public)
    }

    pub(crate) fn ed448() -> Self {
        let pair = ed448::PrivateKey::from_seed(&[7; 57]);
        let public = pair.public_key.encoded;
        Self::of(Pair::Ed448(pair), 16, &public)
    }

    /// An RSA key of this many octets with this exponent; nobody knows the factors.
    pub(crate) fn rsa(octets: usize, exponent: u64) -> Self {
        let exponent = exponent.to_be_bytes();
        let public = [&[8], &exponent[..], &vec![0xff; octets]].concat();
        let signature = [&vec![0; octets - 1][..], &[2]].concat();
        Self::of(Pair::None(signature), 8, &public)
    }

    /// Octets that stand for a key of this algorithm.
    pub(crate) fn decoy(algorithm: u8, public: &[u8]) -> Self {
        Self::of(Pair::None(vec![7; 64]), algorithm, public)
    }

    fn of(pair: Pair, algorithm: u8, public: &[u8]) -> Self {
        let rdata = [&[1, 1, 3, algorithm], public].concat();
        Self { pair, rdata }
    }

    /// Another `number` of keys with its tag, that sign nothing and come behind it.
    pub(crate) fn twins(&self, number: usize) -> Vec<Self> {
        let twin = |number: usize| {
            let mut twin = Self::decoy(self.algorithm(), &vec![0xff; self.rdata.len() - 4]);
            let octets = u32::try_from(number).unwrap().to_be_bytes();
            twin.rdata.splice(8..12, octets);
            // The tag is a sum of words with end-around carry: one word can make up the difference.
            let word = (0..=u16::MAX).find(|word| {
                twin.rdata.splice(12..14, word.to_be_bytes());
                twin.tag() == self.tag()
            });
            assert!(word.is_some(), "no such tag");
            twin
        };
        (0..number).map(twin).collect()
    }

    pub(crate) fn algorithm(&self) -> u8 {
        self.rdata[3]
    }

    pub(crate) fn tag(&self) -> u16 {
        Dnskey::parse(&self.rdata).unwrap().key_tag
    }

    fn sign(&self, octets: &[u8]) -> Vec<u8> {
        match &self.pair {
            Pair::Ecdsa(pair) => {
                let signature = pair.sign(&SystemRandom::new(), octets).unwrap();
                signature.as_ref().to_vec()
            }
            Pair::Ed448(pair) => pair.sign_raw(octets).to_vec(),
            Pair::None(signature) => signature.clone(),
        }
    }

    /// RDATA of a signature over these records. `salt` other than 0 spoils it, each its own way:
    /// it costs as much as a good one, and the memo has never seen it.
    pub(crate) fn rrsig(&self, signer: &Name, set: &Set<'_>, salt: u32) -> Vec<u8> {
        self.rrsig_since(MOMENT - 10_000_000, signer, set, salt)
    }

    /// The same, with this inception.
    pub(crate) fn rrsig_since(
        &self,
        inception: u32,
        signer: &Name,
        set: &Set<'_>,
        salt: u32,
    ) -> Vec<u8> {
        let mut rdata = set.rtype.number().to_be_bytes().to_vec();
        let own = set.owner.label_count() - usize::from(set.owner.is_wildcard());
        rdata.extend([self.algorithm(), u8::try_from(own).unwrap()]);
        rdata.extend(TTL.to_be_bytes());
        rdata.extend((MOMENT + 10_000_000).to_be_bytes());
        rdata.extend(inception.to_be_bytes());
        rdata.extend(self.tag().to_be_bytes());
        rdata.extend(signer.wire());
        let mut covered = rdata.clone();
        let mut records = set.records.to_vec();
        records.sort();
        records.dedup();
        for record in records {
            covered.extend(set.owner.wire());
            covered.extend(set.rtype.number().to_be_bytes());
            covered.extend([0, 1]);
            covered.extend(TTL.to_be_bytes());
            covered.extend(u16::try_from(record.len()).unwrap().to_be_bytes());
            covered.extend(record);
        }
        if salt > 0 {
            covered.extend(salt.to_be_bytes());
        }
        let mut signature = self.sign(&covered);
        if let (Pair::None(_), [.., a, b, _]) = (&self.pair, &mut signature[..]) {
            // A number below that of any modulus.
            [*a, *b] = u16::try_from(salt % 0x1_0000).unwrap().to_be_bytes();
        }
        rdata.extend(signature);
        rdata
    }
}

fn scheme(algorithm: u8) -> &'static EcdsaSigningAlgorithm {
    if algorithm == 13 {
        &ECDSA_P256_SHA256_FIXED_SIGNING
    } else {
        &ECDSA_P384_SHA384_FIXED_SIGNING
    }
}

/// P-256 keys, all real, that share a tag.
pub(crate) fn colliding(count: usize) -> Vec<Key> {
    let mut by_tag: BTreeMap<u16, Vec<Key>> = BTreeMap::new();
    loop {
        let key = Key::ecdsa(13);
        let family = by_tag.entry(key.tag()).or_default();
        family.push(key);
        if family.len() == count {
            return std::mem::take(family);
        }
    }
}

/// TTL of all records.
const TTL: u32 = 86_400;

/// What is signed.
#[derive(Clone, Copy)]
pub(crate) struct Set<'a> {
    pub(crate) owner: &'a Name,
    pub(crate) rtype: Rtype,
    pub(crate) records: &'a [Vec<u8>],
}

/// A section, as the header counts it.
#[derive(Clone, Copy)]
pub(crate) enum Section {
    Answer = 1,
    Authority = 2,
    Additional = 3,
}

/// A message that takes records for as long as there is room.
#[derive(Clone)]
pub(crate) struct Wire {
    pub(crate) octets: Vec<u8>,
    counts: [u16; 4],
    limit: usize,
}

/// A pointer to the name of the question.
pub(crate) const QNAME: &[u8] = &[0xc0, 12];

impl Wire {
    pub(crate) fn new(qname: &Name, qtype: Rtype, limit: usize) -> Self {
        let mut octets = vec![0, 1, 0x84, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        octets.extend(qname.wire());
        octets.extend(qtype.number().to_be_bytes());
        octets.extend([0, 1]);
        let counts = [1, 0, 0, 0];
        Self {
            octets,
            counts,
            limit,
        }
    }

    /// Goes on with these octets, in which so many records are.
    pub(crate) fn resume(&mut self, octets: Vec<u8>, counts: [u16; 4]) {
        self.octets = octets;
        self.counts = counts;
        self.counts[3] -= 1;
    }

    /// With AA cleared.
    pub(crate) fn referral(mut self) -> Self {
        self.octets[2] = 0x80;
        self
    }

    pub(crate) fn nxdomain(mut self) -> Self {
        self.octets[3] |= 3;
        self
    }

    /// Adds a record if there is room for it.
    pub(crate) fn push(
        &mut self,
        section: Section,
        owner: &[u8],
        rtype: Rtype,
        rdata: &[u8],
    ) -> bool {
        // An OPT is still to come.
        if self.octets.len() + owner.len() + 10 + rdata.len() + 11 > self.limit {
            return false;
        }
        self.octets.extend(owner);
        self.octets.extend(rtype.number().to_be_bytes());
        self.octets.extend([0, 1]);
        self.octets.extend(TTL.to_be_bytes());
        self.octets
            .extend(u16::try_from(rdata.len()).unwrap().to_be_bytes());
        self.octets.extend(rdata);
        #[expect(clippy::as_conversions, reason = "the number of a section")]
        let place = section as usize;
        self.counts[place] += 1;
        true
    }

    /// Adds a set with a good signature.
    pub(crate) fn signed(mut self, section: Section, zone: &Zone, set: &Set<'_>) -> Self {
        for record in set.records {
            assert!(self.push(section, set.owner.wire(), set.rtype, record));
        }
        let rrsig = zone.key.rrsig(&zone.apex, set, 0);
        assert!(self.push(section, set.owner.wire(), Rtype::RRSIG, &rrsig));
        self
    }

    /// The message with its counts and an OPT that has DO.
    pub(crate) fn done(mut self) -> Vec<u8> {
        self.octets.extend([0, 0, 41, 16, 0, 0, 0, 0x80, 0, 0, 0]);
        self.counts[3] += 1;
        for (place, count) in self.counts.iter().enumerate() {
            self.octets
                .splice(4 + 2 * place..6 + 2 * place, count.to_be_bytes());
        }
        self.octets
    }
}

/// A zone with one key for all, and what else its DNSKEY RRset has.
pub(crate) struct Zone {
    pub(crate) apex: Name,
    pub(crate) key: Key,
    pub(crate) more: Vec<Vec<u8>>,
    pub(crate) server: [u8; 4],
}

impl Zone {
    pub(crate) fn new(apex: &str) -> Self {
        let [.., a, b] = sha256(apex.as_bytes());
        Self {
            apex: name(apex),
            key: Key::ecdsa(13),
            more: Vec::new(),
            server: [198, 18, a, b],
        }
    }

    pub(crate) fn gives_keys(&self) -> Vec<u8> {
        self.gives(&self.more, MOMENT - 10_000_000)
    }

    /// Its DNSKEY set with these others beside its key, signed since then.
    pub(crate) fn gives(&self, more: &[Vec<u8>], inception: u32) -> Vec<u8> {
        let mut records = vec![self.key.rdata.clone()];
        records.extend(more.iter().cloned());
        let set = Set {
            owner: &self.apex,
            rtype: Rtype::DNSKEY,
            records: &records,
        };
        let rrsig = self.key.rrsig_since(inception, &self.apex, &set, 0);
        let mut wire = Wire::new(&self.apex, Rtype::DNSKEY, 65_535);
        for record in &records {
            assert!(wire.push(Section::Answer, QNAME, Rtype::DNSKEY, record));
        }
        assert!(wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rrsig));
        wire.done()
    }

    /// RDATA of a DS record for its key.
    pub(crate) fn ds(&self) -> Vec<u8> {
        let digest = sha256(&[self.apex.wire(), &self.key.rdata].concat());
        let tag = self.key.tag().to_be_bytes();
        [&tag[..], &[self.key.algorithm(), 2], &digest].concat()
    }

    /// A referral to a zone below, with this DS set and room for glue.
    pub(crate) fn refers(&self, child: &Self, ds: &[Vec<u8>]) -> Wire {
        let www = child.apex.child(b"www").unwrap();
        let ns = child.apex.child(b"ns").unwrap();
        let mut wire = Wire::new(&www, Rtype::A, 65_535).referral();
        wire.push(Section::Authority, child.apex.wire(), Rtype::NS, ns.wire());
        let set = Set {
            owner: &child.apex,
            rtype: Rtype::DS,
            records: ds,
        };
        let mut wire = wire.signed(Section::Authority, self, &set);
        wire.push(Section::Additional, ns.wire(), Rtype::A, &child.server);
        wire
    }
}

/// The zones of the world, and what has passed of them.
pub(crate) struct World {
    pub(crate) root: Zone,
    pub(crate) com: Zone,
    /// In order.
    pub(crate) good: Zone,
    /// The attacker's.
    pub(crate) evil: Zone,
    /// What else passes of it.
    pub(crate) more: Vec<Sent>,
}

/// A message and its server.
pub(crate) type Sent = ([u8; 4], Vec<u8>);

/// Takes messages as the tail of the pipeline does.
pub(crate) struct Tap {
    chain: ChainOfTrust,
    pub(crate) vantage: Vantage,
}

impl World {
    pub(crate) fn new() -> Self {
        let [root, com, good, evil] = [".", "com.", "good.com.", "evil.com."].map(Zone::new);
        Self {
            root,
            com,
            good,
            evil,
            more: Vec::new(),
        }
    }

    /// What teaches the zones, those of `evil` last.
    pub(crate) fn lessons(&self) -> Vec<Sent> {
        let mut sent = vec![
            (self.root.server, self.root.gives_keys()),
            (
                self.root.server,
                self.root.refers(&self.com, &[self.com.ds()]).done(),
            ),
            (self.com.server, self.com.gives_keys()),
        ];
        for zone in [&self.good, &self.evil] {
            sent.push((self.com.server, self.com.refers(zone, &[zone.ds()]).done()));
            sent.push((zone.server, zone.gives_keys()));
        }
        sent.push(([203, 0, 113, 9], rsa("rsa.com.", Rtype::DNSKEY)));
        sent.extend(self.more.iter().cloned());
        sent
    }

    /// A tap that has seen the lessons, with a memo that remembers nothing of what is to come.
    pub(crate) fn tap(&self, lessons: &[Sent]) -> Tap {
        let verifier = Arc::new(Verifier::new(1 << 16));
        self.tap_with(verifier, lessons)
    }

    /// The same with this memo.
    pub(crate) fn tap_with(&self, verifier: Arc<Verifier>, lessons: &[Sent]) -> Tap {
        let mut anchors = TrustAnchors::default();
        let key = |rdata: &[u8]| Dnskey::parse(rdata).unwrap();
        anchors.add_key(Name::root(), key(&self.root.key.rdata));
        anchors.add_key(name("rsa.com."), key(&rsa_key()));
        let config = Config {
            anchors,
            negative_anchors: Vec::new(),
            clock_skew: 60,
        };
        let mut tap = Tap {
            chain: ChainOfTrust::new(config, verifier),
            vantage: Vantage::Upstream,
        };
        for sent in lessons {
            tap.take(sent);
        }
        tap
    }
}

impl Tap {
    /// Decodes and judges a message.
    pub(crate) fn take(&mut self, sent: &Sent) -> Vec<Event> {
        self.take_at(0, Standing::Matched, sent)
    }

    /// How many wait.
    pub(crate) fn waiting(&self) -> usize {
        self.chain.waiting()
    }

    /// The same, so many seconds later.
    pub(crate) fn take_at(
        &mut self,
        seconds: i64,
        standing: Standing,
        (server, octets): &Sent,
    ) -> Vec<Event> {
        let time = Timestamp::new(MOMENT.into(), 0).plus_seconds(seconds);
        let payload = Payload {
            frame: FrameNumber::new(1),
            time,
            flow: Flow {
                source: SocketAddr::from((*server, 53)),
                destination: SocketAddr::from(([192, 0, 2, 53], 4000)),
                transport: Transport::Tcp,
            },
            vlan: Vec::new(),
            octets: octets.clone(),
            is_incomplete: false,
        };
        let exchange = Exchange {
            message: decode(&payload).unwrap(),
            asked: Some(Asked {
                time,
                dnssec_ok: true,
                checking_disabled: false,
            }),
            standing,
            vantage: self.vantage,
        };
        self.chain.observe(&Arc::new(exchange))
    }
}

/// The fields of the line in the RSA zone file that says this, and what they spell from `from` on.
fn rsa_line(says: &str, from: usize) -> (Vec<&'static str>, Vec<u8>) {
    let mut lines = RSA.lines().map(|line| line.split_whitespace().collect());
    let fields: Vec<_> = lines
        .find(|fields: &Vec<_>| fields.join(" ").contains(says))
        .unwrap();
    let spelt = BASE64.decode(fields[from..].concat().as_bytes());
    (fields, spelt.unwrap())
}

/// The key of the RSA zone.
fn rsa_key() -> Vec<u8> {
    [&[1, 1, 3, 8], &rsa_line("IN DNSKEY", 7).1[..]].concat()
}

/// The signed keys of the RSA zone, or an address in it.
pub(crate) fn rsa(owner: &str, rtype: Rtype) -> Vec<u8> {
    let owner = name(owner);
    let (record, says) = match rtype {
        Rtype::DNSKEY => (rsa_key(), "RRSIG DNSKEY"),
        _ => (vec![192, 0, 2, 1], "RRSIG A"),
    };
    let (fields, signature) = rsa_line(says, 12);
    let mut rdata = rtype.number().to_be_bytes().to_vec();
    rdata.extend([8, fields[6].parse().unwrap()]);
    rdata.extend(3600_u32.to_be_bytes());
    let [from, to] = ["2026-01-01T00:00:00Z", "2046-01-01T00:00:00Z"]
        .map(|text| u32::try_from(Timestamp::parse(text).unwrap().seconds()).unwrap());
    rdata.extend([to.to_be_bytes(), from.to_be_bytes()].concat());
    rdata.extend(fields[10].parse::<u16>().unwrap().to_be_bytes());
    rdata.extend(name("rsa.com.").wire());
    rdata.extend(signature);
    let mut wire = Wire::new(&owner, rtype, 65_535);
    wire.push(Section::Answer, QNAME, rtype, &record);
    wire.push(Section::Answer, QNAME, Rtype::RRSIG, &rdata);
    wire.done()
}

/// A signature over a set that is none, and that is seen to be none at a glance.
pub(crate) fn spoilt(set: &Rrset, number: u64) -> Rrsig {
    let mut rdata = set.rtype.number().to_be_bytes().to_vec();
    rdata.extend([13, 1]);
    rdata.extend([0; 14]);
    rdata.push(0);
    rdata.extend(number.to_be_bytes());
    Rrsig::parse(&rdata).unwrap()
}
