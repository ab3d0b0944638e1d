//! How often those who wait are judged again, and what that costs their zones.

use super::super::testing::*;
use crate::exchange::Standing::Unmatched;
use crate::message::Rtype;

const WWW: &str = "www.example.com.";

/// A referral whose DS set was signed anew so many seconds later than the last time.
fn signed_anew(com: &Zone, example: &Zone, later: i64) -> Response {
    let sig = com.sig().valid(later - HOUR, 30 * DAY);
    let ds = example.bare_ds().signed_with(sig);
    com.refers_with(example, vec![ds])
}

#[test]
fn news_without_end_leave_a_message_to_wait_for_its_time() {
    for (arrivals, expected) in [(10, "secure"), (100, "waits")] {
        let [root, com, example] = zones();
        let mut tap = Tap::knowing(&[&root, &com]);
        tap.sees(&com.refers_to(&example));
        let frame = tap.sees(&example.gives(WWW).at(1));
        for later in 1..=arrivals {
            tap.sees(&signed_anew(&com, &example, later).at(1));
        }
        tap.sees(&example.gives_keys().at(2));
        assert_eq!(tap.word(frame), expected, "{arrivals}");
        // It is judged by all that was learnt nonetheless.
        tap.ends();
        assert_eq!(tap.word(frame), "secure");
    }
}

#[test]
fn copies_that_tell_nothing_new_wake_nobody() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let referral = com.refers_to(&example);
    tap.sees(&referral);
    let frame = tap.sees(&example.gives(WWW).at(1));
    for second in 0..100 {
        tap.sees(&referral.clone().at(1 + second));
        tap.sees(&referral.clone().at(1 + second).standing(Unmatched));
    }
    tap.sees(&example.gives_keys().at(200));
    assert_eq!(tap.word(frame), "secure", "it was not judged too often");
}

#[test]
fn a_check_that_fails_is_charged_to_its_zone_once() {
    let [first, second] = colliding_keys();
    let [root, com, example] = zones();
    let (old, new) = (example.rolled_to(&first), example.rolled_to(&second));
    let mut tap = Tap::knowing(&[&root, &com, &old]);
    let past = new.gives(WWW).at(HOUR + 1);
    let waiting: Vec<u64> = (0..10).map(|_| tap.sees(&past)).collect();
    for later in 1..=15 {
        tap.sees(&signed_anew(&com, &old, later).at(HOUR + 1));
    }
    // Ten checks failed, however often those who asked for them were judged since.
    let next = tap.sees(&past);
    for frame in waiting.iter().chain([&next]) {
        assert_eq!(tap.word(*frame), "waits");
    }
    tap.sees(&new.gives_keys().at(HOUR + 2));
    for frame in waiting.iter().chain([&next]) {
        assert_eq!(tap.word(*frame), "secure");
    }
}

#[test]
fn what_is_learnt_and_what_is_judged_share_one_budget() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let answer = |sets: u16| {
        let any = ask(WWW, Rtype::ANY).from(&example.server);
        (0..sets).fold(any, |any, number| {
            let set = Records::new(WWW, Rtype::new(60_000 + number), vec![vec![1]]);
            let child = Zone::new(&format!("c{number}.example.com."));
            any.answer(set.signed(&example))
                .authority(child.bare_ds().signed(&example))
        })
    };
    assert_eq!(tap.judges(&answer(14)), "secure", "28 checks");
    let before = tap.facts.len();
    let word = tap.judges(&answer(20));
    assert_eq!(word, "indeterminate budget example.com.", "40 checks");
    assert_eq!(tap.facts.len(), before + 20, "the DS sets come first");
}
