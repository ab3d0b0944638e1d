//! A zone that goes unsigned, in time and too early.

use super::{DAY, HOUR, Stage, after};
use crate::exchange::Standing;

const OWN: [&str; 2] = ["ns1.example.org", "ns2.example.org"];

#[test]
fn unsigned_before_caches_have_dropped_the_ds() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("A", DAY).at(DAY + 600).ds("", DAY + 600);
    stage.at(DAY + 900).unsigned().from(2).unsigned().unsigned();
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6", "PrematureStep!"]);
    let change = stage.change("PrematureStep!");
    assert_eq!(change.breaks_at, Some(after(DAY + 900)));
    assert_eq!(change.caches_hold_until, Some(after(DAY + HOUR)));
    assert!(change.why.contains("without signatures"), "{}", change.why);
}

#[test]
fn no_dnskey_before_caches_have_dropped_the_ds() {
    let mut stage = Stage::healthy();
    stage.at(600).cds("", 'Z', 600).at(1200).ds("", 1200);
    stage.at(1800).unproven("").unproven("");
    assert_eq!(
        stage.end(),
        ["DsWithdrawn DS-3", "PrematureStep!"],
        "announced, and too early all the same"
    );
}

#[test]
fn unsigned_in_time() {
    let mut stage = Stage::healthy();
    stage.at(600).cds("", 'Z', 600).at(1200).ds("", 1200);
    stage
        .at(HOUR + 1)
        .unsigned()
        .unsigned()
        .unproven("")
        .unproven("");
    assert_eq!(stage.end(), ["DsWithdrawn DS-3"]);
}

#[test]
fn unsigned_while_caches_hold_the_keys() {
    let mut stage = Stage::healthy();
    // The DS set was last seen an hour before, the keys were fetched just then.
    stage.at(DAY).ds("A", DAY).at(DAY + HOUR - 60);
    stage
        .keys("AZ", "A", 0)
        .at(DAY + HOUR + 60)
        .ds("", DAY + HOUR);
    stage.at(DAY + HOUR + 120).unsigned().unsigned();
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6", "PrematureStep!"]);
    let until = stage.change("PrematureStep!").caches_hold_until;
    assert_eq!(until, Some(after(DAY + 2 * HOUR - 60)));
}

#[test]
fn keys_fetched_after_the_last_ds_has_run_out_are_verified_by_nobody() {
    let mut stage = Stage::healthy();
    stage
        .at(600)
        .cds("", 'Z', 600)
        .at(HOUR - 600)
        .ds("", HOUR - 600);
    stage.at(2 * HOUR - 60).keys("AZ", "A", 0);
    stage.at(2 * HOUR + 60).unsigned().unsigned();
    assert_eq!(stage.end(), ["DsWithdrawn DS-3"]);
}

#[test]
fn unsigned_as_before_its_first_ds() {
    let mut stage = Stage::new();
    stage.at(0).ds("", 0).at(600).unsigned().unsigned();
    assert!(stage.end().is_empty());
}

#[test]
fn one_unsigned_answer_could_be_forged() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("", 600).at(700).unsigned();
    stage.standing = Standing::Unmatched;
    stage.unsigned().unsigned();
    stage.standing = Standing::Matched;
    stage.cached(60).unsigned().cached(60).unsigned();
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6"]);
}

#[test]
fn after_a_hijack_nobody_speaks_of_a_rollover() {
    let mut stage = Stage::healthy();
    stage.at(600).referral("", 600, &["ns9.thief.example"]);
    stage.at(700).from(66).unsigned().unsigned();
    assert_eq!(stage.end(), ["DsWithdrawn! DS-7 hijack", "NsChanged!"]);
}

#[test]
fn a_second_withdrawal_is_told_again() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("", 600).at(700).unsigned().unsigned();
    stage.at(DAY).referral("B", DAY, &OWN).keys("BY", "B", DAY);
    stage.at(DAY + 600).ds("", DAY + 600).unsigned().unsigned();
    let told = stage.end();
    let premature = told.iter().filter(|text| *text == "PrematureStep!");
    assert_eq!(premature.count(), 2, "{told:?}");
}
