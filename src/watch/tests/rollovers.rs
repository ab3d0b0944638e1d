//! Whole rollovers, right and wrong, an hour a sight, from two servers.

use super::{DAY, HOUR, Stage};
use std::collections::BTreeSet;

/// What holds from a day on: DS set, DNSKEY RRset, who signs it, who signs the data.
type Day = (i64, &'static str, &'static str, &'static str, &'static str);

/// Plays days until `end` and tells what was unexpected.
fn play(days: &[Day], end: i64) -> Vec<String> {
    let mut stage = Stage::new();
    for hour in 0..end * 24 {
        let now = hour * HOUR;
        let Some((from, ds, keys, signers, data)) = days.iter().rfind(|day| day.0 * DAY <= now)
        else {
            continue;
        };
        let since = from * DAY;
        stage.at(now).from(u8::try_from(1 + hour % 2).unwrap());
        let is_same = |day: &&Day| day.1 == *ds;
        let ds_since = days.iter().find(is_same).map_or(0, |day| day.0 * DAY);
        stage
            .ds(ds, ds_since)
            .keys(keys, signers, since)
            .signed(data, since);
    }
    stage.end();
    let unexpected = stage.told.iter().filter(|change| !change.is_expected);
    let texts: BTreeSet<String> = unexpected.map(super::short).collect();
    texts.into_iter().collect()
}

#[test]
fn right_rollovers_are_silent() {
    let table: [(&str, &[Day]); 13] = [
        (
            "ZSK by pre-publication",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "AYZ", "A", "Z"),
                (2, "A", "AYZ", "A", "Y"),
                (3, "A", "AY", "A", "Y"),
            ],
        ),
        (
            "ZSK by double signature",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "AYZ", "A", "YZ"),
                (2, "A", "AY", "A", "Y"),
            ],
        ),
        (
            "KSK by double KSK",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "ABZ", "AB", "Z"),
                (2, "B", "ABZ", "AB", "Z"),
                (3, "B", "BZ", "B", "Z"),
            ],
        ),
        (
            "KSK by double DS",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "AB", "AZ", "A", "Z"),
                (2, "AB", "BZ", "B", "Z"),
                (3, "B", "BZ", "B", "Z"),
            ],
        ),
        (
            "KSK by double RRset",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "AB", "ABZ", "AB", "Z"),
                (2, "B", "BZ", "B", "Z"),
            ],
        ),
        (
            "CSK by double signature",
            &[
                (0, "A", "A", "A", "A"),
                (1, "A", "AB", "AB", "AB"),
                (2, "B", "AB", "AB", "AB"),
                (3, "B", "B", "B", "B"),
            ],
        ),
        (
            "CSK in five steps",
            &[
                (0, "A", "A", "A", "A"),
                (1, "A", "AB", "AB", "A"),
                (2, "AB", "AB", "AB", "A"),
                (3, "AB", "AB", "AB", "B"),
                (4, "B", "AB", "AB", "B"),
                (5, "B", "B", "B", "B"),
            ],
        ),
        (
            "algorithm, conservative",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "AZ", "A", "ZR"),
                (2, "A", "ARZ", "AR", "ZR"),
                (3, "R", "ARZ", "AR", "ZR"),
                (4, "R", "RZ", "R", "ZR"),
                (5, "R", "R", "R", "R"),
            ],
        ),
        (
            "algorithm, double DS",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "ARZ", "AR", "ZR"),
                (2, "AR", "ARZ", "AR", "ZR"),
                (3, "R", "ARZ", "AR", "ZR"),
                (4, "R", "R", "R", "R"),
            ],
        ),
        (
            "algorithm, liberal",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "ARZ", "AR", "RZ"),
                (2, "R", "ARZ", "AR", "RZ"),
                (3, "R", "R", "R", "R"),
            ],
        ),
        (
            "emergency with a standby key",
            &[
                (0, "AB", "AZ", "A", "Z"),
                (2, "AB", "BYZ", "B", "Z"),
                (3, "B", "BYZ", "B", "Y"),
                (4, "B", "BY", "B", "Y"),
            ],
        ),
        (
            "from two keys to one",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "ABZ", "AB", "ZB"),
                (2, "B", "ABZ", "AB", "ZB"),
                (3, "B", "B", "B", "B"),
            ],
        ),
        (
            "both at once",
            &[
                (0, "A", "AZ", "A", "Z"),
                (1, "A", "ABYZ", "AB", "Z"),
                (2, "B", "ABYZ", "AB", "Y"),
                (3, "B", "BY", "B", "Y"),
            ],
        ),
    ];
    for (what, days) in table {
        assert_eq!(play(days, 8), Vec::<String>::new(), "{what}");
    }
}

/// The same from a minute on, seen every ten minutes: what is told, when, and when it breaks.
fn play_closely(days: &[Day], end: i64) -> Vec<String> {
    let mut stage = Stage::new();
    for now in (0..end).step_by(10) {
        let Some((from, ds, keys, signers, data)) = days.iter().rfind(|day| day.0 <= now) else {
            continue;
        };
        let is_same = |day: &&Day| day.1 == *ds;
        let ds_since = days.iter().find(is_same).map_or(0, |day| day.0);
        stage
            .at(60 * now)
            .from(u8::try_from(1 + now / 10 % 2).unwrap())
            .ds(ds, 60 * ds_since);
        let is_vouched = signers.chars().any(|key| ds.contains(key));
        if is_vouched || ds.is_empty() {
            stage.keys(keys, signers, 60 * from).signed(data, 60 * from);
        } else {
            stage.unproven(keys);
        }
    }
    stage.end();
    let unexpected = stage.told.iter().filter(|change| !change.is_expected);
    let minute = |time: crate::time::Timestamp| time.seconds_since(super::after(0)) / 60;
    unexpected
        .map(|change| {
            format!(
                "{} {} {} {}",
                super::short(change),
                minute(change.time),
                change.breaks_at.map_or(-1, minute),
                change.caches_hold_until.map_or(-1, minute)
            )
        })
        .collect()
}

#[test]
fn wrong_rollovers_are_named_with_their_time() {
    // TTLs are an hour; times are minutes: seen, breaks, held until.
    let table: [(&str, &[Day], &[&str]); 11] = [
        (
            "a ZSK that signs at once",
            &[
                (0, "A", "AZ", "A", "Z"),
                (120, "A", "AYZ", "A", "Y"),
                (400, "A", "AY", "A", "Y"),
            ],
            &["PrematureStep! 120 120 170"],
        ),
        (
            "a ZSK that signs half a TTL later",
            &[
                (0, "A", "AZ", "A", "Z"),
                (120, "A", "AYZ", "A", "Z"),
                (150, "A", "AYZ", "A", "Y"),
            ],
            &["PrematureStep! 150 150 170"],
        ),
        (
            "a ZSK that leaves too early",
            &[
                (0, "A", "AZ", "A", "Z"),
                (120, "A", "AYZ", "A", "Z"),
                (240, "A", "AYZ", "A", "Y"),
                (260, "A", "AY", "A", "Y"),
            ],
            &["PrematureStep! 260 260 290"],
        ),
        (
            "the old KSK leaves while caches hold its DS",
            &[
                (0, "A", "AZ", "A", "Z"),
                (120, "A", "ABZ", "AB", "Z"),
                (240, "B", "ABZ", "AB", "Z"),
                (260, "B", "BZ", "B", "Z"),
            ],
            &["PrematureStep! 260 260 290"],
        ),
        (
            "the DS follows a KSK published just now",
            &[
                (0, "A", "AZ", "A", "Z"),
                (120, "A", "ABZ", "AB", "Z"),
                (140, "B", "ABZ", "AB", "Z"),
            ],
            &["PrematureStep! 140 140 170"],
        ),
        (
            "the KSK changes before the DS",
            &[(0, "A", "AZ", "A", "Z"), (120, "A", "BZ", "B", "Z")],
            &["DsMismatch! 130 130 -1"],
        ),
        (
            "the DS changes before the KSK",
            &[(0, "A", "AZ", "A", "Z"), (120, "B", "AZ", "A", "Z")],
            &[
                "PrematureStep! 120 170 170",
                "DsMismatch! 120 170 170",
                "DsReplaced! DS-7 120 -1 170",
            ],
        ),
        (
            "double DS too fast",
            &[
                (0, "A", "AZ", "A", "Z"),
                (120, "AB", "AZ", "A", "Z"),
                (140, "AB", "BZ", "B", "Z"),
                (300, "B", "BZ", "B", "Z"),
            ],
            &["PrematureStep! 140 140 170"],
        ),
        (
            "the DS of an algorithm without keys",
            &[(0, "A", "AZ", "A", "Z"), (120, "AR", "AZ", "A", "Z")],
            &["DsAdded! DS-5 120 -1 170"],
        ),
        (
            "an old algorithm leaves while caches hold its DS",
            &[
                (0, "A", "AZ", "A", "Z"),
                (120, "A", "ARZ", "AR", "ZR"),
                (240, "R", "ARZ", "AR", "ZR"),
                (260, "R", "R", "R", "R"),
            ],
            &["PrematureStep! 260 260 290"],
        ),
        (
            "unsigned without a word",
            &[(0, "A", "AZ", "A", "Z"), (120, "", "AZ", "A", "Z")],
            &["DsWithdrawn! DS-6 120 -1 170"],
        ),
    ];
    for (what, days, expected) in table {
        assert_eq!(play_closely(days, 600), expected, "{what}");
    }
}

/// A move from one provider to another: hour by hour, referrals and answers of both.
fn moved(
    stage: &mut Stage,
    hours: std::ops::Range<i64>,
    ds: &str,
    theirs: bool,
    sets: [(&str, &str, &str); 2],
) {
    const OLD: [&str; 2] = ["ns1.example.org", "ns2.example.org"];
    const NEW: [&str; 2] = ["ns1.provider.example", "ns2.provider.example"];
    let first = hours.start;
    for hour in hours {
        let now = hour * HOUR;
        let servers = if theirs { NEW } else { OLD };
        stage.at(now).from(7).referral(ds, first * HOUR, &servers);
        // The old provider answers on until nobody holds its NS set any more.
        for (server, (keys, signers, data)) in [1, 9].into_iter().zip(sets) {
            if !keys.is_empty() {
                stage.at(now + 60 * i64::from(server)).from(server);
                stage
                    .keys(keys, signers, first * HOUR)
                    .signed(data, first * HOUR);
            }
        }
    }
}

#[test]
fn right_moves_to_another_provider_are_silent() {
    let none = ("", "", "");
    // Both publish the other's ZSK, the DS holds both KSKs (RFC 6781 section 4.3.5.1).
    let mut stage = Stage::healthy();
    moved(&mut stage, 1..24, "A", false, [("AZ", "A", "Z"), none]);
    moved(&mut stage, 24..48, "A", false, [("AYZ", "A", "Z"), none]);
    moved(&mut stage, 48..72, "AB", false, [("AYZ", "A", "Z"), none]);
    moved(
        &mut stage,
        72..96,
        "AB",
        true,
        [("AYZ", "A", "Z"), ("BYZ", "B", "Y")],
    );
    moved(&mut stage, 96..120, "AB", true, [none, ("BYZ", "B", "Y")]);
    moved(&mut stage, 120..144, "B", true, [none, ("BYZ", "B", "Y")]);
    moved(&mut stage, 144..168, "B", true, [none, ("BY", "B", "Y")]);
    stage.end();
    let unexpected: Vec<_> = stage
        .told
        .iter()
        .filter(|change| !change.is_expected)
        .map(super::short)
        .collect();
    assert_eq!(unexpected, Vec::<String>::new(), "by pre-publication");
    // The same where the keys go by CDS and both sets are signed by both KSKs.
    let mut stage = Stage::healthy();
    moved(&mut stage, 1..24, "A", false, [("AZ", "A", "Z"), none]);
    moved(&mut stage, 24..48, "A", false, [("ABYZ", "AB", "YZ"), none]);
    stage.cds("AB", 'A', 47 * HOUR);
    moved(
        &mut stage,
        48..72,
        "AB",
        false,
        [("ABYZ", "AB", "YZ"), none],
    );
    moved(
        &mut stage,
        72..96,
        "AB",
        true,
        [("ABYZ", "AB", "YZ"), ("ABYZ", "AB", "YZ")],
    );
    stage.cds("B", 'B', 95 * HOUR);
    moved(&mut stage, 96..120, "B", true, [none, ("ABYZ", "AB", "YZ")]);
    moved(&mut stage, 120..144, "B", true, [none, ("BY", "B", "Y")]);
    stage.end();
    let unexpected: Vec<_> = stage
        .told
        .iter()
        .filter(|change| !change.is_expected)
        .map(super::short)
        .collect();
    assert_eq!(unexpected, Vec::<String>::new(), "by double signature");
    // Unsigned by request, moved, and signed again by the new provider.
    let mut stage = Stage::healthy();
    moved(&mut stage, 1..24, "A", false, [("AZ", "A", "Z"), none]);
    stage.cds("", 'A', 23 * HOUR);
    moved(&mut stage, 24..48, "", false, [none, none]);
    moved(&mut stage, 48..72, "", true, [none, none]);
    stage.end();
    let unexpected: Vec<_> = stage
        .told
        .iter()
        .filter(|change| !change.is_expected)
        .map(super::short)
        .collect();
    assert_eq!(unexpected, Vec::<String>::new(), "by going unsigned");
}

#[test]
fn a_move_with_the_old_providers_keys_unknown_to_the_new_one() {
    let mut stage = Stage::healthy();
    let none = ("", "", "");
    moved(&mut stage, 1..48, "A", false, [("AZ", "A", "Z"), none]);
    moved(&mut stage, 48..72, "AB", false, [("AZ", "A", "Z"), none]);
    moved(
        &mut stage,
        72..96,
        "AB",
        true,
        [("AZ", "A", "Z"), ("BY", "B", "Y")],
    );
    let told = stage.end();
    assert!(told.contains(&"DnskeyIncomplete!".to_owned()), "{told:?}");
}
