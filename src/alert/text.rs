//! The alert as people read it on a terminal.

use super::alert::{Alert, Containment, EventType, Listed};
use super::declared;
use super::prose::{brief, clip, plural};
use super::severity::{Confidence, Severity};
use std::net::IpAddr;

/// Characters of a record that a block shows.
const RECORD: usize = 100;

/// One readable block, ending with an empty line. `colour` asks for the codes that terminals
/// obey; without it there are none.
pub fn text_block(alert: &Alert, colour: bool) -> String {
    let mut lines = vec![heading(alert, colour), format!("  {}", alert.summary)];
    if alert.event_type == EventType::Alert {
        let sure = match alert.confidence {
            Confidence::Low => "low",
            Confidence::Medium => "medium",
            Confidence::High => "high",
        };
        let reasons = alert.confidence_reasons.join(", ");
        let (cause, class) = (alert.cause.name(), alert.cause_class.name());
        let class = if cause == class {
            String::new()
        } else {
            format!(" ({class})")
        };
        let cause = format!("{cause}{class}, confidence {sure}: {reasons}");
        lines.push(field("cause", &cause));
    }
    if let Some(incident) = &alert.incident {
        let names: Vec<String> = incident.names.first.iter().take(3).map(brief).collect();
        lines.push(field("names", &members(&names, incident.names.total)));
        lines.push(field("servers", &addresses(&incident.servers)));
        lines.push(field("resolvers", &addresses(&incident.resolvers)));
        let (count, scope) = (incident.count, incident.scope.name());
        lines.push(field(
            "seen",
            &format!("{}, scope {scope}", plural(count, "time")),
        ));
    }
    if let Some(change) = &alert.change {
        for (name, records) in [("before", &change.before), ("after", &change.after)] {
            let told = members(&first(records), records.len());
            lines.push(field(name, if told.is_empty() { "none" } else { &told }));
        }
        if let Some(rule) = change.rule {
            lines.push(field("rule", rule.name()));
        }
    }
    if let Some(frame) = alert.observed {
        let settled = alert.decided.filter(|decided| *decided != frame);
        let settled = settled.map_or_else(String::new, |by| format!(", settled by frame {by}"));
        lines.push(field("evidence", &format!("frame {frame}{settled}")));
    }
    if let Some(zone) = &alert.asset {
        let told = |text: Option<&String>| text.map_or_else(String::new, |text| clip(text, RECORD));
        lines.push(field("owner", &told(zone.owner.as_ref())));
        lines.push(field("runbook", &told(zone.runbook.as_ref())));
        lines.push(field("key plan", &told(zone.key_plan.as_ref())));
    }
    if let Some(ticket) = declared::ticket(alert.change.as_deref()) {
        lines.push(field("ticket", &clip(ticket, RECORD)));
    }
    lines.extend(steps(&alert.containment));
    lines.retain(|line| !line.is_empty());
    lines.push(String::new());
    lines.join("\n") + "\n"
}

/// What to do next, and where it stands in full.
fn steps(containment: &Containment) -> Vec<String> {
    let mut lines = Vec::new();
    for (number, step) in (1..).zip(&containment.next_steps) {
        lines.push(field(&format!("step {number}"), &step.action));
        lines.push(field("", step.command.as_deref().unwrap_or_default()));
    }
    if !lines.is_empty() {
        let page = containment.playbook.unwrap_or_default();
        lines.push(field("playbook", page));
    }
    lines
}

fn heading(alert: &Alert, colour: bool) -> String {
    let severity = alert.severity.name().to_uppercase();
    let severity = match (colour, alert.severity) {
        (false, _) | (true, Severity::Informational) => severity,
        (true, Severity::Critical | Severity::High) => format!("\u{1b}[1;31m{severity}\u{1b}[0m"),
        (true, Severity::Medium) => format!("\u{1b}[1;33m{severity}\u{1b}[0m"),
        (true, Severity::Low) => format!("\u{1b}[1m{severity}\u{1b}[0m"),
    };
    let zone = alert
        .zone
        .as_ref()
        .map_or_else(String::new, |zone| format!(" {}", brief(zone)));
    let status = alert
        .incident
        .as_ref()
        .map_or("recorded", |incident| incident.status.name());
    format!(
        "{severity}  {}  {}{zone} ({status})",
        alert.time,
        alert.kind.name()
    )
}

fn field(name: &str, value: &str) -> String {
    if value.is_empty() {
        return String::new();
    }
    format!("  {name:<11} {value}")
}

fn first(records: &[String]) -> Vec<String> {
    records
        .iter()
        .take(3)
        .map(|record| clip(record, RECORD))
        .collect()
}

fn addresses(listed: &Listed<IpAddr>) -> String {
    let first = listed.first.iter().take(5).map(ToString::to_string);
    members(&first.collect::<Vec<_>>(), listed.total)
}

/// Some members and how many more there are.
fn members(first: &[String], total: usize) -> String {
    let more = total.saturating_sub(first.len());
    let text = first.join(", ");
    if more == 0 {
        return text;
    }
    format!("{text} and {more} more")
}
