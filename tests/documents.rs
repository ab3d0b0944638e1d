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

/// The pages of a folder of docs, by their paths in the repository, with their texts.
fn pages(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(root.join(folder)).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| is_page(name)).collect();
    names.sort();
    let read = |name: String| {
        let path = format!("{folder}/{name}");
        let text = fs::read_to_string(root.join(&path)).unwrap();
        (path, text)
    };
    names.into_iter().map(read).collect()
}

fn is_page(name: &str) -> bool {
    Path::new(name)
        .extension()
        .is_some_and(|ending| ending == "md")
}

/// What stands between single backticks, but for blocks and links.
fn marked(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .filter(|line| !line.starts_with("    "))
        .flat_map(|line| line.split('`').skip(1).step_by(2))
}

/// The kinds that a page says it is about.
fn about(text: &str) -> BTreeSet<&str> {
    let line = text.lines().find(|line| line.starts_with("Kinds: "));
    line.into_iter().flat_map(marked).collect()
}

#[test]
fn each_kind_has_a_playbook_with_all_its_headings() {
    const HEADINGS: [&str; 5] = [
        "## What it means",
        "## Outage, mistake or attack",
        "## First three moves",
        "## What not to do",
        "## When to escalate, and to whom",
    ];
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let index = fs::read_to_string(root.join("docs/playbooks/README.md")).unwrap();
    for kind in Kind::ALL {
        let path = kind.playbook();
        let text = fs::read_to_string(root.join(path)).unwrap();
        assert!(
            about(&text).contains(kind.name()),
            "{path}: {}",
            kind.name()
        );
        let found: Vec<&str> = text
            .lines()
            .filter(|line| line.starts_with("## "))
            .collect();
        assert_eq!(found, HEADINGS, "{path}");
        let moves = text.split(HEADINGS[2]).nth(1).unwrap();
        let moves = moves.split("## ").next().unwrap();
        for number in ["\n1. ", "\n2. ", "\n3. "] {
            assert!(moves.contains(number), "{path}: {number}");
        }
        let last = text.split(HEADINGS[4]).nth(1).unwrap();
        let last = last.split_whitespace().collect::<Vec<_>>().join(" ");
        let last = last.to_lowercase();
        for role in ["owner", "signer", "ds publisher"] {
            assert!(last.contains(role), "{path} does not speak of the {role}");
        }
        let file = path.rsplit('/').next().unwrap();
        let row = format!("`{}`", kind.name());
        let is_listed = |line: &str| line.contains(&row) && line.contains(&format!("({file})"));
        assert!(index.lines().any(is_listed), "{} in the index", kind.name());
    }
    // And no page is about a kind whose alerts lead elsewhere.
    for (path, text) in pages("docs/playbooks") {
        for name in about(&text)
            .into_iter()
            .filter(|_| !path.contains("hijack"))
        {
            let kind = Kind::ALL.iter().find(|kind| kind.name() == name);
            assert_eq!(
                kind.map(|kind| kind.playbook()),
                Some(path.as_str()),
                "{name}"
            );
        }
    }
}

/// What pages may name.
struct Known {
    captures: BTreeSet<String>,
    /// All golden lines.
    golden: String,
    /// All sources.
    code: String,
    schema: Value,
}

impl Known {
    fn new() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = root.join("captures");
        let entries = fs::read_dir(&folder).unwrap();
        let captures: BTreeSet<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let lines = |name| fs::read_to_string(folder.join(name).join("alerts.jsonl")).ok();
        Self {
            golden: captures.iter().filter_map(lines).collect(),
            captures,
            code: sources(&root.join("src")),
            schema: serde_json::from_str(include_str!("../docs/schema/sigtap.alert-1.json"))
                .unwrap(),
        }
    }

    /// A word with dashes is a capture; one with underscores is in the code; one with a dot is a
    /// key of a line.
    fn has(&self, word: &str) -> bool {
        const OF_OTHERS: [&str; 2] = ["max-zone-ttl", "static-key"];
        const OBJECTS: [&str; 7] = [
            "alert",
            "incident",
            "containment",
            "change",
            "asset",
            "evidence",
            "dnssec",
        ];
        let is_of = |others: &[char]| {
            let is_it =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || others.contains(&c);
            word.contains(others) && word.chars().all(is_it)
        };
        if is_of(&['-']) && !word.starts_with('-') && !OF_OTHERS.contains(&word) {
            return self.captures.contains(word);
        }
        if is_of(&['_']) {
            let quoted = self.code.contains(&format!("\"{word}\""));
            return quoted || self.code.contains(&format!("{word}:"));
        }
        match word.split_once('.') {
            Some((object, key)) if OBJECTS.contains(&object) && is_of(&['_', '.']) => {
                let object = format!("/$defs/alert_line/properties/{object}");
                self.schema.pointer(&object).is_some() && has_key(&self.schema, key)
            }
            _ => true,
        }
    }

    /// Whether some line says it, but for what an ellipsis leaves out.
    fn says(&self, quoted: &str) -> bool {
        let words: Vec<&str> = quoted.split_whitespace().collect();
        let text = words.join(" ");
        let parts = text
            .split('…')
            .map(|part| part.trim_matches([' ', ';', ',']));
        let mut parts = parts.filter(|part| !part.is_empty());
        parts.all(|part| self.golden.contains(part))
    }
}

#[test]
fn playbooks_and_operations_name_what_there_is() {
    let known = Known::new();
    let all = pages("docs/playbooks")
        .into_iter()
        .chain(pages("docs/operations"));
    for (path, text) in all {
        for word in marked(&text) {
            assert!(known.has(word), "{path}: what is {word}?");
        }
        for rule in text.split("DS-").skip(1) {
            let number = rule.chars().next().and_then(|digit| digit.to_digit(10));
            assert!(
                number.is_some_and(|number| number <= 8),
                "{path}: DS-{rule:.10}"
            );
        }
        // What the tables quote of `change` lines.
        for quoted in text.split('"').skip(1).step_by(2) {
            let is_line = quoted.contains("chain") || quoted.contains("expected");
            assert!(
                !is_line || known.says(quoted),
                "{path}: no line says {quoted}"
            );
        }
        for command in text.split("`sigtap ").skip(1) {
            let word = command.split([' ', '`']).next().unwrap();
            assert!(COMMANDS.contains(&word), "{path}: sigtap {word}");
        }
    }
}

#[test]
fn links_between_pages_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let all = pages("docs/playbooks")
        .into_iter()
        .chain(pages("docs/operations"));
    for (path, text) in all.chain(pages("docs")) {
        let links = text.split("](").skip(1);
        let targets = links.map(|link| link.split([')', '#']).next().unwrap());
        for target in targets.filter(|target| !target.starts_with("http")) {
            let file = root.join(&path).parent().unwrap().join(target);
            assert!(file.is_file(), "{path}: {target}");
        }
    }
}

/// The commands of DESIGN section 2.
const COMMANDS: [&str; 10] = [
    "read",
    "live",
    "inventory",
    "restore",
    "verify",
    "review",
    "portfolio",
    "drill",
    "audit",
    "check-config",
];

/// Whether the schema has a key of this name anywhere.
fn has_key(schema: &Value, key: &str) -> bool {
    match schema {
        Value::Object(members) => {
            let properties = members.get("properties");
            properties.is_some_and(|all| all.get(key).is_some())
                || members.values().any(|member| has_key(member, key))
        }
        Value::Array(members) => members.iter().any(|member| has_key(member, key)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

#[test]
fn the_table_of_mistakes_names_captures_that_show_the_alerts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("docs/operations/mistakes.md")).unwrap();
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains('`'));
    let mut checked = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let seen: Vec<&str> = marked(cells[3]).collect();
        let mut kinds = marked(cells[2])
            .filter(|word| Kind::ALL.iter().any(|kind| kind.name() == *word))
            .peekable();
        assert!(kinds.peek().is_some() && !seen.is_empty(), "{row}");
        let lines: String = seen
            .iter()
            .map(|name| {
                fs::read_to_string(root.join("captures").join(name).join("alerts.jsonl")).unwrap()
            })
            .collect();
        for kind in kinds {
            let is_there = lines.contains(&format!("\"kind\":\"{kind}\""));
            assert!(is_there, "{kind} is in none of {seen:?}: {row}");
        }
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}
