//! One RRset, its signatures and its zone's keys (RFC 4035 §5.3).

use super::super::testing::*;
use crate::chain::Reason;
use crate::message::Rtype;

const WWW: &str = "www.example.com.";

/// What is said of an address that its zone signed so.
fn word(zone: &Zone, sign: impl Fn(Sig) -> Sig) -> String {
    word_at(zone, 0, sign)
}

fn word_at(zone: &Zone, at: i64, sign: impl Fn(Sig) -> Sig) -> String {
    let [root, com, _] = zones();
    let mut tap = Tap::anchored(&[&root]);
    tap.learns(&[&root, &com, zone], at);
    let records = Records::a(WWW).signed_with(sign(zone.sig()));
    let frame = tap.sees(&zone.says(records).at(at));
    tap.ends();
    tap.word(frame)
}

/// What is said of an address with these signatures, in any order.
fn word_of_all(sigs: &[Sig]) -> String {
    let [root, com, example] = zones();
    let mut words = Vec::new();
    for is_reversed in [false, true] {
        let mut sigs = sigs.to_vec();
        if is_reversed {
            sigs.reverse();
        }
        let mut tap = Tap::knowing(&[&root, &com, &example]);
        let records = sigs.into_iter().fold(Records::a(WWW), Records::signed_with);
        words.push(tap.judges(&example.says(records)));
    }
    assert_eq!(words[0], words[1], "order matters");
    words.remove(0)
}

#[test]
fn both_kinds_of_key_verify() {
    let p256 = Zone::with_keys("example.com.", Key::p256(KSK), Key::p256(ZSK));
    assert_eq!(word(&p256, |sig| sig), "secure");
    assert_eq!(word(&zones()[2], |sig| sig), "secure");
}

#[test]
fn the_sep_bit_decides_nothing() {
    let [ksk, zsk] = [(ZSK, "ksk"), (KSK, "zsk")].map(|(flags, words)| Key::new(flags, words));
    assert_eq!(
        word(&Zone::with_keys("example.com.", ksk, zsk), |sig| sig),
        "secure"
    );
}

#[test]
fn times_hold_with_a_minute_of_grace_at_either_end() {
    let example = &zones()[2];
    let late = "bogus signature_expired example.com.";
    let early = "bogus signature_not_yet_valid example.com.";
    let table = [
        ("at the last second", -HOUR, 0, "secure"),
        ("60 s late", -HOUR, -60, "secure"),
        ("61 s late", -HOUR, -61, late),
        ("at the first second", 0, HOUR, "secure"),
        ("60 s early", 60, HOUR, "secure"),
        ("61 s early", 61, HOUR, early),
    ];
    for (what, from, to, expected) in table {
        assert_eq!(word(example, |sig| sig.valid(from, to)), expected, "{what}");
    }
}

#[test]
fn times_wrap_around_in_2106() {
    let example = &zones()[2];
    let wrap = (1 << 32) - EPOCH;
    let [root, com, _] = zones();
    for (at, expected) in [
        (wrap - 1, "secure"),
        (wrap + 100, "secure"),
        (wrap + 100 + 61, "bogus signature_expired example.com."),
    ] {
        let mut tap = Tap::anchored(&[&root]);
        let long = |zone: &Zone| zone.sig().valid(wrap - DAY, wrap + DAY);
        let keys = |zone: &Zone| zone.bare_keys().signed_with(long(zone).by(&zone.ksk[0]));
        let pairs = [(&root, &com), (&com, example)];
        tap.sees(&root.gives_keys().with_answer(keys(&root)).at(at));
        for (parent, child) in pairs {
            let ds = child.bare_ds().signed_with(long(parent));
            tap.sees(&parent.refers_with(child, vec![ds]).at(at));
            tap.sees(&child.gives_keys().with_answer(keys(child)).at(at));
        }
        let sig = example.sig().valid(wrap - HOUR, wrap + 100);
        let answer = example.says(Records::a(WWW).signed_with(sig));
        assert_eq!(tap.judges(&answer.at(at)), expected, "{:?}", tap.words());
    }
}

#[test]
fn a_ttl_above_the_original_is_never_bogus() {
    assert_eq!(word(&zones()[2], |sig| sig.original_ttl(300)), "secure");
    assert_eq!(word(&zones()[2], |sig| sig.original_ttl(7200)), "secure");
}

#[test]
fn one_good_signature_is_enough() {
    let sig = zones()[2].sig();
    let stranger = Key::new(ZSK, "stranger");
    let others = [
        ("forged", sig.clone().spoilt()),
        ("expired", sig.clone().valid(-2 * DAY, -DAY)),
        ("of the future", sig.clone().valid(DAY, 2 * DAY)),
        ("by an unknown key", sig.clone().by(&stranger)),
        ("of an unknown algorithm", sig.clone().algorithm(200)),
        ("by the parent", sig.clone().naming("com.")),
        ("by a stranger", sig.clone().naming("other.com.")),
        ("by the name itself", sig.clone().naming(WWW)),
    ];
    for (what, other) in others {
        assert_eq!(word_of_all(&[sig.clone(), other]), "secure", "{what}");
    }
}

#[test]
fn a_failed_signature_outweighs_one_out_of_time() {
    let sig = zones()[2].sig();
    let spoilt = sig.clone().spoilt();
    let late = sig.valid(-2 * DAY, -DAY);
    assert_eq!(
        word_of_all(&[spoilt, late.clone()]),
        "bogus signature_invalid example.com."
    );
    assert_eq!(word_of_all(&[late]), "bogus signature_expired example.com.");
}

#[test]
fn only_what_verifies_but_for_its_times_speaks_of_the_clock() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let late = example.sig().valid(-2 * DAY, -DAY);
    for (sig, expected) in [(late.clone(), true), (late.spoilt(), false)] {
        let frame = tap.sees(&example.says(Records::a(WWW).signed_with(sig)));
        let verdict = tap.verdict(frame).unwrap();
        assert_eq!(verdict.reason, Some(Reason::SignatureExpired));
        assert_eq!(verdict.fails_by_time_only, expected);
    }
}

#[test]
fn unknown_algorithms_alone_are_no_signature_in_a_zone_with_known_ones() {
    let word = word(&zones()[2], |sig| sig.algorithm(200));
    assert_eq!(word, "bogus signature_missing example.com.");
}

#[test]
fn more_labels_than_the_owner_has_are_invalid() {
    let word = word(&zones()[2], |sig| sig.labels(4));
    assert_eq!(word, "bogus signature_invalid example.com.");
}

#[test]
fn every_key_of_a_tag_is_tried() {
    let [root, com, mut example] = zones();
    let twin = example.zsk[0].twin(3);
    example.zsk.push(twin);
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    assert_eq!(tap.judges(&example.gives(WWW)), "secure");
}

#[test]
fn a_key_that_is_no_zone_key_signs_nothing() {
    let [ksk, zsk] = [Key::new(KSK, "ksk"), Key::new(0, "zsk")];
    let zone = Zone::with_keys("example.com.", ksk.clone(), zsk);
    assert_eq!(word(&zone, |sig| sig), "bogus no_zone_key example.com.");
    let zsk = Key::new(ZSK, "zsk").of_protocol(2);
    let zone = Zone::with_keys("example.com.", ksk, zsk);
    assert_eq!(word(&zone, |sig| sig), "bogus no_zone_key example.com.");
}

#[test]
fn a_revoked_key_signs_no_data() {
    let zsk = Key::new(REVOKED, "zsk");
    let zone = Zone::with_keys("example.com.", Key::new(KSK, "ksk"), zsk);
    assert_eq!(word(&zone, |sig| sig), "bogus dnskey_revoked example.com.");
}

#[test]
fn a_ds_set_that_names_such_keys_leads_nowhere() {
    let table = [
        (
            Key::new(REVOKED | 1, "ksk"),
            "bogus dnskey_revoked example.com.",
        ),
        (Key::new(1, "ksk"), "bogus no_zone_key example.com."),
        (
            Key::new(KSK, "ksk").of_protocol(4),
            "bogus no_zone_key example.com.",
        ),
    ];
    for (ksk, expected) in table {
        let [root, com, _] = zones();
        let zone = Zone::with_keys("example.com.", ksk, Key::new(ZSK, "zsk"));
        let mut tap = Tap::knowing(&[&root, &com]);
        tap.sees(&com.refers_to(&zone));
        assert_eq!(tap.judges(&zone.gives_keys()), expected);
    }
}

#[test]
fn a_signature_by_a_zone_that_is_not_above_is_none() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let by_other = Records::a(WWW).signed_with(example.sig().naming("other.com."));
    let answer = example.says(by_other);
    let unseen = "indeterminate zone_cut_unseen example.com.";
    let cut_unseen = tap.sees(&answer);
    let shown = answer.authority(example.ns());
    assert_eq!(tap.judges(&shown), "bogus signer_mismatch example.com.");
    tap.ends();
    assert_eq!(tap.word(cut_unseen), unseen, "it may lie below a cut");
}

#[test]
fn a_signature_for_a_name_above_its_signer_is_none() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let wide = Records::a(WWW).signed_with(example.sig().labels(1));
    let answer = example.says(wide);
    let cut_unseen = tap.sees(&answer);
    let shown = answer.authority(example.ns());
    assert_eq!(tap.judges(&shown), "bogus signer_mismatch example.com.");
    tap.ends();
    let unseen = "indeterminate zone_cut_unseen example.com.";
    assert_eq!(tap.word(cut_unseen), unseen);
}

#[test]
fn a_signer_that_may_be_a_zone_below_is_waited_for() {
    let word = word(&zones()[2], |sig| sig.naming(WWW));
    assert_eq!(word, "indeterminate keys_unseen www.example.com.");
}

#[test]
fn a_zone_above_cannot_sign_for_a_signed_zone_below() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let by_parent = Records::a(WWW).signed(&com);
    let mismatch = "bogus signer_mismatch example.com.";
    assert_eq!(tap.judges(&example.says(by_parent.clone())), mismatch);
    let spoilt = Records::a(WWW).signed_with(com.sig().spoilt());
    assert_eq!(tap.judges(&example.says(spoilt)), mismatch);
    // Once the delegation may be gone, the zone above may have taken the names in.
    let late = example.says(by_parent).at(5 * HOUR);
    assert_eq!(tap.judges(&late), "secure");
}

#[test]
fn a_ds_set_signed_by_its_own_zone_is_none() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let ds = example.bare_ds().signed(&example);
    let answer = com.says(ds);
    let word = tap.judges(&answer);
    assert_eq!(word, "bogus signer_mismatch com.");
    let facts = tap.shown().into_iter();
    assert_eq!(facts.filter(|fact| fact == "example.com. ds").count(), 1);
}

#[test]
fn a_signature_counts_in_whatever_section_it_stands() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let www = Records::a(WWW).signed(&example);
    let bare = example.says(Records::a(WWW));
    let apart = bare.additional(www.clone().signatures_only());
    assert_eq!(tap.judges(&apart), "secure");
    let forged = example.says(Records::forged(WWW));
    let apart = forged.additional(www.signatures_only());
    assert_eq!(tap.judges(&apart), "bogus signature_invalid example.com.");
}

#[test]
fn a_signature_under_another_owner_is_none() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&example.gives(WWW));
    let other = Records::a("mail.example.com.").signed(&example);
    let stray = Records::forged(WWW).ttl(5);
    let answer = example.says(stray).answer(other.signatures_only());
    assert_eq!(tap.judges(&answer), "bogus signature_missing example.com.");
}

#[test]
fn the_type_covered_must_be_that_of_the_set() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&example.gives(WWW));
    let text = Records::new(WWW, Rtype::TXT, vec![vec![1, 65]]).signed(&example);
    let stray = Records::a(WWW).ttl(5);
    let answer = example.says(stray).answer(text.signatures_only());
    assert_eq!(tap.judges(&answer), "bogus signature_missing example.com.");
}

#[test]
fn a_signature_over_the_set_as_it_stands_goes_before_one_over_a_wildcard() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let both = Records::a(WWW)
        .signed_with(example.sig().labels(2))
        .signed(&example);
    assert_eq!(tap.judges(&example.says(both)), "secure");
}

#[test]
fn what_a_zone_asks_its_parent_for_and_what_a_server_says_of_another_zone_are_told() {
    let cds = |owner: &str, rtype| Records::new(owner, rtype, vec![vec![0; 5]]);
    let signal = "_dsboot.example.net._signal.example.com.";
    let table = [
        (
            "at the apex",
            "example.com.",
            Rtype::CDS,
            None,
            Some("announcement"),
        ),
        (
            "of the other type",
            signal,
            Rtype::CDNSKEY,
            None,
            Some("signal"),
        ),
        (
            "below a server's name",
            signal,
            Rtype::CDS,
            None,
            Some("signal"),
        ),
        ("out of a wildcard", signal, Rtype::CDS, Some(2), None),
        ("elsewhere", WWW, Rtype::CDS, None, None),
    ];
    for (what, owner, rtype, labels, expected) in table {
        let [root, com, example] = zones();
        let mut tap = Tap::knowing(&[&root, &com, &example]);
        let before = tap.shown().len();
        let mut sig = example.sig();
        if let Some(labels) = labels {
            sig = sig.labels(labels);
        }
        tap.sees(&example.says(cds(owner, rtype).signed_with(sig)));
        let expected: Vec<_> = expected
            .iter()
            .map(|word| format!("example.com. {word}"))
            .collect();
        assert_eq!(tap.shown().split_off(before), expected, "{what}");
    }
}

#[test]
fn a_delete_request_is_told_after_the_ds_has_gone() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&com.refers_to_unsigned(&example).at(HOUR));
    let before = tap.shown().len();
    let cds = Records::new("example.com.", Rtype::CDS, vec![vec![0; 5]]);
    tap.sees(&example.says(cds.signed(&example)).at(2 * HOUR));
    assert_eq!(tap.shown().split_off(before), ["example.com. announcement"]);
}
