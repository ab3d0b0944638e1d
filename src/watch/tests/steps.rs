//! Steps of a rollover that come too early for caches, and such as only look so.

use super::super::Set;
use super::{DAY, HOUR, Stage, after};
use crate::message::Rtype;

const EARLY: &str = "PrematureStep!";

#[test]
fn a_new_zsk_signs_while_caches_hold_the_keys_without_it() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600).data('Z', 0);
    stage.at(1200).data('Y', 1200).at(1300).data('Y', 1200);
    assert_eq!(stage.end(), ["DnskeyChanged", EARLY]);
    let change = stage.change(EARLY);
    assert_eq!(change.set, Set::Dnskey);
    assert_eq!(change.breaks_at, Some(after(1200)));
    assert_eq!(change.caches_hold_until, Some(after(HOUR)));
    assert_eq!(change.undo_until, Some(after(HOUR)));
    assert!(change.why.contains("key 39330 signs"), "{}", change.why);
    assert_eq!((change.before.len(), change.after.len()), (2, 3));
}

#[test]
fn a_zsk_swap_in_one_step_breaks_both_ways() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AY", "A", 600).data('Y', 600);
    assert_eq!(stage.end(), ["DnskeyChanged", EARLY, EARLY]);
    let [removed, early] = [&stage.told[1], &stage.told[2]];
    assert!(
        removed.why.contains("left the DNSKEY RRset"),
        "{}",
        removed.why
    );
    assert!(
        early.why.contains("signs the zone's data already"),
        "{}",
        early.why
    );
}

#[test]
fn data_that_waited_for_the_new_key_shows_it_too() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600).waited('Y', 1);
    assert_eq!(stage.end(), ["DnskeyChanged", EARLY]);
}

#[test]
fn a_zsk_that_waited_for_the_ttl_may_sign() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600).data('Z', 0);
    stage.at(HOUR + 601).data('Y', HOUR);
    stage.at(3 * HOUR).keys("AY", "A", 3 * HOUR).data('Y', HOUR);
    assert_eq!(stage.end(), ["DnskeyChanged", "DnskeyChanged"]);
}

#[test]
fn a_publication_that_nobody_saw_is_no_early_step() {
    // The keys were last seen at 0, Y was published soon after, and signs after a TTL.
    let mut stage = Stage::healthy();
    stage.at(HOUR + 10).keys("AYZ", "A", 10).data('Y', HOUR);
    assert_eq!(stage.end(), ["DnskeyChanged"]);
    // Nothing was watched before.
    let mut stage = Stage::new();
    stage.at(0).ds("A", 0).keys("AYZ", "A", 0).data('Y', 0);
    assert_eq!(stage.end(), ["DsFirstSeen"]);
}

#[test]
fn two_signatures_at_once_need_no_publication() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600).signed("YZ", 600);
    stage
        .at(600 + 2 * HOUR)
        .keys("AY", "A", 2 * HOUR)
        .data('Y', 600);
    assert_eq!(stage.end(), ["DnskeyChanged", "DnskeyChanged"]);
}

#[test]
fn a_server_that_lags_holds_nobody_up() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600).data('Z', 0);
    // The second server shows the keys of before shortly before the first signs with the new.
    stage.at(HOUR).from(2).keys("AZ", "A", 0).data('Z', 0);
    stage
        .at(HOUR + 601)
        .from(1)
        .data('Y', HOUR)
        .from(2)
        .data('Z', 0);
    assert_eq!(stage.end(), ["DnskeyChanged"]);
    let mut stage = Stage::healthy();
    // Only the server that lags was asked for keys.
    stage.at(2 * HOUR).from(2).keys("AZ", "A", 0);
    stage
        .at(2 * HOUR + 600)
        .from(1)
        .keys("AYZ", "A", HOUR)
        .data('Y', 2 * HOUR);
    assert_eq!(stage.end(), ["DnskeyChanged"]);
}

#[test]
fn a_server_that_followed_late_is_not_early() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600).data('Z', 0);
    stage.at(HOUR).from(2).keys("AZ", "A", 0).data('Z', 0);
    stage.at(HOUR + 601).from(2).data('Y', HOUR);
    assert_eq!(stage.end(), ["DnskeyChanged"]);
}

#[test]
fn out_of_a_cache_nothing_is_early() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600);
    stage.at(700).cached(600).data('Y', 600);
    assert_eq!(stage.end(), ["DnskeyChanged"]);
}

#[test]
fn an_old_zsk_leaves_while_caches_hold_what_it_signed() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("AYZ", "A", DAY).data('Z', 0);
    stage
        .at(2 * DAY)
        .data('Z', 0)
        .at(2 * DAY + 60)
        .data('Y', 2 * DAY);
    stage.at(2 * DAY + 600).keys("AY", "A", 2 * DAY + 600);
    assert_eq!(stage.end(), ["DnskeyChanged", "DnskeyChanged", EARLY]);
    let change = stage.change(EARLY);
    assert_eq!(change.breaks_at, Some(after(2 * DAY + 600)));
    assert_eq!(change.caches_hold_until, Some(after(2 * DAY + HOUR)));
    assert!(change.why.contains("key 43442 left"), "{}", change.why);
}

#[test]
fn an_old_zsk_leaves_when_nothing_lives_that_it_signed() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("AYZ", "A", DAY).data('Z', 0);
    stage
        .at(2 * DAY)
        .data('Z', 0)
        .at(2 * DAY + 60)
        .data('Y', 2 * DAY);
    // Another server has not followed: what it gave out says nothing about this one.
    stage.at(2 * DAY + HOUR - 60).from(2).data('Z', 0);
    stage
        .at(2 * DAY + HOUR + 60)
        .from(1)
        .keys("AY", "A", 2 * DAY + HOUR);
    assert_eq!(stage.end(), ["DnskeyChanged", "DnskeyChanged"]);
}

#[test]
fn a_ds_that_names_a_key_published_just_now() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("ABZ", "AB", 600).at(900).ds("B", 900);
    assert_eq!(stage.end(), ["DnskeyChanged", "DsReplaced DS-4", EARLY]);
    let change = stage.change(EARLY);
    assert_eq!(change.breaks_at, Some(after(900)));
    assert_eq!(change.caches_hold_until, Some(after(HOUR)));
    let mut stage = Stage::healthy();
    stage
        .at(600)
        .keys("ABZ", "AB", 600)
        .at(HOUR + 601)
        .ds("B", 900);
    assert_eq!(stage.end(), ["DnskeyChanged", "DsReplaced DS-4"]);
}

#[test]
fn the_old_ds_leaves_before_the_new_key_is_everywhere() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .ds("AB", DAY)
        .keys("AZ", "A", DAY)
        .data('Z', 0);
    stage.at(DAY + 600).keys("BZ", "B", DAY + 600).data('Z', 0);
    stage.at(DAY + 900).ds("B", DAY + 900);
    let told = stage.end();
    // The old DS set names B too, so only the keys of before are in the way.
    assert!(told.contains(&EARLY.to_owned()), "{told:?}");
    assert_eq!(
        stage.change(EARLY).caches_hold_until,
        Some(after(DAY + HOUR))
    );
}

#[test]
fn strangers_keys_are_no_early_step() {
    let mut stage = Stage::healthy();
    stage.at(600).referral("B", 600, &["ns1.thief.example"]);
    stage.at(601).from(9).keys("BY", "B", 600).data('Y', 600);
    let told = stage.end();
    assert_eq!(told, ["DsReplaced! DS-7 hijack", "NsChanged!"]);
}

#[test]
fn a_key_that_is_not_on_the_wire_yet_signs_all_there_is() {
    let mut stage = Stage::healthy();
    stage.at(600).unpublished(Rtype::A, 'Y');
    assert!(stage.told.is_empty(), "one answer could be forged");
    stage
        .unpublished(Rtype::A, 'Y')
        .at(700)
        .unpublished(Rtype::SOA, 'Y');
    stage.at(800).unpublished(Rtype::SOA, 'Y');
    assert_eq!(stage.end(), [EARLY]);
    let change = stage.change(EARLY);
    assert_eq!(change.breaks_at, Some(after(600)));
    assert_eq!(change.caches_hold_until, Some(after(HOUR)));
    assert!(change.why.contains("signed by key 39330"), "{}", change.why);
}

#[test]
fn a_key_that_is_not_on_the_wire_tells_nothing_where() {
    type Play = fn(&mut Stage);
    let table: [(&str, Play); 6] = [
        ("other data of the server verifies", |stage| {
            stage.at(650).data('Z', 0);
        }),
        (
            "the keys were fetched since: it is published nowhere",
            |stage| {
                stage.at(650).keys("AZ", "A", 0);
            },
        ),
        ("the keys have left all caches", |stage| {
            stage.at(2 * HOUR);
        }),
        ("the servers changed too", |stage| {
            stage.at(650).referral("A", 0, &["ns1.thief.example"]);
        }),
        (
            "it comes from a server that never showed the keys",
            |stage| {
                stage.from(9);
            },
        ),
        ("anybody could have sent it", |stage| {
            stage.standing = crate::exchange::Standing::Unmatched;
        }),
    ];
    for (what, play) in table {
        let mut stage = Stage::healthy();
        stage.at(600).unpublished(Rtype::A, 'Y');
        play(&mut stage);
        stage
            .unpublished(Rtype::SOA, 'Y')
            .unpublished(Rtype::A, 'Y');
        let told = stage.end();
        assert!(!told.contains(&EARLY.to_owned()), "{what}: {told:?}");
    }
}

const OVER: &str = "PrematureStep reverts PrematureStep";

#[test]
fn a_step_is_over_once_the_caches_are_free() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AY", "A", 600).data('Y', 600);
    stage.at(HOUR + 299);
    assert!(!stage.told.iter().any(|change| change.reverts.is_some()));
    // Two steps in one incident: the data of before is held as long as the keys.
    stage.at(HOUR + 301).at(DAY);
    assert_eq!(stage.end(), ["DnskeyChanged", EARLY, EARLY, OVER]);
    let over = stage.change(OVER);
    assert_eq!((over.time, over.is_undone), (after(HOUR + 300), false));
    assert!(over.is_mending());
}

#[test]
fn input_that_ends_before_the_caches_are_free_ends_no_danger() {
    let mut stage = Stage::healthy();
    stage.at(600).keys("AYZ", "A", 600).data('Y', 600);
    assert_eq!(stage.end(), ["DnskeyChanged", EARLY]);
}

#[test]
fn a_step_is_undone_when_the_keys_of_before_are_back() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("AYZ", "A", DAY).data('Z', 0);
    stage
        .at(2 * DAY)
        .data('Z', 0)
        .at(2 * DAY + 60)
        .data('Y', 2 * DAY);
    stage.at(2 * DAY + 600).keys("AY", "A", 2 * DAY + 600);
    stage.at(2 * DAY + 900).keys("AYZ", "A", 2 * DAY + 900);
    stage.at(3 * DAY);
    let told = stage.end();
    assert!(told.contains(&OVER.to_owned()), "{told:?}");
    let over = stage.change(OVER);
    // What the removed key signed leaves the caches first.
    let free = 2 * DAY + HOUR + 300;
    assert_eq!((over.time, over.is_undone), (after(free), true));
}

#[test]
fn a_wrong_ds_is_a_danger_until_the_link_works() {
    let wrong = |stage: &mut Stage| {
        stage.at(600).ds("B", 600);
        stage.at(DAY).keys("AZ", "A", DAY - HOUR);
    };
    let mut stage = Stage::healthy();
    wrong(&mut stage);
    assert!(!stage.end().contains(&OVER.to_owned()), "still wrong");
    let mut stage = Stage::healthy();
    wrong(&mut stage);
    stage.ds("A", DAY).at(DAY + HOUR + 301);
    assert!(stage.end().contains(&OVER.to_owned()));
    assert!(stage.change(OVER).is_undone, "the DS set of before is back");
    let mut stage = Stage::healthy();
    wrong(&mut stage);
    stage.keys("ABZ", "AB", DAY).at(DAY + 301);
    assert!(stage.end().contains(&OVER.to_owned()));
    assert!(!stage.change(OVER).is_undone, "the key was published");
}

#[test]
fn what_was_signed_too_late_is_over_with_the_old_ds() {
    let mut stage = Stage::healthy();
    stage.at(DAY).ds("A", DAY).at(DAY + 600).ds("", DAY + 600);
    stage.at(DAY + 900).unsigned().unsigned().at(2 * DAY);
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6", EARLY, OVER]);
    assert_eq!(stage.change(OVER).time, after(DAY + HOUR + 300));
}
