//! What all lines have in common: the envelope and the bound on their length.

use super::identity::{base64, community_id, flow_id};
use super::prose::clip;
use super::sensor::{Sensor, Source, VERSION};
use crate::exchange::Exchange;
use crate::packet::Transport;
use serde_json::{Map, Value, json};

/// Octets of a line with its line feed at most: one less than 16 KiB.
const MAX_OCTETS: usize = 16 * 1024 - 1;

/// Octets of a message that a line carries at most.
const MAX_PAYLOAD: usize = 4096;

/// Characters of a configured text that a line carries at most.
const MAX_TEXT: usize = 512;

/// The schema that alert, change, stats and health lines follow.
const SCHEMA: &str = "sigtap.alert/1";

/// A JSON object under construction; keys keep their order.
pub(super) type Object = Map<String, Value>;

/// Adds a key.
pub(super) fn put(object: &mut Object, key: &str, value: impl Into<Value>) {
    object.insert(key.to_owned(), value.into());
}

/// The first keys of a line: what, when, who.
pub(super) fn begin(
    timestamp: String,
    event_type: &str,
    event_id: Option<&str>,
    seq: u64,
    sensor: &Sensor,
) -> Object {
    let mut line = Object::new();
    put(&mut line, "timestamp", timestamp);
    put(&mut line, "schema", SCHEMA);
    put(&mut line, "event_type", event_type);
    if let Some(id) = event_id {
        put(&mut line, "event_id", id);
    }
    put(&mut line, "seq", seq);
    put(&mut line, "drill", sensor.drill);
    put(&mut line, "host", clip(&sensor.name, MAX_TEXT));
    put(&mut line, "sensor_version", VERSION);
    line
}

/// Where the frames come from. `packet` is the frame that a line is about.
pub(super) fn put_source(line: &mut Object, sensor: &Sensor, packet: Option<u64>) {
    match &sensor.source {
        Source::CaptureFile(name) => {
            put(line, "pcap_filename", clip(name, MAX_TEXT));
            if let Some(packet) = packet {
                put(line, "pcap_cnt", packet);
            }
        }
        Source::Interface(name) => put(line, "in_iface", clip(name, MAX_TEXT)),
    }
}

/// The flow of a message, as EVE writes it; nothing where no message shows the finding.
pub(super) fn put_flow(line: &mut Object, exchange: Option<&Exchange>) {
    let vantage = exchange.map(|exchange| match exchange.vantage {
        crate::exchange::Vantage::Upstream => "upstream",
        crate::exchange::Vantage::Downstream => "downstream",
    });
    put(line, "vantage", vantage);
    let resolver = exchange.map(|exchange| exchange.resolver().to_string());
    put(line, "resolver", resolver);
    let Some(exchange) = exchange else {
        return;
    };
    let (message, flow) = (&exchange.message, exchange.message.flow);
    put(line, "flow_id", flow_id(&flow));
    put(line, "community_id", community_id(&flow));
    if !message.vlan.is_empty() {
        put(line, "vlan", message.vlan.clone());
    }
    put(line, "src_ip", flow.source.ip().to_string());
    put(line, "src_port", flow.source.port());
    put(line, "dest_ip", flow.destination.ip().to_string());
    put(line, "dest_port", flow.destination.port());
    let proto = match flow.transport {
        Transport::Udp => "UDP",
        Transport::Tcp => "TCP",
    };
    put(line, "proto", proto);
    put(line, "app_proto", "dns");
}

/// Something that a line can do without, in the order in which it is given up.
type Spare = fn(&mut Object);

/// What a line gives up first when hostile names make it too long.
const SPARES: [Spare; 4] = [
    |line| keep_first(line.get_mut("incident"), "names", 3),
    |line| keep_first(line.get_mut("incident"), "names", 1),
    |line| keep_first(line.get_mut("dnssec"), "chain", 0),
    |line| {
        if let Some(Value::Object(containment)) = line.get_mut("containment") {
            containment.insert("negative_anchor".to_owned(), Value::Null);
        }
        keep_first(line.get_mut("change"), "before", 1);
        keep_first(line.get_mut("change"), "after", 1);
    },
];

fn keep_first(object: Option<&mut Value>, key: &str, count: usize) {
    let list = object.and_then(|object| object.get_mut(key));
    if let Some(Value::Array(list)) = list {
        list.truncate(count);
    }
}

/// The line as text: short enough, with as much of the message as there is room for.
pub(super) fn finish(mut line: Object, octets: Option<&[u8]>) -> String {
    let mut text = to_text(&line);
    for spare in SPARES {
        if text.len() < MAX_OCTETS {
            break;
        }
        spare(&mut line);
        text = to_text(&line);
    }
    let Some(octets) = octets else {
        return text;
    };
    // `,"payload":""` and the line feed.
    let room = MAX_OCTETS.saturating_sub(text.len() + 14) / 4 * 3;
    let head = octets.get(..room.min(MAX_PAYLOAD)).unwrap_or(octets);
    if !head.is_empty() {
        put(&mut line, "payload", base64(head));
        text = to_text(&line);
    }
    text
}

/// The line as text, short enough; what the schema has no name for stands under `rest`.
pub(super) fn shortened(mut line: Object, rest: &str) -> String {
    let mut text = to_text(&line);
    let first: Spare = |rest| {
        rest.remove("payload");
    };
    for spare in std::iter::once(first).chain(SPARES) {
        if text.len() < MAX_OCTETS {
            break;
        }
        if let Some(Value::Object(rest)) = line.get_mut(rest) {
            spare(rest);
        }
        text = to_text(&line);
    }
    text
}

/// The object on one line: JSON escapes what could break it.
fn to_text(line: &Object) -> String {
    json!(line).to_string()
}
