//! Answers that are meant to differ from the public tree, and what is not excused by them.

use super::super::Private;
use super::super::testing::*;
use crate::message::Rtype;
use std::net::Ipv6Addr;

const WWW: &str = "www.example.com.";
const MISSING: &str = "bogus signature_missing example.com.";
const UNSEEN: &str = "indeterminate zone_cut_unseen example.com.";

/// A server that no delegation names.
const INSIDE: &str = "10.0.0.1";

/// A resolver that was seen to hand out signatures, of `www.example.com.` among others.
fn known() -> (Tap, [Zone; 3]) {
    let zones = zones();
    let [root, com, example] = &zones;
    let mut tap = Tap::knowing(&[root, com, example]);
    tap.sees(&example.gives(WWW));
    tap.sees(&example.gives(WWW).downstream());
    (tap, zones)
}

/// What is said of a response at the end, and who is held to have given it.
fn told(tap: &mut Tap, response: &Response) -> (String, Option<Private>) {
    let frame = tap.sees(response);
    tap.ends();
    let by = tap
        .verdict(frame)
        .and_then(|verdict| verdict.private.clone());
    (tap.word(frame), by)
}

/// The server inside answers for a zone.
fn by_inside(zone: &Zone) -> Private {
    let (zone, server) = (zone.apex.clone(), INSIDE.parse().unwrap());
    Private::Zone { zone, server }
}

fn aaaa(owner: &str, address: &str) -> Records {
    let address: Ipv6Addr = address.parse().unwrap();
    Records::new(owner, Rtype::AAAA, vec![address.octets().to_vec()])
}

#[test]
fn an_internal_view_of_a_signed_zone_accuses_nobody() {
    let (mut tap, [_, _, example]) = known();
    let inside = example.says(Records::forged(WWW)).from(INSIDE);
    let view = Some(by_inside(&example));
    let to_client = example.says(Records::forged(WWW)).downstream();
    tap.sees(&inside.clone().authority(example.ns()));
    assert_eq!(
        told(&mut tap, &to_client),
        (UNSEEN.to_owned(), view.clone())
    );
    assert_eq!(told(&mut tap, &inside), (UNSEEN.to_owned(), view));
}

#[test]
fn a_view_of_one_resolver_excuses_no_other() {
    let (mut tap, [_, _, example]) = known();
    let inside = example.says(Records::forged(WWW)).from(INSIDE);
    let elsewhere = inside.of_resolver("192.0.2.54");
    tap.sees(&elsewhere.authority(example.ns()));
    let to_client = example.says(Records::forged(WWW)).downstream();
    assert_eq!(told(&mut tap, &to_client), (MISSING.to_owned(), None));
}

#[test]
fn a_zone_that_the_public_tree_denies_is_private() {
    let (mut tap, [root, ..]) = known();
    let types = [Rtype::NS, Rtype::SOA, Rtype::NSEC];
    let denied = root.denies("corp.", Rtype::DS, vec![root.nsec(".", "net.", &types)]);
    tap.sees(&denied.nxdomain());
    let corp = Zone::new("corp.");
    let inside = corp.says(Records::a("files.corp.")).from(INSIDE);
    let (word, by) = told(&mut tap, &inside.authority(corp.ns()));
    assert_eq!(word, "indeterminate zone_cut_unseen .");
    assert_eq!(by, Some(by_inside(&corp)));
    let none = ask("none.corp.", Rtype::A).nxdomain().downstream();
    let none = none.authority(corp.soa().unsigned());
    let (word, by) = told(&mut tap, &none);
    assert_eq!(word, "indeterminate zone_cut_unseen .");
    assert_eq!(by, Some(by_inside(&corp)));
}

#[test]
fn a_zone_below_that_may_be_delegated_is_not_called_private() {
    let (mut tap, _) = known();
    let child = Zone::new("child.example.com.");
    let unsigned = child
        .says(Records::a("www.child.example.com."))
        .from(INSIDE);
    let (_, by) = told(&mut tap, &unsigned.authority(child.ns()));
    assert_eq!(by, None);
}

#[test]
fn what_a_resolver_says_is_its_own_accuses_nobody() {
    let (mut tap, [_, _, example]) = known();
    let bare = example.says(Records::forged(WWW)).downstream();
    let own = (UNSEEN.to_owned(), Some(Private::Resolver));
    assert_eq!(told(&mut tap, &bare), (MISSING.to_owned(), None));
    assert_eq!(told(&mut tap, &bare.clone().authoritative()), own);
    let policy = Zone::new("policy.").soa().unsigned();
    assert_eq!(told(&mut tap, &bare.clone().additional(policy)), own);
    for (code, expected) in [(15, &own), (17, &own), (3, &(MISSING.to_owned(), None))] {
        assert_eq!(
            told(&mut tap, &bare.clone().error(code)),
            *expected,
            "{code}"
        );
    }
}

#[test]
fn a_zone_below_may_still_turn_out_to_be_unsigned() {
    let (mut tap, [_, _, example]) = known();
    let owner = "www.child.example.com.";
    let own = example.says(Records::a(owner)).downstream().authoritative();
    let frame = tap.sees(&own);
    let types = [Rtype::NS, Rtype::RRSIG, Rtype::NSEC];
    let proof = example.nsec("child.example.com.", WWW, &types);
    tap.sees(&example.denies("child.example.com.", Rtype::DS, vec![proof]));
    tap.ends();
    assert_eq!(tap.word(frame), "insecure no_ds child.example.com.");
    // Where that proof never comes, it is not said to be a name of the signed zone either.
    let (mut tap, _) = known();
    assert_eq!(told(&mut tap, &own), (UNSEEN.to_owned(), None));
}

#[test]
fn it_says_so_of_what_is_missing_only() {
    let (mut tap, [_, _, example]) = known();
    let spoilt = Records::a(WWW).signed_with(example.sig().spoilt());
    let altered = example.says(spoilt).downstream().authoritative();
    assert_eq!(
        told(&mut tap, &altered).0,
        "bogus signature_invalid example.com."
    );
}

#[test]
fn addresses_made_by_dns64_accuse_nobody() {
    let (mut tap, [_, _, example]) = known();
    let own = (UNSEEN.to_owned(), Some(Private::Resolver));
    let missing = (MISSING.to_owned(), None);
    for (address, expected) in [
        ("64:ff9b::203.0.113.7", &own),
        // The verified address of the name behind a prefix of the network's own.
        ("2001:db8:64::192.0.2.1", &own),
        ("2001:db8:64::203.0.113.66", &missing),
    ] {
        let made = example.says(aaaa(WWW, address));
        let from_zone = told(&mut tap, &made.clone().authority(example.ns()));
        assert_eq!(from_zone, missing, "{address} upstream");
        assert_eq!(told(&mut tap, &made.downstream()), *expected, "{address}");
    }
}
