//! Rules DS-1 to DS-6: changes that follow the book.

use super::{DAY, HOUR, Stage};

#[test]
fn ds_0_only_what_the_parent_signed_and_what_verified_counts() {
    let mut stage = Stage::healthy();
    stage.at(600).unsigned_ds("B").at(700).unsigned_ds("");
    assert!(stage.end().is_empty());
    assert_eq!(
        stage.ds("A", 0).end(),
        Vec::<String>::new(),
        "A is in force"
    );
}

#[test]
fn ds_1_another_digest_of_the_same_key() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("Aa", DAY).at(2 * DAY).ds("a", 2 * DAY);
    assert_eq!(stage.end(), ["DsAdded DS-1", "DsRemoved DS-1"]);
}

#[test]
fn ds_1_needs_the_key_not_the_tag() {
    let mut stage = Stage::new();
    stage.at(0).ds("A", 0).at(60).ds("a", 60);
    assert_eq!(
        stage.end(),
        ["DsFirstSeen", "DsReplaced!"],
        "no DNSKEY was seen"
    );
    let mut stage = Stage::new();
    stage.at(0).ds("A", 0).at(60).ds("a", 60).keys("AZ", "A", 0);
    assert_eq!(
        stage.end(),
        ["DsFirstSeen", "DsReplaced DS-1"],
        "it was, later"
    );
}

#[test]
fn ds_3_announced_by_cds_or_cdnskey() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cds("B", 'Z', DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY);
    assert_eq!(stage.end()[0], "DsReplaced DS-3");
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cdnskey("B", 'A', DAY)
        .at(2 * DAY)
        .ds("bB", 2 * DAY);
    assert_eq!(stage.end()[0], "DsReplaced DS-3");
    assert!(
        stage.told[0].why.contains("CDNSKEY"),
        "{}",
        stage.told[0].why
    );
}

#[test]
fn ds_3_parents_may_leave_digests_out_but_no_key() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cds("aABb", 'Z', DAY)
        .at(2 * DAY)
        .ds("AB", 2 * DAY);
    assert_eq!(stage.end(), ["DsAdded DS-3"]);
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cds("AB", 'Z', DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY);
    assert_eq!(stage.end()[0], "DsReplaced!");
}

#[test]
fn ds_3_only_the_old_chain_announces() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cds("B", 'Y', DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY);
    assert_eq!(stage.end()[0], "DsReplaced!", "Y is a stranger");
}

#[test]
fn ds_3_the_latest_announcement_before_the_change_counts() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cds("B", 'Z', DAY)
        .at(2 * DAY)
        .cds("C", 'Z', 2 * DAY)
        .at(3 * DAY)
        .ds("B", 3 * DAY);
    assert_eq!(stage.end()[0], "DsReplaced!", "B was taken back");
}

#[test]
fn ds_3_delete_forms_withdraw() {
    let mut stage = Stage::healthy();
    stage.at(DAY).cds("", 'A', DAY).at(2 * DAY).ds("", 2 * DAY);
    assert_eq!(stage.end(), ["DsWithdrawn DS-3"]);
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .cdnskey("", 'A', DAY)
        .at(2 * DAY)
        .ds("", 2 * DAY);
    assert_eq!(stage.end(), ["DsWithdrawn DS-3"]);
}

#[test]
fn ds_3_a_delete_seen_only_after_the_withdrawal() {
    const ALARM: &str = "DsWithdrawn! DS-6";
    const LATE: &str = "DsWithdrawn DS-3 reverts DsWithdrawn";
    // (what, the requests: records, key, inception; expected)
    type Row = (&'static str, &'static [(&'static str, char, i64)], bool);
    let table: [Row; 5] = [
        ("signed before", &[("", 'A', DAY)], true),
        (
            "signed since: could be made up for it",
            &[("", 'A', 2 * DAY + 1)],
            false,
        ),
        ("by a stranger", &[("", 'B', DAY)], false),
        ("it asked for other keys", &[("B", 'A', DAY)], false),
        (
            "it asked for other keys after that",
            &[("B", 'A', DAY + 60), ("", 'A', DAY)],
            false,
        ),
    ];
    for (what, requests, is_late) in table {
        let mut stage = withdrawn();
        for (records, key, inception) in requests {
            stage.cds(records, *key, *inception);
        }
        let expected: &[&str] = if is_late { &[ALARM, LATE] } else { &[ALARM] };
        assert_eq!(stage.end(), expected, "{what}");
    }
    let mut stage = withdrawn();
    stage.cdnskey("", 'Z', DAY).cds("", 'A', DAY);
    assert_eq!(stage.end(), [ALARM, LATE], "told once");
    let mut stage = withdrawn();
    stage.ds("A", 3 * DAY - HOUR).cds("", 'A', DAY);
    let back = "ZoneSigned DS-8 reverts DsWithdrawn";
    assert_eq!(stage.end(), [ALARM, back], "there is another DS by now");
    let mut stage = withdrawn();
    stage.referral("", 3 * DAY, &["ns1.other.example"]);
    stage.cds("", 'A', DAY);
    let hijack = "DsWithdrawn! DS-7 hijack";
    let expected = [ALARM, hijack, LATE, "NsChanged"];
    assert_eq!(stage.end(), expected, "the servers changed too");
}

/// A day after a zone's DS went without a word.
fn withdrawn() -> Stage {
    let mut stage = Stage::healthy();
    stage.at(DAY).data('Z', DAY).at(2 * DAY).ds("", 2 * DAY);
    stage.at(3 * DAY);
    stage
}

#[test]
fn ds_4_double_ksk() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ABZ", "AB", DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY)
        .at(3 * DAY)
        .keys("BZ", "B", 3 * DAY);
    assert_eq!(
        stage.end(),
        ["DnskeyChanged", "DsReplaced DS-4", "DnskeyChanged"]
    );
}

#[test]
fn ds_4_double_ksk_whose_first_step_was_not_seen() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("B", DAY);
    assert_eq!(stage.told.len(), 0, "waits");
    stage.at(DAY + 1).keys("ABZ", "AB", DAY - HOUR);
    assert_eq!(stage.end(), ["DnskeyChanged", "DsReplaced DS-4"]);
}

#[test]
fn ds_4_double_ds() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .ds("AB", DAY)
        .at(DAY + 1)
        .keys("AZ", "A", HOUR)
        .at(2 * DAY)
        .keys("BZ", "B", 2 * DAY)
        .data('Z', 0)
        .at(3 * DAY)
        .ds("B", 3 * DAY)
        .at(3 * DAY + 1)
        .keys("BZ", "B", 2 * DAY);
    assert_eq!(
        stage.end(),
        ["DsAdded DS-4", "DnskeyChanged", "DsRemoved DS-4"]
    );
}

#[test]
fn ds_4_an_old_zsk_still_signs() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("B", DAY).at(DAY + 1).keys("BZ", "B", DAY);
    assert_eq!(
        stage.told.len(),
        0,
        "an old key that is listed only may be a copy"
    );
    stage.at(DAY + 2).data('Z', 0);
    assert_eq!(stage.end(), ["DsReplaced DS-4", "DnskeyChanged"]);
}

#[test]
fn ds_4_double_ds_without_traffic_stays_quiet() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("AB", 600);
    assert_eq!(stage.end(), ["DsAdded DS-4"], "nothing contradicts");
}

#[test]
fn ds_5_algorithm_roll() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ARZ", "AR", DAY)
        .at(2 * DAY)
        .ds("AR", 2 * DAY)
        .at(3 * DAY)
        .ds("R", 3 * DAY)
        .at(4 * DAY)
        .keys("RY", "R", 4 * DAY);
    assert_eq!(
        stage.end(),
        [
            "DnskeyChanged",
            "DsAdded DS-5",
            "DsRemoved DS-5",
            "DnskeyChanged"
        ]
    );
}

#[test]
fn ds_5_new_algorithm_in_the_ds_before_its_keys() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("AR", 600).at(700).data('Z', 0);
    assert_eq!(stage.end(), ["DsAdded! DS-5"]);
}

#[test]
fn ds_5_new_algorithm_in_the_ds_before_its_signatures() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("ARZ", "AR", DAY).data('Z', DAY);
    stage.at(2 * DAY).keys("ARZ", "AR", DAY).data('Z', DAY);
    stage.at(2 * DAY + 60).ds("AR", 2 * DAY);
    assert_eq!(stage.end(), ["DnskeyChanged", "DsAdded! DS-5"]);
    assert!(
        stage.told[1]
            .why
            .contains("without a signature of algorithm 8"),
        "{}",
        stage.told[1].why
    );
}

#[test]
fn ds_3_what_is_announced_after_the_change_announces_nothing() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("B", DAY).cds("B", 'Z', 2 * DAY);
    let told = stage.end();
    assert!(told.contains(&"DsReplaced!".to_owned()), "{told:?}");
}

#[test]
fn ds_6_withdrawn_without_a_word() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("", DAY);
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6"]);
    let change = stage.change("DsWithdrawn! DS-6");
    assert_eq!(change.caches_hold_until, Some(super::after(HOUR)));
    assert_eq!(change.before_seen, Some(super::after(0)));
}

#[test]
fn a_zone_that_had_no_ds_is_signed() {
    let mut stage = Stage::new();
    stage
        .at(0)
        .ds("", 0)
        .at(DAY)
        .ds("A", DAY)
        .keys("AZ", "A", DAY);
    assert_eq!(stage.end(), ["ZoneSigned!"]);
}

#[test]
fn leaving_again_within_a_week_is_no_way_back_from_an_alarm() {
    let signed = || {
        let mut stage = Stage::new();
        stage.at(0).ds("", 0).at(DAY).ds("A", DAY);
        stage.keys("AZ", "A", DAY).data('Z', DAY);
        stage
    };
    let mut stage = signed();
    stage.at(2 * DAY).cds("", 'Z', 2 * DAY).at(3 * DAY);
    stage.ds("", 3 * DAY);
    assert_eq!(stage.end(), ["ZoneSigned!", "DsWithdrawn DS-3"]);
    let mut stage = signed();
    stage.at(3 * DAY).ds("", 3 * DAY);
    assert_eq!(stage.end(), ["ZoneSigned!", "DsWithdrawn! DS-6"]);
}

#[test]
fn ds_3_a_wish_that_comes_back_is_the_latest() {
    let mut stage = Stage::healthy();
    stage.at(DAY).cds("", 'Z', DAY).at(2 * DAY);
    stage
        .cds("AB", 'Z', 2 * DAY)
        .at(3 * DAY)
        .cds("", 'Z', 3 * DAY);
    stage.at(4 * DAY).ds("", 4 * DAY);
    assert_eq!(stage.end(), ["DsWithdrawn DS-3"]);
    // Out of a cache it does not come back.
    let mut stage = Stage::healthy();
    stage.at(DAY).cds("", 'Z', DAY).at(2 * DAY);
    stage.cds("AB", 'Z', 2 * DAY).cds("", 'Z', DAY);
    stage.at(4 * DAY).ds("", 4 * DAY);
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6"]);
}
