//! What whoever passes a line on has to know of it without reading it.

use super::alert::{Alert, EventType};
use super::identity::event_id;
use super::severity::Severity;
use crate::time::Timestamp;
use serde_json::Value;

/// What a line is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum LineType {
    /// Somebody should look.
    Alert,
    /// An audit record.
    Change,
    /// Figures since the start.
    Stats,
    /// The sensor started, stopped, lives.
    Health,
}

impl LineType {
    /// As `event_type` names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Change => "change",
            Self::Stats => "stats",
            Self::Health => "health",
        }
    }

    /// By its name.
    pub fn parse(name: &str) -> Option<Self> {
        [Self::Alert, Self::Change, Self::Stats, Self::Health]
            .into_iter()
            .find(|known| known.name() == name)
    }
}

/// What stands outside on a line.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Envelope {
    /// What it is about.
    pub line_type: LineType,
    /// How bad it is.
    pub severity: Severity,
    /// Its capture time.
    pub time: Timestamp,
    /// Its `event_id`; of lines that have none, one made from the line: 24 hexadecimal digits.
    pub id: String,
}

impl Envelope {
    /// For the line of an alert, or of an audit record.
    pub fn of_alert(alert: &Alert) -> Self {
        Self {
            line_type: match alert.event_type {
                EventType::Alert => LineType::Alert,
                EventType::Change => LineType::Change,
            },
            severity: alert.severity,
            time: alert.time,
            id: alert.event_id.clone(),
        }
    }

    /// For a line of figures, or of health.
    pub fn of_sensor(line_type: LineType, severity: Severity, time: Timestamp, line: &str) -> Self {
        Self {
            line_type,
            severity,
            time,
            id: event_id(&[line.as_bytes()]),
        }
    }

    /// For a line of an earlier run, as far as it can be read.
    pub fn of_line(line: &str) -> Self {
        let read: Value = serde_json::from_str(line).unwrap_or_default();
        let text = |key| read.get(key).and_then(Value::as_str);
        let id = text("event_id").map(str::to_owned);
        Self {
            line_type: text("event_type")
                .and_then(LineType::parse)
                .unwrap_or(LineType::Alert),
            severity: text("severity")
                .and_then(Severity::parse)
                .unwrap_or(Severity::Informational),
            time: text("timestamp").and_then(moment).unwrap_or_default(),
            id: id.unwrap_or_else(|| event_id(&[line.as_bytes()])),
        }
    }
}

/// A time as lines write it: RFC 3339 but for the colon in its offset.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    Timestamp::parse(&text.replace("+0000", "Z"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_outside_is_read_off_a_line() {
        let time = Timestamp::new(1_764_000_000, 123_456_000);
        let line = format!(
            r#"{{"timestamp":"{time}","event_type":"change","event_id":"abc","severity":"low"}}"#
        );
        let expected = Envelope {
            line_type: LineType::Change,
            severity: Severity::Low,
            time,
            id: "abc".to_owned(),
        };
        assert_eq!(Envelope::of_line(&line), expected);
        // A line that somebody changed is told all the same.
        assert_eq!(Envelope::of_line("junk").id.len(), 24);
    }
}
