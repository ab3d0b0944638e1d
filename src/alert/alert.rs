//! One alert: what a line tells, before it is written.

use super::kind::Kind;
use super::notice::Loss;
use super::severity::{Cause, CauseClass, Confidence, Scope, Severity};
use crate::capture::FrameNumber;
use crate::chain::Verdict;
use crate::exchange::Exchange;
use crate::message::Name;
use crate::portfolio;
use crate::time::Timestamp;
use crate::watch::Change;
use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;

/// Whether a line asks somebody to look.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum EventType {
    /// It does.
    Alert,
    /// It is an audit record.
    Change,
}

impl EventType {
    /// As `event_type` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Change => "change",
        }
    }
}

/// Where in its life an incident stands.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Status {
    /// Its first line.
    Opened,
    /// Wider, worse, of another cause, or more of it.
    Updated,
    /// Its last line.
    Resolved(Resolution),
}

impl Status {
    /// As `incident.status` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Updated => "updated",
            Self::Resolved(_) => "resolved",
        }
    }

    /// How it ended, if it did.
    pub const fn resolution(self) -> Option<Resolution> {
        match self {
            Self::Resolved(resolution) => Some(resolution),
            Self::Opened | Self::Updated => None,
        }
    }
}

/// How an incident ended.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Resolution {
    /// The zone verified again for as long as its TTL.
    Verified,
    /// What changed was changed back.
    Reverted,
    /// The portfolio names the change now.
    Declared,
    /// Not seen for a day; changes, for seven.
    Quiet,
}

impl Resolution {
    /// As `incident.resolution` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::Reverted => "reverted",
            Self::Declared => "declared",
            Self::Quiet => "quiet",
        }
    }
}

/// The first members of a set and how many there are.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Listed<T> {
    /// At most twenty, in order of appearance.
    pub first: Vec<T>,
    /// How many there are.
    pub total: usize,
}

/// The incident that a line belongs to.
#[derive(Clone, Debug)]
pub struct IncidentView {
    /// The `event_id` of its first line.
    pub id: String,
    /// What it is joined by: kind and zone, or kind and resolver, or kind.
    pub key: String,
    /// Where in its life it stands.
    pub status: Status,
    /// How wide it is so far.
    pub scope: Scope,
    /// How often it was seen.
    pub count: u64,
    /// When it was first seen.
    pub first_seen: Timestamp,
    /// When it was last seen.
    pub last_seen: Timestamp,
    /// Names that failed.
    pub names: Listed<Name>,
    /// Servers that they came from.
    pub servers: Listed<IpAddr>,
    /// Resolvers that they went to.
    pub resolvers: Listed<IpAddr>,
    /// How many clients got some of it.
    pub clients_total: usize,
}

/// A diagnostic that has run already.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Check {
    /// Which.
    pub check: &'static str,
    /// `ok`, `bad`, `none` or `unknown`.
    pub result: &'static str,
    /// What was found.
    pub detail: String,
}

/// A step to take.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Step {
    /// In words.
    pub action: String,
    /// What to type, for the software that the portfolio names for the resolver.
    pub command: Option<String>,
    /// How to take it back, if there is anything to take back.
    pub undo: Option<String>,
}

/// A negative trust anchor (RFC 7646) that is the right step.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NegativeAnchor {
    /// The zone.
    pub zone: Name,
    /// Why.
    pub reason: &'static str,
    /// When to take it away at the latest.
    pub until: Timestamp,
}

/// What to do about it.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Containment {
    /// What was looked at already.
    pub checks: Vec<Check>,
    /// In order of risk, lowest first.
    pub next_steps: Vec<Step>,
    /// If that is the right step.
    pub negative_anchor: Option<NegativeAnchor>,
    /// When the zone's DS set last verified.
    pub known_good_ds_at: Option<Timestamp>,
    /// The page that tells more, as a path in the repository.
    pub playbook: Option<&'static str>,
}

/// One alert.
#[derive(Clone, Debug)]
pub struct Alert {
    /// Alert or audit record.
    pub event_type: EventType,
    /// The same for the same traffic.
    pub event_id: String,
    /// The moment of capture time at which it was raised.
    pub time: Timestamp,
    /// What it is about.
    pub kind: Kind,
    /// The zone, if it is about one.
    pub zone: Option<Name>,
    /// What the portfolio says of the zone.
    pub asset: Option<Arc<portfolio::Zone>>,
    /// One sentence for three in the morning.
    pub summary: String,
    /// What brought it about.
    pub cause: Cause,
    /// The triage answer.
    pub cause_class: CauseClass,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub confidence: Confidence,
    /// What makes it sure.
    pub confidence_reasons: Vec<Cow<'static, str>>,
    /// The incident; nothing for an audit record.
    pub incident: Option<IncidentView>,
    /// The verdict that shows it best so far.
    pub verdict: Option<Arc<Verdict>>,
    /// The message that shows it.
    pub exchange: Option<Arc<Exchange>>,
    /// What changed.
    pub change: Option<Arc<Change>>,
    /// What to do.
    pub containment: Containment,
    /// What was lost in the ten seconds before.
    pub loss: Loss,
    /// The frame that shows it.
    pub observed: Option<FrameNumber>,
    /// The frame that settled it.
    pub decided: Option<FrameNumber>,
}
