//! Whole rollovers, right and wrong, seen in small steps from two servers.

use super::{HOUR, Stage, after, short};
use crate::time::Timestamp;
use std::ops::Range;

const MINUTE: i64 = 60;
const DAY: i64 = 24 * 60;

/// What holds from some minute on: DS set, DNSKEY RRset, who signs it, who signs the data.
struct Period<'a> {
    since: i64,
    ds: &'a str,
    keys: &'a str,
    signers: &'a str,
    data: &'a str,
}

/// Reads `0 A AZ A Z; 1 A AYZ A Z`; the first of each is a time, in this unit of minutes.
fn periods(text: &str, unit: i64) -> Vec<Period<'_>> {
    text.split(';')
        .map(|text| {
            let words: Vec<&str> = text.split_whitespace().collect();
            let [since, ds, keys, signers, data] = words[..] else {
                panic!("{text}")
            };
            Period {
                since: since.parse::<i64>().unwrap() * unit,
                ds: ds.trim_matches('-'),
                keys,
                signers,
                data,
            }
        })
        .collect()
}

/// Plays so many minutes and tells what was unexpected: what, seen when, when it breaks and
/// until when caches hold what was before, in minutes.
fn play(periods: &[Period<'_>], pause: usize, end: i64) -> Vec<String> {
    let mut stage = Stage::new();
    for (turn, now) in (0..end).step_by(pause).enumerate() {
        let period = periods.iter().rfind(|period| period.since <= now).unwrap();
        let is_same = |other: &&Period<'_>| other.ds == period.ds;
        let ds_since = periods.iter().find(is_same).unwrap().since;
        let since = MINUTE * period.since;
        stage
            .at(MINUTE * now)
            .from(if turn % 2 == 0 { 1 } else { 2 })
            .ds(period.ds, MINUTE * ds_since);
        if period.ds.is_empty() || period.signers.contains(|key| period.ds.contains(key)) {
            stage.keys(period.keys, period.signers, since);
            stage.signed(period.data, since);
        } else {
            stage.unproven(period.keys);
        }
    }
    unexpected(&mut stage)
}

/// What was unexpected, and its times in minutes.
fn unexpected(stage: &mut Stage) -> Vec<String> {
    stage.end();
    let minute = |time: Option<Timestamp>| {
        time.map_or_else(
            || "-".to_owned(),
            |time| (time.seconds_since(after(0)) / MINUTE).to_string(),
        )
    };
    let told = stage.told.iter().filter(|change| !change.is_expected);
    told.map(|change| {
        let times = [
            Some(change.time),
            change.breaks_at,
            change.caches_hold_until,
        ];
        format!("{} {}", short(change), times.map(minute).join(" "))
    })
    .collect()
}

/// Days from the begin; each period takes one or more.
const RIGHT: [(&str, &str); 13] = [
    (
        "ZSK by pre-publication",
        "0 A AZ A Z; 1 A AYZ A Z; 2 A AYZ A Y; 3 A AY A Y",
    ),
    (
        "ZSK by double signature",
        "0 A AZ A Z; 1 A AYZ A YZ; 2 A AY A Y",
    ),
    (
        "KSK by double KSK",
        "0 A AZ A Z; 1 A ABZ AB Z; 2 B ABZ AB Z; 3 B BZ B Z",
    ),
    (
        "KSK by double DS",
        "0 A AZ A Z; 1 AB AZ A Z; 2 AB BZ B Z; 3 B BZ B Z",
    ),
    (
        "KSK by double RRset",
        "0 A AZ A Z; 1 AB ABZ AB Z; 2 B BZ B Z",
    ),
    (
        "CSK by double signature",
        "0 A A A A; 1 A AB AB AB; 2 B AB AB AB; 3 B B B B",
    ),
    (
        "CSK in five steps",
        "0 A A A A; 1 A AB AB A; 2 AB AB AB A; 3 AB AB AB B; 4 B AB AB B; 5 B B B B",
    ),
    (
        "algorithm, conservative",
        "0 A AZ A Z; 1 A AZ A ZR; 2 A ARZ AR ZR; 3 R ARZ AR ZR; 4 R RZ R ZR; 5 R R R R",
    ),
    (
        "algorithm, double DS",
        "0 A AZ A Z; 1 A ARZ AR ZR; 2 AR ARZ AR ZR; 3 R ARZ AR ZR; 4 R R R R",
    ),
    (
        "algorithm, liberal",
        "0 A AZ A Z; 1 A ARZ AR RZ; 2 R ARZ AR RZ; 3 R R R R",
    ),
    (
        "emergency with a standby key",
        "0 AB AZ A Z; 2 AB BYZ B Z; 3 B BYZ B Y; 4 B BY B Y",
    ),
    (
        "from two keys to one",
        "0 A AZ A Z; 1 A ABZ AB ZB; 2 B ABZ AB ZB; 3 B B B B",
    ),
    (
        "both at once",
        "0 A AZ A Z; 1 A ABYZ AB Z; 2 B ABYZ AB Y; 3 B BY B Y",
    ),
];

/// Minutes from the begin; TTLs are an hour.
const WRONG: [(&str, &str, &[&str]); 11] = [
    (
        "a ZSK that signs at once",
        "0 A AZ A Z; 120 A AYZ A Y; 400 A AY A Y",
        &["PrematureStep! 120 120 170"],
    ),
    (
        "a ZSK that signs half a TTL later",
        "0 A AZ A Z; 120 A AYZ A Z; 150 A AYZ A Y",
        &["PrematureStep! 150 150 170"],
    ),
    (
        "a ZSK that leaves too early",
        "0 A AZ A Z; 120 A AYZ A Z; 240 A AYZ A Y; 260 A AY A Y",
        &["PrematureStep! 260 260 290"],
    ),
    (
        "the old KSK leaves while caches hold its DS",
        "0 A AZ A Z; 120 A ABZ AB Z; 240 B ABZ AB Z; 260 B BZ B Z",
        &["PrematureStep! 260 260 290"],
    ),
    (
        "the DS follows a KSK published just now",
        "0 A AZ A Z; 120 A ABZ AB Z; 140 B ABZ AB Z",
        &["PrematureStep! 140 140 170"],
    ),
    (
        "the KSK changes before the DS",
        "0 A AZ A Z; 120 A BZ B Z",
        &["DsMismatch! 130 130 -"],
    ),
    (
        "the DS changes before the KSK",
        "0 A AZ A Z; 120 B AZ A Z",
        &[
            "PrematureStep! 120 170 170",
            "DsMismatch! 120 170 170",
            "DsReplaced! DS-7 120 - 170",
        ],
    ),
    (
        "double DS too fast",
        "0 A AZ A Z; 120 AB AZ A Z; 140 AB BZ B Z; 300 B BZ B Z",
        &["PrematureStep! 140 140 170"],
    ),
    (
        "the DS of an algorithm without keys",
        "0 A AZ A Z; 120 AR AZ A Z",
        &["DsAdded! DS-5 120 - 170"],
    ),
    (
        "an old algorithm leaves while caches hold its DS",
        "0 A AZ A Z; 120 A ARZ AR ZR; 240 R ARZ AR ZR; 260 R R R R",
        &["PrematureStep! 260 260 290"],
    ),
    (
        "unsigned without a word",
        "0 A AZ A Z; 120 - AZ A Z",
        &["DsWithdrawn! DS-6 120 - 170"],
    ),
];

#[test]
fn right_rollovers_are_silent() {
    for (what, text) in RIGHT {
        for pause in [10, 60, 300] {
            let told = play(&periods(text, DAY), pause, 8 * DAY);
            assert_eq!(told, Vec::<String>::new(), "{what}, every {pause} minutes");
        }
    }
}

#[test]
fn wrong_rollovers_are_named_with_their_times() {
    for (what, text, expected) in WRONG {
        assert_eq!(play(&periods(text, 1), 10, 600), expected, "{what}");
    }
}

const OLD: [&str; 2] = ["ns1.example.org", "ns2.example.org"];
const NEW: [&str; 2] = ["ns1.provider.example", "ns2.provider.example"];

/// What a provider serves: its DNSKEY RRset, who signs it, who signs the data.
type Served<'a> = (&'a str, &'a str, &'a str);

const NOTHING: Served<'static> = ("", "", "");

/// A move from one provider to another: hour by hour, referrals and answers of both.
fn moved(stage: &mut Stage, hours: Range<i64>, ds: &str, at: &[&str], sets: [Served<'_>; 2]) {
    let first = hours.start;
    for hour in hours {
        let now = hour * HOUR;
        stage.at(now).from(7).referral(ds, first * HOUR, at);
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
fn a_move_by_keys_that_both_publish() {
    // RFC 6781 section 4.3.5.1.
    let mut stage = Stage::healthy();
    let (ours, theirs) = (("AYZ", "A", "Z"), ("BYZ", "B", "Y"));
    moved(&mut stage, 1..24, "A", &OLD, [("AZ", "A", "Z"), NOTHING]);
    moved(&mut stage, 24..48, "A", &OLD, [ours, NOTHING]);
    moved(&mut stage, 48..72, "AB", &OLD, [ours, NOTHING]);
    moved(&mut stage, 72..96, "AB", &NEW, [ours, theirs]);
    moved(&mut stage, 96..120, "AB", &NEW, [NOTHING, theirs]);
    moved(&mut stage, 120..144, "B", &NEW, [NOTHING, theirs]);
    moved(&mut stage, 144..168, "B", &NEW, [NOTHING, ("BY", "B", "Y")]);
    assert_eq!(unexpected(&mut stage), Vec::<String>::new());
}

#[test]
fn a_move_that_was_announced_by_what_both_sign() {
    let mut stage = Stage::healthy();
    let both = ("ABYZ", "AB", "YZ");
    moved(&mut stage, 1..24, "A", &OLD, [("AZ", "A", "Z"), NOTHING]);
    moved(&mut stage, 24..48, "A", &OLD, [both, NOTHING]);
    stage.cds("AB", 'A', 47 * HOUR);
    moved(&mut stage, 48..72, "AB", &OLD, [both, NOTHING]);
    moved(&mut stage, 72..96, "AB", &NEW, [both, both]);
    stage.cds("B", 'B', 95 * HOUR);
    moved(&mut stage, 96..120, "B", &NEW, [NOTHING, both]);
    moved(&mut stage, 120..144, "B", &NEW, [NOTHING, ("BY", "B", "Y")]);
    assert_eq!(unexpected(&mut stage), Vec::<String>::new());
}

#[test]
fn a_move_by_going_unsigned_on_request() {
    let mut stage = Stage::healthy();
    moved(&mut stage, 1..24, "A", &OLD, [("AZ", "A", "Z"), NOTHING]);
    stage.cds("", 'A', 23 * HOUR);
    moved(&mut stage, 24..48, "", &OLD, [NOTHING, NOTHING]);
    moved(&mut stage, 48..72, "", &NEW, [NOTHING, NOTHING]);
    assert_eq!(unexpected(&mut stage), Vec::<String>::new());
}

#[test]
fn a_move_where_neither_knows_the_others_zsk() {
    let mut stage = Stage::healthy();
    let ours = ("AZ", "A", "Z");
    moved(&mut stage, 1..48, "A", &OLD, [ours, NOTHING]);
    moved(&mut stage, 48..72, "AB", &OLD, [ours, NOTHING]);
    moved(&mut stage, 72..96, "AB", &NEW, [ours, ("BY", "B", "Y")]);
    let told = unexpected(&mut stage);
    assert!(
        told.iter()
            .any(|text| text.starts_with("DnskeyIncomplete!")),
        "{told:?}"
    );
}
