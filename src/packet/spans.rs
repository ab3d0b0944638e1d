//! Pieces of one thing, in whatever order they come.

use std::collections::BTreeMap;

/// Octets of memory that a span costs beside its own.
const SPAN_COST: usize = 64;

/// Stretches of octets by their place, without overlaps. Of two octets for one place the first
/// is kept.
#[derive(Debug)]
pub(super) struct Spans<M> {
    spans: BTreeMap<u64, Span<M>>,
    octets: usize,
}

/// One stretch.
#[derive(Debug)]
pub(super) struct Span<M> {
    pub(super) octets: Vec<u8>,
    /// What the owner wants to know of its origin.
    pub(super) mark: M,
    /// Whether other octets came for the same place.
    pub(super) is_contested: bool,
}

/// How a new stretch lies to those that are there.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Overlap {
    /// Apart from all.
    None,
    /// The same octets at the same place, once more.
    Repeat,
    /// Partly over others, which hold the same octets.
    Agreeing,
    /// Over others, which hold other octets.
    Conflicting,
}

impl<M: Copy> Spans<M> {
    pub(super) const fn new() -> Self {
        Self {
            spans: BTreeMap::new(),
            octets: 0,
        }
    }

    /// Adds what is new of `octets`.
    pub(super) fn insert(&mut self, start: u64, octets: &[u8], mark: M) -> Overlap {
        let end = start.saturating_add(length(octets));
        let (mut overlap, mut covered) = (Overlap::None, start);
        let mut gaps = Vec::new();
        let before = self
            .spans
            .range(..=start)
            .next_back()
            .map_or(start, |(place, _)| *place);
        for (&place, span) in self.spans.range_mut(before..end.max(before)) {
            let span_end = place + length(&span.octets);
            let (low, high) = (place.max(start), span_end.min(end));
            if low >= high {
                continue;
            }
            let agree = part(&span.octets, low - place, high - place)
                == part(octets, low - start, high - start);
            overlap = match (agree, overlap) {
                (false, _) | (_, Overlap::Conflicting) => Overlap::Conflicting,
                (true, Overlap::None) if (place, span_end) == (start, end) => Overlap::Repeat,
                (true, _) => Overlap::Agreeing,
            };
            span.is_contested |= !agree;
            gaps.push((covered, low));
            covered = high;
        }
        gaps.push((covered, end));
        for (low, high) in gaps.into_iter().filter(|(low, high)| low < high) {
            let octets = part(octets, low - start, high - start).to_vec();
            self.octets += octets.len();
            self.spans.insert(
                low,
                Span {
                    octets,
                    mark,
                    is_contested: false,
                },
            );
        }
        overlap
    }

    /// The place of the first span.
    pub(super) fn first_place(&self) -> Option<u64> {
        self.spans.first_key_value().map(|(place, _)| *place)
    }

    /// Takes the first span out.
    pub(super) fn pop_first(&mut self) -> Option<(u64, Span<M>)> {
        let (place, span) = self.spans.pop_first()?;
        self.octets -= span.octets.len();
        Some((place, span))
    }

    /// Takes out all octets before `place`.
    pub(super) fn drop_before(&mut self, place: u64) {
        while let Some(first) = self.first_place().filter(|first| *first < place) {
            let Some((_, mut span)) = self.pop_first() else {
                return;
            };
            let kept = usize::try_from(place - first).unwrap_or(usize::MAX);
            if span.octets.len() > kept {
                span.octets.drain(..kept);
                self.octets += span.octets.len();
                self.spans.insert(place, span);
            }
        }
    }

    /// The place of the first span at which octets start that `is_wanted` accepts. A span is
    /// shown with those that follow on.
    pub(super) fn find(&self, is_wanted: impl Fn(&[u8]) -> bool) -> Option<u64> {
        let mut row = Vec::new();
        let mut places = Vec::new();
        for (&place, span) in &self.spans {
            let row_start = places.first().copied().unwrap_or(place);
            if place != row_start + length(&row) {
                if let Some(found) = find_in(&row, &places, &is_wanted) {
                    return Some(found);
                }
                row.clear();
                places.clear();
            }
            row.extend_from_slice(&span.octets);
            places.push(place);
        }
        find_in(&row, &places, is_wanted)
    }

    /// All octets from 0 to `end`, if none is missing.
    pub(super) fn whole(&self, end: u64) -> Option<Vec<u8>> {
        if u64::try_from(self.octets) != Ok(end) {
            return None;
        }
        let mut whole = Vec::with_capacity(self.octets);
        for (place, span) in &self.spans {
            if *place != length(&whole) {
                return None;
            }
            whole.extend_from_slice(&span.octets);
        }
        Some(whole)
    }

    /// The place behind the last span.
    pub(super) fn end(&self) -> u64 {
        self.spans
            .last_key_value()
            .map_or(0, |(place, span)| place + length(&span.octets))
    }

    /// Spans held.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// Whether no span is held.
    pub(super) fn is_empty(&self) -> bool {
        self.spans.is_empty()
    }

    /// Octets of memory that it costs.
    pub(super) fn cost(&self) -> usize {
        self.octets + self.spans.len() * SPAN_COST
    }
}

/// The first of these places, which start where `row` does, whose octets are wanted.
fn find_in(row: &[u8], places: &[u64], is_wanted: impl Fn(&[u8]) -> bool) -> Option<u64> {
    let start = *places.first()?;
    let mut places = places.iter().copied();
    places.find(|place| is_wanted(part(row, place - start, length(row))))
}

/// The number of octets, to be added to a place.
pub(super) fn length(octets: &[u8]) -> u64 {
    u64::try_from(octets.len()).unwrap_or(u64::MAX)
}

fn part(octets: &[u8], low: u64, high: u64) -> &[u8] {
    let [low, high] = [low, high].map(|place| usize::try_from(place).unwrap_or(usize::MAX));
    octets.get(low..high).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_overlap_is_told_by_kind_and_the_first_octets_stay() {
        let table = [
            ("apart", 4, "ef", Overlap::None, "abcdef"),
            ("again", 0, "abcd", Overlap::Repeat, "abcd"),
            ("other octets", 0, "abXd", Overlap::Conflicting, "abcd"),
            ("shorter", 1, "bc", Overlap::Agreeing, "abcd"),
            ("over the end", 2, "cdef", Overlap::Agreeing, "abcdef"),
            (
                "over the end, other octets",
                2,
                "cXef",
                Overlap::Conflicting,
                "abcdef",
            ),
            ("nothing", 2, "", Overlap::None, "abcd"),
        ];
        for (what, start, octets, overlap, whole) in table {
            let mut spans = Spans::new();
            spans.insert(0, b"abcd", ());
            assert_eq!(
                spans.insert(start, octets.as_bytes(), ()),
                overlap,
                "{what}"
            );
            assert_eq!(spans.whole(spans.end()), Some(whole.into()), "{what}");
        }
    }

    #[test]
    fn octets_before_a_place_are_dropped() {
        let mut spans = Spans::new();
        spans.insert(0, b"abcd", ());
        spans.insert(6, b"gh", ());
        spans.drop_before(3);
        assert_eq!(
            (spans.first_place(), spans.len(), spans.cost()),
            (Some(3), 2, 3 + 2 * SPAN_COST)
        );
    }

    #[test]
    fn a_short_span_is_found_with_what_follows_on() {
        let mut spans = Spans::new();
        for (place, octets) in [(3, b"x"), (7, b"a"), (8, b"b"), (9, b"c")] {
            spans.insert(place, octets, ());
        }
        assert_eq!(spans.find(|octets| octets.starts_with(b"ab")), Some(7));
        assert_eq!(spans.find(|octets| octets.starts_with(b"xa")), None);
        for place in 10..200 {
            spans.insert(place, b"d", ());
        }
        assert_eq!(spans.find(|octets| octets.len() == 193), Some(7));
    }

    proptest! {
        #[test]
        fn any_cover_gives_the_whole(
            whole in prop::collection::vec(any::<u8>(), 1..60),
            cuts in prop::collection::vec((0_usize..60, 0_usize..60), 0..20),
        ) {
            let mut spans = Spans::new();
            for (low, high) in cuts {
                let (low, high) = (low.min(high).min(whole.len()), low.max(high).min(whole.len()));
                let overlap = spans.insert(u64::try_from(low).unwrap(), &whole[low..high], ());
                prop_assert_ne!(overlap, Overlap::Conflicting);
            }
            spans.insert(0, &whole, ());
            prop_assert_eq!(spans.whole(u64::try_from(whole.len()).unwrap()), Some(whole));
        }
    }
}
