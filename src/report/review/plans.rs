//! What was planned, beside what was done.

use super::super::words::moment;
use super::case::{owned, text, texts};
use super::timeline::told_at;
use crate::message::Name;
use crate::state::{Told, ToldKind};
use crate::time::Timestamp;
use serde_json::Value;

/// A planned change of a DS set, or one that was made without a plan.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Planned {
    /// The zone.
    pub(super) zone: Name,
    /// Its name in the change management; nothing if it was not planned.
    pub(super) ticket: Option<String>,
    /// Who allowed it.
    pub(super) approver: Option<String>,
    /// When it was declared, and its window.
    pub(super) declared: Option<Declared>,
    /// The set that it leads to.
    pub(super) after: Vec<String>,
    /// When the change was seen, and what was said of it.
    pub(super) seen: Option<(Timestamp, String)>,
    /// How plan and change stand to each other.
    pub(super) outcome: Outcome,
}

/// When a change was declared, and for when.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct Declared {
    /// When the portfolio first named it.
    pub(super) at: Timestamp,
    /// From when on it may happen.
    pub(super) from: Timestamp,
    /// Until when.
    pub(super) until: Timestamp,
}

/// How plan and change stand to each other.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Outcome {
    /// Declared, then made within its window.
    AsDeclared,
    /// Made, then declared.
    DeclaredAfterwards,
    /// Made outside of its window.
    OutsideWindow,
    /// Its window is not over.
    Ahead,
    /// Its window is over, and the change did not pass the tap.
    NotSeen,
    /// Made without a plan, but announced or continuous.
    ExpectedUndeclared,
    /// Made without a plan, and unexpected.
    Undeclared,
}

impl Outcome {
    /// In words.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::AsDeclared => "as declared",
            Self::DeclaredAfterwards => "declared afterwards",
            Self::OutsideWindow => "outside its window",
            Self::Ahead => "not made yet",
            Self::NotSeen => "its window is over and it was not seen",
            Self::ExpectedUndeclared => "not declared, but announced or continuous",
            Self::Undeclared => "nobody declared it, and it was not expected",
        }
    }
}

/// What is noted of plans and changes while the history is read.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    plans: Vec<Planned>,
    changes: Vec<Made>,
}

/// A change of a DS set that was seen.
#[derive(Debug)]
struct Made {
    zone: Name,
    time: Timestamp,
    after: Vec<String>,
    ticket: Option<String>,
    is_expected: bool,
    summary: String,
}

impl Ledger {
    /// Takes note of an entry.
    pub(super) fn take(&mut self, told: &Told) {
        let Some(zone) = &told.zone else { return };
        match told.kind {
            ToldKind::Declared => self.plans.extend(plan(zone, told)),
            ToldKind::Line => self.changes.extend(made(zone, told)),
            ToldKind::Run | ToldKind::Lost => {}
        }
    }

    /// Holds plans against changes, as of the end of what was seen.
    pub(super) fn settle(self, now: Timestamp) -> Vec<Planned> {
        let Self { mut plans, changes } = self;
        for change in changes {
            let is_of = |plan: &&mut Planned| {
                plan.seen.is_none()
                    && plan.zone == change.zone
                    && (change.ticket.is_some() && plan.ticket == change.ticket
                        || plan.after == change.after)
            };
            match plans
                .iter_mut()
                .filter(|plan| plan.ticket.is_some())
                .find(is_of)
            {
                Some(plan) => {
                    plan.outcome = match plan.declared {
                        Some(declared) if declared.at > change.time => Outcome::DeclaredAfterwards,
                        Some(declared) if declared.holds(change.time) => Outcome::AsDeclared,
                        Some(_) | None => Outcome::OutsideWindow,
                    };
                    plan.seen = Some((change.time, change.summary));
                }
                None => plans.push(change.without_plan()),
            }
        }
        for plan in plans.iter_mut().filter(|plan| plan.seen.is_none()) {
            if plan.declared.is_some_and(|declared| declared.until < now) {
                plan.outcome = Outcome::NotSeen;
            }
        }
        plans.sort_by_key(Planned::first);
        plans
    }
}

impl Declared {
    fn holds(self, time: Timestamp) -> bool {
        (self.from..=self.until).contains(&time)
    }
}

impl Planned {
    /// When it was first heard of.
    fn first(&self) -> Option<Timestamp> {
        let declared = self.declared.map(|declared| declared.at);
        let seen = self.seen.as_ref().map(|(time, _)| *time);
        declared.into_iter().chain(seen).min()
    }

    /// When it was declared, and for when, in words.
    pub(super) fn declaration(&self) -> String {
        let Some(Declared { at, from, until }) = self.declared else {
            return "not declared".to_owned();
        };
        let (at, from, until) = (moment(at), moment(from), moment(until));
        format!("declared {at}, for {from} to {until}")
    }
}

impl Made {
    fn without_plan(self) -> Planned {
        Planned {
            zone: self.zone,
            ticket: None,
            approver: None,
            declared: None,
            after: self.after,
            seen: Some((self.time, self.summary)),
            outcome: if self.is_expected {
                Outcome::ExpectedUndeclared
            } else {
                Outcome::Undeclared
            },
        }
    }
}

fn plan(zone: &Name, told: &Told) -> Option<Planned> {
    let body = &told.body;
    let declared = Declared {
        at: told.time,
        from: told_at(text(body, "/from"))?,
        until: told_at(text(body, "/until"))?,
    };
    Some(Planned {
        zone: zone.clone(),
        ticket: Some(owned(body, "/ticket")),
        approver: text(body, "/approver").map(str::to_owned),
        declared: Some(declared),
        after: sorted(texts(body, "/ds_after")),
        seen: None,
        outcome: Outcome::Ahead,
    })
}

/// A change of a DS set, as the first line of it tells.
fn made(zone: &Name, told: &Told) -> Option<Made> {
    let line = &told.body;
    let change = line.get("change").filter(|change| !change.is_null())?;
    let kind = text(line, "/alert/kind")?;
    let is_first = match text(line, "/event_type")? {
        "alert" => text(line, "/incident/status") == Some("opened"),
        "change" => true,
        _ => false,
    };
    let is_change = matches!(
        kind,
        "ds_added" | "ds_removed" | "ds_replaced" | "ds_withdrawn" | "zone_signed"
    );
    if !is_first || !is_change {
        return None;
    }
    Some(Made {
        zone: zone.clone(),
        time: told.time,
        after: sorted(texts(change, "/after")),
        ticket: text(change, "/ticket").map(str::to_owned),
        is_expected: change.get("expected").and_then(Value::as_bool) == Some(true),
        summary: owned(line, "/summary"),
    })
}

fn sorted(mut texts: Vec<String>) -> Vec<String> {
    texts.sort_unstable();
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_utc([2026, 10, 12], [hour, 0, 0]).unwrap()
    }

    fn plan(ledger: &mut Ledger, declared: i64, after: &str) {
        ledger.take(&Told {
            time: at(declared),
            zone: Some(Name::parse("a.test.").unwrap()),
            kind: ToldKind::Declared,
            body: json!({
                "ticket": "CHG-1", "approver": "board", "ds_after": [after],
                "from": "2026-10-12T08:00:00Z", "until": "2026-10-12T12:00:00Z",
            }),
        });
    }

    fn change(ledger: &mut Ledger, hour: i64, after: &str, expected: bool) {
        ledger.take(&Told {
            time: at(hour),
            zone: Some(Name::parse("a.test.").unwrap()),
            kind: ToldKind::Line,
            body: json!({
                "event_type": if expected { "change" } else { "alert" },
                "summary": "DS changed",
                "alert": {"kind": "ds_replaced"},
                "incident": {"status": "opened"},
                "change": {"after": [after], "ticket": null, "expected": expected},
            }),
        });
    }

    #[test]
    fn a_plan_is_held_against_what_was_done() {
        use Outcome::{Ahead, AsDeclared, DeclaredAfterwards, NotSeen, OutsideWindow, Undeclared};
        // (what, declared at, changed at, to what, now, outcomes)
        type Row = (
            &'static str,
            Option<i64>,
            Option<(i64, &'static str)>,
            i64,
            &'static [Outcome],
        );
        let (noon, late) = (Some((9, "A")), Some((13, "A")));
        let table: [Row; 7] = [
            ("as it should be", Some(1), noon, 20, &[AsDeclared]),
            ("first made", Some(10), noon, 20, &[DeclaredAfterwards]),
            ("too late", Some(1), late, 20, &[OutsideWindow]),
            ("not yet", Some(1), None, 9, &[Ahead]),
            ("never", Some(1), None, 20, &[NotSeen]),
            ("no plan", None, noon, 20, &[Undeclared]),
            (
                "another set",
                Some(1),
                Some((9, "B")),
                20,
                &[NotSeen, Undeclared],
            ),
        ];
        for (what, declared, made, now, expected) in table {
            let mut ledger = Ledger::default();
            if let Some(declared) = declared {
                plan(&mut ledger, declared, "A");
            }
            if let Some((hour, after)) = made {
                change(&mut ledger, hour, after, false);
            }
            let settled = ledger.settle(at(now));
            let outcomes: Vec<_> = settled.iter().map(|plan| plan.outcome).collect();
            assert_eq!(outcomes, expected, "{what}");
        }
    }
}
