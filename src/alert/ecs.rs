//! Lines in Elastic Common Schema 9.

use super::format::{Native, known, put_known};
use super::line::Object;
use serde_json::{Value, json};

/// The version whose names are used.
const VERSION: &str = "9.4.0";

/// What stands elsewhere in the line.
const MAPPED: [&str; 18] = [
    "timestamp",
    "event_type",
    "event_id",
    "seq",
    "host",
    "sensor_version",
    "summary",
    "in_iface",
    "community_id",
    "vlan",
    "src_ip",
    "src_port",
    "dest_ip",
    "dest_port",
    "proto",
    "app_proto",
    "severity_id",
    "dns",
];

/// The line with the names of ECS.
pub(super) fn ecs(native: &Native) -> Object {
    let mut line = Object::new();
    put_known(&mut line, "@timestamp", rfc3339(native.at(&["timestamp"])));
    put_known(&mut line, "ecs", json!({"version": VERSION}));
    put_known(&mut line, "message", native.message());
    let is_drill = native.at(&["drill"]) == &Value::Bool(true);
    put_known(
        &mut line,
        "tags",
        if is_drill { vec!["drill"] } else { Vec::new() },
    );
    put_known(&mut line, "event", event(native));
    put_known(&mut line, "observer", observer(native));
    put_known(&mut line, "rule", rule(native));
    if native.has_flow() {
        put_known(&mut line, "source", endpoint(native, "src_ip", "src_port"));
        put_known(
            &mut line,
            "destination",
            endpoint(native, "dest_ip", "dest_port"),
        );
        put_known(&mut line, "network", network(native));
        put_known(&mut line, "dns", dns(native));
    }
    put_known(&mut line, "related", related(native));
    put_known(&mut line, "sigtap", native.without(&MAPPED));
    line
}

fn event(native: &Native) -> Object {
    let line_type = native.text(&["event_type"]).unwrap_or_default();
    let (kind, category, what): (_, &[&str], _) = match line_type {
        "alert" => ("alert", &["network"], "info"),
        "change" => ("event", &["configuration", "network"], "info"),
        "stats" => ("metric", &["network"], "info"),
        _ => ("state", &["network"], "info"),
    };
    known([
        ("kind", kind.into()),
        ("category", category.into()),
        ("type", json!([what])),
        ("module", "sigtap".into()),
        ("dataset", format!("sigtap.{line_type}").into()),
        ("id", native.at(&["event_id"]).clone()),
        ("code", native.at(&["alert", "kind"]).clone()),
        ("action", native.at(&["incident", "status"]).clone()),
        ("reason", native.at(&["alert", "cause"]).clone()),
        ("severity", native.at(&["severity_id"]).clone()),
        ("sequence", native.at(&["seq"]).clone()),
        ("start", rfc3339(native.at(&["incident", "first_seen"]))),
        ("end", rfc3339(native.at(&["incident", "last_seen"]))),
    ])
}

fn observer(native: &Native) -> Object {
    let mut ingress = Object::new();
    if let Some(interface) = native.text(&["in_iface"]) {
        put_known(&mut ingress, "interface", json!({"name": interface}));
    }
    known([
        ("name", native.at(&["host"]).clone()),
        ("product", "sigtap".into()),
        ("type", "sensor".into()),
        ("version", native.at(&["sensor_version"]).clone()),
        ("ingress", ingress.into()),
    ])
}

fn rule(native: &Native) -> Object {
    if native.at(&["alert"]).is_null() {
        return Object::new();
    }
    let text = |key| {
        native
            .at(&["alert", key])
            .as_u64()
            .map(|number| number.to_string())
            .into()
    };
    known([
        ("id", text("signature_id")),
        ("name", native.at(&["alert", "signature"]).clone()),
        ("category", native.at(&["alert", "category"]).clone()),
        ("version", text("rev")),
        ("ruleset", "sigtap".into()),
        (
            "reference",
            native
                .texts(&["alert", "reference"])
                .into_iter()
                .next()
                .into(),
        ),
    ])
}

fn endpoint(native: &Native, ip: &'static str, port: &'static str) -> Object {
    known([
        ("address", native.at(&[ip]).clone()),
        ("ip", native.at(&[ip]).clone()),
        ("port", native.at(&[port]).clone()),
    ])
}

fn network(native: &Native) -> Object {
    let vlan = native.at(&["vlan"]).get(0).and_then(Value::as_u64);
    let address = native.text(&["src_ip"]).unwrap_or_default();
    known([
        (
            "transport",
            native.text(&["proto"]).map(str::to_lowercase).into(),
        ),
        (
            "type",
            if address.contains(':') {
                "ipv6"
            } else {
                "ipv4"
            }
            .into(),
        ),
        ("protocol", "dns".into()),
        ("community_id", native.at(&["community_id"]).clone()),
        (
            "vlan",
            vlan.map_or(Value::Null, |id| json!({"id": id.to_string()})),
        ),
    ])
}

fn dns(native: &Native) -> Object {
    let flags = ["aa", "tc", "rd", "ra", "ad", "cd", "do"];
    let flags = flags
        .into_iter()
        .filter(|flag| native.at(&["dns", flag]) == &Value::Bool(true));
    let flags: Vec<_> = flags.map(str::to_uppercase).collect();
    let question = native.at(&["dns", "queries"]).get(0);
    let question = question.map_or(
        Value::Null,
        |question| json!({"name": question["rrname"], "type": question["rrtype"], "class": "IN"}),
    );
    known([
        ("type", "answer".into()),
        (
            "id",
            native
                .at(&["dns", "id"])
                .as_u64()
                .map(|id| id.to_string())
                .into(),
        ),
        ("header_flags", flags.into()),
        ("response_code", native.at(&["dns", "rcode"]).clone()),
        ("question", question),
    ])
}

/// What one searches for across all sorts of events.
fn related(native: &Native) -> Object {
    let mut addresses = Vec::new();
    for path in [&["src_ip"][..], &["dest_ip"], &["resolver"]] {
        addresses.extend(native.text(path).map(str::to_owned));
    }
    addresses.extend(native.texts(&["incident", "servers"]));
    addresses.extend(native.texts(&["incident", "resolvers"]));
    let mut names = native.texts(&["incident", "names"]);
    names.extend(native.text(&["dnssec", "zone"]).map(str::to_owned));
    known([("ip", once_each(addresses)), ("hosts", once_each(names))])
}

fn once_each(texts: Vec<String>) -> Value {
    let mut seen: Vec<String> = Vec::new();
    for text in texts {
        if !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen.into()
}

/// Elasticsearch takes no offset without a colon.
fn rfc3339(time: &Value) -> Value {
    time.as_str().map(|time| time.replace("+0000", "Z")).into()
}
