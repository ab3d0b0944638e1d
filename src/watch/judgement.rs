//! What is thought of a change.

use super::change::{Change, Rule};

/// What is thought of a change.
#[derive(Clone, Debug)]
pub(super) struct Judgement {
    /// The rule that settled it.
    pub(super) rule: Option<Rule>,
    /// Whether it was expected.
    pub(super) is_expected: bool,
    /// The pattern of a hijack.
    pub(super) is_hijack: bool,
    /// Why, in plain words.
    pub(super) why: String,
    /// The declared change that it is.
    pub(super) ticket: Option<String>,
    /// The portfolio speaks against it.
    pub(super) is_objected: bool,
}

impl Judgement {
    /// An audit record.
    pub(super) fn expected(rule: Rule, why: String) -> Self {
        Self {
            rule: Some(rule),
            is_expected: true,
            is_hijack: false,
            why,
            ticket: None,
            is_objected: false,
        }
    }

    /// An alarm.
    pub(super) fn unexpected(rule: Option<Rule>, why: String) -> Self {
        Self {
            rule,
            is_expected: false,
            is_hijack: false,
            why,
            ticket: None,
            is_objected: false,
        }
    }

    /// DS-8, the way back from an alarm: it ends the incident of the way out.
    pub(super) fn way_back(way_out: &Change) -> Self {
        let why = format!(
            "the DS set of before the change of {} is back",
            way_out.time
        );
        Self::expected(Rule::Flap, why)
    }

    /// DS-8, the way back from a change that was expected, where this one is not.
    pub(super) fn flap(self, way_out: &Change) -> Self {
        if self.is_expected {
            return self;
        }
        Self {
            rule: Some(Rule::Flap),
            why: format!(
                "changed at {} and changed back within a week; {}",
                way_out.time, self.why
            ),
            ..self
        }
    }

    /// The highest alarm: DS-7 with the pattern of a hijack.
    pub(super) fn hijack(why: String) -> Self {
        Self {
            rule: Some(Rule::Discontinuous),
            is_expected: false,
            is_hijack: true,
            why,
            ticket: None,
            is_objected: false,
        }
    }
}
