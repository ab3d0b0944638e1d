//! What is signed by others, or changed on the way: properties of canonical form and checks.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use hickory_proto::dnssec::crypto::{EcdsaSigningKey, Ed25519SigningKey};
use hickory_proto::dnssec::rdata::sig::SigInput;
use hickory_proto::dnssec::rdata::{DNSKEY, DNSSECRData, RRSIG};
use hickory_proto::dnssec::{Algorithm, SigningKey, TBS};
use hickory_proto::op::{Message, MessageType, OpCode};
use hickory_proto::rr::{DNSClass, Name, RData, Record, RecordType, SerialNumber};
use hickory_proto::serialize::binary::BinEncodable;
use proptest::prelude::*;
use sigtap::capture::FrameNumber;
use sigtap::message::{self, Dnskey, Name as CanonicalName, Rrset, Rrsig};
use sigtap::packet::{Flow, Payload, Transport};
use sigtap::signature::{Outcome, Verifier, rrset_digest};
use sigtap::time::Timestamp;
use std::sync::LazyLock;

/// A key that hickory signs with.
struct Signer {
    key: Box<dyn SigningKey>,
    dnskey: DNSKEY,
}

impl Signer {
    fn new(key: Box<dyn SigningKey>) -> Self {
        let dnskey = DNSKEY::from_key(&key.to_public_key().unwrap());
        Self { key, dnskey }
    }

    fn ecdsa(algorithm: Algorithm) -> Self {
        let der = EcdsaSigningKey::generate_pkcs8(algorithm).unwrap();
        Self::new(Box::new(
            EcdsaSigningKey::from_pkcs8(&der, algorithm).unwrap(),
        ))
    }

    fn ed25519() -> Self {
        let der = Ed25519SigningKey::generate_pkcs8().unwrap();
        Self::new(Box::new(Ed25519SigningKey::from_pkcs8(&der).unwrap()))
    }

    /// The same key, as sigtap reads it.
    fn dnskey(&self) -> Dnskey {
        Dnskey::parse(&self.dnskey.to_bytes().unwrap()).unwrap()
    }

    /// An RRSIG over `records`, all of one owner and type, as a record at `owner`.
    fn sign(&self, records: &[Record], labels: u8, owner: &Name) -> Record {
        let first = &records[0];
        let input = SigInput {
            type_covered: first.record_type(),
            algorithm: self.key.algorithm(),
            num_labels: labels,
            original_ttl: 3600,
            sig_expiration: SerialNumber::new(2_000_000_000),
            sig_inception: SerialNumber::new(1_700_000_000),
            key_tag: self.dnskey.calculate_key_tag().unwrap(),
            signer_name: name("Example."),
        };
        let signed = TBS::from_input(&first.name, DNSClass::IN, &input, records.iter()).unwrap();
        let signature = self.key.sign(&signed).unwrap();
        let rrsig = RRSIG::from_sig(input, signature);
        let data = RData::DNSSEC(DNSSECRData::RRSIG(rrsig));
        Record::from_rdata(owner.clone(), 300, data)
    }
}

fn name(text: &str) -> Name {
    Name::from_ascii(text).unwrap()
}

/// Records of one owner, each of the same type.
fn records(owner: &str, rtype: RecordType, data: &[&str]) -> Vec<Record> {
    let record = |text: &&str| {
        let data = RData::try_from_str(rtype, text).unwrap();
        Record::from_rdata(name(owner), 300, data)
    };
    data.iter().map(record).collect()
}

/// A response with these answers, encoded by hickory with names compressed.
fn encode(answers: &[Record]) -> Vec<u8> {
    let mut message = Message::new(1, MessageType::Response, OpCode::Query);
    message.add_answers(answers.iter().cloned());
    message.to_vec().unwrap()
}

/// The only RRset of a message.
fn decode(octets: Vec<u8>) -> Rrset {
    let address = "192.0.2.1:53".parse().unwrap();
    let payload = Payload {
        frame: FrameNumber::new(1),
        time: Timestamp::default(),
        flow: Flow {
            source: address,
            destination: address,
            transport: Transport::Udp,
        },
        vlan: Vec::new(),
        octets,
        is_incomplete: false,
    };
    let mut sets = message::decode(&payload).unwrap().answer;
    assert_eq!(sets.len(), 1);
    sets.remove(0)
}

fn check(set: &Rrset, key: &Dnskey) -> Outcome {
    Verifier::new(10).check(set, &set.signatures[0], key)
}

#[test]
fn what_hickory_signs_and_encodes_verifies() {
    let signers = [
        Signer::ecdsa(Algorithm::ECDSAP256SHA256),
        Signer::ecdsa(Algorithm::ECDSAP384SHA384),
        Signer::ed25519(),
    ];
    let table = [
        (
            "www.Example.",
            RecordType::A,
            &["192.0.2.9", "192.0.2.10"][..],
        ),
        (
            "www.example.",
            RecordType::AAAA,
            &["2001:db8::2", "2001:db8::1"],
        ),
        ("example.", RecordType::NS, &["b.example.", "a.example."]),
        (
            "Example.",
            RecordType::SOA,
            &["A.example. b.Example. 1 2 3 4 5"],
        ),
        (
            "example.",
            RecordType::MX,
            &["10 Mail.example.", "5 mx.other."],
        ),
        ("a.b.c.example.", RecordType::TXT, &["\"x y\" z", "w"]),
        ("_s._tcp.example.", RecordType::SRV, &["0 5 53 Ns.example."]),
        ("alias.example.", RecordType::CNAME, &["Target.example."]),
    ];
    for signer in &signers {
        for (owner, rtype, data) in table {
            let mut answers = records(owner, rtype, data);
            let labels = name(owner).num_labels();
            answers.push(signer.sign(&answers, labels, &name(owner)));
            let set = decode(encode(&answers));
            assert_eq!(
                check(&set, &signer.dnskey()),
                Outcome::Valid,
                "{owner} {rtype}"
            );
        }
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn labels_tell_the_owner_that_was_signed() {
    let signer = Signer::ed25519();
    let table = [
        // (what, signed at, labels, seen at, expected)
        (
            "as it is",
            "a.b.example.",
            3,
            "a.b.example.",
            Outcome::Valid,
        ),
        (
            "expanded once",
            "*.b.example.",
            2,
            "a.b.example.",
            Outcome::Valid,
        ),
        (
            "expanded twice",
            "*.example.",
            1,
            "a.b.example.",
            Outcome::Valid,
        ),
        (
            "expanded from the root",
            "*.",
            0,
            "a.b.example.",
            Outcome::Valid,
        ),
        (
            "a wildcard as it is",
            "*.example.",
            1,
            "*.example.",
            Outcome::Valid,
        ),
        (
            "an asterisk under a wildcard",
            "*.example.",
            1,
            "*.a.example.",
            Outcome::Valid,
        ),
        (
            "another wildcard",
            "*.b.example.",
            2,
            "a.c.example.",
            Outcome::Invalid,
        ),
        (
            "more labels than the owner has",
            "a.b.c.example.",
            4,
            "a.b.example.",
            Outcome::Invalid,
        ),
        (
            "another name",
            "b.example.",
            2,
            "a.example.",
            Outcome::Invalid,
        ),
    ];
    for (what, signed_at, labels, seen_at, expected) in table {
        let original = records(signed_at, RecordType::A, &["192.0.2.1"]);
        let mut answers = records(seen_at, RecordType::A, &["192.0.2.1"]);
        answers.push(signer.sign(&original, labels, &name(seen_at)));
        let set = decode(encode(&answers));
        assert_eq!(check(&set, &signer.dnskey()), expected, "{what}");
    }
}

#[test]
fn a_signature_is_checked_with_the_set_given_and_not_the_one_before() {
    let signer = Signer::ed25519();
    let mut answers = records("a.example.", RecordType::A, &["192.0.2.1"]);
    answers.push(signer.sign(&answers, 2, &name("a.example.")));
    let (set, verifier) = (decode(encode(&answers)), Verifier::new(10));
    let ours = || &set.signatures[0];
    assert_eq!(
        verifier.check(&set, ours(), &signer.dnskey()),
        Outcome::Valid
    );
    let other = decode(encode(&records(
        "a.example.",
        RecordType::A,
        &["192.0.2.2"],
    )));
    assert_eq!(
        verifier.check(&other, ours(), &signer.dnskey()),
        Outcome::Invalid
    );
    let mut changed = set.clone();
    changed.owner = CanonicalName::parse("b.example.").unwrap();
    let moved = &changed.signatures[0];
    assert_eq!(
        verifier.check(&changed, moved, &signer.dnskey()),
        Outcome::Invalid
    );
    assert_eq!(
        verifier.check(&set, ours(), &Signer::ed25519().dnskey()),
        Outcome::Invalid
    );
    assert_eq!(
        verifier.check(&set, ours(), &signer.dnskey()),
        Outcome::Valid
    );
}

/// A signed set of records whose data holds names, with its key.
static SIGNED: LazyLock<(Vec<Record>, Dnskey)> = LazyLock::new(|| {
    let signer = Signer::ecdsa(Algorithm::ECDSAP256SHA256);
    let data = [
        "10 a.example.",
        "10 b.example.",
        "20 a.example.",
        "5 mail.other.",
    ];
    let mut answers = records("host.example.", RecordType::MX, &data);
    answers.push(signer.sign(&answers, 2, &name("host.example.")));
    (answers, signer.dnskey())
});

/// Where the letters of names are in a message that has no other letters. The second octet of
/// a compression pointer may look like one.
fn letters(octets: &[u8]) -> Vec<usize> {
    let is_letter = |at: &usize| octets[*at].is_ascii_alphabetic() && octets[at - 1] < 0xc0;
    (12..octets.len()).filter(is_letter).collect()
}

proptest! {
    #[test]
    fn order_case_and_duplicates_do_not_matter(
        order in Just((0..4_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0..4_usize, 0..4),
        upper in any::<prop::sample::Selector>(),
        count in 0..20,
    ) {
        let (answers, key) = &*SIGNED;
        let expected = decode(encode(answers));
        let chosen = order.iter().chain(&again).map(|i| answers[*i].clone());
        let mut octets = encode(&chosen.collect::<Vec<_>>());
        let letters = letters(&octets);
        for _ in 0..count {
            let at = *upper.select(&letters);
            octets[at] = octets[at].to_ascii_uppercase();
        }
        let mut set = decode(octets);
        set.signatures.clone_from(&expected.signatures);
        prop_assert_eq!(check(&set, key), Outcome::Valid);
        prop_assert_eq!(rrset_digest(&set), rrset_digest(&expected));
    }

    #[test]
    fn one_changed_bit_of_the_signature_breaks_it(at: prop::sample::Index, bit in 0_u32..8) {
        let (answers, key) = &*SIGNED;
        let set = decode(encode(answers));
        let rdata = rdata(&set.signatures[0]);
        let mut changed = rdata.clone();
        changed[at.index(rdata.len())] ^= 1_u8 << bit;
        if let Some(rrsig) = Rrsig::parse(&changed) {
            prop_assert_eq!(Verifier::new(10).check(&set, &rrsig, key), Outcome::Invalid);
        }
    }

    #[test]
    fn one_changed_bit_of_a_record_or_the_key_breaks_it(at: prop::sample::Index, bit in 0_u32..8) {
        let (answers, key) = &*SIGNED;
        let set = decode(encode(answers));
        let mut records: Vec<Box<[u8]>> = set.records().map(Into::into).collect();
        let changed = at.index(records.len());
        let octet = at.index(records[changed].len());
        records[changed][octet] ^= 1_u8 << bit;
        let mut other = Rrset::new(set.owner.clone(), set.rtype, set.ttl, records).unwrap();
        other.signatures.clone_from(&set.signatures);
        prop_assert_eq!(check(&other, key), Outcome::Invalid);
        prop_assert_ne!(rrset_digest(&other), rrset_digest(&set));
        let mut rdata = key.rdata().to_vec();
        let octet = 4 + at.index(rdata.len() - 4);
        rdata[octet] ^= 1_u8 << bit;
        prop_assert_eq!(check(&set, &Dnskey::parse(&rdata).unwrap()), Outcome::Invalid);
    }
}

/// The RDATA of an RRSIG.
fn rdata(rrsig: &Rrsig) -> Vec<u8> {
    let mut rdata = rrsig.type_covered.number().to_be_bytes().to_vec();
    rdata.extend([rrsig.algorithm, rrsig.labels]);
    rdata.extend(rrsig.original_ttl.seconds().to_be_bytes());
    rdata.extend(rrsig.expiration.value().to_be_bytes());
    rdata.extend(rrsig.inception.value().to_be_bytes());
    rdata.extend(rrsig.key_tag.to_be_bytes());
    rdata.extend(rrsig.signer.wire());
    rdata.extend(&*rrsig.signature);
    rdata
}
