//! One zone of the portfolio.

use super::plan::Plan;
use crate::message::{Ds, Name};
use crate::time::Timestamp;

/// How much hangs on a zone.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub enum Criticality {
    /// Its alerts are one step more severe.
    Critical,
    /// As any other.
    #[default]
    Normal,
}

impl Criticality {
    /// As the portfolio names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Normal => "normal",
        }
    }
}

/// What validating resolvers should find (RFC 4033 §5).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Expected {
    /// A chain of trust that holds.
    Secure,
    /// No DS.
    Insecure,
}

impl Expected {
    /// As the portfolio names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secure => "secure",
            Self::Insecure => "insecure",
        }
    }
}

/// What the operator says of a zone.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Zone {
    /// The zone.
    pub name: Name,
    /// How much hangs on it.
    pub criticality: Criticality,
    /// Who answers for it.
    pub owner: Option<String>,
    /// Who holds the keys.
    pub signer: Option<String>,
    /// Who has the parent publish DS records.
    pub ds_publisher: Option<String>,
    /// Where it stands what to do.
    pub runbook: Option<String>,
    /// Where it stands how keys roll.
    pub key_plan: Option<String>,
    /// What validating resolvers should find.
    pub expect: Option<Expected>,
    /// The only DS set that is right outside of a declared change, sorted; empty for none at all.
    pub pinned_ds: Option<Vec<Ds>>,
    /// What is to change, in the order of the file.
    pub plans: Vec<Plan>,
}

impl Zone {
    /// Of which nothing is said but its name.
    pub(super) fn named(name: Name) -> Self {
        Self {
            name,
            criticality: Criticality::default(),
            owner: None,
            signer: None,
            ds_publisher: None,
            runbook: None,
            key_plan: None,
            expect: None,
            pinned_ds: None,
            plans: Vec::new(),
        }
    }

    /// The declared change that leads from one DS set to another at `time`.
    pub fn plan_for(&self, before: &[Ds], after: &[Ds], time: Timestamp) -> Option<&Plan> {
        let mut plans = self.plans.iter();
        plans.find(|plan| plan.miss(before, after, time).is_none())
    }

    /// The declared change that a DS set is the end of, if its time has come.
    pub fn plan_to(&self, after: &[Ds], time: Timestamp) -> Option<&Plan> {
        let mut plans = self.plans.iter().rev();
        plans.find(|plan| plan.leads_to(after) && plan.from <= time)
    }

    /// Which declaration a change misses and how, in words; nothing if there is none near it.
    pub fn miss(&self, before: &[Ds], after: &[Ds], time: Timestamp) -> Option<String> {
        let near = self.plans.iter().filter(|plan| plan.is_near(after, time));
        let closest = near.min_by_key(|plan| plan.distance(after, time))?;
        closest.miss(before, after, time)
    }

    /// Why a DS set is the right one whatever was there before, in words.
    pub fn approval(&self, set: &[Ds]) -> Option<&'static str> {
        if self.pinned_ds.as_deref() == Some(set) {
            return Some("it is the set that the portfolio pins");
        }
        let is_insecure = self.expect == Some(Expected::Insecure);
        (is_insecure && set.is_empty()).then_some("the portfolio expects the zone to be insecure")
    }

    /// What speaks against a DS set, whatever announces it, in words.
    pub fn objection(&self, set: &[Ds]) -> Option<String> {
        if let Some(pinned) = self.pinned_ds.as_deref().filter(|pinned| *pinned != set) {
            let (pinned, found) = (super::plan::brief(pinned), super::plan::brief(set));
            return Some(format!("the portfolio pins {pinned}, this is {found}"));
        }
        match self.expect {
            Some(Expected::Secure) if set.is_empty() => {
                Some("the portfolio expects the zone to be secure".to_owned())
            }
            Some(Expected::Insecure) if !set.is_empty() => {
                Some("the portfolio expects the zone to be insecure".to_owned())
            }
            Some(_) | None => None,
        }
    }
}
