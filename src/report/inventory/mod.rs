//! Which zones there are, how each stands, and what it lacks.
//!
//! Takes zones and what was seen, and gives a table, JSON, CSV or a page. Owns nothing.

mod comma;
mod json;
mod lack;
mod page;
mod rollover;
mod row;
mod table;
mod weakness;

use super::chain::{Chains, State};
use super::error::Error;
use super::opened::Opened;
use super::task::{Report, Seen};
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use row::Row;
use std::sync::Arc;

/// How an inventory looks.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum InventoryFormat {
    /// For people.
    Table,
    /// One JSON object.
    Json,
    /// One line a zone.
    Csv,
    /// A page that needs nothing else.
    Html,
}

/// An inventory that is asked for.
#[derive(Clone, Debug)]
pub struct InventoryTask {
    /// These zones; if none are named those of the portfolio, and without one all that were seen.
    pub zones: Vec<Name>,
    /// What was seen.
    pub seen: Seen,
    /// What the operator says of them.
    pub portfolio: Arc<Portfolio>,
    /// How it looks.
    pub format: InventoryFormat,
}

/// An inventory.
#[derive(Debug)]
struct Inventory {
    /// As of this moment.
    now: Timestamp,
    is_drill: bool,
    /// Zones were named, so all is told of each.
    is_in_detail: bool,
    has_portfolio: bool,
    /// What lacks something comes first.
    rows: Vec<Row>,
}

impl InventoryTask {
    pub(super) fn run(&self) -> Result<Report, Error> {
        let opened = Opened::new(&self.seen)?;
        let inventory = self.read(&opened)?;
        let text = match self.format {
            InventoryFormat::Table => inventory.to_string(),
            InventoryFormat::Json => inventory.to_json(),
            InventoryFormat::Csv => inventory.to_csv(),
            InventoryFormat::Html => inventory.to_html()?,
        };
        Ok(Report {
            text,
            remarks: Vec::new(),
            is_bad_news: false,
        })
    }

    fn read(&self, opened: &Opened) -> Result<Inventory, Error> {
        let mut zones = if !self.zones.is_empty() {
            self.zones.clone()
        } else if self.portfolio.is_empty() {
            opened.reader.zones()?
        } else {
            self.portfolio
                .zones()
                .map(|zone| zone.name.clone())
                .collect()
        };
        zones.sort();
        zones.dedup();
        let mut chains = Chains::new(&opened.reader, &self.portfolio, opened.now);
        let rows = zones.iter();
        let rows = rows.map(|zone| Row::read(&mut chains, zone, &self.portfolio, opened.now));
        let mut rows = rows.collect::<Result<Vec<Row>, Error>>()?;
        if self.zones.is_empty() && self.portfolio.is_empty() {
            rows.retain(Row::is_zone);
        }
        rows.sort_by(|one, other| one.rank().cmp(&other.rank()));
        Ok(Inventory {
            now: opened.now,
            is_drill: opened.is_drill,
            is_in_detail: !self.zones.is_empty(),
            has_portfolio: !self.portfolio.is_empty(),
            rows,
        })
    }
}

impl Inventory {
    /// How many zones stand so.
    fn count(&self, state: State) -> usize {
        let rows = self.rows.iter();
        rows.filter(|row| row.chain.state == state).count()
    }

    fn lacking(&self) -> impl Iterator<Item = &Row> {
        self.rows.iter().filter(|row| !row.lacks.is_empty())
    }

    /// The answer in one line.
    fn headline(&self) -> String {
        let states = [
            State::Broken,
            State::Failing,
            State::Secure,
            State::Insecure,
            State::Unknown,
        ];
        let counts = states
            .into_iter()
            .filter_map(|state| match self.count(state) {
                0 => None,
                count => Some(format!("{count} {}", state.name())),
            });
        let counts: Vec<String> = counts.collect();
        let zones = super::words::plural(self.rows.len(), "zone");
        let lacking = self.lacking().count();
        let held = if self.has_portfolio {
            format!("; {lacking} to look at first")
        } else {
            String::new()
        };
        format!("{zones}: {}{held}", counts.join(", "))
    }
}
