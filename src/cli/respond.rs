//! What is asked in an incident.

use super::args::{Inventory, InventoryArg, Review, ReviewArg, Seen as Typed};
use super::task::settings;
use super::{Error, files};
use crate::portfolio::Portfolio;
use crate::report::{InventoryFormat, InventoryTask, ReviewForm, ReviewTask, Seen, Task};
use std::sync::Arc;

pub(super) fn inventory(typed: Inventory) -> Result<Task, Error> {
    let portfolio = Arc::new(files::portfolio(typed.portfolio.as_deref())?);
    Ok(Task::Inventory(InventoryTask {
        zones: typed.zones,
        seen: seen(typed.seen, &portfolio)?,
        portfolio,
        format: match typed.format {
            InventoryArg::Table => InventoryFormat::Table,
            InventoryArg::Json => InventoryFormat::Json,
            InventoryArg::Csv => InventoryFormat::Csv,
            InventoryArg::Html => InventoryFormat::Html,
        },
    }))
}

pub(super) fn review(typed: Review) -> Result<Task, Error> {
    let portfolio = Arc::new(files::portfolio(typed.portfolio.as_deref())?);
    Ok(Task::Review(ReviewTask {
        zones: typed.zones,
        since: typed.since,
        until: typed.until,
        seen: seen(typed.seen, &portfolio)?,
        portfolio,
        form: match typed.format {
            ReviewArg::Markdown => ReviewForm::Markdown,
            ReviewArg::Html => ReviewForm::Html,
        },
    }))
}

/// Where it stands what was seen.
fn seen(typed: Typed, portfolio: &Arc<Portfolio>) -> Result<Seen, Error> {
    Ok(match typed.state {
        Some(state) => Seen::State(state),
        None => Seen::Captures(Box::new(settings(
            typed.capture,
            &typed.trust_anchor,
            &typed.zone_data,
            Arc::clone(portfolio),
        )?)),
    })
}
