//! Turns findings into few alerts, and writes every line of output.
//!
//! Takes [`Verdict`](crate::chain::Verdict)s, [`Change`](crate::watch::Change)s and [`Notice`]s
//! in capture order and gives [`Alert`]s: incidents that open, change and end. Owns the open
//! incidents and the evidence that their causes are told by. The only door to `serde_json`.

#[expect(clippy::module_inception, reason = "the noun of the room")]
mod alert;
mod alert_line;
#[cfg(test)]
mod anchor_tests;
mod anchors;
mod answers;
mod blame;
mod change_steps;
mod change_summary;
mod checks;
mod clock;
mod commands;
mod compose;
mod containment;
#[cfg(test)]
mod containment_tests;
mod contradiction;
mod counts;
mod declared;
#[cfg(test)]
mod declared_tests;
mod diagnosis;
mod ecs;
mod envelope;
mod evidence;
mod few;
mod figures;
mod format;
mod identity;
mod incident;
mod incidents;
mod kind;
mod known_bogus;
mod line;
#[cfg(test)]
mod line_tests;
mod losses;
mod negative;
mod notice;
mod ocsf;
mod open;
mod open_now;
mod outages;
mod path;
mod playbook;
mod prose;
mod records;
mod refusals;
mod route;
mod saved;
mod sensor;
mod severity;

mod steps;
mod summary;
mod tally;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;
mod trouble_steps;
mod verdict_line;
mod waiting;

pub use alert::{
    Alert, Check, Containment, EventType, IncidentView, Listed, NegativeAnchor, Resolution, Status,
    Step,
};
pub use alert_line::alert_line;
pub use answers::Answer;
pub use counts::Counts;
pub use envelope::{Envelope, LineType};
pub use figures::{Frames, Health, HealthEvent, Stats, health_line, stats_line};
pub use format::{Format, rendered};
pub use incidents::{IncidentConfig, Incidents};
pub use kind::{Kind, Topic};
pub use known_bogus::{BadLine, KnownBogus};
pub use negative::negative_anchor_commands;
pub use notice::{Loss, Notice};
pub use open_now::OpenNow;
pub use saved::{ChangedIncidents, SavedIncidents, Undecided};
pub use sensor::{Sensor, Source};
pub use severity::{Cause, CauseClass, Confidence, Scope, Severity};

pub use text::text_block;
pub use verdict_line::verdict_line;
