//! What is asked in an incident.

use super::args::{
    Inventory, InventoryArg, Restore, Review, ReviewArg, Seen as Typed, TextArg, Verify,
};
use super::task::settings;
use super::{Error, files};
use crate::ask::Patience;
use crate::portfolio::Portfolio;
use crate::report::{
    Inquiry, InventoryFormat, InventoryTask, RestoreTask, ReviewForm, ReviewTask, Seen, Task,
    VerifyTask,
};
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

pub(super) fn restore(typed: Restore) -> Result<Task, Error> {
    let portfolio = Arc::new(files::portfolio(typed.portfolio.as_deref())?);
    Ok(Task::Restore(RestoreTask {
        zone: typed.zone,
        at: typed.at,
        seen: seen(typed.seen, &portfolio)?,
        portfolio,
        standby: files::keys(&typed.standby_keys)?,
        as_json: typed.format == TextArg::Json,
    }))
}

pub(super) fn verify(typed: Verify) -> Result<Task, Error> {
    let portfolio = Arc::new(files::portfolio(typed.portfolio.as_deref())?);
    let seen = match typed.state {
        Some(state) => Some(Seen::State(state)),
        None if typed.capture.is_empty() => None,
        None => Some(Seen::Captures(Box::new(settings(
            typed.capture,
            &typed.trust_anchor,
            &typed.zone_data,
            Arc::clone(&portfolio),
        )?))),
    };
    let ask = (!typed.ask.is_empty()).then(|| {
        Ok::<_, Error>(Inquiry {
            resolvers: typed.ask,
            settings: Box::new(settings(
                Vec::new(),
                &typed.trust_anchor,
                &typed.zone_data,
                Arc::clone(&portfolio),
            )?),
            patience: Patience::default(),
            watch_seconds: typed.watch,
        })
    });
    Ok(Task::Verify(VerifyTask {
        zones: typed.zones,
        since: typed.since,
        seen,
        ask: ask.transpose()?,
        portfolio,
        as_json: typed.format == TextArg::Json,
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
