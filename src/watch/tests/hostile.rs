//! Rules DS-7 and DS-8: changes that nobody announced.

use super::{DAY, HOUR, Stage, after, short};
use crate::exchange::Standing;

const OWN: [&str; 2] = ["ns1.example.org", "ns2.example.org"];
const THEIRS: [&str; 2] = ["ns1.thief.example", "ns2.thief.example"];

#[test]
fn hijack_with_the_servers_in_the_same_referral() {
    let mut stage = Stage::healthy();
    stage.at(600).referral("B", 600, &THEIRS);
    let told: Vec<String> = stage.told.iter().map(short).collect();
    assert_eq!(told, ["DsReplaced! DS-7 hijack", "NsChanged!"], "at once");
    stage.at(601).keys("BY", "B", 600).data('Y', 600);
    assert_eq!(stage.end(), told, "one alarm for one event");
    let change = stage.change("DsReplaced! DS-7 hijack");
    assert_eq!(change.caches_hold_until, Some(after(HOUR)));
    assert!(
        change.why.contains("changed at the same time"),
        "{}",
        change.why
    );
}

#[test]
fn hijack_whose_servers_show_22_hours_later() {
    let mut stage = Stage::healthy();
    stage
        .at(600)
        .ds("B", 600)
        .data('Z', 0)
        .at(5 * HOUR)
        .ds("B", 600);
    stage.at(22 * HOUR).referral("B", 600, &THEIRS);
    assert_eq!(
        stage.end(),
        [
            "PrematureStep!",
            "DsReplaced! DS-7",
            "DsReplaced! DS-7 hijack",
            "NsChanged!"
        ]
    );
    let change = stage.change("DsReplaced! DS-7 hijack");
    assert!(change.why.contains("78600 s later"), "{}", change.why);
}

#[test]
fn hijack_whose_servers_show_while_it_waits() {
    let mut stage = Stage::healthy();
    stage
        .at(600)
        .ds("B", 600)
        .at(700)
        .referral("B", 600, &THEIRS);
    assert_eq!(
        stage.end(),
        ["PrematureStep!", "DsReplaced! DS-7 hijack", "NsChanged!"]
    );
}

#[test]
fn hijack_whose_servers_never_show() {
    let mut stage = Stage::healthy();
    stage
        .at(2 * HOUR)
        .ds("B", 2 * HOUR)
        .at(2 * HOUR + 1)
        .keys("BY", "B", 2 * HOUR);
    assert_eq!(stage.end(), ["DsReplaced! DS-7 hijack"]);
    assert!(
        stage.told[0].why.contains("no key of before"),
        "{}",
        stage.told[0].why
    );
}

#[test]
fn hijack_by_a_record_beside_the_old_one() {
    let mut stage = Stage::healthy();
    stage
        .at(2 * HOUR)
        .ds("AB", 2 * HOUR)
        .at(2 * HOUR + 1)
        .keys("BY", "B", 2 * HOUR);
    assert_eq!(
        stage.end(),
        ["DsAdded! DS-7 hijack"],
        "an old DS left in place proves nothing"
    );
}

#[test]
fn hijack_that_waits_until_the_double_ds_is_accepted() {
    let mut stage = Stage::healthy();
    stage
        .at(2 * HOUR)
        .ds("AB", 2 * HOUR)
        .data('Z', 0)
        .at(10 * HOUR)
        .keys("BY", "B", 10 * HOUR);
    assert_eq!(stage.end(), ["DsAdded DS-4", "DnskeyChanged! DS-7 hijack"]);
}

#[test]
fn hijack_that_lists_the_old_key_and_copies_its_signatures() {
    let mut stage = Stage::healthy();
    stage
        .at(2 * HOUR)
        .ds("AB", 2 * HOUR)
        .data('Z', 0)
        .at(10 * HOUR)
        .referral("AB", 2 * HOUR, &THEIRS)
        .keys("BZ", "B", 10 * HOUR)
        .data('Z', 0);
    assert_eq!(
        stage.end()[..2],
        ["DsAdded DS-4", "DnskeyChanged! DS-7 hijack"]
    );
}

#[test]
fn ds_gone_with_the_servers() {
    let mut stage = Stage::healthy();
    stage.at(600).referral("", 600, &THEIRS);
    assert_eq!(stage.end(), ["DsWithdrawn! DS-7 hijack", "NsChanged!"]);
}

#[test]
fn ds_gone_and_the_servers_after_it() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("", 600).at(900).referral("", 600, &THEIRS);
    assert_eq!(
        stage.end()[..2],
        ["DsWithdrawn! DS-6", "DsWithdrawn! DS-7 hijack"]
    );
}

#[test]
fn unsigned_first_and_moved_when_caches_were_clear_is_no_hijack() {
    let mut stage = Stage::healthy();
    stage
        .at(600)
        .referral("", 600, &OWN)
        .at(DAY)
        .referral("", 600, &THEIRS);
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6", "NsChanged!"]);
}

#[test]
fn ds_8_the_way_back_is_no_second_alarm() {
    let mut stage = Stage::healthy();
    stage
        .at(600)
        .referral("B", 600, &THEIRS)
        .at(6 * HOUR)
        .referral("A", 6 * HOUR, &OWN);
    assert_eq!(
        stage.end(),
        [
            "DsReplaced! DS-7 hijack",
            "NsChanged!",
            "DsReplaced DS-8 reverts DsReplaced",
            "NsChanged"
        ]
    );
}

#[test]
fn ds_8_back_from_a_withdrawal_that_nobody_settled_yet() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("", 600).at(DAY).ds("A", DAY);
    assert_eq!(
        stage.end(),
        ["DsWithdrawn! DS-6", "ZoneSigned DS-8 reverts DsWithdrawn"]
    );
}

#[test]
fn ds_8_back_while_the_way_out_still_waits() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("B", 600).at(900).ds("A", 900);
    assert_eq!(
        stage.end(),
        [
            "PrematureStep!",
            "DsReplaced! DS-7",
            "DsReplaced DS-8 reverts DsReplaced"
        ]
    );
}

#[test]
fn ds_8_back_from_what_was_announced() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cds("B", 'Z', DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY)
        .keys("BZ", "B", 2 * DAY)
        .at(3 * DAY)
        .ds("A", 3 * DAY)
        .at(3 * DAY + 1)
        .referral("A", 3 * DAY, &THEIRS);
    assert!(
        stage.end().contains(&"DsReplaced! DS-8 hijack".to_owned()),
        "{:?}",
        stage.end()
    );
}

#[test]
fn after_a_week_the_way_back_stands_for_itself() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("", 600).at(8 * DAY).ds("A", 8 * DAY);
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6", "ZoneSigned!"]);
}

#[test]
fn a_replay_is_told_from_a_lagging_server() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("ABZ", "AB", DAY);
    stage
        .at(2 * DAY)
        .ds("B", 2 * DAY)
        .at(2 * DAY + 60)
        .ds("A", 0);
    stage.at(2 * DAY + HOUR).ds("B", 2 * DAY);
    stage.at(2 * DAY + 2 * HOUR).ds("A", 0);
    assert_eq!(
        stage.end(),
        ["DnskeyChanged", "DsReplaced DS-4", "DsStale", "DsStale!"]
    );
}

#[test]
fn tag_collisions_are_told() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("AZVW", "A", DAY);
    assert_eq!(stage.end(), ["DnskeyChanged!"]);
    assert!(
        stage.told[0].why.contains("two keys share tag"),
        "{}",
        stage.told[0].why
    );
}

#[test]
fn ds_gone_and_the_servers_at_other_addresses() {
    let mut stage = Stage::healthy();
    stage
        .at(300)
        .glue("A", 0, "192.0.2.1")
        .at(600)
        .glue("", 600, "203.0.113.66");
    assert_eq!(stage.end(), ["DsWithdrawn! DS-7 hijack", "NsChanged!"]);
    assert!(
        stage.told[0].why.contains("addresses of its servers"),
        "{}",
        stage.told[0].why
    );
}

#[test]
fn copied_data_from_a_stranger_is_no_continuity() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("B", DAY).at(DAY + 1).keys("BZ", "B", DAY);
    stage.standing = Standing::Unmatched;
    stage.data('Z', 0);
    assert_eq!(stage.end(), ["DsReplaced!"], "anybody could have sent it");
}

#[test]
fn old_keys_that_are_listed_while_others_sign() {
    for (time, expected) in [(HOUR, "DsReplaced! DS-7"), (DAY, "DsReplaced!")] {
        let mut stage = Stage::healthy();
        stage
            .at(time)
            .ds("B", time)
            .at(time + 1)
            .keys("BYZ", "B", time)
            .data('Y', time);
        assert_eq!(stage.end(), [expected], "unseen for {time} s");
    }
}

#[test]
fn a_retired_key_that_comes_back_links_nothing() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ABZ", "AB", DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY)
        .at(3 * DAY)
        .keys("BY", "B", 3 * DAY)
        .at(4 * DAY)
        .ds("A", 4 * DAY)
        .at(4 * DAY + 1)
        .keys("AZ", "A", 4 * DAY);
    assert_eq!(
        stage.end(),
        [
            "DnskeyChanged",
            "DsReplaced DS-4",
            "DnskeyChanged",
            "DsReplaced! DS-8 hijack"
        ],
        "an old provider may still hold its keys"
    );
}

#[test]
fn a_revoked_key_that_comes_back_links_nothing() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .ds("AB", DAY)
        .keys("ABZ", "AB", DAY)
        .at(2 * DAY)
        .keys("aBZ", "aB", 2 * DAY)
        .at(3 * DAY)
        .keys("AY", "A", 3 * DAY);
    assert_eq!(
        stage.end(),
        [
            "DnskeyChanged",
            "DsAdded DS-4",
            "DnskeyChanged",
            "DnskeyChanged! DS-7 hijack"
        ],
        "whoever made its owner revoke it may hold it"
    );
}

#[test]
fn unproven_keys_open_no_history() {
    let mut stage = Stage::new();
    stage.at(0).unproven("AZ").unproven("AZ");
    assert_eq!(stage.watch.zones().count(), 0);
    assert!(stage.end().is_empty());
}

#[test]
fn others_sign_while_old_keys_are_listed_under_a_ds_that_was_accepted() {
    let mut stage = Stage::healthy();
    stage
        .at(600)
        .ds("AB", 600)
        .data('Z', 0)
        .at(HOUR)
        .keys("BYZ", "B", HOUR)
        .data('Y', HOUR)
        .at(3 * HOUR);
    assert_eq!(stage.end(), ["DsAdded DS-4", "DnskeyChanged! DS-7"]);
}

#[test]
fn servers_that_follow_a_ds_whose_keys_were_never_seen() {
    let mut stage = Stage::new();
    stage
        .at(0)
        .referral("A", 0, &OWN)
        .at(600)
        .ds("B", 600)
        .at(DAY);
    stage.referral("B", 600, &THEIRS);
    assert_eq!(
        stage.end(),
        [
            "DsFirstSeen",
            "DsReplaced!",
            "DsReplaced! DS-7 hijack",
            "NsChanged!"
        ]
    );
}
