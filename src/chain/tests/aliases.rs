//! Alias chains, link by link (RFC 1034 §4.3.2, RFC 6672).

use super::super::testing::*;
use crate::message::Rtype;

const WWW: &str = "www.example.com.";

/// A tap that knows the zones of most stories and `other.com.`.
fn tap() -> (Tap, Zone, Zone) {
    let [root, com, example] = zones();
    let other = Zone::new("other.com.");
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&com.refers_to(&other));
    tap.sees(&other.gives_keys());
    (tap, example, other)
}

/// The final word on an answer of `zone`'s server with these records for `www.example.com. A`.
fn word(tap: &mut Tap, zone: &Zone, is_downstream: bool, answer: &[Records]) -> String {
    let question = ask(WWW, Rtype::A).from(&zone.server);
    let response = answer.iter().cloned().fold(question, Response::answer);
    let frame = tap.sees(&if is_downstream {
        response.downstream()
    } else {
        response
    });
    tap.ends();
    tap.word(frame)
}

#[test]
fn a_resolvers_chain_is_judged_link_by_link_across_zones() {
    let (mut tap, example, other) = tap();
    let alias = Records::cname(WWW, "www.other.com.").signed(&example);
    let end = Records::a("www.other.com.").signed(&other);
    assert_eq!(
        word(&mut tap, &example, true, &[alias.clone(), end]),
        "secure"
    );
    let forged = Records::a("www.other.com.").signed_with(other.sig().spoilt());
    let invalid = "bogus signature_invalid other.com.";
    assert_eq!(word(&mut tap, &example, true, &[alias, forged]), invalid);
    let alias = Records::cname(WWW, "www.other.com.").signed_with(example.sig().spoilt());
    let end = Records::a("www.other.com.").signed(&other);
    let invalid = "bogus signature_invalid example.com.";
    assert_eq!(word(&mut tap, &example, true, &[alias, end]), invalid);
}

#[test]
fn links_outside_the_zone_that_was_asked_are_never_bogus_upstream() {
    let (mut tap, example, other) = tap();
    let alias = Records::cname(WWW, "www.other.com.").signed(&example);
    let spoilt = Records::a("www.other.com.").signed_with(other.sig().spoilt());
    assert_eq!(word(&mut tap, &example, false, &[alias, spoilt]), "secure");
}

#[test]
fn links_within_the_zone_that_was_asked_are_judged_upstream() {
    let (mut tap, example, _) = tap();
    let alias = Records::cname(WWW, "host.example.com.").signed(&example);
    let end = Records::a("host.example.com.").signed(&example);
    assert_eq!(
        word(&mut tap, &example, false, &[alias.clone(), end]),
        "secure"
    );
    let spoilt = Records::a("host.example.com.").signed_with(example.sig().spoilt());
    let invalid = "bogus signature_invalid example.com.";
    assert_eq!(word(&mut tap, &example, false, &[alias, spoilt]), invalid);
}

#[test]
fn nobody_widens_what_his_server_may_say_by_claiming_a_signer() {
    let [root, com, victim] = zones();
    let evil = Zone::new("evil.com.");
    let mut tap = Tap::knowing(&[&root, &com, &victim]);
    let spoilt = Records::a(WWW).signed_with(victim.sig().spoilt());
    let aliases = [
        Records::cname("www.evil.com.", WWW),
        Records::cname("www.evil.com.", WWW).signed_with(com.sig().by(&Key::new(ZSK, "none"))),
        Records::cname("www.evil.com.", WWW).signed(&evil),
    ];
    for alias in aliases {
        let answer = ask("www.evil.com.", Rtype::A).from("203.0.113.1");
        tap.sees(&answer.answer(alias).answer(spoilt.clone()));
    }
    tap.ends();
    for word in tap.words() {
        assert!(!word.ends_with("invalid example.com."), "{word}");
    }
}

#[test]
fn a_cname_made_from_a_dname_needs_no_signature_but_must_be_right() {
    let (mut tap, example, _) = tap();
    let dname = Records::dname("example.com.", "host.example.com.");
    let dname = dname.at("sub.example.com.").signed(&example);
    let question = ask("www.sub.example.com.", Rtype::A).from(&example.server);
    let right = Records::cname("www.sub.example.com.", "www.host.example.com.");
    let wrong = Records::cname("www.sub.example.com.", "evil.host.example.com.");
    let end = |owner: &str| Records::a(owner).signed(&example);
    let answer = |alias: Records, target: &str| {
        let answer = question.clone().answer(dname.clone()).answer(alias);
        answer.answer(end(target)).authority(example.ns())
    };
    let word = tap.judges(&answer(right, "www.host.example.com."));
    assert_eq!(word, "secure");
    let frame = tap.sees(&answer(wrong.clone(), "evil.host.example.com."));
    tap.ends();
    assert_ne!(tap.word(frame), "secure");
    // A CNAME that the zone signed itself may lead elsewhere.
    let signed = wrong.signed(&example);
    let word = tap.judges(&answer(signed, "evil.host.example.com."));
    assert_eq!(word, "secure");
}

#[test]
fn a_wrong_cname_beside_a_dname_is_missing_its_signature() {
    let (mut tap, example, _) = tap();
    let host = Records::a("www.sub.example.com.").signed(&example);
    tap.sees(&example.says(host));
    let dname = Records::dname("sub.example.com.", "host.example.com.").signed(&example);
    let wrong = Records::cname("www.sub.example.com.", "evil.host.example.com.");
    let answer = ask("www.sub.example.com.", Rtype::A).from(&example.server);
    let word = tap.judges(&answer.answer(dname).answer(wrong));
    assert_eq!(word, "bogus signature_missing example.com.");
}

#[test]
fn a_dname_itself_must_be_signed() {
    let (mut tap, example, _) = tap();
    let dname = Records::dname("sub.example.com.", "host.example.com.");
    let spoilt = dname.signed_with(example.sig().spoilt());
    let alias = Records::cname("www.sub.example.com.", "www.host.example.com.");
    let answer = ask("www.sub.example.com.", Rtype::A).from(&example.server);
    let word = tap.judges(&answer.answer(spoilt).answer(alias));
    assert_eq!(word, "bogus signature_invalid example.com.");
}

#[test]
fn a_loop_ends() {
    let (mut tap, example, _) = tap();
    let there = Records::cname(WWW, "ftp.example.com.").signed(&example);
    let back = Records::cname("ftp.example.com.", WWW).signed(&example);
    let word = word(&mut tap, &example, false, &[there, back]);
    assert_eq!(word, "indeterminate budget");
}

#[test]
fn an_alias_without_its_end_is_judged_by_itself() {
    let (mut tap, example, _) = tap();
    let alias = Records::cname(WWW, "host.example.com.").signed(&example);
    assert_eq!(word(&mut tap, &example, false, &[alias]), "secure");
}

#[test]
fn unrelated_records_in_authority_accuse_nobody() {
    let (mut tap, example, other) = tap();
    let com = Zone::new("com.");
    let foreign = [
        other.nsec("a.other.com.", "b.other.com.", &[Rtype::A]),
        Records::nsec("a.other.com.", "b.other.com.", &[Rtype::A])
            .signed_with(other.sig().spoilt()),
        Records::nsec("a.com.", "b.com.", &[Rtype::A]).signed_with(com.sig().spoilt()),
        Records::a("x.com.").signed_with(com.sig().spoilt()),
        Records::new("com.", Rtype::SOA, vec![vec![0; 22]]).signed_with(com.sig().spoilt()),
        Records::a("x.other.com."),
    ];
    let wild = Records::a("*.example.com.").signed(&example).at(WWW);
    let proof = example.nsec("example.com.", "x.example.com.", &[Rtype::NS, Rtype::SOA]);
    let types = [Rtype::A, Rtype::RRSIG, Rtype::NSEC];
    let no_data = example.nsec(WWW, "x.example.com.", &types);
    for records in foreign {
        let answer = example.gives(WWW).authority(records.clone());
        assert_eq!(
            tap.judges(&answer),
            "secure",
            "{} {}",
            records.owner,
            records.rtype
        );
        let answer = example.says(wild.clone()).authority(proof.clone());
        let word = tap.judges(&answer.authority(records.clone()));
        assert_eq!(word, "secure", "{} {}", records.owner, records.rtype);
        let denial = ask(WWW, Rtype::TXT)
            .from(&example.server)
            .authority(records.clone());
        let denial = denial.authority(example.soa()).authority(no_data.clone());
        let word = tap.judges(&denial);
        assert_eq!(word, "secure", "{} {}", records.owner, records.rtype);
    }
}

#[test]
fn a_bad_set_of_the_zone_itself_in_authority_counts() {
    let (mut tap, example, _) = tap();
    let spoilt = Records::nsec("a.example.com.", "b.example.com.", &[Rtype::A]);
    let spoilt = spoilt.signed_with(example.sig().spoilt());
    let word = tap.judges(&example.gives(WWW).authority(spoilt));
    assert_eq!(word, "bogus signature_invalid example.com.");
}

#[test]
fn a_bad_ns_set_in_authority_never_counts() {
    let (mut tap, example, _) = tap();
    let spoilt = example.ns().signed_with(example.sig().spoilt());
    assert_eq!(tap.judges(&example.gives(WWW).authority(spoilt)), "secure");
}
