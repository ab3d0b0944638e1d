//! The lines about the sensor itself: figures and health.

use super::counts::Counts;
use super::line::{begin, finish, put, put_source};
use super::notice::Loss;
use super::prose::clip;
use super::sensor::Sensor;
use crate::time::Timestamp;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Anchors that a health line tells at most.
const ANCHORS: usize = 64;

/// Figures since the start, by name where there are several of a sort.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Stats {
    /// Capture seconds from the first frame to the last.
    pub uptime_seconds: u64,
    /// Frames that the kernel, or the file, gave.
    pub kernel_packets: u64,
    /// What the frames that were read hold; those without a message are in `skipped`.
    pub frames: Frames,
    /// What was lost before sigtap saw it, or for want of room.
    pub loss: Loss,
    /// What was lost after that, by stage: reassembly, streams, sinks.
    pub lost_by_stage: BTreeMap<String, u64>,
    /// Frames that gave no message, by kind.
    pub skipped: BTreeMap<String, u64>,
    /// DNS messages put together from fragments and segments.
    pub messages_reassembled: u64,
    /// DNS messages found.
    pub messages: u64,
    /// Queries among them.
    pub queries: u64,
    /// Responses left out as copies: a mirror's, or the network's.
    pub copies: u64,
    /// Responses that wait to be judged.
    pub waiting: u64,
    /// Responses judged, by state.
    pub responses: BTreeMap<String, u64>,
    /// Bogus, insecure and indeterminate responses, by reason.
    pub reasons: BTreeMap<String, u64>,
    /// Responses not judged, by reason.
    pub unchecked: BTreeMap<String, u64>,
    /// Incidents and records.
    pub counts: Counts,
    /// The hash of the last entry of the state file's history, in hexadecimal.
    pub history_head: Option<String>,
}

/// What frames hold.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Frames {
    /// Frames read.
    pub read: u64,
    /// Those that hold a message.
    pub datagrams: u64,
    /// Fragments and TCP segments.
    pub parts: u64,
    /// Those that a decoder could not stand.
    pub panicked: u64,
}

/// One stats line, without line feed.
pub fn stats_line(stats: &Stats, time: Timestamp, sensor: &Sensor, seq: u64) -> String {
    let mut line = begin(time.to_string(), "stats", None, seq, sensor);
    put_source(&mut line, sensor, None);
    let counts = &stats.counts;
    let incidents = counts
        .incidents
        .iter()
        .map(|(kind, count)| (kind.name(), *count));
    let severities = counts
        .severities
        .iter()
        .map(|(severity, count)| (severity.name(), *count));
    let changes = counts
        .changes
        .iter()
        .map(|(kind, count)| (kind.name(), *count));
    let figures = json!({
        "uptime": stats.uptime_seconds,
        "capture": {
            "kernel_packets": stats.kernel_packets,
            "kernel_drops": stats.loss.kernel_drops,
            "interface_drops": stats.loss.interface_drops,
            "queue_drops": stats.loss.queue_drops,
        },
        "frames": {
            "read": stats.frames.read,
            "datagrams": stats.frames.datagrams,
            "parts": stats.frames.parts,
            "panicked": stats.frames.panicked,
        },
        "lost": named(&stats.lost_by_stage),
        "skipped": named(&stats.skipped),
        "messages_reassembled": stats.messages_reassembled,
        "messages": stats.messages,
        "queries": stats.queries,
        "copies": stats.copies,
        "waiting": stats.waiting,
        "responses": named(&stats.responses),
        "reasons": named(&stats.reasons),
        "unchecked": named(&stats.unchecked),
        "incidents": object(incidents),
        "severities": object(severities),
        "changes": object(changes),
        "open_incidents": counts.open,
        "known_bogus": counts.known_bogus,
        "suppressed_incidents": counts.suppressed,
        "history_head": stats.history_head,
    });
    put(&mut line, "stats", figures);
    finish(line, None)
}

fn named(figures: &BTreeMap<String, u64>) -> Value {
    object(figures.iter().map(|(name, count)| (name.as_str(), *count)))
}

fn object<N: Into<String>>(figures: impl Iterator<Item = (N, u64)>) -> Value {
    let figures = figures.map(|(name, count)| (name.into(), count.into()));
    Value::Object(figures.collect::<Map<_, _>>())
}

/// What happened to the sensor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum HealthEvent {
    /// It began to watch.
    Start,
    /// It ends.
    Stop,
    /// It says that it lives.
    Alive,
    /// It was told to read its files again.
    Reload,
}

impl HealthEvent {
    /// As lines name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Alive => "alive",
            Self::Reload => "reload",
        }
    }
}

/// How the sensor is.
#[derive(Clone, Debug)]
pub struct Health {
    /// What happened.
    pub event: HealthEvent,
    /// SHA-256 of the configuration in force, in hexadecimal.
    pub configuration: Option<String>,
    /// The trust anchors in force, in zone-file form or as zone and key tag.
    pub anchors: Vec<String>,
    /// What else there is to say.
    pub detail: Option<String>,
}

/// One health line, without line feed.
pub fn health_line(health: &Health, time: Timestamp, sensor: &Sensor, seq: u64) -> String {
    let mut line = begin(time.to_string(), "health", None, seq, sensor);
    put_source(&mut line, sensor, None);
    let anchors = health.anchors.iter().take(ANCHORS);
    let health = json!({
        "event": health.event.name(),
        "configuration": health.configuration,
        "anchors": anchors.map(|anchor| clip(anchor, 160)).collect::<Vec<_>>(),
        "detail": health.detail.as_ref().map(|detail| clip(detail, 1000)),
    });
    put(&mut line, "health", health);
    finish(line, None)
}
