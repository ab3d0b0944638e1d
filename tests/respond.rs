//! What is asked in an incident, over bundled captures.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{Run, capture, folder, scenario, sigtap, state};

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

/// Lines as a text.
fn joined(lines: &[&str]) -> String {
    lines.iter().flat_map(|line| [line, "\n"]).collect()
}

/// What `restore` writes for one type, without comments.
fn records(text: &str, rtype: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with(';'));
    let of_type = lines.filter(|line| line.split(' ').nth(3) == Some(rtype));
    joined(&of_type.collect::<Vec<_>>())
}

/// Whether a tool takes a zone file; nothing if it is not installed.
fn takes(tool: &str, arguments: &[&str]) -> Option<(bool, String)> {
    match std::process::Command::new(tool).args(arguments).output() {
        Ok(done) => {
            let said = [done.stdout, done.stderr].concat();
            Some((done.status.success(), String::from_utf8(said).unwrap()))
        }
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound, "{tool}");
            None
        }
    }
}

#[test]
fn real_tools_take_what_is_to_be_restored() {
    let folder = folder("respond-restore");
    let table = [
        ("ds-mismatch", "bank.test"),
        ("hijack", "bank.example"),
        ("ds-removed-while-signed", "bank.test"),
        ("ksk-rollover-wrong", "shop.test"),
        ("tcp-and-fragments", "big.test"),
    ];
    for (name, zone) in table {
        let run = over_capture(name, &["restore", zone]);
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let (_, parent) = zone.split_once('.').unwrap();
        let delegation = format!("{zone}. 60 IN NS ns.{zone}.\nns.{zone}. 60 IN A 192.0.2.1\n");
        for (at, rtype, beside) in [(zone, "DNSKEY", ""), (parent, "DS", delegation.as_str())] {
            let records = records(&run.stdout, rtype);
            assert!(!records.is_empty(), "{name}: {}", run.stdout);
            let apex = format!(
                "{at}. 60 IN SOA ns.{at}. hostmaster.{at}. 1 2 3 4 5\n{at}. 60 IN NS ns.{at}.\n\
                 ns.{at}. 60 IN A 192.0.2.1\n{beside}"
            );
            let path = folder.join(format!("{name}-{rtype}"));
            // With all its comments, as it was written; the other type does not belong there.
            let other = if rtype == "DS" { "DNSKEY" } else { "DS" };
            let lines = run.stdout.lines();
            let own =
                lines.filter(|line| line.starts_with(';') || line.split(' ').nth(3) != Some(other));
            let text = joined(&own.collect::<Vec<_>>());
            fs::write(&path, apex + &text).unwrap();
            let path = path.display().to_string();
            let checked = takes("named-checkzone", &["-i", "none", "-D", at, &path]);
            if let Some((is_taken, said)) = checked {
                let count = said.matches(&format!(" {rtype}")).count();
                assert!(
                    is_taken && count >= records.lines().count(),
                    "{name}: {said}"
                );
            }
            if let Some((is_taken, said)) = takes("ldns-read-zone", &[&path]) {
                let count = said.matches(&format!("\t{rtype}\t")).count();
                assert!(
                    is_taken && count == records.lines().count(),
                    "{name}: {said}"
                );
            }
        }
    }
}

#[test]
fn the_way_back_of_least_risk_comes_first() {
    let table: [(&str, &str, &[&str]); 7] = [
        // Altered on the way, the zone is in order.
        ("forged-record", "bank.test", &[]),
        (
            "signing-outage",
            "shop.test",
            &["sign_again", "negative_anchor", "withdraw_ds"],
        ),
        (
            "ds-mismatch",
            "bank.test",
            &["old_keys", "negative_anchor", "new_ds", "withdraw_ds"],
        ),
        // Nobody's resolver is to trust what a thief serves.
        ("hijack", "bank.example", &["republish_ds"]),
        ("ds-removed-while-signed", "bank.test", &["republish_ds"]),
        // The servers lack the key of the old DS set: publishing that alone would break all.
        (
            "ksk-rollover-wrong",
            "shop.test",
            &["old_keys", "negative_anchor", "republish_ds", "withdraw_ds"],
        ),
        ("healthy", "shop.test", &[]),
    ];
    for (name, zone, expected) in table {
        let restore = json(&over_capture(name, &["restore", zone, "--format=json"]));
        let ways = restore["ways"].as_array().unwrap().iter();
        let ways: Vec<&str> = ways.map(|way| way["way"].as_str().unwrap()).collect();
        assert_eq!(ways, expected, "{name}: {restore:#}");
        assert_eq!(restore["known_good"]["linked"], true, "{name}");
    }
}

#[test]
fn known_good_is_what_was_there_before_the_hijack() {
    let restore = json(&over_capture(
        "hijack",
        &["restore", "bank.example", "--format=json"],
    ));
    let golden = fs::read_to_string(scenario("hijack").join("alerts.jsonl")).unwrap();
    let lines = golden
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let change = lines
        .filter(|line| line["alert"]["kind"] == "ds_replaced")
        .map(|line| line["change"].clone())
        .next()
        .unwrap();
    assert_eq!(restore["known_good"]["ds"]["records"], change["before"]);
    assert_eq!(restore["differences"][0]["surplus"], change["after"]);
    // As of the end of the capture, it is what is there then.
    let end = json(&over_capture(
        "hijack",
        &["restore", "bank.example", "--format=json", "--at=0s"],
    ));
    assert_eq!(end["known_good"]["ds"]["records"], change["after"]);
    let none = over_capture("hijack", &["restore", "nowhere.example"]);
    assert_eq!(none.code, Some(1));
    assert!(none.stderr.contains("nowhere.example."), "{}", none.stderr);
}

#[test]
fn a_standby_with_other_keys_is_told_what_it_lacks() {
    let folder = folder("respond-standby");
    let standby = folder.join("standby");
    let own = over_capture("healthy", &["restore", "shop.test"]);
    let other = over_capture("ds-mismatch", &["restore", "bank.test"]);
    let strange = records(&other.stdout, "DNSKEY").replace("bank.test.", "shop.test.");
    for (what, keys, expected) in [
        (
            "the same keys",
            records(&own.stdout, "DNSKEY"),
            ["ok", "ok", "ok"],
        ),
        ("others", strange, ["bad", "bad", "bad"]),
    ] {
        fs::write(&standby, keys).unwrap();
        let file = format!("--standby-keys={}", standby.display());
        let arguments = ["restore", "shop.test", "--format=json", &file];
        let restore = json(&over_capture("healthy", &arguments));
        let checks = restore["key_sync"].as_array().unwrap();
        let result = |name: &str| {
            let check = checks.iter().find(|check| check["check"] == name);
            check.unwrap()["result"].as_str().unwrap().to_owned()
        };
        let found = ["standby_ds", "standby_zsk", "standby_import"].map(result);
        assert_eq!(found, expected, "{what}: {restore:#}");
    }
}

#[test]
fn not_seen_is_not_recovered() {
    let table: [(&str, &str, &[&str], i32); 8] = [
        ("ds-mismatch", "bank.test", &[], 3),
        // It validates, and nobody explained it.
        ("hijack", "bank.example", &[], 3),
        ("hijack-and-back", "bank.test", &[], 0),
        ("hijack-and-back", "bank.test", &["--since=0s"], 3),
        ("hijack-and-back", "nowhere.test", &[], 3),
        ("parent-broken", "shop.test", &[], 3),
        ("signing-outage", "shop.test", &[], 3),
        ("knot-rolls-weeks", "shop.test", &["--since=10d"], 0),
    ];
    for (name, zone, more, expected) in table {
        let arguments = [&["verify", zone], more].concat();
        let run = over_capture(name, &arguments);
        assert_eq!(
            run.code,
            Some(expected),
            "{name} {more:?}: {}{}",
            run.stdout,
            run.stderr
        );
        let is_said = run.stdout.contains("has NOT recovered");
        assert_eq!(is_said, expected == 3, "{name}: {}", run.stdout);
    }
}

#[test]
fn restore_and_verify_answer_from_a_state_file_too() {
    let folder = folder("respond-state");
    for (name, zone) in [("ds-mismatch", "bank.test"), ("hijack", "bank.example")] {
        let state = state(name, &folder);
        for command in ["restore", "verify"] {
            let arguments = [command, zone, "--format=json"];
            let (one, other) = (
                over_capture(name, &arguments),
                over_state(&state, &arguments),
            );
            assert_eq!(
                (one.stdout, one.code),
                (other.stdout, other.code),
                "{name} {command}"
            );
        }
    }
}
