//! Keys that come and go (RFC 7583 §3.2.1).

use super::super::testing::*;

const WWW: &str = "www.example.com.";

/// The zone before and after it went over to another signing key.
fn rolled() -> ([Zone; 3], Zone) {
    let zones = zones();
    let new = zones[2].rolled_to(&Key::new(ZSK, "new"));
    (zones, new)
}

/// An address with a TTL of five minutes, as its zone signs it.
fn brief(zone: &Zone) -> Response {
    zone.says(Records::a(WWW).ttl(300).signed(zone))
}

#[test]
fn a_new_key_that_is_fetched_within_ten_seconds_verifies() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    let answer = tap.sees(&brief(&new).at(100));
    assert_eq!(tap.word(answer), "waits");
    tap.waits_until(110);
    assert_eq!(tap.word(answer), "waits");
    tap.sees(&new.gives_keys().at(110));
    assert_eq!(tap.word(answer), "secure");
}

#[test]
fn a_key_that_a_fresh_set_lacks_is_missing_after_ten_seconds() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    let answer = tap.sees(&brief(&new).at(HOUR));
    tap.waits_until(HOUR + 10);
    assert_eq!(tap.word(answer), "waits");
    tap.waits_until(HOUR + 11);
    assert_eq!(tap.word(answer), "bogus dnskey_missing example.com.");
}

#[test]
fn a_key_that_a_set_fetched_right_after_lacks_is_missing() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    // The known set is past its TTL.
    let answer = tap.sees(&brief(&new).at(2 * HOUR));
    tap.waits_until(2 * HOUR + 60);
    assert_eq!(tap.word(answer), "waits");
    tap.sees(&old.gives_keys().at(2 * HOUR + 300));
    assert_eq!(tap.word(answer), "bogus dnskey_missing example.com.");
}

#[test]
fn a_set_fetched_much_later_may_have_lost_the_key_rightly() {
    let ([root, com, old], new) = rolled();
    let at = 2 * HOUR;
    for late in [301, 1800] {
        let mut tap = Tap::knowing(&[&root, &com, &old]);
        let answer = tap.sees(&brief(&new).at(at));
        tap.sees(&old.gives_keys().at(at + late));
        tap.ends();
        assert_eq!(
            tap.word(answer),
            "indeterminate keys_unseen example.com.",
            "{late} s"
        );
    }
}

#[test]
fn a_first_set_fetched_much_later_may_have_lost_the_key_rightly() {
    let ([root, com, old], new) = rolled();
    for (late, expected) in [
        (300, "bogus dnskey_missing example.com."),
        (1800, "indeterminate keys_unseen example.com."),
    ] {
        let mut tap = Tap::knowing(&[&root, &com]);
        tap.sees(&com.refers_to(&old));
        let answer = tap.sees(&brief(&new));
        tap.sees(&old.gives_keys().at(late));
        tap.ends();
        assert_eq!(tap.word(answer), expected, "{late} s");
    }
}

#[test]
fn a_set_out_of_a_cache_is_no_fetch() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    let answer = tap.sees(&brief(&new).at(2 * HOUR));
    tap.sees(&old.gives_keys().downstream().at(2 * HOUR + 60));
    tap.ends();
    assert_eq!(tap.word(answer), "indeterminate keys_unseen example.com.");
}

#[test]
fn a_key_that_a_cached_answer_names_is_only_unseen() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    // A resolver known to hand out signatures.
    tap.sees(&brief(&old).downstream().at(90));
    let answer = tap.sees(&brief(&new).downstream().at(100));
    tap.sees(&old.gives_keys().at(200));
    tap.ends();
    assert_eq!(tap.word(answer), "indeterminate keys_unseen example.com.");
}

#[test]
fn a_key_named_in_what_could_be_anybodys_is_only_unseen() {
    use crate::exchange::Standing::{Second, Unmatched};
    let ([root, com, old], new) = rolled();
    for standing in [Unmatched, Second] {
        let mut tap = Tap::knowing(&[&root, &com, &old]);
        let word = tap.judges(&brief(&new).at(100).standing(standing));
        assert_eq!(word, "indeterminate keys_unseen example.com.");
    }
}

#[test]
fn a_key_that_neither_aa_nor_a_known_server_speaks_for_is_only_unseen() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    let answer = tap.sees(&brief(&new).referral().from("203.0.113.9").at(100));
    tap.ends();
    assert_eq!(tap.word(answer), "indeterminate keys_unseen example.com.");
}

#[test]
fn a_key_that_a_referral_from_a_known_server_names_may_be_missing() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let referral = com.rolled_to(&Key::new(ZSK, "new")).refers_to(&example);
    let from_elsewhere = tap.sees(&referral.clone().from("203.0.113.1").at(100));
    let from_server = tap.sees(&referral.at(100));
    tap.ends();
    assert_eq!(tap.word(from_server), "bogus dnskey_missing com.");
    assert_eq!(tap.word(from_elsewhere), "indeterminate keys_unseen com.");
}

#[test]
fn keys_that_left_their_set_verify_until_its_signature_ends() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&old));
    let brief_sig = old.sig().by(&old.ksk[0]).valid(-HOUR, 5 * DAY);
    let old_keys = old.bare_keys().signed_with(brief_sig);
    tap.sees(&old.gives_keys().with_answer(old_keys));
    tap.sees(&new.gives_keys().at(DAY));
    let cached = old.gives(WWW).downstream();
    assert_eq!(tap.judges(&cached.clone().at(5 * DAY)), "secure");
    let late = tap.sees(&cached.at(5 * DAY + 1));
    tap.ends();
    assert_eq!(tap.word(late), "indeterminate keys_unseen example.com.");
}

#[test]
fn a_failing_signature_waits_for_the_next_set_where_the_known_one_is_past_its_ttl() {
    let [first, second] = colliding_keys();
    let [root, com, example] = zones();
    let (old, new) = (example.rolled_to(&first), example.rolled_to(&second));
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    let within = tap.sees(&new.gives(WWW).at(HOUR));
    assert_eq!(tap.word(within), "bogus signature_invalid example.com.");
    let past = [1, 2].map(|second| tap.sees(&new.gives(WWW).at(HOUR + second)));
    assert_eq!(past.map(|frame| tap.word(frame)), ["waits", "waits"]);
    tap.waits_until(2 * HOUR + 1);
    assert_eq!(past.map(|frame| tap.word(frame)), ["waits", "waits"]);
    tap.waits_until(2 * HOUR + 2);
    assert_eq!(tap.word(past[0]), "bogus signature_invalid example.com.");
    tap.sees(&new.gives_keys().at(2 * HOUR + 2));
    assert_eq!(tap.word(past[1]), "secure");
}

#[test]
fn several_key_sets_are_in_force_at_once() {
    let ([root, com, one], two) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &one]);
    tap.sees(&two.gives_keys().at(1));
    assert_eq!(tap.judges(&one.gives(WWW).at(2)), "secure");
    assert_eq!(tap.judges(&two.gives(WWW).at(2)), "secure");
}

#[test]
fn a_failing_key_set_changes_nothing() {
    let ([root, com, old], new) = rolled();
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    let forged = new
        .bare_keys()
        .signed_with(new.sig().by(&new.ksk[0]).spoilt());
    let forged = new.gives_keys().with_answer(forged).at(10);
    assert_eq!(tap.judges(&forged), "bogus signature_invalid example.com.");
    assert_eq!(tap.judges(&old.gives(WWW).at(20)), "secure");
    let by_forged = tap.sees(&new.gives(WWW).at(20));
    tap.ends();
    assert_eq!(tap.word(by_forged), "bogus dnskey_missing example.com.");
}
