//! Lines in the Open Cybersecurity Schema Framework 1.8.

use super::envelope::moment;
use super::format::{Native, known, put_known};
use super::line::Object;
use serde_json::{Value, json};

/// The version whose names are used.
const VERSION: &str = "1.8.0";

/// What stands elsewhere in the line.
const MAPPED: [&str; 17] = [
    "timestamp",
    "event_id",
    "seq",
    "summary",
    "community_id",
    "src_ip",
    "src_port",
    "dest_ip",
    "dest_port",
    "proto",
    "app_proto",
    "severity_id",
    "severity",
    "confidence_id",
    "sensor_version",
    "dns",
    "drill",
];

/// The line with the names of OCSF.
pub(super) fn ocsf(native: &Native) -> Object {
    let is_finding = !native.at(&["alert"]).is_null();
    let mut line = if is_finding { finding(native) } else { event() };
    put_known(&mut line, "time", millis(native.at(&["timestamp"])));
    put_known(&mut line, "message", native.message());
    put_known(&mut line, "metadata", metadata(native));
    put_known(&mut line, "unmapped", native.without(&MAPPED));
    line
}

/// What is no finding: a Base Event (class 0).
fn event() -> Object {
    known([
        ("category_uid", 0.into()),
        ("class_uid", 0.into()),
        ("class_name", "Base Event".into()),
        ("activity_id", 99.into()),
        ("activity_name", "Report".into()),
        ("type_uid", 99.into()),
        ("severity_id", 1.into()),
        ("severity", "Informational".into()),
    ])
}

/// A Detection Finding (class 2004).
fn finding(native: &Native) -> Object {
    let (activity, activity_name, status, status_name) = match native.text(&["incident", "status"])
    {
        Some("opened") => (1, "Create", 1, "New"),
        Some("updated") => (2, "Update", 2, "In Progress"),
        Some(_) => (3, "Close", 4, "Resolved"),
        // An audit record has no life.
        None => (99, "Record", 99, "Recorded"),
    };
    let severity = capital(native.text(&["severity"]).unwrap_or_default());
    let confidence = match native.at(&["confidence_id"]).as_u64() {
        Some(1) => "Low",
        Some(2) => "Medium",
        _ => "High",
    };
    known([
        ("category_uid", 2.into()),
        ("category_name", "Findings".into()),
        ("class_uid", 2004.into()),
        ("class_name", "Detection Finding".into()),
        ("activity_id", activity.into()),
        ("activity_name", activity_name.into()),
        ("type_uid", (200_400 + activity).into()),
        ("status_id", status.into()),
        ("status", status_name.into()),
        ("severity_id", native.at(&["severity_id"]).clone()),
        ("severity", severity.into()),
        ("confidence_id", native.at(&["confidence_id"]).clone()),
        ("confidence", confidence.into()),
        (
            "is_alert",
            (native.text(&["event_type"]) == Some("alert")).into(),
        ),
        ("count", native.at(&["incident", "count"]).clone()),
        ("start_time", millis(native.at(&["incident", "first_seen"]))),
        ("end_time", millis(native.at(&["incident", "last_seen"]))),
        ("finding_info", finding_info(native).into()),
        ("evidences", evidences(native)),
        ("observables", observables(native)),
        ("remediation", remediation(native)),
    ])
}

fn metadata(native: &Native) -> Object {
    let is_drill = native.at(&["drill"]) == &Value::Bool(true);
    let product = json!({
        "name": "sigtap",
        "vendor_name": "sigtap",
        "version": native.at(&["sensor_version"]),
    });
    known([
        ("version", VERSION.into()),
        ("product", product),
        ("uid", native.at(&["event_id"]).clone()),
        ("correlation_uid", native.at(&["incident", "id"]).clone()),
        ("event_code", native.at(&["alert", "kind"]).clone()),
        ("log_name", "sigtap".into()),
        ("log_provider", native.at(&["host"]).clone()),
        ("original_time", native.at(&["timestamp"]).clone()),
        ("sequence", native.at(&["seq"]).clone()),
        (
            "labels",
            if is_drill {
                json!(["drill"])
            } else {
                Value::Null
            },
        ),
    ])
}

fn finding_info(native: &Native) -> Object {
    let id = native
        .text(&["incident", "id"])
        .or(native.text(&["event_id"]));
    let number = native.at(&["alert", "signature_id"]).as_u64();
    let analytic = json!({
        "name": native.at(&["alert", "signature"]),
        "uid": number.map(|number| number.to_string()),
        "type_id": 1,
        "type": "Rule",
        "version": native.at(&["alert", "rev"]).as_u64().map(|rev| rev.to_string()),
    });
    known([
        ("uid", id.into()),
        ("title", native.at(&["alert", "signature"]).clone()),
        ("desc", native.at(&["summary"]).clone()),
        (
            "types",
            native
                .text(&["alert", "category"])
                .map(|category| vec![category])
                .into(),
        ),
        (
            "first_seen_time",
            millis(native.at(&["incident", "first_seen"])),
        ),
        (
            "last_seen_time",
            millis(native.at(&["incident", "last_seen"])),
        ),
        ("analytic", analytic),
    ])
}

/// The response that shows it.
fn evidences(native: &Native) -> Value {
    if !native.has_flow() {
        return Value::Null;
    }
    let endpoint = |ip, port| {
        let endpoint = [
            ("ip", native.at(&[ip]).clone()),
            ("port", native.at(&[port]).clone()),
        ];
        Value::Object(known(endpoint))
    };
    let transport = native.text(&["proto"]).unwrap_or_default();
    let number = if transport == "TCP" { 6 } else { 17 };
    let connection = known([
        ("protocol_name", transport.to_lowercase().into()),
        ("protocol_num", number.into()),
        ("direction_id", 0.into()),
        ("community_uid", native.at(&["community_id"]).clone()),
    ]);
    let question = native.at(&["dns", "queries"]).get(0);
    let query = question.map(|question| {
        known([
            ("hostname", question["rrname"].clone()),
            ("type", question["rrtype"].clone()),
            ("class", "IN".into()),
            ("packet_uid", native.at(&["dns", "id"]).clone()),
        ])
    });
    let evidence = known([
        ("src_endpoint", endpoint("src_ip", "src_port")),
        ("dst_endpoint", endpoint("dest_ip", "dest_port")),
        ("connection_info", connection.into()),
        ("query", query.map_or(Value::Null, Value::Object)),
        ("data", json!({"dns": native.at(&["dns"])})),
    ]);
    json!([evidence])
}

fn observables(native: &Native) -> Value {
    const HOSTNAME: u8 = 1;
    const ADDRESS: u8 = 2;
    let mut all = Vec::new();
    let mut add = |name: &str, type_id: u8, value: Option<&str>| {
        if let Some(value) = value {
            let what = if type_id == HOSTNAME {
                "Hostname"
            } else {
                "IP Address"
            };
            all.push(json!({"name": name, "type_id": type_id, "type": what, "value": value}));
        }
    };
    if native.has_flow() {
        add(
            "evidences[].src_endpoint.ip",
            ADDRESS,
            native.text(&["src_ip"]),
        );
        add(
            "evidences[].dst_endpoint.ip",
            ADDRESS,
            native.text(&["dest_ip"]),
        );
    }
    add(
        "unmapped.dnssec.zone",
        HOSTNAME,
        native.text(&["dnssec", "zone"]),
    );
    add("unmapped.resolver", ADDRESS, native.text(&["resolver"]));
    all.into()
}

fn remediation(native: &Native) -> Value {
    let steps = native.at(&["containment", "next_steps"]).as_array();
    let steps = steps.map(Vec::as_slice).unwrap_or_default().iter();
    let steps: Vec<_> = steps.filter_map(|step| step["do"].as_str()).collect();
    if steps.is_empty() {
        return Value::Null;
    }
    let references = native.texts(&["alert", "reference"]);
    Value::Object(known([
        ("desc", steps.join("; ").into()),
        ("references", references.into()),
    ]))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Milliseconds since the epoch.
fn millis(time: &Value) -> Value {
    let time = time.as_str().and_then(moment);
    time.map(|time| time.as_nanos().div_euclid(1_000_000))
        .into()
}
