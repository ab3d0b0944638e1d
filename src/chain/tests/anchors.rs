//! Where chains begin and where the operator ends them.

use super::super::testing::*;
use crate::chain::anchor::TrustAnchors;
use crate::message::{Ds, Rtype};

const WWW: &str = "www.example.com.";

#[test]
fn what_no_anchor_is_above_is_unanchored() {
    let [_, com, example] = zones();
    let other = Zone::new("org.");
    let mut tap = Tap::knowing(&[&com, &example]);
    assert_eq!(tap.judges(&example.gives(WWW)), "secure");
    assert_eq!(tap.judges(&other.gives_keys()), "indeterminate unanchored");
    assert_eq!(
        tap.judges(&other.gives("www.org.")),
        "indeterminate unanchored"
    );
    let spoilt = Records::a("www.org.").signed_with(other.sig().spoilt());
    assert_eq!(tap.judges(&other.says(spoilt)), "indeterminate unanchored");
    let denied = other.denies("nope.org.", Rtype::A, Vec::new()).nxdomain();
    assert_eq!(tap.judges(&denied), "indeterminate unanchored");
}

#[test]
fn a_negative_anchor_makes_insecure_whatever_was_seen() {
    let [root, com, example] = zones();
    let insecure = "insecure negative_anchor example.com.";
    for is_warm in [false, true] {
        let mut tap = Tap::with(&[&root], &["example.com."], 1000);
        if is_warm {
            tap.learns(&[&root, &com, &example], 0);
        }
        let spoilt = Records::a(WWW).signed_with(example.sig().spoilt());
        assert_eq!(tap.judges(&example.says(spoilt)), insecure);
        assert_eq!(tap.judges(&example.says(Records::a(WWW))), insecure);
        assert_eq!(tap.judges(&example.gives(WWW)), insecure);
        assert_eq!(tap.judges(&example.gives_keys()), insecure);
        let nxdomain = example.denies("nope.example.com.", Rtype::A, Vec::new());
        assert_eq!(tap.judges(&nxdomain.nxdomain()), insecure);
        if is_warm {
            // Its keys are watched all the same, so that its recovery shows.
            assert!(tap.shown().contains(&"example.com. keys".to_owned()));
            assert_eq!(tap.judges(&com.refers_to(&example)), "secure");
        }
    }
}

#[test]
fn a_negative_anchor_ends_when_it_says_so() {
    let [root, com, example] = zones();
    let insecure = "insecure negative_anchor example.com.";
    let mut tap = Tap::with(&[&root], &["example.com.@60"], 1000);
    tap.learns(&[&root, &com, &example], 0);
    let www = |at: i64| example.gives(WWW).at(at);
    assert_eq!(tap.judges(&www(60)), insecure);
    tap.chain.take_turned();
    assert_eq!(tap.judges(&www(61)), "secure");
    // What was judged lately is judged anew.
    let turned = tap.chain.take_turned();
    assert!(turned.contains(&name("example.com.")), "{turned:?}");
}

#[test]
fn the_nsec_above_a_negative_anchor_is_the_zones_above() {
    let [root, com, example] = zones();
    let apex = [Rtype::NS, Rtype::SOA, Rtype::RRSIG, Rtype::NSEC];
    let cut = [Rtype::NS, Rtype::DS, Rtype::RRSIG, Rtype::NSEC];
    let proofs = vec![
        example.nsec("example.com.", "a.example.com.", &apex),
        example.nsec("m.example.com.", "www.example.com.", &cut),
    ];
    let mut tap = Tap::with(&[&root], &["m.example.com."], 1000);
    tap.learns(&[&root, &com, &example], 0);
    let denied = example.denies("nope.example.com.", Rtype::A, proofs.clone());
    assert_eq!(tap.judges(&denied.nxdomain()), "secure");
    let denied = example.denies("m.example.com.", Rtype::TXT, proofs);
    assert_eq!(
        tap.judges(&denied),
        "insecure negative_anchor m.example.com."
    );
}

#[test]
fn of_nested_anchors_any_that_succeeds_is_enough() {
    let [root, com, example] = zones();
    let mut stale = example.clone();
    stale.ksk = vec![Key::new(KSK, "long gone")];
    let mut tap = Tap::anchored(&[&root, &stale]);
    tap.learns(&[&root, &com, &example], 0);
    assert_eq!(tap.judges(&example.gives(WWW)), "secure");
    // The inner one works where the outer chain says that there is none.
    let mut tap = Tap::anchored(&[&root, &example]);
    tap.learns(&[&root, &com], 0);
    tap.sees(&com.refers_to_unsigned(&example));
    tap.sees(&example.gives_keys());
    assert_eq!(tap.judges(&example.gives(WWW)), "secure");
}

#[test]
fn a_stale_inner_anchor_waits_for_the_outer_chain() {
    let [root, com, example] = zones();
    let mut stale = example.clone();
    stale.ksk = vec![Key::new(KSK, "long gone")];
    let mut tap = Tap::anchored(&[&root, &stale]);
    tap.learns(&[&root, &com], 0);
    let keys = tap.sees(&example.gives_keys());
    assert_eq!(tap.word(keys), "waits");
    tap.sees(&com.refers_to(&example));
    assert_eq!(tap.word(keys), "secure");
}

#[test]
fn a_stale_inner_anchor_that_no_outer_chain_mends_is_bogus() {
    let [root, com, example] = zones();
    let mut stale = example.clone();
    stale.ksk = vec![Key::new(KSK, "long gone")];
    let mut tap = Tap::anchored(&[&root, &stale]);
    tap.learns(&[&root, &com], 0);
    let keys = tap.sees(&example.gives_keys());
    tap.ends();
    assert_eq!(tap.word(keys), "bogus dnskey_missing example.com.");
}

#[test]
fn an_anchor_that_cannot_be_used_makes_insecure() {
    let root = Zone::new(".");
    let mut ds = root.ksk[0].ds(&root.apex, 2);
    ds[2] = 200;
    let mut anchors = TrustAnchors::default();
    anchors.add(root.apex.clone(), Ds::parse(&ds).unwrap());
    let mut tap = Tap::of(anchors, &[], 10);
    let word = tap.judges(&root.gives_keys());
    assert_eq!(word, "insecure unsupported_algorithm .");
}

#[test]
fn a_key_set_that_the_anchor_does_not_name_is_bogus() {
    let root = Zone::new(".");
    let mut other = root.clone();
    other.ksk = vec![Key::new(KSK, "other root")];
    let mut tap = Tap::anchored(&[&root]);
    assert_eq!(tap.judges(&other.gives_keys()), "bogus dnskey_missing .");
}
