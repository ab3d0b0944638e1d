//! Reviews of bundled captures.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{Run, capture, folder, scenario, sigtap, state};

fn review(name: &str, more: &[&str]) -> Run {
    let folder = scenario(name);
    let mut all = vec![
        "review".to_owned(),
        format!("--trust-anchor={}", folder.join("anchors.txt").display()),
        format!("--capture={}", capture(&folder).unwrap().display()),
    ];
    all.extend(more.iter().map(ToString::to_string));
    sigtap(&all)
}

/// The review of what a run wrote down about a scenario.
fn review_of_state(name: &str, more: &[&str], folder: &Path) -> Run {
    let state = state(name, folder);
    let mut all = vec!["review".to_owned(), format!("--state={}", state.display())];
    all.extend(more.iter().map(ToString::to_string));
    sigtap(&all)
}

fn golden_lines(name: &str) -> Vec<Value> {
    let lines = fs::read_to_string(scenario(name).join("alerts.jsonl")).unwrap();
    let lines = lines.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

const TOLD: [&str; 7] = [
    "hijack",
    "ds-mismatch",
    "expired",
    "knot-rolls",
    "resolver-not-validating",
    "unsign-wrong",
    "healthy",
];

#[test]
fn each_incident_stands_in_it_with_its_outcome() {
    for name in TOLD {
        let run = review(name, &[]);
        assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{name}");
        let opened = golden_lines(name)
            .into_iter()
            .filter(|line| line["event_type"] == "alert" && line["incident"]["status"] == "opened");
        let count = opened
            .map(|line| {
                let kind = line["alert"]["kind"].as_str().unwrap().replace('_', "\\_");
                assert!(
                    run.stdout.contains(&format!(": {kind}\n")),
                    "{name}: {kind}"
                );
            })
            .count();
        let told = run.stdout.matches("| outcome |").count();
        assert_eq!(told, count, "{name}");
        let last = run.stdout.lines().last().unwrap();
        assert_eq!(last, "Made from captures: their octets are the proof.");
    }
}

#[test]
fn a_state_file_gives_the_same_review_and_its_audit() {
    let folder = folder("review-state");
    for name in TOLD {
        let of_capture = review(name, &[]).stdout;
        let of_state = review_of_state(name, &[], &folder).stdout;
        let (before, proof) = of_state
            .split_once("The state file: whole and unedited")
            .expect(name);
        assert!(proof.contains("head "), "{name}");
        assert!(of_capture.starts_with(before), "{name}: {before}");
    }
}

#[test]
fn a_page_needs_nothing_else_and_shows_each_turn() {
    for name in TOLD {
        let page = review(name, &["--format=html"]).stdout;
        for forbidden in ["<script", "src=", "href=", "url("] {
            assert!(!page.contains(forbidden), "{name}: {forbidden}");
        }
        let text = review(name, &[]).stdout;
        let turns = text.lines().filter(|line| line.contains(", `")).count();
        assert_eq!(
            page.matches("<svg class=\"chain\"").count(),
            turns,
            "{name}"
        );
        assert!(
            page.ends_with("</html>\n") || page.ends_with("</html>"),
            "{name}"
        );
    }
}

#[test]
fn a_broken_chain_is_shown_where_it_breaks() {
    let text = review("ds-mismatch", &[]).stdout;
    assert!(text.contains("`✓ . → ✓ test. → ✗ bank.test.`"), "{text}");
    assert!(text.contains("At the end the chain of trust of bank.test. is broken"));
}

#[test]
fn a_hijack_that_validates_is_not_called_health() {
    let text = review("hijack", &[]).stdout;
    assert!(
        text.contains("points to an attack (registrar hijack)"),
        "{text}"
    );
    assert!(
        text.contains("validating resolvers trust whoever put them there"),
        "{text}"
    );
}

#[test]
fn a_zone_and_a_time_narrow_it() {
    let none = review("hijack", &["www.example.org"]).stdout;
    assert!(none.contains("no incident was told of"), "{none}");
    let before = review("hijack", &["--until=2026-11-24T07:24:15Z"]).stdout;
    assert!(before.contains("no incident was told of"), "{before}");
    let after = review("hijack", &["bank.example", "--since=1s"]).stdout;
    assert!(after.contains("there was 1 incident"), "{after}");
    let wrong = review("hijack", &["--since=yesterday"]);
    assert_eq!(wrong.code, Some(2));
}
