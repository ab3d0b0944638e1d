//! Bounds on work and on what is kept.

use super::super::budget::{Asked, MessageBudget};
use super::super::finding::{Finding, Judgement};
use super::super::held::{Held, Pending};
use super::super::judge::Judge;
use super::super::testing::*;
use super::super::verdict::Reason;
use super::super::zone::{Sight, ZoneTrust};
use super::super::zones::Zones;
use crate::chain::anchor::TrustAnchors;
use crate::chain::{KeySet, SignedBy};
use crate::message::{Ds, Name, Rtype};
use crate::time::{Timestamp, Ttl};
use std::sync::Arc;

const WWW: &str = "www.example.com.";
const BUDGET: &str = "indeterminate budget example.com.";

/// What is said of an address with these signatures.
fn word(zone: &Zone, sigs: impl IntoIterator<Item = Sig>) -> String {
    let [root, com, _] = zones();
    let mut tap = Tap::knowing(&[&root, &com, zone]);
    let records = sigs.into_iter().fold(Records::a(WWW), Records::signed_with);
    tap.judges(&zone.says(records))
}

#[test]
fn four_keys_of_a_tag_are_tried() {
    let mut example = zones()[2].clone();
    let real = example.zsk[0].clone();
    let mut twins: Vec<Key> = (1..=4).map(|number| real.twin(number)).collect();
    // Keys are tried in canonical order: the real one is to be the last.
    let last = twins.iter().all(|twin| twin.rdata < real.rdata);
    assert!(last, "the twins come first");
    example.zsk.extend(twins.drain(..3));
    assert_eq!(word(&example, [example.sig()]), "secure");
    example.zsk.extend(twins);
    assert_eq!(word(&example, [example.sig()]), BUDGET);
}

#[test]
fn eight_signatures_of_a_set_are_looked_at() {
    let example = &zones()[2];
    let spoilt = |count| vec![example.sig().spoilt(); count];
    let mut sigs = spoilt(7);
    sigs.push(example.sig());
    assert_eq!(word(example, sigs), "secure");
    let mut sigs = spoilt(8);
    sigs.push(example.sig());
    assert_eq!(word(example, sigs), BUDGET);
}

#[test]
fn signatures_of_other_zones_spend_nothing() {
    let example = &zones()[2];
    let mut sigs = vec![example.sig().naming("other.com."); 100];
    sigs.push(example.sig());
    assert_eq!(word(example, sigs), "secure");
}

#[test]
fn thirty_two_checks_are_made_for_a_message() {
    let example = &zones()[2];
    let [root, com, _] = zones();
    let mut tap = Tap::knowing(&[&root, &com, example]);
    let answer = |links: usize| {
        let alias = |i: usize| {
            let (from, to) = (
                format!("h{i}.example.com."),
                format!("h{}.example.com.", i + 1),
            );
            let records = Records::cname(&from, &to).signed_with(example.sig().spoilt());
            records.signed(example)
        };
        let end = Records::a(&format!("h{links}.example.com.")).signed(example);
        let answer = ask("h0.example.com.", Rtype::A).from(&example.server);
        (0..links)
            .map(alias)
            .fold(answer, Response::answer)
            .answer(end)
    };
    assert_eq!(tap.judges(&answer(15)), "secure", "31 checks");
    assert_eq!(tap.judges(&answer(16)), BUDGET, "33 checks");
}

/// An answer to ANY with so many signed sets.
fn any(example: &Zone, sets: u16) -> Response {
    let set = |number| Records::new(WWW, Rtype::new(60_000 + number), vec![vec![1]]);
    let answer = ask(WWW, Rtype::ANY).from(&example.server);
    (0..sets)
        .map(|number| set(number).signed(example))
        .fold(answer, Response::answer)
}

#[test]
fn thirty_two_sets_that_verify_are_checked() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    assert_eq!(tap.judges(&any(&example, 32)), "secure");
    assert_eq!(tap.judges(&any(&example, 33)), BUDGET);
}

#[test]
fn sixteen_checks_that_fail_are_made_for_a_message() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let answer = |spoilt: [usize; 3]| {
        let answer = ask(WWW, Rtype::ANY).from(&example.server);
        let set = |(number, count): (u16, usize)| {
            let set = Records::new(WWW, Rtype::new(60_000 + number), vec![vec![1]]);
            let sigs = vec![example.sig().spoilt(); count];
            sigs.into_iter()
                .fold(set, Records::signed_with)
                .signed(&example)
        };
        (0..).zip(spoilt).map(set).fold(answer, Response::answer)
    };
    assert_eq!(tap.judges(&answer([7, 7, 1])), "secure", "15 fail");
    assert_eq!(tap.judges(&answer([7, 7, 3])), BUDGET, "17 would fail");
}

#[test]
fn five_checks_of_the_dearest_curve_are_made() {
    let mut example = zones()[2].clone();
    let dear = Key::decoy(ZSK, 14, &[9; 96]);
    example.zsk.push(dear.clone());
    let spoilt = |count| vec![example.sig().by(&dear).spoilt(); count];
    let bogus = "bogus signature_invalid example.com.";
    assert_eq!(word(&example, spoilt(5)), bogus);
    assert_eq!(word(&example, spoilt(6)), BUDGET);
}

#[test]
fn checks_of_large_sets_cost_more() {
    let example = &zones()[2];
    let [root, com, _] = zones();
    let mut tap = Tap::knowing(&[&root, &com, example]);
    let answer = |records: u16, signatures: usize| {
        let owner = format!("{}example.com.", "a.".repeat(100));
        let rdata = (0..records).map(|number| number.to_be_bytes().to_vec());
        let set = Records::new(&owner, Rtype::TXT, rdata.collect());
        let sigs = vec![example.sig().spoilt(); signatures];
        example.says(sigs.into_iter().fold(set, Records::signed_with))
    };
    // The owner is signed with each record: some 900 octets of message, 500 kB to be hashed.
    let bogus = "bogus signature_invalid example.com.";
    assert_eq!(tap.judges(&answer(30, 8)), bogus);
    assert_eq!(tap.judges(&answer(200, 8)), bogus);
    assert_eq!(tap.judges(&answer(2000, 1)), bogus);
    assert_eq!(tap.judges(&answer(2000, 2)), BUDGET);
    assert_eq!(tap.judges(&answer(8000, 1)), BUDGET);
}

#[test]
fn digests_of_large_keys_cost_more() {
    let [root, com, mut example] = zones();
    let large = Key::decoy(KSK, 8, &vec![255; 60_000]);
    let ds = |number: u8| {
        let mut ds = large.ds(&example.apex, 2);
        ds[4] ^= number;
        ds
    };
    let ds: Vec<Vec<u8>> = (1..=6).map(ds).collect();
    let mut tap = Tap::knowing(&[&root, &com]);
    let few = example.bare_ds().but_with(ds[..4].to_vec()).signed(&com);
    let many = example.bare_ds().but_with(ds).signed(&com);
    example.ksk = vec![large];
    tap.sees(&com.refers_with(&example, vec![few]));
    let missing = "bogus dnskey_missing example.com.";
    assert_eq!(tap.judges(&example.gives_keys()), missing, "4 digests");
    let mut tap = tap.afresh();
    tap.learns(&[&root, &com], 0);
    tap.sees(&com.refers_with(&example, vec![many]));
    assert_eq!(tap.judges(&example.gives_keys()), BUDGET, "6 digests");
}

#[test]
fn a_zone_spends_its_own_budget_at_one_server_in_one_second() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let other = Zone::new("other.com.");
    tap.sees(&com.refers_to(&other));
    tap.sees(&other.gives_keys());
    let spoilt = Records::a(WWW).signed_with(example.sig().spoilt());
    let spoilt = example.says(spoilt);
    for _ in 0..64 {
        assert_eq!(tap.judges(&spoilt), "bogus signature_invalid example.com.");
    }
    assert_eq!(tap.judges(&spoilt), "indeterminate budget");
    let elsewhere = spoilt.clone().from("203.0.113.7");
    assert_eq!(
        tap.judges(&elsewhere),
        "bogus signature_invalid example.com."
    );
    assert_eq!(tap.judges(&other.gives("www.other.com.")), "secure");
    let later = spoilt.at(1);
    assert_eq!(tap.judges(&later), "bogus signature_invalid example.com.");
}

#[test]
fn many_keys_of_one_tag_below_many_ds_records_cost_little() {
    let [root, com, example] = zones();
    let real = example.ksk[0].clone();
    let twin = real.twin(1);
    let keys: Vec<Vec<u8>> = (0..1200_u32)
        .map(|number| {
            // Two words whose sum is the same leave the tag alone.
            let mut rdata = twin.rdata.clone();
            let [.., high, low] = number.to_be_bytes();
            let up = u16::from_be_bytes([rdata[4], rdata[5]]) ^ u16::from_be_bytes([high, low]);
            let old = u16::from_be_bytes([rdata[4], rdata[5]]);
            let other = u16::from_be_bytes([rdata[6], rdata[7]]);
            let Some(down) = other.checked_sub(up.wrapping_sub(old)) else {
                return twin.rdata.clone();
            };
            rdata.splice(4..8, [up.to_be_bytes(), down.to_be_bytes()].concat());
            rdata
        })
        .collect();
    let ds: Vec<Vec<u8>> = (0..1200_u32)
        .map(|number| {
            let mut ds = real.ds(&example.apex, 2);
            ds.splice(4..8, number.to_be_bytes());
            ds
        })
        .collect();
    let mut tap = Tap::knowing(&[&root, &com]);
    let ds = example.bare_ds().but_with(ds).signed(&com);
    tap.sees(&com.refers_with(&example, vec![ds]));
    let keys = example
        .bare_keys()
        .but_with(keys)
        .signed_with(example.sig().by(&real));
    let frame = tap.sees(&example.gives_keys().with_answer(keys));
    assert_eq!(tap.word(frame), "indeterminate budget example.com.");
}

/// So many messages about names of one zone, each of its own name.
fn pending(number: usize) -> Pending {
    let question = format!("n{number}.example.com.");
    Pending::new(ask(&question, Rtype::A).exchange(1))
}

#[test]
fn the_waiting_room_evicts_from_the_zone_that_holds_most() {
    let mut held = Held::default();
    let until = Timestamp::new(EPOCH, 0);
    let (quiet, loud) = (name("quiet."), name("loud."));
    let mut evicted = held.insert(pending(0), vec![quiet.clone()], &quiet, until);
    let mut number = 0;
    while evicted.is_empty() {
        number += 1;
        evicted = held.insert(pending(number), vec![loud.clone()], &loud, until);
        assert!(number < 100_000, "never full");
    }
    let first = evicted[0].exchange.message.question.as_ref().unwrap();
    assert_eq!(
        first.name,
        name("n1.example.com."),
        "the oldest of the fullest"
    );
    assert_eq!(held.wake(&quiet, super::super::held::Reach::Name).len(), 1);
}

#[test]
fn one_zone_never_fills_the_waiting_room() {
    let mut held = Held::default();
    let until = Timestamp::new(EPOCH, 0);
    let fill = |held: &mut Held, zone: &Name| {
        (0..100_000).find(|number| {
            !held
                .insert(pending(*number), vec![zone.clone()], zone, until)
                .is_empty()
        })
    };
    let one = fill(&mut held, &name("loud.")).unwrap();
    let other = fill(&mut held, &name("other.")).unwrap();
    assert_eq!(one, other, "one flood leaves as much room to the next");
}

#[test]
fn a_full_waiting_room_evicts_from_the_fullest_shares() {
    let mut held = Held::default();
    let until = Timestamp::new(EPOCH, 0);
    let [quiet, loud, other, third] = ["quiet.", "loud.", "other.", "third."].map(name);
    assert!(
        held.insert(pending(0), vec![quiet.clone()], &quiet, until)
            .is_empty()
    );
    for zone in [&loud, &other] {
        let mut numbers = 0..100_000;
        let is_full = numbers.any(|number| {
            let on = vec![zone.clone()];
            !held.insert(pending(number), on, zone, until).is_empty()
        });
        assert!(is_full);
    }
    let before = held.len();
    for number in 0..100 {
        held.insert(pending(number), vec![third.clone()], &third, until);
    }
    assert!(held.len() <= before + 1, "{} after {before}", held.len());
    let reach = super::super::held::Reach::Name;
    assert_eq!(held.wake(&quiet, reach).len(), 1);
    assert_eq!(held.wake(&third, reach).len(), 100);
}

#[test]
fn who_claims_many_zones_gets_one_share_of_the_waiting_room() {
    let [root, com, example] = zones();
    let tap = Tap::knowing(&[&root, &com, &example]);
    let exchange = ask("x.a.evil.com.", Rtype::A).exchange(1);
    let budget = MessageBudget::after(Asked::nothing(&exchange.message));
    let judge = Judge::new(tap.chain.known(), &exchange, budget);
    for (zone, expected) in [
        ("a.evil.com.", "evil.com."),
        ("b.evil.com.", "evil.com."),
        ("c.b.evil.com.", "evil.com."),
        ("example.com.", "example.com."),
    ] {
        let zone = name(zone);
        let unseen = Finding::because(Reason::KeysUnseen, Some(&zone));
        let Judgement::Waits(wait) = judge.wait(&zone, &zone, unseen) else {
            panic!("it waits");
        };
        assert_eq!(wait.room, name(expected), "{zone}");
    }
}

/// Zones with room for a thousand names.
fn small_zones() -> Zones {
    let mut anchors = TrustAnchors::default();
    let key = Key::new(KSK, "anchor");
    for zone in [".", "deep.kept.family."] {
        let ds = Ds::parse(&key.ds(&name(zone), 2)).unwrap();
        anchors.add(name(zone), ds);
    }
    Zones::new(anchors, Vec::new()).with_capacity(1000)
}

fn add(zones: &mut Zones, owner: &str) {
    zones.entry(&name(owner));
    zones.weigh(&name(owner));
    assert!(zones.len() <= 1000);
}

fn families() -> impl Iterator<Item = String> {
    (0..20).flat_map(|family| (0..10).map(move |child| format!("c{child}.f{family}.")))
}

#[test]
fn what_is_evicted_is_told_to_those_who_wrote_it_down() {
    let mut zones = small_zones();
    zones.note_evicted();
    let server = "192.0.2.1".parse().unwrap();
    for number in 0..3000 {
        let owner = format!("r{number}.family.");
        zones.entry(&name(&owner)).add_server(server);
        add(&mut zones, &owner);
    }
    let evicted = zones.take_evicted();
    assert_eq!(evicted.len() + zones.len(), 3000);
    assert!(evicted.iter().all(|zone| zones.find(zone).is_none()));
    assert!(zones.take_evicted().is_empty());
}

#[test]
fn a_flood_of_names_below_one_zone_keeps_the_families_of_others() {
    let mut zones = small_zones();
    families().for_each(|kept| add(&mut zones, &kept));
    add(&mut zones, "kept.family.");
    add(&mut zones, "deep.kept.family.");
    for number in 0..3000 {
        add(&mut zones, &format!("r{number}.family."));
    }
    for kept in families() {
        assert!(zones.find(&name(&kept)).is_some(), "{kept}");
    }
    assert!(
        zones.find(&name("deep.kept.family.")).is_some(),
        "an anchor"
    );
    assert!(
        zones.find(&name("kept.family.")).is_some(),
        "above an anchor"
    );
    assert!(zones.find(&name("r2999.family.")).is_some(), "the last one");
}

#[test]
fn a_flood_drops_names_without_keys_before_those_with() {
    let mut zones = small_zones();
    let zone = Zone::new("keyed.family.");
    let exchange = zone.gives_keys().exchange(1);
    let rrset = exchange.message.answer[0].clone();
    let keys = KeySet {
        keys: rrset.dnskeys().map(Arc::new).collect(),
        signers: Vec::new(),
        rrset,
    };
    let trust = zones.entry(&zone.apex);
    trust.add_keys(&Arc::new(keys), &signature(&zone), sight());
    zones.weigh(&zone.apex);
    let later = sight().time.plus_seconds(60);
    let later = Sight {
        time: later,
        ..sight()
    };
    for number in 0..3000 {
        let owner = name(&format!("r{number}.family."));
        zones.entry(&owner).add_no_cut(&signature(&zone), later);
        zones.weigh(&owner);
    }
    assert!(zones.len() <= 1000);
    assert!(zones.find(&zone.apex).is_some());
}

#[test]
fn zones_of_the_portfolio_stay_and_take_nobodys_room() {
    let mut zones = small_zones();
    let own: Vec<String> = (0..800)
        .map(|number| format!("own{number}.family."))
        .collect();
    let names: Vec<Name> = own.iter().map(|own| name(own)).collect();
    zones.protect(names.into_iter());
    for zone in own.iter().chain([&"family.".to_owned()]) {
        zones.entry(&name(zone));
        zones.weigh(&name(zone));
    }
    for number in 0..3000 {
        let stranger = name(&format!("r{number}.family."));
        zones.entry(&stranger);
        zones.weigh(&stranger);
        assert!(zones.len() <= 801 + 1000);
    }
    assert!(own.iter().all(|own| zones.find(&name(own)).is_some()));
    assert!(zones.find(&name("family.")).is_some(), "above them");
    assert!(zones.find(&name("r2999.family.")).is_some(), "the last one");
}

#[test]
fn a_flood_spread_over_many_families_of_one_zone_keeps_those_of_others() {
    let spread: [fn(usize) -> String; 3] = [
        |number| format!("a.r{number}.loud.com."),
        |number| format!("r{number}.s{}.loud.com.", number % 40),
        |number| format!("a.b.c.d.e.f.g.r{number}.loud.com."),
    ];
    for flood in spread {
        let mut zones = small_zones();
        for child in 0..200 {
            add(&mut zones, &format!("c{child}.com."));
        }
        families().for_each(|kept| add(&mut zones, &kept));
        for number in 0..3000 {
            add(&mut zones, &flood(number));
        }
        for child in 0..200 {
            let kept = format!("c{child}.com.");
            assert!(
                zones.find(&name(&kept)).is_some(),
                "{kept} after {}",
                flood(0)
            );
        }
        for kept in families() {
            assert!(
                zones.find(&name(&kept)).is_some(),
                "{kept} after {}",
                flood(0)
            );
        }
    }
}

#[test]
fn large_key_sets_take_the_room_of_many_names() {
    let mut zones = small_zones();
    families().for_each(|kept| add(&mut zones, &kept));
    let octets = |zones: &Zones, number: usize| {
        let zone = name(&format!("z{number}.loud."));
        zones.find(&zone).map_or(0, ZoneTrust::octets)
    };
    for number in 0..200 {
        let zone = Zone::new(&format!("z{number}.loud."));
        let keys = (0..100).map(|key| Key::new(ZSK, &format!("{number} {key}")).rdata);
        let set = zone.bare_keys().but_with(keys.collect()).signed(&zone);
        let exchange = zone.gives_keys().with_answer(set).exchange(1);
        let rrset = exchange.message.answer[0].clone();
        let keys = rrset.dnskeys().map(Arc::new).collect();
        let signers = Vec::new();
        let keys = Arc::new(KeySet {
            rrset,
            keys,
            signers,
        });
        zones
            .entry(&zone.apex)
            .add_keys(&keys, &signature(&zone), sight());
        zones.weigh(&zone.apex);
    }
    let all: usize = (0..200).map(|number| octets(&zones, number)).sum();
    assert!(all <= 1000 * 4096, "{all} octets");
    for kept in families() {
        assert!(zones.find(&name(&kept)).is_some(), "{kept}");
    }
}

fn signature(zone: &Zone) -> SignedBy {
    let time = Timestamp::new(EPOCH, 0);
    SignedBy {
        signer: zone.apex.clone(),
        key_tag: 0,
        algorithm: 15,
        labels: 1,
        original_ttl: Ttl::new(3600),
        inception: time,
        expiration: time.plus_seconds(DAY),
        key: None,
    }
}

fn sight() -> Sight {
    Sight {
        time: Timestamp::new(EPOCH, 0),
        now: Timestamp::new(EPOCH, 0),
        ttl: Ttl::new(3600),
        is_first_hand: true,
    }
}
