//! First DS sets that the operators of the servers announced in their own zones (RFC 9615).

use super::{DAY, HOUR, Stage};

const ONE: &str = "ns1.op.example";
const TWO: &str = "ns2.op.test";
const OWN: &str = "ns.example.org";
const LATE: &str = "ZoneSigned DS-3 reverts ZoneSigned";

/// A zone without DS that these servers serve.
fn unsigned(servers: &[&str]) -> Stage {
    let mut stage = Stage::new();
    stage.at(0).referral("", 0, servers);
    stage.at(DAY);
    stage
}

#[test]
fn a_first_ds_that_all_operators_outside_the_zone_announced() {
    let mut stage = unsigned(&[ONE, TWO, OWN]);
    stage.signal(ONE, "A", DAY).signal(TWO, "A", DAY);
    stage
        .at(2 * DAY)
        .referral("A", 2 * DAY, &[ONE, TWO, OWN])
        .keys("AZ", "A", DAY);
    assert_eq!(stage.end(), ["ZoneSigned DS-3"]);
    let why = &stage.told[0].why;
    assert!(why.contains("ns1.op.example., ns2.op.test."), "{why}");
}

#[test]
fn what_does_not_announce_a_first_ds() {
    type Play = fn(&mut Stage);
    let table: [(&str, &[&str], Play); 8] = [
        ("nobody said anything", &[ONE, TWO], |_| {}),
        ("one is silent", &[ONE, TWO], |stage| {
            stage.signal(ONE, "A", DAY);
        }),
        ("one says another key", &[ONE, TWO], |stage| {
            stage.signal(ONE, "A", DAY).signal(TWO, "B", DAY);
        }),
        ("one has changed his mind", &[ONE, TWO], |stage| {
            stage.signal(ONE, "A", DAY).signal(TWO, "A", DAY);
            stage.signal(TWO, "B", DAY + 60);
        }),
        ("an older word of one comes late", &[ONE], |stage| {
            stage.signal(ONE, "B", DAY).signal(ONE, "A", DAY - HOUR);
        }),
        ("one wants none", &[ONE], |stage| {
            stage.signal(ONE, "", DAY);
        }),
        ("others than its servers say so", &[ONE], |stage| {
            stage.signal(TWO, "A", DAY);
        }),
        ("all its servers lie in itself", &[OWN], |stage| {
            stage.signal(OWN, "A", DAY);
        }),
    ];
    for (what, servers, play) in table {
        let mut stage = unsigned(servers);
        play(&mut stage);
        stage.at(2 * DAY).referral("A", 2 * DAY, servers);
        assert_eq!(stage.end(), ["ZoneSigned!"], "{what}");
    }
}

#[test]
fn signals_seen_only_after_the_first_ds() {
    let late = |inception: i64| {
        let mut stage = unsigned(&[ONE]);
        stage.at(2 * DAY).referral("A", 2 * DAY, &[ONE]);
        stage.at(3 * DAY).signal(ONE, "A", inception);
        stage.end()
    };
    assert_eq!(late(DAY), ["ZoneSigned!", LATE]);
    assert_eq!(late(2 * DAY + HOUR), ["ZoneSigned!"], "signed since");
}

#[test]
fn signals_about_a_zone_that_is_not_known_are_not_kept() {
    let mut stage = Stage::new();
    stage.at(DAY).signal(ONE, "A", DAY);
    assert_eq!(stage.watch.zones().count(), 0);
    stage.referral("", DAY, &[ONE]);
    stage.at(2 * DAY).referral("A", 2 * DAY, &[ONE]);
    assert_eq!(stage.end(), ["ZoneSigned!"]);
}

#[test]
fn a_signal_rolls_no_ds_over() {
    let mut stage = Stage::healthy();
    stage.at(DAY).signal(ONE, "B", DAY);
    stage.at(2 * DAY).referral("B", 2 * DAY, &[ONE]);
    assert_eq!(stage.end(), ["DsReplaced! DS-7 hijack", "NsChanged!"]);
}

#[test]
fn who_took_a_zone_over_announces_nothing_for_it() {
    let mut stage = Stage::healthy();
    stage.at(DAY).referral("", DAY, &[ONE]);
    stage.signal(ONE, "B", DAY);
    stage.at(DAY + HOUR).referral("B", DAY + HOUR, &[ONE]);
    let told = stage.end();
    assert!(told.contains(&"ZoneSigned!".to_owned()), "{told:?}");
}
