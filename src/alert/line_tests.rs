//! Every kind of line against the published schemas, and under hostile input.

use super::testing::{Sample, at, change, link, name};
use super::*;
use crate::chain::{ChainLink, Reason, ValidationState, VouchedBy};
use crate::message::Name;
use crate::watch::ChangeKind;
use jsonschema::Validator;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

static ALERT_SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../docs/schema/sigtap.alert-1.json")));

static VERDICT_SCHEMA: LazyLock<Validator> =
    LazyLock::new(|| validator(include_str!("../../docs/schema/sigtap.verdict-1.json")));

fn validator(schema: &str) -> Validator {
    jsonschema::draft202012::new(&serde_json::from_str(schema).unwrap()).unwrap()
}

/// Checks what holds for every line, and gives it parsed.
fn checked(line: &str, schema: &Validator) -> Value {
    assert!(line.len() < 16 * 1024 - 1, "{} octets", line.len());
    assert!(!line.contains(|odd: char| odd.is_control()) && !line.ends_with(' '));
    let parsed: Value = serde_json::from_str(line).unwrap();
    let errors: Vec<String> = schema
        .iter_errors(&parsed)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}\n{line}");
    parsed
}

fn sensors() -> [Sensor; 2] {
    let sensor = |drill, source| Sensor {
        name: "tap-fra1".to_owned(),
        drill,
        source,
    };
    [
        sensor(false, Source::CaptureFile("x.pcap".to_owned())),
        sensor(true, Source::Interface("eth1".to_owned())),
    ]
}

/// One alert of every sort.
#[expect(clippy::too_many_lines, reason = "a list")]
fn all_sorts() -> Vec<Alert> {
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut alerts = Vec::new();
    let reasons = [
        Reason::SignatureInvalid,
        Reason::SignatureExpired,
        Reason::SignatureNotYetValid,
        Reason::DnskeyMissing,
        Reason::SignatureMissing,
        Reason::NoZoneKey,
        Reason::DenialMissing,
        Reason::DenialInvalid,
        Reason::DnskeyRevoked,
        Reason::SignerMismatch,
    ];
    for (index, reason) in (0..).zip(reasons) {
        let zone = format!("z{index}.example.");
        let sample = Sample::new(&format!("www.{zone}"), &zone).with(|sample| {
            sample.chain = vec![
                link(".", VouchedBy::Anchor),
                link(&zone, VouchedBy::Nothing),
            ];
        });
        alerts.extend(incidents.judged(&sample.bogus(reason)));
        let client = sample.downstream();
        alerts.extend(incidents.judged(&client.bogus(reason)));
        alerts.extend(
            incidents.judged(
                &client
                    .with(|sample| sample.standing = crate::exchange::Standing::Unmatched)
                    .bogus(reason),
            ),
        );
    }
    for kind in [
        ChangeKind::DsFirstSeen,
        ChangeKind::DsAdded,
        ChangeKind::DsRemoved,
        ChangeKind::DsReplaced,
        ChangeKind::DsWithdrawn,
        ChangeKind::ZoneSigned,
        ChangeKind::DsStale,
        ChangeKind::DsMismatch,
        ChangeKind::DnskeyChanged,
        ChangeKind::NsChanged,
        ChangeKind::PrematureStep,
        ChangeKind::DnskeyIncomplete,
        ChangeKind::SignatureExpiring,
        ChangeKind::TrustAnchorChanged,
    ] {
        alerts.extend(incidents.changed(&change(kind, "bank.example.", 1)));
    }
    let exchange = Sample::new("a.corp.example.", "corp.example.").exchange();
    let loss = Loss {
        kernel_drops: 4,
        ..Loss::default()
    };
    for notice in [
        Notice::CaptureLoss { time: at(2), loss },
        Notice::BudgetExceeded {
            time: at(2),
            zone: Some(name("trap.example.")),
        },
        Notice::BudgetExceeded {
            time: at(2),
            zone: None,
        },
        Notice::ResponseConflict { exchange },
        Notice::FragmentOverlap {
            time: at(2),
            frame: crate::capture::FrameNumber::new(7),
            source: "203.0.113.9".parse().unwrap(),
            destination: "2001:db8::7".parse().unwrap(),
        },
    ] {
        alerts.extend(incidents.noticed(&notice));
    }
    alerts.extend(incidents.advance(at(86_500)));
    alerts.extend(incidents.finish(at(8 * 86_400)));
    alerts
}

#[test]
fn every_sort_of_line_keeps_to_the_schema() {
    let alerts = all_sorts();
    let kinds: std::collections::BTreeSet<Kind> = alerts.iter().map(|alert| alert.kind).collect();
    assert!(kinds.len() >= 27, "{kinds:?}");
    for sensor in sensors() {
        for (seq, alert) in (1..).zip(&alerts) {
            let line = checked(&alert_line(alert, &sensor, seq), &ALERT_SCHEMA);
            assert_eq!(line["drill"], sensor.drill);
            assert!(!alert.summary.is_empty() && !text_block(alert, true).is_empty());
        }
        let stats = Stats {
            unchecked: BTreeMap::from([("no_dnssec".to_owned(), 3)]),
            ..Stats::default()
        };
        checked(&stats_line(&stats, at(0), &sensor, 1), &ALERT_SCHEMA);
        let health = Health {
            event: HealthEvent::Start,
            configuration: None,
            anchors: vec![". 20326".to_owned()],
            detail: None,
        };
        checked(&health_line(&health, at(0), &sensor, 1), &ALERT_SCHEMA);
        let sample = Sample::new("www.example.org.", "example.org.");
        for verdict in [sample.secure(), sample.bogus(Reason::SignatureInvalid)] {
            checked(&verdict_line(&verdict, &sensor), &VERDICT_SCHEMA);
        }
    }
}

#[test]
fn the_schema_lists_every_kind_and_explains_every_key() {
    let schema: Value =
        serde_json::from_str(include_str!("../../docs/schema/sigtap.alert-1.json")).unwrap();
    let listed = &schema["$defs"]["signature"]["properties"]["kind"]["enum"];
    let kinds: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(listed, &json!(kinds));
    explained(&schema, "schema");
}

/// Every property has a description and every object with properties is closed.
fn explained(schema: &Value, path: &str) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        assert_eq!(schema["additionalProperties"], false, "{path}");
        for (key, property) in properties {
            assert!(property["description"].is_string(), "{path}.{key}");
        }
    }
    match schema {
        Value::Object(object) => object
            .iter()
            .for_each(|(key, value)| explained(value, &format!("{path}.{key}"))),
        Value::Array(list) => list.iter().for_each(|value| explained(value, path)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn the_published_example_keeps_to_the_schema_and_the_order_of_keys() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let Ok(example) = std::fs::read_to_string(root.join("../shared/ALERT.json")) else {
        return;
    };
    let example: Value = serde_json::from_str(&example).unwrap();
    assert!(ALERT_SCHEMA.is_valid(&example));
    let [_, on_interface] = sensors();
    let sample = Sample::new("www.example.org.", "example.org.");
    let alerts =
        Incidents::new(IncidentConfig::default()).judged(&sample.bogus(Reason::SignatureInvalid));
    let line: Value = serde_json::from_str(&alert_line(&alerts[0], &on_interface, 1)).unwrap();
    let keys = |value: &Value| {
        value
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect::<Vec<_>>()
    };
    assert_eq!(keys(&line), keys(&example));
    for part in [
        "alert",
        "incident",
        "dns",
        "dnssec",
        "capture",
        "evidence",
        "containment",
    ] {
        assert_eq!(keys(&line[part]), keys(&example[part]), "{part}");
    }
}

#[test]
fn verdict_lines_have_the_keys_of_the_contract() {
    let [file, _] = sensors();
    let sample = Sample::new("www.example.org.", "example.org.");
    let line = verdict_line(&sample.bogus(Reason::SignatureInvalid), &file);
    assert_eq!(
        line,
        r#"{"timestamp":"2026-10-12T08:00:00.000000+0000","schema":"sigtap.verdict/1","event_type":"verdict","packet":1000000,"vantage":"upstream","resolver":"198.51.100.7","server":"203.0.113.53","transport":"udp","qname":"www.example.org.","qtype":"A","rcode":"NOERROR","state":"bogus","reason":"signature_invalid","ede":6,"zone":"example.org.","rrset":"www.example.org. A","key_tag":40123,"algorithm":13}"#
    );
}

#[test]
fn names_are_spelt_as_on_the_wire_for_eve_only() {
    let [file, _] = sensors();
    let sample = Sample::new("www.example.org.", "example.org.");
    let mut verdict = sample.bogus(Reason::SignatureInvalid);
    let mut exchange = (*verdict.exchange).clone();
    exchange.message.question.as_mut().unwrap().spelling =
        b"\x03wWw\x07eXamplE\x03oRg\0".as_slice().into();
    verdict.exchange = exchange.into();
    let alerts = Incidents::new(IncidentConfig::default()).judged(&verdict);
    let line = checked(&alert_line(&alerts[0], &file, 1), &ALERT_SCHEMA);
    assert_eq!(line["dns"]["queries"][0]["rrname"], "wWw.eXamplE.oRg");
    assert_eq!(line["incident"]["names"][0], "www.example.org.");
}

/// Names as long as they may be, of any octets.
fn any_name() -> impl Strategy<Value = Name> {
    prop::collection::vec(prop::collection::vec(any::<u8>(), 1..=63), 1..=127).prop_map(|labels| {
        let mut wire = Vec::new();
        for label in labels {
            if wire.len() + label.len() + 2 <= 255 {
                wire.push(u8::try_from(label.len()).unwrap());
                wire.extend(label);
            }
        }
        wire.push(0);
        Name::from_wire(&wire).unwrap()
    })
}

/// Lines of an incident and a change of names that take all the room that names can take.
#[test]
fn the_longest_names_still_fit() {
    let long = |first: u8| {
        let label =
            |octet: u8, length: u8| [vec![length], vec![octet; usize::from(length)]].concat();
        let labels = [label(first, 61), label(0, 63), label(0, 63), label(0, 63)].concat();
        Name::from_wire(&[labels, vec![0]].concat()).unwrap()
    };
    let mut incidents = Incidents::new(IncidentConfig::default());
    let mut alerts = Vec::new();
    for seconds in 0..30_u8 {
        let sample = Sample::new(".", ".").at(seconds.into()).with(|sample| {
            sample.owner = long(seconds);
            sample.zone = long(0);
            sample.extra_text = "\u{1}".repeat(500);
            sample.chain = (0..30)
                .map(|_| ChainLink {
                    zone: long(0),
                    ..link(".", VouchedBy::Ds)
                })
                .collect();
        });
        alerts.extend(incidents.judged(&sample.bogus(Reason::SignatureInvalid)));
    }
    let mut replaced = change(ChangeKind::DsReplaced, ".", 40);
    replaced.zone = long(0);
    replaced.why = "\"\\".repeat(4000);
    replaced.before = vec!["\\".repeat(4000); 30];
    replaced.after = replaced.before.clone();
    alerts.extend(incidents.changed(&replaced));
    alerts.extend(incidents.finish(at(200)));
    assert!(alerts.len() >= 3);
    for alert in &alerts {
        for sensor in sensors() {
            let line = checked(&alert_line(alert, &sensor, u64::MAX), &ALERT_SCHEMA);
            assert!(
                line["containment"]["negative_anchor"].is_null(),
                "nobody types such names"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_name_or_text_breaks_a_line(
        names in prop::collection::vec(any_name(), 20..25),
        labels in 1_usize..5,
        extra_text in "\\PC{0,60}[\u{0}-\u{2f}]{0,60}",
    ) {
        let [file, _] = sensors();
        let mut incidents = Incidents::new(IncidentConfig::default());
        let mut alerts = Vec::new();
        let zone = names[0].suffix(labels);
        for (seconds, owner) in (0..).zip(&names) {
            let sample = Sample::new(".", ".").at(seconds).with(|sample| {
                sample.owner = owner.clone();
                sample.zone = zone.clone();
                sample.extra_text.clone_from(&extra_text);
                sample.chain = owner.ancestry().map(|zone| ChainLink {
                    zone,
                    state: ValidationState::Secure,
                    key_tag: None,
                    by: VouchedBy::Ds,
                }).collect();
            });
            let verdict = sample.bogus(Reason::SignatureInvalid);
            checked(&verdict_line(&verdict, &file), &VERDICT_SCHEMA);
            alerts.extend(incidents.judged(&verdict));
        }
        let mut odd = change(ChangeKind::DsReplaced, ".", 30);
        odd.zone = names[0].clone();
        odd.why = extra_text.repeat(20);
        odd.before = names.iter().map(ToString::to_string).collect();
        odd.after = vec![extra_text.repeat(30); 40];
        alerts.extend(incidents.changed(&odd));
        alerts.extend(incidents.finish(at(40)));
        for alert in &alerts {
            checked(&alert_line(alert, &file, 1), &ALERT_SCHEMA);
            let block = text_block(alert, false);
            prop_assert!(!block.replace('\n', "").contains(|odd: char| odd.is_control()), "{block}");
        }
    }
}
