//! Which resolver said when which trust anchors it has.

use crate::message::Name;
use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;

/// Resolvers and zones that are remembered.
const MAX_SOURCES: usize = 8192;

/// Different sets of tags that are remembered of one source.
const MAX_RUNS: usize = 4;

/// Moments that are remembered of one set of tags.
const MAX_TIMES: usize = 16;

/// Signals closer together than this are one: retries, and what a mirror doubles.
const ONE_SIGNAL: i64 = 60;

/// Signals of one source with the same tags.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Run {
    /// The tags, sorted.
    pub(super) tags: Vec<u16>,
    /// When they came, the latest last; as many as are kept.
    pub(super) times: VecDeque<Timestamp>,
}

impl Run {
    /// The latest signal.
    pub(super) fn last(&self) -> Timestamp {
        self.times.back().copied().unwrap_or_default()
    }
}

/// What one source said of one zone.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Heard {
    /// The latest said set of tags first.
    pub(super) runs: Vec<Run>,
    /// It was told to lack a key.
    pub(super) is_told: bool,
}

impl Heard {
    /// Takes a signal in; false if it is the last one once more.
    fn note(&mut self, tags: &[u16], time: Timestamp) -> bool {
        let known = self.runs.iter().position(|run| run.tags == tags);
        let mut run = known.map_or_else(
            || Run {
                tags: tags.to_vec(),
                times: VecDeque::new(),
            },
            |at| self.runs.remove(at),
        );
        let is_again = time.seconds_since(run.last()) < ONE_SIGNAL;
        if !is_again {
            run.times.push_back(time);
            if run.times.len() > MAX_TIMES {
                run.times.pop_front();
            }
        }
        self.runs.insert(0, run);
        self.runs.truncate(MAX_RUNS);
        !is_again || known != Some(0)
    }

    /// What is forgotten first: whoever was heard once only, then whoever was heard longest ago.
    fn rank(&self) -> (bool, Timestamp) {
        let is_heard_again = self.runs.iter().any(|run| run.times.len() > 1);
        let last = self.runs.iter().map(Run::last).max();
        (is_heard_again, last.unwrap_or_default())
    }
}

/// A source, and the zone that it speaks of.
pub(super) type Source = (Name, IpAddr);

/// All sources, within bounds.
#[derive(Clone, Debug, Default)]
pub(super) struct Signals {
    heard: BTreeMap<Source, Heard>,
    /// The same by rank.
    order: BTreeSet<((bool, Timestamp), Source)>,
    /// Those who spoke, or were forgotten, since [`Signals::take_changed`]; nothing if nobody asks.
    changed: Option<BTreeSet<Source>>,
}

impl Signals {
    /// Without any. If they are kept, [`Signals::take_changed`] is asked now and then.
    pub(super) fn new(is_kept: bool) -> Self {
        Self {
            changed: is_kept.then(BTreeSet::new),
            ..Self::default()
        }
    }

    /// The sources of which something changed since this was last asked, with what they said as
    /// far as it is known.
    pub(super) fn take_changed(&mut self) -> Vec<(Source, Option<Heard>)> {
        let changed = self.changed.as_mut();
        let changed = changed.map(std::mem::take).unwrap_or_default();
        changed
            .into_iter()
            .map(|source| {
                let heard = self.heard.get(&source).cloned();
                (source, heard)
            })
            .collect()
    }

    /// Takes up what an earlier run heard of a source.
    pub(super) fn resume(&mut self, source: Source, heard: Heard) {
        if self.heard.len() < MAX_SOURCES && !self.heard.contains_key(&source) {
            self.order.insert((heard.rank(), source.clone()));
            self.heard.insert(source, heard);
        }
    }

    fn note_changed(&mut self, source: &Source) {
        if let Some(changed) = &mut self.changed {
            changed.insert(source.clone());
        }
    }

    /// Takes a signal in; false if it is the last one of its source once more.
    pub(super) fn note(&mut self, source: &Source, tags: &[u16], time: Timestamp) -> bool {
        if !self.heard.contains_key(source) && self.heard.len() >= MAX_SOURCES {
            self.forget_one();
        }
        let heard = self.heard.entry(source.clone()).or_default();
        let before = heard.rank();
        let is_news = heard.note(tags, time);
        let after = heard.rank();
        self.order.remove(&(before, source.clone()));
        self.order.insert((after, source.clone()));
        self.note_changed(source);
        is_news
    }

    fn forget_one(&mut self) {
        if let Some((_, source)) = self.order.pop_first() {
            self.heard.remove(&source);
            self.note_changed(&source);
        }
    }

    /// What a source said.
    pub(super) fn of(&mut self, source: &Source) -> Option<&mut Heard> {
        self.note_changed(source);
        self.heard.get_mut(source)
    }

    /// Who spoke of a zone, in the order of addresses.
    pub(super) fn about(&self, zone: &Name) -> Vec<Source> {
        let sources = self.heard.keys();
        sources.filter(|(of, _)| of == zone).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn source(number: u32) -> Source {
        (Name::root(), Ipv4Addr::from_bits(number).into())
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::new(1_000_000_000 + seconds, 0)
    }

    #[test]
    fn a_flood_of_made_up_sources_drives_out_no_resolver_that_speaks_again() {
        let mut signals = Signals::default();
        for hour in 0..3 {
            signals.note(&source(1), &[20326], at(hour * 3600));
        }
        for number in 2..50_000 {
            let time = at(10_000 + i64::from(number));
            signals.note(&source(number), &[20326], time);
        }
        assert_eq!(signals.heard.len(), MAX_SOURCES);
        assert_eq!(signals.order.len(), MAX_SOURCES);
        let heard = signals.of(&source(1)).unwrap();
        assert_eq!(heard.runs[0].times.len(), 3);
    }

    #[test]
    fn what_one_source_says_is_bounded_and_repeats_are_one() {
        let mut signals = Signals::default();
        let one = source(1);
        assert!(signals.note(&one, &[1], at(0)));
        assert!(!signals.note(&one, &[1], at(59)));
        assert!(signals.note(&one, &[1], at(60)));
        for number in 0..1000_i64 {
            let tag = u16::try_from(number % 9).unwrap();
            signals.note(&one, &[tag], at(100 * number));
        }
        let heard = signals.of(&one).unwrap();
        assert_eq!(heard.runs.len(), MAX_RUNS);
        assert!(heard.runs.iter().all(|run| run.times.len() <= MAX_TIMES));
        assert_eq!(heard.runs[0].tags, [0]);
    }
}
