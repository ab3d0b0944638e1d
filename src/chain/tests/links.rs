//! Links that break, and who is to blame.

use super::super::testing::*;
use crate::message::Rtype;

const WWW: &str = "www.example.com.";

#[test]
fn a_failing_ds_set_is_the_parents_fault_and_not_the_childs() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let ds = example.bare_ds().signed_with(com.sig().spoilt());
    let link = tap.sees(&com.refers_with(&example, vec![ds]));
    let keys = tap.sees(&example.gives_keys());
    let answer = tap.sees(&example.gives(WWW));
    assert_eq!(tap.word(link), "bogus signature_invalid com.");
    assert_eq!([tap.word(keys), tap.word(answer)], ["waits", "waits"]);
    tap.ends();
    for (frame, is_broken_link) in [(link, false), (keys, true), (answer, true)] {
        assert_eq!(tap.word(frame), "bogus signature_invalid com.");
        assert_eq!(tap.verdict(frame).unwrap().is_broken_link, is_broken_link);
    }
}

#[test]
fn a_failing_key_set_breaks_the_zone_and_all_below_it() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root]);
    tap.sees(&root.refers_to(&com));
    let forged = com
        .bare_keys()
        .signed_with(com.sig().by(&com.ksk[0]).spoilt());
    let link = tap.sees(&com.gives_keys().with_answer(forged));
    let child = [
        tap.sees(&com.refers_to(&example)),
        tap.sees(&example.gives_keys()),
        tap.sees(&example.gives(WWW)),
    ];
    tap.ends();
    assert_eq!(tap.word(link), "bogus signature_invalid com.");
    for frame in child {
        assert_eq!(tap.word(frame), "bogus signature_invalid com.");
        assert!(tap.verdict(frame).unwrap().is_broken_link);
    }
}

#[test]
fn one_link_that_holds_clears_those_that_fail() {
    let [root, com, example] = zones();
    let forged = example.bare_ds().signed_with(com.sig().spoilt());
    let forged = com.refers_with(&example, vec![forged]);
    for is_forged_last in [false, true] {
        let mut tap = Tap::knowing(&[&root, &com]);
        let answer = tap.sees(&example.gives(WWW));
        let mut links = vec![forged.clone(), com.refers_to(&example)];
        if is_forged_last {
            links.reverse();
        }
        for link in &links {
            tap.sees(link);
        }
        tap.ends();
        assert_eq!(tap.word(answer), "indeterminate keys_unseen example.com.");
    }
}

#[test]
fn a_failing_link_in_an_answer_that_could_be_anybodys_breaks_nothing() {
    use crate::exchange::Standing::{Second, Unmatched};
    let [root, com, example] = zones();
    for standing in [Unmatched, Second] {
        let mut tap = Tap::knowing(&[&root, &com]);
        let ds = example.bare_ds().signed_with(com.sig().spoilt());
        let referral = com.refers_with(&example, vec![ds]).standing(standing);
        assert_eq!(tap.judges(&referral), "bogus signature_invalid com.");
        let bad_keys = example.bare_keys().signed(&example);
        tap.sees(
            &example
                .gives_keys()
                .with_answer(bad_keys)
                .standing(standing),
        );
        let answer = tap.sees(&example.gives(WWW));
        tap.ends();
        assert_eq!(tap.word(answer), "indeterminate keys_unseen example.com.");
    }
}

#[test]
fn failing_keys_in_an_answer_that_could_be_anybodys_break_nothing() {
    use crate::exchange::Standing::{Matched, Second, Unmatched};
    let [root, com, example] = zones();
    let failing = "bogus signature_invalid example.com.";
    let unseen = "indeterminate keys_unseen example.com.";
    for (standing, expected) in [(Unmatched, unseen), (Second, unseen), (Matched, failing)] {
        let mut tap = Tap::knowing(&[&root, &com]);
        tap.sees(&com.refers_to(&example));
        let sig = example.sig().by(&example.ksk[0]).spoilt();
        let keys = example.bare_keys().signed_with(sig);
        let forged = example.gives_keys().with_answer(keys).standing(standing);
        assert_eq!(tap.judges(&forged), failing);
        let answer = tap.sees(&example.gives(WWW));
        tap.ends();
        assert_eq!(tap.word(answer), expected, "{standing:?}");
    }
}

#[test]
fn keys_that_fail_after_others_verified_break_nothing() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let sig = example.sig().by(&example.ksk[0]).spoilt();
    let forged = example.bare_keys().signed_with(sig);
    let forged = example.gives_keys().with_answer(forged);
    assert_eq!(tap.judges(&forged), "bogus signature_invalid example.com.");
    let unsigned = tap.sees(&example.says(Records::a(WWW)));
    tap.ends();
    assert_eq!(
        tap.word(unsigned),
        "indeterminate zone_cut_unseen example.com."
    );
}

#[test]
fn a_link_that_fails_counts_when_the_wait_below_it_ends() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let child = tap.sees(&example.gives(WWW).at(HOUR + 60));
    let ds = example.bare_ds().signed_with(com.sig().spoilt());
    let link = tap.sees(&com.refers_with(&example, vec![ds]).at(HOUR + 61));
    // The keys above are past their TTL, so the link waits for the next ones itself.
    assert_eq!(
        [link, child].map(|frame| tap.word(frame)),
        ["waits", "waits"]
    );
    tap.waits_until(2 * HOUR + 61);
    assert_eq!(tap.word(child), "bogus signature_invalid com.");
    assert_eq!(tap.word(link), "waits");
    tap.ends();
    assert_eq!(tap.word(link), "bogus signature_invalid com.");
}

#[test]
fn keys_denied_at_an_apex_with_ds_are_missing() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let empty = ask("example.com.", Rtype::DNSKEY).from(&example.server);
    let soa = example.soa().unsigned();
    let early = tap.sees(&empty.clone().authority(soa.clone()));
    assert_ne!(tap.word(early), "bogus dnskey_missing example.com.");
    tap.sees(&com.refers_to(&example));
    let late = empty.authority(soa.clone());
    assert_eq!(tap.judges(&late), "bogus dnskey_missing example.com.");
    assert_ne!(
        tap.judges(&late.referral().from("203.0.113.9")),
        "bogus dnskey_missing example.com.",
        "neither AA nor a known server"
    );
    // At a name that is no apex there is nothing to miss.
    let below = ask(WWW, Rtype::DNSKEY).from(&example.server).authority(soa);
    assert_ne!(tap.judges(&below), "bogus dnskey_missing www.example.com.");
}

#[test]
fn what_waits_below_keys_that_are_denied_fails_with_them() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let signed = tap.sees(&example.gives("a.example.com."));
    let unsigned = tap.sees(&example.says(Records::a(WWW)));
    let empty = ask("example.com.", Rtype::DNSKEY).from(&example.server);
    tap.sees(&empty.authority(example.soa().unsigned()));
    tap.ends();
    for waiting in [signed, unsigned] {
        assert_eq!(tap.word(waiting), "bogus dnskey_missing example.com.");
    }
}

#[test]
fn keys_that_no_ds_names_are_missing() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let mut other = example.clone();
    other.ksk = vec![Key::new(KSK, "other")];
    assert_eq!(
        tap.judges(&other.gives_keys()),
        "bogus dnskey_missing example.com."
    );
    let shown = tap.shown();
    assert_eq!(shown.last().unwrap(), "example.com. unproven keys");
    assert_eq!(tap.judges(&example.gives_keys()), "secure");
}

#[test]
fn a_key_set_that_only_its_zsk_signed_is_not_signed() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let keys = example.bare_keys().signed(&example);
    let word = tap.judges(&example.gives_keys().with_answer(keys));
    assert_eq!(word, "bogus signature_missing example.com.");
}

#[test]
fn any_key_that_a_ds_names_is_enough() {
    let [root, com, mut example] = zones();
    example.ksk.push(Key::new(KSK, "second"));
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let by_second = example.sig().by(&example.ksk[1]);
    let by_first = example.sig().by(&example.ksk[0]).spoilt();
    let keys = example
        .bare_keys()
        .signed_with(by_first)
        .signed_with(by_second);
    assert_eq!(
        tap.judges(&example.gives_keys().with_answer(keys)),
        "secure"
    );
}

#[test]
fn a_key_set_out_of_time_breaks_the_link() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let late = example.sig().by(&example.ksk[0]).valid(-2 * DAY, -DAY);
    let keys = example.bare_keys().signed_with(late);
    let frame = tap.sees(&example.gives_keys().with_answer(keys));
    assert_eq!(tap.word(frame), "bogus signature_expired example.com.");
    assert!(tap.verdict(frame).unwrap().fails_by_time_only);
}

#[test]
fn a_ds_set_lies_above_the_link_that_it_makes() {
    let [root, com, example] = zones();
    let mut other = example.clone();
    other.ksk = vec![Key::new(KSK, "other")];
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    // The zone's own keys are others than its DS set names: a link that only fails.
    let keys = tap.sees(&other.gives_keys());
    let bare = ask("example.com.", Rtype::DS)
        .answer(example.bare_ds().unsigned())
        .downstream()
        .without_do();
    let ds = tap.sees(&bare);
    let below = tap.sees(&example.says(Records::forged(WWW)).downstream().without_do());
    tap.ends();
    assert_eq!(tap.word(keys), "bogus dnskey_missing example.com.");
    assert_eq!(tap.word(below), "bogus dnskey_missing example.com.");
    assert_eq!(tap.word(ds), "indeterminate zone_cut_unseen com.");
}
