//! A line on its way to a sink that is a network away.

use crate::alert::{Envelope, LineType, Severity};
use crate::time::Timestamp;

/// A line and what stands outside on it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Record {
    pub(super) envelope: Envelope,
    pub(super) line: String,
}

impl Record {
    /// As it stands in a spool: a line of text.
    pub(super) fn text(envelope: &Envelope, line: &str) -> String {
        let Envelope {
            line_type,
            severity,
            time,
            id,
        } = envelope;
        let (line_type, severity) = (line_type.name(), severity.name());
        format!("{line_type} {severity} {} {id} {line}", time.as_nanos())
    }

    /// From its text; nothing if it is none.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, ' ');
        let envelope = Envelope {
            line_type: LineType::parse(parts.next()?)?,
            severity: Severity::parse(parts.next()?)?,
            time: Timestamp::from_nanos(parts.next()?.parse().ok()?),
            id: parts.next().filter(|id| !id.is_empty())?.to_owned(),
        };
        let line = parts.next().filter(|line| !line.is_empty())?.to_owned();
        Some(Self { envelope, line })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_survives_its_text() {
        let record = Record {
            envelope: Envelope {
                line_type: LineType::Alert,
                severity: Severity::High,
                time: Timestamp::new(1_764_000_000, 123_456_000),
                id: "0197f3c2a9d1c4b5e6f70812".to_owned(),
            },
            line: r#"{"summary":"a b  c"}"#.to_owned(),
        };
        let text = Record::text(&record.envelope, &record.line);
        assert_eq!(Record::parse(&text), Some(record));
        for wrong in [
            "",
            "alert high 1 id",
            "alert high x id {}",
            "alarm high 1 id {}",
            "alert high 1  {}",
        ] {
            assert_eq!(Record::parse(wrong), None, "{wrong:?}");
        }
    }
}
