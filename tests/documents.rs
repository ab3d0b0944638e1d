//! The pages and schemas that users script against name what the code names, and nothing else.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use serde_json::Value;
use sigtap::alert::{Kind, Severity};
use sigtap::page::{Moment, Snapshot, metrics};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = include_str!("../docs/alerts.md");

/// The cells of each row of a table in the page, without their marks.
fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    let rows = PAGE.lines().filter_map(|line| line.strip_prefix("| "));
    rows.map(|row| {
        row.split('|')
            .map(|cell| cell.trim_matches([' ', '`']))
            .collect()
    })
}

/// The values that a schema allows a key.
fn allowed(schema: &str, path: &str) -> BTreeSet<String> {
    let schema: Value = serde_json::from_str(schema).unwrap();
    let values = schema.pointer(path).and_then(Value::as_array).unwrap();
    let values = values.iter().filter_map(Value::as_str);
    values.map(str::to_owned).collect()
}

#[test]
fn the_page_lists_every_kind_with_its_number_and_a_severity() {
    let listed: Vec<_> = rows()
        .filter(|row| row[0].starts_with("5355"))
        .map(|row| {
            let severity = row[2..].iter().find_map(|cell| {
                let word = cell.split([' ', ';']).next()?;
                Severity::parse(word)
            });
            (row[0], row[1], severity.unwrap().name())
        })
        .collect();
    assert_eq!(listed.len(), Kind::ALL.len());
    for kind in Kind::ALL {
        let number = kind.number().to_string();
        let row = listed.iter().find(|(_, name, _)| *name == kind.name());
        let (listed_number, ..) = row.unwrap_or_else(|| panic!("{} is not listed", kind.name()));
        assert_eq!(*listed_number, number, "{}", kind.name());
    }
}

#[test]
fn the_page_of_metrics_lists_every_metric_and_no_other() {
    let moment = Moment {
        resident_octets: Some(0),
        ..Moment::default()
    };
    let text = metrics(&Snapshot::default(), &moment);
    let told = text.lines().filter_map(|line| {
        let family = line.strip_prefix("# TYPE ")?;
        family.split(' ').next()
    });
    let page = include_str!("../docs/metrics.md");
    let rows = page.lines().filter(|line| line.starts_with("| `"));
    let first = rows.filter_map(|row| row.split('|').nth(1));
    let listed = first.flat_map(|cell| cell.split('`').skip(1).step_by(2));
    let listed: BTreeSet<_> = listed.filter(|name| !name.starts_with('/')).collect();
    assert_eq!(listed, told.collect());
}

#[test]
fn the_schema_allows_every_kind_and_no_other() {
    let schema = include_str!("../docs/schema/sigtap.alert-1.json");
    let known: BTreeSet<_> = Kind::ALL
        .iter()
        .map(|kind| kind.name().to_owned())
        .collect();
    let path = find(schema, "kind");
    assert_eq!(allowed(schema, &path), known);
}

/// Where the schema defines the values of a key.
fn find(schema: &str, key: &str) -> String {
    fn walk(value: &Value, key: &str, path: &str) -> Option<String> {
        let members = value.as_object()?;
        let is_it = members.get("properties").and_then(|all| all.get(key));
        if is_it.is_some_and(|it| it.get("enum").is_some()) {
            return Some(format!("{path}/properties/{key}/enum"));
        }
        members
            .iter()
            .find_map(|(name, member)| walk(member, key, &format!("{path}/{name}")))
    }
    walk(&serde_json::from_str(schema).unwrap(), key, "").unwrap()
}

#[test]
fn the_page_explains_every_reason_of_a_verdict() {
    let schema = include_str!("../docs/schema/sigtap.verdict-1.json");
    let reasons = allowed(schema, &find(schema, "reason"));
    let of_bogus = Kind::ALL.iter().map(|kind| kind.name());
    let others = rows().filter(|row| ["insecure", "indeterminate"].contains(&row[0]));
    let told: BTreeSet<_> = of_bogus
        .filter(|name| reasons.contains(*name))
        .chain(others.map(|row| row[1]))
        .map(str::to_owned)
        .collect();
    assert_eq!(told, reasons);
}

/// All sources below a folder, in one text.
fn sources(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    let texts = entries.map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            sources(&path)
        } else {
            fs::read_to_string(path).unwrap_or_default()
        }
    });
    texts.collect()
}

#[test]
fn each_rule_names_a_test_that_is_there_and_a_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let known = sources(&root);
    let page = include_str!("../docs/rules.md");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter(|line| line.contains('`'));
    let mut rules = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let marked = |cell: &str| {
            let parts = cell.split('`').map(str::to_owned);
            parts.skip(1).step_by(2).collect::<Vec<_>>()
        };
        let (places, tests) = (marked(cells[1]), marked(cells[2]));
        assert!(!tests.is_empty(), "{row}");
        for test in tests {
            assert!(known.contains(&format!("fn {test}(")), "{test}");
        }
        for place in places {
            let is_file = Path::new(&place).extension().is_some();
            let is_there = if is_file {
                root.join(&place).exists() || root.join("chain").join(&place).exists()
            } else {
                known.contains(&place)
            };
            assert!(is_there, "{place}");
        }
        rules += 1;
    }
    assert!(rules > 80, "{rules}");
}
