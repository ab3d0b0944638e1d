//! The sensor at one moment of capture time, as the tail tells of it.

use super::card::Card;
use crate::alert::{Kind, Loss, Severity, Stats};
use crate::chain::{ChainLink, Reason, ValidationState};
use crate::portfolio;
use crate::time::Timestamp;
use crate::watch::{Presence, ResolverSight};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

/// All that can be asked of the sensor. The same capture gives the same, whoever works on it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Snapshot {
    /// The `host` of every line.
    pub sensor: String,
    /// Where the frames come from, in words.
    pub source: String,
    /// This is an exercise.
    pub is_drill: bool,
    /// It judges what waits, and ends.
    pub is_ending: bool,
    /// Capture time: of the last frame, or of the clock if that is later.
    pub now: Timestamp,
    /// When the run began.
    pub started: Option<Timestamp>,
    /// When the last frame passed, if one did.
    pub last_frame: Option<Timestamp>,
    /// When there was last a DNS message, to the second.
    pub last_message: Option<Timestamp>,
    /// When there was last a verdict that tells something, to the second: secure, insecure or
    /// bogus.
    pub last_told: Option<Timestamp>,
    /// The figures of a stats line.
    pub figures: Stats,
    /// Frames taken from the capture.
    pub frames: u64,
    /// Fragments and segments among them.
    pub parts: u64,
    /// Verdicts, by state and reason.
    pub verdicts: BTreeMap<(&'static str, Option<Reason>), u64>,
    /// Lines of alerts, by kind and severity.
    pub alerts: BTreeMap<(Kind, Severity), u64>,
    /// What passed in the last minute.
    pub lately: Lately,
    /// What is open.
    pub incidents: Incidents,
    /// The zones of the portfolio.
    pub zones: Arc<Zones>,
    /// The resolvers of the portfolio, seen or not, and others that were seen.
    pub resolvers: Vec<ResolverView>,
    /// The trust anchors in force.
    pub anchors: Vec<String>,
    /// Why little could be judged, if that is so.
    pub hints: Vec<String>,
    /// What is wrong with the state file, if something is.
    pub state_trouble: Option<String>,
    /// What the tables hold.
    pub tables: Vec<Table>,
    /// The sinks that can fail and go on.
    pub sinks: Vec<SinkFigures>,
}

/// What passed lately.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Lately {
    /// Over so many seconds: a minute, or less at the start.
    pub seconds: i64,
    /// Frames.
    pub frames: u64,
    /// DNS messages.
    pub messages: u64,
    /// Verdicts that tell something.
    pub told: u64,
    /// What was lost before sigtap saw it.
    pub loss: Loss,
}

/// The open incidents.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Incidents {
    /// How many, by kind and severity.
    pub counts: BTreeMap<(Kind, Severity), u64>,
    /// The worst of them.
    pub worst: Vec<Card>,
}

impl Incidents {
    /// How many are open.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// The zones of the portfolio as they stood at a moment: with very many, that is some time ago.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zones {
    /// When that was.
    pub as_of: Timestamp,
    /// How many zones the portfolio has.
    pub total: usize,
    /// The first of them, in canonical order.
    pub first: Vec<ZoneView>,
}

/// A zone of the portfolio.
#[derive(Clone, Debug, PartialEq)]
pub struct ZoneView {
    /// What the operator says of it.
    pub zone: Arc<portfolio::Zone>,
    /// The zones from the anchor down to it, as far as they are known.
    pub chain: Vec<ChainLink>,
    /// What was seen of it.
    pub presence: Presence,
    /// What is open of it.
    pub open: Vec<(Kind, Severity)>,
}

impl ZoneView {
    /// What is known of it now: what the worst link on the way to it is.
    pub fn state(&self) -> ValidationState {
        let chain = &self.chain;
        let has = |state| chain.iter().any(|link| link.state == state);
        let last = chain.last().map(|link| link.state);
        if has(ValidationState::Bogus) {
            ValidationState::Bogus
        } else if has(ValidationState::Insecure) {
            ValidationState::Insecure
        } else if has(ValidationState::Indeterminate) {
            ValidationState::Indeterminate
        } else {
            last.unwrap_or(ValidationState::Indeterminate)
        }
    }
}

/// A resolver.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolverView {
    /// Its address.
    pub address: IpAddr,
    /// What the operator says of it.
    pub declared: Option<portfolio::Resolver>,
    /// What was seen of it.
    pub sight: Option<ResolverSight>,
    /// What is open of it.
    pub open: Vec<(Kind, Severity)>,
}

/// A table, and how full it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Table {
    /// Which.
    pub name: &'static str,
    /// Entries in it.
    pub entries: usize,
}

/// A sink that outlives its troubles.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct SinkFigures {
    /// As the operator names it.
    pub name: String,
    /// Whether what it is given gets through.
    pub is_up: bool,
    /// Lines that it took so far.
    pub lines: u64,
    /// Lines that it did not want, which were put aside.
    pub refused_lines: u64,
    /// Octets of the lines that wait for it on disk.
    pub spooled_octets: u64,
    /// Lines given up since there was no room for them while it took none.
    pub lost_lines: u64,
}
