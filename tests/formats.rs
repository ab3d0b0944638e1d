//! Lines in other schemas, against the published lists of their fields.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests"
)]

mod support;

use serde_json::{Map, Value};
use sigtap::alert::{Envelope, Format, LineType, rendered};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use support::scenario;

/// Octets of a line without its line feed.
const MAX_OCTETS: usize = 16 * 1024 - 1;

/// The lines of all scenarios, and some of other types.
fn lines() -> Vec<String> {
    let folders = fs::read_dir(scenario("")).unwrap();
    let mut paths: Vec<_> = folders
        .map(|entry| entry.unwrap().path().join("alerts.jsonl"))
        .collect();
    paths.sort();
    let texts = paths
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok());
    // Verdicts go to no sink.
    let lines: Vec<String> = texts
        .flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>())
        .filter(|line| !line.contains(r#""event_type":"verdict""#))
        .collect();
    let types: BTreeSet<_> = lines
        .iter()
        .map(|line| Envelope::of_line(line).line_type.name())
        .collect();
    let all = [
        LineType::Alert,
        LineType::Change,
        LineType::Health,
        LineType::Stats,
    ];
    assert_eq!(types, all.into_iter().map(LineType::name).collect());
    assert!(lines.len() > 400, "{}", lines.len());
    lines
}

/// The rows of a list of fields.
fn rows(list: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    let rows = list.lines().filter(|line| !line.starts_with('#'));
    rows.map(|line| line.split(' ').collect())
}

/// The values of an object, each by its path.
fn leaves(value: &Value, path: &str, found: &mut Vec<(String, Value)>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                let path = if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                };
                leaves(member, &path, found);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            found.push((path.to_owned(), value.clone()));
        }
    }
}

#[test]
fn lines_keep_the_names_and_types_of_ecs() {
    let fields: BTreeMap<_, _> = rows(include_str!("formats/ecs-9.4.0.txt"))
        .map(|row| (row[0], (row[1] == "many", row[2])))
        .collect();
    for line in lines() {
        let text = rendered(&line, Format::Ecs);
        assert!(text.len() <= MAX_OCTETS && !text.contains('\n'));
        let mut read: Map<String, Value> = serde_json::from_str(&text).unwrap();
        assert!(read.remove("sigtap").unwrap().is_object());
        let mut found = Vec::new();
        leaves(&Value::Object(read.clone()), "", &mut found);
        for (path, value) in found {
            // An object of its own schema in the list.
            let path = if path.starts_with("observer.ingress.") {
                "observer.ingress"
            } else {
                &path
            };
            let Some((is_list, what)) = fields.get(path) else {
                panic!("ECS has no {path}")
            };
            let values = value
                .as_array()
                .filter(|_| *is_list)
                .cloned()
                .unwrap_or(vec![value]);
            for value in values {
                let is_right = match *what {
                    "string" => value.is_string(),
                    "number" => value.is_number(),
                    _ => true,
                };
                assert!(is_right, "{path}: {value}");
            }
        }
        let kinds = ["alert", "event", "metric", "state"];
        assert!(kinds.contains(&read["event"]["kind"].as_str().unwrap()));
        assert!(read["@timestamp"].as_str().unwrap().ends_with('Z'));
    }
}

/// The attributes of classes and objects of OCSF.
type Attributes = BTreeMap<&'static str, BTreeMap<&'static str, Vec<&'static str>>>;

fn check(what: &str, object: &Value, known: &Attributes) {
    let attributes = &known[what];
    let members = object
        .as_object()
        .unwrap_or_else(|| panic!("{what}: {object}"));
    for (name, row) in attributes {
        assert!(
            row[2] != "required" || members.contains_key(*name),
            "{what} lacks {name}"
        );
    }
    for (name, value) in members {
        let Some(row) = attributes.get(name.as_str()) else {
            panic!("{what} has no {name}")
        };
        let is_list = row[3] == "many";
        assert_eq!(value.is_array(), is_list, "{what}.{name}: {value}");
        let values = if is_list {
            value.as_array().unwrap().clone()
        } else {
            vec![value.clone()]
        };
        for value in values {
            match row[4] {
                "integer_t" | "long_t" | "timestamp_t" | "port_t" => {
                    let number = value
                        .as_i64()
                        .unwrap_or_else(|| panic!("{what}.{name}: {value}"));
                    let is_allowed =
                        row.len() == 5 || row[5..].contains(&number.to_string().as_str());
                    assert!(is_allowed, "{what}.{name}: {number}");
                }
                "boolean_t" => assert!(value.is_boolean(), "{what}.{name}: {value}"),
                object if known.contains_key(object) => check(object, &value, known),
                // `object` and `json_t` hold anything.
                kind if kind.ends_with("_t") && kind != "json_t" => {
                    assert!(value.is_string(), "{what}.{name}: {value}");
                }
                _ => assert!(
                    ["object", "json_t"].contains(&row[4]),
                    "{what}.{name} is {}",
                    row[4]
                ),
            }
        }
    }
}

#[test]
fn lines_keep_the_names_types_and_values_of_ocsf() {
    let mut known = Attributes::new();
    for row in rows(include_str!("formats/ocsf-1.8.0.txt")) {
        known.entry(row[0]).or_default().insert(row[1], row);
    }
    for line in lines() {
        let text = rendered(&line, Format::Ocsf);
        assert!(text.len() <= MAX_OCTETS && !text.contains('\n'));
        let read: Value = serde_json::from_str(&text).unwrap();
        let class = if read["class_uid"] == 2004 {
            "detection_finding"
        } else {
            "base_event"
        };
        check(class, &read, &known);
        let uid = read["class_uid"].as_i64().unwrap() * 100 + read["activity_id"].as_i64().unwrap();
        assert_eq!(read["type_uid"], uid);
        let native: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(
            read["metadata"].get("uid").unwrap_or(&Value::Null),
            &native["event_id"]
        );
    }
}

/// Types of keys in the envelope of EVE, as etc/schema.json of Suricata has them.
const EVE: [(&str, &str); 26] = [
    ("timestamp", "string"),
    ("event_type", "string"),
    ("flow_id", "integer"),
    ("in_iface", "string"),
    ("src_ip", "string"),
    ("src_port", "integer"),
    ("dest_ip", "string"),
    ("dest_port", "integer"),
    ("proto", "string"),
    ("app_proto", "string"),
    ("community_id", "string"),
    ("pcap_cnt", "integer"),
    ("pcap_filename", "string"),
    ("vlan", "array"),
    ("host", "string"),
    ("payload", "string"),
    ("alert.action", "string"),
    ("alert.category", "string"),
    ("alert.gid", "integer"),
    ("alert.rev", "integer"),
    ("alert.severity", "integer"),
    ("alert.signature", "string"),
    ("alert.signature_id", "integer"),
    ("dns.version", "integer"),
    ("dns.id", "integer"),
    ("dns.rcode", "string"),
];

#[test]
fn native_lines_keep_the_types_of_eve() {
    let mut seen = BTreeSet::new();
    for line in lines() {
        let read: Value = serde_json::from_str(&line).unwrap();
        for (path, what) in EVE {
            let value = read.pointer(&format!("/{}", path.replace('.', "/")));
            let Some(value) = value else { continue };
            let is_right = match what {
                "string" => value.is_string(),
                "integer" => value.is_u64(),
                _ => value.is_array(),
            };
            assert!(is_right, "{path}: {value}");
            seen.insert(path);
        }
    }
    // Captures have no interface.
    assert_eq!(seen.len(), EVE.len() - 1, "{seen:?}");
}
