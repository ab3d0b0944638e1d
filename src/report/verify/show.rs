//! Whether zones have recovered, for people and machines.

use super::Verification;
use super::fare::{Fare, Stand};
use super::judge::Outcome;
use crate::report::words::{from_now, moment, plural, span};
use crate::time::Timestamp;
use serde_json::{Value, json};
use std::fmt;

impl fmt::Display for Verification {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_drill {
            writeln!(out, "EXERCISE")?;
        }
        let recovered = self.outcomes.iter().filter(|one| one.has_recovered());
        let all = self.outcomes.len();
        if all > 1 {
            writeln!(
                out,
                "{} of {} recovered",
                recovered.count(),
                plural(all, "zone")
            )?;
        }
        for outcome in &self.outcomes {
            tell(out, outcome, self.now)?;
        }
        writeln!(out, "as of {}", moment(self.now))
    }
}

/// What a zone comes to, in one line.
fn headline(outcome: &Outcome) -> String {
    let zone = &outcome.zone;
    if outcome.has_recovered() {
        return format!("{zone} has recovered");
    }
    let count =
        |of: fn(&Stand) -> bool| outcome.fares.iter().filter(|(_, stand)| of(stand)).count();
    let bad = count(|stand| matches!(stand, Stand::Bad { .. }));
    let good = count(|stand| matches!(stand, Stand::Good { .. } | Stand::Recovered { .. }));
    let why = if !outcome.objections.is_empty() {
        "something is still open".to_owned()
    } else if bad > 0 {
        format!(
            "it still fails at {bad} of {}",
            plural(outcome.fares.len(), "address")
        )
        .replace("addresss", "addresses")
    } else if good > 0 {
        "it is good where it was seen, but not for one TTL everywhere yet".to_owned()
    } else {
        "nothing of it was seen since, which is no recovery".to_owned()
    };
    format!("{zone} has NOT recovered: {why}")
}

fn tell(out: &mut fmt::Formatter<'_>, outcome: &Outcome, now: Timestamp) -> fmt::Result {
    writeln!(out, "{}", headline(outcome))?;
    let since = if outcome.since == Timestamp::default() {
        "all that was seen counts".to_owned()
    } else {
        format!("since {}", moment(outcome.since))
    };
    let ttl = span(i64::from(outcome.ttl.seconds()));
    writeln!(
        out,
        "  {since} ({}); it must be good for {ttl}",
        outcome.why_since
    )?;
    for objection in &outcome.objections {
        writeln!(out, "  ! {objection}")?;
    }
    for (fare, stand) in &outcome.fares {
        let role = fare.role.name();
        writeln!(
            out,
            "  {role:<9}{:<26} {}",
            fare.title,
            told(fare, stand, now)
        )?;
    }
    Ok(())
}

fn told(fare: &Fare, stand: &Stand, now: Timestamp) -> String {
    match stand {
        Stand::Recovered { since } => format!("recovered: good since {}", moment(*since)),
        Stand::Good { since, until } => format!(
            "good since {}; recovered if it still is at {} ({})",
            moment(*since),
            moment(*until),
            from_now(*until, now)
        ),
        Stand::Bad { at, what } => format!("FAILS: {what}, last {}", moment(*at)),
        Stand::NotSeen => {
            let before = match (&fare.bad, fare.good) {
                (Some((bad, what)), good) if good < Some(*bad) => {
                    format!("; failed before ({what}, {})", moment(*bad))
                }
                (_, Some(good)) => format!("; good before, last {}", moment(good)),
                _ => String::new(),
            };
            format!("not seen{before}")
        }
    }
}

impl Verification {
    pub(super) fn to_json(&self) -> String {
        let zones: Vec<Value> = self.outcomes.iter().map(zone).collect();
        let report = json!({
            "schema": "sigtap.verify/1",
            "as_of": self.now.to_string(),
            "drill": self.is_drill,
            "recovered": self.outcomes.iter().all(Outcome::has_recovered),
            "zones": zones,
        });
        format!("{report}\n")
    }
}

fn zone(outcome: &Outcome) -> Value {
    let fares = outcome.fares.iter().map(|(fare, stand)| {
        let (since, until) = match stand {
            Stand::Recovered { since } => (Some(*since), None),
            Stand::Good { since, until } => (Some(*since), Some(*until)),
            Stand::Bad { .. } | Stand::NotSeen => (None, None),
        };
        json!({
            "role": fare.role.name(),
            "address": fare.address.to_string(),
            "name": fare.title,
            "state": stand.name(),
            "good_since": since.map(|time| time.to_string()),
            "recovers_at": until.map(|time| time.to_string()),
            "last_good": fare.good.map(|time| time.to_string()),
            "last_bad": fare.bad.as_ref().map(|(time, _)| time.to_string()),
            "trouble": fare.bad.as_ref().map(|(_, what)| what),
        })
    });
    json!({
        "zone": outcome.zone.to_string(),
        "recovered": outcome.has_recovered(),
        "summary": headline(outcome),
        "since": (outcome.since != Timestamp::default()).then(|| outcome.since.to_string()),
        "ttl": outcome.ttl.seconds(),
        "objections": outcome.objections,
        "seen": fares.collect::<Vec<_>>(),
    })
}
