//! What the portfolio declares, beside what an earlier run left.

use super::judge::Judge;
use super::stuck::Stuck;
use crate::message::Ds;
use crate::portfolio::Plan;
use crate::time::Timestamp;
use serde::Serialize;
use std::sync::Arc;

/// A planned change as the history keeps it: times and records as text.
#[derive(Serialize)]
struct Declared<'a> {
    ticket: &'a str,
    approver: Option<&'a str>,
    from: String,
    until: String,
    ds_before: Option<Vec<String>>,
    ds_after: Vec<String>,
}

impl<'a> Declared<'a> {
    fn new(plan: &'a Plan) -> Self {
        let texts = |set: &Vec<Ds>| set.iter().map(ToString::to_string).collect();
        Self {
            ticket: &plan.ticket,
            approver: plan.approver.as_deref(),
            from: plan.from.to_string(),
            until: plan.until.to_string(),
            ds_before: plan.ds_before.as_ref().map(texts),
            ds_after: texts(&plan.ds_after),
        }
    }
}

impl Judge {
    /// Notes since when each planned change is declared, and ends the incidents of changes that
    /// were declared after they were seen.
    pub(super) fn declare(&mut self, now: Timestamp) -> Result<(), Stuck> {
        let portfolio = Arc::clone(&self.portfolio);
        let is_idle = portfolio.zones().all(|zone| zone.plans.is_empty());
        if is_idle {
            return Ok(());
        }
        for zone in portfolio.zones() {
            for plan in &zone.plans {
                if let Some(memory) = &mut self.memory {
                    memory.declare(zone.name.to_string(), &Declared::new(plan), now)?;
                }
            }
        }
        // By the clock of this run, which may have seen nothing yet.
        let mut alerts = self.incidents.advance(now);
        alerts.extend(self.incidents.declared());
        self.tell(&alerts)
    }
}
