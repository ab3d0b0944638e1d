//! Rule DS-2 and the rest of what the portfolio says: planned, pinned, expected.

use super::{Config, DAY, HOUR, Stage, Watch, ds_records};
use crate::message::Ds;
use crate::portfolio::Portfolio;
use std::sync::Arc;

/// The DS records of a word, as TOML.
fn toml(word: &str) -> String {
    let records = ds_records(word);
    let records = records.iter().map(|rdata| Ds::parse(rdata).unwrap());
    let records: Vec<String> = records.map(|ds| format!("'{ds}'")).collect();
    format!("[{}]", records.join(", "))
}

/// A portfolio of the zone with these keys.
fn portfolio(zone: &str) -> Config {
    let text = format!("[[zone]]\nname = 'example.org'\n{zone}");
    Config {
        portfolio: Arc::new(Portfolio::parse(&text).unwrap()),
        ..Config::default()
    }
}

/// A declared change, from day 1 to day 2 unless the start is another.
fn plan(after: &str, rest: &str) -> String {
    let after = toml(after);
    format!(
        "[[zone.change]]\nticket = 'CHG-1042'\napprover = 'board'\nfrom = 2027-01-16T08:00:00Z\n\
         until = 2027-01-17T10:00:00+02:00\nds_after = {after}\n{rest}\n"
    )
}

/// A signed zone in health, DS A and keys A and Z, under a portfolio.
fn healthy(zone: &str) -> Stage {
    let mut stage = Stage::new();
    stage.watch = Watch::new(&portfolio(zone));
    stage
        .at(0)
        .referral("A", 0, &["ns1.example.org", "ns2.example.org"])
        .keys("AZ", "A", 0)
        .data('Z', 0);
    stage
}

/// What is told when the DS set changes so at a time of day 0 and later, without any other sign.
fn told(zone: &str, word: &str, at: i64) -> (Vec<String>, String) {
    let mut stage = healthy(zone);
    stage.told.clear();
    stage.at(at).ds(word, at);
    let told = stage.end();
    let change = stage
        .told
        .iter()
        .find(|change| change.time == super::after(at));
    let why = change.map(|change| change.why.clone());
    (told, why.unwrap_or_default())
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn ds_2_a_declared_change_is_expected_and_any_other_says_what_it_misses() {
    let a = format!("ds_before = {}", toml("A"));
    let c = format!("ds_before = {}", toml("C"));
    let mid = DAY + HOUR;
    let table = [
        // (what, portfolio, new set, when, first told, words of why)
        (
            "as declared",
            plan("B", ""),
            "B",
            mid,
            "DsReplaced DS-2",
            "CHG-1042, approved by board, from",
        ),
        (
            "from its set",
            plan("B", &a),
            "B",
            mid,
            "DsReplaced DS-2",
            "declared in the portfolio",
        ),
        (
            "the window's first moment",
            plan("B", ""),
            "B",
            DAY,
            "DsReplaced DS-2",
            "",
        ),
        (
            "the window's last moment, by another offset",
            plan("B", ""),
            "B",
            2 * DAY,
            "DsReplaced DS-2",
            "",
        ),
        (
            "withdrawn",
            plan("", ""),
            "",
            mid,
            "DsWithdrawn DS-2",
            "declared in the portfolio",
        ),
        ("joined", plan("AB", ""), "BA", mid, "DsAdded DS-2", ""),
        (
            "another set",
            plan("B", ""),
            "C",
            mid,
            "DsReplaced!",
            "CHG-1042 declares ",
        ),
        (
            "part of the set",
            plan("BC", ""),
            "B",
            mid,
            "DsReplaced!",
            "CHG-1042 declares ",
        ),
        (
            "another digest of its key",
            plan("B", ""),
            "b",
            mid,
            "DsReplaced!",
            "CHG-1042 declares ",
        ),
        (
            "too early",
            plan("B", ""),
            "B",
            DAY - 60,
            "DsReplaced!",
            "this is 60 s earlier",
        ),
        (
            "too late",
            plan("B", ""),
            "B",
            2 * DAY + HOUR,
            "DsReplaced!",
            "this is 60 min later",
        ),
        (
            "from another set",
            plan("B", &c),
            "B",
            mid,
            "DsReplaced!",
            "CHG-1042 declares a change from ",
        ),
        (
            "to none instead",
            plan("B", ""),
            "",
            mid,
            "DsWithdrawn! DS-6",
            "this is no DS",
        ),
        (
            "a month later",
            plan("B", ""),
            "C",
            40 * DAY,
            "DsReplaced!",
            "!CHG-1042",
        ),
    ];
    for (what, zone, word, at, expected, words) in table {
        let (told, why) = told(&zone, word, at);
        let first = told.first().map(String::as_str).unwrap_or_default();
        assert!(first.starts_with(expected), "{what}: {told:?}");
        match words.strip_prefix('!') {
            Some(absent) => assert!(!why.contains(absent), "{what}: {why}"),
            None => assert!(why.contains(words), "{what}: {why}"),
        }
    }
}

#[test]
fn a_miss_names_both_sets() {
    let short = |word: &str| {
        let text = toml(word);
        let digits = text.rfind(' ').unwrap() + 9;
        format!("{}…", text.get(2..digits).unwrap())
    };
    let (declared, found) = (short("B"), short("C"));
    let why = told(&plan("B", ""), "C", DAY + HOUR).1;
    let expected = format!("CHG-1042 declares {declared}, this is {found}; ");
    assert!(why.starts_with(&expected), "{why}");
}

#[test]
fn a_declared_change_has_its_ticket_and_is_vouched_for() {
    let mut stage = healthy(&plan("B", ""));
    stage.at(DAY + 60).ds("B", DAY + 60);
    let change = stage.told.last().unwrap();
    assert_eq!(change.ticket.as_deref(), Some("CHG-1042"));
    // The new keys come from nowhere, as in a move between providers that was agreed on.
    stage
        .at(DAY + 120)
        .keys("BY", "B", DAY + 120)
        .data('Y', DAY + 120);
    let told = stage.end();
    assert!(
        told.iter().all(|line| !line.contains("DnskeyChanged!")),
        "{told:?}"
    );
}

#[test]
fn what_a_pin_speaks_against_is_unexpected_whatever_announces_it() {
    let pinned = format!("pinned_ds = {}\n", toml("A"));
    let mut stage = healthy(&pinned);
    stage.told.clear();
    stage
        .at(DAY)
        .cds("B", 'Z', DAY)
        .at(2 * DAY)
        .ds("B", 2 * DAY);
    assert_eq!(stage.end(), ["DsReplaced!"]);
    let why = &stage.told[0].why;
    assert!(
        why.contains("the portfolio pins") && why.contains("announced"),
        "{why}"
    );
    // So is another digest of the same key.
    assert_eq!(told(&pinned, "Aa", DAY).0, ["DsAdded!"]);
    // A declared change is not.
    let planned = format!("{pinned}{}", plan("B", ""));
    assert_eq!(told(&planned, "B", DAY + 60).0[0], "DsReplaced DS-2");
}

#[test]
fn a_pin_is_told_of_at_once_and_once_unless_it_is_worse() {
    let pinned = format!("pinned_ds = {}\n", toml("A"));
    let mut stage = healthy(&pinned);
    stage.told.clear();
    stage.at(600).ds("AB", 600);
    assert_eq!(stage.told.len(), 1, "before the next DNSKEY fetch");
    stage
        .at(660)
        .keys("ABZ", "A", 660)
        .data('Z', 660)
        .ds("AB", 600);
    assert_eq!(stage.end(), ["DsAdded!", "DnskeyChanged"]);
    let mut stage = healthy(&pinned);
    stage.told.clear();
    stage.at(600).ds("B", 600).at(660).keys("BY", "B", 660);
    let told = stage.end();
    assert_eq!(told[..2], ["DsReplaced!", "PrematureStep!"]);
    assert!(
        told.contains(&"DsReplaced! DS-7 hijack".to_owned()),
        "{told:?}"
    );
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_first_set_seen_is_held_against_the_portfolio() {
    let table = [
        (
            "as pinned",
            format!("pinned_ds = {}", toml("A")),
            "A",
            "DsFirstSeen",
        ),
        (
            "not as pinned",
            format!("pinned_ds = {}", toml("B")),
            "A",
            "DsReplaced!",
        ),
        (
            "pinned to none",
            "pinned_ds = []".to_owned(),
            "A",
            "ZoneSigned!",
        ),
        (
            "pinned, and gone",
            format!("pinned_ds = {}", toml("A")),
            "",
            "DsWithdrawn!",
        ),
        (
            "as expected",
            "expect = 'secure'".to_owned(),
            "A",
            "DsFirstSeen",
        ),
        (
            "secure, and gone",
            "expect = 'secure'".to_owned(),
            "",
            "DsWithdrawn!",
        ),
        (
            "insecure, and signed",
            "expect = 'insecure'".to_owned(),
            "A",
            "ZoneSigned!",
        ),
        ("insecure", "expect = 'insecure'".to_owned(), "", ""),
        (
            "what a declared change led to",
            format!("pinned_ds = {}\n{}", toml("A"), plan("B", "")),
            "B",
            "DsFirstSeen",
        ),
    ];
    for (what, zone, word, expected) in table {
        let mut stage = Stage::new();
        stage.watch = Watch::new(&portfolio(&zone));
        stage
            .at(3 * DAY)
            .ds(word, 3 * DAY)
            .at(3 * DAY + 60)
            .ds(word, 3 * DAY);
        let told = stage.end().join(", ");
        assert_eq!(told, expected, "{what}");
    }
}

#[test]
fn a_repair_is_no_alarm() {
    // A hijack that began before the sensor did, and its end.
    let pinned = format!("pinned_ds = {}", toml("A"));
    let mut stage = Stage::new();
    stage.watch = Watch::new(&portfolio(&pinned));
    stage
        .at(0)
        .referral("B", 0, &["ns9.example.net"])
        .keys("BY", "B", 0)
        .data('Y', 0);
    stage
        .at(600)
        .referral("A", 600, &["ns1.example.org", "ns2.example.org"])
        .keys("AZ", "A", 0)
        .data('Z', 600);
    let all = stage.end();
    assert_eq!(all[0], "DsReplaced!");
    assert!(all.contains(&"DsReplaced DS-2".to_owned()), "{all:?}");
    assert!(!all.iter().any(|line| line.contains("hijack")), "{all:?}");
    // The end of a zone that is to be insecure.
    let (all, why) = told("expect = 'insecure'", "", DAY);
    assert_eq!(all[0], "DsWithdrawn DS-2", "{all:?}");
    assert!(why.contains("expects the zone to be insecure"), "{why}");
}

#[test]
fn leaving_dnssec_against_the_portfolio_says_so_even_if_announced() {
    let mut stage = healthy("expect = 'secure'");
    stage.told.clear();
    stage.at(DAY).cds("", 'Z', DAY).at(2 * DAY).ds("", 2 * DAY);
    assert_eq!(stage.end()[0], "DsWithdrawn! DS-6");
    let why = &stage.told[0].why;
    assert!(
        why.contains("the portfolio expects the zone to be secure"),
        "{why}"
    );
}

#[test]
fn a_history_that_is_resumed_takes_up_what_was_declared_since() {
    let mut stage = Stage::healthy();
    stage
        .at(DAY + 60)
        .ds("B", DAY + 60)
        .at(DAY + 120)
        .keys("BY", "B", DAY + 120);
    assert_eq!(stage.end()[0], "DsReplaced! DS-7 hijack");
    let history = stage.watch.history(&super::zone()).unwrap().clone();
    for (zone, is_expected) in [(plan("B", ""), true), (plan("C", ""), false)] {
        let mut watch = Watch::new(&portfolio(&zone));
        watch.resume(history.clone());
        let resumed = watch.history(&super::zone()).unwrap();
        assert_eq!(
            resumed.judged.back().unwrap().change.is_expected,
            is_expected
        );
        assert!(resumed.declared.is_some());
    }
}

#[test]
fn zones_of_the_portfolio_and_what_is_above_them_stay() {
    let config = Config {
        zones: 2,
        ..portfolio("")
    };
    let mut zones = super::super::zones::Zones::new(&config);
    for (at, name) in ["example.org", "a.org", "org", "b.org", "c.org"]
        .iter()
        .enumerate()
    {
        let now = crate::time::Timestamp::new(i64::try_from(at).unwrap(), 0);
        zones.touch(&crate::message::Name::parse(name).unwrap(), now);
    }
    let left: Vec<String> = zones.names().map(ToString::to_string).collect();
    assert_eq!(left, ["org.", "b.org.", "c.org.", "example.org."]);
}
