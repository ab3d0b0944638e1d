//! What the operator decides anew while traffic passes.

use super::super::testing::*;
use crate::chain::anchor::TrustAnchors;
use crate::chain::{Config, NegativeAnchor, Redecided};
use crate::message::Ds;

const WWW: &str = "www.example.com.";

/// The keys of these zones.
fn anchors(zones: &[&Zone]) -> TrustAnchors {
    let mut anchors = TrustAnchors::default();
    for zone in zones {
        for key in &zone.ksk {
            let ds = Ds::parse(&key.ds(&zone.apex, 2)).unwrap();
            anchors.add(zone.apex.clone(), ds);
        }
    }
    anchors
}

fn decide(tap: &mut Tap, zones: &[&Zone], negative: &[&str]) -> Redecided {
    let negative = negative.iter().map(|zone| NegativeAnchor {
        zone: name(zone),
        until: None,
    });
    tap.chain.reload(Config {
        anchors: anchors(zones),
        negative_anchors: negative.collect(),
        clock_skew: 60,
    })
}

#[test]
fn an_anchor_that_joins_costs_nothing_that_was_learnt() {
    let [root, com, example] = zones();
    let mut other = root.clone();
    other.ksk.push(Key::new(KSK, "next"));
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    assert_eq!(decide(&mut tap, &[&root], &[]), Redecided::default());
    let redecided = decide(&mut tap, &[&other], &[]);
    assert_eq!(redecided.anchors, [name(".")]);
    assert_eq!(tap.judges(&example.gives(WWW).at(1)), "secure");
    // An anchor for a zone that its parent vouches for anyway, and without it again.
    assert_eq!(
        decide(&mut tap, &[&other, &example], &[]).anchors,
        [name("example.com.")]
    );
    assert_eq!(tap.judges(&example.gives(WWW).at(2)), "secure");
    decide(&mut tap, &[&other], &[]);
    assert_eq!(tap.judges(&example.gives(WWW).at(3)), "secure");
}

#[test]
fn what_rested_on_an_anchor_that_left_is_trusted_no_longer() {
    let [root, com, example] = zones();
    let mut other = root.clone();
    other.ksk = vec![Key::new(KSK, "another root")];
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    decide(&mut tap, &[&other], &[]);
    assert_eq!(tap.judges(&example.gives(WWW).at(1)), "waits");
    assert_eq!(tap.judges(&com.gives("www.com.").at(1)), "waits");
    tap.sees(&root.gives_keys().at(2));
    assert_ne!(
        tap.judges(&example.gives(WWW).at(3)),
        "secure",
        "the old root is nobody"
    );
    // Back again, all is learnt from the traffic as at the start.
    decide(&mut tap, &[&root], &[]);
    tap.learns(&[&root, &com, &example], 4);
    assert_eq!(tap.judges(&example.gives(WWW).at(5)), "secure");
    decide(&mut tap, &[], &[]);
    assert_eq!(
        tap.judges(&example.gives(WWW).at(6)),
        "indeterminate unanchored"
    );
}

#[test]
fn an_anchor_below_one_that_left_stands_by_itself() {
    let [root, com, example] = zones();
    let mut other = root.clone();
    other.ksk = vec![Key::new(KSK, "another root")];
    let mut tap = Tap::anchored(&[&root, &example]);
    tap.learns(&[&root, &com, &example], 0);
    decide(&mut tap, &[&other, &example], &[]);
    assert_eq!(tap.judges(&example.gives(WWW).at(1)), "secure");
    assert_eq!(tap.judges(&com.gives("www.com.").at(1)), "waits");
    // Nothing of the old root vouches for it any more, so without its own anchor it is unknown.
    decide(&mut tap, &[&other], &[]);
    assert_eq!(tap.judges(&example.gives(WWW).at(2)), "waits");
}

#[test]
fn a_negative_anchor_begins_and_ends_at_once() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let spoilt = |at: i64| {
        let spoilt = Records::a(WWW).signed_with(example.sig().spoilt());
        example.says(spoilt).at(at)
    };
    let insecure = "insecure negative_anchor example.com.";
    let bogus = "bogus signature_invalid example.com.";
    assert_eq!(tap.judges(&spoilt(1)), bogus);
    let redecided = decide(&mut tap, &[&root], &["example.com."]);
    assert_eq!(redecided.negative_anchors, [name("example.com.")]);
    assert!(redecided.anchors.is_empty());
    assert_eq!(tap.judges(&spoilt(2)), insecure);
    decide(&mut tap, &[&root], &[]);
    assert_eq!(tap.judges(&spoilt(3)), bogus);
    assert_eq!(tap.judges(&example.gives(WWW).at(4)), "secure");
}
