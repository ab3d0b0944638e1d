//! A portfolio as TOML has it: the right keys with values of the right types, and where each
//! stands.

use super::problem::{PortfolioError, Problem};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};
use toml::value::Datetime;

/// How alike a wrong key must be to a right one, from 0 to 1, to be taken for it.
const ALIKE: f64 = 0.7;

/// Keys of the file, of a zone, of a declared change, and of a resolver.
const FILE: &[&str] = &["zone", "resolver"];
const ZONE: &[&str] = &[
    "name",
    "criticality",
    "owner",
    "signer",
    "ds_publisher",
    "runbook",
    "key_plan",
    "expect",
    "pinned_ds",
    "change",
];
const CHANGE: &[&str] = &[
    "ticket",
    "approver",
    "from",
    "until",
    "ds_before",
    "ds_after",
];
const RESOLVER: &[&str] = &["address", "name", "software", "validates"];

pub(super) type Text = Spanned<String>;
pub(super) type Texts = Vec<Text>;

#[derive(Debug, Deserialize)]
pub(super) struct RawFile {
    #[serde(default)]
    pub(super) zone: Vec<RawZone>,
    #[serde(default)]
    pub(super) resolver: Vec<RawResolver>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawZone {
    pub(super) name: Text,
    pub(super) criticality: Option<Text>,
    pub(super) owner: Option<Text>,
    pub(super) signer: Option<Text>,
    pub(super) ds_publisher: Option<Text>,
    pub(super) runbook: Option<Text>,
    pub(super) key_plan: Option<Text>,
    pub(super) expect: Option<Text>,
    pub(super) pinned_ds: Option<Spanned<Texts>>,
    #[serde(default)]
    pub(super) change: Vec<RawChange>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawChange {
    pub(super) ticket: Text,
    pub(super) approver: Option<Text>,
    pub(super) from: Spanned<Datetime>,
    pub(super) until: Spanned<Datetime>,
    pub(super) ds_before: Option<Texts>,
    pub(super) ds_after: Texts,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawResolver {
    pub(super) address: Text,
    pub(super) name: Option<Text>,
    pub(super) software: Option<Text>,
    pub(super) validates: Option<bool>,
}

/// The file, as TOML has it.
pub(super) fn parse(text: &str) -> Result<RawFile, PortfolioError> {
    let bad = |error: &toml::de::Error| at(text, error.span(), toml_problem(error));
    let table = DeTable::parse(text).map_err(|error| bad(&error))?;
    check_keys(text, table.get_ref(), "the file", FILE)?;
    for zone in tables(table.get_ref(), "zone") {
        check_keys(text, zone, "[[zone]]", ZONE)?;
        for change in tables(zone, "change") {
            check_keys(text, change, "[[zone.change]]", CHANGE)?;
        }
    }
    for resolver in tables(table.get_ref(), "resolver") {
        check_keys(text, resolver, "[[resolver]]", RESOLVER)?;
    }
    RawFile::deserialize(Deserializer::from(table)).map_err(|error| bad(&error))
}

/// A problem at a place of the text.
pub(super) fn at(text: &str, span: Option<Range<usize>>, problem: Problem) -> PortfolioError {
    let start = span.map_or(0, |span| span.start);
    PortfolioError {
        line: line(text, start),
        problem,
    }
}

/// The line of an octet, from 1.
pub fn line(text: &str, octet: usize) -> usize {
    let before = text.bytes().take(octet);
    1 + before.filter(|octet| *octet == b'\n').count()
}

fn toml_problem(error: &toml::de::Error) -> Problem {
    // Some of its messages have several lines.
    let lines: Vec<&str> = error.message().lines().map(str::trim).collect();
    Problem::Toml {
        message: lines.join("; "),
    }
}

/// The tables in the array of tables with this key.
fn tables<'a>(table: &'a DeTable<'a>, key: &str) -> impl Iterator<Item = &'a DeTable<'a>> {
    let array = table.get(key).and_then(|value| value.get_ref().as_array());
    let values = array.into_iter().flat_map(|array| array.iter());
    values.filter_map(|value| DeValue::as_table(value.get_ref()))
}

/// Refuses the first key that is none of these.
fn check_keys(
    text: &str,
    table: &DeTable<'_>,
    name: &'static str,
    known: &'static [&'static str],
) -> Result<(), PortfolioError> {
    let strange = table
        .keys()
        .filter(|key| !known.contains(&key.get_ref().as_ref()));
    let Some(key) = strange.min_by_key(|key| key.span().start) else {
        return Ok(());
    };
    let problem = Problem::UnknownKey {
        nearest: nearest(key.get_ref(), known.iter().copied()),
        key: super::read::shortened(key.get_ref()),
        table: name,
    };
    Err(at(text, Some(key.span()), problem))
}

/// The known key that a wrong one is most alike, if any is.
pub fn nearest<'a>(key: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody mistypes a whole paragraph, and the comparison takes a square of its length.
    let key: String = key.chars().take(40).collect();
    let key = key.to_lowercase().replace('-', "_");
    let alike = known.into_iter().map(|known| {
        let plain = known.replace('-', "_");
        let is_part = key.len() > 2 && (plain.contains(&key) || key.contains(&plain));
        let part = if is_part { ALIKE } else { 0.0 };
        (strsim::jaro_winkler(&key, &plain).max(part), known)
    });
    let best = alike.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}
