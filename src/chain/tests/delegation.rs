//! DS sets and proofs that there is none (RFC 4035 §5.2).

use super::super::testing::*;
use crate::message::Rtype;

const WWW: &str = "www.example.com.";

/// A zone before and after it went over to another key-signing key.
fn moved() -> ([Zone; 3], Zone) {
    let zones = zones();
    let mut new = zones[2].clone();
    new.ksk = vec![Key::new(KSK, "another")];
    (zones, new)
}

/// A referral with a DS set signed from this moment on.
fn since(parent: &Zone, child: &Zone, from: i64) -> Response {
    let sig = parent.sig().valid(from, 30 * DAY);
    parent.refers_with(child, vec![child.bare_ds().signed_with(sig)])
}

fn unsigned_since(parent: &Zone, child: &Zone, from: i64) -> Response {
    let mut proof = parent.no_ds(child);
    proof = proof
        .unsigned()
        .signed_with(parent.sig().valid(from, 30 * DAY));
    parent.refers_with(child, vec![proof])
}

#[test]
fn an_older_ds_set_is_in_force_while_within_its_ttl() {
    let ([root, com, old], new) = moved();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&since(&com, &old, -HOUR));
    tap.sees(&since(&com, &new, 0).at(10));
    assert_eq!(tap.judges(&old.gives_keys().at(HOUR)), "secure");
    assert_eq!(tap.judges(&new.gives_keys().at(HOUR)), "secure");
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&since(&com, &old, -HOUR));
    tap.sees(&since(&com, &new, 0).at(10));
    tap.sees(&since(&com, &new, 0).at(HOUR + 1));
    let word = tap.judges(&old.gives_keys().at(HOUR + 1));
    assert_eq!(word, "bogus dnskey_missing example.com.");
}

#[test]
fn the_newest_ds_set_is_that_signed_last_not_that_seen_last() {
    let ([root, com, old], new) = moved();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&since(&com, &new, 0));
    // A server that lags behind.
    tap.sees(&since(&com, &old, -HOUR).at(10));
    let late = DAY;
    assert_eq!(tap.judges(&new.gives_keys().at(late)), "secure");
    let behind = tap.sees(&old.gives_keys().at(late));
    tap.ends();
    assert_eq!(tap.word(behind), "indeterminate keys_unseen example.com.");
}

#[test]
fn the_newest_ds_set_stays_in_force_past_its_ttl() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    assert_eq!(tap.judges(&example.gives_keys().at(10 * DAY)), "secure");
    let foreign = moved().1;
    let unnamed = tap.sees(&foreign.gives_keys().at(10 * DAY));
    tap.ends();
    assert_eq!(tap.word(unnamed), "indeterminate keys_unseen example.com.");
}

#[test]
fn a_ds_set_counts_until_its_signature_ends() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let sig = com.sig().valid(-HOUR, DAY);
    tap.sees(&com.refers_with(&example, vec![example.bare_ds().signed_with(sig)]));
    assert_eq!(tap.judges(&example.gives_keys().at(DAY)), "secure");
    let late = tap.sees(&example.gives_keys().at(DAY + 1));
    assert_eq!(tap.word(late), "waits");
    tap.sees(&com.refers_to(&example).at(DAY + 2));
    assert_eq!(tap.word(late), "secure");
}

#[test]
fn a_proof_of_no_ds_newer_than_the_ds_set_makes_insecure() {
    let [root, com, example] = zones();
    let unsigned = Records::a(WWW);
    for (from, expected) in [
        (0, "insecure no_ds example.com."),
        (-2 * HOUR, "bogus signature_missing example.com."),
    ] {
        let mut tap = Tap::knowing(&[&root, &com, &example]);
        tap.sees(&unsigned_since(&com, &example, from).at(10));
        let answer = example.says(unsigned.clone()).authority(example.ns());
        assert_eq!(tap.judges(&answer.at(20)), expected, "{from}");
    }
}

#[test]
fn a_ds_set_newer_than_the_proof_of_none_makes_secure() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let word = tap.judges(&unsigned_since(&com, &example, -HOUR));
    assert_eq!(
        word, "secure",
        "the proof is secure, what it is about is not"
    );
    let unsigned = example.says(Records::a(WWW)).authority(example.ns());
    assert_eq!(tap.judges(&unsigned), "insecure no_ds example.com.");
    tap.sees(&since(&com, &example, 0).at(10));
    tap.sees(&example.gives_keys().at(10));
    assert_eq!(tap.judges(&example.gives(WWW).at(20)), "secure");
}

#[test]
fn insecure_holds_while_the_proof_does() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let proof = com.no_ds(&example).unsigned();
    let proof = proof.signed_with(com.sig().valid(-HOUR, DAY));
    tap.sees(&com.refers_with(&example, vec![proof]));
    let unsigned = example.says(Records::a(WWW)).authority(example.ns());
    assert_eq!(
        tap.judges(&unsigned.clone().at(DAY)),
        "insecure no_ds example.com."
    );
    let late = tap.sees(&unsigned.at(DAY + 1));
    tap.ends();
    assert_eq!(tap.word(late), "indeterminate zone_cut_unseen com.");
}

#[test]
fn no_ds_shown_by_an_opt_out_span_is_insecure() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let types = [Rtype::NS, Rtype::SOA, Rtype::RRSIG];
    let [apex, rest] = com
        .bare_nsec3_around(("com.", &types), "example.com.", 1, true)
        .map(|records| records.signed(&com));
    let referral = com.refers_with(&example, vec![apex, rest]);
    assert_eq!(tap.judges(&referral), "insecure no_ds com.");
    assert!(
        tap.shown()
            .contains(&"example.com. no ds by opt-out".to_owned())
    );
    let unsigned = example.says(Records::a(WWW)).authority(example.ns());
    assert_eq!(tap.judges(&unsigned), "insecure no_ds example.com.");
}

#[test]
fn an_opt_out_span_over_the_owner_of_an_nsec3_excuses_no_bad_denial() {
    let [root, com, _] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let types = [Rtype::NS, Rtype::SOA, Rtype::RRSIG];
    let around = |name: &str| com.bare_nsec3_around(("com.", &types), name, 1, true);
    let [apex, rest] = around("nope.com.");
    // Resolvers in doubt ask for DS at the owners of what failed, NSEC3 records too.
    let owner = rest.owner.to_string();
    let proof = around(&owner).map(|records| records.signed(&com));
    let probe = com.denies(&owner, Rtype::DS, proof.to_vec());
    assert_eq!(tap.judges(&probe), "insecure no_ds com.");
    let spoilt = rest.signed_with(com.sig().spoilt());
    let denial = com.denies("nope.com.", Rtype::A, vec![apex.signed(&com), spoilt]);
    assert_eq!(
        tap.judges(&denial.nxdomain()),
        "bogus signature_invalid com."
    );
}

#[test]
fn a_name_said_not_to_exist_is_no_unsigned_cut_in_an_opt_out_span() {
    let [root, com, _] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let types = [Rtype::NS, Rtype::SOA, Rtype::RRSIG];
    let [apex, rest] = com.bare_nsec3_around(("com.", &types), "nope.com.", 1, true);
    let proof = [&apex, &rest].map(|records| records.clone().signed(&com));
    let probe = com.denies("nope.com.", Rtype::DS, proof.to_vec());
    tap.sees(&probe.nxdomain());
    let spoilt = rest.signed_with(com.sig().spoilt());
    let denial = com.denies("www.nope.com.", Rtype::A, vec![apex.signed(&com), spoilt]);
    assert_eq!(
        tap.judges(&denial.nxdomain()),
        "bogus signature_invalid com."
    );
}

#[test]
fn ds_sets_that_cannot_be_used_make_insecure() {
    let key = &zones()[2].ksk[0];
    let apex = name("example.com.");
    let with = |algorithm: u8, digest_type: u8| {
        let mut ds = key.ds(&apex, 2);
        ds[2] = algorithm;
        ds[3] = digest_type;
        ds
    };
    let table = [
        (
            vec![with(200, 2)],
            "insecure unsupported_algorithm example.com.",
        ),
        (
            vec![with(15, 200)],
            "insecure unsupported_digest example.com.",
        ),
        (
            vec![with(15, 200), with(200, 2)],
            "insecure unsupported_digest example.com.",
        ),
    ];
    for (records, expected) in table {
        let [root, com, example] = zones();
        let mut tap = Tap::knowing(&[&root, &com]);
        let ds = example.bare_ds().but_with(records).signed(&com);
        assert_eq!(tap.judges(&com.refers_with(&example, vec![ds])), "secure");
        assert_eq!(tap.judges(&example.gives_keys()), expected);
        let unsigned = example.says(Records::a(WWW)).authority(example.ns());
        assert_eq!(tap.judges(&unsigned), expected);
    }
}

#[test]
fn a_ds_record_that_can_be_used_counts_beside_those_that_cannot() {
    let [root, com, example] = zones();
    let (key, apex) = (&example.ksk[0], &example.apex);
    let (mut algorithm, mut digest) = (key.ds(apex, 2), key.ds(apex, 2));
    algorithm[2] = 200;
    digest[3] = 200;
    let mut tap = Tap::knowing(&[&root, &com]);
    let ds = example
        .bare_ds()
        .but_with(vec![algorithm, digest, key.ds(apex, 2)]);
    tap.sees(&com.refers_with(&example, vec![ds.signed(&com)]));
    assert_eq!(tap.judges(&example.gives_keys()), "secure");
}

#[test]
fn sha_1_counts_alone_but_not_beside_sha_256() {
    let [root, com, example] = zones();
    let sha_1 = example.ksk[0].ds(&example.apex, 1);
    let mut stale = Key::new(KSK, "gone").ds(&example.apex, 2);
    let mut foreign = stale.clone();
    foreign[2] = 200;
    stale[4] ^= 1;
    for (records, expected) in [
        (vec![sha_1.clone()], "secure"),
        (vec![sha_1.clone(), foreign], "secure"),
        (vec![sha_1, stale], "bogus dnskey_missing example.com."),
    ] {
        let mut tap = Tap::knowing(&[&root, &com]);
        let ds = example.bare_ds().but_with(records).signed(&com);
        tap.sees(&com.refers_with(&example, vec![ds]));
        assert_eq!(tap.judges(&example.gives_keys()), expected);
    }
}

#[test]
fn a_key_that_the_library_does_not_take_makes_insecure() {
    let [root, com, _] = zones();
    // RSA with 512 bits, which RFC 3110 allows and ring does not.
    let weak = [&[1, 3][..], &[0xff; 64]].concat();
    let [ksk, zsk] = [KSK, ZSK].map(|flags| Key::decoy(flags, 8, &weak));
    let example = Zone::with_keys("example.com.", ksk, zsk);
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let unsupported = "insecure unsupported_algorithm example.com.";
    let early = tap.sees(&example.gives(WWW));
    assert_eq!(tap.judges(&example.gives_keys()), unsupported);
    assert_eq!(tap.word(early), unsupported);
    assert_eq!(tap.judges(&example.gives(WWW)), unsupported);
    let unsigned = example.says(Records::a(WWW)).authority(example.ns());
    assert_eq!(tap.judges(&unsigned), unsupported);
}

#[test]
fn a_weak_key_for_data_only_makes_that_data_insecure() {
    let [root, com, example] = zones();
    let weak = Key::decoy(ZSK, 8, &[&[1, 3][..], &[0xff; 64]].concat());
    let mut tap = Tap::knowing(&[&root, &com, &example.rolled_to(&weak)]);
    let answer = example.rolled_to(&weak).gives(WWW);
    let word = tap.judges(&answer);
    assert_eq!(word, "insecure unsupported_algorithm example.com.");
}

#[test]
fn a_name_proven_to_be_no_cut_lies_in_the_zone_above() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let types = [Rtype::A, Rtype::RRSIG, Rtype::NSEC];
    let proof = example.nsec(WWW, "example.com.", &types);
    assert_eq!(
        tap.judges(&example.denies(WWW, Rtype::DS, vec![proof])),
        "secure"
    );
    let unsigned = example.says(Records::forged(WWW));
    assert_eq!(
        tap.judges(&unsigned),
        "bogus signature_missing example.com."
    );
}

#[test]
fn what_the_child_says_about_its_ds_set_is_no_proof() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let types = [Rtype::SOA, Rtype::NS, Rtype::RRSIG, Rtype::NSEC];
    let own = example.nsec("example.com.", WWW, &types);
    let answer = example.denies("example.com.", Rtype::DS, vec![own]);
    assert_eq!(
        tap.judges(&answer),
        "indeterminate zone_cut_unseen example.com."
    );
    assert_eq!(
        tap.judges(&example.gives(WWW)),
        "secure",
        "nothing was learnt"
    );
    assert!(!tap.shown().contains(&"example.com. no ds".to_owned()));
}

#[test]
fn a_delegation_in_passing_teaches_that_it_is_unsigned() {
    let [root, com, example] = zones();
    let sub = Zone::new("sub.example.com.");
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    // A parent and an unsigned child on one server: the proof comes with the DS question only.
    let proof = example.no_ds(&sub);
    let answer = example.denies("sub.example.com.", Rtype::DS, vec![proof]);
    assert_eq!(tap.judges(&answer), "secure");
    let unsigned = sub
        .says(Records::a("www.sub.example.com."))
        .authority(sub.ns());
    assert_eq!(tap.judges(&unsigned), "insecure no_ds sub.example.com.");
}

#[test]
fn a_name_below_an_unsigned_delegation_that_an_nsec3_shows_is_no_matter_of_the_zone() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let (cut, below) = ("cut.example.com.", "www.cut.example.com.");
    let table = [
        (
            "unsigned",
            vec![Rtype::NS],
            "insecure no_ds cut.example.com.",
        ),
        (
            "signed",
            vec![Rtype::NS, Rtype::DS],
            "bogus denial_invalid example.com.",
        ),
    ];
    for (what, types, expected) in table {
        let proofs = example.bare_nsec3_around((cut, &types), below, 0, false);
        let proofs = proofs.map(|proof| proof.signed(&example)).to_vec();
        let denial = example.denies(below, Rtype::A, proofs);
        assert_eq!(tap.judges(&denial), expected, "{what}");
        tap = Tap::knowing(&[&root, &com, &example]);
    }
}
