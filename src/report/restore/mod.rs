//! What a zone had when it was last in order, and the ways back to it.
//!
//! Takes a zone and what was seen, and gives its known-good sets in zone-file form. Owns nothing.

mod good;
mod json;
mod sync;
mod text;
mod ways;

use super::chain::{Chain, Chains};
use super::error::Error;
use super::facts::Facts;
use super::opened::Opened;
use super::task::{Report, Seen};
use super::when::When;
use crate::message::{Name, Rrset};
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use good::{Difference, Good};
use std::sync::Arc;
use sync::SyncCheck;
use ways::{Held, Way};

/// Known-good sets that are asked for.
#[derive(Clone, Debug)]
pub struct RestoreTask {
    /// Of this zone.
    pub zone: Name,
    /// As of this moment; else before what is open began.
    pub at: Option<When>,
    /// What was seen.
    pub seen: Seen,
    /// What the operator says of zones and resolvers.
    pub portfolio: Arc<Portfolio>,
    /// The keys of a signer that is to take over.
    pub standby: Vec<Rrset>,
    /// As JSON.
    pub as_json: bool,
}

/// The answer.
#[derive(Debug)]
struct Restore {
    now: Timestamp,
    is_drill: bool,
    facts: Facts,
    chain: Chain,
    good: Good,
    /// How the sets differ now.
    differences: Vec<Difference>,
    /// What caches hold.
    held: Vec<Held>,
    /// The ways back, the one of least risk first.
    ways: Vec<Way>,
    /// Whether keys are where another signer needs them.
    checks: Vec<SyncCheck>,
}

impl RestoreTask {
    pub(super) fn run(&self) -> Result<Report, Error> {
        let opened = Opened::new(&self.seen)?;
        let now = opened.now;
        let mut chains = Chains::new(&opened.reader, &self.portfolio, now);
        let facts = chains.facts(&self.zone)?;
        if facts.ds.is_empty() && facts.keys.is_empty() {
            return Err(Error::UnknownZone {
                zone: self.zone.clone(),
            });
        }
        let chain = chains.chain(&facts)?;
        let at = self.at.map(|at| at.resolve(now));
        let good = Good::find(&opened.reader, &facts, at, now)?;
        let differences = good.differences(&facts);
        let restore = Restore {
            held: ways::held(&facts, now),
            ways: ways::ways(&facts, &good, &differences, &self.portfolio),
            checks: sync::checks(&facts, &good, &self.standby, now),
            now,
            is_drill: opened.is_drill,
            facts,
            chain,
            good,
            differences,
        };
        Ok(Report {
            text: if self.as_json {
                restore.to_json()
            } else {
                restore.to_string()
            },
            remarks: Vec::new(),
            is_bad_news: false,
        })
    }
}
