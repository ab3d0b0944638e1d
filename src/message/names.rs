//! The names of one message, whose pointers lead many records to the same few.

use super::name::Name;
use super::walk::{Cursor, Head, MAX_NAME_OCTETS, MAX_POINTERS, Then};
use std::ops::Range;

/// Octets of names that pointers may make whole in one message: twice those of the largest
/// message. A set of a thousand names of usual length takes a third of that.
const MAX_MADE_WHOLE: usize = 128 * 1024;

/// Octets that a pointer can lead to (RFC 1035 §4.1.4).
const MAX_TARGETS: usize = 1 << 14;

/// Reads the names of a message. What a pointer has led to is known from then on, so that many
/// records at one name cost no more than their own octets.
///
/// Reads what [`Cursor::name`] reads, from the same octets.
pub(super) struct Names<'a> {
    octets: &'a [u8],
    /// For each octet, where in `parts` the name is that begins there; 0 is not looked at yet.
    places: Vec<u16>,
    /// Names that pointers lead to; nothing where no name begins. The first stands for none.
    parts: Vec<Option<Part>>,
    made_whole: usize,
    /// Where labels and pointers stand that pointers led to, in no order.
    led_to: Vec<Range<usize>>,
    /// A pointer led to no name, or into one whose octets are not noted.
    is_unsure: bool,
}

/// A name that a pointer leads to.
#[derive(Clone)]
struct Part {
    name: Name,
    /// How many pointers it follows itself.
    pointers: usize,
    /// Behind the last octet that says something of it.
    reach: usize,
}

impl<'a> Names<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Self {
        Self {
            octets,
            places: Vec::new(),
            parts: vec![None],
            made_whole: 0,
            led_to: Vec::new(),
            is_unsure: false,
        }
    }

    /// Whether what was read may be another with other octets in these places, which stand in
    /// order: a pointer led into one of them, or to no name.
    pub(super) fn lean_on(&self, places: &[Range<usize>]) -> bool {
        let is_in_one = |name: &Range<usize>| {
            let first = places.partition_point(|place| place.end <= name.start);
            let place = places.get(first);
            place.is_some_and(|place| place.start < name.end)
        };
        self.is_unsure || self.led_to.iter().any(is_in_one)
    }

    /// Whether pointers have made names whole of more octets than one message is granted.
    pub(super) fn are_too_long(&self) -> bool {
        self.made_whole > MAX_MADE_WHOLE
    }

    /// The name at the cursor, in lower case.
    pub(super) fn read(&mut self, cursor: &mut Cursor<'a>) -> Option<Name> {
        let (head, below) = self.look(cursor)?;
        let labels = head.labels(cursor.octets());
        let name = match below {
            None => Name::from_labels(labels, None),
            Some(part) if labels.is_empty() => part.name,
            Some(part) => {
                self.made_whole += labels.len() + part.name.wire().len();
                Name::from_labels(labels, Some(&part.name))
            }
        };
        *cursor = cursor.moved_to(head.after);
        Some(name)
    }

    /// Steps over the name at the cursor.
    pub(super) fn skip(&mut self, cursor: &mut Cursor<'a>) -> Option<()> {
        let (head, _) = self.look(cursor)?;
        *cursor = cursor.moved_to(head.after);
        Some(())
    }

    /// The name at the cursor as received, to stand in record data.
    pub(super) fn read_as_is(&mut self, cursor: &mut Cursor<'a>) -> Option<Vec<u8>> {
        let start = cursor.position();
        let raw = cursor.raw_name();
        if raw.as_ref().map(Vec::len) != Some(cursor.position() - start) {
            // It is walked anew each time.
            self.is_unsure = true;
            self.made_whole += MAX_NAME_OCTETS;
        }
        raw
    }

    /// The name at the cursor in lower case, to stand in record data.
    pub(super) fn read_into(
        &mut self,
        cursor: &mut Cursor<'a>,
        canonical: &mut Vec<u8>,
    ) -> Option<()> {
        let is_pointer = cursor.pointer().is_some();
        let name = self.read(cursor)?;
        if is_pointer {
            self.made_whole += name.wire().len();
        }
        canonical.extend_from_slice(name.wire());
        Some(())
    }

    /// The labels at the cursor, and the name that a pointer behind them leads to.
    fn look(&mut self, cursor: &Cursor<'a>) -> Option<(Head, Option<Part>)> {
        let head = cursor.head()?;
        let Then::Pointer(target) = head.then else {
            return Some((head, None));
        };
        let part = self.part(target).filter(|part| {
            // What record data points to may not run over its end.
            part.reach <= cursor.octets().len() && part.is_short_enough(&head)
        })?;
        Some((head, Some(part)))
    }

    /// The name that begins at this octet.
    fn part(&mut self, target: usize) -> Option<Part> {
        let mut open = Vec::new();
        let mut at = target;
        let mut found = loop {
            if let Some(known) = self.known(at) {
                break known.clone();
            }
            let Some(head) = Cursor::new(self.octets, at).head() else {
                self.is_unsure = true;
                break self.learn(at, None);
            };
            self.led_to.push(at..head.after);
            if let Then::Pointer(next) = head.then {
                open.push((at, head));
                at = next;
                continue;
            }
            let name = Name::from_labels(head.labels(self.octets), None);
            let (pointers, reach) = (0, head.after);
            let part = Part {
                name,
                pointers,
                reach,
            };
            break self.learn(at, Some(part));
        };
        while let Some((at, head)) = open.pop() {
            let labels = head.labels(self.octets);
            let part = found.filter(|part| part.is_short_enough(&head));
            let part = part.map(|part| Part {
                name: Name::from_labels(labels, Some(&part.name)),
                pointers: part.pointers + 1,
                reach: part.reach.max(head.after),
            });
            found = self.learn(at, part);
        }
        found
    }

    /// What is known of the name at this octet, if it was looked at.
    fn known(&self, at: usize) -> Option<&Option<Part>> {
        let place = self.places.get(at).copied().filter(|place| *place > 0)?;
        self.parts.get(usize::from(place))
    }

    fn learn(&mut self, at: usize, part: Option<Part>) -> Option<Part> {
        self.made_whole += part
            .as_ref()
            .map_or(MAX_NAME_OCTETS, |part| part.name.wire().len());
        if self.places.is_empty() {
            self.places = vec![0; self.octets.len().min(MAX_TARGETS)];
        }
        if let (Some(place), Ok(next)) = (self.places.get_mut(at), u16::try_from(self.parts.len()))
        {
            *place = next;
            self.parts.push(part.clone());
        }
        part
    }
}

impl Part {
    /// Whether these labels and a pointer may stand before it.
    fn is_short_enough(&self, head: &Head) -> bool {
        self.pointers < MAX_POINTERS && head.length() + self.name.wire().len() <= MAX_NAME_OCTETS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Octets of which many are labels of one letter, and pointers to nearby.
    fn octets() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            4 => Just(vec![1, b'a']),
            2 => Just(vec![2, b'B', b'c']),
            1 => Just(vec![0]),
            3 => (0_u8..=255).prop_map(|low| vec![0xc0, low]),
            1 => (0_u8..=3, any::<u8>()).prop_map(|(high, low)| vec![0xc0 | high, low]),
            1 => any::<u8>().prop_map(|octet| vec![octet]),
        ];
        prop::collection::vec(piece, 0..300).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        /// The law that the cache keeps: it reads what the plain walk reads, whatever was read
        /// before, also where record data ends early.
        #[test]
        fn names_read_as_a_plain_walk_reads_them(
            octets in octets(), reads in prop::collection::vec((0_usize..700, 0_usize..700), 1..40),
        ) {
            let mut names = Names::new(&octets);
            for (start, end) in reads {
                let Some(plain) = Cursor::new(&octets, start).bounded(end) else { continue };
                let [mut walked, mut read, mut skipped, mut as_is] = std::array::from_fn(|_| plain.clone());
                let expected = walked.name();
                prop_assert_eq!(names.skip(&mut skipped).is_some(), expected.is_some());
                prop_assert_eq!(names.read_as_is(&mut as_is).is_some(), expected.is_some());
                prop_assert_eq!(names.read(&mut read), expected);
                for cursor in [read, skipped, as_is] {
                    prop_assert_eq!(cursor.position(), walked.position());
                }
            }
        }
    }

    #[test]
    fn chains_of_pointers_of_any_length_read_as_a_plain_walk_reads_them() {
        // The root, then pointers, each to the one before.
        let mut octets = vec![0, 0];
        for place in 0..4000_u16 {
            octets.extend((0xc000 | (place * 2)).to_be_bytes());
        }
        let mut names = Names::new(&octets);
        for start in (0..octets.len()).step_by(2).rev() {
            let plain = Cursor::new(&octets, start);
            assert_eq!(
                names.read(&mut plain.clone()),
                plain.clone().name(),
                "{start}"
            );
        }
    }

    #[test]
    fn what_pointers_make_whole_is_counted() {
        let name = [[63; 64], [63; 64], [63; 64]].concat();
        let octets = [&name[..], &[0], &[1, b'a', 0xc0, 0]].concat();
        let mut names = Names::new(&octets);
        let start = name.len() + 1;
        for _ in 0..MAX_MADE_WHOLE / (start + 2) {
            assert!(!names.are_too_long());
            names.read(&mut Cursor::new(&octets, start)).unwrap();
        }
        names.read(&mut Cursor::new(&octets, start)).unwrap();
        assert!(names.are_too_long());
        // A pointer alone makes nothing whole anew.
        let mut names = Names::new(&octets);
        for _ in 0..10_000 {
            names.read(&mut Cursor::new(&octets, start + 2)).unwrap();
        }
        assert!(!names.are_too_long());
    }
}
