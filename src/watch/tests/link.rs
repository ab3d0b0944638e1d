//! `ds_mismatch` and `premature_step`: when the zone fails, and until when it can be undone.

use super::{DAY, HOUR, Stage, after};

#[test]
fn a_new_ds_that_names_no_published_key_is_premature() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("B", 600);
    let change = stage.change("PrematureStep!");
    assert_eq!(
        change.breaks_at,
        Some(after(HOUR)),
        "when the old DS leaves the caches"
    );
    assert_eq!(change.undo_until, Some(after(HOUR)));
    assert_eq!(change.caches_hold_until, Some(after(HOUR)));
}

#[test]
fn a_new_ds_beside_a_working_one_is_right() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("AB", 600).data('Z', 0);
    assert_eq!(stage.end(), ["DsAdded DS-4"]);
}

#[test]
fn the_old_key_leaves_while_caches_hold_its_ds() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ABZ", "AB", DAY)
        .ds("A", DAY)
        .at(DAY + 1200)
        .ds("B", DAY + 1200)
        .at(DAY + 1800)
        .keys("BZ", "B", DAY + 1800);
    assert_eq!(
        stage.end(),
        [
            "DnskeyChanged",
            "DsReplaced DS-4",
            "DnskeyChanged",
            "PrematureStep!"
        ]
    );
    let change = stage.change("PrematureStep!");
    assert_eq!(change.breaks_at, Some(after(DAY + 1800)));
    assert_eq!(change.caches_hold_until, Some(after(DAY + HOUR)));
}

#[test]
fn a_served_key_set_that_the_ds_does_not_name() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("B", 600).at(700).keys("AZ", "A", 0);
    assert_eq!(
        stage.end(),
        ["PrematureStep!", "DsMismatch!", "DsReplaced! DS-7"]
    );
    assert_eq!(stage.change("DsMismatch!").breaks_at, Some(after(HOUR)));
    assert_eq!(stage.change("DsMismatch!").undo_until, Some(after(HOUR)));
}

#[test]
fn a_known_key_set_without_proof_counts_at_once() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("B", DAY).at(DAY + 10).unproven("AZ");
    assert_eq!(
        stage.change("DsMismatch!").breaks_at,
        Some(after(DAY + 10)),
        "now"
    );
    assert_eq!(stage.change("DsMismatch!").undo_until, None, "too late");
}

#[test]
fn an_unknown_key_set_must_come_twice() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("A", 0).unproven("CY");
    assert!(stage.told.is_empty(), "one answer could be forged");
    stage.at(DAY + 10).unproven("CY");
    assert_eq!(stage.end(), ["DsMismatch!"]);
}

#[test]
fn a_ds_set_that_was_not_seen_for_its_ttl_accuses_nobody() {
    let mut stage = Stage::healthy();
    stage.at(DAY).unproven("CY").unproven("CY").unproven("");
    assert!(stage.end().is_empty(), "it may have been replaced rightly");
}

#[test]
fn one_server_of_several_is_that_servers_trouble() {
    let mut stage = Stage::healthy();
    for minute in 1..20 {
        stage.at(60 * minute).from(2).unproven("CY").from(1);
    }
    assert!(
        stage.end().is_empty(),
        "the other server's keys are in force"
    );
}

#[test]
fn no_dnskey_at_all_counts_as_an_empty_set() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .ds("A", 0)
        .unproven("")
        .at(DAY + 10)
        .unproven("")
        .unproven("");
    assert_eq!(stage.end(), ["DsMismatch!"]);
    assert!(stage.told[0].after.is_empty());
}

#[test]
fn a_key_set_that_the_ds_names_is_no_mismatch_however_it_is_signed() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .ds("A", 0)
        .unproven("AC")
        .unproven("AC")
        .unproven("AC");
    assert!(
        stage.end().is_empty(),
        "a broken signature is a verdict of the chain"
    );
}

#[test]
fn a_withdrawn_ds_needs_no_keys() {
    let mut stage = Stage::healthy();
    stage.at(DAY).cds("", 'A', DAY).at(2 * DAY).ds("", 2 * DAY);
    stage.at(3 * DAY).unproven("").unproven("");
    assert_eq!(stage.end(), ["DsWithdrawn DS-3"]);
}

#[test]
fn a_ds_set_that_no_validator_uses_needs_no_keys() {
    let mut stage = Stage::new();
    stage
        .at(0)
        .ds("G", 0)
        .unproven("AZ")
        .unproven("AZ")
        .unproven("");
    assert_eq!(stage.end(), ["DsFirstSeen"], "the zone is insecure");
}

#[test]
fn servers_that_bring_other_keys_are_no_routine() {
    let mut stage = Stage::healthy();
    stage.at(DAY).referral("A", DAY, &["ns1.provider.example"]);
    stage.from(9).unproven("BY").unproven("BY").at(DAY + HOUR);
    assert_eq!(stage.end(), ["DsMismatch!", "NsChanged!"]);
    let why = &stage.change("NsChanged!").why;
    assert!(why.contains("names none of the keys"), "{why}");
    // With the zone's own keys they are.
    let mut stage = Stage::healthy();
    stage.at(DAY).referral("A", DAY, &["ns1.provider.example"]);
    stage.from(9).keys("AZ", "A", DAY).at(DAY + HOUR);
    assert_eq!(stage.end(), ["NsChanged"]);
}
