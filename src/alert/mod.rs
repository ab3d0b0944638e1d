//! Turns findings into few alerts, and writes every line of output.
//!
//! Takes [`Verdict`](crate::chain::Verdict)s, [`Change`](crate::watch::Change)s and [`Notice`]s
//! in capture order and gives [`Alert`]s: incidents that open, change and end. Owns the open
//! incidents and the evidence that their causes are told by. The only door to `serde_json`.

#[expect(clippy::module_inception, reason = "the noun of the room")]
mod alert;
mod clock;
mod compose;
mod containment;
mod counts;
mod diagnosis;
mod evidence;
mod few;
mod identity;
mod incident;
mod incidents;
mod kind;
mod known_bogus;
mod losses;
mod notice;
mod prose;
mod records;
mod route;
mod sensor;
mod severity;
mod summary;
mod tally;

pub use alert::{
    Alert, Check, Containment, EventType, IncidentView, Listed, NegativeAnchor, Resolution, Status,
    Step,
};
pub use counts::Counts;
pub use incidents::{IncidentConfig, Incidents};
pub use kind::{Kind, Topic};
pub use known_bogus::{BadLine, KnownBogus};
pub use notice::{Loss, Notice};
pub use sensor::{Sensor, Source};
pub use severity::{Cause, CauseClass, Confidence, Scope, Severity};
