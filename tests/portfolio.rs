//! Whole runs with a portfolio, over bundled captures.

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

/// A portfolio in a folder of a test's own.
fn portfolio(folder: &Path, text: &str) -> String {
    let path = folder.join("portfolio.toml");
    fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Reads a scenario with more arguments.
fn read(name: &str, more: &[String]) -> (Run, Vec<Value>) {
    let folder = scenario(name);
    let mut arguments = vec![
        "read".to_owned(),
        "--quiet".to_owned(),
        format!("--trust-anchor={}", folder.join("anchors.txt").display()),
        capture(&folder).unwrap().display().to_string(),
    ];
    arguments.extend_from_slice(more);
    let run = sigtap(&arguments);
    let lines = run.stdout.lines();
    let events = lines.map(|line| serde_json::from_str(line).unwrap());
    let events = events.collect();
    (run, events)
}

/// The events of a kind about a zone.
fn of<'a>(events: &'a [Value], kind: &str, zone: &str) -> Vec<&'a Value> {
    let is_it = |event: &&Value| event["alert"]["kind"] == kind && event["dnssec"]["zone"] == zone;
    events.iter().filter(is_it).collect()
}

/// The DS change in a scenario's golden lines: before, after, as TOML, and when it was seen.
fn golden(name: &str, kind: &str) -> (String, String, String) {
    let text = fs::read_to_string(scenario(name).join("alerts.jsonl")).unwrap();
    let events: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let event = events
        .iter()
        .find(|event| event["alert"]["kind"] == kind)
        .unwrap();
    let set = |key: &str| event["change"][key].to_string();
    (
        set("before"),
        set("after"),
        event["timestamp"].as_str().unwrap().to_owned(),
    )
}

/// A zone with a declared change, in a window of so many hours around the recordings.
fn declared(zone: &str, before: &str, after: &str, window: (&str, &str)) -> String {
    format!(
        "[[zone]]\nname = \"{zone}\"\ncriticality = \"critical\"\nowner = \"Bank <dns@bank.example>\"\n\
         signer = \"Provider A <noc@a.example>\"\nds_publisher = \"Registrar B <desk@b.example>\"\n\
         runbook = \"https://runbooks.example/1\"\n\
         [[zone.change]]\nticket = \"CHG-1042\"\napprover = \"board\"\nfrom = {}\nuntil = {}\n\
         ds_before = {before}\nds_after = {after}\n",
        window.0, window.1
    )
}

const OPEN: (&str, &str) = ("2020-01-01T00:00:00Z", "2040-01-01T00:00:00Z");

#[test]
fn a_move_that_nothing_announces_is_expected_if_it_was_declared() {
    let (before, after, _) = golden("provider-move-unlinked", "ds_replaced");
    let folder = folder("portfolio-declared");
    let text = declared("shop.test", &before, &after, OPEN);
    let file = portfolio(&folder, &text);
    let more = [
        format!("--portfolio={file}"),
        "--fail-on=critical".to_owned(),
    ];
    let (run, events) = read("provider-move-unlinked", &more);
    let changes = of(&events, "ds_replaced", "shop.test.");
    assert_eq!(changes.len(), 1, "{}", run.stdout);
    assert_eq!(changes[0]["event_type"], "change");
    assert_eq!(changes[0]["change"]["rule"], "DS-2");
    assert_eq!(changes[0]["change"]["ticket"], "CHG-1042");
    assert_eq!(changes[0]["asset"]["ticket"], "CHG-1042");
    assert_eq!(changes[0]["asset"]["owner"], "Bank <dns@bank.example>");
}

#[test]
fn a_change_beside_its_declaration_says_how_it_misses() {
    let (before, after, _) = golden("hijack-slow", "ds_replaced");
    let folder = folder("portfolio-missed");
    // Declared is what is there already, or the right set at another time.
    let (digits, end) = after.split_at(after.len() - 3);
    let other = match end {
        "0\"]" => format!("{digits}1\"]"),
        _ => format!("{digits}0\"]"),
    };
    let table = [
        (
            "another set",
            other,
            OPEN,
            "CHG-1042 declares ",
            ", this is ",
        ),
        (
            "too late",
            after,
            ("2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"),
            "CHG-1042 declares ",
            " days later",
        ),
    ];
    for (what, declares, window, begin, words) in table {
        let file = portfolio(&folder, &declared("bank.test", &before, &declares, window));
        let (run, events) = read("hijack-slow", &[format!("--portfolio={file}")]);
        let alerts = of(&events, "ds_replaced", "bank.test.");
        let why = alerts[0]["change"]["why"].as_str().unwrap();
        assert!(
            why.starts_with(begin) && why.contains(words),
            "{what}: {why}"
        );
        assert!(
            alerts[0]["summary"].as_str().unwrap().contains("CHG-1042"),
            "{what}"
        );
        assert_eq!(alerts[0]["severity"], "critical", "{}", run.stdout);
        assert_eq!(alerts[0]["change"]["ticket"], Value::Null);
        let steps = alerts[0]["containment"]["next_steps"].to_string();
        assert!(
            steps.contains("dns@bank.example") && steps.contains("desk@b.example"),
            "{steps}"
        );
    }
}

#[test]
fn a_pin_holds_against_what_the_zone_announces() {
    let (before, ..) = golden("ds-withdrawn", "ds_withdrawn");
    let folder = folder("portfolio-pinned");
    for line in [
        format!("pinned_ds = {before}"),
        "expect = \"secure\"".to_owned(),
    ] {
        let file = portfolio(
            &folder,
            &format!("[[zone]]\nname = \"shop.test\"\n{line}\n"),
        );
        let (_, events) = read("ds-withdrawn", &[format!("--portfolio={file}")]);
        let alerts = of(&events, "ds_withdrawn", "shop.test.");
        assert_eq!(alerts[0]["event_type"], "alert", "{line}");
        assert_eq!(alerts[0]["change"]["expected"], false, "{line}");
        let why = alerts[0]["change"]["why"].as_str().unwrap();
        assert!(
            why.contains("the portfolio ") && why.contains("announced"),
            "{why}"
        );
        let summary = alerts[0]["summary"].as_str().unwrap();
        let end = "; against the portfolio, whatever speaks for it.";
        assert!(summary.ends_with(end), "{summary}");
    }
}

#[test]
fn a_change_declared_afterwards_ends_its_alert_with_the_next_run() {
    let (before, after, _) = golden("unsign-wrong", "ds_withdrawn");
    let folder = folder("portfolio-afterwards");
    let state = format!("--state={}", folder.join("state").display());
    let (_, events) = read("unsign-wrong", std::slice::from_ref(&state));
    let opened = of(&events, "ds_withdrawn", "shop.test.");
    assert_eq!(opened[0]["incident"]["status"], "opened");
    let text = declared("shop.test", &before, &after, OPEN);
    let file = portfolio(&folder, &text);
    let more = [state, format!("--portfolio={file}")];
    let (run, events) = read("expired", &more);
    let ended = of(&events, "ds_withdrawn", "shop.test.");
    assert_eq!(ended.len(), 1, "{}\n{}", run.stdout, run.stderr);
    assert_eq!(ended[0]["incident"]["status"], "resolved");
    assert_eq!(ended[0]["incident"]["resolution"], "declared");
    assert_eq!(ended[0]["incident"]["id"], opened[0]["incident"]["id"]);
    assert_eq!(ended[0]["change"]["ticket"], "CHG-1042");
    let summary = ended[0]["summary"].as_str().unwrap();
    assert!(
        summary.starts_with("Over (declared)") && summary.contains("CHG-1042"),
        "{summary}"
    );
    // It is ended once, and declared once.
    let (_, events) = read("expired", &more);
    assert!(of(&events, "ds_withdrawn", "shop.test.").is_empty());
    let audit = sigtap(&[
        "audit".to_owned(),
        folder.join("state").display().to_string(),
    ]);
    assert_eq!(audit.code, Some(0), "{}", audit.stdout);
    let declared = declarations(&folder.join("state"));
    assert_eq!(declared.len(), 1, "{declared:?}");
    assert!(declared[0].contains("CHG-1042") && declared[0].contains("board"));
}

/// The entries of the history that tell of declarations, as anybody's SQLite reads them.
fn declarations(state: &Path) -> Vec<String> {
    let connection = rusqlite::Connection::open(state).unwrap();
    let mut entries = connection
        .prepare("SELECT body FROM history WHERE kind = 'declared'")
        .unwrap();
    let entries = entries.query_map([], |row| row.get(0)).unwrap();
    entries.collect::<Result<_, _>>().unwrap()
}

#[test]
fn severity_goes_by_whose_zone_it_is() {
    let folder = folder("portfolio-severity");
    let own = |criticality: &str| {
        format!("[[zone]]\nname = \"shop.test\"\ncriticality = \"{criticality}\"\n")
    };
    let table = [
        ("critical", own("critical"), "critical"),
        ("normal", own("normal"), "high"),
        (
            "another's",
            "[[zone]]\nname = \"bank.test\"\n".to_owned(),
            "low",
        ),
        (
            "above one's own",
            "[[zone]]\nname = \"a.shop.test\"\n".to_owned(),
            "high",
        ),
        (
            "no zone at all",
            "[[resolver]]\naddress = \"192.0.2.53\"\n".to_owned(),
            "high",
        ),
    ];
    for (what, text, severity) in table {
        let file = portfolio(&folder, &text);
        let (_, events) = read("expired", &[format!("--portfolio={file}")]);
        let alerts = of(&events, "signature_expired", "shop.test.");
        assert_eq!(alerts.last().unwrap()["severity"], severity, "{what}");
    }
    // An attack on another's zone is no mistake of its owner.
    let file = portfolio(&folder, "[[zone]]\nname = \"example.net\"\n");
    let (_, events) = read("hijack", &[format!("--portfolio={file}")]);
    let alerts = of(&events, "ds_replaced", "bank.example.");
    assert_eq!(alerts[0]["severity"], "critical");
}

#[test]
fn commands_are_for_the_software_that_is_named() {
    let folder = folder("portfolio-commands");
    for (software, expected) in [
        (
            "software = \"unbound\"",
            vec![
                "unbound-control flush_zone shop.test",
                "unbound-control insecure_add shop.test && unbound-control flush_zone shop.test",
            ],
        ),
        (
            "software = \"bind\"",
            vec![
                "rndc flushtree shop.test",
                "rndc nta -lifetime 86400 shop.test",
            ],
        ),
        ("", vec![]),
    ] {
        let text = format!("[[resolver]]\naddress = \"192.0.2.53\"\nname = \"res1\"\n{software}\n");
        let file = portfolio(&folder, &text);
        let (_, events) = read("expired", &[format!("--portfolio={file}")]);
        let alerts = of(&events, "signature_expired", "shop.test.");
        let alert = alerts.last().unwrap();
        let steps = alert["containment"]["next_steps"].as_array().unwrap();
        let commands: Vec<&str> = steps
            .iter()
            .filter_map(|step| step["command"].as_str())
            .collect();
        assert_eq!(commands, expected, "{software}");
        assert!(
            alert["summary"]
                .as_str()
                .unwrap()
                .contains("res1 (192.0.2.53)")
        );
    }
}

#[test]
fn a_resolver_that_is_not_to_validate_is_not_told_of() {
    let folder = folder("portfolio-resolver");
    for (line, expected) in [("", 1), ("validates = true", 1), ("validates = false", 0)] {
        let text = format!("[[resolver]]\naddress = \"192.0.2.53\"\n{line}\n");
        let file = portfolio(&folder, &text);
        let (_, events) = read("resolver-not-validating", &[format!("--portfolio={file}")]);
        let is_it = |event: &&Value| {
            event["alert"]["kind"] == "resolver_not_validating"
                && event["incident"]["status"] == "opened"
        };
        assert_eq!(events.iter().filter(is_it).count(), expected, "{line}");
        let told = events
            .iter()
            .find(is_it)
            .map(|event| event["summary"].to_string());
        let is_duty_told = told.is_some_and(|told| told.contains("the portfolio says"));
        assert_eq!(is_duty_told, line == "validates = true");
    }
}

#[test]
fn a_wrong_portfolio_is_refused_in_one_line() {
    let folder = folder("portfolio-wrong");
    let file = portfolio(&folder, "[[zone]]\nname = \"a.test\"\nrunbok = \"x\"\n");
    let (run, _) = read("expired", &[format!("--portfolio={file}")]);
    assert_eq!(run.code, Some(1));
    let expected = format!(
        "sigtap: cannot use portfolio {file}: line 3: unknown key `runbok` in [[zone]]; did you \
         mean `runbook`?\n"
    );
    assert_eq!(run.stderr, expected);
    assert_eq!(run.stdout, "");
}

#[test]
fn check_tells_gaps_and_contradictions_by_its_exit_code() {
    let folder = folder("portfolio-check");
    let full = declared("a.test", "[]", "[\"1 13 3 AA\"]", OPEN).replacen(
        "runbook",
        "key_plan = \"x\"\nrunbook",
        1,
    );
    let table = [
        ("in order", full.clone(), 0, "1 zone, nothing is lacking"),
        (
            "a gap",
            "[[zone]]\nname = \"a.test\"\n".to_owned(),
            3,
            "a.test.  no owner",
        ),
        (
            "a window that is over",
            full.replace("2040", "2024"),
            3,
            "the window of CHG-1042 ended",
        ),
        (
            "a contradiction",
            format!("{full}{full}"),
            3,
            "contradiction: line ",
        ),
        ("no TOML", "zone = ".to_owned(), 1, ""),
    ];
    for (what, text, code, words) in table {
        let file = portfolio(&folder, &text);
        let arguments = [
            "portfolio",
            "check",
            "--portfolio",
            &file,
            "--at",
            "2026-11-24T00:00:00Z",
        ];
        let run = sigtap(&arguments);
        assert_eq!(run.code, Some(code), "{what}: {}{}", run.stdout, run.stderr);
        assert!(run.stdout.contains(words), "{what}: {}", run.stdout);
        let run = sigtap(&[&arguments[..], &["--format", "json"]].concat());
        assert_eq!(run.code, Some(code), "{what}");
        assert_eq!(run.stdout.is_empty(), code == 1);
        if code != 1 {
            let json: Value = serde_json::from_str(&run.stdout).unwrap();
            assert_eq!(json["schema"], "sigtap.portfolio-check/1");
        }
    }
}

#[test]
fn import_gives_a_portfolio_and_tells_what_it_left_out() {
    let folder = folder("portfolio-import");
    let list = folder.join("list.csv");
    fs::write(
        &list,
        "Domain;Country\nshop.test;de\nbad name;de\nbücher.test;at\n",
    )
    .unwrap();
    let path = list.display().to_string();
    let run = sigtap(&["portfolio", "import", &path]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    assert_eq!(run.stderr, "sigtap: line 3: `bad name` is no domain name\n");
    let file = portfolio(&folder, &run.stdout);
    let (run, _) = read("expired", &[format!("--portfolio={file}")]);
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    fs::write(&list, "bad name\n").unwrap();
    let run = sigtap(&["portfolio", "import", &path]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(
        run.stderr.starts_with("sigtap: no domain in "),
        "{}",
        run.stderr
    );
}

/// The statuses that a coverage tells, by domain.
fn statuses(run: &Run) -> Vec<(String, String)> {
    assert_eq!(run.code, Some(0), "{}", run.stderr);
    let json: Value = serde_json::from_str(&run.stdout).unwrap();
    let domains = json["domains"].as_array().unwrap().iter();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    domains
        .map(|domain| (text(&domain["name"]), text(&domain["status"])))
        .collect()
}

#[test]
fn coverage_is_the_same_from_a_capture_and_from_its_state_file() {
    let folder = folder("portfolio-coverage");
    let list: PathBuf = folder.join("list.csv");
    let text = "domain,country\nshop.test,de\nbank.test,at\nabsent.test,de\n";
    fs::write(&list, text).unwrap();
    let list = format!("--portfolio={}", list.display());
    let from = scenario("ds-removed-while-signed");
    let anchors = format!("--trust-anchor={}", from.join("anchors.txt").display());
    let captured = format!("--capture={}", capture(&from).unwrap().display());
    let begin = ["portfolio".to_owned(), "coverage".to_owned(), list];
    let json = "--format=json".to_owned();
    let by_capture = sigtap(&[&begin[..], &[captured, anchors, json.clone()]].concat());
    let expected = [
        ("absent.test.", "not_seen"),
        ("bank.test.", "signed_without_ds"),
        ("shop.test.", "not_seen"),
    ];
    let told = statuses(&by_capture);
    let told: Vec<_> = told
        .iter()
        .map(|(name, status)| (name.as_str(), status.as_str()))
        .collect();
    assert_eq!(told, expected);
    let file = portfolio(
        &folder,
        "[[zone]]\nname = \"shop.test\"\n[[zone]]\nname = \"bank.test\"\n[[zone]]\nname = \"absent.test\"\n",
    );
    let state = folder.join("state").display().to_string();
    let more = [format!("--portfolio={file}"), format!("--state={state}")];
    read("ds-removed-while-signed", &more);
    let by_state = sigtap(&[&begin[..], &[format!("--state={state}"), json]].concat());
    assert_eq!(by_state.stdout, by_capture.stdout);
    let text = sigtap(&[&begin[..], &[format!("--state={state}")]].concat());
    assert!(
        text.stdout.contains("have the DS set published"),
        "{}",
        text.stdout
    );
    assert!(text.stdout.contains("\nAT "), "{}", text.stdout);
}

#[test]
fn coverage_reads_a_state_file_of_a_run_without_a_portfolio() {
    let folder = folder("portfolio-coverage-plain");
    let list = folder.join("list");
    fs::write(&list, "shop.test\nbank.test\n").unwrap();
    let state = format!("--state={}", folder.join("state").display());
    read("expired", std::slice::from_ref(&state));
    let list = format!("--portfolio={}", list.display());
    let arguments = [
        "portfolio".to_owned(),
        "coverage".to_owned(),
        list,
        state,
        "--format=json".to_owned(),
    ];
    let told = statuses(&sigtap(&arguments));
    assert!(
        told.iter().all(|(_, status)| status == "signed"),
        "{told:?}"
    );
}
