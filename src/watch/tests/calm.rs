//! What looks like a change or an attack and is none.

use super::{DAY, HOUR, Stage, ds_records, rrset, zone};
use crate::message::Rtype;
use crate::watch::Change;

const OWN: [&str; 2] = ["ns1.example.org", "ns2.example.org"];
const NEW: [&str; 2] = ["ns1.provider.example", "ns2.provider.example"];

#[test]
fn refreshed_signatures_are_no_change() {
    let mut stage = Stage::healthy();
    for day in 1..30 {
        stage
            .at(day * DAY)
            .referral("A", day * DAY, &OWN)
            .keys("AZ", "A", day * DAY);
    }
    assert!(stage.end().is_empty());
}

#[test]
fn a_lagging_secondary_shows_the_old_set() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ABZ", "AB", DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY);
    for minute in 1..10 {
        stage
            .at(2 * DAY + 60 * minute)
            .from(2)
            .ds("A", 0)
            .from(1)
            .ds("B", 2 * DAY);
    }
    assert_eq!(stage.end(), ["DnskeyChanged", "DsReplaced DS-4", "DsStale"]);
}

#[test]
fn a_cache_shows_the_old_set() {
    let mut stage = Stage::publishing("ABZ", "AB");
    stage.at(700).ds("B", 700);
    stage
        .at(800)
        .cached(2800)
        .ds("A", 0)
        .at(900)
        .cached(2700)
        .ds("A", 0);
    stage.at(1000).cached(2600).keys("AZ", "A", -DAY);
    assert_eq!(stage.end(), ["DsReplaced DS-4", "DsStale"]);
}

#[test]
fn two_online_signers_while_one_lags() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("ABZ", "AB", DAY);
    for minute in 0..10 {
        let now = 2 * DAY + 60 * minute;
        stage
            .at(now)
            .from(1)
            .ds("B", now)
            .at(now + 30)
            .from(2)
            .ds("A", now + 30);
    }
    assert_eq!(stage.end(), ["DnskeyChanged", "DsReplaced DS-4", "DsStale"]);
}

#[test]
fn two_signers_whose_inceptions_run_apart() {
    let mut stage = Stage::healthy();
    for hour in 1..20 {
        let now = hour * HOUR;
        stage
            .at(now)
            .from(1)
            .ds("A", now)
            .from(2)
            .ds("A", now - 20 * HOUR);
    }
    assert!(stage.end().is_empty());
}

#[test]
fn a_provider_move_that_was_announced() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cds("AB", 'Z', DAY)
        .at(2 * DAY)
        .referral("AB", 2 * DAY, &OWN)
        .at(3 * DAY)
        .keys("ABYZ", "A", 3 * DAY)
        .cds("B", 'Z', 3 * DAY)
        .at(5 * DAY)
        .referral("B", 5 * DAY, &NEW)
        .from(9)
        .keys("BY", "B", 5 * DAY)
        .data('Y', 5 * DAY);
    let told = stage.end();
    assert_eq!(
        told,
        [
            "DsAdded DS-3",
            "DnskeyChanged",
            "DsRemoved DS-3",
            "NsChanged",
            "DnskeyChanged"
        ]
    );
}

#[test]
fn a_provider_move_by_shared_keys() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ABYZ", "A", DAY)
        .at(2 * DAY)
        .referral("AB", 2 * DAY, &OWN)
        .at(3 * DAY)
        .referral("AB", 2 * DAY, &NEW)
        .from(9)
        .keys("ABYZ", "B", 3 * DAY)
        .data('Y', 3 * DAY)
        .at(5 * DAY)
        .referral("B", 5 * DAY, &NEW);
    assert_eq!(
        stage.end(),
        [
            "DnskeyChanged",
            "DsAdded DS-4",
            "NsChanged",
            "DsRemoved DS-4"
        ]
    );
}

#[test]
fn multi_signer_sets_that_hold_both_providers_keys() {
    let mut stage = Stage::new();
    stage.at(0).ds("AB", 0);
    for hour in 0..20 {
        let now = hour * HOUR;
        stage.at(now).from(1).keys("ABYZ", "A", now).data('Z', now);
        stage
            .at(now + 60)
            .from(2)
            .keys("ABYZ", "B", now - 600)
            .data('Y', now);
    }
    assert_eq!(stage.end(), ["DsFirstSeen"]);
}

#[test]
fn a_server_that_joins_is_no_hijack() {
    let mut stage = Stage::healthy();
    let more = ["ns1.example.org", "ns2.example.org", "ns3.example.org"];
    stage
        .at(DAY)
        .referral("A", 0, &more)
        .data('Z', 0)
        .at(DAY + HOUR)
        .ds("AB", DAY + HOUR)
        .data('Z', 0);
    assert_eq!(stage.end(), ["NsChanged", "DsAdded DS-4"]);
}

#[test]
fn zsk_rollovers_are_expected() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("AYZ", "A", DAY)
        .at(2 * DAY)
        .keys("AY", "A", 2 * DAY)
        .data('Y', 2 * DAY);
    assert_eq!(stage.end(), ["DnskeyChanged", "DnskeyChanged"]);
    assert!(
        stage.told[0].why.starts_with("ZSK 39330 added"),
        "{}",
        stage.told[0].why
    );
}

#[test]
fn a_long_gap_is_no_proof_of_anything() {
    let mut stage = Stage::healthy();
    stage
        .at(90 * DAY)
        .referral("B", 90 * DAY, &NEW)
        .keys("BY", "B", 90 * DAY);
    let told = stage.end();
    assert!(told.contains(&"DsReplaced!".to_owned()), "{told:?}");
    assert!(!told.iter().any(|text| text.contains("hijack")), "{told:?}");
}

#[test]
fn keys_that_came_before_their_ds_was_verified() {
    let mut stage = Stage::healthy();
    // The DNSKEY response waited for the DS set that came after it.
    stage.at(2 * DAY + 1).ds("B", 2 * DAY);
    stage.at(2 * DAY).keys("ABZ", "AB", DAY);
    assert_eq!(stage.end(), ["DnskeyChanged", "DsReplaced DS-4"]);
    let mut stage = Stage::healthy();
    stage.at(2 * DAY + 1).ds("B", 2 * DAY);
    stage.at(2 * DAY).keys("BY", "B", DAY);
    assert_eq!(stage.end(), ["DsReplaced! DS-7 hijack"]);
}

#[test]
fn a_zone_without_ds_is_no_news() {
    let mut stage = Stage::new();
    stage
        .at(0)
        .referral("", 0, &OWN)
        .at(DAY)
        .referral("", DAY, &NEW);
    assert!(stage.end().is_empty());
}

#[test]
fn glue_that_is_left_out_is_no_change_of_servers() {
    let mut stage = Stage::healthy();
    stage.at(HOUR).referral("A", 0, &OWN).at(2 * HOUR).referral(
        "A",
        0,
        &["NS2.example.org", "ns1.example.org"],
    );
    assert!(stage.end().is_empty());
}

#[test]
fn a_new_server_beside_the_old_ones_and_a_ds_beside_the_old_one_wait_for_the_keys() {
    let mut stage = Stage::healthy();
    let more = ["ns1.example.org", "ns2.example.org", "ns3.example.org"];
    stage
        .at(600)
        .referral("AB", 600, &more)
        .at(601)
        .keys("AZ", "A", 0);
    assert_eq!(stage.end(), ["DsAdded DS-4", "NsChanged"]);
}

#[test]
fn servers_that_appear_one_by_one_in_glue() {
    let mut stage = Stage::healthy();
    stage
        .at(60)
        .glue("A", 0, "192.0.2.1")
        .at(120)
        .glue("A", 0, "2001:db8::1");
    stage.at(180).glue("A", 0, "192.0.2.1");
    assert!(stage.end().is_empty());
}

#[test]
fn a_forwarders_tap_sees_caches_only() {
    let mut stage = Stage::new();
    stage
        .at(0)
        .cached(60)
        .ds("A", 0)
        .cached(60)
        .keys("AZ", "A", 0);
    stage
        .at(DAY)
        .cached(60)
        .ds("B", DAY)
        .cached(60)
        .keys("BZ", "B", DAY);
    stage.cached(60).data('Z', 0);
    assert_eq!(
        stage.told.len(),
        1,
        "data out of a cache may be older than the change"
    );
    stage.at(DAY + 60).cached(60).data('Z', DAY + 1);
    assert_eq!(
        stage.end(),
        ["DsFirstSeen", "DsReplaced DS-4", "DnskeyChanged"]
    );
}

#[test]
fn a_revoked_key_is_the_same_key_but_vouches_for_nothing() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ABZ", "AB", DAY)
        .at(2 * DAY)
        .keys("aBZ", "aB", 2 * DAY);
    assert_eq!(stage.end(), ["DnskeyChanged", "DnskeyChanged"]);
    assert!(
        stage.told[1].why.starts_with("KSK 6178 revoked"),
        "{}",
        stage.told[1].why
    );
    assert!(
        !stage.told[1].why.contains("added"),
        "{}",
        stage.told[1].why
    );
}

#[test]
fn the_answer_that_waited_for_the_new_keys_vouches_for_them() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("AB", 600).data('Z', 0);
    stage.at(2 * HOUR).keys("BZ", "B", 2 * HOUR).waited('Z', 1);
    let told: Vec<String> = stage.told.iter().map(super::short).collect();
    assert_eq!(told, ["DsAdded DS-4", "DnskeyChanged"]);
}

#[test]
fn what_is_open_names_its_sets() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("B", DAY);
    let history = stage.watch.history(&zone()).unwrap();
    let open = history.open_changes();
    let [change] = open.as_slice() else {
        panic!("{open:?}");
    };
    let texts = |word: &str| {
        let rrset = rrset(Rtype::DS, ds_records(word));
        rrset.map(|rrset| Change::texts(&rrset))
    };
    assert_eq!(Some(&change.before), texts("A").as_ref());
    assert_eq!(Some(&change.after), texts("B").as_ref());
}
