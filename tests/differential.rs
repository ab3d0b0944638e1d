//! Each small capture of the differential lab is judged as its reason says: what was once judged
//! wrongly stays mended, and what has a reason keeps it (docs/differential.md).

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use serde_json::Value;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use support::{command, finished, folder};

fn cases() -> Vec<PathBuf> {
    let all = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/differential");
    let entries = fs::read_dir(all).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(cases.len() >= 17, "only {} cases", cases.len());
    cases
}

/// State and reason of each response, by packet.
fn verdicts(case: &Path) -> HashMap<u64, (String, String)> {
    let name = case.file_name().unwrap().to_str().unwrap();
    let lines = folder(&format!("differential-{name}")).join("verdicts.jsonl");
    let arguments = [
        "read".to_owned(),
        "--quiet".to_owned(),
        "--trust-anchor=anchors.txt".to_owned(),
        format!("--verdicts={}", lines.display()),
        "capture.pcap".to_owned(),
    ];
    let run = finished(command(&arguments).current_dir(case));
    assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = fs::read_to_string(lines).unwrap();
    let lines = lines.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let packet = line["packet"].as_u64().unwrap();
        (packet, (text(&line["state"]), text(&line["reason"])))
    });
    lines.collect()
}

#[test]
fn each_regression_is_judged_as_its_reason_says() {
    let mut wrong = Vec::new();
    for case in cases() {
        let verdicts = verdicts(&case);
        let expected = fs::read_to_string(case.join("expect.txt")).unwrap();
        let lines = expected.lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<Vec<&str>> = lines.map(|line| line.split(' ').collect()).collect();
        assert!(!lines.is_empty(), "{} expects nothing", case.display());
        for line in lines {
            // packet, name, type, state, and the reason where it matters
            let told = verdicts.get(&line[0].parse().unwrap());
            let is_met = told.is_some_and(|(state, reason)| {
                state == line[3] && line.get(4).is_none_or(|wanted| reason == wanted)
            });
            if !is_met {
                wrong.push(format!("{}: {told:?}, want {line:?}", case.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_reason_is_told_by_its_key() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rules = fs::read_to_string(root.join("lab/wild/explained.py")).unwrap();
    let told = fs::read_to_string(root.join("docs/differential.md")).unwrap();
    let rule = |line: &str| {
        Some(
            line.trim()
                .strip_prefix('"')?
                .split_once("\": lambda")?
                .0
                .to_owned(),
        )
    };
    let keys: Vec<String> = rules.lines().filter_map(rule).collect();
    assert!(keys.len() > 20, "{keys:?}");
    for key in keys {
        assert!(told.contains(&format!("**{key}**")), "{key}");
    }
}
