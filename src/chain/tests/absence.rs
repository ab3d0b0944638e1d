//! What is missing, and when that may be held against a zone.

use super::super::testing::*;
use crate::exchange::Standing;
use crate::message::Rtype;

const WWW: &str = "www.example.com.";
const MISSING: &str = "bogus signature_missing example.com.";
const UNSEEN: &str = "indeterminate zone_cut_unseen example.com.";

/// An unsigned answer that names its zone: what it says must be signed.
fn stripped() -> Response {
    let example = &zones()[2];
    example.says(Records::forged(WWW)).authority(example.ns())
}

/// The final word on a response where all three zones are known.
fn word(response: &Response) -> String {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let frame = tap.sees(response);
    tap.ends();
    tap.word(frame)
}

#[test]
fn a_missing_signature_is_bogus_where_all_conditions_hold() {
    assert_eq!(word(&stripped()), MISSING);
}

#[test]
fn it_is_not_where_nobody_asked_for_signatures() {
    assert_eq!(word(&stripped().without_do()), UNSEEN);
}

#[test]
fn keys_without_their_signature_are_held_to_the_same_conditions() {
    let example = &zones()[2];
    let bare = example.says(example.bare_keys());
    assert_eq!(word(&bare), MISSING);
    assert_eq!(word(&bare.clone().without_do()), UNSEEN);
    assert_eq!(word(&bare.clone().downstream().without_do()), UNSEEN);
    assert_eq!(word(&bare.from("203.0.113.1")), UNSEEN);
}

#[test]
fn a_box_that_drops_the_opt_does_not_hide_that_they_were_asked_for() {
    assert_eq!(word(&stripped().without_opt()), MISSING);
}

#[test]
fn without_its_query_the_do_of_the_response_tells() {
    let one_way = stripped().standing(Standing::QueriesUnseen);
    assert_eq!(word(&one_way), MISSING);
    assert_eq!(word(&one_way.without_opt()), UNSEEN);
}

#[test]
fn it_is_not_in_an_answer_that_could_be_anybodys() {
    for standing in [Standing::Unmatched, Standing::Second] {
        assert_eq!(word(&stripped().standing(standing)), UNSEEN, "{standing:?}");
    }
}

#[test]
fn it_is_not_once_the_ds_set_is_past_its_ttl() {
    assert_eq!(word(&stripped().at(HOUR)), MISSING);
    assert_eq!(word(&stripped().at(HOUR + 1)), UNSEEN);
}

#[test]
fn a_ds_set_out_of_a_cache_is_no_fresh_knowledge() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let ds = com.says(example.bare_ds().signed(&com));
    tap.sees(&ds.downstream());
    tap.sees(&example.gives_keys());
    let before = tap.sees(&stripped());
    tap.ends();
    assert_eq!(tap.word(before), UNSEEN);
}

#[test]
fn a_ttl_above_the_original_keeps_no_ds_set_fresh() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let sig = com.sig().original_ttl(3600);
    let ds = example.bare_ds().ttl(86_400).signed_with(sig);
    tap.sees(&com.refers_with(&example, vec![ds]));
    tap.sees(&example.gives_keys());
    assert_eq!(tap.judges(&stripped().at(HOUR)), MISSING);
    let after = tap.sees(&stripped().at(HOUR + 1));
    tap.ends();
    assert_eq!(tap.word(after), UNSEEN);
}

#[test]
fn a_ds_set_that_comes_right_after_is_as_good_as_one_before() {
    let [root, com, example] = zones();
    for (late, expected) in [(10, MISSING), (11, UNSEEN)] {
        let mut tap = Tap::knowing(&[&root, &com]);
        let answer = tap.sees(&stripped());
        tap.sees(&com.refers_to(&example).at(late));
        tap.sees(&example.gives_keys().at(late));
        tap.ends();
        assert_eq!(tap.word(answer), expected, "{late} s");
    }
}

#[test]
fn it_is_not_from_a_server_that_is_not_known_as_the_zones() {
    assert_eq!(word(&stripped().from("203.0.113.1")), UNSEEN);
}

#[test]
fn a_known_server_needs_no_aa() {
    // docs/decisions/0008: who strips signatures can clear AA too.
    let without_aa = stripped().referral();
    assert_eq!(word(&without_aa), MISSING);
    assert_eq!(word(&without_aa.from("203.0.113.1")), UNSEEN);
}

#[test]
fn it_is_not_where_the_name_may_lie_below_a_cut() {
    let example = &zones()[2];
    assert_eq!(word(&example.says(Records::forged(WWW))), UNSEEN);
}

#[test]
fn the_apex_lies_in_its_zone() {
    let example = &zones()[2];
    assert_eq!(
        word(&example.says(Records::forged("example.com."))),
        MISSING
    );
}

#[test]
fn an_owner_seen_signed_lies_in_its_zone() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&example.gives(WWW));
    assert_eq!(tap.judges(&example.says(Records::forged(WWW))), MISSING);
    let other = tap.sees(&example.says(Records::forged("ftp.example.com.")));
    tap.ends();
    assert_eq!(tap.word(other), UNSEEN);
}

#[test]
fn a_denial_at_a_delegation_shows_no_owner_in_the_zone_above() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let apex = [Rtype::NS, Rtype::SOA, Rtype::RRSIG, Rtype::NSEC];
    let cut = [Rtype::NS, Rtype::RRSIG, Rtype::NSEC];
    let proofs = vec![
        example.nsec("example.com.", "a.example.com.", &apex),
        example.nsec("m.example.com.", "www.example.com.", &cut),
    ];
    let denied = example.denies("nope.example.com.", Rtype::A, proofs);
    assert_eq!(tap.judges(&denied.nxdomain()), "secure");
    // The child's own data, from a server that it shares with the zone above.
    let frame = tap.sees(&example.says(Records::a("m.example.com.")));
    tap.ends();
    assert_eq!(tap.word(frame), UNSEEN);
}

#[test]
fn what_a_resolver_puts_in_authority_shows_no_zone() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&example.gives(WWW).downstream());
    let bare = example.says(Records::a("ftp.example.com."));
    let frame = tap.sees(&bare.authority(example.ns()).downstream());
    tap.ends();
    assert_eq!(tap.word(frame), UNSEEN);
}

#[test]
fn a_zone_shown_in_authority_speaks_for_the_last_link_only() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let alias = Records::cname(WWW, "sub.example.com.");
    let end = Records::a("sub.example.com.").signed(&example);
    let answer = example.says(alias).answer(end).authority(example.ns());
    let frame = tap.sees(&answer.asking(WWW, Rtype::A));
    tap.ends();
    assert_eq!(tap.word(frame), UNSEEN);
}

#[test]
fn a_resolver_is_held_to_what_it_was_seen_to_do() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&example.gives(WWW));
    let bare = example.says(Records::forged(WWW)).downstream();
    let other = tap.sees(&bare.clone().from("192.0.2.54"));
    tap.sees(&example.gives(WWW).downstream());
    assert_eq!(tap.judges(&bare), MISSING);
    // Anybody can send such a response in its name.
    let spoofed = example.gives(WWW).downstream().from("192.0.2.54");
    tap.sees(&spoofed.standing(Standing::Unmatched));
    tap.ends();
    assert_eq!(tap.word(other), UNSEEN);
}

#[test]
fn a_server_that_repeats_the_parents_records_is_no_server_of_the_parent() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    // A zone whose delegation has not passed, and whose server wants to blame the parent.
    let evil = "203.0.113.1";
    let own = Zone::new("evil.com.");
    let ds = example.bare_ds().signed(&com);
    let replay = own.says(Records::a("www.evil.com.")).from(evil);
    tap.sees(&replay.authority(ds).authority(com.soa()));
    let referral = com.refers_with(&own, vec![own.bare_ds().signed(&com)]);
    tap.sees(&referral.from(evil));
    let unsigned = own.says(Records::a("host.evil.com.")).from(evil);
    let blame = tap.sees(&unsigned.authority(com.ns()));
    let blame_again = tap.sees(
        &com.refers_with(&Zone::new("victim.com."), Vec::new())
            .from(evil),
    );
    tap.ends();
    for frame in [blame, blame_again] {
        let word = tap.word(frame);
        assert!(
            !word.ends_with("com.") || !word.starts_with("bogus"),
            "{word}"
        );
    }
}

#[test]
fn nobody_becomes_a_server_of_a_zone_above_or_beside_by_saying_so() {
    let [root, com, example] = zones();
    let evil = "203.0.113.1";
    let own = Zone::new("evil.com.");
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    tap.sees(&com.refers_to(&own));
    let claims = |zone: &Zone| {
        let claim = ask("www.evil.com.", Rtype::A)
            .from(evil)
            .authority(zone.ns());
        claim.glue(&format!("ns.{}", zone.apex), evil)
    };
    for zone in [&com, &example] {
        tap.sees(&claims(zone));
        tap.sees(&claims(zone).referral());
        tap.sees(
            &claims(zone)
                .referral()
                .authority(zone.bare_ds().signed(&com)),
        );
    }
    let blame = tap.sees(&com.refers_with(&Zone::new("x.com."), Vec::new()).from(evil));
    let stripped = tap.sees(&stripped().from(evil));
    tap.ends();
    assert_eq!(tap.word(blame), "indeterminate zone_cut_unseen com.");
    assert_eq!(tap.word(stripped), UNSEEN);
}

#[test]
fn what_could_be_anybodys_shows_and_names_no_servers() {
    let [root, com, example] = zones();
    let evil = "203.0.113.1";
    for standing in [Standing::Unmatched, Standing::Second] {
        let mut tap = Tap::knowing(&[&root, &com, &example]);
        let referral = com.refers_to(&example).glue("ns.example.com.", evil);
        tap.sees(&referral.standing(standing));
        tap.sees(&example.gives(WWW).from(evil).standing(standing));
        let frame = tap.sees(&stripped().from(evil));
        tap.ends();
        assert_eq!(tap.word(frame), UNSEEN, "{standing:?}");
    }
}

#[test]
fn a_zones_own_referral_to_itself_accuses_nobody() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    // The zone above is served by the same machine, and known to be.
    tap.sees(&com.says(com.soa()).from(&example.server));
    tap.sees(&com.refers_to(&example));
    let own = com.refers_with(&example, Vec::new()).from(&example.server);
    let frame = tap.sees(&own);
    tap.ends();
    assert_eq!(tap.word(frame), "indeterminate zone_cut_unseen com.");
}

#[test]
fn a_signed_ns_set_is_the_zones_own_and_no_referral() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to(&example));
    let empty = ask(WWW, Rtype::A).from("198.18.7.7");
    let frame = tap.sees(&empty.authority(example.ns().signed(&example)));
    // What it serves shows only now.
    tap.sees(&example.gives_keys().from("198.18.7.7").at(1));
    tap.ends();
    assert_eq!(tap.word(frame), "bogus denial_missing example.com.");
}

#[test]
fn servers_that_a_referral_or_a_known_server_names_count() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com, &example]);
    let more = example.gives(WWW).authority(example.ns());
    tap.sees(&more.glue("ns.example.com.", "198.18.7.7"));
    assert_eq!(tap.judges(&stripped().from("198.18.7.7")), MISSING);
}

#[test]
fn a_referral_needs_ds_or_proof_only_from_a_server_of_the_parent() {
    let [root, com, example] = zones();
    let bare = com.refers_with(&example, Vec::new());
    for (server, expected) in [
        (&*com.server, "bogus denial_missing com."),
        ("203.0.113.1", "indeterminate zone_cut_unseen com."),
    ] {
        let mut tap = Tap::knowing(&[&root, &com]);
        let frame = tap.sees(&bare.clone().from(server));
        tap.ends();
        assert_eq!(tap.word(frame), expected);
    }
}

#[test]
fn a_referral_below_a_cut_that_may_be_there_accuses_nobody() {
    let [root, com, _] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let frame = tap.sees(&com.refers_with(&Zone::new("a.b.com."), Vec::new()));
    tap.ends();
    assert_eq!(tap.word(frame), "indeterminate zone_cut_unseen com.");
}

#[test]
fn a_referral_to_a_zone_proven_unsigned_needs_no_new_proof() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    tap.sees(&com.refers_to_unsigned(&example));
    let bare = com.refers_with(&example, Vec::new());
    assert_eq!(tap.judges(&bare), "insecure no_ds example.com.");
}

#[test]
fn a_referral_needs_no_proof_where_nobody_asked_for_one() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let frame = tap.sees(&com.refers_with(&example, Vec::new()).without_do());
    tap.ends();
    assert_eq!(tap.word(frame), "indeterminate zone_cut_unseen com.");
}

#[test]
fn delegation_and_glue_are_never_missing_a_signature() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    assert_eq!(tap.judges(&com.refers_to(&example)), "secure");
    let answer = example
        .gives(WWW)
        .authority(example.ns())
        .glue("ns.example.com.", "192.0.2.7");
    tap.sees(&example.gives_keys());
    assert_eq!(tap.judges(&answer), "secure");
}

#[test]
fn unsigned_words_below_a_zone_of_unknown_state_accuse_nobody() {
    let [root, com, example] = zones();
    let mut tap = Tap::knowing(&[&root, &com]);
    let answer = tap.sees(&example.says(Records::a(WWW)).authority(example.ns()));
    tap.ends();
    assert_eq!(tap.word(answer), "indeterminate zone_cut_unseen com.");
}
