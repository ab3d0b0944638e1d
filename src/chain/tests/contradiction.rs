//! Denials that contradict data of their zone, each verifying by itself.

use super::super::testing::*;
use crate::message::Rtype;

const WILDCARD: [Rtype; 3] = [Rtype::TXT, Rtype::RRSIG, Rtype::NSEC];
const HOST: [Rtype; 3] = [Rtype::A, Rtype::RRSIG, Rtype::NSEC];

/// `x.example.com.` A out of the wildcard, with the proof that it does not exist itself.
fn address(zone: &Zone, sig: &Sig) -> Response {
    let wildcard = Records::a("*.example.com.").signed_with(sig.clone());
    let proof = Records::nsec("ns.example.com.", "example.com.", &HOST);
    ask("x.example.com.", Rtype::A)
        .from(&zone.server)
        .answer(wildcard.at("x.example.com."))
        .authority(proof.signed_with(zone.sig()))
}

/// No data of another type at the wildcard, whose bitmap lacks A too.
fn other_type(zone: &Zone, rtype: Rtype, sig: &Sig) -> Response {
    denial(zone, rtype, sig, &WILDCARD)
}

fn denial(zone: &Zone, rtype: Rtype, sig: &Sig, types: &[Rtype]) -> Response {
    let name = zone.nsec("ns.example.com.", "example.com.", &HOST);
    let wildcard = Records::nsec("*.example.com.", "mail.example.com.", types);
    let proofs = vec![name, wildcard.signed_with(sig.clone())];
    zone.denies("x.example.com.", rtype, proofs)
}

fn story() -> (Zone, Tap) {
    let [root, com, example] = zones();
    let tap = Tap::knowing(&[&root, &com, &example]);
    (example, tap)
}

fn told(tap: &Tap) -> Vec<String> {
    let word = |found: &crate::chain::Contradiction| {
        let about = &found.about;
        let over = if found.is_over { " over" } else { "" };
        let (source, rtype) = (&about.source, about.rtype);
        format!("{source} {rtype} by {}{over}", about.denial)
    };
    tap.contradictions.iter().map(word).collect()
}

#[test]
fn what_one_run_signed_and_one_server_serves_contradicts_itself() {
    let (zone, mut tap) = story();
    let sig = zone.sig();
    tap.sees(&address(&zone, &sig).at(10));
    tap.sees(&other_type(&zone, Rtype::AAAA, &sig).at(11));
    assert_eq!(
        told(&tap),
        Vec::<String>::new(),
        "one change may lie between"
    );
    tap.sees(&address(&zone, &sig).at(20));
    assert_eq!(told(&tap), ["*.example.com. A by *.example.com."]);
    // Signed anew, with the type.
    let newer = zone.sig().valid(30, DAY);
    let mended = denial(&zone, Rtype::AAAA, &newer, &[Rtype::A, Rtype::TXT]);
    tap.sees(&mended.at(40));
    assert!(told(&tap)[1].ends_with("over"), "{:?}", told(&tap));
    tap.sees(&other_type(&zone, Rtype::AAAA, &sig).at(41));
    tap.sees(&address(&zone, &newer).at(42));
    tap.sees(&other_type(&zone, Rtype::AAAA, &sig).at(43));
    assert_eq!(told(&tap).len(), 2, "a late sight of what is mended");
}

#[test]
fn a_zone_that_changed_between_two_answers_contradicts_nothing() {
    let (zone, _) = story();
    let (old, new) = (zone.sig(), zone.sig().valid(5, DAY));
    let round = zone.sig().valid(-EPOCH % 86_400, DAY);
    // (what, signature of the data, of the denial, second resolver, the denial answers for A)
    let table = [
        ("removed, and a server lags", &old, &new, false, false),
        ("added, and a server lags", &new, &old, false, false),
        ("round times", &round, &round, false, false),
        ("two views", &old, &old, true, false),
        ("asked for itself", &old, &old, false, true),
    ];
    for (what, data, against, is_other_view, is_direct) in table {
        let (zone, mut tap) = story();
        for turn in 0..20 {
            let at = 100 + turn * 3;
            tap.sees(&address(&zone, data).at(at));
            let rtype = if is_direct { Rtype::A } else { Rtype::AAAA };
            let mut other = other_type(&zone, rtype, against).at(at + 1);
            if is_other_view {
                other = other.of_resolver("192.0.2.54");
            }
            tap.sees(&other);
        }
        assert_eq!(told(&tap), Vec::<String>::new(), "{what}");
        assert!(tap.words().iter().all(|word| word == "secure"), "{what}");
    }
}

#[test]
fn a_signer_that_signs_as_it_answers_is_told_when_it_lasts() {
    let (zone, mut tap) = story();
    for turn in 0..8 {
        let at = 100 + turn * 120;
        let sig = |at| zone.sig().valid(at - 60, at + DAY);
        tap.sees(&address(&zone, &sig(at)).at(at));
        tap.sees(&other_type(&zone, Rtype::AAAA, &sig(at + 1)).at(at + 1));
        assert!(turn > 4 || told(&tap).is_empty(), "after {turn} turns");
    }
    assert!(!told(&tap).is_empty());
}

#[test]
fn a_host_that_comes_and_goes_is_no_contradiction() {
    let (zone, mut tap) = story();
    for day in 0..20 {
        let at = 100 + day * HOUR;
        let sig = |at| zone.sig().valid(at - 60, at + DAY);
        tap.sees(&address(&zone, &sig(at)).at(at));
        let gone = at + HOUR / 2;
        tap.sees(&other_type(&zone, Rtype::AAAA, &sig(gone)).at(gone));
    }
    assert_eq!(told(&tap), Vec::<String>::new());
}

/// Data and what denies it in one response.
fn whole(zone: &Zone, sig: &Sig) -> Response {
    let wildcard = Records::nsec("*.example.com.", "mail.example.com.", &WILDCARD);
    address(zone, sig).authority(wildcard.signed_with(sig.clone()))
}

#[test]
fn both_sides_in_one_response_are_told_when_it_is_seen_again() {
    // Round times tell nothing of runs.
    let round = |zone: &Zone| zone.sig().valid(-EPOCH % 86_400, DAY);
    let (zone, mut tap) = story();
    let answer = whole(&zone, &round(&zone));
    tap.sees(&answer.clone().at(100));
    tap.sees(&answer.clone().at(159));
    assert_eq!(told(&tap), Vec::<String>::new(), "within one minute");
    tap.sees(&answer.at(160));
    assert_eq!(told(&tap), ["*.example.com. A by *.example.com."]);
    assert!(tap.words().iter().all(|word| word == "secure"));
    // Once, and the zone is in order after that.
    let (zone, mut tap) = story();
    tap.sees(&whole(&zone, &round(&zone)).at(100));
    for turn in 1..10 {
        tap.sees(&address(&zone, &round(&zone)).at(100 + turn * 60));
    }
    assert_eq!(told(&tap), Vec::<String>::new());
}

/// The NSEC3 records of the apex, over `x.example.com.`, and of the wildcard with these types.
fn hashed(zone: &Zone, sig: &Sig, types: &[Rtype]) -> [Records; 3] {
    let apex = ("example.com.", &[Rtype::SOA, Rtype::NS, Rtype::RRSIG][..]);
    let around = |at| zone.bare_nsec3_around(at, "x.example.com.", 0, false);
    let [apex, over] = around(apex).map(|set| set.signed(zone));
    let [wildcard, _] = around(("*.example.com.", types));
    [apex, over, wildcard.signed_with(sig.clone())]
}

#[test]
fn a_denial_by_hashed_names_contradicts_too() {
    const TXT: [Rtype; 2] = [Rtype::TXT, Rtype::RRSIG];
    let (zone, mut tap) = story();
    let sig = zone.sig();
    let wildcard = || Records::a("*.example.com.").signed_with(sig.clone());
    let given = || {
        let [_, over, _] = hashed(&zone, &sig, &TXT);
        ask("x.example.com.", Rtype::A)
            .from(&zone.server)
            .answer(wildcard().at("x.example.com."))
            .authority(over)
    };
    let denied = |sig: &Sig, types: &[Rtype]| {
        let proofs = hashed(&zone, sig, types).to_vec();
        zone.denies("x.example.com.", Rtype::AAAA, proofs)
    };
    tap.sees(&given().at(10));
    tap.sees(&denied(&sig, &TXT).at(11));
    assert_eq!(told(&tap), Vec::<String>::new());
    tap.sees(&given().at(20));
    let owner = &hashed(&zone, &sig, &TXT)[2].owner;
    assert_eq!(told(&tap), [format!("*.example.com. A by {owner}")]);
    let newer = zone.sig().valid(30, DAY);
    tap.sees(&denied(&newer, &[Rtype::A, Rtype::TXT]).at(40));
    assert!(told(&tap)[1].ends_with("over"), "{:?}", told(&tap));
    assert!(
        tap.words().iter().all(|word| word == "secure"),
        "{:?}",
        tap.words()
    );
}

#[test]
fn hashed_names_that_are_denied_rightly_contradict_nothing() {
    let (zone, mut tap) = story();
    let sig = zone.sig();
    let types = [Rtype::A, Rtype::TXT, Rtype::RRSIG];
    for turn in 0..20 {
        let [_, over, _] = hashed(&zone, &sig, &types);
        let wildcard = Records::a("*.example.com.").signed_with(sig.clone());
        let given = ask("x.example.com.", Rtype::A)
            .from(&zone.server)
            .answer(wildcard.at("x.example.com."))
            .authority(over);
        tap.sees(&given.at(100 + turn * 60));
        let proofs = hashed(&zone, &sig, &types).to_vec();
        let denied = zone.denies("x.example.com.", Rtype::AAAA, proofs);
        tap.sees(&denied.at(101 + turn * 60));
    }
    assert_eq!(told(&tap), Vec::<String>::new());
    assert!(
        tap.words().iter().all(|word| word == "secure"),
        "{:?}",
        tap.words()
    );
}
