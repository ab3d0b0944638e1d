//! Messages made to be slow or to break something.

use super::super::testing::*;
use crate::message::Rtype;
use proptest::prelude::*;

/// As many labels as a name can have, the last ones those of `zone`.
fn deepest(zone: &str) -> String {
    let labels = (255 - name(zone).wire().len()) / 2;
    format!("{}{zone}", "a.".repeat(labels))
}

#[test]
fn names_of_127_labels_are_judged() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let deep = deepest("example.com.");
    assert!(name(&deep).label_count() >= 120);
    assert_eq!(tap.judges(&example.gives(&deep)), "secure");
    let wild = Records::a("*.example.com.").signed(&example).at(&deep);
    let frame = tap.sees(&example.says(wild));
    assert_eq!(tap.word(frame), "bogus denial_missing example.com.");
    let denial = example.denies(&deep, Rtype::A, Vec::new()).nxdomain();
    assert_eq!(tap.judges(&denial), "bogus denial_missing example.com.");
}

#[test]
fn thousands_of_signatures_over_one_set_are_one_budget() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let sig = example.sig().spoilt();
    let records = (0..500).fold(Records::a("www.example.com."), |records, _| {
        records.signed_with(sig.clone())
    });
    let word = tap.judges(&example.says(records));
    assert_eq!(word, "indeterminate budget example.com.");
}

#[test]
fn thousands_of_denials_in_one_message_are_one_budget() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let sig = example.sig().spoilt();
    let proofs = (0..400).map(|number| {
        let owner = format!("n{number}.example.com.");
        let types = [Rtype::NS, Rtype::RRSIG, Rtype::NSEC];
        Records::nsec(&owner, "z.example.com.", &types).signed_with(sig.clone())
    });
    let denial = example.denies("nope.example.com.", Rtype::A, proofs.collect());
    let word = tap.judges(&denial.nxdomain());
    assert!(
        word.starts_with("bogus signature_invalid") || word.contains("budget"),
        "{word}"
    );
}

#[test]
fn thousands_of_sets_at_the_deepest_names_are_one_budget() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let deep = deepest("aaa.example.com.");
    let apex = name(&deep).suffix(116).to_string();
    let unknown = example.sig().by(&Key::new(ZSK, "unknown"));
    let rdata = Records::a(&deep).signed_with(unknown.clone());
    let sets = (0..300_u16).map(|number| {
        let owner = format!("{number}.{apex}");
        Records::new(&owner, Rtype::new(65_280), vec![vec![1]])
            .ttl(300)
            .but_signed_like(&rdata)
    });
    let response = ask(&deep, Rtype::A).from(&example.server).nxdomain();
    let response = sets.fold(response, Response::authority);
    let first = tap.sees(&response);
    let types = [Rtype::NS, Rtype::RRSIG, Rtype::NSEC];
    let sets = (0..200_u16).map(|number| {
        let owner = format!("{number}.{apex}");
        Records::nsec(&owner, &apex, &types).signed_with(unknown.clone())
    });
    let response = ask(&deep, Rtype::A).from(&example.server).nxdomain();
    let response = sets.fold(response, Response::authority);
    let second = tap.sees(&response);
    tap.ends();
    for frame in [first, second] {
        assert!(!tap.word(frame).ends_with("secure"), "{}", tap.word(frame));
    }
}

#[test]
fn sets_beyond_sixty_four_are_over_budget() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to_unsigned(&example));
    let set =
        |number: u16| Records::new("example.com.", Rtype::new(60_000 + number), vec![vec![1]]);
    let ask_all = ask("example.com.", Rtype::ANY).from(&example.server);
    let table = [
        (64, "insecure no_ds example.com."),
        (65, "indeterminate budget"),
    ];
    for (count, expected) in table {
        let answer = (0..count).map(set).fold(ask_all.clone(), Response::answer);
        assert_eq!(tap.judges(&answer), expected, "{count} sets");
    }
}

#[test]
fn a_message_of_more_than_512_sets_and_signatures_is_not_taken_apart() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let set = |number: u16| {
        let owner = format!("{number}.example.com.");
        Records::a(&owner).signed_with(example.sig().spoilt())
    };
    let message = |count| {
        (0..count)
            .map(set)
            .fold(example.gives("www.example.com."), Response::authority)
    };
    let (full, crowded) = (message(255), message(256));
    assert!(!full.exchange(1).message.is_crowded);
    let exchange = crowded.exchange(1);
    assert!(exchange.message.is_crowded && !exchange.message.is_incomplete);
    assert_eq!(exchange.message.rrsets().count(), 257);
    assert_eq!(tap.judges(&crowded), "indeterminate budget");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_change_of_an_octet_breaks_the_judge(
        at in 0_usize..2000, octet: u8, which in 0_usize..6, is_warm: bool,
    ) {
        let [root, com, example] = zones();
        let proof = example.nsec("example.com.", "www.example.com.", &[Rtype::NS, Rtype::SOA]);
        let responses = [
            example.gives("www.example.com."),
            com.refers_to(&example),
            com.refers_to_unsigned(&example),
            example.gives_keys(),
            example.denies("nope.example.com.", Rtype::A, vec![proof]).nxdomain(),
            example.says(Records::dname("example.com.", "com.").signed(&example)),
        ];
        let mut tap = Tap::anchored(&[&root]);
        if is_warm {
            tap.learns(&[&root, &com, &example], 0);
        }
        let before = tap.facts.len();
        let exchange = responses[which].spoilt_exchange(at, octet);
        if let Some(exchange) = exchange {
            tap.takes(&exchange);
            tap.ends();
            prop_assert!(tap.facts.len() <= before + 3);
        }
    }
}
