//! DNS messages: the quick look and the whole one.

use super::records::{check, contents, name, payload, written};
use super::sensor::salt;
use sigtap::message::{Message, Screen, decode, screen};
use std::collections::HashSet;

/// Any octets: as a message.
pub fn run(octets: &[u8]) {
    match (screen(octets, salt()), decode(&payload(octets))) {
        (Ok(screen), Ok(message)) => {
            agree(&screen, &message);
            is_canonical(&message);
            reads_back(&message);
        }
        (screen, message) => assert_eq!(screen.err(), message.err()),
    }
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
