//! Figures for Prometheus.
//!
//! Labels have few values: names of zones and addresses of resolvers come from the portfolio, so
//! that nobody on the wire can make a new series.

use super::board::Moment;
use super::concern::STUCK_SECONDS;
use super::snapshot::Snapshot;
use super::text::Text;
use super::text::Type::{Counter, Gauge};
use crate::chain::{ChainLink, Reason, ValidationState};
use crate::time::Timestamp;
use std::collections::BTreeMap;
use std::fmt;

/// States of a zone, as one of which it is told.
const STATES: [ValidationState; 4] = [
    ValidationState::Secure,
    ValidationState::Insecure,
    ValidationState::Bogus,
    ValidationState::Indeterminate,
];

/// All metrics of a moment.
pub fn metrics(snapshot: &Snapshot, moment: &Moment) -> String {
    let mut text = Text::default();
    sensor(&mut text, snapshot, moment);
    capture(&mut text, snapshot);
    messages(&mut text, snapshot);
    incidents(&mut text, snapshot);
    zones(&mut text, snapshot);
    resolvers(&mut text, snapshot);
    sinks(&mut text, snapshot);
    text.finish()
}

fn sensor(text: &mut Text, snapshot: &Snapshot, moment: &Moment) {
    text.family("sigtap_build_info", Gauge, "Always 1; the version.")
        .sample(&[("version", env!("CARGO_PKG_VERSION"))], 1);
    optional(
        text,
        "sigtap_start_timestamp_seconds",
        "When the run began, by capture time.",
        snapshot.started,
    );
    text.single(
        "sigtap_capture_timestamp_seconds",
        Gauge,
        "Capture time, up to which everything is judged.",
        Seconds(snapshot.now),
    );
    text.single(
        "sigtap_capture_lag_seconds",
        Gauge,
        "How far judging is behind the traffic.",
        moment.lag.as_secs_f64(),
    );
    let age = moment.age.as_secs_f64();
    text.single(
        "sigtap_snapshot_age_seconds",
        Gauge,
        "How long ago these figures were taken; more than a few seconds means that judging stands still.",
        age,
    );
    text.single(
        "sigtap_up",
        Gauge,
        "Whether judging goes on.",
        u8::from(moment.age.as_secs() < STUCK_SECONDS && !snapshot.is_ending),
    );
    text.single(
        "sigtap_state_file_failing",
        Gauge,
        "Whether there is a state file that cannot be written.",
        u8::from(snapshot.state_trouble.is_some()),
    );
    if let Some(octets) = moment.resident_octets {
        text.single(
            "process_resident_memory_bytes",
            Gauge,
            "Resident memory size in bytes.",
            octets,
        );
    }
    text.single(
        "sigtap_remembered_signature_checks",
        Gauge,
        "Signature checks whose outcome is remembered.",
        moment.remembered_checks,
    );
    let mut tables = text.family(
        "sigtap_table_entries",
        Gauge,
        "What the tables hold; each has a bound.",
    );
    for table in &snapshot.tables {
        tables.sample(&[("table", table.name)], table.entries);
    }
    text.single(
        "sigtap_trust_anchors",
        Gauge,
        "Trust anchors in force, those that RFC 5011 brought or is bringing included.",
        snapshot.anchors.len(),
    );
}

fn capture(text: &mut Text, snapshot: &Snapshot) {
    let loss = &snapshot.figures.loss;
    text.single(
        "sigtap_capture_packets_total",
        Counter,
        "Packets that the kernel gave to the capture.",
        snapshot.figures.kernel_packets,
    );
    let mut dropped = text.family(
        "sigtap_capture_dropped_packets_total",
        Counter,
        "Packets lost before they were looked at.",
    );
    for (stage, count) in [
        ("kernel", loss.kernel_drops),
        ("interface", loss.interface_drops),
        ("queue", loss.queue_drops),
    ] {
        dropped.sample(&[("stage", stage)], count);
    }
    text.single(
        "sigtap_frames_total",
        Counter,
        "Frames looked at.",
        snapshot.frames,
    );
    text.single(
        "sigtap_frame_parts_total",
        Counter,
        "Frames that hold a part of something larger: fragments and TCP segments.",
        snapshot.parts,
    );
    by_name(
        text,
        ("sigtap_frames_skipped_total", "reason"),
        "Frames that hold no DNS.",
        &snapshot.figures.skipped,
    );
    by_name(
        text,
        ("sigtap_lost_total", "stage"),
        "What was lost between frames and messages.",
        &snapshot.figures.lost_by_stage,
    );
    optional(
        text,
        "sigtap_last_frame_timestamp_seconds",
        "When the last frame passed.",
        snapshot.last_frame,
    );
    optional(
        text,
        "sigtap_last_message_timestamp_seconds",
        "When the last DNS message passed.",
        snapshot.last_message,
    );
    optional(
        text,
        "sigtap_last_telling_verdict_timestamp_seconds",
        "When a response was last found secure, insecure or bogus.",
        snapshot.last_told,
    );
}

fn messages(text: &mut Text, snapshot: &Snapshot) {
    let figures = &snapshot.figures;
    for (name, help, count) in [
        (
            "sigtap_messages_total",
            "DNS messages found.",
            figures.messages,
        ),
        (
            "sigtap_queries_total",
            "Queries among them.",
            figures.queries,
        ),
        (
            "sigtap_response_copies_total",
            "Responses left out as copies: a mirror's, or the network's.",
            figures.copies,
        ),
    ] {
        text.single(name, Counter, help, count);
    }
    by_name(
        text,
        ("sigtap_responses_unchecked_total", "reason"),
        "Responses that are not judged.",
        &figures.unchecked,
    );
    let mut verdicts = text.family(
        "sigtap_verdicts_total",
        Counter,
        "Responses judged, by state and, unless it is secure, by reason.",
    );
    for ((state, reason), count) in &snapshot.verdicts {
        let reason = reason.map_or("", Reason::name);
        verdicts.sample(&[("state", state), ("reason", reason)], count);
    }
}

fn incidents(text: &mut Text, snapshot: &Snapshot) {
    let counts = &snapshot.figures.counts;
    let mut alerts = text.family("sigtap_alerts_total", Counter, "Lines of alerts told.");
    for ((kind, severity), count) in &snapshot.alerts {
        let labels = [("kind", kind.name()), ("severity", severity.name())];
        alerts.sample(&labels, count);
    }
    let mut opened = text.family("sigtap_incidents_total", Counter, "Incidents opened.");
    for (kind, count) in &counts.incidents {
        opened.sample(&[("kind", kind.name())], count);
    }
    let mut changes = text.family(
        "sigtap_changes_total",
        Counter,
        "Audit records of changes that were expected.",
    );
    for (kind, count) in &counts.changes {
        changes.sample(&[("kind", kind.name())], count);
    }
    let mut open = text.family("sigtap_open_incidents", Gauge, "Incidents that are open.");
    for ((kind, severity), count) in &snapshot.incidents.counts {
        let labels = [("kind", kind.name()), ("severity", severity.name())];
        open.sample(&labels, count);
    }
    text.single(
        "sigtap_suppressed_incidents_total",
        Counter,
        "Incidents forgotten before their end, since too many were open.",
        counts.suppressed,
    );
    text.single(
        "sigtap_known_bogus_total",
        Counter,
        "Bogus responses and changes of domains that are broken on purpose.",
        counts.known_bogus,
    );
}

fn zones(text: &mut Text, snapshot: &Snapshot) {
    let zones = &snapshot.zones.first;
    text.single(
        "sigtap_portfolio_zones",
        Gauge,
        "Zones that the portfolio names.",
        snapshot.zones.total,
    );
    let mut states = text.family(
        "sigtap_zone_state",
        Gauge,
        "1 for the state that a zone of the portfolio has by what is known now, 0 for the others.",
    );
    for view in zones {
        let (name, state) = (view.zone.name.to_string(), state_of(&view.chain));
        for known in STATES {
            let labels = [("zone", name.as_str()), ("state", known.name())];
            states.sample(&labels, u8::from(known == state));
        }
    }
    let mut open = text.family(
        "sigtap_zone_open_incidents",
        Gauge,
        "Incidents of a zone of the portfolio that are open.",
    );
    for view in zones {
        open.sample(&[("zone", &view.zone.name.to_string())], view.open.len());
    }
    let mut seen = text.family(
        "sigtap_zone_last_seen_timestamp_seconds",
        Gauge,
        "When something of a zone of the portfolio last passed; absent if nothing ever did.",
    );
    for view in zones {
        if let Some(last) = view.presence.last {
            seen.sample(&[("zone", &view.zone.name.to_string())], Seconds(last));
        }
    }
    let mut expiry = text.family(
        "sigtap_zone_signature_expiry_timestamp_seconds",
        Gauge,
        "When the signature ends that was made last of those that a zone's own servers showed over \
         its keys or its data; absent if none was seen.",
    );
    for view in zones {
        let name = view.zone.name.to_string();
        for (over, ends) in [("keys", view.presence.keys), ("data", view.presence.data)] {
            if let Some(ends) = ends {
                expiry.sample(&[("zone", &name), ("over", over)], Seconds(ends.expiration));
            }
        }
    }
}

fn resolvers(text: &mut Text, snapshot: &Snapshot) {
    let mut seen = text.family(
        "sigtap_resolver_last_seen_timestamp_seconds",
        Gauge,
        "When something of a resolver of the portfolio last passed; absent if nothing did.",
    );
    let declared = snapshot.resolvers.iter();
    let declared = declared.filter(|view| view.declared.is_some());
    for view in declared.clone() {
        if let Some(sight) = view.sight {
            let address = view.address.to_string();
            seen.sample(&[("resolver", &address)], Seconds(sight.last));
        }
    }
    let mut authentic = text.family(
        "sigtap_resolver_last_authentic_timestamp_seconds",
        Gauge,
        "When a resolver of the portfolio last told a client that it had validated the answer.",
    );
    for view in declared {
        if let Some(last) = view.sight.and_then(|sight| sight.authentic) {
            let address = view.address.to_string();
            authentic.sample(&[("resolver", &address)], Seconds(last));
        }
    }
}

fn sinks(text: &mut Text, snapshot: &Snapshot) {
    let sinks = &snapshot.sinks;
    let mut up = text.family(
        "sigtap_sink_up",
        Gauge,
        "Whether what a sink is given gets through.",
    );
    for sink in sinks {
        up.sample(&[("sink", &sink.name)], u8::from(sink.is_up));
    }
    for (name, kind, help, figure) in [
        (
            "sigtap_sink_lines_total",
            Counter,
            "Lines that a sink took.",
            sinks.iter().map(|sink| sink.lines).collect::<Vec<_>>(),
        ),
        (
            "sigtap_sink_errors_total",
            Counter,
            "How often a sink could not be written to.",
            sinks.iter().map(|sink| sink.errors).collect(),
        ),
        (
            "sigtap_sink_spooled_lines",
            Gauge,
            "Lines that wait on disk for a sink.",
            sinks.iter().map(|sink| sink.spooled_lines).collect(),
        ),
        (
            "sigtap_sink_spooled_bytes",
            Gauge,
            "Octets that they take.",
            sinks.iter().map(|sink| sink.spooled_octets).collect(),
        ),
        (
            "sigtap_sink_lost_lines_total",
            Counter,
            "Lines given up since the disk had no room for them.",
            sinks.iter().map(|sink| sink.lost_lines).collect(),
        ),
    ] {
        let mut family = text.family(name, kind, help);
        for (sink, value) in sinks.iter().zip(figure) {
            family.sample(&[("sink", &sink.name)], value);
        }
    }
}

/// What is known of a zone now: what the worst link on the way to it is.
pub(super) fn state_of(chain: &[ChainLink]) -> ValidationState {
    let has = |state| chain.iter().any(|link| link.state == state);
    let last = chain.last().map(|link| link.state);
    if has(ValidationState::Bogus) {
        ValidationState::Bogus
    } else if has(ValidationState::Insecure) {
        ValidationState::Insecure
    } else if has(ValidationState::Indeterminate) {
        ValidationState::Indeterminate
    } else {
        last.unwrap_or(ValidationState::Indeterminate)
    }
}

fn by_name(
    text: &mut Text,
    (name, label): (&'static str, &str),
    help: &str,
    counts: &BTreeMap<String, u64>,
) {
    let mut family = text.family(name, Counter, help);
    for (value, count) in counts {
        family.sample(&[(label, value)], count);
    }
}

fn optional(text: &mut Text, name: &'static str, help: &str, time: Option<Timestamp>) {
    let mut family = text.family(name, Gauge, help);
    if let Some(time) = time {
        family.sample(&[], Seconds(time));
    }
}

/// A time as Prometheus counts: seconds since the epoch, in decimal.
struct Seconds(Timestamp);

impl fmt::Display for Seconds {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let nanos = self.0.as_nanos();
        let (seconds, rest) = (
            nanos.div_euclid(1_000_000_000),
            nanos.rem_euclid(1_000_000_000),
        );
        write!(out, "{seconds}.{:03}", rest / 1_000_000)
    }
}
