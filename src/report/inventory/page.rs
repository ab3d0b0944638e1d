//! An inventory as a page that needs nothing else.

use super::Inventory;
use super::row::Row;
use super::table::{contacts, told_denial, told_validator};
use crate::report::error::Error;
use crate::report::words::{from_now, moment, moment_or, span};
use crate::state::Incident;
use crate::time::Timestamp;
use askama::Template;

/// The page; askama escapes all that goes into it.
#[derive(Template)]
#[template(path = "inventory.html")]
struct Page<'a> {
    headline: String,
    now: String,
    is_drill: bool,
    zones: Vec<Zone<'a>>,
}

struct Zone<'a> {
    row: &'a Row,
    state: &'static str,
    signed: &'static str,
    intact: &'static str,
    is_critical: bool,
    ends_first: String,
    ends: Vec<(String, String)>,
    validated_by: Vec<&'a str>,
    resolvers: Vec<String>,
    owner: String,
    contacts: Vec<(&'static str, String)>,
    last_seen: String,
    ds_ttl: String,
    dnskey_ttl: String,
    denial: String,
    steps: Vec<(String, String, String)>,
    open: Vec<(String, String)>,
}

impl Inventory {
    pub(super) fn to_html(&self) -> Result<String, Error> {
        let page = Page {
            headline: self.headline(),
            now: moment(self.now),
            is_drill: self.is_drill,
            zones: self.rows.iter().map(|row| zone(row, self.now)).collect(),
        };
        page.render().map_err(Error::Page)
    }
}

fn zone(row: &Row, now: Timestamp) -> Zone<'_> {
    let yes = |answer: Option<bool>| match answer {
        Some(true) => "yes",
        Some(false) => "no",
        None => "not seen",
    };
    let ttl = |set: Option<&crate::state::StoredSet>| {
        set.map_or_else(
            || "not seen".to_owned(),
            |set| span(i64::from(set.ttl.seconds())),
        )
    };
    let told = |time| format!("{} ({})", moment(time), from_now(time, now));
    let steps = row.steps.iter().map(|step| {
        let safe = format!("{}: not before {}", step.next, told(step.safe_from));
        let because = format!("{} ({})", step.formula, step.reference);
        (step.stands.clone(), safe, because)
    });
    Zone {
        row,
        state: row.chain.state.name(),
        signed: yes(row.is_signed()),
        intact: yes(row.is_intact()),
        is_critical: row.criticality().name() == "critical",
        ends_first: row
            .ends
            .first()
            .map_or_else(|| "–".to_owned(), |end| from_now(end.time, now)),
        ends: row
            .ends
            .iter()
            .take(5)
            .map(|end| (end.about.clone(), told(end.time)))
            .collect(),
        validated_by: row.validated_by().map(|one| one.title.as_str()).collect(),
        resolvers: row.validators.iter().map(told_validator).collect(),
        owner: row.owner().unwrap_or_else(|| "–".to_owned()),
        contacts: contacts(row),
        last_seen: moment_or(row.facts.last_seen(), "never"),
        ds_ttl: ttl(row.facts.current_ds()),
        dnskey_ttl: ttl(row.facts.current_keys()),
        denial: row
            .facts
            .standing
            .denial
            .map_or_else(|| "not seen".to_owned(), told_denial),
        steps: steps.collect(),
        open: row.facts.open_incidents().map(opened).collect(),
    }
}

/// An open incident: since when, and what it is.
fn opened(open: &Incident) -> (String, String) {
    let title = format!("{} since {}", open.kind, moment(open.began));
    (title, open.summary.clone())
}
