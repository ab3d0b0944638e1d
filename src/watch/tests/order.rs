//! Order by inception, bounds, and what is waited for.

use super::super::{Config, Watch};
use super::{DAY, HOUR, Stage, TTL};

#[test]
fn on_a_tie_unseen_content_is_new_and_seen_content_is_stale() {
    let mut stage = Stage::publishing("ABZ", "AB");
    stage
        .at(700)
        .ds("B", 0)
        .at(800)
        .ds("A", 0)
        .at(900)
        .ds("B", 0);
    assert_eq!(stage.end(), ["DsReplaced DS-4", "DsStale"]);
}

#[test]
fn an_older_set_that_alone_is_seen_is_current_again() {
    let mut stage = Stage::publishing("ABZ", "AB");
    stage.at(700).ds("B", 700);
    for quarter in 1..8 {
        stage.at(800 + 900 * quarter).ds("A", 0);
    }
    let told = stage.end();
    assert_eq!(
        told.last().map(String::as_str),
        Some("DsReplaced DS-4"),
        "{told:?}"
    );
    assert_eq!(
        told.iter()
            .filter(|text| text.starts_with("DsReplaced"))
            .count(),
        2
    );
}

#[test]
fn an_older_set_out_of_a_cache_is_never_current_again() {
    let mut stage = Stage::publishing("ABZ", "AB");
    stage.at(700).ds("B", 700);
    for quarter in 1..20 {
        stage.at(800 + 900 * quarter).cached(TTL).ds("A", 0);
    }
    assert_eq!(stage.end(), ["DsReplaced DS-4", "DsStale"]);
}

#[test]
fn a_set_from_a_cache_that_is_newer_is_news() {
    let mut stage = Stage::healthy();
    stage.at(DAY).cached(60).ds("", DAY);
    assert_eq!(stage.end(), ["DsWithdrawn! DS-6"]);
}

#[test]
fn a_set_that_nothing_settles_waits_for_the_old_dnskey_to_leave_caches() {
    let mut stage = Stage::healthy();
    stage.at(600).ds("B", 600);
    stage.at(HOUR - 1);
    assert!(
        !stage
            .told
            .iter()
            .any(|change| change.kind == super::super::ChangeKind::DsReplaced)
    );
    stage.at(HOUR);
    stage.change("DsReplaced! DS-7");
}

#[test]
fn a_proof_that_came_late_by_a_held_response_is_ordered_by_inception() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY)
        .keys("ABZ", "AB", DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY);
    stage.at(2 * DAY + 5).from(3).ds("", -DAY);
    assert_eq!(stage.end(), ["DnskeyChanged", "DsReplaced DS-4", "DsStale"]);
}

#[test]
fn the_largest_family_gives_room() {
    let mut stage = Stage::healthy();
    let config = Config {
        anchored: Vec::new(),
        zones: 3,
        ..Config::default()
    };
    stage.watch = Watch::new(&config);
    let mut zones = super::super::zones::Zones::new(&Config {
        zones: 3,
        anchored: vec![super::zone()],
        ..Config::default()
    });
    for (at, name) in ["a.com", "example.org", "b.com", "c.com", "x.net", "d.com"]
        .iter()
        .enumerate()
    {
        let now = crate::time::Timestamp::new(i64::try_from(at).unwrap(), 0);
        zones.touch(&crate::message::Name::parse(name).unwrap(), now);
    }
    let left: Vec<String> = zones.names().map(ToString::to_string).collect();
    assert_eq!(left, ["c.com.", "d.com.", "x.net.", "example.org."]);
}

#[test]
fn a_set_that_is_back_starts_anew() {
    let mut stage = Stage::publishing("ABZ", "AB");
    stage.at(700).ds("B", 700);
    stage.at(DAY).ds("A", DAY).at(DAY + 600).ds("B", 700);
    assert_eq!(
        stage.end(),
        ["DsReplaced DS-4", "DsReplaced DS-4", "DsStale"],
        "a server that lags, no replay"
    );
}

#[test]
fn an_older_set_is_not_alone_where_another_came_between() {
    let mut stage = Stage::publishing("ABCZ", "ABC");
    stage.at(700).ds("B", 700);
    stage.at(800).ds("A", 0).at(900).ds("C", 900);
    stage.at(900 + HOUR).ds("C", 900).at(1000 + HOUR).ds("A", 0);
    assert_eq!(
        stage.end(),
        ["DsReplaced DS-4", "DsStale", "DsReplaced DS-4", "DsStale!"],
        "a replay: that server had followed"
    );
    let mut stage = Stage::publishing("ABCZ", "ABC");
    stage.at(700).ds("B", 700);
    stage
        .at(800)
        .from(2)
        .ds("A", 0)
        .from(1)
        .at(900)
        .ds("C", 900);
    stage.at(900 + HOUR).from(2).ds("A", 0);
    assert_eq!(
        stage.end(),
        ["DsReplaced DS-4", "DsStale", "DsReplaced DS-4"]
    );
}
