//! What the run raised, in figures.

use super::kind::Kind;
use super::severity::Severity;
use std::collections::BTreeMap;

/// Incidents and records since the start.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Counts {
    /// Incidents opened, by kind.
    pub incidents: BTreeMap<Kind, u64>,
    /// The same, by the worst severity that each was told with.
    pub severities: BTreeMap<Severity, u64>,
    /// Audit records of changes, by kind.
    pub changes: BTreeMap<Kind, u64>,
    /// Incidents that are open now.
    pub open: u64,
    /// Bogus responses and unexpected changes of domains that are broken on purpose.
    pub known_bogus: u64,
    /// Incidents forgotten before their end, since too many were open.
    pub suppressed: u64,
}

impl Counts {
    /// The worst severity that any alert was raised with.
    pub fn worst(&self) -> Option<Severity> {
        self.severities.keys().next_back().copied()
    }

    /// Counts a line of an incident that was told with `before` so far.
    pub(super) fn told(&mut self, kind: Kind, before: Option<Severity>, now: Severity) {
        match before {
            None => *self.incidents.entry(kind).or_default() += 1,
            Some(before) if before >= now => return,
            Some(before) => {
                let count = self.severities.entry(before).or_default();
                *count = count.saturating_sub(1);
                if *count == 0 {
                    self.severities.remove(&before);
                }
            }
        }
        *self.severities.entry(now).or_default() += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_incident_counts_once_at_its_worst() {
        let mut counts = Counts::default();
        counts.told(Kind::DsMismatch, None, Severity::Medium);
        counts.told(Kind::DsMismatch, Some(Severity::Medium), Severity::High);
        counts.told(Kind::DsMismatch, Some(Severity::High), Severity::Low);
        assert_eq!(counts.severities, BTreeMap::from([(Severity::High, 1)]));
        assert_eq!(counts.worst(), Some(Severity::High));
    }
}
