//! Proofs of what is not there.

use super::choices::Choices;
use super::records::payload;
use sigtap::chain::denial::{Conclusion, Denials, NoDs, Proof};
use sigtap::message::{Name, Rrset, Rtype, decode};
use sigtap::signature::nsec3_hash;
use sigtap::time::Ttl;
use std::fmt::Debug;

/// Records of a proof at most.
const RECORDS: usize = 24;

/// A message with its denial records, or a plan of some, and what to ask them.
pub fn run(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    if choices.u8() & 1 == 0 {
        of_message(&mut choices);
    } else {
        of_plan(&mut choices);
    }
}

/// All denial records of a message, as those of one zone.
fn of_message(choices: &mut Choices<'_>) {
    let labels = choices.below(4);
    let rtype = Rtype::new(choices.u16());
    let Ok(message) = decode(&payload(choices.rest())) else {
        return;
    };
    let sets: Vec<Rrset> = message.rrsets().cloned().collect();
    let question = message.question.map(|question| question.name);
    let names: Vec<Name> = question
        .into_iter()
        .chain(sets.iter().map(|set| set.owner.clone()))
        .take(RECORDS)
        .collect();
    let Some(first) = names.first() else { return };
    ask(&first.suffix(labels), &sets, &names, rtype);
}

/// Records of names that have to do with each other.
fn of_plan(choices: &mut Choices<'_>) {
    let zone = name(choices, &Name::root());
    let rtype = Rtype::new(choices.u16());
    let (mut sets, mut names) = (Vec::new(), vec![zone.clone()]);
    while !choices.is_empty() && sets.len() < RECORDS {
        let owner = name(choices, &zone);
        let next = name(choices, &zone);
        let how = choices.u8();
        names.extend([owner.clone(), next.clone()]);
        let types = choices.short();
        let set = if how & 1 == 0 {
            let rdata = [next.wire(), types].concat();
            set(owner, Rtype::NSEC, rdata)
        } else {
            let salt = types.get(..usize::from(how >> 6)).unwrap_or_default();
            hashed(&zone, [&owner, &next], how, [salt, types])
        };
        sets.extend(set);
    }
    names.truncate(RECORDS);
    ask(&zone, &sets, &names, rtype);
}

/// A name at or below `origin`, of few and short labels.
fn name(choices: &mut Choices<'_>, origin: &Name) -> Name {
    let mut name = origin.clone();
    for _ in 0..choices.u8() & 3 {
        let labels: [&[u8]; 4] = [b"a", b"b", b"*", b"\x00\xff"];
        let label = *choices.one_of(&labels);
        name = name.child(label).unwrap_or(name);
    }
    name
}

fn set(owner: Name, rtype: Rtype, rdata: Vec<u8>) -> Option<Rrset> {
    Rrset::new(owner, rtype, Ttl::new(300), vec![rdata.into()])
}

/// An NSEC3 record from the hash of one name, or one before it, to that of another.
fn hashed(zone: &Name, [owner, next]: [&Name; 2], how: u8, parts: [&[u8]; 2]) -> Option<Rrset> {
    let [salt, types] = parts;
    let iterations = if how & 32 == 0 { 0 } else { 150 };
    let [owner, next] = [owner, next].map(|name| nsec3_hash(name, salt, iterations));
    let moved = |mut hash: [u8; 20], bit: u8, by: u8| {
        if how & bit != 0
            && let Some(last) = hash.last_mut()
        {
            *last = last.wrapping_add(by);
        }
        hash
    };
    let (owner, next) = (moved(owner, 2, 255), moved(next, 4, 1));
    let label = base32(&owner);
    let mut rdata = vec![1, how >> 4 & 1];
    rdata.extend(iterations.to_be_bytes());
    for part in [salt, &next] {
        rdata.push(u8::try_from(part.len()).unwrap_or_default());
        rdata.extend_from_slice(part);
    }
    rdata.extend_from_slice(types);
    set(zone.child(&label)?, Rtype::NSEC3, rdata)
}

/// Base 32 with the extended hex alphabet (RFC 4648 §7).
fn base32(hash: &[u8; 20]) -> Vec<u8> {
    let mut digits = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for octet in hash {
        bits = bits << 8 | u32::from(*octet);
        count += 8;
        while count >= 5 {
            count -= 5;
            let place = usize::try_from(bits >> count & 31).unwrap_or_default();
            digits.extend(b"0123456789abcdefghijklmnopqrstuv".get(place));
        }
    }
    digits
}

fn ask(zone: &Name, sets: &[Rrset], names: &[Name], rtype: Rtype) {
    let mut denials = Denials::new(zone.clone());
    for set in sets {
        denials.add(set);
    }
    let is_there = |owner: &Name| sets.iter().any(|set| set.owner == *owner);
    for name in names {
        for name in name.wildcard().iter().chain([name]) {
            let name_error = denials.name_error(name);
            let no_data = denials.no_data(name, rtype);
            let no_ds = denials.no_ds(name);
            let expansions = (0..4).map(|labels| denials.wildcard_expansion(name, labels));
            for proof in [&name_error, &no_data]
                .into_iter()
                .chain(&expansions.collect::<Vec<_>>())
            {
                rests_on(proof, &is_there);
            }
            rests_on(&no_ds, &is_there);
            let shows = matches!(name_error.what, Proof::Proven);
            assert!(
                !shows || !name_error.by.is_empty(),
                "{name} denied by nothing"
            );
            let shows = matches!(
                no_ds.what,
                NoDs::Insecure | NoDs::InsecureOptOut | NoDs::NotACut
            );
            assert!(!shows || !no_ds.by.is_empty(), "{name} unsigned by nothing");
            assert!(!shows || name.is_below(zone));
            assert!(!denials.shows_no_cut(name) || name.is_at_or_below(zone));
            assert!(!denials.is_empty() || name_error.what == Proof::Missing);
        }
    }
}

/// A conclusion names records that were given.
fn rests_on<T: Debug>(conclusion: &Conclusion<T>, is_there: &dyn Fn(&Name) -> bool) {
    assert!(conclusion.by.iter().all(is_there), "{conclusion:?}");
}
