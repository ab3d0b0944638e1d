//! Answers that say no, and answers out of wildcards (RFC 4035 §5.4, RFC 5155 §8).

use super::super::testing::*;
use crate::message::Rtype;

const NOPE: &str = "nope.example.com.";
const APEX: [Rtype; 4] = [Rtype::NS, Rtype::SOA, Rtype::RRSIG, Rtype::NSEC];
const HOST: [Rtype; 3] = [Rtype::A, Rtype::RRSIG, Rtype::NSEC];

/// The final word on a response where all three zones are known.
fn word(response: &Response) -> String {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let frame = tap.sees(response);
    tap.ends();
    tap.word(frame)
}

fn example() -> Zone {
    zones()[2].clone()
}

/// NXDOMAIN with these proofs.
fn no_name(proofs: Vec<Records>) -> Response {
    example().denies(NOPE, Rtype::A, proofs).nxdomain()
}

#[test]
fn a_name_error_needs_name_and_wildcard_denied() {
    let zone = example();
    let covers_both = zone.nsec("example.com.", "www.example.com.", &APEX);
    assert_eq!(word(&no_name(vec![covers_both])), "secure");
    let name_only = zone.nsec("m.example.com.", "www.example.com.", &HOST);
    let invalid = "bogus denial_invalid example.com.";
    assert_eq!(word(&no_name(vec![name_only])), invalid);
    let matching = zone.nsec(NOPE, "www.example.com.", &HOST);
    assert_eq!(word(&no_name(vec![matching])), invalid);
    let missing = "bogus denial_missing example.com.";
    assert_eq!(word(&no_name(Vec::new())), missing);
}

#[test]
fn a_denial_that_fails_is_bogus() {
    let zone = example();
    let spoilt = Records::nsec("example.com.", "www.example.com.", &APEX);
    let spoilt = spoilt.signed_with(zone.sig().spoilt());
    assert_eq!(
        word(&no_name(vec![spoilt])),
        "bogus signature_invalid example.com."
    );
}

/// A delegation from `example.com.`, its zone, and a sensor that knows of it.
fn delegated(is_signed: bool) -> (Zone, Tap) {
    let [root, com, example] = zones();
    let child = Zone::new("m.example.com.");
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let referral = if is_signed {
        example.refers_to(&child)
    } else {
        example.refers_to_unsigned(&child)
    };
    tap.sees(&referral);
    (child, tap)
}

#[test]
fn a_denial_at_a_delegation_is_held_to_the_zone_above_it() {
    let zone = example();
    let types = [Rtype::NS, Rtype::RRSIG, Rtype::NSEC];
    let bare = Records::nsec("m.example.com.", "www.example.com.", &types);
    let table = [
        (zone.sig().spoilt(), "bogus signature_invalid example.com."),
        (
            zone.sig().algorithm(200),
            "bogus signature_missing example.com.",
        ),
    ];
    for (sig, expected) in table {
        for is_signed in [true, false] {
            let (_, mut tap) = delegated(is_signed);
            let apex = zone.nsec("example.com.", "a.example.com.", &APEX);
            let proofs = vec![apex, bare.clone().signed_with(sig.clone())];
            let frame = tap.sees(&no_name(proofs));
            tap.ends();
            assert_eq!(tap.word(frame), expected, "DS at the cut: {is_signed}");
        }
    }
}

#[test]
fn what_lies_below_an_unsigned_delegation_excuses_no_bad_denial() {
    let zone = example();
    for owner in ["x.m.example.com.", "m.example.com."] {
        for records in [
            Records::nsec(owner, "www.example.com.", &HOST),
            Records::a(owner),
        ] {
            let (_, mut tap) = delegated(false);
            let stray = records.signed_with(zone.sig().spoilt());
            let word = tap.judges(&no_name(vec![stray]));
            assert!(word.starts_with("bogus "), "{owner} {word}");
        }
    }
}

#[test]
fn what_lies_in_a_signed_zone_below_excuses_no_bad_denial() {
    let zone = example();
    for records in [
        Records::nsec("x.m.example.com.", "www.example.com.", &HOST),
        Records::a("x.m.example.com."),
    ] {
        let (_, mut tap) = delegated(true);
        let stray = records.signed_with(zone.sig().algorithm(200));
        let frame = tap.sees(&no_name(vec![stray]));
        tap.ends();
        assert_eq!(tap.word(frame), "bogus denial_missing example.com.");
    }
}

#[test]
fn a_set_of_another_zone_that_fails_beside_a_denial_accuses_the_signer_it_names() {
    let zone = example();
    for records in [
        Records::nsec("x.m.example.com.", "www.example.com.", &HOST),
        Records::a("x.m.example.com."),
    ] {
        let (_, mut tap) = delegated(true);
        let stray = records.signed_with(zone.sig().spoilt());
        let apex = zone.nsec("example.com.", "www.example.com.", &APEX);
        let frame = tap.sees(&no_name(vec![apex, stray]));
        tap.ends();
        assert_eq!(tap.word(frame), "bogus signer_mismatch example.com.");
    }
}

#[test]
fn what_an_unsigned_zone_says_of_itself_stays_insecure() {
    let (child, mut tap) = delegated(false);
    let apex = child.nsec("m.example.com.", "www.m.example.com.", &APEX);
    for name in ["m.example.com.", "nope.m.example.com."] {
        let response = child.denies(name, Rtype::TXT, vec![apex.clone()]);
        assert_eq!(tap.judges(&response), "insecure no_ds m.example.com.");
    }
}

#[test]
fn a_denial_made_from_a_wildcard_proves_nothing() {
    let zone = example();
    let wild = Records::nsec("*.l.example.com.", "www.example.com.", &HOST);
    let expanded = wild.signed(&zone).at("m.l.example.com.");
    let apex = zone.nsec("example.com.", "a.example.com.", &APEX);
    let as_it_is = zone.nsec("m.l.example.com.", "www.example.com.", &HOST);
    assert_eq!(word(&no_name(vec![apex.clone(), as_it_is])), "secure");
    assert_eq!(
        word(&no_name(vec![apex, expanded])),
        "bogus denial_invalid example.com."
    );
}

#[test]
fn a_missing_proof_is_only_unseen_without_certainty() {
    let bare = no_name(Vec::new());
    let unseen = "indeterminate zone_cut_unseen example.com.";
    for response in [
        bare.clone().without_do(),
        bare.clone().referral().from("203.0.113.9"),
        bare.clone().from("203.0.113.9"),
        bare.at(HOUR + 1),
    ] {
        assert_eq!(word(&response), unseen);
    }
}

#[test]
fn a_verified_proof_of_something_else_contradicts_whoever_hands_it_out() {
    let zone = example();
    let apex = zone.nsec("example.com.", "a.example.com.", &APEX);
    let elsewhere = zone.denies("www.example.com.", Rtype::TXT, vec![apex]);
    let invalid = "bogus denial_invalid example.com.";
    assert_eq!(word(&elsewhere), invalid);
    assert_eq!(word(&elsewhere.clone().downstream()), invalid);
    assert_eq!(word(&elsewhere.at(HOUR + 1)), invalid);
}

#[test]
fn a_bare_negative_answer_is_held_against_a_zone_that_shows_itself() {
    let zone = example();
    let bare = ask(NOPE, Rtype::A).from(&zone.server).nxdomain();
    let shown = bare.clone().authority(zone.soa().unsigned());
    assert_eq!(word(&shown), "bogus signature_missing example.com.");
    assert_eq!(word(&bare), "indeterminate zone_cut_unseen example.com.");
    let apex = ask("example.com.", Rtype::TXT).from(&zone.server);
    assert_eq!(word(&apex), "bogus denial_missing example.com.");
}

#[test]
fn no_data_needs_the_type_and_cname_absent() {
    let zone = example();
    let at = "www.example.com.";
    let invalid = "bogus denial_invalid example.com.";
    for (types, expected) in [
        (&[Rtype::A, Rtype::NSEC][..], "secure"),
        (&[Rtype::A, Rtype::TXT, Rtype::NSEC], invalid),
        (&[Rtype::CNAME, Rtype::NSEC], invalid),
        // It shows a delegation without DS.
        (&[Rtype::NS, Rtype::NSEC], "insecure no_ds www.example.com."),
        (&[Rtype::NS, Rtype::DS, Rtype::NSEC], invalid),
    ] {
        let proof = zone.nsec(at, "x.example.com.", types);
        let response = zone.denies(at, Rtype::TXT, vec![proof]);
        assert_eq!(word(&response), expected, "{types:?}");
    }
}

#[test]
fn compact_denial_is_taken() {
    let zone = example();
    let types = [Rtype::RRSIG, Rtype::NSEC, Rtype::NXNAME];
    let proof = zone.nsec(NOPE, r"\000.nope.example.com.", &types);
    assert_eq!(
        word(&zone.denies(NOPE, Rtype::A, vec![proof.clone()])),
        "secure"
    );
    assert_eq!(word(&no_name(vec![proof])), "secure");
}

/// NXDOMAIN by NSEC3, where the apex is the closest encloser.
fn by_hashes(
    iterations: u16,
    is_opt_out: bool,
    sign: impl Fn(&Zone, Records) -> Records,
) -> Response {
    let zone = example();
    let bare =
        |over: &str| zone.bare_nsec3_around(("example.com.", &APEX), over, iterations, is_opt_out);
    let [apex, next_closer] = bare(NOPE);
    let [_, wildcard] = bare("*.example.com.");
    let proofs = [apex, next_closer, wildcard].map(|records| sign(&zone, records));
    no_name(proofs.to_vec())
}

#[test]
fn hashed_denial_is_taken() {
    let signed = |zone: &Zone, records: Records| records.signed(zone);
    assert_eq!(word(&by_hashes(0, false, signed)), "secure");
    assert_eq!(word(&by_hashes(150, false, signed)), "secure");
}

#[test]
fn what_rests_on_an_opt_out_span_is_insecure() {
    let signed = |zone: &Zone, records: Records| records.signed(zone);
    assert_eq!(
        word(&by_hashes(1, true, signed)),
        "insecure no_ds example.com."
    );
}

#[test]
fn too_many_iterations_make_insecure_only_where_the_signature_verifies() {
    let signed = |zone: &Zone, records: Records| records.signed(zone);
    let insecure = "insecure nsec3_iterations example.com.";
    assert_eq!(word(&by_hashes(151, false, signed)), insecure);
    let spoilt = |zone: &Zone, records: Records| records.signed_with(zone.sig().spoilt());
    let invalid = "bogus signature_invalid example.com.";
    assert_eq!(word(&by_hashes(151, false, spoilt)), invalid);
    let unsigned = |_: &Zone, records: Records| records;
    assert!(!word(&by_hashes(151, false, unsigned)).starts_with("insecure"));
}

#[test]
fn a_wildcard_answer_needs_the_proof_that_the_name_does_not_exist() {
    let zone = example();
    let wild = Records::a("*.example.com.").signed(&zone).at(NOPE);
    let bare = zone.says(wild);
    let proof = zone.nsec("example.com.", "www.example.com.", &APEX);
    assert_eq!(word(&bare.clone().authority(proof)), "secure");
    assert_eq!(word(&bare), "bogus denial_missing example.com.");
    let elsewhere = zone.nsec("p.example.com.", "www.example.com.", &HOST);
    let word_of = word(&bare.clone().authority(elsewhere));
    assert_eq!(word_of, "bogus denial_invalid example.com.");
    let exists = zone.nsec(NOPE, "www.example.com.", &HOST);
    let word_of = word(&bare.authority(exists));
    assert_eq!(word_of, "bogus denial_invalid example.com.");
}

#[test]
fn a_wildcard_asked_for_by_name_needs_no_proof() {
    let zone = example();
    assert_eq!(word(&zone.gives("*.example.com.")), "secure");
}

#[test]
fn a_denial_from_above_a_cut_does_not_deny_below_it() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let above = com.no_ds(&Zone::new("other.com."));
    let response = com
        .denies("www.other.com.", Rtype::A, vec![above])
        .nxdomain();
    let word = tap.judges(&response);
    assert_ne!(word, "secure");
}

#[test]
fn what_is_denied_behind_an_alias_is_held_to_its_proof_where_nobody_asks_again() {
    let zone = example();
    let alias = Records::cname("www.example.com.", NOPE).signed(&zone);
    let proof = zone.nsec("example.com.", "www.example.com.", &APEX);
    let response = no_name(vec![proof]).answer(alias.clone());
    let response = response.asking("www.example.com.", Rtype::A);
    assert_eq!(word(&response), "secure");
    let bare = no_name(Vec::new()).answer(alias);
    let bare = bare.asking("www.example.com.", Rtype::A);
    assert_eq!(word(&bare), "secure", "resolvers ask for the target");
    assert_eq!(
        word(&bare.downstream()),
        "bogus denial_missing example.com."
    );
}
