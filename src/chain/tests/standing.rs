//! Answers without a query, and second ones.

use super::super::testing::*;
use crate::exchange::Standing::{Second, Unmatched};

const WWW: &str = "www.example.com.";

#[test]
fn they_never_wait() {
    let [root, _, example] = zones();
    for standing in [Unmatched, Second] {
        let mut tap = Tap::anchored(&[&root]);
        let word = tap.judges(&example.gives(WWW).standing(standing));
        assert_eq!(word, "indeterminate keys_unseen example.com.");
    }
}

#[test]
fn what_verifies_in_them_counts_as_cached() {
    let [root, com, example] = zones();
    for standing in [Unmatched, Second] {
        let mut tap = Tap::knowing(&[&root, &com]);
        tap.sees(&com.refers_to(&example).standing(standing));
        tap.sees(&example.gives_keys().standing(standing));
        assert_eq!(tap.judges(&example.gives(WWW)), "secure");
        // But it is no fresh knowledge.
        let stripped = example.says(Records::forged(WWW)).authority(example.ns());
        let frame = tap.sees(&stripped);
        let unknown = example.rolled_to(&Key::new(ZSK, "new")).gives(WWW);
        let unknown = tap.sees(&unknown);
        tap.ends();
        assert_eq!(
            tap.word(frame),
            "indeterminate zone_cut_unseen example.com."
        );
        assert_eq!(tap.word(unknown), "indeterminate keys_unseen example.com.");
    }
}

#[test]
fn their_failures_spend_a_budget_of_their_own() {
    let [root, com, example] = zones();
    let spoilt = Records::a(WWW).signed_with(example.sig().spoilt());
    let spoilt = example.says(spoilt);
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    for _ in 0..64 {
        let word = tap.judges(&spoilt.clone().standing(Unmatched));
        assert_eq!(word, "bogus signature_invalid example.com.");
    }
    let word = tap.judges(&spoilt.clone().standing(Unmatched));
    assert_eq!(word, "indeterminate budget");
    assert_eq!(tap.judges(&spoilt), "bogus signature_invalid example.com.");
    assert_eq!(tap.judges(&example.gives(WWW)), "secure");
}

#[test]
fn truncated_and_incomplete_responses_are_neither_bogus_nor_believed() {
    let [root, com, example] = zones();
    let spoilt = Records::a(WWW).signed_with(example.sig().spoilt());
    let spoilt = example.says(spoilt);
    let mut tap = Tap::knowing(&[&root, &com]);
    assert_eq!(
        tap.judges(&spoilt.clone().truncated()),
        "indeterminate truncated"
    );
    assert_eq!(tap.judges(&spoilt.incomplete()), "indeterminate incomplete");
    let before = tap.facts.len();
    tap.sees(&com.refers_to(&example).truncated());
    tap.sees(&com.refers_to(&example).incomplete());
    assert_eq!(tap.facts.len(), before);
}
