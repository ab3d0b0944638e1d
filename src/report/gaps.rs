//! What a portfolio lacks, for people and machines.

use super::task::Report;
use crate::portfolio::{Gap, Portfolio, PortfolioError, gaps};
use crate::time::Timestamp;
use serde_json::json;
use std::fmt::Write;

/// A portfolio to be looked at.
#[derive(Clone, Debug)]
pub struct GapsTask {
    /// The portfolio, or where it speaks against itself.
    pub portfolio: Result<Portfolio, PortfolioError>,
    /// As of this moment.
    pub now: Timestamp,
    /// As JSON.
    pub as_json: bool,
}

impl GapsTask {
    /// What it lacks. That something is found is bad news.
    pub(super) fn run(&self) -> Report {
        let contradiction = self.portfolio.as_ref().err();
        let (found, zones) = match &self.portfolio {
            Ok(portfolio) => (gaps(portfolio, self.now), portfolio.zones().len()),
            Err(_) => (Vec::new(), 0),
        };
        Report {
            text: if self.as_json {
                json(&found, contradiction)
            } else {
                table(&found, contradiction, zones)
            },
            is_bad_news: contradiction.is_some() || !found.is_empty(),
            remarks: Vec::new(),
        }
    }
}

fn table(found: &[Gap], contradiction: Option<&PortfolioError>, zones: usize) -> String {
    let mut text = String::new();
    // Writing to a string never fails.
    if let Some(contradiction) = contradiction {
        let _ = writeln!(text, "contradiction: {contradiction}");
        return text;
    }
    for gap in found {
        let _ = writeln!(text, "{}  {}", gap.zone, gap.kind);
    }
    let plural = |count, noun| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let zones = plural(zones, "zone");
    let _ = match found.len() {
        0 => writeln!(text, "{zones}, nothing is lacking"),
        count => writeln!(text, "{zones}, {} to mend", plural(count, "thing")),
    };
    text
}

fn json(found: &[Gap], contradiction: Option<&PortfolioError>) -> String {
    let found = found.iter().map(|gap| {
        json!({
            "zone": gap.zone.to_string(),
            "gap": gap.kind.name(),
            "detail": gap.kind.to_string(),
        })
    });
    let report = json!({
        "schema": "sigtap.portfolio-check/1",
        "contradiction": contradiction.map(|found| {
            json!({"line": found.line, "detail": found.problem.to_string()})
        }),
        "gaps": found.collect::<Vec<_>>(),
    });
    format!("{report}\n")
}
