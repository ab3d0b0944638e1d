//! DNS messages: the quick look and the whole one.

use super::records::{check, contents, name, payload, rrsig, written};
use super::sensor::salt;
use sigtap::message::{Message, Screen, decode, screen};
use std::collections::HashSet;
use std::fmt::Debug;

/// Any octets: as a message.
pub fn run(octets: &[u8]) {
    match (screen(octets, salt()), decode(&payload(octets))) {
        (Ok(screen), Ok(message)) => {
            agree(&screen, &message);
            is_canonical(&message);
            reads_back(&message);
            shape_tells(octets, &screen, &message);
        }
        (screen, message) => assert_eq!(screen.err(), message.err()),
    }
}

/// Octets of a message that are changed, one after the other, to see whether its shape tells.
const CHANGED: usize = 8;

/// A response of the same shape says the same, unless pointers lead to where it may vary.
fn shape_tells(octets: &[u8], screened: &Screen, message: &Message) {
    let Some(shape) = screened.shape.filter(|_| !message.has_stray_pointers) else {
        return;
    };
    // Which octets, and how, depends on all of them, so that an input always does the same.
    let mut seed = octets
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |seed, octet| {
            (seed ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
        });
    for _ in 0..CHANGED {
        seed = seed
            .wrapping_mul(0x5851_f42d_4c95_7f2d)
            .wrapping_add(0x1405_7b7e_f767_814f);
        let [_, _, high, low, how, what, ..] = seed.to_be_bytes();
        let at = usize::from(u16::from_be_bytes([high, low])) % octets.len();
        let mut other = octets.to_vec();
        if let Some(octet) = other.get_mut(at) {
            *octet ^= if how & 1 == 0 { 0x20 } else { what | 1 };
        }
        let again = screen(&other, salt()).ok().and_then(|screen| screen.shape);
        if again.is_some_and(|again| again.digest == shape.digest) {
            let again = decode(&payload(&other)).expect("what has a shape can be taken apart");
            assert_eq!(said(&again), said(message), "octet {at} says something");
        }
    }
}

/// All that a message says, but for its identifier, its TTLs and its options.
fn said(message: &Message) -> impl PartialEq + Debug {
    let question = message.question.as_ref();
    let question = question.map(|asked| (asked.name.clone(), asked.rtype, asked.class));
    let sections = [&message.answer, &message.authority].map(|sets| {
        let sets = sets.iter().map(|set| {
            let records: Vec<_> = set.records().map(<[u8]>::to_vec).collect();
            let signatures: Vec<_> = set.signatures.iter().map(rrsig).collect();
            (set.owner.clone(), set.rtype, records, signatures)
        });
        sets.collect::<Vec<_>>()
    });
    let header = message.header;
    let codes = (header.rcode, header.counts, message.dnssec_ok());
    let oddities = (
        message.odd_records,
        message.is_crowded,
        message.is_incomplete,
    );
    (question, sections, message.glue.clone(), codes, oddities)
}

/// The quick look tells what the whole one finds.
fn agree(screen: &Screen, message: &Message) {
    assert_eq!(screen.header, message.header);
    let asked = screen.asked.map(|asked| (asked.rtype, asked.class));
    let question = message.question.as_ref();
    assert_eq!(asked, question.map(|asked| (asked.rtype, asked.class)));
    assert_eq!(screen.dnssec_ok, message.dnssec_ok());
    assert!(screen.has_dnssec || !message.has_dnssec());
    let errors = message.edns.as_ref().map_or(0, |edns| edns.errors.len());
    assert!(screen.has_error || errors == 0);
    if let Some(shape) = screen.shape {
        assert!(screen.is_telling() && errors == 0);
        let mut sets = message.rrsets();
        assert!(sets.all(|set| set.ttl.seconds() >= shape.least_ttl));
    }
    let _ = message.header.rcode.to_string();
}

/// Each owner and type stands once, and each set is in canonical form.
fn is_canonical(message: &Message) {
    let mut seen = HashSet::new();
    for set in message.rrsets() {
        assert!(seen.insert((&set.owner, set.rtype)), "{} twice", set.owner);
        check(set);
    }
    for set in &message.answer {
        assert!(message.answered(&set.owner, set.rtype).is_some());
    }
    let loose = message.loose_signatures.iter().map(|(owner, _)| owner);
    let glue = message.glue.iter().map(|(owner, _)| owner);
    let question = message.question.iter().map(|question| &question.name);
    loose.chain(glue).chain(question).for_each(name);
    let records: u32 = message.header.counts.into_iter().map(u32::from).sum();
    assert!(message.odd_records <= records);
}

/// What is in canonical form is not changed by writing and reading it.
fn reads_back(message: &Message) {
    let Some(octets) = written(message) else {
        return;
    };
    let again = decode(&payload(&octets)).map(|again| {
        assert!(!again.is_incomplete && again.odd_records == 0);
        again.rrsets().map(contents).collect::<Vec<_>>()
    });
    assert_eq!(again, Ok(message.rrsets().map(contents).collect()));
}
