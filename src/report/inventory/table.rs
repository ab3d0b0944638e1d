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

/// Lines that belong together: the title stands before the first.
type Lines = (&'static str, Vec<String>);

/// All that is known of one zone.
fn detail(out: &mut fmt::Formatter<'_>, row: &Row, now: Timestamp) -> fmt::Result {
    let (state, why) = (row.chain.state.name(), &row.chain.why);
    writeln!(out, "{}  {state}: {why}", row.zone())?;
    let contacts = contacts(row).into_iter();
    let contacts = contacts.map(|(title, text)| (title, vec![text]));
    let parts = standing(row).into_iter().chain(contacts);
    let parts = parts.chain(sets(row)).chain(prospects(row, now));
    for (title, lines) in parts {
        for (at, text) in lines.iter().enumerate() {
            let title = if at == 0 { title } else { "" };
            writeln!(out, "  {title:<16}{text}")?;
        }
    }
    Ok(())
}

fn standing(row: &Row) -> Vec<Lines> {
    let links = row.chain.links.iter().map(|link| {
        let (zone, state) = (link.zone.to_string(), link.state.name());
        format!("{zone:<24} {state:<12} {}", link.words)
    });
    let last_seen = moment_or(row.facts.last_seen(), "never");
    vec![
        ("criticality", vec![row.criticality().name().to_owned()]),
        ("last seen", vec![last_seen]),
        ("data signed", vec![yes(row.is_signed()).to_owned()]),
        ("chain intact", vec![yes(row.is_intact()).to_owned()]),
        ("chain", links.collect()),
    ]
}

fn sets(row: &Row) -> Vec<Lines> {
    let facts = &row.facts;
    let ttl = |set: &crate::state::StoredSet| vec![span(i64::from(set.ttl.seconds()))];
    let shown = row.unverified_keys().map(|shown| {
        let shown = list(shown);
        vec![format!(
            "{shown} (tag, algorithm, flags), which nothing vouches for"
        )]
    });
    let ds = facts.current_ds();
    let records = match ds {
        Some(ds) if ds.records.is_empty() => vec!["none, proven".to_owned()],
        Some(ds) => ds.records.clone(),
        None => vec!["not seen".to_owned()],
    };
    let servers = Some(&facts.servers).filter(|servers| !servers.is_empty());
    let denial = facts.standing.denial.map(told_denial);
    vec![
        ("keys", row.keys.iter().map(told_key).collect()),
        ("keys shown now", shown.unwrap_or_default()),
        (
            "DNSKEY TTL",
            facts.current_keys().map(ttl).unwrap_or_default(),
        ),
        ("DS at parent", records),
        ("DS TTL", ds.map(ttl).unwrap_or_default()),
        ("servers", servers.map(list).into_iter().collect()),
        ("denial", denial.into_iter().collect()),
    ]
}

/// What runs out, who validates, what comes next, and what is wrong.
fn prospects(row: &Row, now: Timestamp) -> Vec<Lines> {
    let told = |time| format!("{} ({})", moment(time), from_now(time, now));
    let ends = row.ends.iter().take(3);
    let steps = row.steps.iter().flat_map(|step| {
        [
            step.stands.clone(),
            format!("next: {}, not before {}", step.next, told(step.safe_from)),
            format!("  = {} [{}]", step.formula, step.reference),
        ]
    });
    let weaknesses = row.weaknesses.iter();
    let open = row.facts.open_incidents().map(|open| {
        let since = moment(open.began);
        format!("{} since {since}: {}", open.kind, open.summary)
    });
    vec![
        (
            "runs out first",
            ends.map(|end| format!("{}, {}", end.about, told(end.time)))
                .collect(),
        ),
        (
            "resolvers",
            row.validators.iter().map(told_validator).collect(),
        ),
        ("rollover", steps.collect()),
        (
            "weaknesses",
            weaknesses.map(|weakness| weakness.words.clone()).collect(),
        ),
        ("open incidents", open.collect()),
    ]
}

/// Whom to call and where it stands what to do.
pub(super) fn contacts(row: &Row) -> Vec<(&'static str, String)> {
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
