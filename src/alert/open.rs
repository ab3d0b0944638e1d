//! The incidents that are open.

use super::incident::{Incident, Subject};
use super::kind::Kind;
use crate::message::Name;
use crate::portfolio::Portfolio;
use crate::time::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Subjects with open incidents at most.
const BOUND: usize = 4096;

/// All open incidents, by what they are about.
#[derive(Debug, Default)]
pub(super) struct Open {
    incidents: BTreeMap<Subject, BTreeMap<Kind, Incident>>,
    /// The subjects whose incidents may have changed since [`Open::take_changed`]; nothing if
    /// nobody asks.
    changed: Option<BTreeSet<Subject>>,
}

impl Open {
    /// Without any incident. If it is kept, [`Open::take_changed`] is asked now and then.
    pub(super) fn new(is_kept: bool) -> Self {
        Self {
            changed: is_kept.then(BTreeSet::new),
            ..Self::default()
        }
    }

    /// The incidents about a subject, by kind.
    pub(super) fn of(&self, subject: &Subject) -> impl Iterator<Item = &Incident> + use<'_> {
        self.incidents
            .get(subject)
            .into_iter()
            .flat_map(BTreeMap::values)
    }

    /// The same, to be changed; [`Open::tidy`] is due after members were taken out.
    pub(super) fn of_mut(&mut self, subject: &Subject) -> Option<&mut BTreeMap<Kind, Incident>> {
        if self.incidents.contains_key(subject) {
            self.note(subject);
        }
        self.incidents.get_mut(subject)
    }

    /// The subjects whose incidents changed or ended since this was last asked.
    pub(super) fn take_changed(&mut self) -> BTreeSet<Subject> {
        let changed = self.changed.as_mut();
        changed.map(std::mem::take).unwrap_or_default()
    }

    fn note(&mut self, subject: &Subject) {
        if let Some(changed) = &mut self.changed {
            changed.insert(subject.clone());
        }
    }

    /// Puts an incident back that an earlier run wrote down.
    pub(super) fn resume(&mut self, incident: Incident) {
        let kinds = self.incidents.entry(incident.subject.clone()).or_default();
        kinds.insert(incident.kind, incident);
    }

    /// All incidents, in order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Incident> {
        self.incidents.values().flat_map(BTreeMap::values)
    }

    /// Whether there is an incident of this kind about a subject.
    pub(super) fn contains(&self, subject: &Subject, kind: Kind) -> bool {
        self.of(subject).any(|incident| incident.kind == kind)
    }

    /// The incident of this kind about a subject, opened if need be.
    pub(super) fn entry(&mut self, subject: &Subject, kind: Kind, now: Timestamp) -> &mut Incident {
        self.note(subject);
        self.incidents
            .entry(subject.clone())
            .or_default()
            .entry(kind)
            .or_insert_with(|| Incident::new(kind, subject.clone(), now))
    }

    /// Forgets a subject without incidents.
    pub(super) fn tidy(&mut self, subject: &Subject) {
        if self.incidents.get(subject).is_some_and(BTreeMap::is_empty) {
            self.incidents.remove(subject);
        }
    }

    /// Whether there is no incident about a subject.
    pub(super) fn is_free(&self, subject: &Subject) -> bool {
        !self.incidents.contains_key(subject)
    }

    /// Everything that there are incidents about, in order.
    pub(super) fn subjects(&self) -> Vec<Subject> {
        self.incidents.keys().cloned().collect()
    }

    /// How many incidents are open.
    pub(super) fn count(&self) -> u64 {
        let count: usize = self.incidents.values().map(BTreeMap::len).sum();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// Makes room if there is none: the older half of the largest family of siblings is
    /// forgotten, but for zones of the portfolio and those above them. How many incidents that
    /// were.
    pub(super) fn make_room(&mut self, portfolio: &Portfolio) -> u64 {
        if self.incidents.len() < BOUND {
            return 0;
        }
        let mut families: BTreeMap<Option<Name>, Vec<(Option<Timestamp>, Subject)>> =
            BTreeMap::new();
        let is_own = |subject: &Subject| match subject {
            Subject::Zone(zone) => portfolio.is_at_or_above(zone),
            Subject::Address(_) | Subject::Sensor => false,
        };
        for (subject, kinds) in self.incidents.iter().filter(|(known, _)| !is_own(known)) {
            let parent = match subject {
                Subject::Zone(zone) => zone.parent(),
                Subject::Address(_) | Subject::Sensor => None,
            };
            let last = kinds.values().map(|incident| incident.tally.last).max();
            let family = families.entry(parent).or_default();
            family.push((last, subject.clone()));
        }
        let before = self.count();
        if let Some(mut family) = families.into_values().max_by_key(Vec::len) {
            family.sort();
            let half = family.len().div_ceil(2);
            for (_, subject) in family.into_iter().take(half) {
                self.incidents.remove(&subject);
                self.note(&subject);
            }
        }
        before - self.count()
    }
}
