//! A snapshot in words: what the page and its JSON show.

use super::board::Moment;
use super::card::Card;
use super::concern::{Concern, Level, concerns};
use super::snapshot::Snapshot;
use super::words::{ago, level, moment_of};
use super::zone_row::{ResolverRow, ZoneRow, rank, resolver_row, zone_row};
use crate::alert::Confidence;
use crate::chain::Reason;
use crate::time::Timestamp;
use serde::Serialize;

/// The whole page.
#[derive(Clone, Debug, Serialize)]
pub(super) struct View {
    pub(super) schema: &'static str,
    pub(super) version: &'static str,
    pub(super) sensor: String,
    pub(super) source: String,
    pub(super) drill: bool,
    /// `ok`, or the level of the worst concern.
    pub(super) level: &'static str,
    pub(super) headline: String,
    pub(super) now: String,
    pub(super) started: Option<String>,
    pub(super) age_seconds: u64,
    pub(super) lately: String,
    pub(super) last_told: String,
    pub(super) concerns: Vec<ConcernRow>,
    pub(super) incidents: Vec<IncidentRow>,
    pub(super) open_incidents: u64,
    pub(super) zones: Vec<ZoneRow>,
    pub(super) zones_total: usize,
    pub(super) zones_as_of: String,
    pub(super) resolvers: Vec<ResolverRow>,
    pub(super) anchors: Vec<String>,
    pub(super) figures: Vec<Figure>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct ConcernRow {
    pub(super) level: &'static str,
    pub(super) what: String,
    pub(super) then: String,
    pub(super) since: Option<String>,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct IncidentRow {
    pub(super) id: String,
    pub(super) kind: &'static str,
    pub(super) level: &'static str,
    pub(super) title: &'static str,
    pub(super) zone: Option<String>,
    pub(super) severity: &'static str,
    pub(super) confidence: &'static str,
    pub(super) reasons: String,
    pub(super) class: &'static str,
    pub(super) cause: &'static str,
    pub(super) summary: String,
    pub(super) first_step: Option<String>,
    pub(super) command: Option<String>,
    pub(super) since: String,
    pub(super) last: String,
    pub(super) count: u64,
    pub(super) times: String,
    pub(super) scope: &'static str,
    pub(super) owner: Option<String>,
    /// Where to click; only for the Web.
    pub(super) runbook_link: Option<String>,
    pub(super) runbook: Option<String>,
    pub(super) playbook: String,
}

#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    pub(super) name: String,
    pub(super) value: u64,
}

impl View {
    pub(super) fn of(snapshot: &Snapshot, moment: &Moment) -> Self {
        let now = snapshot.now;
        let all = concerns(snapshot, moment);
        let lately = &snapshot.lately;
        let mut zones: Vec<ZoneRow> = snapshot
            .zones
            .first
            .iter()
            .map(|view| zone_row(view, now))
            .collect();
        // Where something is wrong stands first; the order of names stays within.
        zones.sort_by_key(|zone| rank(zone.level));
        Self {
            schema: "sigtap.status/1",
            version: env!("CARGO_PKG_VERSION"),
            sensor: snapshot.sensor.clone(),
            source: snapshot.source.clone(),
            drill: snapshot.is_drill,
            level: all.first().map_or("ok", |worst| worst.level.name()),
            headline: headline(&all),
            now: moment_of(now),
            started: snapshot.started.map(moment_of),
            age_seconds: moment.age.as_secs(),
            lately: format!(
                "In the last {} s: {} frames, {} DNS messages, {} responses found right, wrong or \
                 unsigned, {} packets lost.",
                lately.seconds,
                lately.frames,
                lately.messages,
                lately.told,
                lately.loss.total()
            ),
            last_told: ago(snapshot.last_told, now),
            concerns: all.into_iter().map(ConcernRow::of).collect(),
            incidents: snapshot
                .incidents
                .worst
                .iter()
                .map(|card| IncidentRow::of(card, now))
                .collect(),
            open_incidents: snapshot.incidents.total(),
            zones,
            zones_total: snapshot.zones.total,
            zones_as_of: moment_of(snapshot.zones.as_of),
            resolvers: snapshot
                .resolvers
                .iter()
                .map(|view| resolver_row(view, now))
                .collect(),
            anchors: snapshot.anchors.clone(),
            figures: figures(snapshot, moment),
        }
    }

    /// How many incidents are open that are not listed.
    pub(super) fn unlisted(&self) -> u64 {
        let listed = u64::try_from(self.incidents.len()).unwrap_or(u64::MAX);
        self.open_incidents.saturating_sub(listed)
    }
}

fn headline(all: &[Concern]) -> String {
    match all.first() {
        Some(worst) if worst.level > Level::Note => worst.what.clone(),
        Some(_) => "Nothing urgent is wrong that this sensor can see".to_owned(),
        None => "Nothing is wrong that this sensor can see".to_owned(),
    }
}

impl ConcernRow {
    fn of(concern: Concern) -> Self {
        Self {
            level: concern.level.name(),
            what: concern.what,
            then: concern.then,
            since: concern.since.map(moment_of),
        }
    }
}

impl IncidentRow {
    fn of(card: &Card, now: Timestamp) -> Self {
        let is_of_the_web = |link: &&String| {
            let link = link.to_ascii_lowercase();
            link.starts_with("https://") || link.starts_with("http://")
        };
        let count = card.count;
        Self {
            id: card.id.clone(),
            kind: card.kind.name(),
            level: level(card.severity),
            title: card.kind.signature(),
            zone: card.zone.as_ref().map(ToString::to_string),
            severity: card.severity.name(),
            confidence: match card.confidence {
                Confidence::Low => "low",
                Confidence::Medium => "medium",
                Confidence::High => "high",
            },
            reasons: card.reasons.join(", "),
            class: card.class.name(),
            cause: card.cause,
            summary: card.summary.clone(),
            first_step: card.first_step.clone(),
            command: card.command.clone(),
            since: ago(Some(card.first_seen), now),
            last: ago(Some(card.last_seen), now),
            count,
            times: if count == 1 {
                "once".to_owned()
            } else {
                format!("{count} times")
            },
            scope: card.scope,
            owner: card.owner.clone(),
            runbook_link: card.runbook.as_ref().filter(is_of_the_web).cloned(),
            runbook: card.runbook.clone(),
            playbook: format!("docs/playbooks/{}.md", card.kind.name()),
        }
    }
}

fn figures(snapshot: &Snapshot, moment: &Moment) -> Vec<Figure> {
    let stats = &snapshot.figures;
    let figure = |name: &str, value| Figure {
        name: name.to_owned(),
        value,
    };
    let mut all = vec![
        figure("packets given by the kernel", stats.kernel_packets),
        figure("packets lost by the kernel", stats.loss.kernel_drops),
        figure("packets lost by the interface", stats.loss.interface_drops),
        figure("packets lost by a full queue", stats.loss.queue_drops),
        figure("frames looked at", snapshot.frames),
        figure("fragments and TCP segments", snapshot.parts),
    ];
    let sorts = [
        ("frames without DNS", &stats.skipped),
        ("lost", &stats.lost_by_stage),
    ];
    for (sort, counts) in sorts {
        all.extend(
            counts
                .iter()
                .map(|(name, value)| figure(&format!("{sort}: {name}"), *value)),
        );
    }
    all.extend([
        figure("DNS messages", stats.messages),
        figure("queries", stats.queries),
        figure("copies of responses", stats.copies),
    ]);
    let unchecked = stats.unchecked.iter();
    all.extend(unchecked.map(|(name, value)| figure(&format!("not judged: {name}"), *value)));
    for ((state, reason), value) in &snapshot.verdicts {
        let reason = reason.map_or(String::new(), |reason| {
            format!(", {}", Reason::name(reason))
        });
        all.push(figure(&format!("judged {state}{reason}"), *value));
    }
    let tables = snapshot.tables.iter();
    all.extend(tables.map(|table| {
        let entries = u64::try_from(table.entries).unwrap_or(u64::MAX);
        figure(&format!("kept: {}", table.name), entries)
    }));
    all.extend(
        moment
            .resident_octets
            .map(|octets| figure("MiB of memory", octets / (1024 * 1024))),
    );
    all
}
