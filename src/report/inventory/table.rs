//! An inventory on a terminal.

use super::Inventory;
use super::row::{Key, Row};
use crate::report::words::{from_now, list, moment, moment_or, span};
use crate::time::Timestamp;
use crate::watch::Denial;
use std::fmt;

/// The widest that a column of names gets.
const WIDEST: usize = 40;

impl fmt::Display for Inventory {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}", self.headline())?;
        let drill = if self.is_drill { "EXERCISE, " } else { "" };
        writeln!(out, "{drill}as of {}", moment(self.now))?;
        self.list_lacks(out)?;
        if self.is_in_detail {
            for row in &self.rows {
                writeln!(out)?;
                detail(out, row, self.now)?;
            }
            return Ok(());
        }
        self.list_zones(out)
    }
}

impl Inventory {
    fn list_lacks(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.lacking().next().is_none() {
            return Ok(());
        }
        writeln!(out, "\nTo look at first:")?;
        for row in self.lacking() {
            let name = row.criticality().name();
            let criticality = if name == "critical" { "  CRITICAL" } else { "" };
            writeln!(out, "  {}{criticality}", row.zone())?;
            for lack in &row.lacks {
                writeln!(out, "    - {}", lack.words)?;
            }
        }
        Ok(())
    }

    fn list_zones(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let titles = [
            "zone",
            "state",
            "signed",
            "chain",
            "keys",
            "runs out first",
            "validated by",
            "owner",
        ];
        let cells: Vec<Vec<String>> = self.rows.iter().map(|row| cells(row, self.now)).collect();
        let width = |at: usize| {
            let cells = cells.iter().filter_map(|row| row.get(at));
            let widest = cells.map(|cell| cell.chars().count()).max();
            let title = titles.get(at).map_or(0, |title| title.len());
            widest.unwrap_or_default().max(title).min(WIDEST)
        };
        let widths: Vec<usize> = (0..titles.len()).map(width).collect();
        let mut line = |cells: Vec<String>| {
            let padded = cells.iter().zip(&widths);
            let padded = padded.map(|(cell, width)| format!("{cell:<width$}"));
            let text = padded.collect::<Vec<_>>().join("  ");
            writeln!(out, "{}", text.trim_end())
        };
        line(vec![String::new()])?;
        line(titles.map(str::to_owned).to_vec())?;
        cells.into_iter().try_for_each(line)
    }
}

fn yes(answer: Option<bool>) -> &'static str {
    match answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "?",
    }
}

fn cells(row: &Row, now: Timestamp) -> Vec<String> {
    let keys = row
        .keys
        .iter()
        .map(|key| format!("{} {}", key.role, key.tag));
    let end = row.ends.first();
    let validated: Vec<&str> = row.validated_by().map(|one| one.title.as_str()).collect();
    vec![
        row.zone().to_string(),
        row.chain.state.name().to_owned(),
        yes(row.is_signed()).to_owned(),
        yes(row.is_intact()).to_owned(),
        keys.collect::<Vec<_>>().join(" "),
        end.map_or_else(|| "-".to_owned(), |end| from_now(end.time, now)),
        if validated.is_empty() {
            "-".to_owned()
        } else {
            validated.join(" ")
        },
        row.owner().unwrap_or_else(|| "-".to_owned()),
    ]
}

/// All that is known of one zone.
fn detail(out: &mut fmt::Formatter<'_>, row: &Row, now: Timestamp) -> fmt::Result {
    writeln!(
        out,
        "{}  {}: {}",
        row.zone(),
        row.chain.state.name(),
        row.chain.why
    )?;
    let mut line = |title: &str, text: String| writeln!(out, "  {title:<16}{text}");
    line("criticality", row.criticality().name().to_owned())?;
    for (title, text) in contacts(row) {
        line(title, text)?;
    }
    line("last seen", moment_or(row.facts.last_seen(), "never"))?;
    line("data signed", yes(row.is_signed()).to_owned())?;
    line("chain intact", yes(row.is_intact()).to_owned())?;
    for link in &row.chain.links {
        line(
            "",
            format!(
                "{:<24} {:<12} {}",
                link.zone.to_string(),
                link.state.name(),
                link.words
            ),
        )?;
    }
    for (at, key) in row.keys.iter().enumerate() {
        line(if at == 0 { "keys" } else { "" }, told_key(key))?;
    }
    if let Some(shown) = row.unverified_keys() {
        line(
            "keys shown now",
            format!(
                "{} (tag, algorithm, flags), which nothing vouches for",
                list(shown)
            ),
        )?;
    }
    if let Some(keys) = row.facts.current_keys() {
        line("DNSKEY TTL", span(i64::from(keys.ttl.seconds())))?;
    }
    match row.facts.current_ds() {
        Some(ds) if ds.records.is_empty() => line("DS at parent", "none, proven".to_owned())?,
        Some(ds) => {
            for (at, record) in ds.records.iter().enumerate() {
                line(if at == 0 { "DS at parent" } else { "" }, record.clone())?;
            }
            line("DS TTL", span(i64::from(ds.ttl.seconds())))?;
        }
        None => line("DS at parent", "not seen".to_owned())?,
    }
    if !row.facts.servers.is_empty() {
        line("servers", list(&row.facts.servers))?;
    }
    if let Some(denial) = row.facts.standing.denial {
        line("denial", told_denial(denial))?;
    }
    for (at, end) in row.ends.iter().take(3).enumerate() {
        let text = format!(
            "{}, {} ({})",
            end.about,
            moment(end.time),
            from_now(end.time, now)
        );
        line(if at == 0 { "runs out first" } else { "" }, text)?;
    }
    for (at, one) in row.validators.iter().enumerate() {
        let text = told_validator(one);
        line(if at == 0 { "resolvers" } else { "" }, text)?;
    }
    for (at, step) in row.steps.iter().enumerate() {
        let title = if at == 0 { "rollover" } else { "" };
        line(title, step.stands.clone())?;
        let safe = format!(
            "next: {}, not before {} ({})",
            step.next,
            moment(step.safe_from),
            from_now(step.safe_from, now)
        );
        line("", safe)?;
        line("", format!("  = {} [{}]", step.formula, step.reference))?;
    }
    for (at, weakness) in row.weaknesses.iter().enumerate() {
        line(
            if at == 0 { "weaknesses" } else { "" },
            weakness.words.clone(),
        )?;
    }
    for (at, open) in row.facts.open_incidents().enumerate() {
        let text = format!(
            "{} since {}: {}",
            open.kind,
            moment(open.began),
            open.summary
        );
        line(if at == 0 { "open incidents" } else { "" }, text)?;
    }
    Ok(())
}

/// Whom to call and where it stands what to do.
fn contacts(row: &Row) -> Vec<(&'static str, String)> {
    let table = [
        ("owner", row.owner()),
        ("signer", row.told(|zone| zone.signer.as_ref())),
        ("DS publisher", row.told(|zone| zone.ds_publisher.as_ref())),
        ("runbook", row.runbook()),
        ("key plan", row.told(|zone| zone.key_plan.as_ref())),
    ];
    let told = table.into_iter();
    told.filter_map(|(title, text)| Some((title, text?)))
        .collect()
}

fn told_key(key: &Key) -> String {
    let ds = if key.has_ds {
        ", named by the DS set"
    } else {
        ""
    };
    let revoked = if key.is_revoked { ", revoked" } else { "" };
    format!(
        "{} {} algorithm {}{ds}{revoked}",
        key.role, key.tag, key.algorithm
    )
}

pub(super) fn told_denial(denial: Denial) -> String {
    match denial {
        Denial::Nsec => "NSEC".to_owned(),
        Denial::Nsec3 {
            iterations,
            salt_octets,
            has_opt_out,
        } => {
            let opt_out = if has_opt_out { ", opt-out" } else { "" };
            format!("NSEC3, {iterations} iterations, salt of {salt_octets} octets{opt_out}")
        }
    }
}

/// Whether a resolver validates the zone, in words.
pub(super) fn told_validator(one: &super::row::Validator) -> String {
    let should = if one.is_expected {
        " (should validate)"
    } else {
        ""
    };
    let seen = match (one.authentic, one.passed_on, one.asked_keys) {
        (_, Some(at), _) => format!(
            "gave clients data that fails to verify, last {}",
            moment(at)
        ),
        (Some(at), None, _) => format!("validated it, last {}", moment(at)),
        (None, None, Some(at)) => format!(
            "asked for its keys, last {}; its answers were not seen",
            moment(at)
        ),
        (None, None, None) => "not seen to validate it".to_owned(),
    };
    format!("{}{should}: {seen}", one.title)
}
