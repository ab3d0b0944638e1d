//! A walk over the octets of a message that trusts no length, pointer or count.

use super::name::Name;
use std::ops::Range;

/// The longest name in wire form (RFC 1035 §3.1).
pub(super) const MAX_NAME_OCTETS: usize = 255;

/// Pointers that are followed in one name: no name has more labels, and a pointer to a pointer
/// is of no use.
pub(super) const MAX_POINTERS: usize = 127;

/// The labels of a name that stand where it begins.
#[derive(Clone, Debug)]
pub(super) struct Head {
    labels: Range<usize>,
    /// Behind the root's label or the pointer.
    pub(super) after: usize,
    pub(super) then: Then,
}

/// What ends the labels that stand in one place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Then {
    /// The root's label.
    Root,
    /// More of them, before.
    Pointer(usize),
}

impl Head {
    /// The labels as they are, the root's left out.
    pub(super) fn labels<'a>(&self, octets: &'a [u8]) -> &'a [u8] {
        octets.get(self.labels.clone()).unwrap_or_default()
    }

    /// How many octets they take.
    pub(super) fn length(&self) -> usize {
        self.labels.len()
    }
}

/// Where a walk stands. Every step that the octets do not allow gives nothing.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'a> {
    octets: &'a [u8],
    position: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(octets: &'a [u8], position: usize) -> Self {
        Self { octets, position }
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// All octets that it may go over.
    pub(super) fn octets(&self) -> &'a [u8] {
        self.octets
    }

    /// The same walk, standing elsewhere.
    pub(super) fn moved_to(&self, position: usize) -> Self {
        let octets = self.octets;
        Self { octets, position }
    }

    /// The next `count` octets.
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let end = self.position.checked_add(count)?;
        let taken = self.octets.get(self.position..end)?;
        self.position = end;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    pub(super) fn u32(&mut self) -> Option<u32> {
        self.take(4)?.try_into().ok().map(u32::from_be_bytes)
    }

    /// What is left, to the end of the octets.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        let rest = self.octets.get(self.position..).unwrap_or_default();
        self.position = self.octets.len();
        rest
    }

    /// The same walk over the same message, allowed to go no further than `end`.
    pub(super) fn bounded(&self, end: usize) -> Option<Self> {
        Some(Self {
            octets: self.octets.get(..end)?,
            position: self.position,
        })
    }

    /// A name with its compression undone, as received.
    pub(super) fn raw_name(&mut self) -> Option<Vec<u8>> {
        let mut name = Vec::with_capacity(32);
        self.walk_name(|label| {
            name.push(u8::try_from(label.len()).unwrap_or_default());
            name.extend_from_slice(label);
        })?;
        name.push(0);
        Some(name)
    }

    /// A name with its compression undone, in lower case.
    pub(super) fn name(&mut self) -> Option<Name> {
        self.raw_name().map(|name| Name::from_checked(&name))
    }

    /// Steps over a name, wherever its pointer leads.
    pub(super) fn skip_name(&mut self) -> Option<()> {
        self.position = self.head()?.after;
        Some(())
    }

    /// Where the name that begins here leads, if it is nothing but a pointer.
    pub(super) fn pointer(&self) -> Option<usize> {
        let head = self.head().filter(|head| head.length() == 0)?;
        match head.then {
            Then::Pointer(target) => Some(target),
            Then::Root => None,
        }
    }

    /// The labels of the name that begins here, to the first pointer, which leads backwards.
    pub(super) fn head(&self) -> Option<Head> {
        let start = self.position;
        let mut at = start;
        loop {
            let first = *self.octets.get(at)?;
            let (after, then) = match first >> 6 {
                0 if first == 0 => (at + 1, Then::Root),
                0 => {
                    at += 1 + usize::from(first);
                    if at - start >= MAX_NAME_OCTETS {
                        return None;
                    }
                    continue;
                }
                3 => {
                    let second = *self.octets.get(at + 1)?;
                    let target = usize::from(u16::from_be_bytes([first & 0x3f, second]));
                    (at + 2, Then::Pointer(target))
                }
                _ => return None,
            };
            if matches!(then, Then::Pointer(target) if target >= start) {
                return None;
            }
            let labels = start..at;
            return Some(Head {
                labels,
                after,
                then,
            });
        }
    }

    /// Walks the labels of a name. A pointer must lead to before the part it ends, so that
    /// the walk gets shorter with each hop (RFC 1035 §4.1.4).
    pub(super) fn walk_name(&mut self, mut visit: impl FnMut(&'a [u8])) -> Option<()> {
        let mut at = self.position;
        let mut part_start = at;
        let mut after_name = None;
        let mut pointers = 0;
        let mut length = 1;
        loop {
            let first = *self.octets.get(at)?;
            match first >> 6 {
                0 if first == 0 => {
                    self.position = after_name.unwrap_or(at + 1);
                    return Some(());
                }
                0 => {
                    let end = at + 1 + usize::from(first);
                    let label = self.octets.get(at + 1..end)?;
                    length += label.len() + 1;
                    if length > MAX_NAME_OCTETS {
                        return None;
                    }
                    visit(label);
                    at = end;
                }
                3 => {
                    let second = *self.octets.get(at + 1)?;
                    let target = usize::from(u16::from_be_bytes([first & 0x3f, second]));
                    pointers += 1;
                    if target >= part_start || pointers > MAX_POINTERS {
                        return None;
                    }
                    after_name = after_name.or(Some(at + 2));
                    part_start = target;
                    at = target;
                }
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pointers_only_lead_backwards() {
        type Row = (&'static str, &'static [u8], usize, Option<&'static [u8]>);
        let table: [Row; 6] = [
            ("plain", b"\x01a\0", 0, Some(b"\x01a\0")),
            (
                "a pointer back",
                b"\x01a\0\x01b\xc0\x00",
                3,
                Some(b"\x01b\x01a\0"),
            ),
            ("to itself", b"\xc0\x00", 0, None),
            ("forward", b"\xc0\x02\x01a\0", 0, None),
            ("into its own part", b"\x01a\xc0\x00", 0, None),
            ("reserved label type", b"\x41a\0", 0, None),
        ];
        for (what, octets, start, expected) in table {
            let name = Cursor::new(octets, start).raw_name();
            assert_eq!(name.as_deref(), expected, "{what}");
        }
    }

    #[test]
    fn pointers_are_followed_no_further_than_a_name_can_need() {
        for (pointers, is_followed) in [(1_u8, true), (127, true), (128, false)] {
            // The root, then pointers, each to the one before.
            let mut octets = vec![0, 0];
            for place in 0..pointers {
                octets.extend([0xc0 | place >> 7, place << 1]);
            }
            let start = octets.len() - 2;
            let name = Cursor::new(&octets, start).raw_name();
            assert_eq!(name.is_some(), is_followed, "{pointers}");
        }
    }

    proptest! {
        #[test]
        fn skipping_ends_where_reading_ends(octets in prop::collection::vec(any::<u8>(), 0..600), start in 0_usize..600) {
            let mut reader = Cursor::new(&octets, start);
            let mut skipper = reader.clone();
            if reader.raw_name().is_some() {
                prop_assert!(skipper.skip_name().is_some());
                prop_assert_eq!(reader.position(), skipper.position());
            }
        }
    }
}
