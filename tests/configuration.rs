//! The configuration file: what it says counts, what is typed counts more, what is wrong is told.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use support::{Run, capture, folder, scenario, sigtap};

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A configuration file that says this.
fn config(folder: &Path, says: &str) -> PathBuf {
    let path = folder.join("sigtap.toml");
    fs::write(&path, says).unwrap();
    path
}

fn read(config: &Path, options: &[&str]) -> Run {
    let capture = capture(&scenario("hijack")).unwrap();
    let fixed = ["read", "--config", text(config)];
    sigtap(&[&fixed, options, &[text(&capture)]].concat())
}

/// What both commands take, and one what the other does not.
fn says() -> String {
    let anchors = scenario("hijack").join("anchors.txt");
    format!(
        "trust-anchor = {:?}\nquiet = true\nsensor = \"tap of the file\"\ndrill = true\n\
         fail-on = \"critical\"\nstats-interval = 60\ninterface = [\"eth9\"]\nsnaplen = 9000\n",
        text(&anchors)
    )
}

#[test]
fn what_the_file_says_counts_and_what_is_typed_counts_more() {
    let folder = folder("config");
    let config = config(&folder, &says());
    let run = read(&config, &[]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(3), ""));
    assert!(
        run.stdout.contains("\"host\":\"tap of the file\"")
            && run.stdout.contains("\"drill\":true")
    );
    assert!(run.stdout.contains("ds_replaced"), "its anchor is trusted");
    let run = read(&config, &["--sensor", "typed"]);
    assert!(run.stdout.contains("\"host\":\"typed\"") && !run.stdout.contains("tap of the file"));
    // Where an option is repeatable, what is typed takes the place of the whole list.
    let others = scenario("healthy").join("anchors.txt");
    let run = read(&config, &["--trust-anchor", text(&others)]);
    assert!(!run.stdout.contains("ds_replaced"), "{}", run.stdout);
    // The file names an interface, which is all that `live` needs.
    let run = sigtap(&["live", "--config", text(&config)]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("eth9"), "{run:?}");
}

#[test]
fn what_is_wrong_is_told_in_one_line_and_nothing_is_run() {
    let folder = folder("config-wrong");
    let config = config(&folder, "\nworker = 2\n");
    let run = read(&config, &[]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    let expected = format!(
        "sigtap: {}:2: unknown key `worker`; did you mean `workers`?\n",
        text(&config)
    );
    assert_eq!(run.stderr, expected);
    let run = read(&folder.join("missing.toml"), &[]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("cannot read configuration"), "{run:?}");
    fs::write(&config, "quiet = true\n").unwrap();
    let run = sigtap(&["live", "--config", text(&config)]);
    assert_eq!(run.code, Some(2), "{run:?}");
    assert!(run.stderr.contains("no interface to watch"), "{run:?}");
    let output = format!("file:{}", text(&config));
    let run = read(&config, &["--output", &output]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert!(run.stderr.contains("not overwritten"), "{run:?}");
}

#[test]
fn check_config_tells_all_that_is_wrong() {
    let folder = folder("check-config");
    let clean = config(&folder, &says());
    let run = sigtap(&["check-config", text(&clean)]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    assert!(
        run.stdout.ends_with("8 options set, nothing to mend\n"),
        "{run:?}"
    );
    let garbage = folder.join("garbage.txt");
    fs::write(&garbage, "once upon a time\n").unwrap();
    let wrong = format!(
        "interfaces = [\"eth0\"]\nport = [53, 70000, \"x\"]\nfilter = \"port banana\"\n\
         trust-anchor = [{0:?}, \"/nowhere/anchors.txt\"]\nzone-data = {0:?}\nportfolio = {0:?}\n\
         known-bogus = \"/nowhere/list\"\nstate = \"/nowhere/state.db\"\n\
         output = [\"stdout\", \"file:/nowhere/alerts.jsonl\"]\nverdicts = \"-\"\n",
        text(&garbage)
    );
    let wrong = config(&folder, &wrong);
    let run = sigtap(&["check-config", text(&wrong)]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(3), ""), "{run:?}");
    let expected = [
        (1, "unknown key `interfaces`; did you mean `interface`?"),
        (2, "`port`: `70000` cannot be: 70000 is not in 1..=65535"),
        (2, "`port` is a text"),
        (3, "port banana"),
        (4, "garbage.txt"),
        (4, "/nowhere/anchors.txt"),
        (5, "holds no DS or DNSKEY RRset"),
        (6, "cannot use portfolio"),
        (7, "cannot read known bogus domains /nowhere/list"),
        (8, "there is no folder /nowhere"),
        (9, "there is no folder /nowhere"),
    ];
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(lines.len(), expected.len(), "{}", run.stdout);
    for (told, (line, expected)) in lines.iter().zip(expected) {
        let place = format!("{}:{line}: ", text(&wrong));
        assert!(
            told.starts_with(&place) && told.contains(expected),
            "{told}: {expected}"
        );
    }
    let run = sigtap(&["check-config", "/nowhere/sigtap.toml"]);
    assert_eq!(run.code, Some(1), "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
}
