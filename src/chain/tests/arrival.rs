//! Keys that come late, in any order, or not at all.

use super::super::testing::*;
use crate::message::Rtype;

/// All orders of so many things.
fn orders(count: usize) -> Vec<Vec<usize>> {
    let Some(rest) = count.checked_sub(1) else {
        return vec![Vec::new()];
    };
    let shorter = orders(rest).into_iter();
    let longer = shorter.flat_map(|order| {
        (0..count).map(move |place| {
            let mut order = order.clone();
            order.insert(place, rest);
            order
        })
    });
    longer.collect()
}

/// A story whose messages may pass in any order, with the final word on each.
fn story() -> Vec<(Response, &'static str)> {
    let [root, com, example] = zones();
    let forged = Records::a("www.example.com.").signed(&example);
    let forged = example.says(forged.but_with(vec![vec![203, 0, 113, 66]]));
    vec![
        (root.gives_keys(), "secure"),
        (root.refers_to(&com), "secure"),
        (com.gives_keys(), "secure"),
        (com.refers_to(&example), "secure"),
        (example.gives_keys(), "secure"),
        (example.gives("www.example.com."), "secure"),
        (forged, "bogus signature_invalid example.com."),
    ]
}

#[test]
fn the_order_of_arrival_changes_no_verdict() {
    let story = story();
    let root = Zone::new(".");
    let tap = Tap::anchored(&[&root]);
    // The last two orders of any three messages are enough of so many: one of seven.
    for order in orders(story.len()).iter().step_by(7) {
        let mut tap = tap.afresh();
        for (second, number) in (0..).zip(order) {
            tap.sees(&story[*number].0.clone().at(second));
        }
        tap.ends();
        let expected: Vec<&str> = order.iter().map(|number| story[*number].1).collect();
        assert_eq!(tap.words(), expected, "in the order {order:?}");
        let mut shown = tap.shown();
        shown.sort();
        let once = [
            ". keys",
            "com. ds",
            "com. keys",
            "example.com. ds",
            "example.com. keys",
        ];
        assert_eq!(shown, once, "in the order {order:?}");
    }
}

#[test]
fn a_memo_changes_no_verdict() {
    let story = story();
    let root = Zone::new(".");
    let orders = orders(story.len());
    for order in orders.iter().step_by(97) {
        let words = [0, 2, 10_000].map(|memo| {
            let mut tap = Tap::with(&[&root], &[], memo);
            for number in order {
                tap.sees(&story[*number].0);
            }
            tap.ends();
            tap.words()
        });
        assert_eq!(words[0], words[1], "in the order {order:?}");
        assert_eq!(words[0], words[2], "in the order {order:?}");
    }
}

#[test]
fn an_answer_is_judged_by_keys_that_come_an_hour_later() {
    let [root, com, example] = zones();
    let forged = Records::a("www.example.com.").signed(&example);
    let forged = example.says(forged.but_with(vec![vec![203, 0, 113, 66]]));
    let mut tap = Tap::anchored(&[&root]);
    let right = tap.sees(&example.gives("www.example.com."));
    let wrong = tap.sees(&forged);
    tap.waits_until(HOUR);
    assert_eq!(tap.word(right), "waits");
    tap.learns(&[&root, &com, &example], HOUR);
    assert_eq!(tap.word(right), "secure");
    assert_eq!(tap.word(wrong), "bogus signature_invalid example.com.");
}

#[test]
fn without_keys_the_wait_is_an_hour() {
    let [root, _, example] = zones();
    let mut tap = Tap::anchored(&[&root]);
    let answer = tap.sees(&example.gives("www.example.com."));
    tap.waits_until(HOUR);
    assert_eq!(tap.word(answer), "waits");
    tap.waits_until(HOUR + 1);
    assert_eq!(tap.word(answer), "indeterminate keys_unseen example.com.");
}

/// How long an answer out of a cache waits for its key, where a DNSKEY RRset passed before.
fn patience(key_ttl: u32) -> i64 {
    let [root, com, example] = zones();
    let example = Zone { key_ttl, ..example };
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let unknown = Records::a("www.example.com.").signed(&example.rolled_to(&Key::new(ZSK, "new")));
    let answer = tap.sees(&example.says(unknown).downstream());
    let mut waited = 0;
    while tap.word(answer) == "waits" {
        waited += 60;
        tap.waits_until(waited);
        assert!(waited < 10 * DAY, "for ever");
    }
    assert_eq!(tap.word(answer), "indeterminate keys_unseen example.com.");
    waited - 60
}

#[test]
fn the_largest_dnskey_ttl_bounds_the_wait_and_two_days_that() {
    assert_eq!(patience(7200), 2 * HOUR);
    assert_eq!(patience(7 * 86_400), 2 * DAY);
}

#[test]
fn a_dnskey_ttl_that_a_cache_counted_down_does_not_cut_the_wait_short() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let mut old = example.keys();
    old = old.ttl(3);
    tap.sees(&example.gives_keys().with_answer(old).downstream());
    let unknown = Records::a("www.example.com.").signed(&example.rolled_to(&Key::new(ZSK, "new")));
    let answer = tap.sees(&example.says(unknown).downstream());
    tap.waits_until(HOUR);
    assert_eq!(tap.word(answer), "waits");
}

#[test]
fn the_end_judges_all_that_waits() {
    let [root, com, example] = zones();
    let mut tap = Tap::anchored(&[&root]);
    tap.sees(&example.gives("www.example.com."));
    tap.sees(&example.gives_keys());
    tap.sees(&com.gives_keys());
    assert_eq!(tap.chain.waiting(), 3);
    tap.ends();
    let words = [
        "indeterminate keys_unseen example.com.",
        "indeterminate keys_unseen example.com.",
        "indeterminate keys_unseen com.",
    ];
    assert_eq!(tap.words(), words);
}

#[test]
fn a_capture_clock_that_runs_backwards_lets_nothing_lapse_early_or_twice() {
    let [root, com, example] = zones();
    let mut tap = Tap::anchored(&[&root]);
    let late = tap.sees(&example.gives("www.example.com.").at(HOUR));
    let early = tap.sees(&example.gives("www.example.com.").at(0));
    assert_eq!(tap.word(early), "waits");
    tap.learns(&[&root, &com, &example], HOUR);
    assert_eq!([tap.word(early), tap.word(late)], ["secure", "secure"]);
}

#[test]
fn a_capture_clock_that_runs_backwards_keeps_nobody_waiting() {
    let [root, _, example] = zones();
    let mut tap = Tap::anchored(&[&root]);
    tap.sees(&root.gives_keys().at(3 * HOUR));
    let early = tap.sees(&example.gives("www.example.com.").at(0));
    assert_eq!(tap.word(early), "waits");
    tap.sees(&root.gives_keys().at(1));
    assert_eq!(tap.word(early), "indeterminate keys_unseen example.com.");
}

#[test]
fn what_waits_for_two_zones_is_woken_by_either() {
    let [root, com, example] = zones();
    let other = Zone::new("other.com.");
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&com.refers_to(&other));
    // The key of the first is not known; the second's is forged.
    let unknown = Key::new(ZSK, "new");
    let alias =
        Records::cname("www.example.com.", "www.other.com.").signed(&example.rolled_to(&unknown));
    let address = Records::a("www.other.com.").signed(&other);
    let forged = address.but_with(vec![vec![203, 0, 113, 66]]);
    let answer = example.says(alias).answer(forged).downstream();
    let answer = tap.sees(&answer.asking("www.example.com.", Rtype::A));
    assert_eq!(tap.word(answer), "waits");
    tap.sees(&other.gives_keys());
    assert_eq!(tap.word(answer), "bogus signature_invalid other.com.");
}

#[test]
fn a_message_teaches_all_that_it_holds_whatever_stands_first() {
    let [root, com, example] = zones();
    let announced = example.ksk[0].rdata.clone();
    let announcement = Records::new("example.com.", Rtype::CDNSKEY, vec![announced]);
    let all = example.gives_keys().asking("example.com.", Rtype::ANY);
    let all = all.answer(announcement.signed(&example));
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    assert_eq!(tap.judges(&all), "secure");
    let shown = tap.shown();
    assert!(
        shown.ends_with(&["example.com. keys", "example.com. announcement"].map(str::to_owned))
    );
    // Also where it waited, and but once.
    let mut tap = Tap::anchored(&[&root]);
    let early = tap.sees(&all);
    tap.learns(&[&root, &com], 0);
    tap.sees(&com.refers_to(&example));
    assert_eq!(tap.word(early), "secure");
    let shown = tap.shown();
    for fact in ["example.com. keys", "example.com. announcement"] {
        assert_eq!(
            shown.iter().filter(|found| *found == fact).count(),
            1,
            "{shown:?}"
        );
    }
}
