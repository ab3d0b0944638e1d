//! Each bundled capture gives its golden lines, whatever the number of workers, and says what
//! its answer sheet asks for.
//!
//! `SIGTAP_BLESS=1 cargo test --test scenarios` rewrites the golden files.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use serde_json::Value;
use sigtap::cli::{self, Plan};
use sigtap::pipeline::{self, REMEMBERED_CHECKS};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::{capture, command, finished, folder, scenario};

fn scenarios() -> Vec<PathBuf> {
    let mut folders: Vec<_> = fs::read_dir(scenario(""))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| capture(path).is_some())
        .collect();
    folders.sort();
    assert!(folders.len() >= 14, "only {} scenarios", folders.len());
    folders
}

fn name(scenario: &Path) -> &str {
    scenario.file_name().unwrap().to_str().unwrap()
}

/// What the sensor says of a scenario: alerts and other events, and verdicts.
#[derive(Eq, PartialEq)]
struct Said {
    alerts: String,
    verdicts: String,
}

/// Replays a scenario; `test` keeps the files of tests that run side by side apart.
fn replay(scenario: &Path, workers: u32, test: &str) -> Said {
    let verdicts = folder(&format!("{test}-{}-{workers}", name(scenario))).join("verdicts.jsonl");
    let alerts = alerts(
        scenario,
        workers,
        &[format!("--verdicts={}", verdicts.display())],
    );
    Said {
        alerts,
        verdicts: fs::read_to_string(verdicts).unwrap(),
    }
}

/// The events of a scenario.
fn alerts(scenario: &Path, workers: u32, options: &[String]) -> String {
    let capture = capture(scenario).unwrap();
    let mut arguments = vec![
        "read".to_owned(),
        "--quiet".to_owned(),
        format!("--workers={workers}"),
        "--sensor=golden".to_owned(),
        "--trust-anchor=anchors.txt".to_owned(),
        capture.file_name().unwrap().to_str().unwrap().to_owned(),
    ];
    arguments.extend_from_slice(options);
    if scenario.join("portfolio.toml").exists() {
        arguments.push("--portfolio=portfolio.toml".to_owned());
    }
    // Lines tell the name of the capture as it was given.
    let run = finished(command(&arguments).current_dir(scenario));
    assert_eq!(run.code, Some(0), "{}: {}", name(scenario), run.stderr);
    run.stdout
}

#[test]
fn the_same_capture_gives_the_same_octets() {
    let is_blessing = std::env::var_os("SIGTAP_BLESS").is_some();
    for scenario in scenarios() {
        let path = scenario.join("alerts.jsonl");
        let said = replay(&scenario, 1, "octets");
        for workers in [2, 8] {
            let is_same = replay(&scenario, workers, "octets") == said;
            assert!(is_same, "{} with {workers} workers", name(&scenario));
            // Where no verdicts are written, repeats of a response are not even decoded.
            let is_same = alerts(&scenario, workers, &[]) == said.alerts;
            assert!(is_same, "{} without verdicts", name(&scenario));
        }
        if is_blessing {
            fs::write(&path, &said.alerts).unwrap();
        } else {
            let golden = fs::read_to_string(&path).unwrap_or_default();
            let difference = first_difference(&said.alerts, &golden);
            assert!(difference.is_none(), "{}: {difference:?}", path.display());
        }
    }
}

/// The first line that is not as it was: its number, and both from where they part.
fn first_difference(said: &str, golden: &str) -> Option<(usize, String, String)> {
    let (mut said, mut golden) = (said.lines(), golden.lines());
    for number in 1.. {
        let (ours, theirs) = match (said.next(), golden.next()) {
            (None, None) => return None,
            (ours, theirs) => (ours.unwrap_or_default(), theirs.unwrap_or_default()),
        };
        let alike = ours.bytes().zip(theirs.bytes());
        let same = alike.take_while(|(ours, theirs)| ours == theirs).count();
        if ours.len() != theirs.len() || same < ours.len() {
            let from = |line: &str| {
                String::from_utf8_lossy(&line.as_bytes()[same..])
                    .chars()
                    .take(200)
                    .collect()
            };
            return Some((number, from(ours), from(theirs)));
        }
    }
    None
}

#[test]
fn the_memo_changes_nothing() {
    for scenario in scenarios() {
        let remembering = replay_within(&scenario, REMEMBERED_CHECKS);
        let forgetful = replay_within(&scenario, 0);
        assert!(remembering == forgetful, "{}", name(&scenario));
    }
}

/// Replays a scenario in this process, with a memo of this size.
fn replay_within(scenario: &Path, remembered_checks: usize) -> Said {
    let folder = folder(&format!("memo-{}-{remembered_checks}", name(scenario)));
    let [alerts, verdicts] = ["alerts", "verdicts"].map(|name| folder.join(name));
    let arguments = [
        "sigtap".to_owned(),
        "read".to_owned(),
        "--quiet".to_owned(),
        format!("--trust-anchor={}", scenario.join("anchors.txt").display()),
        format!("--output=file:{}", alerts.display()),
        format!("--verdicts={}", verdicts.display()),
        capture(scenario).unwrap().display().to_string(),
    ];
    let run = match cli::plan(arguments.map(Into::into)).unwrap() {
        Plan::Run(run) => Some(run),
        Plan::Audit(_) | Plan::Report(_) | Plan::Documents(_) | Plan::Drill(_) | Plan::Drills => {
            None
        }
    };
    let mut run = run.unwrap();
    run.settings.remembered_checks = remembered_checks;
    pipeline::run(&run.settings).unwrap();
    let [alerts, verdicts] = [alerts, verdicts].map(|path| fs::read_to_string(path).unwrap());
    Said { alerts, verdicts }
}

#[test]
fn each_line_keeps_its_schema() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let schema = |line: &Value| {
        let kind = line["schema"].as_str().unwrap().replace('/', "-");
        let text = fs::read_to_string(schemas.join(format!("{kind}.json")));
        let schema = serde_json::from_str(&text.expect(&kind)).unwrap();
        jsonschema::validator_for(&schema).unwrap()
    };
    let mut known = BTreeMap::new();
    for scenario in scenarios() {
        let said = replay(&scenario, 2, "schema");
        for line in said.alerts.lines().chain(said.verdicts.lines()) {
            assert!(line.len() < 16 * 1024, "{}: a long line", name(&scenario));
            let value: Value = serde_json::from_str(line).unwrap();
            let kind = value["schema"].as_str().unwrap().to_owned();
            let validator = known.entry(kind).or_insert_with(|| schema(&value));
            let errors: Vec<_> = validator
                .iter_errors(&value)
                .map(|error| format!("{}: {error}", error.instance_path()))
                .collect();
            assert!(
                errors.is_empty(),
                "{}: {errors:#?}\n{line}",
                name(&scenario)
            );
        }
    }
}

#[test]
fn each_answer_sheet_is_met() {
    let mut wrong = Vec::new();
    for scenario in scenarios() {
        let sheet = fs::read_to_string(scenario.join("expect.json")).unwrap();
        let sheet: Value = serde_json::from_str(&sheet).unwrap();
        let said = replay(&scenario, 2, "sheets");
        let mut told = differing_verdicts(&sheet, &lines(&said.verdicts));
        told.extend(differing_alerts(&sheet, &lines(&said.alerts)));
        wrong.extend(
            told.iter()
                .map(|text| format!("{}: {text}", name(&scenario))),
        );
    }
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// A sensor that starts in the middle of what is in order, a rollover above all, says nothing.
#[test]
fn a_late_start_raises_no_alarm() {
    const CUTS: usize = 6;
    let mut late_starts = 0;
    for scenario in scenarios() {
        let sheet = fs::read_to_string(scenario.join("expect.json")).unwrap();
        let sheet: Value = serde_json::from_str(&sheet).unwrap();
        let is_calm = list(&sheet, "alerts").is_empty() && list(&sheet, "awaited").is_empty();
        let capture = capture(&scenario).unwrap();
        if !is_calm || capture.extension().is_none_or(|kind| kind != "pcap") {
            continue;
        }
        let octets = fs::read(&capture).unwrap();
        let starts = frame_starts(&octets);
        let folder = folder(&format!("late-{}", name(&scenario)));
        for part in 1..CUTS {
            let start = starts[starts.len() * part / CUTS];
            let rest = folder.join(format!("{part}.pcap"));
            fs::write(&rest, [&octets[..24], &octets[start..]].concat()).unwrap();
            let arguments = [
                "read".to_owned(),
                "--quiet".to_owned(),
                format!("--trust-anchor={}", scenario.join("anchors.txt").display()),
                rest.display().to_string(),
            ];
            let run = finished(&mut command(&arguments));
            assert_eq!(run.code, Some(0), "{}: {}", name(&scenario), run.stderr);
            let wrong = differing_alerts(&sheet, &lines(&run.stdout));
            let wrong: Vec<_> = wrong
                .iter()
                .filter(|text| text.starts_with("unasked"))
                .collect();
            assert!(
                wrong.is_empty(),
                "{} from part {part}: {wrong:#?}",
                name(&scenario)
            );
            late_starts += 1;
        }
    }
    assert!(late_starts > 100, "only {late_starts} late starts");
}

/// Where the frames of a pcap file begin.
fn frame_starts(octets: &[u8]) -> Vec<usize> {
    let mut starts = Vec::new();
    let mut at = 24;
    while let Some(length) = octets.get(at + 8..at + 12) {
        starts.push(at);
        let length = u32::from_le_bytes(length.try_into().unwrap());
        at += 16 + usize::try_from(length).unwrap();
    }
    starts
}

fn lines(text: &str) -> Vec<Value> {
    let parse = |line| serde_json::from_str(line).unwrap();
    text.lines().map(parse).collect()
}

fn list<'a>(sheet: &'a Value, key: &str) -> &'a [Value] {
    sheet[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

/// Whether `told` is what the sheet wants under this key, or another that it takes.
fn agrees(wanted: &Value, told: &Value, key: &str) -> bool {
    let other = &wanted[format!("or_{key}")];
    let others = list(wanted, &format!("or_{key}s"));
    told == &wanted[key] || (!other.is_null() && told == other) || others.contains(told)
}

/// Another state that the sheet takes comes with whatever reason it has.
fn is_state_met(wanted: &Value, told: &Value) -> bool {
    if told["state"] == wanted["state"] {
        agrees(wanted, &told["reason"], "reason")
    } else {
        agrees(wanted, &told["state"], "state")
    }
}

fn differing_verdicts(sheet: &Value, verdicts: &[Value]) -> Vec<String> {
    let mut wrong = Vec::new();
    for wanted in list(sheet, "verdicts") {
        for packet in list(wanted, "packets") {
            let told = verdicts.iter().find(|verdict| verdict["packet"] == *packet);
            let is_met = told.is_some_and(|told| {
                told["qname"] == wanted["qname"]
                    && told["qtype"] == wanted["qtype"]
                    && is_state_met(wanted, told)
            });
            if !is_met {
                let told = told.map_or("nothing".to_owned(), |told| {
                    format!("{} {}", told["state"], told["reason"])
                });
                wrong.push(format!("packet {packet}: {told}, want {wanted}"));
            }
        }
    }
    wrong
}

/// Whether an alert line is what the sheet tells of: as its incident stands at the end.
fn tells_of(wanted: &Value, alert: &Value) -> bool {
    // What a resolver or the sensor does wrong is no zone's incident.
    let is_of_zone = wanted["zone"].is_null() || alert["dnssec"]["zone"] == wanted["zone"];
    is_of_zone
        && agrees(wanted, &alert["alert"]["kind"], "kind")
        && agrees(wanted, &alert["alert"]["cause"], "cause")
}

/// Whether an alert is one that the sheet tolerates or still awaits, whatever its cause.
fn is_tolerated(sheet: &Value, alert: &Value) -> bool {
    let lists = ["tolerated", "awaited"].map(|key| list(sheet, key));
    lists.into_iter().flatten().any(|known| {
        agrees(known, &alert["alert"]["kind"], "kind") && alert["dnssec"]["zone"] == known["zone"]
    })
}

fn differing_alerts(sheet: &Value, events: &[Value]) -> Vec<String> {
    let mut last_lines: BTreeMap<String, &Value> = BTreeMap::new();
    for alert in events.iter().filter(|event| event["event_type"] == "alert") {
        last_lines.insert(alert["incident"]["id"].to_string(), alert);
    }
    let wanted = list(sheet, "alerts");
    let mut wrong = Vec::new();
    for want in wanted {
        let told = last_lines.values().find(|alert| tells_of(want, alert));
        if told.is_none_or(|alert| alert["severity"] != want["severity"]) {
            let severity = told.map_or(&Value::Null, |alert| &alert["severity"]);
            wrong.push(format!("severity {severity} of an alert as {want}"));
        }
    }
    for alert in last_lines.values() {
        let is_wanted = wanted.iter().any(|want| tells_of(want, alert));
        if !is_wanted && !is_tolerated(sheet, alert) {
            let (kind, cause) = (&alert["alert"]["kind"], &alert["alert"]["cause"]);
            let (zone, severity) = (&alert["dnssec"]["zone"], &alert["severity"]);
            wrong.push(format!("unasked: {kind} of {zone}, {cause}, {severity}"));
        }
    }
    for want in list(sheet, "changes") {
        let is_told = |event: &&Value| {
            event["event_type"] == "change"
                && event["alert"]["kind"] == want["kind"]
                && event["dnssec"]["zone"] == want["zone"]
        };
        if !events.iter().any(|event| is_told(&event)) {
            wrong.push(format!("no change as {want}"));
        }
    }
    wrong
}
