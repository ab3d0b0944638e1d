//! What is asked in an incident, over bundled captures.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

mod support;

use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Run, capture, folder, scenario, sigtap};

/// A command over a scenario's capture.
fn over_capture(name: &str, arguments: &[&str]) -> Run {
    let folder = scenario(name);
    let mut all: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    all.push(format!(
        "--trust-anchor={}",
        folder.join("anchors.txt").display()
    ));
    all.push(format!("--capture={}", capture(&folder).unwrap().display()));
    sigtap(&all)
}

/// The state file of a run over a scenario.
fn state(name: &str, folder: &Path) -> PathBuf {
    let from = scenario(name);
    let state = folder.join(name);
    let run = sigtap(&[
        "read".to_owned(),
        "--quiet".to_owned(),
        "--output=none".to_owned(),
        format!("--trust-anchor={}", from.join("anchors.txt").display()),
        format!("--state={}", state.display()),
        capture(&from).unwrap().display().to_string(),
    ]);
    assert!(run.code.is_some(), "{}", run.stderr);
    state
}

/// A command over a state file.
fn over_state(state: &Path, arguments: &[&str]) -> Run {
    let mut all: Vec<String> = arguments.iter().map(ToString::to_string).collect();
    all.push(format!("--state={}", state.display()));
    sigtap(&all)
}

/// All scenarios that can be read to their end.
fn scenarios() -> Vec<String> {
    let captures = Path::new(env!("CARGO_MANIFEST_DIR")).join("captures");
    let mut names: Vec<String> = fs::read_dir(captures)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| capture(&scenario(name)).is_some())
        .collect();
    names.sort();
    assert!(names.len() > 50);
    names
}

fn json(run: &Run) -> Value {
    assert_eq!(run.stderr, "");
    serde_json::from_str(&run.stdout).unwrap()
}

/// The zone of an inventory.
fn zone<'a>(inventory: &'a Value, name: &str) -> &'a Value {
    let zones = inventory["zones"].as_array().unwrap();
    zones.iter().find(|zone| zone["zone"] == name).unwrap()
}

#[test]
fn a_state_file_and_a_capture_of_the_same_traffic_give_the_same_answer() {
    let folder = folder("respond-same");
    for name in scenarios() {
        let state = state(&name, &folder);
        let arguments = ["inventory", "--format=json"];
        let (one, other) = (
            over_capture(&name, &arguments),
            over_state(&state, &arguments),
        );
        assert_eq!(one.stdout, other.stdout, "{name}");
        assert_eq!(
            (one.code, other.code),
            (Some(0), Some(0)),
            "{name}: {}",
            one.stderr
        );
    }
}

#[test]
fn an_inventory_tells_how_each_zone_stands() {
    let table: [(&str, &str, &str, bool, Value); 9] = [
        ("healthy", "shop.test.", "secure", true, true.into()),
        ("ds-mismatch", "bank.test.", "broken", true, false.into()),
        ("key-swap", "shop.test.", "failing", true, true.into()),
        ("healthy", "plain.test.", "insecure", false, false.into()),
        ("islands", "isle.test.", "insecure", true, false.into()),
        (
            "ds-withdrawn",
            "shop.test.",
            "insecure",
            false,
            false.into(),
        ),
        ("tld-tag-collision", "test.", "failing", true, true.into()),
        ("hijack-and-back", "bank.test.", "secure", true, true.into()),
        ("expired", "shop.test.", "failing", true, Value::Null),
    ];
    for (name, which, state, is_signed, is_intact) in table {
        let inventory = json(&over_capture(name, &["inventory", "--format=json"]));
        let found = zone(&inventory, which);
        assert_eq!(found["state"], state, "{name}: {found:#}");
        assert_eq!(found["signed"], is_signed, "{name}: {found:#}");
        assert_eq!(found["chain_intact"], is_intact, "{name}: {found:#}");
    }
}

#[test]
fn a_hijack_validates_and_is_looked_at_first_all_the_same() {
    let inventory = json(&over_capture("hijack", &["inventory", "--format=json"]));
    let found = &inventory["zones"][0];
    assert_eq!(found["zone"], "bank.example.");
    assert_eq!(found["gaps"][0]["gap"], "open_incident", "{found:#}");
}

/// A portfolio in a folder of a test's own.
fn portfolio(folder: &Path, text: &str) -> String {
    let path = folder.join("portfolio.toml");
    fs::write(&path, text).unwrap();
    format!("--portfolio={}", path.display())
}

#[test]
fn what_a_critical_zone_lacks_comes_first() {
    let folder = folder("respond-portfolio");
    let portfolio = portfolio(
        &folder,
        "[[zone]]\nname = \"aaa.test\"\nowner = \"Nobody <n@a.example>\"\n\
         [[zone]]\nname = \"bank.test\"\ncriticality = \"critical\"\nexpect = \"secure\"\n\
         owner = \"<script>alert(1)</script>\"\n\
         [[resolver]]\naddress = \"192.0.2.53\"\nname = \"res1\"\nvalidates = true\n\
         [[resolver]]\naddress = \"192.0.2.54\"\nname = \"res2\"\nvalidates = true\n",
    );
    let of = |format: &str| over_capture("ds-mismatch", &["inventory", &portfolio, format]);
    let inventory = json(&of("--format=json"));
    let zones = inventory["zones"].as_array().unwrap();
    let names: Vec<&str> = zones
        .iter()
        .filter_map(|zone| zone["zone"].as_str())
        .collect();
    assert_eq!(names, ["bank.test.", "aaa.test."]);
    let gaps = |zone: &Value| -> Vec<String> {
        let gaps = zone["gaps"].as_array().unwrap().iter();
        gaps.map(|gap| gap["gap"].as_str().unwrap().to_owned())
            .collect()
    };
    let found = gaps(&zones[0]);
    assert_eq!(found[0], "broken", "{found:?}");
    assert!(found.contains(&"resolver_not_seen".to_owned()), "{found:?}");
    assert_eq!(gaps(&zones[1])[0], "not_seen");
    let resolvers = zones[0]["resolvers"].as_array().unwrap();
    assert!(resolvers[0]["validated"].is_string() && resolvers[1]["validated"].is_null());
    let page = of("--format=html").stdout;
    assert!(
        !page.contains("<script") && page.contains("&#60;script"),
        "names are escaped"
    );
    assert!(
        !page.contains("http://") && !page.contains("src="),
        "it needs nothing else"
    );
    let cells = of("--format=csv").stdout;
    let line = cells.lines().nth(1).unwrap();
    assert!(line.starts_with("bank.test.,critical,broken,"), "{line}");
}
