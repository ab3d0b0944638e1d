//! Zones with several signers (RFC 8901).

use super::{DAY, HOUR, Stage, after};

const GAP: &str = "DnskeyIncomplete!";

/// What two providers show, hour by hour: their DNSKEY RRsets, who signs these, who signs data.
fn alternate(stage: &mut Stage, hours: i64, providers: [(&str, &str, char); 2]) {
    for hour in 0..hours {
        for (server, (keys, signer, data)) in [1, 2].into_iter().zip(providers) {
            let now = hour * HOUR + 1800 * i64::from(server - 1);
            stage
                .at(now)
                .from(server)
                .keys(keys, signer, now)
                .data(data, now);
        }
    }
}

fn with_ds(ds: &str) -> Stage {
    let mut stage = Stage::new();
    stage.at(0).glue(ds, 0, "192.0.2.1");
    stage
}

#[test]
fn model_2_where_each_set_holds_the_others_zsk() {
    let mut stage = with_ds("AB");
    alternate(&mut stage, 30, [("AYZ", "A", 'Z'), ("BYZ", "B", 'Y')]);
    // The other provider's set is told once, when it is first seen.
    assert_eq!(stage.end(), ["DsFirstSeen", "DnskeyChanged"]);
}

#[test]
fn model_2_where_one_side_is_asked_seldom() {
    let mut stage = with_ds("AB");
    for day in 0..5 {
        let now = day * DAY;
        stage.at(now).from(1).keys("AYZ", "A", now).data('Z', now);
        for hour in 1..20 {
            let now = now + hour * HOUR;
            stage.at(now).from(2).keys("BYZ", "B", now).data('Y', now);
        }
    }
    assert_eq!(stage.end(), ["DsFirstSeen", "DnskeyChanged"]);
}

#[test]
fn model_1_where_all_show_one_set() {
    let mut stage = with_ds("A");
    alternate(&mut stage, 30, [("AYZ", "A", 'Z'), ("AYZ", "A", 'Y')]);
    assert_eq!(stage.end(), ["DsFirstSeen"]);
}

#[test]
fn model_2_where_no_side_knows_the_others_key() {
    let mut stage = with_ds("AB");
    alternate(&mut stage, 30, [("AZ", "A", 'Z'), ("BY", "B", 'Y')]);
    let told = stage.end();
    assert_eq!(told[..3], ["DsFirstSeen", "DnskeyChanged", GAP]);
    assert!(told[3..].iter().all(|text| text == GAP), "{told:?}");
    let last = stage.told.last().unwrap();
    for part in [
        "ns1.example.org. (192.0.2.1) serves a DNSKEY RRset (keys 6178 and 43442) without key 39330",
        "192.0.2.2 serves a DNSKEY RRset (keys 10290 and 39330) without key 43442",
        "has to import",
    ] {
        assert!(last.why.contains(part), "{part}: {}", last.why);
    }
    assert_eq!(last.breaks_at, Some(last.time));
    assert!(last.caches_hold_until > Some(last.time));
}

#[test]
fn model_2_where_one_side_lacks_a_key_until_it_is_imported() {
    let mut stage = with_ds("AB");
    alternate(&mut stage, 6, [("AYZ", "A", 'Z'), ("BY", "B", 'Y')]);
    let change = stage.change(GAP);
    assert!(change.why.starts_with("192.0.2.2 serves"), "{}", change.why);
    assert!(!change.why.contains("192.0.2.1 serves"), "{}", change.why);
    assert!(change.time <= after(3 * HOUR), "{}", change.time);
    stage
        .at(7 * HOUR)
        .from(2)
        .keys("BYZ", "B", 7 * HOUR)
        .data('Y', 7 * HOUR);
    let told = stage.end();
    assert_eq!(
        told[told.len() - 2..],
        ["DnskeyChanged", "DnskeyIncomplete reverts DnskeyIncomplete"]
    );
}

#[test]
fn model_2_where_a_provider_joins_with_keys_of_its_own_only() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("ABYZ", "A", DAY).data('Z', 0);
    stage.at(2 * DAY).ds("AB", 2 * DAY).keys("ABYZ", "A", DAY);
    let told: Vec<String> = stage.told.iter().map(super::short).collect();
    assert_eq!(told, ["DnskeyChanged", "DsAdded DS-4"]);
    // Within seconds both are asked in turn: no TTL has to run.
    for turn in 0..3 {
        let now = 3 * DAY + 10 * turn;
        stage.at(now).from(1).keys("ABYZ", "A", DAY).data('Z', 0);
        stage
            .at(now + 3)
            .from(2)
            .keys("BY", "B", 3 * DAY)
            .data('Y', 3 * DAY);
    }
    let told = stage.end();
    assert_eq!(told[2..], ["DnskeyChanged", GAP]);
    let why = &stage.change(GAP).why;
    assert!(why.starts_with("192.0.2.2 serves a DNSKEY RRset"), "{why}");
    assert!(why.contains("without key 43442"), "{why}");
}

#[test]
fn model_1_where_one_side_keeps_an_old_set() {
    let mut stage = with_ds("A");
    alternate(&mut stage, 2, [("AZY", "A", 'Z'), ("AZY", "A", 'Y')]);
    for hour in 2..9 {
        let now = hour * HOUR;
        let data = if hour < 5 { 'Z' } else { 'V' };
        stage
            .at(now)
            .from(1)
            .keys("AZYV", "A", 2 * HOUR)
            .data(data, now);
        stage
            .at(now + 60)
            .from(2)
            .keys("AZY", "A", 0)
            .data('Y', now);
    }
    let told = stage.end();
    assert_eq!(told[1..3], ["DnskeyChanged", GAP]);
    let change = stage.change(GAP);
    assert_eq!(change.time, after(5 * HOUR));
    assert!(change.why.contains("have not followed"), "{}", change.why);
}

#[test]
fn a_secondary_that_lags_during_a_rollover() {
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("AYZ", "A", DAY).data('Z', 0);
    for minute in 0..50 {
        let now = DAY + 60 * minute;
        stage.at(now).from(2).keys("AZ", "A", 0).data('Z', 0);
        stage.at(now + 1).from(1).keys("AYZ", "A", DAY).data('Z', 0);
    }
    stage.at(DAY + HOUR).from(2).keys("AYZ", "A", DAY);
    stage
        .at(DAY + 3 * HOUR)
        .from(1)
        .data('Y', DAY)
        .from(2)
        .data('Y', DAY);
    assert_eq!(stage.end(), ["DnskeyChanged"]);
}

#[test]
fn one_operators_servers_that_change_one_after_the_other() {
    // All keys at once is a step too fast, but no matter of two providers.
    let mut stage = Stage::healthy();
    stage.at(DAY).keys("ABZ", "AB", DAY);
    stage.at(2 * DAY).ds("AB", 2 * DAY);
    stage.at(2 * DAY + 1).keys("ABZ", "AB", DAY).data('Z', 0);
    let since = 2 * DAY + 600;
    for turn in 0..3 {
        stage.at(since + 10 * turn).from(1);
        stage.keys("BY", "B", since).data('Y', since);
        stage.at(since + 10 * turn + 3).from(2);
        stage.keys("ABZ", "AB", DAY).data('Z', 0);
    }
    let told = stage.end();
    assert!(told.contains(&"PrematureStep!".to_owned()), "{told:?}");
    assert!(!told.contains(&GAP.to_owned()), "{told:?}");
}

#[test]
fn a_server_not_asked_before_shows_the_other_providers_set() {
    let mut stage = with_ds("AB");
    stage.at(60).from(1).keys("AZ", "A", 0);
    stage.at(2 * HOUR).from(2).keys("BY", "B", 2 * HOUR);
    stage.at(8 * HOUR).from(3).keys("AZ", "A", 8 * HOUR);
    let told = stage.end();
    assert!(!told.iter().any(|text| text.contains('!')), "{told:?}");
}

#[test]
fn each_side_rolls_its_keys_by_the_book() {
    let mut stage = with_ds("AB");
    alternate(&mut stage, 3, [("AYZ", "A", 'Z'), ("BYZ", "B", 'Y')]);
    // B's next ZSK is published everywhere, then signs, then the old one leaves.
    let steps = [
        (1, "AYZV", "BYZV", 'Y'),
        (2, "AYZV", "BYZV", 'V'),
        (3, "AZV", "BZV", 'V'),
    ];
    for (day, ours, theirs, data) in steps {
        for hour in 0..20 {
            let now = day * DAY + hour * HOUR;
            stage.at(now).from(1).keys(ours, "A", now).data('Z', now);
            stage
                .at(now + 900)
                .from(2)
                .keys(theirs, "B", now)
                .data(data, now);
        }
    }
    let unexpected = |text: &String| text.contains('!');
    let told = stage.end();
    assert!(!told.iter().any(unexpected), "{told:?}");
    assert_eq!(told.len(), 6, "each set of each side once: {told:?}");
}
