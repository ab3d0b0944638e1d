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
