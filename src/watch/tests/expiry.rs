//! Signatures that near their end.

use super::{DAY, HOUR, Stage, after};
use crate::message::Rtype;

const EXPIRING: &str = "SignatureExpiring!";
const RECORD: &str = "SignatureExpiring";
const OVER: &str = "SignatureExpiring reverts SignatureExpiring";

/// A month from its begin to its end.
const MONTH: (i64, i64) = (0, 30 * DAY);

#[test]
fn a_signer_that_stopped_is_told_at_25_10_and_5_percent() {
    let mut stage = Stage::healthy();
    for hour in 0..(30 * 24 - 1) {
        stage.at(hour * HOUR + 60).valid(Rtype::SOA, 'Z', MONTH);
    }
    let told = stage.end();
    assert_eq!(told[..2], [RECORD, EXPIRING]);
    assert!(told[2..].iter().all(|text| text == EXPIRING), "{told:?}");
    let levels: Vec<_> = stage
        .told
        .iter()
        .map(|change| (change.left_percent, change.time))
        .collect();
    let first = |percent| {
        levels
            .iter()
            .find(|level| level.0 == Some(percent))
            .unwrap()
            .1
    };
    for (percent, hours_left) in [(25, 180), (10, 72), (5, 36)] {
        let due = 30 * DAY - hours_left * HOUR;
        let late = first(percent).seconds_since(after(due));
        assert!((0..=HOUR).contains(&late), "{percent} %: {late} s late");
    }
    let change = stage.change(EXPIRING);
    assert_eq!(change.breaks_at, Some(after(30 * DAY)));
    assert_eq!(change.undo_until, Some(after(30 * DAY)));
    assert!(
        change.before[0].starts_with("example.org. SOA 43442 13"),
        "{:?}",
        change.before
    );
}

#[test]
fn it_is_over_when_the_zone_is_signed_anew() {
    let mut stage = Stage::healthy();
    stage.at(28 * DAY).valid(Rtype::SOA, 'Z', MONTH);
    stage.at(29 * DAY).valid(Rtype::SOA, 'Z', MONTH);
    stage
        .at(29 * DAY + HOUR)
        .valid(Rtype::new(15), 'Z', (29 * DAY, 59 * DAY));
    stage.at(29 * DAY + 2 * HOUR).valid(Rtype::A, 'Z', MONTH);
    assert_eq!(stage.end(), [EXPIRING, EXPIRING, OVER]);
}

#[test]
fn a_cold_start_sees_it_at_once() {
    let mut stage = Stage::healthy();
    stage.at(29 * DAY).valid(Rtype::A, 'Z', MONTH);
    assert_eq!(stage.end(), [EXPIRING]);
    assert_eq!(stage.told[0].left_percent, Some(5));
}

#[test]
fn signers_that_go_record_by_record() {
    // Each of ten records in its turn, when a quarter of its lifetime is left.
    let mut stage = Stage::healthy();
    let types = [1, 2, 6, 15, 16, 28, 33, 35, 44, 52].map(Rtype::new);
    for hour in 0..(90 * 24) {
        let now = hour * HOUR;
        stage.at(now);
        for (at, rtype) in types.into_iter().enumerate() {
            let offset = i64::try_from(at).unwrap() * DAY;
            let turns = (now + offset).div_euclid(22 * DAY + 12 * HOUR);
            let from = turns * (22 * DAY + 12 * HOUR) - offset - HOUR;
            stage.valid(rtype, 'Z', (from, from + 30 * DAY));
        }
    }
    let told = stage.end();
    assert!(told.iter().all(|text| text == RECORD), "{told:?}");
}

#[test]
fn a_record_that_waits_for_its_turn_is_no_news_where_the_signer_is_at_work() {
    let mut stage = Stage::healthy();
    for hour in 0..(29 * 24) {
        let now = hour * HOUR;
        stage
            .at(now)
            .valid(Rtype::SOA, 'Z', (now - HOUR, now + 30 * DAY));
        stage.valid(Rtype::A, 'Z', MONTH);
    }
    assert!(stage.end().is_empty());
}

#[test]
fn signers_that_sign_the_lot() {
    // Knot: all at once, when a tenth and a few hours are left; PowerDNS: each week for three.
    for (lifetime, turn, early) in [
        (14 * DAY, 14 * DAY - 37 * HOUR, 5400),
        (21 * DAY, 7 * DAY, 7 * DAY),
    ] {
        let mut stage = Stage::healthy();
        for hour in 0..(60 * 24) {
            let now = hour * HOUR;
            let from = now.div_euclid(turn) * turn;
            stage.at(now).valid(
                Rtype::A,
                'Z',
                (
                    from - early,
                    from + lifetime - if early > DAY { early } else { 0 },
                ),
            );
        }
        let told = stage.end();
        assert!(!told.contains(&EXPIRING.to_owned()), "{told:?}");
        assert!(!told.contains(&OVER.to_owned()), "{told:?}");
    }
}

#[test]
fn signers_that_sign_on_the_fly() {
    for (before, after) in [(DAY, 2 * DAY), (HOUR, HOUR), (3 * HOUR, 8 * DAY), (60, 120)] {
        let mut stage = Stage::healthy();
        for minute in 0..3000 {
            let now = 60 * minute;
            stage
                .at(now)
                .valid(Rtype::A, 'Z', (now - before, now + after));
        }
        assert!(stage.end().is_empty());
    }
}

#[test]
fn signers_that_set_inceptions_back() {
    // BIND by an hour, for signatures of some minutes that it makes anew at a quarter; and one
    // by a day, for an hour.
    for (back, lifetime, turn) in [
        (60, 20, 15),
        (60, 5, 3),
        (60, 25, 22),
        (90, 30, 22),
        (24 * 60, 60, 10),
    ] {
        let mut stage = Stage::healthy();
        for minute in 0..600 {
            let made = minute / turn * turn;
            stage.at(60 * minute).valid(
                Rtype::A,
                'Y',
                (60 * (made - back), 60 * (made + lifetime)),
            );
        }
        let told = stage.end();
        let is_first = minute_of_first_move(turn);
        let alarms = stage
            .told
            .iter()
            .filter(|change| !change.is_expected && change.time > after(is_first));
        assert_eq!(alarms.count(), 0, "{back} {lifetime}: {told:?}");
    }
    // It stops after two hours.
    let mut stage = Stage::healthy();
    for minute in 0..140_i64 {
        let made = minute.min(120) / 15 * 15;
        stage
            .at(60 * minute)
            .valid(Rtype::A, 'Y', (60 * (made - 60), 60 * (made + 20)));
    }
    assert_eq!(stage.end(), [RECORD, EXPIRING, EXPIRING]);
}

/// Before a signer is seen at work, nobody knows how far it sets inceptions back.
fn minute_of_first_move(turn: i64) -> i64 {
    60 * turn
}

#[test]
fn one_of_two_providers_stops() {
    let mut stage = Stage::new();
    stage
        .at(0)
        .ds("AB", 0)
        .keys("AYZ", "A", 0)
        .from(2)
        .keys("BYZ", "B", 0);
    stage.told.clear();
    for day in 0..29 {
        let now = day * DAY;
        stage.at(now).from(1).valid(Rtype::A, 'Z', MONTH);
        stage.from(2).valid(Rtype::A, 'Y', (now, now + 30 * DAY));
    }
    let told = stage.end();
    assert!(told.contains(&EXPIRING.to_owned()), "{told:?}");
    assert!(!told.contains(&OVER.to_owned()), "{told:?}");
}

#[test]
fn keys_and_data_are_signed_apart() {
    // The ZSK works each day; the KSK, which signs the DNSKEY RRset alone, has stopped.
    let mut stage = Stage::healthy();
    for day in 0..30 {
        let now = day * DAY;
        stage
            .at(now)
            .valid(Rtype::A, 'Z', (now, now + 7 * DAY))
            .valid(Rtype::DNSKEY, 'A', MONTH);
    }
    let told = stage.end();
    assert_eq!(told.first().map(String::as_str), Some(RECORD));
    assert!(told.contains(&EXPIRING.to_owned()), "{told:?}");
    assert!(stage.change(EXPIRING).why.contains("example.org. DNSKEY"));
    // The same where one key does both.
    let mut stage = Stage::healthy();
    for day in 0..30 {
        let now = day * DAY;
        stage
            .at(now)
            .valid(Rtype::A, 'A', (now, now + 7 * DAY))
            .valid(Rtype::DNSKEY, 'A', MONTH);
    }
    assert!(stage.end().contains(&EXPIRING.to_owned()));
}

#[test]
fn out_of_caches_and_from_strangers_nothing_expires() {
    let mut stage = Stage::healthy();
    stage.at(29 * DAY).cached(60).valid(Rtype::A, 'Z', MONTH);
    stage.standing = crate::exchange::Standing::Unmatched;
    stage.valid(Rtype::A, 'Z', MONTH);
    assert!(stage.end().is_empty());
}

#[test]
fn a_server_that_lags_is_no_signer_that_stopped() {
    let mut stage = Stage::healthy();
    stage
        .at(28 * DAY)
        .valid(Rtype::A, 'Z', (22 * DAY, 52 * DAY));
    stage.at(28 * DAY + 60).from(2).valid(Rtype::A, 'Z', MONTH);
    stage.at(29 * DAY).from(2).valid(Rtype::A, 'Z', MONTH);
    // Nor one that was asked first, once another shows better.
    stage.at(29 * DAY).from(2).valid(Rtype::SOA, 'Z', MONTH);
    stage.from(1).valid(Rtype::SOA, 'Z', (22 * DAY, 52 * DAY));
    assert_eq!(stage.end(), [EXPIRING, OVER]);
}

#[test]
fn the_old_keys_signatures_run_out_after_a_rollover() {
    let mut stage = Stage::healthy();
    for day in 0..29 {
        let now = day * DAY;
        stage.at(now).valid(Rtype::A, 'Z', MONTH);
        stage.valid(Rtype::SOA, 'Y', (now, now + 30 * DAY));
    }
    assert!(stage.end().is_empty());
}

#[test]
fn a_signature_beside_it_that_lasts_is_enough() {
    let mut stage = Stage::healthy();
    stage.at(29 * DAY).beside = "ZY".to_owned();
    stage.valid(Rtype::A, 'Z', MONTH);
    assert!(stage.end().is_empty());
}

#[test]
fn a_signer_that_was_at_work_and_then_stopped() {
    // A has its turn at a quarter; the signer died a day after A had half of its lifetime left.
    let mut stage = Stage::healthy();
    for day in 0..30 {
        let now = day * DAY;
        let soa = now.min(16 * DAY);
        stage
            .at(now)
            .valid(Rtype::SOA, 'Z', (soa, soa + 30 * DAY))
            .valid(Rtype::A, 'Z', MONTH);
    }
    let told = stage.end();
    assert_eq!(told.first().map(String::as_str), Some(EXPIRING), "{told:?}");
    let percents: Vec<_> = stage
        .told
        .iter()
        .map(|change| change.left_percent.unwrap())
        .collect();
    assert_eq!(percents, [10, 10, 5]);
}
