//! Whether zones have recovered, server by server and resolver by resolver.
//!
//! Takes zones and what was seen, or asks resolvers, and tells who gets what verifies, since when.
//! Owns nothing.

mod asked;
mod fare;
mod judge;
mod show;

use super::chain::Chains;
use super::error::Error;
use super::opened::Opened;
use super::task::{Report, Seen};
use super::when::When;
use crate::ask::{self, Patience};
use crate::message::Name;
use crate::pipeline::Settings;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use asked::Asked;
use judge::{Outcome, outcome};
use std::net::SocketAddr;
use std::sync::Arc;

/// Seconds between two rounds of questions, at least and at most.
const ROUNDS: (i64, i64) = (1, 60);

/// A recovery that is looked for.
#[derive(Clone, Debug)]
pub struct VerifyTask {
    /// Of these zones.
    pub zones: Vec<Name>,
    /// What was seen since this moment counts; else since the last incident of each began.
    pub since: Option<When>,
    /// What was seen; nothing if only resolvers are asked.
    pub seen: Option<Seen>,
    /// Resolvers to ask.
    pub ask: Option<Inquiry>,
    /// What the operator says of zones and resolvers.
    pub portfolio: Arc<Portfolio>,
    /// As JSON.
    pub as_json: bool,
}

/// What is needed to ask.
#[derive(Clone, Debug)]
pub struct Inquiry {
    /// Whom.
    pub resolvers: Vec<SocketAddr>,
    /// How answers are judged; the source is put in.
    pub settings: Box<Settings>,
    /// How long an answer is waited for.
    pub patience: Patience,
    /// Ask again until the zones have recovered, for at most so many seconds.
    pub watch_seconds: Option<u32>,
}

/// The answer.
#[derive(Debug)]
struct Verification {
    now: Timestamp,
    is_drill: bool,
    outcomes: Vec<Outcome>,
}

impl VerifyTask {
    pub(super) fn run(&self) -> Result<Report, Error> {
        let mut asked = Asked::default();
        let began = ask::now();
        let verification = loop {
            if let Some(inquiry) = &self.ask {
                asked.ask(&self.zones, inquiry)?;
            }
            let verification = self.verify(&asked)?;
            let Some(pause) = self.pause(&verification, began) else {
                break verification;
            };
            ask::pause(pause);
        };
        Ok(Report {
            text: if self.as_json {
                verification.to_json()
            } else {
                verification.to_string()
            },
            remarks: Vec::new(),
            is_bad_news: !verification.outcomes.iter().all(Outcome::has_recovered),
        })
    }

    /// Seconds until the next round; nothing if there is none.
    fn pause(&self, verification: &Verification, began: Timestamp) -> Option<u64> {
        let limit = self.ask.as_ref()?.watch_seconds?;
        let is_over = ask::now().seconds_since(began) >= i64::from(limit);
        let open = verification
            .outcomes
            .iter()
            .filter(|one| !one.has_recovered());
        let ttl = open.map(|one| one.ttl).min()?;
        let pause = (i64::from(ttl.seconds()) / 4).clamp(ROUNDS.0, ROUNDS.1);
        (!is_over).then(|| u64::try_from(pause).unwrap_or_default())
    }

    fn verify(&self, asked: &Asked) -> Result<Verification, Error> {
        let opened = self.seen.as_ref().map(Opened::new).transpose()?;
        let now = if self.ask.is_some() {
            ask::now()
        } else {
            opened.as_ref().map(|opened| opened.now).unwrap_or_default()
        };
        let mut outcomes = Vec::new();
        for zone in &self.zones {
            let seen = opened
                .as_ref()
                .map(|opened| {
                    let mut chains = Chains::new(&opened.reader, &self.portfolio, opened.now);
                    let facts = chains.facts(zone)?;
                    let chain = chains.chain(&facts)?;
                    Ok::<_, Error>((facts, chain))
                })
                .transpose()?;
            let asked = asked.of(zone, &self.portfolio)?;
            let since = self.since.map(|since| since.resolve(now));
            outcomes.push(outcome(
                zone,
                seen.as_ref(),
                asked.as_ref(),
                (since, now),
                &self.portfolio,
            ));
        }
        Ok(Verification {
            now,
            is_drill: opened.is_some_and(|opened| opened.is_drill),
            outcomes,
        })
    }
}
