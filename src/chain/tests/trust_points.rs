//! Anchors that their zone changes by itself (RFC 5011).

use super::super::testing::*;
use crate::chain::Shown;
use crate::chain::anchor::AnchorStep;
use crate::exchange::Standing;

const WWW: &str = "www.test.";

/// A root with a key of each letter that signs data with one more.
struct Root {
    zone: Zone,
    a: Key,
    b: Key,
    c: Key,
}

impl Root {
    fn new() -> Self {
        let [a, b, c] = ["a", "b", "c"].map(|words| Key::new(KSK, words));
        let zone = Zone::with_keys(".", a.clone(), Key::new(ZSK, "zsk"));
        Self { zone, a, b, c }
    }

    fn tap(&self) -> Tap {
        Tap::anchored(&[&self.zone])
    }

    /// The DNSKEY RRset with these keys, signed by those when it passes.
    fn gives(&self, keys: &[&Key], signers: &[&Key], at: i64) -> Response {
        self.gives_signed(keys, signers, at, at)
    }

    /// The same, signed at another moment.
    fn gives_signed(&self, keys: &[&Key], signers: &[&Key], signed: i64, at: i64) -> Response {
        let mut zone = self.zone.clone();
        zone.ksk = keys.iter().copied().cloned().collect();
        let sig = |key: &&Key| {
            let sig = zone.sig().by(key);
            sig.valid(signed - HOUR, signed + 21 * DAY)
        };
        let records = signers.iter().map(sig);
        let records = records.fold(zone.bare_keys(), Records::signed_with);
        zone.says(records).at(at)
    }
}

/// What was said of the trust point, step by step.
fn steps(tap: &Tap) -> Vec<AnchorStep> {
    let mut steps = Vec::new();
    for fact in &tap.facts {
        if let Shown::Anchors(report) = &fact.shown {
            steps.extend(report.steps.clone());
        }
    }
    steps
}

fn published(key: &Key, at: i64) -> AnchorStep {
    let tag = key.tag();
    let until = crate::time::Timestamp::new(EPOCH + at, 0);
    AnchorStep::Published { tag, until }
}

fn accepted(key: &Key) -> AnchorStep {
    AnchorStep::Accepted { tag: key.tag() }
}

fn withdrawn(key: &Key) -> AnchorStep {
    AnchorStep::Withdrawn { tag: key.tag() }
}

fn vanished(key: &Key) -> AnchorStep {
    AnchorStep::Vanished { tag: key.tag() }
}

fn revoked(key: &Key) -> AnchorStep {
    AnchorStep::Revoked {
        tag: key.tag(),
        revoked_tag: key.revoked().tag(),
    }
}

#[test]
fn a_key_that_was_published_for_thirty_days_begins_chains() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    assert_eq!(tap.judges(&root.gives(&[a], &[a], 0)), "secure");
    for day in [1, 10, 20, 30] {
        tap.sees(&root.gives(&[a, b], &[a], day * DAY));
    }
    assert_eq!(steps(&tap), [published(b, 31 * DAY)], "until day 31");
    tap.sees(&root.gives(&[a, b], &[a], 31 * DAY));
    assert_eq!(steps(&tap)[1..], [accepted(b)]);
    let alone = root.gives(&[a, b], &[b], 40 * DAY);
    assert_eq!(tap.judges(&alone), "secure");
    let data = root.zone.sig().valid(39 * DAY, 60 * DAY);
    let data = root
        .zone
        .says(Records::a(WWW).signed_with(data))
        .at(40 * DAY);
    assert_eq!(tap.judges(&data), "secure");
}

#[test]
fn the_hold_down_alone_makes_no_anchor_without_a_set_after_it() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[a], DAY));
    // RFC 5011 §2.2: a set with the key must be seen after the hold-down, signed by an anchor.
    let alone = root.gives(&[a, b], &[b], 40 * DAY);
    let frame = tap.sees(&alone);
    tap.ends();
    assert_ne!(tap.word(frame), "secure");
}

#[test]
fn a_hold_down_is_as_long_as_the_ttl_if_that_is_longer() {
    let mut root = Root::new();
    root.zone.key_ttl = 4_000_000;
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    assert_eq!(steps(&tap), [published(b, 4_000_000)]);
}

#[test]
fn a_stale_copy_without_the_new_key_does_not_restart_the_hold_down() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    let old = |at| root.gives_signed(&[a], &[a], 0, at);
    tap.sees(&old(0));
    tap.sees(&root.gives(&[a, b], &[a], DAY));
    // A lagging server, a cache, and somebody whom nobody asked.
    tap.sees(&old(2 * DAY));
    tap.sees(&old(3 * DAY).downstream());
    tap.sees(&old(4 * DAY).standing(Standing::Unmatched));
    // Signed in the same second, as online signers may.
    tap.sees(&root.gives_signed(&[a], &[a], DAY, 5 * DAY));
    tap.sees(&root.gives(&[a, b], &[a], 31 * DAY));
    assert_eq!(steps(&tap), [published(b, 31 * DAY), accepted(b)]);
}

#[test]
fn a_copy_of_the_set_with_the_new_key_does_not_end_its_hold_down() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    let old = root.gives_signed(&[a, b], &[a], 12 * DAY, 31 * DAY);
    tap.sees(&root.gives(&[a, b], &[a], 12 * DAY));
    tap.sees(&old.downstream());
    assert_eq!(steps(&tap), [published(b, 30 * DAY)]);
}

#[test]
fn before_a_forwarder_sets_that_are_newly_signed_are_news() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    for day in [0, 10, 20, 30] {
        tap.sees(&root.gives(&[a, b], &[a], day * DAY).downstream());
    }
    assert_eq!(steps(&tap), [published(b, 30 * DAY), accepted(b)]);
}

#[test]
fn a_key_that_leaves_in_its_hold_down_begins_anew() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    tap.sees(&root.gives(&[a], &[a], 20 * DAY));
    tap.sees(&root.gives(&[a, b], &[a], 29 * DAY));
    tap.sees(&root.gives(&[a, b], &[a], 31 * DAY));
    let expected = [published(b, 30 * DAY), withdrawn(b), published(b, 59 * DAY)];
    assert_eq!(steps(&tap), expected);
}

#[test]
fn no_set_that_an_anchor_did_not_sign_begins_a_hold_down() {
    let root = Root::new();
    let (a, b, c) = (&root.a, &root.b, &root.c);
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[b], DAY));
    tap.sees(&root.gives(&[b, c], &[b, c], 2 * DAY));
    tap.sees(&root.gives(&[a, b], &[], 3 * DAY));
    assert_eq!(steps(&tap), []);
    // Nor does a key without the SEP bit become an anchor.
    let zsk = Key::new(ZSK, "other zsk");
    tap.sees(&root.gives(&[a, &zsk], &[a], 4 * DAY));
    assert_eq!(steps(&tap), []);
}

#[test]
fn a_revoked_anchor_begins_no_chain_any_more() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let gone = a.revoked();
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[a], 30 * DAY));
    let both = root.gives(&[&gone, b], &[&gone, b], 40 * DAY);
    assert_eq!(tap.judges(&both), "secure");
    assert_eq!(steps(&tap)[2..], [revoked(a)]);
    let forged = root.gives(&[a], &[a], 40 * DAY + 1);
    assert_eq!(tap.judges(&forged), "bogus dnskey_missing .");
    // What caches hold was signed before: for as long as its TTL that is no fault.
    let cached = root.gives_signed(&[a, b], &[a], 39 * DAY, 40 * DAY + 600);
    assert_eq!(tap.judges(&cached.downstream()), "secure");
    let late = root.gives_signed(&[a], &[a], 39 * DAY, 40 * DAY + 2 * HOUR);
    let frame = tap.sees(&late.downstream());
    tap.ends();
    assert_ne!(tap.word(frame), "secure");
    // Permanent (RFC 5011 §2.1): without the bit it stays revoked.
    tap.sees(&root.gives(&[a, b], &[a, b], 50 * DAY));
    let forged = root.gives(&[a], &[a], 51 * DAY);
    assert_eq!(tap.judges(&forged), "bogus dnskey_missing .");
}

#[test]
fn only_the_key_itself_revokes_it() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let gone = a.revoked();
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[a], 30 * DAY));
    // The bit is set, but only the other key signs.
    tap.sees(&root.gives(&[&gone, b], &[b], 31 * DAY));
    assert_eq!(steps(&tap)[2..], []);
    assert_eq!(tap.judges(&root.gives(&[a, b], &[a], 32 * DAY)), "secure");
}

#[test]
fn a_lone_anchor_that_revokes_itself_ends_its_trust_point() {
    let root = Root::new();
    let a = &root.a;
    let gone = a.revoked();
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a], &[a], 0));
    tap.sees(&root.gives(&[&gone], &[&gone], DAY));
    assert_eq!(steps(&tap), [revoked(a)]);
    let word = tap.judges(&root.gives(&[a], &[a], 2 * DAY));
    assert_eq!(word, "indeterminate unanchored");
}

#[test]
fn a_revoked_anchor_that_is_gone_for_thirty_days_is_forgotten() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let gone = a.revoked();
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[a], 30 * DAY));
    tap.sees(&root.gives(&[&gone, b], &[&gone, b], 40 * DAY));
    for day in [70, 80, 99, 100] {
        tap.sees(&root.gives(&[b], &[b], day * DAY));
    }
    let removed = AnchorStep::Removed { tag: a.tag() };
    assert_eq!(steps(&tap)[2..], [revoked(a), removed]);
}

#[test]
fn an_anchor_that_vanishes_unrevoked_is_still_trusted() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a, b], 0));
    tap.sees(&root.gives(&[a, b], &[a, b], 30 * DAY));
    tap.sees(&root.gives(&[b], &[b], 40 * DAY));
    assert_eq!(steps(&tap)[2..], [vanished(a)]);
    tap.sees(&root.gives(&[a, b], &[a], 50 * DAY));
    assert_eq!(steps(&tap)[3..], [AnchorStep::Returned { tag: a.tag() }]);
}

#[test]
fn keys_in_hold_down_that_sign_alone_are_told() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let early = |until| AnchorStep::SignedByPending {
        tags: vec![b.tag()],
        until: crate::time::Timestamp::new(EPOCH + until, 0),
    };
    // The anchor has left, so nobody took its signature away.
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    let word = tap.judges(&root.gives(&[b], &[b], 10 * DAY));
    assert_eq!(word, "bogus dnskey_missing .");
    assert_eq!(steps(&tap)[1..], [early(30 * DAY)]);
    // It is listed: once could be an attack, and what an anchor signed too is one.
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[b], 10 * DAY));
    tap.sees(&root.gives(&[a, b], &[a, b], 10 * DAY + 60));
    tap.sees(&root.gives_signed(&[a, b], &[b], 10 * DAY, 10 * DAY + 90));
    assert_eq!(steps(&tap)[1..], []);
    for late in [0, 60] {
        tap.sees(&root.gives(&[a, b], &[b], 11 * DAY + late));
    }
    assert_eq!(steps(&tap)[1..], [early(30 * DAY)]);
}

#[test]
fn a_first_set_that_lists_the_anchor_and_is_signed_by_others_is_told() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let strange = AnchorStep::SignedByStrangers {
        tags: vec![b.tag()],
        listed: vec![a.tag()],
    };
    let mut tap = root.tap();
    for late in [0, 60] {
        tap.sees(&root.gives(&[a, b], &[b], late));
    }
    assert_eq!(steps(&tap), [strange.clone(), strange]);
    // Where an anchor was seen to sign, its signature is missing and nothing else is.
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[b], 60));
    assert_eq!(steps(&tap), []);
}

#[test]
fn an_anchor_that_is_seen_revoked_only_was_never_in_force() {
    let root = Root::new();
    let (a, b) = (&root.a, &root.b);
    let gone = a.revoked();
    let strange = AnchorStep::SignedByStrangers {
        tags: vec![b.tag()],
        listed: vec![a.tag()],
    };
    let mut tap = root.tap();
    let early = tap.sees(&root.zone.gives(WWW));
    tap.sees(&root.gives(&[&gone, b], &[&gone, b], 60));
    assert_eq!(steps(&tap), [revoked(a), strange]);
    tap.ends();
    assert_eq!(tap.word(early), "indeterminate unanchored");
}

#[test]
fn keys_whose_vouchers_are_all_revoked_begin_anew() {
    let root = Root::new();
    let (a, b, c) = (&root.a, &root.b, &root.c);
    let gone = a.revoked();
    let mut tap = root.tap();
    tap.sees(&root.gives(&[a, b], &[a], 0));
    tap.sees(&root.gives(&[a, b], &[a], 30 * DAY));
    tap.sees(&root.gives(&[a, b, c], &[a], 31 * DAY));
    tap.sees(&root.gives(&[&gone, b, c], &[&gone, b], 40 * DAY));
    let expected = [
        published(c, 61 * DAY),
        revoked(a),
        withdrawn(c),
        published(c, 70 * DAY),
    ];
    assert_eq!(steps(&tap)[2..], expected);
}

#[test]
fn no_more_keys_are_followed_than_there_is_room_for() {
    let root = Root::new();
    let mut tap = root.tap();
    let crowd: Vec<Key> = (0..40).map(|n| Key::new(KSK, &format!("{n}"))).collect();
    let mut keys: Vec<&Key> = crowd.iter().collect();
    keys.push(&root.a);
    tap.sees(&root.gives(&[&root.a], &[&root.a], 0));
    tap.sees(&root.gives(&keys, &[&root.a], DAY));
    assert_eq!(steps(&tap).len(), 15);
}
