//! What the portfolio says of a DS set: planned (DS-2), or spoken against.

use super::change::{Change, ChangeKind, Rule};
use super::ds::{DsSet, change_kind};
use super::history::History;
use super::judge::Case;
use super::judgement::Judgement;
use super::open::draft;
use super::settle::Judged;
use super::timeline::Proof;
use crate::portfolio;
use std::sync::Arc;

impl Case<'_> {
    /// DS-2: the portfolio declares the change, or says that its end is how it should be.
    pub(super) fn planned(&self) -> Option<Judgement> {
        let zone = self.declared?;
        let (before, after) = (self.open.before.records(), self.open.after.records());
        let Some(plan) = zone.plan_for(before, after, self.open.time) else {
            let why = zone.approval(after)?;
            return Some(Judgement::expected(Rule::Planned, why.to_owned()));
        };
        let why = format!("declared in the portfolio as {}", plan.title());
        Some(Judgement {
            ticket: Some(plan.ticket.clone()),
            ..Judgement::expected(Rule::Planned, why)
        })
    }

    /// A judgement, held against the portfolio: what it speaks against is unexpected whatever
    /// announces it, and what is not as it was declared says so.
    pub(super) fn measured(&self, judgement: Judgement) -> Judgement {
        let Some(zone) = self.declared else {
            return judgement;
        };
        let (before, after) = (self.open.before.records(), self.open.after.records());
        if judgement.rule == Some(Rule::Planned) {
            return judgement;
        }
        let miss = zone.miss(before, after, self.open.time);
        let objection = zone.objection(after);
        let is_objected = objection.is_some();
        let is_expected = judgement.is_expected && !is_objected;
        let rule = match judgement.rule {
            // An announcement settles nothing where the portfolio speaks against it.
            _ if is_expected || !judgement.is_expected => judgement.rule,
            _ if after.is_empty() => Some(Rule::Withdrawn),
            Some(_) | None => None,
        };
        let texts = [miss, objection, Some(judgement.why)];
        let texts: Vec<String> = texts.into_iter().flatten().collect();
        Judgement {
            is_expected,
            is_objected,
            rule,
            why: texts.join("; "),
            ..judgement
        }
    }
}

impl History {
    /// Takes up what the portfolio says of the zone; what was judged before is judged anew where
    /// it was declared since.
    pub(super) fn declare(&mut self, zone: Option<Arc<portfolio::Zone>>) {
        self.declared.clone_from(&zone);
        let Some(zone) = zone else { return };
        for judged in self
            .judged
            .iter_mut()
            .filter(|judged| !judged.change.is_expected)
        {
            let Judged {
                before,
                after,
                change,
                ..
            } = judged;
            let Some(after) = after else { continue };
            if let Some(plan) = zone.plan_for(before.records(), after.records(), change.time) {
                change.is_expected = true;
                change.is_hijack = false;
                change.rule = Some(Rule::Planned);
                change.ticket = Some(plan.ticket.clone());
            }
        }
    }

    /// Tells at once of an open change that no announcement can make right, if the portfolio
    /// speaks against it. How bad it is may turn out later.
    pub(super) fn object(&mut self, at: usize) {
        let (Some(zone), Some(open)) = (&self.declared, self.open.get_mut(at)) else {
            return;
        };
        let after = open.after.records();
        let Some(objection) = zone.objection(after).filter(|_| !open.is_objected) else {
            return;
        };
        open.is_objected = true;
        let miss = zone.miss(open.before.records(), after, open.time);
        let texts: Vec<String> = miss.into_iter().chain([objection]).collect();
        self.told.push(Change {
            is_objected: true,
            why: texts.join("; "),
            ..open.draft(&self.zone)
        });
    }

    /// Tells what the portfolio has against the DS set in force, or against there being none,
    /// once in each run.
    pub(super) fn measure(&mut self, set: &DsSet, proof: &Proof<'_>) {
        if !std::mem::replace(&mut self.is_measured, true) {
            let change = self.measured(set, proof);
            self.told.extend(change);
        }
    }

    fn measured(&self, set: &DsSet, proof: &Proof<'_>) -> Option<Change> {
        let zone = self.declared.as_ref()?;
        let found = set.records();
        let objection = zone.objection(found)?;
        if zone.plan_to(found, proof.sight.time).is_some() {
            return None;
        }
        let pinned = DsSet::of(zone.pinned_ds.clone().unwrap_or_default());
        let kind = if set.is_empty() {
            ChangeKind::DsWithdrawn
        } else {
            change_kind(&pinned, set)
        };
        let miss = zone.miss(pinned.records(), found, proof.sight.time);
        let texts = miss.into_iter().chain([objection]);
        Some(Change {
            before: pinned.texts(),
            after: set.texts(),
            is_objected: true,
            why: texts.collect::<Vec<_>>().join("; "),
            ..draft(&self.zone, kind, proof)
        })
    }
}
