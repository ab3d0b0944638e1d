//! Zones that the operator excepts (RFC 7646), for as long as each is to hold.

use super::tree::path;
use crate::message::Name;
use crate::time::Timestamp;
use std::collections::BTreeMap;

/// A zone to be taken for insecure (RFC 7646).
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NegativeAnchor {
    /// The zone.
    pub zone: Name,
    /// Not after this moment, if it is not for good.
    pub until: Option<Timestamp>,
}

/// The negative anchors, by zone.
#[derive(Debug, Default)]
pub(super) struct Exceptions {
    zones: BTreeMap<Name, Option<Timestamp>>,
    /// Up to here it was said which of them ran out.
    told: Timestamp,
}

impl Exceptions {
    /// Of two for one zone the longer one holds.
    pub(super) fn new(anchors: Vec<NegativeAnchor>) -> Self {
        let mut zones: BTreeMap<Name, Option<Timestamp>> = BTreeMap::new();
        for NegativeAnchor { zone, until } in anchors {
            let known = zones.entry(zone).or_insert(until);
            *known = known.zip(until).map(|(known, until)| known.max(until));
        }
        Self {
            zones,
            told: Timestamp::default(),
        }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.zones.is_empty()
    }

    /// Those at or above a name that hold at a moment, from the top.
    pub(super) fn above(
        &self,
        name: &Name,
        at: Timestamp,
    ) -> impl DoubleEndedIterator<Item = &Name> {
        let path = if self.is_empty() {
            Vec::new()
        } else {
            path(&self.zones, name)
        };
        let in_force = path
            .into_iter()
            .filter(move |(_, until)| holds(**until, at));
        in_force.map(|(zone, _)| zone)
    }

    /// Whether this zone is excepted itself.
    pub(super) fn has(&self, zone: &Name, at: Timestamp) -> bool {
        self.zones.get(zone).is_some_and(|until| holds(*until, at))
    }

    /// Those that ran out since this was last asked.
    pub(super) fn lapsed(&mut self, now: Timestamp) -> Vec<Name> {
        let before = self.told;
        self.told = self.told.max(now);
        let lapsed = self
            .zones
            .iter()
            .filter(|(_, until)| until.is_some_and(|until| before <= until && until < now));
        lapsed.map(|(zone, _)| zone.clone()).collect()
    }

    /// The zones for which these and others differ.
    pub(super) fn differing(&self, other: &Self) -> Vec<Name> {
        let zones = self.zones.keys().chain(other.zones.keys());
        let is_other = |zone: &&Name| self.zones.get(*zone) != other.zones.get(*zone);
        zones.filter(is_other).cloned().collect()
    }
}

fn holds(until: Option<Timestamp>, at: Timestamp) -> bool {
    until.is_none_or(|until| at <= until)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Name {
        Name::parse(text).unwrap()
    }

    fn until(zone: &str, until: Option<i64>) -> NegativeAnchor {
        NegativeAnchor {
            zone: name(zone),
            until: until.map(|seconds| Timestamp::new(seconds, 0)),
        }
    }

    #[test]
    fn one_that_ran_out_leaves_those_above_it_in_force() {
        let mut all = Exceptions::new(vec![
            until("example.", None),
            until("a.example.", Some(100)),
            until("b.example.", Some(100)),
            until("b.example.", None),
        ]);
        let above = |text: &str, at: i64| -> Vec<String> {
            let name = name(text);
            let zones = all.above(&name, Timestamp::new(at, 0));
            zones.map(ToString::to_string).collect()
        };
        assert_eq!(above("x.a.example.", 100), ["example.", "a.example."]);
        assert_eq!(above("x.a.example.", 101), ["example."]);
        assert_eq!(above("b.example.", 101), ["example.", "b.example."]);
        assert!(above("other.", 0).is_empty());
        let mut lapsed = |at: i64| all.lapsed(Timestamp::new(at, 0));
        assert!(lapsed(100).is_empty());
        assert_eq!(lapsed(101), [name("a.example.")]);
        assert!(lapsed(102).is_empty());
    }
}
