//! Each drill brings to light what its answers say, and nothing else.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Run, folder, sigtap};

/// Names that are hard on a program: an A-label, two labels below a TLD, and a long one.
fn odd_zones() -> [String; 3] {
    let long = ["a", "b", "c"].map(|letter| letter.repeat(58)).join(".");
    [
        "xn--mnchen-3ya.xn--p1ai".to_owned(),
        "intern.shop.co.uk".to_owned(),
        format!("{long}.de"),
    ]
}

fn scenarios() -> Vec<String> {
    let list = sigtap(&["drill", "list"]);
    assert_eq!(list.code, Some(0), "{}", list.stderr);
    let names = list
        .stdout
        .lines()
        .map(|line| line.split(' ').next().unwrap().to_owned());
    names.collect()
}

/// Makes a drill in a folder of its own.
fn made(scenario: &str, test: &str, options: &[&str]) -> PathBuf {
    let folder = folder(&format!("drill-{test}-{scenario}"));
    let out = format!("--out={}", folder.display());
    let arguments = [&["drill", scenario, &out][..], options].concat();
    let run = sigtap(&arguments);
    assert_eq!(run.code, Some(0), "{scenario}: {}", run.stderr);
    folder
}

/// Reads a drill as its answers say.
fn read(folder: &Path, options: &[&str]) -> Run {
    let file = |name: &str| folder.join(name).display().to_string();
    let anchors = format!("--trust-anchor={}", file("anchors.txt"));
    let portfolio = format!("--portfolio={}", file("portfolio.toml"));
    let capture = file("capture.pcap");
    let arguments = [
        &["read", "--quiet", "--drill", &anchors, &portfolio, &capture][..],
        options,
    ]
    .concat();
    let run = sigtap(&arguments);
    assert_eq!(run.code, Some(0), "{}: {}", folder.display(), run.stderr);
    run
}

fn answers(folder: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(folder.join("answers.json")).unwrap()).unwrap()
}

fn list<'a>(sheet: &'a Value, key: &str) -> &'a [Value] {
    sheet[key].as_array().unwrap()
}

/// What is told of an incident or a record, in one line.
fn words<const N: usize>(parts: [&Value; N]) -> String {
    parts.map(|part| part.as_str().unwrap_or("-")).join(" ")
}

/// What the alerts of a run come to, as their last lines have it; one cause may come and go several times.
fn told(lines: &[Value]) -> BTreeSet<String> {
    let alerts: Vec<_> = lines
        .iter()
        .filter(|line| line["event_type"] == "alert")
        .collect();
    let is_last = |place: usize, line: &Value| {
        let later = alerts.iter().skip(place + 1);
        !later
            .into_iter()
            .any(|other| other["incident"]["id"] == line["incident"]["id"])
    };
    let last = alerts
        .iter()
        .enumerate()
        .filter(|(place, line)| is_last(*place, line));
    last.map(|(_, line)| {
        let alert = &line["alert"];
        let kind = alert["kind"].as_str().unwrap();
        let is_resolvers = alert["category"] == "dns-resolver" || kind == "trust_anchor_stale";
        let whose = if is_resolvers {
            &line["resolver"]
        } else {
            &line["dnssec"]["zone"]
        };
        words([
            &alert["kind"],
            whose,
            &alert["cause"],
            &alert["cause_class"],
            &line["severity"],
        ])
    })
    .collect()
}

fn wanted(sheet: &Value) -> BTreeSet<String> {
    let alerts = list(sheet, "alerts").iter();
    let words = alerts.map(|alert| {
        let whose = if alert["zone"].is_null() {
            &alert["resolver"]
        } else {
            &alert["zone"]
        };
        words([
            &alert["kind"],
            whose,
            &alert["cause"],
            &alert["cause_class"],
            &alert["severity"],
        ])
    });
    words.collect()
}

/// Kinds and zones of the records, first sights left out.
fn records(lines: &[Value]) -> BTreeSet<String> {
    let changes = lines
        .iter()
        .filter(|line| line["event_type"] == "change" && line["alert"]["kind"] != "ds_first_seen");
    changes
        .map(|line| words([&line["alert"]["kind"], &line["dnssec"]["zone"]]))
        .collect()
}

fn each_drill_is_as_its_answers_say(test: &str, options: &[&str]) {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let folder = made(&scenario, test, options);
        let run = read(&folder, &[]);
        let lines: Vec<Value> = run
            .stdout
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert!(
            lines.iter().all(|line| line["drill"] == true),
            "{scenario}: a line that does not say so"
        );
        let sheet = answers(&folder);
        let records_wanted: BTreeSet<_> = list(&sheet, "changes")
            .iter()
            .map(|change| words([&change["kind"], &change["zone"]]))
            .collect();
        for (what, wanted, told) in [
            ("alerts", wanted(&sheet), told(&lines)),
            ("records", records_wanted, records(&lines)),
        ] {
            if wanted != told {
                wrong.push(format!("{scenario}: {what} {told:#?}, want {wanted:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_drill_brings_to_light_what_its_answers_say() {
    each_drill_is_as_its_answers_say("usual", &["--seed=usual", "--start=2026-03-01T00:00:00Z"]);
}

/// 2^31 seconds after the epoch are over within most of the stories.
#[test]
fn so_it_does_with_odd_names_and_in_2038() {
    let zones = odd_zones().map(|zone| format!("--zone={zone}"));
    let zones = zones.each_ref().map(String::as_str);
    let options = [&zones[..], &["--seed=odd", "--start=2038-01-18T20:00:00Z"]].concat();
    each_drill_is_as_its_answers_say("odd", &options);
}

/// Signatures of the first day run out past 2^32 seconds: their times count from zero again.
#[test]
fn so_it_does_where_the_times_of_signatures_wrap() {
    let zones = ["--zone=deep.team.dept.example.test", "--zone=other.test"];
    let options = [&zones[..], &["--seed=wrap", "--start=2105-12-26T00:00:00Z"]].concat();
    each_drill_is_as_its_answers_say("wrap", &options);
}

#[test]
fn the_same_seed_gives_the_same_octets_and_another_one_does_not() {
    let start = "--start=2026-03-01T00:00:00Z";
    let made = |name: &str, seed: &str| made("servers-down", name, &[start, seed]);
    let [first, again, other] = [("a", "--seed=1"), ("b", "--seed=1"), ("c", "--seed=2")]
        .map(|(name, seed)| made(name, seed));
    for file in [
        "capture.pcap",
        "anchors.txt",
        "portfolio.toml",
        "answers.json",
        "answers.md",
    ] {
        let octets = |folder: &Path| fs::read(folder.join(file)).unwrap();
        assert!(octets(&first) == octets(&again), "{file}");
        let is_same_for_all = file == "portfolio.toml";
        assert_eq!(octets(&first) == octets(&other), is_same_for_all, "{file}");
    }
}

#[test]
fn a_portfolio_of_a_drill_is_one_and_its_text_says_drill_too() {
    let folder = made(
        "unannounced-ds",
        "text",
        &["--seed=1", "--start=2026-03-01T00:00:00Z"],
    );
    let portfolio = format!("--portfolio={}", folder.join("portfolio.toml").display());
    let check = sigtap(&["portfolio", "check", &portfolio]);
    assert_eq!(check.code, Some(0), "{}{}", check.stdout, check.stderr);
    let text = read(&folder, &["--format=text"]);
    assert!(
        text.stdout.to_lowercase().contains("drill"),
        "{}",
        text.stdout
    );
}

#[test]
fn every_line_says_that_it_is_a_drill_through_every_output() {
    let made = made(
        "stripped-path",
        "outputs",
        &["--seed=1", "--start=2026-03-01T00:00:00Z"],
    );
    let out = folder("drill-outputs-lines");
    let [alerts, verdicts] = ["alerts.jsonl", "verdicts.jsonl"].map(|name| out.join(name));
    let options = [
        "--output=stdout".to_owned(),
        format!("--output=file:{}", alerts.display()),
        format!("--verdicts={}", verdicts.display()),
    ];
    let options = options.each_ref().map(String::as_str);
    let run = read(&made, &options);
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let validator = |name: &str| {
        let schema = fs::read_to_string(schemas.join(name)).unwrap();
        jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap()
    };
    let alert_schema = validator("sigtap.alert-1.json");
    let verdict_schema = validator("sigtap.verdict-1.json");
    let [alerts, verdicts] = [alerts, verdicts].map(|path| fs::read_to_string(path).unwrap());
    assert_eq!(run.stdout, alerts);
    for (text, schema) in [(alerts, alert_schema), (verdicts, verdict_schema)] {
        assert!(text.lines().count() > 5);
        for line in text.lines() {
            let value: Value = serde_json::from_str(line).unwrap();
            assert_eq!(value["drill"], true, "{line}");
            assert!(schema.is_valid(&value), "{line}");
        }
    }
}

#[test]
fn what_is_there_is_not_written_over() {
    let folder = made("servers-down", "there", &["--seed=1"]);
    let before = fs::read(folder.join("capture.pcap")).unwrap();
    let out = format!("--out={}", folder.display());
    let again = ["drill", "servers-down", &out, "--seed=2"];
    let run = sigtap(&again);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.contains("--force"), "{}", run.stderr);
    assert_eq!(fs::read(folder.join("capture.pcap")).unwrap(), before);
    let forced = sigtap(&[&again[..], &["--force"]].concat());
    assert_eq!(forced.code, Some(0), "{}", forced.stderr);
    assert_ne!(fs::read(folder.join("capture.pcap")).unwrap(), before);
}

#[test]
fn what_cannot_be_is_told_in_one_line() {
    let out = format!("--out={}", folder("drill-never").join("never").display());
    let long = format!(
        "--zone={}.example",
        ["a", "b", "c", "d"]
            .map(|letter| letter.repeat(50))
            .join(".")
    );
    let table: [(&str, &[&str], i32, &str); 6] = [
        (
            "a name that is none",
            &["drill", "registrar-hijak"],
            2,
            "registrar-hijack",
        ),
        ("another", &["drill", "expired"], 2, "expired-signatures"),
        (
            "a TLD",
            &["drill", "servers-down", &out, "--zone=example"],
            1,
            "TLD",
        ),
        (
            "too long a name",
            &["drill", "servers-down", &out, &long],
            1,
            "room",
        ),
        (
            "past the end of time",
            &[
                "drill",
                "servers-down",
                &out,
                "--start=2106-02-07T06:00:00Z",
            ],
            1,
            "2106",
        ),
        (
            "before its beginning",
            &[
                "drill",
                "servers-down",
                &out,
                "--start=1970-01-01T00:00:00Z",
            ],
            1,
            "1970",
        ),
    ];
    for (what, arguments, code, word) in table {
        let run = sigtap(arguments);
        assert_eq!(run.code, Some(code), "{what}: {}", run.stderr);
        assert_eq!(run.stderr.lines().count(), 1, "{what}: {}", run.stderr);
        assert!(run.stderr.contains(word), "{what}: {}", run.stderr);
    }
    let is_there = fs::exists(folder("drill-never").join("never")).unwrap();
    assert!(!is_there, "nothing is written where nothing can be made");
}
