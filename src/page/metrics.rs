//! Figures for Prometheus.
//!
//! Labels have few values: names of zones and addresses of resolvers come from the portfolio, so
//! that nobody on the wire can make a new series.

use super::board::Moment;
use super::concern::STUCK_SECONDS;
use super::snapshot::Snapshot;
use super::text::Type::{Counter, Gauge};
use super::text::{Seconds, Text};
use super::zone_metrics::{resolvers, sinks, zones};
use crate::chain::Reason;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// All metrics of a moment.
pub fn metrics(snapshot: &Snapshot, moment: &Moment) -> String {
    let mut text = Text::default();
    sensor(&mut text, snapshot, moment);
    memory(&mut text, snapshot, moment);
    capture(&mut text, snapshot);
    latest(&mut text, snapshot);
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
}

fn memory(text: &mut Text, snapshot: &Snapshot, moment: &Moment) {
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
}

fn latest(text: &mut Text, snapshot: &Snapshot) {
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
